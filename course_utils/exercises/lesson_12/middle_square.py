"""Exercise 12.crop: the middle square of a picture.

练习 12.crop：图片正中的正方形。
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake, called, describe, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said

SHAPES = ((3, 6, 10), (1, 9, 4), (2, 3, 7, 7), (3, 8, 11), (4, 1, 12, 5), (1, 5))


def middle_square(x):
    """The largest square in the middle of pictures, (..., h, w) -> (..., m, m). 图片正中最大的正方形。"""
    h, w = x.shape[-2:]
    m = min(h, w)
    top, left = (h - m) // 2, (w - m) // 2
    return x[..., top : top + m, left : left + m]


def _placed(top: Callable[[int, int], int], left: Callable[[int, int], int]) -> Callable[[Tensor], Tensor]:
    """A square of the right size in another place."""

    def gives(x: Tensor) -> Tensor:
        h, w = x.shape[-2:]
        m = min(h, w)
        return x[..., top(h, m) : top(h, m) + m, left(w, m) : left(w, m) + m]

    return gives


def _half(n: int, m: int) -> int:
    return (n - m) // 2


def _half_up(n: int, m: int) -> int:
    return (n - m + 1) // 2


# Where an odd number of rows or columns goes, either side may lose one more.
MIDDLES = [_placed(top, left) for top in (_half, _half_up) for left in (_half, _half_up)]
CROP_MISTAKES = [
    Mistake(gives, en, zh)
    for gives, en, zh in (
        (_placed(lambda n, m: 0, lambda n, m: 0), "it is the square at the upper left: as much must go on either side", "取的是左上角的正方形：两边应当切去同样多"),
        (_placed(lambda n, m: n - m, lambda n, m: n - m), "it is the square at the lower right: as much must go on either side", "取的是右下角的正方形：两边应当切去同样多"),
        (_placed(_half, lambda n, m: 0), "wide pictures keep their left end; w is cut on both sides, like h", "横的图片留下了左端；w 也要像 h 那样两边切"),
        (_placed(lambda n, m: 0, _half), "high pictures keep their upper end; h is cut on both sides, like w", "竖的图片留下了上端；h 也要像 w 那样两边切"),
        (lambda x: middle_square(x).flip(-1), "it is mirrored: left and right are swapped", "左右颠倒了，像在镜中"),
        (lambda x: middle_square(x).transpose(-1, -2), "rows and columns are swapped: h is the last axis but one, w the last", "行与列弄反了：h 是倒数第二轴，w 是最后一轴"),
    )
]  # fmt: skip


def judge_crop(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's middle square, or None. 读者切出的正方形错在哪里；正确时为 None。"""
    cases = [
        {"x": torch.randn(shape, generator=generator, dtype=dtype)}
        for shape, dtype in zip(SHAPES, (torch.float32, torch.float64) * 3, strict=True)
    ]
    cases.append({"x": torch.randint(0, 256, (3, 8, 14), generator=generator).to(torch.uint8)})
    for case in cases:
        result, fault = called(answer, case)
        if fault is not None:
            return fault
        if isinstance(result, Tensor) and (fault := _shape_fault(case, result)) is not None:
            return fault
    return judge_function(answer, partial(_as_cut_by, answer), cases, CROP_MISTAKES)


def _as_cut_by(answer: Callable, x: Tensor) -> Tensor:
    """Of the middle squares of x, which may differ by a row or a column, the one that is answered; else the first."""
    found, middles = called(answer, {"x": x})[0], [middle(x) for middle in MIDDLES]
    return next((middle for middle in middles if isinstance(found, Tensor) and torch.equal(found, middle)), middles[0])


def _shape_fault(case: dict[str, Any], result: Tensor) -> Said | None:
    x = case["x"]
    h, w = x.shape[-2:]
    m, found = min(h, w), tuple(result.shape)
    where = describe(case)
    if found == (*x.shape[:-2], m, m):
        return None
    if found == tuple(x.shape):
        return f"with {where} nothing is cut off", f"{where} 时什么也没有切掉"
    if found == (*x.shape[:-2], max(h, w), max(h, w)):
        return (
            f"with {where} the square is as long as the longer side, padded or stretched; take the shorter one",
            f"{where} 时，正方形取了长边，只好补边或拉伸；应取短边",
        )
    said = (
        f"with {where} it has the shape {found}; a square of the shorter side, {m}, is {(*x.shape[:-2], m, m)}",
        f"{where} 时，形状是 {found}；以短边 {m} 为边的正方形是 {(*x.shape[:-2], m, m)}",
    )
    if 0 in found:
        return (
            f"{said[0]}. Where nothing goes, `a:-a` is `0:-0`, which is empty",
            f"{said[1]}。什么也不切时，`a:-a` 成了 `0:-0`，那是空的",
        )
    if found[:-2] == tuple(x.shape[:-2]):
        return said
    return (
        f"{said[0]}. Pictures may have any axes in front: count h and w from the end, `x.shape[-2:]`",
        f"{said[1]}。图片前面可以有任意几个轴：h 与 w 要从后往前数，`x.shape[-2:]`",
    )


CROP = Exercise(
    reference=lambda: middle_square,
    judge=judge_crop,
    hints=(
        (
            "How long is the side of the largest square that fits? How much is left over, and of which side?",
            "放得下的最大正方形，边长是多少？哪条边有多余，多出多少？",
        ),
        (
            "With m the shorter side, h − m rows and w − m columns go, half of them before and half behind.",
            "设 m 为短边，要切去 h − m 行与 w − m 列，前后各一半。",
        ),
        (
            "`top = (h - m) // 2`, `left = (w - m) // 2`, then `x[..., top : top + m, left : left + m]`.",
            "`top = (h - m) // 2`，`left = (w - m) // 2`，再 `x[..., top : top + m, left : left + m]`。",
        ),
    ),
)
