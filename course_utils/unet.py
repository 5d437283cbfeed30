"""The network that looks at a noisy image and names the noise in it.

看一张带噪图像、指出其中噪声的网络。
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.attention import Attention
from course_utils.blocks import NoiseLevelEmbedding, ResidualBlock, double, group_norm, halve, silenced
from course_utils.gates import (
    WIDE,
    check_labels,
    check_log_snr,
    check_multiple,
    check_ready,
    check_whole,
    check_wholes,
)
from course_utils.language import CourseError

GROUPS = (
    "Group norm makes groups of 16 or 8 channels. Try width=32.",
    "组归一化每组 16 或 8 个通道。可以用 width=32。",
)


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
        patch: 2 makes one place with 4 channels of every 2 x 2 pixels, and back at the end: nothing is lost, and the
            top floor costs a quarter.

    Shapes: xt (b, channels, h, w) of any h and w, log_snr () or (b,), labels (b,) of ints -> eps_hat like xt.
    (A lone image must be larger than 1 x 1 at the lowest resolution: group norm cannot take a single value.)
    Raises: CourseError for a width that is no multiple of 8, images of other channels or another type than the weights,
    the number of a step for its log-SNR, or wrong labels.
    Papers: Ronneberger et al. 2015, figure 1; Ho et al. 2020, appendix B; Salimans & Ho 2022, section 4 (v);
    Shi et al. 2016, section 2.2 (patch, called periodic shuffling there, pixel shuffle since).
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 32,
        multipliers: tuple[int, ...] = (1, 2),
        classes: int = 0,
        patch: int = 1,
    ):
        super().__init__()
        channels, classes = check_whole("channels", channels, 1, WIDE), check_whole("classes", classes, 0, WIDE)
        width = check_multiple("width", width, 8, WIDE // 4, so=GROUPS)
        multipliers = check_wholes("multipliers", multipliers, 1, WIDE // 2 // width)
        patch = check_whole("patch", patch, 1, 64)
        self.config = dict(channels=channels, width=width, multipliers=multipliers, classes=classes, patch=patch)
        widths = [width * m for m in multipliers]
        e = 4 * width
        self.embed = NoiseLevelEmbedding(e)
        self.label = nn.Embedding(classes + 1, e) if classes else None
        self.stem = nn.Conv2d(channels * patch**2, widths[0], 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        skips = [widths[0]]
        for i, c in enumerate(widths):
            self.down.append(ResidualBlock(skips[-1], c, e))
            skips.append(c)
            if i + 1 < len(widths):
                self.down.append(halve(c))
                skips.append(c)
        self.middle = nn.ModuleList([ResidualBlock(c, c, e), Attention(c), ResidualBlock(c, c, e)])
        for i, c_out in reversed(list(enumerate(widths))):
            for _ in range(2):
                self.up.append(ResidualBlock(c + skips.pop(), c_out, e))
                c = c_out
            if i:
                self.up.append(double(c))
        last = silenced(nn.Conv2d(c, channels * patch**2, 3, padding=1))
        self.head = nn.Sequential(group_norm(c), nn.SiLU(), last)
        self.to(memory_format=torch.channels_last)

    def forward(self, xt: Tensor, log_snr: Tensor, labels: Tensor | None = None) -> Tensor:
        check_shape(check_ready(xt, self.stem.weight), self.config["channels"])
        log_snr, labels = check_log_snr(xt, log_snr), self._check_labels(xt, labels)
        h, w = xt.shape[-2:]
        patch = self.config["patch"]
        unit = patch * 2 ** (len(self.config["multipliers"]) - 1)
        x = F.pixel_unshuffle(F.pad(xt, (0, -w % unit, 0, -h % unit)), patch)
        embedding = self.embed(log_snr)
        if self.label is not None:
            embedding = embedding + self.label(labels)
        x = self.stem(x.contiguous(memory_format=torch.channels_last))
        skips = [x]
        for layer in self.down:
            x = layer(x, embedding) if isinstance(layer, ResidualBlock) else layer(x)
            skips.append(x)
        for layer in self.middle:
            x = layer(x, embedding) if isinstance(layer, ResidualBlock) else layer(x)
        for layer in self.up:
            x = layer(self.join(x, skips.pop()), embedding) if isinstance(layer, ResidualBlock) else layer(x)
        v = F.pixel_shuffle(self.head(x), patch)[..., :h, :w].to(xt.dtype)
        signal, noise = (level.sigmoid().sqrt()[:, None, None, None] for level in (log_snr, -log_snr))
        return noise * xt + signal * v

    def join(self, x: Tensor, skip: Tensor) -> Tensor:
        """What a block on the way up is given: its channels, then those of its skip.

        上行路上一个块的输入：先是自己的通道，再是跳跃连接的通道。
        """
        return torch.cat([x, skip], dim=1)

    def _check_labels(self, xt: Tensor, labels: Tensor | None) -> Tensor | None:
        classes = self.config["classes"]
        if classes:
            so = (f"Label {classes} means none.", f"标签 {classes} 表示没有标签。")
            return check_labels(labels, len(xt), classes, so=so).to(xt.device)
        if labels is not None:
            given = labels.flatten()[:8].tolist() if isinstance(labels, Tensor) else type(labels).__name__
            raise CourseError(
                f"labels is {given}. This network has no classes: leave labels out, or use UNet(classes=...).",
                f"labels 为 {given}。这个网络不分类别：请不要给 labels，或用 UNet(classes=...) 另建网络。",
            )
        return None


def check_shape(xt: Tensor, channels: int, unit: int = 1) -> None:
    """Say what is wrong if images have other channels than a network reads, or a size that it cannot halve.

    若图像的通道数与网络不符，或尺寸不能逐次减半，则说明原因。

    Raises: CourseError then.
    """
    if xt.ndim != 4 or xt.shape[1] != channels or not xt.numel():
        raise CourseError(
            f"The images have shape {tuple(xt.shape)}; this network reads (b, {channels}, h, w). "
            f"Convert them, or build it with channels=....",
            f"图像的形状是 {tuple(xt.shape)}；这个网络读的是 (b, {channels}, h, w)。"
            "请转换图像，或用 channels=... 另建网络。",
        )
    if xt.shape[2] % unit or xt.shape[3] % unit:
        raise CourseError(
            f"The images are {xt.shape[2]} x {xt.shape[3]}; this network halves both sides until one is left of "
            f"{unit}, so both must be multiples of {unit}. Resize them with data.resize, or take fewer floors.",
            f"图像是 {xt.shape[2]} x {xt.shape[3]}；这个网络把两边逐次减半，直到只剩 {unit} 分之一，所以都应当是 "
            f"{unit} 的倍数。请用 data.resize 调整尺寸，或减少级数。",
        )
