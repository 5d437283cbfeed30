"""Crowds of garments, real or sampled: how far from the truth they seem, by their number and how they are drawn.

一群衣物，真实的或采样得来的：看上去离真值多远，取决于有多少件、怎样抽。

The distance is Fréchet's, in the judge's features, to the 10,000 test images. From n of them alone it comes out too
large by about c/n, however good they are.
"""

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils import data
from course_utils.estimates import Estimate, extrapolated, stratified
from course_utils.gates import MANY, check_flag, check_labels, check_whole
from course_utils.language import CourseError
from course_utils.metrics import frechet_distance
from course_utils.randomness import seeded
from course_utils.weights import garment_moments, pretrained

SIZES = (100, 200, 500, 1000, 2000)
PAIR_SIZES = (50, 100, 200, 400, 800)
LINE_SIZES = (100, 250, 500)  # of the line in 1/n: of 500 samples all are used at each size
PAGE = 200  # garments on a page that is held up

# What `crowds.py real`, `others` and `sampled` print: the mean distance to the 10,000 test images, by n, and the spread
# of one crowd. Test images are among those, and 2,000 of them are a fifth of all: their distance falls faster than 1/n.
REAL: dict[str, dict[int, Estimate]] = {
    "random": {
        100: Estimate(0.7444, 0.1662),
        200: Estimate(0.3246, 0.0521),
        500: Estimate(0.1274, 0.0344),
        1000: Estimate(0.0604, 0.0153),
        2000: Estimate(0.0279, 0.0075),
    },
    "stratified": {
        100: Estimate(0.4746, 0.0864),
        200: Estimate(0.2061, 0.0204),
        500: Estimate(0.0747, 0.0114),
        1000: Estimate(0.0351, 0.0040),
        2000: Estimate(0.0153, 0.0017),
    },
    "balanced": {
        100: Estimate(0.4383, 0.0654),
        200: Estimate(0.2030, 0.0222),
        500: Estimate(0.0739, 0.0084),
        1000: Estimate(0.0381, 0.0059),
        2000: Estimate(0.0157, 0.0018),
    },
    "train": {
        100: Estimate(0.4070, 0.0506),
        200: Estimate(0.1892, 0.0223),
        500: Estimate(0.0820, 0.0099),
        1000: Estimate(0.0431, 0.0058),
        2000: Estimate(0.0239, 0.0030),
    },
}
# Of 1,500 samples, classes in turn, by guidance as lesson 08 names it; DPM-Solver++(2M) in 10 steps.
SAMPLED: dict[str, dict[int, Estimate]] = {
    "1": {100: Estimate(0.5241, 0.0661), 200: Estimate(0.3148, 0.0294), 500: Estimate(0.2108, 0.0269)},
    "2, -2 to 4": {100: Estimate(0.4138, 0.0530), 200: Estimate(0.2210, 0.0167), 500: Estimate(0.1211, 0.0085)},
}
GUIDED_PAGE = SAMPLED["2, -2 to 4"][PAGE]
# Where the lines in 1/n end, and one standard error over sets of 500: 20 of test images, 3 of samples. At n = 100,
# fewer than the features, the line bends, so that even real images end below 0: what they do is the floor.
LIMITS: dict[str, Estimate] = {
    "real": Estimate(-0.0175, 0.0019),
    "1": Estimate(0.1316, 0.0207),
    "2, -2 to 4": Estimate(0.0457, 0.0064),
}
# What `crowds.py pairs` prints: two crowds of n test images that share none, their mean distance, the spread of one.
PAIRS: dict[str, dict[int, Estimate]] = {
    "random": {
        50: Estimate(2.5686, 0.6598),
        100: Estimate(1.1933, 0.2355),
        200: Estimate(0.6770, 0.2210),
        400: Estimate(0.3082, 0.0735),
        800: Estimate(0.1530, 0.0306),
    },
    "balanced": {
        50: Estimate(1.4120, 0.2003),
        100: Estimate(0.7470, 0.0800),
        200: Estimate(0.3839, 0.0485),
        400: Estimate(0.1825, 0.0126),
        800: Estimate(0.0928, 0.0102),
    },
}


class SeenCrowd(NamedTuple):
    """What the judge sees of garments: features (n, 128) and labels (n,). 评判者所见的一群衣物：特征与标签。"""

    features: Tensor
    labels: Tensor


class ByDraw(NamedTuple):
    """Distances of crowds drawn in three ways, one number a draw. 按三种抽法抽出的各群的距离，每次一个数。

    random: each garment's class by lot; stratified: the same crowds, classes weighted equally; balanced: as many of
    each class.
    """

    random: Tensor
    stratified: Tensor
    balanced: Tensor


def crowd_of(images: data.Images) -> SeenCrowd:
    """The judge looks at labelled images, (n, 1, 28, 28) and (n,). 让评判者看带标签的图像。"""
    return SeenCrowd(pretrained("classifier").features(images.x), images.y)


@cache
def real_crowd(split: str = "test") -> SeenCrowd:
    """The garments that ship with the course, seen once: 2,000 ("test") or 8,000 ("train"). 随课程附带的衣物。"""
    return crowd_of(data.garments(split))


