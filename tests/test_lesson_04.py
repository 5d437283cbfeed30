"""What lesson 04 claims. 第 04 课所说的每一件事。"""

import re

import numpy as np
import pytest
import torch
from lesson_runs import printed

from course_utils import oracle, points, schedules
from course_utils.data import digits
from course_utils.experiments.plane import every_sampler, walked_std
from course_utils.forward import posterior, x0_from_eps
from course_utils.metrics import energy_distance
from course_utils.samplers import ddpm, finish
from course_utils.times import even_times

SCHEDULE, EIGHT = schedules.cosine(), points.circle(8).double()


def numbers(text):
    return [float(number) for number in re.findall(r"-?\d+\.\d+|\d+", text)]


def test_the_mean_wins_and_every_excess_is_the_squared_distance_from_it(page):
    rows = {}
    for line in printed(page, "best-check").splitlines():
        name, error, beyond, total = re.fullmatch(r"(.+?)\s+(\S+)\s+(\S+)\s+(\S+)", line).groups()
        rows[name] = float(error), float(beyond), float(total)
    assert set(rows) == {"m", "0.8 m", "1.2 m", "x_t", "0", "nearest datum"}
    assert all(abs(error - total) < 0.016 for error, _, total in rows.values())
    assert rows["m"][0] == min(error for error, _, _ in rows.values()) > 0.4
    assert rows["nearest datum"][0] > rows["x_t"][0] + 0.05


def test_the_weights_go_from_an_eighth_each_to_all_for_one(page):
    rows = {}
    for line in printed(page, "weights-use").splitlines():
        t, row = re.fullmatch(r"t = +(\d+) +(.*)", line).groups()
        rows[int(t)] = numbers(row)
        a = float(SCHEDULE.alpha_bar[int(t)])
        bells = np.exp(-((np.array([0.45, 0.1]) - a**0.5 * EIGHT.numpy()) ** 2).sum(1) / (2 * (1 - a)))
        assert np.allclose(rows[int(t)], bells / bells.sum(), atol=0.006)
    assert list(rows) == [1000, 600, 300, 100, 20]
    assert all(abs(w - 0.125) < 0.006 for w in rows[1000]) and max(rows[20]) == 1 and sorted(rows[20])[-2] == 0
    largest = [max(row) for row in rows.values()]
    assert largest == sorted(largest)


def test_the_readers_guess_is_the_packages(page):
    assert printed(page, "mixture-same") == "equal: True"


def guesses(t, at):
    truth = oracle.finite(SCHEDULE, EIGHT)
    return truth(at, t), truth.shares(at, t)


def test_the_arrows_point_to_the_centre_then_outwards_in_eight_sectors():
    at = points.lattice(13).double()
    assert guesses(1000, at)[0].norm(dim=1).max() < 1e-3
    inside = at[(at.norm(dim=1) > 0.1) & (at.norm(dim=1) < 0.6)]
    outward = {t: ((guesses(t, inside)[0] - inside) * inside).sum(1) for t in (1000, 50)}
    assert bool((outward[1000] < 0).all()) and bool((outward[50] > 0).all())
    _, shares = guesses(50, at[at.norm(dim=1) > 0.1])
    assert (shares.amax(1) > 0.9).double().mean() > 0.8 and len(shares.argmax(1).unique()) == 8


def test_with_little_noise_the_arrow_is_the_direction_against_eps():
    at = points.lattice(12).double()
    arrow = guesses(20, at)[0] - at
    against = -oracle.finite(SCHEDULE, EIGHT).eps(at, 20)
    assert torch.nn.functional.cosine_similarity(arrow, against).min() > 0.99


def test_all_500_particles_end_on_the_eight_points(page, facts):
    assert facts["apart"] < 1e-3 and sum(facts["at each"]) == 500
    assert all(abs(count - 62.5) < 25 for count in facts["at each"])
    assert printed(page, "back-eight").startswith("farthest from a datum: 0.0000")


def test_32_samples_of_1797_digits_are_copies_to_the_pixel(facts):
    assert facts["counts"] == [1797, 32, 500] and digits().x.shape == (1797, 1, 8, 8)
    assert facts["copies"] < 1e-4


