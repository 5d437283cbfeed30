"""A batch in parts, or shared by several processes, is the same batch: losses, weights and checkpoints agree.

一批数据分成几份算、或由几个进程分担，仍是同一批：损失、权重、检查点都相符。
"""

import json
import subprocess
import sys
from itertools import islice

import pytest
import shared
import torch

from course_utils import checkpoints, data, objectives, schedules, shares, training
from course_utils.muon import Muon
from course_utils.notes_unets import SimpleUNet
from course_utils.shares import ALONE, Share

SCHEDULE = schedules.cosine()
LAUNCH = "-m accelerate.commands.launch --multi_gpu --num_processes 2 --num_machines 1 --mixed_precision no".split()
LAUNCH += "--dynamo_backend no --main_process_port 0".split()


def plain_losses(state, steps, batch, labels):
    """The loop of a training, written out once more: the mean over a batch, its gradient, a step."""
    x, _ = data.digits()
    for _ in range(steps):
        training.set_lr(state.optimizer, state.step, shared.STEPS)
        x0, y = training.next_batch(state, data.to_bytes(x), batch, labels, flips=True, unlabelled=0.1)
        t = objectives.spread_times(SCHEDULE.T, batch, generator=state.generator)
        eps = torch.randn(x0.shape, generator=state.generator)
        state.optimizer.zero_grad()
        loss = objectives.errors(SCHEDULE, state.network, x0, t, eps, labels=y).mean()
        loss.backward()
        state.optimizer.step()
        training.follow_weights(state, 0.995)
        state.step += 1
        state.losses.append(loss.item())
    return state.losses


@pytest.mark.parametrize("optimizer", [training.adamw, Muon])
@pytest.mark.parametrize("batch", [1, 7, 16])
def test_one_process_with_one_part_is_the_plain_loop_bit_for_bit(optimizer, batch):
    plain, ours = shared.fresh("unet", optimizer), shared.fresh("unet", optimizer)
    losses = plain_losses(plain, 6, batch, data.digits().y)
    assert [record.loss for record in shared.trained(ours, 6, batch=batch)] == losses
    for name in ("network", "ema"):
        theirs = getattr(plain, name).state_dict()
        assert all(theirs[key].equal(weight) for key, weight in getattr(ours, name).state_dict().items())


@pytest.mark.parametrize("at_once", [1, 4, 14, 99])
def test_parts_add_up_to_the_batch(at_once):
    whole, parts = shared.fresh("unet"), shared.fresh("unet")
    expected, found = shared.trained(whole, 10), shared.trained(parts, 10, at_once=at_once)
    assert [r.loss for r in found] == pytest.approx([r.loss for r in expected], abs=1e-4)
    torch.testing.assert_close(found[-1].errors, expected[-1].errors, rtol=0, atol=1e-3)
    assert found[-1].level.equal(expected[-1].level)


def test_no_part_is_larger_than_asked_for_and_none_is_left_out():
    seen = []

    def objective(schedule, network, x, t, eps, *, labels=None):
        seen.append((len(x), t))
        return objectives.errors(schedule, network, x, t, eps, labels=labels)

    (record,) = shared.trained(shared.fresh(), 1, objective=objective, at_once=4)
    assert [n for n, _ in seen] == [4, 4, 4, 3] and torch.cat([t for _, t in seen]).equal((record.level * 1000).long())


@pytest.mark.parametrize("batch, processes", [(15, 2), (16, 2), (7, 3), (5, 5), (64, 1)])
@pytest.mark.parametrize("at_once", [None, 1, 3])
def test_every_image_is_some_processes_and_nobody_elses(batch, processes, at_once):
    of_each = [
        [i for part in Share(process, processes).parts(batch, at_once) for i in range(batch)[part]]
        for process in range(processes)
    ]
    assert sorted(sum(of_each, [])) == list(range(batch))
    assert max(map(len, of_each)) - min(map(len, of_each)) <= 1
    sizes = [len(range(batch)[part]) for part in Share(0, processes).parts(batch, at_once)]
    assert max(sizes) <= (at_once or batch)


