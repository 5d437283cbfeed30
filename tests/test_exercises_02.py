"""Lesson 02: what its exercises and questions take for the truth.

第 02 课：练习与题目所依据的真值。
"""

import pytest
import torch
from answers import build_02, chosen

from course_utils import data, schedules
from course_utils.exercises import exercise, judge
from course_utils.exercises.lesson_02.judges import WITHIN
from course_utils.experiments import noising
from course_utils.explorers.forward import normal_gap
from course_utils.forward import forward_jump, posterior


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


def test_a_piece_whose_mean_comes_first_waits_for_the_rest(in_both_languages):
    right, (en, zh) = judge("02.build", build_02.MeanFirst, seed=1)
    assert right is False and en.startswith("◐ `02.build`: 4 of 6 parts hold") and "✓ **mean**" in en and "✗" not in en
    in_both_languages(en, zh, "○ **variance**", "○ **batch**")


@pytest.mark.parametrize("t", [1, 2, 15, 30])
def test_the_references_posterior_is_the_packages_and_closes_the_loop(t, seeded):
    """Drawn from the posterior after a jump, x_{t-1} is the jump to t - 1: mean and variance, exactly."""
    schedule = schedules.cosine(30)
    process, x0 = exercise("02.build").reference()(schedule), torch.tensor([[0.7], [-0.4]], dtype=torch.float64)
    mean, variance = process.posterior(torch.ones_like(x0), t, x0)
    exact = posterior(schedule, torch.ones_like(x0), t, x0)
    assert torch.allclose(mean, exact.mean) and torch.allclose(variance, exact.variance)
    centre, _ = process.posterior(schedule.signal[t] * x0, t, x0)
    gain = process.posterior(schedule.signal[t] * x0 + 1, t, x0)[0] - centre
    assert torch.allclose(centre, schedule.signal[t - 1] * x0)
    assert torch.allclose(gain**2 * (1 - schedule.alpha_bar[t]) + variance, 1 - schedule.alpha_bar[t - 1])


@pytest.mark.parametrize(("s", "t", "u"), [(0, 14, 15), (3, 11, 20), (5, 5, 9), (5, 9, 9), (0, 29, 30)])
def test_the_references_bridge_closes_the_loop(s, t, u):
    """Drawn from the bridge after a jump from x_s to x_u, x_t is what `between` makes of x_s: exactly."""
    schedule = schedules.cosine(30)
    a, one = schedule.alpha_bar, torch.ones(1, 1, dtype=torch.float64)
    process = exercise("02.build").reference()(schedule)
    centre, variance = process.bridge(one, s, t, u, (a[u] / a[s]).sqrt() * one)
    gain = process.bridge(0 * one, s, t, u, one)[0]
    assert torch.allclose(centre, (a[t] / a[s]).sqrt() * one)
    assert torch.allclose(gain**2 * (1 - a[u] / a[s]) + variance, 1 - a[t] / a[s])
    assert torch.allclose(gain * (1 - a[u] / a[s]), (a[u] / a[t]).sqrt() * (1 - a[t] / a[s]))  # their covariance


# Questions


def test_without_shrinking_the_variance_is_1_plus_the_sum_of_the_betas():
    beta = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
    assert float(1 + beta.sum()) == pytest.approx(11.05)
    assert chosen("02.variance") == "about 11"
    right, grown, sunk = (curve[-1] for curve in noising.variances().values())
    assert (right, grown) == (pytest.approx(1), pytest.approx(11.05))
    left = torch.cat([(1 - beta).flip(0).cumprod(0).flip(0)[1:], torch.ones(1)])
    assert sunk == pytest.approx(float((1 - beta).prod() + (beta**2 * left).sum()))


def test_a_thousand_uniform_steps_make_a_bell():
    assert "bell" in chosen("02.uniform")
    kurtosis = {name: float((z**4).mean() / (z**2).mean() ** 2) for name, z in noising.uniform_steps().items()}
    assert list(kurtosis.values()) == [pytest.approx(exact, abs=0.1) for exact in (1.8, 2.4, 3)]


def test_along_the_chain_neighbours_are_correlated_between_jumps_they_are_not():
    schedule = schedules.linear()
    assert chosen("02.path") == "nearly 1 in A, 0 in B"
    a = schedule.alpha_bar
    exact = float((a[501] / a[500] * (1 - a[500]) / (1 - a[501])).sqrt())
    chain, jumps = noising.two_films()
    assert chain == pytest.approx(exact, abs=1e-3) and exact > 0.99 and abs(jumps) < 0.05
