"""The two U-Nets that the notes build: the annotated DDPM's and the study notes'.

几份笔记里搭的两个 U-Net：“DDPM 逐行注释”的与学习笔记的。
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.attention import Attention, LinearAttention
from course_utils.blocks import ConvNextBlock, NoiseLevelEmbedding
from course_utils.gates import (
    WIDE,
    check_callable,
    check_kind,
    check_log_snr,
    check_multiple,
    check_ready,
    check_whole,
    check_wholes,
)
from course_utils.unet import check_shape


class AnnotatedUNet(nn.Module):
    """The U-Net of the annotated DDPM: two blocks and linear attention a floor, one skip a floor, eps itself as output.

    “DDPM 逐行注释”里的 U-Net：每级两个块加一次线性注意力，每级一条跳跃连接，直接输出 eps。

    With its settings (width 28, multipliers 1, 2, 4) it has 3.00 M parameters with `ConvNextBlock` and 1.69 M with
    `ResNetBlock`. The floors below the top hand their features across, the top one does not: its skip was kept and
    never used, so it is left out here.

    Args: channels, width and multipliers as in `UNet`; block: what its floors are made of.

    Shapes: xt (b, channels, h, w), h and w multiples of 2^(floors - 1), log_snr () or (b,) -> eps_hat like xt.
    Raises: CourseError for images of other channels or type, a size that cannot be halved so often, or the number of a
    step for its log-SNR.
    Papers: Ho et al. 2020, appendix B; Liu et al. 2022 (ConvNeXt); Shen et al. 2021 (linear attention).
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 28,
        multipliers: tuple[int, ...] = (1, 2, 4),
        block: Callable[[int, int, int], nn.Module] = ConvNextBlock,
    ):
        super().__init__()
        so = "Group norm makes 4 groups. Try width=28.", "组归一化分 4 组。可以用 width=28。"
        channels = check_whole("channels", channels, 1, WIDE)
        width = check_multiple("width", width, 4, WIDE // 4, so=so)
        multipliers = check_wholes("multipliers", multipliers, 1, WIDE // 2 // width)
        block = check_callable("block", block, "ConvNextBlock")
        self.config = dict(channels=channels, width=width, multipliers=multipliers, block=block.__name__)
        widths = [width // 3 * 2, *(width * m for m in multipliers)]
        e = 4 * width
        self.embed = NoiseLevelEmbedding(e, frequencies=width // 2)
        self.stem = nn.Conv2d(channels, widths[0], 7, padding=3)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for c_in, c in zip(widths, widths[1:], strict=False):
            floor = [block(c_in, c, e), block(c, c, e), LinearAttention(c)]
            self.down.append(nn.ModuleList(floor))
        self.halve = nn.ModuleList(nn.Conv2d(c, c, 4, stride=2, padding=1) for c in widths[1:-1])
        self.middle = nn.ModuleList([block(c, c, e), Attention(c, heads=4, head_width=32), block(c, c, e)])
        for c_out, c in reversed(list(zip(widths[1:], widths[2:], strict=False))):
            floor = [block(2 * c, c_out, e), block(c_out, c_out, e), LinearAttention(c_out)]
            self.up.append(nn.ModuleList([*floor, nn.ConvTranspose2d(c_out, c_out, 4, stride=2, padding=1)]))
        self.head = nn.ModuleList([block(widths[1], widths[1], 0), nn.Conv2d(widths[1], channels, 1)])

    def forward(self, xt: Tensor, log_snr: Tensor) -> Tensor:
        check_shape(check_ready(xt, self.stem.weight), self.config["channels"], unit=2 ** len(self.up))
        embedding = self.embed(check_log_snr(xt, log_snr))
        x, skips = self.stem(xt), []
        for floor, (first, second, attention) in enumerate(self.down):
            x = attention(second(first(x, embedding), embedding))
            if floor:
                skips.append(x)
            if floor < len(self.halve):
                x = self.halve[floor](x)
        first, attention, second = self.middle
        x = second(attention(first(x, embedding)), embedding)
        for first, second, attention, doubled in self.up:
            x = first(torch.cat([x, skips.pop()], dim=1), embedding)
            x = doubled(attention(second(x, embedding)))
        block, out = self.head
        return out(block(x, embedding))


class SimpleBlock(nn.Module):
    """The study notes' block: convolution, ReLU, batch norm, twice, a shift between; then half or twice the size.

    学习笔记里的块：卷积、ReLU、批归一化，做两遍，中间加平移；最后尺寸减半或加倍。

    Shapes: x (b, c_in, h, w), embedding (b, e) -> (b, c_out, h/2, w/2), or 2h, 2w where `resize` doubles.
    Raises: CourseError for channels or an embedding below 1, or a resize that is no kind of layer.
    """

    def __init__(self, c_in: int, c_out: int, embedding: int, resize: type[nn.Module]):
        super().__init__()
        c_in, c_out = check_whole("c_in", c_in, 1, WIDE), check_whole("c_out", c_out, 1, WIDE)
        embedding = check_whole("embedding", embedding, 1, WIDE)
        check_kind("resize", resize, type, "nn.Conv2d, or nn.ConvTranspose2d")
        self.conv1, self.norm1 = nn.Conv2d(c_in, c_out, 3, padding=1), nn.BatchNorm2d(c_out)
        self.shift = nn.Linear(embedding, c_out)
        self.conv2, self.norm2 = nn.Conv2d(c_out, c_out, 3, padding=1), nn.BatchNorm2d(c_out)
        self.resize = resize(c_out, c_out, 4, stride=2, padding=1)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h = self.norm1(F.relu(self.conv1(x)))
        h = h + F.relu(self.shift(embedding))[:, :, None, None]
        return self.resize(self.norm2(F.relu(self.conv2(h))))


class SimpleUNet(nn.Module):
    """The plainest U-Net, the study notes': no residuals, no attention, batch norm, eps itself as output.

    最朴素的 U-Net，出自学习笔记：没有残差、没有注意力，用批归一化，直接输出 eps。

    As published (colour, widths 64 to 1024) it has 62.4 M parameters. Its lowest block is given its input twice: the
    last skip is what lies at the bottom.

    Args: channels: of the image; widths: of the floors, top to bottom, one halving from each to the next.

    Shapes: xt (b, channels, h, w), h and w multiples of 2^(floors - 1), log_snr () or (b,) -> eps_hat like xt.
    Raises: CourseError for images of other channels or type, a size that cannot be halved so often, or the number of a
    step for its log-SNR.
    Papers: Ronneberger et al. 2015, figure 1; Ioffe & Szegedy 2015 (batch norm).
    """

    def __init__(self, channels: int = 1, widths: tuple[int, ...] = (16, 32, 64)):
        super().__init__()
        channels, widths = check_whole("channels", channels, 1, WIDE), check_wholes("widths", widths, 1, WIDE // 2)
        self.config = dict(channels=channels, widths=widths)
        e = 32
        self.embed = NoiseLevelEmbedding(e)
        self.embed.mlp = nn.Sequential(nn.Linear(e, e), nn.ReLU())  # one layer, as published
        self.stem = nn.Conv2d(channels, widths[0], 3, padding=1)
        pairs = list(zip(widths, widths[1:], strict=False))
        self.down = nn.ModuleList(SimpleBlock(c_in, c_out, e, nn.Conv2d) for c_in, c_out in pairs)
        self.up = nn.ModuleList(SimpleBlock(2 * c, above, e, nn.ConvTranspose2d) for above, c in reversed(pairs))
        self.head = nn.Conv2d(widths[0], channels, 1)

    def forward(self, xt: Tensor, log_snr: Tensor) -> Tensor:
        check_shape(check_ready(xt, self.stem.weight), self.config["channels"], unit=2 ** len(self.down))
        embedding = self.embed(check_log_snr(xt, log_snr))
        x, skips = self.stem(xt), []
        for block in self.down:
            x = block(x, embedding)
            skips.append(x)
        for block in self.up:
            x = block(torch.cat([x, skips.pop()], dim=1), embedding)
        return self.head(x)
