"""Judge whether a reader's training goes on from its state as if it had never stopped; if not, say what was lost.

评判读者的训练能否从它的状态接着走，如同从未中断；若不能，指出丢了什么。
"""

import io
import pickle
from typing import Any

import torch
from torch import Tensor

from course_utils.exercises.judging import BLANK
from course_utils.exercises.lesson_06.trials import (
    Given,
    flat,
    given,
    lacks,
    made,
    stands_still,
    truth,
)
from course_utils.language import Said

BEFORE, AFTER = 4, 4  # steps, so that the state is taken in the middle of an epoch
LOST = {
    "network": ("the weights of the network are not put back", "网络的权重没有恢复"),
    "average": ("the average is not put back", "权重的平均没有恢复"),
    "optimizer": ("what the optimizer remembers is not put back", "优化器记住的量没有恢复"),
    "generator": ("the random state is not put back: `generator.get_state()`", "随机数的状态没有恢复：`generator.get_state()`"),
    "losses": (
        "the losses so far are not put back, and with them the number of steps done, by which rate and average go",
        "此前的损失没有恢复，走过的步数也就丢了，学习率与平均都靠它",
    ),
}  # fmt: skip
PLACES = {
    "network": ("the weights of the network", "网络的权重"),
    "average": ("the average", "权重的平均"),
    "optimizer": ("what the optimizer remembers", "优化器记住的量"),
    "generator": ("the random state", "随机数的状态"),
    "losses": ("the list of losses", "损失的列表"),
    "order": ("the images still to come", "还没用的图像"),
}


def judge_resume(answer: Any, generator: torch.Generator) -> Said | None:
    """Does it go on from its state as if it had never stopped? 能否从状态接着走，如同从未中断？"""
    what, other = given(generator), given(generator)
    straight, run = _ready(answer, what), _ready(answer, what)
    if run is None or run is ... or (first := run.state()) is None or first is ...:
        return BLANK
    _walk(straight, BEFORE + AFTER)
    _walk(run, BEFORE)
    if stands_still(run):
        return "`step` takes no step yet, so there is nothing to resume", "`step` 还没有走，所以无从接起"
    fault = lacks(run, "network", "average", "generator")
    if fault is not None:
        return fault
    kept, there = run.state(), _all_of(run)
    written = _leaves(kept)
    _walk(run, AFTER)
    if run.losses != straight.losses:
        return (
            "two trainings of one seed come apart, so no state could bring one back: draw from `generator` alone",
            "种子相同的两次训练走着走着就分开了，什么状态也恢复不了：请只从 `generator` 抽取",
        )
    if not _same(written, _leaves(kept)):
        return (
            "the state goes on with the training: it holds the weights or lists themselves, not copies (`copy.deepcopy`)",
            "训练往下走，存下的状态也跟着变：里面是权重或列表本身，不是副本（`copy.deepcopy`）",
        )
    file, fault = _filed(kept)
    return fault or _gone_on(answer, (other[0], *what[1:7], other[7]), file, there, straight)


def _ready(answer: Any, what: Given) -> Any:
    """A reader's training; where it has no order or rate of its own yet, with what the course lends it."""
    run = made(answer, what)
    if run is None or run is ...:
        return run
    lender = truth(what)
    for name, given_ in (("rate", (0,)), ("indices", ())):
        if getattr(made(answer, what), name)(*given_) is None:
            setattr(run, name, getattr(lender, name))
    if getattr(run.indices, "__self__", None) is lender:  # an order that needs no memory
        n, batch = len(what[1]), what[4]
        run.indices = lambda: torch.randint(n, (batch,), generator=run.generator)
    return run


def _walk(run: Any, steps: int) -> None:
    for _ in range(steps):
        if isinstance(network := getattr(run, "network", None), torch.nn.Module):
            network.zero_grad()  # whoever forgets to can resume all the same
        run.step()


def _filed(kept: Any) -> tuple[Any, Said | None]:
    """The state written to a file and read again, as a restart of the kernel would."""
    file = io.BytesIO()
    try:
        torch.save(kept, file)
        file.seek(0)
        return torch.load(file), None
    except (pickle.PickleError, TypeError, AttributeError, RuntimeError) as error:
        said = str(error).strip().splitlines()[0][:80] if str(error).strip() else type(error).__name__
        return None, (
            f"`torch.save` and `torch.load` do not bring it back ({said}): keep tensors, numbers, lists and "
            "dictionaries, such as `state_dict()`, not whole objects",
            f"`torch.save` 与 `torch.load` 带不回它（{said}）：请存张量、数、列表与字典，例如 `state_dict()`，不要存整个对象",
        )


