"""What shows only when the network is asked, or a copy of it trained for a few steps on one batch.

要问一问网络、或让它的副本在一批上练几步才看得出来的。
"""

import copy

import torch
from torch import Tensor, nn

from course_utils.checkup.signs import CheckedOn, Finding, settled
from course_utils.denoisers import predict_eps
from course_utils.forward import forward_jump, per_sample
from course_utils.looking import evaluating
from course_utils.randomness import seeded
from course_utils.training import TrainState

STEPS = 25  # that a copy is trained on one batch
DEAF, STILL, UNMOVED, LAG, BETTER, LEARNED = 1.02, 0.05, 0.2, 1.15, 0.8, 0.8  # where each finding begins


class Silent(nn.Module):
    """A network that answers 0, whatever it sees. 看到什么都答 0 的网络。"""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.config = getattr(network, "config", {})

    def forward(self, xt: Tensor, log_snr: Tensor, *labels: Tensor) -> Tensor:
        return torch.zeros_like(xt)


class Misled(nn.Module):
    """A network that is told the noise level of another image. 听到的是别的图像的噪声水平的网络。"""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, xt: Tensor, log_snr: Tensor, *labels: Tensor) -> Tensor:
        return self.network(xt, log_snr.roll(1, 0), *labels)


def level_of(network: nn.Module, asked: CheckedOn) -> Finding:
    """Does it matter which noise level the network is told? 告诉网络哪个噪声水平，有关系吗？"""
    right, wrong = (mean_loss(one, asked) for one in (network, Misled(network)))
    en = f"told the wrong noise level, the loss is {wrong / right:.2f} times as large"
    zh = f"噪声水平告诉错了，损失是原来的 {wrong / right:.2f} 倍"
    cure = (
        ": the network does not hear it. Look where its `forward` uses `log_snr`.",
        "：网络没有听进去。请看它的 `forward` 在哪里用了 `log_snr`。",
    )
    return settled("level", wrong > DEAF * right, (en, zh), cure)


def gradients_of(state: TrainState) -> Finding:
    """Are gradients set back to zero? 梯度清零了吗？"""
    weights = [weight for group in state.optimizer.param_groups for weight in group["params"]]
    before = [weight.grad for weight in weights]
    for weight in weights:
        weight.grad = torch.ones_like(weight)
    state.optimizer.zero_grad()
    kept = sum(weight.grad is not None and bool(weight.grad.any()) for weight in weights)
    for weight, grad in zip(weights, before, strict=True):
        weight.grad = grad
    en, zh = (
        f"`zero_grad` leaves {kept} of {len(weights)} gradients",
        f"`zero_grad` 之后，{len(weights)} 个梯度还留着 {kept} 个",
    )
    cure = (
        ": they add up from step to step, and the weights run past every valley. Set all to zero before `backward`.",
        "：一步步累加，权重会冲过每一个谷底。请在 `backward` 之前全部清零。",
    )
    return settled("gradients", not kept, (en, zh), cure)


def dead_of(state: TrainState, asked: CheckedOn) -> Finding:
    """Do the answers differ from image to image, and do all weights move? 各图的回答不同吗？所有权重都在动吗？"""
    network = copy.deepcopy(state.network)
    with evaluating(network):
        asked.values(network).mean().backward()
    held = {id(weight) for group in state.optimizer.param_groups for weight in group["params"]}
    pairs = zip(state.network.parameters(), network.parameters(), strict=True)
    moved = [
        (id(own) in held and one.grad is not None and bool(one.grad.any()), one.numel())
        for own, one in pairs
        if own.requires_grad
    ]
    still = sum(n for moves, n in moved if not moves) / sum(n for _, n in moved)
    varied = _varied(network, asked)
    en = f"answers vary {varied:.2f} times as much as the truth; {100 * still:.0f} % of the weights stand still"
    zh = f"回答在图像之间的差异是真值的 {varied:.2f} 倍；{100 * still:.0f} % 的权重一动不动"
    cure = (
        ". Weights stand still that no gradient reaches, or that the optimizer was not given; answers are the "
        "same for all where units have died: a lower rate, another start.",
        "。不动的权重，要么梯度传不到，要么没有交给优化器；对所有图像回答都一样，是神经元死了：降低学习率，换个起点。",
    )
    return settled("dead", varied >= STILL and still <= UNMOVED, (en, zh), cure)


