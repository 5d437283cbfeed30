"""Training: a state outside its loop, a loop that is a generator, checkpoints that are whole or not there.

训练：状态在循环之外，循环是生成器，检查点要么完整、要么不存在。
"""

import copy
import json
import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.data import check_images
from course_utils.files import write_whole
from course_utils.forward import forward_jump
from course_utils.language import CourseError
from course_utils.samplers import predict_eps
from course_utils.schedules import Schedule


@dataclass(frozen=True)
class TrainRecord:
    """What one training step tells: its number (from 1), its loss, its learning rate.

    一个训练步的记录：步号（从 1 起）、损失、学习率。
    """

    step: int
    loss: float
    learning_rate: float


@dataclass
class TrainState:
    """Everything that training changes: weights, their moving average, the optimizer, the step, the draws.

    训练会改变的一切：权重、其指数移动平均、优化器、步号、随机数状态。
    """

    network: nn.Module
    ema: nn.Module
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    step: int = 0


def start(network: nn.Module, learning_rate: float = 4e-3, seed: int = 0) -> TrainState:
    """A fresh state for `network` on the device where it lies: AdamW, a moving average, a seeded generator.

    为 `network` 建立新的训练状态，设备随网络：AdamW、指数移动平均、带种子的随机数发生器。

    Paper: Loshchilov & Hutter 2019 (AdamW).
    """
    ema = copy.deepcopy(network).requires_grad_(False).eval()
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate, betas=(0.9, 0.99))
    return TrainState(network, ema, optimizer, torch.Generator().manual_seed(seed))


def loss(
    schedule: Schedule,
    network: nn.Module,
    x0: Tensor,
    t: Tensor,
    eps: Tensor,
    labels: Tensor | None = None,
) -> Tensor:
    """The simple loss: mean squared error between eps and the network's eps_hat.

    简化损失：噪声 eps 与网络预测 eps_hat 的均方误差。

    Shapes: x0 and eps (b, ...), t (b,) from 1 to T, labels (b,) or None -> ().
    Paper: Ho et al. 2020, eq. (14) and Algorithm 1, line 5.
    """
    xt, _ = forward_jump(schedule, x0, t, eps)
    return F.mse_loss(predict_eps(schedule, network, xt, t, labels), eps)


def train(
    state: TrainState,
    schedule: Schedule,
    x0: Tensor,
    steps: int,
    batch: int = 64,
    labels: Tensor | None = None,
    ema_decay: float = 0.995,
) -> Iterator[TrainRecord]:
    """Train until step `steps`, one record a step. Stop it, look at it, go on: the state is always whole.

    训练到第 `steps` 步，每步给出一条记录。随时可停、可看、可接着训练：状态总是完整的。

    The learning rate warms up over the first 10 % (at most 100 steps) and falls along a cosine to 0. An interrupt
    is honoured at the end of the step it falls into.

    Shapes: x0 (n, ...), images in [-1, 1]; labels (n,) or None. Both stay where they are; batches go to the network.
    Raises: CourseError for empty data, images out of range, or labels that are not as many; KeyboardInterrupt
    after the step it interrupts.
    Paper: Ho et al. 2020, Algorithm 1.
    """
    if x0.ndim == 4 or not x0.numel():
        check_images(x0)
    if labels is not None and len(labels) != len(x0):
        raise CourseError(
            f"There are {len(labels)} labels for {len(x0)} images. Give one label per image.",
            f"有 {len(x0)} 幅图像，却给了 {len(labels)} 个标签。请给每幅图像一个标签。",
        )
    peak = state.optimizer.defaults["lr"]
    while state.step < steps:
        with _interrupts_wait():
            state.optimizer.param_groups[0]["lr"] = rate = peak * _rate(state.step, steps)
            value = _train_step(state, schedule, x0, batch, labels)
            _follow(state, ema_decay)
            state.step += 1
        yield TrainRecord(state.step, value, rate)


def _train_step(state: TrainState, schedule: Schedule, x0: Tensor, batch: int, labels: Tensor | None) -> float:
    weight = next(state.network.parameters())  # batches take its device and type
    index = torch.randint(len(x0), (batch,), generator=state.generator)
    t = torch.randint(1, schedule.T + 1, (batch,), generator=state.generator)
    eps = torch.randn(batch, *x0.shape[1:], generator=state.generator).to(weight)
    y = None if labels is None else labels[index].to(weight.device)
    value = loss(schedule, state.network, x0[index].to(weight), t, eps, y)
    state.optimizer.zero_grad()
    value.backward()
    state.optimizer.step()
    return value.item()


