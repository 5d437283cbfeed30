"""The piece of lesson 12: a layer beside which a matrix of low rank learns.

第 12 课的作业：一层，旁边由一个低秩矩阵来学。
"""

import copy

import torch
import torch.nn.functional as F
from torch import nn


class LowRankLayer(nn.Module):
    """A linear or 1x1 layer, frozen, with rank numbers beside it that learn; 1.0 is the strength of what they add.

    冻结的线性层或 1x1 卷积层，旁边有一条只经过 rank 个数的小路来学；strength 为它所加部分的强度，起初为 1。
    """

    def __init__(self, layer, rank):
        super().__init__()
        self.layer, self.strength = layer.requires_grad_(False), 1.0
        out, into = layer.weight.shape[:2]
        drawn = torch.randn(rank, into) / into**0.5
        self.down = nn.Parameter(drawn.to(layer.weight))
        self.up = nn.Parameter(layer.weight.new_zeros(out, rank))

    def forward(self, x):
        through = F.linear if isinstance(self.layer, nn.Linear) else F.conv2d
        ones = [1] * (self.layer.weight.ndim - 2)
        down, up = (matrix.reshape(*matrix.shape, *ones) for matrix in (self.down, self.up))
        return self.layer(x) + self.strength * through(through(x, down), up)

    def merged(self):
        layer = copy.deepcopy(self.layer)
        with torch.no_grad():
            layer.weight += self.strength * (self.up @ self.down).reshape(layer.weight.shape)
        return layer
