"""Judge a reader's training step, its average and its held-out loss.

评判读者的训练步、权重的平均与留出损失。
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_utils import objectives
from course_utils.exercises.judging import BLANK, number
from course_utils.exercises.lesson_06.build_mistakes import (
    AVERAGE_MISTAKES,
    HELD_OUT_MISTAKES,
    STEP_MISTAKES,
    STEPS,
    error_of,
    losses_of,
)
from course_utils.exercises.lesson_06.trials import (
    Given,
    flat,
    given,
    guided,
    lacks,
    made,
    stands_still,
)
from course_utils.language import Said

CLOSE = dict(rtol=1e-4, atol=1e-6)


def judge_step(answer: Any, generator: torch.Generator) -> Said | None:
    """Are the losses those of the course, from the same seed, given the right order and rate? 损失是否与课程的相同？"""
    what = given(generator)
    run = guided(answer, what)
    if run is None or run is ...:
        return BLANK
    for _ in range(STEPS):
        run.step()
    if stands_still(run):
        moved = lacks(run, "network") is None and not torch.equal(flat(run.network), flat(what[0]))
        return lacks(run, "losses") or _none_noted() if moved else BLANK
    if any(isinstance(loss, Tensor) and loss.requires_grad for loss in run.losses):
        return (
            "`losses` keeps tensors, and with each of them its whole graph: memory fills up. Keep `loss.item()`",
            "`losses` 里存的是张量，每个都拖着整张计算图，内存会越占越满。请存 `loss.item()`",
        )
    if any(isinstance(loss, Tensor) for loss in run.losses):
        return (
            "`losses` keeps tensors; plain numbers are asked for: `loss.item()`",
            "`losses` 里存的是张量；要的是普通的数：`loss.item()`",
        )
    found = [number(loss) for loss in run.losses]
    if len(found) != STEPS or None in found:
        return _none_noted()
    return _of_the_losses(torch.tensor(found), what)


def _none_noted() -> Said:
    return (
        "each step should append one plain number, its loss, to `losses`",
        "每步都应往 `losses` 里添一个普通的数：这一步的损失",
    )


def _of_the_losses(found: Tensor, what: Given) -> Said | None:
    right = losses_of(what)
    if torch.allclose(found, right, **CLOSE):
        return None
    for changed, en, zh in STEP_MISTAKES:
        if torch.allclose(found, losses_of(what, **changed), **CLOSE):
            return en, zh
    if torch.isclose(found[0], right[0], **CLOSE):
        apart = int((~torch.isclose(found, right, **CLOSE)).nonzero()[0]) + 1
        return (
            f"the first loss is right, that of step {apart} is {found[apart - 1]:.4f} and should be {right[apart - 1]:.4f}: "
            "look at what lies between a loss and the next",
            f"第一个损失没错，第 {apart} 步的却是 {found[apart - 1]:.4f}，应为 {right[apart - 1]:.4f}：请看一个损失到下一个损失之间",
        )
    return (
        f"the first loss is {found[0]:.4f} and should be {right[0]:.4f}: from `generator`, first the indices, then the "
        "times, then the noise; then the mean of `errors`",
        f"第一个损失是 {found[0]:.4f}，应为 {right[0]:.4f}：从 `generator` 先抽下标，再抽时间步，再抽噪声；然后取 `errors` 的均值",
    )


def judge_average(answer: Any, generator: torch.Generator) -> Said | None:
    """Does the average follow the weights, whatever they do, as it should? 不论权重怎样走，平均跟得是否正确？"""
    what = given(generator)
    run = guided(answer, what)
    if run is None or run is ...:
        return BLANK
    start, decay, walked = flat(what[0]), what[6], []
    for _ in range(2 * STEPS):
        before = flat(run.network) if lacks(run, "network") is None else start
        run.step()
        if stands_still(run) and getattr(run, "average", None) is None:
            return BLANK
        fault = lacks(run, "network", "average")
        if fault is not None:
            return fault
        walked.append((before, flat(run.network), flat(run.average)))
    if torch.equal(walked[-1][1], start):
        return BLANK if torch.equal(walked[-1][2], start) and stands_still(run) else _no_steps()
    return _of_the_average(start, walked, decay)


def _no_steps() -> Said:
    return "`step` does not move the weights yet, so there is nothing to see", "`step` 还没有移动权重，所以无从看起"


def _of_the_average(start: Tensor, walked: list, decay: float) -> Said | None:
    def follows(rule: Callable) -> bool:
        expected = start
        for done, (before, new, average) in enumerate(walked):
            expected = rule(expected, before, new, done, decay)
            if not torch.allclose(average, expected, **CLOSE):
                return False
        return True

    if follows(lambda old, before, new, k, d: old.lerp(new, 1 - min(d, (1 + k) / (10 + k)))):
        return None
    for rule, en, zh in AVERAGE_MISTAKES:
        if follows(rule):
            return en, zh
    return (
        "it does not follow the weights as asked: in step k (the first is k = 1) it keeps the smaller of `decay` and k / (k + 9)",
        "它没有照规定跟随权重：第 k 步（第一步 k = 1）保留自己的份额，取 `decay` 与 k / (k + 9) 中较小的",
    )


def judge_held_out(answer: Any, generator: torch.Generator) -> Said | None:
    """Is it the average's error, always the same, and does looking change nothing? 是否平均权重的误差，看了又是否不影响训练？"""
    what = given(generator, dropout=0.4)
    run, unseen = made(answer, what), given(generator, n=60)[1]
    modes, torchs = None if lacks(run, "network", "average") else _modes(run), torch.get_rng_state()
    if run is None or run is ... or (first := run.held_out(unseen.clone())) is None or first is ...:
        return BLANK
    fault = lacks(run, "network", "average", "generator")
    if fault is not None:
        return fault
    in_another = modes != _modes(run)
    with torch.no_grad():
        for weight in run.average.eval().parameters():  # in this mode, too, it is to be left as it was
            weight.add_(0.3)
    before = _modes(run), run.generator.get_state(), torchs
    found, again = run.held_out(unseen.clone()), run.held_out(unseen.clone())
    fault = _of_the_traces(run, found, again, before, in_another)
    if fault is not None:
        return fault
    networks = {"average": run.average, "network": run.network}
    means = {who: objectives.held_out(what[2], net, unseen).errors.mean().item() for who, net in networks.items()}
    fault = _of_the_number(found, means)
    if fault is None or number(found) is None:
        return fault
    for drawn_by, en, zh in HELD_OUT_MISTAKES:
        if math.isclose(number(found), error_of(run.average, what[2], unseen, drawn_by), rel_tol=1e-4):
            return en, zh
    return fault


