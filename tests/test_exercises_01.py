"""Lesson 01: what its exercises and questions take for the truth.

第 01 课：练习与题目所依据的真值。
"""

import math

import numpy as np
from answers import chosen
from answers.lesson_01 import OnlyTheArrays, first_below

from course_utils import schedules
from course_utils.exercises import exercise, judge


def test_the_half_is_where_the_share_crosses_a_half():
    alpha_bar = schedules.linear().alpha_bar
    half, after = exercise("01.half").reference(), first_below(alpha_bar, 0.5)
    assert half in (after - 1, after) and half == 259
    assert abs(float(alpha_bar[half]) - 0.5) < 0.002


def amplitude_of(last):
    return math.prod(1 - b for b in np.linspace(1e-4, last, 300)) ** 0.5


def test_the_last_beta_is_the_first_on_the_slider_that_suffices():
    grid = [round(0.01 + 0.001 * k, 3) for k in range(191)]
    first = next(last for last in grid if amplitude_of(last) < 0.01)
    assert exercise("01.last").reference() == first == 0.061


# Questions.


def test_the_linear_schedule_has_destroyed_most_at_t_250():
    u = np.linspace(0, 1, 1000)
    betas = {
        "linear": 1e-4 + (0.02 - 1e-4) * u,
        "quadratic": (0.01 + (0.02**0.5 - 0.01) * u) ** 2,
        "sigmoid": 1e-4 + (0.02 - 1e-4) / (1 + np.exp(6 - 12 * u)),
    }
    left = {name: np.prod(1 - beta[:250]) for name, beta in betas.items()}
    left["cosine"] = (math.cos(0.258 / 1.008 * math.pi / 2) / math.cos(0.008 / 1.008 * math.pi / 2)) ** 2
    assert min(left, key=left.get) == chosen("01.fastest").split(":")[0] == "linear"


def test_at_200_steps_36_per_cent_are_left():
    left = math.prod(1 - np.linspace(1e-4, 0.02, 200)) ** 0.5
    assert chosen("01.end") == f"about {100 * left:.0f} %"


# 01.build and 01.paper


def test_a_schedule_of_arrays_alone_holds_in_one_part_and_is_blank_in_the_others():
    right, (en, zh) = judge("01.build", OnlyTheArrays)
    assert right is False and "1 of 5 parts hold" in en and "5 个部分中有 1 个成立" in zh
    assert "✓ **arrays**" in en and en.count("- ○ **") == 4 and "✗" not in en


def test_the_reference_is_the_packages_schedule_to_the_last_digits():
    ours = exercise("01.build").reference()(schedules.cosine().alpha_bar)
    for name in ("alpha", "beta", "signal", "noise", "snr", "log_snr", "posterior_variance"):
        given, package = getattr(ours, name), getattr(schedules.cosine(), name)
        np.testing.assert_allclose(given, package, rtol=1e-9, atol=1e-15)


def test_on_paper_a_step_of_0_119_ends_at_z_0_1():
    beta = exercise("01.paper").reference()(100, 3072, 0.1)
    left = (1 - beta) ** 100
    assert math.isclose(math.sqrt(3072 * left / (1 - left)), 0.1, rel_tol=1e-9) and round(beta, 3) == 0.119
