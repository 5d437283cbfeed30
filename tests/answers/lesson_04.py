"""Lesson 04: right answers, each in its own way, and wrong ones, each as somebody has written it.

第 04 课：各有各写法的正确答案，以及有人写过的错误答案。
"""

import math

import numpy as np
import torch

from answers import in_any_form, named
from course_utils import oracle, schedules
from course_utils.exercises import exercise
from course_utils.forward import eps_from_x0, forward_jump

WEIGHTS = exercise("04.weights").reference()


# Right weights, each in its own way.


def by_softmax(schedule, data, xt, t):
    difference = xt[:, None] - schedule.signal[t] * data
    return torch.softmax(-difference.flatten(2).pow(2).sum(-1) / 2 / (1 - schedule.alpha_bar[t]), dim=-1)


def by_cdist(schedule, data, xt, t):
    distance = torch.cdist(xt.flatten(1), (schedule.signal[t] * data).flatten(1))
    return (-0.5 * (distance / schedule.noise[t]) ** 2).softmax(1)


def by_normal_densities(schedule, data, xt, t):
    bell = torch.distributions.Normal((schedule.signal[t] * data).flatten(1)[None], schedule.noise[t].to(xt.dtype))
    logs = bell.log_prob(xt.flatten(1)[:, None]).sum(2)
    return (logs - logs.logsumexp(1, keepdim=True)).exp()


def with_the_largest_subtracted(schedule, data, xt, t):
    a = schedule.alpha_bar[t].item()
    logits = -(xt[:, None] - math.sqrt(a) * data[None]).flatten(2).square().sum(2) / (2 * (1 - a))
    w = torch.exp(logits - logits.max(1, keepdim=True).values)
    return w / w.sum(1, keepdim=True)


def one_by_one(schedule, data, xt, t):
    rows = []
    for x in xt:
        distance = torch.stack([(x - schedule.signal[t] * datum).square().sum() for datum in data])
        rows.append((-distance / (2 * (1 - schedule.alpha_bar[t]))).softmax(0))
    return torch.stack(rows)


def in_float64_and_back(schedule, data, xt, t):
    return by_softmax(schedule, data.double(), xt.double(), t).to(xt.dtype)


def with_signal_to_noise(schedule, data, xt, t):
    """The same bell, seen from x_0: x_t / signal, with variance 1 / snr."""
    seen = xt.double() / schedule.signal[t]
    distance = (seen[:, None] - data.double()).flatten(2).square().sum(2)
    return (-distance * schedule.snr[t] / 2).softmax(1).to(xt.dtype)


def in_place_on_its_own(schedule, data, xt, t):
    difference = xt[:, None] - schedule.signal[t] * data
    distance = difference.flatten(2).square_().sum(2)
    return distance.div_(-2 * (1 - schedule.alpha_bar[t])).softmax(1)


def by_the_package(schedule, data, xt, t):
    return oracle.finite(schedule, data).shares(xt, t).to(xt.dtype)


def by_the_inner_product(schedule, data, xt, t):
    """|x_t|^2 is the same for all data: it leaves the softmax."""
    a, x, d = schedule.alpha_bar[t].item(), xt.flatten(1), data.flatten(1)
    return ((a**0.5 * x @ d.T - a * d.square().sum(1) / 2) / (1 - a)).softmax(1)


def by_softmin(schedule, data, xt, t):
    return torch.nn.functional.softmin(squared(schedule, data, xt, t) / (2 * (1 - schedule.alpha_bar[t])), dim=1)


def in_numpy_and_back(schedule, data, xt, t):
    a, x, d = float(schedule.alpha_bar[t]), xt.flatten(1).numpy(), data.flatten(1).numpy()
    logits = -((x[:, None] - a**0.5 * d) ** 2).sum(2) / (2 * (1 - a))
    w = np.exp(logits - logits.max(1, keepdims=True))
    return torch.from_numpy(w / w.sum(1, keepdims=True))


def one_over_the_sum_of_ratios(schedule, data, xt, t):
    logits = only_exponents(schedule, data, xt, t)
    return 1 / (logits[:, None] - logits[:, :, None]).exp().sum(2)


