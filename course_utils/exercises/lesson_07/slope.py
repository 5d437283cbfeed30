"""The harness of lesson 07: measure the order of a sampler where the exact end is known.

第 07 课的量具：在精确终点已知的地方，量出采样器的阶。
"""

from collections.abc import Callable, Sequence
from math import log
from typing import Any

import numpy as np
import torch

from course_utils.exercises.judging import BLANK, Mistake, called, number
from course_utils.exercises.kinds import Part, Piece
from course_utils.experiments.moons import Sampler
from course_utils.experiments.orders import Walks, beside, even_clock, even_walk, gains, log_slope
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


# What is commonly got wrong: from the gains, the order that it finds.


def _against_its_finest(found: list[float], walks: Walks, width: float) -> float:
    return log_slope(walks[:-1], [gain - found[-1] for gain in found[:-1]])


def _against_std(found: list[float], walks: Walks, width: float) -> float:
    return log_slope(walks, [gain / width - 1 for gain in found])


def _over_steps(found: list[float], walks: Walks, width: float) -> float:
    return -float(np.polyfit([len(walk) - 1 for walk in walks], [log(abs(gain - 1)) for gain in found], 1)[0])


def _by_two(found: list[float], walks: Walks, width: float) -> float:
    errors = np.abs(np.subtract(found, 1))
    return float(np.log2(errors[:-1] / errors[1:]).mean())


def _ratio(found: list[float], walks: Walks, width: float) -> float:
    return abs((found[-2] - 1) / (found[-1] - 1))


SLOPE_MISTAKES = [
    Mistake(_against_its_finest, "the sampler is compared with its own finest walk: one that goes to a wrong place would pass; compare with the exact flow", "比的是采样器自己最细的那次：走到错误地方的采样器也能过关；应与精确流比"),
    Mistake(_against_std, "the exact end is taken as std · x_T, as if x_T were a draw of N(0, I); the walk begins at walk[0], where the cloud has another width", "把精确终点取成了 std · x_T，好像 x_T 抽自 N(0, I)；其实是从 walk[0] 出发，那里点云另有自己的宽度"),
    Mistake(_over_steps, "the logarithm of the steps is missing: both axes are logarithmic", "步数没有取对数：两轴都要取对数"),
    Mistake(_by_two, "it takes for granted that each walk has twice the steps of the one before; divide by the logarithm of their ratio", "默认了每次的步数都是上一次的两倍；应除以步数之比的对数"),
    Mistake(_ratio, "this is the ratio of two errors; the order is the slope of their logarithms", "这是两个误差之比；阶是它们的对数的斜率"),
]  # fmt: skip
SIGN = (
    "the sign: the error falls as steps are added, and the order is how steeply, a number above 0",
    "符号反了：步数增加，误差下降；阶说的是降得多陡，是大于 0 的数",
)


def _fault(answer: Callable, case: dict[str, Any]) -> Said | None:
    """What is wrong with the order that an answer finds; a mistake is named if it gives the same number.

    答案量出的阶错在哪里；若某种错误给出同样的数，就点出它的名字。
    """
    result, fault = called(answer, case)
    given = None if fault else number(result)
    if given is None:
        return fault or ("it does not return a single number", "返回的不是单个数")
    sampler, walks = case["sampler"], case["walks"]
    found = gains(case["schedule"], sampler, case["std"], walks)
    right = log_slope(walks, [gain - 1 for gain in found])
    near = NEAR * max(1.0, abs(right))
    if abs(given - right) <= near:
        return None
    if abs(given + right) <= near:
        return SIGN
    alpha_bar = case["schedule"].alpha_bar[walks[0][0]]
    width = float((alpha_bar * case["std"] ** 2 + 1 - alpha_bar) ** 0.5)
    for mistake in SLOPE_MISTAKES:
        if abs(given - mistake.gives(found, walks, width)) < 0.01 * max(1.0, abs(given)):
            return mistake.en, mistake.zh
    return f"it finds {given:.2f}; the slope is {right:.2f}", f"量出 {given:.2f}；斜率是 {right:.2f}"


def _judge(*samplers: Sampler, counts: Sequence[int] = (6, 12, 24), first: int = 241) -> Callable:
    """A judge that hands these samplers to the reader's harness, on another schedule and std each time."""

    def judge(answer: Callable, generator: torch.Generator) -> Said | None:
        for sampler in samplers:
            quiet, std = torch.rand(2, generator=generator, dtype=torch.float64).tolist()
            walks = [even_walk(first, n) for n in counts]
            case = {"sampler": sampler, "schedule": even_clock(241, 13 + quiet), "std": 0.3 + 0.4 * std, "walks": walks}
            fault = _fault(answer, case)
            if fault is not None:
                return fault if fault is BLANK else _with(sampler, fault)
        return None

    return judge


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
            _judge(ddim),
            (
                (
                    "One number at the start is enough: with N(0, std²) each step multiplies by a number, so x_T = 1 tells all.",
                    "起点取一个数就够了：数据是 N(0, std²) 时，每一步都只乘一个数，x_T = 1 就说明了一切。",
                ),
                (
                    "Denoiser: `mixture(schedule, torch.zeros(1, 1), torch.tensor([std]))`. Error of a walk: the distance of "
                    "`finish(sampler(schedule, denoiser, xT, walk))` from the exact end.",
                    "去噪器：`mixture(schedule, torch.zeros(1, 1), torch.tensor([std]))`。误差："
                    "`finish(sampler(schedule, denoiser, xT, walk))` 到精确终点的距离。",
                ),
            ),
        ),
        "second": Part(
            ("`heun` comes out as of order 2", "`heun` 量出来阶是 2"),
            _judge(heun, counts=(10, 20, 40)),
            (
                (
                    "Errors of second order are small. Is xT float64, and is the exact end exact?",
                    "二阶的误差很小。xT 是 float64 吗？精确终点够精确吗？",
                ),
                (
                    "A straight line: `np.polyfit(np.log(steps), np.log(errors), 1)[0]`, with the sign turned.",
                    "拟合直线：`np.polyfit(np.log(steps), np.log(errors), 1)[0]`，再变号。",
                ),
            ),
        ),
        "zero": Part(
            ("a sampler that arrives at a wrong place comes out as of order 0", "走到错误地方的采样器量出来阶是 0"),
            _judge(beside, first=121),
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
            _judge(ddim, heun, counts=(8, 12, 20, 30), first=121),
            (
                ("Where does a walk begin? How many steps has each?", "每次从哪里出发？各走多少步？"),
                (
                    "The exact end hangs on `walk[0]`, and the steps are `len(walk) - 1`; neither is to be taken for granted.",
                    "精确终点取决于 `walk[0]`，步数是 `len(walk) - 1`；两者都不能想当然。",
                ),
            ),
        ),
    },
)
