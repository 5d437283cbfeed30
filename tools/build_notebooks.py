"""Build the three views of each lesson, and its facts, from its source: python tools/build_notebooks.py [lesson ...]

由每课的源文件生成三种视图与 facts：python tools/build_notebooks.py [lesson ...]
"""

import argparse
import sys
import time
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from course_utils.files import write_whole
from tools import facts
from tools.lesson_tables import READMES, spliced
from tools.lessons import FOLDERS, BuildError, Lesson, needs_no_run, refuse, unexecuted
from tools.outputs import derive, execute, output_faults, pour, text_of
from tools.source_checks import form_faults, read_lessons, source_faults
from tools.view_checks import check

ROOT = Path(__file__).resolve().parents[1]


def make(lesson: Lesson) -> dict[str, str]:
    """Execute the lesson once; returns the files of its three views and its facts, their texts by their paths.

    把该课执行一次；返回三种视图与 facts 的文件：路径及内容。

    Raises: BuildError for outputs that must not be stored.
    """
    outputs = execute(lesson)
    bilingual = pour(unexecuted(lesson), outputs)
    refuse([f"{lesson.at(key)}: {message}" for key, message in output_faults(bilingual)])
    printed = "".join(output.text for output in outputs[facts.CELL] if output.output_type == "stream")
    views = {lesson.view(language): text_of(derive(lesson, bilingual, language)) for language in FOLDERS}
    return views | {facts.place(lesson, "json"): facts.text(lesson, printed)}


def write(path: Path, text: str) -> None:
    """Write a file beside its place, then move it there in one step.

    先写在旁边，再一步移入原位。
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode())


def build(root: Path, names: list[str] = ()) -> None:
    """Check, execute and write the lessons, their facts and the READMEs' tables; raises BuildError.

    检查、执行并写出各课、其 facts 及 README 的课程表；出错时抛出 BuildError。
    """
    lessons = read_lessons(root, names)
    refuse([message for lesson in lessons for message in source_faults(lesson)])
    for lesson in lessons:
        began = time.monotonic()
        for path, text in make(lesson).items():
            write(root / path, text)
        took = (time.monotonic() - began) / 60
        print(f"{lesson.name}: {took:.1f} min here, facts and all; its header says {lesson.minutes:g}", file=sys.stderr)
    write_tables(root)


def write_tables(root: Path) -> None:
    """Write the lessons' tables of both READMEs.

    写出两份 README 的课程表。
    """
    lessons = [lesson for lesson in read_lessons(root) if not form_faults(lesson)]
    for language, name in READMES.items():
        write(root / name, spliced(lessons, root, language))


def write_text(root: Path) -> None:
    """Rewrite, in what is stored, what needs no run: prose, badges, set-up cells and tables.

    在已存文件中改写无须执行的部分：文字、徽章、准备格与课程表。
    """
    for lesson in read_lessons(root):
        refuse(source_faults(lesson))
        for language in FOLDERS:
            path = root / lesson.view(language)
            if not path.is_file():
                continue
            sources = {cell.id: cell.source for cell in unexecuted(lesson, language).cells if needs_no_run(cell)}
            stored = nbformat.read(path, as_version=4)
            for cell in stored.cells:
                cell.source = sources.get(cell.id, cell.source)
            write(path, text_of(stored))
    write_tables(root)


def write_solved(root: Path, names: list[str], folder: Path) -> None:
    """Write the bilingual lessons with their solutions, unexecuted, into `folder`.

    把带解答的双语课文（未执行）写入 `folder`。
    """
    for lesson in read_lessons(root, names):
        refuse(source_faults(lesson))
        write(folder / f"{lesson.name}.ipynb", text_of(unexecuted(lesson, solved=True)))


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run the command line; returns the exit status.

    运行命令行；返回退出状态。
    """
    parser = argparse.ArgumentParser(description="Build the lessons' notebooks. 构建各课的 notebook。")
    parser.add_argument("lessons", nargs="*", metavar="lesson", help="such as 00_start_here; none = all 不写则为全部")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="compare, run nothing 只比较，不执行")
    mode.add_argument("--text", action="store_true", help="rewrite prose and badges only 只改写文字与徽章")
    mode.add_argument("--solved", metavar="FOLDER", type=Path, help="write the lessons solved 写出带解答的课文")
    options = parser.parse_args(arguments)
    if options.lessons and (options.check or options.text):
        parser.error("--check and --text take all lessons; name none")
    try:
        if options.check:
            refuse(check(root))
        elif options.text:
            write_text(root)
            for message in check(root):  # code and what it printed stay as they were
                print(message, file=sys.stderr)
        elif options.solved:
            write_solved(root, options.lessons, options.solved)
        else:
            build(root, options.lessons)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
