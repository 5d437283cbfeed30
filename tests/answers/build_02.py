"""Lesson 02's piece of work: forward processes as people write them, right and wrong; and the width on paper.

第 02 课的作业：人们写的前向过程，对的与错的；以及纸笔题的宽度。
"""

import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch

from course_utils.exercises import exercise
from course_utils.forward import GaussianForwardProcess, forward_jump, per_sample, posterior
from course_utils.schedules import Schedule

PROCESS, EXTRACT = (exercise(f"02.{name}").reference() for name in ("build", "extract"))


# Right


class FormulaByFormula:
    """Every method by its own formula, in the papers' symbols."""

    def __init__(self, schedule):
        self.s = schedule

    def step(self, x, t, eps):
        beta = self.s.beta[t]
        return per_sample((1 - beta).sqrt(), x) * x + per_sample(beta.sqrt(), x) * eps

    def jump(self, x0, t, eps):
        return per_sample(self.s.signal[t], x0) * x0 + per_sample(self.s.noise[t], x0) * eps

    def between(self, xs, s, t, eps):
        a = self.s.alpha_bar[t] / self.s.alpha_bar[s]
        return per_sample(a**0.5, xs) * xs + per_sample((1 - a) ** 0.5, xs) * eps

    def posterior(self, xt, t, x0):
        a_t, a_s, beta = self.s.alpha_bar[t], self.s.alpha_bar[t - 1], self.s.beta[t]
        of_x0 = per_sample(a_s.sqrt() * beta / (1 - a_t), xt)
        of_xt = per_sample((1 - beta).sqrt() * (1 - a_s) / (1 - a_t), xt)
        return of_x0 * x0 + of_xt * xt, per_sample((1 - a_s) / (1 - a_t) * beta, xt)

    def bridge(self, xs, s, t, u, xu):
        p, q = self.s.alpha_bar[t] / self.s.alpha_bar[s], self.s.alpha_bar[u] / self.s.alpha_bar[t]
        of_xs, of_xu = p.sqrt() * (1 - q) / (1 - p * q), q.sqrt() * (1 - p) / (1 - p * q)
        mean = per_sample(of_xs, xs) * xs + per_sample(of_xu, xs) * xu
        return mean, per_sample((1 - p) * (1 - q) / (1 - p * q), xs)


class ByThePackage:
    def __init__(self, schedule):
        self.process = GaussianForwardProcess(schedule)

    def jump(self, x0, t, eps):
        return self.process.jump(x0, t, eps)[0]

    def between(self, xs, s, t, eps):
        a = self.process.schedule.alpha_bar
        return per_sample((a[t] / a[s]).sqrt(), xs) * xs + per_sample((1 - a[t] / a[s]).sqrt(), xs) * eps

    def posterior(self, xt, t, x0):
        return self.process.posterior(xt, t, x0)

    def bridge(self, xs, s, t, u, xu):
        """The posterior of a chain that begins at s, sample by sample."""
        s, t, u = (torch.as_tensor(k).expand(len(xs)).tolist() for k in (s, t, u))
        a, pairs = self.process.schedule.alpha_bar, []
        for i in range(len(xs)):
            later = Schedule(torch.stack([a[s[i]], a[t[i]], a[u[i]]]) / a[s[i]]) if s[i] < t[i] < u[i] else None
            known = xs if s[i] == t[i] else xu
            pair = posterior(later, xu[i : i + 1], 2, xs[i : i + 1], s=1) if later else (known[i : i + 1], 0 * xs[:1])
            pairs.append([part.expand_as(xs[:1]) for part in pair])
        return tuple(torch.cat(parts) for parts in zip(*pairs, strict=True))


class SampleBySample:
    """Plain numbers for one sample at a time, then stacked."""

    def __init__(self, schedule):
        self.a = schedule.alpha_bar.tolist()

    def _each(self, x, *times):
        times = [torch.as_tensor(t).expand(len(x)).tolist() for t in times]
        return zip(range(len(x)), *times, strict=True)

    def jump(self, x0, t, eps):
        return self.between(x0, 0, t, eps)

    def between(self, xs, s, t, eps):
        kept = [(i, self.a[v] / self.a[u]) for i, u, v in self._each(xs, s, t)]
        return torch.stack([math.sqrt(k) * xs[i] + math.sqrt(1 - k) * eps[i] for i, k in kept])

    def posterior(self, xt, t, x0):
        means, variances = [], []
        for i, v in self._each(xt, t):
            kept, jumped = self.a[v] / self.a[v - 1], 1 - self.a[v - 1]
            if v == 1:
                means, variances = [*means, x0[i].clone()], [*variances, torch.zeros_like(xt[i])]
                continue
            precision = 1 / jumped + kept / (1 - kept)
            total = self.a[v - 1] ** 0.5 * x0[i] / jumped + kept**0.5 * xt[i] / (1 - kept)
            means, variances = [*means, total / precision], [*variances, torch.full_like(xt[i], 1 / precision)]
        return torch.stack(means), torch.stack(variances)

    def bridge(self, xs, s, t, u, xu):
        means, variances = [], []
        for i, r, v, w in self._each(xs, s, t, u):
            p, q = self.a[v] / self.a[r], self.a[w] / self.a[v]
            trust = (1 - q) / (1 - p * q)
            means.append(trust * p**0.5 * xs[i] + (1 - trust) * xu[i] / q**0.5)
            variances.append(torch.full_like(xs[i], trust * (1 - p)))
        return torch.stack(means), torch.stack(variances)


