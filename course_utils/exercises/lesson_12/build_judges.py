"""Judges of the parts of the piece of lesson 12, a layer of low rank of one's own.

评判第 12 课作业（自己的低秩层）的各个部分。
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.exercises.lesson_12.build_trials import (
    Layer,
    Made,
    asked,
    close,
    convolutions,
    linear_layers,
    made_of,
    table_of_layer,
)
from course_utils.exercises.lesson_12.merge_judges import merges
from course_utils.language import Said

Judge = Callable[[Layer, Made, torch.Generator], Said | None]
STRENGTHS = (1.0, 0.0, 2.0, 0.5, 3.0, -1.0)


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


def _thawed(trial: Layer, made: Made) -> bool:
    """Does the layer itself learn, too?"""
    kept = [part for part in (trial.layer.weight, trial.layer.bias) if part is not None]
    return any(weight.shape == part.shape and bool((weight == part).all()) for weight in made.learning for part in kept)


NOT_YET: Said = (
    "it cannot be told while the layer itself learns, too: mend **learns** first",
    "原来的层也在学，这一条就无从判断：请先改好 **learns**",
)


def _learns(trial: Layer, made: Made, generator: torch.Generator) -> Said | None:
    """Do only its own matrices learn, so many numbers, and do gradients pass it?"""
    own, other = trial.rank * sum(trial.matrix.shape), trial.layer.weight.numel()
    found = sum(weight.numel() for weight in made.learning)
    if _thawed(trial, made):
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
    if _thawed(trial, made):
        return NOT_YET
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
    made.module.eval()
    if not close(table_of_layer(made.module, trial) - trial.matrix, added):
        return (
            "after `.eval()` it adds something else than in training, and samples are drawn in eval mode: `forward` must "
            "not ask for `self.training`",
            "调用 `.eval()` 之后，它加上的部分与训练时不同，而采样用的正是 eval 模式：`forward` 里不要看 `self.training`",
        )
    return None


def _grows(trial: Layer, made: Made, generator: torch.Generator) -> Said | None:
    """Can training bring it to the rank asked for? After one step it has it, or its rows are bound to one another."""
    drawn = torch.randn(trial.matrix.shape, generator=generator, dtype=torch.float32).to(trial.matrix)
    made.step(table_of_layer(made.module, trial, learning=True), drawn)
    added = table_of_layer(made.module, trial) - trial.matrix
    reached = int(torch.linalg.matrix_rank(added.double(), rtol=1e-4 if added.dtype == torch.float32 else 1e-9))
    if not 0 < reached < trial.rank:
        return None
    return (
        f"trained, it reaches rank {reached} where {trial.rank} is asked for: the rows of the matrix that does not begin "
        "at 0 are alike or depend on one another, so they are taught the same and stay so. Draw each number by itself, "
        "`torch.randn`",
        f"训练之后，秩只到 {reached}，要求的是 {trial.rank}：不从 0 开始的那个矩阵，各行相同或彼此相关，学到的也就一样，"
        "永远分不开。每个数都要单独抽取，用 `torch.randn`",
    )


def _through(table: Tensor, trial: Layer) -> Tensor:
    equation = "oi,...i->...o" if isinstance(trial.layer, nn.Linear) else "oi,bihw->bohw"
    return torch.einsum(equation, table, trial.x)


def _strong(trial: Layer, made: Made, generator: torch.Generator) -> Said | None:
    """Does strength scale what was learnt, and nothing else?"""
    if _thawed(trial, made):
        return NOT_YET
    made.wake(generator)
    if getattr(made.module, "strength", None) != 1:
        return (
            "`self.strength` is not 1.0 at the beginning, or no plain number (a Parameter would learn)",
            "`self.strength` 起初不是 1.0，或不是普通的数（写成 Parameter，它就会被训练）",
        )
    exact, seen = trial.layer(trial.x).detach(), []
    for strength in STRENGTHS:
        made.module.strength = strength
        seen.append(made.module(trial.x).detach())
    one, _, two, *_ = added = [y - exact for y in seen]
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
    for strength, change in zip(STRENGTHS, added, strict=True):
        if not close(change, strength * one):
            return (
                f"what is added does not grow as strength does, at {strength:g} for one",
                f"加上的部分不与 strength 成正比，例如取 {strength:g} 时",
            )
    return None


judge_starts = _on(linear_layers, _starts)
judge_learns = _on(linear_layers, _learns)
judge_rank = _on(linear_layers, _of_rank, _grows)
judge_strength = _on(linear_layers, _strong)
judge_merges = _on(linear_layers, merges)
judge_convolutions = _on(convolutions, _starts, _learns, _of_rank, _grows, _strong, merges)
