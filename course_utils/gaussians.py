"""Mixtures of Gaussians of any covariance, and their exact posterior given a measurement: what completion should find.

任意协方差的高斯混合分布，以及给定测量之后的精确后验：修补本应得到的答案。

A linear measurement y = A x_0 + std n leaves a mixture a mixture, so its exact denoiser is known, too.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from course_utils.forward import eps_from_score, per_sample
from course_utils.gates import (
    MANY,
    check_kind,
    check_mask,
    check_measurement,
    check_number,
    check_samples,
    check_whole,
)
from course_utils.language import CourseError
from course_utils.randomness import standard_normal
from course_utils.schedules import Schedule, check_schedule

Axes = tuple[Tensor, Tensor]  # variances (k, d) and directions (k, d, d) of each component's ellipse
SMALL = 1e-12  # a variance below this share of the largest is 0 but for rounding


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """The exact denoiser of a mixture of Gaussians of any covariance, one Gaussian among them.

    任意协方差的高斯混合分布的精确去噪器；单个高斯也是其中之一。

    Component k at time t is N(signal mean_k, alpha_bar_t C_k + (1 - alpha_bar_t) I), computed along the axes of C_k.
    Float64 on the CPU, returned like x_t.

    Shapes: means (k, d), covariances (k, d, d), weights (k,); called with xt (b, d) and t int or (b,) from 1 to T.
    """

    schedule: Schedule
    means: Tensor
    covariances: Tensor
    weights: Tensor

    def __call__(self, xt: Tensor, t: int | Tensor) -> Tensor:
        """The best guess of x_0, E[x_0 | x_t]. 对 x_0 的最优猜测 E[x_0 | x_t]。"""
        along, variance, signal = self._noised(xt, t)
        (variances, axes), share = self._axes, self._log_joint(along, variance).softmax(1)
        guesses = self.means + torch.einsum("kde,bke->bkd", axes, signal * variances * along / variance)
        return (share[..., None] * guesses).sum(1).to(xt)

    def score(self, xt: Tensor, t: int | Tensor) -> Tensor:
        """The gradient of log q(x_t). log q(x_t) 的梯度。"""
        along, variance, _ = self._noised(xt, t)
        share = self._log_joint(along, variance).softmax(1)
        return -torch.einsum("bk,kde,bke->bd", share, self._axes[1], along / variance).to(xt)

    def eps(self, xt: Tensor, t: int | Tensor) -> Tensor:
        """The best prediction of eps, E[eps | x_t]. 对噪声的最优预测 E[eps | x_t]。"""
        return eps_from_score(self.schedule, xt, t, self.score(xt, t))

    def log_density(self, xt: Tensor, t: int | Tensor) -> Tensor:
        """log q(x_t) in nats, float64, shape (b,). 以奈特计的 log q(x_t)。"""
        return self._log_joint(*self._noised(xt, t)[:2]).logsumexp(1)

    def mean(self) -> Tensor:
        """The mean of x_0, (d,). x_0 的均值。"""
        return self.weights @ self.means

    def covariance(self) -> Tensor:
        """The covariance of x_0, (d, d). x_0 的协方差。"""
        away = self.means - self.mean()
        return torch.einsum("k,kde->de", self.weights, self.covariances + away[:, :, None] * away[:, None])

    def draw(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw n samples of x_0, float64, (n, d). 抽取 n 个 x_0。"""
        if generator is not None:
            check_kind("generator", generator, torch.Generator, "randomness.seeded(0)")
        most = max(1, 10 * MANY // self.means[0].numel())
        which = torch.multinomial(self.weights, check_whole("n", n, 1, most), replacement=True, generator=generator)
        variances, axes = self._axes
        steps = variances[which].sqrt() * standard_normal(self.means[which], generator)
        return self.means[which] + torch.einsum("nde,ne->nd", axes[which], steps)

    def given(self, measure: Tensor, y: Tensor, *, std: float = 0.0) -> "GaussianMixture":
        """The exact posterior of x_0 given y = A x_0 + std n, n from N(0, I): again a mixture, and a denoiser.

        给定 y = A x_0 + std n（n 取自 N(0, I)）后 x_0 的精确后验：仍是混合分布，也仍是去噪器。

        Each component is moved by its gain, C A^T (A C A^T + std^2 I)^-1, and weighed by how likely it makes y.
        Shapes: measure A (m, d), y (m,).
        Raises: CourseError for other shapes, or an exact measurement of what does not vary at all.
        Paper: Bishop 2006, section 2.3.3, eqs. (2.113) to (2.117).
        """
        a, y = self._measurement(measure, y)
        spread = a @ self.covariances @ a.T + check_number("std", std, 0) ** 2 * torch.eye(len(a), dtype=torch.float64)
        root, failed = torch.linalg.cholesky_ex(spread)
        if bool(failed.any()):
            raise CourseError(
                f"y has {len(a)} numbers and std {std:g}; it measures what does not vary, or a thing twice, and so "
                "fits exactly or not at all. Give it noise: std=0.1.",
                f"y 有 {len(a)} 个数，std 为 {std:g}；所测的量毫不变化，或同一个量测了两遍，"
                "因此要么恰好相符，要么全不相符。请给它一点噪声：std=0.1。",
            )
        gain = torch.cholesky_solve(a @ self.covariances, root).mT  # (k, d, m)
        wrong = y - self.means @ a.T  # (k, m)
        whitened = torch.linalg.solve_triangular(root, wrong[..., None], upper=False)[..., 0]
        log_fit = -whitened.square().sum(1) / 2 - root.diagonal(dim1=1, dim2=2).log().sum(1)
        left = self.covariances - gain @ a @ self.covariances
        means = self.means + torch.einsum("kdm,km->kd", gain, wrong)
        return GaussianMixture(self.schedule, means, (left + left.mT) / 2, (self.weights.log() + log_fit).softmax(0))

    @cached_property
    def _axes(self) -> Axes:
        variances, axes = torch.linalg.eigh(self.covariances)
        return variances.clamp(min=0), axes

    def _noised(self, xt: Tensor, t: int | Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """How far x_t is from each mean along each axis, (b, k, d), its variances there, and the signal, (b, 1, 1)."""
        t, d = self.schedule.check_time(t, first=1), self.means.shape[1]
        if check_samples("x_t", xt).shape[1:] != (d,):
            raise CourseError(
                f"x_t has shape {tuple(xt.shape)}; the samples of this mixture are {d} numbers each. Give (b, {d}).",
                f"x_t 的形状是 {tuple(xt.shape)}；这个混合分布的样本各有 {d} 个数。请给 (b, {d})。",
            )
        variances, axes = self._axes
        x = xt.to("cpu", torch.float64)
        alpha_bar = per_sample(self.schedule.alpha_bar[t], x).expand(len(x), 1)[..., None]
        away = x[:, None] - alpha_bar.sqrt() * self.means
        variance = alpha_bar * variances + 1 - alpha_bar
        return torch.einsum("kde,bkd->bke", axes, away), variance, alpha_bar.sqrt()

    def _log_joint(self, along: Tensor, variance: Tensor) -> Tensor:
        bells = (along.square() / variance + (2 * math.pi * variance).log()).sum(2)
        return self.weights.log() - bells / 2  # (b, k)

    def _measurement(self, measure: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        a, y = check_samples("measure", measure), check_samples("y", y)
        check_measurement(a, y, self.means)
        return a.to("cpu", torch.float64), y.to("cpu", torch.float64)


def gaussian_mixture(
    schedule: Schedule, means: Tensor, covariances: Tensor, weights: Tensor | None = None
) -> GaussianMixture:
    """The exact denoiser of a mixture of Gaussians with these covariances, equally weighted unless told.

    以这些协方差构成的高斯混合分布的精确去噪器；不给权重时各分量相等。

    Shapes: means (k, d), covariances (k, d, d), symmetric and with no negative variance, weights (k,) above 0.
    Raises: CourseError for anything else.
    """
    check_schedule(schedule)
    weights = torch.ones(len(check_samples("means", means))) if weights is None else weights
    named = (("means", means), ("covariances", covariances), ("weights", weights))
    means, covariances, weights = (check_samples(name, x).to("cpu", torch.float64) for name, x in named)
    k, d = means.shape if means.ndim == 2 else (0, 0)
    fit = covariances.shape == (k, d, d) and weights.shape == (k,) and bool((weights > 0).all())
    if not (fit and _are_covariances(covariances)):
        raise CourseError(
            f"The mixture has means {tuple(means.shape)}, covariances {tuple(covariances.shape)} and weights "
            f"{tuple(weights.shape)}. It needs means (k, d), k covariances (d, d), each symmetric and with no negative "
            "variance, and k weights above 0. One Gaussian: means [[0, 0]], covariances [[[1, 0.9], [0.9, 1]]].",
            f"混合的均值、协方差与权重的形状是 {tuple(means.shape)}、{tuple(covariances.shape)}、"
            f"{tuple(weights.shape)}。应当是均值 (k, d)，k 个协方差 (d, d)（对称、没有负的方差），"
            "以及 k 个大于 0 的权重。单个高斯：均值 [[0, 0]]，协方差 [[[1, 0.9], [0.9, 1]]]。",
        )
    return GaussianMixture(schedule, means, covariances, weights / weights.sum())


def coordinates(mask: Tensor) -> Tensor:
    """The measurement that reads some of the numbers of a sample: a row of the identity for each.

    只读出样本中某些数的测量：每个数对应单位矩阵的一行。

    Shapes: mask of bools, one sample's shape, d numbers in all -> (m, d), float32, m of them True.
    Raises: CourseError for a mask that is not of bools, or is True nowhere.
    """
    check_mask(mask, least=1)
    return torch.eye(mask.numel(), dtype=torch.float32)[mask.flatten()]


def _are_covariances(covariances: Tensor) -> bool:
    if not torch.allclose(covariances, covariances.mT, rtol=1e-6):
        return False
    variances = torch.linalg.eigvalsh(covariances)
    return bool((variances >= -SMALL * variances.abs().amax(1, keepdim=True)).all())
