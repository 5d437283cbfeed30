"""Pictures of samplers: animations play the walk they are given, charts put each number where it belongs.

采样器的图：动画如实播放所给的过程，图表把每个数放在该在的地方。
"""

import io

import imageio.v3 as imageio
import numpy as np
import pytest
import torch
from pictures import is_small_and_speaks, near, pixels
from PIL import Image

from course_utils import data, plots, times
from course_utils.plots import picture as pages
from course_utils.plots import sampling, scales, walks
from course_utils.plots.picture import BLUE, COLOURS
from course_utils.samplers import Sample
from course_utils.schedules import cosine

SCHEDULE = cosine()
ERRORS = {"first": ((5, 10, 20), (0.2, 0.1, 0.05)), "second": ((5, 10, 20), (0.2, 0.05, 0.0125))}
ROWS = {"DDIM": [(10, 2.0), (20, 1.0)], "Heun": [(20, 1.0), (40, 0.3)]}
WALKS = {
    "even": times.even_times(SCHEDULE, 8),
    "log-SNR": times.log_snr_times(SCHEDULE, 8),
    "Karras": times.karras_times(SCHEDULE, 8),
}


def level(i: int, steps: int, n: int = 4, side: int = 16) -> Sample:
    """State i of a walk whose images are of one grey each, lighter from state to state; no noise left in them."""
    x = torch.full((n, 1, side, side), -1 + 2 * i / max(1, steps))
    return Sample(steps - i, x, x)


def noisy(steps: int, n: int, c: int = 1, side: int = 28, fresh: float = 0.3) -> list[Sample]:
    """A walk from noise to digits, as noisy on the way as the cosine schedule has it, with a share of fresh noise."""
    generator = torch.Generator().manual_seed(0)
    x0 = data.digits(side).x[:n].expand(n, c, side, side)
    along = times.even_times(SCHEDULE, steps)
    signal, noise = (getattr(SCHEDULE, name)[along].float() for name in ("signal", "noise"))
    eps, drawn = torch.randn(x0.shape, generator=generator), []
    for a, b in zip(signal, noise, strict=True):
        drawn.append(a * x0 + b * eps)
        eps = (1 - fresh) ** 0.5 * eps + fresh**0.5 * torch.randn(x0.shape, generator=generator)
    return [Sample(t, xt, x0) for t, xt in zip(along, drawn, strict=True)]


def pictures():
    walk = noisy(20, 9)
    yield "walk", lambda: plots.walk(walk)
    yield "walk in colour", lambda: plots.walk(noisy(5, 1, c=3, side=32), k=4)
    yield "walk frame", lambda: plots.walk_frame(walk[3].xt, walk[3].x0_hat, "k = 3")
    yield "frame of many", lambda: plots.walk_frame(noisy(2, 64)[1].xt, noisy(2, 64)[1].x0_hat, "")
    yield "duel frame", lambda: plots.duel_frame([("DDIM", walk[-1].xt[:8]), ("Heun", walk[-2].xt[:8])])
    yield "convergence", lambda: plots.convergence(ERRORS, {"first": 1.0, "second": 2.0})
    yield "frontier", lambda: plots.frontier(ROWS, floor=0.05, spread=0.1, pace=0.16)
    yield "frontier alone", lambda: plots.frontier({"DDIM": ROWS["DDIM"]})
    yield "clocks", lambda: plots.clocks(SCHEDULE, WALKS)


@pytest.fixture(scope="module", params=pictures(), ids=lambda pair: pair[0])
def picture(request):
    return request.param[1]()  # drawn where it is looked at, not while tests are collected


def test_every_picture_is_a_small_png_that_speaks(picture, in_both_languages):
    is_small_and_speaks(picture, in_both_languages, 720, 420)


def played(content: bytes) -> tuple[list[int], list[np.ndarray]]:
    """The milliseconds and the greys of each frame of a GIF."""
    animation, shown = Image.open(io.BytesIO(content)), []
    for i in range(animation.n_frames):
        animation.seek(i)
        shown.append((animation.info["duration"], np.asarray(animation.convert("L")).astype(int)))
    durations, pages = zip(*shown, strict=True)
    return list(durations), list(pages)


