"""Is a training loss the mean squared error of the noise? If not, what was done instead?

训练损失是不是噪声的均方误差？若不是，又做成了什么？
"""

from typing import Any, NamedTuple

from torch import Tensor

from course_utils.exercises.judging import describe
from course_utils.forward import per_sample
from course_utils.language import Said
from course_utils.objectives import huber
from course_utils.schedules import Schedule


class Run(NamedTuple):
    """What a reader's function returned once, and what the predictor was shown and answered. 一次调用的记录。

    Shapes: xt, eps, eps_hat (b, ...), t (b,).
    """

    loss: Any
    xt: Tensor
    t: Tensor
    eps: Tensor
    eps_hat: Tensor


def fault_of_losses(schedule: Schedule, x0: Tensor, runs: list[Run]) -> Said | None:
    """What is wrong with the losses of a batch x0, if they are not the mean square of eps_hat - eps, or None.

    x0 的损失若不是 eps_hat - eps 的均方，错在哪里；正确时为 None。A mistake is named if it explains every run.
    """
    for run in runs:
        fault = _of_the_form(run.loss)
        if fault is not None:
            return fault
    pairs = [(run.loss, (run.eps_hat - run.eps).square().mean()) for run in runs]
    wrong = [(loss, right) for loss, right in pairs if not _near(loss, right)]
    if not wrong:
        return None
    candidates = list(zip(*(_wrong_losses(schedule, x0, run) for run in runs), strict=True))
    nearest = min(candidates, key=lambda one: max(_off(run.loss, now[0]) for run, now in zip(runs, one, strict=True)))
    if all(_near(run.loss, now[0]) for run, now in zip(runs, nearest, strict=True)):
        return nearest[0][1:]
    if x0.numel() > 9000 and all(_near(run.loss, run.eps_hat.square().mean() + 1, 0.1) for run in runs):
        return (
            "it compares with another draw than the noise in x_t: draw once, use it twice",
            "拿来比的噪声不是 x_t 里的那份：只抽一次，用两次",
        )
    times = [float(loss.detach()) / float(right) for loss, right in pairs]
    if max(times) < 1.004 * min(times) and abs(times[0] - 1) > 0.05:
        scale, at = f"{sum(times) / len(times):.3g}", describe({"schedule": schedule, "x0": x0})
        return (
            f"with {at} it is the mean square times {scale}; leave the factor out",
            f"{at} 时，这是均方误差的 {scale} 倍；请去掉这个系数",
        )
    loss, right = (float(value.detach()) for value in wrong[0])
    where = describe({"schedule": schedule, "x0": x0})
    return (
        f"with {where} the loss is {loss:.3g}; the mean squared error between what the predictor answers and the noise in "
        f"x_t is {right:.3g}",
        f"{where} 时，损失是 {loss:.3g}；而预测器的回答与 x_t 中噪声的均方误差是 {right:.3g}",
    )


def _of_the_form(loss: Any) -> Said | None:
    """Is it one number with its gradient?"""
    if isinstance(loss, tuple | list | dict):
        kind = type(loss).__name__
        return f"it returns a {kind}; return the loss alone", f"返回的是 {kind}；请只返回损失"
    if not isinstance(loss, Tensor) or (loss.numel() == 1 and not loss.requires_grad):
        return (
            "the loss has no gradient: return the tensor itself, without `.item()`, `.detach()` or `no_grad`",
            "损失不带梯度：请返回张量本身，不要 `.item()`、`.detach()` 或 `no_grad`",
        )
    if loss.numel() != 1:
        return (
            f"it returns {tuple(loss.shape)} values; one loss is wanted, their mean",
            f"返回了 {tuple(loss.shape)} 个值；要的是一个损失，即它们的均值",
        )
    return None


def _off(loss: Tensor, expected: Tensor) -> float:
    return abs(float(loss.detach()) / float(expected) - 1)


def _near(loss: Tensor, expected: Tensor, within: float = 2e-3) -> bool:
    return _off(loss, expected) < within


def _wrong_losses(schedule: Schedule, x0: Tensor, run: Run) -> list[tuple[Tensor, str, str]]:
    """What mistakes would return instead."""
    _, xt, t, eps, eps_hat = run
    off, noise, one_step = (
        (eps_hat - eps).square(),
        per_sample(schedule.noise[t], xt),
        per_sample(schedule.beta[t].sqrt(), xt),
    )
    before = per_sample(schedule.signal[t - 1], xt) * x0 + per_sample(schedule.noise[t - 1], xt) * eps

    def against(target: Tensor) -> Tensor:
        return (eps_hat - target).square().mean()

    return [
        (off.sum(), "it is the sum of the squares; take the mean, which does not depend on the batch or the size", "这是平方和；请取均值，它与批大小、图像大小无关"),
        (off.sum() / len(x0), "it sums over the pixels; take the mean, which does not depend on the image size", "它对像素求了和；请取均值，它与图像大小无关"),
        (off.mean().sqrt(), "it is the root of the mean square; leave the root out", "这是均方根；不要开平方"),
        ((eps_hat - eps).mean(), "the differences are not squared, so that positive and negative ones cancel; square first, then take the mean", "差没有平方，正负会抵消；应先平方，再取均值"),
        ((eps_hat - eps).mean().square(), "the mean is taken before the square, so that positive and negative differences cancel; square first", "先取均值再平方，正负的差会抵消；应先平方"),
        (off.mean() / 2, "it is half of the mean square", "这是均方误差的一半"),
        (off.sum() / off[0].numel(), "it sums over the images; take the mean, which does not depend on the batch", "它对各幅图像求了和；请取均值，它与批大小无关"),
        (huber(eps_hat, eps).mean(), "it is Huber's loss; the simple loss squares, however large the error", "这是 Huber 损失；简化损失无论误差多大都取平方"),
        ((eps_hat - eps).abs().mean(), "it is the mean absolute error, l1; the simple loss squares", "这是绝对误差的均值 l1；简化损失用的是平方"),
        (against(x0), "the target is x_0; Algorithm 1 compares with ε", "目标用成了 x_0；算法 1 比的是 ε"),
        (against(xt), "the target is x_t; Algorithm 1 compares with ε", "目标用成了 x_t；算法 1 比的是 ε"),
        (against(before), "the target is x_{t−1}; Algorithm 1 compares with ε", "目标用成了 x_{t−1}；算法 1 比的是 ε"),
        (against(per_sample(schedule.signal[t], xt) * eps - noise * x0), "the target is v, and ε is wanted: the predictor answers ε̂", "目标用成了 v；要比的是 ε，因为预测器回答的是 ε̂"),
        (against(xt - x0), "the target is x_t − x_0; that is not ε, as both are scaled in x_t", "目标用成了 x_t − x_0；它不是 ε，因为两者在 x_t 中都缩放过"),
        (against(noise * eps), "the target is √(1 − ᾱ_t) ε, the noise as it lies in x_t; compare with ε itself", "目标用成了 √(1 − ᾱ_t) ε，即 x_t 中的那份噪声；应与 ε 本身比"),
        (against(one_step * eps), "the target is the noise of one step; the network predicts the whole ε in x_t", "目标用成了一步的噪声；网络预测的是 x_t 中的整个 ε"),
        (against(-eps), "the target has the wrong sign", "目标的符号反了"),
        (off[0].mean(), "it is the loss of the first image alone", "这只是第一幅图像的损失"),
    ]  # fmt: skip
