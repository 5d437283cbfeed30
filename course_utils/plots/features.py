"""What happens inside a network: feature maps, bands over the noise level, bars of its parts.

网络内部的图：特征图、随噪声水平变化的色带、各部件的条形。

Colours stand for sign: blue below 0, white at 0, orange above.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from course_utils.gates import check_finite, check_listed, check_named, check_number, check_same_names, check_word
from course_utils.gates.saying import Name, in_both, in_words
from course_utils.language import CourseError
from course_utils.plots.graphs import numbers
from course_utils.plots.picture import (
    BLUE,
    GREY,
    ORANGE,
    Picture,
    canvas,
    check_drawable,
    framed,
    picture_of,
    rgb,
    tiles,
)

CELL, ACROSS, DOWN, LINE = 64, 8, 4, 26  # pixels of a map in a frame; maps to a row; rows; the line of text


def feature_rows(rows: dict[str, Tensor], heads: Sequence[str] = ()) -> Picture:
    """Feature maps in rows, each row with its name at the left and a scale of its own, the same for all its maps.

    特征图逐行排开，每行左端是它的名字；每行自成一个色标，行内各图共用。

    Shapes: each row (n, h, w), the same n; maps of other sizes are drawn equally large.
    Raises: CourseError for no rows, another shape, nan or inf, more heads than maps or other than words.
    """
    if len({_check_maps(name, maps) for name, maps in check_named("rows", rows).items()}) > 1:
        sizes = [len(maps) for maps in rows.values()]
        raise CourseError(
            f"The rows have {sizes} maps. Give each row as many: maps[:8].",
            f"各行有 {sizes} 幅特征图。请让每行一样多：maps[:8]。",
        )
    n = max(len(maps) for maps in rows.values())
    heads = check_listed("heads", heads, ("at most one for each map", "每幅至多一个"), 0, n)
    heads = [check_word("heads", head) for head in heads]
    side = min(7 / n, (4 - 0.3) / len(rows))
    page, axes = canvas(len(rows), n, side * n + 1, side * len(rows) + 0.3)
    for line, (name, maps) in zip(axes, rows.items(), strict=True):
        for ax, image in zip(line, signed(maps), strict=True):
            ax.imshow(image, interpolation="nearest")
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set(color=GREY, linewidth=0.4)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for ax, head in zip(axes[0], heads, strict=False):
        ax.set_title(head, fontsize=10)
    page.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    listed = ", ".join(filter(None, rows)) or ", ".join(heads)
    en, zh = f"Rows of {n} maps: {listed}".removesuffix(": "), f"每行 {n} 幅特征图：{listed}".removesuffix("：")
    return picture_of(page, en, zh)


def feature_frame(xt: Tensor, maps: Tensor, word: str) -> Picture:
    """A noisy image beside up to 32 feature maps, drawn quickly, with a line of text.

    快速画出一幅带噪图像，旁边是至多 32 幅特征图，附一行文字。

    The maps share one scale. Shapes: xt (1, c, h, w), maps (n, h', w').
    Raises: CourseError for another shape, nan or inf.
    """
    _check_maps("maps", maps)
    from PIL import Image

    side = CELL * DOWN
    page = Image.new("RGB", (side + 16 + CELL * ACROSS, side + LINE), "white")
    image = Image.fromarray(tiles(check_drawable(xt)[:1], 1, 1, 0)).convert("RGB")
    page.paste(image.resize((side, side), Image.Resampling.NEAREST), (0, LINE))
    maps = maps[: ACROSS * DOWN]
    for i, drawn in enumerate(signed(maps)):
        at = side + 16 + CELL * (i % ACROSS), LINE + CELL * (i // ACROSS)
        page.paste(Image.fromarray(drawn).resize((CELL - 8, CELL - 8), Image.Resampling.NEAREST), at)
    en = f"A noisy image and {len(maps)} feature maps: {word}"
    return framed(page, {(2, 4): word}, en, f"带噪图像与 {len(maps)} 幅特征图：{word}", colours=64)


def bands(panels: dict[str, Tensor], x: Sequence[float], xlabel: str, ylabel: str, top: float = 1.0) -> Picture:
    """Values as colours, one panel per name: a row for each channel, a column for each x; `top` is full colour.

    以颜色表示数值，每个名字一格：每个通道一行，每个 x 一列；`top` 处颜色最深。

    Shapes: each panel (rows, columns), x with one entry per column, equally spaced.
    Raises: CourseError for no panels, another shape, nan or inf, a top not above 0, or labels that are no words.
    """
    for name, values in check_named("panels", panels).items():
        _check_maps(name, values, 2), numbers("x", x, length=values.shape[1])
    top = check_number("top", top, 1e-12)
    check_word("xlabel", xlabel), check_word("ylabel", ylabel)
    page, axes = canvas(1, len(panels), 8, 2.8)
    for ax, (name, values) in zip(axes[0], panels.items(), strict=True):
        extent = (float(x[0]), float(x[-1]), len(values) - 0.5, -0.5)
        ax.imshow(signed(values[None], top)[0], aspect="auto", extent=extent, interpolation="nearest")
        ax.set_title(name, fontsize=10)
        ax.set_xlabel(xlabel)
    axes[0, 0].set_ylabel(ylabel)
    names = ", ".join(panels)
    en = f"Bands of colour over {xlabel}: {names}; full colour at {top:g}"
    return picture_of(page, en, f"随 {xlabel} 变化的色带：{names}；颜色最深处为 {top:g}")


def counts(panels: dict[str, Tensor]) -> Picture:
    """Small matrices of numbers, written out over colours, one panel per name.

    写出数字的小矩阵，以颜色衬底，每个名字一格。

    Shapes: each panel (rows, columns).  Raises: CourseError for no panels, another shape, nan or inf.
    """
    for name, values in check_named("panels", panels).items():
        _check_maps(name, values, 2)
    page, axes = canvas(1, len(panels), 8, 8 / len(panels) + 0.3)
    for ax, (name, values) in zip(axes[0], panels.items(), strict=True):
        top = 2 * float(check_finite(name, values).abs().max()) or None
        ax.imshow(signed(values[None], top)[0], interpolation="nearest")
        for (row, column), value in np.ndenumerate(values.detach().cpu().numpy()):
            ax.text(column, row, f"{value:.1f}".removesuffix(".0"), ha="center", va="center", fontsize=7)
        ax.set(xticks=[], yticks=[])
        ax.set_title(name, fontsize=10)
    names = ", ".join(panels)
    return picture_of(page, f"Matrices of numbers: {names}", f"数字矩阵：{names}")


def part_bars(panels: dict[str, dict[str, float]]) -> Picture:
    """Bars, one for each part of a network and the same parts in each panel: {what is counted: {part: how many}}.

    条形图，网络的每个部件一条，各格部件相同：{数的是什么：{部件：多少}}。

    Raises: CourseError for no panels or parts, panels of other parts, nan or inf.
    """
    first, values = next(iter(check_named("panels", panels).items()))
    names = list(check_named(first, values))
    check_listed("panels", list(panels), ("at most two panels", "至多两格"), 1, 2)
    for what, values in panels.items():
        numbers(what, list(check_same_names(what, values, names).values()))
    page, axes = canvas(1, len(panels), 8, 0.22 * len(names) + 0.7, sharey=True)
    for ax, (what, values), colour in zip(axes[0], panels.items(), (BLUE, ORANGE), strict=False):
        ax.barh(range(len(names)), [values[name] for name in names], color=colour)
        ax.set(xlabel=what, yticks=range(len(names)))
        ax.set_yticklabels(names, fontsize=9)
        ax.ticklabel_format(axis="x", style="sci", scilimits=(-2, 5), useMathText=True)
        ax.grid(axis="x", alpha=0.25)
    axes[0, 0].invert_yaxis()
    listed = ", ".join(panels)
    return picture_of(page, f"Bars for {len(names)} parts: {listed}", f"{len(names)} 个部件的条形图：{listed}")


def signed(values: Tensor, top: float | None = None) -> np.ndarray:
    """Values (n, h, w) as colours, uint8 (n, h, w, 3): blue, white at 0, orange; full at `top`, by default the 99 %.

    把数值 (n, h, w) 变成颜色，uint8 (n, h, w, 3)：蓝、0 处为白、橙；在 `top`（默认取 99 % 分位）处最深。

    Raises: CourseError for another shape, for nan or inf (no colour of these stands for them), or a top not above 0.
    """
    _check_maps(("the values", "这些值"), values)
    top = top if top is None else check_number("top", top, 1e-12)
    x = np.asarray(check_finite(("the values", "这些值"), values).detach().cpu().float())
    top = top or float(np.quantile(np.abs(x), 0.99)) or 1.0
    share = np.clip(np.abs(x) / top, 0, 1)[..., None]
    end = np.where(x[..., None] < 0, rgb(BLUE), rgb(ORANGE))
    return (255 + share * (end - 255.0)).round().astype(np.uint8)


def _check_maps(name: Name, maps: Tensor, ndim: int = 3) -> int:
    if not isinstance(maps, Tensor) or maps.ndim != ndim or not maps.numel() or maps.is_complex():
        (en, zh), given = in_both(name), in_words(maps)
        more = (
            "Give feature maps (n, h, w): those of the first image are maps[0].",
            "请给特征图 (n, h, w)：第一幅图像的是 maps[0]。",
        )
        if ndim == 2:
            more = "Give a tensor (rows, columns).", "请给张量 (rows, columns)。"
        raise CourseError(f"{en} is {given}. {more[0]}", f"{zh}是 {given}。{more[1]}")
    return len(maps)
