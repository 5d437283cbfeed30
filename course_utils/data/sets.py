"""The sets of pictures: real digits, clothes and photographs.

图像数据集：真实的手写数字、衣物与照片。
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.data.hub import FASHION_MNIST, fashion_folder, hub_answers, load_folder, load_split
from course_utils.data.pixels import from_pil, resize
from course_utils.language import CourseError, say

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"}
PHOTOGRAPHS = {"palace": "china.jpg", "flower": "flower.jpg"}


class Images(NamedTuple):
    """Images (n, c, h, w) in [-1, 1] and their labels (n,). 图像与标签。"""

    x: Tensor
    y: Tensor


def digits(size: int = 8) -> Images:
    """The 1797 handwritten digits that scikit-learn ships, 8x8, resized where another size is asked for.

    scikit-learn 自带的 1797 个手写数字，8x8；若要别的尺寸则缩放。

    Returns: Images of shape (1797, 1, size, size).  Raises: CourseError for a size below 8.
    """
    if size < 8:
        raise CourseError(
            f"size is {size}. The digits are 8x8 and can only be enlarged: use 8, 16 or 32.",
            f"size 为 {size}。这些数字是 8x8 的，只能放大：请用 8、16 或 32。",
        )
    from sklearn.datasets import load_digits

    bunch = load_digits()
    x = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 8 - 1
    return Images(resize(x, size), torch.tensor(bunch.target))


def fashion_mnist(split: str = "train") -> Images:
    """Fashion-MNIST: from the folder that DIFFUSION_COURSE_DATA names, else from the hub, else the digits instead.

    Fashion-MNIST：先找 DIFFUSION_COURSE_DATA 指定的文件夹，再到 hub，都没有就改用手写数字。

    The hub is asked only if it answers within 3 seconds; what is used instead is said in both languages.

    Returns: Images of shape (n, 1, 28, 28), n = 60,000 ("train") or 10,000 ("test"), or the 1797 digits.
    Raises: CourseError for another split, or a folder that is not there or holds no such data.
    """
    if split not in ("train", "test"):
        raise CourseError(
            f'split is {split!r}. Fashion-MNIST has "train" and "test".',
            f'split 为 {split!r}。Fashion-MNIST 只有 "train" 与 "test"。',
        )
    folder = os.environ.get("DIFFUSION_COURSE_DATA")
    if folder:
        return Images(*load_folder(fashion_folder(folder), split))
    if hub_answers():
        with suppress(OSError, ValueError, RuntimeError):  # it answered the probe, and then failed after all
            return Images(*load_split(FASHION_MNIST, split))
    say(
        "Fashion-MNIST is out of reach: the hub did not give it. The handwritten digits stand in for it, at 28x28. "
        "With a copy of the data set on disk, name its folder in `DIFFUSION_COURSE_DATA`.",
        "取不到 Fashion-MNIST：hub 没有给出数据。这里改用手写数字，放大到 28x28。"
        "若磁盘上有这份数据集，请把它的文件夹写进 `DIFFUSION_COURSE_DATA`。",
    )
    return digits(28)


def photograph(name: str = "palace", size: int = 128) -> Tensor:
    """One of scikit-learn's two photographs, its middle square resized: "palace" or "flower".

    scikit-learn 自带的两张照片之一，取中央正方形再缩放："palace"（宫殿）或 "flower"（花）。

    Returns: (1, 3, size, size).  Raises: CourseError for another name or a size outside 8..427.
    """
    if name not in PHOTOGRAPHS or not 8 <= size <= 427:
        raise CourseError(
            f'There is no photograph {name!r} at size {size}. Choose "palace" or "flower", and 8 to 427 pixels.',
            f'没有尺寸为 {size} 的照片 {name!r}。请选 "palace" 或 "flower"，边长 8 到 427 像素。',
        )
    from sklearn.datasets import load_sample_image

    pixels = torch.tensor(load_sample_image(PHOTOGRAPHS[name])).permute(2, 0, 1)[None]  # (1, 3, 427, 640)
    h, w = pixels.shape[-2:]
    square = pixels[..., (w - h) // 2 : (w + h) // 2].float() / 127.5 - 1
    return resize(square, size)


def folder(path: str | Path, size: int = 32, channels: int = 3) -> Tensor:
    """All images of a folder and its sub-folders, by name: the middle square of each, resized.

    一个文件夹（含子文件夹）中的所有图像，按文件名排序：各取中央正方形再缩放。

    Files that cannot be read as images are listed and left out.

    Returns: (n, channels, size, size), channels 1 for grey or 3 for colour.
    Raises: CourseError for a folder that is not there or holds no image that can be read, or another size or channels.
    """
    from PIL import Image

    if size < 1 or channels not in (1, 3):
        raise CourseError(
            f"size is {size} and channels {channels}. Choose at least 1 pixel, and 1 channel (grey) or 3 (colour).",
            f"size 为 {size}，channels 为 {channels}。边长至少 1 像素，通道数为 1（灰度）或 3（彩色）。",
        )
    files = sorted(file for file in Path(path).rglob("*") if file.suffix.lower() in SUFFIXES)
    images, broken = [], []
    for file in files:
        try:
            with Image.open(file) as image:
                images.append(_square(image, size, channels))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # what Pillow says of broken files
            broken.append(file.name)
    if broken:
        listed = ", ".join(broken[:8]) + ("…" if len(broken) > 8 else "")
        say(
            f"{len(broken)} of {len(files)} files could not be read as images and are left out: {listed}.",
            f"{len(files)} 个文件中有 {len(broken)} 个无法作为图像读取，已略过：{listed}。",
        )
    if not images:
        kinds = ", ".join(sorted(SUFFIXES))
        raise CourseError(
            f"There is no image that can be read in {str(path)!r}. Give a folder with such files: {kinds}.",
            f"{str(path)!r} 中没有可以读取的图像。请给一个含有这类文件的文件夹：{kinds}。",
        )
    return torch.cat(images)


def _square(image, size: int, channels: int) -> Tensor:
    w, h = image.size
    side = min(w, h)
    left, top = (w - side) // 2, (h - side) // 2
    x = resize(from_pil(image.crop((left, top, left + side, top + side))), size)
    if channels == 1 and x.shape[1] == 3:
        x = (x * x.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(
            1, keepdim=True
        )  # as bright as the eye sees it
    return x.expand(-1, channels, -1, -1)
