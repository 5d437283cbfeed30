"""The harness of lesson 07: measure the order of a sampler where the exact end is known.

第 07 课的量具：在精确终点已知的地方，量出采样器的阶。
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from course_utils.exercises.judging import BLANK, Mistake, called, number
from course_utils.exercises.kinds import Part, Piece
from course_utils.exercises.lesson_07.slope_mistakes import SLOPE_MISTAKES, Measured, measure
from course_utils.experiments.moons import Sampler
from course_utils.experiments.orders import Walks, beside, even_clock, even_walk
from course_utils.language import Said
from course_utils.oracle import mixture
from course_utils.samplers import ddim, finish, heun
from course_utils.schedules import Schedule

NEAR = 0.12


def order(sampler: Sampler, schedule: Schedule, std: float, walks: Walks) -> float:
    """The slope of log error over log steps, on data N(0, std^2) whose exact flow is known. 误差对数关于步数对数的斜率。"""
    truth = mixture(schedule, torch.zeros(1, 1), torch.tensor([std]))
    xT, steps, errors = torch.ones(1, 1, dtype=torch.float64), [], []
    for walk in walks:
        alpha_bar = schedule.alpha_bar[walk[0]]
        exact = std / (alpha_bar * std**2 + 1 - alpha_bar) ** 0.5 * xT
        steps.append(len(walk) - 1)
        errors.append(float((finish(sampler(schedule, truth, xT, walk)) - exact).abs()))
    return -float(np.polyfit(np.log(steps), np.log(errors), 1)[0])


SIGN = (
    "the sign: the error falls as steps are added, and the order is how steeply, a number above 0",
    "符号反了：步数增加，误差下降；阶说的是降得多陡，是大于 0 的数",
)


def _fault(answer: Callable, case: dict[str, Any], others: Walks) -> Said | None:
    """What is wrong with the order that an answer finds; a mistake is named if it gives the same on other walks, too.

    答案量出的阶错在哪里；若某种错误在另一组时间步上也给出同样的数，就点出它的名字。
    """
    result, fault = called(answer, case)
    given = None if fault else number(result)
    if given is None:
        return fault or ("it does not return a single number", "返回的不是单个数")
    measured = measure(case)
    near = NEAR * max(1.0, abs(measured.order))
    if abs(given - measured.order) <= near:
        return None
    if abs(given + measured.order) <= near:
        return SIGN
    named = _alike(given, measured, SLOPE_MISTAKES)
    if named:
        again = case | {"walks": others}
        named = _alike(number(called(answer, again)[0]), measure(again), named)
    if named:
        return named[0].en, named[0].zh
    return f"it finds {given:.2f}; the slope is {measured.order:.2f}", f"量出 {given:.2f}；斜率是 {measured.order:.2f}"


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
    return f"asked about `{name}`: {en}", f"量 `{name}` 时：{zh}"


SLOPE = Piece(
    reference=lambda: order,
    parts={
        "first": Part(
            ("`ddim` comes out as of order 1", "`ddim` 量出来阶是 1"),
            _judge((ddim, _even(241, 6, 12, 24))),
            (
                (
                    "Two numbers a walk: how many steps it has, and how far its x_0 is from the exact end (a distance, not "
                    "squared). One particle is enough, x_T = 1: with N(0, std²) each step multiplies by a number.",
                    "每次采样得两个数：走了几步；x_0 离精确终点多远（是距离，不平方）。"
                    "起点取一个粒子 x_T = 1 就够了：数据是 N(0, std²) 时，每一步都只乘一个数。",
                ),
                (
                    "Error: the mean of `(finish(sampler(schedule, denoiser, xT, walk)) - end).abs()`, with the denoiser of the "
                    "page. Order: `-np.polyfit(np.log(steps), np.log(errors), 1)[0]`.",
                    "误差：`(finish(sampler(schedule, denoiser, xT, walk)) - end).abs()` 的均值，去噪器见页面。"
                    "阶：`-np.polyfit(np.log(steps), np.log(errors), 1)[0]`。",
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
                "so it does with walks that start at little noise, and whose steps do not double",
                "从噪声较轻处出发、步数也不是逐次加倍时，结果仍然对",
            ),
            _judge((ddim, _even(121, 8, 12, 20, 30)), (heun, _even(121, 8, 12, 20, 30)), (ddim, SHORT)),
            (
                (
                    "Where does a walk begin, and where does it end? How many steps has each?",
                    "每次从哪里出发，到哪里为止？各走多少步？",
                ),
                (
                    "The exact flow leads from `walk[0]` to 0, however long the last step is, and the steps are `len(walk) - 1`.",
                    "精确流从 `walk[0]` 一直走到 0，最后一步再长也一样；步数是 `len(walk) - 1`。",
                ),
            ),
        ),
    },
)
