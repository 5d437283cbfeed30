"""Looking changes nothing: a network that is asked is in evaluation meanwhile, and afterwards as it was.

观察不改变任何东西：向网络提问时，它处于评估模式；问完即恢复原状。
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn


@contextmanager
def evaluating(network: Any) -> Iterator[None]:
    """Within the block every layer of a network is in evaluation; after it, each is as it was, after an error too.

    块内网络的每一层都处于评估模式；离开时（出错也一样）各层恢复原来的模式。

    In training batch norm reads the other members of the batch and counts them, and dropout draws: what is measured or
    sampled would depend on both. A function that is no network has no modes, and is let be.
    """
    layers = [layer for layer in network.modules() if layer.training] if isinstance(network, nn.Module) else []
    try:
        for layer in layers:
            layer.training = False
        yield
    finally:
        for layer in layers:
            layer.training = True
