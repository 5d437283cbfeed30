"""What is found of eight Gaussians on a ring: measured by the exact density, learned on equal terms.

环上八个高斯找到了多少：以精确密度度量，条件相同。
"""

import math

import pytest
import torch
from safetensors.torch import save
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from course_utils import points
from course_utils.experiments import ring, ring_games
from course_utils.experiments import ring_learners as learning

CENTRES = points.circle(8, 0.8).double()
EXACT = MixtureSameFamily(
    Categorical(torch.ones(8).double()), Independent(Normal(CENTRES, torch.tensor(0.05).double()), 1)
)
GAUSSIAN = 1 / (8 * 2 * math.pi * 0.05**2)  # the density at a centre


def test_to_belong_is_to_lie_within_the_contour_of_the_exact_density():
    at = points.lattice(401, 1.1).double()
    _, inside = ring.homes(at)
    assert inside.equal(EXACT.log_prob(at) >= math.log(GAUSSIAN / 100)) and 0 < inside.sum() < 0.2 * len(at)
    draws = ring.eight_bells().draw(40_000, torch.Generator().manual_seed(5))
    assert float(ring.homes(draws)[1].double().mean()) == pytest.approx(0.99, abs=0.002)
    assert float(EXACT.log_prob(draws).quantile(0.01)) == pytest.approx(math.log(GAUSSIAN / 100), abs=0.15)


def test_each_sample_belongs_to_its_nearest_centre():
    which, inside = ring.homes(torch.cat([CENTRES * 1.1, CENTRES * 0.2]))
    assert which.tolist() == list(range(8)) * 2 and inside.tolist() == [True] * 8 + [False] * 8


def test_exact_draws_find_all_and_a_fifth_of_a_share_is_needed():
    assert ring.found(ring.learned_from(3)) == (8, pytest.approx(0.99, abs=0.008))
    for stray, modes in ((24, 1), (25, 2)):
        x = torch.cat([CENTRES[:1].repeat(1000 - stray, 1), CENTRES[1:2].repeat(stray, 1)])
        assert ring.found(x) == (modes, 1.0)
    assert ring.found(torch.zeros(10, 2)) == (0, 0.0)


def test_what_is_scored_knows_a_lost_mode_and_a_lost_width():
    exact, centres = ring.scored(ring.learned_from(4)), ring.scored(CENTRES.repeat(250, 1))
    assert exact.distance < 0.002 < centres.distance and (centres.modes, centres.belong) == (8, 1)
    x = ring.learned_from(4)
    lost = ring.scored(x[ring.homes(x)[0] != 2])
    assert lost.modes == 7 and lost.belong == pytest.approx(0.99, abs=0.01) and lost.distance > 5 * exact.distance


def test_the_bar_is_the_standard_error_over_seeds():
    mean, bar = ring.over_seeds([ring.Scored(6, 0.5, 0.1), ring.Scored(8, 0.5, 0.3)])
    assert mean == (7, 0.5, pytest.approx(0.2)) and bar == (pytest.approx(1), 0, pytest.approx(0.1))


def test_the_networks_hold_equally_many_numbers():
    game, diffusion = (
        sum(weight.numel() for weight in state.network.parameters())
        for state in (learning.new_ring_game(), learning.new_ring_diffusion())
    )
    assert abs(game / diffusion - 1) < 0.03


def test_a_seed_gives_the_same_networks_and_leaves_chance_alone():
    before = torch.random.get_rng_state()
    for new in (learning.new_ring_game, learning.new_ring_diffusion):
        one, again, other = (torch.cat([w.flatten() for w in new(s).network.parameters()]) for s in (1, 1, 2))
        assert one.equal(again) and not one.equal(other)
    assert torch.random.get_rng_state().equal(before)


def test_em_finds_a_mixture_that_is_there(seeded):
    """Three round bells of different weight and width, far apart."""
    which = torch.tensor([0] * 200 + [1] * 600 + [2] * 1200)
    centres, stds = torch.tensor([[0.0, 0], [4, 0], [0, 4]]), torch.tensor([0.1, 0.4, 0.2])
    x = centres[which] + stds[which, None] * torch.randn(2000, 2, generator=seeded(0))
    fit = learning.fitted_mixture(x, seeded(1), k=3, starts=10)
    order = fit.weights.argsort()
    torch.testing.assert_close(fit.weights[order], torch.tensor([0.1, 0.3, 0.6]).double(), atol=0.005, rtol=0)
    torch.testing.assert_close(fit.means[order], centres.double(), atol=0.05, rtol=0)
    torch.testing.assert_close(fit.stds[order], stds.double(), rtol=0.06, atol=0)


def test_em_never_gets_less_likely_and_the_best_start_is_taken(seeded):
    x = ring.learned_from(0, 400)

    def likelihood(fit):
        away = torch.cdist(x.double(), fit.means).square() / (2 * fit.stds**2)
        return float((fit.weights.log() - away - (2 * math.pi * fit.stds**2).log()).logsumexp(1).mean())

    over_rounds = [likelihood(learning.fitted_mixture(x, seeded(2), starts=1, rounds=n)) for n in (1, 2, 5, 10, 30)]
    assert over_rounds == sorted(over_rounds)
    generator = seeded(3)
    alone = [likelihood(learning.fitted_mixture(x, generator, starts=1)) for _ in range(6)]
    assert likelihood(learning.fitted_mixture(x, seeded(3), starts=6)) == pytest.approx(max(alone))
    assert max(alone) > min(alone) + 0.1, "starts matter"


