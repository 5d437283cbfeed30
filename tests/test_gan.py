"""The game of two networks: its losses in closed form, exact resume, interrupts, and what it refuses.

两个网络的博弈：损失与闭式一致，续训分毫不差，中断不丢一步，错误的输入被拒。
"""

import dataclasses
import math
import signal
import threading
from itertools import islice

import numpy as np
import pytest
import torch
from torch import nn

from course_utils import checkpoints, data, gan, training, weights
from course_utils.generator import Discriminator, Generator

LABELS = torch.arange(12) % 10


@pytest.fixture(scope="module")
def garments():
    """Twelve images of the right size, no two alike, and their classes."""
    digits = data.digits(28)
    return data.Images(digits.x[:12], LABELS)


@pytest.fixture(scope="module")
def ring():
    angle = torch.arange(64) * 2 * math.pi / 8
    return torch.stack([angle.cos(), angle.sin()], 1)


def small_game(seed=0, **how):
    torch.manual_seed(0)
    players = gan.Players(Generator(4, 6, 10), Discriminator(4, 10), 4)
    return training.start(players, seed=seed, optimizer=gan.adam, **how)


def mlp(inside, out, *more):
    return nn.Sequential(nn.Linear(inside, 16), nn.ReLU(), nn.Linear(16, out), *more)


def plane_game(generator=None, discriminator=None, **how):
    torch.manual_seed(0)
    players = gan.Players(generator or mlp(3, 2), discriminator or mlp(2, 1, nn.Flatten(0)), 3)
    return training.start(players, optimizer=gan.adam, **how)


def everything(state):
    """All that a game changes, by name, copied."""
    kept = state.optimizer.state_dict()["state"]
    return {
        **{f"network.{k}": v.clone() for k, v in state.network.state_dict().items()},
        **{f"ema.{k}": v.clone() for k, v in state.ema.state_dict().items()},
        **{f"kept.{i}.{k}": v.clone() for i, of in kept.items() for k, v in of.items()},
        "generator": state.generator.get_state(),
        "order": state.order.clone(),
        "step": torch.tensor(state.step),
    }


def same(a, b):
    return a.keys() == b.keys() and all(a[name].equal(b[name]) for name in a)


def played(state, images, steps, upto=None, **how):
    records = gan.play(state, images.x, steps, batch=4, labels=images.y, **how)
    return list(islice(records, upto)), everything(state)


# Losses


def test_who_knows_nothing_loses_log_2():
    nothing = torch.zeros(3, dtype=torch.float64)
    torch.testing.assert_close(gan.discriminator_losses(nothing, nothing), nothing + 2 * math.log(2))
    torch.testing.assert_close(gan.generator_losses(nothing), nothing + math.log(2))


def test_the_losses_are_those_of_the_paper_and_stay_finite():
    real, made = torch.tensor([-2.0, 0.5, 3.0]).double(), torch.tensor([1.5, -1.0, 0.2]).double()
    expected = -real.sigmoid().log() - (1 - made.sigmoid()).log()
    torch.testing.assert_close(gan.discriminator_losses(real, made), expected)
    torch.testing.assert_close(gan.generator_losses(made), -made.sigmoid().log())
    far = torch.tensor([-1e4, 1e4])
    assert gan.discriminator_losses(far, far).isfinite().all() and gan.generator_losses(far).isfinite().all()


def test_the_generators_slope_is_steepest_where_a_fake_is_seen_through():
    made = torch.tensor([-9.0, -1.0, 0.0, 1.0, 9.0], requires_grad=True)
    (slope,) = torch.autograd.grad(gan.generator_losses(made).sum(), made)
    torch.testing.assert_close(slope, made.detach().sigmoid() - 1)
    saturating = (1 - made.sigmoid()).log()
    (flat,) = torch.autograd.grad(saturating.sum(), made)
    assert abs(slope[0]) > 0.99 and abs(flat[0]) < 0.001


def test_the_best_discriminator_of_two_bells_is_a_straight_line():
    """p = N(1, 1), q = N(-1, 1): log p / q = 2 x, and no other line loses less."""
    x, z = (torch.randn(200_000, generator=torch.Generator().manual_seed(0)).double() + at for at in (1, -1))
    losses = {k: float(gan.discriminator_losses(k * x, k * z).mean()) for k in (1.5, 1.9, 2.0, 2.1, 2.5)}
    assert min(losses, key=losses.get) == 2.0


