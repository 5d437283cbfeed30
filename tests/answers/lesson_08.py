"""Lesson 08: right answers, each in its own way, and wrong ones, each as somebody might write it.

第 08 课：各有各写法的正确答案，以及可能有人写出的错误答案。
"""

import torch

from answers import in_any_form
from course_utils.exercises.lesson_08.judges import even_time
from course_utils.exercises.lesson_08.mistakes import SNR_MISTAKES

EVEN = even_time()

RIGHT = {
    "08.snr": [
        lambda alpha_bar: 1 / (1 / alpha_bar - 1),
        lambda alpha_bar: torch.exp(torch.logit(alpha_bar)),
        lambda alpha_bar: alpha_bar.div(alpha_bar.neg().add(1)),
    ],
    "08.even": in_any_form(EVEN),
}

WRONG = {
    "08.snr": {
        "upside down": (lambda a: (1 - a) / a, "noise over signal", "噪声比信号"),
        "the root": (lambda a: (a / (1 - a)) ** 0.5, "the root of the ratio", "信噪比的平方根"),
        "in decibels": (lambda a: 10 * (a / (1 - a)).log10(), "off by", "偏了"),
        "changes its argument": (lambda a: a.div_(1 - a), "changes alpha_bar", "改动了 alpha_bar"),
        "a number": (lambda a: float((a / (1 - a)).mean()), "return a tensor", "返回一个张量"),
    },
    "08.even": {
        "too far up": (EVEN + 1, "move t down", "往下调"),
        "too far down": (EVEN - 1, "a larger t will do", "t 还可以更大"),
        "between two steps": (EVEN + 0.5, "will not do", "不行"),
    },
}

MISTAKES = {"08.snr": SNR_MISTAKES}
