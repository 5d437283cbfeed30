"""Tests and notebook cells are counted apart; this stands at the root, as it is for both.

测试与 notebook 单元格分开计数；两者都要用到，所以放在根目录。
"""

import os
import tempfile
from pathlib import Path

from nbval.plugin import IPyNbCell

CELL = ("notebook cell", True)
OUTCOMES = ("passed", "failed", "skipped")


def pytest_configure(config):
    """Let notebooks under test neither read nor write what the person at this machine has solved."""
    os.environ["DIFFUSION_COURSE_PROGRESS"] = str(Path(tempfile.mkdtemp()) / "progress.json")


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
