"""A folder of pictures as people have them, as one tensor.

一个文件夹里五花八门的图片，读成一个张量。
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from course_utils.data.pixels import from_pil, on_white, resize
from course_utils.gates import check_path, check_whole
from course_utils.language import CourseError, Said, say

READ = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")  # as far as Pillow has them
SUFFIXES = ".png .jpg .jpeg .jpe .jfif .webp .bmp .gif .tif .tiff .avif .jp2 .ppm .pgm".split()
CANNOT = ".heic .heif .svg .psd .eps .raw .dng .cr2 .nef .arw .jxl .ico".split()  # pictures, but none that is read
MEGAPIXELS = 250
HIDDEN = ("hidden: a copy, or what a program put there", "隐藏文件：副本，或某个程序放的")
BROKEN = ("not an image, or broken", "不是图像，或已损坏")
KIND = ("of a kind that is not read: save it as PNG or JPEG", "这种格式读不了：请另存为 PNG 或 JPEG")
NO_FILE = ("a pipe or a device, no file", "是管道或设备，不是文件")
HUGE = (f"more than {MEGAPIXELS} megapixels", f"超过 {MEGAPIXELS} 百万像素")


def folder(path: str | Path, size: int = 32, channels: int = 3) -> Tensor:
    """All images of a folder and its sub-folders, by name: the middle square of each, upright, resized.

    一个文件夹（含子文件夹）中的所有图像，按文件名排序：各转正，取中央正方形，再缩放。

    Linked folders are followed, each once. What looks like a picture and is left out is listed with its reason. Of a
    picture that moves the first frame is taken.

    Returns: (n, channels, size, size), channels 1 for grey or 3 for colour.
    Raises: CourseError for a folder that is not there or holds no image that can be read, or another size or channels.
    """
    check_whole("size", size, 1, 4096)
    check_whole("channels", channels, 1, 3)
    if channels == 2:
        raise CourseError(
            "channels is 2. Choose 1 (grey) or 3 (colour).", "channels 为 2。请选 1（灰度）或 3（彩色）。"
        )
    top = check_path(path)
    images, left_out = [], []
    for file in _files(top):
        found = _read(file, top, size, channels)
        if isinstance(found, Tensor):
            images.append(found)
        elif found:
            left_out.append((file.relative_to(top), found))
    if left_out:
        _tell(left_out, len(images) + len(left_out))
    if not images:
        kinds = ", ".join(sorted(SUFFIXES))
        raise CourseError(
            f"There is no image that can be read in {str(path)!r}. Give a folder with such files: {kinds}.",
            f"{str(path)!r} 中没有可以读取的图像。请给一个含有这类文件的文件夹：{kinds}。",
        )
    return torch.cat(images)


def _files(top: Path) -> list[Path]:
    """All files below a folder, by name; a folder to which several links lead is entered once."""
    files, entered = [], set()
    for place, folders, names in os.walk(top, followlinks=True):
        folders.sort()
        real = os.path.realpath(place)
        if real in entered:
            folders.clear()
            continue
        entered.add(real)
        files += [Path(place) / name for name in names]
    return sorted(files)


def _read(file: Path, top: Path, size: int, channels: int) -> Tensor | Said | None:
    """The picture; or why it is left out; or None for what does not even look like one."""
    from PIL import Image, UnidentifiedImageError

    looks = file.suffix.lower() in (*SUFFIXES, *CANNOT)
    if any(part.startswith(".") or part == "__MACOSX" for part in file.relative_to(top).parts):
        return HIDDEN if looks else None
    if file.exists() and not file.is_file():
        return NO_FILE if looks else None  # whoever opens a pipe waits for somebody to write into it
    Image.init()
    try:
        with _large_allowed(), Image.open(file, formats=[kind for kind in READ if kind in Image.OPEN]) as image:
            return _square(image, size, channels)
    except CourseError as error:  # floating-point pixels
        return error.en, error.zh
    except UnidentifiedImageError:
        return (KIND if file.suffix.lower() in CANNOT else BROKEN) if looks else None
    except Image.DecompressionBombError:
        return HUGE
    except (OSError, ValueError, SyntaxError, EOFError) as error:  # what Pillow says of broken files
        if not looks:
            return None
        return (error.strerror, error.strerror) if getattr(error, "strerror", None) else BROKEN


@contextmanager
def _large_allowed() -> Iterator[None]:
    """Pillow warns of pictures of 89 megapixels and refuses twice as many; phones make larger ones."""
    from PIL import Image

    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, MEGAPIXELS * 10**6 // 2
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _square(image, size: int, channels: int) -> Tensor:
    image.draft(None, (4 * size, 4 * size))  # a large JPEG is decoded at a fraction of its size
    w, h = image.size
    side = min(w, h)
    left, top = (w - side) // 2, (h - side) // 2
    square = on_white(image.crop((left, top, left + side, top + side)))
    if side >= 8 * size:  # whole pixels are averaged in bytes: the tensor of floats stays small
        square = square.reduce(side // (4 * size))
    x = resize(from_pil(square), size)
    if channels == 1 and x.shape[1] == 3:
        x = (x * x.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(
            1, keepdim=True
        )  # as bright as the eye sees it
    return x.expand(-1, channels, -1, -1)


def _tell(left_out: list[tuple[Path, Said]], of: int) -> None:
    """Say what is left out, by its reason."""
    reasons: dict[Said, list[str]] = {}
    for file, reason in left_out:
        reasons.setdefault(reason, []).append(file.as_posix())
    lists = [(reason, ", ".join(names[:8]) + (", …" if len(names) > 8 else "")) for reason, names in reasons.items()]
    say(
        f"{len(left_out)} of {of} pictures are left out. "
        + "; ".join(f"{names} ({en})" for (en, _), names in lists)
        + ".",
        f"{of} 个图片文件中有 {len(left_out)} 个已略过。"
        + "；".join(f"{names}（{zh}）" for (_, zh), names in lists)
        + "。",
    )
