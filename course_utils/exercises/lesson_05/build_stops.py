"""Where on its way through the floors a reader's U-Net stops, and what was forgotten there.

读者的 U-Net 停在各级路上的何处，那里忘了什么。
"""

import re

from torch import Tensor, nn

from course_utils.attention import Attention
from course_utils.blocks import ResidualBlock
from course_utils.exercises.stops import Causes, stopped, usual_cause
from course_utils.experiments.assembled import Call, described
from course_utils.language import Said

# What leads to an error in a network.
SLIPS: Causes = [
    (r"pop from (?:an )?empty", "it runs out of skips: `stem`, each block and each halving on the way down leave one, each up block takes one", "跳跃连接不够用：`stem`、下行的每个块与每次减半各留一份，每个上行块取一份"),
    (r"list index out of range|tuple index out of range", "a list is read beyond its end: `widths` has one entry for each floor, 0 to n − 1", "读到了列表的末尾之外：`widths` 每级一个数，下标从 0 到 n − 1"),
    (r"Module\.__init__\(\)|object has no attribute '_\w+'", "a layer is assigned before `super().__init__()` has run; that line comes first", "`super().__init__()` 还没运行就给层赋了值；这一行应当写在最前面"),
    (r"Module\.(double|half|float|train|type)\(\)", "`self.{0}` is a method that every torch module has; give your layer another name", "`self.{0}` 是每个 torch 模块都有的方法；请给你的层换个名字"),
    (r"object has no attribute '(\w+)'", "there is no `{0}`: is the name spelt as in `__init__`, and does it belong to this object?", "没有 `{0}`：名字与 `__init__` 里写的一样吗？它属于这个对象吗？"),
    (r"(ResidualBlock|Attention|NoiseLevelEmbedding|Conv2d|halve|double|group_norm|silenced)(?:\.__init__)?\(\) (?:missing|takes|got)", "`{0}` is made with other arguments than the table says", "建 `{0}` 时给的参数与表里的不同"),
    (r"(Attention|NoiseLevelEmbedding|Sequential|Conv2d|GroupNorm|SiLU|Upsample)\.forward\(\) takes", "`{0}` is called with more than one argument; only residual blocks are told the embedding as well", "调用 `{0}` 时多给了参数；只有残差块才另外接收嵌入"),
    (r"Module \[(\w+)\] is missing the required", "a `{0}` is a list and cannot be called: call its layers one by one", "`{0}` 是一个列表，不能调用：请逐个调用其中的层"),
]  # fmt: skip


def while_making(error: Exception) -> Said:
    """What stops a reader's `__init__`. 读者的 `__init__` 为何中断。"""
    en, zh = usual_cause(error, SLIPS) or stopped(error)
    return f"in `__init__` {en}", f"在 `__init__` 里，{zh}"


def where_it_stopped(calls: list[Call], error: Exception, widths: tuple[int, ...], xt: Tensor) -> Said:
    """Which layer was given something that does not fit, or the error itself. 哪一层得到的输入不合，或错误本身。"""
    names, nth = names_of_blocks(len(widths)), len(blocks_of(tuple(call for call in calls if call.output is not None)))
    place = names[nth] if nth < len(names) else ("the head", "头部")
    call = next((call for call in calls if call.output is None), None)
    if call is not None:
        if not isinstance(call.layer, ResidualBlock):
            place = described(call.layer), f" {described(call.layer)}"
        own = calls[calls.index(call) - 1].output if len(calls) > 1 else None
        fault = _fault_inside(call, error, place, widths, own)
        where = f"in {place[0]} ", f"停在{place[1]}，"
    else:
        fault = usual_cause(error, SLIPS) or (_fault_at_the_end(calls, error, xt) if nth >= len(names) else None)
        fault = fault or _fault_between(error, place, widths)
        where = (f"before {place[0]} ", f"在{place[1]}之前，") if calls and nth < len(names) else ("", "")
    if fault is not None:
        return fault
    en, zh = stopped(error)
    return where[0] + en, where[1] + zh


def _fault_inside(
    call: Call, error: Exception, place: Said, widths: tuple[int, ...], own: Tensor | None
) -> Said | None:
    """What does not fit the layer in which it stopped. 停在某一层之内时，那一层得到的哪里不合。"""
    en, zh = place
    if "missing 1 required positional argument: 'embedding'" in str(error):
        return f"{en} is called without the embedding", f"调用{zh}时没有给嵌入"
    if (slip := usual_cause(error, SLIPS)) is not None:
        return slip
    shape, wanted = _shape(call.given[:1]), _channels(call.layer)
    if wanted is not None and len(shape) == 4 and shape[1] != wanted:
        up = place in names_of_blocks(len(widths))[len(widths) + 2 :]
        ask_en, ask_zh = _of_the_skip(shape[1], wanted, _shape((own,))) if up else ("", "")
        return (
            f"with widths {widths} it stops in {en}: made for {wanted} channels, it is given {shape}{ask_en}",
            f"宽度为 {widths} 时，停在{zh}：它是为 {wanted} 个通道建的，得到的却是 {shape}{ask_zh}",
        )
    told = _shape(call.given[1:2])
    e = call.layer.scale_shift.in_features if isinstance(call.layer, ResidualBlock) else None
    if e is not None and told and told[1:] != (e,):
        return (
            f"it stops in {en}: made to be told an embedding of shape (b, {e}), it is told {told}",
            f"停在{zh}：它要接收的嵌入形状是 (b, {e})，得到的却是 {told}",
        )
    return None


