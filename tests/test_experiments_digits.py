"""What fools the judge of lesson 00. 第 00 课的裁判会被什么骗过。"""

import pytest
import torch

from course_utils.data import digits
from course_utils.experiments.digits import impostors, nearest, share_and_error


def test_impostors_are_made_of_real_digits_alone():
    x = digits().x
    fakes = impostors(x, 20, seed=3)
    assert all(images.shape == (20, 1, 8, 8) and images.abs().max() <= 1 for images in fakes.values())
    halves, means, copies = fakes["two halves"], fakes["means of two"], fakes["copies"]
    for i in range(20):
        assert (x[:, :, :4] == halves[i, :, :4]).flatten(1).all(1).any()
        assert (x[:, :, 4:] == halves[i, :, 4:]).flatten(1).all(1).any()
        assert (x == copies[i]).flatten(1).all(1).any()
        other = 2 * means[i] - copies[i]
        assert torch.isclose(x, other).flatten(1).all(1).any()


def test_impostors_come_again_with_their_seed():
    x = digits().x
    again = [impostors(x, 5, seed=seed) for seed in (1, 1, 2)]
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
