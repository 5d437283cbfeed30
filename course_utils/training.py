"""Training: a state outside its loop, and a loop that is a generator.

训练：状态在循环之外，循环是生成器。
"""

import copy
import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from course_utils.arithmetic import quick_arithmetic
from course_utils.data.pixels import ready_for
from course_utils.gates import check_flag, check_kind, check_number, check_seed, check_takes, check_whole
from course_utils.gates.games import check_weights
from course_utils.objectives import Objective, errors, spread_times
from course_utils.randomness import seeded
from course_utils.safeguards import (
    LARGEST_BATCH,
    check_answers,
    check_data,
    check_gradients,
    check_losses,
    check_network,
    check_rows_of,
    check_settings,
)
from course_utils.schedules import Schedule
from course_utils.shares import ALONE, Share, check_share

MakeOptimizer = Callable[..., torch.optim.Optimizer]


@dataclass(frozen=True, eq=False)
class TrainRecord:
    """What one training step tells: its number (from 1), loss and learning rate; t / T and error of each image.

    一个训练步的记录：步号（从 1 起）、损失、学习率；以及每幅图像的 t / T 与误差。
    """

    step: int
    loss: float
    lr: float
    level: Tensor = field(repr=False, default_factory=lambda: torch.empty(0))
    errors: Tensor = field(repr=False, default_factory=lambda: torch.empty(0))


@dataclass
class TrainState:
    """Everything that training changes: weights, their moving average, the optimizer, the step, the draws, the order.

    训练会改变的一切：权重、其指数移动平均、优化器、步号、随机数状态、数据次序。

    `order` holds the indices of the data that this epoch has not yet seen, `losses` one loss per step done.
    """

    network: nn.Module
    ema: nn.Module
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    step: int = 0
    order: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.long))
    losses: list[float] = field(default_factory=list)


def adamw(parameters, lr: float = 4e-3) -> torch.optim.Optimizer:
    """AdamW with a memory of about 100 steps. 记忆约 100 步的 AdamW。

    Raises: CourseError for what are no weights, or a rate below 0.  Paper: Loshchilov & Hutter 2019.
    """
    parameters, lr = check_weights(parameters), check_number("lr", lr, 0)
    return torch.optim.AdamW(parameters, lr=lr, betas=(0.9, 0.99), foreach=True)  # all weights at once: less to call


def start(
    network: nn.Module, *, lr: float | None = None, seed: int = 0, optimizer: MakeOptimizer = adamw
) -> TrainState:
    """A fresh state for `network` on the device where it lies: an optimizer, a moving average, a seeded generator.

    为 `network` 建立新的训练状态，设备随网络：优化器、指数移动平均、带种子的随机数发生器。

    `optimizer` is `adamw` or `Muon`, or whatever else is called as optimizer(parameters, lr=...); each has a learning
    rate of its own, taken unless another is given.

    Raises: CourseError for a network that cannot learn or is in half precision, or a rate that is no number above 0.
    """
    check_network(network)
    rate = {} if lr is None else {"lr": check_number("lr", lr, 0)}
    example = "Muon, or training.adamw, which is what you get without naming one"
    check_takes("optimizer", optimizer, example, network.parameters(), **rate)
    ema = copy.deepcopy(network).requires_grad_(False).eval()
    made = check_kind("optimizer(...)", optimizer(network.parameters(), **rate), torch.optim.Optimizer, "Muon(weights)")
    return TrainState(network, ema, made, seeded(check_seed(seed)))


