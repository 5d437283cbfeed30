"""Charts of samplers: errors against what they cost, and where a choice of times puts its steps.

采样器的图表：误差与代价的对照，以及各种时间步选法把步放在哪里。
"""

import math
from collections.abc import Sequence

import numpy as np

from course_utils.gates import check_listed, check_named, check_number
from course_utils.plots.graphs import positive
from course_utils.plots.names import in_print
from course_utils.plots.picture import COLOURS, GREY, WORDS, Picture, canvas, picture_of
from course_utils.plots.scales import in_logarithms
from course_utils.schedules import Schedule, check_schedule

LINE = "how many evaluations, and the errors, as two lists", "求值次数与误差，两个列表"
RUN = "how many evaluations, and the distance", "求值次数与距离"
STOPS = "timesteps, such as [1000, 500, 0]", "时间步，例如 [1000, 500, 0]"
MARKERS = "os^Dv*P"  # one a name, beside its colour
SEATS = ("DPM++ 2M", "DDIM", "DDPM β̃", "Heun", "DDPM β")  # the samplers that keep their colour from chart to chart


def convergence(
    errors: dict[str, tuple[Sequence[int], Sequence[float]]], slopes: dict[str, float] | None = None
) -> Picture:
    """Error against evaluations, both logarithmic, a line and a marker per sampler; its slope beside its name.

    误差随求值次数变化，两轴都取对数；每个采样器一条线、一种记号，名字旁是它的斜率。

    Args: errors, {name: (evaluations, errors)}; slopes, {name: by how much the logarithm falls}.
    Raises: CourseError for no errors, a sampler without any, numbers not above 0, or slopes that are no numbers.
    """
    errors = {name: check_listed(name, line, LINE, 2, 2) for name, line in check_named("errors", errors).items()}
    slopes = {} if slopes is None or slopes == {} else check_named("slopes", slopes)
    slopes = {name: check_number(("the slope of " + name, f"{name} 的斜率"), slope) for name, slope in slopes.items()}
    page, axes = canvas(1, 1, 7.6, 3.9)
    words = {name: name + (f"  slope {slopes[name]:.2f}" if name in slopes else "") for name in errors}
    _lines(axes[0, 0], errors, words)
    axes[0, 0].set(xlabel="evaluations of the denoiser", ylabel="error")
    _name_ends(axes[0, 0])
    listed = ", ".join(words.values())
    return picture_of(page, f"Error against evaluations: {listed}", f"误差随求值次数变化：{listed}")


def frontier(
    rows: dict[str, Sequence[tuple[int, float]]],
    floor: float | None = None,
    spread: float = 0.0,
    pace: float | None = None,
) -> Picture:
    """Fréchet distance against evaluations, with error bars, the seconds above; dashed: what real images reach.

    Fréchet 距离随求值次数变化，带误差棒；上方的横轴是秒数，虚线是真实图像所能达到的值。

    Args: rows, {name: one (evaluations, distance) per run}; floor, the distance of real images; spread, the error bar
    as a share of the distance; pace, seconds an evaluation.
    Raises: CourseError for no rows, one without runs, or numbers not above 0 (a spread may be 0).
    """
    rows = {name: _runs(name, runs) for name, runs in check_named("rows", rows).items()}
    spread = check_number("spread", spread, 0, 10)
    page, axes = canvas(1, 1, 7.6, 3.9)
    ax = axes[0, 0]
    columns = {name: tuple(zip(*sorted(runs), strict=True)) for name, runs in rows.items()}
    _lines(ax, columns)
    for line, (asked, distances) in zip(ax.get_lines(), columns.values(), strict=True):
        bars = [[d - d * math.exp(-spread) for d in distances], [d * math.exp(spread) - d for d in distances]]
        ax.errorbar(asked, distances, bars, fmt="none", ecolor=line.get_color(), capsize=5 if spread else 0)
    ax.set(xlabel="evaluations", ylabel="Fréchet distance")
    listed = ", ".join(rows)
    en, zh = f"Fréchet distance against evaluations: {listed}", f"Fréchet 距离随求值次数变化：{listed}"
    if floor is not None:
        ax.axhline(check_number("floor", floor, 1e-12), color=GREY, linestyle="--", linewidth=1.2)
        ax.annotate("real images", (0.02, floor), (0, 3), ("axes fraction", "data"), "offset points", fontsize=9)
        en, zh = f"{en}; dashed, real images: {floor:.3g}", f"{zh}；虚线为真实图像：{floor:.3g}"
    if pace is not None:
        _seconds_above(ax, check_number("pace", pace, 1e-12))
    _name_ends(ax)
    return picture_of(page, en, zh)


