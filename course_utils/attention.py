"""Attention over the places of a feature map: each with each, or by way of a small sum.

特征图各位置之间的注意力：逐对比较，或先汇总成一个小矩阵。
"""

import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.blocks import silenced
from course_utils.gates import WIDE, check_heads, check_map, check_multiple, check_whole


class Attention(nn.Module):
    """Self-attention: every place of the feature map looks at every other. Norm before it, a short cut beside it.

    自注意力：特征图上的每个位置都看一遍其余各处。之前归一化，旁边一条捷径。

    Cost grows as the square of the number of places, h w.

    Shapes: (b, c, h, w) -> the same.
    Raises: CourseError for numbers below 1, or heads that cannot share the channels out and are given no width.
    Papers: Vaswani et al. 2017, eq. (1); norm before, Nguyen & Salazar 2019.
    """

    def __init__(self, channels: int, heads: int = 1, head_width: int | None = None):
        super().__init__()
        channels, heads = check_whole("channels", channels, 1, WIDE), check_whole("heads", heads, 1, WIDE)
        if head_width is None:
            so = "The heads share them out; or give head_width.", "各个头平分通道；也可以给出 head_width。"
            head_width = check_multiple("channels", channels, heads, so=so) // heads
        self.heads, inner = heads, heads * check_whole("head_width", head_width, 1, WIDE // heads)
        self.norm = nn.GroupNorm(1, channels)
        self.qkv = nn.Conv2d(channels, 3 * inner, 1, bias=False)
        self.out = silenced(nn.Conv2d(inner, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = split_heads(self.qkv(self.norm(x)), self.heads)
        return x + self.out(join_heads(F.scaled_dot_product_attention(q, k, v), x))


class LinearAttention(nn.Module):
    """Attention without comparing places in pairs: keys and values are first summed up into a small matrix.

    不逐对比较位置的注意力：先把键与值汇总成一个小矩阵。

    q (k^T v) in place of (q k^T) v, with one softmax over the features of each q and one over the places of k: the cost
    grows only as the number of places, h w.

    Shapes: (b, c, h, w) -> the same.  Raises: CourseError for numbers below 1.
    Paper: Shen et al. 2021 (efficient attention), section 3.2.
    """

    def __init__(self, channels: int, heads: int = 4, head_width: int = 32):
        super().__init__()
        channels, heads = check_whole("channels", channels, 1, WIDE), check_whole("heads", heads, 1, WIDE)
        head_width = check_whole("head_width", head_width, 1, WIDE // heads)
        self.heads, self.scale, inner = heads, head_width**-0.5, heads * head_width
        self.norm = nn.GroupNorm(1, channels)
        self.qkv = nn.Conv2d(channels, 3 * inner, 1, bias=False)
        self.out = nn.Sequential(nn.Conv2d(inner, channels, 1), nn.GroupNorm(1, channels))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = split_heads(self.qkv(self.norm(x)), self.heads)
        summary = k.softmax(dim=2).transpose(2, 3) @ v  # (b, heads, d, d), whatever h and w are
        return x + self.out(join_heads(self.scale * q.softmax(dim=3) @ summary, x))


def split_heads(qkv: Tensor, heads: int) -> tuple[Tensor, Tensor, Tensor]:
    """Feature maps (b, 3 heads d, h, w) into q, k and v, each (b, heads, h w, d).

    把特征图 (b, 3 heads d, h, w) 拆成 q、k、v，各为 (b, heads, h w, d)。

    Raises: CourseError for what is no feature map, or channels that 3 heads do not divide.
    """
    b, c, h, w = check_map("qkv", qkv, 3 * check_whole("heads", heads, 1, WIDE)).shape
    return qkv.permute(0, 2, 3, 1).reshape(b, h * w, 3, heads, c // (3 * heads)).permute(2, 0, 3, 1, 4).unbind(0)


def join_heads(y: Tensor, x: Tensor) -> Tensor:
    """Heads (b, heads, h w, d) back into a feature map (b, heads d, h, w) of x's height and width.

    把各个头 (b, heads, h w, d) 拼回特征图 (b, heads d, h, w)，高与宽同 x。

    Raises: CourseError for heads that have not one row for each place of x.
    """
    check_heads(y, x)
    b, heads, _, d = y.shape
    return y.transpose(1, 2).reshape(b, *x.shape[-2:], heads * d).permute(0, 3, 1, 2)
