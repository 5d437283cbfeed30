"""The sets of pictures: real digits, clothes and photographs.

图像数据集：真实的手写数字、衣物与照片。
"""

import os
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.data.fashion import SETTING, fashion_folder, load_folder
from course_utils.data.hub import load_hub
from course_utils.data.pixels import resize
from course_utils.gates import check_whole
from course_utils.language import CourseError, say

PHOTOGRAPHS = {"palace": "china.jpg", "flower": "flower.jpg"}


class Images(NamedTuple):
    """Images (n, c, h, w) in [-1, 1] and their labels (n,). 图像与标签。"""

    x: Tensor
    y: Tensor


def digits(size: int = 8) -> Images:
    """The 1797 handwritten digits that scikit-learn ships, 8x8, resized where another size is asked for.

    scikit-learn 自带的 1797 个手写数字，8x8；若要别的尺寸则缩放。

    Returns: Images of shape (1797, 1, size, size).  Raises: CourseError for another size than 8 to 512.
    """
    check_whole(
        "size",
        size,
        8,
        512,
        so=("The digits are 8x8 and can only be enlarged: 8, 16 or 32.", "这些数字是 8x8 的，只能放大：8、16 或 32。"),
    )
    from sklearn.datasets import load_digits

    bunch = load_digits()
    x = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 8 - 1
    return Images(resize(x, size), torch.tensor(bunch.target))


def fashion_mnist(split: str = "train") -> Images:
    """Fashion-MNIST: from the folder that DIFFUSION_COURSE_DATA names, else from the hub, else the digits instead.

    Fashion-MNIST：先找 DIFFUSION_COURSE_DATA 指定的文件夹，再到 hub，都没有就改用手写数字。

    A folder may hold the hub's parquet files, IDX files, or torchvision's; that it is Fashion-MNIST is checked. The hub
    is asked only if it answers within 3 seconds, then its cache; what is used instead is said in both languages.

    Returns: Images of shape (n, 1, 28, 28), n = 60,000 ("train") or 10,000 ("test"), or the 1797 digits.
    Raises: CourseError for another split, or a folder that is not there or holds no such data.
    """
    if split not in ("train", "test"):
        raise CourseError(
            f'split is {split!r}. Fashion-MNIST has "train" and "test".',
            f'split 为 {split!r}。Fashion-MNIST 只有 "train" 与 "test"。',
        )
    folder = os.environ.get(SETTING)
    found = load_folder(fashion_folder(folder), split) if folder else load_hub(split)
    if found is not None:
        return Images(*found)
    say(
        "Fashion-MNIST is out of reach: the hub did not give it. The handwritten digits stand in for it, at 28x28. "
        "With a copy of the data set on disk, name its folder in `DIFFUSION_COURSE_DATA`.",
        "取不到 Fashion-MNIST：hub 没有给出数据。这里改用手写数字，放大到 28x28。"
        "若磁盘上有这份数据集，请把它的文件夹写进 `DIFFUSION_COURSE_DATA`。",
    )
    return digits(28)


def photograph(name: str = "palace", size: int = 128) -> Tensor:
    """One of scikit-learn's two photographs, its middle square resized: "palace" or "flower".

    scikit-learn 自带的两张照片之一，取中央正方形再缩放："palace"（楼阁）或 "flower"（花）。

    Returns: (1, 3, size, size).  Raises: CourseError for another name or a size outside 8..427.
    """
    check_whole("size", size, 8, 427)
    if name not in tuple(PHOTOGRAPHS):
        raise CourseError(
            f'There is no photograph {name!r}. Choose "palace" or "flower".',
            f'没有照片 {name!r}。请选 "palace" 或 "flower"。',
        )
    from sklearn.datasets import load_sample_image

    pixels = torch.tensor(load_sample_image(PHOTOGRAPHS[name])).permute(2, 0, 1)[None]  # (1, 3, 427, 640)
    h, w = pixels.shape[-2:]
    square = pixels[..., (w - h) // 2 : (w + h) // 2].float() / 127.5 - 1
    return resize(square, size)
