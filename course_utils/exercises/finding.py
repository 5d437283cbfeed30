"""Find exercises, pieces of work and questions by their ids, lesson first.

按编号（课号在前）查找练习、作业与题目。
"""

from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from course_utils.exercises.kinds import Exercise, Piece, Question
from course_utils.language import CourseError


def exercise(exercise_id: str) -> Exercise | Piece:
    """Find an exercise or a piece by its id, lesson first: "00.jump" stands in exercises/lesson_00.

    按编号查找练习或作业，课号在前："00.jump" 在 exercises/lesson_00 中。

    Raises: CourseError for an id that is not there.
    """
    return _found(exercise_id, "EXERCISES")


def question(question_id: str) -> Question:
    """Find a question by its id, such as "00.half".

    按编号查找题目，例如 "00.half"。

    Raises: CourseError for an id that is not there.
    """
    return _found(question_id, "QUESTIONS")


def lessons() -> list[str]:
    """The numbers of the lessons that have exercises: ["00", "01", ...].

    有练习的各课的课号：["00", "01", ...]。
    """
    return sorted(
        module.name[-2:] for module in iter_modules([str(Path(__file__).parent)]) if module.name.startswith("lesson_")
    )


def tables_of(lesson: str) -> ModuleType:
    """The module of a lesson, such as "07", with its EXERCISES and QUESTIONS by their names.

    一课（例如 "07"）的模块，其中 EXERCISES 与 QUESTIONS 按名称列出练习与题目。

    Raises: CourseError for a lesson that is not there.
    """
    there = lessons()
    if isinstance(lesson, str) and lesson in there:
        return import_module(f"course_utils.exercises.lesson_{lesson}")
    raise CourseError(
        f"There is no lesson {lesson!r:.60} with exercises. There are: {', '.join(there)}; an id looks like "
        f'"{there[0]}.name".',
        f'第 {lesson!r:.60} 课不存在，或没有练习。现有：{"、".join(there)}；编号形如 "{there[0]}.名称"。',
    )


def _found(item_id: str, table: str) -> Any:
    """An exercise or question by its id; for an unknown one the nearest is named first."""
    if not isinstance(item_id, str):
        kind = type(item_id).__name__
        raise CourseError(
            f'{item_id!r:.60} ({kind}) is no id. An id is text such as "00.jump"; it comes first, in quotes.',
            f'{item_id!r:.60}（{kind}）不是编号。编号是文字，例如 "00.jump"；写在最前面，加引号。',
        )
    meant = item_id.strip().lower()
    lesson, _, name = meant.partition(".")
    items = getattr(tables_of(lesson), table) if lesson in lessons() else {}
    if meant == item_id and name in items:
        return items[name]
    if name not in items:
        _check_table(lesson, name, table)
    there = [f"{known}.{key}" for known in lessons() for key in getattr(tables_of(known), table)]
    here = [key for key in there if key.startswith(f"{lesson}.")]
    near = get_close_matches(meant, here, 1) or get_close_matches(meant, there, 1, 0.7)
    mean = (f' Did you mean "{near[0]}"?', f"是不是“{near[0]}”？") if near else ("", "")
    if not here and not near:
        tables_of(lesson)  # says so
    if not here:
        raise CourseError(
            f"There is no {item_id!r:.60}.{mean[0]} The lessons are: {', '.join(lessons())}.",
            f"没有 {item_id!r:.60}。{mean[1]}现有各课：{'、'.join(lessons())}。",
        )
    raise CourseError(
        f"There is no {item_id!r:.60}.{mean[0]} In lesson {lesson!r} there are: {', '.join(here)}.",
        f"没有 {item_id!r:.60}。{mean[1]}第 {lesson!r} 课中有：{'、'.join(here)}。",
    )


def _check_table(lesson: str, name: str, table: str) -> None:
    """A question is no exercise, and an exercise no question: it is said which it is."""
    found = tables_of(lesson) if lesson in lessons() else None
    if name in getattr(found, "EXERCISES", ()) and table == "QUESTIONS":
        raise CourseError(
            f'"{lesson}.{name}" is an exercise, and nothing to be predicted: check("{lesson}.{name}", my_answer).',
            f'"{lesson}.{name}" 是练习，不是预测题：check("{lesson}.{name}", my_answer)。',
        )
    if name in getattr(found, "QUESTIONS", ()) and table == "EXERCISES":
        raise CourseError(
            f'"{lesson}.{name}" is a question to be predicted, with neither check nor hint: predict("{lesson}.{name}").',
            f'"{lesson}.{name}" 是预测题，没有检查与提示：predict("{lesson}.{name}")。',
        )
