"""The low-rank file that comes with the course, at any strength: what the digits' network then knows of boots.

随课程附带的低秩文件，取任意强度：此时手写数字网络对靴子知道多少。
"""

from functools import cache

from course_utils.experiments.tuning import Tuned, boots, known, losses_of
from course_utils.low_rank import merged, set_strength
from course_utils.low_rank_files import read_low_rank
from course_utils.unet import UNet
from course_utils.weights import FOLDER

BOOTS_FILE = FOLDER / "low_rank" / "boots.safetensors"
STRENGTHS = tuple(tenth / 10 for tenth in range(16))
# What `tuning.py strengths` prints: the loss on boots and on digits, by tenths.
STORED: list[tuple[float, float]] = [
    (0.5893, 0.1405),
    (0.3609, 0.1515),
    (0.2489, 0.1868),
    (0.1926, 0.2337),
    (0.1604, 0.2827),
    (0.1398, 0.3325),
    (0.1258, 0.3832),
    (0.1162, 0.4341),
    (0.1099, 0.4837),
    (0.1064, 0.5293),
    (0.1052, 0.5689),
    (0.1061, 0.6015),
    (0.1088, 0.6263),
    (0.1132, 0.6426),
    (0.1192, 0.6507),
    (0.1269, 0.6518),
]


def added() -> UNet:
    """The digits' network with the low-rank file of boots that comes with the course.

    手写数字网络，加上随课程附带的靴子低秩文件。
    """
    return read_low_rank(BOOTS_FILE, known(1))


def at_strength(strength: float) -> UNet:
    """The same with the file merged into it at a strength. 同上，按某个强度合并了这个文件。"""
    return merged(set_strength(added(), strength))


@cache
def strength_losses(strength: float) -> Tuned:
    """The two losses of that network, once for each strength. 该网络的两项损失，每个强度只算一次。"""
    return losses_of(at_strength(strength), boots())
