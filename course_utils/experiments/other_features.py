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
from course_utils.randomness import seeded
from course_utils.weights import pretrained

Features = Callable[[Tensor], Tensor]
EPOCHS, BATCH = 6, 64

# What `evaluation.py features` prints: {crowd: {features: Fréchet distance}}.
STORED: dict[str, dict[str, Estimate]] = {}
# What `evaluation.py kernels` prints: the kernel distance in the judge's features, to 1000 other test images.
KERNEL: dict[str, Estimate] = {}


@cache
def untrained() -> Classifier:
    """The judge's network as it is before training, weights at random. 训练之前的评判网络：权重是随机的。"""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Classifier().requires_grad_(False).eval()


@cache
@threads(1)
def of_digits() -> Classifier:
    """The judge's network, taught digits and not garments: 6 epochs on 1797 of them, half a minute.

    与评判者同样的网络，学的是手写数字而不是衣物：1797 幅，6 轮，约半分钟。
    """
    x, y = data.digits(28)
    generator = seeded(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
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
