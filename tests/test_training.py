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

from course_utils import checkpoints, data, forward, objectives, schedules, training
from course_utils.notes_unets import SimpleUNet
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
    torch.testing.assert_close(objectives.errors(SCHEDULE, network, x0, t, eps).mean(), expected, rtol=1e-4, atol=0)
    y = torch.tensor([1.0, 2.0, 3.0, 4.0])
    expected = (eps - y[:, None, None, None] * xt).square().mean()
    loss = objectives.errors(SCHEDULE, network, x0, t, eps, labels=y).mean()
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=0)
    torch.testing.assert_close(told[0][1].double(), SCHEDULE.log_snr[t], rtol=1e-6, atol=1e-6)
    assert objectives.errors(SCHEDULE, lambda *_: eps, x0, t, eps).mean() == 0


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
        assert record.lr == pytest.approx(4e-3 * cosine * min(1, (step + 1) / warm_up), rel=1e-12)
        assert state.optimizer.param_groups[0]["lr"] == record.lr


def test_every_group_of_weights_gets_the_rate_of_the_step(digits):
    def grouped(weights):
        first, *rest = weights
        return torch.optim.AdamW([{"params": [first]}, {"params": rest, "weight_decay": 0.0}], lr=1e-3)

    state = training.start(UNet(width=8, multipliers=(1,)), optimizer=grouped)
    for record in training.train(state, SCHEDULE, digits.x, steps=3, batch=2):
        assert [group["lr"] for group in state.optimizer.param_groups] == [record.lr, record.lr]


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


def test_what_batch_norm_has_counted_goes_to_the_average_too(digits):
    torch.manual_seed(0)
    state = training.start(SimpleUNet(widths=(8, 16)))
    list(training.train(state, SCHEDULE, digits.x, steps=3, batch=8))
    counted = dict(state.network.named_buffers())
    assert any("running_mean" in name and value.abs().sum() > 0 for name, value in counted.items())
    assert all(value.equal(counted[name]) for name, value in state.ema.named_buffers())


def told(record):
    return record.step, record.loss, record.lr


def trained(state, images, steps, upto=None):
    records = islice(training.train(state, SCHEDULE, images.x, steps, batch=4), upto)
    return [told(record) for record in records], everything(state)


def test_all_weights_at_once_are_each_weight_by_itself(seeded):
    def taken(make):
        weights = [nn.Parameter(torch.randn(shape, generator=seeded(0))) for shape in ((7, 3), (5,), (2, 3, 3, 3))]
        optimizer = make(weights)
        for step in range(20):
            for k, weight in enumerate(weights):
                weight.grad = torch.randn(weight.shape, generator=seeded(10 * step + k))
            optimizer.step()
        return weights

    one_by_one = taken(lambda weights: torch.optim.AdamW(weights, lr=4e-3, betas=(0.9, 0.99), foreach=False))
    assert all(map(torch.equal, taken(training.adamw), one_by_one))


def test_the_same_seed_gives_the_same_weights(fresh, digits):
    first, again, other = (trained(fresh(seed), digits, 3) for seed in (1, 1, 2))
    assert first[0] == again[0] and same(first[1], again[1])
    assert not same(first[1], other[1])


def test_resuming_from_a_file_is_exact(fresh, digits, tmp_path):
    straight = trained(fresh(), digits, 6)
    half = fresh()
    first_records, at_three = trained(half, digits, 6, upto=3)
    path = checkpoints.save(tmp_path / "half.safetensors", half)
    resumed = checkpoints.load(path, fresh(seed=5))
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
    checkpoints.save(tmp_path / "a", half)
    resumed = checkpoints.load(tmp_path / "a", fresh(classes=10))
    assert begun + run(resumed) == losses and same(everything(resumed), everything(whole))


def test_the_loss_falls_on_one_image(fresh, digits, seeded):
    state, image = fresh(), digits.x[:1]
    t = torch.randint(1, 1001, (256,), generator=seeded(0))
    eps = torch.randn(256, 1, 8, 8, generator=seeded(1))

    def error(network):
        with torch.no_grad():
            return float(objectives.errors(SCHEDULE, network, image.expand(256, -1, -1, -1), t, eps).mean())

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
            seen.append(told(record))
    assert seen == straight[0][:3] and shaken.step == 3 and signal.getsignal(signal.SIGINT) is handler
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


def test_bytes_are_scaled_batch_by_batch(fresh, digits):
    as_bytes = data.to_bytes(digits.x)
    assert (
        trained(fresh(), data.Images(as_bytes / 127.5 - 1, digits.y), 3)[0]
        == (trained(fresh(), data.Images(as_bytes, digits.y), 3)[0])
    )


def seen_by(objective_of, state, x0, steps=1, **how):
    """What the objective is handed in each step."""
    seen = []

    def objective(schedule, network, x, t, eps, *, labels=None):
        seen.append((x, t, eps, labels))
        return objective_of(schedule, network, x, t, eps, labels=labels)

    list(training.train(state, SCHEDULE, x0, steps, objective=objective, **how))
    return seen


def test_each_image_is_seen_once_an_epoch_in_another_order(fresh, digits):
    x0 = digits.x[:10] * 0 + torch.linspace(-1, 1, 10)[:, None, None, None]
    seen = seen_by(objectives.errors, fresh(), x0, steps=4, batch=5)
    epochs = [torch.cat([seen[i][0], seen[i + 1][0]])[:, 0, 0, 0] for i in (0, 2)]
    for epoch in epochs:
        assert sorted(epoch.tolist()) == pytest.approx(torch.linspace(-1, 1, 10).tolist())
    assert not epochs[0].equal(epochs[1])


