"""Garments from the GAN's weights, and what is measured of them, as of the diffusion network's.

由 GAN 的权重画的衣物，以及对它们量出的各项，与扩散网络的一样量。
"""

import torch
from torch import Tensor, nn

from course_utils.arithmetic import quick_arithmetic
from course_utils.experiments.copying import Copying
from course_utils.experiments.guided_garments import Judged
from course_utils.neighbours import Support
from course_utils.randomness import seeded
from course_utils.weights import pretrained

# What `evaluation.py gan` prints: 1000 garments, classes in turn, each figure with one standard error.
JUDGED = Judged(0.180, 0.912, 3.490, 0.880), Judged(0.018, 0.009, 0.088, 0.005)
SHARED = Support(0.948, 0.912, 0.956, 0.942), Support(0.017, 0.017, 0.039, 0.019)
COPIED = Copying(0.178, 0.485, 0.494, 0.492, 0.000), Copying(0.018, 0.017, 0.017, 0.017, 0.000)
# The same with z so many times as wide.
NARROWED: dict[float, tuple[Judged, Judged]] = {
    0.9: (Judged(0.122, 0.939, 3.083, 0.898), Judged(0.013, 0.007, 0.079, 0.004)),
    0.8: (Judged(0.132, 0.969, 2.686, 0.916), Judged(0.012, 0.005, 0.066, 0.003)),
}
# Milliseconds for an image, 64 at once on one thread, the three in turn in one run: median, least, most.
MILLISECONDS: dict[str, tuple[float, float, float]] = {
    "GAN": (1.13, 0.93, 1.17),
    "diffusion, 10 steps": (44.13, 42.96, 46.16),
    "diffusion, DDIM, 50": (226.70, 212.27, 237.22),
}


def gan_garments(n: int, seed: int = 0, width: float = 1.0) -> Tensor:
    """n garments, classes in turn, one evaluation each, (n, 1, 28, 28) in [-1, 1]; z is `width` times as wide.

    n 件衣物，类别轮流，各求值一次；z 的宽度是原来的 `width` 倍。
    """
    return made_by(pretrained("gan"), torch.arange(n) % 10, seed, width)


@torch.no_grad()
def made_by(network: nn.Module, labels: Tensor, seed: int = 0, width: float = 1.0) -> Tensor:
    """One garment by a generator for each label, z of this width, 500 at a time, (n, 1, 28, 28). 按标签各造一件。"""
    parts, generator = [], seeded(seed)
    for part in labels.split(500):
        z = width * torch.randn(len(part), network.config["latent"], generator=generator)
        with quick_arithmetic(torch.zeros(1, 1, 28, 28)):
            parts.append(network(z, part).float())
    return torch.cat(parts)
