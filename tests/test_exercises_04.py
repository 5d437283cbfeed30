"""Lesson 04: what its exercises and questions take for the truth.

第 04 课：练习与题目所依据的真值。
"""

import numpy as np
import pytest
import torch
from answers import chosen

from course_utils import oracle, points, schedules
from course_utils.exercises import exercise
from course_utils.exercises.lesson_04.paper import found_steepest
from course_utils.experiments import plane
from course_utils.reverse import sigma_posterior
from course_utils.samplers import ddim
from course_utils.times import even_times


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


def test_each_sample_gets_the_oracle_of_its_own_class_at_its_own_time(seeded):
    schedule, x = schedules.cosine(), torch.rand(40, 1, 4, 4, generator=seeded(1)) * 2 - 1
    y, xt = torch.arange(40) % 4 - 3, torch.randn(5, 1, 4, 4, generator=seeded(2))
    labels, t = torch.tensor([-3, 0, -2, 0, -3]), torch.tensor([1, 90, 400, 700, 1000])
    guess = exercise("04.build").reference()(schedule, x, y)(xt, t, labels)
    for i, k in enumerate(labels):
        of_its_class = oracle.finite(schedule, x[y == k])(xt[i : i + 1], int(t[i]))
        torch.testing.assert_close(guess[i : i + 1], of_its_class, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_the_spread_ends_where_the_packages_own_recursion_does(eta):
    schedule = schedules.cosine()
    times = even_times(schedule, 12)

    def sigma(*at):
        return eta * sigma_posterior(*at)

    found = exercise("04.spread").reference()(schedule, 0.3, times, eta)
    assert found[-1] == pytest.approx(plane.walked_std(schedule, 0.3, times, sigma, sigma), rel=1e-9)
    assert len(found) == 13 and found[0] == 1


def test_without_fresh_noise_the_spread_is_what_a_walk_makes_of_the_distance_1():
    schedule = schedules.linear(300)
    line, times = oracle.mixture(schedule, torch.zeros(1, 1), torch.tensor([0.3]).double()), even_times(schedule, 9)
    walk = ddim(schedule, line, torch.tensor([[0.0], [1.0]]).double(), times)
    apart = [float(sample.xt[1] - sample.xt[0]) for sample in walk]
    found = exercise("04.spread").reference()(schedule, float(line.stds), times, 0.0)
    assert np.allclose(found, np.abs(apart), rtol=1e-9)


def test_the_steepest_place_is_the_one_that_brute_force_finds():
    for alpha_bar, p in ((0.03, 0.1), (0.5, 0.5), (0.97, 0.85)):
        assert exercise("04.paper").reference()(alpha_bar, p) == pytest.approx(found_steepest(alpha_bar, p), abs=1e-8)
