"""Going on from the digits' network with other images. `python tests/benchmarks/tuning.py [what ...]`.

由手写数字网络接着训练别的图像。`python tests/benchmarks/tuning.py [项目 ...]`。

    rates       the loss by learning rate for each way to train, a seed of its own: the rates that are taken
    pace        milliseconds for a step of each way, in turn
    table       each way on boots and on coloured digits, two seeds: the tables of lesson 12
    split       digits in colour: the error in what the channels share, and in what differs between them
    strengths   the low-rank file that ships, at every tenth of its strength
    floor       all weights on all 800 boots, five times as long

Nothing is downloaded.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import asked  # noqa: E402
import torch  # noqa: E402

from course_utils import data  # noqa: E402
from course_utils.experiments import strengths as shipped  # noqa: E402
from course_utils.experiments import tuning  # noqa: E402
from course_utils.experiments.between_channels import split_error  # noqa: E402
from course_utils.objectives import held_out  # noqa: E402
from course_utils.schedules import cosine  # noqa: E402

TRIED = {
    "all weights": (3e-4, 1e-3, 3e-3, 1e-2),
    "low rank": (3e-3, 1e-2, 3e-2, 1e-1),
    "from nothing": (1.3e-3, 4e-3, 1.2e-2),
}
LONG = 5 * tuning.STEPS


def rates() -> None:
    """Each way at three rates, on either folder."""
    for name, of in tuning.FOLDERS.items():
        for way, tried in TRIED.items():
            for lr in tried:
                network = tuning.tuned(of(), tuning.WAYS[way]._replace(lr=lr), seed=9)
                print(name, way, lr, *(f"{loss:.4f}" for loss in tuning.losses_of(network, of())), flush=True)


def pace() -> None:
    """Five times ten steps of each way, in turn; the least of the five, in processor time."""
    spent = {name: [] for name in TRIED}
    for name in [*TRIED] * 5:
        began = time.process_time()
        tuning.tuned(tuning.boots(), tuning.WAYS[name], 10)
        spent[name].append((time.process_time() - began) / 10)
    for name, seconds in spent.items():
        print(f"    {name!r}: {1000 * min(seconds):.1f},".replace("'", '"'))


def table() -> None:
    """Both losses of each way, the mean of the seeds beside its standard error."""
    for name, of in tuning.FOLDERS.items():
        print(f"    # {name}")
        channels = of().new.shape[1]
        untrained = tuning.WAYS["from nothing"].network(channels, 0)
        for told, network in {"before": tuning.known(channels), "untrained": untrained}.items():
            new, old = tuning.losses_of(network, of())
            print(f'    "{told}": (({new:.4f}, 0.0), ({old:.4f}, 0.0)),', flush=True)
        for told, way, steps in tuning.asked_of(name):
            found = [tuning.losses_of(tuning.tuned(of(), way, steps, seed=s), of()) for s in tuning.SEEDS]
            rows = torch.tensor(found, dtype=torch.float64)
            mean, error = rows.mean(0), rows.std(0) / len(rows) ** 0.5
            pairs = ", ".join(f"({m:.4f}, {e:.4f})" for m, e in zip(mean.tolist(), error.tolist(), strict=True))
            print(f'    "{told}": ({pairs}),', flush=True)


def split() -> None:
    """Digits in colour: the error in what the channels share, and in what differs; grey ones, before any training."""
    folder = tuning.coloured_digits()
    print(f'    "before": {tuple((part, 0.0) for part in split_error(tuning.known(3), folder.unseen))},')
    for way in ("all weights", "from nothing"):
        trained = [tuning.tuned(folder, tuning.WAYS[way], seed=seed) for seed in tuning.SEEDS]
        rows = torch.tensor([split_error(network, folder.unseen) for network in trained], dtype=torch.float64)
        mean, error = rows.mean(0), rows.std(0) / len(rows) ** 0.5
        print(f'    "{way}": {tuple(zip(mean.tolist(), error.tolist(), strict=True))},', flush=True)
    grey = float(held_out(cosine(), tuning.known(1), folder.old_unseen[:, :1]).errors.mean())
    print(f"    grey digits: {split_error(tuning.known(3), folder.old_unseen).common:.4f}, {grey:.4f}")


def strengths() -> None:
    """Both losses, by tenths."""
    for strength in shipped.STRENGTHS:
        new, old = shipped.strength_losses(strength)
        print(f"    ({new:.4f}, {old:.4f}),", flush=True)


def floor() -> None:
    """What more of both, images and steps, comes to."""
    garments = data.garments("train")
    every = data.resize(garments.x[garments.y == tuning.BOOTS], tuning.SIZE)
    network = tuning.tuned(tuning.boots()._replace(new=every), tuning.WAYS["all weights"], LONG)
    print(f"    {len(every)} boots, {LONG} steps: {tuning.losses_of(network, tuning.boots())}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    asked.run(__doc__, rates, pace, table, split, strengths, floor)
