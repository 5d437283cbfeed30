"""What a lesson asks: an exercise, a piece of work in parts, a question.

一课所问的：练习、分部分的作业、题目。
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from course_utils.language import Said
from course_utils.plots import Picture


@dataclass(frozen=True)
class Exercise:
    """An exercise: the package's own answer, how an answer is judged, three hints from vague to plain.

    一道练习：本包自己的答案、如何判断答案、三级提示（由浅入深）。

    `reference()` gives the package's own answer, a function or a value, computed when it is called and not before.
    `judge(answer, generator)` returns None for a right answer, else what is wrong with it in both languages; it draws
    its trials from the generator and computes the truth afresh. `draws` where an answer may draw from torch's own
    generator.
    """

    reference: Callable[[], Any]
    judge: Callable[[Any, torch.Generator], Said | None]
    hints: tuple[Said, Said, Said]
    draws: bool = False


@dataclass(frozen=True)
class Part:
    """One part of a piece: what holds where it is right, how it is judged, two hints from vague to plain.

    作业的一部分：做对时什么成立、如何评判、两级提示（由浅入深）。

    `judge(answer, generator)` gets the whole answer and returns None where this part holds, whatever the others do,
    `BLANK` where nothing of it is written, else what is wrong in both languages.
    """

    holds: Said
    judge: Callable[[Any, torch.Generator], Said | None]
    hints: tuple[Said, Said]


@dataclass(frozen=True)
class Piece:
    """A piece of work from a specification: the package's own answer, and its parts in the order of the page.

    按规格完成的一件作业：本包自己的答案，以及与页面次序相同的各个部分。

    `reference()` gives a function or a class, whose code is the solution, or a value. `draws` where an answer may draw
    from torch's own generator.
    """

    reference: Callable[[], Any]
    parts: dict[str, Part]
    draws: bool = False


@dataclass(frozen=True)
class Question:
    """A question, its options, what computes the index of the right one, why it is right, the figure that settles it.

    一道题：题面、选项（英、中）、计算正确选项下标的函数、理由，以及一锤定音的图。

    `replies` answers each option by what it overlooks; the right one has None.
    """

    text: Said
    options: tuple[Said, ...]
    answer: Callable[[], int]
    replies: tuple[Said | None, ...]
    why: Said
    figure: Callable[[], Picture]