@pytest.mark.parametrize("steps, frames, expected", [(9, 50, 10), (100, 12, 12), (100, 2, 2), (30, 1, 1), (0, 50, 1)])
def test_an_animation_plays_even_states_and_holds_the_last(steps, frames, expected, in_both_languages):
    walk = [level(i, steps) for i in range(steps + 1)]
    picture = plots.animate(iter(walk), columns=2, frames=frames, hold=700)
    in_both_languages(picture.en, picture.zh, str(expected), "4")
    durations, pages = played(picture.content)
    assert durations == [80] * (expected - 1) + [700] and picture.mime == "image/gif"
    greys = [int(page[0, 0]) for page in pages]
    wanted = np.linspace(0, 255, expected) if steps and expected > 1 else [255 if steps else 0]
    assert np.abs(np.subtract(greys, wanted)).max() <= 255 / 30 + 255 / (2 * max(1, steps)) + 1


def test_the_last_state_is_always_the_last_frame():
    for n in range(2, 9):
        walk = [level(i, 8) for i in range(9)]
        _, pages = played(plots.animate(walk, frames=n).content)
        assert len(pages) == n and (pages[0][0, 0], pages[-1][0, 0]) == (0, 255)


@pytest.mark.parametrize("n, frames, fresh, limit", [(64, 50, 1.0, 1_000_000), (16, 25, 0.1, 200_000)])
def test_an_animation_of_garments_is_a_small_file(n, frames, fresh, limit):
    """50 frames of 64 images, even if each frame's noise is new; those of a lesson, if most of it is kept."""
    content = plots.animate(noisy(100, n, fresh=fresh), frames=frames).content
    assert len(content) < limit and len(played(content)[0]) == frames


def test_the_greys_are_few_only_where_noise_is_loud():
    _, pages = played(plots.animate(noisy(50, 4), columns=2, frames=51).content)
    counts = [len(np.unique(page)) for page in pages]
    assert set(counts) == {3, 5, 9, 16} and counts == sorted(counts)
    exact = data.to_bytes(noisy(50, 1)[-1].xt)[0, 0].numpy().astype(int)
    zoom = (pages[-1].shape[1] - 1) // 2 // 28
    assert np.abs(pages[-1][: 28 * zoom : zoom, : 28 * zoom : zoom] - exact).max() <= 9


def test_an_animation_in_colour_keeps_its_colours():
    x = torch.ones(1, 3, 16, 16) * torch.tensor([1.0, 0.0, -1.0])[:, None, None]
    shown = Image.open(io.BytesIO(plots.animate([Sample(1, x, x), Sample(0, x, x)]).content))
    shown.seek(shown.n_frames - 1)
    assert np.abs(np.asarray(shown.convert("RGB")).astype(int) - [255, 128, 0]).max() <= 12


def test_an_animation_is_saved_as_a_gif(tmp_path):
    walk = noisy(5, 4)
    path = plots.save_animation(tmp_path / "walk.gif", walk, columns=2)
    assert path.read_bytes() == plots.animate(walk, columns=2).content and list(tmp_path.iterdir()) == [path]


def has_encoder() -> bool:
    try:
        import imageio_ffmpeg
    except ImportError:
        return False
    return bool(imageio_ffmpeg.get_ffmpeg_exe())


@pytest.mark.skipif(not has_encoder(), reason="there is no encoder for MP4 here")
def test_an_animation_is_saved_as_an_mp4_where_there_is_an_encoder(tmp_path):
    path = plots.save_animation(tmp_path / "walk.mp4", noisy(5, 3), columns=3, hold=800)
    frames = imageio.imread(path, plugin="FFMPEG")
    assert len(frames) == 6 + 10 and list(tmp_path.iterdir()) == [path]
    expected = walks._pages(noisy(5, 3), 3, 50)[0][-1]
    height, width = expected.shape
    assert np.abs(frames[-1][:height, :width, 0].astype(int) - expected).mean() < 6


