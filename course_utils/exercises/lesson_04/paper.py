"""The problem for pen and paper: where the best guess of two numbers is steepest.

纸笔题：对两个数的最优猜测，在哪里最陡。
"""

import math
from collections.abc import Callable

import torch

from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said


def steepest(alpha_bar: float, p: float) -> float:
    """The x_t at which the guess is steepest, for -1 and 1, the latter with probability p. 猜测最陡之处的 x_t。"""
    return (1 - alpha_bar) / (2 * alpha_bar**0.5) * math.log((1 - p) / p)


def found_steepest(alpha_bar: float, p: float) -> float:
    """The same by brute force: the guess from the two bells, and where its bend changes sign. 同上，直接由猜测找出来。"""
    signal, variance = alpha_bar**0.5, 1 - alpha_bar
    width = variance / signal

    def guess(x: float) -> float:
        heights = [share * math.exp(x * signal * at / variance) for at, share in ((-1, 1 - p), (1, p))]
        return (heights[1] - heights[0]) / (heights[0] + heights[1])

    low, high = -4 * width, 4 * width
    for _ in range(60):
        middle, h = (low + high) / 2, 0.2 * width
        bend = guess(middle + h) - 2 * guess(middle) + guess(middle - h)
        low, high = (middle, high) if bend > 0 else (low, middle)
    return (low + high) / 2


def _odds(p: float) -> float:
    return math.log((1 - p) / p)


PAPER_MISTAKES = [
    Mistake(lambda a, p: -steepest(a, p), "the sign: the likelier 1 is, the farther to the left the guess turns", "符号反了：1 越可能，猜测转向的地方就越靠左"),
    Mistake(lambda a, p: 0.0, "that is the place for p = 1/2; the prior moves it", "这是 p = 1/2 时的位置；先验会让它移动"),
    Mistake(lambda a, p: 2 * steepest(a, p), "twice too large: the two exponents are −u and u, so they are 2 u apart", "大了一倍：两个指数是 −u 与 u，相差 2 u"),
    Mistake(lambda a, p: steepest(a, p) / 2, "half of what it should be: the odds are e^{2 u}, with one 2", "只有应有的一半：两个高度之比是 e^{2 u}，里面只有一个 2"),
    Mistake(lambda a, p: _odds(p) / 2, "this is u; asked for is x_t = u (1 − ᾱ) / √ᾱ", "这是 u；要的是 x_t = u (1 − ᾱ) / √ᾱ"),
    Mistake(lambda a, p: steepest(a, p) * a**0.5, "√ᾱ below is missing: u is √ᾱ x_t / (1 − ᾱ)", "分母里漏了 √ᾱ：u 是 √ᾱ x_t / (1 − ᾱ)"),
    Mistake(lambda a, p: steepest(a, p) / a**0.5, "it divides by ᾱ; the factor in u is √ᾱ", "除以的是 ᾱ；u 里的系数是 √ᾱ"),
    Mistake(lambda a, p: steepest(a, p) / (1 - a) ** 0.5, "it has √(1 − ᾱ); the exponents are divided by the variance 1 − ᾱ", "写成了 √(1 − ᾱ)；指数除以的是方差 1 − ᾱ"),
    Mistake(lambda a, p: steepest(a, p) / (1 - a), "1 − ᾱ is missing: u is √ᾱ x_t / (1 − ᾱ)", "漏了 1 − ᾱ：u 是 √ᾱ x_t / (1 − ᾱ)"),
    Mistake(lambda a, p: _odds(p) / 2 * a**0.5 / (1 - a), "u is multiplied by √ᾱ / (1 − ᾱ); divide by it", "u 乘了 √ᾱ / (1 − ᾱ)；应当除以它"),
    Mistake(lambda a, p: a**0.5 * (1 - 2 * p), "this is −1 times the mean of x_t; the guess turns where both bells, times their shares, are equally high", "这是 x_t 的均值乘 −1；两条钟形曲线各乘自己的份额后一样高的地方，猜测才转向"),
    Mistake(lambda a, p: a**0.5 * (2 * p - 1), "this is the mean of x_t; the guess turns where both bells, times their shares, are equally high", "这是 x_t 的均值；两条钟形曲线各乘自己的份额后一样高的地方，猜测才转向"),
    Mistake(lambda a, p: 2 * p - 1, "this is the mean of x_0; asked for is the x_t at which the guess is steepest", "这是 x_0 的均值；要的是使猜测最陡的 x_t"),
    Mistake(lambda a, p: steepest(p, a), "the two arguments have changed places: alpha_bar comes first, then p", "两个参数对调了：先是 alpha_bar，后是 p"),
    Mistake(lambda a, p: (1 - a) / (2 * a**0.5) * -math.log(p), "it takes log p alone; it is the odds p / (1 − p) that count", "只取了 log p；起作用的是两者之比 p / (1 − p)"),
    Mistake(lambda a, p: (1 - a) / (2 * a**0.5) * math.log(1 - p), "it takes log (1 − p) alone; it is the odds p / (1 − p) that count", "只取了 log (1 − p)；起作用的是两者之比 p / (1 − p)"),
    Mistake(lambda a, p: (1 - a) / (2 * a**0.5) * (math.log(1 - p) + math.log(p)), "the two logarithms are added; the heights are compared, so one is taken from the other", "把两个对数加了起来；两个高度是要比较的，应当相减"),
    Mistake(lambda a, p: (1 - a) / (2 * a**0.5) * (1 - p) / p, "the logarithm of the odds is missing: the heights are powers of e", "两者之比漏了取对数：高度是 e 的幂"),
    Mistake(lambda a, p: -2 * steepest(a, p), "the sign, and twice too large: the two exponents are −u and u, 2 u apart, and the likelier 1 is, the farther to the left the guess turns", "符号反了，又大了一倍：两个指数是 −u 与 u，相差 2 u；1 越可能，猜测转向的地方就越靠左"),
    Mistake(lambda a, p: a**0.5 / (1 - a), "this is the slope there; asked for is the place, an x_t", "这是那里的斜率；要的是位置，即一个 x_t"),
    Mistake(lambda a, p: _odds(p) / math.log(10) * (1 - a) / (2 * a**0.5), "that is the logarithm to base 10; take the natural one", "用了以 10 为底的对数；应当用自然对数"),
]  # fmt: skip


