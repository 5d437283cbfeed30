"""What a training costs: operations, memory, minutes; counted, measured, and estimated where no such machine is here.

一次训练的代价：运算次数、内存、分钟数；能数的数，能量的量，手边没有的机器就估算。
"""

import time
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_utils.gates import check_whole
from course_utils.language import CourseError
from course_utils.objectives import errors, spread_times
from course_utils.schedules import cosine
from course_utils.unet import UNet

SIZES, WIDTH = (32, 64, 128), 48
FOR_EACH_WEIGHT = 20  # bytes: itself, its gradient, AdamW's two moments, its average, each in float32
IMAGES = 100_000  # seen in the training whose minutes are told
SHARES = (0.1, 0.4)  # of the rate of its matrix products that a machine reaches in training: what an estimate assumes


class StepMemory(NamedTuple):
    """Bytes of a training step: those kept for the way back, and the peak of resident memory, in a process of its own.

    一个训练步占用的字节：为反向传播留存的，以及独立进程中常驻内存的峰值。
    """

    kept: float
    peak: float


# What `bigger.py memory` prints, in megabytes: {what is varied: {its value: what it costs}}; the others are BASE.
BASE = dict(batch=4, size=32, width=WIDTH)
VARIED = {"batch": (1, 2, 4, 8, 16, 32), "size": (16, 32, 64, 128), "width": (16, 32, 48, 64, 96)}
MEMORY: dict[str, dict[int, StepMemory]] = {
    "batch": {
        1: StepMemory(2.9, 85),
        2: StepMemory(5.8, 88),
        4: StepMemory(11.6, 91),
        8: StepMemory(23.1, 104),
        16: StepMemory(46.2, 136),
        32: StepMemory(92.4, 196),
    },
    "size": {16: StepMemory(2.5, 57), 32: StepMemory(11.6, 89), 64: StepMemory(43.6, 144), 128: StepMemory(171.8, 315)},
    "width": {
        16: StepMemory(3.9, 57),
        32: StepMemory(7.7, 71),
        48: StepMemory(11.6, 91),
        64: StepMemory(15.4, 120),
        96: StepMemory(23.0, 203),
    },
}
# What `bigger.py pace` prints: seconds an image in training, by threads and size (an AMD EPYC without AVX-512; those of
# one thread are the processor's).
PACE: dict[int, dict[int, float]] = {1: {32: 0.0223, 64: 0.0873, 128: 0.4135}}
# Not measured: cores x clock x 32 operations a tick, and what its maker says of a GPU, in GFLOP/s of float32.
ASSUMED = {"laptop, 8 x 3 GHz": 768.0, "one GPU, T4": 8100.0}


def sized(size: int, width: int = WIDTH, channels: int = 3) -> UNet:
    """A U-Net for images of this size: a floor more for each doubling, so that the lowest has 8 x 8 places.

    适合这种尺寸的 U-Net：尺寸每翻一倍就多一层，使最底层总是 8 x 8 个位置。

    Raises: CourseError for a size that is not 16, 32, 64, ....
    """
    floors = check_whole("size", size, 16, 1_024).bit_length() - 4
    if size != 8 << floors:
        raise CourseError(
            f"size is {size}. The network halves the sides until 8 are left: 16, 32, 64 or 128.",
            f"size 为 {size}。这个网络把两边逐次减半，直到剩 8：可用 16、32、64、128。",
        )
    return UNet(channels, width, (1, *[2] * (floors - 1)), patch=2)


def some_images(network: UNet, batch: int, size: int) -> Tensor:
    """Images that cost what any others cost: grey, all of them. 与任何图像代价相同的图像：全是灰的。"""
    return torch.zeros(batch, network.config["channels"], size, size)


def _errors(network: nn.Module, x0: Tensor) -> Tensor:
    return errors(cosine(), network, x0, spread_times(1000, len(x0)), torch.ones_like(x0)).mean()


@torch.random.fork_rng(devices=[])  # the reader's own stream stays as it is
def kept(network: nn.Module, x0: Tensor) -> int:
    """Bytes of the tensors that a training step keeps for the way back, each counted once, weights not.

    一个训练步为反向传播留存的张量的字节数，每个只算一次，权重不算。

    No measurement of a process: the same on every machine that computes with the same functions.
    """
    own = {weight.untyped_storage().data_ptr() for weight in network.parameters()}
    found: dict[int, tuple[int, Tensor]] = {}  # the tensors are held, so that no address is used again

    def pack(tensor: Tensor) -> Tensor:
        there = tensor.untyped_storage()
        if there.data_ptr() not in own:
            found[there.data_ptr()] = there.nbytes(), tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        _loss = _errors(network, x0)
    return sum(size for size, _ in found.values())


def held(network: nn.Module) -> int:
    """Bytes that lie there whatever the batch: weights, gradient, AdamW's two moments, the average.

    无论批量多大都占着的字节：权重、梯度、AdamW 的两个矩、平均权重。
    """
    return FOR_EACH_WEIGHT * sum(weight.numel() for weight in network.parameters())


@torch.random.fork_rng(devices=[])
def operations(network: nn.Module, x0: Tensor) -> tuple[float, float]:
    """Operations an image, forward alone and in a training step: products and sums of matrix products, convolutions.

    每幅图像的运算次数，只算前向的，以及整个训练步的：矩阵乘法与卷积中的乘法和加法。
    """
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        loss = _errors(network, x0)
        forward = counter.get_total_flops()
        loss.backward()
    network.zero_grad()
    return forward / len(x0), counter.get_total_flops() / len(x0)


def products_rate(side: int = 1024, rounds: int = 5) -> float:
    """GFLOP/s of this machine in products of matrices, the best of some, on as many threads as torch uses now.

    这台机器此刻做矩阵乘法的 GFLOP/s，取几次中最好的。
    """
    a, b, spent = torch.ones(side, side), torch.ones(side, side), []
    for _ in range(rounds):
        began = time.perf_counter()
        a @ b
        spent.append(time.perf_counter() - began)
    return 2 * side**3 / min(spent) / 1e9


def minutes_for(images: int, each: float, gflops: float) -> float:
    """Minutes of a training that sees so many images, `each` operations for one, at so many `gflops`.

    一次训练的分钟数：看这么多幅图像，每幅 each 次运算，速度为 `gflops`。
    """
    return images * each / (gflops * 1e9) / 60


def minutes_rows(each: dict[int, float], images: int = IMAGES) -> dict[str, dict[int, tuple[float, float]]]:
    """Least and most minutes, by machine and size: as PACE has it, or estimated from `each`, operations an image.

    各机器、各尺寸所需分钟数的下限与上限：PACE 里有的是实测，其余由每幅图像的运算次数估算。
    """
    rows = {}
    for n, paces in PACE.items():
        rows[f"measured, {n} thread" + "s" * (n > 1)] = {
            size: (images * pace / 60,) * 2 for size, pace in paces.items()
        }
    for name, gflops in ASSUMED.items():
        rows[f"estimate, {name}"] = {
            size: tuple(minutes_for(images, of, share * gflops) for share in SHARES[::-1]) for size, of in each.items()
        }
    return rows


def power(x: Iterable[float], y: Iterable[float]) -> float:
    """The k of y ~ x^k: the slope of a straight line through the logarithms. y ~ x^k 中的 k：对数之间直线的斜率。"""
    a, b = (torch.tensor([*values], dtype=torch.float64).log() for values in (x, y))
    return float(((a - a.mean()) * (b - b.mean())).sum() / (a - a.mean()).square().sum())
