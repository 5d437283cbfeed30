"""What every picture is made with: a `Picture`, the palette, figures turned into small PNGs.

每幅图都用到的部件：`Picture`、配色，以及把图变成小巧的 PNG。

A `Picture` is finished bytes, not an open matplotlib figure: a page shows it the same in every front end, a widget
can swap it in, and it is small (few colours, no software stamp).
"""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.data import to_bytes
from course_utils.data.pixels import are_bytes
from course_utils.files import write_whole
from course_utils.gates import check_path, check_whole, check_word
from course_utils.gates.saying import has_values, in_words
from course_utils.language import CourseError, Said, choose, heard, spoken
from course_utils.plots.names import aloud

# Okabe & Ito's colours, which colour-blind readers can tell apart.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8C8C8C"
PURPLE, YELLOW, SKY, BLACK = "#CC79A7", "#E69F00", "#56B4E9", "#000000"
MARK = "#FF00FF"  # what is nan or inf is drawn in it, and nothing else is
WORDS = {  # darker where they write: strokes are thin
    ORANGE: "#B84F00",
    GREEN: "#007A59",
    GREY: "#6B6B6B",
    YELLOW: "#8A5F00",
    SKY: "#1F6FA0",
    PURPLE: "#9C3A70",
}
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, YELLOW, SKY, BLACK)


