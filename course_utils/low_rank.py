"""Low-rank adaptation (LoRA): a trained network stays as it is, and small matrices beside its layers learn.

低秩适配（LoRA）：训练好的网络原样不动，由各层旁边的小矩阵来学。
"""

import copy
import math
from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.gates import WIDE, check_kind, check_number, check_whole
from course_utils.language import CourseError


class LowRank(nn.Module):
    """A layer as it was, and a way beside it through `rank` numbers only: W x + strength · up (down x).

    原来的一层，旁边一条只经过 `rank` 个数的小路：W x + strength · up (down x)。

    `up` begins at 0, so nothing is changed before it has learnt. The product up · down has the shape of W, and is added
    to it when the two are merged; a layer that stands for k x k pixels is read as the matrix of out by in · k · k.

    Shapes: as the layer's; down (rank, in · k · k), up (out, rank).
    Raises: CourseError for a rank below 1, or a layer that is neither nn.Linear nor an ordinary nn.Conv2d.
    Paper: Hu et al. 2022, eq. (3), with `strength` for their alpha / r.
    """

    def __init__(self, layer: nn.Module, rank: int = 4, *, generator: torch.Generator | None = None):
        super().__init__()
        rank, matrix = check_whole("rank", rank, 1, WIDE), _checked(layer).weight.flatten(1)
        if generator is not None:
            check_kind("generator", generator, torch.Generator, "randomness.seeded(0)")
        self.layer, self.strength = layer, 1.0
        drawn = torch.randn(rank, matrix.shape[1], generator=generator, dtype=torch.float32)
        drawn = (drawn / math.sqrt(matrix.shape[1])).to(matrix)
        self.down, self.up = nn.Parameter(drawn), nn.Parameter(matrix.new_zeros(len(matrix), rank))

    @property
    def weight(self) -> Tensor:
        """The weight of the layer as it was, which tells type and device. 原来那一层的权重，类型与设备由它可知。"""
        return self.layer.weight

    def forward(self, x: Tensor) -> Tensor:
        if isinstance(self.layer, nn.Linear):
            return self.layer(x) + self.strength * F.linear(F.linear(x, self.down), self.up)
        layer, kernel = self.layer, self.down.reshape(-1, *self.layer.weight.shape[1:])
        few = F.conv2d(x, kernel, None, layer.stride, layer.padding, layer.dilation)  # (b, rank, h, w)
        return layer(x) + self.strength * F.conv2d(few, self.up[:, :, None, None])

    @torch.no_grad()
    def merge(self) -> nn.Module:
        """The layer alone, with strength · up · down added to its weight, in float64.

        只剩这一层，权重已加上 strength · up · down；以 float64 相加。
        """
        layer = copy.deepcopy(self.layer)
        change = self.strength * (self.up.double() @ self.down.double()).reshape(layer.weight.shape)
        layer.weight.copy_(layer.weight.double() + change)
        return layer


def with_low_rank(
    network: nn.Module, rank: int = 4, *, also: Sequence[str] = (), generator: torch.Generator | None = None
) -> nn.Module:
    """A copy of a network, frozen, with a way of low rank beside each linear and 1x1 layer: they alone learn.

    网络的副本，已冻结；每个线性层与 1x1 卷积层旁边加一条低秩的小路，只有这些小路会学。

    Args:
        also: names of layers of larger kernels that get one, too, such as "stem" and "head.2" of a `UNet`.
        generator: `down` is drawn from it.

    Raises: CourseError for a network without such layers, or one that has them beside its layers already, a rank below
    1, or a name in `also` that belongs to no layer.
    Paper: Hu et al. 2022, section 4.1.
    """
    check_kind("network", network, nn.Module, "weights.pretrained('digits')")
    small = [name for name, layer in network.named_modules() if name and _is_small(layer)]
    return ways_beside(network, {name: rank for name in (*small, *_known(network, "also", also))}, generator)


def low_rank_layers(network: nn.Module) -> dict[str, LowRank]:
    """The layers of a network that have a way of low rank beside them, by name. 网络中加了低秩小路的各层，按名字。

    Raises: CourseError for what is no network.
    """
    check_kind("network", network, nn.Module, "weights.pretrained('digits')")
    return {name: layer for name, layer in network.named_modules() if isinstance(layer, LowRank)}


