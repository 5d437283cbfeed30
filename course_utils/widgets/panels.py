"""Controls above a picture: sliders and menus that redraw it, and whether widgets live here at all.

控件在上，图在下：滑块与菜单一动，图就重画；以及这里的控件究竟能不能用。
"""

import asyncio
import threading
from collections.abc import Callable, Sequence

import ipywidgets
from IPython import get_ipython
from IPython.display import display
from torch import Tensor

from course_utils import plots
from course_utils.forward import forward_jump
from course_utils.gates import (
    check_among,
    check_callable,
    check_flag,
    check_images,
    check_listed,
    check_whole,
    check_word,
)
from course_utils.gates.numbers import LARGEST
from course_utils.language import brief, choose, heard, spoken
from course_utils.page import name_sliders
from course_utils.randomness import seeded, standard_normal
from course_utils.schedules import Schedule, check_schedule

WORDS = {
    "steps": "步数",
    "images": "图像数",
    "seed": "种子",
    "sampler": "采样器",
    "spacing": "间隔",
    "schedule": "调度",
    "part": "部件",
    "above": "上面一行",
    "below": "下面一行",
    "scale": "引导强度",
    "mask": "掩码",
    "method": "方法",
    "noise": "噪声份额",
    "score": "得分",
    "picture": "图片",
    "size": "尺寸",
    "crop": "裁剪",
    "strength": "强度",
    "loss": "损失",
}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def widget_view(widget: ipywidgets.Widget) -> dict:
    """The part of an output that makes a front end show `widget`. 让前端显示 `widget` 的那部分输出。"""
    return {WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}}


class Panel:
    """Controls above a picture that is redrawn whenever one of them moves.

    一组控件，下面是一幅图；任何一个动了，图就重画。

    Front ends may call back on a second thread, where drawing is not safe: such a move is handed to the thread that
    made the panel, and moves that arrive while one is waiting are merged into it. `slow` says that a drawing takes its
    time, as where a network is asked: a sign stands below the controls meanwhile.
    Raises: CourseError for controls that are no list, or a `draw` that cannot be called.
    """

    def __init__(
        self, controls: list[ipywidgets.Widget], draw: Callable[[], plots.Picture], width: int, *, slow: bool = False
    ):
        controls = check_listed("controls", controls, ("sliders and menus", "滑块与菜单"))
        width = check_whole("width", width, 1)
        check_callable("draw", draw, "lambda: plots.grid(x)")
        self._draw, self._thread, self._waiting = draw, threading.current_thread(), False
        self._slow = check_flag("slow", slow)
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
        self.picture = draw()
        self.image = ipywidgets.Image(value=self.picture.content, format="png")
        self.image.layout = ipywidgets.Layout(width=f"{width}px", max_width="100%", height="auto")
        self.heard = ipywidgets.HTML(layout=ipywidgets.Layout(height="1px", margin="0", overflow="hidden"))
        self.sign = ipywidgets.Label(layout=ipywidgets.Layout(height="20px", margin="0 0 0 90px"))
        self._hear()
        self.box = ipywidgets.VBox([*controls, *([self.sign] if slow else []), self.heard, self.image])
        for control in controls:
            control.observe(self._moved, names="value")
        if controls:
            name_sliders()

    def redraw(self) -> None:
        """Draw the picture anew from the controls. 按控件的当前值重画。"""
        self._waiting = False
        try:
            self.picture = self._draw()
        finally:
            self.sign.value = ""
        self.image.value = self.picture.content
        self._hear()

    def _hear(self) -> None:
        self.heard.value = heard(self.picture.en, self.picture.zh)["text/html"]

    def _moved(self, _change) -> None:
        if self._slow:
            self.sign.value = choose("computing …", "正在计算……", between=" · ")
        if self._loop is None or threading.current_thread() is self._thread:
            self.redraw()
        elif not self._waiting:
            self._waiting = True
            self._loop.call_soon_threadsafe(self.redraw)

    def _repr_mimebundle_(self, **_) -> tuple[dict, dict]:
        still, metadata = self.picture._repr_mimebundle_()
        return still | widget_view(self.box), metadata


def label(name: str) -> str:
    """What stands beside a control: its name, a word in 中文 where that is set, a symbol as it is.

    控件旁边的文字：它的名字；设为中文时，词用中文，符号照旧。
    """
    return brief(name, WORDS.get(name, name))


def slider(name: str, low: int, high: int, value: int) -> ipywidgets.IntSlider:
    """A slider over whole numbers, wide enough to hit each step roughly. 整数滑块。

    Raises: CourseError for a value outside it, ends that are no whole numbers, or a name that is no word.
    """
    low, name = check_whole("low", low, -LARGEST), check_word("name", name)
    high = check_whole("high", high, low)
    value = check_whole(name, value, low, high)
    layout = ipywidgets.Layout(width="480px")
    return ipywidgets.IntSlider(value, low, high, description=label(name), layout=layout)


def choice(name: str, options: Sequence[str], value: str | None = None) -> ipywidgets.Dropdown:
    """A menu of words, at the first of them unless another is named. 由词组成的菜单，不指定时停在第一个。

    Raises: CourseError for a word that is not in it, or options that are no words.
    """
    listed = check_listed("options", options, ("the words to choose from", "可选的词"), 1)
    options = [check_word("options", option) for option in listed]
    value = options[0] if value is None else check_among(name, value, options)
    layout = ipywidgets.Layout(width="240px")
    return ipywidgets.Dropdown(options=options, value=value, description=label(check_word("name", name)), layout=layout)


def noise_slider(schedule: Schedule, x0: Tensor, t: int, seed: int = 0) -> Panel:
    """Images and their noised versions under a slider over t; the bar shows alpha_bar (blue) beside 1 - alpha_bar.

    用滑块改变 t，看图像加噪后的样子；下方色条是 alpha_bar（蓝）与 1 - alpha_bar。

    Shapes: x0 (b, c, h, w).  Raises: CourseError for images or t out of range.
    """
    check_schedule(schedule), check_images(x0)
    eps = standard_normal(x0, seeded(seed))
    over_t = slider("t", 0, schedule.T, int(schedule.check_time(t)))

    def draw() -> plots.Picture:
        xt, _ = forward_jump(schedule, x0, over_t.value, eps)
        return plots.noised(xt, over_t.value, float(schedule.alpha_bar[over_t.value]))

    return Panel([over_t], draw, width=min(584, 196 * len(x0) - 4))


def alive() -> None:
    """An output that reads ✓ where widgets live and says what to do where they do not. 检查控件是否可用的输出。"""
    en = "✗ This page shows no live widgets. Open it in JupyterLab or Colab and run this cell; here, still pictures "
    en += "take their place."
    zh = "✗ 这个页面显示不了控件。请在 JupyterLab 或 Colab 中打开并运行本单元格；这里先用静态图代替。"
    mark = ipywidgets.HTML(choose("✓ Widgets work", "✓ 控件可用", between=" · "))
    text = choose(en, zh, between="\n\n")
    bundle = {"text/plain": text, "text/markdown": text, **widget_view(mark)}
    if get_ipython() is not None:
        display(bundle, raw=True, metadata=spoken(en, zh))