def _modes(run: Any) -> list[bool]:
    return [layer.training for who in (run.network, run.average) for layer in who.modules()]


def _of_the_traces(run: Any, found: Any, again: Any, before: tuple, in_another: bool) -> Said | None:
    """What two looks have left behind in the training. 看了两次，给训练留下了什么。"""
    modes, drawn, torchs = before
    if not torch.equal(drawn, run.generator.get_state()):
        return (
            "it draws from the training's `generator`: whoever looks trains on with other images, times and noise",
            "它从训练的 `generator` 抽取：看一眼，训练接下去用的图像、时间步与噪声就都变了",
        )
    if isinstance(found, Tensor) and found.requires_grad:
        return (
            "it keeps the graph of gradients: ask under `torch.no_grad()`",
            "它留着梯度的计算图：请在 `torch.no_grad()` 之下提问",
        )
    if number(found) is not None and found != again:
        return (
            "two looks at the same weights differ: the same times and noise each time, from `seeded(0)`, and evaluation mode",
            "同样的权重看两次，结果不同：每次都要用同样的时间步与噪声（出自 `seeded(0)`），并处于评估模式",
        )
    if in_another or modes != _modes(run):
        return (
            "it leaves a network in another mode: afterwards dropout would be off in training, or on",
            "它改变了网络的模式：此后训练时 dropout 就会关掉，或打开",
        )
    if not torch.equal(torchs, torch.get_rng_state()):
        return (
            "it draws from torch's own generator, or seeds it; a network with dropout draws from it, too, and would train on "
            "otherwise. Give the looks a generator apart, `seeded(0)`",
            "它从 torch 自带的发生器抽取，或给它重设了种子；带 dropout 的网络训练时也从那里抽，看一眼，训练就会变样。"
            "请为看另用一个发生器 `seeded(0)`",
        )
    return None


def _of_the_number(given_: Any, means: dict[str, float]) -> Said | None:
    found = number(given_)
    if found is None:
        return "it should return one plain number, the mean", "应当返回一个普通的数：均值"
    if isinstance(given_, Tensor):
        return (
            "it returns a tensor; one plain number is asked for: `.item()`",
            "返回的是张量；要的是一个普通的数：`.item()`",
        )
    if abs(found - means["average"]) <= 1e-4 * means["average"]:
        return None
    if abs(found - means["network"]) <= 1e-4 * means["network"]:
        return "this is the network's error; ask the average", "这是网络的误差；应当问平均"
    right = means["average"]
    return f"it is {found:.4f}, and should be {right:.4f}", f"得到 {found:.4f}，应为 {right:.4f}"
