"""Choice of times: each falls to 0 in as many steps as asked for, spaced as its name says.

时间步的选取：都按要求的步数逐个降到 0，间隔与名称相符。
"""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import schedules
from course_utils.times import (
    both_ends_times,
    even_times,
    falling,
    focused_times,
    karras_times,
    leading_times,
    log_snr_times,
)

COSINE = schedules.cosine()
OF_T = [even_times, leading_times, both_ends_times]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(T=st.integers(1, 2000), data=st.data())
def test_even_times_fall_from_T_to_zero_evenly(T, data):
    steps = data.draw(st.integers(1, T))
    times = even_times(schedules.raw_linear(T), steps)
    assert len(times) == steps + 1 and times[0] == T and times[-1] == 0
    assert {t - s for t, s in pairwise(times)} <= {T // steps, -(-T // steps)}


@settings(max_examples=80, deadline=None, derandomize=True)
@given(T=st.integers(1, 2000), data=st.data())
def test_leading_times_end_at_1_and_both_ends_times_begin_at_T(T, data):
    steps = data.draw(st.integers(1, T))
    leading, both = (choose(schedules.raw_linear(T), steps) for choose in (leading_times, both_ends_times))
    for times in (leading, both):
        assert len(times) == steps + 1 and times[-1] == 0 and all(t > s for t, s in pairwise(times))
    assert leading[-2] == 1 and {t - s for t, s in pairwise(leading[:-1])} <= {T // steps}
    assert both[0] == T and both[-2] == (1 if steps > 1 else T)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
@pytest.mark.parametrize("choose", [log_snr_times, karras_times])
@pytest.mark.parametrize("name", ["linear", "quadratic", "sigmoid", "cosine"])
def test_clocks_fall_strictly_in_as_many_steps_as_asked_for(name, choose, data):
    schedule = getattr(schedules, name)(data.draw(st.sampled_from([50, 1000, 3000])))
    steps = data.draw(st.integers(1, 50 if schedule.T > 50 else 20))
    times = choose(schedule, steps)
    assert len(times) == steps + 1 and times[-1] == 0 and all(t > s for t, s in pairwise(times))
    ratio = schedule.noise_to_signal[torch.tensor(times)]
    assert ratio[0] <= 80 and (times[0] == schedule.T or schedule.noise_to_signal[times[0] + 1] > 80)
    assert steps == 1 or times[-2] == 1


def test_log_snr_times_are_even_in_log_snr_and_karras_times_in_a_root_of_the_noise_ratio():
    schedule = schedules.cosine(10_000)
    for steps in (5, 12, 30):
        clock = schedule.log_snr[log_snr_times(schedule, steps, loudest=40, quietest=0.02)[:-1]]
        assert (clock.diff() - clock.diff().mean()).abs().max() < 0.05 * clock.diff().mean()
        root = schedule.noise_to_signal[
            torch.tensor(karras_times(schedule, steps, loudest=40, quietest=0.02)[:-1])
        ] ** (1 / 7)
        assert (root.diff() - root.diff().mean()).abs().max() < 0.05 * root.diff().mean().abs()


def test_the_range_of_the_noise_is_kept():
    ratio = COSINE.noise_to_signal
    for choose in (log_snr_times, karras_times):
        times = choose(COSINE, 11, loudest=4, quietest=0.04)
        assert ratio[times[0]] <= 4 < ratio[times[0] + 1] and ratio[times[-2]] >= 0.04 > ratio[times[-2] - 1]
    steep = karras_times(COSINE, 20, rho=3)
    assert steep[10] > karras_times(COSINE, 20)[10] > log_snr_times(COSINE, 20)[10], "a larger rho goes down sooner"


@pytest.mark.parametrize("choose", [log_snr_times, karras_times])
def test_a_time_whose_noise_is_just_at_an_end_of_the_range_belongs_to_it(choose):
    ratio = COSINE.noise_to_signal
    times = choose(COSINE, 9, loudest=float(ratio[700]), quietest=float(ratio[30]))
    assert times[0] == 700 and times[-2] == 30


@pytest.mark.parametrize("choose", [log_snr_times, karras_times])
def test_a_range_beyond_all_times_leaves_the_nearest_of_them(choose):
    quietest, loudest = (float(COSINE.noise_to_signal[t]) for t in (1, COSINE.T))
    assert choose(COSINE, 1, loudest=quietest / 2) == [1, 0]
    assert choose(COSINE, 1, quietest=2 * loudest, loudest=math.inf) == [COSINE.T, 0]


@pytest.mark.parametrize("steps", [0, -1, 1001, 2.0, True, "10"])
def test_another_number_of_steps_is_refused(steps, refused):
    for choose in (*OF_T, log_snr_times, karras_times, focused_times):
        with refused(repr(steps)):
            choose(COSINE, steps)


@pytest.mark.parametrize("loudest, quietest", [(1, 2), (1, 1), (3, -0.1), (float("nan"), 0), (0, 0)])
def test_a_range_that_does_not_fall_is_refused(loudest, quietest, refused):
    for choose in (log_snr_times, karras_times):
        with refused(str(loudest), str(quietest)):
            choose(COSINE, 5, loudest=loudest, quietest=quietest)
    with refused("11", "2"):
        log_snr_times(schedules.cosine(10), 11, loudest=0.5, quietest=0.1)


@pytest.mark.parametrize("steps", [2, 5, 12, 30])
def test_focused_times_begin_at_T_and_keep_to_where_the_guess_changes(schedule, steps):
    times, ratio = focused_times(schedule, steps), schedule.noise_to_signal
    assert len(times) == steps + 1 and times[0] == schedule.T and times[-1] == 0
    assert times[1:] == log_snr_times(schedule, steps - 1, loudest=4, quietest=0.03)
    assert ratio[times[1]] <= 4 and ratio[times[-2]] >= 0.03
    with pytest.raises(schedules.CourseError, match="steps is 1. .* from 2 to 1,000"):
        focused_times(schedule, 1)


def test_focused_times_may_keep_to_another_range():
    for loudest, quietest in ((2.0, 0.03), (4.0, 0.2)):
        expected = [COSINE.T, *log_snr_times(COSINE, 7, loudest=loudest, quietest=quietest)]
        assert focused_times(COSINE, 8, loudest=loudest, quietest=quietest) == expected != focused_times(COSINE, 8)


def test_falling_names_the_steps_between_the_times():
    assert falling(COSINE, [900, 300, 1, 0]) == [(900, 300), (300, 1), (1, 0)]
    assert falling(COSINE, range(1000, -1, -1)) == [(t, t - 1) for t in range(1000, 0, -1)]


def test_even_times_are_rounded_to_the_nearest_and_halves_up():
    assert even_times(schedules.raw_linear(10), 4) == [10, 8, 5, 3, 0]
    assert even_times(schedules.raw_linear(7), 3) == [7, 5, 2, 0]


CHOICES = [*OF_T, log_snr_times, karras_times, focused_times]


@pytest.mark.parametrize("choose", CHOICES)
def test_steps_of_other_libraries_are_whole_and_the_times_are_ints(choose):
    times = choose(COSINE, 5)
    assert choose(COSINE, np.int64(5)) == choose(COSINE, torch.tensor(5)) == times
    assert all(type(t) is int for t in times)


@pytest.mark.parametrize("choose", CHOICES)
@pytest.mark.parametrize(
    "schedule",
    [100, None, COSINE.alpha_bar, torch.nn.Linear(1, 1), schedules.cosine],
    ids=["a number", "None", "alpha_bar", "a network", "a function"],
)
def test_what_is_no_schedule_is_refused(choose, schedule, refused):
    with refused("Schedule", "schedules.cosine"):
        choose(schedule, 5)


@pytest.mark.parametrize("choose", [log_snr_times, karras_times])
@pytest.mark.parametrize("name", ["loudest", "quietest"])
@pytest.mark.parametrize("value", ["4", None, True, [4.0]], ids=repr)
def test_a_ratio_that_is_no_number_is_refused(choose, name, value, refused):
    with refused(name):
        choose(COSINE, 5, **{name: value})


def test_without_an_upper_end_the_walk_begins_at_T():
    assert log_snr_times(COSINE, 5, loudest=math.inf)[0] == COSINE.T


@pytest.mark.parametrize("rho", [0, -1, "7", None, float("nan"), float("inf")], ids=repr)
def test_a_power_that_cannot_be_is_refused(rho, refused):
    with refused("rho", "1"):
        karras_times(COSINE, 5, rho=rho)


@pytest.mark.parametrize("times", [[5, True, 0], (True, 0), [5.0, 0], {5: 0}, None, "50", [2**70, 0]], ids=repr)
def test_times_that_are_no_whole_numbers_are_refused(times, refused):
    with refused("1000"):
        falling(COSINE, times)


def test_times_in_a_table_are_refused_by_their_shape(refused):
    with refused("(1, 2)"):
        falling(COSINE, [[5, 0]])


@pytest.mark.parametrize(
    "times", [np.array([5, 2, 0]), torch.tensor([5, 2, 0]), (5, 2, 0), [np.int64(5), 2, 0]], ids=repr
)
def test_times_may_come_in_any_list(times):
    assert falling(COSINE, times) == [(5, 2), (2, 0)]
