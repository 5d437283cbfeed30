"""Is it a copy? Crowds of garments beside the images that a network was trained on, and as many that it never saw.

是不是副本？把衣物与训练用过的图像、同样多没见过的图像相比。

Every figure stands beside one standard error. Real images come with their classes in turn; samples, too.
"""

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.data import Images
from course_utils.estimates import Estimate, bootstrapped
from course_utils.metrics import Moments, frechet_distance, moments
from course_utils.neighbours import are_copies, memorised, nearest
from course_utils.weights import pretrained

MEASURED_WITH, PLACED = 1000, 2000  # samples; images that are put in ten places each


class Copying(NamedTuple):
    """What tells copies from drawings. 分辨照抄与自画的几项。

    distance: Fréchet, in the judge's features, to test images that are no samples; pixels, features: the share of
    samples nearer to the training images than to as many unseen ones, 9000, 0.5 if nothing was copied; moved: the same
    in pixels, where 2000 of either stand in ten places each: moved by a pixel four ways, and all in a mirror (its error
    is too small, as it takes an image in two places for two); close: the share of samples that are less than half as
    far from some training image, of all, as from any unseen one.
    """

    distance: float
    pixels: float
    features: float
    moved: float
    close: float


class Sets(NamedTuple):
    """What samples are compared with: images trained on, and never seen; the judge's features of as many of either.

    用来与样本比较的：训练用过的与没见过的图像，以及评判者在同样多的两者上的特征。
    """

    training: Tensor
    unseen: Tensor
    features: tuple[Tensor, Tensor]
    reference: Moments


# What `evaluation.py copies` prints.
STORED: dict[str, tuple[Copying, Copying]] = {
    "real, test": (Copying(0.036, 0.498, 0.518, 0.510, 0.010), Copying(0.006, 0.017, 0.016, 0.017, 0.003)),
    "copies": (Copying(0.041, 1.000, 1.000, 1.000, 1.000), Copying(0.007, 0.000, 0.000, 0.000, 0.000)),
    "copies, noise 0.1": (Copying(1.172, 1.000, 0.589, 1.000, 0.976), Copying(0.042, 0.000, 0.019, 0.000, 0.005)),
    "copies, moved by a pixel": (
        Copying(0.162, 0.713, 0.596, 1.000, 0.000),
        Copying(0.013, 0.019, 0.017, 0.000, 0.000),
    ),
    "copies in a mirror": (Copying(1.784, 0.657, 0.543, 1.000, 0.067), Copying(0.032, 0.027, 0.033, 0.000, 0.008)),
    "halfway between two copies": (
        Copying(0.282, 0.638, 0.512, 0.635, 0.000),
        Copying(0.022, 0.018, 0.017, 0.018, 0.000),
    ),
    "1": (Copying(0.159, 0.512, 0.497, 0.432, 0.000), Copying(0.017, 0.018, 0.017, 0.018, 0.000)),
    "1.5": (Copying(0.120, 0.485, 0.530, 0.467, 0.000), Copying(0.012, 0.018, 0.017, 0.019, 0.000)),
    "2, -2 to 4": (Copying(0.079, 0.491, 0.499, 0.463, 0.000), Copying(0.009, 0.018, 0.017, 0.019, 0.000)),
    "1, 5% copies": (Copying(0.156, 0.536, 0.521, 0.463, 0.050), Copying(0.017, 0.018, 0.017, 0.018, 0.007)),
    "1, 20% copies": (Copying(0.165, 0.613, 0.587, 0.550, 0.200), Copying(0.019, 0.017, 0.016, 0.018, 0.013)),
}
# What `evaluation.py learned` prints: the two scores beside six disjoint sets of 9000 training images, averaged.
LEARNED: dict[str, Estimate] = {
    "real, test, pixels": Estimate(0.490, 0.011),
    "real, test, features": Estimate(0.505, 0.011),
    "1, pixels": Estimate(0.511, 0.010),
    "1, features": Estimate(0.498, 0.011),
    "1.5, pixels": Estimate(0.509, 0.011),
    "1.5, features": Estimate(0.513, 0.010),
    "2, -2 to 4, pixels": Estimate(0.499, 0.011),
    "2, -2 to 4, features": Estimate(0.497, 0.011),
}


def sets_of(training: Images, test: Images) -> Sets:
    """All training images, and the test images but the first 1000, which are samples themselves.

    全部训练图像；以及测试图像中除去前 1000 幅的其余，那 1000 幅自己要当样本。
    """
    unseen = test.x[MEASURED_WITH:]
    features = tuple(pretrained("classifier").features(x) for x in (training.x[: len(unseen)], unseen))
    return Sets(training.x, unseen, features, moments(features[1]))


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
    scores = [
        memorised(samples, sets.training[: len(sets.unseen)], sets.unseen),
        memorised(features, *sets.features),
        memorised(samples, places(sets.training[:PLACED]), places(sets.unseen[:PLACED])),
    ]
    close = are_copies(nearest(samples, sets.training).distance, nearest(samples, sets.unseen).distance).double()
    distance = partial(distance_to, sets.reference)
    error = bootstrapped(distance, (features, labels))
    values = distance((features, labels)), *(score.value for score in scores), float(close.mean())
    bars = error, *(score.error for score in scores), float(close.std() / len(close) ** 0.5)
    return Copying(*values), Copying(*bars)


def distance_to(reference: Moments, cloud: tuple[Tensor, Tensor]) -> float:
    """The Fréchet distance of features, given with their labels. 特征（附标签）的 Fréchet 距离。"""
    return frechet_distance(cloud[0], reference)
