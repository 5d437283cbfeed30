"""Numbers as pictures: curves, bars, histograms, clouds of points.

数值的图：曲线、条形、直方图、点云。
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from course_utils.gates import check_listed, check_named, check_whole, check_word
from course_utils.gates.saying import Name, in_both, in_words
from course_utils.language import CourseError
from course_utils.plots.names import named_above
from course_utils.plots.picture import (
    BLUE,
    COLOURS,
    GREY,
    MARK,
    ORANGE,
    Picture,
    canvas,
    picture_of,
)
from course_utils.plots.scales import in_logarithms


def clouds(points: Sequence[np.ndarray], titles: Sequence[str]) -> Picture:
    """Clouds of points in a square, one panel each.

    方框中的点云，各占一格。

    Shapes: each cloud (n, 2) in [-1, 1].
    Raises: CourseError for no clouds, other shapes, nan or inf, or another number of titles.
    """
    given = check_listed("points", points, ("clouds (n, 2)", "形状为 (n, 2) 的点云"), 1)
    points = [numbers(("a cloud", "一团点"), cloud, 2) for cloud in given]
    titles = check_listed("titles", titles, ("a title for each cloud", "每团点一个标题"), len(points), len(points))
    titles = [check_word("titles", title) for title in titles]
    if any(cloud.shape[1] != 2 for cloud in points):
        shapes = ", ".join(str(cloud.shape) for cloud in points)
        raise CourseError(
            f"The clouds have shapes {shapes}. Give clouds of points in the plane, (n, 2).",
            f"各团点的形状是 {shapes}。请给平面上的点云 (n, 2)。",
        )
    page, axes = canvas(1, len(points), 8, 8 / len(points) + 0.35)
    for ax, cloud, title in zip(axes[0], points, titles, strict=True):
        ax.scatter(*cloud.T, s=1.5, color=ORANGE, linewidths=0)
        ax.set(xlim=(-1, 1), ylim=(-1, 1), xticks=[], yticks=[], aspect="equal")
        ax.set_title(title, fontsize=10)
    listed = ", ".join(title.replace("\n", " ") for title in titles)
    n = len(points[0])
    return picture_of(page, f"Clouds of {n} points: {listed}", f"{n} 个点组成的点云：{listed}")


def running_mean(x: Sequence[float], y: Sequence[float], over: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of `over` neighbours (half of all, if there are fewer than twice as many), of x and of y.

    相邻 `over` 个值的平均（总数不到它的两倍时，取总数的一半），x 与 y 都取。

    No end is made up, so the curve is shorter than y, and a straight line stays one. Shapes: (n,), (n,) -> (m,), (m,).
    Raises: CourseError for no numbers, unlike lengths (nan and inf are taken), or `over` below 1.
    """
    x = numbers("x", x, finite=False)
    y = numbers("y", y, length=len(x), finite=False)
    over = max(1, min(check_whole("over", over, 1), len(y) // 2))
    return tuple(np.convolve(values, np.ones(over) / over, "valid") for values in (x, y))


def bars(named: dict[str, Sequence[float]], unit: str) -> Picture:
    """Bars over the digits 0 to 9, one colour per name.

    数字 0 到 9 的条形图，每个名字一种颜色。

    Shapes: ten numbers for each of at most three names.  Raises: CourseError for anything else, nan or inf.
    """
    heights_of = {name: numbers(name, heights, length=10) for name, heights in check_named("named", named).items()}
    if len(heights_of) > 3:
        raise CourseError(
            f"There are {len(heights_of)} sets of bars. At most three can be told apart: draw the others apart.",
            f"有 {len(heights_of)} 组条形。最多三组能分清：其余的请另画。",
        )
    check_word("unit", unit)
    page, axes = canvas(1, 1, 7, 2.6)
    width = 0.8 / len(named)
    for i, ((name, heights), colour) in enumerate(zip(heights_of.items(), (GREY, BLUE, ORANGE), strict=False)):
        axes[0, 0].bar(np.arange(10) + (i - (len(named) - 1) / 2) * width, heights, width, label=name, color=colour)
    axes[0, 0].set(xticks=range(10), ylabel=unit)
    axes[0, 0].legend(frameon=False, ncols=len(named), loc="upper center", bbox_to_anchor=(0.5, 1.2))
    names = ", ".join(named)
    return picture_of(page, f"Share of each digit: {names}", f"各数字所占份额：{names}")


def curves(
    panels: dict[str, dict[str, Sequence[float]]], x: Sequence[float] | None = None, xlabel: str = "$t$", log: str = ""
) -> Picture:
    """Curves in panels side by side: {label of the panel's y axis: {name of the curve: its values}}.

    并排的几格曲线：{纵轴标签：{曲线名：数值}}。

    A name keeps its colour in every panel. Shapes: each curve as long as x, which is 0, 1, 2, ... unless given.
    `log` names the logarithmic axes: "", "x", "y" or "xy". A curve is left out where it is infinite, as log-SNR is at
    t = 0; where it is nan, a magenta cross marks the place at the lower edge, and the text says how many there are.
    Raises: CourseError for no panels or curves, curves of another length than x, or another `log`.
    """
    panels = {
        label: {name: numbers(name, y, finite=False) for name, y in check_named(label, named).items()}
        for label, named in check_named("panels", panels).items()
    }
    x, xlabel = None if x is None else numbers("x", x), check_word("xlabel", xlabel)
    _check_curves(panels, x, log)
    page, axes = canvas(1, len(panels), 8, 2.8)
    names = list(dict.fromkeys(name for named in panels.values() for name in named))
    for ax, (ylabel, named) in zip(axes[0], panels.items(), strict=True):
        for name, y in named.items():
            colour = COLOURS[names.index(name) % len(COLOURS)]
            at = np.arange(len(y)) if x is None else x
            ax.plot(at, y, color=colour, label=name, linewidth=1.6)
            lost = at[np.isnan(y)]
            if len(lost):
                look = dict(color=MARK, transform=ax.get_xaxis_transform(), clip_on=False)
                ax.plot(lost, np.zeros(len(lost)), "x", **look)
        ax.set(xlabel=xlabel, ylabel=ylabel)
        in_logarithms(ax, log)
        if "x" not in log and (x is None or all(float(value).is_integer() for value in x)):
            ax.locator_params("x", integer=True)
        ax.grid(alpha=0.25)
    if len(names) > 1:
        named_above(page, axes[0])
    listed = ", ".join(filter(None, names)) or ", ".join(panels)
    nan = sum(int(np.isnan(y).sum()) for named in panels.values() for y in named.values())
    en, zh = f"Curves over {xlabel}: {listed}", f"随 {xlabel} 变化的曲线：{listed}"
    if nan:
        en, zh = f"{en}; {nan:,} values are nan, magenta crosses", f"{zh}；{nan:,} 个值是 nan，以品红色叉标出"
    return picture_of(page, en, zh)


def numbers(name: Name, values: Any, ndim: int = 1, *, length: int | None = None, finite: bool = True) -> np.ndarray:
    """Numbers from a list, an array or a tensor, as float64; at least one of them, finite unless told.

    把列表、数组或张量中的数变成 float64：至少一个；除非另有说明，都是有限数。

    Raises: CourseError for anything else.
    """
    array = array_of(values)
    fits = array is not None and array.ndim == ndim and array.size and length in (None, len(array))
    if not fits or (finite and not np.isfinite(array).all()):
        given = f"{array.shape}" if array is not None else type(values).__name__
        lost = f" ({int((~np.isfinite(array)).sum())} nan, inf)" if fits else ""
        count, (en, zh) = f"({length}) " if length else "", in_both(name)
        raise CourseError(
            f"{en} is {given}{lost}. What is drawn are finite numbers {count}in {ndim} dimension(s), at least one.",
            f"{zh}是 {given}{lost}。能画的是 {ndim} 维的有限数 {count}至少一个。",
        )
    return array


def positive(name: Name, values: Any, ndim: int = 1, *, length: int | None = None) -> np.ndarray:
    """As `numbers`, all of them above 0, as logarithmic axes show them. 同 `numbers`，且都大于 0，对数轴才画得出。

    Raises: CourseError for anything else.
    """
    found = numbers(name, values, ndim, length=length)
    if (found <= 0).any():
        (en, zh), least = in_both(name), f"{found.min():g}"
        raise CourseError(
            f"{en} has a number that is not above 0, {least}, which a logarithmic axis does not show. Leave it out.",
            f"{zh}中有不大于 0 的数 {least}，对数轴上画不出来。请去掉它。",
        )
    return found


def array_of(values: Any) -> np.ndarray | None:
    """Numbers as float64, None for what holds none. 把数变成 float64；不含数时为 None。"""
    try:
        if isinstance(values, Tensor) and values.is_floating_point():
            values = values.double()  # numpy has no bfloat16
        array = np.asarray(values.detach().cpu() if isinstance(values, Tensor) else values)
        return None if array.dtype.kind in "US" else array.astype(float)  # "1" is a word
    except (TypeError, ValueError, OverflowError, RuntimeError):  # words, lists of several lengths, numbers without end
        return None


def _check_curves(panels: dict[str, dict[str, np.ndarray]], x: np.ndarray | None, log: str) -> None:
    lengths = {len(y) for named in panels.values() for y in named.values()}
    if x is not None and lengths != {len(x)}:
        raise CourseError(
            f"The curves have {sorted(lengths)} values and x has {len(x)}. Give one value for each x.",
            f"各曲线有 {sorted(lengths)} 个值，x 却有 {len(x)} 个。请给每个 x 一个值。",
        )
    if not isinstance(log, str) or log not in ("", "x", "y", "xy"):
        raise CourseError(
            f'log is {in_words(log)}. It names the logarithmic axes: "", "x", "y" or "xy".',
            f'log 为 {in_words(log)}。它指明取对数的轴：""、"x"、"y" 或 "xy"。',
        )
