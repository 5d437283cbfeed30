"""Gates for arguments: kinds, functions, numbers, names, seeds, paths, devices.

参数的关口：类别、函数、数、名字、种子、路径、设备。
"""

import inspect
import math
import operator
import os
from collections.abc import Sequence
from contextlib import suppress
from numbers import Real
from pathlib import Path
from typing import Any, TypeVar

import torch

from course_utils.gates.saying import alone, in_words
from course_utils.language import CourseError, Said

Kind = TypeVar("Kind")


def check_kind(name: str, value: Any, kind: type[Kind], example: str) -> Kind:
    """Return a value of this kind: a schedule, a network, a generator. 返回属于这一类的值：调度、网络、发生器。

    Raises: CourseError for anything else; `example` says how to get one.
    """
    if not isinstance(value, kind):
        raise CourseError(
            f"{name} is {in_words(value)}. It must be a {kind.__name__}, for example {example}. Are the arguments in "
            "their order?",
            f"{name} 是 {in_words(value)}。它应当是 {kind.__name__}，例如 {example}。参数的次序对吗？",
        )
    return value


def check_callable(name: str, value: Any, example: str) -> Any:
    """Return what can be called. 返回可以调用的东西。

    Raises: CourseError for anything else; `example` says what could stand there.
    """
    if not callable(value):
        raise CourseError(
            f"{name} is {in_words(value)}. It must be a function, for example {example}. Are the arguments in their "
            "order?",
            f"{name} 是 {in_words(value)}。它应当是函数，例如 {example}。参数的次序对吗？",
        )
    return value


def check_takes(name: str, value: Any, example: str, *given: Any, **named: Any) -> Any:
    """Return what can be called with these arguments, as far as it says what it takes. 返回能以这些参数调用的东西。

    Raises: CourseError for what cannot be called, or takes other arguments; `example` says what could stand there.
    """
    check_callable(name, value, example)
    try:
        asks = inspect.signature(value.forward if isinstance(value, torch.nn.Module) else value)
    except (TypeError, ValueError):  # it does not say
        return value
    try:
        asks.bind(*given, **named)
    except TypeError as error:
        kind = getattr(value, "__name__", type(value).__name__)
        raise CourseError(
            f"{name} is {kind}{asks}, which cannot be called as it will be ({error}). Give for example {example}, or "
            "put it into a function that takes the same arguments.",
            f"{name} 是 {kind}{asks}，无法照需要的方式调用（{error}）。请给例如 {example}，"
            "或把它包进一个参数相同的函数里。",
        ) from None
    return value


def check_whole(name: str, value: Any, least: int, most: int | None = None, *, so: Said = ("", "")) -> int:
    """Return a whole number from least to most as an int; numpy's are whole, True and 2.0 are not.

    返回 least 到 most 的整数；numpy 的整数也算，True 与 2.0 不算。

    Raises: CourseError for anything else; `so` is a sentence to add.
    """
    whole = None
    if not isinstance(value, bool) and "bool" not in str(getattr(value, "dtype", "")) and alone(value):
        with suppress(TypeError, ValueError, RuntimeError):
            whole = operator.index(value)
    if whole is None or whole < least or (most is not None and whole > most):
        bound = f"{least:,} to {most:,}" if most is not None else ""
        en = f"a whole number from {bound}" if bound else f"a whole number of at least {least:,}"
        zh = f"{least:,} 到 {most:,} 的整数" if bound else f"不小于 {least:,} 的整数"
        _refuse_number(name, value, en, zh, so)
    return whole


def check_multiple(name: str, value: Any, of: int, *, so: Said = ("", "")) -> int:
    """Return a whole number above 0 that is a multiple of `of`. 返回大于 0、又是 `of` 的倍数的整数。

    Raises: CourseError for anything else; `so` is a sentence to add: why, and what to try.
    """
    said = f"It must be a multiple of {of}. {so[0]}".rstrip(), f"它应当是 {of} 的倍数。{so[1]}"
    whole = check_whole(name, value, of, so=said)
    if whole % of:
        raise CourseError(f"{name} is {whole}. {said[0]}", f"{name} 为 {whole}。{said[1]}")
    return whole


def check_wholes(name: str, values: Any, least: int) -> list[int]:
    """Return a list of whole numbers, at least one, none below `least`. 返回整数的列表：至少一个，都不小于 `least`。

    Raises: CourseError for anything else.
    """
    listed: list[int] = []
    if not isinstance(values, str | bytes | dict):
        with suppress(TypeError, CourseError):
            listed = [check_whole(name, value, least) for value in values]
    if not listed:
        given = repr(values) if len(repr(values)) < 80 else repr(values)[:80] + "…"
        raise CourseError(
            f"{name} is {given}. Give a list of at least one whole number, none below {least}, such as [1, 2].",
            f"{name} 是 {given}。请给一个整数的列表，至少一个，都不小于 {least}，例如 [1, 2]。",
        )
    return listed


