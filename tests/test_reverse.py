"""A reverse step is the paper's Algorithm 2 where s = t - 1, and lands on q(x_s) for any other s.

s = t - 1 时反向步就是论文的算法 2；换成别的 s，也落在 q(x_s) 上。
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import oracle, schedules
from course_utils.forward import posterior, x0_from_eps
from course_utils.reverse import (
    ddim_step,
    euler_ancestral_step,
    euler_step,
    midway_guess,
    reverse_step,
    sigma_beta,
    sigma_between,
    sigma_posterior,
)

COSINE = schedules.cosine()
EVERY = torch.arange(1, 1001)
SIGMAS = [sigma_posterior, sigma_beta]
STEP = st.lists(st.integers(0, 1000), min_size=2, max_size=2, unique=True).map(sorted)


def no_noise(schedule, t, s):
    return torch.zeros_like(t, dtype=torch.float64)


def draws(shape, generator):
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2)]


@pytest.mark.parametrize("sigma", SIGMAS)
def test_one_step_back_is_algorithm_2_at_every_time(schedule, sigma, seeded):
    xt, eps_hat = draws((1000, 3), seeded(0))
    a, beta = schedule.alpha_bar[1:, None], schedule.beta[1:, None]
    eq11 = (xt - beta / (1 - a).sqrt() * eps_hat) / (1 - beta).sqrt()
    variance = beta.clone() if sigma is sigma_beta else schedule.posterior_variance[1:, None].clone()
    variance[0] = 0  # Algorithm 2, line 3: no noise at t = 1
    expected = eq11 + variance.sqrt() * torch.randn(1000, 3, generator=seeded(9), dtype=torch.float64)
    x0_hat = x0_from_eps(schedule, xt, EVERY, eps_hat)
    given_back = reverse_step(schedule, xt, EVERY, EVERY - 1, x0_hat, sigma=sigma, generator=seeded(9))
    torch.testing.assert_close(given_back, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("sigma", SIGMAS)
@pytest.mark.parametrize("t", [1, 2, 500, 1000])
def test_the_step_to_zero_returns_the_mean(schedule, sigma, t, seeded):
    x0, eps = draws((4, 3), seeded(0))
    xt = schedule.signal[t] * x0 + schedule.noise[t] * eps
    steps = (reverse_step(schedule, xt, t, 0, x0, sigma=sigma, generator=seeded(seed)) for seed in (1, 2))
    for xs in steps:
        assert xs.equal(x0), "the posterior's mean at s = 0 is x_0 itself"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(step=STEP)
def test_any_step_with_the_true_x0_has_the_posteriors_mean_and_variance(step):
    schedule, (s, t) = schedules.cosine(), step
    x0, xt = draws((2, 3), torch.Generator().manual_seed(0))
    mean, variance = posterior(schedule, xt, t, x0, s)
    torch.testing.assert_close(reverse_step(schedule, xt, t, s, x0, sigma=no_noise), mean, rtol=0, atol=0)
    sigma = sigma_posterior(schedule, torch.tensor(t), torch.tensor(s))
    torch.testing.assert_close(sigma**2, variance, rtol=1e-9, atol=1e-15)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(step=STEP.filter(lambda step: step[0] > 0))
def test_beta_is_exact_for_data_that_are_noise_already(step):
    schedule, (s, t) = schedules.linear(), step
    noise = oracle.mixture(schedule, torch.zeros(1, 1), torch.ones(1))
    one = torch.ones(1, 1, dtype=torch.float64)
    factor = reverse_step(schedule, one, t, s, noise(one, t), sigma=no_noise)
    variance = sigma_beta(schedule, torch.tensor(t), torch.tensor(s)) ** 2
    torch.testing.assert_close(factor**2 + variance, one, rtol=1e-9, atol=0)


def test_one_beta_of_many_steps_is_what_the_steps_add(schedule):
    t, s = torch.tensor(700), torch.tensor(300)
    kept = schedule.alpha[301:701].prod()
    torch.testing.assert_close(sigma_beta(schedule, t, s) ** 2, 1 - kept, rtol=1e-10, atol=0)


@pytest.mark.parametrize("sigma", SIGMAS)
def test_fresh_noise_has_the_sigma_asked_for(schedule, sigma, seeded):
    xt, x0_hat = draws((50_000,), seeded(0))
    t, s = torch.tensor(600), torch.tensor(200)
    mean = reverse_step(schedule, xt, t, s, x0_hat, sigma=no_noise)
    noise = reverse_step(schedule, xt, t, s, x0_hat, sigma=sigma, generator=seeded(1)) - mean
    assert float(noise.std() / sigma(schedule, t, s)) == pytest.approx(1, abs=0.02)
    assert abs(float(noise.mean() / noise.std())) < 0.02


def test_each_sample_takes_its_own_step(schedule, seeded):
    xt, x0_hat = draws((3, 2, 2), seeded(0))
    t, s = torch.tensor([1000, 500, 2]), torch.tensor([999, 3, 0])
    together = reverse_step(schedule, xt, t, s, x0_hat, sigma=no_noise)
    for i in range(3):
        alone = reverse_step(schedule, xt[i : i + 1], int(t[i]), int(s[i]), x0_hat[i : i + 1], sigma=no_noise)
        torch.testing.assert_close(together[i : i + 1], alone)
    half = reverse_step(schedule, xt.float(), t, s, x0_hat.float())
    assert half.dtype == torch.float32 and half.shape == xt.shape


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_between_the_two_variances_the_logarithm_is_interpolated(schedule, share):
    t, s = EVERY[1:], EVERY[1:] - 1
    expected = share * sigma_beta(schedule, t, s).log() + (1 - share) * sigma_posterior(schedule, t, s).log()
    torch.testing.assert_close(sigma_between(share)(schedule, t, s).log(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_whatever_the_share_is_the_last_step_adds_no_noise(schedule, share):
    assert sigma_between(share)(schedule, torch.tensor(7), torch.tensor(0)) == 0


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_beyond_the_two_is_refused(share, refused):
    with refused(str(share)):
        sigma_between(share)


def test_no_root_of_a_negative_number_is_taken_where_rounding_leaves_less_than_nothing(seeded):
    """On a schedule that ends in almost nothing 1 - alpha_bar_s - sigma^2 falls below 0 for some steps, by rounding."""
    schedule = schedules.rescaled(schedules.raw_linear(200), 1e-9)
    s, t = torch.triu_indices(201, 201, offset=1)
    a_s, sigma = schedule.alpha_bar[s], sigma_posterior(schedule, t, s)
    below = (1 - a_s - sigma**2) < 0
    assert below.any(), "else this shows nothing"
    t, s = t[below], s[below]
    xt, x0_hat = draws((len(t), 3), seeded(0))
    expected = reverse_step(schedule, xt, t, s, x0_hat, generator=seeded(1))
    found = ddim_step(schedule, xt, t, s, x0_hat, eta=1.0, generator=seeded(1))
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("eta", [0, 0.0])
def test_a_step_without_fresh_noise_draws_none(eta, seeded):
    xt, x0_hat = draws((4, 3), seeded(0))
    generator = seeded(7)
    before = generator.get_state()
    xs = ddim_step(COSINE, xt, 500, 300, x0_hat, eta=eta, generator=generator)
    assert generator.get_state().equal(before) and xs.equal(ddim_step(COSINE, xt, 500, 300, x0_hat))
    ddim_step(COSINE, xt, 500, 300, x0_hat, eta=0.1, generator=generator)
    assert not generator.get_state().equal(before)


STEPS = [
    lambda xt, given, **how: reverse_step(COSINE, xt, 5, 3, given, **how),
    lambda xt, given, **how: ddim_step(COSINE, xt, 5, 3, given, eta=0.5, **how),
    lambda xt, given, **how: euler_step(COSINE, xt, 5, 3, given),
    lambda xt, given, **how: euler_ancestral_step(COSINE, xt, 5, 3, given, **how),
    lambda xt, given, **how: midway_guess(COSINE, 9, 5, 3, given, xt),
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_no_step_is_taken_from_what_is_no_number(step, bad, seeded, refused):
    x = draws((4, 3), seeded(0))[0]
    broken = x.clone()
    broken[2, 1] = bad
    for pair in ((broken, x), (x, broken)):
        with refused("12", "nan"):
            step(*pair)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "given", [0.0, None, [1.0], torch.zeros(4, 3).int(), torch.zeros(4, 1), torch.zeros(3)], ids=str
)
def test_no_step_is_taken_towards_what_is_not_like_xt(step, given, refused):
    with refused("(4, 3)"):
        step(torch.zeros(4, 3), given)


@pytest.mark.parametrize(
    "sigma",
    [0.1, None, "beta", lambda *_: -0.1, lambda *_: float("nan"), lambda *_: "a", lambda *_: torch.ones(4, 1)],
)
def test_a_sigma_that_is_no_deviation_is_refused(sigma, refused):
    with refused("sigma"):
        reverse_step(COSINE, torch.zeros(4, 3), 5, 3, torch.zeros(4, 3), sigma=sigma)


@pytest.mark.parametrize("step", STEPS[:2] + STEPS[3:4])
@pytest.mark.parametrize("generator", [0, "0", 1.5])
def test_a_seed_is_no_generator(step, generator, refused):
    with refused("generator", "seeded(0)"):
        step(torch.zeros(4, 3), torch.zeros(4, 3), generator=generator)


@pytest.mark.parametrize("share", ["0", None, True, float("nan"), [0.5]], ids=repr)
def test_a_share_that_is_no_number_is_refused(share, refused):
    with refused("share", "0", "1"):
        sigma_between(share)
