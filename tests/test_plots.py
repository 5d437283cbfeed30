"""Pictures show what they are given, are small, carry no stamp, and speak both languages.

图如实显示所给的数据，小巧、不带软件标记，替代文字有两种语言。
"""

import base64
import io
import struct

import imageio.v3 as imageio
import numpy as np
import pytest
import torch
from PIL import Image

from course_utils import data, files, plots, points
from course_utils.forward import forward_jump
from course_utils.language import set_language
from course_utils.plots.picture import BLACK, BLUE, ORANGE, WORDS, framed, rgb
from course_utils.randomness import seeded
from course_utils.schedules import linear

NOISE = torch.randn(64, 1, 8, 8, generator=torch.Generator().manual_seed(0))
COLOUR = torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
LOSSES = np.random.default_rng(0).exponential(size=1300)


def pictures():
    spread = [cloud.numpy() for cloud in points.iodine([0, 100, 500, 2000])]
    yield "grid", lambda: plots.grid(NOISE)
    yield "colour grid", lambda: plots.grid(COLOUR)
    yield "large grid", lambda: plots.grid(data.digits(28).x[:64])
    yield "noised", lambda: plots.noised(NOISE[:8], 300, 0.4)
    yield "noised photograph", lambda: plots.noised(data.photograph("palace", 64), 300, 0.4)
    yield "grids", lambda: plots.grids({"a": NOISE[:16], "b": NOISE[16:32]}, columns=4)
    yield "strip", lambda: plots.strip(COLOUR[:6], [1, 10, 100, 300, 600, 1000])
    yield "clouds", lambda: plots.clouds(spread, ["0", "100", "500", "2000"])
    yield "training view", lambda: plots.training_view(LOSSES, NOISE[:32])
    yield "training view before the first step", lambda: plots.training_view([], NOISE[:32])
    yield "bars", lambda: plots.bars({"data": [0.1] * 10, "samples": [0.05] * 10}, "share")
    yield "flow chart", lambda: plots.flow_chart()
    yield "curves", lambda: plots.curves({"a": {"x": [1, 2, 4], "y": [3, 1, 2]}, "b": {"x": [9, 8, 5]}}, log="y")
    yield "histograms", lambda: plots.histograms({"a": NOISE, "b": NOISE / 2})
    yield "rows", lambda: plots.rows({"a": COLOUR[:5], "b": COLOUR[3:]}, heads=list("vwxyz"))


@pytest.fixture(scope="module", params=pictures(), ids=lambda pair: pair[0])
def picture(request):
    return request.param[1]()  # drawn where it is looked at, not while tests are collected


def opened(picture):
    return Image.open(io.BytesIO(picture.content))


def pixels(picture):
    return np.asarray(opened(picture).convert("RGB")).astype(int)


def chunks(png):
    """The names of a PNG's chunks."""
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8].decode()
        at += 12 + length


def test_every_picture_is_a_small_png_without_a_stamp(picture):
    assert picture.content.startswith(b"\x89PNG\r\n") and picture.mime == "image/png"
    assert set(chunks(picture.content)) <= {"IHDR", "PLTE", "tRNS", "IDAT", "IEND"}
    assert len(picture.content) < 100_000
    assert len(np.unique(pixels(picture))) > 1


def test_figures_are_at_most_8_by_4_inches():
    many = {name: NOISE[:16] for name in ("a", "b", "c")}
    for picture in (plots.grids(many, columns=4), plots.strip(COLOUR[:1], [1]), plots.flow_chart()):
        assert opened(picture).width <= 8 * 90 and opened(picture).height <= 4 * 90


def test_a_curve_keeps_its_colour_from_panel_to_panel():
    from course_utils.plots.picture import BLUE, ORANGE, rgb

    both = pixels(plots.curves({"a": {"x": [0, 1], "y": [1, 0]}, "b": {"y": [0, 1]}}))
    half = both.shape[1] // 2
    for colour, places in ((BLUE, [True, False]), (ORANGE, [True, True])):
        drawn = (np.abs(both - rgb(colour)).max(-1) < 12)[60:]
        assert [bool(side.sum() > 40) for side in (drawn[:, :half], drawn[:, half:])] == places


def test_every_curve_is_named_above_also_one_that_begins_in_the_second_panel():
    def letters(panels):
        above = pixels(plots.curves(panels))[:20].min(-1) < 200
        return int(above.any(0).sum())

    first = {"one": [0, 1], "two": [1, 0]}
    assert letters({"a": first, "b": {"three": [0, 1]}}) > letters({"a": first, "b": {"two": [0, 1]}}) + 20


@pytest.mark.parametrize("heads", [(), list("abcdefgh")], ids=["no heads", "heads"])
@pytest.mark.parametrize("rows", [1, 3, 6])
def test_no_name_of_a_row_is_cut_at_the_left(rows, heads):
    images = {"put back, then again"[: 20 - k]: data.digits(28).x[:8] for k in range(rows)}
    shown = np.asarray(Image.open(io.BytesIO(plots.rows(images, heads).content)).convert("L"))
    assert (shown[:, :2] > 128).all() and (shown[:, :120] < 128).any()


