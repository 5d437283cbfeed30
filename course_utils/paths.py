"""Paths from data to noise. On a path velocity, score, eps and x_0 say one thing in four units.

从数据到噪声的路径。在一条路径上，速度、得分、噪声与 x_0 说的是同一件事，只是单位不同。

t is a real number: 0 is the data, 1 the noise, as everywhere in this course, and a velocity points to the noise. Lipman
et al. 2023 and Liu et al. 2023 count the other way: their t is our 1 - t, their velocity is minus ours.
"""

from collections.abc import Callable
from numbers import Real
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.forward import per_sample
from course_utils.gates import check_alike, check_callable, check_kind, check_number, check_takes
from course_utils.language import CourseError
from course_utils.schedules import Schedule, check_schedule

MOST = 20.0  # log-SNRs beyond it, either way, count as this: networks of the course have seen none


class Coefficients(NamedTuple):
    """The factors a of x_0 and b of eps at a time, and how fast both change. x_0 与噪声的系数，以及各自的变化率。"""

    signal: Tensor
    noise: Tensor
    signal_slope: Tensor
    noise_slope: Tensor


class Pair(NamedTuple):
    """The two ends that a point of a path lies between. 路径上一点两头的端点：x_0 与噪声。"""

    x0: Tensor
    eps: Tensor


Path = Callable[[Tensor], Coefficients]  # t, () or (b,) in [0, 1] -> four of its shape


def straight(t: Tensor) -> Coefficients:
    """The straight path x_t = (1 - t) x_0 + t eps, of flow matching and rectified flow.

    直线路径 x_t = (1 - t) x_0 + t eps：流匹配与整流流所用。

    Papers: Liu et al. 2023, eq. (1); Lipman et al. 2023, eq. (20) with sigma_min = 0; their t is 1 - t.
    """
    one = torch.ones_like(t)
    return Coefficients(1 - t, t, -one, one)


def variance_preserving(schedule: Schedule) -> Path:
    """The path of a schedule, log alpha_bar a straight line from each timestep to the next, t = k / T at step k.

    一个调度的路径：相邻两个时间步之间 log alpha_bar 是直线，第 k 步处 t = k / T。

    beta(t) = -d log alpha_bar / dt is then constant between two timesteps, and x_{k/T} is `forward_jump` to k.
    Raises: CourseError for what is no schedule.
    Paper: Song et al. 2021 (score-based SDEs), eq. (11) and appendix B.
    """
    log_alpha_bar, T = check_schedule(schedule).alpha_bar.log(), schedule.T
    slopes = log_alpha_bar.diff() * T

    def path(t: Tensor) -> Coefficients:
        left = (t * T + 1e-9).floor().long().clamp(max=T - 1)  # k / T is step k, however it was rounded
        slope = slopes[left]
        log_now = log_alpha_bar[left] + slope / T * (t * T - left)
        signal, noise = (log_now / 2).exp(), (-torch.expm1(log_now)).sqrt()
        return Coefficients(signal, noise, slope / 2 * signal, -slope / 2 * signal**2 / noise)

    return path


def variance_exploding(first: float = 0.01, last: float = 50.0) -> Path:
    """The path x_t = x_0 + sigma(t) eps, sigma growing from `first` to `last` by equal factors.

    路径 x_t = x_0 + sigma(t) eps，sigma 按等比从 `first` 长到 `last`。

    Raises: CourseError unless 0 < first < last.
    Paper: Song et al. 2021 (score-based SDEs), eq. (9) and appendix C.
    """
    so = ("sigma grows from first to last: 0 < first < last.", "sigma 从 first 长到 last：0 < first < last。")
    first = check_number("first", first, 1e-6, so=so)
    last = check_number("last", last, first * (1 + 1e-9), so=so)
    growth = torch.tensor(last / first, dtype=torch.float64).log()

    def path(t: Tensor) -> Coefficients:
        noise = first * (growth * t).exp()
        return Coefficients(torch.ones_like(t), noise, torch.zeros_like(t), growth * noise)

    return path


