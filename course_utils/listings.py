"""Code as a page shows it: the file it stands in, docstrings cut to their first lines, messages of errors left out.

页面上显示的代码：注明所在文件，文档字符串只留首行，报错的文字从略。
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

from course_utils.gates.saying import in_words
from course_utils.language import CourseError

PACKAGE = Path(__file__).parent
DOCUMENTED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Place = tuple[int, int]  # line, byte
HAN = re.compile("[\u4e00-\u9fff]")


def listing(thing: Callable, language: str = "both") -> str:
    """The code of a function or class, which runs as it stands here; its docstrings in "en", "zh" or "both".

    函数或类的代码，照此即可运行；文档字符串为 "en"、"zh" 或 "both"（两种都有）。

    `...` stands for what is said in two languages, by a CourseError or aloud, and a docstring for its first line in
    each.
    Raises: CourseError for what has no code in Python: a number, a name in quotation marks, a function of torch in C.
    """
    try:
        code, file = dedent(inspect.getsource(thing)).strip(), Path(inspect.getsourcefile(thing) or "")
    except (TypeError, OSError):
        what = getattr(thing, "__name__", None) or in_words(thing)
        raise CourseError(
            f"There is no Python code of {what} to be shown. Give a function or a class itself, without quotation "
            "marks and brackets: show_source(forward_jump).",
            f"{what} 没有可以显示的 Python 代码。请给函数或类本身，不加引号，也不加括号：show_source(forward_jump)。",
        ) from None
    tree = ast.parse(code)
    lines = [line.encode() for line in code.splitlines()]
    for (first, begin), (last, end), text in sorted(_cuts(tree, language), reverse=True):
        lines[first - 1 : last] = [lines[first - 1][:begin] + text.encode() + lines[last - 1][end:]]
    if file.is_relative_to(PACKAGE):
        lines.insert(0, f"# {file.relative_to(PACKAGE.parent).as_posix()}".encode())
    return b"\n".join(lines).decode()


def _cuts(tree: ast.AST, language: str) -> Iterator[tuple[Place, Place, str]]:
    """Where each part to be cut begins and ends, and what stands for it."""
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and (said := ast.get_docstring(node)):
            text = node.body[0]
            yield *_ends(text), _first_lines(said, language, " " * text.col_offset)
        match node:
            case ast.Call(func=ast.Name("CourseError" | "say"), args=[_, _]):
                yield (node.func.end_lineno, node.func.end_col_offset), _ends(node)[1], "(...)"


def _ends(node: ast.AST) -> tuple[Place, Place]:
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _first_lines(docstring: str, language: str, indent: str) -> str:
    """A docstring of the first line, in English, and of the first in 中文, from one line where both stand in it."""
    en, *rest = docstring.splitlines()
    zh = next((line for line in rest[1:2] if HAN.search(line)), en)
    if zh == en and language != "both" and (first := HAN.search(en)):
        english = en.rfind(". ", 0, first.start()) + 1
        en, zh = en[:english] or en, en[english:].strip()
    lines = {"en": en, "zh": zh}.get(language, en if zh == en else f"{en}\n{indent}{zh}")
    return f'{"r" if chr(92) in lines else ""}"""{lines}"""'
