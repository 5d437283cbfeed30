"""A training that one process or several share: `accelerate launch ... tests/shared.py FOLDER NETWORK`.

由一个或几个进程分担的训练：`accelerate launch ... tests/shared.py FOLDER NETWORK`。
"""

import json
import sys
from itertools import islice
from pathlib import Path

import torch
from torch import nn

from course_utils import checkpoints, data, schedules, training
from course_utils.arithmetic import full_precision
from course_utils.muon import Muon
from course_utils.shares import ALONE, Share, launched
from course_utils.unet import UNet

STEPS, HALF, BATCH = 200, 100, 15  # of 15, two processes take 8 and 7


class Tiny(nn.Module):
    """Two convolutions that are told the noise and the label: a step takes a millisecond or two.

    两层卷积，知道噪声与标签：一步只要一两毫秒。
    """

    def __init__(self):
        super().__init__()
        self.config = dict(classes=10)
        self.told = nn.Embedding(11, 16)
        self.read, self.answer = nn.Conv2d(2, 16, 3, padding=1), nn.Conv2d(16, 1, 3, padding=1)

    def forward(self, xt, log_snr, labels):
        level = (log_snr / 8)[:, None, None, None].expand_as(xt)
        return self.answer(torch.tanh(self.read(torch.cat([xt, level], 1)) + self.told(labels)[:, :, None, None]))


NETWORKS = {"tiny": Tiny, "unet": lambda: UNet(width=16, multipliers=(1,), classes=10)}


def fresh(network: str = "tiny", optimizer=Muon) -> training.TrainState:
    """The state from which every training here begins. 这里每次训练的起点。"""
    torch.manual_seed(0)
    return training.start(NETWORKS[network](), optimizer=optimizer)


def trained(state: training.TrainState, upto: int, share: Share = ALONE, **how) -> list[training.TrainRecord]:
    """Train on labelled digits up to a step of 200. 在带标签的手写数字上训练，共 200 步。"""
    x, y = data.digits()
    how = dict(batch=BATCH, labels=y, flips=True, unlabelled=0.1, share=share) | how
    with full_precision():
        records = training.train(state, schedules.cosine(), data.to_bytes(x), STEPS, **how)
        return list(islice(records, upto - state.step))


def main(folder: Path, network: str) -> None:
    """All steps from the beginning, a checkpoint at half; then from a checkpoint that another run has left.

    从头训练到底，半途存一个检查点；再从另一次运行留下的检查点接着训练。
    """
    torch.set_num_threads(1)
    share, whole = launched(), fresh(network)
    records = trained(whole, HALF, share)
    if share.process == 0:
        checkpoints.save(folder / "of_several.safetensors", whole)
    records += trained(whole, STEPS, share)
    resumed = checkpoints.load(folder / "of_one.safetensors", fresh(network))
    trained(resumed, STEPS, share)
    told = {
        "whole": whole.losses,
        "resumed": resumed.losses,
        "errors": records[-1].errors.tolist(),
        "weights": [weight.double().sum().item().hex() for weight in whole.network.parameters()],
    }
    (folder / f"{share.process}_of_{share.processes}.json").write_text(json.dumps(told))
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
