"""Pictures: arrays in, a `Picture` out, with alternative text in both languages; GIFs too.

图：数组进，`Picture` 出，带两种语言的替代文字；也能做 GIF。
"""

from course_utils.plots.bells import two_bells
from course_utils.plots.clock_faces import clock_frame
from course_utils.plots.diagrams import chain, flow_chart, unet_chart
from course_utils.plots.features import bands, counts, feature_frame, feature_rows, part_bars
from course_utils.plots.graphs import bars, clouds, curves
from course_utils.plots.images import gif, grid, grids, noised, rows, strip
from course_utils.plots.names import in_column
from course_utils.plots.on_the_line import densities
from course_utils.plots.picture import Picture
from course_utils.plots.planar import arrows, cloud_frame, field_frame, heat, plane
from course_utils.plots.sampling import clocks, convergence, frontier
from course_utils.plots.schedules import schedule_rows, schedule_view
from course_utils.plots.tallies import flow_to_normal, histograms
from course_utils.plots.training import best_constants, charts, training_view, weight_frame
from course_utils.plots.walks import animate, duel_frame, save_animation, walk, walk_frame
from course_utils.plots.ways import lines_over_time, trail_frame, trails

__all__ = [
    "Picture",
    "animate",
    "arrows",
    "bands",
    "bars",
    "best_constants",
    "chain",
    "charts",
    "clock_frame",
    "clocks",
    "cloud_frame",
    "clouds",
    "convergence",
    "counts",
    "curves",
    "densities",
    "duel_frame",
    "feature_frame",
    "feature_rows",
    "field_frame",
    "flow_chart",
    "flow_to_normal",
    "frontier",
    "gif",
    "grid",
    "grids",
    "heat",
    "histograms",
    "in_column",
    "lines_over_time",
    "noised",
    "part_bars",
    "plane",
    "rows",
    "save_animation",
    "schedule_rows",
    "schedule_view",
    "strip",
    "trail_frame",
    "trails",
    "training_view",
    "two_bells",
    "unet_chart",
    "walk",
    "walk_frame",
    "weight_frame",
]
