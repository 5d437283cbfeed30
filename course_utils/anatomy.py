"""A network taken apart: what each of its parts gives, holds and costs.

把网络拆开看：每个部件给出什么、有多少参数、要算多少。
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.gates import check_kind, check_samples, check_takes
from course_utils.looking import evaluating


@dataclass(frozen=True, eq=False)
class Station:
    """A part of a network at work on one batch: its name, its output, its parameters, multiplications per image.

    网络的一个部件处理一批图像的情形：名称、输出、参数个数、每幅图像的乘法次数。
    """

    name: str
    output: Tensor
    parameters: int
    multiplications: int


@torch.no_grad()
def dissect(network: nn.Module, xt: Tensor, log_snr: Tensor) -> list[Station]:
    """Send a batch through a network and look at each of its parts, in the order in which they come to work.

    让一批图像通过网络，按工作的先后逐一查看各个部件。

    A part is an entry of the network's lists (`down`, `middle`, `up`), or one of its other layers.

    Shapes: xt (b, channels, h, w), log_snr () or (b,).
    Raises: CourseError for what is no network of noised images, no batch, or what the network refuses.
    """
    from torch.utils.flop_counter import FlopCounterMode

    check_takes("network", check_kind("network", network, nn.Module, "UNet()"), "UNet()", xt, log_snr)
    check_samples("x_t", xt)
    found: list[Station] = []
    began: dict[str, int] = {}
    with FlopCounterMode(display=False) as counter:

        def watch(name: str, part: nn.Module) -> list[Any]:
            def before(*_: Any) -> None:
                began[name] = counter.get_total_flops()

            def after(_part: nn.Module, _given: Any, output: Tensor) -> None:
                work = counter.get_total_flops() - began[name]
                size = sum(weight.numel() for weight in part.parameters())
                found.append(Station(name, output.detach(), size, work // (2 * len(xt))))

            return [part.register_forward_pre_hook(before), part.register_forward_hook(after)]

        hooks = [hook for name, part in _named_parts(network) for hook in watch(name, part)]
        try:
            with evaluating(network):
                network(xt, log_snr)
        finally:
            for hook in hooks:
                hook.remove()
    return found


def _named_parts(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Lists of layers are opened, however deep; what can be called stays whole."""
    named = []
    for name, child in network.named_children():
        opened = _named_parts(child) if isinstance(child, nn.ModuleList) else []
        named += [(f"{name}.{below}", part) for below, part in opened] or [(name, child)]
    return named
