"""What lesson 12 claims. 第 12 课所说的每一件事。"""

import pytest

from course_utils.experiments import (
    batch_and_rate,
    between_channels,
    by_heart,
    costs,
    enough,
    few_bits,
    strengths,
    tuning,
)


def test_the_folder_holds_what_the_page_says(facts):
    assert facts["read"] == [329, 8, [200, 64, 65]] and facts["sizes"] == [12, 3840]
    wide, cut, pairs, different = facts["look"]
    assert (wide, pairs, different) == (16, 8, 323) and cut == pytest.approx(0.016, abs=5e-4)
    for name, apart in (("palace", 8), ("flower", 6)):
        assert facts["overlap"][name][0] == pytest.approx(0.95, abs=0.01) and facts["overlap"][name][2] == apart
    assert facts["left at 32"] == pytest.approx(0.85, abs=0.01)


def test_few_images_are_copied_and_the_losses_know_it():
    row = {key: enough.averaged_row(rows) for key, rows in enough.STORED.items()}
    assert [row[16, mark].copies for mark in enough.MARKS] == sorted(row[16, m].copies for m in enough.MARKS)
    assert row[16, 2400].copies > 0.7 > 0.1 > row[64, 2400].copies and row[256, 2400].copies == 0
    assert row[16, 150].unseen < row[16, 600].unseen < row[16, 2400].unseen and row[16, 2400].unseen > 0.4
    assert row[256, 2400].unseen - row[256, 2400].learned < 0.015
    diagonal = [row[16, 150], row[64, 600], row[256, 2400]]
    assert max(one.copies for one in diagonal) == 0 and row[64, 2400].copies == pytest.approx(0.035)
    apart = [(one.learned, one.unseen) for one in (row[64, 600], row[64, 2400])]
    assert apart == [pytest.approx((0.083, 0.108), abs=6e-4), pytest.approx((0.049, 0.157), abs=6e-4)]
    real = [nearer.value for pairs in enough.REAL.values() for nearer, _ in pairs]
    assert 0.435 < min(real) and max(real) < 0.58
    assert max(copies.value for pairs in enough.REAL.values() for _, copies in pairs) == 0.025


def test_who_knows_all_by_heart_is_worse_than_who_answers_nothing(facts):
    trained_on, held_out = facts["heart"]
    assert facts["split"] == [297, 33] and trained_on < 0.001 and held_out > 1.5
    assert facts["checks"][-1][1] < facts["checks"][0][1] and facts["checks"][-1][0] > 100 * trained_on
    told = {name: facts["report"][name][0] for name in ("held_out", "copies", "doubles")}
    assert facts["copied"] == pytest.approx([0.12, 0.02], abs=5e-3) and facts["counted"] == [4, 1]
    assert told == {"held_out": pytest.approx(0.103, abs=5e-3), "copies": 0, "doubles": pytest.approx(4 / 33)}
    for rows in by_heart.CURVES.values():
        assert [others for _, _, others in rows] == sorted((others for _, _, others in rows), reverse=True)


def test_a_start_from_grey_does_not_pay_for_colours_and_one_from_digits_does_for_boots(facts):
    colour, boots = (tuning.STORED[name] for name in ("coloured_digits", "boots"))
    assert colour["from nothing"][0][0] < 0.24 < 0.33 < min(colour[way][0][0] for way in ("all weights", "low rank"))
    assert colour["from nothing"][1][0] < colour["all weights"][1][0]
    split = {way: (common[0], differing[0]) for way, (common, differing) in between_channels.STORED.items()}
    assert split["all weights"][0] < 0.08 < 0.11 < split["from nothing"][0]
    assert split["all weights"][1] == pytest.approx(split["before"][1], abs=2e-4) and split["from nothing"][1] < 0.12
    in_colour, in_grey = between_channels.GREY
    assert facts["told"] == pytest.approx([0.26, 0.19], abs=5e-3)
    assert 3 * in_colour == pytest.approx(0.26, abs=5e-3) and in_grey == pytest.approx(0.14, abs=1e-3)
    assert max(boots[way][0][0] for way in ("all weights", "low rank")) < 0.13 < 0.17 < boots["from nothing"][0][0]
    assert (
        min(boots[way][1][0] for way in ("all weights", "low rank", "low rank, equal seconds"))
        > boots["untrained"][1][0]
    )
    assert max(boots[f"{way}, replayed"][1][0] for way in ("all weights", "low rank")) < 0.18
    firsts = [s for s, (new, _) in zip(strengths.STRENGTHS, strengths.STORED, strict=True) if new < 0.25]
    assert firsts[0] == pytest.approx(0.2)


