"""Looking changes nothing, and what is found does not hang on how many are looked at at once.

看而不动：什么都不改变；结果也与一次看多少幅无关。
"""

import itertools
import re
from pathlib import Path

import pytest
import torch
from torch import nn

from course_utils import checkpoints, data, denoisers, objectives, schedules, training
from course_utils.experiments import clinic, losses, networks
from course_utils.mlp import MLP
from course_utils.notes_unets import SimpleUNet
from course_utils.objectives import by_level, held_out

SCHEDULE = schedules.cosine()
X = data.digits().x
POINTS = torch.linspace(-1, 1, 74).reshape(37, 2)


def counting():
    """A network with batch norm and dropout, in training mode but for one frozen part."""
    torch.manual_seed(0)
    network = SimpleUNet(widths=(8, 16))
    network.add_module("dropout", nn.Dropout(0.5))
    whole = network.forward
    network.forward = lambda xt, log_snr: network.dropout(whole(xt, log_snr))
    next(part for part in network.modules() if isinstance(part, nn.BatchNorm2d)).eval()
    return network


def state_of(network):
    modes = [part.training for part in network.modules()]
    return modes, {name: value.clone() for name, value in network.state_dict().items()}


def untouched(network, before):
    modes, values = state_of(network)
    return modes == before[0] and all(values[name].equal(before[1][name]) for name in values)


def test_held_out_leaves_the_network_and_all_chance_as_they_were():
    network = counting()
    before, chance = state_of(network), torch.random.get_rng_state()
    first = held_out(SCHEDULE, network, X[:20])
    assert untouched(network, before) and torch.random.get_rng_state().equal(chance)
    assert all(weight.grad is None for weight in network.parameters()) and not first.errors.requires_grad
    assert held_out(SCHEDULE, network, X[:20]).errors.equal(first.errors), "no dropout, nothing counted"


@pytest.mark.parametrize("x, build", [(X[:37], counting), (POINTS, MLP)])
@pytest.mark.parametrize("batch", [1, 5, 36, 37, 1000])
def test_held_out_does_not_hang_on_the_batch(x, build, batch):
    torch.manual_seed(0)
    network = build()
    level, found = held_out(SCHEDULE, network, x)
    again = held_out(SCHEDULE, network, x, batch=batch)
    assert again.level.equal(level)
    torch.testing.assert_close(again.errors, found, rtol=1e-4, atol=1e-6)


class Told(nn.Module):
    """A network that answers the label, and remembers what it was told."""

    def __init__(self):
        super().__init__()
        self.weight, self.told = nn.Parameter(torch.zeros(1)), []

    def forward(self, xt, log_snr, labels=None):
        self.told.append((log_snr, labels))
        return self.weight * xt + (0 if labels is None else labels[:, None, None, None])


def test_each_image_is_judged_with_its_own_label():
    network, labels = Told(), torch.arange(23)
    _, found = held_out(SCHEDULE, network, X[:23], labels, batch=5)
    assert torch.cat([told for _, told in network.told]).equal(labels)
    eps = torch.randn(23, 1, 8, 8, generator=_after_the_times(23))
    expected = (labels[:, None, None, None] - eps).square().flatten(1).mean(1)
    torch.testing.assert_close(found, expected)


def test_the_error_that_is_asked_for_is_the_one_that_is_measured():
    eps = torch.randn(23, 1, 8, 8, generator=_after_the_times(23))
    for error, of_zero in ((objectives.absolute, eps.abs()), (objectives.squared, eps.square())):
        found = held_out(SCHEDULE, Told(), X[:23], error=error).errors
        torch.testing.assert_close(found, of_zero.flatten(1).mean(1))


def test_a_weighted_objective_tells_the_network_the_labels():
    network, labels = Told(), torch.arange(5)
    objectives.errors_of_v(SCHEDULE, network, X[:5], labels + 1, X[5:10], labels=labels)
    assert network.told[0][1].equal(labels)


def _after_the_times(n):
    """Where the generator of seed 0 stands once the times are drawn and mixed."""
    generator = torch.Generator().manual_seed(0)
    torch.rand((), generator=generator)
    torch.randperm(n, generator=generator)
    return generator


