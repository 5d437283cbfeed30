"""Gates for arguments: kinds, functions, choices, flags, names, paths, devices.

参数的关口：类别、函数、选项、开关、名字、路径、设备。
"""

import inspect
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import torch

from course_utils.gates.saying import Name, alone, in_both, in_words
from course_utils.language import CourseError

Kind = TypeVar("Kind")
LONGEST = 255  # bytes in the name of a file or a folder


def check_kind(name: Name, value: Any, kind: type[Kind], example: str) -> Kind:
    """Return a value of this kind: a schedule, a network, a generator. 返回属于这一类的值：调度、网络、发生器。

    Raises: CourseError for anything else; `example` says how to get one.
    """
    if not isinstance(value, kind):
        en, zh = in_both(name)
        raise CourseError(
            f"{en} is {in_words(value)}. It must be a {kind.__name__}, for example {example}. Are the arguments in "
            "their order?",
            f"{zh}是 {in_words(value)}。它应当是 {kind.__name__}，例如 {example}。参数的次序对吗？",
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


def check_flag(name: str, value: Any) -> bool:
    """Return True or False; numpy's and torch's are such, "no" and 1 are not. 返回 True 或 False；"no" 与 1 不算。

    Raises: CourseError for anything else: as a condition, "no" would count as yes.
    """
    if not alone(value) or not (isinstance(value, bool) or "bool" in str(getattr(value, "dtype", ""))):
        raise CourseError(
            f"{name} is {in_words(value)}. It must be True or False, without quotation marks.",
            f"{name} 为 {in_words(value)}。它应当是 True 或 False，不带引号。",
        )
    return bool(value)


def check_named(name: str, value: Any) -> dict:
    """Return a dictionary with at least one entry, {name: what belongs to it}. 返回至少有一项的字典，{名字：内容}。

    Raises: CourseError for anything else, and for names that are no words, such as {0: x}.
    """
    others = [key for key in value if not isinstance(key, str)] if isinstance(value, dict) else []
    if not isinstance(value, dict) or not value or others:
        given = in_words(value) if not isinstance(value, dict) else f"{{{in_words(others[0])}: …}}" if others else "{}"
        raise CourseError(
            f"{name} is {given}. Give a dictionary with at least one entry, {{name: what is drawn under it}}, each "
            "name in quotation marks.",
            f"{name} 是 {given}。请给至少有一项的字典：{{名字：画在它名下的东西}}，名字要带引号。",
        )
    return value


def check_path(value: Any) -> Path:
    """Return a path, its `~` written out. 返回路径，其中的 `~` 已展开。

    Raises: CourseError for what is no path, such as an empty name.
    """
    name = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(name, str) or not name.strip() or "\0" in name or not _is_written(name):
        shown = in_words(name if isinstance(name, str) else value)
        raise CourseError(
            f"The path is {shown}. Give the name of a file or folder, for example 'pictures/walk.gif'.",
            f"路径是 {shown}。请给一个文件或文件夹的名字，例如 'pictures/walk.gif'。",
        )
    if any(len(os.fsencode(part)) > LONGEST for part in Path(name).parts):
        raise CourseError(
            f"The path {name[:40]!r}… has a name of more than {LONGEST} bytes, which no disk takes. Give a shorter "
            "one.",
            f"路径 {name[:40]!r}…中有超过 {LONGEST} 字节的名字，磁盘存不下。请换短一些的。",
        )
    with suppress(RuntimeError):  # nobody's home is known: the name stays as it is
        return at_home(name)
    return Path(name)


def at_home(name: str) -> Path:
    """A path, its `~` written out. 路径，其中的 `~` 已展开。

    Raises: RuntimeError where no home is known: HOME may be empty, and Python would then write `~/x` as `/x`.
    """
    path = Path(name)
    if os.environ.get("HOME") == "" and path.parts[:1] == ("~",):
        raise RuntimeError("HOME is empty")
    return path.expanduser()


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


def _is_written(name: str) -> bool:
    """Can a disk write this name down? Half a character of some pair it cannot."""
    with suppress(UnicodeEncodeError):
        return bool(os.fsencode(name))
    return False
