"""Flows: a denoiser as a velocity on any path, the samplers that walk it, and the loss that trains one.

流：把去噪器当作任意路径上的速度，用已有的采样器沿它走，以及训练它的损失。

What two paths share is how noisy they are. A guess is told that, as log-SNR, and is shown x_t divided by the root of
a^2 + b^2; so one network, or one exact denoiser, serves every path.
"""

import dataclasses
from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import torch
from torch import Tensor, nn

from course_utils.denoisers import from_eps, from_network, predict_eps, predict_x0
from course_utils.forward import per_sample
from course_utils.gates import check_alike, check_callable, check_kind, check_number, check_samples, check_whole
from course_utils.gates.saying import in_words
from course_utils.gaussians import GaussianMixture
from course_utils.language import CourseError
from course_utils.looking import evaluating
from course_utils.objectives import Objective, weighted
from course_utils.oracle import Oracle
from course_utils.paths import (
    Coefficients,
    Pair,
    Path,
    at,
    ends_from_velocity,
    ends_from_x0,
    log_snr_on,
    score,
    straight,
    time_on,
    velocity,
)
from course_utils.schedules import Schedule

Guess = Callable[[Tensor, float], Tensor]  # (x, log_snr) -> x0_hat, where x has signal^2 + noise^2 = 1
Velocity = Callable[[Tensor, float], Tensor]  # (xt, t) -> dx/dt
Score = Callable[[Tensor, float], Tensor]  # (xt, t) -> grad log q(x_t)


def guess_of_network(network: nn.Module, labels: Tensor | None = None) -> Guess:
    """What a network sees in x, told log-SNR alone. 网络从 x 中看出的 x_0，只告诉它对数信噪比。

    Shapes: labels (b,) or None.  Raises: as `denoisers.from_network`.
    """
    from_network(_level(0.0), network, labels)  # refuses what is no network before anyone asks it
    return lambda x, log_snr: predict_x0(_level(log_snr), network, x, 1, labels)


def guess_with_gradients(network: nn.Module, labels: Tensor | None = None) -> Guess:
    """`guess_of_network` whose answer can be differentiated in x, as likelihoods need; x in the type of the weights.

    可以对 x 求导的 `guess_of_network`，求似然时要用；x 的类型须与权重相同。

    Shapes: labels (b,) or None.  Raises: as `denoisers.predict_eps`.
    """
    from_network(_level(0.0), network, labels)

    def guess(x: Tensor, log_snr: float) -> Tensor:
        level = _level(log_snr)
        with evaluating(network):
            return from_eps(level, partial(predict_eps, level, network, labels=labels))(x, 1)

    return guess


def guess_of_oracle(truth: Oracle | GaussianMixture) -> Guess:
    """The exact guess at any noise level, whatever its schedule. 任何噪声水平下的精确猜测，与它原来的调度无关。

    Raises: CourseError for what is no exact denoiser.
    """
    if not isinstance(truth, GaussianMixture):
        check_kind("truth", truth, Oracle, "oracle.mixture(schedule, means, stds)")
    return lambda x, log_snr: dataclasses.replace(truth, schedule=_level(log_snr))(x, 1)


def velocity_field(path: Path, guess: Guess) -> Velocity:
    """The velocity of a path, from a guess of x_0: what the probability-flow ODE follows.

    由对 x_0 的猜测得到路径上的速度：概率流常微分方程所走的方向。

    Shapes: called with xt (b, ...) and t above 0 -> like xt.  Raises: CourseError for t out of range.
    Papers: Song et al. 2021 (score-based SDEs), eq. (13); Lipman et al. 2023, eq. (8).
    """
    see = _on_path(path, guess)

    def field(xt: Tensor, t: float) -> Tensor:
        now, ends = see(xt, t)
        return velocity(now, t, ends)

    return field


def score_field(path: Path, guess: Guess) -> Score:
    """The score of q(x_t) on a path, from a guess of x_0. 由对 x_0 的猜测得到路径上的得分。

    Shapes: called with xt (b, ...) and t above 0 -> like xt.  Raises: CourseError for t out of range.
    """
    see = _on_path(path, guess)

    def field(xt: Tensor, t: float) -> Tensor:
        now, ends = see(xt, t)
        return score(now, t, ends)

    return field


