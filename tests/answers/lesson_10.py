"""Lesson 10: right answers, each in its own way, and wrong ones, each as somebody might write it.

第 10 课：各有各写法的正确答案，以及可能有人写出的错误答案。
"""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from answers import flows_10, in_any_form, named
from course_utils import paths
from course_utils.exercises.lesson_10.bent import STRAIGHTNESS_MISTAKES
from course_utils.exercises.lesson_10.edm import EDM_MISTAKES
from course_utils.exercises.lesson_10.langevin import LANGEVIN_MISTAKES
from course_utils.exercises.lesson_10.likely import LIKELY_MISTAKES
from course_utils.exercises.lesson_10.matched import BATCH_MISTAKES
from course_utils.exercises.lesson_10.mixed_rates import RATES_MISTAKES
from course_utils.exercises.lesson_10.noisy import NOISY_MISTAKES
from course_utils.exercises.lesson_10.paper import PACE_MISTAKES
from course_utils.exercises.lesson_10.reverse_noise import REVERSE_MISTAKES
from course_utils.exercises.lesson_10.tweedie import GUESS_MISTAKES
from course_utils.forward import per_sample
from course_utils.randomness import standard_normal

# The guess from the score, right and wrong.


def by_the_noise(xt, score, a, b):
    eps_hat = -b * score
    return (xt - b * eps_hat) / a


def term_by_term(xt, score, a, b):
    return xt / a + b * b / a * score


def signal_to_noise(xt, score, a, b):
    return (xt / b + b * score) * (b / a)


def downhill(xt, score, a, b):
    return (xt - b**2 * score) / a


def one_b(xt, score, a, b):
    return xt / a + b / a * score


def not_divided(xt, score, a, b):
    return xt + b**2 * score


def noise_instead(xt, score, a, b):
    return -b * score


def as_on_vp(xt, score, a, b):
    return (xt + (1 - a**2) * score) / a


def as_on_the_line(xt, score, a, b):
    return (xt + (1 - a) ** 2 * score) / a


def b_cubed(xt, score, a, b):
    return (xt + b**3 * score) / a


def a_under_a_root(xt, score, a, b):
    return (xt + b**2 * score) / a**0.5


def adds_in_place(xt, score, a, b):
    xt += b**2 * score
    return xt / a


def only_plain_numbers(xt, score, a, b):
    return (xt + float(b) ** 2 * score) / float(a)


WRONG_GUESSES = {
    downhill: ("the sign", "符号反了"),
    one_b: ("b is not squared", "b 没有平方"),
    not_divided: ("the division by a is missing", "漏了除以 a"),
    noise_instead: ("the mean of the noise ε", "噪声 ε 的均值"),
    as_on_vp: ("only where a² + b² = 1", "只有 a² + b² = 1"),
    as_on_the_line: ("only on the straight path", "只有在直线路径上"),
    b_cubed: ("the factor of score is b³ / a", "score 的系数是 b³ / a"),
    a_under_a_root: ("the factor of xt is 1 / √a", "xt 的系数是 1 / √a"),
    adds_in_place: ("changes xt", "改动了 xt"),
    only_plain_numbers: ("a whole tensor stands where one number is wanted", "该是一个数的地方放了整个张量"),
}

# A step of Langevin's walk, right and wrong.


def by_standard_normal(x, score, size, generator):
    return x + size * score(x) + math.sqrt(2 * size) * standard_normal(x, generator)


def draws_by_normal_(x, score, size, generator):
    noise = torch.empty_like(x).normal_(0, (2 * size) ** 0.5, generator=generator)
    return noise + score(x) * size + x


def draws_in_single_precision(x, score, size, generator):
    climbed = x + size * score(x)
    return climbed + ((2 * size) ** 0.5 * torch.randn(climbed.shape, generator=generator, dtype=torch.float32)).to(x)


def by_half_the_step_squared(x, score, size, generator):
    e = (2 * size) ** 0.5
    return x + e**2 / 2 * score(x) + e * torch.randn(x.shape, dtype=x.dtype, generator=generator)


def downhill_walk(x, score, size, generator):
    return x - size * score(x) + (2 * size) ** 0.5 * torch.randn(x.shape, generator=generator, dtype=x.dtype)


def without_the_2(x, score, size, generator):
    return x + size * score(x) + size**0.5 * torch.randn(x.shape, generator=generator, dtype=x.dtype)


def by_the_variance(x, score, size, generator):
    return x + size * score(x) + 2 * size * torch.randn(x.shape, generator=generator, dtype=x.dtype)


def as_song_and_ermon(x, score, size, generator):
    return x + size / 2 * score(x) + size**0.5 * torch.randn(x.shape, generator=generator, dtype=x.dtype)


def one_draw_for_all(x, score, size, generator):
    return x + size * score(x) + (2 * size) ** 0.5 * torch.randn(x.shape[1:], generator=generator, dtype=x.dtype)


def one_number_a_sample(x, score, size, generator):
    z = torch.randn(len(x), *[1] * (x.ndim - 1), generator=generator, dtype=x.dtype)
    return x + size * score(x) + (2 * size) ** 0.5 * z


