"""Put a reader's U-Net to work, and say where on its way through the floors something stops.

让读者的 U-Net 运行起来；若中断，说出停在各级路上的何处。
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from course_utils.blocks import ResidualBlock
from course_utils.exercises.judging import BLANK
from course_utils.exercises.stops import stopped
from course_utils.experiments.assembled import Call, described, watched
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
    with torch.random.fork_rng(devices=[]):  # the reader's own stream stays as it is
        torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
        try:
            network = answer(*settings)
        except AttributeError as error:
            if "Module.__init__()" not in str(error):
                raise
            return None, (
                "a layer is assigned before `super().__init__()` has run; that line comes first",
                "`super().__init__()` 还没运行就给层赋了值；这一行应当写在最前面",
            )
    if network is None or network is ...:
        return None, BLANK
    if not isinstance(network, nn.Module):
        kind = type(network).__name__
        return None, (f"it gives a {kind}; it should be a torch.nn.Module", f"得到的是 {kind}；应当是 torch.nn.Module")
    return network, None


def package_of(widths: tuple[int, ...], generator: torch.Generator) -> UNet:
    """The package's own network of these widths, its embedding 32 wide. 本包的网络，各级宽度如所给，嵌入宽 32。"""
    return made(lambda: UNet(1, 8, tuple(width // 8 for width in widths)), (), generator)[0]


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
    log_snr = 4 * torch.randn(shape[0], generator=generator, dtype=dtype)
    network, fault = made(answer, (shape[1], widths, e), generator)
    if fault is not None:
        return Trial(widths, xt, log_snr, fault=fault)
    handed = xt.clone()
    calls, given, error = watched(network, handed, log_snr.clone())
    if drawn and error is None:
        draw_weights(calls, generator)
        calls, given, error = watched(network, handed, log_snr.clone())
    fault = where_it_stopped(calls, error, widths) if error is not None else no_answer(given, xt)
    if fault is None and not torch.equal(handed, xt):
        fault = (
            "it changes the images themselves; write `a * x`, not `x *= a`",
            "它改动了图像本身；请写 `a * x` 而不是 `x *= a`",
        )
    return Trial(widths, xt, log_snr, network, tuple(calls), given, fault)


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


def blocks_of(calls: tuple[Call, ...]) -> list[Call]:
    """The residual blocks in the order of work. 残差块，按工作次序。"""
    return [call for call in calls if isinstance(call.layer, ResidualBlock)]


def names_of_blocks(floors: int) -> list[Said]:
    """What the residual blocks are called, in the order of work; floor 1 is the top. 各残差块的叫法，最上面是第 1 级。"""
    down = [(f"the down block of floor {i}", f"第 {i} 级的下行块") for i in range(1, floors + 1)]
    bottom = [("bottom block 1", "底部第 1 个块"), ("bottom block 2", "底部第 2 个块")]
    up = [
        (f"up block {nth} of floor {i}", f"第 {i} 级第 {nth} 个上行块") for i in range(floors, 0, -1) for nth in (1, 2)
    ]
    return down + bottom + up


def where_it_stopped(calls: list[Call], error: Exception, widths: tuple[int, ...]) -> Said:
    """Which layer was given something that does not fit, or the error itself. 哪一层得到的输入不合，或错误本身。"""
    names, nth = names_of_blocks(len(widths)), len(blocks_of(tuple(call for call in calls if call.output is not None)))
    en, zh = names[nth] if nth < len(names) else ("the head", "头部")
    open_ones = [call for call in calls if call.output is None]
    layer, given = (open_ones[0].layer, open_ones[0].given[:1]) if open_ones else (None, ())
    if isinstance(error, IndexError) and "pop" in str(error):
        return (
            "it runs out of skips: `stem`, each block and each halving on the way down leave one, each up block takes one",
            "跳跃连接不够用：`stem`、下行的每个块与每次减半各留一份，每个上行块取一份",
        )
    if clash := re.search(r"Module\.(double|half|float|train|type)\(\)", str(error)):
        return (
            f"`self.{clash[1]}` is a method that every torch module has; give your layer another name",
            f"`self.{clash[1]}` 是每个 torch 模块都有的方法；请给你的层换个名字",
        )
    if layer is None and "Sizes of tensors must match" in str(error):
        return (
            f"with widths {widths} it stops before {en}: the two that are joined for it differ in height and width",
            f"宽度为 {widths} 时，在{zh}之前中断：要为它拼接的两份，高与宽不同",
        )
    batch = len(calls[0].given[0]) if calls else 0
    if layer is None and f"The size of tensor a ({batch}) must match" in str(error):
        return (
            "the factors of x_t and v, one for each image, need the shape (b, 1, 1, 1): `[:, None, None, None]`",
            "x_t 与 v 的系数，每幅图像一个，形状应为 (b, 1, 1, 1)：`[:, None, None, None]`",
        )
    shape = tuple(given[0].shape) if given and isinstance(given[0], Tensor) else ()
    wanted = _channels(layer)
    if wanted is None or len(shape) != 4 or shape[1] == wanted:
        return stopped(error)
    if not isinstance(layer, ResidualBlock):
        en = zh = described(layer)
    return (
        f"with widths {widths} it stops in {en}: made for {wanted} channels, it is given {shape}",
        f"宽度为 {widths} 时，停在{zh}：它是为 {wanted} 个通道建的，得到的却是 {shape}",
    )


def _channels(layer: nn.Module | None) -> int | None:
    """How many channels a layer reads. 一层读多少个通道。"""
    if isinstance(layer, ResidualBlock):
        return layer.conv1.in_channels
    return getattr(layer, "in_channels", None)
