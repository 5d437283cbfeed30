"""Three pages of garments, one of them real: which?

三页衣物，只有一页是真的：哪一页？
"""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from course_utils import data
from course_utils.denoisers import Denoiser, image_denoiser
from course_utils.experiments.garments import classes_in_turn, drawn_in_batches
from course_utils.experiments.guided_garments import Judged, look, row_of
from course_utils.experiments.leading import DRAWN_BY, STEPS, DenoiserOfLabels
from course_utils.gates import check_seed
from course_utils.randomness import seeded
from course_utils.samplers import dpm_solver
from course_utils.schedules import cosine
from course_utils.times import focused_times
from course_utils.weights import pretrained

LETTERS, SHOWN = "ABC", 40  # pages, and garments on each, four of each class


def by_halfway(labels: Tensor) -> Denoiser:
    """The shipped network as it was after 600 of 10,000 steps. 附带的网络在 10,000 步里只训练了 600 步时的样子。"""
    return image_denoiser(cosine(), pretrained("fashion_mnist_halfway"), labels)


def page_drawn(denoiser_of: DenoiserOfLabels, seed: int) -> Tensor:
    """A page drawn in ten steps, classes in turn, (40, 1, 28, 28). 用十步画的一页，类别轮流。"""
    times = focused_times(cosine(), STEPS)
    return next(drawn_in_batches(denoiser_of, dpm_solver, times, SHOWN, first_seed=seed))


def page_real(seed: int) -> Tensor:
    """A page of real test images, classes in turn, (40, 1, 28, 28). 一页真实的测试图像，类别轮流。"""
    x = classes_in_turn(data.garments("test")).x
    x = x.reshape(-1, 10, *x.shape[1:])
    return x[torch.randperm(len(x), generator=seeded(seed))[: SHOWN // 10]].flatten(0, 1)


KINDS: dict[str, Callable[[int], Tensor]] = {
    "real": page_real,
    "network": lambda seed: page_drawn(DRAWN_BY["2, -2 to 4"], seed),
    "half-trained": lambda seed: page_drawn(by_halfway, seed + 1000),  # from the same noise it would be a twin
}


@cache
def three_pages(seed: int = 0) -> dict[str, Tensor]:
    """Pages A, B and C, 40 garments each, the classes in the same order: real test images, and two that were drawn.

    A、B、C 三页，每页 40 件，类别次序相同：一页是真实的测试图像，两页是画的。

    Shapes: (40, 1, 28, 28) each, in [-1, 1].  Raises: CourseError for what is no seed.
    """
    return {letter: KINDS[kind](seed) for letter, kind in what_is_on(seed).items()}


def what_is_on(seed: int = 0) -> dict[str, str]:
    """Which page is which, by its letter. 每一页是什么。

    Raises: CourseError for what is no seed.
    """
    order = torch.randperm(len(LETTERS), generator=seeded(check_seed(seed))).tolist()
    return dict(zip(LETTERS, (list(KINDS)[place] for place in order), strict=True))


def judged_pages(seed: int = 0) -> dict[str, Judged]:
    """What the judge's numbers say of each page: 40 garments are few, and the distance of all three is large.

    评判者的数字怎样说每一页：40 件太少，三页的距离都很大。
    """
    labels = torch.arange(SHOWN) % 10
    return {letter: row_of(look(x, labels)) for letter, x in three_pages(seed).items()}
