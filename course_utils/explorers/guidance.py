"""Guidance under the hand: particles on two moons, where the truth is known, and garments.

动手试引导：两弯月牙上的粒子（真值已知），以及衣物。
"""

from collections.abc import Callable
from functools import cache

import ipywidgets
import torch
from torch import Tensor, nn

from course_utils import plots
from course_utils.arithmetic import quick_arithmetic, threads
from course_utils.denoisers import clipped
from course_utils.experiments.guided_moons import (
    HIGHEST,
    LOWEST,
    SEEDS,
    STEPS,
    STRONG,
    UPPER,
    asked_in_all,
    distance_to_moon,
    exact_moon,
    lean,
    moon_guided,
    moons_by_class,
    share_in_class,
    walked,
)
from course_utils.gates import check_number
from course_utils.guidance import Interval, classifier_free_guided, log_snr_between, no_labels
from course_utils.randomness import seeded
from course_utils.samplers import Sample, dpm_solver, finish
from course_utils.schedules import Schedule, check_schedule, cosine
from course_utils.times import focused_times
from course_utils.widgets import Panel, label, slider

GARMENTS, GARMENT_STEPS = 8, 8


def seed_slider(seed: int) -> ipywidgets.IntSlider:
    """A slider over the seeds 0 to 5, for when it is let go. 种子 0 到 5 的滑块，松手才算。

    Raises: CourseError for a seed outside them.
    """
    return let_go("seed", 0, SEEDS[-1], seed)


def let_go(name: str, low: int, high: int, value: int) -> ipywidgets.IntSlider:
    """A slider over whole numbers that waits until it is let go. 整数滑块，松手才算。

    Raises: CourseError for a value outside it.
    """
    over = slider(name, low, high, value)
    over.continuous_update = False
    return over


def guidance_explorer(
    scale: float = STRONG, low: int = LOWEST, high: int = HIGHEST, seed: int = 0, k: int = STEPS
) -> Panel:
    """Scale, interval and seed: 200 particles led to the upper of two moons, over exact draws of it (grey).

    引导强度、区间与种子：被引向上弯月牙的 200 个粒子，灰色是这一弯的精确样本。

    Guided is where the log-SNR lies from `low` to `high`. k picks a state of the walk, the last one x_0; before it the
    arrows are what guidance adds to the guess of the moon's own denoiser. Printed of x_0, whatever k is: `share`, how
    many the exact classifier takes for this moon's; `distance`, the energy distance to 1000 exact draws; how often a
    denoiser was asked. Args: scale from -1 to 8, low from -8 to 7, high from -7 to 8, seed from 0 to 5, k from 0 to 15.
    Raises: CourseError otherwise.
    """
    over_scale = _scale_slider(scale)
    over_low, over_high, interval = _interval_sliders(cosine(), low, high)
    over_seed, over_k = seed_slider(seed), slider("k", 0, STEPS, k)
    truth = moons_by_class()
    own, both, grey = truth.conditional(UPPER), truth.unconditional, exact_moon(600)

    @cache
    def walk(scale: float, low: int, high: int, seed: int) -> tuple[list[Sample], str]:
        states = walked(moon_guided(scale, interval()), seed)
        x0, asked = states[-1].xt, asked_in_all([state.t for state in states[:-1]], scale, interval())
        return states, f"share {share_in_class(x0):.3f}    distance {distance_to_moon(x0):.4f}    evaluations {asked}"

    def draw() -> plots.Picture:
        with threads(1):  # 200 points are too few to share out
            states, told = walk(over_scale.value, over_low.value, over_high.value, over_seed.value)
            at = states[over_k.value]
            field = None
            if at.t > 0 and interval()(at.t):
                _, starts, arrows = lean(own, both, grey, at.t, k=13)
                field = starts, (over_scale.value - 1) * arrows
            return plots.cloud_frame(grey, at.xt, f"t = {at.t}    {told}", field=field)

    return Panel([over_scale, over_low, over_high, over_seed, over_k], draw, width=400, slow=True)


def garment_explorer(
    schedule: Schedule,
    network: nn.Module,
    *,
    y: int = 6,
    scale: float = 3.0,
    seed: int = 0,
    low: int = -8,
    high: int = 8,
) -> Panel:
    """Label, scale, interval and seed: 8 garments of one class, below the same noise without guidance.

    标签、引导强度、区间与种子：下一行是同一类的 8 件衣物，上一行用同样的噪声而不加引导。

    DPM++ 2M in 8 steps of `focused_times`, clipped. Drawn when a slider is let go, each row once.
    Args: network, one that knows labels and "no label"; y one of its labels; scale from -1 to 8, seed from 0 to 5, low
    from -8 to 7, high from -7 to 8.  Raises: CourseError otherwise.
    """
    check_schedule(schedule)
    over_y = label_slider(network, y)
    over_scale = _scale_slider(scale)
    over_low, over_high, interval = _interval_sliders(schedule, low, high)
    over_seed = seed_slider(seed)
    times = focused_times(schedule, GARMENT_STEPS)

    @cache
    def row(y: int, seed: int, scale: float, low: int, high: int) -> tuple[str, Tensor]:
        labels, noise = torch.full((GARMENTS,), y), torch.randn(GARMENTS, 1, 28, 28, generator=seeded(seed))
        denoiser = clipped(classifier_free_guided(schedule, network, labels, scale, interval()))
        with quick_arithmetic(noise):
            images = finish(dpm_solver(schedule, denoiser, noise, times))
        return f"y = {y}, scale {scale:g}: {asked_in_all(times[:-1], scale, interval())} evaluations", images

    def draw() -> plots.Picture:
        y, seed = over_y.value, over_seed.value
        plain = row(y, seed, 1.0, LOWEST, HIGHEST)
        return plots.duel_frame([plain, row(y, seed, over_scale.value, over_low.value, over_high.value)])

    return Panel([over_y, over_scale, over_low, over_high, over_seed], draw, width=704, slow=True)


def label_slider(network: nn.Module, y: int) -> ipywidgets.IntSlider:
    """A slider over the labels that a network knows, for when it is let go. 网络所认的标签的滑块，松手才算。

    Raises: CourseError for a network without labels, or a label that it does not know.
    """
    return let_go("y", 0, int(no_labels(network, 1)) - 1, y)


def _scale_slider(scale: float) -> ipywidgets.FloatSlider:
    layout = ipywidgets.Layout(width="480px")
    how = dict(min=-1.0, max=8.0, step=0.5, continuous_update=False, layout=layout)
    return ipywidgets.FloatSlider(check_number("scale", scale, -1, 8), description=label("scale"), **how)


def _interval_sliders(
    schedule: Schedule, low: int, high: int
) -> tuple[ipywidgets.IntSlider, ipywidgets.IntSlider, Callable[[], Interval]]:
    """Two sliders over log-SNR, and the interval between them as they stand; empty where they meet or cross."""
    from_ = let_go("log-SNR ≥", LOWEST, HIGHEST - 1, low)
    to = let_go("log-SNR ≤", LOWEST + 1, HIGHEST, high)

    def interval() -> Interval:
        if from_.value >= to.value:
            return lambda t: False
        return log_snr_between(schedule, from_.value, to.value)

    return from_, to, interval
