"""Checkpoints: the whole state of a training in one file that is whole or not there, and the way back from it.

检查点：把训练的整个状态存进一个要么完整、要么不存在的文件，并能原样恢复。
"""

import hashlib
import json
import os
from pathlib import Path

import torch
from torch import Tensor

from course_utils.files import write_whole
from course_utils.language import CourseError, say
from course_utils.training import TrainState

LAST, BEFORE, BEST = "last.safetensors", "before.safetensors", "best.safetensors"


def save(path: str | Path, state: TrainState) -> Path:
    """Write the whole state to one safetensors file: beside its place first, then renamed, so never half a file.

    把整个状态写进一个 safetensors 文件：先写在旁边，再改名，因此不会留下半个文件。

    Weights, moving average, what the optimizer keeps, step, losses, random state and the order of the data: what
    comes after is then the same, bit for bit, on the same machine. A digest of it all is kept beside it.

    Raises: CourseError if the place cannot be written; what was there stays, and nothing else is left behind.
    """
    return write_whole(path, _content(state))


def load(path: str | Path, state: TrainState) -> TrainState:
    """Fill `state` with what `save` wrote; training then goes on exactly as if it had never stopped.

    用 `save` 写下的内容填充 `state`；此后的训练与从未中断过完全一样。

    Nothing is unpickled: a file can hold numbers and a few words, never code.
    Raises: CourseError if the file is missing, cut short, changed, or of another network; `state` is then as before.
    """
    tensors, about = _read(path)
    _check_same_network(path, about, tensors, state)
    _fill(state, tensors, int(about["step"]))
    return state


def save_in(folder: str | Path, state: TrainState, held_out: float | None = None) -> Path:
    """Save the state in a folder as the last one, beside the one before it, and as the best one if it is.

    把状态存进文件夹，作为最后一个，旁边留着再前一个；若是最好的，也存为最好的。

    Args:
        folder: made if it is not there.
        held_out: the loss on images kept out of training; without it no best one is chosen.

    Raises: CourseError if the folder cannot be written; all that was in it stays.
    """
    folder = Path(folder)
    last = folder / LAST
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(
            f"The folder {str(folder)!r} cannot be made ({error.strerror}). Give a place where you may write.",
            f"无法建立文件夹 {str(folder)!r}（{error.strerror}）。请给一个可写的位置。",
        ) from None
    content = _content(state)
    if held_out is not None and held_out < best(folder):
        write_whole(folder / BEST, content)
        write_whole(folder / "best.json", json.dumps({"step": state.step, "held_out": held_out}).encode())
    fresh = write_whole(folder / "fresh.safetensors", content)  # whole before anything else is touched
    if last.exists():
        os.replace(last, folder / BEFORE)
    os.replace(fresh, last)
    return last


def best(folder: str | Path) -> float:
    """The held-out loss of the best state in a folder; infinite where there is none.

    文件夹中最好的状态的留出损失；没有时为无穷大。
    """
    try:
        return float(json.loads((Path(folder) / "best.json").read_text())["held_out"])
    except (OSError, ValueError, KeyError, TypeError):
        return float("inf")


def resume(folder: str | Path, state: TrainState) -> TrainState:
    """Go on from the last whole state in a folder; where there is none, `state` stays as it is.

    从文件夹中最后一个完整的状态接着训练；一个都没有时，`state` 保持原样。

    A file that is torn, foreign or changed is named and passed over, and the one before it is taken.
    Raises: CourseError if there are files and none of them can be used.
    """
    refused = []
    for path in (Path(folder) / LAST, Path(folder) / BEFORE):
        if not path.exists():
            continue
        try:
            return load(path, state)
        except CourseError as error:
            refused.append(error)
            say(error.en, error.zh)
    if refused:
        raise refused[0]
    return state


def _content(state: TrainState) -> bytes:
    from safetensors.torch import save

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in _tensors(state).items()}
    about = _about(state)
    return save(tensors, metadata=about | {"digest": _digest(tensors, about)})


def _read(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(Path(path), "pt") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except FileNotFoundError:
        raise CourseError(
            f"There is no checkpoint at {str(path)!r}. Check the path, or train first and save with checkpoints.save.",
            f"{str(path)!r} 处没有检查点。请检查路径，或先训练，再用 checkpoints.save 保存。",
        ) from None
    except (SafetensorError, OSError) as error:
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


def _digest(tensors: dict[str, Tensor], about: dict[str, str]) -> str:
    found = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def _check_same_network(path: str | Path, about: dict, tensors: dict[str, Tensor], state: TrainState) -> None:
    expected = {name: tensor.shape for name, tensor in _weights(state).items()}
    found = {name: tensor.shape for name, tensor in tensors.items() if name.startswith(("network.", "ema."))}
    wanted = _about(state)
    same = found == expected and all(about.get(key) == wanted[key] for key in ("network", "optimizer"))
    if same and {"step", "rate"} <= about.keys():
        return
    given = f"{about.get('network', '?')}, {about.get('optimizer', '?')}"
    asked = f"{wanted['network']}, {wanted['optimizer']}"
    raise CourseError(
        f"{str(path)!r} holds another network or optimizer: {given}. Expected: {asked}. "
        "Build the network with the settings of the checkpoint, or choose another file.",
        f"{str(path)!r} 中是另一个网络或优化器：{given}。应当是：{asked}。请按检查点的设置建网络，或换一个文件。",
    )


def _about(state: TrainState) -> dict[str, str]:
    network = {"kind": type(state.network).__name__, **getattr(state.network, "config", {})}
    return {
        "step": str(state.step),
        "network": json.dumps(network),
        "optimizer": type(state.optimizer).__name__,
        "rate": repr(state.optimizer.defaults["lr"]),
    }


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


@torch.no_grad()
def _fill(state: TrainState, tensors: dict[str, Tensor], step: int) -> None:
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
    state.order, state.losses, state.step = tensors["order"], tensors["losses"].tolist(), step
