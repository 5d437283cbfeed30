"""What guidance does to garments: how far from real ones, how often of the class asked for, how varied within it.

引导对衣物做了什么：离真实衣物多远、有多少属于所要的类别、同一类之内有多少变化。

Every figure stands beside its error bar, one standard error by the bootstrap: samples drawn again with replacement from
those that were measured, class by class.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.data import Images
from course_utils.estimates import drawn_again
from course_utils.experiments.garments import classes_in_turn
from course_utils.experiments.leading import DRAWN_BY, NO_LABEL, led_garments
from course_utils.metrics import frechet_distance
from course_utils.randomness import seeded
from course_utils.samplers import Sample
from course_utils.weights import garment_moments, pretrained

MEASURED_WITH, RESAMPLED = 1000, 200


class Judged(NamedTuple):
    """What is measured of samples. 对样本量出的各项。

    distance: Fréchet, to the 10,000 test images; agreement: share of the label asked for, as the judge sees it;
    within: variance within a class, the trace of its features' covariance, a mean over classes; certainty: the judge's
    largest probability, a mean.
    """

    distance: float
    agreement: float
    within: float
    certainty: float


class Seen(NamedTuple):
    """What the judge sees: features (n, 128), probabilities (n, 10), labels asked for (n,) and the classes (n,).

    评判者所见：特征、概率、所要的标签，以及归入的类别。
    """

    features: Tensor
    probabilities: Tensor
    labels: Tensor
    classes: Tensor


# What `guidance.py table` prints: 1000 samples each, from the same noise, and one standard error.
STORED: dict[str, tuple[Judged, Judged]] = {
    "0": (Judged(1.621, 0.093, 3.757, 0.728), Judged(0.090, 0.009, 0.063, 0.006)),
    "1": (Judged(0.160, 0.906, 3.418, 0.882), Judged(0.017, 0.009, 0.090, 0.005)),
    "1.5": (Judged(0.120, 0.969, 2.491, 0.926), Judged(0.012, 0.005, 0.060, 0.003)),
    "2": (Judged(0.206, 0.994, 2.085, 0.945), Judged(0.016, 0.002, 0.058, 0.002)),
    "3": (Judged(0.422, 0.997, 1.833, 0.957), Judged(0.024, 0.002, 0.048, 0.001)),
    "4": (Judged(0.599, 1.000, 1.767, 0.962), Judged(0.030, 0.000, 0.046, 0.001)),
    "8": (Judged(1.164, 0.999, 1.775, 0.969), Judged(0.045, 0.001, 0.040, 0.001)),
    "2, below -2": (Judged(0.233, 0.954, 2.456, 0.914), Judged(0.020, 0.006, 0.063, 0.003)),
    "2, -2 to 4": (Judged(0.078, 0.974, 2.693, 0.928), Judged(0.009, 0.005, 0.068, 0.003)),
    "2, above 4": (Judged(0.130, 0.917, 3.349, 0.889), Judged(0.015, 0.008, 0.090, 0.004)),
    "4, -2 to 4": (Judged(0.314, 0.995, 2.282, 0.958), Judged(0.023, 0.002, 0.056, 0.002)),
    "autoguided 2": (Judged(0.102, 0.906, 3.733, 0.889), Judged(0.013, 0.009, 0.095, 0.004)),
    "4, clipped before": (Judged(0.685, 1.000, 1.598, 0.958), Judged(0.033, 0.000, 0.041, 0.001)),
    "4, thresholded": (Judged(3.474, 0.730, 4.722, 0.836), Judged(0.137, 0.011, 0.098, 0.005)),
}
# What `guidance.py floor` prints: real images, the mean of ten disjoint sets of 1000 and the spread of one set. The
# judge was trained on the training images and knows them; the test images are among those that distances are to.
REAL: dict[str, tuple[Judged, Judged]] = {
    "test": (Judged(0.035, 0.939, 3.434, 0.911), Judged(0.003, 0.009, 0.082, 0.004)),
    "test, by the judge": (Judged(0.035, 0.939, 3.065, 0.911), Judged(0.003, 0.009, 0.050, 0.004)),
    "train": (Judged(0.041, 0.993, 2.822, 0.937), Judged(0.006, 0.003, 0.070, 0.002)),
    "train, by the judge": (Judged(0.041, 0.993, 2.802, 0.937), Judged(0.006, 0.003, 0.070, 0.002)),
}
# What `guidance.py again` prints: the distance less that of scale 1, noise by noise, the mean of four sets of 250.
PAIRED: dict[str, tuple[float, float]] = {
    "1.5": (-0.045, 0.010),
    "2": (0.031, 0.021),
    "2, below -2": (0.068, 0.013),
    "2, -2 to 4": (-0.083, 0.010),
    "2, above 4": (-0.031, 0.003),
    "autoguided 2": (-0.048, 0.015),
}
# What `guidance.py cheats` prints: what scores well and is not good.
CHEATS: dict[str, tuple[Judged, Judged]] = {
    "noise bent to real features": (Judged(0.142, 0.947, 3.137, 0.911), Judged(0.006, 0.007, 0.090, 0.003)),
    "one real garment a class": (Judged(3.989, 1.000, 0.000, 0.950), Judged(0.000, 0.000, 0.000, 0.000)),
    "1, the surer half of 2000": (Judged(0.153, 1.000, 2.047, 0.960), Judged(0.011, 0.000, 0.039, 0.001)),
}


def measured_rows(
    n: int, names: Iterable[str] = tuple(DRAWN_BY), each: Callable[[Sample], object] | None = None
) -> dict[str, tuple[Judged, Judged]]:
    """Draw n garments each way, classes in turn, DPM-Solver++(2M) in 10 steps; what is measured of them, and the bars.

    每种方式各画 n 件衣物，类别轮流，用 DPM-Solver++(2M) 走 10 步；量出的各项，以及误差棒。

    All begin at the same noise. Each state is told to `each`.
    """
    found = {}
    for name in names:
        seen = look(led_garments(name, n, each=each), torch.arange(n) % 10, sorted_by_judge=name == NO_LABEL)
        found[name] = row_of(seen), bars_of(seen)
    return found


def look(x0: Tensor, labels: Tensor, *, sorted_by_judge: bool = False) -> Seen:
    """The judge looks at garments: sorted into classes by the labels asked for, or by what it takes them for.

    让评判者看衣物：按所要的标签，或按它自己的判断归类。

    Shapes: x0 (n, 1, 28, 28), labels (n,).
    """
    judge = pretrained("classifier")
    features = judge.features(x0)
    probabilities = judge.head(features).softmax(1)
    return Seen(features, probabilities, labels, probabilities.argmax(1) if sorted_by_judge else labels)


def row_of(seen: Seen) -> Judged:
    """The four figures of what was seen. 由所见算出的四个数。"""
    certainty, taken_for = seen.probabilities.max(1)
    return Judged(
        frechet_distance(seen.features, garment_moments()),
        float((taken_for == seen.labels).double().mean()),
        within(seen.features, seen.classes),
        float(certainty.double().mean()),
    )


def within(features: Tensor, classes: Tensor) -> float:
    """The variance within a class: the trace of its covariance, a mean over the classes that hold two or more.

    类内方差：每类特征协方差的迹，对至少有两个样本的类别取平均。

    Shapes: features (n, d), classes (n,).
    """
    groups = [features[classes == k].double() for k in classes.unique()]
    return float(torch.stack([group.var(0).sum() for group in groups if len(group) > 1]).mean())


def bars_of(seen: Seen, draws: int = RESAMPLED) -> Judged:
    """One standard error of each figure, from `draws` samples with replacement, as many of each label as there were.

    各项的一个标准误差：有放回地重抽 `draws` 次，每个标签的个数不变。
    """
    cloud = seen.features, seen.probabilities, seen.classes, seen.labels  # the labels last: as many of each are drawn
    again = (Seen(f, p, y, c) for [(f, p, c, y)] in drawn_again(cloud, draws=draws, generator=seeded(0)))
    rows = torch.tensor([row_of(crowd) for crowd in again], dtype=torch.float64)
    return Judged(*rows.std(0).tolist())


def real_rows(images: Images, n: int, *, sorted_by_judge: bool = False) -> tuple[Judged, Judged]:
    """The floor: as many real images, classes in turn, in sets that share none; their mean, and the spread of one set.

    底线：同样多的真实图像，类别轮流，分成互不重复的若干组；各组的平均，以及一组的散布。
    """
    x, y = classes_in_turn(images)
    sets = [part for part in zip(x.split(n), y.split(n), strict=True) if len(part[1]) == n]
    rows = torch.tensor([row_of(look(*part, sorted_by_judge=sorted_by_judge)) for part in sets], dtype=torch.float64)
    return Judged(*rows.mean(0).tolist()), Judged(*rows.std(0).tolist())
