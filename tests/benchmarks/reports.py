"""Six reports with one fault each, and what one learns by asking: `python tests/benchmarks/reports.py`.

六份各有一个毛病的报告，以及追问之下能得到什么：`python tests/benchmarks/reports.py`。

Prints the rows that `course_utils/experiments/reports.py` keeps. It reads Fashion-MNIST from DIFFUSION_COURSE_DATA or
the hub, draws 5000 garments, and takes some minutes.
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
from course_utils.estimates import bootstrapped  # noqa: E402
from course_utils.experiments.garments import BATCH, classes_in_turn, drawn_in_batches  # noqa: E402
from course_utils.experiments.leading import STEPS, by_scale  # noqa: E402
from course_utils.experiments.reports import CLASSES, SEEDS, Answers, Report  # noqa: E402
from course_utils.metrics import Moments, frechet_distance, moments  # noqa: E402
from course_utils.neighbours import memorised, nearest, support  # noqa: E402
from course_utils.samplers import dpm_solver  # noqa: E402
from course_utils.schedules import cosine  # noqa: E402
from course_utils.times import focused_times  # noqa: E402
from course_utils.weights import pretrained  # noqa: E402

REAL, SMALL = 10_000, 50  # images of a reference; n of the floor that is measured too small
EASY = (9, 1, 9, 1, 1, 5, 8, 7, 8, 9)  # the label that is asked for in the place of each


class Method(NamedTuple):
    """A way to come by garments: ten crowds of them, and the labels of each. 得到衣物的一种办法：十群，以及标签。"""

    crowds: list[Tensor]
    labels: Tensor


@cache
def real(split: str) -> data.Images:
    """10,000 real garments, classes in turn. 一万件真实衣物，类别轮流。"""
    x, y = classes_in_turn(data.fashion_mnist(split))
    return data.Images(x[:REAL], y[:REAL])


@cache
def reference(split: str) -> Moments:
    """The moments of the features of the real garments of a split. 一份真实衣物的特征的矩。"""
    return moments(pretrained("classifier").features(real(split).x))


def drawn(labels_for: tuple[int, ...]) -> Method:
    """Ten crowds from the shipped network, each from a seed of its own. 由附带的网络画的十群，各用一个种子。"""
    told = torch.tensor(labels_for)
    of, times = by_scale(1), focused_times(cosine(), STEPS)
    batches = drawn_in_batches(lambda labels: of(told[labels]), dpm_solver, times, BATCH * SEEDS)
    return Method([x.clamp(-1, 1) for x in batches], told[torch.arange(BATCH) % 10])


def copied() -> Method:
    """Ten crowds of training images. 训练图像，十群。"""
    x, y = real("train")
    return Method(list(x[: BATCH * SEEDS].split(BATCH)), y[:BATCH])


def features(x: Tensor) -> Tensor:
    return pretrained("classifier").features(x)


def floor(split: str, n: int) -> float:
    """Disjoint sets of n real images against all of the reference: the mean. 互不重复的真实图像组到参照的平均距离。"""
    sets = [features(x) for x in real(split).x.split(n)]
    return sum(frechet_distance(part, reference(split)) for part in sets) / len(sets)


def told(name: str, method: Method, seed: int = 0, split: str = "test", floor_n: int = BATCH) -> None:
    """Print what a report says, and what is answered to who asks. 打印一份报告所说的，以及追问得到的回答。"""
    x, made = method.crowds[seed], features(method.crowds[seed])
    taken_for = pretrained("classifier").head(made).argmax(1)
    shared = support(features(real("test").x[-BATCH:]), made)
    distances = [frechet_distance(features(crowd), reference(split)) for crowd in method.crowds]
    report = Report(
        BATCH,
        distances[seed],
        bootstrapped(lambda cloud: frechet_distance(cloud[0], reference(split)), (made, method.labels)),
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
    honest, easy = drawn(tuple(range(10))), drawn(EASY)
    halved = Method([(x + 1) / 2 for x in honest.crowds], honest.labels)
    distances = [frechet_distance(features(x), reference("test")) for x in honest.crowds]
    best = min(range(1, SEEDS), key=distances.__getitem__)
    rows: dict[str, Callable[[], None]] = {
        "OK": lambda: told("OK", honest),
        "n": lambda: told("n", honest, 1, floor_n=SMALL),
        "reference": lambda: told("reference", honest, 5, "train"),
        "range": lambda: told("range", halved, 3),
        "copies": lambda: told("copies", copied()),
        "seeds": lambda: told("seeds", honest, best),
        "classes": lambda: told("classes", easy),
    }
    real_train = [frechet_distance(features(x), reference("test")) for x in real("train").x.split(BATCH)[:SEEDS]]
    real_test = [frechet_distance(features(x), reference("train")) for x in real("test").x.split(BATCH)[:SEEDS]]
    print("# training images against test images", listed(tuple(real_train)), "the other way", listed(tuple(real_test)))
    for row in rows.values():
        row()


if __name__ == "__main__":
    main()
