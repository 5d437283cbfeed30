"""Judge a function that draws its own noise: is x_t made of the noise it returns, and is that noise N(0, I), fresh?

评判自己抽噪声的函数：x_t 是不是由交还的噪声构成，噪声是不是新抽的 N(0, I)？

What N(0, I) means is tested in `normal_noise`.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.factors import around, of_one_step, told_apart
from course_utils.exercises.judging import called, describe
from course_utils.exercises.normal_noise import fault_of_noise
from course_utils.forward import per_sample
from course_utils.language import Said
from course_utils.schedules import Schedule


def noised(schedule: Schedule, x0: Tensor, t: int | Tensor) -> tuple[Tensor, Tensor]:
    """The forward jump with noise of its own: (xt, eps). 自己抽噪声的前向跳跃：(xt, eps)。"""
    eps = torch.randn_like(x0)
    return per_sample(schedule.signal[t], x0) * x0 + per_sample(schedule.noise[t], x0) * eps, eps


def judge_own_noise(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's jump that draws its own noise and returns (xt, eps), or None.

    读者的跳跃自己抽噪声并返回 (xt, eps)：错在哪里；正确时为 None。
    """
    for case in _cases(generator):
        first, fault = _answered(answer, case)
        fault = (
            fault
            or _made_of(answer, generator, case, *first)
            or _repeated(answer, case, first[1])
            or fault_of_noise(first[1], case["x0"])
        )
        if fault is not None:
            return fault
    return None


def _by_its_factors(answer: Callable, generator: torch.Generator) -> Said | None:
    """Which factor is wrong, where x_t is a sum of x0 and the noise that is returned."""
    cases = of_one_step(noised, "x0", "t").draw(generator)
    pairs = [_answered(answer, case)[0] for case in cases]
    if any(pair is None for pair in pairs):
        return None
    signals = [(case["schedule"].signal[case["t"]], case["schedule"].noise[case["t"]]) for case in cases]
    exact = [a * case["x0"] + b * pair[1] for case, pair, (a, b) in zip(cases, pairs, signals, strict=True)]
    terms = [{"x0": case["x0"], "eps": pair[1]} for case, pair in zip(cases, pairs, strict=True)]
    numbers = [around(case["schedule"], case["t"]) for case in cases]
    where = [f"t = {case['t']}" for case in cases]
    return told_apart(terms, [pair[0] for pair in pairs], exact, numbers, where)


