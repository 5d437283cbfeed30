"""The piece of lesson 09: a table about samples that a reviewer could not fault.

第 09 课的作业：一张审稿人挑不出毛病的样本报告。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.data import Images
from course_utils.estimates import bootstrapped
from course_utils.metrics import frechet_distance
from course_utils.neighbours import memorised, support

Entries = dict[str, tuple[float, float]]


def audit(
    samples: Tensor, labels: Tensor, training: Images, unseen: Images, features: Callable[[Tensor], Tensor]
) -> Entries:
    """Each number of a report with its standard error, of equally many samples of each label. 每类同样多，每个数都带标准误差。"""
    if len(labels) != len(samples) or set(labels.tolist()) != set(unseen.y.tolist()):
        raise ValueError("one label for each sample, and all the labels that real images have")
    if not samples.isfinite().all() or samples.abs().max() > 1 or samples.min() >= 0:
        raise ValueError("pixels are numbers in [-1, 1], some of them below 0")
    if len(samples.unique(dim=0)) < len(samples):
        raise ValueError("some sample is there twice")
    crowds = [(samples, labels), (training.x, training.y), (unseen.x, unseen.y)]
    each = min(int(y.unique(return_counts=True)[1].min()) for _, y in crowds)
    made, known, new = (torch.cat([x[y == label][:each] for label in unseen.y.unique()]) for x, y in crowds)
    by_label, report = unseen.y.unique().repeat_interleave(each), {"n": (len(made), 0.0)}
    for name, images in (("distance", made), ("floor", known)):
        crowd, real = (features(images), by_label), (features(new), by_label)
        error = bootstrapped(lambda a, b: frechet_distance(a[0], b[0]), crowd, real, draws=100)
        report[name] = frechet_distance(crowd[0], real[0]), error
    shared = support(new.flatten(1), made.flatten(1))
    for name, share in (("precision", shared.precision), ("recall", shared.recall)):
        report[name] = share, (share * (1 - share) / len(made)) ** 0.5
    return report | {"memorised": tuple(memorised(samples, training.x, unseen.x))}
