"""Each block computes what its paper says, and begins, grows and costs as its page claims.

每个块算的正是论文所写，起点、形状与代价都与文中所说一致。
"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_utils.attention import Attention, LinearAttention
from course_utils.blocks import (
    ConvNextBlock,
    NoiseLevelEmbedding,
    ResidualBlock,
    ResNetBlock,
    double,
    group_norm,
    halve,
    paper_frequencies,
    sinusoids,
)
from course_utils.notes_unets import SimpleBlock

E = 12


def features(b=2, c=16, h=6, w=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(b, c, h, w, generator=generator), torch.randn(b, E, generator=generator)


def moved(block, seed=0):
    """The block with every weight moved, so that nothing in it is silent."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in block.parameters():
            weight.add_(0.2 * torch.randn(weight.shape, generator=generator))
    return block.eval()


def test_the_embedding_is_sines_then_cosines():
    x, frequency = torch.tensor([0.0, 0.5, 700.0]), paper_frequencies(8)
    found = sinusoids(x, frequency)
    for i, at in enumerate(x.tolist()):
        for j in range(8):
            angle = at * 10000 ** (-j / 8)
            assert found[i, j] == pytest.approx(math.sin(angle), abs=1e-4)
            assert found[i, 8 + j] == pytest.approx(math.cos(angle), abs=1e-4)


def test_the_clocks_of_a_noise_level_run_from_one_turn_in_126_to_one_in_2():
    frequency = NoiseLevelEmbedding(8, frequencies=5).frequency
    torch.testing.assert_close(frequency[[0, -1]], torch.tensor([0.05, 3.0]))
    torch.testing.assert_close(frequency[1:] / frequency[:-1], torch.full((4,), 60**0.25))


def test_the_frequencies_fall_from_1_by_equal_factors():
    frequency = paper_frequencies(16)
    assert frequency[0] == 1
    torch.testing.assert_close(frequency[1:] / frequency[:-1], torch.full((15,), 10000 ** (-1 / 16)))


@pytest.mark.parametrize("channels, groups", [(8, 1), (16, 1), (24, 3), (48, 3), (96, 6), (56, 7)])
def test_groups_hold_16_channels_or_8(channels, groups):
    assert group_norm(channels).num_groups == groups


@pytest.mark.parametrize("channels", [0, 4, 12, 18])
def test_channels_that_make_no_groups_are_refused(channels, refused):
    with refused(str(channels)):
        group_norm(channels)


