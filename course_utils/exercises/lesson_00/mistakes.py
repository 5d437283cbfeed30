"""The forward jump of lesson 00, and what is commonly got wrong in it.

第 00 课的前向跳跃，以及其中常见的错误。
"""

from collections.abc import Callable

from torch import Tensor

from course_utils.exercises.judging import Mistake
from course_utils.schedules import Schedule


def jump(schedule: Schedule, x0: Tensor, t: int, eps: Tensor) -> Tensor:
    """The forward jump, with the noise given. 给定噪声的前向跳跃。"""
    return schedule.signal[t] * x0 + schedule.noise[t] * eps


def _scaled(signal: Callable, noise: Callable) -> Callable:
    """A function with the arguments of `jump` that scales x0 and eps by other factors: functions of ᾱ, α and β."""

    def gives(schedule: Schedule, x0: Tensor, t: int, eps: Tensor) -> Tensor:
        a, alpha = float(schedule.alpha_bar[t]), float(schedule.alpha[t])
        return signal(a, alpha) * x0 + noise(a, alpha) * eps

    return gives


def _shifted(by: int) -> Callable:
    """The jump to a time that is off by one, within the schedule."""
    return lambda schedule, x0, t, eps: jump(schedule, x0, min(t + by, schedule.T), eps)


def _root(x: float) -> float:
    return max(x, 0) ** 0.5


JUMP_MISTAKES = [
    Mistake(_scaled(signal, noise), en, zh)
    for signal, noise, en, zh in (
        (lambda a, _: a, lambda a, _: 1 - a, "both square roots are missing: ᾱ for √ᾱ, 1 − ᾱ for √(1 − ᾱ)", "两个平方根都漏了：ᾱ 应为 √ᾱ，1 − ᾱ 应为 √(1 − ᾱ)"),
        (lambda a, _: a, lambda a, _: _root(1 - a), "it scales x0 by ᾱ; the factor is √ᾱ", "x0 乘的是 ᾱ；系数应为 √ᾱ"),
        (lambda a, _: _root(a), lambda a, _: 1 - a, "it scales eps by 1 − ᾱ, a variance; the factor is √(1 − ᾱ)", "eps 乘的是方差 1 − ᾱ；系数应为 √(1 − ᾱ)"),
        (lambda a, _: _root(a), lambda a, _: 1 - _root(a), "it scales eps by 1 − √ᾱ; the squares of the two factors add up to 1, not the factors", "eps 乘的是 1 − √ᾱ；相加为 1 的是两个系数的平方，不是系数本身"),
        (lambda a, _: _root(1 - a), lambda a, _: _root(a), "signal and noise are swapped", "信号与噪声的系数写反了"),
        (lambda a, _: 1, lambda a, _: _root(1 - a), "x0 is not scaled down; its factor is √ᾱ", "x0 没有缩小；系数应为 √ᾱ"),
        (lambda a, _: 1, lambda a, _: 1, "x0 and eps are simply added; each needs its factor", "只是把 x0 与 eps 相加；两者各有系数"),
        (lambda a, _: _root(a), lambda a, _: 1, "eps has no factor; it is √(1 − ᾱ)", "eps 没有系数；应为 √(1 − ᾱ)"),
        (lambda _, alpha: _root(alpha), lambda _, alpha: _root(1 - alpha), "this is one step, with α and β of t alone; the jump uses ᾱ, the product of all", "这是走一步，用的是单个 t 的 α 与 β；跳跃要用连乘的 ᾱ"),
        (lambda a, _: _root(a), lambda _, alpha: _root(1 - alpha), "the noise is that of one step, √β; the jump's is √(1 − ᾱ)", "噪声只是一步的 √β；跳跃的是 √(1 − ᾱ)"),
        (lambda a, _: _root(a), lambda _, alpha: 1 - alpha, "the noise is scaled by β; the jump's factor is √(1 − ᾱ)", "噪声乘的是 β；跳跃的系数是 √(1 − ᾱ)"),
        (lambda a, _: _root(a), lambda a, _: -_root(1 - a), "the noise is subtracted; the forward process adds it", "噪声被减去了；前向过程是加上它"),
        (lambda a, _: _root(a), lambda a, _: 0, "there is no noise in it: this is the mean of x_t", "里面没有噪声：这只是 x_t 的均值"),
    )
] + [
    Mistake(lambda schedule, x0, t, eps: schedule.signal[t] * x0 + schedule.beta[: t + 1].sum().sqrt() * eps, "the β of all steps are added; each step also shrinks the noise that is there already", "把各步的 β 加了起来；每一步也会缩小已有的噪声"),
    Mistake(_shifted(-1), "t is one too small: here t counts from 0, the clean image", "t 小了 1：这里 t = 0 是干净图像"),
    Mistake(_shifted(1), "t is one too large", "t 大了 1"),
]  # fmt: skip
