"""Folders as people have them: every kind of file they hold, one by one, and what is said of it.

各式各样的图片文件夹：里面可能有的每一种文件，逐一试过，以及对它们的说明。
"""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from course_utils import data
from course_utils.data import albums, pictures

LINKS = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def plain(colour=RED, size=(16, 16)):
    return Image.new("RGB", size, colour)


def mean(x):
    """The mean colour of one picture of bytes."""
    return [round(float(value)) for value in x.float().mean((1, 2))]


def read(folder, **how):
    return data.album(folder, **{"size": 8, **how})


def saved(picture, place, **how):
    place.parent.mkdir(parents=True, exist_ok=True)
    picture.save(place, **how)


def cmyk(place):
    plain().convert("CMYK").save(place, quality=100)


def clear(place):
    Image.new("RGBA", (16, 16), (255, 0, 0, 0)).save(place)


def palette(place):
    picture = Image.new("P", (16, 16), 1)
    picture.putpalette([0, 0, 0, *RED])
    picture.save(place)


def moving(place):
    plain().save(place, save_all=True, append_images=[plain(BLUE)], lossless=True, duration=40)


def bad_note(place):
    plain().save(place, quality=100, exif=b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x09\x01\x12")


def two_tones(place):
    Image.new("LA", (16, 16), (0, 255)).save(place)


def one_bit(place):
    Image.new("1", (16, 16), 1).save(place)


@pytest.mark.parametrize(
    "name, write, colour",
    [
        ("a.jpg", cmyk, RED),
        ("a.tif", cmyk, RED),
        ("a.png", clear, WHITE),
        ("a.webp", clear, WHITE),
        ("a.png", palette, RED),
        ("a.gif", palette, RED),
        ("a.gif", moving, RED),
        ("a.png", moving, RED),
        ("a.webp", moving, RED),
        ("a.jpg", bad_note, RED),
        ("a.png", two_tones, (0, 0, 0)),
        ("a.png", one_bit, WHITE),
        ("猫 一.png", lambda place: plain().save(place), RED),
        ("a.jpg", lambda place: plain().save(place, format="PNG"), RED),
        ("a.heic", lambda place: plain().save(place, format="PNG"), RED),
        ("a", lambda place: plain().save(place, format="WEBP", lossless=True), RED),
    ],
)
def test_a_picture_of_this_kind_is_read(tmp_path, name, write, colour, capsys):
    write(tmp_path / name)
    album = read(tmp_path, channels=3)
    assert album.x.dtype == torch.uint8 and album.files == (name,) and album.left_out == ()
    assert mean(album.x[0]) == pytest.approx(colour, abs=2) and album.x[0].float().std((1, 2)).max() < 1
    assert capsys.readouterr().out == ""


def test_16_bits_are_read_from_black_to_white(tmp_path):
    Image.fromarray(np.full((16, 16), 65535 // 4, np.uint16)).save(tmp_path / "a.png")
    assert mean(read(tmp_path).x[0]) == [64]


@pytest.mark.parametrize("turn", [3, 6])
def test_a_tiff_is_turned_once(tmp_path, turn):
    half = plain(WHITE, (32, 32))
    half.paste((0, 0, 0), (0, 0, 32, 16))  # black above
    note = Image.Exif()
    note[0x0112] = turn
    half.save(tmp_path / "a.tif", exif=note)
    x = read(tmp_path).x[0, 0].float()
    if turn == 3:
        assert x[:3].mean() > 250 and x[-3:].mean() < 5
    else:
        assert x[:, :3].mean() > 250 and x[:, -3:].mean() < 5


def test_colour_only_if_a_picture_has_some(tmp_path):
    saved(Image.new("L", (16, 16), 80), tmp_path / "a.png")
    saved(plain((80, 80, 80)), tmp_path / "b.png")
    saved(plain((80, 84, 87)), tmp_path / "c.jpg")
    grey = read(tmp_path)
    assert grey.x.shape == (3, 1, 8, 8) and [mean(x) for x in grey.x] == [[80], [80], [83]]
    saved(plain(), tmp_path / "last.png")
    album = read(tmp_path)
    assert album.x.shape == (4, 3, 8, 8)
    assert mean(album.x[0]) == [80, 80, 80] and mean(album.x[3]) == list(RED)
    assert read(tmp_path, channels=1).x.shape == (4, 1, 8, 8)
    assert mean(read(tmp_path, channels=1).x[3]) == [round(0.299 * 255)]


@pytest.mark.parametrize("blue, channels", [(108, 1), (109, 3), (91, 3), (92, 1)])
def test_a_tint_that_no_eye_sees_is_no_colour(blue, channels, tmp_path):
    saved(plain((100, 100, blue)), tmp_path / "a.png")
    assert read(tmp_path).x.shape[1] == channels


@pytest.mark.parametrize("colour, grey", [((0, 255, 0), 150), (WHITE, 255), ((0, 0, 255), 29), ((1, 1, 1), 1)])
def test_grey_is_rounded_to_the_nearest(colour, grey, tmp_path):
    saved(plain(colour), tmp_path / "a.png")
    assert mean(read(tmp_path, channels=1).x[0]) == [grey]


def test_how_large_a_picture_pillow_takes_is_afterwards_as_the_reader_left_it(tmp_path, monkeypatch):
    saved(plain(), tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 12_345)
    read(tmp_path)
    pictures.upright_size(tmp_path, "a.png")
    assert Image.MAX_IMAGE_PIXELS == 12_345


@pytest.mark.parametrize("w, h", [(1, 1), (3, 2), (40, 3), (3, 900)])
def test_tiny_and_narrow_ones_are_read(tmp_path, w, h):
    saved(plain(RED, (w, h)), tmp_path / "a.png")
    assert mean(read(tmp_path).x[0]) == list(RED)


def test_enormous_ones_are_decoded_at_a_fraction_and_averaged_in_bands(tmp_path, monkeypatch):
    across = np.linspace(0, 255, 3000, dtype=np.uint8)[None].repeat(2000, 0)
    picture = Image.fromarray(np.stack([across, across[:, ::-1], across], 2))
    exact = data.resize(data.from_pil(picture.crop((500, 0, 2500, 2000))), 8)[0]
    clear = picture.convert("RGBA")
    clear.putalpha(255)
    saved(picture, tmp_path / "a.jpg", quality=95)
    saved(clear, tmp_path / "b.png")
    saved(picture.quantize(256), tmp_path / "c.png")
    saved(Image.fromarray(across.astype(np.uint16) * 257), tmp_path / "d.tif")
    whole = read(tmp_path, channels=3).x
    monkeypatch.setattr(pictures, "BAND", 2000 * 70)
    banded = read(tmp_path, channels=3).x
    assert whole.equal(banded)
    for x, bound in zip(whole[:3], (0.03, 0.03, 0.08), strict=True):
        assert float((x / 127.5 - 1 - exact).abs().max()) < bound
    assert float((whole[3] / 127.5 - 1 - exact[:1]).abs().max()) < 0.03


def test_a_jpeg_is_never_decoded_whole_where_a_fraction_will_do(tmp_path, monkeypatch):
    saved(plain(RED, (3000, 2000)), tmp_path / "a.jpg")
    sizes = []
    monkeypatch.setattr(pictures, "middle", lambda w, h: sizes.append((w, h)) or (0, 0, min(w, h), min(w, h)))
    read(tmp_path)
    assert sizes == [(375, 250)]


def noise(n):
    return np.random.default_rng(0).integers(0, 256, n, dtype=np.uint8).tobytes()


def half_of(kind):
    def write(place):
        Image.frombytes("RGB", (64, 64), noise(64 * 64 * 3)).save(place, format=kind)
        place.write_bytes(place.read_bytes()[:3000])

    return write


def held(place):
    place.parent.mkdir(exist_ok=True)
    plain().save(place)


@pytest.mark.parametrize(
    "name, write, why",
    [
        ("a.png", lambda place: place.write_bytes(b""), pictures.EMPTY),
        ("a.png", lambda place: place.write_text("a page that says 404"), pictures.BROKEN),
        ("a.png", lambda place: place.write_bytes(noise(5000)), pictures.BROKEN),
        ("a.jpg", half_of("JPEG"), pictures.TORN),
        ("a.png", half_of("PNG"), pictures.TORN),
        ("a.bmp", half_of("BMP"), pictures.TORN),
        ("a.webp", half_of("WEBP"), pictures.TORN),
        ("a.heic", lambda place: place.write_bytes(b"....ftypheic"), pictures.KIND),
        ("a.svg", lambda place: place.write_text("<svg/>"), pictures.KIND),
        (".thumbs/a.png", held, pictures.HIDDEN),
        ("__MACOSX/._a.jpg", held, pictures.HIDDEN),
        ("__MACOSX/b.jpg", held, pictures.HIDDEN),
        (".DS_Store", lambda place: place.write_bytes(b"\0"), pictures.OTHER),
        ("notes.txt", lambda place: place.write_text("no picture"), pictures.OTHER),
        ("empty", lambda place: place.write_bytes(b""), pictures.OTHER),
        pytest.param("a.png", lambda place: place.symlink_to("nowhere"), pictures.GONE, marks=LINKS),
        pytest.param("a.png", lambda place: place.symlink_to(place), pictures.GONE, marks=LINKS),
    ],
)
def test_what_is_left_out_is_listed_with_its_reason(tmp_path, name, write, why, capsys, in_both_languages):
    saved(plain(), tmp_path / "good.png")
    write(tmp_path / name)
    album = read(tmp_path)
    assert album.files == ("good.png",) and len(album.x) == 1
    ((file, said),) = album.left_out
    assert file == name and said == why
    told = capsys.readouterr().out.strip()
    if said == pictures.OTHER:
        assert told == ""
    else:
        in_both_languages(*told.split("\n\n"), name, "1", "2")


def test_a_file_that_may_not_be_opened_and_a_folder(tmp_path, monkeypatch, capsys, in_both_languages):
    saved(plain(), tmp_path / "good.png")
    saved(plain(), tmp_path / "locked.png")
    saved(plain(), tmp_path / "private" / "a.png")
    scan, opened = os.scandir, Image.open

    def refuse(place, refused, then, **how):
        if str(place).endswith(refused):
            raise PermissionError(13, "Permission denied", str(place))
        return then(place, **how)

    monkeypatch.setattr(os, "scandir", lambda place: refuse(place, "private", scan))
    monkeypatch.setattr(Image, "open", lambda place, **how: refuse(place, "locked.png", opened, **how))
    assert read(tmp_path).left_out == (("locked.png", pictures.CLOSED), ("private", pictures.CLOSED))
    in_both_languages(*capsys.readouterr().out.strip().split("\n\n"), "locked.png", "private")


@pytest.mark.parametrize("error", [MemoryError(), IndexError("x"), RuntimeError("x"), OSError(5, "Input/output error")])
def test_no_picture_ends_a_long_pass(tmp_path, monkeypatch, error):
    saved(plain(), tmp_path / "a.png")
    saved(plain(), tmp_path / "b.png")

    def sometimes(image, asked=[]):  # noqa: B006, it counts its calls
        asked.append(image)
        if len(asked) == 1:
            raise error
        return data.from_pil(image)

    monkeypatch.setattr(pictures, "from_pil", sometimes)
    album = read(tmp_path)
    assert album.files == ("b.png",) and all(album.left_out[0][1])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_whatever_is_wrong_with_its_bytes_a_file_is_read_or_left_out(tmp_path, kind, capsys):
    saved(plain(), tmp_path / "good.png")
    note, whole, chance = Image.Exif(), tmp_path / "whole", np.random.default_rng(0)
    note[0x0112] = 6
    Image.frombytes("RGB", (24, 16), noise(24 * 16 * 3)).save(whole, format=kind, exif=note)
    content = whole.read_bytes()
    for i in range(25):
        wrong = bytearray(content[: chance.integers(20, len(content))] if i % 2 else content)
        for place in chance.integers(0, min(len(wrong), 200 if i % 3 else len(wrong)), 3):
            wrong[place] = chance.integers(0, 256)
        (tmp_path / f"{i}.{kind.lower()}").write_bytes(wrong)
    album = read(tmp_path)
    assert len(album.files) + len(album.left_out) == 27 and "good.png" in album.files


def test_more_megapixels_than_are_read(tmp_path, monkeypatch):
    saved(plain(), tmp_path / "a.png")
    saved(Image.new("L", (2000, 1100)), tmp_path / "huge.png")
    monkeypatch.setattr(pictures, "MEGAPIXELS", 2)
    assert read(tmp_path).left_out == (("huge.png", pictures.HUGE),)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names are letters there")
def test_names_that_are_no_letters_here_can_be_told(tmp_path, capsys):
    """As an archive of another system leaves them: 汉字 in another code."""
    saved(plain(), tmp_path / "a.png")
    name = os.fsdecode("猫".encode("gbk") + b".png")
    saved(plain(), tmp_path / name)
    (tmp_path / ("b" + name)).write_bytes(b"")
    album = read(tmp_path)
    assert set(album.files) == {"a.png", name} and album.left_out[0][0] == "b" + name
    capsys.readouterr().out.encode("utf-8")


@LINKS
def test_loops_end_and_a_picture_keeps_the_class_of_its_own_folder(tmp_path):
    for name in ("cats", "dogs"):
        saved(plain(), tmp_path / "set" / name / "a.png")
    (tmp_path / "set" / "cats" / "others").symlink_to(tmp_path / "set" / "dogs")
    (tmp_path / "set" / "dogs" / "loop").symlink_to(tmp_path / "set")
    (tmp_path / "set" / "dogs" / "self").symlink_to(tmp_path / "set" / "dogs")
    saved(plain(), tmp_path / "elsewhere" / "more" / "b.png")
    (tmp_path / "set" / "birds").symlink_to(tmp_path / "elsewhere")
    album = read(tmp_path / "set", labels=True)
    assert album.files == ("birds/more/b.png", "cats/a.png", "dogs/a.png")
    assert album.classes == ("birds", "cats", "dogs") and album.y.tolist() == [0, 1, 2]


def test_sub_folders_are_classes_on_request(tmp_path, capsys, in_both_languages):
    for name in ("猫/1.png", "dogs/small/2.png", "dogs/3.png", "loose.png"):
        saved(plain(), tmp_path / name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no picture")
    album = read(tmp_path, labels=True)
    assert album.classes == ("dogs", "猫") and album.y.tolist() == [0, 0, 1] and album.y.dtype == torch.int64
    assert dict(album.left_out) == {
        "broken/a.png": pictures.EMPTY,
        "loose.png": albums.NO_CLASS,
        "notes.txt": pictures.OTHER,
    }
    in_both_languages(*capsys.readouterr().out.strip().split("\n\n"), "loose.png", "2", "5")
    plainly = read(tmp_path)
    assert plainly.y is None and plainly.classes == () and len(plainly.x) == 4


def test_labels_without_sub_folders_are_refused(tmp_path, refused):
    saved(plain(), tmp_path / "a.png")
    with refused(tmp_path.name):
        read(tmp_path, labels=True)
    with refused("labels", "'yes'"):
        read(tmp_path, labels="yes")


def test_bytes_alone_are_kept_and_the_floats_are_theirs(tmp_path):
    for i in range(9):
        saved(Image.frombytes("RGB", (20, 20), noise(9 * 1200)[1200 * i : 1200 * i + 1200]), tmp_path / f"{i}.png")
        (tmp_path / f"{i}.txt").write_text("no picture")
    album = read(tmp_path)
    assert album.x.untyped_storage().nbytes() == album.x.numel() == 9 * 3 * 8 * 8
    assert data.folder(tmp_path, size=8).equal(album.x / 127.5 - 1)


def test_files_of_other_kinds_take_no_memory_and_pictures_of_other_names_have_room(tmp_path, monkeypatch):
    for i in range(30):
        saved(plain(), tmp_path / f"{i:02}.png")
        (tmp_path / f"{i:02}.png").rename(tmp_path / f"{i:02}")
        (tmp_path / f"{i:02}.txt").write_text("no picture")
    saved(plain(), tmp_path / "z.png")
    asked, empty = [], np.empty
    monkeypatch.setattr(albums.np, "empty", lambda shape, kind: asked.append(shape[0]) or empty(shape, kind))
    album = read(tmp_path)
    assert asked == [1] and len(album.x) == 31 and album.x[30].equal(album.x[0])


def test_a_picture_that_is_gone_while_the_folder_is_read_is_no_link(tmp_path, monkeypatch):
    found = type("Found", (), {"files": ["a.png", "b.png"], "closed": []})
    monkeypatch.setattr(albums, "files_below", lambda top: found)
    saved(plain(), tmp_path / "b.png")
    assert read(tmp_path).left_out == (("a.png", pictures.MISSING),)


def test_a_long_pass_says_how_far_it_is(tmp_path, monkeypatch, capsys):
    for i in range(6):
        saved(plain(), tmp_path / f"{i}.png")
    clock = iter(range(100))
    monkeypatch.setattr(albums.time, "monotonic", lambda: 2.0 * next(clock))
    assert len(read(tmp_path).x) == 6
    told = capsys.readouterr().err
    assert "2 / 6" in told and "8 s left" in told and "还需 8 秒" in told and told.endswith("\r")
    monkeypatch.setattr(albums, "PATIENCE", 1e9)
    read(tmp_path)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("where, given", [("nowhere", "nowhere"), ("a.png", "a.png"), (None, "None")])
def test_what_is_no_folder_is_refused(tmp_path, where, given, refused):
    saved(plain(), tmp_path / "a.png")
    with refused(given):
        read(where and tmp_path / where)


@pytest.mark.parametrize("how, given", [({"size": 0}, "0"), ({"channels": 2}, "2"), ({"channels": "3"}, "'3'")])
def test_other_sizes_and_channels_are_refused(tmp_path, how, given, refused):
    with refused(given):
        read(tmp_path, **how)


def test_an_empty_folder_is_refused(tmp_path, refused):
    with refused(str(tmp_path), ".png"):
        read(tmp_path)


def test_more_than_the_memory_holds_is_refused_before_it_is_read(tmp_path, monkeypatch, refused):
    for i in range(3):
        saved(plain(), tmp_path / f"{i}.png")
    free = type("free", (), {"available": 1e8})
    monkeypatch.setattr("psutil.virtual_memory", lambda: free)
    with refused("0.2 GB", "0.1 GB", "4096"):
        read(tmp_path, size=4096)
    assert Path(tmp_path / "0.png").exists() and len(read(tmp_path).x) == 3
