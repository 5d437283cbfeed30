"""The two places of the command: where the pictures lie, and where the results go.

命令的两个位置：图片在哪里，结果写到哪里。
"""

import errno
from pathlib import Path

from course_utils.gates import check_path
from course_utils.language import CourseError


def looked_up(folder: str, out: str) -> tuple[str, Path]:
    """FOLDER, or the name of a set, and --out. FOLDER（或数据集的名字）与 --out。

    Raises: CourseError for what is no path, and for an --out among the pictures or in which no weights can be written.
    """
    pictures, results = _known("FOLDER", folder), _known("--out", out)
    try:
        str(results).encode()
    except UnicodeEncodeError:
        raise CourseError(
            f"--out {str(results)!r} is not in UTF-8, and weights cannot be written there. Give another name.",
            f"--out {str(results)!r} 不是 UTF-8，权重写不到那里。请换一个名字。",
        ) from None
    if results.resolve().is_relative_to(pictures.resolve()) and pictures.is_dir():
        raise CourseError(
            f"--out {str(results)!r} lies in the folder of pictures: its pages of samples would be learnt from next "
            "time. Give a place outside.",
            f"--out {str(results)!r} 在图片文件夹之内：下一次训练会把样本页也当作图片来学。请给文件夹之外的位置。",
        )
    return str(pictures), results


def _known(name: str, text: str) -> Path:
    """A path that the disk can look up, whether anything is there or not."""
    path = check_path(text)
    try:
        path.resolve().stat()
    except (OSError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno not in (errno.ENAMETOOLONG, errno.ELOOP):
            return path  # what is wrong there is said when it is read or written
        raise CourseError(
            f"{name} {str(path)[:40]!r}… is longer than a path may be, or a link that leads to itself. Give another.",
            f"{name} {str(path)[:40]!r}… 太长，或是指向自己的链接。请换一个路径。",
        ) from None
    return path
