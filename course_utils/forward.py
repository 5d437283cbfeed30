"""The forward process q: one step, one jump, the posterior, and what can be computed from what.

前向过程 q：走一步、跳一次、后验，以及几种量之间的换算。
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.gates import check_alike, check_coefficients, check_finite, check_samples
from course_utils.language import CourseError
from course_utils.randomness import standard_normal
from course_utils.schedules import Schedule, check_schedule


class Noised(NamedTuple):
    """A noised batch and the noise in it. 加噪后的一批，以及其中的噪声。"""

    xt: Tensor
    eps: Tensor


class Posterior(NamedTuple):
    """Mean and variance of q(x_s | x_t, x_0). q(x_s | x_t, x_0) 的均值与方差。"""

    mean: Tensor
    variance: Tensor


def per_sample(coefficient: Tensor, x: Tensor) -> Tensor:
    """Give a coefficient x's dtype and device, and shape it so that it multiplies x sample by sample.

    让系数具有 x 的类型与设备，并调整形状，使它逐样本地与 x 相乘。

    Shapes: coefficient () or (b,), x (b, ...) -> () or (b, 1, ...).
    Raises: CourseError for another number of coefficients (one belongs to each time) than of samples, or no tensors.
    """
    check_coefficients(coefficient, x)
    coefficient = coefficient.to(x.dtype).to(x.device)
    return coefficient.reshape(-1, *[1] * (x.ndim - 1)) if coefficient.ndim else coefficient


def forward_step(
    schedule: Schedule,
    x: Tensor,
    t: int | Tensor,
    eps: Tensor | None = None,
    *,
    generator: torch.Generator | None = None,
) -> Noised:
    """One forward step: x_{t-1} -> x_t = sqrt(alpha_t) x_{t-1} + sqrt(beta_t) eps.

    一个前向步：x_{t-1} -> x_t。

    Shapes: x (b, ...), t int or (b,) from 1 to T, eps like x -> xt and eps like x; b = 1 and n times: n samples.
    Raises: CourseError for t out of range, or x or eps of the wrong type or shape.
    Paper: Ho et al. 2020, eq. (2).
    """
    t = check_schedule(schedule).check_time(t, first=1)
    x, eps = _with_noise(x, t, eps, generator)
    alpha, beta = schedule.alpha[t], schedule.beta[t]
    return Noised(per_sample(alpha.sqrt(), x) * x + per_sample(beta.sqrt(), x) * eps, eps)


def forward_jump(
    schedule: Schedule,
    x0: Tensor,
    t: int | Tensor,
    eps: Tensor | None = None,
    *,
    generator: torch.Generator | None = None,
) -> Noised:
    """The forward jump: x_0 -> x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) eps, in one computation.

    前向跳跃：一次计算，从 x_0 到 x_t。

    Shapes: x0 (b, ...), t int or (b,) from 0 to T, eps like x0 -> xt and eps like x0; b = 1 and n times: n samples.
    Raises: CourseError for t out of range, or x0 or eps of the wrong type or shape.
    Paper: Ho et al. 2020, eq. (4).
    """
    t = check_schedule(schedule).check_time(t)
    x0, eps = _with_noise(x0, t, eps, generator)
    return Noised(per_sample(schedule.signal[t], x0) * x0 + per_sample(schedule.noise[t], x0) * eps, eps)


def posterior(schedule: Schedule, xt: Tensor, t: int | Tensor, x0: Tensor, s: int | Tensor | None = None) -> Posterior:
    """Mean and variance of q(x_s | x_t, x_0), exactly Gaussian; s = t - 1 unless given.

    q(x_s | x_t, x_0) 的均值与方差，它恰为高斯分布；不给 s 时取 t - 1。

    Shapes: xt and x0 (b, ...), t and s int or (b,) with 0 <= s < t -> mean like xt, variance () or (b, 1, ...).
    Raises: CourseError unless 0 <= s < t <= T and x0 has the shape of xt.
    Paper: Ho et al. 2020, eqs. (6) and (7), with alpha_bar_t / alpha_bar_s for alpha_t.
    """
    t, s = check_step(schedule, xt, t, s, x0)
    of_x0, of_xt, variance = posterior_weights(schedule, t, s)
    return Posterior(per_sample(of_x0, xt) * x0 + per_sample(of_xt, xt) * xt, per_sample(variance, xt))


def posterior_weights(schedule: Schedule, t: int | Tensor, s: int | Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The weights of x_0 and of x_t in the mean of q(x_s | x_t, x_0), and its variance.

    q(x_s | x_t, x_0) 的均值中 x_0 与 x_t 的权重，以及它的方差。

    Shapes: t and s int, () or (b,), whole numbers with 0 <= s < t <= T -> three like t, float64.
    Raises: CourseError for other times.
    Paper: Ho et al. 2020, eqs. (6) and (7).
    """
    t, s = check_times(schedule, t, s)
    a_t, a_s = schedule.alpha_bar[t], schedule.alpha_bar[s]
    beta = 1 - a_t / a_s
    of_x0, of_xt = a_s.sqrt() * beta / (1 - a_t), (a_t / a_s).sqrt() * (1 - a_s) / (1 - a_t)
    return of_x0, of_xt, beta * (1 - a_s) / (1 - a_t)


