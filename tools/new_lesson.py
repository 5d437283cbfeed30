"""Begin a lesson that builds and passes: python tools/new_lesson.py 08 guidance "Guidance" "引导"

开一课，一开头就能构建、能通过测试：python tools/new_lesson.py 08 guidance "Guidance" "引导"
"""

import argparse
import ast
import keyword
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from course_utils.files import write_whole
from course_utils.language import CourseError
from tools import interface
from tools.pair_checks import HAN, digest

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = Path(__file__).parent / "lesson_template"
FILES = {
    "source": "notebooks/source/@NN@_@NAME@.py",
    "facts": "notebooks/facts/@NN@_@NAME@.py",
    "exercises": "course_utils/exercises/lesson_@NN@/__init__.py",
    "judges": "course_utils/exercises/lesson_@NN@/judges.py",
    "mistakes": "course_utils/exercises/lesson_@NN@/mistakes.py",
    "explorer": "course_utils/explorers/@NAME@.py",
    "answers": "tests/answers/lesson_@NN@.py",
    "test_lesson": "tests/test_lesson_@NN@.py",
    "test_explorer": "tests/test_explorers_@NAME@.py",
}
BROWSER = "tests/test_browser.py"
SEEN_IN_A_BROWSER = '''    "@NAME@": """
from course_utils.data import photograph
from course_utils.explorers.@NAME@ import @NAME@_explorer
from course_utils.schedules import cosine
@NAME@_explorer(cosine(1000), photograph("palace", 64))
""",
'''
TWIN = re.compile(r'key="([^"]+)" lang="(en|zh)"[^\n]*\nr"""\n(.*?)\n"""', re.DOTALL)


def new_lesson(number: str, name: str, title: str, title_zh: str, root: Path = ROOT) -> list[str]:
    """Write all that a lesson needs, and return the paths; where something fails, nothing is left of it.

    写出一课所需的全部文件，返回各路径；中途出错则什么也不留下。

    Raises: CourseError for a number, name or title that will not do, and for one that is taken.
    """
    _check_form(number, name, title, title_zh)
    values = {"@NN@": number, "@NAME@": name, "@TITLE@": title, "@TITLE_ZH@": title_zh}

    def filled(text: str) -> str:
        return re.sub("|".join(values), lambda found: values[found[0]], text)

    texts = {filled(path): filled(_template(part)) for part, path in FILES.items()}
    _check_free(number, name, list(texts), root)
    texts[filled(FILES["source"])] = hashed(texts[filled(FILES["source"])])
    texts[BROWSER] = _with_entry((root / BROWSER).read_text(encoding="utf-8"), filled(SEEN_IN_A_BROWSER))
    _write_all(texts, root)
    return [*texts, interface.TABLE]


def hashed(source: str) -> str:
    """Put the hash of each English cell on its 中文 twin, where the source says of="@OF@".

    在源文件写着 of="@OF@" 之处，给每个中文格写上对应英文格的哈希。
    """
    english = {key: text for key, language, text in TWIN.findall(source) if language == "en"}
    heads = re.compile(r'key="([^"]+)" lang="zh" of="@OF@"')
    return heads.sub(lambda head: head[0].replace("@OF@", digest(english[head[1]])), source)


def _template(part: str) -> str:
    return (TEMPLATE / f"{part}.txt").read_text(encoding="utf-8")


def _check_form(number: str, name: str, title: str, title_zh: str) -> None:
    if not re.fullmatch(r"\d\d", number):
        raise CourseError(
            f"The number is {number!r}. Give two digits, for example 08.",
            f"课号为 {number!r}。请给两位数字，例如 08。",
        )
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or keyword.iskeyword(name) or len(name) > 24:
        raise CourseError(
            f"The name is {name!r}. Give at most 24 of a-z, 0-9 and _, beginning with a letter: a name of a module.",
            f"名称为 {name!r}。请用 a-z、0-9 与 _，以字母开头，至多 24 个字符：它要作模块名。",
        )
    for given, right in ((title, _is_english(title)), (title_zh, bool(re.search(HAN, title_zh)))):
        if not right or given != given.strip() or re.search(r'["\\\n·]', given) or len(given) > 48:
            raise CourseError(
                f"A title is {given!r}. Give the English one, then the 中文 one: at most 48 characters, on one line, "
                'without ", \\ and ·.',
                f'标题为 {given!r}。请先给英文标题，再给中文标题：各不超过 48 个字符，写在一行，不含 "、\\ 与 ·。',
            )


def _is_english(title: str) -> bool:
    return bool(re.search("[A-Za-z]", title)) and not re.search(HAN, title)


def _check_free(number: str, name: str, paths: list[str], root: Path) -> None:
    taken = [path for path in paths if (root / path).exists()]
    taken += [path.relative_to(root).as_posix() for path in _of_the_number_or_name(number, name, root)]
    if taken:
        there = ", ".join(sorted(set(taken)))
        raise CourseError(
            f"Lesson {number} or the name {name} is taken: {there}. Choose others; nothing was written.",
            f"第 {number} 课或名称 {name} 已被占用：{there}。请另选；什么也没有写。",
        )


def _of_the_number_or_name(number: str, name: str, root: Path) -> Iterator[Path]:
    yield from (root / "notebooks/source").glob(f"{number}_*.py")
    yield from (root / "notebooks/source").glob(f"[0-9][0-9]_{name}.py")
    yield from (root / "course_utils/exercises").glob(f"lesson_{number}*")


def _with_entry(source: str, entry: str) -> str:
    """The browser's test with one more entry at the end of its table EXPLORERS."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXPLORERS":
            lines = source.splitlines(keepends=True)
            return "".join([*lines[: node.end_lineno - 1], entry, *lines[node.end_lineno - 1 :]])
    raise CourseError(f"{BROWSER} has no table EXPLORERS.", f"{BROWSER} 中没有 EXPLORERS 表。")


def _write_all(texts: dict[str, str], root: Path) -> None:
    """Write the files, then the table of the public interface; if that fails, put everything back as it was."""
    paths = [root / path for path in (*texts, interface.TABLE)]
    before = {path: path.read_bytes() if path.is_file() else None for path in paths}
    made = [folder for path in paths for folder in (path.parent,) if not folder.exists()]
    try:
        for path, text in texts.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            write_whole(root / path, text.encode())
        interface.main([], root)
    except BaseException:
        for path, content in before.items():
            write_whole(path, content) if content is not None else path.unlink(missing_ok=True)
        for folder in made:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        raise


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Run the command line; returns the exit status.

    运行命令行；返回退出状态。
    """
    parser = argparse.ArgumentParser(description="Begin a lesson. 开一课。")
    parser.add_argument("number", help="two digits, such as 08 两位课号")
    parser.add_argument("name", help="of its file, such as guidance 文件名")
    parser.add_argument("title", help='in English, such as "Guidance" 英文标题')
    parser.add_argument("title_zh", metavar="标题", help='in 中文, such as "引导" 中文标题')
    options = parser.parse_args(arguments)
    try:
        written = new_lesson(options.number, options.name, options.title, options.title_zh, root)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    lesson = f"{options.number}_{options.name}"
    print("\n".join(written))
    print(f"Next · 接下来: python tools/build_notebooks.py {lesson}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
