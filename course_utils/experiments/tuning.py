"""Starting from a model that exists: the shipped digits' network goes on with a folder of two hundred other images.

从现有的模型开始：随课程附带的手写数字网络，接着在两百幅别的图像上训练。

All weights, ways of low rank, or anew from nothing, at equal steps; and what becomes of the digits meanwhile.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_utils import data
from course_utils.arithmetic import threads
from course_utils.denoisers import image_denoiser
from course_utils.low_rank import with_low_rank
from course_utils.objectives import errors_of_v, held_out
from course_utils.randomness import seeded
from course_utils.samplers import ddim, finish
from course_utils.schedules import cosine
from course_utils.times import even_times
from course_utils.training import start, train
from course_utils.unet import UNet
from course_utils.weights import pretrained
from course_utils.widening import widened

SIZE, IN_FOLDER, BOOTS = 8, 200, 9
STEPS, BATCH, RANK = 60, 32, 4
SHIPPED_STEPS = 4 * STEPS
OUTER = "stem", "head.2"  # the layers that read and write colours
SEEDS = 0, 1
# What `tuning.py pace` prints: milliseconds a step.
PACE = {"all weights": 149.1, "low rank": 113.6, "from nothing": 149.3}
# What `tuning.py table` prints, two seeds: the loss on unseen images of the new and the old kind, each with its error.
STORED: dict[str, dict[str, tuple[tuple[float, float], tuple[float, float]]]] = {
    "boots": {
        "before": ((0.5893, 0.0), (0.1405, 0.0)),
        "untrained": ((0.4388, 0.0), (0.4643, 0.0)),
        "all weights": ((0.1134, 0.0000), (0.5668, 0.0162)),
        "low rank": ((0.1291, 0.0029), (0.4972, 0.0060)),
        "from nothing": ((0.1722, 0.0107), (0.5740, 0.0021)),
        "low rank, equal seconds": ((0.1246, 0.0023), (0.5125, 0.0105)),
        "all weights, replayed": ((0.1244, 0.0011), (0.1731, 0.0016)),
        "low rank, replayed": ((0.1504, 0.0020), (0.1630, 0.0006)),
    },
    "coloured_digits": {
        "before": ((0.7699, 0.0), (0.3345, 0.0)),
        "untrained": ((0.4168, 0.0), (0.4610, 0.0)),
        "all weights": ((0.3342, 0.0009), (0.4132, 0.0057)),
        "low rank": ((0.3358, 0.0014), (0.4167, 0.0049)),
        "from nothing": ((0.2291, 0.0065), (0.2679, 0.0080)),
    },
}


class Folder(NamedTuple):
    """Images to go on with, others of their kind that training never sees, and the same of the old kind.

    要接着学的图像与训练从未见过的同类，以及原来那一类的两份。
    """

    new: Tensor
    unseen: Tensor
    old: Tensor
    old_unseen: Tensor


class Tuned(NamedTuple):
    """The loss on unseen images of the new and of the old kind: the squared error of eps, at any t.

    新旧两类没见过的图像上的损失：eps 的平方误差，t 不限。
    """

    new: float
    old: float


class Going(NamedTuple):
    """A way to train: the network that it begins with, its learning rate, and whether old images are replayed.

    一种训练方式：从哪个网络开始、学习率、是否重放旧图像。
    """

    network: Callable[[int, int], nn.Module]  # of channels and a seed
    lr: float
    replay: bool = False


@cache
def boots() -> Folder:
    """200 ankle boots shrunk to 8x8, and as many from the test set; digits are the old kind.

    缩到 8x8 的 200 双短靴，以及测试集里同样多的；旧的一类是手写数字。
    """
    new, unseen = (data.garments(split) for split in ("train", "test"))
    chosen = (data.resize(one.x[one.y == BOOTS][:IN_FOLDER], SIZE) for one in (new, unseen))
    return Folder(*chosen, *_digits())


@cache
def coloured_digits() -> Folder:
    """200 digits in colour, and 360 of digits that training never saw; the old kind are grey, in three channels.

    200 个彩色数字，以及 360 个由训练从未见过的数字上色而成的；旧的一类是三个通道里的灰度数字。
    """
    old, old_unseen = _digits()
    new, unseen = coloured(old[:IN_FOLDER], seeded(0)), coloured(old_unseen, seeded(1))
    return Folder(new, unseen, *(x.expand(-1, 3, -1, -1) for x in (old, old_unseen)))


FOLDERS = {"boots": boots, "coloured_digits": coloured_digits}


def coloured(x: Tensor, generator: torch.Generator) -> Tensor:
    """Grey images in colour: a light colour for what is white and a dark one for what is black, drawn for each.

    给灰度图像上色：白处换成一种亮色，黑处换成一种暗色，每幅各抽一对。

    Shapes: (n, 1, h, w) in [-1, 1] -> (n, 3, h, w) in [-1, 1].
    """
    light, dark = (torch.rand(len(x), 3, 1, 1, generator=generator) for _ in range(2))
    light = 2 * (light - light.amax(1, keepdim=True)) + 1  # as bright as its hue can be
    return torch.lerp(0.7 * dark - 1, light, (x + 1) / 2)


def _digits() -> tuple[Tensor, Tensor]:
    """The digits that the shipped network was trained on, and those kept out of its training."""
    x = data.digits(SIZE).x
    out = torch.arange(len(x)) % 5 == 0
    return x[~out], x[out]


def known(channels: int) -> UNet:
    """The shipped network of digits, widened where it is to see colours. 附带的数字网络；要看彩色时先加宽。"""
    network = pretrained("digits")
    return network if channels == 1 else widened(network, channels)


def _all_weights(channels: int, seed: int) -> nn.Module:
    return known(channels).requires_grad_(True)


def _low_rank(channels: int, seed: int) -> nn.Module:
    also = OUTER if channels > 1 else ()
    return with_low_rank(known(channels), RANK, also=also, generator=seeded(seed))


@torch.random.fork_rng(devices=[])  # the reader's own stream stays as it is
def _from_nothing(channels: int, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return UNet(**{**pretrained("digits").config, "channels": channels})


WAYS = {
    "all weights": Going(_all_weights, 3e-3),
    "low rank": Going(_low_rank, 3e-2),
    "from nothing": Going(_from_nothing, 4e-3),
    "all weights, replayed": Going(_all_weights, 3e-3, replay=True),
    "low rank, replayed": Going(_low_rank, 3e-2, replay=True),
}


@threads(1)
def tuned(folder: Folder, way: Going, steps: int = STEPS, *, seed: int = 0) -> nn.Module:
    """The network that a way of training makes of a folder: its moving average after so many steps of 32 images.

    一种训练方式在一个文件夹上训练出的网络：每步 32 幅，走完若干步后的指数移动平均。

    Where old images are replayed, there are as many of them as of new ones, so that about half of each batch is old.
    """
    x = torch.cat([folder.new, folder.old[:IN_FOLDER]]) if way.replay else folder.new
    state = start(way.network(x.shape[1], seed), lr=way.lr, seed=seed)
    for _ in train(state, cosine(), x, steps, batch=BATCH, objective=errors_of_v):
        pass
    return state.ema


def asked_of(name: str) -> list[tuple[str, Going, int]]:
    """The rows of a table: what each is called, the way to train, its steps. 一张表的各行：名称、训练方式、步数。

    Coloured digits: the three ways. Boots: the way of low rank once more, for as many seconds as all weights take; and
    both with old images replayed.
    """
    rows = [(way, WAYS[way], STEPS) for way in ("all weights", "low rank", "from nothing")]
    if name == "boots":
        as_long = round(STEPS * PACE["all weights"] / PACE["low rank"])
        rows.append(("low rank, equal seconds", WAYS["low rank"], as_long))
        rows += [(way, WAYS[way], STEPS) for way in ("all weights, replayed", "low rank, replayed")]
    return rows


@threads(1)
def losses_of(network: nn.Module, folder: Folder) -> Tuned:
    """The two losses of a network, always at the same times and noise. 网络的两项损失，时间步与噪声总是相同。"""
    return Tuned(*(float(held_out(cosine(), network, x).errors.mean()) for x in (folder.unseen, folder.old_unseen)))


@threads(1)
def images_from(network: nn.Module, xT: Tensor, steps: int = 20) -> Tensor:
    """What a network makes of noise by DDIM, clipped. 网络用 DDIM 由噪声画出的图像，截断。

    Shapes: xT (n, c, h, w) -> the same.
    """
    return finish(ddim(cosine(), image_denoiser(cosine(), network), xT, even_times(cosine(), steps)))


def learning(network: nn.Module) -> int:
    """How many of a network's numbers training moves. 训练会改变网络中的多少个数。"""
    return sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
