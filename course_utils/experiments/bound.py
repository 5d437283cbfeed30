"""The weights that the variational bound gives to each t, and the chain it is derived on.

变分下界给每个 t 的权重，以及推导时所用的链。
"""

import torch
from torch import Tensor

from course_utils.gates import check_flag
from course_utils.schedules import Schedule


def bound_weights(schedule: Schedule, *, posterior: bool = False) -> Tensor:
    """The weight of |eps - eps_hat|^2 at t = 2..T, for reverse steps of variance beta, or of the posterior's.

    t = 2..T 处 |eps - eps_hat|^2 的权重；反向步的方差取 beta，或取后验方差。

    Shapes: -> (T - 1,) float64.  Paper: Ho et al. 2020, eq. (12).
    """
    variance = schedule.posterior_variance if check_flag("posterior", posterior) else schedule.beta
    weights = schedule.beta**2 / (2 * variance * schedule.alpha * (1 - schedule.alpha_bar))
    return weights[2:]


def share_up_to(weights: Tensor, t: int) -> float:
    """The share of the sum that lies at t and below; the first weight is that of t = 2. 到 t 为止所占的份额。"""
    return float(weights[: t - 1].sum() / weights.sum())


def half_of_the_bound(schedule: Schedule) -> int:
    """The smallest t up to which half of the bound's weight lies, sigma^2 = beta. 权重过半的最小的 t。"""
    weights = bound_weights(schedule)
    return int(torch.searchsorted(weights.cumsum(0), weights.sum() / 2)) + 2
