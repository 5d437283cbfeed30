"""Lesson 08, Guidance and inpainting: its exercises and its questions.

第 08 课“条件、引导与修补”的练习与题目。
"""

from course_utils.exercises.lesson_08.build import BUILD
from course_utils.exercises.lesson_08.gradient import GRADIENT
from course_utils.exercises.lesson_08.guided import GUIDED
from course_utils.exercises.lesson_08.inpaint import INPAINT
from course_utils.exercises.lesson_08.interval import INTERVAL
from course_utils.exercises.lesson_08.late import LATE
from course_utils.exercises.lesson_08.paper import PAPER
from course_utils.exercises.lesson_08.questions import QUESTIONS
from course_utils.exercises.lesson_08.scales import SCALES_EXERCISE

__all__ = ["EXERCISES", "QUESTIONS"]

EXERCISES = {
    "gradient": GRADIENT,
    "guided": GUIDED,
    "interval": INTERVAL,
    "late": LATE,
    "inpaint": INPAINT,
    "scales": SCALES_EXERCISE,
    "paper": PAPER,
    "build": BUILD,
}
