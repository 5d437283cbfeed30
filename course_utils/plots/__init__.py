"""Pictures: arrays in, a `Picture` out, with alternative text in both languages; GIFs too.

图：数组进，`Picture` 出，带两种语言的替代文字；也能做 GIF。
"""

from course_utils.plots.bells import two_bells
from course_utils.plots.charts import bars, clouds, curves, flow_to_normal, histograms, training_view
from course_utils.plots.diagrams import chain, flow_chart
from course_utils.plots.images import gif, grid, grids, noised, rows, strip
from course_utils.plots.picture import Picture
from course_utils.plots.plane import arrows, cloud_frame, field_frame, heat, plane
from course_utils.plots.schedules import schedule_rows, schedule_view

__all__ = [
    "Picture",
    "arrows",
    "bars",
    "chain",
    "cloud_frame",
    "clouds",
    "curves",
    "field_frame",
    "flow_chart",
    "flow_to_normal",
    "gif",
    "grid",
    "grids",
    "heat",
    "histograms",
    "noised",
    "plane",
    "rows",
    "schedule_rows",
    "schedule_view",
    "strip",
    "training_view",
    "two_bells",
]