def pixel_by_pixel(schedule, data, xt, t):
    """Bayes' rule once per number: each posterior is the next one's prior."""
    logs, x, d = 0, xt.flatten(1).double(), (schedule.signal[t] * data.double()).flatten(1)
    for k in range(x.shape[1]):
        logs = logs - (x[:, k : k + 1] - d[:, k]) ** 2 / (2 * (1 - schedule.alpha_bar[t]))
        logs = logs - logs.logsumexp(1, keepdim=True)
    return logs.exp().to(xt.dtype)


RIGHT_WEIGHTS = [
    by_the_inner_product,
    by_softmin,
    in_numpy_and_back,
    one_over_the_sum_of_ratios,
    pixel_by_pixel,
    by_softmax,
    by_cdist,
    by_normal_densities,
    with_the_largest_subtracted,
    one_by_one,
    in_float64_and_back,
    with_signal_to_noise,
    in_place_on_its_own,
    by_the_package,
]


# Wrong weights, each as somebody has written it.


def squared(schedule, data, xt, t, scale=None):
    scale = schedule.signal[t] if scale is None else scale
    return (xt[:, None] - scale * data).flatten(2).square().sum(2)


def data_not_scaled(schedule, data, xt, t):
    return (-squared(schedule, data, xt, t, 1.0) / (2 * (1 - schedule.alpha_bar[t]))).softmax(1)


def scaled_by_alpha_bar(schedule, data, xt, t):
    return (-squared(schedule, data, xt, t, schedule.alpha_bar[t]) / (2 * (1 - schedule.alpha_bar[t]))).softmax(1)


def not_squared(schedule, data, xt, t):
    return (-squared(schedule, data, xt, t).sqrt() / (2 * (1 - schedule.alpha_bar[t]))).softmax(1)


def without_the_two(schedule, data, xt, t):
    return (-squared(schedule, data, xt, t) / (1 - schedule.alpha_bar[t])).softmax(1)


def sigma_for_its_square(schedule, data, xt, t):
    return (-squared(schedule, data, xt, t) / (2 * schedule.noise[t])).softmax(1)


def by_the_signal(schedule, data, xt, t):
    return (-squared(schedule, data, xt, t) / (2 * schedule.alpha_bar[t])).softmax(1)


def one_steps_variance(schedule, data, xt, t):
    return (-squared(schedule, data, xt, t) / (2 * schedule.beta[t])).softmax(1)


def the_farthest_wins(schedule, data, xt, t):
    return (squared(schedule, data, xt, t) / (2 * (1 - schedule.alpha_bar[t]))).softmax(1)


def mean_over_pixels(schedule, data, xt, t):
    distance = (xt[:, None] - schedule.signal[t] * data).flatten(2).square().mean(2)
    return (-distance / (2 * (1 - schedule.alpha_bar[t]))).softmax(1)


def over_the_batch(schedule, data, xt, t):
    return (-squared(schedule, data, xt, t) / (2 * (1 - schedule.alpha_bar[t]))).softmax(0)


def not_normalised(schedule, data, xt, t):
    return torch.exp(-squared(schedule, data, xt, t) / (2 * (1 - schedule.alpha_bar[t])))


def only_exponents(schedule, data, xt, t):
    return -squared(schedule, data, xt, t) / (2 * (1 - schedule.alpha_bar[t]))


def logarithms(schedule, data, xt, t):
    return only_exponents(schedule, data, xt, t).log_softmax(1)


def nearest_takes_all(schedule, data, xt, t):
    nearest = squared(schedule, data, xt, t).argmin(1)
    return torch.nn.functional.one_hot(nearest, len(data)).to(xt.dtype)


def all_the_same(schedule, data, xt, t):
    return torch.full((len(xt), len(data)), 1 / len(data), dtype=xt.dtype)


def t_from_zero(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, t - 1)


def t_too_large(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, min(t + 1, schedule.T))


def with_one_steps_alpha(schedule, data, xt, t):
    a = schedule.alpha[t]
    return (-squared(schedule, data, xt, t, a.sqrt()) / (2 * (1 - a))).softmax(1)


def variance_squared(schedule, data, xt, t):
    return (-squared(schedule, data, xt, t) / (2 * (1 - schedule.alpha_bar[t]) ** 2)).softmax(1)


def not_divided_by_the_variance(schedule, data, xt, t):
    return (-squared(schedule, data, xt, t) / 2).softmax(1)


def brackets_forgotten(schedule, data, xt, t):
    return (-squared(schedule, data, xt, t) / 2 * (1 - schedule.alpha_bar[t])).softmax(1)


