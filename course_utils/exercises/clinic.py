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

from course_utils.data import digits
from course_utils.denoisers import clipped, from_network
from course_utils.exercises.judging import BLANK
from course_utils.language import Said
from course_utils.mlp import MLP
from course_utils.objectives import by_level, errors
from course_utils.samplers import ddim, last
from course_utils.schedules import cosine
from course_utils.times import even_times
from course_utils.training import TrainState, start, train

STEPS, PLANNED, BATCH, RATE, EMA, SHOWN, PARTS = 400, 1500, 64, 2e-3, 0.98, 12, 10
PATIENTS = {"A": "rate", "B": "noise", "C": "ema", "D": "gradients", "E": "range", "F": "level"}


@dataclass(frozen=True)
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
    """A network that is never told the noise level: it always hears the same. 得不到噪声水平的网络：听到的总是同一个。"""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, xt: Tensor, log_snr: Tensor) -> Tensor:
        return self.network(xt, torch.zeros_like(log_snr))


def same_noise(schedule, network, x0, t, eps, labels=None) -> Tensor:
    """`errors` with one noise, drawn once, for all images and steps. 所有图像、所有步都用同一份噪声的 `errors`。"""
    once = torch.randn(x0.shape[1:], generator=torch.Generator().manual_seed(0))
    return errors(schedule, network, x0, t, once.expand(x0.shape).clone())


def to_unit_range(x: Tensor) -> Tensor:
    """From [-1, 1] to [0, 1]. 从 [-1, 1] 到 [0, 1]。"""
    return (x + 1) / 2


def keep_gradients(state: TrainState) -> TrainState:
    """The same state, whose gradients are never set to 0. 梯度从不清零的同一状态。"""
    state.optimizer.zero_grad = lambda *_, **__: None
    return state


@cache
def chart(fault: str = "", seed: int = 0) -> Chart:
    """Train with one fault ("" for none), and look. 带着一个毛病（"" 表示没有）训练，然后查看。"""
    torch.manual_seed(seed)
    schedule, x = cosine(), digits().x
    network = MLP(size=64, width=256, layers=2)
    state = start(Deaf(network) if fault == "level" else network, RATE * (100 if fault == "rate" else 1), seed)
    before = copy.deepcopy(state.ema)
    state = keep_gradients(state) if fault == "gradients" else state
    x = to_unit_range(x) if fault == "range" else x
    objective: Callable = same_noise if fault == "noise" else errors
    records = list(islice(train(state, schedule, x, PLANNED, batch=BATCH, ema_decay=EMA, objective=objective), STEPS))
    late = [torch.cat([getattr(r, name) for r in records[-100:]]) for name in ("level", "errors")]
    averaged = before if fault == "ema" else state.ema
    drawn = [samples_of(who) for who in (state.network, averaged)]
    return Chart(torch.tensor([r.loss for r in records]), by_level(*late, PARTS), *drawn)


def samples_of(network: nn.Module, n: int = SHOWN) -> Tensor:
    """n digits of DDIM in 25 steps, always from the same noise. 25 步 DDIM 的 n 个数字，总从同一份噪声出发。"""
    schedule, generator = cosine(), torch.Generator().manual_seed(0)
    first = torch.randn(n, 1, 8, 8, generator=generator)
    return last(ddim(schedule, clipped(schedule, from_network(schedule, network)), first, even_times(1000, 25)))


# What each patient has: its name, where to look, and other words for it.
FAULTS = {
    "range": (
        "the middle grey of its samples: no pixel is black",
        "它的样本：底色发灰，没有一个像素是黑的",
        ("[0, 1]", "[0,1]", "0 to 1", "图像在 [0, 1]", "取值范围", "范围"),
    ),
    "level": (
        "its loss at the highest noise, where x_t nearly is ε and others have next to none",
        "它在噪声最重处的损失：那里 x_t 几乎就是 ε，别的训练几乎没有损失",
        ("noise level", "no level", "t", "噪声水平", "没有噪声水平"),
    ),
    "noise": (
        "its training loss, lower than anybody can get who does not know ε",
        "它的训练损失：不知道 ε 的人，谁也做不到这么低",
        ("reused", "same noise", "noise reused", "同一份噪声", "噪声重复", "噪声只抽了一次"),
    ),
    "rate": (
        "its loss at low and middle noise, which hardly comes down at all, and yet does not grow",
        "它在中低噪声处的损失：几乎没有下降，却也不增长",
        ("learning rate", "lr", "学习率", "学习率太高"),
    ),
    "ema": (
        "its two rows of samples: one of the two sets of weights was never trained",
        "它的两组样本：两份权重里，有一份从没训练过",
        ("average", "moving average", "指数移动平均", "平均", "权重的平均"),
    ),
    "gradients": (
        "its loss, which comes down at first and then grows far above where it began",
        "它的损失：先降后升，远远高过起点",
        ("gradient", "zero_grad", "梯度", "梯度不清零", "梯度从不清零"),
    ),
}


def named(answer: object) -> str | None:
    """The fault that a reader's word means, or None. 读者写的词指的是哪个毛病；认不出则为 None。"""
    if not isinstance(answer, str):
        return None
    word = answer.strip().strip("`\"'").lower()
    for fault, (_, _, others) in FAULTS.items():
        if word == fault or word in others:
            return fault
    return None


def judge_patients(answer: object, _: torch.Generator) -> Said | None:
    """Which diagnoses are wrong, and where to look again, or None. 哪些诊断不对，该再看哪里；全对则为 None。"""
    if answer is None or answer is ... or (isinstance(answer, dict) and not any(answer.values())):
        return BLANK
    if not isinstance(answer, dict):
        return "give a dictionary, a patient's letter and its fault", "请给一个字典：病人的字母与它的毛病"
    listed = ", ".join(f"`{fault}`" for fault in FAULTS)
    answer = {
        patient.strip().upper() if isinstance(patient, str) else patient: word for patient, word in answer.items()
    }
    for patient, word in answer.items():
        if patient not in PATIENTS:
            return f"there is no patient {patient!r}; there are A to F", f"没有病人 {patient!r}；只有 A 到 F"
        if word and named(word) is None:
            return f"{word!r} is none of the faults: {listed}", f"{word!r} 不在毛病之列：{listed}"
    wrong = [patient for patient, fault in PATIENTS.items() if named(answer.get(patient)) != fault]
    if not wrong:
        return None
    en, zh, _ = FAULTS[PATIENTS[wrong[0]]]
    return (
        f"{len(PATIENTS) - len(wrong)} of {len(PATIENTS)} are right. Look again at {wrong[0]}: {en}",
        f"{len(PATIENTS)} 个里对了 {len(PATIENTS) - len(wrong)} 个。再看看 {wrong[0]}：{zh}",
    )
