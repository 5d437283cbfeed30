"""The walk through a network: each control changes the picture, which keeps its size and tells the truth.

在网络里漫步的控件：每个控件都改变图，图的尺寸不变，数也如实。
"""

import re

import pytest
import torch
from panels import controls, every_move_is_seen

from course_utils import data, schedules
from course_utils.experiments.features import agreement, at_work
from course_utils.experiments.networks import trained
from course_utils.explorers.features import feature_explorer
from course_utils.forward import forward_jump
from course_utils.unet import UNet

SCHEDULE = schedules.cosine()
X = data.digits().x[:1]


@pytest.fixture
def panel():
    return feature_explorer(SCHEDULE, trained(), X)


def test_each_control_changes_the_picture_and_never_its_size(panel):
    every_move_is_seen(panel, {"part": ["down.2", "middle.1", "head", "stem"], "t": [10, 500, 1000, 200]})


def test_every_part_that_has_maps_can_be_chosen(panel):
    names = list(controls(panel)["part"].options)
    assert names[0] == "stem" and names[-1] == "head" and {"down.0", "middle.1", "up.4"} < set(names)


def test_widths_are_explicit_and_the_slider_waits_for_the_hand(panel):
    assert all(control.layout.width.endswith("px") for control in controls(panel).values())
    assert panel.image.layout.width == "784px" and not controls(panel)["t"].continuous_update


@pytest.mark.parametrize("part, t", [("stem", 10), ("middle.2", 510), ("up.2", 900)])
def test_the_picture_names_part_shape_and_agreement(part, t):
    panel = feature_explorer(SCHEDULE, trained(), X, part, t)
    maps = at_work(SCHEDULE, trained(), X, t)[1][part]
    size = " x ".join(map(str, maps.shape[1:]))
    assert re.search(rf"t = {t} +{part}: {size} +same = {agreement(maps):.2f}", panel.picture.en)


def test_the_maps_are_those_of_the_network(awake):
    network = awake()
    xt, maps = at_work(SCHEDULE, network, X, 300)
    expected = forward_jump(SCHEDULE, X.expand(16, -1, -1, -1), 300, generator=torch.Generator().manual_seed(0)).xt
    assert torch.equal(xt, expected)
    assert torch.allclose(maps["stem"], network.stem(xt), atol=1e-5)
    kept = []
    hook = network.middle[1].register_forward_hook(lambda *call: kept.append(call[-1]))
    network(xt, SCHEDULE.log_snr[300].float())
    hook.remove()
    assert torch.equal(maps["middle.1"], kept[0])


def test_agreement_is_1_for_equal_0_for_unrelated_maps_and_ignores_each_maps_mean(seeded):
    maps = torch.randn(8, 5, 20, 20, generator=seeded(0))
    other = torch.randn(8, 5, 20, 20, generator=seeded(1))
    assert agreement(torch.cat([maps, 3 * maps + torch.randn(8, 5, 1, 1)])) == pytest.approx(1, abs=1e-5)
    assert agreement(torch.cat([maps, -maps])) == pytest.approx(-1, abs=1e-5)
    assert abs(agreement(torch.cat([maps, other]))) < 0.05


def test_it_takes_the_readers_own_network_and_refuses_times_out_of_range(refused):
    panel = feature_explorer(schedules.linear(50), UNet(3, 16, (1, 2, 2), patch=2), data.photograph("palace", 32), t=20)
    assert (controls(panel)["t"].min, controls(panel)["t"].max) == (10, 50)
    for t in (0, 1001, 2.5):
        with refused(str(t)):
            feature_explorer(SCHEDULE, trained(), X, t=t)
