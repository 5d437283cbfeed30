"""Stored facts are read as long as nothing has changed that they hang on, and no longer.

存下的 facts，在所依赖的一切未变时可读，变了就不可读。
"""

import json
import shutil
from pathlib import Path

import pytest

from tools import facts
from tools.lessons import read_lesson

NAME = "00_first_light"
SOURCE, CODE, KEPT = (f"notebooks/{kind}" for kind in (f"source/{NAME}.py", f"facts/{NAME}.py", f"facts/{NAME}.json"))
PACKAGE = {
    "__init__.py": '"""A package. 一个包。"""\n',
    "steps.py": '''"""Steps. 步。"""

FROM = "named"

def step(x):
    """One step.

    一步。
    """
    if x < 0:
        raise CourseError("below 0", f"{x} 小于 0")
    return x + 1  # and no more
''',
    "plots/__init__.py": "WIDTH = 3\n",
    "weights/__init__.py": "",
    "data/__init__.py": "",
    "unused.py": "A = 1\n",
}
MODULES = [f"course_utils{name}" for name in ("", ".data", ".plots", ".steps", ".weights")]


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A small course whose facts are stored, and the small package that it ran. 存有 facts 的小课程及其小包。"""
    shutil.copytree(Path(__file__).parent / "small_course", tmp_path, dirs_exist_ok=True)
    for name, text in PACKAGE.items():
        (tmp_path / "course_utils" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "course_utils" / name).write_text(text, encoding="utf-8")
    for name in ("named", "of_another_lesson"):
        (tmp_path / f"course_utils/weights/{name}.safetensors").write_bytes(b"1")
    (tmp_path / "course_utils/data/images-ubyte.gz").write_bytes(b"1")
    monkeypatch.setattr(facts, "PACKAGE", tmp_path / "course_utils")
    printed = json.dumps({"modules": MODULES, "facts": {"float32": 0.1234567894, "words": ["a"]}})
    (tmp_path / KEPT).write_text(facts.text(read_lesson(tmp_path / SOURCE), printed), encoding="utf-8")
    return tmp_path


def stored(course):
    return facts.stored(read_lesson(course / SOURCE))


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_what_was_stored_is_read_with_nine_digits(course):
    assert stored(course) == {"float32": 0.123456789, "words": ["a"]}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (SOURCE, "double(2)", "double(3)"),
        (SOURCE, "slider = ipywidgets.IntSlider()", "slider = ipywidgets.FloatSlider()"),
        (CODE, "slider.max", "slider.min"),
        ("course_utils/steps.py", "return x + 1", "return x + 2"),
        ("course_utils/steps.py", "    return x + 1", "        return x + 1"),
        ("course_utils/steps.py", "if x < 0", "if x <= 0"),
        ("course_utils/weights/named.safetensors", "1", "2"),
        ("course_utils/data/images-ubyte.gz", "1", "2"),
    ],
)
def test_they_are_old_when_code_weights_or_data_have_changed(course, path, old, new):
    edit(course / path, old, new)
    assert stored(course) is None


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (SOURCE, "has 4 rows", "has 5 rows"),
        (SOURCE, "  # the toy's own, which says nothing", "  # the toy's"),
        (CODE, "What the toy comes to", "What it comes to"),
        ("course_utils/__init__.py", "A package", "The package"),
        ("course_utils/steps.py", "One step.", "A single step."),
        ("course_utils/steps.py", "  # and no more", ""),
        ("course_utils/steps.py", '"below 0"', '"less than 0"'),
        ("course_utils/steps.py", "{x} 小于 0", "{x} 比 0 小"),
        ("course_utils/plots/__init__.py", "3", "4"),
        ("course_utils/unused.py", "1", "2"),
        ("course_utils/weights/of_another_lesson.safetensors", "1", "2"),
    ],
)
def test_they_stay_when_what_is_said_or_drawn_has_changed(course, path, old, new):
    edit(course / path, old, new)
    assert stored(course) is not None


def test_they_are_old_with_another_torch_but_not_with_another_build_of_it(course, monkeypatch):
    monkeypatch.setattr(facts.torch, "__version__", facts.torch.__version__.partition("+")[0] + "+other")
    assert stored(course) is not None
    monkeypatch.setattr(facts.torch, "__version__", "1.0")
    assert stored(course) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"key": "a", "facts": {}}', '{"key": 1, "modules": 2, "facts": 3}'])
def test_a_file_that_is_broken_is_old(course, text):
    (course / KEPT).write_text(text, encoding="utf-8")
    assert stored(course) is None


@pytest.mark.parametrize("path", [KEPT, "course_utils/steps.py"])
def test_what_is_gone_makes_them_old(course, path):
    (course / path).unlink()
    assert stored(course) is None


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ('a = f("name", "text", "文字")', 'a = f("name", , )'),
        ('a = ("text", f"{b} 文字" "续") + ("c", "d")', 'a = (, ) + ("c", "d")'),
        ('a = {"en": "text"}  # 注', 'a = {"en": "text"}'),
        ('a = "# no comment"', 'a = "# no comment"'),
        ('def f():\n    """Says."""\n\n    return 1\n', "def f():\n    return 1"),
    ],
)
def test_what_computes_nothing_is_left_out(code, left):
    assert facts.bare(code) == left
