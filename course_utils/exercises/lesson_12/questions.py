"""The questions of lesson 12, Your own images, bigger machines.

第 12 课“自己的图片与更大的机器”的预测题。
"""

from course_utils.exercises.kinds import Question

QUESTIONS: dict[str, Question] = {}
