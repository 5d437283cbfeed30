"""Exercises 10.noise, 10.boot and 10.latest: what only moving a slider tells.

练习 10.noise、10.boot 与 10.latest：只有移动滑块才看得出的事。
"""

from typing import Any

import torch

from course_utils.exercises.judging import BLANK, asked_number, number
from course_utils.exercises.kinds import Exercise
from course_utils.language import Said

NEAR = 0.015  # as the task of the dial has it
QUARTERS, HALVES = tuple(k / 4 for k in range(9)), tuple(k / 2 for k in range(-20, 21))
HEALED, TOLD, LATEST = 0.75, -3.5, 36  # as the widgets show; tests/test_exercises_10.py finds them anew
WITHIN = 3  # steps of 0.01: trainings on other processors end elsewhere by so much


def judge_noise(answer: Any, _: torch.Generator) -> Said | None:
    """Is it the least noise that will do for all six seeds? 是不是对六个种子都够用的最小的噪声份额？"""
    below = (
        f"{{}}: with some seed the distance is still above {NEAR}; try all six",
        f"{{}}：总有某个种子，距离还在 {NEAR} 以上；六个种子都要试",
    )
    above = "{}: it holds there, but already with less noise", "{}：那里成立，不过噪声再少些就已成立"
    return _on_the_slider(answer, QUARTERS, HEALED, below, above)


def judge_boot(answer: Any, _: torch.Generator) -> Said | None:
    """Is it where the judge settles on "9"? 是不是评判者认定 9、不再改口之处？"""
    below = (
        "{}: there, or a little further on, the judge still calls the guess another number",
        "{}：在那里，或再往后一点，评判者还把猜测认作别的类别",
    )
    above = "{}: the judge says 9 already before, and keeps to it", "{}：在这之前，评判者就已认作 9，而且不再改口"
    return _on_the_slider(answer, HALVES, TOLD, below, above)


def judge_latest(answer: Any, _: torch.Generator) -> Said | None:
    """Is it about the largest 100 t from which going straight on leads near? 是不是最大的 100 t？"""
    latest, fault = asked_number(answer, 0, 100)
    if fault is not None or abs(latest - LATEST) <= WITHIN:
        return fault
    if latest > LATEST:
        return (
            f"{latest}: from there some seed still ends farther than 0.05 away; look at the learned flow, on the left, for all six seeds",
            f"{latest}：从那里直走，总有某个种子离得超过 0.05；看左边学到的流，六个种子都看",
        )
    return (
        f"{latest}: that leads near, but so does going straight on from a larger t",
        f"{latest}：从那里直走确实到得了，不过从更大的 t 直走也行",
    )


NOISE = Exercise(
    reference=lambda: HEALED,
    judge=judge_noise,
    hints=(
        (
            "Set `score` and `steps` first, then noise; look at `distance` for seeds 0 to 5.",
            "先定 `score` 与 `steps`，再调噪声；种子 0 到 5，都看 `distance`。",
        ),
        ("It is below 1.", "小于 1。"),
        (
            "At 0.5 some seeds are still above: look at seed 0 there, then one quarter further.",
            "0.5 处还有种子的距离太大：先看那里的种子 0，再把噪声加四分之一。",
        ),
    ),
)
BOOT = Exercise(
    reference=lambda: TOLD,
    judge=judge_boot,
    hints=(
        (
            "Watch the word `judged` above the guess, and move by the arrow keys.",
            "盯住猜测上方的 `judged`，用方向键移动。",
        ),
        ("It is between −5 and −2.", "在 −5 与 −2 之间。"),
        ("At −4 it is not yet so.", "−4 处还不是。"),
    ),
)
LATEST_TIME = Exercise(
    reference=lambda: LATEST,
    judge=judge_latest,
    hints=(
        ("Read `straight on: distance` of the learned flow, for seeds 0 to 5.", "读学到的流的 `straight on: distance`，种子 0 到 5 都读。"),
        ("It is between 25 and 45.", "在 25 与 45 之间。"),
        ("At 50 it is too far for every seed; come down from there, and keep the worst seed in view.", "在 50 处，每个种子的距离都太大；从那里往下调，盯住最差的种子。"),
    ),
)  # fmt: skip


def _on_the_slider(answer: Any, places: tuple[float, ...], right: float, below: Said, above: Said) -> Said | None:
    """What is wrong with an answer that should be this place of a slider; `below` and `above` say it of it."""
    if answer is None:
        return BLANK
    value = number(answer)
    if value not in places:
        low, high, step = places[0], places[-1], places[1] - places[0]
        given = repr(answer) if len(repr(answer)) < 40 else type(answer).__name__
        return (
            f"{given} is not on the slider; it runs from {low:g} to {high:g} in steps of {step:g}",
            f"滑块上没有 {given}；它从 {low:g} 到 {high:g}，每步 {step:g}",
        )
    en, zh = below if value < right else above
    return None if value == right else (en.format(f"{value:g}"), zh.format(f"{value:g}"))
