"""What lesson 02 claims. 第 02 课所说的每一件事。"""

import re

import pytest
import torch
from lesson_runs import lesson, printed
from torch.distributions import Normal

from course_utils import data
from course_utils.exercises import exercise
from course_utils.exercises.lesson_02.judges import WITHIN
from course_utils.experiments.noising import first_normal
from course_utils.forward import forward_jump, posterior
from course_utils.schedules import linear

BETA = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
ALPHA_BAR = torch.cat([torch.ones(1, dtype=torch.float64), (1 - BETA).cumprod(0)])


def numbers(page, key) -> list[list[float]]:
    """The numbers of each printed line."""
    found = [re.findall(r"-?\d+\.\d+|-?\d+", line) for line in printed(page, key).splitlines()]
    return [[float(number) for number in line] for line in found]


def test_a_step_adds_noise_of_width_001_at_the_start_and_014_at_the_end(page):
    for t, width, measured in numbers(page, "step-spread"):
        assert width == pytest.approx(float(BETA[int(t) - 1].sqrt()), abs=6e-4)
        assert measured == pytest.approx(width, rel=0.03)
    widths = {int(t): width for t, width, _ in numbers(page, "step-spread")}
    assert list(widths) == [1, 250, 500, 1000] and (widths[1], round(widths[1000], 2)) == (0.01, 0.14)


def test_the_first_rows_begin_at_the_clean_image(facts):
    assert facts["steps of the walk"] == 1000 and max(facts["first rows"]) < 1e-3


def test_samples_of_a_step_are_alike_those_of_a_late_jump_are_not(facts):
    steps, jumps = facts["alike"][:4], facts["alike"][4:]
    assert min(min(pair) for pair in steps) > 0.97
    assert min(jumps[0]) > 0.99 and max(abs(value) for value in jumps[3]) < 0.05
    assert [pair[1] for pair in jumps] == sorted((pair[1] for pair in jumps), reverse=True)


def test_two_noises_add_their_variances_one_noise_twice_doubles_it(page):
    (*_, predicted), (*_, own), (*_, twice) = numbers(page, "two-check")
    assert predicted == pytest.approx(float(1 - (1 - BETA[999]) * (1 - BETA[998])), abs=6e-4)
    widths = float(((1 - BETA[999]) * BETA[998]).sqrt()), float(BETA[999].sqrt())
    assert widths[0] == pytest.approx(widths[1], rel=0.02)
    assert own == pytest.approx(predicted, abs=1e-3) and twice == pytest.approx(2 * predicted, rel=0.03)


def test_a_chain_that_reuses_its_noise_ends_with_far_too_much():
    width = 0.0
    for beta in BETA.tolist():
        width = (1 - beta) ** 0.5 * width + beta**0.5
    assert width > 10


def test_the_sums_on_paper():
    t = torch.log(torch.tensor(1e-4)) / torch.log(torch.tensor(0.99))
    assert float(t) == pytest.approx(916.4, abs=0.05) and 0.99**917 < 1e-4 < 0.99**916
    width = 0.0
    for _ in range(5000):
        width = 0.99**0.5 * width + 0.01**0.5
    assert round(width, 2) == 19.95 and width == pytest.approx((1 + 0.99**0.5) / 0.01**0.5, rel=1e-6)


def test_the_width_of_a_noise_used_in_every_step(page):
    lines = numbers(page, "two-paper-use")
    for beta, width, _, rough in lines:
        assert width == pytest.approx((1 + (1 - beta) ** 0.5) / beta**0.5, abs=6e-3)
        assert rough == pytest.approx(2 / beta**0.5, abs=6e-3)
    widths = [width for _, width, *_ in lines]
    assert [beta for beta, *_ in lines] == [0.02, 0.01, 0.001] and widths == sorted(widths) and widths[1] == 19.95


def test_whatever_walks_on_the_page_walks_with_the_readers_step():
    for key in ("step-walk", "step-grid", "jump-measure", "wrong-grid", "path-regress"):
        code = next(cell.text for cell in lesson("02_forward_process").cells if cell.key == key)
        assert "my_forward_step(" in code and not re.search(r"(?<!my_)forward_step\(", code)


