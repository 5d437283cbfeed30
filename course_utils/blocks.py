"""What U-Nets are built from: the embedding of the noise level, residual blocks, changes of size.

搭建 U-Net 的部件：噪声水平的嵌入、残差块、尺寸的升降。
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.gates import WIDE, check_kind, check_multiple, check_rows, check_whole


def sinusoids(x: Tensor, frequency: Tensor) -> Tensor:
    """The sines of x at all frequencies, then the cosines: the same place on many clocks at once.

    x 在各频率上的正弦，接着是余弦：好比在许多只钟上同时读同一时刻。

    Sines and cosines stand in two halves here, and in turn in the first paper; a linear layer follows, which does not
    mind the order.

    Shapes: x (b,), frequency (f,) in radians per unit of x -> (b, 2 f).  Raises: CourseError for other shapes.
    Paper: Vaswani et al. 2017, section 3.5.
    """
    check_rows(x=x, frequency=frequency)
    angle = x[:, None] * frequency  # (b, f)
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def paper_frequencies(n: int) -> Tensor:
    """The n frequencies 10000^(-i / n), i = 0, ..., n - 1, for positions 0, 1, 2, ...

    用于位置 0, 1, 2, … 的 n 个频率 10000^(-i / n)。

    Raises: CourseError for n below 1 or above 8,192.  Paper: Vaswani et al. 2017, section 3.5, with n = d_model / 2.
    """
    return 10000.0 ** (-torch.arange(check_whole("n", n, 1, WIDE)) / n)


class NoiseLevelEmbedding(nn.Module):
    """Turn a log-SNR into a vector: sines and cosines of many frequencies, then a small MLP.

    把对数信噪比变成向量：先取许多频率的正弦与余弦，再过一个小 MLP。

    The network is told how noisy its input is, not the number of a step, so one set of weights serves every T
    and every spacing of times. A log-SNR below -20 or above 20 is read as -20 or 20: nothing differs out there.

    Shapes: log_snr (b,) -> (b, width).  Raises: CourseError for a width or frequencies below 1.
    Paper: Vaswani et al. 2017, section 3.5, with log-SNR for position.
    """

    def __init__(self, width: int, frequencies: int = 16):
        super().__init__()
        width, frequencies = check_whole("width", width, 1, WIDE), check_whole("frequencies", frequencies, 1, WIDE)
        self.register_buffer("frequency", torch.logspace(math.log10(0.05), math.log10(3.0), frequencies))
        self.mlp = nn.Sequential(nn.Linear(2 * frequencies, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, log_snr: Tensor) -> Tensor:
        return self.mlp(sinusoids(log_snr.clamp(-20, 20), self.frequency))  # (b, width)


def group_norm(channels: int) -> nn.GroupNorm:
    """Group normalisation in groups of 16 channels, of 8 where 16 does not divide them.

    每组 16 个通道的组归一化；通道数不是 16 的倍数时每组 8 个。

    Raises: CourseError if the channels are no multiple of 8.  Paper: Wu & He 2018, table 3.
    """
    so = "They are normalised in groups of 16 or 8.", "归一化时每组 16 或 8 个。"
    channels = check_multiple("channels", channels, 8, WIDE, so=so)
    return nn.GroupNorm(channels // (16 if channels % 16 == 0 else 8), channels)


def silenced(layer: nn.Module) -> nn.Module:
    """Set a layer's weights to 0, so that the block it ends begins as its short cut alone.

    把一层的权重置 0，使以它结尾的块在起初只剩捷径。

    Raises: CourseError for what is no layer.
    """
    check_kind("layer", layer, nn.Module, "nn.Linear(8, 8)")
    for weight in layer.parameters():
        nn.init.zeros_(weight)
    return layer


def short_cut(c_in: int, c_out: int) -> nn.Module:
    """The way past a block: nothing at all, or a 1x1 convolution where the channels change.

    绕过一个块的捷径：原样通过；通道数变化时用 1x1 卷积。

    Raises: CourseError for channels below 1.
    """
    c_in, c_out = check_whole("c_in", c_in, 1, WIDE), check_whole("c_out", c_out, 1, WIDE)
    return nn.Identity() if c_in == c_out else nn.Conv2d(c_in, c_out, 1)


class ResidualBlock(nn.Module):
    """Two convolutions beside a short cut, each after norm and SiLU; the noise level scales and shifts between them.

    两层卷积，旁边一条捷径；每层卷积之前先归一化、再过 SiLU；噪声水平对两层之间的特征做缩放与平移。

    Shapes: x (b, c_in, h, w), embedding (b, e) -> (b, c_out, h, w).
    Raises: CourseError for channels that are no multiples of 8, or an embedding below 1.
    Papers: He et al. 2016, figure 4 (e); group norm, Wu & He 2018; scale and shift, Dhariwal & Nichol 2021 (AdaGN).
    """

    def __init__(self, c_in: int, c_out: int, embedding: int):
        super().__init__()
        c_out, embedding = check_whole("c_out", c_out, 8, WIDE), check_whole("embedding", embedding, 1, WIDE)
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
    Raises: CourseError for channels below 1, a negative embedding, or groups that do not divide c_out.
    Papers: He et al. 2015, eq. (2); Ho et al. 2020, appendix B.
    """

    def __init__(self, c_in: int, c_out: int, embedding: int, groups: int = 4):
        super().__init__()
        c_in, embedding = check_whole("c_in", c_in, 1, WIDE), check_whole("embedding", embedding, 0, WIDE)
        c_out = check_multiple("c_out", c_out, check_whole("groups", groups, 1, WIDE), WIDE)
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
    Raises: CourseError for channels or a widening below 1, or a negative embedding.
    Paper: Liu et al. 2022, figure 4, with 3x3 in place of its two 1x1.
    """

    def __init__(self, c_in: int, c_out: int, embedding: int, widening: int = 2):
        super().__init__()
        c_in, c_out = check_whole("c_in", c_in, 1, WIDE), check_whole("c_out", c_out, 1, WIDE)
        embedding = check_whole("embedding", embedding, 0, WIDE)
        widening = check_whole("widening", widening, 1, max(1, WIDE // c_out))
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


def halve(channels: int) -> nn.Module:
    """Half the height and width: a 3x3 convolution that takes every second place.

    高与宽减半：每隔一处取一处的 3x3 卷积。

    Raises: CourseError for channels below 1.
    """
    channels = check_whole("channels", channels, 1, WIDE)
    return nn.Conv2d(channels, channels, 3, stride=2, padding=1)


def double(channels: int) -> nn.Module:
    """Twice the height and width: each value repeated, then a 3x3 convolution.

    高与宽加倍：先把每个值重复，再做 3x3 卷积。

    Raises: CourseError for channels below 1.
    Paper: Odena et al. 2016 (why not a transposed convolution: its chequered patterns).
    """
    channels = check_whole("channels", channels, 1, WIDE)
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(channels, channels, 3, padding=1))
