"""The network that looks at a noisy image and names the noise in it.

看一张带噪图像、指出其中噪声的网络。
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.language import CourseError


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
        angle = log_snr.clamp(-20, 20)[:, None] * self.frequency  # (b, f)
        return self.mlp(torch.cat([angle.sin(), angle.cos()], dim=1))  # (b, width)


class ResidualBlock(nn.Module):
    """Two convolutions beside a short cut; the noise level scales and shifts what lies between them.

    两层卷积，旁边一条捷径；噪声水平对两层之间的特征做缩放与平移。

    Shapes: x (b, c_in, h, w), embedding (b, e) -> (b, c_out, h, w).
    Papers: He et al. 2015, eq. (2); group norm, Wu & He 2018; scale and shift, Dhariwal & Nichol 2021 (AdaGN).
    """

    def __init__(self, c_in: int, c_out: int, embedding: int):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(8, c_in), nn.Conv2d(c_in, c_out, 3, padding=1)
        self.scale_shift = nn.Linear(embedding, 2 * c_out)
        self.norm2, self.conv2 = nn.GroupNorm(8, c_out), nn.Conv2d(c_out, c_out, 3, padding=1)
        self.short_cut = nn.Conv2d(c_in, c_out, 1) if c_in != c_out else nn.Identity()
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))  # (b, c_out, h, w)
        scale, shift = self.scale_shift(F.silu(embedding))[:, :, None, None].chunk(2, dim=1)
        h = F.silu(self.norm2(h) * (1 + scale) + shift)
        return self.short_cut(x) + self.conv2(h)


class Attention(nn.Module):
    """Self-attention: every place of the feature map looks at every other.

    自注意力：特征图上的每个位置都看一遍其余各处。

    Shapes: (b, c, h, w) -> the same.  Paper: Vaswani et al. 2017, eq. (1).
    """

    def __init__(self, channels: int, heads: int = 4):
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(8, channels)
        self.qkv, self.out = nn.Conv2d(channels, 3 * channels, 1), nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        qkv = self.qkv(self.norm(x)).reshape(b, 3, self.heads, c // self.heads, h * w)
        q, k, v = qkv.transpose(-1, -2).unbind(1)  # each (b, heads, h w, c / heads)
        y = F.scaled_dot_product_attention(q, k, v).transpose(-1, -2)  # (b, heads, c / heads, h w)
        return x + self.out(y.reshape(b, c, h, w))


class UNet(nn.Module):
    """A complete small U-Net: down, attention at the lowest resolution, up, every skip used.

    完整的小 U-Net：下采样，在最低分辨率处做注意力，再上采样；每条跳跃连接都用上。

    The more noise, the more eps_hat resembles xt itself. So the layers are left only the rest: what they give is v,
    and eps_hat = sqrt(1 - alpha_bar) xt + sqrt(alpha_bar) v, both factors read off the log-SNR.

    Args:
        channels: of the image, 1 for grey and 3 for colour.
        width: channels of the top floor, a multiple of 8.
        multipliers: width of each floor, in units of `width`; one halving lies between two floors.
        classes: number of labels; 0 for a network without. Row `classes` of the label table means "no label".

    Shapes: xt (b, channels, h, w) of any h and w, log_snr () or (b,), labels (b,) of ints -> eps_hat like xt.
    (A lone image must be larger than 1 x 1 at the lowest resolution: group norm cannot take a single value.)
    Raises: CourseError for a width that is no multiple of 8, images of other channels, or wrong labels.
    Papers: Ronneberger et al. 2015, figure 1; Ho et al. 2020, appendix B; Salimans & Ho 2022, section 4 (v).
    """

    def __init__(self, channels: int = 1, width: int = 32, multipliers: tuple[int, ...] = (1, 2), classes: int = 0):
        super().__init__()
        if width < 8 or width % 8:
            raise CourseError(
                f"width is {width}; it must be a multiple of 8 (group norm makes 8 groups). Try width=32.",
                f"width 为 {width}；它必须是 8 的倍数（组归一化分 8 组）。可以用 width=32。",
            )
        self.config = dict(channels=channels, width=width, multipliers=list(multipliers), classes=classes)
        widths = [width * m for m in multipliers]
        e = 4 * width
        self.embed = NoiseLevelEmbedding(e)
        self.label = nn.Embedding(classes + 1, e) if classes else None
        self.stem = nn.Conv2d(channels, width, 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        skips = [width]
        for i, c in enumerate(widths):
            self.down.append(ResidualBlock(skips[-1], c, e))
            skips.append(c)
            if i + 1 < len(widths):
                self.down.append(nn.Conv2d(c, c, 3, stride=2, padding=1))
                skips.append(c)
        self.middle = nn.ModuleList([ResidualBlock(c, c, e), Attention(c), ResidualBlock(c, c, e)])
        for i, c_out in reversed(list(enumerate(widths))):
            for _ in range(2):
                self.up.append(ResidualBlock(c + skips.pop(), c_out, e))
                c = c_out
            if i:
                self.up.append(nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(c, c, 3, padding=1)))
        self.head = nn.Sequential(nn.GroupNorm(8, c), nn.SiLU(), nn.Conv2d(c, channels, 3, padding=1))
        nn.init.zeros_(self.head[-1].weight)
        nn.init.zeros_(self.head[-1].bias)
        self.to(memory_format=torch.channels_last)

    def forward(self, xt: Tensor, log_snr: Tensor, labels: Tensor | None = None) -> Tensor:
        self._check(xt, labels)
        h, w = xt.shape[-2:]
        unit = 2 ** (len(self.config["multipliers"]) - 1)
        x = F.pad(xt, (0, -w % unit, 0, -h % unit)).contiguous(memory_format=torch.channels_last)
        log_snr = log_snr.to(xt).expand(len(xt))
        embedding = self.embed(log_snr)
        if self.label is not None:
            embedding = embedding + self.label(labels)
        x = self.stem(x)
        skips = [x]
        for layer in self.down:
            x = layer(x, embedding) if isinstance(layer, ResidualBlock) else layer(x)
            skips.append(x)
        for layer in self.middle:
            x = layer(x, embedding) if isinstance(layer, ResidualBlock) else layer(x)
        for layer in self.up:
            x = layer(torch.cat([x, skips.pop()], 1), embedding) if isinstance(layer, ResidualBlock) else layer(x)
        signal, noise = (level.sigmoid().sqrt()[:, None, None, None] for level in (log_snr, -log_snr))
        return noise * xt + signal * self.head(x)[..., :h, :w]

    def _check(self, xt: Tensor, labels: Tensor | None) -> None:
        channels, classes = self.config["channels"], self.config["classes"]
        if xt.ndim != 4 or xt.shape[1] != channels:
            raise CourseError(
                f"The images have shape {tuple(xt.shape)}; this network reads (b, {channels}, h, w). "
                f"Convert them, or build it with UNet(channels=...).",
                f"图像的形状是 {tuple(xt.shape)}；这个网络读的是 (b, {channels}, h, w)。"
                "请转换图像，或用 UNet(channels=...) 另建网络。",
            )
        if labels is None and not classes:
            return
        fits = labels is not None and classes and labels.shape == xt.shape[:1] and not labels.is_floating_point()
        if not fits or bool(((labels < 0) | (labels > classes)).any()):
            given = "None" if labels is None else f"{labels.dtype} {labels.flatten()[:8].tolist()}"
            raise CourseError(
                f"labels is {given}. "
                + (f"Give {len(xt)} whole numbers from 0 to {classes}, where {classes} means none." if classes else "")
                + ("" if classes else "This network has no classes: leave labels out, or use UNet(classes=...)."),
                f"labels 为 {given}。"
                + (f"请给 {len(xt)} 个 0 到 {classes} 的整数，{classes} 表示没有标签。" if classes else "")
                + ("" if classes else "这个网络不分类别：请不要给 labels，或用 UNet(classes=...) 另建网络。"),
            )
