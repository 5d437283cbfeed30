"""Pixels: sizes, PIL images and bytes to tensors in [-1, 1], and back.

像素：尺寸缩放，以及 PIL 图像、字节与 [-1, 1] 张量之间的互换。
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.language import CourseError


def resize(x: Tensor, size: int) -> Tensor:
    """Resize images to size x size, smoothly and without leaving their range.

    把图像平滑地缩放到 size x size，取值不越界。
    """
    if x.shape[-2:] == (size, size):
        return x
    return F.interpolate(x, size=(size, size), mode="bilinear", antialias=True)


def from_pil(image) -> Tensor:
    """A PIL image, grey or colour, as a tensor in [-1, 1].

    把 PIL 图像（灰度或彩色）变成 [-1, 1] 的张量。

    Returns: (1, 1, h, w) for mode "L", (1, 3, h, w) for every other mode (alpha is laid on white).
    """
    from PIL import Image

    if "A" in image.getbands():
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    image = image if image.mode == "L" else image.convert("RGB")
    pixels = torch.from_numpy(np.array(image)).reshape(image.height, image.width, -1)
    return pixels.permute(2, 0, 1)[None].float() / 127.5 - 1


def to_pil(x: Tensor):
    """One image (c, h, w) or (1, c, h, w) as PIL, values beyond [-1, 1] held at its ends, never wrapped round.

    把一张图像变成 PIL；超出 [-1, 1] 的值截到两端，绝不绕回。

    Raises: CourseError unless there is exactly one image, of 1 or 3 channels.
    """
    from PIL import Image

    image = x[0] if x.ndim == 4 and len(x) == 1 else x
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise CourseError(
            f"The image has shape {tuple(x.shape)}. Give one image, (c, h, w) with 1 or 3 channels: x[0] of a batch.",
            f"图像的形状是 {tuple(x.shape)}。请给一张图像 (c, h, w)，1 或 3 个通道：一批中的第一张是 x[0]。",
        )
    pixels = to_bytes(image).permute(1, 2, 0).numpy()
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def to_bytes(x: Tensor) -> Tensor:
    """Values in [-1, 1] as uint8, rounded, held at 0 and 255.

    把 [-1, 1] 的值变成 uint8：四舍五入，并截在 0 与 255 之间。
    """
    return ((x.detach().cpu().float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def in_colour(pixels: np.ndarray) -> np.ndarray:
    """Grey pixels (h, w) as colours (h, w, 3); colours stay as they are.

    把灰度像素 (h, w) 变成彩色 (h, w, 3)；本来就是彩色的不变。
    """
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def ready_for(x: Tensor, weight: Tensor) -> Tensor:
    """A batch on the device and in the type of a weight, bytes scaled to [-1, 1].

    把一批数据移到权重的设备与类型，字节缩放到 [-1, 1]。
    """
    return x.to(weight) / 127.5 - 1 if x.dtype == torch.uint8 else x.to(weight)