def _of_the_skip(given: int, wanted: int, own: tuple[int, ...]) -> Said:
    """What the channels of a block on the way up are made of. 上行块得到的通道由什么组成。"""
    if own and given > own[1]:
        skip = given - own[1]
        return f", {own[1]} of its own and {skip} of the skip", f"，自己的 {own[1]} 个通道，加上跳跃连接的 {skip} 个"
    if given < wanted:
        return "; is its skip joined to x, not added?", "；它的跳跃连接是拼接上去的，还是相加了？"
    return "", ""


def _fault_at_the_end(calls: list[Call], error: Exception, xt: Tensor) -> Said | None:
    """What does not fit behind the last block. 最后一个块之后，什么合不上。"""
    found, size = _shape((calls[-1].output,)), tuple(xt.shape[2:])
    sizes = re.search(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)", str(error))
    if sizes and found[2:] != size:
        return (
            f"the head gives maps of {found[2:]} for images of {size}: has its 3x3 convolution `padding=1`, and is there one "
            "doubling for each halving?",
            f"图像是 {size}，头部给出的却是 {found[2:]}：它的 3x3 卷积写了 `padding=1` 吗？每次减半是否正好有一次加倍？",
        )
    if sizes and str(len(xt)) in sizes.groups():
        return (
            "the factors of x_t and v, one for each image, need the shape (b, 1, 1, 1): `[:, None, None, None]`",
            "x_t 与 v 的系数，每幅图像一个，形状应为 (b, 1, 1, 1)：`[:, None, None, None]`",
        )
    return None


def _fault_between(error: Exception, place: Said, widths: tuple[int, ...]) -> Said | None:
    """What does not fit between two layers. 两层之间，什么合不上。"""
    en, zh = place
    if "Sizes of tensors must match" in str(error):
        return (
            f"with widths {widths} it stops before {en}: the two that are joined for it differ in height and width",
            f"宽度为 {widths} 时，在{zh}之前中断：要为它拼接的两份，高与宽不同",
        )
    if "must match the size of tensor" in str(error):
        return (
            f"with widths {widths} it stops before {en}: two that do not fit are added there; a skip is joined, "
            "`torch.cat([x, skip], dim=1)`, not added",
            f"宽度为 {widths} 时，在{zh}之前中断：相加的两份合不上；跳跃连接要拼接，`torch.cat([x, skip], dim=1)`，不是相加",
        )
    return None


def _shape(given: tuple) -> tuple[int, ...]:
    return tuple(given[0].shape) if given and isinstance(given[0], Tensor) else ()


def _channels(layer: nn.Module) -> int | None:
    """How many channels a layer reads. 一层读多少个通道。"""
    if isinstance(layer, ResidualBlock):
        return layer.conv1.in_channels
    if isinstance(layer, Attention | nn.GroupNorm):
        return getattr(layer, "norm", layer).num_channels
    return getattr(layer, "in_channels", None)


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


def fault_of_number(blocks: int, floors: int) -> Said | None:
    """Are there another number of residual blocks than so many floors ask for? 残差块的个数是否与级数不符？"""
    wanted = 3 * floors + 2
    if blocks == wanted:
        return None
    return (
        f"there are {blocks} residual blocks, not {wanted}: on each of the {floors} floors one down and two up, and two at the "
        "bottom",
        f"残差块有 {blocks} 个，应有 {wanted} 个：{floors} 级里每级下行一个、上行两个，底部两个",
    )


def hides(network: nn.Module) -> bool:
    """Are there layers in a plain list, tuple or dict, where torch does not see them? 是否有层藏在普通的列表或字典里？"""
    own = [value for name, value in vars(network).items() if not name.startswith("_")]
    return any(
        isinstance(one, nn.Module) for one in _flat([each for each in own if isinstance(each, list | tuple | dict)])
    )


def _flat(values: list) -> list:
    """What stands in lists, tuples and dicts, however deep. 列表、元组与字典里的一切，不论多深。"""
    found = []
    for each in values:
        each = list(each.values()) if isinstance(each, dict) else each
        found += _flat(list(each)) if isinstance(each, list | tuple) else [each]
    return found


def with_the_number(fault: Said, network: nn.Module, floors: int) -> Said:
    """A fault at which a network stops; if it is made with too few or too many blocks, that is said as well.

    网络为何中断；若造的残差块太少或太多，也一并说明。
    """
    number = fault_of_number(sum(isinstance(layer, ResidualBlock) for layer in network.modules()), floors)
    if number is None or hides(network):
        return fault
    return f"{fault[0]}; {number[0]}", f"{fault[1]}；{number[1]}"
