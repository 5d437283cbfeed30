"""IDX files of bytes, as Fashion-MNIST was first given out.

存字节的 IDX 文件，即 Fashion-MNIST 最初发布时的格式。
"""

import gzip
from pathlib import Path

import numpy as np

from course_utils.language import CourseError


def read_split(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The images and labels that NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte hold, packed or not.

    读出 NAME-images-idx3-ubyte 与 NAME-labels-idx1-ubyte 中的图像与标签，压缩与否皆可。

    Raises: CourseError for half a file; what gzip and the system raise for one that is damaged or missing.
    """
    return _read(folder, f"{name}-images-idx3"), _read(folder, f"{name}-labels-idx1")


def _read(folder: Path, name: str) -> np.ndarray:
    """Two zeros, the type (8: bytes), the number of sizes, the sizes, the bytes."""
    packed = folder / f"{name}-ubyte.gz"
    raw = gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / f"{name}-ubyte").read_bytes()
    sizes = np.frombuffer(raw, ">i4", count=raw[3], offset=4)
    if raw[:3] != b"\0\0\x08" or len(raw) != 4 + 4 * raw[3] + sizes.prod():
        raise CourseError(f"{name} is not a whole IDX file of bytes.", f"{name} 不是完整的 IDX 字节文件。")
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(sizes).copy()
