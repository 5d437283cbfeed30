"""Which language the course speaks: English, 中文, or both.

课程说哪种语言：English、中文，或两者。
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path
from traceback import extract_tb

Said = tuple[str, str]  # (English, 中文)
LANGUAGES = ("both", "en", "zh")
DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
UNSEEN = "display: block; height: 1px"
_speaking = "both"


class CourseError(ValueError):
    """An error that says in both languages what was given, what was expected and what to do.

    用两种语言说明的错误：给了什么、应当是什么、该怎么办。

    `en` and `zh` hold the two texts; `str(error)` is the text in the language that is set.
    """

    def __init__(self, en: str, zh: str):
        super().__init__(en, zh)
        self.en, self.zh = en, zh

    def __str__(self) -> str:
        return choose(self.en, self.zh)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it: the reader's own line and the message, without the library's lines above it."""
        lines = [f"{type(self).__name__}: {self}"]
        theirs = [frame for frame in extract_tb(self.__traceback__) if not _in_a_library(frame.filename)]
        return [f"→ {theirs[-1].lineno}: {theirs[-1].line}", *lines] if theirs else lines


def set_language(language: str) -> None:
    """Let widgets, checks and errors speak "en", "zh" or "both" from now on.

    从此让控件、检查与报错使用 "en"、"zh" 或 "both"（两种都用）。

    Raises: CourseError for any other language; the language then stays as it was.
    """
    global _speaking
    _speaking = _checked(language)


@contextmanager
def language_kept() -> Iterator[None]:
    """Whatever language is set within the block, after it the one from before is. 块内随意设置语言，之后恢复原来的。"""
    before = _speaking
    try:
        yield
    finally:
        set_language(before)


def choose(en: str, zh: str, between: str = "\n") -> str:
    """Return the text in the language that is set; with "both", the two joined by `between`.

    返回当前语言的文本；设为 "both" 时返回两者，以 `between` 相连。
    """
    return {"en": en, "zh": zh, "both": f"{en}{between}{zh}"}[_speaking]


def brief(en: str, zh: str) -> str:
    """The text for a place with room for one alone, such as a slider's label: 中文 if that is set, else English.

    只放得下一种文字的地方（例如滑块的标签）所用的文本：设为中文时用中文，否则用英文。
    """
    return zh if _speaking == "zh" else en


def say(en: str, zh: str, *, stored: bool = True) -> None:
    """Show Markdown text in the language that is set: in a notebook as its own output, elsewhere as print.

    用当前语言显示一段 Markdown：在 notebook 中是单独的输出，在别处则打印。

    Both texts travel in the output's metadata, so that the build can give each view its own. A text that varies
    from run to run (a timing, free memory) says `stored=False`, and the build leaves it out of the stored page.
    Raises: CourseError for what is no text.
    """
    _check_texts(en, zh)
    _put(choose(en, zh, between="\n\n"), paragraphs(en, zh), spoken(en, zh, stored=stored))


def show(markdown: str | dict[str, str]) -> None:
    """Show Markdown that needs no translation, such as code, or one of three texts: by "both", "en" and "zh".

    显示无需翻译的 Markdown，例如代码；也可给出 "both"、"en"、"zh" 三种文本，按当前语言显示其一。

    Raises: CourseError for anything else.
    """
    texts = markdown if isinstance(markdown, dict) else {}
    _check_texts(*([texts.get(name) for name in LANGUAGES] if texts else [markdown]))
    text = texts.get(_speaking, markdown)
    _put(text, text, {"course": texts | {"stored": True}} if texts else {})


def say_in_lines(lines: Sequence[Said]) -> None:
    """Show a list in the language that is set; with "both", a line says both, or one where they are the same.

    用当前语言显示一个列表；设为 "both" 时，一行里两种语言都说，相同的只说一次。

    Raises: CourseError for lines that are no pairs of texts.
    """
    pairs = isinstance(lines, list | tuple) and all(isinstance(line, tuple) and len(line) == 2 for line in lines)
    _check_texts(*(text for line in lines for text in line) if pairs else [lines])
    apart = {name: [f"- {line[i]}" for line in lines] for i, name in enumerate(("en", "zh"))}
    plain, marked = (
        ["- " + (en if en == zh else f"{en} · {before}{zh}{after}") for en, zh in lines]
        for before, after in (("", ""), ('<span lang="zh">', "</span>"))
    )
    texts = {"en": "\n".join(apart["en"]), "zh": in_chinese("\n".join(apart["zh"])), "both": "\n".join(marked)}
    _put("\n".join((apart | {"both": plain})[_speaking]), texts[_speaking], {"course": texts | {"stored": True}})