def _gone_on(answer: Any, fresh: Given, file: Any, there: dict, straight: Any) -> Said | None:
    """Load it into a training of another network and seed, and go on; then once more from the same."""
    for time in (1, 2):
        run = _ready(answer, fresh)
        run.load(file)
        here = _all_of(run)
        taken = [name for name in there if time == 2 and not _same(here[name], there[name])]
        if taken:
            return _only_once(taken)
        for name, said in LOST.items():
            if name in there and not _same(here.get(name, []), there[name]):
                return said
        _walk(run, AFTER)
        if not torch.allclose(torch.tensor(run.losses), torch.tensor(straight.losses), rtol=1e-6):
            return _astray(run, straight) if time == 1 else _only_once(["order"])
    return None


def _only_once(taken: list[str]) -> Said:
    """What the training that loaded a state has changed in it. 载入状态的训练改动了其中的什么。"""
    en, zh = ([PLACES[name][i] for name in taken] for i in (0, 1))
    return (
        f"a state can be loaded only once: the training that loaded it took over {' and '.join(en)}, and changed what was "
        "kept. `load_state_dict` of an optimizer takes its tensors over, too: load from a deep copy of all that is kept",
        f"同一个状态只能载入一次：载入它的训练直接拿走了{'与'.join(zh)}，还改动了存下的内容。优化器的 `load_state_dict` "
        "也会直接拿走其中的张量：请从整个状态的深拷贝载入",
    )


def _astray(run: Any, straight: Any) -> Said:
    """Why the losses after `load` are others, although all that can be seen was put back. 载入之后损失为何不同。"""
    moved = {id(weight) for one in _optimizers(run) for group in one.param_groups for weight in group["params"]}
    if moved and not any(id(weight) in moved for weight in run.network.parameters()):
        return (
            "after `load` the optimizer still moves the weights of the network that was there before: put the kept weights "
            "into that network (`load_state_dict`), or make an optimizer for the new one",
            "`load` 之后，优化器移动的仍是原来那个网络的权重：请把存下的权重装进原来的网络（`load_state_dict`），"
            "或为新的网络另造一个优化器",
        )
    if torch.isclose(torch.tensor(run.losses[BEFORE]), torch.tensor(straight.losses[BEFORE]), rtol=1e-6):
        return (
            "after `load` the first loss is right and a later one is not: the weights do not move as they would have. Is the "
            "rate that of this step, and does the optimizer hold the weights of `network`?",
            "`load` 之后，第一个损失没错，后面的却不对：权重没有照原来那样移动。学习率是不是这一步的，优化器里是不是 `network` 的权重？",
        )
    return (
        "which images of this epoch are still to come is not kept, so it goes on with others",
        "没有存下本轮次还有哪些图像没用，于是接下去用了别的图像",
    )


def _all_of(run: Any) -> dict[str, list]:
    """What training changes, but for the order of the data, whose name nobody knows."""
    found = {"network": [flat(run.network)], "average": [flat(run.average)], "losses": list(run.losses)}
    found["generator"] = [run.generator.get_state()]
    return found | {"optimizer": _leaves([one.state_dict()["state"] for one in _optimizers(run)])}


def _optimizers(run: Any) -> list[torch.optim.Optimizer]:
    return [thing for thing in vars(run).values() if isinstance(thing, torch.optim.Optimizer)]


def _leaves(thing: Any) -> list:
    """What a nest of dictionaries and lists holds, tensors copied. 嵌套的字典与列表中的内容，张量取副本。"""
    if isinstance(thing, dict):
        return [leaf for key in thing for leaf in _leaves(thing[key])]
    if isinstance(thing, list | tuple):
        return [leaf for one in thing for leaf in _leaves(one)]
    if isinstance(thing, torch.nn.Module):
        return _leaves(thing.state_dict())
    return [thing.detach().clone() if isinstance(thing, Tensor) else thing]


def _same(one: list, other: list) -> bool:
    def equal(a: Any, b: Any) -> bool:
        if isinstance(a, Tensor) and isinstance(b, Tensor):
            return a.shape == b.shape and torch.allclose(a.double(), b.double(), rtol=1e-6)
        return type(a) is type(b) and (a == b or not isinstance(a, int | float | str))

    return len(one) == len(other) and all(map(equal, one, other))
