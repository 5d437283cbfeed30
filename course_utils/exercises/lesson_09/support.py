"""Exercise 09.support: precision and recall of a crowd, by balls about the samples.

练习 09.support：用样本周围的球，量出一群样本的精确率与召回率。
"""

from collections.abc import Callable
from itertools import count
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake, judge_function, listed_numbers
from course_utils.exercises.kinds import Exercise
from course_utils.language import CourseError, Said

TRIALS = (((14, 19), 2, 3, torch.float64), ((22, 16), 3, 1, torch.float32), ((18, 18), 2, 5, torch.float64), ((24, 20), 4, 2, torch.float32))  # fmt: skip
ON_EDGES = (((16, 16), 1, torch.float64), ((16, 8), 2, torch.float32))  # whole numbers on a line, of which many tie
MARGIN = 1e-4  # how far from the edge of any ball every sample of TRIALS lies, of its radius


def shared_ground(real: Tensor, made: Tensor, k: int) -> tuple[float, float]:
    """Precision and recall: the share of one cloud that lies in any ball of the other. 落在对方任一球内的占比。"""

    def covered(centres, points):
        reach = torch.cdist(centres, centres).sort(dim=1).values[:, k]  # the 0th is the point itself
        return float((torch.cdist(points, centres) <= reach).any(1).double().mean())

    return covered(real, made), covered(made, real)


class _Clouds:
    """Both clouds, the distances within and between them, and k. 两团样本、团内与团间的距离，以及 k。"""

    def __init__(self, real: Tensor, made: Tensor, k: int):
        self.real, self.made, self.k = real.double(), made.double(), k
        self.within = [torch.cdist(x, x).sort(dim=1).values for x in (self.real, self.made)]
        self.between = torch.cdist(self.made, self.real)  # (made, real)

    def reach(self, k: int) -> list[Tensor]:
        """How far the k-th nearest other sample is. 到第 k 近的其他样本有多远。"""
        return [within[:, min(k, within.shape[1] - 1)] for within in self.within]

    def shares(self, real: Tensor, made: Tensor, how: str = "any", compare: Callable = torch.le) -> Tensor:
        """Precision and recall with these radii. 用这些半径得到的精确率与召回率。"""
        inside = compare(self.between, real), compare(self.between.T, made)
        found = [x.any(1) if how == "any" else x.all(1) if how == "all" else x for x in inside]
        return torch.stack([x.double().mean() for x in found])


def _own_balls(c: _Clouds) -> Tensor:
    real, made = c.reach(c.k)
    inside = c.between <= made[:, None], c.between.T <= real[:, None]
    return torch.stack([x.any(1).double().mean() for x in inside])


def _nearest_ball(c: _Clouds) -> Tensor:
    real, made = c.reach(c.k)
    found = []
    for between, reach in ((c.between, real), (c.between.T, made)):
        distance, index = between.min(1)
        found.append((distance <= reach[index]).double().mean())
    return torch.stack(found)


def _density_coverage(c: _Clouds) -> Tensor:
    inside = c.between <= c.reach(c.k)[0]
    return torch.stack([inside.double().sum(1).mean() / c.k, inside.any(0).double().mean()])


def _coverage(c: _Clouds) -> Tensor:
    inside = c.between <= c.reach(c.k)[0]
    return torch.stack([inside.any(1).double().mean(), inside.any(0).double().mean()])


def _across(c: _Clouds) -> Tensor:
    reach = [x.sort(dim=1).values[:, c.k - 1] for x in (c.between.T, c.between)]
    return c.shares(*reach)


def _one_radius(of: Callable[[Tensor], Tensor]) -> Callable[[_Clouds], Tensor]:
    return lambda c: c.shares(*(of(reach).expand_as(reach) for reach in c.reach(c.k)))


def _distinct(c: _Clouds) -> Tensor:
    reach = [within.where(within > 1e-9, 1e9).sort(dim=1).values[:, c.k - 1] for within in c.within]
    return c.shares(*reach)


