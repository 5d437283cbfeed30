"""Lesson 10, Scores, SDEs and flows: its exercises and its questions.

第 10 课“得分函数、SDE 与流”的练习与题目。
"""

from course_utils.exercises.lesson_10.bent import STRAIGHT
from course_utils.exercises.lesson_10.build import BUILD
from course_utils.exercises.lesson_10.edm import EDM
from course_utils.exercises.lesson_10.langevin import LANGEVIN
from course_utils.exercises.lesson_10.likely import LIKELY
from course_utils.exercises.lesson_10.matched import TARGET
from course_utils.exercises.lesson_10.mixed_rates import RATES
from course_utils.exercises.lesson_10.noisy import NOISY
from course_utils.exercises.lesson_10.paper import PAPER
from course_utils.exercises.lesson_10.questions import QUESTIONS
from course_utils.exercises.lesson_10.reverse_noise import REVERSE
from course_utils.exercises.lesson_10.sliders import BOOT, LATEST_TIME, NOISE
from course_utils.exercises.lesson_10.tweedie import TWEEDIE

__all__ = ["EXERCISES", "QUESTIONS"]

EXERCISES = {
    "tweedie": TWEEDIE,
    "langevin": LANGEVIN,
    "rates": RATES,
    "reverse": REVERSE,
    "noise": NOISE,
    "target": TARGET,
    "paper": PAPER,
    "noisy": NOISY,
    "boot": BOOT,
    "straight": STRAIGHT,
    "latest": LATEST_TIME,
    "likely": LIKELY,
    "edm": EDM,
    "build": BUILD,
}
