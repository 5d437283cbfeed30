"""Exercise 10.reverse: one step back along the reverse SDE, with any share of noise.

练习 10.reverse：沿反向 SDE 退一步，噪声占多少都行。
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

SHARES = (1.0, 0.4, 1.7)
NAMES = ("xt", "t", "s", "score", "f", "g2", "noise", "generator")


def reverse_step(xt, t, s, score, f, g2, noise, generator):
    """From t to s < t by Euler and Maruyama, with any share of the reverse SDE's noise. 用 Euler–Maruyama 从 t 退到 s < t。"""
    z = torch.randn(xt.shape, generator=generator, dtype=xt.dtype)
    drift = f * xt - (1 + noise**2) / 2 * g2 * score
    return xt + (s - t) * drift + noise * (g2 * (t - s)) ** 0.5 * z


def _right(xt: Tensor, dt: float, score: Tensor, f: float, g2: float, noise: float) -> Tensor:
    return xt + dt * (f * xt - (1 + noise**2) / 2 * g2 * score)


def _factor(t: float, s: float, g2: float, noise: float, **_: Any) -> float:
    return noise * (g2 * (t - s)) ** 0.5


def _stepped(drift: Callable[..., Tensor] = _right, factor: Callable[..., float] = _factor) -> Callable[..., Tensor]:
    """`reverse_step` with another drift or factor of the noise."""

    def gives(xt, t, s, score, f, g2, noise, generator) -> Tensor:
        z = torch.randn(xt.shape, generator=generator, dtype=xt.dtype)
        return drift(xt, s - t, score, f, g2, noise) + factor(t=t, s=s, g2=g2, noise=noise) * z

    return gives


def _weighed(weight: Callable[[float, float], float]) -> Callable[..., Tensor]:
    """The drift with another factor before the score, of g^2 and the share of noise."""
    return lambda x, dt, score, f, g2, noise: x + dt * (f * x - weight(g2, noise) * score)


