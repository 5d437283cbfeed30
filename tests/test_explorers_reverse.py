"""Lesson 03's widget: every control changes the picture, and the picture shows the posterior.

第 03 课的控件：每个控件都改变图，图上画的正是后验。
"""

import ipywidgets
import pytest
import torch
from panels import every_move_is_seen

from course_utils import plots
from course_utils.explorers.reverse import STEPS, posterior_bells, posterior_explorer
from course_utils.forward import posterior
from course_utils.schedules import linear


@pytest.fixture
def panel():
    return posterior_explorer()


@pytest.mark.parametrize(
    "name, values", [("T", [20, 1000, 10]), ("t", [1, 9, 4]), ("x₀", [-1.0, 0.0, 0.8]), ("xₜ", [1.5, 0.0, -0.6])]
)
def test_each_control_changes_the_picture_and_keeps_its_size(panel, name, values):
    every_move_is_seen(panel, {name: values})


def test_t_stays_within_the_schedule(panel):
    over_T, over_t, *_ = panel.box.children
    over_T.value, over_t.value = 1000, 700
    assert over_t.max == 1000
    over_T.value = 50
    assert (over_t.max, over_t.value) == (50, 50)
    assert over_T.options == STEPS


def test_controls_have_a_width_and_short_labels(panel):
    controls = [child for child in panel.box.children if not isinstance(child, ipywidgets.Image | ipywidgets.HTML)]
    assert [control.description for control in controls] == ["T", "t", "x₀", "xₜ"]
    assert all(control.layout.width == "480px" and control.continuous_update for control in controls)


@pytest.mark.parametrize("T", STEPS)
@pytest.mark.parametrize("t", [1, 2, 5, 10])
def test_the_picture_is_of_the_two_bells(T, t, monkeypatch):
    drawn = {}
    monkeypatch.setattr(plots, "two_bells", lambda *given: drawn.update(given=given))
    schedule, x0, xt = linear(T), 0.8, -0.6
    posterior_bells(schedule, xt, t, x0)
    prior, likelihood, *marks, words = drawn["given"]
    known, noisy, one = torch.tensor([[x0], [xt], [1.0]], dtype=torch.float64)
    exact = posterior(schedule, noisy, t, known)
    mean, variance = plots.bells.product(prior, likelihood)
    assert mean == pytest.approx(exact.mean.item()) and variance == pytest.approx(exact.variance.item())
    assert marks == [x0, xt]
    of_x0, of_xt = posterior(schedule, 0 * one, t, one).mean, posterior(schedule, one, t, 0 * one).mean
    expected = [f"{of_x0.item():.3f}", f"{of_xt.item():.3f}", f"{exact.variance.item():.5f}"]
    assert [number for _, number, _ in words] == expected


def test_a_time_outside_the_schedule_is_refused(refused):
    with refused("11"):
        posterior_bells(linear(10), -0.6, 11, 0.8)
