"""Collect the 中文 of a package's code, without importing it, and hold it to what the pages' 中文 is held to.

不导入任何代码，收集包中的全部中文，并按课文中文的标准来检查。
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tools.glossary import Term, same_terms, wrong_terms
from tools.pair_checks import HAN, HIDDEN, numbers, same_code, same_formulas, same_numbers, typography

LABEL = 24  # an English text of fewer characters is a label or a menu's entry, not a sentence
SMALL = {"0": "no|zero", "1": "one|once", "2": "two|twice|half|halves", "3": "three|thrice|third", "4": "four|quarter"}
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
GAP = re.compile(rf"(?<={HAN})\n *(?={HAN})")


@dataclass(frozen=True)
class Words:
    """A text of the code: where it stands, its 中文, its English twin if it has one, the values put into both.

    代码中的一段文字：所在的行、中文、对应的英文（若有），以及填入两者的值。
    """

    line: int
    zh: str
    en: str | None = None
    docstring: bool = False
    values: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


def collect(source: str) -> list[Words]:
    """Return every text with 汉字 in a module's source, comments left out, in the order of the lines.

    按行的次序返回一个模块源码中所有带汉字的文字，注释除外。

    Two texts are twins where the second follows the first in a call, a tuple or a list, where they are the values of
    "en" and "zh" in a dictionary, or where they are given to the names en and zh. A docstring is taken whole.
    """
    nodes, found = list(ast.walk(ast.parse(source))), {}
    docstrings = [node.body[0].value for node in nodes if isinstance(node, DOCUMENTED) and ast.get_docstring(node)]
    for node in docstrings:
        found[node.lineno, node.col_offset] = Words(node.lineno, node.value, docstring=True)
    taken = {id(node) for node in docstrings}
    for en, zh in (pair for node in nodes for pair in said_twice(node)):
        taken |= {id(node) for node in ast.walk(zh)}
        words = Words(zh.lineno, _text(zh), _text(en), values=(_values(en), _values(zh)))
        found[zh.lineno, zh.col_offset] = words
    for node in nodes:
        if _is_text(node) and id(node) not in taken:
            taken |= {id(part) for part in ast.walk(node)}
            found[node.lineno, node.col_offset] = Words(node.lineno, _text(node))
    return sorted((words for words in found.values() if re.search(HAN, words.zh)), key=lambda words: words.line)


def faults(words: Words, glossary: Sequence[Term]) -> list[str]:
    """Say what is wrong with one text; an empty list means that all is well.

    指出一段文字的错误；空列表表示没有问题。

    A docstring's lines are not joined on any page, so they may break between two 汉字; its two languages need not say
    the same, and its English may name 中文. A label is too short to name what stands around it, so the glossary does
    not ask for its terms.
    """
    zh = GAP.sub("", words.zh).replace(" 中文,", " Chinese,") if words.docstring else words.zh
    found = typography(zh) + wrong_terms(zh, glossary)
    if words.en is None or words.docstring:
        return found
    checks = same_formulas, same_code, _numbers_faults
    found += [message for check in checks for message in check(words.en, words.zh)]
    if len(words.en) >= LABEL:
        found += same_terms(words.en, words.zh, glossary)
    en, zh = map(Counter, words.values)
    if en != zh:
        apart = ", ".join(sorted({*(en - zh), *(zh - en)}))
        found.append(f"not the same values are put into both: {apart}; make the two texts agree")
    return found


def package_faults(package: Path, glossary: Sequence[Term]) -> list[str]:
    """Check every module below `package`; returns messages that begin with file:line.

    检查 `package` 之下的每个模块；返回以“文件:行”开头的消息。
    """
    found = []
    for path in sorted(package.rglob("*.py")):
        where = path.relative_to(package.parent).as_posix()
        source = path.read_text(encoding="utf-8")
        for words in collect(source):
            found += [f"{where}:{words.line}: {message}" for message in faults(words, glossary)]
        found += [f"{where}:{line}: {message}" for line, message in names_in_one_language(source)]
    return found


def names_in_one_language(source: str) -> Iterator[tuple[int, str]]:
    """Words, and not the name of an argument, by which a gate (check_...) is told in one language what it is given.

    交给关口（check_...）、用来称呼输入的话，若不是参数名、又只有一种语言，就在此列出。

    Both its messages begin with them, so that the English would stand in the 中文 one.
    """
    for node in ast.walk(ast.parse(source)):
        called = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
        if called.startswith("check_") or called == "numbers":
            for given in filter(_is_text, node.args[:1]):
                if " " in _text(given):
                    yield given.lineno, f"a name in one language: {_text(given)!r}; give (English, 中文)"


def said_twice(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The pairs of texts, English and 中文, that a node of the code holds side by side.

    代码的一个节点中并排放着的成对文字：英文与中文。
    """
    if isinstance(node, ast.Dict):
        items = zip(node.keys, node.values, strict=True)
        by_key = {key.value: value for key, value in items if isinstance(key, ast.Constant)}
        together = [by_key[name] for name in ("en", "zh") if name in by_key]
    elif isinstance(node, ast.Call):
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        together = [*node.args, *(named[name] for name in ("en", "zh") if name in named)]
    else:
        together = getattr(node, "elts", [])
    for en, zh in pairwise(together):
        if _is_text(en) and _is_text(zh) and re.search(HAN, _text(zh)) and not re.search(HAN, _text(en)):
            yield en, zh


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or isinstance(node, ast.Constant) and isinstance(node.value, str)


def _text(node: ast.expr) -> str:
    """The text, with a mark in the place of each value that is put into it."""
    if isinstance(node, ast.Constant):
        return node.value
    return "".join(HIDDEN if isinstance(part, ast.FormattedValue) else part.value for part in node.values)


def _values(node: ast.expr) -> tuple[str, ...]:
    """What is put into the text, by the names in it: how it is written may differ, as ", " and "、" do."""
    values = [part.value for part in getattr(node, "values", ()) if isinstance(part, ast.FormattedValue)]
    names = ([inner.id for inner in ast.walk(value) if isinstance(inner, ast.Name)] for value in values)
    return tuple(" ".join(sorted(re.sub(r"(^|_)(en|zh)$", "", name) for name in of_one)) for of_one in names)


def _numbers_faults(en: str, zh: str) -> list[str]:
    """As for a pair of cells, but "four times" may be 4 倍, and "one too small" 小了 1: such texts are short."""
    more = (Counter(numbers(zh)) - Counter(numbers(en))).elements()
    written = [figure for figure in more if figure in SMALL and re.search(rf"\b({SMALL[figure]})\b", en)]
    return same_numbers(f"{en} {' '.join(written)}", zh)
