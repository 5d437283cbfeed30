"""The facts of a lesson, as its build found them, and whether they are still those of the code.

一课的 facts，即构建时所得的数；以及它们是否仍出自现在的代码。

notebooks/facts/NN_name.py runs at the end of the lesson, in the build's one execution, and leaves a dict `facts`. It is
stored beside it as NN_name.json with a key: a hash of all that it hangs on. Where the key is that of the code as it
stands, tests read what was stored; where it is not, they run the lesson again.
"""

import ast
import hashlib
import io
import json
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import torch

import course_utils
from tools.lessons import Lesson
from tools.package_words import DOCUMENTED, said_twice

FOLDER = "notebooks/facts"
CELL = "facts"
PACKAGE = Path(course_utils.__file__).parent
WEIGHTS = "course_utils.weights"
DATA = "course_utils.data"
DRAWS = "course_utils.plots"  # nothing that is counted or measured comes from there
PRINT = """
import json
import sys

modules = sorted(name for name in sys.modules if name.split(".")[0] == "course_utils")
print(json.dumps({"modules": modules, "facts": facts}))
"""


def place(lesson: Lesson, ending: str) -> str:
    """Where a lesson's facts stand: their code with "py", what came of it with "json".

    一课的 facts 的位置："py" 为代码，"json" 为所得结果。
    """
    return f"{FOLDER}/{lesson.name}.{ending}"


def cell(lesson: Lesson) -> str:
    """The code of the cell that ends a lesson: it computes the facts and prints them.

    放在课文末尾的代码格：算出 facts 并打印。
    """
    return (lesson.root / place(lesson, "py")).read_text(encoding="utf-8") + PRINT


def read(printed: str) -> dict[str, Any]:
    """The modules and the facts of what the cell printed; numbers have nine digits, all that float32 holds.

    从该格打印的内容读出模块与 facts；数取九位有效数字，足以还原 float32。
    """
    return json.loads(printed.splitlines()[-1], parse_float=lambda number: float(f"{float(number):.9g}"))


def faults(lesson: Lesson) -> list[tuple[str, str]]:
    """Say where a lesson's source lacks its facts, as (key, message) pairs.

    指出一课的源文件缺少 facts 之处，返回（key，消息）对。
    """
    path = lesson.root / place(lesson, "py")
    if not path.is_file():
        return [(CELL, f"{place(lesson, 'py')} is missing; it computes the dict `facts`, which the tests read")]
    return [(CELL, f'key="{CELL}" is taken; give the cell another') for cell in lesson.cells if cell.id == CELL]


def text(lesson: Lesson, printed: str) -> str:
    """The text of the file in which a build keeps the facts, one of them a line.

    构建存放 facts 的文件内容，每行一项。
    """
    modules, facts = read(printed).values()
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in facts.items())
    head = f'"key": "{key(lesson, modules)}",\n"modules": {json.dumps(modules)}'
    return f'{{\n{head},\n"facts": {{\n{lines}\n}}\n}}\n'


def stored(lesson: Lesson) -> dict[str, Any] | None:
    """The facts that a build has stored, or None where they are not those of the code as it stands.

    构建所存的 facts；若不出自现在的代码，则为 None。
    """
    try:
        kept = json.loads((lesson.root / place(lesson, "json")).read_text(encoding="utf-8"))
        return kept["facts"] if kept["key"] == key(lesson, kept["modules"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def key(lesson: Lesson, modules: list[str]) -> str:
    """A hash of all that facts hang on: code of lesson, facts and package, data, weights they name, torch.

    facts 所依赖的一切的哈希：课文、facts 与代码包的代码，随附的数据，其中点名的权重，torch。
    """
    counted = [cell.text for cell in lesson.cells if cell.kind == "code"]
    counted.append((lesson.root / place(lesson, "py")).read_text(encoding="utf-8"))
    parts = [bare(code).encode() for code in counted]
    parts += [_bare_module(name) for name in modules if name != DRAWS and not name.startswith(f"{DRAWS}.")]
    if WEIGHTS in modules:
        named = {path: f'"{path.stem}"'.encode() for path in sorted(PACKAGE.rglob("*.safetensors"))}
        parts += [path.read_bytes() for path, name in named.items() if any(name in part for part in parts)]
    if DATA in modules:
        parts += [path.read_bytes() for path in sorted(PACKAGE.rglob("*-ubyte.gz"))]
    parts.append(torch.__version__.partition("+")[0].encode())
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


@cache
def bare(code: str) -> str:
    """Code without what computes nothing: comments, docstrings, empty lines, and texts said in English and 中文.

    去掉不参与计算的部分后的代码：注释、文档字符串、空行，以及成对的英文与中文。
    """
    lines = [line.encode() for line in code.splitlines(keepends=True)]
    for (first, begin), (last, end) in reversed(_mute(code)):
        lines[first - 1 : last] = [lines[first - 1][:begin] + lines[last - 1][end:]]
    return "\n".join(line.decode().rstrip() for line in lines if line.strip())


def _mute(code: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where the mute parts begin and end, as (line, byte) pairs."""
    found = []
    for node in _nodes(ast.parse(code)):
        texts = [text for pair in said_twice(node) for text in pair]
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            texts.append(node.body[0].value)
        found += [((text.lineno, text.col_offset), (text.end_lineno, text.end_col_offset)) for text in texts]
    lines = code.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            begin, end = (len(lines[line - 1][:column].encode()) for line, column in (token.start, token.end))
            found.append(((token.start[0], begin), (token.end[0], end)))
    return sorted(set(found))


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it, but for what stands within texts, whose places older Pythons get wrong."""
    yield tree
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.JoinedStr):
            yield from _nodes(node)


def _bare_module(name: str) -> bytes:
    place = PACKAGE.parent.joinpath(*name.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return bare(path.read_text(encoding="utf-8")).encode()
    return b""  # it has been moved or removed
