"""A training takes only what can be learnt from, and stops at what is no number, its state as a step before.

训练只收学得了的输入；遇到算不出有限数的一步就停下，状态还是前一步的样子。
"""

import functools
import signal

import numpy as np
import pytest
import torch
from torch import nn

from course_utils import objectives, points, safeguards, schedules, training
from course_utils.experiments.clinic import Deaf
from course_utils.mlp import MLP
from course_utils.muon import Muon
from course_utils.notes_unets import SimpleUNet
from course_utils.unet import UNet
from course_utils.weights import pretrained

SCHEDULE = schedules.cosine()
MOONS = points.moons(200).float()
IMAGES = torch.linspace(-1, 1, 8)[:, None, None, None].expand(8, 1, 4, 4).contiguous()
BYTES = ((IMAGES + 1) * 127.5).to(torch.uint8)
FLAT = torch.linspace(0, 1, 9 * 64).reshape(9, 64)
ZEROS = torch.zeros(8, dtype=torch.long)
NAN, INF = float("nan"), float("inf")


def small(optimizer=training.adamw, **how):
    torch.manual_seed(0)
    return training.start(MLP(size=2, width=16, layers=1), optimizer=optimizer, **how)


def whole(state):
    """All that training changes, copied."""
    kept = state.optimizer.state_dict()["state"]
    return {
        **{f"network.{k}": v.clone() for k, v in state.network.state_dict().items()},
        **{f"ema.{k}": v.clone() for k, v in state.ema.state_dict().items()},
        **{f"kept.{i}.{k}": v.clone() for i, named in kept.items() for k, v in named.items()},
        "generator": state.generator.get_state(),
        "order": state.order.clone(),
        "losses": torch.tensor(state.losses),
        "step": torch.tensor(state.step),
    }


def same(a, b):
    return a.keys() == b.keys() and all(a[name].equal(b[name]) for name in a)


def broken(at, how):
    """`errors`, but for one call, whose values go through `how`."""
    calls = []

    def objective(schedule, network, x0, t, eps, *, labels=None):
        calls.append(1)
        values = objectives.errors(schedule, network, x0, t, eps, labels=labels)
        return how(values) if len(calls) == at else values

    return objective


def without_end(values):
    """Finite values whose gradients are infinite: the root at 0."""
    return (values - values.detach()).sqrt()


def too_steep(values):
    """Finite values and gradients, whose squares are too large for float32."""
    return values * 1e25


BREAKS = {
    "nan": lambda values: values * NAN,
    "inf": lambda values: values + INF,
    "one of them": lambda values: values / (torch.arange(len(values)) != 3),
    "gradients": without_end,
    "squares": too_steep,
}


@pytest.mark.parametrize("optimizer", [training.adamw, Muon])
@pytest.mark.parametrize("how", BREAKS)
def test_a_step_that_is_no_number_stops_the_training_as_it_was_a_step_before(how, optimizer, refused):
    state, straight = small(optimizer), small(optimizer)
    list(training.train(straight, SCHEDULE, MOONS, 6, batch=8))
    before = []
    with refused("4", "3", "0.") as caught:
        for _ in training.train(state, SCHEDULE, MOONS, 6, batch=8, objective=broken(4, BREAKS[how])):
            before.append(whole(state))
    seen = ("gradients", "梯度") if how in ("gradients", "squares") else ("the loss is", "损失是")
    assert seen[0] in caught.value.en and seen[1] in caught.value.zh
    assert len(before) == state.step == 3 and same(whole(state), before[-1])
    assert all(value.isfinite().all() for value in whole(state).values())
    list(training.train(state, SCHEDULE, MOONS, 6, batch=8))
    assert same(whole(state), whole(straight)), "it goes on as if the broken step had never been tried"


def test_a_rate_without_bounds_is_stopped_and_the_message_names_it(refused):
    state = small()
    list(training.train(state, SCHEDULE, MOONS, 5, batch=8))
    state.optimizer.defaults["lr"] = 1e30
    seen = []
    with refused("7e+28", "7") as caught:
        for _ in training.train(state, SCHEDULE, MOONS, 1000, batch=8):
            seen.append(whole(state))
    assert same(whole(state), seen[-1]) and len(state.losses) == state.step == 6
    assert all(loss == loss and loss < INF for loss in state.losses)
    assert all(cause in caught.value.en for cause in ("rate", "nan in the data", "half precision"))
    assert all(cause in caught.value.zh for cause in ("学习率", "数据", "半精度"))


