"""The network that looks at a noisy image and names the noise in it: our own, and the two that the notes build.

看一张带噪图像、指出其中噪声的网络：我们自己的一个，以及几份笔记里搭的两个。
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.blocks import (
    Attention,
    ConvNextBlock,
    LinearAttention,
    NoiseLevelEmbedding,
    ResidualBlock,
    double,
    group_norm,
    halve,
    silenced,
)
from course_utils.language import CourseError


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
    Raises: CourseError for a width that is no multiple of 8, images of other channels, or wrong labels.
    Papers: Ronneberger et al. 2015, figure 1; Ho et al. 2020, appendix B; Salimans & Ho 2022, section 4 (v);
    Shi et al. 2016, section 3.2 (patch, called pixel shuffle).
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
        _check_width(width, multipliers)
        self.config = dict(channels=channels, width=width, multipliers=list(multipliers), classes=classes, patch=patch)
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
        _check_images(xt, self.config["channels"])
        self._check_labels(xt, labels)
        h, w = xt.shape[-2:]
        patch = self.config["patch"]
        unit = patch * 2 ** (len(self.config["multipliers"]) - 1)
        x = F.pixel_unshuffle(F.pad(xt, (0, -w % unit, 0, -h % unit)), patch)
        log_snr = log_snr.to(xt).expand(len(xt))
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

    def _check_labels(self, xt: Tensor, labels: Tensor | None) -> None:
        classes = self.config["classes"]
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


class AnnotatedUNet(nn.Module):
    """The U-Net of the annotated DDPM: two blocks and linear attention a floor, one skip a floor, eps itself as output.

    “DDPM 逐行注释”里的 U-Net：每层两个块加一次线性注意力，每层一条跳跃连接，直接输出 eps。

    With its settings (width 28, multipliers 1, 2, 4) it has 3.00 M parameters with `ConvNextBlock` and 1.69 M with
    `ResNetBlock`. The floors below the top hand their features across, the top one does not: its skip was kept and
    never used, so it is left out here.

    Args: channels, width and multipliers as in `UNet`; block: what its floors are made of.

    Shapes: xt (b, channels, h, w), h and w multiples of 2^(floors - 1), log_snr () or (b,) -> eps_hat like xt.
    Raises: CourseError for images of other channels or a size that cannot be halved so often.
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
        self.config = dict(channels=channels, width=width, multipliers=list(multipliers), block=block.__name__)
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
        self.head = nn.ModuleList([block(width, width, 0), nn.Conv2d(width, channels, 1)])

    def forward(self, xt: Tensor, log_snr: Tensor) -> Tensor:
        _check_images(xt, self.config["channels"], unit=2 ** len(self.up))
        embedding = self.embed(log_snr.to(xt).expand(len(xt)))
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
    """

    def __init__(self, c_in: int, c_out: int, embedding: int, resize: type[nn.Module]):
        super().__init__()
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
    Raises: CourseError for images of other channels or a size that cannot be halved so often.
    Papers: Ronneberger et al. 2015, figure 1; Ioffe & Szegedy 2015 (batch norm).
    """

    def __init__(self, channels: int = 1, widths: tuple[int, ...] = (16, 32, 64)):
        super().__init__()
        self.config = dict(channels=channels, widths=list(widths))
        e = 32
        self.embed = NoiseLevelEmbedding(e)
        self.embed.mlp = nn.Sequential(nn.Linear(e, e), nn.ReLU())  # one layer, as published
        self.stem = nn.Conv2d(channels, widths[0], 3, padding=1)
        pairs = list(zip(widths, widths[1:], strict=False))
        self.down = nn.ModuleList(SimpleBlock(c_in, c_out, e, nn.Conv2d) for c_in, c_out in pairs)
        self.up = nn.ModuleList(SimpleBlock(2 * c, above, e, nn.ConvTranspose2d) for above, c in reversed(pairs))
        self.head = nn.Conv2d(widths[0], channels, 1)

    def forward(self, xt: Tensor, log_snr: Tensor) -> Tensor:
        _check_images(xt, self.config["channels"], unit=2 ** len(self.down))
        embedding = self.embed(log_snr.to(xt).expand(len(xt)))
        x, skips = self.stem(xt), []
        for block in self.down:
            x = block(x, embedding)
            skips.append(x)
        for block in self.up:
            x = block(torch.cat([x, skips.pop()], dim=1), embedding)
        return self.head(x)


@dataclass(frozen=True)
class Part:
    """A part of a network at work on one batch: its name, its output, its parameters, multiplications per image.

    网络的一个部件处理一批图像的情形：名称、输出、参数个数、每幅图像的乘法次数。
    """

    name: str
    output: Tensor
    parameters: int
    multiplications: int


@torch.no_grad()
def parts(network: nn.Module, xt: Tensor, log_snr: Tensor) -> list[Part]:
    """Send a batch through a network and look at each of its parts, in the order in which they come to work.

    让一批图像通过网络，按工作的先后逐一查看各个部件。

    A part is an entry of the network's lists (`down`, `middle`, `up`), or one of its other layers.

    Shapes: xt (b, channels, h, w), log_snr () or (b,).
    """
    from torch.utils.flop_counter import FlopCounterMode

    found: list[Part] = []
    began: dict[str, int] = {}
    with FlopCounterMode(display=False) as counter:

        def watch(name: str, part: nn.Module) -> list[Any]:
            def before(*_: Any) -> None:
                began[name] = counter.get_total_flops()

            def after(_part: nn.Module, _given: Any, output: Tensor) -> None:
                work = counter.get_total_flops() - began[name]
                size = sum(weight.numel() for weight in part.parameters())
                found.append(Part(name, output.detach(), size, work // (2 * len(xt))))

            return [part.register_forward_pre_hook(before), part.register_forward_hook(after)]

        hooks = [hook for name, part in _named_parts(network) for hook in watch(name, part)]
        try:
            network(xt, log_snr)
        finally:
            for hook in hooks:
                hook.remove()
    return found


def _named_parts(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Lists of layers are opened, however deep; what can be called stays whole."""
    named = []
    for name, child in network.named_children():
        opened = _named_parts(child) if isinstance(child, nn.ModuleList) else []
        named += [(f"{name}.{below}", part) for below, part in opened] or [(name, child)]
    return named


def _check_width(width: int, multipliers: tuple[int, ...]) -> None:
    if width >= 8 and width % 8 == 0 and len(multipliers) and all(isinstance(m, int) and m > 0 for m in multipliers):
        return
    raise CourseError(
        f"width is {width} and multipliers {tuple(multipliers)}. The width must be a multiple of 8 (group norm makes "
        "groups of 16 or 8 channels), the multipliers at least one whole number above 0. Try width=32, "
        "multipliers=(1, 2).",
        f"width 为 {width}，multipliers 为 {tuple(multipliers)}。宽度必须是 8 的倍数（组归一化每组 16 或 8 个通道），"
        "倍数至少要有一个，且都是大于 0 的整数。可以用 width=32、multipliers=(1, 2)。",
    )


def _check_images(xt: Tensor, channels: int, unit: int = 1) -> None:
    if xt.ndim != 4 or xt.shape[1] != channels:
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
            f"{unit} 的倍数。请用 data.resize 调整尺寸，或减少层数。",
        )
