"""Judge functions that return two things, each by itself: of one mistake only its own half is wrong.

评判返回两样东西的函数，两样分开看：一种错误往往只错其中一半。
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from course_utils.exercises.judging import BLANK, Mistake, called, describe, is_named, judge_function
from course_utils.language import Said


class Slips(NamedTuple):
    """Mistakes that spoil both halves, the first alone, the second alone. 两半都错、只错前一半、只错后一半的错误。"""

    both: Sequence[Mistake]
    first: Sequence[Mistake]
    second: Sequence[Mistake]

    @property
    def all(self) -> list[Mistake]:
        """All of them. 全部错误。"""
        return [*self.both, *self.first, *self.second]


def half(of: Callable, i: int) -> Callable:
    """The first (0) or second (1) of what a function returns. 函数返回的两样东西之一：0 为前一个，1 为后一个。"""
    return lambda *given: of(*given)[i]


def judge_pair(
    answer: Callable,
    truth: Callable,
    cases: Sequence[dict[str, Any]],
    names: tuple[Said, Said],
    slips: Slips,
    explain: tuple[Callable[[Callable], Said | None], Callable[[Callable], Said | None]],
    follows: Callable[..., Any] | None = None,
) -> Said | None:
    """What is wrong with a function that returns a pair, or None. 返回一对的函数错在哪里；正确时为 None。

    `follows` says what a second half would be that is made of the first, right or wrong: then one mistake is said once.
    `names` say what its halves are, `explain` may know what a half is that no mistake gives.
    """
    given, fault = called(answer, cases[0])
    if fault is None and not _is_pair(given):
        kind, (first, second) = type(given).__name__, names
        fault = (
            f"it returns a {kind}; return two things, {first[0]} and then {second[0]}",
            f"返回的是 {kind}；应当返回两样东西，先{first[1]}，后{second[1]}",
        )
    if fault is not None:
        return fault
    if any(part is None or part is ... for part in given):
        return BLANK
    for mistake in slips.both:
        if all(_alike(called(answer, case)[0], mistake.gives(*case.values())) for case in cases):
            return mistake.en, mistake.zh
    found = []
    for i, (name, known) in enumerate(zip(names, (slips.first, slips.second), strict=True)):
        of_half = [Mistake(half(mistake.gives, i), mistake.en, mistake.zh) for mistake in known]
        fault = judge_function(half(answer, i), half(truth, i), cases, of_half, explain=explain[i])
        if fault is not None:
            plain = is_named(fault, of_half) or any(describe(case) in fault[0] and "stopped" in fault[0] for case in cases)  # fmt: skip
            found.append(fault if plain else (f"{name[0]}: {fault[0]}", f"{name[1]}：{fault[1]}"))
    if len(found) == 2 and (found[0] == found[1] or follows and _follow(answer, cases, follows)):
        found.pop()
    return ("; ".join(en for en, _ in found), "；".join(zh for _, zh in found)) if found else None


def _follow(answer: Callable, cases: Sequence[dict[str, Any]], follows: Callable[..., Any]) -> bool:
    """Is the second half, in all trials, what follows from the first?"""
    pairs = [(called(answer, case)[0], case) for case in cases]
    return all(
        _is_pair(given) and _alike(given, (given[0], follows(given[0], *case.values()))) for given, case in pairs
    )


def _is_pair(given: Any) -> bool:
    return isinstance(given, tuple | list) and len(given) == 2


def _alike(given: Any, wrong: tuple[Any, Any]) -> bool:
    """Is the pair that of a mistake, in shapes and values?"""
    if not _is_pair(given):
        return False
    for one, other in zip(given, wrong, strict=True):
        if not isinstance(one, Tensor | float | int | np.ndarray | np.generic):
            return False
        one, other = (torch.as_tensor(x, dtype=torch.float64).detach() for x in (one, other))
        if one.shape != other.shape or not torch.allclose(one, other, rtol=1e-4, atol=1e-5):
            return False
    return True
