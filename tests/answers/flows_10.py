"""Lesson 10: networks walked as flows, right ones and wrong ones.

第 10 课：把网络当作流来走，有对的，也有错的。
"""

import math
from itertools import pairwise
from types import SimpleNamespace

import torch

from course_utils import flows, paths

# Right, each in its own way.


class ByThePackage:
    def __init__(self, network, labels=None):
        self.field = flows.velocity_field(paths.straight, flows.guess_of_network(network, labels))

    def velocity(self, xt, t):
        return self.field(xt, t)

    def sample(self, noise, times):
        x = noise.clone()
        for i in range(len(times) - 1):
            h = times[i + 1] - times[i]
            k = self.velocity(x, times[i])
            if times[i + 1] == 0:
                return x + h * k
            x = x + h / 2 * (k + self.velocity(x + h * k, times[i + 1]))
        return x


class InUnitsOfNoise:
    """By eps_hat - x0_hat, log-SNR for each sample. 用 eps_hat - x0_hat，每个样本各有对数信噪比。"""

    def __init__(self, network, labels=None):
        self.network, self.labels = network, labels

    def velocity(self, xt, t):
        a, b = 1 - t, t
        log_snr = 2 * (torch.tensor(a, dtype=torch.float64).log() - math.log(b))
        log_snr = log_snr.clamp(-20.0, 20.0).to(xt).expand(len(xt))
        x = xt / (a**2 + b**2) ** 0.5
        more = () if self.labels is None else (self.labels,)
        with torch.no_grad():
            eps_hat = self.network(x, log_snr, *more)
        alpha_bar = log_snr[0].sigmoid()
        x0_hat = x / alpha_bar.sqrt() - (1 / alpha_bar - 1).sqrt() * eps_hat
        return eps_hat - x0_hat

    def sample(self, noise, times):
        x, first = noise, None
        for t, s in pairwise(times):
            first = self.velocity(x, t)
            if s > 0:
                second = self.velocity(x + (s - t) * first, s)
                first = (first + second) / 2
            x = x + (s - t) * first
        return x


class JustBesideTheEnd:
    """t held below 1, where nothing is divided by 0. t 停在略小于 1 处，不会除以 0。"""

    def __init__(self, network, labels=None):
        self.ask = (lambda x, told: network(x, told)) if labels is None else lambda x, told: network(x, told, labels)

    def velocity(self, xt, t):
        end = 1 / (1 + math.exp(-10))
        t = min(t, end)
        told = torch.full((len(xt),), math.log((1 - t) ** 2 / t**2), dtype=xt.dtype).clamp(-20, 20)
        with torch.inference_mode():
            eps_hat = self.ask(xt / math.sqrt((1 - t) ** 2 + t**2), told)
            return ((eps_hat - xt) / (1 - t)).clone()

    def sample(self, noise, times):
        with torch.no_grad():
            x = noise
            for t, s in zip(times, times[1:], strict=False):
                k1 = self.velocity(x, t)
                k2 = k1 if s == 0 else self.velocity(x + k1 * (s - t), s)
                x = x + (k1 + k2) / 2 * (s - t)
        return x


class AsAModule(torch.nn.Module):
    def __init__(self, network, labels=None):
        super().__init__()
        self.network, self.labels = network, labels

    @torch.no_grad()
    def velocity(self, xt, t):
        log_snr = torch.as_tensor(-20.0 if t == 1 else min(2 * math.log(1 / t - 1), 20.0))
        x = xt * (log_snr.sigmoid().sqrt() / (1 - t) if t < 1 else 1.0)
        kwargs = {} if self.labels is None else {"labels": self.labels}
        eps_hat = self.network(x, log_snr, **kwargs)
        x0_hat = (x - (1 - log_snr.sigmoid()).sqrt() * eps_hat) / log_snr.sigmoid().sqrt()
        return (xt - x0_hat) / t

    @torch.no_grad()
    def sample(self, noise, times):
        x = noise.clone()
        for t, s in pairwise(times):
            v = self.velocity(x, t)
            y = x + (s - t) * v
            x = y if s <= 0 else (x + y + (s - t) * self.velocity(y, s)) / 2
        return x


# Wrong: right but for one of its pieces.


def told_rightly(t):
    return torch.tensor(2 * (math.log(max(1 - t, 1e-9)) - math.log(t))).clamp(-20, 20)


