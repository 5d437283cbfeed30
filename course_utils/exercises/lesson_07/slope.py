"""The harness of lesson 07: measure the order of a sampler where the exact end is known.

第 07 课的量具：在精确终点已知的地方，量出采样器的阶。
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.exercises.judging import BLANK, Mistake, called, number
from course_utils.exercises.kinds import Part, Piece
from course_utils.exercises.lesson_07.slope_denoiser import Asked, fault_of_denoiser, overheard
from course_utils.exercises.lesson_07.slope_mistakes import SLOPE_MISTAKES, Measured, fault_of_no_number, measure
from course_utils.experiments.moons import Sampler
from course_utils.experiments.orders import Walks, beside, even_clock, even_walk
from course_utils.language import Said
from course_utils.samplers import Sample, ddim, dpm_solver, finish, heun
from course_utils.schedules import Schedule

NEAR = 0.12


def order(sampler: Sampler, schedule: Schedule, std: float, walks: Walks) -> float:
    """The slope of log error over log steps, on data N(0, std^2) whose exact flow is known. 误差对数关于步数对数的斜率。"""
    r, signal = schedule.noise_to_signal, schedule.signal
    xT, steps, errors = torch.ones(1, dtype=torch.float64), [], []
    for walk in walks:
        exact = std / (std**2 + r[walk[0]] ** 2) ** 0.5 * xT / signal[walk[0]]
        x0 = finish(sampler(schedule, lambda xt, t: std**2 / (std**2 + r[t] ** 2) * xt / signal[t], xT, walk))
        steps.append(len(walk) - 1)
        errors.append(float((x0 - exact).abs()))
    return -float(np.polyfit(np.log(steps), np.log(errors), 1)[0])


def scattered(schedule: Schedule, denoiser: Denoiser, xT: Tensor, times: Sequence[int], **_: Any) -> Iterator[Sample]:
    """DPM++ 2M that misses the end by more where its steps are no multiple of 3. 步数不是 3 的倍数时偏得更多的 2M。"""
    *walk, end = dpm_solver(schedule, denoiser, xT, times)
    yield from walk
    steps = len(times) - 1
    x0 = (1 + (8 if steps % 3 else 2) / steps) * end.xt
    yield Sample(0, x0, x0)


def growing(schedule: Schedule, denoiser: Denoiser, xT: Tensor, times: Sequence[int], **_: Any) -> Iterator[Sample]:
    """DPM++ 2M that misses the end by more, the more steps it takes. 步数越多，终点偏得越远的 2M。"""
    *walk, end = dpm_solver(schedule, denoiser, xT, times)
    yield from walk
    x0 = (1 + len(times) / 10) * end.xt
    yield Sample(0, x0, x0)


SIGN = (
    "the sign: the error falls as steps are added, and the order is how steeply, a number above 0",
    "符号反了：步数增加，误差下降；阶说的是降得多陡，是大于 0 的数",
)
NO_SIGN = (
    "the sign is lost: the error of this sampler grows as steps are added, so its order is a number below 0",
    "丢了符号：这个采样器的误差随步数增加而变大，它的阶是小于 0 的数",
)


def _fault(answer: Callable, case: dict[str, Any], others: Walks) -> Said | None:
    """What is wrong with the order that an answer finds; a mistake is named if it gives the same on other walks, too.

    答案量出的阶错在哪里；若某种错误在另一组时间步上也给出同样的数，就点出它的名字。
    """
    asked: list[Asked] = []
    result, fault = called(answer, case | {"sampler": overheard(case["sampler"], asked)})
    given = None if fault else number(result)
    if given is None:
        return fault or ("it does not return a single number", "返回的不是单个数")
    measured = measure(case)
    near = NEAR * max(1.0, abs(measured.order))
    if abs(given - measured.order) <= near:
        return None
    wrong_guess = fault_of_denoiser(case["schedule"], case["std"], asked)
    if wrong_guess is not None:
        return wrong_guess
    if not math.isfinite(given):
        return fault_of_no_number(answer, case)
    if abs(measured.order) > 0.5 and abs(given + measured.order) <= near:
        return SIGN if measured.order > 0 else NO_SIGN
    named = _alike(given, measured, SLOPE_MISTAKES)
    if named:
        again = case | {"walks": others}
        named = _alike(number(called(answer, again)[0]), measure(again), named)
    if named:
        return named[0].en, named[0].zh
    said = ", ".join(f"{n}: {error:.2g}" for n, error in zip(measured.steps, measured.errors, strict=True))
    return (
        f"it finds {given:.2f}; the slope is {measured.order:.2f}. From x_T = 1 the exact flow is missed by {said} (steps: error)",
        f"量出 {given:.2f}；斜率是 {measured.order:.2f}。从 x_T = 1 出发，与精确流的终点相差 {said}（步数：误差）",
    )


def _alike(given: float | None, seen: Measured, mistakes: Sequence[Mistake]) -> list[Mistake]:
    """The mistakes that give this number."""
    if given is None:
        return []
    return [mistake for mistake in mistakes if abs(given - mistake.gives(seen)) < 0.01 * max(0.1, abs(given))]


def _judge(*trials: tuple[Sampler, Walks]) -> Callable:
    """A judge that hands these samplers and walks to the reader's harness, on another schedule and std each time."""

    def judge(answer: Callable, generator: torch.Generator) -> Said | None:
        for sampler, walks in trials:
            quiet, std = torch.rand(2, generator=generator, dtype=torch.float64).tolist()
            case = {"sampler": sampler, "schedule": even_clock(241, 13 + quiet), "std": 0.3 + 0.4 * std, "walks": walks}
            others = [even_walk(walks[0][0], n) for n in (4, 9, 14)]
            fault = _fault(answer, case, others)
            if fault is not None:
                return fault if fault is BLANK else _with(sampler, fault)
        return None

    return judge


