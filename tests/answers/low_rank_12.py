"""Layers of low rank for lesson 12, right ones, and wrong ones each as somebody might write it.

第 12 课的低秩层：正确的，以及可能有人写出的错误的。
"""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn


class BySubmodules(nn.Module):
    """Two layers without bias, linear or convolutions as the layer is."""

    def __init__(self, layer, rank):
        super().__init__()
        for weight in layer.parameters():
            weight.requires_grad = False
        out, into = layer.weight.shape[:2]
        kind = nn.Linear if isinstance(layer, nn.Linear) else (lambda a, b, bias: nn.Conv2d(a, b, 1, bias=bias))
        self.layer, self.strength = layer, 1.0
        self.a = kind(into, rank, bias=False).to(layer.weight.dtype)
        self.b = kind(rank, out, bias=False).to(layer.weight.dtype)
        nn.init.zeros_(self.b.weight)

    def forward(self, x):
        return self.layer(x) + self.strength * self.b(self.a(x))

    def merged(self):
        one = copy.deepcopy(self.layer)
        table = self.b.weight.detach().flatten(1) @ self.a.weight.detach().flatten(1)
        one.weight.data += self.strength * table.view_as(one.weight)
        return one


class ByOneWeight(nn.Module):
    """The weight is put together anew at each call."""

    def __init__(self, layer, rank):
        super().__init__()
        self.layer = layer.requires_grad_(False)
        self.strength = 1.0
        w = layer.weight
        self.down = nn.Parameter(torch.empty(rank, w.shape[1], dtype=w.dtype).uniform_(-1, 1))
        self.up = nn.Parameter(torch.zeros(w.shape[0], rank, dtype=w.dtype))

    def weight(self):
        return self.layer.weight + self.strength * (self.up @ self.down).view_as(self.layer.weight)

    def forward(self, x):
        if isinstance(self.layer, nn.Linear):
            return F.linear(x, self.weight(), self.layer.bias)
        return F.conv2d(x, self.weight(), self.layer.bias)

    def merged(self):
        one = copy.deepcopy(self.layer)
        one.weight = nn.Parameter(self.weight().detach(), requires_grad=False)
        return one


class DownAtZero(nn.Module):
    """The other matrix begins at 0."""

    def __init__(self, layer, rank):
        super().__init__()
        self.layer, self.strength = layer.requires_grad_(False), 1.0
        out, into = layer.weight.shape[:2]
        self.down = nn.Parameter(torch.zeros(into, rank).to(layer.weight))
        self.up = nn.Parameter((torch.randn(rank, out) / math.sqrt(rank)).to(layer.weight))

    def beside(self, x):
        return x @ self.down @ self.up

    def forward(self, x):
        if isinstance(self.layer, nn.Conv2d):
            added = self.beside(x.movedim(1, -1)).movedim(-1, 1)
        else:
            added = self.beside(x)
        return self.layer(x) + self.strength * added

    def merged(self):
        one = copy.deepcopy(self.layer)
        with torch.no_grad():
            one.weight.add_((self.down @ self.up).T.reshape(one.weight.shape), alpha=self.strength)
        return one


class ByEinsum(DownAtZero):
    def forward(self, x):
        axes = "bihw,ir,ro->bohw" if isinstance(self.layer, nn.Conv2d) else "...i,ir,ro->...o"
        return self.layer(x) + self.strength * torch.einsum(axes, x, self.down, self.up)


RIGHT = [BySubmodules, ByOneWeight, DownAtZero, ByEinsum]


class BothDrawn(BySubmodules):
    def __init__(self, layer, rank):
        super().__init__(layer, rank)
        nn.init.normal_(self.b.weight)


class BothAtZero(BySubmodules):
    def __init__(self, layer, rank):
        super().__init__(layer, rank)
        nn.init.zeros_(self.a.weight)


class LayerLearnsToo(BySubmodules):
    def __init__(self, layer, rank):
        super().__init__(layer, rank)
        self.layer.requires_grad_(True)