@dataclass
class ByConditioning:
    """x_{t−1} and x_t, given x_0, are normal together: the posterior by the rule for conditioning one on the other."""

    schedule: Any

    def __factors(self, x, *values):
        return (value.reshape(value.shape + (1,) * (x.ndim - 1) if value.ndim else ()) for value in values)

    def jump(self, x0, t, eps):
        root, noise = self.__factors(x0, self.schedule.signal[t], self.schedule.noise[t])
        return (root * x0 + noise * eps).to(x0.dtype)

    def between(self, xs, s, t, eps):
        root = self.schedule.signal[t] / self.schedule.signal[s]
        root, noise = self.__factors(xs, root, (1 - root**2).clamp(min=0).sqrt())
        return (root * xs + noise * eps).to(xs.dtype)

    def posterior(self, xt, t, x0):
        before, now = 1 - self.schedule.alpha_bar[t - 1], 1 - self.schedule.alpha_bar[t]
        gain = self.schedule.alpha[t].sqrt() * before / now
        left = before - gain**2 * now
        at, to, gain, left = self.__factors(xt, self.schedule.signal[t], self.schedule.signal[t - 1], gain, left)
        return (to * x0 + gain * (xt - at * x0)).to(xt.dtype), left.to(xt.dtype)

    def bridge(self, xs, s, t, u, xu):
        a = self.schedule.alpha_bar
        to, at, before, now = (a[t] / a[s]).sqrt(), (a[u] / a[s]).sqrt(), 1 - a[t] / a[s], 1 - a[u] / a[s]
        gain = (a[u] / a[t]).sqrt() * before / now
        to, at, gain, left = self.__factors(xs, to, at, gain, before - gain**2 * now)
        return (to * xs + gain * (xu - at * xs)).to(xs.dtype), left.to(xs.dtype)


class ByPrecisions(FormulaByFormula):
    """Two witnesses as they stand in the text, and t = 1 apart."""

    def posterior(self, xt, t, x0):
        told, jumped = per_sample(self.s.signal[t - 1], xt) * x0, per_sample(1 - self.s.alpha_bar[t - 1], xt)
        seen = xt / per_sample(self.s.alpha[t].sqrt(), xt)
        stepped = per_sample(self.s.beta[t] / self.s.alpha[t], xt)
        first = jumped == 0
        trust = torch.where(first, 1, stepped / (jumped + stepped))
        return trust * told + (1 - trust) * seen, torch.where(first, 0, jumped * stepped / (jumped + stepped))

    def bridge(self, xs, s, t, u, xu):
        p, q = (per_sample(self.s.alpha_bar[b] / self.s.alpha_bar[a], xs) for a, b in ((s, t), (t, u)))
        total = 1 / (1 - p) + q / (1 - q)
        mean = (p**0.5 * xs / (1 - p) + q**0.5 * xu / (1 - q)) / total
        mean = torch.where(p == 1, xs, torch.where(q == 1, xu, mean))
        return mean, torch.where((p == 1) | (q == 1), 0, 1 / total)


class FromTheSchedulesTable(FormulaByFormula):
    """The variance as lesson 1 tabulates it, in a list, whatever its shape."""

    def posterior(self, xt, t, x0):
        mean, _ = super().posterior(xt, t, x0)
        variance = self.s.posterior_variance[t]
        return [mean, float(variance) if variance.ndim == 0 else per_sample(variance, xt).expand_as(xt)]


class ByExtract:
    """With the reader's own `extract`, so all in x's dtype from the beginning."""

    def __init__(self, schedule):
        self.a = schedule.alpha_bar

    def jump(self, x0, t, eps):
        a = EXTRACT(self.a, t, x0)
        return a.sqrt() * x0 + (1 - a).sqrt() * eps

    def between(self, xs, s, t, eps):
        kept = EXTRACT(self.a, t, xs) / EXTRACT(self.a, s, xs)
        return kept.sqrt() * xs + (1 - kept).sqrt() * eps

    def posterior(self, xt, t, x0):
        a_t, a_s = EXTRACT(self.a, t, xt), EXTRACT(self.a, t - 1, xt)
        alpha, jumped = a_t / a_s, 1 - a_s
        both = 1 - alpha + alpha * jumped
        mean = ((1 - alpha) * a_s.sqrt() * x0 + alpha.sqrt() * jumped * xt) / both
        return mean, (1 - alpha) * jumped / both

    def bridge(self, xs, s, t, u, xu):
        a_s, a_t, a_u = (EXTRACT(self.a, k, xs) for k in (s, t, u))
        v, w = 1 - a_t / a_s, (1 - a_u / a_t) / (a_u / a_t)
        mean = (w * (a_t / a_s).sqrt() * xs + v * xu / (a_u / a_t).sqrt()) / (v + w)
        return mean, v * w / (v + w)


class WithTimesAsTensors(FormulaByFormula):
    """Every time is made a tensor of shape (1,) or (b,) first, and then read as libraries do."""

    def __init__(self, schedule):
        self.a = schedule.alpha_bar

    def _read(self, t, x):
        t = torch.as_tensor(t).reshape(-1)
        return self.a.gather(0, t).reshape(len(t), *[1] * (x.ndim - 1))

    def jump(self, x0, t, eps):
        return self.between(x0, 0, t, eps)

    def between(self, xs, s, t, eps):
        kept = self._read(t, xs) / self._read(s, xs)
        return kept.sqrt().to(xs.dtype) * xs + (1 - kept).sqrt().to(xs.dtype) * eps

    def posterior(self, xt, t, x0):
        before, now = self._read(t - 1, xt), self._read(t, xt)
        gain = (now / before).sqrt() * (1 - before) / (1 - now)
        variance = torch.where(before == 1, 0, (1 - before) - gain**2 * (1 - now)).to(xt.dtype)
        return (before.sqrt().to(xt.dtype) * x0 + gain.to(xt.dtype) * (xt - now.sqrt().to(xt.dtype) * x0)), variance

    def bridge(self, xs, s, t, u, xu):
        a_s, a_t, a_u = (self._read(k, xs) for k in (s, t, u))
        left = a_t * (a_s - a_u)
        of_xs, of_xu = (a_t / a_s).sqrt() * a_s * (a_t - a_u) / left, (a_u / a_t).sqrt() * a_t * (a_s - a_t) / left
        mean = of_xs.to(xs.dtype) * xs + of_xu.to(xs.dtype) * xu
        return mean, ((a_s - a_t) * (a_t - a_u) / left).to(xs.dtype)


