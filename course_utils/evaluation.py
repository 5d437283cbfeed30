"""Looking at a network changes nothing: evaluation mode within, and everything as before afterwards.

看网络而不动网络：其间处于评估模式，之后一切照旧。
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def looking_at(network: nn.Module) -> Iterator[nn.Module]:
    """Within the block a network is in evaluation mode and computes no gradients; each part then is as it was.

    块内网络处于评估模式、不求梯度；之后每个部件都恢复原来的模式。

    So no answer hangs on the other images of a batch, none is left out by chance, and nothing is counted.
    """
    modes = {part: part.training for part in network.modules()}
    network.eval()
    try:
        with torch.no_grad():
            yield network
    finally:
        for part, mode in modes.items():
            part.training = mode
