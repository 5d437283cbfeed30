"""Small made-up pictures in three classes, crowds of them, honest and not, and what a report says of a crowd.

三类虚构的小图，由它们组成的样本（诚实的与作弊的），以及报告怎样说一群样本。
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course_utils.data import Images
from course_utils.exercises.judging import BLANK, listed_numbers
from course_utils.exercises.stops import stopped
from course_utils.language import Said
from course_utils.metrics import frechet_distance

CLASSES, SIDE, FEATURES = 3, 6, 4
COPIED = 12
# How many of each class among samples, training and unseen images; which of them has the least, and the labels, differ.
CROWDS = (
    (((30, 18, 45), (40, 26, 40), (25, 50, 31)), (0, 1, 2)),
    (((30, 28, 35), (40, 16, 50), (21, 50, 35)), (0, 1, 2)),
    (((33, 30, 30), (26, 40, 40), (50, 17, 39)), (3, 7, 12)),
)
NAMES = ("n", "distance", "floor", "precision", "recall", "memorised")
WORDLESS: Said = (
    'it refuses without a word, and whoever reads the report learns nothing: `raise ValueError("…")`, with a sentence',
    '它拒绝了，却一句话也没说，看报告的人不知道为什么：请写 `raise ValueError("…")`，带上一句话',
)


class World:
    """Where the pictures come from: a template for each class, two ways in which its pictures vary, some noise.

    图从哪里来：每类一个模板，两种变化方式，再加一点噪声；以及看图的特征。
    """

    def __init__(self, generator: torch.Generator):
        self.generator, pixels = generator, SIDE * SIDE
        self.templates = 0.6 * torch.randn(CLASSES, pixels, generator=generator)
        self.ways = 0.35 * torch.randn(CLASSES, 2, pixels, generator=generator)
        self.look = torch.randn(pixels, FEATURES, generator=generator) / SIDE

    def drawn(self, *counts: int, bend: float = 1.0) -> Images:
        """So many pictures of each class, in a mixed order; other than real ones where bend is not 1. 每类各抽这么多幅。"""
        y = torch.cat([torch.full((n,), c) for c, n in enumerate(counts)])
        y = y[torch.randperm(len(y), generator=self.generator)]
        latent = torch.randn(len(y), 1, 2, generator=self.generator)
        x = bend * self.templates[y] + (latent @ self.ways[y])[:, 0]
        x = torch.tanh(x + 0.1 * torch.randn(x.shape, generator=self.generator))
        return Images(x.reshape(-1, 1, SIDE, SIDE), y)

    def features(self, x: Tensor) -> Tensor:
        """A linear view of the pictures, (n, 4). 对图的一种线性的看法。"""
        return x.flatten(1) @ self.look


class Trial(NamedTuple):
    """A crowd with unequal classes, a few of which are copies, and real images with other unequal classes.

    类别不均的一群样本，其中几个是副本；以及类别另有不均的真实图像。
    """

    world: World
    made: Images
    training: Images
    unseen: Images

    @property
    def crowds(self) -> tuple[Images, Images, Images]:
        """Samples, training and unseen images. 样本、训练图像与没见过的图像。"""
        return self.made, self.training, self.unseen

    def apart(self, one: Tensor, other: Tensor) -> float:
        """The Fréchet distance of their features. 特征之间的 Fréchet 距离。"""
        return frechet_distance(self.world.features(one), self.world.features(other))


def trial(generator: torch.Generator, which: int = 0) -> Trial:
    """The last samples are copies of training images that are none of the first of their class. 末尾几个样本是副本。"""
    world, (counts, labels) = World(generator), CROWDS[which]
    made, training, unseen = world.drawn(*counts[0], bend=0.8), world.drawn(*counts[1]), world.drawn(*counts[2])
    late = torch.cat([(training.y == c).nonzero()[-COPIED // 3 :, 0] for c in range(3)])
    made.x[-COPIED:], made.y[-COPIED:] = training.x[late], training.y[late]
    return Trial(world, *(Images(x, torch.tensor(labels)[y]) for x, y in (made, training, unseen)))


class Table(NamedTuple):
    """What a report says: entries by name, whether it refused, and what is wrong with its form. 报告的内容，是否拒绝，形式上的错误。"""

    entries: dict[str, tuple[float, float]]
    refused: bool
    fault: Said | None


def table_of(answer: Callable, world: World, made: Images, training: Images, unseen: Images) -> Table:
    """Let an answer report on a crowd; only a ValueError or a failed assertion is a refusal. 让答案报告一群样本。"""
    handed = [part.clone() for part in (*made, *training, *unseen)]
    try:
        found = answer(*handed[:2], Images(*handed[2:4]), Images(*handed[4:]), world.features)
    except (ValueError, AssertionError) as error:
        return Table({}, True, _by_accident(error) if str(error).strip() else WORDLESS)
    except (Exception, SystemExit, GeneratorExit) as error:  # whatever a reader's code raises
        return Table({}, False, stopped(error))
    if found is None or found is ...:
        return Table({}, False, BLANK)
    before = (*made, *training, *unseen)
    if not all(torch.equal(x.nan_to_num(9), y.nan_to_num(9)) for x, y in zip(before, handed, strict=True)):
        return Table(
            {},
            False,
            (
                "it changes the images or labels that it is handed; leave the caller's values as they were",
                "它改动了传进来的图像或标签；别动调用者的数据",
            ),
        )
    return _read(found)


def _by_accident(error: BaseException) -> Said | None:
    """What is wrong if torch or numpy stopped and not the report. 若中断的是 torch 或 numpy，而不是报告自己。"""
    words = ("expected sequence", "operands could not be broadcast", "not enough values", "too many values", "unpack")
    return stopped(error) if any(word in str(error) for word in words) else None


def _read(found: Any) -> Table:
    if not isinstance(found, dict):
        kind = type(found).__name__
        return Table(
            {},
            False,
            (
                f"it returns a {kind}; return a dictionary of names, each with (value, error)",
                f"返回的是 {kind}；应当返回一个字典，每个名称对应（值，误差）",
            ),
        )
    entries = {}
    for name, pair in found.items():
        parts = listed_numbers(pair)
        if len(parts) != 2 or None in parts:
            return Table(
                {},
                False,
                (
                    f"the entry {name!r} is not two numbers; each entry is (value, error)",
                    f"{name!r} 一项不是两个数；每一项都是（值，误差）",
                ),
            )
        entries[name] = (float(parts[0]), float(parts[1]))
    return Table(entries, False, None)


def entry_fault(table: Table, *names: str) -> Said | None:
    """What keeps these entries from being read: the form, a refusal of an honest crowd, a name that is missing.

    这几项为何读不出来：形式不对、拒绝了诚实的样本，或缺了名称。
    """
    if table.fault is not None and table.fault is not WORDLESS:
        return table.fault
    if table.refused:
        return (
            "it refuses a crowd that is as it should be: pixels in [−1, 1], a label for each sample, none of them there twice; "
            "the labels may come in any order and number, and be any whole numbers that `unseen` has, too",
            "它拒绝了一群没有问题的样本：像素在 [−1, 1] 之内，每个样本一个标签，没有哪个出现两次；标签的次序与个数可以随意，"
            "也可以是 `unseen` 里有的任何整数",
        )
    missing = [name for name in names if name not in table.entries]
    if not missing:
        return None
    listed = ", ".join(f"`{name}`" for name in missing)
    return f"the report has no entry {listed} yet", f"报告里还没有这几项：{listed}"


def chosen(crowds: tuple[Images, ...]) -> list[Tensor]:
    """Of each label the first ones, as many as all crowds have. 每个标签取头几幅，个数以各群都有为准。"""
    labels, each = crowds[-1].y.unique(), least_of(*crowds)
    return [torch.cat([x[y == c][:each] for c in labels]) for x, y in crowds]


def least_of(*crowds: Images) -> int:
    """How many of each label all of these crowds have. 这几群里，每个标签都拿得出几个。"""
    return min(int(y.unique(return_counts=True)[1].min()) for _, y in crowds)
