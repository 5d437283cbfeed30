"""Balls and points stand in place, in the colours that say who is inside. 球与点各在其位，颜色说明谁在球内。"""

import numpy as np
import pytest
import torch
from pictures import is_small_and_speaks, near, pixels

from course_utils.plots.balls import BALL, Held, balls_frame
from course_utils.plots.planar import LINE, SIZE

CENTRES, REACH = torch.tensor([[-0.75, 0.75]]), torch.tensor([0.3])
POINTS, INSIDE = torch.tensor([[-0.6, 0.75], [0.75, -0.75]]), torch.tensor([True, False])


@pytest.fixture(scope="module")
def picture():
    held = Held(CENTRES, REACH, POINTS, INSIDE)
    return balls_frame({"precision 0.5": held, "recall 1.0": held}, "scale 1")


def place(point, panel=0, limit=1.5):
    x, y = point
    return 2 * LINE + (1 - y / limit) * SIZE / 2, panel * (SIZE + 12) + (1 + x / limit) * SIZE / 2


def test_it_is_small_and_says_what_it_shows(picture, in_both_languages):
    is_small_and_speaks(picture, in_both_languages, 2 * SIZE + 12, SIZE + 2 * LINE)
    assert "precision 0.5; recall 1.0; scale 1" in picture.en and "recall 1.0" in picture.zh


@pytest.mark.parametrize("panel", [0, 1])
def test_the_ball_its_centre_and_the_points_stand_in_place(picture, panel):
    shown = pixels(picture)
    left, right = panel * (SIZE + 12), panel * (SIZE + 12) + SIZE

    def middle(colour):
        spots = near(shown, colour, 40)
        inner = (spots[:, 0] > 2 * LINE + 3) & (spots[:, 1] > left + 3) & (spots[:, 1] < right - 3)
        return spots[inner].mean(0), int(inner.sum())

    at, area = middle(BALL)
    assert np.allclose(at, place(CENTRES[0], panel), atol=3)
    assert area == pytest.approx(np.pi * (0.3 / 1.5 * SIZE / 2) ** 2, rel=0.1)
    assert np.allclose(middle("#D55E00")[0], place(POINTS[0], panel), atol=2)
    assert np.allclose(middle("#000000")[0], place(POINTS[1], panel), atol=2)
