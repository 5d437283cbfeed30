"""Exercise 09.best: the best discriminator between two densities, wherever one asks.

练习 09.best：两个密度之间的最优判别器，在哪里问都答得出。
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import BLANK, Mistake, called, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said

LogDensity = Callable[[Tensor], Tensor]
TRIALS = (((9, 2), torch.float64, 1.0), ((5, 1), torch.float32, 1.0), ((7, 3), torch.float32, 16.0), ((6, 2), torch.float64, 200.0))  # fmt: skip
APART = (((9, 2), torch.float64), ((8, 3), torch.float32))  # of bells far apart: log p - log q runs from -1000 to 1000


def best(log_p: LogDensity, log_q: LogDensity) -> LogDensity:
    """The D that makes the mean of log D over p, plus that of log(1 - D) over q, largest. 使判别器目标最大的 D。"""

    def discriminate(x):
        return torch.sigmoid(log_p(x) - log_q(x))

    return discriminate


def _making(of: Callable[[Tensor, Tensor], Tensor]) -> Callable[[LogDensity, LogDensity], LogDensity]:
    return lambda log_p, log_q: lambda x: of(log_p(x), log_q(x)).to(x.dtype)


BEST_MISTAKES = [
    Mistake(_making(gives), en, zh)
    for gives, en, zh in (
        (lambda p, q: torch.sigmoid(q - p), "the two are swapped: D is to be near 1 where the data are", "两者写反了：数据所在之处，D 应接近 1"),
        (lambda p, q: p - q, "this is the logit of D, log p − log q; D itself is between 0 and 1", "这是 D 的 logit，即 log p − log q；D 本身在 0 与 1 之间"),
        (lambda p, q: torch.nn.functional.logsigmoid(p - q), "this is log D; D itself is asked for", "这是 log D；要的是 D 本身"),
        (lambda p, q: (p - q).clamp(max=20).exp(), "this is the ratio p / q; D weighs p against both, p + q", "这是比值 p / q；D 是 p 与两者之和 p + q 相比"),
        (lambda p, q: p / (p + q), "the logarithms themselves are put into the ratio; it is of densities", "把对数本身放进了比值；比的应是密度"),
        (lambda p, q: torch.sigmoid((p - q) / 2), "half of the log-ratio is taken: that is √p / (√p + √q), which is not where the goal is largest", "比值的对数只取了一半：那是 √p / (√p + √q)，目标并不在那里最大"),
        (lambda p, q: torch.sigmoid(2 * (p - q)), "twice the log-ratio is taken: that is p² / (p² + q²), as if each sample were seen twice", "比值的对数取了两倍：那是 p² / (p² + q²)，仿佛每个样本看了两次"),
        (lambda p, q: torch.sigmoid(p), "the density of what is made is not used: how likely a point is under the data says nothing of who drew it", "没有用到生成样本的密度：一个点在数据的分布下有多大可能，并不说明它是谁画的"),
        (lambda p, q: p.exp() / (p.exp() + q.exp() + 1e-8), "a small number below does not help: far out, where both densities are below it, D becomes 0 for both. Stay with logarithms", "分母上加一个小数救不了：远处两个密度都比它小，D 对两边都成了 0。应一直用对数"),
        (lambda p, q: (p.exp() / (p.exp() + q.exp())).nan_to_num(0.5), "far out both densities round to 0, and ½ is put there: it is the logarithms that still know which is the larger. Stay with them", "远处两个密度都舍入成 0，于是填了 ½：哪个更大，对数还知道。应一直用对数"),
        (lambda p, q: (p > q).double(), "this says which is likelier, as if for sure; D is how likely", "这只说哪边更有可能，仿佛已成定论；D 要说的是有多大可能"),
        (lambda p, q: torch.full_like(p, 0.5), "D is ½ everywhere only where the two densities are equal", "只有两个密度相等时，D 才处处是 ½"),
        (lambda p, q: torch.softmax(p - q, 0), "the softmax runs over the points of the batch; it is between the two densities, point by point", "softmax 是沿批里的各点做的；应逐点在两个密度之间做"),
        (lambda p, q: torch.tanh((p - q) / 2), "this lies between −1 and 1; D is a probability: add 1, then halve", "它在 −1 与 1 之间；D 是概率：加 1 再折半"),
    )
]  # fmt: skip
APART_MISTAKES = [
    Mistake(
        _making(lambda p, q: ((p - q).exp() / ((p - q).exp() + 1)).nan_to_num(0.0)),
        "the ratio p / q overflows where log p − log q is 1000, and 0 is put there, though D is 1. Let `torch.sigmoid` take the difference of the logarithms",
        "log p − log q 是 1000 之处，比值 p / q 溢出，于是填了 0，可那里 D 是 1。请把对数之差直接交给 `torch.sigmoid`",
    )
]  # fmt: skip
OVERFLOWS: Said = (
    "it overflows: where log p − log q is 1000, the ratio p / q is inf, and inf / (inf + 1) is nan, though D is 1. Subtract "
    "the logarithms, and let `torch.sigmoid` take their difference",
    "它溢出了：log p − log q 是 1000 之处，比值 p / q 成了 inf，inf / (inf + 1) 就是 nan，可那里 D 是 1。应把对数相减，差交给 "
    "`torch.sigmoid`",
)
UNDERFLOWS: Said = (
    "it is nan where both densities round to 0, or inf over inf: far out only logarithms can tell them apart. D depends on "
    "log p − log q alone",
    "两个密度都舍入成 0 处，它是 nan（或无穷除以无穷）：在远处，只有对数还分得清它们。D 只取决于 log p − log q",
)
WITH_FUNCTIONS: Said = (
    "it computes with the log-densities themselves, which are functions; ask them about x, and compute with what they answer",
    "把对数密度本身拿来计算了，可它们是函数；应当用 x 去问它们，再用它们的回答计算",
)


def _normal(mean: Tensor, std: float) -> LogDensity:
    def log_density(x: Tensor) -> Tensor:
        apart = (x.double() - mean) / std
        each = apart.square() / 2 + math.log(std) + math.log(2 * math.pi) / 2
        return -each.sum(1).to(x.dtype)

    return log_density


def _case(shape: tuple[int, ...], dtype: torch.dtype, far: float, generator: torch.Generator) -> dict[str, Any]:
    """Two bells of one width, and points near the plane on which both are equally likely, at `far` times their std.

    两个同宽的钟形，以及它们一样可能的平面附近的点，离中心有 `far` 个标准差。
    """
    d = shape[1]
    first, second = torch.rand(2, d, generator=generator, dtype=torch.float64) - 0.5
    std = 0.8 + 0.4 * float(torch.rand((), generator=generator))
    along = torch.randn(shape, generator=generator, dtype=torch.float64)
    across = (second - first) / (second - first).norm()
    if far > 1:
        along = along / along.norm(dim=1, keepdim=True) * far * std
    x = along - (along @ across)[:, None] * across + (first + second) / 2
    x = x + across * torch.linspace(-1.5, 1.7, len(x), dtype=torch.float64)[:, None]
    return {"log_p": _normal(first, std), "log_q": _normal(second, std), "x": x.to(dtype)}


def _case_apart(shape: tuple[int, ...], dtype: torch.dtype, generator: torch.Generator) -> dict[str, Any]:
    """Two bells far apart, and points on the line through both: at its ends one is e^1000 times as likely as the other.

    相距很远的两个钟形，以及连线上的点：两端处，一个的可能性是另一个的 e^1000 倍。
    """
    mean = torch.randn(shape[1], generator=generator, dtype=torch.float64)
    mean = 10 * mean / mean.norm()
    x = torch.linspace(-5, 5, shape[0], dtype=torch.float64)[:, None] * mean  # log p - log q is 2 mean . x
    return {"log_p": _normal(mean, 1.0), "log_q": _normal(-mean, 1.0), "x": x.to(dtype)}


def _at_once(makes: Callable) -> Callable[..., Any]:
    return lambda log_p, log_q, x: makes(log_p, log_q)(x)


def judge_best(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's best discriminator, or None. 读者的最优判别器错在哪里；正确时为 None。"""
    cases = [_case(*trial, generator) for trial in TRIALS for _ in range(2)]
    made, fault = called(answer, dict(list(cases[0].items())[:2]))
    if fault is not None:
        return WITH_FUNCTIONS if "unsupported operand" in fault[0] and "'function'" in fault[0] else fault
    if not callable(made):
        kind = type(made).__name__
        return (
            f"it returns a {kind}; return D, a function of x that asks both log-densities about x",
            f"返回的是 {kind}；应当返回 D，即关于 x 的函数，由它用 x 去问两个对数密度",
        )

    def stops(cases: list[dict[str, Any]], said: Said) -> Callable[[Callable], Said | None]:
        """Where an answer has nan in some of these trials, this is why."""
        return lambda given: said if any(bool(called(given, case)[0].isnan().any()) for case in cases) else None

    near, far = (
        [Mistake(_at_once(mistake.gives), mistake.en, mistake.zh) for mistake in table]
        for table in (BEST_MISTAKES, APART_MISTAKES)
    )
    asked, apart = _at_once(answer), [_case_apart(*trial, generator) for trial in APART]
    fault = judge_function(asked, _at_once(best), cases, near, explain=stops(cases, UNDERFLOWS))
    fault = fault or judge_function(asked, _at_once(best), apart, far, explain=stops(apart, OVERFLOWS))
    if fault is BLANK:
        return "it makes a function that returns nothing yet", "它造出的函数还没有返回任何东西"
    if fault is not None and "unsupported operand" in fault[0] and "'function'" in fault[0]:
        return WITH_FUNCTIONS
    return fault


BEST = Exercise(
    reference=lambda: best,
    judge=judge_best,
    hints=(
        (
            "Take one point x. The data are there with density p, what was made with density q. For which number D between 0 "
            "and 1 is p log D + q log(1 − D) largest?",
            "只看某一个点 x。数据在那里的密度是 p，生成样本的密度是 q。0 与 1 之间的哪个数 D，使 p log D + q log(1 − D) 最大？",
        ),
        (
            "Set the derivative in D to 0. Then divide above and below by p: what is left depends on q / p alone, so on a "
            "difference of logarithms.",
            "令对 D 的导数为 0。再把分子分母同除以 p：剩下的只与 q / p 有关，也就是对数之差。",
        ),
        (
            "1 / (1 + q / p) with q / p = exp(log q − log p) is `torch.sigmoid(log_p(x) - log_q(x))`; return a function of x "
            "that computes it.",
            "1 / (1 + q / p)，其中 q / p = exp(log q − log p)，就是 `torch.sigmoid(log_p(x) - log_q(x))`；返回一个算它的、"
            "关于 x 的函数。",
        ),
    ),
)
