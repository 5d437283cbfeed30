"""Guidance on the line, where every density is known: what is sharpened, and what guidance draws instead.

直线上的引导，一切密度都已知：何为锐化的密度，引导画出的又是什么。
"""

from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.experiments.moons import Sampler
from course_utils.oracle import Labelled, labelled, mixture
from course_utils.randomness import seeded
from course_utils.samplers import ddim, finish
from course_utils.schedules import Schedule
from course_utils.times import even_times


class Density(NamedTuple):
    """A density over even places on the line, its area 1. 直线上等距各处的密度，面积为 1。"""

    x: Tensor
    height: Tensor

    @property
    def mean(self) -> float:
        """Its mean. 均值。"""
        return float(self._share @ self.x)

    @property
    def std(self) -> float:
        """Its standard deviation. 标准差。"""
        return float(self._share @ (self.x - self.mean).square()) ** 0.5

    @property
    def _share(self) -> Tensor:
        return self.height * (self.x[1] - self.x[0])


class Summary(NamedTuple):
    """n samples on the line: mean and standard deviation, each with its standard error. 样本的均值、标准差与标准误。"""

    n: int
    mean: float
    mean_error: float
    std: float
    std_error: float


def two_classes(schedule: Schedule, std: float = 0.5) -> Labelled:
    """Two classes on the line, equally frequent: label 0 is N(-1, std^2), label 1 is N(1, std^2).

    直线上的两类，同样多：标签 0 是 N(-1, std^2)，标签 1 是 N(1, std^2)。

    Shapes: samples (b, 1).
    """
    return labelled(mixture(schedule, torch.tensor([[-1.0], [1.0]]), torch.full((2,), std)), torch.tensor([0, 1]))


def sharpened(truth: Labelled, scale: float, t: int = 1, *, label: int = 1, places: int = 401) -> Density:
    """q(x_t) p(y | x_t)^scale from -4 to 4, scaled to area 1. 由 -4 到 4 的 q(x_t) p(y | x_t)^scale，面积归一。

    At scale 0 it is q(x_t), at 1 q(x_t | y). At t = 1 it is p(x) p(y | x)^scale, but for a variance of 0.00004.
    """
    x = torch.linspace(-4, 4, places, dtype=torch.float64)
    log = truth.unconditional.log_density(x[:, None], t) + scale * truth.log_probability(label)(x[:, None], t)
    return Density(x, log.softmax(0) / (x[1] - x[0]))


def noised_density(schedule: Schedule, density: Density, t: int) -> Density:
    """A density of x_0 noised to t, by quadrature. 把 x_0 的密度加噪到 t，用数值积分。"""
    x, alpha_bar = density.x, schedule.alpha_bar[t]
    height = (-((x[:, None] - alpha_bar.sqrt() * x) ** 2) / (2 * (1 - alpha_bar))).exp() @ density.height
    return Density(x, height / height.sum() / (x[1] - x[0]))


def noised_and_sharpened(truth: Labelled, scale: float, t: int) -> dict[str, Density]:
    """Sharpened, then noised to t; noised to t, then sharpened: the score that guidance follows is the second's.

    先锐化再加噪到 t；先加噪到 t 再锐化：引导所跟随的是后者的得分。
    """
    first = noised_density(truth.unconditional.schedule, sharpened(truth, scale), t)
    names = rf"$\int q(x_t|x_0)\,p(x_0)\,p(y|x_0)^{{{scale:g}}}\,dx_0$", rf"$q(x_t)\,p(y|x_t)^{{{scale:g}}}$"
    return dict(zip(names, (first, sharpened(truth, scale, t)), strict=True))


def denoiser_of(schedule: Schedule, density: Density) -> Denoiser:
    """The exact denoiser of a density on the line, E[x_0 | x_t]: sums at its places, straight lines between them.

    直线上某个密度的精确去噪器 E[x_0 | x_t]：在各点处求和，其间线性插值。

    Shapes: xt (b, 1).
    """
    x, log = density

    def denoise(xt: Tensor, t: int) -> Tensor:
        alpha_bar = schedule.alpha_bar[t]
        bells = -((x[:, None] - alpha_bar.sqrt() * x) ** 2) / (2 * (1 - alpha_bar))  # (x_t, x_0)
        guess = (log.log() + bells).softmax(1) @ x
        place = (xt.double() - x[0]) / (x[1] - x[0])
        left = place.long().clamp(0, len(x) - 2)
        return torch.lerp(guess[left], guess[left + 1], place - left).to(xt)

    return denoise


def drawn(
    schedule: Schedule, denoiser: Denoiser, sampler: Sampler = ddim, n: int = 4000, *, steps: int = 200, seed: int = 0
) -> Tensor:
    """n numbers that a sampler draws in even steps, (n,) float64. 采样器等间隔走 `steps` 步得到的 n 个数。"""
    generator = seeded(seed)
    xT = torch.randn(n, 1, generator=generator, dtype=torch.float64)
    return finish(sampler(schedule, denoiser, xT, even_times(schedule, steps), generator=generator))[:, 0]


def summary(x: Tensor) -> Summary:
    """Mean and standard deviation of samples, with standard errors. 样本的均值与标准差，及各自的标准误。"""
    away, n = x - x.mean(), len(x)
    variance = away.square().mean()
    std_error = ((away**4).mean() - variance**2).sqrt() / (2 * variance.sqrt())
    errors = [float(error) / n**0.5 for error in (variance.sqrt(), std_error)]
    return Summary(n, float(x.mean()), errors[0], float(variance.sqrt()), errors[1])
