"""Nearest neighbours: whose copy is a sample, what do two clouds share, and what was learned by heart.

最近邻：样本像谁的副本，两团样本有多少重合，哪些是背下来的。
"""

from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.estimates import Estimate
from course_utils.gates import check_finite, check_pair, check_whole
from course_utils.gates.clouds import check_clouds
from course_utils.language import CourseError

ROWS = 500  # at a time
CLOSE = 0.5  # a copy is less than half as far from what was learnt as from what was not
EDGE = 1e-6  # of the longest sample: what is no farther beyond a ball's edge is on it, as products of matrices round


class Nearest(NamedTuple):
    """Of each sample: how far its nearest is (n,), and which one that is (n,). 各样本最近的一个：多远，是第几个。"""

    distance: Tensor
    index: Tensor


class Support(NamedTuple):
    """What two clouds share of the ground they cover. 两团样本所占之处有多少重合。

    precision: share of what was made that lies among the real; recall: share of the real that lies among what was made;
    density: how crowded with real ones the places are where things were made, 1 for equal distributions; coverage:
    share of the real that have something made near them.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def nearest(samples: Tensor, among: Tensor) -> Nearest:
    """For each sample the nearest of `among`, by the Euclidean distance over all its numbers: pixels or features.

    对每个样本，在 `among` 中找出最近的一个：按全部数值（像素或特征）的欧氏距离。

    Shapes: samples (n, ...), among (m, ...), of one shape -> distance (n,), float64, and index (n,).
    Raises: CourseError for other shapes, nan or inf.
    """
    samples, among = check_clouds(samples=samples, among=among)
    near, places = samples - among.mean(0), among - among.mean(0)  # far from 0 products of matrices lose their digits
    index = torch.cat([torch.cdist(part, places).argmin(1) for part in near.split(ROWS)])
    exact = [(part - among[at]).norm(dim=1) for part, at in zip(samples.split(ROWS), index.split(ROWS), strict=True)]
    return Nearest(torch.cat(exact), index)  # a copy is at 0, where products of matrices leave some 1e-7


def are_copies(learnt: Tensor, unseen: Tensor) -> Tensor:
    """Which samples are copies: less than half as far from something learnt from as from anything never seen.

    哪些样本是副本：离某个学过的，不到离任何没见过的一半远。

    It cannot see copies that were flipped, shifted or made brighter.
    Shapes: distances to the nearest of either, (n,) and (n,) -> (n,), bools.
    Raises: CourseError for shapes that differ, nan or inf.
    """
    check_pair(learnt=learnt, unseen=unseen), check_finite("learnt", learnt), check_finite("unseen", unseen)
    return learnt < CLOSE * unseen


def support(real: Tensor, made: Tensor, k: int = 5) -> Support:
    """Precision, recall, density and coverage: a ball about each sample reaches to the k-th nearest of its own cloud.

    精确率、召回率、密度与覆盖率：以每个样本为心的球，伸到本团中离它第 k 近的样本。

    Among a cloud is what lies in any of its balls. One far sample has a large ball, which lets much in: density counts
    in how many balls a sample lies, over k, and so can be above 1; coverage counts the real balls that hold something.
    Balls shrink as n grows: compare at equal n, equal k, and beside what two sets of real images give.

    Shapes: real (n, d), made (m, d), n and m above k.
    Raises: CourseError for other shapes, a k that is no whole number from 1 on, nan or inf.
    Papers: Kynkäänniemi et al. 2019, eq. (1) and (2); Naeem et al. 2020, eq. (3) and (4).
    """
    k = check_whole("k", k, 1)
    real, made = check_clouds(k + 1, real=real, made=made)
    real, made = real - real.mean(0), made - real.mean(0)
    edge = EDGE * max(cloud.norm(dim=1).max() for cloud in (real, made))
    reach_real, reach_made = _reach(real, k) + edge, _reach(made, k) + edge
    balls, recalled, covered = real.new_zeros(len(made)), [], []
    for part, reach in zip(real.split(ROWS), reach_real.split(ROWS), strict=True):
        between = torch.cdist(part, made)
        inside = between <= reach[:, None]
        balls += inside.sum(0)
        covered.append(inside.any(1))
        recalled.append((between <= reach_made).any(1))
    shares = [(balls > 0), torch.cat(recalled), balls / k, torch.cat(covered)]
    return Support(*(float(share.double().mean()) for share in shares))


def memorised(samples: Tensor, training: Tensor, unseen: Tensor) -> Estimate:
    """The share of samples whose nearest training image is nearer than their nearest unseen one; 0.5 is right.

    与训练图像比与没见过的图像更近的样本占多少；0.5 为宜。

    As many unseen images of the same kind are given as training images: then a sample that owes nothing to any one of
    them is as likely to be nearer to either. Ties are halves. Near 1 it was learned by heart. The error is that of a
    share, where samples with one and the same nearest image count as a single draw: a few images made a thousand times
    are no thousand witnesses.

    It cannot see copies that were flipped, shifted or made brighter, as their pixels are far off: give features instead
    of pixels; nor a few copies among many samples, which `nearest` shows; nor whether anything is missing.

    Shapes: samples (n, ...), training (m, ...), unseen (m, ...).
    Raises: CourseError for unequal numbers of training and unseen images, other shapes, nan or inf.
    Paper: Meehan et al. 2020, who take ranks of these distances, and cells.
    """
    check_clouds(samples=samples, training=training, unseen=unseen)
    if len(training) != len(unseen):
        raise CourseError(
            f"There are {len(training)} training images and {len(unseen)} unseen ones. The nearest of more images is "
            "nearer, by their number alone: give equally many of both, training[:m] and unseen[:m], of the same "
            "classes.",
            f"训练图像有 {len(training)} 幅，没见过的有 {len(unseen)} 幅。单凭数目多，最近的一幅就会更近："
            "两者请给同样多，即 training[:m] 与 unseen[:m]，类别也要一致。",
        )
    seen, new = nearest(samples, training), nearest(samples, unseen)
    hits = (seen.distance < new.distance).double() + (seen.distance == new.distance) / 2
    whose = torch.where(hits > 0, seen.index, len(training) + new.index).bincount().double()
    share = float(hits.mean())
    return Estimate(share, float((share * (1 - share) * whose.square().sum()).sqrt() / len(hits)))


def _reach(cloud: Tensor, k: int) -> Tensor:
    """How far the k-th nearest other sample of its own cloud is from each."""
    return torch.cat([torch.cdist(part, cloud).kthvalue(k + 1, dim=1).values for part in cloud.split(ROWS)])
