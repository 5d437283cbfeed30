"""Gates for what is written and listed: words on a picture, lists of so many entries, the names of a dictionary.

写出来与列出来的东西的关口：图上的文字、有若干项的列表、字典里的名字。
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from course_utils.gates.saying import Name, in_both, in_words, written
from course_utils.language import CourseError, Said


def check_word(name: str, value: Any) -> str:
    """Return words. 返回文字。

    Raises: CourseError for anything else, None and numbers too.
    """
    if not isinstance(value, str):
        raise CourseError(
            f'{name} is {in_words(value)}. Give words in quotation marks, for example "step 3"; of a number, '
            f'f"{{number}}".',
            f'{name} 是 {in_words(value)}。请给带引号的文字，例如 "step 3"；若是数，写 f"{{number}}"。',
        )
    return value


def check_listed(name: Name, value: Any, of: Said, least: int = 0, most: int | None = None) -> list:
    """Return the entries of a list, a tuple, a range, an array or a tensor, least to most of them.

    返回列表、元组、区间、数组或张量的各项，共 least 到 most 项。

    `of` says what they are: ("one time for each image", "每幅图像一个时间步").
    Raises: CourseError for anything else: letters of a word, entries that have no order, another number of them.
    """
    listed = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping | Set)
    listed = listed and getattr(value, "ndim", 1) > 0
    entries = list(value) if listed else []
    if not listed or len(entries) < least or (most is not None and len(entries) > most):
        en, zh = in_both(name)
        n = f"{least}" if least == most else f"{least}…{most}" if most is not None else f"≥ {least}"
        held_en, held_zh = (f" ({len(entries)} entries)", f"（{len(entries)} 项）") if listed else ("", "")
        raise CourseError(
            f"{en} is {in_words(value)}{held_en}. Give a list ({n} entries): {of[0]}.",
            f"{zh}是 {in_words(value)}{held_zh}。请给一个列表（{n} 项）：{of[1]}。",
        )
    return entries


def check_same_names(name: str, value: Any, names: Sequence[str]) -> dict:
    """Return a dictionary with just these names, in any order. 返回恰好含这些名字的字典，次序不拘。

    Raises: CourseError for anything else.
    """
    if not isinstance(value, dict) or value.keys() != set(names):
        given = ", ".join(written(key)[:40] for key in value) if isinstance(value, dict) else in_words(value)
        wanted = ", ".join(names)
        raise CourseError(
            f"{name} is {given or '{}'}. Give a dictionary with these names: {wanted}.",
            f"{name} 是 {given or '{}'}。请给含有这些名字的字典：{wanted}。",
        )
    return value
