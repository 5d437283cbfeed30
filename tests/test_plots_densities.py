"""Densities over histograms: what is given is drawn, small, in both languages; what is none is refused.

叠在直方图上的密度曲线：给什么画什么，图很小，两种语言；不是密度的会被拒绝。
"""

import io

import pytest
import torch
from PIL import Image

from course_utils import plots

X = torch.linspace(-3, 3, 61)
BELL, SHIFTED = (-(X**2)).exp(), (-((X - 1) ** 2)).exp()
PANELS = {"A": {"one": (X, BELL), "two": (X, SHIFTED)}, "B": {"two": (X, SHIFTED)}}
DRAWN = {"A": torch.linspace(-1, 1, 1200)}


def test_they_are_small_and_said_in_both_languages(in_both_languages):
    picture = plots.densities(PANELS, DRAWN)
    width, height = Image.open(io.BytesIO(picture.content)).size
    assert width <= 720 and height <= 360 and len(picture.content) < 30_000
    in_both_languages(picture.en, picture.zh, "one, two", "A, B", "1,200")
    assert "histogram" not in plots.densities(PANELS).en


def test_the_axis_bears_its_name():
    assert plots.densities(PANELS, DRAWN, "$x_t$").content != plots.densities(PANELS, DRAWN).content


@pytest.mark.parametrize(
    "panels, drawn",
    [
        (PANELS, {}),
        (PANELS, {"A": DRAWN["A"] / 2}),
        (PANELS, {"B": DRAWN["A"]}),
        ({"A": PANELS["A"]}, DRAWN),
        (PANELS | {"B": {"one": (X, SHIFTED)}}, DRAWN),
        (PANELS | {"B": {"two": (X, BELL)}}, DRAWN),
    ],
)
def test_whatever_is_given_is_drawn(panels, drawn):
    assert plots.densities(panels, drawn).content != plots.densities(PANELS, DRAWN).content


def test_what_lies_beyond_the_curves_takes_no_room():
    wide = torch.linspace(-300, 300, 6001)
    far = {"A": {"one": (wide, (-(wide**2)).exp())}}
    near = {"A": {"one": (wide[2000:4001], (-(wide[2000:4001] ** 2)).exp())}}
    assert plots.densities(far).content == plots.densities(near).content


@pytest.mark.parametrize(
    "wrong, given",
    [
        (lambda: plots.densities({}), ("panels",)),
        (lambda: plots.densities({"A": {}}), ("A",)),
        (lambda: plots.densities({"A": {"one": BELL}}), ("one", "Tensor")),
        (lambda: plots.densities({"A": {"one": (X, BELL[:-1])}}), ("one", "(60,)", "61")),
        (lambda: plots.densities({"A": {"one": (X, BELL / 0)}}), ("one", "inf")),
        (lambda: plots.densities({"A": {str(i): (X, BELL) for i in range(5)}}), ("5", "4")),
        (lambda: plots.densities(PANELS, {"C": BELL}), ("C", "A, B")),
        (lambda: plots.densities(PANELS, {"A": X[:0]}), ("A", "(0,)")),
    ],
)
def test_what_is_no_density_is_refused(wrong, given, refused):
    with refused(*given):
        wrong()
