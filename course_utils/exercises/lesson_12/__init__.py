"""Lesson 12, Your own images, bigger machines: its exercises and its questions.

第 12 课“自己的图片与更大的机器”的练习与题目。
"""

from course_utils.exercises.lesson_12.build import BUILD
from course_utils.exercises.lesson_12.first_layer import WIDEN
from course_utils.exercises.lesson_12.middle_square import CROP
from course_utils.exercises.lesson_12.parts_of_a_batch import ACCUMULATE
from course_utils.exercises.lesson_12.questions import QUESTIONS
from course_utils.exercises.lesson_12.shares_of_a_batch import SHARE
from course_utils.exercises.lesson_12.spread_of_steps import SPREAD
from course_utils.exercises.lesson_12.to_minutes import MINUTES

__all__ = ["EXERCISES", "QUESTIONS"]

EXERCISES = {
    "crop": CROP,
    "widen": WIDEN,
    "build": BUILD,
    "accumulate": ACCUMULATE,
    "share": SHARE,
    "spread": SPREAD,
    "minutes": MINUTES,
}
