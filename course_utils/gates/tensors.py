"""Gates for tensors: images, points, samples, labels, noise levels, what a network reads.

张量的关口：图像、点、样本、标签、噪声水平，以及网络要读的东西。
"""

from typing import Any

import torch
from torch import Tensor

from course_utils.gates.saying import Name, has_values, in_both, in_words, with_values
from course_utils.language import CourseError, Said

EDGE = 1.001  # images lie in [-1, 1], up to rounding
HIGHEST_LOG_SNR = 40.0  # no alpha_bar below 1 in float64 has one above 37


def check_samples(name: Name, x: Any) -> Tensor:
    """Return a non-empty batch of numbers, finite, of any range: images, points, latents, features.

    返回一批非空的有限数，取值不限：图像、点、潜变量或特征。

    Shapes: x (b, ...), floating-point.  Raises: CourseError for anything else.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point() or x.ndim < 1 or not x.numel():
        en, zh = in_both(name)
        raise CourseError(
            f"{en} is {in_words(x)}. It must be a non-empty floating-point tensor (b, ...), images scaled to "
            "[-1, 1]. Images of bytes: data.from_pil(image), or x.float() / 127.5 - 1; an array: torch.as_tensor(x).",
            f"{zh}是 {in_words(x)}。它应当是非空的浮点张量 (b, ...)，图像缩放到 [-1, 1]。"
            "字节图像请用 data.from_pil(image)，或 x.float() / 127.5 - 1；数组请用 torch.as_tensor(x)。",
        )
    return check_finite(name, x)


def check_points(name: Name, x: Any) -> Tensor:
    """Return a non-empty cloud of points in the plane, all finite. 返回平面上一团非空的有限点。

    Shapes: x (n, 2), floating-point.  Raises: CourseError for anything else.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point() or x.ndim != 2 or x.shape[1] != 2 or not len(x):
        en, zh = in_both(name)
        raise CourseError(
            f"{en} is {in_words(x)}. It must be a cloud of points in the plane, a floating-point tensor (n, 2), for "
            "example points.moons(200) or points.from_list([(0, 0), (0.5, -0.5)]).",
            f"{zh}是 {in_words(x)}。它应当是平面上的一团点，即浮点张量 (n, 2)，"
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
            f"The images are {in_words(x)}. Give a non-empty floating-point batch (b, c, h, w) in [-1, 1], such as "
            "data.digits().x; from bytes: x / 127.5 - 1.",
            f"图像是 {in_words(x)}。请给一批非空、在 [-1, 1] 之内的浮点图像 (b, c, h, w)，例如 data.digits().x；"
            "由字节：x / 127.5 - 1。",
        )
    if not has_values(x):
        check_finite(("The images", "图像"), x)
    low, high = float(x.detach().min()), float(x.detach().max())
    if not (low >= -limit and high <= limit):
        raise CourseError(
            f"The images run from {low:.3g} to {high:.3g}; they must lie in [-1, 1]. From [0, 1]: 2 * x - 1; "
            "from bytes: x / 127.5 - 1. With nan or inf, see where they came from.",
            f"图像取值从 {low:.3g} 到 {high:.3g}；应当在 [-1, 1] 之内。若原来在 [0, 1] 之内，用 2 * x - 1；"
            "若原来是字节，用 x / 127.5 - 1。若有 nan 或 inf，请查它们从何而来。",
        )
    return x


def check_bytes(name: Name, x: Any) -> Tensor:
    """Return a batch of images as bytes. 返回一批字节图像。

    Shapes: x (b, c, h, w), uint8.  Raises: CourseError for anything else: divided by 127.5, floats would be grey.
    """
    if not isinstance(x, Tensor) or x.dtype != torch.uint8 or x.ndim != 4:
        en, zh = in_both(name)
        raise CourseError(
            f"{en} is {in_words(x)}. It must be images as bytes, torch.uint8 (n, c, h, w), as album(path).x has them; "
            "from [-1, 1]: data.to_bytes(x).",
            f"{zh}是 {in_words(x)}。它应当是字节图像，即 torch.uint8 (n, c, h, w)，如 album(path).x；"
            "由 [-1, 1]：data.to_bytes(x)。",
        )
    return x


def check_finite(name: Name, x: Tensor, *, so: Said = ("", "")) -> Tensor:
    """Return x if all its values are finite. 若 x 的值都是有限数就原样返回。

    Raises: CourseError with the share of nan and inf; `so` says what usually causes them.
    """
    if not has_values(x):
        en, zh = in_both(name)
        raise CourseError(
            f"{en} is {in_words(x)}, without a number in every place, or of a type that is only stored. Give an "
            "ordinary tensor, on a device that computes: x.to_dense(), x.float(), or made anew after "
            "torch.set_default_device('cpu').",
            f"{zh}是 {in_words(x)}，不是每一处都有数，或类型只供存放。请给普通的、在能计算的设备上的张量："
            "x.to_dense()、x.float()，或在 torch.set_default_device('cpu') 之后重新建一个。",
        )
    if bool(x.detach().sum().isfinite()):  # one pass; a sum of finite numbers that is too large is looked at again
        return x
    finite = x.detach().isfinite()
    if not bool(finite.all()):
        bad = finite.numel() - int(finite.sum())
        so = so if so[0] else ("A number was divided by 0 or grew without end.", "可能除以了 0，或数值无限增大。")
        en, zh = in_both(name)
        raise CourseError(
            f"{en}: {bad:,} of {finite.numel():,} values are nan or inf. {so[0]} Look for the first such value, "
            "x.isfinite().all(): from there on nothing is a result.",
            f"{zh.rstrip()}：{finite.numel():,} 个值中有 {bad:,} 个是 nan 或 inf。{so[1]}"
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
            f"What goes with x_t is {in_words(given)}; x_t is {in_words(x)}. Both must be alike: one value per pixel.",
            f"与 x_t 配对的量是 {in_words(given)}，x_t 却是 {in_words(x)}。两者应当一致：每个像素一个值。",
        )
    check_finite("x_t", x)
    return check_finite(("What goes with x_t", "与 x_t 配对的量"), given)


