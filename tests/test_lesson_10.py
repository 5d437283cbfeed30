"""What lesson 10 claims. 第 10 课所说的每一件事。"""

import math

import pytest
import torch

from course_utils.data import garments
from course_utils.experiments import (
    couplings,
    dial,
    flow_moons,
    forgiving,
    likely,
    noisy_flow,
    reflow,
    two_clocks,
    wanderers,
)
from course_utils.experiments.couplings import length_kept
from course_utils.experiments.crowds import REAL
from course_utils.experiments.scores import vp_path
from course_utils.experiments.two_losses import weights_of_eps
from course_utils.paths import at
from course_utils.schedules import cosine


def test_denoising_score_matching_is_score_matching_and_a_constant(facts):
    rows = facts["matched"]
    assert facts["constant"] == pytest.approx(1.755, abs=5e-4)
    for explicit, denoising, surplus, error in rows.values():
        assert denoising - explicit == pytest.approx(surplus) and abs(surplus - facts["constant"]) < 2 * error
    assert min(rows, key=lambda name: rows[name][1]) == "exact" and max(row[0] for row in rows.values()) < 4.7


def test_one_level_of_noise_does_not_do_both_and_sixty_do(facts):
    assert 0.45 < facts["left"] < 0.6
    assert facts["barriers"] == pytest.approx([10.7, 0.5], abs=0.05)
    rows = {name: of for name, (of, _) in wanderers.STORED.items()}
    floor, low, middle, high, many = (
        rows[name] for name in ("exact draws", "one level, 0.1", "one level, 0.22", "one level, 1", "60 levels")
    )
    bars = {name: bar.share for name, (_, bar) in wanderers.STORED.items()}
    below = [(0.8 - rows[name].share) / bars[name] for name in ("60 levels", "one level, 1")]
    assert below == pytest.approx([3, 2.6], abs=0.05)
    assert 0.8 - wanderers.MANY_SHARE.value > 5 * wanderers.MANY_SHARE.error
    assert abs(low.share - 0.5) < 0.02 and min(middle.share, high.share, many.share) > 0.78
    assert (
        5 < middle.shape / floor.shape < 11 and high.shape > 100 * floor.shape and many.distance < 1.2 * floor.distance
    )


def test_euler_and_maruyama_are_of_first_order_and_the_density_s_equation_is_solved(facts):
    assert list(facts["forward"].values()) == pytest.approx([3.54, 2.69, 2.48, 2.42, 2.40], abs=6e-3)
    assert facts["solved"] == pytest.approx(0.0012, abs=5e-5)


def test_one_of_four_drifts_leads_back_with_noise_and_another_without(facts):
    with_noise, without = facts["back"]["1"], facts["back"]["0"]
    assert with_noise[:2] == pytest.approx([0.4999, 1.765], abs=6e-4) and min(with_noise[2:]) > 1e4
    assert without[:2] == pytest.approx([0.0015, 0.4982], abs=6e-5) and min(without[2:]) > 1e4


def test_every_setting_of_the_dial_draws_the_two_bells_and_the_reverse_sde_without_noise_does_not(facts):
    *right, wrong = facts["reversed"].values()
    for mean, std, below in right:
        assert abs(mean - 0.2) < 0.048 and abs(std - 1.065) < 0.018 and abs(below - 0.414) < 0.022
    assert wrong[0] == pytest.approx(0.73, abs=0.02) and wrong[1] < 0.02 and wrong[2] == 0


def test_noise_heals_early_errors_and_multiplies_late_ones():
    row = {name: [value for value, _ in of] for name, of in dial.STORED.items()}
    assert all(max(row[name][3:]) < 0.002 < 0.03 < row[name][0] for name in ("10 % weak", "10 % strong", "wrong early"))
    assert row["10 % weak"][3] == row["exact"][3] and max(row["10 % strong"][3:]) < max(row["exact"][3:]) + 0.0005
    assert row["wrong late"][0] < 0.012 and row["wrong late"][-1] > 0.12
    assert all(row[f"trained {n} steps"] == sorted(row[f"trained {n} steps"]) for n in (150, 500))
    assert forgiving.even_harm(1) == pytest.approx(0.23, abs=0.005)
    assert forgiving.correlation(forgiving.even_harm(1)) == pytest.approx(0.5, abs=1e-6)
    steps = {n: [value for value, _ in of] for n, of in dial.STEPS_STORED.items()}
    assert steps[20][-1] > 10 * steps[20][0] and max(max(steps[n]) for n in (50, 100, 200)) < 0.003


