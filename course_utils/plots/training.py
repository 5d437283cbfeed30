"""Pictures of trainings: one as it runs, the weights of the bound, runs side by side with a usual one.

训练的图：进行中的一次训练、变分下界的权重，以及与正常训练并排对照的几次训练。
"""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from torch import Tensor

from course_utils.gates import check_listed, check_named, check_points, check_whole, check_word
from course_utils.plots.graphs import numbers, running_mean
from course_utils.plots.names import named_above
from course_utils.plots.picture import (
    BLACK,
    BLUE,
    GREY,
    MARK,
    ORANGE,
    SKY,
    Picture,
    broken_values,
    canvas,
    check_drawable,
    picture_of,
    tiles,
)
from course_utils.plots.stage import Stage

ROW = "losses, levels, and two batches of samples", "损失、各噪声水平的损失，以及两批样本"
USUAL = "losses and levels", "损失与各噪声水平的损失"
LOSSES, COLUMNS = (2e-4, 20), (1.5, 1.0, 1.7, 1.7)  # the range of the loss axes; widths of a chart's four panels


def training_view(
    losses: Sequence[float], samples: Tensor, levels: Sequence[float] = (), first: int = 1, total: int | None = None
) -> Picture:
    """The loss so far (each step, and a running mean), the loss by noise level, samples of now; always of one size.

    至今的损失（逐步的值与滑动平均）、按噪声水平分的损失、此刻的样本；图的大小始终不变。

    Shapes: n losses from step `first` on (none yet: an empty panel), samples (m, c, h, w), or points in the plane
    (m, 2); levels: the mean loss in equal parts of 1..T, if known, nan where it is not; total: the step up to which
    the training is to run, where the axis of the steps ends. A magenta line, a magenta number and magenta pixels mark
    losses, points and images that are nan or inf.
    Raises: CourseError for samples that are neither, losses or levels that are no numbers, or a step that is none.
    """
    if isinstance(samples, Tensor) and samples.ndim == 2:
        check_points("samples", samples.nan_to_num())
    else:
        check_drawable(samples)
    losses, levels = _some_numbers("losses", losses), _some_numbers("levels", levels)
    first, total = check_whole("first", first, 1), 0 if total is None else check_whole("total", total, 1)
    page, axes = canvas(1, 3, 8, 2.7)
    loss, by_level, last = axes[0]
    step, unit = np.arange(first, first + len(losses)), "pixel" if samples.ndim == 4 else "2"
    if len(losses):
        loss.plot(step, losses, color=GREY, alpha=0.4, linewidth=0.6)
        loss.plot(*running_mean(step, losses, 50), color=BLUE, marker="o" if len(losses) < 10 else "", markersize=3)
        for broken in step[~np.isfinite(losses)][:1]:
            loss.axvline(broken, color=MARK)
    end = max(total, first + len(losses) - 1, 1)
    loss.set(xlim=(0, end), ylim=_decades(losses))
    loss.set(xlabel="step", ylabel=rf"$\|\epsilon-\hat\epsilon\|^2$ / {unit}", yscale="log")
    if len(levels):
        by_level.stairs(levels, np.linspace(0, 1, len(levels) + 1), fill=True, color=SKY)
    by_level.set(xlim=(0, 1), ylim=_decades(levels))
    by_level.set(xlabel="$t/T$", yscale="log")
    loss.set_title("grey: each step, blue: means of 50", fontsize=8)
    by_level.set_title("by noise level", fontsize=8)
    _draw_samples(last, samples)
    n, (more, also) = first + len(losses) - 1, broken_values(samples)
    en, zh = f"Loss up to step {n}, loss by noise level, samples", f"到第 {n} 步为止的损失、按噪声水平分的损失、样本"
    return picture_of(page, en + more, zh + also)