def test_both_lines_of_the_induction_hold_at_all_1000_steps(page):
    assert printed(page, "two-induction") == "True 1000"


def test_a_jump_scatters_as_its_formula_says(page):
    for t, signal, _, noise, measured in numbers(page, "jump-spread"):
        assert signal == pytest.approx(float(ALPHA_BAR[int(t)].sqrt()), abs=6e-4)
        assert noise == pytest.approx(float((1 - ALPHA_BAR[int(t)]).sqrt()), abs=6e-4)
        assert measured == pytest.approx(noise, rel=0.03)


def test_walk_and_jump_fall_under_the_predicted_bell(facts):
    mean, std = facts["bell"]
    assert (mean, std) == (
        pytest.approx(-0.6 * float(ALPHA_BAR[250].sqrt())),
        pytest.approx(float((1 - ALPHA_BAR[250]).sqrt())),
    )
    assert facts["draws"][:2] == [10_000, 10_000]
    for measured_mean, measured_std in facts["heaps"]:
        assert abs(measured_mean - mean) < 4 * std / 100 and abs(measured_std / std - 1) < 4 / 141


def test_the_statistic_accepts_the_jump_and_refuses_one_that_goes_too_far(page):
    (_, limit), (*_, right), (*_, too_far) = numbers(page, "jump-test")
    assert limit == 0.023 == round(1.63 * (2 / 10_000) ** 0.5, 3)
    assert right < limit and too_far > 2 * limit


def gap(one, other):
    """The largest gap between the cumulative curves of two normal laws, each (mean, std)."""
    at = torch.linspace(-6, 6, 100_001, dtype=torch.float64)
    return float((Normal(*one).cdf(at) - Normal(*other).cdf(at)).abs().max())


def law(t, variance=None):
    """The law of x_t from x_0 = -0.6, or of another variance."""
    return -0.6 * float(ALPHA_BAR[t].sqrt()), float(1 - ALPHA_BAR[t] if variance is None else variance) ** 0.5


def test_a_jump_a_few_steps_too_far_passes_and_one_of_50_steps_does_not():
    assert gap(law(250), law(250)) == 0
    assert gap(law(250), law(255)) < gap(law(250), law(260)) < 0.023 < 2 * 0.023 < gap(law(250), law(300))


def test_a_posterior_of_variance_beta_fits_on_the_way_and_is_caught_at_the_very_end():
    """The law of the way back from x_500, step by step, without a draw."""
    schedule, one = linear(), torch.ones(1, dtype=torch.float64)
    mean, variance = law(500)[0], float(1 - ALPHA_BAR[500])
    for t in range(500, 0, -1):
        of_xt = float(posterior(schedule, one, t, 0 * one).mean)
        mean = of_xt * mean + float(posterior(schedule, 0 * one, t, one).mean) * -0.6
        variance = of_xt**2 * variance + float(BETA[t - 1])
        if t == 251:
            assert 0 < gap((mean, variance**0.5), law(250)) < 0.016 / 2
    assert mean == pytest.approx(-0.6) and variance**0.5 == pytest.approx(0.01), "and 0 were right"


def test_in_whatever_order_the_gaps_are_filled_the_frames_belong_to_the_chain():
    """Frames as sums of x_0, x_1000 and one noise each, so that nothing is drawn: what they share is exact."""
    times, a = [0, 100, 250, 500, 750, 1000], ALPHA_BAR
    process = exercise("02.build").reference()(linear())
    inner = torch.tensor(times[1:-1])
    early, late = torch.minimum(inner[:, None], inner), torch.maximum(inner[:, None], inner)
    free = (1 - a[early]) * (a[late] / a[early]).sqrt()
    to_end = (1 - a[inner]) * (a[1000] / a[inner]).sqrt()
    expected = free - to_end[:, None] * to_end / (1 - a[1000])
    for order in ((500, 250, 100, 750), (100, 250, 500, 750), (750, 500, 250, 100), (250, 750, 100, 500)):
        film = {t: torch.eye(6, dtype=torch.float64)[k : k + 1] for t, k in ((0, 0), (1000, 5))}
        for t in order:
            s, u = max(k for k in film if k < t), min(k for k in film if k > t)
            mean, variance = process.bridge(film[s], s, t, u, film[u])
            film[t] = mean + variance**0.5 * torch.eye(6, dtype=torch.float64)[times.index(t)]
        noises = torch.cat([film[t] for t in times[1:-1]])[:, 1:-1]
        torch.testing.assert_close(noises @ noises.T, expected, rtol=1e-9, atol=1e-12)


