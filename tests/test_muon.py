"""Muon moves matrices as torch's own does, convolutions as matrices, and everything else as AdamW.

Muon 移动矩阵的方式与 torch 自带的相同，卷积当作矩阵，其余同 AdamW。
"""

import pytest
import torch
from torch import nn

from course_utils import muon
from course_utils.arithmetic import full_precision, quick_in_bfloat16
from course_utils.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(16, 16), (24, 80), (80, 24)])
def test_all_singular_values_come_near_one(shape, seeded):
    update = torch.randn(shape, generator=seeded(0)) @ torch.diag(torch.linspace(0.1, 3, shape[1]))
    values = torch.linalg.svdvals(orthogonal(update))
    assert values.min() > 0.2 and values.max() < 1.4 and values.median() > 0.65
    u, _, v = torch.linalg.svd(update, full_matrices=False)
    cosine = torch.cosine_similarity(orthogonal(update).flatten(), (u @ v).flatten(), dim=0)
    assert cosine > 0.94


@pytest.mark.parametrize("shape", [(16, 40), (40, 16)])
def test_a_matrix_moves_as_torch_moves_it(shape, seeded, monkeypatch):
    monkeypatch.setattr(muon, "quick_in_bfloat16", lambda _: True)  # as theirs computes, whatever the processor
    generator = seeded(1)
    ours, theirs = (nn.Parameter(torch.ones(shape)) for _ in range(2))
    mine = Muon([ours], lr=0.01, matrix_rate=2.0)
    reference = torch.optim.Muon([theirs], lr=0.02, momentum=0.95, weight_decay=0.0)
    for _ in range(4):
        gradient = torch.randn(shape, generator=generator)
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        mine.step()
        reference.step()
        torch.testing.assert_close(ours, theirs, rtol=0, atol=2e-4)


def test_both_arithmetics_give_nearly_the_same(seeded, monkeypatch):
    update, found = torch.randn(32, 288, generator=seeded(3)), []
    for quick in (True, False):
        monkeypatch.setattr(muon, "quick_in_bfloat16", lambda _, quick=quick: quick)
        found.append(orthogonal(update))
    assert found[0].dtype == found[1].dtype == torch.float32
    assert 0 < float((found[0] - found[1]).norm() / found[1].norm()) < 0.02


@pytest.mark.parametrize("abilities, quick", [({"amx_bf16": True}, True), ({"avx2": True}, False), ({}, False)])
def test_bfloat16_is_for_gpus_that_have_it_and_for_processors_with_tiles(abilities, quick, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: abilities)
    assert quick_in_bfloat16(torch.device("cpu")) is quick
    for has_it in (True, False):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *, including_emulation, has_it=has_it: has_it)
        assert quick_in_bfloat16(torch.device("cuda")) is has_it
    with full_precision():
        assert not quick_in_bfloat16(torch.device("cpu")) and not quick_in_bfloat16(torch.device("cuda"))
    assert quick_in_bfloat16(torch.device("cpu")) is quick


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_a_convolution_is_a_matrix_in_either_memory(memory, seeded):
    gradient = torch.randn(16, 8, 3, 3, generator=seeded(2))
    flat = nn.Parameter(torch.zeros(16, 72))
    filters = nn.Parameter(torch.zeros(16, 8, 3, 3).to(memory_format=memory))
    flat.grad, filters.grad = gradient.permute(0, 2, 3, 1).flatten(1), gradient.clone().to(memory_format=memory)
    for weight in (flat, filters):
        Muon([weight]).step()
    assert filters.abs().sum() > 0
    torch.testing.assert_close(filters.permute(0, 2, 3, 1).flatten(1), flat, rtol=0, atol=1e-6)


def test_everything_else_moves_as_adamw_moves_it(seeded):
    shapes = [(40,), (4, 200), (200, 4), (8, 3, 3, 3)]
    ours, theirs = ([nn.Parameter(torch.ones(shape)) for shape in shapes] for _ in range(2))
    mine = Muon(ours, lr=0.01)
    reference = torch.optim.AdamW(theirs, lr=0.01, betas=(0.9, 0.99), weight_decay=0.0)
    for seed in range(3):
        for a, b in zip(ours, theirs, strict=True):
            a.grad = torch.randn(a.shape, generator=seeded(seed))
            b.grad = a.grad.clone()
        mine.step()
        reference.step()
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_what_has_no_gradient_stays():
    weights = [nn.Parameter(torch.ones(16, 16)), nn.Parameter(torch.ones(3))]
    Muon(weights).step()
    assert all(weight.equal(torch.ones_like(weight)) for weight in weights)


def test_its_own_rate_is_7_times_3e_3_for_matrices(seeded):
    weight = nn.Parameter(torch.zeros(16, 16))
    gradient = torch.randn(16, 16, generator=seeded(0))
    weight.grad = gradient.clone()
    optimizer = Muon([weight])
    optimizer.step()
    torch.testing.assert_close(weight.detach(), -7 * 3e-3 * orthogonal(gradient), rtol=1e-5, atol=1e-6)
    bias = nn.Parameter(torch.zeros(4))
    bias.grad = torch.ones(4)
    Muon([bias]).step()
    torch.testing.assert_close(bias.detach(), torch.full((4,), -3e-3), rtol=1e-4, atol=0)


def test_matrices_move_at_the_rate_of_the_step_and_not_at_the_first_one(seeded):
    gradient, moved = torch.randn(16, 16, generator=seeded(0)), []
    for share in (1.0, 0.25):
        weight = nn.Parameter(torch.zeros(16, 16))
        optimizer = Muon([weight])
        optimizer.param_groups[0]["lr"] *= share
        weight.grad = gradient.clone()
        optimizer.step()
        moved.append(weight.detach())
    torch.testing.assert_close(moved[1], 0.25 * moved[0])


def test_as_many_steps_are_taken_as_are_asked_for(seeded, monkeypatch):
    monkeypatch.setattr(muon, "quick_in_bfloat16", lambda _: False)
    update = torch.randn(6, 9, generator=seeded(0))
    x = update / update.norm()
    for steps in range(3):
        torch.testing.assert_close(orthogonal(update, steps), x)
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x


@pytest.mark.parametrize("wrong", [nn.Linear(2, 2), [], None, torch.zeros(2), [{"params": []}], 3], ids=str)
def test_what_are_no_parameters_is_refused(wrong, refused):
    with refused("network.parameters()"):
        Muon(wrong)


@pytest.mark.parametrize("rate", ["0.1", None, -1, float("nan"), True], ids=repr)
def test_a_rate_that_cannot_be_is_refused(rate, refused):
    for name in ("lr", "matrix_rate"):
        with refused(name):
            Muon([nn.Parameter(torch.zeros(16, 16))], **{name: rate})


@pytest.mark.parametrize("wrong", [torch.zeros(4), torch.zeros(4, 4).int(), torch.zeros(2, 2, 2), None], ids=str)
def test_what_is_no_matrix_is_refused(wrong, refused):
    with refused("update"):
        orthogonal(wrong)