def one_number(x, score, size, generator):
    return x + size * score(x) + (2 * size) ** 0.5 * torch.randn((), generator=generator, dtype=x.dtype)


def asks_after_the_noise(x, score, size, generator):
    x = x + (2 * size) ** 0.5 * torch.randn(x.shape, generator=generator, dtype=x.dtype)
    return x + size * score(x)


def draws_globally(x, score, size, generator):
    return x + size * score(x) + (2 * size) ** 0.5 * torch.randn_like(x)


def seeds_anew(x, score, size, generator):
    z = torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=x.dtype)
    return x + size * score(x) + (2 * size) ** 0.5 * z


def climbs_only(x, score, size, generator):
    return x + size * score(x)


def uniform(x, score, size, generator):
    return x + size * score(x) + (24 * size) ** 0.5 * (torch.rand(x.shape, generator=generator, dtype=x.dtype) - 0.5)


def of_one_length(x, score, size, generator):
    climb = score(x)
    climb = climb / climb.norm()
    return x + size * climb + (2 * size) ** 0.5 * torch.randn(x.shape, generator=generator, dtype=x.dtype)


def calls_no_score(x, score, size, generator):
    return x + size * score + (2 * size) ** 0.5 * torch.randn(x.shape, generator=generator, dtype=x.dtype)


def asks_with_a_time(x, score, size, generator):
    return x + size * score(x, 0.5) + (2 * size) ** 0.5 * torch.randn(x.shape, generator=generator, dtype=x.dtype)


def always_single(x, score, size, generator):
    return (x + size * score(x) + (2 * size) ** 0.5 * torch.randn(x.shape, generator=generator)).float()


WRONG_LANGEVIN = {
    downhill_walk: ("the sign", "符号反了"),
    without_the_2: ("the 2 under its root is missing", "漏了根号里的 2"),
    by_the_variance: ("which is its variance", "那是方差"),
    as_song_and_ermon: ("Song & Ermon's ε", "Song 与 Ermon"),
    one_draw_for_all: ("one draw serves the whole batch", "整批只抽了一次"),
    one_number_a_sample: ("one number is drawn for each sample", "每个样本只抽了一个数"),
    one_number: ("one single number is drawn for all", "只抽了一个数"),
    asks_after_the_noise: ("where x is after the noise", "加过噪声的 x"),
    draws_globally: ("does not come from `generator`", "不是用 `generator` 抽的"),
    seeds_anew: ("whatever `generator` is", "无论 `generator` 是什么"),
    climbs_only: ("whatever `generator` is", "无论 `generator` 是什么"),
    uniform: ("it is bounded", "它有界"),
    of_one_length: ("only the score's direction", "只用了得分的方向"),
    calls_no_score: ("a function stands where its value is wanted", "该用函数值的地方写了函数本身"),
    asks_with_a_time: ("takes other arguments", "参数与题目所给的不同"),
    always_single: ("it should be torch.float64", "应当是 torch.float64"),
}

# The rates of an SDE, right and wrong.


class Both(NamedTuple):
    """f and g^2 by their names. f 与 g^2，各有名字。"""

    f: object
    g2: object


def by_names(a, b, da, db):
    return Both(da / a, 2 * b * db - 2 * b**2 * da / a)


def by_the_ratio(a, b, da, db):
    """g^2 = a^2 d (b/a)^2 / dt."""
    r, dr = b / a, (db * a - da * b) / a**2
    return [da / a, 2 * a**2 * r * dr]


def as_logarithms(a, b, da, db):
    f, grows = da / a, db / b
    return f, 2 * b**2 * (grows - f)


def gives_g(a, b, da, db):
    return da / a, (2 * b * db - 2 * da / a * b**2) ** 0.5


def shrinking_forgotten(a, b, da, db):
    return da / a, 2 * b * db


def a_itself(a, b, da, db):
    f = a
    return f, 2 * b * (db - f * b)


def a_slope(a, b, da, db):
    return da, 2 * b * (db - da * b)


def sign_of_f(a, b, da, db):
    return -da / a, 2 * b * (db - da / a * b)


def half_forgotten(a, b, da, db):
    return da / a, b * (db - da / a * b)


def sign_inside(a, b, da, db):
    return da / a, 2 * b * (db + da / a * b)


def only_f(a, b, da, db):
    return da / a


def g_first(a, b, da, db):
    return 2 * b * (db - da / a * b), da / a


def as_a_list_of_three(a, b, da, db):
    return da / a, b, 2 * b * (db - da / a * b)


def by_b_squared(a, b, da, db):
    return da / a, 2 * b**2 * (db - da / a * b)


def f_squared(a, b, da, db):
    return da**2 / a, 2 * b * (db - da / a * b)


def in_numbers_alone(a, b, da, db):
    return da / a, 2 * b * db - 2 * math.exp(math.log(b) * 2) * da / a


def minus_half_the_rate(a, b, da, db):
    return -da / (2 * a), 2 * b * (db - da / a * b)


