"""Progress is kept in a small versioned file, never lost, never in the way.

进度记在一个带版本的小文件里：不会丢，也不碍事。
"""

import json
import os
import subprocess
import sys

import pytest

from course_utils import logbook as kept
from course_utils.exercises import check, progress
from course_utils.exercises.lesson_00 import EXERCISES, QUESTIONS
from course_utils.experiments.digits import hidden_digit
from course_utils.language import CourseError
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
    assert again.locked and again.options not in again.box.children and again.options.value == chosen
    assert mark in again.verdict.value and len(again.box.children) == len(question.box.children) == 5
    kept.place().unlink()
    assert not predict("00.half").locked


def test_the_file_is_small_versioned_and_its_own(capsys):
    check("00.mystery", hidden_digit())
    assert stored() == {"version": 1, "items": {"00.mystery": {"right": True, "chosen": None}}}
    assert [path.name for path in kept.place().parent.iterdir()] == [kept.place().name]


OTHERS = ["", "{", "[]", "[" * 100_000, '{"version": 2, "items": {}}', '{"version": 1, "items": {"a": 3}}']
OTHERS += [
    json.dumps({"version": 1, "items": {"00.jump": item}})
    for item in (
        {"right": "yes"},
        {"right": [1]},
        {"right": None},
        {"right": float("nan")},
        {"held": 3},
        {"held": None},
    )
    + ({"held": [4]}, {"chosen": [1]}, {"chosen": {"a": 1}})
]


@pytest.mark.parametrize("content", OTHERS, ids=lambda content: content[:60])
def test_a_file_that_cannot_be_read_is_left_alone(content, capsys):
    kept.place().write_text(content)
    check("00.mystery", hidden_digit())
    assert kept.place().read_text() == content
    assert "✓ `mystery`" in lines(capsys)[0], "the kernel remembers"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_not_waited_for(capsys):
    os.mkfifo(kept.place())
    check("00.mystery", hidden_digit())
    en, _ = lines(capsys)
    assert "✓ `mystery`" in en and "as long as the kernel" in en and kept.place().is_fifo()


def test_a_file_that_is_read_only_is_left_alone(monkeypatch, capsys):
    content = '{"version": 1, "items": {}}'
    kept.place().write_text(content)
    monkeypatch.setattr(kept.os, "access", lambda path, how: False)  # as root may write everywhere
    check("00.mystery", hidden_digit())
    en, _ = lines(capsys)
    assert "✓ `mystery`" in en and "as long as the kernel" in en and kept.place().read_text() == content


def test_a_folder_that_is_read_only_keeps_nothing_though_the_file_in_it_may_be_written(monkeypatch, capsys):
    kept.place().write_text('{"version": 1, "items": {}}')
    monkeypatch.setattr(kept.os, "access", lambda path, how: not os.path.isdir(path))
    assert "as long as the kernel" in lines(capsys)[0]


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


@pytest.mark.parametrize("place", ["a folder", "no/such/folder.json"])
def test_kept_is_said_only_of_what_is_kept(monkeypatch, tmp_path, place, capsys, in_both_languages):
    (tmp_path / "a folder").mkdir()
    monkeypatch.setenv(kept.SETTING, str(tmp_path / place))
    assert "Kept in" not in lines(capsys)[0], "nothing answered yet, and nothing could be kept"
    check("00.mystery", hidden_digit())
    en, zh = lines(capsys)
    in_both_languages(en, zh, str(tmp_path / place), "DIFFUSION_COURSE_PROGRESS")
    assert "as long as the kernel" in en and "内核" in zh and "Kept in" not in en


def test_after_a_write_that_failed_a_later_one_keeps_all_and_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(kept.SETTING, str(tmp_path / "later" / "progress.json"))
    check("00.mystery", hidden_digit())
    assert "as long as the kernel" in lines(capsys)[0]
    (tmp_path / "later").mkdir()
    check("00.jump", EXERCISES["jump"].reference())
    en, _ = lines(capsys)
    assert "2 of 2 right" in en and "Kept in" in en and set(stored()["items"]) == {"00.mystery", "00.jump"}