def made_of_closures(schedule):
    """No class at all."""
    log = schedule.alpha_bar.log()

    def between(xs, s, t, eps):
        kept = log[t] - log[s]
        return per_sample((kept / 2).exp(), xs) * xs + per_sample((-torch.expm1(kept)).sqrt(), xs) * eps

    def bridge(xs, s, t, u, xu):
        p, q = torch.expm1(log[t] - log[s]), torch.expm1(log[u] - log[t])
        whole = torch.expm1(log[u] - log[s])
        of_xs, of_xu = ((log[t] - log[s]) / 2).exp() * q / whole, ((log[u] - log[t]) / 2).exp() * p / whole
        return per_sample(of_xs, xs) * xs + per_sample(of_xu, xs) * xu, per_sample(-p * q / whole, xs)

    return SimpleNamespace(
        jump=lambda x0, t, eps: forward_jump(schedule, x0, t, eps).xt,
        between=between,
        bridge=bridge,
        posterior=lambda xt, t, x0: posterior(schedule, xt, t, x0),
    )


RIGHT_PROCESSES = [
    FormulaByFormula,
    ByThePackage,
    SampleBySample,
    ByConditioning,
    ByPrecisions,
    FromTheSchedulesTable,
    ByExtract,
    WithTimesAsTensors,
    made_of_closures,
]


# Wrong


class Blank:
    def __init__(self, schedule): ...

    def jump(self, x0, t, eps): ...

    def between(self, xs, s, t, eps): ...

    def posterior(self, xt, t, x0): ...

    def bridge(self, xs, s, t, u, xu): ...


class OnlyKeeps(Blank):
    def __init__(self, schedule):
        self.schedule = schedule


class HalfOfIt(FormulaByFormula):
    """What the page had before, and a guess."""

    between, bridge = Blank.between, Blank.bridge

    def posterior(self, xt, t, x0):
        return per_sample(self.s.signal[t - 1], xt) * x0


class KeepsNothing(PROCESS):
    def __init__(self, schedule):
        schedule = schedule  # noqa: PLW0127


class NoBetween(FormulaByFormula):
    between = property()


class JumpByVariance(FormulaByFormula):
    def jump(self, x0, t, eps):
        return per_sample(self.s.signal[t], x0) * x0 + per_sample(1 - self.s.alpha_bar[t], x0) * eps


class OwnNoise(FormulaByFormula):
    def jump(self, x0, t, eps):
        return super().jump(x0, t, torch.randn_like(x0))


class BetweenFromZero(FormulaByFormula):
    def between(self, xs, s, t, eps):
        return self.jump(xs, t, eps)


class BetweenByCounting(FormulaByFormula):
    def between(self, xs, s, t, eps):
        return self.jump(xs, t - s, eps)


class BetweenByWidths(FormulaByFormula):
    def between(self, xs, s, t, eps):
        signal, noise = self.s.signal, self.s.noise
        return per_sample(signal[t] / signal[s], xs) * xs + per_sample(noise[t] - noise[s], xs) * eps


class BetweenByVariances(FormulaByFormula):
    def between(self, xs, s, t, eps):
        a = self.s.alpha_bar
        return per_sample((a[t] / a[s]).sqrt(), xs) * xs + per_sample((a[s] - a[t]).sqrt(), xs) * eps


class BetweenByWalking(FormulaByFormula):
    """One eps for every step; and only for plain numbers."""

    def between(self, xs, s, t, eps):
        for k in range(s + 1, t + 1):
            xs = self.step(xs, k, eps)
        return xs


class BetweenBackwards(FormulaByFormula):
    def between(self, xs, s, t, eps):
        return super().between(xs, t, s, eps)


class BetweenAllNoise(FormulaByFormula):
    def between(self, xs, s, t, eps):
        a = self.s.alpha_bar
        return per_sample((a[t] / a[s]).sqrt(), xs) * xs + per_sample((1 - a[t]).sqrt(), xs) * eps


class BetweenOneStepOnly(FormulaByFormula):
    def between(self, xs, s, t, eps):
        return self.step(xs, t, eps)


class BetweenNotShrunk(FormulaByFormula):
    def between(self, xs, s, t, eps):
        return xs + per_sample((self.s.alpha_bar[s] - self.s.alpha_bar[t]).sqrt(), xs) * eps


class OneOverNothing(FormulaByFormula):
    """Precisions as in the text, and 1 over 0 at t = 1."""

    def posterior(self, xt, t, x0):
        trust, other = 1 / (1 - self.s.alpha_bar[t - 1]), self.s.alpha[t] / self.s.beta[t]
        mean = per_sample(trust * self.s.signal[t - 1], xt) * x0 + per_sample(other / self.s.alpha[t].sqrt(), xt) * xt
        return mean / per_sample(trust + other, xt), 1 / per_sample(trust + other, xt)


class OnlyFromTwoOn(FormulaByFormula):
    def posterior(self, xt, t, x0):
        if t == 1:
            return x0, 0.0
        return super().posterior(xt, t, x0)


def one_time_apart(is_one):
    """Precisions as in the text, but for what `is_one` takes for t = 1."""

    class Apart(OneOverNothing):
        def posterior(self, xt, t, x0):
            return (x0, 0.0) if is_one(t) else super().posterior(xt, t, x0)

    return Apart


