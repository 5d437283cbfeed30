"""Steps make a jump, Bayes makes the posterior, and every conversion comes back.

多步合成一跳，贝叶斯给出后验，各种换算都能还原。
"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from course_utils import forward, schedules
from course_utils.forward import GaussianForwardProcess, forward_jump, forward_step, posterior
from course_utils.randomness import stream_at

EVERY = torch.arange(1, 1001)


def pair(shape, generator, dtype=torch.float64):
    x0 = torch.rand(shape, generator=generator, dtype=dtype) * 2 - 1
    return x0, torch.randn(shape, generator=generator, dtype=dtype)


def noised_at_every_time(schedule, generator):
    x0, eps = pair((1000, 6), generator)
    return x0, eps, forward_jump(schedule, x0, EVERY, eps).xt


def column(values, t, ndim):
    return values.numpy()[np.asarray(t)].reshape(-1, *[1] * (ndim - 1))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    data=st.data(),
)
def test_jump_and_step_are_their_equations_for_any_shape(shape, dtype, data):
    schedule, b = schedules.cosine(100), shape[0]
    per_sample = st.lists(st.integers(1, 100), min_size=b, max_size=b).map(torch.tensor)
    t = data.draw(st.one_of(st.integers(1, 100), per_sample))
    x, eps = pair(shape, torch.Generator().manual_seed(0), dtype)
    tolerance = 1e-6 if dtype == torch.float32 else 1e-14
    for move, kept in ((forward_jump, schedule.alpha_bar), (forward_step, schedule.alpha)):
        a = column(kept, t, len(shape))
        xt, used = move(schedule, x, t, eps)
        expected = np.sqrt(a) * x.double().numpy() + np.sqrt(1 - a) * eps.double().numpy()
        np.testing.assert_allclose(xt.double(), expected, rtol=0, atol=4 * tolerance)
        assert used is eps and xt.dtype == dtype and xt.shape == x.shape


@pytest.mark.parametrize("move", [forward_jump, forward_step])
def test_noise_comes_from_the_generator_and_is_returned(move, seeded):
    schedule, (x, _) = schedules.linear(), pair((2, 1, 4, 4), seeded(1))
    xt, eps = move(schedule, x, 300, generator=seeded(5))
    assert eps.equal(torch.randn(2, 1, 4, 4, generator=seeded(5), dtype=torch.float64))
    assert xt.equal(move(schedule, x, 300, eps).xt)
    assert not eps.equal(move(schedule, x, 300, generator=seeded(6)).eps)
    assert not move(schedule, x, 300).eps.equal(move(schedule, x, 300).eps)


def test_the_clean_image_is_at_time_zero(schedule, seeded):
    x0, eps = pair((3, 2), seeded(0))
    assert forward_jump(schedule, x0, 0, eps).xt.equal(x0)
    mixed = forward_jump(schedule, x0, torch.tensor([0, 1000, 0]), eps).xt
    assert mixed[0].equal(x0[0]) and mixed[2].equal(x0[2]) and not mixed[1].equal(x0[1])


def test_one_image_can_be_noised_to_many_times(seeded):
    schedule, (x0, _) = schedules.linear(), pair((1, 3, 4, 4), seeded(0))
    times = torch.tensor([1, 500, 1000])
    xt, eps = forward_jump(schedule, x0, times, generator=seeded(0))
    assert xt.shape == eps.shape == (3, 3, 4, 4)
    for i, t in enumerate(times.tolist()):
        torch.testing.assert_close(xt[i : i + 1], forward_jump(schedule, x0, t, eps[i : i + 1]).xt)


def test_what_is_given_is_not_changed(seeded):
    x0, eps = pair((3, 2), seeded(0))
    before = x0.clone(), eps.clone()
    forward_jump(schedules.linear(), x0, 10, eps)
    forward_step(schedules.linear(), x0, 10, eps)
    assert x0.equal(before[0]) and eps.equal(before[1])


def test_steps_compose_to_the_jump_in_mean_and_variance(schedule):
    one, none = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    mean, variance = one, none
    for t in range(1, 1001):
        kept, added = forward_step(schedule, one, t, none).xt, forward_step(schedule, none, t, one).xt
        mean, variance = kept * mean, kept**2 * variance + added**2
        torch.testing.assert_close(mean, forward_jump(schedule, one, t, none).xt, rtol=1e-11, atol=0)
        torch.testing.assert_close(variance, forward_jump(schedule, none, t, one).xt ** 2, rtol=1e-11, atol=0)


def test_steps_compose_to_the_jump_in_distribution(seeded):
    schedule, generator = schedules.linear(40), seeded(3)
    x = torch.full((10_000,), 0.7, dtype=torch.float64)
    for t in range(1, 16):
        x = forward_step(schedule, x, t, generator=generator).xt
    jumped = forward_jump(schedule, torch.full_like(x, 0.7), 15, generator=generator).xt
    law = stats.norm(0.7 * float(schedule.signal[15]), float(schedule.noise[15]))
    assert stats.kstest(x, law.cdf).pvalue > 0.01 and stats.kstest(jumped, law.cdf).pvalue > 0.01
    assert stats.ks_2samp(x, jumped).pvalue > 0.01
    one_step_more = stats.norm(0.7 * float(schedule.signal[16]), float(schedule.noise[16]))
    assert stats.kstest(x, one_step_more.cdf).pvalue < 1e-3, "the test could not tell t from t + 1"


@pytest.mark.parametrize("t, s", [(2, 1), (300, 299), (600, 100), (1000, 999), (1000, 400)])
def test_posterior_is_bayes_on_a_grid(schedule, t, s):
    x0, xt, a_t, a_s = 0.4, -0.6, float(schedule.alpha_bar[t]), float(schedule.alpha_bar[s])
    mean, variance = posterior(
        schedule, torch.tensor([xt], dtype=torch.float64), t, torch.tensor([x0], dtype=torch.float64), s
    )
    width = 12 * float(variance) ** 0.5
    xs = np.linspace(float(mean) - width, float(mean) + width, 20_001)
    prior = -((xs - a_s**0.5 * x0) ** 2) / (2 * (1 - a_s))
    likelihood = -((xt - (a_t / a_s) ** 0.5 * xs) ** 2) / (2 * (1 - a_t / a_s))
    density = np.exp(prior + likelihood - (prior + likelihood).max())
    density /= density.sum()
    grid_mean = (xs * density).sum()
    np.testing.assert_allclose(float(mean), grid_mean, rtol=0, atol=1e-7 * width)
    np.testing.assert_allclose(float(variance), ((xs - grid_mean) ** 2 * density).sum(), rtol=1e-6)


def test_posterior_of_one_step_is_the_papers(schedule, seeded):
    x0, xt = pair((1000, 3), seeded(0))
    mean, variance = posterior(schedule, xt, EVERY, x0)
    a, beta = schedule.alpha_bar, schedule.beta[1:, None]
    now, before = a[1:, None], a[:-1, None]
    eq7 = before.sqrt() * beta / (1 - now) * x0 + (1 - beta).sqrt() * (1 - before) / (1 - now) * xt
    torch.testing.assert_close(mean, eq7, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(variance[:, 0], schedule.posterior_variance[1:], rtol=1e-10, atol=0)
    assert mean[0].allclose(x0[0]) and variance[0] == 0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(times=st.lists(st.integers(0, 1000), min_size=2, max_size=2, unique=True))
def test_going_back_from_q_xt_lands_on_q_xs(times):
    schedule, (s, t) = schedules.sigmoid(), sorted(times)
    one, none = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    of_x0, variance = posterior(schedule, none, t, one, s)
    of_xt, _ = posterior(schedule, one, t, none, s)
    signal, noise = schedule.signal[t], schedule.noise[t]
    torch.testing.assert_close(of_x0 + of_xt * signal, schedule.signal[s][None], rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(of_xt**2 * noise**2 + variance, schedule.noise[s][None] ** 2, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("there, back", [("eps", "x0"), ("eps", "v"), ("eps", "score"), ("x0", "eps"), ("v", "eps")])
def test_conversions_come_back_at_every_time(schedule, seeded, there, back):
    x0, eps, xt = noised_at_every_time(schedule, seeded(0))
    v = forward.v_from_eps(schedule, xt, EVERY, eps)
    begun = {"eps": eps, "x0": x0, "v": v}[there]
    gone = getattr(forward, f"{back}_from_{there}")(schedule, xt, EVERY, begun)
    returned = getattr(forward, f"{there}_from_{back}")(schedule, xt, EVERY, gone)
    assert float((returned - begun).abs().max()) < 1e-9


def test_conversions_name_what_made_xt(schedule, seeded):
    x0, eps, xt = noised_at_every_time(schedule, seeded(0))
    a = schedule.alpha_bar[1:, None]
    v, score = a.sqrt() * eps - (1 - a).sqrt() * x0, -(xt - a.sqrt() * x0) / (1 - a)
    known = {"x0": x0, "eps": eps, "v": v, "score": score}
    names = ("x0_from_eps", "eps_from_x0", "v_from_eps", "eps_from_v", "x0_from_v", "score_from_eps", "eps_from_score")
    for name in names:
        target, source = name.split("_from_")
        given_back = getattr(forward, name)(schedule, xt, EVERY, known[source])
        assert float((given_back - known[target]).abs().max()) < 1e-9, name


def test_the_score_is_the_gradient_of_log_q(seeded):
    schedule = schedules.linear()
    x0, eps = pair((4, 5), seeded(0))
    t = torch.tensor([1, 200, 700, 1000])
    xt = forward_jump(schedule, x0, t, eps).xt.requires_grad_()
    law = torch.distributions.Normal(schedule.signal[t][:, None] * x0, schedule.noise[t][:, None])
    (gradient,) = torch.autograd.grad(law.log_prob(xt).sum(), xt)
    torch.testing.assert_close(forward.score_from_eps(schedule, xt.detach(), t, eps), gradient)


@pytest.mark.parametrize(
    "name", ["x0_from_eps", "eps_from_x0", "v_from_eps", "eps_from_v", "x0_from_v", "score_from_eps", "eps_from_score"]
)
def test_time_zero_has_no_eps_and_says_why(name, refused):
    x = torch.zeros(2, 3)
    with refused("t = 0") as caught:
        getattr(forward, name)(schedules.linear(), x, 0, x)
    assert "divide by 0" in caught.value.en and "除以 0" in caught.value.zh


def test_the_process_is_its_schedule_and_functions(seeded):
    schedule = schedules.quadratic(50)
    process, (x0, xt) = GaussianForwardProcess(schedule), pair((2, 3), seeded(0))
    for ours, theirs in ((process.step, forward_step), (process.jump, forward_jump)):
        assert ours(x0, 7, generator=seeded(1)).xt.equal(theirs(schedule, x0, 7, generator=seeded(1)).xt)
        assert ours(x0, 7, xt).xt.equal(theirs(schedule, x0, 7, xt).xt)
    for ours, theirs in zip(process.posterior(xt, 9, x0, 4), posterior(schedule, xt, 9, x0, 4), strict=True):
        assert ours.equal(theirs)


@pytest.mark.parametrize("move", [forward_jump, forward_step])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_noised(move, bad, refused):
    schedule, x = schedules.linear(), torch.zeros(3, 2)
    broken = x.clone()
    broken[1, 1] = bad
    for call, name in ((lambda: move(schedule, broken, 5), "x"), (lambda: move(schedule, x, 5, broken), "eps")):
        with refused(name, "6", "nan"):
            call()


@pytest.mark.parametrize("move", [forward_jump, forward_step])
@pytest.mark.parametrize("wrong", [None, 1000, "linear", torch.ones(5)], ids=str)
def test_what_is_no_schedule_noises_nothing(move, wrong, refused):
    x = torch.zeros(3, 2)
    for call in (
        lambda: move(wrong, x, 5),
        lambda: posterior(wrong, x, 5, x),
        lambda: forward.x0_from_eps(wrong, x, 5, x),
        lambda: GaussianForwardProcess(wrong),
    ):
        with refused("Schedule"):
            call()


@pytest.mark.parametrize("eps", [0.5, [0.0], np.zeros((3, 2), np.float32)], ids=repr)
@pytest.mark.parametrize("move", [forward_jump, forward_step])
def test_noise_that_is_no_tensor_is_refused(move, eps, refused):
    with refused("(3, 2)", "randn_like"):
        move(schedules.linear(), torch.zeros(3, 2), 5, eps)
    with refused("generator"):
        move(schedules.linear(), torch.zeros(3, 2), 5, generator=0)


def test_a_stream_that_begins_at_a_seed_leaves_the_readers_own_where_it_was():
    torch.manual_seed(5)
    straight = torch.rand(4)
    torch.manual_seed(5)
    begun, within = torch.rand(2), []
    for seed in (1, 1, 2):
        with stream_at(seed):
            within.append(torch.rand(3))
    assert torch.cat([begun, torch.rand(2)]).equal(straight)
    assert within[0].equal(within[1]) and not within[0].equal(within[2])
