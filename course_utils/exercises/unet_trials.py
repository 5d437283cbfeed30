"""What lesson 05 measures on networks: for its questions, its walk and its figures.

第 05 课在网络上测量的量：供题目、漫步与图使用。
"""

import time
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import data
from course_utils.anatomy import dissect
from course_utils.blocks import ResidualBlock, paper_frequencies, sinusoids, split_heads
from course_utils.denoisers import predict_eps
from course_utils.forward import forward_jump, forward_step, x0_from_eps
from course_utils.notes_unets import SimpleUNet
from course_utils.schedules import Schedule, cosine
from course_utils.unet import UNet
from course_utils.weights import pretrained

PAIRS, DIGIT, STEP = 8, 0, 10  # pairs of noises; the digit of the walk; the slider's step
MIDDLE, HALF = "middle.2", 0.5


@cache
def trained() -> UNet:
    """The network of the digits that comes with the course, loaded once. 随课程附带的手写数字网络，只载入一次。"""
    return pretrained("digits")


def walk_image() -> Tensor:
    """The digit of the walk, (1, 1, 8, 8). 漫步所用的数字，(1, 1, 8, 8)。"""
    return data.digits().x[DIGIT : DIGIT + 1]


def at_work(network: UNet, schedule: Schedule, x0: Tensor, t: int, seed: int = 0) -> tuple[Tensor, dict[str, Tensor]]:
    """One image under 2 x PAIRS noises at t, and the feature maps of every part of the network by name.

    一幅图像在 t 处的 2 x PAIRS 份加噪结果，以及网络各部件的特征图（按名称）。

    Shapes: x0 (1, c, h, w) -> xt (16, c, h, w), maps (16, channels, h', w').
    """
    many = x0.expand(2 * PAIRS, -1, -1, -1)
    xt = forward_jump(schedule, many, t, generator=torch.Generator().manual_seed(seed)).xt
    found = dissect(network, xt, schedule.log_snr[t].to(xt))
    return xt, {part.name: part.output for part in found if part.output.ndim == 4}


def agreement(maps: Tensor) -> float:
    """How alike the maps of the same image under two noises are, 1 alike and 0 unrelated; a mean over 8 pairs.

    同一幅图像加两份不同的噪声，特征图有多相似：1 为相同，0 为无关；对 8 对取平均。

    It is the cosine of the angle between the two, once the mean of each map is taken away. Shapes: (16, c, h, w).
    """
    centred = (maps - maps.mean(dim=(2, 3), keepdim=True)).flatten(1)
    return float(F.cosine_similarity(centred[:PAIRS], centred[PAIRS:]).mean())


@cache
def agreement_at(t: int, name: str = MIDDLE) -> float:
    """The agreement of a part's maps at t, for the digit of the walk. 漫步所用数字在 t 处某部件特征图的相似度。"""
    return agreement(at_work(trained(), cosine(), walk_image(), t)[1][name])


@cache
def parting(name: str = MIDDLE) -> int:
    """The smallest t on the slider at which the maps of a part agree less than half. 滑块上相似度不足一半的最小的 t。"""
    low, high = 0, 70  # in steps of the slider; up there it is below, and falls all the way
    while high - low > 1:
        between = (low + high) // 2
        low, high = (low, between) if agreement_at(between * STEP, name) < HALF else (between, high)
    return high * STEP


def answers(t: int = 300, n: int = 8) -> dict[str, Tensor]:
    """Digits noised to t, what the network returns for them, and what it might have returned.

    加噪到 t 的数字、网络对它们的回答，以及它可能给出的几种回答。
    """
    schedule, generator = cosine(), torch.Generator().manual_seed(0)
    x0 = data.digits().x[:n]
    before = forward_jump(schedule, x0, t - 1, generator=generator).xt
    xt, last = forward_step(schedule, before, t, generator=generator)
    eps = (xt - schedule.signal(t).float() * x0) / schedule.noise(t).float()
    eps_hat = predict_eps(schedule, trained(), xt, t)
    x0_hat = x0_from_eps(schedule, xt, t, eps_hat)
    return {"xt": xt, "returned": eps_hat, "x0": x0, "last": last, "eps": eps, "x0_hat": x0_hat}


def what_is_returned() -> int:
    """The option that the network's answer is nearest to. 与网络的回答最接近的选项。"""
    found = answers()
    return min(range(3), key=lambda i: float((found["returned"] - found[("x0", "last", "eps")[i]]).square().mean()))


def apart(clocks: int, t: int = 100, T: int = 1000) -> Tensor:
    """How far the reading of the clocks at t is from that at 0, ..., T, (T + 1,). t 处的读数与 0…T 各处读数的距离。"""
    seen = sinusoids(torch.arange(T + 1).double(), paper_frequencies(clocks).double())
    return (seen - seen[t]).norm(dim=1)


def looks_like(clocks: int, t: int = 100) -> int:
    """The time whose reading is nearest to that at t. 读数与 t 处最接近的时间。"""
    distance = apart(clocks, t)
    distance[t] = torch.inf
    return int(distance.argmin())


