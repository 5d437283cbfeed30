"""A game of two networks: one makes samples, the other tells them from real ones. As in training, the state is outside.

两个网络的博弈：一个造样本，一个分辨真假。与训练一样，状态在循环之外，循环是生成器。
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.arithmetic import quick_arithmetic
from course_utils.gates import MANY, WIDE, check_kind, check_labels, check_number, check_takes, check_whole
from course_utils.gates.games import check_logits, check_weights, refuse_slope
from course_utils.language import CourseError
from course_utils.safeguards import (
    LARGEST_BATCH,
    check_answers,
    check_data,
    check_gradients,
    check_losses,
    check_network,
)
from course_utils.training import TrainState, follow_weights, next_batch, set_lr, whole_step


@dataclass(frozen=True)
class GameRecord:
    """One step of the game: its number (from 1), both losses, and the mean probability "real" that was answered.

    博弈一步的记录：步号（从 1 起）、两个损失，以及判别器回答「真」的平均概率。

    `real` is what the discriminator answers to real samples, `made` to those of the generator; both 1/2 where it can
    no longer tell them apart.
    """

    step: int
    loss_d: float
    loss_g: float
    real: float
    made: float


class Players(nn.Module):
    """The generator and the discriminator as one module: one state, one average, one checkpoint hold both.

    生成器与判别器合成一个模块：一个训练状态、一份平均、一个检查点就装下两者。

    training.start(Players(...), optimizer=gan.adam) begins a game, checkpoints keep it as any other training; samples
    come from state.ema.generator.

    Args:
        generator: z (n, latent), and labels (n,) where there are any -> samples x (n, ...).
        discriminator: x, and labels where there are any -> logits (n,), above 0 for "real".
        latent: how many numbers z has.

    Raises: CourseError for what is no network, or a latent below 1.
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module, latent: int):
        super().__init__()
        self.generator = check_kind("generator", generator, nn.Module, "Generator(64)")
        self.discriminator = check_kind("discriminator", discriminator, nn.Module, "Discriminator()")
        self.latent = check_whole("latent", latent, 1, WIDE)
        told = {name: _described(player) for name, player in self.named_children()}
        self.config = dict(latent=self.latent, **told)


def adam(parameters, lr: float = 2e-3) -> torch.optim.Optimizer:
    """Adam without momentum: the other player moves on, and yesterday's direction misleads. 不带动量的 Adam。

    Raises: CourseError for what are no weights, or a learning rate that is no number above 0.
    Papers: Kingma & Ba 2015; no momentum in games, Gidel et al. 2019, Karras et al. 2018.
    """
    parameters = check_weights(parameters)
    if check_number("lr", lr, 0) == 0:
        raise CourseError("lr is 0: no weight would move. Give more.", "lr 为 0：权重不会动。请给大于 0 的数。")
    return torch.optim.AdamW(parameters, lr=lr, betas=(0.0, 0.99), weight_decay=0.0)


def discriminator_losses(real: Tensor, made: Tensor) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), where D is the sigmoid of the logits; 2 log 2 where it knows nothing.

    判别器的损失；D 是 logits 过 sigmoid 的值。一无所知时为 2 log 2。

    Shapes: logits (n,) of real samples, and of made ones -> (n,).
    Raises: CourseError for other shapes, or what is no tensor of floats.
    Paper: Goodfellow et al. 2014, eq. (1), negated.
    """
    check_logits(real=real, made=made)
    return F.softplus(-real) + F.softplus(made)


def generator_losses(made: Tensor) -> Tensor:
    """-log D(G(z)), the non-saturating loss: its slope is steepest where the discriminator is sure of a fake.

    生成器的不饱和损失 -log D(G(z))：判别器越确信是假，梯度越大。

    Shapes: logits (n,) of made samples -> (n,).
    Raises: CourseError for another shape, or what is no tensor of floats.
    Paper: Goodfellow et al. 2014, section 3.
    """
    check_logits(made=made)
    return F.softplus(-made)


def slope_penalty(logits: Tensor, x: Tensor) -> Tensor:
    """Half the squared slope of the discriminator at each real sample: R1. Where data lie it shall be flat.

    R1 惩罚：判别器在每个真实样本处的梯度平方之半。有数据的地方，判别器应当平坦。

    Shapes: logits (n,), computed from x (n, ...), which requires gradients -> (n,), itself with gradients.
    Raises: CourseError for other shapes, or logits that were not computed from this x.
    Paper: Mescheder et al. 2018, eq. (9), without its factor gamma.
    """
    check_logits(logits=logits)
    fits = isinstance(x, Tensor) and x.ndim > 1 and len(x) == len(logits) and x.requires_grad and logits.requires_grad
    (slope,) = torch.autograd.grad(logits.sum(), x, create_graph=True, allow_unused=True) if fits else (None,)
    if slope is None:
        refuse_slope(logits, x)
    return slope.square().flatten(1).sum(1) / 2


def play(
    state: TrainState,
    x0: Tensor,
    steps: int,
    *,
    batch: int = 64,
    labels: Tensor | None = None,
    r1: float = 1.0,
    ema_decay: float = 0.995,
) -> Iterator[GameRecord]:
    """Play until step `steps`, one record a step. Stop it, look at it, go on: the state is always whole.

    博弈到第 `steps` 步，每步给出一条记录。随时可停、可看、可接着来：状态总是完整的。

    Both players' gradients are taken at the same point, then both move; `state.losses` are the discriminator's. Order
    of the data, warm-up and fall of the learning rate, average of the weights and interrupts are those of
    `training.train`.

    Args:
        x0: (n, ...), images in [-1, 1], or bytes (n, c, h, w), or points.
        labels: (n,) or None; what is made in a step has the labels of the real samples beside it.
        r1: how much the `slope_penalty` counts, gamma in its paper; 0 for the plain game.

    Raises: CourseError for data, labels or settings that cannot be played with, networks that answer in other shapes,
    or a loss that is nan or inf; KeyboardInterrupt after the record of the step it interrupts.
    Paper: Goodfellow et al. 2014, Algorithm 1 with k = 1, both moves at once.
    """
    labels = _checked(state, x0, steps, batch, labels, r1, ema_decay)
    while state.step < steps:
        with whole_step(state) as caught:
            lr = set_lr(state.optimizer, state.step, steps)
            x, y = next_batch(state, x0, batch, labels)
            z = torch.randn(batch, state.network.latent, generator=state.generator, dtype=torch.float32).to(x)
            state.optimizer.zero_grad()
            record = _gradients(state, x, z, () if y is None else (y,), r1, lr)
            check_gradients(state.network, state.step, lr)
            state.optimizer.step()
            follow_weights(state, ema_decay)
            state.step += 1
            state.losses.append(record.loss_d)
        yield record
        if caught:
            raise KeyboardInterrupt


def _gradients(state: TrainState, x: Tensor, z: Tensor, y: tuple[Tensor, ...], r1: float, lr: float) -> GameRecord:
    """Give each player's weights the gradients of its own loss."""
    generator, discriminator = state.network.generator, state.network.discriminator
    x.requires_grad_(r1 > 0)
    with quick_arithmetic(x):
        drawn = _check_samples_of(generator(z, *y), x)
        real, made = (_check_logits(discriminator(samples, *y), x).float() for samples in (x, drawn))
        penalty = r1 * slope_penalty(real, x) if r1 else 0.0
    of_d, of_g = discriminator_losses(real, made), generator_losses(made)
    check_losses(check_answers(of_d + of_g + penalty, x), state.step, lr)
    (of_d + penalty).mean().backward(inputs=_learning(discriminator), retain_graph=True)
    of_g.mean().backward(inputs=_learning(generator))
    told = (of_d, of_g, real.sigmoid(), made.sigmoid())
    return GameRecord(state.step + 1, *(float(values.detach().mean()) for values in told))


