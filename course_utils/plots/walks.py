"""Walks from noise to images: an animation, a strip, and frames that are drawn quickly.

从噪声走到图像的过程：动画、长条，以及画得很快的单帧。
"""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from course_utils.data.pixels import in_colour
from course_utils.files import write_whole
from course_utils.gates import check_listed, check_path, check_whole
from course_utils.language import CourseError
from course_utils.plots.images import FRAME_MS, alike, moving, rows
from course_utils.plots.picture import Picture, broken_values, framed, tiles

LINE, GRID, ROW = 24, 350, 88  # pixels of a line of text; of each grid of images in a frame; of each image in a row


def animate(samples: Iterable, columns: int = 8, frames: int = 50, hold: int = 1500) -> Picture:
    """A GIF of a walk: x_t of all images in a grid, at most `frames` of its states, the last held for `hold` ms.

    采样过程的 GIF：所有图像的 x_t 排成网格，至多取 `frames` 个状态，最后一帧停 `hold` 毫秒。

    The states are picked evenly, the first and the last always. Where noise is loud, three greys tell as much as
    sixteen, and the file is a third as large. Args: samples, the `Sample` records of a walk, such as
    `list(ddim(...))`. Shapes: each xt (n, c, h, w).  Raises: CourseError for no samples, or fewer than 1 frame.
    """
    pages, picked = _pages(samples, columns, frames)
    n, first = len(picked[0].xt), picked[0].t
    en = f"An animation of {len(pages)} frames, t from {first} to {picked[-1].t}: noise turns into {n} images"
    zh = f"{len(pages)} 帧动画，t 从 {first} 到 {picked[-1].t}：噪声变成 {n} 幅图像"
    more, also = broken_values(*(s.xt for s in picked))
    return Picture(moving(pages, hold), en + more, zh + also, "image/gif")


