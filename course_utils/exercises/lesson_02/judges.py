"""Judges of lesson 02, The forward process.

第 02 课“前向过程”的评判。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.factors import of_one_step, wrong_factors
from course_utils.exercises.judging import BLANK, judge_function, number
from course_utils.exercises.lesson_02.mistakes import EXTRACT_MISTAKES, STEP_MISTAKES, extract, shape_mistakes, step
from course_utils.experiments.noising import first_normal
from course_utils.language import Said

WITHIN = 25  # timesteps: the noise of one draw moves the reading of 02.normal by about 10


def judge_normal(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the t that the slider shows, or near it? 是不是滑块显示的那个 t，或在其附近？"""
    if answer is None:
        return BLANK
    t = number(answer)
    if t is None or not 0 <= t <= 1000:
        given = repr(answer) if len(repr(answer)) < 40 else type(answer).__name__
        return f"{given} is no timestep; give a number from 0 to 1000", f"{given} 不是时间步；请给 0 到 1000 的数"
    if 0 < t < 1:
        return (
            f"{t:g} looks like a value of D; we look for the t at which D is that small",
            f"{t:g} 像是 D 的值；要找的是 D 降到这么小时的 t",
        )
    truth = first_normal()
    if t < truth - WITHIN:
        return (
            f"at t = {t:g} D is still above 0.10; move t up",
            f"t = {t:g} 时 D 还大于 0.10；把 t 往上调",
        )
    if t > truth + WITHIN:
        return (
            f"at t = {t:g} D has long been below 0.10; we look for the first such t",
            f"t = {t:g} 时 D 早已小于 0.10；要找的是最早的那个 t",
        )
    return None


def judge_step(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's forward step, or None. 读者的前向步错在哪里；正确时为 None。"""
    cases = []
    for schedule in (schedules.cosine(), schedules.linear(300), schedules.raw_quadratic(50)):
        for shape, dtype in (((4, 1, 8, 8), torch.float32), ((3, 2), torch.float64), ((1, 3, 5, 7), torch.float32)):
            for t in (schedule.T // 2, 1, schedule.T):
                x, eps = (torch.randn(shape, generator=generator, dtype=dtype) for _ in range(2))
                cases.append({"schedule": schedule, "x": x, "t": t, "eps": eps})
    inner = [case for case in cases if case["t"] < case["schedule"].T]  # so that a late index is named before it fails
    explain = partial(wrong_factors, formula=of_one_step(step, "x", "t", "eps"), generator=generator)
    return judge_function(answer, step, inner, STEP_MISTAKES, explain=explain) or judge_function(
        answer, step, cases, STEP_MISTAKES
    )


def _form_of(answer: Callable, case: dict[str, Tensor]) -> Said | None:
    """Shapes and dtypes that show a misconception; anything else is left to `judge_function`."""
    try:
        result = answer(*(value.clone() for value in case.values()))
    except Exception:
        return None
    if not isinstance(result, Tensor):
        return None
    named, axes, x = shape_mistakes(**case).get(tuple(result.shape)), result.ndim, case["x"]
    if named is None and axes != x.ndim:
        return (
            f"for an x of {x.ndim} axes it has {axes}; one axis of length 1 belongs to each axis of x behind the first",
            f"x 有 {x.ndim} 个轴，它却有 {axes} 个；x 除第一个轴以外每有一个轴，就补一个长为 1 的轴",
        )
    if named is None and result.dtype == torch.float64 != case["x"].dtype:
        return (
            "it stays float64 and would turn the whole image into float64; give it x's dtype",
            "它仍是 float64，会把整幅图像都变成 float64；请换成 x 的类型",
        )
    return named


def judge_extract(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's extract, or None. 读者的 extract 错在哪里；正确时为 None。"""
    cases, edges = [], []
    for schedule in (schedules.linear(), schedules.cosine(300), schedules.raw_quadratic(50)):
        for shape, dtype in (((8, 3, 8, 8), torch.float32), ((5, 2), torch.float64), ((1, 1, 4, 6), torch.float32)):
            x = torch.randn(shape, generator=generator, dtype=dtype)
            t = torch.randint(1, schedule.T, (len(x),), generator=generator)
            t[0] = schedule.T // 2  # not the smallest, so that a sorted answer is seen
            cases.append({"values": schedule.alpha_bar, "t": t, "x": x})
        edges.append({"values": schedule.alpha_bar, "t": torch.tensor([schedule.T, 0]), "x": x.expand(2, 1, 4, 6)})
    form = _form_of(answer, cases[0]) or _form_of(answer, cases[1])
    fault = form or judge_function(answer, extract, cases, EXTRACT_MISTAKES)
    if fault is None and judge_function(answer, extract, edges) is not None:
        return (
            "it is right in between, but not at t = 0 or t = T; values has T + 1 entries, and entry 0 is the clean image's",
            "中间都对，但 t = 0 或 t = T 时不对；values 有 T + 1 项，第 0 项属于干净图像",
        )
    return fault
