"""Samplers: known data come back, errors fall at the order of the method, DDIM with eta = 1 is DDPM.

采样器：已知的数据能采回来，误差按方法的阶下降，eta = 1 的 DDIM 就是 DDPM。
"""

import math
import weakref
from dataclasses import FrozenInstanceError
from functools import partial

import pytest
import torch
from scipy import stats

from course_utils import oracle, points, schedules
from course_utils.denoisers import clipped, eps_of, from_eps, from_network, image_denoiser
from course_utils.forward import eps_from_x0, forward_jump, x0_from_eps
from course_utils.reverse import ddim_step, sigma_beta, sigma_posterior
from course_utils.samplers import ddim, ddpm, dpm_solver, euler, euler_ancestral, finish, heun, sample
from course_utils.times import even_times, karras_times, log_snr_times
from course_utils.unet import UNet

LINEAR = schedules.linear()
EVERY = [ddpm, ddim, euler, euler_ancestral, heun, dpm_solver]
BY_ONE = [*range(1000, 940, -1), *range(530, 470, -1), *range(60, -1, -1)]  # at both ends and midway
WHOLE = pytest.param(even_times(LINEAR, 1000), marks=pytest.mark.full)
POINTS = torch.tensor([[0.8, 0.8], [-0.8, 0.5], [0.2, -0.9], [-0.5, -0.5]], dtype=torch.float64)


