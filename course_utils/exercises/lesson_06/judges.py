"""Judges of lesson 06, Training.

第 06 课“训练”的评判。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.factors import Sum, around, wrong_factors, wrong_number
from course_utils.exercises.judging import asked_number, judge_function
from course_utils.exercises.lesson_06.mistakes import (
    EMA_MISTAKES,
    V_MISTAKES,
    WEIGHT_MISTAKES,
    bound_weight,
    followed,
    v_weight,
)
from course_utils.exercises.symbols import Numbers
from course_utils.experiments.bound import bound_weights, half_of_the_bound, share_up_to
from course_utils.language import Said
from course_utils.schedules import Schedule

WITHIN = 10  # timesteps by which the slider may be off


def judge_weight(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's weight of the bound, or None. 读者的下界权重错在哪里；正确时为 None。"""
    cases = []
    for schedule in (schedules.linear(), schedules.cosine(100), schedules.raw_quadratic(40), schedules.linear(9)):
        between = torch.randint(3, schedule.T, (2,), generator=generator).tolist()
        for t in (2, *between, schedule.T):
            for variance in (schedule.beta[t], schedule.posterior_variance[t], 1.7 * schedule.beta[t]):
                cases.append({"schedule": schedule, "t": t, "variance": float(variance)})

    def explain(answer: Callable) -> Said | None:
        inner = [case for case in cases if 2 < case["t"] < case["schedule"].T]
        return wrong_number(answer, bound_weight, inner, lambda case: _of_the_bound(**case))

    return judge_function(answer, bound_weight, cases, WEIGHT_MISTAKES, 1e-6, explain=explain)


def _of_the_bound(schedule: Schedule, t: int, variance: float) -> Numbers:
    return {"variance": variance} | around(schedule, t)


def judge_v(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's weight of v, or None. 读者的 v 权重错在哪里；正确时为 None。"""
    log_snr = torch.randn(6, generator=generator, dtype=torch.float64) + torch.tensor([1.0, -3, 3, -1, 2, -2])
    draws = [log_snr, log_snr[:1].float(), log_snr.reshape(2, 3), log_snr[:1] - 12, log_snr[:1] + 12]

    def explain(answer: Callable) -> Said | None:
        low = 0.1 + 0.8 * torch.rand(9, 1, generator=generator, dtype=torch.float64)  # so that 1 − snr is above 0
        cases = [{"snr": snr} for snr in low]
        return wrong_number(answer, v_weight, cases, lambda case: {"snr": float(case["snr"])})

    return judge_function(answer, v_weight, [{"snr": draw.exp()} for draw in draws], V_MISTAKES, explain=explain)


def judge_ema(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's step of the moving average, or None. 读者的移动平均一步错在哪里；正确时为 None。"""
    cases = []
    for shape, kind, decay, every in (
        ((4, 3), torch.float32, 0.9, 1),
        ((5,), torch.float64, 0.995, 10),
        ((2, 1, 3, 3), torch.float32, 0.7, 3),
    ):
        old, new = torch.randn(2, *shape, generator=generator, dtype=kind)
        cases.append({"average": old, "weights": new, "decay": decay, "every": every})
    explain = partial(wrong_factors, formula=Sum(followed, _averages, _both_weights, _shares), generator=generator)
    return judge_function(answer, followed, cases, EMA_MISTAKES, explain=explain)


def _averages(generator: torch.Generator) -> list[dict[str, Any]]:
    drawn = torch.randn(9, 2, 3, 4, generator=generator, dtype=torch.float64)
    return [{"average": x[0], "weights": x[1], "decay": 0.1 * i, "every": 2 + i % 3} for i, x in enumerate(drawn, 1)]


def _both_weights(case: dict[str, Any]) -> dict[str, Tensor]:
    return {"average": case["average"], "weights": case["weights"]}


def _shares(case: dict[str, Any]) -> Numbers:
    decay, keeps = case["decay"], case["decay"] ** case["every"]
    return {"decay": decay, "1 − decay": 1 - decay, "decay^every": keeps, "1 − decay^every": 1 - keeps}


def judge_half(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the t up to which half of the bound's weight lies? 是不是下界权重过半的那个 t？"""
    t, fault = asked_number(answer, 1, 1000)
    schedule = schedules.linear()
    truth = half_of_the_bound(schedule)
    if fault is not None or abs(t - truth) <= WITHIN:
        return fault
    share = f"{share_up_to(bound_weights(schedule), t):.0%}"
    if t < truth:
        return (
            f"up to t = {t} the bound has {share} of its weight; move t up",
            f"到 t = {t} 为止，下界的权重才占 {share}；把 t 往上调",
        )
    return (
        f"up to t = {t} the bound has {share} of its weight already; move t down",
        f"到 t = {t} 为止，下界的权重已占 {share}；把 t 往下调",
    )
