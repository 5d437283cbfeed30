"""The pen-and-paper problem of lesson 03: the posterior mean from v.

第 03 课的纸笔题：由 v 求后验均值。
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.factors import around, changed, fitted
from course_utils.exercises.judging import Mistake, called, judge_function
from course_utils.exercises.symbols import Numbers, formula_of
from course_utils.forward import posterior, x0_from_v
from course_utils.language import Said
from course_utils.schedules import Schedule

TRIALS = (((4, 1, 8, 8), torch.float32), ((3, 2), torch.float64), ((1, 3, 5, 7), torch.float64))


def mean_from_v(a_t: Tensor, a_s: Tensor, xt: Tensor, v: Tensor) -> Tensor:
    """The mean of q(x_{t-1} | x_t, x_0) from v; a_t and a_s are ᾱ_t and ᾱ_{t−1}. 由 v 求 q(x_{t-1} | x_t, x_0) 的均值。"""
    alpha = a_t / a_s
    return alpha.sqrt() * xt - a_s.sqrt() * (1 - alpha) / (1 - a_t).sqrt() * v


def _by_x0(a_t: Tensor, a_s: Tensor, xt: Tensor, v: Tensor) -> Tensor:
    """The truth by brute force: x_0 from v, then the posterior of x_0."""
    alpha_bar = torch.stack([torch.ones_like(a_t), a_s, a_t])
    schedule = Schedule(alpha_bar if a_s < 1 else alpha_bar[1:])
    return posterior(schedule, xt, schedule.T, x0_from_v(schedule, xt, schedule.T, v)).mean


def _drawn(generator: torch.Generator) -> list[dict[str, Any]]:
    cases = []
    for schedule in (schedules.linear(200), schedules.cosine(300), schedules.quadratic(90)):
        for shape, dtype in TRIALS:
            t = int(torch.randint(schedule.T // 8, schedule.T * 7 // 8, (), generator=generator))
            xt, v = torch.randn((2, *shape), generator=generator, dtype=dtype)
            a_t, a_s = schedule.alpha_bar[t].clone(), schedule.alpha_bar[t - 1].clone()
            cases.append({"a_t": a_t, "a_s": a_s, "xt": xt, "v": v})
    return cases


def _doubled(generator: torch.Generator) -> list[dict[str, Any]]:
    """The same in float64 alone, from which factors can be read."""
    return [{name: value.double() for name, value in case.items()} for case in _drawn(generator)]


def _numbers(case: dict[str, Any]) -> Numbers:
    a_t, a_s = case["a_t"], case["a_s"]
    known = around(Schedule(torch.stack([torch.ones_like(a_t), a_s, a_t, a_t / 2])), 2)
    return {name: known[name] for name in ("ᾱ_t", "1 − ᾱ_t", "ᾱ_{t−1}", "1 − ᾱ_{t−1}", "α_t", "β_t")}


def _gathered(alpha: Callable, beta: Callable) -> Callable:
    """The right formula, (10), of another α and β, which are given as functions of (a_t, a_s)."""
    return lambda a_t, a_s, xt, v: alpha(a_t, a_s).sqrt() * xt - a_s.sqrt() * beta(a_t, a_s) / (1 - a_t).sqrt() * v


def _put_in(alpha: Callable, beta: Callable) -> Callable:
    """The same with x_0 put into (7) and nothing gathered."""

    def gives(a_t: Tensor, a_s: Tensor, xt: Tensor, v: Tensor) -> Tensor:
        x0 = a_t.sqrt() * xt - (1 - a_t).sqrt() * v
        return (a_s.sqrt() * beta(a_t, a_s) * x0 + alpha(a_t, a_s).sqrt() * (1 - a_s) * xt) / (1 - a_t)

    return gives


def _alpha(a_t: Tensor, a_s: Tensor) -> Tensor:
    return a_t / a_s


def _upside_down(a_t: Tensor, a_s: Tensor) -> Tensor:
    return a_s / a_t


MISTAKES = [
    Mistake(
        lambda a_t, a_s, xt, v: (a_t / a_s).sqrt() * xt + a_s.sqrt() * (1 - a_t / a_s) / (1 - a_t).sqrt() * v,
        "v has the wrong sign: it stands in x_0 with a minus",
        "v 的符号反了：它在 x_0 里带负号",
    ),
    Mistake(
        lambda a_t, a_s, xt, v: a_t.sqrt() * xt - (1 - a_t).sqrt() * v,
        "this is x_0 itself; put it into (7)",
        "这就是 x_0 本身；请代入 (7)",
    ),
    Mistake(
        lambda a_t, a_s, xt, v: (a_t / a_s).sqrt() * xt - a_s.sqrt() * (1 - a_t / a_s) / (1 - a_t) * v,
        "the factor of v is divided by 1 − ᾱ_t; one root of it cancels against that of x_0",
        "v 的系数除以了 1 − ᾱ_t；其中一个根号应与 x_0 里的约掉",
    ),
    Mistake(
        lambda a_t, a_s, xt, v: (
            (a_t / a_s).sqrt() * (1 - a_s) / (1 - a_t) * xt - a_s.sqrt() * (1 - a_t / a_s) / (1 - a_t).sqrt() * v
        ),
        "xt has its factor of (7) alone; x_0 brings more of it along",
        "xt 只用了 (7) 里的系数；x_0 里还带来一份 xt",
    ),
    Mistake(
        lambda a_t, a_s, xt, v: xt / (a_t / a_s).sqrt() - (1 - a_t / a_s) / (1 - a_t).sqrt() / (a_t / a_s).sqrt() * v,
        "this is (9), with v in the place of ε",
        "这是 (9)，只是把 ε 换成了 v",
    ),
]
MISTAKES += [
    Mistake(of(_upside_down, beta), "α_t is a_t / a_s, not the other way round", "α_t 是 a_t / a_s，不是反过来")
    for of in (_gathered, _put_in)
    for beta in (lambda a_t, a_s: 1 - a_s / a_t, lambda a_t, a_s: 1 - a_t / a_s)
]
MISTAKES += [
    Mistake(of(_alpha, lambda a_t, a_s: a_s - a_t), "β_t is 1 − a_t / a_s, not a_s − a_t", "β_t 是 1 − a_t / a_s，不是 a_s − a_t")
    for of in (_gathered, _put_in)
]  # fmt: skip
WHENCE = {
    "xt": ("it has two sources: (7) itself, and the x_0 in it", "它有两个来源：(7) 本身，以及其中的 x_0"),
    "v": ("it comes through x_0 alone: the weight of x_0 in (7), times what v has in x_0", "它只经由 x_0 而来：(7) 中 x_0 的权重，乘以 x_0 里 v 的系数"),
}  # fmt: skip


def _found(answer: Callable, generator: torch.Generator) -> Said | None:
    """Which factors are wrong and what they are, not what they should be: that is what the problem asks."""
    cases = _doubled(generator)
    given, exact = [called(answer, case)[0] for case in cases], [_by_x0(*case.values()) for case in cases]
    if not all(isinstance(value, Tensor) for value in given):
        return None
    terms = [{"xt": case["xt"], "v": case["v"]} for case in cases]
    mine, right = fitted(terms, given), fitted(terms, exact)
    if mine is None:
        return changed(terms, given, exact)
    columns = zip(("xt", "v", None), mine.T, right.T, strict=True)
    said = [_said(name, f, cases) for name, f, r in columns if not torch.allclose(f, r, rtol=1e-4, atol=1e-6)]
    return ("; ".join(en for en, _ in said), "；".join(zh for _, zh in said)) if said else None


def _said(name: str | None, factor: Tensor, cases: Sequence[dict[str, Any]]) -> Said:
    if name is None:
        return "a bare number is added, which no tensor multiplies", "加上了一个光秃秃的数，没有乘任何张量"
    (en, zh), formula = WHENCE[name], formula_of(factor, [_numbers(case) for case in cases])
    if formula == "0":
        return f"{name} is missing: {en}", f"漏了 {name}：{zh}"
    if formula is None:
        where = f"ᾱ_t = {cases[0]['a_t']:.3f}, ᾱ_{{t−1}} = {cases[0]['a_s']:.3f}"
        return (
            f"the factor of {name} is wrong: with {where} it is {float(factor[0]):.3g}; {en}",
            f"{name} 的系数不对：{where} 时它是 {float(factor[0]):.3g}；{zh}",
        )
    return f"the factor of {name} that you have is {formula}; {en}", f"你写的 {name} 的系数是 {formula}；{zh}"


def judge_paper(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is it the mean of (7), with x_0 from v? 是否就是 (7) 的均值，其中 x_0 由 v 得出？"""
    return judge_function(
        answer,
        _by_x0,
        _drawn(generator),
        MISTAKES,
        1e-4,
        explain=lambda given: _found(given, generator),
    )
