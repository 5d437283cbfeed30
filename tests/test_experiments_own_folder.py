"""The lesson's folder holds what it says, and a first look at it finds what was put there.

本课的文件夹里确实是所说的那些东西；第一眼能看出放进去的是什么。
"""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from course_utils import data
from course_utils.data.pictures import upright_size, whole_of
from course_utils.experiments import first_look, own_folder
from course_utils.experiments.first_look import Twin
from course_utils.experiments.odd_files import as_a_camera
from course_utils.experiments.own_folder import Cut


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return own_folder.write_own_folder(tmp_path_factory.mktemp("own") / "pictures")


@pytest.fixture(scope="module")
def album(place):
    return data.album(place, 16, labels=True)


def test_the_folder_has_its_classes_and_its_odd_files(place, album, capsys):
    assert album.classes == ("digit", "flower", "palace") and album.y.bincount().tolist() == [200, 64, 65]
    assert album.x.shape == (329, 3, 16, 16)
    assert {file for file, _ in album.left_out} == {
        "ABOUT.txt",
        "flower/empty.jpg",
        "flower/half downloaded.jpg",
        "flower/not found.png",
        "loose.png",
        "palace/.thumbnails/000.jpg",
        "palace/IMG_0002.HEIC",
        "palace/heights.tif",
    }
    assert len({why for _, why in album.left_out}) == 8
    kinds = {file.suffix for file in place.rglob("*.*")}
    assert {".jpg", ".png", ".gif"} <= kinds and sum(file.stat().st_size for file in place.rglob("*.*")) < 5e6


def test_every_cut_shows_its_part_of_the_photograph_upright(place, album):
    for name in own_folder.WINDOWS:
        photograph = data.whole_photograph(name)
        for number in (0, 1, 3, 11):
            cut = own_folder.cuts(name)[number]
            file = next(file for file in album.files if file.startswith(f"{name}/{number:03}"))
            assert upright_size(place, file) == (cut.width, cut.height)
            inside = photograph[..., cut.top : cut.top + cut.height, cut.left : cut.left + cut.width]
            wide = (cut.width - cut.height) // 2
            exact = data.resize(inside[..., wide : wide + cut.height], 16)[0]
            assert float((album.x[album.files.index(file)] / 127.5 - 1 - exact).abs().mean()) < 0.03


def test_what_was_written_may_be_written_anew_and_nothing_else_is_touched(place, album, tmp_path, refused):
    before = {file: file.read_bytes() for file in place.rglob("*.png")}
    own_folder.write_own_folder(place)
    assert all(file.read_bytes() == content for file, content in before.items())
    (tmp_path / "mine.txt").write_text("mine")
    with refused(str(tmp_path)):
        own_folder.write_own_folder(tmp_path)
    with refused("mine.txt"):
        own_folder.write_own_folder(tmp_path / "mine.txt")
    with refused("mine.txt"):
        own_folder.write_own_folder(tmp_path / "mine.txt" / "below")
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_the_command_writes_it(tmp_path):
    command = [sys.executable, "-m", "course_utils.experiments.own_folder"]
    run = subprocess.run([*command, tmp_path / "new"], capture_output=True, text=True, encoding="utf-8", check=True)
    assert str(tmp_path / "new") in run.stdout and "已把" in run.stdout and run.stderr == ""
    assert len(data.folder(tmp_path / "new", 8)) == 330
    (tmp_path / "mine.txt").write_text("mine")
    refused = subprocess.run([*command, tmp_path], capture_output=True, text=True, encoding="utf-8")
    assert refused.returncode == 1 and "Traceback" not in refused.stderr and "没用过的名字" in refused.stderr
    told = subprocess.run([*command, "--help"], capture_output=True, text=True, encoding="utf-8", check=True).stdout
    assert "PATH" in told and "empty folder" in told and "空文件夹" in told


def test_coloured_digits_keep_their_shape_and_their_labels(refused):
    grey, colour = data.digits(16), own_folder.digits_in_colour(16, 50)
    assert colour.x.shape == (50, 3, 16, 16) and colour.y.equal(grey.y[:50]) and colour.x.abs().max() <= 1
    strokes, brightness = grey.x[:50, 0].flatten(1), colour.x.amax(1).flatten(1)
    for a, b in zip(strokes, brightness, strict=True):
        assert float(torch.corrcoef(torch.stack([a, b]))[0, 1]) > 0.98
    assert len({tuple(x[:, 8, 8].tolist()) for x in colour.x}) == 50
    with refused("1798"):
        own_folder.digits_in_colour(16, 1798)


def test_overlap_is_counted_pixel_by_pixel():
    apart = own_folder.overlap([Cut(0, 0, 10, 10), Cut(10, 0, 10, 10)])
    assert apart == (0.0, 1.0, 2)
    assert own_folder.overlap([Cut(0, 0, 10, 10), Cut(5, 0, 10, 10)]) == (0.5, pytest.approx(4 / 3), 1)
    assert own_folder.overlap([Cut(0, 0, 20, 10), Cut(5, 0, 10, 10)]) == (0.75, 1.5, 1)


def test_cuts_lie_in_their_photograph_and_others_are_refused(refused):
    for name in own_folder.WINDOWS:
        found = own_folder.cuts(name, 80)
        assert len(set(found)) == 80 and found[:60] == own_folder.cuts(name)
        assert all(c.left >= 0 and c.left + c.width <= 640 and c.top >= 0 and c.top + c.height <= 427 for c in found)
    with refused("temple", "flower"):
        own_folder.cuts("temple")