def _even(first: int, *counts: int) -> Walks:
    return [even_walk(first, n) for n in counts]


# Of 3 and of 9 steps; the last of them is long, and leads from different times to 0.
SHORT = [[191, 166, 141, 0], [191, 178, 166, 154, 141, 128, 116, 104, 91, 0]]


def _with(sampler: Sampler, fault: Said) -> Said:
    (en, zh), name = fault, sampler.__name__
    if sampler is beside:
        return f"asked about one that doubles its end: {en}", f"量把终点加倍的采样器时：{zh}"
    if sampler is scattered:
        return (
            f"asked about one whose errors lie scattered about the line: {en}",
            f"量误差散落在直线两侧的采样器时：{zh}",
        )
    if sampler is growing:
        return f"asked about one that misses by more with more steps: {en}", f"量步数越多偏得越远的采样器时：{zh}"
    return f"asked about `{name}`: {en}", f"量 `{name}` 时：{zh}"


SLOPE = Piece(
    reference=lambda: order,
    parts={
        "first": Part(
            ("`ddim` comes out as of order 1", "`ddim` 量出来阶是 1"),
            _judge((ddim, _even(241, 6, 12, 24))),
            (
                (
                    "Two numbers a walk: how many steps it has, and how far its x_0 is from the exact end. One particle is "
                    "enough, x_T = 1: with N(0, std²) each step multiplies by a number. The denoiser is the best guess of "
                    "the pen-and-paper problem, with m = 0.",
                    "每次采样得两个数：走了几步；x_0 离精确终点多远。起点取一个粒子 x_T = 1 就够了：数据是 N(0, std²) 时，"
                    "每一步都只乘一个数。去噪器就是纸笔题里的最优猜测，取 m = 0。",
                ),
                (
                    "Error: the mean of `(finish(sampler(schedule, denoiser, xT, walk)) - end).abs()`. Order: "
                    "`-np.polyfit(np.log(steps), np.log(errors), 1)[0]`. The denoiser: `std**2 / (std**2 + r[t]**2) * xt / "
                    "schedule.signal[t]`, with `r = schedule.noise_to_signal`.",
                    "误差：`(finish(sampler(schedule, denoiser, xT, walk)) - end).abs()` 的均值。"
                    "阶：`-np.polyfit(np.log(steps), np.log(errors), 1)[0]`。去噪器：`std**2 / (std**2 + r[t]**2) * xt / "
                    "schedule.signal[t]`，其中 `r = schedule.noise_to_signal`。",
                ),
            ),
        ),
        "second": Part(
            ("`heun` comes out as of order 2", "`heun` 量出来阶是 2"),
            _judge((heun, _even(241, 10, 20, 40))),
            (
                (
                    "Errors of second order are small. Is xT float64, and is the exact end exact?",
                    "二阶的误差很小。xT 是 float64 吗？精确终点够精确吗？",
                ),
                (
                    "`xT = torch.ones(1, 1, dtype=torch.float64)`, and the exact end is `my_flow(schedule, 0.0, std, xT, walk[0], 0)`.",
                    "`xT = torch.ones(1, 1, dtype=torch.float64)`，精确终点是 `my_flow(schedule, 0.0, std, xT, walk[0], 0)`。",
                ),
            ),
        ),
        "zero": Part(
            ("a sampler that arrives at a wrong place comes out as of order 0", "走到错误地方的采样器量出来阶是 0"),
            _judge((beside, _even(121, 6, 12, 24))),
            (
                (
                    "What do you compare with? A sampler may well converge, and to the wrong place.",
                    "你拿什么来比？采样器完全可以收敛，却收敛到错误的地方。",
                ),
                (
                    "The exact end is that of the flow, `my_flow(schedule, 0.0, std, xT, walk[0], 0)`, not of a finer walk.",
                    "精确终点是流的终点，`my_flow(schedule, 0.0, std, xT, walk[0], 0)`，而不是更细的一次采样的终点。",
                ),
            ),
        ),
        "any": Part(
            (
                "so it does with any walks: from little noise, in any order, with errors that do not lie on a line, or that grow",
                "换成别的时间步，结果仍然对：从噪声较轻处出发，次序任意，误差不正好落在一条直线上，或反而变大",
            ),
            _judge(
                (ddim, _even(121, 8, 12, 20, 30)),
                (scattered, _even(121, 20, 8, 12, 30)),
                (growing, _even(121, 20, 10, 30)),
                (ddim, SHORT),
            ),
            (
                (
                    "Where does a walk begin, and where does it end? How many steps has each? And does every walk count?",
                    "每次从哪里出发，到哪里为止？各走多少步？是不是每次采样都算进去了？",
                ),
                (
                    "The exact flow leads from `walk[0]` to 0, however long the last step is, and the steps are `len(walk) - 1`. "
                    "Through all points goes one line of least squares, `np.polyfit`.",
                    "精确流从 `walk[0]` 一直走到 0，最后一步再长也一样；步数是 `len(walk) - 1`。"
                    "对所有的点用最小二乘拟合一条直线：`np.polyfit`。",
                ),
            ),
        ),
    },
)
