"""Ways to complete a garment whose right half is missing: told nothing, its pixels put back, RePaint, ΠGDM.

补全右半边缺失的衣物的几种方法：什么也不告诉、放回已知像素、RePaint、ΠGDM。
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.arithmetic import quick_arithmetic
from course_utils.conditions import pseudoinverse_guided, replaced, replacing
from course_utils.denoisers import clipped, from_eps, predict_eps
from course_utils.experiments.garments import denoiser_of_garments
from course_utils.experiments.leading import DRAWN_BY
from course_utils.gaussians import coordinates
from course_utils.guidance import no_labels
from course_utils.randomness import seeded, standard_normal
from course_utils.samplers import Sample, ddim, ddpm, dpm_solver, finish, sample, stepwise
from course_utils.schedules import cosine
from course_utils.times import even_times, focused_times, resampled
from course_utils.weights import pretrained

WIDTH = 28
Walk = Callable[[Tensor, Tensor, Sequence[int], torch.Generator], Iterator[Sample]]


class Way(NamedTuple):
    """A way to complete: a walk (known, labels, times, generator), its times, and whether it is told the class.

    一种补全方法：一段路、它的时间步，以及是否得知类别。
    """

    walk: Walk
    times: list[int]
    told: bool = False

    @property
    def evaluations(self) -> int:
        """How often the network is asked: once a step down. 求值次数：每往下一步一次。"""
        return sum(s < t for t, s in pairwise(self.times))


def left_half() -> Tensor:
    """The mask of what is known, True in the left half, (1, 28, 28). 已知部分的掩码：左半边为 True。"""
    return (torch.arange(WIDTH) < WIDTH // 2).expand(1, WIDTH, WIDTH)


def a_garment(label: int, seed: int = 0) -> Tensor:
    """A garment that the network itself draws, at scale 2, (1, 1, 28, 28): to be completed where no data are at hand.

    网络自己画的一件衣物（引导强度 2）：手边没有数据时，用它来补全。
    """
    denoiser, times = DRAWN_BY["2"](torch.tensor([label])), focused_times(cosine(), 10)
    return sample(cosine(), denoiser, (1, 1, WIDTH, WIDTH), sampler=dpm_solver, times=times, seed=seed)


def heedless(known: Tensor, labels: Tensor, times: Sequence[int], generator: torch.Generator) -> Iterator[Sample]:
    """A garment drawn without a look at what is known. 完全不看已知部分，径自画一件。"""
    return dpm_solver(cosine(), denoiser_of_garments(labels), standard_normal(known, generator), times)


def known_put_back(known: Tensor, labels: Tensor, times: Sequence[int], generator: torch.Generator) -> Iterator[Sample]:
    """The known pixels put back at every step. 每一步都把已知像素放回去。"""
    denoiser = replaced(denoiser_of_garments(labels), known, left_half())
    return ddpm(cosine(), denoiser, standard_normal(known, generator), times, generator=generator)


def repainted(known: Tensor, labels: Tensor, times: Sequence[int], generator: torch.Generator) -> Iterator[Sample]:
    """RePaint, on times that rise. RePaint，时间步有回升。"""
    step, xT = replacing(known, left_half()), standard_normal(known, generator)
    return stepwise(cosine(), denoiser_of_garments(labels), xT, times, step=step, generator=generator)


def heeded(known: Tensor, labels: Tensor, times: Sequence[int], generator: torch.Generator) -> Iterator[Sample]:
    """ΠGDM: the known pixels heeded by the gradient of the guess. ΠGDM：用猜测的梯度顺应已知像素。"""
    schedule, mask = cosine(), left_half()
    guess = from_eps(schedule, partial(predict_eps, schedule, pretrained("fashion_mnist"), labels=labels))
    denoiser = clipped(pseudoinverse_guided(schedule, guess, coordinates(mask), known[:, mask]))
    return ddim(schedule, denoiser, standard_normal(known, generator), times)


def climbing(steps: int, visits: int) -> list[int]:
    """RePaint's times: even, each tenth of the way walked `visits` times. RePaint 的时间步：每十分之一的路走若干遍。"""
    return resampled(even_times(cosine(), steps), jump=steps // 10, visits=visits)


CLIMBS = ((20, 2), (20, 5), (20, 10), (50, 2), (100, 2))
WAYS: dict[str, Way] = {
    "label alone, 10": Way(heedless, focused_times(cosine(), 10), told=True),
    **{f"put back, {n}": Way(known_put_back, even_times(cosine(), n)) for n in (20, 50, 100)},
    **{f"RePaint, {n} x {visits}": Way(repainted, climbing(n, visits)) for n, visits in CLIMBS},
    **{f"ΠGDM, {n}": Way(heeded, even_times(cosine(), n)) for n in (10, 20, 50)},
    "put back, 50, label": Way(known_put_back, even_times(cosine(), 50), told=True),
    "RePaint, 20 x 5, label": Way(repainted, climbing(20, 5), told=True),
    "ΠGDM, 20, label": Way(heeded, even_times(cosine(), 20), told=True),
}


def completed(way: Way, known: Tensor, labels: Tensor, seed: int, each: Callable | None = None) -> Tensor:
    """What a way makes of images whose left half is known. 已知左半边时，这种方法补出的图像。"""
    told = labels if way.told else no_labels(pretrained("fashion_mnist"), len(known))
    with quick_arithmetic(known):
        x0 = finish(way.walk(known, told, way.times, seeded(seed)), each)
    return torch.where(left_half(), known, x0)
