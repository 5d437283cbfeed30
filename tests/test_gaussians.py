"""Gaussians of any covariance and their posteriors: against autograd, quadrature, rejection, and the round ones.

任意协方差的高斯混合及其后验：与自动求导、数值积分、舍选法相符，也与各向同性的情形相符。
"""

import math

import pytest
import torch
from densities import agrees

from course_utils import oracle, schedules
from course_utils.gaussians import coordinates, gaussian_mixture
from course_utils.samplers import ddim, finish
from course_utils.times import log_snr_times

COSINE = schedules.cosine()
MEANS = torch.tensor([[0.5, -0.3, 0.1], [-0.7, 0.2, 0.6]], dtype=torch.float64)
ROOTS = torch.tensor(
    [[[0.4, 0.0, 0.0], [0.3, 0.2, 0.0], [-0.1, 0.2, 0.3]], [[0.1, 0.0, 0.0], [0.0, 0.5, 0.0], [0.2, -0.3, 0.4]]],
    dtype=torch.float64,
)
COVARIANCES, WEIGHTS = ROOTS @ ROOTS.mT, torch.tensor([1.0, 2.0], dtype=torch.float64)
TILTED = torch.tensor([[[1.0, 0.9], [0.9, 1.0]]], dtype=torch.float64)  # correlation 0.9
FIRST = torch.tensor([True, False])


def three(schedule=COSINE):
    return gaussian_mixture(schedule, MEANS, COVARIANCES, WEIGHTS)


def tilted(schedule=COSINE):
    return gaussian_mixture(schedule, torch.zeros(1, 2), TILTED)


def true_density(schedule, t):
    a = schedule.alpha_bar[t]
    parts = torch.distributions.MultivariateNormal(
        a.sqrt() * MEANS, a * COVARIANCES + (1 - a) * torch.eye(3, dtype=torch.float64)
    )
    return torch.distributions.MixtureSameFamily(torch.distributions.Categorical(WEIGHTS), parts).log_prob


@pytest.mark.parametrize("t", [1, 2, 250, 999, 1000])
def test_score_guess_and_density_are_those_of_the_mixture(schedule, t, seeded):
    agrees(three(schedule), schedule, MEANS.repeat(6, 1), t, true_density(schedule, t), seeded(t), 1e-7)


def test_round_ones_are_those_of_the_oracle(schedule, seeded):
    stds = torch.tensor([0.3, 0.0], dtype=torch.float64)
    flat = gaussian_mixture(schedule, MEANS, stds[:, None, None] ** 2 * torch.eye(3, dtype=torch.float64), WEIGHTS)
    plain = oracle.mixture(schedule, MEANS, stds, WEIGHTS)
    t = torch.tensor([1, 40, 500, 1000])
    x = torch.randn(4, 3, generator=seeded(0), dtype=torch.float64)
    for ours, theirs in ((flat(x, t), plain(x, t)), (flat.eps(x, t), plain.eps(x, t))):
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-8)
    assert flat(x.float(), t).dtype == torch.float32


def test_draws_mean_and_covariance_agree(seeded):
    truth, n = three(), 100_000
    x0 = truth.draw(n, seeded(0))
    assert x0.dtype == torch.float64 and x0.equal(truth.draw(n, seeded(0)))
    torch.testing.assert_close(x0.mean(0), truth.mean(), atol=0.01, rtol=0)
    torch.testing.assert_close(x0.T.cov(), truth.covariance(), atol=0.01, rtol=0)


# The posterior


@pytest.mark.parametrize("y", [1.5, -0.3])
def test_one_coordinate_of_a_tilted_gaussian(y):
    """Correlation 0.9: the other one has mean 0.9 y and variance 1 - 0.9^2."""
    found = tilted().given(coordinates(FIRST), torch.tensor([y]))
    torch.testing.assert_close(found.mean(), torch.tensor([y, 0.9 * y], dtype=torch.float64), rtol=1e-6, atol=1e-6)
    expected = torch.tensor([[0, 0], [0, 1 - 0.81]], dtype=torch.float64)
    torch.testing.assert_close(found.covariance(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("std", [0.05, 0.5])
def test_a_noisy_measurement_of_a_mixture_by_quadrature(std):
    """Density times likelihood on a fine grid of the plane, x_1 - 2 x_2 measured."""
    means, covariances = MEANS[:, :2], COVARIANCES[:, :2, :2] + 0.01 * torch.eye(2, dtype=torch.float64)
    measure, y = torch.tensor([[1.0, -2.0]], dtype=torch.float64), torch.tensor([0.4], dtype=torch.float64)
    found = gaussian_mixture(COSINE, means, covariances, WEIGHTS).given(measure, y, std=std)
    along = torch.linspace(-4, 4, 1601, dtype=torch.float64)
    x = torch.cartesian_prod(along, along)
    parts = torch.distributions.MultivariateNormal(means, covariances)
    prior = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(WEIGHTS), parts)
    weight = (prior.log_prob(x) - (y - x @ measure[0]) ** 2 / (2 * std**2)).softmax(0)
    mean = weight @ x
    torch.testing.assert_close(found.mean(), mean, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(found.covariance(), (weight[:, None] * (x - mean)).T @ (x - mean), rtol=1e-5, atol=1e-6)


def test_two_measurements_are_one_after_the_other():
    measure, y = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]], dtype=torch.float64), torch.tensor([0.3, -0.2])
    together = three().given(measure, y, std=0.2)
    in_turn = three().given(measure[:1], y[:1], std=0.2).given(measure[1:], y[1:], std=0.2)
    for name in ("means", "covariances", "weights"):
        torch.testing.assert_close(getattr(together, name), getattr(in_turn, name), rtol=1e-9, atol=1e-12)


