"""What a reader's own network, denoiser, step or objective may answer, and what they may do to torch on the way.

读者自己的网络、去噪器、一步或目标函数会给出什么回答，途中又会对 torch 做什么。
"""

import os
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from torch import nn

from course_utils import data, objectives, samplers, training
from course_utils.denoisers import clipped, from_network, thresholded
from course_utils.exercises import judge
from course_utils.exercises.judging import fault_of
from course_utils.gates import check_takes
from course_utils.schedules import linear

SCHEDULE = linear(20)
X = torch.linspace(-1, 1, 3 * 3 * 4 * 4).reshape(3, 3, 4, 4)


class Answering(nn.Module):
    """A network that answers with whatever it is told to."""

    def __init__(self, answer):
        super().__init__()
        self.answer, self.weight = answer, nn.Parameter(torch.ones(1))

    def forward(self, xt, log_snr):
        return self.answer(xt * self.weight)


ODD = {
    "a tuple": (lambda x: (x, x), "tuple"),
    "an object": (lambda x: SimpleNamespace(sample=x), "SimpleNamespace"),
    "a dictionary": (lambda x: {"sample": x}, "dict"),
    "nothing": (lambda x: None, "None"),
    "an array": (lambda x: x.detach().numpy(), "ndarray (3, 3, 4, 4)"),
    "whole numbers": (lambda x: x.long(), "torch.int64"),
    "one channel of three": (lambda x: x[:, :1], "(3, 1, 4, 4)"),
    "one number a sample": (lambda x: x.flatten(1).mean(1), "(3,)"),
    "one number in all": (lambda x: x.mean(), "()"),
}


@pytest.mark.parametrize(("answer", "given"), ODD.values(), ids=ODD)
def test_an_answer_that_is_not_like_x_is_refused_wherever_it_is_asked_for(answer, given, refused):
    network = Answering(answer)
    for ask in (
        lambda: from_network(SCHEDULE, network)(X, 5),
        lambda: objectives.errors(SCHEDULE, network, X, torch.tensor([1, 2, 3]), torch.zeros_like(X)),
        lambda: objectives.held_out(SCHEDULE, network, X),
        lambda: next(training.train(training.start(network), SCHEDULE, X, 1, batch=3)),
        lambda: clipped(lambda xt, t: answer(xt))(X, 5),
        lambda: thresholded(lambda xt, t: answer(xt))(X, 5),
        lambda: list(samplers.stepwise(SCHEDULE, lambda xt, t: xt, X, [20, 0], step=lambda *_, **__: answer(X))),
    ):
        with refused(given):
            ask()


def test_a_last_step_to_nan_is_no_result(refused):
    with refused("nan", "inf"):
        list(samplers.stepwise(SCHEDULE, lambda xt, t: xt, X, [20, 0], step=lambda *_, **__: X * torch.nan))


@pytest.mark.parametrize("walk", [X, [1, 2], [X], samplers.ddim], ids=["tensor", "numbers", "tensors", "function"])
def test_what_is_no_walk(walk, refused):
    with refused():
        samplers.finish(walk)


def test_what_cannot_be_told_of_the_states(refused):
    with refused("each", "3"):
        samplers.sample(SCHEDULE, lambda xt, t: xt, (1, 2), each=3)


@pytest.mark.parametrize("network", [nn.Conv2d(3, 3, 3), lambda xt: xt], ids=["layer", "lambda"])
def test_a_network_that_cannot_be_told_the_noise_level(network, refused):
    with refused("network"):
        from_network(SCHEDULE, network)


@pytest.mark.parametrize("objective", [nn.MSELoss(), nn.functional.mse_loss, lambda eps_hat, eps: eps])
def test_an_objective_that_takes_other_arguments(objective, refused):
    state = training.start(Answering(lambda x: x))
    with refused("objective"):
        next(training.train(state, SCHEDULE, X, 1, objective=objective))


@pytest.mark.parametrize("known", [max, partial(objectives.errors, error=objectives.huber), lambda *a, **k: 0])
def test_what_does_not_say_what_it_takes_or_takes_it_passes(known):
    assert check_takes("it", known, "print", 1, 2, 3, 4, 5, labels=None) is known


@pytest.mark.parametrize("x", [X.to("meta"), X.flatten(1).to_sparse()], ids=["meta", "sparse"])
def test_a_tensor_without_a_number_in_every_place(x, refused):
    with refused("torch.float32"):
        samplers.finish(samplers.ddim(SCHEDULE, lambda xt, t: xt, x, [20, 0]))


def test_nothing_is_computed_on_meta(refused):
    with refused("meta"):
        samplers.sample(SCHEDULE, lambda xt, t: xt, (1, 2), device="meta")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes there")
def test_a_pipe_among_the_pictures_is_left_out_and_nobody_waits(tmp_path, capsys):
    os.mkfifo(tmp_path / "a.png")
    Image.new("RGB", (9, 9)).save(tmp_path / "b.png")
    assert len(data.folder(tmp_path)) == 1
    assert "a.png" in capsys.readouterr().out


def test_a_picture_that_is_none(refused):
    with refused("0 x 5"):
        data.from_pil(Image.new("RGB", (0, 5)))
    with refused("nan", "inf"):
        data.to_pil(X[0] * torch.nan)


CHANGES = {
    "type": (lambda: torch.set_default_dtype(torch.float64), "default type"),
    "device": (lambda: torch.set_default_device("meta"), "default device"),
    "gradients": (lambda: torch.set_grad_enabled(False), "gradients"),
}


@pytest.mark.parametrize(("change", "told"), CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("stops", [False, True])
def test_an_answer_that_sets_torch_is_told_so_and_torch_is_as_before(change, told, stops, in_both_languages):
    def judging(answer, generator):
        answer()
        return 1 / 0 if stops else None

    fault = fault_of(judging, change, torch.Generator())
    in_both_languages(*fault)
    assert told in fault[0]
    assert torch.zeros(1).dtype == torch.float32 and torch.zeros(1).device.type == "cpu" and torch.is_grad_enabled()


def test_an_interrupt_passes_and_leaves_torch_as_it_was():
    def interrupted(*_):
        torch.set_default_dtype(torch.float64)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge("00.jump", interrupted)
    assert torch.get_default_dtype() == torch.float32
