"""The clinic of lesson 07: five samplers, each with a fault; which one, is read off their samples.

第 07 课的诊室：五个采样器各有一个毛病；是哪一个，要从样本里看出来。
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from course_utils.exercises.judging import BLANK
from course_utils.exercises.kinds import Part, Piece
from course_utils.experiments.sick_samplers import PATIENTS
from course_utils.language import Said


class Fault(NamedTuple):
    """What a fault does to samples, and where on a patient's picture it shows, in both languages.

    一个毛病会把样本变成什么样，以及在病人的图上从哪里看得出来（两种语言）。
    """

    does: Said
    look: Said
    found: Said


FAULTS = {
    "beta": Fault(
        (
            "the cloud is slightly too wide in 20 steps, and not thicker by half: the last step still cleans it",
            "走 20 步时点云略宽，厚度却增加不到一半：最后一步仍会把它擦干净",
        ),
        ("", ""),
        ("", ""),
    ),
    "clip": Fault(
        (
            "nothing lies beyond the walls that hold the guess: the cloud ends as if cut with a knife",
            "猜测被挡在墙内，墙外一个点也没有：点云的边缘像刀切的一样",
        ),
        (
            "the largest |x|, and the left and right ends of the cloud.",
            "最大的 |x|，以及点云的左右两端。",
        ),
        (
            "Its ends are straight, one above the other, whatever the number of steps: something held the guess there.",
            "无论几步，两端都是上下笔直的一条线：有什么把猜测挡在了那里。",
        ),
    ),
    "heun": Fault(
        (
            "the particles are thrown off in 20 steps, and in 100 they are back in their place",
            "走 20 步时粒子被甩开，走 100 步就回到了该在的位置",
        ),
        ("", ""),
        ("", ""),
    ),
    "last": Fault(
        (
            "the moons are blurred in 20 steps, and as sharp as the healthy ones in 100: the last step is shorter then",
            "走 20 步时月牙发毛，走 100 步就与健康的一样清楚：那时最后一步短了",
        ),
        ("how thick it is, with 20 steps and with 100.", "走 20 步与走 100 步时的厚度。"),
        (
            "The whole of both moons is there, blurred; the more steps, the less. What is as large as the last step?",
            "两弯月牙都在，只是发毛；步数越多越轻。有什么是与最后一步一样大的？",
        ),
    ),
    "mean": Fault(
        (
            "nearly everything lies in one spot between the moons, at the mean of the data, whatever the seed",
            "几乎所有粒子都挤在两弯月牙之间的一点，即数据的均值处，换种子也一样",
        ),
        ("", ""),
        ("", ""),
    ),
    "room": Fault(
        (
            "the cloud is too wide, and the wider the more steps it takes: each adds a surplus of noise",
            "点云太宽，步数越多越宽：每一步都多出一点噪声",
        ),
        ("whether more steps make it better or worse.", "步数增加，它是变好还是变坏。"),
        (
            "It grows wider as steps are added. So each single step adds more noise than it leaves room for.",
            "步数越多，它越宽。可见每一步加进去的噪声都多于它留出的。",
        ),
    ),
    "same": Fault(
        (
            "all particles arrive at one and the same spot, on the data, and at another one with another seed",
            "所有粒子到达同一点，就在数据上；换一个种子，又是另一点",
        ),
        ("its std, and its mean for both seeds.", "它的 std，以及两个种子下的均值。"),
        (
            "One spot, but at another place with another seed: chance is in play, and it treats all particles alike.",
            "只有一点，换种子就换地方：有偶然在起作用，而它对所有粒子一视同仁。",
        ),
    ),
    "start": Fault(
        (
            "the crowd is in the inner halves of the moons and few are at their tips, in 20 steps as in 100",
            "粒子挤在两弯月牙靠内的一半，尖端稀少，走 20 步与 100 步都一样",
        ),
        (
            "where the crowd is, where next to nobody is, and whether more steps change it.",
            "哪里挤，哪里几乎没有粒子，步数增加时变不变。",
        ),
        (
            "It is too narrow, without walls, and just as much with more steps. The steps are right, then: what went wrong "
            "before the first?",
            "它太窄，却没有墙，步数再多也一样。可见每一步都没错：那么第一步之前出了什么错？",
        ),
    ),
    "variance": Fault(
        (
            "the cloud is too narrow, and the narrower the more steps it takes: each adds too little noise",
            "点云太窄，步数越多越窄：每一步加的噪声都太少",
        ),
        ("", ""),
        ("", ""),
    ),
}


def _said_of(answer: Any, patient: str) -> Any:
    """What an answer says of a patient: a dictionary of letters and words, or five words in order. 答案对一个病人说了什么。"""
    if isinstance(answer, str):
        answer = answer.replace(",", " ").replace("，", " ").replace("、", " ").split()
    if isinstance(answer, list | tuple) and len(answer) == len(PATIENTS):
        answer = dict(zip(PATIENTS, answer, strict=True))
    if not isinstance(answer, dict):
        raise TypeError
    letters = {str(letter).strip().upper(): word for letter, word in answer.items()}
    return letters.get(patient)


def _judge(patient: str) -> Callable[[Any, torch.Generator], Said | None]:
    def judge(answer: Any, _: torch.Generator) -> Said | None:
        if answer is None:
            return BLANK
        try:
            said = _said_of(answer, patient)
        except TypeError:
            return (
                'give a dictionary of letters and words, such as {"A": "beta"}',
                '请给一个由字母与代号组成的字典，例如 {"A": "beta"}',
            )
        if said is None or said is ...:
            return BLANK
        word = str(said).strip().strip("`\"'").lower()
        if word not in FAULTS:
            listed = ", ".join(f"`{fault}`" for fault in FAULTS)
            return f"{said!r} is none of {listed}", f"{said!r} 不在其中：{listed}"
        if word == PATIENTS[patient]:
            return None
        en, zh = FAULTS[word].does
        return f"not `{word}`: with it, {en}", f"不是 `{word}`：若是它，{zh}"

    return judge


def _part(patient: str) -> Part:
    fault = PATIENTS[patient]
    (does_en, does_zh), (look_en, look_zh), (found_en, found_zh) = FAULTS[fault]
    return Part(
        (f"`{fault}`: {does_en}", f"`{fault}`：{does_zh}"),
        _judge(patient),
        ((f"Look at {patient}: {look_en}", f"看 {patient}：{look_zh}"), (found_en, found_zh)),
    )


CLINIC = Piece(reference=lambda: dict(PATIENTS), parts={patient: _part(patient) for patient in PATIENTS})
