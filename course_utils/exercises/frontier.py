"""What samples of garments cost and what they are worth: measured once and stored, or measured anew.

采样的代价与质量：在衣物上量过一次、存了下来，也可以重新测量。
"""

import time

import torch

from course_utils import pretrained
from course_utils.denoisers import clipped, from_network
from course_utils.exercises.sampling import SAMPLERS, evaluations, from_noise
from course_utils.metrics import Moments, frechet_distance
from course_utils.samplers import last
from course_utils.schedules import Schedule, cosine
from course_utils.times import even_times, log_snr_times
from course_utils.training import quick_arithmetic
from course_utils.weights import read_moments

Row = tuple[int, float, float]  # evaluations, seconds for 64 images, Fréchet distance

COSTS, BATCH = (6, 10, 20, 50), 250
MEASURED_WITH = 500  # samples, and real images for the floor
REAL = 0.113
# Seconds: evaluations times 0.061, the time of one for 64 images on two idle cores (tests/benchmarks, `speed`).
STORED: dict[str, list[Row]] = {
    "DPM++ 2M": [(6, 0.37, 0.197), (10, 0.61, 0.198), (20, 1.22, 0.206), (50, 3.05, 0.207)],
    "DDIM": [(6, 0.37, 0.360), (10, 0.61, 0.242), (20, 1.22, 0.210), (50, 3.05, 0.207)],
    "DDPM β̃": [(6, 0.37, 0.545), (10, 0.61, 0.437), (20, 1.22, 0.278), (50, 3.05, 0.190)],
    "Heun": [(5, 0.30, 6.605), (9, 0.55, 0.906), (19, 1.16, 0.297), (49, 2.99, 0.238)],
    "DDPM β": [(6, 0.37, 4.278), (10, 0.61, 2.554), (20, 1.22, 1.169), (50, 3.05, 0.461)],
}


def walk_of(name: str, schedule: Schedule, cost: int) -> list[int]:
    """Times on which a sampler asks about `cost` times: those that suit it. 求值约 `cost` 次、适合该采样器的时间步。"""
    if name == "Heun":  # two evaluations a step; it must not begin at T
        return log_snr_times(schedule, (cost + 1) // 2, quietest=0.03)
    return even_times(schedule.T, cost) if name.startswith("DDPM") else from_noise(schedule, cost)


def measured(
    n: int, costs: tuple[int, ...] = COSTS, names: tuple[str, ...] = ("DPM++ 2M", "DDIM", "DDPM β̃", "Heun", "DDPM β")
) -> dict[str, list[Row]]:
    """Draw n garments per point, clipped, classes in turn; how far their features are from the test images'.

    每个点采 n 幅衣物（截断，类别轮流），看其特征与测试图像的特征相距多远。

    The smaller n, the larger every distance: compare at equal n. Returns rows for `plots.frontier`.
    """
    schedule, network = cosine(), pretrained("fashion_mnist")
    judge, real, rows = pretrained("classifier"), Moments(*read_moments()), {}
    for name in names:
        rows[name] = []
        for cost in costs:
            times, began, features = walk_of(name, schedule, cost), time.perf_counter(), []
            for k, part in enumerate(torch.arange(n).split(BATCH)):
                generator = torch.Generator().manual_seed(k)
                noise = torch.randn(len(part), 1, 28, 28, generator=generator)
                denoiser = clipped(schedule, from_network(schedule, network, part % 10))
                with quick_arithmetic(noise):
                    x0 = last(SAMPLERS[name](schedule, denoiser, noise, times, generator=generator))
                features.append(judge.features(x0))
            seconds = (time.perf_counter() - began) * 64 / n
            distance = frechet_distance(torch.cat(features), real)
            rows[name].append((evaluations(SAMPLERS[name], times), seconds, distance))
    return rows
