"""Garments from the shipped network: what samples cost and what they are worth, and how such a network is trained.

由附带的网络画衣物：采样的代价与质量，以及这样的网络怎样训练。
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_utils import checkpoints, data
from course_utils.arithmetic import quick_arithmetic
from course_utils.denoisers import Denoiser, image_denoiser
from course_utils.experiments.moons import SAMPLERS, Sampler, evaluations
from course_utils.metrics import frechet_distance
from course_utils.muon import Muon
from course_utils.objectives import errors_of_v, held_out
from course_utils.randomness import seeded
from course_utils.reverse import sigma_beta, sigma_posterior
from course_utils.samplers import Sample, ddim, ddpm, finish, sample
from course_utils.schedules import Schedule, cosine
from course_utils.times import even_times, focused_times, log_snr_times
from course_utils.training import TrainRecord, TrainState, start, train
from course_utils.unet import UNet
from course_utils.weights import garment_moments, pretrained

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


def walk_of(schedule: Schedule, name: str, cost: int) -> list[int]:
    """Times on which a sampler asks about `cost` times: those that suit it. 求值约 `cost` 次、适合该采样器的时间步。"""
    if name == "Heun":  # two evaluations a step; it must not begin at T
        return log_snr_times(schedule, (cost + 1) // 2, quietest=0.03)
    return even_times(schedule, cost) if name.startswith("DDPM") else focused_times(schedule, cost)


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

    The smaller n, the larger every distance: compare at equal n. Each state is told to `each`. Returns one row per
    walk, under the name of its sampler.
    """
    network, judge = pretrained("fashion_mnist"), pretrained("classifier")
    real, rows = garment_moments(), {name: [] for name, _ in walks}
    for (name, _), times in walks.items():
        began = time.perf_counter()
        x0 = torch.cat(list(garments_in_batches(network, SAMPLERS[name], times, n, each)))
        seconds = (time.perf_counter() - began) * 64 / n
        distance = frechet_distance(judge.features(x0), real)
        rows[name].append((evaluations(SAMPLERS[name], times), seconds, distance))
    return rows


def garments_in_batches(
    network: nn.Module,
    sampler: Sampler,
    times: Sequence[int],
    n: int,
    each: Callable[[Sample], object] | None = None,
) -> Iterator[Tensor]:
    """n garments over these times of the cosine schedule, clipped, the classes in turn; batches of at most 250.

    在余弦调度的这些时间步上采 n 幅衣物，截断，类别轮流；每批至多 250 幅。每个状态都告诉 `each`。
    """
    schedule, how = cosine(), dict(sampler=sampler, times=times, each=each)
    for seed, part in enumerate(torch.arange(n).split(BATCH)):
        denoiser = image_denoiser(schedule, network, part % 10)
        with quick_arithmetic(torch.zeros(1, 1, 28, 28)):
            yield sample(schedule, denoiser, (len(part), 1, 28, 28), seed=seed, **how)


def garments_of(network: nn.Module, noise: Tensor) -> Tensor:
    """Samples of DDIM in 30 steps, with the labels 0 to 9 in turn. 30 步 DDIM 的样本，标签依次为 0 到 9。"""
    schedule, labels = cosine(), torch.arange(len(noise)) % 10
    denoiser = image_denoiser(schedule, network, labels)
    return finish(ddim(schedule, denoiser, noise, even_times(schedule, 30)))


def denoiser_of_garments(labels: Tensor) -> Denoiser:
    """The shipped network as a clipped denoiser of garments with these labels.

    附带的网络：画这些类别衣物的去噪器，截断。
    """
    schedule = cosine()
    return image_denoiser(schedule, pretrained("fashion_mnist"), labels)


def _noise(n: int) -> Tensor:
    return torch.randn(n, 1, 28, 28, generator=seeded(0))


@cache
def by_variance(steps: int = 20) -> dict[str, Tensor]:
    """Four garments with either variance, from the same noise. 同一份噪声，用两种方差各画四件衣物。"""
    schedule, xT, denoiser = cosine(), _noise(4), denoiser_of_garments(torch.tensor([0, 2, 7, 8]))
    times = even_times(schedule, steps)

    def drawn(sigma: Callable) -> Tensor:
        return finish(ddpm(schedule, denoiser, xT, times, sigma=sigma, generator=seeded(1)))

    return {"β̃": drawn(sigma_posterior), "β": drawn(sigma_beta)}


@cache
def by_steps() -> dict[str, Tensor]:
    """Four garments from one noise in 10 and in 50 steps, with DDIM and with DDPM. 同一份噪声走 10 步与 50 步。"""
    schedule, xT, drawn = cosine(), _noise(4), {}
    denoiser = denoiser_of_garments(torch.tensor([0, 3, 5, 9]))
    for name, sampler in (("DDIM", ddim), ("DDPM", ddpm)):
        for n in (10, 50):
            walk = sampler(schedule, denoiser, xT, even_times(schedule, n), generator=seeded(1))
            drawn[f"{name}, {n}"] = finish(walk)
    return drawn


class GarmentTraining(NamedTuple):
    """The training of a network of garments: its state, its steps, and what keeps the state in its folder.

    衣物网络的训练：状态、逐步的记录，以及把状态存进文件夹的函数。
    """

    state: TrainState
    records: Iterator[TrainRecord]
    save: Callable[[], None]


def garment_training(steps: int, folder: str | Path) -> GarmentTraining:
    """The full training on Fashion-MNIST up to step `steps`, from the last checkpoint in `folder` if any.

    在 Fashion-MNIST 上训练到第 `steps` 步的完整训练；`folder` 中若有检查点就从那里接着训练。

    `save` keeps the state in the folder, as the best one if its loss is, on one image in 30, which training never sees.
    """
    x, y = data.fashion_mnist()
    out = torch.arange(len(x)) % 30 == 0
    with torch.random.fork_rng(devices=[]):  # the reader's own stream stays as it is
        torch.manual_seed(0)
        network = UNet(channels=1, width=48, multipliers=(1, 2), classes=10, patch=2)
    state = checkpoints.resume(folder, start(network, optimizer=Muon))
    how = dict(batch=128, labels=y[~out], ema_decay=0.999, unlabelled=0.1, objective=errors_of_v)

    def save() -> None:
        found = held_out(cosine(), state.ema, x[out], labels=y[out])
        checkpoints.save_in(folder, state, float(found.errors.mean()))

    return GarmentTraining(state, train(state, cosine(), x[~out], steps, **how), save)
