"""The gradient of a large batch, computed a part at a time: what must hold for both to be equal, and what it saves.

把大批量的梯度分成几份来算：两者相等要满足什么，又省下了什么。
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_utils.arithmetic import threads
from course_utils.data import digits
from course_utils.notes_unets import SimpleUNet
from course_utils.objectives import errors, spread_times
from course_utils.randomness import seeded, standard_normal
from course_utils.schedules import cosine
from course_utils.unet import UNet


class NoisedBatch(NamedTuple):
    """A batch and all that is drawn for it: images (n, c, h, w), times (n,), noise like the images.

    一批图像以及为它抽取的一切：图像 (n, c, h, w)、时间步 (n,)、与图像同形的噪声。
    """

    x0: Tensor
    t: Tensor
    eps: Tensor


def one_batch(n: int = 100, size: int = 8, *, seed: int = 0) -> NoisedBatch:
    """The first n digits with times and noise. 前 n 个数字，连同时间步与噪声。"""
    generator, x0 = seeded(seed), digits(size).x[:n]
    return NoisedBatch(x0, spread_times(1000, n, generator=generator), standard_normal(x0, generator))


@torch.random.fork_rng(devices=[])  # the reader's own stream stays as it is
def small_networks(*, seed: int = 0) -> dict[str, nn.Module]:
    """Two small networks for one-channel images, one with group norm and one with batch norm, nothing in them silent.

    单通道图像用的两个小网络，一个用组归一化，一个用批归一化；没有一处输出恒为 0。
    """
    torch.manual_seed(seed)
    networks = {"group norm": UNet(channels=1, width=16), "batch norm": SimpleUNet(channels=1)}
    for weight in networks["group norm"].parameters():
        if not weight.any():
            nn.init.normal_(weight, std=0.05)
    return networks


@threads(1)
def gradient(network: nn.Module, batch: NoisedBatch, at_once: int, *, by_parts: bool = False) -> Tensor:
    """The gradient of a batch's mean error, `at_once` images at a time, all weights in one row.

    一批图像平均误差的梯度，每次只算 `at_once` 幅；所有权重排成一行。

    Each image counts 1 / n. `by_parts`, the usual slip, lets each part count alike, however few images it holds.
    """
    network.zero_grad()
    parts = list(zip(*(whole.split(at_once) for whole in batch), strict=True))
    for x0, t, eps in parts:
        values = errors(cosine(), network, x0, t, eps)
        loss = values.mean() / len(parts) if by_parts else values.sum() / len(batch.x0)
        loss.backward()  # adds to what the parts before have left
    return torch.cat([weight.grad.flatten() for weight in network.parameters()])


def off_by(one: Tensor, other: Tensor) -> float:
    """How far two gradients are apart, as a share of the first. 两个梯度相差多少，以第一个的长度为单位。"""
    return float((one - other).norm() / one.norm())
