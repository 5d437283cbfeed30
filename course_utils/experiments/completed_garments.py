"""Garments whose right half is missing, completed in several ways: how well each does, against what it spends.

右半边缺失的衣物，用几种方法补全：各花多少次求值，补得怎样。

Real test images are completed, by the shipped network, not told their class but where said. The known half is put back
at the end, whatever the way. Every figure stands beside its error bar, one standard error over the images.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.data import Images
from course_utils.experiments.half_garments import WAYS, WIDTH, Way, completed, left_half
from course_utils.samplers import Sample
from course_utils.weights import pretrained

MEASURED_WITH, BATCH = 200, 100


class Fit(NamedTuple):
    """How well completions fit. 补得怎样。

    agreement: share that the judge takes for the true class; seam: mean jump between the two columns beside the seam;
    error: mean squared difference from the true half; spread: mean squared difference of two completions of one image.
    For exact draws of the missing half, error and spread are equal: the truth is a draw, too.
    """

    agreement: float
    seam: float
    error: float
    spread: float


# What `guidance.py pixels` prints: 200 test images, 20 of each class, and one standard error.
STORED: dict[str, tuple[Fit, Fit]] = {
    "label alone, 10": (Fit(0.880, 0.478, 0.366, 0.280), Fit(0.023, 0.017, 0.015, 0.020)),
    "put back, 20": (Fit(0.730, 0.260, 0.271, 0.264), Fit(0.031, 0.014, 0.014, 0.029)),
    "put back, 50": (Fit(0.770, 0.265, 0.288, 0.328), Fit(0.030, 0.015, 0.015, 0.032)),
    "put back, 100": (Fit(0.765, 0.275, 0.289, 0.361), Fit(0.030, 0.014, 0.015, 0.035)),
    "RePaint, 20 x 2": (Fit(0.840, 0.199, 0.204, 0.190), Fit(0.026, 0.012, 0.010, 0.021)),
    "RePaint, 20 x 5": (Fit(0.840, 0.162, 0.164, 0.107), Fit(0.026, 0.011, 0.011, 0.012)),
    "RePaint, 20 x 10": (Fit(0.845, 0.172, 0.147, 0.102), Fit(0.026, 0.012, 0.009, 0.011)),
    "RePaint, 50 x 2": (Fit(0.810, 0.199, 0.201, 0.177), Fit(0.028, 0.013, 0.011, 0.018)),
    "RePaint, 100 x 2": (Fit(0.845, 0.203, 0.226, 0.212), Fit(0.026, 0.013, 0.014, 0.033)),
    "ΠGDM, 10": (Fit(0.855, 0.204, 0.191, 0.153), Fit(0.025, 0.013, 0.010, 0.017)),
    "ΠGDM, 20": (Fit(0.855, 0.195, 0.184, 0.166), Fit(0.025, 0.013, 0.010, 0.023)),
    "ΠGDM, 50": (Fit(0.855, 0.195, 0.187, 0.163), Fit(0.025, 0.013, 0.010, 0.021)),
    "put back, 50, label": (Fit(0.930, 0.229, 0.196, 0.221), Fit(0.018, 0.013, 0.009, 0.029)),
    "RePaint, 20 x 5, label": (Fit(0.930, 0.165, 0.131, 0.093), Fit(0.018, 0.011, 0.006, 0.010)),
    "ΠGDM, 20, label": (Fit(0.955, 0.179, 0.158, 0.128), Fit(0.015, 0.011, 0.008, 0.013)),
}
# What `guidance.py copies` prints of the same images: the truth, and halves that no network made.
NO_NETWORK: dict[str, tuple[Fit, Fit]] = {
    "truth": (Fit(0.945, 0.159, 0.000, 0.000), Fit(0.016, 0.012, 0.000, 0.000)),
    "mirror": (Fit(0.815, 0.000, 0.224, 0.000), Fit(0.028, 0.000, 0.016, 0.000)),
    "last column": (Fit(0.540, 0.000, 0.646, 0.000), Fit(0.035, 0.000, 0.033, 0.000)),
    "class mean": (Fit(0.860, 0.430, 0.225, 0.000), Fit(0.025, 0.013, 0.009, 0.000)),
    "nearest training images": (Fit(0.870, 0.233, 0.148, 0.143), Fit(0.024, 0.012, 0.008, 0.014)),
}
INSIDE = 0.174  # the mean jump between any two neighbouring columns of the real images


def measured_ways(
    real: Images, names: Iterable[str] = tuple(WAYS), each: Callable[[Sample], object] | None = None
) -> dict[str, tuple[Fit, Fit]]:
    """Complete these images each way, and a quarter of them again; how well that fits, and the bars.

    用每种方法补全这些图像，并把其中四分之一再补一次；补得怎样，以及误差棒。

    In batches of at most 100, from a seed each. Each state is told to `each`.
    """
    return {name: fit_of(*completed_twice(WAYS[name], real, each), real) for name in names}


def completed_twice(way: Way, real: Images, each: Callable[[Sample], object] | None = None) -> tuple[Tensor, Tensor]:
    """These images completed, and a quarter of them once more. 补全这些图像，并把其中四分之一再补一次。"""
    parts = list(zip(real.x.split(BATCH), real.y.split(BATCH), strict=True))
    x0 = torch.cat([completed(way, *part, seed, each) for seed, part in enumerate(parts)])
    return x0, completed(way, *(part[: len(real.x) // 4] for part in real), len(parts), each)


def fit_of(x0: Tensor, again: Tensor, real: Images) -> tuple[Fit, Fit]:
    """The figures of completions x0, of others of the first images, and of the truth; and one standard error of each.

    由补全 x0、前几幅图像的另一次补全与真值算出的各项，以及各自的一个标准误差。

    Shapes: x0 like real.x (n, 1, 28, 28), again (m, 1, 28, 28), m at most n.
    """
    values = by_image(x0, real)
    values.append(_apart(x0[: len(again)], again))
    bars = [float(found.std() / len(found) ** 0.5) for found in values]
    return Fit(*(float(found.mean()) for found in values)), Fit(*bars)


def by_image(x0: Tensor, real: Images) -> list[Tensor]:
    """Agreement, seam and error of each image, (n,) each. 每幅图像的一致、接缝与误差。"""
    agreeing = pretrained("classifier")(x0).argmax(1) == real.y
    return [agreeing.double(), jumps(x0).double(), _apart(x0, real.x)]


def jumps(x0: Tensor, column: int = WIDTH // 2) -> Tensor:
    """The mean difference of the pixels on both sides of a column's left edge, (n, 1, 28, 28) -> (n,).

    某列左缘两侧像素之差的平均。
    """
    return (x0[..., column] - x0[..., column - 1]).abs().mean((1, 2))


def _apart(a: Tensor, b: Tensor) -> Tensor:
    """The mean squared difference in the half that was missing, (n, 1, 28, 28) twice -> (n,)."""
    return (a - b)[:, ~left_half()].double().square().mean(1)


def mirrored(x0: Tensor) -> Tensor:
    """No network at all: the known half in a mirror. 完全不用网络：已知半边的镜像。"""
    return torch.where(left_half(), x0, x0.flip(-1))


def continued(x0: Tensor) -> Tensor:
    """No network at all: the last known column, again and again. 完全不用网络：一再重复最后一列已知像素。"""
    return torch.where(left_half(), x0, x0[..., WIDTH // 2 - 1, None])


def nearest_half(x0: Tensor, pool: Tensor, rank: int = 0) -> Tensor:
    """No network at all: the right half of that whose left is nearest. 完全不用网络：左半边最近者的右半边。"""
    mask = left_half()
    found = torch.cdist(x0[:, mask], pool[:, mask]).topk(rank + 1, largest=False).indices[:, rank]
    return torch.where(mask, x0, pool[found])


def class_mean(x0: Tensor, labels: Tensor, pool: Images) -> Tensor:
    """No network at all: the mean of the true class. 完全不用网络：真类别的平均图像。"""
    means = torch.stack([pool.x[pool.y == label].mean(0) for label in pool.y.unique()])
    return torch.where(left_half(), x0, means[labels])
