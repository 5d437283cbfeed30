"""Bell curves: the posterior as the product of two Gaussians.

钟形曲线：后验是两个高斯分布之积。
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from course_utils.gates import check_listed, check_number, check_word
from course_utils.gates.saying import in_words
from course_utils.language import CourseError
from course_utils.plots.picture import BLACK, BLUE, GREY, ORANGE, WORDS, Picture, canvas
from course_utils.plots.stage import Stage

Gaussian = tuple[float, float]
ROW = "rows of a symbol, a number and a symbol", "每行是符号、数、符号"
HUES = BLUE, ORANGE, BLACK
NAMES = "q(xₜ₋₁ | x₀)", "∝ q(xₜ | xₜ₋₁)", "q(xₜ₋₁ | xₜ, x₀)"  # plain text: parsing formulas takes half of a frame


def product(one: Gaussian, other: Gaussian) -> Gaussian:
    """Mean and variance of the Gaussian that two Gaussians' product is proportional to; each is (mean, variance).

    两个高斯密度之积正比于一个高斯密度，返回它的均值与方差；两者都写成（均值，方差）。

    One variance may be 0: a spike, which wins. Both 0 is no product.
    Raises: CourseError then, and for what is no mean and variance.
    """
    (m, v), (k, w) = _checked(one), _checked(other)
    if v == w == 0:
        raise CourseError(
            "Both variances are 0: two spikes have no product. Give at least one a variance above 0.",
            "两个方差都是 0：两根尖峰没有乘积。请让至少一个方差大于 0。",
        )
    return (m * w + k * v) / (v + w), v * w / (v + w)


def two_bells(
    prior: Gaussian, likelihood: Gaussian, x0: float, xt: float, words: Sequence[tuple[str, str, str]] = ()
) -> Picture:
    """Prior q(x_{t-1} | x_0), likelihood q(x_t | x_{t-1}) as a function of x_{t-1}, and their product, the posterior.

    先验 q(x_{t-1} | x_0)、作为 x_{t-1} 的函数的似然 q(x_t | x_{t-1})，以及两者之积即后验。

    Shapes: prior and likelihood (mean, variance). Triangles mark x_0 and x_t; a variance of 0 is drawn as a spike.
    `words` are rows of a symbol, a number and a symbol, written at the upper right.
    Raises: as `product`, and for an x that is no number, or rows of other than three words.
    """
    prior, likelihood, posterior = _checked(prior), _checked(likelihood), product(prior, likelihood)
    x0, xt = check_number("x0", x0), check_number("xt", xt)
    words = [check_listed("words", row, ROW, 3, 3) for row in check_listed("words", words, ROW)]
    stage, ax = _bell_stage()
    highest = 0.0
    for i, (bell, colour, name) in enumerate(zip((prior, likelihood, posterior), HUES, NAMES, strict=True)):
        highest = max(highest, _draw(ax, bell, colour, fill=bell is posterior))
        _write(ax, 0.02, 0.9 - 0.1 * i, name, "left", colour)
    for x, colour, name in ((x0, BLUE, "x₀"), (xt, ORANGE, "xₜ")):
        ax.plot([x], [0], marker="^", color=colour, clip_on=False, zorder=4, markersize=7)
        ax.annotate(
            name,
            (x, 0),
            (0, -18),
            textcoords="offset points",
            ha="center",
            color=WORDS.get(colour, colour),
            style="italic",
        )
    for i, row in enumerate(words):
        for x, word, side in zip((0.85, 0.945, 0.955), row, ("right", "right", "left"), strict=True):
            _write(ax, x, 0.9 - 0.1 * i, word, side)
    ax.set(xlim=(-3, 3), ylim=(0, 1.05 * highest or 1.0))
    (m, v), (k, w), (mu, b) = prior, likelihood, posterior
    en = f"Two bells, at {m:.2f} with variance {v:.2g} and at {k:.2f} with {w:.2g}; "
    en += f"their product at {mu:.2f} with {b:.2g}"
    zh = f"两条钟形曲线，中心 {m:.2f}、方差 {v:.2g}，与中心 {k:.2f}、方差 {w:.2g}；"
    zh += f"两者之积中心 {mu:.2f}、方差 {b:.2g}"
    return stage.picture(en, zh)


@cache
def _bell_stage():
    """An axis from -3 to 3 without walls, above which bells rise, each picture to its own height."""
    page, axes = canvas(1, 1, 8, 3)
    page.set_layout_engine("none")
    ax = axes[0, 0]
    ax.set_position((0.02, 0.17, 0.96, 0.81))
    ax.set(xlim=(-3, 3), yticks=[])
    ax.tick_params(axis="x", pad=16)
    ax.spines[["left", "top", "right"]].set_visible(False)
    return Stage(page), ax


def _checked(bell: Gaussian) -> Gaussian:
    if not isinstance(bell, tuple | list) or len(bell) != 2:
        raise CourseError(
            f"A bell is {in_words(bell)}. Give its mean and its variance: (0.0, 1.0).",
            f"钟形曲线是 {in_words(bell)}。请给出均值与方差：(0.0, 1.0)。",
        )
    return check_number(("a mean", "均值"), bell[0]), check_number(("a variance", "方差"), bell[1], 0)


def _draw(ax, bell: Gaussian, colour: str, fill: bool) -> float:
    """Draw it, and return its height; a spike has none of its own."""
    mean, variance = bell
    if variance == 0:
        ax.axvline(mean, color=colour, linewidth=1.6)
        return 0.0
    x = mean + np.linspace(-5, 5, 201) * variance**0.5
    density = np.exp(-((x - mean) ** 2) / (2 * variance)) / (2 * np.pi * variance) ** 0.5
    ax.plot(x, density, color=colour, linewidth=1.6)
    if fill:
        ax.fill_between(x, density, color=GREY, alpha=0.25, linewidth=0)
    return float(density.max())


def _write(ax, x: float, y: float, word: str, side: str, colour: str = BLACK) -> None:
    style = "normal" if check_word("words", word)[:1].isdigit() else "italic"
    ax.text(x, y, word, ha=side, color=WORDS.get(colour, colour), style=style, transform=ax.transAxes, fontsize=11)
