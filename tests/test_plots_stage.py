"""Axes drawn once: what is put upon them is in one picture, and in no later one.

只画一次的坐标轴：放上去的东西出现在一张图里，不留到下一张。
"""

import io

import numpy as np
import pytest
from PIL import Image

from course_utils.plots.picture import canvas
from course_utils.plots.stage import Stage


def pixels(picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture.content)).convert("RGB"))


@pytest.fixture
def stage():
    page, axes = canvas(1, 1, 4, 2)
    axes[0, 0].set(xlim=(0, 1), ylim=(0, 1))
    return Stage(page), page, axes[0, 0]


def test_what_is_put_upon_it_is_drawn_once(stage):
    stage, page, ax = stage
    empty = pixels(stage.picture("empty", "空"))
    ax.plot([0, 1], [0, 1]), ax.fill_between([0, 1], [1, 1]), ax.text(0.5, 0.5, "word"), page.text(0.1, 0.9, "head")
    drawn = stage.picture("drawn", "画了")
    assert (drawn.en, drawn.zh) == ("drawn", "画了")
    assert (pixels(drawn) != empty).any()
    assert (pixels(stage.picture("empty", "空")) == empty).all()


def test_ticks_and_their_numbers_stand_on_every_picture(stage):
    stage, _, ax = stage
    blank = np.full_like(pixels(stage.picture("", "")), 255)
    for _ in range(2):
        ax.plot([0.2, 0.8], [0.2, 0.8])
        left_of_the_axes = pixels(stage.picture("", ""))[:, :20]
        assert (left_of_the_axes != blank[:, :20]).any()


def test_what_cannot_be_drawn_is_taken_off_all_the_same(stage, monkeypatch):
    stage, page, ax = stage
    ax.plot([0, 1], [0, 1])
    with monkeypatch.context() as broken:
        broken.setattr(page, "draw_artist", lambda artist: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            stage.picture("", "")
    assert not ax.lines
