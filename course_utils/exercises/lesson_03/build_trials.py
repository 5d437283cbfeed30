"""Trials of the piece of lesson 03, and what is said before anything is compared.

第 03 课那件作业的试验，以及比较之前就能说的话。
"""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import BLANK
from course_utils.language import Said

SHAPES = (((4, 1, 6, 6), torch.float32), ((3, 2), torch.float64), ((1, 3, 5, 4), torch.float32))
Case = dict[str, Any]
MOST = 100  # of what a generator yields; a walk of the trials has fewer than 12 states


def levels(generator: torch.Generator) -> Tensor:
    """σ from 0 up to something between 3 and 60, in 5 to 10 uneven steps. 从 0 升到 3 至 60 的 σ，5 到 10 步，步子不等。"""
    steps = torch.rand(int(torch.randint(5, 11, (), generator=generator)), generator=generator).double() + 0.1
    top = 3 * 20 ** float(torch.rand((), generator=generator))
    return torch.cat([torch.zeros(1).double(), 0.05 * (top / 0.05) ** (steps.cumsum(0) / steps.sum())])


def drawn(names: Sequence[str], generator: torch.Generator, first: int | None = None) -> list[Case]:
    """Trials: sigma, and by their names tensors and s < t, not always neighbours; s is `first` where that is given.

    试验：sigma，以及按名称给出的张量与 s < t（不一定相邻）；给了 `first`，s 就是它。

    In the last trial, unless s is given, both widths are large and near one another: there a wrong variance shows.
    """
    cases = []
    for i, (shape, dtype) in enumerate(SHAPES):
        sigma = levels(generator)
        low = int(torch.randint(1, len(sigma) - 2, (), generator=generator)) if first is None else first
        high = int(torch.randint(low + 1 + i % 2, len(sigma), (), generator=generator))
        if first is None and i == len(SHAPES) - 1:
            sigma = torch.cat([sigma, 1.5 * sigma[-1:]])
            low, high = len(sigma) - 2, len(sigma) - 1
        given = {"s": low, "t": high}
        for name in names:
            if name not in given:
                given[name] = torch.randn(shape, generator=generator, dtype=dtype)
        cases.append({"sigma": sigma} | {name: given[name] for name in names})
    return cases


def asked(answer: Callable, method: str, sigma: Tensor, *given: Any) -> Any:
    """What a method of the reader's process returns. 读者的过程的某个方法返回什么。"""
    return getattr(answer(sigma), method)(*given)


def tried(answer: Callable, method: str, case: Case) -> Any:
    """The same with copies of a trial's arguments; a generator is run. 同上，用的是参数的副本；生成器会被运行。"""
    given = asked(answer, method, *deepcopy(case).values())
    return list(islice(given, MOST)) if isinstance(given, Iterator) else given


def unfit(answer: Callable, method: str, case: Case) -> Said | None:
    """What is wrong before anything is compared: no class, no such method, nothing returned. 比较之前就看得出的毛病。

    Whatever the method raises here is said once for all parts.
    """
    if not isinstance(answer, type):
        try:
            blank = answer(case["sigma"]) in (None, ...)
        except (Exception, SystemExit, GeneratorExit):
            blank = False
        return BLANK if blank else ("give a class with the methods of the task", "请给一个类，带有题目所列的方法")
    if not callable(getattr(answer, method, None)):
        return f"there is no method `{method}`", f"没有方法 `{method}`"
    try:
        given = tried(answer, method, case)
    except AttributeError as error:
        if not isinstance(error.obj, answer):
            raise
        return (
            f"`self.{error.name}` is used, but nothing stands there: `__init__` must store it (`self.{error.name} = …`)",
            f"用到了 `self.{error.name}`，那里却什么也没有：`__init__` 里要先存好（`self.{error.name} = …`）",
        )
    return BLANK if given is None or given is ... else None
