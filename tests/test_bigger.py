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
from course_utils.plots.growth import scalings
from course_utils.randomness import seeded

# A batch in parts.


def test_parts_add_up_to_the_gradient_of_the_batch_however_uneven_they_are():
    network, (x0, t, eps) = in_parts.small_networks()["group norm"].double(), in_parts.one_batch(20)
    batch = in_parts.NoisedBatch(x0.double(), t, eps.double())
    whole = in_parts.gradient(network, batch, 20)
    values = objectives.errors(schedules.cosine(), network, *batch)
    truth = torch.cat([grad.flatten() for grad in torch.autograd.grad(values.mean(), list(network.parameters()))])
    assert in_parts.off_by(truth, whole) < 1e-12 and float(truth.norm()) > 0
    for at_once in (10, 7, 1):
        assert in_parts.off_by(whole, in_parts.gradient(network, batch, at_once)) < 1e-12
    assert in_parts.off_by(whole, in_parts.gradient(network, batch, 10, by_parts=True)) < 1e-12  # even parts
    assert in_parts.off_by(whole, in_parts.gradient(network, batch, 19, by_parts=True)) > 0.1


def test_batch_norm_is_another_in_parts():
    network, batch = in_parts.small_networks()["batch norm"], in_parts.one_batch(20)
    assert in_parts.off_by(in_parts.gradient(network, batch, 20), in_parts.gradient(network, batch, 10)) > 0.1


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


def test_the_sweep_sees_as_many_images_or_takes_as_many_steps(monkeypatch):
    asked = []

    def told(batch, lr, steps, *, seed):
        asked.append((batch, lr, steps, seed))
        return seed + lr

    low, high = batch_and_rate.Estimate(1, 0), batch_and_rate.Estimate(2, 0)
    new = dict(BATCHES=(2, 4), RATES=(0.5, 1.5), IMAGES=12, STEPS=2, loss_after=told)
    for name, value in (new | dict(BY_IMAGES={2: (low, high), 4: (high, low)})).items():
        monkeypatch.setattr(batch_and_rate, name, value)
    rows = dict(batch_and_rate.swept())
    assert asked == [(b, lr, n, seed) for b, n in ((2, 6), (4, 3)) for lr in (0.5, 1.5) for seed in range(3)]
    assert rows[2] == [(1.5, pytest.approx(1 / 3**0.5)), (2.5, pytest.approx(1 / 3**0.5))] == rows[4]
    asked.clear()
    assert [batch for batch, _ in batch_and_rate.after_steps()] == [2, 4]
    assert asked == [(b, lr, 2, seed) for b, lr in ((2, 0.5), (4, 1.5)) for seed in range(3)]


def test_the_stored_sweep_tells_what_the_page_says():
    """The best rate rises with the batch, less than in proportion; with as many images a larger batch ends behind."""
    rates = [batch_and_rate.best_rate(batch) for batch in batch_and_rate.BATCHES]
    assert rates == sorted(rates) and 1 < rates[-1] / rates[0] < 256 / 16
    best = [min(row) for row in batch_and_rate.BY_IMAGES.values()]
    for smaller, larger in zip(best, best[1:], strict=False):
        assert larger.value - smaller.value > 3 * math.hypot(larger.error, smaller.error)
    assert all(len(row) == len(batch_and_rate.RATES) for row in batch_and_rate.BY_IMAGES.values())
    assert list(batch_and_rate.BY_IMAGES) == list(batch_and_rate.BY_STEPS) == list(batch_and_rate.BATCHES)
    after = [loss.value for loss in batch_and_rate.BY_STEPS.values()]
    assert after == sorted(after, reverse=True) and batch_and_rate.BY_STEPS[64] == best[1]  # 200 steps are the same run


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


def test_small_steps_move_few_weights():
    network = nn.Linear(1, 2, bias=False)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[1.0], [0.01]]))
    assert [few_bits.share_that_moves(network, lr) for lr in (0.01, 0.001, 1e-5)] == [1.0, 0.5, 0.0]


def test_rounding_by_chance_is_right_on_average_and_ends_beside():
    x = torch.randn(1000, generator=seeded(0))
    drawn = torch.stack([few_bits.rounded_by_chance(x, seeded(k)) for k in range(400)])
    gap = 2.0 ** (x.abs().log2().floor() - 7)
    assert bool(((drawn - x).abs() < gap).all()) and torch.equal(drawn, few_bits.rounded(drawn))
    assert float(((drawn.mean(0) - x) / gap).abs().max()) < 5 * 0.5 / 400**0.5
    assert torch.equal(few_bits.rounded_by_chance(few_bits.rounded(x), seeded(1)), few_bits.rounded(x))


def test_each_way_keeps_what_it_says_in_bfloat16():
    for way, kept in {"float32": "", "weights": "network", "weights, by chance": "network", "average": "ema"}.items():
        state = few_bits.trained_in_few_bits(way, "anew", steps=2)
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
    further = few_bits.trained_in_few_bits("float32", "further", steps=1)
    begun = few_bits.trained_in_few_bits("float32", "anew", steps=1).ema
    for now, before in zip(further.network.parameters(), begun.parameters(), strict=True):
        assert float((now - before).abs().max()) <= 1.1e-4


def test_the_stored_trainings_tell_what_the_page_says():
    """At a small rate weights in bfloat16 learn less, and an average in bfloat16 stays behind; chance mends it."""
    rows = few_bits.ROUNDED
    assert set(rows) == {(way, stage) for way in few_bits.what_is_rounded(0) for stage in few_bits.RATES}
    new = {way: rows[way, "further"][0] for way in few_bits.what_is_rounded(0)}
    average = {way: rows[way, "further"][1] for way in few_bits.what_is_rounded(0)}
    for lost in (new["weights"], average["average"]):
        assert lost.value - new["float32"].value > 5 * math.hypot(lost.error, new["float32"].error)
    for way in ("products", "weights, by chance"):
        assert abs(new[way].value - new["float32"].value) < 0.001
    assert rows["weights", "anew"][0].value - rows["float32", "anew"][0].value < 0.002


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


def test_the_stored_memory_tells_what_the_page_says():
    """What is kept grows as the batch, as the pixels and as the width; the peak is above what is kept and held."""
    rows = costs.MEMORY
    assert {what: tuple(of) for what, of in rows.items()} == costs.VARIED
    found = {what: costs.power(of, [cost.kept for cost in of.values()]) for what, of in rows.items()}
    assert [found[what] == pytest.approx(k, abs=0.03) for what, k in (("batch", 1), ("size", 2), ("width", 1))] == [
        True
    ] * 3
    assert all(cost.peak > cost.kept for of in rows.values() for cost in of.values())
    network = costs.sized(32)
    for n in (1, 2):
        assert costs.kept(network, costs.some_images(network, n, 32)) / 1e6 == pytest.approx(
            rows["batch"][n].kept, rel=0.02
        )


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
