"""Places that a setting names: taken as they are written, and where nothing is found, the cause is said.

由设置指定的位置：按写法原样采用；找不到东西时，说出原因。
"""

from pathlib import Path

import pytest

from course_utils import data, gates, logbook
from course_utils.data.fashion import SETTING, fashion_folder
from course_utils.exercises import progress


@pytest.fixture
def there(tmp_path):
    place = tmp_path / "clothes"
    place.mkdir()
    (place / "t10k-images-idx3-ubyte").touch()
    return place


@pytest.mark.parametrize(
    "named, en, zh",
    [
        (" {}", "blank", "空白"),
        ("{}\n", "blank", "空白"),
        ("   ", "blank", "空白"),
        ('"{}"', "quotation", "引号"),
        ("'{}'", "quotation", "引号"),
        ("file://{}", "file://", "file://"),
        ("https://example.org/data", "address", "网址"),
        ("$HOME{}", "variable", "变量"),
        ("%USERPROFILE%{}", "variable", "变量"),
        ("{}/t10k-images-idx3-ubyte", "a file", "一个文件"),
        ("{}/not_there", "no such folder", "没有这个文件夹"),
    ],
)
def test_the_cause_is_said_where_nothing_is_found(named, en, zh, there, refused, monkeypatch):
    monkeypatch.setenv(SETTING, named.format(there))
    with refused(SETTING, repr(named.format(there))) as caught:
        data.fashion_mnist("test")
    assert en in caught.value.en and zh in caught.value.zh


def test_a_folder_in_the_home_or_of_an_odd_name_is_found(there, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert fashion_folder("~/clothes") == there
    for odd in ("'clothes' ", "$clothes"):
        there = there.rename(tmp_path / odd)
        assert fashion_folder(str(there)) == there


def test_an_empty_home_is_none(monkeypatch, capsys):
    monkeypatch.setenv("HOME", "")
    monkeypatch.delenv(logbook.SETTING, raising=False)
    monkeypatch.setattr(logbook, "_unstored", {})
    assert logbook.place() is None and not logbook.is_kept()
    assert not logbook.record("00.jump", True) and not Path("/.diffusion_both_ways.json").exists()
    assert logbook.recall()["00.jump"]["right"]
    progress("00")
    shown = capsys.readouterr().out
    assert "None" not in shown and shown.count(f"`{logbook.USUAL}`") == 2
    monkeypatch.setenv(logbook.SETTING, "~/mine.json")
    assert logbook.place() is None
    assert gates.check_path("~/pictures/walk.gif") == Path("~/pictures/walk.gif")
    monkeypatch.setenv(logbook.SETTING, "mine.json")
    assert logbook.place() == Path("mine.json")
