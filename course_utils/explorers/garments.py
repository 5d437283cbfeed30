"""Long runs on garments, watched: the full training with its live monitor, and samplers measured under a bar.

在衣物上的长时间运行，边跑边看：带实时监视器的完整训练，以及带进度条的采样器测量。
"""

from pathlib import Path

import torch

from course_utils.arithmetic import threads
from course_utils.experiments.garments import garment_training, garments_of
from course_utils.randomness import seeded
from course_utils.training import TrainState
from course_utils.widgets import watch

THREADS = torch.get_num_threads()  # as many as torch takes by itself, before a page asks for fewer


def train_garments(steps: int, folder: str | Path = "fashion_mnist", every: int = 250) -> TrainState:
    """Train up to step `steps`, on all cores, from the last checkpoint in `folder` if any.

    用全部核训练到第 `steps` 步；`folder` 中若有检查点就从那里接着训练。

    Each `every` steps the last checkpoint and the best are kept, best on one image in 30, which training never sees.
    """
    state, records, save = garment_training(steps, folder)
    noise = torch.randn(20, 1, 28, 28, generator=seeded(7))
    with threads(THREADS):
        watch(records, steps, lambda: garments_of(state.ema, noise), every, save, earlier=state.losses)
    return state