def at(path: Path | Coefficients, t: float | Tensor) -> Coefficients:
    """The path's four coefficients at a time, float64.

    路径在某时刻的四个系数，float64。

    Coefficients in the path's place are handed on as they are: who asks several things of one moment reads it once.
    Shapes: t a number or (b,), from 0 to 1 -> four () or (b,).  Raises: CourseError for t out of range.
    """
    if isinstance(path, Coefficients):
        return path
    check_callable("path", path, "paths.straight, or paths.variance_preserving(schedule)")
    given = torch.as_tensor(t, dtype=torch.float64) if _is_time(t) else torch.tensor(torch.nan)
    within = 0 <= t <= 1 if type(t) is float else given.ndim < 2 and bool(((given >= 0) & (given <= 1)).all())
    if not within:
        raise CourseError(
            f"t is {t!r}. On a path it is a real number from 0, the data, to 1, the noise, or one for each sample; "
            "step k of a schedule lies at k / T.",
            f"t 为 {t!r}。路径上的 t 是 0（数据）到 1（噪声）的实数，或每个样本一个；调度的第 k 步在 k / T 处。",
        )
    example = "paths.straight(t), and paths.straight itself is the path"
    try:
        now = path(given.cpu())
    except TypeError:  # a guess, a field or a network in the path's place
        check_takes("path", path, "paths.straight, or paths.variance_preserving(schedule)", given)
        raise
    return check_kind(("What the path answers", "路径的回答"), now, Coefficients, example)


def log_snr_on(path: Path | Coefficients, t: float | Tensor) -> Tensor:
    """log (a / b)^2, how noisy the path is at t, held between -20 and 20: what every network of the course is told.

    路径在 t 处的对数信噪比 log (a / b)^2，限制在 -20 到 20：本课程的网络都由它得知噪声水平。

    Shapes, Raises: as `at`.
    """
    return _log_snr(path, t).clamp(-MOST, MOST)


def time_on(path: Path, log_snr: float) -> float:
    """The t at which a path is this noisy: where two paths meet, but for a factor.

    路径在哪个 t 处有这样的噪声：两条路径在那里相遇，只差一个系数。

    A path that is nowhere as noisy, or nowhere as clean, answers with that end.
    Raises: CourseError for a log-SNR that is no number from -20 to 20.
    """
    log_snr, low, high = check_number("log_snr", log_snr, -MOST, MOST), 0.0, 1.0
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (low, middle) if float(_log_snr(path, middle)) <= log_snr else (middle, high)
    return high


def point(path: Path, t: float | Tensor, ends: Pair) -> Tensor:
    """x_t = a x_0 + b eps, the point of the path between these ends.

    两个端点之间路径上的点 x_t = a x_0 + b eps。

    Shapes: t a number or (b,), x0 and eps (b, ...) -> like x0.  Raises: as `at`, and for ends that differ in shape.
    """
    _check_ends(ends)
    now = at(path, t)
    return per_sample(now.signal, ends.x0) * ends.x0 + per_sample(now.noise, ends.x0) * ends.eps


def velocity(path: Path | Coefficients, t: float | Tensor, ends: Pair) -> Tensor:
    """dx_t / dt = a' x_0 + b' eps: the path's velocity, towards the noise.

    路径的速度 dx_t / dt = a' x_0 + b' eps，指向噪声。

    Shapes, Raises: as `point`, and where the noise comes in infinitely fast, as on VP's path at t = 0.
    Paper: Albergo & Vanden-Eijnden 2023, section 2.
    """
    _check_ends(ends)
    now = _moving(path, t)
    return per_sample(now.signal_slope, ends.x0) * ends.x0 + per_sample(now.noise_slope, ends.x0) * ends.eps


def score(path: Path | Coefficients, t: float | Tensor, ends: Pair) -> Tensor:
    """-eps / b: with E[eps | x_t], the score of q(x_t).

    得分 -eps / b；代入 E[eps | x_t] 就是 q(x_t) 的得分。

    Shapes, Raises: as `point`, and for t where there is no noise.
    """
    return -_check_ends(ends).eps / per_sample(_noise(at(path, t)), ends.x0)