def save_animation(path: str | Path, samples: Iterable, columns: int = 8, frames: int = 50, hold: int = 1500) -> Path:
    """Write the same animation to a file, whole or not at all: a GIF, or an MP4 where there is an encoder for it.

    把同样的动画写入文件，要么完整，要么不写：GIF；有编码器时也可以是 MP4。

    Args: path ending in .gif or .mp4; the others as `animate`.
    Raises: CourseError for another ending, for MP4 without an encoder, or if the place cannot be written.
    """
    path = check_path(path)
    kind = path.suffix.lower()
    if kind == ".gif":
        return animate(samples, columns, frames, hold).save(path)
    if kind != ".mp4":
        raise CourseError(
            f"{str(path)!r} is neither a GIF nor an MP4. Give a file name that ends in .gif or .mp4.",
            f"{str(path)!r} 既不是 GIF 也不是 MP4。请给一个以 .gif 或 .mp4 结尾的文件名。",
        )
    hold, (pages, _) = check_whole("hold", hold, 0), _pages(samples, columns, frames)
    try:
        content = _video(pages + pages[-1:] * (hold // FRAME_MS))
    except (ImportError, OSError, RuntimeError):
        raise CourseError(
            f"{str(path)!r} cannot be made: there is no encoder for MP4 here. Run pip install imageio-ffmpeg, or give "
            "a file name that ends in .gif.",
            f"无法生成 {str(path)!r}：这里没有 MP4 编码器。请运行 pip install imageio-ffmpeg，"
            "或改用以 .gif 结尾的文件名。",
        ) from None
    return write_whole(path, content)


def walk(samples: Iterable, k: int = 6) -> Picture:
    """The first image of a walk at k of its states, picked evenly: x_t above, below it the x_0 that is seen in it.

    一次采样的第一幅图像，均匀地取 k 个状态：上行是 x_t，下行是去噪器从中看出的 x_0。

    Shapes: each xt (n, c, h, w).  Raises: CourseError for no samples, or k below 1.
    """
    picked = _picked(samples, k)
    named = {"$x_t$": [s.xt[0] for s in picked], r"$\hat x_0$": [s.x0_hat[0] for s in picked]}
    times = [s.t for s in picked]
    zoom = max(1, 56 // picked[0].xt.shape[-1])
    drawn = rows({name: torch.stack(images) for name, images in named.items()}, [f"$t = {t}$" for t in times], zoom)
    listed = ", ".join(str(t) for t in times)
    en = f"One image on its way, at t = {listed}: above x_t, below the x_0 that is seen in it"
    zh = f"一幅图像在途中，t = {listed}：上行是 x_t，下行是从中看出的 x_0"
    more, also = broken_values(*(x[:1] for s in picked for x in (s.xt, s.x0_hat)))
    return Picture(drawn.content, en + more, zh + also)


def walk_frame(xt: Tensor, x0_hat: Tensor, word: str) -> Picture:
    """Two grids of images, drawn quickly: x_t, and the x_0 that is seen in it, under a line of text.

    快速画出的两个图像网格：x_t，以及从中看出的 x_0，上面一行文字。

    Shapes: both (n, c, h, w).  Raises: CourseError for batches that are unlike, or a word that is none.
    """
    columns = math.isqrt(len(alike([xt, x0_hat])[0]) - 1) + 1
    drawn = [_sized(tiles(x, columns, 1, 1), GRID) for x in (xt, x0_hat)]
    right = max(GRID, drawn[0].shape[1]) + 20
    page = _sheet([(2 * LINE, 0, drawn[0]), (2 * LINE, right, drawn[1])], 2 * right - 20)
    words = {(2, 2): word, (2, LINE): "x_t", (right + 2, LINE): "guess of x_0"}
    en, zh = f"{len(xt)} images x_t and the x_0 seen in them: {word}", f"{len(xt)} 幅 x_t 与从中看出的 x_0：{word}"
    return framed(page, words, en, zh)


def duel_frame(named: Sequence[tuple[str, Tensor]]) -> Picture:
    """Rows of images, drawn quickly, each below its name.

    快速画出的几行图像，名字写在各行上方。

    Shapes: each row (n, c, h, w), alike.  Raises: CourseError for no rows or unlike ones, or names that are no words.
    """
    named = check_listed("named", named, ("a name and its images for each row", "每行一个名字与它的图像"), 1)
    named = [check_listed("named", row, ("a name and its images", "名字与它的图像"), 2, 2) for row in named]
    alike(x for _, x in named)
    drawn = [_sized(tiles(x, len(x), 1, 1), ROW * len(x)) for _, x in named]
    below = LINE + drawn[0].shape[0] + 4
    n, listed = len(named[0][1]), ", ".join(str(name) for name, _ in named)
    page = _sheet([(i * below + LINE, 0, row) for i, row in enumerate(drawn)], ROW * n)
    words = {(2, i * below + 2): name for i, (name, _) in enumerate(named)}
    return framed(
        page,
        words,
        f"Rows of {n} images from one noise: {listed}",
        f"同一份噪声得到的几行图像，每行 {n} 幅：{listed}",
    )


def _picked(samples: Iterable, most: int) -> list:
    """At most so many samples of a walk, evenly picked, the first and the last always."""
    most = check_whole(("the number of states", "状态数"), most, 1, so=("For example 25.", "例如 25。"))
    samples = list(samples) if isinstance(samples, Iterable) else []
    if not samples or not all(getattr(getattr(sample, "xt", None), "ndim", 0) == 4 for sample in samples):
        raise CourseError(
            f"The walk has {len(samples)} states, and they are not all records of images. Hand over what a sampler "
            "yields, with x_t of shape (n, c, h, w): `list(ddim(schedule, denoiser, xT, times))`.",
            f"这次采样有 {len(samples)} 个状态，但不都是图像的记录。请给采样器产生的记录，x_t 的形状为 (n, c, h, w)："
            "`list(ddim(schedule, denoiser, xT, times))`。",
        )
    most = min(most, len(samples))
    picked = [samples[-1 - round(i * (len(samples) - 1) / max(1, most - 1))] for i in reversed(range(most))]
    alike(x for s in picked for x in (s.xt, getattr(s, "x0_hat", None)))
    return picked


def _pages(samples: Iterable, columns: int, frames: int) -> tuple[list[np.ndarray], list]:
    picked = _picked(samples, frames)
    n, _, h, w = picked[0].xt.shape
    columns = check_whole("columns", columns, 1)
    zoom = max(1, min(4, 32_000 // (n * h * w), 720 // (min(columns, n) * w)))
    return [_coarse(tiles(s.xt, columns, zoom, 1), _loudness(s)) for s in picked], picked


def _loudness(sample) -> float:
    """How far x_t is from the x_0 that is seen in it, root mean square."""
    return float((sample.xt - sample.x0_hat).float().square().mean().sqrt())


def _coarse(page: np.ndarray, loudness: float) -> np.ndarray:
    """The fewer greys the louder the noise, which hardly compresses: 3, 5, 9 or 16."""
    steps = next(steps for least, steps in ((0.3, 2), (0.15, 4), (0.05, 8), (0.0, 15)) if not loudness < least)
    return (np.round(page * (steps / 255)) * (255 / steps)).astype(np.uint8)


def _video(pages: list[np.ndarray]) -> bytes:
    """The bytes of an MP4, a frame per page; an odd side gets one more row of its pixels, which the encoder wants."""
    import imageio.v3 as imageio

    colours = np.stack([in_colour(page) for page in pages])
    odd = [(0, side % 2) for side in colours.shape[1:3]]
    frames = np.pad(colours, [(0, 0), *odd, (0, 0)], "edge")
    how = dict(plugin="FFMPEG", fps=1000 / FRAME_MS, codec="libx264", macro_block_size=2)
    return imageio.imwrite("<bytes>", frames, extension=".mp4", **how)


def _sized(page: np.ndarray, width: int) -> np.ndarray:
    """A page as colours, enlarged as often as fits the width."""
    zoom = max(1, width // page.shape[1])
    return in_colour(page).repeat(zoom, 0).repeat(zoom, 1)


def _sheet(placed: list[tuple[int, int, np.ndarray]], width: int):
    """A white sheet with pages at (top, left), as a PIL image."""
    from PIL import Image

    sheet = np.full((max(top + page.shape[0] for top, _, page in placed), width, 3), 255, np.uint8)
    for top, left, page in placed:
        sheet[top : top + page.shape[0], left : left + page.shape[1]] = page
    return Image.fromarray(sheet)