def check_answer(who: Said, answer: Any, xt: Tensor) -> Tensor:
    """Return what a network, a denoiser or a step answers to x_t: one floating-point number for each of its values.

    返回网络、去噪器或一步对 x_t 的回答：x_t 的每个值对应一个浮点数。

    Raises: CourseError for what is no tensor, or one of another shape, which would be broadcast without a word.
    """
    if not isinstance(answer, Tensor) or not answer.is_floating_point() or answer.shape != xt.shape:
        raise CourseError(
            f"{who[0]} answers with {in_words(answer)}; x_t is {in_words(xt)}. The answer must be one floating-point "
            "tensor of the shape of x_t: of a tuple or an object hand on that tensor alone, for example answer.sample.",
            f"{who[1]}的回答是 {in_words(answer)}；x_t 是 {in_words(xt)}。回答应当是单独一个浮点张量，形状与 x_t 相同："
            "若得到的是元组或对象，请只把其中的张量交出来，例如 answer.sample。",
        )
    return answer


def check_log_snr(xt: Tensor, log_snr: Any) -> Tensor:
    """Return how noisy each sample of xt is, in xt's type: the log-SNR that every network of the course is told.

    返回 xt 中每个样本的噪声水平（对数信噪比），类型与 xt 相同：本课程的网络都由它得知噪声水平。

    Shapes: xt (b, ...), log_snr () or (b,) -> (b,).
    Raises: CourseError for a step number, nan, or another shape. (Values are not seen while a network is exported.)
    """
    floating = isinstance(log_snr, Tensor) and log_snr.is_floating_point()
    fits = floating and log_snr.shape in ((), xt.shape[:1])
    if fits and not torch.jit.is_tracing() and not torch.compiler.is_compiling():
        fits = has_values(log_snr) and bool(((log_snr <= HIGHEST_LOG_SNR) | log_snr.isposinf()).all())
    if not fits:
        raise CourseError(
            f"log_snr is {with_values(log_snr)}. A network of this course is told the log-SNR, a floating-point "
            f"tensor, one for all or {len(xt)}, and not the number of a step. From step t: "
            "network(xt, schedule.log_snr[t].float()), or denoisers.from_network(schedule, network), which is called "
            "with t.",
            f"log_snr 是 {with_values(log_snr)}。本课程的网络读的是对数信噪比，不是步号：浮点张量，"
            f"一个或 {len(xt)} 个。由第 t 步求得：network(xt, schedule.log_snr[t].float())；或者用去噪器 "
            "denoisers.from_network(schedule, network)，它按 t 调用。",
        )
    return log_snr.to(xt).expand(xt.shape[0])


def check_labels(labels: Any, n: int, most: int | None = None, *, so: Said = ("", "")) -> Tensor:
    """Return n labels, whole numbers from 0 to `most`, as int64. 返回 n 个标签，即 0 到 `most` 的整数，类型 int64。

    Shapes: labels (n,).  Raises: CourseError for anything else; `so` is a sentence to add.
    """
    whole = isinstance(labels, Tensor) and not (
        labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool
    )
    fits = whole and labels.shape == (n,)
    if fits and not torch.jit.is_tracing() and not torch.compiler.is_compiling():
        fits = has_values(labels) and not bool(((labels < 0) | (labels > (most if most is not None else labels))).any())
    if not fits:
        en = f"whole numbers from 0 to {most}" if most is not None else "whole numbers from 0 on"
        zh = f"由 0 到 {most} 的整数" if most is not None else "由从 0 起的整数"
        raise CourseError(
            f"labels is {with_values(labels)}. Give a tensor of {n} {en}, one for each sample. {so[0]}".rstrip(),
            f"labels 为 {with_values(labels)}。请给{zh}组成的张量，共 {n} 个，每个样本一个。{so[1]}",
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
            f"The network is given {in_words(x)}{place}; its weights are {weight.dtype} on {weight.device}. Bring both "
            "to the same type and place: x.to(next(network.parameters())); bytes are scaled first, x / 127.5 - 1.",
            f"给网络的是 {in_words(x)}{place}；它的权重是 {weight.dtype}，在 {weight.device} 上。请让两者的类型与设备"
            "相同：x.to(next(network.parameters()))；字节图像先缩放，x / 127.5 - 1。",
        )
    return x
