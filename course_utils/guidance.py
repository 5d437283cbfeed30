"""Guidance: two denoisers, or a denoiser and a classifier, become one denoiser that leans towards a condition.

引导：由两个去噪器，或一个去噪器加一个分类器，得到一个偏向某个条件的去噪器。

Guesses of x_0 are mixed here, in weights that sum to 1. At one x_t and t the guess is a straight line in eps,
x_0 = (x_t - noise eps) / signal, so the papers' mix of eps (or of v, or of scores) is the same mix. Clip afterwards:
clipped(guided(...)).
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.denoisers import THE_DENOISER, Denoiser, from_network
from course_utils.forward import per_sample
from course_utils.gates import (
    MANY,
    check_alike,
    check_answer,
    check_callable,
    check_finite,
    check_flag,
    check_kind,
    check_labels,
    check_number,
    check_samples,
    check_whole,
)
from course_utils.language import CourseError
from course_utils.looking import evaluating
from course_utils.schedules import Schedule, check_schedule

Interval = Callable[[int], bool]  # which t are guided
LogProbability = Callable[[Tensor, int], Tensor]  # (x_t, t) -> log p(y | x_t), one number per sample


def guided(conditional: Denoiser, unconditional: Denoiser, scale: float, interval: Interval | None = None) -> Denoiser:
    """From the guess of the second denoiser towards that of the first, and beyond: u + scale (c - u).

    从第二个去噪器的猜测走向第一个的猜测，再越过它：u + scale (c - u)。

    Scale 0 and 1 are the two denoisers themselves, and only that one is asked. A worse denoiser in the second place
    makes it autoguidance, that of another label a negative condition. In the first paper w = scale - 1; in libraries
    guidance_scale is this scale. Above 1 it does not sample p(x) p(y | x)^scale, and DDIM and DDPM sample two things.

    Args: interval, which t are guided, as `log_snr_between` gives it; at others the conditional alone is asked.
    Raises: CourseError for what is no function or no number; when called, for guesses that are not alike.
    Papers: Ho & Salimans 2022, eq. (6); interval, Kynkäänniemi et al. 2024; autoguidance, Karras et al. 2024;
    what is not sampled, Bradley & Nakkiran 2024.
    """
    for name, denoiser in (("conditional", conditional), ("unconditional", unconditional)):
        check_callable(name, denoiser, "from_network(schedule, network, labels)")
    return _mixed(lambda xt, t: (conditional(xt, t), unconditional(xt, t)), conditional, unconditional, scale, interval)


def classifier_free_guided(
    schedule: Schedule, network: nn.Module, labels: Tensor, scale: float, interval: Interval | None = None
) -> Denoiser:
    """`guided` for one network that has learnt "no label": asked once a step, with every sample in it twice.

    把 `guided` 用于一个学过“没有标签”的网络：每步只问一次，每个样本在其中出现两次。

    Shapes: labels (b,).
    Raises: CourseError for what is no schedule, or a network without labels; when called, as `from_network`.
    Paper: Ho & Salimans 2022, eq. (6).
    """
    check_schedule(schedule), no_labels(network, 1)

    def both(xt: Tensor, t: int) -> tuple[Tensor, ...]:
        n = len(check_samples("x_t", xt))
        told = torch.cat([check_labels(labels, n, network.config["classes"]).cpu(), no_labels(network, n)])
        return from_network(schedule, network, told)(torch.cat([xt, xt]), t).chunk(2)

    def unconditional(xt: Tensor, t: int) -> Tensor:
        return from_network(schedule, network, no_labels(network, len(check_samples("x_t", xt))))(xt, t)

    return _mixed(both, from_network(schedule, network, labels), unconditional, scale, interval)


def no_labels(network: nn.Module, n: int) -> Tensor:
    """n times the label that means "no label": the last row of a network's table.

    n 个表示“没有标签”的标签：网络标签表的最后一行。

    Shapes: -> (n,) int64.  Raises: CourseError for a network that knows no labels, or n below 1.
    """
    config = getattr(network, "config", None)
    classes = config.get("classes", 0) if isinstance(config, dict) else 0
    if not classes:
        raise CourseError(
            f"This {type(network).__name__} knows no labels, so there is nothing to guide it by. Take one that does, "
            'pretrained("fashion_mnist"), or UNet(classes=...) trained with unlabelled=0.1.',
            f"这个 {type(network).__name__} 不认标签，无从引导。请用认标签的网络："
            'pretrained("fashion_mnist")，或以 unlabelled=0.1 训练的 UNet(classes=...)。',
        )
    return torch.full((check_whole("n", n, 1, MANY),), classes)


def log_snr_between(schedule: Schedule, low: float = -math.inf, high: float = math.inf) -> Interval:
    """Whether the log-SNR at t lies between two numbers, both included, as a function of t.

    判断 t 处的对数信噪比是否在两数之间（含两端），写成 t 的函数。

    Raises: CourseError unless low < high; when called, for what is no single time of the schedule.
    Paper: Kynkäänniemi et al. 2024, whose interval is one of sigma = exp(-log-SNR / 2).
    """
    check_schedule(schedule)
    low, high = (
        end if end in (-math.inf, math.inf) else check_number(name, end) for name, end in (("low", low), ("high", high))
    )
    if low >= high:
        raise CourseError(
            f"The interval runs from {low:g} to {high:g}. In log-SNR the noisier end comes first and is the lower: "
            "log_snr_between(schedule, -2, 4).",
            f"区间从 {low:g} 到 {high:g}。按对数信噪比，噪声多的一端在前，也较小：log_snr_between(schedule, -2, 4)。",
        )
    return lambda t: low <= float(schedule.log_snr[check_whole("t", t, 0, schedule.T)]) <= high


def classifier_guided(
    schedule: Schedule, denoiser: Denoiser, log_probability: LogProbability, scale: float = 1.0
) -> Denoiser:
    """A denoiser led uphill on log p(y | x_t): its score plus scale times the gradient.

    沿 log p(y | x_t) 上坡的去噪器：得分再加上 scale 倍的梯度。

    In eps: eps_hat - scale sqrt(1 - alpha_bar_t) gradient; in x_0: x0_hat + scale (1 - alpha_bar_t) /
    sqrt(alpha_bar_t) gradient. With the exact classifier and scale 1 it is the exact conditional denoiser.

    Args: log_probability, a function (x_t, t) -> (b,) that keeps gradients: `label_log_probability`, an oracle's.
    Raises: CourseError for what is no schedule, function or number; when called, for an answer without gradients or of
    another shape, and for gradients that are nan or inf.
    Paper: Dhariwal & Nichol 2021, eq. (14) and Algorithm 2.
    """
    check_schedule(schedule), check_callable("denoiser", denoiser, "from_network(schedule, network)")
    check_callable("log_probability", log_probability, "label_log_probability(schedule, network, labels)")
    scale = check_number("scale", scale)

    def denoise(xt: Tensor, t: int) -> Tensor:
        alpha_bar = schedule.alpha_bar[schedule.check_time(t, first=1)]
        reach = per_sample((1 - alpha_bar) / alpha_bar.sqrt(), xt)
        x0_hat = check_answer(THE_DENOISER, denoiser(check_samples("x_t", xt), t), xt)
        return x0_hat + scale * reach * uphill(xt, t, log_probability)

    return denoise


def label_log_probability(schedule: Schedule, network: nn.Module, labels: Tensor) -> LogProbability:
    """log p(y | x_t) as a noise-aware classifier sees it, a function (x_t, t) -> (b,) that keeps gradients.

    噪声感知的分类器所见的 log p(y | x_t)：保留梯度的函数 (x_t, t) -> (b,)。

    Shapes: labels (b,).
    Raises: CourseError for what is no schedule or network; when called, for other labels, and as the network.
    """
    check_schedule(schedule), check_kind("network", network, nn.Module, 'pretrained("noise_aware_classifier")')

    def log_probability(xt: Tensor, t: int) -> Tensor:
        log_snr = schedule.log_snr[schedule.check_time(t)].to(check_samples("x_t", xt))
        with evaluating(network):
            logits = network(xt, log_snr)
        told = check_labels(labels, len(xt), logits.shape[1] - 1).to(xt.device)
        return logits.log_softmax(1).gather(1, told[:, None])[:, 0]

    return log_probability


def uphill(xt: Tensor, t: int, log_probability: LogProbability) -> Tensor:
    """The gradient of log p(y | x_t) in x_t, for each sample its own.

    log p(y | x_t) 对 x_t 的梯度，每个样本各自的。

    Shapes: xt (b, ...) -> like xt.
    Raises: CourseError for an answer without gradients or of another shape, and for gradients that are nan or inf.
    """
    with torch.enable_grad():
        x = check_samples("x_t", xt).detach().clone().requires_grad_()
        found = log_probability(x, t)
        if not isinstance(found, Tensor) or found.shape != x.shape[:1] or not found.requires_grad:
            given = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise CourseError(
                f"log_probability gives {given}. It must give one number for each of the {len(x)} samples and keep its "
                "gradients: no torch.no_grad(), no detach().",
                f"log_probability 给出 {given}。它应当给 {len(x)} 个样本每个一个数，并保留梯度："
                "不要用 torch.no_grad() 与 detach()。",
            )
        (gradient,) = torch.autograd.grad(found.sum(), x)
    return check_finite(("The gradient of log p(y | x_t)", "log p(y | x_t) 的梯度"), gradient)


def _mixed(
    both: Callable[[Tensor, int], tuple[Tensor, ...]],
    conditional: Denoiser,
    unconditional: Denoiser,
    scale: float,
    interval: Interval | None,
) -> Denoiser:
    scale = check_number("scale", scale)
    if interval is not None:
        check_callable("interval", interval, "log_snr_between(schedule, -2, 4)")

    def denoise(xt: Tensor, t: int) -> Tensor:
        weight = scale if interval is None or check_flag("interval(t)", interval(t)) else 1.0
        if weight in (0.0, 1.0):
            return check_answer(THE_DENOISER, (conditional if weight else unconditional)(xt, t), xt)
        c, u = both(xt, t)
        return check_answer(THE_DENOISER, u, xt) + weight * (check_alike(u, c) - u)

    return denoise
