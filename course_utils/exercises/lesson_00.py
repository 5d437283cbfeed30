"""Lesson 00, Start here: its exercises and its question.

第 00 课“从这里开始”的练习与题目。
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils import plots, schedules
from course_utils.data import digits
from course_utils.exercises import Exercise, Question
from course_utils.exercises.judging import Mistake, asked_number, judge_function
from course_utils.language import Said
from course_utils.schedules import Schedule

MYSTERY = 1004


def mystery() -> Tensor:
    """The digit that lesson 00 hides under noise, (1, 1, 8, 8). 第 00 课藏在噪声里的数字。"""
    return digits().x[MYSTERY : MYSTERY + 1]


def jump(schedule: Schedule, x0: Tensor, t: int, eps: Tensor) -> Tensor:
    """The forward jump, with the noise given. 给定噪声的前向跳跃。"""
    return schedule.signal(t) * x0 + schedule.noise(t) * eps


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
    Mistake(_shifted(-1), "t is one too small: here t counts from 0, the clean image", "t 小了 1：这里 t = 0 是干净图像"),
    Mistake(_shifted(1), "t is one too large", "t 大了 1"),
]  # fmt: skip


def judge_jump(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's forward jump, or None. 读者的前向跳跃错在哪里；正确时为 None。"""
    cases = []
    for schedule in (schedules.cosine(), schedules.linear(300), schedules.raw_quadratic(50)):
        for shape, dtype in (((4, 1, 8, 8), torch.float32), ((3, 2), torch.float64), ((1, 3, 5, 7), torch.float32)):
            for t in (schedule.T // 2, 1, schedule.T):
                x0 = torch.rand(shape, generator=generator, dtype=dtype) * 2 - 1
                eps = torch.randn(shape, generator=generator, dtype=dtype)
                cases.append({"schedule": schedule, "x0": x0, "t": t, "eps": eps})
    return judge_function(answer, jump, cases, JUMP_MISTAKES)


def hidden_digit() -> int:
    """The label of the hidden digit. 藏着的数字的标签。"""
    return int(digits().y[MYSTERY])


def judge_mystery(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the hidden digit? 是不是藏着的那个数字？"""
    digit, fault = asked_number(answer, 0, 9)
    if fault is not None:
        return fault
    if digit != hidden_digit():
        return f"{digit} is not it; move t further down", f"不是 {digit}；把 t 再往下调"
    return None


def half_noise() -> int:
    """The option nearest to the t at which alpha_bar of the linear schedule is 1/2. 最接近线性调度半衰点的选项。"""
    t = int((schedules.linear().alpha_bar - 0.5).abs().argmin())
    return min(range(4), key=lambda i: abs((100, 250, 500, 750)[i] - t))


EXERCISES = {
    "mystery": Exercise(
        reference=hidden_digit(),
        judge=judge_mystery,
        hints=(
            (
                "Read the blue share of the bar: around a half, big shapes begin to show.",
                "看色条的蓝色占比：到一半左右，大的轮廓就开始显现。",
            ),
            (
                "Half-close your eyes, or step back: that averages the noise away.",
                "眯起眼，或离远一点：这样能把噪声平均掉。",
            ),
            ("At t = 0 there is no noise at all.", "t = 0 时完全没有噪声。"),
        ),
    ),
    "jump": Exercise(
        reference=jump,
        judge=judge_jump,
        hints=(
            (
                "x_t is x0 made smaller, plus eps made smaller. Both factors depend on t alone.",
                "x_t 是缩小了的 x0，加上缩小了的 eps。两个系数都只取决于 t。",
            ),
            (
                "The factors are square roots, and their squares add up to 1: ᾱ_t and 1 − ᾱ_t.",
                "两个系数都是平方根，平方之和为 1：ᾱ_t 与 1 − ᾱ_t。",
            ),
            (
                "`schedule.signal(t)` is √ᾱ_t and `schedule.noise(t)` is √(1 − ᾱ_t).",
                "`schedule.signal(t)` 就是 √ᾱ_t，`schedule.noise(t)` 就是 √(1 − ᾱ_t)。",
            ),
        ),
    ),
}

QUESTIONS = {
    "half": Question(
        text=(
            "The linear schedule takes a digit to pure noise in 1000 steps. "
            "At which t is ᾱ_t = 1/2, that is, image and noise in equal shares?",
            "线性调度用 1000 步把数字变成纯噪声。在哪个 t，ᾱ_t = 1/2，即图像与噪声各占一半？",
        ),
        options=(
            ("about t = 100", "约 t = 100"),
            ("about t = 250", "约 t = 250"),
            ("about t = 500", "约 t = 500"),
            ("about t = 750", "约 t = 750"),
        ),
        answer=half_noise,
        why=(
            "Each step keeps a share of what is left, and these shares multiply: after about a quarter of the steps "
            "half of the image's share is gone, and the other three quarters work on what is mostly noise.",
            "每一步只留下剩余部分的一份，这些份额是连乘的：大约走了四分之一的步数，图像就只剩一半；其余四分之三的步数面对的，大半是噪声。",
        ),
        figure=lambda: plots.curves(
            {
                "share": {
                    r"$\bar\alpha_t$": schedules.linear().alpha_bar,
                    r"$1-\bar\alpha_t$": 1 - schedules.linear().alpha_bar,
                }
            }
        ),
    ),
}
