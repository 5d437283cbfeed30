"""What is commonly got wrong about the sizes of maps in a U-Net: padding, halvings, and the cut at the end.

U-Net 里特征图尺寸的常见错误：补边、减半，以及最后的裁剪。
"""

import re

import torch
from torch import Tensor, nn

from course_utils.experiments.assembled import Call, described
from course_utils.language import Said


def fault_of_sizes(calls: list[Call], error: Exception, floors: int, xt: Tensor) -> Said | None:
    """Which size is to blame, where two tensors do not fit. 张量合不上时，错在哪一处的尺寸；与尺寸无关则为 None。"""
    convs = [call for call in calls if isinstance(call.layer, nn.Conv2d) and call.output is not None]
    if not convs or not re.search(r"Sizes of tensors must match|must match the size of tensor", str(error)):
        return None
    given, image = _size(convs[0].given[0]), _size(xt)
    if fault := _fault_of_padding_on_the_way(given, image, floors):
        return fault
    for call in convs:
        before, after, stride = _size(call.given[0]), _size(call.output), call.layer.stride[0]
        if after != tuple(-(-side // stride) for side in before):
            layer = described(call.layer)
            return (
                f"{layer} makes maps of {after} from maps of {before}: it lacks its `padding=1`",
                f"{layer} 把 {before} 的图变成了 {after}：漏了 `padding=1`",
            )
    return _fault_of_halving(convs, floors, given) or _fault_of_the_cut(_size(convs[-1].output), given, image)


def _size(maps: Tensor) -> tuple[int, ...]:
    return tuple(maps.shape[2:])


def _fault_of_padding_on_the_way(given: tuple[int, ...], image: tuple[int, ...], floors: int) -> Said | None:
    unit = 2 ** (floors - 1)
    if all(side % unit == 0 for side in given):
        return None
    if given == image:
        return (
            f"{floors} floors halve {floors - 1} times, so height and width must be multiples of {unit}; those of these images "
            "are not, and they are not padded",
            f"{floors} 级要减半 {floors - 1} 次，高与宽都要是 {unit} 的倍数；这里的图像不是，却没有补边",
        )
    return (
        f"images of {image} are padded to {given}; {floors} floors need multiples of {unit} (`F.pad` counts from the last axis: "
        "left, right, top, bottom)",
        f"{image} 的图像补成了 {given}；{floors} 级需要 {unit} 的倍数（`F.pad` 从最后一轴数起：左、右、上、下）",
    )


def _fault_of_halving(convs: list[Call], floors: int, given: tuple[int, ...]) -> Said | None:
    halvings = sum(call.layer.stride[0] == 2 for call in convs)
    if halvings > floors - 1:
        return (
            f"the maps are halved {halvings} times; between {floors} floors it is {floors - 1}",
            f"特征图减半了 {halvings} 次；{floors} 级之间只有 {floors - 1} 次",
        )
    largest = max((_size(call.output) for call in convs), key=max)
    if max(largest) > max(given):
        return (
            f"the maps grow to {largest}, and only {given} went in: is there one doubling for each halving, and none above the top "
            "floor?",
            f"进去的是 {given}，特征图却变成了 {largest}：每次减半是否正好有一次加倍？最上一级之上不再加倍",
        )
    return None


def _fault_of_the_cut(last: tuple[int, ...], given: tuple[int, ...], image: tuple[int, ...]) -> Said | None:
    if last == given != image:
        return (
            "v is as large as the padded images: cut it back to the images' height and width",
            "v 与补边之后的图像一样大：请裁回图像原来的高与宽",
        )
    return None


def fault_of_padding(given: Tensor, wanted: Tensor, xt: Tensor) -> Said | None:
    """What the first convolution is given in place of the padded images. 第一层卷积得到的，与补好边的图像有何不同。"""
    (h, w), found = xt.shape[2:], _size(given)
    if found == _size(xt) != _size(wanted):
        return (
            f"images of {(h, w)} go in without padding; zeros make them {_size(wanted)}",
            f"{(h, w)} 的图像没有补边就进去了；应补零成为 {_size(wanted)}",
        )
    if found != _size(wanted):
        return (
            f"images of {(h, w)} are padded to {found}; {_size(wanted)} is enough, and a side that fits gets nothing",
            f"{(h, w)} 的图像补成了 {found}；补到 {_size(wanted)} 就够了，本来就够减半的一边不补",
        )
    if given.shape != wanted.shape or torch.equal(given, wanted):
        return None
    if torch.equal(given[..., :h, :w], xt):
        return "what is put at the right and below is not 0", "补在右边与下边的不是 0"
    return (
        "the images do not stand at the top left of what goes in: the zeros belong at the right and below",
        "进去的东西，左上角不是图像：零应补在右边与下边",
    )
