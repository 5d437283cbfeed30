"""Larger pieces of work: judged part by part, so that half a solution gets half the marks and a hint fits what fails.

较大的作业：逐部分评判，写对一半就得一半的分，提示也针对没做对的那一部分。
"""

from collections.abc import Iterator
from typing import Any

import torch

from course_utils.exercises.judging import BLANK, fault_of
from course_utils.exercises.kinds import Piece
from course_utils.language import Said


def faults(piece: Piece, answer: Any, generator: torch.Generator) -> Iterator[tuple[str, Said | None]]:
    """Each part's name, and what is wrong with it; None where it holds, `BLANK` where nothing is written.

    逐一给出每一部分的名称与错处；成立的为 None，还没写的为 `BLANK`。
    """
    for name, part in piece.parts.items():
        yield name, fault_of(part.judge, answer, generator, draws=piece.draws)


def report(exercise_id: str, piece: Piece, found: dict[str, Said | None]) -> Said:
    """How many parts hold, then a line for each: what holds, or what is wrong. 几个部分成立，再逐一列出。

    A fault that a part shares with one before it is said once.
    """
    held, of = sum(fault is None for fault in found.values()), len(found)
    if held == of:
        en, zh = (
            [f"✓ `{exercise_id}`: right, all {of} parts hold."],
            [f"✓ `{exercise_id}`：正确，{of} 个部分全部成立。"],
        )
    else:
        mark = "◐" if held else "✗"
        en = [f"{mark} `{exercise_id}`: {held} of {of} parts hold. The page goes on with the course's own answer."]
        zh = [f"{mark} `{exercise_id}`：{of} 个部分中有 {held} 个成立。页面先用课程自带的答案继续。"]
    en, zh, named = en + [""], zh + [""], {}
    for name, fault in found.items():
        if fault is None:
            said, sign = piece.parts[name].holds, "✓"
        elif fault is BLANK:
            said, sign = fault, "○"
        elif fault in named:
            said, sign = (f"for the same reason as **{named[fault]}**", f"理由同 **{named[fault]}**"), "✗"
        else:
            said, sign, named[fault] = fault, "✗", name
        en.append(f"- {sign} **{name}**: {said[0]}")
        zh.append(f"- {sign} **{name}**：{said[1]}")
    if held < of:
        first = first_open(piece, [name for name, fault in found.items() if fault is None])
        en.append(f'\nA hint for **{first}**: `hint("{exercise_id}")`.')
        zh.append(f'\n**{first}** 的提示：`hint("{exercise_id}")`。')
    return "\n".join(en), "\n".join(zh)


def first_open(piece: Piece, held: list[str]) -> str:
    """The first part that does not hold yet, else the first of all. 第一个尚未成立的部分；都成立时为第一个。"""
    return next((name for name in piece.parts if name not in held), next(iter(piece.parts)))
