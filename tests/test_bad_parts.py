"""Wrong input to blocks, widgets and explorers, to where weights are written and where samples are drawn.

给部件、控件与探索器的错误输入；权重写到哪里、样本在哪里抽，也在此列。
"""

import pytest
import torch
from torch import nn

from course_utils import attention, blocks, data, gates, plots, points, samplers, schedules, training, weights, widgets
from course_utils.classifier import Classifier
from course_utils.experiments.bound import bound_weights
from course_utils.experiments.networks import pile_losses
from course_utils.explorers.features import feature_explorer
from course_utils.explorers.forward import histogram_explorer, normal_gap
from course_utils.explorers.garments import train_garments
from course_utils.explorers.plane import field_explorer, playground_explorer
from course_utils.explorers.reverse import posterior_bells, posterior_explorer
from course_utils.explorers.sampling import duel_explorer, trajectory_explorer
from course_utils.explorers.schedules import schedule_explorer
from course_utils.notes_unets import AnnotatedUNet
from course_utils.unet import UNet

S, X, BYTES = schedules.linear(20), torch.zeros(2, 1, 8, 8), torch.full((1, 1, 8, 8), 255.0)
SETS = {"circle": points.circle(8)}


@pytest.mark.parametrize(
    "build, given",
    [
        (lambda: UNet(width=12), ("width", "12", "8")),
        (lambda: AnnotatedUNet(width=6), ("width", "6", "4")),
        (lambda: AnnotatedUNet(width=0), ("width", "0", "4")),
        (lambda: blocks.group_norm(12), ("channels", "12", "8")),
        (lambda: blocks.NoiseLevelEmbedding(0), ("width", "0")),
        (lambda: blocks.NoiseLevelEmbedding(8, frequencies=0), ("frequencies", "0")),
        (lambda: blocks.ResidualBlock(8, 4, 16), ("c_out", "4", "8")),
        (lambda: blocks.ResidualBlock(8, 8, 0), ("embedding", "0")),
        (lambda: blocks.ResidualBlock(8.0, 8, 16), ("8.0",)),
        (lambda: blocks.ResNetBlock(3, 6, 16), ("c_out", "6", "4")),
        (lambda: blocks.ResNetBlock(3, 8, 16, groups=0), ("groups", "0")),
        (lambda: blocks.ResNetBlock(3, 8, -1), ("embedding", "-1")),
        (lambda: blocks.ConvNextBlock(0, 8, 16), ("c_in", "0")),
        (lambda: blocks.ConvNextBlock(8, 8, 16, widening=0), ("widening", "0")),
        (lambda: blocks.short_cut(8, None), ("c_out", "None")),
        (lambda: blocks.halve(0), ("channels", "0")),
        (lambda: blocks.double("8"), ("channels", "'8'")),
        (lambda: blocks.silenced(torch.zeros(3)), ("layer", "(3,)")),
        (lambda: attention.Attention(8, heads=3), ("channels", "8", "3")),
        (lambda: attention.Attention(8, heads=0), ("heads", "0")),
        (lambda: attention.Attention(8, heads=2, head_width=0), ("head_width", "0")),
        (lambda: attention.LinearAttention(8, heads=True), ("heads", "True")),
        (lambda: attention.LinearAttention(8, head_width=-1), ("head_width", "-1")),
    ],
)
def test_blocks_that_cannot_be_built(build, given, refused):
    with refused(*given):
        build()


def test_blocks_that_can_be_built_are():
    assert attention.Attention(8, heads=3, head_width=4)(torch.randn(1, 8, 2, 2)).shape == (1, 8, 2, 2)
    assert blocks.ResNetBlock(3, 6, 0, groups=3)(torch.randn(1, 3, 4, 4), None).shape == (1, 6, 4, 4)


def test_a_multiple_passes_as_an_int(refused):
    assert type(gates.check_multiple("width", torch.tensor(24), 8)) is int
    for value in (0, -8, 12, 8.0, True, "8", None):
        with refused("width", "8"):
            gates.check_multiple("width", value, 8, so=("Try width=32.", "可以用 width=32。"))


