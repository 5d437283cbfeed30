"""Pictures of a network's inside show each value where it belongs; all are small and speak both languages.

网络内部的图把每个数值画在该在的地方；图都小巧，替代文字有两种语言。
"""

import numpy as np
import pytest
import torch
from pictures import alike, is_small_and_speaks, near, pixels
from scipy import ndimage

from course_utils import plots
from course_utils.anatomy import dissect
from course_utils.blocks import ResidualBlock
from course_utils.plots.features import CELL, LINE, signed
from course_utils.plots.picture import BLUE, ORANGE, PURPLE, rgb
from course_utils.unet import UNet


def pictures():
    maps = torch.randn(8, 8, 8, generator=torch.Generator().manual_seed(0))
    parts = {f"part.{i}": 10.0**i for i in range(6)}
    yield "rows", lambda: plots.feature_rows({"$h$": maps, "$GN(3h+1)$": maps[:, :4, :4]}, [f"{i}" for i in range(8)])
    yield "one row", lambda: plots.feature_rows({"": maps[:3]})
    yield "frame", lambda: plots.feature_frame(torch.zeros(1, 1, 8, 8), maps, "t = 1")
    yield "frame in colour", lambda: plots.feature_frame(torch.zeros(2, 3, 32, 32), torch.randn(64, 4, 4), "t = 1")
    yield (
        "bands",
        lambda: plots.bands({"a": torch.randn(32, 100), "b": torch.randn(16, 100)}, range(100), "$t$", "channel"),
    )
    yield "counts", lambda: plots.counts({"a": torch.ones(7, 7), "b": torch.randn(7, 7)})
    yield "bars", lambda: plots.part_bars({"parameters": parts, "multiplications": parts})
    yield "unet chart", lambda: plots.unet_chart()


@pytest.fixture(scope="module", params=pictures(), ids=lambda pair: pair[0])
def picture(request):
    return request.param[1]()  # drawn where it is looked at, not while tests are collected


def test_every_picture_is_a_small_png_that_speaks(picture, in_both_languages):
    is_small_and_speaks(picture, in_both_languages, 784, 360)


def test_colours_say_the_sign_and_depth_the_size():
    colours = signed(torch.tensor([[[-2.0, -1.0, 0.0, 1.0, 2.0, 9.0]]]), top=2.0)[0, 0]
    assert tuple(colours[0]) == rgb(BLUE) and tuple(colours[4]) == tuple(colours[5]) == rgb(ORANGE)
    assert tuple(colours[2]) == (255, 255, 255)
    halfway = (255 + np.array(rgb(ORANGE))) / 2
    assert np.abs(colours[3] - halfway).max() <= 1


def test_maps_of_zeros_are_white():
    assert (signed(torch.zeros(2, 3, 3)) == 255).all()


def test_a_frame_shows_each_map_in_its_place():
    maps = torch.zeros(32, 4, 4)
    maps[9, 3, 0], maps[9, 0, 3] = 1.0, -1.0  # second row, second column
    shown = pixels(plots.feature_frame(torch.zeros(1, 1, 8, 8), maps, ""))
    left, top = 4 * CELL + 16 + CELL, LINE + CELL
    for colour, (row, column) in ((ORANGE, (3, 0)), (BLUE, (0, 3))):
        spots = near(shown, colour, 40)
        at = np.array([top, left]) + (CELL - 8) / 4 * (np.array([row, column]) + 0.5)
        assert len(spots) and np.allclose(spots.mean(0), at, atol=2)


def test_a_row_has_one_scale_and_the_next_its_own():
    weak, strong = torch.zeros(2, 4, 4), torch.zeros(2, 4, 4)
    weak[0], weak[1], strong[0], strong[1] = 0.01, 0.005, 100.0, 50.0
    shown = pixels(plots.feature_rows({"a": weak, "b": strong}))
    spots = near(shown, ORANGE, 40)
    middle = shown.shape[0] / 2
    assert (spots[:, 0] < middle).any() and (spots[:, 0] > middle).any()
    assert spots[:, 1].max() < shown.shape[1] * 0.62, "half the value is not full colour"


def test_bands_put_channels_in_rows_and_x_in_columns():
    values = torch.zeros(10, 50)
    values[1, 40:] = 1.0
    shown = pixels(plots.bands({"a": values}, range(50), "$t$", "channel"))
    rows, columns = near(shown, ORANGE, 40).T
    assert rows.max() < shown.shape[0] * 0.4 and columns.min() > shown.shape[1] * 0.6


def test_the_longest_bar_belongs_to_the_largest_part():
    counted = {"parameters": {"a": 1.0, "b": 10.0, "c": 2.0}, "work": {"a": 9.0, "b": 1.0, "c": 1.0}}
    shown = pixels(plots.part_bars(counted))
    for colour, first in ((BLUE, False), (ORANGE, True)):
        spots = near(shown, colour, 40)
        lengths = np.bincount(spots[:, 0])
        longest = np.flatnonzero(lengths == lengths.max()).mean()
        used = np.flatnonzero(lengths)
        assert (longest < used[0] + (used[-1] - used[0]) / 3) == first


def test_the_u_has_four_lines_across():
    green = near(pixels(plots.unet_chart()), "#009E73", 200)
    rows, counts = np.unique(green[:, 0], return_counts=True)
    lines = rows[counts > 250]
    assert sum(np.diff(np.concatenate([[-9], lines])) > 3) == 4


def test_the_u_dots_what_is_told_the_noise_level_and_names_every_part():
    found = dissect(UNet(), torch.zeros(1, 1, 8, 8), torch.zeros(1))
    told = [name for name, layer in UNet().named_modules() if isinstance(layer, ResidualBlock)]
    picture = plots.unet_chart()
    for words in (picture.en, picture.zh):
        assert all(part.name in words for part in found)
        assert {part.name for part in found if part.name in words.split("embed")[1]} == set(told)
    spots, _ = ndimage.label(alike(pixels(picture), PURPLE, 40))
    shapes = [spots[place] > 0 for place in ndimage.find_objects(spots)]
    dots = [shape for shape in shapes if min(shape.shape) > 6 and shape.mean() > 0.6]
    assert len(dots) == len(told) + 1, "a dot on each, and the one that embed leads to"
