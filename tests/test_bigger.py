"""Bigger: a batch in parts, batch and rate, few bits, and what a training costs.

更大：分份的批量、批量与学习率、更少的比特，以及一次训练的代价。
"""

import math

import pytest
import torch
from pictures import is_small_and_speaks
from torch import nn

from course_utils import objectives, schedules, training
from course_utils.experiments import batch_and_rate, costs, few_bits, in_parts
from course_utils.mlp import MLP
from course_utils.plots.scalings import scalings
from course_utils.randomness import seeded

# A batch in parts.


def test_parts_add_up_to_the_gradient_of_the_batch_however_uneven_they_are():
    network, (x0, t, eps) = in_parts.small_networks()["group norm"].double(), in_parts.one_batch(20)
    batch = in_parts.Noised(x0.double(), t, eps.double())
    whole = in_parts.gradient(network, batch, 20)
    values = objectives.errors(schedules.cosine(), network, *batch)
    truth = torch.cat([grad.flatten() for grad in torch.autograd.grad(values.mean(), list(network.parameters()))])
    assert in_parts.apart(truth, whole) < 1e-12 and float(truth.norm()) > 0
    for at_once in (10, 7, 1):
        assert in_parts.apart(whole, in_parts.gradient(network, batch, at_once)) < 1e-12
    assert in_parts.apart(whole, in_parts.gradient(network, batch, 10, by_parts=True)) < 1e-12  # even parts
    assert in_parts.apart(whole, in_parts.gradient(network, batch, 19, by_parts=True)) > 0.1


def test_batch_norm_is_another_in_parts():
    network, batch = in_parts.small_networks()["batch norm"], in_parts.one_batch(20)
    assert in_parts.apart(in_parts.gradient(network, batch, 20), in_parts.gradient(network, batch, 10)) > 0.1


def test_nothing_in_the_small_network_is_silent():
    for network in in_parts.small_networks().values():
        assert all(weight.any() or "bias" in name or "norm" in name for name, weight in network.named_parameters())


# Batch and rate.


def test_a_point_of_the_sweep_is_a_training_and_one_that_breaks_off_is_infinite():
    untrained = batch_and_rate.loss_after(16, 0.004, 0)
    assert batch_and_rate.loss_after(16, 0.004, 20) < untrained < 3
    assert batch_and_rate.loss_after(16, 1e30, 3) == math.inf
    learned, unseen = batch_and_rate.shared_out()
    assert len(learned) + len(unseen) == 1797 and len(unseen) == 300


@pytest.mark.parametrize("by_steps, taken", [(False, [6, 3]), (True, [2, 2])])
def test_the_sweep_sees_as_many_images_or_takes_as_many_steps(by_steps, taken, monkeypatch):
    asked = []

    def told(batch, lr, steps, *, seed):
        asked.append((batch, lr, steps, seed))
        return seed + lr

    for name, value in dict(BATCHES=(2, 4), RATES=(0.5,), IMAGES=12, STEPS=2, loss_after=told).items():
        monkeypatch.setattr(batch_and_rate, name, value)
    rows = dict(batch_and_rate.swept(by_steps=by_steps))
    assert asked == [(b, 0.5, n, seed) for b, n in zip((2, 4), taken, strict=True) for seed in range(3)]
    assert rows[2] == [(1.5, pytest.approx(1 / 3**0.5))] == rows[4]


# Few bits.


def test_sums_stop_where_the_gap_swallows_the_step():
    lost = {name: few_bits.bites(dtype) for name, dtype in few_bits.FORMATS.items()}
    assert lost["bfloat16"]["5000 ones"] == 2**8 and lost["float16"]["5000 ones"] == 2**11
    assert lost["bfloat16"]["1 + 1000 x 0.001"] == 1 and lost["float16"]["1 + 1000 x 0.0001"] == 1
    assert lost["bfloat16"]["timesteps, of 1000"] == 256 + 128 + 122  # 1, 2 and 4 apart from 256 and 512 on
    assert lost["float16"]["196608 ones"] == math.inf and lost["float16"]["1e-8"] == 0
    for name in ("float64", "float32"):
        assert lost[name]["average, 0.9 to 1"] == pytest.approx(1 - 0.1 * 0.999**3000, abs=1e-5)
        assert lost[name]["1 - alpha_bar is 0 to t ="] == 0 and lost[name]["5000 ones"] == 5000
    assert lost["bfloat16"]["average, 0.9 to 1"] < 0.9
    noise = 1 - schedules.cosine().alpha_bar
    assert noise[lost["bfloat16"]["1 - alpha_bar is 0 to t ="]] <= 2**-9 < noise[19]


def test_a_format_is_told_by_its_gap_and_its_ends():
    assert few_bits.of_format(torch.float16) == dict(bits=16, gap=2**-10, smallest=2**-24, largest=65504)
    assert few_bits.of_format(torch.bfloat16)["gap"] == 2**-7
    tiny = torch.tensor(few_bits.of_format(torch.bfloat16)["smallest"], dtype=torch.float64)
    assert float(tiny.to(torch.bfloat16)) == tiny and float((tiny / 4).to(torch.bfloat16)) == 0


def test_what_a_gradient_loses_a_scale_gives_back():
    gradient = torch.tensor([0.0, 1e-9, 1e-5, 1.0])
    assert few_bits.survived(gradient) == (pytest.approx(1 / 3), 0)
    assert few_bits.survived(gradient, 1024) == (0, 0) and few_bits.survived(gradient, 1e5)[1] == 0.25
    assert few_bits.survived(gradient, dtype=torch.bfloat16) == (0, 0)


