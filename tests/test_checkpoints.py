"""A checkpoint is whole or refused, the one before it is taken, and a killed run goes on bit for bit.

检查点要么完整、要么被拒绝；坏了就用再前一个；被强行终止的训练接着走，逐位一致。
"""

import builtins
import errno
from itertools import islice
from pathlib import Path

import killed
import pytest
import torch

from course_utils import checkpoints, data, schedules, training
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


SPOIL = [torn, foreign, tampered, retold, of_another_network, of_another_optimizer, pickled]


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


def test_only_text_and_numbers_are_read(kept):
    """Nothing is unpickled: the reader of checkpoints never calls torch.load."""
    source = Path(checkpoints.__file__).read_text(encoding="utf-8")
    assert "pickle" not in source.replace("unpickled", "") and "torch.load" not in source


def test_a_run_killed_three_times_ends_with_the_losses_of_one_that_was_not(tmp_path):
    straight, _ = killed.run(_made(tmp_path / "straight"), kills=0)
    losses, moments = killed.run(_made(tmp_path / "killed"), kills=3)
    assert len(moments) == 3 and len(losses) == killed.STEPS
    assert losses == straight


def _made(folder):
    folder.mkdir()
    return folder
