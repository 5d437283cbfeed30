"""What lesson 01 claims. 第 01 课所说的每一件事。"""

import inspect
import math
import re

import numpy as np
import pytest
import torch
from lesson_runs import lesson, printed, words

from course_utils import data, plots, schedules
from course_utils.exercises.lesson_01 import QUESTIONS
from course_utils.exercises.lesson_01.judges import LAST_SIGNAL

TABLE = r"\s*(\d+)" + 6 * r"\s+(-?[\d.]+)"


def beta(name="linear", T=1000, last=0.02):
    """The betas by the formulas of section 4, written anew."""
    u = np.arange(T) / (T - 1)
    if name == "quadratic":
        return (1e-4**0.5 + (last**0.5 - 1e-4**0.5) * u) ** 2
    curve = u if name == "linear" else 1 / (1 + np.exp(6 - 12 * u))
    return 1e-4 + (last - 1e-4) * curve


def cosine_beta(offset=0.008, T=1000):
    f = np.cos((np.arange(T + 1) / T + offset) / (1 + offset) * np.pi / 2) ** 2
    return 1 - f[1:] / f[:-1]


def alpha_bar(beta):
    return np.concatenate([[1.0], np.cumprod(1 - beta)])


def log_snr(a):
    return np.log(a[1:]) - np.log1p(-a[1:])


FOUR = {name: alpha_bar(beta(name)) for name in ("linear", "quadratic", "sigmoid")}
FOUR["cosine"] = alpha_bar(cosine_beta().clip(1e-4, 0.9999))
A = FOUR["linear"]


def test_nothing_is_used_that_a_later_lesson_explains():
    code = "\n".join(cell.text for cell in lesson("01_noise_schedules").cells if cell.kind == "code")
    modules = set(re.findall(r"^from (course_utils\.\w+)", code, re.MULTILINE))
    later = {"denoisers", "oracle", "reverse", "samplers", "times", "unet", "training"}
    assert "course_utils.forward" in modules and not modules & {f"course_utils.{name}" for name in later}


# 1 · Pixels as numbers


def test_bytes_become_numbers_from_minus_1_to_1():
    from sklearn.datasets import load_sample_image

    pixels = load_sample_image("china.jpg")
    middle = torch.tensor(pixels[:, 106:533]).permute(2, 0, 1)[None] / 127.5 - 1
    torch.testing.assert_close(data.photograph("palace", 427), middle.float(), atol=1e-6, rtol=0)


def test_the_two_ranges_have_the_printed_means_and_spreads(page):
    palace = data.photograph("palace", 64)
    lines = re.findall(r"mean (\S+)   std (\S+)   variance (\S+)", printed(page, "pixels-numbers"))
    for x, line in zip(((palace + 1) / 2, palace), lines, strict=True):
        assert [float(v) for v in line] == pytest.approx([float(x.mean()), float(x.std()), float(x.var())], abs=6e-4)
    (mean_0, std_0, var_0), (mean_1, std_1, var_1) = ([float(v) for v in line] for line in lines)
    assert mean_0 == 0.565 and abs(mean_1) < 0.2 < mean_0, "closer to the noise's 0"
    assert abs(1 - std_1) < abs(1 - std_0) and std_1 / std_0 == pytest.approx(2, rel=0.01)
    assert var_1 / var_0 == pytest.approx(4, rel=0.02) and round(var_1, 1) == 0.4


def test_on_0_to_1_the_picture_is_noisier_and_darkens(facts):
    unit, both = facts["brightness"]["[0, 1]"], facts["brightness"]["[-1, 1]"]
    assert all(later < earlier for earlier, later in zip(unit, unit[1:], strict=False)) and unit[-1] < -0.5
    assert all(abs(value) < 0.2 for value in both)
    assert facts["contrast"]["[0, 1]"] == pytest.approx(facts["contrast"]["[-1, 1]"] / 2, rel=1e-6)


def test_t_100_there_is_t_190_here(page):
    level = math.log(A[100] / (1 - A[100]) / 4)
    t = 1 + int(np.abs(log_snr(A) - level).argmin())
    assert printed(page, "pixels-shift") == f"t = 100 on [0, 1] has the log SNR of t = {t} on [-1, 1]"


def test_bytes_are_rounded_and_held(page):
    assert printed(page, "bytes-use") == "[0, 0, 128, 191, 255, 255]"


# 2 · One array


