"""Completed garments are measured as is said, on cases whose figures are known.

补全的衣物按所说的方式度量：用答案已知的情形检验。
"""

import pytest
import torch

from course_utils import weights
from course_utils.data import Images
from course_utils.experiments import completed_garments as pixel
from course_utils.experiments import half_garments
from course_utils.randomness import seeded

LEFT = half_garments.left_half()


@pytest.fixture(scope="module")
def real():
    """Twenty images of noise, told the class that the judge takes each for."""
    x = torch.rand(20, 1, 28, 28, generator=seeded(0)) * 2 - 1
    return Images(x, weights.pretrained("classifier")(x).argmax(1))


def test_the_truth_agrees_and_is_nowhere_wrong(real):
    fit, bars = pixel.fit_of(real.x, real.x[:5], real)
    assert fit == (1, pytest.approx(float(pixel.jumps(real.x).mean())), 0, 0)
    assert (bars.agreement, bars.error, bars.spread) == (0, 0, 0) and bars.seam > 0


def test_another_label_is_no_agreement(real):
    other = Images(real.x, torch.where(torch.arange(20) < 5, (real.y + 1) % 10, real.y))
    assert pixel.fit_of(real.x, real.x, other)[0].agreement == 0.75


def test_error_and_spread_are_squares_in_the_missing_half_alone(real):
    made = real.x + torch.where(LEFT, 7.0, 0.2)
    again = made[:5] + torch.where(LEFT, 7.0, 0.1)
    fit, bars = pixel.fit_of(made.clamp(-3, 3), again.clamp(-3, 3), real)
    assert fit.error == pytest.approx(0.04, rel=1e-4) and fit.spread == pytest.approx(0.01, rel=1e-4)
    assert bars.error < 1e-6


def test_for_exact_draws_error_and_spread_are_equal_and_for_the_mean_the_error_is_half():
    truth, one, other = torch.randn(3, 400, 1, 28, 28, generator=seeded(1)).div(4)
    images = Images(truth, torch.zeros(400, dtype=torch.long))
    fit, bars = pixel.fit_of(one, other[:100], images)
    assert fit.error == pytest.approx(2 / 16, rel=0.02) and fit.spread == pytest.approx(fit.error, rel=0.02)
    assert bars.error == pytest.approx(fit.error * (2 / 392 / 400) ** 0.5, rel=0.2)
    mean = torch.zeros_like(truth)
    fit, _ = pixel.fit_of(mean, mean[:100], images)
    assert fit.error == pytest.approx(1 / 16, rel=0.02) and fit.spread == 0


def test_a_jump_is_the_difference_of_two_neighbouring_columns():
    step = torch.where(torch.arange(28) < 14, -0.5, 0.5).expand(3, 1, 28, 28)
    assert pixel.jumps(step).tolist() == [1, 1, 1] and pixel.jumps(step, 13).tolist() == [0, 0, 0]
    ramp = torch.arange(28).div(28).expand(1, 1, 28, 28)
    torch.testing.assert_close(pixel.jumps(ramp, 3), torch.tensor([1 / 28]))


SHORT = {
    "label alone": half_garments.Way(half_garments.heedless, [1000, 300, 0], told=True),
    "put back": half_garments.Way(half_garments.known_put_back, [1000, 300, 0]),
    "RePaint": half_garments.Way(half_garments.repainted, [1000, 300, 1000, 300, 0]),
    "ΠGDM": half_garments.Way(half_garments.heeded, [1000, 300, 0]),
}


@pytest.mark.parametrize("name", SHORT)
def test_the_known_half_comes_back_and_the_other_hangs_on_the_seed(name, real):
    known, told = real.x[:2], torch.tensor([0, 7])
    states = []
    one = half_garments.completed(SHORT[name], known, told, 0, states.append)
    assert (one == known)[:, LEFT].all() and len(states) == SHORT[name].evaluations + 1
    assert not torch.allclose(one, half_garments.completed(SHORT[name], known, told, 1), atol=0.1)
    blind = torch.where(LEFT, known, 9.0)
    assert torch.equal(one, half_garments.completed(SHORT[name], blind, told, 0)), "the missing half is not looked at"


@pytest.mark.parametrize("told, expected", [(True, [3, 4]), (False, [10, 10])])
def test_only_a_way_that_is_told_learns_the_class(told, expected, real):
    heard = []

    def walk(known, labels, times, generator):
        heard.append(labels.tolist())
        return half_garments.heedless(known, labels, [1000, 0], generator)

    half_garments.completed(half_garments.Way(walk, [1000, 0], told), real.x[:2], torch.tensor([3, 4]), 0)
    assert heard == [expected]


def test_evaluations_are_steps_down():
    assert half_garments.Way(half_garments.repainted, [9, 6, 9, 6, 3, 0]).evaluations == 4
    asked = {name: way.evaluations for name, way in half_garments.WAYS.items()}
    assert [asked[f"put back, {n}"] for n in (20, 50, 100)] == [20, 50, 100]
    assert asked["RePaint, 20 x 2"] < asked["RePaint, 20 x 5"] < asked["put back, 100"]


def test_images_go_in_batches_a_seed_each_and_a_quarter_goes_twice(real, monkeypatch):
    calls = []

    def completed(way, known, labels, seed, each):
        calls.append((len(known), seed))
        return known

    monkeypatch.setattr(pixel, "completed", completed), monkeypatch.setattr(pixel, "BATCH", 8)
    fit, _ = pixel.measured_ways(real, ["put back, 20"])["put back, 20"]
    assert calls == [(8, 0), (8, 1), (4, 2), (5, 3)] and fit.error == fit.spread == 0


def test_what_no_network_made(real):
    x = real.x
    assert torch.equal(pixel.mirrored(x)[..., 14:], x[..., :14].flip(-1)) and pixel.jumps(pixel.mirrored(x)).max() == 0
    assert torch.equal(pixel.continued(x)[..., 20], x[..., 13])
    assert torch.equal(pixel.nearest_half(x, x), x) and not torch.equal(pixel.nearest_half(x, x, 1), x)
    labels = torch.arange(20) % 2
    means = pixel.class_mean(x, labels, Images(x, labels))
    torch.testing.assert_close(means[1, ..., 14:], x[1::2].mean(0)[..., 14:])
    for made in (pixel.mirrored(x), pixel.continued(x), pixel.nearest_half(x, x, 1), means):
        assert (made == x)[:, LEFT].all()


def test_every_way_is_stored_beside_its_bars():
    assert list(pixel.STORED) == list(half_garments.WAYS) and "truth" in pixel.NO_NETWORK
    for fit, bars in [*pixel.STORED.values(), *pixel.NO_NETWORK.values()]:
        assert all(0 <= bar <= 0.2 * figure for figure, bar in zip(fit, bars, strict=True))


@pytest.mark.full
def test_a_garment_of_the_network_s_own_is_one(real):
    garment = half_garments.a_garment(7, seed=0)
    assert garment.shape == (1, 1, 28, 28) and weights.pretrained("classifier")(garment).argmax() == 7
