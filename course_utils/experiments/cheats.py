"""Crowds of images that score well, or nearly, without being drawn by anything: what a judge has to be shown.

得分不错、却并不是画出来的图像：评判的办法要经得起它们。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.gates import check_images
from course_utils.randomness import seeded, standard_normal
from course_utils.weights import pretrained

CLASSES = 10
STEPS, RATE = 60, 0.05  # of bending noise


def noisy(x: Tensor, std: float = 0.1) -> Tensor:
    """Images with a little noise on them, within [-1, 1]. 加上少许噪声的图像，仍在 [-1, 1] 之内。"""
    return (x + std * standard_normal(check_images(x), seeded(0))).clamp(-1, 1)


def moved(x: Tensor) -> Tensor:
    """Images a pixel to the right; the column that is pushed out comes in at the left. 右移一个像素的图像。"""
    return check_images(x).roll(1, -1)


def flipped(x: Tensor) -> Tensor:
    """Images in a mirror. 镜中的图像。"""
    return check_images(x).flip(-1)


def halfway(x: Tensor) -> Tensor:
    """Each image halfway to the next of its class, classes in turn. 每幅图像与同类的下一幅各取一半。"""
    return (check_images(x) + x.roll(-CLASSES, 0)) / 2


def softened(x: Tensor) -> Tensor:
    """Images slightly out of focus: each pixel mixed with its eight neighbours. 略微失焦的图像：像素与八邻混合。"""
    row = torch.tensor([1.0, 4.0, 1.0]) / 6
    return torch.nn.functional.conv2d(
        torch.nn.functional.pad(check_images(x), (1, 1, 1, 1), "replicate"), (row[:, None] * row)[None, None]
    ).clamp(-1, 1)


COPIES: dict[str, Callable[[Tensor], Tensor]] = {
    "copies": check_images,
    "copies, noise 0.1": noisy,
    "copies, moved by a pixel": moved,
    "copies in a mirror": flipped,
    "halfway between two copies": halfway,
}


def bent(x: Tensor) -> Tensor:
    """Noise, bent until the judge's features are those of x: to the eye it stays noise.

    扭曲噪声，直到评判者的特征与 x 相同：肉眼看去仍是噪声。

    Shapes: x (b, 1, 28, 28), a few hundred at most.
    """
    judge = pretrained("classifier")
    wanted = judge.features(x)
    noise = torch.rand(x.shape, generator=seeded(0)).mul(2).sub(1).requires_grad_()
    optimizer = torch.optim.Adam([noise], RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        (judge.body(noise) - wanted).square().sum(1).mean().backward()
        optimizer.step()
        with torch.no_grad():
            noise.clamp_(-1, 1)
    return noise.detach()


def surest(x: Tensor, n: int) -> Tensor:
    """Those n of the images, classes in turn, of which the judge is surest, as many of each class: which ones, (n,).

    在类别轮流的图像中，评判者最有把握的 n 幅，各类一样多：它们的序号 (n,)。
    """
    judge = pretrained("classifier")
    asked = torch.arange(len(x)) % CLASSES
    sure = judge.head(judge.features(x)).softmax(1).gather(1, asked[:, None])[:, 0].reshape(-1, CLASSES)
    return (sure.topk(n // CLASSES, dim=0).indices * CLASSES + torch.arange(CLASSES)).flatten()


def planted(x: Tensor, copies: Tensor, share: float) -> Tensor:
    """Samples, a share of which are copies, spread evenly over them. 一批样本，其中均匀混入一定比例的副本。

    Shapes: x and copies (n, ...), alike.
    """
    every = torch.arange(len(x))
    among = ((every + 1) * share).floor() > (every * share).floor()
    return torch.where(among.reshape(-1, *[1] * (x.ndim - 1)), copies, x)
