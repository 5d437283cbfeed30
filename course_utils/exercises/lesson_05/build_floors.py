"""Judges of the assembled U-Net: are the floors as the widths ask, and are the parameters as many?

评判搭好的 U-Net：各级是否如宽度所求，参数的个数对不对。
"""

from collections import Counter
from collections.abc import Callable

import torch
from torch import nn

from course_utils.attention import Attention
from course_utils.exercises.judging import BLANK
from course_utils.exercises.lesson_05.build_mistakes import fault_of_bias
from course_utils.exercises.lesson_05.build_stops import blocks_of, fault_of_number, hides, names_of_blocks
from course_utils.exercises.lesson_05.build_trials import WIDTHS, Trial, made, package_of, tried
from course_utils.experiments.assembled import WHOLE, described
from course_utils.language import Said
from course_utils.unet import UNet


def judge_floors(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does every block work on the maps that the widths ask for, attention at the bottom? 每个块的特征图是否合乎要求？"""
    trial = tried(answer, generator)
    return trial.fault or _fault_of_floors(trial) or _fault_of_attention(trial)


def _fault_of_floors(trial: Trial) -> Said | None:
    widths, n, (h, w) = trial.widths, len(trial.widths), trial.xt.shape[-2:]
    on = [*range(n), n - 1, n - 1, *(i for i in reversed(range(n)) for _ in range(2))]  # each block's floor, from 0
    wanted = [(widths[i], h // 2**i, w // 2**i) for i in on]
    found = [tuple(call.output.shape[1:]) for call in blocks_of(trial.calls)]
    for (en, zh), asked, given in zip(names_of_blocks(n), wanted, found, strict=False):
        if asked != given:
            padded = any(c.kind is nn.Conv2d and c.given[0].shape[-2:] > trial.xt.shape[-2:] for c in trial.calls[:2])
            why = ("; images of these sizes need no padding", "；这样的图像不用补边") if padded else ("", "")
            more = fault_of_number(len(found), n)
            why = (f"; {more[0]}", f"；{more[1]}") if more is not None else why
            return (
                f"with widths {widths}, {en} gives maps {given}; it should give {asked}{why[0]}",
                f"宽度为 {widths} 时，{zh}给出的特征图是 {given}；应为 {asked}{why[1]}",
            )
    return fault_of_number(len(found), n)


def _fault_of_attention(trial: Trial) -> Said | None:
    n, blocks = len(trial.widths), blocks_of(trial.calls)
    at = [
        sum(call in blocks for call in trial.calls[:i]) for i, call in enumerate(trial.calls) if call.kind is Attention
    ]
    if len(at) != 1:
        return (
            f"attention works {len(at)} times; it stands once, between the bottom blocks",
            f"注意力工作了 {len(at)} 次；只该有一次，在底部的两个块之间",
        )
    if at[0] != n + 1:
        return (
            f"attention stands behind residual block {at[0]} of {len(blocks)}; it belongs between the bottom blocks",
            f"注意力放在了第 {at[0]} 个残差块之后（共 {len(blocks)} 个）；它应在底部的两个块之间",
        )
    return None


def judge_count(answer: Callable, generator: torch.Generator) -> Said | None:
    """Has it the parameters that are asked for? 参数的个数是否如所求？"""
    for floors, channels in ((3, 1), (1, 3)):
        widths = WIDTHS[floors]
        network, fault = made(answer, (channels, widths, 32), generator)
        if fault is not None:
            return fault
        package = package_of(widths, generator, channels)
        found, wanted = (sum(w.numel() for w in net.parameters()) for net in (network, package))
        if not found and not hides(network):
            return BLANK
        if found != wanted:
            return _fault_of_count(network, package, (channels, widths), found, wanted)
    return None


def _fault_of_count(network: nn.Module, package: UNet, made_for: tuple, found: int, wanted: int) -> Said:
    channels, widths = made_for
    en = f"with channels = {channels} and widths {widths} there are {found:,} parameters, not {wanted:,}"
    zh = f"channels = {channels}、宽度为 {widths} 时，参数有 {found:,} 个，应有 {wanted:,} 个"
    if hides(network):
        return (
            f"{en}: torch does not see layers in a plain list or dict; use `nn.ModuleList`",
            f"{zh}：放在普通列表或字典里的层，torch 看不见；请用 `nn.ModuleList`",
        )
    there, here = Counter(_layers(package)), Counter(_layers(network))
    missing, more = list((there - here).elements()), list((here - there).elements())
    if not missing and not more and (fault := fault_of_bias(_outside(network))) is not None:
        return f"{en}: {fault[0]}", f"{zh}：{fault[1]}"
    for layers, say_en, say_zh in ((missing, "missing: ", "缺少："), (more, "too many: ", "多出：")):
        if layers:
            listed = ", ".join(layers[:2]) + (", …" if len(layers) > 2 else "")
            en, zh = f"{en}; {say_en}{listed}", f"{zh}；{say_zh}{listed}"
    return en, zh


def _layers(network: nn.Module) -> list[str]:
    """A network's layers with weights, as code writes them; a block counts as one. 带权重的各层；一个块算一层。"""
    whole = [layer for layer in network.modules() if isinstance(layer, WHOLE)]
    single = [layer for layer in _outside(network) if any(True for _ in layer.parameters(recurse=False))]
    return [described(layer) for layer in whole + single]


def _outside(network: nn.Module) -> list[nn.Module]:
    """A network's modules that lie in no block. 不在任何块之内的各模块。"""
    inside = {id(part) for layer in network.modules() if isinstance(layer, WHOLE) for part in layer.modules()}
    return [layer for layer in network.modules() if id(layer) not in inside]
