"""Exercises 09.size, 09.scale and 09.kept: what only moving a slider tells.

练习 09.size、09.scale 与 09.kept：只有移动滑块才看得出的事。
"""

from functools import cache
from typing import Any

import torch

from course_utils.exercises.judging import asked_number
from course_utils.exercises.kinds import Exercise
from course_utils.experiments.crowds import GUIDED_PAGE, pair_of_crowds, real_crowd
from course_utils.experiments.ring_learners import FILMED as FILMED_STEPS
from course_utils.experiments.ring_learners import kept_from, two_games
from course_utils.experiments.shared_moons import SCALES, scale_of_half_recall
from course_utils.language import Said

SIZES, CROWDS = range(50, 801, 50), range(10)  # as on the sliders
SEED = 1  # the seed of the game that the page plays


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
    if n < size_that_will_do():
        return (
            f"{n:g}: with some seed the two balanced crowds, both real, are farther apart than the dashed line; try all ten",
            f"{n:g}：总有某个种子，两群各类均衡的真实衣物相距比虚线还远；十个种子都要试",
        )
    return f"{n:g}: it holds there, but already at a smaller n", f"{n:g}：那里成立，不过 n 再小一些就已成立"


def judge_scale(answer: Any, _: torch.Generator) -> Said | None:
    """Is it about where recall falls below a half? 是不是召回率降到一半以下的地方？"""
    scale, fault = asked_number(answer, SCALES[0], SCALES[-1])
    least, most = scale_of_half_recall()
    if fault is not None or least <= scale <= most:
        return fault
    if scale < least:
        return (
            f"{scale:g}: for every seed recall is above a half there; look at the right-hand panel",
            f"{scale:g}：那里无论哪个种子，召回率都还高于一半；看右边那一格",
        )
    return f"{scale:g}: recall is below a half long before", f"{scale:g}：召回率早在这之前就低于一半了"


def judge_kept(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the step since which no mode is lost? 是不是从此不再丢峰的那一步？"""
    film = two_games(SEED)["R1"]
    since = kept_from(film)
    step, fault = asked_number(answer, film[0].step, film[-1].step)
    if fault is not None or since in (None, step):  # where this machine's game loses one at the end, all will do
        return fault
    if step not in [now.step for now in film]:
        return (
            f"{step:g} is no step that the slider shows; write the step, not k",
            f"{step:g} 不是滑块显示的步号；请写步号，不要写 k",
        )
    if step > since:
        return f"{step:g}: all eight are there, and were already before", f"{step:g}：八个都在，不过更早就已如此"
    return (
        f"{step:g}: there, or at some later moment, a mode is missing",
        f"{step:g}：在那一刻或之后的某一刻，还缺着峰",
    )


SIZE = Exercise(
    reference=size_that_will_do,
    judge=judge_size,
    hints=(
        (
            "The dashed line is the guided page. Watch the blue point, for seeds 0 to 9, and raise n.",
            "虚线是那页引导所得。盯住蓝点，种子从 0 试到 9，再加大 n。",
        ),
        ("It is between 200 and 500.", "在 200 与 500 之间。"),
    ),
)
SCALE = Exercise(
    reference=lambda: int(scale_of_half_recall()[0]),
    judge=judge_scale,
    hints=(
        ("Leave k at 5, and read `recall`; try several seeds.", "k 保持 5，看 `recall`；多试几个种子。"),
        ("It is between 3 and 6.", "在 3 与 6 之间。"),
    ),
)
KEPT = Exercise(
    reference=lambda: kept_from(two_games(SEED)["R1"]) or FILMED_STEPS,
    judge=judge_kept,
    hints=(
        (
            "Choose the game R1, and go backwards from the end: where is `modes` below 8 for the first time?",
            "选 R1 那场，从末尾往回走：`modes` 在哪里第一次小于 8？",
        ),
        (
            "The answer is one moment later. It is between step 150 and 300.",
            "答案是它的后一刻，在第 150 步与第 300 步之间。",
        ),
    ),
)
