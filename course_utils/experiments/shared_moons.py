"""Precision and recall of particles led to a moon, beside exact draws of it: what guidance buys, and what it pays.

被引向一弯月牙的粒子与精确样本相比的精确率与召回率：引导买到什么，付出什么。
"""

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.experiments.guided_moons import SEEDS, UPPER, exact_moon, moon_guided, moons_by_class, walked
from course_utils.neighbours import Support, support

SHOWN = 200  # points of either cloud
MOST = 20  # neighbours
SCALES = tuple(step / 4 for step in range(33))  # 0 to 8


class Reach(NamedTuple):
    """Points, how far the ball about each reaches, and which of them lie in a ball of the other cloud, (n,) each.

    一团点、各点的球伸到多远，以及哪些点落在另一团的球里。
    """

    points: Tensor
    reach: Tensor
    held: Tensor


class Shared(NamedTuple):
    """Two clouds, what they share point by point, and the four figures of that. 两团点，逐点的重合，以及四项数字。"""

    real: Reach
    made: Reach
    figures: Support


@cache
def led_points(scale: float, seed: int) -> Tensor:
    """200 particles led to the upper moon at this scale, (200, 2). 以此强度引向上弯月牙的 200 个粒子。"""
    return walked(moon_guided(scale), seed, SHOWN)[-1].xt


def moon_shared(scale: float, k: int, seed: int) -> Shared:
    """Particles of this scale beside as many exact draws of the moon: what `support` counts, point by point.

    此强度下的粒子与同样多的精确样本：`support` 逐点数的是什么。
    """
    real, made = exact_moon(SHOWN, seed + 1), led_points(scale, seed)
    clouds = {"real": real, "made": made}
    reach = {name: torch.cdist(x, x).kthvalue(k + 1, dim=1).values for name, x in clouds.items()}
    between = torch.cdist(real, made)
    return Shared(
        Reach(real, reach["real"], (between <= reach["made"]).any(1)),
        Reach(made, reach["made"], (between <= reach["real"][:, None]).any(0)),
        support(real, made, k),
    )


@cache
def exact_precision(scale: float, seed: int, share: float = 0.95) -> float:
    """The share of particles where the moon's exact density is not below that of 95 % of its own draws.

    在多少粒子所在之处，月牙的精确密度不低于它自己 95 % 的样本所在之处：不用邻居、也不靠样本的精确率。
    """
    density = moons_by_class().conditional(UPPER).log_density
    edge = density(exact_moon(4000), 1).quantile(1 - share)
    return float((density(led_points(scale, seed), 1) >= edge).double().mean())


@cache
def scale_of_half_recall(k: int = 5) -> tuple[float, float]:
    """The least scale from which recall is below a half, for k neighbours: the least and the most of six seeds.

    召回率从哪个强度起低于一半（k 个邻居）：六个种子中的最小与最大。
    """
    first = [next(s for s in SCALES if s >= 1 and moon_shared(s, k, seed).figures.recall < 0.5) for seed in SEEDS]
    return min(first), max(first)
