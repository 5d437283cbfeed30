"""Make every picture in images/: the badges, the animation of the front page, the diagrams.

生成 images/ 中的全部图片：徽章、首页的动画、示意图。

Run `python tools/make_images.py` after lesson 00 has been built: the animation is the one that the lesson made.
"""

import base64
import re
import sys
from pathlib import Path

import nbformat
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from course_utils import plots, schedules  # noqa: E402
from course_utils.denoisers import image_denoiser  # noqa: E402
from course_utils.files import write_whole  # noqa: E402
from course_utils.samplers import ddim, finish  # noqa: E402
from course_utils.times import even_times  # noqa: E402
from course_utils.weights import pretrained  # noqa: E402

BADGES = {"colab": ("Open in Colab", "#D55E00")}


def badge(word: str, colour: str) -> str:
    """A badge as SVG: a word in white on a rounded ground.

    SVG 徽章：圆角底色上的白字。
    """
    width = 16 + sum(13 if ord(letter) > 0x2E80 else 7 for letter in word)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="22" role="img" aria-label="{word}">'
        f'<rect width="{width}" height="22" rx="4" fill="{colour}"/>'
        f'<text x="{width / 2:g}" y="15.5" fill="#fff" font-family="DejaVu Sans,Verdana,sans-serif" font-size="12" '
        f'text-anchor="middle">{word}</text></svg>\n'
    )


def animation(notebook: Path) -> bytes:
    """The GIF that lesson 00 made, from its stored page.

    第 00 课生成的 GIF，取自存好的页面。
    """
    cells = nbformat.read(notebook, as_version=4).cells
    pages = [output.data.get("text/html", "") for cell in cells if cell.id == "gif" for output in cell.outputs]
    [content] = re.findall('alt="" src="data:image/gif;base64,([^"]*)"', "".join(pages))
    return base64.b64decode(content)


def garments(steps: int = 50) -> plots.Picture:
    """A hundred samples from the weights that ship, ten of each class, a row each; none of them chosen.

    由附带的权重生成的一百个样本，每类十个，各占一行；没有挑选。
    """
    schedule, labels = schedules.cosine(), torch.arange(10).repeat_interleave(10)
    denoiser = image_denoiser(schedule, pretrained("fashion_mnist"), labels)
    noise = torch.randn(100, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    x0 = finish(ddim(schedule, denoiser, noise, even_times(schedule, steps)))
    return plots.grid(x0, columns=10, zoom=2)


def main() -> None:
    """Write all pictures. 写出全部图片。"""
    images = ROOT / "images"
    for name, (word, colour) in BADGES.items():
        write_whole(images / f"badge-{name}.svg", badge(word, colour).encode())
    plots.chain().save(images / "chain.png")
    garments().save(images / "garments.png")
    write_whole(images / "noise_to_digits.gif", animation(ROOT / "notebooks/00_start_here.ipynb"))


if __name__ == "__main__":
    main()
