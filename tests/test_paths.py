"""On a path velocity, x_0, eps and score say one thing; slopes are derivatives; VP's path is the schedule's.

在一条路径上，速度、x_0、噪声与得分说的是同一件事；变化率确为导数；VP 路径就是调度本身。
"""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import forward, paths, schedules
from course_utils.paths import Pair, at, point, score, straight, variance_exploding, variance_preserving, velocity

PATHS = {
    "straight": straight,
    "VP, linear": variance_preserving(schedules.linear()),
    "VP, cosine": variance_preserving(schedules.cosine(100)),
    "VE": variance_exploding(),
    "VE, short": variance_exploding(0.1, 5.0),
}
T_OF = {"VP, linear": 1000, "VP, cosine": 100}
EVERY = pytest.mark.parametrize("name", PATHS)
INSIDE = st.floats(1e-3, 1 - 1e-3)
CLOSE = dict(rtol=1e-9, atol=1e-9)
HALF = torch.tensor(0.5, dtype=torch.float64)
X = torch.zeros(3, 2, dtype=torch.float64)


def ends(seed=0, n=3):
    return Pair(*torch.randn(2, n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64))


def same(found, expected):
    torch.testing.assert_close(found.x0, expected.x0, **CLOSE)
    torch.testing.assert_close(found.eps, expected.eps, **CLOSE)


# Four units


@EVERY
@settings(max_examples=60, deadline=None, derandomize=True)
@given(t=st.one_of(INSIDE, st.lists(INSIDE, min_size=3, max_size=3)), seed=st.integers(0, 2**31))
def test_both_ends_come_back_from_each_of_the_four(name, t, seed):
    path, pair = PATHS[name], ends(seed)
    t = torch.tensor(t, dtype=torch.float64) if isinstance(t, list) else t
    xt = point(path, t, pair)
    same(paths.ends_from_x0(path, xt, t, pair.x0), pair)
    same(paths.ends_from_eps(path, xt, t, pair.eps), pair)
    same(paths.ends_from_velocity(path, xt, t, velocity(path, t, pair)), pair)
    same(paths.ends_from_score(path, xt, t, score(path, t, pair)), pair)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(t=st.floats(0, 1), seed=st.integers(0, 2**31))
def test_on_the_straight_path_the_velocity_tells_both_ends_even_at_its_own(t, seed):
    pair = ends(seed)
    same(paths.ends_from_velocity(straight, point(straight, t, pair), t, pair.eps - pair.x0), pair)


@EVERY
def test_a_time_for_each_sample_is_each_sample_at_its_time(name):
    path, pair, t = PATHS[name], ends(), torch.tensor([0.2, 0.5, 0.9])
    for of in (point, velocity, score):
        together = of(path, t, pair)
        for i, alone in enumerate(t.tolist()):
            one = Pair(pair.x0[i : i + 1], pair.eps[i : i + 1])
            torch.testing.assert_close(together[i : i + 1], of(path, alone, one), rtol=1e-6, atol=1e-6)


def test_what_is_of_float32_stays_so():
    pair = Pair(*(x.float() for x in ends()))
    assert {of(straight, 0.3, pair).dtype for of in (point, velocity, score)} == {torch.float32}


# Slopes


@EVERY
@settings(max_examples=60, deadline=None, derandomize=True)
@given(t=st.floats(2e-3, 1 - 2e-3))
def test_slopes_are_the_derivatives_of_the_factors(name, t):
    T, h = T_OF.get(name), 1e-6
    if T:  # away from the kinks, where beta jumps
        t = (math.floor(t * T) + 0.1 + 0.8 * (t * T % 1)) / T
    before, now, after = (at(PATHS[name], t + step) for step in (-h, 0, h))
    for factor, slope in (("signal", now.signal_slope), ("noise", now.noise_slope)):
        found = (getattr(after, factor) - getattr(before, factor)) / (2 * h)
        torch.testing.assert_close(found, slope, rtol=1e-5, atol=1e-8)


@EVERY
def test_the_velocity_is_how_fast_the_point_moves(name):
    path, pair, h, t = PATHS[name], ends(), 1e-6, 0.4205
    found = (point(path, t + h, pair) - point(path, t - h, pair)) / (2 * h)
    torch.testing.assert_close(found, velocity(path, t, pair), rtol=1e-6, atol=1e-6)


# Each path


def test_the_straight_path_goes_from_the_data_to_the_noise():
    pair = ends()
    assert point(straight, 0, pair).equal(pair.x0) and point(straight, 1, pair).equal(pair.eps)
    torch.testing.assert_close(velocity(straight, 0.7, pair), pair.eps - pair.x0, **CLOSE)


@pytest.mark.parametrize("T", [1, 7, 300, 1000])
def test_step_k_of_a_schedule_lies_at_k_over_T(T):
    schedule = schedules.Schedule(torch.linspace(1, 0.01, T + 1, dtype=torch.float64)) if T < 2 else schedules.linear(T)
    path, k, pair = variance_preserving(schedule), torch.arange(T + 1), ends(n=T + 1)
    now = at(path, k.double() / T)
    torch.testing.assert_close(now.signal, schedule.signal, rtol=1e-12, atol=0)
    torch.testing.assert_close(now.noise[1:], schedule.noise[1:], rtol=1e-10, atol=0)
    jumped = forward.forward_jump(schedule, pair.x0, k, pair.eps).xt
    torch.testing.assert_close(point(path, k.double() / T, pair), jumped, rtol=1e-10, atol=1e-10)


