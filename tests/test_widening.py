"""A grey network made one of colour: the grey answer for a grey picture, and room to learn the rest.

由灰度网络加宽成的彩色网络：灰度图像得到灰度网络的回答，其余的可以再学。
"""

import pytest
import torch
from torch import nn

from course_utils import training, weights
from course_utils.low_rank import with_low_rank
from course_utils.schedules import cosine
from course_utils.unet import UNet
from course_utils.widening import widened

LEVELS = torch.tensor([0.0, 4.0, -4.0])


@pytest.mark.parametrize("config", [{}, {"patch": 2}, {"classes": 3}, {"multipliers": (1,), "patch": 3}])
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_a_grey_picture_gets_the_grey_answer_in_every_channel(awake, seeded, config, channels):
    network = awake(**config).double()
    wide = widened(network, channels)
    x = torch.randn(3, 1, 9, 7, generator=seeded(1), dtype=torch.float64)
    labels = (torch.arange(3),) if config.get("classes") else ()
    with torch.no_grad():
        grey, colour = network(x, LEVELS, *labels), wide(x.expand(-1, channels, -1, -1), LEVELS, *labels)
    assert colour.shape == (3, channels, 9, 7)
    torch.testing.assert_close(colour, grey.expand(-1, channels, -1, -1), rtol=1e-12, atol=1e-12)


def test_in_single_precision_the_two_differ_by_rounding_alone(seeded):
    network = weights.pretrained("fashion_mnist")
    x = torch.randn(3, 1, 28, 28, generator=seeded(1))
    with torch.no_grad():
        grey = network(x, LEVELS, torch.arange(3))
        colour = widened(network)(x.expand(-1, 3, -1, -1), LEVELS, torch.arange(3))
    assert float((colour - grey).abs().max()) < 1e-4


def test_it_is_built_like_one_of_colour_and_leaves_the_grey_one_alone(awake, tmp_path, monkeypatch):
    network = awake(patch=2)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    wide = widened(network)
    other = UNet(**wide.config)
    assert wide.config == {**network.config, "channels": 3} and network.config["channels"] == 1
    assert repr(wide) == repr(other)
    other.load_state_dict(wide.state_dict())
    assert all(network.state_dict()[key].equal(value) for key, value in before.items())
    changed = {key for key in before if wide.state_dict()[key].shape != before[key].shape}
    assert changed == {"stem.weight", "head.2.weight", "head.2.bias"}
    assert all(wide.state_dict()[key].equal(before[key]) for key in before.keys() - changed)
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    weights.write("wide", wide, tmp_path)
    assert weights.pretrained("wide").config == wide.config


def test_it_learns_if_the_grey_one_did(awake):
    wide = widened(awake())
    state = training.start(wide)
    list(training.train(state, cosine(), torch.rand(8, 3, 8, 8) * 2 - 1, 2, batch=4))
    stem = wide.stem.weight
    assert not stem[:, 0].equal(stem[:, 1]), "the channels part"
    frozen = widened(weights.pretrained("digits"))
    assert not any(weight.requires_grad for weight in frozen.parameters())


def test_colours_of_the_noise_it_does_not_see_yet(awake, seeded):
    """Channels that differ, with the same mean, change only what is passed by, noise * x_t."""
    wide = widened(awake().double())
    x, apart = torch.randn(2, 3, 3, 8, 8, generator=seeded(1), dtype=torch.float64)
    apart = apart - apart.mean(1, keepdim=True)
    noise = LEVELS.double().neg().sigmoid().sqrt()[:, None, None, None]
    with torch.no_grad():
        torch.testing.assert_close(wide(x + apart, LEVELS) - wide(x, LEVELS), noise * apart, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "network, channels, given",
    [(UNet(3, 8), 3, "3"), (nn.Linear(2, 2), 3, "Linear"), (UNet(1, 8), 1, "1"), (UNet(1, 8), 3.0, "3.0")]
    + [
        (with_low_rank(UNet(1, 8), 2, also=[name]), 3, f"low_rank.merged(network).{name}")
        for name in ("stem", "head.2")
    ],
)
def test_what_cannot_be_widened_is_refused(network, channels, given, refused):
    with refused(given):
        widened(network, channels)
