"""Langevin's walk between two moons that lie far apart, one of them four times as heavy, for lesson 10.

朗之万游走于相距很远、轻重为四比一的两弯月牙之间；供第 10 课使用。
"""

import dataclasses
from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils import points
from course_utils.estimates import Estimate
from course_utils.flows import Score, clock, guess_of_oracle, score_field
from course_utils.gates import check_number
from course_utils.metrics import energy_distance
from course_utils.oracle import Labelled, labelled, mixture
from course_utils.paths import Path, time_on, variance_exploding
from course_utils.randomness import seeded
from course_utils.sde import annealed_langevin, langevin

LEFT, HEAVY = 0, 0.8  # the left moon's label, and its share of the data
AWAY, SMALL, STD = 0.9, 2 / 3, 0.06  # how far out both lie, how much smaller than `points.moons`, how thick
SIGMAS = 0.05, 1.5  # of the least and the most noise of the path
LOW, MIDDLE, HIGH = 0.1, 0.22, 1.0  # noise levels to walk at, as stds
LEVELS, STEPS, SIZE = 60, 600, 0.3  # levels of the annealed walk; scores that every walk asks for; step size over b^2
PARTICLES, DRAWS, SEEDS = 400, 2000, range(10)
PAGE = "one level, 0.1", "one level, 1", "60 levels"  # the walks that stand on the page


class Found(NamedTuple):
    """The left moon's share; energy distance to exact draws; the same for each moon by itself, the mean of both.

    左弯月牙的份额；到精确样本的能量距离；两弯各自的能量距离的平均。
    """

    share: float
    distance: float
    shape: float


# What `dial.py wanderers` prints: the mean of ten seeds and its standard error, 400 particles, 600 scores each.
STORED: dict[str, tuple[Found, Found]] = {
    "exact draws": (Found(0.8050, 0.0020, 0.0030), Found(0.0053, 0.0004, 0.0004)),
    "one level, 0.1": (Found(0.5113, 0.2238, 0.0067), Found(0.0069, 0.0112, 0.0005)),
    "one level, 0.22": (Found(0.7912, 0.0169, 0.0311), Found(0.0048, 0.0005, 0.0018)),
    "one level, 1": (Found(0.7846, 0.3266, 0.4165), Found(0.0060, 0.0058, 0.0072)),
    "60 levels": (Found(0.7837, 0.0022, 0.0042), Found(0.0055, 0.0004, 0.0005)),
}

# What `dial.py widths` prints: how thick the moons come out, exact draws under the same noise being 1; the mean of
# four seeds of 4000 particles, and its standard error.
THICKER: dict[str, Estimate] = {
    "one level, 0.1": Estimate(1.0568, 0.0054),
    "60 levels": Estimate(1.0339, 0.0034),
}

# What `dial.py shares` prints: the left moon's share after sixty levels, twelve other seeds of 4000 particles.
MANY_SHARE = Estimate(0.7880, 0.0018)


@cache
def far_path() -> Path:
    """Noise from 0.05 to 1.5 is added, nothing shrinks. 只加噪声（0.05 到 1.5），不收缩。"""
    return variance_exploding(*SIGMAS)


