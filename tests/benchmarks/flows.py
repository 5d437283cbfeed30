"""Flow matching, reflow and couplings on two moons. `python tests/benchmarks/flows.py [what ...]`.

两弯月牙上的流匹配、重流与配对。`python tests/benchmarks/flows.py [项目 ...]`。

    floor      what exact draws score
    straight   straightness and energy distance after 1, 2, 5, 20 and 100 steps, five seeds: a table of lesson 10
    apart      where reflow ends, beside its teacher and beside the exact flow, from the same noise
    labels     what is drawn for one moon where noise was dealt at random, over the batch, within each class
    noisy      distances of flows walked with noise, exact and learned, five seeds: part of a table of lesson 10
    clocks     the error of the velocity by t, for networks that were trained at 100 times and at 1000
    pace       seconds of each training

Nothing is downloaded. Seconds are the processor's, of one thread, so that other work beside it does not count whole.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import asked  # noqa: E402
import torch  # noqa: E402

from course_utils.experiments import couplings, flow_moons, noisy_flow, reflow  # noqa: E402

SEEDS, LEVELS = range(5), (0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 1.0)


def told(name: str, rows: Sequence[Sequence[float]], kind: str) -> None:
    """Print the mean of several seeds, and its standard error, in the form in which it is stored. 按存储的形式打印。"""
    table = torch.tensor(rows, dtype=torch.float64)
    of, bars = table.mean(0), table.std(0) / len(rows) ** 0.5
    both = (", ".join(f"{value:.5f}" for value in row.tolist()) for row in (of, bars))
    print(f'    "{name}": ({kind}({next(both)}), {kind}({next(both)})),', flush=True)


def floor() -> None:
    """Exact draws: the mean of twenty sets and their standard deviation."""
    print("    both moons:", flow_moons.floor_of_moons(), "  the upper:", couplings.floor_told())


def straight() -> None:
    """Every way, trained anew from each seed."""
    for name, way in reflow.WAYS.items():
        told(name, [reflow.straightness_of(way(seed), seed) for seed in SEEDS], "Straight")


def apart() -> None:
    """A reflow of the trained flow, of the exact one and of a hasty one, each beside its teacher."""
    for name in ("trained", "exact", "hasty"):
        teacher, pupil = reflow.WAYS[name], reflow.WAYS[f"{name}, reflowed"]
        told(name, [reflow.apart(pupil(seed), teacher(seed), seed) for seed in SEEDS], "Apart")


def labels() -> None:
    """Three ways to deal noise, after 1, 5 and 100 steps."""
    for dealt in couplings.DEALT:
        guesses = [couplings.upper_guess(couplings.labelled_flow(dealt, seed)) for seed in SEEDS]
        for steps in (1, 5, 100):
            told(f"{dealt}, {steps}", [couplings.told_upper(of, k, steps) for k, of in enumerate(guesses)], "Told")


def noisy() -> None:
    """The exact velocity and five that were learned, by noise, in 50 steps."""
    for name, velocity_of in noisy_flow.velocities().items():
        row = ", ".join(f"({value:.5f}, {error:.5f})" for value, error in noisy_flow.distances_of(velocity_of))
        print(f'    "{name}": [{row}],', flush=True)


def clocks() -> None:
    """How well a velocity is learned near t = 1, by the times that a training meets."""
    for times in (flow_moons.TIMES, 1000):
        rows = [
            flow_moons.velocity_errors(
                flow_moons.learned_flow(flow_moons.moon_points(seed), seed=seed, times=times), LEVELS
            )
            for seed in SEEDS
        ]
        told(f"{times} times", rows, "at t = " + ", ".join(map(str, LEVELS)) + " ")


def pace() -> None:
    """Seconds of each training, and of 10,000 pairs."""
    trainings: dict[str, Callable[[], object]] = {
        "trained": lambda: flow_moons.learned_flow(flow_moons.moon_points()),
        "pairs": lambda: reflow.pairs_of(flow_moons.moon_flow()),
        "pairs and reflow": lambda: reflow.reflowed(flow_moons.moon_flow()),
        "coupled": lambda: reflow.moon_coupled.__wrapped__(),
    } | {dealt: lambda dealt=dealt: couplings.labelled_flow.__wrapped__(dealt) for dealt in couplings.DEALT}
    flow_moons.moon_flow()
    for name, work in trainings.items():
        began = time.thread_time()
        work()
        print(f"    {name:18s} {time.thread_time() - began:.1f} s", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    asked.run(__doc__, floor, straight, apart, labels, noisy, clocks, pace)
