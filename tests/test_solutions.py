"""The solution of an exercise stands once, in the package, and fits the blank that the reader sees.

练习的解答只写一处，即在本包中；它与读者看到的空白相合。
"""

import ast
import inspect

import pytest
from lesson_runs import LESSONS, lesson
from test_again import bound, read_from_others

from course_utils.exercises import exercise, judge, tables_of
from tools.lessons import Cell, unexecuted
from tools.solutions import blank, body, solved


def blanks(name: str) -> list[tuple[Cell, str]]:
    return [(cell, blank(cell.text).exercise_id) for cell in lesson(name).cells if "exercise" in cell.tags]


@pytest.mark.parametrize("name", LESSONS)
def test_every_exercise_has_one_blank_in_its_lesson(name):
    ids = [exercise_id for _, exercise_id in blanks(name)]
    assert sorted(ids) == sorted(f"{name[:2]}.{key}" for key in tables_of(name[:2]).EXERCISES)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_with_blanks_imports_what_a_check_tells_the_reader_to_call(name):
    code = "\n".join(cell.source for cell in unexecuted(lesson(name)).cells if cell.cell_type == "code")
    names = {
        alias.name for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert not blanks(name) or {"check", "hint", "solution"} <= names


@pytest.mark.parametrize("name", LESSONS)
def test_the_reference_has_the_parameters_of_the_blank(name):
    for cell, exercise_id in blanks(name):
        node = blank(cell.text).node
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue  # a number has none, and may take seconds to compute
        reference = exercise(exercise_id).reference()
        if isinstance(node, ast.FunctionDef):
            assert [a.arg for a in node.args.args] == list(inspect.signature(reference).parameters), exercise_id
        for method in node.body if isinstance(node, ast.ClassDef) else ():
            theirs = inspect.signature(getattr(reference, method.name)).parameters
            assert [a.arg for a in method.args.args] == list(theirs), (exercise_id, method.name)


def imports(name: str) -> str:
    """What a lesson imports, a line each. 一课的导入语句。"""
    code = "\n".join(cell.source for cell in unexecuted(lesson(name)).cells if cell.cell_type == "code")
    found = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(map(ast.unparse, found))


@pytest.mark.parametrize("name", LESSONS)
def test_every_filled_blank_knows_all_names_by_the_lessons_imports_alone(name):
    """That it is right is seen every day where the reference is judged, and where the lesson runs solved."""
    there = bound(imports(name)) | {"check"}
    for cell, exercise_id in blanks(name):
        if isinstance(blank(cell.text).node, ast.FunctionDef | ast.ClassDef):
            assert read_from_others(solved(cell.text)) <= there, exercise_id


@pytest.mark.full
@pytest.mark.parametrize("name", LESSONS)
def test_every_filled_blank_runs_with_the_lessons_imports_alone_and_is_right(name):
    there = {}
    exec(imports(name), there)
    for cell, exercise_id in blanks(name):
        answers = []
        there["check"] = lambda exercise_id, answer, answers=answers: answers.append(answer) or answer
        exec(solved(cell.text), there)
        assert judge(exercise_id, *answers).right, exercise_id


@pytest.mark.parametrize(
    "code, filled",
    [
        ('a = ...\na = check("03.weigh", a)', 'a = 2\na = check("03.weigh", a)'),
        (
            'def f(snr):\n    ...\n\nf = check("06.snr", f)\nf(1)',
            'def f(snr):\n    return 1 + 1 / snr\n\nf = check("06.snr", f)\nf(1)',
        ),
    ],
)
def test_a_blank_is_filled_in_place(code, filled):
    assert solved(code) == filled


@pytest.mark.parametrize(
    "code",
    [
        "a = ...",
        'def f(snr): ...\nf = check("06.snr", f)',
        'a = 1\na = check("03.weigh", a)',
        'a = ...\nb = check("03.weigh", a)',
        'a = ...\na = check("03.weigh", 2)',
        'a = ...\na = ...\na = check("03.weigh", a)',
        'def f(snr):\n    return 1\n\nf = check("06.snr", f)',
    ],
)
def test_what_has_no_single_blank_is_seen(code):
    assert blank(code) is None


def test_the_docstring_stays_behind():
    assert body(blank).startswith("tree = ast.parse(code).body\n") and body(blank).endswith("else None")