def noise(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def gaussian(schedule, std=0.5):
    return oracle.mixture(schedule, torch.zeros(1, 2), torch.tensor([std]))


@pytest.mark.parametrize("sampler", EVERY)
def test_records_are_frozen_and_name_their_time(sampler):
    schedule, times = schedules.linear(), [1000, 700, 30, 1, 0]
    denoiser = oracle.finite(schedule, POINTS)
    samples = list(sampler(schedule, denoiser, noise((5, 2)), times))
    assert [state.t for state in samples] == times
    for state in samples[:-1]:
        assert state.x0_hat.equal(denoiser(state.xt, state.t)), "what the denoiser answered, as it is"
    assert samples[-1].x0_hat.equal(samples[-1].xt) and samples[0].xt.equal(noise((5, 2)))
    with pytest.raises(FrozenInstanceError):
        samples[0].t = 3


@pytest.mark.parametrize("sampler", EVERY)
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
    assert asked == ([1000, 10, 10, 4, 4] if sampler is heun else [1000, 10, 4])


@pytest.mark.parametrize("times", [BY_ONE, even_times(LINEAR, 37), [900, 899, 3, 1, 0], WHOLE])
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
    ends = [finish(ddim(schedule, denoiser, xT, even_times(schedule, 20), generator=seeded(seed))) for seed in (1, 2)]
    assert ends[0].equal(ends[1])
    noisy = [
        finish(ddim(schedule, denoiser, xT, even_times(schedule, 20), eta=0.5, generator=seeded(seed)))
        for seed in (1, 1, 2)
    ]
    assert noisy[0].equal(noisy[1]) and not noisy[0].allclose(noisy[2])


def nearest(x0):
    return torch.cdist(x0, POINTS).min(1)


@pytest.mark.parametrize(
    "sampler, steps",
    [
        *((partial(ddpm, sigma=sigma), 100) for sigma in (sigma_posterior, sigma_beta)),
        *((partial(ddim, eta=eta), 200) for eta in (0.0, 0.5, 1.0)),
    ],
)
def test_a_finite_set_comes_back(schedule, sampler, steps, seeded):
    times = even_times(schedule, steps)
    x0 = finish(sampler(schedule, oracle.finite(schedule, POINTS), noise((400, 2)), times, generator=seeded(1)))
    distance, which = nearest(x0)
    assert float(distance.max()) < 1e-3
    assert stats.chisquare(torch.bincount(which, minlength=4)).pvalue > 1e-3


@pytest.mark.parametrize("sampler", [ddpm, ddim])
def test_a_mixture_comes_back_in_distribution(sampler, seeded):
    schedule, n = schedules.linear(), 3000
    means, stds, weights = torch.tensor([[-0.7], [0.6]]), torch.tensor([0.1, 0.3]), torch.tensor([1.0, 2.0])
    truth = oracle.mixture(schedule, means, stds, weights)
    x0 = finish(sampler(schedule, truth, noise((n, 1)), even_times(schedule, 500), generator=seeded(2)))[:, 0]

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
    walks = [finish(ddim(schedule, gaussian(schedule, std), xT, even_times(schedule, n))) for n in steps]
    errors = [float((x0 - exact).abs().max()) for x0 in walks]
    ratios = [coarse / fine for coarse, fine in zip(errors, errors[1:], strict=False)]
    assert all(1.6 < ratio < 2.6 for ratio in ratios), (errors, ratios)


def test_more_steps_bring_ddim_nearer_to_a_very_fine_walk():
    schedule = schedules.cosine()
    truth, xT = oracle.mixture(schedule, POINTS, torch.full((4,), 0.3)), noise((100, 2))
    fine = finish(ddim(schedule, truth, xT, even_times(schedule, 1000)))
    errors = [
        float((finish(ddim(schedule, truth, xT, even_times(schedule, n))) - fine).norm(dim=1).mean())
        for n in (5, 15, 50, 150)
    ]
    assert all(b < 0.6 * a for a, b in zip(errors, errors[1:], strict=False)), errors


@pytest.mark.parametrize("sampler", EVERY)
def test_a_short_schedule_and_the_noise_it_begins_with_are_whole(sampler, seeded):
    schedule, xT = schedules.linear(2), noise((6, 2))
    kept = xT.clone()
    x0 = finish(sampler(schedule, oracle.finite(schedule, POINTS[:1]), xT, [2, 1, 0], generator=seeded(0)))
    assert xT.equal(kept)
    torch.testing.assert_close(x0, POINTS[:1].expand(6, 2))


def test_clipping_holds_the_guess_within_the_images_range():
    xt, guess = noise((5, 1, 4, 4)), 3 * noise((5, 1, 4, 4), seed=1)
    for t in (1, 400, 1000):
        assert clipped(lambda xt, t: guess)(xt, t).equal(guess.clamp(-1, 1))


@pytest.mark.parametrize("sampler", EVERY)
def test_a_clipped_guess_is_carried_through_the_walk_as_it_is(sampler, schedule, seeded):
    """In float32, from T, with a network that is wrong by hundreds in x_0: no state's guess is a hair beyond 1."""
    xT = noise((6, 1, 8, 8)).float()
    wrong = from_eps(schedule, lambda xt, t: torch.tanh(xt) + 0.01)
    times = log_snr_times(schedule, 12) if sampler is heun else even_times(schedule, 12)
    walk = list(sampler(schedule, clipped(wrong), xT, times, generator=seeded(0)))
    assert max(float(state.x0_hat.abs().max()) for state in walk[:-1]) <= 1.0
    assert walk[-1].xt.dtype == torch.float32 and bool(walk[-1].xt.isfinite().all())


def test_eps_and_x0_are_two_readings_of_one_denoiser(schedule):
    truth, xt = oracle.mixture(schedule, POINTS, torch.full((4,), 0.2)), noise((7, 2))
    for t in (1, 300, 999):
        torch.testing.assert_close(eps_of(schedule, truth)(xt, t), truth.eps(xt, t), rtol=1e-7, atol=1e-9)
        torch.testing.assert_close(from_eps(schedule, truth.eps)(xt, t), truth(xt, t), rtol=1e-7, atol=1e-7)


def test_mixed_guesses_have_the_mixed_noise(schedule):
    """Weights that sum to 1, as guidance takes them: mixing x_0 is mixing eps."""
    a, b = (oracle.mixture(schedule, POINTS[i:], torch.full((4 - i,), 0.3)) for i in (0, 2))
    xt, scale = noise((7, 2)), 4.0
    for t in (1, 300, 900):
        mixed = a(xt, t) + scale * (b(xt, t) - a(xt, t))
        eps = a.eps(xt, t) + scale * (b.eps(xt, t) - a.eps(xt, t))
        torch.testing.assert_close(eps_from_x0(schedule, xt, t, mixed), eps, rtol=1e-7, atol=1e-9)


def test_a_network_is_told_log_snr_and_labels_and_keeps_no_gradients():
    schedule, told = schedules.cosine(), []
    weight = torch.ones((), requires_grad=True)

    def network(xt, log_snr, labels=None):
        told.append((log_snr, labels))
        return weight * xt

    xt, labels = torch.ones(2, 3), torch.tensor([4, 5])
    plain, labelled = from_network(schedule, network)(xt, 300), from_network(schedule, network, labels)(xt, 300)
    expected = x0_from_eps(schedule, xt, 300, xt)
    assert plain.equal(expected) and labelled.equal(expected)
    assert not plain.requires_grad and not labelled.requires_grad
    assert [label for _, label in told] == [None, labels]
    for log_snr, _ in told:
        assert log_snr.dtype == xt.dtype
        a = float(schedule.alpha_bar[300])
        assert float(log_snr.double().exp()) == pytest.approx(a / (1 - a), rel=1e-5)


def test_the_denoiser_of_images_is_told_the_labels_and_stays_within_their_range():
    def network(xt, log_snr, labels):
        return xt * 0 + labels[:, None, None, None]

    xt, labels = noise((4, 1, 3, 3)), torch.tensor([-9, 0, 1, 9])
    free = from_network(LINEAR, network, labels)(xt, 300)
    held = image_denoiser(LINEAR, network, labels)(xt, 300)
    assert free.min() < -1 and free.max() > 1 and held.equal(free.clamp(-1, 1))


def test_sampling_from_a_noised_image_returns_to_it(seeded):
    schedule = schedules.linear()
    xt, _ = forward_jump(schedule, POINTS, 60, generator=seeded(0))
    x0 = finish(ddim(schedule, oracle.finite(schedule, POINTS), xt, [60, 40, 20, 0]))
    torch.testing.assert_close(x0, POINTS, rtol=0, atol=1e-3)


@pytest.mark.parametrize("times", [BY_ONE, even_times(LINEAR, 23), [900, 899, 3, 1, 0], WHOLE])
def test_euler_is_ddim_and_euler_ancestral_is_ddpm(schedule, times, seeded):
    denoiser, xT = oracle.mixture(schedule, POINTS, torch.full((4,), 0.2)), noise((3, 2))
    twins = [
        (euler(schedule, denoiser, xT, times), ddim(schedule, denoiser, xT, times)),
        (
            euler_ancestral(schedule, denoiser, xT, times, generator=seeded(1)),
            ddpm(schedule, denoiser, xT, times, generator=seeded(1)),
        ),
    ]
    for ours, theirs in twins:
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a.xt, b.xt, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("spacing", [log_snr_times, karras_times])
@pytest.mark.parametrize("sampler, order", [(euler, 1), (ddim, 1), (heun, 2), (dpm_solver, 2)])
def test_the_error_falls_at_the_order_of_the_method(sampler, order, spacing):
    """On a Gaussian, where the probability-flow ODE has a closed form; the finest schedule there is."""
    schedule, std, xT = schedules.cosine(10_000), 0.5, noise((100, 2))
    steps, errors = (20, 40, 80, 160), []
    for n in steps:
        times = spacing(schedule, n)
        a = schedule.alpha_bar[times[0]]
        exact = xT * std / (a * std**2 + 1 - a).sqrt()
        errors.append(float((finish(sampler(schedule, gaussian(schedule, std), xT, times)) - exact).norm()))
    slope = (math.log(errors[0]) - math.log(errors[-1])) / math.log(steps[-1] / steps[0])
    assert slope == pytest.approx(order, abs=0.2), errors


def test_the_fewer_evaluations_the_more_the_second_order_is_ahead():
    """At 12 evaluations of a smooth mixture: DPM-Solver++(2M) within 1 % of the exact answer, DDIM at over 5 %."""
    schedule, data = schedules.cosine(), points.moons(60)
    truth, fine = (oracle.mixture(s, data, torch.full((60,), 0.2)) for s in (schedule, schedules.cosine(10_000)))
    for seed in range(3):
        xT = noise((100, 2), seed)
        exact = finish(dpm_solver(fine.schedule, fine, xT, [10_000, *log_snr_times(fine.schedule, 1000)]))
        times = [1000, *log_snr_times(schedule, 11, loudest=4, quietest=0.04)]
        assert len(times) == 12 + 1
        found = [
            float((finish(sampler(schedule, truth, xT, times)) - exact).norm(dim=1).mean() / exact.norm(dim=1).mean())
            for sampler in (dpm_solver, ddim)
        ]
        assert found[0] < 0.01 and found[1] > 0.05, found


def test_heun_reuses_nothing():
    """Each step is by hand from the guess at its own start and at where Euler would arrive."""
    schedule, xt = schedules.linear(), noise((3, 2))
    denoiser = oracle.mixture(schedule, POINTS, torch.full((4,), 0.2))
    walk = list(heun(schedule, denoiser, xt, [900, 700, 400, 0]))
    signal, ratio = schedule.signal, schedule.noise_to_signal
    for t, s, state in zip([900, 700, 400], [700, 400, 0], walk[1:], strict=True):
        slope = (xt - signal[t] * denoiser(xt, t)) / schedule.noise[t]
        xs = signal[s] * (xt / signal[t] + (ratio[s] - ratio[t]) * slope)
        if s:
            slope_s = (xs - signal[s] * denoiser(xs, s)) / schedule.noise[s]
            xs = signal[s] * (xt / signal[t] + (ratio[s] - ratio[t]) * (slope + slope_s) / 2)
        torch.testing.assert_close(state.xt, xs, rtol=1e-9, atol=1e-9)
        xt = xs


def test_dpm_solver_begins_and_ends_as_ddim_and_differs_between():
    schedule, xT = schedules.linear(), noise((3, 2))
    denoiser = oracle.mixture(schedule, POINTS, torch.full((4,), 0.2))
    ours, theirs = (list(f(schedule, denoiser, xT, [900, 700, 500, 0])) for f in (dpm_solver, ddim))
    torch.testing.assert_close(ours[1].xt, theirs[1].xt)
    assert not ours[2].xt.allclose(theirs[2].xt)
    last = ddim(schedule, denoiser, ours[2].xt, [500, 0])
    torch.testing.assert_close(ours[3].xt, finish(last))


@pytest.mark.parametrize("sampler", [ddim, euler, heun, dpm_solver])
def test_what_draws_no_noise_leaves_the_generator_where_it_was(sampler, seeded):
    schedule, generator = schedules.cosine(), seeded(5)
    before = generator.get_state()
    denoiser = oracle.finite(schedule, POINTS)
    finish(sampler(schedule, denoiser, noise((3, 2)), [800, 300, 0], generator=generator))
    assert generator.get_state().equal(before)


@pytest.mark.parametrize("sampler", EVERY)
@pytest.mark.parametrize("where", ["schedule", "denoiser", "xT"])
@pytest.mark.parametrize("wrong", [None, 3, "ddim", torch.zeros(2).long(), UNet(width=8, multipliers=(1,))], ids=str)
def test_a_walk_of_other_things_is_refused(sampler, where, wrong, refused):
    given = {"schedule": LINEAR, "denoiser": lambda xt, t: xt, "xT": noise((2, 2))}
    if where == "denoiser" and callable(wrong):
        return
    with refused({"schedule": "Schedule", "denoiser": "denoiser", "xT": "x_T"}[where]):
        next(sampler(*(given | {where: wrong}).values(), [5, 0]))


@pytest.mark.parametrize("sampler", EVERY)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_walk_that_diverges_stops_and_says_so(sampler, bad, refused):
    def denoiser(xt, t):
        return xt * (bad if t < 500 else 1)

    walk, seen = sampler(LINEAR, denoiser, noise((2, 2)), [1000, 700, 400, 0]), []
    with refused("nan"):
        for state in walk:
            seen.append(state.t)
    assert seen in ([1000, 700, 400], [1000, 700]), "what came before it was handed out"
    with refused("x_T", "nan"):
        next(sampler(LINEAR, denoiser, noise((2, 2)) * bad, [1000, 0]))


@pytest.mark.parametrize("answer", [0.0, None, torch.zeros(2, 2).int(), torch.zeros(1, 2), torch.zeros(2, 2).numpy()])
def test_a_guess_that_is_not_like_xt_is_refused(answer, refused):
    for sampler in EVERY:
        with refused("(2, 2)"):
            finish(sampler(LINEAR, lambda xt, t: answer, noise((2, 2)), [5, 0]))


@pytest.mark.parametrize("shape", [(), (0, 2), (2.0, 2), "22", None, 5, (True, 2)], ids=repr)
def test_a_shape_that_is_none_is_refused(shape, refused):
    with refused("shape"):
        sample(LINEAR, lambda xt, t: xt, shape)


def test_sample_wants_a_schedule_a_sampler_and_a_seed(refused):
    denoiser = from_network(LINEAR, UNet(width=8, multipliers=(1,)))
    for call, given in (
        (lambda: sample(denoiser, LINEAR, (2, 1, 8, 8)), "Schedule"),
        (lambda: sample(LINEAR, denoiser, (2, 1, 8, 8), sampler="ddim"), "sampler"),
        (lambda: sample(LINEAR, denoiser, (2, 1, 8, 8), seed=None), "seed"),
        (lambda: sample(LINEAR, denoiser, (2, 1, 8, 8), seed=-1), "seed"),
        (lambda: sample(LINEAR, denoiser, (2, 1, 8, 8), times=50), "50"),
    ):
        with refused(given):
            call()


def test_a_walk_without_states_has_no_end(refused):
    walk = ddim(LINEAR, lambda xt, t: xt, noise((2, 2)), [5, 0])
    finish(walk)
    for nothing in ([], walk):
        with refused("ddim"):
            finish(nothing)


@pytest.mark.parametrize("eta", ["0", None, True, math.nan, [0.5]], ids=repr)
def test_an_eta_that_is_no_number_is_refused(eta, refused):
    for call in (
        lambda: next(ddim(LINEAR, lambda xt, t: xt, noise((2, 2)), [5, 0], eta=eta)),
        lambda: ddim_step(LINEAR, noise((2, 2)), 5, 3, noise((2, 2)), eta=eta),
    ):
        with refused("eta", "0", "1"):
            call()


def test_sample_drives_any_sampler_from_a_seed_and_tells_each_state():
    schedule, told = schedules.cosine(), []
    denoiser = oracle.finite(schedule, POINTS)
    for sampler in EVERY:
        told.clear()
        times = log_snr_times(schedule, 15)
        x0 = sample(
            schedule, denoiser, (5, 2), sampler=sampler, times=times, seed=3, each=lambda state: told.append(state.t)
        )
        assert x0.dtype == torch.float32 and told == times
        generator = torch.Generator().manual_seed(3)
        by_hand = finish(
            sampler(schedule, denoiser, torch.randn(5, 2, generator=generator), times, generator=generator)
        )
        assert x0.equal(by_hand) and x0.equal(sample(schedule, denoiser, (5, 2), sampler=sampler, times=times, seed=3))
        assert not x0.equal(sample(schedule, denoiser, (5, 2), sampler=sampler, times=times, seed=4))


def test_sample_takes_50_even_steps_unless_told_and_all_of_a_shorter_schedule():
    for schedule, steps in ((schedules.cosine(), 50), (schedules.cosine(7), 7)):
        asked = []
        sample(schedule, lambda xt, t, asked=asked: asked.append(t) or torch.zeros_like(xt), (1, 2))
        assert [*asked, 0] == even_times(schedule, steps)


def test_only_one_state_is_kept():
    """However many the steps, at most a few states are alive at once."""
    schedule, alive = schedules.cosine(), weakref.WeakSet()
    most = 0

    def count(state):
        nonlocal most
        alive.add(state)
        most = max(most, len(alive))

    for sampler in EVERY:
        sample(schedule, lambda xt, t: xt, (2, 2), sampler=sampler, times=even_times(schedule, 60), each=count)
    assert most <= 2


def test_a_second_run_of_the_same_sampler_remembers_nothing_of_the_first():
    schedule, xT, times = LINEAR, noise((3, 2)), even_times(LINEAR, 8)
    denoiser = oracle.mixture(schedule, POINTS, torch.full((4,), 0.2))
    first, second = (dpm_solver(schedule, denoiser, xT, times) for _ in range(2))
    for a, b in zip(first, second, strict=True):  # in turn, so that a shared memory would show
        assert a.xt.equal(b.xt)
