"""Sets with a known truth, and walks through them, for lesson 04.

真值已知的点集，以及在其上的采样；供第 04 课使用。
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import torch
from torch import Tensor

from course_utils import points
from course_utils.data import digits
from course_utils.forward import forward_jump
from course_utils.metrics import energy_distance
from course_utils.oracle import Oracle, finite, mixture
from course_utils.randomness import seeded, standard_normal
from course_utils.reverse import Sigma, sigma_beta, sigma_posterior
from course_utils.samplers import ddim, ddpm, finish
from course_utils.schedules import Schedule, cosine
from course_utils.times import even_times

CURVES = {"moons": points.moons, "rings": points.rings, "spiral": points.spiral, "circle": points.circle}
STEPS = (2, 3, 5, 8, 12, 20, 35, 60, 100)
PARTICLES, DRAWS = 300, 1000
MARK, NEAR_ENOUGH = (0.45, 0.1), 0.02


def curve(schedule: Schedule, name: str, std: float = 0.04) -> Oracle:
    """The exact denoiser of a set that is a curve: 60 components on it, each of the same small std.

    沿一条曲线的点集的精确去噪器：曲线上 60 个分量，标准差都一样小。
    """
    return mixture(schedule, CURVES[name](60), torch.full((60,), std))


def played(truth: Oracle, steps: int, eta: float, seed: int) -> Tensor:
    """300 particles of DDIM with the exact denoiser, float64, (300, 2). 精确去噪器下 DDIM 的 300 个粒子。"""
    generator = seeded(seed)
    first = torch.randn(PARTICLES, 2, generator=generator, dtype=torch.float64)
    return finish(ddim(truth.schedule, truth, first, even_times(truth.schedule, steps), eta=eta, generator=generator))


def every_sampler(truth: Oracle) -> dict[str, Callable[[Tensor, int], Tensor]]:
    """Each sampler with the exact denoiser, as a function (x_T, steps) -> x_0.

    配上精确去噪器的各个采样器，写成函数 （x_T，步数）-> x_0。
    """

    schedule = truth.schedule

    def run(sampler: Callable, **options) -> Callable[[Tensor, int], Tensor]:
        def walk(xT: Tensor, steps: int) -> Tensor:
            return finish(sampler(schedule, truth, xT, even_times(schedule, steps), generator=seeded(0), **options))

        return walk

    named = {f"DDIM {eta:g}": run(ddim, eta=eta) for eta in (0.0, 0.5, 1.0)}
    return named | {"DDPM β̃": run(ddpm, sigma=sigma_posterior), "DDPM β": run(ddpm, sigma=sigma_beta)}


def distance_to_draws(truth: Oracle, particles: Tensor) -> float:
    """The energy distance from particles to 1000 exact draws. 粒子到 1000 个精确样本的能量距离。"""
    return energy_distance(particles, truth.draw(DRAWS, seeded(0)))


@cache
def noise_floor(name: str) -> float:
    """The mean of that distance for 300 exact draws, ten times over. 300 个精确样本的这个距离，取十次平均。"""
    truth = curve(cosine(), name)  # what is drawn hangs on no schedule
    return sum(distance_to_draws(truth, truth.draw(PARTICLES, seeded(seed))) for seed in range(1, 11)) / 10


def least_loss(truth: Oracle, x0: Tensor, t: int, seed: int = 0) -> float:
    """The mean squared error, per number, of the exact eps at time t, over noised x0. 精确 eps 在 t 处的均方误差。"""
    xt, eps = forward_jump(truth.schedule, x0, t, generator=seeded(seed))
    return float((eps - truth.eps(xt, t)).square().mean())


def walked_std(schedule: Schedule, std: float, times: Sequence[int], towards: Sigma, added: Sigma) -> float:
    """The std that a sampler with the exact denoiser gives to data N(mean, std^2): a recursion, no draws.

    精确去噪器下，采样器给数据 N(mean, std^2) 得到的标准差：只用递推，什么也不抽取。

    Each step keeps `towards`^2 of the variance free for new noise and adds `added`^2. DDIM: both eta times
    `sigma_posterior`; DDPM: `towards` is `sigma_posterior`, `added` either variance.
    """
    variance = 1.0  # of x_T
    for t, s in pairwise(torch.tensor(times)):
        a_t, a_s = schedule.alpha_bar[t], schedule.alpha_bar[s]
        eps = (1 - a_t).sqrt() / (a_t * std**2 + 1 - a_t)  # eps_hat = eps * (x_t - sqrt(a_t) mean)
        x0 = (1 - (1 - a_t).sqrt() * eps) / a_t.sqrt()
        gain = a_s.sqrt() * x0 + (1 - a_s - towards(schedule, t, s) ** 2).clamp(min=0).sqrt() * eps
        variance = gain**2 * variance + added(schedule, t, s) ** 2
    return float(variance) ** 0.5


def noise_like(data: Tensor, n: int, seed: int) -> Tensor:
    """n samples of N(0, I) shaped like those of a set, float64. 与点集样本同形的 n 个 N(0, I)。"""
    return standard_normal(data.double()[:1].expand(n, *data.shape[1:]), seeded(seed))


@cache
def turning_time() -> int:
    """The largest t at which one of 8 points has more than half of the guess at the marked point. 过半的最大 t。"""
    t = torch.arange(1, 1001)
    at = torch.tensor([MARK], dtype=torch.float64).expand(1000, 2)
    shares = finite(cosine(), points.circle(8)).shares(at, t)
    return int(t[shares.amax(1) > 0.5].max())


@cache
def fewest_ddim_steps() -> int:
    """The fewest steps at which DDIM on the moons is nearer than 0.02, for each of 4 seeds. 最少的步数。"""
    truth = curve(cosine(), "moons")

    def is_near(n: int) -> bool:
        return all(distance_to_draws(truth, played(truth, n, 0.0, seed)) < NEAR_ENOUGH for seed in range(4))

    return next(n for n in STEPS if is_near(n))


def arrows_at(times: tuple[int, ...], k: int = 15) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
    """The arrows from x_t to the exact guess of x_0 for 8 points, at several t. 几个 t 处的箭头场。

    Returns: for each t the data, the starts and the arrows, as `plots.arrows` takes them.
    """
    schedule, eight, starts = cosine(), points.circle(8), points.lattice(k).double()
    truth = finite(schedule, eight)
    return {f"$t = {t}$": (eight, starts, truth(starts, t) - starts) for t in times}


def digits_drawn(n: int, steps: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """n samples of DDPM with the exact denoiser of all digits, and the digit nearest to each. 样本与最近的数字。"""
    schedule, x = cosine(), digits().x
    first, generator = noise_like(x, n, seed).float(), seeded(seed)
    drawn = finish(ddpm(schedule, finite(schedule, x), first, even_times(schedule, steps), generator=generator))
    return drawn, x[torch.cdist(drawn.flatten(1), x.flatten(1)).argmin(1)]


def floors() -> dict[int, float]:
    """The least possible loss on two moons of std 0.05 at several t. 双月牙（标准差 0.05）在几个 t 处的损失下限。"""
    truth = curve(cosine(), "moons", std=0.05)
    x0 = truth.draw(1000, seeded(0))
    return {t: least_loss(truth, x0, t) for t in (1, 20, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000)}


def stds(steps: tuple[int, ...], std: float = 0.3) -> dict[str, list[float]]:
    """The std that each sampler gives to data N(mean, std^2), over the steps; computed, not drawn.

    各采样器的标准差。
    """
    schedule = cosine()
    sigmas = {f"DDIM {eta:g}": (lambda *a, eta=eta: eta * sigma_posterior(*a),) * 2 for eta in (0.0, 0.5, 1.0)}
    sigmas |= {"DDPM β̃": (sigma_posterior, sigma_posterior), "DDPM β": (sigma_posterior, sigma_beta)}
    times = [even_times(schedule, n) for n in steps]
    return {name: [walked_std(schedule, std, walk, *pair) for walk in times] for name, pair in sigmas.items()}
