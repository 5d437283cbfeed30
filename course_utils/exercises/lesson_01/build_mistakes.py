"""The misconceptions about the arrays of lesson 01's piece of work. The sentences are one line per language.

第 01 课作业中关于各数组的误解：每种语言一行。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake


def led(first: float, rest: Tensor) -> Tensor:
    """An array with this number in front. 在数组前面放上这个数。"""
    return torch.cat([rest.new_full((1,), first), rest])


def _pairs(alpha_bar: Tensor) -> tuple[Tensor, Tensor]:
    """alpha_bar before each step and after it."""
    a = alpha_bar.double()
    return a[:-1], a[1:]


def _known(alpha_bar: Tensor) -> Tensor:
    """The sum of the inverse variances of x_{t-1}, by x_0 and by x_t."""
    before, after = _pairs(alpha_bar)
    return 1 / (1 - before) + after / (before - after)


def _posterior(weigh: Callable[..., Tensor]) -> Callable[[Tensor], Tensor]:
    """0, and then what `weigh` makes of ᾱ before and after a step and of β."""

    def gives(alpha_bar: Tensor) -> Tensor:
        before, after = _pairs(alpha_bar)
        return led(0.0, weigh(before, after, (before - after) / before))

    return gives


def zero_at_one(mistake: Mistake) -> Mistake:
    """The same mistake with the 0 that the task names put in by hand at t = 1. 同样的错误，但 t = 1 处手工写上了题目所说的 0。"""

    def gives(alpha_bar: Tensor) -> Tensor:
        array = mistake.gives(alpha_bar)
        return led(0.0, led(0.0, array[2:]))

    return mistake._replace(gives=gives)


def _of(array: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """An array's formula in ᾱ, in float64."""
    return lambda alpha_bar: array(alpha_bar.double())


