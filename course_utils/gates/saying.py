"""What was given, in the few words that a refusal has for it. 给了什么：拒绝时用来描述它的三言两语。"""

from numbers import Real
from typing import Any

import torch
from torch import Tensor

from course_utils.language import Said

Name = str | Said  # the name of an argument, or words: then in both languages


def in_both(name: Name) -> Said:
    """A name in both languages, as a sentence begins with it: that of an argument is the same in both.

    两种语言中的名字，作句子的开头：参数的名字两边相同。
    """
    en, zh = name if isinstance(name, tuple) else (name, name)
    return en, zh + " " * zh[-1].isascii()


def alone(value: Any) -> bool:
    """Is it a single thing, and no array of things? 是单个的东西，不是数组吗？"""
    return getattr(value, "ndim", 0) == 0


def has_values(x: Tensor) -> bool:
    """Does a tensor hold a number for each of its places? On the device "meta" it holds none, and sparse not all.

    张量的每一处都存着数吗？设备 "meta" 上一个也没有，稀疏张量则不全；8 位浮点与量化的只供存放，不能计算。

    Numbers of 8 bits, and quantized ones, are there to be stored: nothing is computed with them.
    """
    stored = x.is_quantized or (x.is_floating_point() and x.element_size() == 1)
    return x.layout == torch.strided and not x.is_meta and not stored


def written(value: Any) -> str:
    """A value as Python writes it; one that it will not write, such as a number of 5,000 digits, by its kind.

    Python 对一个值的写法；它不肯写的（例如 5,000 位的数），说出它的类。
    """
    try:
        return repr(value)
    except Exception as error:  # a number beyond what Python writes out, or whatever a class of the reader's raises
        return f"{type(value).__name__} ({type(error).__name__})"


def in_short(value: Any) -> str:
    """A value as it is written, cut where a sentence would be lost in it. 一个值的写法；长得会淹没句子的，截短。"""
    shown = written(value)
    return shown if len(shown) < 80 else shown[:80] + "…"


def in_words(value: Any) -> str:
    """A tensor's type and shape, a number or word itself, else its kind. 张量的类型与形状，数或词本身，或它的类。"""
    if isinstance(value, Tensor):
        how = "" if value.layout == torch.strided else f" ({value.layout})"
        return f"{value.dtype} {tuple(value.shape)}{how}{' (device meta)' if value.is_meta else ''}"
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"{type(value).__name__} {tuple(value.shape)}"
    if value is None or isinstance(value, Real | str | bytes):
        return in_short(value)
    return type(value).__name__


def with_values(value: Any) -> str:
    """As `in_words`, and a tensor's first values. 同 `in_words`，外加张量开头的几个值。"""
    if not isinstance(value, Tensor) or not value.numel() or not has_values(value):
        return in_words(value)
    shown = ", ".join(f"{number:g}" for number in value.detach().flatten()[:8].tolist())
    return f"{in_words(value)} [{shown}{', …' if value.numel() > 8 else ''}]"
