"""What lesson 08 computes where the truth is known: densities on the line, two moons, two numbers.

第 08 课在真值已知处的计算：直线上的密度、两弯月牙，以及已知其一的两个数。
"""

import math

import pytest
import torch

from course_utils import samplers, schedules
from course_utils.experiments import completing, guided_moons, guiding
from course_utils.forward import forward_jump
from course_utils.guidance import guided, log_snr_between

SCHEDULE = schedules.cosine()
TRUTH = guiding.two_classes(SCHEDULE)


def integral(values, x):
    return float(torch.trapezoid(values, x))


# On the line


@pytest.mark.parametrize("scale", [0, 1, 3, 5.5])
def test_the_sharpened_density_is_the_product_by_quadrature(scale):
    x = torch.linspace(-5, 5, 5001, dtype=torch.float64)
    below, above = ((-((x - m) ** 2) / 0.5).exp() for m in (-1, 1))
    product = (below + above) * (above / (below + above)) ** scale
    product /= integral(product, x)
    mean = integral(product * x, x)
    found = guiding.sharpened(TRUTH, scale)
    assert found.mean == pytest.approx(mean, abs=1e-4)
    assert found.std == pytest.approx(integral(product * (x - mean) ** 2, x) ** 0.5, abs=1e-4)
    assert integral(found.height, found.x) == pytest.approx(1, abs=1e-6)


def test_the_numbers_of_the_page():
    sharp = guiding.sharpened(TRUTH, 3)
    assert (round(sharp.mean, 3), round(sharp.std, 3)) == (1.051, 0.457)
    own = guiding.sharpened(TRUTH, 1)
    assert (round(own.mean, 3), round(own.std, 3)) == (1, 0.5)


@pytest.mark.parametrize("t", [1, 300, 700, 1000])
@pytest.mark.parametrize("scale", [0, 1])
def test_noising_and_sharpening_commute_at_scales_0_and_1(t, scale):
    one, other = guiding.noised_and_sharpened(TRUTH, scale, t).values()
    torch.testing.assert_close(one.height, other.height, rtol=0, atol=2e-3)


@pytest.mark.parametrize("t, apart", [(300, 0.1), (600, 0.2), (900, 0.1)])
def test_at_other_scales_they_do_not_commute(t, apart):
    one, other = guiding.noised_and_sharpened(TRUTH, 3, t).values()
    assert integral((one.height - other.height).abs(), one.x) / 2 == pytest.approx(apart, abs=0.04)
    assert other.mean > one.mean + 0.1 and other.std < one.std


@pytest.mark.parametrize("t", [50, 400, 800])
def test_a_noised_density_is_that_of_noised_samples(t, seeded):
    x0 = TRUTH.conditional(1).draw(100_000, seeded(0))
    xt = forward_jump(SCHEDULE, x0, t, generator=seeded(1)).xt
    found = guiding.noised_density(SCHEDULE, guiding.sharpened(TRUTH, 1), t)
    assert found.mean == pytest.approx(float(xt.mean()), abs=0.02)
    assert found.std == pytest.approx(float(xt.std()), abs=0.02)


@pytest.mark.parametrize("t", [10, 100, 500, 900])
def test_the_denoiser_of_a_density_is_the_oracle_where_one_is_known(t):
    xt = torch.linspace(-2, 2, 33, dtype=torch.float64)[:, None]
    found = guiding.denoiser_of(SCHEDULE, guiding.sharpened(TRUTH, 1))
    torch.testing.assert_close(found(xt, t), TRUTH.conditional(1)(xt, t), rtol=0, atol=2e-3)
    assert found(xt.float(), t).dtype == torch.float32


@pytest.mark.parametrize("t", [50, 500])
def test_the_mix_follows_the_score_of_what_is_noised_then_sharpened(t):
    density = guiding.sharpened(TRUTH, 3, t)
    inner = (density.x.abs() < 2).nonzero()[1:-1, 0]
    slope = (density.height.log()[inner + 1] - density.height.log()[inner - 1]) / (density.x[2] - density.x[0])
    xt = density.x[inner, None]
    mix = guided(TRUTH.conditional(1), TRUTH.unconditional, 3)(xt, t)
    score = (SCHEDULE.signal[t] * mix - xt) / (1 - SCHEDULE.alpha_bar[t])
    torch.testing.assert_close(score[:, 0], slope, rtol=0.01, atol=0.01)


def test_the_right_denoiser_draws_the_sharpened_density_and_the_mix_does_not():
    sharp = guiding.sharpened(TRUTH, 3)
    right = guiding.summary(guiding.drawn(SCHEDULE, guiding.denoiser_of(SCHEDULE, sharp), n=2000, steps=100))
    assert abs(right.mean - sharp.mean) < 3 * right.mean_error and abs(right.std - sharp.std) < 0.03
    mix = guided(TRUTH.conditional(1), TRUTH.unconditional, 3)
    for sampler, mean in ((samplers.ddim, 1.52), (samplers.ddpm, 1.24)):
        found = guiding.summary(guiding.drawn(SCHEDULE, mix, sampler, n=2000, steps=100))
        assert abs(found.mean - mean) < 0.03 < found.mean - sharp.mean


