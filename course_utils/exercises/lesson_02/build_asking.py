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
from course_utils.exercises.stops import Causes, stopped, usual_cause
from course_utils.language import Said
from course_utils.schedules import Schedule

Case = dict[str, Any]
# What an error usually comes of here: where the time is an int, and where each sample has its own.
OF_AN_INT: Causes = [
    (r"'(int|bool)' object (has no attribute '(?!(sqrt|log|exp)')|is not subscriptable)|: (?!(sqrt|log|exp)\()\w+\(\).* must be Tensor, not (int|bool)|where\(\) received .* got \(bool|type 'int' has no len|0-d tensor|tuple index out of range", "the time is an int here, and the code needs a tensor: begin with `t = torch.as_tensor(t).reshape(-1)`, and s likewise. Then one time for all the samples has the shape (1,)", "这里的时刻是一个整数，而代码要的是张量：开头先写 `t = torch.as_tensor(t).reshape(-1)`，s 也一样；于是所有样本共用的时刻，形状是 (1,)"),
]  # fmt: skip
OF_A_BATCH: Causes = [
    (r"ambiguous", "each sample has its own t, and `if` decides once for all of them: write it without `if`, or use `torch.where`", "每个样本各有自己的 t，而 `if` 对所有样本只判断一次：请不用 `if` 来写，或用 `torch.where`"),
    (r"of a single element can be|one element tensors can be|converted to (Python )?[Ss]calar", "with one time per sample no slice, `range`, `int` or `math` will do: read the arrays at t and at s as they come, `alpha_bar[t]`", "每个样本各有一个时刻时，切片、`range`、`int` 与 `math` 都不行：t 与 s 是什么样就怎么读数组，`alpha_bar[t]`"),
]  # fmt: skip
PAIRS = ("posterior", "bridge")  # the methods that return a mean and a variance
SHAPES = (
    ((4, 3, 8, 8), torch.float32),
    ((3, 2), torch.float64),
    ((5,), torch.float32),
    ((1, 1, 5, 7), torch.float64),  # a single image, not a square
)


def asked(answer: Callable, method: str) -> Callable:
    """A method of the reader's process as a function of the schedule and the method's arguments.

    读者的部件的一个方法，写成调度与该方法参数的函数。
    """

    def gives(schedule: Schedule, *given: Any) -> Any:
        process = answer(schedule)
        return None if process is None or process is ... else getattr(process, method)(*given)

    return gives


def why_it_stops(error: Exception, given: Sequence[Any]) -> Said | None:
    """What such an error usually comes of, for an int or for a time per sample. 这样的错误，通常由何而来。"""
    causes = OF_AN_INT if any(type(value) is int for value in given) else OF_A_BATCH
    return stopped(error, causes) if usual_cause(error, causes) else None  # whoever asks in earnest will say the rest


def one_of_two(answer: Callable, i: int, method: str = "posterior") -> Callable:
    """The mean (i = 0) that a method of the reader's returns, or the variance (i = 1) in the shape of its first tensor.

    读者的某个方法返回的均值（i = 0），或方差（i = 1，形状与它的第一个张量相同）。
    """

    def gives(schedule: Schedule, x: Tensor, *given: Any) -> Any:
        found = asked(answer, method)(schedule, x, *given)
        if found is None or found is ... or found[i] is None or found[i] is ...:
            return None
        return torch.as_tensor(found[1], dtype=x.dtype).broadcast_to(x.shape) if i else found[0]

    return gives


def misshapen(answer: Callable, method: str, case: Case) -> Said | None:
    """What keeps a method from being asked: no process, no such method, it reads what was not kept, takes no such time.

    为什么这个方法根本问不了：得不到部件、没有这个方法、读取了没有保存的量、用不了这样的时刻。
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
            return why_it_stops(error, given)
        if error.name == method:
            return f"there is no method `{method}`", f"没有 `{method}` 这个方法"
        return (
            f"`{method}` reads `self.{error.name}`, which `__init__` has not kept: `self.{error.name} = …`",
            f"`{method}` 读取 `self.{error.name}`，而 `__init__` 没有保存它：`self.{error.name} = …`",
        )
    except Exception as error:
        return why_it_stops(error, given)
    except (SystemExit, GeneratorExit):
        return None
    return _no_pair(method, found, given[0]) if method in PAIRS else None


def _no_pair(method: str, found: Any, x: Tensor) -> Said | None:
    """What is wrong with what should be a mean and a variance, as a pair."""
    pair = isinstance(found, tuple | list) and len(found) == 2
    if not pair and found is not None and found is not ...:
        kind = type(found).__name__
        return f"`{method}` returns a {kind}; return the pair `mean, variance`", f"`{method}` 返回的是 {kind}；请返回 `mean, variance` 两个"  # fmt: skip
    like_x = [isinstance(value, Tensor) and value.shape == x.shape for value in (found if pair else ())]
    if like_x == [False, True] and found[0] is not None and found[0] is not ...:
        return (
            f"the pair of `{method}` seems to be swapped, as only the second has the shape of x: return `mean, variance`",
            f"`{method}` 的这一对好像写反了，因为只有第二个的形状与 x 相同：请返回 `mean, variance`",
        )
    return None


def cases_at(names: Sequence[str], times: Callable[[int], Sequence[Case]], generator: torch.Generator) -> list[Case]:
    """Trials on three schedules and four shapes, at the times that `times` gives for T; tensors for the other names.

    三种调度、四种形状的试验，时刻由 `times` 按 T 给出；其余名称都是张量。
    """
    cases = []
    for first, schedule in enumerate((schedules.cosine(30), schedules.linear(40), schedules.linear(200))):
        for i, at in enumerate(times(schedule.T), start=first):
            shape, dtype = SHAPES[i % len(SHAPES)]
            case = {"schedule": schedule}
            for name in names:
                case[name] = at[name] if name in at else torch.randn(shape, generator=generator, dtype=dtype)
            cases.append(case)
    return cases