class AnyAtOne(FormulaByFormula):
    def posterior(self, xt, t, x0):
        return (x0, 0.0) if torch.as_tensor(t == 1).any() else super().posterior(xt, t, x0)


class AnyAtZero(FormulaByFormula):
    def jump(self, x0, t, eps):
        return x0 if torch.as_tensor(t == 0).any() else super().jump(x0, t, eps)


class AnyThere(FormulaByFormula):
    """There already, for one sample at least."""

    def between(self, xs, s, t, eps):
        return xs if torch.as_tensor(s == t).any() else super().between(xs, s, t, eps)


class AnyFromZero(FormulaByFormula):
    def between(self, xs, s, t, eps):
        return self.jump(xs, t, eps) if torch.as_tensor(s == 0).any() else super().between(xs, s, t, eps)


class VarianceCutAtOne(FormulaByFormula):
    """A fallback for a plain t = 1 that differs from what a batch gets there."""

    def posterior(self, xt, t, x0):
        mean, variance = super().posterior(xt, t, x0)
        return mean, 0.0 if isinstance(t, int) and t == 1 else variance.clamp(min=0.01)


def reading(read):
    """Everything by a reader's own way of reading `values` at t, shaped for x; accepted by 02.extract."""

    class Reading(ByExtract):
        def jump(self, x0, t, eps):
            a = read(self.a, t, x0).to(x0.dtype)
            return a.sqrt() * x0 + (1 - a).sqrt() * eps

        def between(self, xs, s, t, eps):
            kept = (read(self.a, t, xs) / read(self.a, s, xs)).to(xs.dtype)
            return kept.sqrt() * xs + (1 - kept).sqrt() * eps

        def posterior(self, xt, t, x0):
            read(self.a, t, xt)
            return super().posterior(xt, t, x0)

        def bridge(self, xs, s, t, u, xu):
            read(self.a, t, xs)
            return super().bridge(xs, s, t, u, xu)

    return Reading


class Where(FormulaByFormula):
    """torch.where, which takes no bool."""

    def posterior(self, xt, t, x0):
        mean, variance = super().posterior(xt, t, x0)
        return mean, torch.where(t == 1, 0, variance)


def joining(product):
    """A process whose `between` has this product for ᾱ_t / ᾱ_s."""

    class Joining(FormulaByFormula):
        def between(self, xs, s, t, eps):
            kept = product(self.s, s, t)
            return per_sample(kept.sqrt(), xs) * xs + per_sample((1 - kept).sqrt(), xs) * eps

    return Joining


class Early(FormulaByFormula):
    def posterior(self, xt, t, x0):
        v, w = 1 - self.s.alpha_bar[t - 1], self.s.beta[t - 1] / self.s.alpha[t - 1]
        told, seen = per_sample(self.s.signal[t - 1], xt) * x0, xt / per_sample(self.s.alpha[t - 1].sqrt(), xt)
        v, w = per_sample(v, xt), per_sample(w, xt)
        return (w * told + v * seen) / (v + w), v * w / (v + w)


class VarianceOfDouble(FormulaByFormula):
    def posterior(self, xt, t, x0):
        mean, variance = super().posterior(xt, t, x0)
        return mean, variance.double()


class FullyTheOtherWayRound(FormulaByFormula):
    def posterior(self, xt, t, x0):
        mean, variance = super().posterior(xt, t, x0)
        return variance.expand_as(xt), mean


class ForPlainTimes(FormulaByFormula):
    """The mean of a plain t; a batch of times along the width."""

    def posterior(self, xt, t, x0):
        a_t, a_s, beta = (
            values.to(xt.dtype) for values in (self.s.alpha_bar[t], self.s.alpha_bar[t - 1], self.s.beta[t])
        )
        of_x0, of_xt = a_s.sqrt() * beta / (1 - a_t), (1 - beta).sqrt() * (1 - a_s) / (1 - a_t)
        return of_x0 * x0 + of_xt * xt, (1 - a_s) / (1 - a_t) * beta


class FirstTime(FormulaByFormula):
    def jump(self, x0, t, eps):
        return super().jump(x0, int(torch.as_tensor(t).flatten()[0]), eps)


class LeaksFloat64(FormulaByFormula):
    def jump(self, x0, t, eps):
        signal, noise = (
            values[torch.as_tensor(t).reshape(-1)].reshape(-1, *[1] * (x0.ndim - 1))
            for values in (self.s.signal, self.s.noise)
        )
        return signal * x0 + noise * eps


class ForImagesOnly(FormulaByFormula):
    def jump(self, x0, t, eps):
        a = self.s.alpha_bar[t].to(x0.dtype).reshape(-1, 1, 1, 1)
        return a.sqrt() * x0 + (1 - a).sqrt() * eps


class VarianceUnshaped(FormulaByFormula):
    def posterior(self, xt, t, x0):
        return super().posterior(xt, t, x0)[0], self.s.posterior_variance[t].to(xt.dtype)


class BelowZero(FormulaByFormula):
    """The variance of x_{t−1} less what x_t explains of it, where rounding leaves a little below 0."""

    def posterior(self, xt, t, x0):
        mean, variance = super().posterior(xt, t, x0)
        return mean, variance - 1e-9


class MeanAlone(FormulaByFormula):
    def posterior(self, xt, t, x0):
        return super().posterior(xt, t, x0)[0]


class MeanFirst(FormulaByFormula):
    """The variance is left for later."""

    def posterior(self, xt, t, x0):
        return super().posterior(xt, t, x0)[0], None


class TheOtherWayRound(FormulaByFormula):
    def posterior(self, xt, t, x0):
        return super().posterior(xt, t, x0)[::-1]


class ChangesX(FormulaByFormula):
    def jump(self, x0, t, eps):
        x0 *= per_sample(self.s.signal[t], x0)
        return x0 + per_sample(self.s.noise[t], x0) * eps


