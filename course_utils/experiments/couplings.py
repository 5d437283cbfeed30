"""Optimal transport in each batch, where data have labels: noise is dealt out by class, and what it costs.

数据带标签时的批内最优传输：噪声怎样依类别配给数据，以及由此的代价。
"""

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_utils import training
from course_utils.arithmetic import threads
from course_utils.estimates import Estimate
from course_utils.experiments.flow_moons import DRAWS, MEMORY, PARTICLES, POINTS, STEPS, TIMES, arrived, flow_noise
from course_utils.experiments.guided_moons import UPPER, exact_moon, moons_by_class, share_in_class
from course_utils.experiments.reflow import COUPLED
from course_utils.experiments.scores import averaged
from course_utils.flows import Guess, coupled, errors_of_velocity, guess_of_network, nearest_noise, straight_clock
from course_utils.gates import (
    MANY,
    check_among,
    check_callable,
    check_labels,
    check_multiple,
    check_samples,
    check_seed,
    check_whole,
)
from course_utils.metrics import energy_distance
from course_utils.mlp import MLP
from course_utils.objectives import Objective
from course_utils.randomness import seeded, standard_normal, stream_at


class Told(NamedTuple):
    """2000 samples drawn for the upper moon: their share in it, and the energy distance to 4000 exact draws of it.

    为上弯月牙画的 2000 个样本：属于它的比例，以及到它的 4000 个精确样本的能量距离。
    """

    share: float
    distance: float


FLOOR = Told(0.9358, 0.00041), Told(0.0054, 0.00017)  # `floor_told()`


# What is drawn for the upper moon, by how noise was dealt in training, and steps: the mean of five seeds and its error.
STORED: dict[str, tuple[Told, Told]] = {
    "at random, 1": (Told(0.61490, 0.21926), Told(0.08258, 0.00797)),
    "at random, 5": (Told(0.87270, 0.02180), Told(0.00407, 0.00126)),
    "at random, 100": (Told(0.85760, 0.00251), Told(0.00407, 0.00046)),
    "whole batch, 1": (Told(0.57880, 0.11060), Told(0.01112, 0.00297)),
    "whole batch, 5": (Told(0.57020, 0.11131), Told(0.00682, 0.00238)),
    "whole batch, 100": (Told(0.56450, 0.11429), Told(0.00607, 0.00256)),
    "within a class, 1": (Told(0.91520, 0.00561), Told(0.00697, 0.00073)),
    "within a class, 5": (Told(0.89370, 0.00117), Told(0.00136, 0.00021)),
    "within a class, 100": (Told(0.89040, 0.00108), Told(0.00123, 0.00023)),
}


class LabelledFlow(nn.Module):
    """An MLP that is told one of two labels as a third number, -1 or 1, beside a point of the plane.

    平面上点的 MLP，另有第三个数 -1 或 1，告诉它两个标签中的一个。

    Shapes: xt (b, 2), log_snr () or (b,), labels (b,) of 0 and 1 -> eps_hat like xt.
    """

    def __init__(self, width: int = 64, layers: int = 2):
        super().__init__()
        self.config = dict(classes=2)
        self.points = MLP(3, width=width, layers=layers)

    def forward(self, xt: Tensor, log_snr: Tensor, labels: Tensor) -> Tensor:
        label = (2 * labels - 1).to(xt)[:, None]
        return self.points(torch.cat([xt, label], 1), log_snr)[:, :2]


