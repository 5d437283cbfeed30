"""Samplers: generators that walk from noise to data over an explicit list of times.

采样器：沿一串给定的时间步，从噪声走到数据的生成器。

A denoiser is any callable (x_t, t) -> eps_hat. Labels, guidance and clipping are closures that turn denoisers
into a denoiser; a sampler knows none of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.forward import check_pair, eps_from_x0, like, standard_normal, x0_from_eps
from course_utils.language import CourseError
from course_utils.reverse import Sigma, reverse_step, sigma_posterior
from course_utils.schedules import Schedule

Denoiser = Callable[[Tensor, int], Tensor]


@dataclass(frozen=True)
class Sample:
    """The state of a sampler at time t: x_t, and the x_0 that its denoiser sees in it.

    采样器在时间步 t 的状态：x_t，以及去噪器从中看出的 x_0。
    """

    t: int
    xt: Tensor
    x0_hat: Tensor


def even_times(T: int, steps: int) -> list[int]:
    """The times T, ..., 0 of a walk of `steps` steps, as evenly spaced as whole numbers can be.

    走 `steps` 步的时间步 T, ..., 0，在整数范围内尽量等间隔。

    Raises: CourseError unless 1 <= steps <= T.
    """
    if not isinstance(steps, int) or not 1 <= steps <= T:
        raise CourseError(
            f"steps is {steps!r}. A walk from T = {T} to 0 has at least 1 step and at most {T}, a whole number.",
            f"steps 为 {steps!r}。从 T = {T} 走到 0，最少 1 步，最多 {T} 步，应为整数。",
        )
    return [(T * k + steps // 2) // steps for k in range(steps, -1, -1)]


def ddpm(
    schedule: Schedule,
    denoiser: Denoiser,
    xT: Tensor,
    times: Sequence[int],
    sigma: Sigma = sigma_posterior,
    generator: torch.Generator | None = None,
) -> Iterator[Sample]:
    """Ancestral sampling: one `reverse_step` after the other, each with fresh noise.

    祖先采样：一个 `reverse_step` 接一个，每步都加新噪声。

    Shapes: xT (b, ...), times falling from T to 0 -> one Sample per time, the last with x_0.
    Raises: CourseError for times that do not fall or lie outside the schedule.
    Paper: Ho et al. 2020, Algorithm 2.
    """

    def step(xt: Tensor, t: int, s: int, eps_hat: Tensor) -> Tensor:
        return reverse_step(schedule, xt, t, s, eps_hat, sigma, generator)

    return _walk(schedule, denoiser, xT, times, step)


def ddim(
    schedule: Schedule,
    denoiser: Denoiser,
    xT: Tensor,
    times: Sequence[int],
    eta: float = 0.0,
    generator: torch.Generator | None = None,
) -> Iterator[Sample]:
    """DDIM: eta = 0 adds no noise at all, eta = 1 is `ddpm`.

    DDIM：eta = 0 完全不加噪声，eta = 1 就是 `ddpm`。

    Shapes: xT (b, ...), times falling from T to 0, eta from 0 to 1 -> one Sample per time, the last with x_0.
    Raises: CourseError for eta outside [0, 1], or times that do not fall or lie outside the schedule.
    Paper: Song et al. 2021 (DDIM), eqs. (12) and (16); its alpha_t is our alpha_bar_t.
    """
    if not 0 <= eta <= 1:
        raise CourseError(
            f"eta is {eta}. It must lie between 0 (no fresh noise) and 1 (as much as DDPM).",
            f"eta 为 {eta}。它应当在 0（不加新噪声）与 1（与 DDPM 一样多）之间。",
        )

    def step(xt: Tensor, t: int, s: int, eps_hat: Tensor) -> Tensor:
        t_s = check_pair(schedule, t, s)
        sigma = eta * sigma_posterior(schedule, *t_s)
        towards_xt = (1 - schedule.alpha_bar[s] - sigma**2).clamp(min=0).sqrt()
        x0_hat = x0_from_eps(schedule, xt, t, eps_hat)
        xs = like(schedule.signal(s), xt) * x0_hat + like(towards_xt, xt) * eps_hat
        return xs + like(sigma, xt) * standard_normal(xt, generator)

    return _walk(schedule, denoiser, xT, times, step)


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


def last(samples: Iterator[Sample]) -> Tensor:
    """Run a sampler to its end and return x_0. 让采样器走到头，返回 x_0。"""
    for sample in samples:
        x0 = sample.xt
    return x0


def _walk(schedule: Schedule, denoiser: Denoiser, xT: Tensor, times: Sequence[int], step) -> Iterator[Sample]:
    times = schedule.check_time(times).reshape(-1).tolist()
    if len(times) < 2 or any(s >= t for t, s in zip(times, times[1:], strict=False)) or times[-1] != 0:
        raise CourseError(
            f"The times are {times[:6]}… ({len(times)} of them). They must fall to 0, as even_times(T, 50) does.",
            f"时间步是 {times[:6]}…（共 {len(times)} 个）。它们应当逐个降到 0，例如 even_times(T, 50)。",
        )

    def walk() -> Iterator[Sample]:
        xt = xT
        for t, s in zip(times, times[1:], strict=False):
            eps_hat = denoiser(xt, t)
            yield Sample(t, xt, x0_from_eps(schedule, xt, t, eps_hat))
            xt = step(xt, t, s, eps_hat)
        yield Sample(0, xt, xt)

    return walk()