def test_the_network_of_eight_points_spreads_along_the_lines_between_them(page, facts):
    shares = dict(re.findall(r"(\w+) +farther than 0.1 from every datum: ([\d.]+)%", printed(page, "smooth-samples")))
    assert float(shares["exact"]) < 0.5 and float(shares["network"]) >= 15
    edges = torch.tensor(facts["edges"])
    assert len(edges) == 500 and (edges < 0.06).double().mean() > 0.9


def test_no_new_digit_is_a_copy_and_they_are_farther_out_than_real_ones(facts):
    new, real = torch.tensor(facts["new"]), torch.tensor(facts["real"])
    assert len(new) == 200 and len(real) == 1797
    assert new.min() > 1 and new.median() > real.median() + 0.3


def test_the_network_is_right_where_data_came_and_wrong_elsewhere(facts):
    maps = facts["maps"]
    assert list(maps) == ["$t = 20$", "$t = 100$", "$t = 300$", "$t = 600$"]
    assert maps["$t = 600$"][1] < 0.3 and maps["$t = 300$"][0] < 0.1 and maps["$t = 300$"][1] < 0.6
    assert maps["$t = 20$"][0] > 1 and maps["$t = 100$"][1] > 1
    at_100, at_20 = facts["wrong"]
    assert at_100 == pytest.approx(0.0005, abs=0.0002) and at_20 == pytest.approx(0.02, abs=0.003)


def test_the_streaks_lie_where_the_arrows_flip_from_moon_to_moon(facts):
    count, undecided = facts["streaks"]
    assert count >= 10 and undecided > 0.8


def test_samples_of_the_network_fall_between_the_moons_and_exact_ones_do_not(facts):
    network, exact = facts["between"]
    assert network > 0.03 and exact < 0.005


def test_everybody_is_at_0_in_pure_noise_and_the_floor_is_near_1_at_t_1(facts):
    times, losses = facts["times"], facts["losses"]
    assert (times[0], times[-1]) == (1, 1000)
    assert all(abs(values[-1]) < 2e-3 for values in losses.values())
    assert losses["floor: moons"][0] > 0.9


def test_the_network_lies_on_its_floor_from_t_100_up_and_near_it_below(facts):
    for t, loss, floor in zip(facts["times"], facts["losses"]["network"], facts["losses"]["floor: moons"], strict=True):
        assert -0.002 < loss - floor < (0.02 if t >= 100 else 0.1), t


def test_the_memorisers_floor_is_lower_at_low_noise_only(facts):
    memo, floor = facts["losses"]["floor: 200 draws"], facts["losses"]["floor: moons"]
    for t, a, b in zip(facts["times"], memo, floor, strict=True):
        if t <= 10:
            assert a < b - 0.15, t
        if t >= 200:
            assert abs(a - b) < 0.05, t


def test_the_floor_is_about_0_25_on_average_and_the_network_less_than_0_01_above(facts):
    least, reached = facts["least and reached"]
    assert abs(least - 0.25) < 0.01 and 0 < reached - least < 0.01
    assert sum(facts["loss"][-500:]) / 500 == pytest.approx(least, abs=0.02)


def test_the_stds_on_the_line_are_those_of_the_prose(facts, page):
    stds = facts["stds"]
    assert [round(stds[name][1], 3) for name in ("DDIM 0", "DDIM 1", "DDPM β")] == [0.236, 0.214, 0.319]
    assert stds["DDIM 1"] == stds["DDPM β̃"]
    last_ones = [values[-1] for values in stds.values()]
    assert max(abs(std - 0.3) for std in last_ones) == pytest.approx(0.002, abs=5e-4)
    for line in printed(page, "few-show").splitlines():
        computed, drawn = (numbers(part) for part in line.partition("computed")[2].split("measured"))
        assert np.allclose(computed[:3], drawn, atol=0.006)


