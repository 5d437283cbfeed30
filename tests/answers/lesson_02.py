"""Lesson 02: right answers, each in its own way, and wrong ones, each as somebody has written it.

第 02 课：各有各写法的正确答案，以及有人写过的错误答案。
"""

import math

import numpy as np
import torch

from answers import build_02, in_any_form, named
from course_utils import schedules
from course_utils.exercises import exercise
from course_utils.exercises.lesson_02.paper import WIDTH_MISTAKES
from course_utils.forward import GaussianForwardProcess, Noised, forward_jump, forward_step, per_sample

STEP, EXTRACT, NOISED = (exercise(f"02.{name}").reference() for name in ("step", "extract", "noise"))


# 02.step


def step_by_beta_alone(schedule, x, t, eps):
    return (1 - schedule.beta[t]).sqrt() * x + schedule.beta[t].sqrt() * eps


def step_in_place_on_copies(schedule, x, t, eps):
    xt = x.clone().mul_(schedule.alpha[t].sqrt())
    return xt.add_(schedule.beta[t].sqrt() * eps)


def step_by_plain_numbers(schedule, x, t, eps):
    beta = schedule.beta[t].item()
    return math.sqrt(1 - beta) * x + beta**0.5 * eps


def step_by_neighbours(schedule, x, t, eps):
    ratio = schedule.alpha_bar[t] / schedule.alpha_bar[t - 1]
    return ratio**0.5 * x + (1 - ratio) ** 0.5 * eps


def step_by_logarithms(schedule, x, t, eps):
    log_alpha = schedule.alpha_bar.log().diff()[t - 1]
    return (log_alpha / 2).exp() * x + (-torch.expm1(log_alpha)).sqrt() * eps


def step_in_float64_and_back(schedule, x, t, eps):
    return STEP(schedule, x.double(), t, eps.double()).to(x.dtype)


def step_with_a_time_each(schedule, x, t, eps):
    times = torch.full((len(x),), t)
    return per_sample(schedule.alpha[times].sqrt(), x) * x + per_sample(schedule.beta[times].sqrt(), x) * eps


def step_by_angle(schedule, x, t, eps):
    angle = torch.asin(schedule.beta[t].sqrt())
    return angle.cos() * x + angle.sin() * eps


def step_by_the_package(schedule, x, t, eps):
    return forward_step(schedule, x, t, eps).xt


def step_by_stacking(schedule, x, t, eps):
    factors = torch.stack([schedule.alpha[t], schedule.beta[t]]).sqrt().to(x.dtype)
    return torch.einsum("k,k...->...", factors, torch.stack([x, eps]))


def step_by_float32_arrays(schedule, x, t, eps):
    alpha = schedule.alpha.float()
    return alpha[t].sqrt() * x + (1 - alpha[t]).sqrt() * eps


def step_one_by_one(schedule, x, t, eps):
    return torch.stack([STEP(schedule, one, t, noise) for one, noise in zip(x, eps, strict=True)])


def step_with_a_gradient(schedule, x, t, eps):
    return STEP(schedule, x.clone().requires_grad_(), t, eps)


RIGHT_STEPS = [
    step_by_stacking,
    step_by_float32_arrays,
    step_one_by_one,
    step_with_a_gradient,
    step_by_beta_alone,
    step_in_place_on_copies,
    step_by_plain_numbers,
    step_by_neighbours,
    step_by_logarithms,
    step_in_float64_and_back,
    step_with_a_time_each,
    step_by_angle,
    step_by_the_package,
]


def with_factors(signal, noise):
    """A step with other factors: functions of alpha_t, beta_t and alpha_bar_t."""

    def answer(schedule, x, t, eps):
        known = schedule.alpha[t], schedule.beta[t], schedule.alpha_bar[t]
        return signal(*known) * x + noise(*known) * eps

    return answer


def step_with_own_noise(schedule, x, t, eps):
    return STEP(schedule, x, t, torch.randn_like(x))


def step_with_uniform_noise(schedule, x, t, eps):
    return STEP(schedule, x, t, torch.rand_like(x))


def step_early(schedule, x, t, eps):
    return STEP(schedule, x, t - 1, eps)


def step_late(schedule, x, t, eps):
    return STEP(schedule, x, min(t + 1, schedule.T), eps)


def step_changes_x(schedule, x, t, eps):
    x *= schedule.alpha[t].sqrt()
    return x + schedule.beta[t].sqrt() * eps


def step_changes_eps(schedule, x, t, eps):
    return schedule.alpha[t].sqrt() * x + eps.mul_(schedule.beta[t].sqrt())


def step_leaks_float64(schedule, x, t, eps):
    return STEP(schedule, x.double(), t, eps)


def step_always_float32(schedule, x, t, eps):
    return STEP(schedule, x, t, eps).float()


def step_with_the_first_noise(schedule, x, t, eps):
    return STEP(schedule, x, t, eps[:1])


def step_for_batch_1(schedule, x, t, eps):
    return STEP(schedule, x[:1], t, eps[:1])


def step_for_one_size(schedule, x, t, eps):
    return STEP(schedule, x.reshape(-1, 1, 8, 8), t, eps.reshape(-1, 1, 8, 8)).reshape(x.shape)


def step_for_one_schedule(schedule, x, t, eps):
    return STEP(schedules.linear(300), x, min(t, 300), eps)