def check_step(
    schedule: Schedule, xt: Tensor, t: int | Tensor, s: int | Tensor | None, given: Tensor
) -> tuple[Tensor, Tensor]:
    """Return t and s as tensors, s = t - 1 where it is None, or say why no step leads from t to s with what is given.

    返回张量形式的 t 与 s（s 为 None 时取 t - 1）；若凭所给的量不能从 t 走到 s，则说明原因。

    Shapes: xt and given (an x_0, eps, slope) alike.
    Raises: CourseError unless 0 <= s < t <= T, and for a given of another shape than xt.
    """
    check_schedule(schedule)
    check_alike(xt, given)
    return check_times(schedule, t, s)


def check_times(schedule: Schedule, t: int | Tensor, s: int | Tensor | None) -> tuple[Tensor, Tensor]:
    """Return t and s as tensors, s = t - 1 where it is None, or say why no step leads from t to s.

    返回张量形式的 t 与 s（s 为 None 时取 t - 1）；若不能从 t 走到 s，则说明原因。

    Raises: CourseError unless 0 <= s < t <= T, one of each for all samples or equally many.
    """
    t = check_schedule(schedule).check_time(t, first=1)
    s = t - 1 if s is None else schedule.check_time(s)
    if t.ndim and s.ndim and len(t) != len(s):
        raise CourseError(
            f"There are {len(t)} times t and {len(s)} times s. Give one int each, or equally many, one per sample.",
            f"t 有 {len(t)} 个，s 却有 {len(s)} 个。请各给一个整数，或给同样多，每个样本一个。",
        )
    if bool((s >= t).any()):
        raise CourseError(
            f"The step goes from t = {t.tolist()} to s = {s.tolist()}. A reverse step needs s < t: swap the two.",
            f"这一步从 t = {t.tolist()} 走到 s = {s.tolist()}。反向步要求 s < t：请把两者对调。",
        )
    return t, s


def x0_from_eps(schedule: Schedule, xt: Tensor, t: int | Tensor, eps: Tensor) -> Tensor:
    """x_0 = (x_t - sqrt(1 - alpha_bar_t) eps) / sqrt(alpha_bar_t).

    由噪声求 x_0。

    Shapes: xt and eps (b, ...), t int or (b,) from 1 to T -> like xt.
    Raises: CourseError for t out of range or eps of another shape than xt.
    Paper: Ho et al. 2020, eq. (15).
    """
    signal, noise = _factors(schedule, xt, t, eps)
    return (xt - noise * eps) / signal


def eps_from_x0(schedule: Schedule, xt: Tensor, t: int | Tensor, x0: Tensor) -> Tensor:
    """eps = (x_t - sqrt(alpha_bar_t) x_0) / sqrt(1 - alpha_bar_t).

    由 x_0 求噪声。

    Shapes: xt and x0 (b, ...), t int or (b,) from 1 to T -> like xt.
    Raises: CourseError for t out of range or x0 of another shape than xt.
    """
    signal, noise = _factors(schedule, xt, t, x0)
    return (xt - signal * x0) / noise


def v_from_eps(schedule: Schedule, xt: Tensor, t: int | Tensor, eps: Tensor) -> Tensor:
    """v = sqrt(alpha_bar_t) eps - sqrt(1 - alpha_bar_t) x_0.

    由噪声求 v。

    Shapes: xt and eps (b, ...), t int or (b,) from 1 to T -> like xt.
    Raises: CourseError for t out of range or eps of another shape than xt.
    Paper: Salimans & Ho 2022, section 4.
    """
    signal, noise = _factors(schedule, xt, t, eps)
    return signal * eps - noise * (xt - noise * eps) / signal


