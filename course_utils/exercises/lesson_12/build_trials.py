"""Layers for the piece of lesson 12, what a reader's class makes of them, and what that computes.

第 12 课作业所用的层，读者的类把它们变成什么，以及算出什么。
"""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from course_utils.exercises.judging import BLANK
from course_utils.exercises.stops import stopped
from course_utils.language import Said

CAUSES = [
    (r"before Module.__init__|has no attribute '_(?:backward_hooks|parameters|modules)'", "`super().__init__()` is missing: it must come first in `__init__`, before anything is kept in `self`", "漏了 `super().__init__()`：它应当是 `__init__` 的第一句，之后才能往 `self` 里放东西"),
    (r"has no attribute 'merged'", "the method `merged` is missing", "缺少方法 `merged`"),
]  # fmt: skip


class Layer(NamedTuple):
    """A layer, an input to it and a rank; weights and input are drawn. 一层、它的一个输入与秩；权重与输入都是抽出来的。"""

    layer: nn.Module
    x: Tensor
    rank: int

    @property
    def matrix(self) -> Tensor:
        """The weight as a table, (out, in). 权重的表格形式。"""
        return self.layer.weight.detach().flatten(1)


class Made(NamedTuple):
    """What a reader's class made of a layer, or what is wrong with it. 读者的类由一层得到什么，或错在哪里。"""

    module: Any
    fault: Said | None

    @property
    def learning(self) -> list[nn.Parameter]:
        """The weights in it that learn. 其中会学习的权重。"""
        return [weight for weight in self.module.parameters() if weight.requires_grad]

    def wake(self, generator: torch.Generator) -> None:
        """Move what learns, as a training would. 像训练那样移动会学习的权重。"""
        with torch.no_grad():
            for weight in self.learning:
                drawn = torch.randn(weight.shape, generator=generator, dtype=torch.float32)
                weight.add_(0.5 * drawn.to(weight))

    def step(self, table: Tensor, drawn: Tensor) -> None:
        """One step down a drawn slope of what it computes. 沿着随机抽取的坡度走一步。"""
        learning = self.learning
        if not table.requires_grad:
            return
        grads = torch.autograd.grad((table * drawn).sum(), learning, allow_unused=True)
        with torch.no_grad():
            for weight, grad in zip(learning, grads, strict=True):
                if grad is not None:
                    weight.sub_(grad)


def linear_layers(generator: torch.Generator) -> list[Layer]:
    """Wide and narrow, with and without a bias, of either float type, with any axes before the last. 各种线性层。"""
    return [
        _drawn(skip_init(nn.Linear, 6, 5), (2, 3, 6), 2, torch.float32, generator),
        _drawn(skip_init(nn.Linear, 4, 7, bias=False), (4,), 3, torch.float64, generator),
        _drawn(skip_init(nn.Linear, 5, 5), (3, 5), 1, torch.float32, generator),
    ]


def convolutions(generator: torch.Generator) -> list[Layer]:
    """1x1, on pictures of any size. 1x1 卷积，图片大小不限。"""
    return [
        _drawn(skip_init(nn.Conv2d, 6, 4, 1), (2, 6, 3, 5), 2, torch.float32, generator),
        _drawn(skip_init(nn.Conv2d, 5, 5, 1, bias=False), (1, 5, 2, 2), 3, torch.float64, generator),
    ]


def _drawn(
    layer: nn.Module, shape: tuple[int, ...], rank: int, dtype: torch.dtype, generator: torch.Generator
) -> Layer:
    layer = layer.to(dtype)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator, dtype=torch.float32))
    return Layer(layer, torch.randn(shape, generator=generator, dtype=dtype), rank)


def made_of(answer: Callable, trial: Layer) -> Made:
    """Let a reader's class have a copy of a layer. 把一层的副本交给读者的类。"""
    try:
        module = answer(copy.deepcopy(trial.layer), trial.rank)
    except (Exception, SystemExit, GeneratorExit) as error:  # whatever a reader's code raises
        return Made(None, stopped(error, CAUSES))
    if module is None or module is ...:
        return Made(None, BLANK)
    if not isinstance(module, nn.Module):
        kind = type(module).__name__
        return Made(
            None,
            (
                f"it makes a {kind}; write a class that is an nn.Module, `class MyLowRank(torch.nn.Module):`",
                f"得到的是 {kind}；请写成 nn.Module 的子类：`class MyLowRank(torch.nn.Module):`",
            ),
        )
    if "_parameters" not in vars(module):
        return Made(None, BLANK)
    return Made(module, None)


def asked(made: Made, x: Tensor, like: Tensor) -> tuple[Tensor, Said | None]:
    """What a module answers to x, and what is wrong with its form beside what the layer gives. 模块的回答，及形式上的错误。"""
    try:
        y = made.module(x)
    except (Exception, SystemExit, GeneratorExit) as error:  # whatever a reader's code raises
        en, zh = stopped(error, CAUSES)
        return x, (f"with an input {tuple(x.shape)} {en}", f"输入为 {tuple(x.shape)} 时{zh}")
    if y is None or y is ...:
        return x, BLANK
    if not isinstance(y, Tensor) or y.shape != like.shape or y.dtype != like.dtype:
        given = f"{y.dtype} {tuple(y.shape)}" if isinstance(y, Tensor) else type(y).__name__
        wanted = f"{like.dtype} {tuple(like.shape)}"
        return x, (
            f"with an input {tuple(x.shape)} it gives {given}; the layer gives {wanted}",
            f"输入为 {tuple(x.shape)} 时得到 {given}；这一层给的是 {wanted}",
        )
    return y, None


def table_of_layer(ask: Callable[[Tensor], Tensor], trial: Layer, *, learning: bool = False) -> Tensor:
    """The table (out, in) of a linear map, read off by asking about each axis alone. 逐轴提问，读出线性映射的表格。"""
    eye = torch.eye(trial.matrix.shape[1], dtype=trial.x.dtype)
    eye = eye if isinstance(trial.layer, nn.Linear) else eye[:, :, None, None]
    with torch.set_grad_enabled(learning):
        return (ask(eye) - ask(torch.zeros_like(eye))).flatten(1).T


def close(a: Tensor, b: Tensor) -> bool:
    """Alike up to rounding in float32. 除去 float32 的舍入，两者相同。"""
    return a.shape == b.shape and bool((a - b).abs().max() <= 2e-5 * max(1.0, float(b.abs().max())))
