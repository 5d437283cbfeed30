"""Losses, trainings and the parts of networks, given what is of the wrong kind: refused in both languages.

损失、训练与网络的部件，给的东西种类不对：用两种语言拒绝。
"""

import pytest
import torch
from torch import nn

from course_utils import (
    attention,
    blocks,
    conditions,
    denoisers,
    flows,
    forward,
    gates,
    generator,
    likelihood,
    low_rank,
    mlp,
    neighbours,
    notes_unets,
    objectives,
    paths,
    points,
    reverse,
    schedules,
    training,
)
from course_utils.anatomy import dissect
from course_utils.unet import UNet

S = schedules.linear(20)
X = torch.linspace(-0.9, 0.9, 3 * 64).reshape(3, 1, 8, 8)
LABELS = torch.tensor([0, 1, 2])
NO_TENSORS = [None, "eps", [0.5], 0.5, X.numpy()]
GREY = UNet(width=8, multipliers=(1,))


@pytest.mark.parametrize("error", [objectives.squared, objectives.absolute, objectives.huber])
@pytest.mark.parametrize("other", [*NO_TENSORS, X[:1], X[0], X[..., :1], X.long()])
def test_an_error_between_what_cannot_be_compared(error, other, refused):
    assert error(X.double(), X / 2).shape == X.shape
    for pair in ((X, other), (other, X)):
        with refused("eps_hat", "eps"):
            error(*pair)


@pytest.mark.parametrize("how", [{"eps": None}, {"eps": "noise"}, {"error": None}, {"error": nn.Linear(2, 2)}])
def test_errors_of_what_is_no_eps_or_error(how, refused):
    given = {"t": 5, "eps": X / 2} | how
    with refused(*how):
        objectives.errors(S, GREY, X, **given)


@pytest.mark.parametrize("network", [nn.Linear(8, 8), lambda xt: xt])
def test_a_network_that_is_told_no_noise_level(network, refused):
    with refused("network"):
        denoisers.predict_eps(S, network, X, 5)


@pytest.mark.parametrize("weight", [None, 1, lambda: 1, lambda snr: "1", lambda snr: snr[:2], lambda snr: snr[:, None]])
def test_a_weight_that_is_not_one_number_for_each_image(weight, refused):
    t = torch.tensor([3, 7, 9])
    one = objectives.weighted(lambda snr: 2)(S, GREY, X, t, X / 2)
    assert one.equal(objectives.weighted(lambda snr: torch.full_like(snr, 2))(S, GREY, X, t, X / 2))
    with refused("weight"):
        objectives.weighted(weight)(S, GREY, X, t, X / 2)


