"""A denoiser as a velocity: exact on Gaussians, the same on every path, walked by the samplers that are there.

把去噪器当作速度：对高斯精确，在每条路径上都一样，用已有的采样器就能走。
"""

import dataclasses
from itertools import pairwise, permutations

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from course_utils import flows, oracle, schedules
from course_utils.denoisers import from_network
from course_utils.gaussians import gaussian_mixture
from course_utils.objectives import squared
from course_utils.paths import Pair, at, point, straight, variance_exploding, variance_preserving, velocity
from course_utils.samplers import ddim

LINEAR = schedules.linear()
PATHS = {
    "straight": straight,
    "VP": variance_preserving(LINEAR),
    "VE": variance_exploding(0.01, 20.0),
}
EVERY = pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
INSIDE = st.floats(0.01, 0.99)
CLOSE = dict(rtol=1e-9, atol=1e-9)
MEANS = torch.tensor([[-1.0, 0.0], [0.5, 1.0], [1.0, -1.0]], dtype=torch.float64)
STDS = torch.tensor([0.2, 0.0, 0.6], dtype=torch.float64)
TRUTH = oracle.mixture(LINEAR, MEANS, STDS)
GUESS = flows.guess_of_oracle(TRUTH)
X = torch.randn(4, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


class Shrunk(nn.Module):
    """A network that answers with a mix of x, the noise level and the label."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.7, 0.1], dtype=torch.float64))

    def forward(self, x, log_snr, labels=None):
        told = log_snr / 10 if labels is None else log_snr / 10 + labels
        return self.weight[0] * x + self.weight[1] * told.reshape(-1, *[1] * (x.ndim - 1))


def draws(n, seed=0, d=2):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, n, d, generator=generator, dtype=torch.float64)


def gaussian_guess(std):
    return flows.guess_of_oracle(oracle.mixture(LINEAR, torch.zeros(1, 2), torch.tensor([std])))


# Guesses and fields


@EVERY
@settings(max_examples=40, deadline=None, derandomize=True)
@given(t=INSIDE, std=st.floats(0.1, 3))
def test_on_a_gaussian_both_fields_are_what_theory_says(path, t, std):
    a, b, da, db = at(path, t)
    variance = a**2 * std**2 + b**2
    found = flows.velocity_field(path, gaussian_guess(std))(X, t)
    torch.testing.assert_close(found, (a * da * std**2 + b * db) / variance * X, rtol=1e-6, atol=1e-6)
    found = flows.score_field(path, gaussian_guess(std))(X, t)
    torch.testing.assert_close(found, -X / variance, rtol=1e-6, atol=1e-6)


def test_a_guess_is_what_the_denoiser_answers_at_that_noise():
    for k in (1, 250, 1000):
        log_snr = float(LINEAR.log_snr[k])
        torch.testing.assert_close(GUESS(X, log_snr), TRUTH(X, k), **CLOSE)
        network = Shrunk()
        expected = from_network(LINEAR, network)(X, k)
        torch.testing.assert_close(flows.guess_of_network(network)(X, log_snr), expected, **CLOSE)


def test_both_kinds_of_oracles_guess_the_same():
    covariances = STDS.square()[:, None, None] * torch.eye(2, dtype=torch.float64)
    other = flows.guess_of_oracle(gaussian_mixture(LINEAR, MEANS, covariances))
    for log_snr in (-15.0, 0.0, 8.0):
        torch.testing.assert_close(other(X, log_snr), GUESS(X, log_snr), **CLOSE)


@pytest.mark.parametrize("of", [flows.velocity_field, flows.score_field])
def test_a_field_reads_its_path_once_a_call(of):
    read = []

    def path(t):
        read.append(float(t))
        return straight(t)

    field = of(path, GUESS)
    read.clear()
    torch.testing.assert_close(field(X, 0.4), of(straight, GUESS)(X, 0.4), rtol=0, atol=0)
    assert read == [0.4]


def test_a_guess_of_a_network_is_told_the_labels():
    network, labels, log_snr = Shrunk(), torch.tensor([0, 1, 2, 0]), float(LINEAR.log_snr[300])
    found = flows.guess_of_network(network, labels)(X, log_snr)
    torch.testing.assert_close(found, from_network(LINEAR, network, labels)(X, 300), **CLOSE)
    assert not torch.allclose(found, flows.guess_of_network(network, labels + 1)(X, log_snr))


@pytest.mark.parametrize("name", PATHS)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(t=st.floats(0.02, 0.95))
def test_a_field_moved_to_another_path_is_that_paths_and_comes_back(name, t):
    equally_noisy = {**PATHS, "VE": variance_exploding(0.01, 200.0)}  # somewhere, each as noisy as the others at t
    path = equally_noisy[name]
    field = flows.velocity_field(path, GUESS)
    for other in equally_noisy.values():
        there = flows.moved_to(path, field, other)
        same_up_to_size(there(X, t), flows.velocity_field(other, GUESS)(X, t))
        same_up_to_size(flows.moved_to(other, there, path)(X, t), field(X, t))


def same_up_to_size(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-8 * float(expected.abs().max()))


# The samplers walk a path


RISING = st.lists(st.floats(0.001, 0.998), min_size=1, max_size=8, unique_by=lambda t: round(1000 * t)).map(sorted)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(times=RISING)
def test_ddim_on_the_straight_clock_is_euler_with_the_velocity(times):
    times = [0.0, *times, 0.999]
    schedule = flows.clock(straight, times)
    denoiser = dataclasses.replace(TRUTH, schedule=schedule)
    field, x, size = flows.velocity_field(straight, GUESS), X, [((1 - t) ** 2 + t**2) ** 0.5 for t in times]
    walk = ddim(schedule, denoiser, X / size[-1], range(schedule.T, -1, -1))
    steps = [*pairwise(reversed(times)), (0.0, None)]
    for sample, (t, s) in zip(walk, steps, strict=True):
        torch.testing.assert_close(sample.xt * size[sample.t], x, **CLOSE)
        x = x if s is None else x + (s - t) * field(x, t)


@pytest.mark.parametrize("path", [PATHS["VP"], PATHS["VE"]], ids=["VP", "VE"])
def test_on_any_clock_a_step_of_ddim_keeps_both_ends(path):
    times = [0.0, 0.1, 0.4, 0.9]
    schedule = flows.clock(path, times)
    size = [float(torch.hypot(*at(path, t)[:2])) for t in times]
    walk = list(ddim(schedule, dataclasses.replace(TRUTH, schedule=schedule), X, [3, 2, 1, 0]))
    for before, after in pairwise(walk[:-1]):
        now = at(path, times[before.t])
        eps = (before.xt * size[before.t] - now.signal * before.x0_hat) / now.noise
        expected = point(path, times[after.t], Pair(before.x0_hat, eps))
        torch.testing.assert_close(after.xt * size[after.t], expected, rtol=1e-7, atol=1e-7)


def test_the_straight_clock_has_the_straight_paths_noise():
    t, schedule = torch.arange(1, 100).double() / 100, flows.straight_clock(100)
    torch.testing.assert_close(schedule.snr[1:-1], ((1 - t) / t) ** 2, **CLOSE)
    assert float(schedule.log_snr[-1]) == pytest.approx(-20, abs=1e-6)


def test_samples_are_those_of_diffusers_for_the_same_answers_and_sigmas():
    theirs, sigmas = FlowMatchEulerDiscreteScheduler(shift=1.0), [0.999, 0.8, 0.65, 0.4, 0.1]
    theirs.set_timesteps(sigmas=sigmas)
    field, x = flows.velocity_field(straight, GUESS), X.float()
    for sigma, t in zip(sigmas, theirs.timesteps, strict=True):
        x = theirs.step(field(x, sigma), t, x).prev_sample
    schedule = flows.clock(straight, [0.0, *reversed(sigmas)])
    start = X / (0.001**2 + 0.999**2) ** 0.5
    *_, last = ddim(schedule, dataclasses.replace(TRUTH, schedule=schedule), start, range(5, -1, -1))
    torch.testing.assert_close(last.xt.float(), x, rtol=1e-6, atol=1e-6)


def test_point_and_target_are_those_that_diffusers_trains_on():
    theirs, (x0, eps) = FlowMatchEulerDiscreteScheduler(shift=1.0), draws(3)
    theirs.set_timesteps(sigmas=[0.9, 0.5, 0.25])
    noised = theirs.scale_noise(x0.float(), theirs.timesteps, eps.float())
    found = point(straight, theirs.sigmas[:3], Pair(x0, eps))
    torch.testing.assert_close(found.float(), noised, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(velocity(straight, theirs.sigmas[:3], Pair(x0, eps)), eps - x0, **CLOSE)


def test_to_mix_guesses_with_weights_that_add_up_to_one_is_to_mix_velocities_and_scores():
    """Guidance: on every path, at any scale."""
    other = gaussian_guess(0.4)
    for path in PATHS.values():
        for scale in (-0.5, 0.3, 3.0):
            mixed = lambda x, log_snr, w=scale: (1 - w) * other(x, log_snr) + w * GUESS(x, log_snr)  # noqa: E731
            for of in (flows.velocity_field, flows.score_field):
                with_label, without, guided = (of(path, guess)(X, 0.6) for guess in (GUESS, other, mixed))
                torch.testing.assert_close((1 - scale) * without + scale * with_label, guided, **CLOSE)


# Losses


def test_errors_of_velocity_are_those_of_the_straight_paths_velocity():
    steps, network = 50, Shrunk()
    schedule, t = flows.straight_clock(steps), torch.arange(1, steps)
    x0, eps = draws(len(t))
    found = flows.errors_of_velocity(schedule, network, x0, t, eps)
    now = t.double()[:, None] / steps
    xt = (1 - now) * x0 + now * eps
    size = ((1 - now) ** 2 + now**2).sqrt()
    eps_hat = network(xt / size, 2 * ((1 - now) / now).log())
    v_hat = eps_hat - (xt - now * eps_hat) / (1 - now)
    literally = (v_hat - (eps - x0)).square().mean(1)
    torch.testing.assert_close(found, literally, rtol=1e-8, atol=1e-8)


def test_errors_of_velocity_do_not_care_for_the_path_of_the_schedule():
    """VP's times at the same noise: the same eps_hat, the same error, the same weight."""
    x0, eps = draws(5)
    t = torch.tensor([100, 300, 500, 700, 900])
    meant = flows.clock(straight, [0.0, *(1 / (1 + (LINEAR.log_snr[t] / 2).exp())).tolist()])
    there = flows.errors_of_velocity(meant, Shrunk(), x0, torch.arange(1, 6), eps)
    torch.testing.assert_close(flows.errors_of_velocity(LINEAR, Shrunk(), x0, t, eps), there, rtol=1e-8, atol=1e-8)


def told(schedule, network, x0, t, eps, *, labels=None):
    return torch.cat([squared(x0, eps).mean(1), eps[:, 0], t.double(), labels.double()])


def test_of_pairs_takes_the_noise_that_comes_with_the_data():
    (x0, own), other = draws(4), draws(4, 1)[0]
    t, labels = torch.arange(4), torch.tensor([3, 1, 0, 2])
    found = flows.of_pairs(told)(LINEAR, None, torch.stack([x0, own], 1), t, other, labels=labels)
    assert found.equal(told(LINEAR, None, x0, t, own, labels=labels))


def test_coupled_deals_the_noise_anew_and_nothing_else():
    (x0, eps), t, labels = draws(4, 3), torch.arange(4), torch.tensor([3, 1, 0, 2])
    found = flows.coupled(told)(LINEAR, None, x0, t, eps, labels=labels)
    assert found.equal(told(LINEAR, None, x0, t, flows.nearest_noise(x0, eps), labels=labels))
    assert not found.equal(told(LINEAR, None, x0, t, eps, labels=labels))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(n=st.integers(1, 6), d=st.integers(1, 4), seed=st.integers(0, 2**31))
def test_no_permutation_of_the_noise_lies_nearer(n, d, seed):
    x0, eps = draws(n, seed, d)
    dealt = flows.nearest_noise(x0, eps)
    least = min(float((x0 - eps[list(order)]).square().sum()) for order in permutations(range(n)))
    assert float((x0 - dealt).square().sum()) == pytest.approx(least, rel=1e-12)
    assert sorted(dealt.tolist()) == sorted(eps.tolist())


def test_on_the_line_the_nearest_noise_is_in_the_order_of_the_data():
    x0, eps = draws(30, d=1)
    assert flows.nearest_noise(x0, eps)[x0[:, 0].argsort()].equal(eps.sort(0).values)
    assert flows.nearest_noise(x0[:, 0], eps[:, 0]).equal(flows.nearest_noise(x0, eps)[:, 0])


def test_images_are_coupled_as_lists_of_numbers():
    x0, eps = draws(6, d=16)
    images = [x.reshape(6, 1, 4, 4) for x in (x0, eps)]
    assert flows.nearest_noise(*images).flatten(1).equal(flows.nearest_noise(x0, eps))


# What is wrong


@pytest.mark.parametrize("t", [-0.1, 1.5, float("nan"), "0.5", None, True, 500], ids=repr)
def test_what_is_no_time_of_a_field(t, refused):
    field = flows.velocity_field(straight, GUESS)
    for of in (field, flows.score_field(straight, GUESS), flows.moved_to(straight, field, PATHS["VP"])):
        with refused("t", "0", "1"):
            of(X, t)


def test_at_time_zero_there_is_no_field(refused):
    for of in (flows.velocity_field, flows.score_field):
        with refused("t = 0"):
            of(straight, GUESS)(X, 0.0)


@pytest.mark.parametrize("of", [flows.velocity_field, flows.score_field])
def test_what_no_field_is_made_of(of, refused):
    with refused("guess"):
        of(straight, X)
    with refused("path"):
        of(LINEAR, GUESS)
    with refused("(4, 1)", "(4, 2)"):
        of(straight, lambda x, log_snr: x[:, :1])(X, 0.5)
    with refused("tuple"):
        of(straight, lambda x, log_snr: (x, x))(X, 0.5)


def test_what_cannot_be_moved(refused):
    with refused("field"):
        flows.moved_to(straight, None, PATHS["VP"])
    with refused("path"):
        flows.moved_to(straight, GUESS, LINEAR)(X, 0.5)
    with refused("(4, 1)"):
        flows.moved_to(straight, lambda x, t: x[:, :1], PATHS["VP"])(X, 0.5)


@pytest.mark.parametrize("truth", [None, GUESS, LINEAR], ids=["None", "guess", "schedule"])
def test_what_is_no_exact_denoiser(truth, refused):
    with refused("truth", "Oracle"):
        flows.guess_of_oracle(truth)


def test_what_no_guess_can_be_had_from(refused):
    with refused():
        flows.guess_of_network(None)


@pytest.mark.parametrize(
    "times", [[], [0], [0.1, 0.5], [0, 0.5, 0.5], [1, 0], [0, float("nan")], "abc", None, [[0, 1]]], ids=repr
)
def test_times_that_no_clock_can_be_made_of(times, refused):
    with refused("0"):
        flows.clock(straight, times)


def test_times_beyond_the_path(refused):
    with refused("0", "1"):
        flows.clock(straight, [0, 0.5, 2])


@pytest.mark.parametrize("steps", [0, -1, 2.5, "50", None, True, 10**6], ids=repr)
def test_what_is_no_number_of_steps(steps, refused):
    with refused("steps"):
        flows.straight_clock(steps)


def test_what_is_no_objective(refused):
    for of in (flows.of_pairs, flows.coupled):
        with refused("objective"):
            of(None)


@pytest.mark.parametrize("shape", [(4, 2), (4, 3, 2), (4,), (4, 1, 8, 8)], ids=str)
def test_data_that_are_no_pairs(shape, refused):
    with refused(str(shape), "(n, 2, ...)"):
        flows.of_pairs(told)(LINEAR, None, torch.zeros(shape), torch.ones(4), torch.zeros(shape))


def test_noise_that_is_not_like_the_data(refused):
    with refused("(4, 2)", "(3, 2)"):
        flows.nearest_noise(X, X[:3])
    with refused("x0"):
        flows.nearest_noise(X.long(), X.long())
