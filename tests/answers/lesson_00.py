"""Lesson 00: right answers, each in its own way, and wrong ones, each as somebody has written it.

第 00 课：各有各写法的正确答案，以及有人写过的错误答案。
"""

import math

import numpy as np
import torch

from answers import in_any_form, named
from course_utils import schedules
from course_utils.forward import forward_jump


def factors(schedule, t):
    a = schedule.alpha_bar[t]
    return a.sqrt(), (1 - a).sqrt()


# Right, each in its own way.


def by_name(schedule, x0, t, eps):
    return schedule.signal[t] * x0 + schedule.noise[t] * eps


def by_torch_sqrt(schedule, x0, t, eps):
    a = schedule.alpha_bar[t]
    return torch.sqrt(1.0 - a) * eps + torch.sqrt(a) * x0


def in_place_on_copies(schedule, x0, t, eps):
    signal, noise = factors(schedule, t)
    xt = x0.clone()
    xt *= signal
    xt += noise * eps
    return xt


def by_logarithms(schedule, x0, t, eps):
    log_alpha_bar = schedule.alpha_bar.log()[t]
    return torch.exp(log_alpha_bar / 2) * x0 + torch.sqrt(-torch.expm1(log_alpha_bar)) * eps


def by_addcmul(schedule, x0, t, eps):
    signal, noise = (f.to(x0.dtype) for f in factors(schedule, t))
    return torch.addcmul(signal * x0, noise.expand_as(eps), eps)


def by_plain_numbers(schedule, x0, t, eps):
    a = schedule.alpha_bar[t].item()
    return math.sqrt(a) * x0 + math.sqrt(1 - a) * eps


def by_angle(schedule, x0, t, eps):
    angle = torch.acos(schedule.signal[t])
    return torch.cos(angle) * x0 + torch.sin(angle) * eps


def by_the_product_of_alphas(schedule, x0, t, eps):
    a = schedule.alpha[: t + 1].prod()
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def in_float64_and_back(schedule, x0, t, eps):
    signal, noise = factors(schedule, t)
    return (signal * x0.double() + noise * eps.double()).to(x0.dtype)


def with_factors_in_float32(schedule, x0, t, eps):
    a = schedule.alpha_bar[t].float()
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def with_a_time_each(schedule, x0, t, eps):
    times = torch.full((len(x0),), t)
    shape = (-1, *[1] * (x0.ndim - 1))
    signal, noise = (f.to(x0).reshape(shape) for f in factors(schedule, times))
    return signal * x0 + noise * eps


def by_the_package(schedule, x0, t, eps):
    return forward_jump(schedule, x0, t, eps).xt


RIGHT_JUMPS = [
    by_name,
    by_torch_sqrt,
    in_place_on_copies,
    by_logarithms,
    by_addcmul,
    by_plain_numbers,
    by_angle,
    by_the_product_of_alphas,
    in_float64_and_back,
    with_factors_in_float32,
    with_a_time_each,
    by_the_package,
]


# Wrong, each as somebody has written it.


def uniform_noise(schedule, x0, t, eps):
    return by_name(schedule, x0, t, torch.rand_like(x0))


def own_normal_noise(schedule, x0, t, eps):
    return by_name(schedule, x0, t, torch.randn_like(x0))


def alpha_bar_for_its_root(schedule, x0, t, eps):
    return schedule.alpha_bar[t] * x0 + schedule.noise[t] * eps


def variance_for_its_root(schedule, x0, t, eps):
    return schedule.signal[t] * x0 + (1 - schedule.alpha_bar[t]) * eps


def both_roots_missing(schedule, x0, t, eps):
    return schedule.alpha_bar[t] * x0 + (1 - schedule.alpha_bar[t]) * eps


def factors_that_add_up_to_one(schedule, x0, t, eps):
    return schedule.signal[t] * x0 + (1 - schedule.signal[t]) * eps


def swapped(schedule, x0, t, eps):
    return schedule.noise[t] * x0 + schedule.signal[t] * eps


def x0_not_scaled(schedule, x0, t, eps):
    return x0 + schedule.noise[t] * eps


def simply_added(schedule, x0, t, eps):
    return x0 + eps


def eps_not_scaled(schedule, x0, t, eps):
    return schedule.signal[t] * x0 + eps


def one_steps_factors(schedule, x0, t, eps):
    return schedule.alpha[t].sqrt() * x0 + schedule.beta[t].sqrt() * eps


def one_steps_noise(schedule, x0, t, eps):
    return schedule.signal[t] * x0 + schedule.beta[t].sqrt() * eps


def beta_for_noise(schedule, x0, t, eps):
    return schedule.signal[t] * x0 + schedule.beta[t] * eps


def subtracted(schedule, x0, t, eps):
    return schedule.signal[t] * x0 - schedule.noise[t] * eps


def no_noise(schedule, x0, t, eps):
    return schedule.signal[t] * x0


def t_from_zero(schedule, x0, t, eps):
    return by_name(schedule, x0, t - 1, eps)


def t_too_large(schedule, x0, t, eps):
    return by_name(schedule, x0, min(t + 1, schedule.T), eps)


