"""The run: `training.train`, stopped when it is asked to, with checkpoints, checks and pages of samples on its way.

运行：就是 `training.train`，要它停就停，途中存检查点、做检查、画样本页。
"""

import json
import math
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from course_utils import checkpoints, plots
from course_utils.arithmetic import device_here, quick_arithmetic
from course_utils.denoisers import image_denoiser
from course_utils.files import write_whole
from course_utils.language import CourseError, choose, say
from course_utils.muon import Muon
from course_utils.objectives import errors_of_v, held_out
from course_utils.samplers import dpm_solver, sample
from course_utils.schedules import cosine
from course_utils.shares import ALONE, Share
from course_utils.times import focused_times
from course_utils.train.found import Split
from course_utils.train.plans import Plan
from course_utils.training import TrainRecord, TrainState, start, train
from course_utils.unet import UNet

MARKS, CHECKED, ON_A_PAGE, WALK = 10, 256, 16, 15  # checks in a run, images in a check, samples, steps of a sample
CHECKS, KEPT = "checks.json", "checkpoints"


@dataclass
class Run:
    """A training with all that it needs: its plan, its pictures, its folder, its share of each batch, its state.

    一次训练及其所需：计划、图片、文件夹、每批中的那一份、状态。
    """

    plan: Plan
    split: Split
    out: Path
    state: TrainState
    share: Share = ALONE
    at_once: int | None = None

    def records(self) -> Iterator[TrainRecord]:
        """The steps that are left, as `train` takes them. 余下的各步，由 `train` 走。"""
        plan = self.plan
        how = dict(batch=plan.asked["batch"], labels=self.split.y, unlabelled=0.1 if plan.classes else 0.0)
        how |= dict(ema_decay=plan.ema_decay, objective=errors_of_v, at_once=self.at_once, share=self.share)
        return train(self.state, cosine(), self.split.x, plan.steps, **how)

    def samples(self, n: int, seed: int = 0) -> Tensor:
        """n images that the average draws, classes in turn, always from the same noise.

        平均权重画的 n 幅图像，类别轮流，噪声每次都相同。
        """
        return drawn_by(self.state.ema, n, self.plan.asked["size"], seed)


def fresh_state(network: dict, seed: int) -> TrainState:
    """The state from which a plan begins, where this process computes. 计划开始时的状态，放在本进程计算的地方。"""
    with torch.random.fork_rng(devices=[]):  # the reader's own stream stays as it is
        torch.manual_seed(seed)
        return start(UNet(**network).to(device_here()), seed=seed, optimizer=Muon)


def drawn_by(network: nn.Module, n: int, size: int, seed: int = 0) -> Tensor:
    """n images by DPM-Solver++(2M) in 15 steps, classes in turn, on the CPU. 用 15 步 DPM-Solver++ 画的 n 幅图像。

    Shapes: -> (n, c, size, size) in [-1, 1].
    """
    schedule, drawn = cosine(), []
    channels, classes = network.config["channels"], network.config["classes"]
    for number, part in enumerate(torch.arange(n).split(100)):
        denoiser = image_denoiser(schedule, network, part % classes if classes else None)
        how = dict(sampler=dpm_solver, times=focused_times(schedule, WALK), seed=seed + number)
        with quick_arithmetic(torch.zeros(1, 1, 1, 1, device=next(network.parameters()).device)):
            drawn.append(sample(schedule, denoiser, (len(part), channels, size, size), **how))
    return torch.cat(drawn).float().clamp(-1, 1)


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
        pages.mkdir(exist_ok=True)
        write_whole(pages / f"{step:07}.png", page_of(run.samples(ON_A_PAGE)).content)
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
        total, now, live = self.run.plan.steps, time.monotonic(), sys.stdout.isatty()
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


def judged(run: Run) -> dict[str, Tensor]:
    """The errors of the average on at most 256 images that were kept out, and on as many of those trained on.

    平均权重的误差：至多 256 幅留出的图像，以及同样多的训练图像。
    """
    split, n = run.split, min(CHECKED, len(run.split.held_x), len(run.split.x))
    sets = {"held_out": (split.held_x, split.held_y), "trained_on": (split.x, split.y)}
    return {
        name: held_out(cosine(), run.state.ema, x[:n], None if y is None else y[:n], batch=64).errors
        for name, (x, y) in sets.items()
    }


def read_checks(out: Path) -> list[dict]:
    """The checks that were written down so far, [] where none can be read. 至今写下的各次检查；读不到时为 []。"""
    try:
        checks = json.loads((out / CHECKS).read_text(encoding="utf-8"))
        return [check for check in checks if {"step", "held_out", "trained_on"} <= check.keys()]
    except (OSError, ValueError, TypeError, AttributeError):
        return []


def page_of(samples: Tensor) -> plots.Picture:
    """Samples in a square of tiles, some 600 pixels wide. 把样本排成方阵，宽约六百像素。"""
    columns = max(1, math.isqrt(len(samples)))
    return plots.grid(samples, columns, zoom=max(1, 576 // columns // samples.shape[-1]))


def agreed(run: Run) -> None:
    """Make sure that all processes stand at the same step. 确认各进程停在同一步。

    Raises: CourseError where they do not, as when their machines do not share the folder.
    """
    steps, n = run.state.step, run.share.processes
    if run.share.total(steps) != n * steps or run.share.total(steps**2) != n * steps**2:
        raise CourseError(
            f"The processes do not begin at the same step; this one at {steps}. Give an --out on a disk that all "
            "machines share.",
            f"各进程不是从同一步开始的，这一个从第 {steps} 步开始。请把 --out 放在各台机器共用的磁盘上。",
        )


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
