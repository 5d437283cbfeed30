"""Reports on samples: right ones, each written in its own way, and wrong ones, as somebody might write them.

样本的报告：各有各写法的正确答案，以及可能有人写出的错误答案。
"""

import numpy as np
import torch

from course_utils.estimates import Estimate, bootstrapped
from course_utils.language import CourseError
from course_utils.metrics import frechet_distance, moments
from course_utils.neighbours import memorised, nearest, support

FEW = 40  # draws of a bootstrap: enough for a judge


def checked(samples, labels, unseen):
    assert len(labels) == len(samples) and set(labels.tolist()) == set(unseen.y.tolist()), "labels"
    assert samples.isfinite().all() and samples.abs().max() <= 1 and samples.min() < 0, "pixels"
    assert len(samples.unique(dim=0)) == len(samples), "copies"


def balanced(x, y, each):
    return torch.cat([x[y == c][:each] for c in y.unique()])


def least(*labels):
    return min(int(y.unique(return_counts=True)[1].min()) for y in labels)


def chosen(samples, labels, training, unseen):
    each = least(labels, training.y, unseen.y)
    return [balanced(x, y, each) for x, y in ((samples, labels), training, unseen)]


def binomial(share, n):
    return share, (share * (1 - share) / n) ** 0.5


def thirds(f):
    """The label of each row, where rows stand label by label."""
    return torch.arange(len(f)) * 3 // len(f)


def between(a, b):
    return frechet_distance(a[0], b[0])


def resampled(f, g):
    return bootstrapped(between, (f, thirds(f)), (g, thirds(g)), draws=FEW)


def apart(f, g):
    return frechet_distance(f, g), resampled(f, g)


def reporting(check=checked, choose=chosen, entry=apart, floor_of=None, shared=None, memory=None, claimed=False, share=binomial, name="reporting"):  # fmt: skip
    """A report put together of parts, any of which may be another."""

    def report(samples, labels, training, unseen, features):
        check(samples, labels, unseen)
        made, known, new = choose(samples, labels, training, unseen)
        found = {"n": (3 * least(labels, training.y, unseen.y) if claimed else len(made), 0)}
        found["distance"] = entry(features(made), features(new))
        found["floor"] = entry(features(known), features(new)) if floor_of is None else floor_of(training, unseen, new, features)  # fmt: skip
        precision, recall = (support(new.flatten(1), made.flatten(1)) if shared is None else shared(made, known, new, features))[:2]  # fmt: skip
        found |= {"precision": share(precision, len(made)), "recall": share(recall, len(made))}
        found["memorised"] = memorised(samples, training.x, unseen.x) if memory is None else memory(samples, training, unseen, made, known, new, features)  # fmt: skip
        return found

    report.__name__ = name
    return report


# Right ones.

in_parts = reporting(name="in_parts")


def in_a_loop(samples, labels, training, unseen, features):
    if samples.isnan().any() or not -1 <= samples.min() < 0 or not samples.max() <= 1:
        raise CourseError("pixels", "像素")
    classes = sorted(set(unseen.y.tolist()))
    if sorted(set(labels.tolist())) != classes or len(labels) != len(samples):
        raise CourseError("labels", "标签")
    if len({tuple(x.flatten().tolist()) for x in samples}) != len(samples):
        raise CourseError("copies", "副本")
    each = min(int((y == c).sum()) for y in (labels, training.y, unseen.y) for c in classes)
    rows = {"made": [], "known": [], "new": []}
    for name, x, y in (("made", samples, labels), ("known", *training), ("new", *unseen)):
        for c in classes:
            rows[name] += list(x[(y == c).nonzero()[:each, 0]])
    made, known, new = (torch.stack(part) for part in rows.values())
    found = support(new.flatten(1), made.flatten(1), k=5)
    return {
        "n": [len(made), 0.0],
        "precision": Estimate(*binomial(found.precision, len(made))),
        "recall": Estimate(*binomial(found.recall, len(made))),
        "distance": apart(features(made), features(new)),
        "floor": apart(features(known), features(new)),
        "memorised": memorised(samples, training.x, unseen.x),
    }


