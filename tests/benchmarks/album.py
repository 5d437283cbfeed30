"""Memory and seconds for a long folder: python tests/benchmarks/album.py [files] [size]

读很长的文件夹要多少内存、多少秒：python tests/benchmarks/album.py [文件数] [尺寸]
"""

import contextlib
import io
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

READING = "--read"


def long_folder(top: Path, n: int) -> int:
    """n files in 100 sub-folders, those of the lesson's own folder over and over, 2 % of them broken; their bytes."""
    from course_utils.experiments.own_folder import write_own_folder

    own = write_own_folder(top / "own")
    contents = [(file.suffix, file.read_bytes()) for file in sorted(own.glob("*/[0-9]*.*"))]
    shutil.rmtree(own)
    for number in range(n):
        suffix, content = contents[number % len(contents)]
        place = top / f"{number % 100:02}" / f"{number:06}{suffix}"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content[: len(content) // 3] if number % 50 == 0 else content)
    return sum(len(content) for _, content in contents) * n // len(contents)


def read(top: str, size: int) -> None:
    """Read it, in a process of its own, and print what that took."""
    import torch

    from course_utils import data

    torch.set_num_threads(1)
    data.digits(size)  # torch and the package are loaded
    before, began, busy = peak_memory(), time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        album = data.album(top, size, labels=True)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    more, held = peak_memory() - before, album.x.numel() / 1e6
    print(
        f"{len(album.files):,} read, {len(album.left_out):,} left out, {len(album.classes)} classes, "
        f"{tuple(album.x.shape)}: {seconds:.1f} s ({busy:.1f} s of one thread), peak memory {more:.0f} MB more, of "
        f"which the pictures are {held:.0f} MB"
    )


def peak_memory() -> float:
    """The most memory that this process has held so far, in MB; read from Linux, where a child begins anew."""
    words = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(words.split()[1]) / 1e3


def main(n: int = 50_000, size: int = 32) -> None:
    for files in (n // 10, n):
        with tempfile.TemporaryDirectory() as top:
            print(f"{files:,} files, {long_folder(Path(top), files) / 1e6:.0f} MB on disk", flush=True)
            subprocess.run([sys.executable, __file__, READING, top, str(size)], check=True)


if __name__ == "__main__":
    if READING in sys.argv:
        read(sys.argv[2], int(sys.argv[3]))
    else:
        main(*map(int, sys.argv[1:]))