def paragraphs(en: str, zh: str, language: str | None = None) -> str:
    """Markdown in the language that is set, unless another is named; what is 中文 is marked so.

    当前语言（可另指定）的 Markdown；其中的中文带有语言标记。
    """
    return {"en": en, "zh": in_chinese(zh), "both": f"{en}\n\n{in_chinese(zh)}"}[_checked(language or _speaking)]


def in_chinese(markdown: str) -> str:
    """Markdown, marked as 中文, so that a page reads it out as such.

    标明语言为中文的 Markdown，使页面能照中文朗读。
    """
    return f'<div lang="zh">\n\n{markdown}\n\n</div>'


def heard(en: str, zh: str, language: str | None = None) -> dict:
    """What a picture shows, as an output that is heard and not seen: a dot whose alternative text it is.

    图中的内容，作成一份听得到、看不见的输出：一个以它为替代文字的小点。

    Front ends drop the alternative text of a picture's own output, and what they clean spares images.
    In the language that is set, unless another is named.
    """
    language = language or _speaking
    said = [(name, text) for name, text in (("en", en), ("zh", zh)) if language in (name, "both")]
    dots = [f'<img lang="{name}" alt="{escape(text)}" src="{DOT}" style="{UNSEEN}">' for name, text in said]
    return {"text/plain": "", "text/html": "".join(dots)}


def spoken(en: str, zh: str, *, stored: bool = True) -> dict:
    """The metadata of an output that speaks: both texts, and whether the build stores it.

    会说话的输出所带的元数据：两种文本，以及构建时是否存入页面。
    """
    return {"course": {"en": en, "zh": zh, "stored": stored}}


def folded(
    en: str, zh: str, picture: str = "", *, alt_en: str = "", alt_zh: str = "", language: str | None = None
) -> str:
    """Markdown that a page shows folded away: an answer in words, and a picture (a data: address) below it, if any.

    折叠起来的一段 Markdown：用文字写的答案，下面可以有一幅图（data: 地址）。

    In the language that is set, unless another is named. What is the same in both languages stands there once.
    """
    language = language or _speaking
    words = paragraphs(en, zh, language) if en != zh else en
    title = {"en": "Answer", "zh": "答案", "both": "Answer · 答案"}[language]
    alt = escape({"en": alt_en, "zh": alt_zh, "both": f"{alt_en} · {alt_zh}"}[language])
    image = f'<img alt="{alt}" src="{picture}">' if picture else ""
    inside = "\n\n".join(filter(None, (words, image)))
    return f"\n\n<details><summary>{title}</summary>\n\n{inside}\n\n</details>"


def _checked(language: str) -> str:
    if language not in LANGUAGES:
        names = ", ".join(f'"{name}"' for name in LANGUAGES)
        raise CourseError(
            f"The course does not speak {language!r:.60}. Choose one of {names}.",
            f"本课程不支持语言 {language!r:.60}。请从 {names} 中选择。",
        )
    return language


def _check_texts(*texts: str) -> None:
    for text in texts:
        if not isinstance(text, str):
            raise CourseError(
                f"What is to be said is {text!r:.60}. Give it as text, once in each language: say(en, zh).",
                f"要说的是 {text!r:.60}。请给文字，两种语言各一段：say(en, zh)。",
            )


def _put(text: str, markdown: str, metadata: dict) -> None:
    with suppress(ImportError):
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is not None:
            display({"text/plain": text, "text/markdown": markdown}, raw=True, metadata=metadata)
            return
    try:
        print(text)
    except UnicodeEncodeError:  # a console that has no 汉字, or no ᾱ: what it cannot show is replaced
        encoding = sys.stdout.encoding
        print(text.encode(encoding, "replace").decode(encoding))


def _in_a_library(file: str) -> bool:
    """Is it a file of this package or of an installed one, not a cell or a file of the reader's?"""
    return Path(file).is_relative_to(Path(__file__).parent) or "site-packages" in file or "dist-packages" in file
