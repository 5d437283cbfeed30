"""The pictures of schedules show each schedule's own curve and strip, and can do without their ground.

调度的图：每个调度各有自己的曲线与长条，也可以不要底色。
"""

import numpy as np
import pytest
import torch
from pictures import alike, pixels
from PIL import Image

from course_utils import data, plots, schedules
from course_utils.forward import forward_jump
from course_utils.plots.picture import BLUE, ORANGE

TIMES = [0, 250, 1000]
PALACE = data.photograph("palace", 32)
FOUR = {name: getattr(schedules, name)() for name in ("linear", "quadratic", "sigmoid", "cosine")}


def strip_of(schedule, times):
    eps = torch.randn(PALACE.shape, generator=torch.Generator().manual_seed(0)).expand(len(times), -1, -1, -1)
    return forward_jump(schedule, PALACE, torch.tensor(times), eps).xt


STRIPS = {name: strip_of(schedule, TIMES) for name, schedule in FOUR.items()}


def test_rows_are_small_and_named_in_both_languages(in_both_languages):
    picture = plots.schedule_rows(FOUR, STRIPS, TIMES)
    in_both_languages(picture.en, picture.zh, *FOUR, "250")
    height, width, _ = pixels(picture).shape
    assert (width, height <= 360, len(picture.content) < 100_000) == (720, True, True)


def test_each_row_has_its_own_curve_on_the_same_axes():
    picture = pixels(plots.schedule_rows(FOUR, STRIPS, TIMES))
    left = alike(picture, BLUE, 40)[:, : picture.shape[1] // 3]
    rows = [left[len(left) * k // 4 : len(left) * (k + 1) // 4] for k in range(4)]
    assert all(row.sum() > 100 for row in rows)
    tops = {name: int(np.nonzero(row)[0].min()) for name, row in zip(FOUR, rows, strict=True)}
    assert tops["cosine"] < min(tops[name] for name in ("linear", "quadratic", "sigmoid")), "it alone rises to 1"


def test_each_row_shows_its_own_strip():
    one = plots.schedule_rows(FOUR, STRIPS, TIMES).content
    assert one == plots.schedule_rows(FOUR, STRIPS, TIMES).content
    assert one != plots.schedule_rows(FOUR, STRIPS | {"cosine": STRIPS["linear"]}, TIMES).content


def test_a_transparent_one_has_no_ground_and_grey_words(tmp_path):
    path = plots.schedule_rows(FOUR, STRIPS, TIMES, transparent=True).save(tmp_path / "schedules.png")
    drawn = np.asarray(Image.open(path)).astype(int)
    assert drawn.shape[2] == 4 and (drawn[..., 3] == 0).mean() > 0.2 and drawn[0, 0, 3] == 0
    inked = drawn[:, : drawn.shape[1] // 10][drawn[:, : drawn.shape[1] // 10, 3] == 255]
    assert len(inked) > 50 and not (inked[:, :3].max(1) < 100).any(), "nothing is black, which a dark slide would hide"
    assert b"Software" not in path.read_bytes()


def test_a_view_draws_the_curves_of_its_schedule():
    schedule, times = schedules.linear(), [0, 500, 1000]
    picture = plots.schedule_view(schedule, strip_of(schedule, times), times)
    drawn = pixels(picture)
    left = drawn[:170, : drawn.shape[1] // 2]
    for colour, values in ((BLUE, schedule.alpha_bar), (ORANGE, 1 - schedule.alpha_bar)):
        rows, columns = np.nonzero(alike(left, colour, 70))
        first, last = columns.min(), columns.max()
        heights = {u: rows[np.abs(columns - (first + u * (last - first))) < 1].mean() for u in (0.02, 0.25, 0.5, 0.98)}
        span = (heights[0.98] - heights[0.02]) / float(values[980] - values[20])
        for u in (0.25, 0.5):
            expected = heights[0.02] + span * float(values[int(1000 * u)] - values[20])
            assert heights[u] == pytest.approx(expected, abs=2.5)


def test_a_view_says_what_is_left_and_keeps_its_size(in_both_languages):
    sizes = set()
    for schedule in (schedules.raw_linear(300), schedules.cosine(40), schedules.raw_sigmoid(2, last=0.5)):
        times = [0, schedule.T // 2, schedule.T]
        picture = plots.schedule_view(schedule, strip_of(schedule, times), times)
        in_both_languages(picture.en, picture.zh, str(schedule.T), f"{schedule.signal[schedule.T]:.4f}")
        sizes.add(pixels(picture).shape)
    assert len(sizes) == 1


def test_a_view_shows_grey_images_too():
    schedule, digit = schedules.linear(100), data.digits(32).x[:1]
    xt = forward_jump(schedule, digit, torch.tensor([0, 100]), digit.expand(2, -1, -1, -1)).xt
    assert len(plots.schedule_view(schedule, xt, [0, 100]).content) < 60_000
