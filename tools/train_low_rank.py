"""Train the low-rank file that ships with the course, and write it beside a card that says how.

训练随课程附带的低秩文件，并在旁边写下说明来历的模型卡。

    python tools/train_low_rank.py      the digits' network goes on with boots of 8x8
"""

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from course_utils.experiments import strengths, tuning  # noqa: E402
from course_utils.files import write_whole  # noqa: E402
from course_utils.low_rank_files import write_low_rank  # noqa: E402

SEED = 0


def ship() -> None:
    """Train it, write it and its card. 训练，写下文件与模型卡。"""
    folder, way = tuning.boots(), tuning.WAYS["low rank"]
    began = time.process_time()
    network = tuning.tuned(folder, way, tuning.SHIPPED_STEPS, seed=SEED)
    minutes, found = (time.process_time() - began) / 60, tuning.losses_of(network, folder)
    strengths.BOOTS_FILE.parent.mkdir(exist_ok=True)
    path = write_low_rank(strengths.BOOTS_FILE, network)
    rows = {
        "command": "`python tools/train_low_rank.py`",
        "seed": SEED,
        "data": "the first 200 ankle boots of Fashion-MNIST, MIT, at 8x8",
        "network": "`digits`",
        "rank": tuning.RANK,
        "numbers": f"{tuning.learning(way.network(1, SEED)):,}",
        "bytes": f"{path.stat().st_size:,}",
        "steps": f"{tuning.SHIPPED_STEPS} of {tuning.BATCH} images",
        "loss": "the squared error of v: (1 + 1/snr) times that of eps",
        "schedule": "`cosine`, T = 1000",
        "optimizer": f"AdamW, rate {way.lr:g} after a warm-up, then down a cosine to 0",
        "minutes": f"{minutes:.1f}, on 1 CPU core(s)",
        "mean squared error of eps, unseen images of its kind": f"{found.new:.4f}",
        "the same, of digits kept out of training": f"{found.old:.4f}",
    }
    lines = ["# boots", "", "| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in rows.items())]
    write_whole(path.with_suffix(".md"), ("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    ship()
