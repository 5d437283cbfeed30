"""What lesson 10 measures of flows is right where the answer is known.

第 10 课对流所做的度量，在答案已知之处都对。
"""

import pytest
import torch

from course_utils import flows, paths
from course_utils.experiments import couplings, flow_moons, noisy_flow, reflow
from course_utils.experiments.moons import exact_draws
from course_utils.experiments.two_losses import compared_losses, little_network, spread_of_pairs, weights_of_eps
from course_utils.mlp import MLP
from course_utils.objectives import errors, errors_of_v
from course_utils.randomness import seeded as stream
from course_utils.schedules import cosine


def to_a_point(place):
    """The guess of data that are one point: its flow is straight."""
    return lambda x, log_snr: torch.tensor(place).to(x).expand_as(x)


def test_a_flow_to_one_point_is_straight_and_one_step_takes_it_there():
    noise, guess = flow_moons.flow_noise(0, 50).double(), to_a_point([0.5, -0.25])
    way = flow_moons.trail(guess, noise, 10)
    assert torch.allclose(way.places[0], noise, atol=1e-4) and torch.allclose(way.places[-1], way.ends[3])
    between = paths.point(paths.straight, 0.7, paths.Pair(way.places[-1], noise))
    assert torch.allclose(way.places[3], between, atol=1e-4) and float(way.times[3]) == pytest.approx(0.7)
    assert torch.allclose(reflow.bends(way.places), torch.ones(50).double(), atol=1e-6)
    assert torch.allclose(flow_moons.arrived(guess, noise, 1), way.places[-1], atol=1e-6)


def test_bends_are_path_over_chord():
    corner = torch.tensor([[[0.0, 0.0]], [[3.0, 0.0]], [[3.0, 4.0]]])
    assert float(reflow.bends(corner)) == pytest.approx(7 / 5)


def test_pairs_cross_and_the_exact_flow_keeps_the_order():
    crossed = torch.tensor([[0.0, 1.0, 2.0], [1.0, 0.0, 2.0]])[..., None]
    assert flow_moons.overtakings(crossed) == pytest.approx(1 / 3)
    from course_utils.experiments.guiding import two_classes
    from course_utils.schedules import cosine

    bells = two_classes(cosine(), std=0.2).unconditional
    eps = torch.randn(40, 1, generator=torch.Generator().manual_seed(0)).double()
    assert flow_moons.overtakings(flow_moons.trail(flows.guess_of_oracle(bells), eps).places) == 0
    lines = flow_moons.chords(bells.draw(40, torch.Generator().manual_seed(1)), eps, torch.linspace(1, 0, 5))
    assert 0.3 < flow_moons.overtakings(lines.places) < 0.7 and torch.allclose(lines.places[0], eps)


def test_the_two_losses_differ_by_the_spread_of_the_pairs_and_their_gradients_agree():
    spread, error = spread_of_pairs()
    for seed in range(2):
        both = compared_losses(little_network(seed), seed=seed)
        assert abs(float(both.losses[2]) - spread) < 4 * (float(both.loss_errors[2]) ** 2 + error**2) ** 0.5
        assert both.chi_square < 3 and both.gradients.shape == (3, 98)
        assert float(both.gradients[0].norm()) > 10 * float(both.gradient_errors[2].norm())
    assert compared_losses(little_network(0), rounds=10, backwards=True).chi_square > 100


def test_the_exact_flow_ends_at_the_floor_and_errs_nowhere():
    ends = flow_moons.arrived(flow_moons.exact_guess(), flow_moons.flow_noise(0))
    mean, spread = flow_moons.FLOOR
    assert flow_moons.distance_to_moons(ends) < mean + 4 * spread
    assert flow_moons.distance_to_moons(exact_draws(2000, 77)) < mean + 4 * spread
    assert max(flow_moons.velocity_errors(flow_moons.exact_guess(), (0.2, 1.0))) == 0


