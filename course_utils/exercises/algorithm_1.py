"""Judge one step of Algorithm 1, which draws its own times and noise: the denoiser it is given takes notes.

评判算法 1 的一步，时间步与噪声都由它自己抽：交给它的去噪器会做记录。

From what the denoiser was shown, the noise in it can be computed; then the loss must be the one of that very noise.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.exercises.judging import called, describe
from course_utils.exercises.normal_noise import fault_of_noise
from course_utils.forward import forward_jump, like
from course_utils.language import Said
from course_utils.samplers import Denoiser
from course_utils.schedules import Schedule


def simple_loss(schedule: Schedule, denoiser: Denoiser, x0: Tensor) -> Tensor:
    """The loss of one batch. 一批的损失。Paper: Ho et al. 2020, Algorithm 1, lines 3 to 5."""
    t = torch.randint(1, schedule.T + 1, (len(x0),))
    xt, eps = forward_jump(schedule, x0, t)
    return (denoiser(xt, t) - eps).square().mean()


class Recorder:
    """A denoiser that notes what it is shown and what it answers; it has one weight, so that gradients can flow.

    会做记录的去噪器：记下看到的与回答的；它有一个权重，梯度可以流过。
    """

    def __init__(self):
        self.weight, self.seen = torch.tensor(0.7, requires_grad=True), []

    def __call__(self, xt: Tensor, t: Any) -> Tensor:
        answer = self.weight * torch.tanh(xt)
        self.seen.append((xt.detach().clone(), t, answer.detach()))
        return answer


def judge_step(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's training loss, or None; the reader's own random stream stays as it was.

    读者的训练损失错在哪里；正确时为 None。读者自己的随机数流保持原样。
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
        few_steps = Schedule.from_beta(torch.tensor([0.1, 0.15, 0.2, 0.25, 0.3, 0.35]))
        empty = torch.zeros(6000, 1, 2, 2)
        images = torch.rand(32, 3, 16, 20) * 2 - 1
        grey = torch.rand(3, 1, 4, 6) * 2 - 1
        return (
            _judged(answer, few_steps, empty, _of_the_times)
            or _judged(answer, schedules.linear(1000), images, _of_the_noise)
            or _judged(answer, schedules.cosine(50), grey, lambda *_: None)
        )


def _judged(answer: Callable, schedule: Schedule, x0: Tensor, look: Callable) -> Said | None:
    """Run it once on x0, look at what the denoiser was shown, then at the loss."""
    given = {"schedule": schedule, "denoiser": Recorder(), "x0": x0}
    loss, fault = called(answer, given)
    if fault is not None:
        return fault
    shown, fault = _shown(given["denoiser"].seen, x0, schedule)
    if fault is not None:
        return fault
    xt, t, eps_hat = shown
    eps = (xt - like(schedule.signal(t), xt) * x0) / like(schedule.noise(t), xt)
    fault = look(schedule, x0, xt, t, eps)
    if fault is not None or not bool(x0.any()):  # without an image, too many losses are alike
        return fault
    return _of_the_loss(loss, schedule, x0, xt, t, eps, eps_hat)


def _shown(seen: list, x0: Tensor, schedule: Schedule) -> tuple[tuple[Tensor, ...] | None, Said | None]:
    """All that the denoiser was shown, as one batch; or what is wrong with its form."""
    if not seen:
        return None, (
            "the denoiser is never asked: call `denoiser(xt, t)`",
            "从没有问过去噪器：请调用 `denoiser(xt, t)`",
        )
    times = []
    for xt, t, _ in seen:
        t = torch.as_tensor(t)
        if t.is_floating_point() or t.dtype == torch.bool:
            return None, ("t is no whole number; hand over t itself, from 1 to T", "t 不是整数；请直接交出 1 到 T 的 t")
        times.append(t.reshape(-1).expand(len(xt)) if t.numel() == 1 else t)
    xt, t, eps_hat = torch.cat([s[0] for s in seen]), torch.cat(times), torch.cat([s[2] for s in seen])
    if xt.shape != x0.shape or xt.dtype != x0.dtype or t.shape != (len(x0),):
        return None, (
            f"the denoiser is shown xt of shape {tuple(xt.shape)}, {xt.dtype}, with t of shape {tuple(t.shape)}; x0 has "
            f"{tuple(x0.shape)}, {x0.dtype}, and each image needs its t",
            f"交给去噪器的 xt 形状是 {tuple(xt.shape)}，{xt.dtype}，t 的形状是 {tuple(t.shape)}；"
            f"而 x0 是 {tuple(x0.shape)}，{x0.dtype}，且每幅图像要有一个 t",
        )
    if int(t.min()) < 1:
        return None, (
            "t = 0 occurs: that is the clean image, with no noise to predict. The times are 1 to T",
            "出现了 t = 0：那是干净图像，没有噪声可预测。时间步是 1 到 T",
        )
    if int(t.max()) > schedule.T:
        return None, (f"t exceeds T = {schedule.T}", f"t 超过了 T = {schedule.T}")
    return (xt, t, eps_hat), None


def _of_the_times(schedule: Schedule, x0: Tensor, xt: Tensor, t: Tensor, eps: Tensor) -> Said | None:
    """With x0 = 0 and few times: is t uniform over 1..T, and does x_t have the variance of its t?"""
    T, counts = schedule.T, torch.bincount(t, minlength=schedule.T + 1)[1:].double()
    if len(t.unique()) == 1:
        return (
            "all images of the batch share one t. On average that is right, but each step then sees a single noise "
            "level, and the gradient is far noisier; draw one t for each image",
            "整批图像共用一个 t。平均起来没有错，但每一步只看到一个噪声水平，梯度的噪声大得多；请给每幅图像各抽一个 t",
        )
    if counts[-1] == 0:
        return (
            "t = T never occurs, so pure noise is never trained, and sampling begins there. `torch.randint` leaves its "
            "upper end out: `randint(1, T + 1, ...)`",
            "t = T 从不出现，纯噪声就从来没有训练过，而采样正从那里开始。`torch.randint` 不含上端："
            "应写 `randint(1, T + 1, ...)`",
        )
    if float((counts - len(t) / T).square().sum() / (len(t) / T)) > 50:  # chi-squared, 5 degrees of freedom: 1e-9
        return "t is not uniform over 1 to T", "t 在 1 到 T 上不是均匀分布"
    if bool(eps.any()):
        for (en, zh), part in ((("images", "各图像"), eps[:1]), (("pixels", "各像素"), eps[..., :1, :1])):
            if torch.allclose(part.expand(eps.shape), eps, atol=1e-3):
                return (
                    f"the {en} share their noise; draw it in the shape of x0",
                    f"{zh}共用同一份噪声；请按 x0 的形状抽取",
                )
    found = torch.stack([xt[t == i].square().mean() for i in range(1, T + 1)]).double()
    for variance, *fault in [(lambda s, t: 1 - s.alpha_bar[t], None), *VARIANCES]:
        expected = variance(schedule, torch.arange(1, T + 1))
        if bool(((found - expected).abs() < 0.12 * expected + 0.01).all()):
            return None if fault == [None] else tuple(fault)
    return OTHER_NOISE


OTHER_NOISE = (
    "what the denoiser is shown is not noised as its t says: x_t is √ᾱ_t x_0 + √(1 − ᾱ_t) ε, with ε from N(0, I)",
    "交给去噪器的图像，加的噪声与它的 t 不符：x_t 应是 √ᾱ_t x_0 + √(1 − ᾱ_t) ε，ε 取自 N(0, I)",
)
# The variance of x_t that a mistake leads to where x_0 is 0, and what is wrong.
VARIANCES = [
    (lambda s, t: (1 - s.alpha_bar[t]) / 3, "the noise is uniform (`torch.rand`); ε is normal (`torch.randn`)", "噪声是均匀的（`torch.rand`）；ε 应是正态的（`torch.randn`）"),
    (lambda s, t: 0 * s.alpha_bar[t], "the denoiser is shown the clean x_0; show it x_t", "交给去噪器的是干净的 x_0；应当是 x_t"),
    (lambda s, t: s.beta[t], "x_t has the noise of one step, √β_t; the jump from x_0 has √(1 − ᾱ_t)", "x_t 里只有一步的噪声 √β_t；从 x_0 跳过来应是 √(1 − ᾱ_t)"),
    (lambda s, t: (1 - s.alpha_bar[t]) ** 2, "ε is scaled by 1 − ᾱ_t, a variance; the factor is √(1 − ᾱ_t)", "ε 乘的是方差 1 − ᾱ_t；系数应为 √(1 − ᾱ_t)"),
    (lambda s, t: 1 + 0 * s.alpha_bar[t], "ε is not scaled: its factor in x_t is √(1 − ᾱ_t)", "ε 没有缩放：它在 x_t 中的系数是 √(1 − ᾱ_t)"),
    (lambda s, t: s.alpha_bar[t], "the factors are swapped: √ᾱ_t belongs to x_0, √(1 − ᾱ_t) to ε", "两个系数写反了：√ᾱ_t 属于 x_0，√(1 − ᾱ_t) 属于 ε"),
    (lambda s, t: 1 - s.alpha_bar[t - 1], "the denoiser is told a t that is one too large for its x_t", "告诉去噪器的 t，比 x_t 的大了 1"),
    (lambda s, t: (1 - s.alpha_bar[1:]).mean().expand(len(t)), "the denoiser is told another t than the one that x_t was noised with", "告诉去噪器的 t，不是给 x_t 加噪用的那个"),
]  # fmt: skip


def _of_the_noise(schedule: Schedule, x0: Tensor, xt: Tensor, t: Tensor, eps: Tensor) -> Said | None:
    """On images: has x_0 its factor, and is the noise N(0, I)?"""
    slope = ((xt * x0).flatten(1).sum(1) / x0.square().flatten(1).sum(1)).double()
    signal, off = schedule.signal(t), lambda factor: abs(float((slope - factor).mean()))
    if off(signal) > 0.08:
        for factor, en, zh in (
            (signal**2, "x_0 is scaled by ᾱ_t; its factor is √ᾱ_t", "x_0 乘的是 ᾱ_t；系数应为 √ᾱ_t"),
            (1 + 0 * signal, "x_0 is not scaled down; its factor is √ᾱ_t", "x_0 没有缩小；系数应为 √ᾱ_t"),
        ):
            if off(factor) < 0.05:
                return en, zh
        return OTHER_NOISE
    return fault_of_noise(eps, x0)


def _of_the_loss(loss: Any, schedule: Schedule, x0, xt, t, eps, eps_hat) -> Said | None:
    """Is the loss the mean squared error between the answer and the very noise in x_t?"""
    off = (eps_hat - eps).square()
    if not isinstance(loss, Tensor) or (loss.numel() == 1 and not loss.requires_grad):
        return (
            "the loss has no gradient: return the tensor itself, without `.item()`, `.detach()` or `no_grad`",
            "损失不带梯度：请返回张量本身，不要 `.item()`、`.detach()` 或 `no_grad`",
        )
    if loss.numel() != 1:
        return (
            f"it returns {tuple(loss.shape)} values; one loss is wanted, their mean",
            f"返回了 {tuple(loss.shape)} 个值；要的是一个损失，即它们的平均",
        )

    right = off.mean()
    if _near(loss, right):
        return None
    for expected, en, zh in _wrong_losses(schedule, x0, xt, t, eps, eps_hat):
        if _near(loss, expected):
            return en, zh
    if eps.numel() > 9000 and _near(loss, eps_hat.square().mean() + 1, 0.1):
        return (
            "it compares with another draw than the noise in x_t: draw once, use it twice",
            "拿来比的噪声不是 x_t 里的那份：只抽一次，用两次",
        )
    where = describe({"schedule": schedule, "x0": x0})
    return (
        f"with {where} the loss is {float(loss.detach()):.3g}; the mean squared error between what the denoiser answers and the "
        f"noise in x_t is {float(right):.3g}",
        f"{where} 时，损失是 {float(loss.detach()):.3g}；而去噪器的回答与 x_t 中噪声的均方误差是 {float(right):.3g}",
    )


def _near(loss: Tensor, expected: Tensor, within: float = 2e-3) -> bool:
    return abs(float(loss.detach()) - float(expected)) < within * float(expected)


def _wrong_losses(schedule: Schedule, x0, xt, t, eps, eps_hat) -> list[tuple[Tensor, str, str]]:
    """What mistakes would return instead."""
    off, noise, one_step = (eps_hat - eps).square(), like(schedule.noise(t), xt), like(schedule.beta[t].sqrt(), xt)

    def against(target: Tensor) -> Tensor:
        return (eps_hat - target).square().mean()

    return [
        (off.sum(), "it is the sum of the squares; take the mean, which does not depend on the batch or the size", "这是平方和；请取平均，它与批大小、图像大小无关"),
        (off.sum() / len(x0), "it sums over the pixels; take the mean, which does not depend on the image size", "它对像素求了和；请取平均，它与图像大小无关"),
        (off.mean().sqrt(), "it is the root of the mean square; leave the root out", "这是均方根；不要开平方"),
        (off.mean() / 2, "it is half of the mean square", "这是均方误差的一半"),
        ((eps_hat - eps).abs().mean(), "it is the mean absolute error, l1; the simple loss squares", "这是平均绝对误差 l1；简化损失用的是平方"),
        (against(x0), "the target is x_0; Algorithm 1 compares with ε", "目标用成了 x_0；算法 1 比的是 ε"),
        (against(xt), "the target is x_t; Algorithm 1 compares with ε", "目标用成了 x_t；算法 1 比的是 ε"),
        (against(xt - x0), "the target is x_t − x_0; that is not ε, as both are scaled in x_t", "目标用成了 x_t − x_0；它不是 ε，因为两者在 x_t 中都缩放过"),
        (against(noise * eps), "the target is √(1 − ᾱ_t) ε, the noise as it lies in x_t; compare with ε itself", "目标用成了 √(1 − ᾱ_t) ε，即 x_t 中的那份噪声；应与 ε 本身比"),
        (against(one_step * eps), "the target is the noise of one step; the network predicts the whole ε in x_t", "目标用成了一步的噪声；网络预测的是 x_t 中的整个 ε"),
        (against(-eps), "the target has the wrong sign", "目标的符号反了"),
        (off[0].mean(), "it is the loss of the first image alone", "这只是第一幅图像的损失"),
    ]  # fmt: skip
