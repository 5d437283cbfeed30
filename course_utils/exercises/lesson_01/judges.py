"""Judges of lesson 01, Noise schedules.

第 01 课“噪声调度”的评判。
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import BLANK, Mistake, asked_number, called, is_named, judge_function, number
from course_utils.exercises.lesson_01.mistakes import BYTES_MISTAKES, COSINE_MISTAKES, MERGED_MISTAKES
from course_utils.exercises.lesson_01.shapes import fault_of_bytes, fault_of_cosine
from course_utils.exercises.symbols import formula_of
from course_utils.language import Said
from course_utils.schedules import cosine, linear, raw_linear

HALF_WITHIN = 5
LAST_T, LAST_SIGNAL, LAST_STEP = 300, 0.01, 0.001


# 01.bytes


def bytes_of(x: Tensor) -> Tensor:
    """Values in [-1, 1], or beside it, as bytes. 把 [-1, 1] 上及其附近的值变成字节。"""
    return ((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def judge_bytes(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's way back to bytes, or None. 读者的“变回字节”错在哪里；正确时为 None。"""
    cases = []
    for shape in ((2, 3, 9, 7), (1, 1, 8, 8), (40,)):
        for dtype in (torch.float32, torch.float64):
            level = torch.randint(-90, 346, shape, generator=generator)
            side = torch.randint(0, 2, shape, generator=generator) * 2 - 1
            beside = side * (0.1 + 0.3 * torch.rand(shape, generator=generator, dtype=torch.float64))  # no ties
            cases.append({"x": ((level + beside) / 127.5 - 1).to(dtype)})
    return judge_function(answer, bytes_of, cases, BYTES_MISTAKES, explain=fault_of_bytes)


# 01.merged


def merged_beta(beta: Tensor, k: int) -> Tensor:
    """The beta of a chain whose every step does what k steps did. 把每 k 步并成一步，新链的 beta。"""
    return 1 - (1 - beta).reshape(-1, k).prod(1)


