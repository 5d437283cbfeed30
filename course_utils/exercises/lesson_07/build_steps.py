"""Judge where a sampler looks a second time within a step, and what it makes of it.

评判采样器在一步之内第二眼看在哪里，又怎样用它。
"""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.lesson_07.listening import (
    NOT_FINITE,
    Question,
    Walk,
    bent,
    departs,
    drawn,
    falling,
    listened,
)
from course_utils.language import Said
from course_utils.reverse import ddim_step
from course_utils.schedules import Schedule


def judge_asked(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does it ask at t, and half way in log-SNR? 它在 t 处与对数信噪比的半路上提问吗？"""
    for schedule, times in (
        (schedules.cosine(), falling(schedules.cosine(), 4, generator)),
        (schedules.linear(600), falling(schedules.linear(600), 4, generator)),
        (schedules.cosine(40), [38, 20, 9, 6, 4, 1, 0]),
    ):
        walk = listened(answer, schedule, bent(generator), drawn(generator), times)
        if walk.fault not in (None, NOT_FINITE):
            return walk.fault
        found, steps = [question.t for question in walk.asked], list(pairwise(times))
        wanted = [at for t, s in steps for at in ((t, half_way(schedule.log_snr, t, s)) if s else (t,))]
        if len(found) == len(wanted) and all(
            abs(f - w) <= (w not in times) for f, w in zip(found, wanted, strict=True)
        ):
            continue
        return _asked_fault(schedule, found, wanted, steps)
    return None


def half_way(clock: Tensor, t: int, s: int) -> int:
    """The time between t and s nearest to half way on a clock. t 与 s 之间、按某个时钟离半路最近的时间步。"""
    return s + 1 + int((clock[s + 1 : t] - (clock[t] + clock[s]) / 2).abs().argmin())


def _asked_fault(schedule: Schedule, found: list[int], wanted: list[int], steps: list[tuple[int, int]]) -> Said:
    asks = (
        (lambda t, s: (t + s) / 2, "half way in t; half way in log-SNR is wanted", "t 的半路；要的是对数信噪比的半路"),
        (lambda t, s: s, "at s, where Heun looks; look half way", "s，那是 Heun 看的地方；应当看半路"),
        (lambda t, s: t, "at t once more; look half way", "t，又问了一遍；应当看半路"),
        (lambda t, s: half_way(schedule.alpha_bar, t, s), "half way in ᾱ; half way in log-SNR is wanted", "ᾱ 的半路；要的是对数信噪比的半路"),
        (lambda t, s: half_way(schedule.noise_to_signal, t, s), "half way in the noise ratio; half way in log-SNR is wanted", "噪声与信号之比的半路；要的是对数信噪比的半路"),
    )  # fmt: skip
    if len(found) != len(wanted):
        n, once = len(found), len(found) == len(steps)
        more_en = "; there is no second look" if once else "; twice a step, but once to 0, is wanted"
        more_zh = "；没有看第二眼" if once else "；应当每步两次，走到 0 的那步一次"
        return f"in {len(steps)} steps it asks {n} times{more_en}", f"{len(steps)} 步里问了 {n} 次{more_zh}"
    seconds = found[1::2]
    for at, en, zh in asks:
        if all(abs(f - at(t, s)) <= 1 for f, (t, s) in zip(seconds, steps, strict=False)):
            return f"the second question of a step is asked {en}", f"每一步的第二问问的是 {zh}"
    return (
        f"on a schedule with T = {schedule.T} it asks about t = {found}; wanted is {wanted}",
        f"在 T = {schedule.T} 的调度上，它问的是 t = {found}；应当是 {wanted}",
    )


def judge_place(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is the second question about the place where DDIM arrives? 第二问问的，是不是 DDIM 到达的地方？"""
    for schedule in (schedules.cosine(), schedules.linear(60)):
        times = falling(schedule, 3, generator)
        walk = listened(answer, schedule, bent(generator), drawn(generator), times)
        if walk.fault not in (None, NOT_FINITE):
            return walk.fault
        seconds = [(one, two) for one, two in pairwise(walk.asked) if one.t in times and two.t not in times]
        if not seconds:
            return "there is no second question between t and s", "t 与 s 之间没有第二问"
        for one, two in seconds:
            if not 0 < two.t < one.t:
                return f"after t = {one.t} it asks about t = {two.t}", f"问过 t = {one.t} 之后，又问了 t = {two.t}"
            if not departs(two.xt, one.xt):
                return (
                    "the second question is about x_t itself; x_t belongs to t, so first step to the time you ask about",
                    "第二问给去噪器看的还是 x_t；x_t 属于 t，应当先走到所问的时间步",
                )
            if off := departs(two.xt, ddim_step(schedule, one.xt, one.t, two.t, one.x0_hat)):
                return _place_fault(schedule, times, one, two, off)
    return None


def _place_fault(schedule: Schedule, times: list[int], one: Question, two: Question, off: float) -> Said:
    s = times[times.index(one.t) + 1]
    if s and not departs(two.xt, ddim_step(schedule, one.xt, one.t, s, one.x0_hat)):
        return (
            "the second question is about the place at s, where the whole step would arrive, but with another time",
            "第二问给去噪器看的是整步到达的 s 处，时间却是另一个",
        )
    if s and not departs(two.xt, (one.xt + ddim_step(schedule, one.xt, one.t, s, one.x0_hat)) / 2):
        return (
            "the second question is about the mean of x_t and x_s; walk to that time, with DDIM's step",
            "第二问给去噪器看的是 x_t 与 x_s 的均值；应当用 DDIM 步走到那个时间步",
        )
    return (
        f"from t = {one.t} it looks at t = {two.t} at a place that is off by up to {off:.2g} from where DDIM's step arrives",
        f"从 t = {one.t} 出发，在 t = {two.t} 处看的地方，与 DDIM 步到达之处最多相差 {off:.2g}",
    )


def judge_line(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is a guess that moves on a straight line read half way? 沿直线变化的猜测，是否在半路上读数？"""
    for schedule, wide in ((schedules.cosine(30), 8), (schedules.linear(24), 6), (schedules.cosine(30), 5)):
        clock, (a, b), xT = schedule.log_snr, drawn(generator, (2, 3, 2)), drawn(generator)
        t = int(torch.randint(wide + 3, schedule.T - 2, (), generator=generator))
        s = t - wide
        walk = listened(answer, schedule, lambda xt, t, a=a, b=b, clock=clock: a + b * clock[t], xT, [t, s, 0])
        if walk.fault not in (None, NOT_FINITE):
            return walk.fault
        arrived = [question.xt for question in walk.asked if question.t == s]
        if not arrived:
            return f"on the times [{t}, {s}, 0] it never asks at {s}", f"走时间步 [{t}, {s}, 0] 时，从没在 {s} 处问过"
        if off := departs(arrived[-1], ddim_step(schedule, xT, t, s, a + b * (clock[t] + clock[s]) / 2)):
            return _line_fault(schedule, walk, (a, b), (t, s), off)
    return None


def _line_fault(schedule: Schedule, walk: Walk, line: tuple[Tensor, Tensor], step: tuple[int, int], off: float) -> Said:
    (a, b), (t, s), clock, xT = line, step, schedule.log_snr, walk.asked[0].xt
    arrived = [question.xt for question in walk.asked if question.t == s][-1]
    m = next((question.t for question in walk.asked if s < question.t < t), None)
    guesses = [
        (
            clock[t],
            "the guess at t, as in DDIM; the second look is not used",
            "t 处的猜测，与 DDIM 一样；第二眼没有用上",
        )
    ]
    if m is not None:
        half, ahead = (clock[t] + clock[s]) / 2, (clock[s] - clock[t]) / (clock[m] - clock[t])
        guesses += [
            (clock[m], "the guess at m as it stands; m is only nearest to half way: read the line through both guesses half way", "m 处的猜测本身；m 只是离半路最近：应过两个猜测作直线，在半路上读数"),
            ((clock[t] + clock[m]) / 2, "the mean of both guesses, a quarter of the way; read the line half way", "两个猜测的均值，那是四分之一路上的值；应在半路上读直线"),
            (clock[s], "the line read at s; half way is wanted", "直线在 s 处的值；要的是半路上的"),
            *((clock[t] + (clock[m] - clock[t]) / ahead * by, "the line read with its ratio upside down", "直线上的读数，但比值颠倒了") for by in (2, 1, 0.5)),
            (half + clock[m] - clock[t], "the line set out from the guess at m; it sets out from that at t", "从 m 处的猜测出发的直线；应从 t 处的猜测出发"),
        ]  # fmt: skip
        there = ddim_step(schedule, xT, t, m, a + b * clock[t])
        for at in (clock[m], half):
            if not departs(arrived, ddim_step(schedule, there, m, s, a + b * at)):
                return (
                    "the step goes on from the place half way; go back to x_t and take the whole step from there",
                    "这一步从半路上接着走了；应回到 x_t，从那里走完整步",
                )
    for at, en, zh in guesses:
        if not departs(arrived, ddim_step(schedule, xT, t, s, a + b * at)):
            return f"the step is taken with {en}", f"这一步用的是{zh}" if zh[0] not in "tm" else f"这一步用的是 {zh}"
    return (
        f"a guess that moves on a straight line: from t = {t} to s = {s} the step is off by up to {off:.2g}",
        f"猜测沿直线变化时，从 t = {t} 到 s = {s} 的一步最多偏了 {off:.2g}",
    )
