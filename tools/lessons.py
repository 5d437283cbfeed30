"""Read a lesson's source and make its notebook, unexecuted, in any of the three views.

读取一课的源文件，生成三种视图中任意一种的未执行 notebook。
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import jupytext
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.markup import deeper, unbroken
from tools.solutions import solved as filled

FOLDERS = {"both": "notebooks", "en": "notebooks/en", "zh": "notebooks/zh"}
BADGES = {"both": "English · 中文", "en": "English", "zh": "中文", "colab": "Colab"}
PICTURES = {"both": "badge-both", "en": "badge-english", "zh": "badge-chinese", "colab": "badge-colab"}
TEMPLATE = "notebooks/source/setup_cell.txt"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


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
    """A lesson's cells as they stand in its source, and its measured minutes.

    源文件中一课的全部格子，以及实测的分钟数。
    """

    root: Path
    name: str
    cells: tuple[Cell, ...]
    minutes: float | None

    @property
    def title(self) -> tuple[str, str, str]:
        number, en, zh = self.cells[0].text.removeprefix("# ").split(" · ")
        return number, en, zh.strip()

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
    return Lesson(path.parents[2], path.stem, tuple(cells), notebook.metadata.get("course", {}).get("minutes"))


def unexecuted(lesson: Lesson, language: str = "both", solved: bool = False) -> NotebookNode:
    """Make the lesson's notebook in "both", "en" or "zh", without outputs; its exercises blank, or filled if solved.

    生成该课 "both"、"en" 或 "zh" 视图的 notebook，不含输出；练习留空，若 solved 则填好。
    """
    settings = read_settings(lesson.root)
    cells = []
    for cell in lesson.cells:
        if language != "both" and cell.lang not in (None, language):
            continue
        metadata = ({"tags": list(cell.tags)} if cell.tags else {}) | ({"lang": cell.lang} if cell.lang else {})
        make = new_code_cell if cell.kind == "code" else new_markdown_cell
        cells.append(make(_text(lesson, cell, language, solved, settings), id=cell.id, metadata=metadata))
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})


def _text(lesson: Lesson, cell: Cell, language: str, solved: bool, settings: Settings) -> str:
    if cell.key == "setup":
        template = (lesson.root / TEMPLATE).read_text(encoding="utf-8").rstrip()
        values = {"@REPOSITORY@": settings.repository, "@TAG@": settings.tag, "@LANGUAGE@": language}
        return re.sub("|".join(values), lambda found: values[found[0]], template)
    if cell.kind == "code":
        return filled(cell.text) if solved and "exercise" in cell.tags else cell.text
    text = unbroken(cell.text) if cell.lang == "zh" else cell.text
    text = text if language == "both" else deeper(text)
    return f"{text}\n\n{_head(lesson, language, settings)}" if cell.key == "head" else text


def needs_no_run(cell: NotebookNode) -> bool:
    """Does a change of this cell change no output? True of prose and of the set-up cell.

    改动这一格会不会改变任何输出？文字与准备格都不会。
    """
    return cell.cell_type == "markdown" or cell.id == "setup"


def badge(name: str, address: str, up: str) -> str:
    """Return a linked badge, its picture sought in `up`images/.

    返回带链接的徽章，图片取自 `up`images/。
    """
    return f"[![{BADGES[name]}]({up}images/{PICTURES[name]}.svg)]({address})"


def _head(lesson: Lesson, language: str, settings: Settings) -> str:
    up = "../" if language == "both" else "../../"
    badges = [badge("colab", settings.colab(lesson.view(language)), up)]
    for name in ("en", "zh"):
        name = "both" if name == language else name
        badges.append(badge(name, up.removeprefix("../") + lesson.view(name).removeprefix("notebooks/"), up))
    en, zh = f"about {lesson.minutes:g} min on a 2-core CPU", f"双核 CPU 约 {lesson.minutes:g} 分钟"
    return " ".join(badges) + "\n\n" + {"en": en, "zh": zh, "both": f"{en} · {zh}"}[language]
