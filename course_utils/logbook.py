"""What a reader has solved and predicted so far, in one small file that may be deleted at any time.

读者至今做对、猜过的题目，记在一个小文件里，随时可以删除。

The file is `.diffusion_both_ways.json` in the home folder, or the one that DIFFUSION_COURSE_PROGRESS names. Where it
cannot be written or read, progress lasts as long as the kernel does, and nothing breaks.
"""

import json
import os
from pathlib import Path

from course_utils.files import write_whole
from course_utils.language import CourseError

VERSION = 1
SETTING = "DIFFUSION_COURSE_PROGRESS"
_unstored: dict[str, dict] = {}


def place() -> Path:
    """Where progress is kept. 进度记在哪里。"""
    return Path(os.environ.get(SETTING) or Path("~/.diffusion_both_ways.json").expanduser())


def recall() -> dict[str, dict]:
    """All that is known, by the id of the exercise or question: {"right": bool, "chosen": option or None}.

    已知的全部记录，按练习或题目的编号排列。
    """
    return (_stored() or {}) | _unstored


def record(item_id: str, right: bool, chosen: str | None = None) -> bool:
    """Remember an outcome; what was once right stays right. Returns whether it could be written to the file.

    记下一次结果；做对过的不会再变回错。返回是否已写入文件。
    """
    known = recall()
    outcome = {"right": right or known.get(item_id, {}).get("right", False), "chosen": chosen}
    stored = _stored()
    if stored is not None:
        content = {"version": VERSION, "items": stored | _unstored | {item_id: outcome}}
        try:
            write_whole(place(), json.dumps(content, ensure_ascii=False, indent=1).encode())
            _unstored.clear()
            return True
        except CourseError:
            pass
    _unstored[item_id] = outcome
    return False


def _stored() -> dict[str, dict] | None:
    """The file's items; {} where there is no file, None where there is one of another kind, which is left alone."""
    try:
        content = json.loads(place().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None
    fit = isinstance(content, dict) and content.get("version") == VERSION and isinstance(content.get("items"), dict)
    return content["items"] if fit and all(isinstance(v, dict) for v in content["items"].values()) else None
