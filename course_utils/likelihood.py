"""How likely a point is: its log-density, by following the probability-flow ODE to the noise, whose density is known.

一个点有多大可能：沿概率流常微分方程走到密度已知的噪声，得到它的对数密度。

On the way log q changes by minus the divergence of the velocity: where a flow spreads points apart, they get rarer.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course_utils.flows import Velocity
from course_utils.gates import (
    check_answer,
    check_callable,
    check_finite,
    check_kind,
    check_samples,
    check_takes,
    check_whole,
)
from course_utils.language import CourseError, Said
from course_utils.paths import Path, at, log_snr_on

LEAST_NOISY = -4.0  # log-SNR at which x may pass for noise: its std is 7 times that of the signal
THE_DIVERGENCE: Said = ("What divergence answers with", "散度函数 divergence 的回答")
LARGEST = 64  # numbers in a sample whose divergence is still computed exactly: one pass back for each


class Spread(NamedTuple):
    """A velocity, like x, and k estimates of its divergence, (k, b). 速度，以及散度的 k 个估计。"""

    velocity: Tensor
    divergence: Tensor


class LogDensity(NamedTuple):
    """log q(x) in nats, (b,), and one standard error of its estimate; 0 where the divergence is exact.

    以奈特计的 log q(x)，以及估计的一个标准误差；散度精确时为 0。
    """

    value: Tensor
    error: Tensor


Divergence = Callable[[Velocity, Tensor, float], Spread]


def exact_divergence(velocity: Velocity, x: Tensor, t: float) -> Spread:
    """The velocity and its divergence, the sum of dv_i / dx_i: one pass back for each number of a sample.

    速度与它的散度，即 dv_i / dx_i 之和：样本有几个数，就反向求几次梯度。

    Shapes: x (b, ...), at most 64 numbers in a sample -> divergence (1, b).
    Raises: CourseError for larger samples, and a velocity that keeps no gradients.
    Paper: Chen et al. 2018 (Neural ODEs), Theorem 1.
    """
    numbers = check_samples("x", x)[0].numel()
    if numbers > LARGEST:
        raise CourseError(
            f"A sample has {numbers} numbers. The exact divergence goes back once for each, and is for at most "
            f"{LARGEST}. For images estimate it: divergence=hutchinson(probes=4).",
            f"每个样本有 {numbers} 个数。精确散度要为每个数反向求一次梯度，最多 {LARGEST} 个。"
            "图像请用估计：divergence=hutchinson(probes=4)。",
        )
    v, x = _with_gradients(velocity, x, t)
    rows = [
        torch.zeros_like(v).reshape(len(v), -1).index_fill(1, torch.tensor(i), 1.0).view_as(v) for i in range(numbers)
    ]
    return Spread(v.detach(), sum(_pulled_back(v, x, row) for row in rows)[None])


def hutchinson(probes: int = 4, generator: torch.Generator | None = None) -> Divergence:
    """A divergence by Hutchinson's estimator: the mean of z (dv/dx) z over signs z drawn anew each time.

    用 Hutchinson 估计量求散度：对每次新抽的正负号 z，取 z (dv/dx) z 的平均。

    Each probe costs a pass back, whatever the size; it is right on average, and its error is that of all the numbers
    off the diagonal of dv/dx. Two probes are the fewest that say how far they are off.
    Shapes: called with x (b, ...) -> divergence (probes, b).
    Raises: CourseError for probes outside 2 to 10,000; when called, for a velocity that keeps no gradients.
    Papers: Hutchinson 1989; Grathwohl et al. 2019 (FFJORD), section 3.1.
    """
    probes = check_whole("probes", probes, 2, 10_000)
    if generator is not None:
        check_kind("generator", generator, torch.Generator, "randomness.seeded(0)")

    def estimate(velocity: Velocity, x: Tensor, t: float) -> Spread:
        v, x = _with_gradients(velocity, check_samples("x", x), t)
        signs = torch.randint(0, 2, (probes, *v.shape), generator=generator).to(v) * 2 - 1
        return Spread(v.detach(), torch.stack([_pulled_back(v, x, z) for z in signs]))

    return estimate


def log_density(
    path: Path, velocity: Velocity, x: Tensor, times: Sequence[float], *, divergence: Divergence = exact_divergence
) -> LogDensity:
    """log q(x) at the first of the times: along the velocity to the last, where x is noise; Runge-Kutta, order 4.

    第一个时刻处的 log q(x)：用四阶 Runge-Kutta 法沿速度走到最后一个时刻，那里 x 已是噪声。

    log q(x) = log N(x_1; 0, (a^2 + b^2) I) + the integral of div v over t. So it is of x_t, not of x_0: begin at a
    small t. Four evaluations a step; with steps half as long the error falls to a sixteenth.
    Shapes: x (b, ...), times rising, above 0 to at most 1 -> two (b,), float64.
    Raises: CourseError for times that do not rise, begin at 0, or end where x is not yet noise, and as the divergence.
    Papers: Song et al. 2021 (score-based SDEs), eq. (39); Chen et al. 2018, Theorem 1.
    """
    check_callable("velocity", velocity, "flows.velocity_field(path, guess)")
    x = check_samples("x", x).detach()
    example = "likelihood.exact_divergence, or likelihood.hutchinson(probes=4)"
    check_takes("divergence", divergence, example, velocity, x, 1.0)
    total, steps = torch.zeros(1, len(x), dtype=torch.float64), _rising(times)
    _check_noisy(path, steps[-1][1])
    for t, s in steps:
        stages: list[Spread] = []
        for share in (0, 1 / 2, 1 / 2, 1):  # of the step, along the slope of the stage before
            ahead = x + share * (s - t) * stages[-1].velocity if stages else x
            spread = divergence(velocity, ahead, t + share * (s - t))
            stages.append(check_kind(THE_DIVERGENCE, spread, Spread, "likelihood.exact_divergence(velocity, x, t)"))
        for stage, weight in zip(stages, (1, 2, 2, 1), strict=True):
            x = x + (s - t) * weight / 6 * stage.velocity
            total = total + (s - t) * weight / 6 * stage.divergence.cpu().double()
    every = _log_normal(path, check_finite(("x_1, at the end of the walk", "走到头的 x_1"), x), times[-1]) + total
    k = len(every)
    error = every.std(0) / k**0.5 if k > 1 else torch.zeros_like(every[0])
    return LogDensity(every.mean(0), error)


def _check_noisy(path: Path, t: float) -> None:
    if float(log_snr_on(path, t)) > LEAST_NOISY:
        raise CourseError(
            f"The times end at {t:g}, where x is not yet noise, and its density is not known. Go on to 1.",
            f"时刻到 {t:g} 就结束了，那里 x 还不是噪声，密度未知。请一直走到 1。",
        )


def _log_normal(path: Path, x: Tensor, t: float) -> Tensor:
    """log N(x; 0, (a^2 + b^2) I), (b,)."""
    now = at(path, t)
    bell = torch.distributions.Normal(0.0, torch.hypot(now.signal, now.noise))
    return bell.log_prob(x.cpu().double()).reshape(len(x), -1).sum(1)


def _with_gradients(velocity: Velocity, x: Tensor, t: float) -> tuple[Tensor, Tensor]:
    """The velocity at x, and the x that it can be differentiated in."""
    with torch.enable_grad():
        x = x.detach().clone().requires_grad_()
        try:
            v = check_answer(("The velocity", "速度"), velocity(x, t), x)
        except TypeError:  # perhaps it is no velocity
            check_takes("velocity", velocity, "flows.velocity_field(path, guess)", x, t)
            raise
    if not v.requires_grad:
        raise CourseError(
            "The velocity keeps no gradients, so its divergence cannot be computed. guess_of_network computes none: "
            "velocity_field(path, guess_with_gradients(network, labels)); and no torch.no_grad(), no detach().",
            "速度不带梯度，求不出散度。guess_of_network 不求梯度，请这样向网络提问："
            "velocity_field(path, guess_with_gradients(network, labels))；不要用 torch.no_grad() 与 detach()。",
        )
    return v, x


def _pulled_back(v: Tensor, x: Tensor, z: Tensor) -> Tensor:
    """z (dv/dx) z of each sample, (b,)."""
    (back,) = torch.autograd.grad(v, x, z, retain_graph=True)
    return (back * z).reshape(len(z), -1).sum(1)


def _rising(times: Sequence[Any]) -> list[tuple[float, float]]:
    try:
        walk = [float(t) for t in times]
    except (TypeError, ValueError):
        walk = []
    if len(walk) < 2 or not 0 < walk[0] or not walk[-1] <= 1 or not all(s > t for t, s in pairwise(walk)):
        raise CourseError(
            f"The times are {walk[:6]}… ({len(walk)} of them). They must rise, at least two of them, from above 0, as "
            "there is no density to follow at the data themselves: torch.linspace(0.01, 1, 101).",
            f"时刻是 {walk[:6]}…（共 {len(walk)} 个）。它们应当逐个增大、至少两个，且从大于 0 处开始"
            "（数据本身没有可跟随的密度）：torch.linspace(0.01, 1, 101)。",
        )
    return list(pairwise(walk))