def test_a_batch_may_be_larger_than_the_data(fresh, digits):
    ((x, *_),) = seen_by(objectives.errors, fresh(), digits.x[:3], batch=7)
    assert len(x) == 7


def test_flips_turn_about_half_of_the_images(fresh, digits):
    image = digits.x[:1]
    ((x, *_),) = seen_by(objectives.errors, fresh(), image, batch=200, flips=True)
    turned = sum(bool(one.equal(image[0].flip(-1))) for one in x)
    assert 60 < turned < 140 and sum(bool(one.equal(image[0])) for one in x) == 200 - turned
    ((x, *_),) = seen_by(objectives.errors, fresh(), image, batch=20)
    assert x.equal(image.expand(20, -1, -1, -1))


def test_each_image_keeps_its_own_label(fresh, digits):
    labels = torch.arange(10)
    x0 = digits.x[:10] * 0 + labels[:, None, None, None] / 10
    for x, _, _, told in seen_by(objectives.errors, fresh(classes=10), x0, steps=3, batch=4, labels=labels, flips=True):
        assert (10 * x[:, 0, 0, 0]).round().long().equal(told)


def test_a_share_of_the_labels_is_replaced_by_no_label(fresh, digits):
    state = fresh(classes=10)
    ((*_, y),) = seen_by(objectives.errors, state, digits.x, batch=1000, labels=digits.y, unlabelled=0.1)
    assert 60 < (y == 10).sum() < 140 and y.min() == 0
    ((*_, y),) = seen_by(objectives.errors, fresh(classes=10), digits.x, batch=1000, labels=digits.y)
    assert y.max() == 9


@pytest.mark.parametrize("T, n", [(1000, 1), (1000, 128), (200, 64), (10, 40)])
def test_times_are_uniform_and_spread(T, n, seeded):
    generator = seeded(0)
    drawn = torch.stack([objectives.spread_times(T, n, generator=generator) for _ in range(400)])
    assert drawn.min() >= 1 and drawn.max() <= T
    assert drawn.double().mean() == pytest.approx((T + 1) / 2, rel=0.03 if n == 1 else 0.01)
    if 1 < n <= T:
        assert ((drawn.sort(1).values - 1) * n // T).diff(dim=1).max() <= 2
    assert bool((drawn == 1).any() and (drawn == T).any()) or n == 1


@pytest.mark.parametrize("T, n", [(1000, 100), (10, 40), (1000, 128)])
def test_one_draw_places_all_times_so_that_neighbours_are_equally_far_apart(T, n, seeded):
    for seed in range(5):
        apart = objectives.spread_times(T, n, generator=seeded(seed)).double().diff()
        assert T // n <= apart.min() and apart.max() <= -(-T // n)


def test_the_last_time_is_T_where_rounding_lifts_its_place_to_the_end(monkeypatch):
    """In float32, 127 plus nearly 1 is 128."""
    monkeypatch.setattr(torch, "rand", lambda *shape, **how: torch.tensor(1 - 2.0**-24))
    for T, n in ((1000, 128), (10, 7), (1, 3)):
        assert objectives.spread_times(T, n).max() == T


@pytest.mark.parametrize(
    "weight, recover",
    [
        (lambda snr: 1 / snr, forward.x0_from_eps),
        (lambda snr: 1 + 1 / snr, forward.v_from_eps),
    ],
    ids=["x0", "v"],
)
def test_a_weight_makes_the_error_of_eps_that_of_x0_or_v(weight, recover, digits, seeded):
    x0, t = digits.x[:6], torch.tensor([1, 100, 300, 500, 800, 950])
    eps = torch.randn(x0.shape, generator=seeded(0))
    xt, _ = forward.forward_jump(SCHEDULE, x0, t, eps)

    def network(xt, log_snr):
        return 0.9 * xt

    truth, guess = recover(SCHEDULE, xt, t, eps), recover(SCHEDULE, xt, t, 0.9 * xt)
    found = objectives.weighted(weight)(SCHEDULE, network, x0, t, eps)
    torch.testing.assert_close(found, (guess - truth).square().flatten(1).mean(1), rtol=1e-3, atol=1e-5)


def test_the_three_errors():
    eps_hat, eps = torch.tensor([0.0, 0.5, -3.0]), torch.zeros(3)
    assert objectives.squared(eps_hat, eps).tolist() == [0, 0.25, 9]
    assert objectives.absolute(eps_hat, eps).tolist() == [0, 0.5, 3]
    assert objectives.huber(eps_hat, eps).tolist() == [0, 0.125, 2.5]


def test_what_is_held_out_is_judged_with_the_same_noise_each_time(digits):
    class Zero(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, xt, log_snr):
            return self.weight * xt

    level, found = objectives.held_out(SCHEDULE, Zero(), digits.x[:300], batch=100)
    again = objectives.held_out(SCHEDULE, Zero(), digits.x[:300], batch=100)
    assert level.equal(again.level) and found.equal(again.errors) and level.shape == found.shape == (300,)
    assert 0 < float(level.min()) and float(level.max()) <= 1 and not objectives.by_level(level, found).isnan().any()
    assert found.mean() == pytest.approx(1, rel=0.02), "the mean square of eps itself"
    assert not objectives.held_out(SCHEDULE, Zero(), digits.x[:300], seed=1)[1].equal(found)
    _, from_bytes = objectives.held_out(SCHEDULE, Zero(), data.to_bytes(digits.x[:300]), batch=100)
    torch.testing.assert_close(from_bytes, found)


def test_the_loss_by_noise_level():
    level = torch.tensor([0.001, 0.1, 0.1001, 0.95, 1.0])
    found = objectives.by_level(level, torch.tensor([1.0, 3.0, 5.0, 7.0, 9.0]))
    assert found[0] == 2 and found[1] == 5 and found[9] == 8 and found[2:9].isnan().all()
