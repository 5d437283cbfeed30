"""Judges of lesson 00, Start here.

第 00 课“从这里开始”的评判。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from course_utils import schedules
from course_utils.exercises.factors import of_one_step, wrong_factors
from course_utils.exercises.judging import asked_number, judge_function
from course_utils.exercises.lesson_00.mistakes import JUMP_MISTAKES, jump
from course_utils.experiments.digits import hidden_digit
from course_utils.language import Said


def judge_jump(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's forward jump, or None. 读者的前向跳跃错在哪里；正确时为 None。"""
    cases = []
    for schedule in (schedules.cosine(), schedules.linear(300), schedules.raw_quadratic(50)):
        for shape, dtype in (((4, 1, 8, 8), torch.float32), ((3, 2), torch.float64), ((1, 3, 5, 7), torch.float32)):
            for t in (schedule.T // 2, 1, schedule.T):
                x0 = torch.rand(shape, generator=generator, dtype=dtype) * 2 - 1
                eps = torch.randn(shape, generator=generator, dtype=dtype)
                cases.append({"schedule": schedule, "x0": x0, "t": t, "eps": eps})
    explain = partial(wrong_factors, formula=of_one_step(jump, "x0", "t", "eps"), generator=generator)
    return judge_function(answer, jump, cases, JUMP_MISTAKES, explain=explain)


def judge_mystery(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the hidden digit? 是不是藏着的那个数字？"""
    digit, fault = asked_number(answer, 0, 9)
    if fault is not None:
        return fault
    if digit != hidden_digit():
        return f"{digit} is not it; move t further down", f"不是 {digit}；把 t 再往下调"
    return None
