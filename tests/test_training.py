"""Training learns, repeats itself bit for bit, resumes exactly, and stops only between two steps.

训练学得会、逐位可重复、续训分毫不差，且只在两步之间停下。
"""

import copy
import math
import signal
import threading
from itertools import islice

import pytest
import torch
from torch import nn

from course_utils import data, schedules, training
from course_utils.unet import UNet

SCHEDULE = schedules.cosine()


@pytest.fixture(scope="module")
def digits():
    return data.digits()


@pytest.fixture
def fresh():
    def build(seed=0, **config):
        torch.manual_seed(0)
        return training.start(UNet(**{"width": 8, "multipliers": (1, 2), **config}), seed=seed)

    return build


def everything(state):
    """All that training changes, by name, copied."""
    moments = state.optimizer.state_dict()["state"]
    return {
        **{f"network.{k}": v.clone() for k, v in state.network.state_dict().items()},
        **{f"ema.{k}": v.clone() for k, v in state.ema.state_dict().items()},
        **{f"moment.{i}.{k}": v.clone() for i, kept in moments.items() for k, v in kept.items()},
        "generator": state.generator.get_state(),
        "step": torch.tensor(state.step),
    }


def same(a, b):
    return a.keys() == b.keys() and all(a[name].equal(b[name]) for name in a)


def test_the_loss_is_the_mean_squared_error_of_the_noise(digits, seeded):
    x0, t = digits.x[:4], torch.tensor([1, 300, 600, 1000])
    eps = torch.randn(x0.shape, generator=seeded(0))
    told = []

    def network(xt, log_snr, labels=None):
        told.append((xt, log_snr, labels))
        return 0.5 * xt if labels is None else labels[:, None, None, None] * xt

    a = SCHEDULE.alpha_bar[t][:, None, None, None].float()
    xt = a.sqrt() * x0 + (1 - a).sqrt() * eps
    expected = (eps - 0.5 * xt).square().mean()
    torch.testing.assert_close(training.loss(SCHEDULE, network, x0, t, eps), expected, rtol=1e-4, atol=0)
    y = torch.tensor([1.0, 2.0, 3.0, 4.0])
    expected = (eps - y[:, None, None, None] * xt).square().mean()
    torch.testing.assert_close(training.loss(SCHEDULE, network, x0, t, eps, y), expected, rtol=1e-4, atol=0)
    torch.testing.assert_close(told[0][1].double(), SCHEDULE.log_snr[t], rtol=1e-6, atol=1e-6)
    assert training.loss(SCHEDULE, lambda *_: eps, x0, t, eps) == 0


def test_each_step_gives_a_record_when_it_is_asked_for(fresh, digits):
    state = fresh()
    before = everything(state)
    records = training.train(state, SCHEDULE, digits.x, steps=5, batch=4)
    assert same(everything(state), before)
    first = next(records)
    assert first.step == state.step == 1 and math.isfinite(first.loss) and first.loss > 0
    assert [record.step for record in records] == [2, 3, 4, 5] and state.step == 5
    assert list(training.train(state, SCHEDULE, digits.x, steps=5)) == []
    with pytest.raises(AttributeError):
        first.loss = 0