WRONG_RATES = {
    minus_half_the_rate: ("f is −a′ / (2 a)", "f 取成了 −a′ / (2 a)"),
    gives_g: ("this is g; g² is asked for", "这是 g；题目要的是 g²"),
    shrinking_forgotten: ("the old noise shrinks meanwhile", "旧噪声同时在收缩"),
    a_itself: ("f is a itself", "f 取成了 a 本身"),
    a_slope: ("f is a′; the drift is f times x", "f 取成了 a′；漂移是 f 乘 x"),
    sign_of_f: ("the sign of f", "f 的符号反了"),
    half_forgotten: ("half of it is missing", "少了一半"),
    sign_inside: ("the sign of what shrinks", "收缩那一项的符号反了"),
    only_f: ("return two things", "应当返回两样东西"),
    g_first: ("the two are swapped", "两个写反了"),
    as_a_list_of_three: ("return two things", "应当返回两样东西"),
    by_b_squared: ("g²: this is 2 b²", "g²：这是 2 b²"),
    f_squared: ("f: this is", "f：这是"),
    in_numbers_alone: ("a whole tensor stands where one number is wanted", "该是一个数的地方放了整个张量"),
}

# A step back, right and wrong.


def by_two_parts(xt, t, s, score, f, g2, noise, generator):
    """The flow, and Langevin's walk on top. 流，再加上朗之万游走。"""
    h = t - s
    flow = -h * (f * xt - g2 / 2 * score)
    walk = h * noise**2 * g2 / 2 * score + noise * math.sqrt(h * g2) * standard_normal(xt, generator)
    return xt + flow + walk


def draws_only_where_needed(xt, t, s, score, f, g2, noise, generator):
    xs = xt - (t - s) * (f * xt - 0.5 * (1 + noise * noise) * g2 * score)
    if noise == 0:
        return xs
    return xs + torch.randn(xt.shape, generator=generator, dtype=xt.dtype).mul_(noise * (g2 * (t - s)) ** 0.5)


def collected(xt, t, s, score, f, g2, noise, generator):
    dt = s - t
    z = torch.empty(xt.shape, dtype=xt.dtype).normal_(generator=generator)
    return (1 + dt * f) * xt - dt * g2 * (1 + noise**2) / 2 * score + noise * (-dt) ** 0.5 * g2**0.5 * z


def back(xt, t, s, score, f, g2, noise, generator, dt=None, weight=None, spread=None):
    """A right step but for one of its pieces. 除某一处之外都正确的一步。"""
    dt, weight = s - t if dt is None else dt, (1 + noise**2) / 2 * g2 if weight is None else weight
    spread = noise * (g2 * (t - s)) ** 0.5 if spread is None else spread
    z = torch.randn(xt.shape, generator=generator, dtype=xt.dtype)
    return xt + dt * (f * xt - weight * score) + spread * z


def walks_away(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, f, g2, noise, generator, dt=t - s)


def plus_the_score(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, -score, f, g2, noise, generator)


def anderson_always(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, f, g2, noise, generator, weight=g2)


def half_always(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, f, g2, noise, generator, weight=g2 / 2)


def share_not_squared(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, f, g2, noise, generator, weight=(1 + noise) / 2 * g2)


def g_for_its_square(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, f, g2, noise, generator, weight=(1 + noise**2) / 2 * g2**0.5)


def root_of_time_forgotten(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, f, g2, noise, generator, spread=noise * g2**0.5 * (t - s))


def always_noise(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, f, g2, noise, generator, spread=(g2 * (t - s)) ** 0.5)


def never_noise(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, f, g2, noise, generator, spread=0.0)


def drift_forgotten(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, 0.0, g2, noise, generator)


def f_alone(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, 0.0, g2, noise, generator) + (s - t) * f


def negative_root(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, f, g2, noise, generator, spread=noise * math.sqrt(g2 * (s - t)))


def complex_root(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, f, g2, noise, generator, spread=noise * (g2 * (s - t)) ** 0.5)


def nan_of_a_root(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, f, g2, noise, generator, spread=noise * torch.tensor(g2 * (s - t)).sqrt())


def global_noise(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, f, g2, noise, None)


def one_noise_for_all(xt, t, s, score, f, g2, noise, generator):
    z = torch.randn(xt[:1].shape, generator=generator, dtype=xt.dtype)
    return back(xt, t, s, score, f, g2, noise, generator, spread=0.0) + noise * (g2 * (t - s)) ** 0.5 * z


def thrice_the_weight(xt, t, s, score, f, g2, noise, generator):
    return back(xt, t, s, score, f, g2, noise, generator, weight=3 * (1 + noise**2) * g2)


