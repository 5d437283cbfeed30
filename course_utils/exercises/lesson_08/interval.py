"""Exercise 08.interval: an interval of noise levels, as its paper writes it, read on this course's schedules.

练习 08.interval：论文给出的噪声区间，换到本课程的调度上来读。
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.judging import BLANK, Mistake, called
from course_utils.exercises.kinds import Exercise
from course_utils.guidance import Interval
from course_utils.language import Said
from course_utils.schedules import Schedule


def interval(schedule: Schedule, low: float, high: float) -> Interval:
    """Whether sigma at t, noise over signal, lies between two numbers, as a function of t. t 处的 σ（噪声比信号）是否在两数之间。"""
    sigma = schedule.noise_to_signal
    return lambda t: bool(low <= sigma[t] <= high)


def _read(clock: Callable[[Schedule], Tensor], shift: int = 0) -> Callable[[Schedule, float, float], Interval]:
    """`interval` with another number in place of sigma, or that of a neighbouring t; the paper's ends are kept."""

    def gives(schedule: Schedule, low: float, high: float) -> Interval:
        numbers = clock(schedule)
        return lambda t: bool(low <= numbers[min(max(t + shift, 0), schedule.T)] <= high)

    return gives


def _constant(value: bool) -> Callable[[Schedule, float, float], Interval]:
    return lambda schedule, low, high: lambda t: value


def _outside(schedule: Schedule, low: float, high: float) -> Interval:
    inside = interval(schedule, low, high)
    return lambda t: not inside(t)


INTERVAL_MISTAKES = [
    Mistake(gives, en, zh)
    for gives, en, zh in (
        (_read(lambda schedule: schedule.log_snr), "the numbers are compared with log-SNR; they are σ, noise over signal. log-SNR = −2 log σ", "拿这两个数同对数信噪比比较了；它们是 σ，即噪声与信号之比。对数信噪比 = −2 log σ"),
        (_read(lambda schedule: -schedule.log_snr), "the numbers are compared with −log-SNR, which is 2 log σ; they are σ itself", "拿这两个数同 −对数信噪比（即 2 log σ）比较了；它们就是 σ 本身"),
        (_read(lambda schedule: schedule.noise_to_signal.log()), "the numbers are compared with log σ; they are σ itself", "拿这两个数同 log σ 比较了；它们就是 σ 本身"),
        (_read(lambda schedule: schedule.snr), "the numbers are compared with the signal-to-noise ratio ᾱ / (1 − ᾱ); they are its inverse's root, noise over signal", "拿这两个数同信噪比 ᾱ / (1 − ᾱ) 比较了；它们是噪声与信号之比，即信噪比的倒数再开平方"),
        (_read(lambda schedule: schedule.snr**0.5), "upside down: these are signal over noise", "上下颠倒了：这是信号比噪声"),
        (_read(lambda schedule: schedule.noise_to_signal**2), "the numbers are compared with σ², the ratio of variances (1 − ᾱ) / ᾱ; take its root", "拿这两个数同 σ² 比较了，那是方差之比 (1 − ᾱ) / ᾱ；还要开平方"),
        (_read(lambda schedule: schedule.noise), "the numbers are compared with √(1 − ᾱ), which never reaches 1; in the paper nothing shrinks x_0, so divide by √ᾱ", "拿这两个数同 √(1 − ᾱ) 比较了，它到不了 1；论文里 x_0 不缩小，所以还要除以 √ᾱ"),
        (_read(lambda schedule: 1 - schedule.alpha_bar), "the numbers are compared with 1 − ᾱ, the variance of the noise; they are noise over signal", "拿这两个数同噪声的方差 1 − ᾱ 比较了；它们是噪声与信号之比"),
        (_read(lambda schedule: schedule.alpha_bar), "the numbers are compared with ᾱ; they are noise over signal", "拿这两个数同 ᾱ 比较了；它们是噪声与信号之比"),
        (_read(lambda schedule: schedule.beta), "the numbers are compared with β, the noise of one step; all the noise in x_t is meant", "拿这两个数同一步的噪声 β 比较了；指的是 x_t 中的全部噪声"),
        (_read(lambda schedule: torch.arange(schedule.T + 1)), "the numbers are compared with t itself; they are noise levels", "拿这两个数同 t 本身比较了；它们是噪声水平"),
        (_read(lambda schedule: torch.arange(schedule.T + 1) / schedule.T), "the numbers are compared with t / T; they are noise levels", "拿这两个数同 t / T 比较了；它们是噪声水平"),
        (_read(lambda schedule: schedule.noise_to_signal, -1), "the level is that of t − 1; entry t of a schedule belongs to t", "读的是 t − 1 处的水平；调度的第 t 项就属于 t"),
        (_outside, "inside and outside are swapped", "里外反了"),
        (_constant(False), "it is never True: are the ends swapped? σ rises with t, and low <= σ <= high", "它从不为 True：两端写反了吗？σ 随 t 增大，应是 low <= σ <= high"),
        (_constant(True), "it is always True", "它总是 True"),
        (lambda schedule, low, high: interval(schedule, low, math.inf), "high is not heeded", "没有用到 high"),
        (lambda schedule, low, high: interval(schedule, 0.0, high), "low is not heeded", "没有用到 low"),
    )
]  # fmt: skip

