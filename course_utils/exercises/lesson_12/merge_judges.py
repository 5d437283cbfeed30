"""Judge of one part of the piece of lesson 12: what merging gives, and what it leaves behind.

评判第 12 课作业的一个部分：合并得到什么，又留下什么。
"""

import torch
from torch import Tensor, nn

from course_utils.exercises.judging import BLANK
from course_utils.exercises.lesson_12.build_trials import CAUSES, Layer, Made, close
from course_utils.exercises.stops import stopped
from course_utils.language import Said


def merges(trial: Layer, made: Made, generator: torch.Generator) -> Said | None:
    """Is it one layer of the same kind with the same answer, at any strength, each time anew, and is nothing changed?

    合并后是同类的单独一层、结果相同吗（不论强度、每次都重新算）？模块本身没有变吗？
    """
    given: list[Tensor] = []
    for low in (0.3, 1.3):
        made.wake(generator)
        made.module.strength = low + 0.4 * float(torch.rand((), generator=generator, dtype=torch.float32))
        fault = _merged_once(trial, made, given)
        if fault is not None:
            return fault
    return None


def _merged_once(trial: Layer, made: Made, given: list[Tensor]) -> Said | None:
    """Merge once; what the merged layer answers is added to what it gave before."""
    before, state = made.module(trial.x).detach(), _state(made.module)
    try:
        merged = made.module.merged()
    except (Exception, SystemExit, GeneratorExit) as error:  # whatever a reader's code raises
        return stopped(error, CAUSES)
    if merged is None or merged is ...:
        return BLANK
    if type(merged) is not type(trial.layer):
        kind, wanted = type(merged).__name__, type(trial.layer).__name__
        return (
            f"merged() returns a {kind}; it must be a plain {wanted}, with nothing beside it",
            f"merged() 返回的是 {kind}；应当是普通的 {wanted}，旁边什么也没有",
        )
    with torch.no_grad():
        given.append(merged(trial.x))
        again = made.module(trial.x)
    if not close(again, before):
        return (
            "merging changes the layer in the module itself, so that from then on it adds what was learnt twice; work "
            "on a copy",
            "合并时改动了模块里原来的层，之后学到的部分就加了两遍；请在副本上改",
        )
    if (changed := _changed(state, _state(made.module))) is not None:
        return (
            f"merging changes `{changed}` in the module: its weights, its strength, and which of them learn stay as they "
            "were; work on a copy, `copy.deepcopy(self.layer)`",
            f"合并时改动了模块里的 `{changed}`：权重、强度，以及哪些会学，都应当保持原样；请在副本上改：`copy.deepcopy(self.layer)`",
        )
    return None if close(given[-1], before) else _merge_fault(trial, made, given, before)


def _state(module: nn.Module) -> dict[str, tuple[object, bool]]:
    """All that merging must leave alone: values, and whether they learn."""
    tensors = dict(module.named_parameters()) | dict(module.named_buffers())
    state = {name: (value.detach().clone(), value.requires_grad) for name, value in tensors.items()}
    return state | {"strength": (getattr(module, "strength", None), module.training)}


def _changed(before: dict[str, tuple[object, bool]], after: dict[str, tuple[object, bool]]) -> str | None:
    """The name of the first that is no longer as it was."""
    for name in {**before, **after}:
        (a, learnt), (b, learns) = before.get(name, (None, None)), after.get(name, (None, None))
        same = close(a, b) if isinstance(a, Tensor) and isinstance(b, Tensor) else a is b or a == b
        if not same or learnt != learns:
            return name
    return None


def _merge_fault(trial: Layer, made: Made, given: list[Tensor], before: Tensor) -> Said:
    plain, strength, found = trial.layer(trial.x).detach(), made.module.strength, given[-1]
    change = (before - plain) / strength
    bias = None if trial.layer.bias is None else trial.layer.bias.detach()
    if close(found, plain):
        return (
            "the merged layer is the layer as it was: nothing was added to it",
            "合并后的层就是原来的层：什么也没有加进去",
        )
    if close(found, plain + change):
        return "merging forgets the strength", "合并时漏了 strength"
    if close(found, plain + strength**2 * change):
        return "merging counts the strength twice", "合并时 strength 乘了两遍"
    if close(found, plain - strength * change):
        return "merging subtracts what was learnt", "合并时把学到的部分减掉了"
    if close(found, before - plain):
        return (
            "the merged layer holds only what was learnt; add it to the weight",
            "合并后的层里只有学到的部分；应当加到权重上",
        )
    if bias is not None:
        wide = bias if isinstance(trial.layer, nn.Linear) else bias[:, None, None]
        if close(found, before - wide):
            return "the merged layer has lost its bias", "合并后的层丢了偏置"
        if close(found, before + strength * wide) or close(found, before + wide):
            return "the merged layer has its bias twice", "合并后的层偏置加了两遍"
    if any(close(found, earlier) for earlier in given[:-1]):
        return (
            "the second time merged() gives what it gave the first time, though the matrices have learnt since, and the "
            "strength is another: add them up anew at each call",
            "第二次调用 merged() 得到的与第一次一样，尽管矩阵又学了、强度也变了：每次调用都要重新相加",
        )
    share = float(((found - plain) * change).sum() / change.square().sum())
    if close(found, plain + share * change):
        return (
            f"merging adds what was learnt {share:.2g} times; the strength is {strength:.2g}",
            f"合并时，学到的部分乘的是 {share:.2g}；而强度是 {strength:.2g}",
        )
    off = float((found - before).abs().max())
    return (
        f"the merged layer departs from layer and matrices together by up to {off:.2g}; if all other parts "
        "hold, the product is the wrong way round: up times down",
        f"合并后的层，与原来的层加两个矩阵的结果最多差 {off:.2g}；若别的部分都成立，就是乘积的次序反了：应是 up 乘 down",
    )