def step_for_one_t(schedule, x, t, eps):
    return STEP(schedule, x, schedule.T, eps)


def step_with_the_noise_too(schedule, x, t, eps):
    return forward_step(schedule, x, t, eps)


def step_as_numpy(schedule, x, t, eps):
    return STEP(schedule, x, t, eps).numpy()


def step_not_a_number(schedule, x, t, eps):
    return STEP(schedule, x, t, eps) * torch.nan


def step_backwards(schedule, x, t, eps):
    return (x - schedule.beta[t].sqrt() * eps) / schedule.alpha[t].sqrt()


def step_without_eps(schedule, x, t, eps):
    return schedule.alpha[t].sqrt() * x + schedule.beta[t].sqrt()


def step_by_a_global_schedule(schedule, x, t, eps):
    return STEP(schedules.linear(), x, t, eps)


def step_by_a_schedule_of_its_own(schedule, x, t, eps):
    beta = torch.linspace(1e-4, 0.02, schedule.T)[t - 1]
    return (1 - beta).sqrt() * x + beta.sqrt() * eps


def step_changes_the_schedule(schedule, x, t, eps):
    stepped = STEP(schedule, x, t, eps)
    schedule.alpha_bar.sqrt_()
    return stepped


def step_with_seeded_noise(schedule, x, t, eps):
    return STEP(schedule, x, t, torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=x.dtype))


def step_slip(schedule, x, t, eps):
    return schedule.apha[t] * x


WRONG_STEPS = {
    "both roots": (with_factors(lambda a, b, c: a, lambda a, b, c: b), "both square roots", "两个平方根"),
    "β for √β": (with_factors(lambda a, b, c: a.sqrt(), lambda a, b, c: b), "eps by β, a variance", "eps 乘的是方差 β"),
    "α for √α": (with_factors(lambda a, b, c: a, lambda a, b, c: b.sqrt()), "scales x by α", "x 乘的是 α"),
    "the jump": (with_factors(lambda a, b, c: c.sqrt(), lambda a, b, c: (1 - c).sqrt()), "the jump", "跳跃"),
    "the jump's noise": (
        with_factors(lambda a, b, c: a.sqrt(), lambda a, b, c: (1 - c).sqrt()),
        "noise is that of the whole jump",
        "噪声是整次跳跃的",
    ),
    "the jump's signal": (with_factors(lambda a, b, c: c.sqrt(), lambda a, b, c: b.sqrt()), "by √ᾱ_t", "乘的是 √ᾱ_t"),
    "1 − √α": (with_factors(lambda a, b, c: a.sqrt(), lambda a, b, c: 1 - a.sqrt()), "1 − √α", "1 − √α"),
    "not scaled": (with_factors(lambda a, b, c: 1, lambda a, b, c: b.sqrt()), "not scaled down", "x 没有缩小"),
    "not scaled, β": (with_factors(lambda a, b, c: 1, lambda a, b, c: b), "β for √β", "β 而不是 √β"),
    "swapped": (with_factors(lambda a, b, c: b.sqrt(), lambda a, b, c: a.sqrt()), "swapped", "写反"),
    "eps not scaled": (with_factors(lambda a, b, c: a.sqrt(), lambda a, b, c: 1), "eps has no factor", "eps 没有系数"),
    "added": (with_factors(lambda a, b, c: 1, lambda a, b, c: 1), "simply added", "只是把 x 与 eps 相加"),
    "subtracted": (with_factors(lambda a, b, c: a.sqrt(), lambda a, b, c: -b.sqrt()), "subtracted", "减去"),
    "no noise": (with_factors(lambda a, b, c: a.sqrt(), lambda a, b, c: 0), "no noise in it", "没有噪声"),
    "divided": (with_factors(lambda a, b, c: 1 / a.sqrt(), lambda a, b, c: b.sqrt()), "divides x", "除以"),
    "the way back": (step_backwards, "the way back", "往回走"),
    "1 − √β": (with_factors(lambda a, b, c: 1 - b.sqrt(), lambda a, b, c: b.sqrt()), "1 − √β", "1 − √β"),
    "swapped, no roots": (with_factors(lambda a, b, c: b, lambda a, b, c: a), "swapped, and both", "写反了，平方根也"),
    "the jump, no roots": (
        with_factors(lambda a, b, c: c, lambda a, b, c: 1 - c),
        "the jump from x_0",
        "从 x_0 起的跳跃",
    ),
    "not scaled, the jump's noise": (
        with_factors(lambda a, b, c: 1, lambda a, b, c: (1 - c).sqrt()),
        "x is not scaled down, and the noise is that of the whole jump",
        "x 没有缩小，噪声又是整次跳跃的",
    ),
    "√α for both": (
        with_factors(lambda a, b, c: a.sqrt(), lambda a, b, c: a.sqrt()),
        "same factor, √α",
        "同一个系数 √α",
    ),
    "√β for both": (
        with_factors(lambda a, b, c: b.sqrt(), lambda a, b, c: b.sqrt()),
        "same factor, √β",
        "同一个系数 √β",
    ),
    "x itself": (lambda schedule, x, t, eps: x, "x itself", "x 本身"),
    "a view of x": (lambda schedule, x, t, eps: x[:], "x itself", "x 本身"),
    "eps itself": (lambda schedule, x, t, eps: eps, "eps itself", "eps 本身"),
    "eps forgotten": (step_without_eps, "eps is missing", "eps 不见了"),
    "clamped": (lambda *given: STEP(*given).clamp(-1, 1), "clamped", "截断"),
    "late, unguarded": (lambda schedule, x, t, eps: STEP(schedule, x, t + 1, eps), "one step late", "晚了一步"),
    "a global schedule": (step_by_a_global_schedule, "the linear schedule", "线性调度"),
    "a schedule of its own": (step_by_a_schedule_of_its_own, "the linear schedule", "线性调度"),
    "changes the schedule": (step_changes_the_schedule, "changes schedule itself", "改动了 schedule 本身"),
    "x at t = 1": (lambda schedule, x, t, eps: x if t == 1 else STEP(schedule, x, t, eps), "t = 1", "t = 1"),
    "eps at T": (lambda schedule, x, t, eps: eps if t == schedule.T else STEP(schedule, x, t, eps), "off by", "偏了"),
    "float16": (lambda schedule, x, t, eps: STEP(schedule, x.half(), t, eps.half()).to(x.dtype), "off by", "偏了"),
    "seeded noise": (step_with_seeded_noise, "off by", "偏了"),
    "the mean noise": (
        lambda schedule, x, t, eps: STEP(schedule, x, t, eps.mean()),
        "one single value for all pixels",
        "同一个值",
    ),
    "own noise": (step_with_own_noise, "random numbers of its own", "自己另抽了随机数"),
    "uniform noise": (step_with_uniform_noise, "random numbers of its own", "自己另抽了随机数"),
    "early": (step_early, "one step early", "早了一步"),
    "late": (step_late, "one step late", "晚了一步"),
    "changes x": (step_changes_x, "changes x itself", "改动了 x 本身"),
    "changes eps": (step_changes_eps, "changes eps itself", "改动了 eps 本身"),
    "float64": (step_leaks_float64, "float64", "float64"),
    "float32": (step_always_float32, "float32", "float32"),
    "first noise": (step_with_the_first_noise, "first sample's noise", "第一个样本的噪声"),
    "batch 1": (step_for_batch_1, "(1, 1, 8, 8)", "(1, 1, 8, 8)"),
    "one size": (step_for_one_size, "RuntimeError", "RuntimeError"),
    "one schedule": (step_for_one_schedule, "does not look at schedule", "没有用到传进来的 schedule"),
    "one t": (step_for_one_t, "does not look at t", "没有用到传进来的 t"),
    "a pair": (step_with_the_noise_too, "Noised", "Noised"),
    "numpy": (step_as_numpy, "ndarray", "ndarray"),
    "nan": (step_not_a_number, "nan or inf", "nan 或 inf"),
    "slip": (step_slip, "apha", "apha"),
}


