"""A checkpoint is whole or refused, the one before it is taken, and a killed run goes on bit for bit.

检查点要么完整、要么被拒绝；坏了就用再前一个；被强行终止的训练接着走，逐位一致。
"""

import builtins
import errno
import os
import pickle
from itertools import islice
from pathlib import Path

import killed
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from course_utils import checkpoints, data, files, schedules, state_files, training
from course_utils.muon import Muon
from course_utils.unet import UNet

SCHEDULE = schedules.cosine()
X = data.digits().x[:64]


def fresh(optimizer=training.adamw, **config):
    torch.manual_seed(0)
    return training.start(UNet(**{"width": 16, "multipliers": (1,), **config}), optimizer=optimizer)


def steps(state, upto, of=8, **how):
    return [r.loss for r in islice(training.train(state, SCHEDULE, X, of, batch=4, **how), upto)]


@pytest.fixture
def kept(tmp_path):
    """A folder with two checkpoints, after 2 and after 4 steps, and the losses of the steps after these."""
    state, folder = fresh(), tmp_path / "run"
    steps(state, 2)
    checkpoints.save_in(folder, state)
    steps(state, 2)
    checkpoints.save_in(folder, state)
    return folder


@pytest.mark.parametrize("optimizer", [training.adamw, Muon])
def test_resuming_goes_on_bit_for_bit(tmp_path, optimizer):
    straight, half = fresh(optimizer), fresh(optimizer)
    how = dict(flips=True, ema_decay=0.9)
    losses = steps(straight, 8, **how)
    begun = steps(half, 3, **how)
    path = checkpoints.save(tmp_path / "a.safetensors", half)
    resumed = checkpoints.load(path, fresh(optimizer))
    assert resumed.losses == begun and resumed.order.equal(half.order)
    assert begun + steps(resumed, 8, **how) == losses == resumed.losses
    for name in ("network", "ema"):
        ours, theirs = getattr(resumed, name).state_dict(), getattr(straight, name).state_dict()
        assert all(ours[key].equal(theirs[key]) for key in theirs)


def test_the_last_two_are_kept_and_the_last_is_taken(kept):
    assert sorted(path.name for path in kept.iterdir()) == [checkpoints.BEFORE, checkpoints.LAST]
    assert checkpoints.resume(kept, fresh()).step == 4
    assert checkpoints.load(kept / checkpoints.BEFORE, fresh()).step == 2


def test_an_empty_folder_leaves_the_state_as_it_is(tmp_path):
    assert checkpoints.resume(tmp_path / "none", fresh()).step == 0


def torn(path):
    path.write_bytes(path.read_bytes()[:-100])


def foreign(path):
    path.write_bytes(b"PK\x03\x04 not a checkpoint at all")


def tampered(path):
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(bytes(content))


def retold(path):
    content = path.read_bytes()
    assert content.count(b'"step":"4"') == 1
    path.write_bytes(content.replace(b'"step":"4"', b'"step":"7"'))


def of_another_network(path):
    checkpoints.save(path, fresh(width=32))


def of_another_optimizer(path):
    checkpoints.save(path, fresh(Muon))


def pickled(path):
    torch.save({"step": 4}, path)


def rewritten(path, **more):
    """The same tensors and words, but for some of them, by whoever does not know the digest."""
    with safe_open(path, "pt") as file:
        tensors, about = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()
    kept = {name: word for name, word in (about | more).items() if word is not None}
    path.unlink()
    save_file(tensors, path, metadata=kept)


def without_its_digest(path):
    rewritten(path, digest=None)


def without_any_words(path):
    with safe_open(path, "pt") as file:
        words = dict.fromkeys(file.metadata())
    rewritten(path, **words)


def reshaped(path):
    """One tensor of the optimizer in another shape, its bytes the same."""
    with safe_open(path, "pt") as file:
        tensors, about = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()
    name = next(name for name, tensor in tensors.items() if name.endswith("exp_avg") and tensor.ndim == 2)
    path.unlink()
    save_file(tensors | {name: tensors[name].reshape(-1)}, path, metadata=about)


class Twin(UNet):
    """Another kind of network, whose weights have the same names and shapes."""


def of_another_kind(path):
    torch.manual_seed(0)
    checkpoints.save(path, training.start(Twin(width=16, multipliers=(1,))))


def of_another_config(path):
    state = fresh()
    state.network.config = state.network.config | {"patch": 2}
    checkpoints.save(path, state)


def of_another_rate(path):
    torch.manual_seed(0)
    checkpoints.save(path, training.start(UNet(width=16, multipliers=(1,)), lr=1e-2))


