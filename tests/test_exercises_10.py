"""Lesson 10: what its exercises take for the truth, beside the package and the exact answers.

第 10 课：练习所依据的真值，与本包及精确答案对照。
"""

import math
import time

import pytest
import torch

from course_utils import flows, oracle, paths, schedules, sde
from course_utils.exercises import exercise, judge
from course_utils.exercises.lesson_10 import sliders
from course_utils.exercises.lesson_10.build_solver import heun
from course_utils.exercises.lesson_10.build_trials import Small
from course_utils.experiments import dial, flow_moons, reflow, two_clocks

SCHEDULE = schedules.linear(1000)
PATHS = [paths.straight, paths.variance_preserving(SCHEDULE), paths.variance_exploding()]
MEANS, STDS = torch.tensor([[-1.0, 0.5], [1.0, 0.0]]).double(), torch.tensor([0.5, 0.3]).double()
TRUTH = oracle.mixture(SCHEDULE, MEANS, STDS)


def drawn(seeded, *shape):
    return torch.randn(shape, generator=seeded(1), dtype=torch.float64)


def own(exercise_id):
    return exercise(exercise_id).reference()


@pytest.mark.parametrize("path", PATHS)
def test_guess_and_rates_are_the_packages_on_every_path(path, seeded):
    xt, slope = drawn(seeded, 2, 5, 3)
    for t in (0.1, 0.4, 0.9):
        now = paths.at(path, t)
        ends = paths.ends_from_score(path, xt, t, slope)
        assert torch.allclose(own("10.tweedie")(xt, slope, now.signal, now.noise), ends.x0)
        assert torch.allclose(torch.stack(own("10.rates")(*now)), torch.stack(sde.rates(path, t)), rtol=1e-9)


def test_the_guess_from_the_exact_score_is_the_exact_guess(seeded):
    xt = drawn(seeded, 40, 2)
    for t in (50, 400, 900):
        guess = own("10.tweedie")(xt, TRUTH.score(xt, t), SCHEDULE.signal[t], SCHEDULE.noise[t])
        assert torch.allclose(guess, TRUTH(xt, t), atol=1e-9), t


def test_a_step_of_langevin_and_a_step_back_are_the_packages(seeded):
    x, path = drawn(seeded, 6, 2), PATHS[1]
    _, walked = sde.langevin(torch.sin, x, 1, size=0.07, generator=seeded(2))
    assert torch.equal(own("10.langevin")(x, torch.sin, 0.07, seeded(2)), walked.xt)
    score = flows.score_field(path, flows.guess_of_oracle(TRUTH))
    for noise in (0.0, 0.6, 1.0):
        _, walked = sde.reverse_sde(path, score, x, [0.6, 0.55], noise=noise, generator=seeded(3))
        f, g2 = map(float, sde.rates(path, 0.6))
        mine = own("10.reverse")(x, 0.6, 0.55, score(x, 0.6), f, g2, noise, seeded(3))
        assert torch.allclose(mine, walked.xt, atol=1e-12), noise


def test_a_batch_is_the_packages_point_and_velocity(seeded):
    x0, eps = drawn(seeded, 2, 4, 1, 3, 2)
    t = torch.rand(4, generator=seeded(4), dtype=torch.float64)
    xt, target = own("10.target")(x0, eps, t)
    ends = paths.Pair(x0, eps)
    assert torch.allclose(xt, paths.point(paths.straight, t, ends))
    assert torch.allclose(target, paths.velocity(paths.straight, t, ends))


def test_straightness_of_an_arc_is_known(seeded):
    """A quarter of a circle: pi / 2 over the root of 2; a straight way beside it: 1."""
    angle = torch.linspace(0, math.pi / 2, 2001, dtype=torch.float64)
    arc = torch.stack([angle.cos(), angle.sin()], 1)
    line = torch.stack([angle, 2 * angle + 1], 1)
    assert math.isclose(own("10.straight")(arc[:, None]), math.pi / 2**1.5, rel_tol=1e-6)
    both = own("10.straight")(torch.stack([arc, line], 1))
    assert math.isclose(both, (1 + math.pi / 2**1.5) / 2, rel_tol=1e-6)


