"""Which times suit which sampler: all are tried on the same few spacings, before any two samplers are compared.

哪种时间步适合哪个采样器：比较采样器之前，先让它们都试遍同样的几种间隔。

A sampler judged on times that do not suit it looks worse than it is. What is tried: the six of `moons.SPACINGS`.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.experiments.moons import SPACINGS, Sampler, arrivals, flow_error
from course_utils.reverse import ddim_step
from course_utils.samplers import Sample, ddim, dpm_solver, heun
from course_utils.schedules import Schedule, cosine


def heun_plain_first(
    schedule: Schedule,
    denoiser: Denoiser,
    xT: Tensor,
    times: Sequence[int],
    *,
    generator: torch.Generator | None = None,
) -> Iterator[Sample]:
    """`heun`, but for the first step, which is DDIM's: so it may begin at T, where a correction throws Heun off.

    `heun`，只有第一步是 DDIM 的：这样就能从 T 出发；在那里作修正，Heun 会被甩开。

    Shapes, Raises: as `heun`.
    """
    first, second = times[:2]
    x0_hat = denoiser(xT, first)
    yield Sample(first, xT, x0_hat)
    yield from heun(schedule, denoiser, ddim_step(schedule, xT, first, second, x0_hat), times[1:])


WALKS: dict[str, Sampler] = {"DDIM": ddim, "Heun": heun_plain_first, "DPM++ 2M": dpm_solver}


def steps_for(name: str, cost: int) -> int:
    """The steps that a sampler makes of `cost` evaluations, an even number; Heun's first and last step ask once.

    用 `cost` 次求值（偶数）能走几步；Heun 的第一步与最后一步各只求值一次。
    """
    return cost // 2 + 1 if name == "Heun" else cost


def error_on_moons(name: str, spacing: str, cost: int, seed: int = 0) -> float:
    """`flow_error` of a sampler on two moons, on this spacing with `cost` evaluations. 这种间隔下到精确流的误差。"""
    times = SPACINGS[spacing](cosine(), steps_for(name, cost))
    return flow_error(arrivals(WALKS[name], times, seed), seed)


def tried_on_moons(cost: int, seed: int = 0) -> dict[str, dict[str, float]]:
    """The error of every sampler on every spacing, {sampler: {spacing: error}}. 每个采样器在每种间隔下的误差。"""
    return {name: {spacing: error_on_moons(name, spacing, cost, seed) for spacing in SPACINGS} for name in WALKS}
