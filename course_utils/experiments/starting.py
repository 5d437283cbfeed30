"""Walks that begin from an image: what the label makes of it, and what of it survives.

从一幅图像出发的采样：标签把它变成什么，它又留下了什么。
"""

from functools import cache

import torch
from torch import Tensor

from course_utils.conditions import sdedit
from course_utils.denoisers import clipped
from course_utils.experiments.garments import denoiser_of_garments
from course_utils.guidance import classifier_free_guided
from course_utils.randomness import seeded
from course_utils.samplers import ddim, dpm_solver, finish
from course_utils.schedules import cosine
from course_utils.times import even_times, focused_times
from course_utils.weights import pretrained

SCALE, STEPS = 2.0, 20
SNEAKER, BOOT = 7, 9


def begun_from(x0: Tensor, labels: Tensor, t: int, seed: int = 5) -> Tensor:
    """Images noised to t, then led down under labels, DDIM on what lies below t of 20 even times, guided with scale 2.

    把图像加噪到 t，再在标签之下走下来：20 个等间隔时间步中低于 t 的那些，DDIM，引导强度 2。

    Shapes: x0 (b, 1, 28, 28), labels (b,) -> like x0.
    """
    denoiser = clipped(classifier_free_guided(cosine(), pretrained("fashion_mnist"), labels, SCALE))
    start = sdedit(cosine(), x0, t, even_times(cosine(), STEPS), generator=seeded(seed))
    return finish(ddim(cosine(), denoiser, *start))


@cache
def sneakers(n: int = 16) -> Tensor:
    """n sneakers that the network draws. 网络画的 n 只运动鞋。"""
    noise = torch.randn(n, 1, 28, 28, generator=seeded(7))
    denoiser = denoiser_of_garments(torch.full((n,), SNEAKER))
    return finish(dpm_solver(cosine(), denoiser, noise, focused_times(cosine(), 10)))


def likeness(x: Tensor, x0: Tensor) -> Tensor:
    """The correlation of each image with its own origin, over squares of 4 by 4 pixels: the outline, no detail.

    每幅图像与自己原图的相关系数，先按 4×4 像素取均值：只看轮廓，不看细节。

    Shapes: x and x0 (b, 1, 28, 28) -> (b,).
    """
    coarse = (torch.nn.functional.avg_pool2d(images, 4).flatten(1) for images in (x, x0))
    return torch.cosine_similarity(*(c - c.mean(1, keepdim=True) for c in coarse))


@cache
def _called_boots(t: int, n: int) -> Tensor:
    return begun_from(sneakers(n), torch.full((n,), BOOT), t)


@cache
def sneakers_to_boots(t: int, n: int = 16) -> tuple[float, float]:
    """From t on sneakers are called boots: the share that the judge takes for boots, and their mean likeness.

    从 t 起，把运动鞋叫作靴子：评判者认作靴子的比例，以及与原图的平均相似程度。
    """
    x = _called_boots(t, n)
    found = pretrained("classifier")(x).argmax(1)
    return float((found == BOOT).double().mean()), float(likeness(x, sneakers(n)).mean())


@cache
def likeness_from_noise(n: int = 16) -> float:
    """How like the n sneakers boots are that began at pure noise. 从纯噪声画起的靴子，与这些运动鞋有多像。"""
    denoiser = clipped(classifier_free_guided(cosine(), pretrained("fashion_mnist"), torch.full((n,), BOOT), SCALE))
    noise = torch.randn(n, 1, 28, 28, generator=seeded(101))
    x = finish(ddim(cosine(), denoiser, noise, even_times(cosine(), STEPS)))
    return float(torch.stack([likeness(x, sneakers(n).roll(by, 0)).mean() for by in range(n)]).mean())


@cache
def likeness_to_others(t: int, n: int = 16) -> float:
    """The same likeness to the origins of all the others: its floor. 同样的相似程度，只是对别的原图：它的下限。"""
    rolled = [likeness(_called_boots(t, n), sneakers(n).roll(by, 0)).mean() for by in range(1, n)]
    return float(torch.stack(rolled).mean())