def moved_to(path: Path, field: Velocity, other: Path) -> Velocity:
    """A velocity field that was made, or learned, on one path, as the velocity field of another.

    把在一条路径上得到（或学到）的速度场，换成另一条路径的速度场。

    Where both are equally noisy x_t differs by a factor alone; there it is asked, and both ends are the same.
    Shapes: called with xt (b, ...) and t above 0 -> like xt.  Raises: CourseError for t out of range.
    Paper: Kingma & Gao 2023, section 2 and appendix; Karras et al. 2022, appendix B.1.
    """
    check_callable("field", field, "flows.velocity_field(path, guess)")
    at(path, 1.0), at(other, 1.0)  # refuse what is no path before anyone asks

    def moved(xt: Tensor, t: float) -> Tensor:
        there = time_on(path, float(log_snr_on(other, check_number("t", t, 0, 1))))
        x = check_samples("x_t", xt) * (_size(path, there) / _size(other, t)).to(xt)
        ends = ends_from_velocity(path, x, there, field(x, there))
        return velocity(other, t, ends_from_x0(other, xt, t, ends.x0))

    return moved


def clock(path: Path, times: Sequence[float]) -> Schedule:
    """A path read at these times, as a schedule: the samplers walk it, step k at times[k], with x_t over its size.

    在这些时刻读取一条路径，得到一个调度：采样器沿它走，第 k 步在 times[k]，x_t 除以 (a^2 + b^2) 的平方根。

    Where log-SNR would fall below -20 it stops there, so x_0 can be told from eps. A step of `ddim` keeps both ends as
    they are; on the straight path, where x_t then goes straight on, it is a step of Euler's method.
    Raises: CourseError for times that do not rise from 0, at most to 1, and get noisier.
    Paper: Gao et al. 2024 (Diffusion Meets Flow Matching).
    """
    try:
        rising = torch.as_tensor(times, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):  # words, lists of several lengths
        rising = torch.empty(0)
    if rising.ndim != 1 or len(rising) < 2 or rising[0] != 0 or not bool((rising.diff() > 0).all()):
        raise CourseError(
            f"The times are {rising.flatten()[:6].tolist()}…. They must rise from 0, the data, as in "
            "torch.linspace(0, 1, 51).",
            f"时刻是 {rising.flatten()[:6].tolist()}…。它们应当从 0（数据）起逐个增大，例如 torch.linspace(0, 1, 51)。",
        )
    level = log_snr_on(path, rising[1:])
    same = (level.diff() >= 0).nonzero().flatten()[:1].tolist()
    if same:
        (t, s), found = rising[1:][same[0] : same[0] + 2].tolist(), float(level[same[0] + 1])
        raise CourseError(
            f"At t = {s:g} the path is no noisier than at t = {t:g}: log-SNR is {found:.3g} at both, or rises (what "
            "lies beyond -20 or 20 counts as that). A clock's times must get noisier: leave one of the two out.",
            f"t = {s:g} 处的路径并不比 t = {t:g} 处更嘈杂：对数信噪比在两处都是 {found:.3g}，或反而上升"
            "（超出 -20 到 20 的都按端点算）。时钟的各时刻应当越来越嘈杂：请去掉两者之一。",
        )
    return Schedule(torch.cat([torch.ones(1, dtype=torch.float64), level.sigmoid()]))


def straight_clock(steps: int = 1000) -> Schedule:
    """The straight path at evenly spaced times, as a schedule: t = k / steps. 直线路径在等间隔时刻上的调度。

    Raises: CourseError for what is no number of steps from 1 to 10,000.
    """
    steps = check_whole("steps", steps, 1, 10_000)
    return clock(straight, torch.linspace(0, 1, steps + 1, dtype=torch.float64))


errors_of_velocity = weighted(lambda snr: (1 + snr.rsqrt()) ** 2)  # |v_hat - v|^2 of the straight path: flow matching


