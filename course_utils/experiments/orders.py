"""How fast samplers come near the exact flow of Gaussian data as steps are added, for lesson 07.

步数增加时，采样器多快接近高斯数据的精确流；供第 07 课使用。
"""

from collections.abc import Iterator, Sequence
from math import log
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.experiments.moons import Sampler
from course_utils.samplers import Sample, dpm_solver, finish
from course_utils.schedules import Schedule

Walks = Sequence[Sequence[int]]


def gaussian(schedule: Schedule, std: float) -> Denoiser:
    """The exact denoiser of N(0, std^2), quicker than `mixture`. N(0, std^2) 的精确去噪器，比 `mixture` 快。"""
    factor = schedule.signal * std**2 / (schedule.alpha_bar * std**2 + 1 - schedule.alpha_bar)
    return lambda xt, t: factor[t] * xt


def gains(schedule: Schedule, sampler: Sampler, std: float, walks: Walks) -> list[float]:
    """Where a sampler takes x_T = 1 on each walk, over where the exact flow does. 采样器的终点与精确终点之比。"""
    one, found = torch.ones(1, 1, dtype=torch.float64), []
    for walk in walks:
        alpha_bar = schedule.alpha_bar[walk[0]]
        exact = float(std / (alpha_bar * std**2 + 1 - alpha_bar) ** 0.5)
        found.append(float(finish(sampler(schedule, gaussian(schedule, std), one, walk))) / exact)
    return found


def errors_on_gaussian(schedule: Schedule, sampler: Sampler, std: float, walks: Walks) -> list[float]:
    """The relative error of each walk. 每次采样的相对误差。"""
    return [abs(gain - 1) for gain in gains(schedule, sampler, std, walks)]


def log_slope(walks: Walks, errors: Sequence[float]) -> float:
    """The slope of the straight line through log errors over log steps, falling counted positive. 双对数直线的斜率。"""
    usable = [(log(len(walk) - 1), log(abs(error) + 1e-15)) for walk, error in zip(walks, errors, strict=True)]
    return -float(np.polyfit(*zip(*usable, strict=True), 1)[0])


def beside(schedule: Schedule, denoiser: Denoiser, xT: Tensor, times: Sequence[int], **_: Any) -> Iterator[Sample]:
    """DPM++ 2M that in the end doubles what it has found: of order 0. 最后把结果加倍的 2M：零阶。"""
    *walk, end = dpm_solver(schedule, denoiser, xT, times)
    yield from walk
    yield Sample(0, 2 * end.xt, 2 * end.xt)


def even_clock(T: int, quiet: float = 14.0, loud: float = -9.0) -> Schedule:
    """A schedule that is even in log-SNR, from `quiet` at t = 1 to `loud` at T. 按对数信噪比等间隔的调度。"""
    log_snr = torch.linspace(quiet, loud, T, dtype=torch.float64)
    return Schedule(torch.cat([torch.ones(1, dtype=torch.float64), log_snr.sigmoid()]))


def even_walk(first: int, steps: int) -> list[int]:
    """From `first` to 1 in steps of equal length, then 0. 从 `first` 等步走到 1，最后是 0。"""
    return [1 + (first - 1) * k // steps for k in range(steps, -1, -1)] + [0]