def test_the_step_of_equation_4_has_the_mean_of_lesson_3(seeded):
    xt, eps_hat = torch.randn(2, 5, 3, generator=seeded(60), dtype=torch.float64)
    for t, s in ((1000, 900), (500, 499), (100, 20), (7, 0)):
        x0_hat = x0_from_eps(SCHEDULE, xt, t, eps_hat)
        mean, variance = posterior(SCHEDULE, xt, t, x0_hat, s)
        rest = (1 - SCHEDULE.alpha_bar[s] - variance).clamp(min=0).sqrt()
        assert torch.allclose(mean, SCHEDULE.signal[s] * x0_hat + rest * eps_hat)


def test_within_one_bell_the_guess_lies_between_its_centre_and_the_unscaled_place(seeded):
    centre, std, t = torch.tensor([[0.4, -0.2]]).double(), torch.tensor([0.3]).double(), 400
    xt = torch.randn(6, 2, generator=seeded(61), dtype=torch.float64)
    guess = oracle.mixture(SCHEDULE, centre, std)(xt, t)
    a = SCHEDULE.alpha_bar[t]
    share = a * std**2 / (a * std**2 + 1 - a)
    assert 0 < share < 1 and torch.allclose(guess, (1 - share) * centre + share * xt / a.sqrt())


def test_samples_of_50_steps_are_too_narrow_though_the_denoiser_is_exact(page):
    told = dict(re.findall(r"(\w+) +std about the nearest point ([\d.]+)", printed(page, "own-show")))
    assert told == {"data": "0.050", "samples": "0.038"}

    def silent(schedule, t, s):
        return torch.zeros(())

    assert walked_std(SCHEDULE, 0.05, even_times(SCHEDULE, 50), silent, silent) < 0.038  # a single bell has no strays
    lost = [1 - walked_std(SCHEDULE, std, even_times(SCHEDULE, 50), silent, silent) / std for std in (0.05, 0.1, 0.3)]
    assert lost == sorted(lost, reverse=True)


def test_for_two_numbers_the_guess_is_a_hyperbolic_tangent():
    two, x = oracle.finite(SCHEDULE, torch.tensor([[-1.0], [1.0]])), torch.linspace(-3, 3, 61, dtype=torch.float64)
    for t in (1000, 700, 300, 50):
        u = SCHEDULE.signal[t] * x / (1 - SCHEDULE.alpha_bar[t])
        torch.testing.assert_close(two(x[:, None], t)[:, 0], u.tanh(), rtol=1e-9, atol=1e-12)


def test_on_a_line_the_eps_is_c_times_the_distance_from_the_mean(seeded):
    mean, v = 0.5, 0.09
    line = oracle.mixture(SCHEDULE, torch.tensor([[mean]]), torch.tensor([v**0.5], dtype=torch.float64))
    xt = torch.randn(50, 1, generator=seeded(0), dtype=torch.float64)
    for t in (1000, 400, 20):
        a = SCHEDULE.alpha_bar[t]
        c = (1 - a).sqrt() / (a * v + 1 - a)
        torch.testing.assert_close(line.eps(xt, t), c * (xt - a.sqrt() * mean), rtol=1e-6, atol=1e-9)


def test_the_particles_are_a_ring_at_t_100_and_have_parted_by_50():
    """What the figure shows: none in the middle; then hardly any half way between two data."""
    walk = ddpm(
        SCHEDULE,
        oracle.finite(SCHEDULE, EIGHT),
        torch.randn(500, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64),
        even_times(SCHEDULE, 100),
        generator=torch.Generator().manual_seed(4),
    )
    states = {sample.t: sample.xt for sample in walk}
    assert (states[100].norm(dim=1) > 0.3).double().mean() > 0.98

    def between(t):
        """The share within a tenth of an eighth of a turn from half way between two data."""
        turns = torch.atan2(states[t][:, 1], states[t][:, 0]) / (2 * torch.pi) * 8
        at = turns - torch.atan2(EIGHT[0, 1], EIGHT[0, 0]) / (2 * torch.pi) * 8
        return float(((at % 1 - 0.5).abs() < 0.1).double().mean())

    assert between(100) > 0.08 and between(50) < 0.03


def test_no_sampler_loses_the_mean(facts):
    assert len(facts["means"]) == 5 and all(abs(mean - 0.5) < 0.01 for mean in facts["means"].values())


