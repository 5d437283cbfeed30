"""Let a reader's sampler walk, and listen: what it asks of its denoiser, and what states it hands out.

让读者的采样器走一遍，并旁听：它向去噪器问了什么，又交出了哪些状态。
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.exercises.judging import BLANK
from course_utils.language import CourseError, Said
from course_utils.samplers import ddim, finish
from course_utils.schedules import Schedule

NOT_FINITE: Said = (
    "some of its values are not finite: at s = 0 log-SNR is infinite, and where no time lies between t and s a ratio is "
    "0 / 0; such steps are those of **plain**",
    "有些值不是有限数：s = 0 处对数信噪比为无穷大；t 与 s 之间没有时间步时，比值是 0 / 0；这两种步属于 **plain**",
)


class Question(NamedTuple):
    """One question to the denoiser: what it was shown, and what it answered. 问去噪器的一次：看到的与回答的。"""

    xt: Tensor
    t: int
    x0_hat: Tensor


class Walk(NamedTuple):
    """A walk that was listened to: its questions, its states or a bare x_0, and what is wrong with its form.

    旁听到的一次采样：问题、状态（或只有 x_0），以及形式上的错误。
    """

    asked: list[Question]
    states: list[Any]
    fault: Said | None
    changed: bool = False  # did it change xT itself?

    @property
    def end(self) -> Tensor | None:
        """Where it arrives. 到达之处。"""
        last = self.states[-1] if self.states else None
        return last if isinstance(last, Tensor) else getattr(last, "xt", None)


def listened(answer: Callable, schedule: Schedule, denoiser: Denoiser, xT: Tensor, times: Sequence[int]) -> Walk:
    """Let an answer walk, with a denoiser that notes what it is asked, at most 4 times as often as there are times.

    让答案走一遍；去噪器记下每次提问，次数至多是时间步个数的 4 倍。
    """
    asked: list[Question] = []

    def noting(xt: Tensor, t: Any) -> Tensor:
        if len(asked) >= 4 * len(times):
            raise CourseError(
                f"{len(asked)} questions in a walk of {len(times) - 1} steps, and more to come: does a loop not end?",
                f"只走 {len(times) - 1} 步就已问了 {len(asked)} 次，还在问：是不是循环停不下来？",
            )
        at = float(t)
        if at != int(at):
            raise CourseError(
                f"The denoiser is asked about t = {at:g}; times are whole numbers.",
                f"问去噪器的是 t = {at:g}；时间步是整数。",
            )
        asked.append(Question(xt.clone(), int(at), denoiser(xt, int(at))))
        return asked[-1].x0_hat.clone()

    handed = xT.clone()
    try:
        given = answer(schedule, noting, handed, list(times))
        if isinstance(given, Iterator | list | tuple) and type(given) not in (list, tuple):  # it may never end
            given = islice(given, len(times) + 5)
        given = list(given) if isinstance(given, list | tuple | islice) else given
    except CourseError as error:
        if "nan or inf" in error.en:
            return Walk(asked, [], NOT_FINITE)
        if stays := re.search(r"goes from t = (\d+) to s = \1\.", error.en):
            return Walk(asked, [], _stays(int(stays[1])))
        raise
    if given is None or given is ...:
        return Walk(asked, [], BLANK)
    if isinstance(given, Tensor):
        return Walk(asked, [given], None)
    if not isinstance(given, list):
        kind = type(given).__name__
        return Walk(asked, [], (f"it gives a {kind}; hand out states, with `yield`", f"给出的是 {kind}；应当用 `yield` 交出状态"))  # fmt: skip
    walk = Walk(asked, given, None, not torch.equal(handed, xT))
    if isinstance(walk.end, Tensor):
        return walk
    return walk._replace(
        fault=(
            "it does not hand out states: `yield Sample(t, xt, x0_hat)`, and in the end `yield Sample(0, xt, xt)`",
            "没有交出状态：应当 `yield Sample(t, xt, x0_hat)`，最后 `yield Sample(0, xt, xt)`",
        )
    )


def _stays(t: int) -> Said:
    return (
        f"a step of `ddim_step` goes from t = {t} to {t} itself: the time it walks to must lie below t; is m counted rightly?",
        f"有一步 `ddim_step` 从 t = {t} 走到 {t} 自己：要走到的时间步应小于 t；m 数对了吗？",
    )


def by_ddim(schedule: Schedule, denoiser: Denoiser, xT: Tensor, times: Sequence[int]) -> Tensor:
    """Where DDIM arrives. DDIM 到达之处。"""
    return finish(ddim(schedule, denoiser, xT, times))


def departs(given: Tensor, exact: Tensor, tolerance: float | None = None) -> float:
    """By how much a tensor departs from the exact one, beyond a tolerance, else 0; endless for another shape, or nan.

    一个张量与精确值相差多少（容差之内算 0）；形状不同或出现 nan 时为无穷大。

    The tolerance, of the largest value, is 1e-5, and 1e-9 where the exact one is float64.
    """
    tolerance = (1e-9 if exact.dtype == torch.float64 else 1e-5) if tolerance is None else tolerance
    if given.shape != exact.shape or not bool(given.isfinite().all()):
        return float("inf")
    off = float((given.double() - exact.double()).abs().max())
    return off if off > tolerance * max(1.0, float(exact.abs().max())) else 0.0


def bent(generator: torch.Generator) -> Callable[[Tensor, int], Tensor]:
    """A made-up denoiser, smooth in x and in t. 虚构的去噪器，对 x 与 t 都光滑。"""
    a, b, c = (torch.rand(3, generator=generator, dtype=torch.float64) + 0.5).tolist()
    return lambda xt, t: torch.tanh(a * xt + c) + torch.sin(torch.tensor(b * t / 7)).to(xt)


def drawn(generator: torch.Generator, shape: tuple[int, ...] = (3, 2), dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=dtype)


def random_times(schedule: Schedule, steps: int, generator: torch.Generator) -> list[int]:
    """Times from near T down to 0, each step at least a tenth of T wide but the last. 从 T 附近降到 0 的时间步。"""
    tenth = schedule.T // 10
    room = 8 * tenth // steps - 1
    jumps = torch.randint(max(2, room // 2), room + 1, (steps,), generator=generator).tolist()
    times = [schedule.T - int(torch.randint(1, tenth, (), generator=generator))]
    for jump in jumps:
        times.append(times[-1] - jump)
    return [*times, 0]
