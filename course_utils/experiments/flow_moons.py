"""Flow matching on two moons: a small network that learns a velocity, beside the exact one.

两弯月牙上的流匹配：学速度的小网络，旁边是精确的速度。
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils import training
from course_utils.arithmetic import threads
from course_utils.experiments.moons import exact_draws, two_moons
from course_utils.flows import (
    Guess,
    errors_of_velocity,
    guess_of_network,
    guess_of_oracle,
    straight_clock,
    velocity_field,
)
from course_utils.forward import per_sample
from course_utils.metrics import energy_distance_to
from course_utils.mlp import MLP
from course_utils.objectives import Objective
from course_utils.paths import Pair, at, point, straight
from course_utils.randomness import seeded, stream_at
from course_utils.samplers import Sample, ddim
from course_utils.training import TrainState

POINTS, STEPS, BATCH, PARTICLES, DRAWS = 10_000, 500, 256, 2000, 4000
TIMES = 100  # a training meets t = 1/100, ..., 1, and a walk of 1, 2, 5, ... or 100 steps these alone
MEMORY = 0.98  # of the moving average: 50 steps, a tenth of a training

FLOOR = (0.00057, 0.00038)  # `floor_of_moons()`


class Trail(NamedTuple):
    """Particles on the straight path, from noise to data, and where each would end if it went straight on.

    直线路径上的粒子，从噪声到数据；以及每个粒子若从此一直直走会到哪里。

    Shapes: times (k,) from 1 to 0, places and ends (k, b, ...).
    """

    times: Tensor
    places: Tensor
    ends: Tensor


def moon_points(seed: int = 0, n: int = POINTS) -> Tensor:
    """n points to train on, float32, (n, 2): exact draws, and none of those that samples are compared with.

    用来训练的 n 个点：精确样本，与拿来比较的样本不重复。
    """
    return two_moons().draw(n, seeded(1000 + seed)).float()


def new_flow(seed: int = 0, *, layers: int = 2) -> TrainState:
    """A small network before its first step, 26 thousand numbers with two layers. 尚未训练的小网络。"""
    with stream_at(seed):
        return training.start(MLP(2, width=64, layers=layers), seed=seed)


@threads(1)
def learned_flow(
    x0: Tensor,
    objective: Objective = errors_of_velocity,
    *,
    seed: int = 0,
    steps: int = STEPS,
    batch: int = BATCH,
    times: int = TIMES,
) -> Guess:
    """What a small network has learned of these data, or pairs, as a guess. 小网络从这些数据（或数据对）学到的猜测。

    Shapes: x0 (n, 2), or (n, 2, 2) with `flows.of_pairs`.
    """
    state = new_flow(seed)
    how = dict(batch=batch, ema_decay=MEMORY, objective=objective)
    for _ in training.train(state, straight_clock(times), x0, steps, **how):
        pass
    return guess_of_network(state.ema)


@cache
def moon_flow(seed: int = 0) -> Guess:
    """A network trained by flow matching on two moons, once a seed. 在双月牙上以流匹配训练的网络，每个种子一次。"""
    return learned_flow(moon_points(seed), seed=seed)


@cache
def exact_guess() -> Guess:
    """The exact guess of x_0 for two moons, told log-SNR. 两弯月牙对 x_0 的精确猜测。"""
    return guess_of_oracle(two_moons())


def flow_noise(seed: int = 0, n: int = PARTICLES) -> Tensor:
    """n places drawn from N(0, I), float32, (n, 2). 抽自 N(0, I) 的 n 处位置。"""
    return torch.randn(n, 2, generator=seeded(2000 + seed), dtype=torch.float32)


def flowed(guess: Guess, noise: Tensor, steps: int = TIMES) -> Iterator[Sample]:
    """Euler's method on the straight path: `ddim` on its clock, so many even steps from t = 1 to 0.

    直线路径上的欧拉法：在它的时钟上走 `ddim`，从 t = 1 到 0 等分为若干步。

    Shapes: noise (b, ...) -> steps + 1 states.
    """
    clock = straight_clock(steps)
    return ddim(clock, lambda xt, t: guess(xt, float(clock.log_snr[t])), noise, range(steps, -1, -1))


@threads(1)
def arrived(guess: Guess, noise: Tensor, steps: int = TIMES) -> Tensor:
    """Where so many steps take this noise. 若干步之后，这些噪声到了哪里。Shapes: (b, ...) -> (b, ...)."""
    *_, last = flowed(guess, noise, steps)
    return last.xt


@threads(1)
def trail(guess: Guess, noise: Tensor, steps: int = TIMES) -> Trail:
    """All the way of this noise on the straight path. 这些噪声在直线路径上走过的全程。

    A state of a walk has its size taken off; here it is put back, x_t = (1 - t) x_0 + t eps.
    """
    states = list(flowed(guess, noise, steps))
    times = torch.tensor([state.t / steps for state in states], dtype=torch.float64)
    now = at(straight, times)
    places, ends = (torch.stack([getattr(state, name) for state in states]) for name in ("xt", "x0_hat"))
    return Trail(times, per_sample(torch.hypot(now.signal, now.noise), places) * places, ends)


def chords(x0: Tensor, eps: Tensor, times: Tensor) -> Trail:
    """The straight lines that flow matching is trained on, from each eps to its x_0.

    流匹配训练时所用的直线，从每个 eps 到配给它的 x_0。
    """
    return Trail(
        times, torch.stack([float(1 - t) * x0 + float(t) * eps for t in times]), x0.expand(len(times), *x0.shape)
    )


def distance_to_moons(x0: Tensor, draws: int = DRAWS, seed: int = 0) -> float:
    """The energy distance to so many exact draws of the two moons. 到两弯月牙若干个精确样本的能量距离。"""
    return _to_moons(draws, seed)(x0)


@cache
def _to_moons(draws: int, seed: int) -> Callable[[Tensor], float]:
    return energy_distance_to(exact_draws(draws, seed))


def velocity_errors(guess: Guess, times: Sequence[float], n: int = PARTICLES) -> list[float]:
    """The mean squared distance of a guess's velocity to the exact one, over exact x_t, at each time.

    猜测的速度与精确速度之差的均方，在各时刻的精确 x_t 上取平均。
    """
    fields = [velocity_field(straight, of) for of in (guess, exact_guess())]
    ends, found = Pair(exact_draws(n, 1), flow_noise(1, n).double()), []
    for t in times:
        xt = point(straight, t, ends)
        found.append(float((fields[0](xt, t) - fields[1](xt, t)).square().sum(1).mean()))
    return found


@cache
def floor_of_moons(n: int = PARTICLES, times: int = 20) -> tuple[float, float]:
    """That distance for n exact draws: its mean over twenty sets, and their standard deviation.

    n 个精确样本的这个距离：二十组的均值，以及各组之间的标准差。
    """
    found = torch.tensor([distance_to_moons(two_moons().draw(n, seeded(3000 + k))) for k in range(times)])
    return float(found.mean()), float(found.std())


def overtakings(places: Tensor) -> float:
    """The share of pairs of particles on the line that change their order between the first place and the last.

    直线上有多大比例的粒子对，从头到尾先后次序颠倒了。

    On the line two ways that cross are at one place at one time. Shapes: places (k, b, 1).
    """
    first, last = (place.flatten()[:, None] - place.flatten() for place in (places[0], places[-1]))
    n = len(first)
    return float((first * last < 0).sum()) / (n * (n - 1))