@pytest.mark.parametrize("steps", [7, 40, 3000])
def test_the_rate_warms_up_and_falls_along_a_cosine(fresh, digits, steps):
    state, warm_up = fresh(), min(100, max(1, steps // 10))
    for step in {0, warm_up // 2, warm_up - 1, steps // 2, steps - 1}:
        state.step = step
        record = next(training.train(state, SCHEDULE, digits.x, steps, batch=1))
        cosine = 0.5 * (1 + math.cos(math.pi * step / steps))
        assert record.learning_rate == pytest.approx(4e-3 * cosine * min(1, (step + 1) / warm_up), rel=1e-12)
        assert state.optimizer.param_groups[0]["lr"] == record.learning_rate


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.995])
def test_the_moving_average_follows(fresh, digits, decay):
    state = fresh()
    average = [weight.detach().clone() for weight in state.network.parameters()]
    for n, _ in enumerate(training.train(state, SCHEDULE, digits.x, steps=4, batch=4, ema_decay=decay)):
        kept = min(decay, (1 + n) / (10 + n))
        average = [kept * a + (1 - kept) * w.detach() for a, w in zip(average, state.network.parameters(), strict=True)]
        for ours, theirs in zip(average, state.ema.parameters(), strict=True):
            torch.testing.assert_close(theirs, ours, rtol=1e-5, atol=1e-7)
    assert not any(weight.requires_grad for weight in state.ema.parameters())


def trained(state, images, steps, upto=None):
    records = list(islice(training.train(state, SCHEDULE, images.x, steps, batch=4), upto))
    return records, everything(state)


def test_the_same_seed_gives_the_same_weights(fresh, digits):
    first, again, other = (trained(fresh(seed), digits, 3) for seed in (1, 1, 2))
    assert first[0] == again[0] and same(first[1], again[1])
    assert not same(first[1], other[1])


def test_resuming_from_a_file_is_exact(fresh, digits, tmp_path):
    straight = trained(fresh(), digits, 6)
    half = fresh()
    first_records, at_three = trained(half, digits, 6, upto=3)
    path = training.save(tmp_path / "half.safetensors", half)
    resumed = training.load(path, fresh(seed=5))
    assert same(everything(resumed), at_three) and resumed.step == 3
    last_records, at_six = trained(resumed, digits, 6)
    assert first_records + last_records == straight[0]
    assert same(at_six, straight[1])
    assert list(tmp_path.iterdir()) == [path]


def test_a_labelled_network_trains_and_resumes(fresh, digits, tmp_path):
    def run(state, upto=None):
        records = training.train(state, SCHEDULE, digits.x, steps=4, batch=4, labels=digits.y)
        return [record.loss for record in islice(records, upto)]

    whole, half = fresh(classes=10), fresh(classes=10)
    losses = run(whole)
    begun = run(half, 2)
    training.save(tmp_path / "a", half)
    resumed = training.load(tmp_path / "a", fresh(classes=10))
    assert begun + run(resumed) == losses and same(everything(resumed), everything(whole))


def test_the_loss_falls_on_one_image(fresh, digits, seeded):
    state, image = fresh(), digits.x[:1]
    t = torch.randint(1, 1001, (256,), generator=seeded(0))
    eps = torch.randn(256, 1, 8, 8, generator=seeded(1))

    def error(network):
        with torch.no_grad():
            return float(training.loss(SCHEDULE, network, image.expand(256, -1, -1, -1), t, eps))

    before = error(state.ema)
    records = list(training.train(state, SCHEDULE, image, steps=120, batch=16, ema_decay=0.9))
    assert error(state.ema) < 0.5 * before and error(state.network) < 0.5 * before
    assert sum(r.loss for r in records[-20:]) < 0.5 * sum(r.loss for r in records[:20])


class Interrupting(nn.Module):
    """A network during whose forward pass the reader presses the stop button."""

    def __init__(self, inner, at):
        super().__init__()
        self.inner, self.at, self.calls = inner, at, 0

    def forward(self, xt, log_snr):
        self.calls += 1
        if self.calls == self.at:
            signal.raise_signal(signal.SIGINT)
        return self.inner(xt, log_snr)


def test_an_interrupt_waits_for_the_end_of_the_step(digits):
    torch.manual_seed(0)
    inner = UNet(width=8)
    calm, shaken = (training.start(Interrupting(copy.deepcopy(inner), at)) for at in (None, 3))
    straight = trained(calm, digits, 5)
    handler, seen = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt):
        for record in training.train(shaken, SCHEDULE, digits.x, steps=5, batch=4):
            seen.append(record)
    assert seen == straight[0][:2] and shaken.step == 3 and signal.getsignal(signal.SIGINT) is handler
    rest, end = trained(shaken, digits, 5)
    assert rest == straight[0][3:] and same(end, straight[1])


def test_an_interrupt_between_steps_comes_at_once(fresh, digits):
    state = fresh()
    with pytest.raises(KeyboardInterrupt):
        for record in training.train(state, SCHEDULE, digits.x, steps=5, batch=4):
            if record.step == 2:
                signal.raise_signal(signal.SIGINT)
    assert state.step == 2 and trained(state, digits, 5)[1]["step"] == 5


def test_an_error_within_a_step_leaves_the_stop_button_as_it_was(fresh, digits, monkeypatch):
    handler, state = signal.getsignal(signal.SIGINT), fresh()
    monkeypatch.setattr(state.network, "forward", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(training.train(state, SCHEDULE, digits.x, steps=5, batch=4))
    assert signal.getsignal(signal.SIGINT) is handler and state.step == 0


def test_training_runs_outside_the_main_thread_too(fresh, digits):
    done = []
    thread = threading.Thread(target=lambda: done.append(trained(fresh(), digits, 2)))
    thread.start()
    thread.join()
    assert same(done[0][1], trained(fresh(), digits, 2)[1])


def test_images_stay_as_they_are(fresh, digits):
    kept = digits.x.clone()
    list(training.train(fresh(), SCHEDULE, digits.x, steps=2, batch=4))
    assert digits.x.equal(kept)


def test_points_in_the_plane_can_be_trained_on(fresh):
    class Plane(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, xt, log_snr):
            return self.layer(torch.cat([xt, log_snr[:, None]], 1))

    state = training.start(Plane())
    assert len(list(training.train(state, SCHEDULE, torch.randn(50, 2) * 3, steps=3))) == 3
