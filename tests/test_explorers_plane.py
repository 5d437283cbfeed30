"""The plane's widgets: each control changes the picture, which keeps its size and tells the truth.

平面上的控件：每个控件都改变图，图的尺寸不变，数也如实。
"""

import re

import pytest
import torch
from panels import controls, every_move_is_seen

from course_utils import oracle, points, schedules, widgets
from course_utils.experiments import plane
from course_utils.explorers.plane import field_explorer, playground_explorer
from course_utils.metrics import energy_distance
from course_utils.samplers import ddim, finish
from course_utils.times import even_times
from course_utils.training import TrainRecord

SCHEDULE = schedules.cosine()
SETS = {"circle": points.circle(8), "moons": points.moons(60)}


@pytest.mark.parametrize(
    "build, moves",
    [
        (lambda: field_explorer(SCHEDULE, SETS), {"t": [1, 205, 1000, 900], "x": ["moons", "circle"]}),
        (
            playground_explorer,
            {
                "x": ["rings", "spiral", "circle", "moons"],
                "schedule": ["linear", "quadratic", "sigmoid", "cosine"],
                "steps": [2, 8, 100, 5],
                "η": [0.5, 1.0, 0.0],
                "seed": [1, 2, 0],
            },
        ),
    ],
    ids=["field", "playground"],
)
def test_each_control_changes_the_picture_and_never_its_size(build, moves):
    panel = build()
    assert set(controls(panel)) == set(moves)
    every_move_is_seen(panel, moves)


def test_widths_are_explicit_and_a_slow_playground_waits_for_the_hand():
    for panel in (field_explorer(SCHEDULE, SETS), playground_explorer()):
        assert all(control.layout.width.endswith("px") for control in controls(panel).values())
        assert panel.image.layout.width == "400px"
    waiting = controls(playground_explorer())
    assert not any(waiting[name].continuous_update for name in ("steps", "η", "seed"))
    assert controls(field_explorer(SCHEDULE, SETS))["t"].continuous_update


@pytest.mark.parametrize("t", [1, 100, 206, 900])
@pytest.mark.parametrize("name", SETS)
def test_the_field_prints_the_largest_share(t, name):
    panel = field_explorer(SCHEDULE, SETS, mark=(0.3, -0.2), t=t)
    controls(panel)["x"].value = name
    shares = oracle.finite(SCHEDULE, SETS[name]).shares(torch.tensor([[0.3, -0.2]]).double(), t)
    assert f"t = {t} " in panel.picture.en and f"max w = {float(shares.max()):.3f}" in panel.picture.en


def test_the_field_takes_the_readers_own_points_and_refuses_times_out_of_range(refused):
    panel = field_explorer(schedules.linear(50), {"mine": points.from_list([(0, 0), (0.5, 0.5)])}, t=20)
    assert (controls(panel)["t"].min, controls(panel)["t"].max) == (1, 50)
    for t in (0, 1001, 2.5):
        with refused(str(t)):
            field_explorer(SCHEDULE, SETS, t=t)


def test_the_playground_prints_the_distance_of_its_particles(seeded):
    panel = playground_explorer(steps=12, eta=0.3, seed=4)
    controls(panel)["x"].value, controls(panel)["schedule"].value = "spiral", "linear"
    schedule = schedules.linear()
    truth = oracle.mixture(schedule, points.spiral(60), torch.full((60,), 0.04))
    generator = seeded(4)
    first = torch.randn(300, 2, generator=generator, dtype=torch.float64)
    particles = finish(ddim(schedule, truth, first, even_times(schedule, 12), eta=0.3, generator=generator))
    told = re.search(r"distance (\S+) +floor (\S+)", panel.picture.en)
    expected = energy_distance(particles, truth.draw(1000, seeded(0)))
    assert float(told[1]) == pytest.approx(expected, abs=6e-5)
    assert float(told[2]) == pytest.approx(plane.noise_floor("spiral"), abs=6e-5)


def test_more_steps_come_nearer():
    panel, found = playground_explorer(), []
    for n in (2, 5, 20):
        controls(panel)["steps"].value = n
        found.append(float(re.search(r"distance (\S+)", panel.picture.en)[1]))
    assert found[0] > 3 * found[1] > 9 * found[2]


def test_two_trainings_on_one_page_keep_pictures_of_their_own(monkeypatch):
    outputs = []
    monkeypatch.setattr(widgets.watching, "get_ipython", lambda: object())
    monkeypatch.setattr(widgets.watching, "display", lambda thing, **how: outputs.append(how["display_id"]))
    monkeypatch.setattr(widgets.watching, "update_display", lambda thing, **how: outputs.append(how["display_id"]))
    for _ in range(2):
        widgets.watch(iter([TrainRecord(1, 1.0, 0.1)]), 1, lambda: torch.zeros(3, 2))
    first, again, second, last_one = outputs
    assert first == again != second == last_one