def test_the_slope_penalty_of_a_linear_discriminator_is_known():
    w = torch.tensor([[3.0], [-4.0]], requires_grad=True)
    x = torch.randn(5, 2, requires_grad=True)
    penalty = gan.slope_penalty((x @ w).squeeze(1), x)
    torch.testing.assert_close(penalty, torch.full((5,), 12.5))
    (back,) = torch.autograd.grad(penalty.mean(), w)
    torch.testing.assert_close(back, w.detach())


def test_the_slope_penalty_of_a_bowl_depends_on_where_it_is_asked():
    x = torch.tensor([[1.0, 2.0], [0.0, 0.0], [3.0, -1.0]], requires_grad=True)
    torch.testing.assert_close(gan.slope_penalty(x.square().sum(1), x), 2 * x.detach().square().sum(1))


# The loop


def test_a_step_moves_each_player_along_its_own_loss(ring):
    """One step of plain descent is computed by hand, both players at the point where they stood."""
    state = plane_game()
    state.optimizer = torch.optim.SGD(state.network.parameters(), lr=0.1)
    generator, discriminator = state.network.generator, state.network.discriminator
    before = [weight.detach().clone() for weight in state.network.parameters()]
    chance = torch.Generator().manual_seed(0)
    x = ring[torch.randperm(64, generator=chance)[:8]].requires_grad_()
    drawn = generator(torch.randn(8, 3, generator=chance))
    real, made = discriminator(x), discriminator(drawn)
    of_d = (gan.discriminator_losses(real, made) + 0.5 * gan.slope_penalty(real, x)).mean()
    slopes = torch.autograd.grad(gan.generator_losses(made).mean(), [*generator.parameters()], retain_graph=True)
    slopes += torch.autograd.grad(of_d, [*discriminator.parameters()])
    record = next(gan.play(state, ring, 1, batch=8, r1=0.5))
    for weight, was, slope in zip(state.network.parameters(), before, slopes, strict=True):
        torch.testing.assert_close(weight.detach(), was - 0.1 * slope)
    told = gan.discriminator_losses(real, made), gan.generator_losses(made), real.sigmoid(), made.sigmoid()
    assert dataclasses.astuple(record) == pytest.approx((1, *(float(values.detach().mean()) for values in told)))


def test_each_step_gives_a_record_when_it_is_asked_for(garments):
    state = small_game()
    before = everything(state)
    records = gan.play(state, garments.x, 3, batch=4, labels=garments.y)
    assert same(everything(state), before)
    first = next(records)
    assert [field.name for field in dataclasses.fields(first)] == ["step", "loss_d", "loss_g", "real", "made"]
    assert first.step == state.step == 1 and 0 < first.real < 1 and 0 < first.made < 1
    rest = list(records)
    assert [record.step for record in rest] == [2, 3] and state.losses == [r.loss_d for r in (first, *rest)]
    assert list(gan.play(state, garments.x, 3, labels=garments.y)) == []
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.loss_d = 0


def test_what_is_made_comes_to_where_the_data_lie(ring):
    state, aim = plane_game(lr=5e-3), torch.tensor([0.8, -0.5])

    def off():
        z = torch.randn(500, 3, generator=torch.Generator().manual_seed(1))
        return float((state.ema.generator(z) - aim).norm(dim=1).mean())

    before = off()
    list(gan.play(state, 0.1 * ring + aim, 300, batch=32, r1=0.1, ema_decay=0.9))
    assert off() < 0.5 * before


def test_the_same_seed_gives_the_same_game(garments):
    first, again, other = (played(small_game(seed), garments, 3) for seed in (1, 1, 2))
    assert first[0] == again[0] and same(first[1], again[1])
    assert not same(first[1], other[1])


def test_bytes_are_scaled_batch_by_batch(garments):
    as_bytes = data.Images(data.to_bytes(garments.x), garments.y)
    scaled = data.Images(as_bytes.x / 127.5 - 1, garments.y)
    assert played(small_game(), as_bytes, 2)[0] == played(small_game(), scaled, 2)[0]