NOT_EVERY_STEP = (
    "this is ᾱ itself, which all steps up to t have left; α_t is what step t alone keeps",
    "这是 ᾱ 本身，即到 t 为止各步合起来留下的；α_t 只是第 t 步留下的",
)
ALL_NOISE = (
    "this is 1 − ᾱ, the noise of all steps up to t together; β_t is that of step t alone",
    "这是 1 − ᾱ，即到 t 为止各步噪声的总和；β_t 只是第 t 步的",
)
DIFFERENCE = (
    "this is by how much ᾱ falls; step t takes its share of what is left, so divide by ᾱ_{t−1}",
    "这是 ᾱ 降了多少；第 t 步是从剩下的里面取走一份，所以要除以 ᾱ_{t−1}",
)
A_SHARE = "this is a share, a variance; the factor in (2) is its root", "这是份额，即方差；(2) 里的系数是它的平方根"
AMPLITUDES = (
    "this is the ratio of the factors; SNR is the ratio of the variances, their squares",
    "这是系数之比；SNR 是方差之比，要平方",
)
UPSIDE_DOWN = "it stands upside down: signal over noise", "上下颠倒了：应是信号除以噪声"
LATE = (
    "it is shifted by one: entry t must belong to the step from t − 1 to t",
    "错开了一位：第 t 项应属于从 t − 1 到 t 的那一步",
)
ARRAY_MISTAKES = {
    "alpha_bar": [
        Mistake(_of(torch.sqrt), "this is √ᾱ, the factor; store ᾱ", "这是系数 √ᾱ；要存的是 ᾱ"),
    ],
    "alpha": [
        Mistake(lambda a: a.double(), *NOT_EVERY_STEP),
        Mistake(lambda a: led(1.0, (_pairs(a)[1] / _pairs(a)[0]).sqrt()), "this is √α, the factor in (1); α is its square", "这是 (1) 里的系数 √α；α 是它的平方"),
        Mistake(lambda a: led(1.0, _pairs(a)[0] / _pairs(a)[1]), "the ratio stands upside down: ᾱ_t over ᾱ_{t−1}", "比值颠倒了：应是 ᾱ_t 除以 ᾱ_{t−1}"),
        Mistake(lambda a: led(0.0, _pairs(a)[1] / _pairs(a)[0]), "alpha[0] is 1: before the first step everything is kept", "alpha[0] 应为 1：第一步之前，一切都还在"),
        Mistake(lambda a: led(1.0, 1 + _pairs(a)[1] - _pairs(a)[0]), *DIFFERENCE),
        Mistake(_of(lambda a: a / a.roll(1)), "`roll` brings the last entry to the front, so alpha[0] is divided by ᾱ_T; before the first step everything is kept, and alpha[0] is 1", "`roll` 把最后一项转到了最前面，alpha[0] 就除以了 ᾱ_T；第一步之前一切都还在，alpha[0] 应为 1"),
        Mistake(lambda a: led(1.0, (_pairs(a)[1] / _pairs(a)[0]).flip(0)).flip(0), *LATE),
    ],
    "beta": [
        Mistake(lambda a: 1 - a.double(), *ALL_NOISE),
        Mistake(lambda a: led(0.0, _pairs(a)[0] - _pairs(a)[1]), *DIFFERENCE),
        Mistake(lambda a: led(0.0, _pairs(a)[0] / _pairs(a)[1] - 1), "the fall of ᾱ is divided by ᾱ_t; divide it by ᾱ_{t−1}, what there was before the step", "ᾱ 的下降量除以了 ᾱ_t；应除以这一步之前的 ᾱ_{t−1}"),
        Mistake(lambda a: led(0.0, (1 - _pairs(a)[1] / _pairs(a)[0]).sqrt()), "this is √β, the factor in (1); β is a variance", "这是 (1) 里的系数 √β；β 是方差"),
        Mistake(lambda a: led(1.0, 1 - _pairs(a)[1] / _pairs(a)[0]), "beta[0] is 0: no step leads to the clean image", "beta[0] 应为 0：没有哪一步走到干净图像"),
        Mistake(lambda a: led(0.0, (1 - _pairs(a)[1] / _pairs(a)[0]).flip(0)).flip(0), *LATE),
    ],
    "signal": [
        Mistake(lambda a: a.double(), *A_SHARE),
        Mistake(lambda a: led(1.0, (_pairs(a)[1] / _pairs(a)[0]).sqrt()), "this is √α, the factor of one step; in (2) stands √ᾱ", "这是单步的系数 √α；(2) 里是 √ᾱ"),
        Mistake(lambda a: (1 - a.double()).sqrt(), "this is √(1 − ᾱ), the factor of the noise", "这是 √(1 − ᾱ)，即噪声的系数"),
    ],
    "noise": [
        Mistake(lambda a: 1 - a.double(), *A_SHARE),
        Mistake(lambda a: 1 - a.double().sqrt(), "1 − √ᾱ: it is the squares of the factors that add up to 1", "1 − √ᾱ：相加得 1 的是两个系数的平方"),
        Mistake(lambda a: led(0.0, (1 - _pairs(a)[1] / _pairs(a)[0]).sqrt()), "this is √β, the factor of one step's noise; in (2) stands √(1 − ᾱ)", "这是单步噪声的系数 √β；(2) 里是 √(1 − ᾱ)"),
        Mistake(lambda a: a.double().sqrt(), "this is √ᾱ, the factor of the image", "这是 √ᾱ，即图像的系数"),
    ],
    "snr": [
        Mistake(_of(lambda a: (a / (1 - a)).sqrt()), *AMPLITUDES),
        Mistake(_of(lambda a: (1 - a) / a), *UPSIDE_DOWN),
        Mistake(_of(lambda a: (a / (1 - a)) ** 2), "it is squared once too often: ᾱ and 1 − ᾱ are variances already", "多平方了一次：ᾱ 与 1 − ᾱ 本来就是方差"),
        Mistake(_of(lambda a: a.sqrt() / (1 - a)), "one of the two has its root taken and the other not", "一个开了方，另一个没有"),
    ],
    "log_snr": [
        Mistake(_of(lambda a: (a / (1 - a)).log() / 2), *AMPLITUDES),
        Mistake(_of(lambda a: ((1 - a) / a).log()), *UPSIDE_DOWN),
        Mistake(_of(lambda a: (a / (1 - a)).log10()), "this is the logarithm to the base 10; the natural one is asked for", "这是以 10 为底的对数；要的是自然对数"),
        Mistake(_of(lambda a: (a / (1 - a)).log2()), "this is the logarithm to the base 2; the natural one is asked for", "这是以 2 为底的对数；要的是自然对数"),
        Mistake(_of(lambda a: 10 * (a / (1 - a)).log10()), "these are decibels; the natural logarithm is asked for", "这是分贝；要的是自然对数"),
        Mistake(_of(lambda a: a / (1 - a)), "this is SNR: the logarithm is missing", "这是 SNR：漏了取对数"),
    ],
    "posterior_variance": [
        Mistake(_posterior(lambda before, after, beta: beta), "this is β_t, what x_{t−1} alone leaves open of x_t; asked is what is open of x_{t−1}", "这是 β_t，即知道 x_{t−1} 时 x_t 还剩多少未知；要的是 x_{t−1} 还剩多少未知"),
        Mistake(_posterior(lambda before, after, beta: 1 / (1 / (beta.cumsum(0) - beta) + (1 - beta) / beta)), "the β of the first t − 1 steps are added; each later step shrinks the noise that is there, and what is left together is 1 − ᾱ_{t−1}", "把前 t − 1 步的 β 加了起来；后面每一步都会缩小已有的噪声，合起来剩下的是 1 − ᾱ_{t−1}"),
        Mistake(_posterior(lambda before, after, beta: 1 - before + beta / (1 - beta)), "the variances are added; it is their inverses that add up", "把方差加了起来；相加的是它们的倒数"),
        Mistake(lambda a: led(0.0, _known(a)), "this is the sum of the inverses; the variance is 1 over it", "这是倒数之和；方差还要用 1 去除以它"),
        Mistake(lambda a: led(0.0, 1 / (1 / (1 - _pairs(a)[0]) + 1 / (1 - _pairs(a)[1] / _pairs(a)[0]))), "x_t tells of x_{t−1} with the variance β_t / α_t, not β_t: √α_t has to be divided out", "x_t 所说的 x_{t−1}，方差是 β_t / α_t 而不是 β_t：要先除掉 √α_t"),
        Mistake(_posterior(lambda before, after, beta: 1 / (1 / (1 - before) + 1 / (beta * (1 - beta)))), "dividing x_t by √α_t enlarges its noise: the variance is divided by α_t, not multiplied", "x_t 除以 √α_t，噪声也随之放大：方差要除以 α_t，而不是乘以 α_t"),
        Mistake(_posterior(lambda before, after, beta: 1 / (1 / (1 - before) + (1 - beta).sqrt() / beta)), "dividing x_t by √α_t divides its variance by α_t, the square", "x_t 除以 √α_t，方差就除以它的平方 α_t"),
        Mistake(_posterior(lambda before, after, beta: 1 / (1 / (1 - before).sqrt() + ((1 - beta) / beta).sqrt())), "the inverses of the standard deviations are added; it is those of the variances that add up", "相加的是标准差的倒数；应当相加的是方差的倒数"),
        Mistake(_posterior(lambda before, after, beta: 1 / (1 / (1 - after) + (1 - beta) / beta)), "x_0 tells of x_{t−1} with the variance 1 − ᾱ_{t−1}; here stands that of x_t", "x_0 所说的 x_{t−1}，方差是 1 − ᾱ_{t−1}；这里写成了 x_t 的"),
        Mistake(_posterior(lambda before, after, beta: (1 - after) / (1 - before) * beta), "the ratio stands upside down: what is known of both must leave less open than β_t, not more", "比值颠倒了：两样都知道，未知的应比 β_t 少，而不是更多"),
        Mistake(_posterior(lambda before, after, beta: ((1 - before) / (1 - after) * beta).sqrt()), "this is the standard deviation; its square is asked for", "这是标准差；要的是它的平方"),
        Mistake(_posterior(lambda before, after, beta: (1 - before) / (1 - after)), "the factor β_t is missing", "漏了因子 β_t"),
    ],
}  # fmt: skip
ARRAY_MISTAKES["posterior_variance"] += [*map(zero_at_one, ARRAY_MISTAKES["posterior_variance"])]
