"""Judges of the exact denoiser of labelled data, part by part.

逐部分评判带标签数据的精确去噪器。

But for the formula itself, which `judge_points` compares with the exact denoiser, an answer is compared with what it
gives where that part is not needed: images with their pixels as points, times and labels one by one. So a fault of one
part is not counted in the others.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.judging import called, judge_function
from course_utils.exercises.lesson_04.build_mistakes import (
    NOT_AT_ALL,
    POINT_MISTAKES,
    time_mistakes,
)
from course_utils.exercises.lesson_04.judges import unflattened
from course_utils.forward import forward_jump
from course_utils.language import Said
from course_utils.oracle import finite

Case = dict[str, Any]  # a trial: what is handed over, by name


def asked(answer: Callable) -> Callable:
    """The reader's two functions as one: (schedule, x, y, xt, t[, labels]) -> x0_hat. 把读者的两个函数合成一个。"""

    def guess(schedule: Any, x: Tensor, y: Tensor, xt: Tensor, *rest: Any) -> Any:
        denoise = answer(schedule, x, y)
        return denoise(xt, *rest) if callable(denoise) else None

    return guess


def formless(answer: Callable) -> Said | None:
    """What is wrong with what comes back, before it is judged: no function, or one that stops. 评判之前：形式对不对？"""
    case = labelled(torch.Generator().manual_seed(0), (4, 2))
    made, fault = called(answer, {name: case[name] for name in ("schedule", "x", "y")})
    if fault is not None:
        return fault
    if not callable(made):
        kind = type(made).__name__
        return (
            f"it returns a {kind}; return the denoiser, a function `(xt, t, labels=None)`",
            f"返回的是 {kind}；请返回去噪器，即函数 `(xt, t, labels=None)`",
        )
    return called(asked(answer), case | {"t": 20})[1]


