"""Judges of what a report refuses, of its error bars, and of whether it tells cheats from an honest crowd.

评判报告拒绝什么、误差棒对不对，以及能否把作弊的与诚实的样本分开。
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.data import Images
from course_utils.exercises.judging import BLANK
from course_utils.exercises.lesson_09.build_trials import (
    CLASSES,
    NAMES,
    WORDLESS,
    Table,
    World,
    chosen,
    entry_fault,
    table_of,
)
from course_utils.language import Said
from course_utils.metrics import frechet_distance
from course_utils.neighbours import memorised, support

EACH, AGAIN, BEYOND = 36, 40, 2.5  # of each class; fresh crowds for the true spread; standard errors
WORSE = {"n": -1, "distance": 1, "precision": -1, "recall": -1, "memorised": 1}  # which way is worse
SPREAD = {"distance": (0.35, 2.8), "floor": (0.3, 5.0), "precision": (0.15, 2.5), "recall": (0.12, 4.0), "memorised": (0.4, 2.2)}  # fmt: skip


def judge_refuses(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does it refuse what no number should be made of, and in words? 不该算出任何数的，是否拒绝，而且有话说？"""
    world = World(generator)
    made, training, unseen = (world.drawn(8, 9, 7), world.drawn(9, 9, 9), world.drawn(9, 9, 9))
    made.x[0, 0, 0, 0], made.x[1, 0, 0, 0] = -1.0, 1.0  # as real images have them, and no report may refuse them
    tables = {}
    for name, (crowd, *_) in _bad(made).items():
        tables[name] = table_of(answer, world, crowd, training, unseen)
        if tables[name].fault is BLANK:
            return BLANK
    passed = [
        said for name, (_, *said) in _bad(made).items() if not tables[name].refused and tables[name].fault is None
    ]
    if passed:
        en, zh = passed[0]
        return (
            f"it makes a report of {en}; refuse it: `raise ValueError` with a sentence",
            f"交来{zh}，它照样出报告；应当拒绝：用一句话 `raise ValueError`",
        )
    for name, (_, en, zh) in _bad(made).items():
        table = tables[name]
        if table.fault is WORDLESS:
            return f"with {en}, {WORDLESS[0]}", f"交来{zh}时，{WORDLESS[1]}"
        if table.fault is not None:
            why_en, why_zh = table.fault
            return (
                f"with {en} it does not refuse, it breaks: {why_en}. Look first, and `raise ValueError` with a sentence",
                f"交来{zh}时，它不是拒绝，而是出了错：{why_zh}。先检查，再用一句话 `raise ValueError`",
            )
    table = table_of(answer, world, made, training, unseen)
    return entry_fault(table)


def _bad(made: Images) -> dict[str, tuple[Images, str, str]]:
    """Crowds that no number should be made of. 不该算出任何数的样本。"""
    x, y = made
    holed, twice = x.clone(), torch.cat([x[:-1], x[:1]])
    holed[3, 0, 2, 2] = math.nan
    twice_y = torch.cat([y[:-1], y[:1]])
    twin = x.clone()
    twin[-1] = x[(y != y[-1]).nonzero()[0, 0]]
    return {
        "nan": (Images(holed, y), "a sample with a nan in it", "一个含有 nan 的样本"),
        "half": (Images((x + 1) / 2, y), "pixels in [0, 1], where real ones are in [−1, 1]", " [0, 1] 之内的像素，而真实的在 [−1, 1] 之内"),
        "bytes": (Images((x * 127.5 + 127.5).round(), y), "pixels from 0 to 255", "从 0 到 255 的像素"),
        "beyond": (Images(x * 2.5, y), "pixels beyond [−1, 1]", "超出 [−1, 1] 的像素"),
        "labels": (Images(x, y[:-1]), "fewer labels than samples", "数目少于样本的标签"),
        "more": (Images(x, torch.cat([y, y[:1]])), "more labels than samples", "数目多于样本的标签"),
        "missing": (Images(x[y != 1], y[y != 1]), "samples without one of the labels that real images have", "缺了一类的样本，而真实图像各类都有"),
        "twice": (Images(twice, twice_y), "samples of which one is there twice", "其中一个出现了两次的样本"),
        "twin": (Images(twin, y), "a sample that is there twice, under two labels", "以两个不同标签出现了两次的样本"),
        "below": (Images(x.clamp(max=0) * 2.5, y), "pixels below −1", "小于 −1 的像素"),
    }  # fmt: skip


