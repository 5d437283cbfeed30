"""What cannot be drawn is refused with the remedy, what is no number is marked, and proportions are kept.

画不出来的会被拒绝并说明办法；不是数的会被标出；比例保持不变。
"""

import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from course_utils import plots, schedules
from course_utils.samplers import Sample

NAN = float("nan")


def opened(picture):
    return np.asarray(Image.open(io.BytesIO(picture.content)).convert("RGB"))


def magenta(page):
    return (page == (255, 0, 255)).all(-1)


@pytest.mark.parametrize("h, w, zoom, size", [(20, 8, 4, (80, 32)), (8, 20, 4, (32, 80)), (40, 24, 2, (80, 48))])
def test_a_picture_keeps_the_proportions_of_its_images(h, w, zoom, size):
    assert opened(plots.grid(torch.zeros(1, 1, h, w), zoom=zoom, gap=0)).shape[:2] == size


@pytest.mark.parametrize("bad", [NAN, float("inf"), float("-inf")])
@pytest.mark.parametrize("side, channels", [(8, 1), (20, 1), (20, 3)])
def test_what_is_no_number_is_drawn_in_a_colour_that_nothing_else_has(bad, side, channels):
    x = torch.linspace(-1, 1, side * side).reshape(1, 1, side, side).repeat(2, channels, 1, 1)
    plain = plots.grid(x, gap=0)
    assert not magenta(opened(plain)).any() and "nan" not in plain.en
    x[1, 0, 2:4, 3:5] = bad
    picture = plots.grid(x, gap=0)
    marked = magenta(opened(picture))
    zoom = opened(picture).shape[0] // side
    expected = np.zeros((side, 2 * side), bool)
    expected[2:4, side + 3 : side + 5] = True
    assert (marked == expected.repeat(zoom, 0).repeat(zoom, 1)).all()
    assert "4 values are nan or inf" in picture.en and "4 个值是 nan 或 inf" in picture.zh


def test_every_picture_of_images_says_so():
    x = torch.zeros(2, 1, 8, 8)
    broken = x.clone()
    broken[1, 0, 0, 0] = NAN
    states = [Sample(5, x, x), Sample(3, broken, x), Sample(0, x, x)]
    for picture in (
        plots.gif([x, broken]),
        plots.animate(states),
        plots.grids({"a": x, "b": broken}),
        plots.rows({"a": x, "b": broken}),
        plots.strip(broken, [1, 2]),
        plots.training_view([1.0], broken),
        plots.walk([Sample(1, broken.flip(0), x)], 1),
    ):
        assert "1 values are nan or inf" in picture.en and "magenta" in picture.en
    frames = ImageSequence.Iterator(Image.open(io.BytesIO(plots.animate(states).content)))
    found = [bool(magenta(np.asarray(frame.convert("RGB"))).any()) for frame in frames]
    assert found == [False, True, False]


UNDRAWABLE = [
    torch.zeros(2, 1, 8, 8).byte(),
    torch.zeros(2, 1, 8, 8).int(),
    torch.zeros(2, 1, 8, 8) > 0,
    torch.full((2, 1, 8, 8), 255.0),
    torch.zeros(1, 8, 8),
    torch.zeros(8, 8),
    torch.zeros(0, 1, 8, 8),
    torch.zeros(2, 4, 8, 8),
    torch.zeros(2, 2, 8, 8),
    np.zeros((2, 1, 8, 8), np.float32),
    None,
    [[0.0]],
]


@pytest.mark.parametrize(
    "x", UNDRAWABLE, ids=lambda x: f"{type(x).__name__} {getattr(x, 'dtype', '')} {getattr(x, 'shape', '')}"
)
def test_what_cannot_be_drawn_is_refused_with_the_remedy(x, refused):
    for draw in (
        plots.grid,
        lambda x: plots.gif([x]),
        lambda x: plots.grids({"a": x}),
        lambda x: plots.rows({"a": x}),
        lambda x: plots.strip(x, [1, 2]),
        lambda x: plots.noised(x, 5, 0.5),
        lambda x: plots.training_view([], x) if getattr(x, "ndim", 0) != 2 else plots.grid(x),
    ):
        with refused("127.5", "(n, c, h, w)"):
            draw(x)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_images_of_any_precision_with_gradients_too_are_drawn(dtype):
    x = torch.linspace(-1, 1, 64).reshape(1, 1, 8, 8)
    assert (opened(plots.grid(x.to(dtype).requires_grad_())) - opened(plots.grid(x)).astype(int)).__abs__().max() <= 2


@pytest.mark.parametrize("number", [0, -1, 2.0, "4", True, None], ids=repr)
def test_columns_and_zoom_are_whole(number, refused):
    x = torch.zeros(2, 1, 8, 8)
    for name in ("columns", "zoom"):
        for draw in (lambda **how: plots.grid(x, **how), lambda **how: plots.gif([x], **how)):
            with refused(name, "1"):
                draw(**{name: number})
    with refused("columns"):
        plots.animate([Sample(0, x, x)], columns=number)


