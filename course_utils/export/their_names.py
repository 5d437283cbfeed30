"""The weights of our U-Net under the names that `diffusers` gives them.

我们的 U-Net 的权重，换成 `diffusers` 所用的名字。
"""

import torch
from torch import Tensor

from course_utils.schedules import Schedule
from course_utils.unet import UNet

IN_A_BLOCK = {"scale_shift": "time_emb_proj", "short_cut": "conv_shortcut"}
ONCE = {
    "embed.frequency": "time_proj.frequency",
    "embed.mlp.0": "time_embedding.linear_1",
    "embed.mlp.2": "time_embedding.linear_2",
    "label": "class_embedding",
    "stem": "conv_in",
    "middle.0": "mid_block.resnets.0",
    "middle.1.norm": "mid_block.attentions.0.group_norm",
    "middle.1.qkv": "mid_block.attentions.0.to_qkv",
    "middle.1.out": "mid_block.attentions.0.to_out.0",
    "middle.2": "mid_block.resnets.1",
    "head.0": "conv_norm_out",
    "head.2": "conv_out",
}


def weights_in_theirs(schedule: Schedule, network: UNet) -> dict[str, Tensor]:
    """The weights of a plain U-Net as `CourseUNet2DModel` names them, float32, and the log-SNR of every step.

    按 `CourseUNet2DModel` 的命名给出普通 U-Net 的权重（float32），以及每一步的对数信噪比。

    Their attention has linear layers where ours has 1 x 1 convolutions, three for our one, and biases there: zeros.
    """
    places, found = ONCE | _floors(len(network.config["multipliers"])), {"time_proj.log_snr": schedule.log_snr[1:]}
    for key, weight in network.state_dict().items():
        part = max((place for place in places if f"{key}.".startswith(f"{place}.")), key=len)
        inside = [IN_A_BLOCK.get(word, word) for word in key.removeprefix(part).split(".")]
        name = places[part] + ".".join(inside)
        if "attentions" in name and weight.ndim == 4:
            weight = weight.flatten(1)
        found |= _split(name, weight) if "to_qkv" in name else {name: weight}
    return {f"unet.{name}": weight.detach().cpu().float().contiguous() for name, weight in found.items()}


def _floors(floors: int) -> dict[str, str]:
    """Where the blocks of each floor stand, ours to theirs."""
    places = {}
    for i in range(floors):
        places[f"down.{2 * i}"] = f"down_blocks.{i}.resnets.0"
        places[f"down.{2 * i + 1}"] = f"down_blocks.{i}.downsamplers.0.conv"
        places |= {f"up.{3 * i + j}": f"up_blocks.{i}.resnets.{j}" for j in (0, 1)}
        places[f"up.{3 * i + 2}.1"] = f"up_blocks.{i}.upsamplers.0.conv"
    return places


def _split(name: str, weight: Tensor) -> dict[str, Tensor]:
    """Queries, keys and values, three layers for one."""
    found = {}
    for letter, one in zip("qkv", weight.chunk(3), strict=True):
        layer = name.replace("to_qkv.weight", f"to_{letter}")
        found |= {f"{layer}.weight": one, f"{layer}.bias": torch.zeros(len(one))}
    return found
