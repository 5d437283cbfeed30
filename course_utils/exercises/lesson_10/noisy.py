"""Exercise 10.noisy: the score from the velocity of the straight path, so that noise may be added to a flow.

练习 10.noisy：由直线路径的速度求得分，好给流加噪声。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.factors import Sum, wrong_factors
from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said

SHAPES = (((3, 2), torch.float64), ((2, 1, 4, 4), torch.float32), ((1, 5), torch.float64), ((4, 3, 2), torch.float32))


def score_of_velocity(xt, v, t):
    """The score at x_t on the straight path, from the velocity there: -eps_hat / t. 由直线路径的速度求 x_t 处的得分。"""
    return -(xt + (1 - t) * v) / t


NOISY_MISTAKES = [
    Mistake(gives, en, zh)
    for gives, en, zh in (
        (lambda x, v, t: (x + (1 - t) * v) / t, "the sign: this is ε̂ / t, which points to the noise; the score is −ε̂ / t", "符号反了：这是 ε̂ / t，指向噪声；得分是 −ε̂ / t"),
        (lambda x, v, t: -(x + (1 - t) * v), "this is −ε̂; by (2) the score is −ε̂ / b, and here b = t: the division is missing", "这是 −ε̂；由 (2)，得分是 −ε̂ / b，这里 b = t：漏了除以 t"),
        (lambda x, v, t: x + (1 - t) * v, "this is ε̂, the noise itself; by (2) the score is −ε̂ / b, and here b = t", "这是噪声 ε̂ 本身；由 (2)，得分是 −ε̂ / b，这里 b = t"),
        (lambda x, v, t: -(x - t * v) / t, "x̂_0 stands where ε̂ belongs: x_t − t v goes back to the data; on to the noise it is x_t + (1 − t) v", "该用 ε̂ 的地方用了 x̂_0：x_t − t v 是退回数据；走到噪声是 x_t + (1 − t) v"),
        (lambda x, v, t: (x - t * v) / t, "x̂_0 stands where −ε̂ belongs: x_t − t v goes back to the data; on to the noise it is x_t + (1 − t) v", "该用 −ε̂ 的地方用了 x̂_0：x_t − t v 是退回数据；走到噪声是 x_t + (1 − t) v"),
        (lambda x, v, t: x - t * v, "this is x̂_0, the guess of the data; the score is −ε̂ / t", "这是 x̂_0，对数据的猜测；得分是 −ε̂ / t"),
        (lambda x, v, t: -(x - (1 - t) * v) / t, "v is taken for a velocity towards the data; here it points to the noise, and ε̂ = x_t + (1 − t) v", "把 v 当成了指向数据的速度；这里它指向噪声，ε̂ = x_t + (1 − t) v"),
        (lambda x, v, t: (x - (1 - t) * v) / t, "v is taken for a velocity towards the data, and the sign is wrong, too: the score is −ε̂ / t with ε̂ = x_t + (1 − t) v", "把 v 当成了指向数据的速度，正负号也反了：得分是 −ε̂ / t，ε̂ = x_t + (1 − t) v"),
        (lambda x, v, t: -(x + (1 - t) * v) / (1 - t), "it is divided by 1 − t, the factor of x_0; (2) divides by b, the factor of the noise, which is t", "除以了 1 − t，那是 x_0 的系数；(2) 除以的是噪声的系数 b，即 t"),
        (lambda x, v, t: -(x + (1 - t) * v) / t**2, "it is divided by t², the variance; −ε̂ / b has one t", "除以了方差 t²；−ε̂ / b 里只有一个 t"),
        (lambda x, v, t: -x / t - (1 - t) * v, "only x_t is divided by t; divide the whole of ε̂", "只有 x_t 除以了 t；应当把整个 ε̂ 除以 t"),
        (lambda x, v, t: -x - (1 - t) * v / t, "this is −(b x_t + a v) / b, which holds for lesson 6's v, a velocity on the circle; on the straight path ε̂ = x_t + (1 − t) v", "这是 −(b x_t + a v) / b，只对第 6 课的 v（圆弧上的速度）成立；直线路径上 ε̂ = x_t + (1 − t) v"),
        (lambda x, v, t: -(x + t * v) / t, "the way that is left to the noise takes 1 − t, not t", "到噪声还剩的时间是 1 − t，不是 t"),
        (lambda x, v, t: -(x + v) / t, "v has no factor: from x_t to the noise there is only 1 − t of the time left", "v 没有乘系数：从 x_t 到噪声只剩 1 − t 的时间"),
        (lambda x, v, t: -((1 - t) * x + v) / t, "the factor 1 − t belongs to v: ε̂ = x_t + (1 − t) v", "系数 1 − t 是 v 的：ε̂ = x_t + (1 − t) v"),
        (lambda x, v, t: -(t * x + (1 - t) * v), "this is −(b x_t + a v), the noise by lesson 6's v, a velocity on the circle; on the straight path ε̂ = x_t + (1 − t) v, and the score is −ε̂ / t", "这是 −(b x_t + a v)，由第 6 课的 v（圆弧上的速度）求噪声的式子；直线路径上 ε̂ = x_t + (1 − t) v，得分是 −ε̂ / t"),
        (lambda x, v, t: -x / t, "v is not used: this takes x_t itself for the noise", "没有用到 v：这是把 x_t 本身当成了噪声"),
        (lambda x, v, t: -x + 0 * v, "this is the score at t = 1 alone, where nothing of the data is left", "这只是 t = 1 处的得分，那里已没有数据"),
        (lambda x, v, t: -v / t, "this takes the velocity for the noise; ε̂ = x_t + (1 − t) v", "这是把速度当成了噪声；ε̂ = x_t + (1 − t) v"),
        (lambda x, v, t: 0 * x - v, "this is the velocity turned round; the score is −ε̂ / t with ε̂ = x_t + (1 − t) v", "这是反过来的速度；得分是 −ε̂ / t，其中 ε̂ = x_t + (1 − t) v"),
        (lambda x, v, t: -(x + t * v) / (1 - t), "t is counted the other way round, as if the data were at 1", "t 数反了：这是把数据当成在 1 处"),
        (lambda x, v, t: (t * v - x) / (1 - t), "this is the papers' formula, with the data at 1 and the velocity towards them", "这是论文里的式子：数据在 1 处，速度指向数据"),
    )
]  # fmt: skip

AT_ONE: Said = (
    "it is right below t = 1, but must hold at t = 1, too: divide by t alone, and by nothing that is 0 there, such as 1 − t",
    "t < 1 时都对，但 t = 1 处也要成立：只除以 t，别除以在那里为 0 的量，例如 1 − t",
)


def _case(i: int, generator: torch.Generator) -> dict[str, Any]:
    shape, dtype = SHAPES[i % len(SHAPES)]
    xt, v = torch.randn(2, *shape, generator=generator, dtype=dtype)
    return {"xt": xt, "v": v, "t": 0.05 + 0.9 * float(torch.rand((), generator=generator, dtype=torch.float64))}


def _drawn(generator: torch.Generator) -> list[dict[str, Any]]:
    return [_case(4 * i, generator) for i in range(24)]


def _terms(case: dict[str, Any]) -> dict[str, Tensor]:
    return {"xt": case["xt"], "v": case["v"]}


def _numbers(case: dict[str, Any]) -> dict[str, float]:
    return {"t": case["t"], "1 − t": 1 - case["t"]}


def judge_noisy(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's score from a velocity, or None. 读者由速度求得的得分错在哪里；正确时为 None。"""
    cases = [_case(i, generator) for i in range(12)]
    explain = partial(wrong_factors, formula=Sum(score_of_velocity, _drawn, _terms, _numbers), generator=generator)
    fault = judge_function(answer, score_of_velocity, cases, NOISY_MISTAKES, explain=explain)
    if fault is not None:
        return fault
    at_one = judge_function(answer, score_of_velocity, [case | {"t": 1.0} for case in cases[:4]])
    return at_one and AT_ONE


NOISY = Exercise(
    reference=lambda: score_of_velocity,
    judge=judge_noisy,
    hints=(
        (
            "By (2) a score is a guess of the noise over b, with a minus. Where does the straight line through x_t reach the noise?",
            "由 (2)，得分就是对噪声的猜测除以 b，再取负。过 x_t 的那条直线，在哪里走到噪声？",
        ),
        (
            "From x_t on, time 1 − t is left, at the velocity v: ε̂ = x_t + (1 − t) v. On this path b = t.",
            "从 x_t 起还剩 1 − t 的时间，速度是 v：ε̂ = x_t + (1 − t) v。这条路径上 b = t。",
        ),
        (
            "Minus ε̂ over t, that is −(x_t + (1 − t) v) / t. At t = 1 it is −x_t, and nothing is divided by 0.",
            "−ε̂ 除以 t，即 −(x_t + (1 − t) v) / t。t = 1 时是 −x_t，没有除以 0。",
        ),
    ),
)
