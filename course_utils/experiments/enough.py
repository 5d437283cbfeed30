"""From copying to inventing: one small network, the same steps, on 16, 64, 256 and 1,024 garments of 16 x 16 pixels.

从照抄到创作：同一个小网络、同样多的步，分别学 16、64、256 与 1,024 件 16 x 16 像素的衣物。
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_utils import checkpoints, data
from course_utils.denoisers import image_denoiser
from course_utils.estimates import Estimate
from course_utils.experiments.garments import classes_in_turn
from course_utils.files import damaged, opened
from course_utils.gates import check_among
from course_utils.language import CourseError
from course_utils.muon import Muon
from course_utils.neighbours import are_copies, memorised, nearest
from course_utils.objectives import held_out
from course_utils.randomness import seeded, stream_at
from course_utils.samplers import dpm_solver, finish
from course_utils.schedules import cosine
from course_utils.times import log_snr_times
from course_utils.training import TrainState, start, train
from course_utils.unet import UNet

SIZE, BATCH, WALK, DRAWN = 16, 16, 15, 200  # pixels; images a step; steps of a sampler; samples that are measured
COUNTS, MARKS, SEEDS = (16, 64, 256, 1024), (150, 600, 2400), (0, 1)  # images; steps after which it is looked at
KEPT_EVERY = 200  # steps between two checkpoints
SHOWN = 8  # samples that are kept
PAGES = Path(__file__).parent / "stored" / "enough.safetensors"


class Owed(NamedTuple):
    """What 200 samples owe to the images that were learned from, and the losses of the network that drew them.

    200 个样本欠了学过的图像多少，以及画出它们的网络的损失。

    nearer: the share nearer to the training images than to as many unseen ones, 0.5 if nothing is owed; copies: less
    than half as far; each with one standard error. learned, unseen: squared error of eps_hat on either, 256 times.
    """

    nearer: Estimate
    copies: Estimate
    learned: float
    unseen: float


class MeanRow(NamedTuple):
    """The mean of such rows over the seeds. 各种子的平均。"""

    nearer: float
    copies: float
    learned: float
    unseen: float


# What `enough.py table` prints: a row for each seed.
STORED: dict[tuple[int, int], tuple[Owed, ...]] = {
    (16, 150): (
        Owed(Estimate(0.640, 0.176), Estimate(0.000, 0.000), 0.125, 0.157),
        Owed(Estimate(0.670, 0.152), Estimate(0.000, 0.000), 0.123, 0.163),
    ),
    (16, 600): (
        Owed(Estimate(0.805, 0.099), Estimate(0.120, 0.023), 0.045, 0.204),
        Owed(Estimate(0.875, 0.083), Estimate(0.165, 0.026), 0.041, 0.219),
    ),
    (16, 2400): (
        Owed(Estimate(0.975, 0.042), Estimate(0.770, 0.030), 0.012, 0.434),
        Owed(Estimate(0.955, 0.054), Estimate(0.785, 0.029), 0.010, 0.437),
    ),
    (64, 150): (
        Owed(Estimate(0.580, 0.087), Estimate(0.000, 0.000), 0.137, 0.144),
        Owed(Estimate(0.430, 0.096), Estimate(0.000, 0.000), 0.142, 0.151),
    ),
    (64, 600): (
        Owed(Estimate(0.700, 0.068), Estimate(0.000, 0.000), 0.081, 0.104),
        Owed(Estimate(0.540, 0.074), Estimate(0.000, 0.000), 0.085, 0.112),
    ),
    (64, 2400): (
        Owed(Estimate(0.705, 0.064), Estimate(0.040, 0.014), 0.050, 0.148),
        Owed(Estimate(0.660, 0.069), Estimate(0.030, 0.012), 0.048, 0.165),
    ),
    (256, 150): (
        Owed(Estimate(0.550, 0.063), Estimate(0.000, 0.000), 0.142, 0.141),
        Owed(Estimate(0.545, 0.066), Estimate(0.000, 0.000), 0.148, 0.152),
    ),
    (256, 600): (
        Owed(Estimate(0.515, 0.050), Estimate(0.000, 0.000), 0.095, 0.097),
        Owed(Estimate(0.580, 0.055), Estimate(0.000, 0.000), 0.098, 0.103),
    ),
    (256, 2400): (
        Owed(Estimate(0.540, 0.047), Estimate(0.000, 0.000), 0.077, 0.087),
        Owed(Estimate(0.620, 0.049), Estimate(0.000, 0.000), 0.077, 0.090),
    ),
    (1024, 150): (
        Owed(Estimate(0.580, 0.053), Estimate(0.000, 0.000), 0.144, 0.142),
        Owed(Estimate(0.465, 0.047), Estimate(0.000, 0.000), 0.152, 0.154),
    ),
    (1024, 600): (
        Owed(Estimate(0.425, 0.043), Estimate(0.000, 0.000), 0.096, 0.097),
        Owed(Estimate(0.590, 0.040), Estimate(0.000, 0.000), 0.099, 0.102),
    ),
    (1024, 2400): (
        Owed(Estimate(0.510, 0.039), Estimate(0.000, 0.000), 0.079, 0.083),
        Owed(Estimate(0.585, 0.040), Estimate(0.000, 0.000), 0.082, 0.086),
    ),
}
# What `enough.py floor` prints: 200 test photographs in place of the samples, beside the images of each seed.
REAL: dict[int, tuple[tuple[Estimate, Estimate], ...]] = {
    16: ((Estimate(0.500, 0.108), Estimate(0.005, 0.005)), (Estimate(0.575, 0.106), Estimate(0.025, 0.011))),
    64: ((Estimate(0.445, 0.064), Estimate(0.000, 0.000)), (Estimate(0.445, 0.068), Estimate(0.010, 0.007))),
    256: ((Estimate(0.485, 0.045), Estimate(0.000, 0.000)), (Estimate(0.460, 0.046), Estimate(0.000, 0.000))),
    1024: ((Estimate(0.440, 0.038), Estimate(0.005, 0.005)), (Estimate(0.480, 0.038), Estimate(0.000, 0.000))),
}
MEASURED = tuple(n for n in COUNTS if (n, MARKS[-1]) in STORED)  # to the end of the training


class Parted(NamedTuple):
    """Images that a network learns from, and as many of the same classes that it never sees.

    用来学的图像，以及类别相同、同样多、从没见过的图像。

    Shapes: both (n, 1, 16, 16), classes in turn.
    """

    training: Tensor
    unseen: Tensor


def parted(n: int, seed: int = 0) -> Parted:
    """n garments to learn from and n others: those of 64 begin with those of 16; each seed has its own.

    n 件用来学，另外 n 件不给看：64 件的前 16 件就是 16 件的那些；每个种子各用各的。
    """
    first = 2 * seed * COUNTS[-1]
    images = classes_in_turn(data.garments()).x[first : first + 2 * COUNTS[-1]]
    return Parted(*(data.resize(half[:n], SIZE) for half in images.split(COUNTS[-1])))


def beginner(seed: int = 0) -> TrainState:
    """The small network before its first step. 第一步之前的小网络。"""
    with stream_at(seed):
        network = UNet(channels=1, width=32, multipliers=(1,), patch=2)
    return start(network, seed=seed, optimizer=Muon)


def at_marks(n: int, seed: int, folder: Path) -> Iterator[TrainState]:
    """Train on n images, from the last checkpoint in the folder if any, and give the state at each mark.

    在 n 幅图像上训练（文件夹里有检查点就接着训练），到每个标记处给出状态。
    """
    state = checkpoints.resume(folder, beginner(seed))
    if state.step in MARKS:
        yield state
    for record in train(state, cosine(), parted(n, seed).training, MARKS[-1], batch=BATCH):
        if record.step % KEPT_EVERY == 0 or record.step in MARKS:
            checkpoints.save_in(folder, state)
        if record.step in MARKS:
            yield state


def drawn_after(network: nn.Module, n: int = DRAWN) -> Tensor:
    """n images of DPM-Solver++ in 15 steps, always from the same noise. 15 步 DPM-Solver++ 的 n 幅图像，噪声总相同。"""
    schedule, noise = cosine(), torch.randn(n, 1, SIZE, SIZE, generator=seeded(0))
    return finish(dpm_solver(schedule, image_denoiser(schedule, network), noise, log_snr_times(schedule, WALK)))


def seen_and_unseen(network: nn.Module, n: int, seed: int = 0, asked: int = 256) -> tuple[float, float]:
    """The mean squared error of eps_hat, at 256 times and noises: on images learned from, and on unseen ones.

    eps_hat 的均方误差，各取 256 组时间步与噪声：学过的图像上，没见过的图像上。
    """
    learned, unseen = parted(n, seed).training[:asked], parted(COUNTS[-1], seed).unseen[:asked]
    learned = learned.repeat(asked // len(learned), 1, 1, 1)
    of = [float(held_out(cosine(), network, x).errors.mean()) for x in (learned, unseen)]
    return of[0], of[1]


def shares_of(samples: Tensor, of: Parted) -> tuple[Estimate, Estimate]:
    """The share of samples nearer to what was learned from, and of copies; each with its error.

    离学过的更近的样本占多少，照抄的占多少；各带误差。
    """
    copies = float(copied_from(samples, of).double().mean())
    return memorised(samples, *of), Estimate(copies, (copies * (1 - copies) / len(samples)) ** 0.5)


def copied_from(samples: Tensor, of: Parted) -> Tensor:
    """Which samples are less than half as far from what was learned from as from what was not, (n,).

    哪些样本离学过的，不到离没见过的一半远。
    """
    return are_copies(*(nearest(samples, half).distance for half in of))


def real_samples(n: int = DRAWN) -> Tensor:
    """Test photographs, which nobody learned from: the floor of every share. 谁都没学过的测试照片：各比例的下限。"""
    return data.resize(classes_in_turn(data.garments("test")).x[:n], SIZE)


def averaged_row(rows: tuple[Owed, ...]) -> MeanRow:
    """The mean over the seeds. 对各种子取平均。"""
    columns = zip(*((row.nearer.value, row.copies.value, row.learned, row.unseen) for row in rows), strict=True)
    return MeanRow(*(sum(column) / len(rows) for column in columns))


@cache
def shown_samples(n: int, mark: int) -> Tensor:
    """The first eight samples of the first seed, as they were stored, (8, 1, 16, 16).

    第一个种子的头八个样本，存下来的原样。

    Raises: CourseError for other numbers of images or steps than those measured.
    """
    check_among("n", n, MEASURED), check_among("mark", mark, MARKS)
    try:
        with opened(PAGES) as file:
            return data.pixels.ready_for(file.get_tensor(f"{n}-{mark}"), torch.zeros(()))
    except (OSError, CourseError) as error:
        raise damaged(PAGES, error) from None


@cache
def shown_trio(n: int, mark: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """These samples, of each the nearest seen and the nearest unseen image, and whether it is a copy.

    这些样本，各自最近的学过的与没见过的图像，以及是不是照抄。
    """
    samples, of = shown_samples(n, mark), parted(n)
    seen, unseen = (half[nearest(samples, half).index] for half in of)
    return samples, seen, unseen, copied_from(samples, of)