def of_a_state_that_diverged(path):
    """As it could be written before such states were refused."""
    state = fresh()
    steps(state, 1)
    with torch.no_grad():
        next(state.network.parameters()).view(-1)[0] = float("nan")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(state_files, "_not_finite", lambda tensors: 0)
        checkpoints.save(path, state)


SPOIL = [
    torn,
    foreign,
    tampered,
    retold,
    of_another_network,
    of_another_optimizer,
    pickled,
    without_its_digest,
    without_any_words,
    reshaped,
    of_another_kind,
    of_another_config,
    of_another_rate,
    of_a_state_that_diverged,
]


@pytest.mark.parametrize("spoil", SPOIL)
def test_a_spoilt_file_is_refused_and_the_one_before_it_taken(kept, spoil, refused, capsys, in_both_languages):
    last = kept / checkpoints.LAST
    spoil(last)
    state = fresh()
    before = {key: weight.clone() for key, weight in state.network.state_dict().items()}
    with refused(str(last)):
        checkpoints.load(last, state)
    assert state.step == 0 and all(before[key].equal(w) for key, w in state.network.state_dict().items())
    capsys.readouterr()
    assert checkpoints.resume(kept, state).step == 2
    in_both_languages(*capsys.readouterr().out.strip().split("\n\n"), str(last))


def test_where_nothing_whole_is_left_it_says_so(kept, refused):
    for path in list(kept.iterdir()):
        torn(path)
    with refused(checkpoints.LAST):
        checkpoints.resume(kept, fresh())


def test_the_best_is_kept_by_its_held_out_loss(tmp_path):
    state, folder = fresh(), tmp_path / "run"
    for held_out in (0.5, 0.3, 0.4):
        steps(state, 1)
        checkpoints.save_in(folder, state, held_out)
    assert checkpoints.best(folder) == 0.3
    assert checkpoints.load(folder / checkpoints.BEST, fresh()).step == 2
    assert checkpoints.resume(folder, fresh()).step == 3
    assert checkpoints.best(tmp_path / "none") == float("inf")


def test_of_two_that_are_equally_good_the_first_stays_the_best(tmp_path):
    state = fresh()
    for held_out in (0.3, 0.3):
        steps(state, 1)
        checkpoints.save_in(tmp_path, state, held_out)
    assert checkpoints.load(tmp_path / checkpoints.BEST, fresh()).step == 1


@pytest.mark.parametrize("number", [0.5, torch.tensor(0.5), np.float32(0.5), np.array(0.5), 1])
def test_a_held_out_loss_is_any_kind_of_number(number, tmp_path):
    last = checkpoints.save_in(tmp_path / "run", fresh(), held_out=number)
    assert last.is_file() and checkpoints.best(tmp_path / "run") == float(number)
    checkpoints.save_in(tmp_path / "run", fresh(), held_out=2)
    assert checkpoints.best(tmp_path / "run") == float(number)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), torch.tensor(float("nan")), torch.ones(2), "0.5", True])
def test_a_held_out_loss_that_is_no_number_keeps_nothing(number, kept, refused):
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    with refused("held_out"):
        checkpoints.save_in(kept, fresh(), held_out=number)
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == before


@pytest.mark.parametrize("part", ["network", "ema", "optimizer", "losses"])
def test_a_state_that_holds_nan_replaces_nothing(part, kept, refused):
    state = checkpoints.resume(kept, fresh())
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    if part == "losses":
        state.losses[-1] = float("nan")
    else:
        parts = {"optimizer": lambda: next(iter(state.optimizer.state.values()))["exp_avg_sq"]}
        tensor = parts.get(part, lambda: next(getattr(state, part).parameters()))()
        with torch.no_grad():
            tensor.view(-1)[0] = float("inf")
    for _ in range(2):
        with refused("4"):
            checkpoints.save_in(kept, state, held_out=0.1)
    with refused("nan"):
        checkpoints.save(kept / "other.safetensors", state)
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == before


def test_resume_takes_the_file_itself_and_a_home(kept, refused, monkeypatch):
    monkeypatch.setenv("HOME", str(kept.parent))
    for place in (kept, str(kept), kept / checkpoints.LAST, "~/run", "~/run/last.safetensors"):
        assert checkpoints.resume(place, fresh()).step == 4
    assert checkpoints.resume(kept / checkpoints.BEFORE, fresh()).step == 2
    with refused("none.safetensors"):
        checkpoints.resume(kept / "none.safetensors", fresh())
    state = fresh()
    steps(state, 1)
    assert checkpoints.save("~/one", state) == kept.parent / "one" and checkpoints.load("~/one", fresh()).step == 1
    assert checkpoints.save_in("~/new", state, 0.25) == kept.parent / "new" / checkpoints.LAST
    assert checkpoints.best("~/new") == 0.25 and not (Path.cwd() / "~").exists()


