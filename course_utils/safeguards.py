"""What keeps a training from what nobody wants: input that cannot be learnt from, and steps that are not numbers.

训练的保险：拦住学不了的输入，也拦住算不出有限数的训练步。
"""

from typing import Any

import torch
from torch import Tensor, nn

from course_utils.gates import (
    MANY,
    check_flag,
    check_images,
    check_kind,
    check_labels,
    check_number,
    check_samples,
    check_takes,
    check_whole,
)
from course_utils.gates.saying import in_words
from course_utils.language import CourseError
from course_utils.schedules import Schedule

LARGEST_BATCH = 1_000_000
FAR = 50.0  # points and latents lie about 1 from 0; a value beyond this was never scaled


def check_network(network: Any) -> nn.Module:
    """Return a network that can be trained: its weights learn, and none is in half precision.

    返回可以训练的网络：权重可学，且没有半精度的权重。

    Raises: CourseError otherwise.
    """
    check_kind("network", network, nn.Module, "UNet(channels=1)")
    kinds = {weight.dtype for weight in network.parameters() if weight.requires_grad}
    if not kinds:
        raise CourseError(
            f"Not one weight of this {type(network).__name__} can learn: it has none, or they are frozen, as those of "
            "weights.pretrained are. Thaw them: network.requires_grad_(True).",
            f"这个网络（{type(network).__name__}）没有一个权重可学：也许本来就没有权重，也许已被冻结"
            "（weights.pretrained 给的就是冻结的）。解冻用 network.requires_grad_(True)。",
        )
    for half in kinds & {torch.float16, torch.bfloat16}:
        raise CourseError(
            f"The weights are {half}. In half precision small steps are lost, and the 1e-8 of AdamW is 0. Keep "
            "weights in float32, network.float(); where half precision is quicker, the products take it by themselves.",
            f"权重的类型是 {half}。半精度下小的更新会丢失，AdamW 的 1e-8 也成了 0。请让网络的权重留在 float32："
            "network.float()；在半精度更快的机器上，矩阵乘法自会用半精度。",
        )
    return network


def check_settings(
    schedule: Any, optimizer: torch.optim.Optimizer, objective: Any, *, steps: Any, batch: Any, ema_decay: Any
) -> None:
    """Say what is wrong with the settings of a training, if anything is.

    训练的设置若有不对之处，就说明。

    Raises: CourseError then.
    """
    check_kind("schedule", schedule, Schedule, "schedules.cosine()")
    given = "schedule", "network", "x0", "t", "eps"
    check_takes("objective", objective, "objectives.errors", *given, labels=None)
    check_number(("The optimizer's lr", "优化器的 lr"), optimizer.defaults["lr"], 0)
    check_whole("steps", steps, 0, MANY), check_whole("batch", batch, 1, LARGEST_BATCH)
    check_number("ema_decay", ema_decay, 0, 1)


def check_data(
    network: nn.Module, x0: Any, labels: Any, order: Tensor, *, flips: bool, unlabelled: float
) -> Tensor | None:
    """Return the labels, if these data and labels can be trained on; `order` holds the indices still to be seen.

    这些数据与标签若可用于训练，就返回标签；`order` 是本轮次尚未用到的下标。

    Raises: CourseError otherwise.
    """
    check_network(network)
    as_bytes = isinstance(x0, Tensor) and x0.dtype == torch.uint8 and x0.ndim == 4 and x0.numel()
    if not as_bytes:
        check_values(x0)
    if len(order) and int(order.max()) >= len(x0):
        raise CourseError(
            f"The state was trained on more than {int(order.max())} images, and {len(x0)} are given. Go on with "
            "the same data, or begin anew with training.start.",
            f"这个状态是在多于 {int(order.max())} 幅图像上训练的，现在只给了 {len(x0)} 幅。"
            "请用同样的数据接着训练，或用 training.start 重新开始。",
        )
    if check_flag("flips", flips) and x0.ndim != 4:
        raise CourseError(
            f"flips=True turns images left to right; the data have shape {tuple(x0.shape)}. Leave flips out.",
            f"flips=True 是把图像左右翻转；数据的形状却是 {tuple(x0.shape)}。请去掉 flips。",
        )
    return _check_told(network, labels, len(x0), unlabelled)


def check_values(x0: Any) -> Tensor:
    """Return data that a network can learn, or be judged by: images in [-1, 1], points or latents near 0.

    返回网络可以学习、也可以据以评判的数据：[-1, 1] 内的图像，或 0 附近的点、潜变量。

    Raises: CourseError for anything else.
    """
    if isinstance(x0, Tensor) and x0.ndim == 4:
        return check_images(x0)
    check_samples("x0", x0)
    far = float(x0.detach().abs().max())
    if x0.ndim < 2 or far > FAR:
        raise CourseError(
            f"x0 has shape {tuple(x0.shape)} and reaches {far:.4g}. Give (n, ...), one row a sample, values about as "
            "large as 1: bytes as x / 127.5 - 1, points divided by their spread.",
            f"x0 的形状是 {tuple(x0.shape)}，最大到 {far:.4g}。请给 (n, ...)，每个样本一行，数值大小在 1 上下："
            "字节用 x / 127.5 - 1，点除以它们的散布。",
        )
    return x0


