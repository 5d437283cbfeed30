"""Samplers under the hand: a playground where the truth is known, a walk step by step, one against another.

动手试采样器：真值已知的试验场、逐步回看一次采样、两个采样器对比。
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial

import ipywidgets
import torch
from torch import Tensor

from course_utils import plots
from course_utils.arithmetic import threads
from course_utils.denoisers import Denoiser
from course_utils.experiments.moons import (
    SAMPLERS,
    SPACINGS,
    arrivals,
    evaluations,
    exact_draws,
    exact_flow,
    flow_error,
    two_moons,
)
from course_utils.experiments.plane import distance_to_draws
from course_utils.experiments.worth import COSTS, STORED, Row, frontier_rows, states_of, walks_of
from course_utils.gates import check_callable, check_kind, check_whole
from course_utils.language import CourseError
from course_utils.randomness import seeded
from course_utils.samplers import Sample, finish
from course_utils.schedules import Schedule, check_schedule, cosine
from course_utils.times import log_snr_times
from course_utils.widgets import Panel, choice, label, slider, step_bar

FLOWS = ("DDIM", "Heun", "DPM++ 2M")  # draw no fresh noise
SEEDS, STEPS = 5, (2, 3, 4, 5, 6, 8, 10, 15, 20)


def sampler_explorer(sampler: str = "DDIM", steps: int = 8, spacing: str = "even", seed: int = 0) -> Panel:
    """Sampler, spacing, steps, eta and seed: 300 particles on two moons, over exact draws (grey).

    采样器、时间步间隔、步数、eta 与种子：两弯月牙上的 300 个粒子，灰色是精确样本。

    Printed: how often the denoiser was asked; without fresh noise the error, the mean distance to where the exact flow
    takes the same noise, over its mean size; the energy distance to 1000 exact draws. A line joins each particle to
    its place on the exact flow. eta is DDIM's alone. Args: steps from 2 to 50, seed from 0 to 5.
    Raises: CourseError for a name that is not in the menu, or steps or a seed out of range.
    """
    steps, seed = check_whole("steps", steps, 2, 50), check_whole("seed", seed, 0, SEEDS)
    which, over_spacing = choice("sampler", list(SAMPLERS), sampler), choice("spacing", list(SPACINGS), spacing)
    wide = dict(continuous_update=False, layout=ipywidgets.Layout(width="480px"))
    over_steps = ipywidgets.IntSlider(steps, 2, 50, description=label("steps"), **wide)
    over_eta = ipywidgets.FloatSlider(0.0, min=0.0, max=1.0, step=0.1, description="η", **wide)
    over_seed = ipywidgets.IntSlider(seed, 0, SEEDS, description=label("seed"), **wide)

    def draw() -> plots.Picture:
        over_eta.disabled = which.value != "DDIM"
        name, seed, eta = which.value, over_seed.value, 0.0 if over_eta.disabled else over_eta.value
        times = SPACINGS[over_spacing.value](cosine(), over_steps.value)
        walk = partial(SAMPLERS[name], eta=eta) if eta else SAMPLERS[name]
        with threads(1):  # 300 points are too few to share out
            particles = arrivals(walk, times, seed)
            distance = distance_to_draws(two_moons(), particles)
            word = f"{evaluations(SAMPLERS[name], times)} evaluations     distance {distance:.4f}"
            if name not in FLOWS or eta:
                return plots.cloud_frame(exact_draws(600), particles, word)
            word += f"     error {_percent(flow_error(particles, seed))}"
            return plots.cloud_frame(exact_draws(600), particles, word, exact_flow(seed))

    return Panel([which, over_spacing, over_steps, over_eta, over_seed], draw, width=400, slow=True)


def trajectory_explorer(schedule: Schedule, samples: list[Sample], index: int = 0) -> Panel:
    """A walk that was kept, under a slider over its states: x_t, and beside it the x_0 that is seen in it.

    用滑块回看存下的一次采样：左边是 x_t，右边是从中看出的 x_0。

    `noise` is the noise ratio, sqrt(1 - alpha_bar_t) / sqrt(alpha_bar_t). Args: index, the state shown first.
    Shapes: each xt (n, c, h, w).  Raises: CourseError for no samples, or an index that none has.
    """
    check_schedule(schedule), check_kind("samples", samples, Iterable, "list(ddim(schedule, denoiser, xT, times))")
    example = "list(ddim(schedule, denoiser, xT, times))[0]"
    samples = [check_kind(("A state", "状态"), at, Sample, example) for at in samples]
    if not samples:
        raise CourseError(
            "There are no samples. Keep a walk first: `samples = list(ddim(schedule, denoiser, xT, times))`.",
            "没有任何样本记录。请先存下一次采样：`samples = list(ddim(schedule, denoiser, xT, times))`。",
        )
    index = check_whole("index", index, 0, len(samples) - 1)
    over_k = slider("k", 0, len(samples) - 1, index)

    def draw() -> plots.Picture:
        at = samples[over_k.value]
        noise = float(schedule.noise_to_signal[at.t])
        word = f"k = {over_k.value}     t = {at.t}     noise {noise:{'.3g' if noise < 1000 else ',.0f'}}"
        return plots.walk_frame(at.xt, at.x0_hat, word)

    return Panel([over_k], draw, width=720)


def duel_explorer(schedule: Schedule, denoiser_of_labels: Callable[[Tensor], Denoiser], n: int = 8) -> Panel:
    """Two samplers from the same noise: n garments in a row each, and how often each asked the network.

    两个采样器从同一份噪声出发：各画一行 n 件衣物，并显示各自向网络求值多少次。

    Both walk the same `log_snr_times`; the labels are 0, 1, 2, ... Drawn when a slider is let go, each row once.
    Args: denoiser_of_labels, labels (n,) -> a denoiser of images (n, 1, 28, 28).  Raises: CourseError unless n is
    from 1 to 16.
    """
    n = check_whole("n", n, 1, 16)
    check_schedule(schedule), check_callable("denoiser_of_labels", denoiser_of_labels, "denoiser_of_garments")
    upper, lower = choice("above", list(SAMPLERS), "DDIM"), choice("below", list(SAMPLERS), "DPM++ 2M")
    wide = dict(continuous_update=False, layout=ipywidgets.Layout(width="480px"))
    over_steps = ipywidgets.SelectionSlider(options=list(STEPS), value=6, description=label("steps"), **wide)
    over_seed = ipywidgets.IntSlider(0, 0, SEEDS, description=label("seed"), **wide)
    denoiser = denoiser_of_labels(torch.arange(n) % 10)

    @cache
    def row(name: str, steps: int, seed: int) -> tuple[str, Tensor]:
        times, generator = log_snr_times(schedule, steps), seeded(seed)
        noise = torch.randn(n, 1, 28, 28, generator=generator)
        images = finish(SAMPLERS[name](schedule, denoiser, noise, times, generator=generator))
        return f"{name}: {evaluations(SAMPLERS[name], times)} evaluations", images

    def draw() -> plots.Picture:
        return plots.duel_frame([row(menu.value, over_steps.value, over_seed.value) for menu in (upper, lower)])

    return Panel([upper, lower, over_steps, over_seed], draw, width=min(720, 88 * n), slow=True)


def measured(n: int, costs: Sequence[int] = COSTS, names: Sequence[str] = tuple(STORED)) -> dict[str, list[Row]]:
    """`frontier_rows` for these samplers and costs, under a bar; rows for `plots.frontier`.

    这些采样器与代价的 `frontier_rows`，带进度条；所得各行供 `plots.frontier` 使用。
    """
    walks = walks_of(costs, names)
    return frontier_rows(n, walks, step_bar(states_of(n, walks)))


def _percent(share: float) -> str:
    """Three digits of a small share, whole per cents of a large one."""
    return f"{100 * share:.3g} %" if share < 1 else f"{100 * share:,.0f} %"
