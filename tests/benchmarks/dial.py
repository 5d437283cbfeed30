"""Langevin's walks, and any noise between ODE and SDE. `python tests/benchmarks/dial.py [what ...]`.

朗之万游走，以及 ODE 与 SDE 之间的任意噪声。`python tests/benchmarks/dial.py [项目 ...]`。

    wanderers   two far moons, one level of noise or many: shares and shapes, ten seeds
    widths      how much thicker than exact draws under the same noise the far moons come out, four seeds
    shares      what share of 48,000 particles sixty levels bring to the left moon
    steps       the exact score: distance by noise and steps, four seeds
    scores      scores that are wrong: distance by noise, 200 steps, four seeds

Nothing is downloaded.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import asked  # noqa: E402
import torch  # noqa: E402

from course_utils.experiments import dial, forgiving  # noqa: E402
from course_utils.experiments import wanderers as far  # noqa: E402
from course_utils.experiments.scores import averaged  # noqa: E402
from course_utils.randomness import seeded  # noqa: E402


def wanderers() -> None:
    """Each way to walk, and exact draws of as many."""
    exact = lambda seed: far.far_moons().unconditional.draw(far.PARTICLES, seeded(seed + 2000))  # noqa: E731
    for name, (walk, sigma) in {"exact draws": (exact, far.SIGMAS[0]), **far.ways()}.items():
        rows = torch.tensor([far.far_found(walk(seed), sigma) for seed in far.SEEDS], dtype=torch.float64)
        of, bars = rows.mean(0), rows.std(0) / len(rows) ** 0.5
        texts = (", ".join(f"{value:.4f}" for value in row.tolist()) for row in (of, bars))
        print('    "{}": (Found({}), Found({})),'.format(name, *texts), flush=True)


def widths() -> None:
    """One level of noise, and sixty: 4000 particles, who ask for as many scores as on the page."""
    for name in ("one level, 0.1", "60 levels"):
        walk, sigma = far.ways()[name]
        found = averaged(torch.tensor([far.thicker(walk(seed, n=4000), sigma, seed) for seed in range(4)]))
        print(f'    "{name}": Estimate({found.value:.4f}, {found.error:.4f}),', flush=True)


def shares() -> None:
    """Sixty levels, twelve seeds of 4000 particles."""
    crowds = (far.many_levels(seed, n=4000) for seed in range(100, 112))
    found = averaged(torch.tensor([far.share_left(x, far.SIGMAS[0]) for x in crowds]))
    print(f"Estimate({found.value:.4f}, {found.error:.4f})", flush=True)


def told(name: object, row: list[dial.Estimate]) -> None:
    """Print a row in the form in which it is stored."""
    print(
        f"    {name!r}: [{', '.join(f'({value:.4f}, {error:.4f})' for value, error in row)}],".replace("'", '"'),
        flush=True,
    )


def steps() -> None:
    """The exact score, by noise and steps."""
    floor = dial.dial_floor()
    print(f"    # floor {floor.value:.4f} +- {floor.error:.4f}")
    for n in dial.STEPS_TRIED:
        told(n, [dial.measured_distance(lambda seed: dial.exact_moon_score(), noise, n) for noise in forgiving.NOISES])


def scores() -> None:
    """Every score that is wrong, by noise."""
    for name, of in dial.dial_scores().items():
        told(name, [dial.measured_distance(of, noise, dial.STEPS) for noise in forgiving.NOISES])


if __name__ == "__main__":
    torch.set_num_threads(1)
    asked.run(__doc__, wanderers, widths, shares, steps, scores)