def check_rows_of(network: nn.Module, x0: Any, labels: Any, *, unlabelled: Any) -> None:
    """Make sure that a batch can be taken from these data and labels: there are some, and as many of one as of other.

    确认能从这些数据与标签中取出一批：数据不空，两者同样多。

    Raises: CourseError otherwise.
    """
    told = labels is None or (isinstance(labels, Tensor) and not labels.is_floating_point() and labels.ndim == 1)
    fits = isinstance(x0, Tensor) and x0.ndim > 0 and x0.numel() and told
    if not fits or (labels is not None and len(labels) != len(x0)):
        raise CourseError(
            f"The data are {in_words(x0)} and the labels {in_words(labels)}. Give data (n, ...), at least one sample, "
            "and labels (n,), whole numbers, or None.",
            f"数据是 {in_words(x0)}，标签是 {in_words(labels)}。请给至少有一个样本的数据 (n, ...)，"
            "以及由整数组成的标签 (n,)，或不给标签。",
        )
    if check_number("unlabelled", unlabelled, 0, 1):
        _check_told(network, labels, len(x0), unlabelled)


def _check_told(network: nn.Module, labels: Any, n: int, unlabelled: Any) -> Tensor | None:
    """Labels against what the network can be told; a network without a `config` is taken at its word."""
    share, config = check_number("unlabelled", unlabelled, 0, 1), getattr(network, "config", None)
    classes = config.get("classes", 0) if isinstance(config, dict) else None
    if (labels is not None and classes == 0) or (share and (labels is None or not classes)):
        name, en, zh = type(network).__name__, f"{classes} classes", f"分 {classes} 类"
        en, zh = (en, zh) if classes else ("no classes", "不分类别")
        raise CourseError(
            f"labels is {'None' if labels is None else 'given'} and unlabelled is {share:g}; this {name} knows {en}. "
            "Labels want UNet(classes=...), and unlabelled wants labels: leave both out.",
            f"labels {'没有给' if labels is None else '给了'}，unlabelled 为 {share:g}；这个 {name} {zh}。"
            "有标签要用 UNet(classes=...)，"
            "unlabelled 又要有标签：请把两者都去掉。",
        )
    return None if labels is None else check_labels(labels, n, classes)


def check_answers(values: Any, x0: Tensor) -> Tensor:
    """Return what an objective gives for the images x0: one value for each, (b,), with gradients.

    返回目标函数对图像 x0 给出的值：每幅一个，形状 (b,)，带梯度。

    Raises: CourseError for anything else.
    """
    if not isinstance(values, Tensor) or values.shape != x0.shape[:1] or not values.requires_grad:
        given = f"shape {tuple(values.shape)}" if isinstance(values, Tensor) else type(values).__name__
        grad = " without gradients" if isinstance(values, Tensor) and not values.requires_grad else ""
        raise CourseError(
            f"The objective gives {given}{grad} for {len(x0)} images. It must give one value per image, with "
            "gradients: (...).flatten(1).mean(1), as objectives.errors does.",
            f"目标函数对 {len(x0)} 幅图像给出 {given}{'，且没有梯度' if grad else ''}。"
            "它应当给每幅图像一个值，并带梯度：(...).flatten(1).mean(1)，如 objectives.errors 那样。",
        )
    return values


def check_losses(values: Tensor, step: int, lr: float) -> None:
    """Stop a training at a loss that is no number, before anything is moved.

    损失不是有限数时停下训练，此时什么都还没动。

    Args: values, what the objective gives for a batch, (b,); step, how many are done.
    Raises: CourseError then.
    """
    if not bool(values.detach().isfinite().all()):
        _stop(f"the loss is {float(values.detach().mean()):g}", f"损失是 {float(values.detach().mean()):g}", step, lr)


def check_gradients(network: nn.Module, step: int, lr: float) -> None:
    """Stop a training at gradients that are no numbers, or whose squares are none, before anything is moved.

    梯度或其平方不是有限数时停下训练，此时什么都还没动。

    Raises: CourseError then.
    """
    grads = [weight.grad for weight in network.parameters() if weight.grad is not None]
    if not grads or not bool(torch.stack(torch._foreach_norm(grads)).square().isfinite().all()):
        _stop("the gradients are not finite", "梯度不是有限数", step, lr)


def _stop(en: str, zh: str, step: int, lr: float) -> None:
    raise CourseError(
        f"In step {step + 1} {en}, at a learning rate of {lr:.2g}. The training has stopped: weights, average "
        f"and optimizer are as after step {step}. The usual causes: a rate that is too high (try a tenth), nan in the "
        "data, weights in half precision, a division by 0 in the objective. Begin anew with training.start, or go back "
        "with checkpoints.load to one that was good.",
        f"第 {step + 1} 步的{zh}，当时学习率为 {lr:.2g}。训练已停下：权重、平均与优化器都是第 {step} 步之后的样子。"
        "常见的原因：学习率太高（试试十分之一）、数据里有 nan、权重是半精度、目标函数里除以了 0。"
        "请用 training.start 重新开始，或用 checkpoints.load 回到一个好的检查点。",
    )