BLOCKS = [ResidualBlock, ResNetBlock, ConvNextBlock]


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("c_out", [16, 32])
def test_a_block_keeps_the_size_and_hears_the_noise_level(block, c_out):
    layer, (x, embedding) = moved(block(16, c_out, E)), features()
    found = layer(x, embedding)
    assert found.shape == (2, c_out, 6, 5)
    other = layer(x, embedding + 1)
    assert not torch.allclose(found, other)
    alone = layer(x[:1], embedding[:1])
    torch.testing.assert_close(alone, found[:1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("block", [ResNetBlock, ConvNextBlock])
def test_a_block_without_embedding_hears_nothing(block):
    layer, (x, embedding) = moved(block(16, 16, 0)), features()
    assert layer(x, embedding).equal(layer(x, embedding + 1))


def test_the_residual_block_is_two_convolutions_scaled_and_shifted_between():
    layer, (x, embedding) = moved(ResidualBlock(16, 32, E)), features()
    scale, shift = layer.scale_shift(F.silu(embedding)).split(32, dim=1)
    h = F.group_norm(x, 1, layer.norm1.weight, layer.norm1.bias)
    h = F.conv2d(F.silu(h), layer.conv1.weight, layer.conv1.bias, padding=1)
    h = F.group_norm(h, 2, layer.norm2.weight, layer.norm2.bias)
    h = h * (1 + scale[:, :, None, None]) + shift[:, :, None, None]
    h = F.conv2d(F.silu(h), layer.conv2.weight, layer.conv2.bias, padding=1)
    past = F.conv2d(x, layer.short_cut.weight, layer.short_cut.bias)
    torch.testing.assert_close(layer(x, embedding), h + past, rtol=1e-4, atol=1e-5)


def test_the_resnet_block_is_norm_and_silu_after_each_convolution():
    layer, (x, embedding) = moved(ResNetBlock(16, 32, E)), features()
    h = F.conv2d(x, layer.conv1.weight, layer.conv1.bias, padding=1)
    h = F.silu(F.group_norm(h, 4, layer.norm1.weight, layer.norm1.bias))
    h = h + F.linear(F.silu(embedding), layer.shift.weight, layer.shift.bias)[:, :, None, None]
    h = F.conv2d(h, layer.conv2.weight, layer.conv2.bias, padding=1)
    h = F.silu(F.group_norm(h, 4, layer.norm2.weight, layer.norm2.bias))
    past = F.conv2d(x, layer.short_cut.weight, layer.short_cut.bias)
    torch.testing.assert_close(layer(x, embedding), h + past, rtol=1e-4, atol=1e-5)


def test_the_convnext_block_is_one_convolution_within_each_channel_and_two_across():
    layer, (x, embedding) = moved(ConvNextBlock(16, 32, E)), features()
    h = F.conv2d(x, layer.within.weight, layer.within.bias, padding=3, groups=16)
    h = h + F.linear(F.gelu(embedding), layer.shift.weight, layer.shift.bias)[:, :, None, None]
    h = F.group_norm(h, 1, layer.norm1.weight, layer.norm1.bias)
    h = F.gelu(F.conv2d(h, layer.conv1.weight, layer.conv1.bias, padding=1))
    h = F.group_norm(h, 1, layer.norm2.weight, layer.norm2.bias)
    h = F.conv2d(h, layer.conv2.weight, layer.conv2.bias, padding=1)
    past = F.conv2d(x, layer.short_cut.weight, layer.short_cut.bias)
    torch.testing.assert_close(layer(x, embedding), h + past, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_the_simple_block_is_convolution_relu_and_batch_norm_twice(training):
    layer, (x, embedding) = moved(SimpleBlock(16, 32, E, nn.Conv2d)).train(training), features()

    def norm(h, of):  # over the batch and the places, or what it has counted so far: mean 0, variance 1
        mean, variance = (h.mean((0, 2, 3)), h.var((0, 2, 3), unbiased=False)) if training else (0.0, torch.ones(32))
        mean = torch.as_tensor(mean).expand(32)[:, None, None]
        of_unit = (h - mean) / (variance[:, None, None] + 1e-5).sqrt()
        return of_unit * of.weight[:, None, None] + of.bias[:, None, None]

    h = norm(F.relu(F.conv2d(x, layer.conv1.weight, layer.conv1.bias, padding=1)), layer.norm1)
    h = h + F.relu(F.linear(embedding, layer.shift.weight, layer.shift.bias))[:, :, None, None]
    h = norm(F.relu(F.conv2d(h, layer.conv2.weight, layer.conv2.bias, padding=1)), layer.norm2)
    h = F.conv2d(h, layer.resize.weight, layer.resize.bias, stride=2, padding=1)
    torch.testing.assert_close(layer(x, embedding), h, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("layer", [ResidualBlock(16, 16, E), Attention(16)])
def test_what_ends_silenced_begins_as_its_short_cut(layer):
    x, embedding = features()
    assert (layer(x) if isinstance(layer, Attention) else layer(x, embedding)).equal(x)


def by_hand(layer, x):
    """Attention, written out place by place."""
    b, c, h, w = x.shape
    q, k, v = layer.qkv(layer.norm(x)).reshape(b, 3, layer.heads, -1, h * w).unbind(1)  # (b, heads, d, h w)
    return q, k, v


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_attention_is_a_softmax_of_products(heads):
    layer, (x, _) = moved(Attention(16, heads)), features()
    q, k, v = by_hand(layer, x)
    weights = (torch.einsum("bhdi,bhdj->bhij", q, k) / (16 // heads) ** 0.5).softmax(-1)
    y = torch.einsum("bhij,bhdj->bhdi", weights, v).reshape(x.shape)
    torch.testing.assert_close(layer(x), x + layer.out(y), rtol=1e-4, atol=1e-5)


def test_linear_attention_sums_up_first():
    layer, (x, _) = moved(LinearAttention(16, heads=2, head_width=4)), features()
    q, k, v = by_hand(layer, x)
    summary = torch.einsum("bhdj,bhej->bhde", k.softmax(-1), v)
    y = torch.einsum("bhdi,bhde->bhei", q.softmax(2) / 2, summary).reshape(2, 8, 6, 5)
    torch.testing.assert_close(layer(x), x + layer.out(y), rtol=1e-4, atol=1e-5)


def test_attention_does_not_know_where_a_place_is():
    x, _ = features()
    mixed = torch.randperm(30, generator=torch.Generator().manual_seed(1))
    for layer in (moved(Attention(16)), moved(LinearAttention(16))):
        plain = layer(x).flatten(2)[..., mixed]
        torch.testing.assert_close(
            layer(x.flatten(2)[..., mixed].reshape(x.shape)).flatten(2), plain, rtol=1e-4, atol=1e-4
        )


def products(layer, side):
    with FlopCounterMode(display=False) as counter:
        layer(torch.zeros(1, 16, side, side))
    return counter.get_total_flops() / 2


@torch.no_grad()
def test_attention_costs_the_square_of_the_places_and_linear_attention_the_places():
    for side in (8, 16):
        places, layer = side**2, Attention(16, head_width=16)
        ends = places * 16 * 16 * 4
        assert products(layer, side) == ends + 2 * places**2 * 16
        assert products(LinearAttention(16), 2 * side) == 4 * products(LinearAttention(16), side)


def test_halve_and_double():
    x, _ = features(h=8, w=6)
    assert halve(16)(x).shape == (2, 16, 4, 3) and double(16)(x).shape == (2, 16, 16, 12)
    assert isinstance(double(16)[0], nn.Upsample)


@pytest.mark.parametrize("n", [0, -1, 2.0, True, "8", None], ids=repr)
def test_a_number_that_is_no_number_of_channels_is_refused(n, refused):
    with refused("channels"):
        group_norm(n)
    with refused("n "):
        paper_frequencies(n)