@pytest.mark.parametrize("frames", [[], None, 5, [torch.zeros(2, 1, 8, 8), torch.zeros(3, 1, 8, 8)]], ids=str)
def test_frames_that_make_no_animation_are_refused(frames, refused):
    with refused("GIF"):
        plots.gif(frames)


@pytest.mark.parametrize("path", [None, "", 5, b"a.gif", "a\0.gif"], ids=repr)
def test_what_is_no_path_is_refused(path, refused):
    x = torch.zeros(2, 1, 8, 8)
    for write in (lambda: plots.grid(x).save(path), lambda: plots.save_animation(path, [Sample(0, x, x)])):
        with refused("walk.gif"):
            write()


def test_a_path_may_begin_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert plots.grid(torch.zeros(1, 1, 8, 8)).save("~/a.png") == tmp_path / "a.png" and (tmp_path / "a.png").exists()


def test_curves_are_as_long_as_x_and_nan_is_marked(refused):
    infinite = plots.curves({"a": {"log-SNR": schedules.cosine(20).log_snr}})
    assert not magenta(opened(infinite)).any() and "nan" not in infinite.en, "an end at infinity is no fault"
    lost = plots.curves({"a": {"b": [1.0, NAN, 3.0]}})
    assert "1 values are nan" in lost.en and "1 个值是 nan" in lost.zh
    assert magenta(opened(lost)).any() or (abs(opened(lost).astype(int) - (255, 0, 255)).sum(-1) < 60).any()
    for wrong, given in (
        (lambda: plots.curves({"a": {"b": [1, 2]}}, x=[1]), "2"),
        (lambda: plots.curves({}), "panels"),
        (lambda: plots.curves({"a": {}}), "a "),
        (lambda: plots.curves({"a": {"b": ["word"]}}), "b "),
        (lambda: plots.curves({"a": {"b": [1.0]}}, log="z"), "z"),
    ):
        with refused(given):
            wrong()


def test_diverged_losses_and_points_are_marked():
    losses = plots.training_view([1.0, 2.0, float("inf"), NAN], torch.zeros(3, 2))
    points = plots.training_view([1.0, 2.0], torch.tensor([[0.0, 0.0], [NAN, 1.0]]))
    usual = plots.training_view([1.0, 2.0], torch.zeros(3, 2))

    def near(picture):
        return (abs(opened(picture).astype(int) - (255, 0, 255)).sum(-1) < 90).sum()

    assert near(losses) > 20 and near(points) > 20 and near(usual) == 0


def test_points_and_numbers_that_are_none_are_not_drawn(refused):
    broken, cloud = torch.tensor([[0.0, NAN]]), torch.zeros(3, 2)
    for draw in (
        lambda: plots.plane({"a": [broken]}),
        lambda: plots.cloud_frame(cloud, broken, ""),
        lambda: plots.clouds([broken.numpy()], ["a"]),
        lambda: plots.arrows({"a": (cloud, cloud, cloud * NAN)}),
        lambda: plots.heat({"a": torch.full((4,), NAN)}, cloud, 1.0),
        lambda: plots.bands({"a": torch.full((2, 2), NAN)}, [0, 1], "", ""),
        lambda: plots.counts({"a": torch.full((2, 2), NAN)}),
        lambda: plots.feature_rows({"a": torch.full((2, 2, 2), NAN)}),
        lambda: plots.histograms({"a": [NAN]}),
        lambda: plots.convergence({"a": ([1, 2], [NAN, 1.0])}),
    ):
        with refused("nan"):
            draw()


@pytest.mark.parametrize("wrong", [None, [], {}, torch.zeros(3, 2), "ab"], ids=str)
def test_panels_have_names(wrong, refused):
    for draw in (
        plots.grids,
        plots.rows,
        plots.plane,
        plots.arrows,
        plots.curves,
        plots.histograms,
        plots.counts,
        plots.feature_rows,
        plots.part_bars,
        lambda named: plots.heat(named, torch.zeros(3, 2), 1.0),
        lambda named: plots.bars(named, "share"),
        lambda named: plots.clocks(schedules.linear(), named),
        lambda named: plots.schedule_rows(named, {}, []),
        lambda named: plots.best_constants(named, [1.0]),
    ):
        with refused("{"):
            draw(wrong)


def test_two_spikes_have_no_product(refused):
    with refused("0"):
        plots.two_bells((0.0, 0.0), (1.0, 0.0), 0.0, 1.0)
    for wrong, said in (((0.0, -1.0), "-1.0"), ((NAN, 1.0), "nan"), (("0", 1.0), "'0'")):
        with refused(said):
            plots.two_bells(wrong, (0.0, 1.0), 0.0, 1.0)
