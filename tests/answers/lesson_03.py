"""Lesson 03: right answers, each in its own way, and wrong ones, each as somebody has written it.

第 03 课：各有各写法的正确答案，以及有人写过的错误答案。
"""

import math

import torch

from answers import in_any_form, named
from course_utils.exercises import exercise
from course_utils.forward import Posterior, eps_from_x0, forward_step, posterior, v_from_eps, x0_from_eps
from course_utils.reverse import reverse_step, sigma_posterior
from course_utils.schedules import Schedule, linear


def parts(schedule, t):
    """ᾱ_t, ᾱ_{t−1}, α_t, β_t."""
    return schedule.alpha_bar[t], schedule.alpha_bar[t - 1], schedule.alpha[t], schedule.beta[t]


# --- the posterior mean: right ---


def mean(schedule, x0, xt, t):
    a, a_s, alpha, beta = parts(schedule, t)
    return a_s.sqrt() * beta / (1 - a) * x0 + alpha.sqrt() * (1 - a_s) / (1 - a) * xt


def mean_by_the_package(schedule, x0, xt, t):
    return posterior(schedule, xt, t, x0).mean


def mean_by_precisions(schedule, x0, xt, t):
    a, a_s, alpha, beta = parts(schedule, t)
    if t == 1:
        return x0.clone()
    A = alpha / beta + 1 / (1 - a_s)
    return (alpha.sqrt() / beta * xt + a_s.sqrt() / (1 - a_s) * x0) / A


def mean_via_eps(schedule, x0, xt, t):
    return exercise("03.step").reference()(schedule, xt, t, eps_from_x0(schedule, xt, t, x0), torch.zeros_like(xt))


def mean_via_v(schedule, x0, xt, t):
    a, a_s, alpha, beta = parts(schedule, t)
    v = v_from_eps(schedule, xt, t, eps_from_x0(schedule, xt, t, x0))
    return alpha.sqrt() * xt - (a_s.sqrt() * beta / (1 - a).sqrt()) * v


def mean_in_place_on_copies(schedule, x0, xt, t):
    a, a_s, alpha, beta = parts(schedule, t)
    out = x0.clone()
    out *= a_s.sqrt() * beta / (1 - a)
    out += alpha.sqrt() * (1 - a_s) / (1 - a) * xt
    return out


def mean_with_plain_numbers(schedule, x0, xt, t):
    a, a_s, alpha, beta = (float(p) for p in parts(schedule, t))
    return math.sqrt(a_s) * beta / (1 - a) * x0 + math.sqrt(alpha) * (1 - a_s) / (1 - a) * xt


def mean_by_logarithms(schedule, x0, xt, t):
    log = schedule.alpha_bar.log()
    now, before = log[t], log[t - 1]
    rest = torch.expm1(now)
    return (
        torch.exp(before / 2) * torch.expm1(now - before) / rest * x0
        + torch.exp((now - before) / 2) * torch.expm1(before) / rest * xt
    )


def mean_in_float64_and_back(schedule, x0, xt, t):
    return mean(schedule, x0.double(), xt.double(), t).to(x0.dtype)


def mean_with_a_time_each(schedule, x0, xt, t):
    return posterior(schedule, xt, torch.full((len(x0),), t), x0).mean


def mean_as_a_walk_of_snr(schedule, x0, xt, t):
    a, a_s, alpha, beta = parts(schedule, t)
    keep = (1 - a_s) / (1 - a)
    return a_s.sqrt() * (1 - alpha * keep) * x0 + keep * alpha.sqrt() * xt


def mean_in_float32_throughout(schedule, x0, xt, t):
    a, beta = schedule.alpha_bar.float(), schedule.beta.float()
    of_x0 = a[t - 1].sqrt() * beta[t] / (1 - a[t])
    of_xt = (1 - beta[t]).sqrt() * (1 - a[t - 1]) / (1 - a[t])
    return of_x0 * x0 + of_xt * xt


def mean_from_float32_betas(schedule, x0, xt, t):
    beta = schedule.beta.float()
    a = (1 - beta).cumprod(0)
    return a[t - 1].sqrt() * beta[t] / (1 - a[t]) * x0 + (1 - beta[t]).sqrt() * (1 - a[t - 1]) / (1 - a[t]) * xt


def mean_in_numpy(schedule, x0, xt, t):
    of_x0, of_xt = (float(weight(*parts(schedule, t))) for weight in (right_x0, right_xt))
    return torch.from_numpy(of_x0 * x0.numpy() + of_xt * xt.numpy())


def mean_image_by_image(schedule, x0, xt, t):
    return torch.stack([mean(schedule, one, other, t) for one, other in zip(x0, xt, strict=True)])


MEANS = [
    mean_in_float32_throughout,
    mean_from_float32_betas,
    mean_in_numpy,
    mean_image_by_image,
    mean,
    mean_by_the_package,
    mean_by_precisions,
    mean_via_eps,
    mean_via_v,
    mean_in_place_on_copies,
    mean_with_plain_numbers,
    mean_by_logarithms,
    mean_in_float64_and_back,
    mean_with_a_time_each,
    mean_as_a_walk_of_snr,
]


# --- the posterior mean: wrong ---


def weighing(of_x0, of_xt):
    return lambda schedule, x0, xt, t: of_x0(*parts(schedule, t)) * x0 + of_xt(*parts(schedule, t)) * xt


def right_x0(a, a_s, alpha, beta):
    return a_s.sqrt() * beta / (1 - a)


def right_xt(a, a_s, alpha, beta):
    return alpha.sqrt() * (1 - a_s) / (1 - a)


def mean_changes_xt(schedule, x0, xt, t):
    xt *= right_xt(*parts(schedule, t))
    return right_x0(*parts(schedule, t)) * x0 + xt


def mean_of_the_first_image(schedule, x0, xt, t):
    return mean(schedule, x0[:1], xt, t)


def mean_with_t_from_zero(schedule, x0, xt, t):
    return mean(schedule, x0, xt, max(t - 1, 1))


def mean_with_t_from_zero_unguarded(schedule, x0, xt, t):
    return mean(schedule, x0, xt, t - 1)


def mean_with_s_for_t_plus_1(schedule, x0, xt, t):
    return mean(schedule, x0, xt, min(t + 1, schedule.T))


def averaging(weight):
    """The mean of the two centres, each weighted by a function of its variance."""

    def gives(schedule, x0, xt, t):
        a, a_s, alpha, beta = parts(schedule, t)
        of_prior, of_likelihood = (weight(variance) for variance in (1 - a_s, beta / alpha))
        return (of_prior * a_s.sqrt() * x0 + of_likelihood / alpha.sqrt() * xt) / (of_prior + of_likelihood)

    return gives


def mean_of_x0_and_xt_by_precision(schedule, x0, xt, t):
    a, a_s, alpha, beta = parts(schedule, t)
    of_x0, of_xt = beta / alpha, 1 - a_s
    return (of_x0 * x0 + of_xt * xt) / (of_x0 + of_xt)


def mean_with_the_pages_numbers(schedule, x0, xt, t):
    a_t, a_s, alpha, beta = parts(linear(10), 4)
    return a_s.sqrt() * beta / (1 - a_t) * x0 + alpha.sqrt() * (1 - a_s) / (1 - a_t) * xt


def mean_with_s(schedule, x0, xt, t, s):
    a, a_s = schedule.alpha_bar[t], schedule.alpha_bar[s]
    return a_s.sqrt() * schedule.beta[t] / (1 - a) * x0 + schedule.alpha[t].sqrt() * (1 - a_s) / (1 - a) * xt


def mean_with_alpha_bar_moved(by):
    def gives(schedule, x0, xt, t):
        a, a_s = schedule.alpha_bar[t + by], schedule.alpha_bar[max(t + by - 1, 0)]
        return a_s.sqrt() * schedule.beta[t] / (1 - a) * x0 + schedule.alpha[t].sqrt() * (1 - a_s) / (1 - a) * xt

    return gives


def mean_changes_the_schedule(schedule, x0, xt, t):
    given = mean(schedule, x0, xt, t)
    schedule.alpha_bar[t] *= 0.999
    return given


