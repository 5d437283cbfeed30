"""Denoisers: any callable (x_t, t) -> x0_hat, the guess of the clean x_0. Labels, guidance and clipping are closures.

去噪器：任何 (x_t, t) -> x0_hat 的函数，回答对干净的 x_0 的猜测。标签、引导与截断都是闭包。

A step takes what a denoiser answers, and a sampler's states hold it, as it is. So a guess that is held within [-1, 1]
stays there, and guesses can be mixed in weights that sum to 1: the eps that goes with the mix is the same mix of eps.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.forward import eps_from_x0, per_sample, x0_from_eps
from course_utils.gates import check_answer, check_callable, check_number, check_samples, check_takes
from course_utils.language import Said
from course_utils.looking import evaluating
from course_utils.schedules import Schedule, check_schedule

Denoiser = Callable[[Tensor, int], Tensor]
EpsPredictor = Callable[[Tensor, int], Tensor]
THE_NETWORK: Said = ("The network", "网络")
THE_DENOISER: Said = ("The denoiser", "去噪器")


def from_eps(schedule: Schedule, predict: EpsPredictor) -> Denoiser:
    """A denoiser from a function (x_t, t) -> eps_hat.

    由函数 (x_t, t) -> eps_hat 得到去噪器。

    Raises: CourseError for what is no schedule or no function; when called, for an answer that is not like x_t.
    Paper: Ho et al. 2020, eq. (15).
    """
    check_schedule(schedule), check_callable("predict", predict, "lambda xt, t: ...")
    return lambda xt, t: x0_from_eps(schedule, xt, t, predict(xt, t))


def eps_of(schedule: Schedule, denoiser: Denoiser) -> EpsPredictor:
    """The noise that a denoiser's guess leaves in x_t, as a function (x_t, t) -> eps_hat.

    去噪器的猜测在 x_t 中留下的噪声，写成函数 (x_t, t) -> eps_hat。

    Raises: as `from_eps`.
    """
    check_schedule(schedule), check_callable("denoiser", denoiser, "from_network(schedule, network)")
    return lambda xt, t: eps_from_x0(schedule, xt, t, denoiser(xt, t))


def clipped(denoiser: Denoiser) -> Denoiser:
    """A denoiser whose guess of x_0 is held within [-1, 1], where images live.

    把对 x_0 的猜测限制在图像所在的 [-1, 1] 之内的去噪器。

    Raises: CourseError for what is no function.
    """
    check_callable("denoiser", denoiser, "from_network(schedule, network)")
    return lambda xt, t: check_answer(THE_DENOISER, denoiser(xt, t), xt).clamp(-1, 1)


def thresholded(denoiser: Denoiser, share: float = 0.995) -> Denoiser:
    """A denoiser whose guess, where it goes too far, is held within its own range and shrunk to [-1, 1] (dynamic).

    若对 x_0 的猜测越界太远，就截断在它自己的范围内，再缩到 [-1, 1]（动态阈值）。

    The range of a sample holds this share of its values, and is at least [-1, 1]: there it is `clipped`. Clipping
    makes the values that guidance drives too far equal, and loses what is drawn in them; this keeps it, and pales the
    rest. Raises: CourseError for what is no function, or a share outside 0 to 1.
    Paper: Saharia et al. 2022 (Imagen), section 2.3.
    """
    check_callable("denoiser", denoiser, "from_network(schedule, network)")
    so = ("It is a share of the values, for example 0.995.", "它是取值所占的比例，例如 0.995。")
    share = check_number("share", share, 0, 1, so=so)

    def denoise(xt: Tensor, t: int) -> Tensor:
        x0_hat = check_samples(("The guess of x_0", "对 x_0 的猜测"), check_answer(THE_DENOISER, denoiser(xt, t), xt))
        size = x0_hat.abs().reshape(len(x0_hat), -1).to(torch.promote_types(x0_hat.dtype, torch.float32))
        reach = per_sample(size.quantile(share, dim=1).clamp(min=1), x0_hat)
        return x0_hat.clamp(-reach, reach) / reach

    return denoise


def from_network(schedule: Schedule, network: torch.nn.Module, labels: Tensor | None = None) -> Denoiser:
    """A denoiser from a network that is told log-SNR: it looks the time up, and computes no gradients.

    把以对数信噪比为输入的网络变成去噪器：由时间步查出对数信噪比，且不求梯度。

    The network is in evaluation while it is asked, and afterwards as it was. It is asked in the type of its weights and
    on their device; the guess is computed and returned in x_t's, so a network in half precision can be sampled from.
    Shapes: labels (b,) or None.
    Raises: CourseError for what is no schedule or no network; when called, for what is no x_t, t or labels of it, and
    for an answer with nan or inf.
    """
    check_schedule(schedule)
    check_takes("network", network, 'pretrained("digits")', *["xt", "log_snr", "labels"][: 2 + (labels is not None)])

    return lambda xt, t: predict_x0(schedule, network, xt, t, labels)


def image_denoiser(schedule: Schedule, network: torch.nn.Module, labels: Tensor | None = None) -> Denoiser:
    """The denoiser for images: `from_network`, `clipped`.

    用于图像的去噪器：`from_network` 再加 `clipped`。

    Shapes: labels (b,) or None.  Raises: as `from_network`.
    """
    return clipped(from_network(schedule, network, labels))


@torch.no_grad()
def predict_x0(
    schedule: Schedule, network: torch.nn.Module, xt: Tensor, t: int | Tensor, labels: Tensor | None = None
) -> Tensor:
    """Ask a network that is told log-SNR for its guess of x_0, without gradients, as `from_network` does.

    向以对数信噪比为输入的网络要对 x_0 的猜测，不求梯度；`from_network` 就是这样问的。

    Shapes: xt (b, ...), t int or (b,) from 0 to T, labels (b,) or None -> like xt.
    Raises: as `predict_eps`, and for what is no x_t and an answer with nan or inf.
    """
    with evaluating(network):
        eps_hat = predict_eps(schedule, network, _like_weights(check_samples("x_t", xt), network), t, labels)
    return x0_from_eps(schedule, xt, t, eps_hat.to(xt))


def predict_eps(
    schedule: Schedule, network: torch.nn.Module, xt: Tensor, t: int | Tensor, labels: Tensor | None = None
) -> Tensor:
    """Ask a network that is told log-SNR for eps_hat, with gradients; labels only where there are any.

    向以对数信噪比为输入的网络要 eps_hat，保留梯度；有标签时才传标签。

    Shapes: xt (b, ...), t int or (b,) from 0 to T, labels (b,) or None -> like xt.
    Raises: CourseError for t out of range, what the network refuses, and an answer that is not like xt.
    """
    if not isinstance(xt, Tensor):
        check_samples("x_t", xt)
    check_callable("network", network, 'pretrained("digits")')
    log_snr = check_schedule(schedule).log_snr[schedule.check_time(t)].to(xt.dtype).to(xt.device)
    given = (xt, log_snr) if labels is None else (xt, log_snr, labels)
    try:
        answer = network(*given)
    except TypeError:  # perhaps it takes no log-SNR, or no labels
        check_takes("network", network, 'pretrained("digits")', *given)
        raise
    return check_answer(THE_NETWORK, answer, xt)


def _like_weights(xt: Tensor, network: torch.nn.Module) -> Tensor:
    weight = next(network.parameters(), None) if isinstance(network, torch.nn.Module) else None
    return xt if weight is None else xt.to(weight)