def test_the_table_follows_from_the_array(page):
    rows = re.findall(TABLE, printed(page, "array-table"))
    assert [int(row[0]) for row in rows] == [1, 100, 500, 1000]
    for t, *values in rows:
        a, b = A[int(t)], beta()[int(t) - 1]
        expected = [b, a, a**0.5, (1 - a) ** 0.5, a / (1 - a), math.log(a / (1 - a))]
        assert [float(value) for value in values] == pytest.approx(expected, abs=6e-3, rel=1e-4)
        assert [float(value) for value in values[:4]] == pytest.approx(expected[:4], abs=6e-5)


def test_shares_and_factors_cross_at_the_same_t():
    t = int(np.abs(A - 0.5).argmin())
    assert int(np.abs(A**0.5 - (1 - A) ** 0.5).argmin()) == t == 259
    assert A[t] ** 0.5 == pytest.approx(0.5**0.5, abs=1e-3) and round(0.5**0.5, 2) == 0.71
    assert (round(A[500], 2), round(A[500] ** 0.5, 2)) == (0.08, 0.28)


def test_log_snr_changes_its_sign_there_and_always_falls_most_steeply_at_first():
    values = log_snr(A)
    assert values[257] > 0 and values[259] < 0
    assert (np.diff(values) < 0).all() and np.diff(values).argmin() == 0
    assert (FOUR["linear"] > 0).all(), "no moment at which the image is gone"


def test_merged_steps_pass_where_the_steps_have_passed(page):
    lines = printed(page, "merged-use").splitlines()
    for k, line in zip((5, 100), lines, strict=True):
        last, added = 1 - A[1000] / A[1000 - k], float(np.linspace(1e-4, 0.02, 1000)[-k:].sum())
        assert line == f"k = {k:3}   the same ᾱ: True   last β {last:.3f}   sum of the last k β {added:.3f}"
    assert round(added, 3) == 1.901


def test_the_real_one_is_the_last_line_of_from_beta():
    last = inspect.getsource(schedules.Schedule.from_beta).strip().splitlines()[-1]
    assert "cumprod" in last
    schedule = schedules.linear()
    torch.testing.assert_close(schedule.alpha_bar[torch.tensor([1, 500])], torch.tensor(A[[1, 500]]))


# 3 · Half and half


def test_the_halves_stand_in_the_middle_of_the_strip(page, facts):
    assert facts["mine"][0] == 259
    [alt] = words(page, "half-strip")
    assert [int(t) for t in re.findall(r"\d+", alt)] == [0, 100, 259, 500, 1000]


# 4 · Four schedules


@pytest.mark.parametrize("name", FOUR)
def test_the_formulas_are_those_of_the_package(name):
    np.testing.assert_allclose(getattr(schedules, name)().alpha_bar, FOUR[name], rtol=1e-9)


def test_three_go_to_002_and_the_cosine_to_almost_1():
    for name in ("linear", "quadratic", "sigmoid"):
        assert beta(name)[-1] == pytest.approx(0.02, rel=0.01)
    assert 1e-4 < beta("sigmoid")[0] < beta("sigmoid")[-1] < 0.02, "almost from one end point to the other"
    assert float(schedules.cosine().beta[-1]) > 0.999 and float(schedules.cosine().beta[800]) < 0.02


def test_the_linear_row_is_ahead_at_250_and_noise_at_500():
    at_250, at_500 = ({name: a[t] for name, a in FOUR.items()} for t in (250, 500))
    assert all(at_250["linear"] < a - 0.25 for name, a in at_250.items() if name != "linear")
    assert at_500.pop("linear") < 0.1 and min(at_500.values()) > 0.3


def test_the_figure_can_be_had_for_slides(facts):
    times = facts["strip times"]
    assert times == [0, 100, 250, 500, 750, 1000]
    four = {name: getattr(schedules, name)() for name in FOUR}
    strips = dict.fromkeys(FOUR, data.photograph("palace", 16).expand(len(times), -1, -1, -1))
    assert len(plots.schedule_rows(four, strips, times, transparent=True).content) > 10_000


# 5 · Equal SNR


def test_the_times_of_equal_log_snr_are_the_nearest(page):
    head, *rows = printed(page, "snr-times").splitlines()
    levels = [int(word) for word in head.split()[2:]]
    assert levels == [4, 2, 0, -2, -4]
    for row in rows:
        name, *times = row.split()
        values = log_snr(FOUR[name])
        assert [int(t) for t in times] == [1 + int(np.abs(values - level).argmin()) for level in levels]


