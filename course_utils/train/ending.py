"""What a run leaves behind: the weights and how to build them again, what was measured, pictures, a card.

一次训练留下什么：权重与重建所需的设置、量出的数、图、卡片。
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils import checkpoints, plots, weights
from course_utils.estimates import Estimate, bootstrapped
from course_utils.files import write_whole
from course_utils.gates import check_among
from course_utils.language import CourseError, say
from course_utils.metrics import energy_distance
from course_utils.neighbours import memorised, nearest
from course_utils.train.asking import Asked
from course_utils.train.card import card_of
from course_utils.train.running import KEPT, Run, judged, page_of, read_checks

MODEL, REPORT = "model", "report.json"
MOST_DRAWN, SHOWN, DRAWS = 200, 8, 50  # samples that are measured, shown beside their nearest; draws of the bootstrap
AT_ONCE = 2000  # training images that are compared with samples at a time
COARSE = 16  # pixels a side at which distances are taken: finer detail is mostly noise to them

SEEN = {
    "samples.png": ("Samples in rows", "一排排样本"),
    "nearest.png": (
        "Samples, below them the nearest image learnt from and the nearest kept out",
        "样本，下面是最近的训练图像与最近的留出图像",
    ),
    "checks.png": (
        "The error of eps over the steps, on images trained on and kept out",
        "eps 的误差随步数的变化：训练图像与留出图像",
    ),
}


@dataclass(frozen=True)
class Measured:
    """What was measured of a finished run, each with one standard error. 训练完成后量出的数，各附一个标准误差。

    step: of the best check, whose average is handed over; held_out, trained_on: the mean squared error of eps on n
    images that were kept out, and on as many trained on; distance: the energy distance of `drawn` samples to as many
    images kept out, between what `looks_of` sees; floor: that of as many training images to them; memorised: the share
    of samples nearer to the training images than to as many unseen, 0.5 if nothing was copied.
    """

    step: int
    n: int
    drawn: int
    held_out: Estimate
    trained_on: Estimate
    distance: Estimate
    floor: Estimate
    memorised: Estimate


def hand_over(run: Run, asked: Asked) -> Measured:
    """Write all that a finished run leaves behind into its folder, the report last.

    把一次训练留下的一切写进文件夹，报告写在最后。

    Raises: CourseError for a folder that can no longer be written.
    """
    checkpoints.load(run.out / KEPT / checkpoints.BEST, run.state)
    samples = run.samples(min(MOST_DRAWN, len(run.split.held_x)), seed=1)
    found, network = measured_of(run, samples), run.state.ema
    weights.write(MODEL, network, run.out)
    config = {"network": {"kind": "UNet", **network.config}, "schedule": "cosine", "T": 1000, "pixels": "-1 to 1"}
    config |= {"size": asked.size, "classes": run.plan.classes, "step": found.step, "told": "log-SNR", "answers": "eps"}
    _write_json(run, "config.json", config)
    for name, picture in pictures_of(run, samples).items():
        write_whole(run.out / name, picture.content)
    write_whole(run.out / "README.md", card_of(run.plan, asdict(found), asked).encode())
    _write_json(run, REPORT, asdict(found))
    say(
        f"Done: {str(run.out)!r} holds the weights, a card, samples. Loss on {found.n} images kept out "
        f"{found.held_out.value:.4f}, on as many trained on {found.trained_on.value:.4f}. Distance of {found.drawn} "
        f"samples {found.distance.value:.3f} ± {found.distance.error:.3f}, of as many training images "
        f"{found.floor.value:.3f} ± {found.floor.error:.3f}. Nearer to what was learnt than to what was not: "
        f"{found.memorised.value:.2f} ± {found.memorised.error:.2f} of the samples.",
        f"完成：{str(run.out)!r} 中有权重、卡片与样本。{found.n} 幅留出图像上的损失为 {found.held_out.value:.4f}，"
        f"同样多的训练图像上为 {found.trained_on.value:.4f}。{found.drawn} 个样本的距离为 "
        f"{found.distance.value:.3f} ± {found.distance.error:.3f}，同样多的训练图像为 "
        f"{found.floor.value:.3f} ± {found.floor.error:.3f}。离学过的比离没学过的更近的样本占 "
        f"{found.memorised.value:.2f} ± {found.memorised.error:.2f}。",
    )
    return found


def measured_of(run: Run, samples: Tensor) -> Measured:
    """Measure the state of a run, and samples of it. 对一次训练的状态及其样本做度量。

    Shapes: samples (n, c, size, size).
    """
    split, errors, n = run.split, judged(run), len(samples)
    held, learnt, drawn = (looks_of(x[:n], split.held_x[:n]) for x in (split.held_x, split.x, samples))
    distance, floor = (
        Estimate(energy_distance(cloud, held), bootstrapped(energy_distance, cloud, held, draws=DRAWS))
        for cloud in (drawn, learnt)
    )
    m = min(len(split.held_x), len(split.x))
    copied = memorised(samples, as_images(split.x[:m]), as_images(split.held_x[:m]))
    of = {name: Estimate(float(e.mean()), float(e.std() / len(e) ** 0.5)) for name, e in errors.items()}
    losses = of["held_out"], of["trained_on"]
    return Measured(run.state.step, len(errors["held_out"]), n, *losses, distance, floor, copied)


def pictures_of(run: Run, samples: Tensor) -> dict[str, plots.Picture]:
    """The pictures of a folder by their names: samples, their nearest, the checks on the way.

    文件夹里的图，按文件名：样本、最近的图像、途中的检查。
    """
    shown, checks = samples[:SHOWN], read_checks(run.out)
    sets = {"nearest learnt from": run.split.x, "nearest kept out": run.split.held_x}
    beside = {name: as_images(x[nearest_bytes(shown, x)]) for name, x in sets.items()}
    zoom = max(1, 80 // samples.shape[-1])
    pictures = {
        "samples.png": page_of(samples[:36]),
        "nearest.png": plots.rows({"samples": shown, **beside}, zoom=zoom),
    }
    if len(checks) > 1:
        lines = {name.replace("_", " "): [check[name] for check in checks] for name in ("trained_on", "held_out")}
        pictures["checks.png"] = plots.curves({"error of eps": lines}, [check["step"] for check in checks], "step", "y")
    return pictures


def picture_in(out: Path, name: str) -> plots.Picture:
    """A picture that a run has left in its folder: "samples.png", "nearest.png", "checks.png".

    一次训练留在文件夹里的图："samples.png"、"nearest.png"、"checks.png"。

    Raises: CourseError where there is none.
    """
    en, zh = SEEN[check_among("name", name, list(SEEN))]
    if not (out / name).is_file():
        raise CourseError(
            f"There is no {name} in {str(out)!r}. A run writes it at its end: repeat its command.",
            f"{str(out)!r} 中没有 {name}。它在训练结束时才写出：请再运行那条命令。",
        )
    return plots.Picture((out / name).read_bytes(), en, zh)


def nearest_bytes(samples: Tensor, x: Tensor) -> Tensor:
    """Which of the images x, kept as bytes, is nearest to each sample; in parts, as doubles take eight times as much.

    以字节保存的图像 x 里，离各样本最近的是第几幅；分块来找，因为换成双精度要占八倍内存。

    Shapes: samples (n, c, size, size), x (m, c, size, size) bytes -> (n,).
    """
    parts = [nearest(samples, as_images(part)) for part in x.split(AT_ONCE)]
    which = torch.stack([part.distance for part in parts]).argmin(0)
    index = torch.stack([part.index for part in parts])[which, torch.arange(len(samples))]
    return which * AT_ONCE + index


def as_images(x: Tensor) -> Tensor:
    """Bytes as images in [-1, 1]. 把字节变成 [-1, 1] 的图像。"""
    return x.float() / 127.5 - 1


def looks_of(x: Tensor, like: Tensor) -> Tensor:
    """What distances are taken between: pixels, and the steps to the neighbours beside and below, each group as large.

    距离所比的：像素，以及与右邻、下邻之差；三组各占同样的分量。

    In pixels alone a crowd of blotches is no farther off than a crowd of pictures in the same colours; neighbours tell.
    Larger images are averaged to 16 x 16 first. A group is divided by its spread among `like`.
    Shapes: x and like (n, c, size, size), images or bytes -> (n, d).
    """
    groups = zip(_groups(x), _groups(like), strict=True)
    return torch.cat([own / (other.std() * own.shape[1] ** 0.5).clamp(min=1e-6) for own, other in groups], 1)


def _groups(x: Tensor) -> list[Tensor]:
    images = F.adaptive_avg_pool2d(as_images(x) if x.dtype == torch.uint8 else x, min(COARSE, x.shape[-1]))
    return [group.flatten(1) for group in (images, images.diff(dim=-1), images.diff(dim=-2))]


def _write_json(run: Run, name: str, content: dict) -> None:
    write_whole(run.out / name, json.dumps(content, ensure_ascii=False, indent=1).encode())
