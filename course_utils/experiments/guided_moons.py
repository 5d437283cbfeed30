"""Guidance on two moons, a class each, where every denoiser and the classifier are exact.

两弯月牙各为一类时的引导：所有去噪器与分类器都是精确的。
"""

from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.experiments.moons import STD, two_moons
from course_utils.guidance import Interval, guided, log_snr_between
from course_utils.metrics import energy_distance
from course_utils.oracle import Labelled, labelled, mixture
from course_utils.points import lattice
from course_utils.randomness import seeded
from course_utils.samplers import Sample, dpm_solver
from course_utils.schedules import cosine
from course_utils.times import focused_times

UPPER, PARTICLES, DRAWS, STEPS = 0, 200, 1000, 15
LOWEST, HIGHEST = -8, 8  # log-SNR: between them lie all of the 15 steps but the first
STRONG, SEEDS = 4.0, range(6)  # the scale of the task, and the seeds that its answer must hold for
GOOD, BAD = 0.25, 0.35  # stds of what two imperfect networks see, where the truth has 0.15

Row = tuple[float, float]  # a mean and its error


@cache
def moons_by_class(std: float = STD) -> Labelled:
    """Two moons, a class each (label 0 is the upper); a larger std blurs them, as an under-trained network sees them.

    两弯月牙，各为一类（标签 0 在上）；标准差越大越模糊，恰如训练不足的网络所见。
    """
    truth = mixture(cosine(), two_moons().means, torch.full((60,), std))
    return labelled(truth, torch.arange(60) // 30)


def asked_in_all(times: Sequence[int], scale: float, interval: Interval) -> int:
    """How often denoisers are asked at these times: two where it is guided, but one at scale 0 or 1. 求值次数。"""
    return sum(2 if interval(t) and scale not in (0, 1) else 1 for t in times)


@cache
def exact_moon(n: int = DRAWS, seed: int = 0) -> Tensor:
    """n exact draws of the upper moon, (n, 2). 上面那弯月牙的 n 个精确样本。"""
    return moons_by_class().conditional(UPPER).draw(n, seeded(seed))


def lean(first: Denoiser, second: Denoiser, data: Tensor, t: int, k: int = 15) -> tuple[Tensor, Tensor, Tensor]:
    """Where the first guess lies, seen from the second, all over the plane, as `plots.arrows` takes it.

    在整个平面上，由第二个猜测指向第一个猜测的箭头；按 `plots.arrows` 的要求给出数据、起点、箭头。
    """
    starts = lattice(k).double()
    return data, starts, first(starts, t) - second(starts, t)


def moon_guided(scale: float, interval: Interval | None = None) -> Denoiser:
    """The exact denoiser of the upper moon, guided away from that of both. 上弯月牙的精确去噪器，背离两弯的引导。"""
    truth = moons_by_class()
    return guided(truth.conditional(UPPER), truth.unconditional, scale, interval)


def moon_autoguided(scale: float) -> Denoiser:
    """A good denoiser of the upper moon, guided away from a worse one of the same moon.

    上弯月牙的较好的去噪器，背离同一弯月牙的较差的去噪器。
    """
    return guided(*(moons_by_class(std).conditional(UPPER) for std in (GOOD, BAD)), scale)


def walked(denoiser: Denoiser, seed: int = 0, n: int = PARTICLES) -> list[Sample]:
    """All states of n particles on their way, DPM++ 2M on 15 `focused_times`. n 个粒子途中的全部状态。"""
    xT = torch.randn(n, 2, generator=seeded(seed), dtype=torch.float64)
    return list(dpm_solver(cosine(), denoiser, xT, focused_times(cosine(), STEPS)))


def share_in_class(x0: Tensor) -> float:
    """The share of points that the exact classifier takes for the upper moon's. 精确分类器判为上弯月牙的点的比例。"""
    return float((moons_by_class().log_probability(UPPER)(x0, 1) > torch.tensor(0.5).log()).double().mean())


def distance_to_moon(x0: Tensor, draws: int = DRAWS) -> float:
    """The energy distance to exact draws of the upper moon. 到上弯月牙精确样本的能量距离。"""
    return energy_distance(x0, exact_moon(draws))


@cache
def moon_floor(n: int = PARTICLES, draws: int = DRAWS, times: int = 20) -> float:
    """The mean of that distance for n exact draws, 20 times over. n 个精确样本的这个距离，取二十次平均。"""
    return sum(distance_to_moon(exact_moon(n, seed), draws) for seed in range(1, times + 1)) / times


@cache
def highest_low_end() -> int:
    """The largest whole log-SNR to guide above, at scale 4, with which every particle of every seed is in its class.

    引导强度为 4 时，只在对数信噪比高于某整数处引导，仍使每个种子的所有粒子都属于这一类；这样的最大整数。
    """

    def pure(low: int) -> bool:
        interval = log_snr_between(cosine(), low, HIGHEST)
        return all(share_in_class(walked(moon_guided(STRONG, interval), seed)[-1].xt) == 1 for seed in SEEDS)

    return max(low for low in range(LOWEST, HIGHEST) if pure(low))


@cache
def distances_by_scale(
    guided_at: Callable[[float], Denoiser], scales: tuple[float, ...], n: int = 2000
) -> dict[float, Row]:
    """The distance of n particles to the moon for each scale: its mean over 8 seeds, and the error of that mean.

    每个强度下 n 个粒子到上弯月牙的距离：八个种子的均值，以及这个均值的误差。
    """
    rows = {}
    for scale in scales:
        ends = [walked(guided_at(scale), seed, n)[-1].xt for seed in range(8)]
        found = torch.tensor([distance_to_moon(x0, 2 * n) for x0 in ends])
        rows[scale] = float(found.mean()), float(found.std()) / len(found) ** 0.5
    return rows
