"""The sets of pictures: real digits, clothes and photographs.

图像数据集：真实的手写数字、衣物与照片。
"""

import os
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from course_utils.data.fashion import IDX, SETTING, as_fashion, fashion_folder, load_folder
from course_utils.data.hub import load_hub
from course_utils.data.idx import read_split
from course_utils.data.pixels import resize
from course_utils.files import damaged
from course_utils.gates import check_whole
from course_utils.gates.saying import written
from course_utils.language import CourseError, say

SHIPPED = Path(__file__).parent / "shipped"
WHOLE = {"train": 60_000, "test": 10_000}
PHOTOGRAPHS = {"palace": "china.jpg", "flower": "flower.jpg"}


class Images(NamedTuple):
    """Images (n, c, h, w) in [-1, 1] and their labels (n,). 图像与标签。"""

    x: Tensor
    y: Tensor


def digits(size: int = 8) -> Images:
    """The 1797 handwritten digits of scikit-learn, which come with the course, 8x8, resized for another size.

    随课程附带的 1797 个手写数字，即 scikit-learn 的那一套，8x8；若要别的尺寸则缩放。

    Returns: Images of shape (1797, 1, size, size).
    Raises: CourseError for another size than 8 to 512, or a file that is damaged.
    """
    check_whole(
        "size",
        size,
        8,
        512,
        so=("The digits are 8x8 and can only be enlarged: 8, 16 or 32.", "这些数字是 8x8 的，只能放大：8、16 或 32。"),
    )
    sixteenths, labels = _shipped("digits", "digits")
    x = torch.from_numpy(sixteenths)[:, None].float() / 8 - 1
    return Images(resize(x, size), torch.from_numpy(labels).long())


def garments(split: str = "train") -> Images:
    """The part of Fashion-MNIST that comes with the course: the first 800 of each class, or 200 of the test images.

    随课程附带的那部分 Fashion-MNIST：训练集每类的前 800 幅，或测试集每类的前 200 幅。

    They stand in the order of the data set, and are the same on every machine.

    Returns: Images of shape (n, 1, 28, 28), n = 8,000 ("train") or 2,000 ("test").
    Raises: CourseError for another split, or a file that is damaged.
    """
    _check_split(split)
    return Images(*as_fashion(*_shipped("fashion_mnist", IDX[split])))


def fashion_mnist(split: str = "train") -> Images:
    """Fashion-MNIST: from the folder that DIFFUSION_COURSE_DATA names, else from the hub, else what `garments` gives.

    Fashion-MNIST：先找 DIFFUSION_COURSE_DATA 指定的文件夹，再到 hub，都没有就用 `garments` 给出的部分。

    A folder may hold the hub's parquet files, IDX files, or torchvision's; that it is Fashion-MNIST is checked. The hub
    is asked only if it answers within 3 seconds, then its cache; what is used instead is said in both languages.

    Returns: Images of shape (n, 1, 28, 28), n = 60,000 ("train") or 10,000 ("test"); of the part, 8,000 or 2,000.
    Raises: CourseError for another split, or a folder that is not there or holds no such data.
    """
    _check_split(split)
    folder = os.environ.get(SETTING)
    found = load_folder(fashion_folder(folder), split) if folder else load_hub(split)
    if found is not None:
        return Images(*found)
    part = garments(split)
    n = len(part.x)
    say(
        "The hub did not give Fashion-MNIST. The part that comes with the course is used instead: "
        f"{n:,} of the {WHOLE[split]:,} images of `{split}`, the first {n // 10} of each class. "
        "With a copy of the whole on disk, name its folder in `DIFFUSION_COURSE_DATA`.",
        "没能从 hub 取到 Fashion-MNIST，改用随课程附带的部分："
        f"`{split}` 的 {WHOLE[split]:,} 幅中的 {n:,} 幅，每类取前 {n // 10} 幅。"
        "若磁盘上有完整的数据集，请把它的文件夹写进 `DIFFUSION_COURSE_DATA`。",
    )
    return part


def photograph(name: str = "palace", size: int = 128) -> Tensor:
    """One of scikit-learn's two photographs, its middle square resized: "palace" or "flower".

    scikit-learn 自带的两张照片之一，取中央正方形再缩放："palace"（楼阁）或 "flower"（花）。

    Returns: (1, 3, size, size).  Raises: CourseError for another name or a size outside 8..427.
    """
    size = check_whole("size", size, 8, 427)
    pixels = whole_photograph(name)
    h, w = pixels.shape[-2:]
    return resize(pixels[..., (w - h) // 2 : (w + h) // 2], size)


def whole_photograph(name: str = "palace") -> Tensor:
    """One of scikit-learn's two photographs as it is: "palace" or "flower".

    scikit-learn 自带的两张照片之一，原样："palace"（楼阁）或 "flower"（花）。

    Returns: (1, 3, 427, 640).  Raises: CourseError for another name.
    """
    if not isinstance(name, str) or name not in PHOTOGRAPHS:
        raise CourseError(
            f'There is no photograph {written(name):.60}. Choose "palace" or "flower".',
            f'没有照片 {written(name):.60}。请选 "palace" 或 "flower"。',
        )
    from sklearn.datasets import load_sample_image

    pixels = torch.tensor(load_sample_image(PHOTOGRAPHS[name])).permute(2, 0, 1)[None]
    return pixels.float() / 127.5 - 1


def _check_split(split: str) -> None:
    if not isinstance(split, str) or split not in WHOLE:
        raise CourseError(
            f'split is {split!r}. Fashion-MNIST has "train" and "test".',
            f'split 为 {split!r}。Fashion-MNIST 只有 "train" 与 "test"。',
        )


def _shipped(folder: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Bytes of images and labels from a folder of SHIPPED, in which a card says where they are from."""
    try:
        return read_split(SHIPPED / folder, name)
    except (OSError, EOFError, LookupError, ValueError, zlib.error, CourseError) as error:
        raise damaged(SHIPPED / folder, error) from None
