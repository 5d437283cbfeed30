"""What is commonly got wrong in a forward process of one's own: between two times, and in the posterior.

自己写前向过程时的常见错误：两个时刻之间的跳跃，以及后验。
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from course_utils.exercises.judging import Mistake
from course_utils.exercises.lesson_02.mistakes import step
from course_utils.language import Said
from course_utils.schedules import Schedule


def between(schedule: Schedule, xs: Tensor, s: int, t: int, eps: Tensor) -> Tensor:
    """From x_s to x_t in one draw. 抽一次，从 x_s 到 x_t。"""
    kept = schedule.alpha_bar[t] / schedule.alpha_bar[s]
    return kept.sqrt() * xs + (1 - kept).sqrt() * eps


def _scaled(signal: Callable, noise: Callable) -> Callable:
    """`between` with other factors: functions of ᾱ_s, ᾱ_t and a read at t − s."""

    def gives(schedule: Schedule, xs: Tensor, s: int, t: int, eps: Tensor) -> Tensor:
        known = (schedule.alpha_bar[k] for k in (s, t, t - s))
        a_s, a_t, a_between = known
        return (signal(a_s, a_t, a_between) * xs + noise(a_s, a_t, a_between) * eps).to(xs.dtype)

    return gives


def _walked(schedule: Schedule, xs: Tensor, s: int, t: int, eps: Tensor) -> Tensor:
    """t − s steps, all with the one noise."""
    for k in range(s + 1, t + 1):
        xs = step(schedule, xs, k, eps)
    return xs


def _joined(product: Callable) -> Callable:
    """`between` with another product in place of ᾱ_t / ᾱ_s: a function of the schedule's α, s and t."""

    def gives(schedule: Schedule, xs: Tensor, s: int, t: int, eps: Tensor) -> Tensor:
        kept = product(schedule.alpha, s, t)
        return (kept.sqrt() * xs + (1 - kept).sqrt() * eps).to(xs.dtype)

    return gives


def _right_signal(a_s: Tensor, a_t: Tensor, _: Tensor) -> Tensor:
    return (a_t / a_s).sqrt()


