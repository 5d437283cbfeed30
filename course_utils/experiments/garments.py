"""Garments from the shipped network, drawn by its samplers, and how such a network is trained.

由附带的网络用各采样器画衣物，以及这样的网络怎样训练。
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_utils import checkpoints, data
from course_utils.arithmetic import quick_arithmetic
from course_utils.denoisers import Denoiser, image_denoiser
from course_utils.experiments.moons import Sampler
from course_utils.muon import Muon
from course_utils.objectives import errors_of_v, held_out
from course_utils.randomness import seeded, stream_at
from course_utils.reverse import sigma_beta, sigma_posterior
from course_utils.samplers import Sample, ddim, ddpm, finish, sample
from course_utils.schedules import cosine
from course_utils.times import even_times
from course_utils.training import TrainRecord, TrainState, start, train
from course_utils.unet import UNet
from course_utils.weights import pretrained

BATCH = 250


def garments_in_batches(
    network: nn.Module,
    sampler: Sampler,
    times: Sequence[int],
    n: int,
    *,
    first_seed: int = 0,
    each: Callable[[Sample], object] | None = None,
) -> Iterator[Tensor]:
    """n garments over these times of the cosine schedule, clipped, the classes in turn; batches of at most 250.

    在余弦调度的这些时间步上采 n 幅衣物，截断，类别轮流；每批至多 250 幅。每个状态都告诉 `each`。

    The first batch is drawn from `first_seed`, the next from the seed after it.
    """
    asked = partial(image_denoiser, cosine(), network)
    return drawn_in_batches(asked, sampler, times, n, first_seed=first_seed, each=each)


def drawn_in_batches(
    denoiser_of: Callable[[Tensor], Denoiser],
    sampler: Sampler,
    times: Sequence[int],
    n: int,
    *,
    first_seed: int = 0,
    each: Callable[[Sample], object] | None = None,
) -> Iterator[Tensor]:
    """`garments_in_batches` by a denoiser of labels of your own: labels (b,) -> denoiser.

    `garments_in_batches`，换上你自己的、由标签给出的去噪器：标签 (b,) -> 去噪器。
    """
    schedule, how = cosine(), dict(sampler=sampler, times=times, each=each)
    for seed, part in enumerate(torch.arange(n).split(BATCH), first_seed):
        with quick_arithmetic(torch.zeros(1, 1, 28, 28)):
            yield sample(schedule, denoiser_of(part % 10), (len(part), 1, 28, 28), seed=seed, **how)


def classes_in_turn(images: data.Images) -> data.Images:
    """As many images of each class as the rarest has, the first ones, classes in turn: 0, 1, ..., 9, 0, 1, ...

    每类取同样多的头几幅（以最少的一类为准），类别轮流：0, 1, ..., 9, 0, 1, ...
    """
    members = [(images.y == label).nonzero()[:, 0] for label in images.y.unique()]
    least = min(map(len, members))
    order = torch.stack([of[:least] for of in members], 1).flatten()
    return data.Images(images.x[order], images.y[order])


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
    with stream_at(0):
        network = UNet(channels=1, width=48, multipliers=(1, 2), classes=10, patch=2)
    state = checkpoints.resume(folder, start(network, optimizer=Muon))
    how = dict(batch=128, labels=y[~out], ema_decay=0.999, unlabelled=0.1, objective=errors_of_v)

    def save() -> None:
        found = held_out(cosine(), state.ema, x[out], labels=y[out])
        checkpoints.save_in(folder, state, float(found.errors.mean()))

    return GarmentTraining(state, train(state, cosine(), x[~out], steps, **how), save)
