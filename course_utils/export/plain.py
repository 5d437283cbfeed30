"""What can be handed on: a U-Net as the course builds it. 能导出的网络：照课程的样子搭成的 U-Net。"""

import torch
from torch import nn

from course_utils.gates import check_finite, check_kind
from course_utils.language import CourseError
from course_utils.unet import UNet


def check_plain(network: nn.Module) -> UNet:
    """Return a U-Net whose layers are those of `UNet(...)`, all its weights finite.

    返回各层与 `UNet(...)` 相同、权重有限的 U-Net。

    Raises: CourseError for another network, for one in which layers were exchanged, and for nan or inf.
    """
    check_kind("network", network, UNet, 'pretrained("digits")')
    with torch.device("meta"):
        plain = UNet(**network.config)
    ours, expected = ({(k, w.shape) for k, w in n.state_dict().items()} for n in (network, plain))
    if type(network) is not UNet or ours != expected:
        names = sorted(name for name, _ in ours ^ expected)
        which = f" ({names[0]})" if names else ""
        kind = type(network).__name__
        raise CourseError(
            f"network is a {kind} that is not built as UNet(...) is{which}. What can be handed on is a plain UNet: "
            "merge low-rank layers into its weights first, and take the network that results.",
            f"network 是 {kind}，构造与 UNet(...) 不同{which}。能导出的是普通的 UNet：请先把低秩层合并进权重，"
            "再导出合并后的网络。",
        )
    for key, weight in network.state_dict().items():
        check_finite(key, weight)
    return network