@cache
def far_moons() -> Labelled:
    """The truth: two moons, a wide gap between them, 80 % in the left one. 真值：相距很远的两弯，左边占 80 %。"""
    halves = (SMALL * points.moons(40)).double().split(20)
    means = [half - half.mean(0) + half.new_tensor([x, 0.0]) for half, x in zip(halves, (-AWAY, AWAY), strict=True)]
    weights = torch.tensor([HEAVY, 1 - HEAVY]).repeat_interleave(20)
    truth = mixture(clock(far_path(), [0.0, 1.0]), torch.cat(means), torch.full((40,), STD), weights)
    return labelled(truth, torch.arange(40) // 20)


def far_score() -> Score:
    """Its exact score, all along the path. 沿整条路径的精确得分。"""
    return score_field(far_path(), guess_of_oracle(far_moons().unconditional))


@cache
def time_of(sigma: float) -> float:
    """Where on the path the noise has this std. 路径上噪声标准差为此值的时刻。"""
    return time_on(far_path(), -2 * torch.tensor(sigma, dtype=torch.float64).log().item())


def strewn(seed: int, n: int = PARTICLES) -> Tensor:
    """n places to begin at, N(0, 1.5^2), the same for every walk, (n, 2). 起点，各种走法都相同。"""
    return SIGMAS[1] * torch.randn(n, 2, generator=seeded(seed), dtype=torch.float64)


def one_level(sigma: float, seed: int = 0, steps: int = STEPS, n: int = PARTICLES) -> Tensor:
    """Langevin's walk at one level of noise, (n, 2). 只在一个噪声水平上做朗之万游走。"""
    score, t = far_score(), time_of(sigma)
    walk = langevin(lambda x: score(x, t), strewn(seed, n), steps, size=SIZE * sigma**2, generator=seeded(seed + 1000))
    *_, last = walk
    return last.xt


def many_levels(seed: int = 0, steps: int = STEPS, n: int = PARTICLES, levels: int = LEVELS) -> Tensor:
    """As many steps, shared out among levels, the most noise first. 同样多的步，分给由大到小的噪声水平。"""
    times = torch.linspace(1, 0, levels, dtype=torch.float64).tolist()
    times[-1] = time_of(SIGMAS[0])
    *_, last = annealed_langevin(
        far_path(),
        far_score(),
        strewn(seed, n),
        times,
        steps=steps // levels,
        share=SIZE,
        generator=seeded(seed + 1000),
    )
    return last.xt


def share_left(x: Tensor, sigma: float) -> float:
    """The mean of p(left | x), by the exact classifier at this noise: 0.8 on average for data that were noised so far.

    该噪声水平的精确分类器给出的 p(y | x)（y 为左） 的平均；对加噪到此的数据，平均是 0.8。
    """
    schedule, size = clock(far_path(), [0.0, time_of(sigma)]), (1 + sigma**2) ** 0.5
    truth = dataclasses.replace(far_moons().unconditional, schedule=schedule)
    return float(labelled(truth, far_moons().labels).log_probability(LEFT)(x / size, 1).exp().mean())


@cache
def far_draws(n: int = DRAWS, seed: int = 1_000_000) -> Tensor:
    """n exact draws, (n, 2). n 个精确样本。"""
    return far_moons().unconditional.draw(n, seeded(seed))


def far_found(x: Tensor, sigma: float) -> Found:
    """What a crowd whose walk ended at this noise has found. 停在该噪声水平的一群找到了什么。"""
    exact = far_draws()
    sides = [(crowd[crowd[:, 0] < 0], crowd[crowd[:, 0] >= 0]) for crowd in (x, exact)]
    apart = [energy_distance(mine, true) for mine, true in zip(*sides, strict=True)]
    return Found(share_left(x, sigma), energy_distance(x, exact), sum(apart) / 2)


def ways() -> dict[str, tuple[Callable[[int], Tensor], float]]:
    """Each walk, a function of the seed, and the noise at which it ends. 各种走法（种子的函数），以及停下时的噪声。"""
    singly = {f"one level, {sigma:g}": (partial(one_level, sigma), sigma) for sigma in (LOW, MIDDLE, HIGH)}
    return singly | {f"{LEVELS} levels": (many_levels, SIGMAS[0])}


def settled_width(sigma: float, size: float = SIZE) -> float:
    """How much too wide steps (4) settle across a moon: the std over that of the data under this noise.

    走 (4) 的步子，垂直于月牙的方向最终宽了多少：它的标准差除以该噪声之下数据的标准差。

    On N(0, s^2) a step of length h turns a variance V into (1 - h / s^2)^2 V + 2 h, and that is V at
    s^2 / (1 - h / (2 s^2)). Here h = size sigma^2 and s^2 = 0.06^2 + sigma^2.
    Raises: CourseError for a sigma below 0, or a size beyond 2.
    """
    share = check_number("size", size, 0, 2) * check_number("sigma", sigma, 0) ** 2 / (2 * (STD**2 + sigma**2))
    return (1 - share) ** -0.5


def thickness(x: Tensor) -> float:
    """The root mean square distance to the nearer moon's arc, of those that do not lie past its ends; x (n, 2).

    到较近那弯月牙的弧的距离，取均方根；落在弧两端之外的不算。
    """
    arcs = [far_moons().conditional(label).means for label in (0, 1)]
    start, along = torch.cat([arc[:-1] for arc in arcs]), torch.cat([arc.diff(dim=0) for arc in arcs])
    share = ((x[:, None] - start) * along).sum(2) / along.square().sum(1)
    away = (x[:, None] - start - share.clamp(0, 1)[..., None] * along).norm(dim=2)
    nearest = away.argmin(1, keepdim=True)
    part, share = nearest % (len(arcs[0]) - 1), share.gather(1, nearest)
    past = (part == 0) & (share < 0) | (part == len(arcs[0]) - 2) & (share > 1)
    return float(away.gather(1, nearest)[~past].square().mean().sqrt())


def thicker(x: Tensor, sigma: float, seed: int = 0) -> float:
    """How thick these particles are, 40,000 exact draws under this noise being 1. 以加噪的精确样本为 1 的厚度。"""
    exact = far_draws(40_000, 2_000_000 + seed)
    noised = exact + sigma * torch.randn(exact.shape, generator=seeded(3_000_000 + seed), dtype=exact.dtype)
    return thickness(x) / thickness(noised)


def barrier(sigma: float) -> float:
    """By how much log density falls from the left moon's crest to the lowest pass on the line between both, in nats.

    从左弯月牙的脊到两弯连线上最低的关口，对数密度下降多少奈特。

    A walk by small steps crosses it about once in exp(barrier) of the times in which it settles.
    """
    schedule, size = clock(far_path(), [0.0, time_of(sigma)]), (1 + sigma**2) ** 0.5
    truth = dataclasses.replace(far_moons().unconditional, schedule=schedule)
    left, right = (far_moons().conditional(label).means for label in (0, 1))
    near = torch.cdist(left, right).flatten().argmin()
    start, end = left[near // len(right)], right[near % len(right)]
    line = start + torch.linspace(0, 1, 201, dtype=torch.float64)[:, None] * (end - start)
    log_density = truth.log_density(line / size, 1)
    return float(log_density[0] - log_density.min())