def test_low_rank_is_a_small_file_and_has_a_way_back(facts):
    assert facts["learning"] == [704_513, 13_312] and facts["file"] == pytest.approx(56_000, abs=1000)
    assert facts["apart"][0] < 1e-5 and facts["apart"][1] == 0
    new, old, new_after, old_after = facts["built"]
    assert new == pytest.approx(0.589, abs=2e-3) and old == pytest.approx(0.141, abs=2e-3)
    assert new_after < 0.25 and old_after > 2 * old


def test_parts_and_processes_make_the_whole_batch_s_gradient(facts):
    right, by_parts, batch_norm = facts["parts"]
    assert right < 1e-5 and by_parts == pytest.approx(0.22, abs=0.01) and batch_norm > 0.5
    assert facts["shared"] < 1e-5


def test_a_larger_batch_wants_a_little_more_rate(facts):
    rates = {size: batch_and_rate.best_rate(size) for size in batch_and_rate.BATCHES}
    assert rates == {16: 0.004, 64: 0.008, 256: 0.008}
    small, _, large = (min(of).value for of in batch_and_rate.BY_IMAGES.values())
    assert (small, large) == (pytest.approx(0.244, abs=5e-4), pytest.approx(0.275, abs=5e-4))
    small, _, large = (of.value for of in batch_and_rate.BY_STEPS.values())
    assert (small, large) == (pytest.approx(0.298, abs=5e-4), pytest.approx(0.232, abs=5e-4))


def test_few_bits_lose_small_steps_and_large_sums(facts):
    half, fine = facts["bits"]["bfloat16"], facts["bits"]["float16"]
    assert half["1 + 1000 x 0.001"] == 1 and half["average, 0.9 to 1"] < 0.9 and half["5000 ones"] == 256
    assert fine["196608 ones"] == float("inf") and fine["1e-8"] == 0 and half["timesteps, of 1000"] == 506
    ended = {way: newest.value for (way, stage), (newest, _) in few_bits.ROUNDED.items() if stage == "further"}
    assert ended["products"] == pytest.approx(ended["float32"], abs=1e-3) and ended["weights"] > ended["float32"] + 0.1
    assert ended["weights, by chance"] == pytest.approx(ended["float32"], abs=1e-3)
    assert facts["moved"] == {"0.004": pytest.approx(1, abs=5e-3), "0.0001": pytest.approx(0.27, abs=5e-3)}
    assert few_bits.ROUNDED["average", "further"][1].value == pytest.approx(0.380, abs=1e-3)


def test_memory_grows_with_batch_pixels_and_width(facts):
    for what, power in (("batch", 1), ("size", 2), ("width", 1)):
        rows = costs.MEMORY[what]
        assert costs.power(rows.keys(), [row.kept for row in rows.values()]) == pytest.approx(power, abs=0.03)
    each = [facts["operations"][str(size)] for size in costs.SIZES]
    assert [b / a for a, b in zip(each, each[1:], strict=False)] == pytest.approx([4, 4], abs=0.05)


def test_others_draw_the_same_images(facts):
    assert max(facts["handed"].values()) < 0.01 and facts["handed"].get("diffusers", 0) < 1e-4


def test_the_check_up_names_what_is_sick_and_nothing_that_is_well(facts):
    assert facts["sick"][""] == []
    assert all(facts["sick"][fault][0] == fault for fault in ("range", "rate", "ema"))