WRONG_REVERSE = {
    walks_away: ("time runs the wrong way", "时间走反了"),
    plus_the_score: ("the sign before the score", "得分前的符号反了"),
    anderson_always: ("right at noise = 1 alone", "只有 noise = 1 时才对"),
    half_always: ("right without noise alone", "只有不加噪声时才对"),
    share_not_squared: ("the share of noise is not squared", "噪声的份额 noise 没有平方"),
    g_for_its_square: ("the score has g where g² belongs", "却乘了 g"),
    root_of_time_forgotten: ("has the time t − s, and not its root", "没有开方"),
    always_noise: ("the share of noise is not heeded", "没有理会 noise"),
    never_noise: ("at noise = 1 no noise", "noise = 1 时没有加"),
    drift_forgotten: ("f x is missing", "漏了 f x"),
    f_alone: ("f is added by itself", "f 单独加上去了"),
    negative_root: ("root of a negative number", "负数开方"),
    complex_root: ("root of a negative number", "负数开方"),
    nan_of_a_root: ("root of a negative number", "负数开方"),
    global_noise: ("does not come from `generator`", "不是用 `generator` 抽的"),
    one_noise_for_all: ("one draw serves the whole batch", "整批只抽了一次"),
    thrice_the_weight: ("the factor of score is 3 (t − s) g² (1 + noise²)", "score 的系数是 3 (t − s) g² (1 + noise²)"),
}

# A batch of flow matching, right and wrong.


def by_the_package(x0, eps, t):
    ends = paths.Pair(x0, eps)
    return paths.point(paths.straight, t, ends).to(x0), paths.velocity(paths.straight, t, ends).to(x0)


def by_lerp(x0, eps, t):
    t = t.view(len(t), *(1 for _ in x0.shape[1:]))
    return torch.lerp(x0, eps, t.expand_as(x0)), eps - x0


def moving_on(x0, eps, t):
    v = eps - x0
    return x0 + per_sample(t, x0) * v, v


def by_einsum(x0, eps, t):
    v = eps - x0
    return x0 + torch.einsum("b,b...->b...", t, v), v


def as_lipman(x0, eps, t):
    t = per_sample(t, x0)
    return (1 - t) * eps + t * x0, x0 - eps


def backwards_in_time(x0, eps, t):
    t = per_sample(t, x0)
    return t * x0 + (1 - t) * eps, eps - x0


def to_the_data(x0, eps, t):
    return by_the_package(x0, eps, t)[0], x0 - eps


def mean_time(x0, eps, t):
    t = t.mean()
    return (1 - t) * x0 + t * eps, eps - x0


def along_the_last_axis(x0, eps, t):
    return (1 - t) * x0 + t * eps, eps - x0


def for_tables_only(x0, eps, t):
    t = t[:, None]
    return (1 - t) * x0 + t * eps, eps - x0


def for_images_only(x0, eps, t):
    t = t[:, None, None, None]
    return (1 - t) * x0 + t * eps, eps - x0


def guesses_noise(x0, eps, t):
    return by_the_package(x0, eps, t)[0], eps


def target_is_the_point(x0, eps, t):
    xt = by_the_package(x0, eps, t)[0]
    return xt, xt


def divides_by_t(x0, eps, t):
    xt = by_the_package(x0, eps, t)[0]
    return xt, (xt - x0) / per_sample(t, x0)


def of_the_circle(x0, eps, t):
    angle = per_sample(t, x0) * math.pi / 2
    return angle.cos() * x0 + angle.sin() * eps, eps - x0


def draws_its_own(x0, eps, t):
    return by_the_package(x0, torch.randn_like(eps), t)[0], eps - x0


def point_only(x0, eps, t):
    return by_the_package(x0, eps, t)[0]


def squared_times(x0, eps, t):
    return by_the_package(x0, eps, t**2)[0], eps - x0


WRONG_BATCHES = {
    as_lipman: ("this is the way Lipman and Liu count", "Lipman 与 Liu 的记法"),
    backwards_in_time: ("in x_t time runs backwards", "x_t 里时间反了"),
    to_the_data: ("the velocity points to the data", "速度指向了数据"),
    mean_time: ("the mean of the batch's times", "整批时刻的均值"),
    along_the_last_axis: ("shapes do not fit", "形状合不上"),
    for_tables_only: ("shapes do not fit", "形状合不上"),
    for_images_only: ("has the shape", "形状是"),
    guesses_noise: ("the target is ε", "目标取成了 ε"),
    target_is_the_point: ("the target is x_t itself", "目标取成了 x_t 本身"),
    divides_by_t: ("divides by t or by 1 − t", "除以了 t 或 1 − t"),
    of_the_circle: ("x_t runs along a circle", "x_t 走的是圆弧"),
    draws_its_own: ("draws random numbers", "另抽了随机数"),
    point_only: ("return two things", "应当返回两样东西"),
    squared_times: ("the factor of ε is t²", "ε 的系数是 t²"),
}

# Straightness, right and wrong.


def by_loops(walk):
    ratios = []
    for i in range(walk.shape[1]):
        way = sum(float((q - p).norm()) for p, q in pairwise(walk[:, i]))
        ratios.append(way / float((walk[-1, i] - walk[0, i]).norm()))
    return sum(ratios) / len(ratios)