def _cases(generator: torch.Generator) -> list[dict[str, Any]]:
    """A large batch first, whose noise is tested; then other shapes, dtypes and schedules, t single and one each."""
    cases = []
    for schedule, shape, dtype in (
        (schedules.linear(), (32, 3, 16, 20), torch.float32),
        (schedules.cosine(300), (5, 2), torch.float64),
        (schedules.raw_quadratic(50), (1, 1, 9, 8), torch.float32),
    ):
        x0 = torch.rand(shape, generator=generator, dtype=dtype) * 2 - 1
        each = torch.randint(1, schedule.T, shape[:1], generator=generator)
        each[-1] = schedule.T
        cases += [{"schedule": schedule, "x0": x0, "t": t} for t in (schedule.T // 2, each)]
    return cases


def _answered(answer: Callable, case: dict[str, Any]) -> tuple[tuple[Tensor, Tensor] | None, Said | None]:
    """What the reader's function returns, and what is wrong with its form."""
    result, fault = called(answer, case)
    if fault is not None:
        return None, fault
    x0, where = case["x0"], describe(case)
    if isinstance(result, Tensor):
        return None, (
            "it returns one tensor; return the pair `xt, eps`: the noise is what the network will learn to predict",
            "它只返回一个张量；请返回 `xt, eps` 两个：噪声正是网络要学着预测的",
        )
    if not isinstance(result, tuple | list) or len(result) != 2 or not all(isinstance(r, Tensor) for r in result):
        return None, ("it does not return a pair of tensors, `xt, eps`", "返回的不是一对张量 `xt, eps`")
    for name, value in zip(("xt", "eps"), result, strict=True):
        if value.shape != x0.shape or value.dtype != x0.dtype:
            given, wanted = (f"{tuple(v.shape)} {v.dtype}" for v in (value, x0))
            return None, (
                f"with {where} {name} is {given}; x0 is {wanted}, and {name} must be like it",
                f"{where} 时 {name} 是 {given}；x0 是 {wanted}，{name} 应当与它一致",
            )
        if not bool(value.isfinite().all()):
            return None, (
                f"{name} has values that are not finite (nan or inf)",
                f"{name} 中有些值不是有限数（nan 或 inf）",
            )
    return (result[0], result[1]), None


def _beta(schedule: Schedule, t: int | Tensor) -> Tensor:
    return schedule.beta[t]


def _moved(schedule: Schedule, t: int | Tensor, by: int) -> Tensor:
    """ᾱ at a neighbouring time, within the schedule."""
    return schedule.alpha_bar[(torch.as_tensor(t) + by).clamp(0, schedule.T)]


# Wrong factors of x0 and of eps, as functions of the schedule and t, and what is wrong with them.
FACTORS = [
    (lambda s, t: s.signal[t], lambda s, t: -s.noise[t], "the noise is subtracted; the forward process adds it", "噪声被减去了；前向过程是加上它"),
    (lambda s, t: s.signal[t], lambda s, t: s.noise[t] ** 2, "it scales eps by 1 − ᾱ_t, a variance; the factor is √(1 − ᾱ_t)", "eps 乘的是方差 1 − ᾱ_t；系数应为 √(1 − ᾱ_t)"),
    (lambda s, t: s.signal[t] ** 2, lambda s, t: s.noise[t], "it scales x0 by ᾱ_t; the factor is √ᾱ_t", "x0 乘的是 ᾱ_t；系数应为 √ᾱ_t"),
    (lambda s, t: s.signal[t] ** 2, lambda s, t: s.noise[t] ** 2, "both square roots are missing: √ᾱ_t for x0, √(1 − ᾱ_t) for eps", "两个平方根都漏了：x0 乘 √ᾱ_t，eps 乘 √(1 − ᾱ_t)"),
    (lambda s, t: s.noise[t], lambda s, t: s.signal[t], "the two factors are swapped: √ᾱ_t belongs to x0, √(1 − ᾱ_t) to eps", "两个系数写反了：√ᾱ_t 属于 x0，√(1 − ᾱ_t) 属于 eps"),
    (lambda s, t: s.signal[t], lambda s, t: 1 - s.signal[t], "it scales eps by 1 − √ᾱ_t; it is the squares of the two factors that add up to 1", "eps 乘的是 1 − √ᾱ_t；相加为 1 的是两个系数的平方"),
    (lambda s, t: (1 - _beta(s, t)).sqrt(), lambda s, t: _beta(s, t).sqrt(), "this is one step, with α_t and β_t; the jump uses ᾱ_t, the product of them all", "这是走一步，用的是 α_t 与 β_t；跳跃要用连乘的 ᾱ_t"),
    (lambda s, t: s.signal[t], lambda s, t: _beta(s, t).sqrt(), "its noise is that of one step, √β_t; the jump's is √(1 − ᾱ_t)", "噪声只是一步的 √β_t；跳跃的是 √(1 − ᾱ_t)"),
    (lambda s, t: torch.ones(()), lambda s, t: s.noise[t], "x0 is not scaled down; its factor is √ᾱ_t", "x0 没有缩小；系数应为 √ᾱ_t"),
    (lambda s, t: torch.ones(()), lambda s, t: torch.ones(()), "xt is x0 + eps; but each has its factor: √ᾱ_t for x0, √(1 − ᾱ_t) for eps", "xt 等于 x0 + eps；而两者各有系数：x0 乘 √ᾱ_t，eps 乘 √(1 − ᾱ_t)"),
    (lambda s, t: s.signal[t], lambda s, t: torch.zeros(()), "there is no noise in xt: this is the mean of x_t", "xt 里面没有噪声：这只是 x_t 的均值"),
    (lambda s, t: torch.ones(()), lambda s, t: torch.zeros(()), "xt is x0 itself", "xt 就是 x0 本身"),
    (lambda s, t: _moved(s, t, -1).sqrt(), lambda s, t: (1 - _moved(s, t, -1)).sqrt(), "t is one too small: `schedule.signal[t]` and `schedule.noise[t]` count from 0, the clean image", "t 小了 1：`schedule.signal[t]` 与 `schedule.noise[t]` 从 0（干净图像）数起"),
    (lambda s, t: _moved(s, t, 1).sqrt(), lambda s, t: (1 - _moved(s, t, 1)).sqrt(), "t is one too large", "t 大了 1"),
    (lambda s, t: s.signal[torch.as_tensor(t).flatten()[0]], lambda s, t: s.noise[torch.as_tensor(t).flatten()[0]], "every image gets the t of the first one", "每幅图像用的都是第一幅的 t"),
    (lambda s, t: schedules.linear().signal[t], lambda s, t: schedules.linear().noise[t], "its ᾱ is that of the linear schedule, whatever schedule is handed over; read `schedule`", "不论传进来的是什么调度，用的都是线性调度的 ᾱ；请从 `schedule` 里读"),
]  # fmt: skip


def _made_of(
    answer: Callable, generator: torch.Generator, case: dict[str, Any], xt: Tensor, eps: Tensor
) -> Said | None:
    """What is wrong if x_t is not the forward jump with this very eps."""
    schedule, x0, t = case.values()

    def same(a: Tensor, b: Tensor) -> bool:
        return bool((a - b).abs().max() < 1e-4)

    def mixed(signal: Tensor, noise: Tensor) -> Tensor:
        return per_sample(signal, x0) * x0 + per_sample(noise, x0) * eps

    right, std = mixed(schedule.signal[t], schedule.noise[t]), float(schedule.noise[t].mean())
    if same(xt, right):
        return None
    if torch.equal(xt, eps):
        return "xt and eps hold the same values; keep the noise apart from xt", "xt 与 eps 的值完全相同；噪声要另外留着"
    if same(eps, per_sample(schedule.signal[t], x0) * x0 + per_sample(schedule.noise[t], x0) * xt):
        return "the pair is in the wrong order; return `xt, eps`", "两个量的次序反了；请返回 `xt, eps`"
    if same(xt, mixed(schedule.signal[t], torch.ones(()))):
        if float(eps.std()) > (1 + std) / 2:
            return "eps has no factor; it is √(1 − ᾱ_t)", "eps 没有系数；应为 √(1 − ᾱ_t)"
        return (
            "the noise it returns is already scaled by √(1 − ᾱ_t); return eps as it was drawn, N(0, I)",
            "交还的噪声已经乘过 √(1 − ᾱ_t)；请原样交还抽到的 eps，即 N(0, I)",
        )
    if same(xt, right.clamp(-1, 1)):
        return (
            "xt is clamped to [−1, 1]; noise leads beyond, and it must",
            "xt 被截断到 [−1, 1]；噪声会越出这个范围，也应当越出",
        )
    for signal, noise, en, zh in FACTORS:
        if same(xt, mixed(signal(schedule, t), noise(schedule, t))):
            return en, zh
    fault = _by_its_factors(answer, generator)
    if fault is not None:
        return fault
    off = f"{float((xt - right).abs().max()):.2g}"
    return (
        f"xt is not made of the eps that it returns: with {describe(case)}, √ᾱ_t·x0 + √(1 − ᾱ_t)·eps is off by up to "
        f"{off}. Draw once, use it, return it",
        f"xt 不是由交还的 eps 构成的：{describe(case)} 时，√ᾱ_t·x0 + √(1 − ᾱ_t)·eps 最多相差 {off}。"
        "只抽一次，用它，再交还它",
    )


def _repeated(answer: Callable, case: dict[str, Any], eps: Tensor) -> Said | None:
    """What is wrong if eps is no noise at all, or if a second call gives the same."""
    if eps.numel() > 1 and bool((eps == eps.flatten()[0]).all()):
        return "all values of eps are equal; draw one for each pixel", "eps 的值全都相等；每个像素都要抽一个"
    again, fault = _answered(answer, case)
    if fault is None and torch.equal(again[1], eps):
        fault = (
            "two calls give the same noise; draw it anew in each call, without a seed inside",
            "两次调用得到同样的噪声；每次调用都要新抽，函数里不要设种子",
        )
    return fault
