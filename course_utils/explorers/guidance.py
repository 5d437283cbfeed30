"""Lesson 08's explorer: a noised image and its signal-to-noise ratio, under a slider over t.

第 08 课的探索器：用滑块改变 t，看加噪后的图像及其信噪比。
"""

from torch import Tensor

from course_utils import plots
from course_utils.forward import forward_jump
from course_utils.randomness import seeded, standard_normal
from course_utils.schedules import Schedule
from course_utils.widgets import Panel, slider


def guidance_explorer(schedule: Schedule, x0: Tensor, t: int = 1000) -> Panel:
    """One image noised up to t, the histogram of its pixels, and the signal-to-noise ratio in figures.

    一幅图像加噪到 t，旁边是它的像素直方图，上方写着信噪比。

    Shapes: x0 (1, c, h, w).  Raises: CourseError for an image or t out of range.
    """
    eps = standard_normal(x0, seeded(0))
    over_t = slider("t", 0, schedule.T, int(schedule.check_time(t)))

    def draw() -> plots.Picture:
        xt, _ = forward_jump(schedule, x0, over_t.value, eps)
        word = f"t = {over_t.value}     SNR = {float(schedule.snr[over_t.value]):.3f}"
        return plots.flow_to_normal(xt, word)

    return Panel([over_t], draw, width=720)