class WholeMatrix(nn.Module):
    def __init__(self, layer, rank):
        super().__init__()
        self.layer, self.strength = layer.requires_grad_(False), 1.0
        self.change = nn.Parameter(torch.zeros_like(layer.weight))

    def forward(self, x):
        through = F.linear if isinstance(self.layer, nn.Linear) else F.conv2d
        return self.layer(x) + self.strength * through(x, self.change)

    def merged(self):
        one = copy.deepcopy(self.layer)
        one.weight.data += self.strength * self.change.detach()
        return one


class WithABias(BySubmodules):
    def __init__(self, layer, rank):
        super().__init__(layer, rank)
        self.c = nn.Parameter(layer.weight.new_zeros(layer.weight.shape[0]))

    def forward(self, x):
        c = self.c if isinstance(self.layer, nn.Linear) else self.c[:, None, None]
        return super().forward(x) + c


class BentBetween(BySubmodules):
    def forward(self, x):
        return self.layer(x) + self.strength * self.b(F.silu(self.a(x)))


class NothingBack(BySubmodules):
    def forward(self, x):
        with torch.no_grad():
            y = self.layer(x)
        return y + self.strength * self.b(self.a(x))


class NoStrength(BySubmodules):
    def forward(self, x):
        return self.layer(x) + self.b(self.a(x))


class StrengthOfAll(BySubmodules):
    def forward(self, x):
        return self.strength * (self.layer(x) + self.b(self.a(x)))


class StrengthTwice(BySubmodules):
    def forward(self, x):
        return self.layer(x) + self.strength * self.b(self.strength * self.a(x))


class MergesWithoutStrength(BySubmodules):
    def merged(self):
        one = copy.deepcopy(self.layer)
        one.weight.data += (self.b.weight.flatten(1) @ self.a.weight.flatten(1)).detach().view_as(one.weight)
        return one


class MergesInPlace(BySubmodules):
    def merged(self):
        table = self.b.weight.detach().flatten(1) @ self.a.weight.detach().flatten(1)
        self.layer.weight.data += self.strength * table.view_as(self.layer.weight)
        return self.layer


class MergesItself(BySubmodules):
    def merged(self):
        return self


class LosesTheBias(BySubmodules):
    def merged(self):
        one = super().merged()
        if one.bias is not None:
            one.bias.data.zero_()
        return one


class MergesTheLayer(BySubmodules):
    def merged(self):
        return copy.deepcopy(self.layer)


class OnlyLinear(nn.Module):
    def __init__(self, layer, rank):
        super().__init__()
        self.layer, self.strength = layer.requires_grad_(False), 1.0
        out, into = layer.weight.shape[:2]
        self.down = nn.Parameter(torch.randn(rank, into).to(layer.weight))
        self.up = nn.Parameter(torch.zeros(out, rank).to(layer.weight))

    def forward(self, x):
        return self.layer(x) + self.strength * (x @ self.down.T @ self.up.T)

    def merged(self):
        one = copy.deepcopy(self.layer)
        one.weight.data += self.strength * (self.up @ self.down).detach().view_as(one.weight)
        return one


class NoSuper(nn.Module):
    def __init__(self, layer, rank):
        self.layer = layer

    def forward(self, x):
        return self.layer(x)

    def merged(self):
        return self.layer


class NoModule:
    def __init__(self, layer, rank):
        self.layer = layer

    def __call__(self, x):
        return self.layer(x)


class OfRankOne(BySubmodules):
    def __init__(self, layer, rank):
        super().__init__(layer, 1)


class RowsAlike(BySubmodules):
    def __init__(self, layer, rank):
        super().__init__(layer, rank)
        nn.init.ones_(self.a.weight)


class OnlyInTraining(BySubmodules):
    def forward(self, x):
        return super().forward(x) if self.training else self.layer(x)


class StrengthWithoutSign(BySubmodules):
    def forward(self, x):
        return self.layer(x) + abs(self.strength) * self.b(self.a(x))


class StrengthWithinBounds(BySubmodules):
    def forward(self, x):
        return self.layer(x) + min(max(self.strength, 0.0), 2.0) * self.b(self.a(x))


class MergesAtOneStrength(BySubmodules):
    def merged(self):
        one = copy.deepcopy(self.layer)
        one.weight.data += 0.8 * (self.b.weight.flatten(1) @ self.a.weight.flatten(1)).detach().view_as(one.weight)
        return one


