"""Put a reader's U-Net to work, and say where on its way through the floors something stops.

让读者的 U-Net 运行起来；若中断，说出停在各级路上的何处。
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from course_utils.exercises.judging import BLANK
from course_utils.exercises.lesson_05.build_sizes import fault_of_sizes
from course_utils.exercises.lesson_05.build_stops import where_it_stopped, while_making, with_the_number
from course_utils.experiments.assembled import WHOLE, Call, watched
from course_utils.language import Said
from course_utils.unet import UNet

# Widths by the number of floors: no two alike, so that channels mixed up do not fit; the first is no e / 4.
WIDTHS = {1: (16,), 2: (16, 24), 3: (24, 8, 16)}


class Trial(NamedTuple):
    """A reader's network at work on one batch: what it is made for, its calls and its answer; else a fault.

    读者的网络处理一批图像：设置、各次调用、回答；否则是错误说明。
    """

    widths: tuple[int, ...]
    xt: Tensor
    log_snr: Tensor
    network: nn.Module | None = None
    calls: tuple[Call, ...] = ()
    answer: Any = None
    fault: Said | None = None


def made(answer: Callable, settings: tuple, generator: torch.Generator) -> tuple[nn.Module | None, Said | None]:
    """The reader's network for these settings, built from drawn weights; or what is wrong. 按设置建出读者的网络。"""
    try:
        network = answer(*settings)
    except Exception as error:  # whatever a reader's class raises
        return None, while_making(error)
    if network is None or network is ...:
        return None, BLANK
    if not isinstance(network, nn.Module):
        kind = type(network).__name__
        return None, (f"it gives a {kind}; it should be a torch.nn.Module", f"得到的是 {kind}；应当是 torch.nn.Module")
    return network, None


def package_of(widths: tuple[int, ...], generator: torch.Generator, channels: int = 1) -> UNet:
    """The package's own network of these widths, its embedding 32 wide. 本包的网络，各级宽度如所给，嵌入宽 32。"""
    return made(lambda: UNet(channels, 8, tuple(width // 8 for width in widths)), (), generator)[0]


def tried(
    answer: Callable,
    generator: torch.Generator,
    floors: int = 3,
    *,
    shape: tuple[int, int, int, int] | None = None,
    e: int = 20,
    drawn: bool = True,
) -> Trial:
    """Build a reader's network and send a batch through; with weights drawn anew, unless `drawn` is False.

    建出读者的网络，让一批图像通过；权重另行抽取，除非 `drawn` 为 False。
    """
    widths, side, dtype = WIDTHS[floors], 2**floors, torch.get_default_dtype()
    shape = shape or (3, 1, side, side + side // 2)
    xt = torch.randn(shape, generator=generator, dtype=dtype)
    apart = torch.linspace(-5, 5, shape[0], dtype=dtype)[torch.randperm(shape[0], generator=generator)]
    log_snr = apart + 0.5 * torch.rand(shape[0], generator=generator, dtype=dtype)  # no two alike, none all noise
    network, fault = made(answer, (shape[1], widths, e), generator)
    if fault is not None:
        return Trial(widths, xt, log_snr, fault=fault)
    handed = xt.clone()
    calls, given, error = watched(network, handed, log_snr.clone())
    if drawn and error is None:
        draw_weights(calls, generator)
        calls, given, error = watched(network, handed, log_snr.clone())
    fault = fault_of_stopping(calls, error, widths, xt) if error is not None else no_answer(given, xt)
    fault = with_the_number(fault, network, floors) if error is not None else fault
    if fault is None and _past_a_call(network, calls):
        fault = (
            "the `forward` of a part is called by itself; call the part: `block(x, embedding)`, not `block.forward(…)`",
            "直接调用了部件的 `forward`；请调用部件本身：写 `block(x, embedding)`，不写 `block.forward(…)`",
        )
    if fault is None and not torch.equal(handed, xt):
        fault = (
            "it changes the images themselves; write `a * x`, not `x *= a`",
            "它改动了图像本身；请写 `a * x` 而不是 `x *= a`",
        )
    return Trial(widths, xt, log_snr, network, tuple(calls), given, fault)


def fault_of_stopping(calls: list[Call], error: Exception, widths: tuple[int, ...], xt: Tensor) -> Said:
    """Why it stops: a size that was got wrong before, or what does not fit where it stopped. 为何中断。"""
    return fault_of_sizes(calls, error, len(widths), xt) or where_it_stopped(calls, error, widths, xt)


def _past_a_call(network: nn.Module, calls: list[Call]) -> bool:
    """Do layers inside a part work that was not called itself? 部件本身没有被调用，里面的层却在工作？"""
    whole = [layer for layer in network.modules() if isinstance(layer, WHOLE)]
    inside = {id(layer) for part in whole for layer in part.modules() if layer is not part}
    return any(id(call.layer) in inside for call in calls)


def no_answer(given: Any, xt: Tensor) -> Said | None:
    """What is wrong with the form of an answer. 回答的形式错在哪里。"""
    if given is None or given is ...:
        return BLANK
    if not isinstance(given, Tensor):
        kind = type(given).__name__
        return f"it returns a {kind}; return a tensor alone", f"返回的是 {kind}；请只返回一个张量"
    if given.shape != xt.shape:
        found, wanted = tuple(given.shape), tuple(xt.shape)
        return (
            f"for images {wanted} it returns {found}; it should have the images' shape",
            f"给它 {wanted} 的图像，返回的是 {found}；形状应与图像相同",
        )
    return None


@torch.no_grad()
def draw_weights(calls: list[Call], generator: torch.Generator) -> None:
    """Draw all weights of what was called, zeros too, so that every layer has a say. 抽取各层的全部权重，零也换掉。"""
    for layer in {id(call.layer): call.layer for call in calls}.values():
        for part in layer.modules():
            for name, weight in part.named_parameters(recurse=False):
                drawn = torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
                around = 1 if isinstance(part, nn.GroupNorm) and name == "weight" else 0
                weight.copy_(around + drawn / (weight[0].numel() if weight.ndim > 1 else 9) ** 0.5)
