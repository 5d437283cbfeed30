"""What a reader's function is handed: copies, down to the last list, so that what it changes in place is noticed.

交给读者函数的东西：一律是副本，连嵌套的列表也复制，这样就地改动了什么都看得出来。
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.schedules import Schedule


def copied(value: Any) -> Any:
    """A copy of tensors, arrays and schedules, and of lists, tuples and dictionaries of them; anything else as it is.

    张量、数组、调度的副本，以及由它们组成的列表、元组、字典的副本；其余的原样返回。
    """
    if isinstance(value, Schedule):
        return Schedule(value.alpha_bar.clone())
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(map(copied, value))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(copied, value))
    return {name: copied(part) for name, part in value.items()} if type(value) is dict else value


def unchanged(kept: Any, handed: Any) -> bool:
    """Does what was handed out still hold what was kept? nan stays nan. 交出去的与留着的仍然一样吗？nan 视为不变。"""
    if isinstance(kept, Schedule):
        return torch.equal(kept.alpha_bar, handed.alpha_bar)
    if isinstance(kept, list | tuple):
        alike = isinstance(handed, type(kept)) and len(kept) == len(handed)
        return alike and all(map(unchanged, kept, handed))
    if isinstance(kept, dict):
        alike = isinstance(handed, dict) and list(kept) == list(handed)
        return alike and all(unchanged(part, handed[name]) for name, part in kept.items())
    if not isinstance(kept, Tensor | np.ndarray):
        return kept is handed or bool(np.all(kept == handed))
    same = type(handed) is type(kept) and kept.shape == handed.shape
    return same and bool(((kept == handed) | (kept != kept) & (handed != handed)).all())
