"""Run a lesson as a reader somewhere else would: alone in a folder, offline, in another environment.

像别处的读者那样运行一课：独自在一个文件夹里、断网、在另一个环境中。
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tools.lessons import Lesson, read_lesson

ROOT = Path(__file__).resolve().parents[1]
A_FEW_STEPS = (ROOT / "tests/a_few_steps.py").read_text(encoding="utf-8")
LESSONS = sorted(path.stem for path in (ROOT / "notebooks/source").glob("*.py"))
OF_THE_COURSE = ("course_utils", "diffusion_both_ways", "__editable__")
CUT = "the test has cut the network"
CUT_THE_NETWORK = f"""
import errno, socket

def is_loopback(address):
    return not isinstance(address, tuple) or address[0] in ("127.0.0.1", "::1", "localhost", "")

def guarded(plain, refuse):
    return lambda self, address: plain(self, address) if is_loopback(address) else refuse()

def raise_error():
    raise OSError(errno.ENETUNREACH, "{CUT}")

def look_up(host, *rest, plain=socket.getaddrinfo, **options):
    return plain(host, *rest, **options) if is_loopback((host,)) else raise_error()

socket.socket.connect = guarded(socket.socket.connect, raise_error)
socket.socket.connect_ex = guarded(socket.socket.connect_ex, lambda: errno.ENETUNREACH)
socket.getaddrinfo = look_up
"""
TRY_THE_NETWORK = """
import errno, socket

def reached(attempt):
    try:
        return attempt()
    except OSError as error:
        return error.strerror

elsewhere = ("192.0.2.1", 80)
print([reached(attempt) for attempt in (
    lambda: socket.socket().connect(elsewhere),
    lambda: errno.errorcode[socket.socket().connect_ex(elsewhere)],
    lambda: socket.getaddrinfo("example.org", 80),
    lambda: socket.create_connection(elsewhere, timeout=3),
)])
"""
REFUSED = str([CUT, "ENETUNREACH", CUT, CUT])


@cache
def lesson(name: str) -> Lesson:
    """A lesson's source, read once. 一课的源文件，只读一次。"""
    return read_lesson(ROOT / f"notebooks/source/{name}.py")


def offline(folder: Path) -> dict[str, str]:
    """An environment in which Python reaches nothing but this machine. 让 Python 只能连到本机的环境变量。"""
    (folder / "no_network").mkdir(parents=True, exist_ok=True)
    (folder / "no_network/sitecustomize.py").write_text(CUT_THE_NETWORK)
    return environment(folder) | {"PYTHONPATH": str(folder / "no_network")}


def environment(folder: Path) -> dict[str, str]:
    """This process's environment, without what a reader may have set. 本进程的环境变量，去掉读者个人的设置。"""
    personal = ("COURSE_SOURCE", "DIFFUSION_COURSE_DATA", "HF_HUB_OFFLINE", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if name not in personal}
    kept |= {"DIFFUSION_COURSE_PROGRESS": str(folder / "progress.json")}
    kept |= {"OMP_NUM_THREADS": "1"}  # the other core has a test of its own
    return kept | {"IPYTHONDIR": str(folder / "ipython"), "PYDEVD_DISABLE_FILE_VALIDATION": "1", "PYTHONUTF8": "1"}


def overlay(folder: Path) -> str:
    """Make an environment that has all that this one has but the course; returns its Python.

    造一个环境：除本课程的包以外，这里有的它都有；返回它的 Python。
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    (folder / "rest").mkdir()
    for place in (Path(entry) for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))):
        for thing in place.iterdir():
            link = folder / "rest" / thing.name
            if not thing.name.startswith(OF_THE_COURSE) and thing.suffix != ".pth" and not link.exists():
                link.symlink_to(thing)
    [site_packages] = (folder / "venv").glob("[Ll]ib/**/site-packages")
    (site_packages / "rest.pth").write_text(f"{folder / 'rest'}\n")
    return str(next((folder / "venv").glob("[bS]*/python*")))


def until(notebook: NotebookNode, last: str) -> NotebookNode:
    """Drop the cells after the one with id `last`. 去掉 id 为 `last` 的格子之后的部分。"""
    [end] = (number for number, cell in enumerate(notebook.cells) if cell.id == last)
    del notebook.cells[end + 1 :]
    return notebook


def append(notebook: NotebookNode, **cells: str) -> NotebookNode:
    """Add code cells at the end, named by their ids. 在末尾添加代码格，以 id 命名。"""
    return insert_after(notebook, notebook.cells[-1].id, **cells)


def insert_after(notebook: NotebookNode, place: str, **cells: str) -> NotebookNode:
    """Add code cells after the one with id `place`. 在 id 为 `place` 的格子之后添加代码格。"""
    [at] = (number for number, cell in enumerate(notebook.cells) if cell.id == place)
    notebook.cells[at + 1 : at + 1] = [new_code_cell(code, id=name) for name, code in cells.items()]
    return notebook


def run(notebook: NotebookNode, folder: Path, variables: dict[str, str], python: str = sys.executable) -> NotebookNode:
    """Execute the notebook in `folder` with a kernel of `python`, and return it; a failing cell raises.

    用 `python` 的内核在 `folder` 中执行 notebook 并返回；有格子出错则抛出异常。
    """
    specs = Path(variables["IPYTHONDIR"]) / "kernels"
    (specs / "lesson").mkdir(parents=True, exist_ok=True)
    arguments = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = {"argv": arguments, "display_name": "lesson", "language": "python"}
    (specs / "lesson/kernel.json").write_text(json.dumps(kernel))
    manager = AsyncKernelManager(kernel_name="lesson", kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(specs)]))
    place = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, km=manager, timeout=1800, resources=place)
    return client.execute(env=variables, cleanup_kc=True)


def outputs(notebook: NotebookNode, key: str) -> list[NotebookNode]:
    """The outputs of the cell with this id. 该 id 格子的输出。"""
    [found] = (cell.outputs for cell in notebook.cells if cell.id == key)
    return found


def printed(notebook: NotebookNode, key: str) -> str:
    """What the cell with this id printed, or put behind the lock of a question. 该 id 的格子打印或锁住的文字。"""
    shown = outputs(notebook, key)
    behind = (output.get("metadata", {}).get("course", {}).get("folded", {}).get("en", "") for output in shown)
    locked = "".join(text.removeprefix("```text\n").removesuffix("```") for text in behind)
    return ("".join(output.text for output in shown if output.get("name") == "stdout") + locked).strip()


def words(notebook: NotebookNode, key: str) -> list[str]:
    """What the package said in English under a cell. 某一格下面，本包所说的英文。"""
    said = (output.get("metadata", {}).get("course") for output in outputs(notebook, key))
    return [course.en for course in said if course and course.get("en")]


def exercises(notebook: NotebookNode) -> list[str]:
    """The ids of the cells in which the reader writes. 由读者来写的格子的 id。"""
    return [cell.id for cell in notebook.cells if "exercise" in cell.metadata.get("tags", ())]
