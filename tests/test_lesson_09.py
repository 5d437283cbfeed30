"""What lesson 09 claims. 第 09 课所说的每一件事。"""

import pytest

from course_utils.experiments import copying, crowds, drawn_by_gan, judged_crowds, other_features, ring, ring_games


def test_the_drawn_page_is_recognised_as_often_as_the_photographs_and_forty_are_too_few_for_a_distance(facts):
    distance, recognised = ({kind: row[i] for kind, row in facts["pages"].items()} for i in (0, 1))
    assert (40 * recognised["network"], 40 * recognised["real"]) == pytest.approx((39, 37))
    assert (
        recognised["half-trained"] < 0.85
        and min(distance.values()) > 1
        and abs(distance["real"] - distance["network"]) < 0.1
    )


def test_what_everybody_still_recognises_is_far_away_for_the_judge(facts):
    found = facts["frechet"]
    assert found["themselves"] < 1e-9 and 0.05 < found["1000 others"] < 0.1
    assert 5 < found["100 of the others"] / found["1000 others"] < 6
    assert 0.6 < found["out of focus"] < found["noise 0.1"] < found["the others, boots alone"]


def test_a_double_has_the_moments_and_is_another_crowd(facts):
    (frechet, energy), (other, floor) = facts["double"]["double"], facts["double"]["again"]
    assert frechet < 1e-6 < 1e-4 < other and energy > 1.2 * floor


def test_n_times_the_distance_of_real_crowds_is_constant(facts):
    for n, (mean, spread) in facts["pairs"].items():
        assert abs(int(n) * mean - 125) < 2.5 * int(n) * spread / 10**0.5
    stored = {n: n * mean for n, (mean, _) in crowds.PAIRS["random"].items()}
    assert all(115 < value < 136 for value in stored.values())
    to_all = {n: n * mean for n, (mean, _) in crowds.REAL["random"].items()}
    assert all(55 < value < 75 for value in to_all.values())


def test_a_guided_page_beats_random_photographs_and_not_balanced_ones():
    by_way = {way: rows[200].value for way, rows in crowds.REAL.items()}
    guided = crowds.GUIDED_PAGE.value
    assert by_way["random"] > 1.4 * guided and by_way["balanced"] < guided
    assert abs(by_way["stratified"] - by_way["balanced"]) < 0.01


def test_without_end_the_network_keeps_a_distance_and_training_photographs_do_not(facts):
    ends = {name: end for name, (end, _) in facts["ends"].items()}
    assert abs(ends["train"]) < 0.02 and 0.03 < ends["2, -2 to 4"] < 0.06 and 0.11 < ends["1"] < 0.15


def test_a_copyist_is_as_near_as_reality_and_moved_by_a_pixel_as_near_as_the_network():
    row = {name: (of.distance, bar.distance) for name, (of, bar) in copying.STORED.items()}
    assert abs(row["copies"][0] - row["real, test"][0]) < 2 * row["copies"][1]
    assert abs(row["copies, moved by a pixel"][0] - row["1"][0]) < 2 * row["1"][1]
    assert all(0.07 < row[name][0] < 0.17 for name in ("1", "1.5", "2, -2 to 4"))


def test_a_score_of_a_hundred_sees_copies_and_not_a_fifth_of_them(facts):
    found = facts["memorised"]
    assert found["copies"] == 1 and 0.65 < found["copies, moved"] < 0.85
    assert all(abs(found[name] - 0.5) <= 2 * 0.05 for name in ("photographs", "drawn", "drawn, 20 % copies"))


def test_a_thousand_samples_tell_what_is_copied_and_that_the_network_copies_nothing():
    rows = {name: of for name, (of, _) in copying.STORED.items()}
    bars = {name: bar for name, (_, bar) in copying.STORED.items()}
    moved, between = rows["copies, moved by a pixel"], rows["halfway between two copies"]
    assert abs(moved.pixels - 0.71) < 0.01 and abs(moved.features - 0.60) < 0.01 and moved.moved == 1
    assert abs(between.features - 0.51) < 0.01 and between.distance > 0.25 and round(between.pixels, 2) == 0.64
    few, plain, bar = rows["1, 5% copies"], rows["1"], bars["1"]
    assert few.pixels - plain.pixels < 2 * bar.pixels and few.features - plain.features < 2 * bar.features
    assert few.close == pytest.approx(0.05) and rows["real, test"].close == pytest.approx(0.01)
    assert all(rows[name].close == 0 for name in ("1", "1.5", "2, -2 to 4"))
    assert all(abs(value - 0.5) < 2 * error for value, error in copying.LEARNED.values())


def test_what_is_drawn_is_no_nearer_to_its_neighbours_than_photographs_are(facts):
    mean = {name: sum(values) / len(values) for name, values in facts["near"].items()}
    assert abs(mean["drawn"] - mean["photographs"]) < 1.5


def test_guidance_pays_with_recall_and_buys_density_and_no_precision():
    of = {name: row for name, (row, _) in judged_crowds.STORED.items()}
    bar = {name: row for name, (_, row) in judged_crowds.STORED.items()}
    assert [round(of[scale].recall, 2) for scale in ("1", "2", "4", "8")] == [0.92, 0.78, 0.67, 0.61]
    real, real_bar = judged_crowds.REAL
    for scale in ("1", "1.5", "2", "3", "4"):
        assert (
            abs(of[scale].precision - real.precision) < 2 * (bar[scale].precision ** 2 + real_bar.precision**2) ** 0.5
        )
    assert of["2"].density - of["1"].density > 3 * bar["2"].density and of["8"].density < of["1"].density
    assert of["8"].precision < of["1"].precision
    assert abs(of["2, -2 to 4"].recall - of["1"].recall) < 2 * bar["1"].recall
    assert of["autoguided 2"].recall > of["1"].recall


