"""The U-Net keeps every size, uses every part, and begins as noise * x_t.

U-Net 保持任何尺寸，每个部分都用上，起初输出 noise * x_t。
"""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from course_utils.anatomy import dissect
from course_utils.attention import Attention
from course_utils.blocks import ConvNextBlock, NoiseLevelEmbedding, ResidualBlock, ResNetBlock
from course_utils.notes_unets import AnnotatedUNet, SimpleUNet
from course_utils.unet import UNet


def inputs(b=2, c=1, h=8, w=8):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(b, c, h, w, generator=generator), torch.linspace(-4, 4, b)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    b=st.integers(1, 2),
    c=st.sampled_from([1, 3]),
    h=st.integers(1, 21),
    w=st.integers(1, 21),
    multipliers=st.sampled_from([(1,), (1, 2), (2, 1), (1, 2, 3)]),
)
def test_output_has_the_shape_of_the_input_whatever_its_size(b, c, h, w, multipliers):
    assume(b > 1 or max(h, w) > 2 ** (len(multipliers) - 1))  # group norm cannot take one lone value
    xt, log_snr = inputs(b, c, h, w)
    network = UNet(channels=c, width=8, multipliers=multipliers).eval()
    eps_hat = network(xt, log_snr)
    assert eps_hat.shape == xt.shape and eps_hat.dtype == xt.dtype


@pytest.mark.parametrize("h, w", [(7, 5), (8, 5), (9, 16)])
def test_a_size_that_cannot_be_halved_is_filled_with_0_to_the_right_and_below(h, w, awake):
    network, (xt, log_snr) = awake(multipliers=(1, 2, 2)), inputs(h=h, w=w)
    filled = F.pad(xt, (0, -w % 4, 0, -h % 4))
    torch.testing.assert_close(network(xt, log_snr), network(filled, log_snr)[..., :h, :w])


@pytest.mark.parametrize("log_snr", [-30.0, -3.0, 0.0, 7.0, torch.inf])
def test_an_untrained_network_answers_noise_times_xt(log_snr):
    xt, _ = inputs(h=7, w=5)
    network = UNet(width=8)
    noise = torch.tensor(log_snr).neg().sigmoid().sqrt()
    assert network(xt, torch.tensor(log_snr)).equal(noise * xt)


def test_the_layers_give_v_which_signal_scales(awake):
    network, (xt, log_snr) = awake(), inputs(3)
    head = []
    network.head.register_forward_hook(lambda *call: head.append(call[-1]))
    a = log_snr.sigmoid()[:, None, None, None]
    torch.testing.assert_close(network(xt, log_snr), (1 - a).sqrt() * xt + a.sqrt() * head[0])


