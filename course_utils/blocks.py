"""What U-Nets are built from: the embedding of the noise level, residual blocks, attention, changes of size.

搭建 U-Net 的部件：噪声水平的嵌入、残差块、注意力、尺寸的升降。
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.language import CourseError


def sinusoids(x: Tensor, frequency: Tensor) -> Tensor:
    """The sines of x at all frequencies, then the cosines: the same place on many clocks at once.

    x 在各频率上的正弦，接着是余弦：好比在许多只钟上同时读同一时刻。

    Sines and cosines stand in two halves here, and in turn in the first paper; a linear layer follows, which does not
    mind the order.

    Shapes: x (b,), frequency (f,) in radians per unit of x -> (b, 2 f).
    Paper: Vaswani et al. 2017, section 3.5.
    """
    angle = x[:, None] * frequency  # (b, f)
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def paper_frequencies(n: int) -> Tensor:
    """The n frequencies 10000^(-i / n), i = 0, ..., n - 1, for positions 0, 1, 2, ...

    用于位置 0, 1, 2, … 的 n 个频率 10000^(-i / n)。

    Paper: Vaswani et al. 2017, section 3.5, with n = d_model / 2.
    """
    return 10000.0 ** (-torch.arange(n) / n)


class NoiseLevelEmbedding(nn.Module):
    """Turn a log-SNR into a vector: sines and cosines of many frequencies, then a small MLP.

    把对数信噪比变成向量：先取许多频率的正弦与余弦，再过一个小 MLP。

    The network is told how noisy its input is, not the number of a step, so one set of weights serves every T
    and every spacing of times. A log-SNR below -20 or above 20 is read as -20 or 20: nothing differs out there.

    Shapes: log_snr (b,) -> (b, width).  Paper: Vaswani et al. 2017, section 3.5, with log-SNR for position.
    """

    def __init__(self, width: int, frequencies: int = 16):
        super().__init__()
        self.register_buffer("frequency", torch.logspace(math.log10(0.05), math.log10(3.0), frequencies))
        self.mlp = nn.Sequential(nn.Linear(2 * frequencies, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, log_snr: Tensor) -> Tensor:
        return self.mlp(sinusoids(log_snr.clamp(-20, 20), self.frequency))  # (b, width)


def group_norm(channels: int) -> nn.GroupNorm:
    """Group normalisation in groups of 16 channels, of 8 where 16 does not divide them.

    每组 16 个通道的组归一化；通道数不是 16 的倍数时每组 8 个。

    Raises: CourseError if the channels are no multiple of 8.  Paper: Wu & He 2018, table 3.
    """
    if channels < 8 or channels % 8:
        raise CourseError(
            f"There are {channels} channels to be normalised in groups of 16 or 8. Make their number a multiple of 8.",
            f"要把 {channels} 个通道按每组 16 或 8 个归一化。请让通道数是 8 的倍数。",
        )
    return nn.GroupNorm(channels // (16 if channels % 16 == 0 else 8), channels)


def silenced(layer: nn.Module) -> nn.Module:
    """Set a layer's weights to 0, so that the block it ends begins as its short cut alone.

    把一层的权重置 0，使以它结尾的块在起初只剩捷径。
    """
    for weight in layer.parameters():
        nn.init.zeros_(weight)
    return layer


def short_cut(c_in: int, c_out: int) -> nn.Module:
    """The way past a block: nothing at all, or a 1x1 convolution where the channels change.

    绕过一个块的捷径：原样通过；通道数变化时用 1x1 卷积。
    """
    return nn.Identity() if c_in == c_out else nn.Conv2d(c_in, c_out, 1)


class ResidualBlock(nn.Module):
    """Two convolutions beside a short cut, each after norm and SiLU; the noise level scales and shifts between them.

    两层卷积，旁边一条捷径；每层卷积之前先归一化、再过 SiLU；噪声水平对两层之间的特征做缩放与平移。

    Shapes: x (b, c_in, h, w), embedding (b, e) -> (b, c_out, h, w).
    Papers: He et al. 2016, figure 4 (e); group norm, Wu & He 2018; scale and shift, Dhariwal & Nichol 2021 (AdaGN).
    """

    def __init__(self, c_in: int, c_out: int, embedding: int):
        super().__init__()
        self.norm1, self.conv1 = group_norm(c_in), nn.Conv2d(c_in, c_out, 3, padding=1)
        self.scale_shift = nn.Linear(embedding, 2 * c_out)
        self.norm2, self.conv2 = group_norm(c_out), silenced(nn.Conv2d(c_out, c_out, 3, padding=1))
        self.short_cut = short_cut(c_in, c_out)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))  # (b, c_out, h, w)
        scale, shift = self.scale_shift(F.silu(embedding))[:, :, None, None].chunk(2, dim=1)
        h = F.silu(torch.addcmul(shift, self.norm2(h), 1 + scale))
        return self.short_cut(x) + self.conv2(h)


class ResNetBlock(nn.Module):
    """Two convolutions beside a short cut, norm and SiLU after each; the noise level shifts what lies between them.

    两层卷积，旁边一条捷径；每层卷积之后归一化、过 SiLU；噪声水平对两层之间的特征做平移。

    Shapes: x (b, c_in, h, w), embedding (b, e) -> (b, c_out, h, w); with embedding=0 none is given.
    Papers: He et al. 2015, eq. (2); Ho et al. 2020, appendix B.
    """

    def __init__(self, c_in: int, c_out: int, embedding: int, groups: int = 4):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(c_in, c_out, 3, padding=1), nn.GroupNorm(groups, c_out)
        self.conv2, self.norm2 = nn.Conv2d(c_out, c_out, 3, padding=1), nn.GroupNorm(groups, c_out)
        self.shift = nn.Linear(embedding, c_out) if embedding else None
        self.short_cut = short_cut(c_in, c_out)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h = F.silu(self.norm1(self.conv1(x)))
        if self.shift is not None:
            h = h + self.shift(F.silu(embedding))[:, :, None, None]
        return self.short_cut(x) + F.silu(self.norm2(self.conv2(h)))


class ConvNextBlock(nn.Module):
    """A 7x7 convolution within each channel, then two 3x3 that widen and narrow again, beside a short cut.

    先在每个通道内做 7x7 卷积，再用两层 3x3 卷积加宽、收窄，旁边一条捷径。

    The noise level shifts the result of the first convolution; the norms take all channels as one group.

    Shapes: x (b, c_in, h, w), embedding (b, e) -> (b, c_out, h, w); with embedding=0 none is given.
    Paper: Liu et al. 2022, figure 4, with 3x3 in place of its two 1x1.
    """

    def __init__(self, c_in: int, c_out: int, embedding: int, widening: int = 2):
        super().__init__()
        self.within = nn.Conv2d(c_in, c_in, 7, padding=3, groups=c_in)
        self.shift = nn.Linear(embedding, c_in) if embedding else None
        wide = widening * c_out
        self.norm1, self.conv1 = nn.GroupNorm(1, c_in), nn.Conv2d(c_in, wide, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(1, wide), nn.Conv2d(wide, c_out, 3, padding=1)
        self.short_cut = short_cut(c_in, c_out)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h = self.within(x)
        if self.shift is not None:
            h = h + self.shift(F.gelu(embedding))[:, :, None, None]
        h = F.gelu(self.conv1(self.norm1(h)))  # (b, wide, h, w)
        return self.short_cut(x) + self.conv2(self.norm2(h))


class Attention(nn.Module):
    """Self-attention: every place of the feature map looks at every other. Norm before it, a short cut beside it.

    自注意力：特征图上的每个位置都看一遍其余各处。之前归一化，旁边一条捷径。

    Cost grows as the square of the number of places, h w.

    Shapes: (b, c, h, w) -> the same.
    Papers: Vaswani et al. 2017, eq. (1); norm before, Nguyen & Salazar 2019.
    """

    def __init__(self, channels: int, heads: int = 1, head_width: int | None = None):
        super().__init__()
        self.heads, inner = heads, heads * (head_width or channels // heads)
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

    Shapes: (b, c, h, w) -> the same.
    Paper: Shen et al. 2021 (efficient attention), section 3.2.
    """

    def __init__(self, channels: int, heads: int = 4, head_width: int = 32):
        super().__init__()
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
    """
    b, c, h, w = qkv.shape
    return qkv.permute(0, 2, 3, 1).reshape(b, h * w, 3, heads, c // (3 * heads)).permute(2, 0, 3, 1, 4).unbind(0)


def join_heads(y: Tensor, x: Tensor) -> Tensor:
    """Heads (b, heads, h w, d) back into a feature map (b, heads d, h, w) of x's height and width.

    把各个头 (b, heads, h w, d) 拼回特征图 (b, heads d, h, w)，高与宽同 x。
    """
    b, heads, _, d = y.shape
    return y.transpose(1, 2).reshape(b, *x.shape[-2:], heads * d).permute(0, 3, 1, 2)


def halve(channels: int) -> nn.Module:
    """Half the height and width: a 3x3 convolution that takes every second place.

    高与宽减半：每隔一处取一处的 3x3 卷积。
    """
    return nn.Conv2d(channels, channels, 3, stride=2, padding=1)


def double(channels: int) -> nn.Module:
    """Twice the height and width: each value repeated, then a 3x3 convolution.

    高与宽加倍：先把每个值重复，再做 3x3 卷积。

    Paper: Odena et al. 2016 (why not a transposed convolution: its chequered patterns).
    """
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(channels, channels, 3, padding=1))
