"""Exercise 09.memorised: which share of samples is nearer to a training image than to an unseen one.

练习 09.memorised：与训练图像比与没见过的图像更近的样本，占多少。
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake, called, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said
from course_utils.neighbours import nearest

SHAPES = (((12, 9, 9), (1, 3, 3), torch.float32), ((10, 24, 8), (2, 2), torch.float64), ((9, 7, 21), (5,), torch.float32), ((30, 40, 26), (1, 2, 3), torch.float64))  # fmt: skip
COPIED = 3  # of the first samples of each trial


def share_memorised(samples: Tensor, training: Tensor, unseen: Tensor) -> float:
    """The share whose nearest training image is nearer than the nearest of as many unseen ones. 更近于训练图像的占比。"""
    n = min(len(training), len(unseen))
    known, new = nearest(samples, training[:n]).distance, nearest(samples, unseen[:n]).distance
    return float(((known < new).double() + (known == new).double() / 2).mean())


class _Distances:
    """Distances from samples to both sets, and to each other. 样本到两组图像的距离，以及彼此的距离。"""

    def __init__(self, samples: Tensor, training: Tensor, unseen: Tensor):
        flat = [x.double().flatten(1) for x in (samples, training, unseen)]
        self.n = min(len(training), len(unseen))
        self.all_known, self.all_new, self.among = (torch.cdist(flat[0], x) for x in (flat[1], flat[2], flat[0]))
        self.known, self.new = self.all_known[:, : self.n], self.all_new[:, : self.n]
        self.l1 = [torch.cdist(flat[0], x[: self.n], p=1) for x in flat[1:]]


def _share(known: Tensor, new: Tensor, tie: float = 0.5) -> float:
    return float(((known < new).double() + tie * (known == new)).mean())


def _by_mean(d: _Distances) -> float:
    return _share(d.known.mean(1), d.new.mean(1))


MEMORISED_MISTAKES = [
    Mistake(lambda samples, training, unseen, gives=gives: float(gives(_Distances(samples, training, unseen))), en, zh)
    for gives, en, zh in (
        (lambda d: _share(d.all_known.amin(1), d.all_new.amin(1)), "the two sets are not equally large: the nearest of more images is nearer by their number alone. Of the larger take the first ones, as many as of the smaller", "两组图像不一样多：单凭数目多，最近的一幅就会更近。多的那组只取头几幅，与少的一样多"),
        (lambda d: _share(d.all_known[:, -d.n :].amin(1), d.all_new[:, -d.n :].amin(1)), "of the larger set the last ones are taken; take the first", "多的那组取了最后几幅；应取头几幅"),
        (lambda d: _share(d.known.amin(1), d.new.amin(1), 0.0), "ties count as not memorised; an image that stands in both sets is evidence of nothing, count it half", "相等算成了没有背下来；两组里都有的图像什么也证明不了，应算一半"),
        (lambda d: _share(d.all_known.amin(1), d.all_new.amin(1), 0.0), "two things at once: the two sets are not equally large, so take only as many of the larger as the smaller has, the first ones; and a sample that is equally far from both counts half", "有两处：两组图像不一样多，多的那组只取头几幅，与少的一样多；到两边一样远的样本，应算一半"),
        (lambda d: _share(d.known.amin(1), d.new.amin(1), 1.0), "ties count as memorised; an image that stands in both sets is evidence of nothing, count it half", "相等算成了背下来；两组里都有的图像什么也证明不了，应算一半"),
        (lambda d: _share(d.new.amin(1), d.known.amin(1)), "it is counted the wrong way round: this is the share that is nearer to an unseen image", "数反了：这是与没见过的图像更近的占比"),
        (_by_mean, "mean distances to the sets are compared; a copy is near to one image, not to all", "比的是到各组的平均距离；副本只与其中一幅近，并不与全组都近"),
        (lambda d: float(d.known.amin(1).mean() < d.new.amin(1).mean()), "the two mean distances are compared, once; compare sample by sample, and take the share", "只把两个平均距离比了一次；应逐个样本地比，再求占比"),
        (lambda d: d.known.amin(1).mean() / (d.known.amin(1).mean() + d.new.amin(1).mean()), "this is a ratio of mean distances; compare sample by sample, and take the share", "这是平均距离之比；应逐个样本地比，再求占比"),
        (lambda d: d.known.amin(1).mean() / d.new.amin(1).mean(), "this is a ratio of mean distances; compare sample by sample, and take the share", "这是平均距离之比；应逐个样本地比，再求占比"),
        (lambda d: _share(d.known.amin(0), d.new.amin(0)), "the least is taken over the samples, image by image; of each sample, find the nearest image", "最小值是沿样本取的，每幅图像一个；应对每个样本找最近的图像"),
        (lambda d: _share(d.known.amax(1), d.new.amax(1)), "the farthest images are compared, not the nearest", "比的是最远的图像，而不是最近的"),
        (lambda d: (d.known < d.new).double().mean(), "each training image is compared with the unseen one of the same place in the list; compare the nearest of each set", "每幅训练图像只与列表中同一位置的那幅没见过的图像相比；应比较两组中各自最近的"),
        (lambda d: _share(d.known.amin(1) ** 2, d.new.amin(1)), "one of the two distances is squared and the other is not", "两个距离，一个平方了，另一个没有"),
        (lambda d: _share(*(x.amin(1) for x in d.l1)), "distances are sums of absolute differences here; take the Euclidean one", "这里的距离是绝对值之和；应取欧氏距离"),
        (lambda d: 100 * _share(d.known.amin(1), d.new.amin(1)), "it is given in per cent; give the share, between 0 and 1", "给的是百分数；应给 0 到 1 之间的占比"),
        (lambda d: len(d.known) * _share(d.known.amin(1), d.new.amin(1)), "it is a number of samples; give the share", "给的是样本个数；应给占比"),
        (lambda d: (d.known.amin(1) == 0).double().mean(), "only exact copies are counted; one changed pixel would hide any of them. Compare with the nearest unseen image", "只数了一模一样的副本；改动一个像素就能躲过去。应与最近的没见过的图像比"),
        (lambda d: _share(d.known.amin(1), (d.among + 1e9 * torch.eye(len(d.among))).amin(1)), "the distances are compared with those to the other samples; compare with those to unseen images", "比的是到其他样本的距离；应与到没见过的图像的距离比"),
    )
]  # fmt: skip


def _case(counts: tuple[int, int, int], shape: tuple[int, ...], dtype: torch.dtype, generator: torch.Generator) -> dict[str, Any]:  # fmt: skip
    """Images of few grey levels, so that distances tie exactly; some are in both sets, some samples are copies."""

    def drawn(n: int) -> Tensor:
        return (torch.randint(-4, 5, (n, *shape), generator=generator) / 4).to(dtype)

    samples, training, unseen = map(drawn, counts)
    training[1] = unseen[0]  # in both sets
    samples[:COPIED], samples[COPIED : COPIED + 2] = training[:COPIED], unseen[:2]
    return {"samples": samples, "training": training, "unseen": unseen}


NOT_FLAT: Said = (
    "images are compared as a whole, and `torch.cdist` compares rows: `.flatten(1)` first",
    "要整幅相比，而 `torch.cdist` 是一行一行地比：先 `.flatten(1)`",
)


def judge_memorised(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's share of memorised samples, or None. 读者算的占比错在哪里；正确时为 None。"""
    cases = [_case(counts, shape, dtype, generator) for counts, shape, dtype in SHAPES for _ in range(2)]
    fault = judge_function(answer, share_memorised, cases, MEMORISED_MISTAKES)
    if fault is None or "it stopped" not in fault[0]:
        return fault
    flat = {name: x.flatten(1) for name, x in cases[0].items()}
    return NOT_FLAT if called(answer, flat)[1] is None else fault


MEMORISED = Exercise(
    reference=lambda: share_memorised,
    judge=judge_memorised,
    hints=(
        (
            "`nearest(samples, among).distance` has the distance of each sample to its nearest image. Which two of them do "
            "you compare, and is the comparison fair if one set is larger?",
            "`nearest(samples, among).distance` 是每个样本到最近图像的距离。要比的是哪两个？若一组图像更多，这样比公平吗？",
        ),
        (
            "`n = min(len(training), len(unseen))` images of each, the first ones. A sample counts 1 where the training image "
            "is nearer, ½ where both are equally near, else 0.",
            "两组各取头 `n = min(len(training), len(unseen))` 幅。训练图像更近的样本记 1，一样近的记 ½，其余记 0。",
        ),
        (
            "With `known` and `new` for the two distances: `float(((known < new).double() + (known == new).double() / 2).mean())`.",
            "记两个距离为 `known` 与 `new`：`float(((known < new).double() + (known == new).double() / 2).mean())`。",
        ),
    ),
)
