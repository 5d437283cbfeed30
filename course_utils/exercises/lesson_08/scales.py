"""Exercise 08.scales: which scale of ours some library must have used, read off what it made of two guesses.

练习 08.scales：从某个程序库合成的结果，读出它用的是这里的哪个 scale。
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said

SHAPES = (((4, 6), torch.float64), ((2, 1, 4, 4), torch.float32), ((3, 2, 2, 5), torch.float64))
SCALES = (-1.5, 0.0, 0.6, 2.0, 4.25, 7.5)


def scale_of(conditional: Tensor, unconditional: Tensor, mixed: Tensor) -> float:
    """The scale at which u + scale (c - u) comes nearest to the mix, in the mean square. 使均方误差最小的 scale。"""
    apart = conditional - unconditional
    return float((apart * (mixed - unconditional)).sum() / apart.square().sum())


def _ratios(c: Tensor, u: Tensor, m: Tensor) -> Tensor:
    """The ratio of each pixel, where there is one."""
    each = (m - u) / (c - u)
    return each[each.isfinite()]


SCALES_MISTAKES = [
    Mistake(lambda c, u, m, gives=gives: float(gives(c, u, m)), en, zh)
    for gives, en, zh in (
        (lambda c, u, m: scale_of(c, u, m) - 1, "this is one too small: it counts from the guess with the label, as w does. Ours counts from the one without", "小了 1：这是从有标签的猜测数起的 w。这里从无标签的猜测数起"),
        (lambda c, u, m: scale_of(c, u, m) + 1, "this is one too large: at our scale 1 the mix is the guess with the label", "大了 1：这里 scale 为 1 时，合成的结果就是有标签的猜测"),
        (lambda c, u, m: 1 - scale_of(c, u, m), "this counts from the guess with the label towards that without; the two are swapped", "这是从有标签的猜测朝无标签的数；两者写反了"),
        (lambda c, u, m: -scale_of(c, u, m), "the sign: m − u and c − u must be taken the same way round", "符号反了：m − u 与 c − u 相减的次序要一致"),
        (lambda c, u, m: ((c - u) * m).sum() / (c - u).square().sum(), "the guess without the label is still in what is fitted: fit mixed − unconditional", "所拟合的量里还含着无标签的猜测：应拟合 mixed − unconditional"),
        (lambda c, u, m: (c * m).sum() / c.square().sum(), "mixed is fitted by the guess with the label alone; subtract the one without from both", "只用有标签的猜测去拟合 mixed；两边都要先减去无标签的猜测"),
        (lambda c, u, m: (m - u).norm() / (c - u).norm(), "a ratio of lengths has lost the sign: scale may be below 0, where mixed leads away from the label", "长度之比丢了符号：scale 可以小于 0，那时 mixed 是在远离标签"),
        (lambda c, u, m: (m - u).abs().mean() / (c - u).abs().mean(), "a ratio of absolute values has lost the sign: scale may be below 0, where mixed leads away from the label", "绝对值之比丢了符号：scale 可以小于 0，那时 mixed 是在远离标签"),
        (lambda c, u, m: (m - u).std() / (c - u).std(), "a ratio of standard deviations has lost the sign, and with it the mean", "标准差之比丢了符号，也丢了均值"),
        (lambda c, u, m: _ratios(c, u, m).mean(), "this is the mean of the pixels' own ratios; where c and u nearly agree a ratio is all rounding, and counts as much as any. Fit one number to all pixels", "这是逐像素之比的均值；c 与 u 几乎相等处，比值全是舍入误差，却与别处一样算数。应对所有像素拟合同一个数"),
        (lambda c, u, m: _ratios(c, u, m).median(), "this is the median of the pixels' own ratios, near but not what is asked: the number that fits all pixels best in the mean square", "这是逐像素之比的中位数，很接近，但不是题目要的：应是对所有像素均方误差最小的那个数"),
        (lambda c, u, m: ((m - u) / (c - u + 1e-8)).mean(), "a small number below does not help: where c equals u the ratio is rounding error over that number. Fit one number to all pixels", "分母上加一个小数救不了：c 与 u 相等处，比值是舍入误差除以那个小数。应对所有像素拟合同一个数"),
        (lambda c, u, m: (m - u).sum() / (c - u).sum(), "this is the ratio of the sums; differences of both signs cancel in it. Weigh each pixel by c − u", "这是和之比；正负差会互相抵消。每个像素应以 c − u 为权"),
        (lambda c, u, m: ((c - u) * (m - u)).sum() / (c - u).norm(), "it is divided by the length of c − u; divide by its square", "除以的是 c − u 的长度；应除以长度的平方"),
        (lambda c, u, m: ((c - u) * (m - u)).sum() / ((c - u).norm() * (m - u).norm()), "this is the cosine of the angle between them; how far mixed goes is lost", "这是两者夹角的余弦；mixed 走了多远却丢了"),
        (lambda c, u, m: ((c - u) * (m - u)).mean(), "the division by the square of c − u is missing", "漏了除以 c − u 的平方"),
        (lambda c, u, m: (m - u).square().sum() / (c - u).square().sum(), "this is the square of the scale", "这是 scale 的平方"),
        (lambda c, u, m: ((m - u) * (m - u)).sum() / ((m - u) * (c - u)).sum(), "here c − u is fitted by m − u, and all its error laid on it; fit m − u by c − u", "这是用 m − u 去拟合 c − u，误差全算到了 c − u 头上；应当用 c − u 去拟合 m − u"),
    )
]  # fmt: skip
ZERO_BY_ZERO: Said = (
    "some of its values are not finite (nan or inf): where c and u agree, a pixel's own ratio divides by 0. Such pixels tell "
    "nothing; fit one number to all pixels at once",
    "有些值不是有限数（nan 或 inf）：c 与 u 相等处，逐像素的比值除以了 0。这样的像素什么也说明不了；"
    "应对所有像素一起拟合同一个数",
)


def _case(scale: float, i: int, generator: torch.Generator) -> dict[str, Any]:
    """Two guesses, and their mix as a library makes it in half precision; where c = u, too, it is rounded."""
    shape, dtype = SHAPES[i % len(SHAPES)]
    c, u = torch.randn(2, *shape, generator=generator, dtype=dtype) + 0.3
    same = torch.rand(shape, generator=generator) < 0.25
    same.view(-1)[:2] = torch.tensor([True, False])
    u = torch.where(same, c, u)
    rough = 2e-3 * torch.randn(shape, generator=generator, dtype=dtype)
    return {"conditional": c, "unconditional": u, "mixed": u + scale * (c - u) + rough}


def judge_scales(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's estimate of the scale, or None. 读者对 scale 的估计错在哪里；正确时为 None。"""
    cases = [_case(scale, i, generator) for i, scale in enumerate(SCALES)]
    fault = judge_function(answer, scale_of, cases, SCALES_MISTAKES)
    if fault is not None and fault[0].startswith("some of its values are not finite"):
        return ZERO_BY_ZERO
    return fault


SCALES_EXERCISE = Exercise(
    reference=lambda: scale_of,
    judge=judge_scales,
    hints=(
        (
            "mixed lies on the straight line through the two guesses, nearly. Take the guess without the label for its "
            "origin: what is left to find is one number.",
            "mixed 几乎落在过两个猜测的直线上。以无标签的猜测为原点：剩下要求的只有一个数。",
        ),
        (
            "Which number k makes the sum of (m − u − k (c − u))² least? Set the derivative in k to 0.",
            "哪个 k 使 (m − u − k (c − u))² 之和最小？令对 k 的导数为 0。",
        ),
        (
            "Above the sum of (c − u)(m − u), below the sum of (c − u)², both over everything; `float(...)` of it.",
            "分子是 (c − u)(m − u) 之和，分母是 (c − u)² 之和，都对全部像素求；最后取 `float(...)`。",
        ),
    ),
)
