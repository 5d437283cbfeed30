"""Pictures of trainings are small, speak both languages, and show what they are given.

训练的图：小巧，有两种语言的替代文字，所画即所给。
"""

import pytest
import torch
from pictures import is_small_and_speaks, near, pixels

from course_utils import plots
from course_utils.experiments.bound import bound_weights
from course_utils.plots import training
from course_utils.plots.graphs import running_mean
from course_utils.schedules import linear

WEIGHTS = bound_weights(linear())
DIGITS = torch.linspace(-1, 1, 12 * 64).reshape(12, 1, 8, 8)
USUAL = (torch.full((50,), 0.3), torch.linspace(0.5, 0.01, 10))


def row(loss=0.3, level=0.1, images=DIGITS):
    return torch.full((50,), loss), torch.full((10,), level), images, images


def pictures():
    yield "weights", lambda: plots.weight_frame(WEIGHTS, 341, "t = 341")
    yield "one", lambda: plots.charts({"A": row()}, USUAL)
    yield "four", lambda: plots.charts({name: row() for name in "ABCD"}, USUAL)
    yield "constants", lambda: plots.best_constants({"a": {"l1": [1, 0, 1.0], "l2": [2, 0.5, 2]}}, [-1, 0, 1])


@pytest.fixture(scope="module", params=pictures(), ids=lambda pair: pair[0])
def picture(request):
    return request.param[1]()  # drawn where it is looked at, not while tests are collected


def test_every_picture_is_a_small_png_that_speaks(picture, in_both_languages):
    is_small_and_speaks(picture, in_both_languages, 720, 360)


def test_the_line_of_the_weights_moves_with_t_and_leaves_nothing_behind():
    at = {}
    for t in (200, 800):
        shown = pixels(plots.weight_frame(WEIGHTS, t, ""))
        right = shown[60:190, 420:690]
        at[t] = int((near(right, "#000000", 60)[:, 1]).mean())
    assert at[800] - at[200] == pytest.approx(0.6 * 295, abs=12)
    first, again = (plots.weight_frame(WEIGHTS, 200, "").content for _ in range(2))
    assert first == again


def test_more_lies_shaded_the_larger_t_is():
    shaded = [len(near(pixels(plots.weight_frame(WEIGHTS, t, "")), "#BFDBEB", 30)) for t in (50, 300, 900)]
    assert shaded == sorted(shaded) and shaded[2] > 2 * shaded[0]


def test_a_higher_loss_is_drawn_higher():
    height = {}
    for loss in (0.01, 5.0):
        panel = pixels(plots.charts({"A": row(loss=loss)}, USUAL))[:, 60:215]
        height[loss] = near(panel, "#0072B2", 90)[:, 0].mean()
    assert height[5.0] < height[0.01] - 10


@pytest.mark.parametrize("n", [1, 2, 3, 49, 50, 99, 100, 400])
def test_a_straight_line_of_losses_stays_a_straight_line(n):
    losses = [5.0 - 0.01 * i for i in range(n)]
    x, mean = running_mean(range(1, n + 1), losses, 50)
    assert mean == pytest.approx(5.0 - 0.01 * (x - 1)) and len(mean) == n + 1 - max(1, min(50, n // 2))
    assert 1 <= x[0] and x[-1] <= n and x[0] - 1 == pytest.approx(n - x[-1])


def test_the_curve_of_the_monitor_is_straight_for_straight_losses():
    shown = pixels(plots.training_view([0.5] * 100, DIGITS))
    blue = near(shown, "#0072B2", 60)
    assert len(set(blue[:, 0])) <= 3 and len(set(blue[:, 1])) > 60


def test_samples_are_shown_as_they_are():
    dark, light = (
        pixels(plots.charts({"A": row(images=torch.full((12, 1, 8, 8), v))}, USUAL))[30:80, 400:700].mean()
        for v in (-0.9, 0.9)
    )
    assert dark < 110 < 180 < light


def test_dots_mark_the_lowest_places():
    x = torch.linspace(-1, 1, 201)
    for low in (-0.5, 0.5):
        shown = pixels(plots.best_constants({"a": {"l2": (x - low) ** 2}}, x))
        blue = near(shown, "#0072B2", 60)
        widest = max(set(blue[:, 0]), key=lambda r: (blue[:, 0] == r).sum())
        middle = blue[blue[:, 0] == widest][:, 1].mean()
        assert (middle < shown.shape[1] / 2) == (low < 0)


def test_the_monitor_keeps_its_size_and_its_axes_from_the_first_step_on():
    cloud, nan = torch.rand(50, 2) * 2 - 1, float("nan")
    views = [
        plots.training_view([], DIGITS, total=500),
        plots.training_view([0.9], DIGITS, [nan] * 5 + [0.3] * 5, total=500),
        plots.training_view([0.9] * 300, DIGITS, [1.0, 1e-4], total=500),
        plots.training_view([5.0, 0.001], cloud, total=500),
    ]
    shown = [pixels(view) for view in views]
    assert len({one.shape for one in shown}) == 1
    frames = [[(one[:, column] < 100).all(axis=1).sum() for column in (62, 63, 64)] for one in shown]
    assert all(max(frame) > 150 for frame in frames), "the axis of the losses stands where it stood"


@pytest.mark.parametrize("steps, share", [(1, 0.0), (100, 0.2), (250, 0.5), (500, 1.0)])
def test_the_curve_of_the_monitor_ends_where_the_training_has_come(steps, share):
    shown = pixels(plots.training_view([0.3] * steps, DIGITS, total=500))
    last = near(shown, "#0072B2", 60)[:, 1].max()
    begins, ends = 63, 254
    assert last == pytest.approx(begins + share * (ends - begins), abs=10)  # the mean of 50 ends 25 steps earlier


@pytest.mark.parametrize("loss", [1e-4, 0.01, 0.1, 0.3, 1.0, 9.99, 10.0, 1e6])
def test_no_loss_lies_on_the_edge_of_the_monitor(loss):
    shown = pixels(plots.training_view([loss] * 30, DIGITS, total=60))
    assert 15 < near(shown, "#0072B2", 60)[:, 0].mean() < 195


@pytest.mark.parametrize("n, columns", [(32, 8), (36, 6), (20, 5), (4, 2), (7, 3), (1, 1)])
def test_no_row_of_samples_is_cut_short(n, columns, monkeypatch):
    asked, drawn = [], training.tiles
    monkeypatch.setattr(training, "tiles", lambda x, columns, *how: asked.append(columns) or drawn(x, columns, *how))
    plots.training_view([0.5] * 20, -torch.ones(n, 1, 8, 8))
    assert asked == [columns]
