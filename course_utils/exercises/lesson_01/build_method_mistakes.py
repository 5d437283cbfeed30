"""The misconceptions about the methods of lesson 01's piece of work. The sentences are one line per language.

第 01 课作业中关于两个方法的误解：每种语言一行。
"""

import math

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake
from course_utils.exercises.lesson_01.build_mistakes import led

# at: what becomes of alpha_bar if it is read so.


def _places(last: float, T: int) -> Tensor:
    return torch.linspace(0, last, T + 1, dtype=torch.float64)


def _read(a: Tensor, place: Tensor) -> Tensor:
    left = place.long().clamp(0, len(a) - 2)
    return torch.lerp(a[left], a[left + 1], place - left)


def _betas_read(a: Tensor, T: int) -> Tensor:
    beta = led(0.0, 1 - a[1:] / a[:-1])
    return (1 - _read(beta, _places(len(a) - 1, T))).cumprod(0)


def _betas_picked(a: Tensor, T: int) -> Tensor:
    beta = led(0.0, 1 - a[1:] / a[:-1])
    return (1 - beta[_places(len(a) - 1, T).round().long()]).cumprod(0)


def _betas_at_steps(a: Tensor, T: int) -> Tensor:
    return led(1.0, (1 - _read(1 - a[1:] / a[:-1], torch.linspace(0, len(a) - 2, T).double())).cumprod(0))


BETAS = (
    "it takes the β of the old steps: with fewer steps each must take more, with more steps less. Read ᾱ instead, and let β follow",
    "它沿用了原来各步的 β：步数少了，每一步就得多取；步数多了，就得少取。请改读 ᾱ，让 β 随之而定",
)
AT_MISTAKES = [
    *(Mistake(read, *BETAS) for read in (_betas_read, _betas_picked, _betas_at_steps)),
    Mistake(lambda a, T: a[: T + 1], "these are the first T steps: a chain that breaks off on the way is not at its end", "这只是最前面的 T 步：半路断掉的链还没有到终点"),
    Mistake(lambda a, T: a, "it has as many steps as before", "步数与原来一样，没有变"),
    Mistake(lambda a, T: _read(a, torch.arange(T + 1).double() * (len(a) - 1) / (T + 1)), "the places are t / (T + 1) of the way; step t stands at t / T, and the last one at the end", "取的是全程的 t / (T + 1) 处；第 t 步应在 t / T 处，最后一步在终点"),
    Mistake(lambda a, T: led(1.0, _read(a, torch.arange(T).double() * (len(a) - 1) / T)), "it counts from 0 what should count from 1: the first step stays at the clean image and the last one stops short", "该从 1 数起的从 0 数起了：第一步停在干净图像，最后一步又没到终点"),
    Mistake(lambda a, T: a[_places(len(a) - 1, T).round().long()], "it reads the nearest entry: with more steps than before, neighbours come out alike and a step does nothing. Between two entries, take something in between", "它读的是最近的一项：步数比原来多时，相邻两项会相等，有的步就什么也没做。落在两项之间时，请取中间的值"),
    Mistake(lambda a, T: a[_places(len(a) - 1, T).floor().long()], "it reads the entry before: with more steps than before, neighbours come out alike and a step does nothing. Between two entries, take something in between", "它读的是前面那一项：步数比原来多时，相邻两项会相等，有的步就什么也没做。落在两项之间时，请取中间的值"),
]  # fmt: skip


# ending: at which alpha_bar_T it stops, and how the rest comes along.


def _end(d: int, z: float) -> float:
    return z**2 / (d + z**2)


