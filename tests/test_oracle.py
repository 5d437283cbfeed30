"""The oracle is the truth: against autograd, brute force, Monte Carlo, and to the last digit at every t.

精确去噪器就是真值：与自动求导、直接计算和蒙特卡罗相符，且每个 t 都算得准。
"""

import numpy as np
import pytest
import torch
from densities import agrees
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import data, oracle, schedules
from course_utils.forward import forward_jump

MEANS = torch.tensor([[0.5, -0.3], [-0.7, 0.2], [0.1, 0.9]], dtype=torch.float64)
STDS, WEIGHTS = torch.tensor([0.2, 0.0, 0.5]), torch.tensor([1.0, 3.0, 2.0])


def true_density(schedule, t):
    """log q(x_t) from torch's own distributions."""
    a, weights = schedule.alpha_bar[t], WEIGHTS.double() / WEIGHTS.sum()
    scale = (a * STDS.double() ** 2 + 1 - a).sqrt()
    parts = torch.distributions.Independent(torch.distributions.Normal(a.sqrt() * MEANS, scale[:, None]), 1)
    return torch.distributions.MixtureSameFamily(torch.distributions.Categorical(weights), parts).log_prob


def brute_force_eps(schedule, points, xt, t):
    """E[eps | x_t] of a finite data set, term by term in extended precision."""
    a = np.longdouble(float(schedule.alpha_bar[t]))
    points, xt = (np.asarray(x, dtype=np.longdouble).reshape(len(x), -1) for x in (points, xt))
    rows = []
    for x in xt:
        eps = (x - np.sqrt(a) * points) / np.sqrt(1 - a)
        log_weight = -(eps**2).sum(1) / 2
        weight = np.exp(log_weight - log_weight.max())
        rows.append((weight[:, None] * eps).sum(0) / weight.sum())
    return np.array(rows, dtype=np.float64)


@pytest.mark.parametrize("t", [1, 2, 250, 999, 1000])
def test_score_is_the_gradient_of_the_true_log_density(schedule, t, seeded):
    truth = oracle.mixture(schedule, MEANS, STDS, WEIGHTS)
    agrees(truth, schedule, MEANS.repeat(5, 1), t, true_density(schedule, t), seeded(t), 1e-9)