@torch.no_grad()
def in_company() -> dict[str, Tensor]:
    """One noisy digit among digits and among black images: answers of a network with batch norm, one with group norm.

    同一个带噪数字，分别与数字、与全黑图像同批：批归一化网络与组归一化网络的回答。

    Both networks are untrained, in training mode, with no weights set to 0. Shapes: each (3, 1, 8, 8), among digits, among black, half their difference.
    """
    torch.manual_seed(0)
    networks = {"batch": SimpleUNet(), "group": UNet(1, 16)}
    for layer in networks["group"].modules():
        if isinstance(layer, nn.Conv2d):
            layer.reset_parameters()  # with a silenced head it would answer xt times a number, whatever its norm
    x = forward_jump(cosine(), data.digits().x[:16], 300, generator=torch.Generator().manual_seed(0)).xt
    black, level, found = torch.cat([x[:1], torch.full_like(x[1:], -1)]), torch.tensor(1.0), {}
    for name, network in networks.items():
        one, other = (network.train()(batch, level)[:1] for batch in (x, black))
        found[name] = torch.cat([one, other, (one - other) / 2])
    return found


def who_changes() -> int:
    """The option that names whose answer depends on the company: batch, group, both, neither. 说出谁的回答会变的选项。"""
    changed = tuple(bool(images[2].abs().max() > 1e-4) for images in in_company().values())
    return [(True, False), (False, True), (True, True), (False, False)].index(changed)


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


class Attended(NamedTuple):
    """The noisy images, what attention was given, and its weights. 带噪图像、注意力的输入，以及它的权重。"""

    xt: Tensor
    given: Tensor
    weights: Tensor


def attended(network: UNet, schedule: Schedule, x0: Tensor, t: int, seed: int = 4) -> Attended:
    """Where each place of the feature map at the bottom looks, when the network sees x0 noised to t.

    网络看加噪到 t 的 x0 时，底部特征图的每个位置看向哪里。

    Shapes: x0 (b, c, h, w) -> xt like it, given (b, d, h', w'), weights (b, n, n), n = h' w', each row sums to 1.
    """
    layer, kept = network.middle[1], []
    xt = forward_jump(schedule, x0, t, generator=torch.Generator().manual_seed(seed)).xt
    hook = layer.register_forward_pre_hook(lambda _layer, given: kept.append(given[0]))
    try:
        predict_eps(schedule, network, xt, t)
    finally:
        hook.remove()
    q, k, _ = (part[:, 0] for part in split_heads(layer.qkv(layer.norm(kept[0])), 1))
    return Attended(xt, kept[0], (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).softmax(dim=-1))


class Compared(nn.Module):
    """Every place compared with every other, q k^T, and nothing else. 只做逐对比较 q k^T，别的都不做。"""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).transpose(1, 2) @ x.flatten(2)


def comparisons_grow() -> int:
    """The option that says how the comparisons grow from 32x32 to 64x64: 2, 4, 8 or 16 times. 说出增长倍数的选项。"""
    small, large = (multiplications(Compared(), torch.zeros(1, 4, n, n)) for n in (32, 64))
    return [2, 4, 8, 16].index(large // small)


class Pile(nn.Module):
    """A pile of residual blocks between two convolutions, with or without the short cuts. 一摞残差块，带或不带捷径。"""

    def __init__(self, short_cuts: bool, depth: int = 16, width: int = 16):
        super().__init__()
        self.short_cuts = short_cuts
        self.stem, self.head = nn.Conv2d(1, width, 3, padding=1), nn.Conv2d(width, 1, 3, padding=1)
        self.blocks = nn.ModuleList(ResidualBlock(width, width, 8) for _ in range(depth))
        for block in self.blocks:
            block.conv2.reset_parameters()  # no zeros: the short cuts are the only difference

    def forward(self, xt: Tensor) -> Tensor:
        h, told = self.stem(xt), torch.zeros(len(xt), 8)
        for block in self.blocks:
            h = block(h, told) if self.short_cuts else block(h, told) - h
        return self.head(h)


def pile_losses(short_cuts: bool, depth: int = 16, steps: int = 60, t: int = 300) -> list[float]:
    """The losses of a pile of blocks that learns to name the noise in digits at one t.

    一摞块学着指出数字在某个 t 处的噪声，逐步的损失。
    """
    torch.manual_seed(0)
    pile, generator = Pile(short_cuts, depth), torch.Generator().manual_seed(0)
    optimizer, losses = torch.optim.Adam(pile.parameters(), 2e-3), []
    for index in torch.randint(1797, (steps, 32), generator=generator):
        xt, eps = forward_jump(cosine(), data.digits().x[index], t, generator=generator)
        loss = (pile(xt) - eps).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def seen_from_the_middle(block: nn.Module, x: Tensor) -> Tensor:
    """Which places of x the middle place of the block's output depends on: the size of the gradient, largest 1.

    块的输出在中央一处依赖于 x 的哪些位置：梯度的大小，最大为 1。

    Shapes: x (1, c, h, w) -> (h, w).
    """
    x = x.detach().requires_grad_()
    out = block(x, torch.zeros(1, 8))
    middle = out[..., x.shape[2] // 2, x.shape[3] // 2]
    [gradient] = torch.autograd.grad(middle.square().sum(), x)
    size = gradient[0].norm(dim=0)
    return size / size.max()
