"""The weights that the simple loss drops, under sliders. 简化损失丢掉的权重，用滑块来看。"""

from course_utils import plots, schedules
from course_utils.experiments.bound import bound_weights, share_up_to
from course_utils.explorers.plane import SCHEDULES
from course_utils.widgets import Panel, choice, slider


def weight_explorer(t: int = 100) -> Panel:
    """The bound's weight of each t, and how much of their sum lies at t and below, under a slider over t.

    变分下界给每个 t 的权重，以及 t 与 t 以下占总和的多少；用滑块改变 t。

    Two menus choose the schedule (T = 1000) and the variance of the reverse step. Args: t from 2 to 1000.
    Raises: CourseError for t out of range.
    """
    name, variance = choice("schedule", SCHEDULES), choice("σ²", ("β", "β̃"))
    over_t = slider("t", 2, 1000, int(schedules.linear().check_time(t, first=2)))

    def draw() -> plots.Picture:
        schedule, t = getattr(schedules, name.value)(), over_t.value
        weights = bound_weights(schedule, posterior=variance.value == "β̃")
        share = share_up_to(weights, t)
        shares = f"up to t: bound {share:.1%}, simple {(t - 1) / 999:.1%}"
        word = f"t = {t}     weight {float(weights[t - 2]):.4f}     {shares}"
        return plots.weight_frame(weights, t, word)

    return Panel([name, variance, over_t], draw, width=720)
