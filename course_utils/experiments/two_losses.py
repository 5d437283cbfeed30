"""Two losses of flow matching, on the pair's velocity and on the exact one: they differ, and their gradients do not.

流匹配的两种损失，一个对着数据对的速度，一个对着精确的速度：两者不等，梯度却相同。
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_utils import paths, sde
from course_utils.experiments.moons import two_moons
from course_utils.flows import guess_of_oracle, velocity_field
from course_utils.gates import check_whole, check_wholes
from course_utils.randomness import seeded, stream_at
from course_utils.schedules import Schedule, check_schedule

ROUNDS, LEVELS, DRAWN = 25, 20, 100  # rounds of 20 times, a hundred draws each; their spread tells how sure the mean is


class TwoLosses(NamedTuple):
    """Means over the rounds, and standard errors: both losses, their difference; both gradients, their difference.

    各轮的均值与标准误：两种损失及其差，两个梯度及其差。

    Shapes: losses (3,), gradients (3, p), in the order pair's, exact, difference; errors of the same shapes.
    """

    losses: Tensor
    loss_errors: Tensor
    gradients: Tensor
    gradient_errors: Tensor

    @property
    def chi_square(self) -> float:
        """The squared difference of the gradients in units of its error, a mean over the numbers: about 1 if it is 0.

        梯度之差除以它的标准误，平方后对各数取平均：真实的差为 0 时约为 1。
        """
        return float((self.gradients[2] / self.gradient_errors[2]).square().mean())


def little_network(seed: int = 0) -> nn.Module:
    """A network (x, y, t) -> velocity of 98 numbers, untrained. 由 (x, y, t) 给出速度的小网络，98 个数，未经训练。"""
    with stream_at(seed):
        return nn.Sequential(nn.Linear(3, 16), nn.SiLU(), nn.Linear(16, 2)).double()


def compared_losses(network: nn.Module, rounds: int = ROUNDS, *, backwards: bool = False, seed: int = 0) -> TwoLosses:
    """Both losses and both gradients of a network, each round over 20 times of its own and 100 draws at each.

    一个网络的两种损失与两个梯度：每一轮取 20 个时刻，每个时刻抽 100 对。

    `backwards` regresses on x_0 - eps, the velocity of papers that count t the other way: a mistake to be told apart.
    Paper: Lipman et al. 2023, theorem 2.
    """
    losses, gradients = [], []
    for xt, t, of_pair, exact in _rounds(rounds, seed):
        targets = torch.stack([-of_pair if backwards else of_pair, exact])
        both = (network(torch.cat([xt, t], 1)) - targets).square().sum(2).mean(1)
        losses.append(_with_difference(both.detach()))
        gradients.append(_with_difference(torch.stack([_gradient(loss, network) for loss in both])))
    return TwoLosses(*_mean_and_error(torch.stack(losses)), *_mean_and_error(torch.stack(gradients)))


def spread_of_pairs(rounds: int = ROUNDS, *, seed: int = 99) -> tuple[float, float]:
    """E |v - E[v | x_t]|^2, by which the two losses should differ, from draws of their own, and its standard error.

    E |v - E[v | x_t]|^2，即两种损失应有的差，用另抽的数据对来求；以及它的标准误。
    """
    found = [(of_pair - exact).square().sum(1).mean() for *_, of_pair, exact in _rounds(rounds, seed)]
    mean, error = _mean_and_error(torch.stack(found))
    return float(mean), float(error)


@lru_cache(maxsize=4)  # every network of a seed is compared on the same draws
def _rounds(rounds: int, seed: int) -> list[tuple[Tensor, ...]]:
    generator = seeded(seed)
    return [tuple(map(torch.cat, zip(*_drawn(generator), strict=True))) for _ in range(rounds)]


def _drawn(generator: torch.Generator) -> Iterator[tuple[Tensor, ...]]:
    """A hundred x_t, t, velocities of pairs and exact ones, at a time in each twentieth of [0, 1]."""
    truth = two_moons()
    field = velocity_field(paths.straight, guess_of_oracle(truth))
    for k in range(LEVELS):
        t = (k + float(torch.rand((), generator=generator, dtype=torch.float64))) / LEVELS
        ends = paths.Pair(truth.draw(DRAWN, generator), torch.randn(DRAWN, 2, generator=generator, dtype=torch.float64))
        xt = paths.point(paths.straight, t, ends)
        yield xt, torch.full((DRAWN, 1), t, dtype=torch.float64), paths.velocity(paths.straight, t, ends), field(xt, t)


def _with_difference(both: Tensor) -> Tensor:
    return torch.cat([both, both[:1] - both[1:]])


def _gradient(loss: Tensor, network: nn.Module) -> Tensor:
    parts = torch.autograd.grad(loss, list(network.parameters()), retain_graph=True)
    return torch.cat([part.flatten() for part in parts])


def _mean_and_error(found: Tensor) -> tuple[Tensor, Tensor]:
    return found.mean(0), found.std(0) / len(found) ** 0.5


class Weights(NamedTuple):
    """Noise levels, and what an error of eps weighs there, per unit of log-SNR, in two trainings; each (n,).

    若干噪声水平，以及两种训练中噪声的误差在那里的权重（按每单位对数信噪比计）。
    """

    log_snr: Tensor
    of_v: Tensor
    of_flow: Tensor


def weights_of_eps(schedule: Schedule, steps: Sequence[int]) -> Weights:
    """Training on v at even steps of a schedule, and flow matching at even t: factor of an error, times share of draws.

    在调度的等间隔步上学 v，与在等间隔的 t 上作流匹配：误差的系数，乘以抽到那里的份额。

    Shapes: steps k, from 2 to T - 1, n of them.  Raises: CourseError for others, or what is no schedule.
    Papers: Salimans & Ho 2022, section 4; Kingma & Gao 2023, section 3.
    """
    most = check_schedule(schedule).T - 1
    k = torch.tensor([check_whole("steps", one, 2, most) for one in check_wholes("steps", steps, 2)])
    level, snr = schedule.log_snr, schedule.snr[k]
    drawn = 2 / schedule.T / (level[k - 1] - level[k + 1])  # of all times, on a unit of log-SNR
    times = torch.tensor([paths.time_on(paths.straight, one) for one in level[k].tolist()], dtype=torch.float64)
    now, rates = paths.at(paths.straight, times), sde.rates(paths.straight, times)
    return Weights(level[k], drawn * (1 + 1 / snr), now.noise**2 / rates.noise / now.signal**2)