@pytest.mark.parametrize("killed_at", [0, 1])
def test_a_run_killed_while_it_renames_goes_on_from_the_state_it_had_just_written(killed_at, kept, monkeypatch):
    state, moved, replace = checkpoints.resume(kept, fresh()), [], checkpoints.os.replace
    steps(state, 2)

    def until_killed(one, other):
        if Path(other).name in (checkpoints.LAST, checkpoints.BEFORE):
            if len(moved) == killed_at:
                raise KeyboardInterrupt
            moved.append(other)
        replace(one, other)

    monkeypatch.setattr(checkpoints.os, "replace", until_killed)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save_in(kept, state)
    monkeypatch.undo()
    again = checkpoints.resume(kept, fresh())
    assert again.step == 6 and again.losses == state.losses
    checkpoints.save_in(kept, again)
    assert checkpoints.FRESH not in {path.name for path in kept.iterdir()}


SETTINGS = {
    "a rate": (dict(lr=1e-6), "lr=0.004", "lr=1e-06"),
    "betas": (dict(optimizer=lambda p: torch.optim.AdamW(p, lr=4e-3)), "betas=(0.9, 0.99)", "betas=(0.9, 0.999)"),
    "amsgrad": (
        dict(optimizer=lambda p: torch.optim.AdamW(p, lr=4e-3, betas=(0.9, 0.99), amsgrad=True)),
        "amsgrad=False",
        "amsgrad=True",
    ),
}


@pytest.mark.parametrize("what", SETTINGS)
def test_a_state_does_not_go_on_under_other_settings(what, kept, refused):
    how, was, given = SETTINGS[what]
    state = training.start(UNet(width=16, multipliers=(1,)), **how)
    before = {key: weight.clone() for key, weight in state.network.state_dict().items()}
    with refused(str(kept / checkpoints.LAST), was, given):
        checkpoints.load(kept / checkpoints.LAST, state)
    with refused(was, given):
        checkpoints.resume(kept, state)
    assert state.step == 0 and all(before[key].equal(w) for key, w in state.network.state_dict().items())


def test_the_rate_of_the_matrices_is_a_setting_and_how_it_is_computed_is_none(tmp_path, refused):
    state = fresh(Muon)
    steps(state, 1)
    path = checkpoints.save(tmp_path / "a", state)
    with refused("matrix_rate=7.0", "matrix_rate=3.0"):
        checkpoints.load(path, fresh(lambda p: Muon(p, matrix_rate=3)))
    assert checkpoints.load(path, fresh(lambda p: Muon(p, matrix_rate=7))).step == 1
    state = fresh(lambda p: torch.optim.AdamW(p, weight_decay=0, betas=[0.9, 0.99], fused=True))
    checkpoints.save(path, state)
    assert checkpoints.load(path, fresh(lambda p: torch.optim.AdamW(p, weight_decay=0.0, betas=(0.9, 0.99)))).step == 0


def test_the_settings_of_every_group_of_weights_are_compared(tmp_path, refused):
    def grouped(decay):
        def build(weights):
            first, *rest = weights
            return torch.optim.AdamW([{"params": [first]}, {"params": rest, "weight_decay": decay}], lr=4e-3)

        return build

    path = checkpoints.save(tmp_path / "a", fresh(grouped(0.1)))
    assert checkpoints.load(path, fresh(grouped(0.1))).step == 0
    with refused("group 1 weight_decay=0.1", "group 1 weight_decay=0.2"):
        checkpoints.load(path, fresh(grouped(0.2)))


def test_losses_come_back_to_the_last_digit(tmp_path):
    state = fresh()
    state.losses = [0.1, 1 / 3]
    assert checkpoints.load(checkpoints.save(tmp_path / "a", state), fresh()).losses == [0.1, 1 / 3]


def test_two_kernels_write_beside_one_place_under_two_names(tmp_path, monkeypatch):
    beside, write = [], Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", lambda path, content: beside.append(path.name) or write(path, content))
    for process in (1, 2):
        monkeypatch.setattr(files.os, "getpid", lambda process=process: process)
        checkpoints.save(tmp_path / "a", fresh())
    assert len(set(beside)) == 2 and [path.name for path in tmp_path.iterdir()] == ["a"]


def test_the_memory_of_adamw_is_about_a_hundred_steps():
    optimizer = training.adamw([nn.Parameter(torch.zeros(1))])
    assert optimizer.defaults["betas"] == (0.9, 0.99) and optimizer.defaults["lr"] == 4e-3
    weight = optimizer.param_groups[0]["params"][0]
    weight.grad = torch.ones(1)
    optimizer.step()
    kept = optimizer.state[weight]
    assert kept["exp_avg"].item() == pytest.approx(1 - 0.9) and kept["exp_avg_sq"].item() == pytest.approx(1 / 100)


