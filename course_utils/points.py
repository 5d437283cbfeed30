"""Sets of points in the plane, where everything can be seen and computed exactly. All lie within [-1, 1].

平面上的点集：一切都看得见，也都能精确计算。全部落在 [-1, 1] 之内。
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from course_utils.gates import MANY, check_number, check_whole, check_wholes
from course_utils.gates.saying import in_short
from course_utils.language import CourseError
from course_utils.randomness import seeded

MOST_STEPS, MOST_ALONG = 100_000, 1_000  # of a grain of iodine; points along a side of a lattice


def iodine(steps: Sequence[int], grains: int = 1500, seed: int = 0) -> list[Tensor]:
    """Grains of iodine in a glass of water: a drop N(0, 0.04^2) that spreads by random steps until it is even.

    一杯水中的碘：起初是一滴 N(0, 0.04^2)，走过若干随机步，最后散得处处均匀。

    Each grain moves by N(0, 0.04^2) a step and is reflected by the walls at -1 and 1.

    Returns: one (grains, 2) tensor per entry of `steps`.
    Raises: CourseError for steps that are no list of whole numbers of 0 or more, no grains, or too many for memory.
    """
    steps = check_wholes("steps", steps, 0, MOST_STEPS)
    so = f"All grains are kept for all {max(steps):,} steps.", f"每一粒的 {max(steps):,} 步都要存下来。"
    shape = max(steps) + 1, check_whole("grains", grains, 1, MANY // (max(steps) + 1), so=so), 2
    path = torch.randn(shape, generator=seeded(seed), dtype=torch.float32).mul(0.04).cumsum(0)
    folded = (path + 1) % 4
    path = 1 - (folded - 2).abs()
    return [path[n] for n in steps]


def circle(n: int = 8, radius: float = 0.8) -> Tensor:
    """n points evenly spaced on a circle, the first at the right.

    圆周上等距的 n 个点，第一个在最右边。

    Returns: (n, 2).  Raises: CourseError for n below 1 or a radius below 0.
    """
    n, radius = _counted(n), check_number("radius", radius, 0)
    angle = torch.arange(n, dtype=torch.float32) * 2 * math.pi / n
    return radius * torch.stack([angle.cos(), angle.sin()], 1)


def moons(n: int = 200) -> Tensor:
    """Two half moons, one reaching into the other, n points on both together.

    两弯互相嵌入的月牙，合计 n 个点。

    Returns: (n, 2).  Raises: CourseError for n below 1.
    """
    n = _counted(n)
    upper, lower = (torch.linspace(0, math.pi, k, dtype=torch.float32) for k in (n - n // 2, n // 2))
    x = torch.cat([upper.cos(), 1 - lower.cos()]) - 0.5
    y = torch.cat([upper.sin(), 0.5 - lower.sin()]) - 0.25
    return torch.stack([x, y], 1) * 0.6


def rings(n: int = 200) -> Tensor:
    """Two rings around one centre, n points on both together, as many as fit each ring's length.

    同心的两个圆环，合计 n 个点，环越长，点越多。

    Returns: (n, 2).  Raises: CourseError for n below 1.
    """
    n = _counted(n)
    inner = n // 3
    return torch.cat([circle(n - inner, 0.9), circle(inner, 0.4)]) if inner else circle(n, 0.9)


def spiral(n: int = 200) -> Tensor:
    """A spiral of one and a half turns, n points evenly spaced along it.

    转一圈半的螺线，沿线等距的 n 个点。

    Returns: (n, 2).  Raises: CourseError for n below 1.
    """
    angle = 3 * math.pi * torch.linspace(0.05, 1, _counted(n), dtype=torch.float32).sqrt()
    return (angle / (3 * math.pi) * 0.9)[:, None] * torch.stack([angle.cos(), angle.sin()], 1)


def from_list(pairs: Sequence[Sequence[float]]) -> Tensor:
    """Your own points, a list of pairs (x, y), each number from -1 to 1.

    读者自己的点：由 (x, y) 组成的列表，每个数在 -1 到 1 之间。

    Returns: (n, 2).  Raises: CourseError for an empty list, what is no pair of numbers, or numbers out of range.
    """
    try:
        cloud = torch.tensor([[float(x), float(y)] for x, y in pairs], dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        cloud = torch.empty(0)
    if not len(cloud) or not bool((cloud.abs() <= 1).all()):
        raise CourseError(
            f"The points are {in_short(pairs)}. Give at least one pair (x, y), every number from -1 to 1: "
            "[(0, 0), (0.5, -0.5)].",
            f"点是 {in_short(pairs)}。请至少给一对 (x, y)，每个数在 -1 到 1 之间：[(0, 0), (0.5, -0.5)]。",
        )
    return cloud


def lattice(k: int = 17, limit: float = 1.3) -> Tensor:
    """k x k points evenly spaced over the square [-limit, limit], row by row from below.

    正方形 [-limit, limit] 内等距的 k x k 个点，自下而上逐行排列。

    Returns: (k * k, 2).  Raises: CourseError for k outside 1 to 1,000, or a limit that is no number of 0 or more.
    """
    limit = check_number("limit", limit, 0)
    along = torch.linspace(-limit, limit, check_whole("k", k, 1, MOST_ALONG), dtype=torch.float32)
    return torch.cartesian_prod(along, along).flip(1)


def _counted(n: int) -> int:
    so = ("A set has at least one point, for example n=200.", "点集至少要有一个点，例如 n=200。")
    return check_whole("n", n, 1, MANY, so=so)
