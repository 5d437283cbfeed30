"""The game on the line keeps what its theory says: the best discriminator, its value, the slopes of both losses.

直线上的博弈与理论一致：最优判别器、博弈的值、两种损失的斜率。
"""

import math

import pytest
import torch

from course_utils.experiments import game
from course_utils.experiments.game import MADE, REAL, BellsOnLine

PAIRS = [(REAL, MADE), (BellsOnLine((0.0,), 1.0), BellsOnLine((2.5,), 1.0)), (MADE, BellsOnLine((0.5,), 0.3))]
CROWDED, OUTSIDE = (-2.0, 2.0), (-6.0, -2.5)


def test_bells_have_an_area_of_one_and_draws_that_follow_them(seeded):
    assert float(torch.trapezoid(REAL.log_density(game.GRID).exp(), game.GRID)) == pytest.approx(1, abs=1e-9)
    x = REAL.draw(40_000, seeded(0))
    assert float(x.mean()) == pytest.approx(0, abs=0.03) and float(x.std()) == pytest.approx(math.sqrt(1.16), rel=0.02)
    for at in (-1.4, 0.0, 0.7):
        exact = torch.trapezoid(REAL.log_density(game.GRID).exp() * (game.GRID < at), game.GRID)
        assert float((x < at).double().mean()) == pytest.approx(float(exact), abs=0.01)


@pytest.mark.parametrize("p, q", PAIRS)
def test_the_best_discriminator_is_worth_what_the_divergence_says(p, q):
    best = game.best_logit(p, q)
    assert game.game_value(best, p, q) == pytest.approx(-math.log(4) + 2 * game.jensen_shannon(p, q), abs=1e-9)
    for worse in (
        lambda x: 0 * x,
        lambda x: best(x) + 0.1,
        lambda x: 0.9 * best(x),
        lambda x: best(x).clamp(-1, 1),
        lambda x: -best(x),
    ):
        assert game.game_value(worse, p, q) < game.game_value(best, p, q) - 1e-4


def test_the_divergence_is_nothing_for_equals_and_log_2_for_strangers():
    assert game.jensen_shannon(REAL, REAL) == pytest.approx(0, abs=1e-12)
    assert game.game_value(game.best_logit(REAL, REAL), REAL, REAL) == pytest.approx(-math.log(4))
    far = BellsOnLine((-8.0,), 0.2), BellsOnLine((8.0,), 0.2)
    assert game.jensen_shannon(*far) == pytest.approx(math.log(2), abs=1e-6)
    assert game.jensen_shannon(REAL, MADE) == pytest.approx(game.jensen_shannon(MADE, REAL))


def test_the_divergence_agrees_with_draws(seeded):
    x = REAL.draw(200_000, seeded(1)).double()
    y = MADE.draw(200_000, seeded(2)).double()
    logit = game.best_logit(REAL, MADE)
    value = torch.nn.functional.logsigmoid(logit(x)).mean() + torch.nn.functional.logsigmoid(-logit(y)).mean()
    assert float(value) == pytest.approx(-math.log(4) + 2 * game.jensen_shannon(REAL, MADE), abs=0.01)


@pytest.mark.parametrize("std", [1.0, 0.5])
@pytest.mark.parametrize("shift", [0.5, 1.5, 3.0])
def test_the_slopes_are_those_of_divergences(shift, std):
    """With the best discriminator: of 2 JS where the loss saturates, else of KL(q | p) - 2 JS."""

    def twice(m):
        return 2 * game.jensen_shannon(BellsOnLine((0.0,), std), BellsOnLine((m,), std))

    slope, h = (twice(shift + 1e-3) - twice(shift - 1e-3)) / 2e-3, shift / std**2
    found = game.slopes([shift], std)
    assert found["log(1 − D)"][0] == pytest.approx(slope, abs=1e-4)
    assert found["−log D"][0] == pytest.approx(h - slope, abs=1e-4)


def test_far_away_one_loss_is_flat_and_the_other_is_not():
    saturating, other, sure = game.slopes([0, 2, 4, 8]).values()
    assert saturating[0] == pytest.approx(0, abs=1e-9) and other[0] == pytest.approx(0, abs=1e-9)
    assert sure[0] == pytest.approx(0.5) and sure == sorted(sure) and sure[-1] > 0.9999
    assert saturating[3] < 1e-3 < 7.9 < other[3] and saturating[1] > saturating[2]


@pytest.fixture(scope="module")
def trained():
    return game.learned_discriminator(REAL, MADE, seed=0)


def test_a_trained_discriminator_is_near_the_best_where_it_has_seen_much_and_nowhere_else(trained):
    crowded, outside = (game.by_region(trained, REAL, MADE, edges)[0] for edges in (CROWDED, OUTSIDE))
    assert crowded.off < 0.03 and crowded.off_logit < 0.2 and crowded.said == pytest.approx(crowded.best, abs=0.02)
    assert outside.off > 5 * crowded.off and max(outside.real, outside.made) < 1e-3
    best = game.game_value(game.best_logit(REAL, MADE), REAL, MADE)
    assert best - 0.01 < game.game_value(trained, REAL, MADE) < best


def test_the_same_seed_trains_the_same_and_leaves_chance_alone():
    before = torch.random.get_rng_state()
    one, again, other = (game.learned_discriminator(REAL, MADE, n=100, steps=5, seed=seed) for seed in (3, 3, 4))
    assert torch.random.get_rng_state().equal(before)
    assert one(game.GRID).equal(again(game.GRID)) and not one(game.GRID).equal(other(game.GRID))


def test_regions_share_the_line_out_and_the_best_is_off_nowhere():
    edges = (-20, -1, 0.5, 20)
    rows = game.by_region(game.best_logit(REAL, MADE), REAL, MADE, edges)
    assert sum(row.real for row in rows) == pytest.approx(1, abs=1e-4)
    assert sum(row.made for row in rows) == pytest.approx(1, abs=1e-4)
    assert all(row.off == row.off_logit == 0 and row.best == row.said for row in rows)
    for row in game.by_region(lambda x: 0 * x + 2, REAL, MADE, edges):
        share = row.real / (row.real + row.made)  # the mean of D* over a region is the share of it that is real
        assert row.best == pytest.approx(share, abs=1e-4) and row.said == pytest.approx(torch.tensor(2.0).sigmoid())
