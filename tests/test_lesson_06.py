"""What lesson 06 claims. 第 06 课所说的每一件事。"""

import inspect
import math
import re

import pytest
import torch
from lesson_runs import ROOT, printed, words

from course_utils import data, schedules, training
from course_utils.exercises.lesson_06.mistakes import bound_weight
from course_utils.experiments.bound import bound_weights
from course_utils.experiments.losses import crowd, gap, l1_and_l2
from course_utils.forward import eps_from_x0, forward_jump


def numbers(text):
    return [float(number) for number in re.findall(r"-?\d+\.\d+|\d+", text)]


def test_the_bound_lies_below_the_likelihood_and_its_terms_add_up(page, facts):
    bound, exact, L_T, middle, L_0 = facts["bound"]
    assert bound < exact - 0.05
    assert L_T + middle + L_0 == pytest.approx(-bound, abs=0.012)
    assert numbers(printed(page, "bound-1-check").replace("x_0", "")) == pytest.approx([bound, exact], abs=0.006)


@pytest.mark.parametrize("key", ["bound-2-check", "bound-3-check", "bound-4-check", "first-check", "drop-snr-check"])
def test_every_line_of_the_derivation_holds(key, page):
    assert printed(page, key).endswith("True")


def test_the_term_at_t_1_is_the_same_square_with_the_same_weight_and_a_constant(seeded):
    s, variance = schedules.linear(10), 0.02
    x0, x1, eps_hat = torch.randn(3, 100, 1, generator=seeded(0), dtype=torch.float64)
    mean = (x1 - s.beta[1] / s.noise[1] * eps_hat) / s.alpha[1].sqrt()
    term = -torch.distributions.Normal(mean, variance**0.5).log_prob(x0)
    w = bound_weight(s, 1, variance)
    constant = term - w * (eps_from_x0(s, x1, 1, x0) - eps_hat).square()
    assert float(constant.max() - constant.min()) < 1e-9 * float(term.max())


def test_the_printed_weights_are_the_bounds_and_those_of_the_prose(page):
    w = bound_weights(schedules.linear())
    told = dict(re.findall(r"t = (\d+): (\S+)", printed(page, "simple-print")))
    assert told == {str(t): f"{w[t - 2]:.4f}" for t in (2, 100, 350, 1000)}
    assert told["2"] == "0.2727" and told["350"] == "0.0050" and w[0] > 50 * w[348]


def test_the_two_variances_differ_at_the_smallest_t_only():
    one, other = (bound_weights(schedules.linear(), posterior=posterior) for posterior in (False, True))
    ratio = other / one
    assert ratio[0] > 2 and bool((ratio[98:] < 1.05).all()) and bool((ratio.diff() < 1e-9).all())


def test_with_cosine_nearly_all_the_weight_is_at_the_end(page):
    schedule = schedules.cosine()
    w = bound_weights(schedule)
    assert float(w[-1] / w.sum()) == pytest.approx(0.998, abs=5e-4)
    assert float(schedule.beta[-1]) == pytest.approx(0.9999)
    assert float(1 / schedule.alpha[-1].sqrt()) == pytest.approx(100)
    assert "99.8%" in printed(page, "half-cosine") and "weight 5000" in printed(page, "half-cosine")


def test_800_plain_steps_bring_most_points_to_the_moons(facts):
    assert facts["moons"] > 0.6


def test_l2_is_least_at_the_mean_and_l1_at_the_median(page):
    lines = printed(page, "losses-print").splitlines()
    assert lines[0].split() == "two values l2 -0.4 l1 -1.0 Huber -0.6".split()
    assert lines[1].split() == "a bell l2 -0.4 l1 -0.4 Huber -0.4".split()


def test_with_l1_about_a_third_of_the_minority_is_left(page):
    told = dict(re.findall(r"(l\d): (\d+)% of", printed(page, "losses-sample")))
    assert abs(int(told["l2"]) - 30) <= 3 and abs(int(told["l1"]) - 10) <= 2


