"""A network handed on in three formats, and the same images drawn by each of them.

把一个网络用三种格式交出去，再让每一种画出同样的图像。
"""

import copy
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_utils.denoisers import image_denoiser
from course_utils.export import MissingLibrary, export_diffusers, export_onnx, library, read_onnx
from course_utils.gates import check_images, check_path
from course_utils.language import say
from course_utils.randomness import seeded
from course_utils.samplers import ddim, finish
from course_utils.schedules import Schedule
from course_utils.times import even_times

STEPS = 20  # it divides T = 1000, as DDIM in diffusers needs


class Handed(NamedTuple):
    """The images that one format draws, its size, the seconds of drawing, and how far the images are from the exact.

    一种格式画出的图像、文件大小、作画的秒数，以及离精确结果多远。

    megabytes: of the files, or of the weights in memory; apart: the largest difference from what the network draws in
    float64, images being in [-1, 1].
    """

    x0: Tensor
    megabytes: float
    seconds: float
    apart: float


def hand_on(
    schedule: Schedule,
    network: nn.Module,
    folder: str | Path,
    shape: tuple[int, int, int, int],
    *,
    licence: str = "unknown",
    seed: int = 0,
) -> dict[str, Handed]:
    """Write a network to a folder in three formats; draw with itself and with each, 20 steps of DDIM from one noise.

    把网络用三种格式写进文件夹；它自己与每种格式都从同一份噪声出发，走 20 步 DDIM 作画。

    A network with labels draws them in turn. A format whose library is missing is left out, and that is said.
    Shapes: (n, c, size, size).  Raises: CourseError as the exports.
    """
    folder, size, classes = check_path(folder), shape[-1], network.config["classes"]
    xT = torch.randn(shape, generator=seeded(seed), dtype=torch.float32)
    labels = torch.arange(len(xT)) % classes if classes else None
    walk = partial(_walked, schedule, labels=labels)
    exact = walk(copy.deepcopy(network).double(), xT.double())

    def pipeline() -> tuple[Path, Callable[[], Tensor]]:
        path = export_diffusers(schedule, network, folder / "pipeline", size=size, licence=licence)
        draw = load_pipeline(path)
        given = {"latents": xT, "class_labels": labels, "num_inference_steps": STEPS, "output_type": "pt"}
        return path, lambda: 2 * draw(**given).images - 1

    def onnx(name: str, *, half: bool) -> tuple[Path, Callable[[], Tensor]]:
        path = export_onnx(network, folder / name, size=size, half=half)
        return path, partial(walk, read_onnx(path), xT)

    ways = {
        "diffusers": pipeline,
        "onnx": partial(onnx, "network.onnx", half=False),
        "onnx, half": partial(onnx, "network_half.onnx", half=True),
    }
    weights = sum(weight.nbytes for weight in network.parameters())
    found = {"course_utils": _drawn(weights, partial(walk, network, xT), exact)}
    for name, way in ways.items():
        try:
            path, draw = way()
        except MissingLibrary as error:
            say(f"{name}: {error.en}", f"{name}：{error.zh}", stored=False)
        else:
            found[name] = _drawn(_bytes_in(path), draw, exact)
    return found


def load_pipeline(path: str | Path) -> Callable:
    """A pipeline of `diffusers` from a folder, without its progress bars.

    由文件夹载入的 `diffusers` pipeline，不显示进度条。

    Raises: MissingLibrary, a CourseError, where `diffusers` is missing, or cannot keep the folder's code in its cache.
    """
    theirs = library("diffusers")
    theirs.utils.logging.disable_progress_bar()
    try:
        pipeline = theirs.DiffusionPipeline.from_pretrained(str(path), trust_remote_code=True)
    except OSError as error:
        if error.errno is None:  # their own, of a folder that is not whole
            raise
        raise MissingLibrary(
            f"`diffusers` keeps a copy of the folder's code in its cache, and cannot write it ({error}). Set "
            "HF_MODULES_CACHE to a folder that can be written, and restart the kernel.",
            f"`diffusers` 要把文件夹里的代码存一份到自己的缓存，却写不进去（{error}）。请把 HF_MODULES_CACHE "
            "设为可写的文件夹，再重启内核。",
        ) from None
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def handed_rows(handed: dict[str, Handed]) -> list[str]:
    """A table, a format a row. 一张表，每种格式一行。"""
    head = f"{'':14}{'MB':>8}{'s':>8}{'apart':>10}"
    return [head] + [f"{name:14}{h.megabytes:8.2f}{h.seconds:8.2f}{h.apart:10.1e}" for name, h in handed.items()]


def _walked(schedule: Schedule, network: Callable[..., Tensor], xT: Tensor, *, labels: Tensor | None) -> Tensor:
    return finish(ddim(schedule, image_denoiser(schedule, network, labels), xT, even_times(schedule, STEPS)))


def _drawn(size: int, draw: Callable[[], Tensor], exact: Tensor) -> Handed:
    began = time.perf_counter()
    x0 = check_images(draw())
    return Handed(x0, size / 1e6, time.perf_counter() - began, float((x0 - exact).abs().max()))


def _bytes_in(path: Path) -> int:
    return sum(file.stat().st_size for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())
