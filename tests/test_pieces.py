"""A piece of work is judged part by part: what holds counts, and the hint is for the first part that does not.

作业逐部分评判：成立的算数，提示针对第一个未成立的部分。
"""

import pytest
import torch

from course_utils.exercises import Part, Piece, check, hint, judge, lesson_00, progress, solution
from course_utils.exercises.judging import BLANK
from course_utils.logbook import recall
from tools.solutions import blank, solved


class Doubling:
    """Twice and half. 二倍与一半。"""

    def twice(self, x):
        return 2 * x

    def half(self, x):
        return x / 2


class Blank:
    def twice(self, x): ...

    def half(self, x): ...


class OnlyHalf(Blank):
    def half(self, x):
        return x / 2


class Stops(Doubling):
    def twice(self, x):
        raise ZeroDivisionError("division by zero")


class TakesTooMuch:
    def __init__(self, more):
        self.more = more


def part(method, factor):
    def judged(answer, generator):
        x = torch.rand((), generator=generator)
        given = getattr(answer(), method)(x)
        if given is None:
            return BLANK
        return None if given == factor * x else (f"{given} is wrong", f"{given} 不对")

    return Part((f"{method} holds", f"{method} 成立"), judged, ((f"{method} 1", "其一"), (f"{method} 2", "其二")))


@pytest.fixture(autouse=True)
def piece(monkeypatch):
    piece = Piece(lambda: Doubling, {"twice": part("twice", 2), "half": part("half", 0.5)})
    monkeypatch.setitem(lesson_00.EXERCISES, "double", piece)
    return piece


@pytest.mark.parametrize("answer", [..., Blank])
def test_a_blank_piece_is_not_attempted_yet(answer):
    right, (en, zh) = judge("00.double", answer)
    assert right is None and en.startswith("○") and "not attempted yet" in en and "尚未作答" in zh


def test_a_whole_piece_is_right_and_says_what_holds():
    right, (en, zh) = judge("00.double", Doubling)
    assert right and en.startswith("✓ `00.double`: right, all 2 parts hold.") and "hint" not in en
    assert "\n- ✓ **twice**: twice holds\n- ✓ **half**: half holds" in en and "\n- ✓ **half**：half 成立" in zh


def test_half_a_piece_is_half_right_and_what_is_blank_is_told_from_what_is_wrong(in_both_languages):
    right, said = judge("00.double", OnlyHalf)
    assert right is False and said[0].startswith("◐ `00.double`: 1 of 2 parts hold") and "2 个部分中有 1 个" in said[1]
    assert "- ○ **twice**: nothing is returned yet" in said[0] and "- ✓ **half**" in said[0]
    in_both_languages(*said, "**twice**", 'hint("00.double")')


def test_a_part_that_stops_leaves_the_others_judged():
    right, (en, _) = judge("00.double", Stops)
    assert right is False and "✗ **twice**: it stopped" in en and "✓ **half**" in en


def test_a_fault_of_all_parts_is_said_once():
    right, (en, zh) = judge("00.double", TakesTooMuch)
    assert (
        right is False and en.startswith("✗ `00.double`: 0 of 2") and en.count("is called with other arguments") == 1
    )  # by this very file
    assert "✗ **half**: for the same reason as **twice**" in en and "理由同 **twice**" in zh


def test_the_hint_is_for_the_first_part_that_failed_at_the_last_check(capsys):
    def hinted(grade=1):
        capsys.readouterr()
        hint("00.double", grade)
        return capsys.readouterr().out

    assert "Hint 1 of 2**, for **twice**. twice 1" in hinted() and "针对 **twice**。其二" in hinted(2)
    check("00.double", OnlyHalf)
    assert "for **twice**" in hinted()
    check("00.double", Stops)
    assert "for **twice**" in hinted()
    check("00.double", type("OnlyTwice", (Blank,), {"twice": Doubling.twice}))
    assert "for **half**. half 2" in hinted(2)
    with pytest.raises(ValueError, match="1 to 2"):
        hint("00.double", 3)


def test_progress_counts_the_parts_until_all_hold(capsys):
    def line():
        capsys.readouterr()
        progress("00")
        return capsys.readouterr().out

    assert "○ `double`" in line()
    assert check("00.double", OnlyHalf) is Doubling and recall()["00.double"]["held"] == ["half"]
    assert "◐ `double` 1/2" in line()
    assert check("00.double", Doubling) is Doubling
    assert "✓ `double`" in line()
    check("00.double", OnlyHalf)
    assert "✓ `double`" in line()


def test_the_solution_is_the_whole_class_and_fills_the_blank(capsys):
    solution("00.double")
    assert "def twice" in capsys.readouterr().out
    code = (
        "class MyDoubling:\n    def twice(self, x):\n        ...\n\n"
        "    def half(self, x):\n        y = 1\n        ...\n\n"
        'MyDoubling = check("00.double", MyDoubling)'
    )
    assert blank(code).exercise_id == "00.double"
    filled = solved(code)
    assert filled.startswith("class MyDoubling:\n    def twice(self, x):\n        return 2 * x\n\n    def half")
    assert filled.endswith('return x / 2\n\nMyDoubling = check("00.double", MyDoubling)') and "..." not in filled


def test_a_class_with_a_method_that_is_not_blank_is_no_blank():
    code = "class My:\n    def twice(self, x):\n        return 2\n\n    def half(self, x):\n        ...\n"
    assert blank(code + 'My = check("00.double", My)') is None
