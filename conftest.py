"""Tests and notebook cells share two processes and are counted apart; this stands at the root, as it is for both.

测试与 notebook 单元格共用两个进程，分开计数；两者都要用到，所以放在根目录。

`python -m pytest` leaves out the tests marked `full` and all blank lessons but the first, since the build has run them,
and cuts trainings in lessons (tests/a_few_steps.py); `python -m pytest -m full` leaves out nothing and cuts nothing.
"""

import os
import re
import tempfile
import time
from functools import cache
from pathlib import Path

from nbval.plugin import IPyNbCell
from xdist.scheduler import LoadScopeScheduling

BEGAN = time.time()  # before the tests' own imports
ROOT = Path(__file__).parent
CELL = ("notebook cell", True)
OUTCOMES = ("passed", "failed", "skipped")
SHORT = "not full"  # what pyproject.toml selects
LONG = ("lesson", "test_colab_like", "cells", "test_browser", "test_published")  # begun first, to end together
KINDS = {
    "blank lessons": "notebooks/",
    "solved lessons": r"tests/test_lesson(s|_\d\d\w*)\.py",
    "old versions": "tests/test_colab_like",
    "browser and publishing": "tests/test_(browser|published)",
    "exercises": r"tests/test_(exercises\w*|judging|quizzes)\.py",
    "all else": "",
}


def pytest_configure(config):
    """Let notebooks under test neither read nor write what the person at this machine has solved, nor crowd the cores.

    Two processes with two threads each, on two cores, wait for one another most of the time.
    """
    os.environ["DIFFUSION_COURSE_PROGRESS"] = str(Path(tempfile.mkdtemp()) / "progress.json")
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ["OMP_NUM_THREADS"] = "1"
    if config.option.markexpr == "full":
        config.option.markexpr = ""  # full is everything, not only what is marked
        if config.args_source is config.ArgsSource.TESTPATHS:
            config.args = ["tests", "notebooks"]


def pytest_collection_modifyitems(items):
    """The groups that take longest come first, and among lessons those that compute longest."""
    rank = {kind: place for place, kind in enumerate(LONG)}

    def order(item):
        kind, _, number = group(item.nodeid).partition(" ")
        return rank.get(kind, len(LONG)), -minutes(number)

    items.sort(key=order)


@cache
def minutes(number: str) -> float:
    """What a lesson's source says of its minutes; 0 where `number` is none."""
    texts = [path.read_text("utf-8") for path in ROOT.glob(f"notebooks/source/{number}_*.py") if number]
    return sum(float(found) for text in texts for found in re.findall(r"^#\s+minutes: ([\d.]+)$", text, re.M))


def pytest_xdist_make_scheduler(config, log):
    """Send to one process what belongs together; see `group`."""
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group
    return scheduler


def group(nodeid: str) -> str:
    """What shares a kernel, a run of a lesson or what is computed once: "cells 07", "lesson 07", "test_times".

    A lesson's exercises go where the lesson goes: a process keeps the truths and walks that it has computed.
    """
    if cells := re.match(r"notebooks/(\d\d)_", nodeid):
        return f"cells {cells[1]}"
    lesson = re.search(r"test_(?:lessons?|exercises)(?:_|\.py[^[]*\[)(\d\d)[._]", nodeid)
    return f"lesson {lesson[1]}" if lesson else Path(nodeid.partition("::")[0]).stem


def pytest_itemcollected(item):
    """Mark the notebooks' cells, so that their reports tell them from tests, and shorten blank lessons."""
    if isinstance(item, IPyNbCell):
        item.user_properties.append(CELL)
        if item.cell.id == "setup" and item.config.option.markexpr == SHORT:
            item.cell.source += "\n" + (ROOT / "tests/a_few_steps.py").read_text("utf-8")


def pytest_terminal_summary(terminalreporter):
    """Print what took how long, and how many ran: 412 tests and 31 notebook cells ran (...)."""
    called = {outcome: (set(), set()) for outcome in OUTCOMES}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call" or getattr(report, "skipped", False):  # skips end in the set-up
                called[report.outcome][CELL in map(tuple, report.user_properties)].add(report.nodeid)
    ran = [len(passed | failed) for passed, failed in zip(called["passed"], called["failed"], strict=True)]
    apart = ", ".join(f"{outcome} {len(called[outcome][0])} and {len(called[outcome][1])}" for outcome in OUTCOMES)
    write_times(terminalreporter)
    terminalreporter.write_line(f"{ran[0]} tests and {ran[1]} notebook cells ran ({apart})")


def write_times(terminalreporter):
    """Print the ten slowest tests with their fixtures, and the seconds of each kind, which add up over processes."""
    seconds = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if hasattr(report, "duration"):
                seconds[report.nodeid] = seconds.get(report.nodeid, 0) + report.duration
    if not seconds:
        return
    terminalreporter.section("the ten slowest, with what they share with others")
    for nodeid in sorted(seconds, key=seconds.get)[:-11:-1]:
        terminalreporter.write_line(f"{seconds[nodeid]:7.1f} s  {nodeid}")
    kinds = dict.fromkeys(KINDS, 0.0)
    for nodeid in seconds:
        kinds[next(kind for kind, files in KINDS.items() if re.match(files, nodeid))] += seconds[nodeid]
    config = terminalreporter.config
    whole = (time.time() - BEGAN) * (config.getoption("numprocesses", 0) or 1)
    kinds["collecting and waiting"] = whole - sum(kinds.values())
    terminalreporter.section("seconds by kind, of all processes together")
    for kind, spent in kinds.items():
        if spent:
            terminalreporter.write_line(f"{spent:7.1f} s  {spent / whole:4.0%}  {kind}")
