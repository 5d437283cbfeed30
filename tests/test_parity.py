"""diffusers counts from 0 (t_library = t - 1) and is float32; given our float64 alpha_bar, it agrees to 1e-10.

diffusers 从 0 数起（t_library = t - 1），且为 float32；换上我们的 float64 alpha_bar 后，与之相差不到 1e-10。
"""

import math
from itertools import pairwise

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
)

from course_utils import forward, oracle, schedules
from course_utils.denoisers import clipped, from_eps
from course_utils.reverse import reverse_step, sigma_beta, sigma_posterior
from course_utils.samplers import ddim, ddpm, dpm_solver, euler, euler_ancestral, heun
from course_utils.times import both_ends_times, even_times, karras_times, leading_times, log_snr_times

MANY_TIMES = [1, 2, 3, *range(10, 1000, 31), 998, 999, 1000]
SHAPE = (2, 3, 4, 4)
LINEAR = schedules.linear()
CLOSE = dict(rtol=1e-10, atol=1e-10)
SIGMAS = {"fixed_small": sigma_posterior, "fixed_large": sigma_beta}


def library(kind, schedule, **settings):
    """A scheduler of diffusers whose float32 arrays are replaced by ours in float64."""
    theirs = kind(num_train_timesteps=schedule.T, clip_sample=False, **settings)
    theirs.alphas_cumprod = schedule.alpha_bar[1:]
    theirs.alphas, theirs.betas = schedule.alpha[1:], schedule.beta[1:]
    theirs.one = theirs.final_alpha_cumprod = schedule.alpha_bar[0]
    return theirs


def state(t):
    """A random x_t of the size that real ones have, and a random eps_hat."""
    generator = torch.Generator().manual_seed(t)
    return torch.randn((2, *SHAPE), generator=generator, dtype=torch.float64)


@pytest.mark.parametrize(
    "ours, theirs", [("raw_linear", "linear"), ("raw_quadratic", "scaled_linear"), ("raw_sigmoid", "sigmoid")]
)
def test_betas_agree_as_far_as_float32_can_tell(ours, theirs):
    scheduler = DDPMScheduler(num_train_timesteps=400, beta_start=1e-4, beta_end=0.02, beta_schedule=theirs)
    torch.testing.assert_close(getattr(schedules, ours)(400).beta[1:].float(), scheduler.betas, rtol=1e-5, atol=1e-7)


def test_the_cosine_agrees_under_the_librarys_bounds():
    scheduler = DDPMScheduler(num_train_timesteps=400, beta_schedule="squaredcos_cap_v2")
    ours = schedules.raw_cosine(400, beta_min=0.0, beta_max=0.999)
    torch.testing.assert_close(ours.beta[1:].float(), scheduler.betas, rtol=1e-5, atol=1e-7)


