"""Say what usually makes a reader's function stop: torch's own messages name sizes, not what was forgotten.

说出读者的函数通常为何中断：torch 自己的消息只说尺寸，不说漏了什么。
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from traceback import walk_tb
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from course_utils.language import CourseError, Said
from course_utils.schedules import Schedule

Causes = Sequence[tuple[str, str, str]]  # a pattern of the error, and what usually causes it; {0} is its first group
USUAL: Causes = [
    (r"cannot be multiplied|first two dimensions of batch2|size mismatch, got|inconsistent tensor size|expected .* dot product", "a matrix product of sizes that do not fit: the last axis of the left one must be as long as the second but last of the right one. Is a transpose missing or one too many, a flatten(1), or a batch axis too many?", "矩阵乘法的尺寸合不上：左边的最后一轴，要与右边的倒数第二轴一样长。是漏了或多了一次转置，漏了 flatten(1)，还是多了批的轴？"),
    (r"batch1 must be a 3D tensor|batch2 must be a 3D tensor|both arguments to .*matmul.* need to be|expected to be at least", "a matrix product of tensors with the wrong number of axes: flatten the pixels first, or use @ for plain tables", "矩阵乘法的张量轴数不对：先把像素 flatten，或对普通的表用 @"),
    (r"with a bool tensor is not supported", "the opposite of a mask of bools is `~mask`, not `1 - mask`", "布尔掩码的反面是 `~mask`，不是 `1 - mask`"),
    (r"must match the size of tensor|not broadcastable|expanded size of the tensor", "two tensors whose shapes do not fit are put together: a value for each sample needs an axis of length 1 for each further axis of what it meets (`[:, None]` for a table or flattened samples, `[:, None, None, None]` or `per_sample` for images)", "两个形状合不上的张量放到了一起：每个样本一个的值，要给对方其余的每个轴补一个长为 1 的轴（对表或展平的样本是 `[:, None]`，对图像是 `[:, None, None, None]` 或 `per_sample`）"),
    (r"Sizes of tensors must match except in dimension|Tensors must have same number of dimensions", "tensors are joined along an axis where the others differ: channels are axis 1", "拼接所沿的轴不对，其余各轴的长度不等：通道是第 1 轴"),
    (r"is invalid for input of size|cannot reshape|shape '.*' is invalid", "it is reshaped to another number of values than it has: a value for each sample becomes (b, 1, 1, 1), not the image's shape", "reshape 的目标个数与原有的不同：每个样本一个的值应变成 (b, 1, 1, 1)，而不是图像的形状"),
    (r"Index put requires|tensors used as indices|only integer tensors|indices must be integers|index .* is out of bounds|index out of range|list index out of range|pop from empty list", "something is read beyond its end, or at a place that is no whole number: arrays of a schedule have the places 0 to T, a list or tensor of your own with n entries 0 to n − 1", "读到了末尾之外，或下标不是整数：调度的数组，下标从 0 到 T；你自己的列表或张量若有 n 项，则从 0 到 n − 1"),
    (r"expected m1 and m2 to have the same dtype|expected scalar type|should be the same, but got|have the same dtype", "numbers of two types meet, such as float32 and float64: give new tensors the type of those that came in, as by `.to(layer.weight)` or `dtype=x.dtype`", "两种类型的数碰到了一起，例如 float32 与 float64：请让新建的张量与传进来的同类型（如 `.to(layer.weight)`、`dtype=x.dtype`）"),
    (r"values to unpack", "something is taken apart into another number of names than it has entries: a shape has one for each axis, and there may be more axes in front; the last two are `x.shape[-2:]`", "拆成了几个名称，可它的项数不同：形状里每个轴一项，前面还可能有别的轴；最后两项是 `x.shape[-2:]`"),
    (r"'Tensor' object is not callable", "a tensor is called like a function: it holds the values already, so write its name alone, without brackets", "把张量当成函数来调用了：它本身就是那些值，只写名字，不加括号"),
    (r"unsupported operand type\(s\).*'function'", "a function stands where its value is wanted: call it, as in `score(x)`", "该用函数值的地方写了函数本身：请调用它，例如 `score(x)`"),
    (r"math domain error|expected a (?:positive|nonnegative) input", "the logarithm of 0, or the logarithm or root of a number below 0: which of your numbers can become that, perhaps at one end of t?", "对 0 取了对数，或对小于 0 的数取了对数、开了方：你的哪个数会变成这样，是不是在 t 的某一端？"),
    (r"'My\w*' object has no attribute '(\w+)'", "`self.{0}` has no value yet: give it one in `__init__`", "`self.{0}` 还没有值：请在 `__init__` 里给它赋值"),
    (r"sqrt\(\)|log\(\)|exp\(\): argument|must be Tensor, not float|must be Tensor, not int|'(float|int)' object has no attribute", "a plain number is treated as a tensor: use `** 0.5` or `math.sqrt`", "把普通的数当成了张量：请用 `** 0.5` 或 `math.sqrt`"),
    (r"takes .* positional argument|missing .* required positional|unexpected keyword", "the function takes other arguments than the task says: leave its first line as it is", "函数的参数与题目所给的不同：第一行请保持原样"),
    (r"NameError|UnboundLocalError|is not defined|cannot access local variable", "a name is used that has no value yet: is it spelt as in the task, and assigned on every way through the function?", "用到了一个还没有值的名称：拼写与题目一致吗？每条路上都先赋了值吗？"),
    (r"unsupported operand type|NoneType|not callable|not subscriptable|object has no attribute", "something is not what it is used for: arrays of a schedule are read by index, `schedule.alpha_bar[t]`, and a predictor is called, `predictor(xt, t)`", "某样东西的用法不对：调度的数组用下标读，`schedule.alpha_bar[t]`；预测器要调用，`predictor(xt, t)`"),
    (r"one element tensors can be converted|only one element|ambiguous", "a whole tensor stands where one number is wanted: read one entry, or compare with .any() or .all()", "该是一个数的地方放了整个张量：请读取其中一项，或用 .any()、.all() 比较"),
    (r"ZeroDivisionError|division by zero", "it divides by 0: of a schedule, the noise is 0 at t = 0 and log-SNR is infinite at s = 0; what else can be 0 in your divisor?", "除以了 0：就调度而言，t = 0 处噪声为 0，s = 0 处对数信噪比为无穷大；你的除数里还有什么会是 0？"),
    (r"RecursionError|maximum recursion", "it calls itself without end", "它没完没了地调用自己"),
    (r"a leaf Variable that requires grad|modified by an inplace|does not require grad", "a tensor that carries a gradient is changed in place, or was detached: write `a * x`, not `x *= a`", "带梯度的张量被就地改动，或已 detach：请写 `a * x` 而不是 `x *= a`"),
]  # fmt: skip

OWN_CALL: Causes = [
    (r"(\w+(?:\.\w+)*)\(\) (?:takes .* positional argument|missing .* required|got an unexpected keyword)", "in your own code `{0}` is called with other arguments than it takes: the task says what each thing is handed", "在你自己的代码里，调用 `{0}` 时给的参数与它要的不同：题目里写着给每样东西的是什么"),
]  # fmt: skip
LIBRARIES = str(Path(__file__).parents[1]), str(Path(torch.__file__).parent)  # the course itself, and torch


def error_said(error: BaseException) -> Said:
    """An error's kind and the first line of its message; in each language by itself where it speaks both.

    错误的类型与消息的第一行；若它有两种语言，就各说各的。
    """
    texts = (error.en, error.zh) if isinstance(error, CourseError) else (str(error), str(error))
    en, zh = (f"{type(error).__name__}: {text}".splitlines()[0] for text in texts)
    return en, zh


def usual_cause(error: BaseException, causes: Causes) -> Said | None:
    """What usually causes such an error: the first of these whose pattern fits. 这样的错误通常由何引起：取模式相符的第一条。"""
    said = error_said(error)[0]
    for pattern, en, zh in causes:
        if found := re.search(pattern, said):
            words = found.groups() or ("",)
            return en.format(*words), zh.format(*words)
    return None


def stopped(error: BaseException, causes: Causes = ()) -> Said:
    """That it stopped, why it usually does (these causes are tried first), and the error itself.

    说明它中断了、通常的原因（先试给出的这些），以及错误本身。
    """
    if isinstance(error, CourseError):
        return (
            f"the course refuses something (CourseError): {error.en.rstrip('.')}",
            f"课程的函数拒绝了（CourseError）：{error.zh.rstrip('。')}",
        )
    known = [*causes, *_whole_array(error), *_by_whom(error), *USUAL]
    (en, zh), cause = error_said(error), usual_cause(error, known)
    if cause is not None:
        return f"it stopped: {cause[0]} (`{en}`)", f"运行中断：{cause[1]}（`{zh}`）"
    return f"it stopped with `{en}`", f"运行中断，报错 `{zh}`"


def _by_whom(error: BaseException) -> Causes:
    """What else may have caused it if it passed through code that is neither the course's nor torch's: the reader's."""
    return OWN_CALL if _of_the_reader(error) else ()


