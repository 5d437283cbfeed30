"""A folder of pictures as people have them, made from what comes with the course: squares of two photographs, digits.

由课程自带的东西做出的图片文件夹，样子与大家手头的差不多：两张照片上剪下的方块，以及彩色数字。

python -m course_utils.experiments.own_folder PATH
"""

import argparse
import colorsys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.data import Images, digits, to_pil, whole_photograph
from course_utils.experiments.odd_files import as_a_camera, encoded, strange_files
from course_utils.files import write_whole
from course_utils.gates import MANY, check_among, check_path, check_whole
from course_utils.language import CourseError, say
from course_utils.randomness import seeded

ABOUT = "ABOUT.txt"
CUTS, DIGITS = 60, 200
SIDES = 64, 113  # of a cut square, in pixels, the longest not included
WINDOWS = {"palace": (40, 40, 440, 427), "flower": (140, 60, 500, 427)}  # left, top, right, bottom: no empty ground
SIZE = 427, 640  # of either photograph, height and width
ABOUT_TEXT = """Pieces of the two photographs and digits that come with scikit-learn; some files are broken on purpose.
china.jpg by danielbuechele and flower.jpg by vultilion, both CC BY 2.0; digits from UCI, CC BY 4.0. All were changed.
scikit-learn 自带的两张照片上剪下的方块，以及手写数字；有几个文件是故意弄坏的。
"""


class Cut(NamedTuple):
    """A rectangle of a photograph, in pixels. 照片上的一块矩形，以像素计。"""

    left: int
    top: int
    width: int
    height: int


class Overlap(NamedTuple):
    """How much rectangles have in common. 各矩形之间有多少重合。

    shared: the mean share of one that lies in some other, too; times: in how many a covered pixel lies, on average;
    apart: how many can be chosen that have no pixel in common, counted greedily.
    """

    shared: float
    times: float
    apart: int


def cuts(name: str, n: int = CUTS) -> list[Cut]:
    """n squares by lot on "palace" or "flower"; of the palace every fourth is half as wide again, as cameras take them.

    在 "palace" 或 "flower" 上随机取 n 个方块；楼阁的每四块中有一块加宽一半，像相机拍的那样。

    They overlap, as the photographs of one afternoon do: `overlap` says how much.
    Raises: CourseError for another name or a number below 1.
    """
    n = check_whole("n", n, 1, MANY)
    left, top, right, bottom = WINDOWS[check_among("name", name, list(WINDOWS))]
    generator = seeded(list(WINDOWS).index(name))
    found = []
    for number in range(n):
        side = int(torch.randint(*SIDES, (), generator=generator))
        x = int(torch.randint(left, right - side, (), generator=generator))
        y = int(torch.randint(top, bottom - side, (), generator=generator))
        wide = side // 2 if name == "palace" and number % 4 == 1 else 0
        found.append(Cut(max(0, x - wide // 2), y, side + wide, side))
    return found


def overlap(rectangles: list[Cut]) -> Overlap:
    """How much of the rectangles lies in others, too. 这些矩形有多少落在别的矩形里。"""
    covered, apart = torch.zeros(SIZE, dtype=torch.int32), []
    for cut in rectangles:
        _part(covered, cut).add_(1)
        if all(_are_apart(cut, other) for other in apart):
            apart.append(cut)
    shares = [float((_part(covered, cut) > 1).double().mean()) for cut in rectangles]
    return Overlap(sum(shares) / len(shares), float(covered[covered > 0].double().mean()), len(apart))


def digits_in_colour(size: int = 32, n: int = DIGITS) -> Images:
    """The first n digits, each in a colour of its own on a dark ground of another, and their labels.

    前 n 个手写数字，各用一种颜色写在另一种颜色的暗底上，附标签。

    Returns: Images of shape (n, 3, size, size).
    Raises: CourseError for a size outside 8 to 512, or an n outside 1 to 1797.
    """
    x, y = digits(size)
    n = check_whole("n", n, 1, len(x))
    hues = torch.rand(n, 2, generator=seeded(2)).tolist()
    inks = torch.tensor([colorsys.hsv_to_rgb(ink, 0.7, 1.0) for ink, _ in hues])[:, :, None, None]
    grounds = torch.tensor([colorsys.hsv_to_rgb(ground, 0.6, 0.25) for _, ground in hues])[:, :, None, None]
    return Images((x[:n] + 1) * (inks - grounds) + 2 * grounds - 1, y[:n])


def write_own_folder(path: str | Path) -> Path:
    """Write some 330 pictures in three class sub-folders, and a few files on purpose that cannot be read; seconds.

    写出约 330 幅图片，按类别分在三个子文件夹里，另外故意放几个读不了的文件；几秒即成。

    What lies there from an earlier call is written anew.
    Raises: CourseError for a folder that holds other things, or cannot be written.
    """
    top = _own(check_path(path))
    for name in WINDOWS:
        photograph = to_pil(whole_photograph(name))
        for number, cut in enumerate(cuts(name)):
            picture = photograph.crop((cut.left, cut.top, cut.left + cut.width, cut.top + cut.height))
            if name == "palace":
                _write(top / name / f"{number:03}.jpg", as_a_camera(picture, lying=number % 8 == 3))
            else:
                _write(top / name / f"{number:03}.png", encoded(picture, "PNG"))
    x, y = digits_in_colour()
    for number, (image, label) in enumerate(zip(x, y.tolist(), strict=True)):
        _write(top / "digit" / f"{label}-{number:03}.png", encoded(to_pil(image), "PNG"))
    for name, content in strange_files().items():
        _write(top / name, content)
    with suppress(OSError):  # where links need rights that nobody has, there is none
        (top / "palace" / "loop").symlink_to("..", target_is_directory=True)
    return top


def main(arguments: list[str] | None = None) -> None:
    """The command. 命令行入口。"""
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.experiments.own_folder",
        description="Write the lesson's folder of pictures. 写出本课所用的图片文件夹。",
    )
    parser.add_argument("path", metavar="PATH", help="an empty folder, or a new one · 空文件夹，或新文件夹")
    try:
        top = write_own_folder(parser.parse_args(arguments).path)
    except CourseError as error:
        raise SystemExit(str(error)) from None
    n = sum(place.is_file() for place in top.rglob("*"))
    say(f"{n} files are written to {str(top)!r}.", f"已把 {n} 个文件写入 {str(top)!r}。")


def _own(top: Path) -> Path:
    """The folder, made if it is not there; refused where it holds what is not ours."""
    others = top.exists() and not (top.is_dir() and ((top / ABOUT).exists() or not any(top.iterdir())))
    if others:
        raise CourseError(
            f"{str(top)!r} holds other things already. Give an empty folder, or a name that is not taken.",
            f"{str(top)!r} 里已经有别的东西。请给一个空文件夹，或一个没用过的名字。",
        )
    _write(top / ABOUT, ABOUT_TEXT.encode("utf-8"))
    return top


def _write(place: Path, content: bytes) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(
            f"{str(place.parent)!r} cannot be made ({error.strerror}). Give a folder that may be written.",
            f"无法建立 {str(place.parent)!r}（{error.strerror}）。请给一个可写的文件夹。",
        ) from None
    write_whole(place, content)


def _part(covered: Tensor, cut: Cut) -> Tensor:
    return covered[cut.top : cut.top + cut.height, cut.left : cut.left + cut.width]


def _are_apart(a: Cut, b: Cut) -> bool:
    beside = a.left >= b.left + b.width or b.left >= a.left + a.width
    return beside or a.top >= b.top + b.height or b.top >= a.top + a.height


if __name__ == "__main__":
    main()
