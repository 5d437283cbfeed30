"""Long runs on garments, watched: the full training with its live monitor, and samplers measured under a bar.

在衣物上的长时间运行，边跑边看：带实时监视器的完整训练，以及带进度条的采样器测量。
"""

from pathlib import Path

import torch

from course_utils.arithmetic import threads, threads_that_pay
from course_utils.denoisers import image_denoiser
from course_utils.experiments.garments import garment_training, garments_of
from course_utils.gates import check_whole
from course_utils.language import say
from course_utils.randomness import seeded
from course_utils.schedules import cosine
from course_utils.training import TrainState
from course_utils.widgets import watch

THREADS = torch.get_num_threads()  # as many as torch takes by itself, before a page asks for fewer


def train_garments(steps: int, folder: str | Path = "fashion_mnist", every: int = 250) -> TrainState:
    """Train up to step `steps`, on all cores if they pay just now, from the last checkpoint in `folder` if any.

    训练到第 `steps` 步，若此刻划算就用全部核；`folder` 中若有检查点就从那里接着训练。

    Each `every` steps the last checkpoint and the best are kept, best on one image in 30, which training never sees.
    Raises: CourseError for steps or `every` below 1.
    """
    steps, every = check_whole("steps", steps, 1), check_whole("every", every, 1)
    state, records, save = garment_training(steps, folder)
    noise = torch.randn(20, 1, 28, 28, generator=seeded(7))
    ask = image_denoiser(cosine(), state.ema, torch.arange(20) % 10)
    n = threads_that_pay(lambda: ask(noise, 500), THREADS)
    say(f"Threads: {n} of {THREADS}.", f"线程：{THREADS} 个中用 {n} 个。", stored=False)
    with threads(n):
        watch(records, steps, lambda: garments_of(state.ema, noise), every, save, earlier=state.losses)
    return state
