"""Two games on the ring as a page shows them: one without a stabiliser that was played once and kept, one with R1.

页面上的两场环上博弈：不加稳定手段的那场是早先打完存下的，加 R1 的那场现打。

A plain game hangs on the last digit of its sums: on another processor the same seed ends otherwise.
"""

from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from course_utils.arithmetic import threads
from course_utils.experiments.ring import learned_from
from course_utils.experiments.ring_learners import FILMED, Moment, filmed
from course_utils.files import damaged, opened
from course_utils.language import CourseError

KEPT = Path(__file__).parent / "stored" / "plain_game.safetensors"
SEED, TOUCHED = 3, -1e-6  # of the game that is kept: its seed, and by which share its weights are larger at the start
PLAYED = 1  # the seed of the game with R1


@cache
@threads(1)
def two_games() -> dict[str, list[Moment]]:
    """A game without a stabiliser, as it was played once, and one with R1, played now; 600 steps each.

    一场不加稳定手段的博弈，早先打完存下的；一场加 R1 的，现在打。各 600 步。
    """
    return {"plain": kept_game(), "R1": list(filmed(learned_from(PLAYED), FILMED, seed=PLAYED))}


@threads(1)
def plain_game() -> list[Moment]:
    """Play anew, on this machine, the game that is kept; it may end otherwise. 在本机重打存下的那场；结局可能不同。"""
    return list(filmed(learned_from(SEED), FILMED, r1=0.0, seed=SEED, touched=TOUCHED))


def kept_game() -> list[Moment]:
    """The plain game that is kept, moment by moment. 存下的那场博弈，逐个时刻。

    Raises: CourseError where its file is damaged.
    """
    try:
        with opened(KEPT) as file:
            found = {name: file.get_tensor(name) for name in ("numbers", "samples", "field")}
    except (OSError, CourseError) as error:
        raise damaged(KEPT, error) from None
    return [
        Moment(int(step), samples.float(), field.float(), int(modes), *map(float, shares))
        for (step, modes, *shares), samples, field in zip(*found.values(), strict=True)
    ]


def as_tensors(film: list[Moment]) -> dict[str, Tensor]:
    """What is kept of a film: numbers in full, places and field in half. 存下的内容：数用全精度，位置与场用半精度。"""
    numbers = [[now.step, now.modes, now.belong, now.real, now.made] for now in film]
    samples, field = (torch.stack([getattr(now, name) for now in film]).half() for name in ("samples", "field"))
    return {"numbers": torch.tensor(numbers, dtype=torch.float64), "samples": samples, "field": field}
