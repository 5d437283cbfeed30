"""Judges of lesson 05, The U-Net, block by block.

第 05 课“U-Net 逐块搭建”的评判。
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.blocks import ResidualBlock, sinusoids
from course_utils.exercises.judging import asked_number, called, judge_function
from course_utils.exercises.lesson_05.mistakes import (
    ATTENTION_MISTAKES,
    BLOCK_MISTAKES,
    CHANGED_BLOCK,
    CHANGED_SKIP,
    NO_SHORT_CUT,
    OVERFLOW,
    SKIP_MISTAKES,
    TRANSPOSE_MISTAKES,
    TURN_MISTAKES,
    WRONG_TRANSPOSE,
    way_up,
)
from course_utils.exercises.lesson_05.traces import (
    fault_in_block,
    fault_of_weights,
    fault_on_the_way_up,
)
from course_utils.experiments.features import HALF, agreement_at, parting
from course_utils.language import Said
from course_utils.randomness import stream_at

TOLERANCE = 1e-4


def judge_turn(answer: Callable, generator: torch.Generator) -> Said | None:
    """Do the clocks say what they would say s later? 各钟的读数，是不是过了 s 之后的读数？"""

    def later(seen: Tensor, frequency: Tensor, s: Tensor) -> Tensor:
        sin, cos = seen.chunk(2, dim=1)
        angle = torch.atan2(sin, cos) + s[:, None] * frequency
        return torch.cat([angle.sin(), angle.cos()], dim=1)

    cases = []
    for b, f, dtype in ((5, 3, torch.float32), (4, 4, torch.float64), (1, 16, torch.float32), (7, 1, torch.float64)):
        x, s = torch.rand(2, b, generator=generator, dtype=dtype) * 30 - 10
        frequency = torch.rand(f, generator=generator, dtype=dtype) * 2 + 0.1
        cases.append({"seen": sinusoids(x, frequency), "frequency": frequency, "s": s})
    return judge_function(answer, later, cases, TURN_MISTAKES, TOLERANCE)


def _drawn_block(c_in: int, c_out: int, dtype: torch.dtype, generator: torch.Generator) -> ResidualBlock:
    """A block all of whose weights are drawn, so that every layer has a say."""
    with stream_at(0):
        block = ResidualBlock(c_in, c_out, 12).to(dtype).requires_grad_(False)
    for name, weight in block.named_parameters():
        drawn = torch.randn(weight.shape, generator=generator, dtype=dtype)
        fan_in = weight[0].numel() if weight.ndim > 1 else 4
        weight.copy_(drawn / fan_in**0.5 + (1 if name in ("norm1.weight", "norm2.weight") else 0))
    return block


def judge_block(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is it what the package's block does, under drawn weights? 在随机权重下，与本包的块所做的是否一样？"""

    def case(b: int, c_in: int, c_out: int, h: int, w: int, dtype: torch.dtype) -> dict[str, Any]:
        x, told = (torch.randn(size, generator=generator, dtype=dtype) for size in ((b, c_in, h, w), (b, 12)))
        return {"block": _drawn_block(c_in, c_out, dtype, generator), "x": 2 * x + 0.5, "embedding": 2 * told}

    def package(block: ResidualBlock, x: Tensor, embedding: Tensor) -> Tensor:
        return block(x, embedding)

    same = [case(3, 16, 16, 6, 6, torch.float32), case(1, 32, 32, 5, 7, torch.float64)]
    before = [package(**each) for each in same]
    explain = partial(fault_in_block, package=package, case=same[0])
    fault = judge_function(answer, package, same, BLOCK_MISTAKES, TOLERANCE, explain=explain)
    if fault is not None:
        return fault
    if not all(torch.equal(package(**each), kept) for each, kept in zip(same, before, strict=True)):
        return CHANGED_BLOCK
    wider = [case(2, 16, 32, 4, 4, torch.float64), case(2, 48, 16, 8, 8, torch.float32)]
    fault = judge_function(answer, package, wider, BLOCK_MISTAKES, TOLERANCE)
    return NO_SHORT_CUT if fault is not None and _adds_x(answer, same[0]) else fault


def _adds_x(answer: Callable, case: dict[str, Any]) -> bool:
    """Does it add x itself where the short cut is another layer? 捷径是另一层时，加的仍是 x 本身吗？"""
    result, _ = called(answer, case)
    case["block"].short_cut = nn.Conv2d(16, 16, 1).requires_grad_(False)
    other, _ = called(answer, case)
    return isinstance(other, Tensor) and torch.allclose(other, result, atol=1e-3)


