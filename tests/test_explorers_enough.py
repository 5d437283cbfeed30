"""The dial from copying to inventing: its pictures are those that were stored, and what it prints is true.

从照抄拨到创作：图是存下来的那些，所说的都属实。
"""

import fnmatch
import tomllib
from pathlib import Path

import pytest
import torch
from panels import controls, every_move_is_seen
from pictures import is_small_and_speaks

from course_utils.experiments import enough
from course_utils.explorers.enough import enough_explorer
from course_utils.neighbours import memorised
from course_utils.plots.owed import Trio, owed_frame


def test_each_control_changes_the_picture_and_what_it_prints_is_true(in_both_languages):
    panel = enough_explorer()
    every_move_is_seen(panel, {"images": [64, 256, 1024, 16], "steps": [600, 2400, 150]})
    controls(panel)["images"].value, controls(panel)["steps"].value = 64, 2400
    row = enough.averaged_row(enough.STORED[64, 2400])
    for told in (f"nearer {row.nearer:.2f}", f"copies {row.copies:.2f}", "n = 64", "2400", "x 600"):
        assert told in panel.picture.en and told in panel.picture.zh
    is_small_and_speaks(panel.picture, in_both_languages, 720, 360)


@pytest.mark.parametrize("images, steps", [(32, 150), (16, 151), ("16", 150)])
def test_settings_that_are_on_no_slider_are_refused(images, steps, refused):
    with refused("steps" if images == 16 else "images"):
        enough_explorer(images, steps)


def test_seen_and_unseen_share_no_image_and_the_fewer_are_the_first_of_the_more():
    for seed in enough.SEEDS:
        training, unseen = enough.parted(enough.COUNTS[-1], seed)
        assert training.shape == unseen.shape == (1024, 1, 16, 16)
        assert not {row.numpy().tobytes() for row in training} & {row.numpy().tobytes() for row in unseen}
        assert all(torch.equal(a[:64], b) for a, b in zip((training, unseen), enough.parted(64, seed), strict=True))
    assert not torch.equal(enough.parted(64, 0).training, enough.parted(64, 1).training)


def test_copies_are_told_from_drawings():
    of = enough.parted(64)
    copies, errors = enough.shares_of(of.training + 0.01, of)[1], enough.shares_of(of.unseen, of)
    assert copies.value == 1 and errors[1].value == 0 and errors[0] == memorised(of.unseen, *of)
    assert enough.shares_of(of.training, of)[0].value == 1


def test_what_is_stored_fits_together():
    assert all(0 <= share.value <= 1 for rows in enough.STORED.values() for row in rows for share in row[:2])
    for n in enough.MEASURED:
        for mark in enough.MARKS:
            samples, seen, unseen, close = enough.shown_trio(n, mark)
            assert samples.shape == seen.shape == unseen.shape == (enough.SHOWN, 1, 16, 16) and close.shape == (8,)
    assert enough.PAGES.stat().st_size < 60_000
    patterns = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    inside = patterns["tool"]["setuptools"]["package-data"]["course_utils.experiments"]
    assert any(fnmatch.fnmatch("stored/enough.safetensors", pattern) for pattern in inside)


def test_pages_of_other_numbers_are_not_said_to_be_damaged(refused):
    for n, mark, name in ((17, 150, "17"), (16, 151, "151")):
        with refused(name):
            enough.shown_trio(n, mark)


def test_a_training_broken_off_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(enough, "MARKS", (2, 4))
    monkeypatch.setattr(enough, "KEPT_EVERY", 1)
    whole = [state.step for state in enough.at_marks(16, 0, tmp_path / "whole")]
    next(enough.at_marks(16, 0, tmp_path / "broken"))
    again = [(state.step, state.losses) for state in enough.at_marks(16, 0, tmp_path / "broken")]
    *_, last = enough.at_marks(16, 0, tmp_path / "whole")
    assert whole == [2, 4] and [step for step, _ in again] == [2, 4] and again[-1][1] == last.losses


def test_rows_that_do_not_fit_are_refused(refused):
    row = torch.zeros(2, 1, 16, 16)
    with refused("(3,)"):
        owed_frame(Trio(row, row, row, torch.zeros(3, dtype=torch.bool)), "", 0.5, 0.5)
    with refused("nearer"):
        owed_frame(Trio(row, row, row, torch.zeros(2, dtype=torch.bool)), "", 1.5, 0.5)