class MergesOnce(BySubmodules):
    def merged(self):
        if not hasattr(self, "kept"):
            self.kept = [super().merged()]
        return self.kept[0]


class MergingFreezes(BySubmodules):
    def merged(self):
        one = super().merged()
        self.requires_grad_(False)
        return one


class MergingThaws(BySubmodules):
    def merged(self):
        self.layer.requires_grad_(True)
        return super().merged()


class MergingSpendsTheStrength(BySubmodules):
    def merged(self):
        one = super().merged()
        self.strength, self.b.weight.data = 1.0, self.strength * self.b.weight.data
        return one


class Written(nn.Module):
    """Nothing but the beginning: the parts are not there yet."""

    def __init__(self, layer, rank):
        super().__init__()

    def forward(self, x): ...

    def merged(self): ...


WRONG = {
    BothDrawn: ("one of the two matrices has to begin at 0", "两个矩阵之一要从 0 开始"),
    BothAtZero: ("it can never learn", "它永远学不会"),
    LayerLearnsToo: ("the layer's own weights learn, too", "自己的权重也在学"),
    WholeMatrix: ("a whole matrix, and no low rank", "一整个矩阵，不是低秩"),
    WithABias: ("no bias either", "也不要偏置"),
    BentBetween: ("no matrix times x", "不是“矩阵乘 x”"),
    NothingBack: ("gradients do not pass the layer", "过不了这一层"),
    NoStrength: ("`self.strength` changes nothing", "改变 `self.strength` 没有作用"),
    StrengthOfAll: ("at strength 0 it is not the layer", "strength 为 0 时不是原来的层"),
    StrengthTwice: ("strength counts twice", "strength 乘了两遍"),
    MergesWithoutStrength: ("merging forgets the strength", "合并时漏了 strength"),
    MergesInPlace: ("work on a copy", "请在副本上改"),
    MergesItself: ("it must be a plain Linear", "应当是普通的 Linear"),
    LosesTheBias: ("has lost its bias", "丢了偏置"),
    MergesTheLayer: ("nothing was added to it", "什么也没有加进去"),
    OnlyLinear: ("with an input (2, 6, 3, 5)", "输入为 (2, 6, 3, 5) 时"),
    NoSuper: ("`super().__init__()` is missing", "漏了 `super().__init__()`"),
    NoModule: ("it makes a NoModule", "得到的是 NoModule"),
    OfRankOne: ("numbers learn", "会学的数有"),
    RowsAlike: ("trained, it reaches rank 1 where 2 is asked for", "训练之后，秩只到 1，要求的是 2"),
    OnlyInTraining: ("after `.eval()` it adds something else", "调用 `.eval()` 之后"),
    StrengthWithoutSign: ("does not grow as strength does, at -1", "不与 strength 成正比，例如取 -1 时"),
    StrengthWithinBounds: ("does not grow as strength does, at 3", "不与 strength 成正比，例如取 3 时"),
    MergesAtOneStrength: ("merging adds what was learnt 0.8 times", "学到的部分乘的是 0.8"),
    MergesOnce: ("the second time merged() gives what it gave the first", "第二次调用 merged() 得到的与第一次一样"),
    MergingFreezes: ("merging changes `a.weight` in the module", "合并时改动了模块里的 `a.weight`"),
    MergingThaws: ("merging changes `layer.weight` in the module", "合并时改动了模块里的 `layer.weight`"),
    MergingSpendsTheStrength: ("merging changes `b.weight` in the module", "合并时改动了模块里的 `b.weight`"),
}
ALL = {"starts", "learns", "rank", "strength", "merged", "convolutions"}
HELD = {
    "NoStrength": {"starts", "learns", "rank"},
    "MergesWithoutStrength": {"starts", "learns", "rank", "strength"},
    "MergesTheLayer": {"starts", "learns", "rank", "strength"},
    "RowsAlike": {"starts", "learns", "strength", "merged"},
    "MergesOnce": {"starts", "learns", "rank", "strength"},
    "OnlyLinear": ALL - {"convolutions"},
    "LayerLearnsToo": {"starts", "merged"},
}
BLANK = [Written]
