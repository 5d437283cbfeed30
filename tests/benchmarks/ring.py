"""Eight Gaussians on a ring: three learners on equal terms. `python tests/benchmarks/ring.py [what ...]`.

环上的八个高斯：三个学习者，条件相同。`python tests/benchmarks/ring.py [项目 ...]`。

    pace      milliseconds for a step of each training, in turn, and the seconds that its steps take by that
    table     modes, share and distance of each learner, five seeds: the table of lesson 09
    floor     the same measures of exact draws, and of what learns nothing: the training points, the eight centres
    starts    what EM finds from one start, and from the likeliest of twenty
    cost      seconds of training by that pace, and milliseconds for 1000 samples
    over      games of 600 steps, without R1 and with it, five seeds; plain ones also with weights a millionth larger or
              smaller at the start
    film      the plain game of the page, played anew and kept where the page reads it

Nothing is downloaded. Seconds are the processor's, of one thread, so that other work beside it does not count whole.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import asked  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import save  # noqa: E402
from torch import Tensor  # noqa: E402

from course_utils import gan, training  # noqa: E402
from course_utils.experiments import ring, ring_games  # noqa: E402
from course_utils.experiments import ring_learners as learning  # noqa: E402
from course_utils.files import write_whole  # noqa: E402
from course_utils.randomness import seeded  # noqa: E402
from course_utils.schedules import cosine  # noqa: E402

SEEDS, ROUNDS = range(5), 60


def told(name: str, rows: list[ring.Scored]) -> None:
    """Print a row in the form in which it is stored. 按存储的形式打印一行。"""
    of, bars = (", ".join(f"{value:.4f}" for value in row) for row in ring.over_seeds(rows))
    print(f'    "{name}": (Scored({of}), Scored({bars})),', flush=True)


def milliseconds(work: Callable[[], object]) -> float:
    """Of the processor, of this thread. 本线程所用的处理器毫秒数。"""
    began = time.thread_time()
    work()
    return 1000 * (time.thread_time() - began)


def trainings(x: Tensor) -> dict[str, Iterator]:
    """Each training, to be taken step by step."""

    def plays(r1: float) -> Iterator:
        return gan.play(learning.new_ring_game(), x, 10_000, batch=learning.BATCH, r1=r1)

    diffusion = training.train(learning.new_ring_diffusion(), cosine(), x, 10_000, batch=learning.BATCH)
    return {"GAN, plain": plays(0.0), "GAN, R1": plays(learning.R1), "diffusion": diffusion}


def pace() -> None:
    """Milliseconds a step, each training in turn."""
    spent = {name: [] for name in learning.STEPS}
    running = trainings(ring.learned_from(0))
    for _ in range(ROUNDS):
        for name, steps in running.items():
            spent[name].append(milliseconds(lambda steps=steps: next(steps)))
    for name, of in spent.items():
        least, middle, steps = min(of), median(of), learning.STEPS[name]
        print(f"{name:12s} {middle:5.2f} ms a step, least {least:5.2f}; ", end="")
        print(f"{steps} steps: {steps * middle / 1000:.1f} s, at least {steps * least / 1000:.1f}")


def table() -> None:
    """Every learner, trained anew from each seed on points of its own."""
    rows: dict[str, list[ring.Scored]] = {}
    for seed in SEEDS:
        for name, draw in learning.learners(ring.learned_from(seed), seed):
            rows.setdefault(name, []).append(ring.scored(draw(ring.DRAWN, seeded(1000 + seed))))
            print(f"    # seed {seed}, {name}: {rows[name][-1]}", flush=True)
    for name, of in rows.items():
        told(name, of)


def floor() -> None:
    """Exact draws, and what learns nothing."""
    truth, n = ring.eight_bells(), ring.DRAWN
    told("exact draws", [ring.scored(truth.draw(n, seeded(2000 + seed))) for seed in SEEDS])
    told("the training points", [ring.scored(ring.learned_from(seed)) for seed in SEEDS])
    told("the eight centres", [ring.scored(truth.means.repeat(n // ring.MODES, 1)) for _ in SEEDS])
    one_lost = [ring.scored(x[ring.homes(x)[0] > 0]) for x in (truth.draw(n, seeded(3000 + seed)) for seed in SEEDS)]
    told("exact, one mode lost", one_lost)


def starts() -> None:
    """EM from one start each, a hundred in all; and from the likeliest of twenty."""
    alone = [
        ring.found(learning.fitted_mixture(ring.learned_from(seed), seeded(k), starts=1).draw(ring.DRAWN, seeded(0)))[0]
        for seed in SEEDS
        for k in range(20)
    ]
    counts = torch.bincount(torch.tensor(alone), minlength=ring.MODES + 1).tolist()
    print(f"    modes found from one start: {dict(enumerate(counts))} of {len(alone)}")


def cost() -> None:
    """Milliseconds for 1000 samples of each learner, networks untrained: training does not change it."""
    game, diffusion = learning.new_ring_game(), learning.new_ring_diffusion()
    ways = {"GAN": lambda: learning.made_by_game(game, 1000, seeded(0))}
    for n in learning.WALKS:
        ways[f"diffusion, {n}"] = lambda n=n: learning.made_by_diffusion(diffusion, n, 1000, seeded(0))
    ways["EM"] = lambda: ring.eight_bells().draw(1000, seeded(0))
    ways["EM, fitted"] = lambda: learning.fitted_mixture(ring.learned_from(0), seeded(0))
    for name, way in ways.items():
        of = [milliseconds(way) for _ in range(6)][1:]
        print(f"{name:14s} median {median(of):8.2f} ms ({min(of):.2f}, {max(of):.2f})")
    for state in (game, diffusion):
        print(sum(weight.numel() for weight in state.network.parameters()), "parameters")


def over() -> None:
    """Short games: since when all modes are kept, and how they end."""
    for name, r1, touched in (("plain", 0, 0), ("plain", 0, 1e-6), ("plain", 0, -1e-6), ("R1", learning.R1, 0)):
        for seed in SEEDS:
            ended(f"{name}, seed {seed}, touched {touched:g}", filmed(seed, r1=r1, touched=touched))


def filmed(seed: int, **how: float) -> list[learning.Moment]:
    return list(learning.filmed(ring.learned_from(seed), learning.FILMED, seed=seed, **how))


def ended(name: str, film: list[learning.Moment]) -> None:
    most, last = max(now.modes for now in film), film[-1]
    print(f"    {name}: all kept from step {learning.kept_from(film)}, most {most}, ", end="")
    print(f"at step {last.step} {last.modes} modes, share {last.belong:.3f}", flush=True)


def film() -> None:
    """Play it, keep it, and tell how it ended: on another processor, perhaps otherwise."""
    played = ring_games.plain_game()
    write_whole(ring_games.KEPT, save(ring_games.as_tensors(played)))
    ended("kept", played)


if __name__ == "__main__":
    torch.set_num_threads(1)
    asked.run(__doc__, pace, table, floor, starts, cost, over, film)
