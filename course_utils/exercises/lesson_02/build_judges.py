"""Judges of a forward process of the reader's own, part by part, none of which asks whether another holds.

评判读者自己的前向过程：逐部分评判，哪一部分都不管别的部分是否成立。
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.factors import changed, fitted, of_one_step, wrong_factors
from course_utils.exercises.judging import Mistake, called, describe, judge_function
from course_utils.exercises.lesson_02.build_asking import Case, asked, cases_at, misshapen, one_of_two
from course_utils.exercises.lesson_02.build_mistakes import (
    BETWEEN_MISTAKES,
    MEAN_MISTAKES,
    SWAPPED,
    VARIANCE_MISTAKES,
    between,
    negative_root,
)
from course_utils.forward import posterior
from course_utils.language import Said
from course_utils.schedules import Schedule

LENIENT = 1e-4  # other right formulas divide by a small alpha_T and lose digits in float32


def jump(schedule: Schedule, x0: Tensor, t: int, eps: Tensor) -> Tensor:
    """The jump from x_0 to x_t. 从 x_0 到 x_t 的跳跃。"""
    return schedule.signal[t] * x0 + schedule.noise[t] * eps


def mean(schedule: Schedule, xt: Tensor, t: int, x0: Tensor) -> Tensor:
    """The mean of x_{t-1}, given x_t and x_0. 给定 x_t 与 x_0，x_{t-1} 的均值。"""
    return posterior(schedule, xt, t, x0).mean


def variance(schedule: Schedule, xt: Tensor, t: int, x0: Tensor) -> Tensor:
    """Its variance, in the shape of xt. 它的方差，形状与 xt 相同。"""
    return posterior(schedule, xt, t, x0).variance.expand_as(xt)


def _any_t(T: int, generator: torch.Generator) -> list[Case]:
    return [{"t": int(t)} for t in torch.randint(T // 4, T * 3 // 4, (3,), generator=generator)]


def judge_jump(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's jump, in the middle, then at the ends; or None. 跳跃错在哪里，先看中间，再看两端。"""
    names, function = ("x0", "t", "eps"), asked(answer, "jump")
    inner = cases_at(names, lambda T: _any_t(T, generator), generator)
    explain = partial(wrong_factors, formula=of_one_step(jump, *names), generator=generator)
    fault = misshapen(answer, "jump", inner[0]) or judge_function(function, jump, inner, explain=explain)
    ends = cases_at(names, lambda T: ({"t": 0}, {"t": 1}, {"t": T}), generator)
    return fault or judge_function(function, jump, ends)


