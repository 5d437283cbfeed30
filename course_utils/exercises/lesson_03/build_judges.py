"""Judges of the piece of lesson 03: a variance-exploding process, part by part.

第 03 课那件作业的评判：方差爆炸过程，逐部分评判。

The truth is the package's own process: x_t over √(1 + σ_t²) is a variance-preserving one, whose posterior is known.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.factors import fitted
from course_utils.exercises.judging import ROUNDED, Mistake, is_named, judge_function
from course_utils.exercises.lesson_03.build_mistakes import (
    JUMP_MISTAKES,
    MEAN_MISTAKES,
    SNR_FOR_TWIN,
    STEP_MISTAKES,
    TWIN_MISTAKES,
    VARIANCE_MISTAKES,
)
from course_utils.exercises.lesson_03.build_trials import Case, asked, drawn, levels, tried, unfit
from course_utils.forward import Posterior, posterior_weights
from course_utils.language import Said
from course_utils.schedules import Schedule


def alpha_bar_of(sigma: Tensor) -> Tensor:
    """The ᾱ whose signal-to-noise ratio is 1/σ². 信噪比为 1/σ² 的 ᾱ。"""
    return torch.sigmoid(-2 * sigma.log())


def exact(sigma: Tensor, xt: Tensor, t: int, x0: Tensor, s: int) -> Posterior:
    """The posterior of the exploding process, from the package's for x_t times √ᾱ_t. 由包里的后验换算得到。"""
    schedule = Schedule(alpha_bar_of(sigma))
    of_x0, of_xt, variance = posterior_weights(schedule, t, s)
    mean = of_x0 * x0 + of_xt * (schedule.signal[t] * xt)
    return Posterior(mean / schedule.signal[s], variance / schedule.alpha_bar[s])


def _jumped(sigma: Tensor, x0: Tensor, t: int, eps: Tensor) -> Tensor:
    return x0 + sigma[t] * eps


def _stepped(sigma: Tensor, xs: Tensor, s: int, t: int, eps: Tensor) -> Tensor:
    return xs + (sigma[t] ** 2 - sigma[s] ** 2).sqrt() * eps


def _named_below_1(truth: Callable, cases: Sequence[Case], mistakes: Sequence[Mistake], given: Callable) -> Said | None:
    """A mistake that gives no number where σ > 1, such as a root of 1 − σ²: it is looked for at small σ."""
    small = torch.linspace(0, 0.9, 4).double()
    cases = [case | {"sigma": small, "t": 3} | ({"s": 1} if "s" in case else {}) for case in cases]
    fault = judge_function(given, truth, cases, mistakes)
    return fault if fault and is_named(fault, mistakes) else None


def with_exact(answer: type, sigma: Tensor) -> type:
    """The reader's class with the right posterior in the place of its own. 读者的类，后验换成正确的。"""
    return type(answer.__name__, (answer,), {"posterior": staticmethod(partial(exact, sigma))})


def judge_forward(answer: Callable, generator: torch.Generator) -> Said | None:
    """Do the jump, and the step that makes up what a jump to s lacks, hold? 跳跃，以及补足余下噪声的一步，是否成立？"""
    jumps, names = drawn(("x0", "t", "eps"), generator), ("xs", "s", "t", "eps")
    steps, from_0 = drawn(names, generator), drawn(names, generator, first=0)
    for method, truth, cases in (("jump", _jumped, jumps), ("step", _stepped, steps), ("step", _stepped, from_0)):
        fault = unfit(answer, method, cases[0])
        if fault is not None:
            return fault
        mistakes = STEP_MISTAKES if method == "step" else JUMP_MISTAKES
        explain = partial(_named_below_1, truth, cases, mistakes)
        fault = judge_function(partial(asked, answer, method), truth, cases, mistakes, explain=explain)
        if fault is not None:
            return f"`{method}`: {fault[0]}", f"`{method}`：{fault[1]}"
    return None


def no_pair(answer: Callable, method: str, case: Case) -> Said | None:
    """What keeps it from being a mean and a variance, in this order. 为什么它不是按此次序的均值与方差。"""
    fault = unfit(answer, method, case)
    if fault is not None:
        return fault
    given = tried(answer, method, case)
    if not isinstance(given, tuple | list) or len(given) != 2:
        return "return two things, `mean, variance`", "请返回两样：`mean, variance`"
    first, second = (torch.as_tensor(part) for part in given)
    if first.numel() == 1 < case["xt"].numel() and second.shape == case["xt"].shape:
        return "the two are in the wrong order; return `mean, variance`", "两样的次序反了；请返回 `mean, variance`"
    return None


