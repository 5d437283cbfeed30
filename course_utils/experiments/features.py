"""What lesson 05 sees inside a network at work: feature maps, where attention looks, what a place depends on.

第 05 课在工作中的网络里看到的：特征图、注意力看向哪里、一处依赖于哪里。
"""

from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import data
from course_utils.anatomy import dissect
from course_utils.attention import split_heads
from course_utils.denoisers import predict_eps
from course_utils.experiments.networks import trained
from course_utils.forward import forward_jump
from course_utils.randomness import seeded
from course_utils.schedules import Schedule, cosine
from course_utils.unet import UNet

PAIRS, DIGIT, STEP = 8, 0, 10  # pairs of noises; the digit of the walk; the slider's step
MIDDLE, HALF = "middle.2", 0.5


def walk_image() -> Tensor:
    """The digit of the walk, (1, 1, 8, 8). 漫步所用的数字，(1, 1, 8, 8)。"""
    return data.digits().x[DIGIT : DIGIT + 1]


def at_work(schedule: Schedule, network: UNet, x0: Tensor, t: int, seed: int = 0) -> tuple[Tensor, dict[str, Tensor]]:
    """One image under 2 x PAIRS noises at t, and the feature maps of every part of the network by name.

    一幅图像在 t 处的 2 x PAIRS 份加噪结果，以及网络各部件的特征图（按名称）。

    Shapes: x0 (1, c, h, w) -> xt (16, c, h, w), maps (16, channels, h', w').
    """
    many = x0.expand(2 * PAIRS, -1, -1, -1)
    xt = forward_jump(schedule, many, t, generator=seeded(seed)).xt
    found = dissect(network, xt, schedule.log_snr[t].to(xt))
    return xt, {part.name: part.output for part in found if part.output.ndim == 4}


def agreement(maps: Tensor) -> float:
    """How alike the maps of the same image under two noises are, 1 alike and 0 unrelated; a mean over 8 pairs.

    同一幅图像加两份不同的噪声，特征图有多相似：1 为相同，0 为无关；对 8 对取平均。

    It is the cosine of the angle between the two, once the mean of each map is taken away. Shapes: (16, c, h, w).
    """
    centred = (maps - maps.mean(dim=(2, 3), keepdim=True)).flatten(1)
    return float(F.cosine_similarity(centred[:PAIRS], centred[PAIRS:]).mean())


@cache
def agreement_at(t: int, name: str = MIDDLE) -> float:
    """The agreement of a part's maps at t, for the digit of the walk. 漫步所用数字在 t 处某部件特征图的相似度。"""
    return agreement(at_work(cosine(), trained(), walk_image(), t)[1][name])


@cache
def parting(name: str = MIDDLE) -> int:
    """The smallest t on the slider at which the maps of a part agree less than half.

    滑块上相似度不足一半的最小的 t。
    """
    low, high = 0, 70  # in steps of the slider; up there it is below, and falls all the way
    while high - low > 1:
        between = (low + high) // 2
        low, high = (low, between) if agreement_at(between * STEP, name) < HALF else (between, high)
    return high * STEP


class Attended(NamedTuple):
    """The noisy images, what attention was given, and its weights. 带噪图像、注意力的输入，以及它的权重。"""

    xt: Tensor
    given: Tensor
    weights: Tensor


def attended(schedule: Schedule, network: UNet, x0: Tensor, t: int, seed: int = 4) -> Attended:
    """Where each place of the feature map at the bottom looks, when the network sees x0 noised to t.

    网络看加噪到 t 的 x0 时，底部特征图的每个位置看向哪里。

    Shapes: x0 (b, c, h, w) -> xt like it, given (b, d, h', w'), weights (b, n, n), n = h' w', each row sums to 1.
    """
    layer, kept = network.middle[1], []
    xt = forward_jump(schedule, x0, t, generator=seeded(seed)).xt
    hook = layer.register_forward_pre_hook(lambda _layer, given: kept.append(given[0]))
    try:
        predict_eps(schedule, network, xt, t)
    finally:
        hook.remove()
    q, k, _ = (part[:, 0] for part in split_heads(layer.qkv(layer.norm(kept[0])), 1))
    return Attended(xt, kept[0], (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).softmax(dim=-1))


def seen_from_the_middle(block: nn.Module, x: Tensor) -> Tensor:
    """Which places of x the middle place of the block's output depends on: the size of the gradient, largest 1.

    块的输出在中央一处依赖于 x 的哪些位置：梯度的大小，最大为 1。

    Shapes: x (1, c, h, w) -> (h, w).
    """
    x = x.detach().requires_grad_()
    out = block(x, torch.zeros(1, 8))
    middle = out[..., x.shape[2] // 2, x.shape[3] // 2]
    [gradient] = torch.autograd.grad(middle.square().sum(), x)
    size = gradient[0].norm(dim=0)
    return size / size.max()
