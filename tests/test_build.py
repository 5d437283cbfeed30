"""A small course is built once, really, and its three views are what its source says.

真正构建一次小课程；三种视图与其源文件相符。
"""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_output

from course_utils.exercises import lesson_00
from tools.build_notebooks import build, main, write_solved
from tools.lessons import FOLDERS, METADATA, read_lesson, unexecuted
from tools.markup import deeper, unbroken
from tools.outputs import clean

TESTS = Path(__file__).parent
NAME = "00_first_light"
ENGLISH = "See [the glossary](GLOSSARY.md), [lesson 1](01_next.ipynb) and `a[b](c)`: $x_0$ has 4 rows."


def copy_course(root: Path) -> Path:
    shutil.copytree(TESTS / "small_course", root, dirs_exist_ok=True)
    shutil.copy(TESTS.parent / "notebooks/GLOSSARY.md", root / "notebooks")
    return root


def stored_bytes(root: Path) -> dict[str, bytes]:
    paths = [*root.glob("notebooks/**/*.ipynb"), *root.glob("notebooks/**/*.json"), *root.glob("README*")]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    root = copy_course(tmp_path_factory.mktemp("course"))
    build(root, [NAME])
    return root


@pytest.fixture(scope="module")
def views(built) -> dict[str, nbformat.NotebookNode]:
    return {language: nbformat.read(built / f"{FOLDERS[language]}/{NAME}.ipynb", 4) for language in FOLDERS}


def cell(view, key):
    return next(cell for cell in view.cells if cell.id == key)


def test_the_views_are_valid_and_hold_their_language(views):
    for view in views.values():
        nbformat.validate(view)
    ids = {language: [cell.id for cell in view.cells] for language, view in views.items()}
    assert ids["both"] == ["head", "setup", "rows-en", "rows-zh", "look", "words", "slider", "double"]
    assert ids["en"] == [name for name in ids["both"] if name != "rows-zh"]
    assert ids["zh"] == [name for name in ids["both"] if name != "rows-en"]


def test_code_is_the_same_but_for_the_one_language_line(views):
    for language in ("en", "zh"):
        mine, both = [
            "\n".join(cell.source for cell in view.cells if cell.cell_type == "code").splitlines()
            for view in (views[language], views["both"])
        ]
        differing = [pair for pair in zip(mine, both, strict=True) if pair[0] != pair[1]]
        assert differing == [(f'LANGUAGE = "{language}"', 'LANGUAGE = "both"')]
    assert 'SOURCE = "some-name/course", "v0.1.0"' in cell(views["zh"], "setup").source


def test_each_view_speaks_its_language(views):
    for language, line in (("en", "four"), ("zh", "四"), ("both", "four · 四")):
        paragraphs = line.replace(" · ", "\n\n")
        marked = paragraphs.replace("四", '<div lang="zh">\n\n四\n\n</div>')
        (said,) = cell(views[language], "words").outputs
        assert said.data == {"text/plain": paragraphs, "text/markdown": marked}
        label, still = cell(views[language], "slider").outputs
        heard = re.findall('<img lang="(..)" alt="([^"]*)" src="data:image/gif;base64,', label.data["text/html"])
        assert label.data["text/plain"] == "" and [text for _, text in heard] == line.split(" · ")
        assert {"four": "en", "四": "zh"}.items() >= {(text, name) for name, text in heard}
        assert set(still.data) == {"text/plain", "image/png"} and still.data["text/plain"] == line
        assert still.metadata["image/png"]["alt"] == line
        assert ("course" in still.metadata) == ("course" in said.metadata) == (language == "both")


def test_what_varies_is_stripped(views):
    for language, view in views.items():
        assert view.metadata == METADATA  # that JupyterLab leaves it so is seen in test_browser.py
        assert {name for cell in view.cells for name in cell.metadata} <= {"tags", "lang", "jupyter"}
        code = [cell for cell in view.cells if cell.cell_type == "code"]
        assert [cell.execution_count for cell in code] == [1, 2, 3, 4], language
        assert cell(view, "double").outputs == [new_output("stream", name="stdout", text="a\nb\n")]


def test_progress_text_and_stream_pieces_are_merged():
    pieces = [new_output("stream", name="stdout", text=text) for text in ("a\n 1%\r", " 99%\r100%\n", "b\r\n")]
    assert [output.text for output in clean(pieces)] == ["a\n100%\nb\r\n"]


def test_the_head_links_to_colab_and_the_other_views_in_words_that_load_everywhere(views):
    address = "https://colab.research.google.com/github/some-name/course/blob/v0.1.0/"
    both, en, zh = (cell(views[language], "head").source.split("\n\n") for language in ("both", "en", "zh"))
    colab, others = f"[▶ Colab]({address}notebooks/", f"[English](en/{NAME}.ipynb) | [中文](zh/{NAME}.ipynb)"
    assert both[1] == f"{colab}{NAME}.ipynb) | {others}"
    assert en[1] == f"{colab}en/{NAME}.ipynb) | [English · 中文](../{NAME}.ipynb) | [中文](../zh/{NAME}.ipynb)"
    assert zh[1] == f"{colab}zh/{NAME}.ipynb) | [English](../en/{NAME}.ipynb) | [English · 中文](../{NAME}.ipynb)"
    assert "![" not in "".join(both + en + zh)