def test_its_weights_are_those_of_the_draws_that_fit(seeded):
    """Rejection: of many draws, those whose measurement is near y."""
    truth, measure, y = three(), coordinates(torch.tensor([False, False, True])), torch.tensor([0.4])
    x0 = truth.draw(2_000_000, seeded(0))
    kept = x0[(x0[:, 2] - 0.4).abs() < 0.01]
    found = truth.given(measure, y)
    error = kept.std(0) / len(kept) ** 0.5
    assert len(kept) > 10_000
    assert bool(((kept.mean(0) - found.mean()).abs() < 5 * error + 1e-3).all())
    torch.testing.assert_close(kept.T.cov(), found.covariance(), rtol=0.05, atol=2e-3)


def test_a_posterior_is_a_denoiser_that_samples_it(seeded):
    """Walks with the conditional denoiser end in the posterior: the truth that completions are measured against."""
    truth, n = tilted().given(coordinates(FIRST), torch.tensor([1.5])), 4000
    xT = torch.randn(n, 2, generator=seeded(1), dtype=torch.float64)
    x0 = finish(ddim(COSINE, truth, xT, [1000, *log_snr_times(COSINE, 200)]))
    std = (1 - 0.81) ** 0.5
    assert float((x0[:, 0] - 1.5).abs().max()) < 1e-2
    assert float(x0[:, 1].mean()) == pytest.approx(1.35, abs=4 * std / n**0.5)
    assert float(x0[:, 1].std()) == pytest.approx(std, abs=4 * std / (2 * n) ** 0.5)


def test_bayes_at_every_noise_level(seeded):
    """grad log p(x_t | y) - grad log p(x_t) = grad log p(y | x_t), the last exact for one Gaussian."""
    measure, y, std = torch.tensor([[1.0, -0.5]], dtype=torch.float64), torch.tensor([0.7]), 0.3
    prior = tilted()
    posterior = prior.given(measure, y, std=std)
    for t in (1, 300, 700, 1000):
        x = torch.randn(6, 2, generator=seeded(t), dtype=torch.float64).requires_grad_()
        a = COSINE.alpha_bar[t]
        left = (
            TILTED[0]
            - a * TILTED[0] @ torch.linalg.inv(a * TILTED[0] + (1 - a) * torch.eye(2, dtype=torch.float64)) @ TILTED[0]
        )
        spread = measure @ left @ measure.T + std**2  # of y given x_t
        told = -(((y - prior(x, t) @ measure.T) ** 2) / (2 * spread)).sum()
        (gradient,) = torch.autograd.grad(told, x)
        x = x.detach()
        torch.testing.assert_close(posterior.score(x, t) - prior.score(x, t), gradient, rtol=1e-6, atol=1e-6)


def test_coordinates_are_rows_of_the_identity(refused):
    mask = torch.tensor([[True, False], [False, True]])
    assert coordinates(mask).tolist() == [[1, 0, 0, 0], [0, 0, 0, 1]]
    x = torch.arange(4.0).reshape(2, 2)
    assert (coordinates(mask) @ x.flatten()).equal(x[mask])
    for wrong in (mask.float(), None, [True], torch.tensor([False])):
        with refused("mask", "> 0.5"):
            coordinates(wrong)


@pytest.mark.parametrize(
    "wrong, given",
    [
        (lambda: gaussian_mixture(None, MEANS, COVARIANCES), ("schedule", "None")),
        (lambda: gaussian_mixture(COSINE, None, COVARIANCES), ("means", "None")),
        (lambda: gaussian_mixture(COSINE, MEANS[0], COVARIANCES), ("(3,)", "(2, 3, 3)")),
        (lambda: gaussian_mixture(COSINE, MEANS, COVARIANCES[0]), ("(2, 3)", "(3, 3)")),
        (lambda: gaussian_mixture(COSINE, MEANS, -COVARIANCES), ("(2, 3, 3)",)),
        (lambda: gaussian_mixture(COSINE, MEANS, ROOTS), ("(2, 3, 3)",)),
        (lambda: gaussian_mixture(COSINE, MEANS, COVARIANCES * math.inf), ("covariances", "inf")),
        (lambda: gaussian_mixture(COSINE, MEANS, COVARIANCES, torch.tensor([1.0, 0.0])), ("(2,)",)),
        (lambda: gaussian_mixture(COSINE, MEANS, COVARIANCES, torch.ones(3)), ("(3,)",)),
        (lambda: three()(torch.zeros(2, 2), 5), ("(2, 2)", "(b, 3)")),
        (lambda: three()(torch.zeros(2, 3), 0), ("0", "1000")),
        (lambda: three()([[0.0] * 3], 5), ("x_t", "list")),
        (lambda: three().draw(0), ("n ", "0")),
        (lambda: three().draw(3, generator=0), ("generator", "0")),
        (lambda: three().given(MEANS, torch.zeros(3)), ("(2, 3)", "(3,)")),
        (lambda: three().given(MEANS[:, :2], torch.zeros(2)), ("(2, 2)", "(m, 3)")),
        (lambda: three().given(None, torch.zeros(2)), ("measure", "None")),
        (lambda: three().given(MEANS, torch.zeros(2), std=-1), ("std", "-1")),
        (lambda: three().given(MEANS[[0, 0]], torch.zeros(2)), ("2", "std=0.1")),
    ],
)
def test_what_is_no_mixture_and_no_measurement(wrong, given, refused):
    with refused(*given):
        wrong()
