"""Read a lesson's source and make its notebook, unexecuted, in any of the three views.

读取一课的源文件，生成三种视图中任意一种的未执行 notebook。
"""

import re
import tomllib
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import jupytext
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.language import in_chinese
from tools.markup import deeper, unbroken
from tools.solutions import solved as filled

FOLDERS = {"both": "notebooks", "en": "notebooks/en", "zh": "notebooks/zh"}
LINKS = {"both": "English · 中文", "en": "English", "zh": "中文", "colab": "▶ Colab"}
TEMPLATE = "notebooks/source/setup_cell.txt"
# What JupyterLab writes into a page that it opens, on this Python: an opened page is not a changed one.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": "3.11.7",
    },
}
SHOWN = "nbval-check-output"  # the tag of a cell whose text is the same in every run; nbval knows it
HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
CLASS = 50  # minutes


class BuildError(Exception):
    """What is wrong with a lesson, as a list of messages.

    一课中的错误，以消息列表给出。
    """

    def __init__(self, messages: list[str]):
        super().__init__("\n".join(messages))
        self.messages = messages


def refuse(messages: list[str]) -> None:
    """Raise BuildError if there are messages.

    有消息则抛出 BuildError。
    """
    if messages:
        raise BuildError(messages)


@dataclass(frozen=True)
class Settings:
    """The course's settings in pyproject.toml.

    pyproject.toml 中本课程的设置。
    """

    repository: str
    tag: str

    def colab(self, path: str) -> str:
        """Return the address that opens the notebook at `path` in Colab.

        返回在 Colab 中打开 `path` 处 notebook 的网址。
        """
        return f"https://colab.research.google.com/github/{self.repository}/blob/{self.tag}/{path}"


@dataclass(frozen=True)
class Cell:
    """One cell of a source: `kind` is "markdown" or "code", `lang` is "en", "zh" or None.

    源文件中的一格：`kind` 为 "markdown" 或 "code"，`lang` 为 "en"、"zh" 或 None。
    """

    kind: str
    key: str
    text: str
    lang: str | None = None
    of: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.key}-{self.lang}" if self.lang else self.key


@dataclass(frozen=True)
class Lesson:
    """A lesson's cells as they stand in its source, its measured minutes, those of learning, and what may be left out.

    源文件中一课的全部格子、实测的运行分钟数、学习所需的分钟数，以及可以略去的部分。

    `leave_out` holds the keys of the headings whose parts a class of 50 minutes may drop.
    """

    root: Path
    name: str
    cells: tuple[Cell, ...]
    minutes: float | None
    learning: float | None = None
    leave_out: tuple[str, ...] = ()

    @property
    def title(self) -> tuple[str, str, str]:
        number, en, zh = self.cells[0].text.removeprefix("# ").split(" · ")
        return number, en, zh.strip()

    @property
    def parts(self) -> dict[str, str]:
        """The headings of its parts, "1 · Title · 标题", by the keys of their cells."""
        shared = {cell.key: cell.text for cell in self.cells if cell.kind == "markdown" and not cell.lang}
        return {key: text[3:].partition("\n")[0] for key, text in shared.items() if text.startswith("## ")}

    def view(self, language: str) -> str:
        return f"{FOLDERS[language]}/{self.name}.ipynb"

    def at(self, key: str = "") -> str:
        return f"notebooks/source/{self.name}.py" + (f" [{key}]" if key else "")


def read_settings(root: Path) -> Settings:
    """Read [tool.course] in pyproject.toml; raises BuildError where a setting is missing.

    读取 pyproject.toml 的 [tool.course]；缺少设置时抛出 BuildError。
    """
    try:
        course = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["course"]
        return Settings(course["repository"], course["tag"])
    except (OSError, KeyError) as error:
        raise BuildError(["pyproject.toml: [tool.course] must give repository and tag"]) from error


def read_lesson(path: Path) -> Lesson:
    """Read one source, notebooks/source/NN_name.py.

    读取一个源文件 notebooks/source/NN_name.py。
    """
    path = Path(path).resolve()
    notebook = jupytext.read(path, fmt="py:percent")
    cells = [
        Cell(cell.cell_type, str(about.get("key", "")), cell.source, about.get("lang"), about.get("of"), tuple(tags))
        for cell in notebook.cells
        for about, tags in [(cell.metadata, cell.metadata.get("tags", ()))]
    ]
    course = notebook.metadata.get("course", {})
    minutes, leave_out = [course.get(name) for name in ("minutes", "learning")], tuple(course.get("leave_out", ()))
    return Lesson(path.parents[2], path.stem, tuple(cells), *minutes, leave_out)


