"""One reverse step t -> s, for any s < t: the steps that the samplers are made of.

一个反向步 t -> s，s 可以是小于 t 的任意时间步：各采样器都由这里的步组成。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.forward import check_alike, check_pair, like, posterior, x0_from_eps
from course_utils.language import CourseError
from course_utils.randomness import standard_normal
from course_utils.schedules import Schedule

Sigma = Callable[[Schedule, Tensor, Tensor], Tensor]


def sigma_posterior(schedule: Schedule, t: Tensor, s: Tensor) -> Tensor:
    """The standard deviation of q(x_s | x_t, x_0): right if the data were a single image.

    q(x_s | x_t, x_0) 的标准差：若数据只有一张图，它恰好正确。

    Shapes: t and s () or (b,) -> the same.  Paper: Ho et al. 2020, eq. (7).
    """
    a_t, a_s = schedule.alpha_bar[t], schedule.alpha_bar[s]
    return ((1 - a_t / a_s) * (1 - a_s) / (1 - a_t)).sqrt()


def sigma_beta(schedule: Schedule, t: Tensor, s: Tensor) -> Tensor:
    """The square root of beta, the variance of the forward step s -> t: right if the data were N(0, I).

    beta 的平方根，即前向步 s -> t 的标准差：若数据就是 N(0, I)，它恰好正确。

    At s = 0 it is 0: the last step returns the mean. Shapes: t and s () or (b,) -> the same.
    Paper: Ho et al. 2020, section 3.2.
    """
    sigma = (1 - schedule.alpha_bar[t] / schedule.alpha_bar[s]).sqrt()
    return torch.where(s > 0, sigma, 0.0)


def sigma_between(share: float) -> Sigma:
    """A variance between the two, interpolated in the logarithm: 0 gives `sigma_posterior`, 1 gives `sigma_beta`.

    两种方差之间的取值，在对数上插值：0 即 `sigma_posterior`，1 即 `sigma_beta`。

    A network can learn a share for each pixel; this is one share for all. Returns a Sigma; at s = 0 it is 0.
    Raises: CourseError for a share outside 0 to 1.  Paper: Nichol & Dhariwal 2021, eq. (15).
    """
    if not 0 <= share <= 1:
        raise CourseError(
            f"The share is {share!r}. It must lie between 0 (the posterior's variance) and 1 (beta).",
            f"share 为 {share!r}。它应当在 0（后验方差）与 1（beta）之间。",
        )

    def sigma(schedule: Schedule, t: Tensor, s: Tensor) -> Tensor:
        return sigma_beta(schedule, t, s) ** share * sigma_posterior(schedule, t, s) ** (1 - share)

    return sigma


def reverse_step(
    schedule: Schedule,
    xt: Tensor,
    t: int | Tensor,
    s: int | Tensor,
    eps_hat: Tensor,
    sigma: Sigma = sigma_posterior,
    generator: torch.Generator | None = None,
) -> Tensor:
    """One reverse step t -> s: guess x_0 from eps_hat, take the posterior's mean, add sigma times fresh noise.

    一个反向步 t -> s：由 eps_hat 猜出 x_0，取后验均值，再加上 sigma 倍的新噪声。

    With s = t - 1 it is the paper's Algorithm 2, with either variance.

    Shapes: xt and eps_hat (b, ...), t and s int or (b,) with 0 <= s < t <= T -> x_s like xt.
    Raises: CourseError unless 0 <= s < t <= T.
    Paper: Ho et al. 2020, Algorithm 2 and eq. (11).
    """
    t, s = check_pair(schedule, t, s)
    mean = posterior(schedule, x0_from_eps(schedule, xt, t, eps_hat), xt, t, s).mean
    return mean + like(sigma(schedule, t, s), xt) * standard_normal(xt, generator)


def ddim_step(
    schedule: Schedule,
    xt: Tensor,
    t: int | Tensor,
    s: int | Tensor,
    eps_hat: Tensor,
    eta: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Guess x_0, then noise the guess to time s: with eps_hat as far as eta leaves room, fresh noise for the rest.

    先猜 x_0，再把它加噪到 s：eta 之外的部分用 eps_hat，其余用新噪声。

    With the eps that is in x_t, any eta gives x_s the same marginal; 0 draws nothing new, 1 is `reverse_step`.
    Shapes: as `reverse_step`, eta from 0 to 1.  Raises: CourseError unless 0 <= s < t <= T.
    Paper: Song et al. 2021 (DDIM), eqs. (12) and (16); its alpha_t is our alpha_bar_t.
    """
    t, s = check_pair(schedule, t, s)
    sigma = eta * sigma_posterior(schedule, t, s)
    towards_xt = (1 - schedule.alpha_bar[s] - sigma**2).clamp(min=0).sqrt()
    x0_hat = x0_from_eps(schedule, xt, t, eps_hat)
    xs = like(schedule.signal(s), xt) * x0_hat + like(towards_xt, xt) * eps_hat
    return xs + like(sigma, xt) * standard_normal(xt, generator) if eta else xs


