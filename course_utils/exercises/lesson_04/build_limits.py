"""Judges of the exact denoiser of labelled data at the limits of the machine: numbers that cancel or vanish, and memory.

在机器的极限处评判带标签数据的精确去噪器：相消或消失的数，以及内存。
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from course_utils import schedules
from course_utils.exercises.judging import judge_function
from course_utils.exercises.lesson_04.build_judges import asked, formless, judge_points
from course_utils.exercises.lesson_04.build_mistakes import FAR_MISTAKES, ROUNDED, UNDERFLOWN
from course_utils.forward import forward_jump
from course_utils.language import Said
from course_utils.oracle import finite


def judge_stable(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is it right at t = 1, far from thousands of data, and for float32 images that are alike? t = 1 时是否也对？"""
    if (fault := formless(answer)) is not None:
        return fault
    schedule, ask = schedules.cosine(), asked(answer)
    crowd = torch.rand(3000, 8, generator=generator, dtype=torch.float64) * 2 - 1
    outside = torch.eye(8, dtype=torch.float64)[:4] * 3
    x = torch.cat([outside, crowd])
    xt = outside * torch.tensor([[9.0], [1.0], [12.0], [4.0]])
    far = {"schedule": schedule, "x": x, "y": torch.zeros(len(x)).long(), "xt": xt, "t": 1}
    nearest = finite(schedule, x)(xt, 1)

    def why(_: Callable) -> Said:
        return judge_points(answer, generator) or UNDERFLOWN  # a wrong formula is wrong here, too

    if (fault := judge_function(ask, lambda *_: nearest, [far], FAR_MISTAKES, explain=why)) is not None:
        return fault
    alike = torch.full((40, 784), -0.95, dtype=torch.float64)
    alike[:, :4] += 5e-3 * torch.randn(40, 4, generator=generator, dtype=torch.float64)
    xt = forward_jump(schedule, alike[:4], 1, generator=generator).xt
    near = {"schedule": schedule, "x": alike.float(), "y": torch.zeros(40).long(), "xt": xt.float(), "t": 1}

    def in_float64(schedule: Any, x: Tensor, y: Tensor, xt: Tensor, t: int) -> Tensor:
        if judge_points(answer, generator) is None:
            return finite(schedule, x)(xt.double(), t)
        return ask(schedule, x.double(), y, xt.double(), t).double()  # the formula is the other part's business

    def as_given(*given: Any) -> Any:
        guess = ask(*given)
        return guess.double() if isinstance(guess, Tensor) else guess

    return judge_function(as_given, in_float64, [near], tolerance=1e-5, explain=lambda _: ROUNDED)


class _Largest(TorchDispatchMode):
    """Watches how much memory the largest tensor takes that is made meanwhile, in bytes; below vmap, too."""

    found = 0

    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = operation(*args, **(kwargs or {}))
        for made in result if isinstance(result, tuple | list) else (result,):
            if isinstance(made, Tensor) and not made.is_sparse:
                self.found = max(self.found, made.untyped_storage().nbytes())
        return result


def judge_memory(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is no tensor on the way more than four times as large as the data? 途中是否没有哪个张量大过数据的四倍？"""
    if (fault := formless(answer)) is not None:
        return fault
    b, n, pixels = 24, 300, 256
    x, xt = (torch.rand(k, pixels, generator=generator, dtype=torch.float32) for k in (n, b))
    denoise = answer(schedules.cosine(), x, torch.arange(n) % 10)
    with _Largest() as largest:
        denoise(xt, 500)
    allowed = 4 * 8 * n * pixels  # of the data in float64
    if largest.found <= allowed:
        return None
    made, most = f"{largest.found / 2**20:.0f}", f"{allowed / 2**20:.1f}"
    return (
        f"with {b} images of {pixels} pixels and {n} data, a tensor of {made} MiB appears on the way; allowed are {most} MiB, "
        f"four times the data in float64. Multiply the square out: a matrix product gives (b, n) at once. (Whoever goes "
        f"through the samples in lots takes at most 4 at a time)",
        f"{b} 幅图像、每幅 {pixels} 个像素、{n} 个数据点，途中却出现了 {made} MiB 的张量；至多允许 {most} MiB，"
        f"即数据按 float64 计的四倍。把平方展开：一次矩阵乘法就得到 (b, n)。（若分块来算，每块至多 4 个样本）",
    )