def test_what_batch_norm_counted_in_a_broken_step_is_taken_back(refused):
    torch.manual_seed(0)
    state = training.start(SimpleUNet(widths=(8, 16)))
    x0 = torch.rand(8, 1, 8, 8) * 2 - 1
    next(training.train(state, SCHEDULE, x0, 3, batch=4))
    before = whole(state)
    with refused("2"):
        list(training.train(state, SCHEDULE, x0, 3, batch=4, objective=broken(1, BREAKS["nan"])))
    assert same(whole(state), before)


def test_any_error_within_a_step_leaves_the_state_as_it_was():
    state = small()
    list(training.train(state, SCHEDULE, MOONS, 2, batch=8))
    before, handler = whole(state), signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError):
        list(training.train(state, SCHEDULE, MOONS, 6, batch=8, objective=broken(1, lambda _: 1 / 0)))
    assert same(whole(state), before) and signal.getsignal(signal.SIGINT) is handler


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_weights_in_half_precision_are_refused(kind, refused):
    with refused(str(kind), "float32"):
        training.start(MLP(size=2, width=16, layers=1).to(kind))
    state = small()
    state.network.to(kind)
    with refused(str(kind), "float32"):
        next(training.train(state, SCHEDULE, MOONS, 2))


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_whole_precision_is_trained_in_whatever_torch_makes_by_itself(kind):
    default = torch.get_default_dtype()
    try:
        torch.set_default_dtype(kind)
        state = training.start(MLP(size=2, width=16, layers=1).to(kind))
        seen = []

        def objective(schedule, network, x0, t, eps, *, labels=None):
            seen.append((x0, t, eps))
            return objectives.errors(schedule, network, x0, t, eps, labels=labels)

        list(training.train(state, SCHEDULE, MOONS, 2, batch=8, objective=objective, flips=False))
        level, found = objectives.held_out(SCHEDULE, state.ema, MOONS)
        assert objectives.by_level(level, found).isfinite().all()
    finally:
        torch.set_default_dtype(default)
    reference = []
    list(training.train(small(), SCHEDULE, MOONS, 2, batch=8, objective=_seen_by(reference)))
    for (x0, t, eps), (x0_, t_, eps_) in zip(seen, reference, strict=True):
        assert x0.dtype == eps.dtype == kind and t.equal(t_)
        assert x0.float().equal(x0_.float()) and eps.float().equal(eps_), "the same draws"


def _seen_by(seen):
    def objective(schedule, network, x0, t, eps, *, labels=None):
        seen.append((x0, t, eps))
        return objectives.errors(schedule, network, x0, t, eps, labels=labels)

    return objective


def train(state=None, schedule=SCHEDULE, x0=MOONS, steps=2, **how):
    return list(training.train(small() if state is None else state, schedule, x0, steps, **{"batch": 8, **how}))


def unet(**config):
    return training.start(UNet(**{"width": 8, "multipliers": (1,), **config}))


