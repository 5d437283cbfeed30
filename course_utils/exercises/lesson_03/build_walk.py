"""Judge of the walk in the piece of lesson 03: a variance-exploding process, from x_T back to x_0.

第 03 课那件作业中行走的评判：方差爆炸过程，从 x_T 走回 x_0。
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import judge_function
from course_utils.exercises.lesson_03.build_judges import exact, with_exact
from course_utils.exercises.lesson_03.build_mistakes import WALK_MISTAKES
from course_utils.exercises.lesson_03.build_trials import SHAPES, Case, asked, levels, tried, unfit
from course_utils.language import Said


def _truly_walked(
    sigma: Tensor, xT: Tensor, predictor: Callable, times: Sequence[int], noises: Sequence[Tensor]
) -> Tensor:
    states = [xT]
    for t, s, noise in zip(times, times[1:], noises, strict=False):
        mean, variance = exact(sigma, states[-1], t, states[-1] - sigma[t] * predictor(states[-1], t), s)
        states.append(mean + variance.sqrt() * noise)
    return torch.stack(states)


def _walks(generator: torch.Generator) -> list[Case]:
    """Walks down some of the times, with a predictor that looks at x_t and at t."""
    cases = []
    for shape, dtype in SHAPES:
        sigma = levels(generator)
        T = len(sigma) - 1
        fewer = (torch.randperm(T - 1, generator=generator)[: T // 2] + 1).sort(descending=True).values
        times = [T, *(t for t in fewer.tolist()), 0]
        x0, *noises = torch.randn((len(times), *shape), generator=generator, dtype=dtype)

        def predictor(xt: Tensor, t: int, x0: Tensor = x0, sigma: Tensor = sigma) -> Tensor:
            return (xt - x0.tanh()) / sigma[t].clamp(min=0.05) + 0.1 * torch.cos(xt + t)

        xT = sigma[T] * torch.randn(shape, generator=generator, dtype=dtype)
        cases.append({"sigma": sigma, "xT": xT, "predictor": predictor, "times": times, "noises": noises})
    return cases


def judge_walk(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is each step a draw from the posterior, the right one or the reader's own? 每一步是否都从后验（正确的或自己写的）抽取？"""
    cases = _walks(generator)
    given = with_exact(answer, cases[0]["sigma"]) if isinstance(answer, type) else answer
    try:
        fault = unfit(given, "walk", cases[0])
    except IndexError as error:
        if "list" not in str(error):
            raise
        return _beyond(error)
    if fault is not None:
        return fault
    alone = tried(given, "walk", cases[0])
    if isinstance(alone, Tensor) and alone.shape == cases[0]["xT"].shape:
        return "it returns one state; return all of them, xT first", "只返回了一个状态；请从 xT 起全部返回"
    fault = judge_function(partial(_walked, answer, True), _truly_walked, cases, WALK_MISTAKES)
    return fault and judge_function(partial(_walked, answer, False), _truly_walked, cases) and fault


def _beyond(error: IndexError) -> Said:
    """`noises` and `times` are lists; arrays of a schedule have nothing to do with it."""
    return (
        "a list is read beyond its end: step i leads from `times[i]` to `times[i + 1]`, wherever these lie, and takes "
        f"`noises[i]`; there are as many noises as steps, one fewer than times (`IndexError: {error}`)",
        "读到了列表的末尾之外：第 i 步从 `times[i]` 走到 `times[i + 1]`，不管它们相距多远，用的是 `noises[i]`；"
        f"噪声与步数一样多，比时间步少一个（`IndexError: {error}`）",
    )


def _walked(answer: type, exactly: bool, sigma: Tensor, xT: Tensor, *given: Any) -> Tensor:
    """The states of the reader's walk, with the right posterior or with the reader's own."""
    process, most = with_exact(answer, sigma) if exactly else answer, len(given[1]) + 1
    states = asked(process, "walk", sigma, xT, *given)
    return torch.stack(list(islice(states, most)))
