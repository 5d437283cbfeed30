"""Schedules as pictures: their curves beside strips of a photograph.

噪声调度的图：曲线，以及一张照片的长条。
"""

import io
from collections.abc import Sequence
from functools import cache

import numpy as np
from torch import Tensor

from course_utils.data.pixels import in_colour
from course_utils.gates import check_flag, check_named
from course_utils.plots.names import times_in_print
from course_utils.plots.picture import (
    BLACK,
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
from course_utils.schedules import Schedule, check_schedule

LIMIT = 12  # of log-SNR, either way
LIMITS = ((0, 1), (-LIMIT, LIMIT))


def schedule_rows(
    schedules: dict[str, Schedule], strips: dict[str, Tensor], times: Sequence[int], *, transparent: bool = False
) -> Picture:
    """One row per schedule: its beta (logarithmic, the same axes in each row), and a photograph at some times.

    每个调度一行：左边是 beta（对数轴，各行相同），右边是一张照片在若干时间步的样子。

    `transparent` leaves out the ground and draws lines and words in grey, for slides that are light or dark.

    Shapes: each strip (n, c, h, w) in [-1, 1], n times, none beyond the schedule's T.
    Raises: CourseError for no schedules, a strip that is missing or of another length than the times.
    """
    for name, schedule in check_named("schedules", schedules).items():
        check_schedule(schedule)
        words = times_in_print(times, len(check_drawable(check_named("strips", strips).get(name))))
    widths = [2.6] + [1] * len(words)
    page, axes = canvas(len(schedules), len(widths), 8, len(schedules) * 0.98 + 0.1, width_ratios=widths)
    ink = GREY if check_flag("transparent", transparent) else BLACK
    for row, (name, schedule) in zip(axes, schedules.items(), strict=True):
        _beta_panel(row[0], name, schedule, ink)
        for ax, image in zip(row[1:], strips[name], strict=True):
            ax.imshow(tiles(image[None], 1, 1, 0), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            ax.axis("off")
    for ax, t in zip(axes[0, 1:], words, strict=True):
        ax.set_title(f"$t={t}$", fontsize=10, color=ink)
    for ax in axes[:-1, 0]:
        ax.set_xticklabels([])
    axes[-1, 0].set_xlabel("$t$", color=ink, labelpad=0)
    page.get_layout_engine().set(w_pad=0.01, h_pad=0.02, wspace=0, hspace=0)
    names, listed = ", ".join(schedules), ", ".join(words)
    en = f"For each schedule ({names}) its beta, and one photograph at timesteps {listed}"
    zh = f"每个调度（{names}）的 beta，以及同一张照片在时间步 {listed} 的样子"
    return _on_any_ground(page, en, zh) if transparent else picture_of(page, en, zh)


def schedule_view(schedule: Schedule, strip: Tensor, times: Sequence[int]) -> Picture:
    """One schedule: the shares of image and noise, log-SNR, what is left at T; below, a photograph at some times.

    一个调度：图像与噪声各占的份额、对数信噪比、T 处还剩多少；下面是一张照片在若干时间步的样子。

    The axes are drawn once and kept: a slider redraws only the curves, in a tenth of the time.

    Shapes: strip (n, c, h, w) in [-1, 1], n times from 0 to T. The picture's size depends on the strip alone.
    Raises: CourseError for what is no schedule, or a strip of another length than the times.
    """
    check_schedule(schedule)
    listed = ", ".join(times_in_print(times, len(check_drawable(strip))))
    from PIL import Image, ImageDraw

    ground, shares, log_snr, font = _ground()
    page = ground.copy()
    pen = ImageDraw.Draw(page)
    for values, colour, box in (
        (schedule.alpha_bar, BLUE, shares),
        (1 - schedule.alpha_bar, ORANGE, shares),
        (schedule.log_snr.clamp(-LIMIT, LIMIT) / (2 * LIMIT) + 0.5, BLUE, log_snr),
    ):
        pen.line(_along(values.numpy(), box), rgb(colour), width=4, joint="curve")
    signal = float(schedule.signal[schedule.T])
    facts = [f"T = {schedule.T}", f"β₁ = {schedule.beta[1]:.2g}", f"β_T = {schedule.beta[-1]:.3g}"]
    pen.text((shares[0], 6), "    ".join(facts), (0, 0, 0), font)
    pen.text((log_snr[0], 6), f"√ᾱ_T = {signal:.4f}", (0, 0, 0), font)
    page = page.resize((page.width // 2, page.height // 2), Image.Resampling.BOX)
    row = in_colour(tiles(strip, len(strip), max(1, 128 // strip.shape[-1]), 8))
    side = (page.width - row.shape[1]) // 2
    row = np.pad(row, ((0, 0), (side, page.width - row.shape[1] - side), (0, 0)), constant_values=255)
    en = f"A schedule of {schedule.T} steps that ends at √ᾱ_T = {signal:.4f}, and one photograph at timesteps {listed}"
    zh = f"{schedule.T} 步的调度，终点 √ᾱ_T = {signal:.4f}；以及同一张照片在时间步 {listed} 的样子"
    return framed(Image.fromarray(np.concatenate([np.asarray(page), row])), {}, en, zh, colours=256)


@cache
def _ground():
    """Empty axes for `schedule_view` at twice their size, the pixel boxes of both, and a font."""
    from matplotlib import font_manager
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image, ImageFont

    page, axes = canvas(1, 2, 8, 2.2)
    page.set_dpi(180)
    page.get_layout_engine().set(rect=(0, 0, 1, 0.9))
    for ax, name, (low, high) in zip(axes[0], (r"$\bar\alpha_t,\ 1-\bar\alpha_t$", "log SNR"), LIMITS, strict=True):
        ax.set(xlim=(0, 1), ylim=(low, high), xlabel="$t/T$", ylabel=name)
        ax.grid(alpha=0.25)
    drawn = FigureCanvasAgg(page)
    drawn.draw()
    image = Image.fromarray(np.asarray(drawn.buffer_rgba())[..., :3])
    boxes = [ax.get_window_extent() for ax in axes[0]]
    left, right = ((box.x0, image.height - box.y1, box.x1, image.height - box.y0) for box in boxes)
    return image, left, right, ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 24)


def _along(values: np.ndarray, box: tuple[float, ...]) -> list[tuple[float, float]]:
    """The corners of a curve over 0..1 in a pixel box whose height spans the values 0..1."""
    x0, top, x1, bottom = box
    kept = np.linspace(0, len(values) - 1, min(len(values), 300)).round().astype(int)
    across = x0 + (x1 - x0) * kept / (len(values) - 1)
    return list(zip(across.tolist(), (bottom - (bottom - top) * values[kept]).tolist(), strict=True))


def _beta_panel(ax, name: str, schedule: Schedule, ink: str) -> None:
    ax.plot(range(1, schedule.T + 1), schedule.beta[1:], color=BLUE, linewidth=1.8)
    ax.set(yscale="log", ylim=(5e-5, 2), xlim=(0, schedule.T), yticks=[1e-4, 1e-2, 1])
    ax.minorticks_off()
    ax.tick_params(labelsize=8, colors=ink)
    ax.spines[:].set_color(ink)
    ax.set_facecolor("none")
    ax.set_ylabel(r"$\beta_t$", color=ink, labelpad=4)
    ax.text(0.04, 0.93, name, transform=ax.transAxes, va="top", fontsize=9, color=ink)


def _on_any_ground(page, en: str, zh: str) -> Picture:
    file = io.BytesIO()
    page.savefig(file, format="png", dpi=180, transparent=True, metadata={"Software": None})
    return Picture(file.getvalue(), en, zh)
