"""What the judges of a reader's training loop share: small runs, made afresh, and what is missing from them.

评判读者的训练循环时共用的部分：新造的小训练，以及其中缺少什么。
"""

import copy
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

from course_utils.exercises.lesson_06.own_training import Training
from course_utils.language import Said
from course_utils.mlp import MLP
from course_utils.randomness import stream_at
from course_utils.schedules import cosine

Given = tuple[Any, ...]  # what a training is made of: network, images, schedule, steps, batch, lr, decay, seed
MISSING = {
    "generator": ("`seeded(seed)`, from which everything is drawn", "即 `seeded(seed)`，一切都从它抽取"),
    "average": ("a network of its own, a copy made at the start", "即另一个网络，开始时复制一份"),
    "network": ("the network that is trained, as it was handed over", "即所训练的网络，就用传进来的那个"),
    "lr": ("the highest rate, as it was handed over", "最高的学习率，就用传进来的那个"),
    "losses": ("a list with one plain number a step", "即一个列表，每步一个普通的数"),
}


def given(generator: torch.Generator, *, n: int = 10, batch: int = 4, steps: int = 40, dropout: float = 0.0) -> Given:
    """Draw what a small training is made of: a network of 2-D points with weights at random, n points, a seed.

    抽出一次小训练所需的一切：权重随机的二维点网络、n 个点、一个种子。
    """
    with stream_at(0):
        network = Dropping(dropout).float()
    for weight in network.parameters():
        weight.data = 0.4 * torch.randn(weight.shape, generator=generator, dtype=torch.float32)
    points = torch.rand(n, 2, generator=generator, dtype=torch.float32) * 2 - 1
    return network, points, cosine(50), steps, batch, 0.05, 0.5, _whole(generator)


class Dropping(MLP):
    """A small MLP that drops some of its input in training, so that its mode can be told. 会丢弃部分输入的小网络。"""

    def __init__(self, share: float):
        super().__init__(size=2, width=8, layers=1)
        self.share = share

    def forward(self, xt: Tensor, log_snr: Tensor) -> Tensor:
        return super().forward(F.dropout(xt, self.share, self.training) if self.share else xt, log_snr)


def made(answer: Any, what: Given) -> Any:
    """A training of the reader's class on copies of all that it is given. 用传入之物的副本造出读者的训练。"""
    return answer(*copy.deepcopy(what))


def truth(what: Given) -> Training:
    """The course's own training, of the same. 课程自己的训练，所用相同。"""
    return made(Training, what)


def lent(run: Training, step: int) -> float:
    """The rate that a reader's training is lent: no formula of the page gives it. 借给读者的学习率：页面上没有公式算得出它。"""
    return 0.6 * Training.rate(run, step)


def guided(answer: Any, what: Given) -> Any:
    """A reader's training that is lent the right order, and a rate of its own, so that the rest can be judged by itself.

    造出读者的训练，借给它正确的次序与另一个学习率，好单独评判其余部分。

    The rate is lent as a subclass lends it, so that `__init__` may ask for it, too.
    """
    lender = truth(what)
    rate = partial(lent, lender)
    if isinstance(answer, type):
        answer = type(answer.__name__, (answer,), {"rate": staticmethod(rate)})
    run = made(answer, what)
    if run is None or run is ...:
        return run
    if isinstance(getattr(run, "generator", None), torch.Generator):
        lender.generator = run.generator.manual_seed(what[-1])  # a first order may have been drawn from it
    run.indices, run.rate = lender.indices, rate
    return run


def flat(network: nn.Module) -> Tensor:
    """All weights of a network in one row. 一个网络的全部权重，排成一行。"""
    return parameters_to_vector(network.parameters()).detach().clone()


def lacks(run: Any, *names: str) -> Said | None:
    """Which of the attributes that were asked for is not there. 所要求的属性中缺了哪个。"""
    for name in names:
        found = getattr(run, name, None)
        if found is None:
            en, zh = MISSING[name]
            return f"the training has no `{name}`: {en}", f"训练没有 `{name}`：{zh}"
        if name in ("network", "average") and not isinstance(found, nn.Module):
            kind = type(found).__name__
            return f"`{name}` is a {kind}; it should be a network", f"`{name}` 是 {kind}；应当是一个网络"
    return None


def stands_still(run: Any) -> bool:
    """Has the training not taken a single step, nor noted one? 训练是否一步也没走，也没有记下什么？"""
    return not getattr(run, "losses", None)


def _whole(generator: torch.Generator) -> int:
    return int(torch.randint(2**31, (), generator=generator))