def _some_numbers(name: str, values: Sequence[float]) -> np.ndarray:
    """Numbers, nan and inf among them, or none yet."""
    listed = check_listed(name, values, ("a number for each step, or for each part", "每步或每一部分一个数"))
    return numbers(name, values, finite=False) if listed else np.zeros(0)


def _draw_samples(ax, samples: Tensor) -> None:
    """Points in the plane, or images in a square of tiles; what is nan or inf is marked."""
    if samples.ndim == 2:
        whole = samples.isfinite().all(1)
        ax.scatter(*samples[whole].detach().cpu().T, s=2, color=ORANGE, linewidths=0)
        if not bool(whole.all()):
            ax.set_title(f"{int((~whole).sum())} nan", color=MARK)
        ax.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), xticks=[], yticks=[], aspect="equal")
    else:
        side = math.isqrt(len(samples) - 1) + 1
        columns = next((n for n in range(side, 2 * side) if len(samples) % n == 0), side)  # no row cut short
        ax.imshow(tiles(samples, columns, max(1, 48 // samples.shape[-1]), 1), cmap="gray", vmin=0, vmax=255)
        ax.axis("off")


def _decades(values: Sequence[float]) -> tuple[float, float]:
    """Powers of ten around values above 0, two apart or more, none at an edge; from 0.01 to 1 where there are none."""
    known = [float(value) for value in values if 0 < value < math.inf]
    if not known:
        return 0.01, 1.0
    high = math.ceil(math.log10(1.1 * max(known)))
    return 10.0 ** min(math.floor(math.log10(min(known) / 1.1)), high - 2), 10.0**high


def weight_frame(weights: Tensor, t: int, word: str) -> Picture:
    """The weights of t = 2..T, and the share of their sum up to t (blue), beside that of equal weights (grey).

    t = 2..T 的权重，以及到 t 为止所占的份额（蓝），灰色是处处相等的权重。

    Shapes: weights (T - 1,).
    Raises: CourseError for nan or inf, a t that is no whole number from 1 on, or a word that is none.
    """
    weights, t, word = numbers("weights", weights), check_whole("t", t, 1), check_word("word", word)
    times, share = np.arange(2, len(weights) + 2), np.cumsum(weights) / weights.sum()
    stage, page, (left, right) = _weight_stage(int(times[-1]))
    left.plot(times, weights, color=BLUE), left.plot([t, t], left.get_ylim(), color=BLACK, linewidth=0.8)
    right.plot(times, share, color=BLUE), right.plot([t, t], [0, 1], color=BLACK, linewidth=0.8)
    upto = times <= t
    right.fill_between(times[upto], share[upto], color=BLUE, alpha=0.25, linewidth=0)
    right.plot([1, times[-1]], [0, 1], color=GREY)
    page.text(0.5, 0.93, word, ha="center", fontsize=11)
    en, zh = "The weights of the bound, and their share up to t", "变分下界的权重，及其到 t 为止的份额"
    return stage.picture(f"{en}: {word}", f"{zh}：{word}")


@cache
def _weight_stage(last: int):
    """Two panels over 1..last that a slider draws upon again and again."""
    page, axes = canvas(1, 2, 8, 2.7)
    page.set_layout_engine(None)
    page.subplots_adjust(left=0.08, right=0.965, bottom=0.17, top=0.88, wspace=0.2)
    left, right = axes[0]
    left.set(xscale="log", yscale="log", ylim=(2e-3, 2), xlabel="t", ylabel="weight")
    left.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    left.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    left.minorticks_off()
    right.set(ylim=(0, 1), xlabel="t", ylabel="share up to t")
    for ax, first in zip(axes[0], (1, 0), strict=True):
        ax.set_xlim(first, last)
        ax.grid(alpha=0.25)
    return Stage(page), page, (left, right)


def charts(
    named: dict[str, tuple[Sequence[float], Sequence[float], Tensor, Tensor]],
    usual: tuple[Sequence[float], Sequence[float]],
) -> Picture:
    """Trainings in rows: loss, loss by noise level, samples of the weights and of their average; grey: the usual.

    每行一次训练：损失、按噪声水平分的损失、权重的样本、平均权重的样本；灰色为正常的训练。

    Shapes: each row (losses, levels, samples, samples), samples (n, c, h, w); usual: (losses, levels).
    Raises: CourseError for no rows, or a row of other parts.
    """
    named = {name: _charted(name, row) for name, row in check_named("named", named).items()}
    usual = [numbers("usual", values, finite=False) for values in check_listed("usual", usual, USUAL, 2, 2)]
    page, axes = canvas(len(named), 4, 8, 0.15 + 0.95 * len(named), width_ratios=COLUMNS)
    for line, (name, (losses, levels, *drawn)) in zip(axes, named.items(), strict=True):
        for values, look in ((usual, dict(color=GREY, linewidth=3, alpha=0.5)), ((losses, levels), dict(color=BLUE))):
            line[0].plot(*running_mean(range(1, len(values[0]) + 1), values[0], 10), **look)
            edges = np.linspace(0, 1, len(values[1]) + 1)
            line[1].stairs(values[1], edges, baseline=None, **look)
        for ax in line[:2]:
            ax.set(yscale="log", ylim=LOSSES, yticks=(1e-3, 1e-1, 1e1))
            ax.minorticks_off()
            ax.tick_params(labelsize=7)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=12)
        for ax, images in zip(line[2:], drawn, strict=True):
            ax.imshow(tiles(images, 6, 6, 1), cmap="gray", vmin=0, vmax=255)
            ax.axis("off")
    for ax in axes[:-1, :2].flat:
        ax.set_xticklabels([])
    for ax, head in zip(axes[0], ("loss, by step", "by $t/T$", "samples, weights", "samples, EMA"), strict=True):
        ax.set_title(head, fontsize=9)
    page.get_layout_engine().set(h_pad=0.02, hspace=0.02)
    listed = ", ".join(named)
    en = f"Trainings in rows, {listed}: loss, loss by noise level, samples of the weights, samples of their average"
    return picture_of(page, en, f"每行一次训练（{listed}）：损失、按噪声水平分的损失、权重的样本、平均权重的样本")


def _charted(name: str, row: Sequence) -> tuple:
    """The parts of a row, numbers as such."""
    losses, levels, *drawn = check_listed(name, row, ROW, 4, 4)
    return numbers(name, losses, finite=False), numbers(name, levels, finite=False), *drawn


def best_constants(panels: dict[str, dict[str, Sequence[float]]], x: Sequence[float]) -> Picture:
    """Expected errors over a guess, one panel per case; a dot marks where each curve is lowest.

    期望误差随猜测值的变化，每种情形一格；圆点标出每条曲线的最低处。

    Shapes: each curve as long as x.  Raises: CourseError for no panels, another length, nan or inf.
    """
    x = numbers("x", x)
    check_named("panels", panels)
    page, axes = canvas(1, len(panels), 8, 2.7, sharey=True)
    for ax, (head, named) in zip(axes[0], panels.items(), strict=True):
        check_listed(head, list(check_named(head, named)), ("at most three curves", "至多三条曲线"), 1, 3)
        for (name, values), colour in zip(named.items(), (BLUE, ORANGE, BLACK), strict=False):
            values = numbers(name, values, length=len(x))
            ax.plot(x, values, color=colour, label=name, linewidth=1.6)
            ax.plot(x[int(values.argmin())], values.min(), "o", color=colour)
        ax.set_title(head, fontsize=10)
        ax.set_xlabel(r"guess of $x_0$")
        ax.grid(alpha=0.25)
    axes[0, 0].set_ylabel("mean error")
    named_above(page, axes[0])
    heads = ", ".join(panels)
    en, zh = "Expected error over the guess, lowest at the dots", "期望误差随猜测值变化，圆点处最低"
    return picture_of(page, f"{en}: {heads}", f"{zh}：{heads}")
