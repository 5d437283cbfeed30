"""Exercise 09.limit: what a distance would be with samples without end, from distances at a few n.

练习 09.limit：由几个 n 处的距离，推出样本多到没有尽头时距离是多少。
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said

SIZES = (
    [200, 500, 1000],
    [100, 200, 400, 800, 1600],
    [1000, 250, 250, 500, 125],
    [2000, 300, 300],
    [64, 128, 256, 512],
)


def limit(sizes: Sequence[int], distances: Sequence[float]) -> float:
    """Where the straight line in 1/n, by least squares, meets 1/n = 0. 对 1/n 的最小二乘直线在 1/n = 0 处的值。"""
    x, y = 1 / torch.tensor(sizes, dtype=torch.float64), torch.tensor(distances, dtype=torch.float64)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    return float(y.mean() - slope * x.mean())


def _line(x: torch.Tensor, y: torch.Tensor, weight: torch.Tensor | None = None) -> tuple[float, float]:
    """Slope and value at 0 of the straight line through points by least squares. 最小二乘直线的斜率与截距。"""
    weight = torch.ones_like(x) if weight is None else weight
    at = (weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()
    slope = (weight * (x - at[0]) * (y - at[1])).sum() / (weight * (x - at[0]).square()).sum()
    return float(slope), float(at[1] - slope * at[0])


def _ends(n: torch.Tensor, d: torch.Tensor) -> float:
    few, many = n.argmin(), n.argmax()
    return float((n[many] * d[many] - n[few] * d[few]) / (n[many] - n[few]))


def _last_two(n: torch.Tensor, d: torch.Tensor) -> float:
    one, other = n.argsort()[-2:]
    return float((n[other] * d[other] - n[one] * d[one]) / (n[other] - n[one]))


LIMIT_MISTAKES = [
    Mistake(lambda sizes, distances, gives=gives: float(gives(torch.tensor(sizes, dtype=torch.float64), torch.tensor(distances, dtype=torch.float64))), en, zh)
    for gives, en, zh in (
        (lambda n, d: _line(n, d)[1], "this is the line in n, at n = 0, where there are no samples at all; the limit is at 1/n = 0", "这是对 n 的直线在 n = 0 处的值，那里一个样本也没有；极限在 1/n = 0 处"),
        (lambda n, d: _line(n**-0.5, d)[1], "this is the line in 1/√n: so an error bar shrinks, and not this bias, whose product with n is nearly constant", "这是对 1/√n 的直线：误差棒是这样缩小的，而这里的偏差乘以 n 近乎常数"),
        (lambda n, d: _line(n.log(), d)[1], "this is the line in log n, which has no end", "这是对 log n 的直线，它没有尽头"),
        (lambda n, d: d[n.argmax()], "this is the distance at the largest n, which still holds its share of the bias", "这是 n 最大处的距离，它仍带着自己那份偏差"),
        (lambda n, d: d[-1], "this is the last distance in the list, which still holds its share of the bias", "这是列表里最后一个距离，它仍带着自己那份偏差"),
        (lambda n, d: d.mean(), "this is the mean of the distances", "这是各距离的均值"),
        (lambda n, d: (n * d).mean(), "this is the mean of n times the distance; it tells how steep the line is, not where it ends", "这是 n 乘距离的均值；它说的是直线有多陡，不是落在哪里"),
        (lambda n, d: _line(1 / n, d)[0], "this is the slope of the line in 1/n; its value at 1/n = 0 is asked for", "这是对 1/n 的直线的斜率；要的是它在 1/n = 0 处的值"),
        (lambda n, d: _ends(n, d), "this is the line through two of the points, of the smallest and of the largest n; those between are not used, and each draw is uncertain", "这是只过两个点（n 最小与最大）的直线；中间的点没有用上，而每次抽取都有误差"),
        (lambda n, d: _last_two(n, d), "this is the line through the two points of largest n; the others are not used, and each draw is uncertain", "这是过 n 最大的两个点的直线；其余的没有用上，而每次抽取都有误差"),
        (lambda n, d: -_line(d, 1 / n)[1] / _line(d, 1 / n)[0], "the axes are swapped: 1/n is fitted by the distances, though 1/n is known exactly and the distances are not", "轴弄反了：这是用距离去拟合 1/n；可 1/n 是精确的，距离才有误差"),
        (lambda n, d: _line(1 / n, d, n)[1], "the points are weighted by n; each is to count alike", "各点以 n 加权了；应当每个点同等看待"),
        (lambda n, d: _line(1 / n, d, n.square())[1], "the squares are taken of n times the distance, n d = a n + b, so that large n outweigh all others; each point is to count alike", "这里拟合的是 n d = a n + b，大的 n 就压倒了其余的；应当每个点同等看待"),
        (lambda n, d: _line(1 / n, d)[1] + _line(1 / n, d)[0] / n.max(), "this is the line at the largest n, not at 1/n = 0", "这是直线在最大的 n 处的值，不是在 1/n = 0 处"),
        (lambda n, d: _line(n**-2.0, d)[1], "this is the line in 1/n²; the bias falls like 1/n", "这是对 1/n² 的直线；偏差是像 1/n 那样下降的"),
        (lambda n, d: (d - (d / n).sum() / n.pow(-2.0).sum() / n).mean(), "the slope is that of a line through 0, as if the limit were 0 already; fit slope and limit together", "这里的斜率取自过 0 的直线，仿佛极限已经是 0；斜率与极限要一起拟合"),
    )
]  # fmt: skip


def judge_limit(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's limit, or None. 读者的极限错在哪里；正确时为 None。"""
    cases: list[dict[str, Any]] = []
    for sizes in SIZES:
        a, b = (torch.rand(2, generator=generator, dtype=torch.float64) + 0.3).tolist()
        scatter = 0.15 * torch.randn(len(sizes), generator=generator, dtype=torch.float64)
        cases.append({"sizes": list(sizes), "distances": [a + 100 * b / n * (1 + float(s)) + 0.05 * float(s) for n, s in zip(sizes, scatter, strict=True)]})  # fmt: skip
    return judge_function(answer, limit, cases, LIMIT_MISTAKES, 1e-6)


LIMIT = Exercise(
    reference=lambda: limit,
    judge=judge_limit,
    hints=(
        (
            "In which quantity is the bias a straight line? Make a column of it, beside the distances.",
            "偏差随哪个量的变化是一条直线？算出这个量的一列，放在距离旁边。",
        ),
        (
            "With x = 1/n the distance is a + b x, and a is asked for. Take from x and from d their means. The slope by least "
            "squares is then the sum of x d over the sum of x².",
            "令 x = 1/n，距离就是 a + b x，要求的是 a。先从 x 与 d 中各减去自己的均值。最小二乘的斜率，就是 x d 之和除以 x² 之和。",
        ),
        (
            "The line runs through the means: `float(d.mean() - slope * x.mean())`, in float64. "
            "(`np.polyfit(1 / n, d, 1)[1]` does it as well.)",
            "直线过均值点：`float(d.mean() - slope * x.mean())`，用 float64。（`np.polyfit(1 / n, d, 1)[1]` 也行。）",
        ),
    ),
)
