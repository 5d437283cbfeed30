"""The MLP keeps every shape, begins as noise * x_t, uses every part, is trained and read like the U-Net.

MLP 保持任何形状，起初输出 noise * x_t，每个部分都用上，训练与使用都和 U-Net 一样。
"""

import pytest
import torch
import torch.nn.functional as F

from course_utils import checkpoints, points, schedules, training
from course_utils.denoisers import from_network
from course_utils.mlp import MLP, ResidualLayer
from course_utils.samplers import ddim, finish
from course_utils.times import even_times

SCHEDULE = schedules.cosine()


def moved(**config):
    """An MLP whose layers that begin at 0 have been moved."""
    torch.manual_seed(0)
    network = MLP(**config)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return network


@pytest.mark.parametrize("shape", [(5, 2), (1, 2), (4, 1, 8, 8), (2, 3, 5)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_samples_of_any_shape_keep_it(shape, dtype, seeded):
    network = moved(size=torch.Size(shape[1:]).numel(), width=16, layers=2).to(dtype)
    xt = torch.randn(shape, generator=seeded(0), dtype=dtype)
    eps_hat = network(xt, torch.linspace(-3, 3, shape[0], dtype=dtype))
    assert eps_hat.shape == xt.shape and eps_hat.dtype == dtype
    flat = network(xt.flatten(1), torch.linspace(-3, 3, shape[0], dtype=dtype))
    assert eps_hat.flatten(1).equal(flat)


@pytest.mark.parametrize("log_snr", [-30.0, -3.0, 0.0, 7.0, torch.inf])
def test_an_untrained_network_answers_noise_times_xt(log_snr, seeded):
    xt = torch.randn(6, 2, generator=seeded(0))
    noise = torch.tensor(log_snr).neg().sigmoid().sqrt()
    assert MLP()(xt, torch.tensor(log_snr)).equal(noise * xt)


def test_the_layers_give_v_which_signal_scales(seeded):
    network, xt, log_snr = moved(width=16), torch.randn(6, 2, generator=seeded(0)), torch.linspace(-4, 4, 6)
    head = []
    network.head.register_forward_hook(lambda *call: head.append(call[-1]))
    a = log_snr.sigmoid()[:, None]
    torch.testing.assert_close(network(xt, log_snr), (1 - a).sqrt() * xt + a.sqrt() * head[0])


def test_each_sample_is_read_alone_and_hears_its_own_noise_level(seeded):
    network, xt = moved(width=16), torch.randn(6, 2, generator=seeded(0))
    log_snr = torch.linspace(-4, 4, 6)
    together = network(xt, log_snr)
    for i in range(6):
        torch.testing.assert_close(network(xt[i : i + 1], log_snr[i]), together[i : i + 1])
    assert not torch.allclose(network(xt, log_snr + 1), together)


def test_every_parameter_receives_a_gradient(seeded):
    network, xt = moved(size=3, width=16, layers=2), torch.randn(8, 3, generator=seeded(0))
    network(xt, torch.linspace(-4, 4, 8)).square().mean().backward()
    assert [name for name, weight in network.named_parameters() if not weight.grad.any()] == []
    assert sum(isinstance(part, ResidualLayer) for part in network.modules()) == network.config["layers"] == 2


def test_samples_of_another_size_are_refused(refused):
    with refused("(4, 3)", "2", "MLP(size=3)"):
        MLP(size=2)(torch.zeros(4, 3), torch.tensor(0.0))


def test_it_learns_a_point_and_samples_it(seeded):
    torch.manual_seed(0)
    state = training.start(MLP(width=32, layers=1))
    losses = [record.loss for record in training.train(state, SCHEDULE, points.circle(1), steps=300, batch=64)]
    assert sum(losses[-50:]) < 0.5 * sum(losses[:50])
    first = torch.randn(50, 2, generator=seeded(1))
    drawn = finish(ddim(SCHEDULE, from_network(SCHEDULE, state.ema), first, even_times(SCHEDULE, 20)))
    assert float((drawn - points.circle(1)).norm(dim=1).median()) < 0.3


def test_it_is_saved_and_loaded(tmp_path, refused):
    state = training.start(moved(width=16, layers=1))
    path = checkpoints.save(tmp_path / "a", state)
    loaded = checkpoints.load(path, training.start(MLP(width=16, layers=1)))
    for ours, theirs in zip(state.network.parameters(), loaded.network.parameters(), strict=True):
        assert ours.equal(theirs)
    with refused('"width": 32'):
        checkpoints.load(path, training.start(MLP(width=32, layers=1)))


def test_each_layer_begins_as_its_short_cut(seeded):
    x, embedding = (torch.randn(3, n, generator=seeded(n)) for n in (16, 64))
    for layer in MLP(width=16, layers=2).layers:
        assert layer(x, embedding).equal(x)


def test_a_layer_is_two_linear_ones_scaled_and_shifted_between(seeded):
    layer = moved(width=16, layers=1).layers[0]
    x, embedding = (torch.randn(3, n, generator=seeded(n)) for n in (16, 64))
    scale, shift = layer.scale_shift(embedding).split(16, 1)
    between = layer.into(F.layer_norm(x, (16,), layer.norm.weight, layer.norm.bias)) * (1 + scale) + shift
    torch.testing.assert_close(layer(x, embedding), x + layer.out(between * between.sigmoid()))


def test_each_layer_is_told_the_noise_level_after_a_silu(seeded):
    network, told = moved(width=16), []
    for layer in network.layers:
        layer.register_forward_pre_hook(lambda _, given: told.append(given[1]))
    log_snr = torch.linspace(-4, 4, 6)
    network(torch.randn(6, 2, generator=seeded(0)), log_snr)
    level = network.embed[0](log_snr)
    assert len(told) == 3
    for embedding in told:
        torch.testing.assert_close(embedding, level * level.sigmoid())
