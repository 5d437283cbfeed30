"""Is it a copy? Crowds of garments beside the images that a network was trained on, and as many that it never saw.

是不是副本？把衣物与训练用过的图像、同样多没见过的图像相比。

Every figure stands beside one standard error. Real images come with their classes in turn; samples, too.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.data import Images
from course_utils.estimates import bootstrapped
from course_utils.metrics import Moments, frechet_distance, moments
from course_utils.neighbours import memorised, nearest
from course_utils.weights import pretrained

MEASURED_WITH, BESIDE = 1000, 2000  # samples; training and unseen images for the three scores


class Copying(NamedTuple):
    """What tells copies from drawings. 分辨照抄与自画的几项。

    distance: Fréchet, in the judge's features, to test images that are no samples; pixels, features: the share of
    samples nearer to the training images than to as many unseen ones, 0.5 if nothing was copied; moved: the same in
    pixels, where every image stands in ten places: moved by a pixel four ways, and all in a mirror; close: the share of
    samples that are less than half as far from some training image, of all, as from any unseen one, of all.
    """

    distance: float
    pixels: float
    features: float
    moved: float
    close: float


class Sets(NamedTuple):
    """Images to compare samples with: those trained on, those never seen, and moments of these.

    用来比较的图像：训练用过的、没见过的，以及后者的矩。
    """

    training: Tensor
    unseen: Tensor
    reference: Moments


# What `evaluation.py copies` prints.
STORED: dict[str, tuple[Copying, Copying]] = {}


def sets_of(training: Images, test: Images) -> Sets:
    """All training images, and the test images but the first 1000, which are samples themselves.

    全部训练图像；以及测试图像中除去前 1000 幅的其余，那 1000 幅自己要当样本。
    """
    unseen = test.x[MEASURED_WITH:]
    return Sets(training.x, unseen, moments(pretrained("classifier").features(unseen)))


def places(x: Tensor) -> Tensor:
    """Every image in ten places: as it is, a pixel up, down, left, right, and these five in a mirror.

    每幅图像的十个样子：原样，上、下、左、右各移一个像素，以及这五个在镜中的样子。

    Shapes: (n, c, h, w) -> (10 n, c, h, w).
    """
    steps = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    shifted = torch.cat([x.roll(step, (-2, -1)) for step in steps])
    return torch.cat([shifted, shifted.flip(-1)])


def copying_of(samples: Tensor, sets: Sets) -> tuple[Copying, Copying]:
    """The five figures of samples, classes in turn, and one standard error of each. 样本的五项数字，各附标准误差。"""
    judge, labels = pretrained("classifier"), torch.arange(len(samples)) % 10
    features = judge.features(samples)
    beside = sets.training[:BESIDE], sets.unseen[:BESIDE]
    scores = [
        memorised(samples, *beside),
        memorised(features, *map(judge.features, beside)),
        memorised(samples, *map(places, beside)),
    ]
    close = closer(samples, sets).double()
    distance = partial(distance_to, sets.reference)
    error = bootstrapped(distance, (features, labels))
    values = distance((features, labels)), *(score.value for score in scores), float(close.mean())
    bars = error, *(score.error for score in scores), float(close.std() / len(close) ** 0.5)
    return Copying(*values), Copying(*bars)


def distance_to(reference: Moments, cloud: tuple[Tensor, Tensor]) -> float:
    """The Fréchet distance of features, given with their labels. 特征（附标签）的 Fréchet 距离。"""
    return frechet_distance(cloud[0], reference)


def closer(samples: Tensor, sets: Sets, share: float = 0.5) -> Tensor:
    """Which samples are less than `share` as far from some training image as from any unseen one, (n,) bools.

    哪些样本离某幅训练图像的距离，不到离任何没见过的图像的 `share` 倍。
    """
    return nearest(samples, sets.training).distance < share * nearest(samples, sets.unseen).distance


def memoriser(training: Tensor, changed: Callable[[Tensor], Tensor]) -> Tensor:
    """The first 1000 training images, handed out as samples, a little changed or not. 把前 1000 幅训练图像当样本。"""
    return changed(training[:MEASURED_WITH])
