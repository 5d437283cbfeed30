"""What training makes small, and how it is measured on images kept out of it.

训练要减小的量，以及如何在留出的图像上度量它。
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.arithmetic import quick_arithmetic
from course_utils.data.pixels import ready_for
from course_utils.denoisers import predict_eps
from course_utils.forward import forward_jump
from course_utils.gates import (
    MANY,
    check_answer,
    check_finite,
    check_kind,
    check_labels,
    check_pair,
    check_seed,
    check_takes,
    check_whole,
)
from course_utils.gates.saying import has_values, in_words
from course_utils.language import CourseError, Said
from course_utils.looking import evaluating
from course_utils.randomness import seeded
from course_utils.safeguards import check_values
from course_utils.schedules import Schedule

Objective = Callable[..., Tensor]  # (schedule, network, x0, t, eps, *, labels) -> one value per image


THE_ERROR: Said = ("The error", "误差函数")
NOT_FINITE = (
    "A network that has diverged answers so: its learning rate was too high, or its weights are in half precision.",
    "发散了的网络才会这样回答：学习率太高，或权重是半精度。",
)


class HeldOut(NamedTuple):
    """The noise levels t / T and the errors of images kept out of training. 留出图像的噪声水平 t / T 与误差。"""

    level: Tensor
    errors: Tensor


def squared(eps_hat: Tensor, eps: Tensor) -> Tensor:
    """(eps_hat - eps)^2, l2. 平方误差。

    Shapes: two alike -> the same.  Raises: CourseError for shapes that differ, or what is no tensor.
    """
    check_pair(eps_hat=eps_hat, eps=eps)
    return (eps_hat - eps).square()


def absolute(eps_hat: Tensor, eps: Tensor) -> Tensor:
    """|eps_hat - eps|, l1. 绝对误差。

    Shapes, Raises: as `squared`.
    """
    check_pair(eps_hat=eps_hat, eps=eps)
    return (eps_hat - eps).abs()


def huber(eps_hat: Tensor, eps: Tensor) -> Tensor:
    """Half the square up to 1, then a straight line. 1 以内取平方的一半，其外为直线。

    Shapes, Raises: as `squared`.  Paper: Huber 1964.
    """
    check_pair(eps_hat=eps_hat, eps=eps)
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

    eps_hat 与 eps 相差多少，每幅图像一个均值：加噪、问网络、比较。

    Shapes: x0 and eps (b, ...), t (b,) from 1 to T, labels (b,) or None -> (b,).
    Raises: as `forward_jump` and `predict_eps`, for what is no eps, and an error that is not one number for each value.
    Paper: Ho et al. 2020, Algorithm 1, line 5; with the square, the mean over a batch is eq. (14).
    """
    check_kind("eps", eps, Tensor, "torch.randn_like(x0)"), check_takes("error", error, "objectives.squared", eps, eps)
    xt, _ = forward_jump(schedule, x0, t, eps)
    asked = error(predict_eps(schedule, network, xt, t, labels).to(eps.dtype), eps)
    return check_answer(THE_ERROR, asked, eps).flatten(1).mean(1)


def weighted(weight: Callable[[Tensor], Tensor]) -> Objective:
    """An objective that multiplies the squared error of eps by a function of the signal-to-noise ratio.

    把 eps 的平方误差乘上信噪比的一个函数，作为训练目标。

    1 / snr makes it the error of x_0, 1 + 1 / snr that of v; min(snr, 5) / snr is Min-SNR-5.

    Raises: CourseError for what is no function of one argument; when called, as `errors`, and for weights that are not
    one for each image, or one for all.
    Papers: Salimans & Ho 2022, section 4; Hang et al. 2023, section 3.4 (weights of x_0) and 4.2 (of eps).
    """

    check_takes("weight", weight, "lambda snr: 1 / snr", 1.0)

    def objective(schedule, network, x0, t, eps, *, labels=None) -> Tensor:
        values = errors(schedule, network, x0, t, eps, labels=labels)
        return values * _weights(weight(schedule.snr[t]), values)

    return objective


errors_of_v = weighted(lambda snr: 1 + 1 / snr)  # what the networks that come with the course were trained on


