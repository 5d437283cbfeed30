"""The package has four floors and imports only go down; what is above the classroom loads next to nothing.

整个包分四层，导入只能向下；教室以下的各层几乎不加载别的库。
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import course_utils

PACKAGE = Path(course_utils.__file__).parent
FLOORS = {
    "ingredients": [
        "language",
        "files",
        "schedules",
        "times",
        "data",
        "points",
        "blocks",
        "unet",
        "mlp",
        "muon",
        "classifier",
        "weights",
        "plots",
    ],
    "process": ["forward", "oracle", "denoisers"],
    "algorithms": ["reverse", "samplers", "training", "checkpoints", "metrics"],
    "classroom": ["progress", "exercises", "widgets", "explorers", "quizzes", "doctor"],
}
ORDER = [module for floor in FLOORS.values() for module in floor]
HEAVY = "matplotlib sklearn datasets torchvision ipywidgets IPython imageio PIL safetensors".split()


def modules():
    """Every module of the package by its dotted name below course_utils."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name:
            yield name, path


def imports(path):
    """The modules of the package that a module imports anywhere in it, by their dotted names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: write imports out in full"
            below = [f"{node.module}.{alias.name}" for alias in node.names]
            names = below if node.module == "course_utils" else [node.module]
        else:
            continue
        below = [name.removeprefix("course_utils.") for name in names if name.split(".")[0] == "course_utils"]
        yield from ("weights" if name == "pretrained" else name for name in below)  # the package's own door to them


def top(name):
    """The module or package of the table that a dotted name belongs to."""
    return name.partition(".")[0]


def is_allowed(name, imported):
    """A module may import what stands before it, and the parts of its own package; a lesson no other lesson."""
    if top(name) == top(imported):
        return "lesson_" not in imported
    return top(imported) in ORDER[: ORDER.index(top(name))]


def test_every_module_has_its_place():
    assert {top(name) for name, _ in modules()} == set(ORDER)


@pytest.mark.parametrize("name, path", list(modules()), ids=[name for name, _ in modules()])
def test_imports_only_go_down(name, path):
    wrong = {imported for imported in imports(path) if not is_allowed(name, imported)}
    assert not wrong, f"{name} imports {', '.join(sorted(wrong))}, which stand beside or above it"


def test_the_package_is_seen_to_import_itself():
    seen = {name: set(imports(path)) for name, path in modules()}
    assert "forward" in seen["reverse"] and "language" in seen["schedules"] and "plots" in seen["widgets"]


def test_below_the_classroom_nothing_heavy_is_loaded():
    below = [f"course_utils.{name}" for floor, names in FLOORS.items() if floor != "classroom" for name in names]
    code = f"import sys, course_utils, {', '.join(below)}; print(*set({HEAVY}) & sys.modules.keys())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []
