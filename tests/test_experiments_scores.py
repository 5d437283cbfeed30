"""Scores on the line and drifts with a known answer: what lesson 10 measures there, each beside a second way to it.

直线上的得分与答案已知的漂移：第 10 课在那里量的，每一项都另有一条路可以核对。
"""

from itertools import pairwise

import pytest
import torch

from course_utils import oracle, schedules, sde
from course_utils.experiments import drifts, scores
from course_utils.flows import guess_of_oracle, score_field
from course_utils.paths import at, straight, variance_exploding
from course_utils.randomness import seeded

VP, PLACES = scores.vp_path(), torch.linspace(-2.5, 2.5, 251, dtype=torch.float64)

TIMES = [0.01, 0.05, 0.2, 0.5, 0.9]
CLOSE = dict(rtol=1e-8, atol=1e-8)
X = torch.linspace(-5, 5, 1001, dtype=torch.float64)
BELLS = scores.uneven_bells()
MEAN = float(BELLS.weights @ BELLS.means[:, 0])
STD = float((BELLS.weights @ (BELLS.stds**2 + BELLS.means[:, 0] ** 2) - MEAN**2).sqrt())


# Scores


@pytest.mark.parametrize("t", TIMES)
def test_quadrature_finds_density_and_score_and_tweedies_formula_holds(t):
    found, now, x = (
        scores.by_quadrature(PLACES, t),
        at(VP, t),
        PLACES,
    )
    torch.testing.assert_close(found.density, scores.exact_density(x, t), **CLOSE)
    torch.testing.assert_close(found.score, scores.exact_score(x, t), **CLOSE)
    torch.testing.assert_close((x + now.noise**2 * found.score) / now.signal, found.x0, **CLOSE)
    torch.testing.assert_close(-now.noise * found.score, found.eps, **CLOSE)
    torch.testing.assert_close(now.signal * found.x0 + now.noise * found.eps, x, **CLOSE)


@pytest.mark.parametrize("t", TIMES)
def test_densities_have_area_one_and_their_score_is_the_slope_of_their_logarithm(t):
    q = scores.exact_density(X, t)
    assert float(torch.trapezoid(q, X)) == pytest.approx(1, abs=1e-6)
    slope = (q[2:].log() - q[:-2].log()) / (X[2:] - X[:-2])
    inside = q[1:-1] > 1e-6
    torch.testing.assert_close(slope[inside], scores.exact_score(X[1:-1], t)[inside], rtol=1e-2, atol=0.05)


@pytest.mark.parametrize("t", TIMES)
def test_the_constant_is_the_least_loss_of_eps_and_what_x_t_leaves_open_of_x_0(t):
    x, now = torch.linspace(-8, 8, 401, dtype=torch.float64), at(VP, t)
    of_x0 = BELLS.weights @ (BELLS.stds**2 + BELLS.means[:, 0] ** 2)
    known = torch.trapezoid(scores.exact_density(x, t) * scores.by_quadrature(x, t).x0 ** 2, x)
    left = of_x0 - known  # E Var(x_0 | x_t), by the law of total variance
    assert scores.constant(t) == pytest.approx(float(now.signal**2 / now.noise**4 * left), rel=1e-5)


@pytest.mark.parametrize("t", [0.05, 0.2, 0.5])
@pytest.mark.parametrize("name", ["exact", "half", "reversed", "one bell", "zero"])
def test_the_three_losses_differ_by_the_same_whatever_is_scored(t, name):
    row = scores.matched(scores.candidates(t)[name], t, seed=3)
    for found, exact in ((row.denoising_above, scores.constant(t)), (row.implicit_above, -scores.information(t))):
        assert 0 < found.error < 0.1 * abs(exact)
        assert abs(found.value - exact) < 4 * found.error
    assert row.denoising.value - row.explicit.value == pytest.approx(row.denoising_above.value, abs=1e-9)


def test_the_exact_score_is_the_least_of_each_loss_and_only_score_matching_calls_it_0():
    of = {name: scores.matched(candidate, 0.2) for name, candidate in scores.candidates(0.2).items()}
    exact = of.pop("exact")
    assert exact.explicit.value == 0 < exact.denoising.value
    for other in of.values():
        for loss in ("explicit", "denoising", "implicit"):
            assert getattr(other, loss).value > getattr(exact, loss).value + 4 * exact.denoising.error


def test_error_bars_are_those_of_other_draws():
    found = [scores.matched(lambda x: -x, 0.2, n=500, seed=seed).denoising for seed in range(60)]
    spread = float(torch.tensor([one.value for one in found]).std())
    assert sum(one.error for one in found) / 60 == pytest.approx(spread, rel=0.3)


def test_multiples_of_the_exact_score_are_best_at_one():
    factors = torch.linspace(0, 2, 9)
    found = scores.scaled_losses(0.2, factors, n=20_000)
    assert list(found) == ["explicit", "denoising", "implicit"]
    for values in found.values():
        assert values.index(min(values)) == 4
    assert found["explicit"][4] == 0


@pytest.mark.parametrize("t", [0, -0.1, 1.1, "0.5", None], ids=repr)
def test_what_is_no_time(t, refused):
    for call in (scores.exact_density, scores.exact_score, scores.by_quadrature):
        with refused("t", "0.001", "1"):
            call(X, t)
    with refused("t", "0.001"):
        scores.matched(lambda x: -x, t)


def test_what_is_no_candidate(refused):
    with refused("candidate"):
        scores.matched(None, 0.2)


# Drifts


def test_the_forward_walks_std_is_that_of_euler_and_maruyama():
    """One step at a time: from 0 and from 1 what `forward_sde` does, linear in x, and the noise that it draws."""
    variance, start = drifts.STD**2, torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    for t, s in pairwise(drifts.evenly(20)):
        *_, end = sde.forward_sde(VP, start, [t, s], generator=seeded(1))
        z = torch.randn(2, 1, generator=seeded(1), dtype=torch.float64)
        added = float(end.xt[0] / z[0])
        variance = float(end.xt[1] - added * z[1]) ** 2 * variance + added**2
    assert float(drifts.forward_std(20)[-1]) == pytest.approx(variance**0.5, rel=1e-9)


@pytest.mark.parametrize("factor, noise", [(1.0, 1.0), (0.5, 0.0), (0.625, 0.5)])
def test_the_walk_backs_std_is_that_of_the_reverse_sde(factor, noise):
    truth = oracle.mixture(schedules.linear(), torch.zeros(1, 1), torch.tensor([drifts.STD]))
    exact, start = (
        score_field(VP, guess_of_oracle(truth)),
        torch.tensor([[0.0], [1.0]], dtype=torch.float64),
    )
    variance = float(drifts.known_std([1.0])) ** 2
    for t, s in pairwise(drifts.evenly(20, falling=True)):
        *_, end = sde.reverse_sde(VP, exact, start, [t, s], noise=noise, generator=seeded(1))
        z = torch.randn(2, 1, generator=seeded(1), dtype=torch.float64)
        added = float(end.xt[0] / z[0])
        variance = float(end.xt[1] - added * z[1]) ** 2 * variance + added**2
    assert float(drifts.backward_std(factor, noise, steps=20)[-1]) == pytest.approx(variance**0.5, rel=1e-6)


def test_the_forward_walks_error_falls_with_the_steps():
    wrong = {n: float(drifts.forward_std(n)[-1] - drifts.known_std([1.0])) for n in (100, 200, 400)}
    assert wrong[100] / wrong[200] == pytest.approx(2, rel=0.05)
    assert wrong[200] / wrong[400] == pytest.approx(2, rel=0.05)
    ve = variance_exploding(0.05, 5.0)
    assert float(drifts.forward_std(400, path=ve)[-1] / drifts.known_std([1.0], path=ve)) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("noise, right", [(1, 1.0), (0, 0.5)])
def test_of_four_drifts_one_keeps_the_known_std(noise, right):
    known = drifts.known_std(drifts.evenly(drifts.STEPS, falling=True))
    off = {c: float((drifts.backward_std(c, noise) / known).log().abs().max()) for c in drifts.FACTORS}
    assert off.pop(right) < 0.01 and min(off.values()) > 1  # within a hundredth; the others by a factor of e