def by_numpy(walk):
    x = walk.numpy().reshape(*walk.shape[:2], -1)
    way = np.sqrt(((x[1:] - x[:-1]) ** 2).sum(2)).sum(0)
    return (way / np.sqrt(((x[-1] - x[0]) ** 2).sum(1))).mean()


def by_vector_norms(walk):
    axes = tuple(range(1, walk.ndim - 1))
    way = sum(torch.linalg.vector_norm(q - p, dim=axes) for p, q in pairwise(walk))
    return torch.mean(way / torch.linalg.vector_norm(walk[-1] - walk[0], dim=axes)).item()


def upside_down(walk):
    way = walk.diff(dim=0).flatten(2).norm(dim=2).sum(0)
    return ((walk[-1] - walk[0]).flatten(1).norm(dim=1) / way).mean()


def squared_lengths(walk):
    way = walk.diff(dim=0).flatten(2).square().sum(2).sum(0)
    return (way / (walk[-1] - walk[0]).flatten(1).square().sum(1)).mean()


def ratio_of_means(walk):
    way = walk.diff(dim=0).flatten(2).norm(dim=2).sum(0)
    return way.mean() / (walk[-1] - walk[0]).flatten(1).norm(dim=1).mean()


def chord_from_0(walk):
    return (walk.diff(dim=0).flatten(2).norm(dim=2).sum(0) / walk[-1].flatten(1).norm(dim=1)).mean()


def norm_of_the_last_axis(walk):
    return (walk.diff(dim=0).norm(dim=-1).sum(0) / (walk[-1] - walk[0]).norm(dim=-1)).mean()


def norm_of_all(walk):
    return sum((q - p).norm() for p, q in pairwise(walk)) / (walk[-1] - walk[0]).norm()


def one_a_particle(walk):
    return walk.diff(dim=0).flatten(2).norm(dim=2).sum(0) / (walk[-1] - walk[0]).flatten(1).norm(dim=1)


def over_the_batch_axis(walk):
    return (walk.diff(dim=1).flatten(2).norm(dim=2).sum(1) / (walk[:, -1] - walk[:, 0]).flatten(1).norm(dim=1)).mean()


def mean_of_steps(walk):
    return (walk.diff(dim=0).flatten(2).norm(dim=2).mean(0) / (walk[-1] - walk[0]).flatten(1).norm(dim=1)).mean()


WRONG_STRAIGHTNESS = {
    upside_down: ("chord over way", "弦长比路长"),
    squared_lengths: ("the lengths are squared", "长度取了平方"),
    ratio_of_means: ("the ratio of the means", "均值之比"),
    chord_from_0: ("from the origin to the end", "从原点连到了终点"),
    norm_of_the_last_axis: ("over the last axis alone", "只沿最后一轴"),
    norm_of_all: ("one long vector", "一个长向量"),
    one_a_particle: ("not return a single number", "不是单个数"),
    over_the_batch_axis: ("steps and particles are swapped", "步与粒子的轴弄反了"),
    mean_of_steps: ("the mean of the steps", "各步长度的均值"),
}

# The log-density along the flow, right and wrong.


def normal(x):
    return torch.distributions.Normal(0.0, 1.0).log_prob(x).flatten(1).sum(1)


def by_heun(velocity, divergence, x, times):
    total = 0
    for t, s in pairwise(times):
        k = velocity(x, t)
        ahead = x + (s - t) * k
        then = x + (s - t) / 2 * (k + velocity(ahead, s))
        total = total + (s - t) / 2 * (divergence(x, t) + divergence(then, s))
        x = then
    return normal(x) + total


def by_midpoint(velocity, divergence, x, times):
    x, log_p = x.clone(), torch.zeros(x.shape[0], dtype=x.dtype)
    for i in range(1, len(times)):
        h, m = times[i] - times[i - 1], (times[i] + times[i - 1]) / 2
        middle = x + h / 2 * velocity(x, times[i - 1])
        log_p += h * divergence(middle, m)
        x += h * velocity(middle, m)
    return log_p - 0.5 * x.flatten(1).square().sum(1) - 0.5 * x[0].numel() * math.log(2 * math.pi)


def divergence_at_the_far_end(velocity, divergence, x, times):
    total = torch.zeros_like(x.flatten(1)[:, 0])
    for t, s in pairwise(times):
        x = x + (s - t) * velocity(x, t)
        total = total + (s - t) * divergence(x, s)
    return total + normal(x)


def walked(velocity, divergence, x, times, sign=1.0):
    total = 0
    for t, s in pairwise(times):
        total = total + (s - t) * divergence(x, t)
        x = x + sign * (s - t) * velocity(x, t)
    return x, total


def no_jacobian(velocity, divergence, x, times):
    return normal(walked(velocity, divergence, x, times)[0])


def jacobian_subtracted(velocity, divergence, x, times):
    x, total = walked(velocity, divergence, x, times)
    return normal(x) - total


def against_the_flow(velocity, divergence, x, times):
    x, total = walked(velocity, divergence, x, times, -1.0)
    return normal(x) + total


