"""Sliders over the plane, where the exact denoiser is known: its field of arrows, and a playground of samplers.

平面上的滑块；在这里，精确去噪器是已知的：它的箭头场，以及各种采样器的试验场。
"""

from collections.abc import Sequence

import ipywidgets
import torch
from torch import Tensor

from course_utils import plots, points, schedules
from course_utils.experiments.plane import CURVES, MARK, STEPS, curve, distance_to_draws, noise_floor, played
from course_utils.gates import check_among, check_kind, check_named, check_number, check_points, check_whole
from course_utils.oracle import finite
from course_utils.randomness import seeded
from course_utils.schedules import Schedule, check_schedule
from course_utils.widgets import Panel, choice, label, slider

SCHEDULES = ("linear", "quadratic", "sigmoid", "cosine")


def field_explorer(schedule: Schedule, sets: dict[str, Tensor], mark: Sequence[float] = MARK, t: int = 900) -> Panel:
    """The exact denoiser of a set as arrows from x_t to its guess of x_0, under a slider over t.

    用滑块改变 t，看点集的精确去噪器：箭头由 x_t 指向它对 x_0 的猜测。

    From the marked point a long arrow goes all the way; the area of a datum is its share of that guess, and the
    largest share is printed. Shapes: each set (n, 2).
    Raises: CourseError for t out of range, no sets, what is no set of points, or a mark that is no point.
    """
    check_schedule(schedule), check_kind("mark", mark, Sequence, "(0.5, -0.5)")
    at = check_points("mark", torch.tensor([[check_number("mark", place) for place in mark]], dtype=torch.float64))
    for name, data in check_named("sets", sets).items():
        check_points(str(name), data)
    which = choice("x", list(sets))
    over_t = slider("t", 1, schedule.T, int(schedule.check_time(t, first=1)))
    oracles = {name: finite(schedule, data) for name, data in sets.items()}
    starts = points.lattice(15).double()

    def draw() -> plots.Picture:
        truth, t = oracles[which.value], over_t.value
        shares = truth.shares(at, t)[0]
        vectors = truth(starts, t) - starts
        word = f"t = {t}     max w = {float(shares.max()):.3f}"
        return plots.field_frame(truth.means, shares, starts, vectors, mark=at[0], word=word)

    return Panel([which, over_t], draw, width=400)


def playground_explorer(steps: int = 5, eta: float = 0.0, seed: int = 0) -> Panel:
    """Set, schedule, steps, eta and seed: 300 particles of DDIM with the exact denoiser, and how far they are off.

    点集、调度、步数、eta 与种子：精确去噪器下 DDIM 的 300 个粒子，以及它们离真值多远。

    `distance` is the energy distance to 1000 exact draws, `floor` the mean of that for 300 exact draws. Drawn when a
    slider is let go. Args: steps one of `plane.STEPS`, eta from 0 to 1, seed from 0 to 20.
    Raises: CourseError otherwise.
    """
    steps, eta = check_among("steps", steps, STEPS), check_number("eta", eta, 0, 1)
    seed = check_whole("seed", seed, 0, 20)
    which, schedule_of = choice("x", list(CURVES)), choice("schedule", list(SCHEDULES), "cosine")
    wide = dict(continuous_update=False, layout=ipywidgets.Layout(width="480px"))
    over_steps = ipywidgets.SelectionSlider(options=list(STEPS), value=steps, description=label("steps"), **wide)
    over_eta = ipywidgets.FloatSlider(eta, min=0.0, max=1.0, step=0.1, description="η", **wide)
    over_seed = ipywidgets.IntSlider(seed, 0, 20, description=label("seed"), **wide)

    def draw() -> plots.Picture:
        truth = curve(getattr(schedules, schedule_of.value)(), which.value)
        particles = played(truth, over_steps.value, over_eta.value, over_seed.value)
        word = f"distance {distance_to_draws(truth, particles):.4f}     floor {noise_floor(which.value):.4f}"
        return plots.cloud_frame(truth.draw(600, seeded(0)), particles, word)

    return Panel([which, schedule_of, over_steps, over_eta, over_seed], draw, width=400, slow=True)
