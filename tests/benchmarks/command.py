"""The command `python -m course_utils.train`, measured: `curve`, `processes`, `kills`.

对命令 `python -m course_utils.train` 的测量：`curve`、`processes`、`kills`。

Run by name: python tests/benchmarks/command.py curve
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from course_utils.experiments.by_heart import floors_of  # noqa: E402
from course_utils.experiments.own_folder import write_own_folder  # noqa: E402
from course_utils.train.command import run_command  # noqa: E402
from course_utils.train.found import look_at, split_of  # noqa: E402
from course_utils.train.running import read_checks  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
LAUNCH = "-m accelerate.commands.launch --multi_gpu --num_processes {} --num_machines 1 --mixed_precision no"
LAUNCH += " --dynamo_backend no --main_process_port 0 --num_cpu_threads_per_process {} -m course_utils.train"


def curve(steps: int = 800) -> None:
    """Lesson 12's folder at 16 pixels: the error on images trained on and kept out, in a long run, and by heart.

    第 12 课的文件夹，16 像素，训练得久一些：训练图像与留出图像上的误差，以及全背下来的误差。
    """
    with tempfile.TemporaryDirectory() as place:
        own, out = Path(place, "own"), Path(place, "model")
        write_own_folder(own)
        for seed in (0, 1):
            told = f"--size 16 --steps {steps} --batch 32 --seed {seed} --lang en --out {out}{seed}"
            run_command([str(own), *told.split()])
            split = split_of(look_at(str(own), 16), seed)
            for check in read_checks(Path(f"{out}{seed}")):
                print(f"seed {seed}  step {check['step']:5}  {check['trained_on']:.4f}  {check['held_out']:.4f}")
            print(f"seed {seed}  by heart    {floors_of(split.x, split.held_x, len(split.held_x))}")
            print(Path(f"{out}{seed}", "report.json").read_text())


def processes(steps: int = 40) -> None:
    """Images a second of one process with two threads, and of two with one each, of one with one: three rounds.

    每秒多少幅：一个进程两个线程、两个进程各一个线程、一个进程一个线程；轮流三次。
    """
    ways = {"1 process x 1 thread": (1, 1), "1 process x 2 threads": (1, 2), "2 processes x 1 thread": (2, 1)}
    for size, batch in ((16, 64), (32, 64)):
        found = {name: [] for name in ways}
        for _ in range(3):
            for name, way in ways.items():
                found[name].append(batch / _seconds_a_step(*way, size, batch, steps))
        for name, rates in found.items():
            listed = ", ".join(f"{rate:.0f}" for rate in sorted(rates))
            print(f"{size} pixels, batch {batch}, {name}: {listed} images a second")


def _seconds_a_step(n: int, threads: int, size: int, batch: int, steps: int) -> float:
    """From the writing of the first page to that of the last, of ten: imports and the beginning do not count."""
    with tempfile.TemporaryDirectory() as place:
        how = ["-m", "course_utils.train"] if n == 1 else LAUNCH.format(n, threads).split()
        told = f"digits --size {size} --steps {steps} --batch {batch} --save-every 1000 --out {place}/model".split()
        env = os.environ | {"OMP_NUM_THREADS": str(threads)}
        subprocess.run([sys.executable, *how, *told], cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        pages = sorted(Path(place, "model", "pages").iterdir())
        spent = [page.stat().st_mtime for page in pages]
        return (spent[-1] - spent[0]) / (steps - steps // len(pages))


def kills(times: int = 20) -> None:
    """One run killed that often beside one that was not: the same weights, losses and report.

    一次训练被强行终止若干次，与没有终止过的相比：权重、损失、报告都相同。
    """
    sys.path.insert(0, str(ROOT / "tests"))
    import test_train_command as trials

    with tempfile.TemporaryDirectory() as place:
        outs = Path(place, "straight"), Path(place, "killed")
        told = [["digits", *f"--size 8 --steps 300 --batch 8 --save-every 0.2 --out {out}".split()] for out in outs]
        began = time.monotonic()
        moments = trials.killed_while_it_runs(trials.in_a_process(told[1]), outs[1], told[1], times)
        run_command(told[0])
        print(f"killed {len(moments)} times, after steps {moments}, {time.monotonic() - began:.0f} s in all")
        print("the same to the last bit:", trials.same_end(*outs), json.loads((outs[1] / "report.json").read_text()))


if __name__ == "__main__":
    {"curve": curve, "processes": processes, "kills": kills}[sys.argv[1]]()