# 02.extract


def extract_by_gather(values, t, x):
    return values.gather(0, t).reshape((len(t),) + (1,) * (x.ndim - 1)).to(x.dtype)


def extract_by_view(values, t, x):
    return values.to(x.dtype)[t].view(-1, *(1 for _ in x.shape[1:]))


def extract_by_unsqueezing(values, t, x):
    factor = torch.take(values, t).to(x)
    while factor.ndim < x.ndim:
        factor = factor.unsqueeze(-1)
    return factor


def extract_by_index_select(values, t, x):
    return values.index_select(0, t).type_as(x)[(...,) + (None,) * (x.ndim - 1)]


def extract_by_a_list(values, t, x):
    picked = [values[int(k)].item() for k in t]
    return torch.tensor(picked, dtype=x.dtype).reshape(x.shape[:1] + (1,) * (x.ndim - 1))


def extract_by_like(values, t, x):
    return per_sample(values[t], x)


def extract_by_one_hot(values, t, x):
    rows = torch.nn.functional.one_hot(t, len(values)).to(values.dtype)
    return (rows @ values).to(x.dtype).reshape(-1, *[1] * (x.ndim - 1))


def extract_by_numpy(values, t, x):
    return torch.from_numpy(values.numpy()[t.numpy()].reshape(-1, *[1] * (x.ndim - 1))).to(x.dtype)


def extract_by_a_mask(values, t, x):
    picked = (values * (torch.arange(len(values)) == t[:, None])).sum(1)
    return picked.to(x).unflatten(0, (-1, *[1] * (x.ndim - 1)))


def extract_into_an_empty_tensor(values, t, x):
    shape = [len(x)] + [1] * (x.ndim - 1)
    return torch.empty(shape, dtype=x.dtype).copy_(values[t].reshape(shape))


RIGHT_EXTRACTS = [
    extract_by_numpy,
    extract_by_a_mask,
    extract_into_an_empty_tensor,
    extract_by_gather,
    extract_by_view,
    extract_by_unsqueezing,
    extract_by_index_select,
    extract_by_a_list,
    extract_by_like,
    extract_by_one_hot,
]


def extract_without_axes(values, t, x):
    return values[t].to(x.dtype)


def extract_in_the_second_axis(values, t, x):
    return values[t].to(x.dtype).reshape(1, -1, *[1] * (x.ndim - 2))


def extract_in_the_last_axis(values, t, x):
    return values[t].to(x.dtype).reshape(*[1] * (x.ndim - 1), -1)


def extract_for_images_only(values, t, x):
    return values[t].to(x.dtype).reshape(-1, 1, 1, 1)


