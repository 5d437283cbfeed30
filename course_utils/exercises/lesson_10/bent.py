"""Exercise 10.straight: how much longer than its chord a particle's way is.

练习 10.straight：粒子走的路比它的弦长多少倍。
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said

SHAPES = (((6, 4, 2), torch.float64), ((9, 3, 1, 3, 4), torch.float32), ((5, 7, 3), torch.float64), ((4, 5, 2, 6), torch.float32))  # fmt: skip


def straightness(walk):
    """The mean over particles of path length over chord: 1 where all walk straight. 路长与弦长之比对粒子的均值；都走直线时为 1。"""
    way = walk.diff(dim=0).flatten(2).norm(dim=2).sum(0)
    chord = (walk[-1] - walk[0]).flatten(1).norm(dim=1)
    return (way / chord).mean()


def _steps(walk: Tensor) -> Tensor:
    """The lengths of all steps, (steps, b)."""
    return walk.diff(dim=0).flatten(2).norm(dim=2)


def _chord(walk: Tensor) -> Tensor:
    return (walk[-1] - walk[0]).flatten(1).norm(dim=1)


def _whole(walk: Tensor) -> Tensor:
    """All particles as one long one."""
    return walk.flatten(1)[:, None]


STRAIGHTNESS_MISTAKES = [
    Mistake(lambda walk, gives=gives: float(gives(walk)), en, zh)
    for gives, en, zh in (
        (lambda w: (_chord(w) / _steps(w).sum(0)).mean(), "this is chord over way, at most 1; way over chord is asked for", "这是弦长比路长，至多为 1；题目要的是路长比弦长"),
        (lambda w: 1 / (_chord(w) / _steps(w).sum(0)).mean(), "this is one over the mean of chord over way; take way over chord for each particle, then the mean", "这是先求弦长比路长的均值再取倒数；应对每个粒子先求路长比弦长，再取均值"),
        (lambda w: _steps(w).sum(0).mean() / _chord(w).mean(), "this is the ratio of the means; take the ratio for each particle first", "这是均值之比；应先对每个粒子求比"),
        (lambda w: (_steps(w) ** 2).sum(0).div(_chord(w) ** 2).mean(), "the lengths are squared: squares of steps do not add up to a way", "长度取了平方：各步的平方相加，得不到路长"),
        (lambda w: (_steps(w) ** 2).sum(0).div(_chord(w)).mean(), "the steps' lengths are squared; take the root of each step's sum of squares", "各步的长度取了平方；每一步的平方和都要开方"),
        (lambda w: (_steps(w).sum(0) / _chord(w) ** 2).mean(), "the chord is squared; take its root", "弦长取了平方；要开方"),
        (lambda w: (_steps(w).sum(0) / w[-1].flatten(1).norm(dim=1)).mean(), "the chord runs from the origin to the end; it runs from where the particle began", "弦从原点连到了终点；应从粒子的起点连起"),
        (lambda w: (_steps(w).sum(0) / w[0].flatten(1).norm(dim=1)).mean(), "the chord runs from the origin to the beginning; it runs from beginning to end", "弦从原点连到了起点；应从起点连到终点"),
        (lambda w: (_steps(w).mean(0) / _chord(w)).mean(), "the mean of the steps is taken; a way is their sum", "取了各步长度的均值；路长是它们的和"),
        (lambda w: (_steps(w).sum(0) / _chord(w)).sum(), "the ratios are summed over the particles; take their mean", "对粒子求了和；应取均值"),
        (lambda w: (_steps(w).sum(0) / _chord(w)).median(), "this is the median over the particles; take their mean", "取了粒子间的中位数；应取均值"),
        (lambda w: (_steps(w).sum(0) / _chord(w)).max(), "this is the most crooked particle; take the mean of all", "这是走得最弯的那个粒子；应取全体的均值"),
        (lambda w: (_steps(_whole(w)).sum(0) / _chord(_whole(w))).mean(), "all particles are taken for one long vector; each has a way and a chord of its own", "把所有粒子当成了一个长向量；每个粒子各有自己的路与弦"),
        (lambda w: (_steps(w).sum(0)[:, None] / (w[-1] - w[0]).flatten(1).abs()).mean(), "the chord is taken coordinate by coordinate; it is one length a particle", "弦按坐标逐个取了；每个粒子只有一个弦长"),
        (lambda w: (w.diff(dim=0).flatten(2).abs().sum(2).sum(0) / (w[-1] - w[0]).flatten(1).abs().sum(1)).mean(), "lengths are sums of absolute values; take the root of the sum of squares", "长度取成了绝对值之和；应是平方和的平方根"),
        (lambda w: (w.diff(dim=0).abs().sum(0) / (w[-1] - w[0]).abs()).mean(), "each coordinate is taken for a particle of its own; a length runs over all coordinates of a sample", "把每个坐标当成了一个粒子；长度要对样本的所有坐标来算"),
        (lambda w: (_steps(w)[:-1].sum(0) / _chord(w)).mean(), "the last step is left out", "漏了最后一步"),
        (lambda w: (_steps(w)[1:].sum(0) / _chord(w)).mean(), "the first step is left out", "漏了第一步"),
        (lambda w: (_steps(w).sum(0) / _chord(w)).mean() - 1, "this is by how much it exceeds 1; a straight way has 1", "这是超出 1 的部分；直路的值是 1"),
        (lambda w: (_steps(w).sum(0) - _chord(w)).mean(), "this is way less chord; way over chord is asked for", "这是路长减弦长；题目要的是路长比弦长"),
        (lambda w: _steps(w).sum(0).mean(), "the chord is missing: this is the mean way", "漏了弦：这是路长的均值"),
        (lambda w: (_steps(w.transpose(0, 1)).sum(0) / _chord(w.transpose(0, 1))).mean(), "steps and particles are swapped: the first axis is the way, the second the particles", "步与粒子的轴弄反了：最前一轴是路，其次才是粒子"),
    )
]  # fmt: skip
OVER_THE_LAST: Said = (
    "it is right for points in the plane, but for images a length is summed over the last axis alone; it runs over all axes "
    "of a sample: `flatten` them",
    "对平面上的点是对的，但对图像，长度只沿最后一轴求了和；应对样本的所有轴求：先 `flatten`",
)


def judge_straight(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's straightness, or None. 读者求的直度错在哪里；正确时为 None。"""
    cases: list[dict[str, Any]] = []
    for shape, dtype in SHAPES:
        steps = 0.6 + torch.randn(shape, generator=generator, dtype=dtype)
        cases.append({"walk": 2 * torch.randn(shape[1:], generator=generator, dtype=dtype) + steps.cumsum(0)})
    here, there = torch.randn(2, 4, 2, generator=generator, dtype=torch.float64)
    cases.append({"walk": here + torch.linspace(0, 1, 5, dtype=torch.float64)[:, None, None] * there})
    fault = judge_function(answer, lambda walk: float(straightness(walk)), cases, STRAIGHTNESS_MISTAKES)
    if fault is None or any(fault == (mistake.en, mistake.zh) for mistake in STRAIGHTNESS_MISTAKES):
        return fault
    flat = [{"walk": case["walk"].flatten(2)} for case in cases]
    as_points = judge_function(answer, lambda walk: float(straightness(walk)), flat)
    return OVER_THE_LAST if as_points is None else fault


STRAIGHT = Exercise(
    reference=lambda: straightness,
    judge=judge_straight,
    hints=(
        (
            "For one particle: how long is each of its steps, and how far apart are its two ends? Only then think of the axes.",
            "先看一个粒子：每一步多长？两头相距多远？想清楚再管各个轴。",
        ),
        (
            "`walk.diff(dim=0)` has all steps. A length runs over all axes of a sample (flatten them), a way over the steps.",
            "`walk.diff(dim=0)` 是所有的步。长度要对样本的所有轴求（先 flatten），路长再对各步求和。",
        ),
        (
            "`walk.diff(dim=0).flatten(2).norm(dim=2).sum(0)` are the ways, `(walk[-1] - walk[0]).flatten(1).norm(dim=1)` the "
            "chords; return the mean of their ratios.",
            "`walk.diff(dim=0).flatten(2).norm(dim=2).sum(0)` 是各条路长，`(walk[-1] - walk[0]).flatten(1).norm(dim=1)` 是各条弦长；"
            "返回两者之比的均值。",
        ),
    ),
)
