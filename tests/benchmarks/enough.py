"""From copying to inventing, by the number of images. `python tests/benchmarks/enough.py [what ...]`.

从照抄到创作，看图像有多少。`python tests/benchmarks/enough.py [项目 ...]`。

    table   a small network on 16, 64, 256, 1024 garments, two seeds, looked at after 150, 600 and 2400 steps
    floor   200 test photographs in place of its samples
    pages   some of its samples, written where the lesson's dial reads them

What is not trained yet is trained, about 20 minutes of one thread, with checkpoints in the system's folder for
temporary files: broken off, the same command goes on. Nothing is downloaded.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import asked  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import load_file, save, save_file  # noqa: E402

from course_utils import data  # noqa: E402
from course_utils.experiments import enough  # noqa: E402
from course_utils.files import write_whole  # noqa: E402

KEPT = Path(tempfile.gettempdir()) / "diffusion_both_ways_variety"


def drawn(n: int, seed: int) -> dict[int, dict[str, torch.Tensor]]:
    """The samples at each mark, and the losses; trained if they are not there yet."""
    folder = KEPT / f"{n}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    files = {mark: folder / f"at-{mark}.pages" for mark in enough.MARKS}
    if not files[enough.MARKS[-1]].exists():
        for state in enough.at_marks(n, seed, folder):
            seen, unseen = enough.seen_and_unseen(state.ema, n, seed)
            save_file(
                {"samples": enough.drawn_after(state.ema), "losses": torch.tensor([seen, unseen])}, files[state.step]
            )
            print(f"    # {n} images, seed {seed}, step {state.step}: losses {seen:.3f} and {unseen:.3f}", flush=True)
    return {mark: load_file(file) for mark, file in files.items()}


def told(owed: enough.Owed) -> str:
    """A row in the form in which it is stored."""
    pairs = ", ".join(f"Estimate({share.value:.3f}, {share.error:.3f})" for share in (owed.nearer, owed.copies))
    return f"Owed({pairs}, {owed.learned:.3f}, {owed.unseen:.3f})"


def table() -> None:
    """What is measured of each, a row a seed."""
    pages = {(n, seed): drawn(n, seed) for seed in enough.SEEDS for n in enough.COUNTS}
    for n in enough.COUNTS:
        for mark in enough.MARKS:
            print(f"    ({n}, {mark}): (", flush=True)
            for seed in enough.SEEDS:
                page = pages[n, seed][mark]
                shares = enough.shares_of(page["samples"], enough.parted(n, seed))
                print(f"        {told(enough.Owed(*shares, *page['losses'].tolist()))},", flush=True)
            print("    ),")


def floor() -> None:
    """Test photographs beside the same images."""
    real = enough.real_samples()
    for n in enough.COUNTS:
        rows = [enough.shares_of(real, enough.parted(n, seed)) for seed in enough.SEEDS]
        pairs = [", ".join(f"Estimate({share.value:.3f}, {share.error:.3f})" for share in row) for row in rows]
        print(f"    {n}: ({', '.join(f'({pair})' for pair in pairs)}),", flush=True)


def pages() -> None:
    """The first samples of the first seed, as bytes."""
    kept = {}
    for n in enough.COUNTS:
        for mark, page in drawn(n, enough.SEEDS[0]).items():
            kept[f"{n}-{mark}"] = data.to_bytes(page["samples"][: enough.SHOWN])
    print(f"    {write_whole(enough.PAGES, save(kept))}: {enough.PAGES.stat().st_size:,} bytes")


if __name__ == "__main__":
    torch.set_num_threads(1)
    asked.run(__doc__, table, floor, pages)
