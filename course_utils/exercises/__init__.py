"""Exercises: check, hint, solution; and the source of the real thing.

练习：检查、提示、参考解；以及真正的源码。
"""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, NamedTuple

import torch

from course_utils.exercises.judging import BLANK
from course_utils.exercises.stops import stopped
from course_utils.language import LANGUAGES, CourseError, Said, say, show
from course_utils.listings import listing
from course_utils.logbook import SETTING, is_kept, place, recall, record
from course_utils.plots import Picture

MARKS = {True: "✓", False: "✗", None: "○"}


@dataclass(frozen=True)
class Exercise:
    """An exercise: the package's own answer, how an answer is judged, three hints from vague to plain.

    一道练习：本包自己的答案、如何判断答案、三级提示（由浅入深）。

    `reference()` gives the package's own answer, a function or a value, computed when it is called and not before.
    `judge(answer, generator)` returns None for a right answer, else what is wrong with it in both languages; it draws
    its trials from the generator and computes the truth afresh.
    """

    reference: Callable[[], Any]
    judge: Callable[[Any, torch.Generator], Said | None]
    hints: tuple[Said, Said, Said]


@dataclass(frozen=True)
class Question:
    """A question, its options, what computes the index of the right one, why it is right, the figure that settles it.

    一道题：题面、选项（英、中）、计算正确选项下标的函数、理由，以及一锤定音的图。

    `replies` answers each option by what it overlooks; the right one has None.
    """

    text: Said
    options: tuple[Said, ...]
    answer: Callable[[], int]
    replies: tuple[Said | None, ...]
    why: Said
    figure: Callable[[], Picture]


class Outcome(NamedTuple):
    """What a check comes to: right True or False, or None where nothing was attempted; what is said in both languages.

    检查的结果：对为 True，错为 False，尚未作答为 None；以及用两种语言说的话。
    """

    right: bool | None
    said: Said


def judge(exercise_id: str, answer: Any, seed: int | None = None) -> Outcome:
    """Judge an answer against the truth, computed afresh; nothing is shown and nothing remembered.

    用当场算出的真值评判答案；不显示，也不记录。

    The trials are drawn anew each time, or from `seed`.
    Raises: CourseError for an id that is not there or a seed that is no whole number.
    """
    asked, generator = exercise(exercise_id), torch.Generator()
    if seed is None:
        generator.seed()  # the reader's own torch.manual_seed stays as it was
    elif isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**63:
        generator.manual_seed(seed)
    else:
        raise CourseError(
            f"seed is {seed!r}. It must be a whole number of 0 or more, such as seed=1, or be left out.",
            f"seed 为 {seed!r}。它应当是不小于 0 的整数，例如 seed=1，也可以不写。",
        )
    try:
        fault = BLANK if answer is ... else asked.judge(answer, generator)
    except (Exception, SystemExit, GeneratorExit) as error:  # whatever a reader's function raises
        fault = stopped(error)
    if fault is None:
        return Outcome(True, (f"✓ `{exercise_id}`: right.", f"✓ `{exercise_id}`：正确。"))
    if fault is BLANK:
        return Outcome(
            None,
            (
                f"○ `{exercise_id}`: not attempted yet, or nothing is returned. The page goes on with the course's own "
                f'answer. A hint: `hint("{exercise_id}")`.',
                f"○ `{exercise_id}`：尚未作答，或没有返回值。页面先用课程自带的答案继续。"
                f'提示：`hint("{exercise_id}")`。',
            ),
        )
    return Outcome(
        False,
        (
            f"✗ `{exercise_id}`: {fault[0]}. The page goes on with the course's own answer.",
            f"✗ `{exercise_id}`：{fault[1]}。页面先用课程自带的答案继续。",
        ),
    )


def check(exercise_id: str, answer: Any, seed: int | None = None) -> Any:
    """Judge an answer against the truth, computed afresh. Returns it if it is right, else the package's own.

    用当场算出的真值检查答案。答对就返回它，否则返回本包自己的实现，使后面的页面照常运行。

    The trials are drawn anew each time, or from `seed`, so that a class can be given the same ones. A right answer is
    remembered for `progress`. Raises: CourseError for an id that is not there or a seed that is no whole number.
    """
    right, said = judge(exercise_id, answer, seed)
    if right is not None:
        record(exercise_id, right=right)
    say(*said)
    return answer if right else exercise(exercise_id).reference()


def hint(exercise_id: str, grade: int = 1) -> None:
    """Show a hint: grade 1 says where to look, 2 what to combine, 3 nearly everything.

    显示提示：1 级指方向，2 级说要组合什么，3 级几乎说完。

    Raises: CourseError for an id that is not there or a grade outside 1 to 3.
    """
    hints = exercise(exercise_id).hints
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
    reference = exercise(exercise_id).reference()
    show_source(reference) if callable(reference) else show(f"```python\n{reference}\n```")