def scaled_rightly(xt, t):
    return xt / math.hypot(1 - t, t)


def from_the_guess(xt, x, t, eps_hat):
    log_snr = told_rightly(t)
    x0_hat = (x - (-log_snr).sigmoid().sqrt() * eps_hat) / log_snr.sigmoid().sqrt()
    return (xt - x0_hat) / t


def straight_from_eps(xt, x, t, eps_hat):
    return (eps_hat - xt) / (1 - t)


def ask_rightly(network, labels, x, log_snr):
    return network(x, log_snr) if labels is None else network(x, log_snr, labels)


def by_heun(v, x, t, s):
    k = v(x, t)
    ahead = x + (s - t) * k
    return ahead if s == 0 else x + (s - t) * (k + v(ahead, s)) / 2


def of(name, tell=told_rightly, scale=scaled_rightly, turn=from_the_guess, ask=ask_rightly, step=by_heun, walk=None, keeps=False):  # fmt: skip
    """A right flow but for one of its pieces. 除某一处之外都正确的流。"""

    class Made:
        def __init__(self, network, labels=None):
            self.network, self.labels = network, labels

        def velocity(self, xt, t):
            with torch.set_grad_enabled(keeps):
                x = scale(xt, t)
                return turn(xt, x, t, ask(self.network, self.labels, x, tell(t)))

        def sample(self, noise, times):
            if walk is not None:
                return walk(self, noise, times)
            x = noise
            for t, s in pairwise(times):
                x = step(self.velocity, x, t, s)
            return x

    Made.__name__ = name
    return Made


def half_log(t):
    return told_rightly(t) / 2 if t < 1 else torch.tensor(-20.0)


def not_held(t):
    return 2 * (torch.tensor(1 - t).log() - math.log(t))


def held_tight(t):
    return told_rightly(t).clamp(-8, 8)


def a_float(t):
    return float(told_rightly(t))


def with_x_alone(xt, x, t, eps_hat):
    log_snr = told_rightly(t)
    return eps_hat - (xt - (-log_snr).sigmoid().sqrt() * eps_hat) / log_snr.sigmoid().sqrt()


def mixed_factors(xt, x, t, eps_hat):
    return eps_hat - (x - t * eps_hat) / max(1 - t, 1e-5)


def to_the_data(xt, x, t, eps_hat):
    return -from_the_guess(xt, x, t, eps_hat)


def to_go(xt, x, t, eps_hat):
    return from_the_guess(xt, x, t, eps_hat) * (1 - t)


def gone(xt, x, t, eps_hat):
    return from_the_guess(xt, x, t, eps_hat) * t


def as_answered(xt, x, t, eps_hat):
    return eps_hat


def v_of_lesson_3(xt, x, t, eps_hat):
    log_snr = told_rightly(t)
    signal, noise = log_snr.sigmoid().sqrt(), (-log_snr).sigmoid().sqrt()
    return signal * eps_hat - noise * (x - noise * eps_hat) / signal


def small_number_below(xt, x, t, eps_hat):
    return (eps_hat - xt) / (1 - t + 1e-3)


def never_labels(network, labels, x, log_snr):
    return network(x, log_snr)


def always_labels(network, labels, x, log_snr):
    return network(x, log_snr, labels)


def sorted_labels(network, labels, x, log_snr):
    return network(x, log_snr) if labels is None else network(x, log_snr, labels.sort().values)


def by_euler(v, x, t, s):
    return x + (s - t) * v(x, t)


def by_midpoint(v, x, t, s):
    return x + (s - t) * v(x + (s - t) / 2 * v(x, t), (s + t) / 2)


def divides_at_the_end(v, x, t, s):
    k = v(x, t)
    return x + (s - t) * (k + v(x + (s - t) * k, s)) / 2


def slope_of_the_old_time(v, x, t, s):
    k = v(x, t)
    return x + (s - t) * k if s == 0 else x + (s - t) * (k + v(x + (s - t) * k, t)) / 2


def not_halved(v, x, t, s):
    k = v(x, t)
    return x + (s - t) * k if s == 0 else x + (s - t) * (k + v(x + (s - t) * k, s))


def from_ahead(v, x, t, s):
    k = v(x, t)
    ahead = x + (s - t) * k
    return ahead if s == 0 else ahead + (s - t) * (k + v(ahead, s)) / 2


