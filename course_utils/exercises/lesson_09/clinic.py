"""The clinic of lesson 09: six reports, each with one fault; which one, is found by asking further.

第 09 课的诊室：六份报告各有一个毛病；是哪一个，要追问才知道。
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from course_utils.exercises.judging import BLANK
from course_utils.exercises.kinds import Part, Piece
from course_utils.experiments.reports import PATIENTS
from course_utils.language import Said


class Fault(NamedTuple):
    """What gives a fault away, what to ask about, and why it matters, in both languages.

    毛病怎样露馅、该追问什么、为什么要紧（两种语言）。
    """

    shows: Said
    look: Said
    found: Said


FAULTS = {
    "n": Fault(
        (
            "the floor was measured with fewer images than the distance, so that real images seem the farther ones",
            "下限用的图像比距离用的少，于是真实图像反倒显得更远",
        ),
        (
            "compare the distance with the floor: can anything be nearer to real images than real images are?",
            "把距离与下限比一比：有什么能比真实图像离真实图像更近？",
        ),
        ('ask "floor": with how many images was it measured?', '追问 "floor"：它是用多少图像量出来的？'),
    ),
    "reference": Fault(
        (
            "the distance is the one to the training images, which the network has seen",
            "这个距离是到训练图像的，而网络见过它们",
        ),
        (
            "every crowd looks as it should, and no seed was chosen. What is the distance measured to?",
            "样本本身都正常，种子也没有挑过。那么距离是到什么的距离？",
        ),
        (
            'ask "reference": which of its two numbers is the printed one?',
            '追问 "reference"：两个数里，印出来的是哪一个？',
        ),
    ),
    "range": Fault(
        (
            "no pixel is black: the samples were handed over in [0, 1], and everything is too bright for the judge",
            "没有一个像素是黑的：样本交来时在 [0, 1] 之内，在评判者眼里全都太亮",
        ),
        (
            "nearly everything is bad at once. Before you blame the network: what did the judge get to see?",
            "几乎样样都糟。先别怪网络：评判者看到的是什么？",
        ),
        ('ask "pixels": what is the least of them?', '追问 "pixels"：其中最小的是多少？'),
    ),
    "copies": Fault(
        (
            "every sample is nearer to a training image than to any unseen one: it lies on it, they are copies",
            "每个样本都与训练图像更近，而且就在它上面：它们是副本",
        ),
        (
            "it is as good as real images in everything. Who alone is as good as that?",
            "样样都与真实图像一样好。能好到这样的只有谁？",
        ),
        ('ask "nearest": how far is the nearest training image?', '追问 "nearest"：最近的训练图像有多远？'),
    ),
    "seeds": Fault(
        (
            "the distance is the least of eight seeds, and the seven others are not mentioned",
            "这个距离是八个种子里最小的，另外七个没有提",
        ),
        (
            "everything looks right, even the reference. How often was it tried?",
            "看上去全都对，参照也对。一共试了几次？",
        ),
        (
            'ask "seeds": where does the printed distance stand among the eight?',
            '追问 "seeds"：印出来的距离在八个里排第几？',
        ),
    ),
    "classes": Fault(
        (
            "some classes are missing among the samples, and those are the ones that are hard to draw",
            "样本里缺了几类，缺的正是难画的",
        ),
        (
            "compare precision and recall, and look at the agreement: it is higher than real images'.",
            "比一比精确率与召回率，再看认对的比例（agreement）：它比真实图像还高。",
        ),
        ('ask "classes": how many of each are there?', '追问 "classes"：每类各有几个？'),
    ),
}


def _words(answer: Any) -> dict[str, Any] | None:
    """A dictionary of letters and words, or six words in order, as letters and words; else None. 由字母到代号；认不出则为 None。"""
    if isinstance(answer, str):
        answer = answer.replace("，", ",").replace("、", ",").split(",")
    answer = answer.tolist() if isinstance(answer, np.ndarray) else answer
    if isinstance(answer, list | tuple):
        answer = dict(zip(PATIENTS, answer, strict=False)) if len(answer) == len(PATIENTS) else None
    return {str(who).strip().upper(): word for who, word in answer.items()} if isinstance(answer, dict) else None


def _judge(who: str) -> Callable[[Any, torch.Generator], Said | None]:
    def judge(answer: Any, _: torch.Generator) -> Said | None:
        words = {} if answer is None else _words(answer)
        if words is None:
            return (
                'give a dictionary of letters and words, such as {"A": "seeds"}',
                '请给一个由字母与代号组成的字典，例如 {"A": "seeds"}',
            )
        said = words.get(who)
        if said is None or said is ...:
            return BLANK
        word = str(said).strip(" `\"'").lower()
        if word == PATIENTS[who]:
            return None
        if word not in FAULTS:
            listed = ", ".join(f"`{fault}`" for fault in FAULTS)
            return f"{said!r} is none of {listed}", f"{said!r} 不在其中：{listed}"
        (en, zh), (ask_en, ask_zh) = FAULTS[word].shows, FAULTS[word].found
        return (
            f"not `{word}`. With it, {en}; {ask_en}",
            f"不是 `{word}`。若是它，{zh}；{ask_zh}",
        )

    return judge


def _part(who: str) -> Part:
    fault = PATIENTS[who]
    (en, zh), (look_en, look_zh), (found_en, found_zh) = FAULTS[fault]
    return Part(
        (f"`{fault}`: {en}", f"`{fault}`：{zh}"),
        _judge(who),
        ((f"Look at {who}: {look_en}", f"看 {who}：{look_zh}"), (f"Of {who}, {found_en}", f"对 {who}，{found_zh}")),
    )


CLINIC = Piece(reference=lambda: dict(PATIENTS), parts={who: _part(who) for who in PATIENTS})