def test_between_two_steps_log_alpha_bar_is_a_straight_line():
    schedule = schedules.linear()
    between = at(variance_preserving(schedule), (torch.arange(1000).double() + 0.25) / 1000).signal.log()
    log = schedule.alpha_bar.log() / 2
    torch.testing.assert_close(between, 0.75 * log[:-1] + 0.25 * log[1:], **CLOSE)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(t=st.floats(0, 1))
def test_vp_keeps_the_variance_and_ve_the_signal(t):
    vp, ve = at(PATHS["VP, linear"], t), at(PATHS["VE, short"], t)
    assert float(vp.signal**2 + vp.noise**2) == pytest.approx(1, abs=1e-12)
    assert float(ve.signal) == 1 and float(ve.noise) == pytest.approx(0.1 * 50**t, rel=1e-12)


# How noisy


@EVERY
@settings(max_examples=40, deadline=None, derandomize=True)
@given(t=INSIDE)
def test_a_time_is_found_from_how_noisy_it_is(name, t):
    log_snr = float(paths.log_snr_on(PATHS[name], t))
    if abs(log_snr) < paths.MOST:  # the cosine's last step goes beyond
        assert paths.time_on(PATHS[name], log_snr) == pytest.approx(t, abs=1e-9)


def test_log_snr_is_held_where_networks_know_it():
    assert [float(paths.log_snr_on(straight, t)) for t in (0.0, 0.5, 1.0)] == [20, 0, -20]


def test_a_path_that_is_nowhere_so_noisy_or_so_clean_answers_with_its_end():
    assert paths.time_on(PATHS["VP, linear"], -20) == 1
    assert paths.time_on(PATHS["VE"], 20) == pytest.approx(0, abs=1e-300)


# What is wrong


@pytest.mark.parametrize("t", [-0.1, 1.1, float("nan"), "0.5", None, True, 500, torch.tensor([0.1, 2.0]), X], ids=repr)
def test_what_is_no_time_on_a_path(t, refused):
    calls = [
        lambda: at(straight, t),
        lambda: paths.log_snr_on(straight, t),
        lambda: point(straight, t, ends()),
        lambda: velocity(straight, t, ends()),
        lambda: score(straight, t, ends()),
        lambda: paths.ends_from_x0(straight, X, t, X),
        lambda: paths.ends_from_eps(straight, X, t, X),
        lambda: paths.ends_from_velocity(straight, X, t, X),
        lambda: paths.ends_from_score(straight, X, t, X),
    ]
    for call in calls:
        with refused("t", "0", "1"):
            call()


def test_times_that_are_not_as_many_as_the_samples(refused):
    for of in (point, velocity, score):
        with refused("2", "3"):
            of(straight, torch.tensor([0.1, 0.2]), ends())


@pytest.mark.parametrize("path", [None, schedules.linear(), "straight", 0.5], ids=repr)
def test_what_is_no_path(path, refused):
    with refused("path"):
        at(path, 0.5)
    with refused("path"):
        paths.time_on(path, 0.0)


@pytest.mark.parametrize("path", [lambda t: t, lambda t: (1 - t, t)])
def test_a_path_that_answers_with_something_else(path, refused):
    with refused("Coefficients"):
        at(path, 0.5)


@pytest.mark.parametrize("of", [point, velocity, score])
def test_ends_that_do_not_belong_together(of, refused):
    with refused("Pair"):
        of(straight, 0.5, (X, X))
    with refused("(3, 2)", "(3, 1)"):
        of(straight, 0.5, Pair(X, X[:, :1]))
    with refused("nan"):
        of(straight, 0.5, Pair(X, X * torch.nan))


@pytest.mark.parametrize("from_what", ["x0", "eps", "velocity", "score"])
def test_what_does_not_go_with_x_t(from_what, refused):
    ends_from = getattr(paths, f"ends_from_{from_what}")
    with refused("(3, 2)", "(3, 1)"):
        ends_from(straight, X, 0.5, X[:, :1])
    with refused("list"):
        ends_from(straight, [1.0], 0.5, X)


def test_where_a_unit_is_not_defined(refused):
    nowhere = [
        lambda: score(straight, 0, ends()),
        lambda: paths.ends_from_x0(straight, X, 0, X),
        lambda: paths.ends_from_score(straight, X, 0, X),
        lambda: velocity(PATHS["VP, linear"], 0, ends()),
        lambda: paths.ends_from_velocity(PATHS["VP, linear"], X, 0, X),
        lambda: velocity(PATHS["VP, linear"], torch.tensor([0.5, 0.0, 0.5]), ends()),
    ]
    for call in nowhere:
        with refused("t = 0"):
            call()
    with refused("t = 1"):
        paths.ends_from_eps(straight, X, 1, X)


@pytest.mark.parametrize("schedule", [None, HALF, 1000], ids=repr)
def test_what_is_no_schedule(schedule, refused):
    with refused("schedule"):
        variance_preserving(schedule)


@pytest.mark.parametrize("first, last, given", [(0, 5, "first"), (2, 1, "last"), (1, 1, "last"), ("a", 5, "first")])
def test_sigmas_that_do_not_grow(first, last, given, refused):
    with refused(given, "0 < first < last"):
        variance_exploding(first, last)


@pytest.mark.parametrize("log_snr", [21, -20.1, float("nan"), "0", None], ids=repr)
def test_what_is_no_log_snr(log_snr, refused):
    with refused("log_snr", "20"):
        paths.time_on(straight, log_snr)
