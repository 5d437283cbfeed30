"""The table of the public interface is what the docstrings say.

公开接口的总表与文档字符串一致。
"""

import ast
from pathlib import Path

import pytest

from tools.interface import COMMAND, TABLE, first_lines, floors, main, modules, table

ROOT = Path(__file__).resolve().parents[1]


def test_the_table_is_current():
    stored = (ROOT / TABLE).read_text(encoding="utf-8")
    assert stored == table(), f"{TABLE} is not what the docstrings say; run {COMMAND}"


def test_every_module_and_every_public_name_stands_in_it_once():
    text, known = table(), modules(ROOT / "course_utils")
    tops = [top for names in floors().values() for top in names]
    for module in (module for module in known if module.name):
        assert text.count(f"### `course_utils.{module.name}`\n") == 1 and module.name.split(".")[0] in tops
        assert all(f"- `{name.signature}`" in text for name in module.names), module.name
    assert sum(len(module.names) for module in known) > 250


@pytest.fixture
def course(tmp_path):
    """A package of one module, with its floors and its head."""
    (tmp_path / "course_utils/room").mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tools").mkdir()
    (tmp_path / "course_utils/__init__.py").write_text('"""A. 甲。"""\n', encoding="utf-8")
    (tmp_path / "course_utils/room/__init__.py").write_text(
        '"""A room.\n\n一间屋。\n"""\n\nfrom course_utils.room.inner import g\n', encoding="utf-8"
    )
    (tmp_path / "course_utils/room/inner.py").write_text(
        '"""Inside. 里面。"""\n\ndef g(x: int, *, lr: float = 0.1) -> int:\n    """Grow.\n\n    长大。\n    """\n\n'
        'class Box:\n    """A box. 一个盒子。"""\n\n    size: int\n\n    @property\n    def area(self) -> int:\n'
        '        """Its area. 面积。"""\n\ndef _hidden():\n    pass\n',
        encoding="utf-8",
    )
    (tmp_path / "tests/test_floors.py").write_text('FLOORS = {"ingredients": ["room"]}\n')
    (tmp_path / "tools/interface_head.md").write_text("# Head\n")
    return tmp_path


def test_a_small_package_gives_a_small_table(course):
    assert main([], course) == 0
    assert (course / TABLE).read_text(encoding="utf-8") == (
        "# Head\n\n## Ingredients · 配料\n\n### `course_utils.room`\n\nA room.  \n一间屋。\n\n"
        "From here too · 也从这里导入：`g`\n\n### `course_utils.room.inner`\n\nInside.  \n里面。\n\n"
        "- `g(x: int, *, lr: float=0.1) -> int`  \n  Grow.  \n  长大。\n"
        "- `Box(size: int)`  \n  A box.  \n  一个盒子。\n  - `.area -> int`  \n    Its area.  \n    面积。\n"
    )
    assert main(["--check"], course) == 0


@pytest.mark.parametrize("old, new", [("Grow", "Shrink"), ("长大", "变小"), ("x: int", "y: int"), ("def g", "def f")])
def test_a_change_makes_the_table_old_and_the_command_is_named(course, capsys, old, new):
    main([], course)
    path = course / "course_utils/room/inner.py"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert main(["--check"], course) == 1
    assert COMMAND in capsys.readouterr().err


@pytest.mark.parametrize(
    ("doc", "en", "zh"),
    [
        ("A b. 甲乙。", "A b.", "甲乙。"),
        ("The log of `a`. `a` 的对数。", "The log of `a`.", "`a` 的对数。"),
        ("English, 中文, or both.\n\n英文、中文。", "English, 中文, or both.", "英文、中文。"),
        ("Is it\nso?\n\n是\n吗？\n\nMore.", "Is it so?", "是 吗？"),
        ("Only English.\n\nAnd more.", "Only English.", ""),
    ],
)
def test_the_first_lines_are_read_in_both_languages(doc, en, zh):
    assert first_lines(ast.parse(f'"""{doc}"""')) == (en, zh)