STOPS_AT_ANOTHER = [
    (lambda d, z: z**2 / d, "it takes z² / d for ᾱ_T; that is SNR_T, and ᾱ_T = SNR_T / (1 + SNR_T)", "它把 z² / d 当作 ᾱ_T；那是 SNR_T，而 ᾱ_T = SNR_T / (1 + SNR_T)"),
    (lambda d, z: z / d, "(4) holds √(d · SNR): z is to be squared, and SNR turned into ᾱ", "(4) 里是 √(d · SNR)：z 要平方，SNR 还要换成 ᾱ"),
    (lambda d, z: z / (d + z), "(4) holds √(d · SNR): z is to be squared", "(4) 里是 √(d · SNR)：z 要平方"),
    (lambda d, z: _end(d, z) ** 0.5, "this is the factor √ᾱ_T; ᾱ_T is its square", "这是系数 √ᾱ_T；ᾱ_T 是它的平方"),
    (lambda d, z: z / d**0.5, "this is the root of SNR_T; square it, and turn SNR into ᾱ", "这是 SNR_T 的平方根；请平方，再把 SNR 换成 ᾱ"),
    (lambda d, z: z**2 / (1 + z**2), "d is left out: a larger image needs a smaller SNR", "漏了 d：图像越大，SNR 就要越小"),
    (lambda d, z: d * z**2 / (1 + d * z**2), "d stands on the wrong side: by (4), SNR_T = z² / d", "d 放错了一边：按 (4)，SNR_T = z² / d"),
    (lambda d, z: d / (d + z**2), "its ᾱ_T is what 1 − ᾱ_T should be, the share of the noise", "它的 ᾱ_T 等于 1 − ᾱ_T 该有的值，即噪声的份额"),
    (lambda d, z: z, "z is no ᾱ: (4) leads from one to the other", "z 不是 ᾱ：两者之间要用 (4) 换算"),
]  # fmt: skip


def _last_replaced(a: Tensor, d: int, z: float) -> Tensor:
    return torch.cat([a[:-1], a.new_full((1,), _end(d, z))])


def _by_root(a: Tensor, d: int, z: float) -> Tensor:
    root, end = a.sqrt(), _end(d, z) ** 0.5
    return (end + (root - root[-1]) * (1 - end) / (1 - root[-1])) ** 2


def _as_in_the_paper(a: Tensor, d: int, z: float) -> Tensor:
    root, end = a.sqrt(), _end(d, z) ** 0.5
    return led(1.0, (end + (root[1:] - root[-1]) * (root[1] - end) / (root[1] - root[-1])) ** 2)


def _by_shift(a: Tensor, d: int, z: float) -> Tensor:
    odds = (1 - a) / a * (a[-1] / (1 - a[-1])) * (d / z**2)
    return 1 / (1 + odds)


def _by_power(a: Tensor, d: int, z: float) -> Tensor:
    return a ** (math.log(_end(d, z)) / a[-1].log())


ENDING_MISTAKES = [
    Mistake(_last_replaced, "only the last entry is changed: one step would then do what the whole chain has left undone", "只改了最后一项：整条链没做完的，都推给了最后一步"),
    *(Mistake(root, "it stretches √ᾱ, as `rescaled` does; asked is that every 1 − ᾱ_t be multiplied by one number", "它拉伸的是 √ᾱ，与 `rescaled` 一样；要的是每个 1 − ᾱ_t 都乘以同一个数") for root in (_by_root, _as_in_the_paper)),
    Mistake(_by_shift, "it adds one number to every log-SNR, as `shifted` does; asked is that every 1 − ᾱ_t be multiplied by one number", "它给每个 log-SNR 加上同一个数，与 `shifted` 一样；要的是每个 1 − ᾱ_t 都乘以同一个数"),
    Mistake(_by_power, "it multiplies every log ᾱ by one number; asked is that every 1 − ᾱ_t be", "它给每个 log ᾱ 乘上同一个数；要的是给每个 1 − ᾱ_t 乘"),
    Mistake(lambda a, d, z: a * _end(d, z) / a[-1], "it multiplies the ᾱ, and ᾱ_0 does not stay 1; multiply the shares of the noise, 1 − ᾱ", "它乘的是 ᾱ，ᾱ_0 就不再是 1 了；要乘的是噪声的份额 1 − ᾱ"),
    Mistake(lambda a, d, z: a - a[-1] + _end(d, z), "it moves all ᾱ down alike, and ᾱ_0 does not stay 1; multiply the shares of the noise, 1 − ᾱ", "它把 ᾱ 整体往下移，ᾱ_0 就不再是 1 了；要乘的是噪声的份额 1 − ᾱ"),
]  # fmt: skip
