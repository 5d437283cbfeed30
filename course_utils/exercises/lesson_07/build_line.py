"""Judge whether a sampler reads the line through its two guesses half way, and name what it reads instead.

评判采样器是否在半路上读过两个猜测的直线；若不是，说出它读的是什么。
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.lesson_07.listening import NOT_FINITE, departs, drawn, listened
from course_utils.forward import eps_from_x0
from course_utils.language import Said
from course_utils.reverse import ddim_step, euler_step
from course_utils.schedules import Schedule


class Step(NamedTuple):
    """A step of a walk whose guess moves on a straight line, and where it arrived. 猜测沿直线变化时的一步，以及到达之处。"""

    schedule: Schedule
    line: tuple[Tensor, Tensor]
    t: int
    s: int
    m: int | None
    xT: Tensor
    arrived: Tensor

    def guess(self, clock: Tensor) -> Tensor:
        return self.line[0] + self.line[1] * clock

    def off(self, clock: Tensor, through: int | None = None) -> float:
        """How far from where it arrives with the guess at this place of the clock, from x_t or on from a place between."""
        t, x = self.t, self.xT
        if through is not None:
            t, x = through, ddim_step(self.schedule, x, t, through, self.guess(self.schedule.log_snr[t]))
        return departs(self.arrived, ddim_step(self.schedule, x, t, self.s, self.guess(clock)))

    def off_by_slope(self) -> float:
        """How far from where the slope seen at m would lead, taken for the whole step. 与沿 m 处斜率走完整步相差多少。"""
        if self.m is None:
            return float("inf")
        clock, (t, s, m) = self.schedule.log_snr, (self.t, self.s, self.m)
        x_m = ddim_step(self.schedule, self.xT, t, m, self.guess(clock[t]))
        slope = eps_from_x0(self.schedule, x_m, m, self.guess(clock[m]))
        return departs(self.arrived, euler_step(self.schedule, self.xT, t, s, slope))


def judge_line(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is a guess that moves on a straight line read half way? 沿直线变化的猜测，是否在半路上读数？"""
    steps, offs = [], []
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
        m = next((question.t for question in walk.asked if s < question.t < t), None)
        steps.append(Step(schedule, (a, b), t, s, m, xT, arrived[-1]))
        offs.append(steps[-1].off((clock[t] + clock[s]) / 2))
    return _line_fault(steps, offs) if any(offs) else None


def _line_fault(steps: list[Step], offs: list[float]) -> Said:
    """Name what explains every one of the steps."""
    read = [_readings(step) for step in steps]
    for i, (_, _, en, zh) in enumerate(read[0] if len({len(each) for each in read}) == 1 else []):
        if not any(step.off(each[i][0], each[i][1]) for step, each in zip(steps, read, strict=True)):
            return en, zh
    if not any(step.off_by_slope() for step in steps):
        return (
            "the step goes straight along the slope ε̂ that was seen at m; it is the guess x̂_0 that is to be had half way, and "
            "DDIM's step taken with it",
            "这一步是沿着 m 处看到的斜率 ε̂ 直走的；该取的是半路上的猜测 x̂_0，再用它走 DDIM 步",
        )
    worst = max(range(len(steps)), key=offs.__getitem__)
    (t, s), off = steps[worst][2:4], offs[worst]
    return (
        f"a guess that moves on a straight line: from t = {t} to s = {s} the step is off by up to {off:.2g}",
        f"猜测沿直线变化时，从 t = {t} 到 s = {s} 的一步最多偏了 {off:.2g}",
    )


def _readings(step: Step) -> list[tuple[Tensor, int | None, str, str]]:
    """Where on the clock a step may read its guess, through which place it may go, and how that is named."""
    clock, t, s, m = step.schedule.log_snr, step.t, step.s, step.m
    known = [(clock[t], None, "the step is taken with the guess at t, as in DDIM; the second look is not used", "这一步用的是 t 处的猜测，与 DDIM 一样；第二眼没有用上")]  # fmt: skip
    if m is None:
        return known
    half, way = (clock[t] + clock[s]) / 2, clock[m] - clock[t]
    share, by = (half - clock[t]) / way, 2 * (half - clock[t])
    onward = "the step goes on from the place half way; go back to x_t and take the whole step from there", "这一步从半路上接着走了；应回到 x_t，从那里走完整步"  # fmt: skip
    return known + [
        (clock[m], None, "the step is taken with the guess at m as it stands; m is only nearest to half way: read the line through both guesses half way", "这一步用的是 m 处的猜测本身；m 只是离半路最近：应过两个猜测作直线，在半路上读数"),
        *((at, m, *onward) for at in (clock[m], half, (clock[m] + clock[s]) / 2)),
        ((clock[t] + clock[m]) / 2, None, "the step is taken with the mean of both guesses, a quarter of the way; read the line half way", "这一步用的是两个猜测的均值，那是四分之一路上的值；应在半路上读直线"),
        (clock[t] + (s - t) / 2 / (m - t) * way, None, "the step is taken with the line drawn over t; draw it over λ, `schedule.log_snr`", "这一步用的是以 t 为横轴的直线；横轴应是 λ，即 `schedule.log_snr`"),
        ((clock[m] + clock[s]) / 2, None, "the step is taken with the line read half way from m to s, ahead of m, as 2M reads it; half way lies in the middle between t and s", "这一步用的是从 m 向前外推的值，与 2M 一样；半路在 t 与 s 的正中间"),
        (clock[s], None, "the step is taken with the line read at s; half way is wanted", "这一步用的是直线在 s 处的值；要的是半路上的"),
        (clock[t] + (half - clock[s]) / (clock[m] - clock[s]) * way, None, "the step is taken with a share that is measured from s; the line sets out from t, so measure half way and m from there", "这一步用的是从 s 量起的比例；直线从 t 出发，半路与 m 都应从 t 量起"),
        (clock[m] - share * way, None, "the step is taken with both guesses, but their weights are swapped", "这一步用的是两个猜测的加权平均，但权重对调了"),
        *((clock[t] + way * way / by * k, None, "the step is taken with the line read with its ratio upside down", "这一步用的是直线上的读数，但比值颠倒了") for k in (2, 1, 0.5)),
        (half + way, None, "the step is taken with the line set out from the guess at m; it sets out from that at t", "这一步用的是从 m 处的猜测出发的直线；应从 t 处的猜测出发"),
    ]  # fmt: skip