BETWEEN_MISTAKES = [
    Mistake(_walked, "it walks with one eps for all the steps; their widths then add up, and there is far too much noise (section 2)", "它一步步走，各步都用同一个 eps；宽度于是相加，噪声多得离谱（见第 2 节）"),
    Mistake(_joined(lambda alpha, s, t: alpha[t] / alpha[s]), "α_t / α_s joins no steps: take ᾱ, the product of the α, for α", "α_t / α_s 并不起任何几步：该用 ᾱ，即各个 α 的乘积，而不是 α"),
    Mistake(_joined(lambda alpha, s, t: alpha[s:t].prod()), "it multiplies the α from s to t − 1; the steps from x_s to x_t have those from s + 1 to t", "它乘的是 α_s 到 α_{t−1}；从 x_s 走到 x_t 的各步，是第 s + 1 步到第 t 步"),
    Mistake(_joined(lambda alpha, s, t: alpha[s + 1 : t].prod()), "it multiplies the α from s + 1 to t − 1; the last step, with α_t, is missing", "它乘的是 α_{s+1} 到 α_{t−1}；漏了最后一步的 α_t"),
    Mistake(_joined(lambda alpha, s, t: alpha[s : t + 1].prod()), "it multiplies the α from s to t; x_s has been through step s already", "它乘的是 α_s 到 α_t；而 x_s 已经走过了第 s 步"),
    *(
        Mistake(_scaled(signal, noise), en, zh)
        for signal, noise, en, zh in (
            (lambda s, t, b: t.sqrt(), lambda s, t, b: (1 - t).sqrt(), "this is the jump from x_0 to t; x_s has already been through s of the steps", "这是从 x_0 到 t 的跳跃；而 x_s 已经走过了 s 步"),
            (lambda s, t, b: b.sqrt(), lambda s, t, b: (1 - b).sqrt(), "this is the jump from 0 to t − s: as many steps, but the first ones, and their β are others", "这是从 0 到 t − s 的跳跃：步数一样，却是最前面的那些步，β 不同"),
            (lambda s, t, b: t / s, lambda s, t, b: 1 - t / s, "both square roots are missing; both numbers are those of a variance", "两个平方根都漏了；这两个数都是方差的"),
            (_right_signal, lambda s, t, b: 1 - t / s, "it scales eps by a variance; its square root is the factor", "eps 乘的是方差；系数应是它的平方根"),
            (lambda s, t, b: t / s, lambda s, t, b: (1 - t / s).sqrt(), "it scales xs by the product of the α; its square root is the factor", "xs 乘的是 α 的乘积；系数应是它的平方根"),
            (_right_signal, lambda s, t, b: (1 - t).sqrt(), "its noise is all the noise of x_t; part of that is in x_s already", "它加的是 x_t 的全部噪声；其中一部分 x_s 里已经有了"),
            (_right_signal, lambda s, t, b: (s - t).sqrt(), "its noise is the difference of the two variances; but what x_s has of noise is scaled down with it, so more is missing", "它加的是两个方差之差；可是 x_s 里原有的噪声也随它一起缩小了，缺的更多"),
            (_right_signal, lambda s, t, b: (1 - t).sqrt() - (1 - s).sqrt(), "its noise is the difference of the two widths; of independent noises the variances add, not the widths", "它加的噪声，是两个宽度之差；独立的噪声，相加的是方差，不是宽度"),
            (lambda s, t, b: 1, lambda s, t, b: (s - t).sqrt(), "xs is not scaled down, and its noise is the difference of the two variances", "xs 没有缩小，加的噪声又是两个方差之差"),
            (lambda s, t, b: 1, lambda s, t, b: (1 - t / s).sqrt(), "xs is not scaled down", "xs 没有缩小"),
            (_right_signal, lambda s, t, b: 1, "eps has no factor", "eps 没有系数"),
            (_right_signal, lambda s, t, b: 0, "there is no noise in it: this is the mean of x_t", "里面没有噪声：这只是 x_t 的均值"),
        )
    ),
]  # fmt: skip


def negative_root(given: Sequence[Any]) -> Said | None:
    """Why a jump is nan, where that is what somebody's `between` gives. 若 `between` 给出 nan，通常的原因。"""
    if not any(isinstance(value, Tensor) and bool(value.isnan().any()) for value in given):
        return None
    return (
        "it is nan, most likely the root of a negative number: ᾱ falls with t, so ᾱ_t / ᾱ_s is below 1, and ᾱ_s / ᾱ_t, "
        "upside down, above 1",
        "得到 nan，多半是给负数开了平方：ᾱ 随 t 减小，所以 ᾱ_t / ᾱ_s 小于 1，倒过来的 ᾱ_s / ᾱ_t 大于 1",
    )


class At(NamedTuple):
    """What the two witnesses of x_{t−1} say: x_0 by a jump, x_t by a step; and the numbers it is made of."""

    told: Tensor  # the centre by x_0
    jumped: Tensor  # its variance
    seen: Tensor  # the centre by x_t
    stepped: Tensor  # its variance
    a_t: Tensor
    alpha: Tensor
    beta: Tensor
    early: Tensor  # what the centre by x_t would be with α_{t−1},
    narrow: Tensor  # and its variance with β_{t−1}, too
    xt: Tensor
    x0: Tensor


def _at(schedule: Schedule, xt: Tensor, t: int, x0: Tensor) -> At:
    a_t, a_s, alpha, beta = schedule.alpha_bar[t], schedule.alpha_bar[t - 1], schedule.alpha[t], schedule.beta[t]
    told, seen = a_s.sqrt() * x0, xt / alpha.sqrt()
    early, narrow = xt / schedule.alpha[t - 1].sqrt(), schedule.beta[t - 1] / schedule.alpha[t - 1]
    return At(told, 1 - a_s, seen, beta / alpha, a_t, alpha, beta, early, narrow, xt, x0)


