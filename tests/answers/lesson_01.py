"""Lesson 01: right answers, each in its own way, and wrong ones, each as somebody has written it.

第 01 课：各有各写法的正确答案，以及有人写过的错误答案。
"""

import copy
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


# 01.merged: right.


def merged_by_rows(beta, k):
    return 1 - (1 - beta).reshape(-1, k).prod(1)


def merged_by_the_array(beta, k):
    kept = torch.cat([torch.ones(1, dtype=torch.float64), torch.cumprod(1 - beta, 0)])[::k]
    return 1 - kept[1:] / kept[:-1]


def merged_by_a_loop(beta, k):
    values = []
    for first in range(0, len(beta), k):
        left = 1.0
        for b in beta[first : first + k].tolist():
            left *= 1 - b
        values.append(1 - left)
    return torch.tensor(values, dtype=torch.float64)


def merged_by_the_noise(beta, k):
    noise = torch.zeros(len(beta) // k).double()
    for one in beta.view(-1, k).T:
        noise = (1 - one) * noise + one
    return noise


def merged_by_logarithms(beta, k):
    return -torch.expm1(torch.log1p(-beta).unflatten(0, (-1, k)).sum(1))


def merged_by_splitting(beta, k):
    return torch.stack([1 - (1 - part).prod() for part in beta.split(k)])


def merged_by_numpy(beta, k):
    return torch.from_numpy(1 - np.multiply.reduceat(1 - beta.numpy(), range(0, len(beta), k)))


def merged_by_the_package(beta, k):
    return schedules.Schedule(schedules.Schedule.from_beta(beta).alpha_bar[::k]).beta[1:]


# 01.merged: wrong.


def merging(formula):
    """A function that makes one number of each row of k betas."""
    return lambda beta, k: formula(beta.reshape(-1, k))


def merged_without_the_one(beta, k):
    kept = torch.cumprod(1 - beta, 0)[::k]
    return 1 - kept[1:] / kept[:-1]


def merged_at_the_first_of_each(beta, k):
    kept = torch.cumprod(1 - beta, 0)
    return 1 - kept[k - 1 :: k] / kept[::k]


def merged_in_place(beta, k):
    return 1 - beta.neg_().add_(1).reshape(-1, k).prod(1)


def merged_by_fives(beta, k):
    return merged_by_rows(beta, 5)


def merged_by_a_schedule(beta, k):
    return schedules.Schedule.from_beta(merged_by_rows(beta, k))


def merged_misspelt(beta, k):
    return 1 - (1 - beta).reshap(-1, k).prod(1)


WRONG_MERGED = {
    lambda beta, k: beta[k - 1 :: k]: ("keeps one β in k", "只照搬了一个"),
    lambda beta, k: beta[::k]: ("keeps one β in k", "只照搬了一个"),
    merging(lambda rows: rows.amax(1)): ("keeps one β in k", "只照搬了一个"),
    merging(lambda rows: rows.mean(1)): ("the mean of k β", "k 个 β 的均值"),
    merging(lambda rows: rows.sum(1)): ("it adds the β", "把 β 加了起来"),
    merging(lambda rows: rows.sum(1).clamp(max=1)): ("it adds the β", "把 β 加了起来"),
    lambda beta, k: k * beta[k - 1 :: k]: ("it adds the β", "把 β 加了起来"),
    merging(lambda rows: 1 - (-rows.sum(1)).exp()): ("exp(−Σβ)", "exp(−Σβ)"),
    merging(lambda rows: rows.prod(1)): ("it multiplies the β; what", "连乘的是 β；"),
    merging(lambda rows: 1 - rows.prod(1)): ("subtracts the product", "先连乘 β"),
    merging(lambda rows: (1 - rows).prod(1)): ("their α; β is the rest", "即 α；β 是其余"),
    merging(lambda rows: 1 - (1 - rows).sqrt().prod(1)): ("the factors, are multiplied", "连乘的是系数"),
    merging(lambda rows: (1 - (1 - rows).prod(1)).sqrt()): ("the factor √β", "系数 √β"),
    merging(lambda rows: 1 - (1 - rows.mean(1)) ** rows.shape[1]): ("to the power k", "自乘 k 次"),
    lambda beta, k: 1 - (1 - beta[k - 1 :: k]) ** k: ("to the power k", "自乘 k 次"),
    lambda beta, k: 1 - (1 - beta).reshape(k, -1).prod(0): ("lie far apart", "相隔很远"),
    lambda beta, k: 1 - (1 - beta).cumprod(0)[k - 1 :: k]: ("since t = 0", "从 t = 0 起"),
    lambda beta, k: (1 - beta).cumprod(0)[k - 1 :: k]: ("ᾱ after each k steps", "每 k 步之后的 ᾱ"),
    lambda beta, k: -schedules.Schedule.from_beta(beta).alpha_bar[::k].diff(): ("by how much ᾱ falls", "ᾱ 降了多少"),
    lambda beta, k: merged_by_rows(beta, k).flip(0): ("runs backwards", "顺序颠倒"),
    lambda beta, k: merged_by_rows(beta.float(), k).double(): ("through float32", "用了 float32"),
    lambda beta, k: merged_by_rows(beta, k).float(): ("float32", "float32"),
    lambda beta, k: merged_by_rows(beta, k).tolist(): ("list", "list"),
    lambda beta, k: merged_by_rows(beta, k)[:, None]: ("axis too many", "多了一个轴"),
    lambda beta, k: 1 - (1 - beta).prod(): ("(); it should have", "()；应当是"),
    lambda beta, k: (1 - beta.reshape(-1, k)).cumprod(1): ("axis too many", "多了一个轴"),
    merged_without_the_one: ("one entry is missing", "少了一项"),
    merged_at_the_first_of_each: ("of β_1 and β_2 it makes β_2", "由 β_1 与 β_2 得到的是 β_2"),
    merged_in_place: ("changes beta", "改动了 beta"),
    merged_by_fives: ("it stopped", "运行中断"),
    merged_by_a_schedule: ("Schedule", "Schedule"),
    merged_misspelt: ("reshap", "reshap"),
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


# 01.build: right, each in its own way.


class AsTold:
    def __init__(self, alpha_bar):
        a = alpha_bar.to(torch.float64)
        before = torch.cat([torch.ones(1, dtype=torch.float64), a[:-1]])
        self.T = len(a) - 1
        self.alpha_bar = a
        self.alpha = a / before
        self.beta = (before - a) / before
        self.signal = torch.sqrt(a)
        self.noise = torch.sqrt(1 - a)
        self.snr = a / (1 - a)
        self.log_snr = torch.log(a) - torch.log1p(-a)
        self.posterior_variance = self.beta * (1 - before) / (1 - a)
        self.posterior_variance[0] = 0

    def at(self, T):
        a = self.alpha_bar.tolist()
        values = []
        for t in range(T + 1):
            left, rest = divmod(t * self.T, T)
            values.append(a[left] + (rest / T * (a[left + 1] - a[left]) if rest else 0))
        return AsTold(torch.tensor(values, dtype=torch.float64))

    def ending(self, d, z):
        snr = z * z / d
        wanted = snr / (1 + snr)
        factor = (1 - wanted) / (1 - self.alpha_bar[self.T])
        shares = 1 - factor * (1 - self.alpha_bar)
        shares[-1] = wanted
        return AsTold(shares)


class ByProperties:
    def __init__(self, alpha_bar):
        self.alpha_bar = alpha_bar.double()

    T = property(lambda self: self.alpha_bar.numel() - 1)
    alpha = property(lambda self: torch.nn.functional.pad(self.alpha_bar[1:] / self.alpha_bar[:-1], (1, 0), value=1.0))
    beta = property(lambda self: torch.nn.functional.pad(-self.alpha_bar.diff() / self.alpha_bar[:-1], (1, 0)))
    signal = property(lambda self: self.alpha_bar**0.5)
    noise = property(lambda self: (1 - self.alpha_bar) ** 0.5)
    snr = property(lambda self: (self.signal / self.noise) ** 2)
    log_snr = property(lambda self: self.snr.log())

    @property
    def posterior_variance(self):
        gone = 1 - self.alpha_bar
        return torch.cat([torch.zeros(1).double(), gone[:-1] * self.beta[1:] / gone[1:]])

    def at(self, T):
        old, new = (np.linspace(0, 1, n + 1) for n in (self.T, T))
        return ByProperties(torch.from_numpy(np.interp(new, old, self.alpha_bar.numpy())))

    def ending(self, d, z):
        fallen = -torch.diff(self.alpha_bar).flip(0).cumsum(0).flip(0)  # from here to the end
        end = z**2 / (d + z**2)
        return ByProperties(torch.cat([end + (1 - end) * (fallen / fallen[0]), fallen.new_tensor([end])]))


class ByTheRoot(AsTold):
    def at(self, T):
        place = torch.linspace(0, self.T, T + 1).double()
        left = place.floor().long().clamp(max=self.T - 1)
        root = self.signal
        return ByTheRoot((root[left] + (place - left) * (root[left + 1] - root[left])) ** 2)

    def ending(self, d, z):
        a, end = self.alpha_bar, 1 / (1 + d / z**2)
        return ByTheRoot((a - a[-1]) / (1 - a[-1]) * (1 - end) + end)


class ByInterpolate(AsTold):
    def __init__(self, alpha_bar):
        super().__init__(alpha_bar.clone().double().requires_grad_())

    def at(self, T):
        row = self.alpha_bar[None, None]
        read = torch.nn.functional.interpolate(row, size=T + 1, mode="linear", align_corners=True)
        return ByInterpolate(read.flatten().detach())

    def ending(self, d, z):
        return ByInterpolate(super().ending(d, z).alpha_bar.detach())


def schedule_by_a_function(alpha_bar):
    """A function that makes a Schedule with two methods more, in float64."""
    return OfThePackage(alpha_bar.double())


class OfThePackage:
    def __init__(self, alpha_bar):
        a = alpha_bar.double()
        self.inner = schedules.Schedule(torch.cat([a[:-1], a[-1:].clamp(min=1e-300)]))
        before = self.inner.alpha_bar[:-1]
        self.beta = -torch.cat([torch.zeros(1).double(), self.inner.alpha_bar.diff() / before])
        self.posterior_variance = self.beta * torch.cat([torch.zeros(1).double(), self.noise[:-1] ** 2]) / self.noise**2
        self.posterior_variance[0] = 0

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def at(self, T):
        a, n = self.alpha_bar.tolist(), self.T
        where = [min(int(t * n / T), n - 1) for t in range(T + 1)]
        weights = [t * n / T - left for t, left in zip(range(T + 1), where, strict=True)]
        read = [(1 - w) * a[k] + w * a[k + 1] for k, w in zip(where, weights, strict=True)]
        return OfThePackage(torch.tensor(read, dtype=torch.float64))

    def ending(self, d, z):
        goal = torch.sigmoid(torch.tensor(z**2 / d, dtype=torch.float64).log())
        noise = self.noise * ((1 - goal).sqrt() / self.noise[-1])
        return OfThePackage(torch.cat([1 - noise[:-1] ** 2, goal[None]]))


class ByLoops:
    def __init__(self, alpha_bar):
        a = [float(x) for x in alpha_bar]
        array = torch.float64
        self.T, self.alpha_bar = len(a) - 1, torch.tensor(a, dtype=array)
        self.alpha = torch.tensor([1.0] + [a[t] / a[t - 1] for t in range(1, len(a))], dtype=array)
        self.beta = torch.tensor([0.0] + [(a[t - 1] - a[t]) / a[t - 1] for t in range(1, len(a))], dtype=array)
        self.signal = torch.tensor([math.sqrt(x) for x in a], dtype=array)
        self.noise = torch.tensor([math.sqrt(1 - x) for x in a], dtype=array)
        self.snr = torch.tensor([math.inf] + [x / (1 - x) for x in a[1:]], dtype=array)
        logs = [math.inf] + [math.log(x / (1 - x)) if x else -math.inf for x in a[1:]]
        self.log_snr = torch.tensor(logs, dtype=array)
        beta = self.beta.tolist()
        open_ = [0.0, 0.0] + [beta[t] * (1 - a[t - 1]) / (1 - a[t]) for t in range(2, len(a))]
        self.posterior_variance = torch.tensor(open_[: len(a)], dtype=array)

    def at(self, T):
        def read(u):
            left = min(math.floor(u * self.T), self.T - 1)
            w = u * self.T - left
            return (1 - w) * self.alpha_bar[left] + w * self.alpha_bar[left + 1]

        return type(self)([read(t / T) for t in range(T + 1)])

    def ending(self, d, z):
        end, last = 1 / (1 + d / z**2), self.alpha_bar[-1]
        return type(self)([1 - (1 - end) * (1 - x) / (1 - last) if x > last else end for x in self.alpha_bar])


# 01.build: wrong. Each changes a right one, or leaves something of it out.


def changed(name, **attributes):
    """A class that is right but for these attributes, each a function of the object that has been made."""

    class Changed(AsTold):
        def __init__(self, alpha_bar):
            super().__init__(alpha_bar)
            for key, value in attributes.items():
                setattr(self, key, value(self))

        def at(self, T):
            return type(self)(super().at(T).alpha_bar)

        def ending(self, d, z):
            return type(self)(super().ending(d, z).alpha_bar)

    Changed.__name__ = name
    return Changed


def reading(name, read):
    """A class that is right but for `at`: `read` gives the new alpha_bar from the old one and T."""
    return type(name, (AsTold,), {"at": lambda self, T: type(self)(read(self.alpha_bar, T))})


def stopping(name, end):
    """A class that is right but for `ending`: `end` gives the new alpha_bar from the old one, d and z."""
    return type(name, (AsTold,), {"ending": lambda self, d, z: type(self)(end(self.alpha_bar, d, z))})


def lerped(a, place):
    left = place.long().clamp(max=len(a) - 2)
    return torch.lerp(a[left], a[left + 1], place - left)


def evenly(a, T):
    return torch.linspace(0, len(a) - 1, T + 1).double()


def through_beta(a, T):
    beta = AsTold(a).beta
    return (1 - lerped(beta, evenly(a, T))).cumprod(0)


def scaled(a, end):
    return 1 - (1 - a) * (1 - end) / (1 - a[-1])


class OnlyTheArrays:
    def __init__(self, alpha_bar):
        made = AsTold(alpha_bar)
        self.T, self.alpha_bar, self.alpha, self.beta = made.T, made.alpha_bar, made.alpha, made.beta

    def at(self, T): ...

    def ending(self, d, z): ...


class WithoutLogSNR(OnlyTheArrays):
    def __init__(self, alpha_bar):
        made = AsTold(alpha_bar)
        super().__init__(alpha_bar)
        self.signal, self.noise, self.snr = made.signal, made.noise, made.snr


class WithMethods(AsTold):
    def __init__(self, alpha_bar):
        super().__init__(alpha_bar)
        del self.beta

    def beta(self):
        return 1 - self.alpha


class InFloat32(AsTold):
    def __init__(self, alpha_bar):
        super().__init__(alpha_bar)
        for name in ("alpha_bar", "alpha", "beta", "signal", "noise", "snr", "log_snr", "posterior_variance"):
            setattr(self, name, getattr(self, name).float())


class ThroughFloat32(AsTold):
    def __init__(self, alpha_bar):
        super().__init__(alpha_bar.float())

    def at(self, T):
        return AsTold(super().at(T).alpha_bar)

    def ending(self, d, z):
        return AsTold(super().ending(d, z).alpha_bar)


class InPlace(AsTold):
    def __init__(self, alpha_bar):
        super().__init__(alpha_bar)
        alpha_bar[-1] = 0


class WithoutTheCleanImage(AsTold):
    def __init__(self, alpha_bar):
        super().__init__(alpha_bar)
        self.alpha, self.beta = self.alpha[1:], self.beta[1:]


class CountsEntries(AsTold):
    def __init__(self, alpha_bar):
        super().__init__(alpha_bar)
        self.steps, self.T = self.T, len(alpha_bar)

    def at(self, T):
        return CountsEntries(AsTold(self.alpha_bar).at(T).alpha_bar)

    def ending(self, d, z):
        return CountsEntries(AsTold(self.alpha_bar).ending(d, z).alpha_bar)


class AtAsTensor(AsTold):
    def at(self, T):
        return super().at(T).alpha_bar


class AtInPlace(AsTold):
    def at(self, T):
        self.__init__(super().at(T).alpha_bar)
        return self


class EndingInPlace(AsTold):
    def ending(self, d, z):
        self.alpha_bar.copy_(super().ending(d, z).alpha_bar)
        return AsTold(self.alpha_bar.clone())


class AtWithOldBeta(AsTold):
    def at(self, T):
        new = super().at(T)
        beta = lerped(self.beta, evenly(self.alpha_bar, T))
        new.beta, new.alpha = beta, 1 - beta
        return new


class EndingWithOldFactors(AsTold):
    def ending(self, d, z):
        new = copy.copy(self)
        new.alpha_bar = super().ending(d, z).alpha_bar
        return new


class LogSNRRead(AsTold):
    def at(self, T):
        return type(self)(lerped(self.log_snr, evenly(self.alpha_bar, T)).sigmoid())


class LedByOne(AsTold):
    def __init__(self, alpha_bar):
        super().__init__(torch.cat([alpha_bar.new_ones(1), alpha_bar]))


class WithoutSelf(AsTold):
    def ending(self, d, z):
        return type(self)(1 - noise)  # noqa: F821


class AtInFloat32(AsTold):
    def at(self, T):
        return AsTold(torch.tensor([float(x) for x in super().at(T).alpha_bar]))


class AtThroughTheLogarithm(AsTold):
    """As `read_at` does it: right while alpha_bar stays above 0."""

    def at(self, T):
        return type(self)(lerped(self.alpha_bar.log(), evenly(self.alpha_bar, T)).exp())


class AtNearestWhereFewer(AsTold):
    def at(self, T):
        if T > self.T:
            return super().at(T)
        return AsTold(self.alpha_bar[evenly(self.alpha_bar, T).round().long()])


class AtItself(AsTold):
    def at(self, T):
        return self if T == self.T else super().at(T)


class WithoutAnEndAtZero(AsTold):
    def __init__(self, alpha_bar):
        super().__init__(alpha_bar.double().clamp(min=1e-12))


def open_by(weigh):
    """The open variance from that of x_0's message and from beta."""
    return lambda s: torch.cat([torch.zeros(1).double(), weigh(1 - s.alpha_bar[:-1], s.beta[1:], s.alpha[1:])])


class SeedsTorchs(AsTold):
    def __init__(self, alpha_bar):
        torch.manual_seed(0)
        super().__init__(alpha_bar)


class DrawsFromTorchs(AsTold):
    def ending(self, d, z):
        torch.rand(1)
        return super().ending(d, z)


WRONG_BUILDS = {
    SeedsTorchs: ("the seed of torch's own generator", "torch 自带的发生器的种子"),
    DrawsFromTorchs: ("draws from torch's own generator", "从 torch 自带的发生器抽取"),
    AtThroughTheLogarithm: ("where ᾱ_T was 0, `at` makes", "原来的 ᾱ_T 为 0 时，`at` 得到的"),
    AtNearestWhereFewer: ("entries of the old array as they are", "照搬了旧数组的一项"),
    AtItself: ("`at` returns the schedule it belongs to", "`at` 返回的就是原来的调度"),
    WithoutAnEndAtZero: ("right to a few digits only", "只对了前几位"),
    changed("LogSNRCutOff", log_snr=lambda s: s.log_snr.clamp(min=-50)): ("`log_snr`: in", "`log_snr`："),
    changed("BetaCutOff", beta=lambda s: s.beta.clamp(max=0.9999)): ("a few digits only", "只对了前几位"),
    changed("LogSNRByTheInverse", log_snr=lambda s: -(1 / s.alpha_bar - 1).log()): ("from a number near 1", "接近 1 的数减去了 1"),
    changed("OpenByAQuotient", posterior_variance=open_by(lambda A, beta, alpha: A * (beta / alpha) / (A + beta / alpha))): ("nan or inf", "nan 或 inf"),
    changed("OpenByMultiplying", posterior_variance=open_by(lambda A, beta, alpha: 1 / (1 / A + 1 / (beta * alpha)))): ("divided by α_t, not multiplied", "而不是乘以 α_t"),
    changed("OpenByTheFactor", posterior_variance=open_by(lambda A, beta, alpha: 1 / (1 / A + alpha.sqrt() / beta))): ("divides its variance by α_t, the square", "除以它的平方 α_t"),
    changed("OpenByDeviations", posterior_variance=open_by(lambda A, beta, alpha: 1 / (A**-0.5 + (alpha / beta) ** 0.5))): ("inverses of the standard deviations", "标准差的倒数"),
    WithoutLogSNR: ("`log_snr` is missing", "缺了 `log_snr`"),
    WithMethods: ("`beta` is a function", "`beta` 是函数"),
    InFloat32: ("it is float32", "结果是 float32"),
    ThroughFloat32: ("right to a few digits only", "只对了前几位"),
    InPlace: ("changes the alpha_bar that it is handed", "改动了传进来的 alpha_bar"),
    WithoutTheCleanImage: ("one entry is missing", "少了一项"),
    CountsEntries: ("it counts the steps, one less", "步数，应少一"),
    LedByOne: ("another length than the one handed in", "与传进来的长度不同"),
    AtAsTensor: ("`at` returns a Tensor", "`at` 返回的是 Tensor"),
    AtInPlace: ("`at` changes the schedule it belongs to", "`at` 改动了原来的调度"),
    EndingInPlace: ("`ending` changes the schedule it belongs to", "`ending` 改动了原来的调度"),
    AtWithOldBeta: ("does not belong to its alpha_bar", "与 alpha_bar 不配"),
    EndingWithOldFactors: ("does not belong to its alpha_bar", "与 alpha_bar 不配"),
    LogSNRRead: ("log-SNR is infinite at t = 0", "log-SNR 在 t = 0 处为无穷大"),
    WithoutSelf: ("a name is used that has no value yet", "还没有值的名称"),
    AtInFloat32: ("a few digits only", "只对了前几位"),
    changed("AlphaOfAllSteps", alpha=lambda s: s.alpha_bar, beta=lambda s: 1 - s.alpha_bar): ("`alpha`: this is ᾱ itself", "`alpha`：这是 ᾱ 本身"),
    changed("BetaOfAllSteps", beta=lambda s: 1 - s.alpha_bar): ("`beta`: this is 1 − ᾱ", "`beta`：这是 1 − ᾱ"),
    changed("BetaAsDifference", beta=lambda s: -s.alpha_bar.diff(prepend=torch.ones(1).double())): ("by how much ᾱ falls", "ᾱ 降了多少"),
    changed("BetaOverTheNext", beta=lambda s: 1 / s.alpha - 1): ("divided by ᾱ_t; divide", "除以了 ᾱ_t；"),
    changed("AlphaFromZero", alpha=lambda s: torch.cat([torch.zeros(1).double(), s.alpha[1:]])): ("alpha[0] is 1", "alpha[0] 应为 1"),
    changed("AlphaOneLate", alpha=lambda s: s.alpha.roll(-1)): ("shifted by one", "错开了一位"),
    changed("AlphaUpsideDown", alpha=lambda s: 1 / s.alpha): ("ratio stands upside down", "比值颠倒了"),
    changed("AlphaAsRoot", alpha=lambda s: s.alpha.sqrt()): ("this is √α", "这是 (1) 里的系数 √α"),
    changed("SignalAsShare", signal=lambda s: s.alpha_bar): ("`signal`: this is a share", "`signal`：这是份额"),
    changed("NoiseAsShare", noise=lambda s: 1 - s.alpha_bar): ("`noise`: this is a share", "`noise`：这是份额"),
    changed("NoiseByOneMinusRoot", noise=lambda s: 1 - s.signal): ("squares of the factors that add up", "两个系数的平方"),
    changed("NoiseOfOneStep", noise=lambda s: s.beta.sqrt()): ("this is √β", "这是单步噪声的系数 √β"),
    changed("SNROfAmplitudes", snr=lambda s: s.signal / s.noise): ("`snr`: this is the ratio of the factors", "`snr`：这是系数之比"),
    changed("SNRUpsideDown", snr=lambda s: 1 / s.snr): ("upside down", "上下颠倒"),
    changed("SNRWithAnEpsilon", snr=lambda s: s.alpha_bar / (1 - s.alpha_bar + 1e-8)): ("`snr[0]` is 1e+08", "`snr[0]` 是 1e+08"),
    changed("LogSNRWithAnEpsilon", log_snr=lambda s: (s.alpha_bar / (1 - s.alpha_bar).clamp(min=1e-20)).log()): ("`log_snr[0]` is 46.1", "`log_snr[0]` 是 46.1"),
    changed("LogSNRToTheBase10", log_snr=lambda s: s.snr.log10()): ("base 10", "10 为底"),
    changed("LogSNRInDecibels", log_snr=lambda s: 10 * s.snr.log10()): ("decibels", "分贝"),
    changed("LogSNROfAmplitudes", log_snr=lambda s: (s.signal / s.noise).log()): ("`log_snr`: this is the ratio of the factors", "`log_snr`：这是系数之比"),
    changed("OpenIsBeta", posterior_variance=lambda s: s.beta): ("this is β_t", "这是 β_t"),
    changed("VariancesAdded", posterior_variance=lambda s: torch.cat([torch.zeros(1).double(), 1 - s.alpha_bar[:-1] + (s.beta / s.alpha)[1:]])): ("it is their inverses that add up", "相加的是它们的倒数"),
    changed("OpenNotInverted", posterior_variance=lambda s: torch.cat([torch.zeros(1).double(), 1 / (1 - s.alpha_bar[:-1]) + (s.alpha / s.beta)[1:]])): ("1 over it", "方差还要用 1 去除以它"),
    changed("AlphaNotDividedOut", posterior_variance=lambda s: torch.cat([torch.zeros(1).double(), 1 / (1 / (1 - s.alpha_bar[:-1]) + 1 / s.beta[1:])])): ("β_t / α_t, not β_t", "β_t / α_t 而不是 β_t"),
    changed("OpenUpsideDown", posterior_variance=lambda s: torch.cat([torch.zeros(1).double(), (s.beta**2 / s.posterior_variance)[1:]])): ("ratio stands upside down", "比值颠倒了"),
    changed("OpenAsDeviation", posterior_variance=lambda s: s.posterior_variance.sqrt()): ("standard deviation", "标准差"),
    changed("OpenIsNanAtZero", posterior_variance=lambda s: s.posterior_variance + torch.cat([torch.full((1,), torch.nan), torch.zeros(s.T)])): ("is nan at t = 0", "在 t = 0 处是 nan"),
    changed("OpenClippedAtOne", posterior_variance=lambda s: torch.cat([s.posterior_variance[:1], s.posterior_variance[1:].clamp(min=1e-3)])): ("no lower bound", "不要设下限"),
    changed("OpenClippedBelow", posterior_variance=lambda s: s.posterior_variance.clamp(min=1e-20)): ("no lower bound", "不要设下限"),
    changed("OpenBySums", posterior_variance=lambda s: torch.cat([torch.zeros(1).double(), 1 / (1 / s.beta.cumsum(0)[:-1] + (s.alpha / s.beta)[1:])])): ("the β of the first t − 1 steps are added", "前 t − 1 步的 β 加了起来"),
    changed("BetaByOneMinusAlpha", beta=lambda s: 1 - s.alpha): ("its small entries have few digits right", "很小的那些项只对了前几位"),
    changed("NoiseByTheSignal", noise=lambda s: (1 - s.signal**2).sqrt()): ("its small entries have few digits right", "很小的那些项只对了前几位"),
    changed("OpenByOneMinusAlpha", posterior_variance=lambda s: torch.cat([torch.zeros(1).double(), 1 / (1 / (1 - s.alpha_bar[:-1]) + s.alpha[1:] / (1 - s.alpha[1:]))])): ("its small entries have few digits right", "很小的那些项只对了前几位"),
    reading("AtTheFirstSteps", lambda a, T: a[: T + 1]): ("these are the first T steps", "只是最前面的 T 步"),
    reading("AtEveryKth", lambda a, T: a[:: max(1, (len(a) - 1) // T)]): ("there are", "项；应有"),
    reading("AtNearest", lambda a, T: a[evenly(a, T).round().long()]): ("reads the nearest entry", "最近的一项"),
    reading("AtTheEntryBefore", lambda a, T: a[[t * (len(a) - 1) // T for t in range(T + 1)]]): ("reads the entry before", "前面那一项"),
    reading("AtThroughBeta", through_beta): ("takes the β of the old steps", "沿用了原来各步的 β"),
    reading("AtShortOfTheEnd", lambda a, T: lerped(a, torch.arange(T + 1).double() * (len(a) - 1) / (T + 1))): ("t / (T + 1) of the way", "t / (T + 1) 处"),
    reading("AtTEntries", lambda a, T: lerped(a, torch.linspace(0, len(a) - 1, T).double())): ("there should be", "项；应有"),
    reading("AtAStraightLine", lambda a, T: torch.linspace(1, float(a[-1]), T + 1, dtype=torch.float64)): ("stands at the place", "对应旧数组的位置"),
    reading("AtTheLinearSchedule", lambda a, T: schedules.linear(max(T, 2)).alpha_bar[: T + 1]): ("the end must stay", "终点应当不变"),
    stopping("EndingFromOne", lambda a, d, z: scaled(a, z**2 / (d + z**2))): ("where z is tiny", "z 很小时"),
    stopping("EndingThroughFloat32", lambda a, d, z: torch.cat([scaled(a, z**2 / (d + z**2))[:-1], torch.tensor([z**2 / (d + z**2)]).double()])): ("a few digits only", "只对了前几位"),
    stopping("EndingWithAnEpsilon", lambda a, d, z: scaled(a, z**2 / (d + z**2)) + 1e-12): ("ᾱ_0 misses 1 by 1e-12", "ᾱ_0 与 1 差了 1e-12"),
    stopping("EndingAtSNR", lambda a, d, z: scaled(a, z**2 / d)): ("that is SNR_T", "那是 SNR_T"),
    stopping("EndingWithoutTheSquare", lambda a, d, z: scaled(a, z / (d + z))): ("z is to be squared", "z 要平方"),
    stopping("EndingAtTheFactor", lambda a, d, z: scaled(a, (z**2 / (d + z**2)) ** 0.5)): ("this is the factor √ᾱ_T", "这是系数 √ᾱ_T"),
    stopping("EndingWithoutD", lambda a, d, z: scaled(a, z**2 / (1 + z**2))): ("d is left out", "漏了 d"),
    stopping("EndingAtZ", lambda a, d, z: scaled(a, 0.9 * z / (1 + z))): ("and (4) makes z", "按 (4) 算 z 是"),
    stopping("OnlyTheLast", lambda a, d, z: torch.cat([a[:-1], torch.tensor([z**2 / (d + z**2)]).double()])): ("only the last entry", "只改了最后一项"),
    stopping("EndingByShift", lambda a, d, z: torch.sigmoid((a / (1 - a)).log() - (a[-1] / (1 - a[-1])).log() + math.log(z**2 / d))): ("adds one number to every log-SNR", "每个 log-SNR 加上同一个数"),
    stopping("EndingByRescaling", lambda a, d, z: schedules.rescaled(schedules.Schedule(a), (z**2 / (d + z**2)) ** 0.5).alpha_bar): ("as `rescaled` does", "与 `rescaled` 一样"),
    stopping("EndingByAFactor", lambda a, d, z: a * (z**2 / (d + z**2)) / a[-1]): ("multiplies the ᾱ", "它乘的是 ᾱ"),
    stopping("EndingBySubtracting", lambda a, d, z: a - a[-1] + z**2 / (d + z**2)): ("moves all ᾱ down alike", "整体往下移"),
    stopping("EndingByThePower", lambda a, d, z: a ** (math.log(z**2 / (d + z**2)) / a[-1].log())): ("multiplies every log ᾱ", "给每个 log ᾱ"),
}  # fmt: skip
HELD_BUILDS = {
    "AtThroughTheLogarithm": {"arrays", "ratios", "posterior_variance", "ending"},
    "WithoutLogSNR": {"arrays"},
    "WithMethods": {"ratios", "posterior_variance", "at", "ending"},
    "BetaOfAllSteps": {"ratios", "posterior_variance", "at", "ending"},
    "LogSNRInDecibels": {"arrays", "posterior_variance", "at", "ending"},
    "BetaByOneMinusAlpha": {"ratios", "posterior_variance", "at", "ending"},
    "EndingFromOne": {"arrays", "ratios", "posterior_variance", "at"},
    "VariancesAdded": {"arrays", "ratios", "at", "ending"},
    "AtInPlace": {"arrays", "ratios", "posterior_variance", "ending"},
    "AtThroughBeta": {"arrays", "ratios", "posterior_variance", "ending"},
    "EndingAtSNR": {"arrays", "ratios", "posterior_variance", "at"},
    "EndingByShift": {"arrays", "ratios", "posterior_variance", "at"},
    "WithoutSelf": {"arrays", "ratios", "posterior_variance", "at"},
}


# 01.paper


def paper_as_told(T, d, z):
    snr = z**2 / d
    return 1 - (snr / (1 + snr)) ** (1 / T)


def paper_by_logarithms(T, d, z):
    return -math.expm1(-math.log1p(d / z**2) / T)


def paper_by_tensors(T, d, z):
    return 1 - torch.tensor(1 + d / z**2, dtype=torch.float64).pow(-1 / T)


def paper_by_halving(T, d, z):
    low, high = 0.0, 1.0
    for _ in range(60):
        beta = (low + high) / 2
        a = (1 - beta) ** T
        low, high = (beta, high) if d * a / (1 - a) > z**2 else (low, beta)
    return beta


def papers(end, beta):
    return lambda T, d, z: beta(end(d, z), T)


def end_as_told(d, z):
    return z**2 / (d + z**2)


def root_as_told(a, T):
    return 1 - a ** (1 / T)


WRONG_PAPERS = {
    papers(lambda d, z: z**2 / d, root_as_told): ("z² / d is SNR_T", "z² / d 是 SNR_T"),
    papers(lambda d, z: z / (d + z), root_as_told): ("z is not squared", "z 没有平方"),
    papers(lambda d, z: z**2 / (1 + z**2), root_as_told): ("d is left out", "漏了 d"),
    papers(lambda d, z: (z**2 / (d + z**2)) ** 0.5, root_as_told): ("root √ᾱ_T", "平方根 √ᾱ_T"),
    papers(end_as_told, lambda a, T: a ** (1 / T)): ("this is α", "这是 α"),
    papers(end_as_told, lambda a, T: -math.log(a) / T): ("this is −ln(1 − β)", "这是 −ln(1 − β)"),
    papers(end_as_told, lambda a, T: (1 - a) / T): ("do not add up", "而不是 β 相加"),
    papers(end_as_told, lambda a, T: 1 - a): ("T-th root is missing", "漏了开 T 次方"),
    papers(end_as_told, lambda a, T: 1 - a ** (1 / (T - 1))): ("not T − 1", "不是 T − 1 步"),
    papers(end_as_told, lambda a, T: 1 - a**T): ("power T", "T 次幂"),
    papers(end_as_told, lambda a, T: 1 - a / T): ("not a / T", "而不是 a / T"),
    papers(end_as_told, lambda a, T: 1 - a ** (1 / (2 * T))): ("root √ᾱ_T", "平方根 √ᾱ_T"),
    papers(end_as_told, lambda a, T: 0.119): ("off by", "偏了"),
    papers(end_as_told, lambda a, T: [1 - a ** (1 / T)]): ("does not return a single number", "返回的不是单个数"),
    papers(end_as_told, lambda a, T: math.lgo(a)): ("lgo", "lgo"),
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
    "01.merged": [
        merged_by_rows,
        merged_by_the_array,
        merged_by_a_loop,
        merged_by_the_noise,
        merged_by_logarithms,
        merged_by_splitting,
        merged_by_numpy,
        merged_by_the_package,
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
    "01.paper": [paper_as_told, paper_by_logarithms, paper_by_tensors, paper_by_halving],
    "01.build": [AsTold, ByProperties, ByTheRoot, ByInterpolate, OfThePackage, schedule_by_a_function, ByLoops],
    "01.half": in_any_form(254, 258, 259, 260, 264),
    "01.last": in_any_form(0.0605, 0.061, 0.0611),
}
WRONG = {
    "01.bytes": named(WRONG_BYTES),
    "01.merged": named(WRONG_MERGED),
    "01.cosine": named(WRONG_COSINES),
    "01.half": named(WRONG_HALVES),
    "01.last": named(WRONG_LASTS),
    "01.paper": named(WRONG_PAPERS),
    "01.build": named(WRONG_BUILDS),
}
HELD = {"01.build": HELD_BUILDS}