NO_TRAINING = {
    "a network": (lambda: train(MLP(2)), ["MLP", "training.start"]),
    "no schedule": (lambda: train(schedule=1000), ["1000", "schedules.cosine()"]),
    "an array": (lambda: train(x0=MOONS.numpy()), ["ndarray"]),
    "nothing": (lambda: train(x0=MOONS[:0]), ["(0, 2)"]),
    "points of nan": (lambda: train(x0=torch.full((64, 2), NAN)), ["nan"]),
    "a point at inf": (lambda: train(x0=MOONS.clone().index_fill_(0, torch.tensor([7]), INF)), ["inf"]),
    "flat images of 0..255": (lambda: train(training.start(MLP(64)), x0=FLAT * 255), ["(9, 64)", "x / 127.5 - 1"]),
    "flat bytes": (lambda: train(training.start(MLP(64)), x0=FLAT.to(torch.uint8)), ["uint8", "(9, 64)"]),
    "one row": (lambda: train(x0=MOONS[0]), ["(2,)"]),
    "images of 0..255": (lambda: train(unet(), x0=(IMAGES + 1) * 127.5), ["255", "[-1, 1]"]),
    "images of nan": (lambda: train(unet(), x0=IMAGES * NAN), ["nan"]),
    "half a step": (lambda: train(steps=2.5), ["2.5"]),
    "steps below 0": (lambda: train(steps=-1), ["-1"]),
    "no batch": (lambda: train(batch=0), ["0"]),
    "a batch of 8.0": (lambda: train(batch=8.0), ["8.0"]),
    "decay 99.5": (lambda: train(ema_decay=99.5), ["99.5", "0", "1"]),
    "decay -1": (lambda: train(ema_decay=-1.0), ["-1"]),
    "decay nan": (lambda: train(ema_decay=NAN), ["nan"]),
    "flipped points": (lambda: train(flips=True), ["(200, 2)"]),
    "unlabelled, no labels": (lambda: train(unet(), x0=IMAGES, unlabelled=0.1), ["0.1"]),
    "unlabelled 2": (lambda: train(unet(classes=3), x0=IMAGES, labels=ZEROS, unlabelled=2.0), ["2.0"]),
    "unlabelled -1": (lambda: train(unet(classes=3), x0=IMAGES, labels=ZEROS, unlabelled=-1.0), ["-1"]),
    "labels in a list": (lambda: train(unet(classes=3), x0=IMAGES, labels=[0] * 8), ["list", "8"]),
    "labels with a point": (lambda: train(unet(classes=3), x0=IMAGES, labels=torch.zeros(8)), ["float32"]),
    "a label too high": (lambda: train(unet(classes=3), x0=IMAGES, labels=torch.tensor([4] + [0] * 7)), ["4", "3"]),
    "a label below 0": (lambda: train(unet(classes=3), x0=IMAGES, labels=torch.tensor([-1] + [0] * 7)), ["-1"]),
    "labels for a U-Net without": (lambda: train(unet(), x0=IMAGES, labels=ZEROS), ["UNet(classes=...)"]),
    "labels for an MLP": (lambda: train(labels=torch.zeros(200).long(), unlabelled=0.1), ["MLP", "0.1"]),
    "no objective": (lambda: train(objective="l2"), ["'l2'", "objectives.errors"]),
    "one value for all": (lambda: train(objective=lambda *a, **k: objectives.errors(*a, **k).mean()), ["()", "8"]),
    "a number": (lambda: train(objective=lambda *a, **k: 0.5), ["float", "8"]),
    "values without gradients": (lambda: train(objective=torch.no_grad()(objectives.errors)), ["(8,)"]),
    "a frozen network": (lambda: training.start(pretrained("digits")), ["requires_grad_(True)"]),
    "no network": (lambda: training.start(lambda xt, t: xt), ["function", "UNet"]),
    "a rate below 0": (lambda: small(lr=-1e-3), ["-0.001"]),
    "a rate of nan": (lambda: small(lr=NAN), ["nan"]),
    "a rate in words": (lambda: small(lr="1e-3"), ["'1e-3'"]),
    "a seed of 1.5": (lambda: small(seed=1.5), ["1.5"]),
    "a made optimizer": (lambda: small(training.adamw(MLP(2).parameters())), ["AdamW"]),
    "no optimizer": (lambda: small(lambda weights, lr=0: None), ["None"]),
    "a rate that became nan": (lambda: train(_with_rate(NAN)), ["nan"]),
}  # fmt: skip


def _with_rate(lr):
    state = small()
    state.optimizer.defaults["lr"] = lr
    return state


@pytest.mark.parametrize("what", NO_TRAINING)
def test_what_cannot_be_trained_on_is_refused_in_words(what, refused):
    call, given = NO_TRAINING[what]
    with refused(*given):
        call()


def test_what_can_be_trained_on_is_taken_as_it_comes():
    labels = torch.tensor([0, 1, 2, 3] * 2, dtype=torch.uint8)
    taken = [
        lambda: train(steps=np.int64(2), batch=np.int32(4), ema_decay=0),
        lambda: train(x0=MOONS.double(), ema_decay=1.0),
        lambda: train(unet(classes=3), x0=BYTES, labels=labels, unlabelled=1, flips=True),
        lambda: train(training.start(Deaf(MLP(2)), lr=np.float64(1e-3), seed=np.int64(3))),
        lambda: train(small(functools.partial(torch.optim.SGD, momentum=0.9), lr=0.1), x0=20 * MOONS),
    ]
    assert [len(call()) for call in taken] == [2] * len(taken)


def test_an_index_that_is_just_too_high_belongs_to_other_data(refused):
    state = small()
    state.order = torch.tensor([3, 199])
    assert len(train(state, steps=1)) == 1
    state = small()
    state.order = torch.tensor([3, 200])
    with refused("200"):
        train(state, steps=1)


def test_a_network_says_by_its_config_whether_it_can_be_told_labels():
    class Told(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(2))

        def forward(self, xt, log_snr, labels):
            return self.weight * xt + labels[:, None]

    assert len(train(training.start(Told()), labels=torch.arange(200) % 2)) == 2
    assert safeguards.check_data(Told(), MOONS, None, torch.empty(0).long(), flips=False, unlabelled=0.0) is None


def test_values_up_to_50_were_scaled(refused):
    assert safeguards.check_values(torch.full((3, 2), -50.0)).shape == (3, 2)
    with refused("50.01"):
        safeguards.check_values(torch.full((3, 2), -50.01))
