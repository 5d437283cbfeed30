"""Look at the pixels of a picture, and at what it says. 看一幅图的像素，以及它的说明。"""

import io

import numpy as np
from PIL import Image

from course_utils.plots.picture import Picture, rgb


def pixels(picture: Picture) -> np.ndarray:
    """The bytes of a picture, (h, w, 3), as numbers that can be subtracted. 图的各个字节，可以相减。"""
    return np.asarray(Image.open(io.BytesIO(picture.content)).convert("RGB")).astype(int)


def near(shown: np.ndarray, colour: str, tolerance: int) -> np.ndarray:
    """Rows and columns of the pixels whose bytes differ from a colour's by less in all. 颜色相近的像素的行与列。"""
    return np.argwhere(np.abs(shown - rgb(colour)).sum(-1) < tolerance)


def alike(shown: np.ndarray, colour: str, tolerance: int) -> np.ndarray:
    """Whether each of a pixel's bytes differs from a colour's by less, (h, w). 像素的每个字节是否都与某颜色相近。"""
    return np.abs(shown - rgb(colour)).max(-1) < tolerance


def is_small_and_speaks(picture: Picture, in_both_languages, widest: int, highest: int) -> None:
    """Assert that a picture is a small PNG, described in both languages. 断言图是小巧的 PNG，两种语言都有说明。"""
    assert picture.content.startswith(b"\x89PNG\r\n") and len(picture.content) < 60_000, len(picture.content)
    height, width, _ = pixels(picture).shape
    assert width <= widest and height <= highest, (width, height)
    in_both_languages(picture.en, picture.zh)