def with_the_reference_held(samples, labels, training, unseen, features):
    """The bootstrap draws the samples again, not the real ones; shares by their own draws; one entry more."""
    checked(samples, labels, unseen)
    made, known, new = chosen(samples, labels, training, unseen)
    real = moments(features(new))

    def of(crowd):
        again = bootstrapped(lambda cloud: frechet_distance(cloud[0], real), (crowd, thirds(crowd)), draws=FEW)
        return frechet_distance(crowd, real), again

    known_at, new_at = nearest(samples, training.x).distance, nearest(samples, unseen.x).distance
    hits = (known_at < new_at).double() + (known_at == new_at) / 2
    found = support(new.flatten(1), made.flatten(1))
    return {
        "n": (torch.tensor(len(made)), torch.zeros(())),
        "distance": of(features(made)),
        "floor": of(features(known)),
        "precision": binomial(found.precision, len(made)),
        "recall": binomial(found.recall, len(made)),
        "coverage": binomial(found.coverage, len(made)),
        "memorised": (hits.mean(), hits.std() / len(hits) ** 0.5),
    }


def with_a_rank(samples, labels, training, unseen, features):
    """The first of each label, by their rank within it, in the order in which they came."""
    checked(samples, labels, unseen)
    each = least(labels, training.y, unseen.y)

    def first(x, y):
        rank = torch.stack([(y == c).cumsum(0) * (y == c) for c in y.unique()]).sum(0)
        return x[rank <= each], y[rank <= each]

    (made, of), (known, known_of), (new, new_of) = first(samples, labels), first(*training), first(*unseen)
    f, g, h = (features(made), of), (features(known), known_of), (features(new), new_of)
    precision, recall, *_ = support(new.flatten(1), made.flatten(1))
    report = dict(n=(made.shape[0], 0), distance=(between(f, h), bootstrapped(between, f, h, draws=FEW)))
    report.update(floor=(between(g, h), bootstrapped(between, g, h, draws=FEW)))
    report.update(precision=binomial(precision, len(made)), recall=binomial(recall, len(made)))
    report.update(memorised=memorised(samples, training.x, unseen.x))
    return report


def in_arrays(*given):
    """Each entry as an array of two numbers."""
    return {name: np.array([float(value), float(error)]) for name, (value, error) in in_parts(*given).items()}


# Wrong ones: what they check.


def nothing(samples, labels, unseen):
    pass


def without(what):
    """The checks but one."""

    def check(samples, labels, unseen):
        if what != "labels" and (len(labels) != len(samples) or set(labels.tolist()) != set(unseen.y.tolist())):
            raise ValueError("labels")
        if what != "nan" and not samples.isfinite().all():
            raise ValueError("nan")
        if what != "range" and (samples.min() < -1 or samples.max() > 1):
            raise ValueError("range")
        if what != "half" and samples.min() >= 0:
            raise ValueError("half")
        if what != "copies" and len(samples.unique(dim=0)) < len(samples):
            raise ValueError("copies")

    return check


def without_words(samples, labels, unseen):
    try:
        checked(samples, labels, unseen)
    except AssertionError:
        raise ValueError from None


def more_labels_pass(samples, labels, unseen):
    if len(labels) < len(samples) or set(labels.tolist()) != set(unseen.y.tolist()):
        raise ValueError("labels")
    without("labels")(samples, labels, unseen)


def copies_within_a_label(samples, labels, unseen):
    without("copies")(samples, labels, unseen)
    if any(len(samples[labels == c].unique(dim=0)) < int((labels == c).sum()) for c in labels.unique()):
        raise ValueError("copies")


def ten_labels(samples, labels, unseen):
    checked(samples, labels, unseen)
    if set(labels.tolist()) != set(range(10)):
        raise ValueError("a label is missing")


def too_strict(samples, labels, unseen):
    checked(samples, labels, unseen)
    if len(labels.unique(return_counts=True)[1].unique()) > 1:
        raise ValueError("unequal classes")


# What they compare.


def as_they_came(samples, labels, training, unseen):
    return samples, training.x, unseen.x


def equal_n_alone(samples, labels, training, unseen):
    n = min(len(samples), len(training.x), len(unseen.x))
    return samples[:n], training.x[:n], unseen.x[:n]


def the_last_of_each(samples, labels, training, unseen):
    each = least(labels, training.y, unseen.y)
    return [torch.cat([x[y == c][-each:] for c in y.unique()]) for x, y in ((samples, labels), training, unseen)]


