"""One picture as people have it, as a small square of bytes; or why it is left out.

一幅图片，不论来历，读成一小块正方形的字节；读不了的，说明原因。
"""

import errno
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torch import Tensor

from course_utils.data.pixels import from_pil, on_white, resize, to_bytes, to_pil, turn_of, turned
from course_utils.language import CourseError, Said

READ = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")  # as far as Pillow has them
SUFFIXES = ".png .jpg .jpeg .jpe .jfif .mpo .webp .bmp .gif .tif .tiff .avif .jp2 .ppm .pgm".split()
CANNOT = ".heic .heif .svg .psd .eps .raw .dng .cr2 .nef .arw .jxl .ico".split()  # pictures, but none that is read
MEGAPIXELS = 250
BAND = 2**24  # pixels that are averaged at a time
HIDDEN = ("hidden: a copy, or what a program put there", "隐藏文件：副本，或某个程序放的")
EMPTY = ("empty: 0 bytes", "空文件：0 字节")
BROKEN = ("not an image, or broken", "不是图像，或已损坏")
TORN = ("broken: cut short, or damaged", "已损坏：不完整，或内容有误")
KIND = ("of a kind that is not read: save it as PNG or JPEG", "这种格式读不了：请另存为 PNG 或 JPEG")
NO_FILE = ("a pipe or a device, no file", "是管道或设备，不是文件")
MISSING = ("it is no longer there", "文件已经不在了")
GONE = ("a link that leads nowhere", "链接指向的文件不存在")
CLOSED = ("it may not be opened", "没有打开的权限")
HUGE = (f"more than {MEGAPIXELS} megapixels", f"超过 {MEGAPIXELS / 100:g} 亿像素")
LARGE = ("larger than the memory that is free", "空闲的内存装不下")
OTHER = ("no picture, by its name and by its content", "名字与内容都不是图片")


def looks_like_a_picture(file: str) -> bool:
    """Does the name end as those of pictures do? 名字的后缀像图片吗？"""
    return os.path.splitext(file)[1].lower() in (*SUFFIXES, *CANNOT)


def square_of(top: Path, file: str, size: int) -> Tensor | Said:
    """The middle square of a picture, upright, as bytes (c, size, size), c of 1 or 3; or why it is left out.

    一幅图片的中央正方形，转正之后的字节 (c, size, size)，c 为 1 或 3；读不了的，返回原因。

    It is opened by its content, whatever its name says. Call it within `large_allowed`.
    """
    if any(part.startswith(".") or part == "__MACOSX" for part in file.split("/")):
        return HIDDEN if looks_like_a_picture(file) else OTHER
    try:
        return _read(top / file, size)
    except Exception as error:  # what Pillow raises at broken files has no end; none of them may end a long pass
        why = _reason(error)
    if looks_like_a_picture(file):
        return KIND if why == BROKEN and os.path.splitext(file)[1].lower() in CANNOT else why
    return OTHER if why in (BROKEN, EMPTY, NO_FILE) else why


def whole_of(top: Path, file: str, side: int):
    """A whole picture that can be read, upright, as a PIL image in colour that fits into side x side pixels.

    一幅可读图片的全貌：转正、彩色的 PIL 图像，缩到 side x side 以内。

    Raises: CourseError for one that can no longer be read.
    """
    with _opened_again(top, file) as image:
        image.draft(None, (2 * side, 2 * side))
        image.load()
        turn = turn_of(image)
        shown = turned(on_white(image), turn)
        if shown.mode == "I":
            shown = to_pil(from_pil(shown))
        shown.thumbnail((side, side))
        return shown.convert("RGB")


def upright_size(top: Path, file: str) -> tuple[int, int]:
    """Width and height of a picture that can be read, as its owner sees it; nothing is decoded.

    一幅可读图片的宽与高，以转正之后为准；不必解码。

    Raises: CourseError for one that can no longer be read.
    """
    with _opened_again(top, file) as image:
        width, height = image.size
        lies = image.format != "TIFF" and turn_of(image) >= 5  # the size of a TIFF is told as it will be turned
        return (height, width) if lies else (width, height)


