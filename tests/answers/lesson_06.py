"""Lesson 06: right answers, each in its own way, and wrong ones, each as somebody has written it.

第 06 课：各有各写法的正确答案，以及有人写过的错误答案。
"""

import math

import numpy as np
import torch

from answers import in_any_form, named
from answers.mended_loops import HELD_REPAIRS, RIGHT_REPAIRS, WRONG_REPAIRS
from answers.training_loops import HELD_LOOPS, RIGHT_LOOPS, WRONG_LOOPS, AllBlank
from course_utils.exercises import exercise
from course_utils.exercises.lesson_06.clinic import FAULTS, PATIENTS
from course_utils.exercises.lesson_06.paper import LAG_MISTAKES
from course_utils.forward import forward_jump, per_sample
from course_utils.objectives import spread_times

LOSS = exercise("06.step").reference()

# The weight of the bound.


def weight_as_written(schedule, t, variance):
    beta, alpha, a = schedule.beta[t], schedule.alpha[t], schedule.alpha_bar[t]
    return beta**2 / (2 * variance * alpha * (1 - a))


def weight_by_the_factor(schedule, t, variance):
    factor = schedule.beta[t] / (schedule.alpha[t].sqrt() * schedule.noise[t])
    return float(factor) ** 2 / (2 * variance)


def weight_without_beta(schedule, t, variance):
    a, before = schedule.alpha_bar[t].item(), schedule.alpha_bar[t - 1].item()
    return (1 - a / before) ** 2 * before / (2 * variance * a * (1 - a))


def weight_in_float32(schedule, t, variance):
    beta = (1 - schedule.alpha[t]).float()
    return beta * beta / (2 * variance * schedule.alpha[t].float() * (1 - schedule.alpha_bar[t].float()))


def weight_in_numpy(schedule, t, variance):
    beta, alpha, a = (np.asarray(v[t]) for v in (schedule.beta, schedule.alpha, schedule.alpha_bar))
    return np.array([beta**2 / (2 * variance * alpha * (1 - a))])


def weight_with(formula):
    return lambda s, t, v: formula(s.beta[t], s.alpha[t], s.alpha_bar[t], s.alpha_bar[t - 1], v)


WRONG_WEIGHTS = {
    "no 2": (lambda b, a, now, before, v: b**2 / (v * a * (1 - now)), "the 2 is missing", "漏了 2"),
    "beta": (lambda b, a, now, before, v: b / (2 * v * a * (1 - now)), "β is not squared", "β 没有平方"),
    "no alpha": (lambda b, a, now, before, v: b**2 / (2 * v * (1 - now)), "α_t is missing", "漏了 α_t"),
    "root alpha": (lambda b, a, now, before, v: b**2 / (2 * v * a**0.5 * (1 - now)), "√α_t is not", "√α_t 没有"),
    "alpha squared": (lambda b, a, now, before, v: b**2 / (2 * v * a**2 * (1 - now)), "α_t²", "α_t²"),
    "no noise": (lambda b, a, now, before, v: b**2 / (2 * v * a), "1 − ᾱ_t is missing", "漏了 1 − ᾱ_t"),
    "root noise": (
        lambda b, a, now, before, v: b**2 / (2 * v * a * (1 - now) ** 0.5),
        "√(1 − ᾱ_t) is",
        "√(1 − ᾱ_t) 没",
    ),
    "alpha bar": (lambda b, a, now, before, v: b**2 / (2 * v * now * (1 - now)), "it takes ᾱ_t", "却用了 ᾱ_t"),
    "before": (lambda b, a, now, before, v: b**2 / (2 * v * a * (1 - before)), "t − 1", "t − 1"),
    "signal": (lambda b, a, now, before, v: b**2 / (2 * v * a * now), "the signal's share", "信号的份额"),
    "variance squared": (lambda b, a, now, before, v: b**2 / (2 * v**2 * a * (1 - now)), "is squared", "又平方了"),
    "deviation": (lambda b, a, now, before, v: b**2 / (2 * v**0.5 * a * (1 - now)), "square root of", "开了平方"),
    "beta for it": (lambda b, a, now, before, v: b / (2 * a * (1 - now)), "whatever variance", "不论传进来"),
    "upside down": (lambda b, a, now, before, v: 2 * v * a * (1 - now) / b**2, "upside down", "写反了"),
    "not squared": (lambda b, a, now, before, v: b / (2 * v * (a * (1 - now)) ** 0.5), "not squared yet", "还没有平方"),
    "one": (lambda b, a, now, before, v: torch.ones(()), "simple loss", "简化损失"),
    "nothing known": (lambda b, a, now, before, v: 1.01 * b**2 / (2 * v * a * (1 - now)), "departs", "与真值不符"),
    "nan": (lambda b, a, now, before, v: b * torch.nan, "nan or inf", "nan 或 inf"),
    "all": (lambda b, a, now, before, v: torch.ones(3), "single number", "单个数"),
    "posterior": (lambda b, a, now, before, v: b * (1 - now) / (2 * a * (1 - before) * (1 - now)), "it takes β̃", "后验方差 β̃"),
}  # fmt: skip