def test_what_goes_to_the_encoder_is_the_animation_with_even_sides(tmp_path, monkeypatch):
    given = {}

    def encode(where, frames, **how):
        given.update(how, frames=frames)
        return b"film"

    monkeypatch.setattr(imageio, "imwrite", encode)
    path = plots.save_animation(tmp_path / "walk.mp4", noisy(5, 3), columns=3, hold=800)
    assert path.read_bytes() == b"film" and given["extension"] == ".mp4" and given["fps"] == 12.5
    frames, page = given["frames"], walks._pages(noisy(5, 3), 3, 50)[0][-1]
    assert len(frames) == 6 + 10 and frames.shape[3] == 3 and not any(side % 2 for side in frames.shape[1:3])
    assert (frames[-1][: page.shape[0], : page.shape[1], 0] == page).all() and (frames[-1] == frames[5]).all()


@pytest.mark.parametrize("error", [ImportError("no plugin"), RuntimeError("no ffmpeg"), OSError("no backend")])
def test_without_an_encoder_an_mp4_is_refused_and_nothing_is_left(tmp_path, monkeypatch, refused, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(imageio, "imwrite", fail)
    with refused("walk.mp4", "imageio-ffmpeg", ".gif"):
        plots.save_animation(tmp_path / "walk.mp4", noisy(2, 1))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["walk.png", "walk", "walk.mov"])
def test_other_kinds_of_files_are_refused(name, tmp_path, refused):
    with refused(name, ".gif", ".mp4"):
        plots.save_animation(tmp_path / name, noisy(2, 1))


def test_a_place_that_cannot_be_written_is_refused(tmp_path, refused):
    with refused("nowhere"):
        plots.save_animation(tmp_path / "nowhere/walk.gif", noisy(2, 1))


def test_walks_that_are_none_are_refused(refused):
    points = [Sample(1, torch.zeros(3, 2), torch.zeros(3, 2))]
    for show in (plots.animate, plots.walk):
        for walk, told in (([], "0"), ([torch.zeros(1, 1, 8, 8)], "1"), (points, "1")):
            with refused(told, "list(ddim("):
                show(walk)
    for frames in (0, -1, 2.5, True, "many"):
        with refused(repr(frames)):
            plots.animate(noisy(2, 1), frames=frames)
        with refused(repr(frames)):
            plots.walk(noisy(2, 1), k=frames)


def test_a_walk_shows_x_t_above_and_the_guess_below():
    dark, light = torch.full((1, 1, 28, 28), -0.9), torch.full((1, 1, 28, 28), 0.9)
    picture = plots.walk([Sample(9, dark, light), Sample(5, dark, light), Sample(0, light, light)], k=3)
    shown = pixels(picture)[..., 0]
    height, width = shown.shape
    above, below = shown[int(0.35 * height)], shown[int(0.75 * height)]
    left, right = int(0.3 * width), int(0.9 * width)
    assert above[left] < 40 and below[left] > 215 and above[right] > 215 and below[right] > 215
    assert all(f"t = {word}" in text for text in (picture.en, picture.zh) for word in ("9, 5, 0",))


