"""What training makes small, and how it is measured on images kept out of it.

训练要减小的量，以及如何在留出的图像上度量它。
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.arithmetic import quick_arithmetic
from course_utils.data.pixels import ready_for
from course_utils.denoisers import predict_eps
from course_utils.forward import forward_jump
from course_utils.randomness import seeded
from course_utils.schedules import Schedule

Objective = Callable[..., Tensor]  # (schedule, network, x0, t, eps, *, labels) -> one value per image


class HeldOut(NamedTuple):
    """The noise levels t / T and the errors of images kept out of training. 留出图像的噪声水平 t / T 与误差。"""

    level: Tensor
    errors: Tensor


def squared(eps_hat: Tensor, eps: Tensor) -> Tensor:
    """(eps_hat - eps)^2, l2. 平方误差。"""
    return (eps_hat - eps).square()


def absolute(eps_hat: Tensor, eps: Tensor) -> Tensor:
    """|eps_hat - eps|, l1. 绝对误差。"""
    return (eps_hat - eps).abs()


def huber(eps_hat: Tensor, eps: Tensor) -> Tensor:
    """Half the square up to 1, then a straight line. 1 以内取平方的一半，其外为直线。Paper: Huber 1964."""
    return F.smooth_l1_loss(eps_hat, eps, reduction="none")


def errors(
    schedule: Schedule,
    network: nn.Module,
    x0: Tensor,
    t: Tensor,
    eps: Tensor,
    *,
    labels: Tensor | None = None,
    error: Callable[[Tensor, Tensor], Tensor] = squared,
) -> Tensor:
    """How far eps_hat is from eps, one mean per image: noise it, ask the network, compare.

    eps_hat 与 eps 相差多少，每幅图像一个平均值：加噪、问网络、比较。

    Shapes: x0 and eps (b, ...), t (b,) from 1 to T, labels (b,) or None -> (b,).
    Paper: Ho et al. 2020, Algorithm 1, line 5; with the square, the mean over a batch is eq. (14).
    """
    xt, _ = forward_jump(schedule, x0, t, eps)
    return error(predict_eps(schedule, network, xt, t, labels).to(eps.dtype), eps).flatten(1).mean(1)


def weighted(weight: Callable[[Tensor], Tensor]) -> Objective:
    """An objective that multiplies the squared error of eps by a function of the signal-to-noise ratio.

    把 eps 的平方误差乘上信噪比的一个函数，作为训练目标。

    1 / snr makes it the error of x_0, 1 + 1 / snr that of v; min(snr, 5) / snr is Min-SNR-5.

    Papers: Salimans & Ho 2022, section 4; Hang et al. 2023, section 3.4 (weights of x_0) and 4.2 (of eps).
    """

    def objective(schedule, network, x0, t, eps, *, labels=None) -> Tensor:
        values = errors(schedule, network, x0, t, eps, labels=labels)
        return values * weight(schedule.snr[t]).to(values)

    return objective


errors_of_v = weighted(lambda snr: 1 + 1 / snr)  # what the networks that come with the course were trained on


def spread_times(T: int, n: int, *, generator: torch.Generator | None = None) -> Tensor:
    """n times, each uniform over 1..T, one in every n-th part of it: together they are spread evenly.

    n 个时间步，每个都在 1..T 上均匀分布，且每个 n 分之一里恰有一个：合起来分布均匀。

    Paper: Kingma et al. 2021, appendix I.
    """
    u = (torch.arange(n) + torch.rand((), generator=generator)) / n
    return (u * T).long().clamp(max=T - 1) + 1


@torch.no_grad()
def held_out(
    schedule: Schedule,
    network: nn.Module,
    x0: Tensor,
    labels: Tensor | None = None,
    *,
    error: Callable[[Tensor, Tensor], Tensor] = squared,
    seed: int = 0,
    batch: int = 500,
) -> HeldOut:
    """The errors on images that were kept out of training, always with the same times and noise.

    在没有参与训练的图像上的误差，时间步与噪声每次都相同。

    Its answer is what `by_level` takes: by_level(*held_out(schedule, network, x0)).
    Shapes: x0 (n, ...) or bytes, labels (n,) or None -> level (n,), t / T spread evenly, and errors (n,).
    """
    generator = seeded(seed)
    t = spread_times(schedule.T, len(x0), generator=generator)[torch.randperm(len(x0), generator=generator)]
    found = []
    for i in range(0, len(x0), batch):
        x = ready_for(x0[i : i + batch], next(network.parameters()))
        eps = torch.randn(x.shape, generator=generator).to(x)
        y = None if labels is None else labels[i : i + batch].to(x.device)
        with quick_arithmetic(x):
            found.append(errors(schedule, network, x, t[i : i + batch], eps, labels=y, error=error))
    return HeldOut(t / schedule.T, torch.cat(found))


def by_level(level: Tensor, values: Tensor, *, parts: int = 10) -> Tensor:
    """The mean of the values in each of `parts` equal parts of 1..T; nan where none fell.

    把 1..T 等分成 `parts` 段，求每段内各值的平均；没有值的段为 nan。

    Shapes: level, t / T, and values (n,) -> (parts,).
    """
    part = (level.cpu().double() * parts - 1e-6).long()
    sums = torch.zeros(parts).index_add_(0, part, values.detach().cpu().float())
    return sums / torch.bincount(part, minlength=parts)
