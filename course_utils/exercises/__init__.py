"""Exercises: check, hint, solution; and the source of the real thing.

练习：检查、提示、参考解；以及真正的源码。
"""

import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from course_utils.language import CourseError, Said, say, show

BLANK: Said = ("nothing is returned yet", "还没有返回任何东西")


@dataclass(frozen=True)
class Exercise:
    """An exercise: what the package itself uses, how an answer is judged, three hints from vague to plain.

    一道练习：本包自己的实现、如何判断答案、三级提示（由浅入深）。

    `judge(answer)` returns None for a right answer, else what is wrong with it in both languages.
    """

    reference: Any
    judge: Callable[[Any], Said | None]
    hints: tuple[Said, Said, Said]


@dataclass(frozen=True)
class Question:
    """A question, its options (en, zh), a function that computes the index of the right one, and why it is right.

    一道题：题面、选项（英、中）、计算正确选项下标的函数，以及理由。
    """

    text: Said
    options: tuple[Said, ...]
    answer: Callable[[], int]
    why: Said


def check(exercise_id: str, answer: Any) -> Any:
    """Judge an answer against the truth, computed afresh. Returns it if it is right, else the package's own.

    用当场算出的真值检查答案。答对就返回它，否则返回本包自己的实现，使后面的页面照常运行。

    Raises: CourseError for an id that is not there.
    """
    exercise = of_lesson(exercise_id, "EXERCISES")
    try:
        fault = BLANK if answer is ... else exercise.judge(answer)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        fault = f"it stopped with `{said}`", f"运行中断，报错 `{said}`"
    if fault is BLANK:
        say(
            f"○ `{exercise_id}`: not attempted yet, or nothing is returned. The page goes on with the course's own answer. "
            f'A hint: `hint("{exercise_id}")`.',
            f'○ `{exercise_id}`：尚未作答，或没有返回值。页面先用课程自带的答案继续。提示：`hint("{exercise_id}")`。',
        )
        return exercise.reference
    if fault is None:
        say(f"✓ `{exercise_id}`: right.", f"✓ `{exercise_id}`：正确。")
        return answer
    say(
        f"✗ `{exercise_id}`: {fault[0]}. The page goes on with the course's own answer.",
        f"✗ `{exercise_id}`：{fault[1]}。页面先用课程自带的答案继续。",
    )
    return exercise.reference


def hint(exercise_id: str, grade: int = 1) -> None:
    """Show a hint: grade 1 says where to look, 2 what to combine, 3 nearly everything.

    显示提示：1 级指方向，2 级说要组合什么，3 级几乎说完。

    Raises: CourseError for an id that is not there or a grade outside 1 to 3.
    """
    hints = of_lesson(exercise_id, "EXERCISES").hints
    if grade not in (1, 2, 3):
        raise CourseError(
            f"There is no hint of grade {grade!r}. Choose 1, 2 or 3.", f"没有 {grade!r} 级提示。请选 1、2 或 3。"
        )
    en, zh = hints[grade - 1]
    say(f"**Hint {grade} of 3.** {en}", f"**提示 {grade}/3。** {zh}")


def solution(exercise_id: str) -> None:
    """Show a solution of the exercise.

    显示练习的参考解。

    Raises: CourseError for an id that is not there.
    """
    reference = of_lesson(exercise_id, "EXERCISES").reference
    show_source(reference) if callable(reference) else _show(str(reference))


def show_source(thing: Callable) -> None:
    """Show the code that the package itself runs.

    显示本包实际运行的代码。
    """
    _show(inspect.getsource(thing))


def of_lesson(item_id: str, table: str) -> Any:
    """Find an exercise or a question by its id, lesson first: "00.jump" stands in exercises/lesson_00.py.

    按编号查找练习或题目，课号在前："00.jump" 在 exercises/lesson_00.py 中。

    Raises: CourseError for an id that is not there.
    """
    lesson, _, name = item_id.partition(".")
    known = []
    with suppress(ModuleNotFoundError):
        items = getattr(import_module(f"course_utils.exercises.lesson_{lesson}"), table)
        if name in items:
            return items[name]
        known = [f"{lesson}.{key}" for key in items]
    raise CourseError(
        f"There is no {item_id!r}. In lesson {lesson!r} there are: {', '.join(known) or 'none'}.",
        f"没有 {item_id!r}。第 {lesson!r} 课中有：{'、'.join(known) or '无'}。",
    )


def _show(code: str) -> None:
    show(f"```python\n{code.strip()}\n```")
