"""How far samples are from the truth.

样本离真值有多远。
"""

import torch
from torch import Tensor

from course_utils.language import CourseError


def energy_distance(a: Tensor, b: Tensor) -> float:
    """The energy distance between two clouds: 2 E|A - B| - E|A - A'| - E|B - B'|, each a mean over all pairs.

    两团点之间的能量距离：2 E|A - B| - E|A - A'| - E|B - B'|，每项都是对全部点对的平均。

    It is 0 only between equal distributions. This is the V-statistic (a point is paired with itself, too): never below
    0, and 0 for a cloud and itself. So two clouds drawn from the same distribution are apart by a little, about
    E|A - A'| (1/n + 1/m): compare with that floor.

    Shapes: a (n, ...), b (m, ...), samples of the same shape.  Raises: CourseError for empty clouds or other shapes.
    Paper: Székely & Rizzo 2013.
    """
    if not len(a) or not len(b) or a.shape[1:] != b.shape[1:]:
        raise CourseError(
            f"The clouds have shapes {tuple(a.shape)} and {tuple(b.shape)}. Neither may be empty, and their samples "
            "must have the same shape: (n, 2) and (m, 2) in the plane.",
            f"两团点的形状是 {tuple(a.shape)} 与 {tuple(b.shape)}。两者都不能为空，且样本形状应当相同："
            "平面上是 (n, 2) 与 (m, 2)。",
        )
    a, b = (cloud.detach().cpu().double().flatten(1) for cloud in (a, b))
    between, within_a, within_b = (torch.cdist(*pair).mean() for pair in ((a, b), (a, a), (b, b)))
    return max(0.0, float(2 * between - within_a - within_b))


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """The Fréchet distance between two clouds of features, each replaced by the Gaussian of its mean and covariance.

    两团特征之间的 Fréchet 距离：每一团先换成均值与协方差相同的高斯分布。

    |mean_a - mean_b|^2 + tr(A) + tr(B) - 2 tr((A B)^(1/2)).  It is 0 for equal means and covariances, whatever else
    differs. From few samples it comes out too large, by about a constant over n: compare at equal n, and with what two
    sets of real images are apart. With InceptionV3's features it is known as FID.

    Shapes: a (n, d), b (m, d), n and m at least 2.  Raises: CourseError for other shapes.
    Papers: Dowson & Landau 1982, eq. (1); Heusel et al. 2017, section 2; bias, Chong & Forsyth 2020.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise CourseError(
            f"The features have shapes {tuple(a.shape)} and {tuple(b.shape)}. Give (n, d) and (m, d) with the same d "
            "and at least 2 rows each, such as classifier.features(images).",
            f"特征的形状是 {tuple(a.shape)} 与 {tuple(b.shape)}。请给 (n, d) 与 (m, d)，d 相同，各至少 2 行，"
            "例如 classifier.features(images)。",
        )
    a, b = (features.detach().cpu().double() for features in (a, b))
    root = _square_root(torch.cov(a.T).reshape(a.shape[1], -1))
    cov_b = torch.cov(b.T).reshape(b.shape[1], -1)
    shared = torch.linalg.eigvalsh(root @ cov_b @ root).clamp(min=0).sqrt().sum()  # tr((A B)^(1/2))
    apart = (a.mean(0) - b.mean(0)).square().sum()
    return max(0.0, float(apart + (root @ root).trace() + cov_b.trace() - 2 * shared))


def _square_root(covariance: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(covariance)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T
