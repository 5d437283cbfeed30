"""What a training step costs when waiting threads spin or sleep, alone and beside a second training.

等待的线程是空转还是休眠，对一个训练步的耗时有何影响：独自运行时，以及与另一个训练同时运行时。

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


def milliseconds(policy: str, together: int) -> list[float]:
    """Milliseconds a step in each of `together` processes that train at the same time. 每步毫秒数。"""
    environment = os.environ | {"OMP_WAIT_POLICY": policy}
    command = [sys.executable, "-c", WORKER]
    workers = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(together)]
    return [float(worker.communicate()[0]) for worker in workers]


def main() -> None:
    """Print the medians of three rounds and their ratios. 打印三轮的中位数与比值。"""
    for together in (1, 2):
        rounds = {"ACTIVE": [], "PASSIVE": []}
        for _ in range(3):
            for policy, times in rounds.items():
                times += milliseconds(policy, together)
        active, passive = (statistics.median(times) for times in rounds.values())
        print(f"{together} training(s): spinning {active:.0f} ms, sleeping {passive:.0f} ms a step", end="; ")
        print(f"spinning / sleeping = {active / passive:.2f}")


if __name__ == "__main__":
    main()