def test_images_and_their_gradients_stay_as_they_are(garments):
    kept = garments.x.clone()
    played(small_game(), garments, 2)
    assert garments.x.equal(kept) and not garments.x.requires_grad


def test_resuming_from_a_file_is_exact(garments, tmp_path):
    straight = played(small_game(), garments, 6)
    half = small_game()
    first, at_three = played(half, garments, 6, upto=3)
    checkpoints.save_in(tmp_path, half)
    resumed = checkpoints.resume(tmp_path, small_game(seed=5))
    assert same(everything(resumed), at_three) and resumed.step == 3
    rest, at_six = played(resumed, garments, 6)
    assert first + rest == straight[0] and same(at_six, straight[1])


def test_a_game_of_other_players_is_not_resumed(garments, tmp_path, refused):
    state = small_game()
    path = checkpoints.save(tmp_path / "a", state)
    other = training.start(gan.Players(Generator(4, 6, 10), Discriminator(8, 10), 4), optimizer=gan.adam)
    with refused(str(path), "Players"):
        checkpoints.load(path, other)


class Interrupting(nn.Module):
    """A discriminator during whose forward pass the reader presses the stop button."""

    def __init__(self, inner, at):
        super().__init__()
        self.inner, self.at, self.calls = inner, at, 0

    def forward(self, x):
        self.calls += 1
        if self.calls == self.at:
            signal.raise_signal(signal.SIGINT)
        return self.inner(x)


def test_an_interrupt_waits_for_the_end_of_the_step(ring):
    def shaken(at):
        torch.manual_seed(1)
        return plane_game(discriminator=Interrupting(mlp(2, 1, nn.Flatten(0)), at))

    calm = shaken(None)
    straight, end = list(gan.play(calm, ring, 5, batch=8)), everything(calm)
    state, seen, handler = shaken(5), [], signal.getsignal(signal.SIGINT)  # the fifth call is made in step 3
    with pytest.raises(KeyboardInterrupt):
        for record in gan.play(state, ring, 5, batch=8):
            seen.append(record)
    assert seen == straight[:3] and state.step == 3 and signal.getsignal(signal.SIGINT) is handler
    assert seen + list(gan.play(state, ring, 5, batch=8)) == straight and same(everything(state), end)


def test_a_game_runs_outside_the_main_thread_too(garments):
    done = []
    thread = threading.Thread(target=lambda: done.append(played(small_game(), garments, 2)))
    thread.start()
    thread.join()
    assert same(done[0][1], played(small_game(), garments, 2)[1])


# What is refused


class Making(nn.Module):
    """A player that answers with what a function makes of what it is given and a weight."""

    def __init__(self, answer):
        super().__init__()
        self.answer, self.weight = answer, nn.Parameter(torch.ones(()))

    def forward(self, x):
        return self.answer(x, self.weight)


@pytest.mark.parametrize(
    "generator, discriminator, given",
    [
        (None, mlp(2, 1), ("(8, 1)", "8")),
        (None, Making(lambda x, w: w * x.sum()), ("()", "8")),
        (None, Making(lambda x, w: x.sum(1).detach()), ("(8,)",)),
        (None, Making(lambda x, w: (w * x.sum(1), w)), ("tuple",)),
        (mlp(3, 3), None, ("(8, 3)", "(8, 2)")),
        (Making(lambda z, w: z[:, :2]), None, ("(8, 2)",)),
        (Making(lambda z, w: [z]), None, ("list",)),
        (Making(lambda z, w: w * z[:4, :2]), None, ("(4, 2)", "(8, 2)")),
        (Making(lambda z, w: w * z[:, :2] * torch.nan), None, ("nan",)),
        (None, Making(lambda x, w: w * x.sum(1) * torch.inf), ("nan",)),
    ],
)
def test_answers_that_make_no_game_stop_it_before_anything_moves(generator, discriminator, given, ring, refused):
    state = plane_game(generator, discriminator)
    before = everything(state)
    with refused(*given):
        next(gan.play(state, ring, 5, batch=8))
    assert same(everything(state), before)