def reversed_times(velocity, divergence, x, times):
    x, total = walked(velocity, divergence, x, times[::-1])
    return normal(x) + total


def without_2_pi(velocity, divergence, x, times):
    x, total = walked(velocity, divergence, x, times)
    return total - x.flatten(1).square().sum(1) / 2


def at_the_end_alone(velocity, divergence, x, times):
    x, _ = walked(velocity, divergence, x, times)
    return normal(x) + divergence(x, times[-1])


def mean_over_numbers(velocity, divergence, x, times):
    x, total = walked(velocity, divergence, x, times)
    return total + torch.distributions.Normal(0.0, 1.0).log_prob(x).flatten(1).mean(1)


def where_it_began(velocity, divergence, x, times):
    at_first, total = x, 0
    for t, s in pairwise(times):
        total = total + (s - t) * divergence(at_first, t)
        x = x + (s - t) * velocity(x, t)
    return normal(x) + total


def plainly_averaged(velocity, divergence, x, times):
    total = 0
    for t, s in pairwise(times):
        total = total + divergence(x, t) / (len(times) - 1)
        x = x + (s - t) * velocity(x, t)
    return normal(x) + total


def heun_with_the_sign_wrong(velocity, divergence, x, times):
    still = by_heun(velocity, lambda x, t: 0 * divergence(x, t), x, times)
    return 2 * still - by_heun(velocity, divergence, x, times)


def one_for_the_batch(velocity, divergence, x, times):
    return by_heun(velocity, divergence, x, times).mean()


def of_the_noise(velocity, divergence, x, times):
    return normal(x) + walked(velocity, divergence, x, times)[1]


def sorts_the_times_downwards(velocity, divergence, x, times):
    times.sort(reverse=True)
    return reversed_times(velocity, divergence, x, times[::-1])


def last_step_left_out(velocity, divergence, x, times):
    return by_heun(velocity, divergence, x, times[:-1])


def in_bits(velocity, divergence, x, times):
    return by_heun(velocity, divergence, x, times) / math.log(2)


def normal_of_the_batch(velocity, divergence, x, times):
    far = by_heun(velocity, lambda x, t: torch.zeros(len(x), dtype=x.dtype), x, times)
    return by_heun(velocity, divergence, x, times) - far + far.sum()


def one_percent_off(*case):
    return 1.01 * by_heun(*case)


def by_even_steps(velocity, divergence, x, times):
    h, total = 1 / (len(times) - 1), 0.0
    for t in times[:-1]:
        total = total + h * divergence(x, t)
        x = x + h * velocity(x, t)
    return (total - (x**2 + math.log(2 * math.pi)).flatten(1).sum(1) / 2).to(x.dtype)


WRONG_DENSITIES = {
    by_even_steps: ("all steps are taken to be equally long", "把每一步都当成一样长"),
    one_percent_off: ("where nothing moves", "处处不动"),
    last_step_left_out: ("the velocity is never asked at", "却没有在那里问过速度"),
    in_bits: ("this is in bits", "以比特计"),
    normal_of_the_batch: ("summed over the whole batch", "对整批求了和"),
    no_jacobian: ("the change of variables is missing", "漏了变量替换"),
    jacobian_subtracted: ("the sign of the divergence", "散度的符号反了"),
    against_the_flow: ("x walks against the velocity", "逆着速度走"),
    reversed_times: ("the times are walked backwards", "时刻倒着走"),
    without_2_pi: ("log 2π is missing", "漏了 log 2π"),
    at_the_end_alone: ("at the last time alone", "只在最后的时刻"),
    mean_over_numbers: ("the mean over a sample's numbers", "各个数取了均值"),
    where_it_began: ("at the place where x began", "x 的起点处"),
    plainly_averaged: ("every step counts alike", "每一步都同样算"),
    heun_with_the_sign_wrong: ("the sign of the divergence", "散度的符号反了"),
    one_for_the_batch: ("has the shape ()", "形状是 ()"),
    of_the_noise: ("the normal density is taken where x began", "正态密度取在了 x 的起点"),
    sorts_the_times_downwards: ("the times are walked backwards", "时刻倒着走"),
}

# From EDM's noise to the straight path, right and wrong.


def by_the_time(x, sigma):
    t = sigma / (1 + sigma)
    return (1 - t) * x, t


def by_the_ratio_of_noise(x, sigma):
    t = 1 / (1 / sigma + 1)
    return x * t / sigma, torch.tensor(t, dtype=torch.float64)


def by_the_logarithm(x, sigma):
    t = 1 / (1 + math.exp(-math.log(sigma)))
    return [x / (1 + sigma), t]


def share_of_signal(x, sigma):
    return x / (1 + sigma), 1 / (1 + sigma)


def sigma_itself(x, sigma):
    return x / (1 + sigma), sigma


def not_scaled(x, sigma):
    return x, sigma / (1 + sigma)


def as_vp(x, sigma):
    return x / (1 + sigma**2) ** 0.5, sigma / (1 + sigma)


def all_vp(x, sigma):
    return x / (1 + sigma**2) ** 0.5, sigma / (1 + sigma**2) ** 0.5


