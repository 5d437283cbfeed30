"""The widgets of guidance: each control changes the picture, which keeps its size, and what they print is true.

引导的控件：每个控件都改变图，图的尺寸不变，所说的都属实。
"""

import io
import re

import numpy as np
import pytest
import torch
from panels import controls, every_move_is_seen
from PIL import Image

from course_utils import metrics, oracle, points, samplers, schedules, times
from course_utils.explorers.guidance import garment_explorer, guidance_explorer
from course_utils.guidance import guided, log_snr_between

SCHEDULE = schedules.cosine()
TOLD = re.compile(r"t = (\d+) +share (\S+) +distance (\S+) +evaluations (\d+)")


def by_hand(seeded, scale, interval, seed):
    """The share of 200 particles in the upper moon, and their energy distance to 1000 draws of it."""
    moons = oracle.labelled(
        oracle.mixture(SCHEDULE, points.moons(60), torch.full((60,), 0.15)), torch.tensor([0] * 30 + [1] * 30)
    )
    denoiser = guided(moons.conditional(0), moons.unconditional, scale, interval)
    noise = torch.randn(200, 2, generator=seeded(seed), dtype=torch.float64)
    x0 = samplers.finish(samplers.dpm_solver(SCHEDULE, denoiser, noise, times.focused_times(SCHEDULE, 15)))
    share = float((moons.log_probability(0)(x0, 1).exp() > 0.5).double().mean())
    return share, metrics.energy_distance(x0, moons.conditional(0).draw(1000, seeded(0)))


def test_each_control_changes_the_picture_and_never_its_size():
    moves = {
        "scale": [-1.0, 8.0, 4.0],
        "log-SNR ≥": [7, 3, -8],
        "log-SNR ≤": [-7, 2, 8],
        "seed": [5, 0],
        "k": [0, 7, 15],
    }
    panel = guidance_explorer()
    assert set(controls(panel)) == set(moves)
    every_move_is_seen(panel, moves)


@pytest.mark.parametrize("scale, low, high, seed", [(2.5, -8, 8, 0), (6.0, -2, 3, 2), (-1.0, 0, 8, 1)])
def test_what_it_prints_is_true(scale, low, high, seed, seeded):
    panel = guidance_explorer(scale, low, high, seed)
    share, distance = by_hand(seeded, scale, log_snr_between(SCHEDULE, low, high), seed)
    told = TOLD.search(panel.picture.en)
    assert float(told[2]) == pytest.approx(share, abs=6e-4) and float(told[3]) == pytest.approx(distance, abs=6e-5)
    inside = [low <= float(SCHEDULE.log_snr[t]) <= high for t in times.focused_times(SCHEDULE, 15)[:-1]]
    assert (int(told[1]), int(told[4])) == (0, 15 + sum(inside)) and told[0] in panel.picture.zh


def test_where_the_interval_is_empty_nothing_is_guided():
    panel = guidance_explorer(8.0, 3, 3)
    empty = panel.picture.content
    controls(panel)["log-SNR ≤"].value = -3
    assert panel.picture.content == empty, "nor where its ends have crossed"
    assert TOLD.search(guidance_explorer(1.0).picture.en)[0] == TOLD.search(panel.picture.en)[0]


def test_no_arrow_stands_where_guidance_adds_nothing():
    inside, outside, plain = (guidance_explorer(scale, low, k=10) for scale, low in ((4.0, -8), (4.0, 7), (1.0, -8)))
    blue = {name: _blue(panel) for name, panel in (("inside", inside), ("outside", outside), ("plain", plain))}
    assert blue["inside"] > 500 and blue["outside"] == 0 and blue["plain"] < blue["inside"] / 10


def _blue(panel) -> int:
    red, _, blue = (
        np.asarray(Image.open(io.BytesIO(panel.picture.content)).convert("RGB")).astype(int).transpose(2, 0, 1)
    )
    return int((blue - red > 100).sum())


def test_garments_change_with_each_control_and_never_in_size(awake):
    moves = {"y": [0, 2, 1], "scale": [-1.0, 8.0, 3.0], "log-SNR ≥": [3, -8], "log-SNR ≤": [0, 8], "seed": [5, 0]}
    panel = garment_explorer(SCHEDULE, awake(classes=3), y=1)
    assert set(controls(panel)) == set(moves) and controls(panel)["y"].max == 2
    every_move_is_seen(panel, moves)


def test_each_row_of_garments_is_drawn_once_and_counted(awake):
    network, asked = awake(classes=3), []
    network.register_forward_hook(lambda *given: asked.append(len(given[1][0])))
    panel = garment_explorer(SCHEDULE, network, y=1)
    assert asked == [8] * 8 + [8] + [16] * 7, "the first of the 8 steps lies below the interval"
    assert panel.picture.en.count("8 evaluations") == 1 and "scale 3: 15 evaluations" in panel.picture.zh
    asked.clear()
    controls(panel)["scale"].value = 1.0
    assert "scale 1: 8 evaluations" in panel.picture.en
    controls(panel)["scale"].value = 3.0
    assert len(asked) <= 8


def test_widths_are_explicit_and_slow_panels_wait_for_the_hand(awake):
    plane, garments = guidance_explorer(), garment_explorer(SCHEDULE, awake(classes=3), y=0)
    for panel, width in ((plane, 400), (garments, 704)):
        assert all(control.layout.width.endswith("px") for control in controls(panel).values())
        assert panel.image.layout.width == f"{width}px"
        waiting = {name for name, control in controls(panel).items() if not control.continuous_update}
        assert waiting == set(controls(panel)) - {"k"}


@pytest.mark.parametrize(
    "build, given",
    [
        (lambda network: guidance_explorer(9.0), "9.0"),
        (lambda network: guidance_explorer("4"), "'4'"),
        (lambda network: guidance_explorer(low=-9), "-9"),
        (lambda network: guidance_explorer(low=8), "8"),
        (lambda network: guidance_explorer(high=2.5), "2.5"),
        (lambda network: guidance_explorer(seed=6), "6"),
        (lambda network: guidance_explorer(k=16), "16"),
        (lambda network: garment_explorer(SCHEDULE, network(classes=3), y=3), "3"),
        (lambda network: garment_explorer(SCHEDULE, network(classes=3), y=1, scale=-2.0), "-2.0"),
        (lambda network: garment_explorer(SCHEDULE, network()), "UNet"),
        (lambda network: garment_explorer(None, network(classes=3)), "None"),
    ],
)
def test_what_a_panel_cannot_show_is_refused(build, given, refused, awake):
    with refused(given):
        build(awake)
