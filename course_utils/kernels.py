"""The kernel distance: how far apart two clouds of features are, without replacing them by Gaussians.

核距离：两团特征相距多远，不必先换成高斯分布。
"""

from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.estimates import Estimate
from course_utils.gates.clouds import check_clouds

ROWS = 1000  # at a time


def kernel_distance(a: Tensor, b: Tensor) -> Estimate:
    """The squared maximum mean discrepancy of two clouds, with the kernel (a·b/d + 1)^3: unbiased, with its error.

    两团特征的最大均值差异的平方，核为 (a·b/d + 1)^3：无偏，并附标准误差。

    E k(A, A') + E k(B, B') - 2 E k(A, B), each a mean over pairs of different samples. So few samples make it vague and
    not large: between equal distributions it is 0 on average, and below 0 half of the time. It sees means, covariances
    and third moments, and no more. With InceptionV3's features it is known as KID.

    The error is that of its own estimate: what each sample does alone, and what pairs do beyond that, which is all that
    is left between equal distributions.

    Shapes: a (n, d), b (m, d), n and m at least 2; images are flattened.
    Raises: CourseError for other shapes, nan or inf.
    Papers: Gretton et al. 2012, eq. (3); Bińkowski et al. 2018, section 3 and appendix D, which takes the spread over
    blocks for the error.
    """
    a, b = check_clouds(2, a=a, b=b)
    within_a, within_b, between = _paired(a, a), _paired(b, b), _paired(a, b)
    n, m = len(a), len(b)
    alone_a = (within_a.rows - between.rows).var() - within_a.beyond / (n - 1) - between.beyond / m
    alone_b = (within_b.rows - between.columns).var() - within_b.beyond / (m - 1) - between.beyond / n
    alone = (4 * alone_a / n + 4 * alone_b / m).clamp(min=0)
    pairs = 2 * within_a.beyond / (n * (n - 1)) + 2 * within_b.beyond / (m * (m - 1)) + 4 * between.beyond / (n * m)
    value = within_a.rows.mean() + within_b.rows.mean() - 2 * between.rows.mean()
    return Estimate(float(value), float((alone + pairs).sqrt()))


class _Paired(NamedTuple):
    """Kernels of all pairs: each sample's mean, in either cloud, and the variance beyond what these means explain."""

    rows: Tensor  # (n,)
    columns: Tensor  # (m,)
    beyond: Tensor


def _paired(a: Tensor, b: Tensor) -> _Paired:
    """A cloud beside itself: no sample is paired with itself."""
    itself, rows, columns, squares = a is b, [], torch.zeros(len(b), dtype=a.dtype), torch.zeros((), dtype=a.dtype)
    for first, part in enumerate(a.split(ROWS)):
        kernel = (part @ b.T / a.shape[1] + 1) ** 3
        if itself:
            kernel.diagonal(first * ROWS).zero_()
        rows.append(kernel.sum(1))
        columns += kernel.sum(0)
        squares += kernel.square().sum()
    by_row, by_column = torch.cat(rows) / (len(b) - itself), columns / (len(a) - itself)
    beyond = squares / (len(a) * (len(b) - itself)) + by_row.mean().square()
    beyond -= by_row.square().mean() + by_column.square().mean()
    return _Paired(by_row, by_column, beyond.clamp(min=0))
