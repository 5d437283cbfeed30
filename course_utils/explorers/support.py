"""Precision and recall under the hand: particles led to a moon, and what neighbours count of them.

动手试精确率与召回率：被引向一弯月牙的粒子，以及邻居怎样数它们。
"""

import ipywidgets

from course_utils.arithmetic import threads
from course_utils.experiments.guided_moons import SEEDS
from course_utils.experiments.shared_moons import MOST, SCALES, exact_precision, moon_shared
from course_utils.gates import check_number
from course_utils.plots.balls import Held, balls_frame
from course_utils.plots.picture import Picture
from course_utils.widgets import Panel, label, slider


def support_explorer(scale: float = 1.0, k: int = 5, seed: int = 0) -> Panel:
    """Scale, k and seed: 200 particles led to the upper of two moons, beside 200 exact draws of it.

    引导强度、k 与种子：被引向上弯月牙的 200 个粒子，旁边是它的 200 个精确样本。

    On the left the balls about the draws, which reach to the k-th nearest draw, and the particles in them: precision.
    On the right the balls about the particles, and the draws in them: recall. Printed beside precision is what the
    exact density says: the share of particles where it is as high as where 95 % of the draws lie.
    Args: scale from 0 to 8, k from 1 to 20, seed from 0 to 5.  Raises: CourseError otherwise.
    """
    layout = ipywidgets.Layout(width="480px")
    how = dict(min=SCALES[0], max=SCALES[-1], step=0.25, continuous_update=False, layout=layout)
    value = check_number("scale", scale, SCALES[0], SCALES[-1])
    over_scale = ipywidgets.FloatSlider(value, description=label("scale"), **how)
    over_k, over_seed = slider("k", 1, MOST, k), slider("seed", 0, SEEDS[-1], seed)

    @threads(1)  # 200 points are too few to share out
    def draw() -> Picture:
        asked = over_scale.value, over_k.value, over_seed.value
        (real, made, figures), exact = moon_shared(*asked), exact_precision(asked[0], asked[2])
        panels = {
            f"precision {figures.precision:.3f}    exact density {exact:.3f}": Held(
                real.points, real.reach, *made[::2]
            ),
            f"recall {figures.recall:.3f}": Held(made.points, made.reach, *real[::2]),
        }
        rest = f"density {figures.density:.3f}    coverage {figures.coverage:.3f}"
        return balls_frame(panels, f"scale {asked[0]:g}    k = {asked[1]}    {rest}")

    return Panel([over_scale, over_k, over_seed], draw, width=812)
