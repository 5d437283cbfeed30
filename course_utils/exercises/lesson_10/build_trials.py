"""Networks that note what a reader's flow tells them, and the reader's flow put to work.

会记下读者的流告诉了它们什么的网络，以及让读者的流运行起来。
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.exercises.judging import BLANK, called
from course_utils.language import Said

SHAPES = (((3, 2), torch.float64), ((2, 1, 4, 4), torch.float32), ((5, 7), torch.float64))
TIMES = (0.05, 0.23, 0.5, 0.81, 0.97)
Noise = Callable[[Tensor, Tensor], Tensor]


def level(t: float) -> Tensor:
    """The log-SNR of the straight path at t, held within -20 and 20. 直线路径在 t 处的对数信噪比，限制在 -20 到 20。"""
    ends = math.inf if t == 0 else -math.inf if t == 1 else 2 * math.log((1 - t) / t)
    return torch.tensor(ends, dtype=torch.float64).clamp(-20, 20)


class Listening(nn.Module):
    """A network without labels that notes what it is told. 不带标签、会记下输入的网络。"""

    def __init__(self, answers: Noise):
        super().__init__()
        self.answers, self.told, self.labels = answers, [], []
        self.weight = nn.Parameter(torch.ones(()))  # so that gradients could be kept

    def forward(self, xt, log_snr):
        if not isinstance(xt, Tensor):
            raise TypeError(f"the network is shown a {type(xt).__name__}, not a tensor")
        self.told.append((xt.detach().clone(), log_snr))
        return self.weight.to(xt) * self.answers(xt, log_snr)


class Labelled(Listening):
    """The same with labels, which must be there. 同上，但必须给标签。"""

    def forward(self, xt, log_snr, labels):
        self.labels.append(labels)
        return super().forward(xt, log_snr)


class Small(nn.Module):
    """A small network of drawn weights that answers eps through v; labels, if any, shift what it sees.

    权重随机的小网络，经由 v 回答噪声；若有标签，标签会改变它看到的东西。
    """

    def __init__(self, size: int, generator: torch.Generator, dtype: torch.dtype):
        super().__init__()
        self.into = nn.Parameter(torch.randn(size, size, generator=generator, dtype=dtype) / size**0.5)
        self.shift = nn.Parameter(torch.randn(10, size, generator=generator, dtype=dtype))

    def forward(self, xt, log_snr, labels=None):
        log_snr = log_snr.to(xt).expand(len(xt))[:, None]
        shift = self.shift[0] if labels is None else self.shift[labels]
        flat = xt.flatten(1)
        v = torch.tanh(flat @ self.into + shift + log_snr / 10) - 0.5 * flat
        return ((-log_snr).sigmoid().sqrt() * flat + log_snr.sigmoid().sqrt() * v).reshape(xt.shape)


def made(answer: Callable, network: nn.Module, labels: Tensor | None) -> tuple[Any, Said | None]:
    """The reader's flow for a network, or what is wrong with its form. 读者的流；若形式不对则附说明。"""
    if not callable(answer):
        kind = type(answer).__name__
        return None, (f"it is a {kind}; hand over the class itself", f"交来的是 {kind}；请交类本身")
    flow = answer(network, labels)
    if flow is None or flow is ...:
        return None, BLANK
    for name in ("velocity", "sample"):
        if not callable(getattr(flow, name, None)):
            return None, (
                f"what it makes has no method `{name}`; leave the class's first lines as they are",
                f"造出的对象没有方法 `{name}`；类开头的几行请保持原样",
            )
    return flow, None


def asked(
    answer: Callable, network: nn.Module, labels: Tensor | None, xt: Tensor, t: float
) -> tuple[Tensor | None, Said | None]:
    """The velocity that the reader's flow gives, or what is wrong with its form. 读者的流给出的速度；形式不对则附说明。"""
    flow, fault = made(answer, network.to(xt.dtype), labels)
    if fault is not None:
        return None, fault
    return _tensor(called(flow.velocity, {"xt": xt, "t": t}), xt, ("velocity", "x_t"))


def walked(flow: Any, noise: Tensor, times: list[float]) -> tuple[Tensor | None, Said | None]:
    """Where the reader's walk arrives, or what is wrong with its form. 读者走到哪里；形式不对则附说明。"""
    handed = list(times)
    result, fault = called(lambda noise: flow.sample(noise, handed), {"noise": noise})
    if fault is None and handed != list(times):
        fault = (
            "it changes the list of times itself; go through `pairwise(times)`, or copy it first",
            "它改动了 times 列表本身；请用 `pairwise(times)` 遍历，或先复制一份",
        )
    return _tensor((result, fault), noise, ("sample", "noise"))


def _tensor(found: tuple[Any, Said | None], like: Tensor, names: tuple[str, str]) -> tuple[Tensor | None, Said | None]:
    (result, fault), (name, of) = found, names
    if fault is not None:
        return None, fault if fault is BLANK else (f"`{name}`: {fault[0]}", f"`{name}`：{fault[1]}")
    if not isinstance(result, Tensor):
        kind = type(result).__name__
        return None, (f"`{name}` returns a {kind}; return a tensor", f"`{name}` 返回的是 {kind}；应返回张量")
    if result.shape != like.shape or result.dtype != like.dtype:
        given, wanted = (f"{tuple(x.shape)} {x.dtype}" for x in (result, like))
        return None, (
            f"`{name}` returns {given}; it should be like {of}, {wanted}",
            f"`{name}` 返回 {given}；应与 {of} 相同，即 {wanted}",
        )
    return result, None


def apart(given: Tensor, exact: Tensor, tolerance: float = 1e-4) -> bool:
    """Is a tensor another than the exact one, or not finite? 一个张量是否与精确值不同，或不是有限数？"""
    exact = exact.detach().double()
    off = float((given.detach().double() - exact).abs().max())
    return not off <= tolerance * max(1.0, float(exact.abs().max()))
