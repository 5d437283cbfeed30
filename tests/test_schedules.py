"""Schedules are the seeds' formulas at T = 1000, and end in the same noise at any T.

调度在 T = 1000 时就是原始公式，在任何 T 都停在同样的噪声里。
"""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import schedules

NAMES = ("linear", "quadratic", "sigmoid", "cosine")
FIRST, LAST = 1e-4, 0.02


def published_beta(name: str, T: int, clip=(1e-4, 0.9999)) -> np.ndarray:
    if name == "linear":
        return np.linspace(FIRST, LAST, T)
    if name == "quadratic":
        return np.linspace(FIRST**0.5, LAST**0.5, T) ** 2
    if name == "sigmoid":
        return (LAST - FIRST) / (1 + np.exp(-np.linspace(-6, 6, T))) + FIRST
    f = np.cos((np.linspace(0, T, T + 1) / T + 0.008) / 1.008 * np.pi / 2) ** 2
    return np.clip(1 - f[1:] / f[:-1], *clip)


def published_alpha_bar(name: str, T: int = 1000, **clip) -> np.ndarray:
    return np.concatenate([[1.0], np.cumprod(1 - published_beta(name, T, **clip))])


@pytest.mark.parametrize("name", NAMES)
def test_at_1000_steps_they_are_the_published_ones(name):
    schedule = getattr(schedules, name)(1000)
    np.testing.assert_allclose(schedule.alpha_bar, published_alpha_bar(name), rtol=1e-12)
    np.testing.assert_allclose(schedule.beta[1:], published_beta(name, 1000), rtol=0, atol=1e-15)
    assert schedule.alpha_bar.dtype == torch.float64 and schedule.T == 1000
    assert getattr(schedules, name)().alpha_bar.equal(schedule.alpha_bar)


@pytest.mark.parametrize("clip", [(1e-4, 0.9999), (0.0, 0.999)])
def test_the_cosine_takes_its_bounds(clip):
    schedule = schedules.cosine(beta_min=clip[0], beta_max=clip[1])
    np.testing.assert_allclose(schedule.alpha_bar, published_alpha_bar("cosine", clip=clip), rtol=1e-12)
    assert float(schedule.beta[-1]) == pytest.approx(clip[1], abs=1e-12)


def test_the_cosine_takes_its_offset():
    plain, moved = schedules.cosine(), schedules.cosine(offset=0.1)
    f = np.cos((np.arange(500) / 1000 + 0.1) / 1.1 * np.pi / 2) ** 2
    np.testing.assert_allclose(moved.alpha_bar[:500], f / f[0], rtol=1e-9)
    assert not torch.allclose(plain.alpha_bar, moved.alpha_bar)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("T", [1, 2, 50, 200, 1000, 4000])
def test_raw_ones_are_the_published_ones_at_every_length(name, T):
    schedule = getattr(schedules, f"raw_{name}")(T)
    np.testing.assert_allclose(schedule.alpha_bar, published_alpha_bar(name, T), rtol=1e-11)


@pytest.mark.parametrize("T, printed", [(200, 0.364), (300, 0.219), (1000, 0.006)])
def test_a_short_raw_schedule_does_not_end_in_noise(T, printed):
    signal = float(schedules.raw_linear(T).signal[T])
    assert round(signal, 3) == printed == round(float(np.prod(1 - published_beta("linear", T)) ** 0.5), 3)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(T=st.one_of(st.sampled_from([2, 3, 999, 1000, 1001, 9999, 10_000]), st.integers(2, 10_000)))
