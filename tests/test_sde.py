"""Drift and noise are those of the marginals; walks are of weak order one; a walk without a way stays where it should.

漂移与噪声恰与边缘分布相符；游走的弱收敛阶为一；原地游走停留在它该停留的分布中。

Nothing is drawn to be averaged: on Gaussian data a step is x -> kept x + added z, and the variance has a recursion.
"""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import flows, oracle, schedules, sde
from course_utils.paths import at, straight, variance_exploding, variance_preserving
from course_utils.randomness import seeded

LINEAR = schedules.linear()
VP, VE = variance_preserving(LINEAR), variance_exploding(0.05, 5.0)
PATHS = {"VP": VP, "VE": VE, "straight": straight}
EVERY = pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
STD = 0.5
X = torch.randn(4, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def exact_score(path):
    return flows.score_field(
        path, flows.guess_of_oracle(oracle.mixture(LINEAR, torch.zeros(1, 1), torch.tensor([STD])))
    )


def known(path, t):
    now = at(path, t)
    return float(now.signal**2 * STD**2 + now.noise**2)


def last(walk):
    *_, state = walk
    return state.xt


def kept_and_added(walk):
    """What a step that is linear in x does: x -> kept x + added z, found by taking it from 0 and from 1."""
    end = last(walk(torch.tensor([[0.0], [1.0]], dtype=torch.float64), seeded(1)))
    z = torch.randn(2, 1, generator=seeded(1), dtype=torch.float64)
    added = float(end[0] / z[0])
    return float(end[1] - added * z[1]), added


def variance_after(walk, times, variance):
    for t, s in pairwise(times):
        kept, added = kept_and_added(lambda x, generator, t=t, s=s: walk(x, [t, s], generator))
        variance = kept**2 * variance + added**2
    return variance


def forward(path):
    return lambda x, times, generator: sde.forward_sde(path, x, times, generator=generator)


def backward(path, noise):
    exact = exact_score(path)
    return lambda x, times, generator: sde.reverse_sde(path, exact, x, times, noise=noise, generator=generator)


def line(start, end, steps):
    return torch.linspace(start, end, steps + 1, dtype=torch.float64).tolist()


# Rates


def test_vps_rates_are_the_schedules_beta():
    t = (torch.arange(1, 1001).double() - 0.5) / 1000
    beta = -1000 * LINEAR.alpha[1:].log()
    drift, noise = sde.rates(VP, t)
    torch.testing.assert_close(drift, -beta / 2, rtol=1e-9, atol=0)
    torch.testing.assert_close(noise, beta, rtol=1e-9, atol=0)
    assert [round(float(noise[i]), 2) for i in (0, -1)] == [0.1, 20.2]  # Song's 0.1 to 20, but for log(1 - beta)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(t=st.floats(0, 0.999))
def test_ves_and_the_straight_paths_rates(t):
    drift, noise = sde.rates(VE, t)
    assert float(drift) == 0 and float(noise) == pytest.approx(2 * math.log(100) * 0.05**2 * 100 ** (2 * t), rel=1e-9)
    drift, noise = sde.rates(straight, t)
    assert float(drift) == pytest.approx(-1 / (1 - t)) and float(noise) == pytest.approx(2 * t / (1 - t), abs=1e-9)


@EVERY
@settings(max_examples=40, deadline=None, derandomize=True)
@given(t=st.floats(0.005, 0.99))
def test_signal_and_variance_follow_their_equations(path, t):
    t, h = (math.floor(1000 * t) + 0.5) / 1000, 1e-6  # away from VP's kinks
    before, now, after = (at(path, t + step) for step in (-h, 0, h))
    drift, noise = sde.rates(path, t)
    signal_slope = (after.signal - before.signal) / (2 * h)
    variance_slope = (after.noise**2 - before.noise**2) / (2 * h)
    torch.testing.assert_close(signal_slope, drift * now.signal, rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(variance_slope, 2 * drift * now.noise**2 + noise, rtol=1e-6, atol=1e-8)


@EVERY
def test_at_time_zero_they_are_those_just_after(path):
    for at_0, after in zip(sde.rates(path, 0.0), sde.rates(path, 1e-9), strict=True):
        torch.testing.assert_close(at_0, after, rtol=1e-6, atol=1e-6)


@EVERY
@pytest.mark.parametrize("t", [0.0015, 0.2, 0.5005, 0.97])
def test_the_velocity_is_the_drift_less_half_the_noise_times_the_score(path, t):
    truth = oracle.mixture(LINEAR, torch.tensor([[-1.0, 0.0], [1.0, 0.5]]), torch.tensor([0.3, 0.6]))
    guess = flows.guess_of_oracle(truth)
    drift, noise = sde.rates(path, t)
    expected = drift * X - noise / 2 * flows.score_field(path, guess)(X, t)
    torch.testing.assert_close(flows.velocity_field(path, guess)(X, t), expected, rtol=1e-9, atol=1e-9)


# Walks


@pytest.mark.parametrize("path", [VP, VE], ids=["VP", "VE"])
def test_the_forward_walk_is_of_weak_order_one(path):
    wrong = [variance_after(forward(path), line(0, 1, n), STD**2) - known(path, 1.0) for n in (100, 200)]
    assert wrong[0] / wrong[1] == pytest.approx(2, rel=0.06)
    assert abs(wrong[1]) < 0.03 * known(path, 1.0)


@pytest.mark.parametrize("noise", [0.0, 0.5, 1.0, 1.5])
@pytest.mark.parametrize("path", [VP, VE], ids=["VP", "VE"])
def test_with_any_noise_the_walk_back_keeps_the_marginals_to_order_one(path, noise):
    start, end = known(path, 1.0), known(path, 0.5)
    wrong = [variance_after(backward(path, noise), line(1, 0.5, n), start) - end for n in (100, 200)]
    assert wrong[0] / wrong[1] == pytest.approx(2, rel=0.04)
    assert abs(wrong[1]) < 0.03 * end


def test_the_walk_back_without_noise_is_euler_with_the_velocity():
    truth = oracle.mixture(LINEAR, torch.tensor([[-1.0, 0.0], [1.0, 0.5]]), torch.tensor([0.3, 0.6]))
    guess, x, times = flows.guess_of_oracle(truth), X, line(0.99, 0, 13)
    field = flows.velocity_field(straight, guess)
    walk = sde.reverse_sde(straight, flows.score_field(straight, guess), X, times, noise=0)
    for state, t, s in zip(walk, times, [*times[1:], None], strict=True):
        torch.testing.assert_close(state.xt, x, rtol=1e-9, atol=1e-9)
        assert state.t == t
        x = x if s is None else x + (s - t) * field(x, t)


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_walks_are_their_seeds_and_tell_every_time(noise):
    times, exact = line(1, 0, 7), exact_score(VP)
    x = X[:, :1]
    once, again, other = (
        list(sde.reverse_sde(VP, exact, x, times, noise=noise, generator=seeded(seed))) for seed in (1, 1, 2)
    )
    assert [state.t for state in once] == times and once[0].xt.equal(x)
    assert once[-1].xt.equal(again[-1].xt)
    assert once[-1].xt.equal(other[-1].xt) is (noise == 0)
    ahead = list(sde.forward_sde(VP, x, times[::-1], generator=seeded(1)))
    assert [state.t for state in ahead] == times[::-1] and ahead[0].xt.equal(x) and not ahead[-1].xt.equal(x)


def test_a_forward_step_is_the_schedules_step_but_for_the_square_of_beta():
    for k in (1, 500, 1000):
        t, s = (k - 1) / 1000, k / 1000
        kept, added = kept_and_added(lambda x, generator, t=t, s=s: sde.forward_sde(VP, x, [t, s], generator=generator))
        beta = float(LINEAR.beta[k])
        assert kept == pytest.approx((1 - beta) ** 0.5, abs=beta**2)
        assert added == pytest.approx(beta**0.5, abs=beta**1.5)


# Langevin


@settings(max_examples=40, deadline=None, derandomize=True)
@given(std=st.floats(0.2, 3), share=st.floats(0.01, 1.5))
def test_langevins_walk_stays_in_a_gaussian_that_its_step_makes_wider(std, share):
    """x -> (1 - h / std^2) x + sqrt(2h) z stands still at std^2 / (1 - h / (2 std^2))."""
    h = share * std**2
    kept, added = kept_and_added(
        lambda x, generator: sde.langevin(lambda x: -x / std**2, x, 1, size=h, generator=generator)
    )
    stationary = std**2 / (1 - share / 2)
    assert kept**2 * stationary + added**2 == pytest.approx(stationary, rel=1e-9)
    assert abs(kept) < 1  # so that every start is forgotten


def test_a_walk_reads_its_path_once():
    read = []

    def path(t):
        read.append(t.tolist())
        return VP(t)

    list(sde.forward_sde(path, X, [0.2, 0.4, 0.7], generator=seeded(0)))
    list(sde.reverse_sde(path, lambda x, t: -x, X, [0.9, 0.5, 0.0], generator=seeded(0)))
    assert read == [[0.2, 0.4], [0.9, 0.5]]


def test_langevin_tells_every_step():
    states = list(sde.langevin(lambda x: -x, X, 5, size=0.1, generator=seeded(0)))
    assert [state.t for state in states] == [0, 1, 2, 3, 4, 5] and states[0].xt.equal(X)
    assert len({float(state.xt.sum()) for state in states}) == 6


def test_annealed_langevin_is_one_walk_after_the_other_each_to_its_signal():
    levels, generator, x, exact = [0.9, 0.4, 0.1], seeded(3), X[:, :1], exact_score(VP)
    found = sde.annealed_langevin(VP, exact, x, levels, steps=4, share=0.2, generator=seeded(3))
    before = 0.9
    for state, t in zip(found, levels, strict=True):
        x = x * float(at(VP, t).signal / at(VP, before).signal)
        size = 0.2 * float(at(VP, t).noise) ** 2
        x = last(sde.langevin(lambda x, t=t: exact(x, t), x, 4, size=size, generator=generator))
        assert state.t == t and state.xt.equal(x)
        before = t


def test_annealed_langevin_arrives_at_the_data_from_far_away():
    """What is left of a start 2000 stds off, on Gaussian data."""
    levels = [0.05 ** (i / 30) for i in range(31)]
    exact = exact_score(VE)

    def walk(x, generator):
        return sde.annealed_langevin(VE, exact, x, levels, steps=20, share=0.1, generator=generator)

    zero = torch.zeros(1, 1, dtype=torch.float64)
    left = last(walk(zero + 1000, seeded(1))) - last(walk(zero, seeded(1)))
    assert abs(float(left)) < 0.1 * STD


# What is wrong


@pytest.mark.parametrize("t", [-0.1, 1.1, float("nan"), "0.5", None, True, 500, torch.tensor([0.1, 2.0])], ids=repr)
def test_what_is_no_time_of_rates(t, refused):
    with refused("t", "0", "1"):
        sde.rates(VP, t)


def test_where_there_is_no_signal(refused):
    exact = exact_score(straight)
    x = X[:, :1]
    nowhere = [
        lambda: sde.rates(straight, 1),
        lambda: sde.rates(straight, torch.tensor([0.5, 1.0])),
        lambda: list(sde.reverse_sde(straight, exact, x, [1, 0.5])),
        lambda: list(sde.annealed_langevin(straight, exact, x, [1, 0.5], steps=1)),
    ]
    for call in nowhere:
        with refused("t = 1"):
            call()


def never(*_):
    pytest.fail("the score was asked")


TIMES = [[], [0.5], [0.5, 0.5], [0.2, 0.8, 0.5], [-0.1, 0.5], [0.5, 1.2], [0, float("nan")], "abc", None, 50, ["a", 0]]


@pytest.mark.parametrize("times", TIMES, ids=repr)
def test_times_that_do_not_go_one_way(times, refused):
    with refused("0"):
        list(sde.forward_sde(VP, X, times))
    backwards = times[::-1] if isinstance(times, list) else times
    with refused("0"):
        list(sde.reverse_sde(VP, never, X, backwards))
    if not (isinstance(times, list) and len(times) == 1):  # one level is enough
        with refused("0"):
            list(sde.annealed_langevin(VP, never, X, backwards, steps=1))


def test_times_that_go_the_other_way_or_through_zero(refused):
    with refused("[1.0, 0.0]"):
        list(sde.forward_sde(VP, X, [1, 0]))
    with refused("[0.0, 1.0]"):
        list(sde.reverse_sde(VP, never, X, [0, 1]))
    with refused("0.0"):
        list(sde.annealed_langevin(VP, never, X, [1, 0], steps=1))


@pytest.mark.parametrize("x", [None, [1.0], torch.ones(2, dtype=torch.long), torch.ones(0, 2), X * torch.inf], ids=str)
def test_what_cannot_walk(x, refused):
    walks = [
        lambda: sde.forward_sde(VP, x, [0, 1]),
        lambda: sde.reverse_sde(VP, never, x, [1, 0]),
        lambda: sde.langevin(never, x, 1, size=0.1),
        lambda: sde.annealed_langevin(VP, never, x, [1, 0.5], steps=1),
    ]
    for walk in walks:
        with refused():
            list(walk())


def walks_with(score, generator=None):
    return [
        sde.reverse_sde(VP, score, X, [1, 0], generator=generator),
        sde.langevin(score, X, 1, size=0.1, generator=generator),
        sde.annealed_langevin(VP, score, X, [1, 0.5], steps=1, generator=generator),
    ]


def test_scores_that_are_none(refused):
    for walk in walks_with(None):
        with refused("score"):
            list(walk)
    for walk in walks_with(lambda x, t=0: x[:, :1]):
        with refused("(4, 1)", "(4, 2)"):
            list(walk)
    for walk in [*walks_with(lambda x, t=0: -x, generator=5), sde.forward_sde(VP, X, [0, 1], generator=5)]:
        with refused("generator"):
            list(walk)


@pytest.mark.parametrize("value", [-1.0, float("nan"), "1", None, True], ids=repr)
def test_amounts_that_are_none(value, refused):
    calls = {
        "noise": lambda: sde.reverse_sde(VP, never, X, [1, 0], noise=value),
        "size": lambda: sde.langevin(never, X, 1, size=value),
        "share": lambda: sde.annealed_langevin(VP, never, X, [1, 0.5], steps=1, share=value),
        "steps": lambda: sde.langevin(never, X, value, size=0.1),
    }
    for name, call in calls.items():
        if (name, value) != ("steps", True):
            with refused(name):
                list(call())


@pytest.mark.parametrize("steps", [0, 2.5, True], ids=repr)
def test_steps_that_are_none(steps, refused):
    with refused("steps"):
        list(sde.langevin(never, X, steps, size=0.1))
    with refused("steps"):
        list(sde.annealed_langevin(VP, never, X, [1, 0.5], steps=steps))


def test_what_has_no_rates(refused):
    for call in (lambda: sde.rates(LINEAR, 0.5), lambda: list(sde.forward_sde(LINEAR, X, [0, 1]))):
        with refused("path"):
            call()
