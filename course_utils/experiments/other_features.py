"""The same crowds in the features of other networks: what a distance says is what its features see.

同样的几批图像，换用别的网络的特征：距离说的，是它的特征看得见的东西。

1000 images each, classes in turn, beside 9000 test images that are none of them. The distances of two networks are in
different units: within a column the order tells, and how many times that of real images each is.
"""

from collections.abc import Callable
from functools import cache, partial

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils import data
from course_utils.arithmetic import threads
from course_utils.classifier import Classifier
from course_utils.estimates import Estimate, bootstrapped
from course_utils.experiments.copying import distance_to
from course_utils.kernels import kernel_distance
from course_utils.metrics import moments
from course_utils.randomness import seeded, stream_at
from course_utils.weights import pretrained

Features = Callable[[Tensor], Tensor]
EPOCHS, BATCH = 6, 64

# What `evaluation.py features` prints: {features: {crowd: Fréchet distance}}, errors from 50 draws.
STORED: dict[str, dict[str, Estimate]] = {
    "judge": {
        "real, test": Estimate(0.03631, 0.0064),
        "memoriser": Estimate(0.04141, 0.0066),
        "network, 1": Estimate(0.1588, 0.016),
        "network, 2": Estimate(0.2077, 0.015),
        "network, 4": Estimate(0.6038, 0.029),
        "network, 2, -2 to 4": Estimate(0.07868, 0.0069),
        "softened": Estimate(0.555, 0.024),
        "noise 0.1": Estimate(1.294, 0.044),
        "bent noise": Estimate(0.1478, 0.0064),
    },
    "untrained": {
        "real, test": Estimate(2.572e-07, 1.1e-07),
        "memoriser": Estimate(1.977e-07, 9.8e-08),
        "network, 1": Estimate(7.992e-06, 5.9e-07),
        "network, 2": Estimate(2.363e-06, 1.6e-07),
        "network, 4": Estimate(8.928e-06, 4.6e-07),
        "network, 2, -2 to 4": Estimate(6.867e-06, 5.7e-07),
        "softened": Estimate(2.767e-05, 1.1e-06),
        "noise 0.1": Estimate(1.111e-06, 2e-07),
        "bent noise": Estimate(0.0001926, 5.9e-07),
    },
    "digits": {
        "real, test": Estimate(0.1615, 0.065),
        "memoriser": Estimate(0.1029, 0.044),
        "network, 1": Estimate(1.762, 0.23),
        "network, 2": Estimate(2.732, 0.15),
        "network, 4": Estimate(3.879, 0.12),
        "network, 2, -2 to 4": Estimate(1.564, 0.2),
        "softened": Estimate(6.097, 0.31),
        "noise 0.1": Estimate(0.5585, 0.06),
        "bent noise": Estimate(204.2, 0.68),
    },
    "pixels": {
        "real, test": Estimate(0.03296, 0.01),
        "memoriser": Estimate(0.04149, 0.0095),
        "network, 1": Estimate(0.3018, 0.016),
        "network, 2": Estimate(0.6795, 0.034),
        "network, 4": Estimate(2.283, 0.058),
        "network, 2, -2 to 4": Estimate(0.2906, 0.015),
        "softened": Estimate(0.04856, 0.011),
        "noise 0.1": Estimate(0.05908, 0.0096),
        "bent noise": Estimate(24.04, 0.039),
    },
}
# What `evaluation.py kernels` prints: the kernel distance in the judge's features, to 1000 other test images.
KERNEL: dict[str, Estimate] = {
    "real, test": Estimate(-0.00044, 0.00034),
    "memoriser": Estimate(-0.00041, 0.00034),
    "network, 1": Estimate(0.00000, 0.00032),
    "network, 2": Estimate(0.00055, 0.00033),
    "network, 4": Estimate(0.00215, 0.00048),
    "network, 2, -2 to 4": Estimate(-0.00042, 0.00033),
    "softened": Estimate(0.00811, 0.00119),
    "noise 0.1": Estimate(0.03263, 0.00258),
    "bent noise": Estimate(0.00099, 0.00033),
}


@cache
def untrained() -> Classifier:
    """The judge's network as it is before training, weights at random. 训练之前的评判网络：权重是随机的。"""
    with stream_at(0):
        return Classifier().requires_grad_(False).eval()


@cache
@threads(1)
def of_digits() -> Classifier:
    """The judge's network, taught digits and not garments: 6 epochs on 1797 of them, half a minute.

    与评判者同样的网络，学的是手写数字而不是衣物：1797 幅，6 轮，约半分钟。
    """
    x, y = data.digits(28)
    generator = seeded(0)
    with stream_at(0):
        network = Classifier()
        optimizer = torch.optim.Adam(network.parameters(), 2e-3)
        for _ in range(EPOCHS):
            for part in torch.randperm(len(x), generator=generator).split(BATCH):
                optimizer.zero_grad()
                F.cross_entropy(network(x[part]), y[part]).backward()
                optimizer.step()
    return network.requires_grad_(False).eval()


def coarse_pixels(x: Tensor) -> Tensor:
    """No network at all: the means of 4 x 4 pixels, (n, 1, 28, 28) -> (n, 49). 不用网络：每 4 x 4 个像素的均值。"""
    return F.avg_pool2d(x, 4).flatten(1)


FEATURES: dict[str, Callable[[], Features]] = {
    "judge": lambda: pretrained("classifier").features,
    "untrained": lambda: untrained().features,
    "digits": lambda: of_digits().features,
    "pixels": lambda: coarse_pixels,
}


def seen_by(features: Features, crowds: dict[str, Tensor], real: Tensor) -> dict[str, Estimate]:
    """The Fréchet distance of each crowd to real images, in these features, with its error by the bootstrap.

    各批图像在这些特征下到真实图像的 Fréchet 距离，误差由自助法得出。
    """
    distance = partial(distance_to, moments(features(real)))
    found = {}
    for name, x in crowds.items():
        cloud = features(x), torch.arange(len(x)) % 10
        found[name] = Estimate(distance(cloud), bootstrapped(distance, cloud, draws=50))
    return found


def kernel_distances(crowds: dict[str, Tensor], real: Tensor) -> dict[str, Estimate]:
    """The kernel distance of each crowd to as many real images, in the judge's features. 评判者特征下的核距离。"""
    judge = pretrained("classifier")
    beside = judge.features(real)
    return {name: kernel_distance(judge.features(x), beside) for name, x in crowds.items()}
