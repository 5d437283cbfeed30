"""What a reader has solved and predicted so far, in one small file that may be deleted at any time.

读者至今做对、猜过的题目，记在一个小文件里，随时可以删除。

The file is `.diffusion_both_ways.json` in the home folder, or the one that DIFFUSION_COURSE_PROGRESS names. Where it
cannot be written or read, progress lasts as long as the kernel does, `is_kept` says so, and nothing breaks.
"""

import json
import os
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from course_utils.files import write_whole
from course_utils.gates.arguments import at_home
from course_utils.language import CourseError

VERSION = 1
SETTING, USUAL = "DIFFUSION_COURSE_PROGRESS", "~/.diffusion_both_ways.json"
_unstored: dict[str, dict] = {}


def place() -> Path | None:
    """Where progress is kept; None where no home is known, or HOME is empty. 进度记在哪里；没有主目录时为 None。"""
    try:
        return at_home(os.environ.get(SETTING) or USUAL)
    except RuntimeError:
        return None


def is_kept() -> bool:
    """Is all that is known in the file, and can more be written to it? 已知的是否都写进了文件，还能继续写？"""
    path = place()
    if _unstored or path is None or _stored() is None:
        return False
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def recall() -> dict[str, dict]:
    """All that is known, by the id of the exercise or question: {"right": bool, "chosen": option or None}.

    已知的全部记录，按练习或题目的编号排列。

    Of a piece of several parts besides "held", the names of those that held at the last check.
    """
    return (_stored() or {}) | _unstored


def record(item_id: str, right: bool, chosen: str | None = None, held: list[str] | None = None) -> bool:
    """Remember an outcome; what was once right stays right. Returns whether it could be written to the file.

    记下一次结果；做对过的不会再变回错。返回是否已写入文件。

    Kernels that record at the same time wait for each other, so that none writes over another's.
    """
    _unstored[item_id] = {"right": right or recall().get(item_id, {}).get("right", False), "chosen": chosen}
    if held:
        _unstored[item_id]["held"] = held
    path = place()
    if path is None:
        return False
    name = sha256(str(path.absolute()).encode()).hexdigest()[:16]
    try:
        with FileLock(Path(tempfile.gettempdir()) / f"diffusion_both_ways_{name}.lock", timeout=5):
            return _write(path)
    except (Timeout, OSError):
        return False


def _write(path: Path) -> bool:
    """Add what is not stored yet to what the file holds now."""
    stored = _stored()
    if stored is None:
        return False
    for item_id, outcome in _unstored.items():
        outcome["right"] = outcome["right"] or stored.get(item_id, {}).get("right", False)
    content = {"version": VERSION, "items": stored | _unstored}
    try:
        write_whole(path, json.dumps(content, ensure_ascii=False, indent=1).encode())
    except CourseError:
        return False
    _unstored.clear()
    return True


def _stored() -> dict[str, dict] | None:
    """The file's items; {} where there is no file, None where there is one of another kind, which is left alone."""
    path = place()
    try:
        if path and path.exists() and not path.is_file():  # to open a pipe would wait for ever
            return None
        content = json.loads(path.read_text(encoding="utf-8-sig")) if path else None
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):  # brackets without end
        return None
    fit = isinstance(content, dict) and content.get("version") == VERSION and isinstance(content.get("items"), dict)
    return content["items"] if fit and all(map(_is_outcome, content["items"].values())) else None


def _is_outcome(item: Any) -> bool:
    """Is it what `record` writes, whoever wrote it?"""
    if not isinstance(item, dict) or type(item.get("right", False)) is not bool:
        return False
    held, chosen = item.get("held", []), item.get("chosen")
    return isinstance(held, list) and all(isinstance(name, str) for name in held) and isinstance(chosen, str | None)
