"""Judge of the assembled U-Net: with the weights of the package's network, does it answer and learn the same?

评判搭好的 U-Net：换上本包网络的权重，它的回答与所学是否相同？
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.exercises.lesson_05.build_mistakes import (
    fault_of_bias,
    fault_of_nan,
    fault_of_repeats,
    fault_of_the_answer,
)
from course_utils.exercises.lesson_05.build_sizes import fault_of_padding
from course_utils.exercises.lesson_05.build_stops import blocks_of, names_of_blocks
from course_utils.exercises.lesson_05.build_trials import (
    Trial,
    draw_weights,
    fault_of_stopping,
    no_answer,
    package_of,
    tried,
)
from course_utils.exercises.stops import stopped
from course_utils.experiments.assembled import Call, described, paired, watched
from course_utils.language import CourseError, Said
from course_utils.unet import UNet


def alike(given: Tensor, wanted: Tensor) -> bool:
    """Are two tensors the same but for rounding? 除舍入之外，两个张量是否相同？"""
    return given.shape == wanted.shape and float((given - wanted).abs().max()) < 1e-4 * (1 + float(wanted.abs().max()))


def judge_equal(answer: Callable, generator: torch.Generator) -> Said | None:
    """With the weights of the package's network, is the answer the same? 换上本包网络的权重，回答是否相同？"""
    for floors, shape in (
        (3, (3, 3, 7, 12)),
        (1, (2, 3, 4, 5)),
    ):  # one side to be padded; a width of two groups' channels
        trial = tried(answer, generator, floors, e=32, shape=shape)
        fault = trial.fault or _fault_of_twice(trial) or _fault_of_equality(trial, generator)
        if fault is not None:
            return fault
    return None


def _fault_of_equality(trial: Trial, generator: torch.Generator) -> Said | None:
    package = package_of(trial.widths, generator, 3)
    calls, _, _ = watched(package, trial.xt, trial.log_snr)
    draw_weights(calls, generator)
    if len(trial.widths) == 1:
        with torch.no_grad():
            calls[-1].layer.weight.mul_(30)  # v is large: nothing may limit it
    calls, wanted, _ = watched(package, trial.xt, trial.log_snr)
    try:
        for ours, theirs in paired(calls, list(trial.calls)):
            theirs.layer.load_state_dict(ours.layer.state_dict())
    except CourseError as error:
        said = f"the weights of `UNet` do not fit: {error.en}", f"`UNet` 的权重装不进去：{error.zh}"
        return fault_of_bias([call.layer for call in trial.calls]) or said
    found, given, error = watched(trial.network, trial.xt, trial.log_snr)
    fault = fault_of_stopping(found, error, trial.widths, trial.xt) if error is not None else no_answer(given, trial.xt)
    if fault is not None:
        return fault
    if alike(given, wanted):
        pairs = list(zip(_names(calls, trial), paired(calls, found), strict=True))
        return fault_of_learning(trial, package, pairs) or _fault_elsewhere(trial, package, generator)
    fault = _first_apart(calls, found, trial) or fault_of_nan(given)
    return fault or fault_of_the_answer(trial, calls, given, found[-1].output, alike)


def _fault_elsewhere(trial: Trial, package: UNet, generator: torch.Generator) -> Said | None:
    """Where it is right otherwise: is it so with tiny images, with hardly any noise and signal, and in float64?"""
    small = torch.randn((3, trial.xt.shape[1], 1, 2), generator=generator, dtype=trial.xt.dtype)
    far = torch.tensor([-14, 14, 9.5][: len(trial.xt)], dtype=trial.xt.dtype)
    tries = (
        ("images of 1 x 2", "1 x 2 的图像", small[: len(trial.xt)], trial.log_snr),
        ("log-SNRs of -14 and 14", "对数信噪比为 -14 与 14", trial.xt, far),
        ("images in float64", "float64 的图像", trial.xt.double(), trial.log_snr.double()),
    )
    for en, zh, xt, log_snr in tries:
        for layer in (package, trial.network, *(call.layer for call in trial.calls)):  # some may be hidden in a list
            layer.to(xt.dtype)
        (_, wanted, _), (_, given, error) = (watched(net, xt, log_snr) for net in (package, trial.network))
        said = stopped(error) if error is not None else no_answer(given, xt)
        if said is None and not alike(given, wanted):
            off = float((given - wanted).abs().max())
            said = f"the answer departs from that of `UNet` by up to {off:.2g}", f"回答与 `UNet` 的相差最多 {off:.2g}"
        if said is not None:
            return f"it is right otherwise, but with {en} {said[0]}", f"别处都对，只有这种情形不对（{zh}）：{said[1]}"
    return None


