"""Judge where a sampler looks a second time within a step.

评判采样器在一步之内第二眼看在哪里。
"""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.lesson_07.listening import (
    NOT_FINITE,
    Question,
    bent,
    departs,
    drawn,
    listened,
    random_times,
)
from course_utils.language import Said
from course_utils.reverse import ddim_step
from course_utils.schedules import Schedule


def judge_asked(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does it ask at t, and half way in log-SNR? 它在 t 处与对数信噪比的半路上提问吗？"""
    for schedule, times in (
        (schedules.cosine(), random_times(schedules.cosine(), 4, generator)),
        (schedules.linear(600), random_times(schedules.linear(600), 4, generator)),
        (schedules.cosine(40), [38, 20, 9, 7, 4, 1, 0]),
    ):
        walk = listened(answer, schedule, bent(generator), drawn(generator), times)
        if walk.fault not in (None, NOT_FINITE):
            return walk.fault
        found, steps = [question.t for question in walk.asked], list(pairwise(times))
        wanted = [at for t, s in steps for at in ((t, half_way(schedule.log_snr, t, s)) if s else (t,))]
        if len(found) != len(wanted):
            return _times_asked(len(found), len(steps))
        if found[::2] != wanted[::2] or not all(
            _near_half_way(schedule.log_snr, t, s, m) for m, (t, s) in zip(found[1::2], steps, strict=False)
        ):
            return _asked_fault(schedule, found, wanted, steps)
    return None


def half_way(clock: Tensor, t: int, s: int) -> int:
    """The time between t and s nearest to half way on a clock. t 与 s 之间、按某个时钟离半路最近的时间步。"""
    return s + 1 + int((clock[s + 1 : t] - (clock[t] + clock[s]) / 2).abs().argmin())


def _near_half_way(clock: Tensor, t: int, s: int, m: int) -> bool:
    """Is m between t and s the nearest to half way, or as near as rounding to float32 lets two of them look?"""
    off, least = (abs(float(clock[k] - (clock[t] + clock[s]) / 2)) for k in (m, half_way(clock, t, s)))
    return s < m < t and off <= least + 1e-5 + 1e-4 * float(clock[s] - clock[t])


def _times_asked(n: int, steps: int) -> Said:
    more_en = "; there is no second look" if n == steps else "; twice a step, but once to 0, is wanted"
    more_zh = "；没有看第二眼" if n == steps else "；应当每步两次，走到 0 的那步一次"
    return f"in {steps} steps it asks {n} times{more_en}", f"{steps} 步里问了 {n} 次{more_zh}"


def _asked_fault(schedule: Schedule, found: list[int], wanted: list[int], steps: list[tuple[int, int]]) -> Said:
    half = {(t, s): m for (t, s), m in zip(steps, wanted[1::2], strict=False)}
    seconds = list(zip(found[1::2], half, strict=True))
    for may, at, en, zh in (*_next_to(schedule.log_snr, half), *_other_half_ways(schedule)):
        if all(abs(f - at(t, s)) <= may for f, (t, s) in seconds):
            return f"the second question of a step is asked {en}", f"每一步的第二问问的是{zh}"
    return (
        f"on a schedule with T = {schedule.T} it asks about t = {found}; wanted is {wanted}",
        f"在 T = {schedule.T} 的调度上，它问的是 t = {found}；应当是 {wanted}",
    )


Place = tuple[float, Callable[[int, int], float], str, str]


def _next_to(clock: Tensor, half: dict[tuple[int, int], int]) -> list[Place]:
    """Where one asks who finds half way and then counts, or searches, wrongly."""

    def beside(t: int, s: int, up: int) -> int:
        """The neighbour of half way that has a larger t, or a smaller."""
        m, below = half[t, s], bool(clock[half[t, s]] > (clock[t] + clock[s]) / 2)
        return m + up if up == (1 if below else -1) else m

    return [
        (0, lambda t, s: half[t, s] - 1, "one time below the nearest: `argmin` counts from the first entry of the slice, which is s + 1", "最近的再小 1：`argmin` 从切片的第一项数起，那一项是 s + 1"),
        (0, lambda t, s: half[t, s] + 1, "one time above the nearest: `argmin` counts from the first entry of the slice, which is s + 1", "最近的再大 1：`argmin` 从切片的第一项数起，那一项是 s + 1"),
        *((0, lambda t, s, k=k: t + s + k - half[t, s], "at the place counted from the wrong end: `argmin` counts from s + 1 upwards, not from t down", "从另一头数到的位置：`argmin` 从 s + 1 往上数，不是从 t 往下") for k in (0, 1)),
        *((0, lambda t, s, up=up: beside(t, s, up), "always on one side of half way; of the two times around it take the nearer", "始终在半路同一侧的时间步；应取两侧中较近的那个") for up in (1, -1)),
        (1, lambda t, s: half[t, s], "next to the nearest; of all times between t and s take the one nearest to half way", "最近的旁边那个；应取 t 与 s 之间离半路最近的那个"),
    ]  # fmt: skip


def _other_half_ways(schedule: Schedule) -> list[Place]:
    return [
        (1, lambda t, s: (t + s) / 2, "half way in t; half way in log-SNR is wanted", " t 的半路；要的是对数信噪比的半路"),
        (1, lambda t, s: s, "at s, where Heun looks; look half way", " s，那是 Heun 看的地方；应当看半路"),
        (1, lambda t, s: t, "at t once more; look half way", " t，又问了一遍；应当看半路"),
        (1, lambda t, s: half_way(schedule.alpha_bar, t, s), "half way in ᾱ; half way in log-SNR is wanted", " ᾱ 的半路；要的是对数信噪比的半路"),
        (1, lambda t, s: half_way(schedule.noise_to_signal, t, s), "half way in the noise ratio; half way in log-SNR is wanted", "噪声与信号之比的半路；要的是对数信噪比的半路"),
    ]  # fmt: skip


def judge_place(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is the second question about the place where DDIM arrives? 第二问问的，是不是 DDIM 到达的地方？"""
    for schedule in (schedules.cosine(), schedules.linear(60)):
        times = random_times(schedule, 3, generator)
        denoiser, xT = bent(generator), drawn(generator)
        walk = listened(answer, schedule, denoiser, xT, times)
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
                again = listened(answer, schedule, denoiser, xT, times).asked
                drawn_anew = any(departs(now.xt, then.xt) for now, then in zip(again, walk.asked, strict=False))
                return FRESH if drawn_anew else _place_fault(schedule, times, one, two, off)
    return None


FRESH: Said = (
    "the place of the second question is another each time, from the same xT: fresh noise is drawn on the way; walk there "
    "with DDIM's step, which keeps the predicted noise",
    "从同一个 xT 出发，第二问的地方每次都不同：途中抽了新噪声；请用 DDIM 步走过去，它保留预测的噪声",
)


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
    if not departs(two.xt, schedule.signal[two.t].to(two.xt.dtype) * one.x0_hat):
        return (
            "the second question is about the guess times √ᾱ_m alone; x_m has noise in it, too, the predicted one",
            "第二问给去噪器看的只是猜测乘 √ᾱ_m；x_m 里还有噪声，即预测的那份",
        )
    return (
        f"from t = {one.t} it looks at t = {two.t} at a place that is off by up to {off:.2g} from where DDIM's step arrives",
        f"从 t = {one.t} 出发，在 t = {two.t} 处看的地方，与 DDIM 步到达之处最多相差 {off:.2g}",
    )
