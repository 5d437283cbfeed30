"""Files that are whole or not there.

要么完整、要么不存在的文件。
"""

import os
from contextlib import suppress
from pathlib import Path

from course_utils.gates import check_path
from course_utils.language import CourseError


def write_whole(path: str | Path, content: bytes) -> Path:
    """Write a file beside its place, then rename it, so that nobody ever finds half of it.

    先把文件写在旁边，再改名，因此谁也不会读到半个文件。

    Raises: CourseError if the place cannot be written; an older file there stays, and nothing else is left behind.
    """
    path = check_path(path)
    beside = path.with_name(f"{path.name}.{os.getpid()}.partial")  # two kernels may write at once
    try:
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
