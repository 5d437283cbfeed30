"""Gates: one for each kind of input. It hands on what it lets through, or says what was given and what to do.

关口：每一类输入一个。合格的交还给调用者，不合格的说明给了什么、该怎么办。
"""

import math
import operator
import os
from contextlib import suppress
from numbers import Real
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from course_utils.language import CourseError, Said

Kind = TypeVar("Kind")
EDGE = 1.001  # images lie in [-1, 1], up to rounding
HIGHEST_LOG_SNR = 40.0  # no alpha_bar below 1 in float64 has one above 37


def check_kind(name: str, value: Any, kind: type[Kind], example: str) -> Kind:
    """Return a value of this kind: a schedule, a network, a generator. 返回属于这一类的值：调度、网络、发生器。

    Raises: CourseError for anything else; `example` says how to get one.
    """
    if not isinstance(value, kind):
        raise CourseError(
            f"{name} is {_given(value)}. It must be a {kind.__name__}, for example {example}. Are the arguments in "
            "their order?",
            f"{name} 是 {_given(value)}。它应当是 {kind.__name__}，例如 {example}。参数的次序对吗？",
        )
    return value


def check_callable(name: str, value: Any, example: str) -> Any:
    """Return what can be called. 返回可以调用的东西。

    Raises: CourseError for anything else; `example` says what could stand there.
    """
    if not callable(value):
        raise CourseError(
            f"{name} is {_given(value)}. It must be a function, for example {example}. Are the arguments in their "
            "order?",
            f"{name} 是 {_given(value)}。它应当是函数，例如 {example}。参数的次序对吗？",
        )
    return value


def check_whole(name: str, value: Any, least: int, most: int | None = None, *, so: Said = ("", "")) -> int:
    """Return a whole number from least to most as an int; numpy's are whole, True and 2.0 are not.

    返回 least 到 most 的整数；numpy 的整数也算，True 与 2.0 不算。

    Raises: CourseError for anything else; `so` is a sentence to add.
    """
    whole = None
    if not isinstance(value, bool) and "bool" not in str(getattr(value, "dtype", "")) and _alone(value):
        with suppress(TypeError, ValueError, RuntimeError):
            whole = operator.index(value)
    if whole is None or whole < least or (most is not None and whole > most):
        bound = f"{least:,} to {most:,}" if most is not None else ""
        en = f"a whole number from {bound}" if bound else f"a whole number of at least {least:,}"
        zh = f"{least:,} 到 {most:,} 的整数" if bound else f"不小于 {least:,} 的整数"
        _refuse_number(name, value, en, zh, so)
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


def check_named(name: str, value: Any) -> dict:
    """Return a dictionary with at least one entry, {name: what belongs to it}. 返回至少有一项的字典，{名字：内容}。

    Raises: CourseError for anything else.
    """
    if not isinstance(value, dict) or not value:
        given = "{}" if isinstance(value, dict) else _given(value)
        raise CourseError(
            f"{name} is {given}. Give a dictionary with at least one entry, {{name: what is drawn under it}}.",
            f"{name} 是 {given}。请给至少有一项的字典：{{名字：画在它名下的东西}}。",
        )
    return value


def check_number(
    name: str, value: Any, least: float = -math.inf, most: float = math.inf, *, so: Said = ("", "")
) -> float:
    """Return a finite number from least to most as a float. 返回 least 到 most 的有限实数。

    Raises: CourseError for anything else, True and "1" too; `so` is a sentence to add.
    """
    number = math.nan
    if not isinstance(value, bool | str | bytes) and (isinstance(value, Real) or hasattr(value, "dtype")):
        with suppress(TypeError, ValueError, RuntimeError, OverflowError):
            number = float(value) if _alone(value) and "bool" not in str(getattr(value, "dtype", "")) else math.nan
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
    return check_whole("seed", value, 0, 2**63 - 1)


def check_path(value: Any) -> Path:
    """Return a path, its `~` written out. 返回路径，其中的 `~` 已展开。

    Raises: CourseError for what is no path, such as an empty name.
    """
    name = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(name, str) or not name.strip() or "\0" in name:
        raise CourseError(
            f"The path is {_given(value)}. Give the name of a file or folder, for example 'pictures/walk.gif'.",
            f"路径是 {_given(value)}。请给一个文件或文件夹的名字，例如 'pictures/walk.gif'。",
        )
    with suppress(RuntimeError):  # nobody's home is known: the name stays as it is
        return Path(name).expanduser()
    return Path(name)