def test_boots_alone_have_precision_and_hardly_any_recall(facts):
    precision, recall = facts["support"]["boots"]
    assert precision > 0.9 and recall < 0.2


def test_four_pairs_of_eyes_rank_the_same_crowds_differently():
    times = {
        name: {crowd: of.value / rows["real, test"].value for crowd, of in rows.items()}
        for name, rows in other_features.STORED.items()
    }
    judge, untrained, pixels = (times[name] for name in ("judge", "untrained", "pixels"))
    assert max(judge, key=judge.get) == "noise 0.1" and pixels["noise 0.1"] < 2
    assert judge["softened"] > 14 and untrained["softened"] > 100 and pixels["softened"] < 2
    assert judge["network, 2"] > judge["network, 1"] and untrained["network, 1"] > 3 * untrained["network, 2"]
    assert (
        judge["bent noise"] < judge["network, 2"]
        and min(times[name]["bent noise"] for name in ("untrained", "digits", "pixels")) > 500
    )
    assert all(rows["memoriser"] < 1.5 for rows in times.values())


def test_guidance_in_an_interval_halves_the_distance_in_the_eyes_of_the_judge_alone():
    for name, rows in other_features.STORED.items():
        (plain, bar), (led, other) = (rows[crowd] for crowd in ("network, 1", "network, 2, -2 to 4"))
        if name == "judge":
            assert led < 0.51 * plain
        else:
            assert plain - led < 2 * (bar**2 + other**2) ** 0.5 and led > 0.857 * plain


def test_a_narrower_z_trades_variety_for_distance_without_training():
    (wide, _), (narrow, bar) = drawn_by_gan.JUDGED, drawn_by_gan.NARROWED[0.9]
    assert wide.distance - narrow.distance > 2 * bar.distance and wide.within - narrow.within > 3 * bar.within
    crowd = drawn_by_gan.gan_garments(20, width=0.5), drawn_by_gan.gan_garments(20)
    assert crowd[0].reshape(2, 10, -1).std(0).mean() < crowd[1].reshape(2, 10, -1).std(0).mean()


def test_the_kernel_distance_cannot_tell_a_thousand_plain_samples_from_photographs():
    plain, real = other_features.KERNEL["network, 1"], other_features.KERNEL["real, test"]
    assert plain.value - real.value < 2 * (plain.error**2 + real.error**2) ** 0.5


def test_the_bound_is_a_bit_below_what_counting_needs_and_half_of_it_is_the_last_step(facts):
    total, error, prior, steps, decoder = facts["bits"]
    assert total + 2 * error < min(facts["cheap"].values()) - 0.7 and prior < 0.01
    assert 0.4 < decoder / (steps + decoder) < 0.5


def test_the_best_discriminator_reaches_the_value_of_the_game_and_a_learned_one_less(facts):
    best, learned, value = facts["values"]
    assert best == pytest.approx(value, abs=1e-4) and value - 0.02 < learned < value
    off = {low: of for low, _, _, _, _, _, of, _ in facts["regions"]}
    assert off[-4] > 0.2 and all(off[low] < 0.05 for low in (-2.5, -1, 0, 1))


def test_the_saturating_loss_has_no_slope_where_the_discriminator_is_sure(facts):
    saturating, other = (values for name, values in facts["slopes"].items() if name != "sure")
    assert facts["slopes"]["sure"][-1] > 0.999 and saturating[-1] < 1e-3 < 1 < other[-1]


def test_the_plain_game_chases_and_a_penalty_keeps_all_modes(facts):
    (modes, belong, most, kept), (all_modes, _, _, since) = facts["games"]["plain"], facts["games"]["R1"]
    assert modes <= 2 and most == 3 and kept is None and belong < 0.5
    assert all_modes == 8 and 100 < since < 400
    assert [[modes for modes, _ in ring.SHORT[name]].count(8) for name in ("plain", "R1")] == [3, 5]
    assert {touched: row.count(8) for touched, row in ring.TOUCHY.items()} == {0: 5, 1e-6: 4, -1e-6: 3}
    assert (ring_games.SEED, ring_games.TOUCHED) == (3, -1e-6)


def test_on_the_ring_gan_and_diffusion_tie_and_em_beats_both():
    row, bar = ({name: pair[i] for name, pair in ring.STORED.items()} for i in (0, 1))
    assert all(of.modes == 8 for of in row.values())
    for what in ("belong", "distance"):
        apart = getattr(row["GAN, R1"], what) - getattr(row["diffusion, 100"], what)
        assert abs(apart) < 2 * (getattr(bar["GAN, R1"], what) ** 2 + getattr(bar["diffusion, 100"], what) ** 2) ** 0.5
    assert row["EM"].belong > 0.98 and row["EM"].distance < 0.5 * row["GAN, R1"].distance
    assert ring.COSTS["diffusion, 10"].milliseconds > 50 * ring.COSTS["GAN, R1"].milliseconds
    points, floor = ring.FLOORS["the training points"][0], ring.FLOORS["exact draws"][0]
    assert points.distance < floor.distance and points.belong >= max(floor.belong, 0.99)


def test_a_report_finds_the_copies_and_the_boots_and_does_not_overrate_a_hundred(facts):
    report = facts["report"]
    assert report["copies"]["memorised"][0] == 1 and report["boots"]["recall"][0] < 0.4
    drawn, floor = report["drawn"]["distance"], report["drawn"]["floor"]
    assert abs(drawn[0] - floor[0]) < (drawn[1] ** 2 + floor[1] ** 2) ** 0.5
    score, bar = report["drawn"]["memorised"]
    assert 2 < (0.5 - score) / bar < 3 and facts["drawn anew"] == pytest.approx(0.59)
