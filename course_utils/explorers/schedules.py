"""Lesson 01's explorer: four schedules under their controls.

第 01 课的探索器：四种调度与各自的控件。
"""

import ipywidgets
import torch
from torch import Tensor

from course_utils import plots
from course_utils.forward import forward_jump
from course_utils.gates import check_images
from course_utils.language import CourseError
from course_utils.randomness import seeded, standard_normal
from course_utils.schedules import Schedule, raw_cosine, raw_linear, raw_quadratic, raw_sigmoid, read_at
from course_utils.widgets import Panel

BY_BETA = {"linear": raw_linear, "quadratic": raw_quadratic, "sigmoid": raw_sigmoid}
PARTS = 4


def schedule_explorer(x0: Tensor, seed: int = 0) -> Panel:
    """A schedule, its T, its end points or offset, raw or read from 1000 steps: its curves and what it does to x0.

    选调度、T、两端的 beta 或 offset，以及原样使用还是从 1000 步读取：看它的曲线，以及它对 x0 做了什么。

    Shapes: x0 (1, c, h, w) in [-1, 1].  Raises: CourseError for other images, or more than one.
    """
    if len(check_images(x0)) > 1:
        raise CourseError(
            f"There are {len(x0)} images; one is drawn at several times. Give x0[:1].",
            f"给了 {len(x0)} 幅图像；这里画的是一幅图像的几个时间步。请给 x0[:1]。",
        )
    eps = standard_normal(x0, seeded(seed)).expand(PARTS + 1, *x0.shape[1:])
    name = _choice("ᾱ", *BY_BETA, "cosine")
    read = _choice("t", "raw(T)", "1000 → T")
    steps = _slider(ipywidgets.IntSlider, "T", 300, 20, 1000, 20, "d")
    first = _slider(ipywidgets.FloatLogSlider, "β₁", 1e-4, -5, -2, 0.1, ".1e")
    last = _slider(ipywidgets.FloatSlider, "β_T", 0.02, 0.01, 0.2, 0.001, ".3f")
    offset = _slider(ipywidgets.FloatSlider, "offset", 0.008, 0, 0.2, 0.002, ".3f")

    def schedule() -> Schedule:
        def raw(T: int) -> Schedule:
            if name.value == "cosine":
                return raw_cosine(T, offset.value)
            return BY_BETA[name.value](T, first.value, last.value)

        return raw(steps.value) if read.value == "raw(T)" else read_at(raw, steps.value)

    def draw() -> plots.Picture:
        first.disabled = last.disabled = name.value == "cosine"
        offset.disabled = name.value != "cosine"
        chosen = schedule()
        times = [chosen.T * part // PARTS for part in range(PARTS + 1)]
        return plots.schedule_view(chosen, forward_jump(chosen, x0, torch.tensor(times), eps).xt, times)

    panel = Panel([name, read, steps, first, last, offset], draw, width=720)
    pairs = [ipywidgets.HBox(pair) for pair in ((steps, offset), (first, last))]
    panel.box.children = [name, read, *pairs, panel.heard, panel.image]
    return panel


def _choice(name: str, *options: str) -> ipywidgets.ToggleButtons:
    layout = ipywidgets.Layout(width="720px")
    return ipywidgets.ToggleButtons(options=options, value=options[0], description=name, layout=layout)


def _slider(kind: type, name: str, value: float, low: float, high: float, step: float, digits: str):
    layout = ipywidgets.Layout(width="356px")
    size = {"min": low, "max": high, "step": step}
    return kind(value=value, description=name, readout_format=digits, layout=layout, **size)
