"""Judges of lesson 08, Guidance and inpainting.

第 08 课“条件、引导与修补”的评判。
"""

from collections.abc import Callable
from typing import Any

import torch

from course_utils.exercises.judging import asked_number, judge_function
from course_utils.exercises.lesson_08.mistakes import SNR_MISTAKES, ratio
from course_utils.language import Said
from course_utils.schedules import cosine


def judge_snr(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's ratio, or None. 读者的信噪比错在哪里；正确时为 None。"""
    cases = []
    for shape, dtype in (((7,), torch.float64), ((), torch.float64), ((3, 2), torch.float32)):
        alpha_bar = torch.rand(shape, generator=generator, dtype=dtype) * 0.98 + 0.01
        cases.append({"alpha_bar": alpha_bar})
    return judge_function(answer, ratio, cases, SNR_MISTAKES)


def even_time() -> int:
    """The largest t whose ratio is at least 1. 信噪比仍不小于 1 的最大的 t。"""
    return int((cosine().snr >= 1).nonzero().max())


def judge_even(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the largest t whose ratio is at least 1? 是不是信噪比仍不小于 1 的最大的 t？"""
    t, fault = asked_number(answer, 1, 1000)
    if fault is not None or t == even_time():
        return fault
    snr = f"{float(cosine().snr[t]):.3f}"
    if t > even_time():
        return f"at t = {t} the SNR is {snr}, below 1; move t down", f"t = {t} 时 SNR 为 {snr}，小于 1；把 t 往下调"
    return f"at t = {t} the SNR is {snr}; a larger t will do, too", f"t = {t} 时 SNR 为 {snr}；t 还可以更大"