def test_at_equal_log_snr_the_pictures_are_the_same_to_a_grey_level(page, facts):
    assert facts["equal"] < 1 / 127.5 < 1 < facts["same t"]
    numbers = [float(n) for n in re.findall(r"\d+\.\d+", printed(page, "snr-difference"))]
    assert numbers == pytest.approx([facts["same t"], facts["equal"], 1 / 127.5], abs=6e-3)


def test_were_t_not_whole_they_would_be_the_same():
    x0, eps = data.photograph("palace", 16).double(), torch.randn(1, 3, 16, 16).double()
    pictures = []
    for a in FOUR.values():
        share = np.exp(np.interp(-1.0, log_snr(a)[::-1], np.log(a[1:])[::-1]))  # ᾱ at log SNR = -1, between two steps
        pictures.append(share**0.5 * x0 + (1 - share) ** 0.5 * eps)
    assert max(float((one - pictures[0]).abs().max()) for one in pictures) < 1e-3


def test_the_clocks_stay_where_it_says(page):
    lines = re.findall(r"(\w+) +above 2: (\d+)   between: (\d+)   below -2: (\d+)", printed(page, "snr-clock"))
    stays = {name: [int(n) for n in counts] for name, *counts in lines}
    for name, a in FOUR.items():
        values = log_snr(a)
        assert stays[name] == [(values > 2).sum(), (abs(values) <= 2).sum(), (values < -2).sum()]
    assert stays["linear"][2] == 544 and stays["cosine"][1] == 555
    assert stays["linear"][2] == max(stay[2] for stay in stays.values())
    assert stays["cosine"][1] == max(stay[1] for stay in stays.values())


# 5 · What a size hides


def z(a, d):
    """How many standard deviations the mean of an all-white image of d numbers stands above that of pure noise."""
    return float((d * a[-1] / (1 - a[-1])) ** 0.5)


def test_a_wider_picture_is_hidden_as_well_two_ln_2_lower(page, facts):
    head, *rows = printed(page, "size-table").splitlines()
    assert [float(level) for level in head.split()[2:]] == [round(level, 2) for level in facts["columns"]]
    assert facts["columns"] == pytest.approx([-2 + 2 * math.log(2) * k for k in (1, 0, -1, -2, -3)])
    seen = {int(width): [float(value) for value in values] for width, *values in map(str.split, rows)}
    assert list(seen) == [32, 64, 128, 256] and (seen[32][1], seen[256][1]) == (0.41, 0.96)
    for width, values in seen.items():
        assert values == pytest.approx(facts["left to see"][str(width)], abs=0.006)
        assert values == sorted(values, reverse=True)
    for width in (32, 64, 128):
        assert seen[2 * width][1:] == pytest.approx(seen[width][:-1], abs=0.021), "along a diagonal"
        assert min(np.subtract(seen[2 * width][1:], seen[width][1:])) > 0.03, "and larger down a column"


