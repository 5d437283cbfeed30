"""The pen-and-paper problem of lesson 07: where the exact flow of Gaussian data leads.

第 07 课的纸笔题：高斯数据的精确流通向哪里。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said
from course_utils.schedules import Schedule

SHAPES = (((3, 2), torch.float64), ((2, 1, 4, 4), torch.float32), ((5,), torch.float64))


def flow(schedule: Schedule, mean: float, std: float, xt: Tensor, t: int, s: int) -> Tensor:
    """Where the exact flow of data N(mean, std^2) carries x_t from t to s. 数据为 N(mean, std^2) 时精确流把 x_t 带到哪里。"""
    r = schedule.noise_to_signal
    shrunk = ((std**2 + r[s] ** 2) / (std**2 + r[t] ** 2)) ** 0.5
    return schedule.signal[s] * (mean + shrunk * (xt / schedule.signal[t] - mean))


def _flowed(
    shrunk: Callable[..., Tensor] = lambda std, r_t, r_s: ((std**2 + r_s**2) / (std**2 + r_t**2)) ** 0.5,
    centre: Callable[[float], float] = lambda mean: mean,
    back: Callable[..., Tensor] = lambda signal_t, signal_s: signal_s,
    lost: bool = False,
) -> Callable[..., Tensor]:
    """`flow` with another shrinking, another centre, another way back to x, or the centre not put back."""

    def gives(schedule: Schedule, mean: float, std: float, xt: Tensor, t: int, s: int) -> Tensor:
        r, signal, at = schedule.noise_to_signal, schedule.signal, centre(mean)
        moved = shrunk(std, r[t], r[s]) * (xt / signal[t] - at)
        return back(signal[t], signal[s]) * (moved if lost else at + moved)

    return gives


def _one(signal_t: Tensor, signal_s: Tensor) -> float:
    return 1.0


def _by_widths(
    shrunk: Callable[..., Tensor] = lambda v_t, v_s: (v_s / v_t) ** 0.5,
    width: Callable[[Tensor, float], Tensor] = lambda a, std: a * std**2 + 1 - a,
    from_: Callable[..., Tensor] = lambda signal_t, signal_s: signal_t,
    to: Callable[..., Tensor] = lambda signal_t, signal_s: signal_s,
) -> Callable[..., Tensor]:
    """`flow` as the cloud of x_t itself shrinks, from one width to the other, with another ratio, width or centre."""

    def gives(schedule: Schedule, mean: float, std: float, xt: Tensor, t: int, s: int) -> Tensor:
        v_t, v_s = (width(schedule.alpha_bar[i], std) for i in (t, s))
        at_t, at_s = (factor(schedule.signal[t], schedule.signal[s]) for factor in (from_, to))
        return at_s * mean + shrunk(v_t, v_s) * (xt - at_t * mean)

    return gives


def _unscaled(schedule: Schedule, mean: float, std: float, xt: Tensor, t: int, s: int) -> Tensor:
    r = schedule.noise_to_signal
    return mean + ((std**2 + r[s] ** 2) / (std**2 + r[t] ** 2)) ** 0.5 * (xt - mean)


def _not_divided(schedule: Schedule, mean: float, std: float, xt: Tensor, t: int, s: int) -> Tensor:
    return flow(schedule, mean, std, schedule.signal[t] * xt, t, s)


def _signals_exchanged(schedule: Schedule, mean: float, std: float, xt: Tensor, t: int, s: int) -> Tensor:
    r, signal = schedule.noise_to_signal, schedule.signal
    return signal[t] * (mean + ((std**2 + r[s] ** 2) / (std**2 + r[t] ** 2)) ** 0.5 * (xt / signal[s] - mean))


def _best_guess(schedule: Schedule, mean: float, std: float, xt: Tensor, t: int, s: int) -> Tensor:
    return mean + std**2 / (std**2 + schedule.noise_to_signal[t] ** 2) * (xt / schedule.signal[t] - mean)


def _mean_as_it_is(schedule: Schedule, mean: float, std: float, xt: Tensor, t: int, s: int) -> Tensor:
    return mean + flow(schedule, mean, std, xt, t, s) - schedule.signal[s] * mean


def _step(schedule: Schedule, mean: float, std: float, xt: Tensor, t: int, s: int) -> Tensor:
    """DDIM's step with the exact guess."""
    a_t, a_s = schedule.alpha_bar[t], schedule.alpha_bar[s]
    x0_hat = _best_guess(schedule, mean, std, xt, t, s)
    return a_s.sqrt() * x0_hat + (1 - a_s).sqrt() / (1 - a_t).sqrt() * (xt - a_t.sqrt() * x0_hat)


