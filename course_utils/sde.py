"""Stochastic differential equations: noise that comes in all the time, forward, backward, and without a way.

随机微分方程：噪声时时刻刻都在加入；向前，向后，以及原地游走。

All walks are Euler and Maruyama's: go straight for a short time, then add the noise that came in meanwhile.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.flows import Score
from course_utils.gates import check_answer, check_finite, check_number, check_samples, check_takes, check_whole
from course_utils.language import CourseError, Said
from course_utils.paths import Coefficients, Path, at
from course_utils.randomness import standard_normal

EARLIEST = 1e-12  # at t = 0 itself some paths have no slope
AFTER: Said = ("x_t, after the step", "这一步之后的 x_t")
TOO_LARGE: Said = ("Perhaps size is too large.", "可能 size 太大。")


class Rates(NamedTuple):
    """dx = drift x dt + sqrt(noise) dW: how fast x_t shrinks, and how much variance comes in per unit of t.

    dx = drift x dt + sqrt(noise) dW：x_t 收缩得多快，单位时间加入多少方差。
    """

    drift: Tensor
    noise: Tensor


class State(NamedTuple):
    """A walk at time t, or after step t. 时刻 t（或第 t 步之后）的状态。"""

    t: float
    xt: Tensor


def rates(path: Path, t: float | Tensor) -> Rates:
    """f and g^2 of the forward SDE whose marginals are those of the path: f = a'/a, g^2 = 2 b (b' - f b).

    与路径边缘分布相同的前向 SDE 的 f 与 g^2：f = a'/a，g^2 = 2 b (b' - f b)。

    VP has f = -beta / 2 and g^2 = beta; VE f = 0 and g^2 = d sigma^2 / dt. At t = 0 they are those just after it.
    Shapes: t a number or (b,) -> two () or (b,).  Raises: as `paths.at`, and where the path has no signal.
    Papers: Song et al. 2021 (score-based SDEs), eqs. (9) and (11); for any a and b, Kingma et al. 2021.
    """
    a, b, da, db = _with_signal(path, t)
    if not bool(db.isfinite().all()):
        a, b, da, db = at(path, torch.as_tensor(t, dtype=torch.float64).clamp(min=EARLIEST))
    return Rates(da / a, 2 * (b * db - da / a * b**2))


def forward_sde(
    path: Path, x0: Tensor, times: Sequence[float], *, generator: torch.Generator | None = None
) -> Iterator[State]:
    """From data to noise: dx = f x dt + g dW. 从数据到噪声：dx = f x dt + g dW。

    Shapes: x0 (b, ...), times rising within [0, 1] -> one State per time.
    Raises: CourseError for times that do not rise, and as `rates`.
    Paper: Song et al. 2021 (score-based SDEs), eq. (5).
    """
    xt = check_samples("x0", x0)
    steps = _steps(times, rising=True)
    yield State(steps[0][0], xt)
    for (t, s), f, g2 in _with_rates(path, steps):
        xt = xt + (s - t) * f * xt + ((s - t) * g2) ** 0.5 * standard_normal(xt, generator)
        yield State(s, xt)


def reverse_sde(
    path: Path,
    score: Score,
    xT: Tensor,
    times: Sequence[float],
    *,
    noise: float = 1.0,
    generator: torch.Generator | None = None,
) -> Iterator[State]:
    """From noise to data: dx = [f x - (1 + noise^2) / 2 g^2 score] dt + noise g dW, t falling.

    从噪声到数据：dx = [f x - (1 + noise^2) / 2 g^2 score] dt + noise g dW，t 下降。

    noise = 1 is Anderson's reverse SDE, 0 the probability-flow ODE; with the exact score all have the same marginals.
    Whether it is a score cannot be told from its numbers: a guess of x_0 in its place would be followed to nowhere. One
    that is told log_snr, as the guesses and networks of this course are, is refused.
    Shapes: xT (b, ...), times falling within [0, 1], none but the last 0 -> one State per time.
    Raises: CourseError for times that do not fall, noise below 0, a score that is none or of another shape, an x_t that
    is no longer finite, and as `rates`.
    Papers: Anderson 1982; Song et al. 2021 (score-based SDEs), eqs. (6) and (13); Karras et al. 2022, eq. (6).
    """
    noise, xt = check_number("noise", noise, 0), check_samples("x_T", xT)
    _check_score(score, xt)
    steps = _steps(times, rising=False)
    yield State(steps[0][0], xt)
    for (t, s), f, g2 in _with_rates(path, steps):
        slope = check_answer(("The score", "得分"), score(xt, t), xt)
        drift = f * xt - (1 + noise**2) / 2 * g2 * slope
        fresh = noise * ((t - s) * g2) ** 0.5 * standard_normal(xt, generator) if noise else 0
        xt = check_finite(AFTER, xt + (s - t) * drift + fresh)
        yield State(s, xt)


def langevin(
    score: Callable[[Tensor], Tensor],
    x: Tensor,
    steps: int,
    *,
    size: float,
    generator: torch.Generator | None = None,
) -> Iterator[State]:
    """Langevin's walk, which stays where its score is that of: x + size score(x) + sqrt(2 size) z, again and again.

    朗之万游走：反复做 x + size score(x) + sqrt(2 size) z，停留在得分所属的分布中。

    Shapes: x (b, ...), score: (b, ...) -> like x, size above 0 -> steps + 1 States, the first x itself.
    Raises: CourseError for a size that is not above 0, steps outside 1 to 1,000,000, a score of another shape, or an x
    that is no longer finite.
    Paper: Song & Ermon 2019, eq. (4), with size = epsilon / 2.
    """
    size, steps = check_number("size", size, 1e-12), check_whole("steps", steps, 1, 1_000_000)
    x = check_samples("x", x)
    check_takes("score", score, "lambda x: score(x, t)", x)
    yield State(0, x)
    for step in range(1, steps + 1):
        slope = check_answer(("The score", "得分"), score(x), x)
        x = check_finite(AFTER, x + size * slope + (2 * size) ** 0.5 * standard_normal(x, generator), so=TOO_LARGE)
        yield State(step, x)


def annealed_langevin(
    path: Path,
    score: Score,
    xT: Tensor,
    times: Sequence[float],
    *,
    steps: int,
    share: float = 0.1,
    generator: torch.Generator | None = None,
) -> Iterator[State]:
    """Langevin walks at one noise level after the other, each begun where the one before ended; size = share b^2.

    在一个个噪声水平上做朗之万游走，每一段从前一段的终点出发；步长为 share b^2。

    Shapes: xT (b, ...), times falling, above 0 -> one State per time, after its `steps` steps.
    Raises: CourseError for times that do not fall or reach 0, where the path has no signal, and as `langevin`.
    Paper: Song & Ermon 2019, Algorithm 1, whose epsilon is 2 share sigma_L^2.
    """
    share = check_number("share", share, 1e-12)
    xt = check_samples("x_T", xT)
    _check_score(score, xt)
    levels = [t for t, _ in _steps(times, rising=False, then=[0.0])]
    for t, before in zip(levels, levels[:1] + levels, strict=False):
        now = _with_signal(path, t)
        xt = xt * float(now.signal / _with_signal(path, before).signal)  # to the signal of this level
        size = share * float(now.noise) ** 2
        *_, last = langevin(lambda x, t=t: score(x, t), xt, steps, size=size, generator=generator)
        xt = last.xt
        yield State(t, xt)


def _check_score(score: Score, xt: Tensor) -> None:
    example = "flows.score_field(path, guess)"
    check_takes("score", score, example, xt, 1.0)
    told: Sequence[str] = ()
    with suppress(TypeError, ValueError):  # it does not say
        told = list(inspect.signature(getattr(score, "forward", score)).parameters)
    if "log_snr" in told:
        raise CourseError(
            f"score is told log_snr: it is a guess of x_0, or a network. Make a score of it: {example}, of a network "
            "flows.score_field(path, flows.guess_of_network(network)).",
            f"score 的参数里有 log_snr：这是对 x_0 的猜测，或是一个网络。请由它得到得分：{example}；"
            "若是网络，用 flows.score_field(path, flows.guess_of_network(network))。",
        )


def _with_rates(path: Path, steps: list[tuple[float, float]]) -> Iterator[tuple[tuple[float, float], float, float]]:
    """Each step, and f and g^2 where it begins, all read at once."""
    drift, noise = rates(path, torch.tensor([t for t, _ in steps], dtype=torch.float64))
    return zip(steps, drift.tolist(), noise.tolist(), strict=True)


def _with_signal(path: Path, t: float | Tensor) -> Coefficients:
    now = at(path, t)
    if bool((now.signal == 0).any()):
        raise CourseError(
            "At t = 1 this path has no signal, and it shrinks without bound there. Begin a little earlier, at 0.999.",
            "t = 1 处这条路径没有信号，收缩的快慢在那里没有界。请稍早一点开始，例如 t = 0.999。",
        )
    return now


def _steps(times: Sequence[float], *, rising: bool, then: Sequence[float] = ()) -> list[tuple[float, float]]:
    """The steps (t, s) of a walk over these times, and `then`, if they all go one way."""
    try:
        walk = [*(float(t) for t in times), *then]
    except (TypeError, ValueError):
        walk = []
    steps = list(pairwise(walk))
    right = all(0 <= t <= 1 for t in walk) and all((s > t) is rising and s != t for t, s in steps)
    if not steps or not right or (not rising and 0 in walk[:-1]):
        en, zh = ("rise", "增大") if rising else ("fall", "减小")
        if then:
            raise CourseError(
                f"The times are {walk[:-1][:6]}… ({len(walk[:-1])} of them). They must fall from at most 1 and stay "
                "above 0, where there is no noise to walk at: torch.linspace(0.999, 0.01, 60).",
                f"时刻是 {walk[:-1][:6]}…（共 {len(walk[:-1])} 个）。它们应当从至多 1 起逐个减小，且都大于 0"
                "（0 处没有噪声，无从游走）：torch.linspace(0.999, 0.01, 60)。",
            )
        raise CourseError(
            f"The times are {walk[:6]}… ({len(walk)} of them). They must {en} within [0, 1], at least two: "
            f"{'torch.linspace(0, 1, 101)' if rising else 'torch.linspace(1, 0, 101)'}.",
            f"时刻是 {walk[:6]}…（共 {len(walk)} 个）。它们应当在 [0, 1] 内逐个{zh}，至少两个："
            f"{'torch.linspace(0, 1, 101)' if rising else 'torch.linspace(1, 0, 101)'}。",
        )
    return steps
