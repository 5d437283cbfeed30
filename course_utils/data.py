"""Data: real digits, clothes and photographs. All of it leaves here in [-1, 1], shaped (b, c, h, w).

数据：真实的手写数字、衣物与照片。离开这里时都在 [-1, 1] 之内，形状为 (b, c, h, w)。
"""

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.language import CourseError, say

FASHION_MNIST = "zalando-datasets/fashion_mnist"
PROBE_SECONDS = 3
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
        return _load_folder(_fashion_folder(folder), split)
    if hub_answers():
        with suppress(OSError, ValueError, RuntimeError):  # it answered the probe, and then failed after all
            return _load(FASHION_MNIST, split)
    say(
        "Fashion-MNIST is out of reach: the hub did not give it. The handwritten digits stand in for it, at 28x28. "
        "With a copy of the data set on disk, name its folder in `DIFFUSION_COURSE_DATA`.",
        "取不到 Fashion-MNIST：hub 没有给出数据。这里改用手写数字，放大到 28x28。"
        "若磁盘上有这份数据集，请把它的文件夹写进 `DIFFUSION_COURSE_DATA`。",
    )
    return digits(28)


def hub_answers() -> bool:
    """Does the hub answer within 3 seconds? If not, tell `datasets` so, which would otherwise hang for minutes.

    hub 在 3 秒内有应答吗？若没有，就告诉 `datasets`，否则它会卡上几分钟。

    Must be called before `datasets` is imported: HF_HUB_OFFLINE and HF_ENDPOINT are read at its import.
    """
    if os.environ.get("HF_HUB_OFFLINE", "0").upper() in ("1", "TRUE", "YES", "ON"):
        return False
    endpoint = urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    way = urlsplit(getproxies().get(endpoint.scheme, endpoint.geturl()))  # the proxy, where there is one
    port = way.port or (443 if way.scheme == "https" else 80)
    try:
        socket.create_connection((way.hostname, port), timeout=PROBE_SECONDS).close()
    except OSError:
        os.environ["HF_HUB_OFFLINE"] = "1"
        return False
    return True


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
    import numpy as np
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


def check_images(x: Tensor) -> Tensor:
    """Return x if it is a non-empty batch of images in [-1, 1], or say what is wrong with it.

    若 x 是一批非空、取值在 [-1, 1] 的图像就原样返回，否则说明哪里不对。

    Raises: CourseError otherwise.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point() or x.ndim != 4 or not x.numel():
        given = f"{x.dtype} {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
        raise CourseError(
            f"The images are {given}. Give a non-empty floating-point batch (b, c, h, w), such as data.digits().x.",
            f"图像是 {given}。请给一批非空的浮点图像 (b, c, h, w)，例如 data.digits().x。",
        )
    low, high = float(x.min()), float(x.max())
    if not (low >= -1.001 and high <= 1.001):
        raise CourseError(
            f"The images run from {low:.3g} to {high:.3g}; they must lie in [-1, 1]. From [0, 1]: 2 * x - 1; "
            "from bytes: x / 127.5 - 1.",
            f"图像取值从 {low:.3g} 到 {high:.3g}；应当在 [-1, 1] 之内。若原来在 [0, 1] 之内，用 2 * x - 1；"
            "若原来是字节，用 x / 127.5 - 1。",
        )
    return x


def _fashion_folder(folder: str) -> str:
    """The sub-folder fashion_mnist if it holds parquet files, else the folder itself."""
    for place in (Path(folder) / "fashion_mnist", Path(folder)):
        if any(place.rglob("*.parquet")):
            return str(place)
    raise CourseError(
        f"DIFFUSION_COURSE_DATA is {folder!r}, and no Fashion-MNIST (.parquet files) is there or in its "
        "sub-folder fashion_mnist. Correct the setting, or remove it to use the hub.",
        f"DIFFUSION_COURSE_DATA 为 {folder!r}，但那里及其子文件夹 fashion_mnist 中都没有 Fashion-MNIST"
        "（.parquet 文件）。请改正这个设置；若想改用 hub，就把它去掉。",
    )


def _load_folder(folder: str, split: str) -> Images:
    try:
        return _load(folder, split)
    except Exception as error:  # no such split, no such columns, half a file: each has an error of its own
        raise CourseError(
            f"The .parquet files in {folder!r} hold no whole {split!r} split with the columns image and label "
            f"({type(error).__name__}). Copy the data set anew, or remove DIFFUSION_COURSE_DATA to use the hub.",
            f"{folder!r} 中的 .parquet 文件里没有完整的 {split!r} 部分，它应有 image 与 label 两列"
            f"（{type(error).__name__}）。请重新复制数据集，或去掉 DIFFUSION_COURSE_DATA 以改用 hub。",
        ) from error


def _load(source: str, split: str) -> Images:
    import numpy as np
    from datasets import load_dataset

    rows = load_dataset(source, split=split).with_format("numpy")
    x = torch.from_numpy(np.stack(rows["image"][:]))[:, None].float() / 127.5 - 1
    return Images(x, torch.from_numpy(np.asarray(rows["label"][:])).long())
