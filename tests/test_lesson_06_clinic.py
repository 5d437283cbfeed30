"""Each patient of the clinic shows the sign by which it can be told from the healthy run and from all others.

诊室里的每个病人，都有能与健康者、与其他病人区分开的迹象。

The patients of one seed are those that lesson 06 trained when it ran at length; a second seed is trained here
under `-m full`.
"""

import pytest
import torch

from course_utils.data import digits
from course_utils.exercises.lesson_06.clinic import FAULTS, named
from course_utils.experiments.clinic import PARTS, PATIENTS, SHOWN, STEPS, Chart, Deaf, chart
from course_utils.metrics import energy_distance
from course_utils.mlp import MLP
from course_utils.schedules import cosine

SEEDS = (0, pytest.param(1, marks=pytest.mark.full))


@pytest.fixture(scope="module")
def charts(facts):
    """The chart of a fault and a seed."""
    of_the_lesson = {fault: Chart(*map(torch.tensor, parts)) for fault, parts in facts["charts"].items()}
    return lambda fault, seed=0: chart(fault, seed) if seed else of_the_lesson[fault]


def late(c):
    return float(c.losses[-100:].mean())


def off(samples):
    """How far samples are from real digits."""
    return energy_distance(samples, digits().x)


# The sign of each fault, as a reader sees it, beside the healthy run h.
SIGNS = {
    "range": lambda c, h: c.network.min() > -0.85 and c.network.std() < 0.5 < h.network.std(),
    "level": lambda c, h: c.levels[-1] > 5 * h.levels[-1] and late(c) < 1.4 * late(h),
    "noise": lambda c, h: late(c) < 0.1 * late(h),
    "rate": lambda c, h: 1.3 * late(h) < late(c) < 0.8 and c.levels[2] > 1.5 * h.levels[2],
    "ema": lambda c, h: torch.equal(c.losses, h.losses) and off(c.ema) > 2 * off(c.network),
    "gradients": lambda c, h: late(c) > 2 * float(c.losses[:20].mean()),
}


def test_every_fault_has_one_patient_and_a_sign():
    assert sorted(PATIENTS.values()) == sorted(FAULTS) == sorted(SIGNS) and list(PATIENTS) == list("ABCDEF")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fault", SIGNS)
def test_each_fault_shows_its_own_sign_and_no_other(fault, seed, charts):
    seen, healthy = charts(fault, seed), charts("", seed)
    shown = {sign for sign, is_seen in SIGNS.items() if is_seen(seen, healthy)}
    assert shown == {fault}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_healthy_run_shows_none(seed, charts):
    healthy = charts("", seed)
    assert not [sign for sign, is_seen in SIGNS.items() if is_seen(healthy, healthy)]
    assert off(healthy.network) < 0.6 and late(healthy) < 0.7 * float(healthy.losses[:20].mean())


@pytest.mark.parametrize("fault", ["", *FAULTS])
def test_a_chart_holds_all_that_is_drawn(fault, charts):
    c = charts(fault)
    assert c.losses.shape == (STEPS,) and c.levels.shape == (PARTS,) and bool(c.levels.isfinite().all())
    assert c.network.shape == c.ema.shape == (SHOWN, 1, 8, 8) and bool(c.losses.isfinite().all())


def test_who_is_deaf_answers_the_same_at_every_noise_level(seeded):
    network = Deaf(MLP(size=64, width=16, layers=1))
    xt = torch.randn(3, 1, 8, 8, generator=seeded(0))
    quiet, loud = (network(xt, cosine().log_snr[t].float()) for t in (10, 900))
    assert torch.equal(quiet, loud)


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_read_in_several_spellings(fault):
    for word in (fault, f" `{fault}` ", fault.upper(), f'"{fault}"', *FAULTS[fault][-1]):
        assert named(word) == fault


@pytest.mark.parametrize("word", ["", "healthy", "OK", None, 3, ["range"]])
def test_other_words_are_no_fault(word):
    assert named(word) is None
