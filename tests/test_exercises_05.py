"""Lesson 05: what its exercises and questions take for the truth.

第 05 课：练习与题目所依据的真值。
"""

import numpy as np
import torch
from answers import chosen

from course_utils import data
from course_utils.exercises import exercise, unet_trials
from course_utils.schedules import cosine


def test_the_walk_falls_all_the_way_to_its_answer_and_well_below():
    parting = exercise("05.walk").reference()
    seen = {t: unet_trials.agreement_at(t) for t in range(10, 751, 20)} | {parting: unet_trials.agreement_at(parting)}
    assert seen[parting] < 0.5 <= unet_trials.agreement_at(parting - 10)
    assert all(value > 0.5 for t, value in seen.items() if t < parting)
    assert all(value < 0.5 for t, value in seen.items() if t >= parting)
    assert unet_trials.agreement_at(parting - 30) > 0.51 and unet_trials.agreement_at(parting + 20) < 0.49


def test_the_network_returns_all_of_the_noise():
    found = unet_trials.answers()
    error = {name: float((found["returned"] - found[name]).square().mean()) for name in ("x0", "last", "eps")}
    assert error["eps"] < 0.4 < 0.6 < min(error["x0"], error["last"])
    assert found["returned"].shape == found["xt"].shape and chosen("05.output").startswith("all of the noise")


def test_two_clocks_return_after_622_steps():
    t = np.arange(1001)
    seen = np.stack([np.sin(t), np.cos(t), np.sin(t / 100), np.cos(t / 100)], 1)
    apart = np.linalg.norm(seen - seen[100], axis=1)
    apart[100] = np.inf
    assert apart.argmin() == 722 and apart[722] < 0.1 * apart[101] and "722" in chosen("05.clocks")
    turns = 622 / (2 * np.pi)
    assert abs(turns - 99) < 0.01 and round(turns / 100, 2) == 0.99
    assert unet_trials.looks_like(16) in (99, 101)


def test_only_batch_norm_hears_the_others(seeded):
    found = unet_trials.in_company()
    assert found["batch"][2].abs().max() > 0.05 and found["group"][2].abs().max() < 1e-5
    xt = unet_trials.forward_jump(cosine(), data.digits().x[:16], 300, generator=seeded(0)).xt[0].flatten()
    like = torch.corrcoef(torch.stack([found["group"][0].flatten(), xt]))[0, 1]
    assert like < 0.99, "its layers have a say: the answer is not xt times a number"
    assert found["group"][0].abs().max() > 0.1 and chosen("05.company") == "only that with batch norm"


def test_twice_the_side_is_sixteen_times_the_comparisons():
    assert chosen("05.cost") == "16 times as many"
