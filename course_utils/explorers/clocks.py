"""Several clocks over one path: the same picture, the same guess, and other names for the same moment.

同一条路径上的几个时钟：同样的图，同样的猜测，同一时刻的不同叫法。
"""

import math

import ipywidgets

from course_utils import plots
from course_utils.experiments.two_clocks import left_of, one_garment, readings, ticks_of
from course_utils.explorers.guidance import let_go
from course_utils.gates import check_number
from course_utils.paths import straight, time_on
from course_utils.widgets import Panel, label

STEPS = 10


def clock_explorer(y: int = 9, log_snr: float = -10.0) -> Panel:
    """A garment of class y under a slider over log-SNR: x_t on the VP and the straight path, the guess of x_0, clocks.

    第 y 类的一件衣物，用滑块改变对数信噪比：VP 路径与直线路径上的 x_t、对 x_0 的猜测，以及各时钟。

    A clock's row shows its ten stops; beside it stand what it reads, t (of EDM sigma), and how many stops are still to
    come. "judged" is the class that the classifier that ships takes the guess for.
    Args: y from 0 to 9; log_snr from -10 to 10, in halves.  Raises: CourseError otherwise.
    """
    over_y = let_go("y", 0, 9, y)
    how = dict(min=-10.0, max=10.0, step=0.5, description=label("log-SNR"), layout=ipywidgets.Layout(width="480px"))
    over_level = ipywidgets.FloatSlider(round(2 * check_number("log_snr", log_snr, -10, 10)) / 2, **how)
    ticks = ticks_of(STEPS)

    def draw() -> plots.Picture:
        level, seen = over_level.value, one_garment(over_y.value)
        k = round(2 * level) + 20
        t = time_on(straight, level)
        size, left = math.hypot(t, 1 - t), left_of(ticks, level)
        told = {name: _told(name, reads, left[name]) for name, reads in readings(level).items()}
        xt, guess, judged = seen.xt[k : k + 1], seen.guess[k : k + 1], f"guess of x_0, judged {seen.judged[k]}"
        images = [("x_t, VP", xt), (f"x_t, straight: {size:.2f} of it", size * xt), (judged, guess)]
        return plots.clock_frame(images, ticks, level, told)

    return Panel([over_y, over_level], draw, width=704, slow=True)


def _told(name: str, reads: float, left: int) -> str:
    """t = 0.500, or sigma, and how many stops are left."""
    symbol = "sigma" if name.startswith("EDM") else "t"
    return f"{symbol} = {reads:.3g}     {left} left"
