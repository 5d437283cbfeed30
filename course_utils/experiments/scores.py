"""Scores on the line, where each identity can be had by quadrature: Tweedie's formula, three ways to match a score.

直线上的得分函数：每个恒等式都能用数值积分来验。Tweedie 公式，以及匹配得分的三种损失。

t lies on the path of `schedules.linear()`, 0.001 to 1; it is read at its 1000 steps.

t 在 `schedules.linear()` 的路径上，从 0.001 到 1，按它的 1000 步读取。
"""

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.estimates import Estimate
from course_utils.gates import check_answer, check_callable, check_number
from course_utils.gates.clouds import check_several
from course_utils.oracle import Oracle, mixture
from course_utils.paths import Pair, Path, at, point, variance_preserving
from course_utils.randomness import seeded
from course_utils.schedules import linear

Candidate = Callable[[Tensor], Tensor]  # x, (n,) -> what it takes for the score there, (n,)


class Summed(NamedTuple):
    """What quadrature over x_0 says of x_t, no formula of a score used. 对 x_0 数值积分所得：没有用到任何得分公式。"""

    density: Tensor
    score: Tensor
    x0: Tensor
    eps: Tensor


class Matched(NamedTuple):
    """Three losses of a candidate, and two differences, sample by sample.

    一个候选函数的三种损失，以及逐样本的两个差。
    """

    explicit: Estimate
    denoising: Estimate
    implicit: Estimate
    denoising_above: Estimate
    implicit_above: Estimate


@cache
def vp_path() -> Path:
    """The path of the linear schedule, beta(t) from 0.1 to 20. 线性调度的路径，beta(t) 从 0.1 到 20。"""
    return variance_preserving(linear())


@cache
def uneven_bells() -> Oracle:
    """Data of one number: two in five from N(-1, 0.25^2), three in five from N(1, 0.5^2).

    一维数据：五分之二取自 N(-1, 0.25^2)，五分之三取自 N(1, 0.5^2)。
    """
    means, stds = torch.tensor([[-1.0], [1.0]]), torch.tensor([0.25, 0.5])
    return mixture(linear(), means, stds, torch.tensor([0.4, 0.6]))


def exact_density(x: Tensor, t: float) -> Tensor:
    """The exact density of x_t, x (n,) -> (n,). x_t 的精确密度。"""
    return uneven_bells().log_density(x[:, None], _step(t)).exp()


def exact_score(x: Tensor, t: float) -> Tensor:
    """The exact score of x_t, x (n,) -> (n,). x_t 的精确得分。"""
    return uneven_bells().score(x[:, None], _step(t))[:, 0]


def by_quadrature(x: Tensor, t: float) -> Summed:
    """q(x_t), its score by autograd, E[x_0 | x_t] and E[eps | x_t], each summed over a grid of x_0.

    q(x_t)、由自动微分求得的得分、E[x_0 | x_t] 与 E[eps | x_t]，全都在 x_0 的网格上求和得到。

    Shapes: x (n,) -> four (n,).
    Papers: Robbins 1956; Efron 2011, eq. (1.4), for what they should satisfy, Tweedie's formula.
    """
    now, x0, truth = at(vp_path(), _step(t) / 1000), _fine(), uneven_bells()
    of_each = -((x0[:, None] - truth.means[:, 0]) ** 2) / (2 * truth.stds**2) - truth.stds.log() + truth.weights.log()
    prior = of_each.logsumexp(1) - math.log(2 * math.pi) / 2 + (x0[1] - x0[0]).log()
    x = x.detach().requires_grad_()
    away = (x[:, None] - now.signal * x0) / now.noise
    joint = prior - away.square() / 2 - (now.noise * (2 * math.pi) ** 0.5).log()
    log_q = joint.logsumexp(1)
    (slope,) = torch.autograd.grad(log_q.sum(), x)
    share = joint.detach().softmax(1)
    return Summed(log_q.detach().exp(), slope, share @ x0, (share * away.detach()).sum(1))


