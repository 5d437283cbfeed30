"""Samples over what they may owe: the nearest image that was learned from, and the nearest that was not.

样本与它可能照抄的来源：下面是离它最近的学过的图像，和最近的没见过的图像。
"""

from typing import NamedTuple

import numpy as np
from torch import Tensor

from course_utils.data.pixels import in_colour
from course_utils.gates import check_kind, check_mask, check_number
from course_utils.plots.graphs import numbers
from course_utils.plots.images import alike
from course_utils.plots.picture import BLUE, GREY, ORANGE, Picture, framed, rgb, tiles

ZOOM, GAP, LEFT, TOP, FRAME, BAR = 4, 8, 100, 26, 3, 16
NAMES = ("sample", "seen", "unseen")


class Trio(NamedTuple):
    """Samples, and of each the nearest image seen in training and the nearest unseen one. 样本与各自最近的两幅图像。

    Shapes: all (n, c, h, w); close (n,), bools: less than half as far from what was seen as from what was not.
    """

    samples: Tensor
    seen: Tensor
    unseen: Tensor
    close: Tensor


def owed_frame(trio: Trio, told: str, nearer: float, close: float) -> Picture:
    """Three rows of images, copies framed in orange; below, shares on a bar: copies, and nearer to what was seen.

    三行图像，照抄的带橙色框；下面的条上是两个比例：照抄的，以及离学过的更近的。

    The tick in the middle of the bar, at 0.5, is where the nearer ones stand if nothing is owed.
    Args: told, words above; nearer and close, shares.  Raises: CourseError for rows unlike, or no shares.
    """
    from PIL import Image, ImageDraw

    alike(check_kind("trio", trio, Trio, "Trio(samples, seen, unseen, close)")[:3])
    numbers("close", check_mask(trio.close), length=len(trio.samples))
    nearer, close = check_number("nearer", nearer, 0, 1), check_number("close", close, 0, 1)
    drawn = [in_colour(tiles(row, len(row), ZOOM, GAP)) for row in trio[:3]]
    (high, wide), step = drawn[0].shape[:2], drawn[0].shape[0] + GAP
    page = np.full((TOP + 3 * step + 70, LEFT + wide + 12, 3), 255, np.uint8)
    for i, row in enumerate(drawn):
        page[TOP + i * step : TOP + i * step + high, LEFT : LEFT + wide] = row
    image, words = Image.fromarray(page), {(LEFT, 4): told}
    pen = ImageDraw.Draw(image)
    for i, name in enumerate(NAMES):
        words[8, TOP + i * step + high // 2 - 8] = name
    for i in trio.close.nonzero()[:, 0].tolist():
        x = LEFT + i * step
        box = (x - FRAME, TOP - FRAME, x + high + FRAME - 1, TOP + step + high + FRAME - 1)
        pen.rectangle(box, outline=rgb(ORANGE), width=FRAME)
    for i, (share, colour) in enumerate(((nearer, BLUE), (close, ORANGE))):
        y = TOP + 3 * step + 6 + i * (BAR + 12)
        pen.rectangle((LEFT, y, LEFT + wide, y + BAR), outline=rgb(GREY))
        pen.rectangle((LEFT, y, LEFT + share * wide, y + BAR), fill=rgb(colour))
        words[8, y] = f"{('nearer', 'copies')[i]} {share:.2f}"
    middle = LEFT + wide / 2
    pen.line((middle, TOP + 3 * step + 2, middle, TOP + 3 * step + 10 + BAR), fill=rgb(GREY), width=3)
    listed = f"{told}; nearer {nearer:.2f}, copies {close:.2f}"
    return framed(
        image,
        words,
        f"{len(trio.samples)} samples over their nearest seen and unseen images: {listed}",
        f"{len(trio.samples)} 个样本，下面是各自最近的学过的与没见过的图像：{listed}",
        colours=64,
    )
