"""What samples of garments cost and what they are worth: measured once and stored, or measured anew.

采样的代价与质量：在衣物上量过一次、存了下来，也可以重新测量。
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from course_utils.arithmetic import quick_arithmetic
from course_utils.denoisers import clipped, from_network
from course_utils.exercises.sampling import SAMPLERS, Sampler, evaluations, from_noise
from course_utils.metrics import frechet_distance
from course_utils.samplers import Sample, sample
from course_utils.schedules import Schedule, cosine
from course_utils.times import even_times, log_snr_times
from course_utils.weights import garment_moments, pretrained
from course_utils.widgets import step_bar

Row = tuple[int, float, float]  # evaluations, seconds for 64 images, Fréchet distance

COSTS, BATCH = (6, 10, 20, 50), 250
MEASURED_WITH = 500  # samples, and real images for the floor
REAL = 0.113
# As `tests/benchmarks/sampling.py quality` prints it; alone on two cores of an AMD EPYC, in float32.
STORED: dict[str, list[Row]] = {
    "DPM++ 2M": [(6, 1.03, 0.199), (10, 1.45, 0.198), (20, 3.01, 0.204), (50, 7.40, 0.205)],
    "DDIM": [(6, 0.96, 0.373), (10, 1.54, 0.247), (20, 3.31, 0.211), (50, 7.48, 0.206)],
    "DDPM β̃": [(6, 0.87, 0.560), (10, 1.51, 0.446), (20, 3.06, 0.284), (50, 8.28, 0.194)],
    "Heun": [(5, 0.90, 6.486), (9, 1.34, 0.890), (19, 3.14, 0.288), (49, 8.11, 0.234)],
    "DDPM β": [(6, 0.95, 4.254), (10, 1.61, 2.539), (20, 3.64, 1.163), (50, 7.67, 0.458)],
}
ALL_STEPS = 0.252  # all 1000 steps of DDPM β̃ with as many samples, as `sampling.py truth` prints it


def walk_of(name: str, schedule: Schedule, cost: int) -> list[int]:
    """Times on which a sampler asks about `cost` times: those that suit it. 求值约 `cost` 次、适合该采样器的时间步。"""
    if name == "Heun":  # two evaluations a step; it must not begin at T
        return log_snr_times(schedule, (cost + 1) // 2, quietest=0.03)
    return even_times(schedule.T, cost) if name.startswith("DDPM") else from_noise(schedule, cost)


def measured(n: int, costs: Sequence[int] = COSTS, names: Sequence[str] = tuple(STORED)) -> dict[str, list[Row]]:
    """Draw n garments per point, clipped, classes in turn; how far their features are from the test images'.

    每个点采 n 幅衣物（截断，类别轮流），看其特征与测试图像的特征相距多远。

    The smaller n, the larger every distance: compare at equal n. Returns rows for `plots.frontier`.
    """
    network, judge = pretrained("fashion_mnist"), pretrained("classifier")
    real, rows = garment_moments(), {name: [] for name in names}
    walks = {(name, cost): walk_of(name, cosine(), cost) for name in names for cost in costs}
    bar = step_bar(math.ceil(n / BATCH) * sum(map(len, walks.values())))
    for (name, _), times in walks.items():
        began = time.perf_counter()
        x0 = torch.cat(list(garments(network, SAMPLERS[name], times, n, bar)))
        seconds = (time.perf_counter() - began) * 64 / n
        distance = frechet_distance(judge.features(x0), real)
        rows[name].append((evaluations(SAMPLERS[name], times), seconds, distance))
    return rows


def garments(
    network: nn.Module,
    sampler: Sampler,
    times: Sequence[int],
    n: int,
    each: Callable[[Sample], None] | None = None,
) -> Iterator[Tensor]:
    """n garments over these times of the cosine schedule, clipped, the classes in turn; batches of at most 250.

    在余弦调度的这些时间步上采 n 幅衣物，截断，类别轮流；每批至多 250 幅。每个状态都告诉 `each`。
    """
    schedule = cosine()
    for seed, part in enumerate(torch.arange(n).split(BATCH)):
        denoiser = clipped(schedule, from_network(schedule, network, part % 10))
        with quick_arithmetic(torch.zeros(1, 1, 28, 28)):
            yield sample(denoiser, schedule, (len(part), 1, 28, 28), sampler, times, seed, each=each)
