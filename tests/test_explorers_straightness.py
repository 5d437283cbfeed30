"""The widget of straightness: each control changes the picture, and what it prints is true.

“直不直”的控件：每个控件都改变图，所说的都属实。
"""

import re

import pytest
import torch
from panels import controls, every_move_is_seen

from course_utils.experiments import flow_moons, reflow
from course_utils.experiments.moons import exact_draws
from course_utils.explorers.straightness import straightness_explorer
from course_utils.language import CourseError
from course_utils.metrics import energy_distance


@pytest.fixture(scope="module")
def panel():
    return straightness_explorer({"exact": flow_moons.exact_guess()})


def test_each_control_changes_the_picture_and_never_its_size(panel):
    every_move_is_seen(panel, {"100 t": [0, 100, 30, 60], "seed": [5, 2, 0]})


def test_what_it_prints_is_true(panel):
    controls(panel)["100 t"].value, controls(panel)["seed"].value = 30, 1
    said = panel.picture.en
    way = flow_moons.trail(flow_moons.exact_guess(), flow_moons.flow_noise(1, 200))
    bend, distance = float(reflow.bends(way.places).mean()), energy_distance(way.ends[70], exact_draws(500))
    told = re.search(r"chord (\S+), t = 0.30 +straight on: distance (\S+)", said)
    assert float(told[1]) == pytest.approx(bend, abs=6e-4) and float(told[2]) == pytest.approx(distance, abs=6e-5)
    controls(panel)["100 t"].value, controls(panel)["seed"].value = 60, 0


def test_from_the_task_s_answer_on_straight_leads_near_and_one_step_earlier_it_does_not():
    exact = flow_moons.exact_guess()
    latest = reflow.straight_from(exact)
    assert all(reflow.straight_on(exact, latest, seed) < reflow.NEAR for seed in reflow.SEEDS)
    assert any(reflow.straight_on(exact, latest + 1, seed) >= reflow.NEAR for seed in reflow.SEEDS)


def test_what_is_no_flow_or_no_time_is_refused():
    with pytest.raises(CourseError):
        straightness_explorer({})
    with pytest.raises(CourseError):
        straightness_explorer({"one": torch.zeros(2)})
    with pytest.raises(CourseError):
        straightness_explorer({"one": flow_moons.exact_guess()}, percent=101)
