"""Lesson 01: right answers, each in its own way, and wrong ones, each as somebody has written it.

第 01 课：各有各写法的正确答案，以及有人写过的错误答案。
"""

import math

import numpy as np
import torch

from answers import in_any_form, named
from course_utils import data, schedules

# 01.bytes: right, each in its own way.


def bytes_as_told(x):
    return ((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def bytes_clamped_last(x):
    return (127.5 * x + 127.5).round().clamp(0, 255).byte()


def bytes_by_adding_a_half(x):
    return ((x + 1) / 2 * 255 + 0.5).floor().clamp(0, 255).to(torch.uint8)


def bytes_in_place_on_a_copy(x):
    y = x.clone()
    y += 1
    y *= 127.5
    return y.round_().clamp_(0, 255).to(torch.uint8)


def bytes_in_float64(x):
    return torch.clamp(torch.round((x.double() + 1) * 127.5), 0, 255).to(torch.uint8)


def bytes_by_where(x):
    x = torch.where(x > 1, 1.0, torch.where(x < -1, -1.0, x))
    return torch.round(255 * (x + 1) / 2).int().to(torch.uint8)


def bytes_by_numpy(x):
    return torch.from_numpy(np.rint((np.clip(x.numpy(), -1, 1) + 1) * 127.5).astype(np.uint8))


def bytes_by_the_package(x):
    return data.to_bytes(x)


def bytes_by_adding_128(x):
    return (x * 127.5 + 128).clamp(0, 255).to(torch.uint8)


def bytes_one_by_one(x):
    levels = [min(255, max(0, round((value + 1) * 127.5))) for value in x.flatten().tolist()]
    return torch.tensor(levels, dtype=torch.uint8).reshape(x.shape)


def bytes_by_counting_the_borders_below(x):
    return torch.bucketize(x.double(), (torch.arange(255, dtype=torch.float64) + 0.5) / 127.5 - 1).to(torch.uint8)


def bytes_with_a_gradient(x):
    return bytes_as_told(x.clone().requires_grad_())


# 01.bytes: wrong, each as somebody has written it.


def bytes_not_clamped(x):
    return ((x + 1) * 127.5).round().to(torch.int64).to(torch.uint8)


def bytes_clamped_after_the_cast(x):
    return ((x + 1) * 127.5).round().int().to(torch.uint8).clamp(0, 255)


def bytes_neither_clamped_nor_rounded(x):
    return ((x + 1) * 127.5).int().to(torch.uint8)


def bytes_cut_off(x):
    return ((x.clamp(-1, 1) + 1) * 127.5).to(torch.uint8)


def bytes_of_256_bins(x):
    return ((x + 1) * 128).floor().clamp(0, 255).to(torch.uint8)


def bytes_times_128(x):
    return ((x + 1) * 128).round().clamp(0, 255).to(torch.uint8)


def bytes_from_zero_to_one(x):
    return (x * 255).round().clamp(0, 255).to(torch.uint8)


def bytes_without_the_one(x):
    return (x * 127.5).round().clamp(0, 255).to(torch.uint8)


def bytes_without_255(x):
    return ((x + 1) / 2).clamp(0, 1).round().to(torch.uint8)


def bytes_without_255_cut_off(x):
    return ((x + 1) / 2).clamp(0, 1).to(torch.uint8)


def bytes_clamped_to_zero_and_one(x):
    return ((x.clamp(0, 1) + 1) * 127.5).round().to(torch.uint8)


def bytes_stretched(x):
    return ((x - x.min()) / (x.max() - x.min()) * 255).round().to(torch.uint8)


def bytes_as_floats(x):
    return ((x.clamp(-1, 1) + 1) * 127.5).round()


def bytes_as_int64(x):
    return ((x.clamp(-1, 1) + 1) * 127.5).round().long()


def bytes_in_place(x):
    return x.clamp_(-1, 1).add_(1).mul_(127.5).round().to(torch.uint8)


def bytes_flattened(x):
    return bytes_as_told(x).flatten()


def bytes_of_the_first(x):
    return bytes_as_told(x[:1])


def bytes_as_numpy(x):
    return bytes_as_told(x).numpy()


def bytes_of_nan(x):
    return (x * torch.nan).clamp(-1, 1).nan_to_num().to(torch.uint8)


def bytes_with_the_input(x):
    return bytes_as_told(x), x


def levels_of(formula, finish):
    def answer(x):
        return finish(formula(x)).to(torch.uint8)

    return answer


def held(levels):
    return levels.round().clamp(0, 255)


def wrapped(levels):
    return levels.round().long() % 256


def cut(levels):
    return levels.clamp(0, 255).long()


def bytes_of_black_where_too_bright(x):
    return torch.where(x > 1, 0, bytes_as_told(x)).to(torch.uint8)


def bytes_of_float32_alone(x):
    return bytes_as_told(x) if x.dtype == torch.float32 else x.to(torch.uint8)


def bytes_of_the_first_for_all(x):
    return bytes_as_told(x[:1]).expand_as(x)


def bytes_as_int8(x):
    return bytes_as_told(x).to(torch.int8)


def bytes_channels_last(x):
    return bytes_as_told(x).movedim(1, -1) if x.ndim == 4 else bytes_as_told(x)


def bytes_misspelt(x):
    return x.clmap(-1, 1)


WRONG_BYTES = {
    bytes_not_clamped: ("wrap round", "绕回"),
    bytes_clamped_after_the_cast: ("wrap round", "绕回"),
    bytes_neither_clamped_nor_rounded: ("clamp, then round", "先截断，再四舍五入"),
    bytes_cut_off: ("cuts the fraction off", "丢掉了小数"),
    bytes_of_256_bins: ("255 steps", "255 步"),
    bytes_times_128: ("255 steps", "255 步"),
    bytes_from_zero_to_one: ("way back from [0, 1]", "从 [0, 1] 变回"),
    bytes_without_the_one: ("1 is not added", "没有加 1"),
    bytes_without_255: ("factor 255 is missing", "漏了乘 255"),
    bytes_without_255_cut_off: ("factor 255 is missing", "漏了乘 255"),
    bytes_clamped_to_zero_and_one: ("clamps to [0, 1]", "截到了 [0, 1]"),
    bytes_stretched: ("own darkest", "自己的最暗"),
    levels_of(lambda x: (x.clamp(min=-1) + 1) * 127.5, wrapped): ("only one end", "只截了一端"),
    levels_of(lambda x: (x.clamp(max=1) + 1) * 127.5, wrapped): ("only one end", "只截了一端"),
    levels_of(lambda x: (x + 1) * 127.5, torch.ceil): ("rounds up", "向上取整"),
    levels_of(lambda x: (x.clamp(-1, 1) + 1) * 127.5, torch.ceil): ("rounds up", "向上取整"),
    levels_of(lambda x: (x + 1) * 127, held): ("127.5, not 127", "而不是 127"),
    levels_of(lambda x: (x + 1) * 128, wrapped): ("255 steps", "255 步"),
    levels_of(lambda x: (x + 1) * 255, held): ("255 / 2", "255 / 2"),
    levels_of(lambda x: (x + 1) * 255, wrapped): ("255 / 2", "255 / 2"),
    levels_of(lambda x: x * 255, wrapped): ("way back from [0, 1]", "从 [0, 1] 变回"),
    levels_of(lambda x: x.clamp(0, 1) * 255, cut): ("way back from [0, 1]", "从 [0, 1] 变回"),
    levels_of(lambda x: x * 127.5, cut): ("1 is not added", "没有加 1"),
    levels_of(lambda x: x.clamp(-1, 1) * 127.5, wrapped): ("1 is not added", "没有加 1"),
    levels_of(lambda x: x * 127.5 + 1, held): ("after the multiplication", "乘法之后"),
    levels_of(lambda x: x.clamp(-1, 1) * 127.5 + 1, wrapped): ("after the multiplication", "乘法之后"),
    levels_of(lambda x: (x - 1) * 127.5, held): ("1 is subtracted", "把 1 减去了"),
    levels_of(lambda x: (x + 1) / 127.5, held): ("comes out black", "全变成了黑色"),
    levels_of(lambda x: (x.clamp(0, 255) + 1) * 127.5, wrapped): ("ends of the bytes", "字节的两端"),
    levels_of(lambda x: (x.round() + 1) * 127.5, cut): ("rounds before", "先取整"),
    levels_of(lambda x: (x.clamp(-1, 1).int() + 1) * 127.5, cut): ("rounds before", "先取整"),
    levels_of(lambda x: (1 - x) * 127.5, held): ("black and white are exchanged", "黑白颠倒"),
    levels_of(lambda x: (x / x.abs().max() + 1) * 127.5, held): ("own darkest", "自己的最暗"),
    levels_of(lambda x: (x.tanh() + 1) * 127.5, held): ("no straight line", "不是一条直线"),
    bytes_of_black_where_too_bright: ("off by", "偏了"),
    bytes_of_float32_alone: ("3 of 6", "6 次试验中有 3 次"),
    bytes_of_the_first_for_all: ("off by", "偏了"),
    bytes_as_int8: ("int8", "int8"),
    bytes_channels_last: ("(2, 9, 7, 3)", "(2, 9, 7, 3)"),
    bytes_as_floats: ("float32", "float32"),
    bytes_as_int64: ("int64", "int64"),
    bytes_in_place: ("changes x", "改动了 x"),
    bytes_flattened: ("(378,)", "(378,)"),
    bytes_of_the_first: ("(1, 3, 9, 7)", "(1, 3, 9, 7)"),
    bytes_as_numpy: ("ndarray", "ndarray"),
    bytes_of_nan: ("comes out black", "全变成了黑色"),
    bytes_with_the_input: ("tuple", "tuple"),
    bytes_misspelt: ("clmap", "clmap"),
}


# 01.alpha_bar: right.


def array_by_cumprod(beta):
    return torch.cat([torch.ones(1, dtype=torch.float64), torch.cumprod(1 - beta, 0)])


def array_by_a_loop(beta):
    values = [1.0]
    for b in beta.tolist():
        values.append(values[-1] * (1 - b))
    return torch.tensor(values, dtype=torch.float64)


def array_by_logarithms(beta):
    return torch.cat([beta.new_zeros(1), torch.log1p(-beta).cumsum(0)]).exp()


def array_with_zero_in_front(beta):
    return (1 - torch.cat([torch.zeros(1).double(), beta])).cumprod(0)


def array_filled_in(beta):
    values = torch.ones(len(beta) + 1, dtype=beta.dtype)
    for t in range(1, len(values)):
        values[t] = values[t - 1] * (1 - beta[t - 1])
    return values


def array_by_padding(beta):
    return torch.nn.functional.pad((1 - beta).cumprod(0), (1, 0), value=1.0)


def array_in_place_on_a_copy(beta):
    kept = beta.clone()
    kept.neg_().add_(1).cumprod_(0)
    return torch.hstack([torch.tensor([1.0]).double(), kept])


def array_by_numpy(beta):
    return torch.from_numpy(np.concatenate([[1.0], np.cumprod(1 - beta.numpy())]))


def array_of_products(beta):
    return torch.stack([(1 - beta[:t]).prod() for t in range(len(beta) + 1)])


def array_by_the_noise(beta):
    noise = [0.0]
    for b in beta.tolist():
        noise.append((1 - b) * noise[-1] + b)
    return 1 - torch.tensor(noise, dtype=torch.float64)


def array_of_squared_factors(beta):
    return torch.cat([torch.ones(1), (1 - beta).sqrt().cumprod(0) ** 2])


def array_by_the_package(beta):
    return schedules.Schedule.from_beta(beta).alpha_bar


# 01.alpha_bar: wrong.


def led_by_one(formula):
    def answer(beta):
        return torch.cat([beta.new_ones(1), formula(beta)])

    return answer


def array_without_the_one(beta):
    return (1 - beta).cumprod(0)


def array_through_float32(beta):
    return array_by_cumprod(beta.float()).double()


def array_in_float32(beta):
    return array_by_cumprod(beta).float()


def array_led_by_zero(beta):
    return torch.cat([beta.new_zeros(1), (1 - beta).cumprod(0)])


def array_followed_by_one(beta):
    return torch.cat([(1 - beta).cumprod(0), beta.new_ones(1)])


def array_backwards(beta):
    return array_by_cumprod(beta).flip(0)


def array_in_place(beta):
    beta.neg_().add_(1)
    return torch.cat([beta.new_ones(1), beta.cumprod(0)])


def array_of_a_thousand(beta):
    return schedules.linear(1000).alpha_bar


def array_as_a_list(beta):
    return array_by_cumprod(beta).tolist()


def array_as_numpy(beta):
    return array_by_cumprod(beta).numpy()


def array_in_a_column(beta):
    return array_by_cumprod(beta)[:, None]


def array_of_nan(beta):
    return array_by_cumprod(beta) * math.nan


def array_of_the_mean(beta):
    return (1 - beta.mean()) ** torch.arange(len(beta) + 1)


def array_with_noise(beta):
    return array_by_cumprod(beta) + 0.01 * torch.rand(len(beta) + 1)


def array_led_by(value, formula):
    def answer(beta):
        return torch.cat([beta.new_full((1,), value), formula(beta)])

    return answer


def array_one_step_ahead(beta):
    kept = array_without_the_one(beta)
    return torch.cat([kept, kept[-1:]])


def array_of_one_minus_one(beta):
    return (1 - torch.cat([beta.new_ones(1), beta])).cumprod(0)


def array_with_an_epsilon(beta):
    return torch.cat([beta.new_ones(1), (1 - beta + 1e-8).cumprod(0)])


def array_kept_above(least):
    def answer(beta):
        return array_by_cumprod(beta).clamp(min=least)

    return answer


def array_of_rounded_alphas(beta):
    return torch.cat([beta.new_ones(1), (1 - beta).float().double().cumprod(0)])


def array_right_for_a_thousand(beta):
    return array_by_cumprod(beta) if len(beta) == 1000 else torch.ones(len(beta) + 1).double()


def array_of_the_linear_schedule(beta):
    return schedules.raw_linear(len(beta)).alpha_bar


def array_for_two_steps_or_more(beta):
    return array_by_cumprod(beta) if beta[1] else None


def array_with_the_first_beta_changed(beta):
    kept = array_by_cumprod(beta)
    beta[0] = 0
    return kept


def array_as_a_schedule(beta):
    return schedules.Schedule.from_beta(beta)


def array_misspelt(beta):
    return torch.cumprd(beta)


WRONG_ARRAYS = {
    led_by_one(lambda b: b.cumprod(0)): ("multiplies the β; what", "连乘的是 β"),
    led_by_one(lambda b: 1 - b.cumprod(0)): ("subtracts the product", "先连乘 β"),
    led_by_one(lambda b: 1 - b.cumsum(0)): ("subtracts the sum", "减去了 β 的和"),
    led_by_one(lambda b: (-b.cumsum(0)).exp()): ("exp(−Σβ)", "exp(−Σβ)"),
    led_by_one(lambda b: (1 - b).cumprod(0).sqrt()): ("this is √ᾱ", "这是 √ᾱ"),
    led_by_one(lambda b: (1 - b).sqrt()): ("√α of one step", "单步的 √α"),
    led_by_one(lambda b: 1 - b): ("α of one step", "单步的 α"),
    led_by_one(lambda b: (1 - b).flip(0).cumprod(0)): ("begins at the last step", "从最后一步乘起"),
    led_by_one(lambda b: (1 - b) ** torch.arange(1, len(b) + 1)): ("power t", "自乘 t 次"),
    led_by_one(lambda b: 1 - (1 - b).cumprod(0)): ("share of the noise", "噪声的份额"),
    led_by_one(lambda b: (1 + b).cumprod(0)): ("1 + β", "1 + β"),
    led_by_one(lambda b: array_by_cumprod(b)[:-1]): ("one step behind", "慢了一步"),
    led_by_one(lambda b: (1 - b.cumsum(0)).clamp(min=0)): ("subtracts the sum", "减去了 β 的和"),
    led_by_one(lambda b: (1 - b).cumsum(0)): ("adds the α", "把 α 加了起来"),
    led_by_one(lambda b: (1 - b.sqrt()).cumprod(0)): ("not 1 − √β", "而不是 1 − √β"),
    led_by_one(lambda b: (1 - b**2).cumprod(0)): ("not 1 − β²", "而不是 1 − β²"),
    led_by_one(lambda b: (1 - b).cumprod(0) ** 2): ("this is ᾱ²", "这是 ᾱ²"),
    led_by_one(lambda b: (1 - b).log().cumsum(0)): ("this is log ᾱ", "这是 log ᾱ"),
    led_by_one(lambda b: (1 - b[0]) ** torch.arange(1, len(b) + 1)): ("power t", "自乘 t 次"),
    led_by_one(lambda b: (1 - b[-1]) ** torch.arange(1, len(b) + 1)): ("power t", "自乘 t 次"),
    led_by_one(lambda b: (1 - (1 - b).cumprod(0)).sqrt()): ("√(1 − ᾱ)", "√(1 − ᾱ)"),
    array_led_by(0, lambda b: (1 - (1 - b).cumprod(0)).sqrt()): ("√(1 − ᾱ)", "√(1 − ᾱ)"),
    array_led_by(0, lambda b: 1 - (1 - b).cumprod(0)): ("share of the noise", "噪声的份额"),
    array_led_by(0, lambda b: (1 - b).log().cumsum(0)): ("this is log ᾱ", "这是 log ᾱ"),
    array_led_by(0.5, lambda b: (1 - b).cumprod(0)): ("ᾱ_0 comes out as 1 / 2", "ᾱ_0 是 1 / 2"),
    array_of_one_minus_one: ("makes the whole product 0", "整个乘积都成了 0"),
    array_one_step_ahead: ("one step ahead", "快了一步"),
    array_with_an_epsilon: ("a few digits only", "只对了前几位"),
    array_kept_above(1e-5): ("a few digits only", "只对了前几位"),
    array_kept_above(1e-9): ("a few digits only", "只对了前几位"),
    array_of_rounded_alphas: ("through float32", "用了 float32"),
    array_right_for_a_thousand: ("ᾱ_1 comes out as 1;", "ᾱ_1 是 1；"),
    array_of_the_linear_schedule: ("off by", "偏了"),
    array_for_two_steps_or_more: ("IndexError", "IndexError"),
    array_with_the_first_beta_changed: ("changes beta", "改动了 beta"),
    array_as_a_schedule: ("Schedule", "Schedule"),
    # A misconception is named before the entry that is missing as well.
    (lambda b: 1 - b.cumsum(0)): ("subtracts the sum", "减去了 β 的和"),
    (lambda b: (1 - b).cumprod(0).sqrt()): ("this is √ᾱ", "这是 √ᾱ"),
    (lambda b: (1 - b).prod()): ("()", "()"),
    array_without_the_one: ("entry for t = 0 is missing", "缺了 t = 0"),
    array_led_by_zero: ("ᾱ_0 is 1, not 0", "而不是 0"),
    array_followed_by_one: ("stands at the end", "放在了末尾"),
    array_backwards: ("runs backwards", "顺序颠倒"),
    array_through_float32: ("through float32", "用了 float32"),
    array_in_float32: ("float32", "float32"),
    array_in_place: ("changes beta", "改动了 beta"),
    array_of_a_thousand: ("(1001,)", "(1001,)"),
    array_as_a_list: ("list", "list"),
    array_as_numpy: ("ndarray", "ndarray"),
    array_in_a_column: ("(1001, 1)", "(1001, 1)"),
    array_of_nan: ("nan or inf", "nan 或 inf"),
    array_of_the_mean: ("power t", "自乘 t 次"),
    array_with_noise: ("random numbers of its own", "另抽了随机数"),
    array_misspelt: ("cumprd", "cumprd"),
}


# 01.cosine: right.


def cosine_as_told(T, offset):
    u = torch.arange(T + 1, dtype=torch.float64) / T
    f = torch.cos((u + offset) / (1 + offset) * math.pi / 2) ** 2
    return f / f[0]


def cosine_by_linspace(T, offset):
    u = torch.linspace(0, 1, T + 1, dtype=torch.float64)
    f = torch.cos((u + offset) / (1 + offset) * torch.pi / 2).square()
    return f / f[0]


def cosine_by_the_double_angle(T, offset):
    u = torch.arange(T + 1).double() / T
    f = (1 + torch.cos((u + offset) / (1 + offset) * math.pi)) / 2
    return f / f[0]


def cosine_by_the_sine(T, offset):
    u = torch.arange(T + 1).double() / T
    left = torch.sin((1 - u) / (1 + offset) * math.pi / 2)
    return (left / left[0]) ** 2


def cosine_by_a_loop(T, offset):
    f = [math.cos((t / T + offset) / (1 + offset) * math.pi / 2) ** 2 for t in range(T + 1)]
    return torch.tensor([value / f[0] for value in f], dtype=torch.float64)


def cosine_in_steps(T, offset):
    t = torch.arange(T + 1, dtype=torch.float64)
    f = torch.cos((t + offset * T) / (T + offset * T) * math.pi / 2) ** 2
    return f / f[:1]


def cosine_by_numpy(T, offset):
    f = np.cos((np.arange(T + 1) / T + offset) / (1 + offset) * np.pi / 2) ** 2
    return torch.from_numpy(f / f[0])


def cosine_by_its_ratios(T, offset):
    a = cosine_as_told(T, offset)
    return torch.cat([a.new_ones(1), (a[1:] / a[:-1]).cumprod(0)])


def cosine_squared_last(T, offset):
    f = torch.cos(torch.deg2rad((torch.arange(T + 1).double() / T + offset) / (1 + offset) * 90))
    return (f / f.max()) ** 2


def cosine_in_place(T, offset):
    f = torch.arange(T + 1, dtype=torch.float64).div_(T).add_(offset).div_(1 + offset).mul_(math.pi / 2).cos_()
    return f.square_().div_(math.cos(offset / (1 + offset) * math.pi / 2) ** 2)


def cosine_by_the_package(T, offset):
    return schedules.raw_cosine(T, offset, beta_min=0.0, beta_max=1 - 1e-12).alpha_bar


# 01.cosine: wrong.


def cosine_of(
    angle, outside=lambda f: f / f[0], power=2, at=lambda T: torch.arange(T + 1).double() / T, wave=torch.cos
):
    def answer(T, offset):
        return outside(wave(angle(at(T), offset)) ** power)

    return answer


def cosine_with_the_offset(after):
    def answer(T, offset):
        f = after(torch.cos(torch.arange(T + 1).double() / T * math.pi / 2), offset)
        return f / f[0]

    return answer


def cosine_led_by_one(T, offset):
    f = torch.cos(right_angle(torch.linspace(0, 1, T, dtype=torch.float64), offset)) ** 2
    return torch.cat([f.new_ones(1), f / f[0]])


def cosine_with_beta_clipped(low, high):
    def answer(T, offset):
        a = cosine_as_told(T, offset)
        return torch.cat([a.new_ones(1), (1 - (1 - a[1:] / a[:-1]).clip(low, high)).cumprod(0)])

    return answer


def cosine_of_the_course(T, offset):
    return schedules.cosine(T, offset).alpha_bar


def cosine_kept_above_zero(T, offset):
    return cosine_as_told(T, offset).clamp(min=1e-9)


def cosine_right_for_a_thousand(T, offset):
    return cosine_as_told(T, offset) if T == 1000 else torch.ones(T + 1).double()


def cosine_as_a_list(T, offset):
    return cosine_as_told(T, offset).tolist()


def cosine_in_a_row(T, offset):
    return cosine_as_told(T, offset)[None]


def right_angle(u, o):
    return (u + o) / (1 + o) * math.pi / 2


def cosine_at_T_points(T, offset):
    u = torch.arange(T, dtype=torch.float64) / T
    f = torch.cos(right_angle(u, offset)) ** 2
    return f / f[0]


def cosine_from_one(T, offset):
    u = torch.arange(1, T + 2, dtype=torch.float64) / (T + 1)
    f = torch.cos(right_angle(u, offset)) ** 2
    return f / f[0]


def cosine_clipped(T, offset):
    return schedules.raw_cosine(T, offset).alpha_bar


def cosine_clipped_as_in_the_paper(T, offset):
    return schedules.raw_cosine(T, offset, beta_min=0.0, beta_max=0.999).alpha_bar


def cosine_in_float32(T, offset):
    return cosine_as_told(T, offset).float()


def cosine_through_float32(T, offset):
    f = torch.cos(right_angle(torch.arange(T + 1) / T, offset)) ** 2
    return (f / f[0]).double()


def cosine_of_a_thousand(T, offset):
    return cosine_as_told(1000, offset)


def cosine_of_the_usual_offset(T, offset):
    return cosine_as_told(T, 0.008)


def cosine_as_a_schedule(T, offset):
    return schedules.raw_cosine(T, offset)


def cosine_of_nan(T, offset):
    return cosine_as_told(T, offset) * math.nan


def cosine_misspelt(T, offset):
    return torch.cosin(torch.arange(T + 1))


WRONG_COSINES = {
    cosine_of(right_angle, lambda f: f): ("not divided by f(0)", "没有除以 f(0)"),
    cosine_of(right_angle, power=1): ("square is missing", "漏了平方"),
    cosine_of(right_angle, lambda f: f, 1): ("square and the division", "也没有除以 f(0)"),
    cosine_of(lambda u, o: (u + o) / (1 + o)): ("π/2 is missing", "漏了 π/2"),
    cosine_of(lambda u, o: 2 * right_angle(u, o)): ("ends at π", "角度到了 π"),
    cosine_of(lambda u, o: u * math.pi / 2): ("offset is not used", "没有用到 offset"),
    cosine_of(lambda u, o: (u + o) * math.pi / 2): ("not divided by 1 + offset", "没有除以 1 + offset"),
    cosine_of(lambda u, o: (u / (1 + o) + o) * math.pi / 2): ("after the division", "加在了除法之后"),
    cosine_of(lambda u, o: u / (1 + o) * math.pi / 2): ("only in the denominator", "只出现在分母"),
    cosine_of(lambda u, o: right_angle(u, o) * math.pi / 180): ("radians", "弧度"),
    cosine_of(lambda u, o: (u + o) / (1 + o) * 90): ("radians", "弧度"),
    cosine_of(right_angle, lambda f: 1 - f / f[0]): ("share of the noise", "噪声的份额"),
    cosine_of(right_angle, lambda f: 1 - f): ("sine's square", "正弦的平方"),
    cosine_of(right_angle, lambda f: (f / f[0]).flip(0)): ("runs backwards", "顺序颠倒"),
    cosine_of(right_angle, lambda f: torch.cat([f.new_ones(1), f[1:]])): ("first entry alone", "只把第一项"),
    cosine_of(right_angle, lambda f: f**2 / f[0], 1): ("f(0) is squared", "f(0) 也要平方"),
    cosine_of(right_angle, lambda f: f / f[-1]): ("divided by the last", "除以了最后一项"),
    cosine_of(right_angle, power=4): ("squared twice", "平方了两次"),
    cosine_of(right_angle, power=3): ("off by", "偏了"),
    cosine_of(lambda u, o: right_angle(u, o) ** 2): ("angle is squared", "角度也平方"),
    cosine_of(lambda u, o: right_angle(u, o) ** 2, power=1): ("angle is squared", "平方的是角度"),
    cosine_of(lambda u, o: right_angle(u, 0.008)): ("fixed 0.008", "写死了 0.008"),
    cosine_of(lambda u, o: u + o / (1 + o) * math.pi / 2): ("parentheses", "括号"),
    cosine_of(lambda u, o: (u + o / (1 + o)) * math.pi / 2): ("parentheses", "括号"),
    cosine_of(lambda u, o: (u + o) / 1 + o * math.pi / 2): ("parentheses", "括号"),
    cosine_of(lambda u, o: ((u + o) / 1 + o) * math.pi / 2): ("parentheses", "括号"),
    cosine_of(lambda u, o: u * math.pi / 2 + o): ("outside the fraction", "分式之外"),
    cosine_with_the_offset(lambda wave, o: (wave + o) ** 2): ("outside the fraction", "分式之外"),
    cosine_with_the_offset(lambda wave, o: wave**2 + o): ("outside the fraction", "分式之外"),
    cosine_of(right_angle, at=lambda T: torch.arange(T + 1).double()): ("not divided by T", "没有除以 T"),
    cosine_of(right_angle, at=lambda T: torch.arange(1, T + 2).double() / T): ("points are not", "取的点不是"),
    cosine_of(right_angle, at=lambda T: torch.arange(-1, T).double() / T): ("points are not", "取的点不是"),
    cosine_of(right_angle, at=lambda T: torch.arange(T + 1).double() / (T + 1)): ("points are not", "取的点不是"),
    cosine_of(right_angle, at=lambda T: torch.arange(T + 1).double() / (T - 1)): ("points are not", "取的点不是"),
    cosine_led_by_one: ("points are not", "取的点不是"),
    cosine_of(right_angle, wave=torch.sin): ("sine's square", "正弦的平方"),
    cosine_of(right_angle, lambda f: f, wave=torch.sin): ("sine's square", "正弦的平方"),
    cosine_of(lambda u, o: (u + o) / (1 - o) * math.pi / 2): ("not 1 − offset", "不是 1 − offset"),
    cosine_of(lambda u, o: (u + o) / (1 + o) * 3.14159 / 2): ("a few digits only", "只对了前几位"),
    cosine_with_beta_clipped(0, 0.999): ("β clipped", "截断了 β"),
    cosine_with_beta_clipped(0, 0.9999): ("β clipped", "截断了 β"),
    cosine_with_beta_clipped(1e-4, 0.999): ("β clipped", "截断了 β"),
    cosine_of_the_course: ("β clipped", "截断了 β"),
    cosine_kept_above_zero: ("a few digits only", "只对了前几位"),
    cosine_right_for_a_thousand: ("3 of 4", "4 次试验中有 3 次"),
    cosine_as_a_list: ("list", "list"),
    cosine_in_a_row: ("(1, 1001)", "(1, 1001)"),
    cosine_at_T_points: ("(1000,)", "(1000,)"),
    cosine_from_one: ("points are not", "取的点不是"),
    cosine_clipped: ("β clipped", "截断了 β"),
    cosine_clipped_as_in_the_paper: ("β clipped", "截断了 β"),
    cosine_in_float32: ("float32", "float32"),
    cosine_through_float32: ("through float32", "用了 float32"),
    cosine_of_a_thousand: ("(1001,)", "(1001,)"),
    cosine_of_the_usual_offset: ("fixed 0.008", "写死了 0.008"),
    cosine_as_a_schedule: ("Schedule", "Schedule"),
    cosine_of_nan: ("nan or inf", "nan 或 inf"),
    cosine_misspelt: ("cosin", "cosin"),
}


def first_below(alpha_bar, level):
    return next(t for t, a in enumerate(alpha_bar.tolist()) if a < level)


WRONG_HALVES = {
    500: ("half of the steps", "步数过半"),
    first_below(schedules.linear().alpha_bar, 0.25): ("amplitude", "幅度"),
    first_below(schedules.linear().alpha_bar, 0.75): ("amplitude", "幅度"),
    first_below(schedules.cosine().alpha_bar, 0.5): ("t of the cosine", "余弦调度的 t"),
    265: ("move t down", "调小"),
    253: ("move t up", "调大"),
    1000: ("0.00", "0.00"),
    0: ("1.00", "1.00"),
    0.259: ("whole number from 0 to 1000", "0 到 1000 的整数"),
    0.5: ("whole number from 0 to 1000", "0 到 1000 的整数"),
    258.5: ("whole number from 0 to 1000", "0 到 1000 的整数"),
    -259: ("whole number from 0 to 1000", "0 到 1000 的整数"),
    1259: ("whole number from 0 to 1000", "0 到 1000 的整数"),
    math.nan: ("whole number from 0 to 1000", "0 到 1000 的整数"),
    math.inf: ("whole number from 0 to 1000", "0 到 1000 的整数"),
    "259": ("whole number from 0 to 1000", "0 到 1000 的整数"),
    True: ("whole number from 0 to 1000", "0 到 1000 的整数"),
    (259,): ("whole number from 0 to 1000", "0 到 1000 的整数"),
    259j: ("whole number from 0 to 1000", "0 到 1000 的整数"),
    print: ("whole number from 0 to 1000", "0 到 1000 的整数"),
}
WRONG_LASTS = {
    0.02: ("go further", "再调大"),
    0.06: ("nearly: with it √ᾱ_T is 0.0100", "差一点：这时 √ᾱ_T 是 0.0100"),
    1e-17: ("go further", "再调大"),
    5e-324: ("go further", "再调大"),
    0.0061: ("go further", "再调大"),
    0.61: ("go back", "往回调"),
    1 - 1e-12: ("go back", "往回调"),
    0.031: ("asked is its root", "平方根"),
    round(0.02 * 1000 / 300, 3): ("go back", "往回调"),
    0.063: ("a few steps of the slider back", "往回几格"),
    0.2: ("go back", "往回调"),
    0.0: ("between 0 and 1", "0 与 1 之间"),
    61: ("between 0 and 1", "0 与 1 之间"),
    -0.061: ("between 0 and 1", "0 与 1 之间"),
    math.nan: ("between 0 and 1", "0 与 1 之间"),
    "0.061": ("between 0 and 1", "0 与 1 之间"),
    True: ("between 0 and 1", "0 与 1 之间"),
    (0.061,): ("between 0 and 1", "0 与 1 之间"),
}

RIGHT = {
    "01.bytes": [
        bytes_as_told,
        bytes_clamped_last,
        bytes_by_adding_a_half,
        bytes_in_place_on_a_copy,
        bytes_in_float64,
        bytes_by_where,
        bytes_by_numpy,
        bytes_by_the_package,
        bytes_by_adding_128,
        bytes_one_by_one,
        bytes_by_counting_the_borders_below,
        bytes_with_a_gradient,
    ],
    "01.alpha_bar": [
        array_by_cumprod,
        array_by_a_loop,
        array_by_logarithms,
        array_with_zero_in_front,
        array_filled_in,
        array_by_padding,
        array_in_place_on_a_copy,
        array_by_numpy,
        array_of_products,
        array_by_the_noise,
        array_of_squared_factors,
        array_by_the_package,
    ],
    "01.cosine": [
        cosine_as_told,
        cosine_by_linspace,
        cosine_by_the_double_angle,
        cosine_by_the_sine,
        cosine_by_a_loop,
        cosine_in_steps,
        cosine_by_numpy,
        cosine_by_its_ratios,
        cosine_squared_last,
        cosine_in_place,
        cosine_by_the_package,
    ],
    "01.half": in_any_form(254, 258, 259, 260, 264),
    "01.last": in_any_form(0.0605, 0.061, 0.0611),
}
WRONG = {
    "01.bytes": named(WRONG_BYTES),
    "01.alpha_bar": named(WRONG_ARRAYS),
    "01.cosine": named(WRONG_COSINES),
    "01.half": named(WRONG_HALVES),
    "01.last": named(WRONG_LASTS),
}
