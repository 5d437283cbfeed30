"""The weights' widget: each control changes the picture, which keeps its size and tells the truth.

权重的控件：每个控件都改变图，图的尺寸不变，数也如实。
"""

import re

import pytest
import torch
from panels import controls, every_move_is_seen

from course_utils import arithmetic, checkpoints, data, objectives, schedules
from course_utils.denoisers import predict_eps
from course_utils.experiments import garments as trained
from course_utils.explorers import garments
from course_utils.explorers.training import SCHEDULES, weight_explorer
from course_utils.forward import forward_jump
from course_utils.mlp import MLP
from course_utils.muon import Muon
from course_utils.weights import pretrained
from tools.train_weights import PLANS


def test_each_control_changes_the_picture_and_never_its_size():
    panel = weight_explorer(100)
    moves = {"t": [2, 341, 1000, 100], "schedule": ["quadratic", "sigmoid", "cosine", "linear"], "σ²": ["β̃", "β"]}
    assert set(controls(panel)) == set(moves)
    every_move_is_seen(panel, moves)


@pytest.mark.parametrize("t", [2, 100, 700, 1000])
@pytest.mark.parametrize("name", SCHEDULES)
def test_the_numbers_above_are_the_weights(name, t):
    panel = weight_explorer(t)
    controls(panel)["schedule"].value = name
    s = getattr(schedules, name)()
    times = torch.arange(2, 1001)
    weights = s.beta[times] / (2 * s.alpha[times] * (1 - s.alpha_bar[times]))
    told = re.search(r"weight (\S+) +up to t: bound (\S+)%, simple (\S+)%", panel.picture.en)
    assert float(told[1]) == pytest.approx(float(weights[t - 2]), rel=1e-3, abs=6e-5)
    assert float(told[2]) == pytest.approx(100 * float(weights[: t - 1].sum() / weights.sum()), abs=0.06)
    assert float(told[3]) == pytest.approx(100 * (t - 1) / 999, abs=0.06)


def test_times_out_of_range_are_refused(refused):
    for t in (0, 1, 1001, 2.5):
        with refused(str(t)):
            weight_explorer(t)


def test_widths_are_explicit():
    panel = weight_explorer()
    assert all(control.layout.width.endswith("px") for control in controls(panel).values())
    assert panel.image.layout.width == "720px"


@pytest.fixture(scope="module")
def few_garments():
    """A few of the garments that come with the course, so that to look at them takes no time."""
    return data.Images(*(part[:600] for part in data.garments()))


@pytest.fixture
def nothing_drawn(monkeypatch):
    """Leave out the samples beside the losses; `test_garments_are_drawn_label_by_label` draws some."""
    monkeypatch.setattr(garments, "garments_of", lambda network, noise: torch.zeros_like(noise))


def test_the_full_run_goes_on_from_its_folder(monkeypatch, tmp_path, few_garments, nothing_drawn):
    monkeypatch.setattr(trained.data, "fashion_mnist", lambda: few_garments)
    first = garments.train_garments(2, tmp_path / "run", every=2)
    assert first.step == 2 and (tmp_path / "run/last.safetensors").is_file()
    later = garments.train_garments(3, tmp_path / "run", every=3)
    assert later.step == 3 and later.losses[:2] == first.losses


def asked_of_train(monkeypatch, tmp_path, images):
    """What the full run hands to `train`, without training: (state, schedule, images, steps), and what is named."""
    asked = []
    monkeypatch.setattr(trained.data, "fashion_mnist", lambda: images)
    monkeypatch.setattr(trained, "train", lambda *given, **named: asked.append((given, named)) or iter(()))
    garments.train_garments(600, tmp_path)
    return asked[0]


def test_the_full_run_is_trained_as_the_shipped_weights_were(monkeypatch, tmp_path, few_garments):
    (state, schedule, _, steps), how = asked_of_train(monkeypatch, tmp_path, few_garments)
    plan = PLANS["fashion_mnist"]
    assert state.network.config == pretrained("fashion_mnist").config and steps == plan.halfway
    assert isinstance(state.optimizer, Muon) and state.optimizer.defaults["lr"] == plan.rate
    assert (how["batch"], how["ema_decay"], how["unlabelled"]) == (plan.batch, plan.ema_decay, plan.unlabelled)
    assert how["objective"] is objectives.errors_of_v and torch.equal(schedule.alpha_bar, schedules.cosine().alpha_bar)


