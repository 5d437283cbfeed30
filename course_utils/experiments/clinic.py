"""The clinic: short trainings of one small network on the digits, one healthy and six with a fault each.

诊室：同一个小网络在手写数字上的几次短训练，一次健康，另外六次各有一个毛病。

Each is looked at in the middle of a longer run, while the learning rate is still high.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import islice

import torch
from torch import Tensor, nn

from course_utils.arithmetic import threads
from course_utils.data import digits
from course_utils.denoisers import image_denoiser, predict_eps
from course_utils.forward import forward_jump
from course_utils.mlp import MLP
from course_utils.objectives import by_level, errors
from course_utils.randomness import seeded
from course_utils.samplers import ddim, finish
from course_utils.schedules import cosine
from course_utils.times import even_times
from course_utils.training import TrainState, adamw, start, train

STEPS, PLANNED, BATCH, RATE, EMA, SHOWN, PARTS = 400, 1500, 64, 2e-3, 0.98, 12, 10
PATIENTS = {"A": "rate", "B": "noise", "C": "ema", "D": "gradients", "E": "range", "F": "level"}


@dataclass(frozen=True, eq=False)
class Chart:
    """What the reader sees of a training: loss at each step, loss by noise level lately, samples of both weights.

    读者看到的一次训练：每步的损失、近期按噪声水平分的损失、两份权重各自的样本。

    Shapes: losses (steps,), levels (parts,), network and ema (n, 1, 8, 8).
    """

    losses: Tensor
    levels: Tensor
    network: Tensor
    ema: Tensor


class Deaf(nn.Module):
    """A network that is never told the noise level: it always hears the same.

    得不到噪声水平的网络：听到的总是同一个。
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, xt: Tensor, log_snr: Tensor) -> Tensor:
        return self.network(xt, torch.zeros_like(log_snr))


def same_noise(schedule, network, x0, t, eps, *, labels=None) -> Tensor:
    """`errors` with one noise, drawn once, for all images and steps. 所有图像、所有步都用同一份噪声的 `errors`。"""
    once = torch.randn(x0.shape[1:], generator=seeded(0))
    return errors(schedule, network, x0, t, once.expand(x0.shape).clone())


def to_unit_range(x: Tensor) -> Tensor:
    """From [-1, 1] to [0, 1]. 从 [-1, 1] 到 [0, 1]。"""
    return (x + 1) / 2


def keep_gradients(state: TrainState) -> TrainState:
    """The same state, whose gradients are never set to 0. 梯度从不清零的同一状态。"""
    state.optimizer.zero_grad = lambda *_, **__: None
    return state


def begin(fault: str = "", seed: int = 0) -> TrainState:
    """A state at the beginning, with what is wrong with it from there on. 训练之初的状态，连同从一开始就有的毛病。"""
    torch.manual_seed(seed)
    network = MLP(size=64, width=256, layers=2)
    state = start(Deaf(network) if fault == "level" else network, lr=RATE * (100 if fault == "rate" else 1), seed=seed)
    return keep_gradients(state) if fault == "gradients" else state


@cache
@threads(1)
@torch.random.fork_rng(devices=[])  # the reader's own stream stays as it is
def chart(fault: str = "", seed: int = 0) -> Chart:
    """Train with one fault ("" for none), and look. 带着一个毛病（"" 表示没有）训练，然后查看。"""
    schedule, x, state = cosine(), digits().x, begin(fault, seed)
    before = copy.deepcopy(state.ema)
    x = to_unit_range(x) if fault == "range" else x
    objective: Callable = same_noise if fault == "noise" else errors
    records = list(islice(train(state, schedule, x, PLANNED, batch=BATCH, ema_decay=EMA, objective=objective), STEPS))
    late = [torch.cat([getattr(r, name) for r in records[-100:]]) for name in ("level", "errors")]
    averaged = before if fault == "ema" else state.ema
    drawn = [samples_of(who) for who in (state.network, averaged)]
    return Chart(torch.tensor([r.loss for r in records]), by_level(*late, parts=PARTS), *drawn)


@torch.no_grad()
def variety(network: nn.Module, t: int = 500, n: int = 200) -> float:
    """How much a network's v varies from one noisy digit to the next, root mean square; the truth varies by 0.8.

    网络的 v 在不同的带噪数字之间相差多少（均方根）；真值相差 0.8。
    """
    schedule = cosine()
    signal, noise = schedule.signal[t].float(), schedule.noise[t].float()
    xt = forward_jump(schedule, digits().x[:n], t, generator=seeded(0)).xt
    v = (predict_eps(schedule, network, xt, t) - noise * xt) / signal
    return float((v - v.mean(0)).square().mean().sqrt())


@cache
def answers_vary(steps: tuple[int, ...] = (20, 50, 100)) -> dict[str, dict[int, float]]:
    """The variety of a network's answers early on: healthy, and with a rate that is 100 times too high.

    训练之初网络回答的差异：健康的，与学习率高了 100 倍的。
    """
    found: dict[str, dict[int, float]] = {}
    for name, fault in {"OK": "", "rate": "rate"}.items():
        state = begin(fault)
        records = islice(train(state, cosine(), digits().x, PLANNED, batch=BATCH, ema_decay=EMA), max(steps))
        found[name] = {r.step: variety(state.network) for r in records if r.step in steps}
    return found


@cache
def rolling(steps: int = 1000, n: int = 64, lr: float = 0.02) -> dict[str, list[float]]:
    """The simplest loss, w^2 / 2 with noisy gradients: healthy, rate 100 times too high, gradients never set to 0.

    最简单的损失 w^2 / 2，梯度带噪声：健康、学习率高了 100 倍、梯度从不清零。

    Shapes: -> the root mean square of n such w after each step.
    """
    found: dict[str, list[float]] = {}
    for name, fault in {"OK": "", "rate": "rate", "gradients": "gradients"}.items():
        generator, w = seeded(0), nn.Parameter(torch.ones(n))
        optimizer, found[name] = adamw([w], lr=lr * (100 if fault == "rate" else 1)), []
        for _ in range(steps):
            pull = w.detach() + torch.randn(n, generator=generator)
            w.grad = pull + (w.grad if fault == "gradients" and w.grad is not None else 0)
            optimizer.step()
            found[name].append(float(w.detach().square().mean().sqrt()))
    return found


def samples_of(network: nn.Module, n: int = SHOWN) -> Tensor:
    """n digits of DDIM in 25 steps, always from the same noise. 25 步 DDIM 的 n 个数字，总从同一份噪声出发。"""
    schedule, generator = cosine(), seeded(0)
    first = torch.randn(n, 1, 8, 8, generator=generator)
    return finish(ddim(schedule, image_denoiser(schedule, network), first, even_times(schedule, 25)))
