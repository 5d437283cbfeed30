"""The pen-and-paper problem of lesson 05: on how many places attention costs as much as two convolutions.

第 05 课的纸笔题：有多少个位置时，注意力与两层卷积花得一样多。
"""

from collections.abc import Callable
from functools import cache

import torch
from torch import nn

from course_utils.attention import Attention
from course_utils.exercises import Exercise
from course_utils.exercises.judging import Mistake, judge_function
from course_utils.experiments.networks import multiplications
from course_utils.language import Said


def break_even(c: int, s: int) -> float:
    """The places at which attention of c channels costs as much as two s x s convolutions. 两者花得一样多时的位置数。"""
    return (s**2 - 2) * c


@cache
@torch.random.fork_rng(devices=[])  # what the layers draw is nobody's
def counted(c: int, s: int) -> float:
    """The same from counts: both are run on 4 and on 8 places, and each count is a n + b n^2.

    由计数求同样的数：两者都在 4 个与 8 个位置上运行，次数都是 a n + b n^2。
    """
    pair = nn.Sequential(*(nn.Conv2d(c, c, s, padding=s // 2) for _ in range(2)))
    coefficients = []
    for layer in (Attention(c), pair):
        four, eight = (multiplications(layer, torch.zeros(1, c, 1, n)) for n in (4, 8))
        square = (eight - 2 * four) / 32
        coefficients.append((four / 4 - 4 * square, square))
    (a, b), (others_a, others_b) = coefficients
    return (others_a - a) / (b - others_b)


MISTAKES = [
    Mistake(lambda c, s: s**2 * c, "the 1x1 convolutions of attention are left out: c to 3 c for q, k and v, and c to c at the end", "漏了注意力里的 1x1 卷积：由 c 到 3 c 得 q、k、v，最后由 c 到 c"),
    Mistake(lambda c, s: (s**2 - 1.5) * c, "the last 1x1 convolution of attention, c to c, is left out", "漏了注意力最后那层 1x1 卷积，由 c 到 c"),
    Mistake(lambda c, s: (s**2 - 1) * c, "q, k and v are three times c channels: that convolution makes 3 c² multiplications a place", "q、k、v 共 3 c 个通道：这层卷积每个位置要做 3 c² 次乘法"),
    Mistake(lambda c, s: (2 * s**2 - 4) * c, "attention has two products of n times n: q kᵀ, and the weights times v", "注意力有两个涉及 n 乘 n 的乘积：q kᵀ，以及权重乘 v"),
    Mistake(lambda c, s: (s**2 - 4) / 2 * c, "there are two convolutions, as in a residual block", "卷积有两层，与残差块一样"),
    Mistake(lambda c, s: (s - 2) * c, "an s x s convolution multiplies s² times at each place, not s times", "s x s 卷积在每个位置乘 s² 次，不是 s 次"),
    Mistake(lambda c, s: s**2 - 2, "a convolution multiplies each of c channels for each of c new ones: c² at a place, not c", "卷积为 c 个新通道的每一个，都要用到全部 c 个通道：每个位置 c² 次，不是 c 次"),
    Mistake(lambda c, s: (s**2 - 2) * c**2, "the two products of attention make n² c multiplications each, not n²: each inner product is a sum over c features", "注意力的两个乘积各要 n² c 次乘法，不是 n² 次：每个内积都要对 c 个特征求和"),
    Mistake(lambda c, s: (s**2 - 2) / c, "it divides by c; a place of the convolutions costs c², one of the products c, so more channels make n larger", "除以了 c；卷积的每个位置要乘 c² 次，乘积里是 c 次，所以通道越多，n 越大"),
    Mistake(lambda c, s: s**2 * c / 2, "there are two convolutions, and attention has 1x1 convolutions of its own", "卷积有两层，注意力自己也有 1x1 卷积"),
    Mistake(lambda c, s: 7 * c, "this is right for 3x3 convolutions alone; s is handed over", "这只对 3x3 卷积成立；s 是传进来的"),
    Mistake(lambda c, s: ((s**2 - 2) * c) ** 0.5, "this is the side of the map; n is the number of places, its square", "这是特征图的边长；n 是位置数，即边长的平方"),
    Mistake(lambda c, s: 2 * s**2 * c**2, "this is what the two convolutions cost at each place; n is where that equals the cost of attention", "这是两层卷积在每个位置的代价；n 是使它与注意力的代价相等的位置数"),
]  # fmt: skip


def judge_paper(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is it what counting finds? 与数出来的是否一样？"""
    drawn = torch.randint(4, 17, (4,), generator=generator).tolist()
    cases = [{"c": c, "s": s} for c, s in zip(drawn, (3, 5, 3, 7), strict=True)]
    return judge_function(answer, counted, cases, MISTAKES)


PAPER = Exercise(
    reference=lambda: break_even,
    judge=judge_paper,
    hints=(
        (
            "Count at n places. An s x s convolution from c to c' channels: for each place, each new channel, each old "
            "channel and each of s² taps one multiplication.",
            "在 n 个位置上数。由 c 到 c' 个通道的 s x s 卷积：每个位置、每个新通道、每个旧通道、卷积核的 s² 个权重中的每一个，各乘一次。",
        ),
        (
            "The two convolutions: 2 s² c² n. Attention: 3 c² n and c² n for its 1x1 convolutions, and n² c for each of "
            "the two products.",
            "两层卷积：2 s² c² n。注意力：两层 1x1 卷积为 3 c² n 与 c² n，两个乘积各 n² c。",
        ),
        (
            "2 s² c² n = 4 c² n + 2 n² c; divide by 2 n c.",
            "2 s² c² n = 4 c² n + 2 n² c；两边除以 2 n c。",
        ),
    ),
)
