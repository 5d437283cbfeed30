"""One reverse step t -> s, for any s < t: the steps that the samplers are made of.

一个反向步 t -> s，s 可以是小于 t 的任意时间步：各采样器都由这里的步组成。

Each takes what a denoiser answers, x0_hat; `euler_step` takes a slope, the eps that x0_hat leaves in x_t.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.forward import check_step, check_times, per_sample, posterior_weights
from course_utils.gates import check_callable, check_number, check_takes
from course_utils.gates.saying import with_values
from course_utils.language import CourseError
from course_utils.randomness import standard_normal
from course_utils.schedules import Schedule

Sigma = Callable[[Schedule, Tensor, Tensor], Tensor]


def sigma_posterior(schedule: Schedule, t: int | Tensor, s: int | Tensor) -> Tensor:
    """The standard deviation of q(x_s | x_t, x_0): right if the data were a single image.

    q(x_s | x_t, x_0) 的标准差：若数据只有一张图，它恰好正确。

    Shapes: t and s int or (b,) with 0 <= s < t <= T -> () or (b,), float64.  Raises: CourseError for other times.
    Paper: Ho et al. 2020, eq. (7).
    """
    return posterior_weights(schedule, t, s)[2].sqrt()


def sigma_beta(schedule: Schedule, t: int | Tensor, s: int | Tensor) -> Tensor:
    """The square root of beta, the variance of the forward step s -> t: right if the data were N(0, I).

    beta 的平方根，即前向步 s -> t 的标准差：若数据就是 N(0, I)，它恰好正确。

    At s = 0 it is 0: the last step returns the mean.
    Shapes: t and s int or (b,) with 0 <= s < t <= T -> () or (b,), float64.  Raises: CourseError for other times.
    Paper: Ho et al. 2020, section 3.2.
    """
    t, s = check_times(schedule, t, s)
    sigma = (1 - schedule.alpha_bar[t] / schedule.alpha_bar[s]).sqrt()
    return torch.where(s > 0, sigma, 0.0)


def sigma_between(share: float) -> Sigma:
    """A variance between the two, interpolated in the logarithm: 0 gives `sigma_posterior`, 1 gives `sigma_beta`.

    两种方差之间的取值，在对数上插值：0 即 `sigma_posterior`，1 即 `sigma_beta`。

    A network can learn a share for each pixel; this is one share for all. Returns a Sigma; at s = 0 it is 0. That the
    best variance lies between the two for data of a spread from 0 to 1 is derived in lesson 03, not taken from a paper.
    Raises: CourseError for a share outside 0 to 1.  Paper: Nichol & Dhariwal 2021, eq. (15), for the interpolation.
    """
    so = ("0 gives the posterior's variance, 1 gives beta.", "0 即后验方差，1 即 beta。")
    share = check_number("share", share, 0, 1, so=so)

    def sigma(schedule: Schedule, t: Tensor, s: Tensor) -> Tensor:
        return sigma_beta(schedule, t, s) ** share * sigma_posterior(schedule, t, s) ** (1 - share)

    return sigma


def reverse_step(
    schedule: Schedule,
    xt: Tensor,
    t: int | Tensor,
    s: int | Tensor,
    x0_hat: Tensor,
    *,
    sigma: Sigma = sigma_posterior,
    generator: torch.Generator | None = None,
) -> Tensor:
    """One reverse step t -> s: the mean of the posterior for the guess x0_hat, plus sigma times fresh noise.

    一个反向步 t -> s：取猜测 x0_hat 的后验均值，再加上 sigma 倍的新噪声。

    With s = t - 1 it is the paper's Algorithm 2, with either variance.

    Shapes: xt and x0_hat (b, ...), t and s int or (b,) with 0 <= s < t <= T -> x_s like xt.
    Raises: CourseError unless 0 <= s < t <= T, x0_hat has the shape of xt, both are finite and sigma gives numbers of 0
    or more.
    Paper: Ho et al. 2020, Algorithm 2 and eq. (11).
    """
    t, s = check_step(schedule, xt, t, s, x0_hat)
    of_x0, of_xt, _ = posterior_weights(schedule, t, s)
    mean = per_sample(of_x0, xt) * x0_hat + per_sample(of_xt, xt) * xt
    return mean + per_sample(_spread(sigma, schedule, t, s), xt) * standard_normal(xt, generator)


def ddim_step(
    schedule: Schedule,
    xt: Tensor,
    t: int | Tensor,
    s: int | Tensor,
    x0_hat: Tensor,
    *,
    eta: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Noise the guess of x_0 to time s: with the eps it leaves in x_t as far as eta leaves room, else with fresh noise.

    把对 x_0 的猜测加噪到 s：eta 之外的部分用它在 x_t 中留下的 eps，其余用新噪声。

    If the guess is right, any eta gives x_s the same marginal; 0 draws nothing new, 1 is `reverse_step`.
    Shapes: as `reverse_step`, eta from 0 to 1.  Raises: as `reverse_step`.
    Paper: Song et al. 2021 (DDIM), eqs. (12) and (16); its alpha_t is our alpha_bar_t.
    """
    eta = check_number("eta", eta, 0, 1)
    t, s = check_step(schedule, xt, t, s, x0_hat)
    a_t, a_s = schedule.alpha_bar[t], schedule.alpha_bar[s]
    sigma = eta * sigma_posterior(schedule, t, s)
    towards_xt = (1 - a_s - sigma**2).clamp(min=0).sqrt()
    eps_hat = (xt - per_sample(a_t.sqrt(), xt) * x0_hat) / per_sample((1 - a_t).sqrt(), xt)
    xs = per_sample(a_s.sqrt(), xt) * x0_hat + per_sample(towards_xt, xt) * eps_hat
    return xs + per_sample(sigma, xt) * standard_normal(xt, generator) if eta else xs


