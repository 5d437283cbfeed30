"""What lesson 08 claims. 第 08 课所说的每一件事。"""

import pytest

from course_utils.experiments import guided_garments


def test_a_label_is_worth_how_far_the_guesses_are_apart(facts):
    for (saved, error), (apart, other), level in zip(facts["saved"], facts["apart"], facts["levels"], strict=True):
        assert abs(saved - apart) < 3 * (error**2 + other**2) ** 0.5 + 1e-4, level
    assert all(abs(saved - apart) <= 0.002 for saved, apart in facts["bells"].values())


def test_a_label_is_worth_something_in_much_noise_alone(facts):
    apart = {round(level): mean for level, (mean, _) in zip(facts["levels"], facts["apart"], strict=True)}
    loss = {round(level): mean for level, mean in zip(facts["levels"], facts["loss"], strict=True)}
    assert apart[-4] > 0.05 and apart[-2] < 0.01 and all(apart[level] < 0.002 for level in (0, 2, 4))
    assert 0.02 < loss[0] < 0.06 and apart[0] < 0.1 * loss[0]


def test_the_bag_is_believed_whatever_it_is_called_when_little_noise_is_left(facts):
    told = {t: max(away) for t, away in facts["told"].items()}
    assert told["t = 950"] > 0.3 > 0.03 > told["t = 250"]
    holding_out = sorted(range(10), key=facts["told"]["t = 700"].__getitem__)[-2:]
    assert sorted(holding_out) == [7, 9]


def test_the_classifier_leads_the_better_the_larger_its_scale_and_points_elsewhere_in_little_noise(facts):
    led = facts["led"]
    assert led["0"] < led["1"] < led["3"] == led["10"] == 8
    cosine = {round(level): value for level, value in zip(facts["levels"], facts["cosines"], strict=True)}
    length = {round(level): value for level, value in zip(facts["levels"], facts["lengths"], strict=True)}
    assert all(0.6 < cosine[level] < 0.8 for level in (-8, -6, -4))
    assert cosine[-2] < 0.5 and cosine[0] < 0.25 and length[4] < 0.1 and cosine[4] < 0.1


def test_guidance_does_not_draw_the_sharpened_density_and_two_samplers_draw_two_things(facts):
    mean, std = facts["tilted"]["sharpened"]
    assert (mean, std) == pytest.approx((1.051, 0.457), abs=0.001)
    n, at, error, wide, wide_error = facts["tilted"]["DDIM"]
    assert n == 10_000 and at - 1.4 * mean > 3 * error and abs(wide / std - 2 / 3) < 0.05
    _, other, other_error, *_ = facts["tilted"]["DDPM"]
    assert at - other > 20 * (error**2 + other_error**2) ** 0.5
    for name in ("DDIM, its own", "DDPM, its own"):
        _, own, _, own_std, _ = facts["tilted"][name]
        assert abs(own - mean) < 0.02 and abs(own_std - std) < 0.02


def test_to_sharpen_what_is_noised_stands_farther_out_than_to_noise_what_is_sharpened(facts):
    for t, (first, then) in facts["order"].items():
        assert then / first > (1.9 if t == "700" else 2.5)
    assert [round(facts["crowd"][t], 1) for t in ("700", "200")] == [1.2, 1.6]
    assert facts["pulls"] < 1e-9


def test_a_large_scale_makes_garments_bright(facts):
    assert facts["agreed"]["0"] < 5 and all(facts["agreed"][scale] >= 8 for scale in ("1", "2", "4", "8"))
    bright = facts["brightness"]
    assert facts["agreed"]["4"] == 9 and facts["shirt at 4"] == "T-shirt"
    assert bright["1"] < bright["2"] < bright["4"] < bright["8"]


def test_what_is_clipped_too_early_is_burnt_and_dynamic_thresholding_turns_black_grey(facts):
    white, black = facts["white"], facts["black"]
    assert white["1"] < 0.01 < white["after"] < 0.05 and all(0.15 < white[name] < 0.27 for name in ("before", "never"))
    assert black["after"] > 0.3 and black["dynamic"] < 0.01


def test_most_of_what_guidance_changes_it_changes_in_much_noise(facts):
    moved = facts["stretches"]
    assert moved["nowhere"] == 0
    assert moved["everywhere"] > moved["below -2"] > 2 * moved["-2 to 4"] > 2 * moved["above 4"]


