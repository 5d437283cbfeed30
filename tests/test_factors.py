"""What is read off a reader's formula says missing where a term is missing, however the rest was rounded.

从读者公式里读出的结论：漏了一项就说漏了，不管其余部分怎样取整。
"""

import pytest

from course_utils.exercises.factors import of_one_step, wrong_factors
from course_utils.forward import posterior
from course_utils.schedules import Schedule


def mean(schedule: Schedule, xt, t, x0):
    return posterior(schedule, xt, t, x0).mean


@pytest.mark.parametrize("seed", range(6))
def test_a_missing_term_is_called_missing_in_single_precision_too(seed, seeded):
    """The judge saw differences of equal numbers, or factors of 1e-17, for a few draws."""

    def without(schedule, xt, t, x0):
        return mean(schedule, xt.float(), t, (0 * x0).float()).double()

    en, zh = wrong_factors(without, of_one_step(mean, "xt", "t", "x0"), seeded(seed))
    assert en == "x0 is missing; its factor is β_t √ᾱ_{t−1} / (1 − ᾱ_t)"
    assert zh == "漏了 x0；它的系数应为 β_t √ᾱ_{t−1} / (1 − ᾱ_t)"


def test_a_small_factor_is_no_missing_one(seeded):
    def small(schedule, xt, t, x0):
        return mean(schedule, xt, t, 0.01 * x0)

    en, _ = wrong_factors(small, of_one_step(mean, "xt", "t", "x0"), seeded(0))
    assert "missing" not in en and "x0" in en