def eps_from_v(schedule: Schedule, xt: Tensor, t: int | Tensor, v: Tensor) -> Tensor:
    """eps = sqrt(1 - alpha_bar_t) x_t + sqrt(alpha_bar_t) v.

    由 v 求噪声。

    Shapes: xt and v (b, ...), t int or (b,) from 1 to T -> like xt.
    Raises: CourseError for t out of range or v of another shape than xt.
    Paper: Salimans & Ho 2022, section 4.
    """
    signal, noise = _factors(schedule, xt, t, v)
    return noise * xt + signal * v


def x0_from_v(schedule: Schedule, xt: Tensor, t: int | Tensor, v: Tensor) -> Tensor:
    """x_0 = sqrt(alpha_bar_t) x_t - sqrt(1 - alpha_bar_t) v.

    由 v 求 x_0。

    Shapes: xt and v (b, ...), t int or (b,) from 1 to T -> like xt.
    Raises: CourseError for t out of range or v of another shape than xt.
    Paper: Salimans & Ho 2022, section 4.
    """
    signal, noise = _factors(schedule, xt, t, v)
    return signal * xt - noise * v


def score_from_eps(schedule: Schedule, xt: Tensor, t: int | Tensor, eps: Tensor) -> Tensor:
    """The score from the best eps, E[eps | x_t]: grad log q(x_t) = -eps / sqrt(1 - alpha_bar_t).

    由最优预测 E[eps | x_t] 求得分 grad log q(x_t)；代入抽到的 eps，得到的是 grad log q(x_t | x_0)。

    With the eps that was drawn it is grad log q(x_t | x_0).
    Shapes: xt and eps (b, ...), t int or (b,) from 1 to T -> like xt.
    Raises: CourseError for t out of range or eps of another shape than xt.
    Paper: Dhariwal & Nichol 2021, eq. (11).
    """
    return -(eps / _factors(schedule, xt, t, eps)[1])


def eps_from_score(schedule: Schedule, xt: Tensor, t: int | Tensor, score: Tensor) -> Tensor:
    """eps = -sqrt(1 - alpha_bar_t) grad log q(x_t).

    由得分求噪声。

    Shapes: xt and score (b, ...), t int or (b,) from 1 to T -> like xt.
    Raises: CourseError for t out of range or score of another shape than xt.
    Paper: Dhariwal & Nichol 2021, eq. (11).
    """
    return -(score * _factors(schedule, xt, t, score)[1])


@dataclass(frozen=True, eq=False)
class GaussianForwardProcess:
    """A schedule and its forward process as one component.

    调度与它的前向过程，合成一个部件。
    """

    schedule: Schedule

    def __post_init__(self):
        check_schedule(self.schedule)

    def step(self, x: Tensor, t: int | Tensor, eps: Tensor | None = None, *, generator=None) -> Noised:
        """`forward_step` with this schedule. 用本调度走一步。"""
        return forward_step(self.schedule, x, t, eps, generator=generator)

    def jump(self, x0: Tensor, t: int | Tensor, eps: Tensor | None = None, *, generator=None) -> Noised:
        """`forward_jump` with this schedule. 用本调度跳一次。"""
        return forward_jump(self.schedule, x0, t, eps, generator=generator)

    def posterior(self, xt: Tensor, t: int | Tensor, x0: Tensor, s: int | Tensor | None = None) -> Posterior:
        """`posterior` with this schedule. 本调度的后验。"""
        return posterior(self.schedule, xt, t, x0, s)


def _factors(schedule: Schedule, xt: Tensor, t: int | Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
    check_schedule(schedule)
    check_alike(xt, given)
    alpha_bar = schedule.alpha_bar[schedule.check_time(t, first=1)]
    return per_sample(alpha_bar.sqrt(), xt), per_sample((1 - alpha_bar).sqrt(), xt)


def _with_noise(x: Tensor, t: Tensor, eps: Tensor | None, generator: torch.Generator | None) -> tuple[Tensor, Tensor]:
    check_samples("x", x)
    if t.ndim and len(x) == 1:
        x = x.expand(len(t), *x.shape[1:])
    eps = standard_normal(x, generator) if eps is None else eps
    if not isinstance(eps, Tensor) or eps.shape != x.shape or eps.dtype != x.dtype:
        given = f"{eps.dtype} {tuple(eps.shape)}" if isinstance(eps, Tensor) else type(eps).__name__
        raise CourseError(
            f"eps is {given}; it must be like x, {x.dtype} {tuple(x.shape)}. Draw it with torch.randn_like(x).",
            f"eps 是 {given}；它应当与 x 一致，即 {x.dtype} {tuple(x.shape)}。可以用 torch.randn_like(x) 抽取。",
        )
    return x, check_finite("eps", eps)
