"""Pictures: arrays in, a `Picture` out, with alternative text in both languages; GIFs too.

图：数组进，`Picture` 出，带两种语言的替代文字；也能做 GIF。

A `Picture` is finished bytes, not an open matplotlib figure: a page shows it the same in every front end, a widget
can swap it in, and it is small (few colours, no software stamp).
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from course_utils.data import resize, to_bytes
from course_utils.files import write_whole
from course_utils.language import CourseError, choose, spoken

# Okabe & Ito's colours, which colour-blind readers can tell apart.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8C8C8C"


@dataclass(frozen=True)
class Picture:
    """A finished picture (PNG or GIF) and what it shows, said in both languages.

    一幅完成的图（PNG 或 GIF），以及用两种语言说明的内容。
    """

    content: bytes
    en: str
    zh: str
    mime: str = "image/png"

    def _repr_mimebundle_(self, **_) -> tuple[dict, dict]:
        alt = choose(self.en, self.zh, between=" · ")
        bundle = {self.mime: base64.b64encode(self.content).decode(), "text/plain": alt}
        return bundle, {self.mime: {"alt": alt}} | spoken(self.en, self.zh)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file, whole or not at all.

        把图写入文件：要么完整，要么不写。

        Raises: CourseError if the place cannot be written.
        """
        return write_whole(path, self.content)


def grid(x: Tensor, columns: int = 8, zoom: int = 4, gap: int = 1) -> Picture:
    """Images side by side, row by row, each pixel drawn as zoom x zoom; those below 16 pixels are smoothed.

    图像逐行排开，每个像素画成 zoom x zoom；不足 16 像素的图像会平滑放大。

    Shapes: x (n, c, h, w) in [-1, 1]; values beyond are held at the ends.
    """
    columns = min(columns, len(x))
    en, zh = f"{len(x)} images, {columns} to a row", f"{len(x)} 幅图像，每行 {columns} 幅"
    return _png(_tiles(x, columns, zoom, gap), en, zh)


