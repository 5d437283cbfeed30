"""What goes wrong in a step of training, and in its average, and how it shows: the same run with one thing changed.

训练步与权重的平均会出什么错、怎样看得出来：同样的训练，只改一处。
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils import objectives
from course_utils.exercises.lesson_06.own_training import Training
from course_utils.exercises.lesson_06.trials import Given, lent, truth
from course_utils.randomness import seeded
from course_utils.schedules import Schedule

STEPS = 12  # that are compared: over fewer, Adam may stay within 1e-4 of AdamW by luck


def _usual(run: Training) -> tuple[Tensor, Tensor, Tensor]:
    x = run.images[run.indices()]
    t = objectives.spread_times(run.schedule.T, len(x), generator=run.generator)
    return x, t, torch.randn(x.shape, generator=run.generator, dtype=x.dtype)


def _noise_first(run: Training) -> tuple[Tensor, Tensor, Tensor]:
    x = run.images[run.indices()]
    eps = torch.randn(x.shape, generator=run.generator, dtype=x.dtype)
    return x, objectives.spread_times(run.schedule.T, len(x), generator=run.generator), eps


def _times_first(run: Training) -> tuple[Tensor, Tensor, Tensor]:
    t = objectives.spread_times(run.schedule.T, run.batch, generator=run.generator)
    x = run.images[run.indices()]
    return x, t, torch.randn(x.shape, generator=run.generator, dtype=x.dtype)


def _single_times(run: Training) -> tuple[Tensor, Tensor, Tensor]:
    x = run.images[run.indices()]
    t = torch.randint(1, run.schedule.T + 1, (len(x),), generator=run.generator)
    return x, t, torch.randn(x.shape, generator=run.generator, dtype=x.dtype)


def losses_of(
    what: Given,
    *,
    drawn: Callable = _usual,
    least: Callable = Tensor.mean,
    rate: Callable = lent,
    clears: bool = True,
    moves: bool = True,
    optimizer: Callable | None = None,
) -> Tensor:
    """The losses of the first steps, as they are or with one thing changed. 头几步的损失，原样的，或改了一处的。"""
    run, found = truth(what), []
    run.optimizer = optimizer(run.network.parameters(), lr=run.lr) if optimizer else run.optimizer
    for done in range(STEPS):
        for group in run.optimizer.param_groups:
            group["lr"] = rate(run, done)
        x, t, eps = drawn(run)
        if clears:
            run.optimizer.zero_grad()
        loss = least(objectives.errors(run.schedule, run.network, x, t, eps))
        if moves:
            loss.backward()
            run.optimizer.step()
        found.append(loss.item())
    return torch.tensor(found)


STEP_MISTAKES = [
    (dict(drawn=_noise_first), "the noise is drawn before the times; first the indices, then the times, then the noise", "噪声抽在了时间步之前；应当先下标，再时间步，再噪声"),
    (dict(drawn=_times_first), "the times are drawn before the indices; first the indices, then the times, then the noise", "时间步抽在了下标之前；应当先下标，再时间步，再噪声"),
    (dict(drawn=_single_times), "the times are drawn one by one; `spread_times` spreads them over the batch", "时间步是一个个单独抽的；`spread_times` 会在一批之内铺开"),
    (dict(least=Tensor.sum), "the errors of the batch are summed; take their mean", "对一批的误差求了和；应取均值"),
    (dict(moves=False), "the weights never move: `backward`, then the optimizer's `step`", "权重从不移动：先 `backward`，再让优化器走一步 `step`"),
    (dict(clears=False), "the gradients of earlier steps are still there: `zero_grad` before `backward`", "前几步的梯度还在：`backward` 之前要 `zero_grad`"),
    (dict(rate=lambda run, done: run.lr), "the optimizer keeps the rate that it was made with; set `lr` of its `param_groups` at each step", "优化器的学习率一直是最初的；每步都要设置 `param_groups` 里的 `lr`"),
    (dict(rate=lambda run, done: lent(run, done + 1)), "step by step the rate is that of the next step; the first step has rate(0)", "每步用的都是下一步的学习率；第一步应是 rate(0)"),
    (dict(rate=lambda run, done: lent(run, done - 1) if done else run.lr), "the rate is set after the step, so each step has that of the one before", "学习率是走完才设的，所以每步用的都是上一步的"),
    (dict(rate=Training.rate), "`step` computes the rate by itself; ask `self.rate` at each step, so that whoever writes another `rate` trains by it", "`step` 里另算了学习率；每步都要问 `self.rate`，这样换一个 `rate`，训练才会照它走"),
    (dict(optimizer=lambda w, lr: torch.optim.AdamW(w, lr=lr)), "AdamW has the usual betas here; `training.adamw` has a shorter memory", "这里的 AdamW 用的是常见的 betas；`training.adamw` 的记忆更短"),
    (dict(optimizer=lambda w, lr: torch.optim.Adam(w, lr=lr, betas=(0.9, 0.99))), "this is Adam; `training.adamw` also lets the weights decay", "这是 Adam；`training.adamw` 还会让权重衰减"),
    (dict(optimizer=lambda w, lr: torch.optim.SGD(w, lr=lr)), "this is plain gradient descent; take `training.adamw`", "这是普通的梯度下降；请用 `training.adamw`"),
]  # fmt: skip


# What is kept of the average, from its old self, the weights before and after the step, the steps done, the decay.
AVERAGE_MISTAKES = [
    (lambda old, before, new, k, d: new, "it is always equal to the newest weights: is it the network itself, or a copy that shares its weights? `copy.deepcopy`", "它总与最新的权重相同：是不是就是网络本身，或是共用权重的副本？请用 `copy.deepcopy`"),
    (lambda old, before, new, k, d: old, "it never moves", "它从不移动"),
    (lambda old, before, new, k, d: old.lerp(new, 1 - d), "the decay is `decay` from the first step on: at the beginning it should be smaller, k / (k + 9) in step k", "从第一步起衰减就是 `decay`：开头应当更小，第 k 步是 k / (k + 9)"),
    (lambda old, before, new, k, d: old.lerp(new, 9 / (10 + k)), "the decay grows without end: never above `decay`", "衰减一直在增大：不能超过 `decay`"),
    (lambda old, before, new, k, d: old.lerp(new, 1 - max(d, (1 + k) / (10 + k))), "the larger of the two decays is taken; take the smaller", "取了两个衰减中较大的；应取较小的"),
    (lambda old, before, new, k, d: old.lerp(before, 1 - min(d, (1 + k) / (10 + k))), "it follows the weights from before the step; follow after the optimizer has moved them", "它跟的是这一步之前的权重；应在优化器移动它们之后再跟"),
    (lambda old, before, new, k, d: old.lerp(new, 1 - min(d, (2 + k) / (11 + k))), "the count of the steps is one ahead: in the first step k is 1, and the share 1/10", "步数多数了一步：第一步 k 是 1，保留的份额是 1/10"),
    (lambda old, before, new, k, d: old.lerp(new, 1 - min(d, k / (9 + k))), "the count of the steps is one behind: in the first step k is 1, and the share 1/10, not 0", "步数少数了一步：第一步 k 是 1，保留的份额是 1/10，不是 0"),
    (lambda old, before, new, k, d: old.lerp(new, min(d, (1 + k) / (10 + k))), "the two shares are swapped", "两个份额写反了"),
]  # fmt: skip


def _unmixed(T: int, n: int, shape: torch.Size, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    return objectives.spread_times(T, n, generator=draw), torch.randn(shape, generator=draw, dtype=torch.float32)


def _mixed_late(T: int, n: int, shape: torch.Size, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    t, eps = _unmixed(T, n, shape, draw)
    return t[torch.randperm(n, generator=draw)], eps


def _after_the_noise(T: int, n: int, shape: torch.Size, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    eps = torch.randn(shape, generator=draw, dtype=torch.float32)
    return objectives.spread_times(T, n, generator=draw)[torch.randperm(n, generator=draw)], eps


def error_of(network: nn.Module, schedule: Schedule, images: Tensor, drawn: Callable) -> float:
    """The mean error of a network, times and noise drawn from `seeded(0)` in some way. 按某种抽法得到的误差均值。"""
    t, eps = drawn(schedule.T, len(images), images.shape, seeded(0))
    training = network.training
    with torch.no_grad():
        error = objectives.errors(schedule, network.eval(), images, t, eps).mean().item()
    network.train(training)
    return error


HELD_OUT_MISTAKES = [
    (_unmixed, "the times are not mixed: after `spread_times` comes a `torch.randperm`, then the noise", "时间步没有打乱：`spread_times` 之后先来一次 `torch.randperm`，再抽噪声"),
    (_mixed_late, "the times are mixed after the noise is drawn; `torch.randperm` comes before it", "时间步是抽了噪声之后才打乱的；`torch.randperm` 应在抽噪声之前"),
    (_after_the_noise, "the noise is drawn before the times; first `spread_times`, then `torch.randperm`, then the noise", "噪声抽在了时间步之前；应当先 `spread_times`，再 `torch.randperm`，再抽噪声"),
]  # fmt: skip
