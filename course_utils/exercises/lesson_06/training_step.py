"""Judge one step of Algorithm 1, which draws its own times and noise: the predictor it is given takes notes.

评判算法 1 的一步，时间步与噪声都由它自己抽：交给它的预测器会做记录。

From what the predictor was shown, the noise in it can be computed; then the loss must be the one of that very noise.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils import schedules
from course_utils.denoisers import EpsPredictor
from course_utils.exercises.judging import called
from course_utils.exercises.lesson_06.loss_mistakes import Run, fault_of_losses
from course_utils.exercises.normal_noise import fault_of_noise
from course_utils.forward import forward_jump, per_sample
from course_utils.language import Said
from course_utils.schedules import Schedule


def simple_loss(schedule: Schedule, predictor: EpsPredictor, x0: Tensor) -> Tensor:
    """The loss of one batch. 一批的损失。Paper: Ho et al. 2020, Algorithm 1, lines 3 to 5."""
    t = torch.randint(1, schedule.T + 1, (len(x0),))
    xt, eps = forward_jump(schedule, x0, t)
    return (predictor(xt, t) - eps).square().mean()


class Recorder:
    """A predictor that notes what it is shown and what it answers; it has one weight, so that gradients can flow.

    会做记录的预测器：记下看到的与回答的；它有一个权重，梯度可以流过。
    """

    def __init__(self):
        self.weight, self.seen = torch.tensor(0.7, requires_grad=True), []

    def __call__(self, xt: Tensor, t: Any) -> Tensor:
        answer = self.weight * torch.tanh(xt)
        self.seen.append((xt.detach().clone(), t, answer.detach()))
        return answer


def judge_step(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's training loss, or None. 读者的训练损失错在哪里；正确时为 None。"""
    few_steps = Schedule.from_beta(torch.tensor([0.1, 0.15, 0.2, 0.25, 0.3, 0.35]))
    empty = torch.zeros(6000, 1, 2, 2)
    images = torch.rand(32, 3, 16, 20, generator=generator) * 2 - 1
    grey = torch.rand(3, 1, 4, 6, generator=generator) * 2 - 1
    return (
        _judged(answer, few_steps, empty, _of_the_times)
        or _judged(answer, schedules.linear(1000), images, _of_the_noise)
        or _judged(answer, schedules.cosine(50), grey, lambda *_: None)
        or _judged(answer, schedules.linear(1000), images[:1, :, :7, :5], lambda *_: None)
    )


def _judged(answer: Callable, schedule: Schedule, x0: Tensor, look: Callable) -> Said | None:
    """Run it four times on x0, look at what the predictor was shown, then at the loss."""
    runs = []
    for _ in range(4):
        given = {"schedule": schedule, "predictor": Recorder(), "x0": x0}
        loss, fault = called(answer, given)
        shown, fault = _shown(given["predictor"].seen, x0, schedule) if fault is None else (None, fault)
        if fault is not None:
            return fault
        xt, t, eps_hat = shown
        eps = (xt - per_sample(schedule.signal[t], xt) * x0) / per_sample(schedule.noise[t], xt)
        runs.append(Run(loss, xt, t, eps, eps_hat))
    fault = look(schedule, x0, xt, t, eps) or _of_the_draws(schedule.T, runs)
    if fault is not None or not bool(x0.any()):  # without an image, too many losses are alike
        return fault
    return fault_of_losses(schedule, x0, runs) or _of_the_gradient(loss, given["predictor"], xt, eps)


