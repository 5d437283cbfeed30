"""Lesson 04: right answers, each in its own way, and wrong ones, each as somebody has written it.

第 04 课：各有各写法的正确答案，以及有人写过的错误答案。
"""

import itertools
import math

import numpy as np
import torch

from answers import in_any_form, named
from course_utils import oracle, schedules
from course_utils.exercises import exercise
from course_utils.exercises.lesson_04.paper import PAPER_MISTAKES
from course_utils.exercises.lesson_04.spread import SPREAD_MISTAKES
from course_utils.forward import forward_jump, per_sample
from course_utils.reverse import sigma_posterior

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


def floored(schedule, data, xt, t):
    return WEIGHTS(schedule, data, xt, t).clamp(min=1e-4)


WRONG_WEIGHTS = {
    floored: ("among hundreds of data", "数据有几百个时"),
    data_not_scaled: ("not scaled down", "没有缩小"),
    scaled_by_alpha_bar: ("the data by ᾱ", "数据乘的是 ᾱ"),
    not_squared: ("not squared", "没有平方"),
    without_the_two: ("the 2 is missing", "漏了 2"),
    sigma_for_its_square: ("standard deviation", "标准差"),
    by_the_signal: ("divides by ᾱ", "信号的份额 ᾱ"),
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

# The exact denoiser of labelled data, each in its own way.


def prepared(schedule, x, y):
    data = x.flatten(1).double()
    half = data.square().sum(1) / 2

    def denoise(xt, t, labels=None):
        a = schedule.alpha_bar[torch.as_tensor(t)].reshape(-1, 1)
        logits = (a.sqrt() * (xt.flatten(1).double() @ data.T) - a * half) / (1 - a)
        if labels is not None:
            keep = torch.where(labels[:, None] == -1, True, labels[:, None] == y)
            assert keep.any(1).all(), "empty class"
            logits = torch.where(keep, logits, -torch.inf)
        w = (logits - logits.logsumexp(1, keepdim=True)).exp()
        return (w @ data).view_as(xt).to(xt)

    return denoise


def an_oracle_each(schedule, x, y):
    oracles = {int(k): oracle.finite(schedule, x[y == k]) for k in y.unique()}
    oracles[-1] = oracle.finite(schedule, x)

    def denoise(xt, t, labels=None):
        if labels is None:
            return oracles[-1](xt, t)
        times = torch.as_tensor(t).expand(len(xt))
        one = [oracles[int(k)](xt[i : i + 1], times[i : i + 1]) for i, k in enumerate(labels)]
        return torch.cat(one)

    return denoise


class Denoising:
    def __init__(self, schedule, x, y):
        self.schedule, self.shape, self.y = schedule, x.shape[1:], y
        self.data = x.to(torch.float64).reshape(len(x), -1)

    def weights(self, xt, t, labels):
        a = self.schedule.alpha_bar[t].view(-1, 1)
        distance = torch.cdist(xt, torch.zeros_like(xt[:1])) ** 2 - 2 * a.sqrt() * xt @ self.data.T
        distance = distance + a * self.data.pow(2).sum(1)
        prior = torch.zeros(len(xt), len(self.data), dtype=torch.float64)
        for i, k in enumerate([] if labels is None else labels.tolist()):
            if k != -1:
                prior[i] = (self.y == k).double().log()
        if prior.isinf().all(1).any():
            raise KeyError(labels)
        return torch.softmax(prior - distance / (2 * (1 - a)), dim=-1)

    def __call__(self, xt, t, labels=None):
        w = self.weights(xt.to(torch.float64).reshape(len(xt), -1), t, labels)
        return torch.einsum("bn,nd->bd", w, self.data).reshape(-1, *self.shape).to(xt.dtype)


def sample_after_sample(schedule, x, y):
    def one(x_t, t, k):
        a = schedule.alpha_bar[t]
        mine = x if k == -1 else x[y == k]
        if len(mine) == 0:
            raise ValueError(k)
        apart = (x_t.double() - a.sqrt() * mine.double()).flatten(1).square().sum(1)
        w = (-apart / (2 * (1 - a))).softmax(0)
        return torch.tensordot(w, mine.double(), 1).to(x_t.dtype)

    def denoise(xt, t, labels=None):
        labels = [-1] * len(xt) if labels is None else labels.tolist()
        times = [int(t)] * len(xt) if isinstance(t, int) else t.tolist()
        return torch.stack([one(*each) for each in zip(xt, times, labels, strict=True)])

    return denoise


def with_columns_for_no_label(schedule, x, y):
    data, classes = x.flatten(1).double(), y.unique()
    table = torch.cat([classes[:, None] == y, torch.ones(1, len(y), dtype=torch.bool)]).double().log()

    def denoise(xt, t, labels=None):
        wishes = torch.full((len(xt),), -1) if labels is None else labels
        row = torch.tensor([len(classes) if k == -1 else classes.tolist().index(k) for k in wishes.tolist()])
        signal, noise = schedule.signal[t].reshape(-1, 1), schedule.noise[t].reshape(-1, 1)
        scaled = torch.cdist(xt.flatten(1).double(), data * 0).square() - 2 * signal * (xt.flatten(1).double() @ data.T)
        scaled += signal**2 * (data**2).sum(1)
        return ((table[row] - scaled / noise**2 / 2).softmax(1) @ data).reshape(xt.shape).type(xt.dtype)

    return denoise


def in_lots(schedule, x, y, size=4):
    """A few samples at a time, each compared with all data, pixel by pixel."""
    data = x.flatten(1).double()

    def lot(xt, a, own):
        e = -(xt[:, None] - a.sqrt()[..., None] * data).square_().sum(2) / (2 * (1 - a))
        return e.masked_fill_(~own, -math.inf).softmax(1) @ data

    def denoise(xt, t, labels=None):
        wishes = torch.full((len(xt),), -1) if labels is None else labels
        own = (wishes[:, None] == y) | (wishes == -1)[:, None]
        if not all(map(any, own)):
            raise LookupError("no such class")
        a = schedule.alpha_bar[t].expand(len(xt))[:, None]
        lots = [lot(*each) for each in zip(*(of.split(size) for of in (xt.flatten(1).double(), a, own)), strict=True)]
        return torch.cat(lots).reshape(xt.shape).to(xt.dtype)

    return denoise


def mapped_over_the_samples(schedule, x, y):
    """One sample, written out, and `torch.vmap` over the batch."""
    data = x.flatten(1).double()
    half = torch.linalg.vecdot(data, data) / 2

    def one(point, a, own):
        e = (a.sqrt() * torch.mv(data, point) - a * half) / (1 - a)
        return torch.where(own, e, -torch.inf).softmax(0) @ data

    def denoise(xt, t, labels=None):
        own = torch.ones(len(xt), len(y), dtype=torch.bool)
        if labels is not None:
            own = (labels == -1)[:, None] | labels[:, None].eq(y)
        if own.sum(1).min() == 0:
            raise ValueError("nobody has such a label")
        a = schedule.alpha_bar[t] * torch.ones(len(xt))
        return torch.vmap(one)(xt.flatten(1).double(), a, own).unflatten(1, xt.shape[1:]).to(xt.dtype)

    return denoise


RIGHT_BUILD = [
    mapped_over_the_samples,
    prepared,
    an_oracle_each,
    Denoising,
    sample_after_sample,
    with_columns_for_no_label,
    in_lots,
]


# The same, as somebody gets it wrong: each with one line changed.


def built(
    exponents=lambda xt, data, a, noise: (a.sqrt() * (xt @ data.mT) - a * data.square().sum(1) / 2) / (1 - a),
    time=lambda t: t,
    at=lambda value: value.reshape(-1, 1),
    kind=torch.float64,
    asked=lambda labels, y: (labels[:, None] == y) | (labels[:, None] == -1),
    refuse=True,
    shares=lambda e, keep: e.masked_fill(~keep, -torch.inf).softmax(1),
    last=lambda guess, xt: guess.reshape(xt.shape).to(xt.dtype),
    flat=lambda x: x.flatten(1),
):
    """The right answer but for what is handed over."""

    def labelled(schedule, x, y):
        data = flat(x).to(kind)

        def denoise(xt, t, labels=None):
            points = flat(xt).to(kind)
            a, noise = (at(value[time(t)]).to(kind) for value in (schedule.alpha_bar, schedule.noise))
            e, keep = exponents(points, data, a, noise), torch.ones(len(xt), len(y), dtype=torch.bool)
            if labels is not None:
                keep = asked(labels, y)
                if refuse and not keep.any(1).all():
                    raise ValueError(labels)
            return last(shares(e, keep) @ data, xt)

        return denoise

    return labelled


def bells(xt, data, a, noise):
    return -(xt[:, None] - a.sqrt()[..., None] * data).square().sum(2) / (2 * (1 - a))


def over_their_sum(e, keep):
    w = e.exp() * keep
    return w / w.sum(1, keepdim=True)


def renormalised_too_late(e, keep):
    w = e.softmax(1) * keep
    return w / w.sum(1, keepdim=True)


def gives_a_tensor(schedule, x, y):
    return prepared(schedule, x, y)(x[:2], schedule.T // 2)


def times_averaged(t):
    return t if isinstance(t, int) else int(t.double().mean())


def answers_with_eps(schedule, x, y):
    guess = prepared(schedule, x, y)

    def denoise(xt, t, labels=None):
        signal, noise = (per_sample(value[torch.as_tensor(t)], xt) for value in (schedule.signal, schedule.noise))
        return (xt - signal * guess(xt, t, labels)) / noise

    return denoise


def minus_one_is_a_class(labels, y):
    return labels[:, None] == y


def scales_x_itself(schedule, x, y):
    x *= 0.5
    return prepared(schedule, 2 * x, y)


def without_the_last_argument(schedule, x, y):
    guess = prepared(schedule, x, y)
    return lambda xt, t: guess(xt, t)


def none_is_no_tensor(schedule, x, y):
    guess = prepared(schedule, x, y)
    none = torch.tensor([-1])
    return lambda xt, t, labels=none: guess(xt, t, labels.expand(len(xt)))


def squares_in_float32(xt, data, a, noise):
    return -(xt.square().sum(1, keepdim=True) - 2 * a.sqrt() * xt @ data.mT + a * data.square().sum(1)) / (2 * (1 - a))


def bells_of_points(xt, data, a, noise):
    return -(xt[:, None] - a.sqrt()[..., None] * data).square().mean(2) / (2 * (1 - a))


def types_as_they_come(schedule, x, y):
    guess = prepared(schedule, x, y)

    def denoise(xt, t, labels=None):
        xt.flatten(1) @ x.flatten(1).T
        return guess(xt, t, labels)

    return denoise


def labels_are_places(schedule, x, y):
    oracles = [oracle.finite(schedule, x[y == k]) for k in y.unique()] + [oracle.finite(schedule, x)]

    def denoise(xt, t, labels=None):
        labels = [-1] * len(xt) if labels is None else labels
        times = torch.as_tensor(t).expand(len(xt))
        return torch.cat([oracles[k](xt[i : i + 1], times[i : i + 1]) for i, k in enumerate(labels)])

    return denoise


def unknown_is_an_error(labels, y):
    if not torch.isin(labels, y).all():
        raise ValueError("no such label")
    return labels[:, None] == y


def cut_off(guess, xt):
    return guess.clamp(-1, 1).reshape(xt.shape).to(xt.dtype)


def eight_at_a_time(schedule, x, y):
    return in_lots(schedule, x, y, size=8)


def class_by_class(time):
    """The samples of a class taken out of the batch, with what `time` takes out of t for them."""

    def labelled(schedule, x, y):
        guess = prepared(schedule, x, y)

        def denoise(xt, t, labels=None):
            if labels is None:
                return guess(xt, t)
            answer = torch.empty_like(xt)
            for k in labels.unique():
                own = y == y if k == -1 else y == k
                if not own.any():
                    raise ValueError(k)
                here = labels == k
                answer[here] = prepared(schedule, x[own], y[own])(xt[here], time(t, here))
            return answer

        return denoise

    return labelled


def first_of_them(t, here):
    return t if isinstance(t, int) else t[here][:1] if int(here.sum()) > 1 else t[:1]


def a_table_of_counts(schedule, x, y):
    there = torch.bincount(y) > 0
    ask = built(refuse=False)(schedule, x, y)

    def denoise(xt, t, labels=None):
        if labels is not None and not there[labels[labels != -1]].all():
            raise ValueError("no such label")
        return ask(xt, t, labels)

    return denoise


def mapped_pixel_by_pixel(schedule, x, y):
    guess = prepared(schedule, x, y)

    def denoise(xt, t, labels=None):
        torch.vmap(lambda point: (point - x.flatten(1)).square())(xt.flatten(1).to(x.dtype))
        return guess(xt, t, labels)

    return denoise


def not_a_datum(schedule, x, y):
    return lambda xt, t, labels=None: xt.clone()


POINTS, IMAGES, TIMES, LABELS, STABLE, MEMORY = PARTS = ("points", "images", "times", "labels", "stable", "memory")


def keeps_less_each_time(schedule, x, y):
    """The data are scaled where they are kept, so that the next question finds them smaller."""
    data = x.double().clone()

    def denoise(xt, t, labels=None):
        guess = built()(schedule, data, y)(xt, t, labels)
        data.mul_(0.9)
        return guess

    return denoise


def first_time_for_ever(schedule, x, y):
    """The time is kept when it is asked for the first time."""
    denoise, times = built()(schedule, x, y), []

    def once(xt, t, labels=None):
        times.append(t)
        return denoise(xt, times[0] if isinstance(t, int) else t, labels)

    return once


def no_label_for_all(schedule, x, y):
    """A batch in which nobody has a wish is taken for one without an answer."""
    right = built()(schedule, x, y)
    return lambda xt, t, labels=None: 0 * xt if labels is not None and (labels < 0).all() else right(xt, t, labels)


def a_squeezed_table(schedule, x, y):
    right = built()(schedule, x, y)
    return lambda xt, t, labels=None: right(xt, t, labels) if len(x) > 1 else 0.9 * right(xt, t, labels)


WRONG_BUILD = {
    "the first time for ever": (first_time_for_ever, "asked a second time", "再问一次"),
    "data kept smaller": (keeps_less_each_time, "asked a second time", "再问一次"),
    "nobody has a wish": (no_label_for_all, "departs from the truth", "与真值不符"),
    "a single datum": (a_squeezed_table, "departs from the truth", "与真值不符"),
    "all pairs at once": (built(exponents=bells), "tensor of 14 MiB", "14 MiB 的张量"),
    "in float32": (built(squares_in_float32, kind=torch.float32, at=lambda v: v.reshape(-1, 1).float()), "float64 inside", "内部用 float64"),
    "exp over sum": (built(shares=over_their_sum), "rounded to 0", "舍入成 0"),
    "eight at a time": (eight_at_a_time, "at most 4 at a time", "每块至多 4 个样本"),
    "types as they come": (types_as_they_come, "the type of those that came in", "与传进来的同类型"),
    "one time only": (built(at=lambda value: value), "`[:, None]` for a table or flattened samples", "对表或展平的样本是 `[:, None]`"),
    "first time for all": (built(time=lambda t: t if isinstance(t, int) else t[0]), "first sample's time", "第一个样本的时间步"),
    "mean of the times": (built(time=times_averaged), "mean of the times", "时间步的均值"),
    "whole numbers only": (built(time=int), "**times**: with", "**times**："),
    "labels ignored": (built(asked=lambda labels, y: labels[:, None] >= -1 + 0 * y, refuse=False), "does not look at labels", "没有用到传进来的 labels"),
    "first label for all": (built(asked=lambda labels, y: ((labels[0] == y) | (labels[0] == -1)).expand(len(labels), -1)), "first label", "第一个标签"),
    "all the labels of the batch": (built(asked=lambda labels, y: torch.isin(y, labels).expand(len(labels), -1)), "all the labels of the batch", "这一批里所有标签的数据"),
    "every class but its own": (built(asked=lambda labels, y: labels[:, None] != y), "wrong way round", "掩码反了"),
    "taken out too late": (built(shares=lambda e, keep: e.softmax(1) * keep), "after the softmax", "softmax 之后才去掉"),
    "renormalised too late": (built(shares=renormalised_too_late), "have been rounded to 0 before", "已经全部舍入成 0"),
    "exponents of 0": (built(shares=lambda e, keep: (e * keep).softmax(1)), "exp(0) is 1", "exp(0) 是 1"),
    "first label for all but -1": (built(asked=lambda labels, y: (labels[0] == y) | (labels[:, None] == -1)), "first label", "第一个标签"),
    "0 is no label": (built(asked=lambda labels, y: (labels[:, None] == y) | (labels[:, None] <= 0)), "label 0 is taken for no label", "把标签 0 当成了没有标签"),
    "all below 0 are no label": (built(asked=lambda labels, y: (labels[:, None] == y) | (labels[:, None] < 0)), "label -2, which no datum has", "要标签 -2，可是没有这样的数据"),
    "-1e9 for an exponent": (built(shares=lambda e, keep: e.masked_fill(~keep, -1e9).softmax(1)), "a finite number, such as −1e9", "有限的数，例如 −1e9"),
    "-1e12 added": (built(shares=lambda e, keep: (e + ~keep * -1e12).softmax(1)), "a finite number, such as −1e9", "有限的数，例如 −1e9"),
    "-1e4 with distances": (built(exponents=bells, shares=lambda e, keep: e.masked_fill(~keep, -1e4).softmax(1)), "a finite number, such as −1e9", "有限的数，例如 −1e9"),
    "labels are places": (labels_are_places, "The labels in y are [2, 5, 7]", "y 中的标签是 [2, 5, 7]"),
    "-1 is unknown": (built(asked=unknown_is_an_error), "no such label`. The labels in y are [2, 5, 7], and -1 asks for all data", "no such label`。y 中的标签是 [2, 5, 7]，-1 则表示全部数据"),
    "-1 is a class": (built(asked=minus_one_is_a_class), "ValueError", "ValueError"),
    "all times for some samples": (class_by_class(lambda t, here: t), "takes the same ones out of t", "从 t 里挑出同样的那些"),
    "first time with labels": (class_by_class(first_of_them), "takes the same ones out of t", "从 t 里挑出同样的那些"),
    "a table of counts": (a_table_of_counts, "label -3, which no datum has", "要标签 -3，可是没有这样的数据"),
    "mapped pixel by pixel": (mapped_pixel_by_pixel, "tensor of 7 MiB", "7 MiB 的张量"),
    "nan for an empty class": (built(refuse=False), "label 3, which no datum has", "要标签 3，可是没有这样的数据"),
    "no None": (none_is_no_tensor, "labels=None", "labels=None"),
    "no labels taken": (without_the_last_argument, "TypeError", "TypeError"),
    "always float64": (built(last=lambda guess, xt: guess.reshape(xt.shape)), "should be torch.float32", "应当是 torch.float32"),
    "flat guess": (built(last=lambda guess, xt: guess.to(xt.dtype)), "(3, 64)", "(3, 64)"),
    "points only": (built(flat=lambda x: x), "for points it runs, for images it stops", "对点能运行，对图像却中断"),
    "data not scaled": (built(exponents=lambda xt, data, a, noise: (xt @ data.mT - data.square().sum(1) / 2) / (1 - a)), "not scaled down", "没有缩小"),
    "by the standard deviation": (built(exponents=lambda xt, data, a, noise: (a.sqrt() * (xt @ data.mT) - a * data.square().sum(1) / 2) / noise), "standard deviation", "标准差"),
    "without the 2": (built(exponents=lambda xt, data, a, noise: 2 * (a.sqrt() * (xt @ data.mT) - a * data.square().sum(1) / 2) / (1 - a)), "the 2 is missing", "漏了 2"),
    "the square of x_i forgotten": (built(exponents=lambda xt, data, a, noise: a.sqrt() * (xt @ data.mT) / (1 - a)), "is left away", "展开之后漏了"),
    "mean over the pixels": (built(exponents=bells_of_points), "mean of the squares", "取了均值"),
    "eps": (answers_with_eps, "**stable**: for the same reason as **points**", "**stable**：理由同 **points**"),
    "cut off": (built(last=cut_off), "cut off to −1 … 1", "截断到了 −1…1"),
    "nearest datum": (built(shares=lambda e, keep: (e == e.amax(1, keepdim=True)).to(e)), "takes all", "独占"),
    "a tensor": (gives_a_tensor, "it returns a Tensor", "返回的是 Tensor"),
    "changes x": (scales_x_itself, "changes x", "改动了 x"),
    "x_t itself": (not_a_datum, "does not look at x", "没有用到传进来的 x"),
}  # fmt: skip
HELD = {
    "04.build": {
        "all pairs at once": {POINTS, IMAGES, TIMES, LABELS, STABLE},
        "in float32": {POINTS, IMAGES, TIMES, LABELS, MEMORY},
        "exp over sum": {POINTS, IMAGES, TIMES, LABELS, MEMORY},
        "one time only": {POINTS, IMAGES, LABELS, STABLE, MEMORY},
        "mean of the times": {POINTS, IMAGES, LABELS, STABLE, MEMORY},
        "eight at a time": {POINTS, IMAGES, TIMES, LABELS, STABLE},
        "cut off": {POINTS, IMAGES, TIMES, LABELS, MEMORY},
        "0 is no label": {POINTS, IMAGES, TIMES, STABLE, MEMORY},
        "all below 0 are no label": {POINTS, IMAGES, TIMES, STABLE, MEMORY},
        "-1e9 for an exponent": {POINTS, IMAGES, TIMES, STABLE, MEMORY},
        "labels ignored": {POINTS, IMAGES, TIMES, STABLE, MEMORY},
        "taken out too late": {POINTS, IMAGES, TIMES, STABLE, MEMORY},
        "renormalised too late": {POINTS, IMAGES, TIMES, STABLE, MEMORY},
        "-1 is a class": {POINTS, IMAGES, TIMES, STABLE, MEMORY},
        "all times for some samples": {POINTS, IMAGES, TIMES, STABLE, MEMORY},
        "a table of counts": {POINTS, IMAGES, TIMES, STABLE, MEMORY},
        "mapped pixel by pixel": {POINTS, IMAGES, TIMES, LABELS, STABLE},
        "nan for an empty class": {POINTS, IMAGES, TIMES, STABLE, MEMORY},
        "always float64": {POINTS, TIMES, LABELS, STABLE, MEMORY},
        "points only": {POINTS, TIMES, LABELS, STABLE, MEMORY},
        "data not scaled": {IMAGES, TIMES, LABELS, STABLE, MEMORY},
        "mean over the pixels": {IMAGES, TIMES, LABELS, STABLE},
        "a tensor": set(),
    }
}


# The spread along a walk, each in its own way.


def by_the_step(schedule, std, times, eta):
    """Each step is affine: its slope is read off the package's step from 0 and from 1."""
    truth = oracle.mixture(schedule, torch.zeros(1, 1), torch.tensor([std], dtype=torch.float64))
    at, variance = torch.tensor([[0.0], [1.0]], dtype=torch.float64), [1.0]
    for t, s in zip(times, times[1:], strict=False):
        sigma = eta * float(sigma_posterior(schedule, torch.tensor(t), torch.tensor(s)))
        eps_hat, a_s = truth.eps(at, t), schedule.alpha_bar[s]
        landed = a_s.sqrt() * truth(at, t) + (1 - a_s - sigma**2).clamp(min=0).sqrt() * eps_hat
        variance.append(float(landed[1] - landed[0]) ** 2 * variance[-1] + sigma**2)
    return np.sqrt(variance)


def in_tensors(schedule, std, times, eta):
    a = schedule.alpha_bar[torch.tensor(times)]
    a_t, a_s = a[:-1], a[1:]
    sigma2 = eta**2 * (1 - a_s) / (1 - a_t) * (1 - a_t / a_s)
    width = a_t * std**2 + 1 - a_t
    gain = (a_s * a_t).sqrt() * std**2 / width + ((1 - a_s - sigma2).clamp(min=0) * (1 - a_t)).sqrt() / width
    variance = torch.ones_like(a)
    for i in range(len(gain)):
        variance[i + 1] = gain[i] ** 2 * variance[i] + sigma2[i]
    return variance.sqrt()


def with_hypot(schedule, std, times, eta):
    now, walk = 1.0, [1.0]
    for i in range(len(times) - 1):
        t, s = times[i], times[i + 1]
        v = schedule.alpha_bar[t] * std**2 + 1 - schedule.alpha_bar[t]
        sigma = eta * sigma_posterior(schedule, t, s)
        keep = torch.sqrt(torch.clamp(schedule.noise[s] ** 2 - sigma**2, min=0))
        gain = schedule.signal[s] * schedule.signal[t] * std**2 / v + keep * schedule.noise[t] / v
        now = math.hypot(gain * now, sigma)
        walk += [now]
    return walk


def by_its_sources(schedule, std, times, eta):
    """Each state is a sum of unit normals, x_T and the fresh noises so far: how much of each is in it."""
    shares = torch.ones(1, dtype=torch.float64)
    walk = [1]
    for start, end in itertools.pairwise(times):
        snr = std**2 * schedule.alpha_bar[start] / (1 - schedule.alpha_bar[start])
        known = snr / (1 + snr)  # of x_t's difference, what the guess takes for signal
        fresh = eta * sigma_posterior(schedule, start, end)
        predicted = (schedule.noise[end].square() - fresh.square()).clamp(min=0).sqrt()
        kept = schedule.signal[end] / schedule.signal[start] * known + predicted / schedule.noise[start] * (1 - known)
        shares = torch.cat([kept * shares, fresh[None]])
        walk.append(torch.linalg.norm(shares).item())
    return tuple(walk)


RIGHT_SPREAD = [by_the_step, in_tensors, with_hypot, by_its_sources]


def only_the_last(schedule, std, times, eta):
    return with_hypot(schedule, std, times, eta)[-1]


def without_the_first(schedule, std, times, eta):
    return with_hypot(schedule, std, times, eta)[1:]


def from_the_data_up(schedule, std, times, eta):
    return with_hypot(schedule, std, times, eta)[::-1]


def one_by_one_yielded(schedule, std, times, eta):
    yield from with_hypot(schedule, std, times, eta)


def steps_the_wrong_way_round(schedule, std, times, eta):
    walk = [1.0]
    for t, s in itertools.pairwise(times):
        a_t, a_s = schedule.alpha_bar[t], schedule.alpha_bar[s]
        sigma, v = eta * sigma_posterior(schedule, s, t), a_t * std**2 + 1 - a_t
        gain = (a_s * a_t).sqrt() * std**2 / v + ((1 - a_s - sigma**2) * (1 - a_t)).sqrt() / v
        walk.append(float((gain**2 * walk[-1] ** 2 + sigma**2).sqrt()))
    return walk


WRONG_SPREAD = [(mistake.gives, mistake.en, mistake.zh) for mistake in SPREAD_MISTAKES]
WRONG_SPREAD += [
    (only_the_last, "(1,); it should have (6,)", "(1,)；应当是 (6,)"),
    (without_the_first, "(5,); it should have (6,)", "(5,)；应当是 (6,)"),
    (from_the_data_up, "the wrong way round", "次序反了"),
    (one_by_one_yielded, "it returns a generator; return a list", "返回的是 generator；请返回由数组成的列表"),
    (steps_the_wrong_way_round, "swap the two", "请把两者对调"),
]


# Where the guess is steepest, on paper.


def by_the_odds(alpha_bar, p):
    return -(1 - alpha_bar) / math.sqrt(alpha_bar) * math.atanh(2 * p - 1)


def where_the_bells_meet(alpha_bar, p):
    """(x - a)² − (x + a)² = 2 (1 − ᾱ) log(p / (1 − p)), with a the signal."""
    signal = alpha_bar**0.5
    return 2 * (1 - alpha_bar) * np.log(p / (1 - p)) / (-4 * signal)


def in_torch(alpha_bar, p):
    return (1 - alpha_bar) / alpha_bar**0.5 / 2 * -torch.logit(torch.tensor(p, dtype=torch.float64))


def at_the_middle(alpha_bar, p):
    return 0


WRONG_PAPER = [(mistake.gives, mistake.en, mistake.zh) for mistake in PAPER_MISTAKES]
WRONG_PAPER += [
    (at_the_middle, "place for p = 1/2", "p = 1/2 时的位置"),
    (lambda alpha_bar, p: (1 - alpha_bar, p), "single number", "单个数"),
]


RIGHT = {
    "04.weights": RIGHT_WEIGHTS,
    "04.turn": in_any_form(195, 205, 215),
    "04.fewest": in_any_form(8),
    "04.build": RIGHT_BUILD,
    "04.spread": RIGHT_SPREAD,
    "04.paper": [by_the_odds, where_the_bells_meet, in_torch],
}
WRONG = {
    "04.weights": named(WRONG_WEIGHTS),
    "04.turn": named(WRONG_TURNS),
    "04.fewest": named(WRONG_FEWEST),
    "04.build": WRONG_BUILD,
    "04.spread": named(WRONG_SPREAD),
    "04.paper": named(WRONG_PAPER),
}
MISTAKES = {"04.spread": SPREAD_MISTAKES, "04.paper": PAPER_MISTAKES}
