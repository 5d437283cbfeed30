"""Judges of lesson 04, The exact denoiser.

第 04 课“精确去噪器”的评判。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.factors import Sum, around, fitted, wrong_factors
from course_utils.exercises.judging import Mistake, asked_number, called, judge_function, number
from course_utils.exercises.lesson_04.mistakes import UNDERFLOW, UNSUMMED, WEIGHT_MISTAKES, weights
from course_utils.exercises.symbols import Numbers, formula_of
from course_utils.experiments.plane import STEPS, fewest_ddim_steps, turning_time
from course_utils.forward import forward_jump
from course_utils.language import Said

WITHIN = 10  # timesteps by which a slider may be off


def _cases(generator: torch.Generator) -> list[dict[str, Any]]:
    """Sets of several shapes, each noised at several times; t = 1 is kept for `_at_the_first_step`.

    At t = T all data are equally near but for the last digits: float32 would make ties there.
    """
    cases = []
    for schedule in (schedules.cosine(), schedules.linear(300), schedules.raw_quadratic(50)):
        for shape, b, dtype in (
            ((8, 2), 5, torch.float64),
            ((7, 1, 8, 8), 3, torch.float32),
            ((6, 3), 1, torch.float64),
        ):
            for t in (schedule.T // 2, 2, schedule.T if dtype == torch.float64 else schedule.T * 3 // 4):
                x = torch.rand(shape, generator=generator, dtype=dtype) * 3 - 1.5
                xt = forward_jump(schedule, x[:b], t, generator=generator).xt
                cases.append({"schedule": schedule, "data": x, "xt": xt, "t": t})
    return cases


def judge_weights(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's weights, or None. 读者的权重错在哪里；正确时为 None。"""
    unsummed = Mistake(lambda *case: weights(*case) * answer(*case).sum(1, keepdim=True), *UNSUMMED)
    explain = partial(_wrong_exponent, generator=generator)
    cases = _cases(generator)
    fault = next((found for case in cases if (found := unflattened(answer, case)) is not None), None)
    fault = fault or judge_function(answer, weights, cases, [*WEIGHT_MISTAKES, unsummed], 1e-4, explain=explain)
    return fault or _at_the_first_step(answer, weights, generator) or _of_the_sums(answer, generator)


NO_ONE: Said = (
    "among hundreds of data the shares of an x_t no longer sum to 1: is something added to each, or cut off at its end?",
    "数据有几百个时，一个 x_t 的各份额之和不再是 1：是否给每一份都加了什么，或在末尾截断了什么？",
)


