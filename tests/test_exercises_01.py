"""Lesson 01: what its exercises and questions take for the truth.

第 01 课：练习与题目所依据的真值。
"""

import math

import numpy as np
from answers import chosen
from answers.lesson_01 import first_below

from course_utils import schedules
from course_utils.exercises import exercise


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
