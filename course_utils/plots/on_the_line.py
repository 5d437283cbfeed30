"""Densities over the line: exact curves, and histograms of samples beneath them.

直线上的密度：精确的曲线，以及衬在下面的样本直方图。
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from course_utils.gates import check_named, check_word
from course_utils.language import CourseError
from course_utils.plots.graphs import numbers
from course_utils.plots.names import named_above
from course_utils.plots.picture import BLACK, BLUE, GREEN, ORANGE, SKY, Picture, canvas, picture_of

Curve = tuple[Sequence[float] | Tensor, Sequence[float] | Tensor]  # places, and the heights there
LOOKS = (ORANGE, "-"), (BLUE, "--"), (BLACK, ":"), (GREEN, "-.")


def densities(
    panels: dict[str, dict[str, Curve]], samples: dict[str, Tensor] | None = None, xlabel: str = "$x$"
) -> Picture:
    """Densities in panels side by side, {panel: {name: (places, heights)}}, over histograms {panel: values}.

    并排的几格密度曲线 {格：{名字：（位置，高度）}}，叠在直方图 {格：数值} 之上。

    A name keeps its colour and its dashes in every panel; a panel without samples has no histogram.
    Shapes: places and heights (n,), values (m,).
    Raises: CourseError for no panels or curves, more than four names, heights that are not as many as their places,
    samples of a panel that is not there, nan or inf, an xlabel that is no text.
    """
    panels = {title: _curves(title, named) for title, named in check_named("panels", panels).items()}
    xlabel = check_word("xlabel", xlabel)
    samples = {} if samples is None or samples == {} else check_named("samples", samples)
    samples = {title: numbers(title, values) for title, values in samples.items()}
    names = list(dict.fromkeys(name for named in panels.values() for name in named))
    _check_titles(names, panels, samples)
    looks, ends = dict(zip(names, LOOKS, strict=False)), _seen(panels)
    page, axes = canvas(1, len(panels), 8, 2.6, sharey=True)
    for ax, (title, named) in zip(axes[0], panels.items(), strict=True):
        if title in samples:
            heights, edges = np.histogram(samples[title], np.linspace(*ends, 61))
            ax.stairs(heights / len(samples[title]) / (edges[1] - edges[0]), edges, fill=True, color=SKY, alpha=0.6)
        for name, (x, height) in named.items():
            colour, dashes = looks[name]
            ax.plot(x, height, color=colour, linestyle=dashes, linewidth=1.7, label=name)
        ax.set(xlim=ends, yticks=[], xlabel=xlabel)
        ax.set_title(title, fontsize=10)
    axes[0, 0].set_ylim(bottom=0)  # the panels share it
    named_above(page, axes[0])
    titles, listed = ", ".join(panels), ", ".join(names)
    en, zh = f"Densities {listed}, {len(panels)} panels: {titles}", f"密度 {listed}，{len(panels)} 格：{titles}"
    if samples:
        counts = ", ".join(f"{title}: {len(values):,}" for title, values in samples.items())
        en, zh = f"{en}; histograms of samples, {counts}", f"{zh}；样本的直方图，{counts}"
    return picture_of(page, en, zh)


def _curves(title: str, named: dict[str, Curve]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    curves = {}
    for name, pair in check_named(title, named).items():
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise CourseError(
                f"{name} is {type(pair).__name__}. A curve is a pair, its places and the heights there: (x, height).",
                f"{name} 是 {type(pair).__name__}。一条曲线是一对数组，即位置与那里的高度：(x, height)。",
            )
        x = numbers(name, pair[0])
        curves[name] = x, numbers(name, pair[1], length=len(x))
    return curves


def _check_titles(names: Sequence[str], panels: dict, samples: dict) -> None:
    lost = [title for title in samples if title not in panels]
    if lost or len(names) > len(LOOKS):
        raise CourseError(
            f"The panels are {', '.join(panels)}, with {len(names)} names; samples for {', '.join(samples) or '-'}. "
            f"At most {len(LOOKS)} curves can be told apart, and samples need a panel.",
            f"各格是 {', '.join(panels)}，曲线有 {len(names)} 个名字；样本属于 {', '.join(samples) or '-'}。"
            f"最多 {len(LOOKS)} 条曲线能分清；样本须属于某一格。",
        )


def _seen(panels: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]) -> tuple[float, float]:
    """The stretch in which some curve is above a thousandth of its top."""
    high = [x[height > height.max() / 1000] for named in panels.values() for x, height in named.values()]
    return min(x.min() for x in high), max(x.max() for x in high)
