"""Lesson 01's problem for pen and paper: the equal beta of a chain that ends in noise, against chains that are tried.

第 01 课的纸笔题：每步相同的 beta 要多大，链才以噪声收尾；用逐条试出来的链来评判。
"""

import math
from collections.abc import Callable

import torch

from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said
from course_utils.schedules import Schedule


def equal_beta(T: int, d: int, z: float) -> float:
    """The beta with which T equal steps end at z, by eq. (4), for images of d numbers.

    走 T 个相同的步，按 (4) 式对 d 个数的图像停在 z 处，beta 应取多大。
    """
    return 1 - (z**2 / (d + z**2)) ** (1 / T)


def tried_beta(T: int, d: int, z: float) -> float:
    """The same, found by halving: each beta makes a chain, whose z tells on which side it lies.

    同一个数，用二分法找到：每个 beta 造一条链，由它的 z 看出偏大还是偏小。
    """
    low, high = 1e-9, 1 - 1e-9
    for _ in range(45):
        beta = (low + high) / 2
        left = (d * Schedule.from_beta(torch.full((T,), beta, dtype=torch.float64)).snr[T]).sqrt()
        low, high = (beta, high) if left > z else (low, beta)
    return beta


def _to(share: Callable[[int, float], float], beta: Callable = lambda share, T: 1 - share ** (1 / T)) -> Callable:
    return lambda T, d, z: beta(share(d, z), T)


def _share(d: int, z: float) -> float:
    return z**2 / (d + z**2)


MISTAKES = [
    Mistake(_to(lambda d, z: z**2 / d), "z² / d is SNR_T; ᾱ_T is SNR_T / (1 + SNR_T), nearly the same only where SNR is tiny", "z² / d 是 SNR_T；ᾱ_T 是 SNR_T / (1 + SNR_T)，只有 SNR 极小时两者才几乎相等"),
    Mistake(_to(lambda d, z: z / (d + z)), "z is not squared: (4) holds the root of d · SNR", "z 没有平方：(4) 里是 d · SNR 的平方根"),
    Mistake(_to(lambda d, z: z / d), "z is not squared, and SNR taken for ᾱ", "z 没有平方，而且把 SNR 当作了 ᾱ"),
    Mistake(_to(lambda d, z: z / d**0.5), "z / √d is √SNR_T; square it for SNR_T, and ᾱ_T is SNR_T / (1 + SNR_T)", "z / √d 是 √SNR_T；平方才是 SNR_T，而 ᾱ_T 是 SNR_T / (1 + SNR_T)"),
    Mistake(_to(lambda d, z: (z**2 / (d + z**2)) ** 0.5), "the root √ᾱ_T is taken for ᾱ_T", "把平方根 √ᾱ_T 当作了 ᾱ_T"),
    Mistake(_to(lambda d, z: z**2 / (1 + z**2)), "d is left out", "漏了 d"),
    Mistake(_to(lambda d, z: d * z**2 / (1 + d * z**2)), "(4) is solved the wrong way: z² is d · SNR_T, so SNR_T is z² over d, not times d", "(4) 解反了：z² 等于 d · SNR_T，所以 SNR_T 是 z² 除以 d，不是乘 d"),
    *(Mistake(_to(share), "d is squared; z² is d · SNR_T, with d itself", "d 被平方了；z² 等于 d · SNR_T，里面是 d 本身") for share in (lambda d, z: z**2 / (d**2 + z**2), lambda d, z: (z / d) ** 2)),
    Mistake(lambda T, d, z: 0.0, "it is always 0: `1 // T` is 0 as soon as T is above 1; write `1 / T`", "它总是 0：T 一大于 1，`1 // T` 就是 0；请写 `1 / T`"),
    Mistake(_to(_share, lambda a, T: a ** (1 / T)), "this is α, what a step keeps; β = 1 − α", "这是 α，即一步留下的；β = 1 − α"),
    Mistake(_to(_share, lambda a, T: a ** (1 / T) - 1), "the sign: β = 1 − α, a number above 0", "符号反了：β = 1 − α，应大于 0"),
    Mistake(lambda T, d, z: 1 - max(1 - z**2 / d, 0) ** (1 / T), "it draws the T-th root of 1 − SNR_T; z² / d is SNR_T, and what multiplies from step to step is the share of the image, ᾱ_T", "它对 1 − SNR_T 开了 T 次方；z² / d 是 SNR_T，而一步步连乘的是图像的份额 ᾱ_T"),
    Mistake(_to(_share, lambda a, T: -math.log(a) / T), "this is −ln(1 − β), nearly β only where β is small", "这是 −ln(1 − β)，只有 β 很小时才接近 β"),
    Mistake(_to(_share, lambda a, T: (1 - a) / T), "each step takes its share of what is left: the T factors 1 − β multiply, the β do not add up", "每一步只从剩下的里面取走一份：T 个 1 − β 要相乘，而不是 β 相加"),
    Mistake(_to(_share, lambda a, T: 1 - a), "this is what all T steps take together; one step takes less: a T-th root is missing", "这是 T 步合起来取走的；一步取走的没有这么多：漏了开 T 次方"),
    Mistake(_to(_share, lambda a, T: 1 - (1 - a) ** (1 / T)), "it draws the T-th root of 1 − ᾱ_T, the share of the noise; what multiplies from step to step is the share of the image, ᾱ_T", "它对噪声的份额 1 − ᾱ_T 开了 T 次方；一步步连乘的是图像的份额 ᾱ_T"),
    Mistake(_to(_share, lambda a, T: 1 - a / T), "the T-th root is wanted, a ** (1 / T), not a / T", "要开 T 次方，a ** (1 / T)，而不是 a / T"),
    Mistake(_to(_share, lambda a, T: 1 - a**T), "it raises to the power T; from ᾱ_T back to α leads the T-th root", "它取了 T 次幂；由 ᾱ_T 回到 α，要开 T 次方"),
    Mistake(_to(_share, lambda a, T: 1 - a ** (1 / (T - 1))), "the chain has T steps, not T − 1", "链有 T 步，不是 T − 1 步"),
]  # fmt: skip


def judge_paper(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's equal beta, or None. 读者求出的相同的 beta 错在哪里；正确时为 None。"""
    cases = [{"T": 100, "d": 3072, "z": 0.1}, {"T": 12, "d": 64, "z": 3.0}]
    for least in (3, 30):
        T, d = (int(torch.randint(least, 3 * least, (), generator=generator)) for _ in range(2))
        cases.append({"T": T, "d": d, "z": 0.5 + float(torch.rand((), generator=generator))})
    return judge_function(answer, tried_beta, cases, MISTAKES, tolerance=1e-6)


PAPER = Exercise(
    lambda: equal_beta,
    judge_paper,
    (
        ("Begin at the end: which SNR_T has this z, and which ᾱ_T has that SNR?", "从终点算起：这个 z 对应多大的 SNR_T？那样的 SNR 又对应多大的 ᾱ_T？"),
        ("ᾱ_T is the product of T equal factors 1 − β.", "ᾱ_T 是 T 个相同因子 1 − β 之积。"),
        ("SNR_T = z² / d, ᾱ_T = SNR_T / (1 + SNR_T) = z² / (d + z²), and 1 − β is its T-th root.", "SNR_T = z² / d，ᾱ_T = SNR_T / (1 + SNR_T) = z² / (d + z²)，1 − β 是它的 T 次方根。"),
    ),
)  # fmt: skip
