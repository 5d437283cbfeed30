"""Keep the tables of lessons in README.md and README.zh.md.

维护 README.md 与 README.zh.md 中的课程表。
"""

from pathlib import Path

from tools.lessons import BuildError, Lesson, read_settings

BEGIN, END = "<!-- lessons -->", "<!-- /lessons -->"
READMES = {"en": "README.md", "zh": "README.zh.md"}
HEADS = {
    "en": ("Lesson", "English", "Bilingual", "Colab", "Minutes of learning", "Minutes on 2 CPU cores"),
    "zh": ("课", "中文", "双语对照", "Colab", "学习（分钟）", "双核 CPU 用时（分钟）"),
}


def table(lessons: list[Lesson], language: str) -> str:
    """Return the table of lessons in one language.

    返回一种语言的课程表。
    """
    rows = [HEADS[language], ("---",) * 6]
    for lesson in lessons:
        number, *titles = lesson.title
        title = dict(zip(("en", "zh"), titles, strict=True))[language]
        address = read_settings(lesson.root).colab(lesson.view(language))
        links = f"[{title}]({lesson.view(language)})", f"[English + 中文]({lesson.view('both')})"
        badge = f"[![Colab](images/badge-colab.svg)]({address})"
        rows.append((number, *links, badge, f"{lesson.learning:g}", f"{lesson.minutes:g}"))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def spliced(lessons: list[Lesson], root: Path, language: str) -> str:
    """Return a README's text with its table made anew; raises BuildError where there is no place for it.

    返回课程表更新后的 README 全文；找不到表格位置时抛出 BuildError。
    """
    path = root / READMES[language]
    if not path.is_file():
        raise BuildError([f"{path.name} is missing; write it, with the lines {BEGIN} and {END}"])
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise BuildError([f"{path.name} has no lines {BEGIN} and {END}; put them where the lessons' table belongs"])
    return f"{before}{BEGIN}\n{table(lessons, language)}\n{END}{after}"


def table_faults(lessons: list[Lesson], root: Path) -> list[str]:
    """Say which README's table is not current.

    指出哪份 README 的课程表已过时。
    """
    found = []
    for language, name in READMES.items():
        try:
            if spliced(lessons, root, language) != (root / name).read_text(encoding="utf-8"):
                found.append(f"{name}: the lessons' table is old; run python tools/build_notebooks.py --text")
        except BuildError as error:
            found += error.messages
    return found