def weight_that_slips_at(where):
    def answer(schedule, t, variance):
        return weight_as_written(schedule, t, variance) * (1.01 if t == where(schedule) else 1)

    return answer


# The weight of v.


def v_by_alpha_bar(snr):
    return 1 / (snr / (1 + snr))


def v_by_logs(snr):
    return 1 + torch.exp(-snr.log())


def v_in_place(snr):
    return snr.clone().reciprocal_().add_(1)


WRONG_V = {
    "x0": (lambda snr: 1 / snr, "weight of x_0", "x_0 误差的权重"),
    "upside down": (lambda snr: 1 + snr, "upside down", "写反了"),
    "alpha bar": (lambda snr: snr / (1 + snr), "this is ᾱ_t", "这是 ᾱ_t"),
    "noise": (lambda snr: 1 / (1 + snr), "this is 1 − ᾱ_t", "这是 1 − ᾱ_t"),
    "root": (lambda snr: (1 + 1 / snr) ** 0.5, "not squared yet", "还没有平方"),
    "twice": (lambda snr: (1 + 1 / snr) ** 2, "once too often", "多平方了一次"),
    "one": (lambda snr: snr * 0 + 1, "own error", "自身误差"),
    "snr": (lambda snr: snr * 1, "should fall", "变小"),
    "min": (lambda snr: snr.clamp(max=5) / snr, "Min-SNR-5", "Min-SNR-5"),
    "log": (lambda snr: 1 + torch.exp(-snr), "logarithm", "对数"),
    "sum": (lambda snr: (1 + 1 / snr).sum(), "()", "()"),
    "changed": (lambda snr: snr.reciprocal_() + 1, "changes snr", "改动了 snr"),
    "float": (lambda snr: (1 + 1 / snr).double().float(), "float32", "float32"),
    "clamped": (lambda snr: (1 + 1 / snr).clamp(max=300), "departs", "与真值不符"),
    "never quite 1": (lambda snr: 1 + 1 / snr.clamp(max=1e3), "departs", "与真值不符"),
    "in order": (lambda snr: (1 + 1 / snr).flatten().sort().values.reshape(snr.shape), "departs", "与真值不符"),
    "flat": (lambda snr: (1 + 1 / snr).flatten(), "(2, 3)", "(2, 3)"),
}


# The moving average.


def ema_by_lerp(average, weights, decay, every=1):
    return average.lerp(weights, 1 - decay**every)


def ema_by_the_step(average, weights, decay, every=1):
    return average + (1 - math.exp(every * math.log(decay))) * (weights - average)


def ema_one_by_one(average, weights, decay, every=1):
    for _ in range(every):
        average = decay * average + (1 - decay) * weights
    return average


def ema_in_place_on_a_copy(average, weights, decay, every=1):
    return average.clone().mul_(decay**every).add_(weights, alpha=1 - decay**every)


def ema_keeping(share):
    return lambda a, w, d, every=1: share(d, every) * a + (1 - share(d, every)) * w


