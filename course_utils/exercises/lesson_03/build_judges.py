"""Judges of the piece of lesson 03: a variance-exploding process, part by part.

第 03 课那件作业的评判：方差爆炸过程，逐部分评判。

The truth is the package's own process: x_t over √(1 + σ_t²) is a variance-preserving one, whose posterior is known.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.factors import fitted
from course_utils.exercises.judging import BLANK, Mistake, judge_function
from course_utils.exercises.lesson_03.build_mistakes import (
    JUMP_MISTAKES,
    MEAN_MISTAKES,
    STEP_MISTAKES,
    TWIN_MISTAKES,
    VARIANCE_MISTAKES,
)
from course_utils.forward import Posterior, posterior_weights
from course_utils.language import Said
from course_utils.schedules import Schedule

SHAPES = (((4, 1, 6, 6), torch.float32), ((3, 2), torch.float64), ((1, 3, 5, 4), torch.float32))
Case = dict[str, Any]


def alpha_bar_of(sigma: Tensor) -> Tensor:
    """The ᾱ whose signal-to-noise ratio is 1/σ². 信噪比为 1/σ² 的 ᾱ。"""
    return torch.sigmoid(-2 * sigma.log())


def exact(sigma: Tensor, xt: Tensor, t: int, x0: Tensor, s: int) -> Posterior:
    """The posterior of the exploding process, from the package's for x_t times √ᾱ_t. 由包里的后验换算得到。"""
    schedule = Schedule(alpha_bar_of(sigma))
    of_x0, of_xt, variance = posterior_weights(schedule, t, s)
    mean = of_x0 * x0 + of_xt * (schedule.signal[t] * xt)
    return Posterior(mean / schedule.signal[s], variance / schedule.alpha_bar[s])


def levels(generator: torch.Generator) -> Tensor:
    """σ from 0 up to something between 3 and 60, in 5 to 10 uneven steps. 从 0 升到 3 至 60 的 σ，5 到 10 步，步子不等。"""
    steps = torch.rand(int(torch.randint(5, 11, (), generator=generator)), generator=generator).double() + 0.1
    top = 3 * 20 ** float(torch.rand((), generator=generator))
    return torch.cat([torch.zeros(1).double(), 0.05 * (top / 0.05) ** (steps.cumsum(0) / steps.sum())])


def _drawn(names: Sequence[str], generator: torch.Generator, first: int | None = None) -> list[Case]:
    """Trials: sigma, and by their names tensors and s < t, not always neighbours; s is `first` where that is given."""
    cases = []
    for i, (shape, dtype) in enumerate(SHAPES):
        sigma = levels(generator)
        low = int(torch.randint(1, len(sigma) - 2, (), generator=generator)) if first is None else first
        high = int(torch.randint(low + 1 + i % 2, len(sigma), (), generator=generator))
        given = {"s": low, "t": high}
        for name in names:
            if name not in given:
                given[name] = torch.randn(shape, generator=generator, dtype=dtype)
        cases.append({"sigma": sigma} | {name: given[name] for name in names})
    return cases


def asked(answer: Callable, method: str, sigma: Tensor, *given: Any) -> Any:
    """What a method of the reader's process returns. 读者的过程的某个方法返回什么。"""
    return getattr(answer(sigma), method)(*given)


def tried(answer: Callable, method: str, case: Case) -> Any:
    """The same with copies of a trial's arguments. 同上，用的是参数的副本。"""
    return asked(answer, method, *deepcopy(case).values())


def unfit(answer: Callable, method: str, case: Case) -> Said | None:
    """What is wrong before anything is compared: no class, no such method, nothing returned. 比较之前就看得出的毛病。

    Whatever the method raises here is said once for all parts.
    """
    if not isinstance(answer, type):
        try:
            blank = answer(case["sigma"]) in (None, ...)
        except (Exception, SystemExit, GeneratorExit):
            blank = False
        return BLANK if blank else ("give a class with the methods of the task", "请给一个类，带有题目所列的方法")
    if not callable(getattr(answer, method, None)):
        return f"there is no method `{method}`", f"没有方法 `{method}`"
    given = tried(answer, method, case)
    return BLANK if given is None or given is ... else None


