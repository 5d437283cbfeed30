"""Moving any control of the schedule explorer changes the picture, and nothing but the picture.

移动调度探索器的任何一个控件，图都会变，而且只有图在变。
"""

import ipywidgets
import pytest
from panels import controls, drawn

from course_utils import data, schedules
from course_utils.explorers.schedules import schedule_explorer

MOVES = {"T": 1000, "β₁": 1e-3, "β_T": 0.061, "ᾱ": "sigmoid", "t": "1000 → T"}


@pytest.fixture
def explorer():
    return schedule_explorer(data.photograph("palace", 32))


@pytest.mark.parametrize("name, value", MOVES.items())
def test_moving_a_control_changes_the_picture_and_not_its_size(explorer, name, value):
    size, before = drawn(explorer)
    controls(explorer)[name].value = value
    now, content = drawn(explorer)
    assert content != before and now == size and size[0] == 720


def test_the_offset_moves_the_cosine(explorer):
    moved = controls(explorer)
    moved["ᾱ"].value = "cosine"
    before = explorer.image.value
    moved["offset"].value = 0.1
    assert explorer.image.value != before
    left = float(schedules.raw_cosine(300, 0.1).signal[300])
    assert f"√ᾱ_T = {left:.4f}" in explorer.picture.en and f"√ᾱ_T = {left:.4f}" in explorer.picture.zh


def test_it_says_what_the_lesson_asks_for(explorer):
    assert "√ᾱ_T = 0.2192" in explorer.picture.en
    moved = controls(explorer)
    for last in (0.06, 0.061):
        moved["β_T"].value = last
        left = float(schedules.raw_linear(300, last=last).signal[300])
        assert f"√ᾱ_T = {left:.4f}" in explorer.picture.en
    moved["β_T"].value, moved["t"].value = 0.02, "1000 → T"
    assert f"√ᾱ_T = {schedules.linear(300).signal[300]:.4f}" in explorer.picture.en


def test_only_what_counts_can_be_moved(explorer):
    moved = controls(explorer)
    assert [moved[name].disabled for name in ("β₁", "β_T", "offset")] == [False, False, True]
    moved["ᾱ"].value = "cosine"
    assert [moved[name].disabled for name in ("β₁", "β_T", "offset")] == [True, True, False]


@pytest.mark.parametrize("kind", ["linear", "quadratic", "sigmoid", "cosine"])
@pytest.mark.parametrize("read", ["raw(T)", "1000 → T"])
def test_no_corner_of_the_controls_breaks_it(explorer, kind, read):
    moved = controls(explorer)
    moved["ᾱ"].value, moved["t"].value = kind, read
    for name in ("T", "β₁", "β_T", "offset"):
        slider = moved[name]
        log = isinstance(slider, ipywidgets.FloatLogSlider)
        for end in (slider.min, slider.max):
            slider.value = 10.0**end if log else end
            assert explorer.image.value == explorer.picture.content


def test_the_same_noise_and_place_give_the_same_picture(explorer):
    before = explorer.image.value
    moved = controls(explorer)["T"]
    moved.value = 500
    moved.value = 300
    assert explorer.image.value == before == schedule_explorer(data.photograph("palace", 32)).image.value


def test_everything_has_a_width(explorer):
    assert explorer.image.layout.width == "720px"
    assert all(control.layout.width.endswith("px") for control in controls(explorer).values())
