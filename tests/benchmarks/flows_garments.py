"""The garments' network as a flow: `python tests/benchmarks/flows_garments.py [what ...]`.

把衣物的网络当作流：`python tests/benchmarks/flows_garments.py [项目 ...]`。

    clocks    garments drawn on the times of each tradition, as the judge sees them: a table of lesson 10
    likely    bits per pixel of garments and of what is none, by the probability-flow ODE: a table of lesson 10

Nothing is downloaded; on one quiet thread each takes some minutes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import asked  # noqa: E402

from course_utils.experiments import likely as of_pictures  # noqa: E402
from course_utils.experiments import two_clocks  # noqa: E402


def clocks() -> None:
    """Every clock at every cost, beside one standard error, and what it gains on the straight one, noise by noise."""
    for steps in two_clocks.COSTS:
        for name, (distance, gained) in two_clocks.ticked(steps):
            told = [f"Estimate({value:.3f}, {error:.3f})" for value, error in (distance, gained)]
            print(f'    ("{name}", {steps}): Ticked({", ".join(told)}),', flush=True)


def likely() -> None:
    """Bits per pixel of each kind of picture, their spread, and Hutchinson's error of one of them."""
    for name, (bits, spread, probing) in of_pictures.likely_rows():
        print(
            f'    "{name}": Likely(Estimate({bits.value:.3f}, {bits.error:.3f}), {spread:.3f}, {probing:.3f}),',
            flush=True,
        )


if __name__ == "__main__":
    asked.run(__doc__, clocks, likely)