def of_pairs(objective: Objective) -> Objective:
    """An objective whose data are pairs: each x_0 comes with the noise that belongs to it, as reflow has it.

    数据成对的训练目标：每个 x_0 都带着属于它的噪声，如重流（reflow）所用。

    Shapes: the data that `train` is given are (n, 2, ...), x_0 first, noise second.
    Raises: CourseError for what is no objective; when called, for data that are no pairs.
    Paper: Liu et al. 2023, section 2.1, Algorithm 1.
    """
    check_callable("objective", objective, "flows.errors_of_velocity")

    def errors_of_pairs(schedule, network, x0, t, eps, *, labels=None) -> Tensor:
        if not isinstance(x0, Tensor) or x0.ndim < 3 or x0.shape[1] != 2:
            raise CourseError(
                f"The data are {in_words(x0)}; they must be pairs (n, 2, ...), x_0 first, noise second: "
                "torch.stack([x0, eps], 1).",
                f"数据是 {in_words(x0)}；应当成对，即 (n, 2, ...)，x_0 在前，噪声在后：torch.stack([x0, eps], 1)。",
            )
        return objective(schedule, network, x0[:, 0], t, x0[:, 1], labels=labels)

    return errors_of_pairs


def coupled(objective: Objective) -> Objective:
    """An objective that deals the noise of a batch anew, so that together it lies nearest to the data.

    把一批噪声重新配给数据、使总的距离最近的训练目标。

    Paper: Tong et al. 2024, section 3.2 (minibatch optimal transport).
    """
    check_callable("objective", objective, "flows.errors_of_velocity")

    def of_nearest(schedule, network, x0, t, eps, *, labels=None) -> Tensor:
        return objective(schedule, network, x0, t, nearest_noise(x0, eps), labels=labels)

    return of_nearest


def nearest_noise(x0: Tensor, eps: Tensor) -> Tensor:
    """The same noise in another order: the sum of squared distances to x_0 is the least there is.

    同样的噪声换个次序：到 x_0 的距离平方和取到最小。

    Shapes: x0 and eps (b, ...) -> like eps.  Raises: CourseError for shapes that differ.
    Paper: Tong et al. 2024, section 3.2; Crouse 2016 for the algorithm that scipy has.
    """
    from scipy.optimize import linear_sum_assignment

    check_alike(check_samples("x0", x0), eps)
    cost = torch.cdist(*(x.detach().reshape(len(x), -1).double() for x in (x0, eps))).square()
    return eps[torch.as_tensor(linear_sum_assignment(cost.cpu().numpy())[1], device=eps.device)]


def _on_path(path: Path, guess: Guess) -> Callable[[Tensor, float], tuple[Coefficients, Pair]]:
    """(xt, t) -> the path as it is at t, read once, and both ends, from a guess that is told log-SNR."""
    at(check_callable("path", path, "paths.straight, or paths.variance_preserving(schedule)"), 1.0)
    _check_guess(guess)

    def see(xt: Tensor, t: float) -> tuple[Coefficients, Pair]:
        check_samples("x_t", xt)
        now = at(path, check_number("t", t, 0, 1))
        x0 = guess(xt / per_sample(_size(now, t), xt), float(log_snr_on(now, t)))
        return now, ends_from_x0(now, xt, t, x0)

    return see


def _check_guess(guess: Guess) -> None:
    how = "guess_of_oracle(truth)" if isinstance(guess, Oracle | GaussianMixture) else "guess_of_network(network)"
    check_callable("guess", guess, f"flows.{how}")
    if isinstance(guess, nn.Module | Oracle | GaussianMixture):
        kind = type(guess).__name__
        raise CourseError(
            f"guess is {kind} itself. A guess is a function (x, log_snr) -> x0_hat, and is made of it: flows.{how}.",
            f"guess 就是 {kind} 本身。猜测应当是函数 (x, log_snr) -> x0_hat，由它得到：flows.{how}。",
        )


def _size(path: Path | Coefficients, t: float) -> Tensor:
    now = at(path, t)
    return torch.hypot(now.signal, now.noise)


def _level(log_snr: float) -> Schedule:
    """One step, to this noise: a schedule for those who ask for one."""
    return _step_to(check_number("log_snr", log_snr, -700, 36))  # beyond them alpha_bar is 0 or 1


@lru_cache(maxsize=1024)  # walks over the same times ask for the same levels
def _step_to(log_snr: float) -> Schedule:
    return Schedule(torch.tensor([0.0, log_snr], dtype=torch.float64).sigmoid().index_fill(0, torch.tensor(0), 1.0))
