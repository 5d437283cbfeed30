"""Trainings that do not learn, one for each of the reasons that a check-up looks for, and one that is well.

学不会的训练：检查所查的每种原因各一例，另有一例健康的。

All are the small network of lesson 06's clinic on the digits, 150 steps into a longer run.
"""

import copy
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.arithmetic import threads
from course_utils.data import digits
from course_utils.experiments.clinic import BATCH, EMA, PLANNED, RATE, begin, same_noise, to_unit_range
from course_utils.mlp import MLP
from course_utils.objectives import errors
from course_utils.schedules import Schedule, cosine, raw_linear
from course_utils.training import TrainState, adamw, start, train

TAKEN = 150  # steps
FAULTS = ("range", "images", "end", "noise", "batch", "gradients", "rate", "slow", "level", "dead", "ema")


class Patient(NamedTuple):
    """A training as it stands: what `diagnose` is given. 一次训练的现状，即交给 `diagnose` 的那些。"""

    state: TrainState
    schedule: Schedule
    x0: Tensor
    objective: Callable[..., Tensor]


def other_noise(schedule, network, x0, t, eps, *, labels=None) -> Tensor:
    """`errors` whose target is the noise of another image. 目标取了别的图像的噪声的 `errors`。"""
    return errors(schedule, _Answering(network, eps), x0, t, eps, labels=labels)


class _Answering:
    """What a network answers, as it must be for its error against eps to be that against the next image's noise."""

    def __init__(self, network, eps):
        self.network, self.shift = network, eps - eps.roll(1, 0)

    def __call__(self, xt, log_snr):
        return self.network(xt, log_snr) + self.shift


def unreadable(x: Tensor) -> Tensor:
    """Every third image a grey square, as where a loader could not read a file. 每三幅有一幅是灰方块：文件没读出来。"""
    return torch.where((torch.arange(len(x)) % 3 == 0)[:, None, None, None], torch.zeros(()), x)


def last_layer_only(parameters, lr: float) -> torch.optim.Optimizer:
    """AdamW that is given the last layer alone. 只拿到最后一层的 AdamW。"""
    return adamw(list(parameters)[-2:], lr=lr)


@threads(1)
def patient(fault: str = "", seed: int = 0, steps: int = TAKEN) -> Patient:
    """Train with one fault ("" for none). 带着一个毛病（"" 表示没有）训练。"""
    with torch.random.fork_rng(devices=[]):  # the reader's own stream stays as it is
        state = _begun(fault, seed)
    before, x = copy.deepcopy(state.ema), digits().x
    x = {"range": to_unit_range, "images": unreadable}.get(fault, lambda same: same)(x)
    schedule = raw_linear(200) if fault == "end" else cosine()
    objective = {"noise": same_noise, "batch": other_noise}.get(fault, errors)
    for _ in islice(train(state, schedule, x, PLANNED, batch=BATCH, ema_decay=EMA, objective=objective), steps):
        pass
    state.ema = before if fault == "ema" else state.ema
    return Patient(state, schedule, x, objective)


def _begun(fault: str, seed: int) -> TrainState:
    if fault not in ("dead", "slow"):
        return begin(fault, seed)
    torch.manual_seed(seed)
    network = MLP(size=64, width=256, layers=2)
    if fault == "slow":
        return start(network, lr=RATE / 100, seed=seed)
    return start(network, lr=RATE, seed=seed, optimizer=last_layer_only)
