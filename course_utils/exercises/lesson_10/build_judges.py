"""Judges of what a reader's flow tells its network, and of the velocity that it makes of the answer.

评判读者的流告诉了网络什么，又由回答求出了什么样的速度。
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.factors import told_apart
from course_utils.exercises.lesson_10.build_trials import SHAPES, TIMES, Labelled, Listening, apart, asked, level
from course_utils.language import Said

Rule = Callable[[float], float]
LEVELS: Sequence[tuple[Rule, str, str]] = (
    (lambda t: math.log((1 - t) / t), "the network is told log (1 − t) / t, which is half of log-SNR: the ratio is of variances, so twice that", "告诉网络的是 log (1 − t) / t，只有对数信噪比的一半：那是方差之比，要乘 2"),
    (lambda t: -2 * math.log((1 - t) / t), "the sign of log-SNR: it is signal over noise, large where t is small", "对数信噪比的符号反了：是信号比噪声，t 小时它大"),
    (lambda t: -math.log((1 - t) / t), "the network is told log t / (1 − t), noise over signal; log-SNR is 2 log (1 − t) / t", "告诉网络的是 log t / (1 − t)，即噪声比信号；对数信噪比是 2 log (1 − t) / t"),
    (lambda t: ((1 - t) / t) ** 2, "the network is told the SNR; it takes its logarithm", "告诉网络的是信噪比；应取它的对数"),
    (lambda t: (1 - t) / t, "the network is told signal over noise; it takes the logarithm of its square", "告诉网络的是信号比噪声；应取它的平方的对数"),
    (lambda t: t, "the network is told t; it knows log-SNR alone", "告诉网络的是 t；它只认对数信噪比"),
    (lambda t: 1 - t, "the network is told 1 − t; it knows log-SNR alone", "告诉网络的是 1 − t；它只认对数信噪比"),
    (lambda t: 1000 * t, "the network is told a step, 1000 t; it knows log-SNR alone", "告诉网络的是步号 1000 t；它只认对数信噪比"),
    (lambda t: t / (1 - t), "the network is told σ = t / (1 − t); it knows log-SNR, −2 log σ", "告诉网络的是 σ = t / (1 − t)；它只认对数信噪比，即 −2 log σ"),
    (lambda t: math.log((1 - t**2) / t**2), "the network is told the log-SNR of a path with a² + b² = 1 and b = t; on the straight path a = 1 − t", "告诉网络的是 a² + b² = 1、b = t 的路径的对数信噪比；直线路径上 a = 1 − t"),
    (lambda t: math.log((1 - t) ** 2), "the noise is missing in log-SNR: (1 − t)² is divided by t²", "对数信噪比里漏了噪声：(1 − t)² 还要除以 t²"),
)  # fmt: skip
SCALES: Sequence[tuple[Rule, str, str]] = (
    (lambda t: 1.0, "the network is shown x_t as it is; it knows x of signal² + noise² = 1 alone, and on the straight path (1 − t)² + t² is below 1", "给网络看的是 x_t 原样；它只认 signal² + noise² = 1 的 x，而直线路径上 (1 − t)² + t² 比 1 小"),
    (lambda t: 1 / ((1 - t) ** 2 + t**2), "x_t is divided by (1 − t)² + t²; divide by its root", "x_t 除以了 (1 − t)² + t²；应除以它的平方根"),
    (lambda t: math.hypot(1 - t, t), "x_t is multiplied by √((1 − t)² + t²); divide", "x_t 乘了 √((1 − t)² + t²)；应当除"),
    (lambda t: 1 / (1 - t), "x_t is divided by 1 − t: that is EDM's x, whose x_0 has the factor 1; divide by √((1 − t)² + t²)", "x_t 除以了 1 − t：那是 EDM 的 x，x_0 的系数为 1；应除以 √((1 − t)² + t²)"),
    (lambda t: 1 - t, "x_t is multiplied by 1 − t; divide by √((1 − t)² + t²)", "x_t 乘了 1 − t；应除以 √((1 − t)² + t²)"),
    (lambda t: 1 / t, "x_t is divided by t; divide by √((1 − t)² + t²)", "x_t 除以了 t；应除以 √((1 − t)² + t²)"),
    (lambda t: (1 + (t / (1 - t)) ** 2) ** -0.5, "x_t is divided by √(1 + σ²), as if x_0 had the factor 1 in it; it has 1 − t: divide by √((1 − t)² + t²)", "x_t 除以了 √(1 + σ²)，仿佛 x_0 的系数是 1；它是 1 − t：应除以 √((1 − t)² + t²)"),
)  # fmt: skip
AT_ONE: Said = (
    "it is right for t below 1, but not at t = 1, where the walk begins: nothing of x_0 is left in x_t, and (x_t − t ε̂) / (1 − t) "
    "is 0 / 0. Hold log-SNR within −20 and 20, and take x̂_0 with the factors that belong to that",
    "t < 1 时都对，但在 t = 1（出发处）不对：x_t 里已没有 x_0，(x_t − t ε̂) / (1 − t) 成了 0 / 0。"
    "请把对数信噪比限制在 −20 到 20，再用与它相配的系数求 x̂_0",
)
NOT_HELD: Said = (
    "at t = 1 log-SNR is −∞, and so it is told; hold it within −20 and 20, where the network has been trained",
    "t = 1 处对数信噪比是 −∞，就原样告诉了网络；请限制在 −20 到 20，网络只在那里训练过",
)


def _heard(answer: Callable, generator: torch.Generator, times: Sequence[float]) -> tuple[list, Said | None]:
    """What a network is told at each of these times: (x_t, t, x shown, log-SNR told)."""
    heard = []
    for i, t in enumerate(times):
        shape, dtype = SHAPES[i % len(SHAPES)]
        xt, network = torch.randn(shape, generator=generator, dtype=dtype), Listening(lambda x, log_snr: 0.3 * x)
        fault = asked(answer, network, None, xt, t)[1]
        if not network.told:
            return [], fault or ("the network is not asked at all", "根本没有去问网络")
        heard.append((xt, t, *network.told[0]))
    return heard, None


def judge_told(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is the network told how noisy x_t is? 告诉网络的噪声水平对不对？"""
    heard, fault = _heard(answer, generator, (*TIMES, 1.0))
    if fault is not None:
        return fault
    given = []
    for xt, t, _, log_snr in heard:
        whole = isinstance(log_snr, Tensor) and log_snr.is_floating_point() and log_snr.shape in ((), xt.shape[:1])
        if not whole:
            kind = f"{log_snr.dtype} {tuple(log_snr.shape)}" if isinstance(log_snr, Tensor) else type(log_snr).__name__
            return (
                f"the network is told log-SNR as a {kind}; it takes a floating-point tensor, () or (b,)",
                f"告诉网络的对数信噪比是 {kind}；它要的是浮点张量，形状 () 或 (b,)",
            )
        value = log_snr.detach().double().flatten()[0]
        given.append((t, float(value) if bool((log_snr == log_snr.flatten()[0]).all()) else math.nan))
    inside, (_, at_one) = given[:-1], given[-1]
    if all(abs(value - float(level(t))) < 1e-3 for t, value in inside):
        if math.isinf(at_one) or math.isnan(at_one):
            return NOT_HELD
        return None if abs(at_one + 20) < 1e-3 else (
            f"at t = 1 the network is told {at_one:.4g}; log-SNR is held within −20 and 20 there: −20",
            f"t = 1 处告诉网络的是 {at_one:.4g}；那里对数信噪比限制在 −20 到 20，即 −20",
        )  # fmt: skip
    for rule, en, zh in LEVELS:
        if all(abs(value - rule(t)) < 1e-3 * max(1.0, abs(value)) for t, value in inside):
            return en, zh
    t, value = max(inside, key=lambda each: abs(each[1] - float(level(each[0]))))
    return (
        f"at t = {t} the network is told {value:.4g}; log-SNR there is {float(level(t)):.4g}",
        f"t = {t} 处告诉网络的是 {value:.4g}；那里的对数信噪比是 {float(level(t)):.4g}",
    )