def drawn_rows(
    labels: Tensor, n: int, crowds: int = 1, *, balanced: bool, generator: torch.Generator | None = None
) -> list[Tensor]:
    """Rows of so many crowds of n, no row twice: as many of each class, or the class of each by lot.

    抽出若干群、每群 n 个的行号，没有重复：或各类一样多，或每个的类别由抽签决定。

    By lot classes are equally likely, however many of each there are, as if the images never ran out.
    Raises: CourseError where a class runs out, or n cannot be shared out.
    """
    n, balanced = check_whole("n", n, 2, MANY), check_flag("balanced", balanced)
    members = [(labels == label).nonzero()[:, 0] for label in check_labels(labels, len(labels)).unique()]
    left = [of[torch.randperm(len(of), generator=generator)] for of in members]
    k, found = len(members), []
    for _ in range(check_whole("crowds", crowds, 1)):
        lots = torch.arange(n) % k if balanced else torch.randint(k, (n,), generator=generator)
        counts = lots.bincount(minlength=k).tolist()
        if (balanced and n % k) or any(count > len(of) for count, of in zip(counts, left, strict=True)):
            raise CourseError(
                f"{crowds} crowds of {n} were asked for, of {len(labels)} images in {k} classes. No image is drawn "
                f"twice, and a balanced crowd has as many of each class: give fewer, a multiple of {k}.",
                f"要抽 {crowds} 群、每群 {n} 幅，而图像共有 {len(labels)} 幅、分 {k} 类。每幅只抽一次，"
                f"均衡的一群里各类一样多：请少抽一些，并取 {k} 的倍数。",
            )
        rows = torch.cat([of[:count] for count, of in zip(counts, left, strict=True)])
        left = [of[count:] for count, of in zip(counts, left, strict=True)]
        found.append(rows[torch.randperm(n, generator=generator)])
    return found


def distances_to_truth(pool: SeenCrowd, n: int, draws: int, *, seed: int = 0) -> ByDraw:
    """The distances to the test images of crowds of n from a pool, each way of drawing so often.

    从一批衣物中抽 n 件，三种抽法各抽若干次，量它们到测试图像的距离。
    """
    truth, generator, found = garment_moments(), seeded(seed), []
    for _ in range(draws):
        rows = (drawn_rows(pool.labels, n, balanced=way, generator=generator)[0] for way in (False, True))
        by_lot, equal = (SeenCrowd(*(part[of] for part in pool)) for of in rows)
        ways = by_lot.features, stratified(*by_lot), equal.features
        found.append([frechet_distance(way, truth) for way in ways])
    return ByDraw(*torch.tensor(found, dtype=torch.float64).T)


def distances_between(pool: SeenCrowd, n: int, draws: int, *, balanced: bool, seed: int = 0) -> Tensor:
    """How far two crowds of n from one pool are apart that share no image, so often: (draws,).

    从同一批衣物中抽两群，每群 n 件、互不重复，量它们相距多远；抽若干次。
    """
    generator, found = seeded(seed), []
    for _ in range(draws):
        a, b = drawn_rows(pool.labels, n, 2, balanced=balanced, generator=generator)
        found.append(frechet_distance(pool.features[a], pool.features[b]))
    return torch.tensor(found, dtype=torch.float64)


def pair_of_crowds(pool: SeenCrowd, n: int, seed: int, *, balanced: bool) -> tuple[list[Tensor], float]:
    """The rows of two crowds of n that share none, and how far apart they are. 两群互不重复的行号，以及相距多远。"""
    rows = drawn_rows(pool.labels, n, 2, balanced=balanced, generator=seeded(seed))
    return rows, frechet_distance(*(pool.features[of] for of in rows))


def distances_of_parts(features: Tensor, n: int) -> Tensor:
    """The distances to the test images of the first n, the next n, and so on: sets that share nothing.

    头 n 个、接下来 n 个……互不重复的各组到测试图像的距离。

    With classes in turn and n a multiple of 10 each set is balanced. Shapes: features (m, 128) -> (m // n,).
    Raises: CourseError for an n that is larger than m, or below 2.
    """
    n = check_whole("n", n, 2, len(features))
    parts = [part for part in features.split(n) if len(part) == n]
    return torch.tensor([frechet_distance(part, garment_moments()) for part in parts], dtype=torch.float64)


def limit(features: Tensor, sizes: tuple[int, ...] = LINE_SIZES) -> Estimate:
    """Where the distance would be with samples without end: the line in 1/n through the means of sets of each size.

    样本多到没有尽头时的距离：对每个 n 取互不重复各组的平均，再配 1/n 的直线。

    Of as many samples as the largest size the error is the line's own. Where there are twice as many or more, each
    such set gives a line of its own: the mean of their ends, and its error from how far they lie apart.
    Raises: CourseError for fewer samples, and as `extrapolated`.
    """
    whole = check_whole(("The largest size", "最大的 n"), max(sizes), 2, len(features))
    ends = [
        extrapolated(sizes, [float(distances_of_parts(part, n).mean()) for n in sizes])
        for part in features.split(whole)
        if len(part) == whole
    ]
    if len(ends) == 1:
        return ends[0]
    mean, spread = summed_up(torch.tensor([end.value for end in ends], dtype=torch.float64))
    return Estimate(mean, spread / len(ends) ** 0.5)


def summed_up(distances: Tensor) -> Estimate:
    """The mean of several draws, and how far a single one lies from it. 几次抽取的平均，以及单独一次的散布。"""
    return Estimate(float(distances.mean()), float(distances.std()))
