"""Gates for what is known of a sample: a mask, or a linear measurement and what it gave.

已知信息的关口：掩码，或线性测量及其结果。
"""

from typing import Any

import torch
from torch import Tensor

from course_utils.gates.saying import has_values, in_words
from course_utils.language import CourseError


def check_mask(mask: Any, *, least: int = 0) -> Tensor:
    """Return a mask: bools, at least so many of them True. 返回掩码：布尔值，其中至少有这么多个 True。

    Raises: CourseError for anything else, numbers 0 and 1 too.
    """
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool or not has_values(mask) or int(mask.sum()) < least:
        raise CourseError(
            f"mask is {in_words(mask)}. It must be a tensor of bools in the shape of one sample, True where it is "
            "known: torch.tensor([True, False]), or numbers > 0.5.",
            f"mask 是 {in_words(mask)}。它应当是由布尔值组成的张量，形状与单个样本相同，已知处为 True："
            "torch.tensor([True, False])，或用 numbers > 0.5。",
        )
    return mask


def check_measurement(measure: Tensor, y: Tensor, of: Tensor | None = None, *, each: bool = False) -> None:
    """Make sure that a matrix and what it gave belong together, and to these samples.

    确认矩阵与测得的数相配，也与样本相配。

    Shapes: measure (m, d), y (m,), or with `each` (b, m), `of` (b, ...) of d numbers each.
    Raises: CourseError otherwise.
    """
    fits = measure.ndim == 2 and y.ndim in (1, 1 + each) and y.shape[-1] == len(measure)
    if fits and of is not None:
        fits = measure.shape[1] == of[0].numel() and (y.ndim == 1 or len(y) == len(of))
    if not fits:
        d, of_en, of_zh = "d", "", ""
        if of is not None:
            d, of_en, of_zh = of[0].numel(), f" for samples {tuple(of.shape)}", f"，样本是 {tuple(of.shape)}"
        or_en, or_zh = (", (m,) or (b, m)", "，即 (m,) 或 (b, m)") if each else ("", "")
        raise CourseError(
            f"measure has shape {tuple(measure.shape)} and y {tuple(y.shape)}{of_en}. A measurement of {d} "
            f"numbers is a matrix (m, {d}), and y has m numbers{or_en}: coordinates(mask), x0[mask].",
            f"measure 的形状是 {tuple(measure.shape)}，y 的是 {tuple(y.shape)}{of_zh}。对 {d} 个数的测量"
            f"是矩阵 (m, {d})，y 有 m 个数{or_zh}：coordinates(mask)，x0[mask]。",
        )
