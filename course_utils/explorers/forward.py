"""The forward process under a slider. 滑块下的前向过程。"""

import torch
from torch import Tensor

from course_utils import plots
from course_utils.forward import forward_jump
from course_utils.gates import check_images, check_samples
from course_utils.randomness import seeded, standard_normal
from course_utils.schedules import Schedule, check_schedule
from course_utils.widgets import Panel, slider


def histogram_explorer(schedule: Schedule, x0: Tensor, t: int = 50, seed: int = 0) -> Panel:
    """One image noised up to t, beside the histogram of its pixels and N(0, 1); D says how far the two are apart.

    一幅图像加噪到 t，旁边是它的像素直方图与 N(0, 1)；D 说明两者相差多远。

    Shapes: x0 (1, c, h, w).  Raises: CourseError for an image or t out of range.
    """
    check_schedule(schedule), check_images(x0)
    eps = standard_normal(x0, seeded(seed))
    over_t = slider("t", 0, schedule.T, int(schedule.check_time(t)))

    def draw() -> plots.Picture:
        xt, _ = forward_jump(schedule, x0, over_t.value, eps)
        mean, std, gap = float(xt.mean()), float(xt.std()), normal_gap(xt)
        words = f"t = {over_t.value}     mean {mean:.2f}     std {std:.2f}     D = {gap:.2f}"
        return plots.flow_to_normal(xt, words)

    return Panel([over_t], draw, width=720)


def normal_gap(values: Tensor) -> float:
    """The total variation distance between a histogram of the values, in steps of 0.2, and N(0, 1): 0 to 1.

    数值直方图（组距 0.2）与 N(0, 1) 的全变差距离，从 0 到 1。

    Raises: CourseError for no values, nan or inf.
    It is the share of the values that would have to move for the histogram to follow the bell.
    """
    check_samples("values", values)
    edges = torch.linspace(-4, 4, 41, dtype=torch.float64)
    heights = torch.histogram(values.detach().double().flatten(), edges).hist / values.numel()
    bell = torch.special.ndtr(edges).diff()
    beyond = abs((1 - heights.sum()) - (1 - bell.sum()))
    return float((heights - bell).abs().sum() + beyond) / 2
