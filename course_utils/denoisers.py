"""Denoisers: any callable (x_t, t) -> x0_hat, the guess of the clean x_0. Labels, guidance and clipping are closures.

去噪器：任何 (x_t, t) -> x0_hat 的函数，回答对干净的 x_0 的猜测。标签、引导与截断都是闭包。

A step takes what a denoiser answers, and a sampler's states hold it, as it is. So a guess that is held within [-1, 1]
stays there, and guesses can be mixed in weights that sum to 1: the eps that goes with the mix is the same mix of eps.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.forward import eps_from_x0, x0_from_eps
from course_utils.schedules import Schedule

Denoiser = Callable[[Tensor, int], Tensor]
EpsPredictor = Callable[[Tensor, int], Tensor]


def from_eps(schedule: Schedule, predict: EpsPredictor) -> Denoiser:
    """A denoiser from a function (x_t, t) -> eps_hat.

    由函数 (x_t, t) -> eps_hat 得到去噪器。

    Paper: Ho et al. 2020, eq. (15).
    """
    return lambda xt, t: x0_from_eps(schedule, xt, t, predict(xt, t))


def eps_of(schedule: Schedule, denoiser: Denoiser) -> EpsPredictor:
    """The noise that a denoiser's guess leaves in x_t, as a function (x_t, t) -> eps_hat.

    去噪器的猜测在 x_t 中留下的噪声，写成函数 (x_t, t) -> eps_hat。
    """
    return lambda xt, t: eps_from_x0(schedule, xt, t, denoiser(xt, t))


def clipped(denoiser: Denoiser) -> Denoiser:
    """A denoiser whose guess of x_0 is held within [-1, 1], where images live.

    把对 x_0 的猜测限制在图像所在的 [-1, 1] 之内的去噪器。
    """
    return lambda xt, t: denoiser(xt, t).clamp(-1, 1)


def from_network(schedule: Schedule, network: torch.nn.Module, labels: Tensor | None = None) -> Denoiser:
    """A denoiser from a network that is told log-SNR: it looks the time up, and computes no gradients.

    把以对数信噪比为输入的网络变成去噪器：由时间步查出对数信噪比，且不求梯度。

    Shapes: labels (b,) or None.
    """

    @torch.no_grad()
    def denoise(xt: Tensor, t: int) -> Tensor:
        return x0_from_eps(schedule, xt, t, predict_eps(schedule, network, xt, t, labels))

    return denoise


def image_denoiser(schedule: Schedule, network: torch.nn.Module, labels: Tensor | None = None) -> Denoiser:
    """The denoiser for images: `from_network`, `clipped`.

    用于图像的去噪器：`from_network` 再加 `clipped`。

    Shapes: labels (b,) or None.
    """
    return clipped(from_network(schedule, network, labels))


def predict_eps(
    schedule: Schedule, network: torch.nn.Module, xt: Tensor, t: int | Tensor, labels: Tensor | None = None
) -> Tensor:
    """Ask a network that is told log-SNR for eps_hat, with gradients; labels only where there are any.

    向以对数信噪比为输入的网络要 eps_hat，保留梯度；有标签时才传标签。

    Shapes: xt (b, ...), t int or (b,) from 0 to T, labels (b,) or None -> like xt.
    Raises: CourseError for t out of range.
    """
    log_snr = schedule.log_snr[schedule.check_time(t)].to(xt.dtype).to(xt.device)
    return network(xt, log_snr) if labels is None else network(xt, log_snr, labels)
