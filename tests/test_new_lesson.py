"""A lesson that has just been begun builds and passes; what cannot be begun is refused, and leaves nothing behind.

刚开头的一课就能构建、能通过测试；开不了的会被拒绝，什么也不留下。
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lesson_runs import overlay

from course_utils.language import CourseError
from tools import interface
from tools.lessons import read_lesson
from tools.new_lesson import hashed, main, new_lesson
from tools.pair_checks import digest
from tools.source_checks import source_faults

ROOT = Path(__file__).resolve().parents[1]
PARTS = """course_utils tests tools notebooks/source notebooks/facts notebooks/GLOSSARY.md images conftest.py
pyproject.toml README.md README.zh.md"""
TOY = ("42", "toy", "A toy", "玩具")


@pytest.fixture
def course(tmp_path) -> Path:
    """A copy of the course without what the build makes. 课程的副本，不含构建所得。"""
    for part in PARTS.split():
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(
            ROOT / part,
            tmp_path / part,
            **({"ignore": shutil.ignore_patterns("__pycache__")} if copy != shutil.copy else {}),
        )
    return tmp_path


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def run(course: Path, *arguments: str, python: str = sys.executable) -> None:
    """Run Python in the copy, whose package is found first. 在副本中运行 Python，先找到副本里的包。"""
    here = os.environ | {"PYTHONPATH": str(course)}
    ran = subprocess.run([python, *arguments], cwd=course, env=here, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-4000:]


def run_tests(course: Path, *tests: str, python: str = sys.executable, which: str = "42 or toy") -> None:
    run(course, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *tests, "-k", which, python=python)


def test_the_new_source_has_no_fault_and_every_file_is_well_formed(course):
    written = new_lesson(*TOY, course)
    assert all((course / path).is_file() for path in written)
    assert source_faults(read_lesson(course / "notebooks/source/42_toy.py")) == []
    assert interface.main(["--check"], course) == 0
    for command in (["check", "--force-exclude"], ["format", "--check", "--force-exclude"]):
        run(course, "-m", "ruff", *command, *[path for path in written if path.endswith(".py")])


def test_the_new_exercises_and_their_slider_pass_their_tests(course):
    new_lesson(*TOY, course)
    names = "test_exercises test_solutions test_explorers_toy test_floors"
    run_tests(course, *[f"tests/{name}.py" for name in names.split()])


@pytest.mark.full
def test_the_new_lesson_builds_and_passes(course, tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    python = overlay(folder)  # the lesson runs alone in a folder, where only what is installed is found
    [rest] = folder.glob("venv/[Ll]ib/**/site-packages/rest.pth")
    rest.with_name("course.pth").write_text(f"{course}\n")
    new_lesson(*TOY, course)
    run(course, "tools/build_notebooks.py", "42_toy", python=python)
    tests = "tests/test_lesson_42.py", "tests/test_lessons.py", "notebooks/42_toy.ipynb"
    run_tests(course, *tests, python=python)
    tests = "tests/test_interface.py", "tests/test_package_words.py"
    run_tests(course, *tests, python=python, which="")


def test_the_browser_sees_its_slider(course):
    before = (course / "tests/test_browser.py").read_text(encoding="utf-8").splitlines()
    new_lesson(*TOY, course)
    after = (course / "tests/test_browser.py").read_text(encoding="utf-8").splitlines()
    added = [line for line in after if line not in before]
    assert added[0] == '    "toy": """' and len(after) == len(before) + 6
    assert after.index('    "toy": """') < after.index("}", after.index("EXPLORERS = {"))


@pytest.mark.parametrize(
    ("wrong", "given"),
    [
        (("8", "toy", "A toy", "玩具"), "8"),
        (("008", "toy", "A toy", "玩具"), "008"),
        (("42", "Toy", "A toy", "玩具"), "Toy"),
        (("42", "a-toy", "A toy", "玩具"), "a-toy"),
        (("42", "class", "A toy", "玩具"), "class"),
        (("42", "toy" * 9, "A toy", "玩具"), "toytoy"),
        (("42", "toy", "", "玩具"), "''"),
        (("42", "toy", "玩具", "A toy"), "玩具"),
        (("42", "toy", "A toy", "A toy"), "A toy"),
        (("42", "toy", 'A "toy"', "玩具"), "toy"),
        (("42", "toy", "A · toy", "玩具"), "A · toy"),
        (("00", "toy", "A toy", "玩具"), "notebooks/source/00_start_here.py"),
        (("42", "training", "A toy", "玩具"), "course_utils/explorers/training.py"),
        (("42", "start_here", "A toy", "玩具"), "notebooks/source/00_start_here.py"),
    ],
)
def test_what_will_not_do_is_refused_in_both_languages_and_nothing_is_written(course, wrong, given, capsys):
    before = contents(course)
    with pytest.raises(CourseError) as refused:
        new_lesson(*wrong, course)
    assert given in refused.value.en and given in refused.value.zh
    assert main(list(wrong), course) == 1 and contents(course) == before
    shown = capsys.readouterr().err
    assert refused.value.en in shown and refused.value.zh in shown


def test_a_lesson_is_not_begun_twice(course):
    new_lesson(*TOY, course)
    before = contents(course)
    with pytest.raises(CourseError, match="42_toy"):
        new_lesson(*TOY, course)
    assert contents(course) == before


def test_a_failure_on_the_way_leaves_nothing_behind(course, monkeypatch):
    def fails(*_):
        raise OSError("the disk is full")

    before, folders = contents(course), sorted(path for path in course.rglob("*") if path.is_dir())
    monkeypatch.setattr(interface, "main", fails)
    with pytest.raises(OSError):
        new_lesson(*TOY, course)
    assert contents(course) == before and sorted(path for path in course.rglob("*") if path.is_dir()) == folders


def test_the_command_says_what_it_wrote_and_what_comes_next(course, capsys):
    assert main(list(TOY), course) == 0
    shown = capsys.readouterr().out
    assert "notebooks/source/42_toy.py" in shown and "tools/build_notebooks.py 42_toy" in shown


def test_each_twin_carries_the_hash_of_its_english():
    pair = ('lang="en"', "One."), ('lang="zh" of="@OF@"', "一。")
    source = "\n".join(f'# %% [markdown] key="a" {lang}\nr"""\n{text}\n"""\n' for lang, text in pair)
    assert f'of="{digest("One.")}"' in hashed(source)
