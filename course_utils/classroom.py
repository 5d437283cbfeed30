"""The one door of a page: check, hints, solutions, predictions, progress, source, seeds and language.

页面的唯一入口：检查、提示、参考解、预测、进度、源码、随机种子与语言。
"""

from course_utils.exercises import check, hint, progress, show_source, solution
from course_utils.language import set_language
from course_utils.quizzes import predict, reveal
from course_utils.randomness import seeded

__all__ = ["check", "hint", "predict", "progress", "reveal", "seeded", "set_language", "show_source", "solution"]
