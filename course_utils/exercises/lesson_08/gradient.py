"""Exercise 08.gradient: what the gradient of log p(y | x_t) does to a guess of x_0.

练习 08.gradient：log p(y | x_t) 的梯度怎样改变对 x_0 的猜测。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.coefficients import At
from course_utils.exercises.factors import of_one_step, wrong_factors
from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said
from course_utils.schedules import Schedule

SHAPES = (((3, 2), torch.float64), ((2, 1, 4, 4), torch.float32), ((1, 3, 2, 5), torch.float64))


def led(schedule: Schedule, xt: Tensor, t: int, x0_hat: Tensor, gradient: Tensor) -> Tensor:
    """The guess with the label, from that without it and the gradient of log p(y | x_t). 由无标签的猜测与梯度得到有标签的猜测。"""
    alpha_bar = schedule.alpha_bar[t]
    return x0_hat + (1 - alpha_bar) / alpha_bar.sqrt() * gradient


def _moved(
    factor: Callable[[At], Any], start: Callable[[At, Tensor, Tensor], Tensor] = lambda at, xt, x0_hat: x0_hat
) -> Callable[..., Tensor]:
    """`led` with another factor of the gradient, or another tensor to begin from."""

    def gives(schedule: Schedule, xt: Tensor, t: int, x0_hat: Tensor, gradient: Tensor) -> Tensor:
        at = At(schedule, t)
        return start(at, xt, x0_hat) + factor(at) * gradient

    return gives


def _reach(at: At) -> Tensor:
    return (1 - at.a) / at.signal


def _eps(at: At, xt: Tensor, x0_hat: Tensor) -> Tensor:
    return (xt - at.signal * x0_hat) / at.noise


GRADIENT_MISTAKES = [
    Mistake(_moved(factor, *start), en, zh)
    for factor, *start, en, zh in (
        (lambda at: -_reach(at), "the sign: the gradient points to where the label is likelier, so it is added; subtracted it would be from ε̂", "符号反了：梯度指向标签更可能的地方，应当加上；减去它，那是对 ε̂ 的做法"),
        (lambda at: -at.noise, "this is what the gradient does to ε̂, done to x̂_0: go from one to the other by x_t = √ᾱ_t x̂_0 + √(1 − ᾱ_t) ε̂", "这是梯度对 ε̂ 的改动，却用到了 x̂_0 上：两者要由 x_t = √ᾱ_t x̂_0 + √(1 − ᾱ_t) ε̂ 换算"),
        (lambda at: at.noise, "√(1 − ᾱ_t) leads from a score to ε̂; on to x̂_0 there comes a second √(1 − ᾱ_t), and a division by √ᾱ_t", "√(1 − ᾱ_t) 只把得分换成 ε̂；再换成 x̂_0，还要乘一个 √(1 − ᾱ_t)，并除以 √ᾱ_t"),
        (lambda at: at.noise / at.signal, "one √(1 − ᾱ_t) is missing: the score becomes ε̂ by one, and ε̂ becomes x̂_0 by another", "少了一个 √(1 − ᾱ_t)：得分换成 ε̂ 要乘一个，ε̂ 换成 x̂_0 还要乘一个"),
        (lambda at: 1 - at.a, "the division by √ᾱ_t is missing: x_t holds x̂_0 times √ᾱ_t", "漏了除以 √ᾱ_t：x_t 里的 x̂_0 乘着 √ᾱ_t"),
        (lambda at: 1 / at.signal, "the factor 1 − ᾱ_t is missing: the less noise, the less is left to be decided by the label", "漏了系数 1 − ᾱ_t：噪声越少，留给标签决定的也越少"),
        (lambda at: 1, "the gradient has no factor; write down the score with x̂_0 in it, and solve for x̂_0", "梯度没有乘系数；先用 x̂_0 写出得分，再解出 x̂_0"),
        (lambda at: (1 - at.a) / at.a, "it divides by ᾱ_t, as if the gradient were one in x_0; it is one in x_t, and x_t holds x̂_0 times √ᾱ_t", "除以了 ᾱ_t，仿佛梯度是对 x_0 求的；它是对 x_t 求的，而 x_t 里的 x̂_0 乘着 √ᾱ_t"),
        (lambda at: at.signal / (1 - at.a), "the factor is upside down", "系数上下颠倒了"),
        (lambda at: at.beta, "β_t is one step's noise; x̂_0 lies behind all of it: 1 − ᾱ_t", "β_t 是一步的噪声；到 x̂_0 隔着全部噪声：1 − ᾱ_t"),
        (lambda at: at.tilde, "this is by how much the mean of one step moves (β̃_t times the gradient); the guess of x_0 moves farther", "这是一步的均值该移动多少（β̃_t 乘梯度）；对 x_0 的猜测移动得更远"),
        (_reach, lambda at, xt, x0_hat: xt / at.signal, "it begins from x_t, and so leaves out the score without the label: only the label speaks", "从 x_t 出发，把无标签的得分丢了：只剩标签在说话"),
        (_reach, lambda at, xt, x0_hat: xt, "it begins from x_t; the guess without the label is x0_hat", "从 x_t 出发了；无标签的猜测是 x0_hat"),
        (_reach, lambda at, xt, x0_hat: 0 * xt, "this is only by how much the guess moves; add it to x0_hat", "这只是猜测的移动量；还要加到 x0_hat 上"),
        (lambda at: 0, "this is the guess without the label, unchanged", "这就是无标签的猜测，原样返回"),
        (lambda at: -at.noise, _eps, "this is ε̂ with the label; its guess of x_0 is asked for", "这是有标签的 ε̂；题目要的是对 x_0 的猜测"),
        (lambda at: 1, lambda at, xt, x0_hat: -_eps(at, xt, x0_hat) / at.noise, "this is the score with the label; turn it back into a guess of x_0", "这是有标签的得分；还要换回对 x_0 的猜测"),
    )
]  # fmt: skip


def judge_gradient(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's use of the gradient, or None. 读者对梯度的用法错在哪里；正确时为 None。"""
    cases = []
    for schedule in (schedules.cosine(300), schedules.linear(200), schedules.raw_quadratic(60)):
        for i, (shape, dtype) in enumerate(SHAPES):
            t = int(torch.randint(2, schedule.T, (), generator=generator))
            xt, x0_hat, gradient = torch.randn(3, *shape, generator=generator, dtype=dtype)
            case = {"schedule": schedule, "xt": xt, "t": (t, 1, schedule.T)[i] if len(cases) > 5 else t}
            cases.append(case | {"x0_hat": x0_hat, "gradient": gradient})
    explain = partial(wrong_factors, formula=of_one_step(led, "xt", "t", "x0_hat", "gradient"), generator=generator)
    return judge_function(answer, led, cases, GRADIENT_MISTAKES, explain=explain)


GRADIENT = Exercise(
    reference=lambda: led,
    judge=judge_gradient,
    hints=(
        (
            "Bayes adds scores, not guesses. Which score does the guess x̂_0 stand for? Write it down, with the label and without.",
            "贝叶斯公式相加的是得分，不是猜测。猜测 x̂_0 对应的得分是什么？有标签、无标签各写一遍。",
        ),
        (
            "The score is (√ᾱ_t x̂_0 − x_t) / (1 − ᾱ_t), with either guess; the two differ by the gradient. x_t drops out.",
            "无论哪个猜测，得分都是 (√ᾱ_t x̂_0 − x_t) / (1 − ᾱ_t)；两者之差就是梯度。x_t 会消掉。",
        ),
        (
            "√ᾱ_t (c − u) / (1 − ᾱ_t) is the gradient. Solve for c, where u is x0_hat and ᾱ_t is `schedule.alpha_bar[t]`.",
            "√ᾱ_t (c − u) / (1 − ᾱ_t) 就是梯度。解出 c；u 即 x0_hat，ᾱ_t 即 `schedule.alpha_bar[t]`。",
        ),
    ),
)
