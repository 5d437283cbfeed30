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