def _average(one: Tensor, other: Tensor, of_one: Tensor, of_other: Tensor) -> Tensor:
    return (of_one * one + of_other * other) / (of_one + of_other)


def _given(found: Callable[[At], Tensor]) -> Callable:
    """What `found` makes of the witnesses, as a tensor like xt."""
    return lambda schedule, xt, t, x0: (xt * 0 + found(_at(schedule, xt, t, x0))).to(xt.dtype)


EARLY: Said = (
    "α and β are read at t − 1; the step from x_{t−1} to x_t has α_t and β_t",
    "α 与 β 读的是 t − 1 处的；从 x_{t−1} 走到 x_t 的那一步，用的是 α_t 与 β_t",
)
ROOT: Said = (
    "the second variance is β_t / √α_t; solving (1) for x_{t−1} divides by √α_t, and a variance by its square, α_t",
    "第二个方差用了 β_t / √α_t；由式 (1) 解出 x_{t−1} 时除以的是 √α_t，方差就要除以它的平方，即 α_t",
)
SWAPPED: Said = (
    "mean and variance have changed places: return `mean, variance`",
    "均值与方差写反了：请返回 `mean, variance`",
)
MEAN_MISTAKES = [
    Mistake(_given(found), en, zh)
    for found, en, zh in (
        (lambda k: k.told, "it listens to x_0 alone: this is the mean of the jump to t − 1, and x_t is not asked", "它只听 x_0 的：这是跳到 t − 1 的均值，没有问 x_t"),
        (lambda k: k.seen, "it listens to x_t alone and undoes the shrinking; x_0 is not asked", "它只听 x_t 的，把缩小还原；没有问 x_0"),
        (lambda k: (k.told + k.seen) / 2, "the two centres have equal weights; the surer witness, with the smaller variance, must weigh more", "两个中心的权重相等；方差较小、更有把握的证人，权重应当更大"),
        (lambda k: _average(k.told, k.seen, k.jumped, k.stepped), "the weights are the variances, so the less sure witness weighs more; swap them", "以方差为权重，没有把握的证人反而更重；请对调"),
        (lambda k: _average(k.told, k.seen, k.stepped.sqrt(), k.jumped.sqrt()), "each centre is weighted by one over its width; it must be one over its variance", "权重用了宽度的倒数；应当是方差的倒数"),
        (lambda k: _average(k.told, k.xt, k.beta, k.jumped), "x_t itself is taken for the second centre; the step shrank x_{t−1} by √α_t first", "把 x_t 本身当成了第二个中心；走一步时，x_{t−1} 先乘过 √α_t"),
        (lambda k: _average(k.told, k.xt, k.stepped, k.jumped), "x_t itself is taken for the second centre; the step shrank x_{t−1} by √α_t first", "把 x_t 本身当成了第二个中心；走一步时，x_{t−1} 先乘过 √α_t"),
        (lambda k: _average(k.told, k.seen, k.beta, k.jumped), "the variance of the second centre is taken for β_t; dividing by √α_t widens the noise, too", "第二个中心的方差用了 β_t；除以 √α_t 时，噪声也随之变宽"),
        (lambda k: _average(k.told, k.seen, k.stepped, 1 - k.a_t), "the variance of the first centre is that of the jump to t; x_{t−1} is one step before", "第一个中心的方差用了跳到 t 的；x_{t−1} 还在前一步"),
        (lambda k: _average(k.a_t.sqrt() * k.x0, k.seen, k.stepped, k.jumped), "the first centre is that of the jump to t; x_{t−1} is one step before", "第一个中心用了跳到 t 的；x_{t−1} 还在前一步"),
        (lambda k: _average(k.x0, k.seen, k.stepped, k.jumped), "x_0 itself is taken for the first centre; the jump to t − 1 shrinks it", "把 x_0 本身当成了第一个中心；跳到 t − 1 时它已缩小"),
        (lambda k: _average(k.told, k.early, k.narrow, k.jumped), EARLY[0], EARLY[1]),
        (lambda k: _average(k.told, k.seen, k.beta / k.alpha.sqrt(), k.jumped), ROOT[0], ROOT[1]),
        (lambda k: _average((1 - k.jumped).sqrt() * k.xt, k.x0 / k.alpha.sqrt(), k.stepped, k.jumped), "xt and x0 have changed places: what comes first is x_t", "xt 与 x0 放反了：先传进来的是 x_t"),
        (lambda k: k.jumped * k.stepped / (k.jumped + k.stepped), SWAPPED[0], SWAPPED[1]),
        (lambda k: k.told / k.jumped + k.seen / k.stepped, "the weighted sum is not divided by the sum of the weights", "加权求和之后，没有除以权重之和"),
        (lambda k: (k.xt - (k.beta / (1 - k.a_t).sqrt()) * k.xt) / k.alpha.sqrt(), "x_0 is not used", "没有用到 x_0"),
    )
]  # fmt: skip

