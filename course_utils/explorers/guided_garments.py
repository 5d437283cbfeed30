"""The table of guided garments, measured anew on the page under a bar.

在页面上重新测量“受引导的衣物”一表，带进度条。
"""

from collections.abc import Sequence

from course_utils.experiments.guided_garments import Judged, measured_rows
from course_utils.experiments.leading import DRAWN_BY, states_led
from course_utils.widgets import step_bar


def judged_anew(n: int, names: Sequence[str] = tuple(DRAWN_BY)) -> dict[str, tuple[Judged, Judged]]:
    """`measured_rows` of n garments each way, under a bar: the figures, and their bars.

    每种方式各画 n 件衣物的 `measured_rows`，带进度条：各项数字及其误差棒。
    """
    return measured_rows(n, names, step_bar(states_led(n, names)))