def check_samples(name: str, x: Any) -> Tensor:
    """Return a non-empty batch of numbers, finite, of any range: images, points, latents, features.

    返回一批非空的有限数，取值不限：图像、点、潜变量或特征。

    Shapes: x (b, ...), floating-point.  Raises: CourseError for anything else.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point() or x.ndim < 1 or not x.numel():
        raise CourseError(
            f"{name} is {_given(x)}. It must be a non-empty floating-point tensor (b, ...), images scaled to [-1, 1]. "
            "Images of bytes: data.from_pil(image), or x.float() / 127.5 - 1; an array: torch.as_tensor(x).",
            f"{name} 是 {_given(x)}。它应当是非空的浮点张量 (b, ...)，图像缩放到 [-1, 1]。"
            "字节图像请用 data.from_pil(image)，或 x.float() / 127.5 - 1；数组请用 torch.as_tensor(x)。",
        )
    return check_finite(name, x)


def check_points(name: str, x: Any) -> Tensor:
    """Return a non-empty cloud of points in the plane, all finite. 返回平面上一团非空的有限点。

    Shapes: x (n, 2), floating-point.  Raises: CourseError for anything else.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point() or x.ndim != 2 or x.shape[1] != 2 or not len(x):
        raise CourseError(
            f"{name} is {_given(x)}. It must be a cloud of points in the plane, a floating-point tensor (n, 2), for "
            "example points.moons(200) or points.from_list([(0, 0), (0.5, -0.5)]).",
            f"{name} 是 {_given(x)}。它应当是平面上的一团点，即浮点张量 (n, 2)，"
            "例如 points.moons(200) 或 points.from_list([(0, 0), (0.5, -0.5)])。",
        )
    return check_finite(name, x)


def check_images(x: Tensor, *, limit: float = EDGE) -> Tensor:
    """Return x if it is a non-empty batch of images in [-1, 1], or say what is wrong with it.

    若 x 是一批非空、取值在 [-1, 1] 的图像就原样返回，否则说明哪里不对。

    `limit` is how far samples, that were not held at the ends, may reach.  Raises: CourseError otherwise.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point() or x.ndim != 4 or not x.numel():
        raise CourseError(
            f"The images are {_given(x)}. Give a non-empty floating-point batch (b, c, h, w) in [-1, 1], such as "
            "data.digits().x; from bytes: x / 127.5 - 1.",
            f"图像是 {_given(x)}。请给一批非空、在 [-1, 1] 之内的浮点图像 (b, c, h, w)，例如 data.digits().x；"
            "由字节：x / 127.5 - 1。",
        )
    low, high = float(x.detach().min()), float(x.detach().max())
    if not (low >= -limit and high <= limit):
        raise CourseError(
            f"The images run from {low:.3g} to {high:.3g}; they must lie in [-1, 1]. From [0, 1]: 2 * x - 1; "
            "from bytes: x / 127.5 - 1. With nan or inf, see where they came from.",
            f"图像取值从 {low:.3g} 到 {high:.3g}；应当在 [-1, 1] 之内。若原来在 [0, 1] 之内，用 2 * x - 1；"
            "若原来是字节，用 x / 127.5 - 1。若有 nan 或 inf，请查它们从何而来。",
        )
    return x


def check_finite(name: str, x: Tensor, *, so: Said = ("", "")) -> Tensor:
    """Return x if all its values are finite. 若 x 的值都是有限数就原样返回。

    Raises: CourseError with the share of nan and inf; `so` says what usually causes them.
    """
    finite = x.detach().isfinite()
    if not bool(finite.all()):
        bad = finite.numel() - int(finite.sum())
        so = so if so[0] else ("A number was divided by 0 or grew without end.", "可能除以了 0，或数值无限增大。")
        raise CourseError(
            f"{name}: {bad:,} of {finite.numel():,} values are nan or inf. {so[0]} Look for the first such value, "
            "x.isfinite().all(): from there on nothing is a result.",
            f"{name}：{finite.numel():,} 个值中有 {bad:,} 个是 nan 或 inf。{so[1]}"
            "请用 x.isfinite().all() 找出最早出现的地方：从那里起，什么都不算结果。",
        )
    return x


def check_alike(x: Tensor, given: Any) -> Tensor:
    """Return what goes with x_t (an eps, x_0, v, score or slope): of its shape, floating-point, finite.

    返回与 x_t 配对的量（噪声、x_0、v、得分或斜率）：形状相同、浮点、有限。

    Raises: CourseError for another shape, which would be broadcast without a word, and for nan or inf.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point():
        check_samples("x_t", x)
    if not isinstance(given, Tensor) or not given.is_floating_point() or given.shape != x.shape:
        raise CourseError(
            f"What goes with x_t is {_given(given)}; x_t is {_given(x)}. Both must be alike: one value per pixel.",
            f"与 x_t 配对的量是 {_given(given)}，x_t 却是 {_given(x)}。两者应当一致：每个像素一个值。",
        )
    check_finite("x_t", x)
    return check_finite("What goes with x_t", given)


