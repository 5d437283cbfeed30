"""Names and symbols as charts write them, as printed columns do, and as they are read aloud.

名字与符号：图上怎么写，对齐的列里怎么写，朗读时怎么读。
"""

import re
import unicodedata
from typing import Any

from course_utils.gates import check_listed, check_numbers, check_whole, check_word

ACCENTS = {"bar": "\u0304", "hat": "\u0302", "tilde": "\u0303"}
SIGNS = {"sqrt": "√", "to": "→", "cdots": "…", "int": "∫", "mathcal": "", "ell": "ℓ"}


def in_print(name: str) -> str:
    """A name as a chart writes it: the tilde of a beta large enough to be told from none.

    图上所写的名字：β 的波浪号画得够大，不致与没有的相混。
    """
    return name.replace("β̃", r"$\tilde\beta$")


def named_above(page, axes) -> None:
    """Name each line above the page once, from whichever of these panels it first stands in.

    在整页上方把每条线各写一次名字，不论它最先出现在哪一格。

    A line without a name is not written.
    """
    lines = {}
    for ax in axes:
        for line, name in zip(*ax.get_legend_handles_labels(), strict=True):
            lines.setdefault(in_print(name), line)
    page.legend(lines.values(), lines, loc="outside upper center", ncols=len(lines), frameon=False)


def in_column(name: str, width: int) -> str:
    """A name filled up with spaces to so many places; a mark above a letter takes none.

    用空格补到 `width` 位的名字；字母上方的符号不占位。

    Raises: CourseError for a name that is no word, or a width below 0.
    """
    name, width = check_word("name", name), check_whole("width", width, 0)
    return name + " " * (width - sum(not unicodedata.combining(letter) for letter in name))


def times_in_print(times: Any, n: int) -> list[str]:
    """One time for each of n images, as a chart writes it. n 幅图像各一个时间步，图上所写的样子。

    Raises: CourseError for what is no list of so many finite numbers.
    """
    listed = check_listed("times", times, ("one time for each image", "每幅图像一个时间步"), n, n)
    return [f"{t:g}" for t in check_numbers("times", listed)]


def aloud(words: str) -> str:
    """Words in which formulas between dollar signs have become letters that a screen reader knows: ᾱ_t, √(1-ᾱ_t).

    把美元符号之间的公式换成读屏软件认得的字符：ᾱ_t、√(1-ᾱ_t)。
    """
    return unicodedata.normalize("NFC", re.sub(r"\$([^$]*)\$", lambda formula: _letters(formula[1]), words))


def _letters(formula: str) -> str:
    text = re.sub(r"\\[ ,]", " ", formula)
    text = re.sub(r"\\frac\{?(\w)\}?\{?(\w)\}?", r"\1/\2", text)
    accent = rf"\\({'|'.join(ACCENTS)})\s*\{{?(\\[a-z]+|[a-zA-Z])\}}?"
    text = re.sub(accent, lambda m: _sign(m[2].lstrip("\\")) + ACCENTS[m[1]], text)
    text = re.sub(r"\\([a-z]+)\s?", lambda m: _sign(m[1]), text)
    text = re.sub(r"√\{([^{}]*\{[^{}]*\}[^{}]*|[^{}]*)\}", r"√(\1)", text)
    return text.replace("{", "").replace("}", "")


def _sign(name: str) -> str:
    try:
        return SIGNS[name] if name in SIGNS else unicodedata.lookup(f"GREEK SMALL LETTER {name.upper()}")
    except KeyError:
        return name
