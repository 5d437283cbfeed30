"""Slips of people who have just read the page: an array read whole, a factor left out, by the words that name them.

刚读完页面的人的笔误：整个数组拿来用、漏了系数等等，以及必须说出错在哪里的那几个词。
"""

import math

import numpy as np
import torch
from torch import Tensor

from course_utils.exercises import exercise
from course_utils.reverse import sigma_posterior
from course_utils.samplers import finish
from course_utils.schedules import Schedule

Exploding = exercise("03.build").reference()
WHOLE = "all T + 1 entries of it", "共 T + 1 项"


def noised_whole(schedule, x0, t):
    eps = torch.randn_like(x0)
    return schedule.signal * x0 + schedule.noise * eps, eps


def loss_whole(schedule, predictor, x0):
    t = torch.randint(1, schedule.T + 1, (len(x0),))
    xt, eps = noised_whole(schedule, x0, t)
    return (predictor(xt, t) - eps).square().mean()


class WholeSigma(Exploding):
    def jump(self, x0, t, eps):
        return x0 + self.sigma * eps


def cosine_of(angle, first=lambda f: f[0]):
    def answer(T, offset):
        f = angle(torch.arange(T + 1).double() / T, offset, T).cos() ** 2
        return f / first(f)

    return answer


class NoiseOnTop(Exploding):
    def walk(self, xT, predictor, times, noises):
        states = [xT]
        for t, s, noise in zip(times, times[1:], noises, strict=False):
            less = states[-1] - (self.sigma[t] - self.sigma[s]) * predictor(states[-1], t)
            states.append(less + (self.sigma[t] ** 2 - self.sigma[s] ** 2).sqrt() * noise)
        return states


def spread_from_the_truth(schedule, std, times, eta):
    stds = [1.0]
    for t, s in zip(times, times[1:], strict=False):
        a_t, a_s = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[s])
        sigma, V = eta * float(sigma_posterior(schedule, t, s)), a_t * std**2 + 1 - a_t
        g = (a_s * a_t) ** 0.5 * std**2 / V + max(1 - a_s - sigma**2, 0) ** 0.5 * (1 - a_t) ** 0.5 / V
        stds.append((g**2 * V + sigma**2) ** 0.5)
    return stds


def by_products_alone(schedule, data, xt, t):
    products = schedule.signal[t] * (xt.flatten(1) @ data.flatten(1).T)
    return (products / (1 - schedule.alpha_bar[t])).softmax(1)


def guess_by_products_alone(schedule, x, y):
    return lambda xt, t, labels=None: by_products_alone(schedule, x, xt, t) @ x


def spread_by(step):
    """A walk of spreads whose every step is step(ᾱ_t, ᾱ_s, σ, v, V_t, std before). 每一步由 step 给出的散布。"""

    def answer(schedule, std, times, eta):
        stds = [1.0]
        for t, s in zip(times, times[1:], strict=False):
            a_t, a_s = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[s])
            sigma, V = eta * float(sigma_posterior(schedule, t, s)), a_t * std**2 + 1 - a_t
            left = max(1 - a_s - sigma**2, 0) ** 0.5
            stds.append((step(a_t, a_s, left, std**2, V, stds[-1]) ** 2 + sigma**2) ** 0.5)
        return stds

    return answer


def turned_from(read, put=lambda sin, cos: (sin, cos)):
    def answer(seen, frequency, s):
        sin, cos = read(*seen.chunk(2, dim=1))
        a = s[:, None] * frequency
        return torch.cat(put(sin * a.cos() + cos * a.sin(), cos * a.cos() - sin * a.sin()), dim=1)

    return answer


def halves_of(first, second):
    def answer(seen, frequency, s):
        (sin, cos), a = seen.chunk(2, dim=1), s[:, None] * frequency
        return torch.cat([first(sin, cos, a.sin(), a.cos()), second(sin, cos, a.sin(), a.cos())], dim=1)

    return answer


def swapped(first, second):
    return second, first


def variance(schedule: Schedule, t: int, std: float) -> Tensor:
    """V_t, the variance of x_t. x_t 的方差 V_t。"""
    return schedule.alpha_bar[t] * std**2 + 1 - schedule.alpha_bar[t]


