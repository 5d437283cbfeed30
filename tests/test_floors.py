"""The package has five floors and imports only go down; what is below the classroom loads next to nothing.

整个包分五层，导入只能向下；教室以下的各层几乎不加载别的库。
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
        "gates",
        "files",
        "randomness",
        "arithmetic",
        "looking",
        "schedules",
        "times",
        "points",
        "data",
        "blocks",
        "attention",
        "unet",
        "notes_unets",
        "anatomy",
        "mlp",
        "muon",
        "metrics",
        "estimates",
        "kernels",
        "neighbours",
        "classifier",
        "generator",
        "weights",
        "low_rank",
        "low_rank_files",
        "widening",
        "plots",
    ],
    "process": ["forward", "oracle", "gaussians", "denoisers", "guidance", "paths"],
    "algorithms": [
        "reverse",
        "samplers",
        "conditions",
        "safeguards",
        "objectives",
        "shares",
        "training",
        "gan",
        "state_files",
        "checkpoints",
        "checkup",
        "flows",
        "sde",
        "likelihood",
        "export",
    ],
    "experiments": ["experiments"],
    "classroom": [
        "train",
        "logbook",
        "listings",
        "page",
        "widgets",
        "exercises",
        "explorers",
        "quizzes",
        "doctor",
        "classroom",
    ],
}
NEVER = {"experiments": {"plots"}}  # what a module may not import although it stands below: experiments draw nothing
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
        yield from (name.removeprefix("course_utils.") for name in names if name.split(".")[0] == "course_utils")


def top(name):
    """The module or package of the table that a dotted name belongs to."""
    return name.partition(".")[0]


def lesson(name):
    """The lesson that a dotted name belongs to, or None."""
    return next((part for part in name.split(".") if part.startswith("lesson_")), None)


def is_allowed(name, imported):
    """A module may import what stands before it, and the parts of its own package; a lesson no other lesson."""
    if top(name) == top(imported):
        return lesson(imported) in (None, lesson(name))
    return top(imported) in ORDER[: ORDER.index(top(name))] and top(imported) not in NEVER.get(top(name), ())


def test_every_module_has_its_place():
    assert {top(name) for name, _ in modules()} == set(ORDER)


@pytest.mark.parametrize("name, path", list(modules()), ids=[name for name, _ in modules()])
def test_imports_only_go_down(name, path):
    wrong = {imported for imported in imports(path) if not is_allowed(name, imported)}
    assert not wrong, f"{name} imports {', '.join(sorted(wrong))}, which stand beside or above it"


def test_the_package_is_seen_to_import_itself():
    seen = {name: set(imports(path)) for name, path in modules()}
    assert "forward" in seen["reverse"] and "language" in seen["schedules"] and "plots" in seen["widgets.panels"]


def test_no_package_hides_a_module_behind_another_name():
    """`import course_utils.plots.walks` must give the module, whatever the package hands on beside it."""
    for path in sorted(PACKAGE.rglob("__init__.py")):
        beside = {other.stem if other.is_file() else other.name for other in path.parent.iterdir()}
        nodes = ast.parse(path.read_text(encoding="utf-8")).body
        bound = {
            alias.asname or alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
        }
        bound |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        assert not bound & beside, f"{path.parent.name}: {bound & beside}"


def test_below_the_classroom_nothing_heavy_is_loaded_not_even_to_read_what_is_shipped():
    below = [f"course_utils.{name}" for floor, names in FLOORS.items() if floor != "classroom" for name in names]
    code = f"import sys, course_utils, {', '.join(below)}; course_utils.data.digits(28), course_utils.data.garments();"
    code += f"print(*set({HEAVY}) & sys.modules.keys())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []
