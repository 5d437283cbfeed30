"""Lesson 07: what its exercises and questions take for the truth.

第 07 课：练习与题目所依据的真值。
"""

from itertools import count

import torch
from answers import chosen

from course_utils import reverse, schedules
from course_utils.exercises import exercise, lesson_07
from course_utils.exercises.lesson_07.listening import bent, listened
from course_utils.experiments import garments
from course_utils.experiments.moons import (
    arrivals,
    exact_flow,
    fewest_solver_steps,
    flow_error,
    gone_over_t,
    noise_of,
    two_moons,
)
from course_utils.reverse import midway_guess
from course_utils.samplers import Sample, dpm_solver, finish
from course_utils.times import focused_times, log_snr_times


def test_the_fewest_steps_stand_apart_from_their_neighbours():
    assert fewest_solver_steps() == lesson_07.FEWEST == exercise("07.fewest").reference()
    schedule = two_moons().schedule

    def errors(n):
        return [flow_error(arrivals(dpm_solver, focused_times(schedule, n), seed), seed) for seed in range(6)]

    assert max(errors(lesson_07.FEWEST)) < 0.0095 and min(errors(lesson_07.FEWEST - 1)) > 0.0101


def test_the_exact_flow_is_where_a_walk_five_times_as_fine_ends():
    truth = two_moons(10_000)
    times = [10_000, *log_snr_times(truth.schedule, 2000)]
    finest = finish(dpm_solver(truth.schedule, truth, noise_of(1), times))
    assert float((finest - exact_flow(1)).norm(dim=1).mean() / finest.norm(dim=1).mean()) < 2e-4


class Endless(list):
    """A list that hands out its one state for ever."""

    def __iter__(self):
        while True:
            yield self[0]


def test_a_list_without_an_end_is_not_walked_for_ever(seeded):
    xT = torch.ones(1, dtype=torch.float64)
    answers = (lambda *_: Endless([Sample(0, xT, xT)]), lambda *_: iter(Endless([Sample(0, xT, xT)])))
    for answer in (*answers, lambda *_: (Sample(0, xT, xT) for _ in count())):
        walk = listened(answer, two_moons().schedule, bent(seeded(0)), xT, [5, 0])
        assert len(walk.states) == 7 and walk.fault is None


def test_what_the_questions_say():
    right = {name: chosen(f"07.{name}") for name in lesson_07.QUESTIONS}
    assert right["noise"] == "grain with β" and right["seed"] == "with DDIM (η = 0) only"
    assert right["three"].startswith("none") and right["order"] == "a quarter is left"
    assert right["share"] == "less than 5 %"


def test_the_answers_do_not_hang_on_a_hair():
    rough = [float(x.diff(dim=3).abs().mean()) for x in garments.by_variance().values()]
    assert rough[1] > 1.5 * rough[0]
    x = garments.by_steps()
    assert (x["DDIM, 10"] - x["DDIM, 50"]).abs().mean() < 0.07 < 0.13 < (x["DDPM, 10"] - x["DDPM, 50"]).abs().mean()
    assert 0.02 < float(gone_over_t()["linear"][300]) < 0.05


def test_the_2m_step_with_the_readers_guess_is_the_packages(seeded):
    schedule, xt, guesses = schedules.cosine(), noise_of(3, 5), torch.randn(2, 5, 2, generator=seeded(4)).double()
    mid = exercise("07.midway").reference()(schedule, 800, 600, 300, *guesses)
    stepped = reverse.ddim_step(schedule, xt, 600, 300, mid)
    assert torch.allclose(mid, midway_guess(schedule, 800, 600, 300, *guesses)) and stepped.isfinite().all()
