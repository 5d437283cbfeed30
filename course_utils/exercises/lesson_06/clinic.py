"""Judge the diagnoses of lesson 06: which patient has which fault, and where to look again.

评判第 06 课的诊断：哪个病人有哪个毛病，该再看哪里。
"""

from itertools import combinations

import torch

from course_utils.exercises.judging import BLANK
from course_utils.experiments.clinic import PATIENTS
from course_utils.language import Said

# What a patient may have: its name, where to look, how it comes about, and other words for it.
FAULTS = {
    "range": (
        "the middle grey of its samples: no pixel is black",
        "它的样本：底色发灰，没有一个像素是黑的",
        "a network that was shown images in [0, 1] knows no black: its samples have a grey ground",
        "见惯 [0, 1] 图像的网络不知道黑色：它的样本底色发灰",
        ("[0, 1]", "[0,1]", "0 to 1", "图像在 [0, 1]", "取值范围", "范围"),
    ),
    "level": (
        "its loss at the highest noise, where x_t nearly is ε and others have next to none",
        "它在噪声最重处的损失：那里 x_t 几乎就是 ε，别的训练几乎没有损失",
        "a network that is not told t answers for a middling noise everywhere, and errs most where it is heaviest",
        "不知道 t 的网络，到处都按中等的噪声回答，噪声最重处错得最多",
        ("noise level", "no level", "t", "噪声水平", "没有噪声水平"),
    ),
    "noise": (
        "its training loss, lower than anybody can get who does not know ε",
        "它的训练损失：不知道 ε 的人，谁也做不到这么低",
        "one noise that never changes can be learnt by heart: the training loss sinks below what anybody can reach who does not know ε",
        "从不变化的一份噪声可以背下来：训练损失会降到不知道 ε 的人做不到的地步",
        ("reused", "same noise", "noise reused", "同一份噪声", "噪声重复", "噪声只抽了一次"),
    ),
    "rate": (
        "its loss at low and middle noise, which hardly comes down at all, and yet does not grow",
        "它在中低噪声处的损失：几乎没有下降，却也不增长",
        "the optimizer scales every gradient to about the same length, so a step is as long as the rate is high: the weights are thrown far off at once, and thrown about ever after, so the loss neither falls nor grows",
        "优化器把每个梯度都缩放到差不多的长度，学习率多高，步子就多大：权重一下子被甩得很远，此后一直乱跳，损失既不下降也不增长",
        ("learning rate", "lr", "学习率", "学习率太高"),
    ),
    "ema": (
        "its two rows of samples: one of the two sets of weights was never trained",
        "它的两组样本：两份权重里，有一份从没训练过",
        "an average that is never moved stays as it was drawn at random: one of the two rows is noise, the other is fine",
        "从不移动的平均停留在随机的初值上：两组样本，一组是噪声，另一组正常",
        ("average", "moving average", "指数移动平均", "平均", "权重的平均"),
    ),
    "gradients": (
        "its loss, which comes down at first and then grows far above where it began",
        "它的损失：先降后升，远远高过起点",
        "gradients that are never cleared add up: the old ones go on pushing after the goal is passed, ever harder, so the loss falls at first and then grows",
        "从不清零的梯度会累加：过了目标，旧的梯度还在推，而且越推越猛，所以损失先降后升",
        ("gradient", "zero_grad", "梯度", "梯度不清零", "梯度从不清零"),
    ),
}


def named(answer: object) -> str | None:
    """The fault that a reader's word means, or None. 读者写的词指的是哪个毛病；认不出则为 None。"""
    if not isinstance(answer, str):
        return None
    word = answer.strip().strip("`\"'").lower()
    for fault, (*_, others) in FAULTS.items():
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
    en, zh = _again(answer, wrong)
    right = len(PATIENTS) - len(wrong)
    return f"{right} of {len(PATIENTS)} are right. {en}", f"{len(PATIENTS)} 个里对了 {right} 个。{zh}"


def _again(answer: dict, wrong: list[str]) -> Said:
    """Where to look again, and why what was said does not fit: by what the fault does, not by its name."""
    for one, other in combinations(wrong, 2):
        said = [named(answer.get(patient)) for patient in (one, other)]
        if said == [PATIENTS[other], PATIENTS[one]]:
            (_, _, en, zh, _), (_, _, more_en, more_zh, _) = (FAULTS[fault] for fault in said)
            return (
                f"{one} and {other} are swapped. With `{said[0]}`, {en}. With `{said[1]}`, {more_en}",
                f"{one} 与 {other} 弄反了。`{said[0]}`：{zh}。`{said[1]}`：{more_zh}",
            )
    en, zh, *_ = FAULTS[PATIENTS[wrong[0]]]
    said = named(answer.get(wrong[0]))
    if said is None:
        return f"Look again at {wrong[0]}: {en}", f"再看看 {wrong[0]}：{zh}"
    _, _, does_en, does_zh, _ = FAULTS[said]
    return (
        f"Look again at {wrong[0]}: {en}. With `{said}`, {does_en}",
        f"再看看 {wrong[0]}：{zh}。若是 `{said}`：{does_zh}",
    )
