"""Judges of the methods of lesson 01's piece of work: what must hold of a schedule made of another.

第 01 课作业中两个方法的评判：由一个调度造出的另一个，应有哪些性质。
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import BLANK
from course_utils.exercises.lesson_01.build_judges import FEW_DIGITS, IN_FLOAT32, drawn, made_of, no_schedule
from course_utils.exercises.lesson_01.build_method_mistakes import AT_MISTAKES, ENDING_MISTAKES, STOPS_AT_ANOTHER
from course_utils.exercises.lesson_01.build_mistakes import ARRAY_MISTAKES
from course_utils.language import Said

# at


def judge_at(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does it keep the curve and both ends at fewer steps, more, and one? 步数减少、增多、只剩一步时，曲线与两端是否不变？"""
    source, *_, to_zero = drawn(generator)
    T0 = len(source) - 1
    cases = [(source, T) for T in (T0 - 1, T0, 2 * T0, T0 // 2, 3 * T0 - 1, 1)]
    fault = _judge_remade(answer, "at", cases, _fault_of_at, AT_MISTAKES)
    if fault is not None:
        return fault
    T0 = len(to_zero) - 1
    return _of_zero(_judge_remade(answer, "at", [(to_zero, T) for T in (T0 - 1, T0, 2 * T0)], _fault_of_at, []))


def _of_zero(fault: Said | None) -> Said | None:
    return fault and (f"where ᾱ_T was 0, {fault[0]}", f"原来的 ᾱ_T 为 0 时，{fault[1]}")


def _fault_of_at(a: Tensor, T: int, got: Tensor) -> Said | None:
    """What of the specification does not hold for one array that has been read at T + 1 places."""
    if len(got) != T + 1:
        return (
            f"at T = {T} there are {len(got)} entries; there should be {T + 1}, for t = 0, …, T",
            f"T = {T} 时有 {len(got)} 项；应有 {T + 1} 项，即 t = 0, …, T",
        )
    off = abs(float(got[-1] - a[-1]))
    if off > 1e-9:
        return (
            FEW_DIGITS
            if off < 1e-6
            else (
                f"the schedule of {len(a) - 1} steps ends at ᾱ = {a[-1]:.4f}, and at T = {T} at {got[-1]:.4f}; the end must stay",
                f"{len(a) - 1} 步的调度停在 ᾱ = {a[-1]:.4f}，到了 T = {T} 却停在 {got[-1]:.4f}；终点应当不变",
            )
        )
    if bool((got.diff() >= 0).any()):
        return (
            f"at T = {T} two entries are alike or rise: between two entries of the old array, take something in between",
            f"T = {T} 时有两项相等或上升：落在旧数组两项之间时，请取中间的值",
        )
    place = torch.arange(T + 1, dtype=torch.float64) * (len(a) - 1) / T
    low, high = a[place.ceil().long()], a[place.floor().long()]
    beside = torch.maximum(low - got, got - high)
    if bool(((low < high) & ((got == low) | (got == high))).any()):
        return (
            f"from {len(a) - 1} steps to {T} it takes entries of the old array as they are where the place lies between "
            "two of them; take something in between",
            f"从 {len(a) - 1} 步到 {T} 步：位置落在两项之间时，它照搬了旧数组的一项；请取中间的值",
        )
    if float(beside.max()) > 1e-9:
        t = int(beside.argmax())
        return (
            FEW_DIGITS
            if beside[t] < 1e-6
            else (
                f"from {len(a) - 1} steps to {T}: t = {t} stands at the place {float(place[t]):.2f} of the old array, whose ᾱ "
                f"there is {_between(low[t], high[t])}; it is {got[t]:.4f}",
                f"从 {len(a) - 1} 步到 {T} 步：t = {t} 对应旧数组的位置 {float(place[t]):.2f}，那里的 ᾱ 是 "
                f"{_between(low[t], high[t])}；得到的却是 {got[t]:.4f}",
            )
        )
    return None


def _between(low: Tensor, high: Tensor) -> str:
    return f"{high:.4f}" if low == high else f"{high:.4f} … {low:.4f}"


# ending


def judge_ending(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is z what was asked for, and the shape kept? z 是否如所要求，形状是否保持？"""
    first, fine, _, _, to_zero = drawn(generator)
    zs = 0.05 + 2 * torch.rand(3, generator=generator, dtype=torch.float64)
    cases = [(a, d, float(z)) for a, d, z in zip((first, fine, to_zero), (16, 64, 300), zs, strict=True)]
    fault = _judge_remade(answer, "ending", cases[:2], _fault_of_ending, ENDING_MISTAKES)
    if fault is not None:
        return fault
    fault = _of_zero(_judge_remade(answer, "ending", cases[2:], _fault_of_ending, []))
    tiny = [(first, 3072, 1e-5 * (1 + float(z))) for z in zs]  # of one alone, rounding may make nine digits by luck
    return fault or _judge_remade(answer, "ending", tiny, _fault_of_a_tiny_end, [])


def _fault_of_a_tiny_end(_: Tensor, d: int, z: float, got: Tensor) -> Said | None:
    """Has hardly a digit of a tiny alpha_bar_T come through?"""
    found = float((d * got[-1] / (1 - got[-1])).clamp(min=0).sqrt())
    if abs(found - z) <= 1e-9 * z:
        return None
    if abs(found - z) < 1e-7 * z:  # as through float32; what a subtraction loses is far more
        return FEW_DIGITS
    return (
        f"where z is tiny, few digits of it come out: asked for {z:.10g} with d = {d}, z is {found:.10g}. ᾱ_T is what is left "
        "when 1 is diminished by a number near 1, and only as many of its digits remain as fit beside the 1",
        f"z 很小时，结果只对了前几位：要求 d = {d} 时 z = {z:.10g}，得到 {found:.10g}。这里的 ᾱ_T 是用 1 减去一个接近 1 的数剩下的，"
        "有效数字只剩下与 1 写在一起时放得下的那几位",
    )


def _fault_of_ending(a: Tensor, d: int, z: float, got: Tensor) -> Said | None:
    """What of the specification does not hold for one array that should end at z."""
    if len(got) != len(a):
        return (
            f"of {len(a)} entries {len(got)} are left; T stays",
            f"原有 {len(a)} 项，变成了 {len(got)} 项；T 应当不变",
        )
    if abs(float(got[0] - 1)) > 1e-9:
        return f"ᾱ_0 becomes {got[0]:.4f}; it must stay 1", f"ᾱ_0 变成了 {got[0]:.4f}；它必须还是 1"
    if float(got[0]) != 1:
        return (
            f"ᾱ_0 misses 1 by {abs(float(got[0] - 1)):.1g}: it must be 1 exactly, or the noise at t = 0 is not 0",
            f"ᾱ_0 与 1 差了 {abs(float(got[0] - 1)):.1g}：它必须恰好是 1，否则 t = 0 处的噪声就不是 0",
        )
    found = float((d * got[-1] / (1 - got[-1])).clamp(min=0).sqrt())
    if abs(found - z) > 1e-6:
        for end, en, zh in STOPS_AT_ANOTHER:
            if abs(float(got[-1]) - end(d, z)) < 1e-9:
                return en, zh
        if abs(found - z) < 1e-4:
            return FEW_DIGITS
        return (
            f"asked for z = {z:.4f} with d = {d}, it ends at ᾱ_T = {got[-1]:.4g}, and (4) makes z {found:.4f} of that",
            f"要求 d = {d} 时 z = {z:.4f}，结果停在 ᾱ_T = {got[-1]:.4g}，按 (4) 算 z 是 {found:.4f}",
        )
    times = (1 - got[1:]) / (1 - a[1:])
    off = float(((1 - got) - (1 - a) * times[-1]).abs().max())
    if off <= 1e-9:
        return None
    return (
        FEW_DIGITS
        if off < 1e-6
        else (
            f"the shares of the noise are multiplied by different numbers, from {times.min():.4f} to {times.max():.4f}; "
            "one and the same is asked for, so that the shape stays",
            f"各处噪声的份额乘上了不同的数，从 {times.min():.4f} 到 {times.max():.4f}；"
            "要求的是乘以同一个数，这样形状才不变",
        )
    )


# What both methods have in common


def _judge_remade(answer: Callable, method: str, cases: list[tuple], fault_of: Callable, mistakes: list) -> Said | None:
    """Judge a method that makes a schedule of another: what it returns, what it leaves alone, then the array."""
    arrays = []
    for a, *arguments in cases:
        got, fault = _remade(answer, method, a, arguments)
        if fault is not None:
            return fault
        arrays.append(got)
    faults = [fault_of(*case, got) for case, got in zip(cases, arrays, strict=True)]
    if not any(faults):
        return None
    for mistake in mistakes:
        theirs = (mistake.gives(*case) for case in cases)
        if all(
            x.shape == got.shape and torch.allclose(x, got, rtol=1e-6, atol=1e-7)
            for x, got in zip(theirs, arrays, strict=True)
        ):
            return mistake.en, mistake.zh
    return next(fault for fault in faults if fault is not None)


def _remade(answer: Callable, method: str, a: Tensor, arguments: list) -> tuple[Tensor | None, Said | None]:
    """The alpha_bar that a method makes of this one, and what is wrong with its form."""
    made, fault = made_of(answer, a)
    if fault is not None:
        return None, fault
    if not hasattr(made, method):
        return None, BLANK if isinstance(answer, type) else no_schedule(made)
    before = {name: value.clone() for name, value in _arrays_of(made).items()}
    new = getattr(made, method)(*arguments)
    if new is None or new is ...:
        return None, BLANK
    after, got = _arrays_of(made), getattr(new, "alpha_bar", None)
    if new is made and all(_same(value, after[name]) for name, value in before.items()):
        return None, (
            f"`{method}` returns the schedule it belongs to; make a new one, even where nothing is to change",
            f"`{method}` 返回的就是原来的调度；即使什么都不必改，也请另造一个",
        )
    if any(name not in after or not _same(value, after[name]) for name, value in before.items()):
        return None, (
            f"`{method}` changes the schedule it belongs to; leave that as it is, and return a new one",
            f"`{method}` 改动了原来的调度；请别动它，另外返回一个新的",
        )
    fault = _fault_of_form(answer, method, new, got)
    return (got.detach(), None) if fault is None else (None, fault)


def _fault_of_form(answer: Callable, method: str, new: Any, got: Any) -> Said | None:
    """What is wrong with what a method returns, whatever its numbers."""
    if not isinstance(got, Tensor):
        kind = type(new).__name__
        return (
            f"`{method}` returns a {kind}; return a schedule, made of the new ᾱ",
            f"`{method}` 返回的是 {kind}；请返回由新的 ᾱ 造出的调度",
        )
    if got.dtype == torch.float32:
        return IN_FLOAT32
    if got.ndim != 1 or not bool(got.isfinite().all()):
        return (
            f"`{method}` makes an alpha_bar of shape {tuple(got.shape)}, or with nan or inf in it (log-SNR is infinite at t = 0; "
            "where ᾱ_T is 0, log ᾱ is, too)",
            f"`{method}` 得到的 alpha_bar 形状为 {tuple(got.shape)}，或含有 nan、inf（log-SNR 在 t = 0 处为无穷大；ᾱ_T 为 0 时，log ᾱ 也是）",
        )
    fresh = _arrays_of(answer(got.clone()))
    stale = [name for name, value in _arrays_of(new).items() if name in fresh and not _same(value, fresh[name])]
    if stale:
        return (
            f"its `{stale[0]}` does not belong to its alpha_bar: derive everything anew",
            f"其中的 `{stale[0]}` 与 alpha_bar 不配：一切都要重新推出来",
        )
    return None


def _arrays_of(made: Any) -> dict[str, Tensor]:
    there = {name: getattr(made, name, None) for name in ("alpha_bar", *ARRAY_MISTAKES)}
    return {name: value for name, value in there.items() if isinstance(value, Tensor)}


def _same(one: Tensor, other: Tensor) -> bool:
    alike = one.shape == other.shape and one.dtype == other.dtype
    return alike and torch.allclose(one, other, rtol=1e-6, atol=1e-9, equal_nan=True)