@pytest.mark.parametrize(
    "how, given",
    [
        (dict(batch=0), ("batch", "0")),
        (dict(steps=2.5), ("steps", "2.5")),
        (dict(r1=-1), ("r1", "-1")),
        (dict(ema_decay=2), ("ema_decay", "2")),
        (dict(labels=LABELS[:3]), ("labels", "12")),
        (dict(labels=LABELS.float()), ("labels", "12")),
        (dict(labels=LABELS + 1), ("labels", "10")),
        (dict(x0=torch.zeros(12, 1, 28, 28) + 3), ("3",)),
        (dict(x0=torch.zeros(12, 1, 14, 14)), ("(4, 1, 28, 28)", "(4, 1, 14, 14)")),
        (dict(labels=None), ("generator",)),
    ],
)
def test_settings_and_data_that_cannot_be_played_with(how, given, garments, refused):
    told = dict(x0=garments.x, steps=2, batch=4, labels=LABELS) | how
    state = small_game()
    with refused(*given):
        list(gan.play(state, told.pop("x0"), told.pop("steps"), **told))
    assert state.step in (0, 1)


def test_labels_are_only_for_players_that_take_them(ring, refused):
    with refused("generator", "Sequential"):
        next(gan.play(plane_game(), ring, 2, labels=torch.zeros(64, dtype=torch.long)))


def test_another_training_is_no_game(ring, refused):
    with refused("state.network", "Players"):
        next(gan.play(training.start(mlp(2, 2)), ring, 2))
    with refused("state", "Players"):
        next(gan.play(mlp(2, 2), ring, 2))
    with refused("generator", "3"):
        gan.Players(3, mlp(2, 1), 3)
    with refused("latent", "0"):
        gan.Players(mlp(2, 2), mlp(2, 1), 0)


ROW, LEARNT = torch.zeros(3), torch.zeros(3, requires_grad=True)


@pytest.mark.parametrize(
    "ask, given",
    [
        (lambda: gan.discriminator_losses(np.zeros(3), np.zeros(3)), ("ndarray (3,)",)),
        (lambda: gan.discriminator_losses(1, 2), ("real 1", "made 2")),
        (lambda: gan.discriminator_losses(torch.arange(3), torch.arange(3)), ("int64",)),
        (lambda: gan.discriminator_losses(ROW, torch.zeros(4)), ("(3,)", "(4,)")),
        (lambda: gan.discriminator_losses(ROW, torch.zeros(3, 1)), ("(3, 1)", "squeeze")),
        (lambda: gan.generator_losses(np.zeros(3)), ("ndarray",)),
        (lambda: gan.generator_losses(torch.zeros(3, 1)), ("(3, 1)",)),
        (lambda: gan.generator_losses(3), ("made 3",)),
        (lambda: gan.slope_penalty(np.zeros(3), np.zeros((3, 2))), ("ndarray",)),
        (lambda: gan.slope_penalty(ROW, torch.zeros(3, 2)), ("(3, 2)", "requires_grad_")),
        (lambda: gan.slope_penalty(LEARNT * 2, torch.zeros(3, 2)), ("(3, 2)",)),
        (lambda: gan.slope_penalty(LEARNT * 2, torch.zeros(3, 2, requires_grad=True)), ("(3, 2)",)),
        (lambda: gan.slope_penalty(LEARNT * 2, LEARNT), ("(3,)",)),
        (lambda: gan.slope_penalty(LEARNT * 2, 5), ("5",)),
        *(
            (lambda lr=lr: gan.adam(mlp(2, 2).parameters(), lr=lr), ("lr", str(lr)))
            for lr in ("a", 0, -1, None, math.nan)
        ),
        (lambda: gan.adam(Making(None)), ("Making", "parameters()")),
        (lambda: gan.adam(3), ("int",)),
        (lambda: gan.adam([]), ("[]",)),
    ],
)
def test_what_the_parts_of_a_game_refuse(ask, given, refused):
    with refused(*given):
        ask()


