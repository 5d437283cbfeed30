"""Judge a mended training loop: one experiment for each of its four faults, by a network that takes notes.

评判修好的训练循环：四处毛病各做一个实验，所用的网络会做记录。
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from course_utils.exercises.judging import BLANK, number
from course_utils.exercises.lesson_06.trials import flat
from course_utils.language import Said
from course_utils.mlp import MLP
from course_utils.randomness import stream_at
from course_utils.schedules import Schedule, cosine

STEPS, BATCH, IMAGES, UNSEEN, T = 60, 8, 24, 20, 6
FORM = (
    "return four things, as the broken loop does: the average, losses, rates, looked",
    "请像原来的循环那样返回四样东西：平均、损失、学习率、看到的误差",
)


class Asked(NamedTuple):
    """One question to a network: what it was shown, said to be how noisy, and by which weights it answered.

    对网络的一次提问：给它看了什么、说噪声有多重，以及它用哪份权重回答。
    """

    learns: bool
    level: Tensor
    weights: Tensor
    shown: Tensor


class Notes(list):
    """What a network was asked; its copies write into the same notes. 网络被问过什么；副本也写进同一本。"""

    def __deepcopy__(self, memo: dict) -> "Notes":
        return self


class Watched(MLP):
    """A small MLP that notes how noisy its inputs are said to be, and what its weights were. 会做记录的小网络。"""

    def __init__(self):
        super().__init__(size=2, width=8, layers=1)
        self.notes = Notes()

    def forward(self, xt: Tensor, log_snr: Tensor) -> Tensor:
        level = log_snr.detach().expand(len(xt)).clone()
        self.notes.append(Asked(torch.is_grad_enabled(), level, flat(self), xt.detach().clone()))
        return super().forward(xt, log_snr)


def watched(generator: torch.Generator) -> Watched:
    """A network that takes notes, its weights drawn. 会做记录的网络，权重是抽取的。"""
    with stream_at(0):
        network = Watched().float()
    for weight in network.parameters():
        weight.data = 0.4 * torch.randn(weight.shape, generator=generator, dtype=torch.float32)
    return network


def form_of(result: Any, steps: int) -> Said | None:
    """What is wrong with the form of what a loop returns; `BLANK` for nothing. 循环交回之物的形式错在哪里；没有交回为 `BLANK`。"""
    if result is None or result is ...:
        return BLANK
    four = isinstance(result, tuple | list) and len(result) == 4 and isinstance(result[0], nn.Module)
    return None if four and len(result[1]) == steps else FORM


def _tried(answer: Callable, generator: torch.Generator, look: int = 0) -> tuple[Any, Watched, Schedule, Said | None]:
    """Run the loop on a few points; what it returns, the network with its notes, and what is wrong with the form."""
    network, schedule = watched(generator), cosine(T)
    points = torch.rand(IMAGES + UNSEEN, 2, generator=generator, dtype=torch.float32) * 2 - 1
    seed = int(torch.randint(2**31, (), generator=generator))
    result = answer(network, points[:IMAGES], points[IMAGES:], schedule, STEPS, BATCH, seed, look)
    fault = form_of(result, STEPS)
    return None if fault else result, network, schedule, fault


def judge_times(answer: Callable, generator: torch.Generator) -> Said | None:
    """Has each image of a batch its own t, uniform over 1 to T? 一批中每幅图像是否各有自己的 t，在 1 到 T 上均匀？"""
    _, network, schedule, fault = _tried(answer, generator)
    if fault is not None:
        return fault
    told = torch.stack([asked.level for asked in network.notes if asked.learns])
    times = (told[..., None] - schedule.log_snr[1:].to(told)).abs().argmin(-1) + 1
    if bool((times == times[:, :1]).all()):
        return (
            "in each step all images of the batch have the same noise level, so the losses jump from step to step",
            "每一步里，整批图像都是同一个噪声水平，所以损失一步一跳",
        )
    counts = torch.bincount(times.flatten(), minlength=T + 1)[1:].double()
    for t in (1, T):
        if counts[t - 1] == 0:
            return f"t = {t} never occurs (T = {T})", f"t = {t} 从不出现（T = {T}）"
    expected = times.numel() / T
    if float((counts - expected).square().sum() / expected) > 50:
        return "the times are not uniform over 1 to T", "时间步在 1 到 T 上不是均匀分布"
    return None


def judge_twin(answer: Callable, generator: torch.Generator) -> Said | None:
    """Is the average one, of the weights after each step? 平均是不是每一步之后的权重的平均？"""
    result, network, _, fault = _tried(answer, generator)
    if fault is not None:
        return fault
    walked = [asked.weights for asked in network.notes if asked.learns] + [flat(network)]
    found = flat(result[0])
    if torch.equal(found, walked[-1]):
        return (
            "at the end the average and the network are equal, weight for weight: it follows nothing",
            "训练结束时，平均与网络逐个权重都相等：它什么也没有跟",
        )
    if torch.equal(found, walked[0]):
        return "the average never leaves its beginning", "平均一直停在起点"
    after, before = walked[0], walked[0]
    for old, new in zip(walked, walked[1:], strict=False):
        after, before = after.lerp(new, 0.02), before.lerp(old, 0.02)
    if torch.allclose(found, after, rtol=1e-3, atol=1e-5):
        return None
    if torch.allclose(found, before, rtol=1e-3, atol=1e-5):
        return "the average follows the weights from before each step", "平均跟的是每一步之前的权重"
    return (
        "the average is no longer that of the loop: after each step 2 % of the newest weights",
        "这个平均已不是循环里的那个：每一步之后取最新权重的 2 %",
    )


def judge_looking(answer: Callable, generator: torch.Generator) -> Said | None:
    """Are the losses the same whether one looks or not, and does one still look? 看与不看，损失是否相同？还看不看？"""
    at, torchs = generator.get_state(), torch.get_rng_state()
    unseen, _, _, fault = _tried(answer, generator)
    if fault is not None:
        return fault
    after = torch.get_rng_state()
    generator.set_state(at)
    torch.set_rng_state(torchs)
    seen, network, _, fault = _tried(answer, generator, look=5)
    if fault is not None:
        return fault
    apart = [i for i, (a, b) in enumerate(zip(unseen[1], seen[1], strict=True), 1) if float(a) != float(b)]
    if apart:
        return (
            f"with `look` 5 the losses are others than with 0, from step {apart[0]} on: looking changes the training",
            f"`look` 取 5 与取 0，从第 {apart[0]} 步起损失就不同了：看一眼，训练就变了",
        )
    if not torch.equal(after, torch.get_rng_state()):
        return (
            "the looks draw from torch's own generator; a network with dropout draws from it, too, and would train on "
            "otherwise. Give the looks a generator of their own",
            "看的时候从 torch 自带的发生器抽取；带 dropout 的网络训练时也从那里抽，看一眼，训练就会变样。请给看的时候单独一个发生器",
        )
    looks = [asked for asked in network.notes if not asked.learns and len(asked.level) == UNSEEN]
    if len(seen[3]) != STEPS // 5 or None in [number(error) for error in seen[3]] or len(looks) < STEPS // 5:
        return (
            f"with `look` 5 it should look {STEPS // 5} times in {STEPS} steps, at all the unseen images, without gradients",
            f"`look` 取 5 时，{STEPS} 步里应当看 {STEPS // 5} 次，每次看全部没见过的图像，不带梯度",
        )
    return _of_the_looks(looks, flat(seen[0]), flat(network))


def _of_the_looks(looks: list[Asked], average: Tensor, newest: Tensor) -> Said | None:
    """Does each look ask the average, and the same of it? 每次看，问的是不是平均，问的又是不是同样的问题？"""
    asked = looks[-1].weights  # after the last step
    if torch.equal(asked, newest) and not torch.equal(asked, average):
        return "the looks ask the network; they should ask the average", "看的时候问的是网络；应当问平均"
    if not torch.allclose(asked, average, rtol=1e-4, atol=1e-6):
        return (
            "the last look, after the last step, does not ask the average that is returned",
            "最后一次看在最后一步之后，问的却不是交回的那个平均",
        )
    if any(not torch.equal(look.shown, looks[0].shown) for look in looks):
        return (
            "each look has times and noise of its own, so two of its numbers differ even if the weights are the same: draw "
            "them anew from one seed at each look",
            "每次看用的时间步与噪声都不同，权重没变，看到的数也会变：每次都要从同一个种子重新抽",
        )
    return None


def judge_rate(answer: Callable, generator: torch.Generator) -> Said | None:
    """Do the rates fall to nearly 0, and the steps with them? 学习率是否降到接近 0，步子也随之变小？"""
    result, network, _, fault = _tried(answer, generator)
    if fault is not None:
        return fault
    rates = [number(rate) for rate in result[2]]
    if len(rates) != STEPS or None in rates:
        return FORM
    share = rates[-1] / max(rates)
    if share > 0.05:
        return (
            f"in the last step the rate is still {share:.0%} of the highest",
            f"到最后一步，学习率还是最高时的 {share:.0%}",
        )
    walked = torch.stack([asked.weights for asked in network.notes if asked.learns] + [flat(network)])
    length = walked.diff(dim=0).norm(dim=1)
    if length[-3:].mean() > 0.1 * length[5:15].mean():
        return (
            "`rates` falls, but the last steps are as long as the early ones: the optimizer is not told",
            "`rates` 降下去了，可最后几步与早先一样长：没有告诉优化器",
        )
    return None
