"""The exact denoiser: for a Gaussian mixture or a finite data set the best guess of x_0 is known at every t.

精确去噪器：对高斯混合或有限数据集，每个 t 处对 x_0 的最优猜测都能写出来。
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.forward import eps_from_score, per_sample
from course_utils.gates import MANY, check_kind, check_labels, check_samples, check_whole
from course_utils.gates.saying import has_values
from course_utils.language import CourseError
from course_utils.randomness import standard_normal
from course_utils.schedules import Schedule, check_schedule


@dataclass(frozen=True, eq=False)
class Oracle:
    """The exact denoiser of a mixture of isotropic Gaussians; with stds of 0, of a finite data set.

    各向同性高斯混合的精确去噪器；标准差取 0 时，就是有限数据集的精确去噪器。

    Noised to time t, component k is N(sqrt(alpha_bar_t) mean_k, alpha_bar_t std_k^2 + 1 - alpha_bar_t), so x_t is
    again a mixture and its score a softmax-weighted mean. Computed in float64 on the CPU, returned like x_t.

    Shapes: means (k, ...), stds and weights (k,); called with xt (b, ...) and t int or (b,) from 1 to T.
    Papers: Song et al. 2021 (score-based SDEs), section 2; Vincent 2011 (scores by denoising); Efron 2011 (Tweedie's
    formula, the posterior mean).
    """

    schedule: Schedule
    means: Tensor
    stds: Tensor
    weights: Tensor

    def __call__(self, xt: Tensor, t: int | Tensor) -> Tensor:
        """The best guess of x_0, E[x_0 | x_t]. 对 x_0 的最优猜测 E[x_0 | x_t]。"""
        x, signal, variance = self._noised(xt, t)
        share = self._log_joint(x, signal, variance).softmax(1) / variance  # (b, k)
        of_means = (1 - signal**2) * (share @ self.means.flatten(1))
        of_xt = signal * (share @ self.stds.square())[:, None] * x
        return (of_means + of_xt).reshape(xt.shape).to(xt)

    def eps(self, xt: Tensor, t: int | Tensor) -> Tensor:
        """The best prediction of eps, E[eps | x_t]. 对噪声的最优预测 E[eps | x_t]。"""
        return eps_from_score(self.schedule, xt, t, self.score(xt, t))

    def score(self, xt: Tensor, t: int | Tensor) -> Tensor:
        """The gradient of log q(x_t). log q(x_t) 的梯度。"""
        x, signal, variance = self._noised(xt, t)
        pull = self._log_joint(x, signal, variance).softmax(1) / variance  # (b, k)
        score = signal * (pull @ self.means.flatten(1)) - pull.sum(1, keepdim=True) * x
        return score.reshape(xt.shape).to(xt)

    def shares(self, xt: Tensor, t: int | Tensor) -> Tensor:
        """The probability that x_t came from each component, float64, (b, k). x_t 来自每个分量的概率。"""
        return self._log_joint(*self._noised(xt, t)).softmax(1)

    def draw(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw n samples of x_0 from the mixture itself, float64, (n, ...). 从混合分布抽取 n 个 x_0。"""
        if generator is not None:
            check_kind("generator", generator, torch.Generator, "randomness.seeded(0)")
        most = max(1, 10 * MANY // self.means[0].numel())
        which = torch.multinomial(self.weights, check_whole("n", n, 1, most), replacement=True, generator=generator)
        means = self.means[which]
        return means + per_sample(self.stds[which], means) * standard_normal(means, generator)

    def log_density(self, xt: Tensor, t: int | Tensor) -> Tensor:
        """log q(x_t) in nats, float64, shape (b,). 以奈特计的 log q(x_t)。"""
        return self._log_joint(*self._noised(xt, t)).logsumexp(1)

    def _noised(self, xt: Tensor, t: int | Tensor) -> tuple[Tensor, Tensor, Tensor]:
        t = self.schedule.check_time(t, first=1)
        check_samples("x_t", xt)
        if xt.shape[1:] != self.means.shape[1:]:
            raise CourseError(
                f"x_t has samples of shape {tuple(xt.shape[1:])}, the data {tuple(self.means.shape[1:])}. "
                "They must agree: give x_t one more dimension than a single sample, (b, ...).",
                f"x_t 中每个样本的形状是 {tuple(xt.shape[1:])}，数据的却是 {tuple(self.means.shape[1:])}。"
                "两者应当一致：x_t 比单个样本多一维，即 (b, ...)。",
            )
        x = xt.to("cpu", torch.float64).flatten(1)  # (b, d)
        alpha_bar = per_sample(self.schedule.alpha_bar[t], x).reshape(-1, 1)  # a single row where t is one for all
        return x, alpha_bar.sqrt(), alpha_bar * self.stds**2 + 1 - alpha_bar  # (b, d), (b or 1, 1), (b or 1, k)

    def _log_joint(self, x: Tensor, signal: Tensor, variance: Tensor) -> Tensor:
        means = self.means.flatten(1)  # (k, d)
        distance = x.square().sum(1, keepdim=True) - 2 * signal * (x @ means.T) + signal**2 * means.square().sum(1)
        d = x.shape[1]
        return self.weights.log() - distance / (2 * variance) - d / 2 * (2 * math.pi * variance).log()  # (b, k)


@dataclass(frozen=True, eq=False)
class Labelled:
    """Data with labels: the exact denoiser of them all, of each class, and the exact classifier at every t.

    带标签的数据：全体的精确去噪器、每一类的精确去噪器，以及每个 t 处的精确分类器。

    Shapes: labels (k,), one for each component of `unconditional`.
    """

    unconditional: Oracle
    labels: Tensor

    def conditional(self, label: int) -> Oracle:
        """The exact denoiser of one class, E[x_0 | x_t, y]. 某一类的精确去噪器 E[x_0 | x_t, y]。

        Raises: CourseError for a label that no component has.
        """
        whole, own = self.unconditional, self._own(label)
        weights = whole.weights[own]
        return Oracle(whole.schedule, whole.means[own], whole.stds[own], weights / weights.sum())

    def log_probability(self, label: int) -> Callable[[Tensor, int | Tensor], Tensor]:
        """log p(y | x_t) = log q(x_t | y) + log p(y) - log q(x_t), a function (x_t, t) -> (b,) that keeps gradients.

        由贝叶斯公式求 log p(y | x_t)：保留梯度的函数 (x_t, t) -> (b,)。

        Raises: CourseError for a label that no component has.
        """
        whole, part = self.unconditional, self.conditional(label)
        prior = whole.weights[self._own(label)].sum().log()
        return lambda xt, t: part.log_density(xt, t) + prior - whole.log_density(xt, t)

    def _own(self, label: int) -> Tensor:
        own = self.labels == check_whole("label", label, 0)
        if not bool(own.any()):
            known = sorted(set(self.labels.tolist()))
            raise CourseError(
                f"label is {label}, and no data have it. The labels are {known[:12]}.",
                f"label 为 {label}，没有哪个数据带这个标签。现有的标签：{known[:12]}。",
            )
        return own


def labelled(truth: Oracle, labels: Tensor) -> Labelled:
    """Give each component of a mixture, or each point of a finite set, a label.

    给混合的每个分量（或有限集的每个点）一个标签。

    Shapes: labels (k,), whole numbers from 0 on.
    Raises: CourseError for what is no `Oracle`, or labels that are not as many as its components.
    """
    check_kind("truth", truth, Oracle, "oracle.mixture(schedule, means, stds)")
    return Labelled(truth, check_labels(labels, len(truth.means)).cpu())


def mixture(schedule: Schedule, means: Tensor, stds: Tensor, weights: Tensor | None = None) -> Oracle:
    """The exact denoiser of a mixture of isotropic Gaussians, equally weighted unless told.

    各向同性高斯混合的精确去噪器；不给权重时各分量相等。

    Shapes: means (k, ...), stds (k,) of 0 or more, weights (k,) above 0 (scaled to sum to 1).
    Raises: CourseError for empty data, what is no number, bytes, or stds or weights of another length or sign.
    """
    check_schedule(schedule)
    means, stds = _numbers(means), _numbers(stds)
    weights = torch.ones(means.shape[:1], dtype=torch.float64) if weights is None else _numbers(weights)
    fit = means.numel() > 0 and means.ndim > 1 and stds.shape == weights.shape == (len(means),)
    finite_ = all(bool(a.isfinite().all()) for a in (means, stds, weights))
    if not (fit and finite_ and bool((stds >= 0).all() and (weights > 0).all())):
        raise CourseError(
            f"The mixture has means {tuple(means.shape)}, stds {tuple(stds.shape)}, weights {tuple(weights.shape)}. "
            "It needs at least one mean (k, ...), all finite, and k stds of 0 or more and k weights above 0.",
            f"混合的均值、标准差与权重的形状是 {tuple(means.shape)}、{tuple(stds.shape)}、{tuple(weights.shape)}。"
            "至少要有一个均值 (k, ...)，都是有限数，另有 k 个不小于 0 的标准差与 k 个大于 0 的权重。",
        )
    return Oracle(schedule, means, stds, weights / weights.sum())


def finite(schedule: Schedule, data: Tensor) -> Oracle:
    """The exact denoiser of a finite data set: a softmax over the data says where x_t came from.

    有限数据集的精确去噪器：对全部数据做一次 softmax，说出 x_t 从何而来。

    Shapes: data (n, ...).  Raises: CourseError for empty data, nan or inf, or bytes.
    """
    data = _numbers(data)
    return mixture(schedule, data, torch.zeros(data.shape[:1]))


def _numbers(given: Tensor) -> Tensor:
    """A list, an array or a tensor in float64 on the CPU; what is none, or of bytes, as nothing."""
    try:
        numbers = torch.as_tensor(given)
    except (TypeError, ValueError, RuntimeError):
        return torch.empty(0, dtype=torch.float64)
    if not has_values(numbers) or numbers.is_complex() or numbers.dtype in (torch.bool, torch.uint8):
        return torch.empty(0, dtype=torch.float64)
    return numbers.to("cpu", torch.float64)
