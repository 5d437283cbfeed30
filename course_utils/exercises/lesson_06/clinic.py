"""Judge the diagnoses of lesson 06: which patient has which fault, and where to look again.

评判第 06 课的诊断：哪个病人有哪个毛病，该再看哪里。
"""

import torch

from course_utils.exercises.judging import BLANK
from course_utils.experiments.clinic import PATIENTS
from course_utils.language import Said

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
