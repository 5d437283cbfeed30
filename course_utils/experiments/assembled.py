"""A U-Net at work, layer by layer, whatever its layers are called; and its weights carried into another.

工作中的 U-Net，逐层记下，不论各层叫什么名字；以及把它的权重搬进另一个网络。
"""

import copy
import inspect
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from course_utils.attention import Attention
from course_utils.blocks import NoiseLevelEmbedding, ResidualBlock
from course_utils.language import CourseError
from course_utils.looking import evaluating

WHOLE = (NoiseLevelEmbedding, ResidualBlock, Attention)  # looked at from outside; of all others the single layers


@dataclass(eq=False)
class Call:
    """One layer at work: what it was given and what it gave, None where it stopped. 一层的一次工作：所得与所给。"""

    layer: nn.Module
    given: tuple[Any, ...]
    output: Tensor | None = None

    @property
    def kind(self) -> type:
        """What it is; the order of work is compared within a kind alone. 它的种类；工作次序只在同类之内比较。"""
        return next((kind for kind in WHOLE if isinstance(self.layer, kind)), type(self.layer))


@torch.no_grad()
def watched(network: nn.Module, *given: Any) -> tuple[list[Call], Any, Exception | None]:
    """Ask a network, and note its layers with weights in the order of work; and its answer, or the error it stops with.

    让网络工作，按次序记下每个带权重的层；以及它的回答，或使它中断的错误。

    Layers that the network does not know to be its own (in a plain list) are seen as well.
    """
    calls: list[Call] = []

    def before(layer: nn.Module, inputs: tuple) -> None:
        if isinstance(layer, WHOLE) or any(True for _ in layer.parameters(recurse=False)):
            calls.append(Call(layer, inputs))

    def after(layer: nn.Module, inputs: tuple, by_name: dict[str, Any], output: Tensor) -> None:
        for call in reversed(calls):
            if call.layer is layer and call.output is None:
                call.given, call.output = in_order(layer, inputs, by_name), output
                break

    hooks = [register_module_forward_pre_hook(before), register_module_forward_hook(after, with_kwargs=True)]
    answer = error = None
    try:
        with evaluating(network):
            answer = network(*given)
    except Exception as stopped:  # whatever a reader's network raises
        error = stopped
    finally:
        for hook in hooks:
            hook.remove()
    inside = {id(part) for call in calls if isinstance(call.layer, WHOLE) for part in call.layer.modules()}
    inside -= {id(call.layer) for call in calls if isinstance(call.layer, WHOLE)}
    return [call for call in calls if id(call.layer) not in inside], answer, error


def in_order(layer: nn.Module, given: tuple, by_name: dict[str, Any]) -> tuple[Any, ...]:
    """What a layer was given, by name or not, in the order of its `forward`.

    一层所得的量，不论是否按名传入，都按 `forward` 的次序排列。
    """
    return inspect.signature(layer.forward).bind(*given, **by_name).args if by_name else given


def carry_over(source: nn.Module, target: nn.Module, xt: Tensor, log_snr: Tensor) -> nn.Module:
    """Give one network the weights of another: the first block to work gets those of the first, and so on; returns it.

    把一个网络的权重搬进另一个：最先工作的块得到最先工作的块的权重，依此类推；返回后者。

    Names play no part, only the order of work within each kind of layer. The batch is sent through both to see it.
    Shapes: xt (b, channels, h, w), log_snr () or (b,).
    Raises: CourseError where the layers do not correspond, and what a network stops with.
    """
    calls = []
    for network in (source, target):
        found, _, error = watched(network, xt, log_snr)
        if error is not None:
            raise error
        calls.append(found)
    for given, taken in paired(*calls):
        taken.layer.load_state_dict(given.layer.state_dict())
    return target


def paired(source: list[Call], target: list[Call]) -> list[tuple[Call, Call]]:
    """The calls of two networks side by side, in the order of the first. 两个网络的各次调用逐一对应，次序同前者。

    Raises: CourseError for another number of layers of a kind, or one of other sizes.
    """
    pairs = []
    for kind in {call.kind: None for call in source + target}:
        ours, theirs = ([call for call in calls if call.kind is kind] for calls in (source, target))
        if len(ours) != len(theirs):
            raise CourseError(
                f"`{kind.__name__}` works {len(theirs)} times, not {len(ours)}",
                f"`{kind.__name__}` 工作了 {len(theirs)} 次，应为 {len(ours)} 次",
            )
        pairs += zip(ours, theirs, strict=True)
    for i, (our, their) in enumerate(sorted(pairs, key=lambda pair: source.index(pair[0])), 1):
        wanted, found = (sizes(call.layer) for call in (our, their))
        if wanted != found:
            raise CourseError(
                f"layer {i} to work is {described(their.layer)}, not {described(our.layer)}",
                f"第 {i} 个工作的层是 {described(their.layer)}，应为 {described(our.layer)}",
            )
    return sorted(pairs, key=lambda pair: source.index(pair[0]))


def sizes(layer: nn.Module) -> list[tuple[int, ...]]:
    """The shapes of a layer's weights. 一层各权重的形状。"""
    return [tuple(weight.shape) for weight in layer.state_dict().values()]


def described(layer: nn.Module) -> str:
    """A layer as code writes it, by its channels: "ResidualBlock(32, 64, 128)". 用代码的写法，按通道数写出一层。"""
    if isinstance(layer, ResidualBlock):
        numbers = [layer.conv1.in_channels, layer.conv2.out_channels, layer.scale_shift.in_features]
    elif isinstance(layer, NoiseLevelEmbedding):
        numbers = [layer.mlp[-1].out_features]
    elif isinstance(layer, Attention):
        numbers = [layer.norm.num_channels]
    elif isinstance(layer, nn.Conv2d):
        strided = [f"stride={layer.stride[0]}"] if layer.stride[0] > 1 else []
        numbers = [layer.in_channels, layer.out_channels, layer.kernel_size[0], *strided]
    else:
        numbers = [f"{sum(weight.numel() for weight in layer.parameters())} parameters"]
    return f"`{type(layer).__name__}({', '.join(map(str, numbers))})`"


def cut_skip(network: nn.Module, nth: int, xt: Tensor, log_snr: Tensor) -> nn.Module:
    """A copy of a U-Net in which one block on the way up is given zeros for its skip, counted from 1 at the bottom.

    U-Net 的副本，其中上行的某一个块得到的跳跃连接全是零；从底部数起，第一个为 1。

    The batch is sent through once, to see which block it is and how many channels are its own.
    Shapes: xt (b, channels, h, w), log_snr () or (b,).
    """
    one = copy.deepcopy(network)
    calls, _, _ = watched(one, xt, log_snr)
    blocks = [call for call in calls if call.kind is ResidualBlock]
    call = blocks[(len(blocks) - 2) // 3 + 1 + nth]
    own = calls[calls.index(call) - 1].output.shape[1]

    def without(block: nn.Module, given: tuple, by_name: dict[str, Any]) -> tuple[tuple[Tensor, Tensor], dict]:
        x, told = in_order(block, given, by_name)
        return (torch.cat([x[:, :own], torch.zeros_like(x[:, own:])], dim=1), told), {}

    call.layer.register_forward_pre_hook(without, with_kwargs=True)
    return one
