"""The weights' widget: each control changes the picture, which keeps its size and tells the truth.

权重的控件：每个控件都改变图，图的尺寸不变，数也如实。
"""

import io
import re

import pytest
import torch
from PIL import Image

from course_utils import data, pretrained, schedules
from course_utils.explorers import garments
from course_utils.explorers.training import SCHEDULES, weight_explorer


def controls(panel):
    return {child.description: child for child in panel.box.children if hasattr(child, "description")}


def drawn(panel):
    image = Image.open(io.BytesIO(panel.image.value))
    assert image.format == "PNG" and panel.image.value == panel.picture.content
    return image.size, panel.image.value


def test_each_control_changes_the_picture_and_never_its_size():
    panel = weight_explorer(100)
    size, before = drawn(panel)
    first = before
    moves = {"t": [2, 341, 1000, 100], "schedule": ["quadratic", "sigmoid", "cosine", "linear"], "σ²": ["β̃", "β"]}
    assert set(controls(panel)) == set(moves)
    for name, values in moves.items():
        for value in values:
            controls(panel)[name].value = value
            now, content = drawn(panel)
            assert now == size and content != before, (name, value)
            before = content
    assert before == first, "all controls are back where they were"


@pytest.mark.parametrize("t", [2, 100, 700, 1000])
@pytest.mark.parametrize("name", SCHEDULES)
def test_the_numbers_above_are_the_weights(name, t):
    panel = weight_explorer(t)
    controls(panel)["schedule"].value = name
    s = getattr(schedules, name)()
    times = torch.arange(2, 1001)
    weights = s.beta[times] / (2 * s.alpha[times] * (1 - s.alpha_bar[times]))
    told = re.search(r"weight (\S+) +up to t: bound (\S+)%, simple (\S+)%", panel.picture.en)
    assert float(told[1]) == pytest.approx(float(weights[t - 2]), rel=1e-3, abs=6e-5)
    assert float(told[2]) == pytest.approx(100 * float(weights[: t - 1].sum() / weights.sum()), abs=0.06)
    assert float(told[3]) == pytest.approx(100 * (t - 1) / 999, abs=0.06)


def test_times_out_of_range_are_refused(refused):
    for t in (0, 1, 1001, 2.5):
        with refused(str(t)):
            weight_explorer(t)


def test_widths_are_explicit():
    panel = weight_explorer()
    assert all(control.layout.width.endswith("px") for control in controls(panel).values())
    assert panel.image.layout.width == "720px"


def test_the_full_run_goes_on_from_its_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(garments.data, "fashion_mnist", lambda: data.digits(28))
    first = garments.train_garments(2, tmp_path / "run", every=2)
    assert first.step == 2 and (tmp_path / "run/last.safetensors").is_file()
    later = garments.train_garments(3, tmp_path / "run", every=3)
    assert later.step == 3 and later.losses[:2] == first.losses


def test_garments_are_drawn_label_by_label(seeded):
    noise = torch.randn(2, 1, 28, 28, generator=seeded(0))
    drawn = garments.garments(pretrained("fashion_mnist_halfway"), noise[:1].expand(2, -1, -1, -1))
    assert drawn.shape == (2, 1, 28, 28) and (drawn[0] - drawn[1]).abs().mean() > 0.1
    assert drawn.abs().max() <= 1.001