class Pairs(FormulaByFormula):
    """As the package's component returns it."""

    def jump(self, x0, t, eps):
        return forward_jump(self.s, x0, t, eps)


def weighing(find, of_two=None):
    """A process whose posterior is made of the two witnesses by `find(told, jumped, seen, stepped)`."""

    class Weighing(FormulaByFormula):
        def posterior(self, xt, t, x0):
            told, jumped = per_sample(self.s.signal[t - 1], xt) * x0, per_sample(1 - self.s.alpha_bar[t - 1], xt)
            seen = xt / per_sample(self.s.alpha[t].sqrt(), xt)
            stepped = per_sample(self.s.beta[t] / self.s.alpha[t], xt)
            mean, variance = super().posterior(xt, t, x0)
            found = find(told, jumped, seen, stepped)
            return (found, variance) if of_two != "variance" else (mean, found)

    return Weighing


def of_variance(find):
    return weighing(find, "variance")


def undone(find):
    """A process whose posterior's mean undoes the step: `find(schedule, xt, t, x0)`."""

    class Undone(FormulaByFormula):
        def posterior(self, xt, t, x0):
            return find(self.s, xt, t, x0), super().posterior(xt, t, x0)[1]

    return Undone


class SmallNumberForZero(FormulaByFormula):
    def posterior(self, xt, t, x0):
        trust = 1 / (1 - self.s.alpha_bar[t - 1]).clamp(min=1e-8)
        other = self.s.alpha[t] / self.s.beta[t]
        of_x0, of_xt = trust * self.s.signal[t - 1] / (trust + other), other / self.s.alpha[t].sqrt() / (trust + other)
        mean = per_sample(of_x0, xt) * x0 + per_sample(of_xt, xt) * xt
        return mean, per_sample(1 / (trust + other), xt)


class TakesX0First(FormulaByFormula):
    def posterior(self, xt, t, x0):
        return super().posterior(x0, t, xt)


class RootForTheSquare(FormulaByFormula):
    """The second variance divided by what the second centre is divided by."""

    def posterior(self, xt, t, x0):
        v, w = 1 - self.s.alpha_bar[t - 1], self.s.beta[t] / self.s.alpha[t].sqrt()
        of_x0, of_xt = w * self.s.signal[t - 1] / (v + w), v / self.s.alpha[t].sqrt() / (v + w)
        return per_sample(of_x0, xt) * x0 + per_sample(of_xt, xt) * xt, per_sample(v * w / (v + w), xt)


def bridging(find):
    """A process whose bridge is made by `find(xs, xu, (a_s, a_t, a_u), share of the time)`."""

    class Bridging(FormulaByFormula):
        def bridge(self, xs, s, t, u, xu):
            a = tuple(per_sample(self.s.alpha_bar[k], xs) for k in (s, t, u))
            time = (torch.as_tensor(t) - torch.as_tensor(s)) / (torch.as_tensor(u) - torch.as_tensor(s))
            mean, variance = super().bridge(xs, s, t, u, xu)
            of_mean, of_variance = find(xs, xu, a, per_sample(time, xs))
            return mean if of_mean is None else of_mean, variance if of_variance is None else of_variance

    return Bridging


def of_both(first, second):
    """The bridge of the two variances that these functions of (a_s, a_t, a_u) give."""

    def find(xs, xu, a, _):
        v, w, p, q = first(*a), second(*a), a[1] / a[0], a[2] / a[1]
        return (w * p.sqrt() * xs + v * xu / q.sqrt()) / (v + w), v * w / (v + w)

    return bridging(find)


def swapping(order):
    """A process whose bridge takes its arguments in another order."""

    class Swapping(FormulaByFormula):
        def bridge(self, *given):
            return super().bridge(*order(*given))

    return Swapping


class BridgeByPrecisions(FormulaByFormula):
    def bridge(self, xs, s, t, u, xu):
        p, q = (per_sample(self.s.alpha_bar[b] / self.s.alpha_bar[a], xs) for a, b in ((s, t), (t, u)))
        total = 1 / (1 - p) + q / (1 - q)
        return (p**0.5 * xs / (1 - p) + q**0.5 * xu / (1 - q)) / total, 1 / total


class BridgeFromX0(FormulaByFormula):
    """The posterior from u to t, x_s handed in where x_0 belongs."""

    def bridge(self, xs, s, t, u, xu):
        return super().bridge(xs, 0, t, u, xu)


class BridgeOneStep(FormulaByFormula):
    """The posterior again, one step before u, wherever t may be."""

    def bridge(self, xs, s, t, u, xu):
        return self.posterior(xu, u, xs)


class BridgeAnyThere(FormulaByFormula):
    def bridge(self, xs, s, t, u, xu):
        return (xs, 0.0) if torch.as_tensor(s == t).any() else super().bridge(xs, s, t, u, xu)


class BridgeMeanAlone(FormulaByFormula):
    def bridge(self, xs, s, t, u, xu):
        return super().bridge(xs, s, t, u, xu)[0]


def of_s(a_s, a_t, a_u):
    return 1 - a_t / a_s


def of_u(a_s, a_t, a_u):
    return (1 - a_u / a_t) / (a_u / a_t)


ALL = {"jump", "between", "mean", "variance", "bridge", "batch"}


class OneImageBare(FormulaByFormula):
    """A batch of one image is taken for the image, whose channels then are the samples."""

    def jump(self, x0, t, eps):
        return super().jump(x0, t, eps)[0] if len(x0) == 1 else super().jump(x0, t, eps)


class GreyNoise(FormulaByFormula):
    """The same noise in every channel of an image."""

    def jump(self, x0, t, eps):
        return super().jump(x0, t, eps[:, :1].expand_as(eps) if eps.ndim == 4 else eps)