def xt_scaled(schedule, data, xt, t):
    return (-squared(schedule, data, schedule.signal[t] * xt, t, 1.0) / (2 * (1 - schedule.alpha_bar[t]))).softmax(1)


def xt_unscaled(schedule, data, xt, t):
    return (-squared(schedule, data, xt / schedule.signal[t], t, 1.0) / (2 * (1 - schedule.alpha_bar[t]))).softmax(1)


def inverse_squares(schedule, data, xt, t):
    w = 1 / squared(schedule, data, xt, t)
    return w / w.sum(1, keepdim=True)


def absolute_values(schedule, data, xt, t):
    distance = (xt[:, None] - schedule.signal[t] * data).flatten(2).abs().sum(2)
    return (-distance / (2 * (1 - schedule.alpha_bar[t]))).softmax(1)


def sum_then_square(schedule, data, xt, t):
    distance = (xt[:, None] - schedule.signal[t] * data).flatten(2).sum(2).square()
    return (-distance / (2 * (1 - schedule.alpha_bar[t]))).softmax(1)


def over_the_largest(schedule, data, xt, t):
    logits = only_exponents(schedule, data, xt, t)
    return (logits - logits.amax(1, keepdim=True)).exp()


def over_the_sum_of_all(schedule, data, xt, t):
    w = not_normalised(schedule, data, xt, t)
    return w / w.sum()


def over_the_sum_and_a_bit(schedule, data, xt, t):
    w = not_normalised(schedule, data, xt, t)
    return w / (w.sum(1, keepdim=True) + 1e-8)


def exponents_cut_off(schedule, data, xt, t):
    w = only_exponents(schedule, data, xt, t).clamp(min=-80).exp()
    return w / w.sum(1, keepdim=True)


def largest_of_the_whole_batch(schedule, data, xt, t):
    logits = only_exponents(schedule, data, xt, t)
    w = (logits - logits.max()).exp()
    return w / w.sum(1, keepdim=True)


def never_at_the_first_step(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, max(t, 2))


def softmax_twice(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, t).softmax(1)


def the_largest_first(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, t).sort(1, descending=True).values


def rounded_off(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, t).mul(1000).round() / 1000


def squeezed(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, t).squeeze()


def changes_the_schedule(schedule, data, xt, t):
    schedule.alpha_bar[0] = 0.9
    return by_softmax(schedule, data, xt, t)


def exp_over_sum(schedule, data, xt, t):
    w = not_normalised(schedule, data, xt, t)
    return w / w.sum(1, keepdim=True)


def exp_over_a_safe_sum(schedule, data, xt, t):
    w = not_normalised(schedule, data, xt, t)
    return w / w.sum(1, keepdim=True).clamp(min=1e-200 if xt.dtype == torch.float64 else 1e-38)


def points_only(schedule, data, xt, t):
    distance = (xt[:, None] - schedule.signal[t] * data).square().sum(-1)
    return (-distance / (2 * (1 - schedule.alpha_bar[t]))).softmax(1)


def transposed(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, t).T


def first_only(schedule, data, xt, t):
    return by_softmax(schedule, data, xt[:1], t)


def one_row_for_all(schedule, data, xt, t):
    return by_softmax(schedule, data, xt[:1], t).expand(len(xt), -1)


def cosine_only(schedule, data, xt, t):
    return by_softmax(schedules.cosine(schedule.T), data, xt, t)


def last_time_only(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, schedule.T)


def changes_xt(schedule, data, xt, t):
    xt /= schedule.noise[t]
    return by_softmax(schedule, data, xt * schedule.noise[t], t)


def changes_data(schedule, data, xt, t):
    data *= schedule.signal[t]
    return data_not_scaled(schedule, data, xt, t)


def noises_again(schedule, data, xt, t):
    return by_softmax(schedule, data, forward_jump(schedule, xt, t).xt, t)


def leaks_float64(schedule, data, xt, t):
    return by_softmax(schedule, data.double(), xt.double(), t)


def always_float32(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, t).float()


def as_numpy(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, t).numpy()


def as_a_pair(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, t), t


def not_a_number(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, t) * torch.nan


def a_slip_of_the_pen(schedule, data, xt, t):
    return by_softmax(schedule, daat, xt, t)  # noqa: F821


