"""Judges of lesson 03, The reverse process.

第 03 课“反向过程”的评判。
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.coefficients import At
from course_utils.exercises.factors import of_one_step, wrong_factors
from course_utils.exercises.judging import Mistake, asked_number, is_named, judge_function
from course_utils.exercises.lesson_03.mistakes import MEAN_MISTAKES, STEP_MISTAKES, shifted
from course_utils.experiments.bells import last_heavy_x0
from course_utils.language import Said
from course_utils.schedules import Schedule

TOLERANCE = 1e-4  # other right formulas divide by a small alpha_T and lose digits in float32
AT_THE_ENDS = 1e-3  # in float32, 1 - alpha_bar_1 = 0.00004 has an error of 1 in 1000
SHAPES = (((4, 1, 8, 8), torch.float32), ((3, 2), torch.float64), ((1, 3, 5, 7), torch.float32))


def mean(schedule: Schedule, x0: Tensor, xt: Tensor, t: int) -> Tensor:
    """The mean of q(x_{t-1} | x_t, x_0). q(x_{t-1} | x_t, x_0) 的均值。"""
    now, before, beta = schedule.alpha_bar[t], schedule.alpha_bar[t - 1], schedule.beta[t]
    of_x0 = before.sqrt() * beta / (1 - now)
    of_xt = (1 - beta).sqrt() * (1 - before) / (1 - now)
    return of_x0 * x0 + of_xt * xt


def step(schedule: Schedule, xt: Tensor, t: int, eps_hat: Tensor, noise: Tensor) -> Tensor:
    """One step of Algorithm 2 with the posterior's variance. 算法 2 的一步，方差取后验方差。"""
    alpha, beta = schedule.alpha[t], schedule.beta[t]
    mean = (xt - beta / schedule.noise[t] * eps_hat) / alpha.sqrt()
    return mean + schedule.posterior_variance[t].sqrt() * noise  # 0 at t = 1


def _drawn(names: Sequence[str], schedule: Schedule, t: int, i: int, generator: torch.Generator) -> dict[str, Any]:
    """The arguments of a trial: the schedule, t, and tensors of the i-th shape for the other names."""
    shape, dtype = SHAPES[i % len(SHAPES)]
    given = {"schedule": schedule, "t": t}
    for name in names:
        given.setdefault(name, torch.randn(shape, generator=generator, dtype=dtype))
    return {name: given[name] for name in ("schedule", *names)}


def _judged(truth: Callable, names: Sequence[str], mistakes: Sequence[Mistake]) -> Callable:
    """Judge on several schedules and at any t; what fails at an end in a way of its own is named in the middle, or there."""

    def judge(answer: Callable, generator: torch.Generator) -> Said | None:
        def any_from(low: int, high: int) -> int:
            return int(torch.randint(low, high + 1, (), generator=generator))

        middle, ends = [], {"t = 1": [], "t = 2": [], "t = 3": [], "t = T − 1": [], "t = T": []}
        several = (schedules.cosine(), schedules.linear(any_from(100, 400)), schedules.raw_quadratic(50))
        for schedule in (*several, schedules.linear(any_from(8, 12))):
            T = schedule.T
            for i in range(len(SHAPES)):
                for t in (T // 2, any_from(T // 8 + 3, T - 2)):
                    middle.append(_drawn(names, schedule, t, i, generator))
            for i, (cases, t) in enumerate(zip(ends.values(), (1, 2, 3, T - 1, T), strict=True), T):
                cases.append(_drawn(names, schedule, t, i, generator))
        fault = judge_function(answer, truth, middle + sum(ends.values(), []), mistakes, TOLERANCE)
        if fault is None or is_named(fault, mistakes):
            return fault
        explain = partial(wrong_factors, formula=of_one_step(truth, *names), generator=generator)
        fault = judge_function(answer, truth, middle, mistakes, TOLERANCE, explain=explain)
        for end, cases in ends.items():
            if fault is None and (there := judge_function(answer, truth, cases, mistakes, AT_THE_ENDS)):
                fault = (
                    f"it is right in between, but not at {end}: {there[0]}",
                    f"中间都对，但 {end} 时不对：{there[1]}",
                )
        return fault

    return judge


judge_mean = _judged(mean, ("x0", "xt", "t"), MEAN_MISTAKES + shifted(mean, 3))
judge_step = _judged(step, ("xt", "t", "eps_hat", "noise"), STEP_MISTAKES + shifted(step, 2))


def judge_weigh(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the largest t at which x_0 weighs more? 是不是 x_0 权重更大的最大的 t？"""
    t, fault = asked_number(answer, 1, 1000)
    right = last_heavy_x0()
    if fault is not None or t == right:
        return fault
    at = At(schedules.linear(1000), t)
    read = f"{at.of_x0:.3f} x_0 + {at.of_xt:.3f} x_t"
    if t > right:
        return (
            f"at T = 1000 and t = {t} the mean is {read}: x_t weighs more already. Is T at 1000? Move t down",
            f"T = 1000、t = {t} 时，均值是 {read}：x_t 的权重已经更大。T 调到 1000 了吗？把 t 往下调",
        )
    return (
        f"at t = {t} the mean is {read}, so x_0 does weigh more, but it is not the largest such t",
        f"t = {t} 时，均值是 {read}，x_0 的权重确实更大，但这还不是最大的 t",
    )