def test_a_short_training_learns_and_the_same_seed_learns_the_same():
    x0 = flow_moons.moon_points(0, 500)
    noise = flow_moons.flow_noise(0, 300)
    first, second = (flow_moons.learned_flow(x0, seed=3, steps=40, batch=64) for _ in range(2))
    ends = [flow_moons.arrived(guess, noise, 10) for guess in (first, second)]
    assert torch.equal(*ends)
    untrained = flow_moons.arrived(flows.guess_of_network(flow_moons.new_flow(3).network), noise, 10)
    assert flow_moons.distance_to_moons(ends[0]) < flow_moons.distance_to_moons(untrained) / 3


def test_pairs_are_noise_and_where_it_goes_x0_first():
    pairs = reflow.pairs_of(to_a_point([0.5, -0.25]), n=20)
    assert pairs.shape == (20, 2, 2) and torch.allclose(pairs[:, 0], torch.tensor([0.5, -0.25]).expand(20, 2))
    assert float(pairs[:, 1].std()) == pytest.approx(1, abs=0.3)


def test_what_is_its_own_teacher_is_not_apart_from_it():
    apart = reflow.apart(flow_moons.exact_guess(), flow_moons.exact_guess())
    assert apart == (0, 0, 0)


def test_over_a_batch_noise_goes_by_class_and_within_a_class_it_does_not():
    heights = {}
    for by_class in (False, True):
        x0, eps, labels = couplings.dealt_noise(300, by_class=by_class)
        assert (x0[labels == 0, 1].mean() > x0[labels == 1, 1].mean()) and eps.shape == x0.shape
        heights[by_class] = float(eps[labels == 0, 1].mean() - eps[labels == 1, 1].mean())
    assert heights[False] > 0.7 and abs(heights[True]) < 0.35


def test_coupled_by_class_deals_the_same_noise_and_never_across_classes():
    x0, labels = couplings.labelled_points(0, 40)
    eps, seen = flow_moons.flow_noise(0, 40), {}

    def objective(schedule, network, x0, t, eps, *, labels=None):
        seen["eps"] = eps
        return eps.sum(1)

    couplings.coupled_by_class(objective)(None, None, x0, None, eps, labels=labels)
    for label in (0, 1):
        own = labels == label
        assert torch.equal(seen["eps"][own].sort(0).values, eps[own].sort(0).values)
        assert torch.equal(seen["eps"][own], flows.nearest_noise(x0[own], eps[own]))
    assert not torch.equal(seen["eps"], eps)


def test_the_labelled_flow_hears_its_label_and_exact_draws_are_told_for_what_they_are():
    network = couplings.LabelledFlow()
    torch.nn.init.normal_(network.points.head[-1].weight, std=0.1)
    x, level = torch.randn(4, 2, generator=torch.Generator().manual_seed(0)), torch.tensor(0.0)
    one, other = (network(x, level, torch.full((4,), label)) for label in (0, 1))
    assert one.shape == x.shape and not torch.allclose(one, other)
    mean, spread = couplings.FLOOR
    told = couplings.told_upper(lambda x, log_snr: couplings.exact_moon(len(x), 123).to(x), steps=1)
    assert abs(told.share - mean.share) < 4 * spread.share and told.distance < mean.distance + 4 * spread.distance


def test_the_stored_table_holds_every_way_and_its_quick_row_is_found_again():
    assert set(reflow.STORED) == set(reflow.WAYS)
    mean, error = reflow.STORED["exact"]
    again = reflow.straightness_of(flow_moons.exact_guess(), 0)
    assert again.one == pytest.approx(mean.one, abs=1e-4) and again.bend == pytest.approx(mean.bend, abs=0.02)
    assert abs(again.hundred - mean.hundred) < 4 * error.hundred * 5**0.5


def test_the_weights_are_those_of_both_losses_times_the_share_of_their_draws():
    """At the same noise, from what the two objectives themselves make of an error of eps."""
    schedule, steps = cosine(), [900, 500, 100]
    found, t = weights_of_eps(schedule, steps), torch.tensor(steps)
    x0, eps = torch.randn(2, 3, 2, generator=stream(0))
    plain, of_v, of_flow = (
        of(schedule, MLP(2), x0, t, eps).double() for of in (errors, errors_of_v, flows.errors_of_velocity)
    )
    straight = 1 / (1 + (found.log_snr / 2).exp())  # t of the straight path
    torch.testing.assert_close(found.of_flow, of_flow / plain * straight * (1 - straight) / 2, rtol=1e-5, atol=0)
    angle = torch.pi / 2 * (t / 1000 + 0.008) / 1.008
    drawn = angle.cos() * angle.sin() / torch.pi * 1.008
    torch.testing.assert_close(found.of_v, of_v / plain * drawn, rtol=2e-2, atol=0)


