"""Odd answers and calls of lesson 10: each is refused, and the refusal says what is wrong.

第 10 课的古怪答案与调用：都被拒绝，而且说明错在哪里。
"""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from course_utils import flows, likelihood, paths, schedules, sde
from course_utils.exercises import exercise
from course_utils.exercises.judging import fault_of
from course_utils.exercises.lesson_10.build_flow import Flow
from course_utils.experiments import couplings, dial, drifts, forgiving, reflow, scores
from course_utils.mlp import MLP

X = torch.randn(3, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
VP = paths.variance_preserving(schedules.linear())


def guess(x, log_snr):
    return 0.5 * x


def TO_0(x, log_snr):
    return 0 * x


FIELD, SCORE = flows.velocity_field(paths.straight, guess), flows.score_field(VP, guess)


def fault(exercise_id, answer, part=None):
    piece = exercise(exercise_id)
    found = fault_of(piece.parts[part].judge if part else piece.judge, answer, torch.Generator().manual_seed(0))
    return found and found[0]


# Answers


def with_a_copy(x, score, size, generator):
    own = torch.Generator().manual_seed(generator.initial_seed())
    return x + size * score(x) + (2 * size) ** 0.5 * torch.randn(x.shape, generator=own, dtype=x.dtype)


def test_noise_from_a_copy_of_the_generator_is_the_same_at_every_step():
    assert "the same noise" in fault("10.langevin", with_a_copy)


def test_a_tensor_changed_in_place_is_called_that_and_no_type_error():
    def rates(a, b, da, db):
        db -= da / a * b
        return da / a, 2 * b * db

    said = fault("10.rates", rates)
    assert "changes db itself" in said and "TypeError" not in said


class LastByIndex(Flow):
    def sample(self, noise, times):
        x = noise
        for i, (t, s) in enumerate(pairwise(times)):
            slope = self.velocity(x, t)
            ahead = x + (s - t) * slope
            x = x + (s - t) * (slope + self.velocity(ahead, s)) / 2 if i < len(times) - 2 else ahead
        return x


class AlwaysTo0(Flow):
    def sample(self, noise, times):
        return super().sample(noise, times if times[-1] == 0 else [*times, 0.0])


class NothingKept(Flow):
    def __init__(self, network, labels=None):
        pass


class LogOfZero(Flow):
    def velocity(self, xt, t):
        return math.log((1 - t) / t) + self.network(xt, torch.tensor(0.0))


def test_a_walk_that_ends_before_0_is_told_what_is_wrong_there():
    assert "only a step to 0 is Euler's" in fault("10.build", LastByIndex, "whole")
    assert "walks on to 0" in fault("10.build", AlwaysTo0, "whole")


# Calls


@pytest.mark.parametrize(
    "call, given",
    [
        (lambda: flows.velocity_field(guess, paths.straight), "guess(x, log_snr)"),
        (lambda: FIELD(X.numpy(), 0.3), "ndarray"),
        (lambda: FIELD([[1.0, 2.0]], 0.3), "list"),
        (lambda: flows.moved_to(paths.straight, FIELD, VP)(X.numpy(), 0.3), "ndarray"),
        (lambda: flows.guess_of_oracle(scores.uneven_bells())(X[:, :1], torch.rand(3)), "torch.float32 (3,)"),
        (lambda: flows.guess_of_oracle(scores.uneven_bells())(X[:, :1], None), "None"),
        (lambda: flows.guess_of_oracle(scores.uneven_bells())(X[:, :1], math.nan), "nan"),
        (lambda: list(sde.reverse_sde(VP, lambda x: -x, X, [1.0, 0.5])), "<lambda>(x)"),
        (lambda: list(sde.reverse_sde(VP, lambda x, t: x * math.nan, X, [1.0, 0.5])), "nan"),
        (lambda: list(sde.reverse_sde(VP, guess, X, [1.0, 0.5])), "flows.score_field(path, guess)"),
        (lambda: list(sde.reverse_sde(VP, MLP(), X, [1.0, 0.5])), "flows.guess_of_network(network)"),
        (lambda: list(sde.annealed_langevin(VP, guess, X, [0.9, 0.5], steps=1)), "log_snr"),
        (lambda: list(sde.langevin(SCORE, X, 2, size=0.1)), "lambda x: score(x, t)"),
        (lambda: flows.velocity_field(paths.straight, MLP()), "flows.guess_of_network(network)"),
        (lambda: flows.score_field(VP, scores.uneven_bells()), "flows.guess_of_oracle(truth)"),
        (lambda: flows.clock(paths.straight, [0, 1e-6, 2e-6, 1]), "1e-06"),
        (lambda: flows.clock(lambda t: paths.straight(1 - t), [0, 0.3, 0.6]), "0.6"),
        (lambda: list(sde.langevin(lambda x: -(x**9), 9 * X, 20, size=9.0)), "size"),
        (lambda: list(sde.annealed_langevin(VP, lambda x: -x, X, [0.9, 0.5], steps=1)), "<lambda>(x)"),
        (lambda: list(sde.annealed_langevin(VP, SCORE, X, [1.0, 0.0], steps=1)), "torch.linspace(0.999, 0.01, 60)"),
        (lambda: likelihood.log_density(paths.straight, FIELD, X, [0.1, 0.5]), "0.5"),
        (
            lambda: likelihood.log_density(paths.straight, FIELD, X, [0.5, 1.0], divergence=likelihood.hutchinson),
            "hutchinson(probes=4)",
        ),
        (lambda: likelihood.hutchinson(2, 3), "3"),
        (lambda: forgiving.kept_of_push(0.5, -1), "-1"),
        (lambda: forgiving.harm_of_error(0.5, "1"), "'1'"),
        (lambda: forgiving.kept_of_push(0.5, 1, -1), "std"),
        (lambda: forgiving.walked_width(1, 0), "steps"),
        (lambda: scores.matched(lambda x: 1.0, 0.2, n=10), "1.0"),
        (lambda: paths.at(paths.straight, np.array([0.1, 0.2])), "array([0.1, 0.2])"),
        (lambda: reflow.straight_on(TO_0, -1, 0), "-1"),
        (lambda: reflow.straight_on(TO_0, 101, 0), "101"),
        (lambda: reflow.straight_on(TO_0, 50, 6), "6"),
        (lambda: reflow.straight_on(None, 50, 0), "None"),
        (lambda: couplings.labelled_flow("by class"), "whole batch"),
        (lambda: couplings.labelled_flow("whole batch", -1), "seed"),
        (lambda: couplings.labelled_points(0, 5), "5"),
        (lambda: couplings.labelled_points("0"), "seed"),
        (lambda: couplings.coupled_by_class(None), "objective"),
        (lambda: couplings.coupled_by_class(abs)(None, None, X, None, X), "flows.coupled"),
        (lambda: couplings.coupled_by_class(abs)(None, None, X, None, X, labels=torch.zeros(2).long()), "labels"),
        (lambda: dial.dialled(SCORE, 0, 0), "steps"),
        (lambda: dial.dialled(SCORE, 0, 2, n=0), "0"),
        (lambda: dial.dialled(SCORE, -1, 2), "noise"),
        (lambda: dial.dialled(SCORE, 0, 2, seed=None), "seed"),
        (lambda: dial.dialled(None, 0, 2), "score"),
        (lambda: dial.wrong_between(SCORE, (0.7, 0.5)), "[0.7, 0.5]"),
        (lambda: dial.wrong_between(SCORE, 0.5), "spell"),
        (lambda: dial.wrong_between(SCORE, (0.5, 0.7), "much"), "error"),
        (lambda: dial.wrong_between(None, (0.5, 0.7)), "score"),
        (lambda: scores.averaged(torch.tensor([1.0])), "(1,)"),
        (lambda: scores.averaged([1.0, 2.0]), "list"),
        (lambda: scores.averaged(torch.tensor([1, 2])), "int64"),
        (lambda: drifts.std_of(X), "(3, 2)"),
        (lambda: drifts.std_of(torch.tensor(2.0)), "()"),
    ],
)
def test_what_is_called_wrongly_is_refused_in_words(call, given, refused):
    with refused(given):
        call()


def test_one_place_for_all_has_no_spread_and_no_error():
    assert drifts.std_of(torch.ones(5)) == (0, 0)


def test_a_score_may_have_a_parameter_of_any_other_name():
    *_, last = sde.reverse_sde(VP, lambda x, log_time: -x, X, [1.0, 0.5])
    assert last.xt.shape == X.shape


def test_numbers_of_numpy_are_times():
    assert float(paths.at(paths.straight, np.float32(0.25)).noise) == 0.25


def test_the_time_of_the_least_noise_is_where_the_path_has_it():
    t = paths.time_on(paths.straight, 20)
    assert 2 * math.log((1 - t) / t) == pytest.approx(20)
    assert flows.moved_to(paths.straight, FIELD, VP)(X, 1e-9).isfinite().all()


def test_points_of_one_number_may_come_without_an_axis_for_it():
    spread = likelihood.exact_divergence(lambda x, t: x**2, X[:, 0], 0.3)
    assert torch.equal(spread.divergence, 2 * X[None, :, 0])
    times = torch.linspace(0.5, 1, 3)
    flat, table = (likelihood.log_density(paths.straight, FIELD, x, times).value for x in (X[:, 0], X[:, :1]))
    assert torch.allclose(flat, table)


def test_a_candidate_that_is_the_same_everywhere_is_matched_too():
    same, zero = (scores.matched(of, 0.2, n=50) for of in (torch.zeros_like, lambda x: 0 * x))
    assert same == zero


def test_what_stops_a_flow_is_told_in_words():
    mine = type("MyFlow", (NothingKept,), {})
    assert "give it one in `__init__`" in fault("10.build", mine, "scaled")
    assert "the logarithm of 0" in fault("10.build", LogOfZero, "scaled")


def test_a_value_called_and_a_function_not_called_are_told_so():
    def step(xt, t, s, score, f, g2, noise, generator):
        return xt + (s - t) * score(xt)

    assert "holds the values already" in fault("10.reverse", step)
    assert "call it" in fault("10.langevin", lambda x, score, size, generator: x + size * score)


def test_a_factor_of_no_name_is_told_with_the_time_it_was_tried_at():
    said = fault(
        "10.target", lambda x0, eps, t: (x0 + 0.999 * t.reshape(-1, *[1] * (x0.ndim - 1)) * (eps - x0), eps - x0)
    )
    assert "with  it" not in said and "t = 0." in said


def test_a_wrong_product_is_named_and_nothing_is_said_of_none():
    said = fault("10.paper", lambda s, t: t / (1 - t))
    assert said.startswith("this is t") and "None" not in said
