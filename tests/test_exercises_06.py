"""Lesson 06: what its exercises and questions take for the truth.

第 06 课：练习与题目所依据的真值。
"""

import pytest
import torch
from answers import chosen
from answers.lesson_06 import loss_image_by_image, weight_as_written

from course_utils import schedules
from course_utils.exercises import exercise, judge
from course_utils.exercises.lesson_06.clinic import FAULTS, PATIENTS
from course_utils.experiments.bound import bound_weights, half_of_the_bound, share_up_to
from course_utils.experiments.losses import drawn_by_losses, l1_and_l2, levels_of_the_shipped
from course_utils.forward import eps_from_x0, forward_jump


@pytest.mark.parametrize("seeds", [range(20), pytest.param(range(20, 100), marks=pytest.mark.full)], ids=len)
def test_the_right_step_is_accepted_for_a_hundred_seeds(seeds):
    for seed in seeds:
        assert judge("06.step", exercise("06.step").reference(), seed).right


@pytest.mark.full
def test_an_image_at_a_time_is_accepted_too():
    """Apart from the others, as it takes longer than all of them."""
    assert judge("06.step", loss_image_by_image).right


def test_the_step_leaves_the_readers_random_stream_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    judge("06.step", exercise("06.step").reference())
    assert torch.equal(before, torch.get_rng_state())


# The slider.


def test_half_of_the_weight_is_where_it_is_said_to_be():
    schedule = schedules.linear()
    t, w = half_of_the_bound(schedule), bound_weights(schedule)
    assert w[: t - 1].sum() >= w.sum() / 2 > w[: t - 2].sum() and t == 341
    assert share_up_to(w, t) == pytest.approx(0.5, abs=0.002)


def test_the_weights_are_those_of_the_terms():
    schedule = schedules.cosine(20)
    for posterior, variance in ((False, schedule.beta), (True, schedule.posterior_variance)):
        expected = [weight_as_written(schedule, t, variance[t]) for t in range(2, 21)]
        assert torch.allclose(bound_weights(schedule, posterior=posterior), torch.stack(expected))


@pytest.mark.parametrize("patient", PATIENTS)
def test_a_wrong_diagnosis_is_counted_and_pointed_at_without_being_told(patient, in_both_languages):
    for fault in FAULTS:
        if fault == PATIENTS[patient]:
            continue
        right, (en, zh) = judge("06.patients", PATIENTS | {patient: fault})
        assert right is False
        in_both_languages(en, zh, "✗", "06.patients")
        assert "5 of 6 are right" in en and f"again at {patient}:" in en and f"看看 {patient}：" in zh
        assert f"`{PATIENTS[patient]}`" not in en


def test_two_that_are_swapped_are_told_by_what_each_fault_does(in_both_languages):
    right, (en, zh) = judge("06.patients", PATIENTS | {"A": PATIENTS["D"], "D": PATIENTS["A"]})
    assert right is False and "4 of 6 are right. A and D are swapped." in en and "A 与 D 弄反了" in zh
    in_both_languages(en, zh, "`rate`", "`gradients`")
    for mechanism, said in (
        ("a step is as long as the rate is high", en),
        ("add up", en),
        ("学习率多高，步子就多大", zh),
        ("会累加", zh),
    ):
        assert mechanism in said


def test_a_wrong_word_is_answered_by_what_it_would_do():
    _, (en, zh) = judge("06.patients", PATIENTS | {"E": "gradients"})
    assert "With `gradients`, gradients that are never cleared add up" in en and "若是 `gradients`" in zh


def test_the_weight_is_largest_at_the_least_noise():
    w = bound_weights(schedules.linear())
    assert w.argmax() == 0 and w[0] > 50 * w.min() and chosen("06.heaviest").startswith("t = 2,")


def test_l1_loses_two_thirds_of_the_minority():
    found = {name: float((x > 0).double().mean()) for name, x in drawn_by_losses().items()}
    assert found["l2"] == pytest.approx(0.3, abs=0.03) and found["l1"] == pytest.approx(0.1, abs=0.03)
    assert chosen("06.minority") == "about 10 %"


def test_the_median_answer_is_least_under_l1_and_the_mean_under_l2(seeded):
    schedule, t = schedules.cosine(), 700
    x0 = torch.where(torch.rand(40_000, 1, generator=seeded(0)) < 0.3, 1.0, -1.0).double()
    xt, eps = forward_jump(schedule, x0, t, generator=seeded(1))
    off = {name: eps_from_x0(schedule, xt, t, who(xt, t)) - eps for name, who in l1_and_l2().items()}
    assert off["l1"].abs().mean() < off["l2"].abs().mean() and off["l2"].square().mean() < off["l1"].square().mean()


def test_a_fifth_of_the_loss_comes_from_the_noisier_half():
    levels = levels_of_the_shipped()
    assert float(levels[5:].sum() / levels.sum()) == pytest.approx(0.19, abs=0.04)
    assert chosen("06.share") == "about 20 %"


def test_in_the_middle_of_a_run_the_average_is_better():
    assert chosen("06.average") == "the average's"