@pytest.mark.parametrize("name", ["optimizer", "generator", "ema", "step"])
def test_a_state_that_is_not_of_a_game_is_refused(name, ring, refused):
    state = plane_game()
    setattr(state, name, "7")
    with refused(f"state.{name}", "7"):
        next(gan.play(state, ring, 2))


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_a_player_that_cannot_learn_is_refused(name, ring, refused):
    state = plane_game()
    getattr(state.network, name).requires_grad_(False)
    with refused("requires_grad_"):
        next(gan.play(state, ring, 2))


# The networks


def test_a_generator_makes_garments_of_a_class_from_noise():
    torch.manual_seed(0)
    generator = Generator(6, 12, 10).eval()
    z, labels = torch.randn(5, 6), torch.arange(5)
    x = generator(z, labels)
    assert x.shape == (5, 1, 28, 28) and x.abs().max() <= 1
    assert not x.allclose(generator(z, labels + 1)) and not x.allclose(generator(-z, labels))
    torch.testing.assert_close(generator(z[:2], labels[:2]), x[:2], rtol=1e-4, atol=1e-5)


def test_a_batch_is_normalised_so_that_no_two_of_a_class_are_alike():
    torch.manual_seed(0)
    generator = Generator(6, 12, 10)
    nn.init.constant_(generator.seed.bias, 50.0)  # what all samples share, far louder than what z says
    x = generator(torch.randn(40, 6), torch.zeros(40).long())
    assert x.std(0).mean() > 0.05


def test_a_discriminator_answers_one_logit_an_image_and_looks_at_the_class():
    torch.manual_seed(0)
    discriminator = Discriminator(8, 10)
    x = torch.rand(5, 1, 28, 28) * 2 - 1
    logits = discriminator(x, torch.arange(5))
    assert logits.shape == (5,) and not logits.allclose(discriminator(x, torch.arange(5) + 1))
    torch.testing.assert_close(discriminator(x[:2], torch.arange(2)), logits[:2])


@pytest.mark.parametrize(
    "ask, given",
    [
        (lambda: Generator(0), ("latent", "0")),
        (lambda: Generator(width=10), ("width", "10", "6")),
        (lambda: Generator(classes=0), ("classes", "0")),
        (lambda: Discriminator(0), ("width", "0")),
        (lambda: Discriminator(classes=0), ("classes", "0")),
        (lambda: Generator(4, 6)(torch.randn(2, 5), torch.zeros(2).long()), ("(2, 5)", "(n, 4)")),
        (lambda: Generator(4, 6)(None, torch.zeros(2).long()), ("NoneType",)),
        (lambda: Generator(4, 6)(torch.randn(2, 4).double(), torch.zeros(2).long()), ("float64",)),
        (lambda: Generator(4, 6)(torch.full((2, 4), torch.nan), torch.zeros(2).long()), ("nan",)),
        (lambda: Generator(4, 6)(torch.randn(2, 4), torch.tensor([0, 10])), ("labels", "9")),
        (lambda: Generator(4, 6)(torch.randn(2, 4), torch.zeros(3).long()), ("labels", "2")),
        (lambda: Discriminator(4)(torch.zeros(2, 1, 14, 14), torch.zeros(2).long()), ("(2, 1, 14, 14)", "28")),
        (lambda: Discriminator(4)(torch.zeros(2, 1, 28, 28).byte(), torch.zeros(2).long()), ("uint8",)),
        (lambda: Discriminator(4)(torch.zeros(2, 1, 28, 28), torch.tensor([0, 10])), ("labels", "9")),
    ],
)
def test_what_the_networks_refuse(ask, given, refused):
    with refused(*given):
        ask()


def test_a_generator_is_written_and_built_again(tmp_path, monkeypatch):
    torch.manual_seed(0)
    generator = Generator(6, 6, 4).eval()
    weights.write("mine", generator, tmp_path)
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    again = weights.pretrained("mine")
    assert type(again) is Generator and again.config == generator.config and not again.training
    z, labels = torch.randn(8, 6), torch.arange(8) % 4
    torch.testing.assert_close(again(z, labels), generator(z, labels), rtol=0, atol=5e-3)


def test_a_discriminator_does_not_ship(tmp_path, refused):
    with refused("Discriminator", "Generator"):
        weights.write("mine", Discriminator(4), tmp_path)
