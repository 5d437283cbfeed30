"""From copying to inventing under the hand: how many images, how many steps.

动手从照抄拨到创作：多少幅图像，多少步。
"""

import ipywidgets

from course_utils import plots
from course_utils.experiments.enough import BATCH, MARKS, MEASURED, STORED, averaged_row, shown_trio
from course_utils.gates import check_among
from course_utils.plots.owed import Trio, owed_frame
from course_utils.widgets import Panel, label


def enough_explorer(images: int = 16, steps: int = 150) -> Panel:
    """Images and steps: eight samples of the small network that learned so many images for so many steps.

    图像数与步数：同一个小网络学了这么多幅、这么多步之后的八个样本。

    Below each stand the nearest image it learned from and the nearest of as many unseen ones; in orange are samples
    less than half as far from the former. Bars: shares of 200 samples, mean over the seeds. Above: x says how often
    each image was seen, the losses are those on seen and on unseen images.
    Args: images one of those measured, steps one of 150, 600, 2400.  Raises: CourseError otherwise.
    """
    look = dict(layout=ipywidgets.Layout(width="480px"))
    over_images = ipywidgets.SelectionSlider(
        options=list(MEASURED), value=check_among("images", images, MEASURED), description=label("images"), **look
    )
    over_steps = ipywidgets.SelectionSlider(
        options=list(MARKS), value=check_among("steps", steps, MARKS), description=label("steps"), **look
    )

    def draw() -> plots.Picture:
        n, mark = over_images.value, over_steps.value
        row = averaged_row(STORED[n, mark])
        seen = mark * BATCH / n
        told = f"n = {n}   step {mark}   x {seen:g}   loss {row.learned:.3f} / {row.unseen:.3f}"
        return owed_frame(Trio(*shown_trio(n, mark)), told, row.nearer, row.copies)

    return Panel([over_images, over_steps], draw, width=700)
