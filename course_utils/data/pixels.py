"""Pixels: sizes, PIL images and bytes to tensors in [-1, 1], and back.

像素：尺寸缩放，以及 PIL 图像、字节与 [-1, 1] 张量之间的互换。
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.gates import check_images, check_kind, check_samples, check_whole
from course_utils.gates.saying import has_values, in_words
from course_utils.language import CourseError

SOME = "data.digits().x"
DEEP = 2**16 - 1  # the white of 16 bits
ORIENTATION = 0x0112  # EXIF's number for it
TURNS = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # which of PIL's transpositions undoes it


def resize(x: Tensor, size: int) -> Tensor:
    """Resize images to size x size, smoothly and without leaving their range.

    把图像平滑地缩放到 size x size，取值不越界。

    Shapes: x (b, c, h, w) -> (b, c, size, size).  Raises: CourseError for what is no batch of images, or another size.
    """
    size = check_whole("size", size, 1)
    check_images(x, limit=float("inf"))
    if x.shape[-2:] == (size, size):
        return x
    wide = x.to(torch.promote_types(x.dtype, torch.float32))  # in half precision it cannot be done
    return F.interpolate(wide, size=(size, size), mode="bilinear", antialias=True).to(x.dtype)


def from_pil(image) -> Tensor:
    """A PIL image, grey or colour, as a tensor in [-1, 1], upright as its owner sees it.

    把 PIL 图像（灰度或彩色）变成 [-1, 1] 的张量，方向与主人看到的一致。

    What is transparent is laid on white, 16 bits of grey are read as such, and the turn that a camera noted is made.

    Returns: (1, 1, h, w) for grey without transparency, (1, 3, h, w) for every other mode.
    Raises: CourseError for what is no PIL image, for one that cannot be read, and for floating-point pixels or those of
    32 bits, whose range nobody knows.
    """
    from PIL import Image

    if not isinstance(image, Image.Image):
        raise CourseError(
            f"The image is {image!r:.60}. Give a PIL image, PIL.Image.open(path), or read a folder: data.folder(path).",
            f"图像是 {image!r:.60}。请给 PIL 图像，即 PIL.Image.open(path)；也可以读整个文件夹：data.folder(path)。",
        )
    if not image.width * image.height:
        raise CourseError(
            f"The image has {image.width} x {image.height} pixels. Give one that has some.",
            f"图像只有 {image.width} x {image.height} 个像素。请给一幅有像素的图像。",
        )
    try:
        image.load()  # by then Pillow has turned a TIFF itself
    except Exception as error:  # cut short, damaged, or closed: Pillow opens a file without reading it
        raise CourseError(
            f"The image cannot be read ({error}): its file is cut short or damaged, or was closed. Save it anew, or "
            "open it again.",
            f"这幅图像读不出来（{error}）：文件不完整或已损坏，或者已经关闭。请重新保存，或重新打开。",
        ) from None
    upright = turned(on_white(image), turn_of(image))
    pixels = torch.from_numpy(np.array(upright)).reshape(upright.height, upright.width, -1)
    return pixels.permute(2, 0, 1)[None].float() / ((DEEP if upright.mode == "I" else 255) / 2) - 1


def on_white(image):
    """A PIL image without transparency, of mode "L", "RGB", or "I" (16 bits of grey): what shows through is white.

    去掉透明度的 PIL 图像，模式为 "L"、"RGB" 或 "I"（16 位灰度）：透明处铺成白色。

    Raises: CourseError for floating-point pixels, and whole numbers of more than 16 bits.
    """
    from PIL import Image

    deep = np.array(image) if image.mode.startswith("I") else np.zeros(1)
    if image.mode == "F" or deep.min() < 0 or deep.max() > DEEP:
        en, zh = ("floating-point", "浮点数") if image.mode == "F" else ("32-bit", "32 位整数")
        raise CourseError(
            f"The image has {en} pixels, whose range nobody knows. Save it with 8 or 16 bits a pixel.",
            f"图像的像素是{zh}，取值范围无从得知。请存成每像素 8 位或 16 位。",
        )
    if image.mode.startswith("I"):
        deep = deep.astype(np.int32)
        laid = Image.fromarray(np.where(deep == image.info.get("transparency", -1), DEEP, deep))
    elif image.has_transparency_data:
        clear = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")  # Pillow goes no straighter way
        laid = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    else:
        return image if image.mode == "L" else image.convert("RGB")
    return laid


def turn_of(image) -> int:
    """The turn that a camera noted, 1 to 8 as EXIF counts them; 1 where it noted none, or its note is broken.

    相机记下的方向，即 EXIF 的 1 到 8；没有记或记录已损坏时为 1。
    """
    try:
        turn = image.getexif().get(ORIENTATION, 1)
    except Exception:  # a broken note raises whatever its bytes lead to; the pixels are whole
        return 1
    return turn if turn in TURNS else 1


def turned(image, turn: int):
    """A PIL image as its owner sees it, for a turn of 1 to 8. 按方向 1 到 8 转正的 PIL 图像。"""
    from PIL import Image

    return image if turn == 1 else image.transpose(Image.Transpose(TURNS[turn]))


def to_pil(x: Tensor):
    """One image (c, h, w) or (1, c, h, w) as PIL, values beyond [-1, 1] held at its ends, never wrapped round.

    把一张图像变成 PIL；超出 [-1, 1] 的值截到两端，绝不绕回。

    Raises: CourseError unless there is exactly one image, of 1 or 3 channels, that is not one of bytes.
    """
    from PIL import Image

    check_samples(("The image", "图像"), x)
    if are_bytes(x):
        raise CourseError(
            f"The image's values reach {float(x.max()):.4g}: they are no values in [-1, 1]. From bytes: x / 127.5 - 1; "
            "from [0, 1]: 2 * x - 1.",
            f"图像的值最大到 {float(x.max()):.4g}，不在 [-1, 1] 内。由字节：x / 127.5 - 1；由 [0, 1]：2 * x - 1。",
        )
    image = x[0] if x.ndim == 4 and len(x) == 1 else x
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise CourseError(
            f"The image has shape {tuple(x.shape)}. Give one image, (c, h, w) with 1 or 3 channels: x[0] of a batch.",
            f"图像的形状是 {tuple(x.shape)}。请给一张图像 (c, h, w)，1 或 3 个通道：一批中的第一张是 x[0]。",
        )
    pixels = to_bytes(image).permute(1, 2, 0).numpy()
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def are_bytes(x: Tensor) -> bool:
    """Do the numbers run from 0 to 255, whatever their type? Samples that overshoot do not.

    这些数是从 0 到 255 的吗（不论类型）？略微越界的样本不算。

    Raises: CourseError for what is no tensor; where there are no numbers, they do not.
    """
    if not check_kind("x", x, Tensor, SOME).numel() or not has_values(x) or x.is_complex():
        return False
    return bool(x.detach().min() >= 0) and bool(x.detach().max() > 10)


def to_bytes(x: Tensor) -> Tensor:
    """Values in [-1, 1] as uint8, rounded, held at 0 and 255.

    把 [-1, 1] 的值变成 uint8：四舍五入，并截在 0 与 255 之间。

    Shapes: x (b, ...), floating-point -> the same.
    Raises: CourseError for nan, which no byte stands for, and for what is no such tensor, such as bytes.
    """
    floating = isinstance(x, Tensor) and has_values(x) and x.is_floating_point()
    held = check_samples(("The image", "图像"), x.detach().clamp(-1, 1) if floating else x)
    return ((held.cpu().float() + 1) * 127.5).round().to(torch.uint8)


def in_colour(pixels: np.ndarray) -> np.ndarray:
    """Grey pixels (h, w) as colours (h, w, 3); colours stay as they are.

    把灰度像素 (h, w) 变成彩色 (h, w, 3)；本来就是彩色的不变。

    Raises: CourseError for another shape.
    """
    if not isinstance(pixels, np.ndarray) or pixels.ndim not in (2, 3) or pixels.shape[2:] not in ((), (3,)):
        raise CourseError(
            f"The pixels are {in_words(pixels)}. Give an array (h, w) or (h, w, 3).",
            f"像素是 {in_words(pixels)}。请给数组 (h, w) 或 (h, w, 3)。",
        )
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def ready_for(x: Tensor, weight: Tensor) -> Tensor:
    """A batch on the device and in the type of a weight, bytes scaled to [-1, 1].

    把一批数据移到权重的设备与类型，字节缩放到 [-1, 1]。

    Raises: CourseError for what are no tensors.
    """
    check_kind("x", x, Tensor, SOME), check_kind("weight", weight, Tensor, "next(network.parameters())")
    return x.to(weight) / 127.5 - 1 if x.dtype == torch.uint8 else x.to(weight)