def test_the_head_says_the_minutes_of_learning_and_of_computing_in_its_language(views):
    both, en, zh = (cell(views[language], "head").source for language in ("both", "en", "zh"))
    for text, here in (
        ("About 4 minutes of reading and trying.", (both, en)),
        ("约 4 分钟；全部", (both, zh)),
    ):
        assert [text in head for head in (both, en, zh)] == [head in here for head in (both, en, zh)]
    assert "about 1.5 min on a 2-core CPU" in en and "约 1.5 分钟" in zh


def test_headings_are_in_one_language_and_the_map_leads_to_them(views):
    marked = '<span lang="zh">看</span>'
    for language, title in (("both", f"Look · {marked}"), ("en", "Look"), ("zh", marked)):
        assert cell(views[language], "look").source.startswith(f'## 1 · {title} <a id="look"></a>\n\n![')
        assert f"\n\n1. [{title}](#look)" in cell(views[language], "head").source
    assert cell(views["en"], "head").source.startswith("# 00 · First light\n\n")
    assert cell(views["zh"], "head").source.startswith('# 00 · <span lang="zh">第一缕光</span>\n\n')


def test_the_map_marks_what_a_short_class_may_leave_out(built):
    lesson = replace(read_lesson(built / f"notebooks/source/{NAME}.py"), leave_out=("look",))
    for language, said in (("en", "A class of 50 minutes may"), ("zh", "50 分钟的课可以略去")):
        head = cell(unexecuted(lesson, language), "head").source
        assert re.search(r"\n\n1\. \[.*\]\(#look\) ○\n\n", head) and head.count("○") == 2 and said in head
    assert "○" not in cell(unexecuted(replace(lesson, leave_out=()), "both"), "head").source


def test_links_are_one_level_deeper(views):
    assert cell(views["both"], "rows-en").source == ENGLISH
    assert cell(views["both"], "rows-zh").source.startswith('<div lang="zh">\n\n见[术语表](GLOSSARY.md)')
    assert cell(views["zh"], "rows-zh").source.endswith("有 4 行。\n\n</div>")
    assert cell(views["en"], "rows-en").source == ENGLISH.replace("(GLOSSARY", "(../GLOSSARY")
    assert "(../../images/rows.png)" in cell(views["zh"], "look").source
    same = "[a](https://b.org) [c](#d) `[e](f)` <a href='/g'>"
    assert deeper(same) == same and deeper('<img src="a.png">') == '<img src="../a.png">'


def test_chinese_paragraphs_have_no_gaps_where_a_line_broke():
    assert unbroken("前一行，\n后一行。\n\n- 一项；\n- 二项，\n$$x$$\n*斜体*，\n*斜体*") == (
        "前一行，后一行。\n\n- 一项；\n- 二项，\n$$x$$\n*斜体*，*斜体*"
    )


def twice(x):
    """What the build puts into the toy's exercise. 构建填入小课程练习的内容。"""
    y = x + x
    return y


def test_stubs_are_blank_and_solved_runs(built, views, tmp_path, monkeypatch):
    assert cell(views["both"], "double").source.startswith("def double(x):\n    ...\n\n")
    monkeypatch.setitem(lesson_00.EXERCISES, "double", replace(lesson_00.EXERCISES["jump"], reference=lambda: twice))
    write_solved(built, [NAME], tmp_path)
    solved = nbformat.read(tmp_path / f"{NAME}.ipynb", 4)
    assert cell(solved, "double").source.startswith("def double(x):\n    y = x + x\n    return y\n\n")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("DIFFUSION_COURSE_DATA", raising=False)
    NotebookClient(solved, kernel_name="python3", timeout=60).execute()
    assert cell(solved, "double").outputs[-1].data["text/plain"] == "4"


def test_building_twice_gives_the_same_bytes(built, tmp_path, monkeypatch):
    monkeypatch.setenv("DIFFUSION_COURSE_DATA", "somewhere")
    root = copy_course(tmp_path)
    assert main([], root) == 0
    assert stored_bytes(root) == stored_bytes(built)


def test_the_facts_are_computed_at_the_end_of_the_same_execution(built):
    text = (built / f"notebooks/facts/{NAME}.json").read_text(encoding="utf-8")
    assert json.loads(text)["facts"] == {"a third": 0.333333333, "largest": 100}
    assert '\n  "a third": 0.333333333,\n' in text and "course_utils" not in text.partition("modules")[0]


def test_the_tables_link_to_the_views(built):
    chinese = (built / "README.zh.md").read_text(encoding="utf-8")
    assert f"| 00 | [第一缕光](notebooks/zh/{NAME}.ipynb) | [English + 中文](notebooks/{NAME}.ipynb) |" in chinese
    assert f"blob/v0.1.0/notebooks/zh/{NAME}.ipynb) | 4 | 1.5 |" in chinese and chinese.endswith("The end.\n")


def test_a_lesson_is_read_as_it_stands(built):
    lesson = read_lesson(built / f"notebooks/source/{NAME}.py")
    assert lesson.title == ("00", "First light", "第一缕光") and lesson.minutes == 1.5
    assert all(not cell.get("outputs") for cell in unexecuted(lesson).cells)
