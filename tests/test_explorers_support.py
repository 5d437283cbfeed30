"""The widget of precision and recall: each control changes the picture, and what it prints is true.

精确率与召回率的控件：每个控件都改变图，所印的数字属实。
"""

import re

import pytest
import torch
from panels import controls, every_move_is_seen

from course_utils import oracle, points, samplers, schedules, times
from course_utils.experiments import shared_moons
from course_utils.explorers.support import support_explorer
from course_utils.guidance import guided
from course_utils.neighbours import support

TOLD = re.compile(
    r"precision (\S+) +exact density (\S+); recall (\S+); scale (\S+) +k = (\d+) +density (\S+) +coverage (\S+)"
)
SCHEDULE = schedules.cosine()


def by_hand(seeded, scale, k, seed):
    """The four figures, and the share where the exact density is high, from the pieces alone."""
    moons = oracle.labelled(
        oracle.mixture(SCHEDULE, points.moons(60), torch.full((60,), 0.15)), torch.tensor([0] * 30 + [1] * 30)
    )
    own = moons.conditional(0)
    noise = torch.randn(200, 2, generator=seeded(seed), dtype=torch.float64)
    denoiser = guided(own, moons.unconditional, scale)
    made = samplers.finish(samplers.dpm_solver(SCHEDULE, denoiser, noise, times.focused_times(SCHEDULE, 15)))
    edge = own.log_density(own.draw(4000, seeded(0)), 1).sort().values[200]
    return support(own.draw(200, seeded(seed + 1)), made, k), float((own.log_density(made, 1) >= edge).double().mean())


@pytest.mark.parametrize("scale, k, seed", [(1.0, 5, 0), (3.25, 1, 2), (8.0, 20, 5)])
def test_what_it_prints_is_true(scale, k, seed, seeded):
    figures, exact = by_hand(seeded, scale, k, seed)
    panel = support_explorer(scale, k, seed)
    told = [float(value) for value in TOLD.search(panel.picture.en).groups()]
    expected = figures.precision, exact, figures.recall, scale, k, figures.density, figures.coverage
    assert told == pytest.approx(expected, abs=6e-4) and TOLD.search(panel.picture.zh.replace("；", "; "))


def test_the_points_that_are_drawn_inside_are_those_that_are_counted():
    for scale, k in ((0.0, 3), (4.0, 5), (8.0, 20)):
        real, made, figures = shared_moons.moon_shared(scale, k, 1)
        assert float(made.held.double().mean()) == figures.precision
        assert float(real.held.double().mean()) == figures.recall


def test_each_control_changes_the_picture_and_never_its_size():
    moves = {"scale": [0.0, 8.0, 1.0], "k": [1, 20, 5], "seed": [5, 0]}
    panel = support_explorer()
    assert set(controls(panel)) == set(moves)
    every_move_is_seen(panel, moves)
    assert all(control.layout.width.endswith("px") for control in controls(panel).values())
    assert panel.image.layout.width == "812px"


def test_recall_falls_with_scale_and_a_large_k_lets_everything_in():
    low, high = shared_moons.scale_of_half_recall()
    assert 3 <= low <= high <= 6
    for seed in range(2):
        plain, strong = (shared_moons.moon_shared(scale, 5, seed).figures for scale in (1.0, 8.0))
        assert strong.recall < 0.3 < 0.9 < plain.recall
        assert shared_moons.exact_precision(8.0, seed) < 0.75 < 0.9 < shared_moons.exact_precision(1.0, seed)
        assert shared_moons.moon_shared(8.0, 20, seed).figures.precision > 0.95


@pytest.mark.parametrize(
    "given, named",
    [(dict(scale=9.0), "9.0"), (dict(scale="1"), "'1'"), (dict(k=0), "0"), (dict(k=21), "21"), (dict(seed=6), "6")],
)
def test_what_it_cannot_show_is_refused(given, named, refused):
    with refused(named):
        support_explorer(**given)
