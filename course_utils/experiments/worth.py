"""What garments are worth that samplers draw with few evaluations, each on the times that suit it.

采样器各走适合自己的时间步，用很少的求值次数画出的衣物，质量如何。
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import nn

from course_utils.experiments.garments import BATCH, garments_in_batches
from course_utils.experiments.moons import SAMPLERS, SPACINGS, Sampler
from course_utils.experiments.spacing import heun_plain_first, steps_for
from course_utils.metrics import frechet_distance
from course_utils.samplers import Sample
from course_utils.schedules import Schedule, cosine
from course_utils.weights import garment_moments, pretrained

Row = tuple[int, float]  # evaluations, Fréchet distance
COSTS = (6, 10, 20, 50)
MEASURED_WITH = 500  # samples a point, and real images for the floor
REAL = 0.113
TEN_THOUSAND = {"samples": 0.137, "real images": 0.012}  # the same distance with 10,000: the weights' card
PACE = 0.16  # seconds an evaluation of 64 images, alone on two cores of an AMD EPYC, in float32
PHOTOGRAPH_BACK = 0.023  # how far off the photograph is that has gone to noise and back in 1000 steps


def _table(*distances: float) -> dict[str, float]:
    return dict(zip(SPACINGS, distances, strict=True))


DRAWN_BY: dict[str, Sampler] = {**SAMPLERS, "Heun": heun_plain_first}
# Every sampler on every spacing, 250 samples from a seed of their own: `sampling.py search`.
TRIED: dict[int, dict[str, dict[str, float]]] = {
    6: {
        "DPM++ 2M": _table(0.398, 5.306, 0.337, 0.297, 0.286, 0.288),
        "DDIM": _table(0.480, 4.491, 0.497, 0.662, 0.749, 0.473),
        "DDPM β̃": _table(0.559, 3.059, 0.696, 1.222, 1.220, 0.861),
        "Heun": _table(0.435, 15.857, 7.095, 3.151, 3.248, 1.302),
        "DDPM β": _table(4.206, 14.672, 14.084, 16.462, 16.717, 15.161),
    },
    10: {
        "DPM++ 2M": _table(0.321, 1.966, 0.315, 0.287, 0.280, 0.297),
        "DDIM": _table(0.383, 1.355, 0.375, 0.394, 0.421, 0.346),
        "DDPM β̃": _table(0.512, 0.814, 0.489, 0.775, 0.691, 0.518),
        "Heun": _table(0.347, 9.624, 2.135, 0.690, 0.973, 0.345),
        "DDPM β": _table(2.607, 9.110, 9.045, 12.380, 14.503, 5.378),
    },
}
# Beyond the costs that were tried.
SPACED = {name: "even" if name.startswith("DDPM") else "focused" for name in TRIED[10]}
# What `sampling.py quality` prints, from the same 500 first noises for all.
STORED: dict[str, list[Row]] = {
    "DPM++ 2M": [(6, 0.195), (10, 0.207), (20, 0.204), (50, 0.205)],
    "DDIM": [(6, 0.373), (10, 0.247), (20, 0.211), (50, 0.206)],
    "DDPM β̃": [(6, 0.560), (10, 0.464), (20, 0.284), (50, 0.194)],
    "Heun": [(6, 0.322), (10, 0.262), (20, 0.210), (50, 0.206)],
    "DDPM β": [(6, 4.254), (10, 2.539), (20, 1.163), (50, 0.458)],
}
ALL_STEPS = 0.252  # all 1000 steps of DDPM β̃ with as many samples, as `sampling.py truth` prints it
# The same points, from 250 samples and another seed each time: `sampling.py again`.
AGAIN: dict[tuple[str, int], tuple[float, ...]] = {
    ("DPM++ 2M", 6): (0.311, 0.251, 0.284, 0.255),
    ("DPM++ 2M", 10): (0.294, 0.274),
    ("DDIM", 6): (0.483, 0.429, 0.383, 0.465),
    ("DDIM", 10): (0.332, 0.331),
    ("DDPM β̃", 6): (0.722, 0.548, 0.734, 0.608),
    ("DDPM β̃", 10): (0.588, 0.471),
    ("Heun", 6): (0.427, 0.377, 0.344, 0.483),
    ("Heun", 10): (0.335, 0.359),
    ("Heun", 20): (0.280, 0.310),
}


def spread(n: int = MEASURED_WITH) -> float:
    """How far one distance from n samples is off by chance, as a share of it: one standard deviation over `AGAIN`.

    用 n 个样本量出的一个距离，因偶然而偏离的比例：由 `AGAIN` 的重复测量合并得出的一个标准差。
    """
    logs = [torch.tensor(found, dtype=torch.float64).log() for found in AGAIN.values()]
    squares = sum(float((log - log.mean()).square().sum()) for log in logs)
    return math.sqrt(squares / sum(len(log) - 1 for log in logs) * BATCH / n)


def spacing_of(name: str, cost: int) -> str:
    """The spacing for a sampler: the best of those tried at this cost, or at the largest smaller one; `SPACED` beyond.

    采样器所用的间隔：在此代价（或比它小的、试过的最大代价）下最好的；超出试过的范围则按 `SPACED`。
    """
    if cost > max(TRIED):
        return SPACED[name]
    tried = TRIED[max((tested for tested in TRIED if tested <= cost), default=min(TRIED))][name]
    return min(tried, key=tried.__getitem__)


def walk_of(schedule: Schedule, name: str, cost: int) -> list[int]:
    """The times on which a sampler asks `cost` times, on the spacing that suits it. 适合该采样器的时间步。"""
    return SPACINGS[spacing_of(name, cost)](schedule, steps_for(name, cost))


def walks_of(costs: Sequence[int] = COSTS, names: Sequence[str] = tuple(STORED)) -> dict[tuple[str, int], list[int]]:
    """The times of each point of the table, by sampler and cost. 表中每一点的时间步，按采样器与代价。"""
    return {(name, cost): walk_of(cosine(), name, cost) for name in names for cost in costs}


def states_of(n: int, walks: dict[tuple[str, int], list[int]]) -> int:
    """How many states are passed when n garments are drawn on each of the walks.

    每种走法各采 n 幅，一共经过多少个状态。
    """
    return math.ceil(n / BATCH) * sum(map(len, walks.values()))


def frontier_rows(
    n: int, walks: dict[tuple[str, int], list[int]], each: Callable[[Sample], object] | None = None
) -> dict[str, list[Row]]:
    """Draw n garments per point, clipped, classes in turn; how far their features are from the test images'.

    每个点采 n 幅衣物（截断，类别轮流），看其特征与测试图像的特征相距多远。

    The smaller n, the larger every distance, by an amount that depends on the sampler, too. Each state is told to
    `each`. Returns one row per walk, under the name of its sampler.
    """
    network, rows = pretrained("fashion_mnist"), {name: [] for name, _ in walks}
    for (name, cost), times in walks.items():
        rows[name].append((cost, distance_of(network, DRAWN_BY[name], times, n, each=each)))
    return rows


def distance_of(
    network: nn.Module,
    sampler: Sampler,
    times: Sequence[int],
    n: int,
    *,
    first_seed: int = 0,
    each: Callable[[Sample], object] | None = None,
) -> float:
    """The Fréchet distance of n garments to the 10,000 test images, in the features of the classifier that ships.

    n 幅衣物到 10,000 幅测试图像的 Fréchet 距离，特征取自随课程附带的分类器。
    """
    x0 = torch.cat(list(garments_in_batches(network, sampler, times, n, first_seed=first_seed, each=each)))
    return frechet_distance(pretrained("classifier").features(x0), garment_moments())
