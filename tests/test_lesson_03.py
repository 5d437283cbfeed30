"""What lesson 03 claims. 第 03 课所说的每一件事。"""

import math
import re

import pytest
import torch
from lesson_runs import lesson, printed

from course_utils import data
from course_utils.experiments.bells import bell_like, reverse_density, two_values
from course_utils.forward import posterior
from course_utils.oracle import mixture
from course_utils.samplers import ddim, finish
from course_utils.schedules import cosine, linear


def noise_over_signal(t, T=1000):
    a = 1.0
    for i in range(t):
        a *= 1 - (1e-4 + (0.02 - 1e-4) * i / (T - 1))
    return math.sqrt((1 - a) / a)


def test_a_single_step_is_a_bell_and_a_long_one_is_not(page):
    shares = dict(re.findall(r"300 -> +(\d+) +misplaced by the bell: ([\d.]+)%", printed(page, "reach-measure")))
    assert list(shares) == ["299", "200", "50"]
    assert float(shares["299"]) < 0.001 and float(shares["200"]) == pytest.approx(8, abs=0.5)
    assert float(shares["50"]) > 50


def test_a_hundred_steps_back_there_are_two_low_humps_under_a_bell_that_is_too_pointed():
    x = torch.linspace(-2.5, 2.5, 1001, dtype=torch.float64)
    exact = reverse_density(two_values(), 0.0, 300, 200, x)
    peaks = (exact[1:-1] > exact[:-2]) & (exact[1:-1] > exact[2:])
    assert peaks.sum() == 2 and exact[500] > 0.9 * exact.max()
    assert bell_like(exact, x).max() > 1.1 * exact.max()


def test_the_two_values_are_narrow_bells_of_half_the_data_each():
    x = torch.linspace(-2, 2, 4001, dtype=torch.float64)
    density = two_values().log_density(x[:, None], 1).exp()  # t = 1 adds a variance of 0.0001
    right = density[x > 0] / density[x > 0].sum()
    mean = (right * x[x > 0]).sum()
    assert float(density[x > 0].sum() / density.sum()) == pytest.approx(0.5, abs=1e-3)
    assert float(mean) == pytest.approx(1, abs=1e-3)
    assert float((right * (x[x > 0] - mean) ** 2).sum()) == pytest.approx(0.05**2 + 0.0001, rel=1e-2)


def test_at_t_50_the_pixel_is_never_in_the_middle():
    oracle = two_values()
    middle, value = (
        oracle.log_density(torch.tensor([[x]]), 50).exp().item() for x in (0.0, oracle.schedule.signal[50])
    )
    assert middle < 1e-3 * value


def test_one_guess_gives_the_mean_of_the_step_and_two_doubts_its_variance(page):
    shown = printed(page, "link-check")
    number = r"([\d.]+)"
    rows = re.findall(rf"300 -> +(\d+) +mean {number} = {number} +variance {number} = {number}", shown)
    assert [int(s) for s, *_ in rows] == [299, 200, 50]
    assert all(left == right and by_bayes == by_doubts for _, left, right, by_bayes, by_doubts in rows)
    assert rows[0][1] == "0.3996905" and shown.endswith("by your 03.mean: 0.3997")
    shares = [float(share) for share in re.findall(r"in the variance ([\d.]+)%", shown)]
    assert shares[0] == 99.4 and shares[2] == 3.5
    assert printed(page, "link-known") == "given x_300 = 0.4, x_0 has mean 0.394 and variance 0.844"


@pytest.mark.parametrize(("xt", "t", "s"), [(0.4, 300, 299), (-1.3, 600, 200), (0.1, 40, 39), (0.7, 900, 3)])
def test_7a_and_7b_hold_for_lopsided_data_and_any_step(xt, t, s):
    """By Bayes' rule on a grid, and from the oracle's guess and its slope, which is the variance of x_0."""
    truth = mixture(
        linear(), torch.tensor([[-0.9], [0.2], [0.8]]), torch.tensor([0.1, 0.3, 0.05]), torch.tensor([1, 2, 4])
    )
    x = torch.linspace(-6, 6, 40001, dtype=torch.float64)
    density = reverse_density(truth, xt, t, s, x)
    share = density / density.sum()
    mean = (share * x).sum()
    at = torch.tensor([[xt]], dtype=torch.float64)
    h, schedule = 1e-5, truth.schedule
    slope = (truth(at + h, t) - truth(at - h, t)) / (2 * h)  # d E[x_0|x_t] / d x_t = signal Var[x_0|x_t] / noise^2
    doubt = slope * schedule.noise[t] ** 2 / schedule.signal[t]
    by_guess, tilde = posterior(schedule, at, t, truth(at, t), s)
    c = posterior(schedule, 0 * at, t, 1 + 0 * at, s).mean
    assert float(mean) == pytest.approx(by_guess.item(), abs=1e-7)
    assert float((share * (x - mean) ** 2).sum()) == pytest.approx((tilde + c**2 * doubt).item(), rel=1e-5)


