"""Lesson 03's widget: the posterior as the product of two bells, under sliders.

第 03 课的控件：用滑块看后验如何成为两条钟形曲线之积。
"""

import ipywidgets
import torch

from course_utils import plots
from course_utils.forward import posterior_weights
from course_utils.gates import check_among, check_number
from course_utils.schedules import Schedule, check_schedule, linear
from course_utils.widgets import Panel, slider

STEPS = (10, 20, 50, 100, 1000)


def posterior_bells(schedule: Schedule, xt: float, t: int, x0: float) -> plots.Picture:
    """The two bells and their product for one pixel, with the weights of the mean and the variance above them.

    一个像素的两条钟形曲线与它们的积，上方写出均值的两个权重与方差。

    Raises: CourseError unless t is from 1 to T, and x_t and x_0 are numbers.
    """
    xt, x0 = check_number("xt", xt), check_number("x0", x0)
    t = int(check_schedule(schedule).check_time(t, first=1))
    of_x0, of_xt, variance = posterior_weights(schedule, torch.tensor(t), torch.tensor(t - 1))
    before, alpha = float(schedule.alpha_bar[t - 1]), float(schedule.alpha[t])
    prior = before**0.5 * x0, 1 - before
    likelihood = xt / alpha**0.5, (1 - alpha) / alpha
    words = [("μ̃ₜ =", f"{of_x0:.3f}", "x₀"), ("+", f"{of_xt:.3f}", "xₜ")]
    words += [("β̃ₜ =", f"{variance:.5f}", "")]
    return plots.two_bells(prior, likelihood, x0, xt, words)


def posterior_explorer(T: int = 10, *, xt: float = -0.6, t: int = 4, x0: float = 0.8) -> Panel:
    """The posterior of one pixel under sliders over T (steps of the linear schedule), t, x_0 and x_t.

    用滑块改变 T（线性调度的步数）、t、x_0 与 x_t，看一个像素的后验。

    Args: T one of 10, 20, 50, 100, 1000; t from 1 to T; x0 from -1 to 1 and xt from -2 to 2.
    Raises: CourseError otherwise.
    """
    T = check_among("T", T, STEPS)
    x0, xt = check_number("x0", x0, -1, 1), check_number("xt", xt, -2, 2)
    layout = ipywidgets.Layout(width="480px")
    over_T = ipywidgets.SelectionSlider(options=STEPS, value=T, description="T", layout=layout)
    over_t = slider("t", 1, T, t)
    over_x0 = ipywidgets.FloatSlider(x0, min=-1, max=1, step=0.05, description="x₀", layout=layout)
    over_xt = ipywidgets.FloatSlider(xt, min=-2, max=2, step=0.05, description="xₜ", layout=layout)
    over_T.observe(lambda change: setattr(over_t, "max", change["new"]), names="value")

    def draw() -> plots.Picture:
        return posterior_bells(linear(over_T.value), over_xt.value, min(over_t.value, over_T.value), over_x0.value)

    return Panel([over_T, over_t, over_x0, over_xt], draw, width=720)