def test_163_is_the_1_percent_point_of_kolmogorovs_law():
    from scipy.stats import kstwobign

    assert kstwobign.isf(0.01) == pytest.approx(1.63, abs=0.005)


def test_one_eps_serves_every_t(facts):
    assert facts["one eps"] < 1e-5


def test_the_factor_is_099_at_the_end_and_099995_at_the_start():
    assert float((1 - BETA[-1]).sqrt()) == pytest.approx(0.99, abs=5e-4)
    assert float((1 - BETA[0]).sqrt()) == pytest.approx(0.99995, abs=1e-7)


def test_the_variances_end_at_1_and_1105_and_0019(page, facts):
    ends = [line[:2] for line in numbers(page, "variance-ends")]
    assert [computed for computed, _ in ends] == [1.0, pytest.approx(11.05), pytest.approx(0.019)]
    assert all(measured == pytest.approx(computed, rel=0.06, abs=2e-3) for computed, measured in ends)
    assert float(1 + BETA.sum()) == pytest.approx(11.05)
    assert facts["draws"][2:] == [3, 10_000]


def test_the_photographs_variance_goes_from_039_to_1_and_never_passes_it(page):
    *lines, (_, one, _, white), (palace_z,), (white_z,) = numbers(page, "variance-photo")
    start = float(data.photograph("palace", 42).var())
    computed = [computed for _, computed, _ in lines]
    for t, predicted, measured in lines:
        a = float(ALPHA_BAR[int(t)])
        assert predicted == pytest.approx(a * start + 1 - a, abs=6e-3) and measured == pytest.approx(
            predicted, abs=0.025
        )
    assert computed[0] == 0.39 and computed == sorted(computed) and max(computed) <= 1
    snr = float(ALPHA_BAR[-1] / (1 - ALPHA_BAR[-1]))
    length = float(data.photograph("palace", 42).norm())
    assert (palace_z, white_z) == (0.29, 0.46)
    assert palace_z == pytest.approx(length * snr**0.5, abs=6e-3)
    assert white_z == pytest.approx((42**2 * 3 * snr) ** 0.5, abs=6e-3)
    assert (256**2 * 3 * snr) ** 0.5 == pytest.approx(2.8, abs=0.05)
    assert (one, white) == (0.006, 1.62) and 255 * float(ALPHA_BAR[-1].sqrt()) == pytest.approx(1.62, abs=5e-3)


def test_the_histogram_is_a_bell_long_before_the_picture_is_gone(facts):
    gaps = [facts["gap"][t] for t in ("0", "50", "300", "1000")]
    assert gaps == sorted(gaps, reverse=True) and gaps[2] == pytest.approx(0.07, abs=0.006)
    assert abs(facts["my_t"] - first_normal()) < 10 and WITHIN == 25 and float(ALPHA_BAR[facts["my_t"]]) > 0.5


def test_wrong_noises_brighten_or_fade_or_go_unseen(page, facts):
    table = [list(zip(line[::2], line[1::2], strict=True)) for line in numbers(page, "wrong-numbers")]
    right, rand, centred, squared = table
    assert rand[2] == (pytest.approx(0.5, abs=0.02), pytest.approx(12**-0.5, abs=0.01))
    assert [mean for mean, _ in rand[3:]] == sorted(mean for mean, _ in rand[3:]) and rand[3][0] > 1
    assert facts["white"][4:] == [1.0, 1.0] and max(facts["white"][:3]) < 0.3
    for (mean, std), (true_mean, true_std) in zip(centred, right, strict=True):
        assert abs(mean - true_mean) < 0.06 and abs(std - true_std) < 0.04
    assert squared[0][1] < right[0][1] - 0.04 and squared[2][1] == pytest.approx(right[2][1], abs=0.05)
    assert squared[5][1] == pytest.approx(0.019**0.5, abs=0.01)