@pytest.mark.parametrize(
    "name, wrong",
    [("state", None), ("state", GREY), ("x0", X[:0]), ("x0", None), ("x0", [0.5]), ("batch", 0), ("batch", 2.0)]
    + [("labels", labels) for labels in ("0", [0, 1, 2], LABELS[:2], LABELS.float(), LABELS[None])]
    + [("flips", "no"), ("unlabelled", 2.0), ("unlabelled", "all"), ("unlabelled", 0.5)],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_no_batch_can_be_taken_from(name, wrong, refused):
    def taken(state, x0, batch, labels, **how):
        return training.next_batch(state, x0, batch, labels, **how)

    right = {"state": training.start(GREY), "x0": X, "batch": 2, "labels": LABELS}
    assert [len(part) for part in taken(**right)] == [2, 2]
    with refused():
        taken(**right | {name: wrong})


@pytest.mark.parametrize("parameters", [None, "weights", 5, [], [None], GREY])
def test_what_are_no_weights_for_adamw(parameters, refused):
    with refused("network.parameters()"):
        training.adamw(parameters)


@pytest.mark.parametrize("lr", [None, "1", -1.0, float("nan"), float("inf"), torch.ones(2)])
def test_what_is_no_learning_rate_for_adamw(lr, refused):
    with refused("lr "):
        training.adamw(GREY.parameters(), lr)


@pytest.mark.parametrize("step, steps", [(0, 0), (-1, 5), (5, 5), (1.0, 5), (0, None), ("0", 5)])
def test_a_learning_rate_of_a_step_that_is_none(step, steps, refused):
    optimizer = training.adamw(GREY.parameters())
    assert 0 < training.set_lr(optimizer, 4, 5) < training.set_lr(optimizer, 0, 5) == 4e-3
    with refused("step"):
        training.set_lr(optimizer, step, steps)
    with refused("optimizer"):
        training.set_lr(GREY, 0, 5)


def test_an_average_and_a_step_of_what_is_no_state(refused):
    for decay in (-0.1, 1.5, None, float("nan")):
        with refused("decay "):
            training.follow_weights(training.start(GREY), decay)
    for wrong in (lambda: training.follow_weights(GREY, 0.9), lambda: training.whole_step(None).__enter__()):
        with refused("state "):
            wrong()
    with refused("optimizer"):
        training.start(GREY, lr=0.1, optimizer=lambda parameters: None)


@pytest.mark.parametrize("network, x", [(None, X), ("net", X), (nn.Linear(8, 8), X), (GREY, None), (GREY, X[:0])])
def test_what_cannot_be_dissected(network, x, refused):
    with refused():
        dissect(network, x, torch.zeros(3))


@pytest.mark.parametrize("x", NO_TENSORS)
def test_tensors_that_are_none_for_the_parts_of_networks(x, refused):
    t = torch.tensor([3, 7, 9])
    for call in (
        lambda: forward.per_sample(x, X),
        lambda: forward.per_sample(t.double(), x),
        lambda: forward.per_sample(t.double(), (X > 0).long()),
        lambda: blocks.sinusoids(x, torch.ones(2)),
        lambda: attention.split_heads(x, 2),
        lambda: attention.join_heads(x, X),
        lambda: neighbours.are_copies(torch.ones(3), x),
        lambda: conditions.replaced(lambda xt, t: xt, X, X > 0)(x, 5),
        lambda: flows.of_pairs(objectives.errors)(S, GREY, x, t, X),
    ):
        with refused():
            call()


def test_heads_that_do_not_share_the_channels_out(refused):
    q, k, v = attention.split_heads(torch.zeros(2, 24, 4, 4), 2)
    assert q.shape == k.shape == v.shape == (2, 2, 16, 4)
    assert attention.join_heads(v, torch.zeros(2, 8, 4, 4)).shape == (2, 8, 4, 4)
    for heads in (0, -1, 2.0, True, None, 5):
        with refused():
            attention.split_heads(torch.zeros(2, 24, 4, 4), heads)
    with refused("16"):
        attention.join_heads(v, torch.zeros(2, 8, 5, 4))


@pytest.mark.parametrize("n", [0, -1, 2.0, True, None, "8", [8]])
def test_blocks_of_no_size(n, refused):
    for build in (
        lambda: mlp.ResidualLayer(n, 4),
        lambda: mlp.ResidualLayer(8, n),
        lambda: notes_unets.SimpleBlock(n, 8, 4, nn.Conv2d),
        lambda: notes_unets.SimpleBlock(8, 8, n, nn.Conv2d),
        lambda: generator.Doubling(8, n, 4),
        lambda: generator.Doubling(8, 8, n),
    ):
        with refused():
            build()
    with refused("resize"):
        notes_unets.SimpleBlock(8, 8, 4, n)


def test_ways_of_low_rank_beside_what_is_none(refused):
    network, layer = nn.Sequential(nn.Linear(4, 4)), nn.Linear(4, 4)
    for call in (
        lambda: low_rank.LowRank(layer, 2, generator=0),
        lambda: low_rank.ways_beside(network, {"0": 2}, 0),
        lambda: low_rank.ways_beside(network, ["0"]),
        lambda: low_rank.ways_beside(network, {"stem": 2}),
        lambda: low_rank.ways_beside(None, {"0": 2}),
        lambda: low_rank.low_rank_layers("network"),
    ):
        with refused():
            call()


@pytest.mark.parametrize("t, s", [(None, 1), ("5", 1), (5, 5), (5, -1), (21, 3), (5.0, 1), (torch.tensor([5, 7]), [1])])
def test_weights_of_a_posterior_at_times_that_are_none(t, s, refused):
    assert all(
        a.equal(b) for a, b in zip(*(forward.posterior_weights(S, *ts) for ts in ((5, 4), (5, None))), strict=True)
    )
    with refused():
        forward.posterior_weights(S, t, s)
    with refused("Schedule"):
        forward.posterior_weights(None, 5, 4)


def test_velocities_paths_and_variances_that_are_none(refused):
    cloud = points.moons(4)
    for call in (
        lambda: likelihood.exact_divergence(None, cloud, 0.5),
        lambda: likelihood.exact_divergence(nn.Linear(2, 2), cloud, 0.5),
        lambda: likelihood.hutchinson(2)("velocity", cloud, 0.5),
        lambda: likelihood.log_density(
            paths.straight, lambda x, t: -x, cloud, [0.1, 1.0], divergence=lambda v, x, t: None
        ),
        lambda: flows.moved_to(None, lambda x, t: x, paths.straight),
        lambda: flows.moved_to(paths.straight, lambda x, t: x, "straight"),
        lambda: reverse.reverse_step(S, X, 5, 3, X, sigma=nn.Linear(2, 2)),
        lambda: gates.check_mask(torch.ones(2, dtype=torch.bool, device="meta")),
        lambda: neighbours.are_copies(torch.ones(3), torch.ones(2)),
        lambda: neighbours.are_copies(torch.full((3,), torch.nan), torch.ones(3)),
    ):
        with refused():
            call()
