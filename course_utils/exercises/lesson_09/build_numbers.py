"""Judges of the numbers of a report: the distance and its floor, precision and recall, memorisation.

评判报告里的各个数：距离与下限、精确率与召回率、背下来的占比。
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from course_utils.data import Images
from course_utils.exercises.lesson_09.build_trials import (
    CROWDS,
    Table,
    Trial,
    chosen,
    entry_fault,
    least_of,
    table_of,
    trial,
)
from course_utils.language import Said
from course_utils.metrics import frechet_distance
from course_utils.neighbours import memorised, support

WHOSE = ("the samples", "样本"), ("the training images", "训练图像"), ("the unseen images", "没见过的图像")
Instead = Sequence[tuple[float, str, str]]


def _reported(answer: Callable, asked: Trial, *names: str) -> tuple[Table, Said | None]:
    table = table_of(answer, asked.world, *asked.crowds)
    return table, entry_fault(table, *names)


def _value_fault(table: Table, name: str, exact: float, instead: Instead) -> Said | None:
    """What is wrong with the value of an entry, by what it would be if done otherwise. 某一项的值错在哪里。"""
    value = table.entries[name][0]
    if abs(value - exact) < 1e-5:
        return None
    for other, en, zh in instead:
        if abs(value - other) < 1e-5:
            return f"`{name}`: {en}", f"`{name}`：{zh}"
    return f"`{name}` is {value:.4g}; here it should be {exact:.4g}", f"`{name}` 是 {value:.4g}；这里应当是 {exact:.4g}"


def judge_distance(answer: Callable, generator: torch.Generator) -> Said | None:
    """Are as many of each label compared, with unseen images and by features; and the floor alike? 距离与下限对不对？"""
    faults = (_distance_fault(answer, trial(generator, which)) for which in range(len(CROWDS)))
    return next((fault for fault in faults if fault is not None), None)


def _distance_fault(answer: Callable, asked: Trial) -> Said | None:
    table, fault = _reported(answer, asked, "n", "distance", "floor")
    if fault is not None:
        return fault
    made, known, new = chosen(asked.crowds)
    return (
        _value_fault(table, "n", len(made), _other_n(asked, made))
        or _value_fault(table, "distance", asked.apart(made, new), _other_distances(asked, made, known, new))
        or _value_fault(table, "floor", asked.apart(known, new), _other_floors(asked, known, new))
    )


def _other_n(asked: Trial, made: Tensor) -> Instead:
    labels, each = asked.unseen.y.unique().tolist(), len(made) // 3
    other_labels = (
        f"the labels here are {labels}, and not 0, 1, 2 and so on: ask `unseen.y.unique()`",
        f"这里的标签是 {labels}，而不是 0、1、2……：应当用 `unseen.y.unique()` 求",
    )
    return [
        (len(asked.made.y), "this is how many were handed in; say how many are compared, equally many of each label", "这是交来的个数；应写参加比较的个数，每类同样多"),
        (each, "this is how many of each label; say how many there are in all", "这是每类的个数；应写总数"),
        (len(asked.unseen.y), "this is the number of unseen images; say how many samples are compared", "这是没见过的图像的个数；应写参加比较的样本数"),
        *((each * sum(label < n for label in labels), *other_labels) for n in (3, 10)),
        (10 * each, f"there are {len(labels)} labels here, and not ten", f"这里有 {len(labels)} 个标签，不是十个"),
        *_counted_among_some(asked),
    ]  # fmt: skip


def _counted_among_some(asked: Trial) -> Instead:
    """n, where not all of the crowds are asked how many of each label they have. 没有问遍三群时的 n。"""
    counts = asked.made.y.unique(return_counts=True)[1]
    leasts = [least_of(crowd) for crowd in asked.crowds]
    en, zh = WHOSE[leasts.index(min(leasts))]
    said = (
        f"more of each label are taken than {en} have; count in all three crowds, and take as many as all have",
        f"每类取的个数，超过了{zh}拿得出的；三群都要数，取都拿得出的个数",
    )
    return [(n, *said) for each in leasts for n in (float(counts.clamp(max=each).sum()), 3.0 * each)]


def _other_distances(asked: Trial, made: Tensor, known: Tensor, new: Tensor) -> Instead:
    x, real = asked.made.x, asked.unseen.x
    few = min(len(x), len(real))
    last = [
        torch.cat([part.x[part.y == c][-len(made) // 3 :] for c in asked.unseen.y.unique()])
        for part in (asked.made, asked.unseen)
    ]
    uneven = (
        "all are compared as they came, with n and classes that differ; take equally many of each label from all three crowds",
        "交来什么就比什么，n 与类别都不一样；应从三群里每类取同样多",
    )
    return [
        (asked.apart(x, real), *uneven),
        (asked.apart(x[:few], real[:few]), "n is equal, but the classes are not: a crowd with more bags in it is apart for that alone. Take equally many of each label", "n 相等了，类别却不均：包多了，单凭这一点就会有距离。应每类取同样多"),
        (asked.apart(made, real), "the samples have equally many of each label, the real images do not: choose from all three crowds alike", "样本每类同样多了，真实图像却没有：三群都要同样地取"),
        (asked.apart(made, asked.training.x), "this is the distance to the training images, as they came; samples are measured by images that nobody trained on", "这是到训练图像的距离；样本要用谁也没拿去训练的图像来量"),
        (asked.apart(made, known), "this is the distance to the training images; samples are measured by images that nobody trained on", "这是到训练图像的距离；样本要用谁也没拿去训练的图像来量"),
        (frechet_distance(made.flatten(1), new.flatten(1)), "this is between pixels; ask `features` first", "这是像素之间的；应先求 `features`"),
        (asked.apart(*last), "the last of each label are taken; so that all get the same number, take the first", "每类取的是最后几个；为了大家得到同一个数，应取头几个"),
        (asked.apart(made, new) ** 0.5, "this is the root of the distance", "这是距离的平方根"),
        (asked.apart(made, new) - asked.apart(known, new), "the floor is subtracted already; give both, side by side", "已经减去了下限；两者应并排给出"),
    ]  # fmt: skip


def _other_floors(asked: Trial, known: Tensor, new: Tensor) -> Instead:
    half = len(new) // 2
    few = min(len(asked.training.x), len(asked.unseen.x))
    return [
        (asked.apart(asked.training.x, asked.unseen.x), "the floor has another n and other classes than the distance; take of each label as many as there", "下限的 n 与类别，都同距离的不一样；每类应与距离取同样多"),
        (asked.apart(asked.training.x[:few], asked.unseen.x[:few]), "the floor has another n and other classes than the distance", "下限的 n 与类别，都同距离的不一样"),
        (asked.apart(new[:half], new[half:]), "the floor is between two halves of one crowd, with half the n; take training against unseen images, as many as there are samples", "下限取自同一群的两半，n 只有一半；应取训练图像与没见过的图像，个数与样本相同"),
        (asked.apart(new[::2], new[1::2]), "the floor is between two halves of one crowd, with half the n; take training against unseen images, as many as there are samples", "下限取自同一群的两半，n 只有一半；应取训练图像与没见过的图像，个数与样本相同"),
        (0.0, "a floor of 0 is that of a crowd and itself; two real crowds are apart", "下限为 0，是一群与它自己相比；两群真实图像之间总有距离"),
    ]  # fmt: skip


def judge_support_of(answer: Callable, generator: torch.Generator) -> Said | None:
    """Are precision and recall those of the pixels of the same crowds, with k = 5? 精确率与召回率对不对？"""
    pairs: list[tuple[float, ...]] = []
    while len(set(pairs)) < 7:  # else nobody could tell which is which
        asked = trial(generator)
        made, known, new = (x.flatten(1) for x in chosen(asked.crowds))
        exact = support(new, made)
        seen = support(asked.world.features(new), asked.world.features(made))
        whole = support(asked.unseen.x.flatten(1), asked.made.x.flatten(1))
        last_made, _, last_new = (
            x.flatten(1) for x in chosen(tuple(Images(*(p.flip(0) for p in c)) for c in asked.crowds))
        )
        pairs = [exact[:2], exact[1::-1], seen[:2], whole[:2], support(known, made)[:2], exact[2:]]
        pairs.append(support(last_new, last_made)[:2])
    table, fault = _reported(answer, asked, "precision", "recall")
    if fault is not None:
        return fault
    by_features = (
        "this is in features, which can be bent to please: noise can have the features of real images. Take the pixels",
        "这是特征里的，而特征是可以凑出来的：噪声也能有真实图像的特征。应取像素",
    )
    uneven = (
        "the crowds are those that came, with n and classes that differ; take those that the distance compares",
        "两群是交来时的样子，n 与类别都不同；应取距离所比较的那两群",
    )
    instead = [
        (exact[1::-1], "precision and recall are swapped: precision is the share of samples that lie among the real", "精确率与召回率弄反了：精确率是落在真实图像之中的样本所占的比例"),
        (seen[:2], *by_features),
        (whole[:2], *uneven),
        (pairs[4], "the real images are the training images here; take the unseen ones", "这里的真实图像取成了训练图像；应取没见过的"),
        (exact[2:], "this is density or coverage", "这是密度或覆盖率"),
        *((support(new, made, k)[:2], f"k is {k} here; take 5", f"这里 k 取了 {k}；应取 5") for k in (1, 3, 4, 6, 10)),
    ]  # fmt: skip
    told = [table.entries[name][0] for name in ("precision", "recall")]
    instead.sort(key=lambda row: max(abs(one - other) for one, other in zip(row[0], told, strict=True)))
    for i, name in enumerate(("precision", "recall")):  # of shares of few samples one alone may agree by luck
        fault = _value_fault(table, name, exact[i], [(both[i], en, zh) for both, en, zh in instead])
        if fault is not None:
            return fault
    return None


def judge_memory(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is every sample held against every training image, and as many unseen ones? 是否每个样本都与全部训练图像比过？"""
    values: list[float] = []
    missing = 0.0
    while len(set(values)) < 5 or missing in values[:1] + values[2:]:  # else nobody could tell which is which
        asked = trial(generator)
        x, known, new = (part.x for part in asked.crowds)
        made, few_known, few_new = chosen(asked.crowds)
        look = asked.world.features
        searched = ((x, known, new), (made, few_known, few_new), (made, known, new), tuple(map(look, (x, known, new))))
        values = [round(memorised(*sets).value, 6) for sets in searched]
        values.append(round(1 - values[0], 6))
        missing = round(memorised(x, few_known, few_new).value, 6)
    table, fault = _reported(answer, asked, "memorised")
    if fault is not None:
        return fault
    exact, chosen_alone, of_chosen, in_features, reversed_share = values
    missed = (
        "only the images chosen for the distance are searched; a copy of any other training image goes unseen. Hold all samples against all images of both sets",
        "只在为距离选出的图像里找；别的训练图像的副本就漏掉了。应让全部样本与两组的全部图像相比",
    )
    others = [
        (chosen_alone, *missed),
        (of_chosen, "only the chosen samples are looked at; copies may be among the others", "只看了选出来的样本；副本可能在其余的里面"),
        (in_features, "this is in features; the pixels tell a copy for certain", "这是特征里的；像素才能认准副本"),
        (reversed_share, "it is counted the wrong way round: the share nearer to a training image is asked for", "数反了：要的是与训练图像更近的占比"),
        (missing, *missed),
    ]  # fmt: skip
    return _value_fault(table, "memorised", exact, others)