def judge_merged(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's merged steps, or None. 读者合并出的步错在哪里；正确时为 None。"""
    drawn = 0.05 + 0.4 * torch.rand(12, generator=generator, dtype=torch.float64)
    trials = ((drawn, 3), (drawn, 12), (linear(300).beta[1:], 5), (cosine().beta[1:], 100), (drawn[:4], 1))
    cases = [{"beta": beta, "k": k} for beta, k in trials]
    fault = _judge_exactly(answer, merged_beta, cases, MERGED_MISTAKES)
    if fault is None or is_named(fault, MERGED_MISTAKES) or " departs " not in fault[0]:
        return fault
    return _by_two_steps(answer, generator) or fault


def _by_two_steps(answer: Callable, generator: torch.Generator) -> Said | None:
    """What two betas drawn anew are merged to; None where that is right or not found."""
    betas = 0.05 + 0.4 * torch.rand(12, 2, generator=generator, dtype=torch.float64)
    rows = [called(answer, {"beta": beta, "k": 2})[0] for beta in betas]
    if not all(isinstance(row, Tensor) and row.shape == (1,) for row in rows):
        return None
    given, numbers = (
        torch.cat(rows),
        [{"β_1": a, "β_2": b, "1 − β_1": 1 - a, "1 − β_2": 1 - b} for a, b in betas.tolist()],
    )
    found = formula_of(given, numbers)
    if found is None or torch.allclose(given, 1 - (1 - betas).prod(1)):
        return None
    return (
        f"of β_1 and β_2 it makes {found}; after both steps the share (1 − β_1)(1 − β_2) is left, and the rest is noise",
        f"由 β_1 与 β_2 得到的是 {found}；两步之后留下的份额是 (1 − β_1)(1 − β_2)，其余都是噪声",
    )


def _judge_exactly(
    answer: Callable, truth: Callable, cases: list[dict[str, Any]], mistakes: list[Mistake]
) -> Said | None:
    """`judge_function` to eleven digits; an answer that has but a few of them right is told so."""
    fault = judge_function(answer, truth, cases, mistakes, tolerance=1e-11)
    if fault is None or is_named(fault, mistakes) or judge_function(answer, truth, cases, tolerance=1e-3) is not None:
        return fault
    return (
        "it is right to a few digits only: either it goes through float32 somewhere (stay in float64), or something "
        "is rounded, cut off or added on the way",
        "只对了前几位：要么中间某处用了 float32（请一直用 float64），要么途中有什么被取整、截断或多加了一点",
    )


# 01.half


def half_time() -> int:
    """The t at which alpha_bar of the linear schedule is nearest to 1/2. 线性调度的 alpha_bar 最接近 1/2 的 t。"""
    return _nearest(linear().alpha_bar, 0.5)


def _nearest(values: Tensor, wanted: float) -> int:
    return int((values - wanted).abs().argmin())


def judge_half(answer: Any, _: torch.Generator) -> Said | None:
    """Is it within 5 steps of the t of equal shares? 与各占一半的 t 相差是否不超过 5 步？"""
    t, fault = asked_number(answer, 0, 1000)
    right = half_time()
    if fault is not None or abs(t - right) <= HALF_WITHIN:
        return fault
    share = float(linear().alpha_bar[t])
    if t == 500:
        return (
            f"half of the steps is not half of the noise: at t = 500 the image's share is {share:.2f}",
            f"步数过半，不等于噪声过半：t = 500 时，图像只占 {share:.2f}",
        )
    if abs(t - _nearest(linear().alpha_bar, 0.25)) <= HALF_WITHIN:
        return (
            "there the factor √ᾱ is 1/2, an amplitude; the share is its square, ᾱ = 1/4",
            "那里是系数 √ᾱ 等于 1/2，那是幅度；份额是它的平方，ᾱ = 1/4",
        )
    if abs(t - _nearest(linear().alpha_bar, 0.75)) <= HALF_WITHIN:
        return (
            "there the factor √(1 − ᾱ) of the noise is 1/2, an amplitude; its share is 1/4",
            "那里是噪声的系数 √(1 − ᾱ) 等于 1/2，那是幅度；它的份额只有 1/4",
        )
    if abs(t - _nearest(cosine().alpha_bar, 0.5)) <= HALF_WITHIN:
        return (
            "that is the t of the cosine; the slider above shows the linear schedule",
            "那是余弦调度的 t；上面滑块用的是线性调度",
        )
    way = ("down", "小") if t > right else ("up", "大")
    return (
        f"at t = {t} the image's share is {share:.2f}; move t {way[0]}",
        f"t = {t} 时，图像占 {share:.2f}；请把 t 调{way[1]}",
    )


# 01.cosine


def cosine_alpha_bar(T: int, offset: float) -> Tensor:
    """The cosine's alpha_bar_0..alpha_bar_T before any beta is clipped. 截断 beta 之前，余弦调度的 alpha_bar。"""
    u = torch.arange(T + 1, dtype=torch.float64) / T
    f = ((u + offset) / (1 + offset) * math.pi / 2).cos() ** 2
    return f / f[0]


def judge_cosine(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's cosine, or None. 读者的余弦调度错在哪里；正确时为 None。"""
    drawn = 0.1 + 0.3 * float(torch.rand((), generator=generator))
    cases = [{"T": T, "offset": offset} for T, offset in ((1000, 0.008), (50, 0.1), (8, drawn), (301, drawn / 2))]
    fault = _judge_exactly(answer, cosine_alpha_bar, cases, COSINE_MISTAKES)
    if fault is None or is_named(fault, COSINE_MISTAKES) or " departs " not in fault[0]:
        return fault
    return fault_of_cosine(answer) or fault


# 01.last


def signal_left(last: float) -> float:
    """sqrt(alpha_bar_T) of the raw linear schedule of 300 steps that ends at beta = last. 300 步、终点 beta 为 last 时剩下的 √ᾱ_T。"""
    return float(raw_linear(LAST_T, last=max(float(last), 1e-6)).signal[LAST_T])


def last_beta() -> float:
    """The first last beta, in the slider's steps, that leaves less than 0.01. 按滑块的步长，最先使 √ᾱ_T < 0.01 的终点 beta。"""
    return next(round(k * LAST_STEP, 3) for k in range(10, 200) if signal_left(k * LAST_STEP) < LAST_SIGNAL)


def judge_last(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the smallest last beta that suffices, to one step of the slider? 是不是够用的最小终点 beta（误差不超过滑块一步）？"""
    if answer is None:
        return BLANK
    last = number(answer)
    if last is None or not 0 < last < 1:
        return "give the last β itself, a number between 0 and 1", "请给出终点 β 本身，它在 0 与 1 之间"
    left, before = signal_left(last), signal_left(last - 1.1 * LAST_STEP)
    if left < LAST_SIGNAL <= before:
        return None
    if left**2 < LAST_SIGNAL <= before**2:
        return (
            "there ᾱ_T falls below 0.01; asked is its root, √ᾱ_T, the factor of the image",
            "那里是 ᾱ_T 降到 0.01 以下；问的是它的平方根 √ᾱ_T，即图像的系数",
        )
    if signal_left(min(last + 4 * LAST_STEP, 0.99)) < LAST_SIGNAL <= left:
        return (
            f"nearly: with it √ᾱ_T is {left:.4f}, just above {LAST_SIGNAL}; a few steps of the slider further",
            f"差一点：这时 √ᾱ_T 是 {left:.4f}，略高于 {LAST_SIGNAL}；再往前几格",
        )
    if left >= LAST_SIGNAL:
        return f"with it √ᾱ_T is still {left:.4f}; go further", f"这时 √ᾱ_T 还有 {left:.4f}；请再调大"
    if left < LAST_SIGNAL <= signal_left(last - 5 * LAST_STEP):
        return (
            f"nearly: with it √ᾱ_T is {left:.4f}, and a little less β is enough already; a few steps of the slider back",
            f"差一点：这时 √ᾱ_T 是 {left:.4f}，β 再小一点也够；往回几格",
        )
    return (
        f"it is enough, √ᾱ_T = {left:.4f}, but not the first that is: go back",
        f"够了，√ᾱ_T = {left:.4f}，但它不是最先够用的：请往回调",
    )
