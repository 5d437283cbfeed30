"""What is commonly got wrong in measuring an order, and what number each mistake gives.

量阶时常犯的错，以及每种错误量出的数。
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.exercises.judging import Mistake, called, number
from course_utils.experiments.moons import Sampler
from course_utils.experiments.orders import Walks, gains, log_slope
from course_utils.language import Said
from course_utils.samplers import Sample, ddim
from course_utils.schedules import Schedule


class Measured(NamedTuple):
    """A sampler that was measured: its ends over the exact one, and how wide the cloud is at each end of each walk.

    量过的采样器：终点与精确终点之比，以及每次采样两头点云的宽度。
    """

    ends: list[float]
    walks: Walks
    std: float
    starts: list[float]  # the width of the cloud at walk[0]
    befores: list[float]  # and at walk[-2]

    @property
    def order(self) -> float:
        return log_slope(self.walks, [end - 1 for end in self.ends])

    @property
    def errors(self) -> list[float]:
        """Absolute ones, of x_T = 1. 绝对误差，x_T = 1。"""
        return [abs(end - 1) * self.std / start for end, start in zip(self.ends, self.starts, strict=True)]

    @property
    def steps(self) -> list[int]:
        return [len(walk) - 1 for walk in self.walks]


def measure(case: dict[str, Any]) -> Measured:
    """Walk all the walks of a trial. 走完一次试验的所有时间步。"""
    schedule, std, walks = case["schedule"], case["std"], case["walks"]
    widths = (schedule.alpha_bar * std**2 + 1 - schedule.alpha_bar).sqrt()
    starts, befores = ([float(widths[walk[at]]) for walk in walks] for at in (0, -2))
    return Measured(gains(schedule, case["sampler"], std, walks), walks, std, starts, befores)


def _against(ends: Callable[[Measured], Sequence[float]]) -> Callable[[Measured], float]:
    """The slope where each end is compared with another one, given as a share of the exact end."""

    def gives(seen: Measured) -> float:
        return log_slope(seen.walks, [end - other for end, other in zip(seen.ends, ends(seen), strict=True)])

    return gives


def _fitted(steps: Callable[[Measured], Any], errors: Callable[[Measured], Any]) -> Callable[[Measured], float]:
    return lambda seen: -float(np.polyfit(steps(seen), errors(seen), 1)[0])


def _against_its_finest(seen: Measured) -> float:
    if len(seen.walks) < 3:
        return float("inf")
    return log_slope(seen.walks[:-1], [end - seen.ends[-1] for end in seen.ends[:-1]])


def _between_walks(of: slice) -> Callable[[Measured], float]:
    def gives(seen: Measured) -> float:
        moved = np.diff(seen.ends)
        return log_slope(seen.walks[of], moved) if len(moved) > 1 else float("inf")

    return gives


def _through(*at: int, ordered: bool = False) -> Callable[[Measured], float]:
    """The slope between two of the walks, as they come or in the order of their steps."""

    def gives(seen: Measured) -> float:
        points = [*zip(_log_steps(seen), _log_errors(seen), strict=True)]
        (a, b), (c, d) = ((sorted(points) if ordered else points)[i] for i in at)
        return float((b - d) / (c - a))

    return gives


def _mean_of_slopes(ordered: bool) -> Callable[[Measured], float]:
    def gives(seen: Measured) -> float:
        pairs = range(len(seen.walks) - 1)
        return float(np.mean([_through(i, i + 1, ordered=ordered)(seen) for i in pairs]))

    return gives


def _through_the_origin(seen: Measured) -> float:
    steps, errors = _log_steps(seen), _log_errors(seen)
    return -float(steps @ errors / (steps @ steps))


def _turned(seen: Measured) -> float:
    """Log steps fitted over log error, and its slope turned over."""
    return -1 / float(np.polyfit(_log_errors(seen), _log_steps(seen), 1)[0])


def _by_two(seen: Measured) -> float:
    errors = np.array(seen.errors)
    return float(np.log2(errors[:-1] / errors[1:]).mean())


def _log_steps(seen: Measured) -> Any:
    return np.log(seen.steps)


def _log_errors(seen: Measured) -> Any:
    return np.log(seen.errors)


NO_LOG_ERROR = "the logarithm of the error is missing: both axes are logarithmic", "误差没有取对数：两轴都要取对数"
NO_LOG = "neither axis is logarithmic; the order is the slope over log steps of log error", "两轴都没有取对数；阶是误差的对数关于步数的对数的斜率"  # fmt: skip
TWO_WALKS = (
    "two of the walks give this slope; the line is to be fitted to all of them",
    "这是由其中两次采样得出的斜率；直线要由全部采样拟合",
)
RATIO = "this is the ratio of two errors; the order is the slope of their logarithms", "这是两个误差之比；阶是它们的对数的斜率"  # fmt: skip
BETWEEN = "the walks are compared with each other: a sampler that goes to a wrong place would pass; compare with the exact flow", "比的是相邻两次采样：走到错误地方的采样器也能过关；应与精确流比"  # fmt: skip

SLOPE_MISTAKES = [
    Mistake(_against_its_finest, "the sampler is compared with its own finest walk: one that goes to a wrong place would pass; compare with the exact flow", "比的是采样器自己最细的那次：走到错误地方的采样器也能过关；应与精确流比"),
    *(Mistake(_between_walks(of), *BETWEEN) for of in (slice(None, -1), slice(1, None))),
    Mistake(_against(lambda seen: seen.starts), "the exact end is taken as std · x_T, as if x_T were a draw of N(0, I); the walk begins at walk[0], where the cloud has another width", "把精确终点取成了 std · x_T，好像 x_T 抽自 N(0, I)；其实是从 walk[0] 出发，那里点云另有自己的宽度"),
    Mistake(_against(lambda seen: [width / seen.std for width in seen.befores]), "the exact flow is taken to `walk[-2]`; every walk ends at 0", "精确流只走到了 `walk[-2]`；每次采样都走到 0"),
    Mistake(_against(lambda seen: [1 / width for width in seen.starts]), "the exact end is divided by the variance at walk[0]; the width there is its root", "精确终点除以了 walk[0] 处的方差；那里的宽度是它的平方根"),
    Mistake(_against(lambda seen: [0.0 for _ in seen.ends]), "this is the slope of x_0 itself; take its distance from the exact end first", "这是 x_0 本身的斜率；应先取它到精确终点的距离"),
    Mistake(lambda seen: 2 * seen.order, "this is exactly twice the order: is the error squared? Take a distance, not its square", "正好是阶的两倍：误差是否取了平方？应取距离，不平方"),
    Mistake(_fitted(lambda seen: np.log([len(walk) for walk in seen.walks]), _log_errors), "times are counted, not steps: a walk of n times has n − 1 steps", "数的是时间步的个数，不是步数：n 个时间步之间是 n − 1 步"),
    Mistake(_fitted(lambda seen: seen.steps, _log_errors), "the logarithm of the steps is missing: both axes are logarithmic", "步数没有取对数：两轴都要取对数"),
    *(Mistake(_fitted(_log_steps, errors), *NO_LOG_ERROR) for errors in (lambda seen: seen.errors, lambda seen: np.abs(np.subtract(seen.ends, 1)))),
    *(Mistake(_fitted(lambda seen: seen.steps, errors), *NO_LOG) for errors in (lambda seen: seen.errors, lambda seen: np.abs(np.subtract(seen.ends, 1)))),
    Mistake(_fitted(_log_errors, _log_steps), "the axes are swapped: log error is to be fitted over log steps", "两轴对调了：应以步数的对数为横轴，拟合误差的对数"),
    Mistake(_by_two, "it takes for granted that each walk has twice the steps of the one before; divide by the logarithm of their ratio", "默认了每次的步数都是上一次的两倍；应除以步数之比的对数"),
    *(Mistake(_through(*at, ordered=ordered), *TWO_WALKS) for at in ((0, 1), (-2, -1), (0, -1)) for ordered in (False, True)),
    *(Mistake(_mean_of_slopes(ordered), "this is the mean of the slopes from walk to walk; fit one line to all points", "这是逐次斜率的均值；应对所有的点拟合一条直线") for ordered in (False, True)),
    Mistake(_through_the_origin, "the line is made to pass through the origin; it may lie at any height", "直线被限定过原点；它的高低本不受限制"),
    Mistake(_turned, "log steps are fitted over log error, and the slope turned over; that is another line: fit log error over log steps", "以误差的对数为横轴拟合，再取倒数，得到的是另一条直线；应以步数的对数为横轴"),
    *(Mistake(lambda seen, i=i, j=j: seen.errors[i] / seen.errors[j], *RATIO) for i, j in ((-2, -1), (0, 1), (0, -1))),
]  # fmt: skip


def _beyond(side: int) -> Sampler:
    """DDIM that goes a thousand times too far, above or below every end that one may take for exact."""

    def walks(schedule: Schedule, denoiser: Denoiser, xT: Tensor, times: Sequence[int], **_: Any) -> Iterator[Sample]:
        *walk, end = ddim(schedule, denoiser, xT, times)
        yield from walk
        x0 = side * (1000 + len(times)) * end.xt
        yield Sample(0, x0, x0)

    return walks


def fault_of_no_number(answer: Callable, case: dict[str, Any]) -> Said:
    """Why the order comes out as nan or inf: by the logarithm of a number below 0, or of 0. 量出的阶为何不是有限数。"""
    found = [number(called(answer, case | {"sampler": _beyond(side)})[0]) for side in (1, -1)]
    if any(order is not None and math.isfinite(order) for order in found):
        return (
            "the slope is nan: the error keeps its sign, and a number below 0 has no logarithm; take its absolute value",
            "斜率是 nan：误差带着符号，小于 0 的数没有对数；请取绝对值",
        )
    return (
        "the slope is no number. Is the sampler's own finest walk taken for the truth? Its own error is then 0, which has "
        "no logarithm, so it is to be left out of the fit; and one that goes to a wrong place would pass: compare with the "
        "exact flow",
        "斜率不是有限数。是不是把采样器自己最细的那次当成了真值？那次自己的误差就是 0，没有对数，不能算进拟合里；"
        "而且走到错误地方的采样器也能过关：应与精确流比",
    )