def unexecuted(lesson: Lesson, language: str = "both", solved: bool = False) -> NotebookNode:
    """Make the lesson's notebook in "both", "en" or "zh", without outputs; its exercises blank, or filled if solved.

    生成该课 "both"、"en" 或 "zh" 视图的 notebook，不含输出；练习留空，若 solved 则填好。
    """
    settings = read_settings(lesson.root)
    cells = []
    for cell in lesson.cells:
        if language != "both" and cell.lang not in (None, language):
            continue
        metadata = {name: value for name, value in (("tags", list(cell.tags)), ("lang", cell.lang)) if value}
        if cell.key == "setup":
            metadata["jupyter"] = {"source_hidden": True}  # a page does not begin with it
        make = new_code_cell if cell.kind == "code" else new_markdown_cell
        cells.append(make(_text(lesson, cell, language, solved, settings), id=cell.id, metadata=metadata))
    return new_notebook(cells=cells, metadata=deepcopy(METADATA))


def _text(lesson: Lesson, cell: Cell, language: str, solved: bool, settings: Settings) -> str:
    if cell.key == "setup":
        template = (lesson.root / TEMPLATE).read_text(encoding="utf-8").rstrip()
        values = {"@REPOSITORY@": settings.repository, "@TAG@": settings.tag, "@LANGUAGE@": language}
        return re.sub("|".join(values), lambda found: values[found[0]], template)
    if cell.kind == "code":
        return filled(cell.text) if solved and "exercise" in cell.tags else cell.text
    text = unbroken(cell.text) if cell.lang == "zh" else cell.text
    text = text if language == "both" else deeper(text)
    if cell.lang:
        return in_chinese(text) if cell.lang == "zh" else text
    text = HEADING.sub(lambda found: f"{found[1]} {heading(found[2], language)}", text)
    if cell.key == "head":
        return f"{text}\n\n{_head(lesson, language, settings)}"
    # The place that the map links to: front ends agree on none that they make of a heading which is not ASCII.
    return re.sub(r"^(## .*)", rf'\1 <a id="{cell.key}"></a>', text) if cell.key in lesson.parts else text


def heading(text: str, language: str) -> str:
    """A heading, "2 · The jump · 跳跃", in "en", "zh" or "both", its 中文 marked as such.

    标题 "2 · The jump · 跳跃" 的 "en"、"zh" 或 "both" 形式，其中的中文带有语言标记。
    """
    *number, en, zh = text.split(" · ")
    marked = f'<span lang="zh">{zh}</span>'
    return " · ".join([*number, *{"en": [en], "zh": [marked], "both": [en, marked]}[language]])


def needs_no_run(cell: NotebookNode) -> bool:
    """Does a change of this cell change no output? True of prose and of the set-up cell.

    改动这一格会不会改变任何输出？文字与准备格都不会。
    """
    return cell.cell_type == "markdown" or cell.id == "setup"


def _head(lesson: Lesson, language: str, settings: Settings) -> str:
    """Links to Colab and to the other views, as words, which load everywhere; minutes; a map of the parts."""
    up = "" if language == "both" else "../"
    links = [("colab", settings.colab(lesson.view(language)))]
    for name in ("en", "zh"):
        name = "both" if name == language else name
        links.append((name, up + lesson.view(name).removeprefix("notebooks/")))
    line = " | ".join(f"[{LINKS[name]}]({address})" for name, address in links)
    return "\n\n".join([line, *_said(language, *_minutes(lesson)), *_map(lesson, language)])


def _said(language: str, en: str, zh: str) -> list[str]:
    return [*([en] if language != "zh" else []), *([in_chinese(zh)] if language != "en" else [])]


def _minutes(lesson: Lesson) -> tuple[str, str]:
    return (
        f"About {lesson.learning:g} minutes of reading and trying. All cells together compute for about "
        f"{lesson.minutes:g} min on a 2-core CPU.",
        f"边读边试约 {lesson.learning:g} 分钟；全部单元格在双核 CPU 上共运行约 {lesson.minutes:g} 分钟。",
    )


def _map(lesson: Lesson, language: str) -> list[str]:
    """The parts as a list of links; ○ marks what a short class may leave out."""
    lines = []
    for key, text in lesson.parts.items():
        number, _, title = heading(text, language).partition(" · ")
        lines.append(f"{number}. [{title}](#{key}){' ○' if key in lesson.leave_out else ''}")
    if not lines:
        return []
    marked = f"A class of {CLASS} minutes may leave out what is marked ○.", f"{CLASS} 分钟的课可以略去标 ○ 的部分。"
    return ["\n".join(lines), *(_said(language, *marked) if lesson.leave_out else [])]