def test_at_t_800_the_median_is_sure_of_the_majority_nearly_always(seeded):
    schedule, x0 = schedules.cosine(), torch.where(torch.rand(20_000, 1, generator=seeded(0)) < 0.3, 1.0, -1.0).double()
    xt, _ = forward_jump(schedule, x0, 800, generator=seeded(1))
    guess = {name: who(xt, 800) for name, who in l1_and_l2().items()}
    assert (guess["l1"] < 0).double().mean() > 0.85 and guess["l2"].abs().mean() < 0.6
    assert guess["l2"].mean() == pytest.approx(-0.4, abs=0.03)
    up_to = float(xt[guess["l1"] < 0].max())
    assert up_to == pytest.approx(1.2, abs=0.1)


def test_the_weight_of_v_explodes_where_noise_is_heaviest(page):
    told = dict(re.findall(r"t = (\d+): (\S+)", printed(page, "heads-size")))
    snr = schedules.cosine().snr
    assert {int(t): float(w) for t, w in told.items()} == {
        t: pytest.approx(float(1 + 1 / snr[t]), rel=6e-3) for t in (100, 500, 900, 1000)
    }
    assert 1e9 < float(told["1000"]) < 1e10


def test_for_layers_that_give_v_the_weight_cancels_and_for_eps_it_does_not(seeded):
    s, off = schedules.cosine(), {}
    x0, eps, slip = torch.randn(3, 500, generator=seeded(0), dtype=torch.float64)
    signal, noise = s.signal[1000], s.noise[1000]
    xt, v = signal * x0 + noise * eps, signal * eps - noise * x0
    for name, eps_hat in {"v": noise * xt + signal * (v + 0.1 * slip), "ε": eps + 0.1 * slip}.items():
        off[name] = float((1 + 1 / s.snr[1000]) * (eps_hat - eps).square().mean())
    assert off["v"] == pytest.approx(float((0.1 * slip).square().mean())) and off["ε"] > 1e7 > 1e7 * off["v"]


def test_the_heads_are_bad_where_the_prose_says(facts):
    found = {name: torch.tensor(e) for name, e in facts["found"].items()}
    usual, loud, drawn = (found[name] for name in ("v, ε", "ε, ε", "x₀, x₀"))
    assert len(found) == 6
    assert 13 < drawn[0] / usual[0] < 17 and drawn[0] == max(e[0] for e in found.values())
    assert 4.5 < loud[9] / usual[9] < 6 and loud[9] == max(e[9] for e in found.values())
    gained = [1 - float(e[3:6].mean() / usual[3:6].mean()) for e in (loud, drawn)]
    assert gained == pytest.approx([0.11, 0.15], abs=0.015)


def test_the_weights_cost_and_gain_what_the_prose_says(facts):
    found = {name: torch.tensor(e) for name, e in facts["found"].items()}
    usual, of_x0, min_snr, of_v = (found[f"v, {name}"] for name in ("ε", "x₀", "snr5", "v"))
    assert of_x0[0] / usual[0] == pytest.approx(7 / 6, abs=0.03) and of_x0[9] < 0.9 * usual[9]
    assert min_snr[0] / usual[0] == pytest.approx(1.1, abs=0.03)
    assert min_snr[3:6].mean() / usual[3:6].mean() == pytest.approx(0.94, abs=0.02)
    assert float((of_v[:8] / usual[:8] - 1).abs().max()) < 0.04
    assert of_v[9] / usual[9] == pytest.approx(0.8, abs=0.05) and of_v[9] / of_x0[9] == pytest.approx(1, abs=0.05)


def test_the_two_that_go_wrong_at_one_end_have_the_nearest_samples_in_both_seeds(facts):
    distances = {name: [one[0] for one in of] for name, of in facts["crowds"].items()}
    of_v = [of for name, of in distances.items() if name.startswith("v")]
    assert [name for name, of in distances.items() if len(of) == 2] == ["v, ε", "ε, ε", "x₀, x₀"]
    nearest = min(seed for of in of_v for seed in of)
    assert max(distances["x₀, x₀"]) < 0.8 * min(distances["ε, ε"]) and max(distances["ε, ε"]) < 0.9 * nearest
    firsts, (one, other) = [of[0] for of in of_v], distances["v, ε"]
    assert max(firsts) - min(firsts) == pytest.approx(0.011, abs=1.5e-3)
    assert abs(one - other) == pytest.approx(0.008, abs=1.5e-3)


