"""A lesson opened alone finds its package at the course's published address, and nowhere else.

单独打开的一课，从课程发布的地址找到它的包，而不从别处。
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from lesson_runs import LESSONS, ROOT, append, lesson, offline, outputs, overlay, printed, run, until

from tools.build_notebooks import write
from tools.lessons import FOLDERS, read_lesson, read_settings, unexecuted
from tools.outputs import text_of

ADDRESS, TAG = "another-name/another-course", read_settings(ROOT).tag
NAME, FIRST_FIGURE = "00_start_here", "iodine-show"
PLACEHOLDER = "your-name/diffusion-both-ways"
WHERE = """
import course_utils, importlib.metadata, sys
home = importlib.metadata.distribution("diffusion-both-ways").read_text("direct_url.json")
print(sys.prefix, course_utils.__path__[0], home, sep="\\n")
"""
DATA = """
from course_utils import data
print(len(data.digits().x), len(data.garments("train").x), len(data.garments("test").x))
"""
PIP_IS_FORBIDDEN = """
import subprocess, sys
def forbidden(*_, **__):
    sys.exit("a program was started")
subprocess.run = subprocess.Popen = forbidden
"""

pytestmark = pytest.mark.skipif(
    not shutil.which("git") or not (ROOT / ".git").exists(), reason="publishing needs git and a git checkout"
)


def git(folder: Path, *arguments: str) -> str:
    name = ("-c", "user.name=reader", "-c", "user.email=reader@example.org", "-c", "init.defaultBranch=main")
    alone = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    quick = ("-c", "core.compression=0", "-c", "pack.window=0")  # nobody keeps this copy
    command = ["git", "-c", f"safe.directory={folder}", *name, *quick, *arguments]
    return subprocess.run(command, cwd=folder, env=alone, check=True, capture_output=True, text=True).stdout


def copy_working_tree(root: Path) -> Path:
    """Copy what git tracks or would track, with a view for each lesson, executed or not."""
    for path in git(ROOT, "ls-files", "-co", "--exclude-standard", "-z").split("\0")[:-1]:
        if (ROOT / path).is_file():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, root / path)
    for name in LESSONS:
        for language in FOLDERS:
            view = root / lesson(name).view(language)
            if not view.is_file():
                write(view, text_of(unexecuted(lesson(name), language)))
    return root


def set_address(root: Path, repository: str) -> None:
    """Change one line, as a publisher does."""
    settings = root / "pyproject.toml"
    line = f'repository = "{read_settings(root).repository}"'
    settings.write_text(settings.read_text("utf-8").replace(line, f'repository = "{repository}"'), "utf-8")


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """A copy under another address, pushed with its tag to remote.git beside it."""
    root = copy_working_tree(tmp_path_factory.mktemp("published") / "course")
    set_address(root, ADDRESS)
    subprocess.run([sys.executable, "tools/build_notebooks.py", "--text"], cwd=root, check=True)
    remote = root.parent / "remote.git"
    git(root, "init", "-q", "--bare", str(remote))
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "The course")
    git(root, "tag", TAG)
    git(root, "push", "-q", str(remote), "main", TAG)
    return root


@pytest.fixture
def reader(tmp_path) -> tuple[str, Path, dict[str, str]]:
    """Someone with the packages but not the course: their Python, empty folder and environment, offline."""
    python, folder = overlay(tmp_path), tmp_path / "empty"
    folder.mkdir()
    # pip reads PIP_NO_BUILD_ISOLATION the other way round: "false" builds with the setuptools that is here.
    pip = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "false", "PIP_CONFIG_FILE": os.devnull}
    return python, folder, offline(tmp_path) | pip


def stored(root: Path, language: str = "both") -> nbformat.NotebookNode:
    return nbformat.read(root / lesson(NAME).view(language), as_version=4)


def setup_cell(notebook: nbformat.NotebookNode) -> str:
    return next(cell.source for cell in notebook.cells if cell.id == "setup")


def run_code(reader, code: str) -> subprocess.CompletedProcess:
    python, folder, variables = reader
    return subprocess.run([python, "-c", code], cwd=folder, env=variables, capture_output=True, text=True)


def assert_installed_there(where: str) -> dict:
    """The package lies in the reader's own environment; returns where it was installed from."""
    prefix, package, home = where.splitlines()[-3:]
    assert Path(package).resolve().is_relative_to(Path(prefix).resolve())
    return json.loads(home)