def judge_scaled(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is the network shown x with signal^2 + noise^2 = 1? 给网络看的 x 满足 signal² + noise² = 1 吗？"""
    heard, fault = _heard(answer, generator, (*TIMES, 1.0))
    if fault is not None:
        return fault
    for xt, _, x, _ in heard:
        if x.shape != xt.shape:
            return (
                f"the network is shown the shape {tuple(x.shape)}; x_t has {tuple(xt.shape)}",
                f"给网络看的形状是 {tuple(x.shape)}；x_t 的是 {tuple(xt.shape)}",
            )

    def fits(rule: Rule, seen: list) -> bool:
        return all(not apart(x, rule(t) * xt) for xt, t, x, _ in seen)

    if fits(lambda t: 1 / math.hypot(1 - t, t), heard):
        return None
    named = next(((en, zh) for rule, en, zh in SCALES if fits(rule, heard[:-1])), None)
    return named or (
        "what the network is shown is no x of signal² + noise² = 1: divide x_t by √((1 − t)² + t²)",
        "给网络看的不是 signal² + noise² = 1 的 x：应把 x_t 除以 √((1 − t)² + t²)",
    )


def _pieces(xt: Tensor, t: float, u: Tensor) -> dict[str, Tensor]:
    """x_t, the noise in it and x_0, where the network answers v = u. 网络回答 v = u 时的 x_t、噪声与 x_0。"""
    signal, noise, x = level(t).sigmoid().sqrt(), (-level(t)).sigmoid().sqrt(), xt.double() / math.hypot(1 - t, t)
    return {"xt": xt.double(), "eps": noise * x + signal * u, "x0": signal * x - noise * u}


VELOCITIES: Sequence[tuple[Callable[..., Tensor], str, str]] = (
    (lambda xt, eps, x0, t: x0 - eps, "the velocity points to the data; here t grows towards the noise: ε̂ − x̂_0", "速度指向了数据；这里 t 朝噪声增大：应为 ε̂ − x̂_0"),
    (lambda xt, eps, x0, t: eps, "this is ε̂, what the network answers; the velocity is ε̂ − x̂_0", "这是网络回答的 ε̂；速度是 ε̂ − x̂_0"),
    (lambda xt, eps, x0, t: x0, "this is x̂_0; the velocity is ε̂ − x̂_0", "这是 x̂_0；速度是 ε̂ − x̂_0"),
    (lambda xt, eps, x0, t: -eps / t, "this is the score; the velocity is ε̂ − x̂_0", "这是得分；速度是 ε̂ − x̂_0"),
    (lambda xt, eps, x0, t: eps - xt, "ε̂ − x_t is only the way still to go, (1 − t) v; take x̂_0 away instead, or divide by 1 − t", "ε̂ − x_t 只是还剩的路 (1 − t) v；应减去 x̂_0，或再除以 1 − t"),
    (lambda xt, eps, x0, t: xt - x0, "x_t − x̂_0 is only the way gone so far, t v; divide by t", "x_t − x̂_0 只是已走的路 t v；还要除以 t"),
    (lambda xt, eps, x0, t: (xt - x0) / (1 - t), "x_t − x̂_0 is the way gone so far, t v; divide by t, not by 1 − t", "x_t − x̂_0 是已走的路 t v；应除以 t，不是 1 − t"),
    (lambda xt, eps, x0, t: eps - (xt - level(t).neg().sigmoid().sqrt() * eps) / level(t).sigmoid().sqrt(), "x̂_0 is taken from x_t by the factors of x; with x_t itself they are 1 − t and t", "求 x̂_0 时用了 x_t，系数却是 x 的；对 x_t 本身，系数是 1 − t 与 t"),
    (lambda xt, eps, x0, t: eps - (xt / math.hypot(1 - t, t) - t * eps) / (1 - t), "x̂_0 is taken from the scaled x by the factors of x_t, 1 − t and t; take x_t itself, or the factors of x", "求 x̂_0 时用了缩放后的 x，系数却是 x_t 的 1 − t 与 t；应用 x_t 本身，或用 x 的系数"),
    (lambda xt, eps, x0, t: level(t).sigmoid().sqrt() * eps - level(t).neg().sigmoid().sqrt() * x0, "this is v of lesson 3, the velocity on the circle; on the straight path it is ε̂ − x̂_0", "这是第 3 课的 v，即圆弧上的速度；直线路径上是 ε̂ − x̂_0"),
    (lambda xt, eps, x0, t: eps + x0, "the velocity is a difference, ε̂ − x̂_0", "速度是差 ε̂ − x̂_0"),
)  # fmt: skip


def _answered(
    answer: Callable, xt: Tensor, t: float, u: Tensor
) -> tuple[dict[str, Tensor], Tensor | None, Said | None]:
    """What the reader makes of an answer that is right for x_t whatever the network is told."""
    pieces = _pieces(xt, t, u)

    def answers(x: Tensor, log_snr: Any) -> Tensor:
        near_end = isinstance(log_snr, Tensor) and bool((log_snr.isfinite() & (log_snr < -15)).all())
        if t == 1 and near_end and not apart(x, xt, 1e-3):
            nearly = log_snr.double().flatten()[0]  # the least that is left of x_0 is divided by as little
            return ((-nearly).sigmoid().sqrt() * x + nearly.sigmoid().sqrt() * u).to(xt)
        return pieces["eps"].to(xt).reshape(x.shape)

    return pieces, *asked(answer, Listening(answers), None, xt, t)


def judge_velocity(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is the velocity right at every t, whatever the network is told? 每个 t 处的速度对不对？"""
    seen = []
    for i, t in enumerate((*TIMES, 0.02, 1.0)):
        shape, dtype = SHAPES[i % len(SHAPES)]
        xt, u = torch.randn(2, *shape, generator=generator, dtype=dtype)
        pieces, given, fault = _answered(answer, xt, t, u.double())
        if fault is not None:
            return AT_ONE if t == 1 and "divides by 0" in fault[0] else fault
        seen.append((pieces, t, given))
    wrong = [t for pieces, t, given in seen if apart(given, pieces["eps"] - pieces["x0"], 5e-4)]
    if not wrong:
        return None
    if wrong == [1.0]:
        return AT_ONE
    for gives, en, zh in VELOCITIES:
        if all(not apart(given, gives(**pieces, t=t), 5e-4) for pieces, t, given in seen[:-1]):
            return en, zh
    return _by_factors(answer, generator) or (
        f"the velocity is not ε̂ − x̂_0 at t = {', '.join(map(str, wrong))}",
        f"t = {', '.join(map(str, wrong))} 处，速度不是 ε̂ − x̂_0",
    )


def _by_factors(answer: Callable, generator: torch.Generator) -> Said | None:
    """Which factors of x_t and of the network's answer are wrong. x_t 与网络回答的系数哪个错了。"""
    terms, found, exact, numbers, places = [], [], [], [], []
    for t in (0.1 + 0.8 * torch.rand(14, generator=generator, dtype=torch.float64)).tolist():
        xt, u = torch.randn(2, 4, 5, generator=generator, dtype=torch.float64)
        pieces, given, fault = _answered(answer, xt, t, u)
        if fault is not None:
            return None
        terms.append({"x_t": xt, "ε̂": pieces["eps"]})
        found.append(given)
        exact.append(pieces["eps"] - pieces["x0"])
        numbers.append({"t": t, "1 − t": 1 - t, "√((1 − t)² + t²)": math.hypot(1 - t, t)})
        places.append(f"t = {t:.3g}")
    return told_apart(terms, found, exact, numbers, places)


def judge_labels(answer: Callable, generator: torch.Generator) -> Said | None:
    """Do labels reach the network, and does one without labels do as well? 标签传到了网络吗？没有标签也行吗？"""
    xt, labels = torch.randn(4, 3, generator=generator, dtype=torch.float64), torch.tensor([2, 7, 0, 5])
    network = Labelled(lambda x, log_snr: 0.3 * x)
    fault = asked(answer, network, labels, xt, 0.4)[1]
    if not network.labels:
        if fault is not None and "labels" in fault[0]:
            return (
                "the labels do not reach the network: where there are any it is asked `network(x, log_snr, labels)`",
                "标签没有传到网络：有标签时应问 `network(x, log_snr, labels)`",
            )
        return fault or ("the network is not asked at all", "根本没有去问网络")
    heard: Any = network.labels[0]
    if not (isinstance(heard, Tensor) and torch.equal(heard, labels)):
        return (
            "other labels reach the network than were handed in; pass them on as they are",
            "传到网络的标签与传进来的不同；请原样传过去",
        )
    fault = asked(answer, Listening(lambda x, log_snr: 0.3 * x), None, xt, 0.4)[1]
    if fault is not None and "argument" in fault[0]:
        return (
            "without labels the network must not be handed any: one that was trained without them takes two arguments",
            "没有标签时，就不要传给网络：不带标签训练的网络只收两个参数",
        )
    return fault
