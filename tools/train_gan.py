"""How the generator of garments that ships is trained, and what its card says: `python tools/train_weights.py gan`.

随课程附带的衣物生成器怎样训练、模型卡上写什么：`python tools/train_weights.py gan`。
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from course_utils import checkpoints, data, gan, metrics, samplers, times, training, weights
from course_utils.experiments.drawn_by_gan import made_by
from course_utils.experiments.garments import garments_in_batches
from course_utils.files import write_whole
from course_utils.generator import Discriminator, Generator
from course_utils.schedules import cosine
from tools.ship_data import whole

LATENT, WIDTH = 64, 48
STEPS, BATCH, RATE, R1, AVERAGE = 6500, 64, 5e-4, 1.0, 0.999
ROUNDS, TIMED = 5, 64  # how often, and for how many garments at once, seconds are taken
ROWS = {
    "against": f"`Discriminator`, `{Discriminator(WIDTH).config}`, which does not ship",
    "steps": f"{STEPS:,} of {BATCH} images, average {AVERAGE:g}",
    "loss": f"non-saturating, with R1 of weight {R1:g}",
    "optimizer": f"Adam without momentum, rate {RATE:g} after a warm-up of 100 steps, then down a cosine to 0",
}


def train(folder: Path, seed: int) -> None:
    """Play to the end, from where the run in the folder was; write the average of the generator's weights.

    从文件夹中的进度接着博弈到底，写下生成器权重的平均。
    """
    (x, y), test = whole("train"), whole("test")
    torch.manual_seed(seed)
    players = gan.Players(Generator(LATENT, WIDTH), Discriminator(WIDTH), LATENT)
    state = training.start(players, lr=RATE, seed=seed, optimizer=gan.adam)
    checkpoints.resume(folder, state)
    kept = folder / "minutes.json"
    minutes = json.loads(kept.read_text()) if kept.exists() else 0.0
    began = time.process_time()  # of the processor: the run may share its machine
    for record in gan.play(state, data.to_bytes(x), STEPS, batch=BATCH, labels=y, r1=R1, ema_decay=AVERAGE):
        if record.step % 250 == 0 or record.step == STEPS:
            minutes += (time.process_time() - began) / 60
            checkpoints.save_in(folder, state)
            write_whole(kept, json.dumps(minutes).encode())
            found = distance(state.ema.generator, test.y[:2000], weights.garment_moments())
            print(f"{minutes:.1f} min, {record}, 2,000 samples at {found:.4f}", flush=True)
            began = time.process_time()  # looking does not count
    weights.write("gan", state.ema.generator)


def distance(network: Generator, labels: Tensor, real: metrics.Moments) -> float:
    """The Fréchet distance of what is made for these labels. 为这些标签造出的衣物的 Fréchet 距离。"""
    return metrics.frechet_distance(weights.pretrained("classifier").features(made_by(network, labels)), real)


def milliseconds(network: Generator) -> dict[str, str]:
    """What a garment costs, by this network and by the diffusion that ships, in turn in one run.

    一件衣物花多少毫秒：本网络与附带的扩散模型，在同一次运行中轮流计时。
    """
    schedule, denoiser = cosine(), weights.pretrained("fashion_mnist")
    spaced = times.log_snr_times(schedule, 10)

    def walk(sampler: Callable, at: list[int]) -> None:
        list(garments_in_batches(denoiser, sampler, at, TIMED))

    ways = {
        "`gan`, 1 evaluation": lambda: made_by(network, torch.arange(TIMED) % 10),
        "`fashion_mnist`, DPM-Solver++(2M), 10": lambda: walk(samplers.dpm_solver, spaced),
        "`fashion_mnist`, DDIM, 50": lambda: walk(samplers.ddim, times.even_times(schedule, 50)),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            spent[name].append(1000 * (time.perf_counter() - began) / TIMED)
    told = (f"{name}: {median(each):.2f} ({min(each):.2f} to {max(each):.2f})" for name, each in spent.items())
    head = f"milliseconds an image, {TIMED} at once, {torch.get_num_threads()} thread(s), {ROUNDS} rounds in turn"
    return {f"{head}: median (range)": "; ".join(told)}
