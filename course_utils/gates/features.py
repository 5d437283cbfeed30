"""Gates for what networks compute with and losses compare: rows, pairs, coefficients, feature maps.

网络所算、损失所比的量的关口：一列数、一对张量、系数、特征图。

They look at types and shapes alone, so they may stand where a network works.
"""

from typing import Any

from torch import Tensor

from course_utils.gates.saying import in_words
from course_utils.language import CourseError


def check_rows(**rows: Any) -> None:
    """Make sure that each of these is a row of numbers: check_rows(x=x, frequency=frequency). 确认每一个都是一列数。

    Shapes: (n,), floating-point.  Raises: CourseError for anything else.
    """
    for name, row in rows.items():
        if not isinstance(row, Tensor) or not row.is_floating_point() or row.ndim != 1:
            raise CourseError(
                f"{name} is {in_words(row)}. It must be a row of numbers, a floating-point tensor (n,): "
                "torch.tensor([0.5, 2.0]); a single one is torch.tensor([0.5]).",
                f"{name} 是 {in_words(row)}。它应当是一列数，即浮点张量 (n,)：torch.tensor([0.5, 2.0])；"
                "只有一个数时用 torch.tensor([0.5])。",
            )


def check_pair(**pair: Any) -> None:
    """Make sure that two tensors can be compared value by value: check_pair(eps_hat=eps_hat, eps=eps).

    确认两个张量可以逐值比较。

    Shapes: both the same, floating-point.
    Raises: CourseError otherwise, for (n,) beside (n, 1) too, which would become (n, n) without a word.
    """
    first, second = pair.values()
    tensors = all(isinstance(x, Tensor) and x.is_floating_point() for x in (first, second))
    if not tensors or first.shape != second.shape or first.device != second.device:
        (a, b), where = pair, ""
        if tensors and first.device != second.device:
            where = f" ({first.device}, {second.device})"
        raise CourseError(
            f"{a} is {in_words(first)} and {b} {in_words(second)}{where}. Both must be floating-point tensors of one "
            "shape, on one device: a number for each number. An array: torch.as_tensor(x); (n, 1): x.squeeze(1).",
            f"{a} 是 {in_words(first)}，{b} 是 {in_words(second)}{where}。两者应当是形状、设备都相同的浮点张量，"
            "逐个数对应。数组用 torch.as_tensor(x)；(n, 1) 用 x.squeeze(1)。",
        )


def check_coefficients(coefficient: Any, x: Any) -> None:
    """Make sure that coefficients can multiply a batch: one for all samples, or one for each.

    确认系数能与一批样本相乘：所有样本共用一个，或每个样本一个。

    Shapes: coefficient () or (b,), x (b, ...), floating-point.  Raises: CourseError otherwise.
    """
    if not isinstance(coefficient, Tensor) or not isinstance(x, Tensor) or coefficient.ndim > 1 or not x.ndim:
        raise CourseError(
            f"The coefficients are {in_words(coefficient)}, the batch {in_words(x)}. Give tensors: () or (b,), such as "
            "schedule.signal[t], and a batch (b, ...).",
            f"系数是 {in_words(coefficient)}，一批样本是 {in_words(x)}。两者都应当是张量：系数 () 或 (b,)，例如 "
            "schedule.signal[t]；样本 (b, ...)。",
        )
    if not x.is_floating_point():
        raise CourseError(
            f"The batch is {in_words(x)}: whole numbers would make the coefficients whole, 0 or 1. Give x.float(), or "
            "of bytes x / 127.5 - 1.",
            f"这批样本是 {in_words(x)}：按整数类型，系数会变成 0 或 1。请给 x.float()；字节图像用 x / 127.5 - 1。",
        )
    if coefficient.ndim and len(coefficient) != len(x):
        raise CourseError(
            f"There are {len(coefficient)} timesteps for a batch of {len(x)} samples. Give one int, or one timestep "
            "per sample.",
            f"一批有 {len(x)} 个样本，却给了 {len(coefficient)} 个时间步。请给一个整数，或每个样本一个。",
        )


def check_map(name: str, x: Any, of: int = 1) -> Tensor:
    """Return a feature map whose channels are a multiple of `of`. 返回通道数是 `of` 的倍数的特征图。

    Shapes: (b, c, h, w).  Raises: CourseError for anything else.
    """
    if not isinstance(x, Tensor) or x.ndim != 4 or x.shape[1] % of:
        en, zh = (f" whose channels are a multiple of {of}", f"，通道数是 {of} 的倍数") if of > 1 else ("", "")
        raise CourseError(
            f"{name} is {in_words(x)}. It must be a feature map, a tensor (b, c, h, w){en}; a single one is x[None].",
            f"{name} 是 {in_words(x)}。它应当是特征图，即张量 (b, c, h, w){zh}；只有一张时用 x[None]。",
        )
    return x


def check_heads(y: Any, x: Any) -> None:
    """Make sure that what the heads give belongs to this feature map. 确认各个头的结果属于这张特征图。

    Shapes: y (b, heads, h w, d), x (b, c, h, w).  Raises: CourseError otherwise.
    """
    b, _, h, w = check_map("x", x).shape
    if not isinstance(y, Tensor) or y.ndim != 4 or (y.shape[0], y.shape[2]) != (b, h * w):
        raise CourseError(
            f"The heads are {in_words(y)}, the feature map {in_words(x)}. Give the heads as ({b}, heads, {h * w}, d), "
            "one row for each place of the map, as split_heads has them.",
            f"各个头是 {in_words(y)}，特征图是 {in_words(x)}。各个头应当是 ({b}, heads, {h * w}, d)，"
            "特征图的每个位置一行，如 split_heads 所给。",
        )