VARIANCE_MISTAKES = [
    Mistake(_given(found), en, zh)
    for found, en, zh in (
        (lambda k: k.beta, "this is β_t, the variance of x_t when x_{t−1} is given; here it is the other way round, and x_0 is known, too", "这是 β_t，即给定 x_{t−1} 时 x_t 的方差；这里反过来，而且还知道 x_0"),
        (lambda k: k.stepped, "this is what x_t alone leaves open, β_t / α_t; x_0 is known, too, and two witnesses know more", "这是只知道 x_t 时的 β_t / α_t；x_0 也是已知的，两个证人知道得更多"),
        (lambda k: k.jumped, "this is what x_0 alone leaves open, 1 − ᾱ_{t−1}; x_t is known, too, and two witnesses know more", "这是只知道 x_0 时的 1 − ᾱ_{t−1}；x_t 也是已知的，两个证人知道得更多"),
        (lambda k: k.jumped + k.stepped, "the two variances are added; what adds up, where witnesses are put together, is one over the variance", "把两个方差相加了；证人合起来时，相加的是方差的倒数"),
        (lambda k: (k.jumped + k.stepped) / 2, "this is the average of the two variances; two witnesses know more than either, so it is smaller than both", "这是两个方差的平均；两个证人比哪一个都知道得多，所以它比两者都小"),
        (lambda k: 1 / k.jumped + 1 / k.stepped, "this is the precision; the variance is one over it", "这是精度；方差是它的倒数"),
        (lambda k: k.jumped * k.stepped, "the two variances are multiplied, and not divided by their sum", "把两个方差相乘了，没有除以它们的和"),
        (lambda k: (k.jumped * k.stepped / (k.jumped + k.stepped)).sqrt(), "this is the width; asked for is the variance, its square", "这是宽度；要的是它的平方，即方差"),
        (lambda k: (k.jumped * k.beta / (k.jumped + k.beta)), "β_t is taken for the second variance; solving (1) for x_{t−1} divides the noise by √α_t, too", "第二个方差用了 β_t；由式 (1) 解出 x_{t−1} 时，噪声也除以了 √α_t"),
        (lambda k: k.jumped * k.beta / (k.jumped * k.alpha.sqrt() + k.beta), ROOT[0], ROOT[1]),
        (lambda k: (1 - k.a_t) * k.stepped / ((1 - k.a_t) + k.stepped), "the first variance is that of the jump to t; x_{t−1} is one step before", "第一个方差用了跳到 t 的；x_{t−1} 还在前一步"),
        (lambda k: k.jumped * k.narrow / (k.jumped + k.narrow), EARLY[0], EARLY[1]),
        (lambda k: k.beta * (1 - k.a_t) / k.jumped, "the quotient stands upside down: the variance must be smaller than β_t, and 0 at t = 1", "那个分数倒过来了：方差应当比 β_t 小，t = 1 时为 0"),
        (lambda k: k.beta * 0, "it is 0: a single value; some of the noise can be anything still", "它是 0，只剩一个值；可是噪声里还有一部分没有定下来"),
        (lambda k: k.beta * 0 + 1, "it is 1, whatever is known", "不论知道什么，它都是 1"),
    )
]  # fmt: skip