def test_few_steps_keep_the_order_of_the_line_and_many_leave_only_chance(facts):
    distances, stds, chance = facts["distances"], facts["stds"], facts["chance"]
    for i in (0, 1):
        assert min(distances, key=lambda name, i=i: distances[name][i]) == "DDPM β"
        worst = max(distances, key=lambda name, i=i: distances[name][i])
        assert worst in ("DDIM 1", "DDPM β̃")
    order = sorted(("DDIM 0", "DDIM 0.5", "DDIM 1", "DDPM β"), key=lambda name: distances[name][0])
    assert order == ["DDPM β", "DDIM 0", "DDIM 0.5", "DDIM 1"]
    assert order == sorted(order, key=lambda name: abs(stds[name][0] - 0.3))
    many = [values[i] for values in distances.values() for i in (3, 4)]
    assert max(many) <= chance[-1]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_at_5_steps_is_no_matter_of_the_draw(seed, seeded):
    truth = oracle.mixture(SCHEDULE, points.moons(30), torch.full((30,), 0.06))
    xT, draws = torch.randn(1000, 2, generator=seeded(seed), dtype=torch.float64), truth.draw(2000, seeded(90 + seed))
    walks = every_sampler(truth)
    names = ["DDPM β", "DDIM 0", "DDIM 0.5", "DDIM 1"]
    far = [energy_distance(walks[name](xT, 5), draws) for name in names]
    assert far == sorted(far) and 2 * far[0] < far[1] and far[2] < far[3] - 0.003, far


def test_the_same_holds_for_another_draw_of_the_digits(seeded):
    x = digits().x
    first = torch.randn(6, 1, 8, 8, generator=seeded(50))
    drawn = finish(ddpm(SCHEDULE, oracle.finite(SCHEDULE, x), first, even_times(SCHEDULE, 50), generator=seeded(51)))
    assert torch.cdist(drawn.flatten(1), x.flatten(1)).amin(1).max() < 1e-3


def test_most_of_the_spread_is_lost_in_the_last_three_steps(facts, page):
    left = {
        eta: [a / b for a, b in zip(values, facts["true std"], strict=True)] for eta, values in facts["spread"].items()
    }
    for (eta, ratios), percent in zip(left.items(), (2, 4), strict=True):
        assert round(100 * (1 - ratios[7])) == percent and (1 - ratios[7]) < 0.2 * (1 - ratios[10]), eta
    rows = [numbers(line.partition("ed  ")[2]) for line in printed(page, "spread-show").splitlines() if "eta" in line]
    assert len(rows) == 4 and all(np.allclose(rows[i], rows[i + 1], atol=0.01) for i in (0, 2))
    assert round(facts["narrow"], 3) == 0.035


def test_a_label_chooses_the_class_and_its_copy(facts):
    assert facts["yours"] < 1e-5 and all(apart < 1e-3 for apart, _ in facts["wished"].values())
    assert facts["wished"]["yours"][1] == list(range(10)) and len(set(facts["wished"]["no label"][1])) == 1


def test_when_a_class_is_decided(facts):
    told = {
        "0": [0.10, 0.42, 0.69, 0.90, 1.00],
        "3": [0.14, 0.34, 0.56, 0.75, 1.00],
        "8": [0.11, 0.26, 0.42, 0.72, 1.00],
    }
    for digit, shares in told.items():
        assert np.allclose(facts["asked down to"][digit], shares, atol=0.02), digit
    assert facts["asked at last"] == 1


def test_with_shares_the_guess_of_two_numbers_is_the_same_curve_moved():
    x, p = torch.linspace(-3, 3, 61, dtype=torch.float64), 0.8
    ends = torch.tensor([[-1.0], [1.0]])
    uneven = oracle.mixture(SCHEDULE, ends, torch.zeros(2), torch.tensor([1 - p, p]).double())
    for t in (900, 600, 300):
        u = SCHEDULE.signal[t] * x / (1 - SCHEDULE.alpha_bar[t])
        torch.testing.assert_close(
            uneven(x[:, None], t)[:, 0], (u + np.log(p / (1 - p)) / 2).tanh(), rtol=1e-6, atol=1e-9
        )
