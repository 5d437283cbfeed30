"""Ways that particles went: lines over time, lines in the plane, and frames of two flows that are drawn quickly.

粒子走过的路：随时间变化的线、平面上的线，以及很快画出的两个流的单帧。
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from course_utils.gates import check_kind, check_listed, check_named, check_number, check_points, check_samples
from course_utils.language import CourseError
from course_utils.plots.graphs import numbers
from course_utils.plots.picture import BLACK, BLUE, GREEN, GREY, ORANGE, SKY, Picture, canvas, framed, picture_of

LIMIT, SIDE, LINE = 2.6, 360, 46  # half the width shown: noise reaches beyond the data; pixels of a frame, of its words
COARSE = 5  # every fifth place of a way is drawn in a frame


class OnTheWay(NamedTuple):
    """One flow in a frame: its words, the truth, the ways until now, and where going straight on would end.

    单帧中的一个流：文字、真实分布、至今走过的路，以及若一直直走会到哪里。

    Shapes: truth (n, 2), ways (k, b, 2) with the present last, ends (b, 2).
    """

    word: str
    truth: Tensor
    ways: Tensor
    ends: Tensor


def lines_over_time(panels: dict[str, Tensor], times: Sequence[float]) -> Picture:
    """Places on the line over t, a line for each particle, one panel per name; t falls from left to right.

    直线上的位置随 t 的变化，每个粒子一条线，每个名字一格；t 自左向右由大到小。

    Shapes: each (k, b) or (k, b, 1), k times.  Raises: CourseError for no panels, other shapes or times, nan or inf.
    """
    times = numbers("times", times)
    ways = {name: _ways(name, way, len(times)) for name, way in check_named("panels", panels).items()}
    page, axes = canvas(1, len(ways), 8, 2.9, sharey=True)
    for ax, (name, way) in zip(axes[0], ways.items(), strict=True):
        ax.plot(times, way[..., 0], color=BLUE, linewidth=0.7, alpha=0.7)
        ax.set(xlabel="$t$", xlim=(1, 0))
        ax.set_title(name, fontsize=10)
    axes[0, 0].set_ylabel("$x$")
    listed = ", ".join(ways)
    return picture_of(page, f"Places on the line as t falls: {listed}", f"直线上的位置随 t 减小的变化：{listed}")


def trails(panels: dict[str, Tensor], limit: float = LIMIT) -> Picture:
    """Ways in the plane, one panel per name: noise (grey) leads along blue lines to data (orange).

    平面上的路，每个名字一格：从噪声（灰）沿蓝线到数据（橙）。

    Shapes: each (k, b, 2), noise first.
    Raises: CourseError for no panels, other shapes, nan or inf, or a limit not above 0.
    """
    limit = check_number("limit", limit, 1e-12)
    ways = {name: _ways(name, way) for name, way in check_named("panels", panels).items()}
    page, axes = canvas(1, len(ways), 8, min(3.7, 8 / len(ways)) + 0.3)
    for ax, (name, way) in zip(axes[0], ways.items(), strict=True):
        ax.plot(way[..., 0], way[..., 1], color=SKY, linewidth=0.7)
        for places, colour in ((way[0], GREY), (way[-1], ORANGE)):
            ax.scatter(*places.T, s=5, color=colour, linewidths=0, zorder=3)
        ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[], yticks=[], aspect="equal")
        ax.set_title(name, fontsize=10)
    n, listed = len(ways), ", ".join(ways)
    return picture_of(page, f"Ways from noise to data, {n} panels: {listed}", f"从噪声到数据的路，{n} 格：{listed}")


def trail_frame(moments: Sequence[OnTheWay], limit: float = LIMIT) -> Picture:
    """Flows side by side at one time, drawn quickly: ways (blue), particles (orange), where straight on leads (green).

    同一时刻的几个流并排，很快画出：走过的路（蓝）、粒子（橙）、一直直走会到的地方（绿）。

    Raises: CourseError for no flows, other shapes, nan or inf, a word that is none, or a limit not above 0.
    """
    from PIL import Image

    limit = check_number("limit", limit, 1e-12)
    moments = check_listed("moments", moments, ("what is on the way in each flow", "每个流在途中的样子"), 1)
    for moment in moments:
        _check_moment(moment)

    page = Image.new("RGB", (len(moments) * (SIDE + 8) - 8, SIDE + LINE), "white")
    for k, moment in enumerate(moments):
        page.paste(_square(moment, limit), (k * (SIDE + 8), LINE))
    words = {(k * (SIDE + 8) + 2, 3): moment.word for k, moment in enumerate(moments)}
    said = "; ".join(str(moment.word).replace("\n", ", ") for moment in moments)
    n = moments[0].ways.shape[1]
    return framed(page, words, f"{n} particles on their way: {said}", f"途中的 {n} 个粒子：{said}")


def _check_moment(moment: OnTheWay) -> None:
    check_kind(("a moment", "一个时刻"), moment, OnTheWay, "OnTheWay(word, truth, ways, ends)")
    check_points("truth", moment.truth), check_points("ends", moment.ends)
    here = _ways("ways", moment.ways).shape[1]
    if len(moment.ends) != here:
        raise CourseError(
            f"There are {here} particles and {len(moment.ends)} ends. Give one end for each particle.",
            f"有 {here} 个粒子，却有 {len(moment.ends)} 个终点。请给每个粒子一个终点。",
        )


def _square(moment: OnTheWay, limit: float):
    """One flow as pixels, drawn at twice the size and reduced, which smooths the edges."""
    from PIL import Image, ImageDraw

    page = Image.new("RGB", (2 * SIDE, 2 * SIDE), "white")
    pen = ImageDraw.Draw(page)

    def at(points: Tensor) -> list:
        return ((1 + np.asarray(points.detach().double()) / limit * (1, -1)) * SIDE).tolist()

    def discs(places: list, radius: float, colour: str) -> None:
        for x, y in places:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    discs(at(moment.truth), 3, "#C4C4C4")
    kept = moment.ways.flip(0)[::COARSE].transpose(0, 1)
    for way in at(kept):
        if len(way) > 1:
            pen.line([tuple(place) for place in way], fill=SKY, width=2)
    now, ends = at(moment.ways[-1]), at(moment.ends)
    for (x, y), (u, v) in zip(now, ends, strict=True):
        pen.line((x, y, u, v), fill="#9FD8C4", width=2)
    discs(ends, 4, GREEN)
    discs(now, 5, ORANGE)
    pen.rectangle((0, 0, 2 * SIDE - 1, 2 * SIDE - 1), outline=BLACK, width=2)
    return page.reduce(2)


def _ways(name: str, way: Tensor, length: int | None = None) -> np.ndarray:
    """Ways as an array (k, b, d), d of 1 or 2."""
    way = check_samples(name, way)
    way = way[..., None] if way.ndim == 2 else way
    if way.ndim != 3 or way.shape[2] != (2 if length is None else 1) or length not in (None, len(way)):
        wanted = "(k, b, 2)" if length is None else f"({length}, b, 1)"
        raise CourseError(
            f"{name} is {tuple(way.shape)}. Ways are {wanted}: a place for each time and each particle.",
            f"{name} 是 {tuple(way.shape)}。路的形状应为 {wanted}：每个时刻、每个粒子一个位置。",
        )
    return np.asarray(way.detach().cpu().double())
