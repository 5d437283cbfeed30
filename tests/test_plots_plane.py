"""Pictures of the plane show each point and arrow where it belongs; all are small and speak both languages.

平面上的图把每个点、每支箭头画在该在的地方；图都小巧，替代文字有两种语言。
"""

import numpy as np
import pytest
import torch
from pictures import is_small_and_speaks, near, pixels

from course_utils import plots, points
from course_utils.plots.planar import LIMIT, LINE, SIZE

EIGHT = points.circle(8)
STARTS = points.lattice(5)
ONE = torch.tensor([[0.5, -0.25]])


def pictures():
    cloud = points.moons(400)
    yield "plane", lambda: plots.plane({f"{i}": (cloud, cloud + 0.1, EIGHT) for i in range(6)}, columns=3)
    yield "one panel", lambda: plots.plane({"a": (cloud,)})
    yield (
        "arrows",
        lambda: plots.arrows({f"$t = {t}$": (EIGHT, points.lattice(13), -points.lattice(13)) for t in range(4)}),
    )
    yield "heat", lambda: plots.heat({"a": torch.rand(61 * 61), "b": torch.rand(61 * 61)}, cloud, top=1.0)
    yield (
        "field frame",
        lambda: plots.field_frame(EIGHT, torch.full((8,), 1 / 8), STARTS, -STARTS, mark=ONE[0], word="t = 1"),
    )
    yield "cloud frame", lambda: plots.cloud_frame(cloud, torch.randn(300, 2), "distance 0.1")
    yield "training of points", lambda: plots.training_view([1.0, 0.5, 0.4], cloud)


@pytest.fixture(scope="module", params=pictures(), ids=lambda pair: pair[0])
def picture(request):
    return request.param[1]()  # drawn where it is looked at, not while tests are collected


def test_every_picture_is_a_small_png_that_speaks(picture, in_both_languages):
    is_small_and_speaks(picture, in_both_languages, 720, SIZE + LINE)


def place(point):
    x, y = point
    return LINE + (1 - y / LIMIT) * SIZE / 2, (1 + x / LIMIT) * SIZE / 2


def frame(shares=(0.7, 0.3), data=((0.8, 0.4), (-0.6, -0.5)), mark=(0.0, 0.9)):
    data = torch.tensor(data)
    nowhere = torch.tensor([[-1.2, 1.2]])
    return pixels(plots.field_frame(data, torch.tensor(shares), nowhere, 0 * nowhere, mark=torch.tensor(mark), word=""))


def test_a_frame_shows_data_in_place_with_areas_as_shares():
    shown = frame()
    spots = near(shown, "#D55E00", 60)
    left = spots[:, 1] < SIZE / 2
    for group, point in ((~left, (0.8, 0.4)), (left, (-0.6, -0.5))):
        assert np.allclose(spots[group].mean(0), place(point), atol=2)
    assert (~left).sum() / left.sum() == pytest.approx(0.7 / 0.3, rel=0.2)


def test_the_long_arrow_runs_from_the_mark_to_the_guess():
    black = near(frame(shares=(1.0, 0.0)), "#000000", 60)
    black = black[(black[:, 0] > LINE + 3) & (black[:, 0] < SIZE + LINE - 4)]
    black = black[(black[:, 1] > 3) & (black[:, 1] < SIZE - 4)]
    ends = [np.array(place(point)) for point in ((0.0, 0.9), (0.8, 0.4))]
    along = ends[1] - ends[0]
    on_the_way = (black - ends[0]) @ along / (along @ along)
    across = np.array([-along[1], along[0]]) / np.linalg.norm(along)
    aside = np.abs((black - ends[0]) @ across)
    assert len(black) > 50 and on_the_way.min() > -0.1 and on_the_way.max() > 0.6 and aside.max() < 12


@pytest.mark.parametrize(
    "vector, side", [((1.0, 0.0), "right"), ((-1.0, 0.0), "left"), ((0.0, 1.0), "up"), ((0.0, -1.0), "down")]
)
def test_arrows_of_the_field_point_where_they_should(vector, side):
    data, shares = torch.tensor([[1.2, 1.2]]), torch.ones(1)
    start = torch.zeros(1, 2)
    shown = pixels(plots.field_frame(data, shares, start, torch.tensor([vector]), mark=data[0], word=""))
    rows, columns = near(shown, "#0072B2", 90).T
    row, column = place((0, 0))
    reach = {
        "right": columns.max() - column,
        "left": column - columns.min(),
        "up": row - rows.min(),
        "down": rows.max() - row,
    }
    assert max(reach, key=reach.get) == side and reach[side] > 12


def test_arrows_without_length_leave_no_trace():
    shown = frame()
    assert len(near(shown, "#0072B2", 90)) < 12


def test_a_cloud_frame_shows_particles_over_the_truth():
    shown = pixels(plots.cloud_frame(torch.tensor([[-0.5, 0.5]]), ONE, "word"))
    assert np.allclose(near(shown, "#D55E00", 60).mean(0), place(ONE[0]), atol=2)
    assert np.allclose(near(shown[LINE:], "#BBBBBB", 30).mean(0) + (LINE, 0), place((-0.5, 0.5)), atol=2)
    assert not np.array_equal(shown[:LINE], pixels(plots.cloud_frame(ONE, ONE, "other"))[:LINE])


def test_heat_is_drawn_upright():
    """A value high at the upper right must glow there."""
    at = points.lattice(31)
    values = ((at - 0.8).norm(dim=1) < 0.4).float()
    shown = pixels(plots.heat({"a": values}, torch.full((1, 2), -1.2), top=1.0))
    frame = shown[:, : int(shown.shape[1] * 0.8)]
    rows, columns = near(frame, "#FEE838", 80).T
    dark = near(frame, "#00224E", 80)
    assert len(rows) and rows.mean() < dark[:, 0].mean() and columns.mean() > dark[:, 1].mean()


def test_points_and_images_can_both_be_watched():
    few, many = (plots.training_view([1.0, 0.5], torch.rand(n, 2) * 2 - 1) for n in (1, 500))
    images = plots.training_view([1.0, 0.5], torch.zeros(4, 1, 8, 8))
    spots = [len(near(pixels(picture), "#D55E00", 120)) for picture in (few, many, images)]
    assert spots[1] > 10 * max(1, spots[0]) and spots[2] == 0