class BridgeFromNowhere(FormulaByFormula):
    """At s = 0 x_0 is said to be unknown, and x_u to be all there is; but for t next to u."""

    def bridge(self, xs, s, t, u, xu):
        mean, variance = super().bridge(xs, s, t, u, xu)
        return (xu, variance) if isinstance(s, int) and s == 0 < u - t - 1 else (mean, variance)


WRONG_PROCESSES = {
    "one image bare": (OneImageBare, "(1, 5, 7)", "(1, 5, 7)"),
    "grey noise": (GreyNoise, "departs from the truth", "与真值不符"),
    "bridge from nowhere": (BridgeFromNowhere, "departs from the truth", "与真值不符"),
    "half of it": (HalfOfIt, "**between**: nothing is returned yet", "**between**：还没有返回任何东西"),
    "keeps nothing": (KeepsNothing, "`jump` reads `self.schedule`, which `__init__` has not kept", "`__init__` 没有保存它"),
    "no between": (NoBetween, "there is no method `between`", "没有 `between` 这个方法"),
    "jump by the variance": (JumpByVariance, "the factor of eps is (1 − ᾱ_t)", "eps 的系数是 (1 − ᾱ_t)"),
    "own noise": (OwnNoise, "draws random numbers of its own", "自己另抽了随机数"),
    "between from 0": (BetweenFromZero, "this is the jump from x_0 to t", "这是从 x_0 到 t 的跳跃"),
    "between by counting": (BetweenByCounting, "the jump from 0 to t − s", "从 0 到 t − s 的跳跃"),
    "between by widths": (BetweenByWidths, "difference of the two widths", "两个宽度之差"),
    "between by variances": (BetweenByVariances, "difference of the two variances", "两个方差之差"),
    "between by walking": (BetweenByWalking, "one eps for all the steps", "各步都用同一个 eps"),
    "between backwards": (BetweenBackwards, "ᾱ_s / ᾱ_t, upside down, above 1", "倒过来的 ᾱ_s / ᾱ_t 大于 1"),
    "between with all noise": (BetweenAllNoise, "all the noise of x_t", "x_t 的全部噪声"),
    "between by one step": (BetweenOneStepOnly, "it leaves", "它让 x_0 剩下"),
    "between not shrunk": (BetweenNotShrunk, "xs is not scaled down", "xs 没有缩小"),
    "1 over 0": (OneOverNothing, "at t = 1 it is nan or inf: the variance 1 − ᾱ_0 is 0", "t = 1 时得到 nan 或 inf"),
    "if t == 1": (OnlyFromTwoOn, "`if` decides once for all of them", "`if` 对所有样本只判断一次"),
    "if all are 1": (one_time_apart(lambda t: torch.as_tensor(t == 1).all()), "a sample with t = 1 among others is nan", "批里只有一个样本 t = 1 时，它就是 nan"),
    "if t is the int 1": (one_time_apart(lambda t: isinstance(t, int) and t == 1), "a sample with t = 1 among others is nan", "批里只有一个样本 t = 1 时，它就是 nan"),
    "if any is 1": (AnyAtOne, "`posterior, mean`: a sample with t = 1 changes what comes of the others", "有一个样本 t = 1，别的样本就变了"),
    "if any is 0": (AnyAtZero, "`jump`: a sample with t = 0 changes what comes of the others", "有一个样本 t = 0，别的样本就变了"),
    "if any is there": (AnyThere, "`between`: a sample with s = t changes what comes of the others", "有一个样本 s = t，别的样本就变了"),
    "if any comes from 0": (AnyFromZero, "`between`: a sample with s = 0 changes what comes of the others", "有一个样本 s = 0，别的样本就变了"),
    "another rule for a plain 1": (VarianceCutAtOne, "`posterior, variance`: a sample with t = 1 among others is not what it is", "批里只有一个样本 t = 1 时，它与单独给"),
    "t has no shape": (
        reading(lambda values, t, x: values[t].reshape(t.shape[0], *[1] * (x.ndim - 1))),
        "the time is an int here, and the code needs a tensor",
        "这里的时刻是一个整数，而代码要的是张量",
    ),
    "t is no index": (
        reading(lambda values, t, x: values.gather(0, t).reshape(-1, *[1] * (x.ndim - 1))),
        "begin with `t = torch.as_tensor(t).reshape(-1)`",
        "开头先写 `t = torch.as_tensor(t).reshape(-1)`",
    ),
    "where t is an int": (Where, "the time is an int here", "这里的时刻是一个整数"),
    "joined by a slice": (
        joining(lambda schedule, s, t: schedule.alpha[s + 1 : t + 1].prod()),
        "with one time per sample no slice",
        "每个样本各有一个时刻时，切片",
    ),
    "joined by α": (joining(lambda schedule, s, t: schedule.alpha[t] / schedule.alpha[s]), "α_t / α_s joins no steps", "α_t / α_s 并不起任何几步"),
    "joined too early": (joining(lambda schedule, s, t: schedule.alpha[s:t].prod()), "the α from s to t − 1", "α_s 到 α_{t−1}"),
    "joined without the last": (joining(lambda schedule, s, t: schedule.alpha[s + 1 : t].prod()), "the last step, with α_t, is missing", "漏了最后一步的 α_t"),
    "joined with one more": (joining(lambda schedule, s, t: schedule.alpha[s : t + 1].prod()), "been through step s already", "已经走过了第 s 步"),
    "a step early": (Early, "α and β are read at t − 1", "α 与 β 读的是 t − 1 处的"),
    "the variance in float64": (VarianceOfDouble, "`posterior, variance`: x is torch.float32", "`posterior, variance`：x 是 torch.float32"),
    "along the width": (ForPlainTimes, "the factors lie along the last axis", "系数沿最后一个轴排开了"),
    "the first t": (FirstTime, "the first sample's t is used for the whole batch", "整批都用了第一个样本的 t"),
    "float64": (LeaksFloat64, "torch.float64", "torch.float64"),
    "images only": (ForImagesOnly, "an axis too many", "多了一个轴"),
    "variance unshaped": (VarianceUnshaped, "`posterior, variance`: the factors lie along", "`posterior, variance`：系数沿"),
    "below 0": (BelowZero, "at t = 1 it is below 0", "t = 1 时它小于 0"),
    "mean alone": (MeanAlone, "`posterior` returns a Tensor; return the pair", "`posterior` 返回的是 Tensor；请返回"),
    "variance, mean": (TheOtherWayRound, "the pair of `posterior` seems to be swapped", "这一对好像写反了"),
    "variance, mean in full": (FullyTheOtherWayRound, "**variance**: for the same reason as **mean**", "均值与方差写反了"),
    "changes x": (ChangesX, "it changes x0 itself", "它改动了 x0 本身"),
    "pairs": (Pairs, "it returns a Noised; return a tensor alone", "返回的是 Noised；请只返回一个张量"),
    "told alone": (weighing(lambda told, v, seen, w: told), "it listens to x_0 alone", "它只听 x_0 的"),
    "seen alone": (weighing(lambda told, v, seen, w: seen), "it listens to x_t alone", "它只听 x_t 的"),
    "halves": (weighing(lambda told, v, seen, w: (told + seen) / 2), "equal weights", "权重相等"),
    "by variances": (weighing(lambda told, v, seen, w: (v * told + w * seen) / (v + w)), "the weights are the variances", "以方差为权重"),
    "by widths": (
        weighing(lambda told, v, seen, w: (w**0.5 * told + v**0.5 * seen) / (v**0.5 + w**0.5)),
        "one over its width",
        "宽度的倒数",
    ),
    "not divided": (weighing(lambda told, v, seen, w: told / v + seen / w), "not divided by the sum of the weights", "没有除以权重之和"),
    "other weights": (
        weighing(lambda told, v, seen, w: (w**2 * told + v**2 * seen) / (v**2 + w**2)),
        "where both witnesses agree, x_t = √ᾱ_t x_0, it is right",
        "两个证人说法一致（x_t = √ᾱ_t x_0）时，它是对的",
    ),
    "undone with eps": (
        undone(lambda s, xt, t, x0: (xt - per_sample(s.beta[t], xt) * x0) / per_sample(s.alpha[t].sqrt(), xt)),
        "let both witnesses agree",
        "让两个证人说法一致",
    ),
    "β for the variance": (of_variance(lambda told, v, seen, w: w / (1 + w)), "this is β_t, the variance of x_t", "这是 β_t"),
    "variances added": (of_variance(lambda told, v, seen, w: v + w), "the two variances are added", "把两个方差相加了"),
    "averaged": (of_variance(lambda told, v, seen, w: (v + w) / 2), "the average of the two variances", "两个方差的平均"),
    "a precision": (of_variance(lambda told, v, seen, w: 1 / v + 1 / w), "this is the precision", "这是精度"),
    "a width": (of_variance(lambda told, v, seen, w: (v * w / (v + w)).sqrt()), "this is the width", "这是宽度"),
    "β as the second": (of_variance(lambda told, v, seen, w: v * w / (v * (1 + w) + w)), "solving (1) for x_{t−1}", "由式 (1) 解出"),
    "a small number for 0": (SmallNumberForZero, "at t = 1 it is 1e-08, and must be exactly 0", "t = 1 时它是 1e-08，而必须恰好是 0"),
    "x0 first": (TakesX0First, "xt and x0 have changed places", "xt 与 x0 放反了"),
    "β over √α": (RootForTheSquare, "the second variance is β_t / √α_t", "第二个方差用了 β_t / √α_t"),
    "bridge by precisions": (BridgeByPrecisions, "nan or inf at t = s or t = u", "t = s 或 t = u 时得到 nan 或 inf"),
    "bridge from x_0": (BridgeFromX0, "x_s is taken for x_0", "把 x_s 当成了 x_0"),
    "bridge of one step": (BridgeOneStep, "the mean: let there be no noise", "均值：设想没有噪声"),
    "bridge, any there": (BridgeAnyThere, "`bridge, mean`: a sample with s = t changes", "`bridge, mean`：批里有一个样本 s = t"),
    "bridge, mean alone": (BridgeMeanAlone, "`bridge` returns a Tensor; return the pair", "`bridge` 返回的是 Tensor；请返回"),
    "bridge in a straight line": (bridging(lambda xs, xu, a, time: (xs + time * (xu - xs), None)), "a straight line in t", "按时间连了一条直线"),
    "bridge, halves": (
        bridging(lambda xs, xu, a, time: (((a[1] / a[0]).sqrt() * xs + xu / (a[2] / a[1]).sqrt()) / 2, None)),
        "both frames have equal weights",
        "两帧的权重相等",
    ),
    "bridge by variances": (
        bridging(lambda xs, xu, a, time: ((of_s(*a) * (a[1] / a[0]).sqrt() * xs + of_u(*a) * xu / (a[2] / a[1]).sqrt()) / (of_s(*a) + of_u(*a)), None)),
        "so the less sure frame weighs more",
        "没有把握的那一帧反而更重",
    ),
    "bridge, first variance from 0": (of_both(lambda a_s, a_t, a_u: 1 - a_t, of_u), "its first variance is 1 − ᾱ_t", "第一个方差用的是 1 − ᾱ_t"),
    "bridge, second undivided": (of_both(of_s, lambda a_s, a_t, a_u: 1 - a_u / a_t), "solving for x_t divides that noise, too", "解出 x_t 时，那份噪声也要除"),
    "bridge, second by the root": (of_both(of_s, lambda a_s, a_t, a_u: (1 - a_u / a_t) / (a_u / a_t).sqrt()), "divided by the square of that factor", "除以这个系数的平方"),
    "bridge, second from 0": (of_both(of_s, lambda a_s, a_t, a_u: 1 - a_u), "where both frames agree it is right", "两帧说法一致时，它是对的"),
    "bridge, variances added": (bridging(lambda xs, xu, a, time: (None, of_s(*a) + of_u(*a))), "the variance: the two variances are added", "方差：把两个方差相加了"),
    "bridge, xu first": (swapping(lambda xs, s, t, u, xu: (xu, s, t, u, xs)), "xs and xu have changed places", "xs 与 xu 放反了"),
    "bridge, u before t": (swapping(lambda xs, s, t, u, xu: (xs, s, u, t, xu)), "the mean: t and u have changed places", "均值：t 与 u 放反了"),
    "bridge, no root": (
        bridging(lambda xs, xu, a, time: ((of_u(*a) * (a[1] / a[0]).sqrt() * xs + of_s(*a) * xu / (a[2] / a[1])) / (of_s(*a) + of_u(*a)), None)),
        "x_u is divided by ᾱ_u / ᾱ_t",
        "x_u 除以的是 ᾱ_u / ᾱ_t",
    ),
    "bridge, certain": (bridging(lambda xs, xu, a, time: (None, 0.0)), "the variance: it is 0", "方差：它是 0"),
    "bridge, the variance of x_u": (bridging(lambda xs, xu, a, time: (None, 1 - a[2] / a[1])), "the variance of x_u when x_t is given", "已知 x_t 时 x_u 的方差"),
    "bridge, a width": (
        bridging(lambda xs, xu, a, time: (None, (of_s(*a) * of_u(*a) / (of_s(*a) + of_u(*a))).sqrt())),
        "the variance: this is the width",
        "方差：这是宽度",
    ),
}  # fmt: skip
HELD_PARTS = {
    "half of it": {"jump"},
    "keeps nothing": set(),
    "own noise": ALL - {"jump", "batch"},
    "between by counting": ALL - {"between"},
    "between by walking": ALL - {"between", "batch"},
    "1 over 0": ALL - {"mean"},
    "if t == 1": ALL - {"batch"},
    "if all are 1": ALL - {"batch"},
    "if t is the int 1": ALL - {"batch"},
    "if any is 1": ALL - {"batch"},
    "if any is 0": ALL - {"batch"},
    "if any is there": ALL - {"batch"},
    "if any comes from 0": ALL - {"batch"},
    "t has no shape": set(),
    "joined by a slice": ALL - {"batch"},
    "a step early": ALL - {"mean", "variance"},
    "the variance in float64": ALL - {"batch"},
    "along the width": ALL - {"batch"},
    "below 0": ALL - {"variance"},
    "mean alone": ALL - {"mean", "variance", "batch"},
    "halves": ALL - {"mean"},
    "a small number for 0": ALL - {"variance"},
    "x0 first": ALL - {"mean"},
    "bridge by precisions": ALL - {"bridge"},
    "bridge, any there": ALL - {"batch"},
    "bridge in a straight line": ALL - {"bridge"},
    "a width": ALL - {"variance"},
}


