"""What lesson 06 measures on losses: where they lead, where they lie, and in the middle of a training.

第 06 课在损失上测量的量：通向哪里、落在哪里，以及训练中途的情形。
"""

from functools import cache
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.arithmetic import threads
from course_utils.data import digits
from course_utils.denoisers import Denoiser
from course_utils.metrics import energy_distance
from course_utils.mlp import MLP
from course_utils.objectives import by_level, held_out
from course_utils.oracle import finite
from course_utils.randomness import seeded
from course_utils.samplers import ddim, finish
from course_utils.times import even_times
from course_utils.training import TrainState, start, train
from course_utils.weights import pretrained


def l1_and_l2() -> dict[str, Denoiser]:
    """Data of two values only, 7 of 10 at -1: what l2 leads to, the mean, and l1, the likelier value, the median.

    数据只有两个值，十分之七在 -1：l2 学到的均值，与 l1 学到的中位数（更可能的那个值）。
    """
    schedule, values = schedules.cosine(), torch.tensor([[-1.0], [1.0]], dtype=torch.float64)
    few = torch.cat([values[:1].expand(7, 1), values[1:].expand(3, 1)])
    truth = finite(schedule, few)

    def median(xt: Tensor, t: int) -> Tensor:
        high = truth.shares(xt, t)[:, 7:].sum(1, keepdim=True) > 0.5
        return torch.where(high, values[1], values[0]).to(xt)

    return {"l2": truth, "l1": median}


@cache
def drawn_by_losses(n: int = 4000) -> dict[str, Tensor]:
    """n samples of DDIM with each of the two. 用两者各采 n 个样本。"""
    first = torch.randn(n, 1, generator=seeded(0), dtype=torch.float64)
    schedule = schedules.cosine()
    times = even_times(schedule, 50)
    return {name: finish(ddim(schedule, who, first, times)) for name, who in l1_and_l2().items()}


@cache
def levels_of_the_shipped() -> Tensor:
    """The shipped network's loss on the digits in ten parts of 1..T. 随课程附带的网络在十段噪声水平上的损失。"""
    return by_level(*held_out(schedules.cosine(), pretrained("digits"), digits().x))


@cache
@threads(1)
@torch.random.fork_rng(devices=[])  # the reader's own stream stays as it is
def midway() -> TrainState:
    """A small network in the middle of its training. 训练到一半的小网络。"""
    torch.manual_seed(0)
    state = start(MLP(size=64, width=256, layers=2), lr=3e-3)
    for _ in islice(train(state, schedules.cosine(), digits().x, 1500, ema_decay=0.98), 300):
        pass
    return state


@cache
def losses_midway() -> dict[str, Tensor]:
    """The loss of its newest weights and of their average, in ten parts of 1..T. 最新权重与平均权重在十段上的损失。"""
    state = midway()
    networks = {"newest": state.network, "EMA": state.ema}
    return {name: by_level(*held_out(schedules.cosine(), one, digits().x)) for name, one in networks.items()}


class Crowd(NamedTuple):
    """How samples stand to real images: the energy distance; the mean distance from one sample to another; from a
    sample to the nearest real image.

    样本与真实图像的关系：能量距离；样本之间的平均距离；样本到最近的真实图像的平均距离。
    """

    distance: float
    apart: float
    nearest: float


def crowd(samples: Tensor, real: Tensor) -> Crowd:
    """Three numbers on samples, as one alone can be fooled: by spread, by copies, by means.

    用三个数来看样本，因为单看一个会上当：分散、照抄、取平均，都能骗过其中之一。

    Shapes: samples (n, ...), real (m, ...).  Raises: CourseError for empty clouds or other shapes.
    """
    distance = energy_distance(samples, real)
    a, b = samples.double().flatten(1), real.double().flatten(1)
    apart = torch.cdist(a, a).sum() / (len(a) * (len(a) - 1))
    return Crowd(distance, float(apart), float(torch.cdist(a, b).amin(1).mean()))


def gap(level: Tensor, one: Tensor, other: Tensor, *, parts: int = 10) -> tuple[Tensor, Tensor]:
    """The mean of one - other in each of `parts` equal parts of 1..T, and its standard error, pair by pair.

    在 1..T 的每一段内，one - other 的均值与它的标准误，逐对相减。

    Shapes: level, t / T, one and other (n,) -> (parts,), (parts,).
    """
    part = (level.cpu().double() * parts - 1e-6).long()
    pieces = [(one - other).cpu().double()[part == i] for i in range(parts)]
    errors_of_means = [piece.std() / len(piece) ** 0.5 for piece in pieces]
    return torch.stack([piece.mean() for piece in pieces]), torch.stack(errors_of_means)
