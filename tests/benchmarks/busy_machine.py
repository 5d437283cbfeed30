"""What a training step of each lesson costs beside 0, 1 and 2 busy processes, on all threads and as the lessons train.

各课的训练步在旁边有 0、1、2 个繁忙进程时的耗时：用全部线程，以及像课文那样用一个线程。

Run by name: python tests/benchmarks/busy_machine.py [steps]
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUSY = "import torch\nwhile True: torch.randn(256, 256) @ torch.randn(256, 256)"  # a neighbour on one core
WORKER = """
import sys, time
from course_utils import data, points, training  # before torch, as in a lesson's set-up cell
import torch
from course_utils.mlp import MLP
from course_utils.muon import Muon
from course_utils.schedules import cosine
from course_utils.unet import UNet
kind, threads, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if threads:
    torch.set_num_threads(threads)
x = data.digits().x
build = {
    "00 U-Net": lambda: (UNet(1, 32, (1, 2)), x, training.adamw, 64),
    "04 points": lambda: (MLP(2, 64, 3), points.moons(2000).float(), training.adamw, 256),
    "04 digits": lambda: (MLP(64, 384, 2), x, training.adamw, 128),
    "05 U-Net": lambda: (UNet(1, 16, (1, 2, 2)), x, training.adamw, 64),
    "06 U-Net": lambda: (UNet(1, 32, (1, 2)), x, Muon, 64),
    "06 garments": lambda: (UNet(1, 48, (1, 2), patch=2), data.digits(28).x, Muon, 128),
}
network, x0, optimizer, batch = build[kind]()
records = training.train(training.start(network, optimizer=optimizer), cosine(), x0, steps + 3, batch=batch)
for _ in range(3):
    next(records)
began = time.perf_counter()
done = sum(1 for _ in zip(range(steps), records))
print(1000 * (time.perf_counter() - began) / done)
"""
KINDS = ("00 U-Net", "04 points", "04 digits", "05 U-Net", "06 U-Net", "06 garments")


def milliseconds(kind: str, threads: int, steps: int) -> float:
    """Milliseconds a training step, in a process of its own; 0 threads: as many as torch takes by itself."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("OMP_NUM_THREADS", None)
    command = [sys.executable, "-c", WORKER, kind, str(threads), str(steps)]
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def main(steps: int = 20, rounds: int = 3) -> None:
    """Print the medians of the rounds, in which both ways take turns. 打印各轮的中位数，两种做法轮流进行。"""
    print(f"{'lesson, network':14} {'busy':>4}  {'all threads':>11}  {'one thread':>10}  ms a step, median of {rounds}")
    for busy in (0, 1, 2):
        neighbours = [
            subprocess.Popen([sys.executable, "-c", BUSY], env=os.environ | {"OMP_NUM_THREADS": "1"})
            for _ in range(busy)
        ]
        try:
            time.sleep(3 if busy else 0)  # until they have imported what they need
            for kind in KINDS:
                found = [[milliseconds(kind, threads, steps) for threads in (0, 1)] for _ in range(rounds)]
                every, one = (statistics.median(taken) for taken in zip(*found, strict=True))
                print(f"{kind:14} {busy:4}  {every:11.0f}  {one:10.0f}", flush=True)
        finally:
            for neighbour in neighbours:
                neighbour.kill()
                neighbour.wait()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
