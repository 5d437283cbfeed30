"""A cell that is run again after its lesson does what it did before: names are not reused for other things.

课文运行完之后，任何一格再运行一次，结果都与先前相同：同一个名字不作他用。
"""

import ast
import builtins
import symtable

import pytest
from lesson_runs import A_FEW_STEPS, LESSONS, insert_after, lesson, offline, outputs, printed, run, until
from nbformat.v4 import new_code_cell

from tools.lessons import unexecuted

SOON = ("02_forward_process", "outside-rows")  # its first parts every day; under -m full all lessons, whole
# A training that is run again goes on from where it stands, and its curve grows; a table that tells seconds.
OTHERWISE = {"train-run", "run-train", "hand-export"}
ONE_STREAM = """import torch
get_ipython().events.register("pre_run_cell", lambda info: torch.manual_seed(0))"""


def in_cells(name: str) -> dict[str, str]:
    """The code of a lesson's cells, solved, but for the set-up cell. 一课各代码格的内容（已解答），不含准备格。"""
    cells = unexecuted(lesson(name), solved=True).cells
    return {cell.id: cell.source for cell in cells if cell.cell_type == "code" and cell.id != "setup"}


def bound(code: str) -> set[str]:
    """The names that code binds at its top. 代码在顶层绑定的名字。"""
    names = symtable.symtable(code, "cell", "exec").get_symbols()
    return {name.get_name() for name in names if name.is_assigned() or name.is_imported()}


def looked_up(table: symtable.SymbolTable) -> set[str]:
    """The names that a scope and those within it look up outside. 某个作用域及其内部要到外面去找的名字。"""
    top = table.get_type() == "module"
    names = {name.get_name() for name in table.get_symbols() if name.is_referenced() and (top or name.is_global())}
    return names.union(*map(looked_up, table.get_children()))


def read_from_others(code: str) -> set[str]:
    """The names that a cell reads before it has bound them. 一格在自己绑定之前就读取的名字。"""
    there, found = set(dir(builtins)), set()
    for statement in ast.parse(code).body:
        text, own = ast.unparse(statement), set()
        changed = {node.target for node in ast.walk(statement) if isinstance(node, ast.AugAssign)}
        changed = {target.id for target in changed if isinstance(target, ast.Name)}
        if not isinstance(statement, ast.Assign):
            own = bound(text) - changed  # a loop or a function knows the names that it binds
        found |= (looked_up(symtable.symtable(text, "cell", "exec")) | changed) - there - own
        there |= bound(text)
    return found


def bound_anew(cells: dict[str, str]) -> list[str]:
    """Say which names a cell reads that it or a later one binds to something else. 指出读取之后又被改作他用的名字。"""
    keys, binds = list(cells), {key: bound(code) for key, code in cells.items()}
    return [
        f"{keys[i]} reads {name}, which {later} binds anew"
        for i, key in enumerate(keys)
        for name in sorted(read_from_others(cells[key]))
        for later in keys[i:]
        if name in binds[later]
    ]


@pytest.mark.parametrize("name", LESSONS)
def test_no_name_that_a_cell_reads_is_bound_anew_below(name):
    assert bound_anew(in_cells(name)) == []


@pytest.mark.parametrize(
    "cells",
    [
        ("t = 1", "print(t)", "t = 2"),
        ("t = 1", "print(t)", "for t in range(3):\n    print(t)"),
        ("t = 1", "def f():\n    return t", "t, u = 2, 3"),
        ("t = 1", "[t * x for x in range(3)]", "import time as t"),
        ("t = 1", "t = t + 1"),
        ("t = 1", "t += 1"),
        ("t = 1", "for x in range(3):\n    t += x"),
        ("t = 1", "lambda x=t: x", "def t():\n    return 2"),
    ],
)
def test_a_name_that_serves_twice_is_seen(cells):
    named = {str(i): code for i, code in enumerate(cells)}
    assert {line.split()[2].strip(",") for line in bound_anew(named)} == {"t"}


@pytest.mark.parametrize(
    "cells",
    [
        ("t = 1\nprint(t)", "for t in range(3):\n    print(t)"),
        ("t = 1", "print(t)", "[t for t in range(3)]"),
        ("t = 1", "print(t)", "def f(t):\n    u = t\n    return u", "u = 2"),
        ("t = 1\nt += 1", "print(t)"),
        ("def f():\n    ...\n\nf = check('f', f)", "f()"),
    ],
)
def test_names_that_meet_nowhere_are_free(cells):
    assert bound_anew({str(i): code for i, code in enumerate(cells)}) == []


@pytest.mark.parametrize(
    "name, last", [SOON, *(pytest.param(name, None, marks=pytest.mark.full) for name in LESSONS)], ids=str
)
def test_every_cell_once_more_from_the_last_to_the_first_prints_and_draws_what_it_did(name, last, tmp_path):
    """With trainings cut short, and torch's own generator set anew before each cell."""
    notebook, keys = unexecuted(lesson(name), solved=True), list(in_cells(name))
    if last is not None:
        until(notebook, last)
        keys = keys[: keys.index(last) + 1]
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells += [new_code_cell(in_cells(name)[key], id=f"{key}-again") for key in reversed(keys)]
    insert_after(notebook, "setup", few=A_FEW_STEPS, stream=ONE_STREAM)
    (tmp_path / "empty").mkdir()
    run(notebook, tmp_path / "empty", offline(tmp_path))
    keys = [key for key in keys if key not in OTHERWISE]
    assert {key: said(notebook, f"{key}-again") for key in keys} == {key: said(notebook, key) for key in keys}


def said(notebook, key: str) -> tuple[str, list[str]]:
    """What a cell printed, and its pictures. 一格打印的文字与画出的图。"""
    shown = [data for output in outputs(notebook, key) for data in output.get("data", {}).items()]
    return printed(notebook, key), [content for kind, content in shown if kind.startswith("image/")]