def test_a_setting_may_begin_with_the_home_folder(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv(kept.SETTING, "~/elsewhere.json")
    check("00.mystery", hidden_digit())
    assert (tmp_path / "elsewhere.json").exists() and "Kept in" in lines(capsys)[0]


def test_a_byte_order_mark_is_no_harm(capsys):
    kept.place().write_bytes(b'\xef\xbb\xbf{"version": 1, "items": {"00.jump": {"right": true, "chosen": null}}}')
    check("00.mystery", hidden_digit())
    assert "2 of 2 right" in lines(capsys)[0] and set(stored()["items"]) == {"00.mystery", "00.jump"}


def test_without_a_home_progress_lasts_as_long_as_the_kernel(monkeypatch, capsys):
    def nobody(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv(kept.SETTING)
    monkeypatch.setattr(kept.Path, "expanduser", nobody)
    check("00.mystery", hidden_digit())
    en, _ = lines(capsys)
    assert "✓ `mystery`" in en and "as long as the kernel" in en


def test_kernels_that_record_at_once_lose_nothing():
    code = "from course_utils.logbook import record; import sys\n"
    code += "[record(f'00.{sys.argv[1]}_{i}', True) for i in range(40)]"
    kernels = [subprocess.Popen([sys.executable, "-c", code, str(k)], env=os.environ) for k in range(3)]
    assert [kernel.wait(300) for kernel in kernels] == [0, 0, 0]
    assert set(stored()["items"]) == {f"00.{k}_{i}" for k in range(3) for i in range(40)}
    assert [path.name for path in kept.place().parent.iterdir()] == [kept.place().name]


def test_what_another_kernel_got_right_stays_right():
    kept.record("00.mystery", right=False)
    kept.place().write_text('{"version": 1, "items": {"00.mystery": {"right": true, "chosen": null}}}')
    kept.record("00.mystery", right=False)
    assert stored()["items"]["00.mystery"]["right"]


def test_what_another_kernel_got_right_in_the_meantime_stays_right(monkeypatch, tmp_path):
    monkeypatch.setenv(kept.SETTING, str(tmp_path / "later" / "progress.json"))
    kept.record("00.mystery", right=False)
    (tmp_path / "later").mkdir()
    kept.place().write_text('{"version": 1, "items": {"00.mystery": {"right": true, "chosen": null}}}')
    kept.record("00.jump", right=False)
    assert stored()["items"]["00.mystery"]["right"] and not stored()["items"]["00.jump"]["right"]


def test_right_stays_right_and_the_newest_counts_where_nothing_can_be_written(monkeypatch):
    kept.record("00.jump", right=False)
    monkeypatch.setattr(kept, "write_whole", full)
    for right in (True, False):
        assert not kept.record("00.jump", right=right, held=["mean"])
        assert kept.recall()["00.jump"] == {"right": True, "chosen": None, "held": ["mean"]}
    assert not stored()["items"]["00.jump"]["right"]


def full(path, content):
    raise CourseError("The disk is full.", "磁盘已满。")


def test_a_lock_that_another_kernel_keeps_is_not_waited_for_without_end(monkeypatch):
    asked = []

    def kept_by_another(path, timeout=-1):
        asked.append(timeout)
        raise kept.Timeout(path)

    monkeypatch.setattr(kept, "FileLock", kept_by_another)
    assert not kept.record("00.jump", right=True)
    assert 0 < asked[0] <= 10 and kept.recall()["00.jump"]["right"] and not kept.is_kept()


@pytest.mark.parametrize("unknown", ["42", "", "00.half"])
def test_an_unknown_lesson_is_refused(unknown, refused):
    with refused(repr(unknown), "00"):
        progress(unknown)
