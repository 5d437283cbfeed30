"""The widget of a folder: each control changes the picture, which keeps its size, and what it prints is true.

翻看文件夹的控件：每个控件都改变图，图的尺寸不变，所说的都属实。
"""

import pytest
import torch
from panels import controls, every_move_is_seen
from pictures import is_small_and_speaks, pixels
from PIL import Image

from course_utils import data
from course_utils.data.pictures import middle
from course_utils.experiments import first_look, own_folder
from course_utils.explorers.browser import folder_explorer, square_at
from course_utils.plots.picture import ORANGE, rgb


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return own_folder.write_own_folder(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def album(place):
    return data.album(place, 16)


def test_each_control_changes_the_picture_and_what_it_prints_is_true(place, album, in_both_languages):
    wide = album.files.index("palace/001.jpg")
    panel = folder_explorer(place, album, picture=wide)
    every_move_is_seen(panel, {"picture": [0, wide], "size": ["8", "128", "32"], "crop": [0, 100, 50]})
    width, height = own_folder.cuts("palace")[1][2:]
    left = float(first_look.detail_left(first_look.squares(place, ["palace/001.jpg"]), 32))
    told = f"{width} x {height}", f"cut {1 - height / width:.0%}", f"{left:.0%} left"
    in_both_languages(panel.picture.en, panel.picture.zh, "palace/001.jpg", *told)
    for picture in range(0, len(album.files), 30):
        controls(panel)["picture"].value = picture
        is_small_and_speaks(panel.picture, in_both_languages, 720, 360)


def test_the_frame_is_where_the_square_is_and_the_square_beside_it(tmp_path, in_both_languages):
    flag = Image.new("RGB", (90, 30), (255, 0, 0))
    flag.paste((0, 0, 255), (60, 0, 90, 30))
    flag.save(tmp_path / "旗.png")
    album = data.album(tmp_path, 8)
    panel = folder_explorer(tmp_path, album, crop=100)
    shown = pixels(panel.picture)
    assert shown[100, -100].tolist() == pytest.approx([0, 0, 255], abs=8)
    edge = (abs(shown[:, :300] - rgb(ORANGE)).sum(-1) < 40).nonzero()[1]
    assert edge.min() == pytest.approx(200, abs=2) and edge.max() == pytest.approx(299, abs=2)
    assert all("旗.png" in told and "cut 67%" in told for told in (panel.picture.en, panel.picture.zh))


@pytest.mark.parametrize("size", [(30, 20), (20, 31), (7, 7)])
def test_half_way_is_the_middle_that_the_album_takes(size):
    assert square_at(*size, 50) == middle(*size)
    assert square_at(*size, 0)[:2] == (0, 0) and square_at(*size, 100)[2:] == size


@pytest.mark.parametrize("how, given", [({"picture": 999}, "999"), ({"size": "9"}, "9"), ({"crop": 101}, "101")])
def test_settings_that_are_on_no_control_are_refused(place, album, how, given, refused):
    with refused(given):
        folder_explorer(place, album, **how)


def test_what_is_no_album_is_refused(place, refused):
    with refused("Album"):
        folder_explorer(place, torch.zeros(3))