@torch.no_grad()
def _varied(network: nn.Module, asked: CheckedOn) -> float:
    """How much v and eps_hat vary between images at one time, over how much the true ones do; the smaller of both."""
    t = torch.full_like(asked.t, asked.schedule.T // 2)
    xt, _ = forward_jump(asked.schedule, asked.x, t, asked.eps)
    signal, noise = (per_sample(of[t], xt).to(xt) for of in (asked.schedule.signal, asked.schedule.noise))
    with evaluating(network):
        eps_hat = predict_eps(asked.schedule, network, xt, t, asked.labels)
    pairs = ((eps_hat - noise * xt) / signal, signal * asked.eps - noise * asked.x), (eps_hat, asked.eps)
    return min(float(_spread_of(ours) / _spread_of(true)) for ours, true in pairs)


def _spread_of(x: Tensor) -> Tensor:
    return (x - x.mean(0)).square().mean().sqrt()


def ema_of(state: TrainState, asked: CheckedOn) -> Finding:
    """Is the average of the weights, which draws the samples, as good as the weights? 画样本的平均权重不差吧？"""
    found = [mean_loss(network, asked) for network in (state.network, state.ema)]
    en, zh = (
        "loss {:.3f} with the weights, {:.3f} with their average".format(*found),
        "损失：用权重 {:.3f}，用平均 {:.3f}".format(*found),
    )
    cure = (
        ": it lags behind, and it is what draws samples. Update it after each step; a memory of 1 / (1 - decay) "
        "steps must be far shorter than the training.",
        "：平均落在后面，而画样本的正是它。每一步之后都要更新；记忆的步数 1 / (1 - decay) 要远短于整个训练。",
    )
    return settled("ema", found[1] <= LAG * found[0], (en, zh), cure)


def batch_and_rate(state: TrainState, asked: CheckedOn) -> tuple[Finding, Finding]:
    """Copies learn one batch by heart: at a tenth of the rate, at the rate, at ten times the rate.

    让副本把同一批背下来：学习率取十分之一、原值、十倍。
    """
    lr = state.optimizer.defaults["lr"]
    first = mean_loss(state.network, asked)
    after = {factor: _after_steps(state, asked, factor * lr) for factor in (0.1, 1, 10)}
    low, own, high = after.values()
    en = (
        f"same images, times and noise for {STEPS} steps: loss from {first:.3f} to {own:.3f} at a rate of {lr:.2g}, to "
    )
    zh = f"同样的图像、时间步与噪声练 {STEPS} 步：学习率 {lr:.2g}，损失从 {first:.3f} 到 {own:.3f}；"
    en, zh = en + f"{low:.3f} at a tenth, {high:.3f} at ten times", zh + f"取十分之一到 {low:.3f}，取十倍到 {high:.3f}"
    well = own <= LEARNED * first or min(low, high) > BETTER * own
    if not well:
        better_en, better_zh = ("a tenth of it", "十分之一") if low < high else ("ten times as much", "十倍")
        en, zh = f"{en}. Begin anew with {better_en}.", f"{zh}。请把学习率改为{better_zh}，重新开始。"
    best = min(after, key=after.get)
    return _batch_of(state, asked, best * lr), Finding("rate", well, en, zh)


def _batch_of(state: TrainState, asked: CheckedOn, lr: float) -> Finding:
    """With fresh noise at each step nothing but the noise in x_t tells what to answer."""
    last, silent = _after_steps(state, asked, lr, fresh=True), mean_loss(Silent(state.network), asked)
    en = f"one batch by heart, fresh noise at each step: loss {last:.3f}, where who answers 0 has {silent:.3f}"
    zh = f"背同一批，每步换新噪声：损失 {last:.3f}，只答 0 的是 {silent:.3f}"
    cure = (
        ": what it is told to answer does not follow from what it sees. Compare the noise in `xt` with the "
        "target, and labels with images.",
        "：要它答的并不能由它看到的推出。请对照 `xt` 里的噪声与目标、标签与图像。",
    )
    return settled("batch", last <= LEARNED * silent, (en, zh), cure)


def _after_steps(state: TrainState, asked: CheckedOn, lr: float, *, fresh: bool = False) -> float:
    """The loss of a copy after some steps on the same images and times, by a fresh optimizer of that kind."""
    network, generator = copy.deepcopy(state.network), seeded(1)
    optimizer = type(state.optimizer)(network.parameters(), lr=lr)
    kept = {name: value for name, value in state.optimizer.param_groups[0].items() if name not in ("params", "lr")}
    optimizer.param_groups[0].update(kept, lr=lr)
    for _ in range(STEPS):
        optimizer.zero_grad()
        eps = torch.randn(asked.eps.shape, generator=generator).to(asked.eps) if fresh else None
        loss = asked.values(network, eps).mean()
        if not bool(loss.isfinite()):
            break
        loss.backward()
        optimizer.step()
    return mean_loss(network, asked)


@torch.no_grad()
def mean_loss(network: nn.Module, asked: CheckedOn) -> float:
    """The mean of the objective over what is asked; infinite where it is no number. 目标的均值；不是数时为无穷大。"""
    with evaluating(network):
        return float(asked.values(network).mean().nan_to_num(float("inf")))