def check_log_snr(xt: Tensor, log_snr: Any) -> Tensor:
    """Return how noisy each sample of xt is, in xt's type: the log-SNR that every network of the course is told.

    返回 xt 中每个样本的噪声水平（对数信噪比），类型与 xt 相同：本课程的网络都由它得知噪声水平。

    Shapes: xt (b, ...), log_snr () or (b,) -> (b,).
    Raises: CourseError for a step number, nan, or another shape. (Values are not seen while a network is exported.)
    """
    floating = isinstance(log_snr, Tensor) and log_snr.is_floating_point()
    fits = floating and log_snr.shape in ((), xt.shape[:1])
    if fits and not torch.jit.is_tracing() and not torch.compiler.is_compiling():
        fits = bool(((log_snr <= HIGHEST_LOG_SNR) | log_snr.isposinf()).all())
    if not fits:
        raise CourseError(
            f"log_snr is {_values(log_snr)}. A network of this course is told the log-SNR, a floating-point tensor, "
            f"one for all or {len(xt)}, and not the number of a step. From step t: "
            "network(xt, schedule.log_snr[t].float()), or denoisers.from_network(schedule, network), which is called "
            "with t.",
            f"log_snr 是 {_values(log_snr)}。本课程的网络读的是对数信噪比，不是步号：浮点张量，一个或 {len(xt)} 个。"
            "由第 t 步求得：network(xt, schedule.log_snr[t].float())；或者用去噪器 "
            "denoisers.from_network(schedule, network)，它按 t 调用。",
        )
    return log_snr.to(xt).expand(len(xt))


def check_labels(labels: Any, n: int, most: int | None = None, *, so: Said = ("", "")) -> Tensor:
    """Return n labels, whole numbers from 0 to `most`, as int64. 返回 n 个标签，即 0 到 `most` 的整数，类型 int64。

    Shapes: labels (n,).  Raises: CourseError for anything else; `so` is a sentence to add.
    """
    whole = isinstance(labels, Tensor) and not (
        labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool
    )
    fits = whole and labels.shape == (n,)
    if fits and not torch.jit.is_tracing() and not torch.compiler.is_compiling():
        fits = not bool(((labels < 0) | (labels > (most if most is not None else labels))).any())
    if not fits:
        en = f"whole numbers from 0 to {most}" if most is not None else "whole numbers from 0 on"
        zh = f"由 0 到 {most} 的整数" if most is not None else "由从 0 起的整数"
        raise CourseError(
            f"labels is {_values(labels)}. Give a tensor of {n} {en}, one for each sample. {so[0]}".rstrip(),
            f"labels 为 {_values(labels)}。请给{zh}组成的张量，共 {n} 个，每个样本一个。{so[1]}",
        )
    return labels.long()


def check_ready(x: Any, weight: Tensor) -> Tensor:
    """Return a batch that a network can read: a tensor in the type of its weights, on their device.

    返回网络能读的一批数据：类型、设备都与权重相同的张量。

    Raises: CourseError for anything else.
    """
    tensor = isinstance(x, Tensor) and x.device == weight.device
    if not tensor or (x.dtype != weight.dtype and not torch.is_autocast_enabled(weight.device.type)):
        place = f" on {x.device}" if isinstance(x, Tensor) and x.device != weight.device else ""
        raise CourseError(
            f"The network is given {_given(x)}{place}; its weights are {weight.dtype} on {weight.device}. Bring both "
            "to the same type and place: x.to(next(network.parameters())); bytes are scaled first, x / 127.5 - 1.",
            f"给网络的是 {_given(x)}{place}；它的权重是 {weight.dtype}，在 {weight.device} 上。请让两者的类型与设备"
            "相同：x.to(next(network.parameters()))；字节图像先缩放，x / 127.5 - 1。",
        )
    return x


def _refuse_number(name: str, value: Any, en: str, zh: str, so: Said) -> None:
    given = repr(value) if _alone(value) and len(repr(value)) < 60 else _given(value)
    raise CourseError(
        f"{name} is {given}. It must be {en}. {so[0]}".rstrip(),
        f"{name} 为 {given}。它应当是{' ' * zh[0].isascii()}{zh}。{so[1]}",
    )


def _alone(value: Any) -> bool:
    return getattr(value, "ndim", 0) == 0


def _given(value: Any) -> str:
    """What was given, in a few words: a tensor's type and shape, a number or word itself, else its kind."""
    if isinstance(value, Tensor):
        return f"{value.dtype} {tuple(value.shape)}"
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"{type(value).__name__} {tuple(value.shape)}"
    if value is None or isinstance(value, Real | str | bytes):
        return repr(value) if len(repr(value)) < 60 else repr(value)[:60] + "…"
    return type(value).__name__


def _values(value: Any) -> str:
    """As `_given`, and a tensor's first values."""
    if not isinstance(value, Tensor) or not value.numel():
        return _given(value)
    shown = ", ".join(f"{number:g}" for number in value.detach().flatten()[:8].tolist())
    return f"{_given(value)} [{shown}{', …' if value.numel() > 8 else ''}]"