def euler_step(schedule: Schedule, xt: Tensor, t: int | Tensor, s: int | Tensor, slope: Tensor) -> Tensor:
    """Divide out the signal, x_t / sqrt(alpha_bar_t): now noise over signal is the clock, eps the slope; go straight.

    先除去信号系数，x_t / sqrt(alpha_bar_t)：此时噪声与信号之比是时钟，eps 是斜率；沿直线走。

    With eps_hat as the slope it is `ddim_step` with eta = 0, in other letters.
    Shapes: as `reverse_step`.  Raises: CourseError unless 0 <= s < t <= T.
    Papers: Karras et al. 2022, Algorithm 1, lines 4 and 5; Song et al. 2021 (DDIM), eqs. (13) and (14).
    """
    t, s = check_pair(schedule, t, s)
    forth = like(schedule.noise_to_signal(s) - schedule.noise_to_signal(t), xt)
    return like(schedule.signal(s), xt) * (xt / like(schedule.signal(t), xt) + forth * slope)


def euler_ancestral_step(
    schedule: Schedule,
    xt: Tensor,
    t: int | Tensor,
    s: int | Tensor,
    eps_hat: Tensor,
    generator: torch.Generator | None = None,
) -> Tensor:
    """An Euler step down to less noise than s has, then fresh noise up to it ("Euler a").

    用欧拉步下降到比 s 更低的噪声，再加新噪声补回到 s（"Euler a"）。

    Of the noise ratio r_s, `up` is new and `down` is left: up^2 + down^2 = r_s^2. It is `reverse_step` with the
    posterior's variance, in other letters. Shapes: as `reverse_step`.  Raises: CourseError unless 0 <= s < t <= T.
    """
    t, s = check_pair(schedule, t, s)
    r_t, r_s = schedule.noise_to_signal(t), schedule.noise_to_signal(s)
    down = r_s**2 / r_t
    up = (r_s**2 - down**2).sqrt()
    x = xt / like(schedule.signal(t), xt) + like(down - r_t, xt) * eps_hat
    return like(schedule.signal(s), xt) * (x + like(up, xt) * standard_normal(xt, generator))


def midway_guess(schedule: Schedule, u: int, t: int, s: int, x0_hat_u: Tensor, x0_hat_t: Tensor) -> Tensor:
    """The guess of x_0 half way from t to s in log-SNR, on the straight line through those at u and t, u > t > s.

    过 u 与 t 两处猜测作直线，按对数信噪比读出 t 到 s 半路上的 x_0 猜测，u > t > s。

    At s = 0 log-SNR is infinite and has no half way: there it is x0_hat_t.
    Shapes: x0_hat_u and x0_hat_t alike -> the same.  Raises: CourseError unless 0 <= s < t < u <= T.
    Paper: Lu et al. 2022 (DPM-Solver++), Algorithm 2, line 8.
    """
    (u, t), (_, s) = check_pair(schedule, u, t), check_pair(schedule, t, s)
    check_alike(x0_hat_t, x0_hat_u)
    if s == 0:
        return x0_hat_t
    clock = schedule.log_snr
    ahead = (clock[s] - clock[t]) / (clock[t] - clock[u]) / 2
    return x0_hat_t + like(ahead, x0_hat_t) * (x0_hat_t - x0_hat_u)