def the_wrong_way(v, x, t, s):
    k, h = v(x, t), t - s
    return x + h * (k + v(x + h * k, s)) / 2 if s > 0 else x + h * k


def by_runge_kutta(v, x, t, s):
    h = s - t
    if s == 0:
        return x + h * v(x, t)
    k1 = v(x, t)
    k2 = v(x + h / 2 * k1, t + h / 2)
    k3 = v(x + h / 2 * k2, t + h / 2)
    return x + h * (k1 + 2 * k2 + 2 * k3 + v(x + h * k3, s)) / 6


def of_equal_steps(flow, noise, times):
    h, x, t = (times[-1] - times[0]) / (len(times) - 1), noise, times[0]
    for s in times[1:]:
        k = flow.velocity(x, t)
        x = x + h * k if s == 0 else x + h * (k + flow.velocity(x + h * k, s)) / 2
        t = s
    return x


def all_states(flow, noise, times):
    states = [noise]
    for t, s in pairwise(times):
        states.append(by_heun(flow.velocity, states[-1], t, s))
    return states


def in_place(flow, noise, times):
    for t, s in pairwise(times):
        noise += by_heun(flow.velocity, noise, t, s) - noise
    return noise


def without_the_last(flow, noise, times):
    x = noise
    for t, s in pairwise(times[:-1]):
        x = by_heun(flow.velocity, x, t, s)
    return x


def asks_the_network_itself(flow, noise, times):
    def velocity(x, t):
        with torch.no_grad():
            x_scaled = scaled_rightly(x, t)
            return from_the_guess(x, x_scaled, t, ask_rightly(flow.network, flow.labels, x_scaled, told_rightly(t)))

    x = noise
    for t, s in pairwise(times):
        x = by_heun(velocity, x, t, s)
    return x


def pops(flow, noise, times):
    x, t = noise, times.pop(0)
    while times:
        s = times.pop(0)
        x, t = by_heun(flow.velocity, x, t, s), s
    return x


class NoSample:
    def __init__(self, network, labels=None):
        self.network = network

    def velocity(self, xt, t):
        return xt


class Silent:
    def __init__(self, network, labels=None):
        self.network, self.labels = network, labels

    def velocity(self, xt, t): ...

    def sample(self, noise, times): ...


