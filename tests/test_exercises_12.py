"""Lesson 12: what its exercises take for the truth, beside the package and exact identities.

第 12 课：练习所依据的真值，与本包及精确的恒等式对照。
"""

import copy
import time

import pytest
import torch
from answers import low_rank_12
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_utils.exercises import exercise, judge
from course_utils.exercises.lesson_12 import EXERCISES
from course_utils.export import export_onnx
from course_utils.unet import UNet


def own(name):
    return exercise(f"12.{name}").reference()


def test_a_square_picture_stays_and_a_long_one_loses_both_ends():
    x = torch.arange(10.0).reshape(1, 1, 10)
    assert own("crop")(x.expand(1, 10, 10)).equal(x.expand(1, 10, 10))
    assert own("crop")(x.expand(1, 4, 10))[0, 0].tolist() == [3, 4, 5, 6]
    assert own("crop")(x.expand(1, 4, 10).transpose(-1, -2))[0, :, 0].tolist() == [3, 4, 5, 6]


def test_a_widened_layer_answers_a_grey_picture_as_before(seeded):
    layer, x = nn.Conv2d(1, 4, 3, padding=1).double(), torch.randn(2, 1, 5, 5, generator=seeded(0)).double()
    for channels in (2, 3, 4):
        wide = nn.Conv2d(channels, 4, 3, padding=1).double()
        wide.weight.data, wide.bias.data = own("widen")(layer.weight.data, channels), layer.bias.data
        assert torch.allclose(wide(x.expand(-1, channels, -1, -1)), layer(x), atol=1e-12)


@pytest.mark.parametrize("n, at_once", [(10, 3), (8, 8), (5, 2)])
def test_a_step_in_parts_leaves_the_gradients_of_the_large_batch(n, at_once, seeded):
    """On a network with group norm, in float64: up to the order of the sums they are the same."""
    network, x = UNet(width=8, multipliers=(1,)).double(), torch.randn(n, 1, 4, 4, generator=seeded(1)).double()
    nn.init.normal_(network.head[2].weight, generator=seeded(2))

    def loss(part):
        return network(part, torch.zeros((), dtype=torch.float64)).square().flatten(1).mean(1)

    loss(x).mean().backward()
    whole = [weight.grad.clone() for weight in network.parameters()]
    network.zero_grad()
    told = own("accumulate")(loss, x, at_once)
    assert abs(told - float(loss(x).mean().detach())) < 1e-12 and any(bool(grad.any()) for grad in whole)
    assert all(torch.allclose(w.grad, g, atol=1e-12) for w, g in zip(network.parameters(), whole, strict=True))


def test_the_mean_of_the_processes_gradients_is_that_of_the_batch(seeded):
    weight = torch.randn(3, generator=seeded(3), dtype=torch.float64).requires_grad_()
    x, index = (
        torch.randn(40, 3, generator=seeded(4), dtype=torch.float64),
        torch.randperm(40, generator=seeded(5))[:12],
    )

    def gradient(which):
        return torch.autograd.grad((x[which] @ weight).tanh().mean(), [weight])[0]

    parts = [gradient(own("share")(index, process, 3)) for process in range(3)]
    assert torch.allclose(torch.stack(parts).mean(0), gradient(index), atol=1e-14)


def test_a_way_back_costs_twice_the_way_forward():
    """Which minutes take for granted: counted by torch for a network of the course, with gradients by its input."""
    network, counts = UNet(width=16, multipliers=(1, 2)), []
    for back in (False, True):
        x = torch.randn(2, 1, 16, 16, requires_grad=True)
        with FlopCounterMode(display=False) as counter:
            answer = network(x, torch.zeros(()))
            if back:
                answer.sum().backward()
        counts.append(counter.get_total_flops())
    assert 2.9 < counts[1] / counts[0] < 3.1
    assert own("minutes")(1e9, 64, 1000, 3.2e10) == pytest.approx(100)


def test_a_network_of_the_readers_layers_learns_merges_and_is_handed_on(tmp_path, seeded):
    network = UNet(width=8, multipliers=(1,)).requires_grad_(False)
    nn.init.normal_(network.head[2].weight, generator=seeded(6))
    tuned, make = copy.deepcopy(network), own("build")
    tuned.middle[1].qkv = make(tuned.middle[1].qkv, 2)
    tuned.middle[1].out = make(tuned.middle[1].out, 2)
    x, level = torch.randn(3, 1, 4, 4, generator=seeded(7)), torch.zeros(())
    assert torch.equal(tuned(x, level), network(x, level))
    optimizer = torch.optim.SGD([weight for weight in tuned.parameters() if weight.requires_grad], lr=1.0)
    for _ in range(2):  # the first step moves one of the two matrices alone
        optimizer.zero_grad()
        tuned(x, level).square().mean().backward()
        optimizer.step()
    taught = tuned(x, level).detach()
    assert (taught - network(x, level)).abs().max() > 1e-6
    tuned.middle[1].qkv, tuned.middle[1].out = tuned.middle[1].qkv.merged(), tuned.middle[1].out.merged()
    assert torch.allclose(tuned(x, level), taught, atol=1e-5)
    assert export_onnx(tuned, tmp_path / "tuned.onnx", size=4).exists()


def test_checks_are_quick():
    began = time.process_time()
    for name in EXERCISES:
        assert judge(f"12.{name}", own(name), 3).right
    assert time.process_time() - began < 3


def test_rank_and_strength_are_not_called_wrong_while_the_layer_learns(seeded):
    for name in ("rank", "strength"):
        said = EXERCISES["build"].parts[name].judge(low_rank_12.LayerLearnsToo, seeded(0))
        assert "**learns**" in said[0] and "**learns**" in said[1]
