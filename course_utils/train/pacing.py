"""The pace: what a step and a sample cost on this machine, and what fits into the minutes that are asked for.

快慢：在这台机器上一步、一个样本要多久，所要的几分钟里放得下多少。
"""

import time

from course_utils.train.ending import MOST_DRAWN
from course_utils.train.found import Split
from course_utils.train.going_on import MARKS
from course_utils.train.running import CHECKED, WALK, Run

ON_A_PAGE = 16  # samples, where the time allows


def pace(run: Run, steps: int = 3) -> float:
    """Seconds for a step, the quickest of some after two that do not count; the run is used up by it.

    一步要几秒：试几步，前两步不算，取最快的一步；这个 `run` 用过就不能再用。
    """
    moments = [time.perf_counter()]
    for record in run.records():
        moments.append(time.perf_counter())
        if record.step == steps + 2:
            break
    return min(after - before for before, after in zip(moments[2:], moments[3:], strict=False))


def seconds_a_sample(run: Run, n: int = 4) -> float:
    """Seconds for a sample, of a few after one that does not count. 一个样本要几秒：先画一个不算，再画几个。"""
    run.samples(1)
    began = time.perf_counter()
    run.samples(n)
    return (time.perf_counter() - began) / n


def page_in(minutes: float, sample: float) -> int:
    """How many samples a page has, so that all pages take no more than a tenth of the time; `sample` is in seconds.

    一页放多少个样本，使所有样本页至多占十分之一的时间；`sample` 以秒计。
    """
    return min(ON_A_PAGE, max(1, int(60 * minutes / 10 / (MARKS * sample))))


def seconds_beside(split: Split, on_a_page: int, sample: float) -> float:
    """Seconds for all pages and checks, and for what is measured at the end; `sample` is in seconds.

    所有样本页与检查，以及最后的度量，一共要几秒；`sample` 以秒计。

    An image in a check costs one answer of the network, a sample one for each of its steps.
    """
    checked = 2 * min(CHECKED, len(split.held_x), len(split.x)) / WALK
    return sample * (MARKS * on_a_page + (MARKS + 1) * checked + min(MOST_DRAWN, len(split.held_x)))


def steps_in(minutes: float, step: float, beside: float = 0.0) -> int:
    """How many steps fit beside what takes `beside` seconds, and a tenth of the time for checkpoints; at least twenty.

    除去另花的 `beside` 秒，再留十分之一存检查点，还走得了多少步；至少二十步。
    """
    return max(20, round((0.9 * 60 * minutes - beside) / step))
