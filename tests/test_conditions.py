"""Conditions from pixels, against the exact posterior: which methods are right, and by how much the others are not.

以像素为条件的方法，与精确后验对照：哪些是对的，其余的差多少。
"""

import math
from functools import partial
from itertools import pairwise

import pytest
import torch

from course_utils import schedules
from course_utils.conditions import pseudoinverse_guided, replaced, replacing, sdedit
from course_utils.denoisers import from_eps, from_network, predict_eps
from course_utils.forward import forward_jump
from course_utils.gaussians import coordinates, gaussian_mixture
from course_utils.guidance import classifier_guided
from course_utils.reverse import ddim_step, euler_ancestral_step, reverse_step
from course_utils.samplers import ddim, ddpm, dpm_solver, euler_ancestral, finish, heun, stepwise
from course_utils.times import even_times, log_snr_times, resampled, wandering
from course_utils.unet import UNet

COSINE = schedules.cosine()
TILTED = torch.tensor([[[1.0, 0.9], [0.9, 1.0]]], dtype=torch.float64)
PRIOR = gaussian_mixture(COSINE, torch.zeros(1, 2), TILTED)
KNOWN, MASK = torch.tensor([1.5, 0.0], dtype=torch.float64), torch.tensor([True, False])
MEAN, STD = 1.35, (1 - 0.81) ** 0.5  # of the other coordinate, exactly
READ = coordinates(MASK)


def noise(n=4000, seed=0):
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def found(x0):
    """Mean and standard deviation of the coordinate that was not given, and the error of the mean."""
    assert float((x0[:, 0] - 1.5).abs().max()) < 0.05, "what is known is there"
    return float(x0[:, 1].mean()), float(x0[:, 1].std()), STD / len(x0) ** 0.5


# Walks with a step of one's own


@pytest.mark.parametrize(
    "sampler, step", [(ddpm, reverse_step), (ddim, ddim_step), (euler_ancestral, euler_ancestral_step)]
)
def test_on_falling_times_the_walk_is_the_sampler_of_its_step(sampler, step, schedule, seeded):
    times, prior = [1000, 730, 200, 10, 0], gaussian_mixture(schedule, torch.zeros(1, 2), TILTED)
    ours = stepwise(schedule, prior, noise(5), times, step=step, generator=seeded(1))
    for a, b in zip(ours, sampler(schedule, prior, noise(5), times, generator=seeded(1)), strict=True):
        assert a.t == b.t and a.xt.equal(b.xt) and a.x0_hat.equal(b.x0_hat)


def test_what_a_rise_draws_comes_from_the_generator_that_is_handed_in(seeded):
    found = [
        finish(stepwise(COSINE, PRIOR, noise(5), [1000, 300, 600, 0], step=ddim_step, generator=seeded(seed)))
        for seed in (1, 1, 2)
    ]
    assert found[0].equal(found[1]) and not found[0].allclose(found[2])


def test_a_rise_is_the_forward_process_and_asks_nobody(schedule, seeded):
    """From a known x_0: down to t, up to s, and x_s is what one jump from x_0 to s would be."""
    n, x0, asked = 40_000, 0.7, []

    def knows(xt, t):
        asked.append(t)
        return torch.full_like(xt, x0)

    states = list(stepwise(schedule, knows, noise(n), [1000, 300, 600, 0], generator=seeded(0)))
    assert asked == [1000, 600] and [state.t for state in states] == [1000, 600, 0]
    mean, std = float(schedule.signal[600]) * x0, float(schedule.noise[600])
    assert float(states[1].xt.mean()) == pytest.approx(mean, abs=5 * std / (2 * n) ** 0.5)
    assert float(states[1].xt.std()) == pytest.approx(std, abs=5 * std / (4 * n) ** 0.5)


def of_the_paper(T, jump, visits):
    """RePaint's own list, in steps of one: the states from T - 1, its clean image -1 (Lugmayr et al. 2022, code)."""
    left, t, states = {k: visits - 1 for k in range(0, T - jump, jump)}, T, []
    while t >= 1:
        t -= 1
        states.append(t)
        if left.get(t, 0) > 0:
            left[t] -= 1
            for _ in range(jump):
                t += 1
                states.append(t)
    return [*states, -1]


