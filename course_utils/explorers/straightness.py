"""Particles on their way, before reflow and after: how early may one go straight on?

途中的粒子，重流之前与之后：从多早起就可以一路直走？
"""

from course_utils import plots
from course_utils.arithmetic import threads
from course_utils.experiments.flow_moons import TIMES
from course_utils.experiments.moons import exact_draws
from course_utils.experiments.reflow import SEEDS, TRUTH, bends, straight_on, watched_ways
from course_utils.explorers.guidance import seed_slider
from course_utils.flows import Guess
from course_utils.gates import check_callable, check_named
from course_utils.plots.ways import OnTheWay
from course_utils.widgets import Panel, slider


def straightness_explorer(flows: dict[str, Guess], percent: int = 60, seed: int = 0) -> Panel:
    """Time and seed: 200 particles of each flow on their way, and where they would end if they went straight on.

    时刻与种子：每个流各 200 个粒子正走到半路，以及它们若从此一直直走会到哪里。

    100 t runs from 100, the noise, to 0, the data. Printed: path over chord of the whole way, a mean over the
    particles; `straight on`, the energy distance of those ends to 500 exact draws. All ways are walked when it opens.
    Args: flows, names and guesses, one or two; percent from 0 to 100, seed from 0 to 5.
    Raises: CourseError otherwise.
    """
    for name, guess in check_named("flows", flows).items():
        check_callable(name, guess, "flow_moons.moon_flow()")
    over_t = slider("100 t", 0, TIMES, percent)
    over_seed, truth = seed_slider(seed), exact_draws(TRUTH)
    bend = {name: bends(watched_ways(guess).places).chunk(len(SEEDS)) for name, guess in flows.items()}

    def draw() -> plots.Picture:
        percent, seed, frames = over_t.value, over_seed.value, []
        for name, guess in flows.items():
            places, ends = (part.chunk(len(SEEDS), 1)[seed] for part in watched_ways(guess)[1:])
            with threads(1):  # 200 points are too few to share out
                distance = straight_on(guess, percent, seed)
            word = f"{name}: path / chord {float(bend[name][seed].mean()):.3f}\n"
            word += f"t = {percent / TIMES:.2f}     straight on: distance {distance:.4f}"
            k = TIMES - percent
            frames.append(OnTheWay(word, truth, places[: k + 1], ends[k]))
        return plots.trail_frame(frames)

    return Panel([over_t, over_seed], draw, width=728)
