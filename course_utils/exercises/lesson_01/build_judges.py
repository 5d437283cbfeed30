"""Judges of the arrays of lesson 01's piece of work, on alpha_bars drawn at random.

第 01 课作业中各数组的评判，用的是随机抽取的 alpha_bar。
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import BLANK, Mistake, is_named, judge_function, number
from course_utils.exercises.lesson_01.build_mistakes import ARRAY_MISTAKES, led
from course_utils.language import Said
from course_utils.schedules import Schedule

INFINITE = ("snr", "log_snr")  # at t = 0
INSTEAD = 99.0
AS_GOOD_AS_INFINITE = -500.0  # of a logarithm; ᾱ_T = 0 and 1e-300 are alike
IN_FLOAT32 = (
    "it is float32, in which hardly a digit of 1 − ᾱ is left where ᾱ is nearly 1; begin with float64",
    "结果是 float32，ᾱ 接近 1 时，1 − ᾱ 的有效数字在其中所剩无几；请一开始就用 float64",
)
CHANGES = (
    "it changes the alpha_bar that it is handed; leave that as it is",
    "它改动了传进来的 alpha_bar；请别动它",
)
NOT_AS_HANDED = (
    "its `alpha_bar` has another length than the one handed in, which begins with ᾱ_0 = 1 already",
    "它的 `alpha_bar` 与传进来的长度不同；传进来的已经以 ᾱ_0 = 1 开头",
)
FEW_DIGITS = (
    "it is right to a few digits only: something is float32 on the way, or cut off, or an epsilon is added, or 1 is taken "
    "from a number near 1 that is itself computed (1 − ᾱ keeps its digits)",
    "只对了前几位：途中用了 float32，或有什么被截断，或多加了一个小量，或用算出来的、接近 1 的数减去了 1（1 − ᾱ 本身不丢位数）",
)
LOSES_DIGITS = (
    "its small entries have few digits right: a number near 1 that was computed, and so rounded (a quotient, the square of a "
    "root), is taken from 1, and of what little is left much is rounding. Subtract first what you are handed, then divide "
    "and draw roots",
    "很小的那些项只对了前几位：用 1 去减一个接近 1、算出来因而取过整的数（商，或根的平方），剩下的本来就少，其中不少是取整误差。"
    "请先拿传进来的数相减，再去除、去开方",
)
NOT_ZERO = (
    "`posterior_variance` is not 0 at t = 0 or t = 1, where nothing is left unknown: no lower bound, nothing added",
    "`posterior_variance` 在 t = 0 或 t = 1 处不是 0，而那里再没有什么未知的：不要设下限，也不要多加什么",
)
NO_NUMBER = (
    "`posterior_variance` is nan at t = {0}: 1 − ᾱ_0 is 0, and 0 is divided by it there; write the 0 that belongs there "
    "yourself, or bring the formula into a form that does not divide by it",
    "`posterior_variance` 在 t = {0} 处是 nan：1 − ᾱ_0 为 0，那里是 0 除以它；请自己写上那里该有的 0，或把式子化成不除以它的形式",
)


def drawn(generator: torch.Generator) -> list[Tensor]:
    """alpha_bars of several kinds: large steps, little noise and a last step of hardly any, one step, float32, an end at 0.

    几种 alpha_bar：步子大的、噪声很少且最后一步几乎不动的、只有一步的、float32 的、终点为 0 的。
    """

    def uniform(n: int) -> Tensor:
        return torch.rand(n, generator=generator, dtype=torch.float64)

    def by_steps(T: int) -> Tensor:
        return torch.cat([torch.ones(1).double(), (0.95 - 0.5 * uniform(T)).cumprod(0)])

    T = int(torch.randint(7, 15, (), generator=generator))
    clock = 24 - (0.5 + uniform(8 * T)).cumsum(0) * 15 / (4 * T)  # log SNR; some entries lose nothing, by luck
    clock[-1] = clock[-2] - 1e-11
    fine = torch.cat([torch.ones(1).double(), 1 - (-clock).sigmoid()])
    to_zero = torch.cat([by_steps(T - 1), torch.zeros(1).double()])
    return [by_steps(T), fine, by_steps(1), by_steps(T - 2).float(), to_zero]


def made_of(answer: Callable, alpha_bar: Tensor) -> tuple[Any, Said | None]:
    """The schedule that the reader's class makes of an alpha_bar, and what is wrong with it from the start.

    读者的类由 alpha_bar 造出的调度，以及一开始就不对的地方。
    """
    handed = alpha_bar.clone()
    made = answer(handed)
    if made is None or made is ...:
        return None, BLANK
    if not torch.equal(handed, alpha_bar):
        return None, CHANGES
    kept = getattr(made, "alpha_bar", None)
    longer = isinstance(kept, Tensor) and not isinstance(made, Tensor) and kept.shape != alpha_bar.shape
    return made, NOT_AS_HANDED if longer else None


# arrays, ratios, posterior_variance


def judge_of(*names: str, whole: tuple[str, ...] = ()) -> Callable[[Any, torch.Generator], Said | None]:
    """A judge of arrays that a schedule has by these names; `whole` names whole numbers.

    评判调度的这些数组；`whole` 是整数的名字。
    """

    def judge(answer: Callable, generator: torch.Generator) -> Said | None:
        trials = drawn(generator)
        made, fault = made_of(answer, trials[0])
        if fault is not None:
            return fault
        missing = [name for name in names if getattr(made, name, None) is None]
        if len(missing) == len(names):
            return BLANK if isinstance(answer, type) else no_schedule(made)
        missing += [name for name in whole if getattr(made, name, None) is None]
        if missing:
            return f"`{missing[0]}` is missing", f"缺了 `{missing[0]}`"
        for name in whole:
            if number(getattr(made, name)) != len(trials[0]) - 1:
                return (
                    f"`{name}` is {getattr(made, name)!s:.40} for {len(trials[0])} entries; it counts the steps, one less",
                    f"共 {len(trials[0])} 项时，`{name}` 是 {getattr(made, name)!s:.40}；它数的是步数，应少一",
                )
        faults = (_judge_array(answer, name, trials) for name in names)
        return next((fault for fault in faults if fault is not None), None)

    return judge


def _judge_array(answer: Callable, name: str, trials: list[Tensor]) -> Said | None:
    """What is wrong with one array, its name in front."""
    value = getattr(answer(trials[0].clone()), name)
    if callable(value):
        return (
            f"`{name}` is a function; it is read by index, so store the array itself, or write `@property` above it",
            f"`{name}` 是函数；它要按下标来读，请存数组本身，或在上面写 `@property`",
        )
    if isinstance(value, Tensor) and value.dtype == torch.float32:
        return IN_FLOAT32
    fault = _departure(answer, name, [{"alpha_bar": a} for a in trials])
    if fault is FEW_DIGITS:
        return fault
    if fault is None:
        lost = any(_loses_digits(getattr(answer(a.clone()), name), name, a.double()) for a in trials)
        return _zero_fault(name, value) or (LOSES_DIGITS if lost else None)
    named = fault is not None and is_named(fault, ARRAY_MISTAKES[name])
    if name in INFINITE and not named and _first(value) not in (torch.inf, None):
        return (
            f"`{name}[0]` is {_first(value):.3g}; at t = 0 there is no noise, and it is infinite",
            f"`{name}[0]` 是 {_first(value):.3g}；t = 0 处没有噪声，它应为无穷大",
        )
    shown = f"`{name}`: {fault[0]}", f"`{name}`：{fault[1]}"
    return shown if named else _zero_fault(name, value) or shown


def _zero_fault(name: str, value: Any) -> Said | None:
    """Is the posterior's variance above 0, or no number, where there is nothing to be uncertain of?"""
    if name != "posterior_variance" or not isinstance(value, Tensor):
        return None
    if bool(value[:2].isnan().any()):
        at = int(value.isnan().nonzero()[0])
        return NO_NUMBER[0].format(at), NO_NUMBER[1].format(at)
    return NOT_ZERO if bool((value[:2] > 0).any()) else None


