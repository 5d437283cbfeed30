"""Exercise 10.edm: a point with EDM's noise, x_0 + sigma eps, as one of the straight path.

练习 10.edm：把 EDM 的带噪点 x_0 + sigma eps 换成直线路径上的点。
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.factors import Sum, wrong_factors, wrong_number
from course_utils.exercises.judging import Mistake
from course_utils.exercises.kinds import Exercise
from course_utils.exercises.lesson_10.pairs import Slips, half, judge_pair
from course_utils.language import Said

SHAPES = (((3, 2), torch.float64), ((2, 1, 4, 4), torch.float32), ((1, 5), torch.float64), ((4,), torch.float32))
SIGMAS = (0.002, 0.3, 0.7, 2.5, 80.0)  # from the least of Karras et al. to the largest


def from_edm(x, sigma):
    """The point of the straight path that is as noisy as x = x_0 + sigma eps, and its time. 同样带噪的直线路径上的点与时刻。"""
    return x / (1 + sigma), sigma / (1 + sigma)


def _made(
    scale: Callable[[float], float] = lambda s: 1 / (1 + s), time: Callable[[float], float] = lambda s: s / (1 + s)
) -> Callable[[Tensor, float], tuple[Tensor, float]]:
    return lambda x, sigma: (x * scale(sigma), time(sigma))


EDM_MISTAKES = Slips(
    both=[
        Mistake(lambda x, sigma: from_edm(x, sigma)[::-1], "the two are swapped: x first, then t", "两个写反了：先 x，后 t"),
        Mistake(_made(lambda s: (1 + s**2) ** -0.5, lambda s: s / (1 + s**2) ** 0.5), "this is the path on which a² + b² = 1, with t its b; on the straight path a + b = 1", "这是 a² + b² = 1 的那条路径，t 取了它的 b；直线路径上 a + b = 1"),
        Mistake(_made(lambda s: 1.0, lambda s: s), "nothing is changed: that is EDM's x and σ; on the straight path x_0 has the factor 1 − t", "什么也没换：这就是 EDM 的 x 与 σ；直线路径上 x_0 的系数是 1 − t"),
    ],
    first=[
        Mistake(_made(scale), en, zh)
        for scale, en, zh in (
            (lambda s: 1.0, "x is not scaled: in EDM's x_0 has the factor 1, on the straight path 1 − t", "x 没有缩放：EDM 里 x_0 的系数是 1，直线路径上是 1 − t"),
            (lambda s: (1 + s**2) ** -0.5, "x is divided by √(1 + σ²), which is for a² + b² = 1; on the straight path a + b = 1", "x 除以了 √(1 + σ²)，那是对 a² + b² = 1 而言；直线路径上 a + b = 1"),
            (lambda s: 1 / (1 + s**2), "x is divided by 1 + σ²; no variances here: the factors 1 − t and t sum to 1", "x 除以了 1 + σ²；这里不是方差：系数 1 − t 与 t 之和为 1"),
            (lambda s: 1 + s, "x is multiplied by 1 + σ; divide", "x 乘了 1 + σ；应当除"),
            (lambda s: s / (1 + s), "x is multiplied by t; it is x_0's factor, 1 − t, that it needs", "x 乘了 t；该乘的是 x_0 的系数 1 − t"),
            (lambda s: 1 / s, "x is divided by σ: then the noise would have the factor 1", "x 除以了 σ：那样系数为 1 的就成了噪声"),
            (lambda s: (0.25 + s**2) ** -0.5, "x is scaled as EDM's network has it shown (σ_data = 0.5); the path's scaling is asked for", "这是 EDM 喂给网络时的缩放（σ_data = 0.5）；题目要的是路径的"),
        )
    ],
    second=[
        Mistake(_made(time=time), en, zh)
        for time, en, zh in (
            (lambda s: 1 / (1 + s), "t is 1 / (1 + σ), which is 1 − t, the factor of x_0: without noise t must be 0", "t 取成了 1 / (1 + σ)，那是 1 − t，即 x_0 的系数：没有噪声时 t 应为 0"),
            (lambda s: s, "t is σ itself; σ is noise over signal, t / (1 − t)", "t 取成了 σ 本身；σ 是噪声与信号之比，即 t / (1 − t)"),
            (lambda s: s / (1 + s**2) ** 0.5, "t is σ / √(1 + σ²), the noise of the path with a² + b² = 1; on the straight one t / (1 − t) = σ", "t 取成了 σ / √(1 + σ²)，那是 a² + b² = 1 的路径上噪声的系数；直线路径上 t / (1 − t) = σ"),
            (lambda s: s**2 / (1 + s**2), "t is σ² / (1 + σ²), a share of variance; t / (1 − t) is σ, not σ²", "t 取成了 σ² / (1 + σ²)，那是方差的占比；t / (1 − t) 等于 σ，不是 σ²"),
            (lambda s: s / (1 + s**2), "t is σ / (1 + σ²); t / (1 − t) = σ gives no square", "t 取成了 σ / (1 + σ²)；由 t / (1 − t) = σ 解不出平方"),
            (lambda s: 2 / math.pi * math.atan(s), "t is σ's angle, 2 / π of its arctangent: that is the time on a circle", "t 取成了 σ 的角（反正切的 2 / π）：那是圆弧上的时刻"),
            (lambda s: (1 + s) / s, "t is upside down: it must lie between 0 and 1", "t 上下颠倒了：它应在 0 与 1 之间"),
            (lambda s: s / 80, "t is σ over the largest σ; noise over signal must be the same on both paths", "t 取成了 σ 除以最大的 σ；两条路径上，噪声与信号之比应当相同"),
            (lambda s: torch.tensor(s).log().mul(0.25).item(), "this is what EDM's network is told, log(σ) / 4; the time of the straight path is asked for", "这是告诉 EDM 网络的量 log(σ) / 4；题目要的是直线路径的时刻"),
            (lambda s: s / (1 - s), "the sign below: t / (1 − t) = σ gives t = σ (1 − t), and σ t goes to the other side with a plus", "分母里的符号反了：由 t / (1 − t) = σ 得 t = σ (1 − t)，σ t 移过去是加号"),
        )
    ],
)  # fmt: skip
NAMES: tuple[Said, Said] = (("x", "x"), ("t", "t"))


def _drawn(generator: torch.Generator) -> list[dict[str, Any]]:
    sigmas = torch.exp(2 * torch.randn(16, generator=generator, dtype=torch.float64)).clamp(0.02, 20).tolist()
    return [{"x": torch.randn(3, 4, generator=generator, dtype=torch.float64), "sigma": sigma} for sigma in sigmas]


def _numbers(case: dict[str, Any]) -> dict[str, float]:
    return {"σ": case["sigma"], "1 + σ": 1 + case["sigma"], "1 + σ²": 1 + case["sigma"] ** 2}


def judge_edm(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's change from EDM, or None. 读者从 EDM 换算得对不对；正确时为 None。"""
    cases = []
    for i, sigma in enumerate((*SIGMAS, float(torch.rand((), generator=generator)) + 0.2)):
        shape, dtype = SHAPES[i % len(SHAPES)]
        cases.append({"x": torch.randn(shape, generator=generator, dtype=dtype), "sigma": sigma})
    formula = Sum(half(from_edm, 0), _drawn, lambda case: {"x": case["x"]}, _numbers)
    explain = (
        partial(wrong_factors, formula=formula, generator=generator),
        partial(wrong_number, truth=half(from_edm, 1), cases=_drawn(generator), numbers=_numbers),
    )
    return judge_pair(answer, from_edm, cases, NAMES, EDM_MISTAKES, explain)


EDM = Exercise(
    reference=lambda: from_edm,
    judge=judge_edm,
    hints=(
        (
            "What two paths share is how noisy they are. What is noise over signal in x = x_0 + σ ε, and what on the straight path?",
            "两条路径相通之处，是噪声有多大。x = x_0 + σ ε 里噪声与信号之比是多少？直线路径上呢？",
        ),
        (
            "t / (1 − t) = σ; solve for t. Then x_0 must have the factor 1 − t, and in x it has 1.",
            "t / (1 − t) = σ，解出 t。然后 x_0 的系数应为 1 − t，而在 x 里是 1。",
        ),
        (
            "t = σ / (1 + σ), so 1 − t = 1 / (1 + σ): multiply x by that. Return the scaled x, then t.",
            "t = σ / (1 + σ)，于是 1 − t = 1 / (1 + σ)：把 x 乘上它。先返回缩放后的 x，再返回 t。",
        ),
    ),
)
