"""What is measured of a finished run: losses, how far its samples are from the images kept out, what was copied.

训练完成后量什么：损失、样本离留出的图像多远、有没有照抄。
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.estimates import Estimate, bootstrapped
from course_utils.metrics import energy_distance
from course_utils.neighbours import Nearest, are_copies, nearest
from course_utils.train.found import Split
from course_utils.train.running import Run, judged

DRAWS = 50  # of the bootstrap
COARSE, FINE = 16, 32  # pixels a side, at most, at which crowds are compared, and at which single images are
PIXELS = 2_000_000  # of training images that are compared with samples at a time
GREY_LEVEL = 1 / 127.5  # the least spread that images of bytes can show


@dataclass(frozen=True)
class Measured:
    """What was measured of a finished run, each with one standard error. 训练完成后量出的数，各附一个标准误差。

    step: of the best check, whose average is handed over; held_out, trained_on: the mean squared error of eps on n
    images that were kept out, and on as many trained on; distance: the energy distance of `drawn` samples to as many
    images kept out, between what `looks_of` sees; floor: that of as many training images to them; copies: the share of
    samples less than half as far from some training image as from any kept out; doubles: of the images kept out, which
    nobody copied.
    """

    step: int
    n: int
    drawn: int
    held_out: Estimate
    trained_on: Estimate
    distance: Estimate
    floor: Estimate
    copies: Estimate
    doubles: Estimate


def measured_of(run: Run, samples: Tensor) -> Measured:
    """Measure the state of a run, and samples of it. 对一次训练的状态及其样本做度量。

    Shapes: samples (n, c, size, size).
    """
    split, errors, n = run.split, judged(run), len(samples)
    held, learnt, drawn = (looks_of(x[:n], split.held_x[:n]) for x in (split.held_x, split.x, samples))
    distance, floor = (
        Estimate(energy_distance(cloud, held), bootstrapped(energy_distance, cloud, held, draws=DRAWS))
        for cloud in (drawn, learnt)
    )
    of = {name: Estimate(float(e.mean()), float(e.std() / len(e) ** 0.5)) for name, e in errors.items()}
    losses = of["held_out"], of["trained_on"]
    return Measured(run.state.step, len(errors["held_out"]), n, *losses, distance, floor, *copies_of(samples, split))


def looks_of(x: Tensor, like: Tensor) -> Tensor:
    """What distances are taken between: pixels, and the steps to the neighbours beside and below, each group as large.

    距离所比的：像素，以及与右邻、下邻之差；三组各占同样的分量。

    In pixels alone a crowd of blotches is no farther off than a crowd of pictures in the same colours; neighbours tell.
    Larger images are averaged to 16 x 16 first. A group is divided by its spread among `like`,
    at least a grey level.
    Shapes: x and like (n, c, size, size), images or bytes -> (n, d).
    """
    groups = zip(_groups(x), _groups(like), strict=True)
    return torch.cat([own / (other.std().clamp(min=GREY_LEVEL) * own.shape[1] ** 0.5) for own, other in groups], 1)


def _groups(x: Tensor) -> list[Tensor]:
    images = averaged_to(x, COARSE)
    return [group.flatten(1) for group in (images, images.diff(dim=-1), images.diff(dim=-2))]


def copies_of(samples: Tensor, split: Split) -> tuple[Estimate, Estimate]:
    """The share of samples that are copies, and, as its floor, that of as many images kept out.

    样本中副本所占的份额；作为下限，同样多的留出图像中占多少。

    A copy is less than half as far from some image learnt from as from any other image kept out. All images learnt from
    are looked at. There are more of them, so in a small folder some are half as near by their number alone: the floor
    says how many. It is high, too, where a folder holds the same picture several times. Below it nothing can be told.
    Shapes: samples (n, c, size, size), in [-1, 1].
    """
    held = averaged_to(split.held_x, FINE).flatten(1).double()
    others = torch.cdist(held[: len(samples)], held).fill_diagonal_(torch.inf).amin(1)
    unseen = nearest_among(samples, split.held_x).distance, others
    seen = [nearest_among(crowd, split.x).distance for crowd in (samples, as_images(split.held_x[: len(others)]))]
    return tuple(share_of(are_copies(*pair)) for pair in zip(seen, unseen, strict=True))


def share_of(hits: Tensor) -> Estimate:
    """A share and its standard error. 一个份额及其标准误差。Shapes: hits (n,), bools."""
    share = float(hits.double().mean())
    return Estimate(share, (share * (1 - share) / len(hits)) ** 0.5)


def nearest_among(samples: Tensor, x: Tensor) -> Nearest:
    """For each sample the nearest of the images x, kept as bytes, at 32 x 32 or fewer; in parts, as memory is bounded.

    对每个样本，在以字节保存的图像 x 中找最近的一幅，至多按 32 x 32 来比；分块来找，内存用量有界。

    Shapes: samples (n, c, size, size) in [-1, 1], x (m, c, size, size) bytes -> (n,) and (n,).
    """
    shown, at_once = averaged_to(samples, FINE), max(1, PIXELS // x.shape[-1] ** 2)
    parts = [nearest(shown, averaged_to(part, FINE)) for part in x.split(at_once)]
    distances, which = torch.stack([part.distance for part in parts]).min(0)
    index = torch.stack([part.index for part in parts])[which, torch.arange(len(shown))]
    return Nearest(distances, which * at_once + index)


def averaged_to(x: Tensor, most: int) -> Tensor:
    """Images, or bytes, as images in [-1, 1] of at most so many pixels a side. 变成边长不超过 most 的图像。"""
    return F.adaptive_avg_pool2d(as_images(x) if x.dtype == torch.uint8 else x, min(most, x.shape[-1]))


def as_images(x: Tensor) -> Tensor:
    """Bytes as images in [-1, 1]. 把字节变成 [-1, 1] 的图像。"""
    return x.float() / 127.5 - 1