def test_one_image_in_thirty_is_kept_out_and_marks_the_best_checkpoint(monkeypatch, tmp_path, few_garments):
    every = few_garments
    (state, schedule, x, _), how = asked_of_train(monkeypatch, tmp_path / "asked", every)
    assert len(x) == len(how["labels"]) == 600 - 20 and torch.equal(x[0], every.x[1])
    assert torch.equal(x[29:58], every.x[31:60]) and torch.equal(how["labels"][29:58], every.y[31:60])
    monkeypatch.undo()
    monkeypatch.setattr(trained.data, "fashion_mnist", lambda: every)
    monkeypatch.setattr(garments, "garments_of", lambda network, noise: torch.zeros_like(noise))
    state = garments.train_garments(2, tmp_path / "run", every=2)
    _, found = objectives.held_out(schedule, state.ema, every.x[::30], every.y[::30])
    assert checkpoints.best(tmp_path / "run") == pytest.approx(float(found.mean()), rel=1e-5)
    assert (tmp_path / "run/best.safetensors").is_file()


def test_its_loss_is_the_squared_error_of_v(seeded):
    torch.manual_seed(0)
    schedule, network = schedules.cosine(), MLP(size=64, width=16, layers=1)
    x0, eps = torch.randn(2, 5, 1, 8, 8, generator=seeded(0))
    t = torch.tensor([50, 300, 600, 800, 950])
    xt, _ = forward_jump(schedule, x0, t, eps)
    signal, noise = (values[t].float()[:, None, None, None] for values in (schedule.signal, schedule.noise))
    x0_hat = (xt - noise * (eps_hat := predict_eps(schedule, network, xt, t))) / signal
    off = (signal * eps_hat - noise * x0_hat) - (signal * eps - noise * x0)
    expected = off.square().flatten(1).mean(1)
    assert torch.allclose(objectives.errors_of_v(schedule, network, x0, t, eps), expected, rtol=1e-3)


@pytest.mark.parametrize("pay", [1, 2])
def test_the_full_run_takes_the_threads_that_pay_and_gives_them_back(
    pay, monkeypatch, tmp_path, few_garments, nothing_drawn, capsys, in_both_languages
):
    monkeypatch.setattr(trained.data, "fashion_mnist", lambda: few_garments)
    monkeypatch.setattr(garments, "THREADS", 2)
    monkeypatch.setattr(garments, "threads_that_pay", lambda work, most: (work(), min(pay, most))[1])
    taken, before = [], torch.get_num_threads()
    monkeypatch.setattr(garments, "watch", lambda *_, **__: taken.append(torch.get_num_threads()))
    garments.train_garments(1, tmp_path)
    assert taken == [pay] and torch.get_num_threads() == before
    in_both_languages(*capsys.readouterr().out.strip().split("\n\n"), str(pay), "2")


@pytest.mark.parametrize("alone, shared, pays", [(1.0, 0.6, 2), (1.0, 0.95, 1), (1.0, 30.0, 1)])
def test_threads_pay_when_they_save_time_on_this_machine_just_now(alone, shared, pays, monkeypatch):
    now, counts = [0.0], []

    def work():
        counts.append(torch.get_num_threads())
        now[0] += alone if counts[-1] == 1 else shared

    monkeypatch.setattr(arithmetic.time, "perf_counter", lambda: now[0])
    assert arithmetic.threads_that_pay(work, 2) == pays
    assert counts[1:] == [1, 2] * 3 and torch.get_num_threads() == 1


def test_after_a_block_or_an_error_there_are_as_many_threads_as_before():
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), arithmetic.threads(2):
        1 / 0  # noqa: B018
    assert torch.get_num_threads() == before


def test_garments_are_drawn_label_by_label(seeded):
    noise = torch.randn(2, 1, 28, 28, generator=seeded(0))
    drawn = trained.garments_of(pretrained("fashion_mnist_halfway"), noise[:1].expand(2, -1, -1, -1))
    assert drawn.shape == (2, 1, 28, 28) and (drawn[0] - drawn[1]).abs().mean() > 0.1
    assert drawn.abs().max() <= 1.001
