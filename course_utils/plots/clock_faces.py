"""Several clocks over one path, drawn quickly: where each one stops, and where we are.

同一条路径上的几个时钟，快速画出：各自停在哪里，现在又在哪里。
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from course_utils.gates import check_listed, check_named, check_number, check_same_names
from course_utils.plots.graphs import numbers
from course_utils.plots.picture import BLACK, BLUE, GREY, ORANGE, Picture, framed, rgb, tiles

NAMED = "a name and an image", "名字与一幅图像"
WIDTH, SIDE, ROW, ABOVE = 704, 140, 26, 24  # pixels: the frame, an image, a clock's row, a line of text
LEFT, RIGHT, FURTHEST = 120, 510, 11.0  # where the rows begin and end, and the log-SNR there, below and above 0


def clock_frame(
    images: Sequence[tuple[str, Tensor]], ticks: dict[str, Sequence[float]], log_snr: float, told: dict[str, str]
) -> Picture:
    """Images under their names; below, a row for each clock: stops over log-SNR, grey once behind us, and its reading.

    几幅图像，名字在上；下面每个时钟一行：它在对数信噪比上的停点（已走过的为灰色）与读数。

    Noise is at the left. A stop beyond an end is drawn at it. Shapes: images (1, 1, 28, 28).
    Raises: CourseError for no clocks, a clock without a reading, or a log-SNR that is no number.
    """
    from PIL import Image, ImageDraw

    images = [check_listed("images", one, NAMED, 2, 2) for one in check_listed("images", images, NAMED)]
    log_snr, told = check_number("log_snr", log_snr), check_same_names("told", told, list(check_named("ticks", ticks)))

    top = 2 * ABOVE + SIDE
    page = Image.new("RGB", (WIDTH, top + ROW * (len(ticks) + 1)), "white")
    pen, words = ImageDraw.Draw(page), {}
    for i, (name, x) in enumerate(images):
        left = 2 + i * (WIDTH // len(images))
        words[left, 2] = name
        page.paste(Image.fromarray(np.asarray(tiles(x, 1, SIDE // 28, 0))), (left, ABOVE))
    for row, (name, levels) in enumerate(ticks.items()):
        y = top + row * ROW
        words[2, y - 8], words[RIGHT + 16, y - 8] = name, told[name]
        pen.line([(LEFT, y), (RIGHT, y)], rgb(GREY), 1)
        for level in numbers(name, numbers(name, levels, finite=False).clip(-FURTHEST, FURTHEST)):
            x = _across(level)
            pen.line([(x, y - 8), (x, y + 8)], rgb(BLUE if level >= log_snr else GREY), 3)
    foot = top + ROW * len(ticks) - 10
    pen.line([(_across(log_snr), top - 14), (_across(log_snr), foot)], rgb(ORANGE), 2)
    for level in range(-10, 11, 5):
        x = _across(level)
        pen.line([(x, foot), (x, foot + 4)], BLACK, 1)
        words[x - 8, foot + 6] = f"{level}"
    words[2, foot + 6] = "log-SNR"
    listed = "; ".join(f"{name}: {told[name]}" for name in ticks)
    return framed(
        page, words, f"Clocks at log-SNR {log_snr:g}. {listed}", f"对数信噪比 {log_snr:g} 处的各时钟。{listed}", 64
    )


def _across(level: float) -> int:
    """The pixel of a log-SNR."""
    share = (min(max(level, -FURTHEST), FURTHEST) + FURTHEST) / (2 * FURTHEST)
    return round(LEFT + share * (RIGHT - LEFT))