def ends_from_x0(path: Path | Coefficients, xt: Tensor, t: float | Tensor, x0: Tensor) -> Pair:
    """Both ends from x_t and x_0. 由 x_t 与 x_0 求两端。

    Shapes: xt and x0 (b, ...), t a number or (b,).  Raises: CourseError for t out of range, or where b is 0.
    """
    check_alike(xt, x0)
    now = at(path, t)
    return Pair(x0, (xt - per_sample(now.signal, xt) * x0) / per_sample(_noise(now), xt))


def ends_from_eps(path: Path, xt: Tensor, t: float | Tensor, eps: Tensor) -> Pair:
    """Both ends from x_t and eps. 由 x_t 与噪声求两端。

    Shapes: xt and eps (b, ...), t a number or (b,).  Raises: CourseError for t out of range, or where a is 0.
    """
    check_alike(xt, eps)
    now = at(path, t)
    return Pair((xt - per_sample(now.noise, xt) * eps) / per_sample(_signal(now), xt), eps)


def ends_from_velocity(path: Path, xt: Tensor, t: float | Tensor, v: Tensor) -> Pair:
    """Both ends from x_t and the velocity: two equations, x_t = a x_0 + b eps and v = a' x_0 + b' eps.

    由 x_t 与速度求两端：解方程组 x_t = a x_0 + b eps，v = a' x_0 + b' eps。

    On the straight path x_0 = x_t - t v and eps = x_t + (1 - t) v, at every t.
    Shapes: xt and v (b, ...), t a number or (b,).  Raises: as `velocity`.
    """
    check_alike(xt, v)
    a, b, da, db = _moving(path, t)
    area = a * db - b * da
    x0 = per_sample(db / area, xt) * xt - per_sample(b / area, xt) * v
    return Pair(x0, per_sample(a / area, xt) * v - per_sample(da / area, xt) * xt)


def ends_from_score(path: Path, xt: Tensor, t: float | Tensor, score: Tensor) -> Pair:
    """Both ends from x_t and the score, Tweedie's formula: eps = -b score. 由 x_t 与得分求两端（Tweedie 公式）。

    Shapes: xt and score (b, ...), t a number or (b,).  Raises: CourseError for t out of range, or where a is 0.
    """
    check_alike(xt, score)
    return ends_from_eps(path, xt, t, -per_sample(_noise(at(path, t)), xt) * score)


def _log_snr(path: Path | Coefficients, t: float | Tensor) -> Tensor:
    now = at(path, t)
    return 2 * (now.signal.log() - now.noise.log())


def _is_time(t: object) -> bool:
    return isinstance(t, Tensor | Real) and not isinstance(t, bool)


def _check_ends(ends: Pair) -> Pair:
    check_alike(check_kind("ends", ends, Pair, "paths.Pair(x0, eps)").x0, ends.eps)
    return ends


def _moving(path: Path | Coefficients, t: float | Tensor) -> Coefficients:
    now = at(path, t)
    if not bool(now.noise_slope.isfinite().all()):
        raise CourseError(
            "At t = 0 the noise of this path comes in infinitely fast: there is no velocity. Take a later t, 0.001.",
            "t = 0 处，这条路径的噪声加入得无限快，没有速度可言。请取晚一点的 t，例如 0.001。",
        )
    return now


def _noise(now: Coefficients) -> Tensor:
    return _not_zero(now.noise, "t = 0", "noise, and eps and the score are not defined", "噪声，噪声与得分没有定义")


def _signal(now: Coefficients) -> Tensor:
    return _not_zero(now.signal, "t = 1", "signal, and x_0 cannot be told from eps", "信号，由噪声求不出 x_0")


def _not_zero(factor: Tensor, where: str, en: str, zh: str) -> Tensor:
    if bool((factor == 0).any()):
        raise CourseError(
            f"At {where} this path has no {en} there. Stop a little earlier, or ask for another unit.",
            f"{where} 处，这条路径没有{zh}。请稍早一点停下，或改用别的量。",
        )
    return factor
