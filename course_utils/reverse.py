"""One reverse step t -> s, for any s < t.

一个反向步 t -> s，s 可以是小于 t 的任意时间步。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.forward import check_pair, like, posterior, standard_normal, x0_from_eps
from course_utils.language import CourseError
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