def labelled(
    generator: torch.Generator,
    shape: tuple[int, ...],
    dtype: torch.dtype = torch.float64,
    classes: tuple[int, int, int] = (2, 5, 7),
) -> Case:
    """Labelled data of a shape (n, ...), of three classes in turn, and three noised samples to guess from.

    形状为 (n, ...)、三类轮流的带标签数据，以及三个要猜的加噪样本。
    """
    schedule = schedules.cosine() if len(shape) % 2 else schedules.linear(300)
    x = torch.rand(shape, generator=generator, dtype=dtype) * 2 - 1
    y = torch.tensor(classes)[torch.arange(shape[0]) % 3]
    xt = forward_jump(schedule, x[:3], schedule.T * 2 // 3, generator=generator).xt
    return {"schedule": schedule, "x": x, "y": y, "xt": xt}


def ignored(answer: Callable, case: Case, **other: Any) -> bool:
    """Is the guess the same with other values of these arguments? 换了这些参数，猜测是否不变？"""
    guesses = [called(asked(answer), given)[0] for given in (case, case | other)]
    whole = all(isinstance(guess, Tensor) and bool(guess.isfinite().all()) for guess in guesses)
    return whole and guesses[0].shape == guesses[1].shape and torch.equal(*guesses)


def judge_points(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is it E[x_0 | x_t] of points in the plane? 对平面上的点，它是不是 E[x_0 | x_t]？"""
    if (fault := formless(answer)) is not None:
        return fault
    cases = []
    for schedule in (schedules.cosine(), schedules.linear(300), schedules.raw_quadratic(50)):
        for t in (schedule.T // 5, schedule.T // 2, schedule.T * 3 // 4):
            case = labelled(generator, (8, 2)) | {"schedule": schedule, "t": t}
            cases.append(case | {"xt": forward_jump(schedule, case["x"][:5], t, generator=generator).xt})

    def truth(schedule: Any, x: Tensor, y: Tensor, xt: Tensor, t: int) -> Tensor:
        return finite(schedule, x)(xt, t)

    single = cases[1] | {"x": cases[1]["x"][:1], "y": cases[1]["y"][:1]}
    return (
        judge_function(asked(answer), truth, cases, POINT_MISTAKES, 1e-4)
        or _asked_again(answer, cases[0], cases[-1])
        or judge_function(asked(answer), truth, [single], tolerance=1e-4)
    )


def _asked_again(answer: Callable, case: Case, other: Case) -> Said | None:
    """What is wrong if one denoiser answers otherwise once it has been asked before: a sampler asks it at every step."""
    fresh, used = (answer(case["schedule"], case["x"].clone(), case["y"].clone()) for _ in range(2))
    used(other["xt"].clone(), other["t"])
    first, second = (denoise(case["xt"].clone(), case["t"]) for denoise in (fresh, used))
    if torch.allclose(first, second, rtol=0, atol=1e-6, equal_nan=True):
        return None
    return (
        "asked a second time, the same denoiser gives another answer, though nothing else has changed: it must leave "
        "what it keeps, such as the data, as it is (`a * x`, not `x *= a`)",
        "同一个去噪器再问一次，别的都没变，回答却不同了：它保存的东西（例如数据）要保持原样（写 `a * x`，不写 `x *= a`）",
    )


def judge_images(answer: Callable, generator: torch.Generator) -> Said | None:
    """Do images give what their pixels give as points, in the shape and dtype of xt? 图像是否与像素作为点时一致？"""
    if (fault := formless(answer)) is not None:
        return fault
    as_points, cases = asked(answer), []
    for shape, dtype in (((9, 5), torch.float64), ((7, 1, 8, 8), torch.float32), ((6, 3, 4, 6), torch.float64)):
        case = labelled(generator, shape, dtype)
        case |= {"t": case["schedule"].T * 2 // 3}
        cases += [case, case | {"xt": case["xt"][:1].to(torch.float32)}]

    def flat(schedule: Any, x: Tensor, y: Tensor, xt: Tensor, t: int) -> Tensor:
        guess = as_points(schedule, x.flatten(1).double(), y, xt.flatten(1).double(), t)
        return guess.reshape(xt.shape).to(xt.dtype)

    if ignored(answer, cases[0], x=-cases[0]["x"]):
        return NOT_AT_ALL["x"]
    fault = next((found for case in cases if (found := unflattened(as_points, case)) is not None), None)
    return fault or judge_function(as_points, flat, cases, tolerance=1e-3)


def judge_times(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does each sample get the guess of its own time? 每个样本是否得到自己那个时间步的猜测？"""
    if (fault := formless(answer)) is not None:
        return fault
    ask, cases = asked(answer), []
    for shape in ((8, 2), (3, 2), (7, 1, 3, 3)):
        case = labelled(generator, shape)
        far = (torch.tensor([0.15, 0.5, 0.9]) * case["schedule"].T).long()
        guess, fault = called(ask, case | {"t": int(far[1])})
        if fault is None and isinstance(guess, Tensor) and guess.shape == case["xt"].shape:  # else: `images`
            cases += [case | {"t": far}, case | {"t": far.flip(0)}]

    if ignored(answer, cases[0] | {"t": 60}, t=200):
        return NOT_AT_ALL["t"]
    return judge_function(ask, one_by_one(ask), cases, time_mistakes(ask), 1e-4)


def one_by_one(ask: Callable) -> Callable[..., Tensor]:
    """Sample by sample, each at its own time, from the data of its own class. 逐个样本，用各自的时间步与各自的类。"""

    def gives(schedule: Any, x: Tensor, y: Tensor, xt: Tensor, t: Any, labels: Tensor | None = None) -> Tensor:
        guesses, times = [], torch.as_tensor(t).expand(len(xt)).tolist()
        for i, k in enumerate([-1] * len(xt) if labels is None else labels.tolist()):
            mine = y == k if k >= 0 else y == y
            guesses.append(ask(schedule, x[mine], y[mine], xt[i : i + 1], times[i]))
        return torch.cat(guesses)

    return gives
