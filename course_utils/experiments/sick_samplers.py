"""Samplers with a fault each, on two thin moons with the exact denoiser: what their samples show of it.

各有一个毛病的采样器，在两弯细月牙上配精确去噪器：毛病怎样从样本里显出来。
"""

import math
from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise

import torch
from torch import Tensor

from course_utils.experiments.plane import PARTICLES, curve
from course_utils.oracle import Oracle
from course_utils.randomness import seeded
from course_utils.reverse import Sigma, sigma_beta, sigma_posterior
from course_utils.samplers import finish, heun
from course_utils.schedules import Schedule, cosine
from course_utils.times import even_times

STD, FEW, MANY = 0.06, 20, 100
PATIENTS = {"A": "room", "B": "clip", "C": "last", "D": "same", "E": "start"}


@cache
def thin_moons() -> Oracle:
    """The exact denoiser of two moons, 60 components of std 0.06. 两弯细月牙的精确去噪器。"""
    return curve(cosine(), "moons", std=STD)


def _variance(schedule: Schedule, t: Tensor, s: Tensor) -> Tensor:
    return sigma_posterior(schedule, t, s) ** 2


def _nothing(schedule: Schedule, t: Tensor, s: Tensor) -> Tensor:
    return 0 * schedule.signal[t]


def _ends_in_noise(schedule: Schedule, t: Tensor, s: Tensor) -> Tensor:
    spread = (1 - schedule.alpha_bar[t] / schedule.alpha_bar[s]).sqrt()
    return sigma_posterior(schedule, t, s) if s > 0 else spread


def _walked(
    steps: int,
    generator: torch.Generator,
    *,
    kept: Sigma = sigma_posterior,
    added: Sigma = sigma_posterior,
    begun: float = 1.0,
    within: float = math.inf,
    shared: bool = False,
) -> Tensor:
    """Steps that keep `kept`^2 of the variance free and add `added`^2, from `begun` times the first noise.

    每一步给新噪声留出方差 `kept`^2，加上 `added`^2；起点是初始噪声的 `begun` 倍。

    The guess is held within [-within, within]; `shared` gives all particles the same fresh noise.
    """
    truth = thin_moons()
    schedule = truth.schedule
    xt = begun * torch.randn(PARTICLES, 2, generator=generator, dtype=torch.float64)
    for t, s in pairwise(torch.tensor(even_times(schedule, steps))):
        x0_hat = truth(xt, t).clamp(-within, within)
        eps_hat = (xt - schedule.signal[t] * x0_hat) / schedule.noise[t]
        room = (1 - schedule.alpha_bar[s] - kept(schedule, t, s) ** 2).clamp(min=0).sqrt()
        z = torch.randn(PARTICLES, 2, generator=generator, dtype=torch.float64)
        z = z[:1].expand_as(z) if shared else z
        xt = schedule.signal[s] * x0_hat + room * eps_hat + added(schedule, t, s) * z
    return xt


def _heun(steps: int, generator: torch.Generator) -> Tensor:
    truth = thin_moons()
    xT = torch.randn(PARTICLES, 2, generator=generator, dtype=torch.float64)
    return finish(heun(truth.schedule, truth, xT, even_times(truth.schedule, steps)))


FAULTS: dict[str, Callable[[int, torch.Generator], Tensor]] = {
    "OK": _walked,
    "last": partial(_walked, added=_ends_in_noise),
    "same": partial(_walked, shared=True),
    "room": partial(_walked, kept=_nothing),
    "start": partial(_walked, kept=_nothing, added=_nothing, begun=0.5),
    "clip": partial(_walked, within=0.4),
    "mean": partial(_walked, added=_nothing),
    "variance": partial(_walked, added=_variance),
    "beta": partial(_walked, added=sigma_beta),
    "heun": _heun,
}


@cache
def samples(fault: str, steps: int, seed: int = 0) -> Tensor:
    """300 particles of a sampler with this fault, (300, 2). 有这个毛病的采样器的 300 个粒子。"""
    return FAULTS[fault](steps, seeded(seed))


def off_the_curve(particles: Tensor) -> Tensor:
    """How far each particle is from the nearest of the 60 means. 每个粒子到 60 个均值中最近者的距离。"""
    return torch.cdist(particles, thin_moons().means).amin(1)


def signs(particles: Tensor) -> dict[str, float]:
    """Numbers of a cloud: mean and std across, the largest |x|, and how thick it is: the median of `off_the_curve`.

    一团粒子的几个数：横向的均值与标准差，最大的 |x|，以及厚度，即 `off_the_curve` 的中位数。
    """
    x = particles[:, 0]
    thick = off_the_curve(particles).median()
    return {"mean": float(x.mean()), "std": float(x.std()), "largest": float(x.abs().max()), "thick": float(thick)}
