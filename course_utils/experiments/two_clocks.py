"""One network in two languages, VP diffusion and straight flow: equal at equal noise; what each one's clock is worth.

同一个网络，两种说法：VP 扩散与直线流。噪声相同之处两者相等；再看各自的时钟好坏如何。
"""

import math
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.arithmetic import quick_arithmetic
from course_utils.data import garments
from course_utils.denoisers import from_network, image_denoiser
from course_utils.estimates import Estimate, bootstrapped
from course_utils.experiments.garments import BATCH
from course_utils.flows import Velocity, clock, guess_of_network, straight_clock, velocity_field
from course_utils.forward import forward_jump
from course_utils.guidance import no_labels
from course_utils.metrics import frechet_distance
from course_utils.paths import straight, time_on, variance_preserving
from course_utils.randomness import seeded, standard_normal
from course_utils.samplers import ddim, finish, sample
from course_utils.schedules import Schedule, cosine, linear, shifted
from course_utils.weights import garment_moments, pretrained

SHIFT, RHO = 3.0, 7.0
LOUDEST, QUIETEST = 80.0, 0.002  # EDM's range of noise over signal
MEASURED_WITH, COSTS = 500, (5, 10)


class Ticked(NamedTuple):
    """What a clock is worth: Fréchet distance, and how much it is less than that of the straight clock, noise by noise.

    一个时钟的好坏：Fréchet 距离，以及从同样的噪声出发，它比直线流的时钟小多少。
    """

    distance: Estimate
    gained: Estimate


# What `flows_garments.py clocks` prints: 500 garments each, from the same noise, and one standard error.
STORED: dict[tuple[str, int], Ticked] = {
    ("VP, cosine", 5): Ticked(Estimate(0.443, 0.035), Estimate(-0.022, 0.007)),
    ("VP, linear", 5): Ticked(Estimate(0.593, 0.043), Estimate(-0.171, 0.020)),
    ("flow, even", 5): Ticked(Estimate(0.421, 0.034), Estimate(0.000, 0.000)),
    ("flow, shift 3", 5): Ticked(Estimate(0.572, 0.042), Estimate(-0.150, 0.020)),
    ("EDM, rho 7", 5): Ticked(Estimate(1.118, 0.057), Estimate(-0.697, 0.043)),
    ("VP, cosine", 10): Ticked(Estimate(0.284, 0.031), Estimate(-0.017, 0.005)),
    ("VP, linear", 10): Ticked(Estimate(0.359, 0.036), Estimate(-0.091, 0.012)),
    ("flow, even", 10): Ticked(Estimate(0.267, 0.031), Estimate(0.000, 0.000)),
    ("flow, shift 3", 10): Ticked(Estimate(0.346, 0.036), Estimate(-0.078, 0.012)),
    ("EDM, rho 7", 10): Ticked(Estimate(0.355, 0.034), Estimate(-0.087, 0.014)),
}


def edm_clock(steps: int) -> Schedule:
    """EDM's times as a schedule: noise over signal from 80 to 0.002, even in its 7th root, then 0.

    EDM 的时刻，写成调度：噪声与信号之比从 80 到 0.002，按七次方根等间隔，最后是 0。

    Paper: Karras et al. 2022, eq. (5).
    """
    roots = [sigma ** (1 / RHO) for sigma in (QUIETEST, LOUDEST)]
    sigma = torch.linspace(*roots, steps, dtype=torch.float64) ** RHO
    return Schedule(torch.cat([torch.ones(1, dtype=torch.float64), (-2 * sigma.log()).sigmoid()]))


def shifted_clock(steps: int) -> Schedule:
    """The straight path at SD3's times: even ones, shifted to t' = 3 t / (1 + 2 t). 直线路径在 SD3 的时刻上的调度。

    Noise over signal is then three times as large, which is -2 log 3 in log-SNR. Paper: Esser et al. 2024, eq. (23).
    """
    return shifted(straight_clock(steps), -2 * math.log(SHIFT))


def _even_on(make: Callable[[], Schedule]) -> Callable[[int], Schedule]:
    def read(steps: int) -> Schedule:
        return clock(variance_preserving(make()), torch.linspace(0, 1, steps + 1, dtype=torch.float64))

    return read


# What each tradition calls even: so many steps -> the noise levels they stop at.
CLOCKS: dict[str, Callable[[int], Schedule]] = {
    "VP, cosine": _even_on(cosine),
    "VP, linear": _even_on(linear),
    "flow, even": straight_clock,
    "flow, shift 3": shifted_clock,
    "EDM, rho 7": edm_clock,
}


def as_flow(velocity: Velocity, xT: Tensor, times: list[float]) -> Iterator[Tensor]:
    """Euler's method along a velocity, t falling: x + (s - t) v. 沿速度走欧拉法，t 下降：x + (s - t) v。"""
    xt = xT
    yield xt
    for t, s in pairwise(times):
        xt = xt + (s - t) * velocity(xt, t)
        yield xt