def test_a_first_look_finds_what_was_planted(place, album, in_both_languages):
    look = first_look.glance(place, album)
    named = {frozenset((album.files[twin.one], album.files[twin.other])) for twin in look.twins}
    assert frozenset(("palace/IMG_0001.jpg", "palace/IMG_0001 (1).jpg")) in named
    assert frozenset(("flower/花 1.jpg", "flower/turning.gif")) in named
    assert not any("digit" in file for pair in named for file in pair)
    assert int((look.cut > 0.3).sum()) == 16, "fifteen wide cuts and the whole photograph"
    assert look.sizes[album.files.index("palace/whole.jpg")].tolist() == [3840, 2562]
    assert look.coloured == 328 and 0 < look.flat < 10
    assert look.different == 329 - len(_spanning(look.twins))
    en, zh = first_look.told(look, album)
    in_both_languages(en, zh, "329", "200", "3840", str(look.different), "33%")


def _spanning(twins):
    """As many pairs as make no ring."""
    sets, kept = [], []
    for twin in twins:
        touched = [s for s in sets if twin.one in s or twin.other in s]
        if not any(twin.one in s and twin.other in s for s in touched):
            kept.append(twin)
            sets = [s for s in sets if s not in touched] + [{twin.one, twin.other}.union(*touched)]
    return kept


def test_near_duplicates_are_found_across_the_parts_of_a_long_album(seeded, monkeypatch):
    x = torch.randint(0, 256, (40, 3, 8, 8), generator=seeded(0), dtype=torch.uint8)
    x[33] = x[2]
    x[20] = (x[7].int() + 3).clamp(0, 255).to(torch.uint8)
    monkeypatch.setattr(first_look, "ROWS", 16)
    one, other = first_look.near_duplicates(x)
    assert one == Twin(2, 33, pytest.approx(0, abs=0.1)) and other[:2] == (7, 20) and 1 < other.apart <= 3


def test_what_is_cut_off_is_faded_and_the_rest_is_as_it_was(tmp_path):
    wide = Image.new("RGB", (60, 20), (255, 0, 0))
    wide.save(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_bytes(as_a_camera(wide.transpose(Image.Transpose.ROTATE_90), lying=True))
    a, b = first_look.what_is_cut(tmp_path, ["a.png", "b.jpg"], 30)
    assert a[:, 15, 15].tolist() == [1, -1, -1] and a[:, 15, 2].tolist() == pytest.approx([1, 0.1, 0.1], abs=0.01)
    assert a[:, 2, 15].tolist() == [1, 1, 1], "beside the picture it is white"
    assert b[:, 15, 15].tolist() == pytest.approx([1, -1, -1], abs=0.05) and b[1, 2, 15] > 0
    assert upright_size(tmp_path, "b.jpg") == (20, 60)


def test_of_another_folder_than_the_album_was_read_from_it_is_said_so(tmp_path, refused):
    for name in ("a.png", "b.png"):
        Image.new("RGB", (20, 20)).save(tmp_path / name)
    album = data.album(tmp_path, 8)
    (tmp_path / "a.png").unlink()
    (tmp_path / "b.png").write_bytes(b"no longer a picture")
    for look in (first_look.what_is_cut, first_look.squares):
        for name in album.files:
            with refused(name, "data.album"):
                look(tmp_path, [name])
    for place in (tmp_path, tmp_path / "nowhere"):
        with refused("a.png", place.name):
            first_look.glance(place, album)


def test_twins_are_sought_among_bytes(refused):
    with refused("torch.float32", "to_bytes"):
        first_look.near_duplicates(torch.rand(3, 3, 8, 8))


def test_a_deep_picture_can_be_shown_whole(tmp_path):
    Image.fromarray(np.full((30, 60), 2**15, np.uint16)).save(tmp_path / "a.png")
    shown = whole_of(tmp_path, "a.png", 20)
    assert shown.size == (20, 10) and shown.getpixel((5, 5)) == pytest.approx((128, 128, 128), abs=1)


def test_what_few_pixels_leave(place):
    x = first_look.squares(place, ["palace/000.jpg", "palace/005.jpg"])
    assert x.shape == (2, 3, 128, 128) and -1 <= x.min() and x.max() <= 1
    assert first_look.left_at(x, 128).equal(x) and first_look.detail_left(x, 128).tolist() == [1, 1]
    shares = torch.stack([first_look.detail_left(x, size) for size in (4, 8, 32, 64)])
    assert bool((shares.diff(dim=0) > 0).all()) and shares.min() > 0


def test_detail_that_is_finer_than_the_pixels_is_lost_and_what_is_coarser_stays(seeded):
    stripes = torch.ones(1, 3, 128, 128)
    stripes[..., ::2] = -1
    slope = torch.linspace(-1, 1, 128).expand(1, 3, 128, 128)
    both = torch.cat([stripes, slope])
    assert first_look.detail_left(both, 16).tolist() == pytest.approx([0, 1], abs=0.02)
    assert first_look.detail_left(both, 128).tolist() == [1, 1]
    assert first_look.detail_left(torch.zeros(1, 3, 128, 128), 8).tolist() == [1], "nothing there, nothing lost"
