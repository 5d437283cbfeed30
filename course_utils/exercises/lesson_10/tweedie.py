"""Exercise 10.tweedie: the mean of x_0 given x_t, from the score, on any path.

练习 10.tweedie：在任意路径上，由得分求给定 x_t 时 x_0 的均值。
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


def guess(xt, score, a, b):
    """E[x_0 | x_t] from the score of q(x_t), where x_t = a x_0 + b eps. 由 q(x_t) 的得分求 E[x_0 | x_t]。"""
    return (xt + b**2 * score) / a


GUESS_MISTAKES = [
    Mistake(gives, en, zh)
    for gives, en, zh in (
        (lambda x, s, a, b: (x - b**2 * s) / a, "the sign: the score points to where the data are denser, so b² times it is added, not subtracted", "符号反了：得分指向数据更密的地方，b² 乘得分应当加上，不是减去"),
        (lambda x, s, a, b: (x + b * s) / a, "b is not squared: one b turns the score into noise, and the noise stands in x_t with a second b", "b 没有平方：乘一个 b，得分变成噪声；噪声在 x_t 里又带一个 b"),
        (lambda x, s, a, b: (x - b * s) / a, "b is not squared, and the sign is that of the noise: ε̂ is −b times the score, and x_t holds b ε̂", "b 没有平方，符号也成了噪声的：ε̂ 是 −b 乘得分，而 x_t 里是 b ε̂"),
        (lambda x, s, a, b: x + b**2 * s, "the division by a is missing: x_t without its noise is a times x_0", "漏了除以 a：x_t 去掉噪声，剩下的是 a 乘 x_0"),
        (lambda x, s, a, b: x / a + b**2 * s, "only x_t is divided by a; the noise that is taken off stands in x_t, too, so divide the whole", "只有 x_t 除以了 a；去掉的噪声也在 x_t 里，应当整个除以 a"),
        (lambda x, s, a, b: x + b**2 * s / a, "only the score is divided by a; divide the whole", "只有得分那一项除以了 a；应当整个除以 a"),
        (lambda x, s, a, b: -b * s + 0 * x, "this is the mean of the noise ε, −b times the score; the mean of x_0 is asked for", "这是噪声 ε 的均值，即 −b 乘得分；题目要的是 x_0 的均值"),
        (lambda x, s, a, b: b * s + 0 * x, "this is the mean of the noise ε but for its sign; the mean of x_0 is asked for", "这是噪声 ε 的均值，还差一个负号；题目要的是 x_0 的均值"),
        (lambda x, s, a, b: -s / b + 0 * x, "the score is divided by b, as if it were the noise; the score is −ε̂ / b already", "得分又除以了 b，像是把它当成了噪声；得分本身就是 −ε̂ / b"),
        (lambda x, s, a, b: (x + s / b) / a, "the score is divided by b; it is −ε̂ / b already, and b² takes it to what stands in x_t", "得分又除以了 b；它本身就是 −ε̂ / b，乘 b² 才是 x_t 里的那份"),
        (lambda x, s, a, b: (x + s / b**2) / a, "b² stands below; it belongs above: the more noise, the farther from x_t", "b² 写到分母里去了；应当相乘：噪声越多，离 x_t 越远"),
        (lambda x, s, a, b: (x + s) / a, "the score has no factor; noise of variance b² needs b²", "得分没有乘系数；噪声的方差是 b²，就要乘 b²"),
        (lambda x, s, a, b: x / a, "the score is not used: this is x_0 as if there were no noise", "没有用到得分：这是把 x_t 当成没有噪声"),
        (lambda x, s, a, b: b**2 * s / a + 0 * x, "x_t itself is missing: this is only by how much the guess departs from x_t / a", "漏了 x_t 本身：这只是猜测与 x_t / a 之差"),
        (lambda x, s, a, b: a * (x + b**2 * s), "it multiplies by a; x_t holds a x_0, so divide", "乘了 a；x_t 里是 a x_0，应当除以 a"),
        (lambda x, s, a, b: (x + b**2 * s) / a**2, "it is divided by a²; x_t holds x_0 times a", "除以了 a²；x_t 里的 x_0 只乘了一个 a"),
        (lambda x, s, a, b: (x + b**2 * s) / b, "it is divided by b; x_0 stands in x_t with a", "除以了 b；x_0 在 x_t 里的系数是 a"),
        (lambda x, s, a, b: (x + a**2 * s) / b, "a and b are swapped: a is the factor of x_0", "a 与 b 写反了：a 是 x_0 的系数"),
        (lambda x, s, a, b: (x + a**2 * s) / a, "a² stands where b² belongs: it is the noise's variance", "该用 b² 的地方用了 a²：那里应是噪声的方差"),
        (lambda x, s, a, b: (x + (1 - a**2) * s) / a, "1 − a² is b² only where a² + b² = 1; the path is any", "只有 a² + b² = 1 时，1 − a² 才是 b²；这里的路径是任意的"),
        (lambda x, s, a, b: (x + (1 - a) ** 2 * s) / a, "(1 − a)² is b² only on the straight path; the path is any", "只有在直线路径上，(1 − a)² 才是 b²；这里的路径是任意的"),
        (lambda x, s, a, b: (x + b**2 * s) / (1 - b), "1 − b is a only on the straight path; the path is any", "只有在直线路径上，1 − b 才是 a；这里的路径是任意的"),
        (lambda x, s, a, b: -b * s - (x + b**2 * s) / a, "this is ε̂ − x̂_0, the velocity of the straight path; the mean of x_0 is asked for", "这是 ε̂ − x̂_0，直线路径的速度；题目要的是 x_0 的均值"),
    )
]  # fmt: skip


def _case(i: int, kind: int, generator: torch.Generator) -> dict[str, Any]:
    """x_t, a score, and factors of any path: plain numbers, tensors of one value, or one for each sample."""
    shape, dtype = SHAPES[i % len(SHAPES)]
    xt, score = torch.randn(2, *shape, generator=generator, dtype=dtype)
    size = shape[:1] + (1,) * (len(shape) - 1) if kind == 2 else ()
    a, b = torch.rand(2, *size, generator=generator, dtype=dtype) + torch.tensor([0.1, 0.25], dtype=dtype).view(
        -1, *[1] * len(size)
    )
    return {"xt": xt, "score": score} | ({"a": float(a), "b": float(b)} if kind == 0 else {"a": a, "b": b})


def _plain(generator: torch.Generator) -> list[dict[str, Any]]:
    drawn = torch.randn(24, 2, 4, 5, generator=generator, dtype=torch.float64)
    factors = torch.rand(24, 2, generator=generator, dtype=torch.float64) + torch.tensor([0.1, 0.25])
    return [
        {"xt": xt, "score": score, "a": a, "b": b} for (xt, score), (a, b) in zip(drawn, factors.tolist(), strict=True)
    ]


def _terms(case: dict[str, Any]) -> dict[str, Tensor]:
    return {"xt": case["xt"], "score": case["score"]}


def _numbers(case: dict[str, Any]) -> dict[str, float]:
    return {"a": case["a"], "b": case["b"], "a² + b²": case["a"] ** 2 + case["b"] ** 2}


def judge_tweedie(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's guess of x_0, or None. 读者对 x_0 的猜测错在哪里；正确时为 None。"""
    cases = [_case(i, i % 3, generator) for i in range(12)]
    explain = partial(wrong_factors, formula=Sum(guess, _plain, _terms, _numbers), generator=generator)
    return judge_function(answer, guess, cases, GUESS_MISTAKES, explain=explain)


TWEEDIE = Exercise(
    reference=lambda: guess,
    judge=judge_tweedie,
    hints=(
        (
            "Two steps: what does the score say of the noise in x_t? And what is left of x_t when that noise is taken off?",
            "分两步：得分说 x_t 里的噪声是什么？把这份噪声去掉，x_t 还剩什么？",
        ),
        (
            "The mean of ε is −b times the score, and x_t = a x_0 + b ε. Take means on both sides, and solve for that of x_0.",
            "ε 的均值是 −b 乘得分，而 x_t = a x_0 + b ε。两边取均值，解出 x_0 的均值。",
        ),
        (
            "a times the mean of x_0 is x_t plus b² times the score; divide the whole by a.",
            "a 乘 x_0 的均值，等于 x_t 加上 b² 乘得分；再整个除以 a。",
        ),
    ),
)