DRIFTS = [
    (drift, en, zh)
    for drift, en, zh in (
        (lambda x, dt, sc, f, g2, n: _right(x, -dt, sc, f, g2, n), "time runs the wrong way in the drift: t falls, so dt = s − t is below 0; with t − s it walks away from the data", "漂移里时间走反了：t 下降，dt = s − t 小于 0；用 t − s 就会远离数据"),
        (_weighed(lambda g2, n: -(1 + n**2) / 2 * g2), "the sign before the score: the drift is f x minus the score's part; times dt < 0 it then climbs", "得分前的符号反了：漂移是 f x 减去得分那一项；再乘小于 0 的 dt，才是往上爬"),
        (lambda x, dt, sc, f, g2, n: _right(x, dt, sc, -f, g2, n), "the sign of f x: going back undoes the shrinking, and the minus of dt sees to it already", "f x 的符号反了：往回走要抵消收缩，dt 的负号已经管到了"),
        (_weighed(lambda g2, n: g2), "the score has g² whatever the share of noise; that is right at noise = 1 alone. Without noise it is g² / 2: (1 + noise²) / 2 times g²", "无论 noise 是多少，得分都乘了 g²；只有 noise = 1 时才对。不加噪声时是 g² / 2：系数应为 (1 + noise²) / 2 乘 g²"),
        (_weighed(lambda g2, n: g2 / 2), "the score has g² / 2 whatever the share of noise; that is right without noise alone. What noise spreads the score must gather: (1 + noise²) / 2 times g²", "无论 noise 是多少，得分都乘了 g² / 2；只有不加噪声时才对。噪声散开多少，得分就要聚拢多少：系数应为 (1 + noise²) / 2 乘 g²"),
        (_weighed(lambda g2, n: (1 + n) / 2 * g2), "the share of noise is not squared in the drift: it is variances that the score must make up for, (1 + noise²) / 2", "漂移里噪声的份额 noise 没有平方：得分要补偿的是方差，(1 + noise²) / 2"),
        (_weighed(lambda g2, n: (1 + n**2) * g2), "the half is missing: (1 + noise²) / 2 times g²", "漏了因子 ½：应为 (1 + noise²) / 2 乘 g²"),
        (_weighed(lambda g2, n: n**2 * g2), "the ODE's own part is missing: without noise the score still has g² / 2", "漏了常微分方程自己的那份：不加噪声时，得分仍要乘 g² / 2"),
        (_weighed(lambda g2, n: n**2 / 2 * g2), "this is Langevin's part alone; the ODE's, g² / 2, comes to it", "这只是朗之万的那份；还要加上常微分方程的 g² / 2"),
        (_weighed(lambda g2, n: n * g2), "the score has `noise` times g²: at `noise = 1` alone that is right; it is (1 + `noise`²) / 2 times g²", "得分的系数成了 `noise` 乘 g²：只有 `noise = 1` 时才对；应为 (1 + `noise`²) / 2 乘 g²"),
        (_weighed(lambda g2, n: 0.5 + n**2 / 2 * g2), "g² is missing in one part of the score's factor; it multiplies both", "得分的系数里有一份漏了 g²；两份都要乘"),
        (_weighed(lambda g2, n: (1 + n**2) / 2 * g2**0.5), "the score has g where g² belongs; g2 is handed over squared already", "得分该乘 g²，却乘了 g；传进来的 g2 已经是平方"),
        (_weighed(lambda g2, n: (1 + n**2) / 2 * g2**2), "g2 is squared once more: it is g² already", "g2 又平方了一次：它本身就是 g²"),
        (_weighed(lambda g2, n: (1 + n**2) / 2), "g² is missing before the score", "得分前漏了 g²"),
        (_weighed(lambda g2, n: 0.0), "the score is not used: this only undoes the shrinking", "没有用到得分：这只抵消了收缩"),
        (lambda x, dt, sc, f, g2, n: x - dt * (1 + n**2) / 2 * g2 * sc, "f x is missing: the forward process shrinks x, and that must be undone, too", "漏了 f x：前向过程使 x 收缩，这也要倒回去"),
        (lambda x, dt, sc, f, g2, n: x + dt * (f - (1 + n**2) / 2 * g2 * sc), "f is added by itself; the drift is f times x", "f 单独加上去了；漂移是 f 乘 x"),
        (lambda x, dt, sc, f, g2, n: _right(x, dt, sc, f, g2, n) - x, "x itself is missing: this is the step alone", "漏了 x 本身：这只是走的那一步"),
        (lambda x, dt, sc, f, g2, n: _right(x, -1.0, sc, f, g2, n), "the drift has no dt; it is (s − t) times it", "漂移没有乘 dt；应乘 s − t"),
        (lambda x, dt, sc, f, g2, n: _right(x, -((-dt) ** 0.5), sc, f, g2, n), "the drift has the root of the time; the root belongs to the noise alone", "漂移乘了时间的平方根；只有噪声要开方"),
    )
]  # fmt: skip
SPREADS = [
    Scaled(factor, en, zh)
    for factor, en, zh in (
        (lambda t, s, g2, noise, **_: noise * g2**0.5 * (t - s), "the noise has the time t − s, and not its root: variances add up, so the factor is √(t − s)", "噪声乘的是时间 t − s，没有开方：可加的是方差，系数应含 √(t − s)"),
        (lambda t, s, g2, noise, **_: noise * g2 * (t - s) ** 0.5, "the noise has g², its variance; its factor is g, the root", "噪声乘了 g²，那是方差；系数应为它的平方根 g"),
        (lambda t, s, g2, noise, **_: noise * g2 * (t - s), "the root is missing: the noise has noise √(g² (t − s))", "漏了开方：噪声的系数应为 noise √(g² (t − s))"),
        (lambda t, s, g2, noise, **_: (g2 * (t - s)) ** 0.5, "the share of noise is not heeded: whatever noise is, all of it is added", "没有理会 noise：不管它是多少，噪声都全加了"),
        (lambda t, s, g2, noise, **_: noise**2 * (g2 * (t - s)) ** 0.5, "the share is squared in the noise; it is squared in the drift, where variances are", "噪声里的 noise 平方了；要平方的是漂移里的，那里说的是方差"),
        (lambda t, s, g2, noise, **_: noise**0.5 * (g2 * (t - s)) ** 0.5, "the share stands under the root; it multiplies g itself", "noise 写进了根号里；它乘的是 g 本身"),
        (lambda t, s, g2, noise, **_: noise * (2 * g2 * (t - s)) ** 0.5, "there is a 2 under the root, as in Langevin's step; here the variance is g² (t − s)", "根号里多了一个 2，那是朗之万的一步；这里方差是 g² (t − s)"),
        (lambda t, s, g2, noise, **_: noise * (g2 / 2 * (t - s)) ** 0.5, "g² is halved under the root; the half belongs to the score's factor", "根号里的 g² 折了半；那个 ½ 只属于得分的系数"),
        (lambda t, s, g2, noise, **_: noise * g2**0.5, "the noise has no time in it: its variance is g² (t − s)", "噪声里没有时间：方差是 g² (t − s)"),
        (lambda t, s, g2, noise, **_: noise * (t - s) ** 0.5, "g is missing before the noise", "噪声前漏了 g"),
        (lambda t, s, g2, noise, **_: ((1 + noise**2) / 2 * g2 * (t - s)) ** 0.5, "the noise has the drift's factor (1 + noise²) / 2; its own variance is noise² g² (t − s)", "噪声用了漂移的系数 (1 + noise²) / 2；它自己的方差是 noise² g² (t − s)"),
        (lambda t, s, g2, noise, **_: noise, "the noise has neither g nor the time in it: its variance is noise² g² (t − s)", "噪声里既没有 g 也没有时间：方差是 noise² g² (t − s)"),
    )
]  # fmt: skip
ALWAYS_ON: Said = (
    "at noise = 0 it still draws: the probability-flow ODE has no noise at all",
    "noise = 0 时它还在加噪声：概率流常微分方程一点噪声也没有",
)
OF_A_NEGATIVE: Said = (
    "it takes the root of a negative number: s − t is below 0; the noise has √(t − s)",
    "给负数开方了：s − t 小于 0；噪声的系数里是 √(t − s)",
)
FORGOTTEN: Said = (
    "at noise = 1 no noise of `generator` is added, or the same each time",
    "noise = 1 时没有加 `generator` 抽的噪声，或者每次都是同一份",
)
REVERSE_MISTAKES = [
    *[Mistake(_stepped(drift), en, zh) for drift, en, zh in DRIFTS],
    *as_answers(lambda factor: _stepped(factor=factor), SPREADS),
    Mistake(_stepped(factor=lambda **_: 0.0), *FORGOTTEN),
    Mistake(_stepped(factor=lambda t, s, g2, noise, **_: max(noise, 0.1) * (g2 * (t - s)) ** 0.5), *ALWAYS_ON),
]  # fmt: skip


