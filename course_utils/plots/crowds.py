"""Pictures of crowds: two of them beside how far they are apart, and distances as lines in 1/n.

群体的图：两群样本与它们的距离，以及距离随 1/n 变化的直线。
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from course_utils.data.pixels import in_colour
from course_utils.gates import (
    check_kind,
    check_listed,
    check_named,
    check_number,
    check_same_names,
    check_whole,
    check_wholes,
)
from course_utils.language import CourseError
from course_utils.plots.graphs import numbers, positive
from course_utils.plots.images import alike
from course_utils.plots.picture import BLUE, COLOURS, GREY, ORANGE, Picture, canvas, framed, picture_of, rgb, tiles
from course_utils.plots.sampling import MARKERS

LOOKS = (ORANGE, BLUE)  # as many names as a frame holds
RADIUS = 6


class CrowdChart(NamedTuple):
    """What stays as it is in every frame: pixels (h, w, 3), and where on them a distance at n stands.

    每一帧都不变的部分：像素 (h, w, 3)，以及 n 处的距离落在哪里。

    box: the axes in pixels, (left, top, right, bottom); ends: what stands there, (n, n, distance, distance).
    """

    pixels: np.ndarray
    box: tuple[float, float, float, float]
    ends: tuple[float, float, float, float]
    names: tuple[str, ...]
    level: float


def crowd_chart(means: dict[str, dict[int, float]], level: float) -> CrowdChart:
    """Distances over n, both logarithmic: a line a name, and a dashed level; the ground for `crowd_frame`.

    距离随 n 变化，两轴都取对数：每个名字一条线，另有一条虚线；作 `crowd_frame` 的底图。

    Args: means, {name: {n: distance}} for at most two names, all above 0.  Raises: CourseError otherwise.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    lines = {name: _positive(name, line) for name, line in check_named("means", means).items()}
    if len(lines) > len(LOOKS):
        raise CourseError(
            f"There are {len(lines)} lines. A frame holds {len(LOOKS)}.",
            f"有 {len(lines)} 条线，一帧容得下 {len(LOOKS)} 条。",
        )
    page, axes = canvas(1, 1, 8, 3.3)
    page.set_layout_engine(None)
    page.subplots_adjust(left=0.535, right=0.985, bottom=0.15, top=0.89)
    ax = axes[0, 0]
    ax.axhline(check_number("level", level, 1e-12), color=GREY, linestyle="--", linewidth=1.2)
    for (sizes, distances), colour in zip(lines.values(), LOOKS, strict=False):
        ax.plot(sizes, distances, color=colour, linewidth=1, alpha=0.5)
    sizes, distances = (np.concatenate([line[i] for line in lines.values()]) for i in (0, 1))
    ends = sizes.min() / 1.15, 1.15 * sizes.max(), min(level, distances.min()) / 1.6, 1.6 * distances.max()
    _logarithmic(ax, sorted(set(sizes.astype(int).tolist())), ends)
    ax.set(xlabel="$n$", ylabel="Fréchet distance")
    drawn = FigureCanvasAgg(page)
    drawn.draw()
    pixels, (low, high) = np.asarray(drawn.buffer_rgba())[..., :3].copy(), ax.get_window_extent().get_points()
    return CrowdChart(pixels, (low[0], len(pixels) - high[1], high[0], len(pixels) - low[1]), ends, tuple(lines), level)


def crowd_frame(chart: CrowdChart, pair: tuple[Tensor, Tensor], n: int, distances: dict[str, float]) -> Picture:
    """Some images of two crowds, and beside them, on the chart, how far apart such crowds of n are.

    两群样本中的几幅图像，旁边的底图上标出：每群 n 个时两群相距多远。

    Shapes: pair, two batches (20, 1, 28, 28).  Args: distances, one for each name of the chart.
    Raises: CourseError for other names, or a distance that is no number above 0.
    """
    from PIL import Image, ImageDraw

    check_kind("chart", chart, CrowdChart, "crowd_chart(means, level)")
    distances, n = check_same_names("distances", distances, chart.names), check_whole("n", n, 1)
    distances = {name: check_number(name, distances[name], 1e-12) for name in chart.names}
    pair = alike(check_listed("pair", pair, ("two batches of images", "两批图像"), 2, 2))
    pixels, words = chart.pixels.copy(), {}
    for images, left in zip(pair, (8, 168), strict=True):
        drawn = in_colour(tiles(images, 5, 1, 2))
        pixels[100 : 100 + len(drawn), left : left + drawn.shape[1]] = drawn
    page = Image.fromarray(pixels)
    pen = ImageDraw.Draw(page)
    for i, ((name, distance), colour) in enumerate(zip(distances.items(), LOOKS, strict=False)):
        words[402 + 165 * i, 6] = f"{name} {distance:.3f}"
        for x, y in (_place(chart, n, distance), (392 + 165 * i, 16)):
            pen.ellipse((x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS), fill=rgb(colour))
    listed = ", ".join(words.values())
    words |= {(8, 76): f"n = {n}", (168, 76): f"n = {n}"}
    return framed(
        page,
        words,
        f"Two crowds of {n}, 20 of each shown, and how far such crowds are apart: {listed}; dashed: {chart.level:.3f}",
        f"两群各 {n} 个样本，各画出 20 个；这样的两群相距：{listed}；虚线为 {chart.level:.3f}",
        colours=64,
    )


