"""Does a reader's forward process treat each sample by its own time, as it treats that time alone?

读者的前向过程，是否按每个样本自己的时刻来处理，与单独给这个时刻时一样？
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.judging import BLANK, called
from course_utils.exercises.lesson_02.build_asking import PAIRS, asked, misshapen
from course_utils.language import Said

BATCHES = (((6, 2, 6, 6), torch.float32), ((2, 2), torch.float64), ((5,), torch.float32), ((3, 1, 4, 5), torch.float32))
EDGES = {"jump": ("t = 0",), "between": ("s = 0", "s = t"), "posterior": ("t = 1",), "bridge": ("s = t", "u = t")}
GIVEN = {
    "jump": ("x0", "t", "eps"),
    "between": ("xs", "s", "t", "eps"),
    "posterior": ("xt", "t", "x0"),
    "bridge": ("xs", "s", "t", "u", "xu"),
}


def judge_batch(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does every method take a time for each sample, and keep x's dtype? 每个方法都能每个样本给一个时刻，并保持类型吗？

    Each is compared with what it gives itself for that time alone, so that a wrong formula is no fault here.
    """
    blank = None
    for i, (shape, dtype) in enumerate(BATCHES):
        schedule = (schedules.linear(40), schedules.cosine(30))[i % 2]
        t = torch.randperm(schedule.T - 2, generator=generator)[: shape[0]] + 2
        x, other = torch.randn(2, *shape, generator=generator, dtype=dtype)
        back, on = torch.rand(2, len(t), generator=generator)
        times = {"t": t, "s": 1 + ((t - 1) * back).long(), "u": t + 1 + ((schedule.T - t) * on).long()}
        for method, (first, *names) in GIVEN.items():
            case = {"schedule": schedule, first: x} | {name: times.get(name, other) for name in names}
            fault = misshapen(answer, method, _alone(case, 0)) or _compared(answer, method, case)
            k = int(torch.randint(len(t), (), generator=generator))
            for edge in EDGES[method]:
                fault = fault or _compared(answer, method, _with(edge, case, k), edge, k)
            if fault is BLANK:
                blank = BLANK
            elif fault is not None:
                return fault
    return blank


def _with(edge: str, case: dict[str, Any], k: int) -> dict[str, Any]:
    """The same trial with the k-th sample at an edge, "t = 1" say."""
    name, _, at = edge.split()
    times = case[name].clone()
    times[k] = case["t"][k] if at == "t" else int(at)
    return case | {name: times}


def _alone(case: dict[str, Any], k: int) -> dict[str, Any]:
    """The same trial with the k-th sample's time as a plain number for the whole batch."""
    return {name: int(value[k]) if name in ("s", "t", "u") else value for name, value in case.items()}


def _answers(answer: Callable, method: str, case: dict[str, Any]) -> tuple[list[Tensor], Said | None]:
    """What the method returns, one tensor or two, each in the shape of x; or what is wrong with their form."""
    x = list(case.values())[1]
    found, fault = called(asked(answer, method), case)
    if fault is not None:
        return [], fault if fault is BLANK else (f"`{method}`: {fault[0]}", f"`{method}`：{fault[1]}")
    if method not in PAIRS and not isinstance(found, Tensor):
        kind = type(found).__name__
        return [], (f"`{method}` returns a {kind}; return a tensor alone", f"`{method}` 返回的是 {kind}；请只返回一个张量")  # fmt: skip
    if any(part is None or part is ... for part in (found if method in PAIRS else ())):
        return [], BLANK
    values = [torch.as_tensor(value) for value in (found if method in PAIRS else [found])]
    for i, value in enumerate(values):
        what = _named(method, i)
        if value.ndim and value.dtype != x.dtype:
            return [], (
                f"`{what}`: x is {x.dtype}, and the result is {value.dtype}: cast the factors, as `per_sample` does",
                f"`{what}`：x 是 {x.dtype}，结果却是 {value.dtype}：系数要换成 x 的类型，`per_sample` 就是这样做的",
            )
        if value.shape != x.shape and (value is values[0] or not _fits(value, x)):
            given, wanted = tuple(value.shape), tuple(x.shape)
            return [], (
                f"`{what}`: its result is laid out wrongly, {given} for an x of {wanted}",
                f"`{what}`：结果的形状不对，x 是 {wanted}，它却是 {given}",
            )
    return [value.to(x.dtype).broadcast_to(x.shape) for value in values], None