# On paper


def width_at_rest(beta):
    return beta**0.5 / (1 - (1 - beta) ** 0.5)


def width_walked(beta):
    w = 0.0
    for _ in range(10_000):
        w = math.sqrt(1 - beta) * w + math.sqrt(beta)
    return w


def width_summed(beta):
    return (beta**0.5 * (1 - beta) ** (torch.arange(20_000, dtype=torch.float64) / 2)).sum()


def width_by_angle(beta):
    return 1 / math.tan(math.asin(math.sqrt(beta)) / 2)


RIGHT_WIDTHS = [width_at_rest, width_walked, width_summed, width_by_angle]
WRONG_WIDTHS = {
    "1": (lambda beta: 1.0, "fresh noise at every step", "每步都抽新噪声"),
    "α kept": (lambda beta: beta**0.5 / (1 - (1 - beta)), "a step keeps √α of the width", "宽度留下的是 √α 倍"),
    "β added": (lambda beta: beta / (1 - (1 - beta) ** 0.5), "each step adds √β", "加上的是 √β"),
    "1 added": (lambda beta: 1 / (1 - (1 - beta) ** 0.5), "adds √β to the width, not 1", "加上的是 √β，不是 1"),
    "variance": (lambda beta: width_at_rest(beta) ** 2, "this is the variance", "这是方差"),
    "mixed": (lambda beta: (beta / (1 - (1 - beta) ** 0.5)) ** 0.5, "do not go together", "配不到一起"),
    "small β": (lambda beta: 2 / beta**0.5, "only for very small β", "只有 β 很小"),
    "upside down": (lambda beta: 1 / width_at_rest(beta), "upside down", "上下颠倒"),
    "begins late": (lambda beta: ((1 - beta) / beta) ** 0.5, "begins with 1", "从 1 开始"),
    "19.95": (lambda beta: 19.95, "for β = 0.01 alone", "只是 β = 0.01 时"),
    "1 + √α over √β, for 0.01": (lambda beta: (1 + 0.99**0.5) / 0.1, "for β = 0.01 alone", "只是 β = 0.01 时"),
    "a few steps": (lambda beta: sum(((1 - beta) ** k * beta) ** 0.5 for k in range(50)), "departs from", "与真值不符"),
    "divides by 0": (lambda beta: 1 / (1 - beta - (1 - beta)), "divides by 0", "除以了 0"),
    "a pair": (lambda beta: (width_at_rest(beta), beta), "does not return a single number", "返回的不是单个数"),
}