def test_a_film_is_of_the_game_itself(seeded):
    x = ring.learned_from(0)
    film = list(learning.filmed(x, 6, moments=3, seed=1))
    assert [now.step for now in film] == [0, 2, 4, 6]
    for now in film:
        assert now.samples.shape == (400, 2) and now.field.shape == (41 * 41,) and 0 <= now.field.min()
        assert now.field.max() <= 1 and 0 <= now.modes <= 8 and 0 <= min(now[4:]) <= max(now[4:]) <= 1
    state = learning.new_ring_game(1)
    with torch.no_grad():
        made = state.network.generator(torch.randn(2000, 2, generator=seeded(1)))
        said = state.network.discriminator(points.lattice(41)).sigmoid()
    assert film[0].samples.equal(made[:400]) and film[0].field.equal(said)
    again, plain = (list(learning.filmed(x, 6, moments=3, r1=r1, seed=1)) for r1 in (learning.R1, 0.0))
    assert again[-1].samples.equal(film[-1].samples) and not plain[-1].samples.equal(film[-1].samples)


def test_modes_are_kept_from_the_step_after_which_none_is_lost():
    def film(*modes):
        return [learning.Moment(10 * k, *[torch.zeros(1)] * 2, of, 1.0, 0.5, 0.5) for k, of in enumerate(modes)]

    assert learning.kept_from(film(0, 8, 7, 8, 8)) == 30 and learning.kept_from(film(8, 8)) == 0
    assert learning.kept_from(film(8, 8, 7)) is None and learning.kept_from(film(3)) is None


def weights_of(network):
    return torch.cat([weight.flatten() for weight in network.parameters()])


def test_a_touched_game_begins_as_the_other_but_for_its_share():
    plain, touched = (learning.new_ring_game(1, touched=share) for share in (0, 0.5))
    torch.testing.assert_close(weights_of(touched.network), 1.5 * weights_of(plain.network))
    assert weights_of(touched.ema).equal(weights_of(touched.network))


def test_the_kept_game_is_one_that_this_code_plays():
    kept, (seed, touched) = ring_games.kept_game(), (ring_games.SEED, ring_games.TOUCHED)
    assert [now.step for now in kept] == [15 * k for k in range(41)]
    film = learning.filmed(ring.learned_from(seed), learning.FILMED, r1=0.0, seed=seed, touched=touched)
    for then, now in zip(kept[:2], film, strict=False):  # 15 steps: before digits have had time to part
        torch.testing.assert_close(now.samples, then.samples, atol=2e-3, rtol=2e-3)
        torch.testing.assert_close(now.field, then.field, atol=2e-3, rtol=2e-3)
        assert now.step == then.step and now.belong == pytest.approx(then.belong, abs=0.01)


def test_a_film_is_kept_and_read_again(tmp_path, monkeypatch, refused):
    film = list(learning.filmed(ring.learned_from(0), 4, moments=2))
    monkeypatch.setattr(ring_games, "KEPT", tmp_path / "film.safetensors")
    ring_games.KEPT.write_bytes(save(ring_games.as_tensors(film)))
    for then, now in zip(film, ring_games.kept_game(), strict=True):
        assert then[::3] == now[::3] and then.belong == now.belong
        torch.testing.assert_close(now.samples, then.samples, atol=2e-3, rtol=2e-3)
    ring_games.KEPT.write_bytes(b"no film")
    with refused("film.safetensors"):
        ring_games.kept_game()


def test_a_page_plays_one_game_and_takes_the_other_from_its_file(monkeypatch):
    monkeypatch.setattr(ring_games, "FILMED", 2)
    plain, steadied = ring_games.two_games.__wrapped__().values()
    assert len(plain) == 41 and [now.step for now in steadied] == [0, 1, 2]


def test_the_game_s_samples_come_from_the_average_in_one_evaluation(seeded):
    state, asked = learning.new_ring_game(), []
    state.ema.generator.register_forward_hook(lambda *given: asked.append(len(given[2])))
    x = learning.made_by_game(state, 30, seeded(0))
    assert x.shape == (30, 2) and asked == [30] and not x.requires_grad


@pytest.mark.parametrize("evaluations", learning.WALKS)
def test_diffusion_s_samples_cost_what_is_said(evaluations, seeded):
    state, asked = learning.new_ring_diffusion(), []
    state.ema.register_forward_hook(lambda *given: asked.append(len(given[2])))
    x = learning.made_by_diffusion(state, evaluations, 5, seeded(0))
    assert x.shape == (5, 2) and asked == [5] * evaluations and not x.requires_grad


def test_each_learner_is_trained_on_the_points_it_is_given(monkeypatch, seeded):
    monkeypatch.setattr(learning, "STEPS", dict.fromkeys(learning.STEPS, 2))
    drawn = {name: draw(50, seeded(0)) for name, draw in learning.learners(ring.learned_from(0, 300), 0)}
    assert list(drawn) == list(ring.STORED) and all(x.shape == (50, 2) for x in drawn.values())
    assert not drawn["GAN, plain"].equal(drawn["GAN, R1"])
    assert ring.found(drawn["EM"])[0] > 5


def test_what_is_stored_has_its_bars_and_its_floor():
    assert list(ring.STORED) == list(ring.COSTS) and {"exact draws", "the eight centres"} <= set(ring.FLOORS)
    for mean, bar in [*ring.STORED.values(), *ring.FLOORS.values()]:
        assert 0 <= mean.modes <= 8 and 0 <= mean.belong <= 1 and mean.distance > 0
        assert all(b >= 0 for b in bar) and bar.modes <= 2
    assert {len(ends) for ends in ring.SHORT.values()} == {5} and list(ring.SHORT) == ["plain", "R1"]
    spent = [cost.seconds for name, cost in ring.COSTS.items() if name != "EM"]
    assert max(spent) < 1.07 * min(spent), "equal seconds"
    assert ring.FLOORS["exact draws"][0].belong == pytest.approx(0.99, abs=0.003)
