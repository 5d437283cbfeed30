"""What was given, in the few words that a refusal has for it. 给了什么：拒绝时用来描述它的三言两语。"""

from numbers import Real
from typing import Any

from torch import Tensor


def alone(value: Any) -> bool:
    """Is it a single thing, and no array of things? 是单个的东西，不是数组吗？"""
    return getattr(value, "ndim", 0) == 0


def in_words(value: Any) -> str:
    """A tensor's type and shape, a number or word itself, else its kind. 张量的类型与形状，数或词本身，或它的类。"""
    if isinstance(value, Tensor):
        return f"{value.dtype} {tuple(value.shape)}"
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"{type(value).__name__} {tuple(value.shape)}"
    if value is None or isinstance(value, Real | str | bytes):
        return repr(value) if len(repr(value)) < 60 else repr(value)[:60] + "…"
    return type(value).__name__


def with_values(value: Any) -> str:
    """As `in_words`, and a tensor's first values. 同 `in_words`，外加张量开头的几个值。"""
    if not isinstance(value, Tensor) or not value.numel():
        return in_words(value)
    shown = ", ".join(f"{number:g}" for number in value.detach().flatten()[:8].tolist())
    return f"{in_words(value)} [{shown}{', …' if value.numel() > 8 else ''}]"
