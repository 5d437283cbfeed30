"""The dropped weight, the weight of v, the moving average: the truth, and what is commonly got wrong in each.

被丢掉的权重、v 的权重、移动平均：各自的真值与常见错误。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake
from course_utils.schedules import Schedule


def bound_weight(schedule: Schedule, t: int, variance: float) -> float:
    """What the bound's term at t multiplies |eps - eps_hat|^2 by, for reverse steps of that variance.

    变分下界在 t 处的一项给 |eps - eps_hat|^2 乘上的权重；反向步取该方差。

    Paper: Ho et al. 2020, eq. (12).
    """
    beta, a_t = schedule.beta[t], schedule.alpha_bar[t]
    return float(beta**2 / (2 * variance * schedule.alpha[t] * (1 - a_t)))


def v_weight(snr: Tensor) -> Tensor:
    """The squared error of v, in units of that of eps: 1 + 1 / snr. v 的平方误差是 eps 的多少倍。"""
    return 1 + 1 / snr


def followed(average: Tensor, weights: Tensor, decay: float, every: int = 1) -> Tensor:
    """One step of an exponential moving average that follows after every so many steps. 隔若干步才跟一次的指数移动平均。"""
    keeps = decay**every
    return keeps * average + (1 - keeps) * weights


def _weight(formula: Callable) -> Callable:
    """A wrong weight from a formula of alpha_bar at t and at t - 1, and the variance."""

    def gives(schedule: Schedule, t: int, variance: float) -> float:
        now, before = (float(schedule.alpha_bar[i]) for i in (t, t - 1))
        return formula(1 - now / before, now / before, now, before, variance)

    return gives


WEIGHT_MISTAKES = [
    Mistake(_weight(lambda b, a, now, before, v: b**2 / (v * a * (1 - now))), "the 2 is missing: a Gaussian's exponent has 2σ² below", "漏了 2：高斯指数的分母是 2σ²"),
    Mistake(_weight(lambda b, a, now, before, v: b / (2 * v * a * (1 - now))), "β is not squared: the distance of the means is, and β is a factor of it", "β 没有平方：均值之差要平方，而 β 是其中的因子"),
    Mistake(_weight(lambda b, a, now, before, v: b**2 / (2 * v * (1 - now))), "α_t is missing below: the mean has a factor 1/√α_t", "分母漏了 α_t：均值带有因子 1/√α_t"),
    Mistake(_weight(lambda b, a, now, before, v: b**2 / (2 * v * a**0.5 * (1 - now))), "√α_t is not squared: below stands α_t", "√α_t 没有平方：分母里应是 α_t"),
    Mistake(_weight(lambda b, a, now, before, v: b**2 / (2 * v * a**2 * (1 - now))), "it has α_t²; the mean's factor is 1/√α_t, and its square 1/α_t", "写成了 α_t²；均值的因子是 1/√α_t，平方后是 1/α_t"),
    Mistake(_weight(lambda b, a, now, before, v: b**2 / (2 * v * a)), "1 − ᾱ_t is missing below: the mean has β_t / √(1 − ᾱ_t)", "分母漏了 1 − ᾱ_t：均值里是 β_t / √(1 − ᾱ_t)"),
    Mistake(_weight(lambda b, a, now, before, v: b**2 / (2 * v * a * (1 - now) ** 0.5)), "√(1 − ᾱ_t) is not squared: below stands 1 − ᾱ_t", "√(1 − ᾱ_t) 没有平方：分母里应是 1 − ᾱ_t"),
    Mistake(_weight(lambda b, a, now, before, v: b**2 / (2 * v * now * (1 - now))), "it takes ᾱ_t where α_t of the single step belongs", "该用一步的 α_t，却用了 ᾱ_t"),
    Mistake(_weight(lambda b, a, now, before, v: b**2 / (2 * v * a * (1 - before))), "1 − ᾱ is that of t − 1; it should be that of t", "1 − ᾱ 取成了 t − 1 处的；应取 t 处的"),
    Mistake(_weight(lambda b, a, now, before, v: b**2 / (2 * v * a * now)), "it divides by ᾱ_t, the signal's share; below stands the noise's, 1 − ᾱ_t", "除以的是信号的份额 ᾱ_t；分母应是噪声的份额 1 − ᾱ_t"),
    Mistake(_weight(lambda b, a, now, before, v: b**2 / (2 * v**2 * a * (1 - now))), "the variance is squared; it is σ² already", "把方差又平方了；它本来就是 σ²"),
    Mistake(_weight(lambda b, a, now, before, v: b**2 / (2 * v**0.5 * a * (1 - now))), "it takes the square root of the variance; below stands σ² itself", "对方差开了平方；分母里就是 σ²"),
    Mistake(_weight(lambda b, a, now, before, v: b / (2 * a * (1 - now))), "it takes β for the variance, whatever variance is handed over", "不论传进来的方差是多少，都用了 β"),
    Mistake(_weight(lambda b, a, now, before, v: b * (1 - now) / (2 * a * (1 - before) * (1 - now))), "it takes β̃, the posterior's, for the variance, whatever variance is handed over", "不论传进来的方差是多少，都用了后验方差 β̃"),
    Mistake(_weight(lambda b, a, now, before, v: 2 * v * a * (1 - now) / b**2), "it is upside down", "分子分母写反了"),
    Mistake(_weight(lambda b, a, now, before, v: b / (2 * v * a**0.5 * (1 - now) ** 0.5)), "this is not squared yet: the factor of ε in the mean is β_t / √(α_t (1 − ᾱ_t)), and the bound has its square", "还没有平方：均值中 ε 的系数是 β_t / √(α_t (1 − ᾱ_t))，下界里要用它的平方"),
    Mistake(lambda *_: 1.0, "this is the simple loss, which drops the weight; here it is wanted", "这是丢掉权重的简化损失；这里要的正是权重"),
]  # fmt: skip
V_MISTAKES = [
    Mistake(lambda snr: 1 / snr, "1 / snr is the weight of x_0's error; v's is larger by 1", "1 / snr 是 x_0 误差的权重；v 的要再加 1"),
    Mistake(lambda snr: 1 + snr, "the ratio is upside down: v's error is large where there is little signal", "信噪比写反了：信号少的地方，v 的误差才大"),
    Mistake(lambda snr: snr / (1 + snr), "this is ᾱ_t, and its inverse is wanted: v's error is ε's divided by √ᾱ_t", "这是 ᾱ_t，要的是它的倒数：v 的误差是 ε 的误差除以 √ᾱ_t"),
    Mistake(lambda snr: 1 / (1 + snr), "this is 1 − ᾱ_t; v's error is ε's divided by √ᾱ_t", "这是 1 − ᾱ_t；v 的误差是 ε 的误差除以 √ᾱ_t"),
    Mistake(lambda snr: (1 + 1 / snr).sqrt(), "this is not squared yet: 1/√ᾱ_t. The loss is a squared error", "还没有平方：这是 1/√ᾱ_t。损失是平方误差"),
    Mistake(lambda snr: (1 + 1 / snr) ** 2, "it is squared once too often: 1/√ᾱ_t squared is 1/ᾱ_t", "多平方了一次：1/√ᾱ_t 的平方是 1/ᾱ_t"),
    Mistake(lambda snr: torch.ones_like(snr), "1 is the weight of ε's own error", "1 是 ε 自身误差的权重"),
    Mistake(lambda snr: snr, "snr times ε's error; the weight should fall as snr grows", "给 ε 的误差乘了 snr；而权重应随 snr 增大而变小"),
    Mistake(lambda snr: snr.clamp(max=5) / snr, "this is Min-SNR-5: 1, or 5 / snr where snr exceeds 5", "这是 Min-SNR-5：平时为 1，snr 超过 5 时为 5 / snr"),
    Mistake(lambda snr: 1 + 1 / snr.exp(), "snr is taken for its logarithm; it is the ratio itself", "把 snr 当成了它的对数；它就是比值本身"),
]  # fmt: skip
EMA_MISTAKES = [
    Mistake(lambda old, new, decay, every: decay * old + (1 - decay) * new, "`every` is not used: following once in `every` steps with the `decay` of one step forgets `every` times too slowly", "没有用到 `every`：训练走 `every` 步才跟一次，却只按一步的 `decay` 跟，旧的就忘得太慢，慢到 `every` 倍"),
    Mistake(lambda old, new, decay, every: (1 - decay**every) * old + decay**every * new, "the two shares are swapped: the average keeps the larger share of itself and takes the rest of the new weights", "两个份额写反了：大的应留给平均自己，其余的才取自新权重"),
    Mistake(lambda old, new, decay, every: (1 - decay) * old + decay * new, "the two shares are swapped (and `every` is not used): the average keeps most of itself", "两个份额写反了（也没有用到 `every`）：平均应保留自己的大部分"),
    Mistake(lambda old, new, decay, every: new.clone(), "these are the new weights alone: nothing is averaged", "这只是新的权重：什么也没有平均"),
    Mistake(lambda old, new, decay, every: old.clone(), "the average never moves", "平均从不移动"),
    Mistake(lambda old, new, decay, every: (old + new) / 2, "this is the plain mean of the two, whatever decay is", "这是两者的普通均值，与 decay 无关"),
    Mistake(lambda old, new, decay, every: decay**every * old + new, "the shares must sum to 1: what the average does not keep of itself comes from the new weights", "两份之和应为 1：平均没有留给自己的，都取自新权重"),
    Mistake(lambda old, new, decay, every: decay**every * old + (1 - decay) * new, "the shares must sum to 1: if `decay` of one step becomes a power for the average, the new weights get all the rest", "两份之和应为 1：平均自己的一份成了 `decay` 的幂，其余的就都归新权重"),
    Mistake(lambda old, new, decay, every: decay**every * old + (1 - decay) ** every * new, "the shares must sum to 1: what is left of the old is a power, and the new weights get all the rest, 1 minus that power", "两份之和应为 1：旧的剩下一个幂，其余的，即 1 减去这个幂，都归新权重"),
    Mistake(lambda old, new, decay, every: decay**every * old - (1 - decay**every) * new, "the new weights are added, not subtracted", "新权重应当加上，不是减去"),
    Mistake(lambda old, new, decay, every: decay**every * (old + new), "both get the same share; the new weights get what the average does not keep", "两者的份额写成了一样；平均没有留下的，才归新权重"),
    Mistake(lambda old, new, decay, every: (1 - decay**every) * (new - old), "this is how far the average moves; add it to where it was", "这是平均移动的量；还要加到原来的位置上"),
    Mistake(lambda old, new, decay, every: (1 - every * (1 - decay)) * old + every * (1 - decay) * new, "it takes 1 − decay `every` times over; but the second step keeps `decay` of what the first has kept, not of the whole", "它把 1 − decay 取了 `every` 遍；可第二步保留的，是第一步剩下的那部分的 `decay`，不是全部的"),
    Mistake(lambda old, new, decay, every: every * decay * old + (1 - every * decay) * new, "decay is multiplied by `every`; each step keeps `decay` of what the one before has kept, so shares are multiplied with each other", "把 decay 乘上了 `every`；每一步保留的是前一步剩下的 `decay`，所以是份额与份额相乘"),
    Mistake(lambda old, new, decay, every: decay / every * old + (1 - decay / every) * new, "decay is divided by `every`; each step keeps `decay` of what the one before has kept, so shares are multiplied with each other", "把 decay 除以了 `every`；每一步保留的是前一步剩下的 `decay`，所以是份额与份额相乘"),
    Mistake(lambda old, new, decay, every: decay ** (1 / every) * old + (1 - decay ** (1 / every)) * new, "the power is the wrong way round: one step stands for `every` steps, so it must keep less than `decay`, not more", "幂写反了：跟一次要顶 `every` 步，保留的应比 `decay` 少，而不是多"),
    Mistake(lambda old, new, decay, every: decay ** (every - 1) * old + (1 - decay ** (every - 1)) * new, "one step is missing: with `every` 1 it should keep `decay`", "少算了一步：`every` 为 1 时应保留 `decay`"),
    Mistake(lambda old, new, decay, every: decay ** (every + 1) * old + (1 - decay ** (every + 1)) * new, "one step too many: with `every` 1 it should keep `decay`", "多算了一步：`every` 为 1 时应保留 `decay`"),
]  # fmt: skip