def test_one_step_back_the_two_posteriors_are_one_bell_and_at_50_they_are_apart():
    schedule, pixel = linear(), torch.full((2,), 0.4, dtype=torch.float64)
    sides = torch.tensor([-1.0, 1.0], dtype=torch.float64)
    near, far = (posterior(schedule, pixel, 300, sides, s) for s in (299, 50))
    assert float(near.mean.diff()) == pytest.approx(0.013, abs=5e-4)
    assert float(near.variance.sqrt()) == pytest.approx(0.078, abs=5e-4)
    assert float(far.mean.diff()) > 10 * float(far.variance.sqrt())
    share = two_values().shares(pixel[:1, None], 300)[0]
    assert share.tolist() == pytest.approx([0.30, 0.70], abs=0.005)


def test_every_line_of_the_derivation_holds(page):
    assert printed(page, "bayes-1-check") == "area 1.000000000"
    for line in range(2, 7):
        told = printed(page, f"bayes-{line}-check")
        assert "True" in told and "False" not in told


def test_the_short_schedule_is_big_enough_to_be_seen(page):
    alpha, beta, a_t, a_s = map(float, re.findall(r"\d\.\d+", printed(page, "bayes-numbers")))
    exact = linear(10)
    assert [alpha, beta] == pytest.approx([float(exact.alpha[4]), float(exact.beta[4])], abs=5e-4)
    assert [a_t, a_s] == pytest.approx(exact.alpha_bar[[4, 3]].tolist(), abs=5e-4)


def test_the_posterior_is_narrower_than_either_bell_and_than_beta():
    schedule = linear(10)
    for t in range(2, 11):
        prior, likelihood = 1 - schedule.alpha_bar[t - 1], schedule.beta[t] / schedule.alpha[t]
        assert schedule.posterior_variance[t] < min(prior, likelihood, schedule.beta[t])
    assert schedule.posterior_variance[1] == 0


def test_the_last_steps_noise_is_a_small_part_and_makes_it_worse(page, facts):
    a, beta = float(linear().alpha_bar[100]), float(linear().beta[100])
    assert math.sqrt(beta / (1 - a)) == pytest.approx(0.14, abs=0.005)
    told = re.findall(r"[\d.]+", printed(page, "noise-walk"))
    assert told[0] == "0.14" and float(told[1]) == pytest.approx(0.14, abs=0.05)
    assert facts["correlation"] == pytest.approx(math.sqrt(beta / (1 - a)), abs=4 / math.sqrt(48 * 48 * 3))
    noised, whole, last_one = facts["l1 of noised, whole, last"]
    assert whole < 1e-5 and last_one > 1.2 * noised


def test_the_four_ways_agree_and_the_posterior_mean_stays_noisy(page, facts):
    assert printed(page, "four-ways") == "all equal: True"
    noised, x0_hat, posterior_mean, forward_mean = facts["l1 of the four"]
    assert x0_hat < 1e-12 and posterior_mean > 0.95 * noised and posterior_mean > 5 * forward_mean
    assert [float(n) for n in re.findall(r": ([\d.]+)", printed(page, "four-weights"))] == [0.019, 0.981]
    schedule = linear()
    weight = schedule.alpha[100].sqrt() * (1 - schedule.alpha_bar[99]) / (1 - schedule.alpha_bar[100])
    assert float(weight) == pytest.approx(0.981, abs=5e-4)


def test_errors_enter_the_step_as_told(facts):
    step, x0 = facts["step factors"], facts["x0 factors"]
    assert step[r"$\mu$"][:2] == [1, 1]
    least, most, *_ = step[r"$\epsilon$"]
    assert 0.006 <= least < 0.0065 and 0.020 < most < 0.0205
    assert step["$x_0$"][2] == pytest.approx(1) and step["$x_0$"][0] == step["$x_0$"][3]
    assert step["$v$"][3] == pytest.approx(step["$x_0$"][3], rel=1e-3)
    assert step["$v$"][2] == pytest.approx(step[r"$\epsilon$"][2], rel=1e-3)
    assert x0[r"$\epsilon$"][2] == pytest.approx(noise_over_signal(1000)) and x0[r"$\mu$"][2] > x0[r"$\epsilon$"][2]
    assert 0.01 * noise_over_signal(1000) == pytest.approx(1.6, abs=0.05)
    assert x0["$x_0$"][1] == 1 and x0["$v$"][1] <= 1