MEAN_WRONG = {
    "swapped": (weighing(right_xt, right_x0), "swapped", "写反"),
    "s is t": (weighing(lambda a, a_s, al, b: a.sqrt() * b / (1 - a), lambda a, a_s, al, b: al.sqrt()), "s = t − 1", "s = t − 1"),
    "ᾱ_t for x0": (weighing(lambda a, a_s, al, b: a.sqrt() * b / (1 - a), right_xt), "has √ᾱ_t", "用了 √ᾱ_t"),
    "1 − ᾱ_t for xt": (weighing(right_x0, lambda a, a_s, al, b: al.sqrt()), "cancels", "约掉"),
    "no roots": (weighing(lambda a, a_s, al, b: a_s * b / (1 - a), lambda a, a_s, al, b: al * (1 - a_s) / (1 - a)), "both square roots", "两个平方根"),
    "no root at x0": (weighing(lambda a, a_s, al, b: a_s * b / (1 - a), right_xt), "ᾱ_{t−1} without", "ᾱ_{t−1} 漏了"),
    "no root at xt": (weighing(right_x0, lambda a, a_s, al, b: al * (1 - a_s) / (1 - a)), "α_t without", "α_t 漏了"),
    "β̃ for β": (weighing(lambda a, a_s, al, b: a_s.sqrt() * b * (1 - a_s) / (1 - a) ** 2, right_xt), "has β̃_t", "用了后验方差 β̃_t"),
    "√β for β": (weighing(lambda a, a_s, al, b: (a_s * b).sqrt() / (1 - a), right_xt), "has √β_t", "用了 √β_t"),
    "weights of sum 1": (weighing(lambda *p: right_x0(*p) / (right_x0(*p) + right_xt(*p)), lambda *p: right_xt(*p) / (right_x0(*p) + right_xt(*p))), "add up to 1", "相加为 1"),
    "1 − weight of x0": (weighing(right_x0, lambda *p: 1 - right_x0(*p)), "1 minus that of x0", "1 减去 x0"),
    "1 − weight of xt": (weighing(lambda *p: 1 - right_xt(*p), right_xt), "1 minus that of xt", "1 减去 xt"),
    "prior mean": (weighing(lambda a, a_s, al, b: a_s.sqrt(), lambda *p: 0), "knows nothing of xt", "与 xt 无关"),
    "forward mean": (weighing(lambda a, a_s, al, b: a.sqrt(), lambda *p: 0), "forward mean", "前向均值"),
    "likelihood's centre": (weighing(lambda *p: 0, lambda a, a_s, al, b: 1 / al.sqrt()), "likelihood", "似然"),
    "not divided": (weighing(lambda a, a_s, al, b: a_s.sqrt() * b, lambda a, a_s, al, b: al.sqrt() * (1 - a_s)), "divided by 1 − ᾱ_t", "除以 1 − ᾱ_t"),
    "divided by the std": (weighing(lambda a, a_s, al, b: a_s.sqrt() * b / (1 - a).sqrt(), lambda a, a_s, al, b: al.sqrt() * (1 - a_s) / (1 - a).sqrt()), "standard deviation", "标准差"),
    "ᾱ for α": (weighing(right_x0, lambda a, a_s, al, b: a.sqrt() * (1 - a_s) / (1 - a)), "that of one step", "单步"),
    "subtracted": (weighing(lambda *p: -right_x0(*p), right_xt), "subtracted", "减去"),
    "xt subtracted": (weighing(right_x0, lambda *p: -right_xt(*p)), "xt is subtracted", "xt 被减去了"),
    "the page's numbers": (mean_with_the_pages_numbers, "always those of t = 4", "t = 4 时的那两个"),
    "xt itself": (lambda schedule, x0, xt, t: xt, "xt itself", "xt 本身"),
    "x0 itself": (lambda schedule, x0, xt, t: x0, "x0 itself", "x0 本身"),
    "1 − α": (weighing(lambda a, a_s, al, b: a_s.sqrt() * b / (1 - al), lambda a, a_s, al, b: al.sqrt() * (1 - a_s) / (1 - al)), "the bar is missing", "漏了横线"),
    "1 − ᾱ_{t−1}": (weighing(lambda a, a_s, al, b: a_s.sqrt() * b / (1 - a_s), lambda a, a_s, al, b: al.sqrt()), "divides by 1 − ᾱ of t − 1", "除以的是 1 − ᾱ_{t−1}"),
    "no β": (weighing(lambda a, a_s, al, b: a_s.sqrt() / (1 - a), right_xt), "lacks its factor β_t", "漏了因子 β_t"),
    "roots swapped": (weighing(lambda a, a_s, al, b: al.sqrt() * b / (1 - a), lambda a, a_s, al, b: a_s.sqrt() * (1 - a_s) / (1 - a)), "changed places", "换了位置"),
    "√α at x0": (weighing(lambda a, a_s, al, b: al.sqrt() * b / (1 - a), right_xt), "x0 has √α_t", "用了 √α_t"),
    "√ᾱ at xt": (weighing(right_x0, lambda a, a_s, al, b: a_s.sqrt() * (1 - a_s) / (1 - a)), "xt has √ᾱ of t − 1", "用了 √ᾱ_{t−1}"),
    "std at xt": (weighing(right_x0, lambda a, a_s, al, b: (al * (1 - a_s)).sqrt() / (1 - a)), "needs the variance", "应为方差"),
    "B": (weighing(lambda a, a_s, al, b: a_s.sqrt() / (1 - a_s), lambda a, a_s, al, b: al.sqrt() / b), "this is B of (4)", "(4) 中的 B"),
    "plain average": (averaging(lambda v: 1), "plain average", "简单平均"),
    "by variances": (averaging(lambda v: v), "weighted by its variance", "按方差加权"),
    "by 1 / std": (averaging(lambda v: v**-0.5), "one over its standard deviation", "标准差的倒数"),
    "not the centres": (mean_of_x0_and_xt_by_precision, "themselves are averaged", "x0 与 xt 本身；"),
    "x0 for ε": (lambda schedule, x0, xt, t: (xt - schedule.beta[t] / schedule.noise[t] * x0) / schedule.alpha[t].sqrt(), "where ε stands", "ε 的位置"),
    "α, β of t − 1": (lambda schedule, x0, xt, t: schedule.signal[t - 1] * schedule.beta[t - 1] / (1 - schedule.alpha_bar[t]) * x0 + schedule.alpha[t - 1].sqrt() * (1 - schedule.alpha_bar[t - 1]) / (1 - schedule.alpha_bar[t]) * xt, "α and β are those of t − 1", "α 与 β 取了 t − 1"),
    "ᾱ too early": (mean_with_alpha_bar_moved(-1), "one step too early", "早读了一步"),
    "ᾱ of t + 1": (lambda schedule, x0, xt, t: mean_with_s(schedule, x0, xt, t, min(t + 1, schedule.T)), "ᾱ of t + 1", "ᾱ_{t+1}"),
    "clipped": (lambda schedule, x0, xt, t: mean(schedule, x0, xt, t).clamp(-1, 1), "the result is clipped", "结果被截断"),
    "x0 clipped": (lambda schedule, x0, xt, t: mean(schedule, x0.clamp(-1, 1), xt, t), "x0 is clipped", "x0 被截断"),
    "wrong at t = 2": (lambda schedule, x0, xt, t: x0.clone() if t <= 2 else mean(schedule, x0, xt, t), "not at t = 2", "t = 2 时不对"),
    "wrong at T − 1": (lambda schedule, x0, xt, t: xt if t == schedule.T - 1 else mean(schedule, x0, xt, t), "not at t = T − 1", "t = T − 1 时不对"),
    "nothing at t = 1": (lambda schedule, x0, xt, t: mean(schedule, x0, xt, t) if t > 1 else None, "not at t = 1: nothing is returned", "t = 1 时不对：还没有返回"),
    "stops at t = 1": (lambda schedule, x0, xt, t: 1 / 0 if t == 1 else mean(schedule, x0, xt, t), "not at t = 1", "t = 1 时不对"),
    "a few T": (lambda schedule, x0, xt, t: mean(schedule, x0, xt, t) if schedule.T in (10, 50, 300, 1000) else xt * 0.5, "does not look at schedule", "没有用到传进来的 schedule"),
    "a few t": (lambda schedule, x0, xt, t: mean(schedule, x0, xt, t) if t in (1, schedule.T // 3, schedule.T // 2, schedule.T) else xt * 0.5, "03.mean", "03.mean"),
    "through float16": (lambda schedule, x0, xt, t: mean(schedule, x0.half(), xt.half(), t).to(x0.dtype), "off by", "偏了"),
    "slices": (lambda schedule, x0, xt, t: schedule.alpha_bar[t - 1 : t].sqrt() * schedule.beta[t] / (1 - schedule.alpha_bar[t]) * x0 + right_xt(*parts(schedule, t)) * xt, "float64", "float64"),
    "squeezed": (lambda schedule, x0, xt, t: mean(schedule, x0, xt, t).squeeze(), "should have", "应当是"),
    "half of the batch": (lambda schedule, x0, xt, t: mean(schedule, x0[::2], xt[::2], t), "should have", "应当是"),
    "changes the schedule": (mean_changes_the_schedule, "changes schedule", "改动了 schedule"),
    "t from zero": (mean_with_t_from_zero, "one too small", "小了 1"),
    "t from zero, unguarded": (mean_with_t_from_zero_unguarded, "one too small", "小了 1"),
    "t too large": (mean_with_s_for_t_plus_1, "one too large", "大了 1"),
    "changes xt": (mean_changes_xt, "changes xt", "改动了 xt"),
    "first image": (mean_of_the_first_image, "first image for the whole batch", "整批只用了第一幅"),
    "float64": (lambda schedule, x0, xt, t: mean(schedule, x0.double(), xt, t), "float64", "float64"),
    "float32": (lambda schedule, x0, xt, t: mean(schedule, x0, xt, t).float(), "float32", "float32"),
    "own noise": (lambda schedule, x0, xt, t: mean(schedule, x0, xt, t) + 0.1 * torch.randn_like(xt), "of its own", "另抽了随机数"),
    "both parts": (lambda schedule, x0, xt, t: posterior(schedule, xt, t, x0), "Posterior", "Posterior"),
    "numpy": (lambda schedule, x0, xt, t: mean(schedule, x0, xt, t).numpy(), "ndarray", "ndarray"),
    "one size": (lambda schedule, x0, xt, t: mean(schedule, x0.reshape(-1, 1, 8, 8), xt, t), "RuntimeError", "RuntimeError"),
    "one schedule": (lambda schedule, x0, xt, t: mean(linear(300), x0, xt, min(t, 300)), "does not look at schedule", "没有用到传进来的 schedule"),
    "one t": (lambda schedule, x0, xt, t: mean(schedule, x0, xt, schedule.T // 2), "does not look at t", "没有用到传进来的 t"),
    "precisions at t = 1": (lambda schedule, x0, xt, t: x0 / 0 * 0 if t == 1 else mean(schedule, x0, xt, t), "nan", "nan"),
    "a slip": (lambda schedule, x0, xt, t: schedule.alpha_hat, "alpha_hat", "alpha_hat"),
}  # fmt: skip


# --- the mean from v, on paper ---


def by_v(a_t, a_s, xt, v):
    return (a_t / a_s) ** 0.5 * xt - a_s**0.5 * (1 - a_t / a_s) / (1 - a_t) ** 0.5 * v


def by_v_through_x0(a_t, a_s, xt, v):
    x0, alpha = a_t.sqrt() * xt - (1 - a_t).sqrt() * v, a_t / a_s
    return a_s.sqrt() * (1 - alpha) / (1 - a_t) * x0 + alpha.sqrt() * (1 - a_s) / (1 - a_t) * xt


def by_v_through_eps(a_t, a_s, xt, v):
    eps, alpha = (1 - a_t).sqrt() * xt + a_t.sqrt() * v, a_t / a_s
    return (xt - (1 - alpha) / (1 - a_t).sqrt() * eps) / alpha.sqrt()


def by_v_in_plain_numbers(a_t, a_s, xt, v):
    a_t, a_s = float(a_t), float(a_s)
    return math.sqrt(a_t / a_s) * xt - (a_s - a_t) / math.sqrt(a_s * (1 - a_t)) * v


def by_v_in_place_on_copies(a_t, a_s, xt, v):
    out = v.clone()
    out *= (a_t - a_s) / (a_s * (1 - a_t)).sqrt()
    out += (a_t / a_s).sqrt() * xt
    return out


def weighing_v(of_xt, of_v):
    """Factors of (ᾱ_t, ᾱ_{t−1}, α_t)."""
    return lambda a_t, a_s, xt, v: of_xt(a_t, a_s, a_t / a_s) * xt + of_v(a_t, a_s, a_t / a_s) * v


def right_of_xt(a_t, a_s, alpha):
    return alpha**0.5


def right_of_v(a_t, a_s, alpha):
    return -(a_s**0.5) * (1 - alpha) / (1 - a_t) ** 0.5


def by_v_of(alpha, beta, a_t, a_s, xt, v):
    return alpha.sqrt() * xt - a_s.sqrt() * beta / (1 - a_t).sqrt() * v


def by_seven(alpha, beta, a_t, a_s, xt, v):
    x0 = a_t.sqrt() * xt - (1 - a_t).sqrt() * v
    return a_s.sqrt() * beta / (1 - a_t) * x0 + alpha.sqrt() * (1 - a_s) / (1 - a_t) * xt


def v_in_place(a_t, a_s, xt, v):
    xt *= (a_t / a_s).sqrt()
    return xt - a_s.sqrt() * (1 - a_t / a_s) / (1 - a_t).sqrt() * v


PAPER = [by_v, by_v_through_x0, by_v_through_eps, by_v_in_plain_numbers, by_v_in_place_on_copies]
PAPER_WRONG = {
    "plus": (weighing_v(right_of_xt, lambda *p: -right_of_v(*p)), "wrong sign", "符号反了"),
    "x_0": (weighing_v(lambda a_t, a_s, al: a_t**0.5, lambda a_t, a_s, al: -((1 - a_t) ** 0.5)), "x_0 itself", "x_0 本身"),
    "no root below": (weighing_v(right_of_xt, lambda a_t, a_s, al: -(a_s**0.5) * (1 - al) / (1 - a_t)), "one root of it cancels", "根号应与"),
    "xt of (7) alone": (weighing_v(lambda a_t, a_s, al: al**0.5 * (1 - a_s) / (1 - a_t), right_of_v), "brings more of it along", "还带来一份"),
    "(9)": (weighing_v(lambda a_t, a_s, al: al**-0.5, lambda a_t, a_s, al: -(1 - al) / (1 - a_t) ** 0.5 / al**0.5), "this is (9)", "这是 (9)"),
    "√β for β": (weighing_v(right_of_xt, lambda a_t, a_s, al: -((a_s * (1 - al)) ** 0.5) / (1 - a_t) ** 0.5), "the factor of v that you have is −√ᾱ_{t−1} √β_t", "你写的 v 的系数是 −√ᾱ_{t−1} √β_t"),
    "ᾱ_t for ᾱ_{t−1}": (weighing_v(right_of_xt, lambda a_t, a_s, al: -(a_t**0.5) * (1 - al) / (1 - a_t) ** 0.5), "the factor of v that you have is", "你写的 v 的系数是"),
    "α for √α": (weighing_v(lambda a_t, a_s, al: al, right_of_v), "the factor of xt that you have is α_t; it has two sources", "你写的 xt 的系数是 α_t；它有两个来源"),
    "v alone": (weighing_v(lambda *_: 0, right_of_v), "xt is missing", "漏了 xt"),
    "xt alone": (weighing_v(right_of_xt, lambda *_: 0), "v is missing", "漏了 v"),
    "a step's numbers for the jump's": (weighing_v(right_of_xt, lambda a_t, a_s, al: -(a_s**0.5) * (1 - al) ** 0.5), "the factor of v that you have is", "你写的 v 的系数是"),
    "α upside down": (lambda a_t, a_s, xt, v: by_v_of(a_s / a_t, 1 - a_s / a_t, a_t, a_s, xt, v), "not the other way round", "不是反过来"),
    "α upside down, through x_0": (lambda a_t, a_s, xt, v: by_seven(a_s / a_t, 1 - a_s / a_t, a_t, a_s, xt, v), "not the other way round", "不是反过来"),
    "α upside down at xt alone": (weighing_v(lambda a_t, a_s, al: al**-0.5, right_of_v), "not the other way round", "不是反过来"),
    "β as a difference of ᾱ": (lambda a_t, a_s, xt, v: by_v_of(a_t / a_s, a_s - a_t, a_t, a_s, xt, v), "not a_s − a_t", "不是 a_s − a_t"),
    "β as a difference of ᾱ, through x_0": (lambda a_t, a_s, xt, v: by_seven(a_t / a_s, a_s - a_t, a_t, a_s, xt, v), "not a_s − a_t", "不是 a_s − a_t"),
    "no formula": (weighing_v(right_of_xt, lambda a_t, a_s, al: -0.2 - 0.37 * (1 - al) * a_t), "the factor of v is wrong: with", "v 的系数不对"),
    "a tuple": (lambda a_t, a_s, xt, v: (right_of_xt(a_t, a_s, a_t / a_s), right_of_v(a_t, a_s, a_t / a_s)), "tuple", "tuple"),
    "xt in place": (v_in_place, "changes xt", "改动了 xt"),
    "float64": (lambda a_t, a_s, xt, v: by_v(a_t, a_s, xt.double(), v), "float64", "float64"),
}  # fmt: skip


# --- the reverse step ---


def step(schedule, xt, t, eps_hat, noise):
    a, a_s, alpha, beta = parts(schedule, t)
    mu = (xt - beta / (1 - a).sqrt() * eps_hat) / alpha.sqrt()
    return mu + ((1 - a_s) / (1 - a) * beta).sqrt() * noise


def step_with_an_if(schedule, xt, t, eps_hat, noise):
    a, a_s, alpha, beta = parts(schedule, t)
    mu = (xt - beta / (1 - a).sqrt() * eps_hat) / alpha.sqrt()
    if t == 1:
        return mu
    return mu + schedule.posterior_variance[t] ** 0.5 * noise


def step_by_the_posterior(schedule, xt, t, eps_hat, noise):
    mu, variance = posterior(schedule, xt, t, x0_from_eps(schedule, xt, t, eps_hat))
    return mu + variance.sqrt() * noise


def step_in_place_on_copies(schedule, xt, t, eps_hat, noise):
    out = xt.clone()
    out -= schedule.beta[t] / schedule.noise[t] * eps_hat
    out /= schedule.alpha[t].sqrt()
    out += schedule.posterior_variance[t].sqrt() * noise
    return out


def step_with_plain_numbers(schedule, xt, t, eps_hat, noise):
    a, a_s, alpha, beta = (float(p) for p in parts(schedule, t))
    sigma = math.sqrt((1 - a_s) / (1 - a) * beta)
    return (xt - beta / math.sqrt(1 - a) * eps_hat) / math.sqrt(alpha) + sigma * noise


def step_in_float64_and_back(schedule, xt, t, eps_hat, noise):
    return step(schedule, xt.double(), t, eps_hat.double(), noise.double()).to(xt.dtype)


def step_by_sigma(schedule, xt, t, eps_hat, noise):
    sigma = sigma_posterior(schedule, torch.tensor(t), torch.tensor(t - 1))
    return step(schedule, xt, t, eps_hat, torch.zeros_like(noise)) + sigma * noise


def step_by_logarithms(schedule, xt, t, eps_hat, noise):
    log_alpha = schedule.alpha[t].log()
    mu = torch.exp(-log_alpha / 2) * (xt + torch.expm1(log_alpha) / schedule.noise[t] * eps_hat)
    return mu + (schedule.posterior_variance[t].log() / 2).exp() * noise


def step_in_float32_via_x0(schedule, xt, t, eps_hat, noise):
    a, beta = schedule.alpha_bar.float(), schedule.beta.float()
    guess = (xt - (1 - a[t]).sqrt() * eps_hat) / a[t].sqrt()
    variance = (1 - a[t - 1]) / (1 - a[t]) * beta[t]
    mu = a[t - 1].sqrt() * beta[t] / (1 - a[t]) * guess + (1 - beta[t]).sqrt() * (1 - a[t - 1]) / (1 - a[t]) * xt
    return mu + variance.sqrt() * noise


def step_as_ddim_with_eta_1(schedule, xt, t, eps_hat, noise):
    variance = schedule.posterior_variance[t]
    direction = (1 - schedule.alpha_bar[t - 1] - variance).clamp(min=0).sqrt()
    ahead = schedule.signal[t - 1] * x0_from_eps(schedule, xt, t, eps_hat) + direction * eps_hat
    return ahead + variance.sqrt() * noise


def step_with_a_clipped_log_variance(schedule, xt, t, eps_hat, noise):
    sigma = torch.exp(schedule.posterior_variance[t].clamp(min=1e-20).log() / 2)
    return step(schedule, xt, t, eps_hat, torch.zeros_like(noise)) + sigma * noise


STEPS = [
    step_in_float32_via_x0,
    step_as_ddim_with_eta_1,
    step_with_a_clipped_log_variance,
    step,
    step_with_an_if,
    step_by_the_posterior,
    step_in_place_on_copies,
    step_with_plain_numbers,
    step_in_float64_and_back,
    step_by_sigma,
    step_by_logarithms,
]


def stepping(mu=None, sigma=None):
    def right_mu(schedule, xt, t, eps_hat):
        a, a_s, alpha, beta = parts(schedule, t)
        return (xt - beta / (1 - a).sqrt() * eps_hat) / alpha.sqrt()

    def gives(schedule, xt, t, eps_hat, noise):
        centre = (mu or right_mu)(schedule, xt, t, eps_hat)
        tilde = schedule.posterior_variance[t]
        return centre + (sigma(schedule, t, tilde) if sigma else tilde.sqrt()) * noise

    return gives


def factors(of_xt, of_eps):
    return lambda schedule, xt, t, eps: of_xt(*parts(schedule, t)) * xt - of_eps(*parts(schedule, t)) * eps


def jump_back(schedule, xt, t, eps_hat, noise):
    guess = x0_from_eps(schedule, xt, t, eps_hat)
    return schedule.signal[t - 1] * guess + schedule.noise[t - 1] * noise


def ddim(schedule, xt, t, eps_hat, noise):
    return jump_back(schedule, xt, t, eps_hat, eps_hat)


def step_changes_xt(schedule, xt, t, eps_hat, noise):
    xt -= schedule.beta[t] / schedule.noise[t] * eps_hat
    return xt / schedule.alpha[t].sqrt() + schedule.posterior_variance[t].sqrt() * noise


def step_with_clipped_x0(schedule, xt, t, eps_hat, noise):
    mu, variance = posterior(schedule, xt, t, x0_from_eps(schedule, xt, t, eps_hat).clamp(-1, 1))
    return mu + variance.sqrt() * noise


def root(x):
    return x**0.5


STEP_WRONG = {
    "noise at last, √β_1": (stepping(None, lambda s, t, v: root(s.beta[1] if t == 1 else v)), "added at the last step", "最后一步也加了噪声"),
    "β, everywhere": (stepping(None, lambda s, t, v: root(s.beta[t])), "added at the last step", "最后一步还加了噪声"),
    "β": (stepping(None, lambda s, t, v: root(s.beta[t]) * (t > 1)), "β̃_t was asked for", "这里要的是 β̃_t"),
    "σ²": (stepping(None, lambda s, t, v: v), "a variance; the factor is its root", "方差 β̃；系数应为它的平方根"),
    "β for σ": (stepping(None, lambda s, t, v: s.beta[t]), "scaled by β;", "乘的是 β；"),
    "no noise": (stepping(None, lambda s, t, v: 0), "no noise is added", "没有加噪声"),
    "noise whole": (stepping(None, lambda s, t, v: t > 1), "has no factor", "没有系数"),
    "noise whole, everywhere": (stepping(None, lambda s, t, v: 1), "has no factor", "没有系数"),
    "root forgotten": (stepping(factors(lambda a, a_s, al, b: al**-0.5, lambda a, a_s, al, b: b / (1 - a) / root(al))), "divides by 1 − ᾱ", "除以的是 1 − ᾱ"),
    "√β / √(1 − ᾱ)": (stepping(factors(lambda a, a_s, al, b: al**-0.5, lambda a, a_s, al, b: root(b / (1 - a) / al))), "√β / √(1 − ᾱ)", "√β / √(1 − ᾱ)"),
    "the last step's noise": (stepping(factors(lambda a, a_s, al, b: al**-0.5, lambda a, a_s, al, b: root(b / al))), "last step's noise", "最后一步的噪声"),
    "1 / √ᾱ": (stepping(factors(lambda a, *p: a**-0.5, lambda a, a_s, al, b: b / root((1 - a) * a))), "divides by √ᾱ_t", "除以的是 √ᾱ_t"),
    "1 / α": (stepping(factors(lambda a, a_s, al, b: 1 / al, lambda a, a_s, al, b: b / root(1 - a) / al)), "divides by α_t", "除以的是 α_t"),
    "not divided": (stepping(factors(lambda *p: 1, lambda a, a_s, al, b: b / root(1 - a))), "division by √α_t is missing", "漏了除以 √α_t"),
    "brackets": (stepping(factors(lambda a, a_s, al, b: al**-0.5, lambda a, a_s, al, b: b / root(1 - a))), "whole bracket", "整个括号"),
    "sign": (stepping(factors(lambda a, a_s, al, b: al**-0.5, lambda a, a_s, al, b: -b / root((1 - a) * al))), "takes noise away", "去掉噪声"),
    "x0 hat": (lambda schedule, xt, t, eps, noise: x0_from_eps(schedule, xt, t, eps), "guess of x_0", "对 x_0 的猜测"),
    "jumps back": (jump_back, "jumps forwards again", "再用新噪声向前跳"),
    "DDIM": (ddim, "DDIM", "DDIM"),
    "noise at last, √β̃_2": (stepping(None, lambda s, t, v: root(s.posterior_variance[max(t, 2)])), "added at the last step", "最后一步也加了噪声"),
    "xt itself": (lambda schedule, xt, t, eps, noise: xt, "xt itself", "xt 本身"),
    "arguments swapped": (lambda schedule, xt, t, eps, noise: step(schedule, xt, t, noise, eps), "swapped", "写反了"),
    "noise subtracted": (stepping(None, lambda s, t, v: -root(v)), "noise is subtracted", "新噪声被减去了"),
    "noise in the bracket": (stepping(None, lambda s, t, v: root(v / s.alpha[t])), "inside the bracket", "括号里"),
    "β̃ of t − 1": (stepping(None, lambda s, t, v: root(s.posterior_variance[t - 1])), "β̃ is that of t − 1", "β̃ 取了 t − 1"),
    "β of t − 1": (stepping(None, lambda s, t, v: root(s.beta[t - 1])), "β of t − 1", "β_{t−1}"),
    "β̃ upside down": (stepping(None, lambda s, t, v: root((1 - s.alpha_bar[t]) / (1 - s.alpha_bar[t - 1]) * s.beta[t]) if t > 1 else 0), "upside down", "颠倒"),
    "β̃ without β": (stepping(None, lambda s, t, v: root((1 - s.alpha_bar[t - 1]) / (1 - s.alpha_bar[t]))), "β_t is missing", "漏了因子 β_t"),
    "as much as at t − 1": (stepping(None, lambda s, t, v: s.noise[t - 1]), "√(1 − ᾱ) of t − 1", "√(1 − ᾱ_{t−1})"),
    "as much as at t": (stepping(None, lambda s, t, v: s.noise[t]), "all the noise of xt", "全部噪声"),
    "between": (stepping(None, lambda s, t, v: root(root(s.beta[t] * v))), "between β and β̃", "介于 β 与 β̃"),
    "β eps": (stepping(factors(lambda a, a_s, al, b: al**-0.5, lambda a, a_s, al, b: b / root(al))), "takes β eps_hat away", "减去的是 β eps_hat"),
    "√(1 − ᾱ) of t − 1": (stepping(factors(lambda a, a_s, al, b: al**-0.5, lambda a, a_s, al, b: b / root((1 - a_s) * al))), "√(1 − ᾱ) is that of t − 1", "√(1 − ᾱ) 取了 t − 1"),
    "all the noise": (stepping(factors(lambda a, a_s, al, b: al**-0.5, lambda a, a_s, al, b: root((1 - a) / al))), "takes all the noise away", "一下子去掉了全部噪声"),
    "multiplies": (stepping(factors(lambda a, a_s, al, b: root(al), lambda a, a_s, al, b: b * root(al / (1 - a)))), "multiplies by √α_t", "乘了 √α_t"),
    "x0 hat and noise": (stepping(factors(lambda a, *p: a**-0.5, lambda a, *p: root(1 / a - 1))), "added to the guess of x_0", "加到了对 x_0 的猜测上"),
    "DDIM and noise": (lambda schedule, xt, t, eps, noise: ddim(schedule, xt, t, eps, noise) + root(schedule.posterior_variance[t]) * noise, "a full DDIM step", "完整的 DDIM 步"),
    "undone": (lambda schedule, xt, t, eps, noise: (xt - root(schedule.beta[t]) * eps) / root(schedule.alpha[t]), "as if eps_hat were its noise, and adds none", "也没有加新噪声"),
    "undone by noise": (lambda schedule, xt, t, eps, noise: (xt - root(schedule.beta[t]) * noise) / root(schedule.alpha[t]), "not in xt", "没有这份噪声"),
    "forward": (lambda schedule, xt, t, eps, noise: forward_step(schedule, xt, t, noise).xt, "a forward step", "一个前向步"),
    "as if x_0": (lambda schedule, xt, t, eps, noise: mean(schedule, eps, xt, t) + root(schedule.posterior_variance[t]) * noise, "x_0 stands in (7)", "(7) 中 x_0"),
    "as if v": (stepping(factors(lambda a, a_s, al, b: root(al), lambda a, a_s, al, b: root(a_s) * b / root(1 - a))), "v stands in (10)", "(10) 中 v"),
    "as if μ": (lambda schedule, xt, t, eps, noise: eps + root(schedule.posterior_variance[t]) * noise, "the mean itself", "均值本身"),
    "x0 hat clipped": (step_with_clipped_x0, "guess of x_0 is clipped", "x_0 的猜测被截断"),
    "clipped": (lambda schedule, xt, t, eps, noise: step(schedule, xt, t, eps, noise).clamp(-1, 1), "the result is clipped", "结果被截断"),
    "no noise at t = 2": (stepping(None, lambda s, t, v: root(v) * (t > 2)), "not at t = 2", "t = 2 时不对"),
    "no noise at T": (stepping(None, lambda s, t, v: root(v) * (t < s.T)), "not at t = T:", "t = T 时不对"),
    "wrong at T − 1": (lambda schedule, xt, t, eps, noise: xt if t == schedule.T - 1 else step(schedule, xt, t, eps, noise), "not at t = T − 1", "t = T − 1 时不对"),
    "only if t > 1": (lambda schedule, xt, t, eps, noise: step(schedule, xt, t, eps, noise) if t > 1 else None, "not at t = 1: nothing", "t = 1 时不对：还没有"),
    "one number of noise": (lambda schedule, xt, t, eps, noise: step(schedule, xt, t, eps, noise.flatten()[0]), "one single value for all pixels", "同一个值"),
    "the package's, with its own noise": (lambda schedule, xt, t, eps, noise: reverse_step(schedule, xt, t, t - 1, x0_from_eps(schedule, xt, t, eps)), "of its own", "另抽了随机数"),
    "t from zero": (lambda schedule, xt, t, eps, noise: step(schedule, xt, max(t - 1, 1), eps, noise), "one too small", "小了 1"),
    "t from zero, unguarded": (lambda schedule, xt, t, eps, noise: step(schedule, xt, t - 1, eps, noise), "one too small", "小了 1"),
    "t too large": (lambda schedule, xt, t, eps, noise: step(schedule, xt, min(t + 1, schedule.T), eps, noise), "one too large", "大了 1"),
    "changes xt": (step_changes_xt, "changes xt", "改动了 xt"),
    "own noise": (lambda schedule, xt, t, eps, noise: step(schedule, xt, t, eps, torch.randn_like(noise)), "of its own", "另抽了随机数"),
    "one noise for all": (lambda schedule, xt, t, eps, noise: step(schedule, xt, t, eps, noise[:1]), "first image for the whole batch", "整批只用了第一幅"),
    "eps for noise": (lambda schedule, xt, t, eps, noise: step(schedule, xt, t, eps, eps), "eps_hat once more", "又是 eps_hat"),
    "float64": (lambda schedule, xt, t, eps, noise: step(schedule, xt.double(), t, eps, noise), "float64", "float64"),
    "float32": (lambda schedule, xt, t, eps, noise: step(schedule, xt, t, eps, noise).float(), "float32", "float32"),
    "nan at t = 1": (lambda schedule, xt, t, eps, noise: xt * torch.nan if t == 1 else step(schedule, xt, t, eps, noise), "nan", "nan"),
    "one schedule": (lambda schedule, xt, t, eps, noise: step(linear(10), xt, min(t, 10), eps, noise), "the factor of xt is wrong", "xt 的系数不对"),
    "batch of 4": (lambda schedule, xt, t, eps, noise: step(schedule, xt, t, eps, noise) * torch.ones(4, 1, 1, 1), "should have", "应当是"),
    "a tuple": (lambda schedule, xt, t, eps, noise: (step(schedule, xt, t, eps, noise), noise), "tuple", "tuple"),
}  # fmt: skip


# --- the exploding process: right ---

Exploding = exercise("03.build").reference()


class ByPrecisions:
    def __init__(self, sigma):
        self.sigma = [float(one) for one in sigma]
        self.levels = sigma

    def jump(self, x0, t, eps):
        return x0 + self.sigma[t] * eps

    def step(self, xs, s, t, eps):
        return xs + math.sqrt(self.sigma[t] ** 2 - self.sigma[s] ** 2) * eps

    def posterior(self, xt, t, x0, s):
        if self.sigma[s] == 0:
            return x0.clone(), torch.zeros(())
        prior, likelihood = self.sigma[s] ** -2, 1 / (self.sigma[t] ** 2 - self.sigma[s] ** 2)
        return (prior * x0 + likelihood * xt) / (prior + likelihood), torch.tensor(1 / (prior + likelihood))

    def reverse(self, xt, t, s, m, w):
        prior, added = w**2 + self.sigma[s] ** 2, self.sigma[t] ** 2 - self.sigma[s] ** 2
        if prior == 0:
            return torch.full_like(xt, m), 0.0
        return (m / prior + xt / added) / (1 / prior + 1 / added), 1 / (1 / prior + 1 / added)

    def walk(self, xT, predictor, times, noises):
        x, noises = xT, iter(noises)
        yield x
        for t, s in zip(times[:-1], times[1:], strict=True):
            mean, variance = self.posterior(x, t, x - self.sigma[t] * predictor(x, t), s)
            x = mean + variance**0.5 * next(noises)
            yield x

    def twin(self):
        return (1 + self.levels.square()).reciprocal()


class ThroughTheTwin(Exploding):
    """Everything by the package's own process, scaled there and back."""

    def __init__(self, sigma):
        self.sigma, self.schedule = sigma, Schedule(1 / (1 + sigma**2))

    def step(self, xs, s, t, eps):
        kept = self.schedule.alpha_bar[t] / self.schedule.alpha_bar[s]
        scaled = kept.sqrt() * self.schedule.signal[s] * xs + (1 - kept).sqrt() * eps
        return scaled / self.schedule.signal[t]

    def posterior(self, xt, t, x0, s):
        there = posterior(self.schedule, self.schedule.signal[t] * xt, t, x0, s)
        return there.mean / self.schedule.signal[s], there.variance / self.schedule.alpha_bar[s]

    def reverse(self, xt, t, s, m, w):
        """By (7a) and (7b), c from the posterior of x_0 = 1 at x_t = 0."""
        share = w**2 / (w**2 + self.sigma[t] ** 2)
        mean, told = self.posterior(xt, t, share * xt + (1 - share) * m, s)
        c = self.posterior(torch.zeros(1), t, torch.ones(1), s)[0]
        return mean, told + c**2 * share * self.sigma[t] ** 2

    def twin(self):
        return self.schedule.alpha_bar


class ByVariances:
    def __init__(self, sigma):
        self.v = sigma**2

    def jump(self, x0, t, eps):
        return x0 + self.v[t].sqrt() * eps

    def step(self, xs, s, t, eps):
        return xs + (self.v[t] - self.v[s]).sqrt() * eps

    def posterior(self, xt, t, x0, s):
        return Posterior(xt + (1 - self.v[s] / self.v[t]) * (x0 - xt), self.v[s] * (self.v[t] - self.v[s]) / self.v[t])

    def reverse(self, xt, t, s, m, w):
        """Regression: covariance over variance."""
        before, now = w * w + self.v[s], w * w + self.v[t]
        return m - before / now * m + before / now * xt, before - before**2 / now

    def walk(self, xT, predictor, times, noises):
        """The mean from ε̂ at once: x_t − (σ_t² − σ_s²) / σ_t ε̂."""
        states = xT[None]
        for t, s, noise in zip(times, times[1:], noises, strict=False):
            added = self.v[t] - self.v[s]
            xs = states[-1] - added / self.v[t].sqrt() * predictor(states[-1], t)
            states = torch.cat([states, (xs + (self.v[s] * added / self.v[t]).sqrt() * noise)[None]])
        return states

    def twin(self):
        snr = 1 / self.v[1:]
        return torch.cat([torch.ones(1).double(), snr / (1 + snr)])


class InPlainNumbers(ByPrecisions):
    def posterior(self, xt, t, x0, s):
        a, b = self.sigma[s] ** 2, self.sigma[t] ** 2
        return [(a * xt + (b - a) * x0) / b, a * (b - a) / b]

    def reverse(self, xt, t, s, m, w):
        a, b = self.sigma[s] ** 2, self.sigma[t] ** 2
        guess, doubt, c = (b * m + w * w * xt) / (w * w + b), w * w * b / (w * w + b), 1 - a / b
        return guess + (1 - c) * (xt - guess), a * c + c * c * doubt

    def walk(self, xT, predictor, times, noises):
        states = [xT]
        for i, t in enumerate(times[:-1]):
            mean, variance = self.posterior(
                states[i], t, states[i] - self.sigma[t] * predictor(states[i], t), times[i + 1]
            )
            states += [mean + variance**0.5 * noises[i]]
        return tuple(states)

    def twin(self):
        return torch.tensor([1 / (1 + one * one) for one in self.sigma], dtype=torch.float64)


class AVarianceLikeAnImage(Exploding):
    def posterior(self, xt, t, x0, s):
        mean, variance = Exploding.posterior(self, xt, t, x0, s)
        return mean, variance * torch.ones_like(xt)

    def reverse(self, xt, t, s, m, w):
        mean, variance = Exploding.reverse(self, xt, t, s, m, w)
        return mean, variance.expand_as(xt)


# --- the exploding process: wrong ---


def exploding(**methods):
    """The right process with some methods in another's writing."""
    return type("Exploding", (Exploding,), methods)


def exploding_posterior(of):
    """The right process, whose posterior is made of (σ_s, σ_t): the weights of xt and x0, and the variance."""

    def gives(self, xt, t, x0, s):
        of_xt, of_x0, variance = of(self.sigma[s], self.sigma[t])
        return of_xt * xt + of_x0 * x0, variance

    return exploding(posterior=gives)


def exploding_walk(move, ask=lambda x, t, s: (x, t)):
    """The right process with a walk whose steps are `move(self, xt, t, s, eps_hat, noise)`."""

    def walk(self, xT, predictor, times, noises):
        states = [xT]
        for t, s, noise in zip(times, times[1:], noises, strict=False):
            states.append(move(self, states[-1], t, s, predictor(*ask(states[-1], t, s)), noise))
        return states

    return exploding(walk=walk)


def drawn_with(width, guess=lambda self, xt, t, s, eps: xt - self.sigma[t] * eps):
    def move(self, xt, t, s, eps, noise):
        mean, variance = self.posterior(xt, t, guess(self, xt, t, s, eps), s)
        return mean + width(self, variance, t, s) * noise

    return exploding_walk(move)


def by_root(self, variance, t, s):
    return variance.sqrt()


def precisions_at_0(self, xt, t, x0, s):
    prior, likelihood = 1 / self.sigma[s] ** 2, 1 / (self.sigma[t] ** 2 - self.sigma[s] ** 2)
    return (prior * x0 + likelihood * xt) / (prior + likelihood), 1 / (prior + likelihood)


def all_noise_in_likelihood(a, b):
    return a**2 / (a**2 + b**2), b**2 / (a**2 + b**2), 1 / (1 / a**2 + 1 / b**2)


def preservings_posterior(a, b):
    now, before = 1 / (1 + b**2), 1 / (1 + a**2)
    beta = 1 - now / before
    return (
        (now / before).sqrt() * (1 - before) / (1 - now),
        before.sqrt() * beta / (1 - now),
        (1 - before) / (1 - now) * beta,
    )


class StdForVariance(Exploding):
    """Wrong by the specification, but its walk knows."""

    def posterior(self, xt, t, x0, s):
        mean, variance = Exploding.posterior(self, xt, t, x0, s)
        return mean, variance.sqrt()

    def walk(self, xT, predictor, times, noises):
        states = [xT]
        for t, s, noise in zip(times, times[1:], noises, strict=False):
            mean, std = self.posterior(states[-1], t, states[-1] - self.sigma[t] * predictor(states[-1], t), s)
            states.append(mean + std * noise)
        return states


class OnlyThePosterior:
    def __init__(self, sigma):
        self.sigma = sigma

    def jump(self, x0, t, eps): ...

    def step(self, xs, s, t, eps): ...

    posterior = Exploding.posterior

    def reverse(self, xt, t, s, m, w): ...

    def walk(self, xT, predictor, times, noises): ...

    def twin(self):
        return 1 - self.sigma**2


class AsOnThePage(OnlyThePosterior):
    def __init__(self, sigma): ...

    def posterior(self, xt, t, x0, s): ...

    def twin(self): ...


class OnlyTheWalk(OnlyThePosterior):
    def posterior(self, xt, t, x0, s): ...

    walk = Exploding.walk


class NothingKept:
    def __init__(self, sigma):
        sigma = sigma.clone()

    jump, step, posterior, reverse, walk, twin = (
        getattr(Exploding, n) for n in ("jump", "step", "posterior", "reverse", "walk", "twin")
    )


def every_time(self, xT, predictor, times, noises):
    states = [xT]
    for t in range(times[0], 0, -1):
        mean, variance = self.posterior(states[-1], t, states[-1] - self.sigma[t] * predictor(states[-1], t), t - 1)
        states.append(mean + variance.sqrt() * noises[min(len(states), len(noises)) - 1])
    return states


def exploding_noises(pick):
    """The right process, whose walk takes `pick(noises, i)` for its i-th step."""

    def walk(self, xT, predictor, times, noises):
        return Exploding.walk(self, xT, predictor, times, [pick(noises, i) for i in range(len(noises))])

    return exploding(walk=walk)


def noises_by_t(self, xT, predictor, times, noises):
    states = [xT]
    for t, s in zip(times, times[1:], strict=False):
        mean, variance = self.posterior(states[-1], t, states[-1] - self.sigma[t] * predictor(states[-1], t), s)
        states.append(mean + variance.sqrt() * noises[t - 1])
    return states


def a_step_too_many(self, xT, predictor, times, noises):
    states = [xT]
    for i in range(len(times)):
        states += Exploding.walk(self, states[-1], predictor, [times[i], times[i + 1]], [noises[i]])[1:]
    return states


def asked_once(self, xT, predictor, times, noises):
    said = predictor(xT, times[0])
    return Exploding.walk(self, xT, lambda *_: said, times, noises)


def by_eight(self, xt, t, s, eps):
    alpha_bar = self.twin()[t]
    return (xt - (1 - alpha_bar).sqrt() * eps) / alpha_bar.sqrt()


def last_alone(self, xT, predictor, times, noises):
    return Exploding.walk(self, xT, predictor, times, noises)[-1]


def without_x0(self, xT, predictor, times, noises):
    return Exploding.walk(self, xT, predictor, times, noises)[:-1]


def in_place(self, xT, predictor, times, noises):
    states = [xT]
    for t, s, noise in zip(times, times[1:], noises, strict=False):
        x0_hat = xT - self.sigma[t] * predictor(xT, t)
        mean, variance = self.posterior(xT, t, x0_hat, s)
        xT *= 0
        xT += mean + variance.sqrt() * noise
        states.append(xT)
    return states


def yields_for_ever(self, xT, predictor, times, noises):
    while True:
        yield xT


def swapped_pair(self, xt, t, x0, s):
    return Exploding.posterior(self, xt, t, x0, s)[::-1]


def mean_alone(self, xt, t, x0, s):
    return Exploding.posterior(self, xt, t, x0, s)[0]


def one_step_back(self, xt, t, x0, s):
    return Exploding.posterior(self, xt, t, x0, t - 1)


def exploding_reverse(of):
    """The right process, whose way back without x_0 has the weight of xt and the variance `of(w, σ_s², σ_t²)`."""

    def gives(self, xt, t, s, m, w):
        kept, variance = of(w, self.sigma[s] ** 2, self.sigma[t] ** 2)
        return m + kept * (xt - m), variance

    return exploding(reverse=gives)


def by_section_4(weigh):
    """The right process, whose way back has the mean of (7a), and in `weigh(told, c, doubt, w)` another (7b)."""

    def gives(self, xt, t, s, m, w):
        share = w**2 / (w**2 + self.sigma[t] ** 2)
        mean, told = self.posterior(xt, t, m + share * (xt - m), s)
        return mean, weigh(told, 1 - self.sigma[s] ** 2 / self.sigma[t] ** 2, share * self.sigma[t] ** 2, w)

    return exploding(reverse=gives)


def m_for_x0(self, xt, t, s, m, w):
    return self.posterior(xt, t, torch.full_like(xt, m), s)


def guess_by_precisions(self, xt, t, s, m, w):
    precision = 1 / w**2 + 1 / self.sigma[t] ** 2
    mean, told = self.posterior(xt, t, (m / w**2 + xt / self.sigma[t] ** 2) / precision, s)
    return mean, told + (1 - self.sigma[s] ** 2 / self.sigma[t] ** 2) ** 2 / precision


def bells_by_precisions(self, xt, t, s, m, w):
    prior, added = w**2 + self.sigma[s] ** 2, self.sigma[t] ** 2 - self.sigma[s] ** 2
    return (m / prior + xt / added) / (1 / prior + 1 / added), 1 / (1 / prior + 1 / added)


def no_doubt_at_0(self, xt, t, s, m, w):
    mean, variance = Exploding.reverse(self, xt, t, s, m, w)
    return mean, variance if s > 0 else 0.0


def times_used_up(self, xT, predictor, times, noises):
    states = Exploding.walk(self, xT, predictor, list(times), noises)
    while times:
        times.pop()
    return states


BUILD_WRONG = {
    "times used up": (exploding(walk=times_used_up), "it changes times itself; write `sorted(x)`", "它改动了 times 本身；请写 `sorted(x)`"),
    "widths subtracted": (exploding(step=lambda self, xs, s, t, eps: xs + (self.sigma[t] - self.sigma[s]) * eps), "`step`: standard deviations are subtracted", "`step`：相减的是标准差"),
    "all the noise again": (exploding(step=lambda self, xs, s, t, eps: xs + self.sigma[t] * eps), "adds all the noise of x_t", "加了 x_t 的全部噪声"),
    "no root in the step": (exploding(step=lambda self, xs, s, t, eps: xs + (self.sigma[t] ** 2 - self.sigma[s] ** 2) * eps), "multiplied by a variance", "噪声乘的是方差"),
    "s and t swapped": (exploding(step=lambda self, xs, s, t, eps: xs + (self.sigma[s] ** 2 - self.sigma[t] ** 2).sqrt() * eps), "not finite", "不是有限数"),
    "a step that fades": (exploding(step=lambda self, xs, s, t, eps: ((1 + self.sigma[s] ** 2) / (1 + self.sigma[t] ** 2)).sqrt() * xs + (1 - (1 + self.sigma[s] ** 2) / (1 + self.sigma[t] ** 2)).sqrt() * eps), "variance-preserving", "方差保持"),
    "a jump that fades": (exploding(jump=lambda self, x0, t, eps: (x0 + self.sigma[t] * eps) / (1 + self.sigma[t] ** 2).sqrt()), "`jump`: the image fades", "`jump`：图像变淡了"),
    "a jump with a root of 1 − σ²": (exploding(jump=lambda self, x0, t, eps: (1 - self.sigma[t] ** 2).sqrt() * x0 + self.sigma[t] * eps), "`jump`: x0 keeps the factor 1", "`jump`：这里 x0 的系数就是 1"),
    "a step with a root of 1 − added": (exploding(step=lambda self, xs, s, t, eps: (1 - self.sigma[t] ** 2 + self.sigma[s] ** 2).sqrt() * xs + (self.sigma[t] ** 2 - self.sigma[s] ** 2).sqrt() * eps), "x_s is scaled down", "x_s 被缩小了"),
    "a step that scales up": (exploding(step=lambda self, xs, s, t, eps: self.sigma[t] / self.sigma[s] * xs + (self.sigma[t] ** 2 - self.sigma[s] ** 2).sqrt() * eps), "scaled up by σ_t / σ_s", "放大了 σ_t / σ_s 倍"),
    "a mean not divided": (exploding_posterior(lambda a, b: (a**2, b**2 - a**2, (1 - a**2 / b**2) * a**2)), "do not add up to 1", "之和不是 1"),
    "a product of variances": (exploding_posterior(lambda a, b: (a**2 / b**2, 1 - a**2 / b**2, a**2 * (b**2 - a**2))), "still to be divided by their sum", "还要除以两者之和"),
    "nan at s = 0": (exploding(posterior=precisions_at_0), "not at s = 0: some of its values are not finite", "s = 0 时不对：其中有些值不是有限数"),
    "swapped": (exploding_posterior(lambda a, b: (1 - a**2 / b**2, a**2 / b**2, (1 - a**2 / b**2) * a**2)), "two weights are swapped", "两个权重写反了"),
    "weights of widths": (exploding_posterior(lambda a, b: (a / b, 1 - a / b, a * (b - a) / b)), "precisions are made of variances", "精度由方差得来"),
    "all the noise in the likelihood": (exploding_posterior(all_noise_in_likelihood), "the likelihood is given all the noise", "似然用了 x_t 的全部噪声"),
    "a square of a difference": (exploding_posterior(lambda a, b: (a**2 / (a**2 + (b - a) ** 2), (b - a) ** 2 / (a**2 + (b - a) ** 2), (a * (b - a)) ** 2 / (a**2 + (b - a) ** 2))), "square of a difference", "差的平方"),
    "(6) and (7)": (exploding_posterior(preservings_posterior), "this is (7)", "这是 (7)"),
    "variance of the step": (exploding_posterior(lambda a, b: (a**2 / b**2, 1 - a**2 / b**2, b**2 - a**2)), "variance of the step from s to t", "从 s 到 t 那一步的方差"),
    "variance of the prior": (exploding_posterior(lambda a, b: (a**2 / b**2, 1 - a**2 / b**2, a**2)), "the prior's variance", "先验的方差"),
    "shrunk by the other weight": (exploding_posterior(lambda a, b: (a**2 / b**2, 1 - a**2 / b**2, a**4 / b**2)), "shrunk by the weight of xt", "乘上了 xt 的权重"),
    "the precision": (exploding_posterior(lambda a, b: (a**2 / b**2, 1 - a**2 / b**2, b**2 / a**2 / (b**2 - a**2))), "this is the precision", "这是精度"),
    "the std": (StdForVariance, "this is the standard deviation", "这是标准差"),
    "a mean of its own kind": (exploding_posterior(lambda a, b: (0.3, 0.7, (1 - a**2 / b**2) * a**2)), "it is 0.300 x_t + 0.700 x_0; Bayes' rule gives", "它是 0.300 x_t + 0.700 x_0；贝叶斯公式给出"),
    "always one step": (exploding(posterior=one_step_back), "goes back to t − 1", "总是退到 t − 1"),
    "the other way round": (exploding(posterior=swapped_pair), "wrong order", "次序反了"),
    "the mean alone": (exploding(posterior=mean_alone), "return two things", "请返回两样"),
    "m for x_0": (exploding(reverse=m_for_x0), "m stands in the place of x_0", "m 放在了 x_0 的位置上"),
    "reverse: without m": (exploding(reverse=lambda self, xt, *given: (Exploding.reverse(self, xt, *given[:2], 0.0, given[3]))), "m is left out", "漏了 m"),
    "the data's width for x_s": (exploding_reverse(lambda w, a, b: (w**2 / (w**2 + b - a), w**2 * (b - a) / (w**2 + b - a))), "the width of the data alone", "只取了数据的宽度"),
    "w for w²": (exploding_reverse(lambda w, a, b: ((w + a) / (w + b), (w + a) * (b - a) / (w + b))), "w is a width", "w 是宽度"),
    "reverse: the guess": (exploding_reverse(lambda w, a, b: (w**2 / (w**2 + b), w**2 * b / (w**2 + b))), "this is the best guess of x_0", "这是对 x_0 的最优猜测"),
    "reverse: all the noise": (exploding_reverse(lambda w, a, b: ((w**2 + a) / (w**2 + a + b), (w**2 + a) * b / (w**2 + a + b))), "the mean: the likelihood is given all the noise", "均值：似然用了 x_t 的全部噪声"),
    "not told x_0, β̃ all the same": (by_section_4(lambda told, c, doubt, w: told), "which is told x_0", "它知道 x_0"),
    "doubt as it is": (by_section_4(lambda told, c, doubt, w: told + doubt), "is added as it is", "原样加了上去"),
    "doubt times c": (by_section_4(lambda told, c, doubt, w: told + c * doubt), "a variance takes its square", "方差要乘权重的平方"),
    "doubt before x_t": (by_section_4(lambda told, c, doubt, w: told + c**2 * w**2), "before x_t is seen", "还没看到 x_t 时"),
    "doubt alone": (by_section_4(lambda told, c, doubt, w: c**2 * doubt), "that is left with x_0 known is missing", "还缺 x_0 已知时"),
    "reverse: the std": (by_section_4(lambda told, c, doubt, w: (told + c**2 * doubt).sqrt()), "the variance: this is the standard deviation", "方差：这是标准差"),
    "reverse: no doubt at s = 0": (exploding(reverse=no_doubt_at_0), "not at s = 0: this is the variance of `posterior`", "s = 0 时不对：这是 `posterior` 的方差"),
    "reverse: nan at w = 0": (exploding(reverse=guess_by_precisions), "not at w = 0: some of its values are not finite", "w = 0 时不对：其中有些值不是有限数"),
    "reverse: nan at w = s = 0": (exploding(reverse=bells_by_precisions), "not at w = 0: some of its values are not finite", "w = 0 时不对：其中有些值不是有限数"),
    "reverse: the other way round": (exploding(reverse=lambda self, *given: Exploding.reverse(self, *given)[::-1]), "wrong order", "次序反了"),
    "to t − 1": (exploding_walk(lambda self, xt, t, s, eps, noise: Exploding.walk(self, xt, lambda *_: eps, [t, t - 1], [noise])[-1]), "each step goes back to t − 1", "每一步都只退到 t − 1"),
    "variance times noise": (drawn_with(lambda self, variance, t, s: variance), "multiplied by the variance", "噪声乘的是方差"),
    "no noise": (drawn_with(lambda *_: 0), "no noise is added", "没有加噪声"),
    "noise of a forward step": (drawn_with(lambda self, variance, t, s: (self.sigma[t] ** 2 - self.sigma[s] ** 2).sqrt()), "at the last step too", "连最后一步也加"),
    "noise without a factor": (drawn_with(lambda *_: 1), "no factor", "没有乘系数"),
    "a guess without σ": (drawn_with(by_root, lambda self, xt, t, s, eps: xt - eps), "x_t − ε̂", "x_t − ε̂"),
    "a guess with σ of s": (drawn_with(by_root, lambda self, xt, t, s, eps: xt - self.sigma[s] * eps), "has the width of s", "用了 s 处的宽度"),
    "ε̂ for x0": (drawn_with(by_root, lambda self, xt, t, s, eps: eps), "put in as x0", "当作 x0"),
    "noised anew": (exploding_walk(lambda self, xt, t, s, eps, noise: xt - self.sigma[t] * eps + self.sigma[s] * noise), "noises the guess anew", "重新加噪"),
    "DDIM": (exploding_walk(lambda self, xt, t, s, eps, noise: xt + (self.sigma[s] - self.sigma[t]) * eps), "adds nothing fresh", "没有加新噪声"),
    "asked at s": (exploding_walk(lambda self, xt, t, s, eps, noise: drawn_with(by_root).walk(self, xt, lambda *_: eps, [t, s], [noise])[-1], lambda x, t, s: (x, s)), "the predictor is told s", "告诉预测器的是 s"),
    "asked once": (exploding(walk=asked_once), "asked once only, at xT", "只在 xT 处问了一次"),
    "a guess by (8)": (drawn_with(by_root, by_eight), "the guess of x0 is (8)", "猜 x0 用的是 (8)"),
    "x_0 first": (exploding(walk=lambda self, *given: Exploding.walk(self, *given)[::-1]), "the wrong way round", "列表的次序反了"),
    "the noise before": (exploding_noises(lambda noises, i: noises[i - 1]), "shifted by one", "错开了一个"),
    "the noise after": (exploding_noises(lambda noises, i: noises[(i + 1) % len(noises)]), "shifted by one", "错开了一个"),
    "the noises from the end": (exploding_noises(lambda noises, i: noises[-1 - i]), "taken from the end", "从末尾倒着取"),
    "one noise for all": (exploding_noises(lambda noises, i: noises[0]), "takes the same noise", "同一份噪声"),
    "noises by t": (exploding(walk=noises_by_t), "a list is read beyond its end", "读到了列表的末尾之外"),
    "noises by t, yielded": (exploding(walk=lambda self, *given: (yield from noises_by_t(self, *given))), "a list is read beyond its end", "读到了列表的末尾之外"),
    "a step too many": (exploding(walk=a_step_too_many), "a list is read beyond its end", "读到了列表的末尾之外"),
    "own noise": (exploding_walk(lambda self, xt, t, s, eps, noise: Exploding.walk(self, xt, lambda *_: eps, [t, s], [torch.randn_like(noise)])[-1]), "of its own", "另抽了随机数"),
    "every time": (exploding(walk=every_time), "should have", "应当是"),
    "the last state alone": (exploding(walk=last_alone), "returns one state", "只返回了一个状态"),
    "without x_0": (exploding(walk=without_x0), "one entry is missing", "少了一项"),
    "xT in place": (exploding(walk=in_place), "changes xT", "改动了 xT"),
    "without end": (exploding(walk=yields_for_ever), "one entry too many", "多了一项"),
    "twin: a root": (exploding(twin=lambda self: 1 / (1 + self.sigma**2).sqrt()), "its square", "它的平方"),
    "twin: widths": (exploding(twin=lambda self: 1 / (1 + self.sigma)), "not their widths", "不是宽度"),
    "twin: 1 − σ²": (exploding(twin=lambda self: 1 - self.sigma**2), "falls below 0", "降到 0 以下"),
    "twin: exp": (exploding(twin=lambda self: torch.exp(-(self.sigma**2))), "with this ᾱ it does not", "这个 ᾱ 不满足"),
    "twin: products": (exploding(twin=lambda self: (1 / (1 + self.sigma**2)).cumprod(0)), "products over all steps", "连乘了各步"),
    "twin: products of 1 − σ²": (exploding(twin=lambda self: torch.cumprod(1 - self.sigma**2, 0)), "products over all steps", "连乘了各步"),
    "twin: down to 0": (exploding(twin=lambda self: 1 - self.sigma**2 / self.sigma[-1] ** 2), "it ends at 0", "在末尾降到 0"),
    "twin: 1 / σ²": (exploding(twin=lambda self: 1 / self.sigma**2), "the signal-to-noise ratio", "即信噪比"),
    "twin: nan at 0": (exploding(twin=lambda self: self.sigma**-2 / (1 + self.sigma**-2)), "right but for t = 0", "只差 t = 0"),
    "twin: float32": (exploding(twin=lambda self: torch.tensor([1 / (1 + one * one) for one in self.sigma.tolist()])), "float64", "float64"),
    "twin: through float32": (exploding(twin=lambda self: (1 / (1 + self.sigma.float() ** 2)).double()), "to float32 on the way", "被舍入成了 float32"),
    "twin: a little added": (exploding(twin=lambda self: 1 / (1 + self.sigma**2) + 5e-6 * (self.sigma > 0)), "right to a few digits", "只对了前几位"),
    "twin: a schedule": (exploding(twin=lambda self: Schedule(1 / (1 + self.sigma**2))), "Schedule", "Schedule"),
    "twin: T entries": (exploding(twin=lambda self: 1 / (1 + self.sigma[1:] ** 2)), "one entry is missing", "少了一项"),
    "only the posterior": (OnlyThePosterior, "2 of 6 parts hold", "6 个部分中有 2 个成立"),
    "only the walk": (OnlyTheWalk, "1 of 6 parts hold", "6 个部分中有 1 个成立"),
    "nothing kept": (NothingKept, "`__init__` must store it (`self.sigma = …`)", "`__init__` 里要先存好（`self.sigma = …`）"),
}  # fmt: skip
BUILD_HELD = {
    "widths subtracted": {"reverse", "mean", "variance", "walk", "twin"},
    "nan at s = 0": {"reverse", "forward", "variance", "walk", "twin"},
    "(6) and (7)": {"reverse", "forward", "walk", "twin"},
    "variance of the step": {"reverse", "forward", "mean", "walk", "twin"},
    "the std": {"reverse", "forward", "mean", "walk", "twin"},
    "the other way round": {"reverse", "forward", "walk", "twin"},
    "variance times noise": {"reverse", "forward", "mean", "variance", "twin"},
    "twin: a root": {"reverse", "forward", "mean", "variance", "walk"},
    "not told x_0, β̃ all the same": {"forward", "mean", "variance", "walk", "twin"},
    "reverse: nan at w = 0": {"forward", "mean", "variance", "walk", "twin"},
    "only the posterior": {"mean", "variance"},
    "only the walk": {"walk"},
    "nothing kept": set(),
    "all the noise in the likelihood": {"reverse", "forward", "walk", "twin"},
    "a product of variances": {"reverse", "forward", "mean", "walk", "twin"},
    "noises by t": {"reverse", "forward", "mean", "variance", "twin"},
}


def weighed(t):
    """The two weights of (7) at t, as the check writes them."""
    of_x0, of_xt = (posterior(linear(), torch.tensor([1 - a]), t, torch.tensor([a])).mean.item() for a in (1.0, 0.0))
    return f"{of_x0:.3f} x_0 + {of_xt:.3f} x_t"


NO_TIMESTEPS = [
    0,
    -2,
    1001,
    2.5,
    0.545,
    math.nan,
    math.inf,
    "2",
    "t = 2",
    True,
    [2],
    (2,),
    {2},
    torch.zeros(3),
    torch.tensor(True),
    torch.tensor(2j),
    print,
    2j,
]
WRONG_TIMES = [
    (
        1,
        f"{weighed(1)}, so x_0 does weigh more, but it is not the largest",
        f"{weighed(1)}，x_0 的权重确实更大，但这还不是最大",
    )
]
WRONG_TIMES += [
    (t, f"{weighed(t)}: x_t weighs more already", f"{weighed(t)}：x_t 的权重已经更大") for t in (3, 4, 1000)
]
WRONG_TIMES += [(answer, "will not do", "不行") for answer in NO_TIMESTEPS]

BUILDS = [ByPrecisions, ThroughTheTwin, ByVariances, InPlainNumbers, AVarianceLikeAnImage]
RIGHT = {"03.mean": MEANS, "03.paper": PAPER, "03.step": STEPS, "03.weigh": in_any_form(2), "03.build": BUILDS}
WRONG = {
    "03.mean": MEAN_WRONG,
    "03.paper": PAPER_WRONG,
    "03.step": STEP_WRONG,
    "03.weigh": named(WRONG_TIMES),
    "03.build": BUILD_WRONG,
}
HELD = {"03.build": BUILD_HELD}
BLANK = {"03.build": (AsOnThePage,)}
