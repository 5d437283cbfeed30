"""The run: `training.train` with all that it needs, what it draws, how it is judged, what is written down of it.

运行：`training.train` 及其所需，它画的样本、对它的评判，以及写下的记录。
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from course_utils import plots
from course_utils.arithmetic import device_here, quick_arithmetic
from course_utils.denoisers import image_denoiser
from course_utils.gates import check_path
from course_utils.language import CourseError
from course_utils.muon import Muon
from course_utils.objectives import errors_of_v, held_out
from course_utils.randomness import stream_at
from course_utils.samplers import dpm_solver, sample
from course_utils.schedules import cosine
from course_utils.shares import ALONE, Share
from course_utils.times import focused_times
from course_utils.train.earlier import CHECKS
from course_utils.train.found import Split
from course_utils.train.plans import Plan
from course_utils.training import TrainRecord, TrainState, start, train
from course_utils.unet import UNet

CHECKED, WALK = 256, 15  # images in a check, steps of a sample
KEPT = "checkpoints"


@dataclass
class Run:
    """A training with all that it needs: its plan, its pictures, its folder, its share of each batch, its state.

    一次训练及其所需：计划、图片、文件夹、每批中的那一份、状态。
    """

    plan: Plan
    split: Split
    out: Path
    state: TrainState
    share: Share = ALONE
    at_once: int | None = None

    def records(self) -> Iterator[TrainRecord]:
        """The steps that are left, as `train` takes them. 余下的各步，由 `train` 走。"""
        plan = self.plan
        how = dict(batch=plan.asked["batch"], labels=self.split.y, unlabelled=0.1 if plan.classes else 0.0)
        how |= dict(ema_decay=plan.ema_decay, objective=errors_of_v, at_once=self.at_once, share=self.share)
        return train(self.state, cosine(), self.split.x, plan.steps, **how)

    def samples(self, n: int, seed: int = 0, labels: Tensor | None = None) -> Tensor:
        """n images that the average draws, of these labels or classes in turn, always from the same noise.

        平均权重画的 n 幅图像，按给定的标签，或类别轮流；噪声每次都相同。
        """
        return drawn_by(self.state.ema, n, self.plan.asked["size"], seed, labels)


def fresh_state(network: dict, seed: int) -> TrainState:
    """The state from which a plan begins, where this process computes. 计划开始时的状态，放在本进程计算的地方。"""
    with stream_at(seed):
        return start(UNet(**network).to(device_here()), seed=seed, optimizer=Muon)


def drawn_by(network: nn.Module, n: int, size: int, seed: int = 0, labels: Tensor | None = None) -> Tensor:
    """n images by DPM-Solver++(2M) in 15 steps, on the CPU. 用 15 步 DPM-Solver++ 画的 n 幅图像，放在 CPU 上。

    Without labels classes take turns.
    Shapes: labels (n,) or None -> (n, c, size, size) in [-1, 1].
    """
    schedule, drawn = cosine(), []
    channels, classes = network.config["channels"], network.config["classes"]
    y = torch.arange(n) % classes if classes and labels is None else labels
    for number, part in enumerate(torch.arange(n).split(100)):
        denoiser = image_denoiser(schedule, network, None if y is None else y[part])
        how = dict(sampler=dpm_solver, times=focused_times(schedule, WALK), seed=seed + number)
        with quick_arithmetic(torch.zeros(1, 1, 1, 1, device=next(network.parameters()).device)):
            drawn.append(sample(schedule, denoiser, (len(part), channels, size, size), **how))
    return torch.cat(drawn).float().clamp(-1, 1)


def judged(run: Run) -> dict[str, Tensor]:
    """The errors of the average on at most 256 images that were kept out, and on as many of those trained on.

    平均权重的误差：至多 256 幅留出的图像，以及同样多的训练图像。
    """
    split, n = run.split, min(CHECKED, len(run.split.held_x), len(run.split.x))
    sets = {"held_out": (split.held_x, split.held_y), "trained_on": (split.x, split.y)}
    return {
        name: held_out(cosine(), run.state.ema, x[:n], None if y is None else y[:n], batch=64).errors
        for name, (x, y) in sets.items()
    }


def read_checks(out: str | Path) -> list[dict]:
    """The checks that were written down so far, [] where none can be read. 至今写下的各次检查；读不到时为 []。"""
    try:
        checks = json.loads((check_path(out) / CHECKS).read_text(encoding="utf-8"))
        return [check for check in checks if {"step", "held_out", "trained_on"} <= check.keys()]
    except (OSError, ValueError, TypeError, AttributeError):
        return []


def page_of(samples: Tensor) -> plots.Picture:
    """Samples in a square of tiles, some 600 pixels wide. 把样本排成方阵，宽约六百像素。"""
    columns = max(1, math.isqrt(len(samples)))
    return plots.grid(samples, columns, zoom=max(1, 576 // columns // samples.shape[-1]))


def agreed(run: Run) -> None:
    """Make sure that all processes stand at the same step. 确认各进程停在同一步。

    Raises: CourseError where they do not, as when their machines do not share the folder.
    """
    steps, n = run.state.step, run.share.processes
    if run.share.total(steps) != n * steps or run.share.total(steps**2) != n * steps**2:
        raise CourseError(
            f"The processes do not begin at the same step; this one at {steps}. Give an --out on a disk that all "
            "machines share.",
            f"各进程不是从同一步开始的，这一个从第 {steps} 步开始。请把 --out 放在各台机器共用的磁盘上。",
        )
