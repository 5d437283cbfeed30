"""Images as pictures: grids, strips, GIFs.

图像的图：网格、长条、GIF。
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from course_utils.data.pixels import in_colour
from course_utils.language import CourseError
from course_utils.plots.picture import BLUE, ORANGE, Picture, canvas, picture_of, png, rgb, tiles

FRAME_MS = 80  # how long a frame of an animation is seen


def grid(x: Tensor, columns: int = 8, zoom: int = 4, gap: int = 1) -> Picture:
    """Images side by side, row by row, each pixel drawn as zoom x zoom; those below 16 pixels are smoothed.

    图像逐行排开，每个像素画成 zoom x zoom；不足 16 像素的图像会平滑放大。

    Shapes: x (n, c, h, w) in [-1, 1]; values beyond are held at the ends.
    """
    columns = min(columns, len(x))
    en, zh = f"{len(x)} images, {columns} to a row", f"{len(x)} 幅图像，每行 {columns} 幅"
    return png(tiles(x, columns, zoom, gap), en, zh)


def noised(xt: Tensor, t: int, alpha_bar: float) -> Picture:
    """Noised images in a row over a bar: alpha_bar (blue) and 1 - alpha_bar (orange).

    一行加噪图像，下面的色条是 alpha_bar（蓝）与 1 - alpha_bar（橙）。

    Shapes: xt (b, c, h, w).
    """
    row = in_colour(tiles(xt, len(xt), max(1, 192 // xt.shape[-1]), 4))
    bar = np.full((14, row.shape[1], 3), rgb(ORANGE), np.uint8)
    bar[:, : round(alpha_bar * row.shape[1])] = rgb(BLUE)
    row = np.concatenate([row, np.full((6, *row.shape[1:]), 255, np.uint8), bar])
    share = f"{100 * alpha_bar:.0f} %"
    return png(row, f"Noised images at t = {t}, {share} signal", f"t = {t} 时的加噪图像，信号占 {share}")


def grids(named: dict[str, Tensor], columns: int = 8, zoom: int = 4) -> Picture:
    """Several grids side by side under a short name each.

    几组图像并排，各有一个短名。
    """
    drawn = {name: tiles(x, columns, zoom, 1) for name, x in named.items()}
    height = max(group.shape[0] / group.shape[1] for group in drawn.values()) * 8 / len(named)
    page, axes = canvas(1, len(named), 8, height + 0.35)
    for ax, (name, group) in zip(axes[0], drawn.items(), strict=True):
        ax.imshow(group, cmap="gray", vmin=0, vmax=255)
        ax.set_title(name)
        ax.axis("off")
    names = ", ".join(named)
    return picture_of(page, f"Grids of images side by side: {names}", f"并排的几组图像：{names}")


def strip(x: Tensor, times: Sequence[int]) -> Picture:
    """A row of images, each under its timestep.

    一行图像，各标出时间步。

    Shapes: x (n, c, h, w), n times.
    """
    page, axes = canvas(1, len(x), 8, 8 / len(x) + 0.35)
    for ax, image, t in zip(axes[0], x, times, strict=True):
        ax.imshow(tiles(image[None], 1, 2, 0), cmap="gray", vmin=0, vmax=255)
        ax.set_title(f"$t = {t}$", fontsize=10)
        ax.axis("off")
    listed = ", ".join(str(t) for t in times)
    return picture_of(page, f"One image at timesteps {listed}", f"同一幅图像在时间步 {listed}")


def gif(frames: Sequence[Tensor], columns: int = 8, zoom: int = 4) -> Picture:
    """A GIF of image grids, 80 ms a frame, the last one held for 1.5 s, over and over.

    由图像网格组成的 GIF：每帧 80 毫秒，最后一帧停 1.5 秒，循环播放。

    Shapes: each frame (n, c, h, w) in [-1, 1].  Raises: CourseError for no frames.
    """
    # Sixteen greys: noise hardly compresses, and the eye sees no difference.
    pages = [tiles(x, columns, zoom, 1) // 17 * 17 for x in frames]
    content = moving(pages, hold=1500)
    en = f"An animation of {len(pages)} frames: noise turns into {len(frames[0])} images"
    return Picture(content, en, f"{len(pages)} 帧动画：噪声变成 {len(frames[0])} 幅图像", "image/gif")


def moving(pages: Sequence[np.ndarray], hold: int) -> bytes:
    """The bytes of a GIF that shows each page for 80 ms, the last for `hold` ms, over and over.

    GIF 的字节：每页 80 毫秒，最后一页停 `hold` 毫秒，循环播放。

    Shapes: each page uint8 (h, w) or (h, w, 3).  Raises: CourseError for no pages.
    """
    if not pages:
        raise CourseError(
            "There are no frames. A GIF needs at least one: collect sample.xt while a sampler runs.",
            "没有任何一帧。GIF 至少要一帧：采样器运行时把 sample.xt 收集起来。",
        )
    import imageio.v3 as imageio

    durations = [FRAME_MS] * (len(pages) - 1) + [hold] if len(pages) > 1 else hold
    return imageio.imwrite("<bytes>", np.stack(pages), extension=".gif", duration=durations, loop=0)


def rows(named: dict[str, Tensor], heads: Sequence[str] = (), zoom: int = 2) -> Picture:
    """Rows of images, each row with its name at the left, the columns with their heads above.

    几行图像：每行左端是它的名字，每列上方是列名。

    Shapes: each row (n, c, h, w), the same n. Noise hardly compresses: 25 images of 56x56 in colour make 60 kB.
    """
    drawn = [tiles(x, len(x), zoom, 2) for x in named.values()]
    h, w = drawn[0].shape[:2]
    ratio = len(named) * h / w
    height = min(4, 7 * ratio + 0.3)
    page, axes = canvas(len(named), 1, (height - 0.3) / ratio + 1, height)
    columns = len(next(iter(named.values())))
    for ax, name, row in zip(axes[:, 0], named, drawn, strict=True):
        ax.imshow(row, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        ax.set_ylabel(name, rotation=0, ha="right", va="center")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        ax.set_anchor("E")  # room to spare goes to the names
    axes[0, 0].xaxis.tick_top()
    axes[0, 0].set_xticks([(i + 0.5) * w / columns for i in range(len(heads))], heads)
    axes[0, 0].tick_params(length=0)
    page.get_layout_engine().set(h_pad=0.01, hspace=0.0)
    listed = ", ".join(named)
    en, zh = f"{len(named)} rows of {columns} images: {listed}", f"{len(named)} 行图像，每行 {columns} 幅：{listed}"
    return picture_of(page, en, zh)
