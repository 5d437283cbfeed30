"""Files that are whole or not there.

要么完整、要么不存在的文件。
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from course_utils.gates import check_kind, check_path
from course_utils.language import CourseError

NO_FILE, READ_ONLY = "no ordinary file", "read-only"


def write_whole(path: str | Path, content: bytes) -> Path:
    """Write a file beside its place, then rename it, so that nobody ever finds half of it.

    先把文件写在旁边，再改名，因此谁也不会读到半个文件。

    Raises: CourseError for other content than bytes, or if the place cannot be written; an older file there stays, and
    nothing else is left behind.
    """
    path, content = check_path(path), check_kind("content", content, bytes, "path.read_bytes()")
    beside = path.parent / f"{path.name[:50]}.{os.getpid()}.partial"  # two kernels may write; 50: no name is too long
    try:
        if path.exists() and not path.is_file():  # a folder, a pipe or a device is not replaced by a file
            raise OSError(0, NO_FILE)
        if path.exists() and not os.access(path, os.W_OK):  # nor one that is kept from being written
            raise PermissionError(0, READ_ONLY)
        beside.write_bytes(content)
        os.replace(beside, path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise CourseError(
            f"{str(path)!r} cannot be written ({error.strerror}). Give a file name in a folder that exists and may "
            "be written, and check that the disk is not full.",
            f"无法写入 {str(path)!r}（{error.strerror}）。请给一个已存在且可写的文件夹中的文件名，并确认磁盘未满。",
        ) from None
    return path


def damaged(path: Path, error: Exception) -> CourseError:
    """The error that a file which comes with the course does not hold what it should.

    报错：随课程附带的文件，内容不对。
    """
    why = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]:.120}"
    return CourseError(
        f"{str(path)!r} does not hold what comes with the course ({why}). It was cut short, or is another kind of "
        f'file: install the package anew, or bring it back with `git checkout -- "{path}"`.',
        f"{str(path)!r} 里不是随课程附带的内容（{why}）：文件被截断了，或是别的文件。请重新安装本包，"
        f'或用 `git checkout -- "{path}"` 恢复。',
    )


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A safetensors file open for reading, numbers and a few words about them: nothing is unpickled.

    打开一个 safetensors 文件来读：数，以及关于它们的几句文字；不经过 pickle。

    Raises: FileNotFoundError where there is none; OSError for one that is cut short, of another kind, or no file.
    """
    from safetensors import SafetensorError, safe_open

    if path.exists() and not path.is_file():  # to open a pipe would wait for ever
        raise OSError(NO_FILE)
    try:
        with safe_open(path, "pt") as file:
            yield file
    except SafetensorError as error:
        raise OSError(str(error)) from None
