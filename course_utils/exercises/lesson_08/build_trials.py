"""Trials of a sampler that takes a label, a scale and a mask; and what it asks of its denoisers meanwhile.

接收标签、scale 与掩码的采样器的试验，以及它在途中向去噪器问了什么。
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course_utils.denoisers import Denoiser
from course_utils.exercises.judging import BLANK, called, describe
from course_utils.exercises.lesson_08.guided import leaning
from course_utils.language import CourseError, Said
from course_utils.schedules import Schedule

Case = dict[str, Any]
AT = {True: "conditional", False: "unconditional"}


class Question(NamedTuple):
    """One question to a denoiser: which of the two, about what, and when. 问去噪器的一次：问的是哪个，看到什么，何时。"""

    who: str
    xt: Tensor
    t: int


class Run(NamedTuple):
    """What a sampler asked, where it arrived, and what is wrong with its form. 采样器问了什么、到了哪里、形式上的错误。"""

    asked: list[Question]
    end: Tensor
    fault: Said | None

    @property
    def places(self) -> list[Question]:
        """The first question at each time on the way. 途中每个时间步的第一次提问。"""
        return [new for new, old in zip(self.asked, [None, *self.asked], strict=False) if not old or new.t != old.t]

    @property
    def times(self) -> list[int]:
        """The times at which it asked. 提问所在的各个时间步。"""
        return [question.t for question in self.places]

    def at(self, i: int) -> Tensor:
        """Where it was at the i-th of these times; nan if it never came there. 在第 i 个时间步处的 x_t；没走到则为 nan。"""
        return self.places[i].xt if i < len(self.places) else torch.full_like(self.end, torch.nan)


def trial(
    generator: torch.Generator,
    schedule: Schedule,
    times: list[int],
    shape: tuple[int, ...] = (3, 2, 4),
    dtype: torch.dtype = torch.float64,
    **changes: Any,
) -> Case:
    """The arguments of one walk: nothing known, scale 1, one denoiser for both unless told. 走一遍所需的参数。"""
    denoiser, xT = leaning(generator), torch.randn(shape, generator=generator, dtype=dtype)
    z = torch.randn(len(times) - 1, 2, *shape, generator=generator, dtype=dtype)
    case = {"schedule": schedule, "conditional": denoiser, "unconditional": denoiser, "scale": 1.0}
    case |= {"known": torch.zeros_like(xT), "mask": torch.zeros(shape, dtype=torch.bool), "xT": xT}
    return case | {"times": times, "z": z} | changes


def some_known(generator: torch.Generator, shape: tuple[int, ...] = (3, 2, 4)) -> Case:
    """Known pixels and a mask, True at about half of them. 已知像素与掩码，约一半为 True。"""
    mask = torch.rand(shape, generator=generator) < 0.5
    mask.view(-1)[:2] = torch.tensor([True, False])
    return {"known": torch.randn(shape, generator=generator, dtype=torch.float64), "mask": mask}


def falling_times(schedule: Schedule, steps: int, generator: torch.Generator) -> list[int]:
    """Times that fall to 0, never by 1 alone before the last. 降到 0 的时间步；最后一步之前，每步都不止 1。"""
    room = (schedule.T - 4) // steps
    jumps = torch.randint(2, room + 1, (steps - 1,), generator=generator).tolist()
    times = [schedule.T - int(torch.randint(0, 3, (), generator=generator))]
    for jump in jumps:
        times.append(times[-1] - jump)
    return [*times, 0]


def ran(answer: Callable, case: Case) -> Run:
    """Let an answer walk, with denoisers that note what they are asked, at most 6 times as often as there are times.

    让答案走一遍；去噪器记下每次提问，次数至多是时间步个数的 6 倍。
    """
    asked: list[Question] = []

    def noting(who: str) -> Denoiser:
        def denoise(xt: Tensor, t: Any) -> Tensor:
            if len(asked) >= 6 * len(case["times"]):
                raise CourseError(
                    f"{len(asked)} questions in {len(case['times']) - 1} steps, and more to come: does a loop not end?",
                    f"只走 {len(case['times']) - 1} 步就已问了 {len(asked)} 次，还在问：是不是循环停不下来？",
                )
            at = torch.as_tensor(t).flatten().double()
            if bool((at != at[0].round()).any()):
                raise CourseError(
                    f"A denoiser is asked about t = {at.tolist()}; it takes one whole number.",
                    f"问去噪器的是 t = {at.tolist()}；它只认一个整数。",
                )
            asked.append(Question(who, xt.clone(), int(at[0])))
            return case[who](xt, int(at[0]))

        return denoise

    handed = case | {who: noting(who) for who in AT.values()} | {"times": list(case["times"])}
    end, fault = called(answer, handed)
    if fault is not None and fault is not BLANK:  # the shapes of nine arguments help nobody
        fault = fault[0].removeprefix(f"with {describe(handed)} "), fault[1].removeprefix(f"{describe(handed)} 时")
    if fault is None and not isinstance(end, Tensor):
        kind = type(end).__name__
        fault = f"it returns a {kind}; return x_0 alone, a tensor", f"返回的是 {kind}；应当只返回 x_0，一个张量"
    if fault is None and end.shape != case["xT"].shape:
        given, wanted = tuple(end.shape), tuple(case["xT"].shape)
        fault = f"it returns the shape {given}; x_T has {wanted}", f"返回的形状是 {given}；x_T 的是 {wanted}"
    return Run(asked, end, fault)


def departs(given: Tensor, exact: Tensor, tolerance: float = 1e-5) -> bool:
    """Is a tensor another than the exact one, beyond rounding, or not finite? 一个张量是否与精确值不同（容差之外），或不是有限数？"""
    if given.shape != exact.shape or not bool(given.isfinite().all()):
        return True
    off = (given.double() - exact.double()).abs().amax() if given.numel() else 0.0
    return float(off) > tolerance * max(1.0, float(exact.abs().amax()) if exact.numel() else 0.0)
