"""log q(x) along the probability-flow ODE, against the density of a mixture; Hutchinson's estimate against the trace.

沿概率流求得的 log q(x)，与混合分布的密度对照；Hutchinson 的估计与迹对照。
"""

import math

import pytest
import torch

from course_utils import flows, likelihood, oracle, paths, points, schedules
from course_utils.experiments import likely

LINEAR = schedules.linear()
MOONS = oracle.mixture(LINEAR, points.moons(20), torch.full((20,), 0.3))
GUESS = flows.guess_of_oracle(MOONS)
# The end of VP keeps 0.6 % of the signal, that of VE is N(0, 2500 + the data's variance) and not N(0, 2501).
PATHS = {
    "straight": (paths.straight, 1e-5),
    "VP": (paths.variance_preserving(LINEAR), 2e-2),
    "VE": (paths.variance_exploding(0.01, 50.0), 4e-3),
}


def found(path, steps, x, **how):
    times = likely.rising_times(path, 5.0, steps)
    return likelihood.log_density(path, flows.velocity_field(path, GUESS), x, times, **how), times[0]


def linear_field(matrix):
    """v = M x for samples of any shape."""
    return lambda x, t: (x.flatten(1) @ matrix.T).view_as(x)


@pytest.mark.parametrize("name", PATHS)
def test_the_density_of_a_mixture_is_found_on_every_path(name, seeded):
    path, close = PATHS[name]
    x = MOONS.draw(20, seeded(0))
    density, t = found(path, 40, x)
    assert torch.allclose(density.value, likely.density_on(path, MOONS, x, t), rtol=0, atol=close)
    assert density.value.dtype == torch.float64 and not density.error.any()


def test_the_error_falls_with_the_fourth_power_of_the_step(seeded):
    x, errors, velocity = MOONS.draw(20, seeded(0)), [], flows.velocity_field(paths.straight, GUESS)
    exact = likely.density_on(paths.straight, MOONS, x, 0.2)
    for steps in (8, 16, 32):
        times = torch.linspace(0.2, 1, steps + 1, dtype=torch.float64)
        density = likelihood.log_density(paths.straight, velocity, x, times)
        errors.append(float((density.value - exact).abs().mean()))
    orders = [math.log2(one / two) for one, two in zip(errors[:-1], errors[1:], strict=True)]
    assert orders == pytest.approx([4, 4], abs=0.5)


def test_the_divergence_of_a_known_field_is_its_trace(seeded):
    matrix = torch.randn(6, 6, generator=seeded(0), dtype=torch.float64)
    x = torch.randn(3, 2, 3, generator=seeded(1), dtype=torch.float64)
    v, divergence = likelihood.exact_divergence(linear_field(matrix), x, 0.5)
    assert torch.allclose(v, linear_field(matrix)(x, 0.5)) and not v.requires_grad
    assert divergence.shape == (1, 3) and torch.allclose(divergence, matrix.trace())


def test_hutchinson_is_right_on_average_and_knows_how_far_it_is_off(seeded):
    """Its variance is that of the symmetric part off the diagonal: 2 sum of ((M + M^T) / 2)_ij^2, i not j."""
    matrix = torch.randn(6, 6, generator=seeded(0), dtype=torch.float64)
    x = torch.randn(2, 6, generator=seeded(1), dtype=torch.float64)
    estimate = likelihood.hutchinson(4000, seeded(2))(linear_field(matrix), x, 0.5).divergence
    symmetric = (matrix + matrix.T) / 2
    variance = 2 * (symmetric.square().sum() - symmetric.diagonal().square().sum())
    error = (variance / len(estimate)).sqrt()
    assert estimate.shape == (4000, 2) and (estimate.mean(0) - matrix.trace()).abs().max() < 4 * error
    assert torch.allclose(estimate.var(0), variance, rtol=0.15)


def test_the_estimated_density_lies_within_its_error(seeded):
    x = MOONS.draw(40, seeded(0))
    exact, _ = found(paths.straight, 12, x)
    density, _ = found(paths.straight, 12, x, divergence=likelihood.hutchinson(8, seeded(1)))
    off = (density.value - exact.value) / density.error
    assert 0.7 < float(off.square().mean().sqrt()) < 1.6, "Student's t of 7 degrees has a spread of 1.18"
    assert float((density.value - exact.value).mean().abs()) < 3 * float(density.error.mean()) / 40**0.5


def test_where_a_flow_spreads_points_apart_they_get_rarer():
    """v = x / t carries N(0, 0.25) at t = 0.5 to N(0, 1)."""
    x = torch.linspace(-1, 1, 5, dtype=torch.float64)[:, None]
    density = likelihood.log_density(paths.straight, lambda x, t: x / t, x, torch.linspace(0.5, 1, 41))
    assert torch.allclose(density.value, torch.distributions.Normal(0.0, 0.5).log_prob(x[:, 0]), atol=1e-6)


def test_a_network_is_followed_with_gradients_and_without_a_trace(awake, seeded):
    network = awake(channels=1).train()
    x = torch.randn(2, 1, 8, 8, generator=seeded(0))
    guesses = [of(network)(x, 1.0) for of in (flows.guess_of_network, flows.guess_with_gradients)]
    assert torch.allclose(*guesses, atol=1e-6) and network.training
    assert guesses[1].requires_grad is True
    field = flows.velocity_field(paths.straight, flows.guess_with_gradients(network))
    how = dict(divergence=likelihood.hutchinson(2, seeded(1)))
    density = likelihood.log_density(paths.straight, field, x, [0.4, 0.7, 1.0], **how)
    assert density.value.isfinite().all() and (density.error > 0).all() and not density.value.requires_grad
    assert all(weight.grad is None for weight in network.parameters())


X, FIELD = torch.zeros(2, 2), linear_field(torch.eye(2))


@pytest.mark.parametrize(
    "call, given",
    [
        (lambda: likelihood.hutchinson(1), "1"),
        (lambda: likelihood.hutchinson(2.5), "2.5"),
        (lambda: likelihood.exact_divergence(FIELD, torch.zeros(1, 1, 28, 28), 0.5), "784"),
        (lambda: likelihood.exact_divergence(lambda x, t: x.detach(), X, 0.5), "guess_with_gradients"),
        (lambda: likelihood.exact_divergence(lambda x, t: x[:1], X, 0.5), "(1, 2)"),
        (lambda: likelihood.log_density(paths.straight, FIELD, X, [0.0, 1.0]), "0.0"),
        (lambda: likelihood.log_density(paths.straight, FIELD, X, [1.0, 0.5]), "1.0, 0.5"),
        (lambda: likelihood.log_density(paths.straight, FIELD, X, [0.5, 1.5]), "1.5"),
        (lambda: likelihood.log_density(paths.straight, FIELD, X, [0.5]), "0.5"),
        (lambda: likelihood.log_density(paths.straight, FIELD, X, "times"), "torch.linspace"),
        (lambda: likelihood.log_density(paths.straight, None, X, [0.5, 1.0]), "velocity"),
        (lambda: likelihood.log_density(paths.straight, FIELD, X, [0.5, 1.0], divergence=4), "4"),
        (lambda: likelihood.log_density(0.5, FIELD, X, [0.5, 1.0]), "0.5"),
        (lambda: likelihood.log_density(paths.straight, FIELD, X * math.nan, [0.5, 1.0]), "4"),
    ],
)
def test_what_has_no_density_is_refused(call, given, refused):
    with refused(given):
        call()
