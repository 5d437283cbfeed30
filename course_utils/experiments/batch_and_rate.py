"""Batch and learning rate: what a larger batch is worth, and how far its rate may rise, by a small measured sweep.

批量与学习率：更大的批量值多少，学习率可以随之升多高；由一次小规模的扫描量出。

A small network on the digits. Every batch and rate is tried twice: as many images seen, and as many steps taken.
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
from course_utils.schedules import cosine
from course_utils.training import start, train

BATCHES, RATES = (16, 64, 256), (0.001, 0.002, 0.004, 0.008, 0.016, 0.032)
IMAGES, STEPS, SEEDS = 12_800, 200, 3  # images seen in all, or steps taken; trainings a point
MEMORY = 1600  # images over which the moving average of the weights remembers, whatever the batch

# What `bigger.py images` and `bigger.py steps` print: held-out loss by batch, rate by rate; mean of three seeds and its
# standard error.
BY_IMAGES: dict[int, tuple[Estimate, ...]] = {}
BY_STEPS: dict[int, tuple[Estimate, ...]] = {}


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
    with torch.random.fork_rng(devices=[]):  # the reader's own stream stays as it is
        torch.manual_seed(seed)
        state = start(MLP(size=64, width=128, layers=2), lr=lr, seed=seed)
    try:
        for _ in train(state, cosine(), learned, steps, batch=batch, ema_decay=math.exp(-batch / MEMORY)):
            pass
        return mean(float(held_out(cosine(), state.ema, unseen, seed=k).errors.mean()) for k in range(4))
    except CourseError:  # a loss that is no number
        return math.inf


def swept(*, by_steps: bool = False, seeds: int = SEEDS) -> Iterator[tuple[int, list[Estimate]]]:
    """Batch by batch what `BY_IMAGES` or `BY_STEPS` holds, measured anew. 逐个批量重新测量存下的表。"""
    for batch in BATCHES:
        steps = STEPS if by_steps else IMAGES // batch
        found = [[loss_after(batch, lr, steps, seed=seed) for seed in range(seeds)] for lr in RATES]
        yield batch, [Estimate(mean(of), stdev(of) / seeds**0.5 if max(of) < math.inf else math.inf) for of in found]
