"""What lesson 00 claims. 第 00 课所说的每一件事。"""

import re
from statistics import mean

import pytest
import torch
from lesson_runs import printed

from course_utils.data import digits
from course_utils.exercises.lesson_00 import QUESTIONS
from course_utils.points import iodine
from course_utils.schedules import cosine, linear


@pytest.fixture(scope="module")
def judgement(page) -> dict[str, tuple[float, list[float]]]:
    """What the judge printed of real and new digits: the share it is sure of, and that of each digit, in %."""
    lines = re.findall(r"(real|new): sure of (\S+)% ± \S+%   0 to 9 in %: (.*)", printed(page, "judge-print"))
    return {name: (float(sure), [float(share) for share in shares.split()]) for name, sure, shares in lines}


def test_there_are_1797_digits_of_8_pixels_by_8():
    assert digits().x.shape == (1797, 1, 8, 8)


def test_the_iodine_begins_as_a_drop_and_ends_evenly_spread():
    drop, glass = ((grains.abs().amax(1) < 0.5).float().mean() for grains in iodine([0, 1500]))
    assert drop > 0.99 and abs(glass - 0.25) < 0.05


def test_the_schedule_falls_from_1_to_nearly_0():
    alpha_bar = cosine(1000).alpha_bar
    assert alpha_bar[0] == 1 and 0 <= alpha_bar[1000] < 1e-3 and bool((alpha_bar.diff() < 0).all())


def test_image_and_noise_have_equal_shares_near_t_250(page):
    table = re.findall(r"t = (\d+)   image (\S+)   noise (\S+)", printed(page, "noise-linear"))
    shares = {int(t): (float(image), float(noise)) for t, image, noise in table}
    assert list(shares) == [100, 250, 500, 750]
    assert all(image == pytest.approx(float(linear().alpha_bar[t]), abs=5e-4) for t, (image, _) in shares.items())
    assert all(image + noise == pytest.approx(1, abs=2e-3) for image, noise in shares.values())
    nearest = min(shares, key=lambda t: abs(shares[t][1] - 0.5))
    assert nearest == 250 and QUESTIONS["half"].options[QUESTIONS["half"].answer()][0] == "about t = 250"


def test_the_loss_falls_fast_then_slowly_and_never_near_0(facts):
    losses = facts["losses"]
    first, early, late = mean(losses[:10]), mean(losses[100:200]), mean(losses[-100:])
    assert first > 2 * early and first - early > 5 * (early - late) > 0
    assert min(losses) > 0.05


def test_sampling_takes_100_steps_and_copies_no_digit(facts):
    assert (facts["steps of sampling"], facts["new"]) == (100, 500)
    assert facts["distance to the nearest real digit"] > 0.5


def test_the_network_that_learned_longer_does_better_in_20_steps(facts):
    assert facts["the course's network, 20 steps"] == pytest.approx(0.924, abs=0.012)


def test_the_judge_saw_half_of_the_digits_only(facts):
    known, unknown, both = facts["known and unknown"]
    assert known + unknown == 1797 and abs(known - unknown) <= 1 and both == 0


def test_the_judge_is_less_often_sure_of_the_new_digits_but_within_15_points(judgement):
    (real, _), (new, _) = judgement["real"], judgement["new"]
    assert real > 85 and 0 < real - new < 15


def test_no_digit_is_missing_among_the_new_ones(judgement):
    for _, shares in judgement.values():
        assert len(shares) == 10 and sum(shares) == pytest.approx(100, abs=0.5) and min(shares) >= 4


@pytest.fixture(scope="module")
def scale(page) -> dict[str, tuple[float, ...]]:
    """What the judge is sure of in %, its error, three quantiles of the distance to the nearest real digit, by name."""
    pattern = r"(\w[\w ]*\w) +sure of +(\S+)% ± (\S+)%   nearest real digit: +(\d+), +(\d+), +(\d+)"
    found = re.findall(pattern, printed(page, "fool-print"))
    return {name: tuple(float(number) for number in numbers) for name, *numbers in found}


def test_the_judge_is_shown_what_fools_it(scale):
    cheats = ["noise", "means of two", "two halves", "same class", "copies", "noisy copies"]
    assert list(scale) == ["real", "new", *cheats]
    assert 0 < scale["noise"][0] < 20 and 33 < scale["means of two"][0] < 47 and 50 < scale["two halves"][0] < 65
    assert scale["copies"][0] > scale["real"][0] + scale["copies"][1] + scale["real"][1]
    gap, error = scale["real"][0] - scale["new"][0], (scale["real"][1] ** 2 + scale["new"][1] ** 2) ** 0.5
    assert gap > 2 * error and scale["new"][0] > scale["two halves"][0]


def test_copies_are_given_away_by_their_distance_and_the_new_digits_are_none(scale):
    assert scale["copies"][2:] == (0, 0, 0) and scale["new"][2] > 10
    assert 1.05 < scale["new"][3] / scale["real"][3] < 1.25


def test_two_cheats_pass_the_judge_and_the_median_and_the_ends_tell_only_the_noisy_copies(scale):
    for name in ("same class", "noisy copies"):
        assert 86 < scale[name][0] < 95 and scale[name][0] > scale["new"][0] + scale["new"][1]
        assert 1 < scale[name][3] / scale["real"][3] < 1.25
    ends = {name: scale[name][2::2] for name in ("real", "same class", "noisy copies")}
    assert ends == {"real": (22, 46), "same class": (21, 57), "noisy copies": (29, 42)}


def test_the_beta_add_up_to_10_and_to_ln_2_after_little_more_than_a_quarter():
    sums = linear().beta[1:].cumsum(0)
    assert float(sums[-1]) == pytest.approx(10, abs=0.1)
    assert 250 < int((sums < 0.693).sum()) < 270


def test_a_white_pixel_comes_out_dark_as_often_as_the_answer_on_paper_says():
    mean, deviation = 0.36**0.5, (1 - 0.36) ** 0.5
    assert (round(mean, 9), round(deviation, 9), round(mean / deviation, 9)) == (0.6, 0.8, 0.75)
    assert f"{float(torch.special.ndtr(torch.tensor(-0.75))):.1%}" == "22.7%"
