"""Two bells and their product, and the chain: the right numbers, small pictures, both languages.

两条钟形曲线与它们的积，以及链的示意图：数值正确，图很小，两种语言。
"""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from course_utils import plots
from course_utils.plots.bells import product

MEAN, VARIANCE = st.floats(-3, 3), st.floats(0.01, 10)
BELL = st.tuples(MEAN, VARIANCE)


@given(BELL, BELL)
def test_the_product_of_two_bells_is_a_bell(one, other):
    x = np.linspace(-2, 2, 9)
    log = sum(-((x - mean) ** 2) / (2 * variance) for mean, variance in (one, other))
    mean, variance = product(one, other)
    assert np.ptp(log + (x - mean) ** 2 / (2 * variance)) < 1e-6 * max(1, np.abs(log).max())
    assert variance < min(one[1], other[1])


@given(MEAN, BELL)
def test_a_spike_wins(where, other):
    assert product((where, 0.0), other) == pytest.approx((where, 0.0))
    assert product(other, (where, 0.0)) == pytest.approx((where, 0.0))


@pytest.mark.parametrize("variance", [0.5, 0.0, 1e-6])
def test_the_bells_are_drawn_small_and_described_in_both_languages(variance, in_both_languages):
    words = [("a", "0.1", "b")]
    picture = plots.two_bells((0.3, variance), (-0.4, 1.0), 0.5, -0.5, words)
    assert len(picture.content) < 30_000
    assert Image.open(io.BytesIO(picture.content)).size == (720, 270)
    in_both_languages(picture.en, picture.zh, "0.30", "-0.40")


def test_each_argument_is_drawn():
    given_first = ((0.3, 0.5), (-0.4, 1.0), 0.5, -0.5, [("a", "0.1", "b")])
    others = ((0.6, 0.5), (-0.4, 2.0), 0.1, -0.9, [("a", "0.2", "b")])
    first = plots.two_bells(*given_first).content
    for place, other in enumerate(others):
        changed = [*given_first[:place], other, *given_first[place + 1 :]]
        assert plots.two_bells(*changed).content != first


def test_the_chain_is_small_and_described_in_both_languages(in_both_languages):
    picture = plots.chain()
    assert len(picture.content) < 20_000 and max(Image.open(io.BytesIO(picture.content)).size) <= 720
    in_both_languages(picture.en, picture.zh, "x_0", "x_T", "p_theta")
