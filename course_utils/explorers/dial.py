"""The dial between ODE and SDE under the hand: how much noise, how many steps, which score.

动手拨一拨 ODE 与 SDE 之间的刻度盘：多少噪声，多少步，哪一种得分。
"""

from functools import cache

import ipywidgets
from torch import Tensor

from course_utils import plots
from course_utils.arithmetic import threads
from course_utils.experiments import dial
from course_utils.experiments.flow_moons import distance_to_moons
from course_utils.experiments.moons import exact_draws
from course_utils.explorers.guidance import let_go
from course_utils.gates import check_number
from course_utils.widgets import Panel, choice, label

MOST_NOISE, MOST_STEPS = 2.0, 60
SHOWN, DRAWS = 200, 1000  # particles, and exact draws that they are compared with
PLAYED = ("exact", "10 % weak", "10 % strong", "wrong early", "wrong late", "of thicker moons")


def dial_explorer(noise: float = 1.0, steps: int = 50, score: str = "exact", seed: int = 0) -> Panel:
    """Noise, steps, score and seed: 200 particles walked back to two moons, over exact draws of them (grey).

    噪声份额、步数、得分与种子：200 个粒子走回两弯月牙，灰色是精确样本。

    noise 0 is the probability-flow ODE, 1 the reverse SDE. Printed: the energy distance to 1000 exact draws, and beside
    it what 200 exact draws are at. Args: noise from 0 to 2, steps from 10 to 60, score one of `PLAYED`, seed from
    0 to 5.  Raises: CourseError otherwise.
    """
    layout = ipywidgets.Layout(width="480px")
    how = dict(min=0.0, max=MOST_NOISE, step=0.25, continuous_update=False, layout=layout)
    noise = check_number("noise", noise, 0, MOST_NOISE)
    over_noise = ipywidgets.FloatSlider(noise, description=label("noise"), **how)
    over_steps, over_seed = let_go("steps", 10, MOST_STEPS, steps), let_go("seed", 0, 5, seed)
    over_steps.step = 10
    over_score = choice("score", PLAYED, score)
    grey, floor = exact_draws(600), dial.dial_floor(SHOWN, DRAWS).value

    @cache
    def walk(score: str, noise: float, steps: int, seed: int) -> tuple[Tensor, float]:
        x0 = dial.dialled(dial.dial_scores()[score](seed), noise, steps, seed, SHOWN)
        return x0, distance_to_moons(x0, DRAWS, dial.COMPARED)

    @threads(1)  # 200 points are too few to share out
    def draw() -> plots.Picture:
        noise, steps = over_noise.value, over_steps.value
        x0, distance = walk(over_score.value, noise, steps, over_seed.value)
        told = f"noise {noise:g}    {steps} steps    distance {distance:.4f}    floor {floor:.4f}"
        return plots.cloud_frame(grey, x0, told)

    return Panel([over_noise, over_steps, over_score, over_seed], draw, width=400, slow=True)