def test_the_times_of_images_kept_out_are_mixed_so_that_no_order_of_the_images_matters():
    network = Told()
    level, _ = held_out(SCHEDULE, network, X[:200], batch=80)
    t = (level * 1000).round().long()
    torch.testing.assert_close(torch.cat([told for told, _ in network.told]), SCHEDULE.log_snr[t].float())
    assert level.sort().values.diff().max() < 0.01, "spread evenly over 1..T"
    for half in (level[:100], level[100:]):
        assert half.mean() == pytest.approx(0.5, abs=0.15) and not half.diff().min() > 0


@pytest.mark.parametrize("seed", [0, 7])
def test_the_average_of_a_training_evaluates_from_its_first_step_to_a_checkpoint(seed, tmp_path):
    torch.manual_seed(0)
    state = training.start(SimpleUNet(widths=(8, 16)), seed=seed)
    list(training.train(state, SCHEDULE, X[:16], 2, batch=8))
    checkpoints.save(tmp_path / "a", state)
    torch.manual_seed(0)
    for one in (state, checkpoints.load(tmp_path / "a", training.start(SimpleUNet(widths=(8, 16))))):
        assert not any(part.training for part in one.ema.modules()) and one.network.training
        together, alone = one.ema(X[:4], torch.zeros(4)), one.ema(X[:1], torch.zeros(1))
        torch.testing.assert_close(together[:1], alone, rtol=1e-4, atol=1e-5)


def test_records_hold_no_gradients():
    state = training.start(MLP(size=2, width=8, layers=1))
    for record in training.train(state, SCHEDULE, POINTS, 2, batch=4):
        assert not record.errors.requires_grad and not record.level.requires_grad
        assert record.errors.shape == record.level.shape == (4,)
        assert record.loss == pytest.approx(float(record.errors.mean()))


@pytest.mark.parametrize("n", [1, 3])
def test_a_network_that_has_diverged_is_not_measured(n, refused):
    network = MLP(size=2, width=8, layers=1)
    with torch.no_grad():
        network.head[-1].bias[0] = float("nan")
    with refused("nan"):
        held_out(SCHEDULE, network, POINTS[:n])


NOTHING = torch.empty(0)
NO_JUDGING = {
    "a state": (lambda: held_out(SCHEDULE, training.start(MLP(2)), POINTS), ["TrainState", "state.ema"]),
    "no schedule": (lambda: held_out(MLP(2), POINTS, POINTS), ["MLP", "schedules.cosine()"]),
    "images of 0..255": (lambda: held_out(SCHEDULE, counting(), (X[:3] + 1) * 127.5), ["255", "[-1, 1]"]),
    "nan": (lambda: held_out(SCHEDULE, MLP(2), POINTS * float("nan")), ["nan"]),
    "nothing": (lambda: held_out(SCHEDULE, MLP(2), POINTS[:0]), ["(0, 2)"]),
    "an array": (lambda: held_out(SCHEDULE, MLP(2), POINTS.numpy()), ["ndarray"]),
    "labels in a list": (lambda: held_out(SCHEDULE, Told(), X[:2], [0, 1]), ["list", "2"]),
    "too few labels": (lambda: held_out(SCHEDULE, Told(), X[:3], torch.tensor([0, 1])), ["(2,)", "3"]),
    "no error": (lambda: held_out(SCHEDULE, MLP(2), POINTS, error="l2"), ["'l2'", "objectives.squared"]),
    "no batch": (lambda: held_out(SCHEDULE, MLP(2), POINTS, batch=0), ["0"]),
    "a seed of 1.5": (lambda: held_out(SCHEDULE, MLP(2), POINTS, seed=1.5), ["1.5"]),
    "levels 1 to 100": (lambda: by_level(torch.arange(1, 101), torch.rand(100)), ["t / T"]),
    "a level of 0": (lambda: by_level(torch.tensor([0.0, 0.5]), torch.rand(2)), ["t / T"]),
    "levels above 1": (lambda: by_level(torch.tensor([0.1, 1.001]), torch.rand(2)), ["t / T"]),
    "a level of nan": (lambda: by_level(torch.tensor([0.1, float("nan")]), torch.rand(2)), ["t / T"]),
    "too few values": (lambda: by_level(torch.tensor([0.1, 0.5]), torch.rand(1)), ["(2,)", "(1,)"]),
    "lists": (lambda: by_level([0.1, 0.5], [1.0, 2.0]), ["list"]),
    "values of nan": (lambda: by_level(torch.tensor([0.1, 0.5]), torch.tensor([1.0, float("nan")])), ["nan"]),
    "no parts": (lambda: by_level(torch.tensor([0.1]), torch.ones(1), parts=0), ["0"]),
    "no times": (lambda: objectives.spread_times(0, 4), ["T", "0"]),
    "half a time": (lambda: objectives.spread_times(10, 2.5), ["2.5"]),
    "a weight that is a number": (lambda: objectives.weighted(5.0), ["5.0", "snr"]),
}


