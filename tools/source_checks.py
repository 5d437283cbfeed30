"""Read the sources, and say what is wrong with them before anything is executed.

读取各源文件，并在执行之前指出其中的错误。
"""

import re
from pathlib import Path

from tools import facts
from tools.glossary import read_glossary
from tools.lessons import SHOWN, TEMPLATE, BuildError, Cell, Lesson, read_lesson
from tools.pair_checks import check_pairs
from tools.solutions import blank


def read_lessons(root: Path, names: list[str] = ()) -> list[Lesson]:
    """Read the named lessons, or all; raises BuildError for a name without a source.

    读取指定的各课（不指定则全部）；没有对应源文件时抛出 BuildError。
    """
    paths = {path.stem: path for path in sorted((root / "notebooks/source").glob("*.py"))}
    unknown = [name for name in names if name not in paths]
    if unknown:
        raise BuildError(
            [f"notebooks/source/{name}.py is missing; there are: {', '.join(paths) or 'none'}" for name in unknown]
        )
    return [read_lesson(paths[name]) for name in names or paths]


def source_faults(lesson: Lesson) -> list[str]:
    """Say what is wrong with a source: its form and its facts, then its pairs.

    指出源文件的错误：先看形式与 facts，再看成对的格子。
    """
    found = form_faults(lesson) + facts.faults(lesson)
    if not found:
        found = check_pairs(lesson.cells, read_glossary(lesson.root / "notebooks/GLOSSARY.md"))
    return [f"{lesson.at(key)}: {message}" for key, message in found]


def form_faults(lesson: Lesson) -> list[tuple[str, str]]:
    """Say where a source departs from the form of a lesson, as (key, message) pairs.

    指出源文件中不合课文形式之处，返回（key，消息）对。
    """
    found, ids = [], [cell.id for cell in lesson.cells]
    head = lesson.cells[0] if lesson.cells else None
    if not head or head.id != "head" or not re.fullmatch(r"# \d\d · [^·\n]+ · [^·\n]+", head.text):
        found.append(("head", 'the first cell must be key="head", "# 00 · Title · 标题"'))
    for name, value, example in (("minutes", lesson.minutes, 2), ("learning", lesson.learning, 45)):
        if not isinstance(value, int | float):
            found.append(("head", f"the header gives no {name}; add under jupyter: course: {name}: {example}"))
    for key in set(lesson.leave_out) - set(lesson.parts):
        found.append(("head", f"leave_out names {key}; name keys of headings: {', '.join(lesson.parts)}"))
    for key, heading in lesson.parts.items():
        if not re.fullmatch(r"\d+ · [^·]+ · [^·]+", heading):
            found.append((key, f'a part is headed "## 2 · Title · 标题", with one · between: {heading}'))
    if [(cell.kind, cell.text) for cell in lesson.cells if cell.key == "setup"] != [("code", "")]:
        found.append(("setup", 'write one empty code cell key="setup"; the build fills it'))
    template = lesson.root / TEMPLATE
    lines = template.read_text(encoding="utf-8").splitlines() if template.is_file() else []
    if sum("@LANGUAGE@" in line for line in lines) != 1:
        found.append(("setup", f"{TEMPLATE} must have @LANGUAGE@ on exactly one line"))
    for cell in lesson.cells:
        found += [(cell.key, message) for message in _cell_faults(cell, ids.count(cell.id))]
    return found


def _cell_faults(cell: Cell, count: int) -> list[str]:
    start = repr(cell.text[:40])
    rules = (
        (re.fullmatch(r"[a-z0-9-]{1,60}", cell.key), f'give key="..." in a-z, 0-9 and - to the cell {start}'),
        (count == 1, f"{count} cells have the id {cell.id}; give each its own key"),
        (cell.kind in ("markdown", "code"), f"a {cell.kind} cell; write markdown or code"),
        (cell.lang in (None, "en", "zh"), f'lang="{cell.lang}"; write en or zh'),
        (cell.kind == "markdown" or not cell.lang, "code has no language; take lang away"),
        ("NBVAL_" not in cell.text, f'a reader would see "# NBVAL_..."; give the cell tags=["{SHOWN}"] instead'),
        (
            "exercise" not in cell.tags or blank(cell.text),
            'an exercise is blank, `def name(...):` with `...` or `name = ...`, then `name = check("00.id", name)`',
        ),
    )
    return [message for right, message in rules if not right]
