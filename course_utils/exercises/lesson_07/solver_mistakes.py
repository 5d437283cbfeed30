"""What is commonly got wrong in Heun's step, in the guess of 2M, and in the choice of times.

Heun 的一步、2M 的猜测与时间步的选取中常见的错误。
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils import reverse
from course_utils.denoisers import EpsPredictor
from course_utils.exercises.judging import Mistake
from course_utils.reverse import euler_step
from course_utils.schedules import Schedule


def heun(schedule: Schedule, predictor: EpsPredictor, xt: Tensor, t: int, s: int) -> Tensor:
    """Heun's step from t to s; Euler's at s = 0. Heun 从 t 到 s 的一步；s = 0 时为欧拉步。"""
    slope = predictor(xt, t)
    xs = reverse.euler_step(schedule, xt, t, s, slope)
    return xs if s == 0 else reverse.euler_step(schedule, xt, t, s, (slope + predictor(xs, s)) / 2)


def midway(schedule: Schedule, u: int, t: int, s: int, x0_hat_u: Tensor, x0_hat_t: Tensor) -> Tensor:
    """The guess half way from t to s in log-SNR, on the line through those at u and t. 半路上的猜测。"""
    if s == 0:
        return x0_hat_t
    clock = schedule.log_snr
    ahead = (clock[s] - clock[t]) / (clock[t] - clock[u]) / 2
    return x0_hat_t + ahead * (x0_hat_t - x0_hat_u)


def times(schedule: Schedule, steps: int, first: int, final: int) -> list[int]:
    """`steps` timesteps from first to final, even in log-SNR, then 0. 按对数信噪比等间隔的时间步，最后是 0。"""
    clock = schedule.log_snr
    ticks = torch.linspace(float(clock[first]), float(clock[final]), steps, dtype=torch.float64)
    return [int((clock[1:] - tick).abs().argmin()) + 1 for tick in ticks] + [0]


def _sloped(
    mix: Callable[[Tensor, Tensor], Tensor], where: str = "s", start: str = "xt", zero: bool = False
) -> Callable:
    """Heun's step with another mix of both slopes, the second one seen elsewhere, or taken from xs."""

    def gives(schedule: Schedule, predictor: EpsPredictor, xt: Tensor, t: int, s: int) -> Tensor:
        slope = predictor(xt, t)
        xs = euler_step(schedule, xt, t, s, slope)
        if s == 0 and not zero:
            return xs
        seen = {"s": (xs, s), "xs, t": (xs, t), "xt, s": (xt, s)}[where]
        return euler_step(schedule, xt if start == "xt" else xs, t, s, mix(slope, predictor(*seen)))

    return gives


def _middle(schedule: Schedule, predictor: EpsPredictor, xt: Tensor, t: int, s: int) -> Tensor:
    """The midpoint method, half way in t."""
    m = (t + s) // 2
    xm = euler_step(schedule, xt, t, m, predictor(xt, t)) if s < m < t else xt
    return euler_step(schedule, xt, t, s, predictor(xm, m if s < m < t else t))


def _without_signal(schedule: Schedule, predictor: EpsPredictor, xt: Tensor, t: int, s: int) -> Tensor:
    forth = schedule.noise_to_signal[s] - schedule.noise_to_signal[t]
    slope = predictor(xt, t)
    xs = xt + forth * slope
    return xs if s == 0 else xt + forth * (slope + predictor(xs, s)) / 2


def _average(a: Tensor, b: Tensor) -> Tensor:
    return (a + b) / 2