def euler_step(schedule: Schedule, xt: Tensor, t: int | Tensor, s: int | Tensor, slope: Tensor) -> Tensor:
    """Divide out the signal, x_t / sqrt(alpha_bar_t): now noise over signal is the clock, eps the slope; go straight.

    先除去信号系数，x_t / sqrt(alpha_bar_t)：此时噪声与信号之比是时钟，eps 是斜率；沿直线走。

    With the eps that x0_hat leaves in x_t as the slope it is `ddim_step` with eta = 0, in other letters.
    Shapes: slope like xt, else as `reverse_step`.  Raises: as `reverse_step`.
    Papers: Karras et al. 2022, Algorithm 1, lines 4 and 5; Song et al. 2021 (DDIM), eqs. (13) and (14).
    """
    t, s = check_step(schedule, xt, t, s, slope)
    signal, ratio = schedule.signal, schedule.noise_to_signal
    return per_sample(signal[s], xt) * (xt / per_sample(signal[t], xt) + per_sample(ratio[s] - ratio[t], xt) * slope)


def euler_ancestral_step(
    schedule: Schedule,
    xt: Tensor,
    t: int | Tensor,
    s: int | Tensor,
    x0_hat: Tensor,
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """An Euler step down to less noise than s has, then fresh noise up to it ("Euler a").

    用欧拉步下降到比 s 更低的噪声，再加新噪声补回到 s（"Euler a"）。

    Of the noise ratio r_s, `up` is new and `down` is left: up^2 + down^2 = r_s^2. It is `reverse_step` with the
    posterior's variance, in other letters. Shapes: as `reverse_step`.  Raises: as `reverse_step`.
    """
    t, s = check_step(schedule, xt, t, s, x0_hat)
    r_t, r_s = schedule.noise_to_signal[t], schedule.noise_to_signal[s]
    down = r_s**2 / r_t
    up = (r_s**2 - down**2).sqrt()
    slope = (xt / per_sample(schedule.signal[t], xt) - x0_hat) / per_sample(r_t, xt)
    x = x0_hat + per_sample(down, xt) * slope + per_sample(up, xt) * standard_normal(xt, generator)
    return per_sample(schedule.signal[s], xt) * x


def midway_guess(
    schedule: Schedule, u: int | Tensor, t: int | Tensor, s: int | Tensor, x0_hat_u: Tensor, x0_hat_t: Tensor
) -> Tensor:
    """The guess of x_0 half way from t to s in log-SNR, on the straight line through those at u and t, u > t > s.

    过 u 与 t 两处猜测作直线，按对数信噪比读出 t 到 s 半路上的 x_0 猜测，u > t > s。

    At s = 0 log-SNR is infinite and has no half way: there it is x0_hat_t.
    Shapes: x0_hat_u and x0_hat_t alike -> the same; u, t and s int or (b,).
    Raises: CourseError unless 0 <= s < t < u <= T.
    Paper: Lu et al. 2022 (DPM-Solver++), Algorithm 2.
    """
    u, _ = check_step(schedule, x0_hat_t, u, t, x0_hat_u)
    t, s = check_step(schedule, x0_hat_t, t, s, x0_hat_u)
    clock = schedule.log_snr
    ahead = torch.where(s > 0, (clock[s] - clock[t]) / (clock[t] - clock[u]) / 2, 0.0)
    return x0_hat_t + per_sample(ahead, x0_hat_t) * (x0_hat_t - x0_hat_u)


def _spread(sigma: Sigma, schedule: Schedule, t: Tensor, s: Tensor) -> Tensor:
    """What sigma gives for the step, if it is a standard deviation."""
    try:
        given = check_callable("sigma", sigma, "sigma_posterior")(schedule, t, s)
    except TypeError:  # perhaps it takes something else
        check_takes("sigma", sigma, "sigma_posterior", schedule, t, s)
        raise
    try:
        spread = torch.as_tensor(given)
    except (TypeError, ValueError, RuntimeError):
        spread = torch.tensor(torch.nan)
    if spread.ndim > 1 or spread.is_complex() or not bool((spread.isfinite() & (spread >= 0)).all()):
        raise CourseError(
            f"sigma gives {with_values(given)}. For each step it must give a finite number of 0 or more, one for all "
            "samples or one each, as sigma_posterior(schedule, t, s) does.",
            f"sigma 给出 {with_values(given)}。对每一步它应当给出不小于 0 的有限数，全体一个或每个样本一个，"
            "如 sigma_posterior(schedule, t, s)。",
        )
    return spread
