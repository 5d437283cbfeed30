"""Lesson 03's widget: the posterior as the product of two bells, under sliders.

第 03 课的控件：用滑块看后验如何成为两条钟形曲线之积。
"""

import ipywidgets
import torch

from course_utils import plots
from course_utils.forward import posterior
from course_utils.schedules import Schedule, linear
from course_utils.widgets import Panel, slider

STEPS = (10, 20, 50, 100, 1000)


def weights(schedule: Schedule, t: int) -> tuple[float, float]:
    """The weights of x_0 and x_t in the posterior mean.  Paper: Ho et al. 2020, eq. (7).

    后验均值中 x_0 与 x_t 的权重。

    Raises: CourseError unless t is from 1 to T.
    """
    one, zero = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    of_x0, of_xt = (posterior(schedule, one - x0, t, x0).mean for x0 in (one, zero))
    return float(of_x0), float(of_xt)


def posterior_bells(schedule: Schedule, x0: float, xt: float, t: int) -> plots.Picture:
    """The two bells and their product for one pixel, with the weights of the mean and the variance above them.

    一个像素的两条钟形曲线与它们的积，上方写出均值的两个权重与方差。

    Raises: CourseError unless t is from 1 to T.
    """
    of_x0, of_xt = weights(schedule, t)
    before, alpha = float(schedule.alpha_bar[t - 1]), float(schedule.alpha[t])
    prior = before**0.5 * x0, 1 - before
    likelihood = xt / alpha**0.5, (1 - alpha) / alpha
    variance = f"{float(schedule.posterior_variance[t]):.5f}"
    words = [(r"$\tilde\mu_t$ =", f"{of_x0:.3f}", "x₀"), ("+", f"{of_xt:.3f}", "xₜ")]
    words += [(r"$\tilde\beta_t$ =", variance, "")]
    return plots.two_bells(prior, likelihood, x0, xt, words)


def posterior_explorer(T: int = 10, t: int = 4, x0: float = 0.8, xt: float = -0.6) -> Panel:
    """The posterior of one pixel under sliders over T (steps of the linear schedule), t, x_0 and x_t.

    用滑块改变 T（线性调度的步数）、t、x_0 与 x_t，看一个像素的后验。

    Shapes: T one of 10, 20, 50, 100, 1000; t from 1 to T; x0 from -1 to 1 and xt from -2 to 2.
    """
    layout = ipywidgets.Layout(width="480px")
    over_T = ipywidgets.SelectionSlider(options=STEPS, value=T, description="T", layout=layout)
    over_t = slider("t", 1, T, t)
    over_x0 = ipywidgets.FloatSlider(x0, min=-1, max=1, step=0.05, description="x₀", layout=layout)
    over_xt = ipywidgets.FloatSlider(xt, min=-2, max=2, step=0.05, description="xₜ", layout=layout)
    over_T.observe(lambda change: setattr(over_t, "max", change["new"]), names="value")

    def draw() -> plots.Picture:
        return posterior_bells(linear(over_T.value), over_x0.value, over_xt.value, min(over_t.value, over_T.value))

    return Panel([over_T, over_t, over_x0, over_xt], draw, width=720)
