"""The variational bound in bits per pixel, on images of 256 levels: lesson 6's terms, measured for a trained network.

以每像素多少比特计的变分上界，图像有 256 级灰度：第 6 课的各项，用训练好的网络来量。

The prior's term, one for each t = 2..T, and the decoder's at t = 1, which says how likely the level itself is.
"""

import math
import zlib
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.estimates import Estimate
from course_utils.forward import forward_jump, posterior_weights
from course_utils.gates import MANY, check_images, check_whole
from course_utils.randomness import standard_normal
from course_utils.schedules import Schedule

LEVELS, HALF = 256, 1 / 255  # grey levels, and half the way from one to the next, in [-1, 1]


class Bits(NamedTuple):
    """Bits per pixel of each image, term by term: the prior's, the steps', the decoder's, (n,) each.

    每幅图像每像素的比特数，分三项：先验、各步、解码。
    """

    prior: Tensor
    steps: Tensor
    decoder: Tensor

    @property
    def total(self) -> Estimate:
        """The mean over the images of the sum, and its standard error. 三项之和对图像的平均，及其标准误差。"""
        every = self.prior + self.steps + self.decoder
        return Estimate(float(every.mean()), float(every.std() / len(every) ** 0.5))


# What `evaluation.py bits` prints: 2000 test images, ten times each; (prior, steps, decoder), then the total.
STORED: dict[str, tuple[tuple[float, float, float], Estimate]] = {
    "posterior, clipped": ((0.0000, 1.8664, 1.5680), Estimate(3.434, 0.020)),
    "beta, clipped": ((0.0000, 1.8722, 1.5422), Estimate(3.414, 0.017)),
    "posterior, as it is": ((0.0000, 1.8984, 1.5347), Estimate(3.433, 0.020)),
    "beta, as it is": ((0.0000, 1.8956, 1.5112), Estimate(3.407, 0.017)),
}
CHEAP: dict[str, Estimate] = {
    "8 bits": Estimate(8.000, 0.000),
    "Gaussian per pixel": Estimate(5.192, 0.022),
    "counts per pixel": Estimate(4.568, 0.025),
    "zlib": Estimate(4.644, 0.026),
}


def bits_of(
    schedule: Schedule,
    denoiser: Denoiser,
    x0: Tensor,
    *,
    posterior: bool = True,
    times: int = 10,
    generator: torch.Generator | None = None,
) -> Bits:
    """The bound on the bits that each image needs, reverse steps of the posterior's variance, or of beta.

    每幅图像所需比特数的上界；反向步的方差取后验方差，或取 beta。

    The sum over t = 2..T is estimated: T is cut into `times` stretches, equally long in log t, as the terms fall like
    1/t; each image is noised to one t of each, drawn evenly, and its term counts for all of the stretch. The decoder's
    variance at t = 1, where the posterior's is 0, is that of t = 2, or beta.

    Shapes: x0 (n, ...) in [-1, 1], of 256 levels.
    Raises: CourseError for what is no image.  Paper: Ho et al. 2020, eqs. (5) and (13), and table 1.
    """
    check_images(x0)
    variances = (schedule.posterior_variance[2:], schedule.posterior_variance[2])
    if not posterior:
        variances = (schedule.beta[2:], schedule.beta[1])
    of_x0, _, exact = posterior_weights(schedule, torch.arange(2, schedule.T + 1), torch.arange(1, schedule.T))
    weight = of_x0**2 / (2 * variances[0])
    constant = (variances[0] / exact).log() / 2 - 0.5 + exact / (2 * variances[0])
    steps = torch.zeros(len(x0), dtype=torch.float64)
    for low, high in stretches(schedule.T, times):
        t = torch.randint(low, high, (len(x0),), generator=generator)
        off = (_guess(schedule, denoiser, x0, t, generator) - x0).double().square().flatten(1).mean(1)
        steps += (high - low) * (weight[t - 2] * off + constant[t - 2])
    ones = torch.ones(len(x0), dtype=torch.long)
    decoded = level_bits(x0, _guess(schedule, denoiser, x0, ones, generator), float(variances[1]) ** 0.5)
    return Bits(prior_bits(schedule, x0), steps / math.log(2), decoded)


def _guess(schedule: Schedule, denoiser: Denoiser, x0: Tensor, t: Tensor, generator) -> Tensor:
    return denoiser(forward_jump(schedule, x0, t, standard_normal(x0, generator)).xt, t)


def stretches(T: int, times: int) -> list[tuple[int, int]]:
    """2..T cut into at most so many stretches [low, high), equally long in log t where whole numbers allow.

    把 2..T 切成至多这么多段 [low, high)，在整数允许之处按 log t 等长。
    """
    check_whole("times", times, 1, MANY)
    ends = [round(2 * ((T + 1) / 2) ** (k / times)) for k in range(times + 1)]
    ends = sorted({min(max(end, 2 + k), T + 1) for k, end in enumerate(ends)})
    return list(zip(ends[:-1], ends[1:], strict=True))


def level_bits(x0: Tensor, mean: Tensor, std: float | Tensor) -> Tensor:
    """Bits per pixel of the levels of x0 under a Gaussian, the outermost levels with all that lies beyond: (n,).

    在高斯分布之下，x0 的灰度级每像素需要的比特数；最外两级包括其外的全部。

    Shapes: x0 and mean alike, std a number or like them.  Paper: Ho et al. 2020, eq. (13).
    """
    bell, x0 = torch.distributions.Normal(mean.double(), std), x0.double()
    above = torch.where(x0 > 1 - HALF, 1.0, bell.cdf(x0 + HALF))
    below = torch.where(x0 < HALF - 1, 0.0, bell.cdf(x0 - HALF))
    return -(above - below).clamp(min=1e-12).log2().flatten(1).mean(1)


def prior_bits(schedule: Schedule, x0: Tensor) -> Tensor:
    """How far x_T is from N(0, I), in bits per pixel: (n,). x_T 与 N(0, I) 相差多少，以每像素的比特数计。"""
    kept, left = schedule.alpha_bar[-1], 1 - schedule.alpha_bar[-1]
    nats = (kept * x0.double().square() + left - 1 - left.log()) / 2
    return nats.flatten(1).mean(1) / math.log(2)


def bell_per_pixel(training: Tensor, x0: Tensor) -> Tensor:
    """Bits per pixel when each place has a Gaussian of its own, as the training images have it. 每处一个高斯分布。"""
    return level_bits(x0, training.mean(0).expand_as(x0), training.double().std(0).clamp(min=HALF))


def counts_per_pixel(training: Tensor, x0: Tensor) -> Tensor:
    """Bits per pixel when each place counts its own levels, each once more than seen. 每处各数灰度级，次数都加一。"""
    seen, asked = (((x + 1) / (2 * HALF)).round().long().flatten(1) for x in (training, x0))
    table = torch.ones(LEVELS, seen.shape[1], dtype=torch.float64)
    table.scatter_add_(0, seen, torch.ones(seen.shape, dtype=torch.float64))
    return -(table / table.sum(0)).log2().gather(0, asked).mean(1)


def packed(compress: Callable[[bytes], bytes] = lambda raw: zlib.compress(raw, 9)) -> Callable[[Tensor], Tensor]:
    """Bits per pixel that a program for packing files needs, image by image. 压缩程序逐幅打包所需的比特数。"""

    def of(x0: Tensor) -> Tensor:
        raw = ((x0 + 1) / (2 * HALF)).round().byte().flatten(1)
        return torch.tensor([8 * len(compress(bytes(row.tolist()))) / len(row) for row in raw], dtype=torch.float64)

    return of
