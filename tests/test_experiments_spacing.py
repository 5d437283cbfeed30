"""Samplers are compared on times that suit them: the same choices tried for all, the stored tables whole.

比较采样器时，各走适合自己的时间步：所有采样器试的是同样几种，存下的表完整。
"""

import math
import re

import pytest
import torch

from course_utils import schedules, weights
from course_utils.experiments import moons, spacing, worth
from course_utils.experiments.garments import garments_in_batches
from course_utils.reverse import ddim_step, euler_step
from course_utils.samplers import finish, heun

SCHEDULE = schedules.cosine()


def counted(asked):
    def denoise(xt, t):
        asked.append(t)
        return 0.5 * xt.tanh()

    return denoise


@pytest.mark.parametrize("name", worth.STORED)
@pytest.mark.parametrize("cost", [4, 6, 10, 20])
def test_every_sampler_asks_as_often_as_the_table_says(name, cost, seeded):
    for choose in moons.SPACINGS.values():
        times, asked = choose(SCHEDULE, spacing.steps_for(name, cost)), []
        walk = worth.DRAWN_BY[name](SCHEDULE, counted(asked), torch.randn(2, 1, generator=seeded(0)), times)
        assert finish(walk).isfinite().all() and len(asked) == cost
    asked = []
    finish(worth.DRAWN_BY[name](SCHEDULE, counted(asked), torch.randn(2, 1), worth.walk_of(SCHEDULE, name, cost)))
    assert len(asked) == cost


def test_the_first_step_is_ddims_and_what_follows_is_heuns(seeded):
    truth, times, xT = moons.two_moons(), [1000, 600, 300, 40, 0], moons.noise_of(3)
    states = list(spacing.heun_plain_first(SCHEDULE, truth, xT, times))
    assert [state.t for state in states] == times and torch.equal(states[0].x0_hat, truth(xT, 1000))
    second = ddim_step(SCHEDULE, xT, 1000, 600, truth(xT, 1000))
    assert torch.equal(states[1].xt, second)
    assert torch.equal(states[-1].xt, finish(heun(SCHEDULE, truth, second, times[1:])))
    slopes = [truth.eps(second, 600)]
    slopes.append(truth.eps(euler_step(SCHEDULE, second, 600, 300, slopes[0]), 300))
    by_hand = euler_step(SCHEDULE, second, 600, 300, sum(slopes) / 2)
    assert torch.allclose(states[2].xt, by_hand, atol=1e-9)


@pytest.mark.parametrize("choice", ["even", "both ends", "focused"])
def test_from_T_a_plain_first_step_keeps_heun_in_hand(choice):
    times = moons.SPACINGS[choice](SCHEDULE, spacing.steps_for("Heun", 12))
    assert times[0] == 1000 and moons.flow_error(moons.arrivals(heun, times, 0), 0) > 1
    assert spacing.error_on_moons("Heun", choice, 12) < 0.15


def test_the_same_choices_are_tried_for_all():
    tried = spacing.tried_on_moons(8, seed=1)
    assert set(tried) == set(spacing.WALKS) and all(list(row) == list(moons.SPACINGS) for row in tried.values())
    times = moons.karras_times(SCHEDULE, 8)
    assert tried["DDIM"]["Karras"] == moons.flow_error(moons.arrivals(moons.ddim, times, 1), 1)
    for cost in (6, 10):
        rows = worth.TRIED[cost]
        assert set(rows) == set(worth.STORED) and all(list(row) == list(moons.SPACINGS) for row in rows.values())


def test_each_sampler_walks_what_came_out_best_for_it():
    for cost, rows in worth.TRIED.items():
        for name, distances in rows.items():
            chosen = worth.spacing_of(name, cost)
            assert distances[chosen] == min(distances.values())
            assert worth.walk_of(SCHEDULE, name, cost) == moons.SPACINGS[chosen](
                SCHEDULE, spacing.steps_for(name, cost)
            )
    assert (worth.spacing_of("Heun", 50), worth.spacing_of("DDPM β̃", 20)) == ("focused", "even")
    assert worth.spacing_of("Heun", 2) == worth.spacing_of("Heun", min(worth.TRIED))


def test_the_spread_is_that_of_one_distance_pooled_over_the_points(monkeypatch):
    monkeypatch.setattr(worth, "AGAIN", {("a", 6): (1.0, math.e**0.2), ("b", 6): (3.0, 3.0, 3.0)})
    assert worth.spread(250) == pytest.approx(math.sqrt(2 * 0.1**2 / 3))
    assert worth.spread() == pytest.approx(worth.spread(250) / math.sqrt(2))


def test_what_is_said_of_10_000_samples_stands_on_the_card():
    card = (weights.FOLDER / "fashion_mnist.md").read_text(encoding="utf-8")
    ours, real = (
        float(re.search(rf"10,000 {what}.* \| ([\d.]+) \|", card)[1]) for what in ("samples", "training images")
    )
    assert worth.TEN_THOUSAND == {
        "samples": pytest.approx(ours, abs=5e-4),
        "real images": pytest.approx(real, abs=5e-4),
    }


def test_other_seeds_are_other_garments():
    def drawn(seed):
        walk = garments_in_batches(weights.pretrained("fashion_mnist"), moons.ddim, [1000, 300, 0], 3, first_seed=seed)
        return torch.cat(list(walk))

    assert torch.equal(drawn(2), drawn(2)) and not torch.allclose(drawn(2), drawn(0), atol=0.1)


@pytest.mark.full
def test_a_stored_point_comes_out_again():
    network = weights.pretrained("fashion_mnist")
    for name in ("Heun", "DDIM"):
        walk, stored = worth.walk_of(SCHEDULE, name, 6), dict(worth.STORED[name])[6]
        found = worth.distance_of(network, worth.DRAWN_BY[name], walk, worth.MEASURED_WITH)
        assert found == pytest.approx(stored, rel=0.02)