def _named(method: str, i: int) -> str:
    """What the i-th tensor that the method returns is called."""
    return f"{method}, {('mean', 'variance')[i]}" if method in PAIRS else method


def _fits(value: Tensor, x: Tensor) -> bool:
    """Does the value multiply x without changing its shape?"""
    behind = x.shape[x.ndim - value.ndim :] if value.ndim <= x.ndim else ()
    return value.ndim <= x.ndim and all(a in (1, b) for a, b in zip(value.shape, behind, strict=True))


def _compared(answer: Callable, method: str, case: dict[str, Any], edge: str = "", at: int = 0) -> Said | None:
    """Is each sample of the batch what it is when its time is given alone? The sample `at` may stand at an edge."""
    x, samples = list(case.values())[1], range(len(case["t"]))
    alone = []
    for k in samples:
        values, fault = _answers(answer, method, _alone(case, k))
        if fault is not None:
            return fault
        alone.append(values)
    together, fault = _answers(answer, method, case)
    if fault is not None:
        why = misshapen(answer, method, case)
        return fault if why is None else (f"`{method}`: {why[0]}", f"`{method}`：{why[1]}")
    for i, value in enumerate(together):
        if edge:
            same = [torch.allclose(value[k], alone[k][i][k], atol=1e-4, equal_nan=True) for k in samples]
            if not all(same):
                return _off_at(edge, _named(method, i), same[at], value[at])
            continue
        ways = {"right": [alone[k][i][k] for k in samples], "first": [alone[0][i][k] for k in samples]}
        if x.ndim > 1 and x.shape[-1] == len(x):
            ways["width"] = list(torch.stack([alone[k][i][..., k] for k in samples], -1))
        fits = [name for name, way in ways.items() if torch.allclose(value, torch.stack(way), atol=1e-4)]
        if "right" not in fits:
            return _misread(_named(method, i), fits, value)
    return None


def _off_at(edge: str, what: str, right: bool, value: Tensor) -> Said:
    """How a batch goes wrong in which a single sample, right or not, stands at an edge."""
    if right:
        return (
            f"`{what}`: a sample with {edge} changes what comes of the others. Each has its own time: write it without "
            "`if`, or use `torch.where`",
            f"`{what}`：批里有一个样本 {edge}，别的样本就变了。每个样本各有自己的时刻：请不用 `if` 来写，或用 `torch.where`",
        )
    if not bool(value.isfinite().all()):
        return (
            f"`{what}`: alone it is finite, but a sample with {edge} among others is nan or inf. No `if` finds that one: "
            "find a form that does not divide by 0",
            f"`{what}`：单独给时是有限数，可是批里只有一个样本 {edge} 时，它就是 nan 或 inf。`if` 挑不出这一个：请换成不除以 0 的写法",
        )
    return (
        f"`{what}`: a sample with {edge} among others is not what it is when its time is given alone. No `if` finds that "
        "one: use `torch.where`, or one form for all times",
        f"`{what}`：批里只有一个样本 {edge} 时，它与单独给这个时刻时不同。`if` 挑不出这一个：请用 `torch.where`，或换成各个时刻通用的写法",
    )


def _misread(what: str, fits: list[str], value: Tensor) -> Said:
    if "first" in fits:
        return f"`{what}`: the first sample's t is used for the whole batch", f"`{what}`：整批都用了第一个样本的 t"
    if "width" in fits:
        return (
            f"`{what}`: the factors lie along the last axis, so that every column has a time of its own, not every "
            "sample (section 8)",
            f"`{what}`：系数沿最后一个轴排开了，于是每一列各有一个时刻，而不是每个样本（见第 8 节）",
        )
    if not bool(value.isfinite().all()):
        return f"`{what}`: with a time for each sample it is nan or inf", f"`{what}`：每个样本各给一个时刻，就得到 nan 或 inf"  # fmt: skip
    return (
        f"`{what}`: with a time for each sample, a sample is not what it is when its time is given alone",
        f"`{what}`：每个样本各给一个时刻时，得到的与单独给那个时刻时不同",
    )
