"""Where few bits bite: numbers and small trainings in which half precision loses what matters, and where it does not.

比特少了，在哪里出错：用具体的数与小型训练，看半精度在哪里丢掉了要紧的东西，在哪里没有。
"""

import itertools
import math
from collections.abc import Callable, Iterator
from functools import cache, partial
from statistics import mean, stdev

import torch
from torch import Tensor, nn

from course_utils.arithmetic import threads
from course_utils.estimates import Estimate
from course_utils.experiments.batch_and_rate import shared_out
from course_utils.mlp import MLP
from course_utils.objectives import errors, held_out
from course_utils.randomness import seeded, stream_at
from course_utils.schedules import cosine
from course_utils.training import TrainState, start, train

FORMATS = {"float64": torch.float64, "float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
HALF = torch.bfloat16
BATCH, STEPS, SEEDS = 64, 400, 3
RATES = {"anew": 4e-3, "further": 1e-4}  # from nothing; and from where float32 has ended

BEFORE = 0.66  # the loss on the negatives before the training that goes further, as `bigger.py rounded` prints it first
# What `bigger.py rounded` prints: held-out loss of the newest weights and of their average, mean of three seeds and its
# standard error.
ROUNDED: dict[tuple[str, str], tuple[Estimate, Estimate]] = {
    ("float32", "anew"): (Estimate(0.2389, 0.0013), Estimate(0.2391, 0.0012)),
    ("products", "anew"): (Estimate(0.2389, 0.0013), Estimate(0.2392, 0.0012)),
    ("weights", "anew"): (Estimate(0.2399, 0.0013), Estimate(0.2400, 0.0013)),
    ("weights, by chance", "anew"): (Estimate(0.2389, 0.0013), Estimate(0.2392, 0.0013)),
    ("average", "anew"): (Estimate(0.2389, 0.0013), Estimate(0.2423, 0.0009)),
    ("float32", "further"): (Estimate(0.2656, 0.0026), Estimate(0.2662, 0.0026)),
    ("products", "further"): (Estimate(0.2656, 0.0026), Estimate(0.2662, 0.0026)),
    ("weights", "further"): (Estimate(0.3719, 0.0086), Estimate(0.3720, 0.0086)),
    ("weights, by chance", "further"): (Estimate(0.2657, 0.0026), Estimate(0.2662, 0.0026)),
    ("average", "further"): (Estimate(0.2656, 0.0026), Estimate(0.3802, 0.0038)),
}


def added_up(first: float, step: float, n: int, dtype: torch.dtype) -> float:
    """first + step + step + ..., n times, each sum kept in this format. 从 first 起加 n 次 step，每次都按此格式存。"""
    total, step = torch.tensor(first, dtype=dtype), torch.tensor(step, dtype=dtype)
    for _ in range(n):
        total = total + step
    return float(total)


def moving_average(first: float, now: float, n: int, dtype: torch.dtype) -> float:
    """A moving average that begins at `first` and follows a weight that stays at `now`, n steps of 0.001 of the way.

    从 first 起的移动平均，跟随停在 now 的权重：n 步，每步走剩余路程的 0.001。
    """
    average, now = torch.tensor(first, dtype=dtype), torch.tensor(now, dtype=dtype)
    for _ in range(n):
        average = torch.lerp(average, now, 0.001)
    return float(average)


def bites(dtype: torch.dtype) -> dict[str, float]:
    """What becomes of eight small sums in this format. 八道小算术题在这种格式下的结果。

    A weight and a thousand small updates, twice; a moving average; ones added up; a squared norm; a small gradient; the
    timesteps, as networks of others are told them; and up to which t no noise is left in 1 - alpha_bar.
    """
    noise = torch.ones(3 * 256 * 256, dtype=dtype)  # the squares of the noise on a picture are 1 on average
    steps = torch.arange(1, 1001, dtype=dtype)
    alpha_bar = cosine().alpha_bar[1:].to(dtype)
    return {
        "1 + 1000 x 0.001": added_up(1, 0.001, 1000, dtype),
        "1 + 1000 x 0.0001": added_up(1, 0.0001, 1000, dtype),
        "average, 0.9 to 1": moving_average(0.9, 1, 3000, dtype),
        "5000 ones": added_up(0, 1, 5000, dtype),
        "196608 ones": float(noise.sum()),
        "1e-8": float(torch.tensor(1e-8, dtype=dtype)),
        "timesteps, of 1000": len(steps.unique()),
        "1 - alpha_bar is 0 to t =": int((1 - alpha_bar == 0).sum()),
    }


def share_that_moves(network: nn.Module, lr: float, dtype: torch.dtype = HALF) -> float:
    """The share of weights that change if each moves by lr, as in a step of Adam, and is kept in this format.

    每个权重都移动 lr（Adam 的一步大致如此），再存成这种格式：其中有多少真的变了。
    """
    weights = torch.cat([weight.detach().flatten() for weight in network.parameters()]).to(dtype)
    return float(((weights.float() + lr).to(dtype) != weights).float().mean())


def rounded(x: Tensor) -> Tensor:
    """To the nearest bfloat16. 舍入到最近的 bfloat16。"""
    return x.to(HALF).to(x.dtype)


def rounded_by_chance(x: Tensor, generator: torch.Generator) -> Tensor:
    """To one of the two bfloat16 beside it, the nearer the likelier, so that it stays itself on average.

    随机舍入到相邻的两个 bfloat16 之一，越近的越可能，因此平均不变。

    Paper: Gupta et al. 2015, section 3.1.
    """
    below = x.view(torch.int32)  # float32: the lower 16 bits are those that bfloat16 drops
    dice = torch.randint(0, 1 << 16, x.shape, dtype=torch.int32, generator=generator)
    return ((below + dice) & -(1 << 16)).view(torch.float32)


def errors_in_half(schedule, network: nn.Module, *batch: Tensor, labels: Tensor | None = None) -> Tensor:
    """`objectives.errors` with the network's products in bfloat16; weights stay in float32.

    网络的乘法用 bfloat16 的 `objectives.errors`；权重仍是 float32。Paper: Micikevicius et al. 2018.
    """
    with torch.autocast("cpu", HALF):
        return errors(schedule, network, *batch, labels=labels).float()


def what_is_rounded(seed: int) -> dict[str, tuple[Callable[..., Tensor], Callable[[TrainState], None]]]:
    """What is kept in bfloat16: the objective, and what is done to the state behind each step.

    哪些用 bfloat16：目标函数，以及每步之后对状态做什么。
    """
    by_chance = partial(rounded_by_chance, generator=seeded(seed))
    return {
        "float32": (errors, lambda state: None),
        "products": (errors_in_half, lambda state: None),
        "weights": (errors, lambda state: _keep(state.network, rounded)),
        "weights, by chance": (errors, lambda state: _keep(state.network, by_chance)),
        "average": (errors, lambda state: _keep(state.ema, rounded)),
    }


@torch.no_grad()
def _keep(network: nn.Module, in_format: Callable[[Tensor], Tensor]) -> None:
    for weight in network.parameters():
        weight.copy_(in_format(weight))


@cache
@threads(1)
def trained_in_few_bits(way: str, stage: str, *, seed: int = 0, steps: int = STEPS) -> TrainState:
    """A training of a small network on the digits in which one thing is kept in bfloat16.

    在数字上训练一个小网络，只把一样东西存成 bfloat16。

    Args: way: one of `what_is_rounded`; stage: "anew", or "further" at a small rate, on the negatives of the digits,
    from where float32 has ended "anew".
    """
    with stream_at(seed):
        network = MLP(size=64, width=128, layers=2)
    if stage == "further":
        network.load_state_dict(trained_in_few_bits("float32", "anew", seed=seed, steps=steps).ema.state_dict())
    state = start(network, lr=RATES[stage], seed=seed)
    objective, afterwards = what_is_rounded(seed)[way]
    for _ in train(state, cosine(), digits_of(stage)[0], steps, batch=BATCH, objective=objective):
        afterwards(state)
    return state


def digits_of(stage: str) -> tuple[Tensor, Tensor]:
    """The digits to learn from and those kept out; their negatives for the training that goes further.

    供学习的数字与留出的数字；接着训练的那一段用它们的负片。
    """
    learned, unseen = shared_out()
    return (-learned, -unseen) if stage == "further" else (learned, unseen)


def unseen_losses(state: TrainState, stage: str) -> tuple[float, float]:
    """The loss on digits kept out, of the newest weights and of their average. 最新权重与平均权重的留出损失。"""
    unseen = digits_of(stage)[1]
    found = [held_out(cosine(), one, unseen, seed=k).errors for one in (state.network, state.ema) for k in range(4)]
    return tuple(float(torch.cat(of).mean()) for of in (found[:4], found[4:]))


def loss_before(seeds: int = SEEDS) -> Estimate:
    """What `BEFORE` holds, measured anew, and its standard error. 重新测量 `BEFORE`，附标准误差。"""
    found = [unseen_losses(trained_in_few_bits("float32", "anew", seed=seed), "further")[1] for seed in range(seeds)]
    return Estimate(mean(found), stdev(found) / math.sqrt(seeds))


def rounded_rows(seeds: int = SEEDS) -> Iterator[tuple[tuple[str, str], list[Estimate]]]:
    """Row by row what `ROUNDED` holds, measured anew. 逐行重新测量 `ROUNDED`。"""
    for stage, way in itertools.product(RATES, what_is_rounded(0)):
        both = zip(
            *(unseen_losses(trained_in_few_bits(way, stage, seed=seed), stage) for seed in range(seeds)), strict=True
        )
        yield (way, stage), [Estimate(mean(of), stdev(of) / math.sqrt(seeds)) for of in both]