@pytest.mark.parametrize(
    "build, given",
    [
        (lambda: widgets.slider("t", 0, 10, 11), ("t", "11", "10")),
        (lambda: widgets.slider("t", 0, 10, 3.5), ("t", "3.5")),
        (lambda: widgets.choice("x", ["a", "b"], "c"), ("x", "'c'", "a, b")),
        (lambda: widgets.choice("x", ["a", "b"], ""), ("x", "''", "a, b")),
        (lambda: widgets.noise_slider(3, X, 5), ("schedule", "3")),
        (lambda: widgets.noise_slider(S, BYTES, 5), ("255",)),
        (lambda: widgets.noise_slider(S, X, 5, seed=-1), ("seed", "-1")),
        (lambda: widgets.step_bar(0), ("states", "0")),
        (lambda: widgets.watch(iter([]), 0, lambda: X), ("total", "0")),
        (lambda: widgets.watch(iter([]), 5, lambda: X, every=0), ("every", "0")),
        (lambda: widgets.watch(iter([]), 5, X), ("samples", "(2, 1, 8, 8)")),
        (lambda: widgets.watch(iter([]), 5, lambda: X, then=3), ("then", "3")),
        (lambda: widgets.watch(None, 5, lambda: X), ("records", "None")),
        (lambda: histogram_explorer(S, BYTES), ("255",)),
        (lambda: histogram_explorer(None, X), ("schedule", "None")),
        (lambda: normal_gap(torch.zeros(0)), ("values", "(0,)")),
        (lambda: schedule_explorer(X), ("2", "x0[:1]")),
        (lambda: schedule_explorer(X[:1], seed=0.5), ("seed", "0.5")),
        (lambda: feature_explorer(S, nn.Linear(1, 1), X[:1]), ("network", "Linear")),
        (lambda: feature_explorer(S, UNet(width=8, multipliers=(1,)), X[:1], "down.9", t=5), ("part", "'down.9'")),
        (lambda: field_explorer(S, {}), ("sets", "{}")),
        (lambda: field_explorer(S, {"mine": X}), ("mine", "(2, 1, 8, 8)")),
        (lambda: field_explorer(S, SETS, mark=(0.0, 0.0, 0.0)), ("mark", "(1, 3)")),
        (lambda: field_explorer(S, SETS, mark=None), ("mark", "None")),
        (lambda: playground_explorer(steps=7), ("steps", "7")),
        (lambda: playground_explorer(eta=1.5), ("eta", "1.5")),
        (lambda: playground_explorer(seed=21), ("seed", "21", "20")),
        (lambda: posterior_explorer(T=11), ("T", "11", "1000")),
        (lambda: posterior_explorer(x0=2), ("x0", "2")),
        (lambda: posterior_explorer(xt="0"), ("xt", "'0'")),
        (lambda: posterior_bells(S, float("nan"), 3, 0.5), ("xt", "nan")),
        (lambda: trajectory_explorer(S, [3]), ("3", "Sample")),
        (lambda: trajectory_explorer(S, None), ("samples", "None")),
        (lambda: duel_explorer(S, None), ("denoiser_of_labels", "None")),
        (lambda: train_garments(0), ("steps", "0")),
        (lambda: train_garments(5, every=0), ("every", "0")),
    ],
)
def test_what_a_widget_cannot_show(build, given, refused):
    with refused(*given):
        build()


FLAGS = {
    "flips": lambda value: next(training.train(training.start(UNet(width=8, multipliers=(1,))), S, X, 1, flips=value)),
    "posterior": lambda value: bound_weights(S, posterior=value),
    "transparent": lambda value: plots.schedule_rows({"a": S}, {"a": X[:1]}, [5], transparent=value),
    "short_cuts": lambda value: pile_losses(value, depth=1, steps=1),
    "slow": lambda value: widgets.Panel([], lambda: plots.grid(X), 10, slow=value),
}


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("value", ["no", "False", 1, None], ids=repr)
def test_what_is_neither_true_nor_false_is_no_flag(name, value, refused):
    with refused(name, repr(value), "True", "False"):
        FLAGS[name](value)


def test_an_image_of_bytes_is_not_drawn_all_white(refused):
    for x in (BYTES, BYTES[0], torch.linspace(0, 255, 64).reshape(1, 8, 8)):
        with refused("255", "127.5"):
            data.to_pil(x)
    assert data.to_pil(torch.randn(1, 8, 8) * 4).size == (8, 8), "samples that overshoot are drawn"


@pytest.mark.parametrize("name", ["deep/mine", "", "../mine"])
def test_weights_get_a_bare_name(name, tmp_path, refused):
    with refused(name):
        weights.write(name, Classifier(classes=2, width=4), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("network, given", [(nn.Linear(2, 2), "Linear"), (None, "None"), ({}, "dict")])
def test_only_what_can_be_built_again_is_stored(network, given, tmp_path, refused):
    with refused("network", given):
        weights.write("mine", network, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("device", ["gpu", "cuda:99", None, 0.5, torch.device("cuda", 99)], ids=str)
def test_a_device_that_is_not_here(device, refused):
    with refused("device", str(device)):
        samplers.sample(S, lambda xt, t: xt, (1, 2), device=device)


def test_the_cpu_is_here():
    assert samplers.sample(S, lambda xt, t: torch.zeros_like(xt), (1, 2), device=torch.device("cpu")).tolist() == [
        [0, 0]
    ]
