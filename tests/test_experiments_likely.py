"""What lesson 10 says of likelihood: points on the moons, and pictures that are none of garments.

第 10 课关于似然的内容：月牙上的点，以及并非衣物的图像。
"""

import math

import pytest
import torch

from course_utils import data, paths
from course_utils.experiments import likely


def test_the_ode_finds_the_density_of_the_moons_all_over_the_plane():
    moons = likely.moons_by_ode(steps=12, k=5)
    assert moons["points"].shape == (25, 2) and torch.allclose(moons["ode"], moons["exact"], atol=0.05)
    # 60 bells of std 0.15, seen at log-SNR 6 on the straight path
    t = 1 / (1 + math.exp(3))
    means, std = (1 - t) * likely.two_moons().means, math.hypot((1 - t) * 0.15, t)
    bells = torch.distributions.Normal(means, std).log_prob(moons["points"][:, None]).sum(2)
    assert torch.allclose(moons["exact"], bells.logsumexp(1) - math.log(60))


def test_its_error_falls_with_the_steps():
    few, more = likely.ode_errors(paths.straight, (6, 12), n=10)
    assert more < few / 6


def test_times_begin_where_they_are_told_and_end_in_noise():
    for path in (paths.straight, paths.variance_exploding()):
        times = likely.rising_times(path, 5.0, 8)
        assert len(times) == 9 and times[-1] == 1 and all(s > t for t, s in zip(times[:-1], times[1:], strict=True))
        levels = paths.log_snr_on(path, torch.tensor(times[:-1], dtype=torch.float64))
        assert float(levels[0]) == pytest.approx(5) and torch.allclose(levels.diff(), levels.diff()[0].expand(7))


def test_the_odd_things_are_what_they_are_called():
    kinds, (x, y) = likely.things(3), data.garments("test")
    assert all(images.shape == (3, 1, 28, 28) and images.abs().max() <= 1 for images in kinds.values())
    assert torch.equal(kinds["inverted"], -kinds["shirts"]) and torch.equal(kinds["shirts"], x[y == 6][:3])
    assert torch.equal(kinds["upside down"].flip(2), kinds["sneakers"]) and (kinds["black"] == -1).all()
    assert torch.equal(kinds["average"][0], data.garments("train").x.mean(0)) and not kinds["grey"].any()


def test_bits_are_those_of_a_density_in_grey_levels(monkeypatch):
    """A network that knows x_0 by heart: the bits are those of the noise alone, which one grey level makes 2.05."""
    x0 = torch.full((4, 1, 28, 28), 0.3)
    monkeypatch.setattr(likely, "guess_with_gradients", lambda *_: lambda x, log_snr: 0 * x + 0.3)
    value, error = likely.picture_density(x0, steps=20)
    assert likely.BY_HEART == pytest.approx(2.047, abs=1e-3)
    assert value.mean() == pytest.approx(likely.BY_HEART, abs=0.03) and (error < 1e-6).all()


def test_the_stored_table_is_of_these_kinds_and_tells_what_the_page_says():
    rows = likely.STORED
    assert list(rows) == list(likely.things(3))
    assert all(row.bits.value > likely.BY_HEART and row.bits.error > 0 for row in rows.values())
    assert rows["black"].bits.value < rows["garments"].bits.value < rows["noise"].bits.value


@pytest.mark.full
def test_a_row_of_the_table_is_found_again():
    value, error = likely.picture_density(likely.things()["black"])
    stored = likely.STORED["black"]
    assert value.mean() == pytest.approx(stored.bits.value, abs=4 * stored.bits.error + 0.01) and error.max() < 0.1