HEUN_MISTAKES = [
    Mistake(_sloped(lambda a, b: a), "this is Euler's step: the slope at s is not used", "这是欧拉步：没有用到 s 处的斜率"),
    Mistake(_sloped(lambda a, b: b), "only the slope at s is used; take the mean of both", "只用了 s 处的斜率；应取两处的均值"),
    Mistake(_sloped(lambda a, b: a + b), "the slopes are added; take their mean, half the sum", "两个斜率相加了；应取均值，即和的一半"),
    Mistake(_sloped(lambda a, b: (a - b) / 2), "the slopes are subtracted; take their mean", "两个斜率相减了；应取均值"),
    Mistake(_sloped(_average, "xs, t"), "the second slope is asked at x_s but with the time t; x_s belongs to s", "问第二个斜率时，位置是 x_s，时间却给了 t；x_s 对应的是 s"),
    Mistake(_sloped(_average, "xt, s"), "the second slope is asked at x_t with the time s; ask at x_s, where Euler's step arrives", "问第二个斜率时，时间是 s，位置却还在 x_t；应当在欧拉步到达的 x_s 处问"),
    Mistake(_sloped(_average, start="xs"), "the second step begins at x_s; go back and begin at x_t", "第二步从 x_s 出发了；应回到 x_t 再走"),
    Mistake(_sloped(lambda a, b: b, start="xs"), "two whole steps are taken one after the other; go back to x_t and take one, along the mean slope", "接连走了两整步；应回到 x_t，沿斜率的均值只走一步"),
    Mistake(_sloped(_average, zero=True), "at s = 0, too, it asks for a slope, where ε is not defined: there return Euler's step", "s = 0 时也去问斜率，而那里 ε 没有定义：这时应返回欧拉步"),
    Mistake(lambda schedule, predictor, xt, t, s: heun(schedule, predictor, xt, t, s) if s > 1 else euler_step(schedule, xt, t, s, predictor(xt, t)), "at s = 1, too, it takes Euler's step; only at s = 0 is there no slope", "s = 1 时也只走了欧拉步；只有 s = 0 处才没有斜率"),
    Mistake(_middle, "this is the midpoint method, which asks half way; Heun asks at the end of the step", "这是中点法，在半路上问；Heun 法在这一步的终点问"),
    Mistake(_without_signal, "it steps in x_t itself; the line is straight in x_t over its signal: use euler_step", "它直接在 x_t 上走；x_t 除以信号系数之后，路才是直的：请用 euler_step"),
    Mistake(lambda schedule, predictor, xt, t, s: predictor(xt, t), "this is the slope itself; step along it", "这就是斜率本身；还要沿它走一步"),
    Mistake(lambda schedule, predictor, xt, t, s: xt, "this is x_t itself, unchanged", "这就是 x_t 本身，原样返回"),
]  # fmt: skip


def _ahead(
    share: Callable[[Tensor, Tensor, Tensor], Any],
    clock: Callable[[Schedule], Tensor] = lambda schedule: schedule.log_snr,
    put: Callable[[Tensor, Tensor, Any], Tensor] = lambda of_u, of_t, share: of_t + share * (of_t - of_u),
) -> Callable:
    """A guess from two, by a share of their difference; share(clock_u, clock_t, clock_s)."""

    def gives(schedule: Schedule, u: int, t: int, s: int, x0_hat_u: Tensor, x0_hat_t: Tensor) -> Tensor:
        if s == 0:
            return x0_hat_t
        ticks = clock(schedule)
        return put(x0_hat_u, x0_hat_t, share(ticks[u], ticks[t], ticks[s]))

    return gives


def _half(u: Tensor, t: Tensor, s: Tensor) -> Tensor:
    return (s - t) / (t - u) / 2


