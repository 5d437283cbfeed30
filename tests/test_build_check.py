"""Whatever departs from what was built is caught, and what must not be stored is refused.

任何偏离构建结果之处都会被发现，不该存入的内容会被拒绝。
"""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools.build_notebooks import build, check, main, write_text
from tools.lessons import SHOWN, BuildError, read_lesson
from tools.outputs import derive, output_faults, text_of

TESTS = Path(__file__).parent
NAME = "00_first_light"
SOURCE = f"notebooks/source/{NAME}.py"
FACTS = f"notebooks/facts/{NAME}."
MADE_OR_WRITTEN = (f"{NAME}.ipynb", f"en/{NAME}.ipynb", f"facts/{NAME}.py", f"facts/{NAME}.json")
OLD = f"{FACTS}json is missing, or the code has changed since; run python "


def stored_bytes(root: Path) -> dict[str, bytes]:
    paths = [*root.glob("notebooks/**/*.ipynb"), *root.glob("notebooks/**/*.json"), *root.glob("README*")]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def copy_course(root: Path) -> Path:
    shutil.copytree(TESTS / "small_course", root, dirs_exist_ok=True)
    shutil.copy(TESTS.parent / "notebooks/GLOSSARY.md", root / "notebooks")
    return root


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    root = copy_course(tmp_path_factory.mktemp("course"))
    build(root, [NAME])
    return root


@pytest.fixture
def course(built, tmp_path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "course"))


def test_a_fresh_build_passes_the_check(course):
    assert check(course) == []
    assert main(["--check"], course) == 0
    lesson = read_lesson(course / SOURCE)
    bilingual = nbformat.read(course / lesson.view("both"), 4)
    assert text_of(derive(lesson, bilingual, "zh")) == (course / lesson.view("zh")).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "old", "new", "message"),
    [
        (SOURCE, "double(2)", "double(3)", "[double]: source not as the source gives; run python "),
        (SOURCE, "has 4 rows", "has 5 rows", "[rows]: number only in the English: 5"),
        (SOURCE, "    ...\n", "    return 4\n", "[double]: an exercise is blank, `def name(...):` with"),
        (SOURCE, 'check("00.double", double)', 'check("00.double", x)', "[double]: an exercise is blank, `def name("),
        (SOURCE, 'key="double"', 'key="words"', "[words]: 2 cells have the id words"),
        (SOURCE, 'key="double"', "key=double", "give key="),
        (SOURCE, "import ipywidgets\n", "# NBVAL_CHECK_OUTPUT\n", '[slider]: a reader would see "# NBVAL_..."'),
        (SOURCE, "minutes: 1.5", "minute: 1.5", "gives no minutes"),
        (SOURCE, "learning: 4", "learned: 4", "gives no learning"),
        (SOURCE, "learning: 4", "learning: 5", "[head]: source not as the source gives; run python"),
        (
            SOURCE,
            "learning: 4",
            "learning: 4\n#     leave_out: [rows]",
            "leave_out names rows; name keys of",
        ),
        (SOURCE, "## 1 · Look · 看", "## Look · 看", '[look]: a part is headed "## 2 · Title · 标题"'),
        (SOURCE, '# %% key="setup"\n', "", "[setup]: write one empty code cell"),
        (SOURCE, "# 00 · First light · 第一缕光", "# First light", "[head]: the first cell must"),
        ("notebooks/source/setup_cell.txt", "@LANGUAGE@", "both", "@LANGUAGE@ on exactly one line"),
        (f"notebooks/{NAME}.ipynb", '"a\\n"', '"z\\n"', f"en/{NAME}.ipynb [double]: outputs not as"),
        (f"notebooks/{NAME}.ipynb", '"a\\n"', '"/home/a\\n"', "would be stored: /home/a"),
        (f"notebooks/en/{NAME}.ipynb", "has 4 rows", "has rows", f"en/{NAME}.ipynb [rows-en]: source not as"),
        (f"notebooks/zh/{NAME}.ipynb", '"四"', '"五"', f"zh/{NAME}.ipynb [words]: outputs not as"),
        (f"notebooks/zh/{NAME}.ipynb", '"name": "python"', '"name": "py"', "not as the build writes"),
        (FACTS + "py", "slider.max", "slider.min", OLD),
        (FACTS + "json", '"key": "', '"key": "0', OLD),
        (SOURCE, 'key="double"', 'key="facts"', '[facts]: key="facts" is taken'),
        ("pyproject.toml", "some-name", "other-name", "[setup]: source not as the source gives; run python"),
        ("README.md", "First light", "Last light", "README.md: the lessons' table is old"),
        ("README.zh.md", "<!-- /lessons -->", "", "README.zh.md has no lines <!-- lessons -->"),
    ],
)
def test_the_check_catches_an_edit(course, path, old, new, message):
    edit(course / path, old, new)
    assert any(message in found for found in check(course)), check(course)
    assert main(["--check"], course) == 1