def test_no_independent_noise_leads_from_a_uniform_jump_to_the_next():
    """A box is a smaller box and independent noise only if its spectrum vanishes wherever the smaller one's does."""
    a = (3 * (1 - ALPHA_BAR[2:])).sqrt()
    b = ((1 - BETA[1:]) * 3 * (1 - ALPHA_BAR[1:-1])).sqrt()  # what the step keeps of the jump before
    spectrum = torch.special.sinc(a / b)  # at the first zero of the smaller box's, sinc(1) = 0
    assert float(torch.special.sinc(torch.ones(1, dtype=torch.float64)).abs()) < 1e-15
    assert float(spectrum.abs().min()) > 1e-6


def test_a_uniform_jump_is_flat_and_bounded_a_thousand_steps_are_a_bell(page, facts):
    (_, limit), *lines = numbers(page, "wrong-test")
    assert limit == 0.016 == round(1.63 / 100, 3)
    jump, one, two, thousand = (line[-2] for line in lines)
    assert jump > 3 * limit and one > 3 * limit and one > two > limit > thousand
    assert facts["bounded"] <= 3**0.5 + 1e-5


def test_factors_laid_along_the_width_go_unnoticed_where_16_images_have_16_pixels(page, facts):
    gather, shapes = printed(page, "batch-gather").splitlines()
    assert gather == "True" and shapes == "(16,) * (16, 1, 16, 16) -> (16, 1, 16, 16)"
    assert facts["sizes"] == [16, 16]
    assert max(facts["left edge"]) == 0 and min(facts["right edge"]) > 0.4
    assert facts["each"][0] == 0 and min(facts["each"][1:]) > 0.1
    with pytest.raises(RuntimeError):
        torch.ones(16) * torch.ones(16, 1, 9, 9)


def test_extract_gives_images_three_more_axes_and_points_one(page):
    assert printed(page, "batch-use").splitlines() == ["(16, 1, 16, 16) (16, 1, 1, 1)", "(16, 2) (16, 1)"]


def test_with_its_noise_an_image_comes_back(page):
    assert printed(page, "own-use") == "True"


def test_the_image_before_the_last_adds_nothing(page, facts):
    _, before, _, two_before, _, root = numbers(page, "path-regress")[0]
    assert root == pytest.approx(float((1 - BETA[499]).sqrt()), abs=6e-4)
    assert abs(before - root) < 0.03 and abs(two_before) < 0.03
    assert facts["guide"] > 0.98


def test_neighbours_are_correlated_in_film_a_and_not_in_film_b(page, facts):
    (chain,), (jumps,), line = numbers(page, "path-correlation")
    a = ALPHA_BAR
    exact = float((a[500] / a[499] * (1 - a[499]) / (1 - a[500])).sqrt())
    assert line[-1] == pytest.approx(exact, abs=6e-4) and exact > 0.99
    assert chain == pytest.approx(exact, abs=2e-3) and abs(jumps) < 0.04
    assert facts["third film"] == pytest.approx(1, abs=1e-5)
    assert facts["films"][0] < 0.2 and facts["films"][1] > 1


def test_both_roads_end_under_the_bell_and_the_way_back_is_a_path_of_the_chain(page, facts):
    (_, limit), (*_, through), (*_, back), line = numbers(page, "build-loop-test")
    assert limit == 0.016 == round(1.63 / 10_000**0.5, 3) and max(through, back) < limit
    a = ALPHA_BAR
    exact = float((a[500] / a[499] * (1 - a[499]) / (1 - a[500])).sqrt())
    assert line[:2] == [500, 499] and line[2] == pytest.approx(exact, abs=1e-3) and line[-2:] == [0, 0]
    mean, std = facts["bell"]
    for measured_mean, measured_std in facts["roads"]:
        assert abs(measured_mean - mean) < 4 * std / 100 and abs(measured_std / std - 1) < 4 / 141