def samples_alone(samples, labels, training, unseen):
    return balanced(samples, labels, least(labels, training.y, unseen.y)), training.x, unseen.x


def counted_among(*some):
    """As many of each label as these crowds have: 0 is that of the samples, 1 of training, 2 of unseen images."""

    def choose(samples, labels, training, unseen):
        crowds = [(samples, labels), training, unseen]
        each = least(*(crowds[i][1] for i in some))
        return [balanced(x, y, each) for x, y in crowds]

    return choose


def labels_up_to(n):
    """The labels taken to be 0 to n - 1."""

    def choose(samples, labels, training, unseen):
        each = least(labels, training.y, unseen.y)
        crowds = ((samples, labels), training, unseen)
        return [torch.cat([x[y == c][:each] for c in range(n)]) for x, y in crowds]

    return choose


def against_training(samples, labels, training, unseen):
    made, known, new = chosen(samples, labels, training, unseen)
    return made, new, known


def rooted(f, g):
    return frechet_distance(f, g) ** 0.5, resampled(f, g)


def without_bars(f, g):
    return frechet_distance(f, g), 0.0


def divided_by_the_draws(f, g):
    return frechet_distance(f, g), resampled(f, g) / FEW**0.5


def the_whole_range(f, g):
    return frechet_distance(f, g), 6 * resampled(f, g)


def halves(training, unseen, new, features):
    f = features(new)
    return apart(f[::2], f[1::2])


def uneven_floor(training, unseen, new, features):
    return apart(features(training.x), features(unseen.x))


def in_features(made, known, new, features):
    return support(features(new), features(made))


def support_swapped(made, known, new, features):
    return support(made.flatten(1), new.flatten(1))


def among_training(made, known, new, features):
    return support(known.flatten(1), made.flatten(1))


def with_k_of_3(made, known, new, features):
    return support(new.flatten(1), made.flatten(1), 3)


def among_the_chosen(samples, training, unseen, made, known, new, features):
    return memorised(samples, known, new)


def memory_in_features(samples, training, unseen, made, known, new, features):
    return memorised(*(features(x) for x in (samples, training.x, unseen.x)))


def memory_swapped(samples, training, unseen, made, known, new, features):
    return memorised(samples, unseen.x, training.x)


def never_memorised(samples, training, unseen, made, known, new, features):
    return 0.5, memorised(samples, training.x, unseen.x).error


def as_a_list(*given):
    return list(in_parts(*given).values())


def without_errors(*given):
    return {name: value for name, (value, _) in in_parts(*given).items()}


def only_a_distance(samples, labels, training, unseen, features):
    made, known, new = chosen(samples, labels, training, unseen)
    return {"n": (len(made), 0), "distance": apart(features(made), features(new)), "floor": apart(features(known), features(new))}  # fmt: skip


def in_place(samples, labels, training, unseen, features):
    samples.clamp_(-0.5, 0.5)
    return in_parts(samples, labels, training, unseen, features)


