"""Histograms under the bell that they are said to follow, and an image beside its pixels.

直方图与所说的钟形曲线，以及图像旁边的像素直方图。
"""

import numpy as np
import pytest
import torch
from pictures import alike, pixels

from course_utils import data, plots
from course_utils.plots.picture import ORANGE, SKY


def where(picture, colour):
    """The columns in which a colour is seen, as shares of the width."""
    page = pixels(picture)
    columns = np.flatnonzero(alike(page, colour, 24).any(0))
    return columns / page.shape[1]


@pytest.fixture
def normal(seeded):
    return torch.randn(100_000, generator=seeded(0))


def test_a_histogram_stands_where_its_values_are():
    left, right = (where(plots.histograms({"a": torch.full((9,), value)}), SKY).mean() for value in (-2, 2))
    assert left == pytest.approx(0.5 - 2 / 7, abs=0.03) and right == pytest.approx(0.5 + 2 / 7, abs=0.03)


def test_the_bell_follows_its_mean_and_width_and_can_be_left_out(normal):
    drawn = {bell: plots.histograms({"a": normal}, bell=bell) for bell in ((0.0, 1.0), (-1.0, 0.5), None)}
    peaks = []
    for bell in ((0.0, 1.0), (-1.0, 0.5)):
        page = alike(pixels(drawn[bell]), ORANGE, 24)
        peaks.append(np.flatnonzero(page[page.any(1).argmax()]).mean() / page.shape[1])
    assert peaks == [pytest.approx(0.5, abs=0.02), pytest.approx(0.5 - 1 / 7, abs=0.02)]
    assert not len(where(drawn[None], ORANGE))
    assert "N(-1, 0.25)" in drawn[(-1.0, 0.5)].en and "N(" not in drawn[None].zh


def test_the_bars_of_normal_values_reach_the_bell_of_any_sample_size(normal):
    for values in (normal, normal[:20_000]):
        page = pixels(plots.histograms({"a": values}))
        middle = page[:, page.shape[1] // 2 - 3 : page.shape[1] // 2 + 3]
        bar, curve = (alike(middle, colour, 24).any(1).argmax() for colour in (SKY, ORANGE))
        assert abs(int(bar) - int(curve)) < 12


def test_the_order_and_shape_of_the_values_do_not_matter(normal):
    grid = normal.reshape(10, -1, 4).flip(0)
    assert plots.histograms({"a": normal}).content == plots.histograms({"a": grid}).content


@pytest.mark.parametrize("x", [data.digits(16).x[:1], data.photograph("palace", 64), data.photograph("flower", 40)])
def test_an_image_stands_beside_its_pixels_without_changing_the_size_of_the_page(x, in_both_languages):
    picture = plots.flow_to_normal(x, "t = 3")
    page = pixels(picture)
    assert page.shape[:2] == (252, 720) and len(picture.content) < 40_000
    side = 204 // x.shape[-1] * x.shape[-1]
    image = page[228 - side : 228, 12 : 12 + side].mean((0, 1))
    shown = data.to_bytes(x).float().mean((0, 2, 3)).expand(3).numpy()
    assert image == pytest.approx(shown, abs=8)
    assert (page[:, 12 + side + 4 : 12 + side + 20] == 255).all()
    in_both_languages(picture.en, picture.zh, "t = 3")


def test_values_near_0_stand_in_the_middle_of_the_histogram():
    at = where(plots.flow_to_normal(torch.full((1, 1, 16, 16), 0.1), ""), SKY)
    assert at.min() > 0.62 and at.max() < 0.7