def test_any_length_reads_the_thousand_steps_evenly(name, T):
    schedule = getattr(schedules, name)(T)
    log_alpha_bar = np.log(published_alpha_bar(name))
    expected = np.interp(np.linspace(0, 1000, T + 1), np.arange(1001), log_alpha_bar)
    assert schedule.T == T and schedule.alpha_bar[0] == 1
    assert bool((schedule.alpha_bar.diff() < 0).all())
    np.testing.assert_allclose(schedule.alpha_bar.log(), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(schedule.alpha_bar[-1], np.exp(log_alpha_bar[-1]), rtol=1e-10)


def test_what_is_derived_follows_from_alpha_bar(schedule):
    a = schedule.alpha_bar.numpy()
    beta = (a[:-1] - a[1:]) / a[:-1]
    np.testing.assert_allclose(schedule.alpha, [1, *(a[1:] / a[:-1])], rtol=1e-14)
    np.testing.assert_allclose(schedule.beta, [0, *beta], rtol=1e-14)
    np.testing.assert_allclose(schedule.snr[1:], a[1:] / (1 - a[1:]), rtol=1e-14)
    np.testing.assert_allclose(schedule.log_snr[1:], np.log(a[1:]) - np.log1p(-a[1:]), rtol=1e-9, atol=1e-12)
    eq7 = (1 - a[:-1]) / (1 - a[1:]) * beta
    np.testing.assert_allclose(schedule.posterior_variance, [0, *eq7], rtol=1e-14)
    assert schedule.snr[0] == schedule.log_snr[0] == torch.inf
    assert schedule.posterior_variance[1] == 0 < schedule.posterior_variance[2]


def test_every_array_has_an_entry_for_each_t(schedule):
    names = ("alpha_bar", "alpha", "beta", "snr", "log_snr", "posterior_variance", "signal", "noise", "noise_to_signal")
    for name in names:
        values = getattr(schedule, name)
        assert values.shape == (1001,) and values.dtype == torch.float64, name


def test_signal_and_noise_variance_add_up_to_one(schedule):
    signal, noise = schedule.signal, schedule.noise
    np.testing.assert_allclose(signal**2, schedule.alpha_bar, rtol=1e-14)
    np.testing.assert_allclose(signal**2 + noise**2, 1, rtol=1e-15)
    assert schedule.signal[0] == 1 and schedule.noise[0] == 0


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8])
def test_arrays_are_read_at_one_time_or_many(dtype):
    schedule = schedules.linear()
    times = torch.tensor([0, 7, 255], dtype=dtype)
    asked = schedule.check_time(times)
    assert asked.dtype == torch.int64 and schedule.beta[asked].equal(schedule.beta[[0, 7, 255]])
    assert schedule.check_time(7).shape == () and schedule.check_time(7) == 7


def test_schedules_are_told_apart_as_things_not_as_arrays():
    one, other = schedules.linear(10), schedules.linear(10)
    assert one == one and one != other and len({one, other}) == 2


def test_from_beta_multiplies_what_each_step_keeps():
    schedule = schedules.Schedule.from_beta([0.1, 0.2, 0.5])
    np.testing.assert_allclose(schedule.alpha_bar, [1, 0.9, 0.9 * 0.8, 0.9 * 0.8 * 0.5], rtol=1e-15)


@pytest.mark.parametrize("end", [1e-6, 0.006, 0.2])
def test_rescaling_moves_the_end_and_leaves_the_first_step(end):
    raw = schedules.raw_linear(200)
    moved, before = (s.alpha_bar.sqrt().numpy() for s in (schedules.rescaled(raw, end), raw))
    assert moved[0] == 1 and moved[1] == pytest.approx(before[1], rel=1e-12) and moved[-1] == pytest.approx(end)
    line = np.polyfit(before[1:], moved[1:], 1)
    np.testing.assert_allclose(np.polyval(line, before[1:]), moved[1:], atol=1e-12)


def test_rescaling_to_almost_0_is_the_published_algorithm():
    root = np.sqrt(published_alpha_bar("linear", 200)[1:])
    expected = (root - root[-1]) * root[0] / (root[0] - root[-1])  # Lin et al. 2024, Algorithm 1
    moved = schedules.rescaled(schedules.raw_linear(200), end=1e-9)
    np.testing.assert_allclose(moved.alpha_bar[1:].sqrt(), expected, atol=2e-9)


@pytest.mark.parametrize("by", [-2 * np.log(4), 0, 1.5])
def test_shifting_adds_to_the_log_snr_and_leaves_the_clean_image(schedule, by):
    moved = schedules.shifted(schedule, float(by))
    assert moved.T == schedule.T and moved.alpha_bar[0] == 1
    np.testing.assert_allclose(moved.log_snr[1:], schedule.log_snr[1:] + by, rtol=1e-9, atol=1e-9)


def test_a_shift_makes_averages_of_a_wider_image_as_noisy_as_the_smaller_image(schedule):
    wide = schedules.shifted(schedule, 2 * np.log(64 / 256).item())
    averaged = wide.noise[1:] / 4 / wide.signal[1:]  # 4 x 4 independent draws, relative to what is left of the image
    np.testing.assert_allclose(averaged, schedule.noise_to_signal[1:], rtol=1e-9)


@pytest.mark.parametrize("by", [21, -20.5, float("nan"), float("inf"), True, "2", None])
def test_a_shift_that_is_no_number_within_reason_is_refused(schedule, by, refused):
    with refused(repr(by)):
        schedules.shifted(schedule, by)


@pytest.mark.parametrize("by", [-20, 20])
def test_the_farthest_shifts_still_are_schedules(schedule, by):
    _, first, *_, last = schedules.shifted(schedule, by).alpha_bar
    assert 0 < last < first < 1