def judge_bars(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is each error about what the number moves by from one crowd to the next? 误差与换一群时的变动是否相当？"""
    world = World(generator)

    def crowds() -> tuple[Images, ...]:
        return world.drawn(*[EACH] * CLASSES, bend=0.2), *(world.drawn(*[EACH] * CLASSES) for _ in range(2))

    table = table_of(answer, world, *crowds())
    fault = entry_fault(table, *NAMES)
    if fault is not None:
        return fault
    truths = torch.tensor([_numbers(world, crowds()) for _ in range(AGAIN)], dtype=torch.float64)
    if table.entries["n"][1] != 0:
        return "`n` has an error; it was counted", "`n` 带了误差；它是数出来的"
    for (name, (low, high)), spread, mean in zip(SPREAD.items(), truths.std(0).tolist(), truths.mean(0), strict=True):
        error, least = table.entries[name][1], 0.01
        if name in ("precision", "recall"):  # near 0 and 1 a share says little of its own error
            share = min(max(float(mean), least), 1 - least)
            spread = max(spread, (share * (1 - share) / (EACH * CLASSES)) ** 0.5)
            low = 0.0 if table.entries[name][0] in (0.0, 1.0) else low
        if not low * spread <= error <= high * spread:
            return _bar_fault(name, error, spread)
    return None


def _bar_fault(name: str, error: float, spread: float) -> Said:
    en = f"the error of `{name}` is {error:.2g}; from one fresh crowd to the next it moves by {spread:.2g} (one standard deviation)"
    zh = f"`{name}` 的误差写的是 {error:.2g}；换一群新的，它的变动（一个标准差）是 {spread:.2g}"
    if error < spread / 3:
        return (
            f"{en}. Far too small: the spread of draws is the error itself, not to be divided by their number or its root",
            f"{zh}。太小了：各次重抽的散布就是误差，不要再除以次数或次数的平方根",
        )
    return f"{en}. Give one standard error", f"{zh}。请给一个标准误差"


def _numbers(world: World, crowds: tuple[Images, ...]) -> list[float]:
    """The numbers of a report but n, without their errors. 报告里除 n 之外的各个数，不带误差。"""
    made, known, new = chosen(crowds)
    real = world.features(new)
    shared = support(new.flatten(1), made.flatten(1))
    distances = [frechet_distance(world.features(x), real) for x in (made, known)]
    return [*distances, shared.precision, shared.recall, memorised(*(part.x for part in crowds)).value]


def judge_cheats(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does it tell each cheat from an honest crowd, by a number beyond its bar or by refusing? 能否识破每一种作弊？"""
    world = World(generator)
    honest, training, unseen = (world.drawn(*[EACH] * CLASSES) for _ in range(3))
    beside = table_of(answer, world, honest, training, unseen)
    fault = entry_fault(beside)
    if fault is not None:
        return fault
    for crowd, en, zh in _cheats(world, honest, training, unseen):
        table = table_of(answer, world, crowd, training, unseen)
        if table.fault is not None and not table.refused:
            return table.fault
        if not table.refused and not _told(table, beside):
            return (
                f"beside an honest crowd, {en} would pass: no number is worse than the honest one's by more than its error bar",
                f"与诚实的一群放在一起，{zh}会蒙混过关：没有哪个数比诚实的差得超出误差棒",
            )
    return None


def _told(table: Table, beside: Table) -> bool:
    for name, way in WORSE.items():
        if name in table.entries and name in beside.entries:
            (value, error), (honest, bar) = table.entries[name], beside.entries[name]
            if way * (value - honest) > max(BEYOND * math.hypot(error, bar), 1e-9):
                return True
    return False


def _cheats(world: World, honest: Images, training: Images, unseen: Images) -> list[tuple[Images, str, str]]:
    """Crowds that look good by one number and are not. 某个数好看、其实不好的样本。"""
    x, y = honest
    one = world.drawn(*[0] * (CLASSES - 1), EACH * CLASSES).x
    half = torch.cat([(y == c).nonzero()[: EACH // 2, 0] for c in range(CLASSES)])
    few = torch.cat([(y == c).nonzero()[:4, 0] for c in range(CLASSES)])
    return [
        (training, "a crowd of training images", "拿训练图像充数的一群"),
        (Images(one, y), "a crowd of one class only, under all labels", "挂着各类标签、其实只有一类的一群"),
        (Images((x + 1) / 2, y), "a crowd with pixels in [0, 1]", "像素在 [0, 1] 之内的一群"),
        (Images(bent(world, unseen.x), unseen.y), "noise, bent to have the features of real images", "改到特征与真实图像相同的噪声"),
        (surest(world), "the half that lies nearest to the middle of its class", "离类别中心近的那一半"),
        (Images(x[few], y[few]), "a crowd of four a class", "每类只有四个的一群"),
        (Images(torch.cat([x[half]] * 2), torch.cat([y[half]] * 2)), "half a crowd, handed in twice", "半群样本交了两遍，也"),
    ]  # fmt: skip


def bent(world: World, real: Tensor) -> Tensor:
    """Noise with the features of real images, which are linear here. 特征与真实图像相同的噪声（这里的特征是线性的）。"""
    noise = 0.4 * torch.rand(real.shape, generator=world.generator) - 0.2
    apart = world.features(real) - world.features(noise)
    return (noise + (apart @ torch.linalg.pinv(world.look)).reshape(real.shape)).clamp(-1, 1)


def surest(world: World) -> Images:
    """Of twice as many the half that lies nearest to the mean of its class. 多抽一倍，留下离类别均值近的一半。"""
    x, y = world.drawn(*[2 * EACH] * CLASSES)
    kept = []
    for c in range(CLASSES):
        of = (y == c).nonzero()[:, 0]
        kept.append(of[(x[of] - x[of].mean(0)).flatten(1).norm(dim=1).argsort()[:EACH]])
    return Images(x[torch.cat(kept)], y[torch.cat(kept)])
