"""What lesson 06 claims. 第 06 课所说的每一件事。"""

import inspect
import re

import pytest
import torch
from lesson_runs import ROOT, printed, words

from course_utils import data, schedules, training
from course_utils.exercises.lesson_06.mistakes import bound_weight
from course_utils.experiments.bound import bound_weights
from course_utils.experiments.losses import l1_and_l2
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


def test_with_cosine_nearly_all_the_weight_is_at_the_end():
    schedule = schedules.cosine()
    w = bound_weights(schedule)
    assert w[-1] > 0.9 * w.sum() and schedule.beta[-1] > 0.99


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
    usual = found["v, ε"]
    assert found["x₀, x₀"][0] > 3 * max(found[name][0] for name in found if name != "x₀, x₀")
    assert found["ε, ε"][9] > 2 * max(found[name][9] for name in found if name != "ε, ε")
    assert found["x₀, x₀"].mean() == max(e.mean() for e in found.values())
    assert found["v, x₀"][0] > 1.08 * usual[0] and found["v, x₀"][9] < usual[9]
    assert max(found[name][3:6].mean() for name in ("ε, ε", "x₀, x₀")) < 0.97 * usual[3:6].mean()


def test_v_is_safe_at_both_ends_and_no_winner(facts):
    found = {name: torch.tensor(e) for name, e in facts["found"].items()}
    of_v = [name for name in found if name.startswith("v")]
    best = torch.stack(list(found.values())).amin(0)
    assert len(of_v) == 4 and all(found[name][end] < 2 * best[end] for name in of_v for end in (0, 9))
    assert found["ε, ε"].mean() < 0.985 * min(found[name].mean() for name in of_v)
    apart = facts["apart of heads"]
    assert apart["ε, ε"] < 0.9 * min(apart[name] for name in of_v)


def test_the_worst_error_has_the_nearest_samples(facts):
    apart = facts["apart of heads"]
    assert len(apart) == 6 and min(apart, key=apart.get) == "x₀, x₀"
    assert apart["x₀, x₀"] < 0.8 * min(apart[name] for name in apart if name != "x₀, x₀")


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
    heavy = torch.stack([e[7:] for e in floors.values()])
    assert float((heavy.amax(0) / heavy.amin(0)).max()) < 1.3
    assert floors["exact, trained on"][0] < 0.01 and floors["exact, kept out"][0] > 1
    assert 0.2 < floors["network, trained on"][0] < 0.7
    ours, others = floors["network, trained on"], floors["network, kept out"]
    assert abs(float(ours.mean() - others.mean())) < 0.02


def test_the_average_is_better_in_the_middle_and_hardly_at_the_end(facts):
    (raw, far), (raw_end, far_end) = facts["raw"]["200"], facts["raw"]["500"]
    mean = {step: sum(levels) / 10 for step, levels in facts["held out"].items()}
    assert raw > mean["200"] and 1.4 < far / facts["distance"]["200"] < 3.2
    assert raw_end == pytest.approx(mean["500"], rel=0.02) and far_end < 1.5 * facts["distance"]["500"]


def test_stop_and_resume_is_exact(page):
    assert printed(page, "stop-show").splitlines() == ["all losses equal: True", "all weights equal: True"]


def test_the_folder_holds_the_last_the_one_before_and_the_best(page, facts):
    files, told = printed(page, "stop-files").splitlines()
    assert files.split() == ["before.safetensors", "best.json", "best.safetensors", "last.safetensors"]
    assert facts["best"] == pytest.approx(min(sum(e) / 10 for e in facts["held out"].values()))


def test_nothing_is_trained_in_the_last_part_and_the_card_knows_the_600_steps(facts):
    assert facts["steps"] == 0 and facts["clothes"] == [[20, 1, 28, 28]] * 2 and facts["same clothes"] > 0.01
    card = (ROOT / "course_utils/weights/fashion_mnist.md").read_text(encoding="utf-8")
    assert "10,000 of 128 images" in card and "after 600 steps" in card
    assert "the squared error of v" in card and "`Muon`" in card and "`cosine`" in card
    assert 30 <= int(re.search(r"minutes \| (\d+), on 1 CPU", card)[1]) <= 120
