"""The spread of samples along a walk of DDIM: a recursion of standard deviations, and what goes wrong in it.

DDIM 一路上样本的散布：标准差的递推，以及其中常见的错误。
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.judging import Mistake, called, judge_function, number
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said
from course_utils.reverse import sigma_posterior
from course_utils.schedules import Schedule
from course_utils.times import even_times


def spread(schedule: Schedule, std: float, times: Sequence[int], eta: float) -> list[float]:
    """The std of the samples at each of these times, for data N(mean, std^2). 每个时间步处样本的标准差。"""
    stds = [1.0]
    for t, s in zip(times[:-1], times[1:], strict=True):
        a_t, a_s = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[s])
        sigma = eta * float(sigma_posterior(schedule, t, s))
        slope = a_t**0.5 * std**2 / (a_t * std**2 + 1 - a_t)  # of the guess: the covariance over the variance of x_t
        of_eps = (1 - a_t**0.5 * slope) / (1 - a_t) ** 0.5
        gain = a_s**0.5 * slope + max(1 - a_s - sigma**2, 0) ** 0.5 * of_eps
        stds.append((gain**2 * stds[-1] ** 2 + sigma**2) ** 0.5)
    return stds


def _with(
    first: Callable[[float, float], float] = lambda std, a: 1.0,
    v_of: Callable = lambda std: std**2,
    width: Callable = lambda a, v, now: a * v + 1 - a,
    slope: Callable = lambda a, v, width: a**0.5 * v / width,
    of_eps: Callable = lambda a, slope: (1 - a**0.5 * slope) / (1 - a) ** 0.5,
    begin: Callable = lambda now, width: now,
    left: Callable = lambda a_s, sigma, full: max(1 - a_s - sigma**2, 0) ** 0.5,
    onto: Callable = lambda a_s: a_s**0.5,
    both: Callable[[float, float], float] = lambda x0, eps: x0 + eps,
    add: Callable = lambda gain, std, sigma: (gain**2 * std**2 + sigma**2) ** 0.5,
    sigma_of: Callable = lambda full, eta, schedule, t: eta * full,
    last: Callable = lambda value: value,
    steps: Callable = pairwise,
) -> Callable[..., Tensor]:
    """The recursion with one of its parts replaced."""

    def gives(schedule: Schedule, std: float, times: Sequence[int], eta: float) -> Tensor:
        stds = [first(std, float(schedule.alpha_bar[times[0]]))]
        for t, s in steps(times):
            a_t, a_s = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[s])
            full = float(sigma_posterior(schedule, t, s))
            sigma = sigma_of(full, eta, schedule, t)
            below = width(a_t, v_of(std), stds[-1] ** 2)
            of_x0 = slope(a_t, v_of(std), below)
            gain = both(onto(a_s) * of_x0, left(a_s, sigma, full) * of_eps(a_t, of_x0))
            stds.append(add(gain, begin(stds[-1], below**0.5), sigma))
        return torch.tensor([last(value) for value in stds], dtype=torch.float64)

    return gives


def _widths(schedule: Schedule, std: float, times: Sequence[int], eta: float) -> Tensor:
    a = schedule.alpha_bar[torch.tensor(times)]
    return (a * std**2 + 1 - a).sqrt()


SPREAD_MISTAKES = [
    Mistake(lambda *case: torch.cat([torch.ones(1, dtype=torch.float64), _widths(*case)[1:]]), "this is the std of x_t itself, √(ᾱ v + 1 − ᾱ), which a perfect sampler would have; asked for is the one that the steps make", "这是 x_t 本身的标准差 √(ᾱ v + 1 − ᾱ)，完美的采样器才有；要的是一步步走出来的那个"),
    Mistake(_with(first=lambda std, a: (a * std**2 + 1 - a) ** 0.5), "it begins with √V_T; the walk begins with noise of std 1", "开头用了 √V_T；采样的起点是标准差为 1 的噪声"),
    Mistake(_with(begin=lambda now, width: width), "each step begins with the variance of x_t itself; begin with what the step before has left", "每一步都从 x_t 本身的方差出发；应当从上一步留下的方差出发"),
    Mistake(_with(both=math.hypot), "the parts of x̂_0 and of ε̂ are added as if independent; both depend on the same x_t, so their factors add before they are squared", "把 x̂_0 与 ε̂ 的两项当成独立的来相加；两者都取决于同一个 x_t，系数应先相加，再平方"),
    Mistake(_with(add=lambda gain, std, sigma: (gain**2 * std + sigma**2) ** 0.5), "g² multiplies the standard deviation; it is the variance, its square, that takes g²", "g² 乘的是标准差；应当乘方差，即它的平方"),
    Mistake(_with(steps=lambda times: [(t, t - 1) for t in times[:-1]]), "it takes s = t − 1; a step goes to the next of the times", "取了 s = t − 1；每一步走到 times 里的下一个"),
    Mistake(_with(steps=lambda times: pairwise(torch.linspace(times[0], 0, len(times)).round().long().tolist())), "its steps are all equally long; each goes from one of the times to the next", "各步走得一样长；每一步应从 times 里的一个走到下一个"),
    Mistake(_with(left=lambda a_s, sigma, full: max(1 - a_s - full**2, 0) ** 0.5), "σ_d is σ̃ whatever eta is; in DDIM it is eta times σ̃", "无论 eta 是多少，σ_d 都取了 σ̃；DDIM 里它是 eta 乘 σ̃"),
    Mistake(_widths, "this is the std of x_t itself, √(ᾱ v + 1 − ᾱ), which a perfect sampler would have; asked for is the one that the steps make", "这是 x_t 本身的标准差 √(ᾱ v + 1 − ᾱ)，完美的采样器才有；要的是一步步走出来的那个"),
    Mistake(_with(first=lambda std, a: std), "it begins with the std of the data; x_T is noise, with std 1", "开头用了数据的标准差；x_T 是噪声，标准差为 1"),
    Mistake(_with(add=lambda gain, std, sigma: gain * std + sigma), "standard deviations are added; of independent parts the variances add", "相加的是标准差；各部分独立时，相加的应是方差"),
    Mistake(_with(add=lambda gain, std, sigma: abs(gain) * std), "the fresh noise is missing: each step adds the variance σ²", "漏了新噪声：每一步都加上方差 σ²"),
    Mistake(_with(add=lambda gain, std, sigma: (gain**2 * std**2 + sigma) ** 0.5), "it adds σ; the variance of the fresh noise is σ²", "加的是 σ；新噪声的方差是 σ²"),
    Mistake(_with(add=lambda gain, std, sigma: (gain * std**2 + sigma**2) ** 0.5), "a variance is multiplied by g; it takes g²", "方差乘了 g；应当乘 g²"),
    Mistake(_with(left=lambda a_s, sigma, full: (1 - a_s) ** 0.5), "the predicted noise leaves no room for the fresh one: its factor is √(1 − ᾱ_s − σ²)", "预测的噪声没有给新噪声留出位置：它的系数是 √(1 − ᾱ_s − σ²)"),
    Mistake(_with(left=lambda a_s, sigma, full: (1 - a_s) ** 0.5 - sigma), "σ is taken from the root; inside it, from the variance, σ² is: √(1 − ᾱ_s − σ²)", "σ 是在根号外减去的；应当在根号里，从方差中减去 σ²：√(1 − ᾱ_s − σ²)"),
    Mistake(_with(left=lambda a_s, sigma, full: max(1 - a_s - sigma, 0) ** 0.5), "under the root stands σ; it is variances that share the room: √(1 − ᾱ_s − σ²)", "根号里减去的是 σ；分这份位置的是方差：√(1 − ᾱ_s − σ²)"),
    Mistake(_with(slope=lambda a, v, width: (1 - (1 - a) ** 1.5 / width) / a**0.5), "ε̂ has 1 − ᾱ_t over V_t; the covariance of ε and x_t is √(1 − ᾱ_t), the factor of ε in x_t, and that goes over V_t", "ε̂ 里是 1 − ᾱ_t 除以 V_t；ε 与 x_t 的协方差是 √(1 − ᾱ_t)，即 x_t 中 ε 的系数，应当用它除以 V_t"),
    Mistake(_with(left=lambda a_s, sigma, full: 0.0), "the predicted noise is not put back: each step lands on √ᾱ_s x̂_0 alone", "没有放回预测的噪声：每一步只落到 √ᾱ_s x̂_0 上"),
    Mistake(_with(v_of=lambda std: std), "it takes std for v; v is the variance, std²", "把 std 当成了 v；v 是方差，即 std²"),
    Mistake(_with(v_of=lambda std: std**4), "std² is squared once more", "std² 又平方了一次"),
    Mistake(_with(v_of=lambda std: 0.0), "it guesses as if all data were one point: x̂_0 changes with x_t, by the slope √ᾱ_t v / V_t", "它猜得好像数据只有一个点：x̂_0 随 x_t 而变，斜率是 √ᾱ_t v / V_t"),
    Mistake(_with(width=lambda a, v, now: v + 1 - a), "V_t is ᾱ_t v + 1 − ᾱ_t: the data are scaled by √ᾱ_t", "V_t 应为 ᾱ_t v + 1 − ᾱ_t：数据乘了 √ᾱ_t"),
    Mistake(_with(width=lambda a, v, now: now), "the slope of the guess has the variance that the walk has reached below; the denoiser knows the data alone, there it is V_t = ᾱ_t v + 1 − ᾱ_t", "猜测的斜率里，除以的是采样走到此处的方差；去噪器只认得数据，应当除以 V_t = ᾱ_t v + 1 − ᾱ_t"),
    Mistake(_with(slope=lambda a, v, width: a**0.5), "the slope of the guess divides by v; it is x_t that is known, so divide by its variance V_t", "猜测的斜率除以了 v；已知的是 x_t，应当除以它的方差 V_t"),
    *(Mistake(_with(slope=lambda a, v, width, k=k: a**k * v / width), "the covariance of x_0 and x_t is √ᾱ_t v; the slope of the guess is that over V_t", "x_0 与 x_t 的协方差是 √ᾱ_t v；猜测的斜率是它除以 V_t") for k in (0, 1)),
    Mistake(_with(of_eps=lambda a, slope: (1 - slope) / (1 - a) ** 0.5), "in ε̂, by (2), x̂_0 is multiplied by √ᾱ_t before it is taken from x_t", "按 (2)，ε̂ 里的 x̂_0 要先乘 √ᾱ_t，再从 x_t 中减去"),
    *(Mistake(_with(of_eps=lambda a, slope, k=k: (1 - a**0.5 * slope) / (1 - a) ** k), "ε̂, by (2), is divided by √(1 − ᾱ_t)", "按 (2)，ε̂ 应除以 √(1 − ᾱ_t)") for k in (0, 1)),
    Mistake(_with(of_eps=lambda a, slope: 1.0), "ε̂ takes up the whole difference of x_t from its mean; by (2), a part of that is x̂_0's", "ε̂ 用上了 x_t 与均值的全部差；按 (2)，其中一部分属于 x̂_0"),
    Mistake(_with(slope=lambda a, v, width: v / width, of_eps=lambda a, slope: (1 - a * slope) / (1 - a) ** 0.5), "the covariance of x_0 and x_t is √ᾱ_t v; the slope of the guess is that over V_t", "x_0 与 x_t 的协方差是 √ᾱ_t v；猜测的斜率是它除以 V_t"),
    Mistake(_with(add=lambda gain, std, sigma: (gain**2 + sigma**2) ** 0.5), "g² stands alone; it multiplies the variance that the step before has left", "g² 单独出现了；它要与上一步留下的方差相乘"),
    Mistake(_with(both=lambda x0, eps: x0 - eps), "the part of ε̂ is taken away; (4) adds it", "减去了 ε̂ 的那一项；(4) 里是加上"),
    Mistake(_with(onto=lambda a_s: 1.0), "√ᾱ_s before x̂_0 is missing", "x̂_0 前漏了 √ᾱ_s"),
    Mistake(_with(onto=lambda a_s: a_s), "x̂_0 is scaled by ᾱ_s; the factor is √ᾱ_s", "x̂_0 乘的是 ᾱ_s；系数应为 √ᾱ_s"),
    Mistake(_with(sigma_of=lambda full, eta, schedule, t: 0.0), "eta makes no difference", "eta 没有起作用"),
    Mistake(_with(sigma_of=lambda full, eta, schedule, t: full), "eta makes no difference: σ is eta times the posterior's", "eta 没有起作用：σ 是 eta 乘后验的标准差"),
    Mistake(_with(sigma_of=lambda full, eta, schedule, t: eta**0.5 * full), "eta multiplies the standard deviation σ̃, not the variance", "eta 乘的是标准差 σ̃，不是方差"),
    Mistake(_with(sigma_of=lambda full, eta, schedule, t: eta * float(schedule.posterior_variance[t]) ** 0.5), "this σ̃ is of the step from t to t − 1; the step goes from t to s", "这个 σ̃ 属于从 t 到 t − 1 的一步；这里是从 t 到 s"),
    Mistake(lambda *case: _with()(*case).flip(0), "the list is the wrong way round: the first is for x_T, the last for the samples", "列表的次序反了：第一个属于 x_T，最后一个才属于样本"),
    Mistake(_with(last=lambda value: value**2), "these are variances; asked for are standard deviations", "这些是方差；要的是标准差"),
]  # fmt: skip


def _listed(answer: Callable) -> Callable:
    """The reader's function with its list of numbers as a tensor; anything else as it is."""

    def gives(*given: Any) -> Any:
        result = answer(*given)
        result = [result] if number(result) is not None else result
        result = list(result) if isinstance(result, list | tuple | np.ndarray | Tensor) else result
        values = [_real(value) for value in result] if isinstance(result, list) else [None]
        return torch.tensor(values, dtype=torch.float64) if None not in values else result

    return gives


