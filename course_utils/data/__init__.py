"""Data: real digits, clothes and photographs. All of it leaves here in [-1, 1], shaped (b, c, h, w).

数据：真实的手写数字、衣物与照片。离开这里时都在 [-1, 1] 之内，形状为 (b, c, h, w)。
"""

from course_utils.data.albums import Album, album, folder
from course_utils.data.pixels import from_pil, resize, to_bytes, to_pil
from course_utils.data.sets import Images, digits, fashion_mnist, garments, photograph, whole_photograph
from course_utils.gates import check_images

__all__ = [
    "Album",
    "Images",
    "album",
    "check_images",
    "digits",
    "fashion_mnist",
    "folder",
    "from_pil",
    "garments",
    "photograph",
    "resize",
    "to_bytes",
    "to_pil",
    "whole_photograph",
]
