"""Gates for a game of two networks: logits, one a sample, the samples they are of, and weights that shall move.

两个网络博弈的关口：logits（每个样本一个）、它们所属的样本，以及要更新的权重。
"""

from collections.abc import Iterable
from typing import Any

from torch import Tensor

from course_utils.gates.saying import in_words
from course_utils.language import CourseError


def check_logits(**logits: Any) -> None:
    """Make sure that these are logits, one a sample, and equally many: check_logits(real=real, made=made).

    确认给的是 logits：每个样本一个，个数相同。

    Shapes: (n,), floating-point.
    Raises: CourseError for anything else, (n, 1) too, which beside (n,) would become (n, n) without a word.
    """
    given = list(logits.values())
    fits = all(isinstance(x, Tensor) and x.is_floating_point() and x.ndim == 1 and len(x) for x in given)
    if not fits or len(set(map(len, given))) > 1:
        listed = ", ".join(f"{name} {in_words(x)}" for name, x in logits.items())
        raise CourseError(
            f"The logits are {listed}. Give floating-point tensors (n,), one number a sample, of equally many samples: "
            "`discriminator(x)`, of (n, 1) `.squeeze(1)`, of an array `torch.as_tensor(x)`.",
            f"给的 logits 是 {listed}。应当是浮点张量 (n,)，每个样本一个数，样本同样多：`discriminator(x)`；"
            "若是 (n, 1) 就用 `.squeeze(1)`，若是数组就用 `torch.as_tensor(x)`。",
        )


def refuse_slope(logits: Tensor, x: Any) -> None:
    """Say that these logits were not computed from x with gradients, so that there is no slope.

    说明这些 logits 不是由 x 带着梯度算出的，因而没有梯度可言。

    Raises: CourseError, always.
    """
    raise CourseError(
        f"x is {in_words(x)}, and {len(logits)} logits were not computed from it with gradients. Give (n, ...), first "
        "`x.requires_grad_()`, then `slope_penalty(discriminator(x), x)`.",
        f"x 是 {in_words(x)}，而这 {len(logits)} 个 logits 不是由它带着梯度算出的。请给 (n, ...)：先 "
        "`x.requires_grad_()`，再 `slope_penalty(discriminator(x), x)`。",
    )


def check_weights(parameters: Any) -> list:
    """Return weights, or groups of them, as a list. 返回权重（或权重的分组）的列表。

    Raises: CourseError for none, and for a network instead of its weights.
    """
    weights = list(parameters) if isinstance(parameters, Iterable) else [parameters]
    if not weights or not all(isinstance(weight, Tensor | dict) for weight in weights):
        kinds = ", ".join(sorted({type(weight).__name__ for weight in weights})) or "[]"
        raise CourseError(
            f"The parameters are {kinds}. Give the weights of a network, at least one: network.parameters().",
            f"给的参数是 {kinds}。请给网络的权重，至少一个：network.parameters()。",
        )
    return weights