def _place(chart: CrowdChart, n: float, distance: float) -> tuple[float, float]:
    """Where on the pixels; what lies beyond the axes stands at their edge."""
    left, top, right, bottom = chart.box
    low_n, high_n, low, high = map(math.log, chart.ends)
    across, up = ((math.log(n) - low_n) / (high_n - low_n), (math.log(distance) - low) / (high - low))
    return left + min(1, max(0, across)) * (right - left), bottom + min(1, max(0, up)) * (top - bottom)


def _positive(name: str, line: dict[int, float]) -> tuple[np.ndarray, np.ndarray]:
    """The sizes and the distances of a line, all above 0."""
    found = positive(name, list(check_kind(name, line, dict, "{100: 0.3, 200: 0.2}").items()), 2)
    return found.T[0], found.T[1]


def lines_in_one_over_n(
    named: dict[str, tuple[Sequence[int], Sequence[float]]], ends: dict[str, tuple[float, float]]
) -> Picture:
    """Distances over 1/n, each name with its straight line, which ends at 1/n = 0 with an error bar.

    距离随 1/n 变化：每个名字一条直线，到 1/n = 0 为止，那里带误差棒。

    Args: named, {name: (sizes, distances)}; ends, {name: (where its line ends, one standard error)}.
    Raises: CourseError for no names, ends of other names, or as many sizes as distances there are not.
    """
    check_same_names("ends", ends, list(check_named("named", named)))
    named = {
        name: check_listed(name, line, ("sizes and distances", "各 n 与距离"), 2, 2) for name, line in named.items()
    }
    page, axes = canvas(1, 1, 7.6, 3.6)
    ax, told = axes[0, 0], []
    for i, (name, (sizes, distances)) in enumerate(named.items()):
        x, y = 1 / np.array(check_wholes("sizes", sizes, 1)), numbers("distances", distances, length=len(sizes))
        end, bar = numbers("ends", ends[name], length=2)
        check_number(("the standard error", "标准误差"), bar, 0)
        slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
        look = dict(color=COLOURS[i % len(COLOURS)])
        ax.plot(x, y, MARKERS[i % len(MARKERS)], markersize=5, label=f"{name}  {end:.3f} ± {bar:.3f}", **look)
        ax.plot([0, x.max()], [end, end + slope * x.max()], linewidth=1.2, alpha=0.7, **look)
        ax.errorbar([0], [end], [bar], fmt="none", capsize=4, clip_on=False, **look)
        told.append(f"{name} {end:.3f} ± {bar:.3f}")
    ticks = sorted({int(n) for sizes, _ in named.values() for n in sizes})
    ax.set_xticks([0, *(1 / n for n in ticks)], ["0", *(f"1/{n}" for n in ticks)], fontsize=8, rotation=45)
    ax.set(xlabel="$1/n$", ylabel="Fréchet distance", xlim=(0, None), ylim=(min(0, ax.get_ylim()[0]), None))
    ax.grid(alpha=0.25)
    ax.legend(frameon=False, loc="upper left")
    listed = ", ".join(told)
    return picture_of(
        page,
        f"Distances over 1/n with their lines; at 1/n = 0: {listed}",
        f"距离随 1/n 变化，各配直线；在 1/n = 0 处：{listed}",
    )


def _logarithmic(ax, sizes: Sequence[int], ends: tuple[float, float, float, float]) -> None:
    """Both axes logarithmic, ticks at the sizes and at 1, 2 and 5 times powers of ten."""
    ax.set(xscale="log", yscale="log", xlim=ends[:2], ylim=ends[2:])
    ax.minorticks_off()
    ax.set_xticks(sizes, [str(n) for n in sizes])
    ticks = [k * 10.0**e for e in range(-4, 4) for k in (1, 2, 5) if ends[2] <= k * 10.0**e <= ends[3]]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.grid(alpha=0.25)
