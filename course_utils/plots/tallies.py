"""How often each value comes: histograms, and an image beside its own.

每个值出现多少次：直方图，以及一幅图像和它自己的直方图。
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from torch import Tensor

from course_utils.gates import check_named, check_number, check_samples, check_whole, check_word
from course_utils.plots.graphs import array_of, numbers
from course_utils.plots.picture import ORANGE, SKY, Picture, canvas, check_drawable, picture_of, tiles
from course_utils.plots.stage import Stage


def histograms(
    named: dict[str, Sequence[float]], limit: float = 3.5, bell: tuple[float, float] | None = (0.0, 1.0)
) -> Picture:
    """Histograms of values from -limit to limit, one panel per name, under the normal density that `bell` names.

    数值的直方图（从 -limit 到 limit），每个名字一格，叠上 `bell` 指定的正态密度曲线。

    `bell` is a mean and a standard deviation, or None for no curve.
    Raises: CourseError for no values, nan or inf, or a limit or deviation of 0 or less.
    """
    limit, bell = _check_bell(limit, bell)
    named = {name: numbers(name, np.ravel(array_of(v))) for name, v in check_named("named", named).items()}
    page, axes = canvas(1, len(named), 8, 2.4, sharey=True)
    for ax, (name, values) in zip(axes[0], named.items(), strict=True):
        _histogram(ax, values, np.linspace(-limit, limit, 61), bell)
        ax.set_title(name, fontsize=10)
    listed = ", ".join(named)
    en, zh = f"Histograms of {listed}", f"{listed} 的直方图"
    if bell:
        law = f"N({bell[0]:.3g}, {bell[1] ** 2:.3g})"
        en, zh = f"{en}, beside {law}", f"{zh}，与 {law} 对照"
    return picture_of(page, en, zh)


def flow_to_normal(x: Tensor, head: str) -> Picture:
    """An image beside the histogram of its pixels, in steps of 0.2, over the density of N(0, 1).

    一幅图像，旁边是它的像素直方图（组距 0.2），叠上 N(0, 1) 的密度。

    Shapes: x (1, c, h, w).  Raises: CourseError for what cannot be drawn, several images, nan or inf.
    """
    x = check_samples("x", check_drawable(x)).detach().cpu().float()
    check_whole(("the number of images", "图像数"), len(x), 1, 1, so=("Give one: x[:1].", "请给一幅：x[:1]。"))
    check_word("head", head)
    stage, page, ax = _bell_stage()
    image = tiles(x, 1, max(1, 204 // x.shape[-1]), 0)
    page.figimage(image, 12, 24, cmap="gray", vmin=0, vmax=255)
    _histogram(ax, x, np.linspace(-4, 4, 41), (0.0, 1.0))
    ax.text(0.5, 1.03, head, transform=ax.transAxes, ha="center", fontsize=10)
    return stage.picture(f"An image and its pixels beside N(0, 1): {head}", f"图像及其像素，与 N(0, 1) 对照：{head}")


@cache
def _bell_stage():
    """A panel for pixels from -4 to 4, with room for the image at its left."""
    page, axes = canvas(1, 1, 8, 2.8)
    page.set_layout_engine(None)
    page.subplots_adjust(left=0.34, right=0.98, bottom=0.1, top=0.9)
    axes[0, 0].set(ylim=(0, 1.2), xlim=(-4, 4), xticks=range(-4, 5, 2), yticks=[])
    return Stage(page), page, axes[0, 0]


def _check_bell(limit: float, bell: tuple[float, float] | None) -> tuple[float, tuple[float, float] | None]:
    limit = check_number("limit", limit, 1e-12)
    if bell is None:
        return limit, None
    mean, deviation = numbers("bell", bell, length=2)
    return limit, (float(mean), check_number("bell[1]", deviation, 1e-12))


def _histogram(ax, values: Sequence[float], edges: np.ndarray, bell: tuple[float, float] | None) -> None:
    """Values as bars on an axis, and the density of a normal distribution as a curve."""
    values = np.ravel(values)
    heights, _ = np.histogram(values, edges)
    ax.stairs(heights / len(values) / (edges[1] - edges[0]), edges, fill=True, color=SKY)
    if bell:
        at = np.linspace(edges[0], edges[-1], 121)
        density = np.exp(-(((at - bell[0]) / bell[1]) ** 2) / 2) / (bell[1] * (2 * np.pi) ** 0.5)
        ax.plot(at, density, color=ORANGE, linewidth=1.4)
    ax.set_yticks([])
