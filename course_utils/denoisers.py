"""Denoisers: any callable (x_t, t) -> eps_hat. Labels, guidance and clipping are closures that make one of another.

去噪器：任何 (x_t, t) -> eps_hat 的函数。标签、引导与截断都是闭包：由去噪器得到去噪器。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.forward import eps_from_x0, x0_from_eps
from course_utils.schedules import Schedule

Denoiser = Callable[[Tensor, int], Tensor]


def clipped(schedule: Schedule, denoiser: Denoiser) -> Denoiser:
    """A denoiser whose guess of x_0 is held within [-1, 1], where images live.

    把对 x_0 的猜测限制在图像所在的 [-1, 1] 之内的去噪器。
    """

    def denoise(xt: Tensor, t: int) -> Tensor:
        x0_hat = x0_from_eps(schedule, xt, t, denoiser(xt, t))
        return eps_from_x0(schedule, xt, t, x0_hat.clamp(-1, 1))

    return denoise


def from_network(schedule: Schedule, network: torch.nn.Module, labels: Tensor | None = None) -> Denoiser:
    """A denoiser from a network that is told log-SNR: it looks the time up, and computes no gradients.

    把以对数信噪比为输入的网络变成去噪器：由时间步查出对数信噪比，且不求梯度。
    """

    @torch.no_grad()
    def denoise(xt: Tensor, t: int) -> Tensor:
        return predict_eps(schedule, network, xt, t, labels)

    return denoise


def predict_eps(
    schedule: Schedule, network: torch.nn.Module, xt: Tensor, t: int | Tensor, labels: Tensor | None = None
) -> Tensor:
    """Ask a network that is told log-SNR for eps_hat, with gradients; labels only where there are any.

    向以对数信噪比为输入的网络要 eps_hat，保留梯度；有标签时才传标签。

    Shapes: xt (b, ...), t int or (b,) from 0 to T, labels (b,) or None -> like xt.
    """
    log_snr = schedule.at(schedule.log_snr, t).to(xt.dtype).to(xt.device)
    return network(xt, log_snr) if labels is None else network(xt, log_snr, labels)
