"""Ask a method of a reader's forward process, which is made anew for every question.

向读者的部件“前向过程”提问：问哪个方法，每次都重新造一个部件。
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.judging import BLANK
from course_utils.exercises.stops import stopped
from course_utils.language import Said
from course_utils.schedules import Schedule

Case = dict[str, Any]
SHAPES = (((4, 1, 8, 8), torch.float32), ((3, 2), torch.float64), ((5,), torch.float32))


def asked(answer: Callable, method: str) -> Callable:
    """A method of the reader's process as a function of the schedule and the method's arguments.

    读者的部件的一个方法，写成调度与该方法参数的函数。
    """

    def gives(schedule: Schedule, *given: Any) -> Any:
        process = answer(schedule)
        return None if process is None or process is ... else getattr(process, method)(*given)

    return gives


def one_of_two(answer: Callable, i: int) -> Callable:
    """The mean (i = 0) of the reader's posterior, or its variance (i = 1) in the shape of xt.

    读者的后验的均值（i = 0），或方差（i = 1，形状与 xt 相同）。
    """

    def gives(schedule: Schedule, xt: Tensor, t: int | Tensor, x0: Tensor) -> Any:
        found = asked(answer, "posterior")(schedule, xt, t, x0)
        if found is None or found is ... or found[i] is None or found[i] is ...:
            return None
        return torch.as_tensor(found[1], dtype=xt.dtype).broadcast_to(xt.shape) if i else found[0]

    return gives


def misshapen(answer: Callable, method: str, case: Case) -> Said | None:
    """What keeps a method from being asked: no process comes of a schedule, it is missing, reads what was not kept.

    为什么这个方法根本问不了：由调度得不到部件、没有这个方法、读取了没有保存的量。
    """
    schedule, *given = deepcopy(list(case.values()))
    try:
        process = answer(schedule)
    except (Exception, SystemExit, GeneratorExit) as error:
        return stopped(error)
    if process is None or process is ...:
        return BLANK
    try:
        found = getattr(process, method)(*given)
    except AttributeError as error:
        if error.obj is not process:
            return None  # whoever asks in earnest will say so
        if error.name == method:
            return f"there is no method `{method}`", f"没有 `{method}` 这个方法"
        return (
            f"`{method}` reads `self.{error.name}`, which `__init__` has not kept: `self.{error.name} = …`",
            f"`{method}` 读取 `self.{error.name}`，而 `__init__` 没有保存它：`self.{error.name} = …`",
        )
    except (Exception, SystemExit, GeneratorExit):
        return None
    pair = isinstance(found, tuple | list) and len(found) == 2
    if method == "posterior" and not pair and found is not None and found is not ...:
        kind = type(found).__name__
        return f"`posterior` returns a {kind}; return the pair `mean, variance`", f"`posterior` 返回的是 {kind}；请返回 `mean, variance` 两个"  # fmt: skip
    return None


def cases_at(names: Sequence[str], times: Callable[[int], Sequence[Case]], generator: torch.Generator) -> list[Case]:
    """Trials on three schedules and three shapes, at the times that `times` gives for T; tensors for the other names.

    三种调度、三种形状的试验，时刻由 `times` 按 T 给出；其余名称都是张量。
    """
    cases = []
    for schedule in (schedules.cosine(30), schedules.linear(40), schedules.linear(200)):
        for i, at in enumerate(times(schedule.T)):
            shape, dtype = SHAPES[i % len(SHAPES)]
            case = {"schedule": schedule}
            for name in names:
                case[name] = at[name] if name in at else torch.randn(shape, generator=generator, dtype=dtype)
            cases.append(case)
    return cases
