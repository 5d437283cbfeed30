"""Gates for numbers: whole ones, several of them, real ones, seeds.

数的关口：整数、整数的列表、实数、种子。
"""

import math
import operator
from collections.abc import Callable
from contextlib import suppress
from numbers import Real
from typing import Any

from course_utils.gates.saying import Name, alone, in_both, in_short, in_words, written
from course_utils.language import CourseError, Said

LARGEST = 2**63 - 1  # that a size, a seed or an index in torch can be
MANY = 10_000_000  # things that are made, or steps that are walked, one by one: memory and patience end about here
WIDE = 8_192  # numbers side by side in a layer of a network: a matrix of 8,192 by 8,192 has 67 million


def check_whole(name: Name, value: Any, least: int, most: int | None = None, *, so: Said = ("", "")) -> int:
    """Return a whole number from least to most as an int; numpy's are whole, True and 2.0 are not.

    返回 least 到 most 的整数；numpy 的整数也算，True 与 2.0 不算。

    Raises: CourseError for anything else, and beyond what torch counts with; `so` is a sentence to add.
    """
    whole = None
    if not isinstance(value, bool) and "bool" not in str(getattr(value, "dtype", "")) and alone(value):
        with suppress(TypeError, ValueError, RuntimeError):
            whole = operator.index(value)
    most = LARGEST if most is None and whole is not None and whole > LARGEST else most
    if whole is None or whole < least or (most is not None and whole > most):
        bound = f"{least:,} to {most:,}" if most is not None else ""
        en = f"a whole number from {bound}" if bound else f"a whole number of at least {least:,}"
        zh = f"{least:,} 到 {most:,} 的整数" if bound else f"不小于 {least:,} 的整数"
        _refuse_number(name, value, en, zh, so)
    return whole


def check_multiple(name: str, value: Any, of: int, most: int | None = None, *, so: Said = ("", "")) -> int:
    """Return a whole number above 0, at most `most`, that is a multiple of `of`. 返回 `of` 的正整数倍，不超过 `most`。

    Raises: CourseError for anything else; `so` is a sentence to add: why, and what to try.
    """
    said = f"It must be a multiple of {of}. {so[0]}".rstrip(), f"它应当是 {of} 的倍数。{so[1]}"
    whole = check_whole(name, value, of, most, so=said)
    if whole % of:
        raise CourseError(f"{name} is {whole}. {said[0]}", f"{name} 为 {whole}。{said[1]}")
    return whole


def check_wholes(name: str, values: Any, least: int, most: int | None = None) -> list[int]:
    """Return a list of whole numbers from least to most, at least one. 返回整数的列表：至少一个，都在界内。

    Raises: CourseError for anything else.
    """
    listed = _each(lambda value: check_whole(name, value, least, most), values)
    if not listed:
        en, zh = (f" or above {most:,}", f"、不大于 {most:,}") if most is not None else ("", "")
        raise CourseError(
            f"{name} is {in_short(values)}. Give a list of at least one whole number, none below {least}{en}, such as "
            "[1, 2].",
            f"{name} 是 {in_short(values)}。请给一个整数的列表，至少一个，都不小于 {least}{zh}，例如 [1, 2]。",
        )
    return listed


def check_sizes(name: str, values: Any) -> list[int]:
    """Return the shape of a tensor that memory can hold: whole numbers from 1 on, together at most a thousand million.

    返回内存放得下的张量形状：从 1 起的整数，乘积至多十亿。

    Raises: CourseError for anything else.
    """
    listed = check_wholes(name, values, 1)
    if math.prod(listed) > MANY * 100:
        raise CourseError(
            f"{name} is {in_short(values)}, {math.prod(listed):.3g} numbers, more than memory holds. Give a shape of "
            f"at most {MANY * 100:,}: fewer samples at a time.",
            f"{name} 是 {in_short(values)}，共 {math.prod(listed):.3g} 个数，内存放不下。形状各数之积至多 "
            f"{MANY * 100:,}：请把样本分成几批。",
        )
    return listed


def check_numbers(name: str, values: Any) -> list[float]:
    """Return a list of finite numbers, at least one. 返回有限实数的列表：至少一个。

    Raises: CourseError for anything else.
    """
    listed = _each(lambda value: check_number(name, value), values)
    if not listed:
        raise CourseError(
            f"{name} is {in_short(values)}. Give a list of at least one finite number, such as [0.3, 0.2].",
            f"{name} 是 {in_short(values)}。请给一个有限数的列表，至少一个，例如 [0.3, 0.2]。",
        )
    return listed


def _each(check: Callable[[Any], Any], values: Any) -> list:
    """Each value as its gate hands it on; none where one is refused, or where there is no list of values."""
    if not isinstance(values, str | bytes | dict):
        with suppress(TypeError, CourseError):
            return [check(value) for value in values]
    return []


def check_number(
    name: Name, value: Any, least: float = -math.inf, most: float = math.inf, *, so: Said = ("", "")
) -> float:
    """Return a finite number from least to most as a float. 返回 least 到 most 的有限实数。

    Raises: CourseError for anything else, True and "1" too; `so` is a sentence to add.
    """
    number = math.nan
    if not isinstance(value, bool | str | bytes) and (isinstance(value, Real) or hasattr(value, "dtype")):
        with suppress(TypeError, ValueError, RuntimeError, OverflowError):
            value = getattr(value, "detach", lambda: value)()  # a weight, too, is a number
            number = float(value) if alone(value) and "bool" not in str(getattr(value, "dtype", "")) else math.nan
    if not (math.isfinite(number) and least <= number <= most):
        low, high = least > -math.inf, most < math.inf
        en = f"a number from {least:g} to {most:g}" if low and high else "a finite number"
        zh = f"{least:g} 到 {most:g} 的数" if low and high else "有限的数"
        if low and not high:
            en, zh = f"a finite number of at least {least:g}", f"不小于 {least:g} 的有限数"
        _refuse_number(name, value, en, zh, so)
    return number


def check_seed(value: Any) -> int:
    """Return a seed, a whole number from 0 on. 返回种子：从 0 起的整数。

    Raises: CourseError for anything else.
    """
    return check_whole("seed", value, 0, LARGEST)


def _refuse_number(name: Name, value: Any, en: str, zh: str, so: Said) -> None:
    given = written(value) if alone(value) and len(written(value)) < 60 else in_words(value)
    name_en, name_zh = in_both(name)
    raise CourseError(
        f"{name_en} is {given}. It must be {en}. {so[0]}".rstrip(),
        f"{name_zh}为 {given}。它应当是{' ' * zh[0].isascii()}{zh}。{so[1]}",
    )
