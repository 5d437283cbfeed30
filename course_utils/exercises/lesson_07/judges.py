"""Judges of lesson 07, Sampling.

第 07 课“采样”的评判。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils import schedules
from course_utils.denoisers import Denoiser, EpsPredictor
from course_utils.exercises.factors import wrong_factors
from course_utils.exercises.judging import asked_number, called, judge_function, number
from course_utils.exercises.lesson_07.sampler_mistakes import (
    ALGORITHM_2_MISTAKES,
    DDIM_MISTAKES,
    NO_ROOT,
    algorithm_2,
    ddim,
)
from course_utils.exercises.lesson_07.solver_mistakes import (
    AT_ZERO,
    HEUN_MISTAKES,
    MIDWAY_MISTAKES,
    TIMES_MISTAKES,
    heun,
    midway,
    times,
)
from course_utils.exercises.lesson_07.walks import ddim_sum, fault_of_heun, fault_of_walk, midway_sum
from course_utils.experiments.moons import fewest_solver_steps
from course_utils.language import Said

SHAPES = (((3, 2), torch.float64), ((2, 1, 4, 4), torch.float32), ((1, 3, 2, 5), torch.float64))


def bent(generator: torch.Generator) -> EpsPredictor:
    """A made-up predictor that bends and knows t, defined at any t: an int, or one a sample. 虚构的预测器，处处有定义。"""
    a, b, c = (torch.rand(3, generator=generator, dtype=torch.float64) + 0.5).tolist()

    def denoise(xt: Tensor, t: int | Tensor) -> Tensor:
        at = torch.as_tensor(t, dtype=torch.float64).reshape(-1, *[1] * (xt.ndim - 1))
        return torch.tanh(a * xt + torch.sin(b * at + c).to(xt))

    return denoise


def wide(generator: torch.Generator) -> Denoiser:
    """A made-up denoiser whose guesses go beyond [-1, 1], so that a clip shows. 虚构的去噪器，猜测会超出 [-1, 1]，截断便看得出来。"""
    inner = bent(generator)
    return lambda xt, t: 2 * inner(xt, t)


def _drawn(generator: torch.Generator, i: int, *front: int) -> Tensor:
    """Normal numbers of the i-th shape, in front of it what is asked for."""
    shape, dtype = SHAPES[i % len(SHAPES)]
    return torch.randn(*front, *shape, generator=generator, dtype=dtype)


def _pair(generator: torch.Generator, T: int) -> tuple[int, int]:
    """Two times t > s + 1, s at least 2, t at most 9/10 of T: far from what cannot be told apart in float32."""
    s = int(torch.randint(2, T // 2, (), generator=generator))
    return int(torch.randint(s + 2, T * 9 // 10 + 1, (), generator=generator)), s


def judge_algorithm_2(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's Algorithm 2, or None. 读者的算法 2 错在哪里；正确时为 None。"""
    cases = []
    for i, schedule in enumerate(
        (schedules.linear(8), schedules.raw_quadratic(12), schedules.raw_linear(20, last=0.2))
    ):
        z = _drawn(generator, i, schedule.T + 1)
        cases.append({"schedule": schedule, "denoiser": wide(generator), "xT": _drawn(generator, i), "z": z})
    explain = partial(fault_of_walk, generator=generator)
    return judge_function(answer, algorithm_2, cases, ALGORITHM_2_MISTAKES, 1e-4, explain=explain)


