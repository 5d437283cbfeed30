"""Lesson 09, How good is it?: its exercises and its questions.

第 09 课“评估与 GAN 对比”的练习与题目。
"""

from course_utils.exercises.lesson_09.best import BEST
from course_utils.exercises.lesson_09.blind import BLIND
from course_utils.exercises.lesson_09.build import BUILD
from course_utils.exercises.lesson_09.clinic import CLINIC
from course_utils.exercises.lesson_09.frechet import FRECHET
from course_utils.exercises.lesson_09.limit import LIMIT
from course_utils.exercises.lesson_09.memorised import MEMORISED
from course_utils.exercises.lesson_09.questions import QUESTIONS
from course_utils.exercises.lesson_09.sliders import SCALE, SIZE
from course_utils.exercises.lesson_09.support import SUPPORT

__all__ = ["EXERCISES", "QUESTIONS"]

EXERCISES = {
    "frechet": FRECHET,
    "blind": BLIND,
    "limit": LIMIT,
    "size": SIZE,
    "memorised": MEMORISED,
    "support": SUPPORT,
    "scale": SCALE,
    "best": BEST,
    "clinic": CLINIC,
    "build": BUILD,
}
