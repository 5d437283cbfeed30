"""Eight Gaussians on a ring: what a learner has found of them, by the exact density. What was measured is stored.

环上的八个高斯：学习者找到了其中多少，以精确密度为准。量过的结果存在这里。
"""

import math
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils import points
from course_utils.metrics import energy_distance
from course_utils.oracle import Oracle, mixture
from course_utils.randomness import seeded
from course_utils.schedules import cosine

MODES, RADIUS, STD = 8, 0.8, 0.05
CONTOUR = math.sqrt(2 * math.log(100))  # in the plane 99 % of a bell lie within 3.03 stds of its centre
LEAST = 1 / 5  # of its fair share makes a mode found
POINTS, DRAWN, REFERENCE = 2000, 2000, 4000  # points to learn from, samples that are scored, exact draws beside them


class Scored(NamedTuple):
    """What is measured of samples: modes found, of 8; the share that belongs to one; energy distance to exact draws.

    对样本量出的各项：找到的峰数（共 8 个）、属于某个峰的比例、到精确样本的能量距离。
    """

    modes: float
    belong: float
    distance: float


class Cost(NamedTuple):
    """What a learner costs: numbers that it learns, steps and seconds of training, and what samples take.

    学习者的开销：要学的数、训练的步数与秒数，以及采样的花费。

    Seconds are those of one thread, by the quickest step; evaluations of a network for a sample; milliseconds for 1000.
    """

    parameters: int
    steps: int
    seconds: float
    evaluations: int
    milliseconds: float


# What `ring.py table` prints: the mean of five seeds and its standard error, 2000 samples each.
STORED: dict[str, tuple[Scored, Scored]] = {
    "GAN, plain": (Scored(8.0000, 0.7637, 0.0064), Scored(0.0000, 0.0287, 0.0019)),
    "GAN, R1": (Scored(8.0000, 0.8058, 0.0022), Scored(0.0000, 0.0057, 0.0009)),
    "diffusion, 10": (Scored(8.0000, 0.7997, 0.0026), Scored(0.0000, 0.0263, 0.0004)),
    "diffusion, 100": (Scored(8.0000, 0.8173, 0.0022), Scored(0.0000, 0.0298, 0.0004)),
    "EM": (Scored(8.0000, 0.9911, 0.0009), Scored(0.0000, 0.0007, 0.0002)),
}
# What `ring.py floor` prints: the truth against itself, and what learns nothing.
FLOORS: dict[str, tuple[Scored, Scored]] = {
    "exact draws": (Scored(8.0000, 0.9900, 0.0008), Scored(0.0000, 0.0008, 0.0003)),
    "the training points": (Scored(8.0000, 0.9900, 0.0005), Scored(0.0000, 0.0014, 0.0002)),
    "the eight centres": (Scored(8.0000, 1.0000, 0.0047), Scored(0.0000, 0.0000, 0.0000)),
    "exact, one mode lost": (Scored(7.0000, 0.9883, 0.0185), Scored(0.0000, 0.0014, 0.0017)),
}
# What `ring.py pace` and `ring.py cost` print. EM: 20 starts of 50 rounds; 8 centres, 8 stds and 7 free weights.
COSTS: dict[str, Cost] = {
    "GAN, plain": Cost(39_693, 1900, 16.9, 1, 1.04),
    "GAN, R1": Cost(39_693, 1550, 15.9, 1, 1.04),
    "diffusion, 10": Cost(40_258, 1700, 15.9, 10, 83.3),
    "diffusion, 100": Cost(40_258, 1700, 15.9, 100, 774.7),
    "EM": Cost(31, 1000, 1.5, 0, 0.26),
}
# What `ring.py over` prints: how games of 600 steps end, seeds 0 to 4: modes, and the share that belongs to one (on an
# AMD EPYC without AVX-512).
SHORT: dict[str, list[tuple[int, float]]] = {
    "plain": [(8, 0.62), (1, 0.18), (8, 0.39), (8, 0.61), (2, 0.30)],
    "R1": [(8, 0.63), (8, 0.60), (8, 0.55), (8, 0.64), (8, 0.57)],
}
# The same of plain games on an Intel Xeon with AVX-512, by the share by which all weights are larger at the start.
TOUCHY: dict[float, list[int]] = {0.0: [8, 8, 8, 8, 8], 1e-6: [8, 8, 8, 8, 1], -1e-6: [8, 8, 8, 1, 3]}


@cache
def eight_bells() -> Oracle:
    """The truth: eight round bells of std 0.05 on a circle of radius 0.8, equally heavy. 真值：环上等权的八个高斯。"""
    return mixture(cosine(), points.circle(MODES, RADIUS), torch.full((MODES,), STD))


def contours() -> tuple[Tensor, float]:
    """The eight centres, and the radius within which 99 % of a mode lie. 八个中心，以及含 99 % 的半径。"""
    return eight_bells().means, CONTOUR * STD


def learned_from(seed: int, n: int = POINTS) -> Tensor:
    """n points to learn from, float32, (n, 2). 供学习的 n 个点。"""
    return eight_bells().draw(n, seeded(seed)).float()


def homes(x: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest mode of each sample, and whether it lies within that mode's 99 % contour; both (n,).

    每个样本最近的峰，以及它是否在该峰的 99 % 等密度线之内。

    The modes are twelve stds apart, so these eight circles are one contour of the exact density, and 99 % of its mass.
    Shapes: x (n, 2).
    """
    centres, radius = contours()
    away, which = torch.cdist(x.double(), centres).min(1)
    return which, away <= radius


def found(x: Tensor) -> tuple[int, float]:
    """How many modes samples have found, and the share of them that belongs to one. 样本找到的峰数，以及归属的比例。

    A mode is found if a fifth of its fair share, n / 40 samples, lies within its contour. So no stray samples find one,
    and chance loses none: of 2000 exact draws a mode gets 248 +- 15, and needs 50.
    """
    which, inside = homes(x)
    counts = torch.bincount(which[inside], minlength=MODES)
    return int((counts >= LEAST * len(x) / MODES).sum()), float(inside.double().mean())


def scored(x: Tensor) -> Scored:
    """What is measured of samples, (n, 2). 对样本量出的各项。"""
    return Scored(*found(x), energy_distance(x, _reference()))


@cache
def _reference() -> Tensor:
    return eight_bells().draw(REFERENCE, seeded(1_000_000))


def over_seeds(rows: list[Scored]) -> tuple[Scored, Scored]:
    """The mean of several seeds, and its standard error. 几个种子的均值与标准误差。"""
    table = torch.tensor(rows, dtype=torch.float64)
    return Scored(*table.mean(0).tolist()), Scored(*(table.std(0) / len(rows) ** 0.5).tolist())
