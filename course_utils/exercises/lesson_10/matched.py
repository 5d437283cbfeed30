"""Exercise 10.target: a batch of flow matching, its points on the straight lines and the velocities to learn.

练习 10.target：流匹配的一批数据，即直线上的点与要学的速度。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.factors import Sum, wrong_factors
from course_utils.exercises.judging import Mistake
from course_utils.exercises.kinds import Exercise
from course_utils.exercises.lesson_10.pairs import Slips, half, judge_pair
from course_utils.language import Said

# The first has as many samples as its last axis is long, so that times along the wrong axis fit, too.
SHAPES = (
    ((4, 4), torch.float64),
    ((3, 1, 2, 3), torch.float32),
    ((5, 2), torch.float64),
    ((2, 3, 4, 6), torch.float32),
)


def batch(x0, eps, t):
    """Points (1 - t) x_0 + t eps, each at its own time, and their velocities eps - x_0. 各在自己时刻的点，与它们的速度。"""
    times = t.reshape(-1, *[1] * (x0.ndim - 1))
    return (1 - times) * x0 + times * eps, eps - x0


def _each(t: Tensor, x0: Tensor) -> Tensor:
    return t.reshape(-1, *[1] * (x0.ndim - 1))


def _point(of: Callable[[Tensor, Tensor, Tensor], Tensor], time: Callable[[Tensor], Tensor] = lambda t: t) -> Callable:
    """Another point, of x_0, eps and the time as shaped for them; the velocity as it should be."""
    return lambda x0, eps, t: (of(x0, eps, _each(time(t), x0)), eps - x0)


def _velocity(of: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable:
    return lambda x0, eps, t: (batch(x0, eps, t)[0], of(x0, eps, _each(t, x0)))


def _straight(x0: Tensor, eps: Tensor, t: Tensor) -> Tensor:
    return (1 - t) * x0 + t * eps


def _along_the_last(x0: Tensor, eps: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    t = t if len(t) == x0.shape[-1] else _each(t, x0)
    return (1 - t) * x0 + t * eps, eps - x0


BATCH_MISTAKES = Slips(
    both=[
        Mistake(gives, en, zh)
        for gives, en, zh in (
            (lambda x0, eps, t: (_straight(eps, x0, _each(t, x0)), x0 - eps), "x_0 and ε are swapped: this is the way Lipman and Liu count, where t = 1 is the data. Here t = 0 is, and the velocity points to the noise", "x_0 与 ε 写反了：这是 Lipman 与 Liu 的记法，那里 t = 1 是数据。这里 t = 0 才是数据，速度指向噪声"),
            (lambda x0, eps, t: batch(x0, eps, t)[::-1], "the two are swapped: x_t first, then the velocity", "两个写反了：先 x_t，后速度"),
            (lambda x0, eps, t: ((1 - _each(t, x0)).sqrt() * x0 + _each(t, x0).sqrt() * eps, eps), "this is a batch for a network that guesses noise, on a path that is no straight line", "这是给猜噪声的网络用的一批，路径也不是直线"),
        )
    ],
    first=[
        Mistake(gives, en, zh)
        for gives, en, zh in (
            (_point(lambda x0, eps, t: _straight(eps, x0, t)), "in x_t time runs backwards: at t = 0 it must be x_0, at t = 1 ε", "x_t 里时间反了：t = 0 时应是 x_0，t = 1 时应是 ε"),
            (_point(_straight, lambda t: t.mean().expand(len(t))), "every sample gets the mean of the batch's times; each has its own t", "每个样本都用了整批时刻的均值；各有各的 t"),
            (_point(_straight, lambda t: t[:1].expand(len(t))), "every sample gets the first one's time; each has its own t", "每个样本都用了第一个样本的时刻；各有各的 t"),
            (_point(_straight, lambda t: t.flip(0)), "the times are handed out in reversed order", "各个时刻分给样本的次序颠倒了"),
            (_along_the_last, "where the last axis is as long as the batch, the times lie along it: each sample has one time, so give t an axis of length 1 for each further axis of x0", "最后一轴与批一样长时，时刻落到了最后一轴上；每个样本一个时刻，t 要给 x0 其余的每个轴补一个长为 1 的轴"),
            (_point(lambda x0, eps, t: (1 - t).sqrt() * x0 + t.sqrt() * eps), "the factors have roots, as on a path with a² + b² = 1; on the straight one they are 1 − t and t themselves", "系数开了方，那是 a² + b² = 1 的路径；直线路径上就是 1 − t 与 t 本身"),
            (_point(lambda x0, eps, t: (1 - t**2).sqrt() * x0 + t * eps), "the factor of x_0 is √(1 − t²), as on a path with a² + b² = 1; on the straight one it is 1 − t", "x_0 的系数取了 √(1 − t²)，那是 a² + b² = 1 的路径；直线路径上是 1 − t"),
            (_point(lambda x0, eps, t: (t * torch.pi / 2).cos() * x0 + (t * torch.pi / 2).sin() * eps), "x_t runs along a circle, by cos and sin of π t / 2; on the straight path the factors are 1 − t and t", "x_t 走的是圆弧，系数取了 π t / 2 的余弦与正弦；直线路径上是 1 − t 与 t"),
            (_point(lambda x0, eps, t: x0 + t * eps), "x_0 keeps the factor 1; on the way to the noise it must go: 1 − t", "x_0 的系数一直是 1；走向噪声时它应当消失：1 − t"),
            (_point(lambda x0, eps, t: x0 + t * (x0 - eps)), "the sign: x_t leaves x_0 for the side away from ε", "符号反了：x_t 从 x_0 出发，却背着 ε 走"),
            (_point(lambda x0, eps, t: (1 - t) * x0), "the noise is missing in x_t", "x_t 里漏了噪声"),
        )
    ],
    second=[
        Mistake(_velocity(of), en, zh)
        for of, en, zh in (
            (lambda x0, eps, t: x0 - eps, "the velocity points to the data, as Lipman's and Liu's does; here t grows towards the noise, so it is ε − x_0", "速度指向了数据，那是 Lipman 与 Liu 的方向；这里 t 朝噪声增大，所以是 ε − x_0"),
            (lambda x0, eps, t: eps, "the target is ε, as for a network that guesses noise; a velocity is asked for, how x_t changes with t", "目标取成了 ε，那是给猜噪声的网络的；要的是速度，即 x_t 随 t 怎样变"),
            (lambda x0, eps, t: x0, "the target is x_0, as for a network that guesses the data; a velocity is asked for, how x_t changes with t", "目标取成了 x_0，那是给猜数据的网络的；要的是速度，即 x_t 随 t 怎样变"),
            (_straight, "the target is x_t itself; a velocity is asked for, how x_t changes with t", "目标取成了 x_t 本身；要的是速度，即 x_t 随 t 怎样变"),
            (lambda x0, eps, t: (1 - t) * eps - t * x0, "the target is v of lesson 3, the velocity on a circle's arc with its factors taken from the line; on the line it does not depend on t", "目标取成了第 3 课的 v：那是圆弧上的速度，系数却取自直线；直线上的速度与 t 无关"),
            (lambda x0, eps, t: _straight(x0, eps, t) - x0, "the target is the way gone so far, t (ε − x_0); the velocity is the way per unit of t", "目标取成了已走的路 t (ε − x_0)；速度是单位 t 走的路"),
            (lambda x0, eps, t: eps - _straight(x0, eps, t), "the target is the way still to go, (1 − t)(ε − x_0); the velocity is the way per unit of t", "目标取成了还剩的路 (1 − t)(ε − x_0)；速度是单位 t 走的路"),
            (lambda x0, eps, t: eps + x0, "the target is a sum; a velocity is a difference, ε − x_0", "目标取成了和；速度是差 ε − x_0"),
        )
    ],
)  # fmt: skip
NAMES: tuple[Said, Said] = (("x_t", "x_t"), ("the velocity", "速度"))
DIVIDES: Said = (
    "it divides by t or by 1 − t, which may be 0 (two trials hold such times): the velocity is ε − x_0, with no t in it",
    "除以了 t 或 1 − t，而它们可能是 0（试验里有这样的时刻）：速度是 ε − x_0，里面没有 t",
)


def _case(shape: tuple[int, ...], dtype: torch.dtype, generator: torch.Generator) -> dict[str, Any]:
    x0, eps = torch.randn(2, *shape, generator=generator, dtype=dtype)
    return {"x0": x0, "eps": eps, "t": torch.rand(shape[0], generator=generator, dtype=dtype)}


def _drawn(generator: torch.Generator) -> list[dict[str, Any]]:
    """Trials in which all samples have one time, so that factors can be read off."""
    cases = [_case((3, 7), torch.float64, generator) for _ in range(20)]
    return [case | {"t": 0.1 + 0.8 * case["t"][:1].expand(3)} for case in cases]


def _terms(case: dict[str, Any]) -> dict[str, Tensor]:
    return {"x_0": case["x0"], "ε": case["eps"]}


def _numbers(case: dict[str, Any]) -> dict[str, float]:
    return {"t": float(case["t"][0]), "1 − t": 1 - float(case["t"][0])}


def judge_target(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's batch of flow matching, or None. 读者的流匹配数据错在哪里；正确时为 None。"""
    cases = [_case(*shape, generator) for shape in SHAPES * 2]
    for i, end in enumerate((0.0, 1.0)):
        cases[5 + i]["t"][0] = end
    explain = tuple(
        partial(wrong_factors, formula=Sum(half(batch, i), _drawn, _terms, _numbers), generator=generator)
        for i in range(2)
    )
    fault = judge_pair(answer, batch, cases, NAMES, BATCH_MISTAKES, explain)
    return DIVIDES if fault and "not finite" in fault[0] else fault


TARGET = Exercise(
    reference=lambda: batch,
    judge=judge_target,
    hints=(
        (
            "Where must x_t be at t = 0, and where at t = 1? Which shape must t have, to multiply a batch sample by sample?",
            "t = 0 时 x_t 应在哪里，t = 1 时呢？t 要是什么形状，才能逐样本地乘整批？",
        ),
        (
            "x_t goes from x_0 to ε at constant speed: x_0 has the factor 1 − t, ε has t. Differentiate that in t.",
            "x_t 从 x_0 匀速走到 ε：x_0 的系数是 1 − t，ε 的是 t。再对 t 求导。",
        ),
        (
            "`t.reshape(-1, *[1] * (x0.ndim - 1))` has the shape (b, 1, …). The velocity is ε − x_0, the same at every t.",
            "`t.reshape(-1, *[1] * (x0.ndim - 1))` 的形状是 (b, 1, …)。速度是 ε − x_0，在每个 t 都一样。",
        ),
    ),
)