def _of_the_reader(error: BaseException) -> list[FrameType]:
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    return [frame for frame in frames if not frame.f_code.co_filename.startswith(LIBRARIES)]


def _whole_array(error: BaseException) -> Causes:
    """What else may have caused it if a size in its message is that of an array of the reader's schedule."""
    return [
        (rf"size of tensor .*\({entries}\)", *used_whole(name))
        for frame in _of_the_reader(error)
        for name, entries in _arrays(frame.f_locals)
    ]


def _arrays(names: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Arrays over all of t, by what the reader calls them, and how many entries they have: a schedule's, or in `self`."""
    for name, value in names.items():
        if isinstance(value, Schedule):
            yield f"{name}.signal", value.T + 1
        elif isinstance(value, Tensor) and name.startswith("self.") and value.ndim == 1:
            yield name, len(value)
        elif name == "self":
            yield from _arrays({f"self.{inner}": held for inner, held in getattr(value, "__dict__", {}).items()})


def used_whole(name: str = "schedule.signal") -> Said:
    """That an array of the schedule is used where its entry at t is wanted. 该用 t 处一项的地方，用了整个数组。"""
    return (
        f"an array of the schedule is used whole, all T + 1 entries of it: read the one at t, `{name}[t]`",
        f"用上了调度的整个数组，共 T + 1 项：请读出 t 处的那一项，`{name}[t]`",
    )


def why_shape(given: tuple[int, ...], wanted: tuple[int, ...]) -> Said:
    """What usually leads to such a shape, to be put behind it; empty where nothing is known. 为什么会得到这样的形状。"""
    if given == ():
        return ": something is summed or multiplied over all axes; keep them", "：沿所有轴求了和或求了积；请保留各轴"
    if len(given) > len(wanted):
        return ": an axis too many, which was not summed over or joined", "：多了一个轴，没有沿它求和，也没有拼接"
    if len(given) < len(wanted):
        return (
            ": an axis is lost; keep it, or put it back with `reshape`",
            "：少了一个轴；请保留它，或用 `reshape` 补回",
        )
    apart = [g - w for g, w in zip(given, wanted, strict=True) if g != w]
    if apart == [-1]:
        return ": one entry is missing, at the front or at the end", "：少了一项，在最前或最后"
    if apart == [1]:
        return ": one entry too many, at the front or at the end", "：多了一项，在最前或最后"
    if sorted(given) == sorted(wanted):
        return ": its axes are swapped", "：轴的次序反了"
    if len(apart) == 2:
        return ": joined or summed along another axis", "：拼接或求和所沿的轴不对"
    if len(apart) == 1 and apart[0] > 0:
        return ": something is joined or repeated along the longer axis", "：沿变长的那个轴拼接或重复了"
    if len(apart) == 1 and apart[0] < 0:
        return ": a part is missing, or an axis was summed over", "：少了一部分，或沿某个轴求了和"
    return "", ""