@pytest.mark.parametrize("T, jump, visits", [(20, 1, 3), (20, 4, 3), (25, 10, 10), (7, 7, 2), (6, 9, 4), (20, 5, 1)])
def test_resampled_times_are_repaints(T, jump, visits):
    ours, theirs = resampled(list(range(T, -1, -1)), jump=jump, visits=visits), of_the_paper(T, jump, visits)
    in_steps = [t for a, b in pairwise(ours) for t in (range(a + 1, b + 1) if b > a else [b])]
    assert [ours[0], *in_steps] == [state + 1 for state in theirs]
    assert wandering(schedules.linear(T), ours) == list(pairwise(ours))


def test_resampled_times_cost_their_steps_down():
    times = even_times(COSINE, 50)
    assert resampled(times, visits=1) == times
    again = resampled(times, jump=1, visits=10)
    down = sum(b < a for a, b in pairwise(again))
    assert down == 50 + 9 * 49 and set(again) == set(times)


# Which methods are right


def test_putting_known_pixels_back_completes_too_timidly(seeded):
    """Replacement is not the posterior: the mean lies far below, with either way of noising what is known."""
    times = even_times(COSINE, 100)
    coherent = ddpm(COSINE, replaced(PRIOR, KNOWN, MASK), noise(), times, generator=seeded(1))
    fresh = stepwise(COSINE, PRIOR, noise(), times, step=replacing(KNOWN, MASK), generator=seeded(1))
    for states in (coherent, fresh):
        mean, _, error = found(finish(states))
        assert MEAN - 0.6 < mean < MEAN - 0.2 and error < 0.01


def test_the_known_coordinate_is_noised_as_the_forward_process_would(seeded):
    times = even_times(COSINE, 50)
    for states in (
        ddpm(COSINE, replaced(PRIOR, KNOWN, MASK), noise(), times, generator=seeded(1)),
        stepwise(COSINE, PRIOR, noise(), times, step=replacing(KNOWN, MASK), generator=seeded(1)),
    ):
        for state in states:
            if state.t in (900, 500, 100):
                x, sd = state.xt[:, 0], float(COSINE.noise[state.t])
                assert float(x.mean()) == pytest.approx(1.5 * float(COSINE.signal[state.t]), abs=5 * sd / 4000**0.5)
                assert float(x.std()) == pytest.approx(sd, rel=0.06)


def test_repaint_comes_nearer_the_more_it_resamples(seeded):
    times, means = even_times(COSINE, 50), []
    for visits in (1, 3, 10):
        states = stepwise(
            COSINE,
            PRIOR,
            noise(2000),
            resampled(times, jump=1, visits=visits),
            step=replacing(KNOWN, MASK),
            generator=seeded(1),
        )
        means.append(found(finish(states))[0])
    assert means[0] < means[1] - 0.1 < means[2] - 0.2 and abs(means[2] - MEAN) < 0.1, means


def exact_on_round(std):
    return gaussian_mixture(COSINE, torch.zeros(1, 2), std**2 * torch.eye(2, dtype=torch.float64)[None])


@pytest.mark.parametrize("std", [0.0, 0.3])
@pytest.mark.parametrize("t", [1, 300, 700, 1000])
def test_a_measurement_is_heeded_exactly_where_its_assumption_holds(t, std, seeded):
    """Data of N(0, spread^2 I): the guess is that of the exact posterior, at every noise level."""
    prior = exact_on_round(0.6)
    measure, y = torch.tensor([[1.0, -0.5]], dtype=torch.float64), torch.tensor([0.7], dtype=torch.float64)
    xt = COSINE.noise[t] * noise(20) + COSINE.signal[t] * prior.draw(20, seeded(0))
    ours = pseudoinverse_guided(COSINE, prior, measure, y, std=std, spread=0.6)(xt, t)
    exact = prior.given(measure, y, std=std)(xt, t)
    torch.testing.assert_close(ours, exact, rtol=1e-5, atol=1e-5)


def test_heeding_a_measurement_is_being_guided_by_its_likelihood():
    measure, y, std, t = torch.tensor([[1.0, -0.5]], dtype=torch.float64), torch.tensor([0.7]).double(), 0.3, 400
    left = 1 - COSINE.alpha_bar[t]
    spread = left * float(measure @ measure.T) + std**2

    def log_probability(xt, t):
        return -((y - PRIOR(xt, t) @ measure.T) ** 2).sum(1) / (2 * spread)

    led = classifier_guided(COSINE, PRIOR, log_probability)(noise(9), t)
    torch.testing.assert_close(
        pseudoinverse_guided(COSINE, PRIOR, measure, y, std=std)(noise(9), t), led, rtol=1e-9, atol=1e-9
    )