def labelled_points(seed: int = 0, n: int = POINTS) -> tuple[Tensor, Tensor]:
    """n points of both moons and their labels, half each: (n, 2) and (n,). 两弯月牙的 n 个点与标签，各一半。

    Raises: CourseError for an odd n, or a seed that is none.
    """
    n, truth = check_multiple("n", n, 2, MANY), moons_by_class()
    generator = seeded(5000 + check_seed(seed))
    x0 = torch.cat([truth.conditional(label).draw(n // 2, generator) for label in (0, 1)])
    return x0.float(), torch.arange(2).repeat_interleave(n // 2)


def coupled_by_class(objective: Objective) -> Objective:
    """`flows.coupled`, but noise is dealt anew within each class alone: each class keeps noise from all of N(0, I).

    与 `flows.coupled` 相同，但只在每一类内部重新配对：每一类得到的噪声仍来自整个 N(0, I)。

    Raises: CourseError for what is no objective; when called, for what are no labels of the data.
    """
    check_callable("objective", objective, "flows.errors_of_velocity")

    def of_nearest_in_class(schedule, network, x0, t, eps, *, labels=None) -> Tensor:
        so = ("Give `train` labels, or take flows.coupled.", "请给 `train` 标签，或改用 flows.coupled。")
        labels, dealt = check_labels(labels, len(check_samples("x0", x0)), so=so), eps.clone()
        for label in labels.unique():
            own = labels == label
            dealt[own] = nearest_noise(x0[own], eps[own])
        return objective(schedule, network, x0, t, dealt, labels=labels)

    return of_nearest_in_class


DEALT: dict[str, Objective] = {
    "at random": errors_of_velocity,
    "whole batch": coupled(errors_of_velocity),
    "within a class": coupled_by_class(errors_of_velocity),
}


@cache
@threads(1)
def labelled_flow(dealt: str, seed: int = 0) -> nn.Module:
    """A network told the label, its noise dealt in one of three ways. 得知标签的网络，噪声以三种方式之一配给数据。

    Args: dealt, one of `DEALT`.  Raises: CourseError for another, or a seed that is none.
    """
    check_among("dealt", dealt, list(DEALT)), check_seed(seed)
    with stream_at(seed):
        state = training.start(LabelledFlow(), seed=seed)
    x0, labels = labelled_points(seed)
    how = dict(batch=COUPLED, labels=labels, ema_decay=MEMORY, objective=DEALT[dealt])
    for _ in training.train(state, straight_clock(TIMES), x0, STEPS, **how):
        pass
    return state.ema


def upper_guess(network: nn.Module, n: int = PARTICLES) -> Guess:
    """The guess of a network that is told "upper" n times. 告诉网络 n 次“上弯”时它的猜测。"""
    return guess_of_network(network, torch.full((n,), UPPER))


def told_upper(guess: Guess, seed: int = 0, steps: int = TIMES) -> Told:
    """What is drawn for the upper moon from N(0, I) in so many steps. 从 N(0, I) 用若干步为上弯月牙画出的样本。"""
    x0 = arrived(guess, flow_noise(seed), steps).double()
    return Told(share_in_class(x0), energy_distance(x0, exact_moon(DRAWS, 7000)))


@cache
def floor_told(times: int = 20) -> tuple[Told, Told]:
    """The same of 2000 exact draws: the mean over twenty sets, and their standard deviation. 精确样本的同样两项。"""
    sets = [exact_moon(PARTICLES, 8000 + k) for k in range(times)]
    found = torch.tensor([(share_in_class(x), energy_distance(x, exact_moon(DRAWS, 7000))) for x in sets])
    return Told(*found.mean(0).tolist()), Told(*found.std(0).tolist())


def dealt_noise(n: int = 500, seed: int = 0, *, by_class: bool = False) -> tuple[Tensor, Tensor, Tensor]:
    """A batch of both moons, the noise that is dealt to it, and its labels: (n, 2), (n, 2), (n,).

    两弯月牙的一批点、配给它的噪声，以及标签。
    """
    x0, labels = labelled_points(seed, n)
    eps = flow_noise(seed, n)
    if not by_class:
        return x0, nearest_noise(x0, eps), labels
    halves = zip(x0.chunk(2), eps.chunk(2), strict=True)
    return x0, torch.cat([nearest_noise(*half) for half in halves]), labels


@threads(1)
def length_kept(x0: Tensor, size: int, batches: int, seed: int = 0) -> Estimate:
    """What is left of the mean squared length of the lines when each batch's noise is dealt anew: batches, and error.

    每批重新配对之后，连线长度平方的均值还剩多少：取若干批的平均与误差。

    Shapes: x0 (n, ...), n at least size.  Raises: CourseError for fewer data, a size or batches below 2.
    """
    size, batches = check_whole("size", size, 2, len(check_samples("x0", x0))), check_whole("batches", batches, 2, MANY)
    generator, kept = seeded(check_seed(seed)), []
    for _ in range(batches):
        part = x0[torch.randperm(len(x0), generator=generator)[:size]]
        eps = standard_normal(part, generator)
        blind, dealt = ((part - z).square().sum() for z in (eps, nearest_noise(part, eps)))
        kept.append(dealt / blind)
    return averaged(torch.stack(kept).double())
