"""How far samples are from the truth.

样本离真值有多远。
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.gates import check_finite, check_kind, check_samples
from course_utils.language import CourseError


def energy_distance(a: Tensor, b: Tensor) -> float:
    """The energy distance between two clouds: 2 E|A - B| - E|A - A'| - E|B - B'|, each a mean over all pairs.

    两团点之间的能量距离：2 E|A - B| - E|A - A'| - E|B - B'|，每项都是对全部点对的平均。

    It is 0 only between equal distributions. This is the V-statistic (a point is paired with itself, too): never below
    0, and 0 for a cloud and itself. So two clouds drawn from the same distribution are apart by a little, about
    E|A - A'| (1/n + 1/m): compare with that floor.

    Shapes: a (n, ...), b (m, ...), samples of the same shape.
    Raises: CourseError for empty clouds, other shapes, or nan and inf: what has diverged has no distance.
    Paper: Székely & Rizzo 2013.
    """
    return energy_distance_to(b)(a)


def energy_distance_to(b: Tensor) -> Callable[[Tensor], float]:
    """`energy_distance` to a cloud that others are compared with again and again: its own part is computed once.

    到同一团点的 `energy_distance`：要反复与它比较时，它自己的那一项只算一次。

    Shapes, Raises: as `energy_distance`; a is looked at when it is called, energy_distance_to(b)(a).
    """
    flat_b = _flat(check_samples(("The second cloud", "第二团点"), b))
    origin, within_b = flat_b.mean(0), _within(flat_b)

    def to_b(a: Tensor) -> float:
        check_samples(("The first cloud", "第一团点"), a)
        if a.ndim < 2 or a.shape[1:] != b.shape[1:]:
            raise CourseError(
                f"The clouds have shapes {tuple(a.shape)} and {tuple(b.shape)}. Neither may be empty, and their "
                "samples must have the same shape: (n, 2) and (m, 2) in the plane.",
                f"两团点的形状是 {tuple(a.shape)} 与 {tuple(b.shape)}。两者都不能为空，且样本形状应当相同："
                "平面上是 (n, 2) 与 (m, 2)。",
            )
        flat_a = _flat(a)
        between = torch.cdist(flat_a - origin, flat_b - origin).mean()
        return _distance(2 * between - _within(flat_a) - within_b)

    return to_b


class Moments(NamedTuple):
    """Mean and covariance of a cloud of features. 一团特征的均值与协方差。"""

    mean: Tensor
    covariance: Tensor


def moments(features: Tensor) -> Moments:
    """What the Fréchet distance keeps of a cloud of features: enough to compare with it later, without the images.

    Fréchet 距离只用到一团特征的这两样：存下它们，以后没有图像也能比较。

    Shapes: features (n, d), n at least 2 -> mean (d,) and covariance (d, d), float64.
    Raises: CourseError for another shape, nan or inf.
    """
    if not isinstance(features, Tensor) or features.ndim != 2 or len(features) < 2:
        shape = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
        raise CourseError(
            f"The features have shape {shape}. Give (n, d) with at least 2 rows, such as classifier.features(images).",
            f"特征的形状是 {shape}。请给 (n, d)，至少 2 行，例如 classifier.features(images)。",
        )
    features = check_samples("features", features).detach().cpu().double()
    covariance = check_finite("covariance", torch.cov(features.T)).reshape(features.shape[1], -1)
    return Moments(features.mean(0), covariance)


def frechet_distance(a: Tensor | Moments, b: Tensor | Moments) -> float:
    """The Fréchet distance between two clouds of features, each replaced by the Gaussian of its mean and covariance.

    两团特征之间的 Fréchet 距离：每一团先换成均值与协方差相同的高斯分布。

    |mean_a - mean_b|^2 + tr(A) + tr(B) - 2 tr((A B)^(1/2)).  It is 0 for equal means and covariances, whatever else
    differs. From few samples it comes out too large, by about a constant over n, and the constant depends on the model:
    compare at equal n, which is necessary and not sufficient, and with what two sets of real images are apart. With
    InceptionV3's features it is known as FID.

    Shapes: a (n, d), b (m, d), n and m at least 2, or the `moments` of such clouds.
    Raises: CourseError for other shapes, nan or inf: what has diverged has no distance.
    Papers: Dowson & Landau 1982; Heusel et al. 2017, eq. (6); bias, Chong & Forsyth 2020, who extrapolate to n without
    end.
    """
    a, b = _as_moments(a), _as_moments(b)
    if a.mean.shape != b.mean.shape:
        raise CourseError(
            f"The clouds have {len(a.mean)} and {len(b.mean)} features. Take both from the same network.",
            f"两团特征各有 {len(a.mean)} 与 {len(b.mean)} 个分量。请用同一个网络提取。",
        )
    root = _square_root(a.covariance)
    shared = torch.linalg.eigvalsh(root @ b.covariance @ root).clamp(min=0).sqrt().sum()  # tr((A B)^(1/2))
    apart = (a.mean - b.mean).square().sum()
    return _distance(apart + a.covariance.trace() + b.covariance.trace() - 2 * shared)


def _as_moments(cloud: Tensor | Moments) -> Moments:
    """The moments of a cloud, in float64; those that are given must be some: no variance is below 0."""
    mean, covariance = (
        check_finite(name, check_kind(name, x, Tensor, "moments(features).mean")).detach().cpu().double()
        for name, x in (cloud if isinstance(cloud, Moments) else moments(cloud))._asdict().items()
    )
    fits = mean.ndim == 1 and covariance.shape == 2 * mean.shape and len(mean)
    if not fits or not torch.allclose(covariance, covariance.T) or bool((covariance.diagonal() < 0).any()):
        raise CourseError(
            f"The moments are a mean {tuple(mean.shape)} and a covariance {tuple(covariance.shape)}. Give (d,) and a "
            "symmetric (d, d) without variances below 0, such as moments(features).",
            f"给的矩是均值 {tuple(mean.shape)} 与协方差 {tuple(covariance.shape)}。应当是 (d,) 与对称的 (d, d)，"
            "其中没有小于 0 的方差，例如 moments(features)。",
        )
    return Moments(mean, covariance)


def _square_root(covariance: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(covariance)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T


def _flat(cloud: Tensor) -> Tensor:
    return cloud.detach().cpu().double().reshape(len(cloud), -1)


def _within(cloud: Tensor) -> Tensor:
    """E|A - A'| over all pairs, seen from the mean: far from 0 the squares that cdist subtracts lose their digits."""
    about = cloud - cloud.mean(0)
    return torch.cdist(about, about).mean()


def _distance(value: Tensor) -> float:
    """A distance, a little below 0 by rounding or not; max() alone would make 0, the best there is, of nan."""
    return max(0.0, float(check_finite(("The distance", "距离"), value)))