def _fault_of_twice(trial: Trial) -> Said | None:
    """Does one layer work in two places? 同一层是否在两处工作？"""
    if (fault := fault_of_repeats(trial.calls)) is not None:
        return fault
    first = {}
    for (en, zh), call in zip(_names(list(trial.calls), trial), trial.calls, strict=True):
        if id(call.layer) in first:
            other = first[id(call.layer)]
            return (
                f"one and the same layer works as {other[0]} and as {en}: each place has its own. Is another never used?",
                f"同一层用在了两处：{other[1].strip()}，以及{zh}。每处各有自己的一层；是否有另一层从未用到？",
            )
        first[id(call.layer)] = en, zh
    return None


def _names(calls: list[Call], trial: Trial) -> list[Said]:
    """What the layers at work are called: blocks by their places. 各个工作的层的叫法；残差块按所在的位置。"""
    blocks = dict(zip([id(call) for call in blocks_of(tuple(calls))], names_of_blocks(len(trial.widths)), strict=False))
    return [blocks.get(id(call), (described(call.layer), f" {described(call.layer)}")) for call in calls]


def _first_apart(ours: list[Call], theirs: list[Call], trial: Trial) -> Said | None:
    """The first layer that is given something else than the package's. 最先得到不同输入的一层。"""
    pairs = zip(_names(ours, trial)[:-2], paired(ours, theirs)[:-2], strict=True)
    for (en, zh), (our, their) in pairs:  # what the head does is looked at by itself
        if not all(map(alike, their.given, our.given)):
            stem = isinstance(our.layer, nn.Conv2d) and our.given[0].shape[1] == trial.xt.shape[1]
            if stem and (fault := fault_of_padding(their.given[0], our.given[0], trial.xt)) is not None:
                return fault
            return (
                f"with the same weights, the first layer given something else than in `UNet` is {en}",
                f"换上同样的权重，最先得到与 `UNet` 不同输入的是{zh}",
            )
    return None


def fault_of_learning(trial: Trial, package: UNet, pairs: list[tuple[Said, tuple[Call, Call]]]) -> Said | None:
    """In training, is the answer the same, and are the gradients of all layers? 训练时，回答与各层的梯度是否也相同？"""
    shares, answers = [], []
    try:
        for network, which in ((package, 0), (trial.network, 1)):
            answer, share = _gradients(network.train(), trial, [calls[which].layer for _, calls in pairs])
            answers.append(answer)
            shares.append(share)
    except Exception as error:  # whatever a reader's network raises
        en, zh = stopped(error)
        return f"in training {en}", f"训练时，{zh}"
    if not alike(*answers):
        return (
            "in training it answers something else than in evaluation: what stands there that the specification does not name?",
            "训练时的回答与评估时不同：多了什么规格里没有的东西？",
        )
    return _fault_of_gradients([name for name, _ in pairs], *shares)


def _fault_of_gradients(names: list[Said], wanted: list[list[Tensor]], found: list[list[Tensor]]) -> Said | None:
    """Which layer, from the end, gets no gradient, or another than in the package. 从末尾起，哪一层没有梯度或梯度不同。"""
    for (en, zh), of_layer in reversed(list(zip(names, found, strict=True))):
        if not any(bool(one.any()) for one in of_layer):
            return (
                f"the answer is the same, but no gradient reaches {en}, so it would never learn: is something detached behind "
                "it (`.detach()`, `.data`, `torch.no_grad()`)?",
                f"回答相同，梯度却传不到{zh}，它永远学不到东西：它之后是否有 `.detach()`、`.data` 或 `torch.no_grad()`？",
            )
    for (en, zh), of_layer, right in reversed(list(zip(names, found, wanted, strict=True))):
        if not all(map(alike, of_layer, right)):
            return (
                f"the answer is the same, but {en} gets another gradient than in `UNet`: does a skip behind it lose its own "
                "(`.detach()`, `.data`)?",
                f"回答相同，但有一层的梯度与 `UNet` 里的不同，即{zh}：它之后的跳跃连接是否断了梯度（`.detach()`、`.data`）？",
            )
    return None


def _gradients(network: nn.Module, trial: Trial, layers: list[nn.Module]) -> tuple[Tensor, list[list[Tensor]]]:
    """The answer in training, and for each layer the gradients of the answer's products with the images."""
    weights = [list(layer.parameters()) for layer in layers]
    with torch.enable_grad(), torch.random.fork_rng(devices=[]):
        answer = network(trial.xt.clone(), trial.log_snr.clone())
        flat = [weight for each in weights for weight in each]
        loss = (answer * trial.xt).sum()
        found = torch.autograd.grad(loss, flat, allow_unused=True) if loss.requires_grad else [None] * len(flat)
    found = iter(torch.zeros_like(w) if g is None else g for w, g in zip(flat, found, strict=True))
    return answer.detach(), [[next(found) for _ in each] for each in weights]
