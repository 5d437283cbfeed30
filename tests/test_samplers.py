"""Samplers: known data come back, errors fall at the order of the method, DDIM with eta = 1 is DDPM.

采样器：已知的数据能采回来，误差按方法的阶下降，eta = 1 的 DDIM 就是 DDPM。
"""

from dataclasses import FrozenInstanceError

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from course_utils import oracle, schedules
from course_utils.forward import eps_from_x0, forward_jump, x0_from_eps
from course_utils.reverse import sigma_beta, sigma_posterior
from course_utils.samplers import clipped, ddim, ddpm, even_times, from_network, last

POINTS = torch.tensor([[0.8, 0.8], [-0.8, 0.5], [0.2, -0.9], [-0.5, -0.5]], dtype=torch.float64)


def noise(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def gaussian(schedule, std=0.5):
    return oracle.mixture(schedule, torch.zeros(1, 2), torch.tensor([std]))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(T=st.integers(1, 2000), data=st.data())
def test_even_times_fall_from_T_to_zero_evenly(T, data):
    steps = data.draw(st.integers(1, T))
    times = even_times(T, steps)
    assert len(times) == steps + 1 and times[0] == T and times[-1] == 0
    assert {t - s for t, s in zip(times, times[1:], strict=False)} <= {T // steps, -(-T // steps)}


@pytest.mark.parametrize("sampler", [ddpm, ddim])
def test_records_are_frozen_and_name_their_time(sampler):
    schedule, times = schedules.linear(), [1000, 700, 30, 1, 0]
    denoiser = oracle.finite(schedule, POINTS)
    samples = list(sampler(schedule, denoiser, noise((5, 2)), times))
    assert [sample.t for sample in samples] == times
    for sample in samples[:-1]:
        eps_hat = denoiser(sample.xt, sample.t)
        torch.testing.assert_close(sample.x0_hat, x0_from_eps(schedule, sample.xt, sample.t, eps_hat))
    assert samples[-1].x0_hat.equal(samples[-1].xt) and samples[0].xt.equal(noise((5, 2)))
    with pytest.raises(FrozenInstanceError):
        samples[0].t = 3


@pytest.mark.parametrize("sampler", [ddpm, ddim])
def test_a_sampler_asks_once_a_step_and_only_when_it_is_moved(sampler):
    schedule, asked = schedules.linear(), []

    def denoiser(xt, t):
        asked.append(t)
        return torch.zeros_like(xt)

    walk = sampler(schedule, denoiser, noise((1, 2)), [1000, 10, 4, 0])
    assert asked == []
    next(walk)
    assert asked == [1000]
    list(walk)
    assert asked == [1000, 10, 4]


@pytest.mark.parametrize("times", [even_times(1000, 1000), even_times(1000, 37), [900, 899, 3, 1, 0]])
def test_ddim_with_eta_1_is_ddpm_step_by_step(schedule, times, seeded):
    denoiser = oracle.mixture(schedule, POINTS, torch.full((4,), 0.2))
    xT = noise((3, 2))
    ours = ddpm(schedule, denoiser, xT, times, generator=seeded(1))
    theirs = ddim(schedule, denoiser, xT, times, eta=1.0, generator=seeded(1))
    for a, b in zip(ours, theirs, strict=True):
        assert a.t == b.t
        torch.testing.assert_close(a.xt, b.xt, rtol=1e-10, atol=1e-10)


def test_ddim_with_eta_0_draws_nothing(seeded):
    schedule = schedules.cosine()
    denoiser, xT = oracle.finite(schedule, POINTS), noise((4, 2))
    ends = [last(ddim(schedule, denoiser, xT, even_times(1000, 20), generator=seeded(seed))) for seed in (1, 2)]
    assert ends[0].equal(ends[1])
    noisy = [last(ddim(schedule, denoiser, xT, even_times(1000, 20), 0.5, seeded(seed))) for seed in (1, 1, 2)]
    assert noisy[0].equal(noisy[1]) and not noisy[0].allclose(noisy[2])


def nearest(x0):
    return torch.cdist(x0, POINTS).min(1)


@pytest.mark.parametrize("sigma", [sigma_posterior, sigma_beta])
def test_ddpm_brings_a_finite_set_back(schedule, sigma, seeded):
    x0 = last(ddpm(schedule, oracle.finite(schedule, POINTS), noise((400, 2)), even_times(1000, 100), sigma, seeded(1)))
    distance, which = nearest(x0)
    assert float(distance.max()) < 1e-3
    assert stats.chisquare(torch.bincount(which, minlength=4)).pvalue > 1e-3


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_ddim_brings_a_finite_set_back(schedule, eta, seeded):
    x0 = last(ddim(schedule, oracle.finite(schedule, POINTS), noise((400, 2)), even_times(1000, 200), eta, seeded(1)))
    distance, which = nearest(x0)
    assert float(distance.max()) < 1e-3
    assert stats.chisquare(torch.bincount(which, minlength=4)).pvalue > 1e-3


@pytest.mark.parametrize("sampler", [ddpm, ddim])
def test_a_mixture_comes_back_in_distribution(sampler, seeded):
    schedule, n = schedules.linear(), 3000
    means, stds, weights = torch.tensor([[-0.7], [0.6]]), torch.tensor([0.1, 0.3]), torch.tensor([1.0, 2.0])
    truth = oracle.mixture(schedule, means, stds, weights)
    x0 = last(sampler(schedule, truth, noise((n, 1)), even_times(1000, 500), generator=seeded(2)))[:, 0]

    def cumulative(x):
        return stats.norm(-0.7, 0.1).cdf(x) / 3 + 2 * stats.norm(0.6, 0.3).cdf(x) / 3

    assert stats.kstest(x0, cumulative).pvalue > 0.01
    mean = (-0.7 + 2 * 0.6) / 3
    variance = (0.1**2 + 0.7**2) / 3 + 2 * (0.3**2 + 0.6**2) / 3 - mean**2
    assert abs(float(x0.mean()) - mean) < 4 * (variance / n) ** 0.5
    assert float(x0.var()) == pytest.approx(variance, rel=0.05)


def test_ddim_converges_to_the_exact_flow_at_first_order(schedule):
    xT, std = noise((50, 2)), 0.5
    exact = xT * std / (schedule.alpha_bar[1000] * std**2 + 1 - schedule.alpha_bar[1000]).sqrt()
    steps = [20, 40, 80, 160]
    walks = [last(ddim(schedule, gaussian(schedule, std), xT, even_times(1000, n))) for n in steps]
    errors = [float((x0 - exact).abs().max()) for x0 in walks]
    ratios = [coarse / fine for coarse, fine in zip(errors, errors[1:], strict=False)]
    assert all(1.6 < ratio < 2.6 for ratio in ratios), (errors, ratios)


def test_more_steps_bring_ddim_nearer_to_a_very_fine_walk():
    schedule = schedules.cosine()
    truth, xT = oracle.mixture(schedule, POINTS, torch.full((4,), 0.3)), noise((100, 2))
    fine = last(ddim(schedule, truth, xT, even_times(1000, 1000)))
    errors = [
        float((last(ddim(schedule, truth, xT, even_times(1000, n))) - fine).norm(dim=1).mean())
        for n in (5, 15, 50, 150)
    ]
    assert all(b < 0.6 * a for a, b in zip(errors, errors[1:], strict=False)), errors


@pytest.mark.parametrize("sampler", [ddpm, ddim])
def test_a_short_schedule_and_the_noise_it_begins_with_are_whole(sampler, seeded):
    schedule, xT = schedules.linear(2), noise((6, 2))
    kept = xT.clone()
    x0 = last(sampler(schedule, oracle.finite(schedule, POINTS[:1]), xT, [2, 1, 0], generator=seeded(0)))
    assert xT.equal(kept)
    torch.testing.assert_close(x0, POINTS[:1].expand(6, 2))


def test_clipping_holds_the_guess_within_the_images_range():
    schedule, xt = schedules.linear(), noise((5, 1, 4, 4))
    for t in (1, 400, 1000):
        guess = 3 * noise((5, 1, 4, 4), seed=1)
        eps_hat = clipped(schedule, lambda xt, t, guess=guess: eps_from_x0(schedule, xt, t, guess))(xt, t)
        torch.testing.assert_close(x0_from_eps(schedule, xt, t, eps_hat), guess.clamp(-1, 1))


def test_a_network_is_told_log_snr_and_labels_and_keeps_no_gradients():
    schedule, told = schedules.cosine(), []
    weight = torch.ones((), requires_grad=True)

    def network(xt, log_snr, labels=None):
        told.append((log_snr, labels))
        return weight * xt

    xt, labels = torch.ones(2, 3), torch.tensor([4, 5])
    plain, labelled = from_network(schedule, network)(xt, 300), from_network(schedule, network, labels)(xt, 300)
    assert plain.equal(xt) and not plain.requires_grad and not labelled.requires_grad
    assert [label for _, label in told] == [None, labels]
    for log_snr, _ in told:
        assert log_snr.dtype == xt.dtype
        a = float(schedule.alpha_bar[300])
        assert float(log_snr.double().exp()) == pytest.approx(a / (1 - a), rel=1e-5)


def test_sampling_from_a_noised_image_returns_to_it(seeded):
    schedule = schedules.linear()
    xt, _ = forward_jump(schedule, POINTS, 60, generator=seeded(0))
    x0 = last(ddim(schedule, oracle.finite(schedule, POINTS), xt, [60, 40, 20, 0]))
    torch.testing.assert_close(x0, POINTS, rtol=0, atol=1e-3)