def extract_in_full(values, t, x):
    return EXTRACT(values, t, x).expand_as(x)


def extract_leaks_float64(values, t, x):
    return values[t].reshape(-1, *[1] * (x.ndim - 1))


def extract_always_float32(values, t, x):
    return EXTRACT(values, t, x).float()


def extract_early(values, t, x):
    return EXTRACT(values, t - 1, x)


def extract_late(values, t, x):
    return EXTRACT(values, (t + 1).clamp(max=len(values) - 1), x)


def extract_first_t(values, t, x):
    return EXTRACT(values, t[:1].expand(len(t)), x)


def extract_one_value(values, t, x):
    return values[t[0]].to(x.dtype)


def extract_without_t(values, t, x):
    return values[: len(x)].to(x.dtype).reshape(-1, *[1] * (x.ndim - 1))


def extract_all(values, t, x):
    return values.to(x.dtype)


def extract_sorted(values, t, x):
    return EXTRACT(values, t.sort().values, x)


def extract_rooted(values, t, x):
    return EXTRACT(values.sqrt(), t, x)


def extract_for_eight(values, t, x):
    return values[t].to(x.dtype).reshape(8, *[1] * (x.ndim - 1))


def extract_for_a_thousand(values, t, x):
    return EXTRACT(schedules.linear().alpha_bar, t, x)


def extract_multiplied(values, t, x):
    return EXTRACT(values, t, x) * x


def extract_changes_t(values, t, x):
    t -= 1
    return EXTRACT(values, t + 1, x)


def extract_as_numpy(values, t, x):
    return EXTRACT(values, t, x).numpy()


def extract_not_a_number(values, t, x):
    return EXTRACT(values, t, x) / 0 * 0


def extract_with_one_axis(values, t, x):
    return values[t].to(x.dtype)[:, None]


def extract_not_at_0(values, t, x):
    return EXTRACT(values, t.clamp(min=1), x)


def extract_not_at_T(values, t, x):
    return EXTRACT(values, t.clamp(max=len(values) - 2), x)


def extract_by_remainder(values, t, x):
    return EXTRACT(values, t % (len(values) - 1), x)


def extract_without_the_last(values, t, x):
    return EXTRACT(values[:-1], t, x)


def extract_without_the_first(values, t, x):
    return EXTRACT(values[1:], t, x)


def extract_late_unguarded(values, t, x):
    return EXTRACT(values, t + 1, x)


def extract_from_the_end(values, t, x):
    return EXTRACT(values, -t, x)


def extract_flipped(values, t, x):
    return EXTRACT(values.flip(0), t, x)


def extract_in_reverse(values, t, x):
    return EXTRACT(values, t.flip(0), x)


def extract_falling(values, t, x):
    return EXTRACT(values, t.sort(descending=True).values, x)


def extract_largest_t(values, t, x):
    return EXTRACT(values, t.max().expand(len(t)), x)


def extract_squared(values, t, x):
    return EXTRACT(values**2, t, x)


def extract_rest(values, t, x):
    return EXTRACT(1 - values, t, x)


def extract_noise_factor(values, t, x):
    return EXTRACT((1 - values).sqrt(), t, x)


def extract_t(values, t, x):
    return EXTRACT(torch.arange(len(values)), t, x)


def extract_shared_channels(values, t, x):
    return EXTRACT(values, t, x).expand(-1, *x.shape[1:2], *[1] * (x.ndim - 2))


def extract_changes_values(values, t, x):
    return EXTRACT(values.sqrt_(), t, x) ** 2


def extract_in_float16(values, t, x):
    return EXTRACT(values, t, x).half().to(x.dtype)


def extract_for_ints(values, t, x):
    return values[int(t)].to(x.dtype)


WRONG_EXTRACTS = {
    extract_without_axes: ("along the last axis, the width", "沿最后一个轴（宽）"),
    extract_in_the_second_axis: ("the channels", "通道"),
    extract_in_the_last_axis: ("the width", "宽"),
    extract_for_images_only: ("an x of 2 axes it has 4", "x 有 2 个轴，它却有 4 个"),
    extract_with_one_axis: ("an x of 4 axes it has 2", "x 有 4 个轴，它却有 2 个"),
    extract_not_at_0: ("not at t = 0 or t = T", "t = 0 或 t = T 时不对"),
    extract_not_at_T: ("not at t = 0 or t = T", "t = 0 或 t = T 时不对"),
    extract_by_remainder: ("not at t = 0 or t = T", "t = 0 或 t = T 时不对"),
    extract_without_the_last: ("not at t = 0 or t = T", "t = 0 或 t = T 时不对"),
    extract_without_the_first: ("one entry late", "读晚了一项"),
    extract_late_unguarded: ("one entry late", "读晚了一项"),
    extract_from_the_end: ("from the end", "从末尾"),
    extract_flipped: ("from the end", "从末尾"),
    extract_in_reverse: ("in reverse", "次序反了"),
    extract_falling: ("order of t", "按 t 的大小"),
    extract_largest_t: ("the largest t", "最大的 t"),
    extract_squared: ("squares", "平方"),
    extract_rest: ("1 minus", "1 减去"),
    extract_noise_factor: ("factor of the noise", "噪声的系数"),
    extract_t: ("t itself", "就是 t"),
    extract_shared_channels: ("full shape of x", "与 x 完全相同"),
    extract_changes_values: ("changes values itself", "改动了 values 本身"),
    extract_in_float16: ("off by", "偏了"),
    extract_in_full: ("full shape of x", "与 x 完全相同"),
    extract_leaks_float64: ("stays float64", "仍是 float64"),
    extract_always_float32: ("float32", "float32"),
    extract_early: ("one entry early", "读早了一项"),
    extract_late: ("one entry late", "读晚了一项"),
    extract_first_t: ("first one's value", "第一个样本的值"),
    extract_one_value: ("a single value", "只是一个值"),
    extract_without_t: ("does not look at t", "没有看 t"),
    extract_all: ("take the entries at t", "取出 t 处的那些项"),
    extract_sorted: ("order of t", "按 t 的大小"),
    extract_rooted: ("square root", "取了平方根"),
    extract_for_eight: ("RuntimeError", "RuntimeError"),
    extract_for_a_thousand: ("ᾱ of the linear schedule", "线性调度的 ᾱ"),
    extract_multiplied: ("full shape of x", "与 x 完全相同"),
    extract_changes_t: ("changes t itself", "改动了 t 本身"),
    extract_as_numpy: ("ndarray", "ndarray"),
    extract_not_a_number: ("nan or inf", "nan 或 inf"),
    extract_for_ints: ("a whole tensor stands where one number is wanted", "该是一个数的地方"),
}