def time_first(x, sigma):
    return sigma / (1 + sigma), x / (1 + sigma)


def multiplied(x, sigma):
    return x * (1 + sigma), sigma / (1 + sigma)


def squared(x, sigma):
    return x / (1 + sigma), sigma**2 / (1 + sigma**2)


def x_alone(x, sigma):
    return x / (1 + sigma)


def divided_twice(x, sigma):
    return x / (1 + sigma) ** 2, sigma / (1 + sigma)


WRONG_EDM = {
    share_of_signal: ("which is 1 − t", "那是 1 − t"),
    sigma_itself: ("t is σ itself", "t 取成了 σ 本身"),
    not_scaled: ("x is not scaled", "x 没有缩放"),
    as_vp: ("x is divided by √(1 + σ²)", "x 除以了 √(1 + σ²)"),
    all_vp: ("the path on which a² + b² = 1", "a² + b² = 1 的那条路径"),
    time_first: ("the two are swapped", "两个写反了"),
    multiplied: ("x is multiplied by 1 + σ", "x 乘了 1 + σ"),
    squared: ("t is σ² / (1 + σ²)", "t 取成了 σ² / (1 + σ²)"),
    x_alone: ("return two things", "应当返回两样东西"),
    divided_twice: ("the factor of x is 1 / (1 + σ)²", "x 的系数是 1 / (1 + σ)²"),
}

# The velocity of a bell, right and wrong.


def by_the_growth(s, t):
    def variance(t):
        return (1 - t) ** 2 * s**2 + t**2

    return (2 * t - 2 * (1 - t) * s**2) / (2 * variance(t))


def by_both_guesses(s, t):
    variance = ((1 - t) * s) ** 2 + t**2
    x0, eps = (1 - t) * s**2 / variance, t / variance
    return eps - x0


def as_a_tensor(s, t):
    return torch.tensor([by_both_guesses(s, t)])


def as_numpy(s, t):
    return np.float64(by_both_guesses(s, t))


def to_data(s, t):
    return -by_both_guesses(s, t)


def deviation_for_variance(s, t):
    return (t - (1 - t) * s) / ((1 - t) ** 2 * s + t**2)


def variance_alone(s, t):
    return 2 * t - 2 * (1 - t) * s**2


def growth_of_the_variance(s, t):
    return 2 * by_both_guesses(s, t)


def guess_of_the_data(s, t):
    return (1 - t) * s**2 / ((1 - t) ** 2 * s**2 + t**2)


def factors_not_squared(s, t):
    return (t - (1 - t) * s**2) / ((1 - t) * s**2 + t)


def other_way_round(s, t):
    return -by_both_guesses(s, 1 - t)


def the_reverse_drift(s, t):
    return -1 / (1 - t) + 2 * t / (1 - t) / ((1 - t) ** 2 * s**2 + t**2)


def evenly_wider(s, t):
    return (1 - s) / ((1 - t) * s + t)


def the_answer_of_the_example(s, t):
    return 6 / 5


def never_at_the_ends(s, t):
    return -1 / (1 - t) + t / (1 - t) / ((1 - t) ** 2 * s**2 + t**2)


WRONG_PACES = {
    to_data: ("the sign: this velocity points to the data", "速度指向数据"),
    deviation_for_variance: ("s stands where s² belongs", "该用 s² 的地方用了 s"),
    variance_alone: ("how fast the variance of x_t grows", "方差增长得多快"),
    growth_of_the_variance: ("twice too much", "多了一倍"),
    guess_of_the_data: ("this is E[x_0 | x_t] / x_t", "这是 E[x_0 | x_t] / x_t"),
    factors_not_squared: ("the factors are not squared", "系数没有平方"),
    other_way_round: ("this is Lipman's and Liu's", "Lipman 与 Liu 的记法"),
    the_reverse_drift: ("the drift of the reverse SDE", "反向 SDE 的漂移"),
    evenly_wider: ("grows evenly", "匀速增长"),
    the_answer_of_the_example: ("the answer of one example", "某一个例子的答案"),
    never_at_the_ends: ("at t = 1 it divides by 0", "t = 1 处除以了 0"),
}

# The score from the velocity, right and wrong.


def by_both_ends(xt, v, t):
    ends = paths.ends_from_velocity(paths.straight, xt, t, v)
    return paths.score(paths.straight, t, ends)


def by_the_guess_of_the_data(xt, v, t):
    x0_hat = xt - t * v
    return ((1 - t) * x0_hat - xt) / t**2


def apart(xt, v, t):
    return v - (xt + v) / t


def uphill(xt, v, t):
    return (xt + (1 - t) * v) / t


def the_noise_turned_round(xt, v, t):
    return -(xt + (1 - t) * v)


def the_data_for_the_noise(xt, v, t):
    x0_hat = xt - t * v
    return -x0_hat / t


def of_a_velocity_to_the_data(xt, v, t):
    eps_hat = xt - (1 - t) * v
    return -eps_hat / t