@pytest.mark.parametrize("name", [*(f"notebooks/{path}" for path in MADE_OR_WRITTEN), "README.md", "pyproject.toml"])
def test_the_check_catches_a_missing_file(course, name):
    (course / name).unlink()
    assert any(name in message for message in check(course))


def test_the_check_catches_a_view_without_a_source(course):
    shutil.copy(course / f"notebooks/en/{NAME}.ipynb", course / "notebooks/en/09_orphan.ipynb")
    assert check(course) == [
        "notebooks/en/09_orphan.ipynb has no source in notebooks/source; remove it or write its source"
    ]


def test_an_unknown_lesson_is_said(course, capsys):
    assert main(["07_nothing"], course) == 1
    assert "notebooks/source/07_nothing.py is missing" in capsys.readouterr().err


def test_text_mends_prose_and_keeps_outputs(course):
    before = stored_bytes(course)
    edit(course / SOURCE, "# 00 · First light", "# 00 · Second light")
    assert all(message.endswith("--text") for message in check(course)) and check(course)
    write_text(course)
    assert check(course) == []
    changed = [name for name, old in before.items() if stored_bytes(course)[name] != old]
    assert changed and all(b"Second light" in stored_bytes(course)[name] for name in changed)


def test_text_mends_the_address_and_keeps_outputs(course):
    before = stored_bytes(course)
    edit(course / "pyproject.toml", "some-name/course", "other-name/copy")
    edit(course / SOURCE, "double(2)", "double(3)")
    write_text(course)
    edit(course / SOURCE, "double(3)", "double(2)")
    assert check(course) == []
    expected = {name: old.replace(b"some-name/course", b"other-name/copy") for name, old in before.items()}
    assert stored_bytes(course) == expected != before


def test_facts_that_fail_are_named_and_leave_the_old_ones(course):
    before = stored_bytes(course)
    edit(course / f"{FACTS}py", "slider.max", "nothing")
    with pytest.raises(BuildError, match=f"{FACTS}py: the cell fails: NameError: name 'nothing'"):
        build(course)
    assert stored_bytes(course) == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1 / 0", "[double]: the cell fails: ZeroDivisionError"),
        ("import warnings; warnings.warn('careful')", "[double]: the reader would see a warning"),
        ("object()", "[double]: a path or an address in memory would be stored: 0x"),
    ],
)
def test_a_cell_that_fails_or_warns_leaves_the_old_views(course, line, message):
    before = stored_bytes(course)
    edit(course / SOURCE, "double(2)", line)
    with pytest.raises(BuildError) as refused:
        build(course)
    assert any(message in found for found in refused.value.messages)
    assert stored_bytes(course) == before


def one_cell(source="", tags=(), **data):
    names = {"png": "image/png", "gif": "image/gif", "text": "text/plain", "html": "text/html"}
    outputs = [new_output("display_data", data={names[name]: value}) for name, value in data.items()]
    return new_code_cell(source, outputs=outputs, metadata={"tags": list(tags)})


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([one_cell(png="A" * 140_000)], "image/png of 105 kB"),
        ([one_cell(gif="A" * 280_000)], "image/gif of 210 kB"),
        ([one_cell(png="A" * 132_000) for _ in range(7)], "pictures of 693 kB together"),
        ([one_cell("x = 1", [SHOWN])], "shows nothing"),
        ([one_cell(html=f'<img alt="" src="data:image/gif;base64,{"A" * 280_000}">')], "image/gif of 210 kB"),
        ([one_cell(text="<a at 0x7f3a2b4c5d60>")], "0x7f3a2b4c5d60"),
        ([one_cell(text="in '/tmp/a.py'")], "/tmp/a.py"),
        ([one_cell(text="C:\\Users")], "C:\\Users"),
    ],
)
def test_what_must_not_be_stored_is_refused(cells, message):
    assert message in output_faults(new_notebook(cells=cells))[0][1]


def test_what_may_be_stored_is_not_refused():
    cells = [one_cell(png="A" * 132_000, gif="A" * 260_000, text="0xff, https://a.org/home and a/tmp")]
    assert output_faults(new_notebook(cells=cells)) == []


def test_the_course_itself_is_as_built():
    assert check(TESTS.parent) == []
