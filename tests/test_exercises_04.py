"""Lesson 04: what its exercises and questions take for the truth.

第 04 课：练习与题目所依据的真值。
"""

import numpy as np
import pytest
import torch
from answers import chosen

from course_utils import oracle, points, schedules
from course_utils.exercises import exercise
from course_utils.experiments import plane


def largest_share(t):
    """The largest weight at the marked point, written out for 8 points on a circle of radius 0.8."""
    a = float(schedules.cosine().alpha_bar[t])
    angle = np.arange(8) * np.pi / 4
    data = 0.8 * np.stack([np.cos(angle), np.sin(angle)], 1)
    bells = np.exp(-((np.array([0.45, 0.1]) - a**0.5 * data) ** 2).sum(1) / (2 * (1 - a)))
    return (bells / bells.sum()).max()


def test_the_turn_is_where_one_datum_takes_half():
    turn = exercise("04.turn").reference()
    assert largest_share(turn) > 0.5 >= largest_share(turn + 1)
    shares = [largest_share(t) for t in range(10, 1001, 10)]
    assert all(later <= earlier + 1e-9 for earlier, later in zip(shares, shares[1:], strict=False))


def test_the_fewest_steps_stand_well_apart_from_their_neighbours():
    truth, fewest = plane.curve(schedules.cosine(), "moons"), exercise("04.fewest").reference()
    before = plane.STEPS[plane.STEPS.index(fewest) - 1]
    enough, too_few = (
        [plane.distance_to_draws(truth, plane.played(truth, n, 0.0, seed)) for seed in range(0, 21, 4)]
        for n in (fewest, before)
    )
    assert max(enough) < 0.018 and min(too_few) > 0.022


def test_pure_noise_points_to_the_mean():
    schedule, eight = schedules.cosine(), points.circle(8).double()
    at = torch.tensor([[2.0, 1.0]]).double()
    eps = (at - schedule.signal[1000] * eight) / schedule.noise[1000]
    weight = (-eps.square().sum(1) / 2).exp()
    guess = (weight[:, None] * eight).sum(0) / weight.sum()
    assert float(guess.norm()) < 1e-3 and chosen("04.far") == "all to the centre of the circle"


def test_digits_come_back_to_the_pixel():
    drawn, nearest = plane.digits_drawn(4, 20, seed=3)
    assert (drawn - nearest).abs().max() < 1e-5
    assert chosen("04.copies") == "digits of the data set, pixel by pixel"


def test_the_floor_falls_with_the_noise():
    at = plane.floors()
    assert at[1] > at[100] > at[500] > at[1000] and at[1] > 0.9 and at[1000] < 1e-3
    assert chosen("04.floor") == "t = 1, hardly any noise"


def test_ten_steps_of_ddim_end_too_narrow(seeded):
    schedule = schedules.cosine()
    line = oracle.mixture(schedule, torch.zeros(1, 1), torch.tensor([0.3]))
    first = torch.randn(50_000, 1, generator=seeded(0), dtype=torch.float64)
    drawn = plane.every_sampler(line)["DDIM 0"](first, 10)
    assert float(drawn.std()) == pytest.approx(plane.stds((10,))["DDIM 0"][0], rel=0.02)
    assert drawn.std() < 0.25 and chosen("04.few") == "less than 0.3"
