"""Exercise 09.blind: a crowd with the very same mean and covariance as the real one, which is none of it.

练习 09.blind：一群样本，均值与协方差都与真实的一模一样，却完全是另一群。
"""

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.exercises.judging import called, describe
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said

AWAY, SHARE, EXACT = 0.2, 0.25, 1e-4  # in standard deviations; of the samples; of the largest variance or its root


def double(real: Tensor, generator: torch.Generator) -> Tensor:
    """A Gaussian crowd, brought exactly to the mean and covariance of the real one. 调到均值与协方差分毫不差的高斯样本。"""
    z = torch.randn(real.shape, generator=generator, dtype=real.dtype)
    z = z - z.mean(0)
    wanted, has = torch.linalg.cholesky(torch.cov(real.T)), torch.linalg.cholesky(torch.cov(z.T))
    return torch.linalg.solve_triangular(has, z.T, upper=False).T @ wanted.T + real.mean(0)


def _rings(n: int, generator: torch.Generator) -> Tensor:
    """Two rings about one centre, evenly filled: turned or mirrored they are the same. 同心的两个圈，转一转、照镜子都不变。"""
    turn = float(torch.rand((), generator=generator))
    angle = 2 * math.pi * (torch.arange(n, dtype=torch.float64) // 2 + turn) * 2 / n
    radius = torch.where(torch.arange(n) % 2 == 0, 0.6, 1.3) + 0.02 * torch.randn(n, generator=generator).double()
    return torch.stack([angle.cos(), angle.sin()], 1) * radius[:, None]


def _spots(n: int, generator: torch.Generator) -> Tensor:
    """Three spots. 三个斑点。"""
    angle = 2 * math.pi * (torch.arange(n) % 3).double() / 3
    noise = 0.05 * torch.randn(n, 2, generator=generator, dtype=torch.float64)
    return torch.stack([angle.cos(), angle.sin()], 1) + noise


TRIALS = ((_rings, 240, torch.float64), (_spots, 300, torch.float32), (_rings, 200, torch.float32))


def crowd_of(shape: Callable, n: int, dtype: torch.dtype, generator: torch.Generator) -> Tensor:
    """Real points of this shape, stretched, turned and moved. 这种形状的真实点，拉长、转向、平移过。"""
    turn, _ = torch.linalg.qr(torch.randn(2, 2, generator=generator, dtype=torch.float64))
    other, _ = torch.linalg.qr(torch.randn(2, 2, generator=generator, dtype=torch.float64))
    stretched = turn @ torch.diag(torch.tensor([1.6, 0.8], dtype=torch.float64)) @ other
    return (shape(n, generator) @ stretched + torch.tensor([1.0, -0.5], dtype=torch.float64)).to(dtype)


def share_away(made: Tensor, real: Tensor) -> float:
    """The share of samples that are farther from every real one than `AWAY` standard deviations. 离真实样本都远的占比。"""
    made, real = made.double(), real.double()
    std = real.var(0).mean().sqrt()
    return float((torch.cdist(made, real).amin(1) > AWAY * std).double().mean())


def judge_blind(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's double, or None. 读者的替身错在哪里；正确时为 None。

    A crowd that needs no chance at all is right, too. So one that is drawn with a generator of its own, always from the
    same seed, cannot be told from it by what it does, and passes.
    """
    faults = [_fault(answer, crowd_of(*trial, generator), generator) for trial in TRIALS]
    return next((fault for fault in faults if fault is not None), None)


def _fault(answer: Callable, real: Tensor, generator: torch.Generator) -> Said | None:
    seed, before = int(torch.randint(2**31, (), generator=generator)), _drawn()
    once, fault = called(answer, {"real": real, "generator": torch.Generator().manual_seed(seed)})
    if fault is not None:
        return fault
    fault = _form_fault(once, real)
    if fault is not None:
        return fault
    again, _ = called(answer, {"real": real, "generator": torch.Generator().manual_seed(seed)})
    if not isinstance(again, Tensor) or not torch.equal(once, again):
        return (
            "it draws random numbers of its own: two calls with the same generator differ. Give each draw `generator=generator`",
            "它自己另抽了随机数：用同样的发生器调用两次，结果却不同。每次抽取都写上 `generator=generator`",
        )
    if _drawn() != before:
        return (
            "it sets a seed of its own, so that it draws the same whatever generator it is given, and so do all cells after it. "
            "Give each draw `generator=generator`, and seed nothing",
            "它自己设了种子：不管传进来的是哪个发生器，抽到的都一样，后面的单元格也跟着受影响。每次抽取都写上 "
            "`generator=generator`，什么种子都不要设",
        )
    return _moments_fault(once.detach().double(), real.double()) or _place_fault(once.detach(), real)


def _drawn() -> list[bytes]:
    """How far the randomness has come that all share: torch's, numpy's and Python's. 公用的随机数走到了哪里。"""
    return [
        torch.get_rng_state().numpy().tobytes(),
        repr(np.random.get_state()).encode(),
        repr(random.getstate()).encode(),
    ]


def _form_fault(made: Any, real: Tensor) -> Said | None:
    where = describe({"real": real})
    if not isinstance(made, Tensor):
        kind = type(made).__name__
        return f"it returns a {kind}; return the crowd, a tensor", f"返回的是 {kind}；应当返回那群样本，一个张量"
    if made.shape != real.shape or made.dtype != real.dtype:
        given, wanted = f"{tuple(made.shape)} {made.dtype}", f"{tuple(real.shape)} {real.dtype}"
        return (
            f"with {where} it returns {given}; it should be {wanted}",
            f"{where} 时，返回的是 {given}；应当是 {wanted}",
        )
    if not bool(made.isfinite().all()):
        return "some of its values are not finite (nan or inf)", "其中有些值不是有限数（nan 或 inf）"
    return None


def _moments_fault(made: Tensor, real: Tensor) -> Said | None:
    n, cov, wanted = len(real), torch.cov(made.T), torch.cov(real.T)
    largest = wanted.diagonal().max()
    off_mean = float((made.mean(0) - real.mean(0)).abs().max() / largest.sqrt())
    off = float((cov - wanted).abs().max() / largest)
    if off_mean <= EXACT and off <= EXACT:
        return None
    for which, en, zh in _covariances(wanted, n):
        if off > EXACT and float((cov - which).abs().max() / which.abs().max().clamp(min=1e-9)) <= EXACT:
            return en, zh
    if off <= EXACT:
        return (
            f"the covariance is right, but the mean is off by {off_mean:.2g} standard deviations; first centre your crowd, last "
            "add the real mean",
            f"协方差对了，均值却偏了 {off_mean:.2g} 个标准差；先把你的样本移到以原点为中心，最后加上真实的均值",
        )
    if max(off_mean, off) < 6 * n**-0.5 and _only_the_correlation(cov, wanted, n):
        return CORRELATION_LOST
    if max(off_mean, off) < 6 * n**-0.5:
        return (
            f"the moments are right but for chance: the mean is off by {off_mean:.2g} standard deviations, the covariance by "
            f"{off:.2g} of its largest entry. What is drawn from the right Gaussian has its moments only nearly: take out "
            "the mean and covariance that your crowd itself has",
            f"矩只在偶然误差之内相符：均值偏了 {off_mean:.2g} 个标准差，协方差偏了最大元素的 {off:.2g}。从正确的高斯分布里抽，"
            "样本的矩也只是差不多：要把你这群样本自己的均值与协方差消掉",
        )
    variances = float((cov.diagonal() - wanted.diagonal()).abs().max() / largest)
    if variances <= EXACT:
        return (
            "each coordinate has the right variance, but the covariance of the two is another: a whole matrix is to agree",
            "每个坐标的方差对了，两者的协方差却不同：要整个矩阵都相符",
        )
    return (
        f"the moments are others: the mean is off by {off_mean:.2g} standard deviations, the covariance by {off:.2g} of its "
        "largest entry",
        f"矩不相符：均值偏了 {off_mean:.2g} 个标准差，协方差偏了最大元素的 {off:.2g}",
    )


CORRELATION_LOST: Said = (
    "each coordinate has its mean and variance, but for chance; the correlation of the two is missing: a whole matrix "
    "is to agree, and exactly",
    "每个坐标的均值与方差，在偶然误差之内都对；却漏了两个坐标的相关：要整个矩阵都相符，而且分毫不差",
)


def _only_the_correlation(cov: Tensor, wanted: Tensor, n: int) -> bool:
    """Whether chance explains a correlation of 0 and not the one that is wanted. 相关为 0 合乎偶然，所要的相关则不合。"""
    chance = 3 * float((wanted[0, 0] * wanted[1, 1] / n).sqrt())
    return abs(float(cov[0, 1])) < chance < abs(float(cov[0, 1] - wanted[0, 1]))


def _covariances(wanted: Tensor, n: int) -> list[tuple[Tensor, str, str]]:
    """Other covariances that a crowd may come to have, and how. 样本可能得到的其他协方差，以及由来。"""
    factor = torch.linalg.cholesky(wanted)
    divided_en = "the covariance is off by the factor n / (n − 1): one of the two was divided by n, the other by n − 1"
    divided_zh = "协方差相差一个因子 n / (n − 1)：两者之一除以了 n，另一个除以了 n − 1"
    return [
        (wanted * n / (n - 1), divided_en, divided_zh),
        (wanted * (n - 1) / n, divided_en, divided_zh),
        (factor.T @ factor, "the crowd is coloured with the transpose: with z of covariance I, z @ L.T has the covariance L L^T, and z @ L has L^T L", "乘的矩阵转置了：z 的协方差为 I 时，z @ L.T 的协方差是 L L^T，而 z @ L 的是 L^T L"),
        (wanted @ wanted, "the crowd is multiplied by the covariance itself; multiply by a root of it", "乘的是协方差本身；应乘它的一个平方根"),
        (torch.diag(wanted.diagonal()), "the coordinates are independent of each other, with the right variances; the real ones lie askew", "两个坐标互不相关，方差对了；真实样本的两个坐标却是相关的"),
        (torch.eye(2, dtype=wanted.dtype), "the crowd has the covariance I; give it the real one's, by a root of it", "这群样本的协方差是 I；乘上真实协方差的一个平方根，就换成真实的协方差"),
    ]  # fmt: skip


def _place_fault(made: Tensor, real: Tensor) -> Said | None:
    found = share_away(made, real)
    if found > SHARE:
        return None
    if float(torch.cdist(made.double(), real.double()).amin(1).max()) < 1e-6:
        return (
            "these are the real points themselves, in some order: of course the moments agree. Make others",
            "这就是真实的点，只是换了次序：矩当然相符。请另造一群",
        )
    return (
        f"mean and covariance agree, but {found:.0%} of your points are farther than 0.2 standard deviations from every real "
        "one; more than a quarter must be. To mirror, turn or jitter the real ones is not enough: the rings of one trial look "
        "the same afterwards",
        f"均值与协方差相符，但离每个真实的点都超过 0.2 个标准差的，只有 {found:.0%}；要超过四分之一才行。"
        "把真实的点镜像、旋转、抖动都不够：有一次试验用的是圆环，这样做过之后还是原样",
    )


BLIND = Exercise(
    reference=lambda: double,
    judge=judge_blind,
    hints=(
        (
            "Begin with any crowd that looks nothing like it. Mean and covariance can be given to it afterwards, by a shift and "
            "a matrix.",
            "先随便取一群长得完全不像的样本。均值与协方差可以事后再给它：一次平移，一个矩阵。",
        ),
        (
            "First make its mean 0 and its covariance I, those that it has and not those that it was drawn with: multiply by "
            "the inverse of a root L of its own covariance. Then by a root of the real one.",
            "先让它的均值为 0、协方差为 I（按它实有的，而不是抽取时该有的）：乘上它自己协方差的平方根 L 的逆。再乘真实协方差的平方根。",
        ),
        (
            "`torch.linalg.cholesky(torch.cov(x.T))` is such an L, for either. With `z` drawn and centred: "
            "`torch.linalg.solve_triangular(has, z.T, upper=False).T @ wanted.T + real.mean(0)`.",
            "两边的 L 都可以用 `torch.linalg.cholesky(torch.cov(x.T))`。抽出 `z` 并减去均值之后："
            "`torch.linalg.solve_triangular(has, z.T, upper=False).T @ wanted.T + real.mean(0)`。",
        ),
    ),
)
