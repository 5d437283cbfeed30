"""Progress is kept in a small versioned file, never lost, never in the way.

进度记在一个带版本的小文件里：不会丢，也不碍事。
"""

import json
import os

import pytest

from course_utils import logbook as kept
from course_utils.exercises import check, progress
from course_utils.exercises.lesson_00 import EXERCISES, QUESTIONS
from course_utils.experiments.digits import hidden_digit
from course_utils.quizzes import predict


@pytest.fixture(autouse=True)
def fresh_kernel(monkeypatch):
    monkeypatch.setattr(kept, "_unstored", {})


def stored():
    return json.loads(kept.place().read_text(encoding="utf-8"))


def lines(capsys, lesson="00"):
    capsys.readouterr()
    progress(lesson)
    return capsys.readouterr().out.strip().split("\n\n")


def test_nothing_is_written_before_something_is_answered(capsys, in_both_languages):
    check("00.mystery", ...)
    en, zh = lines(capsys)
    in_both_languages(en, zh, "○ `mystery`", "○ `jump`", "○ `half`", "DIFFUSION_COURSE_PROGRESS")
    assert "0 of 2 right" in en and "做对 0/2" in zh and not kept.place().exists()


def test_right_and_wrong_answers_are_counted_and_right_stays_right(capsys):
    check("00.mystery", hidden_digit())
    check("00.jump", lambda *_: 7)
    en, zh = lines(capsys)
    assert "1 of 2 right (✓ `mystery`, ✗ `jump`)" in en and "做对 1/2（✓ `mystery`, ✗ `jump`）" in zh
    check("00.mystery", (hidden_digit() + 1) % 10)
    assert "✓ `mystery`" in lines(capsys)[0]


@pytest.mark.parametrize("shift, mark", [(0, "✓"), (1, "✗")])
def test_a_locked_prediction_is_counted_and_stays_locked(shift, mark, capsys):
    chosen = (QUESTIONS["half"].answer() + shift) % 4
    question = predict("00.half")
    question.options.value = chosen
    question.lock()
    assert f"{mark} `half`" in lines(capsys)[0]
    again = predict("00.half")
    assert again.locked and again.options.disabled and again.options.value == chosen
    assert mark in again.verdict.value and len(again.box.children) == len(question.box.children) == 5
    kept.place().unlink()
    assert not predict("00.half").locked


def test_the_file_is_small_versioned_and_its_own(capsys):
    check("00.mystery", hidden_digit())
    assert stored() == {"version": 1, "items": {"00.mystery": {"right": True, "chosen": None}}}
    assert [path.name for path in kept.place().parent.iterdir()] == [kept.place().name]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2, "items": {}}', '{"version": 1, "items": {"a": 3}}'])
def test_a_file_that_cannot_be_read_is_left_alone(content, capsys):
    kept.place().write_text(content)
    check("00.mystery", hidden_digit())
    assert kept.place().read_text() == content
    assert "✓ `mystery`" in lines(capsys)[0], "the kernel remembers"


def test_a_place_that_cannot_be_written_costs_nothing(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(kept.SETTING, str(tmp_path / "no" / "such" / "folder.json"))
    check("00.mystery", hidden_digit())
    assert "✓ `mystery`" in lines(capsys)[0] and not kept.place().parent.exists()
    os.makedirs(kept.place().parent)
    check("00.jump", EXERCISES["jump"].reference())
    assert set(stored()["items"]) == {"00.mystery", "00.jump"}, "what was kept in memory is written, too"


def test_without_a_setting_the_file_lies_in_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.delenv(kept.SETTING)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert kept.place() == tmp_path / ".diffusion_both_ways.json"


def test_an_option_that_is_gone_locks_nothing():
    kept.record("00.half", right=True, chosen="an option of an older edition")
    assert not predict("00.half").locked


@pytest.mark.parametrize("unknown", ["42", "", "00.half"])
def test_an_unknown_lesson_is_refused(unknown, refused):
    with refused(repr(unknown), "00"):
        progress(unknown)