@dataclass(frozen=True)
class Picture:
    """A finished picture (PNG or GIF) and what it shows, said in both languages.

    一幅完成的图（PNG 或 GIF），以及用两种语言说明的内容。

    A page gets a picture with its alternative text before it, and below a GIF some of its frames, side by side: paper
    and exported pages stand still.
    """

    content: bytes
    en: str
    zh: str
    mime: str = "image/png"

    def _repr_mimebundle_(self, **_) -> tuple[dict, dict]:
        alt = choose(self.en, self.zh, between=" · ")
        bundle = {self.mime: base64.b64encode(self.content).decode(), "text/plain": alt}
        return bundle, {self.mime: {"alt": alt}} | spoken(self.en, self.zh)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(heard(self.en, self.zh), raw=True, metadata=spoken("", "", stored=False))
        if self.mime == "image/png":
            bundle, metadata = self._repr_mimebundle_()
            display(bundle, raw=True, metadata=metadata)
            return
        plain = {"text/plain": choose(self.en, self.zh, between=" · ")}
        moving = f'<img alt="" src="data:{self.mime};base64,{base64.b64encode(self.content).decode()}">'
        display(plain | {"text/html": moving}, raw=True, metadata=spoken(self.en, self.zh))
        display(self.still())

    def still(self, frames: int = 6) -> "Picture":
        """Some frames of a GIF side by side, the first and the last among them.

        动图的若干帧并排成一幅静图，含首帧与末帧。

        Raises: CourseError for fewer than 2.
        """
        from PIL import Image

        frames = check_whole("frames", frames, 2)
        with Image.open(io.BytesIO(self.content)) as film:
            chosen = sorted({round(k * (film.n_frames - 1) / (frames - 1)) for k in range(frames)})
            pages = []
            for number in chosen:
                film.seek(number)
                pages.append(film.convert("RGB"))
        columns = min(3 if pages[0].width > 1.5 * pages[0].height else 6, len(pages))
        width = min(720 // columns - 4, pages[0].width)
        height = pages[0].height * width // pages[0].width
        rows = -(-len(pages) // columns)
        strip = np.full((rows * (height + 4) - 4, columns * (width + 4) - 4, 3), 255, np.uint8)
        for number, page in enumerate(pages):
            top, left = number // columns * (height + 4), number % columns * (width + 4)
            strip[top : top + height, left : left + width] = np.asarray(page.resize((width, height)))
        which = ", ".join(str(number + 1) for number in chosen)
        words = f"frames {which} of the animation", f"动画的第 {which.replace(', ', '、')} 帧"
        return framed(Image.fromarray(strip), {}, *words, colours=16)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file, whole or not at all.

        把图写入文件：要么完整，要么不写。

        Raises: CourseError if the place cannot be written.
        """
        return write_whole(check_path(path), self.content)


def canvas(rows: int, columns: int, width: float, height: float, **grid):
    """A figure of at most 8x4 inches, and its axes. 不大于 8x4 英寸的图，以及各坐标轴。"""
    from matplotlib.figure import Figure

    page = Figure(figsize=(min(width, 8), min(height, 4)), dpi=90, layout="constrained")
    return page, page.subplots(rows, columns, squeeze=False, **grid)


def picture_of(page, en: str, zh: str) -> Picture:
    """Draw a figure and turn it into a `Picture`. 把图画好，变成 `Picture`。"""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    drawn = FigureCanvasAgg(page)
    drawn.draw()
    return png(np.asarray(drawn.buffer_rgba())[..., :3], aloud(en), aloud(zh))


def framed(image, words: dict[tuple[int, int], str], en: str, zh: str, colours: int = 32) -> Picture:
    """A PIL image with words at their places, quickly turned into a small PNG: the tail of every frame of a slider.

    在 PIL 图像的指定位置写上文字，很快变成小巧的 PNG：滑块的每一帧最后都走这一步。

    Raises: CourseError for what is no words.
    """
    from PIL import Image, ImageDraw, ImageFont

    pen, font = ImageDraw.Draw(image), ImageFont.load_default(15)
    for place, word in words.items():
        pen.text(place, check_word("word", word), fill=BLACK, font=font)
    file = io.BytesIO()
    image.quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(file, "png")
    return Picture(file.getvalue(), en, zh)


def png(pixels: np.ndarray, en: str, zh: str, exact: Sequence[str] = ()) -> Picture:
    """Pixels, uint8 (h, w) or (h, w, 3), as a small PNG of few colours, of which `exact` stay as they are.

    把像素变成颜色不多的小 PNG，其中 `exact` 这几种颜色保持原样。
    """
    from PIL import Image

    image = Image.fromarray(pixels)
    if image.mode == "RGB":
        drawn = image.getcolors(4096) is not None
        # Lines and bars: the method that keeps rare colours, lest a thin share turn grey. Photographs, colour noise:
        # the one that shares the palette out evenly.
        method, colours = (Image.Quantize.MAXCOVERAGE, 64) if drawn else (Image.Quantize.MEDIANCUT, 128)
        image = image.quantize(colours, method=method, dither=Image.Dither.NONE)
        image = _with_greys(image, pixels)
        if exact:
            image = _with_colours(image, pixels, exact)
    file = io.BytesIO()
    image.save(file, "png")  # to look for the shortest form saves 8 % and takes a tenth of a slider's frame
    return Picture(file.getvalue(), en, zh)


def _with_greys(image, pixels: np.ndarray):
    """An image of few colours in which what is grey stays so, in 52 levels, whatever colours are there beside it."""
    from PIL import Image

    palette, places, (red, green, blue) = image.getpalette(), np.array(image), np.moveaxis(pixels, -1, 0)
    grey = (red == green) & (red == blue)
    level = (red[grey].astype(np.uint16) + 2) // 5
    used = np.flatnonzero(np.bincount(level, minlength=52))
    places[grey] = (len(palette) // 3 + np.searchsorted(used, np.arange(52)))[level]
    image = Image.fromarray(places)
    image.putpalette([*palette, *np.repeat(5 * used, 3).tolist()])
    return image


def _with_colours(image, pixels: np.ndarray, exact: Sequence[str]):
    """An image of few colours in which these are put back where the pixels have them."""
    from PIL import Image

    palette, places = image.getpalette(), np.array(image)
    for colour in exact:
        places[(pixels == rgb(colour)).all(-1)] = len(palette) // 3
        palette = [*palette, *rgb(colour)]
    image = Image.fromarray(places)
    image.putpalette(palette)
    return image


def tiles(x: Tensor, columns: int, zoom: int, gap: int) -> np.ndarray:
    """Images side by side as pixels, white between them. 并排的图像，变成像素，图与图之间为白色。

    What is nan or inf is drawn in `MARK`, a colour that the page then gets.
    Shapes: (n, c, h, w) in [-1, 1] -> uint8 (H, W) or (H, W, 3).
    Raises: CourseError for bytes, another shape, or channels that are neither 1 nor 3.
    """
    columns, zoom, gap = check_whole("columns", columns, 1), check_whole("zoom", zoom, 1), check_whole("gap", gap, 0)
    x = check_drawable(x).detach().cpu().float()
    broken = ~x.isfinite().all(1, keepdim=True)
    if bool(broken.any()):
        x = x.nan_to_num(0.0, 0.0, 0.0).expand(-1, 3, -1, -1)
    if x.shape[-1] < 16:  # blocks that large hide a shape from the eye
        size = (2 * x.shape[-2], 2 * x.shape[-1])
        x, zoom = F.interpolate(x, size=size, mode="bilinear", antialias=True), max(1, zoom // 2)
    pixels = to_bytes(x)
    if bool(broken.any()):
        mark = torch.tensor(rgb(MARK), dtype=torch.uint8).reshape(1, 3, 1, 1)
        pixels = torch.where(F.interpolate(broken.float(), size=pixels.shape[-2:]) > 0, mark, pixels)
    pixels = pixels.repeat_interleave(zoom, 2).repeat_interleave(zoom, 3).numpy()
    n, c, h, w = pixels.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    page = np.full((c, rows * (h + gap) - gap, columns * (w + gap) - gap), 255, np.uint8)
    for i, image in enumerate(pixels):
        top, left = i // columns * (h + gap), i % columns * (w + gap)
        page[:, top : top + h, left : left + w] = image
    return page[0] if c == 1 else page.transpose(1, 2, 0)


def check_drawable(x: Tensor) -> Tensor:
    """Return images that can be drawn, grey or in colour, whatever is beyond [-1, 1] in them or nan.

    返回能画的图像（灰度或彩色）；其中超出 [-1, 1] 的值与 nan 不拘。

    Shapes: x (n, c, h, w), floating-point, c of 1 or 3.  Raises: CourseError for anything else, bytes above all.
    """
    floating = isinstance(x, Tensor) and has_values(x) and x.is_floating_point()
    fits = floating and x.ndim == 4 and x.numel() and x.shape[1] in (1, 3)
    if not fits or are_bytes(x):
        given = in_words(x)
        given += f", up to {float(x.detach().max()):.3g}" if fits else ""
        raise CourseError(
            f"The images are {given}. What is drawn is floating-point, (n, c, h, w) with 1 or 3 channels, in [-1, 1]. "
            "From bytes: x / 127.5 - 1; a single image: x[None]; an array: torch.as_tensor(x).",
            f"图像是 {given.replace(', up to', '，最大')}。能画的是 [-1, 1] 之内的浮点图像 (n, c, h, w)，"
            "1 或 3 个通道。由字节：x / 127.5 - 1；单张图像：x[None]；数组：torch.as_tensor(x)。",
        )
    return x


def broken_values(*images: Tensor) -> Said:
    """What a picture's text adds where some of its values are nan or inf. 有 nan 或 inf 时，图的说明文字补充的话。"""
    n = sum(int((~x.detach().isfinite()).sum()) for x in images)
    return (f"; {n:,} values are nan or inf, in magenta", f"；{n:,} 个值是 nan 或 inf，画成品红色") if n else ("", "")


def rgb(colour: str) -> tuple[int, ...]:
    """A colour such as "#0072B2" as three bytes. 把 "#0072B2" 这样的颜色变成三个字节。"""
    return tuple(bytes.fromhex(colour[1:]))
