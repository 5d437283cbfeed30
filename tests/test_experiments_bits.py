"""Bits per pixel are those of lesson 6's terms: against entropies that are known, and against each term's definition.

每像素的比特数就是第 6 课的各项：与已知的熵、与每一项的定义相对照。
"""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from course_utils import schedules
from course_utils.experiments import bits
from course_utils.forward import per_sample

SCHEDULE = schedules.cosine()


def levels(x):
    """The nearest of the 256 grey levels."""
    return ((x.clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1


def gaussian_pixels(std, n, seeded):
    return levels(std * torch.randn(n, 1, 28, 28, generator=seeded(0)))


def exact(std):
    """The exact denoiser of pixels that are independent, N(0, std^2)."""

    def denoise(xt, t):
        signal, noise = (per_sample(factor[t], xt) for factor in (SCHEDULE.signal, SCHEDULE.noise))
        return signal * std**2 / (signal**2 * std**2 + noise**2) * xt

    return denoise


@pytest.mark.parametrize("posterior, dear", [(True, 0.75), (False, 0.1)])
def test_the_exact_denoiser_of_a_gaussian_needs_its_entropy_and_what_the_variance_costs(posterior, dear, seeded):
    x0, std = gaussian_pixels(0.2, 60, seeded), 0.2
    entropy = math.log2(std * math.sqrt(2 * math.pi * math.e) * 127.5)
    right, wrong = (
        bits.bits_of(SCHEDULE, exact(of), x0, posterior=posterior, times=20, generator=seeded(1)).total
        for of in (std, 2 * std)
    )
    assert entropy - 3 * right.error < right.value < entropy + dear
    assert wrong.value > right.value + 0.3


def test_the_few_stretches_say_what_every_step_says(seeded):
    short = schedules.cosine(40)
    x0, denoiser = gaussian_pixels(0.2, 200, seeded), lambda xt, t: 0.5 * xt
    few = bits.bits_of(short, denoiser, x0, times=8, generator=seeded(1))
    all_ = bits.bits_of(short, denoiser, x0, times=1000, generator=seeded(2))
    apart = few.steps.mean() - all_.steps.mean()
    assert abs(apart) < 4 * (few.steps.std() + all_.steps.std()) / 200**0.5 and all_.steps.std() < few.steps.std()


@pytest.mark.parametrize("T, times", [(1000, 10), (1000, 1), (40, 8), (5, 100), (2, 3)])
def test_the_stretches_hold_each_step_once(T, times):
    found = bits.stretches(T, times)
    assert [t for low, high in found for t in range(low, high)] == list(range(2, T + 1)) and len(found) <= times


def test_whoever_knows_the_image_pays_for_the_variances_alone(seeded):
    x0, short = gaussian_pixels(0.2, 4, seeded), schedules.cosine(50)
    found = {choice: bits.bits_of(short, lambda xt, t: x0, x0, posterior=choice, times=49) for choice in (True, False)}
    assert found[True].steps.abs().max() < 1e-6
    t = torch.arange(2, 51)
    exact_, taken = short.posterior_variance[t].sqrt(), short.beta[t].sqrt()
    constants = kl_divergence(Normal(0, exact_), Normal(0, taken)).sum() / math.log(2)
    assert found[False].steps.mean() == pytest.approx(float(constants))
    in_a_level = 2 * float(Normal(0.0, short.beta[1].sqrt()).cdf(torch.tensor(1 / 255))) - 1
    assert found[False].decoder.mean() == pytest.approx(-math.log2(in_a_level), rel=1e-4)


def test_the_prior_s_term_is_a_divergence(seeded):
    x0 = gaussian_pixels(0.5, 3, seeded)
    last = Normal(SCHEDULE.signal[-1] * x0.double(), SCHEDULE.noise[-1])
    expected = kl_divergence(last, Normal(0, 1)).flatten(1).mean(1) / math.log(2)
    torch.testing.assert_close(bits.prior_bits(SCHEDULE, x0), expected.double(), atol=1e-12, rtol=1e-6)


@pytest.mark.parametrize("mean, std", [(0.3, 0.01), (-1.0, 0.2), (3.0, 0.5)])
def test_the_levels_share_out_all_of_the_bell(mean, std):
    every = (torch.arange(256) / 127.5 - 1).reshape(-1, 1, 1, 1)
    found = bits.level_bits(every, torch.full_like(every, mean), std)
    assert float(
        2 ** -found[found < 39].double() @ torch.ones(int((found < 39).sum()), dtype=torch.float64)
    ) == pytest.approx(1)


def test_cheap_models_count_what_they_say():
    training = torch.tensor([-1.0, -1, 1, 1]).reshape(4, 1, 1, 1)
    found = bits.counts_per_pixel(training, torch.tensor([-1.0, 1, 0.00392157]).reshape(3, 1, 1, 1))
    assert found.tolist() == pytest.approx([-math.log2(3 / 260)] * 2 + [-math.log2(1 / 260)])
    bell = bits.bell_per_pixel(training, training)
    std = float(training.std())
    assert bell[0] == pytest.approx(-math.log2(float(Normal(0, std).cdf(torch.tensor(1 / 255 - 1)))), rel=1e-4)
    assert bits.packed(lambda raw: raw)(training).tolist() == [8] * 4


def test_what_is_no_image_is_refused(refused):
    with refused("3"):
        bits.bits_of(SCHEDULE, exact(1), torch.full((2, 1, 28, 28), 3.0))
    with refused("0"):
        bits.stretches(10, 0)
