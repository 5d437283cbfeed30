"""Exercises: check, hint, solution; and the source of the real thing.

练习：检查、提示、参考解；以及真正的源码。
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from course_utils.exercises.finding import exercise, lessons, question, tables_of
from course_utils.exercises.judging import BLANK, fault_of
from course_utils.exercises.kinds import Exercise, Part, Piece, Question
from course_utils.exercises.pieces import faults, first_open, report
from course_utils.gates import check_seed, check_whole
from course_utils.language import LANGUAGES, CourseError, Said, say, show
from course_utils.listings import listing
from course_utils.logbook import SETTING, USUAL, is_kept, place, recall, record

__all__ = [
    "Exercise",
    "Outcome",
    "Part",
    "Piece",
    "Question",
    "check",
    "exercise",
    "hint",
    "judge",
    "lessons",
    "progress",
    "question",
    "show_source",
    "solution",
    "tables_of",
]
MARKS = {True: "✓", False: "✗", None: "○"}
NO_ANSWER = object()


class Outcome(NamedTuple):
    """What a check comes to: right True or False, or None where nothing was attempted; what is said in both languages.

    检查的结果：对为 True，错为 False，尚未作答为 None；以及用两种语言说的话。
    """

    right: bool | None
    said: Said


def judge(exercise_id: str, answer: Any, seed: int | None = None) -> Outcome:
    """Judge an answer against the truth, computed afresh; nothing is shown and nothing remembered.

    用当场算出的真值评判答案；不显示，也不记录。

    The trials are drawn anew each time, or from `seed`. A piece of several parts is right where all of them hold.
    Raises: CourseError for an id that is not there or a seed that is no whole number.
    """
    return _judged(exercise_id, answer, seed)[0]


def _judged(exercise_id: str, answer: Any, seed: int | None) -> tuple[Outcome, list[str]]:
    """The outcome, and which parts of a piece hold."""
    asked, generator = exercise(exercise_id), torch.Generator()
    if seed is None:
        generator.seed()  # the reader's own torch.manual_seed stays as it was
    else:
        generator.manual_seed(check_seed(seed))
    if isinstance(asked, Piece):
        found = dict(faults(asked, answer, generator))
        held = [name for name, fault in found.items() if fault is None]
        if any(fault is not BLANK for fault in found.values()):
            return Outcome(len(held) == len(found), report(exercise_id, asked, found)), held
        return _outcome(exercise_id, BLANK), []
    return _outcome(exercise_id, fault_of(asked.judge, answer, generator, draws=asked.draws)), []


def _outcome(exercise_id: str, fault: Said | None) -> Outcome:
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


def check(exercise_id: str, answer: Any = NO_ANSWER, seed: int | None = None) -> Any:
    """Judge an answer against the truth, computed afresh. Returns it if it is right, else the package's own.

    用当场算出的真值检查答案。答对就返回它，否则返回本包自己的实现，使后面的页面照常运行。

    The trials are drawn anew each time, or from `seed`, so that a class can be given the same ones. A right answer is
    remembered for `progress`. Raises: CourseError for an id that is not there, no answer, or a seed that is no whole
    number.
    """
    if answer is NO_ANSWER:
        exercise(exercise_id)
        raise CourseError(
            f'There is nothing to check. Hand over what you wrote, too: check("{exercise_id}", my_answer).',
            f'没有可检查的东西。请把你写的也交上来：check("{exercise_id}", my_answer)。',
        )
    (right, said), held = _judged(exercise_id, answer, seed)
    if right is not None:
        record(exercise_id, right, held=held)
    say(*said)
    return answer if right else exercise(exercise_id).reference()


def hint(exercise_id: str, grade: int = 1) -> None:
    """Show a hint: grade 1 says where to look, the last nearly everything; of a piece, for the first part that failed.

    显示提示：1 级指方向，最后一级几乎说完；对分部分的作业，针对上次检查时第一个没做对的部分。

    Raises: CourseError for an id that is not there or a grade that is not.
    """
    asked, part_en, part_zh = exercise(exercise_id), "", ""
    if isinstance(asked, Piece):
        name = first_open(asked, recall().get(exercise_id, {}).get("held", []))
        asked, part_en, part_zh = asked.parts[name], f", for **{name}**", f"，针对 **{name}**"
    grades = len(asked.hints)
    grade = check_whole("grade", grade, 1, grades)
    en, zh = asked.hints[grade - 1]
    more = f'`hint("{exercise_id}", {grade + 1})`'
    more_en, more_zh = (f" (More: {more}.)", f"（再进一步：{more}。）") if grade < grades else ("", "")
    say(f"**Hint {grade} of {grades}**{part_en}. {en}{more_en}", f"**提示 {grade}/{grades}**{part_zh}。{zh}{more_zh}")


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

    Raises: CourseError for what has no code in Python.
    """
    show({language: f"```python\n{listing(thing, language)}\n```" for language in LANGUAGES})


def progress(lesson: str) -> None:
    """Show one line: which exercises of a lesson are solved, which predictions were right.

    显示一行：一课中哪些练习做对了，哪些预测猜中了。

    Raises: CourseError for a lesson that is not there.
    """
    there, known, lines = tables_of(lesson), recall(), []
    for items in (there.EXERCISES, there.QUESTIONS):
        outcomes = {name: known.get(f"{lesson}.{name}", {}) for name in items}
        marks = ", ".join(_marked(name, items[name], outcome) for name, outcome in outcomes.items())
        lines.append((sum(outcome.get("right") is True for outcome in outcomes.values()), len(items), marks))
    (done, of, which), (guessed, asked, guesses) = lines
    if is_kept():
        en = f"Kept in `~/.diffusion_both_ways.json`, or where `{SETTING}` says; delete that file to begin anew."
        zh = f"记在 `~/.diffusion_both_ways.json`（可用 `{SETTING}` 另指一处）；想从头再来，删掉该文件即可。"
    else:
        en = f"This lasts as long as the kernel: nothing can be kept in `{place() or USUAL}`. Let `{SETTING}` name another file."
        zh = f"进度只保留到内核重启为止：无法记入 `{place() or USUAL}`。请用 `{SETTING}` 另指一个文件。"
    say(
        f"**Lesson {lesson}.** Exercises: {done} of {of} right ({which}); predictions: {guessed} of {asked} right "
        f"({guesses}). {en}",
        f"**第 {lesson} 课**：练习做对 {done}/{of}（{which}）；预测猜中 {guessed}/{asked}（{guesses}）。{zh}",
    )


def _marked(name: str, item: Exercise | Piece | Question, outcome: dict) -> str:
    """An exercise or question with its mark; of a piece that is not whole yet, how many parts hold."""
    right, held = outcome.get("right"), outcome.get("held")
    if isinstance(item, Piece) and not right and held:
        return f"◐ `{name}` {len(held)}/{len(item.parts)}"
    return f"{MARKS[right]} `{name}`"
