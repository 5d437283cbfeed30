"""The frame between two known ones in a reader's forward process: its truth, its common mistakes, its judge.

读者的前向过程里，已知两帧之间的那一帧：真值、常见错误与评判。
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.exercises.judging import BLANK, Mistake, called, judge_function
from course_utils.exercises.lesson_02.build_asking import Case, cases_at, misshapen, one_of_two
from course_utils.exercises.lesson_02.build_judges import LENIENT, doubled, factors_of, times_of
from course_utils.language import Said
from course_utils.schedules import Schedule

NAMES = ("xs", "s", "t", "u", "xu")
WHAT = (("the mean", "均值"), ("the variance", "方差"))


class Between(NamedTuple):
    """What the frames on both sides say of x_t, and the numbers it is made of."""

    told: Tensor  # the centre by x_s
    v: Tensor  # its variance
    seen: Tensor  # the centre by x_u
    w: Tensor  # its variance
    a: tuple[Tensor, Tensor, Tensor]  # ᾱ_s, ᾱ_t, ᾱ_u
    by_time: float  # how far t is on the way from s to u
    xs: Tensor
    xu: Tensor


def _between(schedule: Schedule, xs: Tensor, s: int, t: int, u: int, xu: Tensor) -> Between:
    a_s, a_t, a_u = a = tuple(schedule.alpha_bar[k] for k in (s, t, u))
    p, q = a_t / a_s, a_u / a_t
    return Between(p.sqrt() * xs, 1 - p, xu / q.sqrt(), (1 - q) / q, a, (t - s) / (u - s), xs, xu)


def _weighed(one: Tensor, other: Tensor, of_one: Tensor, of_other: Tensor) -> Tensor:
    return (of_one * one + of_other * other) / (of_one + of_other)


def _given(found: Callable[[Between], Tensor]) -> Callable:
    """What `found` makes of the two frames, as a tensor like xs."""
    return lambda schedule, xs, s, t, u, xu: (xs * 0 + found(_between(schedule, xs, s, t, u, xu))).to(xs.dtype)


TRUTHS = (
    _given(lambda k: _weighed(k.told, k.seen, k.w, k.v)),
    _given(lambda k: k.v * k.w / (k.v + k.w)),
)
FROM_ZERO = (
    "its first variance is 1 − ᾱ_t, that of a jump from x_0; here x_s is known, and only the noise of the steps after s is open",
    "第一个方差用的是 1 − ᾱ_t，即从 x_0 跳过来的；这里已知的是 x_s，没有定下来的只是第 s 步以后的噪声",
)
ROOT = (
    "its second variance is divided by the factor of x_t; a variance is divided by the square of that factor, ᾱ_u / ᾱ_t",
    "第二个方差除以的是 x_t 的系数；方差要除以这个系数的平方，即 ᾱ_u / ᾱ_t",
)
UNDIVIDED = (
    "its second variance is that of x_u when x_t is given; solving for x_t divides that noise, too",
    "第二个方差用的是已知 x_t 时 x_u 的方差；解出 x_t 时，那份噪声也要除",
)
MISTAKES = (
    [
        Mistake(_given(found), en, zh)
        for found, en, zh in (
            (lambda k: k.told, "it listens to x_s alone", "它只听 x_s 的"),
            (lambda k: k.seen, "it listens to x_u alone", "它只听 x_u 的"),
            (lambda k: k.xs + k.by_time * (k.xu - k.xs), "it draws a straight line in t from x_s to x_u; but both are shrunk, by different amounts, and each counts by its precision", "它在 x_s 与 x_u 之间按时间连了一条直线；可是两帧缩小的程度不同，又各以自己的精度为权重"),
            (lambda k: (k.told + k.seen) / 2, "both frames have equal weights; the surer one, with the smaller variance, must weigh more", "两帧的权重相等；方差较小、更有把握的那一帧，权重应当更大"),
            (lambda k: _weighed(k.told, k.seen, k.v, k.w), "the weights are the variances, so the less sure frame weighs more; swap them", "以方差为权重，没有把握的那一帧反而更重；请对调"),
            (lambda k: _weighed(k.told, k.xu, k.w, k.v), "x_u itself is taken for the second centre; on the way from t to u, x_t was shrunk", "把 x_u 本身当成了第二个中心；从 t 到 u，x_t 已缩小"),
            (lambda k: _weighed(k.xs, k.seen, k.w, k.v), "x_s itself is taken for the first centre; on the way from s to t it shrinks", "把 x_s 本身当成了第一个中心；从 s 到 t，它还要缩小"),
            (lambda k: _weighed(k.a[1].sqrt() * k.xs, k.seen, k.w, 1 - k.a[1]), "x_s is taken for x_0: the first centre and its variance are those of a jump from 0 to t", "把 x_s 当成了 x_0：第一个中心与它的方差，都是从 0 跳到 t 的"),
            (lambda k: _weighed(k.told, k.seen, k.w, 1 - k.a[1]), *FROM_ZERO),
            (lambda k: _weighed(k.told, k.seen, k.w * (k.a[2] / k.a[1]).sqrt(), k.v), *ROOT),
            (lambda k: _weighed(k.told, k.seen, k.w * k.a[2] / k.a[1], k.v), *UNDIVIDED),
            (lambda k: _weighed(k.told, k.seen * (k.a[1] / k.a[2]).sqrt(), k.w, k.v), "x_u is divided by ᾱ_u / ᾱ_t; the factor that shrank x_t is its square root", "x_u 除以的是 ᾱ_u / ᾱ_t；x_t 缩小时乘的系数，是它的平方根"),
            (lambda k: _weighed((k.a[1] / k.a[0]).sqrt() * k.xu, k.xs * (k.a[1] / k.a[2]).sqrt(), k.w, k.v), "xs and xu have changed places: what comes first is x_s, the frame before", "xs 与 xu 放反了：先传进来的是 x_s，即前面的一帧"),
        )
    ]
    + [Mistake(lambda schedule, xs, s, t, u, xu: TRUTHS[0](schedule, xs, s, u, t, xu), "t and u have changed places: the arguments are `xs, s, t, u, xu`", "t 与 u 放反了：参数的次序是 `xs, s, t, u, xu`")],
    [
        Mistake(_given(found), en, zh)
        for found, en, zh in (
            (lambda k: k.v, "this is what x_s alone leaves open", "这是只知道 x_s 时的方差"),
            (lambda k: k.w * k.a[2] / k.a[1], "this is the variance of x_u when x_t is given; here it is the other way round, and x_s is known, too", "这是已知 x_t 时 x_u 的方差；这里反过来，而且还知道 x_s"),
            (lambda k: k.v * 0, "it is 0; but between the two frames there are many that fit both", "它是 0；可是两帧之间，与两边都合得上的有许多"),
            (lambda k: k.w, "this is what x_u alone leaves open", "这是只知道 x_u 时的方差"),
            (lambda k: k.v + k.w, "the two variances are added; what adds up is one over the variance", "把两个方差相加了；相加的是方差的倒数"),
            (lambda k: 1 / k.v + 1 / k.w, "this is the precision; the variance is one over it", "这是精度；方差是它的倒数"),
            (lambda k: (k.v * k.w / (k.v + k.w)).sqrt(), "this is the width; asked for is its square", "这是宽度；要的是它的平方"),
            (lambda k: (1 - k.a[1]) * k.w / (1 - k.a[1] + k.w), *FROM_ZERO),
            (lambda k: k.v * k.w / (k.v * (k.a[1] / k.a[2]).sqrt() + k.w), *ROOT),
            (lambda k: k.v * k.w / (k.v * k.a[1] / k.a[2] + k.w), *UNDIVIDED),
        )
    ],
)  # fmt: skip


def judge_bridge(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's mean and variance of x_t between x_s and x_u, or None.

    读者求得的 x_s 与 x_u 之间 x_t 的均值与方差，错在哪里；正确时为 None。
    """

    def draw(T: int) -> list[Case]:
        s, t, u = torch.randint(T // 8, T // 4, (3, 3), generator=generator) + torch.tensor([[0], [T // 4], [T // 2]])
        return [{"s": int(s[i]), "t": int(t[i]), "u": int(u[i])} for i in range(3)]

    def ends(T: int) -> list[Case]:
        return [{"s": 0, "t": T - 1, "u": T}, {"s": 0, "t": T // 4, "u": T // 2}, {"s": T // 3, "t": T // 3, "u": T // 2}, {"s": 1, "t": T // 2, "u": T // 2}]  # fmt: skip

    inner, last = cases_at(NAMES, draw, generator), cases_at(NAMES, ends, generator)
    fault = misshapen(answer, "bridge", inner[0])
    for i, (truth, mistakes) in enumerate(zip(TRUTHS, MISTAKES, strict=True)):
        function, explain = one_of_two(answer, i, "bridge"), partial(_explained, cases=doubled(inner)) if i == 0 else None  # fmt: skip
        found = fault or judge_function(function, truth, inner, mistakes, (LENIENT, 1e-6)[i], explain=explain)
        found = found or _at_the_ends(function, last, judge_function(function, truth, last, (), LENIENT))
        if found is not None:
            return found if fault or found is BLANK else (f"{WHAT[i][0]}: {found[0]}", f"{WHAT[i][1]}：{found[1]}")
    return None


def _at_the_ends(function: Callable, cases: Sequence[Case], fault: Said | None) -> Said | None:
    """What is wrong where t is s or u, which has a cause of its own if it is nan."""
    given = [called(function, case)[0] for case in cases] if fault is not None and fault is not BLANK else []
    if any(isinstance(value, Tensor) and not bool(value.isfinite().all()) for value in given):
        return (
            "right in the middle, but nan or inf at t = s or t = u: there a variance is 0, and something is divided by it",
            "在中间都对，但 t = s 或 t = u 时得到 nan 或 inf：那里有一个方差是 0，却除以了它",
        )
    return fault


def _explained(function: Callable, *, cases: Sequence[Case]) -> Said | None:
    """Is the mean wrong already where there is no noise, or only in how the two are weighted? 没有噪声时就错，还是只错在权重？"""
    found, fault = factors_of(function, cases, TRUTHS[0], "xs", "xu")
    if found is None:
        return fault
    for (of_xs, of_xu), case in zip(found.tolist(), cases, strict=True):
        a_s, a_t, a_u = (float(case["schedule"].alpha_bar[case[k]]) for k in ("s", "t", "u"))
        given, wanted = of_xs + of_xu * (a_u / a_s) ** 0.5, (a_t / a_s) ** 0.5
        if abs(given - wanted) > 1e-5:
            return (
                f"let there be no noise, x_u = √(ᾱ_u / ᾱ_s) x_s: then it must be √(ᾱ_t / ᾱ_s) x_s, with {times_of(case)} "
                f"{wanted:.3f} x_s, and it is {given:.3f} x_s",
                f"设想没有噪声，x_u = √(ᾱ_u / ᾱ_s) x_s：这时应当得到 √(ᾱ_t / ᾱ_s) x_s，{times_of(case)} 时是 {wanted:.3f} x_s，"
                f"它却是 {given:.3f} x_s",
            )
    return (
        "where both frames agree it is right; where they do not, they are weighted wrongly: each by one over its own "
        "variance",
        "两帧说法一致时，它是对的；不一致时，权重不对：应各以自己方差的倒数为权重",
    )
