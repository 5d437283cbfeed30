"""What lesson 03 computes exactly: densities of a reverse step, and what an error or the wrong noise leads to.

第 03 课精确算出的量：反向步的密度，以及误差或用错噪声会导致什么。
"""

import torch
from torch import Tensor

from course_utils import data, schedules
from course_utils.denoisers import from_eps
from course_utils.forward import eps_from_x0, forward_jump, forward_step, posterior, x0_from_eps
from course_utils.oracle import Oracle, mixture
from course_utils.randomness import seeded
from course_utils.samplers import ddpm


def reverse_density(truth: Oracle, xt: float, t: int, s: int, x: Tensor) -> Tensor:
    """The exact density of q(x_s | x_t) on a grid, by Bayes' rule: q(x_t | x_s) q(x_s), scaled to area 1.

    在网格上按贝叶斯公式算出 q(x_s | x_t) 的精确密度：q(x_t | x_s) q(x_s)，归一化到面积为 1。

    Shapes: x (n,) equally spaced, 1 <= s < t <= T -> (n,) float64.
    """
    kept = truth.schedule.alpha_bar[t] / truth.schedule.alpha_bar[s]
    log = truth.log_density(x[:, None], s) - (xt - kept.sqrt() * x) ** 2 / (2 * (1 - kept))
    return log.softmax(0) / (x[1] - x[0])


def bell_like(density: Tensor, x: Tensor) -> Tensor:
    """The Gaussian density with the mean and the variance of a density on a grid.

    与网格上某个密度均值、方差相同的高斯密度。

    Shapes: both (n,), x equally spaced -> (n,).
    """
    share = density / density.sum()
    mean = (share * x).sum()
    return (-((x - mean) ** 2) / (2 * (share * (x - mean) ** 2).sum())).softmax(0) / (x[1] - x[0])


def last_heavy_x0() -> int:
    """The largest t at which x_0 weighs more than x_t in the posterior mean, linear schedule, T = 1000.

    T = 1000 的线性调度下，x_0 在后验均值中的权重仍大于 x_t 的最大的 t。
    """
    t, one = torch.arange(1, 1001), torch.ones(1000, dtype=torch.float64)
    of_x0, of_xt = (posterior(schedules.linear(1000), (1 - a) * one, t, a * one).mean for a in (1, 0))
    return int(t[of_x0 > of_xt].max())


def two_values() -> Oracle:
    """Data of one pixel that is nearly −1 or nearly 1, each half of the time.

    只有一个像素的数据：约为 −1 或约为 1，各占一半。
    """
    return mixture(schedules.linear(1000), torch.tensor([[-1.0], [1.0]]), torch.tensor([0.05, 0.05]))


def reverse_densities() -> dict[str, dict[str, Tensor]]:
    """Exact densities of one step back from t = 300, and of the way back to t = 50, for `two_values`.

    `two_values` 的精确密度：从 t = 300 退回一步，以及一直退到 t = 50。
    """
    x, truth = torch.linspace(-2.5, 2.5, 1001, dtype=torch.float64), two_values()
    return {f"$q(x_{{{s}}}|x_{{300}}=0)$": {"": reverse_density(truth, 0.0, 300, s, x)} for s in (299, 50)}


def last_steps_noise() -> dict[str, Tensor]:
    """The photograph, x_100 after 100 steps, and what the last step's noise makes of x_0.

    照片、走 100 步之后的 x_100，以及用最后一步的噪声求出的 x_0。
    """
    schedule, generator = schedules.linear(1000), seeded(0)
    x0 = data.photograph("palace", 32)
    xt, _ = forward_jump(schedule, x0, 99, generator=generator)
    xt, eps = forward_step(schedule, xt, 100, generator=generator)
    return {"$x_0$": x0, "$x_{100}$": xt, "?": x0_from_eps(schedule, xt, 100, eps)}


def disturbed_walk(size: float = 0.3, T: int = 1000) -> list[float]:
    """How far a walk with the true ε, wrong by `size` at every t > 1, is from the undisturbed one, from T to 0.

    用真正的 ε 走回去，但在每个 t > 1 处都偏 `size`：从 T 到 0，与不受扰动的路径相差多远。
    """
    schedule, x0 = schedules.linear(T), torch.zeros(2, 1, dtype=torch.float64)
    error = torch.tensor([[0.0], [size]], dtype=torch.float64)

    def wrong(xt: Tensor, t: int) -> Tensor:
        return eps_from_x0(schedule, xt, t, x0) + error * (t > 1)

    denoiser = from_eps(schedule, wrong)
    walk = ddpm(schedule, denoiser, torch.ones_like(x0), range(T, -1, -1), sigma=lambda *_: torch.zeros(()))
    return [float((sample.xt[1] - sample.xt[0]).abs()) for sample in walk]
