"""What lesson 05 measures on networks: their answers, clocks, company, costs and short cuts.

第 05 课在网络上测量的量：回答、时钟、同批图像、代价与捷径。
"""

import copy
import time
from functools import cache

import torch
from torch import Tensor, nn

from course_utils import data
from course_utils.arithmetic import threads
from course_utils.attention import join_heads, split_heads
from course_utils.blocks import ResidualBlock, paper_frequencies, sinusoids
from course_utils.denoisers import predict_eps
from course_utils.forward import forward_jump, forward_step, x0_from_eps
from course_utils.gates import check_flag
from course_utils.notes_unets import SimpleUNet
from course_utils.randomness import seeded
from course_utils.schedules import cosine
from course_utils.unet import UNet
from course_utils.weights import pretrained


@cache
def trained() -> UNet:
    """The network of the digits that comes with the course, loaded once. 随课程附带的手写数字网络，只载入一次。"""
    return pretrained("digits")


def answers(t: int = 300, n: int = 8) -> dict[str, Tensor]:
    """Digits noised to t, what the network returns for them, and what it might have returned.

    加噪到 t 的数字、网络对它们的回答，以及它可能给出的几种回答。
    """
    schedule, generator = cosine(), seeded(0)
    x0 = data.digits().x[:n]
    before = forward_jump(schedule, x0, t - 1, generator=generator).xt
    xt, last = forward_step(schedule, before, t, generator=generator)
    eps = (xt - schedule.signal[t].float() * x0) / schedule.noise[t].float()
    eps_hat = predict_eps(schedule, trained(), xt, t)
    x0_hat = x0_from_eps(schedule, xt, t, eps_hat)
    return {"xt": xt, "returned": eps_hat, "x0": x0, "last": last, "eps": eps, "x0_hat": x0_hat}


def clock_distance(clocks: int, t: int = 100, T: int = 1000) -> Tensor:
    """How far the reading of the clocks at t is from that at 0, ..., T, (T + 1,). t 处的读数与 0…T 各处读数的距离。"""
    seen = sinusoids(torch.arange(T + 1).double(), paper_frequencies(clocks).double())
    return (seen - seen[t]).norm(dim=1)


def looks_like(clocks: int, t: int = 100) -> int:
    """The time whose reading is nearest to that at t. 读数与 t 处最接近的时间。"""
    distance = clock_distance(clocks, t)
    distance[t] = torch.inf
    return int(distance.argmin())


@torch.no_grad()
@threads(1)
@torch.random.fork_rng(devices=[])  # the reader's own stream stays as it is
def in_company() -> dict[str, Tensor]:
    """One noisy digit among digits and among black images: answers of a network with batch norm, one with group norm.

    同一个带噪数字，分别与数字、与全黑图像同批：批归一化网络与组归一化网络的回答。

    Both networks are untrained, in training mode, with no weights set to 0.

    Shapes: each (3, 1, 8, 8), among digits, among black, half their difference.
    """
    torch.manual_seed(0)
    networks = {"batch": SimpleUNet(), "group": UNet(1, 16)}
    for layer in networks["group"].modules():
        if isinstance(layer, nn.Conv2d):
            layer.reset_parameters()  # with a silenced head it would answer xt times a number, whatever its norm
    x = forward_jump(cosine(), data.digits().x[:16], 300, generator=seeded(0)).xt
    black, level, found = torch.cat([x[:1], torch.full_like(x[1:], -1)]), torch.tensor(1.0), {}
    for name, network in networks.items():
        one, other = (network.train()(batch, level)[:1] for batch in (x, black))
        found[name] = torch.cat([one, other, (one - other) / 2])
    return found


def multiplications(module: nn.Module, *given: Tensor) -> int:
    """How many multiplications a module makes for what it is given. 一个模块处理所给的量要做多少次乘法。"""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(*given)
    return counter.get_total_flops() // 2


@torch.no_grad()
def milliseconds(module: nn.Module, *given: Tensor) -> float:
    """How long a module takes, the shortest of five runs. 一个模块要花多久，取五次中最短的。"""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        module(*given)
        taken.append(1000 * (time.perf_counter() - began))
    return min(taken)


class Compared(nn.Module):
    """Every place compared with every other, q k^T, and nothing else. 只做逐对比较 q k^T，别的都不做。"""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).transpose(1, 2) @ x.flatten(2)