WRONG_WEIGHTS = {
    data_not_scaled: ("not scaled down", "没有缩小"),
    scaled_by_alpha_bar: ("the data by ᾱ", "数据乘的是 ᾱ"),
    not_squared: ("not squared", "没有平方"),
    without_the_two: ("the 2 is missing", "漏了 2"),
    sigma_for_its_square: ("standard deviation", "标准差"),
    by_the_signal: ("divides by ᾱ", "信号的一份 ᾱ"),
    one_steps_variance: ("variance of one step", "一步的方差"),
    the_farthest_wins: ("the sign", "符号反了"),
    mean_over_pixels: ("mean of the squares", "取了均值"),
    over_the_batch: ("not over the batch", "不是沿批"),
    not_normalised: ("do not sum to 1", "权重之和不为 1"),
    only_exponents: ("the exponents", "只是指数"),
    logarithms: ("logarithms", "对数"),
    nearest_takes_all: ("takes all", "独占"),
    all_the_same: ("weigh the same", "一样重"),
    t_from_zero: ("one too small", "小了 1"),
    t_too_large: ("one too large", "大了 1"),
    with_one_steps_alpha: ("takes α, of one step", "用的是一步的 α"),
    variance_squared: ("squares 1 − ᾱ", "又平方了"),
    not_divided_by_the_variance: ("not divided by the variance", "没有除以方差"),
    brackets_forgotten: ("in brackets", "括号"),
    xt_scaled: ("scales x_t by √ᾱ", "乘上 √ᾱ 的是 x_t"),
    xt_unscaled: ("(1 − ᾱ) / ᾱ", "(1 − ᾱ) / ᾱ"),
    inverse_squares: ("inverse squared distances", "倒数"),
    absolute_values: ("absolute values", "绝对值"),
    sum_then_square: ("squares the sum", "先求和再平方"),
    over_the_largest: ("do not sum to 1", "权重之和不为 1"),
    over_the_sum_of_all: ("do not sum to 1", "权重之和不为 1"),
    over_the_sum_and_a_bit: ("do not sum to 1", "权重之和不为 1"),
    exponents_cut_off: ("Use softmax", "请用 softmax"),
    largest_of_the_whole_batch: ("Use softmax", "请用 softmax"),
    never_at_the_first_step: ("t = 1 it is off by", "t = 1 时，最多偏了"),
    softmax_twice: ("off by", "偏了"),
    the_largest_first: ("off by", "偏了"),
    rounded_off: ("off by", "偏了"),
    squeezed: ("(6,)", "(6,)"),
    changes_the_schedule: ("changes schedule", "改动了 schedule"),
    exp_over_sum: ("Use softmax", "请用 softmax"),
    exp_over_a_safe_sum: ("Use softmax", "请用 softmax"),
    points_only: ("(3, 7, 1, 8)", "(3, 7, 1, 8)"),
    transposed: ("(8, 5)", "(8, 5)"),
    first_only: ("(1, 8)", "(1, 8)"),
    one_row_for_all: ("first image for the whole batch", "整批只用了第一幅"),
    cosine_only: ("does not look at schedule", "没有用到传进来的 schedule"),
    last_time_only: ("does not look at t", "没有用到传进来的 t"),
    changes_xt: ("changes xt", "改动了 xt"),
    changes_data: ("changes data", "改动了 data"),
    noises_again: ("random numbers of its own", "另抽了随机数"),
    leaks_float64: ("float64", "float64"),
    always_float32: ("float32", "float32"),
    as_numpy: ("ndarray", "ndarray"),
    as_a_pair: ("tuple", "tuple"),
    not_a_number: ("nan or inf", "nan 或 inf"),
    a_slip_of_the_pen: ("daat", "daat"),
}


# Right eps, each in its own way.


def by_the_guess(schedule, data, xt, t):
    x0_hat = (WEIGHTS(schedule, data, xt, t) @ data.flatten(1)).reshape(xt.shape)
    return (xt - schedule.signal[t] * x0_hat) / schedule.noise[t]


def by_the_conversion(schedule, data, xt, t):
    x0_hat = torch.einsum("bn,n...->b...", by_cdist(schedule, data, xt, t), data)
    return eps_from_x0(schedule, xt, t, x0_hat)