def _of_the_draws(T: int, runs: list[Run]) -> Said | None:
    """Are times and noise drawn anew at each call, the times from all of 1..T? Spread times may agree by chance, twice."""
    eps, again = runs[0].eps, runs[-1].eps
    if torch.allclose(eps, again, atol=1e-3) and bool(eps.any()):
        return (
            "two calls use the same noise, so the network would learn that noise alone; draw it anew at each call",
            "两次调用用了同一份噪声，网络学到的就只是那一份；每次调用都要重新抽",
        )
    times = torch.stack([run.t for run in runs])
    if times.shape[1] < 30 or T < 30:
        return None
    if bool((times == times[0]).all()):
        return "each call uses the same t; draw them anew", "每次调用都用同样的 t；每次都要重新抽"
    if len(((times - 1) * 4 // T).unique()) < 4:
        return f"with T = {T}, a quarter of the times never occurs", f"T = {T} 时，有四分之一的时间步从不出现"
    return None


def _shown(seen: list, x0: Tensor, schedule: Schedule) -> tuple[tuple[Tensor, ...] | None, Said | None]:
    """All that the predictor was shown, as one batch; or what is wrong with its form."""
    if not seen:
        return None, (
            "the predictor is never asked: call `predictor(xt, t)`",
            "从没有问过预测器：请调用 `predictor(xt, t)`",
        )
    times = []
    for xt, t, _ in seen:
        t = torch.as_tensor(t)
        if t.is_floating_point() or t.dtype == torch.bool:
            return None, (
                f"t is {t.dtype}, no type of whole numbers; hand over t itself, from 1 to T",
                f"t 是 {t.dtype}，不是整数类型；请直接交出 1 到 T 的 t",
            )
        if t.ndim > 1:
            return None, (
                f"t has the shape {tuple(t.shape)}: one number for each image is wanted, ({len(xt)},)",
                f"t 的形状是 {tuple(t.shape)}：应当每幅图像一个数，即 ({len(xt)},)",
            )
        times.append(t.reshape(-1).expand(len(xt)) if t.numel() == 1 else t)
    xt, t, eps_hat = torch.cat([s[0] for s in seen]), torch.cat(times), torch.cat([s[2] for s in seen])
    if xt.shape != x0.shape or xt.dtype != x0.dtype or t.shape != (len(x0),):
        return None, (
            f"the predictor is shown xt of shape {tuple(xt.shape)}, {xt.dtype}, with t of shape {tuple(t.shape)}; x0 has "
            f"{tuple(x0.shape)}, {x0.dtype}, and each image needs its t",
            f"交给预测器的 xt 形状是 {tuple(xt.shape)}，{xt.dtype}，t 的形状是 {tuple(t.shape)}；"
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
        kurtosis = float(xt.pow(4).mean() / xt.square().mean() ** 2)
        if kurtosis > 3.4:  # of one normal distribution it is 3, of several widths together more: 3.8
            return TOLD_ALIKE
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
    if counts[0] == 0:
        return (
            "t = 1 never occurs, so the step that sampling ends with, from x_1 to x_0, is never trained; the times begin "
            "at 1: `randint(1, T + 1, ...)`",
            "t = 1 从不出现，采样的最后一步（从 x_1 到 x_0）就从来没有训练过；时间步从 1 起："
            "应写 `randint(1, T + 1, ...)`",
        )
    if float((counts - len(t) / T).square().sum() / (len(t) / T)) > 50:  # chi-squared, 5 degrees of freedom: 1e-9
        return "t is not uniform over 1 to T", "t 在 1 到 T 上不是均匀分布"
    if bool(eps.any()):
        for (en, zh), part in (
            (("images", "各图像"), eps[:1]),
            (("pixels", "各像素"), eps[..., :1, :1]),
            (("rows of pixels", "各行像素"), eps[..., :1, :]),
            (("columns of pixels", "各列像素"), eps[..., :1]),
        ):
            if torch.allclose(part.expand(eps.shape), eps, atol=1e-3):
                return (
                    f"the {en} share their noise; draw it in the shape of x0",
                    f"{zh}共用同一份噪声；请按 x0 的形状抽取",
                )
    means = torch.stack([xt[t == i].mean() for i in range(1, T + 1)]).double()
    if any(torch.allclose(means, of_0 * schedule.signal[torch.arange(1, T + 1)], atol=0.1) for of_0 in (-1, 0.5)):
        return (
            "x_0 is moved to another range before it is noised; it lies in [-1, 1] already, leave it there",
            "加噪之前，x_0 被挪到了别的取值范围；它本来就在 [-1, 1] 之内，不要再动",
        )
    found = torch.stack([xt[t == i].square().mean() for i in range(1, T + 1)]).double()
    for variance, *fault in [(lambda s, t: 1 - s.alpha_bar[t], None), *VARIANCES]:
        expected = variance(schedule, torch.arange(1, T + 1))
        if bool(((found - expected).abs() < 0.12 * expected + 0.01).all()):
            return None if fault == [None] else tuple(fault)
    if float(xt.abs().max()) <= 1:
        return (
            "x_t never leaves [-1, 1]: it was clamped. Noise from N(0, I) leaves it, and so must x_t",
            "x_t 从不超出 [-1, 1]：它被截断了。N(0, I) 的噪声会超出，x_t 也该如此",
        )
    return OTHER_NOISE


TOLD_ALIKE = (
    "the predictor is told one and the same t for all images, though each x_t was noised at a time of its own: hand over "
    "the very `t` that x_t was made with",
    "告诉预测器的 t 全都一样，可每个 x_t 是在各自的时间步加噪的：请交出造 x_t 时用的那个 `t`",
)
OTHER_NOISE = (
    "what the predictor is shown is not noised as its t says: x_t is √ᾱ_t x_0 + √(1 − ᾱ_t) ε, with ε from N(0, I)",
    "交给预测器的图像，加的噪声与它的 t 不符：x_t 应是 √ᾱ_t x_0 + √(1 − ᾱ_t) ε，ε 取自 N(0, I)",
)
# The variance of x_t that a mistake leads to where x_0 is 0, and what is wrong.
VARIANCES = [
    (lambda s, t: (1 - s.alpha_bar[t]) / 3, "the noise is uniform (`torch.rand`); ε is normal (`torch.randn`)", "噪声是均匀的（`torch.rand`）；ε 应是正态的（`torch.randn`）"),
    (lambda s, t: 0 * s.alpha_bar[t], "the predictor is shown the clean x_0; show it x_t", "交给预测器的是干净的 x_0；应当是 x_t"),
    (lambda s, t: s.beta[t], "x_t has the noise of one step, √β_t; the jump from x_0 has √(1 − ᾱ_t)", "x_t 里只有一步的噪声 √β_t；从 x_0 跳过来应是 √(1 − ᾱ_t)"),
    (lambda s, t: (1 - s.alpha_bar[t]) ** 2, "ε is scaled by 1 − ᾱ_t, a variance; the factor is √(1 − ᾱ_t)", "ε 乘的是方差 1 − ᾱ_t；系数应为 √(1 − ᾱ_t)"),
    (lambda s, t: 1 + 0 * s.alpha_bar[t], "ε is not scaled: its factor in x_t is √(1 − ᾱ_t)", "ε 没有缩放：它在 x_t 中的系数是 √(1 − ᾱ_t)"),
    (lambda s, t: s.alpha_bar[t], "the factors are swapped: √ᾱ_t belongs to x_0, √(1 − ᾱ_t) to ε", "两个系数写反了：√ᾱ_t 属于 x_0，√(1 − ᾱ_t) 属于 ε"),
    (lambda s, t: 1 - s.alpha_bar[t - 1], "the predictor is told a t that is one too large for its x_t", "告诉预测器的 t，比 x_t 的大了 1"),
    (lambda s, t: (1 - s.alpha_bar[1:]).mean().expand(len(t)), "the predictor is told another t than the one that x_t was noised with", "告诉预测器的 t，不是给 x_t 加噪用的那个"),
]  # fmt: skip


def _of_the_noise(schedule: Schedule, x0: Tensor, xt: Tensor, t: Tensor, eps: Tensor) -> Said | None:
    """On images: has x_0 its factor, and is the noise N(0, I)?"""
    slope = ((xt * x0).flatten(1).sum(1) / x0.square().flatten(1).sum(1)).double()
    signal = schedule.signal[t]
    factors = (signal, signal**2, torch.ones_like(signal))
    off = [float((slope - factor).square().mean()) for factor in factors]
    which = min(range(3), key=lambda i: off[i])
    if off[which] > 0.015:  # the true factor stays below 0.006 in thousands of trials
        return OTHER_NOISE
    if off[which] < off[0] - 0.003:  # where all t are small, the three are alike
        return (
            ("x_0 is scaled by ᾱ_t; its factor is √ᾱ_t", "x_0 乘的是 ᾱ_t；系数应为 √ᾱ_t"),
            ("x_0 is not scaled down; its factor is √ᾱ_t", "x_0 没有缩小；系数应为 √ᾱ_t"),
        )[which - 1]
    return fault_of_noise(eps, x0)


def _of_the_gradient(loss: Tensor, predictor: Recorder, xt: Tensor, eps: Tensor) -> Said | None:
    """Does the gradient of the loss reach the predictor's weight, and is it right?"""
    [found] = torch.autograd.grad(loss, [predictor.weight], allow_unused=True)
    slope = torch.tanh(xt)
    right = (2 * (predictor.weight.detach() * slope - eps) * slope).mean()
    if found is not None and torch.allclose(found, right.to(found), rtol=1e-2, atol=1e-4):
        return None
    return (
        "the loss is right, but its gradient does not reach the predictor: something on the way was detached",
        "损失的值没错，但梯度传不到预测器：途中有什么被 detach 断开了",
    )
