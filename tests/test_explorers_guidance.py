"""Lesson 08's explorer: each control changes the picture, and what it says is true.

第 08 课的探索器：每个控件都改变图，所说的都属实。
"""

import re

import pytest
from panels import controls, every_move_is_seen

from course_utils.data import photograph
from course_utils.explorers.guidance import guidance_explorer
from course_utils.schedules import cosine


@pytest.fixture
def panel():
    return guidance_explorer(cosine(), photograph("palace", 64), t=300)


def test_each_control_changes_the_picture_and_never_its_size(panel):
    every_move_is_seen(panel, {"t": [0, 1000, 300]})


@pytest.mark.parametrize("t", [1, 300, 1000])
def test_the_ratio_above_the_picture_is_right(panel, t):
    controls(panel)["t"].value = t
    a = float(cosine().alpha_bar[t])
    assert float(re.search(r"SNR = ([\d.]+)", panel.picture.en)[1]) == pytest.approx(a / (1 - a), rel=1e-3, abs=6e-4)


def test_a_time_out_of_range_is_refused(refused):
    with refused("1001"):
        guidance_explorer(cosine(), photograph("palace", 64), t=1001)
