"""The digit that lesson 00 hides under noise, and what fools its judge.

第 00 课藏在噪声里的数字，以及骗得过裁判的东西。
"""

from collections.abc import Sequence
from math import sqrt

import torch
from torch import Tensor

from course_utils.data import digits
from course_utils.randomness import seeded

MYSTERY = 1004


def mystery() -> Tensor:
    """The digit that lesson 00 hides under noise, (1, 1, 8, 8). 第 00 课藏在噪声里的数字。"""
    return digits().x[MYSTERY : MYSTERY + 1]


def hidden_digit() -> int:
    """The label of the hidden digit. 藏着的数字的标签。"""
    return int(digits().y[MYSTERY])


def impostors(real: Tensor, labels: Tensor, n: int, *, seed: int = 0) -> dict[str, Tensor]:
    """What a cheat would hand in, who has real images and no model: n of each of six kinds.

    只有真实图像、没有模型的作弊者会交什么：六种，每种 n 幅。

    Noise; the mean of two images; the upper half of one above the lower half of another; the same of two with the same
    label; copies; the same copies under normal noise of standard deviation 0.35.
    Shapes: real (m, c, h, w) in [-1, 1], labels (m,) -> six times (n, c, h, w) in [-1, 1].
    """
    generator, middle = seeded(seed), real.shape[2] // 2
    at = torch.randint(len(real), (n,), generator=generator)
    one, two = real[at], real[torch.randint(len(real), (n,), generator=generator)]
    noise = torch.randn(one.shape, generator=generator)
    like = (labels == labels[at, None]).float()
    like[torch.arange(n), at] = 0  # another image, not the same again
    of_class = real[torch.multinomial(like, 1, generator=generator)[:, 0]]
    return {
        "noise": noise.clamp(-1, 1),
        "means of two": (one + two) / 2,
        "two halves": torch.cat([one[:, :, :middle], two[:, :, middle:]], 2),
        "same class": torch.cat([one[:, :, :middle], of_class[:, :, middle:]], 2),
        "copies": one,
        "noisy copies": (one + 0.35 * noise).clamp(-1, 1),
    }


def nearest(images: Tensor, real: Tensor, *, themselves: Tensor | None = None) -> Tensor:
    """How far each image is from the nearest real one: the root mean square over its pixels, in grey levels (0 to 255).

    每幅图像离最近的真实图像多远：逐像素之差的均方根，以灰度级计（0 到 255）。

    Where the images are among the real ones, `themselves` holds their places there: nobody is his own neighbour.
    Shapes: images (n, c, h, w), real (m, c, h, w), themselves (n,) -> (n,).
    """
    gaps = torch.cdist(images.flatten(1), real.flatten(1)) / images[0].numel() ** 0.5 * 127.5
    if themselves is not None:
        gaps[torch.arange(len(images)), themselves] = torch.inf
    return gaps.amin(1)


def share_and_error(hits: Sequence[bool]) -> str:
    """The share of hits in words, with its standard error √(p(1 − p)/n): "82.8% ± 1.7%".

    命中的比例，附标准误差 √(p(1 − p)/n)："82.8% ± 1.7%"。
    """
    share = sum(map(bool, hits)) / len(hits)
    return f"{share:.1%} ± {sqrt(share * (1 - share) / len(hits)):.1%}"