def test_small_steps_move_few_weights():
    network = nn.Linear(1, 2, bias=False)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[1.0], [0.01]]))
    assert [few_bits.moved(network, lr) for lr in (0.01, 0.001, 1e-5)] == [1.0, 0.5, 0.0]


def test_rounding_by_chance_is_right_on_average_and_ends_beside():
    x = torch.randn(1000, generator=seeded(0))
    drawn = torch.stack([few_bits.rounded_by_chance(x, seeded(k)) for k in range(400)])
    gap = 2.0 ** (x.abs().log2().floor() - 7)
    assert bool(((drawn - x).abs() < gap).all()) and torch.equal(drawn, few_bits.rounded(drawn))
    assert float(((drawn.mean(0) - x) / gap).abs().max()) < 5 * 0.5 / 400**0.5
    assert torch.equal(few_bits.rounded_by_chance(few_bits.rounded(x), seeded(1)), few_bits.rounded(x))


def test_each_way_keeps_what_it_says_in_bfloat16():
    for way, kept in {"float32": "", "weights": "network", "weights, by chance": "network", "average": "ema"}.items():
        state = few_bits.trained(way, "anew", steps=2)
        for part in ("network", "ema"):
            there = torch.cat([weight.flatten() for weight in getattr(state, part).parameters()])
            assert torch.equal(there, few_bits.rounded(there)) == (part == kept), (way, part)


def test_products_in_half_leave_the_weights_alone_and_further_goes_on_from_float32():
    schedule, network = schedules.cosine(), MLP(size=64)
    nn.init.normal_([layer for layer in network.modules() if isinstance(layer, nn.Linear)][-1].weight)
    x0 = batch_and_rate.shared_out()[0][:8]
    given = schedule, network, x0, torch.arange(1, 801, 100), torch.randn(x0.shape, generator=seeded(0))
    half, full = few_bits.errors_in_half(*given), objectives.errors(*given)
    assert half.dtype == torch.float32 and 0 < float((half - full).detach().div(full.detach()).abs().max()) < 0.01
    further = few_bits.trained("float32", "further", steps=1)
    begun = few_bits.trained("float32", "anew", steps=1).ema
    for now, before in zip(further.network.parameters(), begun.parameters(), strict=True):
        assert float((now - before).abs().max()) <= 1.1e-4


# What it costs.


class Times(nn.Module):
    """Every pixel times one weight, and its exponential if told. 每个像素乘以一个权重，可再取指数。"""

    def __init__(self, exponential=False):
        super().__init__()
        self.weight, self.exponential = nn.Parameter(torch.ones(())), exponential

    def forward(self, xt, log_snr):
        x = self.weight * xt
        return x.exp() if self.exponential else x


def test_what_is_kept_is_counted_once_and_grows_as_the_batch():
    x0 = torch.zeros(5, 3, 8, 8)
    more = costs.kept(Times(exponential=True), x0) - costs.kept(Times(), x0)
    assert more == x0.nbytes  # the exponential keeps its answer
    network = costs.sized(16, 16)
    of = [costs.kept(network, costs.some_images(network, n, 16)) for n in (1, 2, 3)]
    apart = of[1] - of[0]
    assert of[2] - of[1] == apart and 0 <= of[0] - apart < 0.02 * of[0] and apart > 16 * 16 * 3 * 4
    assert costs.held(Times()) == 20


def test_operations_are_those_of_the_products():
    class One(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(2, 2, 3, padding=1)

        def forward(self, xt, log_snr):
            return self.conv(xt)

    x0 = torch.zeros(3, 2, 8, 8)
    forward, whole = costs.operations(One(), x0)
    assert forward == 2 * 2 * 2 * 9 * 64 and whole == 2 * forward  # the images want no gradient
    network = costs.sized(32, 16)
    forward, whole = costs.operations(network, costs.some_images(network, 1, 32))
    assert 2.9 < whole / forward < 3.01
    assert all(weight.grad is None for weight in network.parameters())


def test_minutes_are_operations_over_their_rate():
    assert costs.minutes_for(6000, 1e9, 100) == pytest.approx(1)
    rows = costs.minutes_rows({32: 1e9, 64: 4e9}, images=60_000)
    for name, of in rows.items():
        low, high = of[32]
        assert low == high if name.startswith("measured") else high == pytest.approx(4 * low)
    assert rows["estimate, one GPU, T4"][64] == pytest.approx((4e3 / (0.4 * 8100), 4e3 / (0.1 * 8100)))
    assert costs.power([1, 2, 4], [3, 12, 48]) == pytest.approx(2)
    assert costs.products_rate(64, 1) > 0


@pytest.mark.parametrize("size", [8, 48, 100, 32.0])
def test_other_sizes_are_refused(size, refused):
    with refused(str(size)):
        costs.sized(size)


def test_the_lowest_floor_has_eight_places_to_a_side():
    seen = []
    for size in (16, 32, 64):
        network = costs.sized(size, 16)
        network.middle[1].register_forward_hook(lambda _, __, out: seen.append(tuple(out.shape[-2:])))
        training.start(network)
        with torch.no_grad():
            network(costs.some_images(network, 1, size), torch.zeros(()))
    assert seen == [(8, 8)] * 3


# The figure.


def test_scalings_are_a_small_png_that_speaks(in_both_languages):
    is_small_and_speaks(
        scalings({"batch": {"kept": {1: 2, 2: 4}}, "rate": {"kept": {1: (2, 0.1), 3: (math.inf, 0)}}}, "MB"),
        in_both_languages,
        720,
        420,
    )


@pytest.mark.parametrize("points", [{}, {1: 0}, {-1: 1}, {1: math.inf}])
def test_what_has_no_logarithm_is_refused(points, refused):
    with refused("kept"):
        scalings({"batch": {"kept": points}}, "MB")