SUPPORT_MISTAKES = [
    Mistake(lambda real, made, k, gives=gives: gives(_Clouds(real, made, k)), en, zh)
    for gives, en, zh in (
        (lambda c: c.shares(*c.reach(c.k), compare=torch.lt), "a sample on the very edge of a ball is left out; it lies in it, at a distance of at most (`<=`) the radius", "恰在球面上的样本被排除了；它也算在球内：距离不大于（`<=`）半径"),
        (lambda c: c.shares(*c.reach(c.k - 1)), "the point itself is counted among its neighbours, so the balls reach to the (k − 1)-th: at k = 1 they are points", "把样本自己也算作了邻居，球只伸到第 k − 1 近的：k = 1 时就是一个点"),
        (lambda c: c.shares(*c.reach(c.k + 1)), "k is one too large: the point itself stands at place 0, the k-th other one at place k", "k 大了 1：样本自己排在第 0 位，第 k 近的其他样本排在第 k 位"),
        (lambda c: c.shares(*c.reach(c.k)).flip(0), "precision and recall are swapped: precision is the share of what was made, found among the real", "精确率与召回率弄反了：精确率是生成的样本中，落在真实样本之中的占比"),
        (_own_balls, "the balls stand about the wrong cloud: what was made is tested with its own radius, and not with that of the real sample that it lies near", "球的中心弄错了：检验生成的样本时，用的是它自己的半径，而不是它旁边那个真实样本的"),
        (_one_radius(lambda reach: reach.median()), "one radius, the median, is taken for all; each sample has a ball of its own, small where it is crowded", "所有样本共用一个半径（中位数）；每个样本的球应各有大小，拥挤处的小"),
        (_one_radius(lambda reach: reach.mean()), "one radius, the mean, is taken for all; each sample has a ball of its own, small where it is crowded", "所有样本共用一个半径（均值）；每个样本的球应各有大小，拥挤处的小"),
        (_one_radius(lambda reach: reach.max()), "one radius, the largest, is taken for all; each sample has a ball of its own, small where it is crowded", "所有样本共用一个半径（最大的）；每个样本的球应各有大小，拥挤处的小"),
        (lambda c: c.shares(*c.reach(c.k), how="all"), "a sample must lie in all balls here; one is enough", "这里要求落在所有的球里；落在任一个里就够了"),
        (_nearest_ball, "only the ball of the nearest sample is asked; a larger ball about a farther one may hold it, too", "只看了最近那个样本的球；远一些的样本，球更大，也可能盖住它"),
        (lambda c: c.shares(*c.reach(c.k), how="pairs"), "this is the share of pairs; a sample counts once, however many balls it lies in", "这是配对的占比；一个样本无论落在几个球里，只算一次"),
        (_density_coverage, "these are density and coverage: other measures", "这是密度与覆盖率：另外两种量"),
        (_coverage, "the second is coverage: the share of real balls that hold something. Recall has its balls about what was made", "第二个是覆盖率：盖住了东西的真实球的占比。召回率的球在生成的样本周围"),
        (_across, "the radius is the distance to the k-th nearest of the other cloud; it is that of its own", "半径取成了到另一团中第 k 近的距离；应取自己这一团里的"),
        (lambda c: c.shares(*(x**2 for x in c.reach(c.k))), "distances are compared with squared radii", "拿距离与半径的平方相比"),
        (lambda c: c.shares(*(x / 2 for x in c.reach(c.k))), "the balls have half the radius", "球的半径减了半"),
        (lambda c: 1 - c.shares(*c.reach(c.k)), "these are the shares outside", "这是落在外面的占比"),
        (_distinct, "copies are left out with the point itself: an equal sample is a neighbour at distance 0. Leave out the point by its place, not by its distance", "把副本连同样本自己一起去掉了：一模一样的另一个样本，是距离为 0 的邻居。应按位置去掉自己，而不是按距离"),
    )
]  # fmt: skip