def _judged(
    answer: Callable,
    generator: torch.Generator,
    of: Callable[[Any], Any],
    mistakes: Sequence[Mistake],
    explain: Callable,
) -> Said | None:
    """Judge one of the two that a posterior is made of, at s > 0 first."""
    names = ("xt", "t", "x0", "s")
    middle, end = drawn(names, generator), drawn(names, generator, first=0)

    def given(*case: Any) -> Any:
        return of(asked(answer, "posterior", *case))

    def truth(*case: Any) -> Any:
        return of(exact(*case))

    fault = no_pair(answer, "posterior", middle[0])
    fault = fault or judge_function(given, truth, middle, mistakes, explain=partial(explain, truth, middle))
    if fault is None and (there := judge_function(given, truth, end, mistakes)):
        return f"it is right in between, but not at s = 0: {there[0]}", f"中间都对，但 s = 0 时不对：{there[1]}"
    return fault


def _weights_told(truth: Callable, cases: Sequence[Case], given: Callable) -> Said | None:
    """Which weights a wrong mean has, and which the right one, in numbers, in the trial where they are farthest apart."""
    both = [(_weights(given, case), _weights(truth, case), case) for case in cases]
    if any(mine is None for mine, _, _ in both):
        return None
    *weights, case = max(both, key=lambda each: float((each[0] - each[1]).abs().max()))
    where = f"σ_s = {case['sigma'][case['s']]:.3g}, σ_t = {case['sigma'][case['t']]:.3g}"
    mine, right = (f"{of_xt:.3f} x_t + {of_x0:.3f} x_0" for of_xt, of_x0 in map(Tensor.tolist, weights))
    return f"with {where} it is {mine}; Bayes' rule gives {right}", f"{where} 时它是 {mine}；贝叶斯公式给出 {right}"


def _weights(of: Callable, case: Case) -> Tensor | None:
    found = fitted([{"xt": case["xt"], "x0": case["x0"]}], [of(*case.values())], number=False)
    return None if found is None else found[0]


def judge_mean(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is the mean that of Bayes' rule? 均值是否就是贝叶斯公式给出的？"""
    return _judged(answer, generator, lambda pair: pair[0], MEAN_MISTAKES, _weights_told)


def judge_variance(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is the variance that of Bayes' rule? 方差是否就是贝叶斯公式给出的？"""
    return _judged(answer, generator, lambda pair: single(pair[1]), VARIANCE_MISTAKES, lambda *_: None)


def single(value: Any) -> Any:
    """A number; one where a whole tensor says the same everywhere. 一个数；整个张量处处相同时，也取一个。"""
    if isinstance(value, Tensor) and value.numel() and bool((value == value.flatten()[0]).all()):
        value = value.flatten()[0]
    return float(value) if isinstance(value, Tensor) and value.numel() == 1 else value


def judge_twin(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is the process, scaled, that of this ᾱ? 过程缩放之后，ᾱ 是否就是它？"""
    cases = [{"sigma": levels(generator)} for _ in range(3)]
    fault = unfit(answer, "twin", cases[0])
    given, explain = partial(asked, answer, "twin"), partial(_named_above_0, cases)
    fault = fault or judge_function(given, alpha_bar_of, cases, TWIN_MISTAKES, explain=explain)
    return fault or judge_function(given, alpha_bar_of, cases, tolerance=1e-10, explain=lambda _: ROUNDED)


def _named_above_0(cases: Sequence[Case], given: Callable) -> Said | None:
    """What is wrong with all but the first, where the width is 0 and another formula gives no number."""
    fault = judge_function(lambda sigma: given(sigma)[1:], lambda sigma: alpha_bar_of(sigma)[1:], cases, [SNR_FOR_TWIN])
    if fault is None:
        return "it is right but for t = 0: there σ is 0, and ᾱ is 1", "只差 t = 0：那里 σ 是 0，ᾱ 是 1"
    return fault if is_named(fault, [SNR_FOR_TWIN]) else None