def test_the_jump_and_v_agree(schedule):
    theirs, times = library(DDPMScheduler, schedule), torch.tensor(MANY_TIMES)
    x0, eps = torch.randn((2, len(times), 3, 4), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    xt = forward.forward_jump(schedule, x0, times, eps).xt
    torch.testing.assert_close(xt, theirs.add_noise(x0, eps, times - 1), rtol=1e-12, atol=1e-12)
    velocity = theirs.get_velocity(x0, eps, times - 1)
    torch.testing.assert_close(forward.v_from_eps(schedule, xt, times, eps), velocity, **CLOSE)


@pytest.mark.parametrize("variance_type", SIGMAS)
def test_ddpm_steps_agree(schedule, variance_type, seeded):
    # "fixed_small" holds the variance above 1e-20; that only matters at t = 1, where no noise is added.
    theirs = library(DDPMScheduler, schedule, variance_type=variance_type)
    for t in MANY_TIMES:
        xt, eps_hat = state(t)
        expected = theirs.step(eps_hat, t - 1, xt, generator=seeded(t))
        x0_hat = forward.x0_from_eps(schedule, xt, t, eps_hat)
        xs = reverse_step(schedule, xt, t, t - 1, x0_hat, sigma=SIGMAS[variance_type], generator=seeded(t))
        torch.testing.assert_close(xs, expected.prev_sample, **CLOSE)
        torch.testing.assert_close(x0_hat, expected.pred_original_sample, **CLOSE)


@pytest.mark.parametrize("eta", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("steps", [1000, 50])
def test_ddim_steps_agree(schedule, eta, steps, seeded):
    theirs = library(DDIMScheduler, schedule)
    theirs.set_timesteps(steps)
    for t in MANY_TIMES:
        s = max(t - 1000 // steps, 0)
        xt, eps_hat = state(t)
        expected = theirs.step(eps_hat, t - 1, xt, eta=eta, generator=seeded(t))
        times = [t, s, 0] if s else [t, 0]
        denoiser = from_eps(schedule, lambda xt, _, eps_hat=eps_hat: eps_hat)
        walk = ddim(schedule, denoiser, xt, times, eta=eta, generator=seeded(t))
        torch.testing.assert_close(next(walk).x0_hat, expected.pred_original_sample, **CLOSE)
        torch.testing.assert_close(next(walk).xt, expected.prev_sample, **CLOSE)


@pytest.mark.parametrize("variance_type", SIGMAS)
def test_a_whole_ddpm_walk_agrees(schedule, variance_type, seeded):
    theirs = library(DDPMScheduler, schedule, variance_type=variance_type)
    denoiser = oracle.finite(schedule, state(0)[0].clamp(-1, 1))
    xt, _ = state(1)
    ours = ddpm(schedule, denoiser, xt, even_times(schedule, 1000), sigma=SIGMAS[variance_type], generator=seeded(5))
    generator = seeded(5)
    for sample in ours:
        torch.testing.assert_close(sample.xt, xt, **CLOSE)
        if sample.t:
            xt = theirs.step(denoiser.eps(xt, sample.t), sample.t - 1, xt, generator=generator).prev_sample


@pytest.mark.parametrize("eta", [0.0, 0.7])
def test_a_whole_ddim_walk_agrees(schedule, eta, seeded):
    theirs = library(DDIMScheduler, schedule)
    theirs.set_timesteps(40)
    denoiser = oracle.finite(schedule, state(0)[0].clamp(-1, 1))
    xt, _ = state(1)
    times = [*(theirs.timesteps + 1).tolist(), 0]
    generator = seeded(5)
    for sample in ddim(schedule, denoiser, xt, times, eta=eta, generator=seeded(5)):
        torch.testing.assert_close(sample.xt, xt, **CLOSE)
        if sample.t:
            eps_hat = denoiser.eps(xt, sample.t)
            xt = theirs.step(eps_hat, sample.t - 1, xt, eta=eta, generator=generator).prev_sample


# Conventions of these four: all but DPM-Solver++ divide x_t by its signal, so that it begins as large as the noise
# ratio; all but Heun cast x_t to float32, hence 1e-5. Not from T of the cosine, where x_T over its signal is 64,000.
WALKERS = {
    "euler": (euler, EulerDiscreteScheduler, 1e-5),
    "ancestral": (euler_ancestral, EulerAncestralDiscreteScheduler, 1e-5),
    "heun": (heun, HeunDiscreteScheduler, 1e-10),
    "dpm": (dpm_solver, DPMSolverMultistepScheduler, 1e-5),
}


def walker(kind, schedule, times):
    """A scheduler of diffusers that goes through our times, with our noise ratios in float64."""
    theirs, at = kind(num_train_timesteps=schedule.T), torch.tensor(times)
    theirs.set_timesteps(len(times) - 1)
    if kind is HeunDiscreteScheduler:  # each time but the first and the last is visited twice
        at = torch.cat([at[:1], at[1:-1].repeat_interleave(2), at[-1:]])
    theirs.sigmas, theirs.timesteps = schedule.noise_to_signal[at], (at[:-1] - 1).to(theirs.timesteps.dtype)
    theirs.is_scale_input_called = True  # it is scaled below, in float64
    return theirs


@pytest.mark.parametrize("spacing", ["even", "log-SNR", "karras"])
@pytest.mark.parametrize("name", WALKERS)
def test_walks_over_noise_ratios_agree_step_by_step(schedule, name, spacing, seeded):
    sampler, kind, close = WALKERS[name]
    times = {
        "even": even_times(schedule, 25)[int(schedule.noise_to_signal[1000] > 200) :],
        "log-SNR": log_snr_times(schedule, 20),
        "karras": karras_times(schedule, 20),
    }[spacing]
    theirs, generator = walker(kind, schedule, times), {"generator": seeded(5)} if name == "ancestral" else {}
    denoiser = oracle.mixture(schedule, state(0)[0].clamp(-1, 1), torch.full((2,), 0.3))
    calls = iter(theirs.timesteps)

    def step(x, t):
        eps_hat = denoiser.eps((x * scale(t)).double(), t)
        return theirs.step(eps_hat, next(calls), x, **generator).prev_sample

    def scale(t):
        return 1.0 if kind is DPMSolverMultistepScheduler else schedule.signal[t]

    for now, after in pairwise(sampler(schedule, denoiser, state(1)[0], times, generator=seeded(5))):
        x = step(now.xt / scale(now.t), now.t)
        if name == "heun" and after.t:
            x = step(x, after.t)
        torch.testing.assert_close((x * scale(after.t)).double(), after.xt, rtol=close, atol=close)
    assert next(calls, None) is None


def test_times_agree_where_the_library_names_them():
    for ours, theirs in {"leading": leading_times, "linspace": both_ends_times, "trailing": even_times}.items():
        for steps in (10, 25, 40, 50, 200):
            scheduler = EulerDiscreteScheduler(timestep_spacing=ours)
            scheduler.set_timesteps(steps)
            shifted = [*(scheduler.timesteps + 1).tolist(), 0]
            assert all(abs(a - b) <= 0.5 for a, b in zip(shifted, theirs(LINEAR, steps), strict=True)), (ours, steps)


@pytest.mark.parametrize("steps", [5, 12, 30])
def test_karras_times_are_the_nearest_to_the_librarys_ratios(schedule, steps):
    scheduler = EulerDiscreteScheduler(use_karras_sigmas=True, timestep_spacing="trailing")
    times = karras_times(schedule, steps, quietest=0.1)
    ends = schedule.noise_to_signal[torch.tensor([times[0], times[-2]])].tolist()
    wanted = scheduler._convert_to_karras(torch.tensor(ends), steps)
    ratios = schedule.noise_to_signal[1:]
    assert times[:-1] == [int((ratios.log() - math.log(w)).abs().argmin()) + 1 for w in wanted]


# What lesson 07 says of the library, where it departs from the course.


def listed(kind, steps, spacing):
    """The library's own list of times, in our counting."""
    scheduler = kind(timestep_spacing=spacing)
    scheduler.set_timesteps(steps)
    return [*(scheduler.timesteps + 1).round().long().tolist(), 0]


def test_dpm_solver_takes_one_point_more_and_drops_the_last():
    for steps in (10, 25, 50):
        assert listed(DPMSolverMultistepScheduler, steps, "trailing") == even_times(LINEAR, steps)
        nearly = zip(listed(DPMSolverMultistepScheduler, steps, "linspace"), even_times(LINEAR, steps), strict=True)
        assert max(abs(a - b) for a, b in nearly) <= 1


@pytest.mark.parametrize(
    "spacing, steps, fits",
    [("leading", 30, True), ("trailing", 25, True), ("trailing", 30, False), ("linspace", 10, False)],
)
def test_ddim_steps_down_by_an_equal_count_whatever_its_list(spacing, steps, fits):
    schedule, ones = schedules.cosine(), torch.ones(SHAPE, dtype=torch.float64)
    theirs = library(DDIMScheduler, schedule, timestep_spacing=spacing)
    theirs.set_timesteps(steps)
    ends = []
    for t in theirs.timesteps:  # without noise in it, x_s is the signal's factor
        xs = theirs.step(0 * ones, t, ones * schedule.signal[t + 1]).prev_sample
        ends.append(int((schedule.signal - xs.flatten()[0]).abs().argmin()))
    assert (ends == listed(DDIMScheduler, steps, spacing)[1:]) == fits
    assert ends == [max(0, t + 1 - 1000 // steps) for t in theirs.timesteps.tolist()]


def test_both_clip_unless_told_and_ddim_keeps_the_old_noise():
    assert DDPMScheduler().config.clip_sample and DDIMScheduler().config.clip_sample
    schedule = schedules.cosine()
    theirs = library(DDIMScheduler, schedule)
    theirs.register_to_config(clip_sample=True)
    theirs.set_timesteps(10)
    xt, eps_hat = state(500)
    ours = list(ddim(schedule, clipped(from_eps(schedule, lambda *_: eps_hat)), xt, [500, 400, 0]))[1].xt
    anew = theirs.step(eps_hat, 499, xt, use_clipped_model_output=True).prev_sample
    torch.testing.assert_close(ours, anew, **CLOSE)
    assert not torch.allclose(ours, theirs.step(eps_hat, 499, xt).prev_sample, atol=1e-3)


@pytest.mark.parametrize("kind", [EulerDiscreteScheduler, EulerAncestralDiscreteScheduler, HeunDiscreteScheduler])
def test_three_of_them_begin_as_loud_as_their_walk(kind):
    for spacing in ("trailing", "linspace", "leading"):
        scheduler = kind(timestep_spacing=spacing)
        scheduler.set_timesteps(20)
        loudest = float(scheduler.sigmas.max())
        wanted = math.hypot(loudest, 1) if spacing == "leading" else loudest
        assert float(scheduler.init_noise_sigma) == pytest.approx(wanted)


def test_karras_spacing_of_the_library_spans_its_own_ratios():
    for spacing in ("trailing", "leading"):
        scheduler = EulerDiscreteScheduler(use_karras_sigmas=True, timestep_spacing=spacing)
        plain = EulerDiscreteScheduler(timestep_spacing=spacing)
        for one in (scheduler, plain):
            one.set_timesteps(20)
        for end in (0, -2):
            assert float(scheduler.sigmas[end]) == pytest.approx(float(plain.sigmas[end]), rel=1e-3)