def _case(counts: tuple[int, int], d: int, k: int, dtype: torch.dtype, generator: torch.Generator) -> dict[str, Any]:
    """Two clouds that overlap in part, some of each twice, and none on the edge of a ball. 部分重合的两团，没有样本恰在球面上。"""
    for _ in count():
        shift = torch.zeros(d, dtype=dtype)
        shift[0] = 1.2
        real, made = (torch.randn(n, d, generator=generator, dtype=dtype) for n in counts)
        made = 0.7 * made + shift
        real[-3:], made[-4:] = real[:3], made[:4]
        case = {"real": real, "made": made, "k": k}
        clouds = _Clouds(**case)
        edges = [
            (x / reach - 1).abs().amin()
            for j in (k - 1, k, k + 1)
            for x, reach in zip((clouds.between, clouds.between.T), clouds.reach(j), strict=True)
        ]
        if min(edges) > MARGIN and _tells(clouds):
            return case


def _on_edges(counts: tuple[int, int], k: int, dtype: torch.dtype, generator: torch.Generator) -> dict[str, Any]:
    """Whole numbers on a line in the plane: all distances are exact, and some samples lie on the edge of a ball.

    平面内一条直线上的整数点：距离都是精确的，有些样本恰在球面上。

    Their numbers are powers of two, so that even the mean of a cloud is exact. Where two centres are equally near, their
    balls say the same, as either may be taken for the nearest.
    """
    for _ in count():
        places = [torch.randint(24, (n,), generator=generator) + at for n, at in zip(counts, (0, 12), strict=True)]
        real, made = (torch.stack([x, torch.zeros_like(x)], 1).to(dtype) for x in places)
        clouds, turned = _Clouds(real, made, k), _Clouds(real.flip(0), made.flip(0), k)
        decided = clouds.shares(*clouds.reach(k)) != clouds.shares(*clouds.reach(k), compare=torch.lt)
        if bool(decided.all()) and _nearest_ball(clouds).equal(_nearest_ball(turned)):
            return {"real": real, "made": made, "k": k}


def _tells(clouds: _Clouds) -> bool:
    """Whether both shares lie between none and all, and apart, and the nearest ball does not do. 这次试验能否分辨对错。"""
    exact = clouds.shares(*clouds.reach(clouds.k))
    precision, recall = exact.tolist()
    return 0 < precision < 1 and 0 < recall < 1 and precision != recall and not exact.equal(_nearest_ball(clouds))


def _two(answer: Callable) -> Callable[..., Any]:
    """Its two numbers as one tensor. 把两个数并成一个张量。"""

    def both(real: Tensor, made: Tensor, k: int) -> Any:
        found = answer(real, made, k)
        if found is None or found is ...:
            return found
        values = listed_numbers(found)
        if len(values) != 2 or None in values:
            raise CourseError(
                "What comes back is not two numbers. Return `precision, recall`.",
                "返回的不是两个数。请返回 `precision, recall`。",
            )
        return torch.tensor(values, dtype=torch.float64)

    return both


def judge_support(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's precision and recall, or None. 读者的精确率与召回率错在哪里；正确时为 None。"""
    cases = [_case(*trial, generator) for trial in TRIALS for _ in range(2)]
    cases += [_on_edges(*trial, generator) for trial in ON_EDGES]
    return judge_function(_two(answer), _two(shared_ground), cases, SUPPORT_MISTAKES)


SUPPORT = Exercise(
    reference=lambda: shared_ground,
    judge=judge_support,
    hints=(
        (
            "Both are one question with the clouds exchanged: which share of these points lies in any ball about those? Write "
            "it once, as a function inside.",
            "两者其实是同一个问题，只是把两团对调：这些点里，有多少落在那一团的任一个球内？在里面写一个函数，用两次。",
        ),
        (
            "`torch.cdist(centres, centres)`, sorted along a row: at place 0 stands the point itself, so the radius is at place "
            "k. Each centre has its own.",
            "把 `torch.cdist(centres, centres)` 每行排序：第 0 位是样本自己，所以半径在第 k 位。每个中心各有一个。",
        ),
        (
            "`reach = torch.cdist(centres, centres).sort(dim=1).values[:, k]`, then "
            "`(torch.cdist(points, centres) <= reach).any(1).double().mean()`; for precision the centres are the real ones.",
            "`reach = torch.cdist(centres, centres).sort(dim=1).values[:, k]`，再 "
            "`(torch.cdist(points, centres) <= reach).any(1).double().mean()`；求精确率时，中心是真实样本。",
        ),
    ),
)