def test_pairs_cross_and_the_flow_does_not(facts):
    assert facts["overtakings"] == {"pairs": pytest.approx(0.546, abs=0.005), "flow": 0}


def test_both_losses_differ_by_the_spread_of_the_pairs_and_their_gradients_do_not(facts):
    spread, error = facts["spread"]
    assert (spread, error) == pytest.approx((1.318, 0.005), abs=1e-3)
    for pair, exact, apart in facts["losses"]:
        assert 2.3 < pair < 2.4 and 0.98 < exact < 1.07 and abs(apart - spread) < 0.03
    right, backwards = facts["gradients"]
    assert 0.6 < right < 1.4 and backwards > 1000


def test_a_flow_of_a_few_lines_draws_the_moons(facts):
    assert facts["plain"] == pytest.approx(0.0027, abs=0.0015)


def test_noise_may_be_added_to_a_flow_and_makes_a_small_network_of_its_own_worse(facts):
    assert max(facts["slopes"]) < 1e-9
    for mean, std, below, _ in facts["bells"].values():
        assert abs(mean - 0.2) < 0.048 and abs(std - 1.065) < 0.018 and abs(below - 0.414) < 0.022
    assert [way[-1] for way in facts["bells"].values()] == [0, pytest.approx(0.27, abs=0.005)]
    (none, _), (one, _), (two, error) = facts["noisy"]
    assert (none, one, two) == pytest.approx((0.0029, 0.0034, 0.0060), abs=0.0015)  # each machine trains its own
    assert none < one < two - 3 * error


def test_the_exact_flow_bears_any_noise_and_learned_ones_do_too():
    for value, _ in noisy_flow.STORED["exact"]:
        assert value < sum(flow_moons.FLOOR)
    quiet, _, loud = noisy_flow.STORED["learned"]
    assert 0.0012 < quiet[0] < 0.0014 and 0 < loud[0] - quiet[0] < 2 * loud[1]


def test_a_constant_noise_throws_the_last_steps_and_a_fading_one_does_not():
    ends = [[noisy_flow.std_at_a_point(of, n) for n in (50, 200)] for of in (lambda t: 1.0, lambda t: t)]
    assert ends[0] == pytest.approx([59, 114_755], abs=0.5) and ends[1] == pytest.approx([0.025, 0.006], abs=5e-4)


def test_the_garments_network_was_trained_with_the_weights_of_flow_matching():
    """A constant ratio at equal noise, up to where the schedule no longer begins as the cosine does."""
    steps = [990, 950, 800, 500, 200, 100, 20, 5, 2]
    found = weights_of_eps(cosine(), steps)
    ratio = found.of_v / found.of_flow
    assert float(found.log_snr[5]) == pytest.approx(3.5, abs=0.05)
    torch.testing.assert_close(ratio[:6], torch.full((6,), 0.642).double(), rtol=0.01, atol=0)
    assert float(ratio[6]) == pytest.approx(0.68, abs=0.005) and float(ratio[7:].max()) < 0.45
    every = weights_of_eps(cosine(), range(12, 1000))
    inside = (every.log_snr > -9) & (every.log_snr < 6.5)
    ratio = every.of_v / every.of_flow
    torch.testing.assert_close(ratio[inside], torch.full_like(ratio[inside], 2.016 / math.pi), rtol=0.09, atol=0)


def test_the_step_makes_the_moons_as_much_too_thick_as_the_formula_says():
    for name, percent in (("one level, 0.1", 6.0), ("60 levels", 3.2)):
        known, (thick, error) = wanderers.settled_width(wanderers.ways()[name][1]), wanderers.THICKER[name]
        assert 100 * (known - 1) == pytest.approx(percent, abs=0.05) and abs(thick - known) < 2 * error
    assert [round(100 * (one.value - 1), 1) for one in wanderers.THICKER.values()] == [5.7, 3.4]


def test_dealt_anew_the_moons_lines_are_shorter_by_half_and_those_of_garments_hardly():
    for data, known in ((flow_moons.moon_points(), (0.53, 0.37, 0.33)), (garments("test").x, (0.973, 0.956, 0.946))):
        for wanted, (size, batches) in zip(known, ((8, 200), (32, 60), (128, 10)), strict=True):
            kept = length_kept(data, size, batches)
            assert kept.value == pytest.approx(wanted, abs=0.006 if wanted < 0.9 else 6e-4) and kept.error < 0.011