def check_number(
    name: str, value: Any, least: float = -math.inf, most: float = math.inf, *, so: Said = ("", "")
) -> float:
    """Return a finite number from least to most as a float. 返回 least 到 most 的有限实数。

    Raises: CourseError for anything else, True and "1" too; `so` is a sentence to add.
    """
    number = math.nan
    if not isinstance(value, bool | str | bytes) and (isinstance(value, Real) or hasattr(value, "dtype")):
        with suppress(TypeError, ValueError, RuntimeError, OverflowError):
            number = float(value) if alone(value) and "bool" not in str(getattr(value, "dtype", "")) else math.nan
    if not (math.isfinite(number) and least <= number <= most):
        low, high = least > -math.inf, most < math.inf
        en = f"a number from {least:g} to {most:g}" if low and high else "a finite number"
        zh = f"{least:g} 到 {most:g} 的数" if low and high else "有限的数"
        if low and not high:
            en, zh = f"a finite number of at least {least:g}", f"不小于 {least:g} 的有限数"
        _refuse_number(name, value, en, zh, so)
    return number


def check_among(name: str, value: Any, among: Sequence) -> Any:
    """Return what is one of these, a name in a menu or a place on a slider. 返回其中之一：菜单里的词，或滑块上的位置。

    Raises: CourseError for anything else, True for 1 too; the choice is listed.
    """
    fits = False
    if not isinstance(value, bool) and alone(value):
        with suppress(TypeError, ValueError, RuntimeError):
            fits = value in list(among)
    if not fits:
        ends = f"{among[0]}…{among[-1]}" if isinstance(among, range) else ", ".join(map(str, among))
        raise CourseError(
            f"{name} is {in_words(value)}. Choose one of: {ends}.",
            f"{name} 为 {in_words(value)}。请从中选一个：{ends}。",
        )
    return value


def check_named(name: str, value: Any) -> dict:
    """Return a dictionary with at least one entry, {name: what belongs to it}. 返回至少有一项的字典，{名字：内容}。

    Raises: CourseError for anything else.
    """
    if not isinstance(value, dict) or not value:
        given = "{}" if isinstance(value, dict) else in_words(value)
        raise CourseError(
            f"{name} is {given}. Give a dictionary with at least one entry, {{name: what is drawn under it}}.",
            f"{name} 是 {given}。请给至少有一项的字典：{{名字：画在它名下的东西}}。",
        )
    return value


def check_seed(value: Any) -> int:
    """Return a seed, a whole number from 0 on. 返回种子：从 0 起的整数。

    Raises: CourseError for anything else.
    """
    return check_whole("seed", value, 0, 2**63 - 1)


def check_path(value: Any) -> Path:
    """Return a path, its `~` written out. 返回路径，其中的 `~` 已展开。

    Raises: CourseError for what is no path, such as an empty name.
    """
    name = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(name, str) or not name.strip() or "\0" in name:
        raise CourseError(
            f"The path is {in_words(value)}. Give the name of a file or folder, for example 'pictures/walk.gif'.",
            f"路径是 {in_words(value)}。请给一个文件或文件夹的名字，例如 'pictures/walk.gif'。",
        )
    with suppress(RuntimeError):  # nobody's home is known: the name stays as it is
        return Path(name).expanduser()
    return Path(name)


def check_device(value: Any) -> torch.device:
    """Return a device on which torch can compute here. 返回这台机器上 torch 能用的设备。

    Raises: CourseError for a name that is none, or a device that this machine lacks.
    """
    if isinstance(value, str | torch.device):
        with suppress(RuntimeError, AssertionError, NotImplementedError):
            device = torch.empty(0, device=value).device
            if device.type != "meta":
                return device
    shown = str(value) if isinstance(value, torch.device) else in_words(value)
    raise CourseError(
        f'device is {shown}, and nothing can be computed there. Give "cpu", or "cuda" where '
        "torch.cuda.is_available() is True.",
        f'device 是 {shown}，在那里什么也算不了。请给 "cpu"；torch.cuda.is_available() 为 True 时，也可以给 "cuda"。',
    )


def _refuse_number(name: str, value: Any, en: str, zh: str, so: Said) -> None:
    given = repr(value) if alone(value) and len(repr(value)) < 60 else in_words(value)
    raise CourseError(
        f"{name} is {given}. It must be {en}. {so[0]}".rstrip(),
        f"{name} 为 {given}。它应当是{' ' * zh[0].isascii()}{zh}。{so[1]}",
    )