@pytest.mark.parametrize("given", [None, 5, "", {}])
def test_what_is_no_path_or_no_state_is_refused(given, tmp_path, refused):
    calls = [lambda: checkpoints.save(given, fresh()), lambda: checkpoints.load(given, fresh())]
    calls += [lambda: checkpoints.save_in(given, fresh()), lambda: checkpoints.resume(given, fresh())]
    calls += [lambda: checkpoints.best(given)]
    for call in calls:
        with refused():
            call()
    for call in (checkpoints.save, checkpoints.save_in):
        with refused("UNet", "training.start"):
            call(tmp_path / "a", UNet(width=8))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_loses_nothing_that_was_there(kept, refused, monkeypatch):
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    state = checkpoints.resume(kept, fresh())

    def full(self, content):
        with builtins.open(self, "wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with refused("No space left"):
        checkpoints.save_in(kept, state, held_out=0.1)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == before


def test_a_folder_that_cannot_be_made(tmp_path, refused):
    (tmp_path / "file").write_text("")
    with refused(str(tmp_path / "file" / "run")):
        checkpoints.save_in(tmp_path / "file" / "run", fresh())


def test_a_state_of_more_data_is_not_trained_on_less(tmp_path, refused):
    state = fresh()
    steps(state, 1)
    path = checkpoints.save(tmp_path / "a", state)
    with refused("10"):
        next(training.train(checkpoints.load(path, fresh()), SCHEDULE, X[:10], 8))


class Acting:
    """What makes a folder when it is unpickled."""

    def __init__(self, made):
        self.made = made

    def __reduce__(self):
        return os.mkdir, (str(self.made),)


@pytest.mark.parametrize(
    "write", [torch.save, lambda what, path: path.write_bytes(pickle.dumps(what))], ids=["torch", "pickle"]
)
def test_a_file_that_would_act_when_it_is_unpickled_is_refused_and_does_not(kept, write, refused, tmp_path):
    write(Acting(tmp_path / "made"), kept / checkpoints.LAST)
    with refused(str(kept / checkpoints.LAST)):
        checkpoints.load(kept / checkpoints.LAST, fresh())
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(("kills", "length"), [(1, 24), pytest.param(3, 60, marks=pytest.mark.full)])
def test_a_run_killed_again_and_again_ends_with_the_losses_of_one_that_was_not(kills, length, tmp_path):
    straight = killed.train(_made(tmp_path / "straight"), length)
    losses, moments = killed.run(_made(tmp_path / "killed"), length, kills)
    assert len(moments) == kills and len(losses) == length
    assert losses == straight


def _made(folder):
    folder.mkdir()
    return folder


class Tied(nn.Module):
    """Two layers with one weight, as tied embeddings have it, and a config that holds more than words."""

    def __init__(self, config=None):
        super().__init__()
        self.first, self.second = nn.Linear(2, 2), nn.Linear(2, 2)
        self.second.weight, self.config = self.first.weight, config

    def forward(self, xt, log_snr):
        return self.second(self.first(xt).tanh())


@pytest.mark.parametrize("config", [None, {"activation": torch.tanh}, {"block": nn.Linear, "at": torch.ones(2)}, 5])
def test_weights_that_are_shared_and_configs_of_every_kind_are_kept(config, tmp_path):
    def trained(state, upto):
        return [r.loss for r in islice(training.train(state, SCHEDULE, X[:, 0, 0, :2], 8, batch=4), upto)]

    torch.manual_seed(0)
    state = training.start(Tied(config))
    trained(state, 3)
    path, after = checkpoints.save(tmp_path / "tied.safetensors", state), trained(state, 5)
    again = checkpoints.load(path, training.start(Tied(config)))
    assert again.network.first.weight is again.network.second.weight and trained(again, 5) == after


@pytest.mark.parametrize("kept, here", [(torch.float64, torch.float32), (torch.float32, torch.float64)])
def test_a_state_in_another_precision_is_not_rounded_without_a_word(kept, here, tmp_path, refused):
    def state(dtype):
        torch.manual_seed(0)
        return training.start(UNet(width=8, multipliers=(1,)).to(dtype))

    path, other = checkpoints.save(tmp_path / "kept.safetensors", state(kept)), state(here)
    with refused(str(path), str(kept), str(here)):
        checkpoints.load(path, other)
    assert other.step == 0 and next(other.network.parameters()).dtype == here
    assert checkpoints.load(path, state(kept)).step == 0