def judge_attention(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is it what torch's own attention gives? 与 torch 自己的注意力结果是否一样？"""

    def case(b: int, n: int, d: int, dtype: torch.dtype, size: float = 1.5) -> dict[str, Tensor]:
        q, k, v = torch.randn(3, b, n, d, generator=generator, dtype=dtype)
        return {"q": size * q, "k": size * k, "v": v}

    cases = [case(3, 9, 4, torch.float32), case(1, 16, 8, torch.float64), case(2, 6, 6, torch.float64)]
    explain = partial(fault_of_weights, generator=generator)
    fault = judge_function(
        answer, F.scaled_dot_product_attention, cases, ATTENTION_MISTAKES, TOLERANCE, explain=explain
    )
    if fault is not None:
        cube = [case(4, 4, 4, torch.float64)]
        turned = judge_function(answer, F.scaled_dot_product_attention, cube, TRANSPOSE_MISTAKES, TOLERANCE)
        return WRONG_TRANSPOSE if turned == WRONG_TRANSPOSE else fault
    large = case(2, 12, 8, torch.float64, 60.0)
    result, _ = called(answer, large)
    if isinstance(result, Tensor) and not bool(result.isfinite().all()):
        return OVERFLOW
    return judge_function(answer, F.scaled_dot_product_attention, [large], (), 1e-2)


def _way(floors: Sequence[tuple[int, int]], dtype: torch.dtype, generator: torch.Generator) -> dict[str, Any]:
    """The features at the bottom, the skips from the top down, and the blocks on the way up.

    Each floor has channels and a size; a block mixes what it is given at each place, and doubles where the next skip
    is larger. Blocks take any number of channels, so that a wrong join gives wrong numbers.
    """
    skips = tuple(torch.randn(2, c, size, size, generator=generator, dtype=dtype) for c, size in floors)
    up, c = [], floors[-1][0]
    x = torch.randn(2, c, floors[-1][1], floors[-1][1], generator=generator, dtype=dtype)
    for i in reversed(range(len(floors))):
        into, size = floors[max(i - 1, 0)]
        weight = torch.randn(into, c + floors[i][0], generator=generator, dtype=dtype) / 3
        up.append(_mixer(weight, size // floors[i][1]))
        c = into
    return {"x": x, "skips": skips, "up": tuple(up)}


def _mixer(weight: Tensor, larger: int) -> Callable[[Tensor], Tensor]:
    def block(h: Tensor) -> Tensor:
        mixed = torch.einsum("oc,bchw->bohw", weight[:, : h.shape[1]], h).tanh()
        return F.interpolate(mixed, scale_factor=larger) if larger > 1 else mixed

    return block


def judge_skips(answer: Callable, generator: torch.Generator) -> Said | None:
    """Does the way up use each skip, the last one first, behind x? 向上的路是否从最后一条用起，把每条都拼在 x 之后？"""

    intact = []

    def handed(x: Tensor, skips: tuple, up: tuple) -> Tensor:
        copies = [skip.clone() for skip in skips]
        result = answer(x, list(copies), list(up))  # lists of its own, so it may pop
        intact.append(all(torch.equal(skip, copy) for skip, copy in zip(skips, copies, strict=True)))
        return result

    alike = [_way([(3, 4)] * n, dtype, generator) for n, dtype in ((3, torch.float32), (5, torch.float64))]
    explain = partial(fault_on_the_way_up, case=alike[0])
    fault = judge_function(handed, way_up, alike, SKIP_MISTAKES, TOLERANCE, explain=explain)
    if fault is not None:
        return fault
    real = [_way([(2, 8), (2, 8), (3, 4), (5, 2)], torch.float32, generator), _way([(4, 3)], torch.float64, generator)]
    fault = judge_function(handed, way_up, real, (), TOLERANCE)
    return CHANGED_SKIP if fault is None and not all(intact) else fault


WITHIN = 20  # timesteps by which the walk's answer may be off


def judge_walk(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the smallest t at which the maps of middle.2 agree less than half? 是不是相似度不足一半的最小的 t？"""
    t, fault = asked_number(answer, 1, 1000)
    if fault is not None or abs(t - parting()) <= WITHIN:
        return fault
    same = f"same = {agreement_at(t):.2f}"
    if agreement_at(t) >= HALF and t > parting():
        return (
            f"at t = {t}, {same} is high again, for little is left to be found; it falls below {HALF} much earlier",
            f"t = {t} 时 {same}，又升高了，因为已没有多少可找；它更早就低于 {HALF} 了",
        )
    if t < parting():
        return (
            f"in middle.2 at t = {t} it still says {same}, not less than {HALF}; move t up",
            f"在 middle.2，t = {t} 时还是 {same}，并不小于 {HALF}；把 t 往上调",
        )
    return (
        f"in middle.2 it falls below {HALF} earlier (at t = {t}: {same}); come from small t",
        f"在 middle.2，更早就低于 {HALF} 了（t = {t} 时 {same}）；请从小的 t 开始找",
    )