def candidates(t: float) -> dict[str, Candidate]:
    """Five functions that might be taken for the score at t: the exact one, and four that are wrong.

    五个可能被当作 t 处得分的函数：一个精确，四个不对。
    """
    x = _fine()
    share = exact_density(x, t) * (x[1] - x[0])
    mean = (share * x).sum()
    variance = (share * (x - mean) ** 2).sum()
    return {
        "exact": lambda x: exact_score(x, t),
        "half": lambda x: exact_score(x, t) / 2,
        "reversed": lambda x: -exact_score(x, t),
        "one bell": lambda x: (mean - x) / variance,
        "zero": lambda x: 0 * x,
    }


def matched(candidate: Candidate, t: float, *, n: int = 20_000, seed: int = 0) -> Matched:
    """Score matching, denoising score matching, and Hyvärinen's, which needs no score: of the same n draws.

    得分匹配、去噪得分匹配，以及不需要得分的 Hyvärinen 损失；用的是同样抽出的 n 个样本。

    explicit: (s - score)^2; denoising: (s + eps / b)^2; implicit: s^2 + 2 s'.
    Raises: CourseError for what is no function, or t that is not from 0.001 to 1.
    Papers: Hyvärinen 2005, theorem 1; Vincent 2011, section 4.2 and appendix; both with halves.
    """
    check_callable("candidate", candidate, "lambda x: -x")
    generator = seeded(seed)
    x0 = uneven_bells().draw(n, generator)[:, 0]
    eps = torch.randn(n, generator=generator, dtype=torch.float64)
    x = point(vp_path(), _step(t) / 1000, Pair(x0, eps)).requires_grad_()
    s = check_answer(("The candidate", "候选函数"), candidate(x), x)
    slope = torch.autograd.grad((s + 0 * x).sum(), x)[0]  # one that is the same everywhere has the slope 0
    x, s = x.detach(), s.detach()
    explicit = (s - exact_score(x, t)) ** 2
    denoising, implicit = (s + eps / at(vp_path(), _step(t) / 1000).noise) ** 2, s**2 + 2 * slope
    return Matched(*map(averaged, (explicit, denoising, implicit, denoising - explicit, implicit - explicit)))


def information(t: float) -> float:
    """E[score^2] at t, by quadrature: how far the implicit loss lies below score matching, whatever the candidate.

    t 处的 E[score^2]，由数值积分求得：不论候选函数是什么，隐式损失都比得分匹配低这么多。
    """
    return float(torch.trapezoid(exact_density(_fine(), t) * exact_score(_fine(), t) ** 2, _fine()))


def constant(t: float) -> float:
    """1 / b^2 - E[score^2]: how far denoising score matching lies above score matching, whatever the candidate.

    1 / b^2 - E[score^2]：不论候选函数是什么，去噪得分匹配都比得分匹配高这么多。

    Times b^2 it is the least that the loss of eps can be.
    """
    return float(1 / at(vp_path(), _step(t) / 1000).noise ** 2) - information(t)


def scaled_losses(t: float, factors: Tensor, *, n: int = 20_000) -> dict[str, list[float]]:
    """The three losses of the exact score times each factor. 精确得分乘上各个倍数后的三种损失。"""
    rows = [matched(lambda x, c=c: c * exact_score(x, t), t, n=n) for c in factors.tolist()]
    return {name: [getattr(row, name).value for row in rows] for name in Matched._fields[:3]}


def averaged(values: Tensor) -> Estimate:
    """The mean of several values, and its standard error. 几个数的均值与标准误差。

    Shapes: (n,), at least two.  Raises: CourseError otherwise.
    """
    values = check_several("values", values)
    return Estimate(float(values.mean()), float(values.std()) / len(values) ** 0.5)


def _step(t: float) -> int:
    return round(1000 * check_number("t", t, 0.001, 1))


@cache
def _fine() -> Tensor:
    """A grid for integrals: beyond it there is less than 1e-14."""
    return torch.linspace(-8, 8, 2001, dtype=torch.float64)
