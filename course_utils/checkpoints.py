"""Checkpoints: the whole state of a training in one file that is whole or not there, and the way back from it.

检查点：把训练的整个状态存进一个要么完整、要么不存在的文件，并能原样恢复。
"""

import math
import os
from contextlib import suppress
from pathlib import Path

from course_utils.files import write_whole
from course_utils.gates import check_kind, check_number, check_path
from course_utils.language import CourseError, say
from course_utils.state_files import check_same, content, fill, read, words
from course_utils.training import TrainState

LAST, BEFORE, BEST, FRESH = (f"{name}.safetensors" for name in ("last", "before", "best", "fresh"))
STATE = "training.start(network)"


def save(path: str | Path, state: TrainState) -> Path:
    """Write the whole state to one safetensors file: beside its place first, then renamed, so never half a file.

    把整个状态写进一个 safetensors 文件：先写在旁边，再改名，因此不会留下半个文件。

    Weights, moving average, what the optimizer keeps and was told, step, losses, random state and the order of the
    data: what comes after is then the same, bit for bit, on the same machine. A digest of it all is kept beside it.

    Raises: CourseError if the state holds nan or inf, or the place cannot be written; what was there stays, and nothing
    else is left behind.
    """
    check_kind("state", state, TrainState, STATE)
    return write_whole(check_path(path), content(state))


def load(path: str | Path, state: TrainState) -> TrainState:
    """Fill `state` with what `save` wrote; training then goes on exactly as if it had never stopped.

    用 `save` 写下的内容填充 `state`；此后的训练与从未中断过完全一样。

    Nothing is unpickled: a file can hold numbers and a few words, never code.
    Raises: CourseError if the file is missing, cut short, changed, not finite, of another network, or of an optimizer
    of another kind, rate or settings; `state` is then as before.
    """
    path = check_path(path)
    tensors, about = read(path)
    check_same(path, tensors, about, check_kind("state", state, TrainState, STATE))
    return fill(state, tensors, about)


def save_in(folder: str | Path, state: TrainState, held_out: float | None = None) -> Path:
    """Save the state in a folder as the last one, beside the one before it, and as the best one if it is.

    把状态存进文件夹，作为最后一个，旁边留着再前一个；若是最好的，也存为最好的。

    Args:
        folder: made if it is not there.
        held_out: the loss on images kept out of training, any kind of number; without it no best one is chosen.

    Raises: CourseError if the state or the loss is nan or inf, or the folder cannot be written; all that was in it
    stays.
    """
    folder = check_path(folder)
    loss = None if held_out is None else check_number("held_out", held_out)
    kept = content(check_kind("state", state, TrainState, STATE), **({} if loss is None else {"held_out": repr(loss)}))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if loss is not None and loss < best(folder):
            write_whole(folder / BEST, kept)
        fresh = write_whole(folder / FRESH, kept)  # whole before anything else is touched
        if (folder / LAST).exists():
            os.replace(folder / LAST, folder / BEFORE)
        os.replace(fresh, folder / LAST)
    except OSError as error:
        raise CourseError(
            f"The folder {str(folder)!r} cannot be written ({error.strerror}). Give a place where you may write.",
            f"无法写入文件夹 {str(folder)!r}（{error.strerror}）。请给一个可写的位置。",
        ) from None
    return folder / LAST


def best(folder: str | Path) -> float:
    """The held-out loss of the best state in a folder; infinite where there is none.

    文件夹中最好的状态的留出损失；没有时为无穷大。
    """
    about = words(check_path(folder) / BEST)
    with suppress(ValueError):  # a file of another hand
        loss = float(about.get("held_out", "inf"))
        return loss if math.isfinite(loss) else math.inf
    return math.inf


def resume(place: str | Path, state: TrainState) -> TrainState:
    """Go on from the last whole state in a folder, or from the file named; where there is none, `state` stays as it is.

    从文件夹中最后一个完整的状态（或所指的文件）接着训练；一个都没有时，`state` 保持原样。

    A file that is torn, foreign or changed is named and passed over, and the one before it is taken.
    Raises: CourseError if there are files and none of them can be used, or the one that is named is not there.
    """
    place = check_path(place)
    if place.is_file() or place.suffix == ".safetensors":
        return load(place, state)
    refused = []
    for path in (place / name for name in (FRESH, LAST, BEFORE)):  # fresh: whole, but its run was killed just then
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
