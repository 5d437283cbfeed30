"""Completion where the truth is known: two numbers of correlation 0.9, of which one is given.

真值已知处的修补：相关系数为 0.9 的两个数，已知其中一个。
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.conditions import pseudoinverse_guided, replaced, replacing
from course_utils.gaussians import GaussianMixture, coordinates, gaussian_mixture
from course_utils.randomness import seeded
from course_utils.samplers import Sample, ddim, ddpm, stepwise
from course_utils.schedules import cosine
from course_utils.times import even_times, resampled

CORRELATION = 0.9
FIRST = 1.5  # the number that is given
Walk = Callable[[Tensor, torch.Generator], Iterator[Sample]]  # (x_T, generator) -> states


class Completed(NamedTuple):
    """The number that was not given, drawn n times, (n,), and how often a denoiser was asked.

    未知的那个数的 n 个样本 (n,)，以及向去噪器求值的次数。
    """

    x: Tensor
    evaluations: int


def given() -> tuple[Tensor, Tensor]:
    """The known numbers (the first counts), and the mask. 已知的数（只有第一个算数），以及掩码。"""
    return torch.tensor([FIRST, 0.0], dtype=torch.float64), torch.tensor([True, False])


@cache
def two_numbers() -> GaussianMixture:
    """The exact denoiser of N(0, [[1, 0.9], [0.9, 1]]) on the cosine schedule. 这一高斯分布的精确去噪器。"""
    covariance = torch.tensor([[[1.0, CORRELATION], [CORRELATION, 1.0]]], dtype=torch.float64)
    return gaussian_mixture(cosine(), torch.zeros(1, 2), covariance)


def given_truth() -> GaussianMixture:
    """The exact denoiser of both numbers, given that the first is 1.5. 已知第一个数为 1.5 时，两个数的精确去噪器。"""
    known, mask = given()
    return two_numbers().given(coordinates(mask), known[mask])


def exact_given() -> tuple[float, float]:
    """Mean and standard deviation of the second number, given the first: 1.35 and 0.436.

    已知第一个数时，第二个数的均值与标准差：1.35 与 0.436。
    """
    truth = given_truth()
    return float(truth.mean()[1]), float(truth.covariance()[1, 1]) ** 0.5


def walks(steps: int, visits: int) -> dict[str, Walk]:
    """The methods by name, each in so many even steps; RePaint walks each of them so often.

    各方法，都等间隔走这么多步；RePaint 每步走 `visits` 遍。
    """
    schedule, truth = cosine(), two_numbers()
    times = even_times(schedule, steps)
    known, mask = given()
    told, heeding = replaced(truth, known, mask), (coordinates(mask), known[mask])
    again, put_back = resampled(times, jump=1, visits=visits), replacing(known, mask)
    led = pseudoinverse_guided(schedule, truth, *heeding)
    return {
        "replaced": lambda xT, noise: ddpm(schedule, told, xT, times, generator=noise),
        "RePaint": lambda xT, noise: stepwise(schedule, truth, xT, again, step=put_back, generator=noise),
        "ΠGDM": lambda xT, noise: ddim(schedule, led, xT, times),
        "exact": lambda xT, noise: ddim(schedule, given_truth(), xT, times),
    }


@cache
def given_one(n: int = 2000, steps: int = 50, visits: int = 10, seed: int = 0) -> dict[str, Completed]:
    """The second number by each of the methods, and by the exact denoiser of the posterior.

    用各种方法补出的第二个数；最后一项用后验的精确去噪器。
    """
    found = {}
    for name, walk in walks(steps, visits).items():
        generator = seeded(seed)
        xT = torch.randn(n, 2, generator=generator, dtype=torch.float64)
        *asked, end = walk(xT, generator)
        found[name] = Completed(end.xt[:, 1], len(asked))
    return found