def _checked(
    state: TrainState, x0: Tensor, steps: int, batch: int, labels: Tensor | None, r1: float, ema_decay: float
) -> Tensor | None:
    """The labels, if the game can be played with all this."""
    so = "training.start(Players(generator, discriminator, latent=64), optimizer=gan.adam)"
    check_kind("state.network", check_kind("state", state, TrainState, so).network, Players, so)
    check_kind("state.ema", state.ema, Players, so)
    check_kind("state.optimizer", state.optimizer, torch.optim.Optimizer, so)
    check_kind("state.generator", state.generator, torch.Generator, so), check_whole("state.step", state.step, 0)
    check_network(state.network.generator), check_network(state.network.discriminator)
    check_number(("The optimizer's lr", "优化器的 lr"), state.optimizer.defaults["lr"], 0)
    check_whole("steps", steps, 0, MANY), check_whole("batch", batch, 1, LARGEST_BATCH)
    check_number("r1", r1, 0), check_number("ema_decay", ema_decay, 0, 1)
    check_data(state.network, x0, None, state.order, flips=False, unlabelled=0.0)
    given = (torch.empty(0),) if labels is None else (torch.empty(0), torch.empty(0))
    check_takes("generator", state.network.generator, "Generator(64, classes=10) with labels", *given)
    check_takes("discriminator", state.network.discriminator, "Discriminator(classes=10) with labels", *given)
    return None if labels is None else check_labels(labels, len(x0))


def _check_samples_of(drawn: Any, x: Tensor) -> Tensor:
    if not isinstance(drawn, Tensor) or drawn.shape != x.shape or not drawn.requires_grad:
        raise CourseError(
            f"The generator makes {_shown(drawn)}; a batch of the data is {tuple(x.shape)}. It must make samples of "
            "that shape from z, with gradients.",
            f"生成器给出的是 {_shown(drawn)}；一批数据的形状是 {tuple(x.shape)}。应当由 z 造出同样形状、带梯度的样本。",
        )
    return drawn


def _check_logits(answer: Any, x: Tensor) -> Tensor:
    if not isinstance(answer, Tensor) or answer.shape != x.shape[:1] or not answer.requires_grad:
        raise CourseError(
            f"The discriminator answers {_shown(answer)} for {len(x)} samples. It must answer one logit each, "
            "(n,) and not (n, 1), with gradients: .squeeze(1) or .flatten().",
            f"判别器对 {len(x)} 个样本的回答是 {_shown(answer)}。它应当对每个样本回答一个带梯度的 logit："
            "形状是 (n,) 而不是 (n, 1)，可用 .squeeze(1) 或 .flatten()。",
        )
    return answer


def _shown(value: Any) -> str:
    return str(tuple(value.shape)) if isinstance(value, Tensor) else type(value).__name__


def _described(player: nn.Module) -> dict:
    config = getattr(player, "config", {})
    return {"kind": type(player).__name__, **(config if isinstance(config, dict) else {})}


def _learning(player: nn.Module) -> list[nn.Parameter]:
    return [weight for weight in player.parameters() if weight.requires_grad]
