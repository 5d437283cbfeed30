"""The widgets of pixels: holes are filled, an image becomes another, each control is seen and what is known stays.

像素的控件：缺口被补上，一幅图像变成另一幅；每个控件都有效果，已知的像素不变。
"""

import pytest
import torch
from panels import controls, every_move_is_seen

from course_utils import plots, schedules
from course_utils.explorers.pixels import inpainting_explorer, masks, start_explorer
from course_utils.times import focused_times

SCHEDULE = schedules.cosine()


@pytest.fixture
def x0(seeded):
    return torch.rand(1, 1, 16, 16, generator=seeded(4)) * 2 - 1


@pytest.fixture
def shown(monkeypatch):
    """The images of every frame that is drawn."""
    seen, draw = [], plots.duel_frame
    monkeypatch.setattr(plots, "duel_frame", lambda named: seen.append(named[0][1]) or draw(named))
    return seen


def test_holes_change_with_each_control_and_never_in_size(awake, x0):
    moves = {"mask": ["⬓", "▣", "▤", "◨"], "method": ["RePaint", "PiGDM", "replaced"], "seed": [5, 0]}
    panel = inpainting_explorer(SCHEDULE, awake(classes=3), x0)
    assert set(controls(panel)) == set(moves)
    every_move_is_seen(panel, moves)


def test_starts_change_with_each_control_and_never_in_size(awake, x0):
    moves = {"t": [1, 400, 1000, 700], "y": [0, 2, 1], "seed": [5, 0]}
    panel = start_explorer(SCHEDULE, awake(classes=3), x0, y=1)
    assert set(controls(panel)) == set(moves)
    every_move_is_seen(panel, moves)


def test_the_masks_hide_what_their_signs_show():
    right, lower, middle, rows = masks(8, 8).values()
    assert right[0, 0].tolist() == [True] * 4 + [False] * 4 and lower[0, :, 0].tolist() == [True] * 4 + [False] * 4
    assert (~middle[0]).nonzero().amin(0).tolist() == [2, 2] and (~middle[0]).nonzero().amax(0).tolist() == [5, 5]
    assert rows[0, :, 3].tolist() == [True, False] * 4 and all(m.shape == (1, 8, 8) for m in masks(8, 8).values())


@pytest.mark.parametrize("method, asked", [("replaced", 20), ("RePaint", 28), ("PiGDM", 10)])
def test_completions_keep_what_is_known_and_count_what_they_ask(method, asked, awake, x0, shown):
    network, calls = awake(classes=3), []
    network.register_forward_hook(lambda *given: calls.append(given[1][2].tolist()))
    panel = inpainting_explorer(SCHEDULE, network, x0, mask="◨", method=method, seed=2)
    [images], known = shown, masks(16, 16)["◨"]
    assert len(images) == 8 and images[:1].equal(x0) and not images[1:2][:, ~known].any()
    near = 0 if method != "PiGDM" else 0.2  # which heeds what is known, and does not put it in
    assert all(float((image - x0[0])[known].abs().mean()) <= near for image in images[1:])
    assert not torch.allclose(images[2][~known], images[3][~known])
    assert f"{method}: {asked} evaluations" in panel.picture.en and calls == [[3] * 6] * asked, "no label is told"
    controls(panel)["seed"].value = 3
    controls(panel)["seed"].value = 2
    assert len(calls) == 2 * asked, "each setting is drawn once"


@pytest.mark.parametrize("t", [1, 300, 1000])
def test_the_later_it_begins_the_more_survives(t, awake, x0, shown):
    panel = start_explorer(SCHEDULE, awake(classes=3), x0, y=1, t=t)
    [images], asked = shown, 1 + sum(0 < s < t for s in focused_times(SCHEDULE, 10))
    assert len(images) == 6 and images[:1].equal(x0) and f"t = {t}, y = 1: {asked} evaluations" in panel.picture.en
    off = float((images[2:] - x0).abs().mean())
    assert off < 0.05 if t == 1 else off > 0.05


@pytest.mark.parametrize(
    "build, given",
    [
        (lambda net, x: inpainting_explorer(SCHEDULE, net, x.repeat(2, 1, 1, 1)), ("2", "x0[:1]")),
        (lambda net, x: inpainting_explorer(SCHEDULE, net, x[0]), ("(1, 16, 16)",)),
        (lambda net, x: inpainting_explorer(SCHEDULE, net, x, mask="right"), ("right",)),
        (lambda net, x: inpainting_explorer(SCHEDULE, net, x, method="DPS"), ("DPS", "RePaint")),
        (lambda net, x: inpainting_explorer(SCHEDULE, net, x, seed=-1), ("-1",)),
        (lambda net, x: inpainting_explorer(SCHEDULE, torch.nn.Identity(), x), ("Identity",)),
        (lambda net, x: start_explorer(SCHEDULE, net, x, y=3), ("3",)),
        (lambda net, x: start_explorer(SCHEDULE, net, x, y=1, t=0), ("0", "1,000")),
        (lambda net, x: start_explorer(SCHEDULE, net, x * 9, y=1), ("[-1, 1]",)),
        (lambda net, x: start_explorer(None, net, x, y=1), ("None",)),
    ],
)
def test_what_a_panel_cannot_show_is_refused(build, given, refused, awake, x0):
    with refused(*given):
        build(awake(classes=3), x0)