def judge_ddim(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's DDIM step, or None. 读者的 DDIM 步错在哪里；正确时为 None。"""
    before, at_zero = [], []
    for schedule in (schedules.cosine(), schedules.linear(200), schedules.raw_quadratic(60)):
        for i in range(len(SHAPES)):
            eta = float(torch.rand((), generator=generator)) * 0.6 + 0.2
            for t, s, share in (
                (*_pair(generator, schedule.T), eta),
                (schedule.T, 11, eta),
                (9, 8, 1.0),
                (30, 7, 0.0),
                (20, 1, eta),
                (20, 0, eta),
            ):
                xt, eps_hat, noise = _drawn(generator, i, 3)
                case = {"schedule": schedule, "xt": xt, "t": t, "s": s, "eps_hat": eps_hat}
                (before if s else at_zero).append(case | {"eta": share, "noise": noise})
    explain = partial(wrong_factors, formula=ddim_sum(ddim), generator=generator)
    fault = judge_function(answer, ddim, before, DDIM_MISTAKES, 1e-4, explain=explain)
    if fault is not None:
        return NO_ROOT if fault[0].startswith("some of its values are not finite") else fault
    fault = judge_function(answer, ddim, at_zero, tolerance=1e-4)
    return fault and (f"it is right for s > 0, but at s = 0 {fault[0]}", f"s > 0 时都对，但 s = 0 时：{fault[1]}")


def judge_heun(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's Heun step, or None. 读者的 Heun 步错在哪里；正确时为 None。"""
    cases = []
    for schedule in (schedules.cosine(), schedules.linear(200), schedules.raw_quadratic(60)):
        for i in range(len(SHAPES)):
            for t, s in (*(_pair(generator, schedule.T) for _ in range(2)), (schedule.T // 3, 1), (schedule.T // 3, 0)):
                case = {"schedule": schedule, "predictor": bent(generator), "xt": _drawn(generator, i)}
                cases.append(case | {"t": t, "s": s})
    explain = partial(fault_of_heun, generator=generator)
    fault = judge_function(answer, heun, cases, HEUN_MISTAKES, 1e-4, explain=explain)
    if fault is None and (asked := _asked(answer, cases[0])) > 2:
        return (
            f"the step is right, but asks the predictor {asked} times, and each time costs; keep what it answers, ask twice",
            f"这一步走得对，但问了预测器 {asked} 次，每问一次都有代价；把回答存下来，只问两次",
        )
    return fault


def _asked(answer: Callable, case: dict[str, Any]) -> int:
    """How often an answer asks the predictor that it is given."""
    seen: list[Tensor] = []

    def denoise(xt: Tensor, t: int) -> Tensor:
        seen.append(xt)
        return case["predictor"](xt, t)

    called(answer, case | {"predictor": denoise})
    return len(seen)


def judge_midway(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's guess half way, or None. 读者的半路猜测错在哪里；正确时为 None。"""
    before, at_zero = [], []
    for schedule in (schedules.cosine(), schedules.linear(200), schedules.raw_quadratic(60)):
        for i in range(len(SHAPES)):
            t, s = _pair(generator, schedule.T)
            u = int(torch.randint(t + 1, schedule.T + 1, (), generator=generator)) if i else schedule.T
            of_u, of_t = _drawn(generator, i, 2)
            case = {"schedule": schedule, "u": u, "t": t, "s": s, "x0_hat_u": of_u, "x0_hat_t": of_t}
            before += [case, case | {"s": 1}]
            at_zero.append(case | {"s": 0})
    explain = partial(wrong_factors, formula=midway_sum(midway), generator=generator)
    fault = judge_function(answer, midway, before, MIDWAY_MISTAKES, explain=explain)
    if fault is None and judge_function(answer, midway, at_zero):
        return AT_ZERO
    return fault


def judge_times(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's choice of times, or None; one off by rounding will do. 读者选的时间步错在哪里。"""
    cases, given = [], []
    for schedule in (schedules.cosine(), schedules.linear(), schedules.linear(400)):
        for steps in (2, 5, 9):
            first = int(torch.randint(schedule.T * 6 // 10, schedule.T * 9 // 10, (), generator=generator))
            final = int(torch.randint(15, 30, (), generator=generator))
            cases.append({"schedule": schedule, "steps": steps, "first": first, "final": final})
    for case in cases:
        result, fault = called(answer, case)
        listed = None if fault else _whole(result)
        if listed is None:
            return fault or (
                "it does not return a list of whole numbers (`900`, not `900.0`)",
                "返回的不是由整数组成的列表（`900`，不是 `900.0`）",
            )
        given.append(listed)
    wrong = [i for i, case in enumerate(cases) if not _alike(given[i], times(*case.values()))]
    if not wrong:
        return None
    for mistake in TIMES_MISTAKES:
        if all(_alike(given[i], mistake.gives(*case.values())) for i, case in enumerate(cases)):
            return mistake.en, mistake.zh
    return _of_the_list(cases[wrong[0]], given[wrong[0]])


def _of_the_list(case: dict[str, Any], found: list[int]) -> Said:
    """What a list of times lacks: its length, its ends, its order, or even steps between."""
    schedule, steps, first, final = case.values()
    at, n = f"T = {schedule.T}, steps = {steps}, first = {first}, final = {final}", len(found)
    if n != steps + 1:
        return f"with {at} it gives {n} times; wanted are {steps}, and then 0", f"{at} 时给出了 {n} 个时间步；应是 {steps} 个，再加 0"  # fmt: skip
    ends = ((-1, 0, "last", "最后一个"), (0, first, "first", "第一个"), (-2, final, "last before 0", "0 之前的那个"))
    for i, wanted, en, zh in ends:
        if found[i] != wanted:
            return f"with {at} the {en} is {found[i]}; it should be {wanted}", f"{at} 时，{zh}是 {found[i]}；应为 {wanted}"  # fmt: skip
    if sorted(found, reverse=True) != found:
        return f"with {at} they do not fall: {found}; a sampler walks down", f"{at} 时，它们不是一路递减：{found}；采样器要往下走"  # fmt: skip
    right = times(*case.values())
    return (
        f"with {at} the ends are right, but between them log-SNR is not even: {found}, and even would be {right}",
        f"{at} 时，两端都对，中间按对数信噪比却不等间隔：{found}；等间隔应是 {right}",
    )


def _whole(result: Any) -> list[int] | None:
    """The ints in a list, a tuple, an array or a tensor of one dimension; None if there is anything else in it."""
    listed = result.tolist() if isinstance(result, Tensor | np.ndarray) else result
    if not isinstance(listed, list | tuple):
        return None
    numbers = [number(t) for t in listed]
    return numbers if all(isinstance(t, int) for t in numbers) else None


def _alike(a: list[int], b: list[int]) -> bool:
    """The same first time and last two, and no other off by more than 1, as rounding may be."""
    near = len(a) == len(b) > 1 and all(abs(p - q) <= 1 for p, q in zip(a, b, strict=True))
    return near and (a[0], *a[-2:]) == (b[0], *b[-2:])


def judge_fewest(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the fewest steps? 是不是最少的步数？"""
    value, fault = asked_number(answer, 2, 50)
    if fault is not None or value == fewest_solver_steps():
        return fault
    if value < fewest_solver_steps():
        return (
            f"{value}: with so few steps of DPM++ 2M on `focused` the error is 1 % or more",
            f"{value}：DPM++ 2M 配 `focused`，这么少的步数，误差不小于 1 %",
        )
    return (
        f"{value}: with DPM++ 2M on `focused` fewer steps already come below 1 %",
        f"{value}：DPM++ 2M 配 `focused`，步数再少些，误差也能低于 1 %",
    )
