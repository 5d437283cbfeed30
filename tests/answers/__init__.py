"""Answers to the exercises, a module a lesson, and what reads them; `test_exercises.py` judges them all.

练习的答案，每课一个模块，以及读取它们的函数；`test_exercises.py` 逐一评判。

A module gives RIGHT, {"07.ddim": [answer, ...]}, and WRONG, {"07.ddim": {name: (answer, en, zh)}}, where `en` and `zh`
are words of the fault that must be named. Where there are any, BLANK gives more answers that count as blank, MISTAKES
the tables of mistakes that must name themselves, HELD, {"02.build": {name of a wrong answer: {part, ...}}}, which parts
of a wrong piece hold all the same, and FIGURES_UNDER a limit in bytes other than 25,000.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from course_utils.exercises import question

Wrong = dict[str, tuple[Any, str, str]]


def name_of(answer: Any) -> str:
    """A short name for a test's id. 测试编号用的短名。"""
    return getattr(answer, "__name__", repr(answer).replace("\n", " "))


def named(wrong: Mapping | Sequence) -> Wrong:
    """Name each wrong answer of {answer: (en, zh)} or [(answer, en, zh)] by itself. 用答案自己的名字给它命名。"""
    table = {}
    for answer, en, zh in [(a, *said) for a, said in wrong.items()] if isinstance(wrong, Mapping) else wrong:
        name = called = name_of(answer)
        while name in table:
            name = f"{called} {len(table)}"
        table[name] = (answer, en, zh)
    return table


def in_any_form(*numbers: float) -> list[Any]:
    """Numbers as Python, numpy and torch may give them. Python、numpy 与 torch 给出的各种形式的数。"""
    forms = [float, np.float64, np.array, torch.tensor, lambda n: np.array([n]), lambda n: torch.tensor([n])]
    whole = [int, np.int64, np.float32]
    return [form(n) for n in numbers for form in (forms + whole if n == int(n) else forms)]


def chosen(question_id: str) -> str:
    """The right option of a question, in English. 一道题的正确选项（英文）。"""
    asked = question(question_id)
    return asked.options[asked.answer()][0]