def _rate(step: int, steps: int) -> float:
    warm_up = min(100, max(1, steps // 10))
    return min(1.0, (step + 1) / warm_up) * (1 + math.cos(math.pi * step / steps)) / 2


@torch.no_grad()
def _follow(state: TrainState, decay: float) -> None:
    decay = min(decay, (1 + state.step) / (10 + state.step))
    torch._foreach_lerp_(list(state.ema.parameters()), list(state.network.parameters()), 1 - decay)


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Hold Ctrl-C (or the notebook's stop button) back until the block has ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught = []
    before = signal.signal(signal.SIGINT, lambda *_: caught.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if caught:
        raise KeyboardInterrupt


def save(path: str | Path, state: TrainState) -> Path:
    """Write the whole state to one safetensors file: beside its place first, then renamed, so never half a file.

    把整个状态写进一个 safetensors 文件：先写在旁边，再改名，因此不会留下半个文件。

    Raises: CourseError if the place cannot be written; nothing is left behind then.
    """
    from safetensors.torch import save

    tensors = {name: tensor.contiguous() for name, tensor in _tensors(state).items()}
    return write_whole(path, save(tensors, metadata=_about(state)))


def load(path: str | Path, state: TrainState) -> TrainState:
    """Fill `state` with what `save` wrote; training then goes on exactly as if it had never stopped.

    用 `save` 写下的内容填充 `state`；此后的训练与从未中断过完全一样。

    Raises: CourseError if the file is missing, cut short, or of another network; `state` is then as before.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(Path(path), "pt") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except FileNotFoundError:
        raise CourseError(
            f"There is no checkpoint at {str(path)!r}. Check the path, or train first and save with training.save.",
            f"{str(path)!r} 处没有检查点。请检查路径，或先训练，再用 training.save 保存。",
        ) from None
    except (SafetensorError, OSError) as error:
        raise CourseError(
            f"{str(path)!r} is not a whole checkpoint: it was cut short or is another kind of file ({error}). "
            "Copy or train it anew.",
            f"{str(path)!r} 不是完整的检查点：被截断了，或是别的文件（{error}）。请重新复制或重新训练。",
        ) from None
    _check_same_network(path, about, tensors, state)
    _fill(state, tensors, int(about["step"]))
    return state


def _check_same_network(path: str | Path, about: dict, tensors: dict[str, Tensor], state: TrainState) -> None:
    expected = {name: tensor.shape for name, tensor in _tensors(state, with_optimizer=False).items()}
    found = {name: tensor.shape for name, tensor in tensors.items() if not name.startswith("optimizer.")}
    if {"step", "network"} <= about.keys() and found == expected:
        return
    given, wanted = about.get("network", "?"), _about(state)["network"]
    raise CourseError(
        f"{str(path)!r} holds another network: {given}. Expected: {wanted}. "
        "Build the network with the settings of the checkpoint, or choose another file.",
        f"{str(path)!r} 中是另一个网络：{given}。应当是：{wanted}。请按检查点的设置建网络，或换一个文件。",
    )


def _about(state: TrainState) -> dict[str, str]:
    network = {"kind": type(state.network).__name__, **getattr(state.network, "config", {})}
    return {"step": str(state.step), "network": json.dumps(network)}


def _tensors(state: TrainState, with_optimizer: bool = True) -> dict[str, Tensor]:
    tensors = {f"network.{k}": v for k, v in state.network.state_dict().items()}
    tensors |= {f"ema.{k}": v for k, v in state.ema.state_dict().items()}
    tensors["generator"] = state.generator.get_state()
    if with_optimizer:
        for i, moments in state.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{i}.{k}": v for k, v in moments.items()}
    return tensors


def _fill(state: TrainState, tensors: dict[str, Tensor], step: int) -> None:
    def below(prefix: str) -> dict[str, Tensor]:
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

    state.network.load_state_dict(below("network."))
    state.ema.load_state_dict(below("ema."))
    state.generator.set_state(tensors["generator"])
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in below("optimizer.").items():
        i, key = name.split(".", 1)
        moments.setdefault(int(i), {})[key] = tensor
    state.optimizer.load_state_dict({**state.optimizer.state_dict(), "state": moments})
    state.step = step