LOG_OF_ZERO: Said = (
    "it takes the logarithm of 0: low may be 0, and then there is no least noise. Compare σ itself",
    "对 0 取了对数：low 可以是 0，这时噪声没有下限。直接比较 σ 即可",
)


def _cases(generator: torch.Generator) -> list[dict[str, Any]]:
    """Schedules and intervals whose ends no sigma is near to, so that no rounding decides; the paper's is one of them."""
    cases = []
    ends = [(0.28, 5.42)] + (torch.rand(4, 2, generator=generator).double() + torch.tensor([0.1, 1.2])).tolist()
    ends = [*ends, (0.0, ends[1][1]), (ends[2][0], math.inf)]
    for i, (low, high) in enumerate(ends):
        schedule = (schedules.cosine(120), schedules.linear(90), schedules.quadratic(150))[i % 3]
        cases.append({"schedule": schedule, "low": low, "high": high})
    return cases


def _checked(case: dict[str, Any]) -> list[int]:
    """The times of a trial, some of them, of which rounding does not decide."""
    schedule, low, high = case.values()
    sigma = schedule.noise_to_signal
    clear = ((sigma / low - 1).abs() > 1e-4) & ((sigma / high - 1).abs() > 1e-4)
    times = {*range(1, schedule.T + 1, max(1, schedule.T // 40)), 2, schedule.T}
    for end in (low, high):  # and those at either side of both ends
        past = int((sigma[1:] < end).sum())
        times |= {t for t in (past - 1, past, past + 1, past + 2) if 1 <= t <= schedule.T}
    return [t for t in sorted(times) if bool(clear[t])]


def judge_interval(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's interval, or None. 读者的区间错在哪里；正确时为 None。"""
    given, cases = [], _cases(generator)
    for case in cases:
        made, fault = called(answer, case)
        if fault is None and not callable(made):
            return _no_function(made)
        marks: list[bool] = []
        for t in _checked(case) if fault is None else ():
            value, fault = called(made, {"t": t})
            if fault is BLANK or fault is None and not _is_bool(value):
                return _no_bool(value)
            if fault is not None:
                break
            marks.append(bool(value))
        if fault is not None:
            return LOG_OF_ZERO if "math domain" in fault[0] or "positive input" in fault[0] else fault
        given.append(marks)

    def fits(makes: Callable[..., Interval]) -> bool:
        return all(
            marks == [makes(*case.values())(t) for t in _checked(case)]
            for marks, case in zip(given, cases, strict=True)
        )

    if fits(interval):
        return None
    named = next((mistake for mistake in INTERVAL_MISTAKES if fits(mistake.gives)), None)
    return (named.en, named.zh) if named else _first_wrong(cases, given)


def _is_bool(value: Any) -> bool:
    if isinstance(value, Tensor | np.ndarray) and np.prod(value.shape) == 1:
        return str(value.dtype).endswith("bool")
    return isinstance(value, bool | np.bool_)


def _no_function(made: Any) -> Said:
    kind = type(made).__name__
    return (
        f"it returns a {kind}; return a function of t, which says at every step whether it is guided",
        f"返回的是 {kind}；应当返回一个关于 t 的函数，采样时每一步都由它说要不要引导",
    )


def _no_bool(value: Any) -> Said:
    given = repr(value) if len(repr(value)) < 40 else type(value).__name__
    return (
        f"asked about a time, its function gives {given}; give True or False",
        f"问它某个时间步，它造出的函数给出 {given}；应当给 True 或 False",
    )


def _first_wrong(cases: list[dict[str, Any]], given: list[list[bool]]) -> Said:
    for case, marks in zip(cases, given, strict=True):
        schedule, low, high = case.values()
        for t, mark in zip(_checked(case), marks, strict=True):
            if mark != interval(schedule, low, high)(t):
                sigma = float(schedule.noise_to_signal[t])
                at = f"T = {schedule.T}, low = {low:.3g}, high = {high:.3g}, t = {t}"
                return (
                    f"with {at} it gives {mark}; σ is {sigma:.3g} there",
                    f"{at} 时给出 {mark}；那里的 σ 是 {sigma:.3g}",
                )
    return "it gives other answers the second time", "第二次问，回答不一样"


INTERVAL = Exercise(
    reference=lambda: interval,
    judge=judge_interval,
    hints=(
        (
            "In that paper x = x_0 + σ noise. Divide our x_t by what stands before x_0: what stands before the noise then?",
            "那篇论文里 x = x_0 + σ 乘噪声。把这里的 x_t 除以 x_0 的系数：这时噪声的系数是什么？",
        ),
        (
            "σ_t = √(1 − ᾱ_t) / √ᾱ_t. Return a function of t that looks it up and compares it with both ends.",
            "σ_t = √(1 − ᾱ_t) / √ᾱ_t。返回一个关于 t 的函数，由它查出 σ_t，与两端比较。",
        ),
        (
            "`return lambda t: bool(low <= schedule.noise_to_signal[t] <= high)`; taking logarithms instead, mind low = 0.",
            "`return lambda t: bool(low <= schedule.noise_to_signal[t] <= high)`；若改用对数，要当心 low = 0。",
        ),
    ),
)