@pytest.mark.parametrize("columns", [6, 8, 12])
@pytest.mark.parametrize("name", ["", "data", "MyUNet", "weights"])
def test_neither_a_short_name_nor_a_head_is_cut(name, columns):
    for named, heads in (([name, "EMA"], ()), ([name], ["$t=1000$"] * columns)):
        drawn = plots.rows(dict.fromkeys(named, data.digits().x[:columns]), heads, zoom=8)
        shown = np.asarray(Image.open(io.BytesIO(drawn.content)).convert("L"))
        assert (shown[:, :2] > 128).all() and (not heads or (shown[:1] > 128).all())


def test_what_has_no_names_is_described_by_what_stands_beside_it():
    alone, maps = plots.curves({"share": {"": [1, 2]}}, xlabel="step"), {"": torch.rand(2, 4, 4)}
    assert (alone.en, alone.zh) == ("Curves over step: share", "随 step 变化的曲线：share")
    assert plots.feature_rows(maps, ["a", "b"]).en == "Rows of 2 maps: a, b"
    assert plots.feature_rows(maps).zh == "每行 2 幅特征图"


def test_rows_show_the_images_in_their_order():
    levels = torch.linspace(-1, 1, 6).reshape(2, 3, 1, 1, 1).expand(2, 3, 1, 32, 32)
    drawn = pixels(plots.rows({"a": levels[0], "b": levels[1]}, heads=list("123")))[..., 0]
    for i in range(2):
        line = drawn[int((0.35 + 0.45 * i) * len(drawn))]
        seen = [int(line[int(x * len(line))]) for x in (0.2, 0.5, 0.85)]
        assert np.abs(np.subtract(seen, data.to_bytes(levels[i, :, 0, 0, 0]).tolist())).max() <= 8


def test_every_picture_is_described_in_both_languages(picture, in_both_languages):
    in_both_languages(picture.en, picture.zh)
    texts = {"en": picture.en, "zh": picture.zh, "both": f"{picture.en} · {picture.zh}"}
    for language, text in texts.items():
        set_language(language)
        bundle, metadata = picture._repr_mimebundle_()
        assert bundle["text/plain"] == metadata["image/png"]["alt"] == text
        assert base64.b64decode(bundle["image/png"]) == picture.content
        assert metadata["course"] == {"en": picture.en, "zh": picture.zh, "stored": True}


def test_the_same_data_give_the_same_bytes():
    assert plots.grid(NOISE).content == plots.grid(NOISE).content
    assert plots.training_view(LOSSES, NOISE).content == plots.training_view(LOSSES, NOISE).content
    assert plots.grid(NOISE).content != plots.grid(-NOISE).content


def test_a_grid_shows_each_pixel_and_holds_what_is_out_of_range():
    x = 2 * torch.randn(5, 1, 16, 17, generator=torch.Generator().manual_seed(1))
    shown = pixels(plots.grid(x, columns=3, zoom=2, gap=1))[..., 0]
    assert shown.shape == (2 * 32 + 1, 3 * 34 + 2)
    for i in range(5):
        top, left = i // 3 * 33, i % 3 * 35
        tile = shown[top : top + 32, left : left + 34]
        expected = data.to_bytes(x[i, 0]).repeat_interleave(2, 0).repeat_interleave(2, 1)
        assert np.array_equal(tile, expected)
    assert (shown[32] == 255).all() and (shown[33:, 70:] == 255).all()