def _jumped(sigma: Tensor, x0: Tensor, t: int, eps: Tensor) -> Tensor:
    return x0 + sigma[t] * eps


def _stepped(sigma: Tensor, xs: Tensor, s: int, t: int, eps: Tensor) -> Tensor:
    return xs + (sigma[t] ** 2 - sigma[s] ** 2).sqrt() * eps


def judge_forward(answer: Callable, generator: torch.Generator) -> Said | None:
    """Do the jump, and the step that makes up what a jump to s lacks, hold? 跳跃，以及补足余下噪声的一步，是否成立？"""
    jumps, names = _drawn(("x0", "t", "eps"), generator), ("xs", "s", "t", "eps")
    steps, from_0 = _drawn(names, generator), _drawn(names, generator, first=0)
    for method, truth, cases in (("jump", _jumped, jumps), ("step", _stepped, steps), ("step", _stepped, from_0)):
        fault = unfit(answer, method, cases[0])
        if fault is not None:
            return fault
        fault = judge_function(
            partial(asked, answer, method), truth, cases, STEP_MISTAKES if method == "step" else JUMP_MISTAKES
        )
        if fault is not None:
            return f"`{method}`: {fault[0]}", f"`{method}`：{fault[1]}"
    return None


def _pair(answer: Callable, case: Case) -> Said | None:
    """Is it a mean and a variance, in this order?"""
    fault = unfit(answer, "posterior", case)
    if fault is not None:
        return fault
    given = tried(answer, "posterior", case)
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
    middle, end = _drawn(names, generator), _drawn(names, generator, first=0)

    def given(*case: Any) -> Any:
        return of(asked(answer, "posterior", *case))

    def truth(*case: Any) -> Any:
        return of(exact(*case))

    fault = _pair(answer, middle[0])
    fault = fault or judge_function(given, truth, middle, mistakes, explain=partial(explain, truth, middle))
    if fault is None and (there := judge_function(given, truth, end, mistakes)):
        return f"it is right in between, but not at s = 0: {there[0]}", f"中间都对，但 s = 0 时不对：{there[1]}"
    return fault


def _weights_told(truth: Callable, cases: Sequence[Case], given: Callable) -> Said | None:
    """Which weights a wrong mean has, and which the right one, in numbers."""
    case = cases[1]
    terms = [{"xt": case["xt"], "x0": case["x0"]}]
    found = fitted(terms, [given(*case.values())], number=False)
    if found is None:
        return None
    mine, right = found[0].tolist(), fitted(terms, [truth(*case.values())], number=False)[0].tolist()
    where = f"σ_s = {case['sigma'][case['s']]:.3g}, σ_t = {case['sigma'][case['t']]:.3g}"
    mine, right = (f"{of_xt:.3f} x_t + {of_x0:.3f} x_0" for of_xt, of_x0 in (mine, right))
    return f"with {where} it is {mine}; Bayes' rule gives {right}", f"{where} 时它是 {mine}；贝叶斯公式给出 {right}"


def judge_mean(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is the mean that of Bayes' rule? 均值是否就是贝叶斯公式给出的？"""
    return _judged(answer, generator, lambda pair: pair[0], MEAN_MISTAKES, _weights_told)


def judge_variance(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is the variance that of Bayes' rule? 方差是否就是贝叶斯公式给出的？"""
    return _judged(answer, generator, lambda pair: _single(pair[1]), VARIANCE_MISTAKES, lambda *_: None)


def _single(value: Any) -> Any:
    """A number; one where a whole tensor says the same everywhere."""
    if isinstance(value, Tensor) and value.numel() and bool((value == value.flatten()[0]).all()):
        value = value.flatten()[0]
    return float(value) if isinstance(value, Tensor) and value.numel() == 1 else value


def judge_twin(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is the process, scaled, that of this ᾱ? 过程缩放之后，ᾱ 是否就是它？"""
    cases = [{"sigma": levels(generator)} for _ in range(3)]
    fault = unfit(answer, "twin", cases[0])
    return fault or judge_function(partial(asked, answer, "twin"), alpha_bar_of, cases, TWIN_MISTAKES)