def over_the_signal(xt, v, t):
    return -(xt + (1 - t) * v) / (1 - t)


def by_the_rates(xt, v, t):
    f, g2 = -1 / (1 - t), 2 * t / (1 - t)
    return 2 * (f * xt - v) / g2


def nan_at_the_noise(xt, v, t):
    left = torch.tensor(1 - t, dtype=xt.dtype)
    return -(xt * left + left**2 * v) / (t * left)


def as_in_lesson_6(xt, v, t):
    a, b = 1 - t, t
    return -(b * xt + a * v) / b


def of_the_whole_line(xt, v, t):
    return -(xt + v) / t


def root_of_the_noise(xt, v, t):
    return -(xt + (1 - t) * v) / t**0.5


def goes_on_in_place(xt, v, t):
    xt += (1 - t) * v
    return -xt / t


WRONG_NOISY = {
    uphill: ("the sign", "符号反了"),
    the_noise_turned_round: ("the division is missing", "漏了除以 t"),
    the_data_for_the_noise: ("x̂_0 stands where ε̂ belongs", "该用 ε̂ 的地方用了 x̂_0"),
    of_a_velocity_to_the_data: ("a velocity towards the data", "指向数据的速度"),
    over_the_signal: ("divided by 1 − t", "除以了 1 − t"),
    by_the_rates: ("must hold at t = 1, too", "t = 1 处也要成立"),
    nan_at_the_noise: ("must hold at t = 1, too", "t = 1 处也要成立"),
    as_in_lesson_6: ("a velocity on the circle", "圆弧上的速度"),
    of_the_whole_line: ("v has no factor", "v 没有乘系数"),
    root_of_the_noise: ("the factor of xt is −1 / √t", "xt 的系数是 −1 / √t"),
    goes_on_in_place: ("changes xt", "改动了 xt"),
}

RIGHT = {
    "10.tweedie": [by_the_noise, term_by_term, signal_to_noise],
    "10.langevin": [
        by_standard_normal,
        draws_by_normal_,
        draws_in_single_precision,
        by_half_the_step_squared,
    ],
    "10.rates": [by_names, by_the_ratio, as_logarithms],
    "10.reverse": [by_two_parts, draws_only_where_needed, collected],
    "10.target": [by_the_package, by_lerp, moving_on, by_einsum],
    "10.straight": [by_loops, by_numpy, by_vector_norms],
    "10.likely": [by_heun, by_midpoint, divergence_at_the_far_end],
    "10.edm": [by_the_time, by_the_ratio_of_noise, by_the_logarithm],
    "10.paper": [by_the_growth, by_both_guesses, as_a_tensor, as_numpy],
    "10.noisy": [by_both_ends, by_the_guess_of_the_data, apart],
    "10.build": flows_10.RIGHT_FLOWS,
    "10.noise": in_any_form(0.75),
    "10.boot": in_any_form(-3.5),
    "10.latest": in_any_form(34, 36, 38),
}
WRONG = {
    "10.tweedie": named(WRONG_GUESSES),
    "10.langevin": named(WRONG_LANGEVIN),
    "10.rates": named(WRONG_RATES),
    "10.reverse": named(WRONG_REVERSE),
    "10.target": named(WRONG_BATCHES),
    "10.straight": named(WRONG_STRAIGHTNESS),
    "10.likely": named(WRONG_DENSITIES),
    "10.edm": named(WRONG_EDM),
    "10.paper": named(WRONG_PACES),
    "10.noisy": named(WRONG_NOISY),
    "10.build": named(flows_10.WRONG_FLOWS),
    "10.noise": {
        "one seed": (0.5, "with some seed", "总有某个种子"),
        "too much": (1.0, "already with less noise", "噪声再少些"),
        "between": (0.8, "not on the slider", "滑块上没有"),
        "a word": ("0.75", "not on the slider", "滑块上没有"),
    },
    "10.boot": {
        "too early": (-5.0, "another number", "别的类别"),
        "too late": (0.0, "already before", "在这之前"),
        "between": (-3.3, "not on the slider", "滑块上没有"),
    },
    "10.latest": {
        "the reflowed flow's": (100, "some seed still ends farther", "总有某个种子"),
        "one seed": (45, "some seed still ends farther", "总有某个种子"),
        "too careful": (20, "from a larger t", "更大的 t"),
        "as t": (0.36, "whole number", "整数"),
    },
}
BLANK = {"10.build": [flows_10.Silent]}
HELD = {"10.build": flows_10.HELD_FLOWS}
MISTAKES = {
    "10.tweedie": GUESS_MISTAKES,
    "10.langevin": LANGEVIN_MISTAKES,
    "10.rates": RATES_MISTAKES.all,
    "10.reverse": REVERSE_MISTAKES,
    "10.target": BATCH_MISTAKES.all,
    "10.straight": STRAIGHTNESS_MISTAKES,
    "10.likely": LIKELY_MISTAKES,
    "10.edm": EDM_MISTAKES.all,
    "10.paper": PACE_MISTAKES,
    "10.noisy": NOISY_MISTAKES,
}
