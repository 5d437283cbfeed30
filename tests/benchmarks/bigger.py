"""Larger batches, fewer bits, larger networks: `python tests/benchmarks/bigger.py [what ...]`.

更大的批量、更少的比特、更大的网络：`python tests/benchmarks/bigger.py [项目 ...]`。

    images    held-out loss of a small network by batch and rate, as many images seen: a table of lesson 12
    steps     the same at the best rate of each batch, as many steps taken
    rounded   trainings in which one thing is kept in bfloat16: a table of lesson 12
    memory    what a training step keeps for the way back, and the peak of resident memory, each in a process of its own
    pace      seconds an image in training at 32, 64 and 128 pixels, and the rate of matrix products, in turn

Nothing is downloaded. `images` takes about 15 minutes of a quiet thread, the others two or three each. The seconds of
`pace` on one thread are the processor's; on several they are the clock's, so that one has to be alone on the machine.
"""

import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import asked  # noqa: E402
import torch  # noqa: E402

from course_utils.arithmetic import threads  # noqa: E402
from course_utils.experiments import batch_and_rate, costs, few_bits  # noqa: E402
from course_utils.schedules import cosine  # noqa: E402
from course_utils.training import start, train  # noqa: E402


def images() -> None:
    """Every batch at every rate, three seeds, as many images."""
    for batch, losses in batch_and_rate.swept():
        print(f"    {batch}: ({_told(losses)}),", flush=True)


def steps() -> None:
    """Every batch at the best of these rates, three seeds, as many steps."""
    for batch, loss in batch_and_rate.after_steps():
        print(f"    {batch}: {_told([loss])},", flush=True)


def _told(estimates) -> str:
    return ", ".join(f"Estimate({value:.4f}, {error:.4f})" for value, error in estimates)


def rounded() -> None:
    """Every way to keep one thing in bfloat16, three seeds; first, where the training that goes further begins."""
    print(f"BEFORE = {few_bits.loss_before().value:.3f}  # ± {few_bits.loss_before().error:.3f}")
    for (way, stage), both in few_bits.rounded_rows():
        print(f'    ("{way}", "{stage}"): ({_told(both)}),', flush=True)


def memory() -> None:
    """Kept for the way back, and the peak of a process that takes two steps, less what it held before."""
    alone = multiprocessing.get_context("fork")  # from a parent that has only imported
    for what, values in costs.VARIED.items():
        told = []
        for value in values:
            with ProcessPoolExecutor(1, alone) as process:
                cost = process.submit(_cost, **{**costs.BASE, what: value}).result()
            told.append(f"{value}: StepMemory({cost.kept:.1f}, {cost.peak:.0f})")
        print(f'    "{what}": {{{", ".join(told)}}},', flush=True)


def _cost(batch: int, size: int, width: int) -> costs.StepMemory:
    """In megabytes."""
    before = _resident()
    network = costs.sized(size, width)
    x0 = costs.some_images(network, batch, size)
    for _ in train(start(network), cosine(), x0, 2, batch=batch):
        pass
    return costs.StepMemory(costs.kept(network, x0) / 1e6, _resident() - before)


def _resident() -> float:
    """The peak of resident memory of this process so far, in megabytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def pace(rounds: int = 4) -> None:
    """The least seconds an image over some rounds, threads, sizes and matrix products in turn."""
    spent: dict[int, dict[int, list[float]]] = {n: {size: [] for size in costs.SIZES} for n in (1, 2)}
    products: dict[int, list[float]] = {1: [], 2: []}
    running = {size: _running(size) for size in costs.SIZES}
    for _ in range(rounds):
        for n, of in spent.items():
            with threads(n):
                products[n].append(costs.products_rate())
                for size, each in of.items():
                    each.append(_seconds(running[size], n) / BATCHES[size])
    for n, of in spent.items():
        told = ", ".join(f"{size}: {min(each):.4f}" for size, each in of.items())
        print(f"    {n}: {{{told}}},   # {max(products[n]):.1f} GFLOP/s of products", flush=True)


BATCHES = {32: 32, 64: 8, 128: 4}


def _running(size: int):
    network = costs.sized(size)
    x0 = costs.some_images(network, BATCHES[size], size)
    records = train(start(network), cosine(), x0, 10_000, batch=BATCHES[size])
    next(records)
    return records


def _seconds(records, n: int) -> float:
    clock = time.thread_time if n == 1 else time.perf_counter
    began = clock()
    next(records)
    return clock() - began


if __name__ == "__main__":
    torch.set_num_threads(1)
    asked.run(__doc__, images, steps, rounded, memory, pace)
