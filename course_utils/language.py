"""Which language the course speaks: English, 中文, or both.

课程说哪种语言：English、中文，或两者。
"""

import sys
from contextlib import suppress
from html import escape

Said = tuple[str, str]  # (English, 中文)
LANGUAGES = ("both", "en", "zh")
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


def set_language(language: str) -> None:
    """Let widgets, checks and errors speak "en", "zh" or "both" from now on.

    从此让控件、检查与报错使用 "en"、"zh" 或 "both"（两种都用）。

    Raises: CourseError for any other language; the language then stays as it was.
    """
    global _speaking
    if language not in LANGUAGES:
        names = ", ".join(f'"{name}"' for name in LANGUAGES)
        raise CourseError(
            f"The course does not speak {language!r}. Choose one of {names}.",
            f"本课程不支持语言 {language!r}。请从 {names} 中选择。",
        )
    _speaking = language


def choose(en: str, zh: str, between: str = "\n") -> str:
    """Return the text in the language that is set; with "both", the two joined by `between`.

    返回当前语言的文本；设为 "both" 时返回两者，以 `between` 相连。
    """
    return {"en": en, "zh": zh, "both": f"{en}{between}{zh}"}[_speaking]


def say(en: str, zh: str, *, stored: bool = True) -> None:
    """Show Markdown text in the language that is set: in a notebook as its own output, elsewhere as print.

    用当前语言显示一段 Markdown：在 notebook 中是单独的输出，在别处则打印。

    Both texts travel in the output's metadata, so that the build can give each view its own. A text that varies
    from run to run (a timing, free memory) says `stored=False`, and the build leaves it out of the stored page.
    """
    _put(choose(en, zh, between="\n\n"), spoken(en, zh, stored=stored))


def show(markdown: str) -> None:
    """Show Markdown that needs no translation, such as code. 显示无需翻译的 Markdown，例如代码。"""
    _put(markdown, {})


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
    words = {"en": en, "zh": zh, "both": f"{en}\n\n{zh}" if en != zh else en}[language]
    title = {"en": "Answer", "zh": "答案", "both": "Answer · 答案"}[language]
    alt = escape({"en": alt_en, "zh": alt_zh, "both": f"{alt_en} · {alt_zh}"}[language])
    image = f'<img alt="{alt}" src="{picture}">' if picture else ""
    inside = "\n\n".join(filter(None, (words, image)))
    return f"\n\n<details><summary>{title}</summary>\n\n{inside}\n\n</details>"


def _put(text: str, metadata: dict) -> None:
    with suppress(ImportError):
        from IPython import get_ipython
        from IPython.display import display

        if get_ipython() is not None:
            display({"text/plain": text, "text/markdown": text}, raw=True, metadata=metadata)
            return
    try:
        print(text)
    except UnicodeEncodeError:  # a console that has no 汉字, or no ᾱ: what it cannot show is replaced
        encoding = sys.stdout.encoding
        print(text.encode(encoding, "replace").decode(encoding))