def test_the_ways_back_are_one_and_end_in_the_palace_by_a_path_of_their_own(facts):
    assert facts["ways back apart"] < 1e-3 and facts["ways back end"] == 0
    assert facts["walk and way back"]["1000"] == pytest.approx(1) and abs(facts["walk and way back"]["400"]) < 0.05


def test_a_film_filled_in_from_both_ends_is_a_path_of_the_chain_and_another_one(page, facts):
    a = ALPHA_BAR
    exact = float((a[500] / a[499] * (1 - a[499]) / (1 - a[500])).sqrt())
    for (measured,) in numbers(page, "build-films-test"):
        assert measured == pytest.approx(exact, abs=2e-3)
    assert max(abs(value) for value in facts["bridge and ways"]) < 0.05
    assert all(width == pytest.approx(1, abs=0.03) for width in facts["bridge"])


def test_the_package_agrees_on_both_schedules(page):
    assert printed(page, "build-same").splitlines() == ["linear   True", "cosine   True"]


def way_back(x, t, told, draw, wide=1.0):
    """The way back of the page, by the package's posterior; {t: x_t}."""
    schedule, film = linear(), {t: x}
    for k in range(t, 0, -1):
        mean, variance = posterior(schedule, film[k], k, told)
        film[k - 1] = mean + wide * variance**0.5 * torch.randn(x.shape, generator=draw)
    return film


def test_what_good_answers_to_the_open_task_found(seeded):
    snr, noise = ALPHA_BAR / (1 - ALPHA_BAR), (1 - ALPHA_BAR).sqrt()
    assert float(noise[800]) == pytest.approx(1, abs=2e-3) and float(snr[1000] / snr[800]) == pytest.approx(
        0.03, abs=5e-3
    )
    assert [round(float(snr[100] / snr[k]), 2) for k in (90, 60, 20)] == [0.81, 0.37, 0.05]
    assert abs(int((snr[100] / snr - 0.5).abs()[:101].argmin()) - 70) <= 1
    assert [round(float((snr[1000] / snr[k]).sqrt()), 2) for k in (800, 600)] == [0.16, 0.04]
    palace, flower = (data.photograph(name, 42) for name in ("palace", "flower"))
    both = torch.stack([palace.flatten(), flower.flatten()], 1).double() * float(ALPHA_BAR[60].sqrt())
    shares = []
    for seed in range(4):
        noised = forward_jump(linear(), palace, 100, generator=seeded(seed)).xt
        film = way_back(noised, 100, flower, seeded(50 + seed))
        shares.append(float(torch.linalg.lstsq(both, film[60].flatten().double()[:, None]).solution[0]))
        assert torch.equal(film[0], flower)
    assert sum(shares) / 4 == pytest.approx(0.37, abs=0.005) and all(abs(share - 0.37) < 0.01 for share in shares)
    last = forward_jump(linear(), palace, 1000, generator=seeded(0)).xt
    assert torch.equal(way_back(last, 1000, flower, seeded(1))[0], flower)
    bare = way_back(last, 1000, palace, seeded(1), wide=0.0)
    left = [float((bare[k] - ALPHA_BAR[k].sqrt() * palace).std() / noise[k]) for k in (800, 600)]
    assert torch.equal(bare[0], palace) and left == [pytest.approx(0.16, abs=0.01), pytest.approx(0.04, abs=0.005)]


def test_the_cosine_keeps_more_of_the_palace_at_400(facts):
    on_the_line, on_the_cosine = facts["shares"][0]
    assert on_the_cosine > 3 * on_the_line and max(facts["shares"][1]) < 1e-3


def test_alpha_stays_at_098_or_above_and_alpha_bar_goes_to_0(facts):
    smallest, last = facts["alpha"]
    assert smallest == pytest.approx(0.98) and last < 1e-4
    assert torch.equal(linear().alpha_bar, ALPHA_BAR)