@pytest.mark.parametrize("what", NO_JUDGING)
def test_what_cannot_be_judged_is_refused_in_words(what, refused):
    call, given = NO_JUDGING[what]
    with refused(*given):
        call()


def test_the_loss_by_level_does_not_hang_on_the_type_that_torch_makes():
    level, values = torch.tensor([0.05, 0.95, 1.0]), torch.tensor([1.0, 2.0, 4.0])
    found = by_level(level, values)
    try:
        torch.set_default_dtype(torch.float64)
        assert by_level(level, values)[[0, 9]].equal(found[[0, 9]])
    finally:
        torch.set_default_dtype(torch.float32)


def test_what_is_measured_on_the_shipped_network_leaves_it_and_all_chance_as_they_were():
    network, chance = networks.trained(), torch.random.get_rng_state()
    before = state_of(network)
    networks.answers()
    networks.multiplications(network, X[:1], torch.zeros(1))
    denoisers.from_network(SCHEDULE, network)(X[:2], 300)
    assert untouched(network, before) and torch.random.get_rng_state().equal(chance)


def short(monkeypatch):
    """Let trainings of experiments end after 2 steps."""
    for module in (clinic, losses):
        monkeypatch.setattr(module, "islice", lambda records, n: itertools.islice(records, 2))
    monkeypatch.setattr(clinic, "STEPS", 2)


TRAINS = re.compile(r"import start, train\n|^ +loss\.backward\(\)", re.M)  # the package's loop, or the page's own
SOURCES = sorted(Path(__file__).parents[1].glob("notebooks/source/*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_lesson_that_trains_keeps_to_one_thread_and_its_charts_to_their_history(path):
    text = path.read_text("utf-8")
    begins = text.find('key="imports"')
    watches = re.findall(r"^records = watch\((.*?)^\)", text, re.M | re.S)
    limit = text.find("torch.set_num_threads(1)", begins)
    assert not TRAINS.search(text) or begins < limit < text.find("# %%", begins + 1), "in the cell of its imports"
    assert all("earlier=state.losses," in watched for watched in watches)


def test_lessons_that_train_are_seen():
    text = {path.stem[:2]: path.read_text("utf-8") for path in SOURCES}
    found = {number for number, page in text.items() if TRAINS.search(page)}
    assert found == {"00", "04", "05", "06", "10", "12"}


EXPERIMENTS = {
    "clinic.chart": lambda: clinic.chart.__wrapped__("gradients"),
    "losses.midway": losses.midway.__wrapped__,
    "networks.pile_losses": lambda: networks.pile_losses(True, depth=1, steps=2),
    "networks.in_company": networks.in_company,
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_that_trains_takes_one_thread_and_leaves_threads_and_chance_as_they_were(name, monkeypatch):
    short(monkeypatch)
    taken, set_threads = [], torch.set_num_threads
    torch.set_num_threads(2)
    monkeypatch.setattr(torch, "set_num_threads", lambda n: taken.append(n) or set_threads(n))
    try:
        torch.manual_seed(5)
        chance = torch.random.get_rng_state()
        EXPERIMENTS[name]()
        assert torch.random.get_rng_state().equal(chance) and torch.get_num_threads() == 2
        assert taken == [1, 2], "one thread meanwhile"
    finally:
        set_threads(1)
