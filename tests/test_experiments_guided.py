"""Garments under guidance are measured as is said, on cases whose figures are known.

受引导的衣物按所说的方式度量：用答案已知的情形检验。
"""

import math

import pytest
import torch

from course_utils import schedules, weights
from course_utils.data import Images
from course_utils.denoisers import from_network, image_denoiser
from course_utils.experiments import guided_garments as guided
from course_utils.experiments import leading
from course_utils.experiments.garments import classes_in_turn
from course_utils.explorers.guided_garments import judged_anew
from course_utils.guidance import no_labels
from course_utils.times import focused_times

SCHEDULE, LABELS = schedules.cosine(), torch.tensor([0, 7])
TIMES = focused_times(SCHEDULE, leading.STEPS)[:-1]


@pytest.fixture(scope="module")
def xt():
    return torch.randn(2, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def as_the_judge_sees_real_ones(n):
    """Features with the mean and covariance of the test images, ten classes in turn."""
    mean, covariance = weights.garment_moments()
    values, axes = torch.linalg.eigh(covariance)
    z = torch.randn(n, 128, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    labels = torch.arange(n) % 10
    probabilities = torch.nn.functional.one_hot(labels, 10).double() * 0.8 + 0.02
    return guided.Seen(mean + z * values.clamp(min=0).sqrt() @ axes.T, probabilities, labels, labels)


def test_what_is_like_the_test_images_has_the_floor_s_distance_and_a_shift_adds_its_square():
    seen = as_the_judge_sees_real_ones(1000)
    row = guided.row_of(seen)
    assert row.distance < 0.09
    shifted = guided.row_of(seen._replace(features=seen.features + 0.3))
    assert shifted.distance == pytest.approx(128 * 0.3**2 + row.distance, rel=0.05)
    assert shifted.within == pytest.approx(row.within), "variance knows no place"


def test_agreement_and_certainty_are_those_of_the_judge():
    seen = as_the_judge_sees_real_ones(100)
    row = guided.row_of(seen)
    assert (row.agreement, row.certainty) == (1, pytest.approx(0.82))
    asked = torch.where(torch.arange(100) < 30, (seen.labels + 1) % 10, seen.labels)
    assert guided.row_of(seen._replace(labels=asked)).agreement == pytest.approx(0.7)


def test_the_variance_within_is_a_mean_over_classes_and_knows_nothing_of_their_means():
    two = torch.tensor([[0.0, 0], [2, 0], [100, 0], [100, 4]])
    assert guided.within(two, torch.tensor([0, 0, 1, 1])) == pytest.approx((2 + 8) / 2)
    alone = torch.cat([two, torch.full((1, 2), 50.0)])
    assert guided.within(alone, torch.tensor([0, 0, 1, 1, 2])) == pytest.approx(5), "one sample has no variance"
    assert guided.within(two[[0, 0, 2, 2]], torch.tensor([0, 0, 1, 1])) == 0


def test_bars_are_those_of_chance():
    seen = as_the_judge_sees_real_ones(400)
    wrong = torch.rand(400, generator=torch.Generator().manual_seed(2)) < 0.2
    seen = seen._replace(labels=torch.where(wrong, (seen.labels + 1) % 10, seen.labels))
    row, bars = guided.row_of(seen), guided.bars_of(seen, draws=100)
    assert bars.agreement == pytest.approx(math.sqrt(row.agreement * (1 - row.agreement) / 400), rel=0.3)
    assert bars.certainty < 1e-9 and 0 < bars.within < 0.1 * row.within
    assert guided.bars_of(seen, draws=20) == guided.bars_of(seen, draws=20)


def test_scales_0_and_1_are_the_network_without_and_with_its_label(xt):
    network = weights.pretrained("fashion_mnist")
    for name, told in (("0", no_labels(network, 2)), ("1", LABELS)):
        torch.testing.assert_close(
            leading.DRAWN_BY[name](LABELS)(xt, 500), image_denoiser(SCHEDULE, network, told)(xt, 500)
        )


def test_the_three_intervals_share_the_walk_out_among_them(xt):
    plain, whole = leading.DRAWN_BY["1"](LABELS), leading.DRAWN_BY["2"](LABELS)
    parts = [leading.DRAWN_BY[name](LABELS) for name in ("2, below -2", "2, -2 to 4", "2, above 4")]
    for t in TIMES[::3]:
        led = [not torch.allclose(part(xt, t), plain(xt, t), atol=1e-6) for part in parts]
        assert sum(led) == 1
        torch.testing.assert_close(parts[led.index(True)](xt, t), whole(xt, t))


def test_autoguidance_has_the_half_trained_network_in_the_second_place(xt):
    better, worse = (
        from_network(SCHEDULE, weights.pretrained(name), LABELS)(xt, 500)
        for name in ("fashion_mnist", "fashion_mnist_halfway")
    )
    torch.testing.assert_close(
        leading.DRAWN_BY["autoguided 2"](LABELS)(xt, 500), (worse + 2 * (better - worse)).clamp(-1, 1)
    )


def test_what_is_clipped_before_leaves_the_range_and_the_others_do_not(xt):
    reach = {name: float(of(LABELS)(xt, 300).abs().max()) for name, of in leading.DRAWN_BY.items() if name[0] == "4"}
    assert reach.pop("4, clipped before") > 1.01 and max(reach.values()) <= 1


def test_garments_are_drawn_from_seeds_within_the_range_and_every_state_is_told(monkeypatch):
    monkeypatch.setattr(leading, "STEPS", 2)
    states = []
    found = leading.led_garments("4, clipped before", 3, each=states.append)
    assert found.shape == (3, 1, 28, 28) and found.abs().max() <= 1 and len(states) == leading.states_led(3, ["1"])
    assert not torch.allclose(found, leading.led_garments("4, clipped before", 3, first_seed=1), atol=0.1)
    assert leading.states_led(251, ["1", "2"]) == 12


def test_without_a_label_the_judge_sorts_them(monkeypatch):
    monkeypatch.setattr(guided, "led_garments", lambda name, n, each: torch.zeros(n, 1, 28, 28) - 0.9)
    monkeypatch.setattr(guided, "bars_of", lambda seen: seen.classes)
    found = judged_anew(20, ["0", "1"])
    assert found["0"][0].agreement == found["1"][0].agreement == 0.1
    assert len(found["0"][1].unique()) == 1 and len(found["1"][1].unique()) == 10


def test_classes_come_in_turn_as_many_of_each():
    y = torch.tensor([1, 1, 0, 2, 0, 1, 2, 0])
    x, labels = classes_in_turn(Images(torch.arange(8.0), y))
    assert labels.tolist() == [0, 1, 2] * 2 and x.tolist() == [2, 0, 3, 4, 1, 6]


def test_the_floor_is_of_sets_that_share_none(monkeypatch):
    sets = []
    monkeypatch.setattr(guided, "look", lambda x, y, sorted_by_judge: sets.append(x) or (x, y))
    monkeypatch.setattr(guided, "row_of", lambda seen: guided.Judged(float(seen[0].mean()), 1, 1, 1))
    images = Images(torch.arange(50.0), torch.arange(50) % 10)
    mean, spread = guided.real_rows(images, 20)
    assert [part.tolist() for part in sets] == [list(range(20)), list(range(20, 40))]
    assert mean.distance == 19.5 and spread == (pytest.approx(20 / math.sqrt(2)), 0, 0, 0)


@pytest.mark.full
def test_a_stored_row_comes_out_again():
    stored = guided.STORED["1"][0]
    found = guided.measured_rows(guided.MEASURED_WITH, ["1"])["1"][0]
    assert found == pytest.approx(stored, rel=0.02)


def test_every_way_is_stored_beside_its_bars():
    assert list(guided.STORED) == list(leading.DRAWN_BY)
    for row, bars in [*guided.STORED.values(), *guided.REAL.values(), *guided.CHEATS.values()]:
        assert all(0 <= bar <= 0.3 * figure for figure, bar in zip(row, bars, strict=True))
