"""The digit that lesson 00 hides under noise.

第 00 课藏在噪声里的数字。
"""

from torch import Tensor

from course_utils.data import digits

MYSTERY = 1004


def mystery() -> Tensor:
    """The digit that lesson 00 hides under noise, (1, 1, 8, 8). 第 00 课藏在噪声里的数字。"""
    return digits().x[MYSTERY : MYSTERY + 1]


def hidden_digit() -> int:
    """The label of the hidden digit. 藏着的数字的标签。"""
    return int(digits().y[MYSTERY])
