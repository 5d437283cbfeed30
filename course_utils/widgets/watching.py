"""What moves by itself: a view of a training as it runs, a bar for a long walk.

自己会动的：训练过程的实时画面、长时间采样的进度条。
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence

import ipywidgets
import torch
from IPython import get_ipython
from IPython.display import display, update_display
from torch import Tensor

from course_utils import plots
from course_utils.gates import check_callable, check_kind, check_whole
from course_utils.language import choose, spoken
from course_utils.objectives import by_level
from course_utils.page import come_into_view
from course_utils.training import TrainRecord
from course_utils.widgets.panels import Panel, label


class Stopped(KeyboardInterrupt):
    """A training that was stopped: a page shows one sentence instead of a traceback, and "Run all" goes no further.

    被停下的训练：页面只显示一句话，不显示回溯信息；“全部运行”也就此停住。
    """

    def __init__(self, en: str, zh: str):
        super().__init__(en, zh)
        self.en, self.zh = en, zh

    def __str__(self) -> str:
        return choose(self.en, self.zh)

    def _render_traceback_(self) -> list[str]:  # what IPython shows
        return str(self).splitlines()


def watch(
    records: Iterator[TrainRecord],
    total: int,
    samples: Callable[[], Tensor],
    every: int = 100,
    then: Callable[[], None] | None = None,
    *,
    earlier: Sequence[float] = (),
) -> list[TrainRecord]:
    """Run a training and show it live: progress, loss, loss by noise level, new samples, images a second, time left.

    运行训练并实时显示：进度、损失、按噪声水平分的损失、新样本、每秒图像数、剩余时间。

    New samples are drawn every `every` steps, the curves more often; `then` is called with new samples and when the
    training is stopped, and may keep a checkpoint. Stop it with the notebook's stop button: the step under way is
    finished, nothing is lost, and running the cell again goes on from there. `earlier` holds the losses of the steps
    before these, `state.losses`. Returns the records of this run.

    Raises: Stopped, a KeyboardInterrupt, when it is stopped, so that nothing goes on with a half-trained network;
    CourseError for records that are not those of a training, numbers below 1, or `samples` that cannot be called.
    """
    total, every = check_whole("total", total, 1), check_whole("every", every, 1)
    check_kind("records", records, Iterator, "train(state, schedule, x0, steps=500)")
    check_callable("samples", samples, "lambda: new_images()")
    if then is not None:
        check_callable("then", then, "lambda: checkpoints.save_in(folder, state)")
    monitor, live = _Monitor(total, samples, earlier), get_ipython() is not None
    shown, seen_to = {"display_id": monitor.panel.box.model_id}, come_into_view()
    if live:
        display(monitor.panel, **shown)
    try:
        for record in records:
            monitor.add(record)
            at_a_mark = record.step % every == 0 or record.step == total
            monitor.draw(anew=at_a_mark)
            if at_a_mark and then is not None:
                then()
    except KeyboardInterrupt:
        step = monitor.step
        if then is not None:
            then()
        raise Stopped(
            f"Stopped after step {step} of {total}. Nothing is lost: run the cell again to go on.",
            f"已在第 {step} 步（共 {total} 步）之后停下。什么都没丢：再运行一次这个单元格就会接着训练。",
        ) from None
    finally:
        seen_to()
        monitor.panel.redraw()
        if live:
            update_display(monitor.panel, **shown)
    return monitor.seen


class _Monitor:
    """What `watch` shows: a bar with words beside it, the losses of all steps so far, the newest samples."""

    def __init__(self, total: int, samples: Callable[[], Tensor], earlier: Sequence[float]):
        self.total, self.samples, self.began = total, samples, time.monotonic()
        self.earlier, self.seen, self.newest = list(earlier), [], samples()
        self.drawn, self.cost = -math.inf, 0.0  # when, and what it took
        self.line = _bar(total)
        bar, word = self.line.children
        bar.value, word.value = len(self.earlier), f"{len(self.earlier)} / {total}"
        self.panel = Panel([], self._picture, width=720)
        self.panel.box.children = [self.line, *self.panel.box.children]

    @property
    def step(self) -> int:
        return self.seen[-1].step if self.seen else len(self.earlier)

    def add(self, record: TrainRecord) -> None:
        self.seen.append(record)
        if record.step % 10 == 0 or record.step == self.total:
            bar, word = self.line.children
            bar.value, word.value = record.step, _progress(self.seen, self.total, time.monotonic() - self.began)

    def draw(self, anew: bool) -> None:
        """With new samples; else at the first record, and then for at most a twentieth of the time."""
        now = time.monotonic()
        if anew:
            self.newest = self.samples()
        elif now - self.drawn < max(2.0, 20 * self.cost):
            return
        began = time.monotonic()
        self.panel.redraw()
        self.drawn = time.monotonic()
        self.cost = self.drawn - began

    def _picture(self) -> plots.Picture:
        lately, levels = [record for record in self.seen[-100:] if len(record.level)], ()
        if lately:
            levels = by_level(*(torch.cat([getattr(r, name) for r in lately]) for name in ("level", "errors"))).tolist()
        before = self.earlier[: self.seen[0].step - 1] if self.seen else self.earlier
        losses = [*before, *(record.loss for record in self.seen)]
        first = self.step - len(losses) + 1
        return plots.training_view(losses, self.newest, levels, first=first, total=self.total)


def step_bar(states: int) -> Callable[[object], None]:
    """A bar for long walks: call it with each state, `sample(..., each=step_bar(len(times)))`; it goes when all are in.

    长时间采样的进度条：每到一个状态调用一次，如 `sample(..., each=step_bar(len(times)))`；全部走完后消失。

    Args: states, how often it will be called, over one walk or several. It is shown at the first call, with the time
    that is left, and moves at most 10 times a second. Outside a notebook nothing is shown.
    Raises: CourseError for states below 1.
    """
    states = check_whole("states", states, 1)
    line, seen, began, moved, live = _bar(states), 0, 0.0, 0.0, get_ipython() is not None
    bar, word = line.children

    def each(_state: object) -> None:
        nonlocal seen, began, moved
        seen, now = seen + 1, time.monotonic()
        if seen == 1:
            began = now
            if live:
                display(line, display_id=line.model_id)
        if seen < states and now - moved < 0.1:
            return
        moved, bar.value = now, seen
        left = round((states - seen) * (now - began) / max(1, seen - 1))
        word.value = f"{seen} / {states}   " + choose(f"{left} s left", f"还需 {left} 秒", between=" · ")
        if seen == states and live:  # leave nothing behind that a page opened later could not show
            nothing, unstored = {"text/plain": ""}, spoken("", "", stored=False)
            update_display(nothing, raw=True, metadata=unstored, display_id=line.model_id)

    return each


def _bar(total: int) -> ipywidgets.HBox:
    """A bar from 0 to `total`, and room for words beside it."""
    bar = ipywidgets.IntProgress(0, 0, total, layout=ipywidgets.Layout(width="280px"))
    return ipywidgets.HBox([bar, ipywidgets.Label()])


def _progress(seen: list[TrainRecord], total: int, seconds: float) -> str:
    record, left = seen[-1], round((total - seen[-1].step) * seconds / len(seen))
    rate = sum(len(r.errors) for r in seen) / max(seconds, 1e-9)
    en, zh = f"{rate:.0f} images/s, {left} s left", f"每秒 {rate:.0f} 幅，还需 {left} 秒"
    return f"{record.step} / {total}   {label('loss')} {record.loss:.3f}   {choose(en, zh, between=' · ')}"
