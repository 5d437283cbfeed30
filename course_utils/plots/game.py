"""Pictures of a game in the plane: what the discriminator says as colours, the samples, the rings they should be in.

平面上的博弈：底色是判别器的回答，点是样本，圆圈是样本该在的地方。
"""

import math
from typing import Any

import numpy as np
from torch import Tensor

from course_utils.gates import check_finite, check_listed, check_named, check_number, check_points
from course_utils.language import CourseError
from course_utils.plots.picture import BLACK, BLUE, SKY, YELLOW, Picture, framed, rgb
from course_utils.plots.planar import LIMIT, LINE, SIZE

RINGS = "the centres (m, 2) and one radius", "各圆心 (m, 2) 与一个半径"
SEEN = "a field and samples", "底色与样本"
SMALL, GAP = 176, 4  # pixels of a square in a page of several, and between them
Seen = tuple[Tensor, Tensor]  # field (k * k,), samples (n, 2)


def game_frame(field: Tensor, samples: Tensor, rings: tuple[Tensor, float], word: str) -> Picture:
    """A game at one moment, drawn quickly: yellow where the discriminator says "real", blue where "made", white at 1/2.

    博弈的一刻，画得很快：判别器答“真”处为黄，答“造的”处为蓝，1/2 处为白。

    Samples are black. Shapes: field (k * k,), probabilities in the order of `points.lattice(k)`; samples (n, 2); rings
    are centres (m, 2) and one radius.
    Raises: CourseError for a field that is no square of probabilities, nan or inf, or a radius below 0.
    """
    from PIL import Image, ImageDraw

    page = Image.new("RGB", (SIZE, SIZE + LINE), "white")
    page.paste(_square(field, samples, rings).reduce(2), (0, LINE))
    ImageDraw.Draw(page).rectangle((0, LINE, SIZE - 1, SIZE + LINE - 1), outline=BLACK)
    n = len(samples)
    return framed(page, {(2, 4): word}, f"{n} samples of a game: {word}", f"博弈中的 {n} 个样本：{word}", colours=64)


def game_moments(panels: dict[str, dict[str, Seen]], rings: tuple[Tensor, float]) -> Picture:
    """Several games, a row each, at several moments: {game: {moment: (field, samples)}}, coloured as `game_frame`.

    几场博弈的若干时刻，每场一行：{博弈：{时刻：（底色，样本）}}，着色同 `game_frame`。

    At most four moments a row.  Raises: as `game_frame`, and for no games or more moments than fit.
    """
    from PIL import Image

    rows = {str(name): check_named(str(name), row) for name, row in check_named("panels", panels).items()}
    columns = max(map(len, rows.values()))
    if columns > 4:
        raise CourseError(f"A row has {columns} moments. At most 4 fit.", f"一行有 {columns} 个时刻。最多放得下 4 个。")
    step, high = SMALL + GAP, SMALL + LINE
    page, words = Image.new("RGB", (columns * step - GAP, len(rows) * high), "white"), {}
    for down, (name, row) in enumerate(rows.items()):
        for across, (moment, seen) in enumerate(row.items()):
            field, samples = check_listed(moment, seen, SEEN, 2, 2)
            square = _square(field, samples, rings, dot=8).resize((SMALL, SMALL), Image.Resampling.BOX)
            page.paste(square, (across * step, down * high + LINE))
            words[across * step + 2, down * high + 4] = f"{name}, {moment}" if across == 0 else moment
    told = "; ".join(f"{name}: {', '.join(row)}" for name, row in rows.items())
    return framed(page, words, f"Games at several moments. {told}", f"博弈的若干时刻。{told}", colours=64)


def _square(field: Tensor, samples: Tensor, rings: tuple[Tensor, float], dot: float = 5) -> Any:
    """The plane as pixels, twice as many each way as are kept."""
    from PIL import Image, ImageDraw

    side, (centres, radius) = 2 * SIZE, check_listed("rings", rings, RINGS, 2, 2)
    said = _checked(field)
    towards = np.where(said[..., None] > 0.5, rgb(YELLOW), rgb(SKY))
    colours = 255 + np.abs(2 * said - 1)[..., None] * (towards - 255.0)
    grid = Image.fromarray(colours[::-1].round().astype(np.uint8))  # rows are counted from below
    within = (0.5, 0.5, grid.width - 0.5, grid.height - 0.5)  # the outermost places lie on the edge
    page = grid.resize((side, side), Image.Resampling.BILINEAR, box=within)
    pen = ImageDraw.Draw(page)
    wide = check_number("radius", radius, 0) * SIZE / LIMIT
    for x, y in _at("centres", centres):
        pen.ellipse((x - wide, y - wide, x + wide, y + wide), outline=BLUE, width=4)
    for x, y in _at("samples", samples):
        pen.ellipse((x - dot, y - dot, x + dot, y + dot), fill=BLACK)
    return page


def _at(name: str, points: Tensor) -> list[list[float]]:
    scaled = np.asarray(check_points(name, points).detach().cpu().double()) / LIMIT
    return ((1 + scaled * (1, -1)) * SIZE).tolist()


def _checked(field: Tensor) -> np.ndarray:
    """Probabilities over a square, (k, k)."""
    side = math.isqrt(len(field)) if isinstance(field, Tensor) and field.ndim == 1 else 0
    if side < 2 or side**2 != len(field):
        given = tuple(field.shape) if isinstance(field, Tensor) else type(field).__name__
        raise CourseError(
            f"The field is {given}. It has one probability for each point of points.lattice(k), (k * k,).",
            f"底色是 {given}。它在 points.lattice(k) 的每个点上有一个概率，形状 (k * k,)。",
        )
    return np.asarray(check_finite("field", field).detach().cpu().double()).reshape(side, side).clip(0, 1)
