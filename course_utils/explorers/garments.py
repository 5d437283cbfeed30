"""The full run on Fashion-MNIST, with its live monitor. 在 Fashion-MNIST 上的完整训练，带实时监视器。"""

from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from course_utils import checkpoints, data
from course_utils.muon import Muon
from course_utils.samplers import clipped, ddim, even_times, from_network, last
from course_utils.schedules import cosine
from course_utils.training import TrainState, start, train
from course_utils.unet import UNet
from course_utils.widgets import watch


def train_garments(steps: int, folder: str | Path = "fashion_mnist", every: int = 250) -> TrainState:
    """Train up to step `steps`, from the last checkpoint in `folder` if there is one; each `every` steps one is kept.

    训练到第 `steps` 步；`folder` 中若有检查点就从那里接着训练，每 `every` 步保存一个。
    """
    x, y = data.fashion_mnist()
    torch.manual_seed(0)
    network = UNet(channels=1, width=48, multipliers=(1, 2), classes=10, patch=2)
    state = checkpoints.resume(folder, start(network, optimizer=Muon))
    noise = torch.randn(20, 1, 28, 28, generator=torch.Generator().manual_seed(7))
    records = train(state, cosine(), x, steps, batch=128, labels=y, ema_decay=0.999, unlabelled=0.1)
    keep = partial(checkpoints.keep, folder, state)
    watch(records, steps, lambda: garments(state.ema, noise), every, then=keep)
    return state


def garments(network: nn.Module, noise: Tensor) -> Tensor:
    """Samples of DDIM in 30 steps, with the labels 0 to 9 in turn. 30 步 DDIM 的样本，标签依次为 0 到 9。"""
    schedule, labels = cosine(), torch.arange(len(noise)) % 10
    denoiser = clipped(schedule, from_network(schedule, network, labels))
    return last(ddim(schedule, denoiser, noise, even_times(schedule.T, 30)))
