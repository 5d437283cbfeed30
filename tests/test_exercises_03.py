"""Lesson 03: what its exercises and questions take for the truth.

第 03 课：练习与题目所依据的真值。
"""

import math

import pytest
import torch
from answers import chosen

from course_utils.exercises import exercise
from course_utils.exercises.lesson_03.build_judges import alpha_bar_of, exact
from course_utils.forward import forward_jump, posterior
from course_utils.schedules import Schedule, linear


def truly_last_heavy_x0():
    """β_t against β_1 + … + β_{t−1}: the weights of (7), multiplied by what they share, in plain numbers."""
    beta = [0.0] + [1e-4 + (0.02 - 1e-4) * i / 999 for i in range(1000)]
    a, heavy = [1.0], []
    for t in range(1, 1001):
        a.append(a[-1] * (1 - beta[t]))
        if math.sqrt(a[t - 1]) * beta[t] > math.sqrt(1 - beta[t]) * (1 - a[t - 1]):
            heavy.append(t)
    return heavy


def test_x0_weighs_more_up_to_t_2_and_nowhere_after():
    assert truly_last_heavy_x0() == [1, 2] and exercise("03.weigh").reference() == 2


def test_one_step_back_has_one_peak_and_t_50_has_two():
    """By sampling: forward from the data, keep what comes near 0 at t = 300."""
    schedule, generator = linear(), torch.Generator().manual_seed(0)
    x = torch.randint(0, 2, (400_000,), generator=generator) * 2.0 - 1
    x += 0.05 * torch.randn(x.shape, generator=generator)
    states, now = {}, 0
    for t in (50, 299, 300):
        kept = schedule.alpha_bar[t] / schedule.alpha_bar[now]
        x, now = kept.sqrt() * x + (1 - kept).sqrt() * torch.randn(x.shape, generator=generator), t
        states[t] = x
    near = states[300].abs() < 0.05
    assert near.sum() > 3000
    assert (states[299][near].abs() < 0.3).float().mean() > 0.99
    assert (states[50][near].abs() > 0.4).float().mean() > 0.99
    assert (states[50][near] > 0).float().mean() == pytest.approx(0.5, abs=0.03)
    assert chosen("03.shape").startswith("one peak one step back, two peaks")


def test_the_last_steps_noise_makes_it_noisier():
    """The error is √(1 − ᾱ)/√ᾱ times the difference of two noises with correlation √(β/(1 − ᾱ))."""
    schedule = linear()
    a, beta = schedule.alpha_bar[100], schedule.beta[100]
    guess = ((1 - a) / a * 2 * (1 - (beta / (1 - a)).sqrt())).sqrt()
    assert guess > 1.2 * (1 - a).sqrt()
    assert "more noise" in chosen("03.which")


def test_all_errors_before_t_1_are_forgotten():
    """Each error is passed on with the weight of x_t, and at t = 1 that weight is 0."""
    assert posterior(linear(), torch.ones(1), 1, torch.zeros(1)).mean.item() == 0
    assert "not at all" in chosen("03.error")


LEVELS = torch.tensor([0.0, 0.05, 0.3, 0.7, 2.0, 9.0, 60.0], dtype=torch.float64)


@pytest.mark.parametrize(("s", "t"), [(0, 2), (1, 2), (2, 4), (3, 6), (4, 5)])
def test_the_exploding_posterior_is_bayes_rule_on_a_grid(s, t):
    """The jump to s, then the steps from s to t one by one, whose variances are what a jump to each lacks."""
    x0, xt = 0.4, -1.1
    mean, variance = exact(
        LEVELS, torch.tensor([xt], dtype=torch.float64), t, torch.tensor([x0], dtype=torch.float64), s
    )
    if s == 0:
        assert float(mean) == pytest.approx(x0, abs=1e-9) and float(variance) == pytest.approx(0, abs=1e-12)
        return
    steps = sum(float(LEVELS[i] ** 2 - LEVELS[i - 1] ** 2) for i in range(s + 1, t + 1))
    z = torch.linspace(-15, 15, 60001, dtype=torch.float64) * float(variance.sqrt()) + float(mean)
    share = (-((z - x0) ** 2) / (2 * LEVELS[s] ** 2) - (xt - z) ** 2 / (2 * steps)).softmax(0)
    assert float(mean) == pytest.approx(float(share @ z), abs=1e-6)
    assert float(variance) == pytest.approx(float(share @ (z - float(mean)) ** 2), rel=1e-5)


def test_scaled_by_the_twin_the_exploding_jump_is_the_packages(seeded):
    x0, eps = torch.randn(2, 5, 3, generator=seeded(0), dtype=torch.float64)
    schedule = Schedule(alpha_bar_of(LEVELS))
    for t in range(len(LEVELS)):
        scaled = schedule.signal[t] * (x0 + LEVELS[t] * eps)
        torch.testing.assert_close(scaled, forward_jump(schedule, x0, t, eps).xt, rtol=1e-9, atol=1e-12)


def test_the_steps_of_the_exploding_process_add_up_to_its_jump(seeded):
    """In distribution, by the variance of many walks."""
    process = exercise("03.build").reference()(LEVELS)
    noises = torch.randn(len(LEVELS), 100_000, generator=seeded(1), dtype=torch.float64)
    x = torch.zeros(100_000, dtype=torch.float64)
    for t in range(1, len(LEVELS)):
        x = process.step(x, t - 1, t, noises[t])
        assert float(x.var()) == pytest.approx(float(LEVELS[t] ** 2), rel=0.02)
