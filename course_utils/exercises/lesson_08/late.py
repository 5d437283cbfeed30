"""Exercise 08.late: how late guidance may begin, and still bring every particle into its class.

练习 08.late：引导最晚可以从哪里开始，仍能把每个粒子带进它的类。
"""

from typing import Any

import torch

from course_utils.exercises.judging import asked_number
from course_utils.exercises.kinds import Exercise
from course_utils.experiments.guided_moons import HIGHEST, LOWEST, highest_low_end
from course_utils.language import Said

LATEST = 3  # as `highest_low_end` computes it


def judge_late(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the largest low end with which all are in the class? 是不是所有粒子都在类中的最大下端？"""
    low, fault = asked_number(answer, LOWEST, HIGHEST - 1)
    if fault is not None or low == highest_low_end():
        return fault
    if low > highest_low_end():
        return (
            f"{low}: guided from there on alone, some particle of some seed stays on the other moon; look at `share` for all six seeds",
            f"{low}：只从那里起引导，总有某个种子的某个粒子留在另一弯上；六个种子的 `share` 都要看",
        )
    return (
        f"{low}: all are on the upper moon, but guidance may begin still later",
        f"{low}：全都在上面那一弯上，不过引导还可以开始得更晚",
    )


LATE = Exercise(
    reference=lambda: LATEST,
    judge=judge_late,
    hints=(
        (
            "Leave scale at 4 and the upper end at 8. Raise `log-SNR ≥`, and watch `share`.",
            "强度保持 4，上端保持 8。把 `log-SNR ≥` 往上调，盯住 `share`。",
        ),
        (
            "It must be 1 for every seed: where it just holds for one, try the other five.",
            "每个种子都得是 1：某一个刚好够时，再试其余五个。",
        ),
        ("It is above 0, and at most 4.", "大于 0，至多为 4。"),
    ),
)
