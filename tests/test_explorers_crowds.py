"""The widget of two real crowds: each control changes the picture, which keeps its size, and what it prints is true.

两群真实衣物的控件：每个控件都改变图，图的尺寸不变，所说的都属实。
"""

import pytest
import torch
from panels import controls, every_move_is_seen
from pictures import is_small_and_speaks, near, pixels

from course_utils import metrics
from course_utils.experiments.crowds import GUIDED_PAGE, PAIRS, drawn_rows, real_crowd
from course_utils.explorers.crowds import crowd_explorer
from course_utils.plots.crowds import crowd_chart, crowd_frame, lines_in_one_over_n
from course_utils.plots.picture import BLUE, ORANGE


def by_hand(n, seed, balanced, seeded):
    pool = real_crowd("test")
    a, b = drawn_rows(pool.labels, n, 2, balanced=balanced, generator=seeded(seed))
    assert len(set(a.tolist()) | set(b.tolist())) == 2 * n
    return metrics.frechet_distance(pool.features[a], pool.features[b])


def test_each_control_changes_the_picture_and_what_it_prints_is_true(seeded, in_both_languages):
    panel = crowd_explorer()
    every_move_is_seen(panel, {"n": [50, 800, 200], "seed": [9, 0]})
    controls(panel)["n"].value, controls(panel)["seed"].value = 400, 3
    for name, balanced in (("random", False), ("balanced", True)):
        told = f"{name} {by_hand(400, 3, balanced, seeded):.3f}"
        assert told in panel.picture.en and told in panel.picture.zh
    assert f"{GUIDED_PAGE.value:.3f}" in panel.picture.en and "400" in panel.picture.zh
    is_small_and_speaks(panel.picture, in_both_languages, 720, 360)


@pytest.mark.parametrize("n, seed", [(45, 0), (850, 0), (225, 0), (200, 10), (200, -1)])
def test_settings_that_are_on_no_slider_are_refused(n, seed, refused):
    with refused("n" if seed == 0 else "seed"):
        crowd_explorer(n, seed)


def test_a_point_stands_on_its_line_where_it_is_as_usual():
    means = {"random": {50: 2.0, 800: 0.125}, "balanced": {50: 1.0, 800: 0.0625}}
    chart, blank = crowd_chart(means, 0.2), -torch.ones(20, 1, 28, 28)
    where = {}
    for n in (100, 400):
        shown = pixels(crowd_frame(chart, (blank, blank), n, {"random": 100 / n, "balanced": 50 / n}))
        for colour in (ORANGE, BLUE):
            rows, columns = near(shown, colour, 30).T
            below = rows > 40  # the legend is above
            where[n, colour] = rows[below].mean(), columns[below].mean()
    for n in (100, 400):
        assert where[n, ORANGE][1] == pytest.approx(where[n, BLUE][1], abs=1.5), "above one another"
        assert where[n, ORANGE][0] < where[n, BLUE][0], "and the farther one higher"
    assert where[400, BLUE][1] > where[100, BLUE][1] and where[400, BLUE][0] > where[100, BLUE][0]


def test_charts_that_do_not_fit_are_refused(refused):
    line, blank = {50: 2.0, 800: 0.1}, -torch.ones(20, 1, 28, 28)
    with refused("3"):
        crowd_chart({"a": line, "b": line, "c": line}, 0.2)
    with refused("a"):
        crowd_chart({"a": {50: 0.0, 800: 0.1}}, 0.2)
    with refused("b"):
        crowd_frame(crowd_chart({"a": line}, 0.2), (blank, blank), 100, {"b": 0.3})
    with refused("other"):
        lines_in_one_over_n({"real": ([1, 2], [0.2, 0.1])}, {"other": (0, 0.1)})


def test_lines_end_where_they_are_said_to(in_both_languages):
    picture = lines_in_one_over_n({"real": ([100, 200, 500], [0.4, 0.2, 0.08])}, {"real": (0.001, 0.003)})
    is_small_and_speaks(picture, in_both_languages, 720, 360)
    assert "0.001 ± 0.003" in picture.en and "0.001 ± 0.003" in picture.zh


def test_the_lines_of_the_widget_reach_over_its_slider():
    sizes = controls(crowd_explorer())["n"]
    for line in PAIRS.values():
        assert (min(line), max(line)) == (sizes.min, sizes.max)
