"""The full run on Fashion-MNIST, with its live monitor. 在 Fashion-MNIST 上的完整训练，带实时监视器。"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from course_utils import checkpoints, data
from course_utils.denoisers import clipped, from_network
from course_utils.muon import Muon
from course_utils.objectives import errors_of_v, held_out
from course_utils.samplers import ddim, last
from course_utils.schedules import cosine
from course_utils.times import even_times
from course_utils.training import TrainState, start, train
from course_utils.unet import UNet
from course_utils.widgets import watch

THREADS = torch.get_num_threads()  # as many as torch takes by itself, before a page asks for fewer


def train_garments(steps: int, folder: str | Path = "fashion_mnist", every: int = 250) -> TrainState:
    """Train up to step `steps`, on all cores, from the last checkpoint in `folder` if any.

    用全部核训练到第 `steps` 步；`folder` 中若有检查点就从那里接着训练。

    Each `every` steps the last checkpoint and the best are kept, best on one image in 30, which training never sees.
    """
    x, y = data.fashion_mnist()
    out = torch.arange(len(x)) % 30 == 0
    torch.manual_seed(0)
    network = UNet(channels=1, width=48, multipliers=(1, 2), classes=10, patch=2)
    state = checkpoints.resume(folder, start(network, optimizer=Muon))
    noise = torch.randn(20, 1, 28, 28, generator=torch.Generator().manual_seed(7))
    how = dict(batch=128, labels=y[~out], ema_decay=0.999, unlabelled=0.1, objective=errors_of_v)
    records = train(state, cosine(), x[~out], steps, **how)

    def keep() -> None:
        _, found = held_out(cosine(), state.ema, x[out], y[out])
        checkpoints.save_in(folder, state, float(found.mean()))

    with threads(THREADS):
        watch(records, steps, lambda: garments(state.ema, noise), every, then=keep)
    return state


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Let torch compute on n threads within the block, and on as many as before after it. 块内让 torch 用 n 个线程。"""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def garments(network: nn.Module, noise: Tensor) -> Tensor:
    """Samples of DDIM in 30 steps, with the labels 0 to 9 in turn. 30 步 DDIM 的样本，标签依次为 0 到 9。"""
    schedule, labels = cosine(), torch.arange(len(noise)) % 10
    denoiser = clipped(schedule, from_network(schedule, network, labels))
    return last(ddim(schedule, denoiser, noise, even_times(schedule.T, 30)))
