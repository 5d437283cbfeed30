"""Lesson 09: what its exercises take for the truth, and ten attacks on the report and the score of memory.

第 09 课：练习所依据的真值，以及对报告与记忆得分的十种攻击。
"""

import math
import time

import pytest
import torch
from answers import reports_09

from course_utils.data import Images
from course_utils.exercises import exercise, judge, question
from course_utils.exercises.lesson_09 import sliders
from course_utils.exercises.lesson_09.blind import TRIALS, crowd_of, share_away
from course_utils.exercises.lesson_09.build_trials import World, table_of
from course_utils.exercises.lesson_09.clinic import FAULTS
from course_utils.experiments import reports
from course_utils.metrics import energy_distance, frechet_distance
from course_utils.neighbours import memorised, support


def own(exercise_id):
    return exercise(exercise_id).reference()


def test_the_distance_is_that_of_gaussians_in_closed_form(seeded):
    """Clouds that are brought to known moments: covariances 4 I and I, means 3 apart, in the plane."""
    z = own("09.blind")(torch.randn(50, 2, generator=seeded(0), dtype=torch.float64), seeded(1))
    white = (z - z.mean(0)) @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(z.T))).T
    assert math.isclose(own("09.frechet")(2 * white, white + torch.tensor([3.0, 0])), 9 + 2, rel_tol=1e-9)


def test_a_double_has_the_moments_and_is_another_crowd(seeded):
    for trial in TRIALS:
        real = crowd_of(*trial, seeded(2))
        double = own("09.blind")(real, seeded(3))
        assert frechet_distance(real, double) < 1e-6 and share_away(double, real) > 0.4
        assert energy_distance(real, double) > 3 * energy_distance(real, crowd_of(*trial, seeded(2)))
        assert share_away(crowd_of(*trial, seeded(2)), real) == 0


def test_a_limit_of_distances_without_scatter_is_exact():
    sizes = [200, 500, 1000]
    assert math.isclose(own("09.limit")(sizes, [0.07 + 60 / n for n in sizes]), 0.07, rel_tol=1e-9)


def test_memory_and_support_are_the_packages(seeded):
    x, y, z = (torch.randn(30, 4, generator=seeded(k)) for k in range(3))
    assert math.isclose(own("09.memorised")(x, y, z), memorised(x, y, z).value)
    assert own("09.support")(x, y, 5) == pytest.approx(support(x, y)[:2])


def test_the_edge_of_a_ball_belongs_to_it():
    """Kynkäänniemi et al. 2019, eq. (1): at most the radius. Balls by 1 from the real, by 2 from what was made."""
    real, made = torch.tensor([[0.0], [1.0]]), torch.tensor([[2.0], [4.0]])
    assert own("09.support")(real, made, 1) == (0.5, 1) == support(real, made, 1)[:2]


def test_the_best_discriminator_reaches_the_most(seeded):
    """Of two densities on a grid the mean of log D and log(1 - D) is -log 4 + 2 JS, and less with any other D."""
    p, q = torch.rand(2, 40, generator=seeded(0), dtype=torch.float64).softmax(1)
    at = own("09.best")(lambda x: p.log()[x.long()], lambda x: q.log()[x.long()])(torch.arange(40))

    def goal(d):
        return float((p * d.log() + q * (1 - d).log()).sum())

    mean = (p + q) / 2
    divergence = float((p * (p / mean).log() + q * (q / mean).log()).sum()) / 2
    assert math.isclose(goal(at), 2 * divergence - math.log(4))
    for k in range(5):
        assert goal((at + 0.02 * torch.randn(40, generator=seeded(k)).double()).clamp(0.01, 0.99)) < goal(at)


# The clinic.


def test_each_report_has_its_fault_in_the_numbers_and_no_other():
    real, asked = reports.published("OK"), reports.asked
    assert set(reports.PATIENTS.values()) == set(FAULTS) == set(reports.STORED) - {"OK"}
    for who, fault in [("OK", "OK"), *reports.PATIENTS.items()]:
        table = reports.published(who)
        signs = {
            "n": asked(who, "floor")["its n"] != table.n,
            "reference": abs(asked(who, "reference")["to test"] - table.distance) > 1e-9,
            "range": asked(who, "pixels")["least"] > -1,
            "copies": asked(who, "nearest")["memorised"] > 0.9,
            "classes": min(asked(who, "classes").values()) < 15 and asked(who, "pixels")["least"] == -1,
        }
        assert [name for name, there in signs.items() if there] == ([fault] if fault in signs else []), who
        assert table.n == real.n == sum(asked(who, "classes").values())
    best = next(who for who, fault in reports.PATIENTS.items() if fault == "seeds")
    assert min(asked(best, "seeds").values()) == reports.published(best).distance
    assert sorted(asked("OK", "seeds").values())[1] < real.distance < sorted(asked("OK", "seeds").values())[-2]


@pytest.mark.parametrize(
    ("who", "what"), [("G", "pixels"), ("a", "pixels"), (0, "pixels"), ("A", "pixel"), ("A", None)]
)
def test_what_cannot_be_asked(who, what, refused):
    with refused(repr(what if who == "A" else who)):
        reports.asked(who, what)