# 02.noise


def jumped(schedule, x0, t, eps):
    return per_sample(schedule.signal[t], x0) * x0 + per_sample(schedule.noise[t], x0) * eps


def noised_by_the_package(schedule, x0, t):
    return forward_jump(schedule, x0, t)


def noised_as_a_list(schedule, x0, t):
    eps = torch.randn(x0.shape, dtype=x0.dtype)
    return [jumped(schedule, x0, t, eps), eps]


def noised_as_a_named_pair(schedule, x0, t):
    eps = torch.normal(torch.zeros_like(x0), torch.ones_like(x0))
    return Noised(jumped(schedule, x0, t, eps), eps)


def noised_by_numpy(schedule, x0, t):
    eps = torch.from_numpy(np.random.default_rng().standard_normal(tuple(x0.shape))).to(x0.dtype)
    return jumped(schedule, x0, t, eps), eps


def noised_from_float32(schedule, x0, t):
    eps = torch.randn(x0.shape).to(x0.dtype)
    return jumped(schedule, x0, t, eps), eps


def noised_by_box_and_muller(schedule, x0, t):
    u, v = 1 - torch.rand(x0.shape, dtype=torch.float64), torch.rand(x0.shape, dtype=torch.float64)
    eps = ((-2 * u.log()).sqrt() * (2 * math.pi * v).cos()).to(x0.dtype)
    return jumped(schedule, x0, t, eps), eps


def noised_one_by_one(schedule, x0, t):
    times = torch.as_tensor(t).expand(len(x0))
    pairs = [forward_jump(schedule, x0[i : i + 1], int(times[i])) for i in range(len(x0))]
    return torch.cat([pair.xt for pair in pairs]), torch.cat([pair.eps for pair in pairs])


def noised_in_place_on_a_copy(schedule, x0, t):
    eps = torch.empty_like(x0).normal_()
    return x0.clone().mul_(per_sample(schedule.signal[t], x0)).add_(per_sample(schedule.noise[t], x0) * eps), eps


def noised_with_a_generator_of_its_own(schedule, x0, t):
    generator = torch.Generator()
    generator.seed()
    eps = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    return jumped(schedule, x0, t, eps), eps


def noised_by_the_component(schedule, x0, t):
    return GaussianForwardProcess(schedule).jump(x0, t)


def noised_first_then_recovered(schedule, x0, t):
    mean, std = per_sample(schedule.signal[t], x0) * x0, per_sample(schedule.noise[t], x0).expand_as(x0)
    xt = torch.normal(mean, std)
    return xt, (xt - mean) / std


def noised_by_a_distribution(schedule, x0, t):
    eps = torch.distributions.Normal(0, 1).sample(x0.shape).to(x0.dtype)
    return jumped(schedule, x0, t, eps), eps


def noised_by_two_draws(schedule, x0, t):
    eps = (torch.randn_like(x0) + torch.randn_like(x0)) / 2**0.5
    return jumped(schedule, x0, t, eps), eps


def noised_mirrored(schedule, x0, t):
    eps = -torch.randn_like(x0)
    return jumped(schedule, x0, t, eps), eps