def mean_of_the_noises(schedule, data, xt, t):
    eps = (xt[:, None] - schedule.signal[t] * data) / schedule.noise[t]
    w = (-eps.flatten(2).square().sum(2) / 2).softmax(1)
    return (w.reshape(*w.shape, *[1] * (xt.ndim - 1)) * eps).sum(1)


def by_the_gradient(schedule, data, xt, t):
    x = xt.double().requires_grad_()
    density = (-squared(schedule, data.double(), x, t) / (2 * (1 - schedule.alpha_bar[t]))).logsumexp(1).sum()
    (score,) = torch.autograd.grad(density, x)
    return (-schedule.noise[t] * score).to(xt.dtype)


def by_the_score(schedule, data, xt, t):
    return (-oracle.finite(schedule, data).score(xt, t) * schedule.noise[t]).to(xt.dtype)


def in_place_on_a_copy(schedule, data, xt, t):
    eps = xt.clone()
    eps -= schedule.signal[t] * (by_softmax(schedule, data, xt, t) @ data.flatten(1)).reshape(xt.shape)
    eps /= schedule.noise[t]
    return eps


def eps_in_float64_and_back(schedule, data, xt, t):
    return by_the_guess(schedule, data.double(), xt.double(), t).to(xt.dtype)


def eps_by_the_package(schedule, data, xt, t):
    return oracle.finite(schedule, data).eps(xt, t)


def from_signal_to_noise(schedule, data, xt, t):
    return xt / schedule.noise[t] - schedule.snr[t].sqrt() * guess(schedule, data, xt, t)


def by_tensordot(schedule, data, xt, t):
    return (xt - schedule.signal[t] * torch.tensordot(by_softmax(schedule, data, xt, t), data, 1)) / schedule.noise[t]


def through_the_velocity(schedule, data, xt, t):
    v = (schedule.signal[t] * xt - guess(schedule, data, xt, t)) / schedule.noise[t]
    return schedule.noise[t] * xt + schedule.signal[t] * v


def sample_by_sample(schedule, data, xt, t):
    return torch.cat([by_the_guess(schedule, data, x[None], t) for x in xt])


RIGHT_EPS = [
    from_signal_to_noise,
    by_tensordot,
    through_the_velocity,
    sample_by_sample,
    by_the_guess,
    by_the_conversion,
    mean_of_the_noises,
    by_the_gradient,
    by_the_score,
    in_place_on_a_copy,
    eps_in_float64_and_back,
    eps_by_the_package,
]


# Wrong eps, each as somebody has written it.


def guess(schedule, data, xt, t):
    return (WEIGHTS(schedule, data, xt, t) @ data.flatten(1)).reshape(xt.shape)


def from_the_nearest(schedule, data, xt, t):
    nearest = data[squared(schedule, data, xt, t).argmin(1)]
    return (xt - schedule.signal[t] * nearest) / schedule.noise[t]


def from_the_plain_mean(schedule, data, xt, t):
    return (xt - schedule.signal[t] * data.mean(0)) / schedule.noise[t]


def x0_returned(schedule, data, xt, t):
    return guess(schedule, data, xt, t)


def sign_turned(schedule, data, xt, t):
    return -by_the_guess(schedule, data, xt, t)


def signal_missing(schedule, data, xt, t):
    return (xt - guess(schedule, data, xt, t)) / schedule.noise[t]


def alpha_bar_for_its_root(schedule, data, xt, t):
    return (xt - schedule.alpha_bar[t] * guess(schedule, data, xt, t)) / schedule.noise[t]


def the_score(schedule, data, xt, t):
    return -by_the_guess(schedule, data, xt, t) / schedule.noise[t]


def by_the_variance(schedule, data, xt, t):
    return (xt - schedule.signal[t] * guess(schedule, data, xt, t)) / (1 - schedule.alpha_bar[t])


def not_divided(schedule, data, xt, t):
    return xt - schedule.signal[t] * guess(schedule, data, xt, t)


def multiplied(schedule, data, xt, t):
    return not_divided(schedule, data, xt, t) * schedule.noise[t]


def the_velocity(schedule, data, xt, t):
    eps = by_the_guess(schedule, data, xt, t)
    return schedule.signal[t] * eps - schedule.noise[t] * guess(schedule, data, xt, t)


def xt_itself(schedule, data, xt, t):
    return xt.clone()


def eps_t_from_zero(schedule, data, xt, t):
    return by_the_guess(schedule, data, xt, t - 1)


