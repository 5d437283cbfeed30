"""Pictures of the plane: clouds of points, fields of arrows, heat maps; and frames that are drawn quickly.

平面上的图：点云、箭头场、热图；以及画得很快的单帧。
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from course_utils.gates import check_finite, check_listed, check_named, check_number, check_points, check_whole
from course_utils.gates.saying import in_words
from course_utils.language import CourseError
from course_utils.plots.graphs import numbers
from course_utils.plots.picture import BLACK, BLUE, GREEN, GREY, ORANGE, Picture, canvas, framed, picture_of

LIMIT, SIZE, LINE = 1.3, 400, 26  # half the width shown; pixels of a frame; of its line of text
CLOUDS = "at most three clouds (n, 2)", "至多三团点 (n, 2)"
FIELD = "the data, the starts and the arrows, (n, 2) each", "数据点、起点与箭头，各为 (n, 2)"


def plane(panels: dict[str, Sequence[Tensor]], columns: int = 4, limit: float = LIMIT) -> Picture:
    """Clouds of points, one panel per name; in each the first cloud is grey, the second orange, the third green.

    点云，每个名字一格；每格中第一团灰色，第二团橙色，第三团绿色。

    Shapes: each cloud (n, 2); what lies outside [-limit, limit] is not seen.
    Raises: CourseError for no panels, more than three clouds in one, other shapes, nan or inf, or a limit not above 0.
    """
    limit = check_number("limit", limit, 1e-12)
    columns = min(check_whole("columns", columns, 1), len(check_named("panels", panels)))
    rows = -(-len(panels) // columns)
    side = min(8 / columns, (4 - 0.3 * rows) / rows)
    page, axes = canvas(rows, columns, side * columns, (side + 0.3) * rows)
    for ax in axes.flat[len(panels) :]:
        ax.axis("off")
    for ax, (name, clouds) in zip(axes.flat, panels.items(), strict=False):
        for cloud, colour, size in zip(
            check_listed(name, clouds, CLOUDS, 0, 3), (GREY, ORANGE, GREEN), (5, 2.5, 12), strict=False
        ):
            ax.scatter(*np.asarray(_points(name, cloud)).T, s=size, color=colour, linewidths=0)
        _square(ax, name, limit)
    n, names = len(panels), ", ".join(panels)
    return picture_of(page, f"Points in the plane, {n} panels: {names}", f"平面上的点，{n} 格：{names}")


def arrows(panels: dict[str, tuple[Tensor, Tensor, Tensor]], limit: float = LIMIT) -> Picture:
    """Fields of arrows over the plane, one panel per name: what the arrows point into (orange), starts, arrows.

    平面上的箭头场，每个名字一格：数据点（橙色）、起点与箭头。

    Long arrows are drawn shortened, so that they do not cross. Shapes: data (n, 2), starts and arrows (m, 2).
    Raises: CourseError for no panels, other than three in one, starts and arrows that are not as many, nan or inf, or a
    limit not above 0.
    """
    check_named("panels", panels)
    limit = check_number("limit", limit, 1e-12)
    page, axes = canvas(1, len(panels), 8, 8 / len(panels) + 0.3)
    for ax, (name, field) in zip(axes[0], panels.items(), strict=True):
        data, starts, vectors = check_listed(name, field, FIELD, 3, 3)
        drawn = _Drawn(limit)
        drawn.field(starts, vectors, 0.18, 6)
        drawn.discs(data, 16, ORANGE)
        ax.imshow(np.asarray(drawn.page), extent=(-limit, limit, -limit, limit), interpolation="antialiased")
        _square(ax, name, limit)
    names = ", ".join(panels)
    en, zh = f"Arrows over the plane, {len(panels)} panels: {names}", f"平面上的箭头，{len(panels)} 格：{names}"
    return picture_of(page, en, zh)


def heat(panels: dict[str, Tensor], cloud: Tensor, top: float, limit: float = LIMIT) -> Picture:
    """Values over the plane as heat maps with one scale, 0 to `top`, over a cloud of points.

    平面上数值的热图，共用 0 到 `top` 的色标，上面叠一团点。

    Shapes: each map (k * k,), in the order of `points.lattice(k, limit)`; cloud (n, 2).
    Raises: CourseError for no panels, a map that is no square, nan or inf, or a top or limit that is not above 0.
    """
    limit = check_number("limit", limit, 1e-12)
    top, cloud = check_number("top", top, 1e-12), _points("cloud", cloud)
    for name, values in check_named("panels", panels).items():
        _check_square(name, values)
    page, axes = canvas(1, len(panels), 8, 8 / len(panels) + 0.15)
    for ax, (name, values) in zip(axes[0], panels.items(), strict=True):
        k = math.isqrt(len(values))
        span = dict(extent=(-limit, limit, -limit, limit), origin="lower", vmin=0, vmax=top)
        image = ax.imshow(np.asarray(values.detach().cpu().double()).reshape(k, k), cmap="cividis", **span)
        ax.scatter(*np.asarray(cloud).T, s=1.5, color="white", linewidths=0)
        _square(ax, name, limit)
    page.colorbar(image, ax=axes, shrink=0.8, extend="max")
    names = ", ".join(panels)
    return picture_of(page, f"Heat maps over the plane: {names}", f"平面上的热图：{names}")


def field_frame(data: Tensor, shares: Tensor, starts: Tensor, vectors: Tensor, *, mark: Tensor, word: str) -> Picture:
    """One field of arrows, drawn quickly: the last arrow starts at the marked point; shares as areas of the data.

    快速画出的箭头场：最后一支箭头从标记点出发；各数据点的面积表示它的份额。

    Shapes: data (n, 2), shares (n,), starts and vectors (m, 2), mark (2,).
    Raises: CourseError for other shapes, nan or inf, a share below 0, or a word that is none.
    """
    areas = numbers("shares", shares, length=len(check_points("data", data)))
    check_number(("the smallest share", "最小的份额"), float(areas.min()), 0)
    check_points("mark", mark[None] if isinstance(mark, Tensor) else mark)
    drawn = _Drawn()
    drawn.field(starts, vectors, 0.14, 3)
    drawn.discs(data, 5, GREY)
    for point, share in zip(data, areas.tolist(), strict=True):
        drawn.discs(point[None], 34 * share**0.5, ORANGE)
    drawn.arrow(mark, mark + (torch.from_numpy(areas).to(data) @ data - mark), BLACK, 5)
    drawn.discs(mark[None], 9, GREEN)
    return drawn.picture(word, f"Arrows over {len(data)} points: {word}", f"{len(data)} 个点上的箭头：{word}")


def cloud_frame(
    truth: Tensor,
    particles: Tensor,
    word: str,
    places: Tensor | None = None,
    field: tuple[Tensor, Tensor] | None = None,
) -> Picture:
    """Particles (orange) over the truth (grey), drawn quickly, with a line of text; blue lines lead to their places.

    快速画出的粒子（橙色）与真实分布（灰色），附一行文字；蓝线由粒子连到它该在的位置。

    Shapes: truth (n, 2), particles (m, 2), places (m, 2) if they are known; field, starts and arrows (k, 2) beneath.
    Raises: CourseError for other shapes, lines or arrows that lack an end, nan or inf, or a word that is none.
    """
    drawn = _Drawn()
    drawn.discs(truth, 4, "#BBBBBB")
    if field is not None:
        starts, vectors = check_listed("field", field, ("the starts and the arrows", "起点与箭头"), 2, 2)
        drawn.field(starts, vectors, 0.16, 3)
    if places is not None:
        drawn.lines(particles, places, BLUE, 2)
    drawn.discs(particles, 5, ORANGE)
    n = len(particles)
    return drawn.picture(word, f"{n} particles over the truth: {word}", f"{n} 个粒子与真实分布：{word}")


class _Drawn:
    """A square of the plane as pixels, twice as many each way as are kept, which smooths the edges."""

    def __init__(self, limit: float = LIMIT):
        from PIL import Image, ImageDraw

        self.limit, side = limit, 2 * SIZE
        self.page = Image.new("RGB", (side, side), "white")
        self.pen = ImageDraw.Draw(self.page)

    def at(self, points: Tensor) -> list[list[float]]:
        scaled = np.asarray(_points("the points", points)) / self.limit
        return ((1 + scaled * (1, -1)) * SIZE).tolist()

    def discs(self, points: Tensor, radius: float, colour: str) -> None:
        for x, y in self.at(points):
            self.pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def lines(self, starts: Tensor, stops: Tensor, colour: str, width: int) -> None:
        _check_ends(starts, stops)
        for (x, y), (u, v) in zip(self.at(starts), self.at(stops), strict=True):
            self.pen.line((x, y, u, v), fill=colour, width=width)

    def field(self, starts: Tensor, vectors: Tensor, longest: float, width: int) -> None:
        _check_ends(starts, vectors)
        length = vectors.norm(dim=1, keepdim=True)
        shown = longest * (length / 0.4).tanh() / length.clamp(min=1e-9)  # long ones shortened
        for start, end in zip(self.at(starts), self.at(starts + shown * vectors), strict=True):
            self._arrow(start, end, BLUE, width)

    def arrow(self, start: Tensor, end: Tensor, colour: str, width: int) -> None:
        self._arrow(*self.at(start[None]), *self.at(end[None]), colour, width)

    def _arrow(self, start: list[float], end: list[float], colour: str, width: int) -> None:
        (x, y), (u, v) = start, end
        angle, head = math.atan2(v - y, u - x), min(12 + 1.5 * width, math.hypot(u - x, v - y))
        self.pen.line((x, y, u, v), fill=colour, width=width)
        sides = [(u - head * math.cos(angle + turn), v - head * math.sin(angle + turn)) for turn in (-0.4, 0.4)]
        self.pen.polygon([(u, v), *sides], fill=colour)

    def picture(self, word: str, en: str, zh: str) -> Picture:
        from PIL import Image, ImageDraw

        page = Image.new("RGB", (SIZE, SIZE + LINE), "white")
        page.paste(self.page.reduce(2), (0, LINE))
        ImageDraw.Draw(page).rectangle((0, LINE, SIZE - 1, SIZE + LINE - 1), outline=BLACK)
        return framed(page, {(2, 4): word}, en, zh)


def _points(name: str, cloud: Tensor) -> Tensor:
    """Points that can be drawn; none at all are drawn as nothing."""
    if isinstance(cloud, Tensor) and cloud.shape == (0, 2):
        return cloud
    return check_points(name, cloud).detach().cpu().double()  # numpy has no bfloat16


def _check_ends(starts: Tensor, ends: Tensor) -> None:
    """Make sure that each start has its end: a place, or an arrow."""
    if len(_points("the starts", starts)) != len(_points("the ends", ends)):
        raise CourseError(
            f"The starts are {in_words(starts)}, and what leads away from them {in_words(ends)}. Give as many of both.",
            f"起点是 {in_words(starts)}，由它们出发的是 {in_words(ends)}。两者应当一样多。",
        )


def _check_square(name: str, values: Tensor) -> None:
    side = math.isqrt(len(values)) if isinstance(values, Tensor) and values.ndim == 1 else 0
    if not side or side**2 != len(values):
        given = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
        raise CourseError(
            f"{name} is {given}. A heat map has one value for each point of points.lattice(k), (k * k,).",
            f"{name} 是 {given}。热图在 points.lattice(k) 的每个点上有一个值，形状 (k * k,)。",
        )
    check_finite(name, values)


def _square(ax, name: str, limit: float) -> None:
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[], yticks=[], aspect="equal")
    ax.set_title(name, fontsize=10)