def clocks(schedule: Schedule, walks: dict[str, Sequence[int]]) -> Picture:
    """Where each choice of times stops: over t, and over log-SNR; noise at the left, data at the right.

    每种选法停在哪些时间步：按 t 看，按对数信噪比看；左边是噪声，右边是数据。

    t = 0 has no log-SNR: the right-hand panel ends before it.  Raises: CourseError for a t that is no timestep.
    """
    check_schedule(schedule)
    walks = {name: check_listed(name, times, STOPS) for name, times in check_named("walks", walks).items()}
    page, axes = canvas(1, 2, 8, 0.9 + 0.32 * len(walks), sharey=True)
    over_t, over_snr = axes[0]
    for row, times in enumerate(walks.values()):
        colour = COLOURS[row % len(COLOURS)]
        seen = [t for t in times if schedule.check_time(t) > 0]
        at = [float(schedule.log_snr[t]) for t in seen]
        for ax, places in ((over_t, list(times)), (over_snr, at)):
            ax.plot(places, [row] * len(places), color=colour, linewidth=0.8, alpha=0.5)
            ax.plot(places, [row] * len(places), "|", color=colour, markersize=14, markeredgewidth=2)
    ends = [float(schedule.log_snr[t]) for t in (schedule.T, 1)]
    over_t.set(xlim=(1.03 * schedule.T, -0.03 * schedule.T), xlabel="$t$", yticks=range(len(walks)))
    over_t.set_yticklabels(list(walks))
    over_snr.set(xlim=(ends[0] - 1, ends[1] + 1), xlabel="log-SNR")
    over_t.set_ylim(len(walks) - 0.4, -0.6)
    for ax in axes[0]:
        ax.grid(axis="x", alpha=0.25)
    listed = "; ".join(f"{name}: {', '.join(map(str, times))}" for name, times in walks.items())
    listed = listed if len(listed) < 400 else ", ".join(walks)
    return picture_of(page, f"Times over t and over log-SNR: {listed}", f"时间步在 t 与对数信噪比上的位置：{listed}")


def _runs(name: str, runs: Sequence[tuple[int, float]]) -> list[tuple]:
    """The runs of a row as pairs, at least one."""
    listed = check_listed(name, runs, ("a pair for each run", "每次运行一对数"), 1)
    return [tuple(check_number(name, value) for value in check_listed(name, run, RUN, 2, 2)) for run in listed]


def _lines(ax, named: dict[str, tuple[Sequence[float], Sequence[float]]], words: dict[str, str] | None = None) -> None:
    """Lines with markers between logarithmic axes, by other words than their names if given; each needs a point."""
    for (name, (x, y)), look in zip(named.items(), _looks(list(named)), strict=True):
        x = positive(name, x)
        y = positive(name, y, length=len(x))
        ax.plot(x, y, label=(words or {}).get(name, name), markersize=5, linewidth=1.5, **look)
    in_logarithms(ax)
    ax.grid(alpha=0.25)


def _looks(names: Sequence[str]) -> list[dict]:
    """A colour and a marker for each sampler; of "DDIM, even" and "DDIM, best" the second is solid, both are DDIM."""
    who, how = zip(*(name.partition(", ")[::2] for name in names), strict=True)
    seats, ways = list(dict.fromkeys((*SEATS, *who))), list(dict.fromkeys(reversed(how)))
    return [
        dict(
            color=COLOURS[seats.index(sampler) % len(COLOURS)],
            marker=MARKERS[seats.index(sampler) % len(MARKERS)],
            linestyle=("-", "--", ":")[ways.index(way) % 3],
        )
        for sampler, way in zip(who, how, strict=True)
    ]


def _seconds_above(ax, pace: float) -> None:
    """A second scale above the first: what these evaluations take at a pace."""
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    above = ax.secondary_xaxis("top", functions=(lambda asked: pace * asked, lambda seconds: seconds / pace))
    above.set_xlabel("seconds")
    above.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    above.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    above.xaxis.set_minor_locator(NullLocator())


def _name_ends(ax) -> None:
    """The name of each line at the right, where it ends, moved apart where two would touch."""
    lines = [line for line in ax.get_lines() if not line.get_label().startswith("_")]
    low, high = (math.log(y) for y in ax.get_ylim())
    ends = sorted(lines, key=lambda line: line.get_ydata()[-1])
    wanted = np.array([(math.log(line.get_ydata()[-1]) - low) / (high - low) for line in ends])
    gap = 0.075
    free = np.maximum.accumulate(wanted - gap * np.arange(len(ends))) + gap * np.arange(len(ends))
    free -= max(0.0, free[-1] - 0.98)
    for line, y in zip(ends, free, strict=True):
        colour = line.get_color()
        look = dict(color=WORDS.get(colour, colour), va="center", fontsize=9)
        end = line.get_xdata()[-1], line.get_ydata()[-1]
        arrow = dict(arrowstyle="-", color=colour, linewidth=0.6, alpha=0.6, relpos=(0, 0.5))
        ax.annotate(in_print(line.get_label()), end, (1.03, y), "data", "axes fraction", arrow, **look)
