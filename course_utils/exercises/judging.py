"""Judge a reader's function: against the truth, on inputs drawn afresh, with the misconception named where it is one.

评判读者写的函数：用新抽的输入与真值比较；若是真实的误解，就点出它的名字。
"""

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from course_utils.exercises.handing import copied, unchanged
from course_utils.exercises.settings import CHANGES_TORCH, DRAWS, in_force, put_back
from course_utils.exercises.stops import stopped, used_whole, why_shape
from course_utils.language import Said
from course_utils.randomness import stream_at
from course_utils.schedules import Schedule

APART = 0x5EED  # torch's own stream is not the one that the trials are drawn from
KEEPS: Said = (
    "asked again with the same arguments it answers otherwise: it keeps something from one call to the next. All that it "
    "needs is to come in as an argument",
    "同样的参数再问一次，回答就变了：它有东西从一次调用留到了下一次。所需的一切都应由参数传入",
)
ROUNDED: Said = (
    "it is right to a few digits only, where what is handed in has sixteen: something is rounded to float32 on the way",
    "只对了前几位，而传进来的有十六位：途中有什么被舍入成了 float32",
)
BLANK: Said = ("nothing is returned yet", "还没有返回任何东西")


class Mistake(NamedTuple):
    """A common mistake: what it would return for the same arguments, and what is wrong with it in both languages.

    一种常见错误：同样的参数它会返回什么，以及用两种语言说明错在哪里。
    """

    gives: Callable[..., Any]
    en: str
    zh: str


def fault_of(
    judge: Callable[[Any, torch.Generator], Said | None],
    answer: Any,
    generator: torch.Generator,
    *,
    draws: bool = False,
) -> Said | None:
    """What a judge finds wrong with an answer, or None; `BLANK` for dots, and where a reader's code stops, why it did.

    评判者认为答案错在哪里，或 None；省略号为 `BLANK`；读者的代码若中断，则说明原因。

    Within, torch's own draws come from a stream apart, so the reader's stays where it was; who sets its seed is told so,
    and who draws from it, unless the task `draws`.
    """
    apart = (generator.initial_seed() ^ APART) % 2**62
    with torch.enable_grad(), stream_at(apart):  # many judges go back, whatever the reader has set
        before, stream = in_force(), torch.get_rng_state()
        try:
            fault = BLANK if answer is ... else judge(answer, generator)
        except (Exception, SystemExit, GeneratorExit) as error:  # whatever a reader's code raises
            fault = stopped(error)
        finally:
            changed, drawn = put_back(before), not torch.equal(stream, torch.get_rng_state())
    if changed and not (changed == "seed" and fault):
        return CHANGES_TORCH[changed]
    return DRAWS if drawn and fault is None and not draws else fault