def test_a_measurement_of_tilted_data_is_nearly_right_and_replacement_is_not(seeded):
    x0 = finish(ddim(COSINE, pseudoinverse_guided(COSINE, PRIOR, READ, KNOWN[:1]), noise(), log_snr_times(COSINE, 100)))
    mean, std, error = found(x0)
    assert abs(mean - MEAN) < 0.15 and error < 0.01 and 0.3 < std < 0.7


@pytest.mark.parametrize("sampler", [ddpm, ddim, euler_ancestral, heun, dpm_solver])
def test_every_sampler_drives_them(sampler, seeded):
    times = log_snr_times(COSINE, 30)
    for denoiser in (replaced(PRIOR, KNOWN, MASK), pseudoinverse_guided(COSINE, PRIOR, READ, KNOWN[:1])):
        x0 = finish(sampler(COSINE, denoiser, noise(50), times, generator=seeded(0)))
        assert float((x0[:, 0] - 1.5).abs().max()) < 0.05


def test_images_masks_and_networks(awake, seeded):
    """A U-Net, half of each image known: what is known comes back, in its type, and the network is left as it was."""
    network, x0 = awake(), torch.rand(3, 1, 8, 8, generator=seeded(0)) * 2 - 1
    mask = torch.zeros(1, 8, 8, dtype=torch.bool)
    mask[..., :4] = True
    xT, times = torch.randn(3, 1, 8, 8, generator=seeded(1)), even_times(COSINE, 10)
    plain = from_network(COSINE, network)
    with_gradients = from_eps(COSINE, partial(predict_eps, COSINE, network))
    y = x0[:, mask]
    ends = [
        finish(ddpm(COSINE, replaced(plain, x0, mask), xT, times, generator=seeded(2))),
        finish(stepwise(COSINE, plain, xT, resampled(times, jump=2, visits=2), step=replacing(x0, mask))),
    ]
    for end in ends:
        assert end.dtype == torch.float32 and end[:, mask].equal(y) and not end[:, ~mask].equal(x0[:, ~mask])
    heeded = pseudoinverse_guided(COSINE, with_gradients, coordinates(mask), y, std=0.1)(xT, 500)
    assert heeded.shape == xT.shape and heeded.dtype == torch.float32 and not heeded.requires_grad
    assert all(weight.grad is None for weight in network.parameters())


# Image to image


def test_an_image_begins_at_t_as_the_forward_process_would(seeded):
    x0, times = noise(6), even_times(COSINE, 20)
    start = sdedit(COSINE, x0, 430, times, generator=seeded(1))
    assert start.times == [430, 400, 350, 300, 250, 200, 150, 100, 50, 0]
    assert start.xT.equal(forward_jump(COSINE, x0, 430, generator=seeded(1)).xt)
    assert sdedit(COSINE, x0, 400, times).times[:2] == [400, 350] and sdedit(COSINE, x0, 1, times).times == [1, 0]
    assert sdedit(COSINE, x0, 1000, times).times == times
    assert len(list(ddim(COSINE, PRIOR, *start))) == 10


def test_the_earlier_it_ends_the_more_of_the_image_survives(seeded):
    """Between Gaussians the correlation with the image falls from 1 to 0 as t rises, and what comes out is data."""
    x0, kept = PRIOR.draw(3000, seeded(0)), []
    for t in (1, 300, 600, 1000):
        start = sdedit(COSINE, x0, t, even_times(COSINE, 100), generator=seeded(1))
        end = finish(ddpm(COSINE, PRIOR, *start, generator=seeded(2)))
        kept.append(float(torch.corrcoef(torch.stack([x0.sum(1), end.sum(1)]))[0, 1]))
        torch.testing.assert_close(end.T.cov(), TILTED[0], atol=0.12, rtol=0)
    assert kept[0] > 0.99 > kept[1] > kept[2] + 0.1 > kept[3] + 0.2 and abs(kept[3]) < 0.08, kept


# What is refused

X = torch.zeros(3, 2)


