"""Balls about one cloud of points, and which points of another they hold: how precision and recall count.

一团点周围的球，以及它们装住了另一团中的哪些点：精确率与召回率就是这样数出来的。
"""

from typing import NamedTuple

from torch import Tensor

from course_utils.gates import check_kind, check_mask, check_named, check_number, check_points, check_samples
from course_utils.plots.graphs import numbers
from course_utils.plots.picture import BLACK, BLUE, GREY, ORANGE, Picture, framed
from course_utils.plots.planar import LINE, SIZE

BALL, DOT, GAP = "#DCE8F0", 4.5, 12  # colour of the balls; radius of a point and the gap between panels, in pixels


class Held(NamedTuple):
    """Centres (n, 2), how far each ball reaches (n,), points (m, 2), and which of them are in a ball, (m,) bools.

    球心、各球的半径、点，以及哪些点在球内。
    """

    centres: Tensor
    reach: Tensor
    points: Tensor
    inside: Tensor


def balls_frame(panels: dict[str, Held], word: str, limit: float = 1.5) -> Picture:
    """Panels side by side, drawn quickly: balls (pale blue) about grey centres; points in them orange, others black.

    快速画出的并排几格：灰色球心周围的浅蓝色球；球内的点橙色，球外的点黑色。

    Under the name of each panel stands its word; above all, a line of text.
    Raises: CourseError for no panels, other shapes, nan or inf, a word that is none, or a limit not above 0.
    """
    from PIL import Image

    limit = check_number("limit", limit, 1e-12)
    for name, held in check_named("panels", panels).items():
        _check_held(name, held)

    page = Image.new("RGB", (len(panels) * (SIZE + GAP) - GAP, SIZE + 2 * LINE), "white")
    words = {(2, 2): word}
    for place, (name, held) in enumerate(panels.items()):
        left = place * (SIZE + GAP)
        page.paste(_panel(held, limit), (left, 2 * LINE))
        words[left + 2, LINE + 2] = name
    listed = "; ".join(panels)
    en = f"Balls about one cloud and the points of another within them: {listed}; {word}"
    return framed(page, words, en, f"一团点周围的球与落在其中的另一团点：{listed}；{word}")


def _check_held(name: str, held: Held) -> None:
    check_kind(name, held, Held, "Held(centres, reach, points, inside)")
    numbers("reach", check_samples("reach", held.reach), length=len(check_points("centres", held.centres)))
    numbers("inside", check_mask(held.inside), length=len(check_points("points", held.points)))


def _panel(held: Held, limit: float):
    """One panel, drawn twice as large each way as it is kept, which smooths the edges."""
    from PIL import Image, ImageDraw

    page = Image.new("RGB", (2 * SIZE, 2 * SIZE), "white")
    pen = ImageDraw.Draw(page)
    centres, points = (
        ((1 + cloud.double() / limit * cloud.new_tensor([1, -1])) * SIZE) for cloud in (held.centres, held.points)
    )

    def disc(at: list[float], radius: float, colour: str, outline: str | None = None) -> None:
        (x, y), r = at, radius
        pen.ellipse((x - r, y - r, x + r, y + r), fill=colour, outline=outline)

    for at, reach in zip(centres.tolist(), (held.reach / limit * SIZE).tolist(), strict=True):
        disc(at, reach, BALL)
    for at in centres.tolist():
        disc(at, DOT, GREY)
    for at, is_in in zip(points.tolist(), held.inside.tolist(), strict=True):
        disc(at, 1.3 * DOT, ORANGE if is_in else BLACK)
    pen.rectangle((0, 0, 2 * SIZE - 1, 2 * SIZE - 1), outline=BLUE)
    return page.reduce(2)
