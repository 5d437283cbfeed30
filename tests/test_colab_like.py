"""A lesson runs, and its widgets move, with the old ipywidgets, IPython and ipykernel that Colab ships.

在 Colab 自带的旧版 ipywidgets、IPython 与 ipykernel 下，课文照样运行，控件照样会动。

Lesson 00 and one with many widgets run; of all others, what they import. Under `-m full` all run. Old versions are on
trial here, not networks: trainings are cut (a_few_steps.py), and no number is asserted.
"""

import ast
import os
import subprocess

import pytest
from lesson_runs import (
    A_FEW_STEPS,
    LESSONS,
    ROOT,
    append,
    environment,
    insert_after,
    lesson,
    outputs,
    overlay,
    printed,
    run,
)

from tools.lessons import unexecuted
from tools.outputs import WIDGET

COLAB = {"ipywidgets": "7.7.1", "IPython": "7.34.0", "ipykernel": "6.17.1", "jupyter_client": "7.4.9"}
ALWAYS = ("00_start_here",)
RUN = [name if name in ALWAYS else pytest.param(name, marks=pytest.mark.full) for name in LESSONS]
WHAT_THEY_NEED = """
    widgetsnbextension==3.6.10 ipython-genutils==0.2.0 backcall==0.2.0 pickleshare==0.7.5 decorator==5.2.1
    nest-asyncio==1.6.0 entrypoints==0.4 traitlets==5.7.1
""".split()
VERSIONS = f"""
from importlib import import_module
print({{name: import_module(name).__version__ for name in {list(COLAB)}}})
"""
IMPORTS = (ast.Import, ast.ImportFrom)
MOVES = """
from course_utils.experiments.digits import mystery
from course_utils.schedules import cosine
from course_utils.widgets import noise_slider
panel = noise_slider(cosine(), mystery(), t=1000)
noise, still = panel.image.value, panel._repr_mimebundle_()[0]["image/png"]
panel.box.children[0].value = 300
digit = panel.image.value
assert noise[:4] == digit[:4] == b"\\x89PNG" and digit != noise
assert panel._repr_mimebundle_()[0]["image/png"] != still
panel.box.children[0].value = 1000
assert panel.image.value == noise
"""
LOCKS = """
from course_utils.quizzes import predict
question = predict("00.half")
question.lock_button.click()
assert not question.locked
question.options.value = 1
question.lock_button.click()
assert question.locked and question.verdict.value.startswith("✓")
"""


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    """An environment with Colab's versions over this one's, the course on its path: its Python and variables."""
    folder = tmp_path_factory.mktemp("colab")
    python, variables = overlay(folder), environment(folder)
    wanted = [f"{name}=={version}" for name, version in COLAB.items()] + WHAT_THEY_NEED
    command = [python, "-m", "pip", "install", "-q", "--no-deps", "--disable-pip-version-check", *wanted]
    got = subprocess.run(command, env=variables, capture_output=True, text=True)
    if got.returncode:
        pytest.skip(f"Colab's versions cannot be fetched here: {got.stderr.strip().splitlines()[-1]}")
    return python, variables | {"PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("name", RUN)
def test_a_blank_lesson_runs_whole_and_its_widgets_are_shown(name, colab, tmp_path):
    python, variables = colab[0], colab[1] | {"DIFFUSION_COURSE_PROGRESS": str(tmp_path) + ".json"}
    notebook = append(unexecuted(lesson(name)), versions=VERSIONS, moves=MOVES, locks=LOCKS)
    insert_after(notebook, "setup", few=A_FEW_STEPS)
    run(notebook, tmp_path, variables, python)
    assert printed(notebook, "versions") == str(COLAB)
    assert os.listdir(tmp_path) == []
    for key in calls_of_widgets(notebook):
        assert any(WIDGET in output.get("data", {}) for output in outputs(notebook, key)), key


def test_what_the_lessons_import_is_there(colab, tmp_path):
    cells = [cell.source for name in LESSONS for cell in unexecuted(lesson(name)).cells if cell.cell_type == "code"]
    found = [node for source in cells for node in ast.walk(ast.parse(source)) if isinstance(node, IMPORTS)]
    lines = sorted({ast.unparse(node) for node in found})
    assert any("course_utils.explorers" in line for line in lines)
    code = "\n".join([*lines, "import ipywidgets", "print(ipywidgets.__version__)"])
    got = subprocess.run([colab[0], "-c", code], cwd=tmp_path, env=colab[1], capture_output=True, text=True)
    assert (got.returncode, got.stdout.strip()) == (0, COLAB["ipywidgets"]), got.stderr


def calls_of_widgets(notebook) -> list[str]:
    """The cells that put a widget on the page."""
    makers = ("predict(", "noise_slider(", "watch(", "check_up(", "_explorer(")
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.id not in ("moves", "locks")]
    return [cell.id for cell in code if any(maker in cell.source for maker in makers)]
