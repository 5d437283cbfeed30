"""Exercise 10.langevin: one step of Langevin's walk.

练习 10.langevin：朗之万游走的一步。
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.factors import Sum, wrong_factors
from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.exercises.lesson_10.noisy_steps import (
    LARGE,
    SHAPES,
    Scaled,
    Seed,
    Trials,
    as_answers,
    fault_of_draws,
    fault_of_source,
    moved,
    seeded_anew,
)
from course_utils.language import Said

SIZES = (0.02, 0.1, 0.45)
NAMES = ("x", "score", "size", "generator")
Field = Callable[[Tensor], Tensor]


def langevin_step(x, score, size, generator):
    """One step up the score, and noise of twice its size in variance. 沿得分走一步，再加方差为步长两倍的噪声。"""
    z = torch.randn(x.shape, generator=generator, dtype=x.dtype)
    return x + size * score(x) + (2 * size) ** 0.5 * z


def _right(x: Tensor, score: Field, size: float) -> Tensor:
    return x + size * score(x)


def _stepped(
    climb: Callable[[Tensor, Field, float], Tensor] = _right,
    factor: Callable[..., float] = lambda size, **_: (2 * size) ** 0.5,
    draw: Callable[[Tensor, torch.Generator], Tensor] = lambda x, generator: torch.randn(
        x.shape, generator=generator, dtype=x.dtype
    ),
) -> Callable[..., Tensor]:
    """`langevin_step` with another climb, factor of the noise, or draw."""
    return lambda x, score, size, generator: climb(x, score, size) + factor(size=size) * draw(x, generator)


def _after_the_noise(x: Tensor, score: Field, size: float, generator: torch.Generator) -> Tensor:
    x = x + (2 * size) ** 0.5 * torch.randn(x.shape, generator=generator, dtype=x.dtype)
    return x + size * score(x)


AFTER_THE_NOISE: Said = (
    "the score is asked for where x is after the noise; ask for it where the step begins",
    "问得分时用的是加过噪声的 x；应当问这一步出发处的得分",
)
DIRECTION: Said = (
    "only the score's direction is used; its length tells how steep it is, and belongs to the step",
    "只用了得分的方向；它的长度说的是有多陡，也要算进去",
)


def _length(score: Tensor) -> Tensor:
    return score.flatten(1).norm(dim=1).reshape(-1, *[1] * (score.ndim - 1)) if score.ndim > 1 else score.abs()


CLIMBS = [
    (climb, en, zh)
    for climb, en, zh in (
        (lambda x, s, h: x - h * s(x), "the sign: the score points to where q is denser, and the walk climbs", "符号反了：得分指向 q 更密的地方，游走是往上爬的"),
        (lambda x, s, h: x + 2 * h * s(x), "the score has the factor 2 size; the 2 belongs to the noise, under its root", "得分的系数成了 2 size；2 属于噪声，在根号里"),
        (lambda x, s, h: x + h / 2 * s(x), "the score has half of size: with Song & Ermon's ε it is ε / 2, but size stands for all of that", "得分只乘了 size 的一半：Song 与 Ermon 写作 ε / 2，而这里的 size 就是 ε / 2 本身"),
        (lambda x, s, h: x + h**0.5 * s(x), "the score has √size; the root belongs to the noise alone", "得分的系数成了 √size；只有噪声要开方"),
        (lambda x, s, h: x + (2 * h) ** 0.5 * s(x), "the score has the noise's factor √(2 size); its own is size", "得分用了噪声的系数 √(2 size)；它自己的是 size"),
        (lambda x, s, h: x + h**2 * s(x), "the score has size²; it is size", "得分的系数成了 size²；应为 size"),
        (lambda x, s, h: x + s(x), "the score has no factor; it is size", "得分没有乘系数；应为 size"),
        (lambda x, s, h: h * s(x), "x itself is missing: this is the step alone", "漏了 x 本身：这只是走的那一步"),
        (lambda x, s, h: x, "the score is not used: this only staggers, and spreads for ever", "没有用到得分：这样只会乱晃，越散越开"),
        (lambda x, s, h: x + h * s(x) / _length(s(x)), *DIRECTION),
        (lambda x, s, h: (1 - h) * x + h * s(x), "x is shrunk, as by the drift of a forward process; Langevin's step adds to x itself", "x 收缩了，像前向过程的漂移那样；朗之万的一步是在 x 本身上加"),
        (lambda x, s, h: x + h * x * s(x), "the score is multiplied by x; it is a direction, added to x", "得分乘了 x；它是个方向，应加到 x 上"),
    )
]  # fmt: skip
SPREADS = [
    Scaled(factor, en, zh)
    for factor, en, zh in (
        (lambda size, **_: size**0.5, "the noise has √size: the 2 under its root is missing, and the crowd becomes too narrow", "噪声的系数成了 √size：漏了根号里的 2，整群会变得太窄"),
        (lambda size, **_: 2 * size, "the noise has 2 size, which is its variance; its factor is the root of that", "噪声的系数成了 2 size，那是方差；系数应为它的平方根"),
        (lambda size, **_: size, "the noise has size; its variance is 2 size, so its factor is √(2 size)", "噪声的系数成了 size；它的方差是 2 size，系数应为 √(2 size)"),
        (lambda size, **_: 2 * size**0.5, "the 2 stands outside the root: √(2 size), not 2 √size", "2 写到了根号外面：应为 √(2 size)，不是 2 √size"),
        (lambda size, **_: 2**0.5 * size, "size stands outside the root: √(2 size), not √2 size", "size 写到了根号外面：应为 √(2 size)，不是 √2 size"),
        (lambda size, **_: (size / 2) ** 0.5, "the noise has √(size / 2); its variance is twice the size, not half", "噪声的系数成了 √(size / 2)；方差是 size 的两倍，不是一半"),
        (lambda size, **_: size * (2 * size) ** 0.5, "the noise is multiplied by size, too; a bracket is in the wrong place: size belongs to the score alone", "噪声也乘了 size，是括号放错了地方：size 只乘得分"),
        (lambda size, **_: 1.0, "the noise has no factor; it is √(2 size)", "噪声没有乘系数；应为 √(2 size)"),
        (lambda size, **_: 2**0.5, "the noise has √2 whatever the size; it is √(2 size)", "无论 size 是多少，噪声的系数都是 √2；应为 √(2 size)"),
        (lambda size, **_: 2.0, "the noise has the factor 2; it is √(2 size)", "噪声的系数成了 2；应为 √(2 size)"),
        (lambda size, **_: (2 * size) ** 0.25, "the root is taken twice", "开了两次方"),
        (lambda size, **_: 4 * size**2, "the variance is squared; its root is the factor", "把方差平方了；系数应是它的平方根"),
    )
]  # fmt: skip
LANGEVIN_MISTAKES = [
    *[Mistake(_stepped(climb), en, zh) for climb, en, zh in CLIMBS],
    *as_answers(lambda factor: _stepped(factor=factor), SPREADS),
    Mistake(_after_the_noise, *AFTER_THE_NOISE),
]


def _pulling(generator: torch.Generator) -> Field:
    """A made-up score that is not linear."""
    a, b, c = (0.5 + torch.rand(3, generator=generator, dtype=torch.float64)).tolist()
    return lambda x: c - a * x + 2 * torch.sin(b * x)


def _still(case: dict[str, Any]) -> dict[str, Any]:
    return case | {"x": torch.zeros_like(case["x"]), "score": torch.zeros_like}


def _case(shape: tuple[int, ...], dtype: torch.dtype, size: float, generator: torch.Generator) -> dict[str, Any]:
    x = torch.randn(shape, generator=generator, dtype=dtype)
    seed = Seed(int(torch.randint(2**31, (), generator=generator)))
    return {"x": x, "score": _pulling(generator), "size": size, "generator": seed}


def _drawn(generator: torch.Generator) -> list[dict[str, Any]]:
    sizes = (0.02 + 0.6 * torch.rand(15, generator=generator, dtype=torch.float64)).tolist()
    return [_case((4, 5), torch.float64, size, generator) for size in sizes]


def judge_langevin(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's Langevin step, or None. 读者的朗之万一步错在哪里；正确时为 None。"""
    cases = [_case(*shape, size, generator) for shape in SHAPES for size in SIZES[:2]]
    fault = fault_of_source(answer, cases[0], Seed(7))
    if fault is not None:
        return fault
    alone = seeded_anew(answer)(*_still(cases[0]).values())
    if isinstance(alone, Tensor) and bool(alone.isnan().any()):  # 0 / 0
        return DIRECTION
    formula = Sum(
        _climbed,
        _drawn,
        lambda case: {"x": case["x"], "score(x)": case["score"](case["x"])},
        lambda case: {"size": case["size"], "1 − size": 1 - case["size"]},
    )
    fault = judge_function(
        moved(answer, NAMES, _still),
        _climbed,
        cases,
        [Mistake(moved(mistake.gives, NAMES, _still), mistake.en, mistake.zh) for mistake in LANGEVIN_MISTAKES[: len(CLIMBS)]],
        1e-4,
        explain=lambda apart: _after(answer, cases[0]) or wrong_factors(apart, formula, generator),
    )  # fmt: skip
    if fault is not None:
        return fault
    large = [_case(LARGE, torch.float32, size, generator) for size in SIZES]
    return fault_of_draws(answer, Trials(_still, large, lambda size, **_: (2 * size) ** 0.5, SPREADS))


def _climbed(x: Tensor, score: Field, size: float, _: Seed) -> Tensor:
    return _right(x, score, size)


def _after(answer: Callable, case: dict[str, Any]) -> Said | None:
    """Whether the score was asked for after the noise was added. 是不是加了噪声之后才问的得分？"""
    step = seeded_anew(answer)
    x = case["x"] + step(*_still(case).values())
    return (
        AFTER_THE_NOISE
        if torch.allclose(step(*case.values()), _right(x, case["score"], case["size"]), atol=1e-6)
        else None
    )


LANGEVIN = Exercise(
    reference=lambda: langevin_step,
    draws=True,
    judge=judge_langevin,
    hints=(
        (
            "Two things happen to x: it climbs, and it staggers. Which of them goes with the size, and which with its root?",
            "x 经历两件事：往上爬，以及晃动。哪一件与 size 成正比，哪一件与它的平方根成正比？",
        ),
        (
            "The climb is size times the score where x is. The noise has the variance 2 size, and is drawn for every number of every "
            "sample, with `generator`.",
            "往上爬的是 size 乘 x 处的得分。噪声的方差是 2 size，用 `generator` 给每个样本的每个数各抽一份。",
        ),
        (
            "`z = torch.randn(x.shape, generator=generator, dtype=x.dtype)`; then x + size score(x) + √(2 size) z.",
            "`z = torch.randn(x.shape, generator=generator, dtype=x.dtype)`；再返回 x + size score(x) + √(2 size) z。",
        ),
    ),
)
