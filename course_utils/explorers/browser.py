"""A folder of pictures under the hand: which of them, how many pixels, and where the square is cut.

动手翻看一个图片文件夹：哪一幅、多少像素、正方形取在哪里。
"""

from functools import cache
from pathlib import Path

from torch import Tensor

from course_utils import plots
from course_utils.arithmetic import threads
from course_utils.data import Album, from_pil, resize
from course_utils.data.pictures import upright_size, whole_of
from course_utils.experiments.first_look import REFERENCE, detail_left
from course_utils.gates import check_kind, check_path
from course_utils.plots.looks import crop_frame
from course_utils.widgets import Panel, choice, slider

SIZES = ("8", "16", "32", "64", "128")
LARGEST = 512  # pixels of the longer side that are kept of a picture


def folder_explorer(path: str | Path, album: Album, *, picture: int = 0, size: str = "32", crop: int = 50) -> Panel:
    """Picture, size and crop: a picture of the folder with the frame of a square, and that square in so many pixels.

    图片、尺寸与裁剪：文件夹中的一幅图片与方框，以及方框内的正方形，缩成这么多像素。

    Printed: width and height; how much lies outside the square; which share of the variance of its pixels is left,
    beside 128 x 128. Where a picture is a square, crop has nothing to move.
    Args: picture, its number in the album; size, one of SIZES; crop, where the square lies, from 0 (left or top) over
    50 (middle) to 100.  Raises: CourseError otherwise.
    """
    top, files = check_path(path), check_kind("album", album, Album, "data.album(path)").files
    over_picture, over_crop = slider("picture", 0, len(files) - 1, picture), slider("crop", 0, 100, crop)
    over_size = choice("size", SIZES, size)

    @cache
    def opened(picture: int) -> tuple[Tensor, tuple[int, int]]:
        return from_pil(whole_of(top, files[picture], LARGEST)), upright_size(top, files[picture])

    @threads(1)  # one picture is too small to share out
    def draw() -> plots.Picture:
        whole, (width, height) = opened(over_picture.value)
        box = square_at(*whole.shape[:1:-1], over_crop.value)
        inside = whole[..., box[1] : box[3], box[0] : box[2]]
        pixels, reference = int(over_size.value), resize(inside, REFERENCE)
        cut, left = 1 - min(width, height) / max(width, height), float(detail_left(reference, pixels))
        told = f"{width} x {height}    cut {cut:.0%}", f"{pixels} x {pixels}    {left:.0%} left"
        return crop_frame(whole, box, resize(inside, pixels), told, files[over_picture.value])

    return Panel([over_picture, over_size, over_crop], draw, width=624)


def square_at(width: int, height: int, crop: int) -> tuple[int, int, int, int]:
    """The square at so many percent of the way: left, top, right, bottom. 位于百分之几处的正方形：左、上、右、下。"""
    side = min(width, height)
    left, top = (width - side) * crop // 100, (height - side) * crop // 100
    return left, top, left + side, top + side