def _loses_digits(value: Tensor, name: str, a: Tensor) -> bool:
    """Are fewer than nine digits right of an entry, however small it is? Each truth subtracts before it divides."""
    before, after = a[:-1], a[1:]
    beta = (before - after) / before
    exact = {"noise": (1 - a).sqrt(), "snr": a / (1 - a), "beta": led(0.0, beta)}
    exact["posterior_variance"] = led(0.0, beta * (1 - before) / (1 - after))
    return name in exact and not torch.allclose(value, exact[name], rtol=1e-9, atol=1e-140)


def _departure(answer: Callable, name: str, cases: list[dict[str, Any]]) -> Said | None:
    """How one array departs from the package's, to eleven digits."""

    def given(alpha_bar: Tensor) -> Any:
        return _finite(getattr(answer(alpha_bar), name))

    def exact(alpha_bar: Tensor) -> Tensor:
        a = alpha_bar.double()
        above_zero = torch.cat([a[:-1], a[-1:].clamp(min=1e-300)])  # which the package's schedule asks for
        return _finite(getattr(Schedule(above_zero), name))

    mistakes = [Mistake(lambda a, gives=m.gives: _finite(gives(a)), m.en, m.zh) for m in ARRAY_MISTAKES[name]]
    fault = judge_function(given, exact, cases, mistakes, tolerance=1e-11)
    if fault is None or " departs " not in fault[0] or judge_function(given, exact, cases, tolerance=1e-4) is not None:
        return fault
    return FEW_DIGITS


def _first(value: Any) -> float | None:
    return float(value[0].detach()) if isinstance(value, Tensor) and value.ndim == 1 and len(value) else None


def _finite(value: Any) -> Any:
    """The array with a number where it is infinite, so that it can be compared."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        return value
    below = value < AS_GOOD_AS_INFINITE
    return value.masked_fill(below, -INSTEAD).nan_to_num(torch.nan, INSTEAD, -INSTEAD)


def no_schedule(made: Any) -> Said:
    kind = type(made).__name__
    return (
        f"it makes a {kind}, which has none of what a schedule has; write a class",
        f"得到的是 {kind}，调度该有的一样也没有；请写一个类",
    )
