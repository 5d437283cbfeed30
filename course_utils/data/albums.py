"""A folder of pictures as people have them, read in one pass: bytes, classes, and what was left out and why.

一个文件夹里五花八门的图片，一遍读完：字节、类别，以及略过了哪些、为什么。
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from course_utils.data.pictures import CLOSED, OTHER, SUFFIXES, large_allowed, looks_like_a_picture, square_of
from course_utils.data.tree import files_below
from course_utils.gates import check_flag, check_path, check_whole
from course_utils.language import CourseError, Said, choose, say

TINT = 8  # of 255: where red, green and blue are nowhere farther apart, a picture is grey
PATIENCE = 3.0  # seconds until a pass says how far it is
NO_CLASS = ("in no sub-folder, so of no class", "不在任何子文件夹里，因此不属于任何类别")
RGB_TO_GREY = (0.299, 0.587, 0.114)  # as bright as the eye sees them


class Album(NamedTuple):
    """Pictures as bytes (n, c, size, size), their labels (n,) or None, and where all of it comes from.

    字节图像 (n, c, size, size)、标签 (n,)（或 None），以及来历。

    classes: names of the labels, () without them; files: the n files, relative to the folder; left_out: every other
    file, and its reason in both languages.
    """

    x: Tensor
    y: Tensor | None
    classes: tuple[str, ...]
    files: tuple[str, ...]
    left_out: tuple[tuple[str, Said], ...]


def album(path: str | Path, size: int = 32, channels: int | None = None, *, labels: bool = False) -> Album:
    """All pictures of a folder and its sub-folders, by name, as bytes: the middle square of each, upright, resized.

    一个文件夹（含子文件夹）中的所有图片，按文件名排序，读成字节：各转正，取中央正方形，再缩放。

    Each file is opened once, and what is kept of it are bytes. Linked folders are followed, each once. Of a picture
    that moves the first frame is taken. What looks like a picture and is left out is told with its reason; `left_out`
    lists all. A long pass says on the console how far it is.

    Args: channels 1 (grey) or 3 (colour), None for colour if any picture has some; labels, whether the sub-folders are
    classes (in the order of their names, as torchvision's ImageFolder has them).
    Raises: CourseError for a folder that is not there or holds no picture that can be read, another size or channels,
    more pictures than the memory holds, or labels without sub-folders.
    """
    top, size, labels = check_path(path), check_whole("size", size, 1, 4096), check_flag("labels", labels)
    channels = _check_channels(channels)
    found = files_below(top)
    x, files, left_out = _one_pass(top, found.files, size, channels, labels)
    left_out = tuple(sorted([*left_out, *((place, CLOSED) for place in found.closed)]))
    pictures = [(file, why) for file, why in left_out if why != OTHER]
    if pictures:
        _tell(pictures, len(files) + len(pictures))
    if not files:
        raise _nothing(top, labels)
    classes = tuple(sorted({file.split("/")[0] for file in files})) if labels else ()
    y = torch.tensor([classes.index(file.split("/")[0]) for file in files]) if labels else None
    return Album(x, y, classes, files, left_out)


def folder(path: str | Path, size: int = 32, channels: int = 3) -> Tensor:
    """All images of a folder and its sub-folders as `album` reads them, as floats in [-1, 1].

    一个文件夹（含子文件夹）中的所有图像，读法同 `album`，变成 [-1, 1] 之内的浮点数。

    Returns: (n, channels, size, size), channels 1 for grey or 3 for colour.
    Raises: CourseError for a folder that is not there or holds no image that can be read, or another size or channels.
    """
    return album(path, size, check_whole("channels", channels, 1, 3)).x / 127.5 - 1


def _one_pass(
    top: Path, files: list[str], size: int, channels: int | None, labels: bool
) -> tuple[Tensor, tuple[str, ...], list[tuple[str, Said]]]:
    """Bytes of what can be read, its files, and what cannot be read with the reasons."""
    expected = sum(map(looks_like_a_picture, files))
    _check_memory(expected, size, channels)
    pixels = np.empty((expected, channels or 3, size, size), np.uint8)
    kept, left_out, colourful = [], [], False
    with large_allowed():
        for file in _with_progress(files):
            square = NO_CLASS if labels and "/" not in file else square_of(top, file, size)
            if not isinstance(square, Tensor):
                why = OTHER if square == NO_CLASS and not looks_like_a_picture(file) else square
                left_out.append((file, why))
                continue
            colourful = colourful or _has_colour(square)
            if len(kept) == len(pixels):  # pictures by their content, of other names
                pixels.resize((len(kept) + len(kept) // 4 + 8, *pixels.shape[1:]), refcheck=False)
            pixels[len(kept)] = _grey(square) if channels == 1 else square
            kept.append(file)
    pixels.resize((len(kept), *pixels.shape[1:]), refcheck=False)
    x = torch.from_numpy(pixels)
    if channels is None and not colourful:
        x = torch.cat([_grey(part) for part in x.split(1000)]) if kept else x
    return x, tuple(kept), left_out


def _has_colour(square: Tensor) -> bool:
    return len(square) == 3 and int((square.amax(0) - square.amin(0)).max()) > TINT


def _grey(x: Tensor) -> Tensor:
    """Bytes (..., 3, h, w) or (..., 1, h, w) as bytes (..., 1, h, w)."""
    if x.shape[-3] == 1:
        return x
    shares = torch.tensor(RGB_TO_GREY)[:, None, None]
    return (x * shares).sum(-3, keepdim=True).round().to(torch.uint8)


def _with_progress(files: list[str]) -> Iterator[str]:
    """Each file in turn; after some seconds, once a second, how many are done and the seconds that are left."""
    began = told = time.monotonic()
    for done, file in enumerate(files):
        now = time.monotonic()
        if now - began > PATIENCE and now - told > 1:
            told, left = now, round((len(files) - done) * (now - began) / done)
            words = choose(f"{left} s left", f"还需 {left} 秒", between=" · ")
            print(f"\r{done:,} / {len(files):,}   {words}   ", end="", file=sys.stderr, flush=True)
        yield file
    if told > began:
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)


def _check_channels(channels: int | None) -> int | None:
    if channels is not None and check_whole("channels", channels, 1, 3) == 2:
        raise CourseError(
            "channels is 2. Choose 1 (grey) or 3 (colour).", "channels 为 2。请选 1（灰度）或 3（彩色）。"
        )
    return channels


def _check_memory(n: int, size: int, channels: int | None) -> None:
    import psutil

    needed, free = n * (channels or 3) * size**2 / 1e9, psutil.virtual_memory().available / 1e9
    if needed > free:
        raise CourseError(
            f"{n:,} pictures of {size} x {size} take {needed:.1f} GB of memory, and {free:.1f} GB are free. Choose a "
            "smaller size, or a part of the folder.",
            f"{n:,} 幅 {size} x {size} 的图片要占 {needed:.1f} GB 内存，空闲的只有 {free:.1f} GB。请选小一些的尺寸，"
            "或只取文件夹的一部分。",
        )


def _nothing(top: Path, labels: bool) -> CourseError:
    kinds = ", ".join(sorted(SUFFIXES))
    en, zh = " in its sub-folders, one for each class" * labels, "的子文件夹（每类一个）" * labels
    return CourseError(
        f"There is no image that can be read in {str(top)!r}{en}. Give a folder with such files: {kinds}.",
        f"{str(top)!r} {zh}中没有可以读取的图像。请给一个含有这类文件的文件夹：{kinds}。",
    )


def _tell(left_out: list[tuple[str, Said]], of: int) -> None:
    """Say what is left out, by its reason."""
    reasons: dict[Said, list[str]] = {}
    for file, reason in left_out:
        reasons.setdefault(reason, []).append(file.encode("utf-8", "replace").decode())  # bytes that are no letters
    lists = [(reason, ", ".join(names[:8]) + (", …" if len(names) > 8 else "")) for reason, names in reasons.items()]
    say(
        f"{len(left_out)} of {of} pictures are left out. "
        + "; ".join(f"{names} ({en})" for (en, _), names in lists)
        + ".",
        f"{of} 个图片文件中有 {len(left_out)} 个已略过。"
        + "；".join(f"{names}（{zh}）" for (_, zh), names in lists)
        + "。",
    )