def test_the_readers_environment_has_torch_but_not_the_course(reader):
    shown = run_code(reader, "import torch; import importlib.util as u; print(u.find_spec('course_utils'))")
    assert (shown.stdout.strip(), shown.stderr) == ("None", "")


def test_a_lesson_alone_installs_its_tag_from_the_address_and_shows_its_first_figure(published, reader, tmp_path):
    python, folder, variables = reader
    (tmp_path / "gitconfig").write_text(
        f'[url "{(published.parent / "remote.git").as_uri()}"]\n\tinsteadOf = https://github.com/{ADDRESS}\n'
    )
    notebook = append(until(stored(published), FIRST_FIGURE), where=WHERE)
    run(notebook, folder, variables | {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")}, python)
    assert "image/png" in outputs(notebook, FIRST_FIGURE)[-1].data
    home = assert_installed_there(printed(notebook, "where"))
    assert (home["url"], home["vcs_info"]["requested_revision"]) == (f"https://github.com/{ADDRESS}", TAG)
    assert home["vcs_info"]["commit_id"] == git(published, "rev-parse", TAG).strip()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("kind", ["zip", pytest.param("folder", marks=pytest.mark.full)])
def test_a_zip_or_a_folder_of_the_repository_serves_as_well(kind, published, reader, tmp_path):
    source = tmp_path / ("course.zip" if kind == "zip" else "a_copy/course")
    if kind == "zip":
        git(published, "archive", "--prefix=course-0.1.0/", "-o", str(source), TAG)
    else:
        git(published, "clone", "-q", str(published), str(source))
    reader[2]["COURSE_SOURCE"] = str(source)
    shown = run_code(reader, setup_cell(stored(published)) + DATA + WHERE)
    assert shown.returncode == 0, shown.stderr
    assert "1797 8000 2000" in shown.stdout
    assert assert_installed_there(shown.stdout)["url"] == source.as_uri()


def test_from_the_placeholder_nothing_is_installed_and_the_error_says_what_to_do(reader, tmp_path):
    shutil.copytree(ROOT / "notebooks/source", tmp_path / "course/notebooks/source")
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "course")
    set_address(tmp_path / "course", PLACEHOLDER)
    notebook = unexecuted(read_lesson(tmp_path / f"course/notebooks/source/{NAME}.py"))
    shown = run_code(reader, PIP_IS_FORBIDDEN + setup_cell(notebook))
    assert shown.returncode == 1
    english, chinese = shown.stderr.split("ModuleNotFoundError: ")[1].split(" · ")
    assert "not published yet" in english and "COURSE_SOURCE" in english and "zip" in english
    assert "尚未发布" in chinese and "COURSE_SOURCE" in chinese and "zip" in chinese
    assert "a program was started" not in shown.stderr


def test_the_guard_against_starting_programs_works(published, reader):
    shown = run_code(reader, PIP_IS_FORBIDDEN + setup_cell(stored(published)))
    assert shown.stderr.strip() == "a program was started"


def test_one_line_changes_every_address(published):
    for language in FOLDERS:
        view = stored(published, language)
        cells = {cell.id: cell.source for cell in view.cells}
        path = lesson(NAME).view(language)
        assert f'"git+https://github.com/{ADDRESS}@{TAG}"' in cells["setup"]
        assert f"(https://colab.research.google.com/github/{ADDRESS}/blob/{TAG}/{path})" in cells["head"]
        assert PLACEHOLDER not in "".join(cells.values())
    for readme in ("README.md", "README.zh.md"):
        assert f"/github/{ADDRESS}/blob/{TAG}/" in (published / readme).read_text("utf-8")
