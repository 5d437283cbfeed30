"""Exercise 12.spread: how far apart trainings end that differ only in the pictures they drew.

练习 12.spread：只因抽到的图片不同，训练的终点会散得多开。
"""

from collections.abc import Callable

import torch

from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said


def spread_of(rate, sigma, batch, n):
    """The variance of the way after n pictures: n / batch steps, each of variance rate^2 sigma^2 / batch. 位移的方差。"""
    return n * rate**2 * sigma**2 / batch**2


SPREAD_MISTAKES = [
    Mistake(gives, en, zh)
    for gives, en, zh in (
        (lambda r, s, b, n: r**2 * s**2 / b, "this is the variance of a single step; there are n / batch of them", "这是一步的方差；每批一步，一共有 n / batch 步"),
        (lambda r, s, b, n: n * r**2 * s**2 / b, "one division by the batch is missing: n pictures are n / batch steps, and the variance of a step is rate² sigma² / batch", "少除了一遍批的大小：n 张图是 n / batch 步，而一步的方差是 rate² sigma² / batch"),
        (lambda r, s, b, n: n * r**2 * s**2, "the batch is missing: it makes the noise of a step smaller, and the steps fewer", "漏了批的大小：批越大，一步的噪声越小，步数也越少"),
        (lambda r, s, b, n: (n / b) ** 2 * r**2 * s**2 / b, "standard deviations are added up; of independent steps the variances add up, so the number of steps is not squared", "把标准差加了起来；独立的各步，相加的是方差，所以步数不平方"),
        (lambda r, s, b, n: n**0.5 * r * s / b, "this is the standard deviation; the variance is its square", "这是标准差；方差是它的平方"),
        (lambda r, s, b, n: n * r**2 * s / b**2, "`sigma` is a standard deviation: its square is the variance", "`sigma` 是标准差：平方才是方差"),
        (lambda r, s, b, n: n * r * s**2 / b**2, "the rate multiplies the gradient, so its square multiplies the variance", "学习率乘在梯度上，所以乘到方差上的是它的平方"),
        (lambda r, s, b, n: n * r**2 * s**2 / b**3, "it is divided by the batch three times, and two are right: once for the noise of a step, once for the number of steps", "除了三遍批的大小；只该两遍：一步的噪声除一遍，步数除一遍"),
        (lambda r, s, b, n: n * r / b, "this is the mean of the way, at slope 1; asked for is its variance", "这是坡度为 1 时位移的均值；要的是方差"),
        (lambda r, s, b, n: n * r**2 * s**2 / b**2 + (n * r / b) ** 2, "the square of the mean is added: that is the mean of the square, at slope 1; the variance is without it", "加上了均值的平方：那是坡度为 1 时平方的均值；方差不含它"),
    )
]  # fmt: skip


def judge_spread(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's variance of the way, or None. 读者求出的位移方差错在哪里；正确时为 None。"""

    def between(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))

    cases = []
    for batch in (3, 16, 64, 250):
        rate, sigma = between(0.3, 0.9), between(30.0, 90.0)  # so that the truth is above 1, and rounding it shows
        cases.append({"rate": rate, "sigma": sigma, "batch": batch, "n": batch * int(between(5, 40))})
    return judge_function(answer, spread_of, cases, SPREAD_MISTAKES)


SPREAD = Exercise(
    reference=lambda: spread_of,
    judge=judge_spread,
    hints=(
        (
            "How many steps are n pictures? And what adds up over independent steps: standard deviations or variances?",
            "n 张图是几步？独立的各步，相加的是标准差还是方差？",
        ),
        (
            "A step has the variance rate² sigma² / batch, and there are n / batch of them.",
            "每批一步：一步的方差是 rate² sigma² / batch，共有 n / batch 步。",
        ),
        ("Together: `n * rate**2 * sigma**2 / batch**2`.", "合起来：`n * rate**2 * sigma**2 / batch**2`。"),
    ),
)
