"""Compare what is stored with what the sources give, without executing anything.

不执行任何代码，把已存文件与源文件应得的结果相比较。
"""

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools import facts
from tools.lesson_tables import table_faults
from tools.lessons import FOLDERS, BuildError, Lesson, needs_no_run, read_settings
from tools.outputs import derive, output_faults, text_of
from tools.source_checks import form_faults, read_lessons, source_faults

COMMAND = "python tools/build_notebooks.py"


def check(root: Path) -> list[str]:
    """Compare sources, stored views and READMEs without executing anything; returns messages.

    不执行任何代码，比较源文件、已存视图与 README；返回消息。
    """
    try:
        read_settings(root)
        lessons = read_lessons(root)
        found = [
            message
            for lesson in lessons
            for message in source_faults(lesson) or view_faults(lesson) + _old_facts(lesson)
        ]
    except BuildError as error:
        return error.messages
    expected = {lesson.view(language) for lesson in lessons for language in FOLDERS}
    for path in sorted(path for folder in FOLDERS.values() for path in (root / folder).glob("*.ipynb")):
        name = path.relative_to(root).as_posix()
        if name not in expected:
            found.append(f"{name} has no source in notebooks/source; remove it or write its source")
    return found + table_faults([lesson for lesson in lessons if not form_faults(lesson)], root)


def view_faults(lesson: Lesson) -> list[str]:
    """Say where the stored views are not what the source and the bilingual outputs give.

    指出已存视图与源文件、双语输出不一致之处。
    """
    stored, found = {}, []
    for language in FOLDERS:
        name = lesson.view(language)
        try:
            stored[language] = nbformat.read(lesson.root / name, as_version=4)
        except (OSError, ValueError):
            found.append(f"{name} is missing or no notebook; run {COMMAND} {lesson.name}")
    if found:
        return found
    for language, view in stored.items():
        found += _departures(lesson, language, view, derive(lesson, stored["both"], language))
    faults = output_faults(stored["both"])
    return found + [f"{lesson.view('both')} [{key}]: {message}" for key, message in faults]


def _old_facts(lesson: Lesson) -> list[str]:
    if facts.stored(lesson) is not None:
        return []
    name = facts.place(lesson, "json")
    return [f"{name} is missing, or the code has changed since; run {COMMAND} {lesson.name}"]


def _departures(lesson: Lesson, language: str, stored: NotebookNode, expected: NotebookNode) -> list[str]:
    name, rebuild = lesson.view(language), f"run {COMMAND} {lesson.name}"
    if [cell.id for cell in stored.cells] != [cell.id for cell in expected.cells]:
        return [f"{name}: its cells are not those of the source; {rebuild}"]
    found = []
    for have, want in zip(stored.cells, expected.cells, strict=True):
        parts = [part for part in sorted(have.keys() | want.keys()) if have.get(part) != want.get(part)]
        if parts:
            only_text = parts == ["source"] and needs_no_run(want)
            remedy = f"run {COMMAND} --text" if only_text else rebuild
            found.append(f"{name} [{have.id}]: {', '.join(parts)} not as the source gives; {remedy}")
    if not found and (lesson.root / name).read_text(encoding="utf-8") != text_of(expected):
        found.append(f"{name}: the file is not as the build writes it; {rebuild}")
    return found