def judge_between(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's jump from any s to any t, or None. 从任意 s 到任意 t 的跳跃错在哪里；正确时为 None。"""

    def draw(T: int) -> list[Case]:
        pairs = torch.stack(
            [torch.randint(low, low + T // 3, (3,), generator=generator) for low in (T // 5, T * 3 // 5)]
        )
        return [{"s": int(s), "t": int(t)} for s, t in pairs.T]

    names, function = ("xs", "s", "t", "eps"), asked(answer, "between")
    inner = cases_at(names, draw, generator)
    explain = partial(_between_explained, cases=doubled(inner))
    fault = misshapen(answer, "between", inner[0]) or judge_function(
        function, between, inner, BETWEEN_MISTAKES, explain=explain
    )
    ends = cases_at(names, lambda T: ({"s": 0, "t": T}, {"s": T // 2, "t": T // 2 + 1}, {"s": 1, "t": 1}), generator)
    return fault or judge_function(function, between, ends)


def doubled(cases: Sequence[Case]) -> list[Case]:
    """The same trials in float64. 同样的试验，双精度。"""
    wide = lambda x: x.double() if isinstance(x, Tensor) else x  # noqa: E731
    return [{name: wide(value) for name, value in case.items()} for case in cases]


def factors_of(function: Callable, cases: Sequence[Case], truth: Callable, *names: str) -> tuple[Any, Said | None]:
    """The factors of two tensors in what the reader returns, trial by trial; or how it is no sum of them."""
    given = [called(function, case)[0] for case in cases]
    if not all(isinstance(value, Tensor) and value.shape == case[names[0]].shape and bool(value.isfinite().all()) for value, case in zip(given, cases, strict=True)):  # fmt: skip
        return None, None
    terms = [{name: case[name] for name in names} for case in cases]
    found = fitted(terms, given, number=False)
    return found, None if found is not None else changed(terms, given, [truth(*case.values()) for case in cases])


def times_of(case: Case) -> str:
    """T, s and t of a trial in symbols. 用符号写出一次试验的 T、s 与 t。"""
    return describe({name: value for name, value in case.items() if not isinstance(value, Tensor)})


def _between_explained(function: Callable, *, cases: Sequence[Case]) -> Said | None:
    """Which of the two factors breaks which promise. 哪个系数违背了哪条承诺。"""
    found, fault = factors_of(function, cases, between, "xs", "eps")
    if found is None:
        return fault or negative_root([called(function, case)[0] for case in cases])
    for (signal, noise), case in zip(found.tolist(), cases, strict=True):
        a_s, a_t = (float(case["schedule"].alpha_bar[case[k]]) for k in ("s", "t"))
        where, left, width = times_of(case), signal * a_s**0.5, (signal**2 * (1 - a_s) + noise**2) ** 0.5
        if abs(left - a_t**0.5) > 1e-5:
            return (
                f"the factor of xs: with {where} it leaves {left:.3f} of x_0, and √ᾱ_t is {a_t**0.5:.3f}",
                f"xs 的系数不对：{where} 时，它让 x_0 剩下 {left:.3f}，而 √ᾱ_t 是 {a_t**0.5:.3f}",
            )
        if abs(width - (1 - a_t) ** 0.5) > 1e-5:
            return (
                f"the factor of eps: with {where} the noise of x_s and yours make a width of {width:.3f} together, and "
                f"√(1 − ᾱ_t) is {(1 - a_t) ** 0.5:.3f}",
                f"eps 的系数不对：{where} 时，x_s 里的噪声与你加的合起来，宽度是 {width:.3f}，"
                f"而 √(1 − ᾱ_t) 是 {(1 - a_t) ** 0.5:.3f}",
            )
    return "the sign of eps: the noise is added", "eps 的符号反了：噪声是加上去的"


def _judge_of_two(i: int, truth: Callable, mistakes: Sequence[Mistake]) -> Callable:
    """Judge one of the two that `posterior` returns: from t = 2 on, where a mistake is named, then at t = 1."""
    names, near = ("xt", "t", "x0"), (LENIENT, 1e-6)[i]

    def judge(answer: Callable, generator: torch.Generator) -> Said | None:
        inner, function = cases_at(names, lambda T: _any_t(T, generator), generator), one_of_two(answer, i)
        late = cases_at(names, lambda T: ({"t": T}, {"t": T - 1}, {"t": 2}), generator)
        first = cases_at(names, lambda T: ({"t": 1},), generator)
        explain = partial((_mean_explained, _variance_explained)[i], cases=(doubled(inner), inner)[i])
        return (
            misshapen(answer, "posterior", inner[0])
            or judge_function(function, truth, inner, mistakes, near, explain=explain)
            or judge_function(function, truth, late, (), 10 * LENIENT)
            or _at_the_start(function, first[0], judge_function(function, truth, first, (), near), ("x_0", "0")[i])
        )

    return judge


def _at_the_start(function: Callable, case: Case, fault: Said | None, wanted: str) -> Said | None:
    """What is wrong at t = 1, where a fault has causes of its own, and no variance may be below 0."""
    given = called(function, case)[0]
    if not isinstance(given, Tensor):
        return fault
    if fault is None and wanted == "0" and bool((given < 0).any()):
        return "at t = 1 it is below 0, by rounding; it must be exactly 0", "t = 1 时它小于 0，是舍入所致；必须恰好是 0"
    if fault is None and wanted == "0" and bool((given > 1e-12).any()):
        left = float(given.max())
        return (
            f"at t = 1 it is {left:.1g}, and must be exactly 0: keep no small number there against a division by 0, but "
            "find a form that does not divide by it",
            f"t = 1 时它是 {left:.1g}，而必须恰好是 0：别用一个小数来躲开除以 0，请换成不除以它的写法",
        )
    if fault is None:
        return None
    if not bool(given.isfinite().all()):
        return (
            f"it is right from t = 2 on, but at t = 1 it is nan or inf: the variance 1 − ᾱ_0 is 0, and something is "
            f"divided by it. There it must be {wanted}",
            f"从 t = 2 起都对，但 t = 1 时得到 nan 或 inf：方差 1 − ᾱ_0 是 0，却除以了它。那里应当是 {wanted}",
        )
    return (
        f"it is right from t = 2 on, but not at t = 1. There it must be {wanted}, as x_0 is known",
        f"从 t = 2 起都对，但 t = 1 时不对。那里应当是 {wanted}，因为 x_0 是已知的",
    )


def _mean_explained(function: Callable, *, cases: Sequence[Case]) -> Said | None:
    """Is it wrong already where there is no noise, or only in how the two are weighted? 没有噪声时就错，还是只错在权重？"""
    found, fault = factors_of(function, cases, mean, "xt", "x0")
    if found is None:
        return fault
    for (of_xt, of_x0), case in zip(found.tolist(), cases, strict=True):
        schedule, t = case["schedule"], case["t"]
        given, wanted = of_xt * float(schedule.signal[t]) + of_x0, float(schedule.signal[t - 1])
        if abs(given - wanted) > 1e-5:
            return (
                f"let both witnesses agree, x_t = √ᾱ_t x_0: then it must be √ᾱ_{{t−1}} x_0, with {times_of(case)} "
                f"{wanted:.3f} x_0, and it is {given:.3f} x_0",
                f"让两个证人说法一致，x_t = √ᾱ_t x_0：这时应当得到 √ᾱ_{{t−1}} x_0，{times_of(case)} 时是 {wanted:.3f} x_0，"
                f"它却是 {given:.3f} x_0",
            )
    return (
        "where both witnesses agree, x_t = √ᾱ_t x_0, it is right; where they do not, they are weighted wrongly: each by "
        "one over its own variance",
        "两个证人说法一致（x_t = √ᾱ_t x_0）时，它是对的；不一致时，权重不对：应各以自己方差的倒数为权重",
    )


def _variance_explained(function: Callable, *, cases: Sequence[Case]) -> Said | None:
    """Is it the mean? 它是不是均值？"""
    return SWAPPED if judge_function(function, mean, cases, (), LENIENT) is None else None


judge_mean = _judge_of_two(0, mean, MEAN_MISTAKES)
judge_variance = _judge_of_two(1, variance, VARIANCE_MISTAKES)
