"""A walk through a U-Net: the feature maps of each of its parts, under a slider over the noise level.

在 U-Net 里漫步：用滑块改变噪声水平，看每个部件的特征图。
"""

import ipywidgets
from torch import Tensor

from course_utils import plots
from course_utils.experiments.features import STEP, agreement, at_work
from course_utils.gates import check_images, check_kind
from course_utils.schedules import Schedule, check_schedule
from course_utils.unet import UNet
from course_utils.widgets import Panel, choice


def feature_explorer(schedule: Schedule, network: UNet, x0: Tensor, part: str = "stem", t: int = 200) -> Panel:
    """Choose a part of the network and a noise level: x_t and the part's feature maps, up to 32 of them.

    选网络的一个部件与噪声水平：显示 x_t 与该部件的特征图，至多 32 幅。

    `same` says how alike the part's maps of this image are under two different noises, see `agreement`. Drawn when the
    slider is let go. Args: part a name such as "down.0"; t from 1 to T, in steps of 10 on the slider.
    Shapes: x0 (1, c, h, w).  Raises: CourseError for an image or t out of range, another network, or no such part.
    """
    check_schedule(schedule), check_kind("network", network, UNet, "UNet()"), check_images(x0)
    t = int(schedule.check_time(t, first=1))
    names = list(at_work(schedule, network, x0, t)[1])
    which = choice("part", names, part)
    wide = dict(continuous_update=False, layout=ipywidgets.Layout(width="480px"))
    over_t = ipywidgets.IntSlider(t, STEP, schedule.T, STEP, description="t", **wide)

    def draw() -> plots.Picture:
        xt, maps = at_work(schedule, network, x0, over_t.value)
        shown = maps[which.value]
        size = " x ".join(map(str, shown.shape[1:]))
        word = f"t = {over_t.value}     {which.value}: {size}     same = {agreement(shown):.2f}"
        return plots.feature_frame(xt, shown[0], word)

    return Panel([which, over_t], draw, width=784, slow=True)
