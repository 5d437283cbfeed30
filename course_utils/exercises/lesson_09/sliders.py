"""Exercises 09.size and 09.scale: what only moving a slider tells.

练习 09.size 与 09.scale：只有移动滑块才看得出的事。
"""

from functools import cache
from typing import Any

import torch

from course_utils.exercises.judging import asked_number
from course_utils.exercises.kinds import Exercise
from course_utils.experiments.crowds import GUIDED_PAGE, pair_of_crowds, real_crowd
from course_utils.experiments.shared_moons import SCALES, scale_of_half_recall
from course_utils.language import Said

SIZES, CROWDS = range(50, 801, 50), range(10)  # as on the sliders
ENOUGH, HALF = 450, 4  # as `size_that_will_do` and `scale_of_half_recall` compute them


@cache
def size_that_will_do() -> int:
    """The least n at which two balanced real crowds are nearer than the guided page, for every seed. 够用的最小的 n。"""
    return next(
        n
        for n in SIZES
        if max(pair_of_crowds(real_crowd(), n, seed, balanced=True)[1] for seed in CROWDS) < GUIDED_PAGE.value
    )


def judge_size(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the least n that will do for all ten seeds? 是不是对十个种子都够用的最小的 n？"""
    n, fault = asked_number(answer, SIZES[0], SIZES[-1])
    if fault is not None or n == size_that_will_do():
        return fault
    if n not in SIZES:
        return f"{n:g} is not on the slider; give a multiple of 50", f"滑块上没有 {n:g}；请给 50 的倍数"
    if n < size_that_will_do():
        return (
            f"{n:g}: with some seed the two balanced crowds, both real, are farther apart than the dashed line; try all ten",
            f"{n:g}：总有某个种子，两群各类均衡的真实衣物相距比虚线还远；十个种子都要试",
        )
    return f"{n:g}: it holds there, but already at a smaller n", f"{n:g}：那里成立，不过 n 再小一些就已成立"


def judge_scale(answer: Any, _: torch.Generator) -> Said | None:
    """Is it about where recall falls below a half? 是不是召回率降到一半以下的地方？"""
    scale, fault = asked_number(answer, int(SCALES[0]), int(SCALES[-1]))
    least, most = scale_of_half_recall()
    if fault is not None or least <= scale <= most:
        return fault
    if scale < least:
        return (
            f"{scale:g}: for every seed recall is above a half there; look at the right-hand panel",
            f"{scale:g}：那里无论哪个种子，召回率都还高于一半；看右边那一格",
        )
    return f"{scale:g}: recall is below a half long before", f"{scale:g}：召回率早在这之前就低于一半了"


SIZE = Exercise(
    reference=lambda: ENOUGH,
    judge=judge_size,
    hints=(
        (
            "The dashed line is the guided page. Watch the blue point, for seeds 0 to 9, and raise n.",
            "虚线是经过引导的那一页。盯住蓝点，种子从 0 试到 9，再加大 n。",
        ),
        ("It is between 300 and 500.", "在 300 与 500 之间。"),
        (
            "At 400 some seed is still above the line: look at seeds 0 to 9 there, then one step further.",
            "400 处还有种子在线上方：把种子 0 到 9 都看一遍，再往前一步。",
        ),
    ),
)
SCALE = Exercise(
    reference=lambda: HALF,
    judge=judge_scale,
    hints=(
        ("Leave k at 5, and read `recall`; try several seeds.", "k 保持 5，看 `recall`；多试几个种子。"),
        ("It is between 3 and 6.", "在 3 与 6 之间。"),
        ("At 3 it is above for all six seeds, at 5 below for all.", "3 处六个种子都在一半以上，5 处都在一半以下。"),
    ),
)
