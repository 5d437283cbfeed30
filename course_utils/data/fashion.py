"""Fashion-MNIST from a folder: the hub's parquet files, IDX files as they were first given out, or torchvision's.

从文件夹读取 Fashion-MNIST：hub 的 parquet 文件、最初发布的 IDX 文件，或 torchvision 的文件夹。
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.data.idx import read_split
from course_utils.gates import check_path
from course_utils.language import CourseError, Said

SETTING = "DIFFUSION_COURSE_DATA"
IDX = {"train": "train", "test": "t10k"}  # how the IDX files call the splits
SHARD = re.compile(r"(.*)-(\d{5})-of-(\d{5})\.parquet")


def fashion_folder(folder: str) -> Path:
    """Where the files of Fashion-MNIST lie: the folder itself, or its sub-folder fashion_mnist or FashionMNIST/raw.

    Fashion-MNIST 的文件在哪里：文件夹本身，或其子文件夹 fashion_mnist、FashionMNIST/raw。

    The name is taken as it is given, but for its `~`.  Raises: CourseError if none of them holds any; it says why.
    """
    top = check_path(folder) if folder.strip() else None
    for place in (top / "fashion_mnist", top / "FashionMNIST" / "raw", top) if top else ():
        if any(place.rglob("*.parquet")) or any(place.glob("*-idx3-ubyte*")):
            return place
    en, zh = _why(folder, top)
    raise CourseError(
        f"{SETTING} is {folder!r}, and no Fashion-MNIST (.parquet or -ubyte files) is there or in its sub-folders "
        f"fashion_mnist and FashionMNIST/raw{en}. Correct the setting, or remove it to use the hub.",
        f"{SETTING} 为 {folder!r}，但那里及其子文件夹 fashion_mnist 与 FashionMNIST/raw 中都没有 Fashion-MNIST"
        f"（.parquet 或 -ubyte 文件）{zh}。请改正这个设置；若想改用 hub，就把它去掉。",
    )


def _why(folder: str, top: Path | None) -> Said:
    """What is wrong with the name of a folder in which nothing was found, as far as one can see."""
    if folder != folder.strip():
        return ": the name begins or ends with a blank", "：名字的开头或末尾有空白"
    if folder[0] in "\"'" or folder[-1] in "\"'":
        return ": the name has quotation marks, which only a shell takes away", "：名字带着引号，只有命令行才会去掉它们"
    if "://" in folder or folder.startswith("file:"):
        return ": this is an address; give the path alone, without file://", "：这是网址；请只给路径，不带 file://"
    if "$" in folder or "%" in folder:
        return ": what stands for a variable was not filled in; write it out", "：其中的变量没有展开；请写成完整的路径"
    if top and top.is_file():
        return ": it is a file; give the folder in which it lies", "：它是一个文件；请给它所在的文件夹"
    if top and not top.exists():
        return ": there is no such folder", "：没有这个文件夹"
    return "", ""


def load_folder(folder: Path, split: str) -> tuple[Tensor, Tensor]:
    """The images and labels of a split, from a folder of parquet or IDX files.

    从放 parquet 或 IDX 文件的文件夹读取一个部分的图像与标签。

    Returns: images (n, 1, 28, 28) in [-1, 1] and labels (n,).  Raises: CourseError if the files do not hold it whole.
    """
    try:
        if any(folder.glob("*-idx3-ubyte*")):
            return as_fashion(*read_split(folder, IDX[split]))
        _all_shards(folder)
        return as_fashion(*_parquet(folder, split))
    except CourseError as error:
        what = error
    except Exception as error:  # no such split, no such columns, half a file: each has an error of its own
        what = CourseError(f"It cannot be read ({error!r:.150}).", f"读不出来（{error!r:.150}）。")
    raise CourseError(
        f"The files in {str(folder)!r} hold no whole {split!r} split of Fashion-MNIST. {what.en} Expected are "
        "the hub's .parquet files with the columns image and label, or IDX files, all of them. Copy the data set anew, "
        f"or remove {SETTING} to use the hub.",
        f"{str(folder)!r} 中的文件里没有完整的 Fashion-MNIST {split!r} 部分。{what.zh}"
        "应当是 hub 的 .parquet 文件，有 image 与 label 两列，或者 IDX 文件，一个不缺。请重新复制数据集，"
        f"或去掉 {SETTING} 以改用 hub。",
    ) from None


def as_fashion(pixels: np.ndarray, labels: np.ndarray) -> tuple[Tensor, Tensor]:
    """Bytes of 28 x 28 grey pixels and labels from 0 to 9, as tensors, if that is what they are.

    28 x 28 的灰度字节与 0 到 9 的标签，变成张量；若不是这样的数据就报错。

    Raises: CourseError for other data.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[1:] != (28, 28) or not len(pixels):
        raise CourseError(
            f"The images are {pixels.dtype} {pixels.shape}, not grey bytes (n, 28, 28).",
            f"图像是 {pixels.dtype} {pixels.shape}，而不是灰度字节 (n, 28, 28)。",
        )
    if labels.dtype.kind not in "iu" or labels.shape != pixels.shape[:1] or labels.min() < 0 or labels.max() > 9:
        shown = f"{labels.dtype} {labels.shape}: {labels.ravel()[:6].tolist()}"
        raise CourseError(
            f"The labels ({shown}, …) are not {len(pixels)} whole numbers from 0 to 9.",
            f"标签（{shown}，…）不是 {len(pixels)} 个 0 到 9 的整数。",
        )
    return torch.from_numpy(pixels)[:, None].float() / 127.5 - 1, torch.from_numpy(labels.astype(np.int64))


def from_rows(rows: Any) -> tuple[np.ndarray, np.ndarray]:
    """The pixels and labels of a data set with the columns image and label. 数据集 image 与 label 两列的内容。"""
    rows = rows.with_format("numpy")
    return np.stack(rows["image"][:]), np.asarray(rows["label"][:])


@contextmanager
def asking_the_hub(allowed: bool) -> Iterator[None]:
    """Let `datasets` ask the hub, or nothing but its cache. (It reads HF_HUB_OFFLINE once, at its import.)

    允许 `datasets` 询问 hub，或只许用缓存。（它只在导入时读一次 HF_HUB_OFFLINE。）
    """
    import datasets.config
    import huggingface_hub.constants

    places = (datasets.config, huggingface_hub.constants)
    before = [place.HF_HUB_OFFLINE for place in places]
    try:
        for place in places:
            place.HF_HUB_OFFLINE = not allowed
        yield
    finally:
        for place, offline in zip(places, before, strict=True):
            place.HF_HUB_OFFLINE = offline


def _parquet(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    from datasets import load_dataset

    with asking_the_hub(False):
        try:
            return from_rows(load_dataset(str(folder), split=split))
        except OSError:  # nowhere to keep the cache, such as a home that may not be written
            with TemporaryDirectory() as elsewhere:
                return from_rows(load_dataset(str(folder), split=split, cache_dir=elsewhere))


def _all_shards(folder: Path) -> None:
    """A split in several files says so in their names; each must be there."""
    for file in folder.rglob("*.parquet"):
        if named := SHARD.fullmatch(file.name):
            name, _, of = named.groups()
            missing = [i for i in range(int(of)) if not file.with_name(f"{name}-{i:05}-of-{of}.parquet").exists()]
            if missing:
                lost = f"{name}-{missing[0]:05}-of-{of}.parquet"
                raise CourseError(f"{lost} is missing.", f"缺少 {lost}。")
