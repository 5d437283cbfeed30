"""Counts that would fill the memory, or never come to an end: refused before anything is made.

会占满内存、或永远走不完的个数：什么都还没做就拒绝。
"""

import pytest
import torch

from course_utils import (
    attention,
    blocks,
    classifier,
    estimates,
    gaussians,
    generator,
    likelihood,
    low_rank,
    mlp,
    muon,
    notes_unets,
    objectives,
    oracle,
    points,
    samplers,
    schedules,
    sde,
    times,
    training,
    widening,
)
from course_utils.experiments import dial, drifts
from course_utils.unet import UNet

S = schedules.linear(20)
X = torch.linspace(-0.9, 0.9, 3 * 64).reshape(3, 1, 8, 8)
GREY = UNet(width=8, multipliers=(1,))
BELL = gaussians.gaussian_mixture(S, torch.zeros(1, 2), torch.eye(2)[None])
COUNTS = {
    "points": points.moons,
    "points along a side": points.lattice,
    "steps of iodine": lambda n: points.iodine([n]),
    "grains of iodine": lambda n: points.iodine([10], grains=n),
    "visits": lambda n: times.resampled([20, 10, 5, 0], jump=1, visits=n),
    "iterations": lambda n: muon.orthogonal(torch.eye(3), n),
    "spread times": lambda n: objectives.spread_times(20, n),
    "T of spread times": lambda n: objectives.spread_times(n, 5),
    "levels": lambda n: objectives.by_level(torch.ones(2), torch.ones(2), parts=n),
    "draws of a mixture": lambda n: oracle.finite(S, X).draw(n),
    "draws of a Gaussian": BELL.draw,
    "draws again": lambda n: estimates.bootstrapped(len, X, draws=n),
    "probes": likelihood.hutchinson,
    "steps of a walk": lambda n: list(sde.langevin(lambda x: -x, X, n, size=0.1)),
    "steps of a training": lambda n: next(training.train(training.start(GREY), S, X, n)),
    "batch of a training": lambda n: next(training.train(training.start(GREY), S, X, 1, batch=n)),
    "next batch": lambda n: training.next_batch(training.start(GREY), X, n, None),
    "samples": lambda n: samplers.sample(S, lambda xt, t: xt, (n, 1, 8, 8)),
    "width": lambda n: UNet(width=8 * n),
    "multipliers": lambda n: UNet(width=8, multipliers=(n,)),
    "channels": UNet,
    "patch": lambda n: UNet(patch=n),
    "widths of the notes": lambda n: notes_unets.SimpleUNet(widths=(n,)),
    "width of the annotated": lambda n: notes_unets.AnnotatedUNet(width=4 * n),
    "channels of a block": lambda n: blocks.ResNetBlock(8, 4 * n, 4),
    "widening of a block": lambda n: blocks.ConvNextBlock(8, 8, 4, n),
    "channels to halve": blocks.halve,
    "frequencies": blocks.paper_frequencies,
    "heads": lambda n: attention.LinearAttention(8, heads=n),
    "size": mlp.MLP,
    "layers": lambda n: mlp.MLP(layers=n),
    "classes": classifier.Classifier,
    "latent": generator.Generator,
    "rank": lambda n: low_rank.with_low_rank(GREY, n),
    "channels of a copy": lambda n: widening.widened(GREY, n),
    "times": drifts.evenly,
    "particles": lambda n: dial.dialled(lambda x, t: -x, 0.5, 2, n=n),
}


@pytest.mark.parametrize("n", [10**9, 2**60 - 2**60 % 12])
@pytest.mark.parametrize("count", COUNTS)
def test_a_count_without_end_is_refused(count, n, refused):
    with refused():
        COUNTS[count](n)


def test_batches_of_many_epochs_are_drawn_one_epoch_after_the_other():
    state, other = (training.start(GREY, seed=3) for _ in range(2))
    x0 = torch.arange(3.0).reshape(3, 1) / 3
    many, _ = training.next_batch(state, x0, 8, None)
    assert many[:6].equal(torch.cat([training.next_batch(other, x0, 3, None)[0] for _ in range(2)]))
    assert many[6:].equal(training.next_batch(other, x0, 2, None)[0]) and state.order.equal(other.order)