def test_averages_over_squares_divide_the_variance_by_their_pixels():
    noise = torch.randn(2000, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    averaged = torch.nn.functional.avg_pool2d(noise, 4)
    assert float(averaged.var()) == pytest.approx(1 / 4**2, rel=0.05)


def test_the_shifted_picture_goes_under_with_the_small_one(facts):
    small, wide, moved = (facts["widths"][name] for name in ("64", "256", "shifted"))
    assert moved[1:] == pytest.approx(small[1:], abs=0.02)
    assert all(w < s - 0.05 for w, s in zip(wide[1:], small[1:], strict=True)), "far less noise beside the image"
    assert facts["moved"] == pytest.approx(2 * math.log(64 / 256), abs=1e-8)


# 6 · The end of the chain


def test_what_is_left_at_the_end_of_short_chains(page):
    lines = re.findall(r"T = +(\d+)   √ᾱ_T = (\S+)   share of the image (\S+)%", printed(page, "end-table"))
    for T, signal, share in lines:
        left = alpha_bar(beta(T=int(T)))[-1]
        assert (float(signal), float(share)) == (round(left**0.5, 3), round(100 * left, 3))
    assert [signal for _, signal, _ in lines] == ["0.364", "0.219", "0.006"]
    assert 0.364 > 1 / 3
    assert beta(T=200).mean() == pytest.approx(beta(T=1000).mean())


def test_only_a_size_tells_whether_a_schedule_ends_in_noise(page):
    head, *rows = printed(page, "end-criterion").splitlines()
    amounts = [eval(amount.replace("²", "**2").replace("·", "*")) for amount in head.split()]
    assert amounts == [64, 12288, 16384, 196608]
    table = {name: [float(value) for value in values] for name, *values in map(str.split, rows)}
    stable_diffusion = (np.linspace(0.00085**0.5, 0.012**0.5, 1000)) ** 2
    chains = {"raw_linear(200)": alpha_bar(beta(T=200)), **FOUR, "scaled_linear": alpha_bar(stable_diffusion)}
    assert list(table) == list(chains)
    for name, a in chains.items():
        assert table[name] == pytest.approx([z(a, d) for d in amounts], abs=6e-4)
    assert [round(table["linear"][i], digits) for i, digits in ((0, 2), (3, 1))] == [0.05, 2.8]
    assert round(table["raw_linear(200)"][0], 1) == 3.1 and round(table["scaled_linear"][2], 1) == 8.8
    assert max(table["cosine"]) < 0.01 and min(max(table[name]) for name in FOUR if name != "cosine") > 2


def test_no_image_stands_out_more_than_a_white_one():
    a, images = A[-1], torch.cat([data.photograph("palace", 64).flatten()[None], torch.rand(50, 12288) * 2 - 1])
    along = (a / (1 - a)) ** 0.5 * images.norm(dim=1)  # the mean, in standard deviations, of x_T along its image
    assert float(along.max()) < z(A, 12288) == pytest.approx((a / (1 - a)) ** 0.5 * float(torch.ones(12288).norm()))


def test_white_is_told_from_black_as_often_as_the_formula_says(page, facts):
    lines = re.findall(r"(\S+) +guessed right +(\d+)% ± (\d+)%   Φ\(z\) (\S+)%", printed(page, "end-guess"))
    for (name, right, error, expected), d in zip(lines, (64, 12288, 196608), strict=True):
        share = (1 + math.erf(z(A, d) / 2**0.5)) / 2
        assert float(expected) == pytest.approx(100 * share, abs=0.06)
        exact = (share * (1 - share) / 400) ** 0.5
        assert abs(float(right) / 100 - share) < 3 * exact + 0.005 and int(error) == round(100 * exact)
        n, mean, std = facts["heaps"][name]
        assert n == 400 and mean == pytest.approx(z(A, d), abs=3 / 20) and std == pytest.approx(1, abs=0.11)
    assert [float(expected) for *_, expected in lines] == sorted(float(expected) for *_, expected in lines)


@pytest.mark.parametrize("name", FOUR)
def test_a_shift_with_the_width_leaves_z_as_it_is(name):
    wide = schedules.shifted(getattr(schedules, name)(), 2 * math.log(64 / 256)).alpha_bar.numpy()
    assert z(wide, 256**2 * 3) == pytest.approx(z(FOUR[name], 64**2 * 3), rel=1e-9)


def test_the_sum_on_paper():
    snr = 0.1**2 / 3072
    step = 1 - (snr / (1 + snr)) ** (1 / 100)
    assert round(step, 3) == 0.119 and round(math.log(snr) / 100, 3) == -0.126 and f"{snr:.1e}" == "3.3e-06"
    left = 0.99**100
    assert (round(left, 3), round((3072 * left / (1 - left)) ** 0.5)) == (0.366, 42)
    assert beta().mean() == pytest.approx(0.01, abs=1e-4)


def test_64_pixels_average_the_noise_to_an_eighth():
    noise = torch.randn(20_000, 64, generator=torch.Generator().manual_seed(0))
    assert float(noise.mean(1).std()) == pytest.approx(1 / 8, rel=0.02)


def test_the_start_is_at_fault_and_nothing_else(page, facts):
    share, n = facts["reversed"], 20_000
    error = 3 * (0.1 * 0.9 / n) ** 0.5
    assert facts["drawn"] == [n] * 5
    assert share["raw"] / 0.1 == pytest.approx(3, abs=0.3)
    assert facts["reversed with a part"] == pytest.approx({"brightness": 0.17, "all else": 0.11}, abs=0.006)
    bright, true = facts["bright"], 0.8 * float(data.digits().x[:300].mean())
    assert bright["raw"] > true + 0.1
    for good in ("raw, true x_T", "read", "rescaled", "cosine"):
        assert share[good] == pytest.approx(0.1, abs=error)
        assert bright[good] == pytest.approx(true, abs=2 * 0.39 * error)
    assert max(facts["nearest digit"]) == 0, "every digit is perfect"
    found = r"(\S.*?)  +reversed (\S+)% ± (\S+)%   mean (\S+)"
    lines = re.findall(found, "\n".join(printed(page, "end-digits-shares").splitlines()[1:]))
    assert [name for name, *_ in lines] == list(share)
    for name, reverse, spread, mean in lines:
        assert float(reverse) == pytest.approx(100 * share[name], abs=0.06)
        assert float(spread) == pytest.approx(100 * (share[name] * (1 - share[name]) / n) ** 0.5, abs=0.06)
        assert float(mean) == pytest.approx(bright[name], abs=0.006)


def test_the_way_back_is_bayes_rule(facts):
    drawn, exact = facts["bayes"]
    assert drawn == pytest.approx(exact, abs=3 * 0.3 / 4000**0.5), "the mean of the draws is the exact guess of x_0"


def test_the_noise_is_brighter_than_the_true_last_state():
    mean = 0.8 * float(data.digits().x[:300].mean())
    true_state = alpha_bar(beta(T=200))[-1] ** 0.5 * mean
    assert true_state < -0.1 and mean < true_state, "a rest of a mostly dark image; pure noise has mean 0"


def test_a_digit_is_dark_and_its_reverse_is_bright():
    means = data.digits().x.mean((1, 2, 3))
    assert bool((means < 0).all()), "so the sign of the mean tells which way round it was printed"


def test_the_remedies_end_in_noise_for_64_numbers_and_the_raw_schedule_does_not():
    raw = schedules.raw_linear(200)
    for remedy in (schedules.linear(200), schedules.rescaled(raw, end=0.006), schedules.cosine(200)):
        assert z(remedy.alpha_bar.numpy(), 64) < 0.06 < 3 < z(raw.alpha_bar.numpy(), 64)


@pytest.mark.parametrize("name", FOUR)
@pytest.mark.parametrize("T", [40, 200, 1500])
def test_the_courses_schedules_end_in_the_same_noise_at_any_T(name, T):
    assert float(getattr(schedules, name)(T).alpha_bar[-1]) == pytest.approx(FOUR[name][-1], rel=1e-9)


# 7 · The cosine and its offset


def test_the_offset_brings_the_first_step_near_a_grey_level(page):
    first, second = printed(page, "cosine-offset").splitlines()
    for line, offset in ((first, 0), (second, 0.008)):
        b = cosine_beta(offset)
        small, levels, last = re.search(r"β_1 (\S+), √β_1 (\S+) grey levels, β_T (\S+)", line).groups()
        assert float(small) == pytest.approx(b[0], rel=0.03)
        assert float(levels) == pytest.approx(127.5 * b[0] ** 0.5, abs=6e-3)
        assert float(last) == pytest.approx(1, abs=1e-4) == pytest.approx(b[-1])
    assert 127.5 * cosine_beta(0)[0] ** 0.5 == pytest.approx(1 / 5, abs=0.01)
    assert 0.75 < 127.5 * cosine_beta()[0] ** 0.5 < 1, "slightly less than one grey level"


def test_without_clipping_nothing_would_be_left_at_T():
    assert np.prod(1 - cosine_beta()) < 1e-30
    betas = schedules.cosine().beta[1:]
    assert float(betas.min()) == pytest.approx(1e-4) and float(betas.max()) == pytest.approx(0.9999)


def test_the_clip_touches_13_steps_at_the_start_and_1_at_the_end(page):
    raised, lowered = int((cosine_beta() < 1e-4).sum()), int((cosine_beta() > 0.9999).sum())
    lines = printed(page, "cosine-clip").splitlines()
    assert lines[0] == f"steps raised to 1e-4: {raised}   lowered to 0.9999: {lowered}"
    assert (cosine_beta()[:raised] < 1e-4).all() and cosine_beta()[-1] > 0.9999
    assert float(lines[1].split()[-1]) == pytest.approx(FOUR["cosine"][-1] ** 0.5, rel=0.04)


def test_the_lower_bound_is_13_tenths_of_a_grey_level():
    least = 127.5 * float(schedules.cosine().beta[1:].min()) ** 0.5
    assert least == pytest.approx(0.01 * 127.5, rel=1e-6) and round(least, 1) == 1.3


# 8 · Explore


def test_three_times_the_last_beta_repairs_the_end(facts):
    last = facts["mine"][1]
    assert (
        alpha_bar(beta(T=300, last=last))[-1] ** 0.5
        < LAST_SIGNAL
        <= alpha_bar(beta(T=300, last=last - 0.001))[-1] ** 0.5
    )
    assert last / 0.02 == pytest.approx(3, abs=0.1)
    repaired, read = log_snr(alpha_bar(beta(T=300, last=last))), schedules.linear(300).log_snr[1:].numpy()
    raw = log_snr(alpha_bar(beta(T=300)))
    middle = slice(10, 300)
    assert abs(repaired - read)[middle].max() < 0.9 and abs(raw - read)[middle].max() > 7
    assert beta(T=300, last=last).sum() == pytest.approx(beta(T=1000).sum(), rel=0.1)
    larger = schedules.linear(300).beta[1:].numpy() / beta(T=300)
    assert np.median(larger) == pytest.approx(1000 / 300, rel=0.05)


# 9 · Build it


def stretched(a, d, z):
    """alpha_bar whose shares of noise are multiplied by one number, so that it ends at z by (4), written anew."""
    return 1 - (1 - a) * (1 - 1 / (1 + d / z**2)) / (1 - a[-1])


def test_the_sum_on_paper_is_printed(page):
    assert printed(page, "end-paper-use") == "β = 0.1187"


def test_all_remedies_end_at_the_same_z_and_get_there_by_other_steps(page, facts):
    raw = alpha_bar(beta(T=200))
    mine, read = stretched(raw, 64, 0.05), np.exp(np.interp(np.arange(201) * 5, np.arange(1001), np.log(A)))
    root = raw[1:] ** 0.5
    end = mine[-1] ** 0.5
    rescaled = np.concatenate([[1.0], (end + (root - root[-1]) * (root[0] - end) / (root[0] - root[-1])) ** 2])
    chains = {"raw": raw, "mine": mine, "read": read, "rescaled": rescaled}
    lines = re.findall(r"(\w+) +z (\S+)   β_100 (\S+)   β_200 (\S+)", printed(page, "build-mend-steps"))
    assert [name for name, *_ in lines] == list(chains)
    for name, *values in lines:
        a = chains[name]
        steps = [1 - a[100] / a[99], 1 - a[200] / a[199]]
        assert [float(value) for value in values] == pytest.approx([z(a, 64), *steps], abs=0.006)
        assert float(values[0]) == (3.12 if name == "raw" else 0.05)
    assert round(1 - mine[200] / mine[199], 3) == 0.988 and round(log_snr(raw)[99] - log_snr(mine)[99], 2) == 0.25
    assert facts["lower"] == pytest.approx(0.25, abs=0.005)
    assert np.median((1 - read[1:] / read[:-1]) / (1 - raw[1:] / raw[:-1])) == pytest.approx(5, abs=0.3)


def test_a_straight_line_stays_longer_in_the_middle_than_the_cosine(page):
    found = r"(\w+) +between: (\d+)%   √β_1: +(\S+) grey levels   largest β before the last: (\S+)"
    lines = {name: values for name, *values in re.findall(found, printed(page, "build-own-stay"))}
    assert lines == {"cosine": ["56", "2.3", "0.75"], "own": ["76", "7.4", "0.50"]}
    assert [round(1 / (1 + math.exp(level)), 2) for level in (-2, 2)] == [0.88, 0.12]


def test_what_good_answers_found(facts):
    table = {
        "1 - u**2": (59, 0.4, 0.50),
        "(1 - u) ** 2": (59, 10.4, 0.74),
        "1 - u": (76, 7.4, 0.50),
        "torch.acos(2 * u - 1) / math.pi": (93, 24.4, 0.29),
        "torch.sigmoid(1.9 - 3.8 * u[1:-1])": (100, 46.2, 0.13),
    }
    text = next(cell.text for cell in lesson("01_noise_schedules").cells if cell.key == "build-own-read")
    for name, (share, levels, largest) in table.items():
        between, first, before, last = facts["clocks"][name]
        assert round(between / 3) == share and round(first, 1) == levels and round(before, 2) == largest
        assert last > 0.96 and f"`{name}`" in text and f"| {share} % | {levels} | {largest:.2f} |" in text
    assert facts["clocks"]["torch.sigmoid(1.9 - 3.8 * u[1:-1])"][0] == 299


# 10 · Recap


def test_the_recap_repeats_what_was_shown():
    assert min(1 - beta()) == pytest.approx(0.98) and (1 - beta() >= 0.98 - 1e-12).all()
    for T, left in ((200, 0.364), (300, 0.219), (1000, 0.006)):
        assert round(alpha_bar(beta(T=T))[-1] ** 0.5, 3) == left


def test_the_predictions_are_right():
    assert [QUESTIONS[name].options[QUESTIONS[name].answer()][0][:6] for name in QUESTIONS] == ["linear", "about "]
