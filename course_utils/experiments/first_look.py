"""What to look at before anything is trained on a folder: sizes, colours, doubles, what is cut off, what is left.

在文件夹上训练之前先看什么：尺寸、颜色、重复、裁掉了多少、还剩多少。
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.data import Album, resize
from course_utils.data.albums import TINT
from course_utils.data.pictures import large_allowed, middle, square_of, unread, upright_size, whole_of
from course_utils.data.pixels import from_pil
from course_utils.gates import check_bytes, check_kind, check_path, check_whole
from course_utils.language import Said

SMALL = 8  # pixels across, at which two pictures are compared
CLOSE = 8.0  # of 255: pictures that are nearer, at so few pixels, are taken for one
FLAT = 8.0  # of 255: a picture that spreads less, over all its pixels, is nearly of one colour
REFERENCE = 128  # pixels across, to which what fewer pixels leave is compared
ROWS = 500  # at a time
FADED = 0.45  # how much of what is cut off is still seen


class Twin(NamedTuple):
    """Two pictures of an album that are nearly one, and how far apart they are, of 255. 几乎相同的两幅，及其距离。"""

    one: int
    other: int
    apart: float


class Look(NamedTuple):
    """What a first look finds. 第一眼所见。

    sizes: width and height of each, (n, 2), as its owner sees it; cut: which share of each the middle square cuts off,
    (n,); coloured, flat: how many have colour, and how many are nearly of one colour; twins: pairs that are nearly one;
    different: how many pictures there are if such pairs count once.
    """

    sizes: Tensor
    cut: Tensor
    coloured: int
    flat: int
    twins: list[Twin]
    different: int


def glance(path: str | Path, album: Album) -> Look:
    """Look at an album and the folder that it was read from. 看一看读好的相册，以及它所在的文件夹。

    Raises: CourseError for what is no album, or another folder's.
    """
    top, x = check_path(path), check_kind("album", album, Album, "data.album(path)").x
    sizes = torch.tensor([upright_size(top, file) for file in album.files])
    spread = x.amax(1).int() - x.amin(1).int()
    twins = near_duplicates(x)
    return Look(
        sizes,
        1 - sizes.amin(1) / sizes.amax(1),
        int((spread.amax((1, 2)) > TINT).sum()),
        int((x.flatten(2).float().std(2).amax(1) < FLAT).sum()),
        twins,
        len(x) - _joined(twins),
    )


def near_duplicates(x: Tensor) -> list[Twin]:
    """Pairs of pictures that differ by less than `CLOSE` at 8 x 8 pixels, root mean square, the nearest first.

    在 8 x 8 像素上均方根之差小于 `CLOSE` 的图片对，最近的在前。

    It sees copies, also in another size or file format; it cannot see pictures that overlap, are mirrored, or shifted.
    Shapes: x bytes (n, c, h, w). Time grows as n².
    Raises: CourseError for what is no bytes.
    """
    check_bytes("x", x)
    small = torch.cat([resize(part / 127.5 - 1, SMALL) for part in x.split(ROWS)]).flatten(1) * 127.5
    found = []
    for begin in range(0, len(small), ROWS):
        apart = torch.cdist(small[begin : begin + ROWS], small[begin:]) / small.shape[1] ** 0.5
        near = (apart < CLOSE).triu(1).nonzero().tolist()
        found += [Twin(begin + i, begin + j, float(apart[i, j])) for i, j in near]
    return sorted(found, key=lambda twin: twin.apart)


def told(look: Look, album: Album) -> Said:
    """What was found, in words, as Markdown. 所见的内容，用文字（Markdown）说出。"""
    n, size = len(album.x), album.x.shape[-1]
    counts = ", ".join(f"{name} {k}" for name, k in zip(album.classes, _per_class(album), strict=True))
    (w0, h0), (w, h), (w1, h1) = (look.sizes.float().quantile(q, 0).int().tolist() for q in (0, 0.5, 1))
    small = int((look.sizes.amin(1) < size).sum())
    wide, share = int((look.cut > 0.01).sum()), float(look.cut.mean())
    reasons = Counter(why for _, why in album.left_out)
    en = [
        f"**{n} pictures** are read" + (f": {counts}" if counts else ""),
        f"in colour {look.coloured}, grey {n - look.coloured}, nearly of one colour {look.flat}",
        f"width {w0} to {w1} pixels, median {w}; height {h0} to {h1}, median {h}; enlarged to {size}: {small}",
        f"no squares: {wide}; the middle square cuts off {share:.1%} of a picture, on average, and up to "
        f"{float(look.cut.max()):.0%}",
        f"pairs that are nearly the same: {len(look.twins)}; different pictures: {look.different}",
        *(f"left out, {k}: {why}" for (why, _), k in reasons.items()),
    ]
    zh = [
        f"读入 **{n} 幅图片**" + (f"：{counts}" if counts else ""),
        f"{look.coloured} 幅彩色，{n - look.coloured} 幅灰度；几乎单色的 {look.flat} 幅",
        f"宽 {w0} 到 {w1} 像素，中位数 {w}；高 {h0} 到 {h1}，中位数 {h}；放大到 {size} 的有 {small} 幅",
        f"{wide} 幅不是正方形；取中央正方形，平均裁掉一幅图的 {share:.1%}，最多 {float(look.cut.max()):.0%}",
        f"{len(look.twins)} 对几乎相同；互不相同的图片有 {look.different} 幅",
        *(f"略过 {k} 个：{why}" for (_, why), k in reasons.items()),
    ]
    return "\n".join(f"- {line}" for line in en), "\n".join(f"- {line}" for line in zh)


def what_is_cut(path: str | Path, files: Sequence[str], side: int = 96) -> Tensor:
    """Whole pictures, each in a white square; what the middle square cuts off is faded.

    图片的全貌，各放在一块白色方框里；中央正方形裁掉的部分变淡。

    Shapes: -> (n, 3, side, side) in [-1, 1].
    """
    shown = torch.ones(len(files), 3, side, side)
    for page, file in zip(shown, files, strict=True):
        whole = from_pil(whole_of(check_path(path), file, side))[0]
        (h, w), (left, top, right, bottom) = whole.shape[1:], middle(*whole.shape[:0:-1])
        faded = 1 - FADED * (1 - whole)
        faded[:, top:bottom, left:right] = whole[:, top:bottom, left:right]
        page[:, (side - h) // 2 :, (side - w) // 2 :][:, :h, :w] = faded
    return shown


def squares(path: str | Path, files: Sequence[str], size: int = REFERENCE) -> Tensor:
    """The middle squares of some pictures at another size, in colour. 一些图片的中央正方形，换一个尺寸，彩色。

    Shapes: -> (n, 3, size, size) in [-1, 1].
    Raises: CourseError for a picture that can no longer be read.
    """
    top, size = check_path(path), check_whole("size", size, 1, 4096)
    with large_allowed():
        found = [square_of(top, file, size) for file in files]
    for file, square in zip(files, found, strict=True):
        if not isinstance(square, Tensor):
            raise unread(top, file, square)
    return torch.stack([square.expand(3, -1, -1) for square in found]) / 127.5 - 1


def left_at(x: Tensor, size: int) -> Tensor:
    """What size x size pixels leave of larger pictures: reduced, and enlarged again. 缩小到 size，再放大回来。

    Shapes: x (n, c, h, h) -> (n, c, h, h).
    """
    return resize(resize(x, size), x.shape[-1])


def detail_left(x: Tensor, size: int) -> Tensor:
    """Which share of the variance of a picture's pixels size x size pixels leave, (n,). 像素方差还剩多少。"""
    lost = (x - left_at(x, size)).square().mean((1, 2, 3))
    return 1 - lost / (x - x.mean((2, 3), keepdim=True)).square().mean((1, 2, 3)).clamp_min(1e-6)


def _per_class(album: Album) -> list[int]:
    return album.y.bincount(minlength=len(album.classes)).tolist() if album.y is not None else []


def _joined(twins: list[Twin]) -> int:
    """How many pictures are too many, if what is nearly one, also by way of others, counts once."""
    first: dict[int, int] = {}

    def root(i: int) -> int:
        while i in first:
            i = first[i]
        return i

    for one, other, _ in twins:
        if (a := root(one)) != (b := root(other)):
            first[max(a, b)] = min(a, b)
    return len(first)
