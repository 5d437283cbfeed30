"""A check-up names what ails a training, first of all, and finds nothing where nothing ails it; it changes nothing.

检查首先说出毛病所在，没有毛病就什么也不说；而且什么都不改变。
"""

import copy
import re

import pytest
import torch

from course_utils import data
from course_utils.checkup import diagnose, show_findings
from course_utils.experiments.sick_trainings import FAULTS, patient
from course_utils.language import set_language
from course_utils.mlp import MLP
from course_utils.muon import Muon
from course_utils.objectives import errors, errors_of_v
from course_utils.schedules import cosine, linear
from course_utils.training import start, train
from course_utils.unet import UNet
from course_utils.weights import pretrained

CAUSES = ["range", "images", "end", "noise", "batch", "gradients", "rate", "level", "dead", "ema"]


def with_some(names, *every_day):
    """All of them under -m full, some every day: each is a training."""
    return [name if name in every_day else pytest.param(name, marks=pytest.mark.full) for name in names]


def ill(findings):
    assert [found.name for found in findings] == CAUSES
    return [found.name for found in findings if not found.well]


@pytest.mark.parametrize("fault", with_some(FAULTS, "range", "batch", "gradients", "ema"))
def test_what_ails_a_training_is_named_first(fault, in_both_languages):
    state, schedule, x0, objective = patient(fault)
    found = diagnose(state, schedule, x0, objective=objective)
    assert ill(found)[0] == {"slow": "rate"}.get(fault, fault)
    for finding in found:
        in_both_languages(finding.en, finding.zh)


def trained(network, steps, *, schedule=None, x=None, planned=None, lr=None, optimizer=None, seed=0, **how):
    state = start(network, lr=lr, seed=seed, **({"optimizer": optimizer} if optimizer else {}))
    x, schedule = data.digits().x if x is None else x, schedule or cosine()
    for record in train(state, schedule, x, planned or steps, **how):
        if record.step == steps:
            break
    told = {name: how[name] for name in ("labels", "objective") if name in how}
    return diagnose(state, schedule, x, **told)


def mlp(width=128):
    return MLP(size=64, width=width, layers=2)


HEALTHY = {
    "in the middle of a run": lambda: trained(mlp(), 150, planned=1500, lr=2e-3),
    "another seed": lambda: trained(mlp(), 150, planned=1500, lr=2e-3, seed=1),
    "at the end of a run": lambda: trained(mlp(), 150, lr=2e-3),
    "early on": lambda: trained(mlp(), 80, planned=800, lr=2e-3),
    "Muon": lambda: trained(mlp(), 100, optimizer=Muon),
    "a short linear schedule": lambda: trained(mlp(), 150, schedule=linear(100), lr=2e-3),
    "bytes": lambda: trained(mlp(), 150, x=data.to_bytes(data.digits().x), lr=2e-3),
    "16 images": lambda: trained(mlp(), 150, x=data.digits().x[:16], lr=2e-3),
    "a U-Net with labels": lambda: trained(
        UNet(width=16, multipliers=(1,), classes=10, patch=2), 80, labels=data.digits().y, optimizer=Muon
    ),
    "the loss of v": lambda: trained(mlp(), 150, lr=2e-3, objective=errors_of_v),
    "weights that came with the course, on other images": lambda: trained(
        pretrained("digits").requires_grad_(True), 20, x=data.resize(data.garments().x[:256], 16), lr=1e-3, batch=32
    ),
}


@pytest.mark.parametrize("how", with_some(HEALTHY, "in the middle of a run", "bytes", "a U-Net with labels"))
def test_a_healthy_training_has_nothing(how):
    torch.manual_seed(0)
    assert ill(HEALTHY[how]()) == []


def learning(state):
    return [weight for weight in state.network.parameters() if weight.grad is not None]


def everything(state):
    kept = [*state.network.state_dict().values(), *state.ema.state_dict().values(), state.generator.get_state()]
    kept += [state.order, torch.get_rng_state(), *(weight.grad for weight in learning(state))]
    kept += [one for weight in state.optimizer.state.values() for one in weight.values()]
    return [copy.deepcopy(one) for one in kept], [layer.training for layer in state.network.modules()]


def test_nothing_of_the_state_is_changed():
    state, schedule, x0, objective = patient("", steps=10)
    state.network.network = torch.nn.Sequential(torch.nn.BatchNorm1d(3), torch.nn.Dropout())  # layers that count, draw
    (tensors, modes) = everything(state)
    diagnose(state, schedule, x0, objective=objective)
    after, modes_after = everything(state)
    assert len(tensors) == len(after) and modes == modes_after
    assert all(torch.equal(a, b) for a, b in zip(tensors, after, strict=True))


def test_a_report_says_the_same_in_both_languages(capsys):
    findings = diagnose(*patient("range", steps=20)[:3])
    said = {}
    for language in ("en", "zh"):
        set_language(language)
        show_findings(findings)
        said[language] = capsys.readouterr().out.splitlines()
    assert len(said["en"]) == len(said["zh"]) == len(CAUSES)
    for found, en, zh in zip(findings, said["en"], said["zh"], strict=True):
        assert en.startswith(f"- {'✓' if found.well else '✗'} `{found.name}`: ") and zh[:4] == en[:4]
        assert sorted(re.findall(r"\d+\.\d+", en)) == sorted(re.findall(r"\d+\.\d+", zh))


def test_what_train_would_not_take_is_refused(refused):
    state, schedule, x0, _ = patient("", steps=1)
    with refused("state"):
        diagnose(state.network, schedule, x0)
    with refused("schedule"):
        diagnose(state, None, x0)
    with refused("labels"):
        diagnose(state, schedule, x0, labels=torch.tensor([1]))
    with refused("objective"):
        diagnose(state, schedule, x0, objective=None)
    with refused("objective"):
        diagnose(state, schedule, x0, objective=lambda *given, labels=None: errors(*given).mean())
    with torch.no_grad():
        assert ill(diagnose(state, schedule, x0)) == ill(diagnose(state, schedule, x0.clone().requires_grad_()))


def with_nan(network):
    next(network.parameters()).data[0] = torch.nan


SPOILT = {
    "weights": lambda state: with_nan(state.network),
    "average": lambda state: with_nan(state.ema),
    "objective": lambda state: None,
}


@pytest.mark.parametrize("name", SPOILT)
def test_of_what_is_no_number_nothing_else_is_said(name, in_both_languages):
    state, schedule, x0, _ = patient("", steps=1)
    SPOILT[name](state)

    def objective(*given, labels=None):
        return errors(*given) * (torch.nan if name == "objective" else 1)

    [found] = diagnose(state, schedule, x0, objective=objective)
    assert found.name == "finite" and not found.well and name in found.en
    in_both_languages(found.en, found.zh, "nan")
