"""Samplers on two moons, where the exact flow is known, for lesson 07.

在两弯月牙上比较各采样器，那里的精确流是已知的；供第 07 课使用。
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.experiments.plane import walked_std
from course_utils.oracle import Oracle, mixture
from course_utils.points import moons
from course_utils.randomness import seeded
from course_utils.reverse import sigma_beta, sigma_posterior
from course_utils.samplers import Sample, ddim, ddpm, dpm_solver, euler_ancestral, finish, heun
from course_utils.schedules import Schedule, cosine
from course_utils.times import both_ends_times, even_times, focused_times, karras_times, leading_times, log_snr_times

Sampler = Callable[..., Iterator[Sample]]


STD, PARTICLES, DRAWS = 0.15, 300, 1000
SAMPLERS: dict[str, Sampler] = {
    "DDPM β̃": ddpm,
    "DDPM β": partial(ddpm, sigma=sigma_beta),
    "DDIM": ddim,
    "Euler a": euler_ancestral,
    "Heun": heun,
    "DPM++ 2M": dpm_solver,
}
SPACINGS: dict[str, Callable[[Schedule, int], list[int]]] = {
    "even": even_times,
    "leading": leading_times,
    "both ends": both_ends_times,
    "log-SNR": log_snr_times,
    "Karras": karras_times,
    "focused": focused_times,
}


@cache
def two_moons(T: int = 1000) -> Oracle:
    """The exact denoiser of two moons, 60 components of std 0.15, cosine schedule. 两弯月牙的精确去噪器。"""
    return mixture(cosine(T), moons(60), torch.full((60,), STD))


def noise_of(seed: int, n: int = PARTICLES) -> Tensor:
    """n places drawn from N(0, I), float64, (n, 2). 抽自 N(0, I) 的 n 处位置。"""
    return torch.randn(n, 2, generator=seeded(seed), dtype=torch.float64)


@cache
def exact_flow(seed: int, n: int = PARTICLES) -> Tensor:
    """Where the probability-flow ODE takes that noise: 400 steps of DPM++ 2M on a schedule of 10,000. 精确流的终点。"""
    truth = two_moons(10_000)
    times = [10_000, *log_snr_times(truth.schedule, 400)]
    return finish(dpm_solver(truth.schedule, truth, noise_of(seed, n), times))


def arrivals(sampler: Sampler, times: Sequence[int], seed: int, n: int = PARTICLES) -> Tensor:
    """Where a sampler takes that noise over these times. 采样器沿这些时间步把噪声带到哪里。"""
    truth, generator = two_moons(), seeded(seed)
    first = torch.randn(n, 2, generator=generator, dtype=torch.float64)  # noise_of(seed, n); new noise comes after it
    return finish(sampler(truth.schedule, truth, first, times, generator=generator))


def flow_error(x0: Tensor, seed: int) -> float:
    """Mean distance to the exact flow of the same noise, over the mean size of its ends.

    到精确流终点的平均相对距离。
    """
    exact = exact_flow(seed, len(x0))
    return float((x0 - exact).norm(dim=1).mean() / exact.norm(dim=1).mean())


@cache
def exact_draws(n: int = DRAWS, seed: int = 0) -> Tensor:
    """n exact draws of the two moons, (n, 2). 两弯月牙的 n 个精确样本。"""
    return two_moons().draw(n, seeded(seed))


def evaluations(sampler: Sampler, times: Sequence[int]) -> int:
    """How often a sampler asks the denoiser on these times: once a step, Heun's twice but for the last. 求值次数。"""
    steps = len(times) - 1
    return 2 * steps - 1 if sampler is heun else steps


def gaussian_errors(steps: Sequence[int], std: float = 0.5) -> dict[str, tuple[list[int], list[float]]]:
    """Relative errors of the spread that samplers give to data N(0, std^2), beside the evaluations; nothing is drawn.

    各采样器给数据 N(0, std^2) 得到的散布的相对误差，以及求值次数；什么也不抽取。

    10,000 timesteps, even in log-SNR. Without fresh noise a sampler multiplies x_T by a number, which is compared with
    the exact flow's; with fresh noise the variance follows a recursion.
    """
    schedule = cosine(10_000)
    truth, one = mixture(schedule, torch.zeros(1, 1), torch.tensor([std])), torch.ones(1, 1, dtype=torch.float64)
    walks = [log_snr_times(schedule, n) for n in steps]
    found = {}
    for name, sigma in (("DDPM β̃", sigma_posterior), ("DDPM β", sigma_beta)):
        spreads = [walked_std(schedule, std, walk, sigma_posterior, sigma) for walk in walks]
        found[name] = list(steps), [abs(spread / std - 1) for spread in spreads]
    alpha_bar = schedule.alpha_bar[walks[0][0]]
    exact = float(std / (alpha_bar * std**2 + 1 - alpha_bar).sqrt())
    for name in ("DDIM", "Heun", "DPM++ 2M"):
        sampler = SAMPLERS[name]
        gains = [float(finish(sampler(schedule, truth, one, walk))) for walk in walks]
        found[name] = [evaluations(sampler, walk) for walk in walks], [abs(gain / exact - 1) for gain in gains]
    return found


def measured_order(asked: Sequence[int], errors: Sequence[float]) -> float:
    """The order that the last two errors show: log of their ratio over log of the ratio of costs.

    最后两个误差显示的阶。
    """
    return math.log(errors[-2] / errors[-1]) / math.log(asked[-1] / asked[-2])


def share_of_the_way(schedule: Schedule, n: int = PARTICLES) -> Tensor:
    """The share of its whole way that the guess of x_0 has gone when DDIM reaches t = T, ..., 1; (T,), from 0 to 1.

    DDIM 走到 t = T, ..., 1 时，对 x_0 的猜测已走完自己全程的几成。
    """
    truth = mixture(schedule, moons(60), torch.full((60,), STD))
    walk = ddim(schedule, truth, noise_of(0, n), range(schedule.T, -1, -1))
    guesses = torch.stack([sample.x0_hat for sample in walk])[:-1]
    way = guesses.diff(dim=0).norm(dim=2).mean(1).cumsum(0)
    return torch.cat([way.new_zeros(1), way]) / way[-1]


NEAR, SEEDS = 0.01, range(3)  # the error of lesson 07's task, and the seeds that it must hold for


@cache
def fewest_solver_steps() -> int:
    """The fewest steps with which DPM++ 2M on `focused_times` is nearer than 0.01 to the exact flow. 最少的步数。"""

    def is_near(n: int) -> bool:
        walk = focused_times(two_moons().schedule, n)
        return all(flow_error(arrivals(dpm_solver, walk, seed), seed) < NEAR for seed in SEEDS)

    return next(n for n in range(2, 51) if is_near(n))


@cache
def by_names() -> dict[str, Tensor]:
    """Two moons by three samplers from the same noise, with the same fresh noise. 三个采样器，噪声都相同。"""
    truth, xT = two_moons(), noise_of(0)
    times = even_times(truth.schedule, 10)
    three = {"DDPM": ddpm, "DDIM, η = 1": partial(ddim, eta=1.0), "Euler a": euler_ancestral}
    return {name: finish(walk(truth.schedule, truth, xT, times, generator=seeded(1))) for name, walk in three.items()}


@cache
def gone_over_t() -> dict[str, Tensor]:
    """The share of its way that the guess has gone, on the linear schedule. 线性调度上猜测已走完几成。"""
    return {"linear": share_of_the_way(schedules.linear(), 100)}