def _still(case: dict[str, Any]) -> dict[str, Any]:
    return case | {"xt": torch.zeros_like(case["xt"]), "score": torch.zeros_like(case["score"]), "f": 0.0}


def _case(shape: tuple[int, ...], dtype: torch.dtype, noise: float, generator: torch.Generator) -> dict[str, Any]:
    xt, score = torch.randn(2, *shape, generator=generator, dtype=dtype)
    t, dt, f, g2 = torch.rand(4, generator=generator, dtype=torch.float64).tolist()
    t = 0.5 + t / 2
    case = {"xt": xt, "t": t, "s": t - 0.02 - 0.3 * dt, "score": score, "f": -0.2 - 3 * f, "g2": 0.2 + 4 * g2}
    return case | {"noise": noise, "generator": Seed(int(torch.randint(2**31, (), generator=generator)))}


def _drawn(generator: torch.Generator) -> list[dict[str, Any]]:
    shares = (0.2 + 1.5 * torch.rand(18, generator=generator, dtype=torch.float64)).tolist()
    return [_case((4, 5), torch.float64, noise, generator) for noise in shares]


def _numbers(case: dict[str, Any]) -> dict[str, float]:
    dt, f, g2, noise = case["t"] - case["s"], case["f"], case["g2"], case["noise"]
    at = {"t − s": dt, "g²": g2, "1 + noise²": 1 + noise**2, "noise": noise, "(−f)": -f}
    return at | {"1 − (t − s) f": 1 - dt * f, "t": case["t"], "s": case["s"]}


def _drifted(xt, t, s, score, f, g2, noise, generator) -> Tensor:
    return _right(xt, s - t, score, f, g2, noise)


def judge_reverse(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's step back, or None. 读者退的一步错在哪里；正确时为 None。"""
    cases = [_case(*shape, noise, generator) for shape in SHAPES for noise in (*SHARES, 0.0)]
    fault = fault_of_source(answer, cases[0], Seed(7))
    first = None if fault is not None else torch.as_tensor(seeded_anew(answer)(*cases[0].values()))
    if first is not None and (first.is_complex() or bool(first.isnan().any())):
        return OF_A_NEGATIVE
    if fault is not None and ("math domain" in fault[0] or "nonnegative" in fault[0]):
        return OF_A_NEGATIVE
    if fault is not None:
        return FORGOTTEN if fault[0].startswith("whatever `generator`") else fault
    formula = Sum(_drifted, _drawn, lambda case: {"xt": case["xt"], "score": case["score"]}, _numbers)
    fault = judge_function(
        moved(answer, NAMES, _still),
        _drifted,
        cases,
        [Mistake(moved(mistake.gives, NAMES, _still), mistake.en, mistake.zh) for mistake in REVERSE_MISTAKES[: len(DRIFTS)]],
        1e-4,
        explain=lambda apart: wrong_factors(apart, formula, generator),
    )  # fmt: skip
    if fault is not None:
        return fault
    large = [_case(LARGE, torch.float32, noise, generator) for noise in SHARES]
    fault = fault_of_draws(answer, Trials(_still, large, _factor, SPREADS))
    if fault is None and bool((seeded_anew(answer)(*_still(cases[3]).values()) != 0).any()):
        return ALWAYS_ON
    return fault


REVERSE = Exercise(
    reference=lambda: reverse_step,
    draws=True,
    judge=judge_reverse,
    hints=(
        (
            "Euler–Maruyama: go straight on with the drift for a time dt, then add the noise of that time. Which sign has dt here?",
            "Euler–Maruyama：先按漂移直走一段时间 dt，再加上这段时间里的噪声。这里的 dt 是什么符号？",
        ),
        (
            "dt = s − t is below 0. The drift is f x − (1 + noise²) / 2 g² score; the noise has the variance noise² g² (t − s).",
            "dt = s − t 小于 0。漂移是 f x − (1 + noise²) / 2 g² score；噪声的方差是 noise² g² (t − s)。",
        ),
        (
            "`z = torch.randn(xt.shape, generator=generator, dtype=xt.dtype)`, and `xt + (s - t) * drift + noise * (g2 * (t - s)) ** 0.5 * z`.",
            "`z = torch.randn(xt.shape, generator=generator, dtype=xt.dtype)`，再返回 `xt + (s - t) * drift + noise * (g2 * (t - s)) ** 0.5 * z`。",
        ),
    ),
)
