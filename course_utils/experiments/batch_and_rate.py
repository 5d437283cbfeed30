"""Batch and learning rate: what a larger batch is worth, and how far its rate may rise, by a small measured sweep.

批量与学习率：更大的批量值多少，学习率可以随之升多高；由一次小规模的扫描量出。

A small network on the digits: every batch at every rate, as many images seen; at the best rate also as many steps.
"""

import math
from collections.abc import Iterator
from functools import cache
from statistics import mean, stdev

import torch
from torch import Tensor

from course_utils.arithmetic import threads
from course_utils.data import digits
from course_utils.estimates import Estimate
from course_utils.language import CourseError
from course_utils.mlp import MLP
from course_utils.objectives import held_out
from course_utils.randomness import stream_at
from course_utils.schedules import cosine
from course_utils.training import start, train

BATCHES, RATES = (16, 64, 256), (0.001, 0.002, 0.004, 0.008, 0.016, 0.032)
IMAGES, STEPS, SEEDS = 12_800, 200, 3  # images seen in all, or steps taken; trainings a point
MEMORY = 1600  # images over which the moving average of the weights remembers, whatever the batch

# What `bigger.py images` prints: held-out loss by batch, rate by rate; mean of three seeds and its standard error.
BY_IMAGES: dict[int, tuple[Estimate, ...]] = {
    16: (
        Estimate(0.2566, 0.0003),
        Estimate(0.2450, 0.0005),
        Estimate(0.2438, 0.0002),
        Estimate(0.2447, 0.0002),
        Estimate(0.2482, 0.0007),
        Estimate(0.2518, 0.0004),
    ),
    64: (
        Estimate(0.3153, 0.0012),
        Estimate(0.2717, 0.0010),
        Estimate(0.2530, 0.0012),
        Estimate(0.2492, 0.0006),
        Estimate(0.2501, 0.0006),
        Estimate(0.3044, 0.0514),
    ),
    256: (
        Estimate(0.3942, 0.0014),
        Estimate(0.3505, 0.0025),
        Estimate(0.3030, 0.0016),
        Estimate(0.2748, 0.0017),
        Estimate(0.3065, 0.0119),
        Estimate(0.4149, 0.0032),
    ),
}
# What `bigger.py steps` prints: the same after 200 steps at the best rate of each.
BY_STEPS: dict[int, Estimate] = {
    16: Estimate(0.2979, 0.0015),
    64: Estimate(0.2492, 0.0006),
    256: Estimate(0.2324, 0.0010),
}


@cache
def shared_out() -> tuple[Tensor, Tensor]:
    """The digits to learn from, and every sixth, kept out. 供学习的数字，以及留出的六分之一。"""
    out = torch.arange(1797) % 6 == 0
    return digits().x[~out], digits().x[out]


@threads(1)
def loss_after(batch: int, lr: float, steps: int, *, seed: int = 0) -> float:
    """The held-out loss (of the average weights) after so many steps; inf where the training broke off.

    训练这么多步之后（平均权重）的留出损失；训练中断则为 inf。
    """
    learned, unseen = shared_out()
    with stream_at(seed):
        state = start(MLP(size=64, width=128, layers=2), lr=lr, seed=seed)
    try:
        for _ in train(state, cosine(), learned, steps, batch=batch, ema_decay=math.exp(-batch / MEMORY)):
            pass
        return mean(float(held_out(cosine(), state.ema, unseen, seed=k).errors.mean()) for k in range(4))
    except CourseError:  # a loss that is no number
        return math.inf


def swept(seeds: int = SEEDS) -> Iterator[tuple[int, list[Estimate]]]:
    """Batch by batch what `BY_IMAGES` holds, measured anew. 逐个批量重新测量 `BY_IMAGES`。"""
    for batch in BATCHES:
        yield batch, [loss_over_seeds(batch, lr, IMAGES // batch, seeds) for lr in RATES]


def after_steps(seeds: int = SEEDS) -> Iterator[tuple[int, Estimate]]:
    """Batch by batch what `BY_STEPS` holds, measured anew. 逐个批量重新测量 `BY_STEPS`。"""
    for batch in BATCHES:
        yield batch, loss_over_seeds(batch, best_rate(batch), STEPS, seeds)


def loss_over_seeds(batch: int, lr: float, steps: int, seeds: int = SEEDS) -> Estimate:
    """The mean of `loss_after` over seeds and its standard error. `loss_after` 对种子的平均及其标准误差。"""
    found = [loss_after(batch, lr, steps, seed=seed) for seed in range(seeds)]
    return Estimate(mean(found), stdev(found) / seeds**0.5 if max(found) < math.inf else math.inf)


def best_rate(batch: int) -> float:
    """The rate of the least stored loss, of those that were tried. 试过的学习率中，存下的损失最小的那个。"""
    return min(zip(BY_IMAGES[batch], RATES, strict=True))[1]
