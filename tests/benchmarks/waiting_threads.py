"""What a training step costs when waiting threads spin long, briefly or not at all, alone and beside a rival.

等待的线程空转很久、片刻或完全不空转，对一个训练步的耗时有何影响：独自运行时，以及与另一个训练同时运行时。

Run by name: python tests/benchmarks/waiting_threads.py
"""

import os
import statistics
import subprocess
import sys

STEPS = 60
WORKER = f"""
import time, torch
from course_utils import data, training
from course_utils.schedules import cosine
from course_utils.unet import UNet
x, _ = data.digits()
records = training.train(training.start(UNet(1, 32, (1, 2))), cosine(), x, {STEPS} + 10)
for _ in range(10):
    next(records)
began = time.perf_counter()
for _ in records:
    pass
print(1000 * (time.perf_counter() - began) / {STEPS})
"""


def milliseconds(spins: str, together: int) -> list[float]:
    """Milliseconds a step in each of `together` processes that train at the same time. 每步毫秒数。"""
    environment = os.environ | {"GOMP_SPINCOUNT": spins}
    command = [sys.executable, "-c", WORKER]
    workers = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(together)]
    return [float(worker.communicate()[0]) for worker in workers]


def main() -> None:
    """Print the medians of three rounds, and their ratios to the course's setting. 打印三轮的中位数与比值。"""
    for together in (1, 2):
        rounds = {"300000": [], "1000": [], "0": []}  # the default, the course's, none
        for _ in range(3):
            for spins, times in rounds.items():
                times += milliseconds(spins, together)
        own = statistics.median(rounds["1000"])
        for spins, times in rounds.items():
            print(f"{together} training(s), {spins:>6} spins: {statistics.median(times):4.0f} ms a step", end="; ")
            print(f"{statistics.median(times) / own:.2f} times the course's")


if __name__ == "__main__":
    main()
