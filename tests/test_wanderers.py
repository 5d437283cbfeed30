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