def _half_in_t(schedule: Schedule, u: int, t: int, s: int, x0_hat_u: Tensor, x0_hat_t: Tensor) -> Tensor:
    """The line over log-SNR, read where t is half way."""
    ticks = schedule.log_snr
    share = (ticks[(t + s) // 2] - ticks[t]) / (ticks[t] - ticks[u]) if s else 0.0
    return x0_hat_t + share * (x0_hat_t - x0_hat_u)


MIDWAY_MISTAKES = [
    Mistake(_ahead(*changes), en, zh)
    for changes, en, zh in (
        ((lambda u, t, s: (s - t) / (t - u),), "the 2 is missing: this goes all the way to s; the guess half way is wanted", "漏了 2：这样一直延伸到了 s；要的是半路上的猜测"),
        ((lambda u, t, s: 2 * (s - t) / (t - u),), "it multiplies by 2; half way means to divide", "乘了 2；走到半路应当用除法"),
        ((lambda u, t, s: (t - u) / (s - t) / 2,), "the ratio is upside down: the step ahead stands above, the previous step below", "比值颠倒了：分子是将走的一步，分母是上一步"),
        ((lambda u, t, s: (t - u) / (s - t),), "the ratio is upside down, and the 2 is missing", "比值颠倒了，还漏了 2"),
        ((lambda u, t, s: 2 * (t - u) / (s - t),), "the ratio is upside down: 2 (λ_t − λ_u) stands below", "比值颠倒了：2 (λ_t − λ_u) 在分母里"),
        ((_half, lambda schedule: torch.arange(schedule.T + 1, dtype=torch.float64)), "the clock is t; the straight line is one in log-SNR", "时钟取成了 t；直线应以对数信噪比为横轴"),
        ((_half, lambda schedule: schedule.alpha_bar), "the clock is ᾱ; the straight line is one in log-SNR", "时钟取成了 ᾱ；直线应以对数信噪比为横轴"),
        ((_half, lambda schedule: schedule.alpha_bar.log()), "the clock is log ᾱ; take log-SNR, log(ᾱ / (1 − ᾱ))", "时钟取成了 log ᾱ；应取对数信噪比 log(ᾱ / (1 − ᾱ))"),
        ((_half, lambda schedule: schedule.snr), "the clock is the signal-to-noise ratio; take its logarithm", "时钟取成了信噪比；应取它的对数"),
        ((_half, lambda schedule: ((1 - schedule.alpha_bar) / schedule.alpha_bar).sqrt()), "the clock is noise over signal; the straight line is one in log-SNR", "时钟取成了噪声与信号之比；直线应以对数信噪比为横轴"),
        ((lambda u, t, s: (s - t) / (s - u) / 2,), "the previous step, from u to t, stands below: λ_t − λ_u, not λ_s − λ_u", "分母应是上一步，从 u 到 t：λ_t − λ_u，而不是 λ_s − λ_u"),
        ((lambda u, t, s: 0.5,), "the steps are taken as equally long; weigh by their lengths in log-SNR", "把两步当成一样长了；应按它们在对数信噪比上的长度来算"),
        ((lambda u, t, s: 1.0,), "the steps are taken as equally long, and the 2 is missing", "把两步当成一样长了，还漏了 2"),
        ((lambda u, t, s: -_half(u, t, s),), "the sign: the line goes on in the direction from the guess at u to that at t", "符号反了：直线沿着从 u 处的猜测到 t 处的猜测的方向继续"),
        ((_half, lambda schedule: schedule.log_snr, lambda of_u, of_t, share: of_u + share * (of_u - of_t)), "the two guesses are swapped: the newest, at t, comes first", "两个猜测写反了：在前的应是最新的，即 t 处的"),
        ((_half, lambda schedule: schedule.log_snr, lambda of_u, of_t, share: of_u + share * (of_t - of_u)), "it sets out from the guess at u; set out from that at t", "从 u 处的猜测出发了；应从 t 处的猜测出发"),
        ((_half, lambda schedule: schedule.log_snr, lambda of_u, of_t, share: of_t + share * of_t), "the guess at u is not used", "没有用到 u 处的猜测"),
        ((_half, lambda schedule: schedule.log_snr, lambda of_u, of_t, share: share * (of_t - of_u)), "this is the correction alone; add it to the guess at t", "这只是修正量；还要加到 t 处的猜测上"),
        ((lambda u, t, s: 0.0,), "this is the guess at t, as in DDIM; the line is missing", "这就是 t 处的猜测，与 DDIM 一样；还没有用到直线"),
        ((lambda u, t, s: 0.0, lambda schedule: schedule.log_snr, lambda of_u, of_t, share: (of_u + of_t) / 2), "this is the mean of the two guesses, which looks back; the line goes ahead", "这是两个猜测的均值，往回看了；直线要往前延伸"),
    )
] + [
    Mistake(_half_in_t, "the line is read at the time half way, (t + s) / 2; half way in log-SNR is wanted", "直线是在时间步的半路 (t + s) / 2 处读的；要的是对数信噪比的半路"),
    Mistake(lambda schedule, u, t, s, x0_hat_u, x0_hat_t: midway(schedule, u, t, s if s > 1 else 0, x0_hat_u, x0_hat_t), "at s = 1, too, it returns x0_hat_t; only at s = 0 is log-SNR infinite", "s = 1 时也返回了 x0_hat_t；只有 s = 0 处对数信噪比才是无穷大"),
]  # fmt: skip
AT_ZERO = (
    "at s = 0 log-SNR is infinite, and there is no half way: return x0_hat_t there",
    "s = 0 时对数信噪比是无穷大，没有半路可言：这时应返回 x0_hat_t",
)


def _spaced(clock: Callable[[Schedule], Tensor]) -> Callable[[Schedule, int, int, int], list[int]]:
    """`times` with another clock; clock(schedule) has T + 1 entries."""

    def gives(schedule: Schedule, steps: int, first: int, final: int) -> list[int]:
        ticks = clock(schedule)
        wanted = torch.linspace(float(ticks[first]), float(ticks[final]), steps, dtype=torch.float64)
        return [int((ticks[1:] - tick).abs().argmin()) + 1 for tick in wanted] + [0]

    return gives


TIMES_MISTAKES = [
    Mistake(gives, en, zh)
    for gives, en, zh in (
        (_spaced(lambda schedule: torch.arange(schedule.T + 1.0)), "they are even in t; even in log-SNR is wanted", "它们按 t 等间隔；要的是按对数信噪比等间隔"),
        (_spaced(lambda schedule: schedule.alpha_bar), "they are even in ᾱ; even in log-SNR is wanted", "它们按 ᾱ 等间隔；要的是按对数信噪比等间隔"),
        (_spaced(lambda schedule: schedule.alpha_bar.sqrt()), "they are even in √ᾱ; even in log-SNR is wanted", "它们按 √ᾱ 等间隔；要的是按对数信噪比等间隔"),
        (_spaced(lambda schedule: schedule.alpha_bar.log()), "they are even in log ᾱ; log-SNR is log(ᾱ / (1 − ᾱ))", "它们按 log ᾱ 等间隔；对数信噪比是 log(ᾱ / (1 − ᾱ))"),
        (_spaced(lambda schedule: (1 - schedule.alpha_bar).sqrt()), "they are even in √(1 − ᾱ); even in log-SNR is wanted", "它们按 √(1 − ᾱ) 等间隔；要的是按对数信噪比等间隔"),
        (_spaced(lambda schedule: schedule.snr), "they are even in the signal-to-noise ratio; take its logarithm", "它们按信噪比等间隔；应取它的对数"),
        (_spaced(lambda schedule: ((1 - schedule.alpha_bar) / schedule.alpha_bar).sqrt()), "they are even in noise over signal; even in log-SNR is wanted", "它们按噪声与信号之比等间隔；要的是按对数信噪比等间隔"),
        (_spaced(lambda schedule: torch.arange(schedule.T + 1.0).clamp(min=1).log()), "they are even in log t; even in log-SNR is wanted", "它们按 log t 等间隔；要的是按对数信噪比等间隔"),
        (lambda schedule, steps, first, final: times(schedule, steps, first, final)[:-1], "the final 0 is missing, where the clean image is", "最后缺了 0，干净的图像在那里"),
        (lambda schedule, steps, first, final: times(schedule, steps, first, final)[::-1], "they rise; a sampler walks from `first` down to 0", "它们是递增的；采样器要从 `first` 往下走到 0"),
        (lambda schedule, steps, first, final: times(schedule, steps, final, first)[:-1] + [0], "they rise from `final` to `first`; a sampler walks down", "它们从 `final` 升到 `first`；采样器要往下走"),
        (lambda schedule, steps, first, final: times(schedule, steps + 1, first, final), "there is one too many: `steps` timesteps, and then 0", "多了一个：应是 `steps` 个时间步，再加 0"),
        (lambda schedule, steps, first, final: times(schedule, steps + 1, first, final)[:-2] + [0], "`final` is left out: the last timestep before 0 must be `final`", "漏了 `final`：0 之前的最后一个时间步应是 `final`"),
        (lambda schedule, steps, first, final: times(schedule, steps - 1, first, final) if steps > 2 else [first, 0], "there is one too few: `steps` timesteps, and then 0", "少了一个：应是 `steps` 个时间步，再加 0"),
        (lambda schedule, steps, first, final: times(schedule, steps, schedule.T, final), "it begins at T; begin at `first`", "从 T 出发了；应从 `first` 出发"),
        (lambda schedule, steps, first, final: times(schedule, steps, first, 1), "it ends at t = 1 before the 0; end at `final`", "0 之前走到了 t = 1；应止于 `final`"),
        (lambda schedule, steps, first, final: [t - 1 for t in times(schedule, steps, first, final)[:-1]] + [0], "every timestep is one too small, as libraries count from 0; here t = 1 is the first noisy one", "每个时间步都小了 1，那是从 0 数起的数法；这里 t = 1 才是第一个带噪声的"),
    )
]  # fmt: skip