ALL = {"told", "scaled", "velocity", "labels", "order", "whole"}
WRONG_PIECES = [
    (of("half of log-SNR", tell=half_log), ALL - {"told", "whole"}, "half of log-SNR", "一半"),
    (of("the sign of log-SNR", tell=lambda t: -told_rightly(t)), ALL - {"told", "whole"}, "the sign of log-SNR", "对数信噪比的符号反了"),
    (of("told t", tell=lambda t: torch.tensor(t)), ALL - {"told", "whole"}, "is told t;", "告诉网络的是 t；"),
    (of("told a step", tell=lambda t: torch.tensor(1000.0 * t)), ALL - {"told", "whole"}, "a step, 1000 t", "步号 1000 t"),
    (of("told sigma", tell=lambda t: torch.tensor(t / max(1 - t, 1e-6))), ALL - {"told", "whole"}, "is told σ", "告诉网络的是 σ"),
    (of("not held", tell=not_held), None, "log-SNR is −∞", "对数信噪比是 −∞"),
    (of("held too tight", tell=held_tight), ALL - {"told", "whole"}, "at t = 1 the network is told -8", "t = 1 处告诉网络的是 -8"),
    (of("a plain number", tell=a_float), None, "as a float", "是 float"),
    (of("not scaled", scale=lambda xt, t: xt, turn=lambda xt, x, t, e: from_the_guess(xt, scaled_rightly(xt, t), t, e)), ALL - {"scaled", "whole"}, "is shown x_t as it is", "x_t 原样"),
    (of("the root forgotten", scale=lambda xt, t: xt / ((1 - t) ** 2 + t**2), turn=lambda xt, x, t, e: from_the_guess(xt, scaled_rightly(xt, t), t, e)), ALL - {"scaled", "whole"}, "divide by its root", "除以它的平方根"),
    (of("as EDM's", scale=lambda xt, t: xt / max(1 - t, 1e-6), turn=lambda xt, x, t, e: from_the_guess(xt, scaled_rightly(xt, t), t, e)), ALL - {"scaled", "whole"}, "that is EDM's x", "那是 EDM 的 x"),
    (of("towards the data", turn=to_the_data), ALL - {"velocity", "whole"}, "points to the data", "速度指向了数据"),
    (of("eps itself", turn=as_answered), ALL - {"velocity", "whole"}, "what the network answers", "网络回答的 ε̂"),
    (of("the way to go", turn=to_go), ALL - {"velocity", "whole"}, "the way still to go", "还剩的路"),
    (of("the way gone", turn=gone), ALL - {"velocity", "whole"}, "the way gone so far", "已走的路"),
    (of("divides by 0", turn=straight_from_eps), ALL - {"velocity", "whole"}, "not at t = 1", "但在 t = 1"),
    (of("a small number below", turn=small_number_below), ALL - {"velocity", "whole"}, "the factor of ε̂", "ε̂ 的系数"),
    (of("x_t by the factors of x", turn=with_x_alone), ALL - {"velocity", "whole"}, "by the factors of x;", "系数却是 x 的"),
    (of("x by the factors of x_t", turn=mixed_factors), ALL - {"velocity", "whole"}, "by the factors of x_t, 1 − t and t", "系数却是 x_t 的"),
    (of("v of lesson 3", turn=v_of_lesson_3), ALL - {"velocity", "whole"}, "this is v of lesson 3", "第 3 课的 v"),
    (of("never labels", ask=never_labels), ALL - {"labels", "whole"}, "do not reach the network", "没有传到网络"),
    (of("always labels", ask=always_labels), None, "must not be handed any", "就不要传给网络"),
    (of("labels sorted", ask=sorted_labels), ALL - {"labels", "whole"}, "other labels reach", "与传进来的不同"),
    (of("Euler", step=by_euler), ALL - {"order", "whole"}, "Euler's method, of first order", "欧拉法，只有一阶"),
    (of("midpoint", step=by_midpoint), ALL - {"whole"}, "the midpoint method", "中点法"),
    (of("Runge and Kutta", step=by_runge_kutta), ALL - {"order", "whole"}, "two a step will do", "每步两次就够"),
    (of("divides at the end", step=divides_at_the_end), ALL - {"order", "whole"}, "asked for at t = 0", "在 t = 0 处问了速度"),
    (of("slope of the old time", step=slope_of_the_old_time), ALL - {"order", "whole"}, "at the old time t", "旧时刻 t"),
    (of("not halved", step=not_halved), ALL - {"order", "whole"}, "the two slopes are added", "两个斜率相加了"),
    (of("from ahead", step=from_ahead), ALL - {"order", "whole"}, "from where Euler's step arrived", "从欧拉步的终点走"),
    (of("the wrong way", step=the_wrong_way), ALL - {"order", "whole"}, "time runs the wrong way", "时间走反了"),
    (of("equal steps", walk=of_equal_steps), ALL - {"whole"}, "all steps are taken equally long", "都当成一样长"),
    (of("without the last", walk=without_the_last), ALL - {"order", "whole"}, "the last step, to 0, is missing", "缺了走到 0 的最后一步"),
    (of("all states", walk=all_states), ALL - {"order", "whole"}, "`sample` returns a list", "`sample` 返回的是 list"),
    (of("in place", walk=in_place), ALL - {"order", "whole"}, "changes noise itself", "改动了 noise 本身"),
    (of("pops the times", walk=pops), ALL - {"order", "whole"}, "changes the list of times", "改动了 times 列表"),
    (of("asks the network itself", walk=asks_the_network_itself), ALL - {"order", "whole"}, "does not ask `self.velocity`", "没有去问 `self.velocity`"),
    (of("keeps gradients", keeps=True), ALL - {"whole"}, "keeps gradients", "带着梯度"),
    (NoSample, set(), "no method `sample`", "没有方法 `sample`"),
    (lambda network, labels=None: SimpleNamespace(velocity=lambda xt, t: xt), set(), "no method `sample`", "没有方法 `sample`"),
]  # fmt: skip
RIGHT_FLOWS = [ByThePackage, InUnitsOfNoise, JustBesideTheEnd, AsAModule]
WRONG_FLOWS = [(answer, en, zh) for answer, _, en, zh in WRONG_PIECES]
HELD_FLOWS = {answer.__name__: held for answer, held, _, _ in WRONG_PIECES if held is not None}
