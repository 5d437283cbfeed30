"""How one number grows with another: points between logarithmic axes, with error bars, panels side by side.

一个数怎样随另一个数增长：对数坐标中的点，带误差棒，几格并排。
"""

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.gates import check_named, check_word
from course_utils.gates.saying import in_words
from course_utils.language import CourseError
from course_utils.plots.graphs import numbers
from course_utils.plots.names import named_above
from course_utils.plots.picture import COLOURS, Picture, canvas, picture_of
from course_utils.plots.sampling import MARKERS
from course_utils.plots.scales import in_logarithms

Points = Mapping[float, float | tuple[float, float]]  # {x: y}, or {x: (y, one standard error)}


def scalings(panels: dict[str, dict[str, Points]], ylabel: str) -> Picture:
    """Points over what is varied, one panel each, both axes logarithmic; a colour and a marker a name.

    随所变的量变化的点，一格一个量，两轴都取对数；每个名字一种颜色、一种记号。

    Args: panels, {label of the panel's x axis: {name: {x: y}}}, or {x: (y, error)}; what is infinite is left out.
    Raises: CourseError for no panels or points, or numbers that have no logarithm.
    """
    check_word("ylabel", ylabel)
    lines = {
        label: {name: _columns(name, points) for name, points in check_named(label, named).items()}
        for label, named in check_named("panels", panels).items()
    }
    names = list(dict.fromkeys(name for named in lines.values() for name in named))
    page, axes = canvas(1, len(lines), 8, 3, sharey=True)
    for ax, (label, named) in zip(axes[0], lines.items(), strict=True):
        for name, (x, y, error) in named.items():
            k = names.index(name)
            look = dict(color=COLOURS[k % len(COLOURS)], marker=MARKERS[k % len(MARKERS)], markersize=4, linewidth=1.4)
            ax.errorbar(x, y, error if error.any() else None, label=name, capsize=3, **look)
        ax.set_xlabel(label)
        in_logarithms(ax)
        ax.grid(alpha=0.25)
        ax.set_xticks(sorted({float(at) for x, _, _ in named.values() for at in x}))
    axes[0, 0].set_ylabel(ylabel)
    named_above(page, axes[0])
    over, listed = ", ".join(lines), ", ".join(names)
    return picture_of(page, f"{ylabel} over {over}: {listed}", f"{ylabel} 随 {over} 的变化：{listed}")


def _columns(name: str, points: Points) -> Sequence[np.ndarray]:
    """x, y and error of what is finite; 0 where there is no error."""
    if not isinstance(points, Mapping):
        raise CourseError(
            f"{name} is {in_words(points)}. Give its points as a dictionary, {{x: y}}, or {{x: (y, error)}}.",
            f"{name} 是 {in_words(points)}。请用字典给出各点：{{x: y}}，或 {{x: (y, error)}}。",
        )
    given = [(x, *(y if isinstance(y, tuple) else (y, 0.0))) for x, y in points.items()]
    found = numbers(name, given, 2, finite=False) if given else np.zeros((0, 3))
    rows = found[np.isfinite(found).all(1)]
    if not len(rows) or found.shape[1] != 3 or rows[:, :2].min() <= 0:
        raise CourseError(
            f"{name} has {len(given)} points, {len(rows)} of them finite. Both axes are logarithmic: give at least one "
            "point, x and y above 0.",
            f"{name} 有 {len(given)} 个点，其中 {len(rows)} 个有限。两轴都取对数：请至少给一个点，x 与 y 都大于 0。",
        )
    return rows.T