WRONG_EMA = {
    "swapped": (ema_keeping(lambda d, n: 1 - d**n), "swapped", "写反了"),
    "swapped, of one": (ema_keeping(lambda d, n: 1 - d), "swapped (and", "写反了（也"),
    "every unused": (ema_keeping(lambda d, n: d), "`every` is not used", "没有用到 `every`"),
    "in a line": (ema_keeping(lambda d, n: 1 - n * (1 - d)), "`every` times over", "取了 `every` 遍"),
    "times": (ema_keeping(lambda d, n: n * d), "multiplied by `every`", "乘上了 `every`"),
    "divided": (ema_keeping(lambda d, n: d / n), "divided by `every`", "除以了 `every`"),
    "root": (ema_keeping(lambda d, n: d ** (1 / n)), "wrong way round", "幂写反了"),
    "one less": (ema_keeping(lambda d, n: d ** (n - 1)), "one step is missing", "少算了一步"),
    "one more": (ema_keeping(lambda d, n: d ** (n + 1)), "one step too many", "多算了一步"),
    "rest of one": (lambda a, w, d, n: d**n * a + (1 - d) * w, "all the rest", "都归新权重"),
    "both powers": (lambda a, w, d, n: d**n * a + (1 - d) ** n * w, "1 minus that power", "1 减去这个幂"),
    "new": (lambda a, w, d, n: w, "new weights alone", "只是新的权重"),
    "old": (lambda a, w, d, n: a, "never moves", "从不移动"),
    "mean": (lambda a, w, d, n: (a + w) / 2, "plain mean", "普通均值"),
    "sum": (lambda a, w, d, n: d**n * a + w, "must sum to 1", "之和应为 1"),
    "sign": (lambda a, w, d, n: d**n * a - (1 - d**n) * w, "not subtracted", "不是减去"),
    "move": (lambda a, w, d, n: (1 - d**n) * (w - a), "how far", "移动的量"),
    "both": (lambda a, w, d, n: d**n * a + d**n * w, "same share", "写成了一样"),
    "in place": (lambda a, w, d, n: a.mul_(d**n).add_(w, alpha=1 - d**n), "changes average", "改动了 average"),
    "fixed": (
        lambda a, w, d, n: 0.995 * a + 0.005 * w,
        "the factor of average is wrong: with decay",
        "average 的系数不对",
    ),
}


# The lag of an average, with pen and paper.


def lag_by_the_recursion(n, m):
    behind = 0
    for k in range(1, n + 1):
        behind = k / (k + m) * (behind + 1)
    return behind


def lag_of_tensors(n, m):
    return torch.tensor(float(n)) / (1 + m)


def lag_by_the_shares_of_all_steps(n, m):
    k = np.arange(1, n + 1)
    kept = np.append(np.cumprod((k / (k + m))[::-1])[::-1][1:], 1)
    return float((kept * m / (k + m) * (n - k)).sum() + n * np.prod(k / (k + m)))


