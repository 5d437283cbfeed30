"""The histogram explorer: moving t changes the picture, its size stays, and D is the distance that it says.

直方图控件：移动 t，图就变，大小不变；D 就是它所说的距离。
"""

import ipywidgets
import pytest
import torch
from panels import drawn

from course_utils import data, plots, schedules
from course_utils.explorers.forward import histogram_explorer, normal_gap
from course_utils.forward import forward_jump

SCHEDULE = schedules.linear()


@pytest.fixture
def palace():
    return data.photograph("palace", 64)


def test_moving_t_redraws_the_same_noise_at_that_t(palace, seeded, in_both_languages):
    panel = histogram_explorer(SCHEDULE, palace, t=60, seed=3)
    (over_t,) = [child for child in panel.box.children if isinstance(child, ipywidgets.IntSlider)]
    assert (over_t.min, over_t.max, over_t.value) == (0, 1000, 60) and over_t.layout.width == "480px"
    eps = torch.randn(palace.shape, generator=seeded(3))
    seen, sizes = {}, set()
    for t in (60, 0, 240, 1000, 60):
        over_t.value = t
        xt = forward_jump(SCHEDULE, palace, t, eps).xt
        words = f"t = {t}     mean {xt.mean():.2f}     std {xt.std():.2f}     D = {normal_gap(xt):.2f}"
        size, content = drawn(panel)
        assert content == plots.flow_to_normal(xt, words).content
        assert seen.setdefault(t, content) == content
        sizes.add(size)
        in_both_languages(panel.picture.en, panel.picture.zh, words)
    assert len(set(seen.values())) == 4 and len(sizes) == 1 and panel.image.layout.width == "720px"


def test_another_seed_is_another_noise(palace):
    one, other = (histogram_explorer(SCHEDULE, palace, t=300, seed=seed).image.value for seed in (0, 1))
    assert one != other


@pytest.mark.parametrize("t", [-1, 1001, 2.5])
def test_a_slider_cannot_begin_outside_the_schedule(t, palace, refused):
    with refused(str(t)):
        histogram_explorer(SCHEDULE, palace, t)


def test_the_gap_is_near_0_for_normal_values_and_1_for_values_far_away(seeded):
    assert normal_gap(torch.randn(1_000_000, generator=seeded(0))) < 0.005
    assert normal_gap(torch.full((100,), 9.0)) == pytest.approx(1, abs=1e-4)
    inside = torch.special.ndtr(torch.tensor([0.0, 0.2], dtype=torch.float64)).diff()
    assert normal_gap(torch.full((100,), 0.1)) == pytest.approx(1 - float(inside), abs=1e-6)


@pytest.mark.parametrize("mean", [0.5, 1.0, 2.0])
def test_the_gap_to_a_shifted_bell_is_the_one_known_in_closed_form(mean, seeded):
    exact = 2 * float(torch.special.ndtr(torch.tensor(mean / 2))) - 1
    assert normal_gap(torch.randn(1_000_000, generator=seeded(0)) + mean) == pytest.approx(exact, abs=0.01)
