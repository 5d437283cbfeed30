"""Numbers with their errors, and what takes chance out of them: strata, a line in 1/n, the bootstrap.

带误差的数，以及怎样从中去掉偶然：分层、对 1/n 的直线、自助法。
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course_utils.gates import (
    check_callable,
    check_kind,
    check_labels,
    check_number,
    check_numbers,
    check_samples,
    check_whole,
    check_wholes,
)
from course_utils.language import CourseError
from course_utils.metrics import Moments, moments
from course_utils.randomness import seeded

Cloud = Tensor | tuple[Tensor, ...]


class Estimate(NamedTuple):
    """A number that was measured, and its one standard error. 量出的一个数，以及它的一个标准误差。"""

    value: float
    error: float


def stratified(features: Tensor, labels: Tensor, shares: Tensor | None = None) -> Moments:
    """The moments of a mixture of classes whose shares are known and not left to chance; equal shares by default.

    各类占比已知、不由偶然决定时，整个混合分布的矩；占比默认相等。

    With mean mu_c and covariance S_c of the n_c features of class c, and its share w_c: mu = sum w_c mu_c and
    sum w_c (S_c + (mu_c - mu)(mu_c - mu)^T), less what chance alone adds to it, as the mu_c are those of samples:
    sum w_c (1 - w_c) S_c / n_c. So both are right on average, for any n_c and any w_c.

    Shapes: features (n, d), labels (n,), at least two of each class; shares: one for each class that occurs, in the
    order of the labels, sum 1 -> mean (d,) and covariance (d, d), float64.
    Raises: CourseError for other shapes, a class with a single member, or shares that are none.
    Paper: Cochran 1977, Sampling Techniques, chapter 5.
    """
    moments(features)  # it refuses what is no table of features
    classes, of = check_labels(labels, len(features)).to(features.device).unique(return_inverse=True)
    n = of.bincount()
    if int(n.min()) < 2:
        alone = int(classes[n.argmin()])
        raise CourseError(
            f"Of class {alone} there is a single sample, which has no covariance. Give at least two of each class.",
            f"第 {alone} 类只有单独一个样本，算不出协方差。每一类至少要有两个。",
        )
    w = _checked_shares(shares, len(classes))
    means, covariances = map(torch.stack, zip(*(moments(features[of == c]) for c in range(len(classes))), strict=True))
    apart = means - w @ means
    inner = w * (1 - (1 - w) / n.cpu())
    return Moments(w @ means, torch.einsum("c,cij->ij", inner, covariances) + apart.T @ (w[:, None] * apart))


def _checked_shares(shares: Any, k: int) -> Tensor:
    """One share for each of k classes, none below 0, sum 1; equal ones where none are given."""
    if shares is None:
        return torch.full((k,), 1 / k, dtype=torch.float64)
    shares = check_samples("shares", shares).detach().cpu().double()
    if shares.shape != (k,) or bool((shares < 0).any()) or abs(float(shares.sum()) - 1) > 1e-6:
        given = f"{shares.tolist()!s:.120}"
        raise CourseError(
            f"shares is {given}. There are {k} classes among the labels: give one share for each, none below 0, in the "
            "order of the labels, with the sum 1.",
            f"shares 为 {given}。标签中有 {k} 类：请按标签的次序，每类给一个不小于 0 的占比，总和为 1。",
        )
    return shares


def extrapolated(sizes: Sequence[int], distances: Sequence[float]) -> Estimate:
    """Where distances would be without end of samples: the line a + b/n through them by least squares, at 1/n = 0.

    样本多到没有尽头时，距离是多少：用最小二乘配直线 a + b/n，取 1/n = 0 处的值。

    The error is the line's own, from how far the points scatter about it, each counted as much as any other. Distances
    of few samples scatter most: give for each n the mean over as many disjoint sets as there are. Below n of about the
    number of features the line bends, and its end comes out too low.

    Args: sizes: n of each distance, at least two different ones; distances: as many, at least three.
    Raises: CourseError otherwise: two points always lie on a line, and tell nothing of its error.
    Paper: Chong & Forsyth 2020, section 3.
    """
    sizes, distances = check_wholes("sizes", sizes, 1), check_numbers("distances", distances)
    if len(sizes) != len(distances) or len(sizes) < 3 or len(set(sizes)) < 2:
        raise CourseError(
            f"There are {len(sizes)} sizes, {len(set(sizes))} of them different, and {len(distances)} distances. Give "
            "one size for each distance, at least 3 of both, and at least 2 different sizes.",
            f"sizes 有 {len(sizes)} 个，其中不同的有 {len(set(sizes))} 个；distances 有 {len(distances)} 个。"
            "请给同样多的两列，至少 3 个，其中至少有 2 个不同的 n。",
        )
    x, y = 1 / torch.tensor(sizes, dtype=torch.float64), torch.tensor(distances, dtype=torch.float64)
    apart = x - x.mean()
    slope = (apart * y).sum() / apart.square().sum()
    left = y - y.mean() - slope * apart
    variance = left.square().sum() / (len(x) - 2) * (1 / len(x) + x.mean().square() / apart.square().sum())
    return Estimate(float(y.mean() - slope * x.mean()), float(variance.sqrt()))


def bootstrapped(measure: Callable[..., float], *clouds: Cloud, draws: int = 200, seed: int = 0) -> float:
    """One standard error of measure(*clouds): how much it moves when the samples are drawn again, with replacement.

    measure(*clouds) 的一个标准误差：把样本有放回地重抽，看它变动多少。

    A cloud is a tensor of n samples, or a tuple of tensors that share their rows, such as (features, labels) or
    (features, probabilities, labels): their rows stay together, and where the last one holds whole numbers, as many are
    drawn of each label as there were. `measure` is given each cloud as it came, a tensor or a tuple with its names;
    what is not to be drawn again, such as the moments of a reference, it holds itself. Samples that are drawn twice are
    nobody's error, but they are each other's nearest: of a measure by neighbours or kernels only the spread is of use,
    not the mean.

    Raises: CourseError for a cloud that is none, such as moments, parts of other lengths, a single sample, in all or of
    a label, fewer than 2 draws or more than 100,000, or a measure that answers with no number.
    Paper: Efron 1979.
    """
    check_callable("measure", measure, "frechet_distance")
    found = [measure(*again) for again in drawn_again(*clouds, draws=draws, generator=seeded(seed))]
    answer = "What measure answers with", "measure 的回答"
    return float(torch.tensor([check_number(answer, value) for value in found], dtype=torch.float64).std())


def drawn_again(*clouds: Cloud, draws: int, generator: torch.Generator) -> Iterator[list[Cloud]]:
    """Clouds drawn again with replacement, `draws` times, as `bootstrapped` measures them: for several numbers at once.

    把几团样本有放回地重抽 `draws` 次，与 `bootstrapped` 所量的相同：一次要量几个数时用。

    Raises: CourseError as `bootstrapped` does, when the first are asked for.
    """
    draws = check_whole("draws", draws, 2, 100_000)
    check_kind("generator", generator, torch.Generator, "seeded(0)")
    ways = [_strata(cloud) for cloud in clouds]
    if not clouds:
        raise CourseError(
            "There is no cloud to draw again. Give at least one, bootstrapped(measure, features).",
            "没有可以重抽的样本。请至少给一团：bootstrapped(measure, features)。",
        )

    for _ in range(draws):
        yield [_again(cloud, strata, generator) for cloud, strata in zip(clouds, ways, strict=True)]


def _again(cloud: Cloud, strata: list[Tensor], generator: torch.Generator) -> Cloud:
    rows = torch.cat([of[torch.randint(len(of), of.shape, generator=generator)] for of in strata])
    if isinstance(cloud, Tensor):
        return cloud[rows]
    return getattr(cloud, "_make", tuple)(part[rows] for part in cloud)  # a named tuple keeps its names


def _strata(cloud: Any) -> list[Tensor]:
    """The rows of a cloud that are drawn from one another: all of them, or those of each label."""
    parts = cloud if isinstance(cloud, tuple) else (cloud,)
    if (
        isinstance(cloud, Moments)
        or not parts
        or not all(isinstance(part, Tensor) and part.ndim and len(part) for part in parts)
    ):
        raise CourseError(
            f"A cloud is {type(cloud).__name__}. Give a tensor of samples, or a tuple of tensors that share their "
            "rows, (features, labels).",
            f"有一团样本是 {type(cloud).__name__}。请给由样本组成的张量，或行数相同的几个张量组成的元组："
            "(features, labels)。",
        )
    if len(set(map(len, parts))) > 1:
        lengths = ", ".join(str(len(part)) for part in parts)
        raise CourseError(
            f"The parts of a cloud have {lengths} rows. Row by row they must belong together.",
            f"一团样本的各部分行数是 {lengths}。各部分必须逐行对应。",
        )
    labels, strata = parts[-1], [torch.arange(len(parts[-1]))]
    if len(parts) > 1 and not labels.is_floating_point():
        strata = [(labels == label).nonzero()[:, 0] for label in check_labels(labels, len(labels)).unique()]
    if min(map(len, strata)) < 2:
        of_en, of_zh = (" of some label", "某个标签") if len(parts) > 1 else ("", "有一团")
        raise CourseError(
            f"There is a single sample{of_en}, which can be drawn again in one way only: that would say the error 0. "
            "Give at least 2, of each label where there are labels.",
            f"{of_zh}只有一个样本，重抽也只有一种结果，误差会算成 0。至少要有 2 个样本；有标签时，每个标签都要这么多。",
        )
    return strata
