"""The exact denoiser's weights, and what is commonly got wrong in them.

精确去噪器的权重，以及其中常见的错误。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake
from course_utils.schedules import Schedule


def weights(schedule: Schedule, data: Tensor, xt: Tensor, t: int) -> Tensor:
    """The share of each datum in the best guess of x_0, (b, n). 每个数据点在最优猜测中的份额。"""
    apart = xt[:, None] - schedule.signal[t] * data  # (b, n, ...)
    distance = apart.flatten(2).square().sum(2)
    return (-distance / (2 * (1 - schedule.alpha_bar[t]))).softmax(1)


def _from_logits(
    scale: Callable = torch.sqrt,
    width: Callable = lambda a, beta: 2 * (1 - a),
    power: float = 2,
    last: Callable = lambda logits: logits.softmax(1),
    mean: bool = False,
) -> Callable:
    """`weights` with another scale of the data, other width, power of the distance or last line."""

    def gives(schedule: Schedule, data: Tensor, xt: Tensor, t: int) -> Tensor:
        apart = (xt[:, None] - scale(schedule.alpha_bar[t]) * data).flatten(2).square()
        distance = (apart.mean(2) if mean else apart.sum(2)) ** (power / 2)
        return last(-distance / width(schedule.alpha_bar[t], schedule.beta[t]))

    return gives


def _shifted(truth: Callable, by: int) -> Callable:
    """The same at a time that is off by one, within the schedule."""
    return lambda schedule, data, xt, t: truth(schedule, data, xt, min(t + by, schedule.T))


def _compared(how: Callable) -> Callable:
    """`weights` with its own comparison: how(xt, data, alpha_bar, beta), broadcast to (b, n, ...) -> exponents."""

    def gives(schedule: Schedule, data: Tensor, xt: Tensor, t: int) -> Tensor:
        return how(xt[:, None], data, schedule.alpha_bar[t], schedule.beta[t]).softmax(1)

    return gives


def _squared(apart: Tensor) -> Tensor:
    return apart.flatten(2).square().sum(2)


EARLY, LATE = ("t is one too small", "t 小了 1"), ("t is one too large", "t 大了 1")
WEIGHT_MISTAKES = [
    Mistake(_from_logits(scale=torch.ones_like), "the data are not scaled down: x_t is compared with √ᾱ x_i, not with x_i", "数据没有缩小：与 x_t 相比的是 √ᾱ x_i，不是 x_i"),
    Mistake(_from_logits(scale=lambda a: a), "it scales the data by ᾱ; the factor is √ᾱ", "数据乘的是 ᾱ；系数应为 √ᾱ"),
    Mistake(_from_logits(power=1), "the distance is not squared: a Gaussian falls with the square of the distance", "距离没有平方：高斯随距离的平方下降"),
    Mistake(_from_logits(width=lambda a, _: 1 - a), "the 2 is missing: a Gaussian is exp(−distance² / (2 · variance))", "漏了 2：高斯是 exp(−d² / 2σ²)，d 是距离，σ² 是方差"),
    Mistake(_from_logits(width=lambda a, _: 2 * (1 - a).sqrt()), "it divides by the standard deviation √(1 − ᾱ); the Gaussian's exponent has the variance 1 − ᾱ", "除以的是标准差 √(1 − ᾱ)；高斯指数里是方差 1 − ᾱ"),
    Mistake(_from_logits(width=lambda a, _: 2 * a), "it divides by ᾱ, the share of the signal; the variance of the noise is 1 − ᾱ", "除以的是信号的份额 ᾱ；噪声的方差是 1 − ᾱ"),
    Mistake(_from_logits(width=lambda _, beta: 2 * beta), "it takes the variance of one step, β; all the noise in x_t has variance 1 − ᾱ", "用的是一步的方差 β；x_t 中全部噪声的方差是 1 − ᾱ"),
    Mistake(_from_logits(width=lambda a, _: -2 * (1 - a)), "the sign: the farther a datum, the smaller its weight", "符号反了：数据点越远，权重越小"),
    Mistake(_from_logits(width=lambda a, _: 2 * (1 - a) ** 2), "it squares 1 − ᾱ, which is the variance already", "把 1 − ᾱ 又平方了；它本来就是方差"),
    *(Mistake(_from_logits(width=lambda a, _, w=w: w + 0 * a), "the squared distance is not divided by the variance 1 − ᾱ", "距离的平方没有除以方差 1 − ᾱ") for w in (1, 2)),
    Mistake(_from_logits(width=lambda a, _: 2 / (1 - a)), "it multiplies by 1 − ᾱ; write / (2 * (1 − ᾱ)), with both factors in brackets", "乘了 1 − ᾱ；请写成 / (2 * (1 − ᾱ))，两个因子都在括号里"),
    Mistake(_compared(lambda x, d, a, b: -_squared(x - (1 - b).sqrt() * d) / (2 * b)), "it takes α, of one step; x_t has come by all steps up to t: ᾱ", "用的是一步的 α；x_t 是走完前 t 步得到的，应当用 ᾱ"),
    Mistake(_compared(lambda x, d, a, b: -_squared(a.sqrt() * x - d) / (2 * (1 - a))), "it scales x_t by √ᾱ; it is the data that are scaled, in |x_i|² too", "乘上 √ᾱ 的是 x_t；应当乘的是数据，|x_i|² 里的也要乘"),
    Mistake(_compared(lambda x, d, a, b: (_squared((a.sqrt() * d).expand_as(x - d)) - _squared(x - a.sqrt() * d)) / (2 * (1 - a))), "the distance is multiplied out, and ᾱ |x_i|² is left away; it differs from datum to datum, only |x_t|² is the same for all", "距离展开之后漏了 ᾱ |x_i|²；它因数据点而异，对所有数据点都一样的只有 |x_t|²"),
    Mistake(_compared(lambda x, d, a, b: -_squared(x / a.sqrt() - d) / (2 * (1 - a))), "x_t / √ᾱ is compared with x_i, but then the noise is divided by √ᾱ, too: its variance is (1 − ᾱ) / ᾱ", "拿 x_t / √ᾱ 与 x_i 相比，噪声也就除以了 √ᾱ：它的方差是 (1 − ᾱ) / ᾱ"),
    Mistake(_compared(lambda x, d, a, b: -_squared(x - a.sqrt() * d).log()), "these are inverse squared distances; Bayes' rule weighs by exp(−distance² / (2 · variance))", "这是按距离平方的倒数来加权；贝叶斯公式用的是 exp(−d² / 2σ²)，d 是距离，σ² 是方差"),
    Mistake(_compared(lambda x, d, a, b: -(x - a.sqrt() * d).flatten(2).abs().sum(2) / (2 * (1 - a))), "it sums absolute values; sum squares", "对绝对值求了和；应当对平方求和"),
    Mistake(_compared(lambda x, d, a, b: -(x - a.sqrt() * d).flatten(2).sum(2).square() / (2 * (1 - a))), "it squares the sum; square first, then sum", "先求和再平方了；应当先平方，再求和"),
    Mistake(_from_logits(mean=True), "it takes the mean of the squares over the pixels; the squared distance is their sum", "对像素的平方取了均值；距离的平方是它们之和"),
    Mistake(_from_logits(last=lambda logits: logits.softmax(0)), "the weights of one x_t must sum to 1: the softmax runs over the data, axis 1, not over the batch", "同一个 x_t 的各权重之和应为 1：softmax 要沿数据（第 1 轴），不是沿批"),
    Mistake(_from_logits(last=lambda logits: logits), "these are the exponents; the softmax is missing", "这只是指数；还差一个 softmax"),
    Mistake(_from_logits(last=lambda logits: logits.log_softmax(1)), "these are the logarithms of the weights", "这是权重的对数"),
    Mistake(_from_logits(last=lambda logits: logits.eq(logits.amax(1, True)).to(logits)), "the nearest datum takes all; every datum has a share", "最近的一点独占了全部；每个数据点都有一份"),
    Mistake(_from_logits(last=lambda logits: torch.full_like(logits, 1 / logits.shape[1])), "all data weigh the same; the nearer ones should weigh more", "所有数据点一样重；近的应当更重"),
    Mistake(_shifted(weights, -1), *EARLY),
    Mistake(_shifted(weights, 1), *LATE),
]  # fmt: skip
UNSUMMED = (
    "the weights of one x_t do not sum to 1: divide them by their sum",
    "同一个 x_t 的权重之和不为 1：请除以它们的和",
)
UNDERFLOW = (
    "far from all data at t = 1 every exp(…) is rounded to 0, and no share can be made of zeros. Use softmax: it subtracts the "
    "largest exponent of each row first",
    "当 t = 1 而 x_t 离所有数据都远时，每个 exp(…) 都舍入成 0，从一堆 0 里算不出份额。请用 softmax：它会先减去每一行最大的指数",
)