def both_languages(labels: Tensor, steps: int = 10, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """Garments with these labels from one noise: by DDIM on the cosine schedule, and by Euler on the straight path.

    由同一份噪声画这些类别的衣物：在余弦调度上用 DDIM，在直线路径上用欧拉法。

    Both ask the shipped network, at the same noise-to-signal ratios.
    """
    network, ticks = pretrained("fashion_mnist"), CLOCKS["VP, cosine"](steps)
    xT = torch.randn(len(labels), 1, 28, 28, generator=seeded(0)).to(dtype)
    walk = range(steps, -1, -1)
    times = [time_on(straight, float(ticks.log_snr[k])) if k else 0.0 for k in walk]
    velocity = velocity_field(straight, guess_of_network(network, labels))
    first = xT * math.hypot(times[0], 1 - times[0])
    *_, last = as_flow(velocity, first, times)
    return {"VP": finish(ddim(ticks, from_network(ticks, network, labels), xT, walk)), "flow": last}


def garments_by(ticks: Schedule, n: int = MEASURED_WITH) -> Tensor:
    """n garments by DDIM on all steps of a clock, which is Euler's method on its path; clipped, classes in turn.

    在一个时钟的所有步上用 DDIM（即在它的路径上用欧拉法）画 n 件衣物；截断，类别轮流。
    """
    network, made = pretrained("fashion_mnist"), []
    for seed, part in enumerate(torch.arange(n).split(BATCH)):
        denoiser = image_denoiser(ticks, network, part % 10)
        how = dict(sampler=ddim, times=range(ticks.T, -1, -1), seed=seed)
        with quick_arithmetic(torch.zeros(1, 1, 28, 28)):
            made.append(sample(ticks, denoiser, (len(part), 1, 28, 28), **how))
    return torch.cat(made)


def ticked(steps: int, n: int = MEASURED_WITH, draws: int = 200) -> Iterator[tuple[str, Ticked]]:
    """Every clock with so many steps, from the same noise; one standard error by the bootstrap, classes held.

    每个时钟都走这么多步，从同样的噪声出发；一个标准误差由自助法得出，各类的个数不变。
    """
    asked = torch.arange(n) % 10
    seen = {name: pretrained("classifier").features(garments_by(of(steps), n)) for name, of in CLOCKS.items()}
    for name, features in seen.items():
        alone, pair = (features, asked), (features, seen["flow, even"], asked)
        found = _distance(alone), bootstrapped(_distance, alone, draws=draws)
        yield name, Ticked(Estimate(*found), Estimate(_gained(pair), bootstrapped(_gained, pair, draws=draws)))


def _distance(cloud: tuple[Tensor, ...]) -> float:
    return frechet_distance(cloud[0], garment_moments())


def _gained(cloud: tuple[Tensor, ...]) -> float:
    return _distance(cloud[1:]) - _distance(cloud)


@cache
def ticks_of(steps: int = 10) -> dict[str, list[float]]:
    """The log-SNRs at which each clock stops, the noisiest first; x_0 itself has none. 每个时钟停在哪些对数信噪比。"""
    return {name: of(steps).log_snr[1:].flip(0).tolist() for name, of in CLOCKS.items()}


@cache
def readings(log_snr: float) -> dict[str, float]:
    """What each clock reads at this noise: its t, EDM's its sigma. 在这个噪声水平上各时钟的读数：t，EDM 则是 sigma。"""
    sigma = math.exp(-log_snr / 2)
    return {
        "VP, cosine": time_on(variance_preserving(cosine()), log_snr),
        "VP, linear": time_on(variance_preserving(linear()), log_snr),
        "flow, even": sigma / (1 + sigma),
        "flow, shift 3": sigma / (SHIFT + sigma),
        "EDM, rho 7": sigma,
    }


def left_of(ticks: dict[str, list[float]], log_snr: float) -> dict[str, int]:
    """How often each clock still asks the network, from this noise on. 从这个噪声水平起，各时钟还要问网络几次。"""
    return {name: sum(level >= log_snr for level in levels) for name, levels in ticks.items()}


class OneGarment(NamedTuple):
    """A garment at falling noise: log-SNRs (k,), x_t of the VP path and the guess of x_0, and the judge's class for it.

    一件衣物在逐渐减小的噪声之下：对数信噪比 (k,)、VP 路径上的 x_t、对 x_0 的猜测，以及评判者把猜测归入的类别。
    """

    log_snr: Tensor
    xt: Tensor
    guess: Tensor
    judged: Tensor


@cache
def one_garment(y: int) -> OneGarment:
    """The first test garment of class y at log-SNR -10, -9.5, ..., 10, always with the same noise; no label is told.

    第 y 类的第一件测试衣物，对数信噪比 -10, -9.5, ..., 10，噪声始终相同；不告诉网络标签。
    """
    levels = torch.arange(20, -21, -1, dtype=torch.float64) / 2
    every = Schedule(torch.cat([torch.ones(1, dtype=torch.float64), levels.sigmoid()]))
    images = garments("test")
    x0 = images.x[images.y == y][:1].expand(len(levels), -1, -1, -1)
    t, eps = torch.arange(1, len(levels) + 1), standard_normal(x0[:1], seeded(0)).expand_as(x0)
    xt, network = forward_jump(every, x0, t, eps).xt, pretrained("fashion_mnist")
    guess = from_network(every, network, no_labels(network, len(x0)))(xt, t).clamp(-1, 1)
    judged = pretrained("classifier")(guess).argmax(1)
    return OneGarment(*(part.flip(0) for part in (levels, xt, guess, judged)))


def told_from(y: int) -> float:
    """The least log-SNR from which on the judge always names the class. 从哪个对数信噪比起，评判者一直说对类别。"""
    seen = one_garment(y)
    wrong = (seen.judged != y).nonzero()
    return float(seen.log_snr[int(wrong.max()) + 1 if len(wrong) else 0])