def judge_steepest(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is it the place that brute force finds? 是不是直接找出来的那一处？"""
    drawn = 0.1 + 0.8 * torch.rand(8, 2, generator=generator, dtype=torch.float64)
    cases = [{"alpha_bar": a, "p": p} for a, p in drawn.tolist()]
    return judge_function(answer, found_steepest, cases, PAPER_MISTAKES, 1e-6)


PAPER = Exercise(
    reference=lambda: steepest,
    judge=judge_steepest,
    hints=(
        (
            "Put the shares into (3): the two heights are now multiplied by 1 − p and by p. What do the shares become if you "
            "write them as powers of e?",
            "把份额放进 (3)：两个高度现在各乘 1 − p 与 p。把份额写成 e 的幂，会变成什么？",
        ),
        (
            "p e^u against (1 − p) e^{−u}: divide both by √(p (1 − p)). What stands beside u in the exponents shifts the "
            "familiar curve, and does nothing else.",
            "p e^u 与 (1 − p) e^{−u} 相比：两者都除以 √(p (1 − p))。指数里与 u 并列的那一项，只是把熟悉的曲线平移了一下。",
        ),
        (
            "x̂_0 = tanh(u + log(p / (1 − p)) / 2), steepest where its argument is 0. Solve √ᾱ x_t / (1 − ᾱ) = "
            "log((1 − p) / p) / 2 for x_t; `math.log` is the natural one.",
            "x̂_0 = tanh(u + log(p / (1 − p)) / 2)，括号里为 0 处最陡。由 √ᾱ x_t / (1 − ᾱ) = log((1 − p) / p) / 2 解出 x_t；"
            "`math.log` 就是自然对数。",
        ),
    ),
)