WRONG_LAGS = {
    "last decay": (lambda n, m: n / m, "of the last step, as if", "拿最后一步的衰减算"),
    "reach": (lambda n, m: (n + m) / m, "1/(1 − d), the reach", "能回溯多远"),
    "decay": (lambda n, m: n / (n + m), "the decay of the last step, the share", "即保留的份额"),
    "newest": (lambda n, m: m / (n + m), "share of the newest", "最新权重的份额"),
    "one less": (lambda n, m: (n - 1) / (m + 1), "one step is missing", "少算了一步"),
    "one more": (lambda n, m: (n + 1) / (m + 1), "one step too many", "多算了一步"),
    "nearly": (lambda n, m: n / (m + 2), "nearly", "差一点"),
    "a tenth": (lambda n, m: n / 10, "for m = 9 alone", "只对 m = 9 成立"),
    "place": (lambda n, m: n * m / (m + 1), "where the average is", "所在的位置"),
    "whole": (lambda n, m: n // (m + 1), "throws the fraction away", "丢掉了小数部分"),
    "d w": (lambda n, m: m * n / (n + m), "as if the average stood at d w", "把平均当成了 d w"),
    "all": (lambda n, m: n, "departs from the truth", "与真值不符"),
    "nothing": (lambda n, m: 0, "departs from the truth", "与真值不符"),
}


# One step of Algorithm 1.


def loss_by_hand(schedule, predictor, x0):
    t = torch.randint(1, schedule.T + 1, (x0.shape[0],))
    eps = torch.randn_like(x0)
    xt = per_sample(schedule.signal[t], x0) * x0 + per_sample(schedule.noise[t], x0) * eps
    return torch.nn.functional.mse_loss(predictor(xt, t), eps)


def loss_with_spread_times(schedule, predictor, x0):
    t = spread_times(schedule.T, len(x0))
    xt, eps = forward_jump(schedule, x0, t)
    return (eps - predictor(xt, t)).pow(2).flatten(1).mean(1).mean()


def loss_image_by_image(schedule, predictor, x0):
    total = 0
    for x in x0[:, None]:
        t = torch.randint(1, schedule.T + 1, (1,))
        xt, eps = forward_jump(schedule, x, t)
        total = total + (predictor(xt, t) - eps).square().mean()
    return total / len(x0)


def loss_with_whole_times_in_int32(schedule, predictor, x0):
    t = torch.multinomial(torch.ones(schedule.T), len(x0), replacement=True) + 1
    xt, eps = forward_jump(schedule, x0, t)
    return ((predictor(xt, t.int()) - eps) ** 2).sum() / eps.numel()


def loss_as_one_value_in_a_list(schedule, predictor, x0):
    return LOSS(schedule, predictor, x0).reshape(1)


RIGHT_STEPS = [
    loss_by_hand,
    loss_with_spread_times,
    loss_with_whole_times_in_int32,
    loss_as_one_value_in_a_list,
]


def step_with(times=None, told=None, shown=None, target=None, loss=None, draw=torch.randn_like):
    """Algorithm 1 with one thing changed."""

    def answer(schedule, predictor, x0):
        t = times(schedule, x0) if times else torch.randint(1, schedule.T + 1, (len(x0),))
        eps = draw(x0)
        signal, noise = per_sample(schedule.signal[t], x0), per_sample(schedule.noise[t], x0)
        xt = shown(schedule, x0, t, eps) if shown else signal * x0 + noise * eps
        eps_hat = predictor(xt, told(schedule, t) if told else t)
        aim = target(schedule, x0, t, eps, xt) if target else eps
        return loss(eps_hat, aim) if loss else (eps_hat - aim).square().mean()

    return answer


def step_from_one_seed(schedule, predictor, x0):
    torch.manual_seed(0)
    return LOSS(schedule, predictor, x0)


def step_with_noise_kept():
    kept = {}
    return step_with(draw=lambda x: kept.setdefault(x.shape, torch.randn_like(x)))


def step_wrong_for_one_image(schedule, predictor, x0):
    return LOSS(schedule, predictor, x0) * (1 if len(x0) > 1 else 2)


def step_without_gradient(schedule, predictor, x0):
    with torch.no_grad():
        return LOSS(schedule, predictor, x0).requires_grad_()


def normalised(x):
    return (lambda e: (e - e.mean((1, 2, 3), keepdim=True)) / e.std((1, 2, 3), keepdim=True))(torch.randn_like(x))


def sized(low, high):
    return lambda s, x0: torch.randint(low(s), high(s), (len(x0),))


WRONG_STEPS = {
    "never T": (step_with(sized(lambda s: 1, lambda s: s.T)), "t = T never occurs", "t = T 从不出现"),
    "never 1": (step_with(sized(lambda s: 2, lambda s: s.T + 1)), "t = 1 never occurs", "t = 1 从不出现"),
    "from 0": (step_with(sized(lambda s: 0, lambda s: s.T)), "t = 0 occurs", "出现了 t = 0"),
    "0 to T": (step_with(sized(lambda s: 0, lambda s: s.T + 1)), "t = 0 occurs", "出现了 t = 0"),
    "low only": (step_with(sized(lambda s: 1, lambda s: s.T // 2 + 1)), "t = T never occurs", "t = T 从不出现"),
    "skewed": (
        step_with(lambda s, x0: (torch.rand(len(x0)) ** 2 * s.T).long() + 1),
        "not uniform",
        "不是均匀分布",
    ),
    "one seed": (step_from_one_seed, "same noise", "同一份噪声"),
    "noise kept": (step_with_noise_kept(), "same noise", "同一份噪声"),
    "times in order": (step_with(lambda s, x0: torch.arange(len(x0)) % s.T + 1), "the same t", "同样的 t"),
    "small times": (step_with(lambda s, x0: torch.randint(1, 7, (len(x0),))), "a quarter of the times", "四分之一的时间步"),
    "one image": (step_wrong_for_one_image, "(1, 3, 7, 5)", "(1, 3, 7, 5)"),
    "no gradient": (step_without_gradient, "does not reach", "传不到"),
    "a pair": (lambda s, d, x0: (LOSS(s, d, x0), x0), "a tuple", "tuple"),
    "clamped": (step_with(shown=lambda s, x0, t, e: (per_sample(s.signal[t], x0) * x0 + per_sample(s.noise[t], x0) * e).clamp(-1, 1)), "clamped", "截断"),
    "scaled twice": (step_with(shown=lambda s, x0, t, e: per_sample(s.signal[t], x0) * (2 * x0 - 1) + per_sample(s.noise[t], x0) * e), "another range", "别的取值范围"),
    "unit range": (step_with(shown=lambda s, x0, t, e: per_sample(s.signal[t], x0) * (x0 + 1) / 2 + per_sample(s.noise[t], x0) * e), "another range", "别的取值范围"),
    "shared by rows": (step_with(draw=lambda x: torch.randn_like(x[:, :, :1]).expand(x.shape)), "rows of pixels share", "各行像素共用"),
    "shared by columns": (step_with(draw=lambda x: torch.randn_like(x[..., :1]).expand(x.shape)), "columns of pixels share", "各列像素共用"),
    "shared by channels": (step_with(draw=lambda x: torch.randn_like(x[:, :1]).expand(x.shape)), "the channels", "各通道"),
    "larger noise": (step_with(draw=lambda x: 1.05 * torch.randn_like(x)), "N(0, ", "N(0, "),
    "normalised noise": (step_with(draw=normalised), "not noised as its t says", "与它的 t 不符"),
    "t as a float": (step_with(told=lambda s, t: t.float()), "float32", "float32"),
    "Huber": (step_with(loss=torch.nn.functional.smooth_l1_loss), "Huber", "Huber"),
    "sum of images": (step_with(loss=lambda a, b: (a - b).square().flatten(1).mean(1).sum()), "over the images", "对各幅图像求了和"),
    "target v": (step_with(target=lambda s, x0, t, e, xt: per_sample(s.signal[t], e) * e - per_sample(s.noise[t], e) * x0), "the target is v", "目标用成了 v"),
    "target before": (step_with(target=lambda s, x0, t, e, xt: per_sample(s.signal[t - 1], e) * x0 + per_sample(s.noise[t - 1], e) * e), "x_{t−1}", "x_{t−1}"),
    "weighted": (step_with(loss=lambda a, b: 1.01 * (a - b).square().mean()), "mean squared error", "均方误差"),
    "one t": (step_with(lambda s, x0: torch.randint(1, s.T + 1, (1,)).expand(len(x0))), "share one t", "共用一个 t"),
    "always T": (step_with(lambda s, x0: torch.full((len(x0),), s.T)), "share one t", "共用一个 t"),
    "uniform noise": (step_with(draw=torch.rand_like), "uniform", "均匀"),
    "no noise": (step_with(draw=torch.zeros_like), "clean x_0", "干净的 x_0"),
    "shared by images": (step_with(draw=lambda x: torch.randn_like(x[:1]).expand(x.shape)), "share their noise", "共用同一份噪声"),
    "shared by pixels": (step_with(draw=lambda x: torch.randn(len(x), 1, 1, 1).expand(x.shape)), "share their noise", "共用同一份噪声"),
    "clean": (step_with(shown=lambda s, x0, t, eps: x0), "clean x_0", "干净的 x_0"),
    "one step": (
        step_with(shown=lambda s, x0, t, e: per_sample(s.alpha[t].sqrt(), x0) * x0 + per_sample(s.beta[t].sqrt(), x0) * e),
        "noise of one step",
        "只有一步的噪声",
    ),
    "variance": (step_with(shown=lambda s, x0, t, e: per_sample(s.signal[t], x0) * x0 + per_sample(1 - s.alpha_bar[t], x0) * e), "a variance", "方差 1 − ᾱ_t"),
    "added": (step_with(shown=lambda s, x0, t, e: x0 + e), "not scaled", "没有缩放"),
    "swapped": (step_with(shown=lambda s, x0, t, e: per_sample(s.noise[t], x0) * x0 + per_sample(s.signal[t], x0) * e), "swapped", "写反了"),
    "alpha bar": (step_with(shown=lambda s, x0, t, e: per_sample(s.alpha_bar[t], x0) * x0 + per_sample(s.noise[t], x0) * e), "x_0 is scaled by ᾱ_t", "x_0 乘的是 ᾱ_t"),
    "x0 whole": (step_with(shown=lambda s, x0, t, e: x0 + per_sample(s.noise[t], x0) * e), "not scaled down", "没有缩小"),
    "t too large": (step_with(times=lambda s, x0: torch.randint(0, s.T, (len(x0),)), told=lambda s, t: t + 1), "one too large", "大了 1"),
    "another t": (step_with(told=lambda s, t: torch.randint(1, s.T + 1, t.shape)), "another t", "不是给 x_t 加噪用的那个"),
    "t over T": (step_with(told=lambda s, t: t / s.T), "no type of whole numbers", "不是整数类型"),
    "t beyond": (step_with(told=lambda s, t: t + s.T), "exceeds", "超过了"),
    "target x0": (step_with(target=lambda s, x0, t, e, xt: x0), "the target is x_0", "目标用成了 x_0"),
    "target xt": (step_with(target=lambda s, x0, t, e, xt: xt), "the target is x_t;", "目标用成了 x_t；"),
    "target the difference": (step_with(target=lambda s, x0, t, e, xt: xt - x0), "x_t − x_0", "x_t − x_0"),
    "target one step's": (step_with(target=lambda s, x0, t, e, xt: per_sample(s.beta[t].sqrt(), e) * e), "noise of one step", "一步的噪声"),
    "another draw": (step_with(target=lambda s, x0, t, e, xt: torch.randn_like(e)), "another draw", "不是 x_t 里的那份"),
    "wrong sign": (step_with(target=lambda s, x0, t, e, xt: -e), "wrong sign", "符号反了"),
    "sum": (step_with(loss=lambda a, b: (a - b).square().sum()), "sum of the squares", "平方和"),
    "sum of pixels": (step_with(loss=lambda a, b: (a - b).square().flatten(1).sum(1).mean()), "over the pixels", "对像素求了和"),
    "root": (step_with(loss=lambda a, b: (a - b).square().mean().sqrt()), "the root of", "均方根"),
    "l1": (step_with(loss=lambda a, b: (a - b).abs().mean()), "l1", "l1"),
    "half": (step_with(loss=lambda a, b: (a - b).square().mean() / 2), "half", "一半"),
    "each": (step_with(loss=lambda a, b: (a - b).square().flatten(1).mean(1)), "values; one loss", "要的是一个损失"),
    "not squared": (step_with(loss=lambda a, b: (a - b).mean()), "differences are not squared", "差没有平方"),
    "detached": (step_with(loss=lambda a, b: (a - b).square().mean().detach()), "no gradient", "不带梯度"),
    "item": (step_with(loss=lambda a, b: (a - b).square().mean().item()), "no gradient", "不带梯度"),
    "never asked": (lambda s, d, x0: torch.randn_like(x0).square().mean().requires_grad_(), "never asked", "从没有问过"),
    "part of the batch": (lambda s, d, x0: LOSS(s, d, x0[:2]), "each image needs its t", "每幅图像要有一个 t"),
    "changes x0": (lambda s, d, x0: LOSS(s, d, x0.mul_(0.5)), "changes x0", "改动了 x0"),
    "a slip": (lambda s, d, x0: d(x0), "TypeError", "TypeError"),
}  # fmt: skip

NO_TIMES = [0, 1001, 0.5, "341", True, [341], math.nan, print]
WRONG_TIMES = [
    (
        t,
        f"up to t = {t} the bound has {share} of its weight; move t up",
        f"到 t = {t} 为止，下界的权重才占 {share}；把 t 往上调",
    )
    for t, share in ((1, "0%"), (2, "3%"), (100, "34%"), (330, "49%"))
]
WRONG_TIMES += [
    (
        t,
        f"up to t = {t} the bound has {share} of its weight already; move t down",
        f"到 t = {t} 为止，下界的权重已占 {share}；把 t 往下调",
    )
    for t, share in ((352, "51%"), (500, "59%"), (1000, "100%"))
]
WRONG_TIMES += [(answer, "will not do", "不行") for answer in NO_TIMES]

WRONG_DIAGNOSES = [
    ({"A": "rate"}, "1 of 6", "对了 1 个"),
    ({"A": "rate", "B": None}, "1 of 6", "对了 1 个"),
    (PATIENTS | {"G": "rate"}, "no patient 'G'", "没有病人 'G'"),
    (PATIENTS | {"A": "flu"}, "'flu' is none of", "'flu' 不在"),
    (dict.fromkeys("ABCDEF", "rate"), "1 of 6", "对了 1 个"),
    ("rate", "a dictionary", "一个字典"),
    (["rate"] * 6, "a dictionary", "一个字典"),
]
SPELLINGS = (str, str.upper, lambda word: FAULTS[word][-1][0], lambda word: FAULTS[word][-1][-1])

RIGHT = {
    "06.paper": [lag_by_the_recursion, lag_of_tensors, lag_by_the_shares_of_all_steps],
    "06.build": RIGHT_LOOPS,
    "06.repair": RIGHT_REPAIRS,
    "06.weight": [weight_as_written, weight_by_the_factor, weight_without_beta, weight_in_float32, weight_in_numpy],
    "06.snr": [v_by_alpha_bar, v_by_logs, v_in_place],
    "06.ema": [ema_by_lerp, ema_by_the_step, ema_one_by_one, ema_in_place_on_a_copy],
    "06.step": RIGHT_STEPS,
    "06.half": in_any_form(331, 341, 351),
    "06.patients": [
        {f" {patient.lower()}": spelt(fault) for patient, fault in PATIENTS.items()} for spelt in SPELLINGS
    ],
}
WRONG = {
    "06.paper": WRONG_LAGS,
    "06.build": WRONG_LOOPS,
    "06.repair": WRONG_REPAIRS,
    "06.weight": {name: (weight_with(f), *said) for name, (f, *said) in WRONG_WEIGHTS.items()}
    | {
        "slips at 2": (weight_that_slips_at(lambda s: 2), "departs", "与真值不符"),
        "slips at T": (weight_that_slips_at(lambda s: s.T), "departs", "与真值不符"),
    },
    "06.snr": WRONG_V,
    "06.ema": WRONG_EMA,
    "06.step": WRONG_STEPS,
    "06.half": named(WRONG_TIMES),
    "06.patients": named(WRONG_DIAGNOSES),
}
HELD = {"06.build": HELD_LOOPS, "06.repair": HELD_REPAIRS}
MISTAKES = {"06.paper": LAG_MISTAKES}
BLANK = {"06.build": [AllBlank], "06.patients": [{}, dict.fromkeys("ABCDEF"), dict.fromkeys("ABCDEF", "")]}
FIGURES_UNDER = 50_000