def judge_function(
    answer: Callable,
    truth: Callable,
    cases: Sequence[dict[str, Any]],
    mistakes: Sequence[Mistake] = (),
    tolerance: float = 1e-5,
    *,
    explain: Callable[[Callable], Said | None] | None = None,
) -> Said | None:
    """What is wrong with a reader's function, or None. 读者的函数错在哪里；正确时为 None。

    Each case names the arguments, handed over by position. A right answer has the type, shape and dtype of the truth
    and departs from it by at most `tolerance` times the truth's largest value, or `tolerance` if that is below 1, and
    besides by what rounding the schedule to float32 does to the truth (1 - alpha_bar has few digits left there when
    alpha_bar is nearly 1). A mistake is named if it gives the same answers in all cases; what none of them gives,
    `explain` may know how to name.
    """
    exact, given = [truth(*case.values()) for case in cases], []
    for case, expected in zip(cases, exact, strict=True):
        result, fault = _answered(answer, case, expected)
        if fault is not None:
            return fault
        given.append(result)
    slack = [_distance(truth(*map(_rounded, case.values())), exact[i]) for i, case in enumerate(cases)]
    wrong = [i for i in range(len(cases)) if not _close(given[i], exact[i], tolerance, 4 * slack[i])]
    if not wrong:
        again, fault = _answered(answer, cases[0], exact[0])
        return fault if fault or _close(again, exact[0], tolerance, 4 * slack[0]) else KEEPS
    finite = all(bool(torch.as_tensor(value).isfinite().all()) for value in given)
    again, _ = _answered(answer, cases[wrong[0]], exact[wrong[0]])
    if finite and (again is None or not _close(again, given[wrong[0]], 0.0)):
        return (
            "it draws random numbers of its own: two calls with the same arguments differ. Use what is handed in",
            "它自己另抽了随机数：同样的参数调用两次，结果却不同。请用传进来的量",
        )
    for mistake in mistakes:
        if all(_close(given[i], mistake.gives(*case.values()), tolerance, slack[i]) for i, case in enumerate(cases)):
            return mistake.en, mistake.zh
    if explain is not None and (fault := explain(answer)) is not None:
        return fault
    if not finite:
        return "some of its values are not finite (nan or inf)", "其中有些值不是有限数（nan 或 inf）"
    worst = max(wrong, key=lambda i: _distance(given[i], exact[i]))
    off, where = _distance(given[worst], exact[worst]), describe(cases[worst])
    return (
        f"in {len(wrong)} of {len(cases)} trials it departs from the truth; with {where} it is off by up to {off:.2g}",
        f"{len(cases)} 次试验中有 {len(wrong)} 次与真值不符；{where} 时，最多偏了 {off:.2g}",
    )


def describe(case: dict[str, Any]) -> str:
    """The arguments of a trial in symbols: numbers, and few of them, as they are, tensors by shape. 用符号写出参数。"""
    words = []
    for name, value in case.items():
        if isinstance(value, Schedule):
            words.append(f"T = {value.T}")
        elif isinstance(value, Tensor) and value.ndim == 0 or isinstance(value, Real):
            words.append(f"{name} = {value:.4g}")
        elif isinstance(value, Tensor):
            listed = value.ndim == 1 and len(value) <= 4 and not value.is_floating_point()
            words.append(f"{name} = {value.tolist()}" if listed else f"{name}: {tuple(value.shape)}")
        elif isinstance(value, list) and len(value) <= 5 and all(isinstance(part, Real) for part in value):
            words.append(f"{name} = [{', '.join(f'{part:.4g}' for part in value)}]")
    return ", ".join(words)


def is_named(fault: Said, mistakes: Sequence[Mistake]) -> bool:
    """Is the fault one of these mistakes by name? 这处错误是不是其中某个有名字的错误？"""
    return fault in [(mistake.en, mistake.zh) for mistake in mistakes]


def called(answer: Callable, case: dict[str, Any]) -> tuple[Any, Said | None]:
    """What the reader's function returns for copies of its arguments; a fault if it stops, is blank or changes them.

    读者的函数对参数副本返回什么；若它中断、没有返回值或改动了参数，则附上错误说明。
    """
    handed = copied(case)
    try:
        result = answer(*handed.values())
    except (Exception, SystemExit, GeneratorExit) as error:
        (en, zh), where = stopped(error), describe(case)
        return None, (f"with {where} {en}", f"{where} 时{zh}")
    if result is None or result is ...:
        return None, BLANK
    changed = [name for name, value in case.items() if not unchanged(value, handed[name])]
    return (None, changes(changed[0], case[changed[0]])) if changed else (result, None)


def changes(name: str, value: Any) -> Said:
    """That a function changes this argument in place, and what to write instead. 函数就地改动了这个参数，应改写成什么。"""
    instead, place = ("sorted(x)", "x.sort()") if isinstance(value, list) else ("a * x", "x *= a")
    return (
        f"it changes {name} itself; write `{instead}`, not `{place}`, so that the caller's values stay as they were",
        f"它改动了 {name} 本身；请写 `{instead}` 而不是 `{place}`，别动调用者的数据",
    )


