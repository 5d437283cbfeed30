"""Images as pictures: grids, strips, GIFs.

图像的图：网格、长条、GIF。
"""

from collections.abc import Iterable, Sequence

import numpy as np
from torch import Tensor

from course_utils.data.pixels import in_colour
from course_utils.gates import check_listed, check_named, check_number, check_whole, check_word
from course_utils.language import CourseError
from course_utils.plots.names import times_in_print
from course_utils.plots.picture import (
    BLUE,
    ORANGE,
    Picture,
    broken_values,
    canvas,
    check_drawable,
    picture_of,
    png,
    rgb,
    tiles,
)

FRAME_MS = 80  # how long a frame of an animation is seen


def grid(x: Tensor, columns: int = 8, zoom: int = 4, gap: int = 1) -> Picture:
    """Images side by side, row by row, each pixel drawn as zoom x zoom; those below 16 pixels are smoothed.

    图像逐行排开，每个像素画成 zoom x zoom；不足 16 像素的图像会平滑放大。

    Shapes: x (n, c, h, w) in [-1, 1]; values beyond are held at the ends, nan and inf drawn in magenta.
    Raises: CourseError for what cannot be drawn: bytes, another shape, other channels than 1 or 3.
    """
    page, (more, also) = tiles(x, columns, zoom, gap), broken_values(x)
    columns = min(columns, len(x))
    en, zh = f"{len(x)} images, {columns} to a row", f"{len(x)} 幅图像，每行 {columns} 幅"
    return png(page, en + more, zh + also)


