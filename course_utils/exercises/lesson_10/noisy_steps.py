"""Take a step that draws noise apart: what it does without noise, exactly, and the noise that it adds.

把抽噪声的一步拆成两份：不计噪声时它做了什么（精确值），以及它加进的噪声。

The same seed gives the same noise, so a step from 0 with score 0 is the noise alone, and the difference is the rest.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake, called
from course_utils.exercises.normal_noise import fault_of_noise
from course_utils.language import Said

Case = dict[str, Any]
LARGE = (100, 2, 10, 10)  # numbers enough to tell a factor of 0.96 from 1
NEAR = 0.04
SHAPES = (((5, 2), torch.float64), ((2, 1, 4, 4), torch.float32), ((3, 7), torch.float64), ((6,), torch.float32))


class Seed(NamedTuple):
    """Where a generator of a trial begins. 试验中发生器的种子。"""

    begin: int


class Scaled(NamedTuple):
    """A mistake of the noise's factor: what the factor is, and what is said of it. 噪声系数的错误：系数与说明。"""

    factor: Callable[..., float]
    en: str
    zh: str


class Trials(NamedTuple):
    """How a kind of step is tried: the names that 0 is put for, the case of a large batch, the factor of its noise.

    怎样试验一种步：哪些参数换成 0、一大批样本的各次试验、噪声应有的系数。
    """

    still: Callable[[Case], Case]
    large: Sequence[Case]
    factor: Callable[..., float]
    mistakes: Sequence[Scaled]


def seeded_anew(answer: Callable) -> Callable:
    """The step with a generator of its own at each call, last, from a `Seed`. 每次调用都用由 `Seed` 新造的发生器。"""
    return lambda *given: answer(*given[:-1], torch.Generator().manual_seed(given[-1].begin))


def moved(answer: Callable, names: Sequence[str], still: Callable[[Case], Case]) -> Callable:
    """What the step does but for its noise. 这一步除噪声之外做了什么。"""
    step = seeded_anew(answer)

    def without_noise(*given: Any) -> Any:
        result = step(*given)
        if not isinstance(result, Tensor):
            return result
        return result - step(*still(dict(zip(names, given, strict=True))).values())

    return without_noise


def fault_of_source(answer: Callable, case: Case, other: Seed) -> Said | None:
    """Does the noise come from the generator that is handed in? 噪声是不是用传进来的发生器抽的？"""
    step = seeded_anew(answer)
    result, fault = called(step, case)
    if fault is not None:
        return fault
    if not isinstance(result, Tensor) or result.shape != next(iter(case.values())).shape:
        return None  # said later
    again, elsewhere = (called(step, case | {"generator": seed})[0] for seed in (case["generator"], other))
    if not torch.equal(result, again) and bool(result.isfinite().all()):
        return (
            "its noise does not come from `generator`: two calls with generators alike differ. Draw with "
            "`torch.randn(x.shape, generator=generator, dtype=x.dtype)`",
            "它的噪声不是用 `generator` 抽的：两次调用，发生器完全一样，结果却不同。请用 "
            "`torch.randn(x.shape, generator=generator, dtype=x.dtype)` 来抽",
        )
    if torch.equal(result, elsewhere):
        return (
            "whatever `generator` is, the result is the same: no noise is added, or it is the same each time",
            "无论 `generator` 是什么，结果都一样：没有加噪声，或者每次都是同一份",
        )
    handed = torch.Generator().manual_seed(other.begin)
    first, second = (called(lambda *given: answer(*given[:-1], handed), case)[0] for _ in range(2))
    if bool(result.isfinite().all()) and torch.equal(first, second):
        return (
            "two steps with one `generator` add the same noise: draw with `generator` itself, which then stands further on, "
            "and not with a copy of it or of its seed",
            "用同一个 `generator` 走两步，加的是同一份噪声：请直接用 `generator` 抽，抽过它就往前走了；不要用它的副本，也不要用它的种子",
        )
    return None


def fault_of_draws(answer: Callable, trials: Trials) -> Said | None:
    """Is the noise N(0, I) times its factor, drawn for each number anew? 噪声是不是 N(0, I) 乘系数，每个数都新抽？"""
    step, drawn, wanted = seeded_anew(answer), [], []
    for case in trials.large:
        noise, fault = called(step, trials.still(case))
        if fault is not None:
            return fault
        drawn.append(noise)
        wanted.append(trials.factor(**case))
    shared = _shared(drawn[0])
    if shared is not None:
        return shared
    sizes = [float(noise.double().square().mean().sqrt()) for noise in drawn]
    if any(abs(size / want - 1) > NEAR for size, want in zip(sizes, wanted, strict=True)):
        return _named(sizes, wanted, trials)
    return fault_of_noise(drawn[0] / wanted[0], torch.rand(LARGE))


def _shared(noise: Tensor) -> Said | None:
    if bool((noise == noise.flatten()[0]).all()):
        return (
            "one single number is drawn for all; every number of every sample has noise of its own",
            "只抽了一个数，大家共用；每个样本的每个数都要有自己的噪声",
        )
    if torch.equal(noise[0], noise[1]):
        return (
            "one draw serves the whole batch: all samples get the same noise. Draw in the shape of x, the batch included",
            "整批只抽了一次，所有样本的噪声都一样。请按 x 的形状（连同批）来抽",
        )
    flat = noise.flatten(1)
    if bool((flat == flat[:, :1]).all()):
        return (
            "one number is drawn for each sample; every number of a sample has noise of its own",
            "每个样本只抽了一个数；样本的每个数都要有自己的噪声",
        )
    return None


def _named(sizes: Sequence[float], wanted: Sequence[float], trials: Trials) -> Said:
    for mistake in trials.mistakes:
        wrong = [mistake.factor(**case) for case in trials.large]
        if all(abs(size - other) <= NEAR * max(other, 1e-6) for size, other in zip(sizes, wrong, strict=True)):
            return mistake.en, mistake.zh
    at = max(range(len(sizes)), key=lambda i: abs(sizes[i] - wanted[i]))
    return (
        f"the noise has the wrong factor: its standard deviation is {sizes[at]:.3g} where it should be {wanted[at]:.3g}",
        f"噪声的系数不对：标准差是 {sizes[at]:.3g}，应为 {wanted[at]:.3g}",
    )


def as_answers(make: Callable[[Callable[..., float]], Callable], scaled: Sequence[Scaled]) -> list[Mistake]:
    """Mistakes of the noise as whole answers. 噪声的错误写成完整的答案。"""
    return [Mistake(make(mistake.factor), mistake.en, mistake.zh) for mistake in scaled]
