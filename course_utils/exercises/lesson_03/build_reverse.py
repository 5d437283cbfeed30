"""Judge of `reverse` in the piece of lesson 03: back from x_t where not x_0 is known, but the Gaussian that it is from.

第 03 课那件作业中 `reverse` 的评判：不知道 x_0，只知道它来自哪个高斯分布，从 x_t 退回。
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.lesson_03.build_judges import exact, no_pair, single, with_exact
from course_utils.exercises.lesson_03.build_trials import Case, asked, drawn
from course_utils.language import Said


class Bells:
    """The variances that meet in a step from t to s, and what is made of them. 从 t 到 s 的一步中相遇的方差，及由它们得出的量。"""

    def __init__(self, sigma: Tensor, t: int, s: int, w: float):
        self.s, self.t, self.w, self.width = sigma[s] ** 2, sigma[t] ** 2, w**2, w
        self.added = self.t - self.s
        self.told = self.s / self.t * self.added
        self.c = self.added / self.t
        self.of_x0 = self.w * self.t / (self.w + self.t)


def _around_m(kept: Callable[[Bells], Any]) -> Callable:
    """A mean with the arguments (sigma, xt, t, s, m, w) that keeps a share of the distance from m to xt."""
    return lambda sigma, xt, t, s, m, w: m + kept(Bells(sigma, t, s, w)) * (xt - m)


def _spread(of: Callable[[Bells], Tensor]) -> Callable:
    return lambda sigma, xt, t, s, m, w: float(of(Bells(sigma, t, s, w)))


def _without_m(sigma: Tensor, xt: Tensor, t: int, s: int, m: float, w: float) -> Tensor:
    return (w**2 + sigma[s] ** 2) / (w**2 + sigma[t] ** 2) * xt


PRIOR_OF_T = (
    "the prior is that of x_t, with σ_t; what is asked for is x_s, which has only the noise up to s in it",
    "先验用成了 x_t 的，含 σ_t；要求的是 x_s，它里面只有到 s 为止的噪声",
)
MEANS = [
    Mistake(_without_m, "m is left out: this is the mean for data around 0", "漏了 m：这是数据以 0 为中心时的均值"),
    Mistake(_around_m(lambda of: of.s / of.t), "m stands in the place of x_0; x_t, too, says something about x_0, and (7a) asks for the best guess", "m 放在了 x_0 的位置上；可 x_t 也透露了 x_0 的消息，(7a) 要的是最优猜测"),
    Mistake(_around_m(lambda of: of.w / (of.w + of.added)), "the prior of x_s is given the width of the data alone; x_s has noise in it as well", "x_s 的先验只取了数据的宽度；x_s 里还有噪声"),
    Mistake(_around_m(lambda of: (of.width + of.s) / (of.width + of.t)), "w is a width; to the variances σ² it adds as w²", "w 是宽度；要与方差 σ² 相加的是 w²"),
    Mistake(_around_m(lambda of: ((of.w + of.s) / (of.w + of.t)).sqrt()), "the weights are made of standard deviations; precisions are made of variances", "权重用的是标准差；精度由方差得来"),
    Mistake(_around_m(lambda of: of.added / (of.w + of.t)), "the two weights are swapped: the less noise from s to t, the nearer x_s is to xt", "两个权重写反了：从 s 到 t 加的噪声越少，x_s 离 xt 越近"),
    Mistake(_around_m(lambda of: of.w / (of.w + of.t)), "this is the best guess of x_0; at s > 0 the mean lies between it and xt", "这是对 x_0 的最优猜测；s > 0 时，均值在它与 xt 之间"),
    Mistake(_around_m(lambda of: (of.w + of.s) / (of.w + of.s + of.t)), "the likelihood is given all the noise of x_t; from s to t only a part of it is added", "似然用了 x_t 的全部噪声；从 s 到 t 只加了其中一部分"),
    Mistake(_around_m(lambda of: (of.w + of.t) / (of.w + of.t + of.added)), *PRIOR_OF_T),
    Mistake(_around_m(lambda of: 1), "it stays at xt: what is known of the data should draw it towards m", "它停在 xt 不动；对数据的了解应把它拉向 m"),
    Mistake(_around_m(lambda of: 0), "it stays at m, whatever xt is", "不管 xt 是多少，它总停在 m"),
]  # fmt: skip
VARIANCES = [
    Mistake(_spread(lambda of: of.told), "this is the variance of `posterior`, which is told x_0; how much does not knowing it add, (7b)?", "这是 `posterior` 的方差，它知道 x_0；不知道 x_0，又要添上多少，见 (7b)？"),
    Mistake(_spread(lambda of: of.told + of.of_x0), "the variance of x_0 is added as it is; it counts only as far as the mean follows x_0, (7b)", "x_0 的方差原样加了上去；均值随 x_0 动多少，它才算多少，见 (7b)"),
    Mistake(_spread(lambda of: of.told + of.c * of.of_x0), "the variance of x_0 is multiplied by the weight of x_0; a variance takes its square, (7b)", "x_0 的方差乘的是 x_0 的权重；方差要乘权重的平方，见 (7b)"),
    Mistake(_spread(lambda of: of.told + of.c**2 * of.w), "w² is the variance of x_0 before x_t is seen; with x_t it is smaller", "w² 是还没看到 x_t 时 x_0 的方差；看到 x_t 之后它更小"),
    Mistake(_spread(lambda of: of.c**2 * of.of_x0), "this is what not knowing x_0 adds; the variance that is left with x_0 known is missing, (7b)", "这是不知道 x_0 所添的那一份；还缺 x_0 已知时仍剩下的方差，见 (7b)"),
    Mistake(_spread(lambda of: of.of_x0), "this is the variance of x_0; that of x_s is asked for", "这是 x_0 的方差；要的是 x_s 的"),
    Mistake(_spread(lambda of: of.w * of.added / (of.w + of.added)), "the prior of x_s is given the width of the data alone; x_s has noise in it as well", "x_s 的先验只取了数据的宽度；x_s 里还有噪声"),
    Mistake(_spread(lambda of: (of.width + of.s) * of.added / (of.width + of.t)), "w is a width; to the variances σ² it adds as w²", "w 是宽度；要与方差 σ² 相加的是 w²"),
    Mistake(_spread(lambda of: ((of.w + of.s) * of.added / (of.w + of.t)).sqrt()), "this is the standard deviation; the variance is asked for", "这是标准差；要的是方差"),
    Mistake(_spread(lambda of: (of.w + of.t) / ((of.w + of.s) * of.added)), "this is the precision; the variance is one over it", "这是精度；方差是它的倒数"),
    Mistake(_spread(lambda of: of.w + of.s), "this is the variance of x_s before x_t is known; x_t makes it smaller", "这是还不知道 x_t 时 x_s 的方差；知道了 x_t，它应更小"),
    Mistake(_spread(lambda of: of.added), "this is the variance of the step from s to t, as β was; it is right for infinitely wide data only", "这是从 s 到 t 那一步的方差，地位如同 β；数据无限宽时才对"),
    Mistake(_spread(lambda of: (of.w + of.t) * of.added / (of.w + of.t + of.added)), *PRIOR_OF_T),
    Mistake(_spread(lambda of: (of.w + of.s) * of.t / (of.w + of.s + of.t)), "the likelihood is given all the noise of x_t; from s to t only a part of it is added", "似然用了 x_t 的全部噪声；从 s 到 t 只加了其中一部分"),
]  # fmt: skip
BOTH = ((0, MEANS, ("the mean", "均值")), (1, VARIANCES, ("the variance", "方差")))


def _truth(which: int, sigma: Tensor, xt: Tensor, t: int, s: int, m: float, w: float) -> Any:
    """By (7a) and (7b), from the best guess of x_0 and its variance."""
    share = w**2 / (w**2 + sigma[t] ** 2)
    mean, told = exact(sigma, xt, t, m + share * (xt - m), s)
    c = exact(sigma, torch.zeros(()), t, torch.ones(()), s).mean
    return (mean, float(told + c**2 * share * sigma[t] ** 2))[which]


def _trials(generator: torch.Generator) -> list[tuple[Said | None, list[Case]]]:
    """In between, at s = 0, and for data of no width; otherwise these are about as wide as the noise at t."""
    names = ("xt", "t", "s")
    middle, end = drawn(names, generator), drawn(names, generator, first=0)
    m, w = torch.rand(2, generator=generator).tolist()
    cases = [case | {"m": m - 1.5, "w": (0.4 + w) * float(case["sigma"][case["t"]])} for case in (*middle, end[0])]
    narrow = [case | {"m": m + 0.5, "w": 0.0} for case in (middle[0], end[1])]
    return [(None, cases[:-1]), (("s = 0", "s = 0"), cases[-1:]), (("w = 0", "w = 0"), narrow)]


def judge_reverse(answer: Callable, generator: torch.Generator) -> Said | None:
    """Are mean and variance those of q(x_s | x_t), with the right posterior or the reader's own? 均值与方差是否正确？"""
    trials = _trials(generator)
    first = trials[0][1][0]
    fault = no_pair(with_exact(answer, first["sigma"]) if isinstance(answer, type) else answer, "reverse", first)
    if fault is not None:
        return fault
    fault = _fault(answer, True, trials)
    return fault and _fault(answer, False, trials) and fault


def _fault(answer: type, exactly: bool, trials: Sequence[tuple[Said | None, list[Case]]]) -> Said | None:
    for which, mistakes, name in BOTH:
        for where, cases in trials:
            given = partial(_given, answer, exactly, which)
            fault = judge_function(given, partial(_truth, which), cases, mistakes)
            if fault is not None and where is None:
                return f"{name[0]}: {fault[0]}", f"{name[1]}：{fault[1]}"
            if fault is not None:
                return (
                    f"{name[0]} is right otherwise, but not at {where[0]}: {fault[0]}",
                    f"{name[1]}别处都对，但 {where[1]} 时不对：{fault[1]}",
                )
    return None


def _given(answer: type, exactly: bool, which: int, sigma: Tensor, *given: Any) -> Any:
    """One of the two; no number where plain numbers are divided by 0, as it is with tensors."""
    process = with_exact(answer, sigma) if exactly else answer
    try:
        value = asked(process, "reverse", sigma, *given)[which]
    except ZeroDivisionError:
        return torch.nan if which else torch.full_like(given[0], torch.nan)
    return single(value) if which else value