def train(
    state: TrainState,
    schedule: Schedule,
    x0: Tensor,
    steps: int,
    *,
    batch: int = 64,
    labels: Tensor | None = None,
    ema_decay: float = 0.995,
    flips: bool = False,
    unlabelled: float = 0.0,
    objective: Objective = errors,
    at_once: int | None = None,
    share: Share = ALONE,
) -> Iterator[TrainRecord]:
    """Train until step `steps`, one record a step. Stop it, look at it, go on: the state is always whole.

    训练到第 `steps` 步，每步给出一条记录。随时可停、可看、可接着训练：状态总是完整的。

    The data are walked through in a fresh random order each epoch. The times of a batch are uniform, and spread out so
    that every part of 1..T gets its share. The learning rate warms up over the first 10 % (at most 100 steps) and
    falls along a cosine to 0. An interrupt is honoured at the end of the step it falls into. Images are computed in
    bfloat16 on GPUs and processors that are quicker in it (AMX: twice as fast).

    Args:
        x0: (n, ...), images in [-1, 1], or bytes (n, c, h, w), which are scaled batch by batch.
        labels: (n,) or None. Both stay where they are; batches go to the network.
        flips: turn each image left to right with probability one half.
        unlabelled: share of the labels that are replaced by "no label", for guidance without a classifier.
        objective: what is made small, one value per image; `errors`, or a function with its arguments.
        at_once: how many images of a batch are computed at a time, where memory holds no more; the gradients of the
            parts add up to that of the batch. It changes nothing but rounding.
        share: which part of every batch this process computes, where several train one network together.

    Raises: CourseError for data, labels or settings that cannot be trained on, a checkpoint of other data, or a loss
    that is nan or inf; KeyboardInterrupt after the record of the step it interrupts.
    Papers: Ho et al. 2020, Algorithm 1; spread times, Kingma et al. 2021, appendix I; unlabelled, Ho & Salimans 2022.
    """
    check_kind("state", state, TrainState, "training.start(network)")
    check_settings(schedule, state.optimizer, objective, steps=steps, batch=batch, ema_decay=ema_decay)
    labels = check_data(state.network, x0, labels, state.order, flips=flips, unlabelled=unlabelled)
    steps, batch, unlabelled = int(steps), int(batch), float(unlabelled)  # whatever library they are numbers of
    check_share(check_kind("share", share, Share, "Share(0, 2)"), state.network, batch, at_once)
    while state.step < steps:
        with whole_step(state) as caught:
            lr = set_lr(state.optimizer, state.step, steps)
            x, y = next_batch(state, x0, batch, labels, flips=flips, unlabelled=unlabelled)
            t = spread_times(schedule.T, batch, generator=state.generator)
            eps = torch.randn(x.shape, generator=state.generator, dtype=torch.float32).to(x)
            state.optimizer.zero_grad()
            values = []
            for part in share.parts(batch, at_once):  # a single one, the whole batch, unless more were asked for
                told = None if y is None else y[part]
                with quick_arithmetic(x):
                    found = objective(schedule, state.network, x[part], t[part], eps[part], labels=told)
                (check_answers(found, x[part]).sum() / batch).backward()  # parts add up to the gradient of the mean
                values.append(found.detach())
            values = share.whole(state.network, values, batch)
            check_losses(values, state.step, lr)
            check_gradients(state.network, state.step, lr)
            state.optimizer.step()
            follow_weights(state, ema_decay)
            state.step += 1
            state.losses.append(float(values.mean()))
        yield TrainRecord(state.step, state.losses[-1], lr, t / schedule.T, values)
        if caught:
            raise KeyboardInterrupt


