"""The pen-and-paper problem of lesson 03: the posterior mean from v.

第 03 课的纸笔题：由 v 求后验均值。
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.factors import Sum, around, wrong_factors
from course_utils.exercises.judging import Mistake, judge_function
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


def _numbers(case: dict[str, Any]) -> dict[str, float]:
    a_t, a_s = case["a_t"], case["a_s"]
    known = around(Schedule(torch.stack([torch.ones_like(a_t), a_s, a_t, a_t / 2])), 2)
    return {name: known[name] for name in ("ᾱ_t", "1 − ᾱ_t", "ᾱ_{t−1}", "1 − ᾱ_{t−1}", "α_t", "β_t")}


FORMULA = Sum(_by_x0, _doubled, lambda case: {"xt": case["xt"], "v": case["v"]}, _numbers)
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


def judge_paper(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is it the mean of (7), with x_0 from v? 是否就是 (7) 的均值，其中 x_0 由 v 得出？"""
    return judge_function(
        answer,
        _by_x0,
        _drawn(generator),
        MISTAKES,
        1e-4,
        explain=lambda given: wrong_factors(given, FORMULA, generator),
    )