def test_a_wide_crowd_fools_the_distance(facts):
    apart, nearest = ({name: of[0][i] for name, of in facts["crowds"].items()} for i in (1, 2))
    assert apart["v, ε"] == pytest.approx(4.5, abs=0.1) and facts["real"][1] == pytest.approx(6.0, abs=0.05)
    assert apart["ε, ε"] == max(apart.values()) and nearest["ε, ε"] == max(nearest.values())
    assert nearest["x₀, x₀"] == min(nearest.values())


def test_an_error_in_eps_foretells_neither_where_a_network_helps_nor_where_it_harms(facts):
    alone, loud, middle, fresh, better, before = facts["mixed"].values()
    assert list(facts["mixed"])[1:] == [
        "ε, ε for t from 901 to 1000",
        "ε, ε for t from 301 to 600",
        "x₀, x₀ for t from 1 to 100",
        "x₀, x₀ for t from 301 to 600",
        "x₀, x₀ for t from 101 to 1000",
    ]
    assert better[0] < 0.9 * alone[0]
    lead, alone_in_the_last = alone[0] - facts["crowds"]["x₀, x₀"][0][0], alone[0] - fresh[0]
    assert alone_in_the_last / lead == pytest.approx(0.5, abs=0.1)
    assert before[0] == pytest.approx(0.102, abs=3e-3) and alone_in_the_last + alone[0] - before[0] > 1.1 * lead
    assert loud[0] < 0.8 * alone[0] and loud[1] > alone[1] + 0.3 and loud[2] > alone[2]
    assert middle[0] > alone[0]
    assert fresh[0] < 0.8 * alone[0] and fresh[2] < 0.95 * alone[2]


def test_a_fifth_of_the_new_points_are_strays_and_hardly_any_of_the_data(page, facts):
    assert 0.15 < facts["strays"] < 0.26
    assert float(re.search(r"data .*: ([\d.]+)%", printed(page, "step-show"))[1]) < 1


def test_three_numbers_tell_a_crowd_from_its_copies_and_its_means(seeded):
    real = torch.randn(400, 1, 2, 2, generator=seeded(0))
    fresh, copies = torch.randn(400, 1, 2, 2, generator=seeded(1)), real[:200]
    means = 0.5 * (real[:200] + real[200:])
    looked = {"fresh": crowd(fresh, real), "copies": crowd(copies, real), "means": crowd(means, real)}
    assert looked["copies"].nearest < 1e-6 < 0.1 < looked["fresh"].nearest
    assert looked["means"].apart < 0.8 * looked["fresh"].apart
    assert looked["means"].distance > 3 * looked["fresh"].distance


def test_a_gap_is_taken_pair_by_pair_with_its_standard_error(seeded):
    level = torch.arange(1, 1001) / 1000
    shared, slip = torch.randn(2, 1000, generator=seeded(0))
    mean, error = gap(level, shared + 0.5 + 0.1 * slip, shared)
    assert mean.shape == error.shape == (10,)
    assert torch.allclose(mean, torch.full((10,), 0.5).double(), atol=0.05)
    assert error.tolist() == pytest.approx([0.01] * 10, rel=0.3)


def test_broken_files_are_named_and_left_out(page, facts):
    assert any("1 of 7" in said and "torn.jpg" in said for said in words(page, "data-folder"))
    shape, low, high = facts["mine"]
    assert shape == [6, 3, 32, 32] and low < -0.9 and 0.9 < high <= 1


def test_1500_digits_are_trained_on_and_297_are_not(facts):
    assert facts["counts"] == [1500, 297] and len(data.digits().x) == 1797