class Pile(nn.Module):
    """A pile of residual blocks between two convolutions, with or without the short cuts. 一摞残差块，带或不带捷径。"""

    def __init__(self, short_cuts: bool, depth: int = 16, width: int = 16):
        super().__init__()
        self.short_cuts = check_flag("short_cuts", short_cuts)
        self.stem, self.head = nn.Conv2d(1, width, 3, padding=1), nn.Conv2d(width, 1, 3, padding=1)
        self.blocks = nn.ModuleList(ResidualBlock(width, width, 8) for _ in range(depth))
        for block in self.blocks:
            block.conv2.reset_parameters()  # no zeros: the short cuts are the only difference

    def forward(self, xt: Tensor) -> Tensor:
        h, told = self.stem(xt), torch.zeros(len(xt), 8)
        for block in self.blocks:
            h = block(h, told) if self.short_cuts else block(h, told) - h
        return self.head(h)


@threads(1)
@torch.random.fork_rng(devices=[])  # the reader's own stream stays as it is
def pile_losses(short_cuts: bool, depth: int = 16, steps: int = 60, t: int = 300) -> list[float]:
    """The losses of a pile of blocks that learns to name the noise in digits at one t.

    一摞块学着指出数字在某个 t 处的噪声，逐步的损失。
    """
    torch.manual_seed(0)
    pile, generator = Pile(short_cuts, depth), seeded(0)
    optimizer, losses = torch.optim.Adam(pile.parameters(), 2e-3), []
    for index in torch.randint(1797, (steps, 32), generator=generator):
        xt, eps = forward_jump(cosine(), data.digits().x[index], t, generator=generator)
        loss = (pile(xt) - eps).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def without(network: UNet, part: str) -> UNet:
    """A copy of a network with one part taken out, and no training afterwards.

    网络的副本，拿掉一个部件，之后不再训练。

    Args:
        part: "attention"; "skips", zeros in their place; "level", it is always told a log-SNR of 0; "norms".
    """
    one = copy.deepcopy(network)
    if part == "attention":
        one.middle[1] = nn.Identity()
    elif part == "skips":
        one.join = lambda x, skip: torch.cat([x, torch.zeros_like(skip)], dim=1)
    elif part == "level":
        one.embed.register_forward_pre_hook(lambda _, given: (torch.zeros_like(given[0]),))
    elif part == "norms":
        for layer in list(one.modules()):
            for name in [name for name, child in layer.named_children() if isinstance(child, nn.GroupNorm)]:
                setattr(layer, name, nn.Identity())
        one.head[0] = nn.Identity()
    return one


@torch.no_grad()
def by_hand(network: UNet, xt: Tensor, log_snr: Tensor, *, sinusoids, block, attention, way_up) -> Tensor:
    """The answer of a U-Net, computed with four parts that are given in place of its own.

    用给定的四个部件代替网络自己的，算出 U-Net 的回答。

    The four are what lesson 05 has its reader write. Shapes: xt (b, c, h, w), log_snr () or (b,) -> eps_hat like xt.
    """
    log_snr = log_snr.to(xt).expand(len(xt))
    told = network.embed.mlp(sinusoids(log_snr.clamp(-20, 20), network.embed.frequency))

    def work(layer: nn.Module, x: Tensor) -> Tensor:
        return block(layer, x, told) if isinstance(layer, ResidualBlock) else layer(x)

    skips = [network.stem(xt)]
    for layer in network.down:
        skips.append(work(layer, skips[-1]))
    first, look, last = network.middle
    x = work(first, skips[-1])
    q, k, v = (part[:, 0] for part in split_heads(look.qkv(look.norm(x)), 1))
    x = work(last, x + look.out(join_heads(attention(q, k, v)[:, None], x)))
    groups: list[list[nn.Module]] = []
    for layer in network.up:  # a change of size goes with the block before it, as it is given no skip
        groups.append([layer]) if isinstance(layer, ResidualBlock) else groups[-1].append(layer)

    def one_after_the_other(group):
        return lambda x: [x := work(layer, x) for layer in group][-1]

    x = network.head(way_up(x, skips, [one_after_the_other(group) for group in groups]))
    signal, noise = (level.sigmoid().sqrt()[:, None, None, None] for level in (log_snr, -log_snr))
    return noise * xt + signal * x
