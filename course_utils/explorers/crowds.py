"""Crowds of real garments under the hand: two that are equally real, and how far apart they seem.

动手试两群真实衣物：两群同样真实，看上去却相距多远。
"""

from functools import cache, partial

import ipywidgets

from course_utils import data, plots
from course_utils.arithmetic import threads
from course_utils.experiments.crowds import GUIDED_PAGE, PAIRS, pair_of_crowds, real_crowd
from course_utils.gates import check_multiple
from course_utils.plots.crowds import crowd_chart, crowd_frame
from course_utils.widgets import Panel, slider

LEAST, MOST, STEP, SHOWN = 50, 800, 50, 20


def crowd_explorer(n: int = 200, seed: int = 0) -> Panel:
    """n and seed: two crowds of n real test images that share none, 20 of each shown, and how far they are apart.

    件数与种子：两群真实的测试图像，每群 n 件、互不重复，各画出 20 件，以及两群相距多远。

    Orange, and shown: each garment's class by lot. Blue: two crowds with as many of each class. The lines are means
    over many draws, from the whole test set; dashed is how far a page of 200 guided samples is from the test images.
    Args: n from 50 to 800, a multiple of 50; seed from 0 to 9.  Raises: CourseError otherwise.
    """
    over_n, over_seed = size_slider(n), slider("seed", 0, 9, seed)
    garments, pool = data.garments("test"), real_crowd("test")
    names = {"random": False, "balanced": True}
    means = {name: {n: mean for n, (mean, _) in PAIRS[name].items()} for name in names}
    chart = crowd_chart(means, GUIDED_PAGE.value)

    pair = cache(partial(pair_of_crowds, pool))

    def draw() -> plots.Picture:
        n, seed = over_n.value, over_seed.value
        with threads(1):  # matrices of 128 x 128 are too small to share out
            found = {name: pair(n, seed, balanced=balanced) for name, balanced in names.items()}
        shown = tuple(garments.x[of[:SHOWN]] for of in found["random"][0])
        return crowd_frame(chart, shown, n, {name: apart for name, (_, apart) in found.items()})

    return Panel([over_n, over_seed], draw, width=720)


def size_slider(n: int) -> ipywidgets.IntSlider:
    """A slider over the size of a crowd, 50 to 800 in steps of 50. 群体大小的滑块：50 到 800，每步 50。

    Raises: CourseError for a size that is not on it.
    """
    over = slider("n", LEAST, MOST, check_multiple("n", n, STEP))
    over.step = STEP
    return over