def test_frames_show_each_image_in_its_place():
    xt = torch.linspace(-1, 1, 4)[:, None, None, None].expand(4, 1, 28, 28)
    shown = pixels(plots.walk_frame(xt, -xt, "word"))[..., 0]
    zoom = walks.GRID // 57
    half, top = walks.GRID + 20, 2 * walks.LINE
    for i, grey in enumerate((0, 85, 170, 255)):
        at = top + (i // 2 * 29 + 14) * zoom, (i % 2 * 29 + 14) * zoom
        assert abs(shown[at] - grey) <= 4 and abs(shown[at[0], at[1] + half] - (255 - grey)) <= 4
    rows = pixels(plots.duel_frame([("a", xt), ("b", -xt)]))[..., 0]
    lines = [rows[rows.shape[0] * part // 100] for part in (35, 85)]
    places = [int((i + 0.5) * rows.shape[1] / 4) for i in range(4)]
    for line, greys in zip(lines, ((0, 85, 170, 255), (255, 170, 85, 0)), strict=True):
        assert np.abs(np.subtract([line[x] for x in places], greys)).max() <= 4


def test_a_frame_keeps_its_size_whatever_it_shows():
    sizes = {pixels(plots.walk_frame(x, x, "a" * len(x))).shape for x in (s.xt for s in noisy(4, 16))}
    assert len(sizes) == 1 and sizes.pop()[1] == 720


def test_errors_that_fall_twice_as_fast_fall_twice_as_steep():
    shown = pixels(plots.convergence(dict(zip(sampling.SEATS, ERRORS.values(), strict=False))))
    slopes = []
    for colour in COLOURS[:2]:
        rows, columns = near(shown[:, :430], colour, 40).T
        slopes.append(np.polyfit(columns, rows, 1)[0])
    assert slopes[0] > 0.1 and slopes[1] == pytest.approx(2 * slopes[0], rel=0.1)


def test_charts_name_their_lines_and_their_floor():
    picture = plots.convergence(ERRORS, {"second": 2.0})
    assert "second  slope 2.00" in picture.en and "slope" not in picture.en.split(",")[0]
    assert plots.frontier(ROWS, 0.05).content != plots.frontier(ROWS).content
    assert "0.05" in plots.frontier(ROWS, 0.05).zh and "real images" not in plots.frontier(ROWS).en


def test_many_lines_that_end_together_keep_names_apart():
    same = {f"name {i}": ((5, 10), (0.2, 0.1 + 1e-4 * i)) for i in range(6)}
    written = (pixels(plots.convergence(same))[:, 640:-2].min(-1) < 250).any(1)
    assert np.diff(written.astype(int)).tolist().count(1) == 6, "six names, white between them"


def test_an_error_bar_of_the_frontier_is_as_long_as_the_spread():
    def tall(spread):
        one = {"DPM++ 2M": [(10, 1.0), (20, 1.0), (40, 1.0)], "b": [(10, 9.0), (40, 9.0)]}
        rows = near(pixels(plots.frontier(one, spread=spread))[:, 150:450], BLUE, 40)[:, 0]
        return int(np.ptp(rows))

    assert tall(0.0) < 12 and 20 < tall(0.2) and tall(0.4) == pytest.approx(2 * tall(0.2), rel=0.2)


def test_seconds_stand_above_the_frontier_only_where_a_pace_is_given():
    def frame(pace):  # the row in which the chart's upper edge lies
        dark = pixels(plots.frontier(ROWS, pace=pace)).max(-1) < 100
        return int((dark.sum(1) > 300).argmax())

    assert frame(0.16) > frame(None) + 20


def test_clocks_put_a_tick_for_each_time_of_even_steps():
    shown = pixels(plots.clocks(SCHEDULE, {"even": WALKS["even"]}))
    rows, columns = near(shown[:, :375], BLUE, 40).T
    tall = [c for c in sorted(set(columns)) if (columns == c).sum() > 8]
    starts = [c for c in tall if c - 1 not in tall]
    assert len(starts) == 9 and np.ptp(np.diff(starts)) <= 2


def test_clocks_refuse_what_is_no_timestep(refused):
    with refused("1001"):
        plots.clocks(SCHEDULE, {"mine": [1001, 0]})


def test_a_line_leads_from_each_particle_to_its_place():
    far = torch.tensor([[9.0, 9.0]])
    at, place = torch.tensor([[-0.6, 0.0]]), torch.tensor([[0.6, 0.0]])
    blue = near(pixels(plots.cloud_frame(far, at, "", place)), BLUE, 60)
    assert np.ptp(blue[:, 0]) <= 2 and np.ptp(blue[:, 1]) == pytest.approx(1.2 / 2.6 * 400, abs=6)
    assert not len(near(pixels(plots.cloud_frame(far, at, "")), BLUE, 60))


def test_arrows_beneath_a_cloud_lead_from_their_starts():
    far, starts = torch.tensor([[9.0, 9.0]]), torch.tensor([[-0.6, 0.0]])
    field = near(pixels(plots.cloud_frame(far, far, "", field=(starts, torch.tensor([[9.0, 0.0]])))), BLUE, 60)
    assert field[:, 1].min() == pytest.approx((1 - 0.6 / 1.3) * 200, abs=3)
    assert np.ptp(field[:, 0]) < 10 and np.ptp(field[:, 1]) > 15


def test_charts_of_nothing_are_refused(refused):
    for chart, nothing in ((plots.convergence, {}), (plots.convergence, {"a": ([], [])}), (plots.frontier, {"a": []})):
        with refused():
            chart(nothing)


@pytest.mark.parametrize("name", ["DDPM β", "DDPM β̃", "2M"])
def test_a_name_in_a_column_takes_its_places_whatever_stands_above_its_letters(name):
    seen = name.replace("\u0303", "")
    assert plots.in_column(name, 9).replace("\u0303", "") == f"{seen:9}"


def test_a_tilde_is_drawn_so_large_that_it_is_seen():
    plain, tilde, formula = (
        pixels(plots.curves({"y": {name: [0, 1], "a": [1, 0]}})) for name in ("β", "β̃", r"$\tilde\beta$")
    )
    assert (tilde == formula).all() and (tilde != plain).any()


@pytest.mark.parametrize(
    "written, read",
    [
        ("$t = 300$", "t = 300"),
        (r"$\bar\alpha_t$, $1-\bar\alpha_t$", "ᾱ_t, 1-ᾱ_t"),
        (r"$\sqrt{\bar\alpha_{99}}\,x_0$", "√(ᾱ_99) x_0"),
        (r"$\hat x_0$", "x̂_0"),
        (r"$0\to 1\to\cdots\to 250$", "0→1→…→250"),
        (r"$\sqrt{12}\,(u-\frac{1}{2})$", "√(12) (u-1/2)"),
        ("5 $ a piece", "5 $ a piece"),
    ],
)
def test_formulas_are_read_aloud_as_letters(written, read):
    assert plots.names.aloud(written) == read
    assert plots.curves({"y": {written: [0, 1], "a": [1, 0]}}).en.endswith(f"{read}, a")


def test_a_sampler_keeps_its_colour_from_chart_to_chart_and_one_way_to_walk_its_dashes():
    charts = (["DPM++ 2M", "DDIM", "DDPM β̃", "Heun", "DDPM β"], ["yours", "DPM++ 2M", "DDIM"], ["Heun"])
    looks = [dict(zip(names, sampling._looks(names), strict=True)) for names in charts]
    assert all(look == looks[0].get(name, look) for chart in looks for name, look in chart.items())
    assert len({look["color"] for look in looks[0].values()}) == 5
    assert looks[1]["yours"]["color"] not in {look["color"] for look in looks[0].values()}
    walked = sampling._looks(["DDIM, even", "Heun, even", "DDIM, best", "Heun, best"])
    assert [look["linestyle"] for look in walked] == ["--", "--", "-", "-"]
    assert [look["color"] for look in walked] == [looks[0][name]["color"] for name in ("DDIM", "Heun") * 2]


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ((0.4, 4), ["0.5", "1", "2"]),
        ((0.004, 4), ["0.01", "0.1", "1"]),
        ((1e-9, 4), ["$\\mathdefault{10^{-9}}$", "$\\mathdefault{10^{-7}}$"]),
    ],
)
def test_ticks_between_logarithms_are_plain_numbers_where_these_are_short(values, ticks):
    page, axes = pages.canvas(1, 1, 4, 3)
    axes[0, 0].plot([1, 2], values)
    scales.in_logarithms(axes[0, 0], "y")
    page.draw_without_rendering()
    low, high = axes[0, 0].get_ylim()
    at = zip(axes[0, 0].get_yticks(), axes[0, 0].get_yticklabels(), strict=True)
    assert [label.get_text() for y, label in at if low <= y <= high][: len(ticks)] == ticks