def set_strength(network: nn.Module, strength: float) -> nn.Module:
    """Set how much of what was learnt counts: 0 is the network as it was, 1 as it was trained; returns it.

    设定学到的部分起几分作用：0 是原来的网络，1 是训练后的网络；返回网络。

    Raises: CourseError for a network without layers of low rank, or a strength that is no finite number.
    """
    strength = check_number("strength", strength)
    for layer in check_low_rank(network).values():
        layer.strength = strength
    return network


def merged(network: nn.Module) -> nn.Module:
    """A copy with all that was learnt added into the weights, at the strength that is set: layers and cost as before.

    把学到的部分按当前强度加进权重所得的副本：层数与开销都和原来一样。

    Raises: CourseError for a network without layers of low rank.
    """
    one = copy.deepcopy(network)
    for name, layer in check_low_rank(one).items():
        _put(one, name, layer.merge())
    return one


def ways_beside(network: nn.Module, ranks: dict[str, int], generator: torch.Generator | None = None) -> nn.Module:
    """A frozen copy of a network with a way of low rank beside the layers named, {name: rank}.

    网络的冻结副本，在点名的各层旁边加上低秩的小路，{名字：秩}。

    Raises: CourseError for no names at all, one of no layer, a layer that can have none, or a network that has such
    ways already.
    """
    check_bare(network), check_kind("ranks", ranks, dict, "{'stem': 4}")
    if not ranks:
        raise CourseError(
            f"This {type(network).__name__} has no linear and no 1x1 layer in it. Name layers of it, also=['stem']; a "
            "single layer goes into an nn.Sequential first.",
            f"这个网络（{type(network).__name__}）里没有线性层，也没有 1x1 卷积层。请点名要加的层：also=['stem']；"
            "单独一层请先放进 nn.Sequential。",
        )
    _known(network, "ranks", ranks)
    one = copy.deepcopy(network).requires_grad_(False)
    for name, rank in ranks.items():
        _put(one, name, LowRank(one.get_submodule(name), rank, generator=generator))
    return one


def check_low_rank(network: nn.Module) -> dict[str, LowRank]:
    """Return the layers of a network that have a way of low rank beside them, by name: at least one.

    返回网络中加了低秩小路的各层，按名字：至少一层。

    Raises: CourseError where there is none.
    """
    layers = low_rank_layers(network)
    if not layers:
        raise CourseError(
            f"This {type(network).__name__} has no layers of low rank. Add them: low_rank.with_low_rank(network).",
            f"这个网络（{type(network).__name__}）没有低秩的层。请先加上：low_rank.with_low_rank(network)。",
        )
    return layers


def check_bare(network: nn.Module) -> nn.Module:
    """Return a network that has no ways of low rank yet. 返回还没加过低秩小路的网络。

    Raises: CourseError for one that has.
    """
    if low_rank_layers(network):
        raise CourseError(
            "The network has layers of low rank already. Merge them first, low_rank.merged(network), go on with it, or "
            "give the network that it was made from.",
            "这个网络已经加过低秩的层。请先合并：low_rank.merged(network)；也可以直接接着训练它，或者给出加之前的网络。",
        )
    return network


def _put(network: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, own = name.rpartition(".")
    setattr(network.get_submodule(parent), own, layer)


def _is_small(layer: nn.Module) -> bool:
    pointwise = isinstance(layer, nn.Conv2d) and set(layer.kernel_size) == {1} and layer.groups == 1
    return isinstance(layer, nn.Linear) or pointwise


def _checked(layer: nn.Module) -> nn.Module:
    ordinary = isinstance(layer, nn.Conv2d) and layer.groups == 1 and layer.padding_mode == "zeros"
    if not isinstance(layer, nn.Linear) and not ordinary:
        raise CourseError(
            f"The layer is {layer!r:.80}. A way of low rank stands beside nn.Linear, or nn.Conv2d of one group.",
            f"这一层是 {layer!r:.80}。低秩的小路只能加在 nn.Linear 或不分组的 nn.Conv2d 旁边。",
        )
    return layer


def _known(network: nn.Module, given: str, names: Iterable[str]) -> list[str]:
    layers = [name for name, layer in network.named_modules() if name and isinstance(layer, nn.Linear | nn.Conv2d)]
    names = [names] if isinstance(names, str) else list(check_kind(given, names, Iterable, "['stem']"))
    for name in names:
        if name not in layers:
            listed = ", ".join(layers[:4])
            raise CourseError(
                f"{given} names {name!r}, which is no layer of this network. Its layers are {listed}, ...",
                f"{given} 中的 {name!r} 不是这个网络的层。它的层有 {listed} 等。",
            )
    return names
