"""Crowds are drawn as is said, and their distances fall as is known.

各群照所说的方式抽取，距离照已知的规律下降。
"""

import pytest
import torch

from course_utils.experiments import crowds
from course_utils.experiments.crowds import (
    SeenCrowd,
    distances_between,
    distances_of_parts,
    distances_to_truth,
    drawn_rows,
)
from course_utils.weights import garment_moments

LABELS = torch.arange(400) % 10


@pytest.mark.parametrize("balanced", [True, False])
def test_no_row_is_drawn_twice_and_a_balanced_crowd_has_as_many_of_each(balanced, seeded):
    drawn = drawn_rows(LABELS, 50, 3, balanced=balanced, generator=seeded(0))
    assert [len(rows) for rows in drawn] == [50] * 3 and len(torch.cat(drawn).unique()) == 150
    counts = torch.stack([LABELS[rows].bincount(minlength=10) for rows in drawn])
    assert bool((counts == 5).all()) == balanced
    assert LABELS[drawn[0]].tolist() != sorted(LABELS[drawn[0]].tolist()), "in an order of chance"


def test_by_lot_classes_are_equally_likely_however_many_there_are(seeded):
    labels = torch.cat([torch.zeros(900), torch.ones(100)]).long()
    generator = seeded(0)
    ones = [int(labels[drawn_rows(labels, 40, balanced=False, generator=generator)[0]].sum()) for _ in range(300)]
    ones = torch.tensor(ones, dtype=torch.float64)
    assert ones.mean() == pytest.approx(20, abs=4 * (10 / 300) ** 0.5) and ones.var() == pytest.approx(10, rel=0.3)


def test_more_than_there_are_is_refused(seeded, refused):
    for n, times, balanced in ((200, 3, True), (390, 1, False), (101, 1, True)):
        with refused(str(n), "400"):
            drawn_rows(LABELS, n, times, balanced=balanced, generator=seeded(0))


@pytest.fixture(scope="module")
def pool():
    """Features with the very moments of the test images, in ten classes that lie apart."""
    mean, covariance = garment_moments()
    values, axes = torch.linalg.eigh(covariance)
    labels = torch.arange(4000) % 10
    z = torch.randn(4000, 128, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    z[:, -10:] += 6 * torch.nn.functional.one_hot(labels, 10)
    white = (z - z.mean(0)) @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(z.T))).T
    return SeenCrowd(mean + white * values.clamp(min=0).sqrt() @ axes.T, labels)


def test_strata_and_balance_take_the_chance_of_the_classes_away(pool):
    found = distances_to_truth(pool, 200, 6)
    random, stratified, balanced = (float(way.mean()) for way in found)
    assert all(way.shape == (6,) for way in found) and max(stratified, balanced) < 0.85 * random


def test_two_crowds_are_apart_by_half_where_there_are_twice_as_many(pool):
    few, many = (float(distances_between(pool, n, 6, balanced=True).mean()) for n in (200, 400))
    assert few / many == pytest.approx(2, rel=0.2)


def test_a_limit_leaves_the_bias_behind_and_keeps_what_is_wrong(pool):
    x = pool.features[:1000]
    parts = distances_of_parts(x, 300)
    assert parts.shape == (3,) and float(parts.mean()) > 0.1
    right, wrong = crowds.limit(x), crowds.limit(x + 0.05)
    assert -0.05 < right.value < 0.02 < float(distances_of_parts(x, 500).mean())
    assert wrong.value - right.value == pytest.approx(128 * 0.05**2, abs=0.06)
    assert crowds.limit(x[:500]).error > 0 and right.error > 0


def test_sets_larger_than_what_there_is_are_refused(pool, refused):
    with refused("500"):
        crowds.limit(pool.features[:400])
    with refused("401"):
        distances_of_parts(pool.features[:400], 401)


def test_what_is_stored_agrees_with_itself():
    for row in (*crowds.REAL.values(), *crowds.PAIRS.values(), *crowds.SAMPLED.values()):
        values = [estimate.value for estimate in row.values()]
        assert values == sorted(values, reverse=True) and all(estimate.error > 0 for estimate in row.values())
    for name, row in crowds.SAMPLED.items():
        assert crowds.LIMITS[name].value < min(estimate.value for estimate in row.values())
    assert -0.03 < crowds.LIMITS["real"].value < 0, "the line bends"
    page = crowds.PAGE
    assert crowds.REAL["balanced"][page].value < crowds.GUIDED_PAGE.value < crowds.REAL["random"][page].value
