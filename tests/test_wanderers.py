"""Two far moons: the walks end where the page says, and shares and distances are measured as is said.

相距很远的两弯月牙：各种走法的去处，以及份额与距离的度量。
"""

import pytest
import torch

from course_utils.experiments import wanderers as far
from course_utils.paths import at


def noised(sigma, n=4000):
    return far.far_draws(n, 3) + sigma * torch.randn(n, 2, generator=torch.Generator().manual_seed(4)).double()


@pytest.mark.parametrize("sigma", [0.1, 0.22, 1.0])
def test_the_share_of_data_noised_to_any_level_is_theirs(sigma):
    assert float(at(far.far_path(), far.time_of(sigma)).noise) == pytest.approx(sigma)
    x = noised(sigma)
    assert far.share_left(x, sigma) == pytest.approx(0.8, abs=0.03)
    if sigma == 1.0:
        assert float((x[:, 0] < 0).double().mean()) < 0.75, "a count of sides would not be right"


def test_exact_draws_are_near_and_swapped_shares_are_not_but_have_the_shape():
    exact, mirrored = far.far_draws(400, 1), far.far_draws(2000, 2)
    sides = mirrored[mirrored[:, 0] < 0][:80], mirrored[mirrored[:, 0] >= 0][:320]
    near, wrong = far.far_found(exact, 0.05), far.far_found(torch.cat(sides), 0.05)
    assert near.share == pytest.approx(0.8, abs=0.06) and near.distance < 0.01 and near.shape < 0.02
    assert wrong.share == pytest.approx(0.2, abs=0.01) and wrong.distance > 0.4 and wrong.shape < 0.02


def test_little_noise_leaves_each_where_it_fell_much_noise_blurs_and_many_levels_do_neither():
    low, high, many = (far.far_found(walk(0), sigma) for walk, sigma in (far.ways()[name] for name in far.PAGE))
    assert abs(low.share - 0.5) < 0.1 and low.shape < 0.02
    assert abs(high.share - 0.8) < 0.1 and high.shape > 0.2
    assert abs(many.share - 0.8) < 0.08 and many.shape < 0.02


def test_every_walk_asks_for_as_many_scores(monkeypatch):
    asked = []
    monkeypatch.setattr(far, "far_score", lambda: lambda x, t: asked.append(t) or -x)
    far.one_level(0.1, n=3), far.many_levels(n=3)
    assert len(asked) == 2 * far.STEPS and len(set(asked)) == 1 + far.LEVELS


def test_the_pass_between_the_moons_lies_deeper_the_less_noise():
    depths = [far.barrier(sigma) for sigma in (0.1, 0.22, 1.0)]
    assert depths[0] > 8 and depths[0] > depths[1] > depths[2] > 0
    gap = torch.cdist(*(far.far_moons().conditional(label).means for label in (0, 1))).min() / 2
    one_bell = gap**2 / 2 / (far.STD**2 + 0.1**2)  # beside one point alone
    assert depths[0] == pytest.approx(float(one_bell), rel=0.3)


def test_a_step_settles_where_the_recursion_of_its_variance_does():
    for sigma, size in ((0.1, 0.3), (0.05, 0.3), (1.0, 1.5)):
        s2 = far.STD**2 + sigma**2
        h = size * sigma**2
        variance = s2
        for _ in range(5000):
            variance = (1 - h / s2) ** 2 * variance + 2 * h
        assert far.settled_width(sigma, size) == pytest.approx((variance / s2) ** 0.5, rel=1e-9)
    assert far.settled_width(0.0) == 1
    widest = [far.settled_width(sigma) for sigma in (0.05, 0.1, 1.0, 100.0)]
    assert widest == sorted(widest) and widest[-1] == pytest.approx(0.85**-0.5, rel=1e-5)


def test_thickness_is_that_of_the_noise_across_the_moons():
    for sigma in (0.0, 0.05):
        across = (far.STD**2 + sigma**2) ** 0.5
        assert far.thickness(noised(sigma)) == pytest.approx(across, rel=0.04)
    assert far.thicker(noised(0.05), 0.05) == pytest.approx(1, abs=0.04)
    assert far.thicker(noised(0.1), 0.05) > 1.3


def test_walks_come_out_as_much_too_thick_as_their_step_makes_them():
    for name, found in far.THICKER.items():
        assert abs(found.value - far.settled_width(far.ways()[name][1])) < 2 * found.error


@pytest.mark.parametrize(("sigma", "size"), [(-0.1, 0.3), (0.1, -1), (0.1, 2.5), ("a", 0.3), (0.1, None)])
def test_what_no_width_settles_for(sigma, size, refused):
    with refused("si"):
        far.settled_width(sigma, size)