@pytest.mark.parametrize("who", [["A"], {}, {"A"}, None, "B ", ("A", "B")])
def test_what_is_no_report(who, refused):
    with refused(repr(who)):
        reports.published(who)
    with refused(repr(["pixels"])):
        reports.asked("A", ["pixels"])


# The report and its judges.


@pytest.fixture(scope="module")
def world():
    return World(torch.Generator().manual_seed(5))


@pytest.fixture(scope="module")
def crowds(world):
    return [world.drawn(36, 36, 36) for _ in range(3)]


def reported(world, crowds, made):
    honest, training, unseen = crowds
    return table_of(reports_09.in_parts, world, made, training, unseen)


def copies_moved(world, honest, training, unseen):
    """Copies with a little noise on them."""
    x = training.x + 0.02 * torch.randn(training.x.shape, generator=world.generator)
    return Images(x.clamp(-1, 1), training.y)


def every_other_copied(world, honest, training, unseen):
    x = honest.x.clone()
    x[::2] = training.x[::2]
    y = honest.y.clone()
    y[::2] = training.y[::2]
    return Images(x, y)


def late_copies(world, honest, training, unseen):
    """Copies of the last training images of a class alone, which no choice of the first ones holds."""
    return Images(training.x.flip(0), training.y.flip(0))


def mixed_copies(world, honest, training, unseen):
    """Nine tenths of one training image and one tenth of another of its class."""
    x = training.x.clone()
    for c in range(3):
        of = (training.y == c).nonzero()[:, 0]
        x[of] = 0.9 * training.x[of] + 0.1 * training.x[of.roll(1)]
    return Images(x, training.y)


def means_of_classes(world, honest, training, unseen):
    """A blur: the mean of a class and hardly anything else."""
    x = honest.x.clone()
    for c in range(3):
        of = honest.y == c
        x[of] = x[of].mean(0) + 0.02 * torch.randn(x[of].shape, generator=world.generator)
    return Images(x.clamp(-1, 1), honest.y)


def labels_without_one(world, honest, training, unseen):
    return Images(honest.x, honest.y.clamp(max=1))


def a_few_made_many(world, honest, training, unseen):
    """Five of each class, over and over with a grain of noise, so that none is there twice."""
    of = torch.cat([(honest.y == c).nonzero()[:5, 0].repeat(8)[:36] for c in range(3)])
    x = honest.x[of] + 0.01 * torch.randn(len(of), 1, 6, 6, generator=world.generator)
    return Images(x.clamp(-1, 1), honest.y[of])


def half_noise(world, honest, training, unseen):
    x = honest.x.clone()
    x[::2] = 0.5 * torch.randn(x[::2].shape, generator=world.generator).clamp(-1.9, 1.9)
    return Images(x.clamp(-1, 1), honest.y)


def pale(world, honest, training, unseen):
    """[0, 1], and a single pixel below 0, to slip past the look at the range."""
    x = (honest.x + 1) / 2
    x[0, 0, 0, 0] = -0.01
    return Images(x, honest.y)


def the_unseen_themselves(world, honest, training, unseen):
    """Whoever copies the reference has no distance at all: the nearest image is an unseen one, always."""
    return Images(unseen.x.clone(), unseen.y.clone())


ATTACKS = [
    copies_moved,
    every_other_copied,
    late_copies,
    mixed_copies,
    means_of_classes,
    labels_without_one,
    a_few_made_many,
    half_noise,
    pale,
    the_unseen_themselves,
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_told_from_an_honest_crowd(attack, world, crowds):
    beside = reported(world, crowds, crowds[0])
    table = reported(world, crowds, attack(world, *crowds))
    assert table.refused or table.fault is None
    far = {
        name: abs(value - beside.entries[name][0]) / max(math.hypot(error, beside.entries[name][1]), 1e-9)
        for name, (value, error) in table.entries.items()
        if name not in ("n", "floor")
    }
    assert table.refused or max(far.values()) > 2.5, (table.entries, beside.entries)


def test_honest_crowds_are_not_told_apart(world, crowds):
    beside, training, unseen = crowds
    one, other = (reported(world, crowds, made).entries for made in (beside, world.drawn(36, 36, 36)))
    for name, (value, error) in one.items():
        assert abs(value - other[name][0]) <= 4 * max(math.hypot(error, other[name][1]), 0.01), (name, one, other)


def test_a_judging_of_a_report_is_quick():
    began = time.process_time()
    assert judge("09.build", reports_09.in_parts, 3).right
    assert time.process_time() - began < 20  # a few seconds where nothing else runs


def test_what_the_sliders_tell_is_what_is_computed():
    assert (sliders.size_that_will_do(), sliders.scale_of_half_recall()[0]) == (sliders.ENOUGH, sliders.HALF)


def test_crowds_that_stand_in_no_order_are_bars_with_their_names():
    for which, bars in (("09.page", 3), ("09.small", 3), ("09.cheat", 4)):
        assert question(which).figure().en.startswith(f"Bars for {bars} parts"), which