def test_an_interval_in_sigma_guides_about_half_of_the_steps(facts):
    assert all(8 <= steps <= 16 for steps in facts["interval"])


def test_autoguidance_mends_what_a_worse_denoiser_does_worse_and_labels_alone_do_not(facts):
    by_label, by_worse = facts["to the moon"]["label, no label"], facts["to the moon"]["good, worse"]
    means = [mean for mean, _ in by_label.values()]
    assert means == sorted(means) and means[2] > 10 * facts["moon floor"]
    mended = {float(scale): mean for scale, (mean, _) in by_worse.items()}
    assert mended[2] < mended[1.5] < mended[1] and mended[3] > mended[2]
    assert mended[2] - facts["moon floor"] < 0.3 * (mended[1] - facts["moon floor"])
    assert mended[2] - facts["moon floor"] < 2 * by_worse["2.0"][1]
    guided, exact = facts["right ends"]
    assert guided < 0.1 and exact > 0.6


def test_small_sets_favour_the_less_varied_and_the_last_stretch_helps_a_third_as_much_as_the_middle():
    distance = {name: row.distance for name, (row, _) in guided_garments.STORED.items()}
    assert [round(distance[scale] - distance["1"], 3) for scale in ("1.5", "2")] == [-0.040, 0.046]
    moved = {name: less for name, (less, _) in guided_garments.PAIRED.items()}
    assert 2.5 < moved["2, -2 to 4"] / moved["2, above 4"] < 3


def test_the_means_of_the_completions_cannot_be_told_apart(facts):
    left = [facts["left"][name] for name in ("put back, 50", "RePaint, 20 x 5", "ΠGDM, 20")]
    assert [round(value, 2) for value in left] == [0.12, 0.11, 0.10]


def test_putting_back_is_not_enough_and_going_up_again_is(facts):
    mean = {name: found[1] for name, found in facts["completed"].items()}
    std = {name: found[3] for name, found in facts["completed"].items()}
    asked = {name: found[5] for name, found in facts["completed"].items()}
    assert abs(mean["replaced"] / 1.35 - 2 / 3) < 0.03 and 1.25 < std["replaced"] / 0.436 < 1.4
    assert abs(mean["RePaint"] - 1.35) < 0.06 and std["RePaint"] < 0.436 - 3 * 0.007
    assert 0.03 < 1.35 - mean["ΠGDM"] < 0.12
    assert asked["ΠGDM"] == asked["replaced"] == 50 and 9 < asked["RePaint"] / 50 < 10
    assert 1.35 - mean["exact"] < 0.03 and 0.436 - std["exact"] < 0.03


def test_a_bag_is_completed_with_a_seam_or_without(facts):
    seam = {name: found[0] for name, found in facts["holes"].items()}
    spread = {name: found[1] for name, found in facts["holes"].items()}
    assert 1.5 < seam["put back"] / facts["seam"] < 2.2
    assert seam["RePaint"] < 1.3 * facts["seam"] < seam["ΠGDM"] < seam["put back"]
    assert spread["put back"] == max(spread.values())


def test_what_survives_of_a_sneaker_that_is_called_a_boot(facts):
    boots = {int(t): share for t, (share, _) in facts["boots"].items()}
    like = {int(t): likeness for t, (_, likeness) in facts["boots"].items()}
    assert boots[500] < 1 / 3 and 0.6 < boots[750] < 0.75 and boots[850] > 0.85
    apart = {int(t): like[int(t)] - others for t, others in facts["others"].items()}
    assert round(like[950], 2) == 0.67 and round(facts["others"]["950"], 2) == 0.68
    assert 0.55 < facts["from noise"] < 0.63
    assert apart[500] > 0.1 and 0.02 < apart[850] < 0.08 and abs(apart[950]) < 0.06


def test_the_four_libraries_are_unmasked(facts):
    assert list(facts["unmasked"].values()) == pytest.approx([3, 7.5, 1.5, 0.25], abs=0.001)


def test_away_from_the_sneaker_a_boot_changes_most(facts):
    moved = facts["negative"]
    assert moved["7"] > 1.2 * max(moved["5"], moved["8"]) and min(moved.values()) > 0.1