@pytest.mark.parametrize("steps", [[1, 5], [1000], [], None, 5, [2.5], [True]], ids=repr)
def test_steps_that_have_no_neighbours(steps, refused):
    with refused("steps"):
        weights_of_eps(cosine(), steps)


@pytest.mark.parametrize("noise", [0.0, 1.0, 2.0])
def test_a_walk_with_any_noise_ends_with_the_spread_of_the_data(noise):
    """Gaussian data of std 0.5, whose velocity is the pace of the pen-and-paper problem."""
    pace = lambda t: (t - (1 - t) * 0.25) / ((1 - t) ** 2 * 0.25 + t**2)  # noqa: E731
    start = torch.randn(4000, 1, generator=stream(0)).double()
    ends = noisy_flow.walked_noisily(lambda x, t: pace(t) * x, start, 100, noise=noise, generator=stream(1))
    assert float(ends.std()) == pytest.approx(0.5, abs=0.02) and abs(float(ends.mean())) < 0.03
    kept = float(torch.corrcoef(torch.stack([start[:, 0], ends[:, 0]]))[0, 1])
    assert kept > 0.999 if noise == 0 else kept < 0.8  # noise forgets where it began


def test_the_std_at_a_point_is_that_of_particles_and_a_constant_noise_explodes():
    start = torch.randn(20_000, 1, generator=stream(0)).double()
    ends = noisy_flow.walked_noisily(lambda x, t: x / t, start, 40, generator=stream(1))
    assert float(ends.std()) == pytest.approx(noisy_flow.std_at_a_point(lambda t: t, 40), rel=0.02)
    thrown = [noisy_flow.std_at_a_point(lambda t: 1.0, n) for n in (20, 40, 80)]
    assert 1 < thrown[0] < thrown[1] < thrown[2]
    assert noisy_flow.std_at_a_point(lambda t: 0.0, 40) == pytest.approx(0, abs=1e-12)


def test_the_stored_distances_of_noisy_walks_are_found_again():
    velocity = noisy_flow.velocities()["exact"](0)
    ends = noisy_flow.walked_noisily(velocity, flow_moons.flow_noise(0), 50, noise=2.0, generator=stream(0))
    assert flow_moons.distance_to_moons(ends.double()) < 0.0015
    assert {len(row) for row in noisy_flow.STORED.values()} == {len(noisy_flow.NOISES)}


def test_what_no_noisy_walk_can_be_made_of(refused):
    start, velocity = torch.ones(3, 1), lambda x, t: x
    for name, call in {
        "velocity": lambda: noisy_flow.walked_noisily(None, start, 5),
        "steps": lambda: noisy_flow.walked_noisily(velocity, start, 0),
        "noise": lambda: noisy_flow.walked_noisily(velocity, start, 5, noise=-1.0),
        "x_T": lambda: noisy_flow.walked_noisily(velocity, torch.ones(0, 1), 5),
        "(3, 2)": lambda: noisy_flow.walked_noisily(lambda x, t: x.expand(3, 2), start, 5),
        "variance": lambda: noisy_flow.std_at_a_point(1.0, 5),
    }.items():
        with refused(name):
            call()


def test_dealing_leaves_little_where_data_are_like_the_noise_and_all_where_they_are_far_out():
    near = couplings.length_kept(torch.randn(500, 2, generator=stream(0)), 100, 5)
    far = couplings.length_kept(100 * torch.randn(500, 2, generator=stream(0)), 100, 5)
    assert near.value < 0.2 and near.error < 0.02 and 0.95 < far.value < 1


@pytest.mark.parametrize("wrong", [dict(size=1), dict(size=11), dict(batches=1), dict(seed=-1)], ids=repr)
def test_batches_that_nothing_can_be_dealt_in(wrong, refused):
    with refused(next(iter(wrong))):
        couplings.length_kept(torch.zeros(10, 2), **(dict(size=4, batches=3) | wrong))
