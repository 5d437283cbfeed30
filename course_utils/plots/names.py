"""A name with a tilde, as charts and printed columns write it: DDPM β̃.

带波浪号的名字（如 DDPM β̃），在图上与对齐的列里怎么写。
"""

import unicodedata


def in_print(name: str) -> str:
    """A name as a chart writes it: the tilde of a beta large enough to be told from none.

    图上所写的名字：β 的波浪号画得够大，不致与没有的相混。
    """
    return name.replace("β̃", r"$\tilde\beta$")


def in_column(name: str, width: int) -> str:
    """A name filled up with spaces to so many places; a mark above a letter takes none.

    用空格补到 `width` 位的名字；字母上方的符号不占位。
    """
    return name + " " * (width - sum(not unicodedata.combining(letter) for letter in name))
