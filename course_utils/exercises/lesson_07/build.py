"""The piece of lesson 07: a sampler of second order that looks a second time half way, and its parts.

第 07 课的作业：半路上再看一眼的二阶采样器，以及它的各个部分。
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from torch import Tensor

from course_utils import reverse
from course_utils.denoisers import Denoiser
from course_utils.exercises.kinds import Part, Piece
from course_utils.exercises.lesson_07.build_judges import judge_plain, judge_second, judge_states
from course_utils.exercises.lesson_07.build_line import judge_line
from course_utils.exercises.lesson_07.build_steps import judge_asked, judge_place
from course_utils.samplers import Sample
from course_utils.schedules import Schedule


def solver(schedule: Schedule, denoiser: Denoiser, xT: Tensor, times: Sequence[int]) -> Iterator[Sample]:
    """DPM-Solver++(2S): DDIM's step with a guess half way, seen at a place half way. 在半路上看到猜测的 DDIM 步。"""
    clock, xt = schedule.log_snr, xT
    for t, s in pairwise(times):
        x0_hat = guess = denoiser(xt, t)
        yield Sample(t, xt, x0_hat)
        if s > 0 and t - s > 1:
            half = (clock[t] + clock[s]) / 2
            m = s + 1 + int((clock[s + 1 : t] - half).abs().argmin())
            seen = denoiser(reverse.ddim_step(schedule, xt, t, m, x0_hat), m)
            guess = x0_hat + (half - clock[t]) / (clock[m] - clock[t]) * (seen - x0_hat)
        xt = reverse.ddim_step(schedule, xt, t, s, guess)
    yield Sample(0, xt, xt)


BUILD = Piece(
    reference=lambda: solver,
    parts={
        "states": Part(
            (
                "it hands out a `Sample` for every time, the last with x_0, in any shape and type",
                "每个时间步交出一个 `Sample`，最后一个带着 x_0；任何形状与类型都行",
            ),
            judge_states,
            (
                (
                    "Look at the loop of `ddim`, and at what it yields before each step and after the last. If values are not "
                    "finite: how do you treat the step to s = 0?",
                    "看 `ddim` 的循环：每一步之前 yield 什么，最后一步之后又 yield 什么。若有的值不是有限数：走到 s = 0 的那步，你怎样处理？",
                ),
                (
                    "`for t, s in pairwise(times):`, ask, `yield Sample(t, xt, x0_hat)`, step; after the loop "
                    "`yield Sample(0, xt, xt)`. Where s is 0 or t − s is 1 the step is plain DDIM, before any half way is computed.",
                    "`for t, s in pairwise(times):`，提问，`yield Sample(t, xt, x0_hat)`，走一步；循环之后 "
                    "`yield Sample(0, xt, xt)`。s 为 0 或 t − s 为 1 时，不算半路，直接走 DDIM 的一步。",
                ),
            ),
        ),
        "plain": Part(
            (
                "to 0, and between neighbours, it takes DDIM's step and asks once",
                "走到 0，或在相邻时间步之间走时，就是 DDIM 的一步，只问一次",
            ),
            judge_plain,
            (
                (
                    "Two kinds of step have nothing half way. Which? Ask once there.",
                    "有两种步没有半路可言。是哪两种？在那里只问一次。",
                ),
                (
                    "Where s is 0 or t − s is 1: `xt = reverse.ddim_step(schedule, xt, t, s, x0_hat)`, and no second question.",
                    "s 为 0 或 t − s 为 1 时：`xt = reverse.ddim_step(schedule, xt, t, s, x0_hat)`，不再问第二次。",
                ),
            ),
        ),
        "asked": Part(
            (
                "in every other step it asks at t and at the time nearest to half way in log-SNR",
                "其余每一步都问两次：在 t 处，以及按对数信噪比离半路最近的时间步处",
            ),
            judge_asked,
            (
                (
                    "Half way in log-SNR is not half way in t. It lies between t and s: of the times between, take the nearest.",
                    "对数信噪比的半路不是 t 的半路。它在 t 与 s 之间：取中间各时间步里最近的那个。",
                ),
                (
                    "`clock = schedule.log_snr`, and the smallest of `(clock[s + 1 : t] - (clock[t] + clock[s]) / 2).abs()`; "
                    "its place counts from s + 1.",
                    "`clock = schedule.log_snr`，取 `(clock[s + 1 : t] - (clock[t] + clock[s]) / 2).abs()` 中最小的一项；"
                    "它的下标从 s + 1 数起。",
                ),
            ),
        ),
        "place": Part(
            (
                "the second question is about the place where DDIM's step from t arrives",
                "第二次问的，是从 t 走 DDIM 步到达的地方",
            ),
            judge_place,
            (
                (
                    "x_t belongs to t. Before you ask at m you must be there.",
                    "x_t 属于 t。要在 m 处提问，先得走到那里。",
                ),
                (
                    "Walk there and ask: `denoiser(reverse.ddim_step(schedule, xt, t, m, x0_hat), m)`.",
                    "先走到那里再问：`denoiser(reverse.ddim_step(schedule, xt, t, m, x0_hat), m)`。",
                ),
            ),
        ),
        "line": Part(
            (
                "a guess that moves on a straight line in log-SNR is read exactly half way",
                "猜测若沿对数信噪比的直线变化，读出的恰好是半路上的值",
            ),
            judge_line,
            (
                (
                    "m is only nearest to half way. A straight line leads through the guesses at t and at m: read it half way. "
                    "The step itself begins at x_t.",
                    "m 只是离半路最近。过 t 与 m 处的两个猜测作直线，在半路上读数。这一步本身从 x_t 出发。",
                ),
                (
                    "`guess = x0_hat + (half - clock[t]) / (clock[m] - clock[t]) * (seen - x0_hat)`, then DDIM's step from t to s.",
                    "`guess = x0_hat + (half - clock[t]) / (clock[m] - clock[t]) * (seen - x0_hat)`，再从 t 到 s 走 DDIM 步。",
                ),
            ),
        ),
        "second": Part(
            (
                "measured on Gaussian data, its order is 2",
                "在高斯数据上量，它的阶是 2",
            ),
            judge_second,
            (
                (
                    "Your own harness says which order it has. Of first order? Then the second look is not used, or not half way.",
                    "用你自己的量具量一量。若是一阶，那就是第二眼没有用上，或者看的不是半路。",
                ),
                (
                    "Once `place` and `line` hold, this one does, if each step begins where the one before ended.",
                    "`place` 与 `line` 都成立之后，只要每一步都从上一步的终点出发，这一条也就成立。",
                ),
            ),
        ),
    },
)