def eps_t_too_large(schedule, data, xt, t):
    return by_the_guess(schedule, data, xt, min(t + 1, schedule.T))


def drawn_afresh(schedule, data, xt, t):
    return torch.randn_like(xt)


def flat_result(schedule, data, xt, t):
    return by_the_guess(schedule, data, xt, t).flatten(1)


def eps_of_the_first(schedule, data, xt, t):
    return by_the_guess(schedule, data, xt[:1], t).expand(xt.shape)


def eps_changes_xt(schedule, data, xt, t):
    x0_hat = guess(schedule, data, xt, t)
    xt -= schedule.signal[t] * x0_hat
    return xt / schedule.noise[t]


def eps_leaks_float64(schedule, data, xt, t):
    return by_the_guess(schedule, data.double(), xt.double(), t)


def eps_always_float32(schedule, data, xt, t):
    return by_the_guess(schedule, data, xt, t).float()


def eight_by_eight_only(schedule, data, xt, t):
    return by_the_guess(schedule, data, xt, t).reshape(-1, 1, 8, 8)


def eps_for_a_thousand_steps(schedule, data, xt, t):
    return by_the_guess(schedules.cosine(), data, xt, t)


def eps_by_one_steps_alpha(schedule, data, xt, t):
    a = schedule.alpha[t]
    return (xt - a.sqrt() * guess(schedule, data, xt, t)) / (1 - a).sqrt()


def by_one_steps_noise(schedule, data, xt, t):
    return not_divided(schedule, data, xt, t) / schedule.beta[t].sqrt()


def by_the_wrong_factor(schedule, data, xt, t):
    return not_divided(schedule, data, xt, t) / schedule.signal[t]


def only_the_guess_divided(schedule, data, xt, t):
    return xt - schedule.signal[t] * guess(schedule, data, xt, t) / schedule.noise[t]


def added(schedule, data, xt, t):
    return (xt + schedule.signal[t] * guess(schedule, data, xt, t)) / schedule.noise[t]


def nothing_taken_away(schedule, data, xt, t):
    return xt / schedule.noise[t]


def the_signal(schedule, data, xt, t):
    return schedule.signal[t] * guess(schedule, data, xt, t)


def the_arrow(schedule, data, xt, t):
    return guess(schedule, data, xt, t) - xt


def the_arrow_backwards(schedule, data, xt, t):
    return xt - guess(schedule, data, xt, t)


def guess_clamped(schedule, data, xt, t):
    return (xt - schedule.signal[t] * guess(schedule, data, xt, t).clamp(-1, 1)) / schedule.noise[t]


def by_naive_weights(schedule, data, xt, t):
    x0_hat = (exp_over_sum(schedule, data, xt, t) @ data.flatten(1)).reshape(xt.shape)
    return (xt - schedule.signal[t] * x0_hat) / schedule.noise[t]


def one_datum_drawn(schedule, data, xt, t):
    which = torch.multinomial(by_softmax(schedule, data, xt, t), 1).flatten()
    return (xt - schedule.signal[t] * data[which]) / schedule.noise[t]


def one_guess_for_the_batch(schedule, data, xt, t):
    return (xt - schedule.signal[t] * guess(schedule, data, xt, t).mean(0)) / schedule.noise[t]


def of_unit_length(schedule, data, xt, t):
    eps = by_the_guess(schedule, data, xt, t)
    return eps / eps.flatten(1).norm(dim=1).reshape(-1, *[1] * (xt.ndim - 1))


def the_weights(schedule, data, xt, t):
    return by_softmax(schedule, data, xt, t)


def both(schedule, data, xt, t):
    return by_the_guess(schedule, data, xt, t), guess(schedule, data, xt, t)


def eps_not_a_number(schedule, data, xt, t):
    return by_the_guess(schedule, data, xt, t) / 0 * 0


def too_few_arguments(schedule, data, xt):
    return xt