def noised_with_t_as_a_tensor(schedule, x0, t):
    a, eps = schedule.alpha_bar[torch.as_tensor(t).reshape(-1)], torch.randn_like(x0)
    a = a.to(x0.dtype).reshape(-1, *[1] * (x0.ndim - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps, eps


RIGHT_NOISED = [
    noised_by_the_component,
    noised_first_then_recovered,
    noised_by_a_distribution,
    noised_by_two_draws,
    noised_mirrored,
    noised_with_t_as_a_tensor,
    noised_by_the_package,
    noised_as_a_list,
    noised_as_a_named_pair,
    noised_by_numpy,
    noised_from_float32,
    noised_by_box_and_muller,
    noised_one_by_one,
    noised_in_place_on_a_copy,
    noised_with_a_generator_of_its_own,
]


def with_noise(draw):
    """A jump that draws its noise by draw(x0)."""

    def answer(schedule, x0, t):
        eps = draw(x0)
        return jumped(schedule, x0, t, eps), eps

    return answer


def laplace(x0):
    return torch.distributions.Laplace(0, 0.5**0.5).sample(x0.shape).to(x0.dtype)


def seeded_inside(x0):
    torch.manual_seed(0)
    return torch.randn_like(x0)


def smoothed(x0):
    eps = torch.randn_like(x0)
    return (eps + eps.roll(1, -1)) / 2**0.5


def used_twice(x0):
    return torch.randn_like(x0[::2]).repeat(2, *[1] * (x0.ndim - 1))[: len(x0)]


def mirrored(x0):
    half = torch.randn_like(x0[::2])
    return torch.cat([half, -half])[: len(x0)]


def noised_scaled(schedule, x0, t):
    eps = per_sample(schedule.noise[t], x0) * torch.randn_like(x0)
    return per_sample(schedule.signal[t], x0) * x0 + eps, eps


def noised_twice(schedule, x0, t):
    return jumped(schedule, x0, t, torch.randn_like(x0)), torch.randn_like(x0)


def noised_xt_alone(schedule, x0, t):
    return jumped(schedule, x0, t, torch.randn_like(x0))


def noised_three(schedule, x0, t):
    return (*NOISED(schedule, x0, t), t)


def noised_swapped(schedule, x0, t):
    return NOISED(schedule, x0, t)[::-1]


def noised_by_the_variance(schedule, x0, t):
    eps = torch.randn_like(x0)
    return per_sample(schedule.signal[t], x0) * x0 + per_sample(schedule.noise[t], x0) ** 2 * eps, eps


def noised_subtracted(schedule, x0, t):
    eps = torch.randn_like(x0)
    return jumped(schedule, x0, t, -eps), eps


def noised_by_one_step(schedule, x0, t):
    return forward_step(schedule, x0, t)


def noised_leaks_float64(schedule, x0, t):
    return NOISED(schedule, x0.double(), t)


def noised_eps_float64(schedule, x0, t):
    xt, eps = NOISED(schedule, x0, t)
    return xt, eps.double()


def noised_changes_x0(schedule, x0, t):
    eps = torch.randn_like(x0)
    x0 *= per_sample(schedule.signal[t], x0)
    return x0 + per_sample(schedule.noise[t], x0) * eps, eps


def noised_for_ints(schedule, x0, t):
    return NOISED(schedule, x0, int(t))


def noised_along_the_width(schedule, x0, t):
    eps = torch.randn_like(x0)
    signal, noise = (factor(t).to(x0.dtype) for factor in (schedule.signal, schedule.noise))
    return signal * x0 + noise * eps, eps


def noised_early(schedule, x0, t):
    return NOISED(schedule, x0, t - 1)


def noised_not_a_number(schedule, x0, t):
    return tuple(value * torch.nan for value in NOISED(schedule, x0, t))


def noised_nothing(schedule, x0, t):
    return None


GLOBAL, ONE, CACHE = torch.zeros(1, 3, 64, 64), torch.ones(()), {}


def with_factors_of(factors):
    """A jump with other factors of x0 and eps: functions of the schedule and t."""

    def answer(schedule, x0, t):
        (signal, noise), eps = factors(schedule, t), torch.randn_like(x0)
        return per_sample(signal, x0) * x0 + per_sample(noise, x0) * eps, eps

    return answer


def first_t(schedule, t):
    first = torch.as_tensor(t).flatten()[0]
    return schedule.signal[first], schedule.noise[first]


def mixed_with_the_image(x0):
    return 0.9 * torch.randn_like(x0) + 0.19**0.5 * 3**0.5 * x0


def standardised(x0):
    eps = torch.randn_like(x0).flatten(1)
    return ((eps - eps.mean(1, keepdim=True)) / eps.std(1, keepdim=True)).reshape(x0.shape)


def centred_by_image(x0):
    eps = torch.randn_like(x0).flatten(1)
    return (eps - eps.mean(1, keepdim=True)).reshape(x0.shape)


def flipped_copy(x0):
    half = torch.randn_like(x0[::2])
    return torch.cat([half, half.flip(-1)])[: len(x0)]


def noised_seeded_by_t(schedule, x0, t):
    generator = torch.Generator().manual_seed(int(torch.as_tensor(t).sum()))
    eps = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    return jumped(schedule, x0, t, eps), eps


def noised_by_the_difference(schedule, x0, t):
    xt = NOISED(schedule, x0, t)[0]
    return xt, xt - x0


def noised_clamped(schedule, x0, t):
    xt, eps = NOISED(schedule, x0, t)
    return xt.clamp(-1, 1), eps


def noised_in_place(schedule, x0, t):
    eps = torch.randn_like(x0)
    xt = eps.mul_(per_sample(schedule.noise[t], x0)).add_(per_sample(schedule.signal[t], x0) * x0)
    return xt, eps


def noised_scaled_in_place(schedule, x0, t):
    eps = torch.randn_like(x0)
    return per_sample(schedule.signal[t], x0) * x0 + eps.mul_(per_sample(schedule.noise[t], x0)), eps


def noised_changes_t(schedule, x0, t):
    t -= 1
    return NOISED(schedule, x0, t + 1 if isinstance(t, int) else t)


def noised_changes_the_schedule(schedule, x0, t):
    schedule.alpha_bar[1:] *= 0.999
    return NOISED(schedule, x0, t)


def noised_for_images_only(schedule, x0, t):
    a, eps = schedule.alpha_bar[t].to(x0.dtype).reshape(-1, 1, 1, 1), torch.randn_like(x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps, eps


WRONG_NOISED = {
    "rand": (with_noise(torch.rand_like), "uniform on [0, 1]", "[0, 1] 上的均匀分布"),
    "2 rand − 1": (with_noise(lambda x: 2 * torch.rand_like(x) - 1), "bounded", "有界"),
    "centred": (with_noise(lambda x: (torch.rand_like(x) - 0.5) * 12**0.5), "bounded", "有界"),
    "signs": (with_noise(lambda x: torch.randn_like(x).sign()), "bounded", "有界"),
    "laplace": (with_noise(laplace), "not normal", "不是正态"),
    "too wide": (with_noise(lambda x: 1.1 * torch.randn_like(x)), "N(0, 1) has 0 and 1", "N(0, 1) 的是 0 与 1"),
    "shifted": (with_noise(lambda x: torch.randn_like(x) + 0.1), "N(0, 1) has 0 and 1", "N(0, 1) 的是 0 与 1"),
    "no noise": (with_noise(torch.zeros_like), "all values of eps are equal", "全都相等"),
    "one number for all": (
        with_noise(lambda x: torch.randn((), dtype=x.dtype).expand_as(x)),
        "all values of eps are equal",
        "全都相等",
    ),
    "one number an image": (
        with_noise(lambda x: torch.randn(len(x), *[1] * (x.ndim - 1), dtype=x.dtype).expand_as(x)),
        "share their noise",
        "共用同一份噪声",
    ),
    "half as wide": (with_noise(lambda x: torch.randn_like(x) / 2), "N(0, 1) has 0 and 1", "N(0, 1) 的是 0 与 1"),
    "clamped to 3": (with_noise(lambda x: torch.randn_like(x).clamp(-3, 3)), "bounded", "有界"),
    "truncated": (with_noise(lambda x: torch.nn.init.trunc_normal_(torch.empty_like(x))), "bounded", "有界"),
    "positive": (with_noise(lambda x: torch.randn_like(x).abs()), "not normal", "不是正态"),
    "rounded": (with_noise(lambda x: torch.randn_like(x).round(decimals=1)), "not normal", "不是正态"),
    "exponential": (with_noise(lambda x: torch.empty_like(x).exponential_() - 1), "not normal", "不是正态"),
    "depends on x0": (with_noise(mixed_with_the_image), "depends on x0", "与 x0 有关"),
    "standardised": (with_noise(standardised), "brought to mean 0 or variance 1", "调成了均值 0 或方差 1"),
    "centred by image": (with_noise(centred_by_image), "brought to mean 0 or variance 1", "调成了均值 0 或方差 1"),
    "flipped copy": (with_noise(flipped_copy), "turn up again", "又出现了"),
    "cached": (
        with_noise(lambda x: CACHE.setdefault((x.shape, x.dtype), torch.randn_like(x))),
        "two calls",
        "两次调用",
    ),
    "seeded by t": (noised_seeded_by_t, "two calls give the same noise", "两次调用得到同样的噪声"),
    "not scaled": (with_factors_of(lambda s, t: (s.signal[t], ONE)), "eps has no factor", "eps 没有系数"),
    "no roots": (
        with_factors_of(lambda s, t: (s.signal[t] ** 2, s.noise[t] ** 2)),
        "both square roots",
        "两个平方根",
    ),
    "ᾱ for √ᾱ": (with_factors_of(lambda s, t: (s.signal[t] ** 2, s.noise[t])), "scales x0 by ᾱ_t", "x0 乘的是 ᾱ_t"),
    "factors swapped": (with_factors_of(lambda s, t: (s.noise[t], s.signal[t])), "factors are swapped", "系数写反了"),
    "1 − √ᾱ": (with_factors_of(lambda s, t: (s.signal[t], 1 - s.signal[t])), "1 − √ᾱ_t", "1 − √ᾱ_t"),
    "one step's noise": (
        with_factors_of(lambda s, t: (s.signal[t], s.beta[t].sqrt())),
        "noise is that of one step",
        "噪声只是一步的",
    ),
    "x0 not scaled": (with_factors_of(lambda s, t: (ONE, s.noise[t])), "x0 is not scaled down", "x0 没有缩小"),
    "added": (with_factors_of(lambda s, t: (ONE, ONE)), "xt is x0 + eps", "xt 等于 x0 + eps"),
    "eps = xt − x0": (noised_by_the_difference, "xt is x0 + eps", "xt 等于 x0 + eps"),
    "the mean": (with_factors_of(lambda s, t: (s.signal[t], 0 * ONE)), "no noise in xt", "没有噪声"),
    "x0 itself": (with_factors_of(lambda s, t: (ONE, 0 * ONE)), "x0 itself", "x0 本身"),
    "late": (
        lambda schedule, x0, t: NOISED(schedule, x0, (torch.as_tensor(t) + 1).clamp(max=schedule.T)),
        "one too large",
        "大了 1",
    ),
    "the first t": (with_factors_of(first_t), "t of the first one", "第一幅的 t"),
    "a global schedule": (lambda schedule, x0, t: NOISED(schedules.linear(), x0, t), "the linear schedule", "线性调度"),
    "xt clamped": (noised_clamped, "clamped", "截断"),
    "one tensor twice": (noised_in_place, "hold the same values", "完全相同"),
    "scaled in place": (noised_scaled_in_place, "already scaled", "已经乘过"),
    "changes t": (noised_changes_t, "changes t itself", "改动了 t 本身"),
    "changes the schedule": (noised_changes_the_schedule, "changes schedule itself", "改动了 schedule 本身"),
    "stacked": (lambda *given: torch.stack(NOISED(*given)), "one tensor", "一个张量"),
    "numpy": (lambda *given: tuple(value.numpy() for value in NOISED(*given)), "a pair of tensors", "一对张量"),
    "images only": (noised_for_images_only, "must be like it", "应当与它一致"),
    "for the batch": (with_noise(lambda x: torch.randn_like(x[:1]).expand_as(x)), "images share", "各图像共用"),
    "for the channels": (
        with_noise(lambda x: torch.randn_like(x[:, :1]).expand_as(x)),
        "channels share",
        "各通道共用",
    ),
    "for the columns": (
        with_noise(lambda x: torch.randn_like(x[..., :1]).expand_as(x)),
        "columns of pixels share",
        "各列像素共用",
    ),
    "smoothed": (with_noise(smoothed), "columns of pixels are not independent", "各列像素的噪声不是相互独立"),
    "used twice": (with_noise(used_twice), "images", "各图像"),
    "mirrored": (with_noise(mirrored), "images are not independent", "各图像的噪声不是相互独立"),
    "seeded": (with_noise(seeded_inside), "two calls give the same noise", "两次调用得到同样的噪声"),
    "a global's shape": (with_noise(lambda x: torch.randn_like(GLOBAL)), "whose shapes do not fit", "形状合不上"),
    "one number": (with_noise(lambda x: torch.randn((), dtype=x.dtype)), "eps is ()", "eps 是 ()"),
    "scaled": (noised_scaled, "already scaled", "已经乘过"),
    "twice": (noised_twice, "not made of the eps", "不是由交还的 eps 构成"),
    "xt alone": (noised_xt_alone, "return the pair", "请返回 `xt, eps` 两个"),
    "three": (noised_three, "a pair of tensors", "一对张量"),
    "swapped": (noised_swapped, "wrong order", "次序反了"),
    "variance": (noised_by_the_variance, "1 − ᾱ_t, a variance", "方差 1 − ᾱ_t"),
    "subtracted": (noised_subtracted, "subtracted", "减去"),
    "one step": (noised_by_one_step, "this is one step", "这是走一步"),
    "float64": (noised_leaks_float64, "float64", "float64"),
    "eps float64": (noised_eps_float64, "eps is (32, 3, 16, 20) torch.float64", "torch.float64"),
    "changes x0": (noised_changes_x0, "changes x0 itself", "改动了 x0 本身"),
    "ints": (noised_for_ints, "a whole tensor stands where one number is wanted", "该是一个数的地方"),
    "width": (noised_along_the_width, "it stopped: ", "运行中断："),
    "early": (noised_early, "one too small", "小了 1"),
    "nan": (noised_not_a_number, "nan or inf", "nan 或 inf"),
}
NO_TIMESTEPS = [-1, 1001, math.nan, math.inf, "237", True, np.True_, [237], (237,), torch.zeros(2), print, 8j]

WRONG_TIMES = [
    (0, "at t = 0 D is still above 0.10; move t up", "t = 0 时 D 还大于 0.10；把 t 往上调"),
    (200, "at t = 200 D is still above 0.10; move t up", "t = 200 时 D 还大于 0.10；把 t 往上调"),
    (100.5, "at t = 100.5 D is still above 0.10; move t up", "t = 100.5 时 D 还大于 0.10；把 t 往上调"),
]
WRONG_TIMES += [
    (
        t,
        f"at t = {t} D has long been below 0.10; we look for the first such t",
        f"t = {t} 时 D 早已小于 0.10；要找的是最早的",
    )
    for t in (270, 300, 500, 1000)
]
WRONG_TIMES += [(t, "a value of D", "D 的值") for t in (0.1, 0.10, 0.235, np.float64(0.07))]
WRONG_TIMES += [(answer, "is no timestep", "不是时间步") for answer in NO_TIMESTEPS]

RIGHT = {
    "02.step": RIGHT_STEPS,
    "02.extract": RIGHT_EXTRACTS,
    "02.noise": RIGHT_NOISED,
    "02.normal": in_any_form(212, 227, 237, 247, 262),
    "02.paper": build_02.RIGHT_WIDTHS,
    "02.build": build_02.RIGHT_PROCESSES,
}
WRONG = {
    "02.step": WRONG_STEPS,
    "02.extract": named(WRONG_EXTRACTS),
    "02.noise": WRONG_NOISED,
    "02.normal": named(WRONG_TIMES),
    "02.paper": build_02.WRONG_WIDTHS,
    "02.build": build_02.WRONG_PROCESSES,
}
BLANK = {"02.build": [build_02.Blank, build_02.OnlyKeeps]}
HELD = {"02.build": build_02.HELD_PARTS}
MISTAKES = {"02.paper": WIDTH_MISTAKES}