def test_score_is_the_gradient_of_its_own_log_density(seeded):
    truth = oracle.mixture(schedules.cosine(), MEANS, STDS, WEIGHTS)
    x = torch.randn(50, 2, generator=seeded(0), dtype=torch.float64, requires_grad=True)
    t = torch.randint(1, 1001, (50,), generator=seeded(1))
    (gradient,) = torch.autograd.grad(truth.log_density(x, t).sum(), x)
    torch.testing.assert_close(truth.score(x.detach(), t), gradient, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("t", [1, 10, 400, 1000])
def test_many_images_are_right_at_every_noise_level(schedule, t, dtype, seeded):
    images = data.digits().x
    truth = oracle.finite(schedule, images)
    xt = forward_jump(schedule, images[:3].to(dtype), t, generator=seeded(t)).xt
    eps_hat = truth.eps(xt, t)
    assert eps_hat.dtype == dtype and eps_hat.shape == xt.shape and bool(eps_hat.isfinite().all())
    expected = brute_force_eps(schedule, images, xt, t)
    tolerance = 2e-6 if dtype == torch.float32 else 1e-9
    np.testing.assert_allclose(eps_hat.flatten(1).double(), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("t", [1, 10, 400, 1000])
def test_its_guess_is_the_mean_of_the_images_by_their_shares(schedule, t, seeded):
    images = data.digits().x.double()
    truth = oracle.finite(schedule, images)
    xt = forward_jump(schedule, images[:3], t, generator=seeded(t)).xt
    expected = torch.einsum("bk,kchw->bchw", truth.shares(xt, t), images)
    torch.testing.assert_close(truth(xt, t), expected, rtol=0, atol=1e-12)
    with_eps = schedule.signal[t] * truth(xt, t) + schedule.noise[t] * truth.eps(xt, t)
    torch.testing.assert_close(with_eps, xt, rtol=0, atol=1e-9)


@pytest.mark.parametrize("far", [0.0, 5.0, 1e3])
def test_it_is_finite_at_every_time_however_far_away(schedule, far):
    t = torch.arange(1, 1001)
    xt = torch.full((1000, 2), far, dtype=torch.float32)
    for truth in (oracle.finite(schedule, MEANS), oracle.mixture(schedule, MEANS, STDS, WEIGHTS)):
        assert bool(truth(xt, t).isfinite().all() and truth.eps(xt, t).isfinite().all())


def test_one_gaussian_has_a_formula(schedule, seeded):
    mean, std = torch.tensor([[0.3, -0.4]], dtype=torch.float64), float(torch.tensor(0.6))
    truth = oracle.mixture(schedule, mean, torch.tensor([std]))
    t, x = torch.arange(1, 1001), torch.randn(1000, 2, generator=seeded(0), dtype=torch.float64)
    a = schedule.alpha_bar[1:, None]
    expected = (1 - a).sqrt() * (x - a.sqrt() * mean) / (a * std**2 + 1 - a)
    torch.testing.assert_close(truth.eps(x, t), expected, rtol=1e-6, atol=1e-9)
    guess = ((1 - a) * mean + a.sqrt() * std**2 * x) / (a * std**2 + 1 - a)
    torch.testing.assert_close(truth(x, t), guess, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("t", [100, 500, 900])
def test_it_is_the_mean_of_the_noise_that_could_have_been(t, seeded):
    schedule, n = schedules.linear(), 200_000
    means, stds, weights = (
        torch.tensor([-0.6, 0.8]).double(),
        torch.tensor([0.3, 0.1]).double(),
        torch.tensor([0.3, 0.7]),
    )
    which = torch.multinomial(weights, n, replacement=True, generator=seeded(0))
    x0 = means[which] + stds[which] * torch.randn(n, generator=seeded(1), dtype=torch.float64)
    truth = oracle.mixture(schedule, means[:, None], stds, weights)
    for x in (-0.5, 0.1, 0.9):
        eps = (x - schedule.signal[t] * x0) / schedule.noise[t]
        weight = (-(eps**2) / 2).exp()
        weight /= weight.sum()
        drawn = (weight * eps).sum()
        error = ((weight * (eps - drawn)) ** 2).sum().sqrt()
        assert abs(float(truth.eps(torch.tensor([[x]]).double(), t) - drawn)) < 5 * float(error)


def test_a_point_given_twice_weighs_double(schedule, seeded):
    x = torch.randn(20, 2, generator=seeded(0), dtype=torch.float64)
    twice = oracle.finite(schedule, MEANS[[0, 1, 1, 2]])
    heavy = oracle.mixture(schedule, MEANS, torch.zeros(3), torch.tensor([5.0, 10.0, 5.0]))
    even = oracle.finite(schedule, MEANS)
    for t in (200, 600, 1000):
        torch.testing.assert_close(twice(x, t), heavy(x, t), rtol=1e-9, atol=1e-12)
    assert not torch.allclose(even(x, 600), heavy(x, 600))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(shape=st.lists(st.integers(1, 4), min_size=1, max_size=3), n=st.integers(1, 5), b=st.integers(1, 4))
def test_any_shape_and_one_time_each(shape, n, b):
    schedule, generator = schedules.linear(60), torch.Generator().manual_seed(0)
    points = torch.randn(n, *shape, generator=generator)
    xt = torch.randn(b, *shape, generator=generator)
    t = torch.randint(1, 61, (b,), generator=generator)
    together = oracle.finite(schedule, points).eps(xt, t)
    assert together.shape == xt.shape
    for i in range(b):
        expected = brute_force_eps(schedule, points, xt[i : i + 1], int(t[i]))
        np.testing.assert_allclose(together[i].flatten()[None], expected, rtol=1e-5, atol=1e-5)


def test_draws_have_the_weights_means_and_stds_of_the_mixture(seeded):
    truth, n = oracle.mixture(schedules.cosine(), MEANS, STDS, WEIGHTS), 60_000
    x0 = truth.draw(n, seeded(0))
    assert x0.shape == (n, 2) and x0.dtype == torch.float64 and x0.equal(truth.draw(n, seeded(0)))
    share = WEIGHTS.double() / WEIGHTS.sum()
    mean = (share[:, None] * MEANS).sum(0)
    variance = (share[:, None] * (MEANS**2 + STDS.double()[:, None] ** 2)).sum(0) - mean**2
    torch.testing.assert_close(x0.mean(0), mean, atol=0.02, rtol=0)
    torch.testing.assert_close(x0.var(0), variance, atol=0.02, rtol=0)
    alone = (x0 == MEANS[1]).all(1).double().mean()  # the one component without spread
    assert float(alone) == pytest.approx(float(share[1]), abs=0.01)


def test_draws_of_a_finite_set_are_its_members(seeded):
    x = data.digits().x[:20]
    drawn = oracle.finite(schedules.cosine(), x).draw(50, seeded(0))
    assert drawn.shape == (50, 1, 8, 8) and torch.cdist(drawn.flatten(1).float(), x.flatten(1)).amin(1).max() == 0


@pytest.mark.parametrize("t", [1, 300, 1000])
def test_shares_are_the_probabilities_of_the_components(schedule, t, seeded):
    truth = oracle.mixture(schedule, MEANS, STDS, WEIGHTS)
    x = forward_jump(schedule, MEANS.repeat(4, 1), t, generator=seeded(t)).xt
    a = schedule.alpha_bar[t]
    scale = (a * STDS.double() ** 2 + 1 - a).sqrt()
    bells = torch.distributions.Normal(a.sqrt() * MEANS, scale[:, None]).log_prob(x[:, None]).sum(2)
    joint = bells + (WEIGHTS.double() / WEIGHTS.sum()).log()
    torch.testing.assert_close(truth.shares(x, t), (joint - joint.logsumexp(1, keepdim=True)).exp())
    torch.testing.assert_close(truth.shares(x, t).sum(1), torch.ones(12, dtype=torch.float64))


@pytest.mark.parametrize(
    "data", [None, "ab", 3, [], [1.0, 2.0], torch.zeros(3, 2).byte(), torch.zeros(3, 2).bool()], ids=str
)
def test_data_that_are_none_have_no_denoiser(data, refused):
    with refused("(k, ...)"):
        oracle.finite(schedules.linear(), data)


@pytest.mark.parametrize(
    "wrong",
    [
        dict(stds=["a"] * 2),
        dict(stds=[float("inf")] * 2),
        dict(stds=[0.1, -0.1]),
        dict(weights=[1, float("inf")]),
        dict(weights=[1, 0]),
    ],
    ids=str,
)
def test_a_mixture_of_what_are_no_numbers_is_refused(wrong, refused):
    given = dict(means=[[0.0, 1.0], [1.0, 0.0]], stds=[0.1, 0.1]) | wrong
    with refused("(2, 2)"):
        oracle.mixture(schedules.linear(), **given)


def test_lists_and_arrays_of_points_are_data_whatever_torch_takes_for_granted(double_by_default):
    listed = [[0.0, 1.0], [1.0, 0.0]]
    xt = torch.randn(4, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float32)
    found = [
        oracle.finite(schedules.linear(), data)(xt, 300) for data in (listed, np.array(listed), torch.tensor(listed))
    ]
    assert found[0].equal(found[1]) and found[0].equal(found[2]) and found[0].dtype == torch.float32


def test_an_oracle_wants_its_schedule_its_x_and_whole_draws(refused):
    truth = oracle.finite(schedules.linear(), [[0.0, 1.0]])
    for ask, said in (
        (lambda: oracle.finite(100, [[0.0, 1.0]]), "Schedule"),
        (lambda: truth([[0.0, 1.0]], 5), "x_t"),
        (lambda: truth(torch.tensor([[0.0, float("nan")]]), 5), "nan"),
        (lambda: truth.score(torch.zeros(1, 2).int(), 5), "x_t"),
        (lambda: truth.draw(0), "n "),
        (lambda: truth.draw(2.0), "n "),
        (lambda: truth.draw(2, generator=0), "generator"),
    ):
        with refused(said):
            ask()