@pytest.mark.parametrize("std", [0.2, 1.0, 2.0])
def test_this_does_not_hang_on_the_std_of_the_data(std):
    for factor, noise in ((1, 1), (0.5, 0)):
        assert float(drifts.backward_std(factor, noise, std=std)[-1]) == pytest.approx(std, rel=0.03)


@pytest.mark.parametrize("factor, noise", [(1, 1), (0.5, 0)])
def test_the_right_pairs_draw_the_two_bells(factor, noise):
    x0 = drifts.walked_back(factor, noise, seed=1)
    found = drifts.std_of(x0)
    assert abs(found.value - STD) < 4 * found.error
    assert abs(float(x0.mean()) - MEAN) < 4 * STD / len(x0) ** 0.5


def test_with_half_the_drift_noise_spreads_them_and_with_all_of_it_and_none_they_fall_into_one():
    wide, narrow = drifts.walked_back(0.5, 1, n=500), drifts.walked_back(1, 0, n=500)
    assert drifts.std_of(wide).value > 1.5 * STD
    assert drifts.std_of(narrow).value < 0.02 * STD


def test_a_spreads_error_is_that_of_other_draws():
    found = [drifts.std_of(BELLS.draw(200, seeded(seed))[:, 0]) for seed in range(100)]
    apart = float(torch.tensor([one.value for one in found]).std())
    assert sum(one.error for one in found) / 100 == pytest.approx(apart, rel=0.25)
    assert sum(one.value for one in found) / 100 == pytest.approx(STD, rel=0.02)


# Fokker and Planck


def apart(path, n, steps, end=0.5):
    """How far the solved density is from the exact one of a Gaussian at the end, and its mass."""
    x = torch.linspace(-6, 6, n, dtype=torch.float64)
    times = torch.linspace(0.05, end, steps + 1, dtype=torch.float64).tolist()
    of = [(-(x**2) / (2 * std**2)).exp() / std / (2 * torch.pi) ** 0.5 for std in drifts.known_std(times, path=path)]
    solved = drifts.fokker_planck(path, x, of[0], times)
    assert solved.shape == (steps + 1, n)
    assert float((solved[-1].sum() - of[0].sum()).abs() * (x[1] - x[0])) < 1e-9
    return float((solved[-1] - of[-1]).abs().max())


@pytest.mark.parametrize("path", [VP, variance_exploding(0.1, 2.0), straight], ids=["VP", "VE", "straight"])
def test_what_is_solved_is_the_exact_density_to_second_order(path):
    coarse, fine = apart(path, 241, 100), apart(path, 481, 200)
    assert fine < 2e-3 and coarse / fine == pytest.approx(4, rel=0.15)


def test_the_two_bells_are_solved_too_and_walked():
    times = drifts.evenly(drifts.STEPS)[1:]
    solved = drifts.fokker_planck(VP, X, scores.exact_density(X, times[0]), times)
    walked = [state.xt[:, 0] for state in drifts.walked_forward(n=4000)]
    for i in (50, 200, 499):
        torch.testing.assert_close(solved[i], scores.exact_density(X, times[i]), rtol=0, atol=2e-3)
        below = float(torch.trapezoid(solved[i] * (X < 0), X))
        share = float((walked[i + 1] < 0).double().mean())
        assert share == pytest.approx(below, abs=4 * 0.5 / 4000**0.5)


@pytest.mark.parametrize("steps", [0, 1.5, "9", None, True], ids=repr)
def test_what_is_no_number_of_steps(steps, refused):
    for call in (drifts.evenly, drifts.forward_std, lambda n: drifts.backward_std(1, 1, steps=n)):
        with refused("steps"):
            call(steps)


@pytest.mark.parametrize("value", [float("nan"), "1", None], ids=repr)
def test_what_is_no_factor_and_no_noise(value, refused):
    for call in (drifts.backward_std, drifts.walked_back):
        with refused("factor"):
            call(value, 1)
        with refused("noise"):
            call(1, value)