def show_source(thing: Callable) -> None:
    """Show the code that the package itself runs: its loop in full, of docstrings and messages only the beginning.

    显示本包实际运行的代码：程序完整，文档字符串与报错文字只留开头。
    """
    show({language: f"```python\n{listing(thing, language)}\n```" for language in LANGUAGES})


def progress(lesson: str) -> None:
    """Show one line: which exercises of a lesson are solved, which predictions were right.

    显示一行：一课中哪些练习做对了，哪些预测猜中了。

    Raises: CourseError for a lesson that is not there.
    """
    there, known, lines = tables_of(lesson), recall(), []
    for items in (there.EXERCISES, there.QUESTIONS):
        right = {name: known.get(f"{lesson}.{name}", {}).get("right") for name in items}
        marks = ", ".join(f"{MARKS[is_right]} `{name}`" for name, is_right in right.items())
        lines.append((sum(is_right is True for is_right in right.values()), len(right), marks))
    (done, of, which), (guessed, asked, guesses) = lines
    if is_kept():
        en = f"Kept in `~/.diffusion_both_ways.json`, or where `{SETTING}` says; delete that file to begin anew."
        zh = f"记在 `~/.diffusion_both_ways.json`（可用 `{SETTING}` 另指一处）；想从头再来，删掉该文件即可。"
    else:
        en = f"This lasts as long as the kernel: nothing can be kept in `{place()}`. Let `{SETTING}` name another file."
        zh = f"进度只保留到内核重启为止：无法记入 `{place()}`。请用 `{SETTING}` 另指一个文件。"
    say(
        f"**Lesson {lesson}.** Exercises: {done} of {of} right ({which}); predictions: {guessed} of {asked} right "
        f"({guesses}). {en}",
        f"**第 {lesson} 课**：练习做对 {done}/{of}（{which}）；预测猜中 {guessed}/{asked}（{guesses}）。{zh}",
    )


def exercise(exercise_id: str) -> Exercise:
    """Find an exercise by its id, lesson first: "00.jump" stands in exercises/lesson_00.

    按编号查找练习，课号在前："00.jump" 在 exercises/lesson_00 中。

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
    return sorted(module.name[-2:] for module in iter_modules(__path__) if module.name.startswith("lesson_"))


def tables_of(lesson: str) -> ModuleType:
    """The module of a lesson, such as "07", with its EXERCISES and QUESTIONS by their names.

    一课（例如 "07"）的模块，其中 EXERCISES 与 QUESTIONS 按名称列出练习与题目。

    Raises: CourseError for a lesson that is not there.
    """
    there = lessons()
    if isinstance(lesson, str) and lesson in there:
        return import_module(f"{__name__}.lesson_{lesson}")
    raise CourseError(
        f"There is no lesson {lesson!r} with exercises. There are: {', '.join(there)}; an id looks like "
        f'"{there[0]}.name".',
        f'没有带练习的第 {lesson!r} 课。现有：{"、".join(there)}；编号形如 "{there[0]}.名称"。',
    )


def _found(item_id: str, table: str) -> Any:
    """An exercise or question by its id; for an unknown one the nearest is named first."""
    if not isinstance(item_id, str):
        kind = type(item_id).__name__
        raise CourseError(
            f'{item_id!r:.60} ({kind}) is no id. An id is text such as "00.jump"; it comes first, in quotes.',
            f'{item_id!r:.60}（{kind}）不是编号。编号是文字，例如 "00.jump"；写在最前面，加引号。',
        )
    lesson, _, name = item_id.partition(".")
    if lesson in lessons() and name in (items := getattr(tables_of(lesson), table)):
        return items[name]
    there = [f"{known}.{key}" for known in lessons() for key in getattr(tables_of(known), table)]
    here = [key for key in there if key.startswith(f"{lesson}.")]
    near = get_close_matches(item_id, here, 1) or get_close_matches(item_id, there, 1, 0.7)
    mean = (f' Did you mean "{near[0]}"?', f"是不是“{near[0]}”？") if near else ("", "")
    if not here and not near:
        tables_of(lesson)  # says so
    if not here:
        raise CourseError(
            f"There is no {item_id!r}.{mean[0]} The lessons are: {', '.join(lessons())}.",
            f"没有 {item_id!r}。{mean[1]}现有各课：{'、'.join(lessons())}。",
        )
    raise CourseError(
        f"There is no {item_id!r}.{mean[0]} In lesson {lesson!r} there are: {', '.join(here)}.",
        f"没有 {item_id!r}。{mean[1]}第 {lesson!r} 课中有：{'、'.join(here)}。",
    )
