"""What importing the package costs beyond torch: python tests/benchmarks/import_time.py [runs]

导入本包比只导入 torch 多花多少：python tests/benchmarks/import_time.py [次数]
"""

import subprocess
import sys
from statistics import median

FLOORS = {
    "course_utils": "course_utils",
    "ingredients": "course_utils.{language,files,randomness,schedules,data,unet,plots}",
    "process": "course_utils.{forward,oracle}",
    "algorithms": "course_utils.{reverse,samplers,objectives,training}",
    "classroom": "course_utils.{exercises,exercises.lesson_00,widgets,quizzes,doctor}",
}
CODE = """
import time
began = time.perf_counter()
import torch
middle = time.perf_counter()
import {modules}
print(middle - began, time.perf_counter() - middle)
"""


def spelled_out(pattern: str) -> str:
    package, _, names = pattern.rstrip("}").partition(".{")
    return ", ".join(f"{package}.{name}" for name in names.split(",")) if names else package


def measure(pattern: str) -> tuple[float, float]:
    """Seconds for torch, and for the modules after it, in a fresh process."""
    code = CODE.format(modules=spelled_out(pattern))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    torch_seconds, more = map(float, run.stdout.split())
    return torch_seconds, more


def main(runs: int = 5) -> None:
    print(f"seconds beyond torch, and as a share of torch's own; minimum and median of {runs} fresh processes")
    for floor, pattern in FLOORS.items():
        torch_seconds, more = zip(*(measure(pattern) for _ in range(runs)), strict=True)
        seconds = f"{min(more):6.3f} s  {median(more):6.3f} s"
        shares = f"{min(more) / min(torch_seconds):7.1%} {median(more) / median(torch_seconds):7.1%}"
        print(f"{floor:13} {seconds}   {shares}   (torch: {min(torch_seconds):.2f} s)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
