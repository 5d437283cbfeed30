"""Hold each English cell and its 中文 twin together.

让每个英文格与对应的中文格保持一致。

Each check returns messages that say what is wrong and what to do; an empty list means that all is well.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

from tools.glossary import Term, same_terms, wrong_terms
from tools.lessons import Cell
from tools.markup import heading_levels, plain, targets, tokens

HAN = r"[\u3400-\u4dbf\u4e00-\u9fff〇]"
LATIN = r"[A-Za-z0-9]"
HIDDEN = "\ue000"
NUMBER = re.compile(
    r"(?:(?<![A-Za-z0-9)\]])-)?(?<![A-Za-z_\d.])(?:\d{1,3}(?:,\d{3})+|\d+)(?![\d]|-?D\b)"
    r"(?:\.\d+)?(?:e[-+]?\d+)?(?:\s?[%％])?"
)
HALF_WIDTH = re.compile(rf"(?<={HAN})(?:[,;:?().]|!(?!\[))|(?:[,;:?()]|!(?!\[))(?={HAN})")
PICTURE = re.compile(r"\[!\[[^\]]+\]\([^)\s]+\)\]\([^)\s]+\)|!\[[^\]]+\]\([^)\s]+\)")


def check_pairs(cells: Sequence[Cell], glossary: Sequence[Term]) -> list[tuple[str, str]]:
    """Run every check on a lesson's cells; returns (key, message) pairs.

    对一课的全部格子做所有检查，返回（key, 消息）对。
    """
    found = twins(cells) + [(cell.key, message) for cell in cells for message in shared_cell(cell)]
    for en, zh in zip(cells, cells[1:], strict=False):
        if (en.lang, zh.lang) == ("en", "zh") and en.key == zh.key:
            found += [(en.key, message) for check in PAIR_CHECKS for message in check(en.text, zh.text)]
            found += [(en.key, message) for message in same_terms(en.text, zh.text, glossary)]
            found += [(en.key, message) for message in english_hash(en, zh)]
    for cell in cells:
        if cell.lang == "zh":
            found += [(cell.key, m) for m in typography(cell.text) + wrong_terms(cell.text, glossary)]
    return found


def twins(cells: Sequence[Cell]) -> list[tuple[str, str]]:
    """Every English cell is directly followed by its 中文 twin, and none stands alone.

    每个英文格之后紧跟同 key 的中文格，没有落单的。
    """
    found = []
    names = [None, *((cell.key, cell.lang) for cell in cells), None]
    for previous, (key, lang), following in zip(names, names[1:-1], names[2:], strict=False):
        if lang == "en" and following != (key, "zh"):
            found.append((key, "the English cell is not followed by its twin; put the 中文 cell right below it"))
        if lang == "zh" and previous != (key, "en"):
            found.append((key, "the 中文 cell does not follow its twin; put the English cell right above it"))
    return found


def _differences(what: str, en: list, zh: list) -> list[str]:
    missing, extra = Counter(en) - Counter(zh), Counter(zh) - Counter(en)
    found = [f"{what} only in the English: {', '.join(map(str, missing.elements()))}"] if missing else []
    found += [f"{what} only in the 中文: {', '.join(map(str, extra.elements()))}"] if extra else []
    return [f"{message}; make the two cells agree" for message in found]


def same_headings(en: str, zh: str) -> list[str]:
    """Both have headings of the same levels in the same order.

    两者标题的级数与次序相同。
    """
    levels = heading_levels(en), heading_levels(zh)
    return [] if levels[0] == levels[1] else [f"heading levels differ: {levels[0]} and {levels[1]}; make them agree"]


def same_formulas(en: str, zh: str) -> list[str]:
    """Both hold the same formulas.

    两者公式相同。
    """
    return _differences("formula", tokens(en, "formula"), tokens(zh, "formula"))


def same_code(en: str, zh: str) -> list[str]:
    """Both hold the same code spans and fenced blocks.

    两者的行内代码与代码块相同。
    """
    return _differences("code", tokens(en, "code"), tokens(zh, "code"))


def same_links(en: str, zh: str) -> list[str]:
    """Both hold the same link targets and images.

    两者的链接目标与图片相同。
    """
    return _differences("link", targets(en), targets(zh))


def numbers(text: str) -> list[str]:
    """Return the Arabic numerals of the prose: 1,000 as 1000, 4 % as 4%; not those of 2-D or x0.

    取出文字中的阿拉伯数字：1,000 记作 1000，4 % 记作 4%；2-D、x0 中的不算。
    """
    found = NUMBER.findall(plain(text).replace("−", "-"))
    return [re.sub(r"[,\s]", "", number).replace("％", "%") for number in found]


def same_numbers(en: str, zh: str) -> list[str]:
    """Both hold the same numbers.

    两者的数字相同。
    """
    return _differences("number", numbers(en), numbers(zh))


PAIR_CHECKS = (same_headings, same_formulas, same_code, same_links, same_numbers)


def digest(en: str) -> str:
    """Return the short hash of an English cell that its twin carries as `of`.

    返回英文格的短哈希，即中文格所带的 `of`。
    """
    return hashlib.sha256(" ".join(en.split()).encode()).hexdigest()[:6]


def english_hash(en: Cell, zh: Cell) -> list[str]:
    """The 中文 cell was written against the English as it stands.

    中文格对应的正是现在的英文。
    """
    if zh.of == digest(en.text):
        return []
    return [f'the English changed: read the 中文 cell against it first, then write of="{digest(en.text)}" on it']


def typography(zh: str) -> list[str]:
    """Full-width punctuation beside 汉字; a space between 汉字 and Latin; no line broken between two 汉字.

    汉字旁用全角标点；汉字与拉丁字母、数字之间留空格；不在两个汉字之间换行。
    """
    text = plain(zh, HIDDEN)
    rules = (
        (HALF_WIDTH, "half-width punctuation beside 汉字; use the full-width mark"),
        (rf"{HAN}{LATIN}|{LATIN}{HAN}", "no space between 汉字 and a Latin letter or digit; add one"),
        (rf"(?m)^(?!#).*{HAN}\n *{HAN}", "a line break between two 汉字 shows as a gap; break after punctuation"),
    )
    found = []
    for pattern, message in rules:
        for match in re.finditer(pattern, text):
            around = text[max(match.end() - 8, 0) : match.end() + 6].replace(HIDDEN, "…").replace("\n", "⏎")
            found.append(f"{message}: {around}")
    return found


def shared_cell(cell: Cell) -> list[str]:
    """A cell of both languages holds only pictures and headings, which say both: English · 中文.

    两种语言共用的格子只放图片和标题，标题两种语言都写：English · 中文。
    """
    if cell.kind != "markdown" or cell.lang:
        return []
    found = []
    for heading in re.findall(r"^#{1,6}\s+(.*)$", cell.text, re.MULTILINE):
        parts = heading.split(" · ")
        english = any(re.search("[A-Za-z]", part) and not re.search(HAN, part) for part in parts)
        if not english or not any(re.search(HAN, part) for part in parts):
            found.append(f"the heading must say both, English · 中文: {heading}")
    if PICTURE.sub("", re.sub(r"^#{1,6}\s.*$", "", cell.text, flags=re.MULTILINE)).strip():
        found.append('a cell without lang holds prose; make it a pair, lang="en" and lang="zh"')
    return found
