"""From grey to colour: a trained network of grey images made one of colour ones, and nothing forgotten.

由灰度到彩色：把训练好的灰度网络变成彩色网络，原来会的一样不丢。
"""

import copy

import torch
from torch import nn

from course_utils.gates import WIDE, check_kind, check_whole
from course_utils.language import CourseError
from course_utils.unet import UNet


@torch.no_grad()
def widened(network: UNet, channels: int = 3) -> UNet:
    """A copy of a grey U-Net that reads and answers in several channels: its first and last layers are widened.

    灰度 U-Net 的副本，读写多个通道：加宽的是它的第一层与最后一层。

    The first layer reads the mean of the channels, the last gives each channel the grey answer. So a grey picture with
    grey noise, the same in all channels, gets the grey network's answer, up to rounding. Colour noise is another
    matter: its mean is quieter than the network is told, and of differences between channels it knows nothing yet.

    Shapes: of the copy, xt (b, channels, h, w) -> eps_hat like xt; all layers between are as they were.
    Raises: CourseError for what is no `UNet` of one channel, one with a way of low
    rank beside its first or last layer, or fewer than 2 channels.
    """
    check_kind("network", network, UNet, "weights.pretrained('digits')")
    channels = check_whole("channels", channels, 2, WIDE)
    if network.config["channels"] != 1:
        has = network.config["channels"]
        raise CourseError(
            f"The network has {has} channels already. What is widened is one of grey images, UNet(channels=1).",
            f"这个网络已经有 {has} 个通道。能加宽的是灰度网络，即 UNet(channels=1)。",
        )
    for name in ("stem", "head.2"):
        check_kind(f"network.{name}", network.get_submodule(name), nn.Conv2d, "low_rank.merged(network)." + name)
    one = copy.deepcopy(network)
    one.config = {**network.config, "channels": channels}
    first, last = one.stem, one.head[-1]
    first.in_channels, last.out_channels = channels * first.in_channels, channels * last.out_channels
    first.weight = _as_before(first.weight, first.weight.repeat(1, channels, 1, 1) / channels)
    last.weight = _as_before(last.weight, last.weight.repeat(channels, 1, 1, 1))
    last.bias = _as_before(last.bias, last.bias.repeat(channels))
    return one


def _as_before(weight: nn.Parameter, wide: torch.Tensor) -> nn.Parameter:
    """The wide weight as a parameter that learns if the narrow one did, in the same order in memory."""
    wide = wide.contiguous(memory_format=torch.channels_last) if wide.ndim == 4 else wide
    return nn.Parameter(wide, requires_grad=weight.requires_grad)
