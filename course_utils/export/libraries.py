"""Libraries of other people that only what is handed on needs. 只有导出才用得到的、别人的库。"""

from importlib import import_module
from types import ModuleType

from course_utils.language import CourseError


class MissingLibrary(CourseError):
    """A library is not installed: the one format that it serves is out of reach, and nothing else.

    没有安装某个库：用不了的只是它所服务的那一种格式。
    """


def library(name: str) -> ModuleType:
    """A library by its name, imported. 按名字导入的库。

    Raises: MissingLibrary, a CourseError, where it is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        raise MissingLibrary(
            f"The library {name!r} is not installed here. Install it with `pip install {name}`, or all that the course "
            "uses with `pip install -r requirements.txt`; then restart the kernel.",
            f"这里没有安装 {name!r} 库。请用 `pip install {name}` 安装，或用 `pip install -r requirements.txt` "
            "一次装齐本课程所用的一切，然后重启内核。",
        ) from None