def unread(top: Path, file: str, why: Said) -> CourseError:
    """The error of a picture that an album has read before. 相册读过、现在却读不了的图片的错误。"""
    top, file = (str(name).encode(errors="replace").decode() for name in (top, file))
    return CourseError(
        f"{file!r} in {top!r} cannot be read ({why[0]}). The folder is another, or has changed since the album was "
        "read: read it again, data.album(path).",
        f"{top!r} 里的 {file!r} 读不了（{why[1]}）。给的不是原来的文件夹，或者读过之后文件夹变了：请重新读 "
        "data.album(path)。",
    )


@contextmanager
def _opened_again(top: Path, file: str) -> Iterator:
    """A picture that was read before."""
    try:
        with large_allowed(), _opened(top / file) as image:
            yield image
    except Exception as error:  # what Pillow raises at broken files has no end
        raise unread(top, file, _reason(error)) from None


def _opened(place: Path):
    from PIL import Image

    return Image.open(place, formats=[kind for kind in READ if kind in Image.OPEN])


def _read(place: Path, size: int) -> Tensor:
    found = os.stat(place)
    if not stat.S_ISREG(found.st_mode):  # whoever opens a pipe waits for somebody to write into it
        raise _LeftOut(*NO_FILE)
    if not found.st_size:
        raise _LeftOut(*EMPTY)
    with _opened(place) as image:
        return to_bytes(_square(image, size))[0]


class _LeftOut(Exception):
    """A picture is not read; its two arguments say why."""


def _reason(error: Exception) -> Said:
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, _LeftOut | CourseError):  # the latter says that its pixels are floating-point
        return error.args
    known = {
        MemoryError: LARGE,
        FileNotFoundError: GONE if os.path.islink(getattr(error, "filename", None) or "") else MISSING,
        PermissionError: CLOSED,
        UnidentifiedImageError: BROKEN,
        Image.DecompressionBombError: HUGE,
    }
    for kind, why in known.items():
        if isinstance(error, kind):
            return why
    if getattr(error, "errno", None) == errno.ELOOP:  # a link that leads to itself
        return GONE
    words = getattr(error, "strerror", None)
    return (words, words) if words else TORN


@contextmanager
def large_allowed() -> Iterator[None]:
    """Pillow warns of pictures of 89 megapixels and refuses twice as many; phones make larger ones: here up to 250.

    Pillow 遇到 89 百万像素的图片就警告，再大一倍便拒绝；手机拍得出更大的，这里放宽到 250。
    """
    from PIL import Image

    Image.init()
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, MEGAPIXELS * 10**6 // 2
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def middle(width: int, height: int) -> tuple[int, int, int, int]:
    """Where the middle square of a picture lies: left, top, right, bottom. 中央正方形的位置：左、上、右、下。"""
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return left, top, left + side, top + side


def _square(image, size: int) -> Tensor:
    image.draft(None, (4 * size, 4 * size))  # a large JPEG is decoded at a fraction of its size
    image.load()
    turn, box = turn_of(image), middle(*image.size)  # asked after loading: by then Pillow has turned a TIFF itself
    factor = (box[2] - box[0]) // (4 * size)
    square = _averaged(image, box, factor) if factor >= 2 else on_white(image.crop(box))
    square.info = {}
    return resize(from_pil(turned(square, turn)), size)


def _averaged(image, box: tuple[int, int, int, int], factor: int):
    """A square of whole pixels averaged in bytes, band by band: beside the picture little memory is taken."""
    from PIL import Image

    left, top, right, bottom = box
    high = factor * max(1, BAND // (factor * (right - left)))
    bands = [
        on_white(image.crop((left, y, right, min(y + high, bottom)))).reduce(factor) for y in range(top, bottom, high)
    ]
    square = Image.new(bands[0].mode, (bands[0].width, sum(band.height for band in bands)))
    for number, band in enumerate(bands):
        square.paste(band, (0, number * (high // factor)))
    return square
