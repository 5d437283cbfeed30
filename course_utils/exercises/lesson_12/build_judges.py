"""Judges of the parts of the piece of lesson 12, a layer of low rank of one's own.

评判第 12 课作业（自己的低秩层）的各个部分。
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.exercises.judging import BLANK
from course_utils.exercises.lesson_12.build_trials import (
    CAUSES,
    Layer,
    Made,
    asked,
    close,
    convolutions,
    linear_layers,
    made_of,
    table_of_layer,
)
from course_utils.exercises.stops import stopped
from course_utils.language import Said

Judge = Callable[[Layer, Made, torch.Generator], Said | None]


def _on(layers: Callable[[torch.Generator], list[Layer]], *judges: Judge) -> Callable:
    """A judge of an answer from judges of what it makes of one layer; where it answers nothing yet, it is blank."""

    def judge(answer: Callable, generator: torch.Generator) -> Said | None:
        for trial in layers(generator):
            for one in judges:
                made = made_of(answer, trial)
                fault = made.fault or asked(made, trial.x, trial.layer(trial.x).detach())[1]
                fault = fault or one(trial, made, generator)
                if fault is not None:
                    return fault
        return None

    return judge


def _starts(trial: Layer, made: Made, generator: torch.Generator) -> Said | None:
    """Is it the layer, before it has learnt; and can it learn from there?"""
    exact = trial.layer(trial.x).detach()
    y = made.module(trial.x)
    if not close(y.detach(), exact):
        return (
            "before it has learnt anything it gives something else than the layer; one of the two matrices has to begin "
            "at 0",
            "还什么都没学，结果就与原来的层不同；两个矩阵之一要从 0 开始",
        )
    if not made.learning or not y.requires_grad:
        return (
            "nothing in it learns: keep the two matrices as nn.Parameter",
            "里面没有会学习的东西：两个矩阵要用 nn.Parameter 存",
        )
    (y * torch.randn(y.shape, generator=generator, dtype=torch.float32).to(y)).sum().backward()
    if not any(weight.grad is not None and bool(weight.grad.any()) for weight in made.learning):
        return (
            "it can never learn: both matrices begin at 0, and then the gradient of each, which holds the other as a "
            "factor, is 0 for good. Draw one of them",
            "它永远学不会：两个矩阵都从 0 开始，而各自的梯度里都有另一个作因子，就一直是 0。其中一个应当随机抽取",
        )
    return None


def _learns(trial: Layer, made: Made, generator: torch.Generator) -> Said | None:
    """Do only its own matrices learn, so many numbers, and do gradients pass it?"""
    own, other = trial.rank * sum(trial.matrix.shape), trial.layer.weight.numel()
    found = sum(weight.numel() for weight in made.learning)
    kept = [part for part in (trial.layer.weight, trial.layer.bias) if part is not None]
    if any(weight.shape == part.shape and bool((weight == part).all()) for weight in made.learning for part in kept):
        return (
            "the layer's own weights learn, too: freeze them, `layer.requires_grad_(False)`, or what was there is lost",
            "这一层自己的权重也在学：请冻结，`layer.requires_grad_(False)`，否则原有的就丢了",
        )
    if found != own:
        out, into = trial.matrix.shape
        whole_en, whole_zh = (
            (": that is a whole matrix, and no low rank", "：那是一整个矩阵，不是低秩") if found == other else ("", "")
        )
        return (
            f"beside a layer from {into} to {out} numbers with rank {trial.rank}, {found} numbers learn{whole_en}; the two "
            f"matrices hold {trial.rank} · ({into} + {out}) = {own}, and nothing else is needed, no bias either",
            f"在 {into} 到 {out} 的层旁边，秩取 {trial.rank}，会学的数有 {found} 个{whole_zh}；两个矩阵共有 "
            f"{trial.rank} · ({into} + {out}) = {own} 个，再不需要别的，也不要偏置",
        )
    made.wake(generator)
    x = trial.x.clone().requires_grad_()
    y = made.module(x)
    if not y.requires_grad:
        return NO_WAY_BACK
    [back] = torch.autograd.grad(y.sum(), [x], allow_unused=True)
    table = table_of_layer(made.module, trial)
    axis = -1 if isinstance(trial.layer, nn.Linear) else 1
    exact = table.sum(0).reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]).expand(x.shape)
    return None if back is not None and close(back, exact) else NO_WAY_BACK


NO_WAY_BACK: Said = (
    "gradients do not pass the layer on their way back, so that nothing below it learns: freezing its weights is enough, "
    "without `no_grad` or `detach` in `forward`",
    "梯度往回走时过不了这一层，它下面的层就学不到：冻结权重就够了，`forward` 里不要用 `no_grad` 或 `detach`",
)


def _of_rank(trial: Layer, made: Made, generator: torch.Generator) -> Said | None:
    """Is what it adds a linear map, through as many numbers as the rank says?"""
    made.wake(generator)
    added = table_of_layer(made.module, trial) - trial.matrix
    through = int(torch.linalg.matrix_rank(added.double(), rtol=1e-4))
    if through == 0:
        return (
            "what it has learnt does not show: after training it still gives what the layer gives",
            "学到的东西没有起作用：训练之后，结果还是与原来的层一样",
        )
    change = (made.module(trial.x) - trial.layer(trial.x)).detach()
    exact = _through(added, trial)
    if not close(change, exact):
        return (
            "what it adds is no matrix times x: nothing stands between the two matrices or after them, no bias and no "
            "activation, and the layer itself stays as it is, or it could not be merged",
            "它加上的部分不是“矩阵乘 x”：两个矩阵之间与之后都不能有别的，偏置、激活都不行，原来的层也不能动，否则无法合并",
        )
    if through != trial.rank:
        return (
            f"what it adds goes through {through} numbers; the rank is {trial.rank}",
            f"它加上的部分经过 {through} 个数；秩应为 {trial.rank}",
        )
    return None


def _through(table: Tensor, trial: Layer) -> Tensor:
    equation = "oi,...i->...o" if isinstance(trial.layer, nn.Linear) else "oi,bihw->bohw"
    return torch.einsum(equation, table, trial.x)


def _strong(trial: Layer, made: Made, generator: torch.Generator) -> Said | None:
    """Does strength scale what was learnt, and nothing else?"""
    made.wake(generator)
    if getattr(made.module, "strength", None) != 1:
        return (
            "`self.strength` is not 1.0 at the beginning, or no plain number (a Parameter would learn)",
            "`self.strength` 起初不是 1.0，或不是普通的数（写成 Parameter，它就会被训练）",
        )
    exact, seen = trial.layer(trial.x).detach(), []
    for strength in (1.0, 0.0, 0.5, 2.0):
        made.module.strength = strength
        seen.append(made.module(trial.x).detach())
    one, none, half, two = (y - exact for y in seen)
    if close(seen[0], seen[1]) or close(one, two):
        return (
            "`self.strength` changes nothing: it is the factor of what was learnt",
            "改变 `self.strength` 没有作用：它是学到部分的系数",
        )
    if not close(seen[1], exact):
        return (
            "at strength 0 it is not the layer: only what was learnt has this factor, not the layer's own answer",
            "strength 为 0 时不是原来的层：只有学到的部分乘这个系数，原来那层的结果不乘",
        )
    if close(two, 4 * one):
        return "strength counts twice: at 2 it is four times as strong", "strength 乘了两遍：取 2 时成了四倍"
    if not (close(two, 2 * one) and close(half, one / 2)):
        return "what is added does not grow as strength does", "加上的部分不与 strength 成正比"
    return None


def _merges(trial: Layer, made: Made, generator: torch.Generator) -> Said | None:
    """Is the merged layer one of the same kind, alone, with the same answer, and is nothing changed by merging?"""
    made.wake(generator)
    made.module.strength = 0.7
    before = made.module(trial.x).detach()
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
        found, again = merged(trial.x), made.module(trial.x)
        if not close(again, before):
            return (
                "merging changes the layer in the module itself, so that from then on it adds what was learnt twice; work "
                "on a copy",
                "合并时改动了模块里原来的层，之后学到的部分就加了两遍；请在副本上改",
            )
        if close(found, before):
            return None
        return _merge_fault(trial, made, found, before)


def _merge_fault(trial: Layer, made: Made, found: Tensor, before: Tensor) -> Said:
    plain = trial.layer(trial.x)
    change = (before - plain) / 0.7
    bias = trial.layer.bias
    if close(found, plain):
        return (
            "the merged layer is the layer as it was: nothing was added to it",
            "合并后的层就是原来的层：什么也没有加进去",
        )
    if close(found, plain + change):
        return "merging forgets the strength", "合并时漏了 strength"
    if close(found, plain + 0.49 * change):
        return "merging counts the strength twice", "合并时 strength 乘了两遍"
    if close(found, plain - 0.7 * change):
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
        if close(found, before + 0.7 * wide) or close(found, before + wide):
            return "the merged layer has its bias twice", "合并后的层偏置加了两遍"
    off = float((found - before).abs().max())
    return (
        f"the merged layer departs from layer and matrices together by up to {off:.2g}; if all other parts "
        "hold, the product is the wrong way round: up times down",
        f"合并后的层，与原来的层加两个矩阵的结果最多差 {off:.2g}；若别的部分都成立，就是乘积的次序反了：应是 up 乘 down",
    )


judge_starts = _on(linear_layers, _starts)
judge_learns = _on(linear_layers, _learns)
judge_rank = _on(linear_layers, _of_rank)
judge_strength = _on(linear_layers, _strong)
judge_merges = _on(linear_layers, _merges)
judge_convolutions = _on(convolutions, _starts, _learns, _of_rank, _strong, _merges)