def _of_the_sums(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with the sums of many shares, most of them tiny. 份额很多、大多很小时，它们的和错在哪里。"""
    data, xt = (torch.randn(n, 2, generator=generator, dtype=torch.float64) for n in (600, 4))
    case = {"schedule": schedules.cosine(100), "data": data, "xt": xt, "t": 20}

    def sums(which: Callable) -> Callable:
        return lambda *given: which(*given).sum(1)

    return judge_function(sums(answer), sums(weights), [case], explain=lambda _: NO_ONE)


UNFLATTENED = (
    "for points it runs, for images it stops: make each image, of the data and of xt, one row of numbers first, `.flatten(1)`",
    "对点能运行，对图像却中断：请先把 data 与 xt 里的每幅图像都展成一行数，`.flatten(1)`",
)


def unflattened(answer: Callable, case: dict[str, Any]) -> Said | None:
    """Is it the pixels of images, which are no single row, at which it stops? 它是不是因为图像的像素没有展成一行而中断？"""
    if called(answer, case)[1] is None:
        return None
    rows = {name: x.flatten(1) if isinstance(x, Tensor) and x.ndim > 2 else x for name, x in case.items()}
    as_points = any(rows[name] is not x for name, x in case.items()) and called(answer, rows)[0]
    return UNFLATTENED if isinstance(as_points, Tensor) else None


def _near(generator: torch.Generator) -> list[dict[str, Any]]:
    """Few data near one another, seen at middle times, so that no weight is tiny."""
    cases = []
    for schedule in (schedules.cosine(), schedules.linear(300), schedules.quadratic(90)):
        for _ in range(8):
            t = int(torch.randint(schedule.T // 4, schedule.T * 3 // 4, (), generator=generator))
            data, xt = torch.randn(2, 5, 3, generator=generator, dtype=torch.float64)
            cases.append({"schedule": schedule, "data": data, "xt": xt, "t": t})
    return cases


def _at(case: dict[str, Any]) -> Numbers:
    return around(case["schedule"], case["t"])


def _wrong_exponent(answer: Callable, generator: torch.Generator) -> Said | None:
    """Which factor in the exponent is wrong. Within a row the logarithm of a share is the exponent, up to a constant."""

    def exponents(which: Callable) -> Callable:
        def centred(*case: Any) -> Tensor:
            logits = which(*case).log()
            return logits - logits.mean(1, keepdim=True)

        return centred

    def terms(case: dict[str, Any]) -> dict[str, Tensor]:
        xt, data = case["xt"], case["data"]
        product, square = xt @ data.T, data.square().sum(1).expand(len(xt), -1)
        parts = {"x_t · x_i": product, "|x_i|²": square}
        return {name: part - part.mean(1, keepdim=True) for name, part in parts.items()}

    fault = wrong_factors(exponents(answer), Sum(exponents(weights), _near, terms, _at), generator)
    if fault is not None:
        return (
            f"in the exponent, −|x_t − √ᾱ_t x_i|² / (2 (1 − ᾱ_t)) multiplied out, {fault[0]}",
            f"指数 −|x_t − √ᾱ_t x_i|² / (2 (1 − ᾱ_t)) 展开之后，{fault[1]}",
        )
    cases = _near(generator)
    given = [called(exponents(answer), case)[0] for case in cases]
    if not all(isinstance(value, Tensor) for value in given):
        return None
    for power, name in ((1, "|x_t − √ᾱ_t x_i|"), (4, "|x_t − √ᾱ_t x_i|⁴"), (0, "log |x_t − √ᾱ_t x_i|")):
        parts = [_distances(case, power) for case in cases]
        factors = fitted([{"it": part - part.mean(1, keepdim=True)} for part in parts], given)
        found = None if factors is None else formula_of(factors[:, 0], [_at(case) for case in cases])
        if found is not None:
            return (
                f"the exponent is {name} times {found}; it should be |x_t − √ᾱ_t x_i|² times −1 / (2 (1 − ᾱ_t))",
                f"指数是 {name} 乘 {found}；应为 |x_t − √ᾱ_t x_i|² 乘 −1 / (2 (1 − ᾱ_t))",
            )
    return None


def _distances(case: dict[str, Any], power: int) -> Tensor:
    """A power of the distances from xt to the scaled data; 0 stands for the logarithm."""
    apart = torch.cdist(case["xt"], case["schedule"].signal[case["t"]] * case["data"])
    return apart**power if power else apart.log()


def _at_the_first_step(answer: Callable, truth: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong at t = 1: for data as close together as its noise is fine, and far from all data.

    在 t = 1 处错在哪里：先看彼此靠得与噪声一样近的数据，再看离所有数据都远的地方。
    """
    near, far = [], []
    for case in _cases(generator):
        fine = case["data"] * case["schedule"].noise[1]
        xt = forward_jump(case["schedule"], fine[: len(case["xt"])], 1, generator=generator).xt
        near.append(case | {"data": fine, "xt": xt, "t": 1})
        if xt.dtype == torch.float64:
            far.append(case | {"xt": case["xt"] + 4, "t": 1})
    fault = judge_function(answer, truth, near, tolerance=1e-4)
    if fault is None and judge_function(answer, truth, far, tolerance=1e-4):
        return UNDERFLOW
    return fault


def judge_turn(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the t at which one datum takes more than half? 是不是某个数据点份额过半的那个 t？"""
    high = (
        "on the circle all shares are still below 1/2 there; move t down",
        "那里 circle 的各份额都还不到 1/2；把 t 往下调",
    )
    low = (
        "on the circle one datum has had more than 1/2 for long; move t up",
        "那里 circle 早已有一点超过 1/2；把 t 往上调",
    )
    return _judge_near(answer, turning_time(), WITHIN, low, high)


def judge_fewest(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the fewest steps of the slider? 是不是滑块上的最少步数？"""
    given = number(answer)
    if given is not None and 0 < given <= 1000 and given not in STEPS:
        there = ", ".join(map(str, STEPS))
        return f"{given:g} is not on the slider, which has {there}", f"滑块上没有 {given:g}；它有 {there}"
    low = "with so few steps the distance is 0.02 or more", "这么少的步数，距离不小于 0.02"
    high = (
        "on the moons with cosine and η = 0 fewer steps already come below 0.02",
        "选 moons、cosine、η = 0 时，更少的步数就已低于 0.02",
    )
    return _judge_near(answer, fewest_ddim_steps(), 0, low, high)


def _judge_near(answer: Any, exact: int, within: int, low: Said, high: Said) -> Said | None:
    value, fault = asked_number(answer, 1, 1000)
    if fault is not None or abs(value - exact) <= within:
        return fault
    said = low if value < exact else high
    return f"{value}: {said[0]}", f"{value}：{said[1]}"
