"""Widgets: sliders that redraw a picture, a view of a training as it runs, a bar for a long walk.

控件：拖动即重画的滑块、训练过程的实时画面、长时间采样的进度条。

Only what ipywidgets 7.7 and 8 share is used. Every widget carries a still frame, so a page without a kernel shows
a picture in its place.
"""

from course_utils.widgets.panels import WIDGET_VIEW, Panel, alive, choice, label, noise_slider, slider, widget_view
from course_utils.widgets.watching import Stopped, step_bar, watch

__all__ = [
    "Panel",
    "Stopped",
    "WIDGET_VIEW",
    "alive",
    "choice",
    "label",
    "noise_slider",
    "slider",
    "step_bar",
    "watch",
    "widget_view",
]
