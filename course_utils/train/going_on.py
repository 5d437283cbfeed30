"""Going on: a run that is stopped when it is asked to, with checkpoints, checks and pages of samples on its way.

接着训练：要它停就停，途中存检查点、做检查、画样本页。
"""

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from course_utils import checkpoints
from course_utils.files import write_whole
from course_utils.language import choose, say
from course_utils.train.earlier import CHECKS
from course_utils.train.running import KEPT, Run, judged, page_of, read_checks
from course_utils.training import TrainRecord

MARKS = 10  # checks in a run


def go_on(run: Run, save_every: float = 30.0) -> int:
    """Train to the end of the plan, or until a signal; returns 0 at the end, else the signal's number.

    训练到计划结束，或直到收到信号；走完返回 0，否则返回信号的编号。

    Ctrl-C and SIGTERM are honoured at the end of a step, with a checkpoint. Where several processes share the batches,
    one that is asked to stop tells the others, and all stop after the same step.
    """
    keeper = Keeper(run, save_every)
    with stop_requests() as asked:
        while True:
            try:
                for record in run.records():
                    keeper.after(record)
                    if run.share.total(len(asked)):
                        keeper.keep()
                        return asked[0] if asked else signal.SIGTERM
                return 0
            except KeyboardInterrupt:  # it fell into a step, which was finished; the others may be in the next one
                asked.append(signal.SIGINT)


@contextmanager
def stop_requests() -> Iterator[list[int]]:
    """List the signals that ask for a stop while the block runs, and do nothing else about them.

    块运行期间收到的停止信号都记进列表，别的什么也不做。
    """
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    kinds = signal.SIGINT, signal.SIGTERM
    before = [signal.signal(kind, lambda number, _frame: asked.append(number)) for kind in kinds]
    try:
        yield asked
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


class Keeper:
    """What the first process does beside training: a line of progress, checkpoints; at ten marks a check and a page.

    第一个进程在训练之外所做的：进度、检查点，以及十个标记处的检查与样本页。
    """

    def __init__(self, run: Run, save_every: float):
        self.run, self.save_every, self.at_work = run, save_every, run.share.process == 0
        self.began, self.first = time.monotonic(), run.state.step
        self.kept = self.told = self.began
        self.marks = {run.plan.steps * mark // MARKS for mark in range(1, MARKS + 1)}

    def after(self, record: TrainRecord) -> None:
        """After a step: whatever is due. 一步之后，做该做的事。"""
        if not self.at_work:
            return
        if record.step in self.marks:
            self.check()
        elif time.monotonic() - self.kept > self.save_every:
            self.keep()
        self.tell(record)

    def check(self) -> None:
        """Judge the average on images that were kept out and on as many others; keep it, the best one too; draw a page.

        在留出的图像与同样多的训练图像上评判平均权重；保存，最好的另存；画一页样本。
        """
        run, step = self.run, self.run.state.step
        checks = [check for check in read_checks(run.out) if check["step"] < step]
        found = {name: float(errors.mean()) for name, errors in judged(run).items()}
        checks.append({"step": step} | found)
        write_whole(run.out / CHECKS, json.dumps(checks, indent=1).encode())
        checkpoints.save_in(run.out / KEPT, run.state, found["held_out"])
        pages = run.out / "pages"
        with suppress(OSError):  # then no page can be written there, and that is said
            pages.mkdir(exist_ok=True)
        write_whole(pages / f"{step:07}.png", page_of(run.samples(run.plan.on_a_page)).content)
        self.kept = time.monotonic()

    def keep(self) -> None:
        """Keep a checkpoint of now. 保存此刻的检查点。"""
        if self.at_work:
            checkpoints.save_in(self.run.out / KEPT, self.run.state)
            self.kept = time.monotonic()

    def tell(self, record: TrainRecord) -> None:
        """Say how far it is: on a console in one line that is written over, elsewhere in a line at each mark.

        说出进度：在控制台上用一行反复改写，别处每个标记一行。
        """
        total, now = self.run.plan.steps, time.monotonic()
        live = sys.stdout is not None and sys.stdout.isatty()  # None where it was closed
        if not (record.step in self.marks or live and now - self.told > 0.5):
            return
        self.told = now
        left = _clock((total - record.step) * (now - self.began) / max(1, record.step - self.first))
        lately = self.run.state.losses[-50:]
        so_far = f"{record.step:,} / {total:,}   loss {sum(lately) / len(lately):.4f}"
        en, zh = f"{so_far}   {left} left", f"{so_far}   还需 {left}"
        if live:
            print(f"\r{choose(en, zh, between='  ·  '):110}", end="\n" if record.step == total else "", flush=True)
        else:
            say(en, zh, stored=False)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
