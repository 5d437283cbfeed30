"""Samplers: generators that walk from noise to data over an explicit list of times.

采样器：沿一串给定的时间步，从噪声走到数据的生成器。

All take the same walk: ask the denoiser (x_t, t) -> x0_hat, step to the next time, and so on down to 0. They differ
in the step alone (`reverse`), often by a line. Those that draw no fresh noise take a generator only to be called like
the others. Times that do not fall to 0 are refused when the walk begins.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.forward import eps_from_x0, per_sample
from course_utils.gates import (
    check_answer,
    check_callable,
    check_device,
    check_finite,
    check_kind,
    check_number,
    check_samples,
    check_sizes,
)
from course_utils.language import CourseError
from course_utils.randomness import seeded, standard_normal
from course_utils.reverse import (
    Sigma,
    ddim_step,
    euler_ancestral_step,
    euler_step,
    midway_guess,
    reverse_step,
    sigma_posterior,
)
from course_utils.schedules import Schedule, check_schedule
from course_utils.times import even_times, falling, wandering

Step = Callable[..., Tensor]  # (schedule, xt, t, s, x0_hat, *, generator) -> x_s


@dataclass(frozen=True, eq=False)
class Sample:
    """The state of a sampler at time t: x_t, and the x_0 that its denoiser sees in it; at t = 0 both are x_0.

    采样器在时间步 t 的状态：x_t，以及去噪器从中看出的 x_0；t = 0 时两者都是 x_0。
    """

    t: int
    xt: Tensor
    x0_hat: Tensor


def ddpm(
    schedule: Schedule,
    denoiser: Denoiser,
    xT: Tensor,
    times: Sequence[int],
    *,
    sigma: Sigma = sigma_posterior,
    generator: torch.Generator | None = None,
) -> Iterator[Sample]:
    """Ancestral sampling: one `reverse_step` after the other, each with fresh noise.

    祖先采样：一个 `reverse_step` 接一个，每步都加新噪声。

    Shapes: xT (b, ...), times falling from T to 0 -> one Sample per time, the last with x_0.
    Raises: CourseError for times that do not fall or lie outside the schedule.
    Paper: Ho et al. 2020, Algorithm 2.
    """
    xt = _ready(denoiser, xT)
    for t, s in falling(schedule, times):
        x0_hat = denoiser(xt, t)
        yield Sample(t, xt, x0_hat)
        xt = reverse_step(schedule, xt, t, s, x0_hat, sigma=sigma, generator=generator)
    yield Sample(0, xt, xt)


def ddim(
    schedule: Schedule,
    denoiser: Denoiser,
    xT: Tensor,
    times: Sequence[int],
    *,
    eta: float = 0.0,
    generator: torch.Generator | None = None,
) -> Iterator[Sample]:
    """DDIM: eta = 0 adds no noise at all, eta = 1 is `ddpm`.

    DDIM：eta = 0 完全不加噪声，eta = 1 就是 `ddpm`。

    Shapes: xT (b, ...), times falling from T to 0, eta from 0 to 1 -> one Sample per time, the last with x_0.
    Raises: CourseError for eta outside [0, 1], or times that do not fall or lie outside the schedule.
    Paper: Song et al. 2021 (DDIM), eqs. (12) and (16); its alpha_t is our alpha_bar_t.
    """
    so = ("0 adds no fresh noise, 1 as much as DDPM.", "0 不加新噪声，1 与 DDPM 一样多。")
    eta = check_number("eta", eta, 0, 1, so=so)
    xt = _ready(denoiser, xT)
    for t, s in falling(schedule, times):
        x0_hat = denoiser(xt, t)
        yield Sample(t, xt, x0_hat)
        xt = ddim_step(schedule, xt, t, s, x0_hat, eta=eta, generator=generator)
    yield Sample(0, xt, xt)


def euler(
    schedule: Schedule,
    denoiser: Denoiser,
    xT: Tensor,
    times: Sequence[int],
    *,
    generator: torch.Generator | None = None,
) -> Iterator[Sample]:
    """Euler's method on the probability-flow ODE: the same as `ddim` with eta = 0.

    对概率流常微分方程用欧拉法：与 eta = 0 的 `ddim` 相同。

    Shapes, Raises: as `ddim`.  Paper: Karras et al. 2022, Algorithm 1 without lines 6 to 8.
    """
    xt = _ready(denoiser, xT)
    for t, s in falling(schedule, times):
        x0_hat = denoiser(xt, t)
        yield Sample(t, xt, x0_hat)
        xt = euler_step(schedule, xt, t, s, slope=eps_from_x0(schedule, xt, t, x0_hat))
    yield Sample(0, xt, xt)


def euler_ancestral(
    schedule: Schedule,
    denoiser: Denoiser,
    xT: Tensor,
    times: Sequence[int],
    *,
    generator: torch.Generator | None = None,
) -> Iterator[Sample]:
    """Euler's method to less noise than wanted, then fresh noise ("Euler a"): the same as `ddpm` and as eta = 1.

    先用欧拉法降到更低的噪声，再加新噪声（"Euler a"）：与 `ddpm`、与 eta = 1 相同。

    Shapes, Raises: as `ddim`.  Source: k-diffusion, `sample_euler_ancestral`, which works on x_t over its signal.
    """
    xt = _ready(denoiser, xT)
    for t, s in falling(schedule, times):
        x0_hat = denoiser(xt, t)
        yield Sample(t, xt, x0_hat)
        xt = euler_ancestral_step(schedule, xt, t, s, x0_hat, generator=generator)
    yield Sample(0, xt, xt)


def heun(
    schedule: Schedule,
    denoiser: Denoiser,
    xT: Tensor,
    times: Sequence[int],
    *,
    generator: torch.Generator | None = None,
) -> Iterator[Sample]:
    """Heun's method: look where Euler's step arrives, go back, and step along the mean of both slopes.

    Heun 法：先看欧拉步会走到哪里，再回到原处，沿两处斜率的平均走。

    Two evaluations a step, one for the step to 0, where eps is not defined. Begin at a bounded noise ratio, as
    `log_snr_times` and `karras_times` do: a first step from almost nothing but noise throws it off.
    Shapes, Raises: as `ddim`.  Paper: Karras et al. 2022, Algorithm 1.
    """
    xt = _ready(denoiser, xT)
    for t, s in falling(schedule, times):
        x0_hat = denoiser(xt, t)
        yield Sample(t, xt, x0_hat)
        slope = eps_from_x0(schedule, xt, t, x0_hat)
        xs = euler_step(schedule, xt, t, s, slope)
        if s > 0:
            slope_s = eps_from_x0(schedule, xs, s, denoiser(xs, s))
            xs = euler_step(schedule, xt, t, s, (slope + slope_s) / 2)
        xt = xs
    yield Sample(0, xt, xt)


def dpm_solver(
    schedule: Schedule,
    denoiser: Denoiser,
    xT: Tensor,
    times: Sequence[int],
    *,
    generator: torch.Generator | None = None,
) -> Iterator[Sample]:
    """DPM-Solver++(2M): the `ddim` step with the guess of x_0 that is expected half way; one evaluation a step.

    DPM-Solver++(2M)：`ddim` 的步，但用预计在半路上的 x_0 猜测；每步只求值一次。

    The first step and the step to 0 are those of `ddim`.
    Shapes, Raises: as `ddim`.  Paper: Lu et al. 2022 (DPM-Solver++), Algorithm 2.
    """
    xt, before = _ready(denoiser, xT), None
    for t, s in falling(schedule, times):
        now = Sample(t, xt, denoiser(xt, t))
        yield now
        guess = midway_guess(schedule, before.t, t, s, before.x0_hat, now.x0_hat) if before else now.x0_hat
        xt, before = ddim_step(schedule, xt, t, s, guess), now
    yield Sample(0, xt, xt)


def stepwise(
    schedule: Schedule,
    denoiser: Denoiser,
    xT: Tensor,
    times: Sequence[int],
    *,
    step: Step = reverse_step,
    generator: torch.Generator | None = None,
) -> Iterator[Sample]:
    """The walk of them all, with a step of your own, `ddpm`'s unless told; times may rise, and there x_t is noised.

    所有采样器共同的走法，换上你自己的步（不给时即 `ddpm` 的步）；时间步可以回升，回升处给 x_t 再加噪。

    A rise is the forward process from t up to s, asks nobody and yields no state.
    Shapes: xT (b, ...), times from T to 0, falling or not -> one Sample per time that a step down begins at, and x_0.
    Raises: CourseError for times that stay, lie outside the schedule or do not end at 0, and as the step.
    Paper: Lugmayr et al. 2022, Algorithm 1.
    """
    check_callable("step", step, "reverse.reverse_step")
    xt = _ready(denoiser, xT)
    for t, s in wandering(schedule, times):
        if s > t:
            xt = _noised_again(schedule, xt, t, s, generator)
            continue
        x0_hat = denoiser(xt, t)
        yield Sample(t, xt, x0_hat)
        xs = check_answer(("The step", "这一步"), step(schedule, xt, t, s, x0_hat, generator=generator), xt)
        xt = check_finite(("x_s, after the step", "这一步之后的 x_s"), xs)
    yield Sample(0, xt, xt)


def sample(
    schedule: Schedule,
    denoiser: Denoiser,
    shape: tuple[int, ...],
    *,
    sampler: Callable[..., Iterator[Sample]] = ddim,
    times: Sequence[int] | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    each: Callable[[Sample], None] | None = None,
) -> Tensor:
    """Draw noise from a seed, let a sampler walk, return x_0; `each` is told every state on the way.

    由种子抽噪声，让采样器走完，返回 x_0；途中每个状态都告诉 `each`。

    Without times there are 50 even steps. One seed gives the same noise on every device; only one state is kept, so
    memory does not grow with the steps. A sampler's own settings: `partial(ddim, eta=0.5)`. To see how far it is:
    `each=widgets.step_bar(len(times))`.
    Shapes: (b, ...) -> x_0 (b, ...), float32.
    Raises: CourseError for a shape that is no list of whole numbers of 1 or more, or too large for memory, for a device
    that is not here, and as the sampler.
    """
    check_schedule(schedule), check_callable("sampler", sampler, "samplers.ddim")
    generator, device = seeded(seed), check_device(device)
    xT = torch.randn(check_sizes("shape", shape), generator=generator, dtype=torch.float32).to(device)
    times = even_times(schedule, min(50, schedule.T)) if times is None else times
    return finish(sampler(schedule, denoiser, xT, times, generator=generator), each)


def finish(walk: Iterator[Sample], each: Callable[[Sample], None] | None = None) -> Tensor:
    """Let a sampler walk to its end and return x_0; `each` is told every state on the way.

    让采样器走到头，返回 x_0；途中每个状态都告诉 `each`。

    Shapes: -> x_0 like the walk's x_T.  Raises: CourseError for a walk without states, and as the sampler.
    """
    if each is not None:
        check_callable("each", each, "widgets.step_bar(len(times))")
    if not isinstance(walk, Iterable) or isinstance(walk, Tensor):
        check_kind("walk", walk, Iterator, "ddim(schedule, denoiser, xT, times)")
    state = None
    for state in walk:
        if not isinstance(getattr(state, "xt", None), Tensor):
            name = "A state of the walk", "采样途中的一个状态"
            check_kind(name, state, Sample, "what ddim(schedule, denoiser, xT, times) yields")
        if each is not None:
            each(state)
    if state is None:
        raise CourseError(
            "The walk has no states: it is empty, or was walked to its end before. Begin a new one, "
            "ddim(schedule, denoiser, xT, times).",
            "这次采样没有任何状态：它是空的，或者早已走完。请用去噪器重新开始：ddim(schedule, denoiser, xT, times)。",
        )
    return state.xt


def _noised_again(schedule: Schedule, xt: Tensor, t: int, s: int, generator: torch.Generator | None) -> Tensor:
    """Up from t to s > t: q(x_s | x_t), whose signal is that of s over that of t."""
    kept = schedule.alpha_bar[s] / schedule.alpha_bar[t]
    return per_sample(kept.sqrt(), xt) * xt + per_sample((1 - kept).sqrt(), xt) * standard_normal(xt, generator)


def _ready(denoiser: Denoiser, xT: Tensor) -> Tensor:
    """The noise that a walk begins with, if it is some and there is a denoiser to ask."""
    check_callable("denoiser", denoiser, "from_network(schedule, network), called with (xt, t)")
    return check_samples("x_T", xT)