def test_an_epoch_has_as_many_steps_as_told():
    batch = inspect.signature(training.train).parameters["batch"].default
    assert batch == 64 and round(1500 / batch) == 23 and -(-60_000 // 128) == 469


def test_the_rate_warms_up_and_falls_to_0(facts):
    rates = torch.tensor(facts["rates"])
    top = int(rates.argmax())
    assert 20 < top < 70 and bool((rates[: top + 1].diff() > 0).all()) and bool((rates[top:].diff() < 0).all())
    assert float(rates[-1]) < 0.001 * float(rates[top])


def late(facts, step):
    return sum(facts["losses"][step - 50 : step]) / 50


def test_the_loss_falls_early_and_by_about_a_seventh_from_200_to_500(facts):
    assert late(facts, 100) < 0.6 * sum(facts["losses"][:10]) / 10
    assert 0.78 < late(facts, 500) / late(facts, 200) < 0.93
    last = facts["losses"][-100:]
    assert max(last) - min(last) > late(facts, 200) - late(facts, 500)


def test_the_samples_still_come_nearer(facts):
    distance = facts["distance"]
    assert distance["500"] < 0.9 * distance["200"] and distance["200"] < distance["100"]
    assert distance["500"] > 1.3 * facts["chance"]


def test_the_noisiest_tenth_is_done_after_100_steps_and_the_rest_goes_on(facts):
    held = {int(step): torch.tensor(levels) for step, levels in facts["held out"].items()}
    assert list(held) == [100, 200, 300, 400, 500]
    gained = held[100] - held[500]
    assert held[100][9] < 1.5 * held[500][9] and gained[9] < 0.02 * gained.sum()
    assert held[500][:7].mean() < 0.85 * held[100][:7].mean()


def test_all_four_floors_meet_in_much_noise_and_part_in_little(facts):
    floors = {name: torch.tensor(e) for name, e in facts["floors"].items()}
    heavy = torch.stack([e[8:] for e in floors.values()])
    assert float((heavy.amax(0) / heavy.amin(0)).max()) < 1.1
    assert floors["exact, trained on"][0] < 0.01
    assert [bool(e > 1) for e in floors["exact, kept out"]] == [True, True] + [False] * 8
    ours, others = floors["network, trained on"], floors["network, kept out"]
    assert abs(float(ours.mean() - others.mean())) < 0.02


def test_in_much_noise_the_memory_is_ahead_by_three_percent_at_most(facts):
    network, memory = (torch.tensor(facts["floors"][f"{who}, kept out"]) for who in ("network", "exact"))
    assert float((network / memory - 1)[8:].max()) < 0.03


def test_the_memory_is_ahead_in_the_middle_until_the_network_has_trained_long(facts):
    (ahead, error), (later, later_error) = (map(torch.tensor, facts[name]) for name in ("gap", "gap, longer"))
    assert bool((ahead[:4] < -2 * error[:4]).all()) and ahead[5] > 2.5 * error[5] and ahead[7] > 2.5 * error[7]
    assert [round(facts["floors"][f"{who}, kept out"][5], 3) for who in ("network", "exact")] == [0.097, 0.088]
    assert abs(later[5]) < 2 * later_error[5] and later[5] < ahead[5] / 3
    assert bool((later[:4] < -2 * later_error[:4]).all())


def test_a_rate_too_high_makes_all_answers_alike_and_kept_gradients_swing_wider(facts):
    healthy, thrown = facts["variety"]["OK"], facts["variety"]["rate"]
    assert len(healthy) == len(thrown) == 3 and thrown[0] < 0.1 and thrown[2] < 0.1 * healthy[2]
    ball = {name: torch.tensor(sizes) for name, sizes in facts["ball"].items()}
    band = ball["OK"][10:].mean()
    assert 7 < ball["rate"][10:].mean() / band < 11 and float(ball["rate"][10:].max()) < 13 * band
    swings = ball["gradients"]
    assert float(swings[1]) < 0.2 and float(swings[-1]) > 1.2 > float(swings[5:10].mean())


def test_the_average_is_better_in_the_middle_and_hardly_at_the_end(facts):
    (raw, far), (raw_end, far_end) = facts["raw"]["200"], facts["raw"]["500"]
    mean = {step: sum(levels) / 10 for step, levels in facts["held out"].items()}
    assert raw > mean["200"] and 1.4 < far / facts["distance"]["200"] < 3.2
    assert raw_end == pytest.approx(mean["500"], rel=0.02) and far_end < 1.5 * facts["distance"]["500"]


def test_stop_and_resume_is_exact(page):
    assert printed(page, "stop-show").splitlines() == ["all losses equal: True", "all weights equal: True"]


def test_the_folder_holds_the_last_the_one_before_and_the_best(page, facts):
    files, told = printed(page, "stop-files").splitlines()
    assert files.split() == ["before.safetensors", "best.safetensors", "last.safetensors"]
    assert facts["best"] == pytest.approx(min(sum(e) / 10 for e in facts["held out"].values()))


def test_nothing_is_trained_in_the_last_part_and_the_card_knows_the_600_steps(facts):
    assert facts["steps"] == 0 and facts["clothes"] == [[20, 1, 28, 28]] * 2 and facts["same clothes"] > 0.01
    card = (ROOT / "course_utils/weights/fashion_mnist.md").read_text(encoding="utf-8")
    assert "10,000 of 128 images" in card and "after 600 steps" in card
    assert "the squared error of v" in card and "`Muon`" in card and "`cosine`" in card
    assert 30 <= int(re.search(r"minutes \| (\d+), on 1 CPU", card)[1]) <= 120


def test_the_readers_loop_is_the_packages_and_is_resumed(page):
    said = printed(page, "build-run").splitlines()
    assert said == ["all losses equal: True", "resumed, all losses equal: True"]


def test_the_broken_loop_shows_four_signs_and_the_mended_one_none(page, facts):
    def signs(key):
        return [line.rsplit(": ")[-1] for line in printed(page, key).splitlines() if line.endswith(("True", "False"))]

    assert signs("repair-signs") == ["True", "False"] and signs("repair-run") == ["False", "True"]
    ill, well = (torch.tensor(facts["repair"][name]["loss"]) for name in ("ill", "well"))
    jumps = [float(losses.diff().abs().mean() / losses.mean()) for losses in (ill, well)]
    assert jumps[0] == pytest.approx(1, abs=0.15) and jumps[1] < 0.2
    (first, *_, last), (_, *_, end) = (facts["repair"][name]["rate"] for name in ("ill", "well"))
    assert last > 0.99 * first and end < 1e-3 * first


def test_the_lags_are_those_of_the_prose(facts):
    usual, warmed = facts["lags"]
    assert [round(usual[n - 1]) for n in (100, 300)] == [78, 155] and [warmed[n - 1] for n in (100, 300)] == [10, 30]
    assert math.factorial(9) * math.factorial(100) / math.factorial(109) == pytest.approx(2e-13, rel=0.2)
    assert 0.995**100 == pytest.approx(0.61, abs=0.005)


def test_a_constant_rate_with_an_average_does_best_in_the_short_run(facts):
    ended = {name: torch.tensor(runs) for name, runs in facts["open"].items()}
    told = {"falling": [0.290, 0.291], "constant": [0.266, 0.256], "last fifth": [0.258, 0.257]}
    for name, runs in ended.items():
        assert runs.shape == (5, 2) and runs.mean(0).tolist() == pytest.approx(told[name], abs=0.0015)
        error = runs.std(0) / 5**0.5
        assert (
            bool((error < 0.001).all()) if name != "falling" else error.tolist() == pytest.approx([0.002] * 2, abs=1e-3)
        )
    everything = torch.cat(list(ended.values()), 1)
    assert bool((everything.argmin(1) == 3).all()) and bool(
        (everything[:, :2].amin(1) > everything[:, 2:].amax(1)).all()
    )
    assert bool((ended["falling"][:, 1] > ended["falling"][:, 0]).all())
    assert float((ended["constant"][:, 0] - ended["constant"][:, 1]).mean()) == pytest.approx(0.010, abs=0.001)