def noised(xt: Tensor, t: int, alpha_bar: float) -> Picture:
    """Noised images in a row over a bar: alpha_bar (blue) and 1 - alpha_bar (orange).

    一行加噪图像，下面的色条是 alpha_bar（蓝）与 1 - alpha_bar（橙）。

    Shapes: xt (b, c, h, w).
    """
    page = _tiles(xt, len(xt), max(1, 192 // xt.shape[-1]), 4)
    page = np.repeat(page[..., None], 3, axis=2) if page.ndim == 2 else page
    bar = np.full((14, page.shape[1], 3), _rgb(ORANGE), np.uint8)
    bar[:, : round(alpha_bar * page.shape[1])] = _rgb(BLUE)
    page = np.concatenate([page, np.full((6, *page.shape[1:]), 255, np.uint8), bar])
    share = f"{100 * alpha_bar:.0f} %"
    return _png(page, f"Noised images at t = {t}, {share} signal", f"t = {t} 时的加噪图像，信号占 {share}")


def grids(named: dict[str, Tensor], columns: int = 8, zoom: int = 4) -> Picture:
    """Several grids side by side under a short name each.

    几组图像并排，各有一个短名。
    """
    pages = {name: _tiles(x, columns, zoom, 1) for name, x in named.items()}
    height = max(page.shape[0] / page.shape[1] for page in pages.values()) * 8 / len(named)
    figure, axes = _figure(1, len(named), 8, height + 0.35)
    for ax, (name, page) in zip(axes[0], pages.items(), strict=True):
        ax.imshow(page, cmap="gray", vmin=0, vmax=255)
        ax.set_title(name)
        ax.axis("off")
    names = ", ".join(named)
    return _finish(figure, f"Grids of images side by side: {names}", f"并排的几组图像：{names}")


def strip(x: Tensor, times: Sequence[int]) -> Picture:
    """A row of images, each under its timestep.

    一行图像，各标出时间步。

    Shapes: x (n, c, h, w), n times.
    """
    figure, axes = _figure(1, len(x), 8, 8 / len(x) + 0.35)
    for ax, image, t in zip(axes[0], x, times, strict=True):
        ax.imshow(_tiles(image[None], 1, 2, 0), cmap="gray", vmin=0, vmax=255)
        ax.set_title(f"$t = {t}$", fontsize=10)
        ax.axis("off")
    listed = ", ".join(str(t) for t in times)
    return _finish(figure, f"One image at timesteps {listed}", f"同一幅图像在时间步 {listed}")


def clouds(points: Sequence[np.ndarray], titles: Sequence[str]) -> Picture:
    """Clouds of points in a square, one panel each.

    方框中的点云，各占一格。

    Shapes: each cloud (n, 2) in [-1, 1].
    """
    figure, axes = _figure(1, len(points), 8, 8 / len(points) + 0.35)
    for ax, cloud, title in zip(axes[0], points, titles, strict=True):
        ax.scatter(*cloud.T, s=1.5, color=ORANGE, linewidths=0)
        ax.set(xlim=(-1, 1), ylim=(-1, 1), xticks=[], yticks=[], aspect="equal")
        ax.set_title(title, fontsize=10)
    n = len(points[0])
    return _finish(figure, f"{n} points spreading over {len(points)} panels", f"{n} 个点在 {len(points)} 格中散开")


def training_view(losses: Sequence[float], samples: Tensor) -> Picture:
    """The loss so far (each step, and a running mean) beside samples of now.

    至今的损失（逐步的值与滑动平均），旁边是此刻的样本。

    Shapes: n losses (none yet: an empty panel), samples (m, c, h, w).
    """
    figure, axes = _figure(1, 2, 8, 3.2)
    step = np.arange(1, len(losses) + 1)
    if len(losses):
        mean = np.convolve(np.pad(losses, (24, 25), "edge"), np.ones(50) / 50, "valid")
        axes[0, 0].plot(step, losses, color=GREY, alpha=0.4, linewidth=0.6)
        axes[0, 0].plot(step, mean, color=BLUE)
    axes[0, 0].set(xlabel="step", ylabel=r"$\|\epsilon-\hat\epsilon\|^2$ / pixel", yscale="log")
    axes[0, 1].imshow(_tiles(samples, 8, 6, 1), cmap="gray", vmin=0, vmax=255)
    axes[0, 1].axis("off")
    n = len(losses)
    return _finish(figure, f"Loss over {n} steps, beside samples", f"{n} 步的损失，旁边是样本")


def bars(named: dict[str, Sequence[float]], unit: str) -> Picture:
    """Bars over the digits 0 to 9, one colour per name.

    数字 0 到 9 的条形图，每个名字一种颜色。
    """
    figure, axes = _figure(1, 1, 7, 2.6)
    width = 0.8 / len(named)
    for i, ((name, heights), colour) in enumerate(zip(named.items(), (GREY, BLUE, ORANGE), strict=False)):
        axes[0, 0].bar(np.arange(10) + (i - (len(named) - 1) / 2) * width, heights, width, label=name, color=colour)
    axes[0, 0].set(xticks=range(10), ylabel=unit)
    axes[0, 0].legend(frameon=False, ncols=len(named), loc="upper center", bbox_to_anchor=(0.5, 1.2))
    names = ", ".join(named)
    return _finish(figure, f"Share of each digit: {names}", f"各数字所占份额：{names}")


def flow_chart() -> Picture:
    """How a diffusion model is trained, and how it is sampled, as two rows of boxes.

    扩散模型如何训练、如何采样：两行方框。
    """
    training = [r"$x_0,\ t,\ \epsilon$", r"$x_t=\sqrt{\bar\alpha_t}\,x_0+\sqrt{1-\bar\alpha_t}\,\epsilon$"]
    training += ["U-Net", r"$\hat\epsilon$", r"$\|\epsilon-\hat\epsilon\|^2$"]
    sampling = [r"$x_T\sim\mathcal{N}(0,I)$", r"$x_t$", "U-Net", r"$\hat\epsilon$", r"$x_{t-1}$"]
    figure, axes = _figure(1, 1, 8, 2.6)
    ax = axes[0, 0]
    ax.set(xlim=(0, 8), ylim=(0, 2.6))
    ax.axis("off")
    for y, row, back_to in ((2.1, training, 2), (0.85, sampling, 1)):
        boxes = [_box(ax, x, y, word) for x, word in zip((0.75, 2.7, 4.65, 5.8, 7.2), row, strict=True)]
        for left, right in zip(boxes, boxes[1:], strict=False):
            _arrow(ax, left, right, "arc3")
        _arrow(ax, boxes[-1], boxes[back_to], "arc3,rad=-0.35")
    en = "Two rows. Training: x_0, t and eps give x_t; the U-Net turns it into eps_hat; the squared error goes back to "
    en += "the U-Net. Sampling: from x_T, the U-Net names the noise and a step gives x_{t-1}, again and again."
    zh = "两行。训练：由 x_0、t 与 eps 得到 x_t，U-Net 由它给出 eps_hat，平方误差传回 U-Net。"
    zh += "采样：从 x_T 出发，U-Net 指出噪声，走一步得到 x_{t-1}，如此反复。"
    return _finish(figure, en, zh)


def gif(frames: Sequence[Tensor], columns: int = 8, zoom: int = 4) -> Picture:
    """A GIF of image grids, 80 ms a frame, the last one held for 1.5 s, over and over.

    由图像网格组成的 GIF：每帧 80 毫秒，最后一帧停 1.5 秒，循环播放。

    Shapes: each frame (n, c, h, w) in [-1, 1].  Raises: CourseError for no frames.
    """
    if not frames:
        raise CourseError(
            "There are no frames. A GIF needs at least one: collect sample.xt while a sampler runs.",
            "没有任何一帧。GIF 至少要一帧：采样器运行时把 sample.xt 收集起来。",
        )
    import imageio.v3 as imageio

    # Sixteen greys: noise hardly compresses, and the eye sees no difference.
    tiles = np.stack([_tiles(x, columns, zoom, 1) // 17 * 17 for x in frames])
    durations = [80] * (len(tiles) - 1) + [1500] if len(tiles) > 1 else 1500
    content = imageio.imwrite("<bytes>", tiles, extension=".gif", duration=durations, loop=0)
    en = f"An animation of {len(tiles)} frames: noise turns into {len(frames[0])} images"
    return Picture(content, en, f"{len(tiles)} 帧动画：噪声变成 {len(frames[0])} 幅图像", "image/gif")


def _tiles(x: Tensor, columns: int, zoom: int, gap: int) -> np.ndarray:
    """(n, c, h, w) in [-1, 1] -> uint8 (H, W) or (H, W, 3), white between the images."""
    if x.shape[-1] < 16:  # blocks that large hide a shape from the eye
        x, zoom = resize(x, 2 * x.shape[-1]), max(1, zoom // 2)
    pixels = to_bytes(x).repeat_interleave(zoom, 2).repeat_interleave(zoom, 3).numpy()
    n, c, h, w = pixels.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    page = np.full((c, rows * (h + gap) - gap, columns * (w + gap) - gap), 255, np.uint8)
    for i, image in enumerate(pixels):
        top, left = i // columns * (h + gap), i % columns * (w + gap)
        page[:, top : top + h, left : left + w] = image
    return page[0] if c == 1 else page.transpose(1, 2, 0)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def _box(ax, x: float, y: float, word: str):
    style = dict(boxstyle="round,pad=0.4", facecolor="#CCE3F2" if word == "U-Net" else "white", edgecolor=BLUE)
    return ax.text(x, y, word, ha="center", va="center", fontsize=11, bbox=style)


def _arrow(ax, left, right, connection: str) -> None:
    ends = dict(patchA=left.get_bbox_patch(), patchB=right.get_bbox_patch(), shrinkA=3, shrinkB=3)
    arrow = dict(arrowstyle="-|>", color=GREY, connectionstyle=connection, **ends)
    ax.annotate("", right.get_position(), left.get_position(), arrowprops=arrow)


def _figure(rows: int, columns: int, width: float, height: float):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(min(width, 8), min(height, 4)), dpi=90, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def _finish(figure, en: str, zh: str) -> Picture:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return _png(np.asarray(canvas.buffer_rgba())[..., :3], en, zh)


def _png(pixels: np.ndarray, en: str, zh: str) -> Picture:
    from PIL import Image

    image = Image.fromarray(pixels)
    if image.mode == "RGB":
        # The method that keeps rare colours: a thin share of the bar must not turn grey.
        image = image.quantize(64, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    file = io.BytesIO()
    image.save(file, "png", optimize=True)
    return Picture(file.getvalue(), en, zh)
