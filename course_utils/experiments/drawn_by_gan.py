"""Garments from the GAN's weights, and what is measured of them, as of the diffusion network's.

由 GAN 的权重画的衣物，以及对它们量出的各项，与扩散网络的一样量。
"""

import torch
from torch import Tensor

from course_utils.arithmetic import quick_arithmetic
from course_utils.experiments.copying import Copying
from course_utils.experiments.garments import BATCH
from course_utils.experiments.guided_garments import Judged
from course_utils.neighbours import Support
from course_utils.randomness import seeded
from course_utils.weights import pretrained

# What `evaluation.py gan` prints: 1000 garments, classes in turn, each figure with one standard error.
JUDGED: tuple[Judged, Judged] | None = None
SHARED: tuple[Support, Support] | None = None
COPIED: tuple[Copying, Copying] | None = None
# Milliseconds for an image on one thread, the three in turn in one run: median, least, most.
MILLISECONDS: dict[str, tuple[float, float, float]] = {}


@torch.no_grad()
def gan_garments(n: int, seed: int = 0) -> Tensor:
    """n garments, classes in turn, one evaluation each, (n, 1, 28, 28) in [-1, 1]. n 件衣物，类别轮流，各求值一次。"""
    network, generator = pretrained("gan"), seeded(seed)
    with quick_arithmetic(torch.zeros(1, 1, 28, 28)):
        parts = [
            network(torch.randn(len(part), network.config["latent"], generator=generator), part % 10)
            for part in torch.arange(n).split(BATCH)
        ]
    return torch.cat(parts).float().clamp(-1, 1)
