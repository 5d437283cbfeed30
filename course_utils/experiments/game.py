"""The game on the line, where both densities are known: the best discriminator, the game's value, two losses.

直线上的博弈，两个密度都已知：最优判别器、博弈的值，以及生成器的两种损失。

Integrals are sums over a fine grid: what is measured of a discriminator here has no error of sampling.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.arithmetic import threads
from course_utils.gan import discriminator_losses, generator_losses
from course_utils.randomness import seeded, stream_at

Logit = Callable[[Tensor], Tensor]  # x (n,) -> (n,), above 0 for "real"
GRID = torch.linspace(-20, 20, 40_001, dtype=torch.float64)
SEEN, STEPS, WIDTH = 4000, 400, 32  # samples of each kind, steps, features: of the discriminator that is trained


@dataclass(frozen=True)
class BellsOnLine:
    """Equally heavy bells of one std on the line: the exact density, and draws.

    直线上等权、标准差相同的若干钟形：精确密度，以及抽取。
    """

    means: tuple[float, ...]
    std: float

    def log_density(self, x: Tensor) -> Tensor:
        """In nats, shaped like x. 以奈特计，形状同 x。"""
        away = (x[..., None] - x.new_tensor(self.means)) / self.std
        return (-away.square() / 2).logsumexp(-1) - math.log(len(self.means) * self.std * math.sqrt(2 * math.pi))

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """n draws, float32, (n,). 抽取 n 个数。"""
        which = torch.randint(len(self.means), (n,), generator=generator)
        means = torch.tensor(self.means, dtype=torch.float32)
        return means[which] + self.std * torch.randn(n, generator=generator, dtype=torch.float32)


REAL, MADE = BellsOnLine((-1.0, 1.0), 0.4), BellsOnLine((0.5,), 0.8)  # data of two kinds; a generator that has one bell


def best_logit(p: BellsOnLine, q: BellsOnLine) -> Logit:
    """The logit of the best discriminator, D = p / (p + q), between data p and what a generator makes, q.

    最优判别器 D = p / (p + q) 的 logit；p 是数据的密度，q 是生成器的密度。

    Paper: Goodfellow et al. 2014, Proposition 1.
    """
    return lambda x: p.log_density(x) - q.log_density(x)


def game_value(logit: Logit, p: BellsOnLine, q: BellsOnLine) -> float:
    """E_p log D + E_q log(1 - D): what the discriminator makes large, and the generator small.

    E_p log D + E_q log(1 - D)：判别器要它大，生成器要它小。

    Paper: Goodfellow et al. 2014, eq. (1).
    """
    said = logit(GRID)
    density_p, density_q = p.log_density(GRID).exp(), q.log_density(GRID).exp()
    return float(torch.trapezoid(density_p * F.logsigmoid(said) + density_q * F.logsigmoid(-said), GRID))


def jensen_shannon(p: BellsOnLine, q: BellsOnLine) -> float:
    """The Jensen-Shannon divergence in nats, from 0 for equal densities to log 2 for those that never meet.

    以奈特计的 Jensen-Shannon 散度：两个密度相同时为 0，毫无重叠时为 log 2。
    """
    log_p, log_q = p.log_density(GRID), q.log_density(GRID)
    log_mean = torch.logaddexp(log_p, log_q) - math.log(2)
    both = log_p.exp() * (log_p - log_mean) + log_q.exp() * (log_q - log_mean)
    return float(torch.trapezoid(both, GRID)) / 2


@threads(1)
def learned_discriminator(
    p: BellsOnLine, q: BellsOnLine, *, n: int = SEEN, steps: int = STEPS, seed: int = 0
) -> nn.Module:
    """A small discriminator, trained on n samples of each kind: x (n,) -> logits (n,). 训练一个小判别器。"""
    generator = seeded(seed)
    real, made = p.draw(n, generator), q.draw(n, generator)
    with stream_at(seed):
        layers = nn.Linear(1, WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH), nn.SiLU(), nn.Linear(WIDTH, 1)
    network = nn.Sequential(nn.Unflatten(0, (-1, 1)), *layers, nn.Flatten(0))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        batch = torch.randint(n, (2, 256), generator=generator)
        optimizer.zero_grad()
        discriminator_losses(network(real[batch[0]]), network(made[batch[1]])).mean().backward()
        optimizer.step(), falling.step()
    return network.double().requires_grad_(False)


class Region(NamedTuple):
    """A stretch of the line: what lies there, what the best discriminator says, and how far another is off.

    直线上的一段：有多少东西落在这里，最优判别器怎么说，另一个判别器差多少。

    real, made: the shares of p and of q; best, said: the two D, off: |D - D*|, off_logit: of the logits; all means over
    what lies there, half of it real.
    """

    low: float
    high: float
    real: float
    made: float
    best: float
    said: float
    off: float
    off_logit: float


def by_region(logit: Logit, p: BellsOnLine, q: BellsOnLine, edges: Sequence[float]) -> list[Region]:
    """How far a discriminator is from the best one, in each stretch between neighbouring edges.

    在相邻分界点之间的每一段上，判别器离最优判别器多远。
    """
    found = []
    for low, high in zip(edges, edges[1:], strict=False):
        x = torch.linspace(low, high, 2001, dtype=torch.float64)
        of_p, of_q = p.log_density(x).exp(), q.log_density(x).exp()
        real, made, both = (float(torch.trapezoid(share, x)) for share in (of_p, of_q, of_p + of_q))
        best, said = best_logit(p, q)(x), logit(x)
        wanted, told = best.sigmoid(), said.sigmoid()
        of_each = wanted, told, (told - wanted).abs(), (said - best).abs()
        means = (float(torch.trapezoid((of_p + of_q) * y, x)) / both for y in of_each)
        found.append(Region(low, high, real, made, *means))
    return found


def slopes(shifts: Sequence[float], std: float = 1.0) -> dict[str, list[float]]:
    """How steep each loss of the generator is in its own shift: data N(0, std^2), made are N(shift, std^2).

    生成器的两种损失对它自己位移的导数：数据是 N(0, std^2)，造出的是 N(shift, std^2)。

    The discriminator is the best one for that shift, and stands still while the generator looks for its way. "sure" is
    the mean probability "fake" that it answers to what is made.
    Paper: Goodfellow et al. 2014, section 3; Arjovsky & Bottou 2017, section 2.
    """
    z, p = GRID[(GRID.abs() <= 10)], BellsOnLine((0.0,), std)
    weight = BellsOnLine((0.0,), 1.0).log_density(z).softmax(0)
    found: dict[str, list[float]] = {"log(1 − D)": [], "−log D": [], "sure": []}
    for at in shifts:
        shift = torch.tensor(float(at), dtype=torch.float64, requires_grad=True)
        logits = best_logit(p, BellsOnLine((float(at),), std))(shift + std * z)
        for name, losses in (("log(1 − D)", -F.softplus(logits)), ("−log D", generator_losses(logits))):
            (slope,) = torch.autograd.grad(weight @ losses, shift, retain_graph=True)
            found[name].append(float(slope))
        found["sure"].append(float(weight @ (-logits.detach()).sigmoid()))
    return found
