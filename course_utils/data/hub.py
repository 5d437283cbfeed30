"""Fashion-MNIST from a folder or from the hub, which may be out of reach.

从文件夹或 hub 读取 Fashion-MNIST；hub 可能连不上。
"""

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

import torch
from torch import Tensor

from course_utils.language import CourseError

FASHION_MNIST = "zalando-datasets/fashion_mnist"
PROBE_SECONDS = 3


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


def fashion_folder(folder: str) -> str:
    """The sub-folder fashion_mnist if it holds parquet files, else the folder itself. 放着 parquet 文件的文件夹。

    Raises: CourseError if neither does.
    """
    for place in (Path(folder) / "fashion_mnist", Path(folder)):
        if any(place.rglob("*.parquet")):
            return str(place)
    raise CourseError(
        f"DIFFUSION_COURSE_DATA is {folder!r}, and no Fashion-MNIST (.parquet files) is there or in its "
        "sub-folder fashion_mnist. Correct the setting, or remove it to use the hub.",
        f"DIFFUSION_COURSE_DATA 为 {folder!r}，但那里及其子文件夹 fashion_mnist 中都没有 Fashion-MNIST"
        "（.parquet 文件）。请改正这个设置；若想改用 hub，就把它去掉。",
    )


def load_folder(folder: str, split: str) -> tuple[Tensor, Tensor]:
    """The images and labels of a split, from a folder of .parquet files.

    从放 .parquet 文件的文件夹读取一个部分的图像与标签。

    Raises: CourseError if the files do not hold it whole.
    """
    try:
        return load_split(folder, split)
    except Exception as error:  # no such split, no such columns, half a file: each has an error of its own
        raise CourseError(
            f"The .parquet files in {folder!r} hold no whole {split!r} split with the columns image and label "
            f"({type(error).__name__}). Copy the data set anew, or remove DIFFUSION_COURSE_DATA to use the hub.",
            f"{folder!r} 中的 .parquet 文件里没有完整的 {split!r} 部分，它应有 image 与 label 两列"
            f"（{type(error).__name__}）。请重新复制数据集，或去掉 DIFFUSION_COURSE_DATA 以改用 hub。",
        ) from error


def load_split(source: str, split: str) -> tuple[Tensor, Tensor]:
    """The images (n, 1, h, w) in [-1, 1] and the labels (n,) of a split of a data set. 数据集一个部分的图像与标签。"""
    import numpy as np
    from datasets import load_dataset

    rows = load_dataset(source, split=split).with_format("numpy")
    x = torch.from_numpy(np.stack(rows["image"][:]))[:, None].float() / 127.5 - 1
    return x, torch.from_numpy(np.asarray(rows["label"][:])).long()
