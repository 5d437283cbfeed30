"""Exercise 12.widen: the first layer of a grey network, for pictures of several channels.

练习 12.widen：把灰度网络的第一层改成读多个通道。
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.exercises.judging import Mistake, judge_function
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said

SHAPES = (
    ((4, 1, 3, 3), 3),
    ((3, 1, 3, 3), 3),
    ((2, 1, 1, 1), 3),
    ((6, 1, 5, 5), 2),
    ((3, 1, 3, 3), 4),
    ((5, 1, 3, 3), 3),
)


def widened(weight, channels):
    """The weight (out, 1, k, k) of a grey layer as (out, channels, k, k): a grey picture gets the same answer. 加宽的权重。"""
    return weight.repeat(1, channels, 1, 1) / channels


def _at(weight: Tensor, channels: int, place: int) -> Tensor:
    wide = weight.new_zeros(len(weight), channels, *weight.shape[2:])
    wide[:, place] = weight[:, 0]
    return wide


WIDEN_MISTAKES = [
    Mistake(gives, en, zh)
    for gives, en, zh in (
        (lambda w, c: w.repeat(1, c, 1, 1), "the weight is repeated and not divided: a grey picture, alike in all channels, comes out that many times as large", "权重只是重复，没有除：灰度图片各通道相同，有几个通道，结果就成了几倍"),
        (lambda w, c: _at(w, c, 0), "only the first channel is read: the others, of which a colour picture needs every one, have weight 0. Let all have the same share", "只读了第一个通道：其余通道的权重是 0，而彩色图片每个通道都有用。应当各占同样的份额"),
        (lambda w, c: _at(w, c, c - 1), "only the last channel is read; let all have the same share", "只读了最后一个通道；应当各占同样的份额"),
        (lambda w, c: w.repeat(1, c, 1, 1) / c**0.5, "it is divided by the root: right for independent noise, but the channels of a grey picture are the same, so they add up", "除的是平方根：对独立的噪声是对的，但灰度图片各通道相同，是直接相加的"),
        (lambda w, c: w.repeat(1, c, 1, 1) / 3, "it is divided by 3, whatever the number of channels", "不论有几个通道，都除以了 3"),
        (lambda w, c: w.repeat(1, c, 1, 1) / c**2, "it is divided twice", "除了两遍"),
        (lambda w, c: w.repeat(1, c, 1, 1) * c, "it is multiplied: the sum over the channels must stay, so each has a part of it", "该除，却乘了：各通道之和要保持不变，每个通道只占一份"),
        (lambda w, c: torch.zeros_like(w).repeat(1, c, 1, 1), "all weights are 0: what the grey network had learnt is lost", "权重全是 0：灰度网络学到的东西都丢了"),
    )
]  # fmt: skip


def judge_widen(answer: Callable, generator: torch.Generator) -> Said | None:
    """What is wrong with a reader's widened weight, or None. 读者加宽的权重错在哪里；正确时为 None。"""
    cases = [
        {"weight": torch.randn(shape, generator=generator, dtype=dtype), "channels": channels}
        for (shape, channels), dtype in zip(SHAPES, (torch.float32, torch.float64) * 3, strict=True)
    ]
    return judge_function(answer, widened, cases, WIDEN_MISTAKES)


WIDEN = Exercise(
    reference=lambda: widened,
    judge=judge_widen,
    hints=(
        (
            "A convolution adds up over the channels that it reads. What does it add up if all of them hold one grey picture?",
            "卷积对读进来的各个通道求和。若每个通道都是同一张灰度图片，加起来是什么？",
        ),
        (
            "The weights of the channels must add up to the grey weight, and no channel is better than another.",
            "各通道的权重之和应等于灰度的权重，而哪个通道也不比别的重要。",
        ),
        (
            "`weight.repeat(1, channels, 1, 1)` has the shape; divide it by the number of channels.",
            "`weight.repeat(1, channels, 1, 1)` 的形状对了；再除以通道数。",
        ),
    ),
)
