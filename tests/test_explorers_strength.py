"""The strength of a low-rank file: each control changes the picture, which keeps its size, and what it says is true.

低秩文件的强度：每个控件都改变图，图的尺寸不变，所说的都属实。
"""

import re

import pytest
from panels import controls, every_move_is_seen
from pictures import is_small_and_speaks

from course_utils.experiments import tuning
from course_utils.experiments.strengths import BOOTS_FILE, STORED, STRENGTHS, added, at_strength, strength_losses
from course_utils.explorers.strength import strength_explorer


def test_each_control_changes_the_picture_and_what_it_prints_is_true(in_both_languages):
    panel = strength_explorer()
    every_move_is_seen(panel, {"strength": [1.5, 0.5], "seed": [3, 0]})
    is_small_and_speaks(panel.picture, in_both_languages, 704, 400)
    found = re.search(r"boots ([\d.]+) +on digits ([\d.]+)", panel.picture.en)
    assert [float(number) for number in found.groups()] == pytest.approx(list(STORED[5]), abs=2e-3)


def test_the_slider_runs_by_tenths_from_the_network_as_it_was():
    over = controls(strength_explorer(0.0))["strength"]
    assert (over.min, over.max, over.step, over.continuous_update) == (0.0, 1.5, 0.1, False)
    before, merged = tuning.known(1).state_dict(), at_strength(0.0).state_dict()
    assert all(merged[key].equal(value) for key, value in before.items())


def test_the_stored_losses_are_those_of_the_file_and_say_what_the_page_says():
    assert len(STORED) == len(STRENGTHS) and STRENGTHS[2] == 0.2 and STRENGTHS[-1] == 1.5
    for at in (2, 10):
        assert STORED[at] == pytest.approx(tuple(strength_losses(STRENGTHS[at])), abs=1e-3)
    new, old = zip(*STORED, strict=True)
    assert min(new) == new[10] and list(old) == sorted(old), "boots are drawn best at 1; digits go, more and more"
    assert new[2] < 0.25 < new[1], "the task of the widget"
    assert old[0] == pytest.approx(0.1405, abs=1e-3), "what the card of the digits says"


@pytest.mark.parametrize("settings, given", [((1.6, 0), "1.6"), ((-0.1, 0), "-0.1"), ((0.5, 10), "10")])
def test_settings_that_are_on_no_control_are_refused(settings, given, refused):
    with refused(given):
        strength_explorer(*settings)


def test_the_file_that_ships_is_small_and_as_its_card_says():
    card = BOOTS_FILE.with_suffix(".md").read_text(encoding="utf-8")
    assert BOOTS_FILE.stat().st_size < 60_000 and f"| bytes | {BOOTS_FILE.stat().st_size:,} |" in card
    assert f"| numbers | {tuning.learning(added()):,} |" in card
    lines = [line for line in card.splitlines() if "of its kind" in line or "kept out" in line]
    stated = [float(line.split("|")[2]) for line in lines]
    assert stated == pytest.approx(list(STORED[10]), abs=1e-3)
