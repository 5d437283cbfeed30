"""All files below a folder, each once, however its links go round.

一个文件夹之下的所有文件，各取一次，链接怎么绕都不要紧。
"""

import os
from pathlib import Path
from typing import NamedTuple

from course_utils.language import CourseError


class Below(NamedTuple):
    """Files by name, seen from the folder, and the sub-folders that cannot be opened. 文件，以及打不开的子文件夹。"""

    files: list[str]
    closed: list[str]


def files_below(top: Path) -> Below:
    """The files of a folder and its sub-folders, by name; what links lead to is entered once, and after the rest.

    一个文件夹及其子文件夹中的文件，按名字排序；链接所指的文件夹只进一次，且排在其余之后。

    So a picture keeps the name of the place where it lies, whatever links lead there too.

    Raises: CourseError for what is no folder.
    """
    _check_folder(top)
    files, closed, entered, waiting = [], [], set(), [str(top)]

    def note(error: OSError) -> None:
        closed.append(os.path.relpath(error.filename, top))

    while waiting:
        links = []
        for place, folders, names in os.walk(waiting.pop(0), onerror=note):
            if (real := os.path.realpath(place)) in entered:
                folders.clear()
                continue
            entered.add(real)
            folders.sort()
            inside = os.path.relpath(place, top)
            files += names if inside == "." else [os.path.join(inside, name) for name in names]
            links += [there for name in folders if os.path.islink(there := os.path.join(place, name))]
        waiting += links
    return Below(sorted(Path(file).as_posix() for file in files), sorted(closed))


def _check_folder(top: Path) -> None:
    if not top.is_dir():
        is_there = top.exists()
        raise CourseError(
            f"{str(top)!r} is {'a file, no folder' if is_there else 'not there'}. Give the folder in which the "
            "pictures lie; an archive such as a .zip is unpacked first.",
            f"{str(top)!r} {'是文件，不是文件夹' if is_there else '不存在'}。请给图片所在的文件夹；"
            ".zip 之类的压缩包请先解压。",
        )