@pytest.mark.parametrize(
    "wrong, given",
    [
        (lambda d: replaced(None, KNOWN, MASK), ("denoiser", "None")),
        (lambda d: replaced(d, None, MASK), ("known", "None")),
        (lambda d: replaced(d, KNOWN, MASK.float()), ("mask", "torch.float32")),
        (lambda d: replaced(d, KNOWN, [True, False]), ("mask", "list")),
        (lambda d: replaced(d, KNOWN, torch.ones(3).bool())(X, 5), ("(3, 2)", "(2,)", "(3,)")),
        (lambda d: replaced(d, torch.zeros(3), MASK)(X, 5), ("(3, 2)", "(3,)")),
        (lambda d: replacing(KNOWN, MASK, None), ("step", "None")),
        (lambda d: replacing(KNOWN * math.nan, MASK), ("known", "nan")),
        (lambda d: replacing(KNOWN, None), ("mask", "None")),
        (lambda d: replacing(torch.zeros(4), MASK)(COSINE, X, 5, 3, X), ("(3, 2)", "(4,)")),
        (lambda d: replacing(KNOWN, MASK)(COSINE, X, 3, 5, X), ("3", "5")),
        (lambda d: pseudoinverse_guided(None, d, READ, KNOWN[:1]), ("schedule", "None")),
        (lambda d: pseudoinverse_guided(COSINE, 5, READ, KNOWN[:1]), ("denoiser", "5")),
        (lambda d: pseudoinverse_guided(COSINE, d, None, KNOWN[:1]), ("measure", "None")),
        (lambda d: pseudoinverse_guided(COSINE, d, READ, KNOWN), ("(1, 2)", "(2,)")),
        (lambda d: pseudoinverse_guided(COSINE, d, READ[0], KNOWN[:1]), ("(2,)", "(1,)")),
        (lambda d: pseudoinverse_guided(COSINE, d, READ, KNOWN[:1], std=-0.1), ("std", "-0.1")),
        (lambda d: pseudoinverse_guided(COSINE, d, READ, KNOWN[:1], spread=None), ("spread", "None")),
        (lambda d: pseudoinverse_guided(COSINE, d, READ[[0, 0]], KNOWN), ("std", "0.1")),
        (lambda d: pseudoinverse_guided(COSINE, d, READ, KNOWN[:1], spread=0), ("std", "0.1")),
        (lambda d: pseudoinverse_guided(COSINE, d, READ, KNOWN[:1])(torch.zeros(3, 5), 5), ("(1, 2)", "(3, 5)")),
        (lambda d: pseudoinverse_guided(COSINE, d, READ, torch.zeros(2, 1))(X, 5), ("(2, 1)", "(3, 2)")),
        (
            lambda d: pseudoinverse_guided(COSINE, lambda x, t: x.detach(), READ, KNOWN[:1])(X, 5),
            ("from_network", "predict_eps"),
        ),
        (lambda d: sdedit(None, X, 5, [9, 0]), ("schedule", "None")),
        (lambda d: sdedit(COSINE, X, 0, [9, 0]), ("0", "1000")),
        (lambda d: sdedit(COSINE, X, 5, [0, 9]), ("[0, 9]",)),
        (lambda d: sdedit(COSINE, X.int(), 5, [9, 0]), ("torch.int32",)),
        (lambda d: next(stepwise(COSINE, d, X, [9, 9, 0])), ("[9, 9, 0]",)),
        (lambda d: next(stepwise(COSINE, d, X, [9, 0, 5, 0])), ("[9, 0, 5, 0]",)),
        (lambda d: next(stepwise(COSINE, d, X, [9, 5])), ("[9, 5]",)),
        (lambda d: next(stepwise(COSINE, d, X, [0])), ("[0]",)),
        (lambda d: next(stepwise(COSINE, d, X, [9, 0], step=3)), ("step", "3")),
        (lambda d: next(stepwise(COSINE, None, X, [9, 0])), ("denoiser", "None")),
        (lambda d: next(stepwise(None, d, X, [9, 0])), ("schedule", "None")),
        (lambda d: next(stepwise(COSINE, d, X.int(), [9, 0])), ("x_T", "int32")),
        (lambda d: resampled(None), ("times", "None")),
        (lambda d: resampled([5, 0], jump=0), ("jump", "0")),
        (lambda d: resampled([5, 0], visits=1.5), ("visits", "1.5")),
    ],
)
def test_what_is_no_condition(wrong, given, refused):
    with refused(*given):
        wrong(lambda xt, t: xt)


def test_a_network_that_computes_no_gradients_is_told_how_to(refused):
    network = UNet(width=8, multipliers=(1,))
    mask = torch.ones(1, 8, 8).bool()
    with refused("from_network", "from_eps"):
        pseudoinverse_guided(COSINE, from_network(COSINE, network), coordinates(mask), torch.zeros(64))(
            torch.zeros(2, 1, 8, 8), 5
        )