def changes_x0(schedule, x0, t, eps):
    x0 *= schedule.signal[t]
    return x0 + schedule.noise[t] * eps


def changes_eps(schedule, x0, t, eps):
    return schedule.signal[t] * x0 + eps.mul_(schedule.noise[t])


def float64_leaks(schedule, x0, t, eps):
    return schedule.signal[t] * x0.double() + schedule.noise[t] * eps


def always_float32(schedule, x0, t, eps):
    return by_name(schedule, x0, t, eps).float()


def one_noise_for_all_pixels(schedule, x0, t, eps):
    return by_name(schedule, x0, t, eps.mean())


def one_noise_for_the_batch(schedule, x0, t, eps):
    return by_name(schedule, x0, t, eps[:1])


def first_image_only(schedule, x0, t, eps):
    return by_name(schedule, x0[:1], t, eps[:1])


def one_size_only(schedule, x0, t, eps):
    return by_name(schedule, x0.reshape(-1, 1, 8, 8), t, eps.reshape(-1, 1, 8, 8)).reshape(x0.shape)


def a_thousand_steps_only(schedule, x0, t, eps):
    return by_name(schedules.cosine(1000), x0, t, eps)


def the_cosine_by_heart(schedule, x0, t, eps):
    a = torch.tensor(math.cos((t / schedule.T + 0.008) / 1.008 * math.pi / 2) ** 2)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def the_last_time_only(schedule, x0, t, eps):
    return by_name(schedule, x0, schedule.T, eps)


def with_the_noise_too(schedule, x0, t, eps):
    return forward_jump(schedule, x0, t, eps)


def as_numpy(schedule, x0, t, eps):
    return by_name(schedule, x0, t, eps).numpy()


def only_zeros(schedule, x0, t, eps):
    return torch.zeros_like(x0)


def not_a_number(schedule, x0, t, eps):
    return by_name(schedule, x0, t, eps) * torch.nan


def too_few_arguments(schedule, x0, t):
    return x0


def a_slip_of_the_pen(schedule, x0, t, eps):
    return schedule.sigmal(t) * x0


WRONG_JUMPS = {
    uniform_noise: ("random numbers of its own", "另抽了随机数"),
    own_normal_noise: ("random numbers of its own", "另抽了随机数"),
    alpha_bar_for_its_root: ("scales x0 by ᾱ", "x0 乘的是 ᾱ"),
    variance_for_its_root: ("1 − ᾱ, a variance", "方差 1 − ᾱ"),
    both_roots_missing: ("both square roots", "两个平方根"),
    factors_that_add_up_to_one: ("1 − √ᾱ", "1 − √ᾱ"),
    swapped: ("swapped", "写反"),
    x0_not_scaled: ("x0 is not scaled", "x0 没有缩小"),
    simply_added: ("simply added", "只是把 x0 与 eps 相加"),
    eps_not_scaled: ("eps has no factor", "eps 没有系数"),
    one_steps_factors: ("one step", "走一步"),
    one_steps_noise: ("noise is that of one step", "只是一步的"),
    beta_for_noise: ("scaled by β", "乘的是 β"),
    subtracted: ("subtracted", "减去"),
    no_noise: ("no noise in it", "没有噪声"),
    t_from_zero: ("one too small", "小了 1"),
    t_too_large: ("one too large", "大了 1"),
    changes_x0: ("changes x0", "改动了 x0"),
    changes_eps: ("changes eps", "改动了 eps"),
    float64_leaks: ("float64", "float64"),
    always_float32: ("float32", "float32"),
    one_noise_for_all_pixels: ("one single value for all pixels", "同一个值"),
    one_noise_for_the_batch: ("first image for the whole batch", "整批只用了第一幅"),
    first_image_only: ("(1, 1, 8, 8)", "(1, 1, 8, 8)"),
    one_size_only: ("RuntimeError", "RuntimeError"),
    a_thousand_steps_only: ("does not look at schedule", "没有用到传进来的 schedule"),
    the_cosine_by_heart: ("does not look at schedule", "没有用到传进来的 schedule"),
    the_last_time_only: ("does not look at t", "没有用到传进来的 t"),
    with_the_noise_too: ("Noised", "Noised"),
    as_numpy: ("ndarray", "ndarray"),
    only_zeros: ("x0 is missing", "漏了 x0"),
    not_a_number: ("nan or inf", "nan 或 inf"),
    too_few_arguments: ("TypeError", "TypeError"),
    a_slip_of_the_pen: ("sigmal", "sigmal"),
}

NO_DIGITS = [
    -1,
    10,
    8.5,
    math.nan,
    "8",
    "eight",
    True,
    np.True_,
    torch.tensor(True),
    [8],
    torch.zeros(1, 1, 8, 8),
    print,
    8j,
]
WRONG_DIGITS = [(digit, f"{digit} is not it", f"不是 {digit}") for digit in range(10) if digit != 3]
WRONG_DIGITS += [(answer, "will not do", "不行") for answer in NO_DIGITS]

RIGHT = {"00.jump": RIGHT_JUMPS, "00.mystery": in_any_form(3)}
WRONG = {"00.jump": named(WRONG_JUMPS), "00.mystery": named(WRONG_DIGITS)}
