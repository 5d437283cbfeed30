"""What fools the judge of lesson 00. 第 00 课的裁判会被什么骗过。"""

import pytest
import torch

from course_utils.data import digits
from course_utils.experiments.digits import impostors, nearest, share_and_error


def test_impostors_are_made_of_real_digits_alone():
    x, y = digits()
    fakes = impostors(x, y, 20, seed=3)
    assert all(images.shape == (20, 1, 8, 8) and images.abs().max() <= 1 for images in fakes.values())
    halves, means, copies = fakes["two halves"], fakes["means of two"], fakes["copies"]
    for i in range(20):
        assert (x[:, :, :4] == halves[i, :, :4]).flatten(1).all(1).any()
        assert (x[:, :, 4:] == halves[i, :, 4:]).flatten(1).all(1).any()
        assert (x == copies[i]).flatten(1).all(1).any()
        other = 2 * means[i] - copies[i]
        assert torch.isclose(x, other).flatten(1).all(1).any()


def test_halves_of_the_same_class_come_from_two_digits_of_one_label():
    x, y = digits()
    for whole in impostors(x, y, 40, seed=3)["same class"]:
        upper, lower = ((x[:, :, rows] == whole[:, rows]).flatten(1).all(1) for rows in (slice(4), slice(4, 8)))
        assert set(y[upper].tolist()) & set(y[lower].tolist()) and not (upper & lower).any()


def test_noisy_copies_are_the_copies_under_noise_of_a_third_of_the_range():
    fakes = impostors(*digits(), 500, seed=3)
    off = (fakes["noisy copies"] - fakes["copies"])[fakes["copies"].abs() < 0.1]
    assert float(off.mean()) == pytest.approx(0, abs=0.03) and float(off.std()) == pytest.approx(0.35, abs=0.02)


def test_impostors_come_again_with_their_seed():
    again = [impostors(*digits(), 5, seed=seed) for seed in (1, 1, 2)]
    assert all(torch.equal(again[0][name], again[1][name]) for name in again[0])
    assert not any(torch.equal(again[0][name], again[2][name]) for name in again[0])


def test_the_nearest_is_measured_in_grey_levels_and_nobody_is_his_own_neighbour():
    real = torch.full((3, 1, 4, 4), -1.0)
    real[1], real[2] = 0.0, 1.0
    assert nearest(torch.full((1, 1, 4, 4), 0.2), real) == pytest.approx([0.2 * 127.5])
    assert nearest(real[1:], real).tolist() == [0, 0]
    assert nearest(real[1:], real, themselves=torch.tensor([1, 2])) == pytest.approx([127.5, 127.5])


def test_a_share_carries_its_standard_error():
    assert share_and_error([True] * 3 + [False]) == "75.0% ± 21.7%"