def test_every_parameter_receives_a_gradient(awake):
    network, (xt, log_snr) = awake(multipliers=(1, 2, 2), classes=3).train(), inputs(4, h=9, w=6)
    network(xt, log_snr, torch.arange(4)).square().mean().backward()
    silent = [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert silent == [] and network.label.weight.grad.any(dim=1).all()


def skip_users(network):
    return [layer for layer in network.up if isinstance(layer, ResidualBlock)]


@pytest.mark.parametrize("multipliers", [(1,), (1, 2), (1, 2, 2)])
def test_every_skip_is_used(awake, multipliers):
    network, (xt, log_snr) = awake(multipliers=multipliers), inputs()
    kept = []
    hooks = [
        layer.register_forward_hook(lambda *call: kept.append(call[-1])) for layer in [network.stem, *network.down]
    ]
    plain = network(xt, log_snr)
    for hook in hooks:
        hook.remove()
    assert len(skip_users(network)) == len(kept)
    for block, skip in zip(skip_users(network), reversed(kept), strict=True):
        seen = []

        def spoil(_block, given, width=skip.shape[1], seen=seen):
            seen.append(given[0][:, -width:].clone())
            return torch.cat([given[0][:, :-width], given[0][:, -width:] + 1], 1), given[1]

        hook = block.register_forward_pre_hook(spoil)
        assert not torch.allclose(network(xt, log_snr), plain)
        assert seen[0].equal(skip), "the skips come back last in, first out"
        hook.remove()


def test_noise_level_may_be_one_for_all_or_one_each(awake):
    network, (xt, log_snr) = awake(), inputs(3)
    together = network(xt, log_snr)
    for i in range(3):
        alone = network(xt[i : i + 1], log_snr[i])
        torch.testing.assert_close(together[i : i + 1], alone, rtol=1e-4, atol=1e-5)
    same = network(xt, torch.tensor(0.5, dtype=torch.float64))
    torch.testing.assert_close(same, network(xt, torch.full((3,), 0.5)))
    assert not torch.allclose(same, network(xt, torch.tensor(1.5)))


def test_labels_speak_and_the_last_row_means_none(awake):
    network, (xt, log_snr) = awake(classes=3), inputs(4)
    xt, log_snr = xt[:1].expand(4, -1, -1, -1), log_snr[:1].expand(4)
    eps_hat = network(xt, log_snr, torch.tensor([0, 1, 2, 3]))
    assert all(not torch.allclose(eps_hat[i], eps_hat[j]) for i in range(4) for j in range(i))
    assert network.label.weight.shape[0] == 4
    torch.testing.assert_close(network(xt, log_snr, torch.full((4,), 3))[0], eps_hat[3], rtol=1e-4, atol=1e-5)


def test_noise_beyond_the_ends_is_read_as_the_ends():
    embed = NoiseLevelEmbedding(16)
    out = embed(torch.tensor([-torch.inf, -30.0, -20.0, 20.0, 50.0, torch.inf]))
    assert out[0].equal(out[1]) and out[1].equal(out[2]) and out[3].equal(out[4]) and out[4].equal(out[5])
    near = embed(torch.linspace(-19, 19, 400))
    assert bool((torch.pdist(near) > 0).all())


def test_weights_lie_channels_last_and_config_builds_the_same(awake):
    network = awake(channels=3, width=16, multipliers=(1, 3), classes=5)
    kernels = [weight for weight in network.parameters() if weight.ndim == 4]
    assert kernels and all(weight.is_contiguous(memory_format=torch.channels_last) for weight in kernels)
    again = UNet(**network.config).eval()
    again.load_state_dict(network.state_dict())
    xt, log_snr = inputs(c=3)
    labels = torch.tensor([0, 5])
    assert again(xt, log_snr, labels).equal(network(xt, log_snr, labels))


def test_attention_is_the_papers_softmax():
    torch.manual_seed(0)
    layer, x = Attention(8, heads=2), torch.randn(2, 8, 3, 4)
    nn.init.normal_(layer.out.weight)
    q, k, v = layer.qkv(layer.norm(x)).flatten(2).chunk(3, dim=1)
    heads = []
    for part in (slice(0, 4), slice(4, 8)):
        weight = torch.einsum("bci,bcj->bij", q[:, part], k[:, part]).div(4**0.5).softmax(-1)
        heads.append(torch.einsum("bij,bcj->bci", weight, v[:, part]))
    expected = x + layer.out(torch.cat(heads, 1).unflatten(2, (3, 4)))
    torch.testing.assert_close(layer(x), expected, rtol=1e-4, atol=1e-4)
    assert Attention(8)(x).equal(x), "at first it changes nothing"


@pytest.mark.parametrize("c_in, c_out", [(8, 8), (8, 16)])
def test_a_residual_block_begins_as_its_short_cut_and_is_scaled_by_the_noise(c_in, c_out):
    torch.manual_seed(0)
    block, x, embedding = ResidualBlock(c_in, c_out, 4), torch.randn(2, c_in, 5, 5), torch.randn(2, 4)
    assert block(x, embedding).equal(block.short_cut(x))
    nn.init.normal_(block.conv2.weight)
    scale, shift = block.scale_shift(F.silu(embedding)).chunk(2, 1)
    h = block.norm2(block.conv1(F.silu(block.norm1(x))))
    h = F.silu(h * (1 + scale[:, :, None, None]) + shift[:, :, None, None])
    torch.testing.assert_close(block(x, embedding), block.short_cut(x) + block.conv2(h), rtol=1e-4, atol=1e-4)


def size(network):
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize("patch", [1, 2, 4])
@pytest.mark.parametrize("h, w", [(8, 8), (28, 28), (9, 6), (3, 1)])
def test_patches_lose_nothing(awake, patch, h, w):
    network, (xt, log_snr) = awake(patch=patch), inputs(h=h, w=w)
    assert network(xt, log_snr).shape == xt.shape
    spoilt = xt.clone()
    for place in ((0, 0), (h - 1, w - 1)):
        spoilt[..., *place] += 1
        assert not network(spoilt, log_snr).equal(network(xt, log_snr))


def test_a_patch_makes_the_top_floor_cost_a_quarter(awake):
    xt, log_snr = inputs(h=16, w=16)
    whole, quarter = (dissect(awake(patch=patch), xt, log_snr) for patch in (1, 2))
    assert whole[1].name == quarter[1].name == "stem"
    down = [next(part for part in listed if part.name == "down.0").multiplications for listed in (whole, quarter)]
    assert down[0] == pytest.approx(4 * down[1], rel=0.01)


def test_another_way_to_join_can_be_put_in(awake):
    class Added(UNet):
        def join(self, x, skip):
            return torch.cat([x, torch.zeros_like(skip)], 1)

    network, (xt, log_snr) = awake(), inputs()
    without = Added(**network.config).eval()
    without.load_state_dict(network.state_dict())
    assert not without(xt, log_snr).allclose(network(xt, log_snr))


@pytest.mark.parametrize("block, parameters", [(ConvNextBlock, 2_996_315), (ResNetBlock, 1_694_929)])
def test_the_annotated_network_is_as_large_as_the_published_one(block, parameters):
    network = AnnotatedUNet(block=block)
    assert size(network) == parameters
    xt, log_snr = inputs(h=28, w=28)
    network(xt, log_snr).square().mean().backward()
    silent = [name for name, weight in network.named_parameters() if weight.grad is None]
    assert silent == []


def test_the_simple_network_is_as_large_as_the_published_one():
    published = SimpleUNet(3, (64, 128, 256, 512, 1024))
    assert size(published) == 62_438_883
    assert published.eval()(torch.zeros(1, 3, 32, 32), torch.tensor(0.0)).shape == (1, 3, 32, 32)


@pytest.mark.parametrize("network, side", [(AnnotatedUNet(), 30), (SimpleUNet(1, (8, 16, 16, 16, 16)), 28)])
def test_sizes_that_cannot_be_halved_are_refused(network, side, refused):
    with refused(f"{side} x {side}"):
        network(torch.zeros(1, 1, side, side), torch.tensor(0.0))


@pytest.mark.parametrize("network", [AnnotatedUNet(width=8), SimpleUNet(widths=(8, 16))])
def test_the_other_networks_hear_the_noise_level_too(network):
    network, (xt, _) = network.eval(), inputs(h=8, w=8)
    assert not network(xt, torch.tensor(-4.0)).equal(network(xt, torch.tensor(4.0)))
    with pytest.raises(ValueError):
        network(torch.zeros(1, 2, 8, 8), torch.tensor(0.0))


def test_the_parts_are_all_there_in_order_and_add_up():
    for network in (UNet(), AnnotatedUNet(), SimpleUNet()):
        xt, log_snr = inputs(h=16, w=16)
        found = dissect(network.eval(), xt, log_snr)
        assert sum(part.parameters for part in found) == size(network)
        assert found[-1].name.startswith("head") and found[-1].output.shape[-2:] == (16, 16)
        twice = dissect(network, xt.repeat(2, 1, 1, 1), log_snr.repeat(2))
        assert [(p.name, p.multiplications) for p in twice] == [(p.name, p.multiplications) for p in found]
    stem = next(part for part in dissect(UNet(), *inputs(h=16, w=16)) if part.name == "stem")
    assert stem.multiplications == 16 * 16 * 9 * 32 and stem.output.shape == (2, 32, 16, 16)


@pytest.mark.parametrize("multipliers", [(), (0,), (1.5,), (1, -1)])
def test_wrong_multipliers_are_refused(multipliers, refused):
    with refused(str(tuple(multipliers))):
        UNet(multipliers=multipliers)
