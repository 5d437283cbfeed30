"""Lesson 02: what its exercises and questions take for the truth.

第 02 课：练习与题目所依据的真值。
"""

import pytest
import torch
from answers import chosen

from course_utils import data, schedules
from course_utils.exercises import exercise, judge, lesson_02
from course_utils.exercises.lesson_02 import WITHIN
from course_utils.explorers.forward import normal_gap
from course_utils.forward import forward_jump


def test_right_noise_is_never_called_wrong():
    noised = exercise("02.noise").reference()
    assert all(judge("02.noise", noised, seed).right for seed in range(100))


def test_a_seed_gives_the_same_trials_and_the_readers_own_stream_stays():
    drawn, noised = [], exercise("02.noise").reference()

    def watching(schedule, x0, t):
        xt, eps = noised(schedule, x0, t)
        drawn.append((float(x0.sum()), float(eps.sum())))
        return xt, eps

    torch.manual_seed(3)
    judge("02.noise", watching, seed=1)
    after, half = torch.rand(3), len(drawn)
    judge("02.noise", watching, seed=1)
    torch.manual_seed(3)
    assert drawn[:half] == drawn[half:] and torch.equal(torch.rand(3), after)


def test_what_the_slider_shows_agrees_with_the_exact_answer_for_any_draw(seeded):
    schedule, x0 = schedules.linear(), data.photograph("palace", 64)
    for seed in range(5):
        eps = torch.randn(x0.shape, generator=seeded(seed))
        shown = [round(normal_gap(forward_jump(schedule, x0, t, eps).xt), 2) for t in range(180, 290)]
        assert (
            abs(180 + next(i for i, gap in enumerate(shown) if gap <= 0.10) - exercise("02.normal").reference())
            < WITHIN
        )
        assert shown[0] > 0.10 and shown[-1] < 0.10


# Questions


def test_without_shrinking_the_variance_is_1_plus_the_sum_of_the_betas():
    beta = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
    assert float(1 + beta.sum()) == pytest.approx(11.05)
    assert chosen("02.variance") == "about 11"
    right, grown, sunk = (curve[-1] for curve in lesson_02.variances().values())
    assert (right, grown) == (pytest.approx(1), pytest.approx(11.05))
    left = torch.cat([(1 - beta).flip(0).cumprod(0).flip(0)[1:], torch.ones(1)])
    assert sunk == pytest.approx(float((1 - beta).prod() + (beta**2 * left).sum()))


def test_a_thousand_uniform_steps_make_a_bell():
    assert "bell" in chosen("02.uniform")
    kurtosis = {name: float((z**4).mean() / (z**2).mean() ** 2) for name, z in lesson_02.uniform_steps().items()}
    assert list(kurtosis.values()) == [pytest.approx(exact, abs=0.1) for exact in (1.8, 2.4, 3)]


def test_along_the_chain_neighbours_are_correlated_between_jumps_they_are_not():
    schedule = schedules.linear()
    assert chosen("02.path") == "nearly 1 in A, 0 in B"
    a = schedule.alpha_bar
    exact = float((a[501] / a[500] * (1 - a[500]) / (1 - a[501])).sqrt())
    chain, jumps = lesson_02.two_films()
    assert chain == pytest.approx(exact, abs=1e-3) and exact > 0.99 and abs(jumps) < 0.05
