"""The pen-and-paper problem of lesson 08: how far guidance pulls, where the label is believed already.

第 08 课的纸笔题：标签已经可信的地方，引导还拉多远。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from course_utils.exercises.factors import wrong_number
from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said
from course_utils.oracle import labelled, mixture
from course_utils.schedules import Schedule


def pull(alpha_bar: float, m: float, s: float, p: float) -> float:
    """c - u for the class at +m, where the classifier gives it p. 分类器给 +m 那一类的概率为 p 时的 c − u。"""
    return (1 - p) * 2 * m * (1 - alpha_bar) / (alpha_bar * s**2 + 1 - alpha_bar)


def by_the_oracle(alpha_bar: float, m: float, s: float, p: float) -> float:
    """The same, from the exact denoisers, asked about the x_t that the exact classifier gives p. 由精确去噪器求同一个量。"""
    schedule = Schedule(torch.tensor([1.0, alpha_bar], dtype=torch.float64))
    means, stds = torch.tensor([[-m], [m]], dtype=torch.float64), torch.tensor([s, s], dtype=torch.float64)
    truth = labelled(mixture(schedule, means, stds), torch.tensor([0, 1]))
    spread = alpha_bar * s**2 + 1 - alpha_bar
    logit = torch.tensor(p, dtype=torch.float64).logit()
    xt = (logit * spread / (2 * alpha_bar**0.5 * m)).reshape(1, 1)
    return float(truth.conditional(1)(xt, 1) - truth.unconditional(xt, 1))


def _formula(
    share: Callable[[float], float] = lambda p: 1 - p,
    above: Callable[[float], float] = lambda a: 1 - a,
    below: Callable[[float, float], float] = lambda a, s: a * s**2 + 1 - a,
    factor: float = 2.0,
) -> Callable[[float, float, float, float], float]:
    """`pull` with another share, numerator, denominator or factor."""
    return lambda alpha_bar, m, s, p: factor * share(p) * m * above(alpha_bar) / below(alpha_bar, s)


PULL_MISTAKES = [
    Mistake(gives, en, zh)
    for gives, en, zh in (
        (_formula(lambda p: p), "p stands where 1 − p belongs: the surer the classifier already is, the less guidance pulls", "该用 1 − p 的地方用了 p：分类器越有把握，引导拉得越少"),
        (_formula(lambda p: p * (1 - p)), "1 − p alone: p (1 − p) is the slope of p itself, and the gradient is that of log p", "只该有 1 − p：p (1 − p) 是 p 本身的斜率，这里求的是 log p 的梯度"),
        (_formula(lambda p: 1.0), "this is the difference of the two classes' guesses; u is their mean, weighted by p and 1 − p, and so nearer to c", "这是两类猜测之差；u 是两者以 p 与 1 − p 为权的均值，离 c 更近"),
        (_formula(lambda p: 2 * p - 1), "this is u less the middle between both guesses; subtract u from the guess of +", "这是 u 与两个猜测正中间之差；应从 + 类的猜测里减去 u"),
        (lambda alpha_bar, m, s, p: (1 - 2 * p) * m * (1 - alpha_bar) / (alpha_bar * s**2 + 1 - alpha_bar), "this is the middle between both guesses less u; subtract u from the guess of +", "这是两个猜测正中间与 u 之差；应从 + 类的猜测里减去 u"),
        (_formula(lambda p: p - 1), "the sign: this is u − c", "符号反了：这是 u − c"),
        (_formula(factor=1.0), "the 2 is missing: the classes lie 2 m apart", "漏了 2：两类相距 2 m"),
        (_formula(below=lambda a, s: a * s + 1 - a), "s is not squared: variances add up, ᾱ s² + 1 − ᾱ", "s 没有平方：相加的是方差，ᾱ s² + 1 − ᾱ"),
        (_formula(below=lambda a, s: s**2 + 1 - a), "in the variance of x_t, s² has the factor ᾱ", "x_t 的方差里，s² 要乘 ᾱ"),
        (_formula(below=lambda a, s: a * s**2), "the noise is missing in the variance of x_t: ᾱ s² + 1 − ᾱ", "x_t 的方差里漏了噪声：ᾱ s² + 1 − ᾱ"),
        (_formula(below=lambda a, s: 1 - a), "the variance below is the noise's alone; within a class x_t has ᾱ s² + 1 − ᾱ", "分母里只有噪声的方差；同一类的 x_t 的方差是 ᾱ s² + 1 − ᾱ"),
        (_formula(below=lambda a, s: 1.0), "the division by the variance of x_t is missing: ᾱ s² + 1 − ᾱ", "漏了除以 x_t 的方差 ᾱ s² + 1 − ᾱ"),
        (_formula(below=lambda a, s: (a * s**2 + 1 - a) ** 0.5), "it divides by the standard deviation of x_t; divide by its variance", "除以的是 x_t 的标准差；应除以方差"),
        (_formula(above=lambda a: a), "ᾱ stands above where 1 − ᾱ belongs: without noise x_t says all, and the label nothing", "分子该是 1 − ᾱ，却用了 ᾱ：没有噪声时，x_t 说明一切，标签什么也不添"),
        (_formula(above=lambda a: 1.0), "the factor 1 − ᾱ is missing: without noise x_t says all, and the label nothing", "漏了系数 1 − ᾱ：没有噪声时，x_t 说明一切，标签什么也不添"),
        (_formula(above=lambda a: (1 - a) ** 0.5), "this is by how much ε̂ differs, but for its sign and √ᾱ; the guesses of x_0 have 1 − ᾱ above", "这像是 ε̂ 之差（不计符号与 √ᾱ）；x_0 的猜测之差，分子是 1 − ᾱ"),
        (_formula(above=lambda a: a**0.5), "this is the gradient of log p(y | x_t) itself; c − u is (1 − ᾱ) / √ᾱ times it", "这是 log p(y | x_t) 的梯度本身；c − u 是它的 (1 − ᾱ) / √ᾱ 倍"),
        (_formula(above=lambda a: (1 - a) * a**0.5), "there is a √ᾱ too many: the gradient has one above, and (1 − ᾱ) / √ᾱ takes it away again", "多了一个 √ᾱ：梯度的分子里有一个，(1 − ᾱ) / √ᾱ 又把它消掉"),
        (_formula(lambda p: 1 - p, factor=4.0), "the 2 is there twice", "2 乘了两次"),
    )
]  # fmt: skip


def _numbers(case: dict[str, Any]) -> dict[str, float]:
    alpha_bar, m, s, p = case.values()
    of_xt = alpha_bar * s**2 + 1 - alpha_bar
    at = {"ᾱ": alpha_bar, "1 − ᾱ": 1 - alpha_bar, "m": m, "s": s, "p": p, "1 − p": 1 - p, "ᾱ s² + 1 − ᾱ": of_xt}
    return at | {"s² + 1 − ᾱ": s**2 + 1 - alpha_bar, "ᾱ s + 1 − ᾱ": alpha_bar * s + 1 - alpha_bar}


def judge_paper(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's pull, or None. 读者求出的 c − u 错在哪里；正确时为 None。"""
    drawn = torch.rand(14, 4, generator=generator, dtype=torch.float64)
    cases = [
        {"alpha_bar": 0.05 + 0.9 * a, "m": 0.5 + 2 * m, "s": 0.2 + s, "p": 0.02 + 0.96 * p}
        for a, m, s, p in drawn.tolist()
    ]
    explain = partial(wrong_number, truth=by_the_oracle, cases=cases, numbers=_numbers)
    return judge_function(answer, by_the_oracle, cases, PULL_MISTAKES, explain=explain)


PAPER = Exercise(
    reference=lambda: pull,
    judge=judge_paper,
    hints=(
        (
            "u is the mean of the two classes' guesses, weighted by what the classifier believes. How far is it from one of them?",
            "u 是两类猜测的均值，权重就是分类器的判断。它离其中一个有多远？",
        ),
        (
            "u = p c₊ + (1 − p) c₋, so c₊ − u = (1 − p)(c₊ − c₋). Both guesses come from one x_t: in their difference it drops out.",
            "u = p c₊ + (1 − p) c₋，所以 c₊ − u = (1 − p)(c₊ − c₋)。两个猜测出自同一个 x_t：相减时它消掉。",
        ),
        (
            "The guess of a class N(m, s²) is (m (1 − ᾱ) + √ᾱ s² x_t) / (ᾱ s² + 1 − ᾱ). Take that of −m away.",
            "类 N(m, s²) 的猜测是 (m (1 − ᾱ) + √ᾱ s² x_t) / (ᾱ s² + 1 − ᾱ)。再减去 −m 那一类的。",
        ),
    ),
)