@pytest.mark.parametrize("T, end", [(200, 0), (200, -0.1), (200, 1.0), (200, float("nan")), (1, 0.1)])
def test_rescaling_refuses_an_end_that_cannot_be(T, end, refused):
    with refused(str(end), str(T)):
        schedules.rescaled(schedules.raw_linear(T), end)


RAW = [schedules.raw_linear, schedules.raw_quadratic, schedules.raw_sigmoid, schedules.raw_cosine]


@pytest.mark.parametrize("make", RAW)
@pytest.mark.parametrize("T", [0, -5, 10_001, 2.0, True, "10", None, np.True_, np.array([5])], ids=repr)
def test_a_raw_schedule_of_impossible_length_is_refused(make, T, refused):
    with refused("T", "10,000"):
        make(T)


@pytest.mark.parametrize("make", [*RAW, schedules.linear, schedules.cosine])
def test_lengths_of_other_libraries_are_whole(make):
    for T in (np.int64(50), np.uint8(50), torch.tensor(50)):
        schedule = make(T)
        assert schedule.alpha_bar.equal(make(50).alpha_bar) and type(schedule.T) is int


@pytest.mark.parametrize("make", RAW[:3])
@pytest.mark.parametrize("end", ["0.01", None, -0.1, 1.5, float("nan"), float("inf"), True, [0.1]], ids=repr)
def test_an_end_that_is_no_variance_is_refused(make, end, refused):
    for which in ("first", "last"):
        with refused(which, "1"):
            make(10, **{which: end})


@pytest.mark.parametrize(
    "wrong", [dict(offset=-1), dict(offset="0"), dict(beta_min=-1), dict(beta_max=None), dict(beta_max=2)], ids=str
)
def test_a_cosine_that_cannot_be_is_refused(wrong, refused):
    for make in (schedules.raw_cosine, schedules.cosine):
        with refused(*wrong, "0"):
            make(20, **wrong)


@pytest.mark.parametrize(
    "beta", ["0.1", None, ["a"], [[0.1], [0.1, 0.2]], torch.tensor([0.1 + 0.1j]), [True]], ids=repr
)
def test_what_are_no_betas_is_refused(beta, refused):
    with refused("beta"):
        schedules.Schedule.from_beta(beta)


def test_betas_come_from_any_library_at_full_precision():
    given = [0.1, 1 / 3]
    for beta in (given, tuple(given), np.array(given), torch.tensor(given, dtype=torch.float64)):
        assert float(schedules.Schedule.from_beta(beta).alpha_bar[2]) == pytest.approx(0.9 * 2 / 3, rel=1e-15)


def test_only_schedules_are_rescaled_and_read(refused):
    for wrong in (None, 100, schedules.linear().alpha_bar):
        with refused("Schedule"):
            schedules.rescaled(wrong, 0.01)
        with refused("Schedule"):
            schedules.read_at(lambda T, wrong=wrong: wrong, 10)
    for wrong in ("linear", None, schedules.linear(10)):
        with refused("raw"):
            schedules.read_at(wrong, 10)
    with refused("1,000", "20"):
        schedules.read_at(lambda T: schedules.raw_linear(20), 10)
    for end in ("0.1", None, True):
        with refused("end"):
            schedules.rescaled(schedules.raw_linear(20), end)


def test_schedules_are_float64_whatever_torch_takes_for_granted(double_by_default):
    for name in NAMES:
        np.testing.assert_allclose(getattr(schedules, name)(1000).alpha_bar, published_alpha_bar(name), rtol=1e-12)


@pytest.mark.parametrize(
    "fractions",
    [[1, 0.5, 0.5], [1, 0.5, 0.6], [1, 0.5, 0], [1, 0.5, -0.1], [1, 1], [0.9, 0.5], [1], [1, float("nan")], [[1, 0.5]]],
    ids=str,
)
def test_what_does_not_fall_from_1_and_stay_above_0_is_no_schedule(fractions, refused):
    with refused("alpha_bar", "Schedule.from_beta"):
        schedules.Schedule(torch.tensor(fractions, dtype=torch.float64))
    assert schedules.Schedule(torch.tensor([1, 0.5, 1e-300], dtype=torch.float64)).T == 2
    with refused("float32"):
        schedules.Schedule(torch.tensor([1, 0.5]))


@pytest.mark.parametrize(
    "make, reached", [("raw_linear", 0), ("raw_quadratic", 0), ("raw_sigmoid", 1 / (1 + math.exp(6)))]
)
def test_the_first_and_the_last_variance_are_those_that_are_given(make, reached):
    beta = getattr(schedules, make)(50, first=1e-3, last=3e-2).beta
    assert float(beta[1]) == pytest.approx(1e-3 + reached * (3e-2 - 1e-3))
    assert float(beta[50]) == pytest.approx(3e-2 - reached * (3e-2 - 1e-3))