def flow_by(put):
    """The flow from the widths of x_t itself, put together by put(signal_t, signal_s, V_t, V_s, mean, xt)."""
    return lambda s, m, std, xt, t, to: put(s.signal[t], s.signal[to], variance(s, t, std), variance(s, to, std), m, xt)


def order_with(slope=lambda signal, std, V: signal * std**2 / V, errors=lambda ends, exact: np.abs(ends - exact)):
    """The order of a sampler, with the slope of the guess or the errors otherwise."""

    def answer(sampler, schedule, std, walks):
        def denoiser(xt, t):
            return slope(schedule.signal[t], std, variance(schedule, t, std)) * xt

        xT, steps = torch.ones(1, dtype=torch.float64), [len(walk) - 1 for walk in walks]
        ends = np.array([float(finish(sampler(schedule, denoiser, xT, walk))) for walk in walks])
        exact = np.array([std / float(variance(schedule, walk[0], std)) ** 0.5 for walk in walks])
        with np.errstate(all="ignore"):
            return -float(np.polyfit(np.log(steps), np.log(errors(ends, exact)), 1)[0])

    return answer


BY_NAME = [
    ("00.jump", lambda schedule, x0, t, eps: schedule.signal * x0 + schedule.noise * eps, "the one at t, `schedule.signal[t]`", "t 处的那一项，`schedule.signal[t]`"),
    ("02.step", lambda schedule, x, t, eps: schedule.alpha.sqrt() * x + schedule.beta.sqrt() * eps, *WHOLE),
    ("02.noise", noised_whole, *WHOLE),
    ("02.extract", lambda values, t, x: values.reshape(-1, *[1] * (x.ndim - 1)).to(x.dtype), "take the entries at t", "请取出 t 处的那些项"),
    ("03.mean", lambda s, x0, xt, t: s.signal[t - 1] * x0 + s.alpha.sqrt() * xt, *WHOLE),
    ("03.build", WholeSigma, "the one at t, `self.sigma[t]`", "t 处的那一项，`self.sigma[t]`"),
    ("04.weights", lambda s, d, xt, t: (-(xt[:, None] - s.signal * d).square().sum(2) / (2 * (1 - s.alpha_bar[t]))).softmax(1), *WHOLE),
    ("06.weight", lambda s, t, v: s.beta**2 / (2 * v * s.alpha * (1 - s.alpha_bar)), *WHOLE),
    ("06.step", loss_whole, *WHOLE),
    ("01.cosine", cosine_of(lambda u, o, T: o + u * (math.pi / 2 - o)), "the offset is taken for an angle", "把 offset 当成了角度"),
    ("01.paper", lambda T, d, z: 1 - (z / d**0.5) ** (1 / T), "z / √d is √SNR_T", "z / √d 是 √SNR_T"),
    ("03.build", NoiseOnTop, "and then adds noise on top", "却又另加了噪声"),
    ("04.spread", spread_from_the_truth, "begin with what the step before has left", "应当从上一步留下的方差出发"),
    ("05.turn", turned_from(swapped), "the first half of `seen` for the cosines", "把 `seen` 的前一半当成了余弦"),
    ("05.turn", turned_from(swapped, swapped), "where the cosines are taken to come first", "若把余弦当成在前"),
    ("06.paper", lambda n, m: m, "this is m, whatever n is", "这是 m，与 n 无关"),
    ("07.paper", flow_by(lambda a, b, V, V_s, m, x: m + (V_s / V) ** 0.5 * (x - m)), "in x_t the mean stands as √ᾱ_t · mean", "x_t 里的均值是 √ᾱ_t · mean"),
    ("07.paper", flow_by(lambda a, b, V, V_s, m, x: b * m + (V_s / V) ** 0.5 * (x - m)), "in x_t the mean stands as √ᾱ_t · mean", "x_t 里的均值是 √ᾱ_t · mean"),
    ("07.paper", flow_by(lambda a, b, V, V_s, m, x: m + V_s / V * (x - m)), "and it is widths that scale", "而且按标准差缩放"),
    ("07.paper", flow_by(lambda a, b, V, V_s, m, x: b * m + V_s / V * (x - a * m)), "it is widths that scale: take the root", "按标准差缩放，要开方"),
    ("07.paper", flow_by(lambda a, b, V, V_s, m, x: b * m + (V / V_s) ** 0.5 * (x - a * m)), "the ratio is upside down", "比值倒过来了"),
    ("07.paper", flow_by(lambda a, b, V, V_s, m, x: a * m + (V_s / V) ** 0.5 * (x - a * m)), "in x_s it stands as √ᾱ_s · mean", "x_s 里的是 √ᾱ_s · mean"),
    ("07.paper", flow_by(lambda a, b, V, V_s, m, x: b * m + (V_s / V) ** 0.5 * (x - b * m)), "the mean as it stands in x_s", "减去的是 x_s 里的均值"),
    ("07.paper", flow_by(lambda a, b, V, V_s, m, x: b * m + ((1 - b**2) / (1 - a**2)) ** 0.5 * (x - a * m)), "std is not used", "没有用到 std"),
    ("07.paper", lambda s, m, std, xt, t, to: s.signal[to] * m + ((std**2 + 1 - s.alpha_bar[to]) / (std**2 + 1 - s.alpha_bar[t])) ** 0.5 * (xt - s.signal[t] * m), "the data, too, are scaled", "数据也要乘系数"),
    ("07.paper", lambda s, m, std, xt, t, to: s.signal[to] * m + ((1 + s.alpha_bar[to] * (std - 1)) / (1 + s.alpha_bar[t] * (std - 1))) ** 0.5 * (xt - s.signal[t] * m), "std is not squared", "std 没有平方"),
    ("07.slope", order_with(lambda signal, std, V: signal * std**2 / V**0.5), "divide by its variance V_t", "应除以方差 V_t"),
    ("07.slope", order_with(lambda signal, std, V: signal * std**2 / V**2), "V_t is a variance already", "V_t 本来就是方差"),
    ("07.slope", order_with(lambda signal, std, V: std**2 / V), "√ᾱ_t is missing", "漏了 √ᾱ_t"),
    ("07.slope", order_with(lambda signal, std, V: (signal * std**2 / V) ** 2), "std² / V_t, is squared", "多平方了一次"),
    ("07.slope", order_with(lambda signal, std, V: signal * std / V), "std is not squared", "std 没有平方"),
    ("07.slope", order_with(lambda signal, std, V: signal * std / V**0.5), "made of widths", "由标准差 std 与 √V_t 组成"),
    ("07.slope", order_with(lambda signal, std, V: signal * std**2 / (1 + signal**2 * (std - 1))), "in V_t std is not squared", "V_t 里的 std 没有平方"),
    ("07.slope", order_with(lambda signal, std, V: signal * std**2 / (std**2 + 1 - signal**2)), "the data, too, are scaled", "数据也要乘系数"),
    ("07.slope", order_with(lambda signal, std, V: signal * std**2 / (1 - signal**2)), "the variance of the noise alone", "只除以噪声的方差"),
    ("07.slope", order_with(errors=lambda ends, exact: np.abs(ends - ends[-1])), "left out of the fit", "不能算进拟合里"),
    ("07.slope", order_with(errors=lambda ends, exact: ends - exact), "the error keeps its sign", "误差带着符号"),
    ("07.slope", order_with(errors=lambda ends, exact: exact - ends), "the error keeps its sign", "误差带着符号"),
    ("00.jump", lambda s, x0, t, eps: s.signal[t] * x0 + s.beta[: t + 1].sum() ** 0.5 * eps, "the β of all steps are added", "把各步的 β 加了起来"),
    ("01.merged", lambda beta, k: 1 - (1 - beta).reshape(-1, k).prod(1) ** (1 / k), "a k-th root is drawn", "开了 k 次方"),
    ("01.cosine", cosine_of(lambda u, o, T: (u * T + o) / (T * (1 + o)) * math.pi / 2), "the offset belongs to t/T", "offset 要加在 t/T 上"),
    ("01.cosine", cosine_of(lambda u, o, T: (u + o) / (1 + o) * math.pi / 2, lambda f: f[0] ** 2), "f(0) squared", "f(0) 的平方"),
    ("01.paper", lambda T, d, z: (z**2 / (d + z**2)) ** (1 / T) - 1, "the sign", "符号反了"),
    ("01.paper", lambda T, d, z: 1 - (1 - z**2 / d) ** (1 / T), "the T-th root of 1 − SNR_T", "对 1 − SNR_T 开了 T 次方"),
    ("04.weights", by_products_alone, "ᾱ |x_i|² is left away", "漏了 ᾱ |x_i|²"),
    ("04.build", guess_by_products_alone, "ᾱ |x_i|² is left away", "漏了 ᾱ |x_i|²"),
    ("04.paper", lambda a, p: (1 - a) / a**0.5 * math.log(p / (1 - p)), "the sign, and twice too large", "符号反了，又大了一倍"),
    ("04.paper", lambda a, p: (1 - a) / (2 * a**0.5) * (1 - p) / p, "the logarithm of the odds is missing", "漏了取对数"),
    ("04.paper", lambda a, p: (1 - a) / (2 * a**0.5) * math.log((1 - p) * p), "the two logarithms are added", "把两个对数加了起来"),
    ("04.paper", lambda a, p: (1 - a) / (2 * a**0.5) * math.log(1 - p), "log (1 − p) alone", "只取了 log (1 − p)"),
    ("04.spread", spread_by(lambda a, b, left, v, V, std: ((a * b) ** 0.5 * v / V + left) * std), "the whole difference", "全部差"),
    ("04.spread", spread_by(lambda a, b, left, v, V, std: (b**0.5 * v / V + left * (1 - a) ** 0.5 / V) * std), "is √ᾱ_t v", "协方差是 √ᾱ_t v"),
    ("04.spread", spread_by(lambda a, b, left, v, V, std: (a * b) ** 0.5 * v / V + left * (1 - a) ** 0.5 / V), "g² stands alone", "g² 单独出现了"),
    ("04.spread", spread_by(lambda a, b, left, v, V, std: ((a * b) ** 0.5 * v / V - left * (1 - a) ** 0.5 / V) * std), "the part of ε̂ is taken away", "减去了 ε̂ 的那一项"),
    ("05.turn", halves_of(lambda s, c, S, C: s * C + c * S, lambda s, c, S, C: s * S - c * C), "the cosines have the opposite sign", "余弦的符号反了"),
    ("05.turn", halves_of(lambda s, c, S, C: s * C, lambda s, c, S, C: c * C), "by the cosine of f_i s alone", "都只乘了 f_i s 的余弦"),
    ("05.paper", lambda c, s: (s**2 - 2) / c, "it divides by c", "除以了 c"),
    ("05.paper", lambda c, s: s**2 * c / 2, "attention has 1x1 convolutions of its own", "注意力自己也有 1x1 卷积"),
    ("06.paper", lambda n, m: (n - 1) / m, "the last step but one", "倒数第二步"),
    ("06.paper", lambda n, m: sum(m / (k + m) for k in range(1, n + 1)), "the shares 1 − d_k of all steps are added", "把各步的 1 − d_k 加了起来"),
    ("07.paper", flow_by(lambda a, b, V, V_s, m, x: b * m + V_s**0.5 * (x - a * m)), "not divided by that at t", "没有除以 t 处的"),
    ("07.paper", flow_by(lambda a, b, V, V_s, m, x: b * m + (x - a * m) / V**0.5), "not multiplied by that at s", "没有乘 s 处的"),
    ("07.paper", lambda s, m, std, xt, t, to: m + ((std**2 + 1 - s.alpha_bar[to]) / (std**2 + 1 - s.alpha_bar[t])) ** 0.5 * (xt - m), "the data, too, are scaled", "数据也要乘系数"),
    ("07.paper", lambda s, m, std, xt, t, to: s.signal[to] * (m + ((s.noise_to_signal[to] ** 2 - s.noise_to_signal[t] ** 2) / (2 * std**2)).exp() * (xt / s.signal[t] - m)), "r² is missing below", "分母漏了 r²"),
]  # fmt: skip


def guesses_more(signal, std, V):
    """Nearly the best guess where noise is heavy, and not where it is light. 噪声重时近乎最优，轻时则不然。"""
    return signal * std**2 / V * (1 + 0.3 * signal**2)


def without_axes(schedule, x0, t):
    eps = torch.randn_like(x0)
    return schedule.signal[t] * x0 + schedule.noise[t] * eps, eps