FLOW_MISTAKES = [
    Mistake(_flowed(lambda std, r_t, r_s: (std**2 + r_s**2) / (std**2 + r_t**2)), "the root is missing: what you have is the ratio of the variances, and the distances shrink by its root", "漏了开方：这是方差之比，距离缩小的倍数是它的平方根"),
    Mistake(_flowed(lambda std, r_t, r_s: ((std**2 + r_t**2) / (std**2 + r_s**2)) ** 0.5), "the ratio is upside down: on the way down the cloud becomes narrower", "比值颠倒了：越往下走，点云越窄"),
    Mistake(_flowed(lambda std, r_t, r_s: r_s / r_t), "std is not used: this is the flow of data that are a single point", "没有用到 std：这是数据只有一个点时的流"),
    Mistake(_flowed(lambda std, r_t, r_s: (std + r_s) / (std + r_t)), "standard deviations are added; it is variances that add up: std² + r²", "相加的是标准差；能相加的是方差：std² + r²"),
    Mistake(_flowed(lambda std, r_t, r_s: ((std + r_s**2) / (std + r_t**2)) ** 0.5), "std is not squared: variances add up, std² + r²", "std 没有平方：能相加的是方差，std² + r²"),
    Mistake(_flowed(lambda std, r_t, r_s: std / (std**2 + r_t**2) ** 0.5), "it goes all the way to the data, whatever s is: above stands std² + r_s²", "无论 s 是多少，都一路走到了数据：分子应为 std² + r_s²"),
    Mistake(_flowed(centre=lambda mean: 0 * mean), "mean is not used: the cloud shrinks towards the mean of the data, not towards 0", "没有用到 mean：点云是向数据的均值收缩，不是向 0"),
    Mistake(_flowed(lost=True), "the mean was taken away, and not put back", "减去了均值，却没有加回来"),
    Mistake(_flowed(back=lambda signal_t, signal_s: 1.0), "this is x_s over its signal; x_s itself is wanted: multiply by √ᾱ_s", "这是 x_s 除以信号系数；要的是 x_s 本身：再乘以 √ᾱ_s"),
    Mistake(_flowed(back=lambda signal_t, signal_s: signal_t), "it is multiplied by √ᾱ_t; it arrives at s: √ᾱ_s", "乘的是 √ᾱ_t；到达的是 s：应乘 √ᾱ_s"),
    Mistake(_mean_as_it_is, "√ᾱ_s multiplies only the distance; the mean, too, is that of x over its signal, and needs the factor", "√ᾱ_s 只乘了到均值的距离；均值也是除以信号系数之后的，同样要乘"),
    Mistake(_by_widths(lambda v_t, v_s: v_s / v_t), "it is widths that scale: take the root", "按标准差缩放，要开方"),
    Mistake(_by_widths(lambda v_t, v_s: (v_t / v_s) ** 0.5), "the ratio is upside down", "比值倒过来了"),
    Mistake(_by_widths(from_=_one, to=_one), "in x_t the mean stands as √ᾱ_t · mean", "x_t 里的均值是 √ᾱ_t · mean"),
    Mistake(_by_widths(from_=_one), "in x_t the mean stands as √ᾱ_t · mean", "x_t 里的均值是 √ᾱ_t · mean"),
    Mistake(_by_widths(lambda v_t, v_s: v_s / v_t, from_=_one, to=_one), "in x_t the mean stands as √ᾱ_t · mean; and it is widths that scale: take the root", "x_t 里的均值是 √ᾱ_t · mean；而且按标准差缩放，要开方"),
    Mistake(_by_widths(to=lambda signal_t, signal_s: signal_t), "the mean is put back as it stands in x_t; in x_s it stands as √ᾱ_s · mean", "加回来的是 x_t 里的均值；x_s 里的是 √ᾱ_s · mean"),
    Mistake(_by_widths(from_=lambda signal_t, signal_s: signal_s), "what is taken from x_t is the mean as it stands in x_s; in x_t it stands as √ᾱ_t · mean", "从 x_t 里减去的是 x_s 里的均值；x_t 里的是 √ᾱ_t · mean"),
    Mistake(_by_widths(lambda v_t, v_s: v_s**0.5), "the distance is multiplied by the width at s, but not divided by that at t", "距离乘了 s 处的宽度，却没有除以 t 处的"),
    Mistake(_by_widths(lambda v_t, v_s: v_t**-0.5), "the distance is divided by the width at t, but not multiplied by that at s", "距离除以了 t 处的宽度，却没有乘 s 处的"),
    Mistake(_by_widths(width=lambda a, std: std**2 + 1 - a, from_=_one, to=_one), "the data, too, are scaled: in x_t the mean stands as √ᾱ_t · mean, and the variance is ᾱ_t · std² + 1 − ᾱ_t", "数据也要乘系数：x_t 里的均值是 √ᾱ_t · mean，方差是 ᾱ_t · std² + 1 − ᾱ_t"),
    Mistake(_flowed(lambda std, r_t, r_s: ((r_s**2 - r_t**2) / (2 * std**2)).exp()), "r² is missing below: what is integrated is r / (std² + r²), not r / std²", "分母漏了 r²：要积分的是 r / (std² + r²)，不是 r / std²"),
    Mistake(_by_widths(width=lambda a, std: std**2 + 1 - a), "the variance of x_t is ᾱ_t · std² + 1 − ᾱ_t: the data, too, are scaled", "x_t 的方差是 ᾱ_t · std² + 1 − ᾱ_t：数据也要乘系数"),
    Mistake(_unscaled, "it works on x_t itself; what shrinks is the distance of x_t over its signal from the mean", "直接在 x_t 上做了；收缩的是 x_t 除以信号系数之后到均值的距离"),
    Mistake(_not_divided, "x_t is not divided by its signal √ᾱ_t before the mean is taken from it; afterwards √ᾱ_s is multiplied on all the same", "减去均值之前，x_t 没有除以信号系数 √ᾱ_t；最后却照样乘了 √ᾱ_s"),
    Mistake(_signals_exchanged, "√ᾱ_t and √ᾱ_s have changed places: x_t is divided by that of t, the result multiplied by that of s", "√ᾱ_t 与 √ᾱ_s 弄反了：x_t 要除以 t 的，结果再乘以 s 的"),
    Mistake(_best_guess, "this is the best guess of x_0, the first half of the problem; put it into the equation and solve that", "这是对 x_0 的最优猜测，只是题目的前一半；还要把它代入方程，并解出来"),
    Mistake(lambda schedule, mean, std, xt, t, s: mean + std * xt, "this takes x_t for a draw of N(0, I) and goes to the data at once; start at t, stop at s", "这是把 x_t 当成 N(0, I) 的样本，一步走到数据；应从 t 出发，停在 s"),
    Mistake(_step, "this is one step of DDIM, which holds the guess fixed; the exact flow lets it move", "这是 DDIM 的一步，猜测固定不动；精确流里它一路在变"),
]  # fmt: skip


