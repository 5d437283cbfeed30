"""How much of what was learnt counts: the strength of a low-rank file under the hand.

学到的部分起几分作用：动手调低秩文件的强度。
"""

from functools import cache

import ipywidgets
import torch
from torch import Tensor

from course_utils import plots
from course_utils.arithmetic import threads
from course_utils.experiments import tuning
from course_utils.experiments.strengths import at_strength, strength_losses
from course_utils.explorers.guidance import let_go
from course_utils.gates import check_number
from course_utils.plots.walks import duel_frame
from course_utils.randomness import seeded
from course_utils.widgets import Panel, label

MOST_STRENGTH, BY, SHOWN, WALK = 1.5, 0.1, 8, 10
ENDS = 0.0, 1.0  # strengths that are always shown beside the one chosen


def strength_explorer(strength: float = 0.5, seed: int = 0) -> Panel:
    """Strength and seed: eight images drawn from one noise, beside those at strength 0 and 1.

    强度与种子：同一份噪声画出的八幅图像，旁边是强度 0 与 1 时的。

    Strength 0 is the network of digits as it was, 1 as it was trained on boots with low rank. Printed: its loss on
    boots that training never saw, and on digits. Args: strength from 0 to 1.5 by tenths, seed from 0 to 9.
    Raises: CourseError otherwise.
    """
    layout = ipywidgets.Layout(width="480px")
    how = dict(min=0.0, max=MOST_STRENGTH, step=BY, continuous_update=False, layout=layout)
    strength = check_number("strength", strength, 0, MOST_STRENGTH)
    over_strength = ipywidgets.FloatSlider(strength, description=label("strength"), **how)
    over_seed = let_go("seed", 0, 9, seed)

    @cache
    def drawn(strength: float, seed: int) -> Tensor:
        xT = torch.randn(SHOWN, 1, tuning.SIZE, tuning.SIZE, generator=seeded(seed))
        return tuning.images_from(at_strength(strength), xT, WALK)

    @threads(1)  # images of 8x8 are too small to share out
    def draw() -> plots.Picture:
        seed, strength = over_seed.value, round(over_strength.value, 1)
        new, old = strength_losses(strength)
        told = f"strength {strength:.1f}    loss on boots {new:.3f}    on digits {old:.3f}"
        rows = [(told, drawn(strength, seed))] + [(f"strength {end:.0f}", drawn(end, seed)) for end in ENDS]
        return duel_frame(rows)

    return Panel([over_strength, over_seed], draw, width=704, slow=True)
