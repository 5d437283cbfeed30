"""Forward and reverse SDEs where the right answer is known: a Gaussian by recursion, two bells by particles.

正确答案已知时的前向与反向 SDE：高斯用递推，双钟形用粒子。

What is called factor is the c of dx = [f x - c g^2 score] dt + noise g dW.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from course_utils.estimates import Estimate
from course_utils.experiments.scores import uneven_bells, vp_path
from course_utils.gates import MANY, check_number, check_whole
from course_utils.gates.clouds import check_several
from course_utils.paths import Path, at
from course_utils.randomness import seeded
from course_utils.sde import State, forward_sde, rates, reverse_sde

STD = 0.5  # of the Gaussian data
FACTORS = (1.0, 0.5, -0.5, -1.0)  # signs and halves permuted
STEPS, PARTICLES = 500, 2000  # a step is two of linear()


def evenly(steps: int, *, falling: bool = False) -> list[float]:
    """steps + 1 times from 0 to 1, or back. 从 0 到 1（或反过来）的 steps + 1 个时刻。"""
    steps = check_whole("steps", steps, 1, MANY)
    return [k / steps for k in (range(steps, -1, -1) if falling else range(steps + 1))]


def known_std(times: Sequence[float], *, path: Path | None = None, std: float = STD) -> Tensor:
    """The std of x_t for data N(0, std^2), sqrt(a^2 std^2 + b^2), at each time.

    数据为 N(0, std^2) 时，各时刻 x_t 的标准差 sqrt(a^2 std^2 + b^2)。
    """
    now = at(path or vp_path(), torch.tensor(times, dtype=torch.float64))
    return (now.signal**2 * std**2 + now.noise**2).sqrt()


def forward_std(steps: int, *, path: Path | None = None, std: float = STD) -> Tensor:
    """The std of Euler and Maruyama's forward walk of Gaussian data at each time: a recursion, nothing is drawn.

    高斯数据的 Euler–Maruyama 前向游走在各时刻的标准差：递推得到，一个样本也没有抽。

    Shapes: -> (steps + 1,).
    """
    variance, step = [std**2], 1 / check_whole("steps", steps, 1, MANY)
    for f, g2 in zip(*_listed(path or vp_path(), evenly(steps)[:-1]), strict=True):
        variance.append((1 + step * f) ** 2 * variance[-1] + step * g2)
    return torch.tensor(variance, dtype=torch.float64).sqrt()


def backward_std(factor: float, noise: float, *, steps: int = STEPS, std: float = STD) -> Tensor:
    """The std of the walk back with dx = [f x - factor g^2 score] dt + noise g dW, at each time from 1 to 0.

    按 dx = [f x - factor g^2 score] dt + noise g dW 走回去，从 1 到 0 各时刻的标准差。

    The score is the exact one of Gaussian data, -x / variance, so this is a recursion and nothing is drawn.
    Shapes: -> (steps + 1,).  Raises: CourseError for a factor or noise that is no number.
    """
    factor, noise = check_number("factor", factor), check_number("noise", noise, 0)
    times = evenly(steps, falling=True)[:-1]
    known = known_std(times, std=std).square().tolist()
    variance, step = known[:1], 1 / steps
    for f, g2, now in zip(*_listed(vp_path(), times), known, strict=True):
        kept = 1 - step * (f + factor * g2 / now)
        variance.append(kept**2 * variance[-1] + noise**2 * step * g2)
    return torch.tensor(variance, dtype=torch.float64).sqrt()


def walked_back(factor: float, noise: float, *, n: int = PARTICLES, seed: int = 0) -> Tensor:
    """Where n particles end that walk back so, with the exact score of two bells, (n,).

    n 个粒子带着双钟形的精确得分这样走回去，停在何处。

    Raises: as `sde.reverse_sde`.
    """
    factor, right = check_number("factor", factor), (1 + check_number("noise", noise, 0) ** 2) / 2
    generator = seeded(seed)
    xT = torch.randn(check_whole("n", n, 1, MANY), 1, generator=generator, dtype=torch.float64)

    def turned(xt: Tensor, t: float) -> Tensor:
        return factor / right * uneven_bells().score(xt, round(1000 * t))

    *_, last = reverse_sde(vp_path(), turned, xT, evenly(STEPS, falling=True), noise=noise, generator=generator)
    return last.xt[:, 0]


def walked_forward(*, steps: int = STEPS, n: int = PARTICLES, seed: int = 0) -> Iterator[State]:
    """n draws of two bells on their way to noise, Euler and Maruyama's walk. 双钟形的 n 个样本走向噪声的途中。"""
    generator = seeded(seed)
    return forward_sde(vp_path(), uneven_bells().draw(n, generator), evenly(steps), generator=generator)


def _listed(path: Path, times: Sequence[float]) -> tuple[list[float], list[float]]:
    """f and g^2 at each time."""
    drift, noise = rates(path, torch.tensor(times, dtype=torch.float64))
    return drift.tolist(), noise.tolist()


def std_of(x: Tensor) -> Estimate:
    """The std of a sample and its error, from the fourth moment. 样本标准差，以及由四阶矩估计的误差。

    Shapes: (n,), at least two; where all are the same, both are 0.  Raises: CourseError otherwise.
    """
    away = (check_several("x", x) - x.mean()).square()
    std = float(away.mean().sqrt())
    return Estimate(std, float(away.std()) / len(x) ** 0.5 / (2 * std) if std else 0.0)


def fokker_planck(path: Path, places: Tensor, density: Tensor, times: Sequence[float]) -> Tensor:
    """Solve dq/dt = -d(f x q)/dx + g^2/2 d^2q/dx^2 forward on a grid: what leaves a cell enters its neighbour.

    在网格上向前解 dq/dt = -d(f x q)/dx + g^2/2 d^2q/dx^2：流出一格的，流进相邻的一格。

    Crank and Nicolson's scheme, nothing passes the ends. Shapes: places (n,) evenly spaced, density (n,) at times[0]
    -> (len(times), n).  Paper: Song et al. 2021 (score-based SDEs), appendix D.1, eq. (35).
    """
    from scipy.linalg import solve_banded

    q, width = density.double().numpy(), float(places[1] - places[0])
    between = (places[1:] + places[:-1]).numpy() / 2
    found = [q]
    for t, s in pairwise(times):
        f, g2 = map(float, rates(path, (t + s) / 2))
        leaves = (s - t) / (4 * width) * (f * between + g2 / width)  # of half the step, to the right
        enters = (s - t) / (4 * width) * (f * between - g2 / width)  # from the right, as a flow to the right
        middle = np.append(-leaves, 0) + np.append(0, enters)
        half = middle * q
        half[:-1] -= enters * q[1:]
        half[1:] += leaves * q[:-1]
        bands = np.stack([np.append(0, enters), 1 - middle, np.append(-leaves, 0)])
        q = solve_banded((1, 1), bands, q + half)
        found.append(q)
    return torch.as_tensor(np.stack(found))