def noised(xt: Tensor, t: int, alpha_bar: float) -> Picture:
    """Noised images in a row over a bar: alpha_bar (blue) and 1 - alpha_bar (orange).

    一行加噪图像，下面的色条是 alpha_bar（蓝）与 1 - alpha_bar（橙）。

    Shapes: xt (b, c, h, w).  Raises: as `grid`, and for an alpha_bar outside 0 to 1, or a t that is no number.
    """
    t = f"{check_number('t', t):g}"
    alpha_bar, xt = check_number("alpha_bar", alpha_bar, 0, 1), check_drawable(xt)
    row = in_colour(tiles(xt, len(xt), max(1, 192 // xt.shape[-1]), 4))
    bar = np.full((14, row.shape[1], 3), rgb(ORANGE), np.uint8)
    bar[:, : round(alpha_bar * row.shape[1])] = rgb(BLUE)
    row = np.concatenate([row, np.full((6, *row.shape[1:]), 255, np.uint8), bar])
    share = f"{100 * alpha_bar:.0f} %"
    en, zh = f"Noised images at t = {t}, {share} signal", f"t = {t} 时的加噪图像，信号占 {share}"
    return png(row, en, zh, exact=(BLUE, ORANGE))


def grids(named: dict[str, Tensor], columns: int = 8, zoom: int = 4) -> Picture:
    """Several grids side by side under a short name each.

    几组图像并排，各有一个短名。

    Raises: CourseError for no groups, and as `grid`.
    """
    drawn = {name: tiles(x, columns, zoom, 1) for name, x in check_named("named", named).items()}
    height = max(group.shape[0] / group.shape[1] for group in drawn.values()) * 8 / len(named)
    page, axes = canvas(1, len(named), 8, height + 0.35)
    for ax, (name, group) in zip(axes[0], drawn.items(), strict=True):
        ax.imshow(group, cmap="gray", vmin=0, vmax=255)
        ax.set_title(name)
        ax.axis("off")
    names, (more, also) = ", ".join(named), broken_values(*named.values())
    return picture_of(page, f"Grids of images side by side: {names}" + more, f"并排的几组图像：{names}" + also)


def strip(x: Tensor, times: Sequence[int]) -> Picture:
    """A row of images, each under its timestep.

    一行图像，各标出时间步。

    Shapes: x (n, c, h, w), n times.  Raises: CourseError for what is no list of so many times, and as `grid`.
    """
    times = times_in_print(times, len(check_drawable(x)))
    page, axes = canvas(1, len(x), 8, 8 / len(x) + 0.35)
    for ax, image, t in zip(axes[0], x, times, strict=True):
        ax.imshow(tiles(image[None], 1, 2, 0), cmap="gray", vmin=0, vmax=255)
        ax.set_title(f"$t = {t}$", fontsize=10)
        ax.axis("off")
    listed = ", ".join(times)
    more, also = broken_values(x)
    return picture_of(page, f"One image at timesteps {listed}" + more, f"同一幅图像在时间步 {listed}" + also)


def gif(frames: Sequence[Tensor], columns: int = 8, zoom: int = 4) -> Picture:
    """A GIF of image grids, 80 ms a frame, the last one held for 1.5 s, over and over.

    由图像网格组成的 GIF：每帧 80 毫秒，最后一帧停 1.5 秒，循环播放。

    Shapes: each frame (n, c, h, w) in [-1, 1], all alike.  Raises: CourseError for no frames or unlike ones, and as
    `grid`.
    """
    frames = alike(frames)
    # Sixteen greys: noise hardly compresses, and the eye sees no difference.
    pages = [tiles(x, columns, zoom, 1) // 17 * 17 for x in frames]
    content = moving(pages, hold=1500)
    more, also = broken_values(*frames)
    en = f"An animation of {len(pages)} frames: noise turns into {len(frames[0])} images"
    zh = f"{len(pages)} 帧动画：噪声变成 {len(frames[0])} 幅图像"
    return Picture(content, en + more, zh + also, "image/gif")


def moving(pages: Sequence[np.ndarray], hold: int) -> bytes:
    """The bytes of a GIF that shows each page for 80 ms, the last for `hold` ms, over and over.

    GIF 的字节：每页 80 毫秒，最后一页停 `hold` 毫秒，循环播放。

    Shapes: each page uint8 (h, w) or (h, w, 3), the same h and w.  Raises: CourseError for a `hold` below 0.
    """
    hold = check_whole("hold", hold, 0)
    pages = [in_colour(page) for page in pages] if any(page.ndim == 3 for page in pages) else pages
    import imageio.v3 as imageio

    durations = [FRAME_MS] * (len(pages) - 1) + [hold] if len(pages) > 1 else hold
    return imageio.imwrite("<bytes>", np.stack(pages), extension=".gif", duration=durations, loop=0)


def rows(named: dict[str, Tensor], heads: Sequence[str] = (), zoom: int = 2) -> Picture:
    """Rows of images, each row with its name at the left, the columns with their heads above.

    几行图像：每行左端是它的名字，每列上方是列名。

    Shapes: each row (n, c, h, w), the same n. Noise hardly compresses: 25 images of 56x56 in colour make 60 kB.
    Raises: CourseError for no rows or unlike ones, more heads than columns or other than words, and as `grid`.
    """
    images = alike(check_named("named", named).values(), of=1)
    heads = check_listed("heads", heads, ("at most one for each column", "每列至多一个"), 0, len(images[0]))
    heads = [check_word("heads", head) for head in heads]
    drawn = [tiles(x, len(x), zoom, 2) for x in images]
    h, w = drawn[0].shape[:2]
    ratio, above = len(named) * h / w, 0.36 if heads else 0.15
    beside = max(_inches(name) for name in named) + 0.15  # for the names
    height = min(4, (8 - beside) * ratio + above)
    page, axes = canvas(len(named), 1, (height - above) / ratio + beside, height)
    columns = len(next(iter(named.values())))
    for ax, name, row in zip(axes[:, 0], named, drawn, strict=True):
        ax.imshow(row, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        beside_it = {"xycoords": "axes fraction", "textcoords": "offset points", "in_layout": False}
        ax.annotate(name, (0, 0.5), (-4, 0), ha="right", va="center", **beside_it)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        ax.set_anchor("E")  # room to spare goes to the names
    axes[0, 0].xaxis.tick_top()
    axes[0, 0].set_xticks([(i + 0.5) * w / columns for i in range(len(heads))], heads)
    axes[0, 0].tick_params(length=0)
    left = beside / page.get_figwidth()
    page.get_layout_engine().set(h_pad=0.01, hspace=0.0, rect=(left, 0, 1 - left, 1))
    listed = ", ".join(named)
    en, zh = f"{len(named)} rows of {columns} images: {listed}", f"{len(named)} 行图像，每行 {columns} 幅：{listed}"
    more, also = broken_values(*images)
    return picture_of(page, en + more, zh + also)


def _inches(name: str) -> float:
    """The width of a name as it is written beside a row."""
    from matplotlib.textpath import TextPath

    return TextPath((0, 0), name.strip() or ".", size=10).get_extents().width / 72


def alike(frames: Iterable[Tensor], of: int = 4) -> list[Tensor]:
    """Batches of images, at least one, each of the same shape (the same number, where `of` is 1).

    几批图像，至少一批，形状相同（`of` 为 1 时只要求数目相同）。

    Raises: CourseError for none, unlike ones, and what cannot be drawn.
    """
    frames = [check_drawable(x) for x in (frames if isinstance(frames, Iterable) else [])]
    if len({x.shape[:of] for x in frames}) != 1:
        shapes = ", ".join(str(tuple(x.shape)) for x in frames[:4]) or "()"
        raise CourseError(
            f"The batches of images have shapes {shapes}. A GIF's frames, and the rows of a figure, are at least one "
            "and all alike: collect sample.xt while a sampler runs.",
            f"各批图像的形状是 {shapes}。GIF 的各帧、图的各行至少要有一个，且形状相同："
            "采样器运行时把 sample.xt 收集起来。",
        )
    return frames