def judge_flow(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's exact flow, or None. 读者的精确流错在哪里；正确时为 None。"""
    cases = []
    for schedule in (schedules.cosine(), schedules.linear(200), schedules.raw_quadratic(60)):
        for i in range(6):
            shape, dtype = SHAPES[i % 3]
            s = int(torch.randint(1, schedule.T // 2, (), generator=generator)) if i else 0
            t = int(torch.randint(s + 3, schedule.T * 8 // 10, (), generator=generator))
            mean, std = (torch.rand(2, generator=generator, dtype=torch.float64) + 0.3).tolist()
            xt = torch.randn(shape, generator=generator, dtype=dtype)
            cases.append({"schedule": schedule, "mean": mean, "std": std, "xt": xt, "t": t, "s": s})
    return judge_function(answer, flow, cases, FLOW_MISTAKES, 1e-4)


PAPER = Exercise(
    reference=lambda: flow,
    judge=judge_flow,
    hints=(
        (
            "Put ε̂ = (x̄ − x̂_0) / r into dx̄/dr = ε̂, and for x̂_0 the mean of two pulls: of the data, and of x̄.",
            "把 ε̂ = (x̄ − x̂_0) / r 代入 dx̄/dr = ε̂；x̂_0 是两股拉力的加权平均：数据的均值与 x̄。",
        ),
        (
            "x̂_0 − m = std² / (std² + r²) · (x̄ − m). So d(x̄ − m)/dr = r (x̄ − m) / (std² + r²): separate, integrate.",
            "x̂_0 − m = std² / (std² + r²) · (x̄ − m)。于是 d(x̄ − m)/dr = r (x̄ − m) / (std² + r²)：分离变量，再积分。",
        ),
        (
            "x̄ − m shrinks by the root of (std² + r_s²) / (std² + r_t²). Then back: times `schedule.signal[s]`.",
            "x̄ − m 按 (std² + r_s²) / (std² + r_t²) 的平方根收缩。最后换回来：乘以 `schedule.signal[s]`。",
        ),
    ),
)