def test_the_gradients_of_two_shares_add_up_to_that_of_the_batch(monkeypatch):
    """What each of two processes would send, added by hand."""
    sent, states = [], [shared.fresh(optimizer=training.adamw) for _ in range(3)]
    monkeypatch.setattr(torch.distributed, "all_reduce", lambda flat: sent.append(flat.clone()))
    monkeypatch.setattr(torch.optim.AdamW, "step", lambda self: None)  # so that the gradients are left
    for process in (0, 1):
        shared.trained(states[process], 1, Share(process, 2))
    (record,) = shared.trained(states[2], 1)
    whole = torch.cat([weight.grad.flatten() for weight in states[2].network.parameters()] + [record.errors])
    torch.testing.assert_close(sent[0] + sent[1], whole, rtol=1e-4, atol=1e-6)
    n = shared.BATCH
    assert sent[0][-n:][1::2].eq(0).all() and sent[1][-n:][::2].eq(0).all() and not sent[0][:-n].equal(sent[1][:-n])


@pytest.mark.parametrize("network", ["tiny", pytest.param("unet", marks=pytest.mark.full)])
def test_two_processes_train_as_one(network, tmp_path):
    alone = shared.fresh(network)
    shared.trained(alone, shared.HALF)
    checkpoints.save(tmp_path / "of_one.safetensors", alone)
    shared.trained(alone, shared.STEPS)
    command = [sys.executable, *LAUNCH, shared.__file__, str(tmp_path), network]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    told = [json.loads((tmp_path / f"{process}_of_2.json").read_text()) for process in (0, 1)]
    assert told[0] == told[1], "both processes know all losses, and hold the same weights, bit for bit"
    back = checkpoints.load(tmp_path / "of_several.safetensors", shared.fresh(network))
    shared.trained(back, shared.STEPS)
    found = {
        "two from the beginning": told[0]["whole"],
        "one, then two": told[0]["resumed"],
        "two, then one": back.losses,
    }
    for name, losses in found.items():
        apart = max(abs(one - other) for one, other in zip(losses, alone.losses, strict=True))
        print(f"{len(losses)} losses, {losses[0]:.4f} to {losses[-1]:.4f}: {name}, at most {apart:.1e} from one alone")
        assert len(losses) == shared.STEPS and apart < 1e-4
    assert len(told[0]["errors"]) == shared.BATCH


@pytest.mark.parametrize("told", [None, "", "abc", "0", "1", "2"])
def test_alone_is_what_is_not_launched(told, monkeypatch):
    monkeypatch.delenv("RANK", raising=False)  # a cluster may tell WORLD_SIZE alone
    monkeypatch.delenv("WORLD_SIZE", raising=False) if told is None else monkeypatch.setenv("WORLD_SIZE", told)
    assert shares.launched() == ALONE == Share(0, 1)


BAD = {
    "a process too many": (lambda: Share(2, 2), ["process", "2"]),
    "no process": (lambda: Share(0, 0), ["processes", "0"]),
    "a share that is a pair": (lambda: shared.trained(shared.fresh(), 1, (0, 2)), ["share", "Share(0, 2)"]),
    "more processes than images": (lambda: shared.trained(shared.fresh(), 1, Share(0, 16)), ["16", "15"]),
    "no image at once": (lambda: shared.trained(shared.fresh(), 1, at_once=0), ["at_once", "0"]),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_shared_is_refused(what, refused):
    call, words = BAD[what]
    with refused(*words):
        call()


def test_batch_norm_is_not_cut_into_parts(refused):
    x = data.digits().x[:16]

    def one_step(**how):
        state = training.start(SimpleUNet(widths=(8, 16)))
        return list(islice(training.train(state, SCHEDULE, x, 3, batch=8, **how), 1))

    assert len(one_step(at_once=8)) == 1
    for how in (dict(at_once=4), dict(share=Share(0, 2))):
        with refused("SimpleUNet"):
            one_step(**how)
