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

# What `evaluation.py shared` prints. Real images: 1000 beside 1000 others, the mean of five such pairs and the spread
# of one. Then ways to draw, and cheats, beside the first 1000 test images;
# noise bent to the features of these stands beside the second 1000.
REAL: tuple[Support, Support] = (Support(0.942, 0.933, 1.024, 0.972), Support(0.011, 0.006, 0.021, 0.008))
STORED: dict[str, tuple[Support, Support]] = {
    "0": (Support(0.898, 0.940, 0.751, 0.681), Support(0.023, 0.022, 0.045, 0.033)),
    "1": (Support(0.950, 0.922, 1.007, 0.952), Support(0.014, 0.019, 0.036, 0.017)),
    "1.5": (Support(0.966, 0.852, 1.156, 0.968), Support(0.011, 0.023, 0.044, 0.014)),
    "2": (Support(0.967, 0.782, 1.221, 0.951), Support(0.014, 0.025, 0.049, 0.016)),
    "3": (Support(0.958, 0.693, 1.191, 0.890), Support(0.014, 0.028, 0.051, 0.018)),
    "4": (Support(0.951, 0.666, 1.119, 0.839), Support(0.018, 0.026, 0.050, 0.020)),
    "8": (Support(0.904, 0.613, 0.843, 0.719), Support(0.024, 0.055, 0.042, 0.029)),
    "2, -2 to 4": (Support(0.949, 0.896, 1.040, 0.962), Support(0.012, 0.020, 0.035, 0.014)),
    "autoguided 2": (Support(0.933, 0.945, 0.915, 0.932), Support(0.014, 0.011, 0.034, 0.017)),
}
CHEATING: dict[str, tuple[Support, Support]] = {
    "copies": (Support(0.949, 0.932, 1.052, 0.974), Support(0.016, 0.017, 0.041, 0.014)),
    "one real garment a class": (Support(1.000, 0.000, 0.640, 0.032), Support(0.131, 0.000, 0.129, 0.007)),
    "noise bent to real features": (Support(0.920, 0.834, 0.854, 0.906), Support(0.023, 0.020, 0.045, 0.019)),
    "1, the surer half of 2000": (Support(0.962, 0.751, 1.169, 0.923), Support(0.011, 0.021, 0.042, 0.023)),
}
# What `evaluation.py ks` prints: the same for other k; "real" is the second thousand of test images.
BY_K: dict[int, dict[str, Support]] = {
    1: {
        "real": Support(0.640, 0.550, 1.126, 0.531),
        "1": Support(0.610, 0.544, 1.033, 0.485),
        "2": Support(0.670, 0.367, 1.244, 0.503),
        "4": Support(0.617, 0.312, 1.082, 0.405),
    },
    3: {
        "real": Support(0.885, 0.851, 1.068, 0.895),
        "1": Support(0.899, 0.853, 1.049, 0.838),
        "2": Support(0.915, 0.672, 1.233, 0.831),
        "4": Support(0.879, 0.553, 1.114, 0.717),
    },
    5: {
        "real": Support(0.948, 0.927, 1.021, 0.976),
        "1": Support(0.950, 0.922, 1.007, 0.952),
        "2": Support(0.967, 0.782, 1.221, 0.951),
        "4": Support(0.951, 0.666, 1.119, 0.839),
    },
    10: {
        "real": Support(0.981, 0.973, 1.013, 1.000),
        "1": Support(0.988, 0.975, 0.978, 0.995),
        "2": Support(0.995, 0.883, 1.221, 0.994),
        "4": Support(0.989, 0.772, 1.126, 0.938),
    },
    20: {
        "real": Support(0.994, 0.993, 1.004, 1.000),
        "1": Support(0.997, 0.995, 0.981, 1.000),
        "2": Support(0.999, 0.941, 1.227, 0.999),
        "4": Support(0.997, 0.866, 1.143, 0.984),
    },
}


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
