"""Lesson 00, Start here: its exercises and its question.

第 00 课“从这里开始”的练习与题目。
"""

from collections.abc import Callable
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.data import digits
from course_utils.exercises import BLANK, Exercise, Question
from course_utils.language import Said
from course_utils.schedules import Schedule

MYSTERY = 1004


def mystery() -> Tensor:
    """The digit that lesson 00 hides under noise, (1, 1, 8, 8). 第 00 课藏在噪声里的数字。"""
    return digits().x[MYSTERY : MYSTERY + 1]


def jump(schedule: Schedule, x0: Tensor, t: int, eps: Tensor) -> Tensor:
    """The forward jump, with the noise given. 给定噪声的前向跳跃。"""
    return schedule.signal(t) * x0 + schedule.noise(t) * eps


def judge_jump(answer: Callable) -> Said | None:
    """What is wrong with a reader's forward jump, or None. 读者的前向跳跃错在哪里；正确时为 None。"""
    generator = torch.Generator()
    generator.seed()  # fresh each time, and the reader's own torch.manual_seed stays as it was
    for schedule in (schedules.cosine(), schedules.linear(300), schedules.raw_quadratic(50)):
        for shape, dtype in (((4, 1, 8, 8), torch.float32), ((3, 2), torch.float64), ((1, 3, 5, 7), torch.float32)):
            for t in (schedule.T // 2, 1, schedule.T):
                x0 = torch.rand(shape, generator=generator, dtype=dtype) * 2 - 1
                eps = torch.randn(shape, generator=generator, dtype=dtype)
                fault = _judge_one_jump(answer, schedule, x0, t, eps)
                if fault is not None:
                    return fault
    return None


def _judge_one_jump(answer: Callable, schedule: Schedule, x0: Tensor, t: int, eps: Tensor) -> Said | None:
    given_x0, given_eps = x0.clone(), eps.clone()
    xt = answer(schedule, given_x0, t, given_eps)
    if xt is None:
        return BLANK
    if not isinstance(xt, Tensor):
        kind = type(xt).__name__
        return f"it returns a {kind}; return the tensor x_t alone", f"返回的是 {kind}；请只返回张量 x_t"
    if not (torch.equal(given_x0, x0) and torch.equal(given_eps, eps)):
        return (
            "it changes x0 or eps itself; write `a * x0`, not `x0 *= a`, so that the caller's images stay clean",
            "它改动了 x0 或 eps 本身；请写 `a * x0` 而不是 `x0 *= a`，别弄脏调用者的图像",
        )
    if xt.shape != x0.shape or xt.dtype != x0.dtype:
        given, wanted = f"{tuple(xt.shape)} {xt.dtype}", f"{tuple(x0.shape)} {x0.dtype}"
        return (
            f"x_t has shape and type {given}; it should be like x0, {wanted}",
            f"x_t 的形状与类型是 {given}；应当与 x0 一致，即 {wanted}",
        )
    alpha_bar = float(schedule.alpha_bar[t])
    exact = alpha_bar**0.5 * x0.double() + (1 - alpha_bar) ** 0.5 * eps.double()
    if _close(xt, exact):
        return None
    if not bool(xt.isfinite().all()):
        return "some of its values are not finite (nan or inf)", "其中有些值不是有限数（nan 或 inf）"
    again = answer(schedule, x0.clone(), t, eps.clone())
    if not torch.equal(again, xt):
        return (
            "it draws noise of its own: two calls with the same eps differ. Use the eps that is handed in",
            "它自己另抽了噪声：同样的 eps 调用两次，结果却不同。请用传进来的 eps",
        )
    named = _misconception(xt, schedule, x0.double(), t, eps.double())
    if named is not None:
        return named
    worst = float((xt - exact).abs().max())
    return (
        f"at t = {t} of {schedule.T} the answer is off by up to {worst:.2g}",
        f"在 t = {t}（共 {schedule.T} 步）处，结果最多偏了 {worst:.2g}",
    )


def _misconception(xt: Tensor, schedule: Schedule, x0: Tensor, t: int, eps: Tensor) -> Said | None:
    """The name of a common mistake that gives exactly this x_t, if there is one."""
    a, before = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[t - 1])
    alpha, beta = float(schedule.alpha[t]), float(schedule.beta[t])
    after = float(schedule.alpha_bar[min(t + 1, schedule.T)])
    common = {
        (a, 1 - a): ("both square roots are missing: ᾱ for √ᾱ, 1 − ᾱ for √(1 − ᾱ)", "两个平方根都漏了：应为 √ᾱ 与 √(1 − ᾱ)"),
        (a, (1 - a) ** 0.5): ("it scales x0 by ᾱ; the factor is √ᾱ", "x0 乘的是 ᾱ；系数应为 √ᾱ"),
        (a**0.5, 1 - a): ("it scales eps by 1 − ᾱ, a variance; the factor is √(1 − ᾱ)", "eps 乘的是方差 1 − ᾱ；系数应为 √(1 − ᾱ)"),
        (a**0.5, 1 - a**0.5): ("it scales eps by 1 − √ᾱ; the squares of the two factors add up to 1, not the factors", "eps 乘的是 1 − √ᾱ；相加为 1 的是两个系数的平方，不是系数本身"),
        ((1 - a) ** 0.5, a**0.5): ("signal and noise are swapped", "信号与噪声的系数写反了"),
        (1.0, (1 - a) ** 0.5): ("x0 is not scaled down; its factor is √ᾱ", "x0 没有缩小；系数应为 √ᾱ"),
        (1.0, 1.0): ("x0 and eps are simply added; each needs its factor", "只是把 x0 与 eps 相加；两者各有系数"),
        (a**0.5, 1.0): ("eps has no factor; it is √(1 − ᾱ)", "eps 没有系数；应为 √(1 − ᾱ)"),
        (alpha**0.5, beta**0.5): ("this is one step, with α and β of t alone; the jump uses ᾱ, the product of all", "这是走一步，用的是单个 t 的 α 与 β；跳跃要用连乘的 ᾱ"),
        (a**0.5, beta**0.5): ("the noise is that of one step, √β; the jump's is √(1 − ᾱ)", "噪声只是一步的 √β；跳跃的是 √(1 − ᾱ)"),
        (a**0.5, beta): ("the noise is scaled by β; the jump's factor is √(1 − ᾱ)", "噪声乘的是 β；跳跃的系数是 √(1 − ᾱ)"),
        (a**0.5, -((1 - a) ** 0.5)): ("the noise is subtracted; the forward process adds it", "噪声被减去了；前向过程是加上它"),
        (a**0.5, 0.0): ("there is no noise in it: this is the mean of x_t", "里面没有噪声：这只是 x_t 的均值"),
        (before**0.5, (1 - before) ** 0.5): ("t is one too small: here t counts from 0, the clean image", "t 小了 1：这里 t = 0 是干净图像"),
        (after**0.5, (1 - after) ** 0.5): ("t is one too large", "t 大了 1"),
    }  # fmt: skip
    for (signal, noise), name in common.items():
        if _close(xt, signal * x0 + noise * eps):
            return name
    return None


def _close(given: Tensor, exact: Tensor) -> bool:
    # Loose enough for factors in float32: 1 - ᾱ has few digits left there when ᾱ is nearly 1.
    return bool(torch.allclose(given.double(), exact, rtol=0, atol=1e-5))


def hidden_digit() -> int:
    """The label of the hidden digit. 藏着的数字的标签。"""
    return int(digits().y[MYSTERY])


def judge_mystery(answer: Any) -> Said | None:
    """Is it the hidden digit? 是不是藏着的那个数字？"""
    if answer is None:
        return BLANK
    number = answer.item() if isinstance(answer, Tensor) and answer.numel() == 1 else answer
    if isinstance(number, bool) or not isinstance(number, Real) or number not in range(10):
        given = repr(answer) if len(repr(answer)) < 40 else type(answer).__name__
        return f"{given} is no digit; give a whole number from 0 to 9", f"{given} 不是数字；请给 0 到 9 的整数"
    if number != hidden_digit():
        return f"{int(number)} is not it; move t further down", f"不是 {int(number)}；把 t 再往下调"
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
    ),
}
