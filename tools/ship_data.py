"""Make the data that ship with the course, bit for bit, into course_utils/data/shipped.

制作随课程附带的数据，逐位可复现，写入 course_utils/data/shipped。

    python tools/ship_data.py digits          from scikit-learn
    python tools/ship_data.py fashion_mnist   from the whole, read from DIFFUSION_COURSE_DATA or the hub
"""

import argparse
import gzip
import io
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from course_utils import data  # noqa: E402
from course_utils.data.fashion import IDX  # noqa: E402
from course_utils.data.sets import SHIPPED, WHOLE  # noqa: E402
from course_utils.files import write_whole  # noqa: E402

OF_EACH_CLASS = {"train": 800, "test": 200}


def whole(split: str) -> data.Images:
    """All of Fashion-MNIST; nothing is trained or measured with the part that comes with the course by mistake.

    完整的 Fashion-MNIST：免得误用随课程附带的部分来训练或测量。

    Raises: SystemExit where no whole is at hand.
    """
    images = data.fashion_mnist(split)
    if len(images.x) != WHOLE[split]:
        sys.exit(f"All {WHOLE[split]:,} images of {split!r} are needed: name their folder in DIFFUSION_COURSE_DATA.")
    return images


def digits() -> dict[str, bytes]:
    """The files of scikit-learn's digits. scikit-learn 手写数字的文件。"""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return files("digits", bunch.images.astype(np.uint8), bunch.target)


def fashion_mnist() -> dict[str, bytes]:
    """The files of the first garments of each class, in the order of the data set.

    每类头几幅衣物图的文件，次序与数据集相同。

    Raises: SystemExit where no whole is at hand.
    """
    made = {}
    for split, n in OF_EACH_CLASS.items():
        x, y = whole(split)
        of_each = first_of_each(y.numpy(), n)
        made |= files(IDX[split], data.to_bytes(x[of_each, 0]).numpy(), y[of_each].numpy())
    return made


def first_of_each(labels: np.ndarray, n: int) -> np.ndarray:
    """Where the first n of each label stand, in order. 每个标签的前 n 个所在的位置，按次序。"""
    return np.sort(np.concatenate([np.flatnonzero(labels == label)[:n] for label in np.unique(labels)]))


def files(name: str, pixels: np.ndarray, labels: np.ndarray) -> dict[str, bytes]:
    """Images and labels as IDX files, by their names. 图像与标签的 IDX 文件，以文件名为键。"""
    kinds = {"images-idx3": pixels, "labels-idx1": labels.astype(np.uint8)}
    return {f"{name}-{kind}-ubyte.gz": packed(array) for kind, array in kinds.items()}


def packed(array: np.ndarray) -> bytes:
    """An array of bytes as an IDX file, packed without name and time. 字节数组打包成 IDX 文件，不含文件名与时间。"""
    into = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=into, mtime=0) as file:
        file.write(struct.pack(f">4B{array.ndim}i", 0, 0, 8, array.ndim, *array.shape) + array.tobytes())
    return into.getvalue()


MADE = {"digits": digits, "fashion_mnist": fashion_mnist}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=MADE)
    folder = SHIPPED / parser.parse_args().name
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in MADE[folder.name]().items():
        write_whole(folder / name, content)
        print(f"{len(content):9,} bytes  {name}")


if __name__ == "__main__":
    main()
