"""What a crowd of garments shares with as many real ones: precision, recall, density and coverage, way by way.

一批衣物与同样多的真实衣物有多少重合：每种画法的精确率、召回率、密度与覆盖率。

In the judge's features, k = 5, 1000 beside 1000, classes in turn. Every figure stands beside one standard error, by
leaving out a twentieth at a time: samples drawn twice, as the bootstrap draws them, would be each other's nearest.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.neighbours import Support, support

WAYS = ("0", "1", "1.5", "2", "3", "4", "8", "2, -2 to 4", "autoguided 2")
CHEATS = ("copies", "one real garment a class", "noise bent to real features", "1, the surer half of 2000")
NEIGHBOURS = (1, 3, 5, 10, 20)
GROUPS = 20

# What `evaluation.py shared` prints: real images, other real ones beside them; ways to draw; cheats.
REAL: dict[str, tuple[Support, Support]] = {}
STORED: dict[str, tuple[Support, Support]] = {}
CHEATING: dict[str, tuple[Support, Support]] = {}
# What `evaluation.py neighbours` prints: the same for other k.
BY_K: dict[int, dict[str, Support]] = {}


def shared(real: Tensor, made: Tensor, k: int = 5) -> tuple[Support, Support]:
    """The four figures of two clouds of features, and one standard error of each.

    由两团特征算出的四项数字，各附一个标准误差。

    Shapes: both (n, d), classes in turn, n a multiple of 200.
    """
    return support(real, made, k), left_out(lambda *clouds: support(*clouds, k), real, made)


def left_out(measure: Callable[..., Support], *clouds: Tensor, groups: int = GROUPS) -> Support:
    """One standard error of each figure, each cloud in turn without a group of its samples: the jackknife.

    每团样本轮流去掉一组，由此得出各项的一个标准误差：刀切法。

    A group is every 20th row of ten, so that the classes stay in turn. Paper: Efron & Stein 1981.
    """
    variance = torch.zeros(len(Support._fields), dtype=torch.float64)
    for place, cloud in enumerate(clouds):
        group = torch.arange(len(cloud)) // 10 % groups
        parts = [(*clouds[:place], cloud[group != out], *clouds[place + 1 :]) for out in range(groups)]
        found = torch.tensor([measure(*part) for part in parts], dtype=torch.float64)
        variance += (groups - 1) ** 2 / groups * found.var(0)
    return Support(*variance.sqrt().tolist())