def test_what_is_grey_stays_grey_beside_colours():
    picture = plots.rows({"grey": NOISE[:8].expand(-1, 3, -1, -1), "colours": COLOUR[..., :8, :8]}, zoom=4)
    shown = np.array(Image.open(io.BytesIO(picture.content)).convert("RGB")).astype(int)
    upper = shown[: shown.shape[0] // 2 - 4]
    assert (upper.max(-1) == upper.min(-1)).all() and len(np.unique(upper)) > 30


def test_a_colour_grid_keeps_its_colours():
    x = torch.ones(1, 3, 16, 16) * torch.tensor([1.0, 0.0, -1.0])[:, None, None]
    assert abs(pixels(plots.grid(x)) - [255, 128, 0]).max() <= 8


@pytest.mark.parametrize("alpha_bar", [0.0, 0.02, 0.25, 0.9, 0.99, 1.0])
def test_the_bar_is_blue_by_the_share_of_the_signal(alpha_bar):
    picture = plots.noised(NOISE[:4], 700, alpha_bar)
    bottom = pixels(picture)[-3]
    bluer = bottom[:, 2] - bottom[:, 0]
    assert (abs(bluer) > 50).all(), "no part of the bar may turn grey"
    assert (bluer > 0).mean() == pytest.approx(alpha_bar, abs=0.01)
    for text in (picture.en, picture.zh):
        assert "t = 700" in text and f"{100 * alpha_bar:.0f} %" in text


def test_figures_name_what_they_show():
    for named, words in (
        (plots.strip(COLOUR[:2], [3, 77]), ["3", "77"]),
        (plots.grids({"left": NOISE[:4], "right": NOISE[:4]}), ["left", "right"]),
        (plots.bars({"data": [0.1] * 10, "drawn": [0.2] * 10}, "share"), ["data", "drawn"]),
        (plots.training_view(LOSSES[:12], NOISE[:4]), ["12"]),
    ):
        assert all(word in named.en and word in named.zh for word in words)


def test_figures_change_with_their_data():
    assert plots.strip(COLOUR[:2], [1, 2]).content != plots.strip(COLOUR[2:4], [1, 2]).content
    assert plots.clouds([LOSSES[:200].reshape(-1, 2)], ["a"]).content != plots.clouds([np.zeros((9, 2))], ["a"]).content
    assert plots.training_view(LOSSES, NOISE).content != plots.training_view(LOSSES[:90], NOISE).content
    assert plots.bars({"a": [0.1] * 10}, "s").content != plots.bars({"a": range(10)}, "s").content


@pytest.mark.parametrize("n", [1, 2, 9])
def test_a_gif_plays_each_frame_and_holds_the_last(n, in_both_languages):
    frames = [torch.full((4, 1, 16, 16), level) for level in torch.linspace(-1, 1, n).tolist()]
    picture = plots.gif(frames, columns=2, zoom=1)
    assert picture.mime == "image/gif" and picture.content.startswith(b"GIF89a")
    in_both_languages(picture.en, picture.zh, str(n), "4")
    animation, seen = opened(picture), []
    for i in range(animation.n_frames):
        animation.seek(i)
        seen.append((animation.info["duration"], int(np.asarray(animation.convert("L"))[0, 0])))
    durations, levels = zip(*seen, strict=True)
    assert list(durations) == [80] * (n - 1) + [1500]
    assert animation.info.get("loop") == 0 or n == 1
    expected = [int(data.to_bytes(frame[0, 0, 0, :1])) for frame in frames]
    assert np.abs(np.subtract(levels, expected)).max() <= 17
    assert imageio.imread(picture.content, extension=".gif", index=0).shape[:2] == (33, 33)
    bundle, metadata = picture._repr_mimebundle_()
    assert set(metadata) == {"image/gif", "course"} and base64.b64decode(bundle["image/gif"]) == picture.content


def test_a_picture_is_saved_whole(tmp_path):
    path = plots.grid(NOISE).save(tmp_path / "noise.png")
    assert path.read_bytes() == plots.grid(NOISE).content and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("broken", ["write", "replace"])
def test_a_picture_that_cannot_be_saved_leaves_the_old_one(tmp_path, monkeypatch, broken, refused):
    path = tmp_path / "noise.png"
    path.write_bytes(b"old")

    def half(self, content):
        with self.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*(files.Path, "write_bytes", half) if broken == "write" else (files.os, "replace", refuse))
    with refused("noise.png", "No space left"):
        plots.grid(NOISE).save(path)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_words_in_a_colour_stand_out_on_white_as_accessibility_asks():
    """A contrast of 4.5 at least, by the rule of WCAG 2."""

    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    for colour in (BLUE, BLACK, *WORDS.values()):
        assert 1.05 / (light(colour) + 0.05) > 4.5, colour


@pytest.mark.parametrize("t", [100, 400, 900])
def test_the_bar_below_a_photograph_is_blue_and_orange(t):
    share = float(linear().alpha_bar[t])
    noisy = forward_jump(linear(), data.photograph("palace", 64), t, generator=seeded(0)).xt
    bar = pixels(plots.noised(noisy, t, share))[-5]
    blue, orange = ((bar == rgb(colour)).all(-1) for colour in (BLUE, ORANGE))
    assert (blue | orange).all() and blue.mean() == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("colours", [2, 8])
def test_a_frame_has_no_more_colours_than_it_is_given(colours):
    grey = Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64).clip(0, 255).astype(np.uint8))
    frame = Image.open(io.BytesIO(framed(grey.convert("RGB"), {}, "a", "甲", colours=colours).content))
    assert 1 < len(frame.convert("RGB").getcolors()) <= colours


def test_a_frame_bears_its_words_at_their_places():
    blank = Image.new("RGB", (80, 40), "white")
    content = framed(blank, {(40, 10): "t = 5"}, "a", "甲").content
    marked = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    assert marked[:, :40].min() > 240 and marked[:10].min() > 240 and marked[10:30, 40:].min() < 100


@pytest.mark.parametrize("frames, numbers", [(2, "1, 10"), (4, "1, 4, 7, 10"), (20, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10")])
def test_a_strip_has_as_many_frames_as_are_asked_for_the_first_and_the_last_among_them(frames, numbers):
    film = io.BytesIO()
    pages = [Image.new("RGB", (16, 16), (25 * k, 0, 0)) for k in range(10)]
    pages[0].save(film, "gif", save_all=True, append_images=pages[1:])
    strip = plots.Picture(film.getvalue(), "a", "甲", "image/gif").still(frames)
    assert strip.en == f"frames {numbers} of the animation" and numbers.replace(", ", "、") in strip.zh
