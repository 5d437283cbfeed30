"""Lesson 08: what its exercises take for the truth, beside the package and the exact answers.

第 08 课：练习所依据的真值，与本包及精确答案对照。
"""

import math

import torch

from course_utils import conditions, guidance, oracle, samplers, schedules
from course_utils.exercises import exercise, question
from course_utils.exercises.lesson_08.paper import by_the_oracle
from course_utils.randomness import standard_normal
from course_utils.times import even_times, resampled

SCHEDULE = schedules.cosine(100)
MEANS, STDS = torch.tensor([[-1.0, 0.5], [1.0, 0.0], [0.0, -1.0]]).double(), torch.tensor([0.5, 0.3, 0.4]).double()
TRUTH = oracle.labelled(oracle.mixture(SCHEDULE, MEANS, STDS), torch.tensor([0, 1, 1]))
CONDITIONAL, UNCONDITIONAL = TRUTH.conditional(1), TRUTH.unconditional


def drawn(seeded, *shape):
    return torch.randn(shape, generator=seeded(1), dtype=torch.float64)


def own(exercise_id):
    return exercise(exercise_id).reference()


def test_the_gradient_leads_to_the_exact_guess_with_the_label(seeded):
    xt = drawn(seeded, 50, 2)
    for t in (1, 20, 60, 100):
        gradient = guidance.uphill(xt, t, TRUTH.log_probability(1))
        found = own("08.gradient")(SCHEDULE, xt, t, UNCONDITIONAL(xt, t), gradient)
        assert torch.allclose(found, CONDITIONAL(xt, t), atol=1e-7), t


def test_the_guided_denoiser_and_the_interval_are_the_packages(seeded):
    xt = drawn(seeded, 50, 2)
    for scale in (0.0, 1.0, 2.5):
        both = (make(CONDITIONAL, UNCONDITIONAL, scale)(xt, 40) for make in (own("08.guided"), guidance.guided))
        assert torch.allclose(*both)
    sigma = own("08.interval")(SCHEDULE, 0.28, 2.9)
    log_snr = guidance.log_snr_between(SCHEDULE, -2 * math.log(2.9), -2 * math.log(0.28))
    inside = [sigma(t) for t in range(1, 101)]
    assert inside == [log_snr(t) for t in range(1, 101)] and 10 < sum(inside) < 90


def test_a_step_of_inpainting_is_the_packages(seeded):
    xt, x0_hat, known = drawn(seeded, 3, 5, 4)
    mask = torch.tensor([True, False, True, False])
    for t, s in ((90, 40), (9, 0)):
        step = conditions.replacing(known, mask)(SCHEDULE, xt, t, s, x0_hat, generator=seeded(2))
        generator = seeded(2)
        z, eps = (standard_normal(xt, generator) for _ in range(2))
        mine = own("08.inpaint")(SCHEDULE, xt, t, s, x0_hat, known, mask.expand(5, 4), z, eps)
        assert torch.allclose(mine, step), (t, s)


def test_the_scale_is_found_again(seeded):
    c, u = drawn(seeded, 2, 5, 4)
    for scale in (-1.0, 0.0, 3.5):
        mixed = guidance.guided(lambda xt, t: c, lambda xt, t: u, scale)(u, 1)
        assert math.isclose(own("08.scales")(c, u, mixed), scale, abs_tol=1e-12)


def test_the_pull_on_paper_is_the_oracles():
    for case in ((0.5, 1.0, 0.5, 0.5), (0.9, 2.0, 0.3, 0.99), (0.05, 0.7, 1.0, 0.02)):
        assert math.isclose(own("08.paper")(*case), by_the_oracle(*case), rel_tol=1e-9), case


def test_the_sampler_is_the_packages_guidance_replacement_and_resampling(seeded):
    """From the same generator: a step down draws twice, once for the known pixels, and a rise once."""
    times = resampled(even_times(SCHEDULE, 8), jump=3, visits=2)
    rises = [s > t for t, s in zip(times, times[1:], strict=False)]
    xT, known, mask = drawn(seeded, 6, 2), torch.tensor([0.3, math.nan]).double(), torch.tensor([True, False])
    step = conditions.replacing(known.nan_to_num(), mask)
    denoiser = guidance.guided(CONDITIONAL, UNCONDITIONAL, 2.0)
    walk = samplers.stepwise(SCHEDULE, denoiser, xT, times, step=step, generator=seeded(3))
    generator, z = seeded(3), torch.zeros(len(rises), 2, 6, 2, dtype=torch.float64)
    for i, up in enumerate(rises):
        for k in range(1 if up else 2):
            z[i, k] = standard_normal(xT, generator)
    mine = own("08.build")(SCHEDULE, CONDITIONAL, UNCONDITIONAL, 2.0, known, mask, xT, times, z)
    assert sum(rises) > 1 and torch.allclose(mine, samplers.finish(walk))
    assert torch.equal(mine[:, 0], torch.full((6,), 0.3).double())


def test_the_figures_that_settle_a_question_show_what_was_asked():
    drawn, stretches = (question(which).figure() for which in ("08.sharpened", "08.where"))
    assert "histograms of samples, DDIM, scale 3" in drawn.en
    assert stretches.en.startswith("Bars for 4 parts")
