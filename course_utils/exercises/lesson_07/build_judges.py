"""Judges of the parts of a sampler that looks a second time half way.

评判“半路上再看一眼”的采样器的各个部分。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.lesson_07.listening import (
    NOT_FINITE,
    Walk,
    bent,
    by_ddim,
    departs,
    drawn,
    listened,
    random_times,
)
from course_utils.exercises.stops import stopped
from course_utils.experiments.orders import even_clock, even_walk, gaussian
from course_utils.language import Said


def judge_states(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does it hand out what a sampler hands out? 它交出的，是采样器该交出的吗？"""
    for shape, dtype in (((3, 2), torch.float64), ((2, 1, 4, 4), torch.float32), ((1, 5), torch.float64)):
        schedule, xT = schedules.cosine(100), drawn(generator, shape, dtype)
        times = random_times(schedule, 4, generator)
        walk = listened(answer, schedule, bent(generator), xT, times)
        if walk.fault is not None:
            return walk.fault
        if walk.changed:
            return "it changes xT itself; the caller still needs it", "它改动了 xT 本身；调用者还要用它"
        if isinstance(walk.states[0], Tensor):
            return (
                "it returns a tensor; hand out every state on the way, with `yield Sample(t, xt, x0_hat)`",
                "它返回了一个张量；应当把途中每个状态都用 `yield Sample(t, xt, x0_hat)` 交出来",
            )
        fault = _states_fault(walk, xT, times)
        if fault is not None:
            return fault
    return None


NO_LAST: Said = (
    "the last state is missing: after the loop `yield Sample(0, xt, xt)`, where x_0 is handed out",
    "缺了最后一个状态：循环之后 `yield Sample(0, xt, xt)`，x_0 由它交出",
)


def _states_fault(walk: Walk, xT: Tensor, times: list[int]) -> Said | None:
    seen = [int(state.t) for state in walk.states]
    if seen == times[:-1]:
        return NO_LAST
    if seen != times:
        return f"the times are {times}, the states handed out have t = {seen}", f"时间步是 {times}，交出的状态却是 t = {seen}"  # fmt: skip
    for state in walk.states:
        if state.xt.shape != xT.shape or state.xt.dtype != xT.dtype:
            kind, wanted = (f"{tuple(x.shape)}, {x.dtype}" for x in (state.xt, xT))
            return f"at t = {state.t} the state is {kind}; x_T is {wanted}", f"t = {state.t} 处的状态是 {kind}；x_T 是 {wanted}"  # fmt: skip
    if not bool(walk.end.isfinite().all()):
        return NOT_FINITE
    for state in walk.states[:-1]:
        there = [question for question in walk.asked if question.t == int(state.t)]
        if all(departs(state.x0_hat, question.x0_hat) or departs(state.xt, question.xt) for question in there):
            return (
                f"in the state at t = {state.t} x_t and x̂_0 do not belong together: hand out what the denoiser was shown "
                "there, and what it answered",
                f"t = {state.t} 处的状态里，x_t 与 x̂_0 对不上：应当交出在那里给去噪器看的与它回答的",
            )
    if departs(walk.states[-1].x0_hat, walk.end) or departs(walk.states[0].xt, xT):
        return (
            "the first state must hold xT, and the last x_0 twice: `Sample(0, xt, xt)`",
            "第一个状态应带着 xT，最后一个两处都是 x_0：`Sample(0, xt, xt)`",
        )
    return None


def judge_plain(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is it DDIM where nothing lies half way? 没有半路可言之处，它是不是 DDIM？"""
    for schedule in (schedules.cosine(40), schedules.linear(30), schedules.raw_quadratic(20)):
        t = int(torch.randint(5, schedule.T, (), generator=generator))
        for times in ([t, 0], [1, 0], [2, 1, 0], list(range(t, -1, -1))):
            denoiser, xT = bent(generator), drawn(generator)
            at = f"[{times[0]}, {times[1]}, …, 0]" if len(times) > 4 else f"{times}"
            try:
                walk = listened(answer, schedule, denoiser, xT, times)
            except (IndexError, ValueError, RuntimeError) as error:
                en, zh = stopped(error)
                return (
                    f"on the times {at}, where nothing lies half way, {en}",
                    f"走时间步 {at} 时（那里没有半路可言）{zh}",
                )
            if walk.fault is not None:
                return walk.fault
            if not isinstance(walk.states[-1], Tensor) and int(walk.states[-1].t) > 0:
                return NO_LAST
            off = departs(walk.end, by_ddim(schedule, denoiser, xT, times))
            if off and not bool(walk.end.isfinite().all()):
                return NOT_FINITE
            if len(walk.asked) != len(times) - 1:
                n, steps = len(walk.asked), len(times) - 1
                return (
                    f"on the times {at} it asks {n} times in {steps} steps; there is nothing half way, once a step is enough",
                    f"走时间步 {at} 时，{steps} 步问了 {n} 次；那里没有半路可言，每步问一次就够",
                )
            if off:
                return (
                    f"on the times {at} it departs from DDIM by up to {off:.2g}",
                    f"走时间步 {at} 时，与 DDIM 相差最多 {off:.2g}",
                )
    return None


def judge_second(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is it of second order? 它是二阶的吗？"""
    std = 0.3 + 0.4 * float(torch.rand((), generator=generator))
    schedule, errors, counts = even_clock(1921), [], (10, 20, 40)
    one = torch.ones(1, 1, dtype=torch.float64)
    for n in counts:
        walk = listened(answer, schedule, gaussian(schedule, std), one, even_walk(961, n))
        if walk.fault is not None:
            return walk.fault
        exact = std / (schedule.alpha_bar[961] * std**2 + 1 - schedule.alpha_bar[961]) ** 0.5
        errors.append(departs(walk.end, exact * one, 0.0) / float(exact))
    if not all(0 <= error < 1e3 for error in errors):
        return NOT_FINITE
    slope = float(torch.tensor(errors[1] + 1e-15).div(errors[2] + 1e-15).log2())
    if slope > 1.7 and errors[-1] < 0.01:
        return None
    of = "; that is first order" if 0.7 < slope < 1.4 else "; that is no order at all" if slope < 0.4 else ""
    of_zh = "；那是一阶" if 0.7 < slope < 1.4 else "；那算不上有阶" if slope < 0.4 else ""
    said = ", ".join(f"{n}: {error:.2g}" for n, error in zip(counts, errors, strict=True))
    return (
        f"on N(0, std²) the errors are {said} (steps: error), a slope of {slope:.1f}{of}",
        f"在 N(0, std²) 上，误差是 {said}（步数：误差），斜率 {slope:.1f}{of_zh}",
    )
