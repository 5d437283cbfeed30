"""A folder that is held by one command at a time, from before the pictures are read to the end.

一个文件夹同一时间只归一条命令，从读图片之前直到结束。
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from course_utils.language import CourseError
from course_utils.shares import Share

LOCK = ".lock"


@contextmanager
def held_alone(out: Path, share: Share) -> Iterator[None]:
    """Make the folder and keep other commands from it while the block runs; a folder left empty goes again.

    建立文件夹，块运行期间不让别的命令使用；结束时若仍是空的，就删去。

    The first process holds it for all that share the batches. Where a disk knows no locks, nobody is kept out.
    Raises: CourseError where another command is at work there, or the folder cannot be made.
    """
    if share.process:
        _check_free(out, share.total(0))
        yield
        return
    made, lock = [place for place in (out, *out.parents) if not place.exists()], FileLock(out / LOCK)
    _make(out)
    try:
        _check_free(out, share.total(not _taken(lock)))
        yield
    finally:
        if lock.is_locked:
            with suppress(OSError):
                (out / LOCK).unlink()
            lock.release()
        with suppress(OSError):  # no longer empty
            for place in made:
                place.rmdir()


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(
            f"--out {str(out)!r} cannot be made ({error.strerror}). Give a place where you may write.",
            f"--out {str(out)!r} 建不了（{error.strerror}）。请给一个可写的位置。",
        ) from None


def _taken(lock: FileLock) -> bool:
    """Take it: False where somebody else has it; what cannot be locked counts as taken."""
    with suppress(OSError, NotImplementedError):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
    return True


def _check_free(out: Path, others: float) -> None:
    if others:
        raise CourseError(
            f"Another command is at work in {str(out)!r}. Wait for its end, or give a new --out.",
            f"另一条命令正在 {str(out)!r} 里训练。请等它结束，或另给一个 --out。",
        )
