"""A training state as the content of one safetensors file, and back; with all by which a foreign file is told.

训练状态与一个 safetensors 文件的内容互换，连同识别外来文件所需的一切。
"""

import hashlib
import json
import re
from contextlib import suppress
from numbers import Real
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from course_utils.files import opened
from course_utils.gates.saying import in_words
from course_utils.language import CourseError
from course_utils.training import TrainState

HOW = {"fused", "foreach", "capturable", "differentiable"}  # how an optimizer computes, not what


def content(state: TrainState, **more: str) -> bytes:
    """The whole state as bytes, a digest of it all beside it; `more` is kept with it in words.

    整个状态的字节，连同其摘要；`more` 是一并保存的文字。

    Raises: CourseError for a state that holds nan or inf: it is worth nothing, and would replace one that is; or whose
    order is no tensor of whole numbers.
    """
    _check_order(state.order)
    tensors = {  # copies: weights that are shared would not be written
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in _tensors(state).items()
    }
    bad = _not_finite(tensors)
    if bad:
        raise CourseError(
            f"This state is not kept: {bad} of its tensors hold nan or inf, after step {state.step}. What was kept "
            "before stays. Go on from there (checkpoints.resume, into a new state), at a lower learning rate.",
            f"这个状态没有保存：第 {state.step} 步之后，其中 {bad} 个张量里有 nan 或 inf。以前保存的都还在。"
            "请用 checkpoints.resume 回到那个检查点（装进新的状态），降低学习率再训练。",
        )
    from safetensors.torch import save

    about = _about(state) | more
    return save(tensors, metadata=about | {"digest": _digest(tensors, about)})