def test_the_log_density_is_the_mixtures_own(seeded):
    """Euler's error is of first order: halved steps, half of it."""
    field = flows.velocity_field(paths.straight, flows.guess_of_oracle(TRUTH))
    x, errors, h = drawn(seeded, 8, 2), [], 1e-5 * torch.eye(2, dtype=torch.float64)

    def divergence(x, t):
        return sum((field(x + h[i], t) - field(x - h[i], t))[:, i] / 2e-5 for i in range(2))

    each = torch.distributions.Normal(MEANS[:, None], STDS[:, None, None]).log_prob(x).sum(2)
    exact = each.logsumexp(0) - math.log(2)
    for steps in (100, 200):
        times = torch.linspace(1e-4, 1, steps + 1, dtype=torch.float64).tolist()
        errors.append(float((own("10.likely")(field, divergence, x, times) - exact).abs().max()))
    assert errors[1] < 0.1 and 1.6 < errors[0] / errors[1] < 2.4, errors


def test_edms_point_lies_where_the_straight_path_is_as_noisy(seeded):
    ends = paths.Pair(*drawn(seeded, 2, 5, 3))
    for sigma in (0.01, 1.0, 14.0):
        x, t = own("10.edm")(ends.x0 + sigma * ends.eps, sigma)
        assert math.isclose(t, paths.time_on(paths.straight, -2 * math.log(sigma)), rel_tol=1e-9)
        assert torch.allclose(x, paths.point(paths.straight, t, ends))


def test_the_pace_on_paper_is_the_packages_velocity(seeded):
    x = drawn(seeded, 5, 1)
    for s, t in ((0.5, 0.5), (1.3, 0.2), (0.8, 0.99)):
        bell = oracle.mixture(SCHEDULE, torch.zeros(1, 1).double(), torch.tensor([s]).double())
        field = flows.velocity_field(paths.straight, flows.guess_of_oracle(bell))
        assert torch.allclose(own("10.paper")(s, t) * x, field(x, t), atol=1e-7), (s, t)
    assert math.isclose(own("10.paper")(0.5, 0.5), 6 / 5)


def test_the_score_from_the_velocity_is_that_from_the_guess(seeded):
    xt, guess = drawn(seeded, 5, 2), flows.guess_of_oracle(TRUTH)
    field, score = (of(paths.straight, guess) for of in (flows.velocity_field, flows.score_field))
    for t in (0.02, 0.5, 1.0):
        assert torch.allclose(own("10.noisy")(xt, field(xt, t), t), score(xt, t), atol=1e-7), t


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_flow_is_the_packages_velocity_and_whole_samples(dtype, seeded):
    network, noise = Small(6, seeded(5), dtype), torch.randn(4, 1, 2, 3, generator=seeded(6)).to(dtype)
    for labels in (None, torch.tensor([3, 0, 9, 3])):
        mine = own("10.build")(network, labels)
        field = flows.velocity_field(paths.straight, flows.guess_of_network(network, labels))
        for t in (1.0, 0.999, 0.5, 0.03):
            assert torch.allclose(mine.velocity(noise, t), field(noise, t), atol=1e-4), t
        times = [1 - k / 20 for k in range(20)] + [0.0]
        assert torch.allclose(mine.sample(noise, times), heun(field, noise, times), atol=1e-4)
        assert not mine.sample(noise, times).requires_grad


def test_checks_are_quick():
    began = time.process_time()
    for name in ("likely", "build"):
        assert judge(f"10.{name}", own(f"10.{name}"), 3).right
    assert time.process_time() - began < 3  # a third of a second each where nothing else runs


def test_the_tasks_of_the_sliders_have_these_answers():
    """The judges know three numbers; here they are found again, on the settings that the tasks name."""
    weak = dial.dial_scores()["10 % weak"](0)

    def worst(noise):
        ends = (dial.dialled(weak, noise, 50, seed, 200) for seed in range(6))
        return max(flow_moons.distance_to_moons(x0, 1000, dial.COMPARED) for x0 in ends)

    assert worst(sliders.HEALED) < sliders.NEAR < worst(sliders.HEALED - 0.25)
    assert two_clocks.told_from(9) == sliders.TOLD
    assert abs(reflow.straight_from(flow_moons.moon_flow()) - sliders.LATEST) <= sliders.WITHIN
