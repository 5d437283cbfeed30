"""Six reports with one fault each, and what one learns by asking: `python tests/benchmarks/reports.py`.

六份各有一个毛病的报告，以及追问之下能得到什么：`python tests/benchmarks/reports.py`。

Prints the rows that `course_utils/experiments/reports.py` keeps. It reads Fashion-MNIST from DIFFUSION_COURSE_DATA or
the hub, draws 2000 garments, and takes some minutes.
"""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch  # noqa: E402
from torch import Tensor  # noqa: E402

from course_utils import data  # noqa: E402
from course_utils.experiments.garments import BATCH, classes_in_turn  # noqa: E402
from course_utils.experiments.leading import led_garments  # noqa: E402
from course_utils.experiments.reports import CLASSES, SEEDS, Answers, Report  # noqa: E402
from course_utils.metrics import Moments, frechet_distance, moments  # noqa: E402
from course_utils.neighbours import memorised, nearest, support  # noqa: E402
from course_utils.weights import pretrained  # noqa: E402
from tools.ship_data import whole  # noqa: E402

REAL, SMALL = 10_000, 50  # images of a reference; n of the floor that is measured too small
EASY = (1, 5, 7, 8, 9)


class Method(NamedTuple):
    """A way to come by garments: crowds of them, and the labels of each. 得到衣物的一种办法：几群，以及每群的标签。"""

    crowds: list[Tensor]
    labels: Tensor


@cache
def real(split: str) -> data.Images:
    """10,000 real garments, classes in turn. 一万件真实衣物，类别轮流。"""
    x, y = classes_in_turn(whole(split))
    return data.Images(x[:REAL], y[:REAL])


@cache
def seen(split: str) -> Tensor:
    """Their features. 它们的特征。"""
    return features(real(split).x)


@cache
def reference(split: str) -> Moments:
    """The moments of the features of the real garments of a split. 一份真实衣物的特征的矩。"""
    return moments(seen(split))


def drawn() -> Method:
    """Crowds from the shipped network, each from a seed of its own. 由附带的网络画的几群，各用一个种子。"""
    x = led_garments("1", BATCH * SEEDS)
    return Method(list(x.split(BATCH)), torch.arange(BATCH) % CLASSES)


def easy_half(method: Method) -> Method:
    """Of each two crowds the five classes that are easy to draw, as one. 每两群里好画的那五类，并成一群。"""
    kept = torch.isin(method.labels, torch.tensor(EASY))
    halves = [x[kept] for x in method.crowds]
    return Method(
        [torch.cat(pair) for pair in zip(halves[::2], halves[1::2], strict=True)], method.labels[kept].repeat(2)
    )


def copied() -> Method:
    """Crowds of training images. 训练图像，几群。"""
    x, y = real("train")
    return Method(list(x[: BATCH * SEEDS].split(BATCH)), y[:BATCH])


def features(x: Tensor) -> Tensor:
    return pretrained("classifier").features(x)


@cache
def floor(split: str, n: int) -> float:
    """Disjoint sets of n real images against all of the reference: the mean. 互不重复的真实图像组到参照的平均距离。"""
    sets = seen(split).split(n)
    return sum(frechet_distance(part, reference(split)) for part in sets) / len(sets)


def told(name: str, method: Method, seed: int = 0, split: str = "test", floor_n: int = BATCH) -> None:
    """Print what a report says, and what is answered to who asks. 打印一份报告所说的，以及追问得到的回答。"""
    x, made = method.crowds[seed], features(method.crowds[seed])
    taken_for = pretrained("classifier").head(made).argmax(1)
    shared = support(seen("test")[-BATCH:], made)
    distances = [frechet_distance(features(crowd), reference(split)) for crowd in method.crowds]
    report = Report(
        BATCH,
        distances[seed],
        float(torch.tensor(distances).std()),
        floor(split, floor_n),
        shared.precision,
        shared.recall,
        float((taken_for == method.labels).double().mean()),
    )
    known, new = (nearest(x, real(s).x).distance for s in ("train", "test"))
    answers = Answers(
        pixels=(float(x.min()), float(x.max()), float(x.mean())),
        classes=tuple(taken_for.bincount(minlength=CLASSES).tolist()),
        nearest=(memorised(x, real("train").x, real("test").x).value, float(known.median()), float(new.median())),
        seeds=tuple(distances),
        reference=tuple(frechet_distance(made, reference(s)) for s in ("test", "train")),
        floor=(floor_n, floor(split, BATCH)),
    )
    said = ", ".join(f"{value:g}" if isinstance(value, int) else f"{value:.3f}" for value in report)
    asked = ", ".join(f"{field}={listed(value)}" for field, value in answers._asdict().items())
    print(f'    "{name}": (Report({said}), Answers({asked})),', flush=True)


def listed(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{v:d}" if isinstance(v, int) else f"{v:.3f}" for v in values) + ")"


def main() -> None:
    honest = drawn()
    halved = Method([(x + 1) / 2 for x in honest.crowds], honest.labels)
    distances = [frechet_distance(features(x), reference("test")) for x in honest.crowds]
    rows: dict[str, Callable[[], None]] = {
        "OK": lambda: told("OK", honest),
        "n": lambda: told("n", honest, 1, floor_n=SMALL),
        "reference": lambda: told("reference", honest, 5, "train"),
        "range": lambda: told("range", halved, 3),
        "copies": lambda: told("copies", copied()),
        "seeds": lambda: told("seeds", honest, min(range(SEEDS), key=distances.__getitem__)),
        "classes": lambda: told("classes", easy_half(honest)),
    }
    for row in rows.values():
        row()


if __name__ == "__main__":
    main()
