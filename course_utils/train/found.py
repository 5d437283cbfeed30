"""What was found: the pictures of a folder or a set, looked at once, and which of them are kept out of training.

找到了什么：文件夹或数据集里的图片，只读一遍；以及其中哪些不参与训练。
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils import data
from course_utils.language import CourseError, Said, say
from course_utils.randomness import seeded
from course_utils.train.earlier import without_results

SETS = ("digits", "fashion_mnist")
LEAST = 10  # fewer pictures cannot be learnt from and judged by, too
HELD, MOST_HELD = 10, 1000  # one in ten is kept out, at most a thousand


class FoundPictures(NamedTuple):
    """Pictures as bytes (n, c, size, size), labels (n,) or None, the names of the classes, what was left out and why.

    字节图片 (n, c, size, size)、标签 (n,) 或 None、类别名，以及略过了哪些、为什么。
    """

    x: Tensor
    y: Tensor | None
    classes: tuple[str, ...]
    left_out: tuple[tuple[str, Said], ...]

    def digest(self) -> str:
        """A word by which the same pictures are known again. 据以认出同一批图片的摘要。"""
        parts = [self.x] if self.y is None else [self.x, self.y]
        found = hashlib.sha256(str([tuple(part.shape) for part in parts]).encode())
        for part in parts:
            found.update(part.contiguous().numpy().tobytes())
        return found.hexdigest()


class Split(NamedTuple):
    """What is learnt from, and what is kept out of it. 用来学的，与留出的。"""

    x: Tensor
    y: Tensor | None
    held_x: Tensor
    held_y: Tensor | None


def look_at(folder: str, size: int, *, labels: bool = False) -> FoundPictures:
    """Read a folder, or one of the course's sets by its name, and say what was found.

    读一个文件夹，或按名字取课程自带的数据集，并说明找到了什么。

    Raises: CourseError for a folder that is not there or cannot be learnt from, or has no classes where labels are
    asked for.
    """
    own = Path(folder).is_dir()
    if own and folder in SETS:
        say(
            f"{folder!r} is read from the folder of this name here, not from the course's set.",
            f"{folder!r} 读的是这里同名的文件夹，不是课程自带的数据集。",
        )
    found = _set(folder, size, labels) if folder in SETS and not own else _album(folder, size, labels)
    n = len(found.x)
    if n < LEAST:
        raise CourseError(
            f"There are {n} pictures in {folder!r}. At least {LEAST} are needed, and some hundreds before anything new "
            "is drawn.",
            f"{folder!r} 中有 {n} 幅图片。至少要有 {LEAST} 幅；要画出新东西，得有几百幅。",
        )
    if n - len(found.classes) < _kept_out(n):
        raise CourseError(
            f"There are {n} pictures of {len(found.classes)} classes in {folder!r}. Each class is learnt from one at "
            f"least, and {_kept_out(n)} more are kept out. Give more pictures of each, or leave --labels out.",
            f"{folder!r} 中有 {n} 幅图片，{len(found.classes)} 类。每类至少要有一幅用来学，另外还要留出 {_kept_out(n)} "
            "幅。请让每类多一些图片，或去掉 --labels。",
        )
    kind_en, kind_zh = ("colour", "彩色") if found.x.shape[1] == 3 else ("grey", "灰度")
    of_en = f", {len(found.classes)} classes" if found.classes else ""
    of_zh = f"，{len(found.classes)} 类" if found.classes else ""
    say(
        f"Found {n:,} pictures in {folder!r}, {kind_en}, now {size} x {size}{of_en}; {len(found.left_out)} files "
        "left out.",
        f"在 {folder!r} 中找到 {n:,} 幅图片，{kind_zh}，现为 {size} x {size}{of_zh}；略过 {len(found.left_out)} "
        "个文件。",
    )
    _say_doubts(found)
    return found


def split_of(found: FoundPictures, seed: int = 0) -> Split:
    """Keep one picture in ten out of training, by lot, at least two and at most a thousand.

    抽签留出十分之一的图片，至少两幅，至多一千幅。

    Both parts stand in the order of the lots, so that the first n of either are a fair sample, of all classes. Of each
    class the last in that order is learnt from, whatever its lot.
    """
    n = len(found.x)
    order, places = torch.randperm(n, generator=seeded(seed)), torch.arange(n)
    labels = found.y[order].tolist() if found.classes else []
    last = torch.tensor(list({label: place for place, label in enumerate(labels)}.values()), dtype=torch.long)
    lots = places[~torch.isin(places, last)][: _kept_out(n)]
    held, kept = order[lots], order[~torch.isin(places, lots)]
    y, held_y = (None, None) if found.y is None else (found.y[kept], found.y[held])
    return Split(found.x[kept], y, found.x[held], held_y)


def _kept_out(n: int) -> int:
    return min(MOST_HELD, max(2, n // HELD))


def _say_doubts(found: FoundPictures) -> None:
    """Say what makes a training worth less: the same picture again and again, classes of a few."""
    equal = len(found.x) - len({hashlib.blake2b(picture.numpy(), digest_size=16).digest() for picture in found.x})
    if equal:
        say(
            f"The same as another one, pixel by pixel: {equal:,}. So what is kept out may be learnt from, too.",
            f"与另一幅逐像素相同的：{equal:,} 幅。留出的图片因此也可能被学到。",
        )
    counts = [] if found.y is None else found.y.bincount().tolist()
    few = [f"{name} ({n})" for name, n in zip(found.classes, counts, strict=True) if n < LEAST]
    if few:
        listed = ", ".join(few[:8]) + (", …" if len(few) > 8 else "")
        say(f"Classes of fewer than {LEAST} pictures: {listed}.", f"图片不到 {LEAST} 幅的类别：{listed}。")


def _album(folder: str, size: int, labels: bool) -> FoundPictures:
    album = without_results(folder, size, data.album(folder, size, labels=labels))
    return FoundPictures(album.x, album.y, album.classes, album.left_out)


def _set(name: str, size: int, labels: bool) -> FoundPictures:
    images = data.digits(size) if name == "digits" else data.fashion_mnist()
    x = torch.cat([data.to_bytes(data.resize(part, size)) for part in images.x.split(1000)])
    classes = tuple(str(label) for label in images.y.unique().tolist()) if labels else ()
    return FoundPictures(x, images.y if labels else None, classes, ())