ALL = {"refuses", "distance", "support", "memorised", "bars", "cheats"}
WRONG_PIECES = [
    (reporting(nothing, name="checks_nothing"), None, "it makes a report of", "照样出报告"),
    (reporting(without("half"), name="lets_0_to_1_pass"), ALL - {"refuses"}, "pixels in [0, 1]", "[0, 1] 之内的像素"),
    (reporting(without("copies"), name="lets_copies_pass"), None, "there twice", "出现了两次"),
    (reporting(without("range"), name="lets_bytes_pass"), ALL - {"refuses"}, "beyond [−1, 1]", "超出 [−1, 1]"),
    (reporting(without("labels"), name="lets_labels_pass"), None, "without one of the labels", "缺了一类"),
    (reporting(more_labels_pass, name="more_labels_pass"), None, "more labels than samples", "数目多于样本的标签"),
    (reporting(copies_within_a_label, name="copies_within_a_label"), ALL - {"refuses"}, "twice, under two labels", "以两个不同标签出现了两次"),
    (reporting(without_words, name="without_words"), ALL - {"refuses"}, "it refuses without a word", "却一句话也没说"),
    (reporting(ten_labels, name="ten_labels"), None, "any whole numbers that `unseen` has", "`unseen` 里有的任何整数"),
    (reporting(choose=labels_up_to(10), name="labels_up_to_10"), ALL - {"distance"}, "the labels here are [3, 7, 12]", "这里的标签是 [3, 7, 12]"),
    (reporting(choose=labels_up_to(3), name="labels_up_to_3"), ALL - {"distance"}, "the labels", "标签"),
    (reporting(choose=counted_among(0), name="counted_among_samples"), ALL - {"distance"}, "than the training images have", "超过了训练图像拿得出的"),
    (reporting(choose=counted_among(1), name="counted_among_training"), None, "than the samples have", "超过了样本拿得出的"),
    (reporting(choose=counted_among(2), name="counted_among_unseen"), None, "than the samples have", "超过了样本拿得出的"),
    (reporting(choose=counted_among(0, 1), name="counted_without_unseen"), None, "than the unseen images have", "超过了没见过的图像拿得出的"),
    (reporting(choose=counted_among(0, 2), name="counted_without_training"), ALL - {"distance"}, "than the training images have", "超过了训练图像拿得出的"),
    (reporting(too_strict, name="too_strict"), None, "it refuses a crowd that is as it should be", "拒绝了一群没有问题的样本"),
    (reporting(choose=as_they_came, name="as_they_came"), None, "this is how many were handed in", "这是交来的个数"),
    (reporting(choose=as_they_came, claimed=True, name="as_they_came_with_n"), None, "all are compared as they came", "交来什么就比什么"),
    (reporting(choose=equal_n_alone, claimed=True, name="equal_n_alone"), None, "the classes are not", "类别却不均"),
    (reporting(choose=the_last_of_each, name="the_last_of_each"), ALL - {"distance", "support"}, "take the first", "应取头几个"),
    (reporting(choose=samples_alone, name="samples_alone"), None, "the real images do not", "真实图像却没有"),
    (reporting(choose=against_training, name="against_training"), None, "the distance to the training images", "到训练图像的距离"),
    (reporting(entry=rooted, name="rooted"), None, "the root of the distance", "距离的平方根"),
    (reporting(entry=without_bars, name="without_bars"), ALL - {"bars"}, "Far too small", "太小了"),
    (reporting(entry=divided_by_the_draws, name="divided_by_the_draws"), ALL - {"bars"}, "Far too small", "太小了"),
    (reporting(entry=the_whole_range, name="the_whole_range"), None, "Give one standard error", "请给一个标准误差"),
    (reporting(floor_of=halves, name="floor_of_halves"), None, "two halves of one crowd", "同一群的两半"),
    (reporting(floor_of=uneven_floor, name="uneven_floor"), None, "the floor has another n", "下限的 n"),
    (reporting(shared=in_features, name="support_in_features"), None, "features, which can be bent", "特征是可以凑出来的"),
    (reporting(shared=support_swapped, name="support_swapped"), None, "precision and recall are swapped", "精确率与召回率弄反了"),
    (reporting(shared=among_training, name="among_training"), None, "the real images are the training images", "真实图像取成了训练图像"),
    (reporting(shared=with_k_of_3, name="with_k_of_3"), None, "k is 3 here", "这里 k 取了 3"),
    (reporting(memory=among_the_chosen, name="among_the_chosen"), ALL - {"memorised"}, "a copy of any other training image", "别的训练图像的副本"),
    (reporting(memory=memory_in_features, name="memory_in_features"), None, "this is in features", "这是特征里的"),
    (reporting(memory=memory_swapped, name="memory_swapped"), ALL - {"memorised", "cheats"}, "the wrong way round", "数反了"),
    (reporting(memory=never_memorised, name="never_memorised"), ALL - {"memorised", "cheats"}, "a crowd of training images would pass", "拿训练图像充数的一群会蒙混过关"),
    (as_a_list, None, "return a dictionary", "应当返回一个字典"),
    (without_errors, None, "is not two numbers", "不是两个数"),
    (only_a_distance, {"distance"}, "no entry `precision`, `recall`", "没有这几项：`precision`, `recall`"),
    (in_place, None, "it changes the images", "它改动了传进来的图像"),
]  # fmt: skip
RIGHT_REPORTS = [in_parts, in_a_loop, with_the_reference_held, with_a_rank, in_arrays]
WRONG_REPORTS = [(answer, en, zh) for answer, _, en, zh in WRONG_PIECES]
HELD_REPORTS = {answer.__name__: held for answer, held, _, _ in WRONG_PIECES if held is not None}
