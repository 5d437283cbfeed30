"""Read the glossary, and hold the words of a pair to it.

读取术语表，并据此检查成对格子的用词。
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.lessons import BuildError
from tools.markup import plain


@dataclass(frozen=True)
class Term:
    """A row of the glossary: English forms, 中文 renderings (one suffices), wrong renderings.

    术语表的一行：英文各形、中文译法（有其一即可）、不用的译法。
    """

    forms: tuple[str, ...]
    renderings: tuple[str, ...]
    wrong: tuple[str, ...]


def read_glossary(path: Path) -> list[Term]:
    """Read the table of notebooks/GLOSSARY.md; raises BuildError where it is missing or a row is not of four cells.

    读取 notebooks/GLOSSARY.md 中的表格；文件缺失或某行不是四格时抛出 BuildError。
    """
    if not path.is_file():
        raise BuildError([f"notebooks/{path.name} is missing; it fixes the terms of both languages"])
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [[part.strip() for part in line[1:-1].split("|")] for line in lines if line.startswith("|")][2:]
    wrong_rows = [f"notebooks/{path.name}: a row needs four cells: {row}" for row in rows if len(row) != 4]
    if wrong_rows or not rows:
        raise BuildError(wrong_rows or [f"notebooks/{path.name} has no table | English | 中文 | not | note |"])
    return [
        Term(tuple(en.split(", ")), tuple(zh.split("、")), () if wrong == "—" else tuple(wrong.split("、")))
        for en, zh, wrong, _ in rows
    ]


def _pattern(form: str) -> str:
    return r"\b" + re.escape(form).replace("isation", "i[sz]ation").replace(r"\ ", r"\s+") + r"(?:e?s)?\b"


def same_terms(en: str, zh: str, glossary: Sequence[Term]) -> list[str]:
    """Where the English uses a term, the 中文 uses its rendering; longer terms are taken first.

    英文用到的术语，中文须用相应译法；长的术语先取。

    The title of a paper that both cite as it stands, as the text of a link, is left alone.
    """
    for title in re.findall(r"\[([^\]\n]+)\]\(", en):
        if f"[{title}](" in zh:
            en = en.replace(f"[{title}](", "[](")
    found, rest, translated = [], plain(en), plain(zh)
    forms = sorted(((form, term) for term in glossary for form in term.forms), key=lambda pair: -len(pair[0]))
    for form, term in forms:
        rest, count = re.subn(_pattern(form), " ", rest, flags=re.IGNORECASE)
        if count and not any(rendering in translated for rendering in term.renderings):
            found.append(f'"{form}" is {" or ".join(term.renderings)} in the glossary; use it in the 中文 cell')
    return found


def wrong_terms(zh: str, glossary: Sequence[Term]) -> list[str]:
    """The 中文 uses no rendering that the glossary rules out.

    中文不用术语表排除的译法。
    """
    text = plain(zh)
    words = [(word, term.renderings[0]) for term in glossary for word in term.wrong if word in text]
    return [f"the glossary rules out {word}; write {right}" for word, right in words]
