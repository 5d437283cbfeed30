"""What a reader who misremembers is likely to write is told what is wrong with it, in at least 95 of 100 cases.

记错了的读者很可能会写的答案，一百个里至少有九十五个能被说出错在哪里。
"""

import re

import pytest
from answers import first_sight, likely, slips
from answers.solvers_07 import looked

from course_utils.exercises import judge

SETS = {"first": likely.FIRST, "second": likely.SECOND, "third": likely.THIRD, "listed": likely.LISTED}
WITHOUT_A_NAME = (  # these say that, where and by how much; not what
    "departs from the truth",
    "are not finite",
    "it stopped with",
    " is wrong: with ",
    "it is no straight line",
    "mean squared error between what",
)


@pytest.mark.parametrize("name", SETS)
def test_nineteen_of_twenty_are_named_and_all_are_rejected(name):
    nameless = []
    for i, (exercise_id, answer) in enumerate(SETS[name]):
        right, (en, zh) = judge(exercise_id, answer, seed=i)
        assert right is False and zh, (i, exercise_id, en)
        if any(words in en for words in WITHOUT_A_NAME):
            nameless.append((i, exercise_id, en))
    assert len(SETS[name]) > 40 and len(nameless) <= 0.05 * len(SETS[name]), nameless


# Single faults, by the words that name them.


@pytest.mark.parametrize(("exercise_id", "answer", "en", "zh"), likely.BY_NAME + first_sight.BY_NAME + slips.BY_NAME)
def test_a_fault_is_named_by_what_it_is(exercise_id, answer, en, zh):
    right, said = judge(exercise_id, answer, seed=5)
    assert right is False and en in said[0] and zh in said[1], said


def test_no_right_factor_is_called_wrong():
    """One wrong term is named alone, and what it should be is what the package computes."""

    def without_x0(s, x0, xt, t):
        return s.alpha[t].sqrt() * (1 - s.alpha_bar[t - 1]) / (1 - s.alpha_bar[t]) * xt

    def without_a_root(s, xt, t, eps_hat, noise):
        return xt / s.alpha[t].sqrt() - s.beta[t] * eps_hat + s.posterior_variance[t].sqrt() * noise

    _, (en, _) = judge("03.mean", without_x0, seed=0)
    assert "x0 is missing; its factor is β_t √ᾱ_{t−1} / (1 − ᾱ_t)" in en and "xt" not in en
    _, (en, _) = judge("03.step", without_a_root, seed=0)
    assert "factor of eps_hat is −β_t; it should be −β_t / (√(1 − ᾱ_t) √α_t)" in en
    assert "noise" not in en and "xt" not in en


def test_a_walk_whose_last_step_is_right_is_not_called_clipped():
    right, (en, zh) = judge("07.algorithm2", first_sight.last_step_right_alone, seed=5)
    assert right is False and "clipped" not in en and "截断" not in zh, en


def test_a_second_question_at_a_time_of_the_walk_does_not_spoil_the_state_there():
    for told in (lambda t, m, s: t, lambda t, m, s: s):
        _, (en, _) = judge("07.build", lambda *case, told=told: looked(*case, told=told), seed=5)
        assert "✓ **states**" in en, en


def test_a_guess_without_a_name_is_shown_where_it_departs_the_most():
    _, (en, _) = judge("07.slope", slips.order_with(slips.guesses_more), seed=5)
    guessed, best = map(float, re.search(r"it guesses ([\d.]+); the best guess is ([\d.]+)", en).groups())
    assert guessed > 1.05 * best, en


def test_an_array_read_at_each_t_is_not_called_whole():
    """Where one value a sample meets images, its number is that of the samples, not T + 1."""
    _, (en, _) = judge("02.noise", slips.without_axes, seed=5)
    assert "an axis of length 1" in en and "T + 1" not in en, en