def test_a_loss_on_eps_is_a_weighted_loss_on_x0_and_on_v_by_one_more(seeded):
    schedule, t = linear(), 300
    x0, guess, eps = torch.randn(3, 50, generator=seeded(0), dtype=torch.float64)
    signal, noise, snr = schedule.signal[t], schedule.noise[t], schedule.snr[t]
    xt = signal * x0 + noise * eps
    of_x0 = (guess - x0).square().sum()
    eps_hat = (xt - signal * guess) / noise
    v, v_hat = signal * eps - noise * x0, signal * eps_hat - noise * guess
    assert (eps_hat - eps).square().sum() == pytest.approx(float(snr * of_x0))
    assert (v_hat - v).square().sum() == pytest.approx(float((snr + 1) * of_x0))


def test_the_variance_matters_for_few_steps_and_small_t(facts):
    assert facts["beta tilde from 100 on"] > 0.98
    at_20 = facts["beta tilde at T = 20"]
    assert [t for t, ratio in enumerate(at_20, 1) if ratio < 0.95] == list(range(1, 11))
    assert facts["truth for 0.1 at T = 1000"] > 0.95
    assert all(all(row) for row in facts["truth between"])


def test_equation_11_is_the_variance_of_the_step_and_runs_from_beta_tilde_to_beta(seeded):
    """Measured: regress x_{t−1} on x_t over draws from the chain."""
    schedule, t, std = linear(20), 3, 0.5
    a_s, alpha, beta = schedule.alpha_bar[t - 1], schedule.alpha[t], schedule.beta[t]

    def exact(std):
        V = a_s * std**2 + 1 - a_s
        return float(beta * V / (alpha * V + beta))

    n0, n1, n2 = torch.randn(3, 200_000, generator=seeded(0), dtype=torch.float64)
    before = a_s.sqrt() * std * n0 + (1 - a_s).sqrt() * n1
    now = alpha.sqrt() * before + beta.sqrt() * n2
    slope = (before * now).mean() / (now * now).mean()
    assert float((before - slope * now).var()) == pytest.approx(exact(std), rel=0.02)
    assert exact(0) == pytest.approx(float(schedule.posterior_variance[t])) and exact(1) == pytest.approx(float(beta))