def test_a_summary_has_the_errors_that_repetitions_show(seeded):
    many = [guiding.summary(torch.rand(400, generator=seeded(k), dtype=torch.float64)) for k in range(300)]
    means, stds = (torch.tensor([getattr(one, name) for one in many]) for name in ("mean", "std"))
    assert many[0].n == 400 and many[0].std == pytest.approx(12**-0.5, rel=0.1)
    assert float(means.std()) == pytest.approx(many[0].mean_error, rel=0.15)
    assert float(stds.std()) == pytest.approx(many[0].std_error, rel=0.2)


# On two moons


def test_each_moon_is_a_class_and_a_blurred_one_is_wider(seeded):
    moons = guided_moons.moons_by_class()
    upper, lower = (moons.conditional(label) for label in (0, 1))
    assert float(upper.means[:, 1].mean()) > 0.1 > -0.1 > float(lower.means[:, 1].mean()) and len(upper.means) == 30
    assert float(guided_moons.moons_by_class(0.3).conditional(0).stds.max()) == pytest.approx(0.3)
    assert guided_moons.share_in_class(upper.draw(500, seeded(0))) > 0.9
    assert guided_moons.share_in_class(lower.draw(500, seeded(0))) < 0.1


def test_arrows_lead_from_the_second_guess_to_the_first():
    moons = guided_moons.moons_by_class()
    first, second, data = moons.conditional(0), moons.unconditional, guided_moons.exact_moon(50)
    given, starts, arrows = guided_moons.lean(first, second, data, 600, k=5)
    assert given is data and starts.shape == arrows.shape == (25, 2)
    torch.testing.assert_close(second(starts, 600) + arrows, first(starts, 600))


def test_states_of_particles_follow_seed_and_scale():
    states = guided_moons.walked(guided_moons.moon_guided(2.0), 3, n=20)
    assert len(states) == guided_moons.STEPS + 1 and states[-1].t == 0 and states[-1].xt.shape == (20, 2)
    for other in (
        guided_moons.walked(guided_moons.moon_guided(2.0), 4, n=20),
        guided_moons.walked(guided_moons.moon_guided(3.0), 3, n=20),
    ):
        assert not torch.allclose(states[-1].xt, other[-1].xt)


def test_scale_1_draws_the_moon_and_more_draws_less_of_it():
    near = {
        scale: guided_moons.distance_to_moon(guided_moons.walked(guided_moons.moon_guided(scale))[-1].xt)
        for scale in (0, 1, 3)
    }
    assert near[1] < 3 * guided_moons.moon_floor() < 0.02 < near[3] and near[0] > 0.1


def test_the_answer_of_the_task_holds_and_the_next_number_fails():
    low, found = guided_moons.highest_low_end(), {}
    for end in (guided_moons.LOWEST, low, low + 1):
        interval = log_snr_between(SCHEDULE, end, guided_moons.HIGHEST)
        ends = [guided_moons.walked(guided_moons.moon_guided(4.0, interval), seed)[-1].xt for seed in range(6)]
        found[end] = ends
    assert low == 3 and all(guided_moons.share_in_class(x) == 1 for x in found[low] + found[guided_moons.LOWEST])
    assert guided_moons.share_in_class(found[low + 1][0]) < 1
    for narrow, wide in zip(found[low], found[guided_moons.LOWEST], strict=True):
        assert guided_moons.distance_to_moon(narrow) < guided_moons.distance_to_moon(wide) / 10


def test_a_worse_version_of_oneself_leads_to_the_truth():
    rows = guided_moons.distances_by_scale(guided_moons.moon_autoguided, (1.0, 2.0), n=600)
    (plain, plain_error), (led, error) = rows[1.0], rows[2.0]
    assert plain > led + 5 * (error**2 + plain_error**2) ** 0.5 and led < 2 * guided_moons.moon_floor(600, 1200, 5)


# Two numbers, one given


def test_the_exact_answer_is_the_textbooks():
    assert completing.exact_given() == pytest.approx((0.9 * 1.5, math.sqrt(1 - 0.81)))


def test_methods_ask_as_often_as_they_say_and_are_as_wrong_as_they_are():
    found = completing.given_one(n=1000, steps=30, visits=5)
    assert {name: one.evaluations for name, one in found.items()} == {
        "replaced": 30, "RePaint": 30 + 4 * 29, "ΠGDM": 30, "exact": 30
    }  # fmt: skip
    mean, std = completing.exact_given()
    assert all(one.x.shape == (1000,) for one in found.values())
    off = {name: float(one.x.mean()) - mean for name, one in found.items()}
    assert off["replaced"] < -0.3 < -0.2 < min(off["RePaint"], off["ΠGDM"]) and abs(off["exact"]) < 4 * std / 1000**0.5


def test_the_posterior_has_what_is_known():
    truth = completing.given_truth()
    assert float(truth.mean()[0]) == pytest.approx(1.5) and float(truth.covariance()[0, 0]) == pytest.approx(0)