def _real(value: Any) -> float | None:
    """A plain number; nan for the complex root that Python gives of a number below 0."""
    return math.nan if isinstance(value, complex) else number(value)


def _form(answer: Callable, case: dict[str, Any]) -> Said | None:
    """What is wrong with the form of what comes back: no list of numbers, or no numbers where fresh noise is added."""
    result, fault = called(_listed(answer), case)
    if fault is None and not isinstance(result, Tensor):
        kind = type(result).__name__
        return f"it returns a {kind}; return a list of numbers", f"返回的是 {kind}；请返回由数组成的列表"
    if fault is None and bool(result.isnan().any()):
        return (
            "some of its numbers are nan: under the root 1 − ᾱ_s − σ² falls below 0, so σ² is too large. Its σ̃ is that of the step "
            "from t to the next of the times: `sigma_posterior(schedule, t, s)` takes t first",
            "其中有些数是 nan：根号里的 1 − ᾱ_s − σ² 小于 0，可见 σ² 太大。其中的 σ̃ 属于从 t 到 times 里下一个时间步的那一步："
            "`sigma_posterior(schedule, t, s)` 先写 t，后写 s",
        )
    return fault


def judge_spread(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's recursion, or None. 读者的递推错在哪里；正确时为 None。"""
    long, linear, short = schedules.cosine(), schedules.linear(300), schedules.cosine(200)
    walks = ((long, even_times(long, 5)), (linear, even_times(linear, 12)), (short, [200, 185, 110, 108, 40, 7, 1, 0]))
    cases = []
    for schedule, times in walks:
        for eta in (0.0, 0.5, 1.0):
            std = float(0.05 + torch.rand((), generator=generator, dtype=torch.float64))
            cases.append({"schedule": schedule, "std": std, "times": times, "eta": eta})
    fault = _form(answer, cases[-1])
    return fault or judge_function(_listed(answer), _listed(spread), cases, SPREAD_MISTAKES, 1e-6)


SPREAD = Exercise(
    reference=lambda: spread,
    judge=judge_spread,
    hints=(
        (
            "Let d be the difference of x_t from its mean. What becomes of d in x̂_0, by the slope? What in ε̂, by (2)? Put both "
            "into (4): a number times d, plus fresh noise.",
            "设 d 是 x_t 与其均值之差。由斜率，x̂_0 里的 d 变成多少？由 (2)，ε̂ 里呢？把两者代入 (4)：一个数乘 d，再加新噪声。",
        ),
        (
            "With V = ᾱ_t v + 1 − ᾱ_t, x̂_0 has k = √ᾱ_t v / V times d, and ε̂ has c = (1 − √ᾱ_t k) / √(1 − ᾱ_t) times d. With "
            "g = √ᾱ_s k + √(1 − ᾱ_s − σ²) c the variance becomes g² times what it was, + σ².",
            "记 V = ᾱ_t v + 1 − ᾱ_t，则 x̂_0 里是 k = √ᾱ_t v / V 乘 d，ε̂ 里是 c = (1 − √ᾱ_t k) / √(1 − ᾱ_t) 乘 d。"
            "再记 g = √ᾱ_s k + √(1 − ᾱ_s − σ²) c，方差就变成原来的 g² 倍，再 + σ²。",
        ),
        (
            "Begin with `stds = [1.0]`; for each `t, s` in `zip(times[:-1], times[1:])` append "
            "`(g**2 * stds[-1] ** 2 + sigma**2) ** 0.5`, with `sigma = eta * float(sigma_posterior(schedule, t, s))`.",
            "从 `stds = [1.0]` 开始；对 `zip(times[:-1], times[1:])` 中的每一对 `t, s`，追加 "
            "`(g**2 * stds[-1] ** 2 + sigma**2) ** 0.5`，其中 `sigma = eta * float(sigma_posterior(schedule, t, s))`。",
        ),
    ),
)
