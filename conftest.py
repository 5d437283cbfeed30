"""Tests and notebook cells share two processes and are counted apart; this stands at the root, as it is for both.

测试与 notebook 单元格共用两个进程，分开计数；两者都要用到，所以放在根目录。
"""

import os
import re
import tempfile
from pathlib import Path

from nbval.plugin import IPyNbCell
from xdist.scheduler import LoadScopeScheduling

CELL = ("notebook cell", True)
OUTCOMES = ("passed", "failed", "skipped")
LONG = ("test_colab_like", "cells", "lesson", "test_browser")  # minutes each: begun first, so that both end together


def pytest_configure(config):
    """Let notebooks under test neither read nor write what the person at this machine has solved, nor crowd the cores.

    Two processes with two threads each, on two cores, wait for one another most of the time.
    """
    os.environ["DIFFUSION_COURSE_PROGRESS"] = str(Path(tempfile.mkdtemp()) / "progress.json")
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ["OMP_NUM_THREADS"] = "1"


def pytest_collection_modifyitems(items):
    """The groups that take longest come first."""
    rank = {kind: place for place, kind in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(group(item.nodeid).partition(" ")[0], len(LONG)))


def pytest_xdist_make_scheduler(config, log):
    """Send to one process what belongs together; see `group`."""
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group
    return scheduler


def group(nodeid: str) -> str:
    """What shares a kernel, a run of a lesson or the fixtures of a file: "cells 07", "lesson 07", "test_times"."""
    cells, of_one, of_all = re.search(
        r"^notebooks/(\d\d)_|test_lesson_(\d\d)\.py|test_lessons\.py.*\[(\d\d)_|$", nodeid
    ).groups()
    if cells:
        return f"cells {cells}"
    return f"lesson {of_one or of_all}" if of_one or of_all else Path(nodeid.partition("::")[0]).stem


def pytest_itemcollected(item):
    """Mark the notebooks' cells, so that their reports tell them from tests."""
    if isinstance(item, IPyNbCell):
        item.user_properties.append(CELL)


def pytest_terminal_summary(terminalreporter):
    """Print how many tests and how many notebook cells ran: 412 tests and 31 notebook cells ran (...)."""
    called = {outcome: (set(), set()) for outcome in OUTCOMES}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call" or getattr(report, "skipped", False):  # skips end in the set-up
                called[report.outcome][CELL in map(tuple, report.user_properties)].add(report.nodeid)
    ran = [len(passed | failed) for passed, failed in zip(called["passed"], called["failed"], strict=True)]
    apart = ", ".join(f"{outcome} {len(called[outcome][0])} and {len(called[outcome][1])}" for outcome in OUTCOMES)
    terminalreporter.write_line(f"{ran[0]} tests and {ran[1]} notebook cells ran ({apart})")