def test_the_way_into_the_noise_is_langevins_walk_towards_it():
    """A step of (4) with h = beta Delta / 2 is one of (5); and a = exp(-tau) at the end of the clock."""
    beta, step, x, z = 7.0, 1e-3, torch.tensor([0.3, -2.0]), torch.tensor([0.5, 1.0])
    half = beta * step / 2
    torch.testing.assert_close(
        x + half * -x + (2 * half) ** 0.5 * z, x - beta / 2 * x * step + (beta * step) ** 0.5 * z
    )
    left = float(at(vp_path(), 1.0).signal)
    assert left == pytest.approx(0.0064, abs=5e-5) and -math.log(left) == pytest.approx(5.06, abs=5e-3)


def test_one_network_draws_the_same_in_both_languages(facts):
    float32, float64 = facts["apart"]
    assert float32 < 1e-5 and float64 < 1e-12


def test_what_differs_is_the_clock():
    gained = {name: two_clocks.STORED[name, 10].gained for name in two_clocks.CLOCKS}
    assert -gained["VP, cosine"].value == pytest.approx(0.017, abs=5e-4)
    assert -gained["VP, linear"].value == pytest.approx(0.091, abs=5e-4)
    assert two_clocks.STORED["EDM, rho 7", 5].distance.value > 1 and REAL["balanced"][500].value == pytest.approx(
        0.074, abs=1e-3
    )


def test_reflow_is_straight_and_as_wrong_as_its_teacher(facts):
    for name, way in (("learned", "trained"), ("reflowed", "trained, reflowed"), ("coupled", "coupled")):
        assert facts["straight"][name] == pytest.approx(
            reflow.STORED[way][0].bend, abs=0.06 if name == "learned" else 0.01
        )
    assert (
        facts["one step"]["learned"] > 0.2 and max(facts["one step"][name] for name in ("reflowed", "coupled")) < 0.01
    )
    from_teacher, from_exact, teachers = facts["teacher"]
    assert 2 * from_teacher < min(from_exact, teachers) and abs(from_exact - teachers) < 0.2 * teachers
    rows = {name: of for name, (of, _) in reflow.STORED.items()}
    assert (rows["trained"].bend, rows["trained, reflowed"].bend) == pytest.approx((1.315, 1.0015), abs=5e-4)
    assert abs(rows["hasty, reflowed"].one - rows["hasty"].hundred) < 5e-4


def test_coupled_over_the_whole_batch_labels_go_wrong(facts):
    share, distance = facts["upper"]
    assert 0.5 < share < 0.62 and distance > 0.08
    rows = {name: couplings.STORED[f"{name}, 100"][0] for name in couplings.DEALT}
    assert rows["whole batch"].share == pytest.approx(0.565, abs=1e-3)
    gained = [rows[name].share - rows["at random"].share for name in ("within a class", "whole batch")]
    assert gained == pytest.approx([0.03, -0.29], abs=5e-3)
    assert rows["within a class"].share > rows["at random"].share > 0.85 and couplings.FLOOR[0].share > 0.93


def test_the_density_by_the_flow_is_the_exact_one(facts):
    assert facts["density"] < 0.1 and facts["map"] <= 0.0065


def test_black_is_the_likeliest_page_and_digits_are_as_likely_as_shirts():
    bits = {name: row.bits for name, row in likely.STORED.items()}
    assert min(bits, key=lambda name: bits[name].value) == "black"
    assert 784 * (bits["garments"].value - bits["black"].value) == pytest.approx(1207, abs=1)
    assert abs(bits["digits"].value - bits["shirts"].value) < bits["shirts"].error
    assert bits["upside down"].value - bits["sneakers"].value == pytest.approx(0.14, abs=0.005)
    assert likely.BY_HEART == pytest.approx(2.05, abs=0.005)


def test_half_of_edm_s_times_are_nearly_noise(facts):
    assert sum(t > 0.8 for t in facts["edm"]) == 5 and sum(t < 0.11 for t in facts["edm"]) == 3


def test_the_flow_that_was_built_draws_the_same_garments(facts):
    assert 0 < facts["heun"] < 0.1


def test_the_flow_returns_photographs_and_guidance_hardly_bends_it(facts):
    off, size = facts["returned"]
    assert 0.0005 < off < 0.005 and size == pytest.approx(0.84, abs=0.005)
    assert facts["guided"] == pytest.approx([1.019, 1.021], abs=1e-3)