def _answered(answer: Callable, case: dict[str, Any], exact: Any) -> tuple[Any, Said | None]:
    """What the reader's function returns, and what is wrong with its form beside that of the exact answer."""
    result, fault = called(answer, case)
    if fault is not None:
        return None, fault
    if not isinstance(exact, Tensor):
        whole = _whole(result, case) if isinstance(result, Tensor) else None
        fault = whole or ("it does not return a single number", "返回的不是单个数")
        result = number(result)
        return result, fault if result is None else None
    if not isinstance(result, Tensor):
        kind = type(result).__name__
        return None, (f"it returns a {kind}; return a tensor alone", f"返回的是 {kind}；请只返回一个张量")
    where = describe(case)
    if result.shape != exact.shape:
        given, wanted = tuple(result.shape), tuple(exact.shape)
        whole = _whole(result, case)
        why_en, why_zh = (f": {whole[0]}", f"：{whole[1]}") if whole else why_shape(given, wanted)
        return None, (
            f"with {where} the result has the shape {given}; it should have {wanted}{why_en}",
            f"{where} 时，结果的形状是 {given}；应当是 {wanted}{why_zh}",
        )
    if result.dtype != exact.dtype:
        given, wanted = result.dtype, exact.dtype
        return None, (
            f"with {where} the result is {given}; it should be {wanted}: give new tensors `dtype=`, or end with "
            f"`.to({wanted})`",
            f"{where} 时，结果是 {given}；应当是 {wanted}：新建张量时写上 `dtype=`，或最后加上 `.to({wanted})`",
        )
    return result.detach(), None


def _whole(result: Tensor, case: dict[str, Any]) -> Said | None:
    """That a result has an axis over all t of a schedule, which nothing else in the trial has; else None."""
    schedules = {name: held.T for name, held in case.items() if isinstance(held, Schedule)}
    arrays = [f"{name}.signal" for name, T in schedules.items() if T + 1 in result.shape]
    return used_whole(arrays[0]) if arrays else None


def number(value: Any) -> float | None:
    """A plain number from an int, a float, a numpy number or a tensor of one element; None for anything else.

    从整数、浮点数、numpy 数或单元素张量得到普通的数；别的都得到 None。
    """
    if isinstance(value, Tensor | np.ndarray | np.generic) and np.prod(value.shape) == 1:
        value = value.item()
    return value if isinstance(value, Real) and not isinstance(value, bool) else None


def listed_numbers(value: Any) -> list[float | None]:
    """The numbers of a tuple, list, tensor or array of them, None for each that is none; of anything else, no numbers.

    元组、列表、张量或数组中的各个数，不是数的记为 None；别的都没有数。
    """
    listed = isinstance(value, tuple | list | Tensor | np.ndarray) and getattr(value, "ndim", 1) == 1
    return [number(part) for part in value] if listed else []


def asked_number(answer: Any, low: int, high: int) -> tuple[float | None, Said | None]:
    """The whole number that was asked for, from `low` to `high`; else None, and what is wrong with the answer.

    题目所要的整数，从 `low` 到 `high`；否则为 None，并说明错在哪里。
    """
    if answer is None:
        return None, BLANK
    value = number(answer)
    if value is not None and low <= value <= high and value == int(value):
        return int(value), None
    given = repr(answer) if len(repr(answer)) < 40 else type(answer).__name__
    return None, (
        f"{given} will not do; give a whole number from {low} to {high}",
        f"{given} 不行；请给 {low} 到 {high} 的整数",
    )


def _rounded(value: Any) -> Any:
    """A schedule whose alpha_bar went through float32; anything else as it is."""
    return Schedule(value.alpha_bar.float().double()) if isinstance(value, Schedule) else value


def _distance(given: Any, exact: Any) -> float:
    difference = torch.as_tensor(given, dtype=torch.float64) - torch.as_tensor(exact, dtype=torch.float64)
    return float(difference.abs().max()) if difference.numel() else 0.0


def _close(given: Any, exact: Any, tolerance: float, slack: float = 0.0) -> bool:
    given, exact = (torch.as_tensor(value, dtype=torch.float64) for value in (given, exact))
    if given.shape != exact.shape or not bool(given.isfinite().all()):
        return False
    return _distance(given, exact) <= slack + tolerance * max(1.0, float(exact.abs().max()))
