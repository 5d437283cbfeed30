"""Tell prose from code, formulas and links in a Markdown text.

在一段 Markdown 中区分文字、代码、公式与链接。
"""

import re

TOKEN = re.compile(
    r"""
    (?P<code>^[ \t]*(?P<fence>```+|~~~+)[^\n]*\n.*?^[ \t]*(?P=fence)[ \t]*$
        | (?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))
  | (?P<formula>\$\$.+?\$\$
        | \\begin\{(?P<env>\w+\*?)\}.+?\\end\{(?P=env)\}
        | \$(?!\s)(?:\\.|[^$\\\n]|\n(?![ \t]*\n))+?(?<!\s)\$)
  | (?P<link>\]\((?P<target>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+"[^"]*")?\)
        | <?(?P<address>https?://[!-=?-~]*[A-Za-z0-9_/])>?)
  | (?P<tag></?[A-Za-z][^>\n]*>)
  | (?P<escape>\\.)
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
ATTRIBUTE = re.compile(r'\b(src|href)="([^"]*)"')
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|#|/|$")
BREAK = re.compile(r"(?<=[，。、：；！？）”])\n(?!\s|\$\$|#|>|\||[-*+] |\d+\. |```)")
LESSON = re.compile(r"\d\d_\w+\.ipynb")


def plain(text: str, blank: str = " ") -> str:
    """Return the prose alone, each token replaced by `blank`, without the marks of emphasis.

    只留文字：其余成分各以 `blank` 代替，并去掉强调记号。
    """
    return TOKEN.sub(blank, text).replace("*", "")


def tokens(text: str, kind: str) -> list[str]:
    """Return all "code" or "formula" tokens, with runs of white space collapsed.

    取出所有 "code" 或 "formula" 成分，连续空白并为一个空格。
    """
    return [" ".join(match[kind].split()) for match in TOKEN.finditer(text) if match[kind]]


def targets(text: str) -> list[str]:
    """Return where all links and images point to.

    取出所有链接与图片的目标。
    """
    found = []
    for match in TOKEN.finditer(text):
        if match["link"]:
            found.append(match["address"] or match["target"])
        elif match["tag"]:
            found += [target for _, target in ATTRIBUTE.findall(match["tag"])]
    return found


def heading_levels(text: str) -> list[int]:
    """Return the levels of the headings, in order.

    依次返回各级标题的级数。
    """
    return [len(marks) for marks in re.findall(r"^(#{1,6})\s", TOKEN.sub(" ", text), re.MULTILINE)]


def unbroken(text: str) -> str:
    """Join the lines of a 中文 paragraph: a page would show each break as a gap.

    把 中文 段落的各行接起来：否则页面会把每个换行显示成空隙。
    """
    return BREAK.sub("", text)


def deeper(text: str) -> str:
    """Rewrite relative links for a file one folder deeper; other lessons have their view beside it.

    把相对链接改写为深一层文件夹所用；其他各课在同一层有对应视图，不改。
    """

    def moved(target: str) -> str:
        return target if ELSEWHERE.match(target) or LESSON.match(target) else f"../{target}"

    def rewrite(match: re.Match) -> str:
        if match["tag"]:
            return ATTRIBUTE.sub(lambda found: f'{found[1]}="{moved(found[2])}"', match[0])
        if match["target"]:
            return "](" + moved(match["target"]) + match[0][2 + len(match["target"]) :]
        return match[0]

    return TOKEN.sub(rewrite, text)
