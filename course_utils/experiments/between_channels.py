"""Where a colour network errs: in what its channels have in common, or in what differs between them.

彩色网络错在哪里：错在各通道共有的部分，还是错在通道之间的差别。
"""

from typing import NamedTuple

from torch import Tensor, nn

from course_utils.arithmetic import threads
from course_utils.objectives import held_out, squared
from course_utils.schedules import cosine


class SplitError(NamedTuple):
    """The mean squared error of eps, in two parts that add up to it. eps 的均方误差，分成相加的两部分。

    common: that of the mean over the channels; differing: that of what is left.
    """

    common: float
    differing: float


# What `tuning.py split` prints, on unseen digits in colour: mean of two seeds and its standard error, of either part.
STORED: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "before": ((0.5142, 0.0), (0.2557, 0.0)),
    "all weights": ((0.0784, 0.0009), (0.2558, 0.0000)),
    "from nothing": ((0.1150, 0.0028), (0.1141, 0.0036)),
}
# And on grey digits, before any training: of the widened network, in three channels, each with noise of its own, whose
# mean has a third of the variance; of the grey network, in one.
GREY: tuple[float, float] = (0.0875, 0.1405)


def of_the_mean(eps_hat: Tensor, eps: Tensor) -> Tensor:
    """The squared error of the mean over the channels, at each of them. 各通道均值的平方误差。"""
    return (eps_hat - eps).mean(1, keepdim=True).square().expand_as(eps)


@threads(1)
def split_error(network: nn.Module, x: Tensor) -> SplitError:
    """Both parts on images kept out, at the times and with the noise of `held_out`. 留出图像上的两部分误差。"""
    whole, common = (
        float(held_out(cosine(), network, x, error=error).errors.mean()) for error in (squared, of_the_mean)
    )
    return SplitError(common, whole - common)
