"""What a run leaves behind: the weights and how to build them again, what was measured, pictures, a card.

一次训练留下什么：权重与重建所需的设置、量出的数、图、模型卡。
"""

import json
from dataclasses import asdict
from pathlib import Path

from torch import Tensor

from course_utils import checkpoints, plots, weights
from course_utils.files import write_whole
from course_utils.gates import check_among, check_path
from course_utils.language import CourseError, say
from course_utils.train.asking import Asked
from course_utils.train.card import card_of
from course_utils.train.measuring import Measured, as_images, measured_of, nearest_among
from course_utils.train.running import KEPT, Run, page_of, read_checks

MODEL, REPORT = "model", "report.json"
MOST_DRAWN, SHOWN = 200, 8  # samples that are measured, and shown beside their nearest

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


def hand_over(run: Run, asked: Asked) -> Measured:
    """Write all that a finished run leaves behind into its folder, the report last.

    把一次训练留下的一切写进文件夹，报告写在最后。

    Raises: CourseError for a folder that can no longer be written.
    """
    _take_the_best(run)
    held_y, n = run.split.held_y, min(MOST_DRAWN, len(run.split.held_x))
    samples = run.samples(n, seed=1, labels=None if held_y is None else held_y[:n])  # as those they are measured by
    found, network = measured_of(run, samples), run.state.ema
    weights.write(MODEL, network, run.out)
    config = {"network": {"kind": "UNet", **network.config}, "schedule": "cosine", "T": 1000, "pixels": "-1 to 1"}
    config |= {"size": asked.size, "classes": run.plan.classes, "step": found.step, "told": "log-SNR", "answers": "eps"}
    _write_json(run, "config.json", config)
    for name, picture in pictures_of(run, samples).items():
        write_whole(run.out / name, picture.content)
    write_whole(run.out / "README.md", card_of(run.plan, asdict(found), asked).encode(errors="replace"))
    _write_json(run, REPORT, asdict(found))
    say(
        f"Done: {str(run.out)!r} holds the weights, a card, samples. Loss on {found.n} images kept out "
        f"{found.held_out.value:.4f}, on as many trained on {found.trained_on.value:.4f}. Distance of {found.drawn} "
        f"samples {found.distance.value:.3f} ± {found.distance.error:.3f}, of as many training images "
        f"{found.floor.value:.3f} ± {found.floor.error:.3f}. Copies, less than half as far from an image learnt from "
        f"as from any kept out: {found.copies.value:.2f} of the samples, {found.doubles.value:.2f} of images kept out.",
        f"完成：{str(run.out)!r} 中有权重、模型卡与样本。{found.n} 幅留出图像上的损失为 {found.held_out.value:.4f}，"
        f"同样多的训练图像上为 {found.trained_on.value:.4f}。到留出图像的能量距离，{found.drawn} 个样本为 "
        f"{found.distance.value:.3f} ± {found.distance.error:.3f}，同样多的训练图像为 "
        f"{found.floor.value:.3f} ± {found.floor.error:.3f}。副本（到某幅训练图像的距离，"
        f"不及到任何留出图像的一半）：样本中占 "
        f"{found.copies.value:.2f}，留出图像中占 {found.doubles.value:.2f}。",
    )
    return found


def pictures_of(run: Run, samples: Tensor) -> dict[str, plots.Picture]:
    """The pictures of a folder by their names: samples, their nearest, the checks on the way.

    文件夹里的图，按文件名：样本、最近的图像、途中的检查。
    """
    shown, checks = samples[:SHOWN], read_checks(run.out)
    sets = {"nearest learnt from": run.split.x, "nearest kept out": run.split.held_x}
    beside = {name: as_images(x[nearest_among(shown, x).index]) for name, x in sets.items()}
    zoom = max(1, 80 // samples.shape[-1])
    pictures = {
        "samples.png": page_of(samples[:36]),
        "nearest.png": plots.rows({"samples": shown, **beside}, zoom=zoom),
    }
    if len(checks) > 1:
        lines = {name.replace("_", " "): [check[name] for check in checks] for name in ("trained_on", "held_out")}
        pictures["checks.png"] = plots.curves({"error of eps": lines}, [check["step"] for check in checks], "step", "y")
    return pictures


def picture_in(out: str | Path, name: str) -> plots.Picture:
    """A picture that a run has left in its folder: "samples.png", "nearest.png", "checks.png".

    一次训练留在文件夹里的图："samples.png"、"nearest.png"、"checks.png"。

    Raises: CourseError where there is none.
    """
    out, (en, zh) = check_path(out), SEEN[check_among("name", name, list(SEEN))]
    if not (out / name).is_file():
        raise CourseError(
            f"There is no {name} in {str(out)!r}. A run writes it at its end: repeat its command.",
            f"{str(out)!r} 中没有 {name}。它在训练结束时才写出：请再运行那条命令。",
        )
    return plots.Picture((out / name).read_bytes(), en, zh)


def _write_json(run: Run, name: str, content: dict) -> None:
    write_whole(run.out / name, json.dumps(content, ensure_ascii=False, indent=1).encode(errors="replace"))


def _take_the_best(run: Run) -> None:
    """Bring the state back to its best check; where that cannot be read, it stays at the last step."""
    try:
        checkpoints.load(run.out / KEPT / checkpoints.BEST, run.state)
    except CourseError:
        say(
            f"The best check cannot be read from {checkpoints.BEST}: the last step, {run.state.step:,}, is handed "
            "over.",
            f"最好的那次检查在 {checkpoints.BEST} 里，读不出来：交付的是最后一步，第 {run.state.step:,} 步。",
        )
