"""The game under the hand: each control changes the picture, which keeps its size and shows what is kept.

动手看博弈：每个控件都改变图，图的尺寸不变，画的正是记下的东西。
"""

import numpy as np
import pytest
import torch
from panels import controls, every_move_is_seen
from pictures import is_small_and_speaks, near, pixels

from course_utils import points
from course_utils.experiments.ring import contours
from course_utils.experiments.ring_learners import Moment
from course_utils.explorers.game import game_explorer
from course_utils.plots.game import game_frame, game_moments
from course_utils.plots.planar import LIMIT, LINE, SIZE

RINGS = contours()
AT = points.lattice(11)
WHITE = torch.full((121,), 0.5)


def film(shift, n=4):
    """Moments that differ in every part."""
    return [
        Moment(10 * k, torch.tensor([[0.1 * k, shift]]), (WHITE + 0.1 * k).clamp(0, 1), k, 0.2 * k, 0.5, 0.5 - 0.1 * k)
        for k in range(n)
    ]


GAMES = {"plain": film(0.2), "R1": film(-0.4)}


def place(point):
    x, y = point
    return LINE + (1 - y / LIMIT) * SIZE / 2, (1 + x / LIMIT) * SIZE / 2


def test_each_control_changes_the_picture_and_never_its_size():
    moves = {"k": [3, 1, 0], "game": ["R1", "plain"]}
    panel = game_explorer(GAMES)
    assert set(controls(panel)) == set(moves)
    every_move_is_seen(panel, moves)
    assert panel.image.layout.width == "400px" and controls(panel)["k"].max == 3
    assert controls(panel)["k"].continuous_update, "frames are kept, none is computed"


def test_it_says_what_was_kept(in_both_languages):
    panel = game_explorer(GAMES, k=2)
    controls(panel)["game"].value = "R1"
    for said in (panel.picture.en, panel.picture.zh):
        assert "step 20   modes 2   in 0.40   D 0.50, 0.30" in said
    in_both_languages(panel.picture.en, panel.picture.zh)


def test_what_is_no_game_is_refused(refused):
    for games, k, said in (({}, 0, "games"), ({"a": film(0), "b": film(0, 3)}, 0, "[4, 3]"), (GAMES, 4, "4")):
        with refused(said):
            game_explorer(games, k)


def test_samples_and_rings_stand_where_they_should():
    shown = pixels(game_frame(WHITE, torch.tensor([[0.5, -0.25]]), (torch.tensor([[-0.6, 0.7]]), 0.15), ""))
    black = near(shown[LINE + 2 : -2, 2:-2], "#000000", 90) + (LINE + 2, 2)
    assert np.allclose(black.mean(0), place((0.5, -0.25)), atol=2)
    blue = near(shown, "#0072B2", 90)
    away = np.linalg.norm(blue - place((-0.6, 0.7)), axis=1) * 2 * LIMIT / SIZE
    assert len(blue) > 50 and np.all(np.abs(away - 0.15) < 0.02)


def test_the_field_is_drawn_upright_in_two_colours():
    """Real at the upper right alone, made at the lower left alone."""
    said = WHITE + 0.5 * (((AT - 0.9).norm(dim=1) < 0.5).float() - ((AT + 0.9).norm(dim=1) < 0.5).float())
    shown = pixels(game_frame(said, torch.zeros(1, 2), (torch.zeros(1, 2), 0.0), ""))
    yellow, blue = near(shown, "#E69F00", 60), near(shown, "#56B4E9", 60)
    for found, point in ((yellow, (0.9, 0.9)), (blue, (-0.9, -0.9))):
        assert len(found) > 500 and np.linalg.norm(found.mean(0) - place(point)) < 0.1 * SIZE
    assert len(near(shown, "#FFFFFF", 12)) > shown.shape[0] * shown.shape[1] / 3


def test_pictures_are_small_and_speak(in_both_languages):
    noise = torch.rand(41 * 41, generator=torch.Generator().manual_seed(0))
    crowd = torch.randn(400, 2, generator=torch.Generator().manual_seed(1)) / 2
    is_small_and_speaks(game_frame(noise, crowd, RINGS, "step 1"), in_both_languages, SIZE, SIZE + LINE)
    smooth = points.lattice(41).norm(dim=1).mul(-2).sigmoid()
    page = game_moments({name: {f"step {k}": (smooth, crowd) for k in range(4)} for name in ("plain", "R1")}, RINGS)
    is_small_and_speaks(page, in_both_languages, 720, 420)
    assert "plain: step 0, step 1" in page.en and "R1: step 0" in page.zh


@pytest.mark.parametrize("field", [torch.rand(120), torch.rand(11, 11), torch.full((121,), torch.nan), [0.5] * 121])
def test_what_is_no_field_is_refused(field, refused):
    with refused():
        game_frame(field, torch.zeros(1, 2), RINGS, "")


def test_more_moments_than_fit_are_refused(refused):
    with refused("5"):
        game_moments({"a": {str(k): (WHITE, torch.zeros(1, 2)) for k in range(5)}}, RINGS)