def _check_order(order: Any) -> None:
    if not isinstance(order, Tensor) or order.ndim != 1 or order.is_floating_point():
        raise CourseError(
            f"state.order is {in_words(order)}. It must be a tensor (n,) of whole numbers, the indices of the data "
            "that this epoch has not yet seen: torch.tensor([2, 0, 1]).",
            f"state.order 是 {in_words(order)}。它应当是整数张量 (n,)，即本轮次还没见过的数据的下标："
            "torch.tensor([2, 0, 1])。",
        )


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and words of a file that is whole and as it was written.

    读出一个完整且未被改动的文件中的张量与文字。

    Raises: CourseError for any other file.
    """
    try:
        with opened(path) as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except FileNotFoundError:
        raise CourseError(
            f"There is no checkpoint at {str(path)!r}. Check the path, or train first and save with checkpoints.save.",
            f"{str(path)!r} 处没有检查点。请检查路径，或先训练，再用 checkpoints.save 保存。",
        ) from None
    except OSError as error:
        raise CourseError(
            f"{str(path)!r} is not a whole checkpoint: it was cut short or is another kind of file ({error}). "
            "Copy or train it anew.",
            f"{str(path)!r} 不是完整的检查点：被截断了，或是别的文件（{error}）。请重新复制或重新训练。",
        ) from None
    digest = about.pop("digest", None)
    if digest != _digest(tensors, about):
        raise CourseError(
            f"{str(path)!r} was changed after it was written, or not written by this course: its digest is "
            f"{str(digest)[:12]!r}. Copy or train it anew.",
            f"{str(path)!r} 写下之后被改动过，或不是本课程写的：摘要是 {str(digest)[:12]!r}。请重新复制或训练。",
        )
    return tensors, about


def words(path: Path) -> dict[str, str]:
    """What a file says of itself, without reading its tensors; nothing where it cannot be read.

    文件关于自己的文字，不读张量；读不了时为空。
    """
    with suppress(OSError), opened(path) as file:
        return file.metadata() or {}
    return {}


def check_same(path: Path, tensors: dict[str, Tensor], about: dict[str, str], state: TrainState) -> None:
    """Make sure that a file belongs to the network and the optimizer of a state, settings and all, and is finite.

    确认文件属于这个状态的网络与优化器（连同各项设置），且全是有限数。

    Raises: CourseError otherwise.
    """
    wanted = _about(state)
    expected = {name: tensor.shape for name, tensor in _weights(state).items()}
    found = {name: tensor.shape for name, tensor in tensors.items() if name.startswith(("network.", "ema."))}
    same = found == expected and all(about.get(key) == wanted[key] for key in ("network", "optimizer"))
    if not same or not _is_whole(tensors, about, state):
        given = f"{about.get('network', '?')}, {about.get('optimizer', '?')}"
        asked = f"{wanted['network']}, {wanted['optimizer']}"
        raise CourseError(
            f"{str(path)!r} holds another network or optimizer: {given}. Expected: {asked}. "
            "Build the network with the settings of the checkpoint, or choose another file.",
            f"{str(path)!r} 中是另一个网络或优化器：{given}。应当是：{asked}。请按检查点的设置建网络，或换一个文件。",
        )
    _check_types(path, tensors, state)
    apart = _differences(json.loads(about["settings"]), json.loads(wanted["settings"]))
    if apart:
        kept, here = (", ".join(f"{name}={pair[i]}" for name, pair in apart.items()) for i in (0, 1))
        raise CourseError(
            f"{str(path)!r} was trained with {kept}; this state has {here}. So it would go on as another training. "
            "Begin with the same settings, training.start(network, lr=..., optimizer=...); change them after loading.",
            f"{str(path)!r} 是用 {kept} 训练的；这个状态却是 {here}，接下去就成了另一次训练。"
            "请让网络以同样的设置开始：training.start(network, lr=..., optimizer=...)；要改，载入之后再改。",
        )
    bad = _not_finite(tensors)
    if bad:
        raise CourseError(
            f"{str(path)!r} holds nan or inf in {bad} of its tensors: that training had diverged. Choose an older "
            "file, or train anew at a lower learning rate.",
            f"{str(path)!r} 有 {bad} 个张量里是 nan 或 inf：那次训练已经发散。"
            "请换一个更早的文件，或降低学习率重新训练。",
        )


def _check_types(path: Path, tensors: dict[str, Tensor], state: TrainState) -> None:
    """Weights of another type would be rounded, or widened, without a word: no longer the same training."""
    for name, here in _weights(state).items():
        kept = tensors[name].dtype
        if kept != here.dtype:
            raise CourseError(
                f"{str(path)!r} holds {name} in {kept}; this network's is {here.dtype}. Bring the network to the type "
                f"of the file before training.start: network.to({kept}).",
                f"{str(path)!r} 中的 {name} 是 {kept}；这个网络的却是 {here.dtype}。请在 training.start 之前"
                f"把网络换成文件的类型：network.to({kept})。",
            )


@torch.no_grad()
def fill(state: TrainState, tensors: dict[str, Tensor], about: dict[str, str]) -> TrainState:
    """Put what a file holds into a state to which it belongs. 把文件的内容装进它所属的状态。"""

    def below(prefix: str) -> dict[str, Tensor]:
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

    state.network.load_state_dict(below("network."))
    state.ema.load_state_dict(below("ema."))
    state.generator.set_state(tensors["generator"])
    weights = [weight for group in state.optimizer.param_groups for weight in group["params"]]
    kept: dict[int, dict[str, Tensor]] = {}
    for name, tensor in below("optimizer.").items():
        i, key = name.split(".", 1)
        weight = weights[int(i)]
        if tensor.shape == weight.shape:  # optimizers count on the same order in memory
            tensor = torch.empty_like(weight).copy_(tensor)
        kept.setdefault(int(i), {})[key] = tensor
    state.optimizer.load_state_dict({**state.optimizer.state_dict(), "state": kept})
    state.order, state.losses, state.step = tensors["order"], tensors["losses"].tolist(), int(about["step"])
    return state


def _about(state: TrainState) -> dict[str, str]:
    config = getattr(state.network, "config", None)
    network = {"kind": type(state.network).__name__} | (config if isinstance(config, dict) else {})
    return {
        "step": str(state.step),
        "network": json.dumps(network, default=lambda part: getattr(part, "__qualname__", type(part).__name__)),
        "optimizer": type(state.optimizer).__name__,
        "settings": json.dumps(_settings(state.optimizer)),
    }


def _settings(optimizer: torch.optim.Optimizer) -> dict[str, str]:
    """What an optimizer was told, in words: its rate, and every number and choice that it and its groups go by."""
    own = {name: value for name, value in vars(optimizer).items() if isinstance(value, bool | int | float)}
    told = {"lr": optimizer.defaults["lr"]} | {k: v for k, v in own.items() if not k.startswith("_")}
    for i, group in enumerate(optimizer.param_groups):
        of = "" if len(optimizer.param_groups) == 1 else f"group {i} "
        told |= {f"{of}{k}": v for k, v in group.items() if k not in {"params", "lr", *HOW}}
    return {name: _word(value) for name, value in told.items()}


def _word(value: Any) -> str:
    """A setting as a word, the same for 0 and 0.0, for (0.9, 0.99) and [0.9, 0.99]."""
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_word, value))})"
    return repr(float(value)) if isinstance(value, Real) and not isinstance(value, bool) else repr(value)


def _differences(kept: dict[str, str], here: dict[str, str]) -> dict[str, tuple[str, str]]:
    """The settings that both know and do not share (another version of torch may know more of them)."""
    return {name: (kept[name], here[name]) for name in kept if name in here and kept[name] != here[name]}


def _is_whole(tensors: dict[str, Tensor], about: dict[str, str], state: TrainState) -> bool:
    """Is all there that a state is filled with, as this edition of the course writes it?"""
    random, of = state.generator.get_state(), sum(len(group["params"]) for group in state.optimizer.param_groups)
    drawn, kept = tensors.get("generator"), (name for name in tensors if name.startswith("optimizer."))
    return (
        about.get("step", "").isdecimal()
        and about.get("settings", "").startswith("{")
        and {"order", "losses"} <= tensors.keys()
        and drawn is not None
        and (drawn.shape, drawn.dtype) == (random.shape, random.dtype)
        and all((found := re.match(r"optimizer\.(\d+)\.", name)) and int(found[1]) < of for name in kept)
    )


def _not_finite(tensors: dict[str, Tensor]) -> int:
    floating = (tensor for tensor in tensors.values() if tensor.is_floating_point())
    return sum(not bool(tensor.isfinite().all()) for tensor in floating)


def _digest(tensors: dict[str, Tensor], about: dict[str, str]) -> str:
    found = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def _weights(state: TrainState) -> dict[str, Tensor]:
    weights = {f"network.{k}": v for k, v in state.network.state_dict().items()}
    return weights | {f"ema.{k}": v for k, v in state.ema.state_dict().items()}


def _tensors(state: TrainState) -> dict[str, Tensor]:
    tensors = _weights(state)
    tensors["generator"] = state.generator.get_state()
    tensors["order"] = state.order
    tensors["losses"] = torch.tensor(state.losses, dtype=torch.float64)
    for i, kept in state.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{i}.{k}": v for k, v in kept.items()}
    return tensors