def spread_times(T: int, n: int, *, generator: torch.Generator | None = None) -> Tensor:
    """n times, each uniform over 1..T, one in every n-th part of it: together they are spread evenly.

    n 个时间步，每个都在 1..T 上均匀分布，且每个 n 分之一里恰有一个：合起来分布均匀。

    Raises: CourseError unless T and n are whole numbers from 1 to 10,000,000.  Paper: Kingma et al. 2021, appendix I.
    """
    T, n = check_whole("T", T, 1, MANY), check_whole("n", n, 1, MANY)
    if generator is not None:
        check_kind("generator", generator, torch.Generator, "seeded(0)")
    u = (torch.arange(n) + torch.rand((), generator=generator, dtype=torch.float32)) / n
    return (u * T).long().clamp(max=T - 1) + 1


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

    Its answer is what `by_level` takes: by_level(*held_out(schedule, network, x0)). The network is asked in evaluation
    mode and left as it was; `batch`, how many images it is asked about at once, changes nothing but the memory needed.
    Shapes: x0 (n, ...) or bytes, labels (n,) or None -> level (n,), t / T spread evenly, and errors (n,).
    Raises: CourseError for what is no schedule, network, data or labels, and for answers that are nan or inf.
    """
    check_kind("schedule", schedule, Schedule, "schedules.cosine()")
    check_kind("network", network, nn.Module, "state.ema")
    batch = check_whole("batch", batch, 1)
    as_bytes = isinstance(x0, Tensor) and x0.dtype == torch.uint8 and x0.ndim == 4 and x0.numel()
    n = len(x0 if as_bytes else check_values(x0))
    weight = next(network.parameters(), torch.zeros(()))  # a network without any is asked as the data are
    y = None if labels is None else check_labels(labels, n)
    t, eps = _times_and_noise(schedule, x0, seed)
    found = []
    with torch.no_grad(), evaluating(network):
        for part in torch.arange(n).split(batch):
            x = ready_for(x0[part], weight)
            told = None if y is None else y[part].to(x.device)
            with quick_arithmetic(x):
                asked = errors(schedule, network, x, t[part], eps[part].to(x), labels=told, error=error)
            found.append(check_finite(("The network's errors", "网络的误差"), asked, so=NOT_FINITE))
    return HeldOut(t / schedule.T, torch.cat(found))


def _times_and_noise(schedule: Schedule, x0: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Times spread over the images in a random order, and noise, the same however many are asked about at once."""
    generator = seeded(check_seed(seed))
    t = spread_times(schedule.T, len(x0), generator=generator)[torch.randperm(len(x0), generator=generator)]
    return t, torch.cat([torch.randn(part.shape, generator=generator, dtype=torch.float32) for part in x0.split(500)])


def by_level(level: Tensor, values: Tensor, *, parts: int = 10) -> Tensor:
    """The mean of the values in each of `parts` equal parts of 1..T; nan where none fell.

    把 1..T 等分成 `parts` 段，求每段内各值的平均；没有值的段为 nan。

    Shapes: level, t / T above 0 and at most 1, and values (n,), finite -> (parts,).
    Raises: CourseError for levels that are no such shares, or values that are not as many, or not finite.
    """
    parts = check_whole("parts", parts, 1, 10_000)
    _check_levels(level, values)
    part = (level.cpu().double() * parts - 1e-6).long()
    sums = torch.zeros(parts, dtype=torch.float32).index_add_(0, part, values.detach().cpu().float())
    return sums / torch.bincount(part, minlength=parts)


def _weights(weight: Any, values: Tensor) -> Tensor:
    """What a weight answers with, as numbers that multiply these values."""
    try:
        found = torch.as_tensor(weight).to(values)
    except (TypeError, ValueError, RuntimeError):
        found = values.new_empty(0, 0)
    if found.shape not in ((), values.shape):
        raise CourseError(
            f"weight answers with {in_words(weight)} for {len(values)} signal-to-noise ratios. It must give one number "
            "for each, or one for all: lambda snr: 1 / snr.",
            f"对 {len(values)} 个信噪比，权重函数 weight 的回答是 {in_words(weight)}。应当每个一个数，或共用一个："
            "lambda snr: 1 / snr。",
        )
    return found


def _check_levels(level: Tensor, values: Tensor) -> None:
    alike = isinstance(level, Tensor) and isinstance(values, Tensor) and level.shape == values.shape
    fits = alike and has_values(level) and level.is_floating_point() and level.ndim == 1 and not values.is_complex()
    if not fits or not bool(((level > 0) & (level <= 1)).all()):
        raise CourseError(
            f"The levels are {in_words(level)} and the values {in_words(values)}. Give one value for each level, and "
            "as levels t / T, above 0 and at most 1: by_level(t / schedule.T, errors), or by_level(*held_out(...)).",
            f"水平是 {in_words(level)}，数值是 {in_words(values)}。请给每个水平一个值；水平是 t / T，大于 0、不超过 1："
            "by_level(t / schedule.T, errors)，或 by_level(*held_out(...))。",
        )
    check_finite(("The values", "这些值"), values)
