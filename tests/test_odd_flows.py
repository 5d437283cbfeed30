"""Odd answers to lesson 10: each is refused, and the refusal says what is wrong.

第 10 课的古怪答案：都被拒绝，而且说明错在哪里。
"""

import math
from itertools import pairwise

import torch

from course_utils.exercises import exercise
from course_utils.exercises.judging import fault_of
from course_utils.exercises.lesson_10.build_flow import Flow


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


def test_a_wrong_product_is_named_and_nothing_is_said_of_none():
    said = fault("10.paper", lambda s, t: t / (1 - t))
    assert said.startswith("this is t") and "None" not in said


def test_a_factor_of_no_name_is_told_with_the_time_it_was_tried_at():
    said = fault(
        "10.target", lambda x0, eps, t: (x0 + 0.999 * t.reshape(-1, *[1] * (x0.ndim - 1)) * (eps - x0), eps - x0)
    )
    assert "with  it" not in said and "t = 0." in said


def test_a_value_called_and_a_function_not_called_are_told_so():
    def step(xt, t, s, score, f, g2, noise, generator):
        return xt + (s - t) * score(xt)

    assert "holds the values already" in fault("10.reverse", step)
    assert "call it" in fault("10.langevin", lambda x, score, size, generator: x + size * score)


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


def test_what_stops_a_flow_is_told_in_words():
    mine = type("MyFlow", (NothingKept,), {})
    assert "give it one in `__init__`" in fault("10.build", mine, "scaled")
    assert "the logarithm of 0" in fault("10.build", LogOfZero, "scaled")
