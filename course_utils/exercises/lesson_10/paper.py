"""The pen-and-paper problem of lesson 10: the velocity of Gaussian data on the straight path.

第 10 课的纸笔题：直线路径上，高斯数据的速度。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from course_utils.exercises.factors import wrong_number
from course_utils.exercises.judging import Mistake, called, judge_function, number
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said


def pace(s: float, t: float) -> float:
    """k where the velocity at x_t is k x_t, for data N(0, s^2) on the straight path. 数据为 N(0, s^2) 时速度 k x_t 中的 k。"""
    return (t - (1 - t) * s**2) / ((1 - t) ** 2 * s**2 + t**2)


def _variance(s: float, t: float) -> float:
    return (1 - t) ** 2 * s**2 + t**2


PACE_MISTAKES = [
    Mistake(gives, en, zh)
    for gives, en, zh in (
        (lambda s, t: -pace(s, t), "the sign: this velocity points to the data; here t grows towards the noise, and v = ε − x_0", "符号反了：这个速度指向数据；这里 t 朝噪声增大，v = ε − x_0"),
        (lambda s, t: (t - (1 - t) * s) / ((1 - t) ** 2 * s + t**2), "s stands where s² belongs: the variance of x_0 is s²", "该用 s² 的地方用了 s：x_0 的方差是 s²"),
        (lambda s, t: (t - (1 - t) * s) / _variance(s, t), "above, s is not squared: the covariance of x_0 and x_t is (1 − t) s²", "分子里 s 没有平方：x_0 与 x_t 的协方差是 (1 − t) s²"),
        (lambda s, t: (t - (1 - t) * s**2) / ((1 - t) ** 2 * s + t**2), "below, s is not squared: the variance of x_t is (1 − t)² s² + t²", "分母里 s 没有平方：x_t 的方差是 (1 − t)² s² + t²"),
        (lambda s, t: (t - (1 - t) * s**2) / _variance(s, t) ** 0.5, "it is divided by the standard deviation of x_t; divide by its variance", "除以的是 x_t 的标准差；应除以方差"),
        (lambda s, t: t - (1 - t) * s**2, "the division by the variance of x_t is missing", "漏了除以 x_t 的方差"),
        (lambda s, t: (t - (1 - t) * s**2) / ((1 - t) * s**2 + t), "below, the factors are not squared: variances add up with (1 − t)² and t²", "分母里系数没有平方：方差相加时，系数是 (1 − t)² 与 t²"),
        (lambda s, t: (t - (1 - t) * s**2) / ((1 - t) * s + t) ** 2, "below, standard deviations are added; variances are: (1 − t)² s² + t²", "分母里相加的是标准差；该加的是方差：(1 − t)² s² + t²"),
        (lambda s, t: (t**2 - (1 - t) ** 2 * s**2) / _variance(s, t), "above there is a t and a 1 − t too many: that is t E[ε | x_t] − (1 − t) E[x_0 | x_t], not the velocity", "分子里多乘了 t 与 1 − t：那是 t E[ε | x_t] − (1 − t) E[x_0 | x_t]，不是速度"),
        (lambda s, t: (t + (1 - t) * s**2) / _variance(s, t), "the sign between the two: the velocity is ε − x_0, a difference", "中间的符号反了：速度是差 ε − x_0"),
        (lambda s, t: (1 - t) * s**2 / _variance(s, t), "this is E[x_0 | x_t] / x_t; the velocity is E[ε | x_t] less it", "这是 E[x_0 | x_t] / x_t；速度是 E[ε | x_t] 减去它"),
        (lambda s, t: t / _variance(s, t), "this is E[ε | x_t] / x_t; take E[x_0 | x_t] away from it", "这是 E[ε | x_t] / x_t；还要减去 E[x_0 | x_t]"),
        (lambda s, t: -1 / _variance(s, t), "this is the score over x_t; the velocity is f x_t − g² / 2 times the score", "这是得分除以 x_t；速度是 f x_t 减去 g² / 2 乘得分"),
        (lambda s, t: 2 * pace(s, t), "twice too much: this is the rate at which the variance of x_t grows; x_t itself grows half as fast", "多了一倍：这是 x_t 的方差增长的速率；x_t 本身慢一半"),
        (lambda s, t: pace(s, t) * _variance(s, t) * 2, "this is how fast the variance of x_t grows; divide by twice the variance", "这是 x_t 的方差增长得多快；还要除以方差的两倍"),
        (lambda s, t: pace(s, t) / 2, "half too little", "少了一半"),
        (lambda s, t: pace(s, 1 - t), "t is counted the other way round, with the data at 1", "t 数反了，数据在 1 处"),
        (lambda s, t: -pace(s, 1 - t), "this is Lipman's and Liu's: the data at 1, the velocity towards them", "这是 Lipman 与 Liu 的记法：数据在 1 处，速度指向数据"),
        (lambda s, t: -1 / (1 - t), "this is the drift f alone, a′ / a; the score has its part, too", "这只是漂移 f = a′ / a；得分那一项也要算上"),
        (lambda s, t: -1 / (1 - t) + 2 * t / (1 - t) / _variance(s, t), "this is f x − g² times the score, the drift of the reverse SDE; the flow has half of g²", "这是 f x 减 g² 乘得分，即反向 SDE 的漂移；流只用 g² 的一半"),
        (lambda s, t: (1 - s) / ((1 - t) * s + t), "this follows a crowd whose standard deviation grows evenly, (1 − t) s + t; on this path it is √((1 − t)² s² + t²)", "这是标准差按 (1 − t) s + t 匀速增长的情形；这条路径上标准差是 √((1 − t)² s² + t²)"),
        (lambda s, t: (t - (1 - t) * s**2) / (s**2 + t**2), "the variance of x_t has (1 − t)² before s²", "x_t 的方差里，s² 要乘 (1 − t)²"),
        (lambda s, t: (t - (1 - t) * s**2) / ((1 - t) ** 2 * s**2 + t), "below, t is not squared: ε brings the variance t²", "分母里 t 没有平方：ε 带来的方差是 t²"),
        (lambda s, t: (t - (1 - t) * s**2) / ((1 - t) * s**2 + t**2), "below, 1 − t is not squared: x_0 brings the variance (1 − t)² s²", "分母里 1 − t 没有平方：x_0 带来的方差是 (1 − t)² s²"),
        (lambda s, t: (t**2 - (1 - t) * s**2) / _variance(s, t), "above, t is squared; the covariance of ε and x_t is t", "分子里 t 平方了；ε 与 x_t 的协方差就是 t"),
        (lambda s, t: (t - (1 - t) ** 2 * s**2) / _variance(s, t), "above, 1 − t is squared; the covariance of x_0 and x_t is (1 − t) s²", "分子里 1 − t 平方了；x_0 与 x_t 的协方差是 (1 − t) s²"),
        (lambda s, t: pace(1.0, t), "s is left out: this is k for data of variance 1", "漏了 s：这是数据方差为 1 时的 k"),
        (lambda s, t: 2 * t - 1, "s and the variance of x_t are left out", "漏了 s，也漏了 x_t 的方差"),
        (lambda s, t: (t - s**2) / _variance(s, t), "above, s² has the factor 1 − t", "分子里，s² 要乘 1 − t"),
        (lambda s, t: (1 - (1 - t) * s**2) / _variance(s, t), "above, ε has the factor t: its covariance with x_t is t", "分子里，ε 的那份是 t：它与 x_t 的协方差是 t"),
    )
]  # fmt: skip

ONE_EXAMPLE: Said = (
    "whatever s and t are, the same comes out: that is the answer of one example; write it for all",
    "无论 s 与 t 是多少，结果都一样：那是某一个例子的答案；请写成对所有 s 与 t 都成立的",
)
AT_THE_ENDS: Said = (
    "it is right between the ends, but at t = 1 it divides by 0, or at t = 0; multiply out what has 1 − t or t below, then it cancels",
    "两端之间都对，但在 t = 1 处除以了 0（或在 t = 0 处）；把分母里带 1 − t 或 t 的项通分，它就会消掉",
)


def _numbers(case: dict[str, Any]) -> dict[str, float]:
    s, t = case.values()
    at = {"s": s, "t": t, "1 − t": 1 - t, "(1 − t)² s² + t²": _variance(s, t)}
    return at | {"(1 − t)² s²": ((1 - t) * s) ** 2, "(1 − t) s²": (1 - t) * s**2, "t²": t**2}


def judge_paper(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's k, or None. 读者求出的 k 错在哪里；正确时为 None。"""
    drawn = torch.rand(14, 2, generator=generator, dtype=torch.float64)
    cases = [{"s": 0.3 + 1.5 * s, "t": 0.1 + 0.8 * t} for s, t in drawn.tolist()]
    explain = partial(wrong_number, truth=pace, cases=cases, numbers=_numbers)
    fault = judge_function(answer, pace, cases, PACE_MISTAKES, explain=explain)
    if fault is not None:
        return ONE_EXAMPLE if _is_constant(answer, cases) else fault
    at_ends = judge_function(answer, pace, [{"s": 0.5, "t": 0.0}, {"s": 0.5, "t": 1.0}])
    return at_ends and AT_THE_ENDS


def _is_constant(answer: Callable, cases: list[dict[str, Any]]) -> bool:
    given = [number(called(answer, case)[0]) for case in cases]
    return given[0] not in (None, 0) and all(value == given[0] for value in given)


PAPER = Exercise(
    reference=lambda: pace,
    judge=judge_paper,
    hints=(
        (
            "Everything is Gaussian here. What is the best guess of one Gaussian number from another, when both have mean 0?",
            "这里处处是高斯。两个均值为 0 的高斯数，由一个猜另一个，最优的猜测是什么？",
        ),
        (
            "E[y | x] = x Cov(y, x) / Var(x). Take y = ε − x_0 and x = x_t = (1 − t) x_0 + t ε.",
            "E[y | x] = x Cov(y, x) / Var(x)。取 y = ε − x_0，x = x_t = (1 − t) x_0 + t ε。",
        ),
        (
            "The covariance is t − (1 − t) s², the variance (1 − t)² s² + t². At s = t = ½ the quotient is 6/5.",
            "协方差是 t − (1 − t) s²，方差是 (1 − t)² s² + t²。s = t = ½ 时，两者之商是 6/5。",
        ),
    ),
)
