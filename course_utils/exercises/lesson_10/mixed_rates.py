"""Exercise 10.rates: the drift and the noise of an SDE, from the path that its x_t must stay on.

练习 10.rates：由 x_t 应当满足的路径，求 SDE 的漂移与噪声。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.factors import wrong_number
from course_utils.exercises.judging import Mistake
from course_utils.exercises.kinds import Exercise
from course_utils.exercises.lesson_10.pairs import Slips, half, judge_pair
from course_utils.language import Said


def rates_of(a, b, da, db):
    """f and g^2 of dx = f x dt + g dW with x_t = a x_0 + b eps, from a, b and how fast they change. 由路径求 f 与 g^2。"""
    f = da / a
    return f, 2 * b * (db - f * b)


Rate = Callable[..., Any]
_RIGHT_F: Rate = lambda a, b, da, db: da / a  # noqa: E731
_RIGHT_G2: Rate = lambda a, b, da, db: 2 * b * (db - da / a * b)  # noqa: E731


def _rated(f: Rate = _RIGHT_F, g2: Rate = _RIGHT_G2) -> Callable[..., tuple[Any, Any]]:
    return lambda a, b, da, db: (f(a, b, da, db), g2(a, b, da, db))


def _entries(make: Callable[[Rate], Rate], table: tuple) -> list[Mistake]:
    return [Mistake(make(gives), en, zh) for gives, en, zh in table]


RATES_MISTAKES = Slips(
    both=_entries(lambda gives: gives, (
        (lambda a, b, da, db: rates_of(a, b, da, db)[::-1], "the two are swapped: f first, then g²", "两个写反了：先 f，后 g²"),
        (lambda a, b, da, db: (db / b, 2 * a * (da - db / b * a)), "a and b are swapped: f says how fast the factor of x_0 changes", "a 与 b 写反了：f 说的是 x_0 的系数变得多快"),
        (lambda a, b, da, db: (0 * a, 2 * b * db), "nothing shrinks here: f = 0 and g² = 2 b b′ go with VE alone, where a stays 1", "这里什么也不收缩：f = 0、g² = 2 b b′ 只对 a 恒为 1 的 VE 成立"),
    )),
    first=_entries(lambda gives: _rated(f=gives), (
        (lambda a, b, da, db: a, "f is a itself; it is a rate: the factor a of x_0 is multiplied by 1 + f dt, so f = a′ / a", "f 取成了 a 本身；它是变化率：x_0 的系数 a 乘以 1 + f dt，所以 f = a′ / a"),
        (lambda a, b, da, db: da, "f is a′; the drift is f times x, so what a changes by is f a: divide by a", "f 取成了 a′；漂移是 f 乘 x，a 的变化是 f a：还要除以 a"),
        (lambda a, b, da, db: -da / a, "the sign of f: where a falls, f x must shrink x, so f is below 0", "f 的符号反了：a 下降时，f x 要使 x 收缩，所以 f 小于 0"),
        (lambda a, b, da, db: da / (2 * a), "f is half of what it should be: a itself follows dx, not a²", "f 少了一半：跟着 dx 走的是 a 本身，不是 a²"),
        (lambda a, b, da, db: -da / (2 * a), "f is −a′ / (2 a): neither the sign nor the half belongs there; a itself follows dx, so f = a′ / a, below 0 where a falls", "f 取成了 −a′ / (2 a)：负号与一半都多余；跟着 dx 走的是 a 本身，所以 f = a′ / a，a 下降时小于 0"),
        (lambda a, b, da, db: 2 * da / a, "f is twice what it should be: that is the rate of a², the signal's variance", "f 多了一倍：那是 a²（信号的方差）的变化率"),
        (lambda a, b, da, db: a / da, "f is upside down: a′ / a", "f 上下颠倒了：应为 a′ / a"),
        (lambda a, b, da, db: db / b, "f is b′ / b, the rate at which the noise grows; f is that of the signal", "f 取成了 b′ / b，那是噪声增长的速率；f 应是信号的"),
        (lambda a, b, da, db: 0 * a, "f is 0: then nothing would shrink, and a would stay as it is", "f 为 0：那样什么也不收缩，a 就不会变"),
        (lambda a, b, da, db: da * a, "f is a′ times a; divide by a: what a changes by is f a", "f 取成了 a′ 乘 a；应除以 a：a 的变化是 f a"),
    )),
    second=_entries(lambda gives: _rated(g2=gives), (
        (lambda a, b, da, db: abs(2 * b * (db - da / a * b)) ** 0.5, "this is g; g² is asked for, the variance that comes in per unit of time", "这是 g；题目要的是 g²，即单位时间新加进的方差"),
        (lambda a, b, da, db: 2 * b * db, "g² is 2 b b′, how fast the variance b² grows; but the old noise shrinks meanwhile, by 2 f b², and g² must make up for that, too", "g² 取成了 2 b b′，即方差 b² 增长的速率；可旧噪声同时在收缩，速率是 2 f b²，g² 还得把它补上"),
        (lambda a, b, da, db: b * (db - da / a * b), "half of it is missing: the variance b² changes by 2 b b′", "少了一半：方差 b² 的变化率是 2 b b′"),
        (lambda a, b, da, db: 2 * b * db - da / a * b**2, "a variance shrinks twice as fast as x: the old noise loses 2 f b², not f b²", "方差收缩得比 x 快一倍：旧噪声失去的是 2 f b²，不是 f b²"),
        (lambda a, b, da, db: b * db - 2 * da / a * b**2, "the variance b² grows by 2 b b′, not b b′", "方差 b² 增长的速率是 2 b b′，不是 b b′"),
        (lambda a, b, da, db: 2 * b * (db + da / a * b), "the sign of what shrinks: f is below 0 there, and g² must be the larger for it", "收缩那一项的符号反了：那里 f 小于 0，g² 应当因此更大"),
        (lambda a, b, da, db: -2 * b * (db - da / a * b), "the sign of g²: a variance that comes in is above 0", "g² 的符号反了：新加进的方差大于 0"),
        (lambda a, b, da, db: 2 * (db - da / a * b), "a factor b is missing: the variance is b², whose rate is 2 b b′", "漏了因子 b：方差是 b²，它的变化率是 2 b b′"),
        (lambda a, b, da, db: db - da / a * b, "this is how fast b would have to grow by itself; variances add up, so go to b²: times 2 b", "这是 b 本身该长多快；相加的是方差，应换成 b²：再乘 2 b"),
        (lambda a, b, da, db: 2 * b * (db - da * b), "f stands in g² as a′; it is a′ / a", "g² 里的 f 写成了 a′；应为 a′ / a"),
        (lambda a, b, da, db: 2 * b * (db - da / a), "f takes b with it: of the noise, f b is lost, not f", "f 要带上 b：噪声失去的是 f b，不是 f"),
        (lambda a, b, da, db: -2 * da / a * b**2, "this only makes up for what shrinks; b² must also grow, by 2 b b′", "这只补上了收缩的那份；b² 自己还要增长，速率是 2 b b′"),
        (lambda a, b, da, db: -2 * da / a + 0 * b, "g² = −2 f holds only on VP, where a² + b² = 1; the path is any", "g² = −2 f 只在 VP（a² + b² = 1）上成立；这里的路径是任意的"),
        (lambda a, b, da, db: 2 * b * db - da / a * b, "of the variance b² the part 2 f b² is lost, not f b", "方差 b² 失去的是 2 f b²，不是 f b"),
        (lambda a, b, da, db: db**2, "g² is b′²; but it is variances that add up: b² changes by 2 b b′", "g² 取成了 b′²；可相加的是方差：b² 的变化率是 2 b b′"),
        (lambda a, b, da, db: b**2, "g² is b², all the noise there is; g² is what comes in per unit of time", "g² 取成了 b²，那是已有的全部噪声；g² 是单位时间新加进的"),
        (lambda a, b, da, db: (2 * b * (db - da / a * b)) ** 2, "this is g⁴: the variance that comes in is g² already", "这是 g⁴：新加进的方差本身就是 g²"),
    )),
)  # fmt: skip
NAMES: tuple[Said, Said] = (("f", "f"), ("g²", "g²"))


def _case(kind: int, drawn: Tensor, generator: torch.Generator) -> dict[str, Any]:
    """A place on some path: plain numbers, or tensors of one value, or (3,), of either type."""
    low, width = torch.tensor([0.15, 0.2, -2.0, 0.2]), torch.tensor([0.8, 0.9, 1.7, 1.6])
    names = ("a", "b", "da", "db")
    if kind == 0:
        return dict(zip(names, (low.double() + width.double() * drawn).tolist(), strict=True))
    dtype, size = (torch.float64, torch.float32)[kind % 2], ((), (3,))[kind > 2]
    values = torch.rand(4, *size, generator=generator, dtype=dtype)
    shaped = (-1, *[1] * len(size))
    return dict(zip(names, low.to(dtype).view(shaped) + width.to(dtype).view(shaped) * values, strict=True))


def judge_rates(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's f and g^2, or None. 读者的 f 与 g^2 错在哪里；正确时为 None。"""
    drawn = torch.rand(14, 4, generator=generator, dtype=torch.float64)
    plain = [_case(0, each, generator) for each in drawn]
    cases = [*plain[:5], *(_case(kind, drawn[0], generator) for kind in (1, 2, 3, 4))]
    explain = tuple(partial(wrong_number, truth=half(rates_of, i), cases=plain, numbers=_numbers) for i in range(2))
    return judge_pair(
        answer, rates_of, cases, NAMES, RATES_MISTAKES, explain, lambda f, a, b, da, db: 2 * b * (db - f * b)
    )


def _numbers(case: dict[str, Any]) -> dict[str, float]:
    a, b, da, db = case.values()
    return {"a": a, "b": b, "(−a′)": -da, "b′": db, "b′ − f b": db - da / a * b}


RATES = Exercise(
    reference=lambda: rates_of,
    judge=judge_rates,
    hints=(
        (
            "Follow two numbers through a short time dt: the factor of x_0, and the variance of all noise so far. What does each of "
            "f and g do to them?",
            "在很短的时间 dt 里盯住两个数：x_0 的系数，与已有噪声的总方差。f 与 g 各对它们做了什么？",
        ),
        (
            "a becomes a (1 + f dt): that gives f. The variance b² becomes b² (1 + 2 f dt) + g² dt, and must change by 2 b b′ dt.",
            "a 变成 a (1 + f dt)，由此得 f。方差 b² 变成 b² (1 + 2 f dt) + g² dt，而它应当改变 2 b b′ dt。",
        ),
        (
            "f = a′ / a, and 2 f b² + g² = 2 b b′. Solve for g², and return both, f first.",
            "f = a′ / a，且 2 f b² + g² = 2 b b′。解出 g²，两个一起返回，f 在前。",
        ),
    ),
)