def next_batch(
    state: TrainState, x0: Tensor, batch: int, labels: Tensor | None, *, flips: bool = False, unlabelled: float = 0.0
) -> tuple[Tensor, Tensor | None]:
    """The next images of this epoch's random order, and their labels, as `train` takes them.

    本轮次随机次序中接下来的一批图像与标签，`train` 就是这样取的。

    Shapes: x0 (n, ...) -> x (batch, ...) and labels (batch,), or None.
    Raises: CourseError for what is no state, no batch of at least one, no data, or other labels; of the values of the
    data and labels nothing is looked at, as `train` has done so.
    """
    check_kind("state", state, TrainState, "training.start(network)")
    batch = check_whole("batch", batch, 1, LARGEST_BATCH)
    check_flag("flips", flips), check_rows_of(state.network, x0, labels, unlabelled=unlabelled)
    weight, generator = next(state.network.parameters()), state.generator  # batches take its device and type
    begun = max(0, math.ceil((batch - len(state.order)) / len(x0)))  # epochs that begin in this batch: mostly none
    order = torch.cat([state.order, *(torch.randperm(len(x0), generator=generator) for _ in range(begun))])
    index, state.order = order[:batch], order[batch:].clone()
    x = ready_for(x0[index].detach(), weight)  # the data are not trained, even where they came with gradients

    def chance() -> Tensor:
        return torch.rand(batch, generator=generator, dtype=torch.float32)

    if flips:
        turned = (chance() < 0.5).to(x.device).reshape(-1, *[1] * (x.ndim - 1))
        x = torch.where(turned, x.flip(-1), x)
    if labels is None:
        return x, None
    y = labels[index]
    if unlabelled:
        y = y.masked_fill(chance() < unlabelled, state.network.config["classes"])
    return x, y.to(weight.device)


def set_lr(optimizer: torch.optim.Optimizer, step: int, steps: int) -> float:
    """Set the optimizer's learning rate for this step, and return it: up for 10 %, then down a cosine.

    设定优化器这一步的学习率并返回：先升 10 %，再沿余弦下降。

    Raises: CourseError for what is no optimizer, or unless 0 <= step < steps.
    """
    check_kind("optimizer", optimizer, torch.optim.Optimizer, "training.adamw(network.parameters())")
    steps = check_whole("steps", steps, 1)
    step = check_whole("step", step, 0, steps - 1)
    warm_up = min(100, max(1, steps // 10))
    share = min(1.0, (step + 1) / warm_up) * (1 + math.cos(math.pi * step / steps)) / 2
    lr = optimizer.defaults["lr"] * share
    for group in optimizer.param_groups:
        group["lr"] = lr
    return lr


@torch.no_grad()
def follow_weights(state: TrainState, decay: float) -> None:
    """Let the moving average follow the weights; in the first steps, when it is young, faster.

    让指数移动平均跟上权重；开头几步它还年轻，跟得快些。

    Raises: CourseError for what is no state, or a decay outside 0 to 1.
    """
    check_kind("state", state, TrainState, "training.start(network)")
    decay = min(check_number("decay", decay, 0, 1), (1 + state.step) / (10 + state.step))
    torch._foreach_lerp_(list(state.ema.parameters()), list(state.network.parameters()), 1 - decay)
    for average, now in zip(state.ema.buffers(), state.network.buffers(), strict=True):
        average.copy_(now)  # what batch norm has counted is no weight: it is taken as it is


@contextmanager
def whole_step(state: TrainState) -> Iterator[list[int]]:
    """Hold interrupts back while a step is taken, and list them; if the step fails, take back what it has drawn.

    走一步时压住中断并记下；这一步若失败，就把已抽取的退回去。

    Raises: CourseError for what is no state.
    """
    check_kind("state", state, TrainState, "training.start(network)")
    draws, order = state.generator.get_state(), state.order
    counted = [buffer.clone() for buffer in state.network.buffers()]
    with _interrupts_wait() as caught:
        try:
            yield caught
        except BaseException:
            state.generator.set_state(draws)
            state.order = order
            for buffer, before in zip(state.network.buffers(), counted, strict=True):
                buffer.copy_(before)
            raise


@contextmanager
def _interrupts_wait() -> Iterator[list[int]]:
    """Hold Ctrl-C (or the notebook's stop button) back while the block runs, and list what came."""
    caught: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    before = signal.signal(signal.SIGINT, lambda number, _frame: caught.append(number))
    try:
        yield caught
    finally:
        signal.signal(signal.SIGINT, before)
