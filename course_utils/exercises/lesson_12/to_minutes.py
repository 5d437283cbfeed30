"""Exercise 12.minutes: from the operations of a network to the minutes of a training.

练习 12.minutes：由网络的运算次数算出训练的分钟数。
"""

import math
from collections.abc import Callable
from functools import partial

import torch

from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said


def minutes_of(operations, batch, steps, per_second):
    """Minutes of a training: forward for each image, backward at twice that, on a machine so quick. 训练的分钟数。"""
    return 3 * operations * batch * steps / per_second / 60


def _times(factor: float, o: float, b: int, s: int, r: float) -> float:
    return factor * minutes_of(o, b, s, r)


MINUTES_MISTAKES = [
    Mistake(gives, en, zh)
    for gives, en, zh in (
        (partial(_times, 1 / 3), "only the way forward is counted: the gradients, by the weights and by what lies before, cost as much twice more", "只算了前向：对权重的梯度、对前一层的梯度，还要各花同样一份"),
        (partial(_times, 2 / 3), "the way back is counted once; it has two products for each of the way forward, one for the weights and one for what lies before", "反向只算了一份；前向的每个乘积，反向有两个：一个对权重，一个对前一层"),
        (partial(_times, 4 / 3), "the way back is counted three times; it costs twice the way forward", "反向算了三份；它是前向的两倍"),
        (partial(_times, 60), "these are seconds; a minute has 60 of them", "这是秒数；一分钟有 60 秒"),
        (partial(_times, 1 / 60), "these are hours: it is divided by 60 twice", "这是小时数：除了两遍 60"),
        (partial(_times, 20), "these are seconds, and of the way forward alone", "这是秒数，而且只算了前向"),
        (partial(_times, 2), "a multiplication with its addition is counted as two once more; `operations` counts both already", "一次乘加又按两次算了；`operations` 已经两样都算在内"),
        (lambda o, b, s, r: 3 * o * s / r / 60, "the batch is missing: `operations` are those of one image", "漏了批的大小：`operations` 是一幅图像的"),
        (lambda o, b, s, r: 3 * o * b / r / 60, "the steps are missing: this is one step", "漏了步数：这只是一步"),
        (lambda o, b, s, r: r / (3 * o * b * s) / 60, "it is upside down: the quicker the machine, the fewer the minutes", "分子分母颠倒了：机器越快，分钟数越少"),
        (lambda o, b, s, r: 3 * o * b * s / 60, "the speed of the machine is missing", "漏了机器的速度"),
        (lambda o, b, s, r: 3 * o * b * s * r / 60, "it is multiplied by the speed of the machine; the quicker the machine, the fewer the minutes: divide", "乘了机器的速度；机器越快，分钟数越少：应当除"),
        (partial(_times, 40), "these are seconds, and the way back is counted once", "这是秒数，而且反向只算了一份"),
        (lambda o, b, s, r: round(minutes_of(o, b, s, r)), "it is rounded; leave the fraction of a minute", "取整了；不足一分钟的部分也要留着"),
        (lambda o, b, s, r: math.ceil(minutes_of(o, b, s, r)), "it is rounded up; leave the fraction of a minute", "向上取整了；不足一分钟的部分也要留着"),
        (lambda o, b, s, r: round(minutes_of(o, b, s, r), 1), "it is rounded to one place; leave all of the number", "只留了一位小数；请不要舍入"),
        (lambda o, b, s, r: round(minutes_of(o, b, s, r), 2), "it is rounded to two places; leave all of the number", "只留了两位小数；请不要舍入"),
        (lambda o, b, s, r: minutes_of(o, b, s, r) // 1, "it is rounded down; leave the fraction of a minute", "向下取整了；不足一分钟的部分也要留着"),
    )
]  # fmt: skip


def judge_minutes(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's minutes, or None. 读者算的分钟数错在哪里；正确时为 None。"""

    def between(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))

    cases = [
        {
            "operations": between(1e6, 9e6) * 10 ** (i % 3),
            "batch": int(between(8, 200)),
            "steps": int(between(300, 9000)),
            "per_second": between(1e10, 9e10),
        }
        for i in range(6)
    ]
    return judge_function(answer, minutes_of, cases, MINUTES_MISTAKES)


MINUTES = Exercise(
    reference=lambda: minutes_of,
    judge=judge_minutes,
    hints=(
        (
            "How many images go through the network in the whole training, and how often does each: forward, and back?",
            "整个训练里有多少幅图像经过网络？每幅要走几趟：前向，还有反向？",
        ),
        (
            "`batch * steps` images. Back costs twice as much as forward: a gradient by the weights and one by what lies "
            "before. So three in all.",
            "共 `batch * steps` 幅。反向的花费是前向的两倍：一份对权重求梯度，一份对前一层求。合起来是三份。",
        ),
        (
            "`3 * operations * batch * steps` is all the work; divide it by `per_second`, then by 60.",
            "`3 * operations * batch * steps` 是全部的运算；除以 `per_second`，再除以 60。",
        ),
    ),
)
