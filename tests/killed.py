"""A training that may be killed at any moment: `python tests/killed.py FOLDER STEPS` goes on from FOLDER.

随时可能被强行终止的训练：`python tests/killed.py FOLDER STEPS` 从 FOLDER 接着训练。
"""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path


def train(folder: Path, steps: int) -> list[str]:
    """Train a small U-Net on the digits, a checkpoint every third step; at the end, write down every loss.

    在手写数字上训练一个小 U-Net，每三步存一个检查点；最后写下每一步的损失。
    """
    import torch

    from course_utils import checkpoints, data, schedules, training
    from course_utils.muon import Muon
    from course_utils.unet import UNet

    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, y = data.digits()
    state = training.start(UNet(width=16, classes=10), optimizer=Muon)
    checkpoints.resume(folder, state)
    how = dict(batch=32, labels=y, flips=True, unlabelled=0.1)
    records = training.train(state, schedules.cosine(), data.to_bytes(x), steps, **how)
    for record in records:
        if record.step % 3 == 0:
            checkpoints.save_in(folder, state)
    losses = [loss.hex() for loss in state.losses]
    (folder / "losses.json").write_text(json.dumps(losses))
    return losses


def run(folder: Path, steps: int, kills: int, seed: int = 0) -> tuple[list[str], list[float]]:
    """Kill the run that often at random moments once it is under way: its losses in the end, the moments in seconds."""
    moments, chance = [], random.Random(seed)
    while True:
        process = subprocess.Popen([sys.executable, __file__, str(folder), str(steps)], stderr=subprocess.PIPE)
        if len(moments) == kills:
            assert process.wait() == 0, process.stderr.read().decode()
            return json.loads((folder / "losses.json").read_text()), moments
        under_way = _stamp(folder)
        while process.poll() is None and _stamp(folder) == under_way:
            time.sleep(0.01)
        moment = chance.uniform(0, 0.5)
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if not (folder / "losses.json").exists():
            moments.append(moment)
        else:  # it was faster than the kill: let that one go on anew
            for path in folder.iterdir():
                path.unlink()


def _stamp(folder: Path) -> float:
    """When the last checkpoint was written. 最近一个检查点的写入时间。"""
    last = folder / "last.safetensors"
    try:
        return last.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


if __name__ == "__main__":
    train(Path(sys.argv[1]), int(sys.argv[2]))
