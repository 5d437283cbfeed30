"""What lesson 04 computes with known sets: the samplers by name, their stds in closed form, the floors.

第 04 课在已知点集上的计算：各个采样器、标准差的公式、损失的下限。
"""

import pytest
import torch

from course_utils import oracle, schedules
from course_utils.experiments import plane
from course_utils.reverse import reverse_step, sigma_beta, sigma_posterior
from course_utils.times import even_times

SCHEDULE = schedules.cosine()


def test_ddpm_with_the_posterior_variance_is_ddim_with_eta_one(seeded):
    samplers = plane.every_sampler(plane.curve(SCHEDULE, "spiral"))
    first = torch.randn(50, 2, generator=seeded(0), dtype=torch.float64)
    for n in (1, 7, 40):
        torch.testing.assert_close(samplers["DDPM β̃"](first, n), samplers["DDIM 1"](first, n), rtol=1e-6, atol=1e-8)
    drawn = [walk(first, 10) for walk in samplers.values()]
    assert len(samplers) == 5 and not any(torch.allclose(drawn[0], other) for other in drawn[1:])


@pytest.mark.parametrize("sigma", [sigma_posterior, sigma_beta])
@pytest.mark.parametrize("std", [0.1, 1.0, 1.7])
def test_the_std_is_that_of_the_steps_themselves(sigma, std):
    """Every step is affine: its slope and its noise are read off two runs of `reverse_step`."""
    times = even_times(SCHEDULE, 12)
    truth, variance = oracle.mixture(SCHEDULE, torch.zeros(1, 1), torch.tensor([std], dtype=torch.float64)), 1.0
    for t, s in zip(times, times[1:], strict=False):
        at = torch.tensor([[0.0], [1.0]]).double()
        still = reverse_step(SCHEDULE, at, t, s, truth(at, t), sigma=lambda _, t, s: torch.zeros(()).double())
        added = float(sigma(SCHEDULE, torch.tensor(t), torch.tensor(s)))
        variance = float(still[1] - still[0]) ** 2 * variance + added**2
    found = plane.walked_std(SCHEDULE, std, times, sigma_posterior, sigma)
    assert found == pytest.approx(variance**0.5, rel=1e-9)


def test_many_steps_reach_the_std_of_the_data():
    for name, (few, many) in plane.stds((10, 1000)).items():
        assert abs(many - 0.3) < 0.003 < 0.01 < abs(few - 0.3), name


def test_played_particles_follow_seed_eta_and_steps():
    truth = plane.curve(SCHEDULE, "rings")
    drawn = plane.played(truth, 5, 0.0, 3)
    assert drawn.shape == (300, 2) and drawn.equal(plane.played(truth, 5, 0.0, 3))
    for other in (plane.played(truth, 8, 0.0, 3), plane.played(truth, 5, 0.5, 3), plane.played(truth, 5, 0.0, 4)):
        assert not torch.allclose(drawn, other)


@pytest.mark.parametrize("name", plane.CURVES)
def test_exact_draws_are_nearer_than_a_hasty_walk(name):
    floor, truth = plane.noise_floor(name), plane.curve(SCHEDULE, name)
    hasty, patient = (plane.distance_to_draws(truth, plane.played(truth, n, 0.0, 1)) for n in (3, 60))
    assert 0 < floor < 0.01 and patient < 0.01 < 5 * floor < hasty


@pytest.mark.parametrize("t", [1, 300, 900])
def test_no_guess_beats_the_least_loss(t, seeded):
    truth = plane.curve(SCHEDULE, "moons")
    x0 = truth.draw(4000, seeded(0))
    least = plane.least_loss(truth, x0, t)
    signal, noise = SCHEDULE.signal[t], SCHEDULE.noise[t]
    eps = torch.randn(x0.shape, generator=seeded(0), dtype=x0.dtype)
    best = truth.eps(signal * x0 + noise * eps, t)
    assert least == pytest.approx(float((eps - best).square().mean()), rel=0.05)
    assert all(float((eps - guess).square().mean()) > least for guess in (0.9 * best, best + 0.1, 0 * best - 0.2))


def test_noise_has_the_shape_of_the_set(seeded):
    noise = plane.noise_like(torch.zeros(3, 1, 8, 8), 5, seed=2)
    assert noise.equal(torch.randn(5, 1, 8, 8, generator=seeded(2), dtype=torch.float64))
