"""How likely the probability-flow ODE finds things: points on two moons, garments, and what is no garment at all.

概率流常微分方程觉得什么有多大可能：两弯月牙上的点、衣物，以及根本不是衣物的东西。

A picture is judged as it looks under noise of one grey level, since levels are steps, and on steps no density stands.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils import data
from course_utils.estimates import Estimate
from course_utils.experiments.bits import HALF
from course_utils.experiments.garments import garments_of
from course_utils.experiments.moons import exact_draws, two_moons
from course_utils.flows import clock, guess_of_oracle, guess_with_gradients, velocity_field
from course_utils.gates import MANY, check_whole
from course_utils.guidance import no_labels
from course_utils.likelihood import LogDensity, hutchinson, log_density
from course_utils.oracle import Oracle
from course_utils.paths import Pair, Path, at, log_snr_on, point, straight, time_on
from course_utils.points import lattice
from course_utils.randomness import seeded, standard_normal
from course_utils.weights import pretrained

GREY_LEVEL = 2 * HALF  # the noise, over the signal, at which pictures are judged
LOUDEST = -8.0  # log-SNR of the last step but one
BY_HEART = math.log2(2 * math.pi * math.e) / 2  # bits a pixel that this noise costs those who know the picture
MEASURED_WITH, STEPS, PROBES = 10, 20, 2


def rising_times(path: Path, first: float, steps: int) -> list[float]:
    """The times of `steps` steps, even in log-SNR from `first` to -8 (or as far as the path goes), the last to t = 1.

    `steps` 步的时刻：对数信噪比从 `first` 起等间隔到 -8（或到路径的尽头），最后一步到 t = 1。

    Raises: CourseError for no steps.
    """
    check_whole("steps", steps, 2, MANY)
    last = max(LOUDEST, float(log_snr_on(path, 1.0)) + 0.5)
    levels = torch.linspace(first, last, steps, dtype=torch.float64)
    return [*(time_on(path, level) for level in levels.tolist()), 1.0]


def density_on(path: Path, truth: Oracle, x: Tensor, t: float) -> Tensor:
    """The exact log q(x) at time t of a path, for a mixture: float64, (b,). 混合分布在路径 t 处精确的 log q(x)。"""
    now = at(path, t)
    size, there = torch.hypot(now.signal, now.noise), clock(path, [0.0, t])
    return dataclasses.replace(truth, schedule=there).log_density(x / size, 1) - x[0].numel() * size.log()


@cache
def moons_by_ode(steps: int = 20, path: Path = straight, first: float = 6.0, k: int = 25) -> dict[str, Tensor]:
    """A lattice over the two moons: the points, log q by the ODE with exact divergence, and log q itself.

    两弯月牙上的一片格点：位置、用常微分方程（精确散度）求得的 log q，以及 log q 本身。
    """
    x = lattice(k).double()
    ode, exact = _both(path, x, rising_times(path, first, steps))
    return {"points": x, "ode": ode, "exact": exact}


def ode_errors(path: Path, counts: Sequence[int], n: int = 40) -> list[float]:
    """How far the two are apart on n exact draws, in nats, the mean, for so many steps each.

    在 n 个精确样本上，两者相差的平均值（奈特），各取这么多步。
    """
    x, rows = exact_draws(n), [rising_times(path, 6.0, steps) for steps in counts]
    return [float((ode - exact).abs().mean()) for ode, exact in (_both(path, x, times) for times in rows)]


def _both(path: Path, x: Tensor, times: Sequence[float]) -> tuple[Tensor, Tensor]:
    found = log_density(path, velocity_field(path, guess_of_oracle(two_moons())), x, times)
    return found.value, density_on(path, two_moons(), x, times[0])


@cache
def things(n: int = MEASURED_WITH) -> dict[str, Tensor]:
    """n of each kind, (n, 1, 28, 28); of the plain ones and the average the same picture n times.

    每一种 n 幅；纯色的与平均的，是同一幅重复 n 次。
    """
    x, y = data.garments("test")
    own = garments_of(pretrained("fashion_mnist"), standard_normal(x[:n], seeded(0)))
    plain = torch.zeros_like(x[:n])
    return {
        "garments": x[:n],
        "drawn": own.clamp(-1, 1),
        "shirts": x[y == 6][:n],
        "inverted": -x[y == 6][:n],
        "sneakers": x[y == 7][:n],
        "upside down": x[y == 7][:n].flip(2),
        "digits": data.digits(28).x[:n].clamp(-1, 1),
        "noise": torch.rand(plain.shape, generator=seeded(1)) * 2 - 1,
        "average": data.garments("train").x.mean(0).expand_as(plain),
        "grey": plain,
        "black": plain - 1,
    }


class Likely(NamedTuple):
    """Bits per pixel of a kind: mean and standard error, spread over its pictures, Hutchinson's error of one of them.

    一种图像每像素的比特数：均值及其标准误差、各幅之间的散布、单独一幅的 Hutchinson 误差。
    """

    bits: Estimate
    spread: float
    probing: float


# What `flows_garments.py likely` prints: ten pictures of each kind, 20 steps of the ODE, two probes.
STORED: dict[str, Likely] = {
    "garments": Likely(Estimate(3.797, 0.244), 0.772, 0.004),
    "drawn": Likely(Estimate(3.829, 0.187), 0.591, 0.008),
    "shirts": Likely(Estimate(4.474, 0.255), 0.808, 0.006),
    "inverted": Likely(Estimate(5.879, 0.218), 0.690, 0.012),
    "sneakers": Likely(Estimate(3.544, 0.047), 0.148, 0.005),
    "upside down": Likely(Estimate(3.683, 0.043), 0.135, 0.007),
    "digits": Likely(Estimate(4.438, 0.086), 0.273, 0.014),
    "noise": Likely(Estimate(8.667, 0.016), 0.049, 0.006),
    "average": Likely(Estimate(3.783, 0.008), 0.024, 0.015),
    "grey": Likely(Estimate(3.471, 0.012), 0.038, 0.006),
    "black": Likely(Estimate(2.258, 0.013), 0.040, 0.003),
}


def picture_density(x0: Tensor, steps: int = STEPS, probes: int = PROBES, level: float = GREY_LEVEL) -> LogDensity:
    """Bits per pixel of pictures seen under noise of `level` times the signal, by the shipped network without labels.

    附带的网络（不认标签）给图像的每像素比特数；图像加上了信号 `level` 倍的噪声。

    Less likely is more bits: -log2 of the density of x_0 + level eps, where a grey level counts as 1. One standard
    error is Hutchinson's alone.  Shapes: x0 (b, 1, 28, 28) -> two (b,).
    """
    network, times = pretrained("fashion_mnist"), rising_times(straight, -2 * math.log(level), steps)
    velocity = velocity_field(straight, guess_with_gradients(network, no_labels(network, len(x0))))
    xt = point(straight, times[0], Pair(x0, standard_normal(x0, seeded(0))))
    found = log_density(straight, velocity, xt, times, divergence=hutchinson(probes, seeded(1)))
    d, signal = x0[0].numel(), 1 - times[0]
    bits = -(found.value / d + math.log(signal * GREY_LEVEL)) / math.log(2)
    return LogDensity(bits, found.error / d / math.log(2))


def likely_rows(n: int = MEASURED_WITH, steps: int = STEPS) -> Iterator[tuple[str, Likely]]:
    """What `STORED` holds, measured anew, kind by kind. 逐种重新测量 `STORED` 所存的各项。"""
    for name, x0 in things(n).items():
        value, error = picture_density(x0, steps)
        spread = float(value.std())
        bits = Estimate(float(value.mean()), spread / n**0.5)
        yield name, Likely(bits, spread, float(error.square().mean().sqrt()))