WRONG_EPS = {
    from_the_nearest: ("the nearest datum", "最近的数据点"),
    from_the_plain_mean: ("plain mean", "普通均值"),
    x0_returned: ("this is x̂_0", "这是 x̂_0"),
    sign_turned: ("the sign", "符号反了"),
    signal_missing: ("√ᾱ is missing", "漏了 √ᾱ"),
    alpha_bar_for_its_root: ("x̂_0 by ᾱ", "x̂_0 乘的是 ᾱ"),
    the_score: ("the score", "得分"),
    by_the_variance: ("the variance 1 − ᾱ", "方差 1 − ᾱ"),
    not_divided: ("as it lies in x_t", "那份噪声"),
    multiplied: ("multiplies", "乘了"),
    the_velocity: ("this is v", "这是 v"),
    xt_itself: ("x_t itself", "x_t 本身"),
    eps_t_from_zero: ("one too small", "小了 1"),
    eps_t_too_large: ("one too large", "大了 1"),
    drawn_afresh: ("random numbers of its own", "另抽了随机数"),
    flat_result: ("(3, 64)", "(3, 64)"),
    eps_of_the_first: ("first image for the whole batch", "整批只用了第一幅"),
    eps_changes_xt: ("changes xt", "改动了 xt"),
    eps_leaks_float64: ("float64", "float64"),
    eps_always_float32: ("float32", "float32"),
    eight_by_eight_only: ("RuntimeError", "RuntimeError"),
    eps_for_a_thousand_steps: ("off by", "偏了"),
    eps_by_one_steps_alpha: ("takes α, of one step", "用的是一步的 α"),
    by_one_steps_noise: ("divides by √β", "系数 √β"),
    by_the_wrong_factor: ("divides by √ᾱ", "系数 √ᾱ"),
    only_the_guess_divided: ("in brackets", "括起来"),
    added: ("subtract it", "应当减去"),
    nothing_taken_away: ("not taken away", "没有从 x_t 中减去"),
    the_signal: ("the signal in x_t", "x_t 中的信号"),
    the_arrow: ("the arrow from x_t to x̂_0", "从 x_t 指向 x̂_0 的箭头"),
    the_arrow_backwards: ("this is x_t − x̂_0", "这是 x_t − x̂_0"),
    guess_clamped: ("clamped", "被截到了"),
    by_naive_weights: ("Use softmax", "请用 softmax"),
    one_datum_drawn: ("random numbers of its own", "另抽了随机数"),
    one_guess_for_the_batch: ("off by", "偏了"),
    of_unit_length: ("off by", "偏了"),
    the_weights: ("(5, 8)", "(5, 8)"),
    both: ("tuple", "tuple"),
    eps_not_a_number: ("nan or inf", "nan 或 inf"),
    too_few_arguments: ("TypeError", "TypeError"),
}

NO_NUMBERS = [0, -5, 1001, math.nan, "205", True, torch.tensor(True), [8], torch.zeros(2), print, 8j]
WRONG_TURNS = [
    (
        t,
        f"{t}: on the circle all shares are still below 1/2 there; move t down",
        f"{t}：那里 circle 的各份额都还不到 1/2；把 t 往下调",
    )
    for t in (216, 300, 500, 1000)
]
WRONG_TURNS += [
    (
        t,
        f"{t}: on the circle one datum has had more than 1/2 for long; move t up",
        f"{t}：那里 circle 早已有一点超过 1/2；把 t 往上调",
    )
    for t in (194, 100, 20, 1)
]
WRONG_TURNS += [(answer, "will not do", "不行") for answer in NO_NUMBERS]
WRONG_FEWEST = [
    (n, f"{n}: with so few steps the distance is 0.02 or more", f"{n}：这么少的步数，距离不小于 0.02")
    for n in (2, 3, 5)
]
WRONG_FEWEST += [(n, f"{n} is not on the slider", f"滑块上没有 {n}") for n in (0.0125, 1, 6, 7, 9, 10, 1000)]
WRONG_FEWEST += [
    (n, f"{n}: on the moons with cosine and η = 0 fewer steps", f"{n}：选 moons、cosine、η = 0 时，更少的步数")
    for n in (12, 20, 35, 60, 100)
]
WRONG_FEWEST += [(answer, "will not do", "不行") for answer in NO_NUMBERS]

RIGHT = {
    "04.weights": RIGHT_WEIGHTS,
    "04.eps": RIGHT_EPS,
    "04.turn": in_any_form(195, 205, 215),
    "04.fewest": in_any_form(8),
}
WRONG = {
    "04.weights": named(WRONG_WEIGHTS),
    "04.eps": named(WRONG_EPS),
    "04.turn": named(WRONG_TURNS),
    "04.fewest": named(WRONG_FEWEST),
}
