"""The judge of the labels of the exact denoiser: each sample's own class, far away and at its own time, and no other.

评判精确去噪器的标签：每个样本只看自己的类，离得再远、各在各的时间步也一样。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.exercises.judging import judge_function
from course_utils.exercises.lesson_04.build_judges import Case, asked, formless, ignored, labelled, one_by_one
from course_utils.exercises.lesson_04.build_mistakes import (
    NOT_AT_ALL,
    TOGETHER,
    TOO_LATE,
    far_class_mistakes,
    label_mistakes,
)
from course_utils.exercises.stops import stopped
from course_utils.language import Said


def judge_labels(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does each sample get the guess over its own class, and an empty class an error? 各样本是否只看自己的类？"""
    if (fault := formless(answer)) is not None:
        return fault
    ask, cases = asked(answer), []
    for shape, (a, b, c) in (((9, 2), (2, 5, 7)), ((12, 3), (0, 2, 7))):
        case = labelled(generator, shape, classes=(a, b, c))
        case |= {"t": case["schedule"].T * 2 // 3}
        cases += [case | {"labels": torch.tensor(wishes)} for wishes in ([c, a, b], [b, b, a], [a, -1, c])]
    if (fault := next(filter(None, (_stops(ask, case) for case in cases)), None)) is not None:
        return fault

    each = one_by_one(ask)
    if ignored(answer, cases[0], labels=cases[1]["labels"]):
        return NOT_AT_ALL["labels"]
    fault = judge_function(ask, each, cases, label_mistakes(ask), 1e-4)
    for scale in (20, 1e5):
        far = _far(cases[0], scale)
        if fault is None and bool(each(*far.values()).isfinite().all()):  # else: `stable`
            known = far_class_mistakes(ask)
            fault = judge_function(ask, each, [far], known, 1e-4, explain=lambda _: TOO_LATE)
    fault = fault or _at_times(ask, cases[2])
    none = cases[0] | {"labels": torch.full((3,), -1)}
    fault = fault or judge_function(ask, each, [none], tolerance=1e-4)
    return fault or _no_label(answer, cases[0]) or _no_such_class(answer, cases[0])


def _at_times(ask: Callable, case: Case) -> Said | None:
    """What is wrong with labels and one time for each sample together, where each holds alone; else it is for `times`."""
    case = case | {"t": (torch.tensor([0.9, 0.5, 0.25]) * case["schedule"].T).long()}
    plain, each = {name: value for name, value in case.items() if name != "labels"}, one_by_one(ask)
    if judge_function(ask, each, [plain], tolerance=1e-4) is None:
        fault = judge_function(ask, each, [case], tolerance=1e-4)
        return fault and (f"{TOGETHER[0]} ({fault[0]})", f"{TOGETHER[1]}（{fault[1]}）")
    return None


def _stops(ask: Callable, case: Case) -> Said | None:
    """That it stops where every label can be answered, and which labels there are."""
    try:
        ask(*(value.clone() if isinstance(value, Tensor) else value for value in case.values()))
    except Exception as error:
        (en, zh), wishes, there = stopped(error), case["labels"].tolist(), case["y"].unique().tolist()
        return (
            f"with labels = {wishes} {en}. The labels in y are {there}, and -1 asks for all data",
            f"labels = {wishes} 时{zh}。y 中的标签是 {there}，-1 则表示全部数据",
        )
    return None


def _far(case: Case, scale: float) -> Case:
    """At t = 1 three classes far apart, and three samples, each at a datum of another class than it asks for."""
    centres = torch.tensor([[2.0, 0.0], [-1.0, 1.75], [-1.0, -1.75]], dtype=torch.float64)
    x = scale * (case["x"] + 5 * centres[torch.arange(len(case["x"])) % 3])
    return case | {"x": x, "xt": x[:3].clone(), "t": 1}


def _no_label(answer: Callable, case: Case) -> Said | None:
    plain = {name: value for name, value in case.items() if name != "labels"}
    fault = judge_function(lambda *given: asked(answer)(*given, None), asked(answer), [plain])
    if fault is None:
        return None
    return (
        f"with labels=None {fault[0]}; None is the same as no labels",
        f"labels=None 时，{fault[1]}；None 就等于不给标签",
    )


def _no_such_class(answer: Callable, case: Case) -> Said | None:
    """What is wrong if a class without data is answered with anything but an error."""
    denoise = answer(case["schedule"], case["x"].clone(), case["y"].clone())
    for absent in (3, -2, -3, 9):  # beside, below, above; -3 from the end of a list by class is there
        try:
            denoise(case["xt"].clone(), case["t"], torch.tensor([2, absent, 7]))
        except Exception:  # which one is the reader's choice
            continue
        return (
            f"one sample asks for label {absent}, which no datum has, and gets an answer all the same; raise an error, "
            "such as `ValueError`: only -1 asks for all data",
            f"有一个样本要标签 {absent}，可是没有这样的数据，它却照样得到了回答；请 raise 一个错误，例如 `ValueError`：只有 -1 表示全部数据",
        )
    return None
