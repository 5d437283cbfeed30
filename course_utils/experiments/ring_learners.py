"""Three learners of eight Gaussians on a ring: a game, a diffusion model, a mixture fitted by EM.

学环上八个高斯的三个学习者：博弈（GAN）、扩散模型，以及用 EM 拟合的混合分布。

The networks hold equally many numbers in all, within 3 %: the game's two together, and diffusion's one.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_utils import gan, training
from course_utils.denoisers import from_network
from course_utils.experiments.ring import DRAWN, MODES, found
from course_utils.mlp import MLP
from course_utils.oracle import Oracle, mixture
from course_utils.points import lattice
from course_utils.randomness import seeded, stream_at
from course_utils.samplers import ddpm, dpm_solver, finish
from course_utils.schedules import cosine
from course_utils.times import even_times, focused_times
from course_utils.training import TrainState

LATENT, WIDTH, BATCH, R1 = 2, 98, 256, 0.1
FILMED = 600  # steps of a game that a page plays and keeps
STEPS = {"GAN, plain": 1900, "GAN, R1": 1550, "diffusion": 1700}  # equal seconds: `ring.py pace`
WALKS = (10, 100)  # evaluations of the diffusion model for a sample
FIELD, SHOWN = 41, 400  # places along each side of the square in which the discriminator is asked; samples kept
Draw = Callable[[int, torch.Generator], Tensor]  # (n, generator) -> samples (n, 2)


def new_ring_game(seed: int = 0, *, touched: float = 0.0) -> TrainState:
    """Two small networks before their first step: z (n, 2) -> points, points -> logits. 两个尚未训练的小网络。

    touched: by which share all weights are larger than this seed has drawn them. 所有权重比该种子抽到的大几分之几。
    """
    with stream_at(seed):
        players = gan.Players(_layers(LATENT, 2), nn.Sequential(_layers(2, 1), nn.Flatten(0)), LATENT)
    with torch.no_grad():
        for weight in players.parameters():
            weight.mul_(1 + touched)
    return training.start(players, optimizer=gan.adam, seed=seed)


def new_ring_diffusion(seed: int = 0) -> TrainState:
    """A denoising network of as many numbers, before its first step. 一个参数一样多、尚未训练的去噪网络。"""
    with stream_at(seed):
        network = MLP(2, width=64, layers=2)
    return training.start(network, seed=seed)


def learners(x: Tensor, seed: int) -> Iterator[tuple[str, Draw]]:
    """Each learner by its name, trained on x from this seed: a function (n, generator) -> samples.

    逐个给出学习者的名字，以及它在 x 上学成之后的采样函数 (n, generator) -> 样本。
    """
    for name, r1 in (("GAN, plain", 0.0), ("GAN, R1", R1)):
        state = new_ring_game(seed)
        yield name, partial(made_by_game, _done(state, gan.play(state, x, STEPS[name], batch=BATCH, r1=r1)))
    state = new_ring_diffusion(seed)
    _done(state, training.train(state, cosine(), x, STEPS["diffusion"], batch=BATCH))
    for evaluations in WALKS:
        yield f"diffusion, {evaluations}", partial(made_by_diffusion, state, evaluations)
    yield "EM", fitted_mixture(x, seeded(seed)).draw


@torch.no_grad()
def made_by_game(state: TrainState, n: int, generator: torch.Generator) -> Tensor:
    """n samples of the averaged generator: one evaluation. 由平均后的生成器得到 n 个样本：求值一次。"""
    return state.ema.generator(torch.randn(n, LATENT, generator=generator, dtype=torch.float32))


def made_by_diffusion(state: TrainState, steps: int, n: int, generator: torch.Generator) -> Tensor:
    """n samples of the averaged network: DDPM from 50 steps on, DPM-Solver++(2M) below. 由平均后的网络采样。"""
    schedule, xT = cosine(), torch.randn(n, 2, generator=generator, dtype=torch.float32)
    denoiser = from_network(schedule, state.ema)
    if steps < 50:
        return finish(dpm_solver(schedule, denoiser, xT, focused_times(schedule, steps)))
    return finish(ddpm(schedule, denoiser, xT, even_times(schedule, steps), generator=generator))


def fitted_mixture(
    x: Tensor, generator: torch.Generator, *, k: int = MODES, starts: int = 20, rounds: int = 50
) -> Oracle:
    """A mixture of k round Gaussians by EM: the likeliest of several starts, each from k of the points.

    用 EM 拟合 k 个各向同性高斯的混合：从数据中随机取 k 个点作起点，试若干次，取似然最大的一次。

    Shapes: x (n, 2).  Paper: Dempster, Laird & Rubin 1977; Bishop 2006, section 9.2.2.
    """
    begun = [x[torch.randperm(len(x), generator=generator)[:k]].double() for _ in range(starts)]
    return max((_one_fit(x.double(), means, rounds) for means in begun), key=lambda fit: fit[0])[1]


def _one_fit(x: Tensor, means: Tensor, rounds: int) -> tuple[float, Oracle]:
    """The mean log-likelihood, and the mixture, after some rounds of EM."""
    weights, variances = torch.full((len(means),), 1 / len(means)).double(), x.var(0).mean().expand(len(means))
    for _ in range(rounds):
        log_joint = weights.log() - torch.cdist(x, means).square() / (2 * variances) - (2 * math.pi * variances).log()
        share = log_joint.softmax(1)  # E: whose is each point
        count = share.sum(0)
        weights, means = count / len(x), share.T @ x / count[:, None]  # M: the moments of what is its own
        variances = ((share * torch.cdist(x, means).square()).sum(0) / (2 * count)).clamp(min=1e-6)
    return float(log_joint.logsumexp(1).mean()), mixture(cosine(), means, variances.sqrt(), weights)


class Moment(NamedTuple):
    """A game at one step: 400 samples; what the discriminator says over the square; modes and share of the samples.

    博弈在某一步的样子：400 个样本、判别器在正方形上的回答、样本找到的峰数与归属的比例。

    Shapes: samples (400, 2), field (41 * 41,), probabilities "real" in the order of `points.lattice`.
    """

    step: int
    samples: Tensor
    field: Tensor
    modes: int
    belong: float
    real: float
    made: float


def filmed(
    x: Tensor, steps: int, *, r1: float = R1, moments: int = 40, seed: int = 0, touched: float = 0.0
) -> Iterator[Moment]:
    """Play on the ring, and keep the game as it stands before the first step and at 40 steps evenly spread.

    在环上博弈，记下第一步之前以及均匀分布的 40 步时的样子。

    Of the networks themselves, not of their averages. Shapes: x (n, 2).
    """
    state, every = new_ring_game(seed, touched=touched), max(1, steps // moments)
    z = torch.randn(DRAWN, LATENT, generator=seeded(seed), dtype=torch.float32)
    yield _moment(state, x, z)
    for record in gan.play(state, x, steps, batch=BATCH, r1=r1):
        if record.step % every == 0:
            yield _moment(state, x, z)


def kept_from(film: Sequence[Moment]) -> int | None:
    """The step from which on every moment has all eight modes; None if the last has not.

    从哪一步起每个时刻都找到全部八个峰；最后一刻仍未找全则为 None。
    """
    since = None
    for now in film:
        since = (now.step if since is None else since) if now.modes == MODES else None
    return since


@torch.no_grad()
def _moment(state: TrainState, x: Tensor, z: Tensor) -> Moment:
    made, discriminator = state.network.generator(z), state.network.discriminator
    over, of_x, of_made = (discriminator(points).sigmoid() for points in (lattice(FIELD), x, made))
    return Moment(state.step, made[:SHOWN], over, *found(made), float(of_x.mean()), float(of_made.mean()))


def _done(state: TrainState, steps: Iterator) -> TrainState:
    for _ in steps:
        pass
    return state


def _layers(size: int, answers: int) -> nn.Sequential:
    between = [layer for _ in range(2) for layer in (nn.Linear(WIDTH, WIDTH), nn.LeakyReLU(0.2))]
    return nn.Sequential(nn.Linear(size, WIDTH), nn.LeakyReLU(0.2), *between, nn.Linear(WIDTH, answers))