@pytest.mark.parametrize("std", [0.0, 0.3, 1.0])
def test_11_is_7b_for_gaussian_pixels(std):
    schedule, t = linear(20), torch.arange(1, 21)
    before, beta = schedule.alpha_bar[t - 1], schedule.beta[t]
    V = before * std**2 + 1 - before
    doubt = std**2 * (1 - schedule.alpha_bar[t]) / (schedule.alpha_bar[t] * std**2 + 1 - schedule.alpha_bar[t])
    c = before.sqrt() * beta / (1 - schedule.alpha_bar[t])
    by_7b = schedule.posterior_variance[t] + c**2 * doubt
    torch.testing.assert_close(by_7b, beta * V / (schedule.alpha[t] * V + beta), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("make", [linear, cosine])
def test_7b_with_the_largest_doubt_of_pixels_within_1_is_beta(make):
    schedule, t = make(50), torch.arange(1, 51)
    c = schedule.signal[t - 1] * schedule.beta[t] / (1 - schedule.alpha_bar[t])
    most = schedule.posterior_variance[t] + c**2 * (1 - schedule.alpha_bar[t])
    torch.testing.assert_close(most, schedule.beta[t], rtol=1e-9, atol=0)


def test_the_simple_guess_of_a_pixel_within_1_errs_by_at_most_that(seeded):
    schedule, eps = linear(20), torch.randn(200_000, generator=seeded(0), dtype=torch.float64)
    for value in (-1.0, 0.3, 1.0):
        for t in (1, 8, 20):
            guess = schedule.signal[t] * (schedule.signal[t] * value + schedule.noise[t] * eps)
            assert (guess - value).square().mean() <= (1 - schedule.alpha_bar[t]) * 1.02


def test_for_digits_the_network_says_a_fifth_to_a_half_of_the_way_and_rounding_none_at_all(page, facts):
    found = r"t = +(\d+) +share ([\d.]+) ± ([\d.]+) +rounded ([\d.]+) ± ([\d.]+)"
    told = {int(t): [float(n) for n in numbers] for t, *numbers in re.findall(found, printed(page, "sigma-real"))}
    assert list(told) == [1000, 600, 300, 100, 20, 5, 1] and all(max(row[1::2]) <= 0.02 for row in told.values())
    assert all(0.2 < row[0] < 0.52 for row in told.values()) and told[1][2] == 0 and len(data.digits().x.unique()) == 17
    assert told[5][0] == pytest.approx(0.49, abs=0.02) and told[5][2] == pytest.approx(0.22, abs=0.03)
    assert told[20][2] > told[20][0]
    assert all(row[::2] == pytest.approx(facts["real shares"][str(t)], abs=0.05) for t, row in told.items())


@pytest.mark.parametrize("t", [2, 5, 10, 18])
def test_for_pixels_within_1_the_best_variance_lies_between_the_two(t):
    """The mean of Var(x_{t−1} | x_t) over x_t, by quadrature, for pixels of −0.9 (rarely) or 0.6."""
    schedule = linear(20)
    oracle = mixture(schedule, torch.tensor([[-0.9], [0.6]]), torch.tensor([0.03, 0.03]), torch.tensor([0.3, 0.7]))
    x = torch.linspace(-5, 5, 2001, dtype=torch.float64)
    places = torch.linspace(-4, 4, 161, dtype=torch.float64)
    share = oracle.log_density(places[:, None], t).softmax(0)
    best = 0.0
    for weight, xt in zip(share, places, strict=True):
        density = reverse_density(oracle, float(xt), t, t - 1, x)
        density = density / density.sum()
        best += float(weight * (density * (x - (density * x).sum()) ** 2).sum())
    assert schedule.posterior_variance[t] < best < schedule.beta[t]


def test_wide_data_are_hidden_behind_beta_at_1000_steps(facts):
    assert facts["truth for 0.5 at T = 1000"] > 0.995


def test_v_is_the_derivative_of_xt_by_the_angle():
    schedule, t, h = linear(), 300, 1e-6
    phi = math.atan2(float(schedule.noise[t]), float(schedule.signal[t]))
    x0, eps = 0.4, -1.3
    ahead, behind = (math.cos(phi + d) * x0 + math.sin(phi + d) * eps for d in (h, -h))
    v = float(schedule.signal[t]) * eps - float(schedule.noise[t]) * x0
    assert (ahead - behind) / (2 * h) == pytest.approx(v, rel=1e-6)


def test_the_best_guess_in_a_gaussian_is_the_covariance_over_the_variance(seeded):
    """The factor of a push, before (13): regress x_{t−1} on x_t over draws from the chain."""
    schedule, t, std = linear(20), 8, 0.5
    n0, n1, n2 = torch.randn(3, 200_000, generator=seeded(0), dtype=torch.float64)
    before = schedule.signal[t - 1] * std * n0 + schedule.noise[t - 1] * n1
    now = schedule.alpha[t].sqrt() * before + schedule.beta[t].sqrt() * n2
    V = schedule.alpha_bar * std**2 + 1 - schedule.alpha_bar
    told = schedule.alpha[t].sqrt() * V[t - 1] / V[t]
    assert float((before * now).mean() / (now * now).mean()) == pytest.approx(float(told), rel=0.01)


def test_samples_are_too_alike_with_beta_tilde_and_20_steps(page):
    lines = re.findall(r"T = +(\d+) .*: ([\d. ]+)", printed(page, "sigma-sample"))
    spread = {int(T): [float(number) for number in numbers.split()] for T, numbers in lines}
    assert spread[1000] == pytest.approx([0.5] * 4, abs=0.02)
    tilde, between, beta, exact = spread[20]
    assert tilde == pytest.approx(0.4, abs=0.02) and 0.5 < beta < 0.55
    assert tilde < between < exact < beta and exact == pytest.approx(0.5, abs=0.02)


def test_the_true_noise_leads_back_to_the_photograph(page, facts):
    assert facts["walk ends"] < 1e-6 and abs(facts["walk begins"]) < 0.1
    assert printed(page, "full-error") == "largest error 0.0000   below 0.0001: True"


def test_the_readers_step_makes_new_pixels_of_noise(page, facts):
    right, near, below, above = facts["new pixels"]
    assert near > 0.999 and right == pytest.approx(0.5, abs=3 * 0.5 / math.sqrt(5000))
    assert 100 * 0.5 / math.sqrt(5000) == pytest.approx(0.7, abs=0.05)
    assert (below, above) == pytest.approx((0.048, 0.045), abs=0.001) and facts["first guess"] < 0.1
    told = printed(page, "full-generate")
    assert f"near 1: {right:.1%}\n" in told and f"near -1: {below:.3f}   near 1: {above:.3f}" in told


@pytest.mark.parametrize(
    "key",
    ["link-check", "four-ways", "full-walk", "full-generate", "build-walk", "build-variance-try", "build-open-try"],
)
def test_what_the_reader_wrote_is_used(key):
    [code] = (cell.text for cell in lesson("03_reverse_process").cells if cell.key == key)
    assert re.search(r"\b(my_(posterior_mean|mean_from_v|reverse_step)|MyExploding|exploding\.reverse)\(", code)


def test_the_exploding_walk_scaled_is_the_packages(page, facts):
    told = facts["exploding"]
    assert told["apart"] < 1e-4 and printed(page, "build-walk").endswith("but for rounding: True")
    assert told["begins at"] == pytest.approx(50, rel=0.03)
    assert told["digits"] > 0.5  # black and white, no grey noise


def test_the_true_step_keeps_the_width_at_any_length_and_the_posteriors_variance_does_not(page, facts):
    told = facts["exploding"]["widths"]
    by_walk, by_reverse = zip(*told.values(), strict=True)
    assert all(width == pytest.approx(0.5, abs=0.011) for width in by_reverse)  # two error bars of 5000 values
    assert by_walk[0] == pytest.approx(0.48, abs=0.01) and sorted(by_walk, reverse=True) == list(by_walk)
    assert by_walk[-1] < 0.02
    lines = [f"steps {int(n):3}   width by walk {a:.2f}   by reverse {b:.2f}" for n, (a, b) in told.items()]
    assert printed(page, "build-variance-try") == "\n".join(lines)


def flowers_expected(last, distance, p=0.8):
    """The mean of the probability that a start z σ_T belongs to a flower, by quadrature."""
    z = torch.linspace(-8, 8, 4001, dtype=torch.float64)
    return float((-(z**2) / 2).softmax(0) @ torch.sigmoid(math.log(p / (1 - p)) + distance * z / last))


def test_a_small_last_sigma_makes_flowers_too_rare(page, facts):
    told, distance = facts["exploding"]["flowers"], facts["exploding"]["distance"]
    assert distance == pytest.approx(84, abs=0.5) and 48 * 48 * 3 == 6912
    assert [round(100 * share) for share in told.values()] == [53, 61, 71, 77, 79, 80]
    for last, share in told.items():
        assert share == pytest.approx(
            flowers_expected(float(last), distance), abs=2 * math.sqrt(share * (1 - share) / 5000)
        )
        assert math.sqrt(share * (1 - share) / 5000) < 0.0075
    for last, (many, expected) in {"50": (0.724, 0.719), "500": (0.809, 0.799)}.items():
        assert facts["exploding"]["many flowers"][last] == pytest.approx(many, abs=0.0006)
        assert flowers_expected(float(last), distance) == pytest.approx(expected, abs=0.0006)
    assert f"from 50: {told['50']:.1%} flowers" == printed(page, "build-open-try")
    assert float(linear(1000).noise_to_signal[1000]) == pytest.approx(157, abs=0.5)


def test_only_the_error_of_the_last_prediction_is_left(facts):
    off = facts["off"]
    last_factor = noise_over_signal(1)
    for name in ("t > 800", "400 to 600", "2 to 50"):
        largest, left, first = off[name]
        assert left < 1e-6 and largest > 0.02 and first == 0
    for name in ("t = 1", "always"):
        assert off[name][1] == pytest.approx(0.3 * last_factor, rel=1e-3)
    assert 0.3 * last_factor == pytest.approx(0.003, abs=5e-5)
    assert 400 < facts["always turns at"] < 700
    assert facts["returns"] < 0.1 * facts["largest of t > 800"]


def test_the_same_push_is_forgotten_by_one_sampler_and_kept_by_the_other(page, facts):
    number = r"([\d.]+)"
    pattern = rf"t = +(\d+) +DDPM keeps {number} \(13: {number}\) +DDIM {number} \(14: {number}\)"
    rows = re.findall(pattern, printed(page, "wrong-gauss-table"))
    assert [int(row[0]) for row in rows] == [800, 400, 200, 50, 10]
    for t, *kept in rows:
        by_13, by_14 = (float(of(int(t))) for of in (slope_of_x0, ratio_of_stds))
        assert [float(n) for n in kept] == pytest.approx([by_13, by_13, by_14, by_14], abs=2e-3)
    ddpm, ddim = facts["kept"]["800"]
    assert ddpm == pytest.approx(0.01, abs=0.0005) and ddim == pytest.approx(0.5, abs=0.002)
    assert min(facts["kept"]["10"]) > 0.99 and facts["narrower is corrected more"] == [True, True]


def variance_of_xt(t, std=0.5):
    return linear().alpha_bar[t] * std**2 + 1 - linear().alpha_bar[t]


def slope_of_x0(t, std=0.5):
    """What E[x_0 | x_t] makes of x_t: covariance over variance."""
    return linear().signal[t] * std**2 / variance_of_xt(t, std)


def ratio_of_stds(t, std=0.5):
    return std / variance_of_xt(t, std).sqrt()


def test_the_data_are_half_as_wide_as_x_800():
    assert float(ratio_of_stds(800)) == pytest.approx(0.5, abs=0.001)


@pytest.mark.parametrize("std", [0.1, 0.5, 1.0])
def test_ddim_stretches_gaussian_data_by_14_the_better_the_smaller_its_steps(std):
    """Each step multiplies x_t by what x0_hat and eps_hat make of it; together by the ratio of standard deviations."""

    def stretched(schedule):
        t, V = torch.arange(1, schedule.T + 1), schedule.alpha_bar * std**2 + 1 - schedule.alpha_bar
        factors = schedule.signal[t - 1] * schedule.signal[t] * std**2 + schedule.noise[t - 1] * schedule.noise[t]
        kept = (factors / V[1:]).cumprod(0)
        return kept, float((kept[schedule.T // 10 :] / (std / V[schedule.T // 10 + 1 :].sqrt()) - 1).abs().max())

    (kept, off), (_, less_off) = stretched(linear(1000)), stretched(linear(4000))
    assert off < 0.02 and less_off < off / 3
    alone = mixture(linear(), torch.zeros(1, 1), torch.tensor([std]))
    walked = finish(ddim(linear(), alone, torch.ones(1, 1).double(), range(500, -1, -1)))
    torch.testing.assert_close(walked, kept[499].reshape(1, 1), rtol=1e-6, atol=0)


def test_the_start_decides_for_ddim_and_little_for_ddpm(page, facts):
    told = dict(re.findall(r"(DDPM|DDIM): .*: (\d+)", printed(page, "wrong-count")))
    assert told == {name: str(count) for name, count in facts["ended where they began"].items()}
    assert facts["ended where they began"]["DDIM"] == 1000
    assert facts["ended where they began"]["DDPM"] == 580
    z = torch.linspace(-8, 8, 4001, dtype=torch.float64)
    expected = 1000 * float((-(z**2) / 2).softmax(0) @ torch.sigmoid(84 * z.abs() * linear().signal[1000]))
    assert expected == pytest.approx(600, abs=5)


@pytest.mark.parametrize("std", [0.1, 0.5, 1.0])
def test_the_factors_of_13_multiply_to_its_right_side(std):
    a = linear().alpha_bar
    V = a * std**2 + 1 - a
    factors = linear().alpha[1:].sqrt() * V[:-1] / V[1:]
    torch.testing.assert_close(factors.cumprod(0), (a.sqrt() * std**2 / V)[1:], rtol=1e-9, atol=0)


def test_an_early_push_changes_the_picture_and_a_later_one_does_not(facts):
    assert facts["same start"] and facts["push"] == pytest.approx(0.1)
    for name, (from_palace, from_flower) in facts["ends"].items():
        near, far = (from_flower, from_palace) if name == "901-1000" else (from_palace, from_flower)
        assert near < 0.01 and far > 0.3, name


def test_noise_at_the_last_step_leaves_a_grain(page, facts):
    rows = re.findall(r"T = +(\d+) +sqrt\(beta_1\) ([\d.]+) +measured ([\d.]+)", printed(page, "grain-measure"))
    assert {int(T): float(root) for T, root, _ in rows} == {1000: 0.01, 100: 0.044, 20: 0.17}
    for T, root, _ in rows:
        assert float(root) == pytest.approx(float(linear(int(T)).beta[1].sqrt()), abs=5e-4)
        assert facts["grain"][T] == pytest.approx(float(root), rel=0.05)
    assert 1 < 0.01 / (2 / 255) < 1.5
