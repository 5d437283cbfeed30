"""Conditions from pixels: known pixels put back, RePaint, a linear measurement heeded, an image to begin from.

以像素为条件：把已知像素放回去、RePaint、顺应线性测量，以及从一幅图像出发。

Each is a denoiser, or a list of times and a step; the samplers walk, and know nothing of it:

    put back         ddpm(schedule, replaced(denoiser, known, mask), xT, times)
    put back, fresh  stepwise(schedule, denoiser, xT, times, step=replacing(known, mask))
    RePaint          stepwise(schedule, denoiser, xT, resampled(times), step=replacing(known, mask))
    measurement      ddim(schedule, pseudoinverse_guided(schedule, denoiser, measure, y), xT, times)
    image to image   ddim(schedule, denoiser, *sdedit(schedule, x0, t, times))
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course_utils.denoisers import THE_DENOISER, Denoiser
from course_utils.forward import forward_jump, per_sample
from course_utils.gates import (
    check_answer,
    check_callable,
    check_finite,
    check_mask,
    check_measurement,
    check_number,
    check_samples,
)
from course_utils.language import CourseError
from course_utils.reverse import reverse_step
from course_utils.samplers import Step
from course_utils.schedules import Schedule, check_schedule
from course_utils.times import falling


class Start(NamedTuple):
    """Where a walk begins, and its times from there. 一段路的起点，以及从那里起的时间步。"""

    xT: Tensor
    times: list[int]


def replaced(denoiser: Denoiser, known: Tensor, mask: Tensor) -> Denoiser:
    """A denoiser that is told the known pixels: its guess has them where the mask is True.

    得知已知像素的去噪器：掩码为 True 处，它的猜测就是这些像素。

    With `ddpm` it is the replacement method: there x_t is q(x_t | known) at every t. The other pixels are guessed as
    before, from an x_t that was never asked to fit. False friend: in libraries a mask of 1 is often what to paint.
    Shapes: known and mask (bool) as one sample or as x_t.
    Raises: CourseError for what is no function, image or mask of bools; when called, for shapes that do not fit x_t.
    Papers: Song et al. 2021 (score-based SDEs), appendix I.2; Lugmayr et al. 2022, eq. (8).
    """
    check_callable("denoiser", denoiser, "from_network(schedule, network)")
    check_samples("known", known), check_mask(mask)
    return lambda xt, t: torch.where(*_fitted(xt, known, mask), check_answer(THE_DENOISER, denoiser(xt, t), xt))


def replacing(known: Tensor, mask: Tensor, step: Step = reverse_step) -> Step:
    """A step that then puts the known pixels in, noised to s afresh, where the mask is True.

    先走一步，再在掩码为 True 处放入已知像素（重新加噪到 s）。

    For `stepwise`; on times that rise, `resampled`, it is RePaint: what lies beside the known pixels is drawn again and
    again beside them, until both fit.
    Shapes: known and mask (bool) as one sample or as x_t.
    Raises: CourseError for what is no image, mask of bools or function; when called, for shapes that do not fit x_t.
    Paper: Lugmayr et al. 2022, eq. (8) and Algorithm 1.
    """
    check_samples("known", known), check_mask(mask), check_callable("step", step, "reverse.reverse_step")

    def step_and_put_back(
        schedule: Schedule, xt: Tensor, t: int, s: int, x0_hat: Tensor, *, generator: torch.Generator | None = None
    ) -> Tensor:
        xs = step(schedule, xt, t, s, x0_hat, generator=generator)
        at, pixels = _fitted(xs, known, mask)
        return torch.where(at, forward_jump(schedule, pixels, s, generator=generator).xt, xs)

    return step_and_put_back


def pseudoinverse_guided(
    schedule: Schedule, denoiser: Denoiser, measure: Tensor, y: Tensor, *, std: float = 0.0, spread: float = 1.0
) -> Denoiser:
    """A denoiser that heeds a linear measurement y = A x_0 + std n, by the gradient of its guess (ΠGDM).

    顺应线性测量 y = A x_0 + std n 的去噪器，用猜测的梯度（ΠGDM）。

    It takes x_0 given x_t for N(x0_hat, r^2 I), r^2 = spread^2 (1 - alpha_bar) / (spread^2 alpha_bar + 1 - alpha_bar),
    right if the data were N(0, spread^2 I). Then y given x_t is N(A x0_hat, r^2 A A^T + std^2 I), and this is
    `classifier_guided` by its logarithm. Each call goes back through the denoiser, once: it must keep gradients, as
    from_eps(schedule, partial(predict_eps, schedule, network)) does and `from_network` does not.

    Shapes: measure A (m, d) for samples of d numbers, read flat; y (m,) or (b, m).
    Raises: CourseError for other shapes, std or spread below 0, or an exact measurement that says a thing twice; when
    called, for a guess without gradients, and for gradients that are nan or inf.
    Papers: Song et al. 2023 (ΠGDM), section 3; with spread 0 the likelihood is that of Chung et al. 2023 (DPS),
    section 3, taken without its step size.
    """
    check_schedule(schedule), check_callable("denoiser", denoiser, "from_eps(schedule, predict)")
    measure, y = (check_samples(name, x).double() for name, x in (("measure", measure), ("y", y)))
    check_measurement(measure, y, each=True)
    std, spread = check_number("std", std, 0), check_number("spread", spread, 0)
    variances, axes = torch.linalg.eigh(measure @ measure.T)
    _check_once(variances, std, spread)

    def denoise(xt: Tensor, t: int) -> Tensor:
        alpha_bar = schedule.alpha_bar[schedule.check_time(t, first=1)]
        left = spread**2 * (1 - alpha_bar) / (spread**2 * alpha_bar + 1 - alpha_bar)
        check_samples("x_t", xt)
        a, along, lengths, told = (x.to(xt) for x in (measure, axes, variances, y))
        with torch.enable_grad():
            x = xt.detach().clone().requires_grad_()
            check_measurement(measure, y, x, each=True)
            x0_hat = _with_gradients(denoiser(x, t))
            wrong = told - x0_hat.detach().flatten(1) @ a.T  # (b, m)
            pull = (wrong @ along / (per_sample(left, wrong) * lengths + std**2)) @ along.T @ a  # (b, d)
            (gradient,) = torch.autograd.grad(x0_hat, x, pull.reshape(x.shape))
        reach = per_sample((1 - alpha_bar) / alpha_bar.sqrt(), xt)
        return x0_hat.detach() + reach * check_finite(
            ("The gradient of log p(y | x_t)", "log p(y | x_t) 的梯度"), gradient
        )

    return denoise


def sdedit(
    schedule: Schedule,
    x0: Tensor,
    t: int,
    times: Sequence[int],
    *,
    generator: torch.Generator | None = None,
) -> Start:
    """Image to image: x_0 noised to t, and those of the times that lie below, t first.

    图生图：把 x_0 加噪到 t，再给出 t 与它以下的那些时间步。

    The later the start, the more survives: what x_t has lost is drawn anew, what it still shows is kept. For a sampler:
    ddim(schedule, denoiser, *sdedit(schedule, x0, t, times)).
    Shapes: x0 (b, ...), t int from 1 to T, times falling to 0.
    Raises: CourseError for t out of range, what is no batch, or times that do not fall to 0.
    Paper: Meng et al. 2022 (SDEdit), section 3.
    """
    t = int(check_schedule(schedule).check_time(t, first=1))
    below = [s for _, s in falling(schedule, times) if s < t]
    return Start(forward_jump(schedule, x0, t, generator=generator).xt, [t, *below])


def _fitted(xt: Tensor, known: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The mask and the known pixels in the shape of x_t, or what is wrong with them."""
    if not isinstance(xt, Tensor):
        check_samples("x_t", xt)
    try:
        return mask.to(xt.device).expand(xt.shape), known.to(xt).expand(xt.shape)
    except RuntimeError:
        raise CourseError(
            f"x_t has shape {tuple(xt.shape)}, known {tuple(known.shape)} and mask {tuple(mask.shape)}. Give both in "
            "the shape of one sample or of x_t.",
            f"x_t 的形状是 {tuple(xt.shape)}，known 是 {tuple(known.shape)}，mask 是 {tuple(mask.shape)}。"
            "两者应当与单个样本或与 x_t 的形状相同。",
        ) from None


def _check_once(variances: Tensor, std: float, spread: float) -> None:
    if std == 0 and not (spread > 0 and bool(variances.min() > 1e-9 * variances.max())):
        raise CourseError(
            "std is 0, and measure says a thing twice or nothing, or spread is 0, too: the measurement fits exactly or "
            "not at all. Give it noise: std=0.1.",
            "std 为 0，而 measure 把同一个量测了两遍或什么也没测，或者 spread 也是 0：测量要么恰好相符，要么全不相符。"
            "请给它一点噪声：std=0.1。",
        )


def _with_gradients(x0_hat: Any) -> Tensor:
    if not isinstance(x0_hat, Tensor) or not x0_hat.requires_grad:
        raise CourseError(
            "The denoiser's guess carries no gradients, so the measurement cannot be heeded. from_network computes "
            "none: ask the network by from_eps(schedule, partial(predict_eps, schedule, network)).",
            "去噪器的猜测不带梯度，无法顺应测量。from_network 不求梯度："
            "请用 from_eps(schedule, partial(predict_eps, schedule, network)) 向网络提问。",
        )
    return x0_hat
